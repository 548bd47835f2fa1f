// SPDX-License-Identifier: MIT
// Virtio over MMIO (virtio 1.2, 4.2): a slot with nothing in it.  DeviceID 0 tells drivers
// to leave it alone (4.2.2); what else they touch reads 0 and is ignored.
// Pins: region 0 = registers, 512 bytes; irq_out 0 = InterruptStatus not 0 (never).
#include "core/device.h"

typedef struct {
    Device dev;
    u8 legacy;
    u8 pad[7];
} VirtioMmio;
DEVICE_OF(virtio_mmio, VirtioMmio)

static u64 read_version(VirtioMmio *s) { return s->legacy ? 1 : 2; }

static MemResult empty_read(VirtioMmio *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)s;
    (void)at;
    (void)size;
    (void)attrs;
    *val = 0;
    return MEM_OK;
}

static MemResult empty_write(VirtioMmio *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)s;
    (void)at;
    (void)val;
    (void)size;
    (void)attrs;
    return MEM_OK;
}

static const MemOps empty = { .read = empty_read, .write = empty_write };

static const Reg regs[] = {
    REG(0x000, MagicValue, .reset = 0x74726976, .flags = REG_QUIET,              .ref = "4.2.2"),
    REG(0x004, Version,    .read = read_version, .flags = REG_QUIET,             .ref = "4.2.2"),
    REG(0x008, DeviceID,   .reset = 0, .flags = REG_QUIET,                       .ref = "4.2.2"),
    REG(0x00c, VendorID,   .reset = 0x554d4551, .flags = REG_QUIET,              .ref = "4.2.2"),
};

DEVICE_NAMED(virtio_mmio, "virtio-mmio", .spec = "virtio 1.2",
             .desc = "virtio transport over MMIO (empty)", .size = sizeof(VirtioMmio),
             .regs = ROWS(regs), .ops = &empty, .region_size = 0x200, .irqs = 1,
             .props = { PROP_BOOL("force-legacy", legacy, true,
                                  .help = "version 1 of the registers") },
             .state = { HOST_ONLY(pad) }, .compatible = "virtio,mmio")
