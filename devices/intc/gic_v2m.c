// SPDX-License-Identifier: MIT
// GICv2m: turns message-signalled interrupts into SPIs of a GICv2 (Arm Server Base System
// Architecture, ARM DEN 0029, appendix E).
// Pins: region 0 = registers, 4 KiB, may be the target of DMA; irq_out n = SPI base + n,
// pulsed.
#include "core/device.h"
#include "util/bits.h"

typedef struct {
    Device dev;
    u32 base, count; // SPIs by INTID
} GicV2m;
DEVICE_OF(gicv2m, GicV2m)

enum { TYPER = 0x008, SETSPI = 0x040, IIDR = 0xfcc };

static MemResult v2m_read(GicV2m *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)size;
    (void)attrs;
    *val = at == TYPER ? s->base << 16 | s->count : at == IIDR ? 0x05100000 : 0;
    if (at != TYPER && at != IIDR)
        guest_error(&s->dev, "read of offset 0x%x", (u32)at);
    return MEM_OK;
}

// The INTID is in bits 9..0; others' are ignored.
static MemResult v2m_write(GicV2m *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    u32 n = (u32)(val & 0x3ff) - s->base;

    (void)size;
    (void)attrs;
    if (at == SETSPI && n < s->count)
        irq_pulse(&s->dev.irq_out[n]);
    else
        guest_error(&s->dev, "write of 0x%llx to offset 0x%x", (unsigned long long)val, (u32)at);
    return MEM_OK;
}

static const MemOps ops = {
    .read = v2m_read, .write = v2m_write, .impl_min = 4, .impl_max = 4, .dma_ok = true,
    .unlocked = true,
};

static bool init(GicV2m *s, Error *err)
{
    if (s->base + s->count > 1020)
        return error_set_class(err, ERROR_INVALID, "gicv2m: base-spi %u + num-spi %u is beyond"
                               " INTID 1019: lower one", s->base, s->count);
    device_irq_outputs(&s->dev, s->count);
    return true;
}

static void fdt(GicV2m *s, DtNode *n)
{
    (void)s;
    dt_flag(n, "msi-controller");
}

DEVICE(gicv2m, .spec = "ARM DEN 0029", .desc = "MSI frame of a GICv2", .size = sizeof(GicV2m),
       .ops = &ops,
       .props = { PROP_U32("base-spi", base, 80, .min = 32, .max = 1019),
                  PROP_U32("num-spi", count, 64, .min = 1, .max = 988) },
       .init = init, .compatible = "arm,gic-v2m-frame", .fdt = fdt)
