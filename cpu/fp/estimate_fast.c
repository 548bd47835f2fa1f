// SPDX-License-Identifier: MIT
// Soft-float reciprocal estimates of the Arm architecture. The results are architected to the
// bit (DDI 0487, RecipEstimate and RecipSqrtEstimate), so they are computed, not tabulated.
// Spec: see fp.h.
#include "cpu/fp/core.h"

// a is 256..511 for 0.5 <= x < 1; the result is 256..511 for 1 <= 1/x < 2.
static u32 recip_estimate(u32 a) { return (((1u << 19) / (a * 2 + 1)) + 1) / 2; }

// a is 128..511 for 0.25 <= x < 1; the result is 256..511 for 1 <= 1/sqrt(x) < 2: with x taken at
// the middle of its step, the largest b with x * b^2 < 2^28, halved and rounded.
static u32 recip_sqrt_estimate(u32 a)
{
    u32 x = a < 256 ? a * 2 + 1 : ((a | 1) * 2);
    u32 b = 512;
    for (u32 bit = 256; bit; bit >>= 1)
        if (x * (b + bit) * (b + bit) < 1u << 28) b += bit;
    return (b + 1) / 2;
}

// A positive significand (bit 63 set) and a biased result exponent, which may be 0 or -1, into a
// pattern whose fraction has 8 significant bits.
FP_INLINE u64 pack_estimate(Format f, bool sign, int biased, u32 estimate)
{
    u64 mant = (u64)estimate << (f.fbits - 8); // with its leading one
    if (biased < 1) return sign_bit(f, sign) | mant >> (1 - biased);
    return sign_bit(f, sign) | (((u64)(biased - 1) << f.fbits) + mant);
}

// Arm: FPRecipEstimate.
FP_INLINE u64 recpe(Format f, FpEnv *e, u64 v)
{
    Parts p = unpack(f, e, v);
    if (is_nan(p)) return process_nan(f, e, p.cls, v);
    if (p.cls == CLS_INF) return fp_zero(f, p.sign);
    if (p.cls == CLS_ZERO) {
        fp_raise(e, FP_DZC);
        return fp_inf(f, p.sign);
    }
    if (p.exp < -(f.bias + 1)) return overflow(f, e, p.sign);
    if (flushes(f, e) && p.exp >= f.bias - 1) {
        fp_raise(e, FP_UFC);
        return fp_zero(f, p.sign);
    }
    int biased = f.bias - p.exp - 1;
    return pack_estimate(f, p.sign, biased, recip_estimate((u32)(p.frac >> 55)));
}

// Arm: FPRSqrtEstimate.
FP_INLINE u64 rsqrte(Format f, FpEnv *e, u64 v)
{
    Parts p = unpack(f, e, v);
    if (is_nan(p)) return process_nan(f, e, p.cls, v);
    if (p.cls == CLS_ZERO) {
        fp_raise(e, FP_DZC);
        return fp_inf(f, p.sign);
    }
    if (p.sign) return invalid(f, e);
    if (p.cls == CLS_INF) return fp_zero(f, false);
    // x = s * 2^even with 0.25 <= s < 1; an even exponent of p means 0.25 <= s < 0.5.
    bool odd = p.exp & 1;
    int half = (p.exp - odd) / 2 + 1;
    u32 scaled = (u32)(p.frac >> (odd ? 55 : 56));
    return pack_estimate(f, false, f.bias - half, recip_sqrt_estimate(scaled));
}

// Arm: FPRecpX: the exponent inverted bit by bit, the fraction dropped.
FP_INLINE u64 recpx(Format f, FpEnv *e, u64 v)
{
    Parts p = unpack(f, e, v);
    if (is_nan(p)) return process_nan(f, e, p.cls, v);
    u64 field = v >> f.fbits & (u64)f.emax;
    u64 exp = field ? ~field & (u64)f.emax : (u64)f.emax - 1;
    return sign_bit(f, p.sign) | exp << f.fbits;
}

u32 fp_urecpe(u32 a) { return a >> 31 ? recip_estimate(a >> 23) << 23 : ~0u; }

u32 fp_ursqrte(u32 a) { return a >> 30 ? recip_sqrt_estimate(a >> 23) << 23 : ~0u; }

// clang-format off
#define ENTRIES(N)                                                                  \
    u##N fp##N##_recpe(FpEnv *e, u##N a) { return (u##N)recpe(FORMAT##N, e, a); }   \
    u##N fp##N##_rsqrte(FpEnv *e, u##N a) { return (u##N)rsqrte(FORMAT##N, e, a); } \
    u##N fp##N##_recpx(FpEnv *e, u##N a) { return (u##N)recpx(FORMAT##N, e, a); }
// clang-format on

ENTRIES(16)
ENTRIES(32)
ENTRIES(64)
