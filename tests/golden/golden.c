// SPDX-License-Identifier: MIT
// golden FILE: prints the host code of each sequence of guest code in FILE (guest.S, assembled
// flat; BRK ends a sequence), as amd64.txt has it: what runs when nothing is slow, between the
// region's poll and its stubs.  Addresses are named: [cpu.x1], link, stub, const.  For a
// host without any optional instruction.
#include "tests/diff/diff.h"

#include "core/machine.h"
#include "cpu/arm/disas.h"
#include "tcg/host/amd64/emit.h"
#include "util/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A case is: br x30; brk; the sequence; b to the brk.  So the sequence has a region of its own,
// which ends in one jump to another.
enum { BR_X30 = 0xd61f03c0, SEQUENCE = 2, SEQUENCE_VA = DIFF_CODE_VA + 4 * SEQUENCE };

enum { LABELS = 32 };
typedef struct Labels { i64 at[LABELS]; int n; } Labels;

static Tcg *tcg_of(Engine *e) { return engine_cpu(e)->cpu.machine->accel_state; }

static const Region *newest(Engine *e)
{
    const Tcg *tcg = tcg_of(e);
    for (u32 i = atomic_load(&tcg->tables[TABLE_REGIONS].n); i-- > 0;)
        if (tcg->regions[i].pc == SEQUENCE_VA && !atomic_load(&tcg->regions[i].dead))
            return &tcg->regions[i];
    return NULL;
}

// -- names for addresses ------------------------------------------------------------------

static void name_place(const TcgFrontend *fe, i64 disp, Str *out)
{
    i64 at = disp + fe->env_bias;
    for (int i = 0; i < fe->nregs; i++) {
        i64 off = at - fe->regs[i].offset;
        if (off >= 0 && off < (fe->regs[i].type == T_V128 ? 16 : 8)) {
            str_addf(out, off ? "cpu.%s+%d" : "cpu.%s", fe->regs[i].name, (int)off);
            return;
        }
    }
    str_add(out, at == offsetof(Cpu, exit) ? "cpu.exit" : at == TC(excl_addr) ? "cpu.monitor"
                 : at == TC(jc) ? "cpu.jumps" : at == TC(ctxkey) ? "cpu.context"
                 : at == fe->pc_offset ? "cpu.pc" : "cpu");
}

// "[rbp - 0x18]" and the like in text become names, "[rip + X]" const.
static void add_operands(const TcgFrontend *fe, const char *text, Str *out)
{
    while (*text) {
        const char *end = strchr(text, ']');
        if (!strncmp(text, "[rbp", 4) && end) {
            const char *sign = strpbrk(text, "+-]");
            i64 disp = *sign == ']' ? 0 : strtoll(sign + 1, NULL, 0);
            str_addc(out, '[');
            name_place(fe, *sign == '-' ? -disp : disp, out);
            text = end;
        } else if (!strncmp(text, "[rip", 4) && end) {
            str_add(out, "[const");
            text = end;
        } else {
            str_addc(out, *text++);
        }
    }
}

static bool is_link(const Region *r, size_t at)     // the rel32 of a jump at `at`
{
    for (u32 i = 0; i < r->nlinks; i++)
        if (r->links[i].site == at + 1)
            return true;
    return false;
}

// Which of the targets within the code this is, from 1.
static int label(Labels *l, i64 to)
{
    int i = 0;
    while (i < l->n && l->at[i] != to)
        i++;
    if (i == l->n && l->n < LABELS)
        l->at[l->n++] = to;
    return i + 1;
}

static void add_jump(Labels *l, const Region *r, const char *mnemonic, const char *target,
                     Str *out)
{
    i64 to = (i64)strtoull(target, NULL, 0) - (i64)(uintptr_t)r->code;
    str_addf(out, "%s ", mnemonic);
    if (to < 0 || to >= r->code_size)
        str_add(out, "thunk");
    else if (to >= r->entry_leave)
        str_add(out, "stub");
    else
        str_addf(out, "L%d", label(l, to));
}

// One instruction at `at`; its length, 0: the end.
static size_t add_line(Engine *e, Labels *l, const Region *r, size_t at, Str *line)
{
    char text[160];
    size_t n = amd64_disas(r->code + at, r->entry_leave - at, text, sizeof text);
    char *space = strchr(text, ' ');
    if (is_link(r, at)) {
        str_add(line, "link");
        return 0;
    }
    if ((text[0] == 'j' || !strncmp(text, "call", 4)) && space && space[1] == '0') {
        *space = 0;
        add_jump(l, r, text, space + 1, line);
    } else if (!strncmp(text, "movabs", 6)) {
        str_addf(line, "%.*s, const", (int)strcspn(text, ","), text);
    } else if (strncmp(text, "nop", 3)) {           // these align links
        add_operands(tcg_of(e)->fe, text, line);
    }
    return n;
}

static void walk(Engine *e, Labels *l, const Region *r, bool print)
{
    size_t n = 1;
    for (size_t at = r->entry_nopoll; at < r->entry_leave && n; at += n) {
        Str line = { 0 };
        for (int i = 0; i < l->n && print; i++)
            if (l->at[i] == (i64)at)
                printf("  L%d:\n", i + 1);
        n = add_line(e, l, r, at, &line);
        if (print && line.len)
            printf("    %s\n", str_text(&line));
        str_free(&line);
    }
}

static void print_code(Engine *e, const Region *r)
{
    Labels l = { 0 };
    walk(e, &l, r, false);
    walk(e, &l, r, true);
}

static void sequence(Engine *e, const u32 *word, int n)
{
    DiffCase c = { .s.sp = DIFF_MEM_VA };
    DiffState out;
    char text[128];
    for (int i = 0; i < DIFF_CODE; i++)
        c.code[i] = DIFF_BRK;
    c.code[0] = BR_X30;
    memcpy(c.code + SEQUENCE, word, (size_t)n * sizeof *word);
    c.code[SEQUENCE + n] = 0x14000000 | ((u32)(-n - 1) & 0x3ffffff);
    for (int i = 0; i < 31; i++)
        c.s.x[i] = DIFF_MEM_VA;
    c.s.x[2] = c.s.x[3] = 8;                        // turns of the loops that count
    c.s.x[30] = SEQUENCE_VA;
    engine_case(e, &c, &out);
    for (int i = 0; i < n; i++) {
        a64_disas(SEQUENCE_VA + 4 * (u64)i, word[i], text, sizeof text);
        printf("%s\n", text);
    }
    const Region *r = newest(e);
    if (r)
        print_code(e, r);
    putchar('\n');
}

typedef struct Job { FILE *in; bool ok; } Job;

static void all(Engine *e, void *opaque)
{
    Job *job = opaque;
    u32 word[DIFF_CODE], w;
    int n = 0;
    ((Thunks *)tcg_of(e)->host_state)->cpu = 0;     // no optional instructions
    while (fread(&w, 4, 1, job->in) == 1 && n < DIFF_CODE - SEQUENCE - 1) {
        if (w != DIFF_BRK) {
            word[n++] = w;
            continue;
        }
        sequence(e, word, n);
        n = 0;
    }
    job->ok = n == 0;
}

int main(int argc, char **argv)
{
    Error err = { 0 };
    char text[8];
    const u8 nop = 0x90;
    Job job = { .in = argc == 2 ? fopen(argv[1], "rb") : NULL };
    if (!job.in)
        return 2;
    Engine *e = amd64_disas(&nop, 1, text, sizeof text) ? engine_new("amd64", "max", &err) : NULL;
    if (e) {
        engine_on_thread(e, all, &job);
        engine_free(e);
    }
    fclose(job.in);
    return e ? !job.ok : 77;                        // 77: no disassembler, or another host
}
