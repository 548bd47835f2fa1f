// SPDX-License-Identifier: MIT
// Clocks and timers; see clock.h.
//
// One binary heap per clock, ordered by deadline in that clock's own time, so that a
// stopped VIRTUAL clock keeps its timers.  The loop asks timers_run for the next deadline
// in monotonic time and sleeps to it; timer_arm wakes the loop only for something earlier.
#include "core/clock.h"

#include "core/loop.h"
#include "util/log.h"

// A wall clock may be set by its administrator while we sleep.
#define HOST_RECHECK_NS NS_PER_SECOND
// After this many callbacks other work of the loop gets its turn.
#define FIRE_LIMIT 64

void clocks_init(Clocks *c, Input *input, Loop *loop)
{
    *c = (Clocks){ .input = input, .loop = loop, .slow = 1 };
    mutex_init(&c->lock);
    cond_init(&c->idle);
    if (loop)
        loop->clocks = c;
}

void clocks_fini(Clocks *c)
{
    if (c->loop)
        c->loop->clocks = NULL;
    for (int i = 0; i < CLOCK_COUNT; i++)
        vec_free(&c->heap[i]);
    cond_fini(&c->idle);
    mutex_fini(&c->lock);
}

// ---- reading ----------------------------------------------------------------------------

typedef struct {
    u64 base, start;
    bool running;
} Virtual;

// Sequence lock; acquire loads keep the second look at seq behind the data.
static Virtual virtual_get(Clocks *c)
{
    Virtual v;
    u32 seq;

    do {
        while ((seq = atomic_load_explicit(&c->seq, memory_order_acquire)) & 1)
            cpu_relax();
        v.base = atomic_load_explicit(&c->virt_base, memory_order_acquire);
        v.start = atomic_load_explicit(&c->virt_start, memory_order_acquire);
        v.running = atomic_load_explicit(&c->virt_running, memory_order_acquire);
    } while (atomic_load_explicit(&c->seq, memory_order_relaxed) != seq);
    return v;
}

// Release stores keep the data behind the odd seq.
static void virtual_set_locked(Clocks *c, Virtual v)
{
    u32 seq = atomic_load_explicit(&c->seq, memory_order_relaxed);

    atomic_store_explicit(&c->seq, seq + 1, memory_order_relaxed);
    atomic_store_explicit(&c->virt_base, v.base, memory_order_release);
    atomic_store_explicit(&c->virt_start, v.start, memory_order_release);
    atomic_store_explicit(&c->virt_running, v.running, memory_order_release);
    atomic_store_explicit(&c->seq, seq + 2, memory_order_release);
}

static u64 virtual_now(const Clocks *c, const Virtual *v, u64 mono)
{
    u64 passed = v->running && mono > v->start ? mono - v->start : 0;

    return v->base + (c->slow == 1 ? passed : passed / c->slow);
}

void clocks_slow(Clocks *c, u32 times) { c->slow = times ? times : 1; }

static bool is_counted(const Clocks *c, ClockId id)
{
    return c->count.how.on && id != CLOCK_REAL;
}

// What a clock that is counted is ahead of VIRTUAL.
static u64 ahead(const Clocks *c, ClockId id)
{
    return id == CLOCK_HOST ? c->count.host_base : 0;
}

u64 clock_now(Clocks *c, ClockId id)
{
    if (is_counted(c, id))
        return count_now(c) + ahead(c, id);
    if (id == CLOCK_HOST)
        return input_wall_ns(c->input) +
               (u64)atomic_load_explicit(&c->host_offset, memory_order_relaxed);
    if (id == CLOCK_REAL)
        return input_mono_ns(c->input);
    Virtual v = virtual_get(c);

    return v.running ? virtual_now(c, &v, input_mono_ns(c->input)) : v.base;
}

static void set_running(Clocks *c, bool run)
{
    if (c->count.how.on && !run)
        count_stop(c);
    mutex_lock(&c->lock);
    Virtual v = virtual_get(c);
    u64 mono = input_mono_ns(c->input);

    virtual_set_locked(c, (Virtual){ virtual_now(c, &v, mono), mono, run });
    mutex_unlock(&c->lock);
    if (c->count.how.on && run)
        count_start(c);
    if (c->loop)
        loop_wake(c->loop);
}

void clocks_start(Clocks *c) { set_running(c, true); }
void clocks_stop(Clocks *c) { set_running(c, false); }

void clocks_set_virtual(Clocks *c, u64 ns)
{
    mutex_lock(&c->lock);
    atomic_store(&c->count.published, ns);
    virtual_set_locked(c, (Virtual){ ns, input_mono_ns(c->input), false });
    mutex_unlock(&c->lock);
}

u64 clock_ticks(u64 ns, u64 hz)
{
    u64 s = ns / NS_PER_SECOND, rest = ns % NS_PER_SECOND;

    if (hz < UINT64_MAX / NS_PER_SECOND)
        return s * hz + rest * hz / NS_PER_SECOND;
    return s * hz + (u64)((u128)rest * hz / NS_PER_SECOND);
}

u64 clock_ticks_to_ns(u64 ticks, u64 hz)
{
    if (!hz)
        return CLOCK_NEVER;
    u64 s = ticks / hz, rest = ticks % hz, ns;
    u64 part = hz < UINT64_MAX / NS_PER_SECOND
                   ? (rest * NS_PER_SECOND + hz - 1) / hz
                   : (u64)(((u128)rest * NS_PER_SECOND + hz - 1) / hz);

    if (__builtin_mul_overflow(s, NS_PER_SECOND, &ns) || __builtin_add_overflow(ns, part, &ns))
        return CLOCK_NEVER;
    return ns;
}

// ---- the heap: slot is index + 1 ------------------------------------------------------

static void place(TimerHeap *h, size_t i, Timer *t)
{
    h->at[i] = t;
    t->slot = (u32)i + 1;
}

static void sift_up(TimerHeap *h, size_t i)
{
    Timer *t = h->at[i];

    for (; i && h->at[(i - 1) / 2]->deadline > t->deadline; i = (i - 1) / 2)
        place(h, i, h->at[(i - 1) / 2]);
    place(h, i, t);
}

static void sift_down(TimerHeap *h, size_t i)
{
    Timer *t = h->at[i];

    for (size_t kid; (kid = 2 * i + 1) < h->len; i = kid) {
        if (kid + 1 < h->len && h->at[kid + 1]->deadline < h->at[kid]->deadline)
            kid++;
        if (h->at[kid]->deadline >= t->deadline)
            break;
        place(h, i, h->at[kid]);
    }
    place(h, i, t);
}

static void heap_remove(TimerHeap *h, Timer *t)
{
    size_t i = t->slot - 1;
    Timer *last = vec_pop(h);

    t->slot = 0;
    if (last == t)
        return;
    place(h, i, last);
    sift_up(h, i);
    sift_down(h, last->slot - 1);
}

static void heap_put(TimerHeap *h, Timer *t)
{
    if (!t->slot) {
        vec_push(h, t);
        t->slot = (u32)h->len;
    }
    sift_up(h, t->slot - 1);
    sift_down(h, t->slot - 1);
}

// ---- timers ------------------------------------------------------------------------------

void timer_init(Timer *t, Clocks *c, ClockId id, void (*fn)(void *opaque), void *opaque)
{
    *t = (Timer){ .clocks = c, .fn = fn, .opaque = opaque, .id = id };
}

// When a deadline falls, in monotonic time; CLOCK_NEVER while its clock stands still.
static u64 mono_deadline_locked(Clocks *c, ClockId id, u64 deadline)
{
    u64 mono = input_mono_ns(c->input), now = clock_now(c, id), at;

    if (id == CLOCK_VIRTUAL && !atomic_load(&c->virt_running))
        return CLOCK_NEVER;
    if (deadline <= now)
        return mono;
    u64 left = deadline - now;

    if (id == CLOCK_VIRTUAL && __builtin_mul_overflow(left, c->slow, &left))
        return CLOCK_NEVER;
    if (__builtin_add_overflow(mono, left, &at))
        return CLOCK_NEVER;
    return id == CLOCK_HOST ? MIN(at, mono + HOST_RECHECK_NS) : at;
}

static u64 counted_deadline(const Clocks *c, const Timer *t)
{
    u64 base = ahead(c, t->id);

    return t->deadline > base ? t->deadline - base : 0;
}

void timer_arm(Timer *t, u64 deadline)
{
    Clocks *c = t->clocks;

    if (deadline == CLOCK_NEVER) {
        timer_cancel(t);
        return;
    }
    mutex_lock(&c->lock);
    t->deadline = deadline;
    t->due = false;
    heap_put(&c->heap[t->id], t);
    bool by_vcpu = is_counted(c, t->id);
    // only the earliest can be earlier than what the loop sleeps to, or the vCPU runs to
    bool wake = t->slot == 1 &&
                (by_vcpu ? counted_deadline(c, t) < atomic_load(&c->count.until)
                         : mono_deadline_locked(c, t->id, deadline) <
                           atomic_load(&c->sleeping_until));
    mutex_unlock(&c->lock);
    if (wake && by_vcpu)
        count_look(c);
    else if (wake && c->loop)
        loop_wake(c->loop);
}

void timer_arm_in(Timer *t, u64 ns)
{
    u64 at;

    if (__builtin_add_overflow(clock_now(t->clocks, t->id), ns, &at))
        at = CLOCK_NEVER;
    timer_arm(t, at);
}

static void cancel_locked(Timer *t)
{
    if (t->slot)
        heap_remove(&t->clocks->heap[t->id], t);
    t->due = false;
}

void timer_cancel(Timer *t)
{
    mutex_lock(&t->clocks->lock);
    cancel_locked(t);
    mutex_unlock(&t->clocks->lock);
}

void timer_fini(Timer *t)
{
    Clocks *c = t->clocks;

    if (!c)
        return;
    mutex_lock(&c->lock);
    cancel_locked(t);
    for (int by = 0; by < RUNNERS; by++)
        while (c->firing[by] == t && c->runner[by] != thread_self())
            cond_wait(&c->idle, &c->lock);
    mutex_unlock(&c->lock);
    *t = (Timer){ 0 };
}

u64 timer_deadline(Timer *t)
{
    mutex_lock(&t->clocks->lock);
    u64 at = t->slot ? t->deadline : CLOCK_NEVER;
    mutex_unlock(&t->clocks->lock);
    return at;
}

bool timer_claim(Timer *t)
{
    mutex_lock(&t->clocks->lock);
    bool mine = t->due;

    t->due = false;
    mutex_unlock(&t->clocks->lock);
    return mine;
}

// ---- for the loop, and for the vCPU whose instructions are counted ------------------------

static bool runs(const Clocks *c, int by, int id)
{
    return is_counted(c, (ClockId)id) == (by == BY_VCPU);
}

// The next timer that is due at `now` in its clock, taken off its heap.
static Timer *take_due_locked(Clocks *c, int by)
{
    for (int id = 0; id < CLOCK_COUNT; id++) {
        TimerHeap *h = &c->heap[id];

        if (!runs(c, by, id) || !h->len ||
            (id == CLOCK_VIRTUAL && !atomic_load(&c->virt_running)))
            continue;
        Timer *t = h->at[0];

        if (t->deadline <= clock_now(c, (ClockId)id)) {
            heap_remove(h, t);
            t->due = true;
            return t;
        }
    }
    return NULL;
}

static u64 next_deadline_locked(Clocks *c, int by)
{
    u64 next = CLOCK_NEVER;

    for (int id = 0; id < CLOCK_COUNT; id++)
        if (runs(c, by, id) && c->heap[id].len) {
            const Timer *t = c->heap[id].at[0];
            u64 at = by == BY_VCPU ? counted_deadline(c, t)
                                   : mono_deadline_locked(c, (ClockId)id, t->deadline);

            next = MIN(next, at);
        }
    return next;
}

static u64 run_due(Clocks *c, int by, _Atomic u64 *until)
{
    Timer *t;

    mutex_lock(&c->lock);
    c->runner[by] = thread_self();
    for (int n = 0; n < FIRE_LIMIT && (t = take_due_locked(c, by)); n++) {
        // the callback may free t: nothing of it is read after the call
        void (*fn)(void *) = t->fn;
        void *opaque = t->opaque;

        c->firing[by] = t;
        mutex_unlock(&c->lock);
        fn(opaque);
        mutex_lock(&c->lock);
        c->firing[by] = NULL;
        cond_broadcast(&c->idle);
    }
    u64 next = next_deadline_locked(c, by);

    atomic_store(until, next);
    mutex_unlock(&c->lock);
    return next;
}

u64 timers_run(Clocks *c) { return run_due(c, BY_LOOP, &c->sleeping_until); }
u64 timers_run_counted(Clocks *c) { return run_due(c, BY_VCPU, &c->count.until); }

void timers_awake(Clocks *c)
{
    atomic_store(&c->sleeping_until, 0);
}
