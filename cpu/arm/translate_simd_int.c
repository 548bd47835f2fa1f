// SPDX-License-Identifier: MIT
// A64 Advanced SIMD on integers: three registers, by element, narrow and wide.
// Arm ARM DDI 0487K.a, C4.1.96; names are those of C7.2.
//
// A scalar form is its vector form on one 64-bit lane; saturating ones also come in narrower
// scalars, and are calls.
#include "cpu/arm/translate_simd.h"

// -- three registers of the same type -----------------------------------------------------

typedef struct Op3 { Val d, n, m; u16 vl; u32 size, q; } Op3;
typedef Val Gen3(Ctx *t, const Op3 *o);

static bool gen3(Ctx *t, const a64_v3 *a, Gen3 *gen)
{
    if (!fp_access(t))
        return true;
    Op3 o = { get_v(t, a->rd), get_v(t, a->rn), get_v(t, a->rm), vl(a->size, a->q), a->size, a->q };
    put_v(t, a->rd, gen(t, &o));
    return true;
}

static bool op3(Ctx *t, const a64_v3 *a, int op)
{
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, op, a->rn, a->rm, vl(a->size, a->q), 0));
    return true;
}

static bool call3(Ctx *t, const a64_v3 *a, u32 op)
{
    if (fp_access(t))
        call_v3(t, &help_simd_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                sd_make(op, a->size, a->q, a->scalar, 0));
    return true;
}

bool trans_add_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VADD); }
bool trans_sub_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VSUB); }
bool trans_mul_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VMUL); }
bool trans_addp_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VADDP); }
bool trans_smax_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VSMAX); }
bool trans_smin_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VSMIN); }
bool trans_umax_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VUMAX); }
bool trans_umin_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VUMIN); }
bool trans_cmeq_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCEQ); }
bool trans_cmgt_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCGT); }
bool trans_cmge_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCGE); }
bool trans_cmhi_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCHI); }
bool trans_cmhs_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCHS); }
bool trans_cmtst_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VCTST); }
bool trans_sshl_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VSSHL); }
bool trans_ushl_v(Ctx *t, const a64_v3 *a) { return op3(t, a, OP_VUSHL); }

bool trans_sqadd_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQADD); }
bool trans_uqadd_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_UQADD); }
bool trans_sqsub_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQSUB); }
bool trans_uqsub_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_UQSUB); }
bool trans_sqshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQSHL); }
bool trans_uqshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_UQSHL); }
bool trans_srshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SRSHL); }
bool trans_urshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_URSHL); }
bool trans_sqrshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQRSHL); }
bool trans_uqrshl_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_UQRSHL); }
bool trans_sqdmulh_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQDMULH); }
bool trans_sqrdmulh_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_SQRDMULH); }
bool trans_pmul_v(Ctx *t, const a64_v3 *a) { return call3(t, a, SO_PMUL); }

static Val gen_mla(Ctx *t, const Op3 *o)
{
    return ir_v2(t, OP_VADD, o->d, ir_v2(t, OP_VMUL, o->n, o->m, o->vl, 0), o->vl, 0);
}

static Val gen_mls(Ctx *t, const Op3 *o)
{
    return ir_v2(t, OP_VSUB, o->d, ir_v2(t, OP_VMUL, o->n, o->m, o->vl, 0), o->vl, 0);
}

bool trans_mla_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_mla); }
bool trans_mls_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_mls); }

// Halving: a + b is 2 (a & b) + (a ^ b), or 2 (a | b) - (a ^ b), and a - b is (a ^ b) - 2 (~a & b).
static Val half_xor(Ctx *t, const Op3 *o, bool is_unsigned)
{
    Val x = ir_v2(t, OP_VXOR, o->n, o->m, o->vl, 0);
    return ir_v1(t, is_unsigned ? OP_VSHRI : OP_VSARI, x, o->vl, 1);
}

static Val hadd(Ctx *t, const Op3 *o, bool is_unsigned)
{
    Val both = ir_v2(t, OP_VAND, o->n, o->m, o->vl, 0);
    return ir_v2(t, OP_VADD, both, half_xor(t, o, is_unsigned), o->vl, 0);
}

static Val rhadd(Ctx *t, const Op3 *o, bool is_unsigned)
{
    Val any = ir_v2(t, OP_VOR, o->n, o->m, o->vl, 0);
    return ir_v2(t, OP_VSUB, any, half_xor(t, o, is_unsigned), o->vl, 0);
}

static Val hsub(Ctx *t, const Op3 *o, bool is_unsigned)
{
    Val borrow = ir_v2(t, OP_VANDN, o->m, o->n, o->vl, 0);
    return ir_v2(t, OP_VSUB, half_xor(t, o, is_unsigned), borrow, o->vl, 0);
}

static Val gen_shadd(Ctx *t, const Op3 *o) { return hadd(t, o, false); }
static Val gen_uhadd(Ctx *t, const Op3 *o) { return hadd(t, o, true); }
static Val gen_srhadd(Ctx *t, const Op3 *o) { return rhadd(t, o, false); }
static Val gen_urhadd(Ctx *t, const Op3 *o) { return rhadd(t, o, true); }
static Val gen_shsub(Ctx *t, const Op3 *o) { return hsub(t, o, false); }
static Val gen_uhsub(Ctx *t, const Op3 *o) { return hsub(t, o, true); }

bool trans_shadd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_shadd); }
bool trans_uhadd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_uhadd); }
bool trans_srhadd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_srhadd); }
bool trans_urhadd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_urhadd); }
bool trans_shsub_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_shsub); }
bool trans_uhsub_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_uhsub); }

static Val abs_diff(Ctx *t, Val n, Val m, u16 lanes, bool is_unsigned)
{
    Val max = ir_v2(t, is_unsigned ? OP_VUMAX : OP_VSMAX, n, m, lanes, 0);
    Val min = ir_v2(t, is_unsigned ? OP_VUMIN : OP_VSMIN, n, m, lanes, 0);
    return ir_v2(t, OP_VSUB, max, min, lanes, 0);
}

static Val gen_sabd(Ctx *t, const Op3 *o) { return abs_diff(t, o->n, o->m, o->vl, false); }
static Val gen_uabd(Ctx *t, const Op3 *o) { return abs_diff(t, o->n, o->m, o->vl, true); }
static Val gen_saba(Ctx *t, const Op3 *o)
{
    return ir_v2(t, OP_VADD, o->d, gen_sabd(t, o), o->vl, 0);
}
static Val gen_uaba(Ctx *t, const Op3 *o)
{
    return ir_v2(t, OP_VADD, o->d, gen_uabd(t, o), o->vl, 0);
}

bool trans_sabd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_sabd); }
bool trans_uabd_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_uabd); }
bool trans_saba_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_saba); }
bool trans_uaba_v(Ctx *t, const a64_v3 *a) { return gen3(t, a, gen_uaba); }

static bool pairs3(Ctx *t, const a64_v3 *a, int op)
{
    if (!fp_access(t))
        return true;
    u16 lanes = vl(a->size, a->q);
    Val n = get_v(t, a->rn), m = get_v(t, a->rm);
    Val even = ir_v2(t, OP_VUZP1, n, m, lanes, 0), odd = ir_v2(t, OP_VUZP2, n, m, lanes, 0);
    put_v(t, a->rd, ir_v2(t, op, even, odd, lanes, 0));
    return true;
}

bool trans_smaxp_v(Ctx *t, const a64_v3 *a) { return pairs3(t, a, OP_VSMAX); }
bool trans_sminp_v(Ctx *t, const a64_v3 *a) { return pairs3(t, a, OP_VSMIN); }
bool trans_umaxp_v(Ctx *t, const a64_v3 *a) { return pairs3(t, a, OP_VUMAX); }
bool trans_uminp_v(Ctx *t, const a64_v3 *a) { return pairs3(t, a, OP_VUMIN); }

// -- bitwise ------------------------------------------------------------------------------

static bool logic(Ctx *t, const a64_vlogic *a, int op)
{
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, op, a->rn, a->rm, vl(VL_64, a->q), 0));
    return true;
}

bool trans_and_v(Ctx *t, const a64_vlogic *a) { return logic(t, a, OP_VAND); }
bool trans_bic_v(Ctx *t, const a64_vlogic *a) { return logic(t, a, OP_VANDN); }
bool trans_orn_v(Ctx *t, const a64_vlogic *a) { return logic(t, a, OP_VORN); }
bool trans_eor_v(Ctx *t, const a64_vlogic *a) { return logic(t, a, OP_VXOR); }

bool trans_orr_v(Ctx *t, const a64_vlogic *a)
{
    if (a->rn != a->rm)
        return logic(t, a, OP_VOR);
    if (!fp_access(t))
        return true;
    IrType ty = a->q ? T_V128 : T_F64;                      // MOV
    put_f(t, a->rd, get_f(t, a->rn, ty), ty);
    return true;
}

// A mask chooses between two registers, by bit.
static bool gen_select(Ctx *t, const a64_vlogic *a, u32 mask, u32 ones, u32 zeros)
{
    if (!fp_access(t))
        return true;
    Val k = get_v(t, mask), one = get_v(t, ones), zero = get_v(t, zeros);
    put_v(t, a->rd, ir_v3(t, OP_VBSL, k, one, zero, vl(VL_64, a->q), 0));
    return true;
}

bool trans_bsl_v(Ctx *t, const a64_vlogic *a) { return gen_select(t, a, a->rd, a->rn, a->rm); }
bool trans_bit_v(Ctx *t, const a64_vlogic *a) { return gen_select(t, a, a->rm, a->rn, a->rd); }
bool trans_bif_v(Ctx *t, const a64_vlogic *a) { return gen_select(t, a, a->rm, a->rd, a->rn); }

// -- extra three-register -----------------------------------------------------------------

static bool callx(Ctx *t, const a64_v3x *a, const Helper *h, u32 op, u32 imm)
{
    if (fp_access(t))
        call_v3(t, h, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                sd_make(op, a->size, a->q, a->scalar, imm));
    return true;
}

bool trans_sqrdmlah_v(Ctx *t, const a64_v3x *a)
{
    return callx(t, a, &help_simd_lanes, SO_SQRDMLAH, 0);
}
bool trans_sqrdmlsh_v(Ctx *t, const a64_v3x *a)
{
    return callx(t, a, &help_simd_lanes, SO_SQRDMLSH, 0);
}
bool trans_sdot_v(Ctx *t, const a64_v3x *a) { return callx(t, a, &help_simd_dot, 0, 0); }
bool trans_udot_v(Ctx *t, const a64_v3x *a) { return callx(t, a, &help_simd_dot, 1, 0); }

bool trans_fcmla_v(Ctx *t, const a64_v3x *a)
{
    if (a->size == 1 && !a64_feature(t, A64_FEAT_fp16))
        return false;
    return callx(t, a, &help_fp_cmla, 0, a->rot);
}

bool trans_fcadd_v(Ctx *t, const a64_v3x *a)
{
    if (a->size == 1 && !a64_feature(t, A64_FEAT_fp16))
        return false;
    return callx(t, a, &help_fp_cadd, 0, a->rot);
}

// -- three registers of different types ---------------------------------------------------

static Val mul_long(Ctx *t, Val n, Val m, u32 size, bool is_unsigned, u32 top)
{
    Val wide_n = widen(t, n, size, is_unsigned, top), wide_m = widen(t, m, size, is_unsigned, top);
    return ir_v2(t, OP_VMUL, wide_n, wide_m, (u16)(size + 1), 0);
}

// d = op(wide n, wide m)
static bool long3(Ctx *t, const a64_v3d *a, int op, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Val n = widen(t, get_v(t, a->rn), a->size, is_unsigned, a->q);
    Val m = widen(t, get_v(t, a->rm), a->size, is_unsigned, a->q);
    put_v(t, a->rd, ir_v2(t, op, n, m, (u16)(a->size + 1), 0));
    return true;
}

bool trans_saddl_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VADD, false); }
bool trans_uaddl_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VADD, true); }
bool trans_ssubl_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VSUB, false); }
bool trans_usubl_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VSUB, true); }
bool trans_smull_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VMUL, false); }
bool trans_umull_v(Ctx *t, const a64_v3d *a) { return long3(t, a, OP_VMUL, true); }

static bool wide3(Ctx *t, const a64_v3d *a, int op, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn), m = widen(t, get_v(t, a->rm), a->size, is_unsigned, a->q);
    put_v(t, a->rd, ir_v2(t, op, n, m, (u16)(a->size + 1), 0));
    return true;
}

bool trans_saddw_v(Ctx *t, const a64_v3d *a) { return wide3(t, a, OP_VADD, false); }
bool trans_uaddw_v(Ctx *t, const a64_v3d *a) { return wide3(t, a, OP_VADD, true); }
bool trans_ssubw_v(Ctx *t, const a64_v3d *a) { return wide3(t, a, OP_VSUB, false); }
bool trans_usubw_v(Ctx *t, const a64_v3d *a) { return wide3(t, a, OP_VSUB, true); }

static bool mlal3(Ctx *t, const a64_v3d *a, int op, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn), m = get_v(t, a->rm);
    Val p = mul_long(t, n, m, a->size, is_unsigned, a->q);
    put_v(t, a->rd, ir_v2(t, op, get_v(t, a->rd), p, (u16)(a->size + 1), 0));
    return true;
}

bool trans_smlal_v(Ctx *t, const a64_v3d *a) { return mlal3(t, a, OP_VADD, false); }
bool trans_umlal_v(Ctx *t, const a64_v3d *a) { return mlal3(t, a, OP_VADD, true); }
bool trans_smlsl_v(Ctx *t, const a64_v3d *a) { return mlal3(t, a, OP_VSUB, false); }
bool trans_umlsl_v(Ctx *t, const a64_v3d *a) { return mlal3(t, a, OP_VSUB, true); }

// The absolute difference of narrow lanes fits them, unsigned.
static bool abdl3(Ctx *t, const a64_v3d *a, bool is_unsigned, bool add)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn), m = get_v(t, a->rm);
    Val v = abs_diff(t, n, m, (u16)a->size, is_unsigned);
    v = widen(t, v, a->size, true, a->q);
    put_v(t, a->rd, add ? ir_v2(t, OP_VADD, get_v(t, a->rd), v, (u16)(a->size + 1), 0) : v);
    return true;
}

bool trans_sabdl_v(Ctx *t, const a64_v3d *a) { return abdl3(t, a, false, false); }
bool trans_uabdl_v(Ctx *t, const a64_v3d *a) { return abdl3(t, a, true, false); }
bool trans_sabal_v(Ctx *t, const a64_v3d *a) { return abdl3(t, a, false, true); }
bool trans_uabal_v(Ctx *t, const a64_v3d *a) { return abdl3(t, a, true, true); }

static bool narrow3(Ctx *t, const a64_v3d *a, int op, bool round)
{
    if (!fp_access(t))
        return true;
    u16 wide = (u16)(a->size + 1);
    i32 bits = 8 << a->size;
    Val v = v2_regs(t, op, a->rn, a->rm, wide, 0);
    if (round)
        v = ir_v2(t, OP_VADD, v, vconst_rep(t, wide, (u64)1 << (bits - 1), 1), wide, 0);
    put_half(t, a->rd, ir_v1(t, OP_VXTN, ir_v1(t, OP_VSHRI, v, wide, bits), (u16)a->size, 0), a->q);
    return true;
}

bool trans_addhn_v(Ctx *t, const a64_v3d *a) { return narrow3(t, a, OP_VADD, false); }
bool trans_raddhn_v(Ctx *t, const a64_v3d *a) { return narrow3(t, a, OP_VADD, true); }
bool trans_subhn_v(Ctx *t, const a64_v3d *a) { return narrow3(t, a, OP_VSUB, false); }
bool trans_rsubhn_v(Ctx *t, const a64_v3d *a) { return narrow3(t, a, OP_VSUB, true); }

static bool dmull3(Ctx *t, const a64_v3d *a, u32 op)
{
    if (fp_access(t))
        call_v3(t, &help_simd_dmull, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                sd_make(op, a->size, a->q, a->scalar, 0));
    return true;
}

bool trans_sqdmull_v(Ctx *t, const a64_v3d *a) { return dmull3(t, a, SW_SQDMULL); }
bool trans_sqdmlal_v(Ctx *t, const a64_v3d *a) { return dmull3(t, a, SW_SQDMLAL); }
bool trans_sqdmlsl_v(Ctx *t, const a64_v3d *a) { return dmull3(t, a, SW_SQDMLSL); }

bool trans_pmull_8(Ctx *t, const a64_v3d *a)                // PMULL, PMULL2 of 8 bits
{
    if (fp_access(t))
        call_v3(t, &help_simd_pmull8, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm),
                sd_make(0, 0, a->q, false, 0));
    return true;
}

bool trans_pmull_64(Ctx *t, const a64_v3d *a)
{
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, OP_VPMULL, a->rn, a->rm, VL_64, (i32)a->q));
    return true;
}

// -- by element ---------------------------------------------------------------------------

// The element in every lane.
static Val element(Ctx *t, const a64_vx *a)
{
    u32 index = a->size == 1 ? a->h << 2 | a->l << 1 | a->m : a->h << 1 | a->l;
    u32 reg = a->size == 1 ? a->rm : a->m << 4 | a->rm;
    return ir_v1(t, OP_VDUPL, get_v(t, reg), (u16)a->size, (i32)index);
}

static bool opx(Ctx *t, const a64_vx *a, Gen3 *gen)
{
    if (!fp_access(t))
        return true;
    Op3 o = { get_v(t, a->rd), get_v(t, a->rn), element(t, a), vl(a->size, a->q), a->size, a->q };
    put_v(t, a->rd, gen(t, &o));
    return true;
}

static Val gen_mul(Ctx *t, const Op3 *o) { return ir_v2(t, OP_VMUL, o->n, o->m, o->vl, 0); }

bool trans_mul_x(Ctx *t, const a64_vx *a) { return opx(t, a, gen_mul); }
bool trans_mla_x(Ctx *t, const a64_vx *a) { return opx(t, a, gen_mla); }
bool trans_mls_x(Ctx *t, const a64_vx *a) { return opx(t, a, gen_mls); }

static Val product_x(Ctx *t, const a64_vx *a, bool is_unsigned)
{
    Val n = get_v(t, a->rn), m = element(t, a);
    return mul_long(t, n, m, a->size, is_unsigned, a->q);
}

static bool mullx(Ctx *t, const a64_vx *a, bool is_unsigned)
{
    if (fp_access(t))
        put_v(t, a->rd, product_x(t, a, is_unsigned));
    return true;
}

static bool mlalx(Ctx *t, const a64_vx *a, int op, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), p = product_x(t, a, is_unsigned);
    put_v(t, a->rd, ir_v2(t, op, d, p, (u16)(a->size + 1), 0));
    return true;
}

bool trans_smull_x(Ctx *t, const a64_vx *a) { return mullx(t, a, false); }
bool trans_umull_x(Ctx *t, const a64_vx *a) { return mullx(t, a, true); }
bool trans_smlal_x(Ctx *t, const a64_vx *a) { return mlalx(t, a, OP_VADD, false); }
bool trans_umlal_x(Ctx *t, const a64_vx *a) { return mlalx(t, a, OP_VADD, true); }
bool trans_smlsl_x(Ctx *t, const a64_vx *a) { return mlalx(t, a, OP_VSUB, false); }
bool trans_umlsl_x(Ctx *t, const a64_vx *a) { return mlalx(t, a, OP_VSUB, true); }

static bool callvx(Ctx *t, const a64_vx *a, const Helper *h, u32 op)
{
    if (fp_access(t))
        call_v3(t, h, reg_v(a->rd), reg_v(a->rn), scratch(t, 0, element(t, a)),
                sd_make(op, a->size, a->q, a->scalar, 0));
    return true;
}

bool trans_sqdmull_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_dmull, SW_SQDMULL); }
bool trans_sqdmlal_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_dmull, SW_SQDMLAL); }
bool trans_sqdmlsl_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_dmull, SW_SQDMLSL); }
bool trans_sqdmulh_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_lanes, SO_SQDMULH); }
bool trans_sqrdmulh_x(Ctx *t, const a64_vx *a)
{
    return callvx(t, a, &help_simd_lanes, SO_SQRDMULH);
}
bool trans_sqrdmlah_x(Ctx *t, const a64_vx *a)
{
    return callvx(t, a, &help_simd_lanes, SO_SQRDMLAH);
}
bool trans_sqrdmlsh_x(Ctx *t, const a64_vx *a)
{
    return callvx(t, a, &help_simd_lanes, SO_SQRDMLSH);
}
// An element of a dot product is four bytes, size 2 as encoded.
bool trans_sdot_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_dot, 0); }
bool trans_udot_x(Ctx *t, const a64_vx *a) { return callvx(t, a, &help_simd_dot, 1); }
