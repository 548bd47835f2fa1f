// SPDX-License-Identifier: MIT
// fw_cfg: items, directory, DMA, and what a hostile guest asks for.  Values from the peer
// (QEMU 7.2 over qtest): signature, id, DMA register, control word after each case.
#include "core/fw_cfg.h"

#include <string.h>

#include "core/machine.h"
#include "tests/device/rig.h"
#include "tests/lib/test.h"
#include "util/bits.h"

#define RAM_AT 0x40000000ull
#define DESC (RAM_AT + 0x8000)

typedef struct {
    Rig rig;
    Machine m;
    RamBlock *ram;
    MemoryRegion region;
    FwCfg *store;
} Bench;

static void bench_open(Bench *b)
{
    Error err = { 0 };

    *b = (Bench){ 0 };
    rig_open(&b->rig, "fw-cfg", NULL, &b->m);
    b->store = b->m.fw_cfg;
    b->ram = ram_new(&b->rig.mem, "ram", MIB, RAM_ANON, &err);
    region_init_ram(&b->region, "ram", b->ram, 0, MIB);
    mem_begin(&b->rig.mem);
    mem_add(&b->rig.root, RAM_AT, &b->region, 0);
    mem_commit(&b->rig.mem);
}

static void bench_close(Bench *b)
{
    mem_begin(&b->rig.mem);
    mem_del(&b->region);
    mem_commit(&b->rig.mem);
    rig_close(&b->rig);
}

static void key(Bench *b, u16 k) { rig_write(&b->rig, 8, bswap16(k), 2); }

// The control word after a transfer.
static u32 dma(Bench *b, u32 control, u32 len, u64 at)
{
    u32 d[4] = { bswap32(control), bswap32(len), bswap32((u32)(at >> 32)), bswap32((u32)at) };

    memcpy(b->ram->host + 0x8000, d, 16);
    rig_write(&b->rig, 0x10, bswap64(DESC), 8);
    return bswap32(load_le32(b->ram->host + 0x8000));
}

TEST(fw_cfg_data)
{
    Bench b;
    Rig *r = &b.rig;

    bench_open(&b);
    EQ(rig_read(r, 0x10, 8), 0x47464320554d4551);
    EQ(rd(r, 0x10), 0x554d4551);
    EQ(rd(r, 0x14), 0x47464320);
    EQ(rig_read(r, 0, 8), 0x554d4551); // key 0 after reset; zeroes beyond the end
    EQ(rig_read(r, 0, 1), 0);
    key(&b, FW_CFG_ID);
    EQ(rd(r, 0), 3);
    key(&b, 0x7777);
    EQ(rd(r, 0), 0);
    key(&b, 0);
    EQ(rig_read(r, 0, 1), 'Q');
    EQ(rig_read(r, 0, 2), 'E' | 'M' << 8);
    EQ(rig_read(r, 8, 2), 0);
    rig_write(r, 0, 0xffffffff, 4); // read only since version 2.4
    key(&b, 0);
    EQ(rd(r, 0), 0x554d4551);
    rig_check_state(r);
    bench_close(&b);
}

TEST(fw_cfg_directory)
{
    Bench b;
    Error err = { 0 };
    char long_name[80];

    bench_open(&b);
    TRUE(fw_cfg_add_file(b.store, "opt/b", "second", 6, false, &err));
    TRUE(fw_cfg_add_file(b.store, "opt/a", "first", 5, false, &err));
    TRUE(!fw_cfg_add_file(b.store, "opt/a", "x", 1, false, &err));
    memset(long_name, 'x', sizeof(long_name));
    long_name[56] = '\0';
    TRUE(!fw_cfg_add_file(b.store, long_name, "x", 1, false, &err));
    key(&b, FW_CFG_FILE_DIR);
    EQ(bswap32(rd(&b.rig, 0)), 2);
    EQ(bswap32(rd(&b.rig, 0)), 5);
    EQ(bswap32(rd(&b.rig, 0)), 0x20 << 16);
    EQ(rig_read(&b.rig, 0, 8), load_le64((const u8 *)"opt/a\0\0\0"));
    key(&b, 0x21);
    EQ(rig_read(&b.rig, 0, 8), load_le64((const u8 *)"second\0\0"));
    bench_close(&b);
}

TEST(fw_cfg_dma)
{
    Bench b;
    Error err = { 0 };
    u8 *ram;

    bench_open(&b);
    ram = b.ram->host;
    TRUE(fw_cfg_add_file(b.store, "etc/w", "0123456789", 10, true, &err));
    memset(ram, 0xee, 64);
    EQ(dma(&b, 8 | 2, 8, RAM_AT), 0); // select 0, read
    MEM_EQ(ram, "QEMU\0\0\0\0\xee", 9);
    EQ(dma(&b, 0x20 << 16 | 8 | 4, 3, 0), 0); // skip
    EQ(dma(&b, 2, 4, RAM_AT), 0);
    MEM_EQ(ram, "3456", 4);
    EQ(dma(&b, 0x20 << 16 | 8, 0, 0), 0);
    memcpy(ram, "abc", 3);
    EQ(dma(&b, 16, 3, RAM_AT), 0); // write
    EQ(dma(&b, 0x20 << 16 | 8 | 2, 10, RAM_AT + 32), 0);
    MEM_EQ(ram + 32, "abc3456789", 10);
    EQ(dma(&b, 0x77 << 16 | 8 | 2, 4, RAM_AT), 0); // no such item: zeroes
    MEM_EQ(ram, "\0\0\0\0", 4);
    EQ(dma(&b, 0x20, 4, RAM_AT), 0);
    rig_write(&b.rig, 0x10, 0, 4); // by halves
    memcpy(ram + 0x8000, "\0\0\0\x0a\0\0\0\x04\0\0\0\0\x40\0\0\0", 16);
    wr(&b.rig, 0x14, bswap32((u32)DESC));
    MEM_EQ(ram, "QEMU", 4);
    MEM_EQ(ram + 0x8000, "\0\0\0\0", 4);
    bench_close(&b);
}

TEST(fw_cfg_hostile)
{
    Bench b;
    Error err = { 0 };

    bench_open(&b);
    TRUE(fw_cfg_add_file(b.store, "etc/w", "0123", 4, true, &err));
    EQ(dma(&b, 8 | 16, 4, RAM_AT), 1);                       // not writable
    EQ(dma(&b, 0x20 << 16 | 8 | 16, 5, RAM_AT), 1);          // larger than it is
    EQ(dma(&b, 0x20 << 16 | 8 | 16, ~0u, RAM_AT), 1);
    EQ(dma(&b, 0x77 << 16 | 8 | 16, 1, RAM_AT), 1);
    EQ(dma(&b, 8 | 2, 4, 0x80000000), 1);                    // nothing there
    EQ(dma(&b, 8 | 2, 4, ~0ull - 1), 1);                     // around the end
    EQ(dma(&b, 8 | 2, 4, 0), 1);                             // own registers
    EQ(dma(&b, 0x20 << 16 | 8 | 16, 4, 0), 1);
    EQ(dma(&b, 0x77 << 16 | 8 | 2, ~0u, RAM_AT + 0x9000), 1); // 4 GiB: stops where RAM does
    EQ(dma(&b, 8 | 4, ~0u, 0), 0);
    EQ(dma(&b, 0x20 << 16 | 8 | 2, 4, RAM_AT), 0);
    MEM_EQ(b.ram->host, "0123", 4);
    rig_write(&b.rig, 0x10, bswap64(0xffffffffffffull), 8);  // no descriptor
    rig_write(&b.rig, 0x10, 0, 8);                           // in our registers
    rig_write(&b.rig, 0x11, 0, 1);
    rig_write(&b.rig, 0x0a, 0, 2);
    TRUE(b.rig.dev->guest_errors > 8);
    bench_close(&b);
}
