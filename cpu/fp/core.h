// SPDX-License-Identifier: MIT
// The common part of the soft-float, private to cpu/fp: taking a bit pattern apart, choosing a
// NaN, and rounding a result back into a format. Spec: see fp.h.
//
// How it works: unpack() turns a pattern of any format into Parts, a sign, a class and, for
// finite non-zero numbers, a significand with its leading one at bit 63 and an unbiased exponent:
// value = frac * 2^(exp - 63). Denormals come out normalised. An operation combines Parts; what
// does not fit into 64 bits is "jammed": ORed into bit 0, which stays below every rounding point
// because the widest format needs 53 + 1 bits. round_pack() is the only place that rounds,
// overflows, underflows or flushes an output.
//
// Rules for the next author
// - The .c files are *_fast.c: they run while the vCPU's vector registers are live in the host's.
//   No SIMD, no host FP, no calls out of this folder, libgcc's 128-bit division included.
// - NaNs are handled on the original patterns before any arithmetic; Parts of a NaN hold a class.
// - Everything here is inlined with a constant Format, which folds it to the format's own code.
// - On x86 DE is reported only when nothing of higher priority (SNaN, QNaN operand, invalid,
//   division by zero) happened, so operations call note_denormal() themselves after those checks.
#pragma once

#include "cpu/fp/fp.h"

#define FP_INLINE static inline __attribute__((always_inline, unused))

typedef struct Format {
    int bits;  // of the whole pattern
    int fbits; // of the stored fraction
    int emax;  // the all-ones biased exponent
    int bias;
} Format;

#define FORMAT16 ((Format){ 16, 10, 31, 15 })
#define FORMAT32 ((Format){ 32, 23, 255, 127 })
#define FORMAT64 ((Format){ 64, 52, 2047, 1023 })

enum { CLS_ZERO, CLS_NORM, CLS_INF, CLS_QNAN, CLS_SNAN }; // ordered: NaNs last

typedef struct Parts {
    u64 frac;
    int exp;
    u8 cls;
    bool sign;
    bool denormal; // the operand was one and was not flushed
} Parts;

FP_INLINE void fp_raise(FpEnv *e, u32 flags) { e->flags |= flags; }

FP_INLINE bool is_nan(Parts p) { return p.cls >= CLS_QNAN; }

FP_INLINE u64 sign_bit(Format f, bool sign) { return (u64)sign << (f.bits - 1); }

FP_INLINE u64 fp_zero(Format f, bool sign) { return sign_bit(f, sign); }

FP_INLINE u64 fp_inf(Format f, bool sign) { return sign_bit(f, sign) | (u64)f.emax << f.fbits; }

FP_INLINE u64 fp_max_normal(Format f, bool sign) { return fp_inf(f, sign) - 1; }

FP_INLINE u64 quiet_bit(Format f) { return (u64)1 << (f.fbits - 1); }

FP_INLINE u64 default_nan(Format f, const FpEnv *e) { return fp_inf(f, e->x86) | quiet_bit(f); }

FP_INLINE u64 invalid(Format f, FpEnv *e)
{
    fp_raise(e, FP_IOC);
    return default_nan(f, e);
}

FP_INLINE void note_denormal(FpEnv *e, bool denormal)
{
    if (e->x86 && denormal) fp_raise(e, FP_IDC);
}

// Are outputs of arithmetic in format f flushed?
FP_INLINE bool flushes(Format f, const FpEnv *e) { return f.bits == 16 ? e->fz16 : e->fz; }

// Is a denormal input of format f flushed? Raises Arm's IDC, which 16-bit inputs do not have.
FP_INLINE bool flush_input(Format f, FpEnv *e)
{
    if (e->x86) return f.bits != 16 && e->daz;
    if (f.bits == 16) return e->fz16;
    if (e->fz) fp_raise(e, FP_IDC);
    return e->fz;
}

FP_INLINE Parts unpack_denormal(Format f, u64 frac, bool sign)
{
    int lead = __builtin_clzll(frac);
    return (Parts){
        .frac = frac << lead,
        .exp = 1 - f.bias + (63 - f.fbits) - lead,
        .cls = CLS_NORM,
        .sign = sign,
        .denormal = true,
    };
}

FP_INLINE Parts unpack_normal(Format f, u64 frac, int biased, bool sign)
{
    return (Parts){
        .frac = (u64)1 << 63 | frac << (63 - f.fbits),
        .exp = biased - f.bias,
        .cls = CLS_NORM,
        .sign = sign,
    };
}

// Arm: FPUnpack.
FP_INLINE Parts unpack(Format f, FpEnv *e, u64 v)
{
    bool sign = v >> (f.bits - 1) & 1;
    int biased = (int)(v >> f.fbits) & f.emax;
    u64 frac = v & (((u64)1 << f.fbits) - 1);
    if (biased == f.emax) {
        u8 cls = !frac ? CLS_INF : frac & quiet_bit(f) ? CLS_QNAN : CLS_SNAN;
        return (Parts){ .cls = cls, .sign = sign };
    }
    if (biased) return unpack_normal(f, frac, biased, sign);
    if (!frac || flush_input(f, e)) return (Parts){ .cls = CLS_ZERO, .sign = sign };
    return unpack_denormal(f, frac, sign);
}

/* -- NaNs --------------------------------------------------------------------------------- */

// Arm: FPProcessNaN.
FP_INLINE u64 process_nan(Format f, FpEnv *e, u8 cls, u64 v)
{
    if (cls == CLS_SNAN) fp_raise(e, FP_IOC);
    return e->dn ? default_nan(f, e) : v | quiet_bit(f);
}

// Arm: FPProcessNaNs. x86 takes the first NaN of either kind (SDM vol. 1, table 4-7). At least
// one of the two is a NaN.
FP_INLINE u64 process_nans(Format f, FpEnv *e, u8 cls_a, u64 a, u8 cls_b, u64 b)
{
    if (e->x86) {
        if (cls_b == CLS_SNAN) fp_raise(e, FP_IOC);
        return cls_a >= CLS_QNAN ? process_nan(f, e, cls_a, a) : process_nan(f, e, cls_b, b);
    }
    bool first = cls_a == CLS_SNAN || (cls_b != CLS_SNAN && cls_a == CLS_QNAN);
    return first ? process_nan(f, e, cls_a, a) : process_nan(f, e, cls_b, b);
}

/* -- Rounding ----------------------------------------------------------------------------- */

FP_INLINE u64 shift_right_jam(u64 v, int n)
{
    if (n <= 0) return v;
    if (n > 63) return v != 0;
    return v >> n | ((v & (((u64)1 << n) - 1)) != 0);
}

// Does a magnitude whose discarded part is rest (half an ulp is `half`) go up by one ulp?
// Round to odd never does: it sets the lowest bit instead.
FP_INLINE bool rounds_up(int round, bool sign, bool odd, u64 rest, u64 half)
{
    switch (round) {
    case FP_RNE: return rest > half || (rest == half && odd);
    case FP_TIEAWAY: return rest >= half;
    case FP_RPI: return rest && !sign;
    case FP_RMI: return rest && sign;
    default: return false;
    }
}

FP_INLINE bool overflow_to_inf(int round, bool sign)
{
    switch (round) {
    case FP_RPI: return !sign;
    case FP_RMI: return sign;
    case FP_RZ:
    case FP_ODD: return false;
    default: return true;
    }
}

FP_INLINE u64 overflow(Format f, FpEnv *e, bool sign)
{
    fp_raise(e, FP_OFC | FP_IXC);
    return overflow_to_inf(e->round, sign) ? fp_inf(f, sign) : fp_max_normal(f, sign);
}

// x86 detects tininess after rounding: a number just under the smallest normal is not tiny when
// rounding to the format's precision with unbounded exponent brings it there.
FP_INLINE bool tiny_after_rounding(Format f, const FpEnv *e, Parts p)
{
    int drop = 63 - f.fbits;
    u64 rest = p.frac & (((u64)1 << drop) - 1);
    bool all_ones = p.frac >> drop == ((u64)2 << f.fbits) - 1;
    return p.exp + f.bias != 0 || !all_ones ||
           !rounds_up(e->round, p.sign, true, rest, (u64)1 << (drop - 1));
}

// Arm: FPRoundBase, except that the flush (which FPRoundCV does not do for half) and AHP are
// arguments. p.cls is CLS_NORM and its leading one is at bit 63.
FP_INLINE u64 round_base(Format f, FpEnv *e, Parts p, bool flush, bool ahp)
{
    int drop = 63 - f.fbits;
    int biased = p.exp + f.bias;
    bool tiny = biased < 1 && (!e->x86 || tiny_after_rounding(f, e, p));
    if (tiny && flush) {
        fp_raise(e, e->x86 ? FP_UFC | FP_IXC : FP_UFC);
        return fp_zero(f, p.sign);
    }
    u64 frac = p.frac;
    if (biased < 1) {
        frac = shift_right_jam(frac, 1 - biased);
        biased = 0;
    }
    u64 rest = frac & (((u64)1 << drop) - 1);
    u64 mant = frac >> drop;
    if (rest && tiny) fp_raise(e, FP_UFC);
    mant += rounds_up(e->round, p.sign, mant & 1, rest, (u64)1 << (drop - 1));
    if (rest && e->round == FP_ODD) mant |= 1;
    // The implicit bit, or a carry out of the fraction, adds one to the exponent field.
    biased += (int)(mant >> f.fbits) - (biased != 0);
    if (biased >= f.emax + ahp) {
        if (!ahp) return overflow(f, e, p.sign);
        fp_raise(e, FP_IOC);
        return sign_bit(f, p.sign) | (sign_bit(f, true) - 1);
    }
    if (rest) fp_raise(e, FP_IXC);
    return sign_bit(f, p.sign) | (u64)biased << f.fbits | (mant & (((u64)1 << f.fbits) - 1));
}

// Arm: FPRound.
FP_INLINE u64 round_pack(Format f, FpEnv *e, Parts p)
{
    return round_base(f, e, p, flushes(f, e), false);
}
