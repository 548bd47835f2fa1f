// SPDX-License-Identifier: MIT
// Firmware configuration, memory mapped (QEMU documentation, specs/fw_cfg.rst).  Selector and
// DMA address are big-endian registers; the data register gives bytes in the order of memory.
// Missing on purpose: writes to the data register, which QEMU 2.4 withdrew.
// Pins: region 0 = 0x00 data, 8 bytes; 0x08 selector, 2; 0x10 DMA address, 8.
#include "core/fw_cfg.h"

#include <string.h>

#include "core/device.h"
#include "core/machine.h"
#include "util/bits.h"

enum { DATA = 0x00, SELECTOR = 0x08, DMA = 0x10, DMA_LOW = 0x14 };
enum { CTL_ERROR = 1, CTL_READ = 2, CTL_SKIP = 4, CTL_SELECT = 8, CTL_WRITE = 16 };
enum { ID_TRADITIONAL = 1, ID_DMA = 2, DESCRIPTOR = 16, ZEROES = 65536 };
#define DMA_SIGNATURE 0x51454d5520434647ull // "QEMU CFG"

typedef struct {
    Device dev;
    FwCfg *store;
    u32 key, offset, dma_high, pad;
} FwCfgDev;
DEVICE_OF(fw_cfg, FwCfgDev)

static void select_key(FwCfgDev *s, u16 key)
{
    s->key = key;
    s->offset = 0;
}

// What is left of the selected item, at s->offset; 0: nothing, reads as zero.
static u32 left(FwCfgDev *s, FwCfgItem **item)
{
    *item = fw_cfg_find(s->store, (u16)s->key);
    return *item && s->offset < (*item)->len ? (*item)->len - s->offset : 0;
}

static u64 read_data(FwCfgDev *s, unsigned size)
{
    FwCfgItem *it;
    u32 n = MIN(left(s, &it), size);
    u64 v = 0;

    for (u32 i = 0; i < n; i++)
        v |= (u64)it->data[s->offset + i] << 8 * i;
    s->offset += n;
    return v;
}

// ---- DMA -----------------------------------------------------------------------------------

static bool dma_zeroes(FwCfgDev *s, Gpa at, u64 len)
{
    static const u8 zeroes[ZEROES];
    bool ok = true;

    for (u64 n; len && ok; at += n, len -= n) {
        n = MIN(len, ZEROES);
        ok = device_dma_write(&s->dev, at, zeroes, n) == MEM_OK;
    }
    return ok;
}

static bool dma_get(FwCfgDev *s, Gpa at, u32 len)
{
    FwCfgItem *it;
    u32 n = MIN(left(s, &it), len);

    if (n && device_dma_write(&s->dev, at, it->data + s->offset, n) != MEM_OK)
        return false;
    s->offset += n;
    return dma_zeroes(s, at + n, len - n);
}

static bool dma_put(FwCfgDev *s, Gpa at, u32 len)
{
    FwCfgItem *it;
    u32 room = left(s, &it);
    u8 piece[256]; // a failed read leaves the item as it was

    if (!it || !it->writable || len > room)
        return false;
    for (u32 n; len; at += n, len -= n, s->offset += n) {
        n = MIN(len, sizeof(piece));
        if (device_dma_read(&s->dev, at, piece, n) != MEM_OK)
            return false;
        memcpy(it->data + s->offset, piece, n);
    }
    return true;
}

static bool transfer(FwCfgDev *s, u32 control, u32 len, Gpa at)
{
    FwCfgItem *it;

    if (control & CTL_SELECT)
        select_key(s, (u16)(control >> 16));
    if (control & CTL_READ)
        return dma_get(s, at, len);
    if (control & CTL_WRITE)
        return dma_put(s, at, len);
    if (control & CTL_SKIP)
        s->offset += MIN(left(s, &it), len);
    return true;
}

static void dma(FwCfgDev *s, Gpa at)
{
    u32 d[DESCRIPTOR / 4], answer;

    if (device_dma_read(&s->dev, at, d, DESCRIPTOR) != MEM_OK) {
        guest_error(&s->dev, "no DMA descriptor at 0x%llx", (unsigned long long)at);
        return;
    }
    Gpa to = (u64)bswap32(d[2]) << 32 | bswap32(d[3]);
    bool ok = transfer(s, bswap32(d[0]), bswap32(d[1]), to);

    if (!ok)
        guest_error(&s->dev, "DMA of 0x%x bytes at 0x%llx refused", bswap32(d[1]),
                    (unsigned long long)to);
    answer = ok ? 0 : bswap32(CTL_ERROR);
    device_dma_write(&s->dev, at, &answer, 4);
}

// ---- registers -------------------------------------------------------------------------------

static MemResult read_reg(FwCfgDev *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    if (at == DATA)
        *val = read_data(s, size);
    else if (at >= DMA)
        *val = bswap64(DMA_SIGNATURE) >> 8 * (at - DMA) & mask64(size * 8);
    return MEM_OK;
}

static MemResult write_reg(FwCfgDev *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    if (at == SELECTOR && size == 2) {
        select_key(s, bswap16((u16)val));
    } else if (at == DMA && size == 8) {
        dma(s, bswap64(val));
    } else if (at == DMA && size == 4) {
        s->dma_high = bswap32((u32)val);
    } else if (at == DMA_LOW && size == 4) {
        Gpa to = (u64)s->dma_high << 32 | bswap32((u32)val);

        s->dma_high = 0;
        dma(s, to);
    } else {
        guest_error(&s->dev, "write of %u bytes at 0x%x", size, (u32)at);
    }
    return MEM_OK;
}

static const MemOps ops = { .read = read_reg, .write = write_reg };

// ---- life --------------------------------------------------------------------------------------

static bool init(FwCfgDev *s, Error *err)
{
    (void)err;
    s->store = fw_cfg_new();
    fw_cfg_set(s->store, FW_CFG_SIGNATURE, "QEMU", 4);
    fw_cfg_set_u32(s->store, FW_CFG_ID, ID_TRADITIONAL | ID_DMA);
    if (s->dev.machine)
        s->dev.machine->fw_cfg = s->store;
    return true;
}

static void reset(FwCfgDev *s)
{
    select_key(s, 0);
    s->dma_high = 0;
}

static void fini(FwCfgDev *s)
{
    if (s->dev.machine)
        s->dev.machine->fw_cfg = NULL;
    fw_cfg_free(s->store);
}

static void fdt(FwCfgDev *s, DtNode *n)
{
    (void)s;
    dt_flag(n, "dma-coherent");
}

DEVICE_NAMED(fw_cfg, "fw-cfg", .spec = "QEMU specs/fw_cfg.rst",
             .desc = "configuration for firmware", .size = sizeof(FwCfgDev), .ops = &ops,
             .region_size = 0x18,
             .state = { STATE(key), STATE(offset), STATE(dma_high), HOST_ONLY(store),
                        HOST_ONLY(pad) },
             .init = init, .reset = reset, .fini = fini, .compatible = "qemu,fw-cfg-mmio",
             .fdt = fdt)
