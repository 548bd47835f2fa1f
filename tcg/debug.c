// SPDX-License-Identifier: MIT
// The debugger's part of the translator: breakpoints, watchpoints, single step (core/accel.h).
//
// Breakpoints.  A region ends before an address that has one, and the region that begins there
// is a stop: one call, nothing of the guest's.  Nothing is written into guest memory, and
// code elsewhere does not know.  Adding and deleting only writes down what is wanted; the first
// vCPU that runs again compares that with what the translations were built for, and drops those
// that cover a difference, all in one walk.  So a debugger that takes out and puts back
// everything at each stop, as gdb does, costs nothing.
//
// Watchpoints.  A page with one has TAG_WATCH in its TLB entries: accesses to it go by slow.c,
// which asks debug_watch_hit before anything is done.  An access that crosses pages goes there
// by itself.  An instruction of several accesses (LD1 to ST4) is stopped before the one that is
// watched; what it has stored before that it will store again.
//
// One instruction alone, for a step or to get off the instruction that stopped: a "solo" region,
// which is translated without regard to breakpoints, is kept apart in the hash, is never
// linked and never in a jump cache.  It is run with the exit word set, so wherever it goes on
// to, that leaves at once.
//
// Threads: the sets are changed while all vCPUs are paused, and only read while they run.
#include "core/machine.h"
#include "tcg/host.h"
#include "tcg/tcg.h"

#include <stdlib.h>

// -- what is wanted -----------------------------------------------------------------------

static Tcg *tcg_of(Machine *m) { return m->accel_state; }

static u32 *break_count(Breakpoint *b, BreakKind kind)
{
    return kind == BREAK_HARD ? &b->hard : &b->soft;
}

static void add_break(TcgDebug *d, BreakKind kind, Gva addr)
{
    Breakpoint *b = map_get(&d->breaks, untagged(addr));
    if (!b) {
        b = xalloc(sizeof *b);
        b->va = untagged(addr);
        map_set(&d->breaks, b->va, b);
    }
    ++*break_count(b, kind);
}

static bool del_break(TcgDebug *d, BreakKind kind, Gva addr)
{
    Breakpoint *b = map_get(&d->breaks, untagged(addr));
    if (!b || !*break_count(b, kind))
        return false;
    --*break_count(b, kind);
    return true;
}

static Watchpoint *find_watch(TcgDebug *d, const Watchpoint *like)
{
    vec_foreach (w, &d->watches)
        if (w->kind == like->kind && w->first == like->first && w->last == like->last)
            return w;
    return NULL;
}

static Watchpoint watch_of(BreakKind kind, Gva addr, u64 len)
{
    u64 first = untagged(addr), most = untagged(~0ull) - first;
    return (Watchpoint){ .kind = kind, .addr = addr, .first = first,
                         .last = first + (len - 1 < most ? len - 1 : most) };
}

static void add_watch(TcgDebug *d, const Watchpoint *like)
{
    Watchpoint *w = find_watch(d, like);
    if (!w) {
        vec_push(&d->watches, *like);
        w = &vec_last(&d->watches);
    }
    w->count++;
}

static bool del_watch(TcgDebug *d, const Watchpoint *like)
{
    Watchpoint *w = find_watch(d, like);
    if (!w || !w->count)
        return false;
    w->count--;
    return true;
}

bool debug_break_add(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err)
{
    TcgDebug *d = &tcg_of(m)->debug;
    Watchpoint w = watch_of(kind, addr, len);
    if (kind >= WATCH_WRITE && !len)
        return error_set(err, "watchpoint at 0x%llx: give it a length of 1 or more",
                         (unsigned long long)addr);
    if (kind >= WATCH_WRITE)
        add_watch(d, &w);
    else
        add_break(d, kind, addr);
    atomic_store(&d->stale, true);
    return true;
}

bool debug_break_del(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err)
{
    TcgDebug *d = &tcg_of(m)->debug;
    Watchpoint w = watch_of(kind, addr, len ? len : 1);
    if (!(kind >= WATCH_WRITE ? del_watch(d, &w) : del_break(d, kind, addr)))
        return error_set(err, "no %s at 0x%llx to delete",
                         kind >= WATCH_WRITE ? "such watchpoint" : "breakpoint",
                         (unsigned long long)addr);
    atomic_store(&d->stale, true);
    return true;
}

// -- what the translations know -----------------------------------------------------------

static bool wanted(const Breakpoint *b) { return b->soft || b->hard; }

static int by_value(const void *a, const void *b)
{
    u64 x = *(const u64 *)a, y = *(const u64 *)b;
    return (x > y) - (x < y);
}

static void update_breaks(Tcg *tcg)
{
    Map *breaks = &tcg->debug.breaks;
    VEC(u64) changed = { 0 };
    map_foreach (it, breaks) {
        Breakpoint *b = it->val;
        if (b->built != wanted(b))
            vec_push(&changed, b->va);
        b->built = wanted(b);
    }
    if (changed.len) {
        qsort(changed.at, changed.len, sizeof *changed.at, by_value);
        smc_drop_covering(tcg, changed.at, changed.len);
    }
    vec_clear(&changed);
    map_foreach (it, breaks)
        if (!((const Breakpoint *)it->val)->built)
            vec_push(&changed, it->key);
    vec_foreach (va, &changed)
        free(map_del(breaks, *va));
    vec_free(&changed);
}

static void update_watches(TcgDebug *d)
{
    bool changed = false;
    for (size_t i = d->watches.len; i-- > 0;) {
        Watchpoint *w = &d->watches.at[i];
        changed |= w->built != (w->count > 0);
        w->built = w->count > 0;
        if (!w->count)
            vec_remove(&d->watches, i);
    }
    if (changed)
        atomic_fetch_add(&d->watch_gen, 1);
}

static void update(Tcg *tcg)
{
    TcgDebug *d = &tcg->debug;
    mutex_lock(&d->lock);
    if (atomic_load(&d->stale)) {
        update_breaks(tcg);
        update_watches(d);
        atomic_store(&d->stale, false);
    }
    mutex_unlock(&d->lock);
}

void debug_enter(Cpu *cpu)
{
    Tcg *tcg = tcg_cpu(cpu)->tcg;
    ThreadDebug *d = &tcg_cpu(cpu)->th->debug;
    if (unlikely(atomic_load(&tcg->debug.stale)))
        update(tcg);
    u32 gen = atomic_load(&tcg->debug.watch_gen);
    if (unlikely(d->watch_gen != gen)) {
        d->watch_gen = gen;
        tlb_flush_data(tcg_cpu(cpu)->th);
    }
    if (d->passing && *tcg_pc(cpu) != d->pass_pc)
        d->passing = STOP_NONE;
}

void debug_fini(Tcg *tcg)
{
    map_foreach (it, &tcg->debug.breaks)
        free(it->val);
    map_free(&tcg->debug.breaks);
    vec_free(&tcg->debug.watches);
}

// -- stopping -----------------------------------------------------------------------------

void debug_stop(Cpu *cpu, CpuStopWhy why, BreakKind kind, Gva addr)
{
    TcgCpu *tc = tcg_cpu(cpu);
    cpu->stop = (CpuStop){ why, kind, addr };
    tc->th->debug.stopped = true;
    if (why == STOP_WATCH)
        tc->fe->restart(cpu);
    cpu_kick(cpu, CPU_EXIT_ACCEL);
}

CpuRunResult debug_result(Cpu *cpu)
{
    ThreadDebug *d = &tcg_cpu(cpu)->th->debug;
    d->stopped = false;
    d->passing = cpu->stop.why;
    d->pass_pc = *tcg_pc(cpu);
    return CPU_DEBUG;
}

bool tcg_irqs_wait(Cpu *cpu)
{
    const TcgThread *th = tcg_cpu(cpu)->th;
    if (!th)                                        // not while the machine is being built
        return false;
    const ThreadDebug *d = &th->debug;
    return d->stopped || d->step & STEP_NOIRQ || (d->passing && !(d->step & STEP_ON));
}

// -- breakpoints --------------------------------------------------------------------------

bool debug_break_at(const Tcg *tcg, u64 pc)
{
    const Breakpoint *b = map_get(&tcg->debug.breaks, untagged(pc));
    return unlikely(b) && wanted(b);
}

static void at_breakpoint(Cpu *cpu)
{
    u64 pc = *tcg_pc(cpu);
    const Breakpoint *b = map_get(&tcg_cpu(cpu)->tcg->debug.breaks, untagged(pc));
    icount_not_done(cpu);
    debug_stop(cpu, STOP_BREAK, b && b->soft ? BREAK_SOFT : BREAK_HARD, pc);
    tcg_unwind(cpu);
}

void debug_gen_break(Ctx *t)
{
    static const Helper h = HELPER(at_breakpoint, HELPER_CPU | HELPER_READS | HELPER_WRITES |
                                   HELPER_RAISES, T_VOID);
    ir_insn(t, t->start);
    t->insns++;
    ir_call(t, &h, 0, NULL);
    ir_exit_dyn(t);
}

// -- watchpoints --------------------------------------------------------------------------

static u32 access_of(BreakKind kind)
{
    return kind == WATCH_WRITE ? PAGE_W : kind == WATCH_READ ? PAGE_R : PAGE_R | PAGE_W;
}

u32 debug_watch_tags(Cpu *cpu, u64 va)
{
    TcgCpu *tc = tcg_cpu(cpu);
    u64 first = untagged(va) & ~(u64)(PAGE_SIZE - 1), last = first + PAGE_SIZE - 1;
    u32 acc = unlikely(tc->th->debug.guest_watches) ? tc->fe->watch_tags(cpu, va) : 0;
    vec_foreach (w, &tc->tcg->debug.watches)
        if (w->first <= last && first <= w->last)
            acc |= access_of(w->kind);
    return acc;
}

bool debug_watch_hit(Cpu *cpu, u64 va, unsigned size, u32 acc, TcgFault *f)
{
    TcgCpu *tc = tcg_cpu(cpu);
    u64 first = untagged(va), last = first + size - 1;
    if (tc->th->debug.no_watch)
        return false;
    vec_foreach (w, &tc->tcg->debug.watches) {
        if (!(access_of(w->kind) & acc) || w->first > last || first > w->last)
            continue;
        u64 skip = first > w->first ? first - w->first : 0;
        *f = (TcgFault){ .va = w->addr + skip, .why = TF_DEBUGGER, .fault = w->kind };
        return true;
    }
    return false;
}

void tcg_watches_changed(Cpu *cpu, bool any)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    if (!th || (!any && !th->debug.guest_watches))
        return;
    th->debug.guest_watches = any;
    tlb_flush_data(th);
}

// -- one instruction ----------------------------------------------------------------------

void debug_step(Cpu *cpu, u32 how)
{
    ThreadDebug *d = &tcg_cpu(cpu)->th->debug;
    if (!(how & STEP_ON))
        how = 0;
    if (how)
        cpu->halted = false;                        // WFI may end for any reason (D1.6.2)
    if (d->step & STEP_NOIRQ && !(how & STEP_NOIRQ))
        cpu_kick(cpu, CPU_EXIT_IRQ);
    d->step = how;
}

void debug_stepped(Cpu *cpu)
{
    if (!(tcg_cpu(cpu)->th->debug.step & STEP_ON) || atomic_load(&cpu->power) != CPU_POWER_ON)
        return;
    cpu->halted = false;
    debug_stop(cpu, STOP_STEP, BREAK_SOFT, *tcg_pc(cpu));
}

void debug_run_one(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    ThreadDebug *d = &tc->th->debug;
    d->no_watch = d->passing == STOP_WATCH;
    Region *r = tcg_solo_region(cpu);
    if (r) {
        cpu_kick(cpu, CPU_EXIT_ACCEL);
        tc->tcg->host->run(cpu, r);
        tc->fe->settle(cpu);
    }
    d->no_watch = false;
    if (d->stopped)                                 // by a watchpoint
        return;
    d->passing = STOP_NONE;
    debug_stepped(cpu);
}
