// SPDX-License-Identifier: MIT
// One region: guest code -> IR -> passes -> host code -> published.
#include "core/machine.h"
#include "tcg/check.h"
#include "tcg/host.h"
#include "tcg/stress.h"
#include "tcg/tcg.h"
#include "util/log.h"
#include "util/str.h"

#include <time.h>

LOG_CATEGORY("tcg.translate")

enum { REGION_INSNS = 64 };

static u64 now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

static bool break_at(const Tcg *tcg, u64 pc)
{
    return unlikely(tcg->debug.breaks.count) && debug_break_at(tcg, pc);
}

static bool is_last(const Ctx *t, u32 max)
{
    return t->insns >= max || (t->pc ^ t->start) & ~(u64)(PAGE_SIZE - 1) || t->overflow ||
           break_at(tcg_cpu(t->cpu)->tcg, t->pc);
}

// Runs the front-end over at most max instructions of the page.
static void build(Ctx *t, const TcgFrontend *fe, u32 max, bool solo)
{
    t->max_insns = max;
    fe->begin(t);
    if (!solo && break_at(tcg_cpu(t->cpu)->tcg, t->start))
        debug_gen_break(t);
    while (!t->ended) {
        t->pc = t->next_pc;
        if (t->insns && is_last(t, max)) {
            ir_exit(t, t->pc);
            break;
        }
        ir_insn(t, t->pc);
        t->insns++;
        t->next_pc = t->pc + fe->insn_align;
        if (fe->insn(t) == NEXT_STOP)
            break;
    }
    fe->end(t);
    if (!t->ended)
        ir_exit(t, t->next_pc);
}

static void log_ir(const Ctx *t, const char *what)
{
    Str s = { 0 };
    str_addf(&s, "IR %s at %#llx\n", what, (unsigned long long)t->start);
    ir_dump(t, &s);
    log_text(s.s, s.len);
    str_free(&s);
}

static void log_insns(const Ctx *t)
{
    Str s = { 0 };
    char text[128];
    str_addf(&s, "IN: mode %#x", t->mode);
    symbol_text(&t->cpu->machine->symbols, t->start, &s);
    str_addc(&s, '\n');
    for (int i = 1; i < t->n; i++) {
        if (t->ins[i].op != OP_INSN)
            continue;
        u64 pc = t->start + (u64)(i64)t->ins[i].imm, off = pc - t->fetch_page;
        if (off > PAGE_SIZE - 4)
            continue;
        const u8 *bytes = (const u8 *)t->fetch_host + off;
        t->fend->disas(t->cpu, pc, bytes, 4, text, sizeof text);
        str_addf(&s, "%#llx:  %02x%02x%02x%02x  %s\n", (unsigned long long)pc, bytes[3],
                   bytes[2], bytes[1], bytes[0], text);
    }
    log_text(s.s, s.len);
    str_free(&s);
}

static void check(const Ctx *t)
{
    Str why = { 0 };
    if (!ir_verify(t, &why)) {
        log_error("bad IR: %s", str_text(&why));
        log_ir(t, "refused");
        BUG_ON(true);
    }
    str_free(&why);
}

static void passes(Ctx *t)
{
    bool here = log_in_filter(t->start);
    if (here && log_on(LOG_IN_ASM))
        log_insns(t);
    if (here && log_on(LOG_OP))
        log_ir(t, "before");
#if MIMIC_DEBUG
    check(t);
#else
    (void)check;
#endif
    ir_pass_dce(t);
    if (here && log_on(LOG_OP_OPT))
        log_ir(t, "after");
}

static Ctx *ir_begin(Cpu *cpu, u64 pc, u32 mode, const FetchEntry *fe)
{
    TcgCpu *tc = tcg_cpu(cpu);
    Ctx *t = &tc->th->ir;
    ir_reset(t, cpu, tc->fe, pc, mode);
    t->parallel = cpu->machine->config->cpus > 1;
    t->fetch_host = fe->host;
    t->fetch_page = pc & ~(u64)(PAGE_SIZE - 1);
    return t;
}

void translate_show(Cpu *cpu, const Region *r)
{
    TcgCpu *tc = tcg_cpu(cpu);
    const FetchEntry *fe = &tc->th->fetch[(r->pc >> PAGE_BITS) & 63];
    if (fe->page != (r->pc & ~(u64)(PAGE_SIZE - 1)))
        return;
    Ctx *t = ir_begin(cpu, r->pc, r->mode, fe);
    build(t, tc->fe, r->insns, r->solo);
    log_insns(t);
    ir_pass_dce(t);
    log_ir(t, "of both");
}

static Region *region_new(Tcg *tcg)
{
    u32 i;
    if (!cache_take(tcg, TABLE_REGIONS, 1, &i))
        return NULL;
    Region *r = &tcg->regions[i];
    *r = (Region){ 0 };
    return r;
}

// From now on stores to the page are seen.
static void protect(Cpu *cpu, const FetchEntry *fe)
{
    Tcg *tcg = tcg_cpu(cpu)->tcg;
    if (ram_flags(fe->ram, fe->ram_at) & RAM_CODE)
        return;
    if (!(ram_flag_set(fe->ram, fe->ram_at, RAM_CODE) & RAM_OPEN))
        return;                                     // no TLB lets stores through
    tlb_drop_write(tcg_cpu(cpu)->th, fe->host);
    if (tcg->cpus.len > 1)
        tlb_ask_all(cpu, &(TlbRequest){ .code_page = fe->host }, true);
}

static bool make_code(Tcg *tcg, TcgThread *th, Ctx *t, Region *r)
{
    if (!th->code && !cache_chunk(tcg, th))
        return false;
    cache_code_ahead(tcg, th);
    if (tcg->check && !check_compile(tcg, t, r) &&  // before the host rewrites the IR
        (!cache_chunk(tcg, th) || !check_compile(tcg, t, r)))
        return false;
    if (tcg->host->compile(tcg, t, r))
        return true;
    return cache_chunk(tcg, th) && tcg->host->compile(tcg, t, r);
}

static Region *attempt(Cpu *cpu, u64 pc, const FetchEntry *fe, u32 max, bool solo)
{
    TcgCpu *tc = tcg_cpu(cpu);
    Ctx *t = ir_begin(cpu, pc, tc->mode | fe->mode, fe);
    t->moves = tc->tcg->host->relocate && ((i64)pc >= 0 || stress_on(tc->tcg, STRESS_MOVE));
    build(t, tc->fe, max, solo);
    if (t->overflow)
        return NULL;
    passes(t);
    Region *r = region_new(tc->tcg);
    if (!r)
        return NULL;
    r->pc = pc;
    r->pa = fetch_pa(fe, pc);
    r->mode = t->mode;
    r->insns = t->insns;
    r->solo = solo;
    u32 off = (u32)(pc & (PAGE_SIZE - 1));
    r->guest_lo = (u16)(t->code_lo < off ? t->code_lo : off);
    r->guest_hi = (u16)(t->code_hi > off + 4 ? t->code_hi : off + 4);
    return make_code(tc->tcg, tc->th, t, r) ? r : NULL;
}

// A line of /tmp/perf-PID.map: guest_ADDR_MODE_SYMBOL+OFFSET.
static void perf_name(Tcg *tcg, const Region *r, u64 pc)
{
    u64 offset;
    const char *name = symbol_find(&tcg->machine->symbols, pc, &offset);
    fprintf(tcg->perf, "%llx %x guest_%llx_%x", (unsigned long long)(uintptr_t)r->code,
            r->code_size, (unsigned long long)pc, r->mode);
    if (name)
        fprintf(tcg->perf, "_%s+0x%llx", name, (unsigned long long)offset);
    fputc('\n', tcg->perf);
}

static Region *copy_at(Cpu *cpu, const Region *from, u64 pc)
{
    Tcg *tcg = tcg_cpu(cpu)->tcg;
    Region *r = region_new(tcg);
    if (!r)
        return NULL;
    r->pc = pc;
    r->pa = from->pa;
    r->mode = from->mode;
    r->insns = from->insns;
    r->guest_lo = from->guest_lo;
    r->guest_hi = from->guest_hi;
    cache_code_ahead(tcg, tcg_cpu(cpu)->th);
    mutex_lock(&tcg->lock);                         // neither dies nor is linked meanwhile
    bool ok = !atomic_load(&from->dead) &&
              tcg->host->relocate(tcg, tcg_cpu(cpu)->th, from, r);
    mutex_unlock(&tcg->lock);
    return ok ? r : NULL;
}

// Whole regions only, as the translator made them: --check's have a program of their own.
static bool can_copy(const Tcg *tcg, u32 max)
{
    return tcg->host->relocate && !tcg->check && !tcg->counted && max == REGION_INSNS &&
           !tcg->debug.breaks.count;
}

// A copy of the same instructions' region at another VA, or NULL.
static Region *copied(Cpu *cpu, u64 pc, const FetchEntry *fe, u32 max)
{
    const TcgCpu *tc = tcg_cpu(cpu);
    TcgStats *s = &tc->th->stats;
    const Region *from = can_copy(tc->tcg, max)
        ? cache_movable(tc->tcg, fetch_pa(fe, pc), tc->mode | fe->mode) : NULL;
    if (!from)
        return NULL;
    u64 t0 = now_ns();
    protect(cpu, fe);
    Region *r = copy_at(cpu, from, pc);
    if (!r)
        return NULL;
    s->copies++;
    s->copied_insns += r->insns;
    s->copied_bytes += r->code_size;
    s->copy_ns += now_ns() - t0;
    return r;
}

// --tcg-stress=move: made for another VA, then copied to its own.
static Region *made_elsewhere(Cpu *cpu, u64 pc, const FetchEntry *fe)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u64 by = (u64)(stress_random(th, 1u << 20) + 1) << 24;
    Region *r = attempt(cpu, pc + by, fe, REGION_INSNS, false);
    return r && r->moves ? copy_at(cpu, r, pc) : NULL;
}

static Region *made(Cpu *cpu, u64 pc, const FetchEntry *fe, u32 max, bool solo)
{
    const Tcg *tcg = tcg_cpu(cpu)->tcg;
    if (stress_on(tcg, STRESS_MOVE) && can_copy(tcg, max)) {
        Region *r = made_elsewhere(cpu, pc, fe);
        if (r)
            return r;
    }
    return attempt(cpu, pc, fe, max, solo);
}

// New code, and what it took.
static Region *make(Cpu *cpu, u64 pc, const FetchEntry *fe, u32 max, bool solo)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u64 t0 = now_ns();
    Region *r = NULL;
    while (!r) {
        protect(cpu, fe);
        r = made(cpu, pc, fe, max, solo);
        if (r)
            break;
        if (th->ir.overflow) {
            BUG_ON(max == 1);
            max /= 2;
        } else {
            cache_flush(cpu);
        }
    }
    th->stats.regions++;
    th->stats.guest_insns += th->ir.insns;
    th->stats.ir_ins += (u64)th->ir.n;
    th->stats.host_bytes += r->code_size;
    th->stats.translate_ns += now_ns() - t0;
    return r;
}

Region *translate(Cpu *cpu, u64 pc, const FetchEntry *fe, bool solo)
{
    TcgCpu *tc = tcg_cpu(cpu);
    u32 hint = tc->fe->region_hint ? tc->fe->region_hint(cpu) : 0;
    u32 max = tc->tcg->one_insn || solo ? 1 : hint && hint < REGION_INSNS ? hint : REGION_INSNS;
    if (cache_tables_full(tc->tcg))
        cache_flush(cpu);
    Region *r = copied(cpu, pc, fe, max);
    if (!r)
        r = make(cpu, pc, fe, max, solo);
    cache_publish(tc->tcg, r, fe->ram, fe->ram_at);
    if (tc->tcg->perf)
        perf_name(tc->tcg, r, pc);
    return r;
}
