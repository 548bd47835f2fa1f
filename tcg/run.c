// SPDX-License-Identifier: MIT
// The translator as an accelerator: life of vCPUs, the run loop, from pc to code.
//
// A vCPU is "in code" from tcg_run's entry to its end.  Who needs it elsewhere (TLB shoot-down,
// flush) sets a bit in the exit word and waits until it has served the request or is out of
// code; at entry in_code is set first, then the exit word is looked at, so none is missed.
#include "core/machine.h"
#include "tcg/check.h"
#include "tcg/host.h"
#include "tcg/stress.h"
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/args.h"
#include "util/log.h"
#include "util/str.h"

#include <string.h>
#include <unistd.h>

LOG_CATEGORY("tcg.run")

static const TcgFrontend *frontend_of(Cpu *cpu) { return cpu->cls->frontend; }

// -- from pc to region --------------------------------------------------------------------

static void raise_fetch(Cpu *cpu, u64 pc, int why, u64 fault)
{
    TcgFault f = { .va = pc, .acc = ACC_FETCH, .memop = MO_32, .why = why, .fault = fault };
    tcg_cpu(cpu)->fe->raise_fetch(cpu, pc, &f);
}

// The host memory behind the page of pc; false: an exception has been raised.
static bool fetch_page(Cpu *cpu, u64 pc, FetchEntry **out)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TcgThread *th = tc->th;
    u64 page = pc & ~(u64)(PAGE_SIZE - 1);
    FetchEntry *e = &th->fetch[(pc >> PAGE_BITS) & 63];
    *out = e;
    if (e->page == page && e->key == tc->ctxkey)
        return true;
    TcgPage pg = { 0 };
    if (!tc->fe->translate(cpu, pc, ACC_FETCH, &tc->tlb->space, false, &pg)) {
        raise_fetch(cpu, pc, TF_MMU, pg.fault);
        return false;
    }
    MemRef ref = as_lookup_near(cpu->as, pg.pa & ~(u64)(PAGE_SIZE - 1), &th->near);
    if (!ref.host) {
        raise_fetch(cpu, pc, TF_BUS, 0);
        return false;
    }
    *e = (FetchEntry){ page, tc->ctxkey, ref.host, ref.ram, ref.ram_at, pg.mode };
    ctx_note_page(th->ctx, &(CodeVa){ page, pg.pa & ~(u64)(PAGE_SIZE - 1), pg.mode });
    return true;
}

static void jc_fill(TcgCpu *tc, const Region *r)
{
    JumpEntry e = { r->pc, (u32)(uintptr_t)r->code, (u32)tc->ctxkey };
    tc->jc[jc_index(r->pc)] = tc->th->jc2[jc2_index(r->pc, tc->ctxkey)] = e;
    tc->th->stats.jc_fills++;
}

static void log_exec(Cpu *cpu, u64 pc, const Region *r)
{
    Str s = { 0 };
    str_addf(&s, "exec %d: %#llx", cpu->index, (unsigned long long)pc);
    symbol_text(&cpu->machine->symbols, pc, &s);
    str_addf(&s, ", %u instructions, mode %#x\n", r->insns, r->mode);
    log_text(s.s, s.len);
    str_free(&s);
}

// Now and then a lookup finds an empty TLB, or nothing left of the page's translations.
static void stress_lookup(Cpu *cpu)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u64 page = *tcg_pc(cpu) & ~(u64)(PAGE_SIZE - 1);
    const FetchEntry *e = &th->fetch[(page >> PAGE_BITS) & 63];
    if (stress_one_in(th, STRESS_SMC, 64) && e->page == page)
        smc_written(tcg_cpu(cpu)->tcg, e->ram, e->ram_at & ~(u64)(PAGE_SIZE - 1), PAGE_SIZE);
    if (stress_one_in(th, STRESS_TLB, 64))
        tlb_flush_all(th);
}

// NULL: an exception has been raised.
static Region *region_at_pc(Cpu *cpu, bool solo)
{
    TcgCpu *tc = tcg_cpu(cpu);
    u64 pc = *tcg_pc(cpu) = tc->fe->canonical(cpu, *tcg_pc(cpu));
    FetchEntry *fe;
    if (pc & (tc->fe->insn_align - 1)) {
        raise_fetch(cpu, pc, TF_ALIGN, 0);
        return NULL;
    }
    tc->th->stats.lookups++;
    if (unlikely(tc->tcg->stress))
        stress_lookup(cpu);
    if (!fetch_page(cpu, pc, &fe))
        return NULL;
    Region *r = cache_find(tc->tcg, fetch_pa(fe, pc), pc, tc->mode | fe->mode, solo);
    if (!r)
        r = translate(cpu, pc, fe, solo);
    return r;
}

static Region *logged(Cpu *cpu, Region *r)
{
    if (r && log_on(LOG_EXEC) && log_in_filter(r->pc) && !icount_seen(cpu, r->pc))
        log_exec(cpu, r->pc, r);
    return r;
}

// The region for the Cpu's pc, or NULL when the exit word wants the run loop.  Faults of
// fetching become the guest's exceptions, whose handler's region is then given.
Region *tcg_next_region(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    tc->undone = 0;
    for (int faults = 0; !cpu_exit_bits(cpu); faults++) {
        if (faults > 64)                            // vectors that fault: stay interruptible
            cpu_kick(cpu, CPU_EXIT_ACCEL);
        Region *r = region_at_pc(cpu, false);
        if (!r)
            continue;
        if (unlikely(!icount_covers(cpu, r)))
            return NULL;
        if (!log_on(LOG_EXEC))                      // else not by the jump cache: each is seen
            jc_fill(tc, r);
        return logged(cpu, r);
    }
    return NULL;
}

Region *tcg_solo_region(Cpu *cpu) { return logged(cpu, region_at_pc(cpu, true)); }

// Most misses of the jump cache are for want of room.
static const void *second_jump_cache(TcgCpu *tc, u64 pc)
{
    const JumpEntry *e = &tc->th->jc2[jc2_index(pc, tc->ctxkey)];
    if (e->pc != pc || e->key != (u32)tc->ctxkey || tc->tcg->stress)
        return NULL;
    tc->jc[jc_index(pc)] = *e;
    tc->th->stats.jc2_hits++;
    return (const void *)(uintptr_t)e->code;
}

const void *tcg_next(Cpu *cpu)
{
    const void *code = second_jump_cache(tcg_cpu(cpu), *tcg_pc(cpu));
    if (code && !cpu_exit_bits(cpu))
        return code;
    Region *r = tcg_next_region(cpu);
    return r ? r->code : NULL;
}

void tcg_raise(Cpu *cpu, const TcgFault *f)
{
    if (check_fault(cpu, f))
        return;
    icount_not_done(cpu);
    if (f->why == TF_ALONE)
        icount_alone(cpu);
    else if (f->why == TF_DEBUGGER)
        debug_stop(cpu, STOP_WATCH, (BreakKind)f->fault, f->va);
    else
        tcg_cpu(cpu)->fe->raise_mem(cpu, f);
}

_Noreturn void tcg_unwind(Cpu *cpu)
{
    icount_settle(tcg_cpu(cpu));
    tcg_cpu(cpu)->tcg->host->unwind(cpu);
}

// -- the run loop -------------------------------------------------------------------------

static void wait_flush(Tcg *tcg)
{
    mutex_lock(&tcg->flush_lock);
    mutex_unlock(&tcg->flush_lock);
}

static void enter(Cpu *cpu)
{
    Tcg *tcg = tcg_cpu(cpu)->tcg;
    TcgThread *th = tcg_cpu(cpu)->th;
    atomic_store(&th->in_code, 1);
    while (atomic_load(&tcg->flushing)) {
        atomic_store(&th->in_code, 0);
        wait_flush(tcg);
        atomic_store(&th->in_code, 1);
    }
}

enum { OURS = CPU_EXIT_TLB | CPU_EXIT_ACCEL };

// Bits that this loop serves itself; true when the caller must be left.
static bool serve(Cpu *cpu)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u32 bits = cpu_exit_bits(cpu);
    if (bits & OURS) {
        cpu_exit_clear(cpu, OURS);
        tlb_serve(th);
        th->stats.exit_tlb++;
    }
    if (bits & (CPU_EXIT_IRQ | CPU_EXIT_FRONT) && !tcg_irqs_wait(cpu)) {
        cpu_exit_clear(cpu, CPU_EXIT_IRQ | CPU_EXIT_FRONT);
        th->stats.exit_irq++;
        if (tcg_cpu(cpu)->fe->interrupt(cpu)) {
            th->stats.interrupts++;
            cpu->halted = false;
            debug_stepped(cpu);
        }
    }
    bits &= ~(u32)(OURS | CPU_EXIT_IRQ | CPU_EXIT_FRONT);
    th->stats.exit_stop += bits != 0;
    return bits;
}

static CpuRunResult result_of(Cpu *cpu)
{
    if (tcg_cpu(cpu)->th->debug.stopped)
        return debug_result(cpu);
    if (check_differs(tcg_cpu(cpu)->th))
        return CPU_FAILED;
    if (atomic_load(&cpu->power) == CPU_POWER_OFF)
        return CPU_OFF;
    return cpu->halted ? CPU_HALT : CPU_RAN;
}

// Through one region and those behind it, until something is to be looked at.  False: --check
// has found a difference.
static bool run_on(Cpu *cpu)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    Region *r = tcg_next_region(cpu);
    if (r && unlikely(th->check))
        return check_region(cpu, r);
    if (r)
        tcg_cpu(cpu)->tcg->host->run(cpu, r);
    return true;
}

static CpuRunResult tcg_run(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TcgThread *th = tc->th;
    bool leave = false;
    debug_enter(cpu);
    enter(cpu);
    ctx_enter(cpu);
    while (!leave) {
        tlb_serve(th);
        if (tc->tcg->counted)
            icount_refill(cpu);
        leave = serve(cpu) || tcg_must_leave(cpu);
        if (leave)
            break;
        if (atomic_load(&tc->tcg->flushing)) {
            atomic_store(&th->in_code, 0);
            enter(cpu);
        }
        if (unlikely(debug_one(cpu))) {
            debug_run_one(cpu);
            continue;
        }
        if (unlikely(th->alone))
            icount_run_alone(cpu);
        else if (!run_on(cpu))
            break;
        th->stats.exit_halt += cpu->halted;
        th->stats.exit_guest += !cpu->halted && !cpu_exit_bits(cpu);
    }
    tc->fe->settle(cpu);
    atomic_store(&th->in_code, 0);
    return result_of(cpu);
}

// -- FP flags -----------------------------------------------------------------------------

u32 tcg_fp_flags(Cpu *cpu)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u32 f = th ? th->fp_flags : 0;
    if (th)
        th->fp_flags = 0;
#if defined(__x86_64__)
    if (cpu_current() == cpu) {
        u32 m = __builtin_ia32_stmxcsr();
        f |= (m & 1) | (m >> 1 & 2) | (m >> 1 & 4) | (m >> 1 & 8) | (m >> 1 & 16);
        __builtin_ia32_ldmxcsr(m & ~0x3fu);
    }
#endif
    return f;
}

// -- life --------------------------------------------------------------------------------

static const ArgDesc tcg_args[] = {
    { "engine", ARG_STRING, "amd64 or eval: what runs the translation" },
    { "tb-size", ARG_U64, "code buffer in MiB (default 256)" },
    { "thread", ARG_STRING, "multi: one host thread a vCPU; single: with one vCPU" },
    { "one-insn-per-tb", ARG_BOOL, "regions of one instruction" },
    { NULL, ARG_STRING, NULL },
};

static void memory_changed(MemListener *l, AddressSpace *as, const FlatView *old,
                           const FlatView *now)
{
    Tcg *tcg = container_of(l, Tcg, listener);
    (void)as, (void)old, (void)now;
    vec_foreach (c, &tcg->cpus) {
        TcgThread *th = tcg_cpu(*c)->th;
        mutex_lock(&th->lock);
        th->queue[0] = (TlbRequest){ .everything = true };
        th->nqueue = 1;
        atomic_fetch_add(&th->asked, 1);
        mutex_unlock(&th->lock);
        cpu_kick(*c, CPU_EXIT_TLB);
    }
}

static bool pick_host(Tcg *tcg, const char *engine, Machine *m, Error *err)
{
    static const TcgHost *const hosts[] = {
#if defined(__x86_64__)
        &tcg_amd64,
#endif
        &tcg_eval,
    };
    Error why = { 0 };
    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        if (engine && strcmp(engine, hosts[i]->name))
            continue;
        if (hosts[i]->probe(&why)) {
            tcg->host = hosts[i];
            char *others = m->accel_why;
            m->accel_why = xasprintf("tcg, engine %s%s%s%s%s", hosts[i]->name,
                                     why.text[0] ? ": " : "", why.text,
                                     others ? "; " : "", others ? others : "");
            free(others);
            return true;
        }
        if (engine)
            return error_set(err, "-accel tcg,engine=%s: %s", engine, why.text);
    }
    return error_set(err, "-accel tcg: no engine %s; there are amd64 and eval", engine);
}

static void open_perfmap(Tcg *tcg)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    tcg->perf = fopen(path, "w");
    if (tcg->perf)
        setvbuf(tcg->perf, NULL, _IOLBF, 0);
}

static bool set_up(Machine *m, Tcg *tcg, Args *args, Error *err)
{
    u64 mib = 256;
    tcg->machine = m;
    tcg->as = &m->as;
    tcg->fe = m->cpu_class->frontend;
    mutex_init(&tcg->debug.lock);
    const char *engine = args ? args_str(args, "engine", NULL) : NULL;
    const char *thread = args ? args_str(args, "thread", "multi") : "multi";
    if (args && (!args_u64(args, "tb-size", 256, &mib, err) ||
                 !args_bool(args, "one-insn-per-tb", false, &tcg->one_insn, err)))
        return false;
    if (strcmp(thread, "multi") && (strcmp(thread, "single") || m->config->cpus > 1))
        return error_set(err, "thread=%s: Mimic runs each vCPU on a thread of its own; use "
                         "thread=multi", thread);
    if (mib < 8 || mib > 2048)
        return error_set(err, "-accel tcg,tb-size=%llu: must be 8 to 2048 MiB",
                         (unsigned long long)mib);
    if (m->config->stress && !stress_parse(m->config->stress, &tcg->stress, err))
        return false;
    tcg->one_insn |= stress_on(tcg, STRESS_TB1);
    tcg->counted = m->config->icount.on;
    tcg->no_links = log_on(LOG_NOCHAIN) || log_on(LOG_EXEC);
    if (!pick_host(tcg, engine, m, err) || !check_init(tcg, err) ||
        !cache_init(tcg, (size_t)mib << 20, err) || !tcg->host->init(tcg, err))
        return false;
    if (m->config->perfmap)
        open_perfmap(tcg);
    if (m->config->stats)
        tcg->helpers = xalloc(HELPER_COUNTS * sizeof *tcg->helpers);
    m->mem.code_write_hook = smc_written;
    m->mem.code_write_opaque = tcg;
    tcg->listener = (MemListener){ .as = tcg->as, .changed = memory_changed };
    mem_listen(&m->mem, &tcg->listener);
    return true;
}

static bool tcg_init(Machine *m, Args *args, Error *err)
{
    Tcg *tcg = xalloc(sizeof *tcg);
    if (set_up(m, tcg, args, err)) {
        m->accel_state = tcg;
        return true;
    }
    cache_fini(tcg);                                // of what there is
    free(tcg->host_state);
    free(tcg);
    return false;
}

static void tcg_fini(Machine *m)
{
    Tcg *tcg = m->accel_state;
    if (!tcg)
        return;
    mem_unlisten(&m->mem, &tcg->listener);
    tcg->host->fini(tcg);
    cache_fini(tcg);
    debug_fini(tcg);
    if (tcg->perf)
        fclose(tcg->perf);
    vec_free(&tcg->cpus);
    free(tcg->helpers);
    free(tcg);
    m->accel_state = NULL;
}

static bool tcg_probe_accel(const char *cpu_class, Error *err)
{
    const CpuClass *cls = cpu_class_find(cpu_class, err);
    return cls && (cls->frontend || error_set(err, "no translator for %s guests", cpu_class));
}

static bool tcg_cpu_create(Cpu *cpu, Error *err)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TcgThread *th = xaligned(64, sizeof *th);
    memset(tc, 0, sizeof *tc);
    tc->tcg = cpu->machine->accel_state;
    tc->fe = frontend_of(cpu);
    tc->mxcsr = 0x1f80;
    tc->excl_addr = ~0ull;
    tc->th = th;
    th->cpu = cpu;
    th->stress = cpu->machine->config->seed + (u64)cpu->index;
    mutex_init(&th->lock);
    check_cpu(tc->tcg, th);
    icount_cpu(cpu);
    if (!ir_new(&th->ir) || !ctx_init(th))
        return error_set(err, "not enough memory for a vCPU's translator");
    vec_push(&tc->tcg->cpus, cpu);
    return true;
}

static void tcg_cpu_destroy(Cpu *cpu)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    for (int i = 0; i < TLB_TABLES; i++)
        free(th->tables[i]);
    ir_free(&th->ir);
    free(th->emit);
    check_fini(th);
    ctx_fini(th);
    free(th);
    tcg_cpu(cpu)->th = NULL;
}

static void tcg_cpu_reset(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    tlb_flush_all(tc->th);
    tc->th->debug.passing = STOP_NONE;
    tc->th->debug.stopped = false;
    tc->excl_addr = ~0ull;
}

u64 *tcg_helper_count(Tcg *tcg, const Helper *h)
{
    u64 *count = NULL;
    if (!tcg->helpers)
        return NULL;
    mutex_lock(&tcg->lock);
    for (int i = 0; i < HELPER_COUNTS && !count; i++) {
        if (!tcg->helpers[i].h)
            tcg->helpers[i].h = h;
        if (tcg->helpers[i].h == h)
            count = &tcg->helpers[i].calls;
    }
    mutex_unlock(&tcg->lock);
    return count;
}

static int by_calls(const void *a, const void *b)
{
    u64 x = ((const HelperCount *)a)->calls, y = ((const HelperCount *)b)->calls;
    return (x < y) - (x > y);
}

static void top_helpers(const Tcg *tcg, Str *out)
{
    if (!tcg->helpers)
        return;
    HelperCount *sorted = xalloc(HELPER_COUNTS * sizeof *sorted);
    memcpy(sorted, tcg->helpers, HELPER_COUNTS * sizeof *sorted);
    qsort(sorted, HELPER_COUNTS, sizeof *sorted, by_calls);
    str_add(out, "helpers called most:\n");
    for (int i = 0; i < 20 && sorted[i].calls; i++)
        str_addf(out, "  %-24s %llu\n", sorted[i].h->name, (unsigned long long)sorted[i].calls);
    free(sorted);
}

static void memory_stats(const Tcg *tcg, Str *out)
{
    static const char *const names[TABLES] = {
        [TABLE_REGIONS] = "regions", [TABLE_LINKS] = "links", [TABLE_SITES] = "sites",
        [TABLE_SNAPS] = "snapshots",
    };
    str_addf(out, "KiB in use: code %zu", atomic_load(&tcg->used) >> 10);
    for (int i = 0; i < TABLES; i++)
        str_addf(out, ", %s %zu", names[i],
                 atomic_load(&tcg->tables[i].n) * tcg->tables[i].size >> 10);
    str_add(out, "\n");
}

static void tcg_stats(Machine *m, Str *out)
{
    Tcg *tcg = m->accel_state;
    TcgStats s = { 0 };
    vec_foreach (c, &tcg->cpus) {
        const u64 *from = (const u64 *)&tcg_cpu(*c)->th->stats;
        u64 *to = (u64 *)&s;
        for (size_t i = 0; i < sizeof s / sizeof *to; i++)
            to[i] += from[i];
    }
    u64 n = s.guest_insns ? s.guest_insns : 1, r = s.regions ? s.regions : 1;
    check_stats(tcg, out);
    str_addf(out, "translation: %llu regions, %llu guest instructions (%llu.%llu a region), "
             "%llu IR, %llu host bytes (%llu an instruction), %llu ns an instruction\n",
             (unsigned long long)s.regions, (unsigned long long)s.guest_insns,
             (unsigned long long)(s.guest_insns / r),
             (unsigned long long)(s.guest_insns * 10 / r % 10), (unsigned long long)s.ir_ins,
             (unsigned long long)s.host_bytes, (unsigned long long)(s.host_bytes / n),
             (unsigned long long)(s.translate_ns / n));
    memory_stats(tcg, out);
    n = s.copied_insns ? s.copied_insns : 1;
    str_addf(out, "copies for other VAs: %llu regions, %llu guest instructions, %llu host bytes, "
             "%llu ns an instruction\n", (unsigned long long)s.copies,
             (unsigned long long)s.copied_insns, (unsigned long long)s.copied_bytes,
             (unsigned long long)(s.copy_ns / n));
#define ROW(name) str_addf(out, "%-12s %llu\n", #name, (unsigned long long)s.name)
    ROW(tlb_fills); ROW(slow_loads); ROW(slow_stores); ROW(io); ROW(lookups); ROW(jc_fills);
    ROW(jc2_hits);
    ROW(links); ROW(smc); ROW(invalidated); ROW(flushes); ROW(tlbi); ROW(contexts); ROW(fp_cold);
    ROW(interrupts); ROW(exit_irq); ROW(exit_tlb); ROW(exit_stop); ROW(exit_halt);
    ROW(exit_guest);
#undef ROW
    icount_stats(tcg, out);
    top_helpers(tcg, out);
}

ACCEL(tcg, .desc = "dynamic binary translation", .args = tcg_args, .probe = tcg_probe_accel,
      .init = tcg_init, .fini = tcg_fini, .cpu_create = tcg_cpu_create,
      .cpu_destroy = tcg_cpu_destroy, .cpu_reset = tcg_cpu_reset, .run = tcg_run,
      .break_add = debug_break_add, .break_del = debug_break_del, .step = debug_step,
      .stats = tcg_stats)
