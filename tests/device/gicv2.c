// SPDX-License-Identifier: MIT
// GICv2: banked registers, SGIs with their senders, targets, groups, without CPUs.
#include "core/machine.h"
#include "tests/device/rig.h"
#include "tests/lib/test.h"

#define C 0x10000000ull
enum { DIST_CTLR = 0, IGROUPR = 0x80, ISENABLER = 0x100, ISPENDR = 0x200, ICPENDR = 0x280,
       ISACTIVER = 0x300, IPRIORITYR = 0x400, ITARGETSR = 0x800, ICFGR = 0xc00, SGIR = 0xf00,
       CPENDSGIR = 0xf10, SPENDSGIR = 0xf20 };
enum { CTLR = 0, PMR = 4, BPR = 8, IAR = 0xc, EOIR = 0x10, RPR = 0x14, HPPIR = 0x18, ABPR = 0x1c,
       AIAR = 0x20, AEOIR = 0x24, AHPPIR = 0x28, APR = 0xd0, NSAPR = 0xe0, DIR = 0x1000 };

static void ready(Rig *r)
{
    rig_open(r, "gicv2", "num-cpu=2", NULL);
    wr(r, DIST_CTLR, 3);
    for (r->cpu = 2; r->cpu-- > 0;) {
        for (u32 i = 0; i < 8; i++)
            wr(r, IPRIORITYR + 4 * i, 0x80808080);
        wr(r, C + PMR, 0xff);
        wr(r, C + CTLR, 1);
        if (!r->cpu)
            break;
    }
}

static u32 at_cpu(Rig *r, u16 cpu, u64 at)
{
    u16 was = r->cpu;
    u32 v;

    r->cpu = cpu;
    v = rd(r, at);
    r->cpu = was;
    return v;
}

TEST(gicv2_reset_values)
{
    Rig r;

    rig_open(&r, "gicv2", "num-cpu=2", NULL);
    r.cpu = 0;
    rig_check(&r, "tests/device/gicv2.txt");
    EQ(at_cpu(&r, 1, ITARGETSR), 0x02020202);
    rig_close(&r);
    rig_open(&r, "gicv2", "num-cpu=1", NULL);
    EQ(rd(&r, ITARGETSR), 0);
    EQ(rd(&r, 4), 8);
    rig_close(&r);
}

TEST(gicv2_write_masks)
{
    Rig r;

    rig_open(&r, "gicv2", "num-cpu=2", NULL);
    r.cpu = 0;
    for (u32 at = 4; at < 0x1000; at += 4)
        if (at < 0x200 || (at >= 0x300 && at != SGIR))
            wr(&r, at, ~0u);
    wr(&r, 0, ~0u);
    rig_check(&r, "tests/device/gicv2_ones.txt");
    wr(&r, C + CTLR, ~0u);
    EQ(rd(&r, C + CTLR), 0x21f);
    wr(&r, C + PMR, ~0u);
    EQ(rd(&r, C + PMR), 0xff);
    wr(&r, C + BPR, ~0u);
    EQ(rd(&r, C + BPR), 7);
    wr(&r, C + ABPR, 0);
    EQ(rd(&r, C + ABPR), 1);
    rig_close(&r);
}

TEST(gicv2_sgi)
{
    Rig r;

    ready(&r);
    wr(&r, SGIR, 1 << 24 | 3); // to all others
    EQ(r.line[0], 0);
    EQ(r.line[1], 1);
    r.cpu = 1;
    wr(&r, SGIR, 2 << 24 | 3); // to itself
    EQ(rd(&r, SPENDSGIR), 0x03000000);
    EQ(rd(&r, ISPENDR), 8);
    wr(&r, ICPENDR, 8); // not for SGIs
    EQ(rd(&r, ISPENDR), 8);
    EQ(rd(&r, C + HPPIR), 3);
    EQ(rd(&r, C + IAR), 3);
    EQ(rd(&r, C + IAR), 1023);
    EQ(rd(&r, C + RPR), 0x80);
    wr(&r, C + EOIR, 3);
    EQ(rd(&r, C + IAR), 3 | 1 << 10); // sent by CPU 1
    EQ(rd(&r, ISPENDR), 0);
    wr(&r, C + EOIR, 3 | 1 << 10);
    EQ(r.line[1], 0);
    EQ(rd(&r, ISACTIVER), 0);
    wr(&r, SGIR, 3 << 16 | 5);
    EQ(r.line[0], 1);
    EQ(r.line[1], 1);
    rig_write(&r, CPENDSGIR + 5, 2, 1);
    EQ(r.line[1], 0);
    rig_write(&r, SPENDSGIR + 6, 0xff, 1);
    EQ(rd(&r, C + IAR), 6);
    rig_close(&r);
}

TEST(gicv2_spi_targets)
{
    Rig r;

    ready(&r);
    wr(&r, ISENABLER + 4, 1);
    device_irq_input(r.dev, SPI(0), 1);
    EQ(r.line[0], 0); // no target
    rig_write(&r, ITARGETSR + 32, 3, 1);
    EQ(r.line[0], 1);
    EQ(r.line[1], 1);
    r.cpu = 1;
    EQ(rd(&r, C + IAR), 32);
    EQ(r.line[0], 0); // 1 of N
    EQ(at_cpu(&r, 0, C + IAR), 1023);
    wr(&r, C + EOIR, 32);
    EQ(r.line[0], 1);
    rig_write(&r, ITARGETSR + 32, 2, 1);
    EQ(r.line[0], 0);
    EQ(r.line[1], 1);
    EQ(rd(&r, C + IAR), 32);
    wr(&r, C + CTLR, 0x201); // EOImode
    wr(&r, C + EOIR, 32);
    EQ(rd(&r, ISACTIVER + 4), 1);
    wr(&r, C + DIR, 32);
    EQ(rd(&r, ISACTIVER + 4), 0);
    rig_check_state(&r);
    rig_close(&r);
}

TEST(gicv2_groups)
{
    Rig r;

    ready(&r);
    wr(&r, IGROUPR, ~0u);
    wr(&r, C + CTLR, 3);
    wr(&r, SGIR, 2 << 24 | 3);
    EQ(r.line[0], 1);
    EQ(rd(&r, C + HPPIR), 1022);
    EQ(rd(&r, C + AHPPIR), 3);
    EQ(rd(&r, C + IAR), 1022);
    EQ(rd(&r, C + AIAR), 3);
    EQ(rd(&r, C + NSAPR + 8), 1);
    wr(&r, C + EOIR, 3); // group 0's
    EQ(rd(&r, C + RPR), 0x80);
    wr(&r, C + AEOIR, 3);
    EQ(rd(&r, C + RPR), 0xff);
    wr(&r, C + CTLR, 7); // AckCtl
    wr(&r, SGIR, 2 << 24 | 3);
    EQ(rd(&r, C + HPPIR), 3);
    EQ(rd(&r, C + IAR), 3);
    wr(&r, C + EOIR, 3);
    EQ(rd(&r, ISACTIVER), 0);
    wr(&r, IGROUPR, 0); // group 0 as FIQ
    wr(&r, C + CTLR, 9);
    wr(&r, SGIR, 2 << 24 | 3);
    EQ(r.line[0], 0);
    EQ(r.line[2], 1);
    rig_close(&r);
}

TEST(gicv2_preemption)
{
    Rig r;

    ready(&r);
    rig_write(&r, IPRIORITYR + 4, 0x7f, 1);
    wr(&r, SGIR, 2 << 24 | 3);
    EQ(rd(&r, C + IAR), 3);
    wr(&r, C + BPR, 7); // no bit counts
    wr(&r, SGIR, 2 << 24 | 4);
    EQ(r.line[0], 1); // group priority 0 against 0x80, taken at the old point
    wr(&r, C + BPR, 0);
    EQ(rd(&r, C + IAR), 4);
    EQ(rd(&r, C + RPR), 0x7e);
    EQ(rd(&r, C + APR + 4), 1u << 31);
    EQ(rd(&r, C + APR + 8), 1);
    wr(&r, C + EOIR, 4);
    wr(&r, C + EOIR, 3);
    EQ(rd(&r, C + RPR), 0xff);
    rig_close(&r);
}

TEST(gicv2_bad_accesses)
{
    Rig r;

    ready(&r);
    for (u64 at = 0; at < 0x1000; at++) {
        for (unsigned size = 1; size <= 8; size *= 2) {
            if (at % size)
                continue;
            rig_write(&r, at, ~0ull, size);
            rig_read(&r, at, size);
            rig_write(&r, C + at, ~0ull, size);
            rig_read(&r, C + at, size);
        }
    }
    for (u32 id = 0; id < 1024; id++) {
        wr(&r, C + EOIR, id);
        wr(&r, C + DIR, id);
    }
    r.cpu = 77;
    rd(&r, C + IAR);
    r.cpu = 0;
    for (int i = 0; i < 256; i++)
        device_irq_input(r.dev, SPI(i), 1);
    for (int i = 0; i < 2000; i++)
        wr(&r, C + EOIR, rd(&r, C + IAR));
    rig_check_state(&r);
    rig_close(&r);
}

TEST(gicv2_too_many_cpus)
{
    Error err = { 0 };
    Clocks clocks = { 0 };
    Device *d = device_new(device_class_find("gicv2", NULL), "gic", &(DeviceHost){
        .clocks = &clocks });

    FALSE(device_set(d, "num-cpu", "9", &err));
    device_free(d);
}
