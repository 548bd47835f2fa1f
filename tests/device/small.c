// SPDX-License-Identifier: MIT
// Devices of few registers: virtio-mmio without a device, the empty PCI host, GICv2m.
// Values are those of the peer's virt board (version 7.2).
#include "tests/device/rig.h"
#include "tests/lib/test.h"

TEST(virtio_mmio_empty)
{
    Rig r;

    rig_open(&r, "virtio-mmio", NULL, NULL);
    EQ(rd(&r, 0), 0x74726976);
    EQ(rd(&r, 4), 1);
    EQ(rd(&r, 8), 0);
    EQ(rd(&r, 0xc), 0x554d4551);
    EQ(rig_read(&r, 0, 1), 0x76);
    EQ(rig_read(&r, 0, 8), 0x174726976ull);
    for (u32 at = 0x10; at < 0x200; at += 4) {
        wr(&r, at, ~0u);
        EQ(rd(&r, at), 0);
    }
    rig_check_state(&r);
    rig_close(&r);
    rig_open(&r, "virtio-mmio", "force-legacy=off", NULL);
    EQ(rd(&r, 4), 2);
    rig_close(&r);
}

TEST(gpex_empty_bus)
{
    static const struct { u32 at, reset, ones; } t[] = {
        { 0x00, 0x00081b36, 0x00081b36 }, { 0x04, 0, 0x507 }, { 0x08, 0x06000000, 0x06000000 },
        { 0x0c, 0, 0xff }, { 0x10, 0, 0 }, { 0x2c, 0x11001af4, 0x11001af4 }, { 0x3c, 0, 0xff },
    };
    Rig r;

    rig_open(&r, "gpex", "mmio-size=1M,mmio64-size=1M", NULL);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        EQ(rd(&r, t[i].at), t[i].reset);
        wr(&r, t[i].at, ~0u);
        EQ(rd(&r, t[i].at), t[i].ones);
    }
    EQ(rig_read(&r, 0x0a, 2), 0x600);
    EQ(rig_read(&r, 0x0e, 1), 0);
    EQ(rd(&r, 0x100), ~0u);     // extended part
    EQ(rd(&r, 0x1000), ~0u);    // 00:00.1
    EQ(rd(&r, 0x8000), ~0u);    // 00:01.0
    EQ(rd(&r, 0xffffffc), ~0u); // ff:1f.7
    EQ(rig_read(&r, 0x8000, 1), 0xff);
    EQ(rd(&r, 0x10000000), ~0u);
    rig_write(&r, 0xfd, ~0ull, 1);
    rig_check_state(&r);
    rig_close(&r);
}

TEST(gicv2m_frame)
{
    Rig r;

    rig_open(&r, "gicv2m", NULL, NULL);
    EQ(rd(&r, 8), 0x00500040);
    EQ(rd(&r, 0xfcc), 0x05100000);
    wr(&r, 0x40, 80 + 3);
    EQ(r.edges[3], 1);
    EQ(r.line[3], 0);
    wr(&r, 0x40, 79);
    wr(&r, 0x40, 80 + 64);
    wr(&r, 0x40, ~0u);
    for (int i = 0; i < RIG_LINES; i++)
        EQ(r.edges[i], i == 3);
    rig_check_state(&r);
    rig_close(&r);
}
