// SPDX-License-Identifier: MIT
// Arm PrimeCell real-time clock, PL031 (ARM DDI 0224B).  Missing on purpose: the integration
// test registers.
// Pins: region 0 = registers, 4 KiB; irq_out 0 = RTCINTR.
// Seconds of the HOST clock, which -rtc sets, plus what the guest loaded.
#include "core/device.h"

typedef struct {
    Device dev;
    Timer alarm;
    u32 offset, match, load, mask, raw, pad;
} Pl031;
DEVICE_OF(pl031, Pl031)

static u32 now(Pl031 *s) { return clock_seconds(s->dev.clocks, CLOCK_HOST) + s->offset; }
static void update(Pl031 *s) { irq_set(&s->dev.irq_out[0], s->raw & s->mask); }

static void fire(Pl031 *s)
{
    s->raw = 1;
    update(s);
}

// At the very second, not so many seconds after this moment.
static void rearm(Pl031 *s)
{
    u64 second = clock_now(s->dev.clocks, CLOCK_HOST) / NS_PER_SECOND;
    u32 ahead = s->match - ((u32)second + s->offset);

    if (ahead)
        timer_arm(&s->alarm, (second + ahead) * NS_PER_SECOND);
    else
        fire(s);
}

static u64 read_dr(Pl031 *s) { return now(s); }
static u64 read_mis(Pl031 *s) { return s->raw & s->mask; }

static void write_lr(Pl031 *s, u64 v)
{
    s->load = (u32)v;
    s->offset += (u32)v - now(s);
    rearm(s);
}

static void write_icr(Pl031 *s, u64 v)
{
    s->raw &= ~(u32)v;
    update(s);
}

// The time of day goes on through a reset.
static void reset(Pl031 *s)
{
    timer_cancel(&s->alarm);
}

static void fdt(Pl031 *s, DtNode *n)
{
    u32 clock = dt_phandle_of(n, "apb-pclk");

    (void)s;
    if (!clock)
        return;
    dt_string(n, "clock-names", "apb_pclk");
    dt_u32(n, "clocks", clock);
}

static const Reg regs[] = {
    REG(0x000, DR,   .read = read_dr, .flags = REG_QUIET,                        .ref = "3.3.1"),
    REG(0x004, MR,   .at = FIELD(match), .rw = ~0u, .wrote = rearm,              .ref = "3.3.2"),
    REG(0x008, LR,   .at = FIELD(load), .write = write_lr,                       .ref = "3.3.3"),
    REG(0x00c, CR,   .reset = 1, .flags = REG_QUIET,                             .ref = "3.3.4"),
    REG(0x010, IMSC, .at = FIELD(mask), .rw = 1, .wrote = update,                .ref = "3.3.5"),
    REG(0x014, RIS,  .at = FIELD(raw), .flags = REG_QUIET,                       .ref = "3.3.6"),
    REG(0x018, MIS,  .read = read_mis, .flags = REG_QUIET,                       .ref = "3.3.7"),
    REG(0x01c, ICR,  .write = write_icr,                                         .ref = "3.3.8"),
    PRIMECELL_ID(0x00141031),
};

DEVICE(pl031, .spec = "ARM DDI 0224B", .desc = "Arm PL031 real-time clock",
       .size = sizeof(Pl031), .regs = ROWS(regs), .irqs = 1,
       .timers = { TIMER_ON(CLOCK_HOST, alarm, fire) },
       .state = { STATE(offset), HOST_ONLY(pad) }, .reset = reset, .loaded = update,
       .compatible = "arm,pl031;arm,primecell", .fdt = fdt)
