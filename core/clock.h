// SPDX-License-Identifier: MIT
// Clocks and timers of one machine.
//
// Clocks count nanoseconds.  VIRTUAL stops while the machine is stopped and starts at 0;
// HOST is wall-clock time since 1970 plus the -rtc offset; REAL is monotonic and
// never stops (user interface, back ends).  Reading is lock-free from any thread.
// With -icount VIRTUAL and HOST are counted: core/count.h.
//
// Timers are embedded and run on the loop thread, counted ones on the vCPU's.  Arming and
// cancelling are allowed from any thread, also inside the callback.  A callback may begin on
// its thread while another one cancels; a callback that must not act then takes its own lock and
// asks timer_claim (device timers: core/device.c does it, so that under the device's lock
// a cancelled or re-armed timer never fires).  timer_fini waits for a running callback.
#pragma once

#include "core/count.h"
#include "core/input.h"
#include "util/thread.h"
#include "util/types.h"
#include "util/vec.h"

typedef struct Loop Loop;
typedef struct Timer Timer;

typedef enum { CLOCK_VIRTUAL, CLOCK_HOST, CLOCK_REAL, CLOCK_COUNT } ClockId;

#define NS_PER_SECOND 1000000000ull
#define CLOCK_NEVER UINT64_MAX

typedef VEC(Timer *) TimerHeap; // earliest first

enum { BY_LOOP, BY_VCPU, RUNNERS };

struct Clocks {
    Input *input;
    Loop *loop;                // woken when an earlier deadline is armed
    _Atomic u32 seq;           // guards virt_* for readers
    _Atomic u64 virt_base;     // virtual time when it was last started or stopped
    _Atomic u64 virt_start;    // monotonic time at that moment
    _Atomic u32 virt_running;
    _Atomic i64 host_offset;   // -rtc base=
    u32 slow;                  // VIRTUAL runs so many times slower; set before it starts
    Mutex lock;                // heaps, timers' fields
    Cond idle;                 // a callback has ended
    TimerHeap heap[CLOCK_COUNT] GUARDED_BY(lock);
    Timer *firing[RUNNERS] GUARDED_BY(lock);
    const void *runner[RUNNERS] GUARDED_BY(lock);
    _Atomic u64 sleeping_until; // monotonic deadline the loop sleeps to; 0 = awake
    Count count;
};

void clocks_init(Clocks *c, Input *input, Loop *loop); // VIRTUAL stopped at 0
void clocks_fini(Clocks *c);
// Before the first start: VIRTUAL runs `times` slower than the host's time, for engines so
// slow that a guest would do nothing but serve its clock's interrupts.  0 and 1: no slower.
void clocks_slow(Clocks *c, u32 times);
void clocks_start(Clocks *c); // VIRTUAL runs
void clocks_stop(Clocks *c);
void clocks_set_virtual(Clocks *c, u64 ns); // while stopped (snapshot load)

u64 clock_now(Clocks *c, ClockId id);
// Whole seconds, 32 bits, as RTCs count.
static inline u32 clock_seconds(Clocks *c, ClockId id)
{
    return (u32)(clock_now(c, id) / NS_PER_SECOND);
}
// Ticks of a counter of `hz` at time ns, and the first ns at which `ticks` have passed
// (CLOCK_NEVER if beyond 2^64).  Exact, no floating point.
u64 clock_ticks(u64 ns, u64 hz);
u64 clock_ticks_to_ns(u64 ticks, u64 hz);

struct Timer {
    Clocks *clocks;
    void (*fn)(void *opaque);
    void *opaque;
    u64 deadline;         // valid while armed
    ClockId id;
    u32 slot;             // index in the heap + 1; 0 = not armed
    bool due;             // taken from the heap, not yet claimed or re-armed
};

void timer_init(Timer *t, Clocks *c, ClockId id, void (*fn)(void *opaque), void *opaque);
void timer_fini(Timer *t); // cancels and waits; a zeroed timer is allowed
void timer_arm(Timer *t, u64 deadline);      // absolute; past = as soon as possible
void timer_arm_in(Timer *t, u64 ns);         // from now, saturating
static inline void timer_arm_seconds(Timer *t, u32 seconds)
{
    timer_arm_in(t, seconds * NS_PER_SECOND);
}
void timer_cancel(Timer *t);
u64 timer_deadline(Timer *t); // CLOCK_NEVER if not armed
static inline bool timer_armed(Timer *t) { return timer_deadline(t) != CLOCK_NEVER; }
// In the callback, under the caller's own lock: true once per expiry unless the timer
// was cancelled or armed again since.
bool timer_claim(Timer *t);

// For the loop: runs what is due; the monotonic time of the next deadline (CLOCK_NEVER:
// none) is returned and noted as the time the loop will sleep to.
u64 timers_run(Clocks *c);
void timers_awake(Clocks *c);
// For count.c, on the vCPU's thread: the same for counted ones, in VIRTUAL's time.
u64 timers_run_counted(Clocks *c);
