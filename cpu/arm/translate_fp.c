// SPDX-License-Identifier: MIT
// A64 scalar floating point.  Arm ARM DDI 0487K.a, C4.1.96 from "Conversion between
// floating-point and fixed-point" on; each handler names its section of C7.2.
#include "cpu/arm/translate_simd.h"

static const Helper help_to_int = HELPER(helper_fp_to_int, HELPER_CPU, T_I64);
static const Helper help_from_int = HELPER(helper_fp_from_int, HELPER_CPU, T_VOID);
static const Helper help_to_js = HELPER(helper_fp_to_js, HELPER_CPU, T_I64);
static const Helper help_cmp = HELPER(helper_fp_cmp, HELPER_CPU, T_I32);

enum { TYPE_S, TYPE_D, TYPE_H = 3 };

static u32 type_size(u32 type) { return type == TYPE_H ? 1 : 2 + type; }
static IrType type_ty(u32 type) { return type == TYPE_D ? T_F64 : T_F32; }

// A row admits half precision; the processor must, too.
static bool type_ok(Ctx *t, u32 type)
{
    return type != TYPE_H || a64_feature(t, A64_FEAT_fp16);
}

static Val fzero(Ctx *t, IrType ty)
{
    return f_of_bits(t, ty, ir_k(t, 0));
}

static u32 scalar_sd(u32 op, u32 type, u32 imm)
{
    return sd_make(op, type_size(type), false, true, imm);
}

// -- conversions to and from general registers --------------------------------------------

static void call_to_int(Ctx *t, u32 rd, u32 sf, u32 rn, u32 type, u32 imm)
{
    u32 sd = sd_make(FL_TO_INT, type_size(type), sf, true, imm);
    Val args[] = { ir_reg_ptr(t, reg_v(rn)), ir_k(t, sd) };
    u8 rd_regs[] = { (u8)reg_v(rn) };
    Val v = ir_call_regs(t, &help_to_int, 2, args, rd_regs, 1, NULL, 0);
    put_reg(t, rd, sf, sf ? v : ir_trunc(t, v));
}

static void call_from_int(Ctx *t, u32 rd, u32 sf, u32 rn, u32 type, u32 imm)
{
    u32 sd = sd_make(FL_FROM_INT, type_size(type), sf, true, imm);
    Val v = get_reg(t, rn, sf);
    Val args[] = { ir_reg_ptr(t, reg_v(rd)), sf ? v : ir_zext(t, v), ir_k(t, sd) };
    u8 wr[] = { (u8)reg_v(rd) };
    ir_call_regs(t, &help_from_int, 3, args, NULL, 0, wr, 1);
}

// SCVTF, UCVTF (scalar, fixed-point): scaling by a power of two is exact, as the result
// of the conversion is far from either end of the exponents.
bool trans_fix_to_fp(Ctx *t, const a64_fpfix *a)
{
    u32 fbits = 64 - a->scale, uns = a->u ? IR_TOI_UNSIGNED : 0;
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H) {
        call_from_int(t, a->rd, a->sf, a->rn, a->type, uns | fbits << FP_FBITS_SHIFT);
        return true;
    }
    IrType ty = type_ty(a->type);
    u64 scale = a->type == TYPE_D ? (u64)(1023 - fbits) << 52 : (u64)(127 - fbits) << 23;
    Val v = fp_cvt(t, OP_ITOFP, ty, ty_sf(a->sf), get_reg(t, a->rn, a->sf), (u16)uns);
    v = fp_op(t, OP_FPMUL, ty, v, f_of_bits(t, ty, ir_k(t, scale)), ir_none, 0, 0);
    put_f(t, a->rd, v, ty);
    return true;
}

bool trans_fp_to_fix(Ctx *t, const a64_fpfix *a)            // FCVTZS, FCVTZU (fixed-point)
{
    u32 imm = IR_RZ | (a->u ? IR_TOI_UNSIGNED : 0) | (64 - a->scale) << FP_FBITS_SHIFT;
    if (!type_ok(t, a->type))
        return false;
    if (fp_access(t))
        call_to_int(t, a->rd, a->sf, a->rn, a->type, imm);
    return true;
}

bool trans_fp_to_int(Ctx *t, const a64_fpint *a)            // FCVT{N,P,M,Z,A}{S,U}
{
    u32 aux = a->rmode | (a->u ? IR_TOI_UNSIGNED : 0);
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H) {
        call_to_int(t, a->rd, a->sf, a->rn, a->type, aux);
        return true;
    }
    IrType ty = type_ty(a->type);
    put_reg(t, a->rd, a->sf,
            fp_cvt(t, OP_FPTOI, ty_sf(a->sf), ty, get_f(t, a->rn, ty), (u16)aux));
    return true;
}

bool trans_int_to_fp(Ctx *t, const a64_fpint *a)            // SCVTF, UCVTF (scalar, integer)
{
    u32 aux = a->u ? IR_TOI_UNSIGNED : 0;
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H) {
        call_from_int(t, a->rd, a->sf, a->rn, a->type, aux);
        return true;
    }
    IrType ty = type_ty(a->type);
    put_f(t, a->rd, fp_cvt(t, OP_ITOFP, ty, ty_sf(a->sf), get_reg(t, a->rn, a->sf), (u16)aux), ty);
    return true;
}

bool trans_fmov_to_gpr(Ctx *t, const a64_fpint *a)          // FMOV (general)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = type_ty(a->type);
    if (a->type == TYPE_H)
        put_reg(t, a->rd, 0, get_h(t, a->rn));              // zero-extends to X as well
    else
        put_reg(t, a->rd, a->sf, bits_of_f(t, ty, get_f(t, a->rn, ty)));
    return true;
}

bool trans_fmov_from_gpr(Ctx *t, const a64_fpint *a)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    Val v = get_reg(t, a->rn, a->type == TYPE_D);
    put_bits(t, a->rd, type_size(a->type), a->type == TYPE_H ? ir_ubfx(t, T_I32, v, 0, 16) : v);
    return true;
}

bool trans_fmov_to_top(Ctx *t, const a64_fmov_to_top *a)    // FMOV Vd.D[1], Xn
{
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), n = get_reg(t, a->rn, 1);
    put_v(t, a->rd, ir_v2(t, OP_VINS, d, n, VL_64, 1));
    return true;
}

bool trans_fmov_from_top(Ctx *t, const a64_fmov_from_top *a)
{
    if (fp_access(t))
        put_reg(t, a->rd, 1, lane_u(t, get_v(t, a->rn), 3, 1));
    return true;
}

bool trans_fjcvtzs(Ctx *t, const a64_fjcvtzs *a)            // FJCVTZS
{
    if (!fp_access(t))
        return true;
    Val args[] = { ir_reg_ptr(t, reg_v(a->rn)) };
    u8 rd[] = { (u8)reg_v(a->rn) };
    Val v = ir_call_regs(t, &help_to_js, 1, args, rd, 1, NULL, 0);
    put_reg(t, a->rd, 0, ir_trunc(t, v));
    ir_put_flags(t, ir_fl_unpack(t, ir_trunc(t, ir_shr(t, T_I64, v, ir_k(t, 32)))));
    return true;
}

// -- one source ---------------------------------------------------------------------------

static bool gen_sign(Ctx *t, const a64_fp1 *a, int op)      // FABS, FNEG
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = type_ty(a->type);
    if (a->type == TYPE_H) {
        Val v = get_h(t, a->rn);
        put_bits(t, a->rd, 1, op == OP_FPABS ? ir_and(t, T_I32, v, ir_k(t, 0x7fff))
                                             : ir_xor(t, T_I32, v, ir_k(t, 0x8000)));
    } else {
        put_f(t, a->rd, ir_op(t, op, ty, get_f(t, a->rn, ty), ir_none, ir_none, 0, 0), ty);
    }
    return true;
}

bool trans_fabs_s(Ctx *t, const a64_fp1 *a) { return gen_sign(t, a, OP_FPABS); }
bool trans_fneg_s(Ctx *t, const a64_fp1 *a) { return gen_sign(t, a, OP_FPNEG); }

bool trans_fmov_s(Ctx *t, const a64_fp1 *a)                 // FMOV (register)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H)
        put_bits(t, a->rd, 1, get_h(t, a->rn));
    else
        put_f(t, a->rd, get_f(t, a->rn, type_ty(a->type)), type_ty(a->type));
    return true;
}

static bool gen_fp1(Ctx *t, const a64_fp1 *a, int op, u32 lane_op, u32 aux)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = type_ty(a->type);
    if (a->type == TYPE_H)
        call_v3(t, &help_fp_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rn),
                scalar_sd(lane_op, a->type, aux));
    else
        put_f(t, a->rd, fp_op(t, op, ty, get_f(t, a->rn, ty), ir_none, ir_none, (u16)aux, 0), ty);
    return true;
}

bool trans_fsqrt_s(Ctx *t, const a64_fp1 *a) { return gen_fp1(t, a, OP_FPSQRT, FL_SQRT, 0); }

bool trans_frint_s(Ctx *t, const a64_fp1 *a)                // FRINT{N,P,M,Z,A,X,I}
{
    return gen_fp1(t, a, OP_FPRINT, FL_RINT, a->round | (a->exact ? IR_ROUND_EXACT : 0));
}

bool trans_frint_n_s(Ctx *t, const a64_frint_n_s *a)        // FRINT32{X,Z}, FRINT64{X,Z}
{
    if (fp_access(t))
        call_v3(t, &help_fp_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rn),
                scalar_sd(a->sz ? FL_RINT64 : FL_RINT32, a->type, a->x ? IR_RCUR : IR_RZ));
    return true;
}

// FCVT between precisions; those to and from half belong to the base architecture.
bool trans_fcvt_s(Ctx *t, const a64_fcvt_s *a)
{
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H || a->opc == TYPE_H) {
        call_v2(t, &help_fp_cvt, reg_v(a->rd), reg_v(a->rn),
                sd_make(type_size(a->type), type_size(a->opc), false, true, 0));
        return true;
    }
    IrType from = type_ty(a->type), to = type_ty(a->opc);
    put_f(t, a->rd, fp_cvt(t, OP_FPCVT, to, from, get_f(t, a->rn, from), 0), to);
    return true;
}

// -- compare, select, immediate -----------------------------------------------------------

static Val call_cmp(Ctx *t, int n, int m, u32 type, u32 signalling)
{
    Val args[] = { ir_reg_ptr(t, n), ir_reg_ptr(t, m), ir_k(t, scalar_sd(signalling, type, 0)) };
    u8 rd[] = { (u8)n, (u8)m };
    return ir_fl_unpack(t, ir_call_regs(t, &help_cmp, 3, args, rd, 2, NULL, 0));
}

bool trans_fcmp_s(Ctx *t, const a64_fcmp_s *a)              // FCMP, FCMPE
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = type_ty(a->type);
    if (a->type == TYPE_H) {
        int m = a->z ? scratch(t, 1, vzero(t)) : reg_v(a->rm);
        ir_put_flags(t, call_cmp(t, reg_v(a->rn), m, a->type, a->e));
    } else {
        Val m = a->z ? fzero(t, ty) : get_f(t, a->rm, ty);
        ir_put_flags(t, fp_cmp(t, ty, get_f(t, a->rn, ty), m, a->e));
    }
    return true;
}

// FCCMP, FCCMPE.  Nothing may be compared (and no exception raised) when the condition fails:
// zero is compared with itself then.
bool trans_fccmp_s(Ctx *t, const a64_fccmp_s *a)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = a->type == TYPE_H ? T_V128 : type_ty(a->type);
    IrCond cond = (IrCond)a->cond;
    Val zero = a->type == TYPE_H ? vzero(t) : fzero(t, ty);
    Val n = get_f(t, a->rn, ty), m = get_f(t, a->rm, ty), old = ir_none, fl;
    if (!cond_always(a->cond)) {
        old = ir_get_flags(t);
        n = ir_sel(t, ty, old, cond, n, zero);
        m = ir_sel(t, ty, old, cond, m, zero);
    }
    if (a->type == TYPE_H) {
        int at_n = scratch(t, 0, n), at_m = scratch(t, 1, m);
        fl = call_cmp(t, at_n, at_m, a->type, a->e);
    } else {
        fl = fp_cmp(t, ty, n, m, a->e);
    }
    ir_put_flags(t, cond_always(a->cond) ? fl : ir_fl_ccmp(t, old, cond, fl, a->nzcv));
    return true;
}

bool trans_fmov_imm_s(Ctx *t, const a64_fmov_imm_s *a)      // FMOV (scalar, immediate)
{
    u32 size = type_size(a->type);
    if (!type_ok(t, a->type))
        return false;
    if (fp_access(t))
        put_bits(t, a->rd, size, ir_k(t, fp_expand_imm(size, a->imm8)));
    return true;
}

bool trans_fcsel_s(Ctx *t, const a64_fcsel_s *a)            // FCSEL
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    bool half = a->type == TYPE_H;
    IrType ty = half ? T_I32 : type_ty(a->type);
    Val v = half ? get_h(t, a->rn) : get_f(t, a->rn, ty);
    if (!cond_always(a->cond)) {
        Val m = half ? get_h(t, a->rm) : get_f(t, a->rm, ty);
        v = ir_sel(t, ty, ir_get_flags(t), (IrCond)a->cond, v, m);
    }
    if (half)
        put_bits(t, a->rd, 1, v);
    else
        put_f(t, a->rd, v, ty);
    return true;
}

// -- two and three sources ----------------------------------------------------------------

static bool gen_fp2(Ctx *t, const a64_fp2 *a, int op, u32 lane_op)
{
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    IrType ty = type_ty(a->type);
    if (a->type == TYPE_H) {
        call_v3(t, &help_fp_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                scalar_sd(lane_op, a->type, 0));
        return true;
    }
    Val n = get_f(t, a->rn, ty), m = get_f(t, a->rm, ty);
    put_f(t, a->rd, fp_op(t, op, ty, n, m, ir_none, 0, 0), ty);
    return true;
}

bool trans_fmul_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPMUL, FL_MUL); }
bool trans_fdiv_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPDIV, FL_DIV); }
bool trans_fadd_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPADD, FL_ADD); }
bool trans_fsub_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPSUB, FL_SUB); }
bool trans_fmax_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPMAX, FL_MAX); }
bool trans_fmin_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPMIN, FL_MIN); }
bool trans_fmaxnm_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPMAXNM, FL_MAXNM); }
bool trans_fminnm_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPMINNM, FL_MINNM); }
bool trans_fnmul_s(Ctx *t, const a64_fp2 *a) { return gen_fp2(t, a, OP_FPNMUL, FL_NMUL); }

// FMADD, FMSUB, FNMADD, FNMSUB: (o1 ? -a : a) + (o0 != o1 ? -n : n) * m.
bool trans_fmadd_s(Ctx *t, const a64_fmadd_s *a)
{
    u32 neg = (a->o1 ? FM_NEG_ADDEND : 0) | (a->o0 != a->o1 ? FM_NEG_PRODUCT : 0);
    if (!type_ok(t, a->type))
        return false;
    if (!fp_access(t))
        return true;
    if (a->type == TYPE_H) {
        int d = scratch(t, 0, get_v(t, a->ra));
        call_v3(t, &help_fp_lanes, d, reg_v(a->rn), reg_v(a->rm),
                scalar_sd(FL_MULADD, a->type, neg));
        put_v(t, a->rd, ir_get(t, d, T_V128));
        return true;
    }
    IrType ty = type_ty(a->type);
    Val add = get_f(t, a->ra, ty), n = get_f(t, a->rn, ty), m = get_f(t, a->rm, ty);
    put_f(t, a->rd, fp_op(t, OP_FPFMA, ty, add, n, m, (u16)neg, 0), ty);
    return true;
}
