// SPDX-License-Identifier: MIT
// diff [options]: see usage below.  tests/diff/run.sh calls it.
// Cases are made in batches: the generator runs each on the first engine (amd64 where there is
// one) to move addresses into the window, then the evaluator and the peer run the same cases.
#include "tests/diff/diff.h"

#include "cpu/arm/disas.h"
#include "util/alloc.h"
#include "util/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 2000, SHOWN = 40, UNALLOCATED_EACH = 8 };

typedef struct Options {
    const char *runner;                             // NULL: no peer
    const char *row;                                // only rows of this name
    const char *replay;
    const char *save;                               // directory of failing cases
    u32 n;                                          // of each row
    u64 seed;
    double seconds;                                 // stop after these
    bool verbose;
} Options;

typedef struct Run {
    const Options *opt;
    const char *model;
    Engine *first, *second;
    Gen gen;
    DiffCase *cases;
    DiffState *ours, *evals, *peers;
    int (*rows)[DIFF_CODE];
    u32 *made, *compared, *tried;                   // by row; made: in this batch
    int n;                                          // cases of the batch
    u64 total, undefined, dropped;
    u32 bad_eval, bad_peer, saved;
    double until;
} Run;

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

// -- telling ------------------------------------------------------------------------------

static void show_code(const DiffCase *c)
{
    int last = DIFF_CODE - 1;
    while (last > 0 && c->code[last - 1] == DIFF_BRK)
        last--;
    for (int i = 0; i < last; i++) {
        char text[128];
        u64 pc = DIFF_CODE_VA + 4 * (u64)i;
        a64_disas(pc, c->code[i], text, sizeof text);
        printf("    %llx  %08x  %s\n", (unsigned long long)pc, c->code[i], text);
    }
}

static void differ(const char *name, u64 in, u64 a, u64 b)
{
    if (a != b)
        printf("    %-6s was %016llx  ours %016llx  other %016llx\n", name,
               (unsigned long long)in, (unsigned long long)a, (unsigned long long)b);
}

static void show_difference(const DiffCase *c, const DiffState *a, const DiffState *b)
{
    char name[32];
    show_code(c);
    for (int i = 0; i < 31; i++) {
        snprintf(name, sizeof name, "x%d", i);
        differ(name, c->s.x[i], a->x[i], b->x[i]);
    }
    differ("sp", c->s.sp, a->sp, b->sp);
    differ("pc", DIFF_CODE_VA, a->pc, b->pc);
    differ("nzcv", c->s.nzcv, a->nzcv, b->nzcv);
    differ("fpcr", c->s.fpcr, a->fpcr, b->fpcr);
    differ("fpsr", c->s.fpsr, a->fpsr, b->fpsr);
    differ("tpidr", c->s.tpidr, a->tpidr, b->tpidr);
    differ("signal", 0, a->sig, b->sig);
    if (a->sig == SIG_FAULT)
        differ("addr", 0, a->addr, b->addr);
    for (int i = 0; i < 32; i++)
        for (int h = 1; h >= 0; h--) {
            snprintf(name, sizeof name, "v%d.%d", i, h);
            differ(name, c->s.v[i].d[h], a->v[i].d[h], b->v[i].d[h]);
        }
    for (int i = 0; i < DIFF_MEM; i += 8) {
        u64 was, x, y;
        memcpy(&was, c->s.mem + i, 8);
        memcpy(&x, a->mem + i, 8);
        memcpy(&y, b->mem + i, 8);
        snprintf(name, sizeof name, "+%x", i);
        differ(name, was, x, y);
    }
}

// The registers that the code names, to understand a difference by.
static void show_operands(const DiffCase *c)
{
    u32 seen = 0;
    for (int i = 0; i < DIFF_CODE && c->code[i] != DIFF_BRK; i++)
        for (int pos = 0; pos <= 16; pos += 5 + (pos == 10))
            seen |= 1u << (c->code[i] >> pos & 31);
    printf("    fpcr %08llx fpsr %08llx nzcv %08llx sp %llx\n", (unsigned long long)c->s.fpcr,
           (unsigned long long)c->s.fpsr, (unsigned long long)c->s.nzcv,
           (unsigned long long)c->s.sp);
    for (int i = 0; i < 32; i++)
        if (seen >> i & 1)
            printf("    x%d %016llx  v%d %016llx_%016llx\n", i,
                   (unsigned long long)(i < 31 ? c->s.x[i] : c->s.sp), i,
                   (unsigned long long)c->s.v[i].d[1], (unsigned long long)c->s.v[i].d[0]);
}

static void save_case(Run *r, const DiffCase *c)
{
    char path[512];
    if (!r->opt->save)
        return;
    snprintf(path, sizeof path, "%s/%s-%u.case", r->opt->save, r->model, r->saved++);
    FILE *f = fopen(path, "wb");
    if (!f)
        return;
    fwrite(c, sizeof *c, 1, f);
    fclose(f);
    printf("    saved as %s\n", path);
}

static void tell(Run *r, int i, const char *against, const DiffState *a, const DiffState *b, u32 *n)
{
    if ((*n)++ >= SHOWN)
        return;
    printf("%s, %s against %s:\n", r->model, "ours", against);
    show_difference(&r->cases[i], a, b);
    show_operands(&r->cases[i]);
    save_case(r, &r->cases[i]);
}

// -- comparing ----------------------------------------------------------------------------

static bool same_state(const DiffState *a, const DiffState *b)
{
    return !memcmp(a->x, b->x, offsetof(DiffState, sig) - offsetof(DiffState, x)) &&
           a->sig == b->sig && !memcmp(a->v, b->v, sizeof a->v) &&
           !memcmp(a->mem, b->mem, sizeof a->mem);
}

// The top byte may be a tag; of an address outside its own process the peer says 0.
static bool same_fault(const DiffState *a, const DiffState *b)
{
    return a->sig != SIG_FAULT || !b->addr || !((a->addr ^ b->addr) << 8);
}

static bool signs(const DiffCase *c)                // PACIA, ...; PACIASP, ...
{
    for (int i = 0; i < DIFF_CODE; i++)
        if ((c->code[i] & 0xffffd000) == 0xdac10000 || (c->code[i] & 0xfffffd1f) == 0xd503211f)
            return true;
    return false;
}

// B2.9.5: a store-exclusive after a load-exclusive of another size may do as it likes.
static bool mixes_sizes(const DiffCase *c)
{
    u32 loaded = 0;
    for (int i = 0; i < DIFF_CODE; i++) {
        u32 w = c->code[i], kind = (w & 0xc0200000) | 1;
        if ((w & 0x3fc00000) == 0x08400000)
            loaded = kind;
        else if ((w & 0x3fc00000) == 0x08000000 && loaded && loaded != kind)
            return true;
    }
    return false;
}

static u32 ending_word(const Run *r, int i)         // 0: it jumped away
{
    u64 slot = (r->ours[i].pc - DIFF_CODE_VA) / 4;
    return slot < DIFF_CODE ? r->cases[i].code[slot] : 0;
}

// What the peer cannot be asked about.
static bool incomparable(const Run *r, int i)
{
    const DiffState *a = &r->ours[i];
    u64 slot = (a->pc - DIFF_CODE_VA) / 4;
    u32 w = ending_word(r, i);
    if (mixes_sizes(&r->cases[i]))
        return true;
    if (a->sig == SIG_SP_ALIGN)                     // D1.8.2: a user process of the peer's is
        return true;                                // not checked
    if (a->sig == SIG_UNDEF && r->gen.base_feat && r->rows[i][slot % DIFF_CODE] < 0)
        return true;                                // `max` here has less than the peer's
    if (a->sig != SIG_FAULT && a->sig != SIG_BUS_ERROR)
        return false;
    // B2.2.1.1: the peer's `max` has FEAT_LSE2 and aligns less; D8.10.3: a signed pointer that
    // a fault leaves behind is the implementation's own
    if (r->gen.base_feat && (a->sig == SIG_BUS_ERROR || signs(&r->cases[i])))
        return true;
    // C6.2.394: a store-exclusive that fails may or may not fault; cache maintenance by address
    // does not touch memory in a user process of the peer's
    return (w & 0x3f400000) == 0x08000000 || (w & 0xfff80000) == 0xd5080000;
}

// D1.3.1: what a load of structures that faults leaves in its (up to four) registers is UNKNOWN.
static void forget_half_loaded(Run *r, int i)
{
    const DiffState *a = &r->ours[i];
    u32 w = ending_word(r, i);
    if ((a->sig != SIG_FAULT && a->sig != SIG_BUS_ERROR) || (w & 0xbe400000) != 0x0c400000)
        return;
    for (u32 k = 0; k < 4; k++)
        r->peers[i].v[(w + k) & 31] = a->v[(w + k) & 31];
}

static void count_rows(Run *r, int i, const DiffState *a)
{
    u64 end = (a->pc - DIFF_CODE_VA) / 4;
    for (u64 s = 0; s < DIFF_CODE && s <= end; s++) {
        int row = r->rows[i][s];
        if (row >= 0 && (s < end || a->sig == SIG_UNDEF))
            r->compared[row]++;
    }
}

static void compare_batch(Run *r, int peers)
{
    for (int i = 0; i < r->n; i++) {
        const DiffState *a = &r->ours[i], *e = &r->evals[i], *p = &r->peers[i];
        // B2.4.4: when new instructions are executed depends on what the program does not do
        if (a->sig == SIG_REWRITTEN && (!r->second || e->sig == SIG_REWRITTEN)) {
            r->dropped++;
            continue;
        }
        if (r->second && (!same_state(a, e) || a->esr != e->esr || a->addr != e->addr))
            tell(r, i, "eval", a, e, &r->bad_eval);
        if (i >= peers) {
            if (!r->opt->runner)
                count_rows(r, i, a);
            continue;
        }
        if (incomparable(r, i)) {
            r->dropped++;
            continue;
        }
        r->undefined += a->sig == SIG_UNDEF;
        forget_half_loaded(r, i);
        if (!same_state(a, p) || !same_fault(a, p))
            tell(r, i, "qemu-aarch64-static", a, p, &r->bad_peer);
        count_rows(r, i, a);
    }
}

// -- batches ------------------------------------------------------------------------------

static int scarce_row(Run *r)
{
    static const u32 plenty = ~0u;
    int best = -1, rows = gen_rows(), from = (int)(gen_random(&r->gen) % (u64)rows);
    u32 least = plenty;
    for (int k = 0; k < rows; k++) {
        int i = (from + k) % rows;
        if (r->opt->row && strcmp(gen_row(i).name, r->opt->row))
            continue;
        u32 have = r->compared[i] + r->made[i];
        if (gen_row_wanted(&r->gen, i) && have < least && r->tried[i] < 8 * r->opt->n + 100) {
            least = have;
            best = i;
        }
    }
    return least < r->opt->n ? best : -1;
}

static void make_case(Run *r, Engine *e, int i, int row)
{
    DiffCase *c = &r->cases[i];
    gen_case(&r->gen, row, c, r->rows[i]);
    for (int tries = 0; tries < 3 * DIFF_CODE; tries++) {
        engine_case(e, c, &r->ours[i]);
        if (!gen_steer(&r->gen, c, &r->ours[i]))
            return;
    }
    engine_case(e, c, &r->ours[i]);
}

static void make_batch(Engine *e, void *arg)
{
    Run *r = arg;
    bool unallocated = !r->gen.base_feat && !r->opt->row;
    memset(r->made, 0, (size_t)gen_rows() * sizeof *r->made);
    for (r->n = 0; r->n < BATCH; r->n++) {
        int row = scarce_row(r);
        if (row < 0)
            return;
        if (unallocated && r->n % UNALLOCATED_EACH == 0)
            row = -1;
        make_case(r, e, r->n, row);
        for (int s = 0; s < DIFF_CODE; s++)
            if (r->rows[r->n][s] >= 0)
                r->made[r->rows[r->n][s]]++;
        if (row >= 0)
            r->tried[row]++;
    }
}

static void eval_batch(Engine *e, void *arg)
{
    Run *r = arg;
    for (int i = 0; i < r->n; i++)
        engine_case(e, &r->cases[i], &r->evals[i]);
}

static void peer_batch(Run *r)
{
    int done = 0;
    while (r->opt->runner && done < r->n) {
        done += peer_run(r->opt->runner, r->model, r->cases + done, r->peers + done, r->n - done);
        if (done == r->n)
            break;
        printf("%s: the peer did not survive:\n", r->model);
        show_code(&r->cases[done]);
        r->peers[done] = r->ours[done];
        r->dropped++;
        done++;
    }
    compare_batch(r, r->opt->runner ? done : 0);
    r->total += (u64)r->n;
}

static void run_batches(Run *r)
{
    do {
        engine_on_thread(r->first, make_batch, r);
        if (r->second)
            engine_on_thread(r->second, eval_batch, r);
        peer_batch(r);
        if (r->opt->verbose)
            fprintf(stderr, "\r%s: %llu cases, %u+%u differ ", r->model,
                    (unsigned long long)r->total, r->bad_eval, r->bad_peer);
    } while (r->n && now() < r->until && r->bad_eval + r->bad_peer < 200);
    if (r->opt->verbose)
        fprintf(stderr, "\n");
}

// -- a model ------------------------------------------------------------------------------

static Engine *engine_or_die(const char *engine, const char *model)
{
    Error err = { 0 };
    Engine *e = engine_new(engine, model, &err);
    if (!e) {
        printf("FAIL diff %s\n", err.text);
        exit(1);
    }
    return e;
}

static bool run_open(Run *r, const Options *opt, const char *model)
{
    Error err = { 0 };
    *r = (Run){ .opt = opt, .model = model };
    r->first = engine_new("amd64", model, &err);
    if (r->first)
        r->second = engine_or_die("eval", model);
    else
        r->first = engine_or_die("eval", model);
    r->cases = xaligned(64, BATCH * sizeof *r->cases);
    r->ours = xaligned(64, BATCH * sizeof *r->ours);
    r->evals = xaligned(64, BATCH * sizeof *r->evals);
    r->peers = xaligned(64, BATCH * sizeof *r->peers);
    r->rows = xalloc(BATCH * sizeof *r->rows);
    r->made = xalloc((size_t)gen_rows() * sizeof *r->made);
    r->compared = xalloc((size_t)gen_rows() * sizeof *r->compared);
    r->tried = xalloc((size_t)gen_rows() * sizeof *r->tried);
    r->gen = (Gen){ .seed = opt->seed, .feat = engine_cpu(r->first)->feat };
    r->until = now() + opt->seconds;
    return true;
}

static void run_close(Run *r)
{
    engine_free(r->first);
    if (r->second)
        engine_free(r->second);
    free(r->cases);
    free(r->ours);
    free(r->evals);
    free(r->peers);
    free(r->rows);
    free(r->made);
    free(r->compared);
    free(r->tried);
}

static int verdict(const Run *r)
{
    int bad = 0;
    printf("%s: %llu cases, %llu ended UNDEFINED on both sides, %llu could not be compared\n",
           r->model, (unsigned long long)r->total, (unsigned long long)r->undefined,
           (unsigned long long)r->dropped);
    if (!r->second)
        printf("skip diff/%s/amd64-eval no second engine on this host\n", r->model);
    else if (r->bad_eval)
        bad++, printf("FAIL diff/%s/amd64-eval %u cases differ\n", r->model, r->bad_eval);
    else
        printf("ok diff/%s/amd64-eval\n", r->model);
    if (!r->opt->runner)
        printf("skip diff/%s/peer no aarch64-linux-gnu-as or no qemu-aarch64-static\n", r->model);
    else if (r->bad_peer)
        bad++, printf("FAIL diff/%s/peer %u cases differ\n", r->model, r->bad_peer);
    else
        printf("ok diff/%s/peer\n", r->model);
    return bad;
}

// Rows and how often each was compared with the peer, over all models.
static int coverage(const Options *opt, const u32 *compared, u64 feat)
{
    int short_of = 0, reached = 0;
    for (int i = 0; i < gen_rows(); i++) {
        RowInfo row = gen_row(i);
        Gen g = { .feat = feat };
        const char *why = gen_excluded(i);
        reached += compared[i] >= opt->n;
        if (compared[i] >= opt->n)
            continue;
        if (!why && !gen_row_wanted(&g, i))
            why = "no model has the feature";
        else if (!why)
            short_of++, why = compared[i] ? "too few" : "never reached its end";
        printf("  a64.decode:%-5d %-16s %6u  %s%s%s\n", row.line, row.name, compared[i], why,
               row.feature ? ": " : "", row.feature ? row.feature : "");
    }
    printf("%d of %d rows compared at least %u times with the peer\n", reached, gen_rows(), opt->n);
    if (!short_of)
        printf("ok diff/rows\n");
    else
        printf("FAIL diff/rows %d rows were compared less often\n", short_of);
    return short_of;
}

static int replay(const Options *opt, const char *model)
{
    Run r;
    int bad;
    FILE *f = fopen(opt->replay, "rb");
    run_open(&r, opt, model);
    if (!f || fread(r.cases, sizeof *r.cases, 1, f) != 1) {
        printf("cannot read %s\n", opt->replay);
        return 1;
    }
    fclose(f);
    r.n = 1;
    engine_on_thread(r.first, eval_batch, &r);
    memcpy(r.ours, r.evals, sizeof *r.ours);
    if (r.second)
        engine_on_thread(r.second, eval_batch, &r);
    show_code(r.cases);
    peer_batch(&r);
    bad = verdict(&r);
    run_close(&r);
    return bad;
}

static int usage(void)
{
    puts("usage: diff [-n COUNT] [-s SEED] [-t SECONDS] [-r RUNNER] [-o DIR] [-v] [--row NAME]\n"
         "            [--model NAME] [--case FILE] [-d ITEMS]\n"
         "-r RUNNER: the program made of runner.S, for qemu-aarch64-static; -o: failing cases");
    return 2;
}

static bool parse(Options *o, int argc, char **argv, const char **model)
{
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(a, "-v")) {
            o->verbose = true;
            continue;
        }
        if (!v)
            return false;
        i++;
        if (!strcmp(a, "-n"))
            o->n = (u32)strtoul(v, NULL, 0);
        else if (!strcmp(a, "-s"))
            o->seed = strtoull(v, NULL, 0);
        else if (!strcmp(a, "-t"))
            o->seconds = strtod(v, NULL);
        else if (!strcmp(a, "-r"))
            o->runner = v;
        else if (!strcmp(a, "-o"))
            o->save = v;
        else if (!strcmp(a, "--row"))
            o->row = v;
        else if (!strcmp(a, "--case"))
            o->replay = v;
        else if (!strcmp(a, "--model"))
            *model = v;
        else if (!strcmp(a, "-d"))
            log_configure(v, NULL);
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char *const models[] = { "cortex-a72", "max" };
    Options opt = { .n = 1000, .seed = 1, .seconds = 1e9 };
    const char *model = NULL;
    u64 base = 0, feat = 0;
    int bad = 0;
    if (!parse(&opt, argc, argv, &model))
        return usage();
    if (opt.replay)
        return replay(&opt, model ? model : "cortex-a72") != 0;
    u32 *compared = xalloc((size_t)gen_rows() * sizeof *compared);
    for (size_t m = 0; m < ARRAY_LEN(models); m++) {
        Run r;
        if (model && strcmp(model, models[m]))
            continue;
        run_open(&r, &opt, models[m]);
        r.gen.base_feat = base;                     // of a later model, only what it adds
        run_batches(&r);
        bad += verdict(&r);
        base = r.gen.feat;
        feat |= r.gen.feat;
        for (int i = 0; i < gen_rows(); i++)
            compared[i] += r.compared[i];
        run_close(&r);
    }
    if (opt.runner && !opt.row)
        bad += coverage(&opt, compared, feat) != 0;
    free(compared);
    return bad != 0;
}
