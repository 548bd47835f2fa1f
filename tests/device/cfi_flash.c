// SPDX-License-Identifier: MIT
// CFI flash: query, program, erase, buffer, locks, the medium behind it.
#include "core/block.h"
#include "tests/device/rig.h"
#include "tests/lib/test.h"
#include "util/bits.h"

#define SECTOR 0x40000u

static void cmd(Rig *r, u64 at, u32 c) { wr(r, at, c | c << 16); }
static u32 status(Rig *r)
{
    cmd(r, 0, 0x70);
    return rd(r, 0);
}
static u32 array(Rig *r, u64 at)
{
    cmd(r, 0, 0xff);
    return rd(r, at);
}
static void program(Rig *r, u64 at, u32 v)
{
    cmd(r, at, 0x40);
    wr(r, at, v);
}
static void erase(Rig *r, u64 at)
{
    cmd(r, at, 0x20);
    cmd(r, at, 0xd0);
}

TEST(cfi_flash_query)
{
    Rig r;

    rig_open(&r, "cfi.pflash01", NULL, NULL);
    EQ(rd(&r, 0), 0);
    cmd(&r, 0x154, 0x98);
    rig_check(&r, "tests/device/cfi_flash.txt");
    EQ(rig_read(&r, 0x42, 2), 'Q');
    EQ(rig_read(&r, 0x40, 8), 0x0052005200510051);
    cmd(&r, 0, 0x90);
    EQ(rd(&r, 0), 0x00890089);
    EQ(rd(&r, 4), 0x00180018);
    EQ(rd(&r, 12), 0);
    EQ(array(&r, 0), 0);
    rig_check_state(&r);
    rig_close(&r);
}

TEST(cfi_flash_program_erase)
{
    Rig r;

    rig_open(&r, "cfi.pflash01", "size=1M", NULL);
    erase(&r, SECTOR + 8);
    EQ(rd(&r, 0), 0x00800080);
    EQ(array(&r, SECTOR), ~0u);
    EQ(array(&r, 2 * SECTOR - 4), ~0u);
    EQ(array(&r, 2 * SECTOR), 0);
    program(&r, SECTOR + 8, 0x12345678);
    EQ(status(&r), 0x00800080);
    EQ(array(&r, SECTOR + 8), 0x12345678);
    program(&r, SECTOR + 8, 0xff0000ff); // clears only
    EQ(array(&r, SECTOR + 8), 0x12000078);
    cmd(&r, 0, 0x40);
    rig_write(&r, SECTOR + 14, 0xab, 1); // other bytes stay
    EQ(array(&r, SECTOR + 12), 0xffabffff);
    cmd(&r, 0, 0x20);
    cmd(&r, 0, 0x10);
    EQ(status(&r), 0x00b000b0);
    cmd(&r, 0, 0x50);
    EQ(status(&r), 0x00800080);
    rig_close(&r);
}

static void buffered(Rig *r, u64 at, u32 words, u32 confirm)
{
    cmd(r, at, 0xe8);
    EQ(rd(r, at), 0x00800080);
    cmd(r, at, words - 1);
    for (u32 i = 0; i < words; i++)
        wr(r, at + 4 * i, 0x01010101 * (i + 1));
    cmd(r, at, confirm);
}

TEST(cfi_flash_buffer)
{
    Rig r;

    rig_open(&r, "cfi.pflash01", "size=1M", NULL);
    erase(&r, 0);
    buffered(&r, 0x20, 4, 0xd0);
    EQ(status(&r), 0x00800080);
    for (u32 i = 0; i < 4; i++)
        EQ(array(&r, 0x20 + 4 * i), 0x01010101 * (i + 1));
    EQ(array(&r, 0x30), ~0u);
    buffered(&r, 0x1000, 1024, 0xd0);
    EQ(array(&r, 0x1000 + 4092), 0x01010101u * 1024);
    buffered(&r, 0x4000, 4, 0xff); // not confirmed: nothing
    EQ(status(&r), 0x00b000b0);
    EQ(array(&r, 0x4000), ~0u);
    cmd(&r, 0, 0x50);
    cmd(&r, 0, 0xe8);
    cmd(&r, 0, 1024); // one too many
    EQ(status(&r), 0x00b000b0);
    cmd(&r, 0, 0x50);
    cmd(&r, 0, 0xe8); // beyond the sector's end
    cmd(&r, 0, 3);
    wr(&r, SECTOR - 4, 0);
    wr(&r, SECTOR, 0);
    EQ(status(&r), 0x00b000b0);
    EQ(array(&r, SECTOR - 4), ~0u);
    rig_close(&r);
}

TEST(cfi_flash_locks)
{
    Rig r;

    rig_open(&r, "cfi.pflash01", "size=1M", NULL);
    cmd(&r, SECTOR, 0x60);
    cmd(&r, SECTOR, 0x01);
    cmd(&r, 0, 0x90);
    EQ(rd(&r, SECTOR + 8), 0x00010001);
    EQ(rd(&r, 8), 0);
    erase(&r, SECTOR);
    EQ(status(&r), 0x00a200a2);
    EQ(array(&r, SECTOR), 0);
    cmd(&r, 0, 0x50);
    cmd(&r, SECTOR, 0x60);
    cmd(&r, SECTOR, 0xd0);
    erase(&r, SECTOR);
    EQ(array(&r, SECTOR), ~0u);
    program(&r, SECTOR, 1);
    device_reset(r.dev); // the content stays
    EQ(rd(&r, SECTOR), 1);
    rig_close(&r);
}

static u32 medium_word(Block *b, u64 at)
{
    u8 buf[512];
    Error err = { 0 };

    TRUE(block_read_now(b, align_down(at, 512), buf, 512, &err));
    return load_le32(buf + at % 512);
}

TEST(cfi_flash_medium)
{
    Rig r;
    Error err = { 0 };
    Block *b = block_ram_new(NULL, MIB, &err);

    rig_open_block(&r, "cfi.pflash01", "size=1M", NULL, b);
    erase(&r, SECTOR);
    EQ(status(&r), 0); // busy until it is written
    program(&r, SECTOR, 0xdeadbeef);
    program(&r, 0x1234 & ~3u, 0);
    for (int i = 0; status(&r) != 0x00800080 && i < 100; i++)
        rig_spin(&r, 5);
    EQ(status(&r), 0x00800080);
    EQ(medium_word(b, SECTOR), 0xdeadbeef);
    EQ(medium_word(b, SECTOR + 4), ~0u);
    rig_close(&r);
    rig_open_block(&r, "cfi.pflash01", "size=1M", NULL, b);
    EQ(rd(&r, SECTOR), 0xdeadbeef);
    b->readonly = true;
    erase(&r, SECTOR);
    EQ(status(&r), 0x00a200a2);
    EQ(array(&r, SECTOR), 0xdeadbeef);
    erase(&r, 0);
    rig_close(&r); // with requests in the air
    block_close(b);
}

TEST(cfi_flash_any_writes)
{
    Rig r;
    Error err = { 0 };
    Block *b = block_ram_new(NULL, MIB, &err);

    rig_open_block(&r, "cfi.pflash01", "size=1M", NULL, b);
    for (int i = 0; i < 20000; i++) {
        static const u8 likely[] = { 0xe8, 0xd0, 0x40, 0x20, 0x60, 0x70, 0xff, 1 };
        u64 x = test_random();
        u64 v = x & 1 ? likely[x >> 8 & 7] : x >> 16;

        rig_write(&r, (x >> 32) & 0xffffc, v, 4);
        (void)rd(&r, (x >> 20) & 0xffffc);
        if (i % 512 == 0)
            rig_spin(&r, 1);
    }
    rig_check_state(&r);
    rig_close(&r);
    block_close(b);
}
