// SPDX-License-Identifier: MIT
// core/clock.c, core/loop.c, core/input.c.
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/loop.h"
#include "tests/lib/test.h"

typedef struct {
    Input input;
    Loop loop;
    Clocks clocks;
} Rig;

static void rig_up(Rig *g)
{
    Error e = { 0 };

    input_init(&g->input);
    TRUE(loop_init(&g->loop, &e));
    clocks_init(&g->clocks, &g->input, &g->loop);
}

static void rig_down(Rig *g)
{
    clocks_fini(&g->clocks);
    loop_fini(&g->loop);
    input_fini(&g->input);
}

static int fired[16], fire_count;

static void fire(void *opaque)
{
    fired[fire_count++] = (int)(intptr_t)opaque;
}

static void *id(int n)
{
    return (void *)(intptr_t)n;
}

TEST(clock_virtual_stops)
{
    Rig g;

    rig_up(&g);
    EQ(clock_now(&g.clocks, CLOCK_VIRTUAL), 0);
    clocks_start(&g.clocks);
    usleep(2000);
    TRUE(clock_now(&g.clocks, CLOCK_VIRTUAL) >= 2000000);
    clocks_stop(&g.clocks);
    u64 t = clock_now(&g.clocks, CLOCK_VIRTUAL);
    usleep(2000);
    EQ(clock_now(&g.clocks, CLOCK_VIRTUAL), t);
    clocks_start(&g.clocks);
    TRUE(clock_now(&g.clocks, CLOCK_VIRTUAL) >= t);
    TRUE(clock_now(&g.clocks, CLOCK_VIRTUAL) < t + NS_PER_SECOND);
    clocks_stop(&g.clocks);
    clocks_set_virtual(&g.clocks, 12345);
    EQ(clock_now(&g.clocks, CLOCK_VIRTUAL), 12345);
    TRUE(clock_seconds(&g.clocks, CLOCK_HOST) > 1600000000u);
    rig_down(&g);
}

TEST(clock_virtual_runs_slower)
{
    Rig g;
    Timer t;

    rig_up(&g);
    clocks_slow(&g.clocks, 100);
    clocks_start(&g.clocks);
    u64 real = clock_now(&g.clocks, CLOCK_REAL);
    fire_count = 0;
    timer_init(&t, &g.clocks, CLOCK_VIRTUAL, fire, id(1));
    timer_arm(&t, 200000); // 20 ms of the host's
    while (!fire_count)
        loop_once(&g.loop, NS_PER_SECOND);
    TRUE(clock_now(&g.clocks, CLOCK_REAL) - real >= 20000000 - 1000000);
    u64 now = clock_now(&g.clocks, CLOCK_VIRTUAL);
    TRUE(now >= 200000 && now < NS_PER_SECOND);
    timer_arm(&t, UINT64_MAX - 1); // a deadline beyond all time, once multiplied
    TRUE(loop_once(&g.loop, 0));
    timer_fini(&t);
    rig_down(&g);
}

TEST(clock_ticks_are_exact)
{
    EQ(clock_ticks(NS_PER_SECOND, 62500000), 62500000);
    EQ(clock_ticks(15, 62500000), 0);
    EQ(clock_ticks(16, 62500000), 1);
    EQ(clock_ticks_to_ns(1, 62500000), 16);
    EQ(clock_ticks_to_ns(1, 3), 333333334); // rounded up: then it has passed
    EQ(clock_ticks(333333334, 3), 1);
    EQ(clock_ticks_to_ns(UINT64_MAX, 62500000), CLOCK_NEVER);
    EQ(clock_ticks_to_ns(5, 0), CLOCK_NEVER);
    EQ(clock_ticks_to_ns(1ull << 40, 1000000000), 1ull << 40);
    for (int i = 0; i < 1000; i++) {
        u64 ticks = test_random() >> 12, hz = 1 + test_random() % 3000000000u;
        u64 ns = clock_ticks_to_ns(ticks, hz);

        if (ns == CLOCK_NEVER)
            continue;
        TRUE(clock_ticks(ns, hz) >= ticks);
        TRUE(!ns || clock_ticks(ns - 1, hz) < ticks || hz > NS_PER_SECOND);
    }
}

TEST(timer_order)
{
    Rig g;
    Timer t[6];
    static const int at[6] = { 5, 1, 9, 3, 7, 3 };

    rig_up(&g);
    for (int i = 0; i < 6; i++) {
        timer_init(&t[i], &g.clocks, CLOCK_REAL, fire, id(i));
        timer_arm(&t[i], (u64)at[i]); // all long past
    }
    EQ(timer_deadline(&t[2]), 9);
    timer_cancel(&t[4]);
    EQ(timer_deadline(&t[4]), CLOCK_NEVER);
    timer_arm(&t[0], 2); // moves
    EQ(timers_run(&g.clocks), CLOCK_NEVER);
    EQ(fire_count, 5);
    EQ(fired[0], 1);
    EQ(fired[1], 0);
    EQ(fired[4], 2);
    timer_arm_in(&t[0], UINT64_MAX); // saturates: never
    FALSE(timer_armed(&t[0]));
    timer_arm_in(&t[1], 3600 * NS_PER_SECOND);
    u64 next = timers_run(&g.clocks);
    TRUE(next + NS_PER_SECOND > timer_deadline(&t[1]));
    TRUE(next < timer_deadline(&t[1]) + NS_PER_SECOND);
    EQ(fire_count, 5);
    for (int i = 0; i < 6; i++)
        timer_fini(&t[i]);
    Timer zero = { 0 };
    timer_fini(&zero);
    rig_down(&g);
}

TEST(timer_random_heap)
{
    enum { N = 100 };
    static Timer t[N];
    Rig g;

    rig_up(&g);
    for (int i = 0; i < N; i++)
        timer_init(&t[i], &g.clocks, CLOCK_VIRTUAL, fire, id(i));
    for (int n = 0; n < 5000; n++) {
        Timer *x = &t[test_random() % N];
        u64 min = CLOCK_NEVER;

        if (test_random() % 3)
            timer_arm(x, test_random() % 1000);
        else
            timer_cancel(x);
        for (int i = 0; i < N; i++)
            min = MIN(min, timer_deadline(&t[i]));
        EQ(g.clocks.heap[CLOCK_VIRTUAL].len ? g.clocks.heap[CLOCK_VIRTUAL].at[0]->deadline
                                            : CLOCK_NEVER, min);
    }
    EQ(timers_run(&g.clocks), CLOCK_NEVER); // the clock stands still
    EQ(fire_count, 0);
    for (int i = 0; i < N; i++)
        timer_fini(&t[i]);
    rig_down(&g);
}

static Timer claimed;
static int claims;

static void claim_fire(void *opaque)
{
    (void)opaque;
    if (claims == 0)
        timer_cancel(&claimed); // as another thread might, just before our lock
    claims += timer_claim(&claimed) ? 10 : 1;
}

TEST(timer_claim_sees_cancellation)
{
    Rig g;

    rig_up(&g);
    timer_init(&claimed, &g.clocks, CLOCK_REAL, claim_fire, NULL);
    timer_arm(&claimed, 1);
    timers_run(&g.clocks);
    EQ(claims, 1);
    timer_arm(&claimed, 1);
    timers_run(&g.clocks);
    EQ(claims, 11);
    timer_fini(&claimed);
    rig_down(&g);
}

// ---- loop ---------------------------------------------------------------------------------

static void *run_loop(void *arg)
{
    loop_run(arg);
    return NULL;
}

static void stop_loop(void *opaque)
{
    loop_stop(opaque);
}

TEST(loop_fires_timers_and_stops)
{
    Rig g;
    Timer t, end;

    rig_up(&g);
    clocks_start(&g.clocks);
    timer_init(&t, &g.clocks, CLOCK_VIRTUAL, fire, id(7));
    timer_init(&end, &g.clocks, CLOCK_REAL, stop_loop, &g.loop);
    timer_arm_in(&t, 1000000);
    timer_arm_in(&end, 5000000);
    u64 start = clock_now(&g.clocks, CLOCK_REAL);
    loop_run(&g.loop);
    u64 took = clock_now(&g.clocks, CLOCK_REAL) - start;
    EQ(fire_count, 1);
    TRUE(took >= 5000000);
    loop_stop(&g.loop); // before the run: not lost
    loop_run(&g.loop);
    timer_fini(&t);
    timer_fini(&end);
    rig_down(&g);
}

TEST(loop_is_woken_by_an_earlier_timer)
{
    Rig g;
    Timer far, near;
    Thread t = { 0 };

    rig_up(&g);
    timer_init(&far, &g.clocks, CLOCK_REAL, fire, id(1));
    timer_init(&near, &g.clocks, CLOCK_REAL, stop_loop, &g.loop);
    timer_arm_in(&far, 3600 * NS_PER_SECOND);
    TRUE(thread_start(&t, "loop", run_loop, &g.loop, NULL));
    usleep(1000);
    timer_arm_in(&near, 1000000);
    thread_join(&t); // hangs if the wake is lost
    EQ(fire_count, 0);
    timer_fini(&far);
    timer_fini(&near);
    rig_down(&g);
}

typedef struct {
    Loop *loop;
    LoopWork work;
    int runs;
} Self;

static void requeue(void *opaque)
{
    Self *s = opaque;

    if (++s->runs < 5)
        loop_defer(s->loop, &s->work);
    else
        loop_stop(s->loop);
}

TEST(loop_work_may_queue_itself)
{
    Rig g;
    Self s = { .loop = &g.loop };

    rig_up(&g);
    s.work = (LoopWork){ .fn = requeue, .opaque = &s };
    loop_defer(&g.loop, &s.work);
    loop_defer(&g.loop, &s.work); // queued already
    loop_run(&g.loop);
    EQ(s.runs, 5);
    loop_defer(&g.loop, &s.work);
    loop_cancel(&g.loop, &s.work);
    FALSE(s.work.queued);
    rig_down(&g);
}

typedef struct {
    Loop *loop;
    LoopWatch w;
    int fd[2];
    int got;
    u32 last;
    LoopWatch *kill;
} Pipe;

static void readable(void *opaque, u32 events)
{
    Pipe *p = opaque;
    char c;

    p->last = events;
    if (events & LOOP_READ && read(p->fd[0], &c, 1) == 1)
        p->got++;
    if (p->kill)
        loop_unwatch(p->loop, p->kill);
}

static void pipe_up(Pipe *p, Loop *loop)
{
    Error e = { 0 };

    *p = (Pipe){ .loop = loop };
    EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, p->fd), 0);
    p->w = (LoopWatch){ .fd = p->fd[0], .events = LOOP_READ, .fn = readable, .opaque = p };
    TRUE(loop_watch(loop, &p->w, &e));
}

TEST(loop_watches)
{
    Rig g;
    Pipe a, b;

    rig_up(&g);
    pipe_up(&a, &g.loop);
    pipe_up(&b, &g.loop);
    loop_once(&g.loop, 0);
    EQ(a.got + b.got, 0);
    EQ(write(a.fd[1], "xy", 2), 2);
    EQ(write(b.fd[1], "x", 1), 1);
    loop_once(&g.loop, NS_PER_SECOND);
    EQ(a.got, 1);
    EQ(b.got, 1);
    loop_watch_events(&g.loop, &a.w, 0);
    loop_once(&g.loop, 0);
    EQ(a.got, 1);
    loop_watch_events(&g.loop, &a.w, LOOP_READ | LOOP_WRITE);
    loop_once(&g.loop, 0);
    EQ(a.got, 2);
    EQ(a.last, LOOP_READ | LOOP_WRITE);
    loop_watch_events(&g.loop, &a.w, LOOP_READ);
    // both ready, each removes the other: only one may run
    EQ(write(a.fd[1], "x", 1), 1);
    EQ(write(b.fd[1], "x", 1), 1);
    a.kill = &b.w;
    b.kill = &a.w;
    loop_once(&g.loop, 0);
    EQ(a.got + b.got, 4);
    loop_unwatch(&g.loop, &a.w);
    loop_unwatch(&g.loop, &a.w);
    loop_unwatch(&g.loop, &b.w);
    close(a.fd[1]);
    TRUE(loop_watch(&g.loop, &a.w, NULL));
    a.kill = NULL;
    loop_once(&g.loop, NS_PER_SECOND);
    TRUE(a.last & LOOP_HUP);
    loop_unwatch(&g.loop, &a.w);
    rig_down(&g);
}

TEST(loop_regular_files_are_always_ready)
{
    Rig g;
    Error e = { 0 };
    Pipe p = { .loop = &g.loop };
    FILE *f = fopen(test_file("in", "abc", 3), "r");

    rig_up(&g);
    p.fd[0] = fileno(f);
    p.w = (LoopWatch){ .fd = p.fd[0], .events = LOOP_READ, .fn = readable, .opaque = &p };
    TRUE(loop_watch(&g.loop, &p.w, &e));
    for (int i = 0; i < 4; i++)
        loop_once(&g.loop, CLOCK_NEVER);
    EQ(p.got, 3);
    loop_unwatch(&g.loop, &p.w);
    p.w.fd = 9999;
    FALSE(loop_watch(&g.loop, &p.w, &e));
    fclose(f);
    rig_down(&g);
}

typedef struct {
    Loop *loop;
    int n;
    bool on_loop;
} Caller;

static void on_loop(void *opaque)
{
    Caller *c = opaque;

    c->n++;
    c->on_loop = loop_is_current(c->loop);
}

TEST(loop_call_waits)
{
    Rig g;
    Thread t = { 0 };
    Caller c = { .loop = &g.loop };

    rig_up(&g);
    loop_call(&g.loop, on_loop, &c); // nobody runs it: here
    EQ(c.n, 1);
    FALSE(c.on_loop);
    TRUE(thread_start(&t, "loop", run_loop, &g.loop, NULL));
    while (!atomic_load(&g.loop.thread))
        usleep(100);
    for (int i = 0; i < 100; i++)
        loop_call(&g.loop, on_loop, &c);
    EQ(c.n, 101);
    TRUE(c.on_loop);
    loop_stop(&g.loop);
    loop_call(&g.loop, on_loop, &c); // while it ends: either way it is done
    EQ(c.n, 102);
    thread_join(&t);
    rig_down(&g);
}

typedef struct {
    Rig *g;
    Timer timer;
    _Atomic u32 count;
    LoopWork work;
    _Atomic u32 stop;
} Stress;

static void bump(void *opaque)
{
    Stress *s = opaque;

    atomic_fetch_add(&s->count, 1);
}

static void *hammer(void *arg)
{
    Stress *s = arg;

    for (int i = 0; i < 3000 || !atomic_load(&s->count); i++) {
        timer_arm_in(&s->timer, (u64)(i % 7) * 1000);
        loop_defer(&s->g->loop, &s->work);
        if (i % 5 == 0)
            timer_cancel(&s->timer);
        if (i % 11 == 0)
            loop_cancel(&s->g->loop, &s->work);
    }
    timer_fini(&s->timer);
    loop_cancel(&s->g->loop, &s->work);
    return NULL;
}

TEST(loop_and_timers_from_many_threads)
{
    Rig g;
    Thread loop = { 0 }, t[3] = { 0 };
    Stress s[3];

    rig_up(&g);
    clocks_start(&g.clocks);
    TRUE(thread_start(&loop, "loop", run_loop, &g.loop, NULL));
    for (int i = 0; i < 3; i++) {
        s[i] = (Stress){ .g = &g };
        s[i].work = (LoopWork){ .fn = bump, .opaque = &s[i] };
        timer_init(&s[i].timer, &g.clocks, CLOCK_VIRTUAL, bump, &s[i]);
        TRUE(thread_start(&t[i], "hammer", hammer, &s[i], NULL));
    }
    for (int i = 0; i < 3; i++) {
        thread_join(&t[i]);
        TRUE(atomic_load(&s[i].count) > 0);
        memset(&s[i], 0xee, sizeof(s[i])); // nothing may touch it any more
    }
    loop_stop(&g.loop);
    thread_join(&loop);
    rig_down(&g);
}

// ---- input -------------------------------------------------------------------------------

TEST(input_seed_repeats_per_use)
{
    Input a, b, c;
    u8 x[40], y[40], z[40];

    input_init(&a);
    input_init(&b);
    input_init(&c);
    input_seed(&a, 42);
    input_seed(&b, 42);
    input_random(&a, "kaslr-seed", x, 40);
    input_random(&b, "rng-seed", y, 24); // another consumer first
    input_random(&b, "kaslr-seed", y, 40);
    MEM_EQ(x, y, 40);
    input_random(&a, "kaslr-seed", y, 40);
    TRUE(memcmp(x, y, 40) != 0);
    input_random(&a, "rng-seed", z, 40);
    TRUE(memcmp(x, z, 40) != 0);
    memset(x, 0, 40);
    memset(y, 0, 40);
    input_random(&c, "u", x, 40); // from the host
    input_random(&c, "u", y, 40);
    TRUE(memcmp(x, y, 40) != 0);
    TRUE(input_mono_ns(&c) <= input_mono_ns(&c));
    input_fini(&a);
    input_fini(&b);
    input_fini(&c);
}

TEST(input_counts_bytes)
{
    Input in;
    int fd[2];
    char buf[8];

    input_init(&in);
    EQ(pipe(fd), 0);
    EQ(write(fd[1], "abc", 3), 3);
    EQ(input_read(&in, fd[0], buf, sizeof(buf)), 3);
    EQ(in.bytes_in, 3);
    EQ((i64)input_read(&in, -1, buf, 1), (u64)(i64)-1);
    input_fini(&in);
}
