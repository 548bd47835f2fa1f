// SPDX-License-Identifier: MIT
// GICv3 redistributors (ARM IHI 0069H, 12.10): two 64 KiB frames per CPU, RD_base
// for control and SGI_base for its SGIs and PPIs.  No LPIs.
// They need the lock of their CPU only, so the regions are unlocked.
// DEVIATION: WAKER.ProcessorSleep does not hold interrupts back; bare-metal guests written
// for emulators never clear it.
#include "devices/intc/gic_v3.h"

enum { SGI_BASE = 0x10000 };
enum { WAKER_SLEEP = 1 << 1, WAKER_CHILDREN_ASLEEP = 1 << 2 };

static bool last_of_region(const Gic *s, u32 n)
{
    return n == s->cpus - 1 || n == s->redist0 - 1;
}

// Affinity in the upper half; processor number, Last.
static u64 typer(const Gic *s, u32 n)
{
    return (u64)gic_v3_affinity(s, n) << 32 | n << 8 | (last_of_region(s, n) ? BIT(4) : 0);
}

static u32 read_rd(Gic *s, u32 n, u32 offset)
{
    static const u8 id[12] = { 0x44, 0, 0, 0, 0x93, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };
    u32 v;

    switch (offset) {
    case 0x00: // CTLR
    case 0x10: // STATUSR
        return 0;
    case 0x04: // IIDR
        return 0x43b;
    case 0x08: // TYPER
        return (u32)typer(s, n);
    case 0x0c:
        return (u32)(typer(s, n) >> 32);
    case 0x14: // WAKER
        v = gic_cpu_lock(s, n)->st.waker;
        gic_cpu_unlock(s, n);
        return v;
    default:
        if (offset >= 0xffd0 && offset < 0x10000)
            return id[(offset - 0xffd0) / 4];
        guest_error(&s->dev, "GICR: read of offset 0x%x", offset);
        return 0;
    }
}

// The children fall asleep at once.
static void write_waker(Gic *s, u32 n, u32 v)
{
    gic_cpu_lock(s, n)->st.waker = v & WAKER_SLEEP ? WAKER_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    gic_cpu_unlock(s, n);
}

// Registers that read 0 and ignore writes when there is one security state.
static bool reserved_sgi(u32 offset)
{
    return offset == 0xd00 || offset == 0xe00; // IGRPMODR0, NSACR
}

// Bank 0 alone is here: the rest of what the distributor has is reserved.
static bool in_bank(u32 offset)
{
    return (offset >= 0x080 && offset < 0x400 && offset % 0x80 < 4) ||
           (offset >= 0x400 && offset < 0x420) || (offset >= 0xc00 && offset < 0xc08);
}

static MemResult redist_read(Gic *s, u32 n, u32 offset, u64 *val, unsigned size)
{
    u32 word;

    *val = 0;
    if (n >= s->cpus)
        return MEM_OK;
    if (offset >= SGI_BASE) {
        offset -= SGI_BASE;
        if (in_bank(offset))
            gic_bank_read(s, &s->cpu[n], offset, size, val);
        else if (!reserved_sgi(offset))
            guest_error(&s->dev, "GICR: read of SGI_base offset 0x%x", offset);
        return MEM_OK;
    }
    word = read_rd(s, n, offset & ~3u);
    *val = bits(word, 8 * (offset & 3), 8 * size);
    return MEM_OK;
}

static MemResult redist_write(Gic *s, u32 n, u32 offset, u64 val, unsigned size)
{
    if (n >= s->cpus)
        return MEM_OK;
    if (offset >= SGI_BASE) {
        offset -= SGI_BASE;
        if (in_bank(offset))
            gic_bank_write(s, &s->cpu[n], offset, size, val);
        else if (!reserved_sgi(offset))
            guest_error(&s->dev, "GICR: write to SGI_base offset 0x%x", offset);
        return MEM_OK;
    }
    if (offset == 0x14 && size == 4)
        write_waker(s, n, (u32)val);
    else if (offset != 0x00 && offset != 0x10)
        guest_error(&s->dev, "GICR: write to offset 0x%x", offset);
    return MEM_OK;
}

static MemResult read0(Gic *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    return redist_read(s, (u32)(at / GICR_FRAMES), at % GICR_FRAMES, val, size);
}

static MemResult write0(Gic *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    return redist_write(s, (u32)(at / GICR_FRAMES), at % GICR_FRAMES, val, size);
}

static MemResult read1(Gic *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    return redist_read(s, (u32)(at / GICR_FRAMES) + s->redist0, at % GICR_FRAMES, val, size);
}

static MemResult write1(Gic *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    return redist_write(s, (u32)(at / GICR_FRAMES) + s->redist0, at % GICR_FRAMES, val, size);
}

const MemOps gic_v3_redist0_ops = {
    .read = read0, .write = write0, .impl_max = 4, .unlocked = true,
};
const MemOps gic_v3_redist1_ops = {
    .read = read1, .write = write1, .impl_max = 4, .unlocked = true,
};
