// SPDX-License-Identifier: MIT
// The event loop: epoll, one eventfd to wake it, timers through core/clock.
//
// Waking: `woken` is set by the first waker, who writes the eventfd; the loop reads it,
// clears `woken`, and only then looks at the queue, stop and the timers.  So work put in
// the queue before a skipped write is always seen.
#include "core/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "util/log.h"

bool loop_init(Loop *loop, Error *err)
{
    *loop = (Loop){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
    if (loop->epoll_fd < 0)
        return error_errno(err, "cannot create an epoll descriptor");
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->event_fd < 0) {
        close(loop->epoll_fd);
        return error_errno(err, "cannot create an eventfd");
    }
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

    epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->event_fd, &ev);
    mutex_init(&loop->lock);
    cond_init(&loop->drained);
    list_init(&loop->work);
    list_init(&loop->watches);
    return true;
}

void loop_fini(Loop *loop)
{
    close(loop->event_fd);
    close(loop->epoll_fd);
    cond_fini(&loop->drained);
    mutex_fini(&loop->lock);
}

bool loop_is_current(const Loop *loop)
{
    return atomic_load_explicit(&loop->thread, memory_order_relaxed) == thread_self();
}

void loop_wake(Loop *loop)
{
    u64 one = 1;

    if (atomic_exchange(&loop->woken, 1))
        return;
    // cannot fail: the counter never comes near its end
    ssize_t n = write(loop->event_fd, &one, sizeof(one));

    BUG_ON(n != sizeof(one));
}

static void drain_wake(Loop *loop)
{
    u64 count;
    ssize_t n = read(loop->event_fd, &count, sizeof(count));

    BUG_ON(n < 0 && errno != EAGAIN && errno != EINTR);
    atomic_store(&loop->woken, 0);
}

void loop_stop(Loop *loop)
{
    atomic_store(&loop->stop, 1);
    loop_wake(loop);
}

// ---- watches -----------------------------------------------------------------------------

static void check_thread(const Loop *loop)
{
    const void *t = atomic_load_explicit(&loop->thread, memory_order_relaxed);

    BUG_ON(t && t != thread_self());
}

static u32 to_epoll(u32 events)
{
    return (events & LOOP_READ ? EPOLLIN : 0u) | (events & LOOP_WRITE ? EPOLLOUT : 0u);
}

bool loop_watch(Loop *loop, LoopWatch *w, Error *err)
{
    struct epoll_event ev = { .events = to_epoll(w->events), .data.ptr = w };

    check_thread(loop);
    w->always = false;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, w->fd, &ev)) {
        if (errno != EPERM)
            return error_errno(err, "cannot wait for descriptor %d", w->fd);
        w->always = true;
    }
    list_push_back(&loop->watches, &w->link);
    return true;
}

void loop_watch_events(Loop *loop, LoopWatch *w, u32 events)
{
    struct epoll_event ev = { .events = to_epoll(events), .data.ptr = w };

    check_thread(loop);
    if (w->events == events)
        return;
    w->events = events;
    if (!w->always)
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, w->fd, &ev);
}

void loop_unwatch(Loop *loop, LoopWatch *w)
{
    check_thread(loop);
    if (!w->link.next)
        return;
    if (!w->always)
        epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
    list_remove(&w->link);
    for (int i = 0; i < LOOP_BATCH; i++)
        if (loop->batch[i] == w)
            loop->batch[i] = NULL;
}

// ---- deferred work --------------------------------------------------------------------------

static void defer_locked(Loop *loop, LoopWork *w)
{
    if (w->queued)
        return;
    w->queued = true;
    list_push_back(&loop->work, &w->link);
}

void loop_defer(Loop *loop, LoopWork *w)
{
    mutex_lock(&loop->lock);
    defer_locked(loop, w);
    mutex_unlock(&loop->lock);
    loop_wake(loop);
}

void loop_cancel(Loop *loop, LoopWork *w)
{
    mutex_lock(&loop->lock);
    if (w->queued) {
        list_remove(&w->link);
        w->queued = false;
    }
    while (loop->running == w && !loop_is_current(loop))
        cond_wait(&loop->drained, &loop->lock);
    mutex_unlock(&loop->lock);
}

static void run_one_locked(Loop *loop, ListNode *todo) REQUIRES(loop->lock)
{
    LoopWork *w = container_of(list_pop_front(todo), LoopWork, link);
    // the callback may free w
    void (*fn)(void *) = w->fn;
    void *opaque = w->opaque;

    w->queued = false;
    loop->running = w;
    mutex_unlock(&loop->lock);
    fn(opaque);
    mutex_lock(&loop->lock);
    loop->running = NULL;
    cond_broadcast(&loop->drained);
}

// What is queued now; what that queues in turn comes with the next turn.
static void run_work_locked(Loop *loop) REQUIRES(loop->lock)
{
    ListNode todo;

    list_init(&todo);
    while (!list_empty(&loop->work))
        list_push_back(&todo, list_pop_front(&loop->work));
    while (!list_empty(&todo))
        run_one_locked(loop, &todo);
}

typedef struct {
    void (*fn)(void *opaque);
    void *opaque;
    Loop *loop;
    bool done;
} Call;

static void run_call(void *opaque)
{
    Call *call = opaque;

    call->fn(call->opaque);
    mutex_lock(&call->loop->lock);
    call->done = true; // the broadcast after this callback wakes the caller
    mutex_unlock(&call->loop->lock);
}

void loop_call(Loop *loop, void (*fn)(void *opaque), void *opaque)
{
    Call call = { fn, opaque, loop, false };
    LoopWork w = { .fn = run_call, .opaque = &call };

    mutex_lock(&loop->lock);
    if (!atomic_load(&loop->thread) || loop_is_current(loop)) {
        mutex_unlock(&loop->lock);
        fn(opaque);
        return;
    }
    defer_locked(loop, &w);
    loop_wake(loop);
    while (!call.done && atomic_load(&loop->thread))
        cond_wait(&loop->drained, &loop->lock);
    bool left = w.queued; // the loop has ended without it

    if (left)
        list_remove(&w.link);
    mutex_unlock(&loop->lock);
    if (left)
        fn(opaque);
}

// ---- running ----------------------------------------------------------------------------------

static bool any_always(Loop *loop)
{
    list_foreach (w, &loop->watches, LoopWatch, link)
        if (w->always && w->events)
            return true;
    return false;
}

static u64 sleep_time(Loop *loop, u64 max_ns)
{
    u64 next = loop->clocks ? timers_run(loop->clocks) : CLOCK_NEVER;

    mutex_lock(&loop->lock);
    bool busy = !list_empty(&loop->work);
    mutex_unlock(&loop->lock);
    if (busy || atomic_load(&loop->stop) || any_always(loop))
        return 0;
    if (next != CLOCK_NEVER) {
        u64 now = input_mono_ns(loop->clocks->input);

        max_ns = MIN(max_ns, next > now ? next - now : 0);
    }
    return max_ns;
}

static int wait_events(Loop *loop, struct epoll_event *ev, int max, u64 ns)
{
    struct timespec t = { (time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND) };
    int n = epoll_pwait2(loop->epoll_fd, ev, max, ns == CLOCK_NEVER ? NULL : &t, NULL);

    if (n < 0 && errno == ENOSYS) { // before Linux 5.11: whole milliseconds, rounded up
        u64 ms = MIN(ns / 1000000 + 1, 60000);

        n = epoll_wait(loop->epoll_fd, ev, max, ns == CLOCK_NEVER ? -1 : ns ? (int)ms : 0);
    }
    BUG_ON(n < 0 && errno != EINTR);
    return MAX(n, 0);
}

static u32 from_epoll(u32 e)
{
    return (e & (EPOLLIN | EPOLLHUP) ? LOOP_READ : 0u) | (e & EPOLLOUT ? LOOP_WRITE : 0u) |
           (e & (EPOLLHUP | EPOLLERR) ? LOOP_HUP : 0u);
}

static int collect(Loop *loop, const struct epoll_event *ev, int n, u32 *events)
{
    int count = 0;

    for (int i = 0; i < n; i++) {
        LoopWatch *w = ev[i].data.ptr;

        if (!w) {
            drain_wake(loop);
            continue;
        }
        loop->batch[count] = w;
        events[count++] = from_epoll(ev[i].events) & (w->events | LOOP_HUP);
    }
    list_foreach (w, &loop->watches, LoopWatch, link)
        if (w->always && w->events && count < LOOP_BATCH) {
            loop->batch[count] = w;
            events[count++] = w->events;
        }
    return count;
}

static void dispatch(Loop *loop, const u32 *events, int count)
{
    for (int i = 0; i < count; i++) {
        LoopWatch *w = loop->batch[i];

        loop->batch[i] = NULL;
        if (w && events[i])
            w->fn(w->opaque, events[i]);
    }
}

bool loop_once(Loop *loop, u64 max_ns)
{
    struct epoll_event ev[LOOP_BATCH];
    u32 events[LOOP_BATCH];

    mutex_lock(&loop->lock);
    run_work_locked(loop);
    mutex_unlock(&loop->lock);
    int n = wait_events(loop, ev, LOOP_BATCH, sleep_time(loop, max_ns));

    if (loop->clocks)
        timers_awake(loop->clocks);
    dispatch(loop, events, collect(loop, ev, n, events));
    return !atomic_load(&loop->stop);
}

void loop_run(Loop *loop)
{
    mutex_lock(&loop->lock);
    BUG_ON(atomic_load(&loop->thread) != NULL);
    atomic_store(&loop->thread, thread_self());
    mutex_unlock(&loop->lock);
    while (loop_once(loop, CLOCK_NEVER))
        ;
    mutex_lock(&loop->lock);
    run_work_locked(loop);
    atomic_store(&loop->stop, 0);
    atomic_store(&loop->thread, NULL);
    cond_broadcast(&loop->drained); // who is in loop_call helps himself
    mutex_unlock(&loop->lock);
}
