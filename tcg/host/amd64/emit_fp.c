// SPDX-License-Identifier: MIT
// Floating point on the host's FPU (Arm DDI 0487, shared/functions/float; Intel SDM
// 325462-081 vol. 1, 4.8 and 11.5).
//
// Scheme: do it, look at the result, leave by a jump that is never taken when it is a NaN or
// (after operations that can underflow) the smallest normal number.  One compare tells both:
// ucomis of |result| with the smallest normal gives ZF for equal and for unordered; for
// vectors predicate EQ_UQ does.  Additions need no such check: a tiny sum is exact.
//
// The sources must be intact when the cold path is entered.  When the destination is one of
// them it is copied to xmm2 first: the copy is off the result's critical path, and the cold
// path is told to look there.
//
// 64-bit vectors (VQ_HALF): what is in the sources' upper halves must not raise exceptions.
// Sources are used with the lower half in both halves, so that each lane is computed twice.
#include "tcg/host/amd64/emit.h"

enum { ROUND_QUIET = 8 };                           // roundps imm: no precision exception
enum { CMP_EQ_OQ = 0x00, CMP_UNORD_Q = 0x03, CMP_EQ_UQ = 0x08, CMP_GE_OS = 0x0d,
       CMP_GT_OS = 0x0e, CMP_GE_OQ = 0x1d };        // SDM vol. 2A, CMPPD table 3-1

// -- constants ----------------------------------------------------------------------------
static Mem dup64(Emit *e, u64 v) { return mem_const(&e->a, v, v); }
static Mem dup32(Emit *e, u32 v) { return dup64(e, (u64)v << 32 | v); }
static Mem sign_mask(Emit *e, bool dbl) { return dbl ? dup64(e, 1ull << 63) : dup32(e, 1u << 31); }
static Mem abs_mask(Emit *e, bool dbl) { return dbl ? dup64(e, ~0ull >> 1) : dup32(e, ~0u >> 1); }
static Mem min_normal(Emit *e, bool dbl) { return dbl ? dup64(e, 1ull << 52) : dup32(e, 1 << 23); }
static Mem one(Emit *e, bool dbl) { return dbl ? dup64(e, 1023ull << 52) : dup32(e, 127 << 23); }
static Mem half(Emit *e, bool dbl) { return dbl ? dup64(e, 1022ull << 52) : dup32(e, 126 << 23); }
// from here on every value is an integer
static Mem integral(Emit *e, bool dbl)
{
    return dbl ? dup64(e, (1023ull + 52) << 52) : dup32(e, (127 + 23) << 23);
}
static Mem two63(Emit *e, bool dbl)
{
    return dbl ? dup64(e, (1023ull + 63) << 52) : dup32(e, (127 + 63) << 23);
}

static bool is_double(const EmitArgs *x) { return x->in->ty == T_F64; }
static AsmFmt scalar_fmt(const EmitArgs *x) { return is_double(x) ? FMT_SD : FMT_SS; }
static AsmFmt vector_fmt(const EmitArgs *x)
{
    return (x->in->aux & VL_MASK) == VL_64 ? FMT_PD : FMT_PS;
}
static bool is_half(const EmitArgs *x) { return x->in->aux & VQ_HALF; }

// -- checks -------------------------------------------------------------------------------
// x with any source that the destination overwrites found in xmm2 instead.
static EmitArgs keep_sources(Emit *e, const EmitArgs *x, int n)
{
    EmitArgs y = *x;
    bool kept = false;
    for (int i = 0; i < n; i++) {
        if (x->s[i] != x->d) continue;
        if (!kept) asm_vmov(&e->a, XMM2, x->d);
        kept = true;
        y.s[i] = XMM2;
    }
    return y;
}

// Jumps when r is a NaN; `tiny`: or the smallest normal.  Uses xmm0.
static u8 *check_scalar(Emit *e, bool dbl, int r, bool tiny)
{
    emit_flags_clobbered(e);
    if (!tiny) {
        asm_vucomis(&e->a, dbl, r, r);
        return asm_jcc_long(&e->a, CC_P);
    }
    asm_vandps_m(&e->a, XMM0, r, abs_mask(e, dbl));
    asm_vucomis_m(&e->a, dbl, XMM0, min_normal(e, dbl));
    return asm_jcc_long(&e->a, CC_E);
}

static u8 *jump_if_any(Emit *e, AsmFmt f, int mask)
{
    if (fmt_double(f)) asm_vmovmskpd(&e->a, RAX, mask);
    else asm_vmovmskps(&e->a, RAX, mask);
    asm_test(&e->a, 2, RAX, RAX);
    emit_flags_clobbered(e);
    return asm_jcc_long(&e->a, CC_NE);
}

// The same for lanes of r, with scratch register t.
static u8 *check_vector(Emit *e, AsmFmt f, int r, bool tiny, int t)
{
    bool dbl = fmt_double(f);
    if (tiny) {
        asm_vandps_m(&e->a, t, r, abs_mask(e, dbl));
        asm_vcmp_m(&e->a, f, t, t, min_normal(e, dbl), CMP_EQ_UQ);
    } else {
        asm_vcmp(&e->a, f, t, r, r, CMP_UNORD_Q);
    }
    return jump_if_any(e, f, t);
}

// -- scalar arithmetic --------------------------------------------------------------------
typedef struct FpRow { u8 fp; bool tiny; } FpRow;
static const FpRow fp_rows[OP_COUNT] = {
    [OP_FPADD] = { VFP_ADD, false }, [OP_FPSUB] = { VFP_SUB, false },
    [OP_FPMUL] = { VFP_MUL, true },  [OP_FPDIV] = { VFP_DIV, true },
    [OP_VFADD] = { VFP_ADD, false }, [OP_VFSUB] = { VFP_SUB, false },
    [OP_VFMUL] = { VFP_MUL, true },  [OP_VFDIV] = { VFP_DIV, true },
    [OP_VFSQRT] = { VFP_SQRT, false },
    [OP_FPMIN] = { VFP_MIN, false },   [OP_FPMAX] = { VFP_MAX, false },
    [OP_FPMINNM] = { VFP_MIN, false }, [OP_FPMAXNM] = { VFP_MAX, false },
    [OP_VFMIN] = { VFP_MIN, false },   [OP_VFMAX] = { VFP_MAX, false },
    [OP_VFMINNM] = { VFP_MIN, false }, [OP_VFMAXNM] = { VFP_MAX, false },
};

static void fp_binary(Emit *e, const EmitArgs *x)
{
    FpRow row = fp_rows[x->in->op];
    EmitArgs y = keep_sources(e, x, 2);
    asm_vfp(&e->a, row.fp, scalar_fmt(x), x->d, x->s[0], x->s[1]);
    emit_cold_op(e, &y, check_scalar(e, is_double(x), x->d, row.tiny));
}

static void fp_nmul(Emit *e, const EmitArgs *x)
{
    EmitArgs y = keep_sources(e, x, 2);
    asm_vfp(&e->a, VFP_MUL, scalar_fmt(x), x->d, x->s[0], x->s[1]);
    u8 *j = check_scalar(e, is_double(x), x->d, true);
    asm_vxorps_m(&e->a, x->d, x->d, sign_mask(e, is_double(x)));
    emit_cold_op(e, &y, j);
}

static void fp_sqrt(Emit *e, const EmitArgs *x)
{
    EmitArgs y = keep_sources(e, x, 1);
    asm_vfp(&e->a, VFP_SQRT, scalar_fmt(x), x->d, x->s[0], x->s[0]);
    emit_cold_op(e, &y, check_scalar(e, is_double(x), x->d, false));
}

// d = (neg_a ? -a : a) + (neg_b ? -b : b) * c in the form that has d as one of them.
static void fma_into(Emit *e, AsmFmt f, int d, const int *s, bool neg_a, bool neg_b)
{
    AsmFmaKind kind = neg_b ? (neg_a ? FMA_NSUB : FMA_NADD) : (neg_a ? FMA_SUB : FMA_ADD);
    if (d != s[0] && d == s[1]) {
        asm_vfma(&e->a, FMA_132, kind, f, d, s[0], s[2]);
    } else if (d != s[0] && d == s[2]) {
        asm_vfma(&e->a, FMA_132, kind, f, d, s[0], s[1]);
    } else {
        asm_vmov(&e->a, d, s[0]);
        asm_vfma(&e->a, FMA_231, kind, f, d, s[1], s[2]);
    }
}

static void fp_fma(Emit *e, const EmitArgs *x)
{
    EmitArgs y = keep_sources(e, x, 3);
    fma_into(e, scalar_fmt(x), x->d, x->s, x->in->aux & 1, x->in->aux & 2);
    emit_cold_op(e, &y, check_scalar(e, is_double(x), x->d, true));
}

// FPMin, FPMax: -0 < +0.  Where the operands are equal the host gives the second one; done
// both ways, or makes the smaller of two zeros, and makes the larger.
static void min_max_into(Emit *e, AsmFmt f, int op, int d, int a, int b)
{
    asm_vfp(&e->a, op, f, XMM2, a, b);
    asm_vfp(&e->a, op, f, XMM0, b, a);
    if (op == VFP_MIN) asm_vorps(&e->a, d, XMM0, XMM2);
    else asm_vandps(&e->a, d, XMM0, XMM2);
}

static void fp_min_max(Emit *e, const EmitArgs *x)
{
    asm_vucomis(&e->a, is_double(x), x->s[0], x->s[1]);
    emit_flags_clobbered(e);
    u8 *j = asm_jcc_long(&e->a, CC_P);
    min_max_into(e, scalar_fmt(x), fp_rows[x->in->op].fp, x->d, x->s[0], x->s[1]);
    emit_cold_op(e, x, j);
}

static void fp_abs(Emit *e, const EmitArgs *x)
{
    asm_vandps_m(&e->a, x->d, x->s[0], abs_mask(e, is_double(x)));
}

static void fp_neg(Emit *e, const EmitArgs *x)
{
    asm_vxorps_m(&e->a, x->d, x->s[0], sign_mask(e, is_double(x)));
}

// -- conversions --------------------------------------------------------------------------
// NaNs: both architectures keep sign and upper fraction bits and set the quiet bit (DDI 0487,
// FPConvertNaN; SDM vol. 1, 4.8.3.5), so only narrowing needs a check, for tininess.
static void fp_cvt(Emit *e, const EmitArgs *x)
{
    if (is_double(x)) {
        asm_vcvtss2sd(&e->a, x->d, x->s[0], x->s[0]);
        return;
    }
    EmitArgs y = keep_sources(e, x, 1);
    asm_vcvtsd2ss(&e->a, x->d, x->s[0], x->s[0]);
    emit_cold_op(e, &y, check_scalar(e, false, x->d, true));
}

static int round_imm(unsigned r)
{
    static const u8 imm[] = { [IR_RN] = 0, [IR_RP] = 2, [IR_RM] = 1, [IR_RZ] = 3, [IR_RCUR] = 4 };
    return imm[r];
}

// xmm0 = s rounded to nearest, ties away from zero; raises nothing but invalid for a SNaN.
// t = trunc(s); |s - t| is exact; when it is a half or more, one is added to t.  The addend
// has the sign of s, also as a zero: -0 + -0 stays -0.  Large values (and infinities, whose
// difference would be invalid) skip that.
static void round_away(Emit *e, bool dbl, int s)
{
    Asm *a = &e->a;
    AsmFmt f = dbl ? FMT_SD : FMT_SS;
    asm_vrounds(a, dbl, XMM0, s, s, 3 | ROUND_QUIET);
    asm_vandps_m(a, XMM1, s, abs_mask(e, dbl));
    asm_vucomis_m(a, dbl, XMM1, integral(e, dbl));
    emit_flags_clobbered(e);
    u8 *large = asm_jcc_short(a, CC_AE);
    asm_vfp(a, VFP_SUB, f, XMM1, s, XMM0);
    asm_vandps_m(a, XMM1, XMM1, abs_mask(e, dbl));
    asm_vcmp_m(a, f, XMM1, XMM1, half(e, dbl), CMP_GE_OQ);
    asm_vandps_m(a, XMM1, XMM1, one(e, dbl));
    asm_vandps_m(a, XMM2, s, sign_mask(e, dbl));
    asm_vorps(a, XMM1, XMM1, XMM2);
    asm_vfp(a, VFP_ADD, f, XMM0, XMM0, XMM1);
    asm_patch_here(a, large);
}

// xmm0 = s rounded, without the inexact exception
static void round_quiet(Emit *e, bool dbl, int s, unsigned round)
{
    if (round == IR_RA) round_away(e, dbl, s);
    else asm_vrounds(&e->a, dbl, XMM0, s, s, round_imm(round) | ROUND_QUIET);
}

// The inexact exception if s is not integral.
static void raise_inexact(Emit *e, bool dbl, int s) { asm_vrounds(&e->a, dbl, XMM1, s, s, 3); }

static void fp_rint(Emit *e, const EmitArgs *x)
{
    bool dbl = is_double(x), exact = x->in->aux & IR_ROUND_EXACT;
    unsigned round = x->in->aux & 7;
    if (round == IR_RA) {
        round_away(e, dbl, x->s[0]);
        if (exact) raise_inexact(e, dbl, x->s[0]);
        asm_vmov(&e->a, x->d, XMM0);
    } else {
        int k = round_imm(round) | (exact ? 0 : ROUND_QUIET);
        asm_vrounds(&e->a, dbl, x->d, x->s[0], x->s[0], k);
    }
}

// To signed: the host's result is the integer indefinite, MIN, when it does not fit.
static u8 *toi_signed(Emit *e, bool dbl, int sz, int d, int s)
{
    asm_vcvtts2si(&e->a, dbl, sz, d, s);
    asm_alu_i(&e->a, ALU_CMP, sz, d, 1);
    emit_flags_clobbered(e);
    return asm_jcc_long(&e->a, CC_O);
}

// To unsigned 32 bits: as 64 bits signed, which must be its own lower half.
static u8 *toi_u32(Emit *e, bool dbl, int d, int s)
{
    asm_vcvtts2si(&e->a, dbl, 3, d, s);
    asm_mov(&e->a, 2, RAX, d);
    asm_alu(&e->a, ALU_CMP, 3, RAX, d);
    emit_flags_clobbered(e);
    return asm_jcc_long(&e->a, CC_NE);
}

// AVX-512: all ones when it does not fit.
static u8 *toi_unsigned(Emit *e, bool dbl, int sz, int d, int s)
{
    asm_vcvtts2usi(&e->a, dbl, sz, d, s);
    asm_alu_i(&e->a, ALU_CMP, sz, d, -1);
    emit_flags_clobbered(e);
    return asm_jcc_long(&e->a, CC_E);
}

// Unsigned 64 bits below 2^63 is signed; the rest, NaNs too, is for the cold path.  The
// first jump comes before the conversion could raise invalid for what is valid.
static u8 *toi_u64(Emit *e, bool dbl, int d, int s, u8 **second)
{
    asm_vucomis_m(&e->a, dbl, s, two63(e, dbl));
    *second = asm_jcc_long(&e->a, CC_AE);
    asm_vcvtts2si(&e->a, dbl, 3, d, s);
    asm_test(&e->a, 3, d, d);
    emit_flags_clobbered(e);
    return asm_jcc_long(&e->a, CC_S);
}

// Arm raises invalid alone when the value does not fit (FPToFixed), so that inexact is raised
// last, once it is known that it does.
static void fp_toi(Emit *e, const EmitArgs *x)
{
    bool dbl = x->in->ty2 == T_F64, uns = x->in->aux & IR_TOI_UNSIGNED;
    int sz = x->in->ty == T_I64 ? 3 : 2, s = x->s[0];
    unsigned round = x->in->aux & 7;
    u8 *second = NULL, *j;
    bool direct = round == IR_RZ && (!uns || (e->a.cpu & ASM_AVX512));
    if (!direct) {
        round_quiet(e, dbl, s, round);
        s = XMM0;
    }
    if (!uns) j = toi_signed(e, dbl, sz, x->d, s);
    else if (e->a.cpu & ASM_AVX512) j = toi_unsigned(e, dbl, sz, x->d, s);
    else if (sz == 2) j = toi_u32(e, dbl, x->d, s);
    else j = toi_u64(e, dbl, x->d, s, &second);
    if (!direct) raise_inexact(e, dbl, x->s[0]);
    emit_cold_op(e, x, j);
    if (second) emit_cold_op(e, x, second);
}

// Unsigned 64 bits above 2^63 without AVX-512: half of it, its lowest bit kept sticky, so that
// it is rounded as the whole would be; then doubled, which is exact.
static void itofp_u64(Emit *e, bool dbl, int d, int s)
{
    Asm *a = &e->a;
    emit_flags_clobbered(e);
    asm_vxorps(a, d, d, d);
    asm_test(a, 3, s, s);
    u8 *big = asm_jcc_short(a, CC_S);
    asm_vcvtsi2s(a, dbl, 3, d, d, s);
    u8 *done = asm_jmp_short(a);
    asm_patch_here(a, big);
    asm_mov(a, 3, RAX, s);
    asm_mov(a, 2, RCX, s);
    asm_shift_i(a, SH_SHR, 3, RAX, 1);
    asm_alu_i(a, ALU_AND, 2, RCX, 1);
    asm_alu(a, ALU_OR, 3, RAX, RCX);
    asm_vcvtsi2s(a, dbl, 3, d, d, RAX);
    asm_vfp(a, VFP_ADD, dbl ? FMT_SD : FMT_SS, d, d, d);
    asm_patch_here(a, done);
}

static void fp_itofp(Emit *e, const EmitArgs *x)
{
    bool dbl = is_double(x), uns = x->in->aux & IR_TOI_UNSIGNED;
    int sz = x->in->ty2 == T_I64 ? 3 : 2;
    if (uns && sz == 3 && !(e->a.cpu & ASM_AVX512)) {
        itofp_u64(e, dbl, x->d, x->s[0]);
        return;
    }
    asm_vxorps(&e->a, x->d, x->d, x->d);            // no false dependence
    if (uns && sz == 3) asm_vcvtusi2s(&e->a, dbl, 3, x->d, x->d, x->s[0]);
    else asm_vcvtsi2s(&e->a, dbl, uns ? 3 : sz, x->d, x->d, x->s[0]);
}

static void fp_f2i(Emit *e, const EmitArgs *x)
{
    asm_vmov_to_r(&e->a, x->in->ty == T_I64 ? 3 : 2, x->d, x->s[0]);
}

static void fp_i2f(Emit *e, const EmitArgs *x)
{
    asm_vmov_from_r(&e->a, is_double(x) ? 3 : 2, x->d, x->s[0]);
}

static void fp_f2v(Emit *e, const EmitArgs *x)
{
    enum { LANE0_REST_ZERO = 0x0e };
    if (x->in->ty2 == T_F64) asm_vmovq(&e->a, x->d, x->s[0]);
    else asm_vinsertps(&e->a, x->d, x->s[0], x->s[0], LANE0_REST_ZERO);
}

static void fp_v2f(Emit *e, const EmitArgs *x) { asm_vmov(&e->a, x->d, x->s[0]); }

// -- vectors ------------------------------------------------------------------------------
// VQ_HALF: the n sources' lower halves in both halves of xmm0, xmm1, xmm2; else x as it is.
static void half_sources(Emit *e, const EmitArgs *x, int n, int s[3])
{
    for (int i = 0; i < n; i++) {
        s[i] = is_half(x) ? XMM0 + i : x->s[i];
        if (is_half(x)) asm_vmovddup(&e->a, s[i], x->s[i]);
    }
}

// Arithmetic whose result is checked.  VQ_HALF: everything happens in scratch registers, and
// the destination is written last.
static void vf_arith(Emit *e, const EmitArgs *x, int n, bool tiny)
{
    AsmFmt f = vector_fmt(x);
    int s[3], r = is_half(x) ? XMM0 : x->d, t = is_half(x) ? XMM1 : XMM0;
    EmitArgs y = is_half(x) ? *x : keep_sources(e, x, n);
    half_sources(e, x, n, s);
    if (n == 3) fma_into(e, f, r, s, false, x->in->imm & 1);
    else asm_vfp(&e->a, fp_rows[x->in->op].fp, f, r, s[0], s[n - 1]);
    u8 *j = check_vector(e, f, r, tiny, t);
    if (is_half(x)) asm_vmovq(&e->a, x->d, r);
    emit_cold_op(e, &y, j);
}

static void vf_binary(Emit *e, const EmitArgs *x) { vf_arith(e, x, 2, fp_rows[x->in->op].tiny); }
static void vf_sqrt(Emit *e, const EmitArgs *x) { vf_arith(e, x, 1, false); }
static void vf_mla(Emit *e, const EmitArgs *x) { vf_arith(e, x, 3, true); }

static void vf_min_max(Emit *e, const EmitArgs *x)
{
    AsmFmt f = vector_fmt(x);
    int s[3], r = is_half(x) ? XMM0 : x->d;
    half_sources(e, x, 2, s);
    asm_vcmp(&e->a, f, XMM2, s[0], s[1], CMP_UNORD_Q);
    u8 *j = jump_if_any(e, f, XMM2);
    min_max_into(e, f, fp_rows[x->in->op].fp, r, s[0], s[1]);
    if (is_half(x)) asm_vmovq(&e->a, x->d, r);
    emit_cold_op(e, x, j);
}

// Never a NaN in the result: no cold path.
static void vf_compare(Emit *e, const EmitArgs *x)
{
    int op = x->in->op, s[3];
    int pred = op == OP_VFCEQ ? CMP_EQ_OQ : op == OP_VFCGE ? CMP_GE_OS : CMP_GT_OS;
    half_sources(e, x, 2, s);
    asm_vcmp(&e->a, vector_fmt(x), x->d, s[0], s[1], pred);
    if (is_half(x)) asm_vmovq(&e->a, x->d, x->d);
}

static void vf_abs(Emit *e, const EmitArgs *x)
{
    u64 k = fmt_double(vector_fmt(x)) ? ~0ull >> 1 : 0x7fffffff7fffffff;
    asm_vandps_m(&e->a, x->d, x->s[0], mem_const(&e->a, k, is_half(x) ? 0 : k));
}

static void vf_neg(Emit *e, const EmitArgs *x)
{
    asm_vxorps_m(&e->a, x->d, x->s[0], sign_mask(e, fmt_double(vector_fmt(x))));
    if (is_half(x)) asm_vmovq(&e->a, x->d, x->d);
}

// -- FLFCMP -------------------------------------------------------------------------------
// Arm: less 1000, equal 0110, greater 0010, unordered 0011 (FPCompare).  Host: ZF PF CF are
// less 001, equal 100, greater 000, unordered 111 (SDM vol. 2, UCOMISD).
const FcmpCond emit_fcmp_cond[IC_LE + 1] = {
    [IC_EQ] = { false, CC_E, FCMP_AND_NP }, [IC_NE] = { false, CC_NE, FCMP_OR_P },
    [IC_HS] = { true, CC_BE, FCMP_CC },     [IC_LO] = { true, CC_A, FCMP_CC },
    [IC_MI] = { true, CC_A, FCMP_CC },      [IC_PL] = { true, CC_BE, FCMP_CC },
    [IC_VS] = { false, CC_P, FCMP_CC },     [IC_VC] = { false, CC_NP, FCMP_CC },
    [IC_HI] = { true, CC_B, FCMP_CC },      [IC_LS] = { true, CC_AE, FCMP_CC },
    [IC_GE] = { false, CC_AE, FCMP_CC },    [IC_LT] = { false, CC_B, FCMP_CC },
    [IC_GT] = { false, CC_A, FCMP_CC },     [IC_LE] = { false, CC_BE, FCMP_CC },
};

void emit_fcmp(Emit *e, const EmitArgs *x, bool swap)
{
    bool dbl = x->in->ty2 == T_F64;
    int s = x->s[swap], t = x->s[!swap];
    if (x->in->aux & 1) asm_vcomis(&e->a, dbl, s, t);
    else asm_vucomis(&e->a, dbl, s, t);
    emit_flags_clobbered(e);
}

void emit_fcmp_pack(Emit *e, int d)
{
    Asm *a = &e->a;
    asm_mov_k(a, d, 0);                             // greater
    asm_mov_k(a, RCX, IR_NZCV_Z);
    asm_mov_k(a, RDX, IR_NZCV_N | IR_NZCV_NOT_C);
    asm_cmov(a, CC_E, 2, d, RCX);                   // equal or unordered
    asm_mov_k(a, RCX, IR_NZCV_V);
    asm_cmov(a, CC_B, 2, d, RDX);                   // less or unordered
    asm_cmov(a, CC_P, 2, d, RCX);
}

// -- table --------------------------------------------------------------------------------
static void (*const emitters[OP_COUNT])(Emit *, const EmitArgs *) = {
    [OP_FPADD] = fp_binary, [OP_FPSUB] = fp_binary, [OP_FPMUL] = fp_binary,
    [OP_FPDIV] = fp_binary, [OP_FPNMUL] = fp_nmul, [OP_FPSQRT] = fp_sqrt, [OP_FPFMA] = fp_fma,
    [OP_FPMIN] = fp_min_max, [OP_FPMAX] = fp_min_max,
    [OP_FPMINNM] = fp_min_max, [OP_FPMAXNM] = fp_min_max,
    [OP_FPABS] = fp_abs, [OP_FPNEG] = fp_neg, [OP_FPCVT] = fp_cvt, [OP_FPRINT] = fp_rint,
    [OP_FPTOI] = fp_toi, [OP_ITOFP] = fp_itofp,
    [OP_F2I] = fp_f2i, [OP_I2F] = fp_i2f, [OP_F2V] = fp_f2v, [OP_V2F] = fp_v2f,
    [OP_VFADD] = vf_binary, [OP_VFSUB] = vf_binary, [OP_VFMUL] = vf_binary,
    [OP_VFDIV] = vf_binary, [OP_VFSQRT] = vf_sqrt, [OP_VFMLA] = vf_mla,
    [OP_VFMIN] = vf_min_max, [OP_VFMAX] = vf_min_max,
    [OP_VFMINNM] = vf_min_max, [OP_VFMAXNM] = vf_min_max,
    [OP_VFABS] = vf_abs, [OP_VFNEG] = vf_neg,
    [OP_VFCEQ] = vf_compare, [OP_VFCGE] = vf_compare, [OP_VFCGT] = vf_compare,
};

bool emit_fp(Emit *e, const EmitArgs *x)
{
    if (!emitters[x->in->op]) return false;
    emitters[x->in->op](e, x);
    return true;
}
