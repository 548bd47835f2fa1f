// SPDX-License-Identifier: MIT
// The event loop: one thread (any thread) that waits for file descriptors, timers and
// deferred work.  Block, net and chardev completions happen here.
//
// loop_defer and loop_stop may be called from any thread.  Watches are changed on the
// loop thread, or by anyone while no thread is in loop_run.  All structs are embedded in
// their owner and must be removed (watch) or drained (work) before they are freed.
#pragma once

#include "util/error.h"
#include "util/list.h"
#include "util/thread.h"
#include "util/types.h"

struct Clocks;

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HUP = 4 };

typedef struct LoopWatch {
    int fd;
    u32 events;                                // wanted LOOP_*; HUP is always reported
    void (*fn)(void *opaque, u32 events);
    void *opaque;
    ListNode link;
    bool always;  // regular file: epoll refuses it, always ready
} LoopWatch;

typedef struct LoopWork {
    void (*fn)(void *opaque);
    void *opaque;
    ListNode link;
    bool queued;
} LoopWork;

#define LOOP_BATCH 64

typedef struct Loop {
    int epoll_fd, event_fd;
    struct Clocks *clocks;      // whose timers this loop runs, or NULL
    _Atomic(const void *) thread; // in loop_run now
    _Atomic u32 stop, woken;
    Mutex lock;
    ListNode work GUARDED_BY(lock);
    ListNode watches;            // loop thread only
    LoopWatch *batch[LOOP_BATCH]; // being dispatched; loop_unwatch clears its entry
    Cond drained;
    LoopWork *running GUARDED_BY(lock);
} Loop;

bool loop_init(Loop *loop, Error *err);
void loop_fini(Loop *loop);

void loop_run(Loop *loop);          // until loop_stop; may be run again
bool loop_once(Loop *loop, u64 max_ns); // one turn; false if stopped
void loop_stop(Loop *loop);         // a stop before loop_run is not lost
void loop_wake(Loop *loop);
bool loop_is_current(const Loop *loop);

bool loop_watch(Loop *loop, LoopWatch *w, Error *err); // fields fd, events, fn, opaque set
void loop_watch_events(Loop *loop, LoopWatch *w, u32 events);
void loop_unwatch(Loop *loop, LoopWatch *w); // fn is not called after this; no-op if not watched

// Runs w->fn once on the loop thread, in order; no-op if it is queued already (it may
// queue itself again).  loop_cancel removes it, waiting for it if it runs now elsewhere.
void loop_defer(Loop *loop, LoopWork *w);
void loop_cancel(Loop *loop, LoopWork *w);

// Runs fn on the loop thread and waits; at once if this is it or no one runs the loop.
// Not from a vCPU thread: the loop may be waiting for that one to pause.
void loop_call(Loop *loop, void (*fn)(void *opaque), void *opaque);
