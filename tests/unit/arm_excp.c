// SPDX-License-Identifier: MIT
// Exception entry and return, syndromes, interrupts, debug (Arm ARM DDI 0487K.a D1, D2).
#include "tests/unit/arm_cpu.h"

#include "tests/lib/test.h"
#include "util/bits.h"

enum { VBAR = 0x80000, EL0T = 0, EL1T = 4, EL1H = 5 };

static ArmCpu *cpu_at(const char *model, u32 pstate)
{
    ArmCpu *s = test_arm_cpu(model);

    s->vbar[1] = VBAR;
    arm_set_sp(s, 0, 0x1000);
    arm_set_sp(s, 1, 0x2000);
    arm_set_pstate(s, pstate);
    s->pc = 0x400100;
    return s;
}

TEST(arm_excp_vectors)
{
    static const struct { u32 ps; ArmVector v; u64 pc; } rows[] = {
        { EL1T, VEC_SYNC, 0x000 }, { EL1T, VEC_FIQ, 0x100 }, { EL1H, VEC_SYNC, 0x200 },
        { EL1H, VEC_IRQ, 0x280 }, { EL0T, VEC_SYNC, 0x400 }, { EL0T, VEC_IRQ, 0x480 },
        { EL0T, VEC_FIQ, 0x500 }, { EL0T, VEC_SERROR, 0x580 },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ArmCpu *s = cpu_at("cortex-a72", rows[i].ps | PS_Z | PS_C);

        arm_enter(s, rows[i].v, 0x1234);
        EQ(s->pc, VBAR + rows[i].pc);
        EQ(s->spsr_el[1], rows[i].ps | PS_Z | PS_C);
        EQ(s->elr_el[1], 0x1234);
        EQ(arm_pstate(s), EL1H | PS_DAIF | PS_Z | PS_C);
        EQ(s->x[31], 0x2000);
    }
}

TEST(arm_excp_stack_banks)
{
    ArmCpu *s = cpu_at("cortex-a72", EL1H);

    EQ(s->x[31], 0x2000);
    arm_set_el(s, 1, 0);
    EQ(s->x[31], 0x1000);
    s->x[31] = 0x1100;
    arm_set_el(s, 1, 1);
    EQ(arm_sp(s, 0), 0x1100);
    EQ(s->sp_el[0], 0x1100);                        // what MRS SP_EL0 loads
    EQ(arm_sp(s, 1), 0x2000);
}

TEST(arm_excp_pan_uao_on_entry)
{
    ArmCpu *s = cpu_at("max", EL0T);

    arm_enter(s, VEC_SYNC, 0);                      // SPAN reads 1 out of reset
    EQ(s->pan, 0);
    s = cpu_at("max", EL0T | PS_UAO);
    s->sctlr[1] &= ~(u64)SCTLR_SPAN;
    arm_enter(s, VEC_SYNC, 0);
    EQ(s->pan, PS_PAN);
    EQ(s->uao, 0);
    EQ(s->spsr_el[1], EL0T | PS_UAO);
}

static u64 esr_of(u32 ps, const TcgFault *f)
{
    ArmCpu *s = cpu_at("cortex-a72", ps);

    arm_raise_mem(&s->cpu, f);
    EQ(s->far[1], f->va);
    EQ(s->elr_el[1], 0x400100);
    return s->esr[1];
}

TEST(arm_excp_data_aborts)
{
    TcgFault f = { .va = 0x123, .acc = ACC_READ, .why = TF_MMU, .fault = 0x07 };

    EQ(esr_of(EL0T, &f), 0x92000007);
    EQ(esr_of(EL1H, &f), 0x96000007);
    f.acc = ACC_WRITE;
    f.fault = 0x0f;
    EQ(esr_of(EL0T, &f), 0x9200004f);
    f.memop = MO_DCZVA;
    EQ(esr_of(EL1H, &f), 0x9600014f);
    f = (TcgFault){ .va = 1, .acc = ACC_READ, .why = TF_ALIGN };
    EQ(esr_of(EL1H, &f), 0x96000021);
    f.why = TF_BUS;
    EQ(esr_of(EL0T, &f), 0x92000010);
    f.why = TF_ATOMIC;
    EQ(esr_of(EL0T, &f), 0x92000035);
    f.why = TF_WATCH;
    EQ(esr_of(EL0T, &f), 0xd2000022);
}

TEST(arm_excp_fetch_aborts)
{
    TcgFault f = { .why = TF_MMU, .fault = 0x06 };
    ArmCpu *s = cpu_at("cortex-a72", EL0T);

    arm_raise_fetch(&s->cpu, 0x5000, &f);
    EQ(s->esr[1], 0x82000006);
    EQ(s->far[1], 0x5000);
    EQ(s->elr_el[1], 0x5000);
    s = cpu_at("cortex-a72", EL1H);
    arm_raise_fetch(&s->cpu, 0x5000, &f);
    EQ(s->esr[1], 0x86000006);
    arm_raise_fetch(&s->cpu, 0x5002, &f);
    EQ(s->esr[1], 0x8a000000);
}

TEST(arm_excp_return)
{
    ArmCpu *s = cpu_at("cortex-a72", EL1H | PS_DAIF);

    s->spsr_el[1] = EL0T | PS_N | PS_V;
    s->elr_el[1] = 0x7000;
    arm_eret(s);
    EQ(arm_pstate(s), EL0T | PS_N | PS_V);
    EQ(s->pc, 0x7000);
    EQ(s->x[31], 0x1000);
    EQ(atomic_load(&s->event), 1);
}

TEST(arm_excp_return_illegal)
{
    static const u32 bad[] = { 1, 2, 6, 8, 9, 12, 13, 16, 0x13, 0x1f };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        ArmCpu *s = cpu_at("cortex-a72", EL1H | PS_DAIF);

        s->spsr_el[1] = bad[i] | PS_N | PS_I;
        s->elr_el[1] = 0x7000;
        arm_eret(s);
        EQ(arm_pstate(s), EL1H | PS_N | PS_I | PS_IL);
        EQ(s->pc, 0x7000);
        TRUE(arm_mode(s) & AM_IL);
    }
}

TEST(arm_excp_return_tagged)
{
    ArmCpu *s = cpu_at("cortex-a72", EL1H | PS_DAIF);

    s->elr_el[1] = 0x5a00000000007000;
    s->spsr_el[1] = EL0T;
    s->tcr[1] |= 1ull << 37;
    arm_eret(s);
    EQ(s->pc, 0x7000);
}

TEST(arm_excp_interrupt_masks)
{
    ArmCpu *s = cpu_at("cortex-a72", EL0T | PS_I | PS_F);

    atomic_store(&s->cpu.pending_irq, 3);
    FALSE(arm_interrupt(&s->cpu));
    s->daif = PS_I;
    TRUE(arm_interrupt(&s->cpu));
    EQ(s->pc, VBAR + 0x500);                        // FIQ goes first
    s = cpu_at("cortex-a72", EL1H);
    atomic_store(&s->cpu.pending_irq, 1);
    TRUE(arm_interrupt(&s->cpu));
    EQ(s->pc, VBAR + 0x280);
    EQ(s->elr_el[1], 0x400100);
    FALSE(arm_interrupt(&s->cpu));                  // masked by the entry
}

TEST(arm_excp_unmask_asks_for_a_look)
{
    ArmCpu *s = cpu_at("cortex-a72", EL1H | PS_I);

    atomic_store(&s->cpu.pending_irq, 1);
    atomic_store(&s->cpu.exit, 0);
    helper_msr_imm(&s->cpu, arm_sys_iss(ARM_KEY(0, 3, 4, 2, 7), 31, false));    // DAIFClr #2
    EQ(s->daif, 0);
    EQ(cpu_exit_bits(&s->cpu) & CPU_EXIT_IRQ, CPU_EXIT_IRQ);
}

TEST(arm_excp_software_step)
{
    ArmCpu *s = cpu_at("cortex-a72", EL1H | PS_DAIF);
    TcgFault f = { .va = 0x123, .acc = ACC_READ, .why = TF_MMU, .fault = 0x07 };

    s->os_lock = 0;
    s->mdscr = 1;                                   // SS; EL0 only, as KDE is off
    EQ(arm_mode(s) & AM_STEP, 0);
    s->spsr_el[1] = EL0T | PS_SS;
    arm_eret(s);
    EQ(arm_mode(s) & (AM_STEP | AM_SS), AM_STEP | AM_SS);
    helper_step_begin(&s->cpu);
    EQ(arm_mode(s) & (AM_STEP | AM_SS), AM_STEP);
    arm_raise_mem(&s->cpu, &f);                     // the instruction did not complete
    EQ(s->spsr_el[1] & PS_SS, PS_SS);
    EQ(s->ss, 0);
    arm_eret(s);
    helper_step_begin(&s->cpu);
    atomic_store(&s->cpu.pending_irq, 1);
    TRUE(arm_interrupt(&s->cpu));                   // it did
    EQ(s->spsr_el[1] & PS_SS, 0);
    s->os_lock = 1;
    arm_set_pstate(s, EL0T | PS_SS);
    EQ(arm_mode(s) & AM_STEP, 0);
}

// DBGBCR0: enabled, EL1 and EL0 by turns (D2.8); MDE, KDE, PSTATE.D and the OS lock (D2.5).
TEST(arm_excp_breakpoint_mode)
{
    static const struct { u32 ps, mdscr, lock, pmc; bool on; } rows[] = {
        { EL1H, MDSCR_MDE | MDSCR_KDE, 0, 1, true },
        { EL1H, MDSCR_MDE | MDSCR_KDE, 1, 1, false },
        { EL1H, MDSCR_MDE | MDSCR_KDE, 0, 2, false },
        { EL1H, MDSCR_MDE | MDSCR_KDE, 0, 3, true },
        { EL1H | PS_D, MDSCR_MDE | MDSCR_KDE, 0, 1, false },
        { EL1H, MDSCR_MDE, 0, 1, false },
        { EL1H, MDSCR_KDE, 0, 1, false },
        { EL0T, MDSCR_MDE, 0, 2, true },
        { EL0T | PS_D, MDSCR_MDE, 0, 2, true },
        { EL0T, MDSCR_MDE, 0, 1, false },
        { EL0T, MDSCR_MDE, 1, 2, false },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ArmCpu *s = cpu_at("cortex-a72", rows[i].ps);

        s->mdscr = rows[i].mdscr;
        s->os_lock = rows[i].lock;
        s->dbgbcr[0] = 0x1e0 | rows[i].pmc << 1 | 1;
        EQ(!!(arm_mode(s) & AM_BREAK), rows[i].on);
    }
}

// The same conditions for a watchpoint, which LDTR meets as EL0 (D2.10.4).
TEST(arm_excp_watchpoint_matches)
{
    static const struct { u64 wcr; u32 lock, acc; MemOp m; bool hit; } rows[] = {
        { 0x1ff9, 0, PAGE_R, 0, false },            // PAC 0
        { 0x1ffb, 0, PAGE_R, 0, true },
        { 0x1ffb, 1, PAGE_R, 0, false },
        { 0x1ffb, 0, PAGE_R, MO_USER, false },
        { 0x1ffd, 0, PAGE_R, MO_USER, true },
        { 0x1ffd, 0, PAGE_R, 0, false },
        { 0x1fef, 0, PAGE_W, 0, false },            // loads only
        { 0x1fef, 0, PAGE_R | PAGE_W, 0, true },
        { 0x0077, 0, PAGE_W, 0, false },            // BAS 3: below
        { 0x1e17, 0, PAGE_W, 0, true },             // BAS 0xf0
        { 0x1ff7 | 2 << 14, 0, PAGE_W, 0, false },  // Secure only
    };
    TcgFault f;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ArmCpu *s = cpu_at("cortex-a72", EL1H);

        s->mdscr = MDSCR_MDE | MDSCR_KDE;
        s->os_lock = rows[i].lock;
        s->dbgwvr[2] = 0x1000;
        s->dbgwcr[2] = rows[i].wcr;
        EQ(arm_watch(&s->cpu, 0x1004, 4, rows[i].acc, rows[i].m, &f), rows[i].hit);
    }
}
