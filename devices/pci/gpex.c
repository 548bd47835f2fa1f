// SPDX-License-Identifier: MIT
// Generic PCI Express host bridge (PCI Express Base 5.0, 7.2.2 ECAM; PCI Local Bus 3.0, 6)
// with nothing behind it but itself: function 00:00.0 has a configuration header and no
// capabilities, all other functions and all addresses in the windows read as ones, as an
// access that nobody claims does.
// Missing on purpose: the bus.
// Pins: region 0 = ECAM, up to 256 MiB, bus in bits 27..20, device, function, register below;
// region 1 = 32-bit memory window, region 2 = I/O window, region 3 = 64-bit memory window.
#include "core/device.h"
#include "util/bits.h"

enum { ECAM_SIZE = 256 << 20, CONFIG_SIZE = 256 };
enum { COMMAND = 0x04, CACHE_LINE = 0x0c, INTERRUPT_LINE = 0x3c };
// I/O, memory, master, SERR, INTx disable (6.2.2)
enum { COMMAND_MASK = 0x507 };

typedef struct {
    Device dev;
    u64 ecam_size, mmio_size, pio_size, high_size;
    u8 config[CONFIG_SIZE];
} Gpex;
DEVICE_OF(gpex, Gpex)

static MemResult ones_read(Gpex *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)s;
    (void)at;
    (void)attrs;
    *val = mask64(8 * size);
    return MEM_OK;
}

static MemResult ones_write(Gpex *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)s;
    (void)at;
    (void)val;
    (void)size;
    (void)attrs;
    return MEM_OK;
}

// A header of conventional PCI: 256 bytes; the extended part is not there.
static MemResult ecam_read(Gpex *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    if (at + size > CONFIG_SIZE)
        return ones_read(s, at, val, size, attrs);
    *val = load_le(&s->config[at], size);
    return MEM_OK;
}

static MemResult ecam_write(Gpex *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    for (unsigned i = 0; i < size && at + i < CONFIG_SIZE; i++) {
        u8 byte = (u8)(val >> 8 * i), mask = 0;
        Gpa reg = at + i;

        if (reg == COMMAND || reg == COMMAND + 1)
            mask = (u8)(COMMAND_MASK >> 8 * (reg - COMMAND));
        else if (reg == CACHE_LINE || reg == INTERRUPT_LINE)
            mask = 0xff;
        s->config[reg] = (s->config[reg] & ~mask) | (byte & mask);
    }
    return MEM_OK;
}

static const MemOps ecam_ops = {
    .read = ecam_read, .write = ecam_write, .impl_max = 4,
};
static const MemOps ones_ops = { .read = ones_read, .write = ones_write, .unlocked = true };

static void reset(Gpex *s)
{
    memset(s->config, 0, sizeof(s->config));
    store_le32(&s->config[0x00], 0x00081b36);
    store_le32(&s->config[0x08], 0x06000000); // host bridge, 6.2.1
    store_le32(&s->config[0x2c], 0x11001af4);
}

// What a file may not change.
static void loaded(Gpex *s)
{
    u16 command = load_le16(&s->config[COMMAND]) & COMMAND_MASK;
    u8 line = s->config[CACHE_LINE], intr = s->config[INTERRUPT_LINE];

    reset(s);
    store_le16(&s->config[COMMAND], command);
    s->config[CACHE_LINE] = line;
    s->config[INTERRUPT_LINE] = intr;
}

static bool init(Gpex *s, Error *err)
{
    (void)err;
    device_region_size(&s->dev, 0, s->ecam_size);
    device_region_size(&s->dev, 1, s->mmio_size);
    device_region_size(&s->dev, 2, s->pio_size);
    device_region_size(&s->dev, 3, s->high_size);
    return true;
}

DEVICE(gpex, .spec = "PCI Express Base 5.0", .desc = "PCI Express host bridge, empty bus",
       .size = sizeof(Gpex),
       .regions = { { .name = "ecam", .size = ECAM_SIZE, .ops = &ecam_ops },
                    { .name = "mmio", .ops = &ones_ops },
                    { .name = "pio", .ops = &ones_ops },
                    { .name = "mmio64", .ops = &ones_ops } },
       .props = { PROP_SIZE("ecam-size", ecam_size, ECAM_SIZE, .min = MIB, .max = ECAM_SIZE,
                            .help = "1 MiB per bus"),
                  PROP_SIZE("mmio-size", mmio_size, 0x2eff0000, .min = 4096),
                  PROP_SIZE("pio-size", pio_size, 0x10000, .min = 4096),
                  PROP_SIZE("mmio64-size", high_size, 0x8000000000, .min = 4096) },
       .state = { STATE(config) }, .init = init, .reset = reset, .loaded = loaded)
