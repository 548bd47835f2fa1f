// SPDX-License-Identifier: MIT
// The A64 front-end without a host: what IR comes out of instructions.
#include "cpu/arm/translate.h"
#include "tests/lib/test.h"

#include <stdlib.h>

enum { PAGE = 4096, PC = 0x400000, EL1_MODE = 1 | AM_SPSEL | AM_SPALIGN };

static _Alignas(16) u32 code[PAGE / 4];

static ArmCpu *cpu_of_test(void)
{
    static ArmCpu *s;
    if (!s) {
        s = aligned_alloc(64, (sizeof *s + 63) & ~(size_t)63);
        memset(s, 0, sizeof *s);
        s->feat = ~(u64)0;
        s->aarch64 = true;
        s->el = s->spsel = 1;
    }
    return s;
}

// Translates from `at` in `code` until the region ends or `max` instructions.
static void run(Ctx *t, u32 mode, u64 at, u32 max)
{
    ir_reset(t, &cpu_of_test()->cpu, &arm_frontend, at, mode);
    t->fetch_host = code;
    t->fetch_page = PC;
    t->max_insns = max;
    arm_frontend.begin(t);
    while (!t->ended && t->insns < max) {
        t->pc = t->next_pc;
        ir_insn(t, t->pc);
        t->insns++;
        if (arm_frontend.insn(t) == NEXT_STOP)
            break;
    }
    arm_frontend.end(t);
    TRUE(t->ended);
}

static Ctx *ctx(void)
{
    static Ctx t;
    if (!t.ins)
        TRUE(ir_new(&t));
    return &t;
}

static Ctx *one(u32 mode, u32 insn)
{
    code[0] = insn;
    run(ctx(), mode, PC, 1);
    return ctx();
}

static int count(const Ctx *t, int op)
{
    int n = 0;
    for (int i = 1; i < t->n; i++)
        n += t->ins[i].op == op;
    return n;
}

static const Ins *find(const Ctx *t, int op)
{
    for (int i = 1; i < t->n; i++)
        if (t->ins[i].op == op)
            return &t->ins[i];
    FAIL("no %s", ir_names[op]);
}

static bool calls(const Ctx *t, const void *fn)
{
    for (int i = 0; i < t->ncalls; i++)
        if (t->calls[i].h->fn == fn)
            return true;
    return false;
}

static bool can_fault(const Ctx *t, const Ins *in)
{
    return (ir_ops[in->op].props & OPP_M) ||
           (in->op == OP_CALL && (t->calls[in->imm].h->flags & HELPER_RAISES));
}

// The rule of ir.h: no PUT before the last operation of an instruction that can fault.
static void check_puts(const Ctx *t, u32 insn)
{
    bool put = false;
    for (int i = 1; i < t->n; i++) {
        const Ins *in = &t->ins[i];
        if (in->op == OP_INSN)
            put = false;
        if (in->op == OP_PUT)
            put = true;
        if (put && can_fault(t, in))
            FAIL("%08x: a PUT comes before %s", insn, ir_names[in->op]);
    }
}

static u32 random_of_row(const A64Row *r)
{
    return ((u32)test_random() & ~r->mask) | r->value;
}

TEST(arm_translate_rows)
{
    static const u32 modes[] = { 0, EL1_MODE, EL1_MODE | AM_FP_TRAP, EL1_MODE | AM_BE | AM_ALIGN,
                                 EL1_MODE | AM_STEP | AM_SS, AM_SPALIGN | AM_STEP | AM_SS,
                                 EL1_MODE | AM_FPCR_SPECIAL, EL1_MODE | AM_UAO };
    for (int r = 0; r < A64_ROW_COUNT; r++) {
        for (int i = 0; i < 64; i++) {
            u32 insn = random_of_row(&a64_rows[r]);
            Ctx *t = one(modes[i % 8], insn);
            FALSE(t->overflow);
            check_puts(t, insn);
            TRUE(t->n < 512);                       // no instruction grows without bound
        }
    }
}

TEST(arm_translate_random_words)
{
    for (int i = 0; i < 20000; i++) {
        u32 insn = (u32)test_random();
        Ctx *t = one(EL1_MODE, insn);
        check_puts(t, insn);
    }
}

TEST(arm_translate_long_regions)
{
    for (int k = 0; k < 200; k++) {
        for (size_t i = 0; i < PAGE / 4; i++)
            code[i] = random_of_row(&a64_rows[test_random() % A64_ROW_COUNT]);
        run(ctx(), EL1_MODE, PC + (test_random() & 0xffc), 64);
        FALSE(ctx()->overflow);
    }
}

TEST(arm_translate_undefined)
{
    Ctx *t = one(EL1_MODE, 0x00000000);             // UDF #0
    TRUE(calls(t, helper_undef));
    EQ(count(t, OP_EXITDYN), 1);
    t = one(0, 0xd69f03e0);                         // ERET at EL0
    TRUE(calls(t, helper_undef));
    t = one(EL1_MODE, 0xd69f03e0);
    FALSE(calls(t, helper_undef));
    TRUE(calls(t, helper_eret));
    t = one(0, 0xd50041bf);                         // MSR SPSel, #1 at EL0
    TRUE(calls(t, helper_undef));
}

TEST(arm_translate_branches)
{
    Ctx *t = one(EL1_MODE, 0x54000080);             // B.EQ +16: a side exit, then the next one
    EQ(find(t, OP_EXITCC)->k, PC + 16);
    EQ(find(t, OP_EXITCC)->aux, IC_EQ);
    EQ(find(t, OP_EXIT)->k, PC + 4);
    t = one(EL1_MODE, 0x94000010);                  // BL +64
    EQ(find(t, OP_EXIT)->k, PC + 64);
    EQ(find(t, OP_PUT)->imm, REG_X30);
    t = one(EL1_MODE, 0xd65f03c0);                  // RET
    EQ(count(t, OP_EXITIND), 1);
    t = one(EL1_MODE, 0x17ffffff);                  // B -4: leaves the page
    EQ(find(t, OP_EXIT)->k, PC - 4);
}

TEST(arm_translate_follows_forward)
{
    code[0] = 0x14000004;                           // B +16
    code[4] = 0x91000400;                           // ADD X0, X0, #1
    code[5] = 0xd65f03c0;                           // RET
    run(ctx(), EL1_MODE, PC, 64);
    EQ(count(ctx(), OP_EXIT), 0);
    EQ(count(ctx(), OP_EXITIND), 1);
    EQ(ctx()->insns, 3);
}

// SP's alignment is tested once while it moves by multiples of 16.
TEST(arm_translate_sp_alignment)
{
    code[0] = 0xa9be7bfd;                           // STP X29, X30, [SP, #-32]!
    code[1] = 0xf90007e0;                           // STR X0, [SP, #8]
    code[2] = 0x910083ff;                           // ADD SP, SP, #32
    code[3] = 0xf94003e1;                           // LDR X1, [SP]
    code[4] = 0xd65f03c0;                           // RET
    run(ctx(), EL1_MODE, PC, 64);
    EQ(count(ctx(), OP_EXITCC), 1);
    EQ(find(ctx(), OP_EXITCC)->k, PC | ESC_SP);
    code[2] = 0x910063ff;                           // ADD SP, SP, #24
    run(ctx(), EL1_MODE, PC, 64);
    EQ(count(ctx(), OP_EXITCC), 2);
    run(ctx(), EL1_MODE & ~AM_SPALIGN, PC, 64);
    EQ(count(ctx(), OP_EXITCC), 0);
}

TEST(arm_translate_step)
{
    Ctx *t = one(EL1_MODE | AM_STEP, 0xd503201f);   // NOP with the step pending
    TRUE(calls(t, helper_step));
    code[0] = code[1] = 0xd503201f;
    run(ctx(), EL1_MODE | AM_STEP | AM_SS, PC, 64);
    TRUE(calls(ctx(), helper_step_begin));
    EQ(ctx()->insns, 1);
    EQ(count(ctx(), OP_EXITDYN), 1);
    t = one(EL1_MODE | AM_IL, 0xd503201f);
    TRUE(calls(t, helper_illegal));
}

TEST(arm_translate_system)
{
    Ctx *t = one(EL1_MODE, 0xd5034fdf);             // MSR DAIFSet, #15: D too, by the helper
    TRUE(calls(t, helper_msr_imm));
    t = one(EL1_MODE, 0xd50342df);                  // MSR DAIFSet, #2
    EQ(t->ncalls, 0);
    t = one(0, 0xd50342df);                         // at EL0 a control register decides
    TRUE(calls(t, helper_msr_imm));
    t = one(EL1_MODE, 0xd50342ff);                  // MSR DAIFClr, #2
    EQ(t->ncalls, 0);
    EQ(find(t, OP_EXITCC)->k, (PC + 4) | ESC_LOOP);
    t = one(EL1_MODE, 0xd538d080);                  // MRS X0, TPIDR_EL1
    EQ(t->ncalls, 0);
    EQ(find(t, OP_LDENV)->imm, (i32)offsetof(ArmCpu, tpidr_el[1]));
    t = one(EL1_MODE, 0xd5384240);                  // MRS X0, CurrentEL
    EQ(ir_kval(t, find(t, OP_PUT)->a), 4);
    t = one(EL1_MODE, 0xd5033fdf);                  // ISB ends the region
    EQ(find(t, OP_EXIT)->k, PC + 4);
}

TEST(arm_translate_crc32)
{
    EQ(help_crc32(0xffffffff, 0x3837363534333231, 8) ^ 0xffffffff, 0x9ae0daaf);     // "12345678"
    EQ(help_crc32(help_crc32(0xffffffff, 0x3837363534333231, 8), '9', 1) ^ 0xffffffff, 0xcbf43926);
    u32 c = help_crc32(help_crc32(0xffffffff, 0x3231, 2), 0x36353433, 4);
    EQ(help_crc32(c, 0x3837, 2) ^ 0xffffffff, 0x9ae0daaf);
}
