// SPDX-License-Identifier: MIT
// Soft-float arithmetic: add, subtract, multiply, divide, square root, fused multiply-add and the
// Newton-Raphson steps. Spec: see fp.h; each function names its Arm ARM pseudocode.
#include "cpu/fp/core.h"

// The finite parts of a computation return Parts, so that each operation rounds in one place.
// A sum that is exactly zero, though its terms are not both zeros of one sign:
FP_INLINE Parts exact_zero(const FpEnv *e)
{
    return (Parts){ .cls = CLS_ZERO, .sign = e->round == FP_RMI };
}

FP_INLINE u64 finish(Format f, FpEnv *e, Parts p)
{
    return p.cls == CLS_ZERO ? fp_zero(f, p.sign) : round_pack(f, e, p);
}

FP_INLINE u64 wide_jam(u128 v) { return (u64)(v >> 64) | ((u64)v != 0); }

/* -- Addition ----------------------------------------------------------------------------- */

// Sum of two non-zero finite numbers. The significands are taken one bit down, for the carry;
// shifted-out bits stay far enough below the precision, since only an exponent difference of 0
// or 1 (where nothing is lost) can cancel more than one bit.
FP_INLINE Parts add_nonzero(const FpEnv *e, Parts a, Parts b)
{
    if (a.exp < b.exp || (a.exp == b.exp && a.frac < b.frac)) {
        Parts t = a;
        a = b;
        b = t;
    }
    u64 big = a.frac >> 1;
    u64 small = shift_right_jam(b.frac >> 1, a.exp - b.exp);
    u64 sum = a.sign == b.sign ? big + small : big - small;
    if (!sum) return exact_zero(e);
    int lead = __builtin_clzll(sum);
    a.frac = sum << lead;
    a.exp += 1 - lead;
    return a;
}

FP_INLINE Parts add_finite(const FpEnv *e, Parts a, Parts b)
{
    if (a.cls == CLS_NORM && b.cls == CLS_NORM) return add_nonzero(e, a, b);
    if (a.cls == b.cls) return a.sign == b.sign ? a : exact_zero(e);
    return a.cls == CLS_ZERO ? b : a;
}

// Arm: FPAdd, FPSub.
FP_INLINE u64 add_sub(Format f, FpEnv *e, u64 va, u64 vb, bool subtract)
{
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (is_nan(a) || is_nan(b)) return process_nans(f, e, a.cls, va, b.cls, vb);
    b.sign ^= subtract;
    if (a.cls == CLS_INF && b.cls == CLS_INF && a.sign != b.sign) return invalid(f, e);
    note_denormal(e, a.denormal || b.denormal);
    if (a.cls == CLS_INF || b.cls == CLS_INF) return fp_inf(f, a.cls == CLS_INF ? a.sign : b.sign);
    return finish(f, e, add_finite(e, a, b));
}

/* -- Multiplication ----------------------------------------------------------------------- */

FP_INLINE Parts mul_nonzero(Parts a, Parts b)
{
    u128 product = (u128)a.frac * b.frac;
    int lead = !(product >> 127);
    Parts r = { .sign = a.sign ^ b.sign, .exp = a.exp + b.exp + 1 - lead, .cls = CLS_NORM };
    r.frac = wide_jam(product << lead);
    return r;
}

// Arm: FPMul, FPMulX.
FP_INLINE u64 multiply(Format f, FpEnv *e, u64 va, u64 vb, bool extended)
{
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (a.cls == CLS_NORM && b.cls == CLS_NORM) {
        note_denormal(e, a.denormal || b.denormal);
        return round_pack(f, e, mul_nonzero(a, b));
    }
    if (is_nan(a) || is_nan(b)) return process_nans(f, e, a.cls, va, b.cls, vb);
    bool sign = a.sign ^ b.sign;
    bool inf = a.cls == CLS_INF || b.cls == CLS_INF;
    bool zero = a.cls == CLS_ZERO || b.cls == CLS_ZERO;
    if (inf && zero && extended) return sign_bit(f, sign) | (u64)(f.bias + 1) << f.fbits;
    if (inf && zero) return invalid(f, e);
    note_denormal(e, a.denormal || b.denormal);
    return inf ? fp_inf(f, sign) : fp_zero(f, sign);
}

/* -- Division and square root ------------------------------------------------------------- */

// Long division by the host's 64-bit divide: the remainder has fbits + 1 bits at most, which
// leaves room for 63 - fbits quotient bits a step; fbits + 3 are needed to round.
FP_INLINE Parts div_nonzero(Format f, Parts a, Parts b)
{
    int step = 63 - f.fbits;
    u64 rest = a.frac >> step, divisor = b.frac >> step;
    u64 quotient = rest >= divisor;
    rest -= quotient ? divisor : 0;
    for (int got = 0; got < f.fbits + 3; got += step) {
        quotient = quotient << step | (rest << step) / divisor;
        rest = (rest << step) % divisor;
    }
    int units = (f.fbits + 2 + step) / step * step;
    int lead = __builtin_clzll(quotient);
    Parts r = { .cls = CLS_NORM, .sign = a.sign ^ b.sign };
    r.exp = a.exp - b.exp + 63 - lead - units;
    r.frac = quotient << lead | (rest != 0);
    return r;
}

// Arm: FPDiv.
FP_INLINE u64 div(Format f, FpEnv *e, u64 va, u64 vb)
{
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (is_nan(a) || is_nan(b)) return process_nans(f, e, a.cls, va, b.cls, vb);
    if (a.cls == b.cls && a.cls != CLS_NORM) return invalid(f, e);
    bool sign = a.sign ^ b.sign;
    if (b.cls == CLS_ZERO && a.cls == CLS_NORM) {
        fp_raise(e, FP_DZC);
        return fp_inf(f, sign);
    }
    note_denormal(e, a.denormal || b.denormal);
    if (a.cls == CLS_INF || b.cls == CLS_ZERO) return fp_inf(f, sign);
    if (a.cls == CLS_ZERO || b.cls == CLS_INF) return fp_zero(f, sign);
    return round_pack(f, e, div_nonzero(f, a, b));
}

// Digit by digit: fbits + 2 result bits are enough to round, the remainder becomes the sticky
// bit. radicand has two integer bits; each step brings down two bits of it.
FP_INLINE u64 root_bits(u64 radicand, int digits)
{
    u64 root = 0, rest = 0;
    for (int i = 0; i < digits; i++) {
        rest = rest << 2 | radicand >> 62;
        radicand <<= 2;
        u64 trial = root << 2 | 1;
        bool one = rest >= trial;
        rest -= one ? trial : 0;
        root = root << 1 | one;
    }
    return root << (64 - digits) | (rest != 0);
}

// Arm: FPSqrt.
FP_INLINE u64 square_root(Format f, FpEnv *e, u64 v)
{
    Parts p = unpack(f, e, v);
    if (is_nan(p)) return process_nan(f, e, p.cls, v);
    if (p.cls == CLS_ZERO) return fp_zero(f, p.sign);
    if (p.sign) return invalid(f, e);
    note_denormal(e, p.denormal);
    if (p.cls == CLS_INF) return fp_inf(f, false);
    // An even exponent leaves 1 <= x < 2 (leading digit pair 01), an odd one 2 <= x < 4.
    bool odd = p.exp & 1;
    p.frac = root_bits(odd ? p.frac : p.frac >> 1, f.fbits + 3);
    p.exp = (p.exp - odd) / 2;
    return round_pack(f, e, p);
}

/* -- Fused multiply-add ------------------------------------------------------------------- */

// a + n * m of non-zero finite numbers. Both terms lie in 128 bits with the
// leading one at bit 126 or, for the product, 125; at least 20 low bits are zero, so nothing is
// lost unless the exponents differ by more than cancellation can reach.
FP_INLINE Parts fused_nonzero(const FpEnv *e, Parts a, Parts n, Parts m)
{
    u128 product = (u128)(n.frac >> 1) * m.frac;
    u128 addend = (u128)a.frac << 63;
    int product_exp = n.exp + m.exp + 1;
    bool sign = n.sign ^ m.sign;
    bool product_big = product_exp > a.exp;
    int shift = product_big ? product_exp - a.exp : a.exp - product_exp;
    u128 big = product_big ? product : addend, small = product_big ? addend : product;
    u128 lost = shift > 127 ? small : small & (((u128)1 << shift) - 1);
    small = (shift > 127 ? 0 : small >> shift) | (lost != 0);

    Parts r = { .cls = CLS_NORM, .sign = product_big ? sign : a.sign };
    u128 sum = big + small;
    if (sign != a.sign) {
        bool negative = big < small;
        sum = negative ? small - big : big - small;
        r.sign ^= negative;
    }
    if (!sum) return exact_zero(e);
    u64 high = (u64)(sum >> 64);
    int lead = high ? __builtin_clzll(high) : 64 + __builtin_clzll((u64)sum);
    r.frac = wide_jam(sum << lead);
    r.exp = (product_big ? product_exp : a.exp) + 1 - lead;
    return r;
}

FP_INLINE Parts fused_finite(const FpEnv *e, Parts a, Parts n, Parts m)
{
    if (n.cls == CLS_NORM && m.cls == CLS_NORM)
        return a.cls == CLS_NORM ? fused_nonzero(e, a, n, m) : mul_nonzero(n, m);
    if (a.cls == CLS_NORM || a.sign == (n.sign ^ m.sign)) return a;
    return exact_zero(e);
}

// (n * m + a) * 2^scale, none of them a NaN and not 0 * inf.
FP_INLINE u64 fused(Format f, FpEnv *e, Parts a, Parts n, Parts m, int scale)
{
    bool sign = n.sign ^ m.sign;
    bool inf = n.cls == CLS_INF || m.cls == CLS_INF;
    if (inf && a.cls == CLS_INF && sign != a.sign) return invalid(f, e);
    note_denormal(e, a.denormal || n.denormal || m.denormal);
    if (inf || a.cls == CLS_INF) return fp_inf(f, inf ? sign : a.sign);
    Parts r = fused_finite(e, a, n, m);
    r.exp += scale;
    return finish(f, e, r);
}

FP_INLINE bool zero_times_inf(Parts n, Parts m)
{
    return (n.cls == CLS_ZERO && m.cls == CLS_INF) || (n.cls == CLS_INF && m.cls == CLS_ZERO);
}

// Arm: FPProcessNaNs3, order a, n, m. x86 (SDM vol. 1, 14.5.2): the first NaN of n, m, a.
FP_INLINE u64 process_nans3(Format f, FpEnv *e, const Parts p[3], const u64 v[3])
{
    static const u8 arm[3] = { 0, 1, 2 }, x86[3] = { 1, 2, 0 };
    const u8 *order = e->x86 ? x86 : arm;
    int quiet = -1, signalling = -1;
    for (int i = 2; i >= 0; i--) {
        if (is_nan(p[order[i]])) quiet = order[i];
        if (p[order[i]].cls == CLS_SNAN) signalling = order[i];
    }
    if (signalling >= 0) fp_raise(e, FP_IOC);
    int chosen = signalling >= 0 && !e->x86 ? signalling : quiet;
    return process_nan(f, e, p[chosen].cls, v[chosen]);
}

// Arm: FPMulAdd. The parts are those of the patterns v: a, n, m.
FP_INLINE u64 muladd_parts(Format f, FpEnv *e, const Parts p[3], const u64 v[3])
{
    bool undefined = zero_times_inf(p[1], p[2]);
    if (undefined && p[0].cls == CLS_QNAN && !e->x86) return invalid(f, e);
    if (is_nan(p[0]) || is_nan(p[1]) || is_nan(p[2])) return process_nans3(f, e, p, v);
    return undefined ? invalid(f, e) : fused(f, e, p[0], p[1], p[2], 0);
}

FP_INLINE u64 muladd(Format f, FpEnv *e, u64 a, u64 n, u64 m)
{
    u64 v[3] = { a, n, m };
    Parts p[3] = { unpack(f, e, a), unpack(f, e, n), unpack(f, e, m) };
    return muladd_parts(f, e, p, v);
}

// A half NaN in the single format, payload at the top, as FPConvertNaN, but still signalling.
static u32 widen_nan(u16 v) { return (u32)(v & 0x8000) << 16 | 0x7f800000 | (v & 0x3ffu) << 13; }

u32 fp32_muladdh(FpEnv *e, u32 a, u16 n, u16 m)
{
    u64 v[3] = { a, widen_nan(n), widen_nan(m) };
    Parts p[3] = { unpack(FORMAT32, e, a), unpack(FORMAT16, e, n), unpack(FORMAT16, e, m) };
    return (u32)muladd_parts(FORMAT32, e, p, v);
}

/* -- Newton-Raphson steps ----------------------------------------------------------------- */

// (addend - a * b) * 2^scale, with undefined_result for 0 * inf; the sign of a is changed before
// its NaN is looked at.
FP_INLINE u64 step(Format f, FpEnv *e, u64 va, u64 vb, u64 addend, u64 undefined_result, int scale)
{
    va ^= sign_bit(f, true);
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (is_nan(a) || is_nan(b)) return process_nans(f, e, a.cls, va, b.cls, vb);
    if (zero_times_inf(a, b)) return undefined_result;
    return fused(f, e, unpack(f, e, addend), a, b, scale);
}

// Arm: FPRecipStepFused.
FP_INLINE u64 recps(Format f, FpEnv *e, u64 a, u64 b)
{
    u64 two = (u64)(f.bias + 1) << f.fbits;
    return step(f, e, a, b, two, two, 0);
}

// Arm: FPRSqrtStepFused.
FP_INLINE u64 rsqrts(Format f, FpEnv *e, u64 a, u64 b)
{
    u64 one_and_half = (u64)f.bias << f.fbits | quiet_bit(f);
    u64 three = (u64)(f.bias + 1) << f.fbits | quiet_bit(f);
    return step(f, e, a, b, three, one_and_half, -1);
}

/* -- Entry points ------------------------------------------------------------------------- */

// clang-format off
#define ENTRIES(N)                                                                             \
    static u##N add_sub##N(FpEnv *e, u##N a, u##N b, bool subtract)                            \
    {                                                                                          \
        return (u##N)add_sub(FORMAT##N, e, a, b, subtract);                                    \
    }                                                                                          \
    static u##N multiply##N(FpEnv *e, u##N a, u##N b, bool extended)                           \
    {                                                                                          \
        return (u##N)multiply(FORMAT##N, e, a, b, extended);                                   \
    }                                                                                          \
    u##N fp##N##_add(FpEnv *e, u##N a, u##N b) { return add_sub##N(e, a, b, false); }          \
    u##N fp##N##_sub(FpEnv *e, u##N a, u##N b) { return add_sub##N(e, a, b, true); }           \
    u##N fp##N##_mul(FpEnv *e, u##N a, u##N b) { return multiply##N(e, a, b, false); }         \
    u##N fp##N##_mulx(FpEnv *e, u##N a, u##N b) { return multiply##N(e, a, b, true); }         \
    u##N fp##N##_div(FpEnv *e, u##N a, u##N b) { return (u##N)div(FORMAT##N, e, a, b); }       \
    u##N fp##N##_sqrt(FpEnv *e, u##N a) { return (u##N)square_root(FORMAT##N, e, a); }         \
    u##N fp##N##_recps(FpEnv *e, u##N a, u##N b) { return (u##N)recps(FORMAT##N, e, a, b); }   \
    u##N fp##N##_rsqrts(FpEnv *e, u##N a, u##N b) { return (u##N)rsqrts(FORMAT##N, e, a, b); } \
    u##N fp##N##_muladd(FpEnv *e, u##N a, u##N n, u##N m)                                      \
    {                                                                                          \
        return (u##N)muladd(FORMAT##N, e, a, n, m);                                            \
    }
// clang-format on

ENTRIES(16)
ENTRIES(32)
ENTRIES(64)
