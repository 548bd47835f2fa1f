// SPDX-License-Identifier: MIT
// Interrupt (and any other level) lines: three words and a level.
//
// The owner of an Irq drives it with irq_set; the sink is called only when the
// level changes.  Any thread may drive.  A line that belongs to a device (gate set)
// and is driven while this thread holds that device's lock is only noted; it is
// delivered when the core drops the lock, so that no device calls out while locked.
// Delivery never blocks: a thread that finds another one delivering on the same line
// leaves its new level to that one.  Sinks must be quick and must not wait.
// An MSI is a store into an address space, not an Irq.
#pragma once

#include "util/types.h"

typedef void IrqFn(void *to, int n, int level);

typedef struct Irq Irq;

// Held by a device: who holds its lock, and the lines to deliver on release.
typedef struct IrqGate {
    Irq *dirty;                  // touched by the holder of the lock only
    _Atomic(const void *) owner; // thread_self() of the holder of the lock, or NULL
} IrqGate;

struct Irq {
    IrqFn *set;       // never NULL once initialised: unconnected = irq_nowhere
    void *to;
    int n;
    _Atomic int level;   // wanted
    _Atomic int driven;  // last given to the sink
    _Atomic u32 pulses;  // edges not yet delivered
    _Atomic u32 busy, queued;
    void (*wake)(void *to); // after a rise, when the sink is free again; may be NULL
    IrqGate *gate;       // NULL: always delivered at once
    Irq *next_dirty;
};

// Interrupt specifiers for machine rows: input pin numbers of the Arm interrupt
// controllers (devices/intc).  SPI(n) is INTID 32+n; PPI(cpu, n) is INTID n (16..31)
// of one CPU.
#define SPI(n) (n)
#define PPI_BASE 0x10000
#define PPI(cpu, intid) (PPI_BASE + (cpu) * 32 + (intid))

void irq_init(Irq *irq, IrqGate *gate);
// Connects and drives the present level into the new sink.  Only while wiring.
void irq_connect(Irq *irq, IrqFn *set, void *to, int n);
// For sinks whose waking is a system call: `set` only stores, `wake` follows when other
// threads may drive the line again.  Else a woken CPU that has the waker's host CPU would see
// the line high until the waker runs again.
void irq_connect_waking(Irq *irq, IrqFn *set, void *to, int n, void (*wake)(void *to));
void irq_nowhere(void *to, int n, int level); // the shared unconnected sink

void irq_change_(Irq *irq, int level);

// Idempotent by level; any non-zero level is 1.
static inline void irq_set(Irq *irq, int level)
{
    level = !!level;
    if (atomic_load_explicit(&irq->level, memory_order_relaxed) != level)
        irq_change_(irq, level);
}

static inline int irq_level(const Irq *irq)
{
    return atomic_load_explicit(&irq->level, memory_order_relaxed);
}

// A rising and a falling edge; edges are counted, never merged.  Level is left 0.
void irq_pulse(Irq *irq);

// Reset pass two: tells the sink the present level whether or not it changed.
void irq_redrive(Irq *irq);

// Detaches / delivers what was noted while the gate was held (used by device_unlock).
Irq *irq_gate_take(IrqGate *gate);
void irq_deliver_chain(Irq *chain);

// Fan-in: the output is high while any input is.  Fan-out: one input, many outputs.
typedef struct {
    Irq out;
    _Atomic u64 high; // bit per input, at most 64
} IrqOr;
void irq_or_init(IrqOr *o);
void irq_or_input(void *to, int n, int level); // an IrqFn; to = IrqOr

typedef struct {
    Irq *out; // count of them, allocated by irq_split_init
    int count;
} IrqSplit;
void irq_split_init(IrqSplit *s, int count);
void irq_split_fini(IrqSplit *s);
void irq_split_input(void *to, int n, int level); // an IrqFn; to = IrqSplit
