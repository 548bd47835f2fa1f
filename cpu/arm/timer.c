// SPDX-License-Identifier: MIT
// The generic timers (Arm ARM DDI 0487K.a chapter D12): a 62.5 MHz counter out of the virtual
// clock, the EL1 physical and virtual timers.  CNTVOFF is zero.  Missing on purpose: the event
// stream (WFE never sleeps), the EL2 and EL3 timers.
//
// A timer's line is recomputed by the vCPU when it writes and by the callback on the loop thread
// when the deadline passes.  No lock: whoever drives the line looks again afterwards, so that
// the last level driven is that of the last state.  Only the vCPU arms.
#include "cpu/arm/internal.h"

#include "core/machine.h"
#include "cpu/arm/arm.h"
#include "util/bits.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4, NS_PER_TICK = 16 };

u64 arm_counter(const ArmCpu *s)
{
    return clock_now(s->cpu.clocks, CLOCK_VIRTUAL) / NS_PER_TICK;
}

static u64 timer_count(const ArmTimer *t)
{
    return arm_counter(t->cpu) - (t->id == ARM_TIMER_VIRT ? t->cpu->cntvoff : 0);
}

static bool condition_met(const ArmTimer *t)
{
    return (atomic_load(&t->ctl) & CTL_ENABLE) && timer_count(t) >= atomic_load(&t->cval);
}

static bool line(const ArmTimer *t)
{
    return condition_met(t) && !(atomic_load(&t->ctl) & CTL_IMASK);
}

static void drive(ArmTimer *t)
{
    bool level;

    do {
        level = line(t);
        irq_set(&t->irq, level);
    } while (level != line(t));
}

static void expired(void *opaque) { drive(opaque); }

static void update(ArmTimer *t)
{
    u64 at = atomic_load(&t->cval) + (t->id == ARM_TIMER_VIRT ? t->cpu->cntvoff : 0);

    if (atomic_load(&t->ctl) != CTL_ENABLE || condition_met(t) || at > UINT64_MAX / NS_PER_TICK)
        timer_cancel(&t->timer);
    else
        timer_arm(&t->timer, at * NS_PER_TICK);
    drive(t);
}

u64 arm_timer_ctl(const ArmCpu *s, ArmTimerId id)
{
    const ArmTimer *t = &s->timers[id];

    return atomic_load(&t->ctl) | (condition_met(t) ? CTL_ISTATUS : 0);
}

void arm_timer_set_ctl(ArmCpu *s, ArmTimerId id, u64 v)
{
    ArmTimer *t = &s->timers[id];

    atomic_store(&t->ctl, v & (CTL_ENABLE | CTL_IMASK));
    update(t);
}

void arm_timer_set_cval(ArmCpu *s, ArmTimerId id, u64 v)
{
    ArmTimer *t = &s->timers[id];

    atomic_store(&t->cval, v);
    update(t);
}

u64 arm_timer_tval(const ArmCpu *s, ArmTimerId id)
{
    const ArmTimer *t = &s->timers[id];

    return (u32)(atomic_load(&t->cval) - timer_count(t));
}

void arm_timer_set_tval(ArmCpu *s, ArmTimerId id, u64 v)
{
    arm_timer_set_cval(s, id, timer_count(&s->timers[id]) + (u64)(i32)(u32)v);
}

void arm_timers_init(ArmCpu *s)
{
    for (unsigned i = 0; i < ARM_TIMERS; i++) {
        ArmTimer *t = &s->timers[i];

        t->cpu = s;
        t->id = (ArmTimerId)i;
        irq_init(&t->irq, NULL);
        timer_init(&t->timer, s->cpu.clocks, CLOCK_VIRTUAL, expired, t);
    }
}

void arm_timers_fini(ArmCpu *s)
{
    for (unsigned i = 0; i < ARM_TIMERS; i++)
        timer_fini(&s->timers[i].timer);
}

void arm_timers_reset(ArmCpu *s)
{
    s->cntfrq = NS_PER_SECOND / NS_PER_TICK;        // firmware's job; there is none
    s->cntkctl = 0;
    for (unsigned i = 0; i < ARM_TIMERS; i++) {
        ArmTimer *t = &s->timers[i];

        atomic_store(&t->ctl, 0);
        atomic_store(&t->cval, 0);
        update(t);
    }
}
