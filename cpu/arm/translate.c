// SPDX-License-Identifier: MIT
// The A64 front-end: one instruction at a time into IR, ways out of a region, and the
// TcgFrontend that the translator sees.  Arm ARM DDI 0487K.a.
#include "cpu/arm/translate.h"
#include "cpu/arm/disas.h"
#include "cpu/arm/helper_simd.h"

#include <string.h>

#define A64_DECODER
#include "gen/cpu/arm/a64_decode.inc"

static const Helper h_step = HELPER(helper_step, HELPER_ARM_EXC, T_VOID);
static const Helper h_breakpoint = HELPER(helper_breakpoint, HELPER_ARM_ZVA, T_VOID);
static const Helper h_illegal = HELPER(helper_illegal, HELPER_ARM_EXC, T_VOID);
static const Helper h_fp_trap = HELPER(helper_fp_trap, HELPER_ARM_EXC, T_VOID);
static const Helper h_step_begin = HELPER(helper_step_begin, HELPER_CPU, T_VOID);
static const Helper h_misaligned = HELPER(help_misaligned, HELPER_ARM_EXC, T_VOID);

// -- shared by the handlers ----------------------------------------------------------------
bool a64_feature(const Ctx *t, int feature)
{
    static const u8 map[A64_FEAT_COUNT] = {
#define F(name) [A64_FEAT_##name] = ARM_FEAT_##name,
        A64_FEATURES(F)
#undef F
    };
    return arm_has(arm_cpu(t->cpu), map[feature]);
}

Val fl_zero(Ctx *t, IrType ty, Val v)
{
    return ir_fl(t, OP_FLAND, ty, v, v, ir_none);
}

void put_moved(Ctx *t, u32 rd, u32 rn, Val n, i64 delta)
{
    u32 sp_ok = rd != 31 || (rn == 31 && !(delta & 15)) ? t->fe[FE_SP_OK] : 0;
    put_reg_sp(t, rd, 1, delta ? ir_addi(t, T_I64, n, delta) : n);
    t->fe[FE_SP_OK] = sp_ok;
}

// -- leaving the region --------------------------------------------------------------------
static void leave_to(Ctx *t, Val pc)
{
    ir_stenv(t, pc, 3, (u32)offsetof(ArmCpu, pc));
    ir_exit_dyn(t);
}

void gen_leave(Ctx *t, u64 pc)
{
    leave_to(t, ir_k_pc(t, pc));
}

void gen_goto(Ctx *t, u64 pc)
{
    if (t->fe[FE_STEP])
        leave_to(t, ir_k_pc(t, pc));
    else
        ir_exit(t, pc);
}

void gen_goto_if(Ctx *t, Val flags, IrCond c, u64 pc)
{
    if (t->fe[FE_STEP])
        leave_to(t, ir_sel(t, T_I64, flags, c, ir_k_pc(t, pc), ir_k_pc(t, t->next_pc)));
    else
        ir_exit_if(t, flags, c, pc);
}

// An indirect target goes through the lookup, which finds misaligned ones.
void gen_goto_reg(Ctx *t, Val pc)
{
    if (t->fe[FE_STEP])
        leave_to(t, pc);
    else
        ir_exit_ind(t, pc);
}

void gen_leave_loop(Ctx *t, u64 pc)
{
    ir_exit_loop(t, pc);
}

void gen_raise(Ctx *t, const Helper *h, int nargs, const Val *args)
{
    ir_call(t, h, nargs, args);
    ir_exit_dyn(t);
}

bool fp_access(Ctx *t)
{
    if (am_fp_ok(t->mode))
        return true;
    gen_raise(t, &h_fp_trap, 0, NULL);
    return false;
}

// -- translation ---------------------------------------------------------------------------
static void begin(Ctx *t)
{
    t->fe[FE_STEP] = (t->mode & AM_STEP) != 0;
}

// What comes before the instruction (D1.3.1, D2.12.5): true when it has ended the region.
static bool before_insn(Ctx *t)
{
    if (likely(!(t->pc & 3) && !(t->mode & (AM_STEP | AM_BREAK | AM_IL))))
        return t->ended;
    if (unlikely(t->pc & 3)) {
        Val pc = ir_k_pc(t, t->pc);
        gen_raise(t, &h_misaligned, 1, &pc);
    } else if ((t->mode & AM_STEP) && !(t->mode & AM_SS)) {
        gen_raise(t, &h_step, 0, NULL);
    }
    if (!t->ended && (t->mode & AM_BREAK))
        ir_call(t, &h_breakpoint, 0, NULL);
    if (!t->ended && (t->mode & AM_IL))
        gen_raise(t, &h_illegal, 0, NULL);
    if (!t->ended && (t->mode & AM_STEP))
        ir_call(t, &h_step_begin, 0, NULL);
    return t->ended;
}

// The first instruction of a region in a guarded page: does it let BTYPE pass?  Shifts drop the
// top byte, which branch targets may be tagged with, and where all are refused, BTYPE.
static void check_landing(Ctx *t, u32 word)
{
    u32 refused = bti_refused(word, arm_has(arm_cpu(t->cpu), ARM_FEAT_pauth), t->mode & AM_BT);
    if (!refused)
        return;
    bool all = refused & (refused - 1);
    u64 match = t->pc | (all ? 0 : (u32)__builtin_ctz(refused));
    Val to = ir_ldenv(t, T_I64, 3, (u32)offsetof(ArmCpu, branch_to));
    Val x = ir_shl(t, T_I64, ir_xor(t, T_I64, to, ir_k_pc(t, match)), ir_k(t, 8));
    if (all)
        x = ir_shr(t, T_I64, x, ir_k(t, 10));
    ir_exit_rarely(t, fl_zero(t, T_I64, x), IC_EQ, t->pc | ESC_BTI);
}

static TcgNext insn(Ctx *t)
{
    u32 word;
    t->next_pc = t->pc + 4;
    if (before_insn(t))
        return NEXT_STOP;
    if (!ir_fetch32(t, t->pc, &word)) {             // another page: look it up there
        gen_goto(t, t->pc);
        return NEXT_STOP;
    }
    if ((t->mode & AM_GUARDED) && t->pc == t->start)
        check_landing(t, word);
    if (!a64_decode(t, word) && !t->ended)
        gen_undef(t);
    if (!t->ended && t->fe[FE_STEP])
        gen_goto(t, t->next_pc);
    return t->ended ? NEXT_STOP : NEXT_CONTINUE;
}

static void end(Ctx *t)
{
    if (!t->ended)
        gen_goto(t, t->next_pc);
}

// -- slots ---------------------------------------------------------------------------------
static void raise_fetch(Cpu *cpu, u64 pc, const TcgFault *f)
{
    if (!arm_fetch_escape(cpu, pc))
        arm_raise_fetch(cpu, pc, f);
}

static void disas(Cpu *cpu, u64 pc, const u8 *bytes, size_t n, char *out, size_t size)
{
    u32 word;
    (void)cpu;
    if (n < sizeof word) {
        snprintf(out, size, "?");
        return;
    }
    memcpy(&word, bytes, sizeof word);              // A64 code is little-endian (B2.6.2)
    a64_disas(pc, word, out, size);
}

static u32 region_hint(Cpu *cpu)
{
    (void)cpu;
    return 0;
}

#define X(n) { "x" #n, offsetof(ArmCpu, x[n]), T_I64 }
#define V(n) { "v" #n, offsetof(ArmCpu, v[n]), T_V128 }
static const GuestReg regs[ARM_NREGS] = {
    X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), X(8), X(9), X(10), X(11), X(12), X(13),
    X(14), X(15), X(16), X(17), X(18), X(19), X(20), X(21), X(22), X(23), X(24), X(25), X(26),
    X(27), X(28), X(29), X(30), [REG_SP] = { "sp", offsetof(ArmCpu, x[31]), T_I64 },
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9), V(10), V(11), V(12), V(13),
    V(14), V(15), V(16), V(17), V(18), V(19), V(20), V(21), V(22), V(23), V(24), V(25), V(26),
    V(27), V(28), V(29), V(30), V(31),
    [REG_NZCV] = { "nzcv", offsetof(ArmCpu, nzcv), T_FLAGS },
    [REG_VT0] = { "vt0", offsetof(ArmCpu, vt[0]), T_V128 },
    { "vt1", offsetof(ArmCpu, vt[1]), T_V128 },
    { "vt2", offsetof(ArmCpu, vt[2]), T_V128 },
    { "vt3", offsetof(ArmCpu, vt[3]), T_V128 },
};

const TcgFrontend arm_frontend = {
    .name = "arm",
    .regs = regs,
    .nregs = ARM_NREGS,
    .nzcv_reg = REG_NZCV,
    .env_bias = ARM_ENV_BIAS,
    .pc_offset = offsetof(ArmCpu, pc),
    .insn_align = 4,
    .begin = begin,
    .insn = insn,
    .end = end,
    .translate = arm_translate,
    .forget_tables = arm_forget_tables,
    .canonical = arm_canonical,
    .context = arm_context,
    .raise_mem = arm_raise_mem,
    .raise_fetch = raise_fetch,
    .interrupt = arm_interrupt,
    .watch_tags = arm_watch_tags,
    .watch = arm_watch,
    .restart = arm_restart,
    .settle = arm_settle,
    .fp_op = arm_fp_op,
    .disas = disas,
    .region_hint = region_hint,
};
