// SPDX-License-Identifier: MIT
// Arm PrimeCell general purpose input/output, PL061 (ARM DDI 0190B).  Missing on purpose: the
// integration test registers; nothing drives the hardware control side, so AFSEL is stored only.
// Pins: region 0 = registers, 4 KiB; irq_in 0..7 = the pins as inputs; irq_out 0 = GPIOINTR,
// irq_out 1..8 = the pins as outputs (low while a pin is an input).
#include "core/device.h"
#include "util/bits.h"

enum { PINS = 8 };

typedef struct {
    Device dev;
    u32 data, dir, sense, both, event, enable, raw, afsel;
    u32 pins; // levels from outside
    u32 pad;
} Pl061;
DEVICE_OF(pl061, Pl061)

// What a read sees: outputs as written, inputs as they are.
static u32 levels(const Pl061 *s) { return (s->data & s->dir) | (s->pins & ~s->dir); }

static void update(Pl061 *s)
{
    u32 active = ~(levels(s) ^ s->event) & 0xff; // by level; edges stay as they were latched

    s->raw = (s->raw & ~s->sense) | (active & s->sense);
    for (u32 i = 0; i < PINS; i++)
        irq_set(&s->dev.irq_out[1 + i], (int)bit(s->data & s->dir, i));
    irq_set(&s->dev.irq_out[0], (s->raw & s->enable) != 0);
}

static void irq_in(Pl061 *s, int n, int level)
{
    u32 pin = n >= 0 && n < PINS ? 1u << n : 0, old = s->pins;

    s->pins = level ? old | pin : old & ~pin;
    u32 changed = (s->pins ^ old) & ~s->dir & ~s->sense;

    s->raw |= changed & (s->both | ~(s->pins ^ s->event)); // 3.3.3 to 3.3.5
    update(s);
}

// Address bits 9:2 are the mask, 3.3.1.
static u64 read_data(Pl061 *s, unsigned mask) { return levels(s) & mask; }

static void write_data(Pl061 *s, unsigned mask, u64 v)
{
    u32 m = mask & s->dir;

    s->data = (s->data & ~m) | ((u32)v & m);
    update(s);
}

static u64 read_mis(Pl061 *s) { return s->raw & s->enable; }

static void write_ic(Pl061 *s, u64 v)
{
    s->raw &= ~(u32)v;
    update(s);
}

static void fdt(Pl061 *s, DtNode *n)
{
    (void)s;
    dt_string(n, "clock-names", "apb_pclk");
    dt_u32(n, "clocks", dt_phandle_of(n, "apb-pclk"));
}

#define BYTE(member) .at = FIELD(member), .rw = 0xff, .wrote = update

static const Reg regs[] = {
    REG_ARRAY(0x000, DATA, 256, .read_n = read_data, .write_n = write_data,      .ref = "3.3.1"),
    REG(0x400, DIR,   BYTE(dir),                                                 .ref = "3.3.2"),
    REG(0x404, IS,    BYTE(sense),                                               .ref = "3.3.3"),
    REG(0x408, IBE,   BYTE(both),                                                .ref = "3.3.4"),
    REG(0x40c, IEV,   BYTE(event),                                               .ref = "3.3.5"),
    REG(0x410, IE,    BYTE(enable),                                              .ref = "3.3.6"),
    REG(0x414, RIS,   .at = FIELD(raw), .flags = REG_QUIET,                      .ref = "3.3.7"),
    REG(0x418, MIS,   .read = read_mis, .flags = REG_QUIET,                      .ref = "3.3.8"),
    REG(0x41c, IC,    .write = write_ic,                                         .ref = "3.3.9"),
    REG(0x420, AFSEL, .at = FIELD(afsel), .rw = 0xff,                            .ref = "3.3.10"),
    PRIMECELL_ID(0x00041061),
};

DEVICE(pl061, .spec = "ARM DDI 0190B", .desc = "Arm PL061 general purpose I/O",
       .size = sizeof(Pl061), .regs = ROWS(regs), .irqs = 1 + PINS, .irq_in = irq_in,
       .state = { STATE(data), STATE(pins), HOST_ONLY(pad) }, .loaded = update,
       .compatible = "arm,pl061;arm,primecell", .fdt = fdt)
