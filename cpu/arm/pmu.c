// SPDX-License-Identifier: MIT
// Performance monitors, PMUv3 (Arm ARM DDI 0487K.a chapter D13): the cycle counter, one cycle a
// nanosecond of the virtual clock, with its overflow interrupt.  Missing on purpose: event
// counters (PMCR.N is 0), as nothing here counts events.
//
// `last` is the counter when it was last brought up to date, `base` the clock at that moment.
// Overflow is noticed when anything is read or by a timer, whose callback has the vCPU's own
// thread do the work.
#include "cpu/arm/internal.h"

#include "util/bits.h"

enum { CR_E = 1, CR_P = 2, CR_C = 4, CR_D = 8, CR_X = 16, CR_DP = 32, CR_LC = 64 };
enum { CYCLES = 31, SELR_CYCLES = 31 };

static bool counting(const ArmPmu *p) { return (p->cr & CR_E) && bit(p->cnten, CYCLES); }
static unsigned divider(const ArmPmu *p) { return p->cr & CR_D && !(p->cr & CR_LC) ? 6 : 0; }

static void pmu_line(ArmPmu *p)
{
    irq_set(&p->irq, (p->cr & CR_E) && (p->ovs & p->inten));
}

// Brings the counter up to now.
static void sync(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;
    u64 now = clock_now(s->cpu.clocks, CLOCK_VIRTUAL);

    if (counting(p)) {
        u64 n = (now - p->base) >> divider(p), before = p->last;

        p->last += n;
        now = p->base + (n << divider(p));
        if (p->cr & CR_LC ? p->last < before : p->last >> 32 != before >> 32)
            p->ovs |= BIT(CYCLES);
    }
    p->base = now;
}

// After a change: the line, and the timer to the next overflow.
static void settle(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;
    u64 left = p->cr & CR_LC ? -p->last : BIT(32) - (u32)p->last;

    pmu_line(p);
    if (counting(p) && bit(p->inten, CYCLES) && left && left < BIT(57))
        timer_arm(&p->timer, p->base + (left << divider(p)));
    else
        timer_cancel(&p->timer);
}

static void on_vcpu(Cpu *cpu, void *opaque)
{
    (void)opaque;
    sync(arm_cpu(cpu));
    settle(arm_cpu(cpu));
}

static void expired(void *opaque)
{
    ArmCpu *s = opaque;

    cpu_queue(&s->cpu, &s->pmu.work);
}

u64 arm_pmu_read(ArmCpu *s, unsigned which)
{
    ArmPmu *p = &s->pmu;

    sync(s);
    switch (which) {
    case PMU_CR:       return s->id.pmcr | (p->cr & ~(u64)(CR_P | CR_C));
    case PMU_CNTENSET:
    case PMU_CNTENCLR: return p->cnten;
    case PMU_OVSSET:
    case PMU_OVSCLR:   return p->ovs;
    case PMU_INTENSET:
    case PMU_INTENCLR: return p->inten;
    case PMU_SELR:     return p->selr;
    case PMU_CCNTR:    return p->last;
    case PMU_CCFILTR:  return p->ccfilt;
    case PMU_XEVTYPER: return p->selr == SELR_CYCLES ? p->ccfilt : 0;
    case PMU_USERENR:  return p->userenr;
    }
    return 0;
}

static void write_cr(ArmPmu *p, u64 v)
{
    p->cr = v & (CR_E | CR_D | CR_X | CR_DP | CR_LC);
    if (v & CR_C)
        p->last = 0;
}

void arm_pmu_write(ArmCpu *s, unsigned which, u64 v)
{
    ArmPmu *p = &s->pmu;
    u64 cycles = v & BIT(CYCLES);                   // the only counter there is

    sync(s);
    switch (which) {
    case PMU_CR:       write_cr(p, v); break;
    case PMU_CNTENSET: p->cnten |= cycles; break;
    case PMU_CNTENCLR: p->cnten &= ~cycles; break;
    case PMU_OVSSET:   p->ovs |= cycles; break;
    case PMU_OVSCLR:   p->ovs &= ~cycles; break;
    case PMU_INTENSET: p->inten |= cycles; break;
    case PMU_INTENCLR: p->inten &= ~cycles; break;
    case PMU_SELR:     p->selr = v & 31; break;
    case PMU_CCNTR:    p->last = v; break;
    case PMU_XEVTYPER:
    case PMU_CCFILTR:
        if (which == PMU_CCFILTR || p->selr == SELR_CYCLES)
            p->ccfilt = v & 0xfc000000;
        break;
    case PMU_USERENR:  p->userenr = v & 15; break;
    }
    settle(s);
}

void arm_pmu_init(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;

    irq_init(&p->irq, NULL);
    timer_init(&p->timer, s->cpu.clocks, CLOCK_VIRTUAL, expired, s);
    p->work.fn = on_vcpu;
}

void arm_pmu_fini(ArmCpu *s) { timer_fini(&s->pmu.timer); }

void arm_pmu_reset(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;

    p->cr = p->cnten = p->ovs = p->inten = p->selr = p->userenr = p->ccfilt = p->last = 0;
    sync(s);
    settle(s);
}
