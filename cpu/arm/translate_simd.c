// SPDX-License-Identifier: MIT
// What the FP and Advanced SIMD handlers build with; see translate_simd.h.
#include "cpu/arm/translate_simd.h"

static const Helper help_fp_ir = HELPER(helper_fp_ir, HELPER_CPU, T_VOID);
const Helper help_simd_lanes = HELPER(helper_simd_lanes, HELPER_CPU, T_VOID);
const Helper help_simd_narrow = HELPER(helper_simd_narrow, HELPER_CPU, T_VOID);
const Helper help_simd_dmull = HELPER(helper_simd_dmull, HELPER_CPU, T_VOID);
const Helper help_simd_pmull8 = HELPER(helper_simd_pmull8, 0, T_VOID);
const Helper help_simd_dot = HELPER(helper_simd_dot, 0, T_VOID);
const Helper help_fp_lanes = HELPER(helper_fp_lanes, HELPER_CPU, T_VOID);
const Helper help_fp_reduce = HELPER(helper_fp_reduce, HELPER_CPU, T_VOID);
const Helper help_fp_pairs = HELPER(helper_fp_pairs, HELPER_CPU, T_VOID);
const Helper help_fp_cvt_lanes = HELPER(helper_fp_cvt_lanes, HELPER_CPU, T_VOID);
const Helper help_fp_cvt = HELPER(helper_fp_cvt, HELPER_CPU, T_VOID);
const Helper help_fp_cmla = HELPER(helper_fp_cmla, HELPER_CPU, T_VOID);
const Helper help_fp_cadd = HELPER(helper_fp_cadd, HELPER_CPU, T_VOID);
const Helper help_fp_mlal = HELPER(helper_fp_mlal, HELPER_CPU, T_VOID);

// -- registers and lanes ------------------------------------------------------------------

u64 rep64(u32 size, u64 v)
{
    for (u32 width = 8u << size; width < 64; width *= 2)
        v = (v & (((u64)1 << width) - 1)) | v << width;
    return v;
}

Val vconst_rep(Ctx *t, u32 size, u64 v, u32 q)
{
    u64 d = rep64(size, v);
    return ir_vconst(t, d, q ? d : 0);
}

Val vzero(Ctx *t)
{
    return ir_vconst(t, 0, 0);
}

void put_bits(Ctx *t, u32 r, u32 size, Val bits)
{
    IrType ty = fp_ty(size);
    put_f(t, r, f_of_bits(t, ty, bits), ty);
}

void put_lane0(Ctx *t, u32 r, u32 size, Val v)
{
    if (size < 2)
        put_bits(t, r, size, lane_u(t, v, size, 0));
    else
        put_f(t, r, f_of_v(t, fp_ty(size), v), fp_ty(size));
}

Val get_h(Ctx *t, u32 r)
{
    return ir_ubfx(t, T_I32, bits_of_f(t, T_F32, get_f(t, r, T_F32)), 0, 16);
}

void put_half(Ctx *t, u32 rd, Val v, u32 q)
{
    put_v(t, rd, q ? ir_v2(t, OP_VINSL, get_v(t, rd), v, VL_64, 1) : v);
}

Val widen(Ctx *t, Val v, u32 size, bool is_unsigned, u32 top)
{
    int op = top ? (is_unsigned ? OP_VUXTL2 : OP_VSXTL2) : is_unsigned ? OP_VUXTL : OP_VSXTL;
    return ir_v1(t, op, v, (u16)size, 0);
}

// -- calls --------------------------------------------------------------------------------

int scratch(Ctx *t, int i, Val v)
{
    ir_put(t, REG_VT0 + i, v, T_V128);
    return REG_VT0 + i;
}

void call_v2(Ctx *t, const Helper *h, int d, int n, u32 sd)
{
    Val args[] = { ir_reg_ptr(t, d), ir_reg_ptr(t, n), ir_k(t, sd) };
    u8 rd[] = { (u8)d, (u8)n }, wr[] = { (u8)d };
    ir_call_regs(t, h, 3, args, rd, 2, wr, 1);
}

void call_v3(Ctx *t, const Helper *h, int d, int n, int m, u32 sd)
{
    Val args[] = { ir_reg_ptr(t, d), ir_reg_ptr(t, n), ir_reg_ptr(t, m), ir_k(t, sd) };
    u8 rd[] = { (u8)d, (u8)n, (u8)m }, wr[] = { (u8)d };
    ir_call_regs(t, h, 4, args, rd, 3, wr, 1);
}

// -- floating point -----------------------------------------------------------------------

static void put_operand(Ctx *t, int i, Val v, IrType ty)
{
    if (ty == T_I32)
        v = ir_zext(t, v);
    if (ty == T_I32 || ty == T_I64) {
        v = f_of_bits(t, T_F64, v);
        ty = T_F64;
    }
    ir_put(t, REG_VT0 + i, v, ty);
}

static Val call_ir(Ctx *t, u64 desc, int operands, IrType result)
{
    Val args[] = { ir_reg_ptr(t, REG_VT0), ir_k(t, desc) };
    u8 rd[] = { REG_VT0, REG_VT0 + 1, REG_VT0 + 2 }, wr[] = { REG_VT0 + 3 };
    ir_call_regs(t, &help_fp_ir, 2, args, rd, operands, wr, 1);
    if (result == T_I64 || result == T_I32) {
        IrType ty = result == T_I64 ? T_F64 : T_F32;
        return bits_of_f(t, ty, ir_get(t, REG_VT0 + 3, ty));
    }
    return ir_get(t, REG_VT0 + 3, result);
}

Val fp_op(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm)
{
    if (am_fp_inline(t->mode))
        return ir_op(t, op, ty, a, b, c, aux, imm);
    put_operand(t, 0, a, ty);
    if (ir_ops[op].nin > 1)
        put_operand(t, 1, b, ty);
    if (ir_ops[op].nin > 2)
        put_operand(t, 2, c, ty);
    return call_ir(t, fp_ir_desc(op, ty, T_VOID, aux, imm), ir_ops[op].nin, ty);
}

Val fp_cvt(Ctx *t, int op, IrType to, IrType from, Val a, u16 aux)
{
    if (am_fp_inline(t->mode))
        return ir_cvt(t, op, to, from, a, aux);
    put_operand(t, 0, a, from);
    return call_ir(t, fp_ir_desc(op, to, from, aux, 0), 1, to);
}

Val fp_cmp(Ctx *t, IrType ty, Val a, Val b, bool signalling)
{
    if (am_fp_inline(t->mode))
        return ir_fl_fcmp(t, ty, a, b, signalling);
    put_operand(t, 0, a, ty);
    put_operand(t, 1, b, ty);
    return ir_fl_unpack(t, call_ir(t, fp_ir_desc(OP_FLFCMP, T_FLAGS, ty, signalling, 0), 2, T_I32));
}

u64 fp_expand_imm(u32 size, u32 imm8)
{
    u64 sign = imm8 >> 7, exp = imm8 >> 4 & 7, frac = imm8 & 15;
    u32 ebits = size == 1 ? 5 : size == 2 ? 8 : 11, fbits = (8u << size) - ebits - 1;
    u64 high = exp >> 2 & 1;
    u64 e = (high ^ 1) << (ebits - 1) | (high ? (((u64)1 << (ebits - 3)) - 1) << 2 : 0) | (exp & 3);
    return sign << (ebits + fbits) | e << fbits | frac << (fbits - 4);
}
