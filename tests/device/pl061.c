// SPDX-License-Identifier: MIT
// PL061: masked data, directions, edges and levels; the push button before it.
#include "tests/device/rig.h"
#include "tests/lib/test.h"

enum { DIR = 0x400, IS = 0x404, IBE = 0x408, IEV = 0x40c, IE = 0x410, RIS = 0x414, MIS = 0x418,
       IC = 0x41c, AFSEL = 0x420 };
#define DATA(mask) ((mask) << 2)

static void pin(Rig *r, int n, int level) { device_irq_input(r->dev, n, level); }

TEST(pl061_reset_values)
{
    static const u32 writable[] = { DIR, IS, IBE, IEV, IE, AFSEL }; // 0xff each, as the peer
    Rig r;

    rig_open(&r, "pl061", NULL, NULL);
    rig_check(&r, "tests/device/pl061.txt");
    for (size_t i = 0; i < ARRAY_LEN(writable); i++) {
        wr(&r, writable[i], ~0u);
        EQ(rd(&r, writable[i]), 0xff);
        wr(&r, writable[i], 0);
        EQ(rd(&r, writable[i]), 0);
    }
    rig_close(&r);
}

TEST(pl061_data_mask)
{
    Rig r;

    rig_open(&r, "pl061", NULL, NULL);
    wr(&r, DATA(0xff), 0xff); // inputs: nothing is stored
    EQ(rd(&r, DATA(0xff)), 0);
    wr(&r, DIR, 0x0f);
    wr(&r, DATA(0xff), 0xa5);
    EQ(rd(&r, DATA(0xff)), 0x05);
    wr(&r, DATA(0x03), 0x02);
    EQ(rd(&r, DATA(0xff)), 0x06);
    EQ(rd(&r, DATA(0x04)), 0x04);
    EQ(r.line[1 + 0], 0);
    EQ(r.line[1 + 1], 1);
    EQ(r.line[1 + 2], 1);
    pin(&r, 7, 1);
    pin(&r, 0, 1); // an output: its latch counts
    EQ(rd(&r, DATA(0xff)), 0x86);
    wr(&r, DIR, 0);
    EQ(r.line[1 + 1], 0);
    EQ(rd(&r, DATA(0xff)), 0x81);
    rig_check_state(&r);
    rig_close(&r);
}

TEST(pl061_edges)
{
    Rig r;

    rig_open(&r, "pl061", NULL, NULL);
    wr(&r, IEV, 1 << 3); // pin 3 rising, pin 4 falling, pin 5 both
    wr(&r, IBE, 1 << 5);
    pin(&r, 3, 1);
    pin(&r, 4, 1);
    EQ(rd(&r, RIS), 1 << 3);
    EQ(r.line[0], 0); // masked
    wr(&r, IE, 0xff);
    EQ(r.line[0], 1);
    EQ(rd(&r, MIS), 1 << 3);
    wr(&r, IC, 1 << 3);
    EQ(r.line[0], 0);
    pin(&r, 3, 0);
    EQ(rd(&r, RIS), 0);
    pin(&r, 4, 0);
    pin(&r, 5, 1);
    EQ(rd(&r, RIS), 3 << 4);
    wr(&r, IC, 0xff);
    pin(&r, 5, 0);
    EQ(rd(&r, RIS), 1 << 5);
    EQ(r.line[0], 1);
    rig_close(&r);
}

TEST(pl061_levels)
{
    Rig r;

    rig_open(&r, "pl061", NULL, NULL);
    wr(&r, IEV, 0x02);
    wr(&r, IS, 0x03); // pin 0 low, pin 1 high
    EQ(rd(&r, RIS), 0x01);
    pin(&r, 0, 1);
    EQ(rd(&r, RIS), 0);
    pin(&r, 1, 1);
    wr(&r, IE, 0x02);
    EQ(r.line[0], 1);
    wr(&r, IC, 0xff); // does not clear a level
    EQ(r.line[0], 1);
    pin(&r, 1, 0);
    EQ(r.line[0], 0);
    device_irq_input(r.dev, 99, 1);
    device_irq_input(r.dev, -1, 1);
    EQ(rd(&r, DATA(0xff)), 0x01);
    rig_close(&r);
}

TEST(gpio_key_press)
{
    Rig r;

    rig_open(&r, "gpio-key", NULL, NULL);
    pin(&r, 0, 1);
    pin(&r, 0, 0);
    EQ(r.line[0], 1);
    rig_check_state(&r);
    rig_spin(&r, 30);
    EQ(r.line[0], 1);
    rig_spin(&r, 120);
    EQ(r.line[0], 0);
    EQ(r.edges[0], 1);
    rig_close(&r);
}
