// SPDX-License-Identifier: MIT
// Delivery of level lines.
//
// `level` is what is wanted, `driven` what the sink was told last.  Whoever sets `busy`
// delivers until the two agree; a second thread that finds it set may leave, because the
// first one looks at `level` again after it has cleared `busy`.  All five words are
// sequentially consistent: the proof needs "store level, then look at busy" against
// "clear busy, then look at level".
#include "core/irq.h"

#include "util/alloc.h"
#include "util/thread.h"

void irq_nowhere(void *to, int n, int level)
{
    (void)to;
    (void)n;
    (void)level;
}

void irq_init(Irq *irq, IrqGate *gate)
{
    *irq = (Irq){ .set = irq_nowhere, .gate = gate };
}

static bool settled(Irq *irq)
{
    return !atomic_load(&irq->pulses) && atomic_load(&irq->level) == atomic_load(&irq->driven);
}

static void drive(Irq *irq, int level)
{
    atomic_store(&irq->driven, level);
    irq->set(irq->to, irq->n, level);
}

// The sink is this thread's: brings it up to date; true if the line rose.
static bool settle(Irq *irq)
{
    bool rose = false;

    for (u32 n = atomic_exchange(&irq->pulses, 0); n; n--) {
        drive(irq, 1);
        drive(irq, 0);
        rose = true;
    }
    for (int l; (l = atomic_load(&irq->level)) != atomic_load(&irq->driven); rose |= l)
        drive(irq, l);
    return rose;
}

// A line's sink may drive other lines (timer -> interrupt controller -> CPU): wakes wait until
// this thread is out of all of them.
enum { WAKES = 32 };
static _Thread_local struct { int depth, count; Irq *irq[WAKES]; } nest;

static void wake_later(Irq *irq)
{
    for (int i = 0; i < nest.count; i++)
        if (nest.irq[i] == irq)
            return;
    if (nest.count < WAKES)
        nest.irq[nest.count++] = irq;
    else
        irq->wake(irq->to);
}

static void deliver(Irq *irq)
{
    bool rose = false;

    nest.depth++;
    while (!settled(irq) && !atomic_exchange(&irq->busy, 1)) {
        rose |= settle(irq);
        atomic_store(&irq->busy, 0);
    }
    if (rose && irq->wake)
        wake_later(irq);
    if (!--nest.depth)
        for (; nest.count; nest.count--)
            nest.irq[nest.count - 1]->wake(nest.irq[nest.count - 1]->to);
}

// Deliver now, or note the line if its gate is held by this thread.
static void submit(Irq *irq)
{
    IrqGate *g = irq->gate;

    if (!g || atomic_load_explicit(&g->owner, memory_order_relaxed) != thread_self()) {
        deliver(irq);
    } else if (!atomic_exchange(&irq->queued, 1)) {
        irq->next_dirty = g->dirty;
        g->dirty = irq;
    }
}

void irq_change_(Irq *irq, int level)
{
    atomic_store(&irq->level, level);
    submit(irq);
}

void irq_pulse(Irq *irq)
{
    atomic_store(&irq->level, 0);
    atomic_fetch_add(&irq->pulses, 1);
    submit(irq);
}

void irq_redrive(Irq *irq)
{
    int l = atomic_load(&irq->level);

    if (!l) {
        drive(irq, 0);
    } else {
        // a sink that was reset must see the edge again
        atomic_store(&irq->driven, 0);
        deliver(irq);
    }
}

void irq_connect(Irq *irq, IrqFn *set, void *to, int n)
{
    irq_connect_waking(irq, set, to, n, NULL);
}

void irq_connect_waking(Irq *irq, IrqFn *set, void *to, int n, void (*wake)(void *to))
{
    irq->set = set;
    irq->to = to;
    irq->n = n;
    irq->wake = wake;
    if (irq_level(irq))
        irq_redrive(irq);
}

Irq *irq_gate_take(IrqGate *gate)
{
    Irq *chain = gate->dirty;

    gate->dirty = NULL;
    return chain;
}

void irq_deliver_chain(Irq *chain)
{
    while (chain) {
        Irq *irq = chain;

        // once queued is clear another holder of the gate may link the line again
        chain = irq->next_dirty;
        atomic_store(&irq->queued, 0);
        deliver(irq);
    }
}

// ---- fan-in, fan-out -----------------------------------------------------------------

void irq_or_init(IrqOr *o)
{
    irq_init(&o->out, NULL);
    atomic_store(&o->high, 0);
}

void irq_or_input(void *to, int n, int level)
{
    IrqOr *o = to;
    u64 bit = 1ull << n;

    if (level)
        atomic_fetch_or(&o->high, bit);
    else
        atomic_fetch_and(&o->high, ~bit);
    // another input may change between here and there: settle on what is true last
    for (u64 seen;;) {
        seen = atomic_load(&o->high);
        irq_set(&o->out, seen != 0);
        if (!atomic_load(&o->high) == !seen)
            return;
    }
}

void irq_split_init(IrqSplit *s, int count)
{
    s->out = xalloc((size_t)count * sizeof(Irq));
    s->count = count;
    for (int i = 0; i < count; i++)
        irq_init(&s->out[i], NULL);
}

void irq_split_fini(IrqSplit *s)
{
    free(s->out);
    *s = (IrqSplit){ 0 };
}

void irq_split_input(void *to, int n, int level)
{
    IrqSplit *s = to;

    (void)n;
    for (int i = 0; i < s->count; i++)
        irq_set(&s->out[i], level);
}
