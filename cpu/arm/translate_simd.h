// SPDX-License-Identifier: MIT
// What the FP and Advanced SIMD files of the A64 front-end share.  Arm ARM DDI 0487K.a.
//
// FP arithmetic goes through fp_op, fp_cvt and fp_cmp: they emit the IR operation when the mode
// allows host FP, and a call that does the same operation exactly when FPCR.{FZ,FZ16,DN,AHP}
// asks for more.  Half-precision arithmetic is always a call.
//
// Inputs of 64-bit vector FP operations are doubled (fp_in), not zeroed, so that the unused
// upper half raises no exception of its own.
#pragma once
#include "cpu/arm/helper_simd.h"
#include "cpu/arm/translate.h"

// -- registers ----------------------------------------------------------------------------
static inline int reg_v(u32 r) { return REG_V0 + (int)(r & 31); }
static inline Val get_v(Ctx *t, u32 r) { return ir_get(t, reg_v(r), T_V128); }
static inline void put_v(Ctx *t, u32 r, Val v) { ir_put(t, reg_v(r), v, T_V128); }
static inline Val get_f(Ctx *t, u32 r, IrType ty) { return ir_get(t, reg_v(r), ty); }
static inline void put_f(Ctx *t, u32 r, Val v, IrType ty) { ir_put(t, reg_v(r), v, ty); }

// size is log2 of the bytes of a lane.
static inline u16 vl(u32 size, u32 q) { return (u16)(size | (q ? 0 : VQ_HALF)); }
static inline IrType fp_ty(u32 size) { return size == 3 ? T_F64 : T_F32; }
static inline IrType int_ty(u32 size) { return size == 3 ? T_I64 : T_I32; }
static inline Val f_of_bits(Ctx *t, IrType ty, Val v)
{
    return ir_cvt(t, OP_I2F, ty, ty == T_F64 ? T_I64 : T_I32, v, 0);
}
static inline Val bits_of_f(Ctx *t, IrType ty, Val v)
{
    return ir_cvt(t, OP_F2I, ty == T_F64 ? T_I64 : T_I32, ty, v, 0);
}
static inline Val f_of_v(Ctx *t, IrType ty, Val v) { return ir_cvt(t, OP_V2F, ty, T_V128, v, 0); }
static inline Val v_of_f(Ctx *t, IrType ty, Val v) { return ir_cvt(t, OP_F2V, T_V128, ty, v, 0); }
// op on two registers.  C does not order arguments: no two of a call may emit operations.
static inline Val v2_regs(Ctx *t, int op, u32 rn, u32 rm, u16 vl, i32 imm)
{
    Val n = get_v(t, rn), m = get_v(t, rm);
    return ir_v2(t, op, n, m, vl, imm);
}
static inline Val lane_u(Ctx *t, Val v, u32 size, u32 i)
{
    return ir_op(t, OP_VGETU, int_ty(size), v, ir_none, ir_none, (u16)size, (i32)i);
}
static inline Val lane_f(Ctx *t, Val v, u32 size, u32 i)
{
    return f_of_v(t, fp_ty(size), i ? ir_v1(t, OP_VDUPL, v, (u16)size, (i32)i) : v);
}

u64  rep64(u32 size, u64 v);                        // v in each lane of 64 bits
Val  vconst_rep(Ctx *t, u32 size, u64 v, u32 q);
Val  vzero(Ctx *t);
void put_bits(Ctx *t, u32 r, u32 size, Val bits);   // an integer as the low lane, the rest zero
void put_lane0(Ctx *t, u32 r, u32 size, Val v);     // lane 0 of v, the rest zero
Val  get_h(Ctx *t, u32 r);                          // 16 bits as I32
// A 64-bit result to the low half of rd (upper: zero), or with q to its upper half.
void put_half(Ctx *t, u32 rd, Val v, u32 q);
Val  widen(Ctx *t, Val v, u32 size, bool is_unsigned, u32 top);

// -- calls; operands are guest register indices -------------------------------------------
int  scratch(Ctx *t, int i, Val v);                 // v in vt[i]; gives its index
void call_v2(Ctx *t, const Helper *h, int d, int n, u32 sd);            // h(d, n, sd)
void call_v3(Ctx *t, const Helper *h, int d, int n, int m, u32 sd);     // h(d, n, m, sd)
extern const Helper help_simd_lanes, help_simd_narrow, help_simd_dmull, help_simd_pmull8,
    help_simd_dot, help_fp_lanes, help_fp_reduce, help_fp_pairs, help_fp_cvt_lanes, help_fp_cvt,
    help_fp_cmla, help_fp_cadd, help_fp_mlal;

// -- floating point -----------------------------------------------------------------------
Val  fp_op(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm);
Val  fp_cvt(Ctx *t, int op, IrType to, IrType from, Val a, u16 aux);
Val  fp_cmp(Ctx *t, IrType ty, Val a, Val b, bool signalling);
static inline Val fp_in(Ctx *t, Val v, u32 q) { return q ? v : ir_v1(t, OP_VDUPL, v, VL_64, 0); }
u64  fp_expand_imm(u32 size, u32 imm8);             // VFPExpandImm
