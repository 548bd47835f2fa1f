// SPDX-License-Identifier: MIT
// A64 Advanced SIMD: copies, permutations, immediates, two registers, reductions, shifts by
// immediate, cryptography.  Arm ARM DDI 0487K.a, C4.1.96; names are those of C7.2.
#include "cpu/arm/translate_simd.h"

static const Helper help_sha1 = HELPER(helper_sha1, 0, T_VOID);
static const Helper help_sha1su1 = HELPER(helper_sha1su1, 0, T_VOID);

// -- copy ---------------------------------------------------------------------------------

static u32 imm5_size(u32 imm5) { return (u32)__builtin_ctz(imm5 | 16); }
static u32 imm5_lane(u32 imm5) { return imm5 >> (imm5_size(imm5) + 1); }

bool trans_dup_elem(Ctx *t, const a64_vcopy *a)             // DUP (element)
{
    if (fp_access(t))
        put_v(t, a->rd, ir_v1(t, OP_VDUPL, get_v(t, a->rn), vl(imm5_size(a->imm5), a->q),
                              (i32)imm5_lane(a->imm5)));
    return true;
}

bool trans_dup_scalar(Ctx *t, const a64_dup_scalar *a)      // DUP (element), scalar
{
    u32 size = imm5_size(a->imm5);
    if (fp_access(t))
        put_lane0(t, a->rd, size, ir_v1(t, OP_VDUPL, get_v(t, a->rn), (u16)size,
                                        (i32)imm5_lane(a->imm5)));
    return true;
}

bool trans_dup_gpr(Ctx *t, const a64_vcopy *a)              // DUP (general)
{
    u32 size = imm5_size(a->imm5);
    if (fp_access(t))
        put_v(t, a->rd, ir_v1(t, OP_VDUP, get_reg(t, a->rn, size == 3), vl(size, a->q), 0));
    return true;
}

static bool gen_mov_out(Ctx *t, const a64_vcopy *a, int op)
{
    if (fp_access(t))
        put_reg(t, a->rd, a->q,
                ir_op(t, op, ty_sf(a->q), get_v(t, a->rn), ir_none, ir_none,
                      (u16)imm5_size(a->imm5), (i32)imm5_lane(a->imm5)));
    return true;
}

bool trans_smov(Ctx *t, const a64_vcopy *a) { return gen_mov_out(t, a, OP_VGETS); }
bool trans_umov(Ctx *t, const a64_vcopy *a) { return gen_mov_out(t, a, OP_VGETU); }

bool trans_ins_gpr(Ctx *t, const a64_vcopy *a)              // INS (general)
{
    u32 size = imm5_size(a->imm5);
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), n = get_reg(t, a->rn, size == 3);
    put_v(t, a->rd, ir_v2(t, OP_VINS, d, n, (u16)size, (i32)imm5_lane(a->imm5)));
    return true;
}

bool trans_ins_elem(Ctx *t, const a64_ins_elem *a)          // INS (element)
{
    u32 size = imm5_size(a->imm5), from = a->imm4 >> size;
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, OP_VINSL, a->rd, a->rn, (u16)size,
                                   (i32)(imm5_lane(a->imm5) | from << 4)));
    return true;
}

// -- permute, extract, table --------------------------------------------------------------

static bool gen_perm(Ctx *t, const a64_vperm *a, int op)
{
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, op, a->rn, a->rm, vl(a->size, a->q), 0));
    return true;
}

bool trans_uzp1(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VUZP1); }
bool trans_uzp2(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VUZP2); }
bool trans_zip1(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VZIP1); }
bool trans_zip2(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VZIP2); }
bool trans_trn1(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VTRN1); }
bool trans_trn2(Ctx *t, const a64_vperm *a) { return gen_perm(t, a, OP_VTRN2); }

bool trans_ext_v(Ctx *t, const a64_ext_v *a)                // EXT
{
    if (fp_access(t))
        put_v(t, a->rd, v2_regs(t, OP_VEXT, a->rn, a->rm, vl(VL_8, a->q), (i32)a->imm4));
    return true;
}

// TBL, TBX: one lookup for each register of the table, with the indices moved down to it.
bool trans_tbl(Ctx *t, const a64_tbl *a)
{
    if (!fp_access(t))
        return true;
    u16 lanes = vl(VL_8, a->q);
    Val index = get_v(t, a->rm), r = ir_none;
    for (u32 i = 0; i <= a->len; i++) {
        Val k = i ? ir_v2(t, OP_VSUB, index, vconst_rep(t, 0, 16 * i, 1), VL_8, 0) : index;
        Val part = ir_v2(t, OP_VTBL1, get_v(t, a->rn + i), k, lanes, 0);
        r = i ? ir_v2(t, OP_VOR, r, part, lanes, 0) : part;
    }
    if (a->x) {
        Val in_range = ir_v2(t, OP_VCHI, vconst_rep(t, 0, 16 * (a->len + 1), 1), index, VL_8, 0);
        r = ir_v3(t, OP_VBSL, in_range, r, get_v(t, a->rd), lanes, 0);
    }
    put_v(t, a->rd, r);
    return true;
}

// -- modified immediate -------------------------------------------------------------------

static u64 expand_bytes(u32 imm8)
{
    u64 v = 0;
    for (u32 i = 0; i < 8; i++)
        v |= imm8 >> i & 1 ? (u64)0xff << 8 * i : 0;
    return v;
}

static u64 expand_imm(const a64_vimm *a)                    // AdvSIMDExpandImm
{
    u64 imm8 = a->abc << 5 | a->defgh;
    u32 cmode = a->cmode;
    if (cmode < 8)
        return rep64(2, imm8 << 8 * (cmode >> 1));
    if (cmode < 12)
        return rep64(1, imm8 << 8 * (cmode >> 1 & 1));
    if (cmode < 14)
        return rep64(2, cmode & 1 ? imm8 << 16 | 0xffff : imm8 << 8 | 0xff);
    if (cmode == 14)
        return a->op ? expand_bytes((u32)imm8) : rep64(0, imm8);
    return rep64(a->op ? 3 : 2, fp_expand_imm(a->op ? 3 : 2, (u32)imm8));
}

static Val imm_const(Ctx *t, const a64_vimm *a, u64 v) { return ir_vconst(t, v, a->q ? v : 0); }

bool trans_movi(Ctx *t, const a64_vimm *a)                  // MOVI, FMOV (vector, immediate)
{
    if (fp_access(t))
        put_v(t, a->rd, imm_const(t, a, expand_imm(a)));
    return true;
}

bool trans_mvni(Ctx *t, const a64_vimm *a)
{
    if (fp_access(t))
        put_v(t, a->rd, imm_const(t, a, ~expand_imm(a)));
    return true;
}

bool trans_orr_vi(Ctx *t, const a64_vimm *a)
{
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), k = imm_const(t, a, expand_imm(a));
    put_v(t, a->rd, ir_v2(t, OP_VOR, d, k, vl(VL_64, a->q), 0));
    return true;
}

bool trans_bic_vi(Ctx *t, const a64_vimm *a)
{
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), k = imm_const(t, a, ~expand_imm(a));
    put_v(t, a->rd, ir_v2(t, OP_VAND, d, k, vl(VL_64, a->q), 0));
    return true;
}

bool trans_fmov_vi_h(Ctx *t, const a64_fmov_vi_h *a)        // FMOV (vector, immediate), half
{
    if (fp_access(t))
        put_v(t, a->rd, vconst_rep(t, 1, fp_expand_imm(1, a->abc << 5 | a->defgh), a->q));
    return true;
}

// -- two registers ------------------------------------------------------------------------

static bool op2(Ctx *t, const a64_v2 *a, int op, u32 size, i32 imm)
{
    if (fp_access(t))
        put_v(t, a->rd, ir_v1(t, op, get_v(t, a->rn), vl(size, a->q), imm));
    return true;
}

static bool call2(Ctx *t, const a64_v2 *a, u32 op)
{
    if (fp_access(t))
        call_v3(t, &help_simd_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rn),
                sd_make(op, a->size, a->q, a->scalar, 0));
    return true;
}

bool trans_rev64_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VREV, a->size, 3); }
bool trans_rev32_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VREV, a->size, 2); }
bool trans_rev16_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VREV, a->size, 1); }
bool trans_cnt_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VCNT, VL_8, 0); }
bool trans_not_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VNOT, VL_64, 0); }
bool trans_abs_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VABS, a->size, 0); }
bool trans_neg_v(Ctx *t, const a64_v2 *a) { return op2(t, a, OP_VNEG, a->size, 0); }
bool trans_cls_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_CLS); }
bool trans_clz_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_CLZ); }
bool trans_suqadd_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_SUQADD); }
bool trans_usqadd_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_USQADD); }
bool trans_sqabs_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_SQABS); }
bool trans_sqneg_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_SQNEG); }
bool trans_urecpe_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_URECPE); }
bool trans_ursqrte_v(Ctx *t, const a64_v2 *a) { return call2(t, a, SO_URSQRTE); }

// RBIT: each nibble through a table, and the nibbles exchanged.
bool trans_rbit_v(Ctx *t, const a64_v2 *a)
{
    static const u64 lo = 0x0e060a020c040800, hi = 0x0f070b030d050901;
    if (!fp_access(t))
        return true;
    u16 lanes = vl(VL_8, a->q);
    Val n = get_v(t, a->rn), low = ir_v2(t, OP_VAND, n, vconst_rep(t, 0, 15, 1), VL_8, 0);
    Val high = ir_v1(t, OP_VSHRI, n, VL_8, 4);
    low = ir_v2(t, OP_VTBL1, ir_vconst(t, lo << 4, hi << 4), low, lanes, 0);
    high = ir_v2(t, OP_VTBL1, ir_vconst(t, lo, hi), high, lanes, 0);
    put_v(t, a->rd, ir_v2(t, OP_VOR, low, high, lanes, 0));
    return true;
}

static bool cmp_zero(Ctx *t, const a64_v2 *a, int op, bool zero_first)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn), z = vzero(t);
    put_v(t, a->rd, ir_v2(t, op, zero_first ? z : n, zero_first ? n : z, vl(a->size, a->q), 0));
    return true;
}

bool trans_cmgt_z(Ctx *t, const a64_v2 *a) { return cmp_zero(t, a, OP_VCGT, false); }
bool trans_cmge_z(Ctx *t, const a64_v2 *a) { return cmp_zero(t, a, OP_VCGE, false); }
bool trans_cmeq_z(Ctx *t, const a64_v2 *a) { return cmp_zero(t, a, OP_VCEQ, false); }
bool trans_cmle_z(Ctx *t, const a64_v2 *a) { return cmp_zero(t, a, OP_VCGE, true); }
bool trans_cmlt_z(Ctx *t, const a64_v2 *a) { return cmp_zero(t, a, OP_VCGT, true); }

// Sums of neighbouring lanes, in lanes of twice the size.
static Val add_long_pairs(Ctx *t, Val n, u32 size, bool is_unsigned, u32 q)
{
    u16 wide = vl(size + 1, q);
    i32 bits = 8 << size;
    int shift = is_unsigned ? OP_VSHRI : OP_VSARI;
    Val even;
    if (is_unsigned)
        even = ir_v2(t, OP_VAND, n, vconst_rep(t, size + 1, ((u64)1 << bits) - 1, 1), wide, 0);
    else
        even = ir_v1(t, shift, ir_v1(t, OP_VSHLI, n, wide, bits), wide, bits);
    return ir_v2(t, OP_VADD, even, ir_v1(t, shift, n, wide, bits), wide, 0);
}

static bool addlp(Ctx *t, const a64_v2 *a, bool is_unsigned, bool add)
{
    if (!fp_access(t))
        return true;
    Val v = add_long_pairs(t, get_v(t, a->rn), a->size, is_unsigned, a->q);
    put_v(t, a->rd, add ? ir_v2(t, OP_VADD, get_v(t, a->rd), v, vl(a->size + 1, a->q), 0) : v);
    return true;
}

bool trans_saddlp_v(Ctx *t, const a64_v2 *a) { return addlp(t, a, false, false); }
bool trans_uaddlp_v(Ctx *t, const a64_v2 *a) { return addlp(t, a, true, false); }
bool trans_sadalp_v(Ctx *t, const a64_v2 *a) { return addlp(t, a, false, true); }
bool trans_uadalp_v(Ctx *t, const a64_v2 *a) { return addlp(t, a, true, true); }

bool trans_xtn_v(Ctx *t, const a64_v2 *a)                   // XTN, XTN2
{
    if (fp_access(t))
        put_half(t, a->rd, ir_v1(t, OP_VXTN, get_v(t, a->rn), (u16)a->size, 0), a->q);
    return true;
}

bool trans_shll_v(Ctx *t, const a64_v2 *a)                  // SHLL, SHLL2
{
    if (fp_access(t))
        put_v(t, a->rd, ir_v1(t, OP_VSHLI, widen(t, get_v(t, a->rn), a->size, true, a->q),
                              (u16)(a->size + 1), 8 << a->size));
    return true;
}

static bool narrow2(Ctx *t, const a64_v2 *a, u32 how)
{
    if (fp_access(t))
        call_v2(t, &help_simd_narrow, reg_v(a->rd), reg_v(a->rn),
                sd_make(how, a->size, a->q && !a->scalar, a->scalar, 0));
    return true;
}

bool trans_sqxtn_v(Ctx *t, const a64_v2 *a) { return narrow2(t, a, 0); }
bool trans_sqxtun_v(Ctx *t, const a64_v2 *a) { return narrow2(t, a, SN_DST_UNSIGNED); }
bool trans_uqxtn_v(Ctx *t, const a64_v2 *a)
{
    return narrow2(t, a, SN_SRC_UNSIGNED | SN_DST_UNSIGNED);
}

// -- across lanes -------------------------------------------------------------------------

// Halves of shrinking vectors, op'ed together; the result is in lane 0.
static Val reduce(Ctx *t, Val v, int op, u32 size, u32 q)
{
    for (i32 step = q ? 8 : 4; step >= 1 << size; step /= 2) {
        Val other = ir_v2(t, OP_VEXT, v, v, vl(VL_8, q), step);
        v = ir_v2(t, op, v, other, vl(size, q), 0);
    }
    return v;
}

static bool minmax_across(Ctx *t, const a64_vacross *a, int op)
{
    if (fp_access(t))
        put_lane0(t, a->rd, a->size, reduce(t, get_v(t, a->rn), op, a->size, a->q));
    return true;
}

bool trans_smaxv(Ctx *t, const a64_vacross *a) { return minmax_across(t, a, OP_VSMAX); }
bool trans_sminv(Ctx *t, const a64_vacross *a) { return minmax_across(t, a, OP_VSMIN); }
bool trans_umaxv(Ctx *t, const a64_vacross *a) { return minmax_across(t, a, OP_VUMAX); }
bool trans_uminv(Ctx *t, const a64_vacross *a) { return minmax_across(t, a, OP_VUMIN); }
bool trans_addv(Ctx *t, const a64_vacross *a) { return minmax_across(t, a, OP_VADD); }

static bool addlv(Ctx *t, const a64_vacross *a, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Val v = add_long_pairs(t, get_v(t, a->rn), a->size, is_unsigned, a->q);
    put_lane0(t, a->rd, a->size + 1, reduce(t, v, OP_VADD, a->size + 1, a->q));
    return true;
}

bool trans_saddlv(Ctx *t, const a64_vacross *a) { return addlv(t, a, false); }
bool trans_uaddlv(Ctx *t, const a64_vacross *a) { return addlv(t, a, true); }

bool trans_addp_d(Ctx *t, const a64_addp_d *a)              // ADDP (scalar)
{
    if (!fp_access(t))
        return true;
    Val n = get_v(t, a->rn);
    put_f(t, a->rd, f_of_v(t, T_F64, ir_v2(t, OP_VADDP, n, n, VL_64, 0)), T_F64);
    return true;
}

// -- shift by immediate -------------------------------------------------------------------

typedef struct Shift { u32 size; i32 right, left; } Shift;

static Shift shift_of(const a64_vshift *a)
{
    u32 size = 28 - (u32)__builtin_clz(a->imm | 8);
    i32 width = 8 << size;
    return (Shift){ size, 2 * width - (i32)a->imm, (i32)a->imm - width };
}

// Right by n of lanes, rounded: the last bit shifted out is added.
static Val shift_right(Ctx *t, Val v, u16 lanes, i32 n, bool is_unsigned, bool round)
{
    Val r = ir_v1(t, is_unsigned ? OP_VSHRI : OP_VSARI, v, lanes, n);
    if (!round)
        return r;
    Val last = ir_v1(t, OP_VSHRI, v, lanes, n - 1);
    last = ir_v2(t, OP_VAND, last, vconst_rep(t, lanes & VL_MASK, 1, 1), lanes, 0);
    return ir_v2(t, OP_VADD, r, last, lanes, 0);
}

static bool right_i(Ctx *t, const a64_vshift *a, bool is_unsigned, bool round, bool add)
{
    if (!fp_access(t))
        return true;
    Shift s = shift_of(a);
    u16 lanes = vl(s.size, a->q);
    Val v = shift_right(t, get_v(t, a->rn), lanes, s.right, is_unsigned, round);
    put_v(t, a->rd, add ? ir_v2(t, OP_VADD, get_v(t, a->rd), v, lanes, 0) : v);
    return true;
}

bool trans_sshr_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, false, false, false); }
bool trans_ushr_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, true, false, false); }
bool trans_ssra_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, false, false, true); }
bool trans_usra_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, true, false, true); }
bool trans_srshr_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, false, true, false); }
bool trans_urshr_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, true, true, false); }
bool trans_srsra_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, false, true, true); }
bool trans_ursra_i(Ctx *t, const a64_vshift *a) { return right_i(t, a, true, true, true); }

bool trans_shl_i(Ctx *t, const a64_vshift *a)               // SHL
{
    Shift s = shift_of(a);
    if (fp_access(t))
        put_v(t, a->rd, ir_v1(t, OP_VSHLI, get_v(t, a->rn), vl(s.size, a->q), s.left));
    return true;
}

// SLI, SRI: shifted bits where `mask` is set, the old ones elsewhere.
static void insert_bits(Ctx *t, const a64_vshift *a, Val v, u32 size, u64 mask)
{
    Val k = vconst_rep(t, size, mask, 1), d = get_v(t, a->rd);
    put_v(t, a->rd, ir_v3(t, OP_VBSL, k, v, d, vl(size, a->q), 0));
}

static u64 ones(i32 n) { return n >= 64 ? ~(u64)0 : ((u64)1 << n) - 1; }

bool trans_sli_i(Ctx *t, const a64_vshift *a)
{
    Shift s = shift_of(a);
    if (fp_access(t))
        insert_bits(t, a, ir_v1(t, OP_VSHLI, get_v(t, a->rn), (u16)s.size, s.left), s.size,
                    ~ones(s.left));
    return true;
}

bool trans_sri_i(Ctx *t, const a64_vshift *a)
{
    Shift s = shift_of(a);
    if (fp_access(t))
        insert_bits(t, a, ir_v1(t, OP_VSHRI, get_v(t, a->rn), (u16)s.size, s.right), s.size,
                    ones((8 << s.size) - s.right));
    return true;
}

static bool sat_left_i(Ctx *t, const a64_vshift *a, u32 op)
{
    Shift s = shift_of(a);
    if (fp_access(t))
        call_v3(t, &help_simd_lanes, reg_v(a->rd), reg_v(a->rn),
                scratch(t, 0, vconst_rep(t, s.size, (u64)s.left, 1)),
                sd_make(op, s.size, a->q, a->scalar, 0));
    return true;
}

bool trans_sqshl_i(Ctx *t, const a64_vshift *a) { return sat_left_i(t, a, SO_SQSHL); }
bool trans_uqshl_i(Ctx *t, const a64_vshift *a) { return sat_left_i(t, a, SO_UQSHL); }
bool trans_sqshlu_i(Ctx *t, const a64_vshift *a) { return sat_left_i(t, a, SO_SQSHLU); }

// SHRN, RSHRN.  A carry out of the rounding is lost by the narrowing, too.
static bool shrn(Ctx *t, const a64_vshift *a, bool round)
{
    if (!fp_access(t))
        return true;
    Shift s = shift_of(a);
    u16 wide = (u16)(s.size + 1);
    Val v = get_v(t, a->rn);
    if (round)
        v = ir_v2(t, OP_VADD, v, vconst_rep(t, wide, (u64)1 << (s.right - 1), 1), wide, 0);
    v = ir_v1(t, OP_VSHRI, v, wide, s.right);
    put_half(t, a->rd, ir_v1(t, OP_VXTN, v, (u16)s.size, 0), a->q);
    return true;
}

bool trans_shrn_i(Ctx *t, const a64_vshift *a) { return shrn(t, a, false); }
bool trans_rshrn_i(Ctx *t, const a64_vshift *a) { return shrn(t, a, true); }

static bool sat_narrow_i(Ctx *t, const a64_vshift *a, u32 how)
{
    Shift s = shift_of(a);
    if (fp_access(t))
        call_v2(t, &help_simd_narrow, reg_v(a->rd), reg_v(a->rn),
                sd_make(how, s.size, a->q, a->scalar, (u32)s.right));
    return true;
}

enum { UNSIGNED_BOTH = SN_SRC_UNSIGNED | SN_DST_UNSIGNED };
bool trans_sqshrn_i(Ctx *t, const a64_vshift *a) { return sat_narrow_i(t, a, 0); }
bool trans_sqrshrn_i(Ctx *t, const a64_vshift *a) { return sat_narrow_i(t, a, SN_ROUND); }
bool trans_uqshrn_i(Ctx *t, const a64_vshift *a) { return sat_narrow_i(t, a, UNSIGNED_BOTH); }
bool trans_uqrshrn_i(Ctx *t, const a64_vshift *a)
{
    return sat_narrow_i(t, a, UNSIGNED_BOTH | SN_ROUND);
}
bool trans_sqshrun_i(Ctx *t, const a64_vshift *a) { return sat_narrow_i(t, a, SN_DST_UNSIGNED); }
bool trans_sqrshrun_i(Ctx *t, const a64_vshift *a)
{
    return sat_narrow_i(t, a, SN_DST_UNSIGNED | SN_ROUND);
}

static bool shll_i(Ctx *t, const a64_vshift *a, bool is_unsigned)
{
    if (!fp_access(t))
        return true;
    Shift s = shift_of(a);
    Val v = widen(t, get_v(t, a->rn), s.size, is_unsigned, a->q);
    put_v(t, a->rd, s.left ? ir_v1(t, OP_VSHLI, v, (u16)(s.size + 1), s.left) : v);
    return true;
}

bool trans_sshll_i(Ctx *t, const a64_vshift *a) { return shll_i(t, a, false); }
bool trans_ushll_i(Ctx *t, const a64_vshift *a) { return shll_i(t, a, true); }

// Fixed point to and from floating point, right: the fraction bits.
static bool fixed_i(Ctx *t, const a64_vshift *a, u32 op, u32 imm)
{
    Shift s = shift_of(a);
    if (s.size == 1 && !a64_feature(t, A64_FEAT_fp16))
        return false;
    if (fp_access(t))
        call_v3(t, &help_fp_lanes, reg_v(a->rd), reg_v(a->rn), reg_v(a->rn),
                sd_make(op, s.size, a->q, a->scalar, imm | (u32)s.right << FP_FBITS_SHIFT));
    return true;
}

bool trans_scvtf_i(Ctx *t, const a64_vshift *a) { return fixed_i(t, a, FL_FROM_INT, 0); }
bool trans_ucvtf_i(Ctx *t, const a64_vshift *a)
{
    return fixed_i(t, a, FL_FROM_INT, IR_TOI_UNSIGNED);
}
bool trans_fcvtzs_i(Ctx *t, const a64_vshift *a) { return fixed_i(t, a, FL_TO_INT, IR_RZ); }
bool trans_fcvtzu_i(Ctx *t, const a64_vshift *a)
{
    return fixed_i(t, a, FL_TO_INT, IR_RZ | IR_TOI_UNSIGNED);
}

// -- cryptography -------------------------------------------------------------------------

static bool aes(Ctx *t, const a64_crypto2 *a, int op)
{
    if (!fp_access(t))
        return true;
    if (ir_ops[op].nin == 2)
        put_v(t, a->rd, v2_regs(t, op, a->rd, a->rn, 0, 0));
    else
        put_v(t, a->rd, ir_v1(t, op, get_v(t, a->rn), 0, 0));
    return true;
}

bool trans_aese(Ctx *t, const a64_crypto2 *a) { return aes(t, a, OP_VAESE); }
bool trans_aesd(Ctx *t, const a64_crypto2 *a) { return aes(t, a, OP_VAESD); }
bool trans_aesmc(Ctx *t, const a64_crypto2 *a) { return aes(t, a, OP_VAESMC); }
bool trans_aesimc(Ctx *t, const a64_crypto2 *a) { return aes(t, a, OP_VAESIMC); }

bool trans_sha1h(Ctx *t, const a64_crypto2 *a)              // SHA1H: rotate left by 30
{
    if (!fp_access(t))
        return true;
    Val v = bits_of_f(t, T_F32, get_f(t, a->rn, T_F32));
    put_bits(t, a->rd, 2, ir_ror(t, T_I32, v, ir_k(t, 2)));
    return true;
}

bool trans_sha1su0(Ctx *t, const a64_crypto3 *a)
{
    if (!fp_access(t))
        return true;
    Val d = get_v(t, a->rd), v = ir_v2(t, OP_VEXT, d, get_v(t, a->rn), VL_8, 8);
    v = ir_v2(t, OP_VXOR, v, d, VL_64, 0);
    v = ir_v2(t, OP_VXOR, v, get_v(t, a->rm), VL_64, 0);
    put_v(t, a->rd, v);
    return true;
}

static bool sha2(Ctx *t, const a64_crypto2 *a, const Helper *h)
{
    if (!fp_access(t))
        return true;
    int d = reg_v(a->rd), n = reg_v(a->rn);
    Val args[] = { ir_reg_ptr(t, d), ir_reg_ptr(t, n) };
    u8 rd[] = { (u8)d, (u8)n }, wr[] = { (u8)d };
    ir_call_regs(t, h, 2, args, rd, 2, wr, 1);
    return true;
}

bool trans_sha1su1(Ctx *t, const a64_crypto2 *a) { return sha2(t, a, &help_sha1su1); }

static Val vec(Ctx *t, u32 r) { return ir_get(t, (int)reg_v(r), T_V128); }

bool trans_sha256su0(Ctx *t, const a64_crypto2 *a)
{
    if (fp_access(t)) {
        Val d = vec(t, a->rd), n = vec(t, a->rn);
        Val v = ir_v2(t, OP_VSHA256SU0, d, n, 0, 0);
        ir_put(t, reg_v(a->rd), v, T_V128);
    }
    return true;
}

static bool sha3(Ctx *t, const a64_crypto3 *a, const Helper *h, u32 op)
{
    if (fp_access(t))
        call_v3(t, h, reg_v(a->rd), reg_v(a->rn), reg_v(a->rm), op);
    return true;
}

bool trans_sha1c(Ctx *t, const a64_crypto3 *a) { return sha3(t, a, &help_sha1, SHA1_C); }
bool trans_sha1p(Ctx *t, const a64_crypto3 *a) { return sha3(t, a, &help_sha1, SHA1_P); }
bool trans_sha1m(Ctx *t, const a64_crypto3 *a) { return sha3(t, a, &help_sha1, SHA1_M); }

static bool sha256(Ctx *t, const a64_crypto3 *a, int op)
{
    if (fp_access(t)) {
        Val d = vec(t, a->rd), n = vec(t, a->rn), m = vec(t, a->rm);
        Val v = ir_v3(t, op, d, n, m, 0, 0);
        ir_put(t, reg_v(a->rd), v, T_V128);
    }
    return true;
}

bool trans_sha256h(Ctx *t, const a64_crypto3 *a) { return sha256(t, a, OP_VSHA256H); }
bool trans_sha256h2(Ctx *t, const a64_crypto3 *a) { return sha256(t, a, OP_VSHA256H2); }
bool trans_sha256su1(Ctx *t, const a64_crypto3 *a) { return sha256(t, a, OP_VSHA256SU1); }
