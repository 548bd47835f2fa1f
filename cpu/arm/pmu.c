// SPDX-License-Identifier: MIT
// Performance monitors, PMUv3 (Arm ARM DDI 0487K.a chapter D13): the cycle counter, one cycle a
// nanosecond of the virtual clock, and event counters of 32 bits, with their overflow interrupt.
// Events are those that can be told truly: SW_INCR, CPU_CYCLES, CHAIN and, with -icount,
// INST_RETIRED.  Missing on purpose: the events of caches, TLBs and branch prediction, which
// nothing here has.
//
// `last` and `count` are the counters when they were last brought up to date, `base` the clock and
// `insns` the instructions at that moment.  Overflow is noticed when anything is read or
// by a timer, whose callback has the vCPU's own thread do the work.
#include "cpu/arm/internal.h"

#include "util/bits.h"

#include <string.h>

enum { CR_E = 1, CR_P = 2, CR_C = 4, CR_D = 8, CR_X = 16, CR_DP = 32, CR_LC = 64 };
enum { CYCLES = 31, SELR_CYCLES = 31 };
#define COUNTERS (BIT(CYCLES) | (BIT(PMU_EVENTS) - 1))

// PMEVTYPER (D23.4.9): no exceptions levels beyond 1, events of 10 bits.
#define TYPE_P BIT(31)                              // not at EL1
#define TYPE_U BIT(30)                              // not at EL0
enum { TYPE_EVENT = 0x3ff, EV_SW_INCR = 0, EV_INST_RETIRED = 8, EV_CYCLES = 0x11, EV_CHAIN = 0x1e };

static unsigned divider(const ArmPmu *p) { return p->cr & CR_D && !(p->cr & CR_LC) ? 6 : 0; }

static u64 type_of(const ArmPmu *p, unsigned n) { return n == CYCLES ? p->ccfilt : p->type[n]; }
static unsigned event_of(const ArmPmu *p, unsigned n)
{
    return n == CYCLES ? EV_CYCLES : p->type[n] & TYPE_EVENT;
}

static bool enabled(const ArmPmu *p, unsigned n) { return (p->cr & CR_E) && bit(p->cnten, n); }

static bool counting(const ArmCpu *s, unsigned n)
{
    return enabled(&s->pmu, n) && !(type_of(&s->pmu, n) & (s->el ? TYPE_P : TYPE_U));
}

static bool chained(const ArmPmu *p, unsigned n)    // to the one before
{
    return (n & 1) && n < PMU_EVENTS && event_of(p, n) == EV_CHAIN;
}

static void pmu_line(ArmPmu *p)
{
    irq_set(&p->irq, (p->cr & CR_E) && (p->ovs & p->inten));
}

// ---- bringing up to date ------------------------------------------------------------------

static void add_event(ArmCpu *s, unsigned n, u64 by)
{
    ArmPmu *p = &s->pmu;
    u64 sum = p->count[n] + by;

    p->count[n] = (u32)sum;
    if (!(sum >> 32))
        return;
    p->ovs |= BIT(n);
    if (!(n & 1) && chained(p, n + 1) && counting(s, n + 1))
        add_event(s, n + 1, sum >> 32);
}

static void add_cycles(ArmPmu *p, u64 ns)
{
    u64 before = p->last, all = p->rest + ns;

    p->last += all >> divider(p);
    p->rest = all & (BIT(divider(p)) - 1);
    if (p->cr & CR_LC ? p->last < before : p->last >> 32 != before >> 32)
        p->ovs |= BIT(CYCLES);
}

static void sync(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;
    u64 now = clock_now(s->cpu.clocks, CLOCK_VIRTUAL), insns = count_executed(s->cpu.clocks);

    if (counting(s, CYCLES))
        add_cycles(p, now - p->base);
    for (unsigned n = 0; n < PMU_EVENTS; n++) {
        if (!counting(s, n))
            continue;
        if (event_of(p, n) == EV_CYCLES)
            add_event(s, n, now - p->base);
        else if (event_of(p, n) == EV_INST_RETIRED)
            add_event(s, n, insns - p->insns);
    }
    p->base = now;
    p->insns = insns;
}

// ---- the timer ----------------------------------------------------------------------------

// Does anybody want to know of n's overflow?
static bool watched(const ArmPmu *p, unsigned n)
{
    return bit(p->inten, n) || (chained(p, n + 1) && !(n & 1) && bit(p->inten, n + 1));
}

// Time until counter n overflows; CLOCK_NEVER: it does not, or not for a long time.
static u64 time_left(const ArmCpu *s, unsigned n)
{
    const ArmPmu *p = &s->pmu;
    u64 left = n == CYCLES && p->cr & CR_LC ? -p->last
             : BIT(32) - (u32)(n == CYCLES ? p->last : p->count[n]);

    if (!counting(s, n) || !watched(p, n) || !left || left >= BIT(50))
        return CLOCK_NEVER;
    switch (event_of(p, n)) {
    case EV_INST_RETIRED: return s->cpu.clocks->count.how.on ? count_time(s->cpu.clocks, left)
                                                             : CLOCK_NEVER;
    case EV_CYCLES:       return n == CYCLES ? (left << divider(p)) - p->rest : left;
    default:              return CLOCK_NEVER;
    }
}

// After a change: the line, the timer to the next overflow.
static void settle(ArmCpu *s)
{
    ArmPmu *p = &s->pmu;
    u64 next = time_left(s, CYCLES);

    p->filtered = enabled(p, CYCLES) && p->ccfilt;
    for (unsigned n = 0; n < PMU_EVENTS; n++) {
        next = MIN(next, time_left(s, n));
        p->filtered |= enabled(p, n) && p->type[n] & (TYPE_P | TYPE_U);
    }
    pmu_line(p);
    if (next != CLOCK_NEVER)
        timer_arm(&p->timer, p->base + next);
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

void arm_pmu_set_el(ArmCpu *s, unsigned el)
{
    if (el == s->el)
        return;
    sync(s);
    s->el = el;
    settle(s);
}

// ---- registers ----------------------------------------------------------------------------

static u64 events(const ArmCpu *s)                  // PMCEID0 (D23.4.4)
{
    return BIT(EV_SW_INCR) | BIT(EV_CYCLES) | BIT(EV_CHAIN) |
           (s->cpu.clocks->count.how.on ? BIT(EV_INST_RETIRED) : 0);
}

static u64 *event_register(ArmPmu *p, unsigned which)
{
    return which >= PMU_EVTYPER0 ? &p->type[which - PMU_EVTYPER0] : &p->count[which - PMU_EVCNTR0];
}

// PMXEVTYPER and PMXEVCNTR are another register's name, or nothing's: RAZ/WI (D23.4.21).
static unsigned selected(const ArmPmu *p, unsigned which)
{
    if (which != PMU_XEVTYPER && which != PMU_XEVCNTR)
        return which;
    if (p->selr == SELR_CYCLES && which == PMU_XEVTYPER)
        return PMU_CCFILTR;
    if (p->selr >= PMU_EVENTS)
        return which;
    return (which == PMU_XEVTYPER ? PMU_EVTYPER0 : PMU_EVCNTR0) + (unsigned)p->selr;
}

u64 arm_pmu_read(ArmCpu *s, unsigned which)
{
    ArmPmu *p = &s->pmu;

    sync(s);
    which = selected(p, which);
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
    case PMU_USERENR:  return p->userenr;
    case PMU_CEID0:    return events(s);
    }
    return which >= PMU_EVCNTR0 ? *event_register(p, which) : 0;
}

static void write_cr(ArmPmu *p, u64 v)
{
    p->cr = v & (CR_E | CR_D | CR_X | CR_DP | CR_LC);
    if (v & CR_C)
        p->last = p->rest = 0;
    for (unsigned n = 0; n < PMU_EVENTS && v & CR_P; n++)
        p->count[n] = 0;
}

static void count_software(ArmCpu *s, u64 which)
{
    for (unsigned n = 0; n < PMU_EVENTS; n++)
        if (bit(which, n) && counting(s, n) && event_of(&s->pmu, n) == EV_SW_INCR)
            add_event(s, n, 1);
}

static void write_event(ArmPmu *p, unsigned which, u64 v)
{
    *event_register(p, which) = which >= PMU_EVTYPER0 ? v & (TYPE_P | TYPE_U | TYPE_EVENT) : (u32)v;
}

void arm_pmu_write(ArmCpu *s, unsigned which, u64 v)
{
    ArmPmu *p = &s->pmu;
    u64 some = v & COUNTERS;

    sync(s);
    which = selected(p, which);
    switch (which) {
    case PMU_CR:       write_cr(p, v); break;
    case PMU_CNTENSET: p->cnten |= some; break;
    case PMU_CNTENCLR: p->cnten &= ~some; break;
    case PMU_OVSSET:   p->ovs |= some; break;
    case PMU_OVSCLR:   p->ovs &= ~some; break;
    case PMU_INTENSET: p->inten |= some; break;
    case PMU_INTENCLR: p->inten &= ~some; break;
    case PMU_SELR:     p->selr = v & 31; break;
    case PMU_CCNTR:    p->last = v; break;
    case PMU_CCFILTR:  p->ccfilt = v & (TYPE_P | TYPE_U); break;
    case PMU_SWINC:    count_software(s, v); break;
    case PMU_USERENR:  p->userenr = v & 15; break;
    default:
        if (which >= PMU_EVCNTR0)
            write_event(p, which, v);
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

    p->cr = p->cnten = p->ovs = p->inten = p->selr = p->userenr = p->ccfilt = 0;
    p->last = p->rest = 0;
    memset(p->type, 0, sizeof p->type);
    memset(p->count, 0, sizeof p->count);
    sync(s);
    settle(s);
}
