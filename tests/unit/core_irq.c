// SPDX-License-Identifier: MIT
// core/irq.c: levels, gates, edges, fan-in and fan-out, concurrent drivers.
#include "core/irq.h"
#include "tests/lib/test.h"
#include "util/thread.h"

typedef struct {
    int calls, level, n, rises;
    Irq *again; // driven from inside the sink
} Sink;

static void sink(void *to, int n, int level)
{
    Sink *s = to;

    s->calls++;
    s->level = level;
    s->n = n;
    s->rises += level;
    if (s->again && level)
        irq_set(s->again, 0);
}

TEST(irq_is_idempotent_by_level)
{
    Sink s = { 0 };
    Irq irq;

    irq_init(&irq, NULL);
    irq_set(&irq, 1); // nowhere
    irq_connect(&irq, sink, &s, 7);
    EQ(s.calls, 1); // the present level
    EQ(s.n, 7);
    irq_set(&irq, 5);
    EQ(s.calls, 1);
    irq_set(&irq, 0);
    irq_set(&irq, 0);
    EQ(s.calls, 2);
    EQ(s.level, 0);
    irq_redrive(&irq);
    EQ(s.calls, 3);
    irq_pulse(&irq);
    EQ(s.calls, 5);
    EQ(s.rises, 2);
}

TEST(irq_driven_from_its_own_sink)
{
    Sink s = { 0 };
    Irq irq;

    irq_init(&irq, NULL);
    irq_connect(&irq, sink, &s, 0);
    s.again = &irq;
    irq_set(&irq, 1);
    EQ(s.level, 0);
    EQ(s.calls, 2);
    EQ(irq_level(&irq), 0);
}

TEST(irq_waits_for_the_gate)
{
    Sink s = { 0 };
    IrqGate gate = { 0 };
    Irq a, b;

    irq_init(&a, &gate);
    irq_init(&b, &gate);
    irq_connect(&a, sink, &s, 0);
    irq_connect(&b, sink, &s, 1);
    atomic_store(&gate.owner, thread_self());
    irq_set(&a, 1);
    irq_set(&a, 0);
    irq_set(&a, 1);
    irq_set(&b, 1);
    irq_set(&b, 0); // comes to nothing
    irq_pulse(&b);
    irq_pulse(&b);
    EQ(s.calls, 0);
    Irq *chain = irq_gate_take(&gate);
    atomic_store(&gate.owner, NULL);
    irq_deliver_chain(chain);
    EQ(s.calls, 5);
    EQ(s.rises, 3);
    irq_set(&a, 0); // not gated now
    EQ(s.calls, 6);
}

TEST(irq_or_and_split)
{
    Sink s[2] = { { 0 } };
    IrqOr o;
    IrqSplit split;
    Irq in[2];

    irq_or_init(&o);
    irq_split_init(&split, 2);
    irq_connect(&o.out, irq_split_input, &split, 0);
    for (int i = 0; i < 2; i++) {
        irq_connect(&split.out[i], sink, &s[i], i);
        irq_init(&in[i], NULL);
        irq_connect(&in[i], irq_or_input, &o, i);
    }
    irq_set(&in[0], 1);
    irq_set(&in[1], 1);
    irq_set(&in[0], 0);
    EQ(s[0].level, 1);
    EQ(s[1].calls, 1);
    irq_set(&in[1], 0);
    EQ(s[0].level, 0);
    EQ(s[1].level, 0);
    irq_split_fini(&split);
}

static _Atomic int last_seen;
static _Atomic int inside;

static void counting_sink(void *to, int n, int level)
{
    (void)to;
    (void)n;
    TRUE(atomic_fetch_add(&inside, 1) == 0); // never two at once
    atomic_store(&last_seen, level);
    atomic_fetch_sub(&inside, 1);
}

typedef struct {
    Irq *irq;
    int first;
} Driver;

static void *driver(void *arg)
{
    Driver *d = arg;

    for (int i = 0; i < 20000; i++)
        irq_set(d->irq, (i + d->first) & 1);
    return NULL;
}

TEST(irq_settles_under_concurrent_drivers)
{
    Irq irq;
    Thread t[3] = { 0 };
    Driver d[3] = { { &irq, 0 }, { &irq, 1 }, { &irq, 0 } };

    irq_init(&irq, NULL);
    irq_connect(&irq, counting_sink, NULL, 0);
    for (int i = 0; i < 3; i++)
        TRUE(thread_start(&t[i], "driver", driver, &d[i], NULL));
    for (int i = 0; i < 3; i++)
        thread_join(&t[i]);
    EQ(atomic_load(&last_seen), irq_level(&irq));
}
