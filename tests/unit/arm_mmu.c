// SPDX-License-Identifier: MIT
// Page-table walks over tables in RAM: granules, levels, permissions, faults, AF and dirty bits.
#include "tests/unit/arm_cpu.h"

#include "tests/lib/test.h"
#include "util/bits.h"

enum { T0 = TEST_RAM, T1 = TEST_RAM + 0x10000, T2 = TEST_RAM + 0x20000, T3 = TEST_RAM + 0x30000 };
#define AF (1ull << 10)
#define NG (1ull << 11)
#define AP(n) ((u64)(n) << 6)
#define DBM (1ull << 51)
#define PXN (1ull << 53)
#define UXN (1ull << 54)
enum { PAGE = 3, BLOCK = 1, TABLE = 3 };

static ArmCpu *cpu_on(const char *model, u64 tcr)
{
    ArmCpu *s = test_arm_cpu(model);

    s->sctlr[1] |= SCTLR_M;
    s->tcr[1] = tcr | 5ull << 32;                   // IPS: as many bits as there are
    s->mair[1] = 0x00ff44;                          // 0 non-cacheable, 1 write-back, 2 device
    s->ttbr0[1] = s->ttbr1 = T0;
    return s;
}

// 48 bits, 4 KiB: VA 0x1000.. at level 3.
static ArmCpu *cpu_4k(const char *model)
{
    ArmCpu *s = cpu_on(model, 16 | 16 << 16 | 2ull << 30);

    test_arm_poke(s, T0, T1 | TABLE);
    test_arm_poke(s, T1, T2 | TABLE);
    test_arm_poke(s, T2, T3 | TABLE);
    return s;
}

static ArmWalk walk_with(ArmCpu *s, u64 va, TcgAccess acc, unsigned el, bool own)
{
    ArmWalk w = { .va = va, .acc = acc, .el = (u8)el, .set_af = true, .set_dirty = true,
                  .mmu_off = !(s->sctlr[1] & SCTLR_M), .own = own };

    w.fsc = ~0u;
    if (arm_walk(s, &w))
        w.fsc = ~0u;
    return w;
}

// Without memory of tables; then again with, which must be the same when the table is known.
static ArmWalk walk(ArmCpu *s, u64 va, TcgAccess acc, unsigned el)
{
    ArmWalk w = walk_with(s, va, acc, el, false);

    arm_forget_tables(&s->cpu);
    arm_forget_kinds(s);
    for (int i = 0; i < 2; i++) {
        ArmWalk again = walk_with(s, va, acc, el, true);

        EQ(again.fsc, w.fsc);
        EQ(again.pa, w.pa);
        EQ(again.prot, w.prot);
        EQ(again.size, w.size);
    }
    return w;
}

static u32 fsc(ArmCpu *s, u64 va, TcgAccess acc, unsigned el) { return walk(s, va, acc, el).fsc; }
enum { OK = ~0u };

TEST(arm_mmu_off_is_flat)
{
    ArmCpu *s = test_arm_cpu("cortex-a53");         // 40 bits
    ArmWalk w = walk(s, 0x12345678, ACC_READ, 1);

    EQ(w.fsc, OK);
    EQ(w.pa, 0x12345678);
    TRUE(w.device);
    FALSE(walk(s, 0x12345678, ACC_FETCH, 1).device);
    EQ(fsc(s, 1ull << 40, ACC_READ, 1), 0);         // address size, level 0
    EQ(fsc(s, ~0ull << 40, ACC_READ, 1), 0);
    s->tcr[1] = 1ull << 37;                         // TBI0
    EQ(fsc(s, 0xff00000000001000, ACC_READ, 1), OK);
}

TEST(arm_mmu_levels_4k)
{
    ArmCpu *s = cpu_4k("cortex-a72");
    ArmWalk w;

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | 1 << 2 | PAGE);
    w = walk(s, 0x1abc, ACC_READ, 1);
    EQ(w.fsc, OK);
    EQ(w.pa, 0x41234abc);
    EQ(w.size, 4096);
    FALSE(w.device);
    EQ(fsc(s, 0x2000, ACC_READ, 1), 0x07);
    test_arm_poke(s, T3 + 16, 0x41234000 | AF | 1); // a block is reserved at level 3
    EQ(fsc(s, 0x2000, ACC_READ, 1), 0x07);
    EQ(fsc(s, 1ull << 21, ACC_READ, 1), 0x06);
    EQ(fsc(s, 1ull << 30, ACC_READ, 1), 0x05);
    EQ(fsc(s, 1ull << 39, ACC_READ, 1), 0x04);
    test_arm_poke(s, T2 + 8, 0x80200000 | AF | 2 << 2 | BLOCK);
    w = walk(s, 0x201234, ACC_WRITE, 1);
    EQ(w.pa, 0x80201234);
    EQ(w.size, 2 << 20);
    TRUE(w.device);
    test_arm_poke(s, T1 + 8, 0xc0000000 | AF | BLOCK);
    EQ(walk(s, 0x40000010, ACC_READ, 1).pa, 0xc0000010);
    test_arm_poke(s, T0 + 8, AF | BLOCK);           // no blocks at level 0
    EQ(fsc(s, 1ull << 39, ACC_READ, 1), 0x04);
}

TEST(arm_mmu_address_ranges)
{
    ArmCpu *s = cpu_4k("cortex-a72");

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE);
    EQ(fsc(s, 0xffff000000001000, ACC_READ, 1), OK);        // TTBR1 has the same table
    EQ(fsc(s, 0x0001000000001000, ACC_READ, 1), 0x04);
    EQ(fsc(s, 0xfffe000000001000, ACC_READ, 1), 0x04);
    EQ(fsc(s, 0xab00000000001000, ACC_READ, 1), 0x04);
    s->tcr[1] |= 1ull << 37;
    EQ(fsc(s, 0xab00000000001000, ACC_READ, 1), OK);
    EQ(fsc(s, 0xabff000000001000, ACC_READ, 1), 0x04);      // TBI1 is off
    s->tcr[1] |= 1ull << 38;
    EQ(fsc(s, 0xabff000000001000, ACC_READ, 1), OK);
    s->tcr[1] |= 1 << 7;                                    // EPD0
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x04);
    EQ(fsc(s, 0xffff000000001000, ACC_READ, 1), OK);
}

TEST(arm_mmu_39_bits_begin_at_level_1)
{
    ArmCpu *s = cpu_on("max", 25 | 16 << 16);

    test_arm_poke(s, T0, T2 | TABLE);
    test_arm_poke(s, T2, T3 | TABLE);
    test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE);
    EQ(walk(s, 0x1000, ACC_READ, 1).pa, 0x41234000);
    EQ(fsc(s, 1ull << 39, ACC_READ, 1), 0x04);
}

TEST(arm_mmu_other_granules)
{
    ArmCpu *s = cpu_on("max", 16 | 2 << 14);                // 16 KiB: level 0 has 2 entries

    test_arm_poke(s, T0, T1 | TABLE);
    test_arm_poke(s, T1, T2 | TABLE);
    test_arm_poke(s, T2, T3 | TABLE);
    test_arm_poke(s, T3 + 8, 0x41230000 | AF | PAGE);
    EQ(walk(s, 0x4444, ACC_READ, 1).pa, 0x41230444);
    EQ(walk(s, 0x4444, ACC_READ, 1).size, 16384);
    test_arm_poke(s, T2 + 8, 0x82000000 | AF | BLOCK);
    EQ(walk(s, 0x2000004, ACC_READ, 1).size, 32 << 20);
    test_arm_poke(s, T1 + 8, AF | BLOCK);                   // no level-1 block
    EQ(fsc(s, 1ull << 36, ACC_READ, 1), 0x05);
    // 64 KiB, 42 bits: from level 2
    s->tcr[1] = 22 | 1 << 14 | 5ull << 32;
    test_arm_poke(s, T0, T3 | TABLE);
    test_arm_poke(s, T3 + 8, 0x41230000 | AF | PAGE);
    EQ(walk(s, 0x1fff8, ACC_READ, 1).pa, 0x4123fff8);
    EQ(walk(s, 0x1fff8, ACC_READ, 1).size, 65536);
    test_arm_poke(s, T0 + 8, 0xa0000000 | AF | BLOCK);
    EQ(walk(s, 0x20000000, ACC_READ, 1).size, 512 << 20);
}

// D8.4: what each AP, UXN, PXN allows; letters of EL1, then EL0.
TEST(arm_mmu_permissions)
{
    static const struct { u64 desc; const char *el1, *el0; } rows[] = {
        { AP(0), "rwx", "x" }, { AP(1), "rw", "rwx" }, { AP(2), "rx", "x" },
        { AP(3), "rx", "rx" }, { AP(0) | UXN, "rwx", "" }, { AP(0) | PXN, "rw", "x" },
        { AP(3) | UXN, "rx", "r" }, { AP(3) | PXN, "r", "rx" }, { AP(2) | PXN | UXN, "r", "" },
    };
    ArmCpu *s = cpu_4k("cortex-a72");

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE | rows[i].desc);
        for (unsigned el = 0; el < 2; el++) {
            const char *may = el ? rows[i].el1 : rows[i].el0;

            EQ(fsc(s, 0x1000, ACC_READ, el), strchr(may, 'r') ? OK : 0x0f);
            EQ(fsc(s, 0x1000, ACC_WRITE, el), strchr(may, 'w') ? OK : 0x0f);
            EQ(fsc(s, 0x1000, ACC_FETCH, el), strchr(may, 'x') ? OK : 0x0f);
        }
    }
}

// D8.17: tables on the way may be remembered until a TLBI: by whom, for whom.
TEST(arm_mmu_tables_remembered)
{
    enum { OLD = 0x41234000, NEW = 0x41235000, OTHER = TEST_RAM + 0x40000 };
    ArmCpu *s = cpu_4k("max");
    ArmWalk w = { .va = 0x1000, .acc = ACC_READ, .el = 1, .own = true };
    ArmWalk fresh = w;

    fresh.own = false;
    test_arm_poke(s, T3 + 8, OLD | AF | PAGE);
    test_arm_poke(s, OTHER + 8, NEW | AF | PAGE);
    TRUE(arm_walk(s, &w));
    test_arm_poke(s, T2, OTHER | TABLE);
    TRUE(arm_walk(s, &w) && w.pa == OLD);                   // known
    TRUE(arm_walk(s, &fresh) && fresh.pa == NEW);           // AT, the debugger
    w.asid = 1;
    TRUE(arm_walk(s, &w) && w.pa == NEW);
    w.asid = 0;
    TRUE(arm_walk(s, &w) && w.pa == NEW);                   // it had the other's place
    test_arm_poke(s, T2, T3 | TABLE);
    s->ttbr0[1] |= 1ull << 48;
    TRUE(arm_walk(s, &w) && w.pa == OLD);
    test_arm_poke(s, T2, OTHER | TABLE);
    w.el = 0;
    test_arm_poke(s, OTHER + 8, NEW | AF | AP(1) | PAGE);
    TRUE(arm_walk(s, &w) && w.pa == NEW);
    test_arm_poke(s, T2, T3 | TABLE);
    arm_forget_tables(&s->cpu);
    w.el = 1;
    TRUE(arm_walk(s, &w) && w.pa == OLD);
    test_arm_poke(s, T2, OTHER | TABLE);
    TRUE(arm_walk(s, &w) && w.pa == OLD);
    s->cpu.cls->reset(&s->cpu);
    s->sctlr[1] |= SCTLR_M;
    s->tcr[1] = 16 | 16 << 16 | 2ull << 30 | 5ull << 32;
    s->ttbr0[1] = T0 | 1ull << 48;
    TRUE(arm_walk(s, &w) && w.pa == NEW);
}

TEST(arm_mmu_table_limits)
{
    ArmCpu *s = cpu_4k("cortex-a72");

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE | AP(1));
    test_arm_poke(s, T2, T3 | TABLE | 1ull << 61);          // APTable: not for EL0
    EQ(fsc(s, 0x1000, ACC_READ, 0), 0x0f);
    EQ(fsc(s, 0x1000, ACC_FETCH, 1), OK);                   // no longer writable by EL0
    test_arm_poke(s, T2, T3 | TABLE | 1ull << 62);          // read-only
    EQ(fsc(s, 0x1000, ACC_WRITE, 1), 0x0f);
    EQ(fsc(s, 0x1000, ACC_READ, 0), OK);
    test_arm_poke(s, T2, T3 | TABLE | 1ull << 60 | 1ull << 59);
    EQ(fsc(s, 0x1000, ACC_FETCH, 0), 0x0f);
    EQ(fsc(s, 0x1000, ACC_FETCH, 1), 0x0f);
}

// FEAT_HPDS (D8.4.3.2): with TCR.HPDn set, tables limit nothing in that half.
TEST(arm_mmu_hierarchical_permissions_disabled)
{
    const u16 tcr = ARM_KEY(3, 0, 2, 0, 2);
    const u32 write = arm_sys_iss(tcr, 0, false);
    ArmCpu *s = cpu_4k("cortex-a76");

    test_arm_poke(s, T2, T3 | TABLE | 3ull << 61 | 3ull << 59);
    test_arm_poke(s, T3 + 8, 0x41234000 | AF | AP(1) | PAGE);
    EQ(fsc(s, 0x1000, ACC_WRITE, 0), 0x0f);
    s->tcr[1] |= 1ull << 41;                                // HPD0
    EQ(fsc(s, 0x1000, ACC_WRITE, 0), OK);
    EQ(fsc(s, 0x1000, ACC_FETCH, 0), OK);
    EQ(fsc(s, 0xffff000000001000, ACC_WRITE, 0), 0x0f);
    s->tcr[1] |= 1ull << 42;                                // HPD1
    EQ(fsc(s, 0xffff000000001000, ACC_WRITE, 0), OK);
    s = test_arm_cpu("cortex-a72");                         // which has it not
    helper_msr(&s->cpu, write, 3ull << 41);
    EQ(helper_mrs(&s->cpu, write | 1), 0);
}

// FEAT_E0PD (D8.2.7): EL0 has no translations in that half.
TEST(arm_mmu_e0pd)
{
    ArmCpu *s = cpu_4k("max");

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | AP(1) | PAGE);
    s->tcr[1] |= 1ull << 56;                                // E0PD1
    EQ(fsc(s, 0xffff000000001000, ACC_READ, 0), 0x04);
    EQ(fsc(s, 0xffff000000001000, ACC_FETCH, 0), 0x04);
    EQ(fsc(s, 0xffff000000001000, ACC_READ, 1), OK);
    EQ(fsc(s, 0x1000, ACC_READ, 0), OK);
    s->tcr[1] |= 1ull << 55;                                // E0PD0
    EQ(fsc(s, 0x1000, ACC_READ, 0), 0x04);
}

TEST(arm_mmu_wxn_and_pan)
{
    ArmCpu *s = cpu_4k("max");
    ArmWalk w = { .va = 0x1000, .acc = ACC_READ, .el = 1, .pan = true };

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE | AP(0));
    s->sctlr[1] |= SCTLR_WXN;
    EQ(fsc(s, 0x1000, ACC_FETCH, 1), 0x0f);
    s->sctlr[1] &= ~(u64)SCTLR_WXN;
    EQ(fsc(s, 0x1000, ACC_FETCH, 1), OK);
    TRUE(arm_walk(s, &w));
    test_arm_poke(s, T3 + 8, 0x41234000 | AF | PAGE | AP(3));
    FALSE(arm_walk(s, &w));
    EQ(w.fsc, 0x0f);
    w.acc = ACC_FETCH;
    TRUE(arm_walk(s, &w));
}

TEST(arm_mmu_access_flag)
{
    ArmCpu *s = cpu_4k("cortex-a72");

    test_arm_poke(s, T3 + 8, 0x41234000 | PAGE);
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x0b);
    s->tcr[1] |= 1ull << 39;                                // HA: not on this model
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x0b);
    s = cpu_4k("max");
    test_arm_poke(s, T3 + 8, 0x41234000 | PAGE);
    s->tcr[1] |= 1ull << 39;
    EQ(fsc(s, 0x1000, ACC_READ, 1), OK);
    EQ(test_arm_peek(s, T3 + 8), 0x41234000 | PAGE | AF);
}

TEST(arm_mmu_dirty_state)
{
    ArmCpu *s = cpu_4k("max");
    ArmWalk w;

    s->tcr[1] |= 3ull << 39;                                // HA, HD
    test_arm_poke(s, T3 + 8, 0x41234000 | PAGE | AF | AP(2) | DBM);
    w = walk(s, 0x1000, ACC_READ, 1);
    EQ(w.fsc, OK);
    EQ(w.prot & PAGE_W, 0);                                 // clean: the store must come here
    w = walk(s, 0x1000, ACC_WRITE, 1);
    EQ(w.fsc, OK);
    EQ(w.prot & PAGE_W, PAGE_W);
    EQ(test_arm_peek(s, T3 + 8), 0x41234000 | PAGE | AF | DBM);
    test_arm_poke(s, T3 + 8, 0x41234000 | PAGE | AF | AP(2));       // truly read-only
    EQ(fsc(s, 0x1000, ACC_WRITE, 1), 0x0f);
}

TEST(arm_mmu_output_and_table_sizes)
{
    ArmCpu *s = cpu_4k("cortex-a53");                       // 40 bits

    test_arm_poke(s, T3 + 8, 1ull << 40 | AF | PAGE);
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x03);
    test_arm_poke(s, T2, 1ull << 40 | TABLE);
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x02);
    s->ttbr0[1] = 1ull << 40;
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x00);
    s->ttbr0[1] = T0;
    s->tcr[1] &= ~(7ull << 32);                             // IPS: 32 bits
    test_arm_poke(s, T2, T3 | TABLE);
    test_arm_poke(s, T3 + 8, 1ull << 32 | AF | PAGE);
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x03);
    s->ttbr0[1] = 0x10000000;                               // nothing there
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x14);
    s->ttbr0[1] = T0;
    test_arm_poke(s, T2, 0x10000000 | TABLE);
    EQ(fsc(s, 0x1000, ACC_READ, 1), 0x17);
}

TEST(arm_mmu_big_endian_tables)
{
    ArmCpu *s = cpu_on("max", 25 | 16 << 16);

    s->sctlr[1] |= SCTLR_EE;
    s->tcr[1] |= 1ull << 39;
    test_arm_poke(s, T0, bswap64(T2 | TABLE));
    test_arm_poke(s, T2, bswap64(T3 | TABLE));
    test_arm_poke(s, T3 + 8, bswap64(0x41234000 | PAGE));
    EQ(walk(s, 0x1000, ACC_READ, 1).pa, 0x41234000);
    EQ(test_arm_peek(s, T3 + 8), bswap64(0x41234000 | PAGE | AF));
}

TEST(arm_mmu_at_and_par)
{
    ArmCpu *s = cpu_4k("cortex-a72");

    test_arm_poke(s, T3 + 8, 0x41234000 | AF | 1 << 2 | 3 << 8 | PAGE);
    arm_at(s, 0x1abc, ACC_READ, 1, false);
    EQ(s->par & 0xff0000fffffff001, 0xff00000041234000);
    EQ(bits(s->par, 7, 2), 3);
    arm_at(s, 0x1abc, ACC_READ, 0, false);
    EQ(s->par & 0x7f, 0x0f << 1 | 1);
    arm_at(s, 0x2000, ACC_WRITE, 1, false);
    EQ(s->par & 0x7f, 0x07 << 1 | 1);
}

TEST(arm_mmu_context)
{
    ArmCpu *s = cpu_4k("max");
    TcgContext c;

    s->ttbr0[1] |= 0x1234ull << 48;
    s->ttbr1 |= 0x5678ull << 48;
    arm_context(&s->cpu, &c);
    EQ(c.data.asid, 0x34);                                  // TCR.AS: 8 bits
    s->tcr[1] |= 1ull << 36;
    arm_context(&s->cpu, &c);
    EQ(c.data.asid, 0x1234);
    EQ(c.data.perm, 1);
    EQ(c.user.perm, 0);
    s->tcr[1] |= 1 << 22;
    s->pan = PS_PAN;
    s->cpacr = 1 << 20;
    s->fpcr = 2 << 22;
    arm_context(&s->cpu, &c);
    EQ(c.data.asid, 0x5678);
    EQ(c.data.perm, 1 | ARM_PERM_PAN);
    FALSE(c.mode & AM_FP_TRAP);
    EQ(am_rmode(c.mode), 2);
    EQ(c.mxcsr, 0x1f80 | 1 << 13);                          // towards minus infinity
    s->el = s->spsel = 0;
    arm_context(&s->cpu, &c);
    TRUE(c.mode & AM_FP_TRAP);
    s->sctlr[1] &= ~(u64)SCTLR_M;
    arm_context(&s->cpu, &c);
    EQ(c.data.asid, 0);
}
