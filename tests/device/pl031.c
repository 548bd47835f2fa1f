// SPDX-License-Identifier: MIT
// PL031: time, alarm.
#include "tests/device/rig.h"
#include "tests/lib/test.h"

enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

TEST(pl031_reset_values)
{
    Rig r;

    rig_open(&r, "pl031", NULL, NULL);
    rig_check(&r, "tests/device/pl031.txt");
    wr(&r, IMSC, ~0u);
    EQ(rd(&r, IMSC), 1);
    wr(&r, CR, 0);
    EQ(rd(&r, CR), 1);
    rig_close(&r);
}

TEST(pl031_time)
{
    Rig r;
    u32 host;

    rig_open(&r, "pl031", NULL, NULL);
    host = (u32)(input_wall_ns(&r.input) / NS_PER_SECOND);
    TRUE(rd(&r, DR) - host <= 1);
    wr(&r, LR, 0xfffffff0);
    TRUE(rd(&r, DR) - 0xfffffff0 <= 1);
    EQ(rd(&r, LR), 0xfffffff0);
    rig_check_state(&r);
    rig_close(&r);
}

TEST(pl031_alarm)
{
    Rig r;

    rig_open(&r, "pl031", NULL, NULL);
    wr(&r, IMSC, 1);
    wr(&r, LR, 100);
    wr(&r, MR, 102);
    EQ(rd(&r, RIS), 0);
    rig_spin(&r, 2200);
    EQ(rd(&r, RIS), 1);
    EQ(rd(&r, MIS), 1);
    EQ(r.line[0], 1);
    wr(&r, ICR, 1);
    EQ(r.line[0], 0);
    wr(&r, MR, rd(&r, DR)); // now: at once
    EQ(rd(&r, RIS), 1);
    wr(&r, ICR, 1);
    wr(&r, MR, 5); // in 136 years
    EQ(rd(&r, RIS), 0);
    rig_close(&r);
}
