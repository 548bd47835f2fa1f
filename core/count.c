// SPDX-License-Identifier: MIT
// Counted time; see count.h.
#include "core/count.h"

#include "core/clock.h"
#include "core/cpu.h"

enum {
    MOST = 1 << 17,        // instructions between two looks: others see the time that late
    PACE_NS = 20000000,    // how often the pace is looked at, and how far off it may be
    AHEAD_NS = 3000000,    // align: so far ahead, the guest waits
};

void count_init(Clocks *c, const CountConfig *how, u64 host_base)
{
    c->count.how = *how;
    c->count.shift = how->shift;
    c->count.host_base = host_base;
}

void count_source(Clocks *c, Cpu *cpu, u64 (*executed)(Cpu *cpu))
{
    c->count.cpu = cpu;
    c->count.executed = executed;
}

static u64 counted(const Count *n) { return n->executed(n->cpu) << n->shift; }
static u64 exact(const Count *n) { return n->bias + counted(n); }

static bool running(Clocks *c) { return c->count.cpu && atomic_load(&c->virt_running); }

u64 count_executed(const Clocks *c)
{
    return c->count.cpu ? c->count.executed(c->count.cpu) : 0;
}

u64 count_time(const Clocks *c, u64 n) { return n << c->count.shift; }

u64 count_now(Clocks *c)
{
    if (!running(c) || cpu_current() != c->count.cpu)
        return atomic_load(&c->count.published);
    return exact(&c->count);
}

static void publish(Clocks *c)
{
    if (running(c))
        atomic_store(&c->count.published, exact(&c->count));
}

void count_start(Clocks *c)
{
    Count *n = &c->count;

    if (!n->cpu)
        return;
    n->bias = atomic_load(&n->published) - counted(n);
    n->pace_virtual = atomic_load(&n->published);
    n->pace_real = clock_now(c, CLOCK_REAL);
    count_look(c);
}

void count_stop(Clocks *c) { publish(c); }

void count_look(Clocks *c)
{
    if (c->count.cpu)
        cpu_kick(c->count.cpu, CPU_EXIT_ACCEL);
}

// ---- pace ---------------------------------------------------------------------------------

static void set_shift(Count *n, u32 shift)
{
    u64 now = exact(n);

    n->shift = shift;
    n->bias = now - counted(n);
}

// One step towards the shift at which both times would have passed alike.
static void adjust(Count *n, u64 real, u64 virt)
{
    if (virt > real + real / 4 && n->shift > 0)
        set_shift(n, n->shift - 1);
    else if (virt < real - real / 4 && n->shift < COUNT_SHIFT_MAX)
        set_shift(n, n->shift + 1);
}

static void keep_pace(Clocks *c)
{
    Count *n = &c->count;
    u64 now = clock_now(c, CLOCK_REAL), real = now - n->pace_real,
        virt = exact(n) - n->pace_virtual;

    if (n->how.align && virt > real + AHEAD_NS)
        cpu_nap(n->cpu, virt - real);
    if (!n->how.automatic || real < PACE_NS)
        return;
    adjust(n, real, virt);
    n->pace_real = now;
    n->pace_virtual = exact(n);
}

// ---- the vCPU's thread --------------------------------------------------------------------

static u64 most(const Count *n)
{
    return n->how.align ? ((u64)AHEAD_NS >> n->shift) / 2 + 1 : MOST;
}

u64 count_budget(Clocks *c)
{
    Count *n = &c->count;

    if (running(c) && (n->how.automatic || n->how.align))
        keep_pace(c);
    publish(c);
    u64 at = timers_run_counted(c), now = count_now(c);

    if (!running(c) || at == CLOCK_NEVER)
        return most(n);
    return at <= now ? 1 : MIN(((at - now - 1) >> n->shift) + 1, most(n));
}

u64 count_sleep(Clocks *c)
{
    u64 at = running(c) ? timers_run_counted(c) : CLOCK_NEVER, now = count_now(c);

    if (at == CLOCK_NEVER)
        return CLOCK_NEVER;
    return c->count.how.sleep && at > now ? at - now : 0;
}

void count_slept(Clocks *c, u64 ns)
{
    Count *n = &c->count;

    if (!running(c))
        return;
    u64 at = timers_run_counted(c), now = exact(n);
    u64 left = at == CLOCK_NEVER ? CLOCK_NEVER : at > now ? at - now : 0;

    if (!n->how.sleep)
        ns = left == CLOCK_NEVER ? 0 : left;
    n->bias += MIN(ns, left);
    publish(c);
    timers_run_counted(c);
}
