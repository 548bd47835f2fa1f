// SPDX-License-Identifier: MIT
// A64 Advanced SIMD floating point, vector and scalar.  Arm ARM DDI 0487K.a, C4.1.96; names are
// those of C7.2.  Half precision is always a call.
#include "cpu/arm/translate_simd.h"

static void call_lanes(Ctx *t, u32 rd, u32 rn, u32 rm, u32 sd)
{
    call_v3(t, &help_fp_lanes, reg_v(rd), reg_v(rn), reg_v(rm), sd);
}

// Lanes as a vector again; the rest is zero.
static Val gather_f(Ctx *t, const Val *f, u32 n, u32 size)
{
    Val r = v_of_f(t, fp_ty(size), f[0]);
    for (u32 i = 1; i < n; i++)
        r = ir_v2(t, OP_VINSL, r, v_of_f(t, fp_ty(size), f[i]), (u16)size, (i32)i);
    return r;
}

// -- three registers of the same type -----------------------------------------------------

static u32 f3_size(const a64_f3 *a) { return a->h ? 1 : 2 + a->sz; }

static u32 f3_sd(const a64_f3 *a, u32 op, u32 imm)
{
    return sd_make(op, f3_size(a), a->q, a->scalar, imm);
}

static bool call3(Ctx *t, const a64_f3 *a, u32 op)
{
    if (fp_access(t))
        call_lanes(t, a->rd, a->rn, a->rm, f3_sd(a, op, 0));
    return true;
}

bool trans_fmulx_v(Ctx *t, const a64_f3 *a) { return call3(t, a, FL_MULX); }
bool trans_frecps_v(Ctx *t, const a64_f3 *a) { return call3(t, a, FL_RECPS); }
bool trans_frsqrts_v(Ctx *t, const a64_f3 *a) { return call3(t, a, FL_RSQRTS); }

static bool op3(Ctx *t, const a64_f3 *a, int op, u32 lane_op)
{
    if (a->h)
        return call3(t, a, lane_op);
    if (!fp_access(t))
        return true;
    Val n = fp_in(t, get_v(t, a->rn), a->q), m = fp_in(t, get_v(t, a->rm), a->q);
    put_v(t, a->rd, fp_op(t, op, T_V128, n, m, ir_none, vl(f3_size(a), a->q), 0));
    return true;
}

bool trans_fadd_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFADD, FL_ADD); }
bool trans_fsub_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFSUB, FL_SUB); }
bool trans_fmul_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFMUL, FL_MUL); }
bool trans_fdiv_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFDIV, FL_DIV); }
bool trans_fmax_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFMAX, FL_MAX); }
bool trans_fmin_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFMIN, FL_MIN); }
bool trans_fmaxnm_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFMAXNM, FL_MAXNM); }
bool trans_fminnm_v(Ctx *t, const a64_f3 *a) { return op3(t, a, OP_VFMINNM, FL_MINNM); }

static bool mla3(Ctx *t, const a64_f3 *a, bool negate)
{
    if (!fp_access(t))
        return true;
    if (a->h) {
        call_lanes(t, a->rd, a->rn, a->rm, f3_sd(a, FL_MULADD, negate ? FM_NEG_PRODUCT : 0));
        return true;
    }
    Val d = fp_in(t, get_v(t, a->rd), a->q);
    Val n = fp_in(t, get_v(t, a->rn), a->q), m = fp_in(t, get_v(t, a->rm), a->q);
    put_v(t, a->rd, fp_op(t, OP_VFMLA, T_V128, d, n, m, vl(f3_size(a), a->q), negate));
    return true;
}

bool trans_fmla_v(Ctx *t, const a64_f3 *a) { return mla3(t, a, false); }
bool trans_fmls_v(Ctx *t, const a64_f3 *a) { return mla3(t, a, true); }

bool trans_fabd_v(Ctx *t, const a64_f3 *a)                  // FABD: |n - m|
{
    u32 size = f3_size(a);
    if (a->h)
        return call3(t, a, FL_ABD);
    if (!fp_access(t))
        return true;
    if (a->scalar) {
        IrType ty = fp_ty(size);
        Val n = get_f(t, a->rn, ty), m = get_f(t, a->rm, ty);
        Val v = fp_op(t, OP_FPSUB, ty, n, m, ir_none, 0, 0);
        put_f(t, a->rd, ir_op(t, OP_FPABS, ty, v, ir_none, ir_none, 0, 0), ty);
        return true;
    }
    Val n = fp_in(t, get_v(t, a->rn), a->q), m = fp_in(t, get_v(t, a->rm), a->q);
    Val v = fp_op(t, OP_VFSUB, T_V128, n, m, ir_none, vl(size, a->q), 0);
    put_v(t, a->rd, ir_v1(t, OP_VFABS, v, vl(size, a->q), 0));
    return true;
}

// -- comparisons --------------------------------------------------------------------------

// A scalar as a vector whose other lanes raise nothing, or a vector's input.
static Val cmp_in(Ctx *t, u32 r, u32 size, u32 q, u32 scalar)
{
    if (scalar)
        return v_of_f(t, fp_ty(size), get_f(t, r, fp_ty(size)));
    return fp_in(t, get_v(t, r), q);
}

static void put_cmp(Ctx *t, u32 rd, Val v, u32 size, u32 scalar)
{
    if (scalar)
        put_lane0(t, rd, size, v);
    else
        put_v(t, rd, v);
}

static bool cmp3(Ctx *t, const a64_f3 *a, int op, u32 lane_op, bool absolute)
{
    u32 size = f3_size(a);
    u16 lanes = vl(size, a->q);
    if (a->h)
        return call3(t, a, lane_op);
    if (!fp_access(t))
        return true;
    Val n = cmp_in(t, a->rn, size, a->q, a->scalar), m = cmp_in(t, a->rm, size, a->q, a->scalar);
    if (absolute) {
        n = ir_v1(t, OP_VFABS, n, (u16)size, 0);
        m = ir_v1(t, OP_VFABS, m, (u16)size, 0);
    }
    put_cmp(t, a->rd, fp_op(t, op, T_V128, n, m, ir_none, lanes, 0), size, a->scalar);
    return true;
}

bool trans_fcmeq_v(Ctx *t, const a64_f3 *a) { return cmp3(t, a, OP_VFCEQ, FL_CMEQ, false); }
bool trans_fcmge_v(Ctx *t, const a64_f3 *a) { return cmp3(t, a, OP_VFCGE, FL_CMGE, false); }
bool trans_fcmgt_v(Ctx *t, const a64_f3 *a) { return cmp3(t, a, OP_VFCGT, FL_CMGT, false); }
bool trans_facge_v(Ctx *t, const a64_f3 *a) { return cmp3(t, a, OP_VFCGE, FL_ACGE, true); }
bool trans_facgt_v(Ctx *t, const a64_f3 *a) { return cmp3(t, a, OP_VFCGT, FL_ACGT, true); }

static u32 f2_size(const a64_f2 *a) { return a->h ? 1 : 2 + a->sz; }

static bool cmp_zero(Ctx *t, const a64_f2 *a, int op, u32 lane_op, bool zero_first)
{
    u32 size = f2_size(a);
    if (!fp_access(t))
        return true;
    if (a->h) {
        int zero = scratch(t, 0, vzero(t)), r = reg_v(a->rn);
        call_v3(t, &help_fp_lanes, reg_v(a->rd), zero_first ? zero : r, zero_first ? r : zero,
                sd_make(lane_op, size, a->q, a->scalar, 0));
        return true;
    }
    Val n = cmp_in(t, a->rn, size, a->q, a->scalar), z = vzero(t);
    Val v = fp_op(t, op, T_V128, zero_first ? z : n, zero_first ? n : z, ir_none,
                  vl(size, a->q), 0);
    put_cmp(t, a->rd, v, size, a->scalar);
    return true;
}

bool trans_fcmeq_z(Ctx *t, const a64_f2 *a) { return cmp_zero(t, a, OP_VFCEQ, FL_CMEQ, false); }
bool trans_fcmge_z(Ctx *t, const a64_f2 *a) { return cmp_zero(t, a, OP_VFCGE, FL_CMGE, false); }
bool trans_fcmgt_z(Ctx *t, const a64_f2 *a) { return cmp_zero(t, a, OP_VFCGT, FL_CMGT, false); }
bool trans_fcmle_z(Ctx *t, const a64_f2 *a) { return cmp_zero(t, a, OP_VFCGE, FL_CMGE, true); }
bool trans_fcmlt_z(Ctx *t, const a64_f2 *a) { return cmp_zero(t, a, OP_VFCGT, FL_CMGT, true); }

// -- pairs and reductions -----------------------------------------------------------------

static bool pairs3(Ctx *t, const a64_f3 *a, int op, u32 lane_op)
{
    u32 size = f3_size(a);
    if (!fp_access(t))
        return true;
    if (a->h) {
        call_v3(t, &help_fp_pairs, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm), f3_sd(a, lane_op, 0));
        return true;
    }
    u16 lanes = vl(size, a->q);
    Val n = get_v(t, a->rn), m = get_v(t, a->rm);
    Val even = fp_in(t, ir_v2(t, OP_VUZP1, n, m, lanes, 0), a->q);
    Val odd = fp_in(t, ir_v2(t, OP_VUZP2, n, m, lanes, 0), a->q);
    put_v(t, a->rd, fp_op(t, op, T_V128, even, odd, ir_none, lanes, 0));
    return true;
}

bool trans_faddp_v(Ctx *t, const a64_f3 *a) { return pairs3(t, a, OP_VFADD, FL_ADD); }
bool trans_fmaxp_v(Ctx *t, const a64_f3 *a) { return pairs3(t, a, OP_VFMAX, FL_MAX); }
bool trans_fminp_v(Ctx *t, const a64_f3 *a) { return pairs3(t, a, OP_VFMIN, FL_MIN); }
bool trans_fmaxnmp_v(Ctx *t, const a64_f3 *a) { return pairs3(t, a, OP_VFMAXNM, FL_MAXNM); }
bool trans_fminnmp_v(Ctx *t, const a64_f3 *a) { return pairs3(t, a, OP_VFMINNM, FL_MINNM); }

// op of lane i and the one above it
static Val fp_lanes(Ctx *t, int op, Val v, u32 size, u32 i)
{
    Val lo = lane_f(t, v, size, i), hi = lane_f(t, v, size, i + 1);
    return fp_op(t, op, fp_ty(size), lo, hi, ir_none, 0, 0);
}

static bool pair(Ctx *t, const a64_fpair *a, int op, u32 lane_op)
{
    u32 size = 2 + a->sz;
    if (!fp_access(t))
        return true;
    if (a->h) {
        call_v3(t, &help_fp_pairs, reg_v(a->rd), reg_v(a->rn), reg_v(a->rn),
                sd_make(lane_op, 1, false, true, 0));
        return true;
    }
    Val n = get_v(t, a->rn);
    put_f(t, a->rd, fp_lanes(t, op, n, size, 0), fp_ty(size));
    return true;
}

bool trans_faddp_p(Ctx *t, const a64_fpair *a) { return pair(t, a, OP_FPADD, FL_ADD); }
bool trans_fmaxp_p(Ctx *t, const a64_fpair *a) { return pair(t, a, OP_FPMAX, FL_MAX); }
bool trans_fminp_p(Ctx *t, const a64_fpair *a) { return pair(t, a, OP_FPMIN, FL_MIN); }
bool trans_fmaxnmp_p(Ctx *t, const a64_fpair *a) { return pair(t, a, OP_FPMAXNM, FL_MAXNM); }
bool trans_fminnmp_p(Ctx *t, const a64_fpair *a) { return pair(t, a, OP_FPMINNM, FL_MINNM); }

// Reduce (J1.3) of four lanes: (0 op 1) op (2 op 3).
static bool across(Ctx *t, const a64_facross *a, int op, u32 lane_op)
{
    if (!fp_access(t))
        return true;
    if (a->h) {
        call_v2(t, &help_fp_reduce, reg_v(a->rd), reg_v(a->rn),
                sd_make(lane_op, 1, a->q, false, 0));
        return true;
    }
    Val n = get_v(t, a->rn);
    Val lo = fp_lanes(t, op, n, 2, 0), hi = fp_lanes(t, op, n, 2, 2);
    put_f(t, a->rd, fp_op(t, op, T_F32, lo, hi, ir_none, 0, 0), T_F32);
    return true;
}

bool trans_fmaxv(Ctx *t, const a64_facross *a) { return across(t, a, OP_FPMAX, FL_MAX); }
bool trans_fminv(Ctx *t, const a64_facross *a) { return across(t, a, OP_FPMIN, FL_MIN); }
bool trans_fmaxnmv(Ctx *t, const a64_facross *a) { return across(t, a, OP_FPMAXNM, FL_MAXNM); }
bool trans_fminnmv(Ctx *t, const a64_facross *a) { return across(t, a, OP_FPMINNM, FL_MINNM); }

// -- two registers ------------------------------------------------------------------------

static void call2(Ctx *t, const a64_f2 *a, u32 op, u32 imm)
{
    call_lanes(t, a->rd, a->rn, a->rn, sd_make(op, f2_size(a), a->q, a->scalar, imm));
}

static bool sign2(Ctx *t, const a64_f2 *a, int op)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn);
    if (!a->h)
        put_v(t, a->rd, ir_v1(t, op, n, vl(f2_size(a), a->q), 0));
    else if (op == OP_VFABS)
        put_v(t, a->rd, ir_v2(t, OP_VAND, n, vconst_rep(t, 1, 0x7fff, 1), vl(1, a->q), 0));
    else
        put_v(t, a->rd, ir_v2(t, OP_VXOR, n, vconst_rep(t, 1, 0x8000, 1), vl(1, a->q), 0));
    return true;
}

bool trans_fabs_v(Ctx *t, const a64_f2 *a) { return sign2(t, a, OP_VFABS); }
bool trans_fneg_v(Ctx *t, const a64_f2 *a) { return sign2(t, a, OP_VFNEG); }

bool trans_fsqrt_v(Ctx *t, const a64_f2 *a)
{
    if (!fp_access(t))
        return true;
    if (a->h) {
        call2(t, a, FL_SQRT, 0);
        return true;
    }
    Val n = fp_in(t, get_v(t, a->rn), a->q);
    put_v(t, a->rd, fp_op(t, OP_VFSQRT, T_V128, n, ir_none, ir_none, vl(f2_size(a), a->q), 0));
    return true;
}

static bool estimate(Ctx *t, const a64_f2 *a, u32 op, u32 imm)
{
    if (fp_access(t))
        call2(t, a, op, imm);
    return true;
}

bool trans_frecpe_v(Ctx *t, const a64_f2 *a) { return estimate(t, a, FL_RECPE, 0); }
bool trans_frsqrte_v(Ctx *t, const a64_f2 *a) { return estimate(t, a, FL_RSQRTE, 0); }
bool trans_frecpx_v(Ctx *t, const a64_f2 *a) { return estimate(t, a, FL_RECPX, 0); }
bool trans_frint32_v(Ctx *t, const a64_f2 *a) { return estimate(t, a, FL_RINT32, a->round); }
bool trans_frint64_v(Ctx *t, const a64_f2 *a) { return estimate(t, a, FL_RINT64, a->round); }

static u32 f2_lanes(const a64_f2 *a) { return a->scalar ? 1 : (a->q ? 16u : 8u) >> f2_size(a); }

bool trans_frint_v(Ctx *t, const a64_f2 *a)                 // FRINT{N,P,M,Z,A,X,I} (vector)
{
    u32 how = a->round | (a->exact ? IR_ROUND_EXACT : 0), size = f2_size(a);
    if (!fp_access(t))
        return true;
    if (a->h) {
        call2(t, a, FL_RINT, how);
        return true;
    }
    Val n = get_v(t, a->rn), f[4];
    for (u32 i = 0; i < f2_lanes(a); i++)
        f[i] = fp_op(t, OP_FPRINT, fp_ty(size), lane_f(t, n, size, i), ir_none, ir_none,
                     (u16)how, 0);
    put_v(t, a->rd, gather_f(t, f, f2_lanes(a), size));
    return true;
}

bool trans_fcvti_v(Ctx *t, const a64_f2 *a)                 // FCVT{N,P,M,Z,A}{S,U} (vector)
{
    u32 how = a->round | (a->u ? IR_TOI_UNSIGNED : 0), size = f2_size(a);
    IrType from = fp_ty(size), to = int_ty(size);
    if (!fp_access(t))
        return true;
    if (a->h) {
        call2(t, a, FL_TO_INT, how);
        return true;
    }
    Val n = a->scalar ? ir_none : get_v(t, a->rn), f[4];
    for (u32 i = 0; i < f2_lanes(a); i++) {
        Val x = a->scalar ? get_f(t, a->rn, from) : lane_f(t, n, size, i);
        f[i] = f_of_bits(t, from, fp_cvt(t, OP_FPTOI, to, from, x, (u16)how));
    }
    if (a->scalar)
        put_f(t, a->rd, f[0], from);
    else
        put_v(t, a->rd, gather_f(t, f, f2_lanes(a), size));
    return true;
}

bool trans_icvtf_v(Ctx *t, const a64_f2 *a)                 // SCVTF, UCVTF (vector, integer)
{
    u32 how = a->u ? IR_TOI_UNSIGNED : 0, size = f2_size(a);
    IrType from = int_ty(size), to = fp_ty(size);
    if (!fp_access(t))
        return true;
    if (a->h) {
        call2(t, a, FL_FROM_INT, how);
        return true;
    }
    Val n = a->scalar ? ir_none : get_v(t, a->rn), f[4];
    for (u32 i = 0; i < f2_lanes(a); i++) {
        Val x = a->scalar ? bits_of_f(t, to, get_f(t, a->rn, to)) : lane_u(t, n, size, i);
        f[i] = fp_cvt(t, OP_ITOFP, to, from, x, (u16)how);
    }
    if (a->scalar)
        put_f(t, a->rd, f[0], to);
    else
        put_v(t, a->rd, gather_f(t, f, f2_lanes(a), size));
    return true;
}

// -- narrow and widen ---------------------------------------------------------------------

bool trans_fcvtn_v(Ctx *t, const a64_fcvtx *a)              // FCVTN, FCVTN2
{
    if (!fp_access(t))
        return true;
    if (!a->sz) {
        call_v2(t, &help_fp_cvt_lanes, reg_v(a->rd), reg_v(a->rn),
                sd_make(FC_NARROW, 1, a->q, false, 0));
        return true;
    }
    Val n = get_v(t, a->rn), f[2];
    for (u32 i = 0; i < 2; i++)
        f[i] = fp_cvt(t, OP_FPCVT, T_F32, T_F64, lane_f(t, n, 3, i), 0);
    put_half(t, a->rd, gather_f(t, f, 2, 2), a->q);
    return true;
}

bool trans_fcvtl_v(Ctx *t, const a64_fcvtx *a)              // FCVTL, FCVTL2
{
    if (!fp_access(t))
        return true;
    if (!a->sz) {
        call_v2(t, &help_fp_cvt_lanes, reg_v(a->rd), reg_v(a->rn),
                sd_make(FC_WIDEN, 1, a->q, false, 0));
        return true;
    }
    Val n = get_v(t, a->rn), f[2];
    for (u32 i = 0; i < 2; i++)
        f[i] = fp_cvt(t, OP_FPCVT, T_F64, T_F32, lane_f(t, n, 2, a->q * 2 + i), 0);
    put_v(t, a->rd, gather_f(t, f, 2, 3));
    return true;
}

bool trans_fcvtxn_v(Ctx *t, const a64_fcvtx *a)             // FCVTXN, FCVTXN2
{
    if (fp_access(t))
        call_v2(t, &help_fp_cvt_lanes, reg_v(a->rd), reg_v(a->rn),
                sd_make(FC_NARROW_ODD, 2, a->q && !a->scalar, a->scalar, 0));
    return true;
}

// -- by element ---------------------------------------------------------------------------

// size as encoded: 0 half, 2 single, 3 double.
static u32 x_size(const a64_vx *a) { return a->size ? a->size : 1; }

static Val element(Ctx *t, const a64_vx *a)
{
    u32 size = x_size(a), reg = size == 1 ? a->rm : a->m << 4 | a->rm;
    u32 index = size == 1 ? a->h << 2 | a->l << 1 | a->m : size == 2 ? a->h << 1 | a->l : a->h;
    return ir_v1(t, OP_VDUPL, get_v(t, reg), (u16)size, (i32)index);
}

static bool call_x(Ctx *t, const a64_vx *a, u32 op, u32 imm)
{
    if (fp_access(t))
        call_v3(t, &help_fp_lanes, reg_v(a->rd), reg_v(a->rn), scratch(t, 0, element(t, a)),
                sd_make(op, x_size(a), a->q, a->scalar, imm));
    return true;
}

bool trans_fmulx_x(Ctx *t, const a64_vx *a) { return call_x(t, a, FL_MULX, 0); }

bool trans_fmul_x(Ctx *t, const a64_vx *a)
{
    u32 size = x_size(a);
    IrType ty = fp_ty(size);
    if (size == 1)
        return call_x(t, a, FL_MUL, 0);
    if (!fp_access(t))
        return true;
    Val m = element(t, a);
    if (a->scalar) {
        Val n = get_f(t, a->rn, ty);
        put_f(t, a->rd, fp_op(t, OP_FPMUL, ty, n, f_of_v(t, ty, m), ir_none, 0, 0), ty);
    } else {
        Val n = fp_in(t, get_v(t, a->rn), a->q);
        put_v(t, a->rd, fp_op(t, OP_VFMUL, T_V128, n, m, ir_none, vl(size, a->q), 0));
    }
    return true;
}

static bool mla_x(Ctx *t, const a64_vx *a, bool negate)
{
    u32 size = x_size(a), neg = negate ? FM_NEG_PRODUCT : 0;
    IrType ty = fp_ty(size);
    if (size == 1)
        return call_x(t, a, FL_MULADD, neg);
    if (!fp_access(t))
        return true;
    Val m = element(t, a);
    if (a->scalar) {
        Val d = get_f(t, a->rd, ty), n = get_f(t, a->rn, ty);
        put_f(t, a->rd, fp_op(t, OP_FPFMA, ty, d, n, f_of_v(t, ty, m), (u16)neg, 0), ty);
    } else {
        Val d = fp_in(t, get_v(t, a->rd), a->q), n = fp_in(t, get_v(t, a->rn), a->q);
        put_v(t, a->rd, fp_op(t, OP_VFMLA, T_V128, d, n, m, vl(size, a->q), negate));
    }
    return true;
}

bool trans_fmla_x(Ctx *t, const a64_vx *a) { return mla_x(t, a, false); }
bool trans_fmls_x(Ctx *t, const a64_vx *a) { return mla_x(t, a, true); }

// The element of FCMLA is a pair of lanes.
bool trans_fcmla_x(Ctx *t, const a64_vx *a)
{
    if (a->size == 1 && !a64_feature(t, A64_FEAT_fp16))
        return false;
    if (!fp_access(t))
        return true;
    u32 index = a->size == 1 ? a->h << 1 | a->l : a->h;
    Val pair_of = ir_v1(t, OP_VDUPL, get_v(t, a->m << 4 | a->rm), (u16)(a->size + 1), (i32)index);
    call_v3(t, &help_fp_cmla, reg_v(a->rd), reg_v(a->rn), scratch(t, 0, pair_of),
            sd_make(0, a->size, a->q, false, a->rot));
    return true;
}

// -- half to single multiply-accumulate ---------------------------------------------------

bool trans_fmlal_v(Ctx *t, const a64_fmlal *a)              // FMLAL, FMLSL (vector)
{
    if (fp_access(t))
        call_v3(t, &help_fp_mlal, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                sd_make(a->sub | a->top << 1, 2, a->q, false, 0));
    return true;
}

bool trans_fmlal_x(Ctx *t, const a64_fmlalx *a)             // FMLAL, FMLSL (by element)
{
    if (!fp_access(t))
        return true;
    u32 index = a->h << 2 | a->l << 1 | a->m;
    Val m = ir_v1(t, OP_VDUPL, get_v(t, a->rm), VL_16, (i32)index);
    call_v3(t, &help_fp_mlal, reg_v(a->rd), reg_v(a->rn), scratch(t, 0, m),
            sd_make(a->sub | a->top << 1, 2, a->q, false, 0));
    return true;
}
