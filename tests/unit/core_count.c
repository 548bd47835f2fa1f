// SPDX-License-Identifier: MIT
// core/count.c: time that is counted, seen as other threads see it.
#include <unistd.h>

#include "core/clock.h"
#include "core/cpu.h"
#include "tests/lib/test.h"
#include "util/alloc.h"

enum { BASE = 5 };                                  // seconds: HOST at VIRTUAL 0

typedef struct {
    Input input;
    Clocks clocks;
    Cpu *cpu;
} Rig;

static u64 instructions;

static u64 executed(Cpu *cpu)
{
    (void)cpu;
    return instructions;
}

static void rig_up(Rig *g, CountConfig how)
{
    how.on = true;
    instructions = 0;
    input_init(&g->input);
    clocks_init(&g->clocks, &g->input, NULL);
    count_init(&g->clocks, &how, BASE * NS_PER_SECOND);
    g->cpu = xaligned(4096, sizeof *g->cpu);
    g->cpu->clocks = &g->clocks;
    count_source(&g->clocks, g->cpu, executed);
    clocks_start(&g->clocks);
    cpu_exit_clear(g->cpu, ~0u);
}

static void rig_down(Rig *g)
{
    free(g->cpu);
    clocks_fini(&g->clocks);
    input_fini(&g->input);
}

static u64 now(Rig *g) { return clock_now(&g->clocks, CLOCK_VIRTUAL); }

static u64 after(Rig *g, u64 n)
{
    instructions += n;
    return count_budget(&g->clocks);
}

static int fires;
static void fire(void *opaque)
{
    (void)opaque;
    fires++;
}

TEST(count_budget_ends_at_the_deadline)
{
    Rig g;
    Timer t;
    rig_up(&g, (CountConfig){ .shift = 3 });
    timer_init(&t, &g.clocks, CLOCK_VIRTUAL, fire, NULL);
    fires = 0;
    timer_arm(&t, 1001);
    EQ(after(&g, 0), 126);                          // 1008 ns
    EQ(after(&g, 125), 1);
    EQ(fires, 0);
    EQ(now(&g), 1000);
    TRUE(after(&g, 1) > 1000);
    EQ(fires, 1);
    timer_fini(&t);
    rig_down(&g);
}

TEST(count_host_runs_with_virtual)
{
    Rig g;
    Timer host, real;
    rig_up(&g, (CountConfig){ .shift = 10 });
    timer_init(&host, &g.clocks, CLOCK_HOST, fire, NULL);
    timer_init(&real, &g.clocks, CLOCK_REAL, fire, NULL);
    fires = 0;
    timer_arm(&real, 1);                            // the loop's
    timer_arm(&host, BASE * NS_PER_SECOND + 2048);
    EQ(after(&g, 1), 1);
    EQ(clock_now(&g.clocks, CLOCK_HOST), BASE * NS_PER_SECOND + 1024);
    after(&g, 1);
    EQ(fires, 1);
    timers_run(&g.clocks);
    EQ(fires, 2);
    timer_fini(&host);
    timer_fini(&real);
    rig_down(&g);
}

TEST(count_earlier_timer_has_the_vcpu_look)
{
    Rig g;
    Timer far, near;
    rig_up(&g, (CountConfig){ .shift = 0 });
    timer_init(&far, &g.clocks, CLOCK_VIRTUAL, fire, NULL);
    timer_init(&near, &g.clocks, CLOCK_VIRTUAL, fire, NULL);
    timer_arm(&far, 1000);
    EQ(after(&g, 0), 1000);
    cpu_exit_clear(g.cpu, ~0u);
    timer_arm(&near, 1500);
    EQ(cpu_exit_bits(g.cpu), 0);
    timer_arm(&near, 500);
    EQ(cpu_exit_bits(g.cpu), CPU_EXIT_ACCEL);
    EQ(after(&g, 0), 500);
    timer_fini(&far);
    timer_fini(&near);
    rig_down(&g);
}

TEST(count_idle_goes_to_the_deadline)
{
    Rig g;
    Timer t;
    rig_up(&g, (CountConfig){ .shift = 0 });
    timer_init(&t, &g.clocks, CLOCK_VIRTUAL, fire, NULL);
    fires = 0;
    EQ(count_sleep(&g.clocks), CLOCK_NEVER);
    count_slept(&g.clocks, 77);
    EQ(now(&g), 0);
    timer_arm(&t, 1000);
    EQ(count_sleep(&g.clocks), 0);
    count_slept(&g.clocks, 5000);
    EQ(now(&g), 1000);
    EQ(fires, 1);
    timer_fini(&t);
    rig_down(&g);
}

TEST(count_idle_sleeps)
{
    Rig g;
    Timer t;
    rig_up(&g, (CountConfig){ .shift = 0, .sleep = true });
    timer_init(&t, &g.clocks, CLOCK_VIRTUAL, fire, NULL);
    fires = 0;
    count_slept(&g.clocks, 100);                    // no deadline: as it passes outside
    EQ(now(&g), 100);
    timer_arm(&t, 1100);
    EQ(count_sleep(&g.clocks), 1000);
    count_slept(&g.clocks, 400);                    // woken early
    EQ(now(&g), 500);
    EQ(count_sleep(&g.clocks), 600);
    count_slept(&g.clocks, 700);                    // late: the deadline all the same
    EQ(now(&g), 1100);
    EQ(fires, 1);
    timer_fini(&t);
    rig_down(&g);
}

TEST(count_stands_still)
{
    Rig g;
    rig_up(&g, (CountConfig){ .shift = 1 });
    after(&g, 50);
    clocks_stop(&g.clocks);
    after(&g, 50);
    EQ(now(&g), 100);
    clocks_set_virtual(&g.clocks, 7000);
    EQ(now(&g), 7000);
    clocks_start(&g.clocks);
    after(&g, 1);
    EQ(now(&g), 7002);
    rig_down(&g);
}

TEST(count_auto_follows_the_host)
{
    Rig g;
    rig_up(&g, (CountConfig){ .automatic = true, .shift = 3 });
    usleep(25000);
    after(&g, 100000000);                           // 800 ms in 25
    EQ(g.clocks.count.shift, 2);
    EQ(now(&g), 800000000);
    after(&g, 1);
    EQ(now(&g), 800000004);
    usleep(25000);
    after(&g, 1);                                   // hardly any
    EQ(g.clocks.count.shift, 3);
    EQ(now(&g), 800000008);
    rig_down(&g);
}

TEST(count_align_waits)
{
    Rig g;
    rig_up(&g, (CountConfig){ .align = true, .sleep = true, .shift = 3 });
    u64 from = clock_now(&g.clocks, CLOCK_REAL);
    TRUE(after(&g, 0) < 1000000);
    after(&g, 1500000);                             // 12 ms
    TRUE(clock_now(&g.clocks, CLOCK_REAL) - from >= 11000000);
    rig_down(&g);
}
