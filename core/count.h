// SPDX-License-Identifier: MIT
// Counted time (-icount): the guest's time is what its one vCPU has executed, so that a run
// repeats itself.  An instruction takes 1 << shift nanoseconds; while the vCPU waits, time goes
// on to the next deadline: at once (sleep=off) or as it passes outside.
//
// VIRTUAL and, by a fixed distance, HOST are counted; their timers are run by the vCPU's thread,
// at the instruction at which they are due.  REAL stays the loop's.
//
// Threads.  The accelerator says how much has been executed, exactly on the vCPU's own thread;
// others see the time that was last published.  What is marked "vCPU" is for that thread.
#pragma once

#include <stdbool.h>

#include "util/types.h"

typedef struct Clocks Clocks;
typedef struct Cpu Cpu;

enum { COUNT_SHIFT_MAX = 10, COUNT_SHIFT_AUTO = 3 };

typedef struct CountConfig {
    bool on;
    bool automatic;        // the shift follows the host, so that the guest keeps its pace
    bool align;            // wait where the guest's time is ahead of the host's
    bool sleep;            // a waiting guest waits
    u32 shift;             // where it starts when automatic
} CountConfig;

typedef struct Count {
    CountConfig how;
    Cpu *cpu;              // NULL: nobody counts yet
    u64 (*executed)(Cpu *cpu);
    u32 shift;
    u64 bias;              // VIRTUAL = bias + (executed << shift)
    u64 host_base;         // HOST = VIRTUAL + that
    _Atomic u64 published; // VIRTUAL, for others and while it stands still
    _Atomic u64 until;     // what the vCPU runs to; a timer before that has it look again
    u64 pace_real, pace_virtual; // both times when the pace was last looked at
} Count;

// Before the first start.  host_base: HOST at VIRTUAL 0.
void count_init(Clocks *c, const CountConfig *how, u64 host_base);
// The accelerator: `executed` instructions of cpu; any thread while cpu is paused.
void count_source(Clocks *c, Cpu *cpu, u64 (*executed)(Cpu *cpu));

u64 count_now(Clocks *c);              // VIRTUAL; any thread
// vCPU, or it is paused: instructions executed (0 without -icount), and how long n take.
u64 count_executed(const Clocks *c);
u64 count_time(const Clocks *c, u64 n);
void count_start(Clocks *c);           // for clock.c: VIRTUAL runs from what is published,
void count_stop(Clocks *c);            // stands still; the vCPU is paused
void count_look(Clocks *c);            // a deadline came before `until`; any thread

// vCPU.  Runs what is due; how many instructions there are to the next deadline, at least 1.
u64 count_budget(Clocks *c);
// vCPU, idle.  How long it may sleep for (0: not at all, CLOCK_NEVER: until it is woken), and,
// afterwards, that so much has passed outside: time goes on, what is due is run.
u64 count_sleep(Clocks *c);
void count_slept(Clocks *c, u64 ns);
