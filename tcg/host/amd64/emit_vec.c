// SPDX-License-Identifier: MIT
// Integer vectors of 128 bits on AVX2, and AVX-512VL where it has what AVX2 has not (Arm DDI
// 0487, C7.2; Intel SDM 325462-081, vol. 2).
//
// Sources stay readable until the instruction that writes the destination, which is the last
// one, or the last but the one that clears the upper half (VQ_HALF).  xmm0-2 and rax are
// scratch.  Byte shuffles get their control from the constant pool; a control byte of 0x80
// makes a zero, so that shuffles need no clearing.
#include "tcg/host/amd64/emit.h"

#include <string.h>

typedef void Op3(Asm *a, int d, int s, int t);
typedef void Op2(Asm *a, int d, int s);
typedef void OpI(Asm *a, int d, int s, int k);

static unsigned lane(const EmitArgs *x) { return x->in->aux & VL_MASK; }
static unsigned width(const EmitArgs *x) { return 8u << lane(x); }
static bool is_half(const EmitArgs *x) { return x->in->aux & VQ_HALF; }
static bool avx512(const Emit *e) { return e->a.cpu & ASM_AVX512; }

static Mem dup64(Emit *e, u64 v) { return mem_const(&e->a, v, v); }
static Mem dup32(Emit *e, u32 v) { return dup64(e, (u64)v << 32 | v); }
static Mem dup16(Emit *e, u16 v) { return dup32(e, (u32)v << 16 | v); }
static Mem dup8(Emit *e, u8 v) { return dup16(e, (u16)(v << 8 | v)); }
static Mem lane_low_byte(Emit *e, unsigned l)       // 0xff in each lane
{
    return l == VL_64 ? dup64(e, 0xff) : l == VL_32 ? dup32(e, 0xff) : dup16(e, 0xff);
}

static void zero(Emit *e, int d) { asm_vpxor(&e->a, d, d, d); }
static void ones(Emit *e, int d) { asm_vpcmpeqd(&e->a, d, d, d); }

static void clear_half(Emit *e, const EmitArgs *x)
{
    if (is_half(x)) asm_vmovq(&e->a, x->d, x->d);
}

// -- by table: one instruction for each lane size -----------------------------------------
static Op3 *const sub_ops[4] = { asm_vpsubb, asm_vpsubw, asm_vpsubd, asm_vpsubq };
static Op3 *const add_ops[4] = { asm_vpaddb, asm_vpaddw, asm_vpaddd, asm_vpaddq };
static Op3 *const ceq_ops[4] = { asm_vpcmpeqb, asm_vpcmpeqw, asm_vpcmpeqd, asm_vpcmpeqq };
static Op3 *const cgt_ops[4] = { asm_vpcmpgtb, asm_vpcmpgtw, asm_vpcmpgtd, asm_vpcmpgtq };
static Op3 *const smin_ops[4] = { asm_vpminsb, asm_vpminsw, asm_vpminsd, asm_vpminsq };
static Op3 *const smax_ops[4] = { asm_vpmaxsb, asm_vpmaxsw, asm_vpmaxsd, asm_vpmaxsq };
static Op3 *const umin_ops[4] = { asm_vpminub, asm_vpminuw, asm_vpminud, asm_vpminuq };
static Op3 *const umax_ops[4] = { asm_vpmaxub, asm_vpmaxuw, asm_vpmaxud, asm_vpmaxuq };
static Op3 *const zip1_ops[4] = { asm_vpunpcklbw, asm_vpunpcklwd, asm_vpunpckldq,
                                  asm_vpunpcklqdq };
static Op3 *const zip2_ops[4] = { asm_vpunpckhbw, asm_vpunpckhwd, asm_vpunpckhdq,
                                  asm_vpunpckhqdq };
static Op2 *const abs_ops[4] = { asm_vpabsb, asm_vpabsw, asm_vpabsd, asm_vpabsq };
static Op2 *const uxtl_ops[3] = { asm_vpmovzxbw, asm_vpmovzxwd, asm_vpmovzxdq };
static Op2 *const sxtl_ops[3] = { asm_vpmovsxbw, asm_vpmovsxwd, asm_vpmovsxdq };
static OpI *const shli_ops[4] = { NULL, asm_vpsllw_i, asm_vpslld_i, asm_vpsllq_i };
static OpI *const shri_ops[4] = { NULL, asm_vpsrlw_i, asm_vpsrld_i, asm_vpsrlq_i };
static OpI *const sari_ops[4] = { NULL, asm_vpsraw_i, asm_vpsrad_i, asm_vpsraq_i };

static void v_simple(Emit *e, const EmitArgs *x)
{
    static Op3 *const *const rows[OP_COUNT] = { [OP_VADD] = add_ops, [OP_VSUB] = sub_ops,
                                                [OP_VCEQ] = ceq_ops, [OP_VCGT] = cgt_ops };
    rows[x->in->op][lane(x)](&e->a, x->d, x->s[0], x->s[1]);
    clear_half(e, x);
}

// -- bitwise ------------------------------------------------------------------------------
static void v_const(Emit *e, const EmitArgs *x)
{
    V128 v = e->t->vkonst[x->in->imm];
    if (!(v.d[0] | v.d[1])) zero(e, x->d);
    else if (!~(v.d[0] & v.d[1])) ones(e, x->d);
    else asm_vmovdqa_load(&e->a, x->d, mem_const(&e->a, v.d[0], v.d[1]));
}

static void v_zx64(Emit *e, const EmitArgs *x) { asm_vmovq(&e->a, x->d, x->s[0]); }

static void v_bitwise(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    int b = x->s[1];
    switch (x->in->op) {
    case OP_VAND: asm_vpand(a, x->d, x->s[0], b); break;
    case OP_VOR: asm_vpor(a, x->d, x->s[0], b); break;
    case OP_VXOR: asm_vpxor(a, x->d, x->s[0], b); break;
    case OP_VANDN: asm_vpandn(a, x->d, b, x->s[0]); break;
    default:                                        // VORN
        ones(e, XMM0);
        asm_vpxor(a, XMM0, XMM0, b);
        asm_vpor(a, x->d, x->s[0], XMM0);
    }
    clear_half(e, x);
}

static void v_not(Emit *e, const EmitArgs *x)
{
    ones(e, XMM0);
    asm_vpxor(&e->a, x->d, XMM0, x->s[0]);
    clear_half(e, x);
}

// vpternlog's first operand is also its destination: the truth table depends on which of the
// three the destination is (bit index: first, second, third).
static void bsl_ternary(Emit *e, const EmitArgs *x)
{
    enum { A_B_C = 0xca, B_A_C = 0xe2, C_A_B = 0xb8 };
    int mask = x->s[0], b = x->s[1], c = x->s[2];
    if (x->d == b && x->d != mask) {
        asm_vpternlogq(&e->a, x->d, mask, c, B_A_C);
    } else if (x->d == c && x->d != mask) {
        asm_vpternlogq(&e->a, x->d, mask, b, C_A_B);
    } else {
        asm_vmov(&e->a, x->d, mask);
        asm_vpternlogq(&e->a, x->d, b, c, A_B_C);
    }
}

static void v_bsl(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    if (avx512(e)) {
        bsl_ternary(e, x);
    } else {
        asm_vpxor(a, XMM0, x->s[1], x->s[2]);
        asm_vpand(a, XMM0, XMM0, x->s[0]);
        asm_vpxor(a, x->d, XMM0, x->s[2]);
    }
    clear_half(e, x);
}

// -- arithmetic ---------------------------------------------------------------------------
// Bytes: the odd ones as the upper halves of words, the even ones as the lower halves.
static void mul8(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    asm_vpsrlw_i(a, XMM1, x->s[0], 8);
    asm_vpand_m(a, XMM2, x->s[1], dup16(e, 0xff00));
    asm_vpmullw(a, XMM1, XMM1, XMM2);
    asm_vpmullw(a, XMM0, x->s[0], x->s[1]);
    asm_vpand_m(a, XMM0, XMM0, dup16(e, 0x00ff));
    asm_vpor(a, x->d, XMM0, XMM1);
}

static void mul64(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    asm_vpsrlq_i(a, XMM0, x->s[0], 32);
    asm_vpmuludq(a, XMM0, XMM0, x->s[1]);
    asm_vpsrlq_i(a, XMM1, x->s[1], 32);
    asm_vpmuludq(a, XMM1, XMM1, x->s[0]);
    asm_vpaddq(a, XMM0, XMM0, XMM1);
    asm_vpsllq_i(a, XMM0, XMM0, 32);
    asm_vpmuludq(a, XMM1, x->s[0], x->s[1]);
    asm_vpaddq(a, x->d, XMM0, XMM1);
}

static void v_mul(Emit *e, const EmitArgs *x)
{
    switch (lane(x)) {
    case VL_8: mul8(e, x); break;
    case VL_16: asm_vpmullw(&e->a, x->d, x->s[0], x->s[1]); break;
    case VL_32: asm_vpmulld(&e->a, x->d, x->s[0], x->s[1]); break;
    default:
        if (avx512(e)) asm_vpmullq(&e->a, x->d, x->s[0], x->s[1]);
        else mul64(e, x);
    }
    clear_half(e, x);
}

static void v_neg(Emit *e, const EmitArgs *x)
{
    zero(e, XMM0);
    sub_ops[lane(x)](&e->a, x->d, XMM0, x->s[0]);
    clear_half(e, x);
}

static void v_abs(Emit *e, const EmitArgs *x)
{
    if (lane(x) != VL_64 || avx512(e)) {
        abs_ops[lane(x)](&e->a, x->d, x->s[0]);
    } else {
        zero(e, XMM0);
        asm_vpcmpgtq(&e->a, XMM0, XMM0, x->s[0]);
        asm_vpxor(&e->a, XMM1, x->s[0], XMM0);
        asm_vpsubq(&e->a, x->d, XMM1, XMM0);
    }
    clear_half(e, x);
}

// d = a > b in 64-bit lanes; unsigned ones compare as signed with their top bits inverted.
static void gt64(Emit *e, int d, int s, int t, bool uns)
{
    if (!uns) {
        asm_vpcmpgtq(&e->a, d, s, t);
        return;
    }
    asm_vpxor_m(&e->a, XMM1, s, dup64(e, 1ull << 63));
    asm_vpxor_m(&e->a, XMM0, t, dup64(e, 1ull << 63));
    asm_vpcmpgtq(&e->a, d, XMM1, XMM0);
}

static void v_min_max(Emit *e, const EmitArgs *x)
{
    static const struct { Op3 *const *ops; bool uns, max; } rows[OP_COUNT] = {
        [OP_VSMIN] = { smin_ops, false, false }, [OP_VSMAX] = { smax_ops, false, true },
        [OP_VUMIN] = { umin_ops, true, false },  [OP_VUMAX] = { umax_ops, true, true },
    };
    int op = x->in->op, s = x->s[0], t = x->s[1];
    if (lane(x) != VL_64 || avx512(e)) {
        rows[op].ops[lane(x)](&e->a, x->d, s, t);
    } else {
        gt64(e, XMM0, s, t, rows[op].uns);
        if (rows[op].max) asm_vblendvpd(&e->a, x->d, t, s, XMM0);
        else asm_vblendvpd(&e->a, x->d, s, t, XMM0);
    }
    clear_half(e, x);
}

// -- comparison ---------------------------------------------------------------------------
// d = ~xmm0, whose lanes are all ones or all zeros
static void lanes_not(Emit *e, unsigned l, int d)
{
    zero(e, XMM1);
    ceq_ops[l](&e->a, d, XMM0, XMM1);
}

static void v_cge(Emit *e, const EmitArgs *x)       // VCGE, VCHS
{
    bool uns = x->in->op == OP_VCHS;
    unsigned l = lane(x);
    if (l == VL_64) {
        gt64(e, XMM0, x->s[1], x->s[0], uns);
        lanes_not(e, l, x->d);
    } else {                                        // min(a, b) == b
        (uns ? umin_ops : smin_ops)[l](&e->a, XMM0, x->s[0], x->s[1]);
        ceq_ops[l](&e->a, x->d, XMM0, x->s[1]);
    }
    clear_half(e, x);
}

static void v_chi(Emit *e, const EmitArgs *x)
{
    unsigned l = lane(x);
    if (l == VL_64) {
        gt64(e, x->d, x->s[0], x->s[1], true);
    } else {
        Mem top = l == VL_8 ? dup8(e, 0x80) : l == VL_16 ? dup16(e, 0x8000) : dup32(e, 1u << 31);
        asm_vpxor_m(&e->a, XMM0, x->s[0], top);
        asm_vpxor_m(&e->a, XMM1, x->s[1], top);
        cgt_ops[l](&e->a, x->d, XMM0, XMM1);
    }
    clear_half(e, x);
}

static void v_ctst(Emit *e, const EmitArgs *x)
{
    asm_vpand(&e->a, XMM0, x->s[0], x->s[1]);
    zero(e, XMM1);
    ceq_ops[lane(x)](&e->a, XMM0, XMM0, XMM1);
    ceq_ops[lane(x)](&e->a, x->d, XMM0, XMM1);
    clear_half(e, x);
}

// -- shifts by a constant -----------------------------------------------------------------
static void v_shli(Emit *e, const EmitArgs *x)
{
    int n = x->in->imm;
    if (n == 0) {
        asm_vmov(&e->a, x->d, x->s[0]);
    } else if (lane(x) == VL_8) {
        asm_vpsllw_i(&e->a, XMM0, x->s[0], n);
        asm_vpand_m(&e->a, x->d, XMM0, dup8(e, (u8)(0xff << n)));
    } else {
        shli_ops[lane(x)](&e->a, x->d, x->s[0], n);
    }
    clear_half(e, x);
}

static void v_shri(Emit *e, const EmitArgs *x)
{
    int n = x->in->imm;
    if (n == 0) {
        asm_vmov(&e->a, x->d, x->s[0]);
    } else if (n >= (int)width(x)) {
        zero(e, x->d);
    } else if (lane(x) == VL_8) {
        asm_vpsrlw_i(&e->a, XMM0, x->s[0], n);
        asm_vpand_m(&e->a, x->d, XMM0, dup8(e, (u8)(0xff >> n)));
    } else {
        shri_ops[lane(x)](&e->a, x->d, x->s[0], n);
    }
    clear_half(e, x);
}

// Bytes: as unsigned; then the sign, now at bit 7 - n, extended by (v ^ s) - s.
static void sar8(Emit *e, int d, int s, int n)
{
    Asm *a = &e->a;
    if (n >= 7) {
        zero(e, XMM0);
        asm_vpcmpgtb(a, d, XMM0, s);
        return;
    }
    Mem sign = dup8(e, (u8)(0x80 >> n));
    asm_vpsrlw_i(a, XMM0, s, n);
    asm_vpand_m(a, XMM0, XMM0, dup8(e, (u8)(0xff >> n)));
    asm_vpxor_m(a, XMM0, XMM0, sign);
    asm_vpsubb_m(a, d, XMM0, sign);
}

// 64-bit lanes without AVX-512, from 32-bit shifts of the upper halves.
static void sar64(Emit *e, int d, int s, int n)
{
    enum { UPPER_WORDS = 0x0a, UPPER_TO_BOTH = 0xf5 };
    Asm *a = &e->a;
    if (n >= 63) {
        zero(e, XMM0);
        asm_vpcmpgtq(a, d, XMM0, s);
    } else if (n < 32) {
        asm_vpsrad_i(a, XMM0, s, n);
        asm_vpsrlq_i(a, XMM1, s, n);
        asm_vpblendd(a, d, XMM1, XMM0, UPPER_WORDS);
    } else {
        asm_vpsrad_i(a, XMM0, s, 31);
        asm_vpsrad_i(a, XMM1, s, n - 32);
        asm_vpshufd(a, XMM1, XMM1, UPPER_TO_BOTH);
        asm_vpblendd(a, d, XMM1, XMM0, UPPER_WORDS);
    }
}

static void v_sari(Emit *e, const EmitArgs *x)
{
    int n = MIN(x->in->imm, (int)width(x) - 1);
    if (n == 0) asm_vmov(&e->a, x->d, x->s[0]);
    else if (lane(x) == VL_8) sar8(e, x->d, x->s[0], n);
    else if (lane(x) == VL_64 && !avx512(e)) sar64(e, x->d, x->s[0], n);
    else sari_ops[lane(x)](&e->a, x->d, x->s[0], n);
    clear_half(e, x);
}

// -- shifts by a register (USHL, SSHL) ----------------------------------------------------
// Bytes: by 2^(8+s) in words, of which the upper byte is the result, s clamped to -8 below and
// giving a factor 0 above 7.  Index s + 8 is made so that pshufb sees bit 7 for s > 7.
static void shl8(Emit *e, int d, int s, int count, bool sign)
{
    Asm *a = &e->a;
    OpI *extend = sign ? asm_vpsraw_i : asm_vpsrlw_i;
    asm_vmovdqa_load(a, XMM0, dup8(e, 0xf8));
    asm_vpmaxsb(a, XMM0, XMM0, count);
    asm_vpaddb_m(a, XMM0, XMM0, dup8(e, 0x78));
    asm_vmovdqa_load(a, XMM1, mem_const(a, 0x8040201008040201, 0));
    asm_vpshufb(a, XMM1, XMM1, XMM0);
    asm_vmovdqa_load(a, XMM2, mem_const(a, 0, 0x8040201008040201));
    asm_vpshufb(a, XMM2, XMM2, XMM0);
    asm_vpunpcklbw(a, XMM0, XMM1, XMM2);            // factors of the lower lanes
    asm_vpunpckhbw(a, XMM1, XMM1, XMM2);
    asm_vpunpcklbw(a, XMM2, s, s);
    extend(a, XMM2, XMM2, 8);
    asm_vpmullw(a, XMM0, XMM0, XMM2);
    asm_vpsrlw_i(a, XMM0, XMM0, 8);
    asm_vpunpckhbw(a, XMM2, s, s);
    extend(a, XMM2, XMM2, 8);
    asm_vpmullw(a, XMM1, XMM1, XMM2);
    asm_vpsrlw_i(a, XMM1, XMM1, 8);
    asm_vpackuswb(a, d, XMM0, XMM1);
}

// Words without AVX-512: as doublewords in 256 bits, both ways by |s|, the right one chosen
// by the sign of s after narrowing.
static void shl16_wide(Emit *e, int d, int s, int count, bool sign)
{
    enum { Y = E_256 | E_66, QWORDS_0_2 = 0x08 };
    Asm *a = &e->a;
    asm_vex_r(a, Y | E_38 | 0x33, XMM1, 0, count, NO_IMM);              // vpmovzxwd
    asm_vex_r(a, Y | E_0F | 0x72, 6, XMM1, XMM1, imm_n(1, 24));         // vpslld
    asm_vex_r(a, Y | E_0F | 0x72, 4, XMM1, XMM1, imm_n(1, 24));         // vpsrad
    asm_vex_r(a, Y | E_38 | 0x1e, XMM1, 0, XMM1, NO_IMM);               // vpabsd
    asm_vex_r(a, Y | E_38 | (sign ? 0x23 : 0x33), XMM0, 0, s, NO_IMM);  // vpmov[sz]xwd
    asm_vex_r(a, Y | E_38 | 0x47, XMM2, XMM0, XMM1, NO_IMM);            // vpsllvd
    asm_vex_r(a, Y | E_38 | (sign ? 0x46 : 0x45), XMM0, XMM0, XMM1, NO_IMM);
    asm_vex_m(a, Y | E_38 | 0x5a, XMM1, 0,                              // vbroadcasti128
              mem_const(a, 0x0d0c090805040100, 0x8080808080808080), NO_IMM);
    asm_vex_r(a, Y | E_38 | 0x00, XMM2, XMM2, XMM1, NO_IMM);            // vpshufb
    asm_vex_r(a, Y | E_38 | 0x00, XMM0, XMM0, XMM1, NO_IMM);
    asm_vex_r(a, Y | E_3A | E_W1 | 0x00, XMM2, 0, XMM2, imm_n(1, QWORDS_0_2));   // vpermq
    asm_vex_r(a, Y | E_3A | E_W1 | 0x00, XMM0, 0, XMM0, imm_n(1, QWORDS_0_2));
    asm_vpsllw_i(a, XMM1, count, 8);
    asm_vpsraw_i(a, XMM1, XMM1, 15);
    asm_vpblendvb(a, d, XMM2, XMM0, XMM1);
    asm_vzeroupper(a);
}

// Other lanes: the host gives 0 for counts of the width and more, so that with the low byte
// of s and of -s as counts one of the two ways is 0 (or the whole value, both ways, for 0).
static void ushl(Emit *e, unsigned l, int d, int s, int count)
{
    static Op3 *const left[4] = { NULL, asm_vpsllvw, asm_vpsllvd, asm_vpsllvq };
    static Op3 *const right[4] = { NULL, asm_vpsrlvw, asm_vpsrlvd, asm_vpsrlvq };
    Asm *a = &e->a;
    asm_vpand_m(a, XMM0, count, lane_low_byte(e, l));
    left[l](a, XMM0, s, XMM0);
    zero(e, XMM1);
    asm_vpsubb(a, XMM1, XMM1, count);
    asm_vpand_m(a, XMM1, XMM1, lane_low_byte(e, l));
    right[l](a, XMM1, s, XMM1);
    asm_vpor(a, d, XMM0, XMM1);
}

// xmm2 = s >> xmm0 signed in 64-bit lanes: inverted when negative, shifted, inverted again.
static void sar64_by(Emit *e, int s)
{
    Asm *a = &e->a;
    zero(e, XMM1);
    asm_vpcmpgtq(a, XMM1, XMM1, s);
    asm_vpxor(a, XMM2, s, XMM1);
    asm_vpsrlvq(a, XMM2, XMM2, XMM0);
    asm_vpxor(a, XMM2, XMM2, XMM1);
}

// Signed: the right shift gives the sign for large counts, so it is chosen by the sign of s.
static void sshl(Emit *e, unsigned l, int d, int s, int count)
{
    static Op3 *const left[4] = { NULL, asm_vpsllvw, asm_vpsllvd, asm_vpsllvq };
    static Op3 *const right[4] = { NULL, asm_vpsravw, asm_vpsravd, asm_vpsravq };
    Asm *a = &e->a;
    zero(e, XMM0);
    asm_vpsubb(a, XMM0, XMM0, count);
    asm_vpand_m(a, XMM0, XMM0, lane_low_byte(e, l));
    if (l == VL_64 && !avx512(e)) sar64_by(e, s);
    else right[l](a, XMM2, s, XMM0);
    asm_vpand_m(a, XMM0, count, lane_low_byte(e, l));
    left[l](a, XMM0, s, XMM0);
    shli_ops[l](a, XMM1, count, (int)(8u << l) - 8);
    if (l == VL_16) {
        asm_vpsraw_i(a, XMM1, XMM1, 15);
        asm_vpblendvb(a, d, XMM0, XMM2, XMM1);
    } else if (l == VL_32) {
        asm_vblendvps(a, d, XMM0, XMM2, XMM1);
    } else {
        asm_vblendvpd(a, d, XMM0, XMM2, XMM1);
    }
}

static void v_shl(Emit *e, const EmitArgs *x)
{
    bool sign = x->in->op == OP_VSSHL;
    unsigned l = lane(x);
    if (l == VL_8) shl8(e, x->d, x->s[0], x->s[1], sign);
    else if (l == VL_16 && !avx512(e)) shl16_wide(e, x->d, x->s[0], x->s[1], sign);
    else if (sign) sshl(e, l, x->d, x->s[0], x->s[1]);
    else ushl(e, l, x->d, x->s[0], x->s[1]);
    clear_half(e, x);
}

static void v_cnt(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    if (a->cpu & ASM_BITALG) {
        asm_vpopcntb(a, x->d, x->s[0]);
    } else {                                        // by nibbles
        asm_vmovdqa_load(a, XMM2, mem_const(a, 0x0302020102010100, 0x0403030203020201));
        asm_vpsrlw_i(a, XMM1, x->s[0], 4);
        asm_vpand_m(a, XMM0, x->s[0], dup8(e, 0x0f));
        asm_vpand_m(a, XMM1, XMM1, dup8(e, 0x0f));
        asm_vpshufb(a, XMM0, XMM2, XMM0);
        asm_vpshufb(a, XMM1, XMM2, XMM1);
        asm_vpaddb(a, x->d, XMM0, XMM1);
    }
    clear_half(e, x);
}

// -- permutations -------------------------------------------------------------------------
static Mem control(Emit *e, const u8 c[16])
{
    u64 k[2];
    memcpy(k, c, 16);
    return mem_const(&e->a, k[0], k[1]);
}

// d = bytes of s by c, the upper half zero for VQ_HALF
static void shuffle(Emit *e, const EmitArgs *x, int s, u8 c[16])
{
    if (is_half(x)) memset(c + 8, 0x80, 8);
    asm_vpshufb_m(&e->a, x->d, s, control(e, c));
}

static void v_rev(Emit *e, const EmitArgs *x)
{
    unsigned box = 1u << x->in->imm, size = 1u << lane(x);
    u8 c[16];
    for (unsigned i = 0; i < 16; i++) c[i] = (u8)(i ^ (box - size));
    shuffle(e, x, x->s[0], c);
}

static void v_dup(Emit *e, const EmitArgs *x)
{
    static Op2 *const ops[4] = { asm_vpbroadcastb, asm_vpbroadcastw, asm_vpbroadcastd,
                                 asm_vpbroadcastq };
    Asm *a = &e->a;
    unsigned l = lane(x);
    if (avx512(e)) {
        asm_vpbroadcast_r(a, (int)l, x->d, x->s[0]);
    } else {
        asm_vmov_from_r(a, l == VL_64 ? 3 : 2, XMM0, x->s[0]);
        ops[l](a, x->d, XMM0);
    }
    clear_half(e, x);
}

static void v_dupl(Emit *e, const EmitArgs *x)
{
    unsigned l = lane(x), k = (unsigned)x->in->imm & ((16u >> l) - 1);
    u8 c[16];
    for (unsigned i = 0; i < 16; i++) c[i] = (u8)(k << l | (i & ((1u << l) - 1)));
    if (!is_half(x) && l == VL_32) asm_vpshufd(&e->a, x->d, x->s[0], (int)(k * 0x55));
    else if (!is_half(x) && l == VL_64) asm_vpshufd(&e->a, x->d, x->s[0], k ? 0xee : 0x44);
    else if (!is_half(x) && k == 0 && l == VL_8) asm_vpbroadcastb(&e->a, x->d, x->s[0]);
    else if (!is_half(x) && k == 0) asm_vpbroadcastw(&e->a, x->d, x->s[0]);
    else shuffle(e, x, x->s[0], c);
}

static void v_ins(Emit *e, const EmitArgs *x)
{
    int k = x->in->imm & (int)((16u >> lane(x)) - 1);
    asm_vpinsr(&e->a, (int)lane(x), x->d, x->s[0], x->s[1], k);
    clear_half(e, x);
}

// Bytes and words: xmm0 = the lane of b moved to its place.
static void insl_small(Emit *e, const EmitArgs *x, unsigned to, unsigned from)
{
    unsigned l = lane(x), size = 1u << l;
    u8 c[16], keep[16];
    memset(c, 0x80, 16);
    memset(keep, 0xff, 16);
    for (unsigned i = 0; i < size; i++) {
        c[to * size + i] = (u8)(from * size + i);
        keep[to * size + i] = 0;
    }
    int t = x->s[1];
    if (to != from || l == VL_8) {
        asm_vpshufb_m(&e->a, XMM0, t, control(e, c));
        t = XMM0;
    }
    if (l == VL_16) {
        asm_vpblendw(&e->a, x->d, x->s[0], t, 1 << to);
    } else {
        asm_vpand_m(&e->a, XMM1, x->s[0], control(e, keep));
        asm_vpor(&e->a, x->d, XMM1, t);
    }
}

static void insl64(Emit *e, const EmitArgs *x, unsigned to, unsigned from)
{
    enum { LOWER_WORDS = 3, UPPER_WORDS = 12 };
    Asm *a = &e->a;
    int s = x->s[0], t = x->s[1];
    if (to == from) asm_vpblendd(a, x->d, s, t, to ? UPPER_WORDS : LOWER_WORDS);
    else if (to) asm_vpunpcklqdq(a, x->d, s, t);
    else asm_vpunpckhqdq(a, x->d, t, s);
}

static void v_insl(Emit *e, const EmitArgs *x)
{
    unsigned l = lane(x), most = (16u >> l) - 1;
    unsigned to = (unsigned)x->in->imm & 15 & most, from = (unsigned)x->in->imm >> 4 & most;
    if (l < VL_32) insl_small(e, x, to, from);
    else if (l == VL_64) insl64(e, x, to, from);
    else asm_vinsertps(&e->a, x->d, x->s[0], x->s[1], (int)(from << 6 | to << 4));
    clear_half(e, x);
}

static void v_get(Emit *e, const EmitArgs *x)       // VGETU, VGETS
{
    int l = (int)lane(x), to = x->in->ty == T_I64 ? 3 : 2;
    asm_vpextr(&e->a, l, x->d, x->s[0], x->in->imm & (int)((16u >> l) - 1));
    if (x->in->op == OP_VGETS && l < to) asm_movsx(&e->a, l, to, x->d, x->d);
}

// Of 64-bit vectors: both zips are halves of the zip of the lower halves.
static void v_zip(Emit *e, const EmitArgs *x)
{
    bool second = x->in->op == OP_VZIP2;
    if (second && !is_half(x)) {
        zip2_ops[lane(x)](&e->a, x->d, x->s[0], x->s[1]);
        return;
    }
    zip1_ops[lane(x)](&e->a, x->d, x->s[0], x->s[1]);
    if (second) asm_vpsrldq_i(&e->a, x->d, x->d, 8);
    else clear_half(e, x);
}

// The even (odd: 1) lanes of the lower halves of a and b.
static void uzp_half(Emit *e, const EmitArgs *x, unsigned odd)
{
    unsigned l = lane(x), size = 1u << l;
    u8 c[16];
    for (unsigned i = 0; i < 16; i++)
        c[i] = (u8)(((i >> l) * 2 + odd) * size + (i & (size - 1))) & 15;
    asm_vpunpcklqdq(&e->a, XMM0, x->s[0], x->s[1]);
    shuffle(e, x, XMM0, c);
}

static void uzp_pack(Emit *e, const EmitArgs *x, bool odd)
{
    Asm *a = &e->a;
    for (int i = 0; i < 2; i++) {
        if (lane(x) == VL_8 && odd) asm_vpsrlw_i(a, XMM0 + i, x->s[i], 8);
        else if (lane(x) == VL_8) asm_vpand_m(a, XMM0 + i, x->s[i], dup16(e, 0xff));
        else if (odd) asm_vpsrld_i(a, XMM0 + i, x->s[i], 16);
        else asm_vpand_m(a, XMM0 + i, x->s[i], dup32(e, 0xffff));
    }
    if (lane(x) == VL_8) asm_vpackuswb(a, x->d, XMM0, XMM1);
    else asm_vpackusdw(a, x->d, XMM0, XMM1);
}

static void v_uzp(Emit *e, const EmitArgs *x)
{
    bool odd = x->in->op == OP_VUZP2;
    if (is_half(x)) uzp_half(e, x, odd);
    else if (lane(x) < VL_32) uzp_pack(e, x, odd);
    else if (lane(x) == VL_32) asm_vshufps(&e->a, x->d, x->s[0], x->s[1], odd ? 0xdd : 0x88);
    else (odd ? zip2_ops : zip1_ops)[VL_64](&e->a, x->d, x->s[0], x->s[1]);
}

// Pairs of lanes as one of twice the size: a's even one below, b's above (TRN1), odd (TRN2).
static void trn1(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    switch (lane(x)) {
    case VL_8:
        asm_vpsllw_i(a, XMM0, x->s[1], 8);
        asm_vpand_m(a, XMM1, x->s[0], dup16(e, 0x00ff));
        asm_vpor(a, x->d, XMM0, XMM1);
        break;
    case VL_16:
        asm_vpslld_i(a, XMM0, x->s[1], 16);
        asm_vpblendw(a, x->d, x->s[0], XMM0, 0xaa);
        break;
    case VL_32:
        asm_vpsllq_i(a, XMM0, x->s[1], 32);
        asm_vpblendd(a, x->d, x->s[0], XMM0, 0x0a);
        break;
    default: asm_vpunpcklqdq(a, x->d, x->s[0], x->s[1]);
    }
}

static void trn2(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    switch (lane(x)) {
    case VL_8:
        asm_vpsrlw_i(a, XMM0, x->s[0], 8);
        asm_vpand_m(a, XMM1, x->s[1], dup16(e, 0xff00));
        asm_vpor(a, x->d, XMM0, XMM1);
        break;
    case VL_16:
        asm_vpsrld_i(a, XMM0, x->s[0], 16);
        asm_vpblendw(a, x->d, XMM0, x->s[1], 0xaa);
        break;
    case VL_32:
        asm_vpsrlq_i(a, XMM0, x->s[0], 32);
        asm_vpblendd(a, x->d, XMM0, x->s[1], 0x0a);
        break;
    default: asm_vpunpckhqdq(a, x->d, x->s[0], x->s[1]);
    }
}

static void v_trn(Emit *e, const EmitArgs *x)
{
    if (x->in->op == OP_VTRN1) trn1(e, x);
    else trn2(e, x);
    clear_half(e, x);
}

static void v_ext(Emit *e, const EmitArgs *x)
{
    int k = x->in->imm & (is_half(x) ? 7 : 15);
    if (!is_half(x)) {
        asm_vpalignr(&e->a, x->d, x->s[1], x->s[0], k);
        return;
    }
    asm_vpunpcklqdq(&e->a, XMM0, x->s[0], x->s[1]);
    asm_vpsrldq_i(&e->a, XMM0, XMM0, k);
    asm_vmovq(&e->a, x->d, XMM0);
}

static void v_tbl1(Emit *e, const EmitArgs *x)
{
    asm_vmovdqa_load(&e->a, XMM0, dup8(e, 0x70));   // index > 15: bit 7
    asm_vpaddusb(&e->a, XMM0, XMM0, x->s[1]);
    asm_vpshufb(&e->a, x->d, x->s[0], XMM0);
    clear_half(e, x);
}

// Bytes: pairs summed into words, of which the lower byte is wanted.
static void addp8(Emit *e, int d, int s, int t)
{
    Asm *a = &e->a;
    asm_vpmaddubsw_m(a, XMM0, s, dup8(e, 1));
    asm_vpmaddubsw_m(a, XMM1, t, dup8(e, 1));
    asm_vpand_m(a, XMM0, XMM0, dup16(e, 0xff));
    asm_vpand_m(a, XMM1, XMM1, dup16(e, 0xff));
    asm_vpackuswb(a, d, XMM0, XMM1);
}

static void addp64(Emit *e, int d, int s, int t)
{
    asm_vpunpcklqdq(&e->a, XMM1, s, t);
    asm_vpunpckhqdq(&e->a, XMM2, s, t);
    asm_vpaddq(&e->a, d, XMM1, XMM2);
}

// Of 64-bit vectors: the two lower halves are the first operand, zero the second.
static void v_addp(Emit *e, const EmitArgs *x)
{
    int s = x->s[0], t = x->s[1];
    if (is_half(x)) {
        asm_vpunpcklqdq(&e->a, XMM0, s, t);
        zero(e, XMM1);
        s = XMM0;
        t = XMM1;
    }
    switch (lane(x)) {
    case VL_8: addp8(e, x->d, s, t); break;
    case VL_16: asm_vphaddw(&e->a, x->d, s, t); break;
    case VL_32: asm_vphaddd(&e->a, x->d, s, t); break;
    default: addp64(e, x->d, s, t);
    }
}

// -- widths -------------------------------------------------------------------------------
static void v_xtl(Emit *e, const EmitArgs *x)
{
    Op2 *const *ops = x->in->op == OP_VUXTL ? uxtl_ops : sxtl_ops;
    ops[MIN(lane(x), (unsigned)VL_32)](&e->a, x->d, x->s[0]);
}

static void v_xtl2(Emit *e, const EmitArgs *x)
{
    unsigned l = MIN(lane(x), (unsigned)VL_32);
    if (x->in->op == OP_VUXTL2) {
        zero(e, XMM0);
        zip2_ops[l](&e->a, x->d, x->s[0], XMM0);
    } else {
        asm_vpunpckhqdq(&e->a, XMM0, x->s[0], x->s[0]);
        sxtl_ops[l](&e->a, x->d, XMM0);
    }
}

static void v_xtn(Emit *e, const EmitArgs *x)
{
    unsigned l = MIN(lane(x), (unsigned)VL_32), size = 1u << l;
    u8 c[16];
    memset(c, 0x80, 16);
    for (unsigned i = 0; i < 8; i++) c[i] = (u8)((i >> l) * 2 * size + (i & (size - 1)));
    asm_vpshufb_m(&e->a, x->d, x->s[0], control(e, c));
}

// -- cryptography -------------------------------------------------------------------------
static void v_pmull(Emit *e, const EmitArgs *x)
{
    asm_vpclmulqdq(&e->a, x->d, x->s[0], x->s[1], x->in->imm ? 0x11 : 0x00);
}

// The host adds the key last, Arm first (AESE, AESD); with key 0 the rest is the same.
static void v_aes_round(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    asm_vpxor(a, XMM0, x->s[0], x->s[1]);
    zero(e, XMM1);
    switch (x->in->op) {
    case OP_VAESE:   asm_vaesenclast(a, x->d, XMM0, XMM1); break;
    case OP_VAESD:   asm_vaesdeclast(a, x->d, XMM0, XMM1); break;
    case OP_VAESEMC: asm_vaesenc(a, x->d, XMM0, XMM1); break;
    default:         asm_vaesdec(a, x->d, XMM0, XMM1); break;
    }
}

// MixColumns alone: a whole round after the inverse of its other steps.
static void v_aes_mc(Emit *e, const EmitArgs *x)
{
    zero(e, XMM1);
    asm_vaesdeclast(&e->a, XMM0, x->s[0], XMM1);
    asm_vaesenc(&e->a, x->d, XMM0, XMM1);
}

static void v_aes_imc(Emit *e, const EmitArgs *x) { asm_vaesimc(&e->a, x->d, x->s[0]); }

// -- SHA-256 (SDM 1, 12.4; Arm DDI 0487 C7.2.256) ------------------------------------------
// Arm has a..d and e..h in order from lane 0; x86 wants (f, e, b, a) and (h, g, d, c).
static bool sha_missing(Emit *e, const EmitArgs *x)
{
    if (e->a.cpu & ASM_SHA) return false;
    emit_cold_op(e, x, asm_jmp_long(&e->a));
    return true;
}

static void v_sha256h(Emit *e, const EmitArgs *x)
{
    Asm *a = &e->a;
    bool second = x->in->op == OP_VSHA256H2;
    int abcd = x->s[second], efgh = x->s[!second], wk = x->s[2];
    if (sha_missing(e, x)) return;
    asm_vpunpckhqdq(a, XMM1, efgh, abcd);
    asm_vpshufd(a, XMM1, XMM1, 0xb1);               // cdgh
    asm_vpunpcklqdq(a, XMM2, efgh, abcd);
    asm_vpshufd(a, XMM2, XMM2, 0xb1);               // abef
    asm_vmov(a, XMM0, wk);
    asm_sha256rnds2(a, XMM1, XMM2);                 // abef two rounds on
    asm_vpshufd(a, XMM0, XMM0, 0x0e);
    asm_sha256rnds2(a, XMM2, XMM1);                 // and four: then the other is cdgh
    if (second)
        asm_vpunpcklqdq(a, XMM0, XMM2, XMM1);
    else
        asm_vpunpckhqdq(a, XMM0, XMM2, XMM1);
    asm_vpshufd(a, x->d, XMM0, 0xb1);
}

static void v_sha256su0(Emit *e, const EmitArgs *x)
{
    if (sha_missing(e, x)) return;
    asm_vmov(&e->a, XMM0, x->s[0]);
    asm_sha256msg1(&e->a, XMM0, x->s[1]);
    asm_vmov(&e->a, x->d, XMM0);
}

static void v_sha256su1(Emit *e, const EmitArgs *x)
{
    if (sha_missing(e, x)) return;
    asm_vpalignr(&e->a, XMM0, x->s[2], x->s[1], 4);
    asm_vpaddd(&e->a, XMM0, XMM0, x->s[0]);
    asm_sha256msg2(&e->a, XMM0, x->s[2]);
    asm_vmov(&e->a, x->d, XMM0);
}

// -- table --------------------------------------------------------------------------------
static void (*const emitters[OP_COUNT])(Emit *, const EmitArgs *) = {
    [OP_VCONST] = v_const, [OP_VZX64] = v_zx64,
    [OP_VAND] = v_bitwise, [OP_VOR] = v_bitwise, [OP_VXOR] = v_bitwise, [OP_VANDN] = v_bitwise,
    [OP_VORN] = v_bitwise, [OP_VNOT] = v_not, [OP_VBSL] = v_bsl,
    [OP_VADD] = v_simple, [OP_VSUB] = v_simple, [OP_VMUL] = v_mul, [OP_VNEG] = v_neg,
    [OP_VABS] = v_abs, [OP_VSMIN] = v_min_max, [OP_VSMAX] = v_min_max, [OP_VUMIN] = v_min_max,
    [OP_VUMAX] = v_min_max, [OP_VCEQ] = v_simple, [OP_VCGT] = v_simple, [OP_VCGE] = v_cge,
    [OP_VCHI] = v_chi, [OP_VCHS] = v_cge, [OP_VCTST] = v_ctst,
    [OP_VSHLI] = v_shli, [OP_VSHRI] = v_shri, [OP_VSARI] = v_sari,
    [OP_VUSHL] = v_shl, [OP_VSSHL] = v_shl, [OP_VCNT] = v_cnt,
    [OP_VREV] = v_rev, [OP_VDUP] = v_dup, [OP_VDUPL] = v_dupl, [OP_VINS] = v_ins,
    [OP_VINSL] = v_insl, [OP_VGETU] = v_get, [OP_VGETS] = v_get,
    [OP_VZIP1] = v_zip, [OP_VZIP2] = v_zip, [OP_VUZP1] = v_uzp, [OP_VUZP2] = v_uzp,
    [OP_VTRN1] = v_trn, [OP_VTRN2] = v_trn, [OP_VEXT] = v_ext, [OP_VTBL1] = v_tbl1,
    [OP_VADDP] = v_addp, [OP_VUXTL] = v_xtl, [OP_VSXTL] = v_xtl,
    [OP_VUXTL2] = v_xtl2, [OP_VSXTL2] = v_xtl2, [OP_VXTN] = v_xtn,
    [OP_VPMULL] = v_pmull, [OP_VAESE] = v_aes_round, [OP_VAESD] = v_aes_round,
    [OP_VAESMC] = v_aes_mc, [OP_VAESIMC] = v_aes_imc,
    [OP_VAESEMC] = v_aes_round, [OP_VAESDIMC] = v_aes_round,
    [OP_VSHA256H] = v_sha256h, [OP_VSHA256H2] = v_sha256h, [OP_VSHA256SU0] = v_sha256su0,
    [OP_VSHA256SU1] = v_sha256su1,
};

bool emit_vec(Emit *e, const EmitArgs *x)
{
    if (!emitters[x->in->op]) return x->in->op >= OP_VFADD && emit_fp(e, x);
    emitters[x->in->op](e, x);
    return true;
}
