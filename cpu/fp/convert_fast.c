// SPDX-License-Identifier: MIT
// Soft-float conversions: to integral values, to and from integers and fixed point, and between
// formats. Spec: see fp.h.
#include "cpu/fp/core.h"

typedef struct Rounded {
    u64 magnitude;
    bool inexact;
    bool over; // the magnitude is 2^64 or more
} Rounded;

// |p| * 2^scale rounded to an integer; p is finite.
FP_INLINE Rounded round_magnitude(Parts p, int scale, int round)
{
    if (p.cls == CLS_ZERO) return (Rounded){ 0 };
    int exp = p.exp + scale;
    if (exp > 63) return (Rounded){ .over = true };
    u64 whole = exp < 0 ? 0 : p.frac >> (63 - exp);
    u64 rest = exp == 63 ? 0 : exp >= 0 ? p.frac << (exp + 1) : shift_right_jam(p.frac, -1 - exp);
    bool up = rounds_up(round, p.sign, whole & 1, rest, (u64)1 << 63);
    Rounded r = { .magnitude = whole + up, .inexact = rest != 0 };
    r.over = up && !r.magnitude;
    return r;
}

/* -- To integral floating point ----------------------------------------------------------- */

// A finite number's integral value back in the format. p has at most fbits + 1 significant bits,
// so this never rounds.
FP_INLINE u64 integral(Format f, FpEnv *e, Parts p, u64 magnitude)
{
    if (!magnitude) return fp_zero(f, p.sign);
    int lead = __builtin_clzll(magnitude);
    p.frac = magnitude << lead;
    p.exp = 63 - lead;
    return round_pack(f, e, p);
}

// Arm: FPRoundInt. x86's ROUNDSS and its kin do not report DE.
FP_INLINE u64 round_int(Format f, FpEnv *e, u64 v, int round, bool exact)
{
    Parts p = unpack(f, e, v);
    if (is_nan(p)) return process_nan(f, e, p.cls, v);
    if (p.cls == CLS_ZERO) return fp_zero(f, p.sign);
    if (p.cls == CLS_INF || p.exp >= f.fbits) return v;
    Rounded r = round_magnitude(p, 0, round);
    if (r.inexact && exact) fp_raise(e, FP_IXC);
    return integral(f, e, p, r.magnitude);
}

// Arm: FPRoundIntN.
FP_INLINE u64 round_int_n(Format f, FpEnv *e, u64 v, int round, int size)
{
    Parts p = unpack(f, e, v);
    Rounded r = { .over = true };
    if (p.cls <= CLS_NORM) r = round_magnitude(p, 0, round);
    u64 limit = (u64)1 << (size - 1);
    if (r.over || r.magnitude > limit - !p.sign) {
        fp_raise(e, FP_IOC);
        return sign_bit(f, true) | (u64)(f.bias + size - 1) << f.fbits;
    }
    if (r.inexact) fp_raise(e, FP_IXC);
    return integral(f, e, p, r.magnitude);
}

u32 fp32_rint_n(FpEnv *e, u32 a, FpRound round, int size)
{
    return (u32)round_int_n(FORMAT32, e, a, round, size);
}

u64 fp64_rint_n(FpEnv *e, u64 a, FpRound round, int size)
{
    return round_int_n(FORMAT64, e, a, round, size);
}

/* -- To integers -------------------------------------------------------------------------- */

// Operand of a conversion to an integer; false when it has no integer value at all (a NaN).
FP_INLINE bool integer_operand(Format f, FpEnv *e, u64 v, int fbits, int round, Parts *p,
                               Rounded *r)
{
    *p = unpack(f, e, v);
    *r = p->cls == CLS_INF ? (Rounded){ .over = true } : (Rounded){ 0 };
    if (is_nan(*p)) return false;
    if (p->cls == CLS_NORM) *r = round_magnitude(*p, fbits, round);
    return true;
}

FP_INLINE void integer_flags(FpEnv *e, bool bad, bool inexact)
{
    if (bad || inexact) fp_raise(e, bad ? FP_IOC : FP_IXC);
}

// Arm: FPToFixed, signed.
FP_INLINE i64 to_signed(Format f, FpEnv *e, u64 v, int bits, int fbits, int round)
{
    Parts p;
    Rounded r;
    bool number = integer_operand(f, e, v, fbits, round, &p, &r);
    u64 limit = (u64)1 << (bits - 1);
    bool over = r.over || r.magnitude > limit - !p.sign;
    integer_flags(e, over || !number, r.inexact);
    if (!number && !e->x86) return 0;
    if (!number || over) return e->x86 || p.sign ? (i64)-limit : (i64)(limit - 1);
    return (i64)(p.sign ? -r.magnitude : r.magnitude);
}

// Arm: FPToFixed, unsigned.
FP_INLINE u64 to_unsigned(Format f, FpEnv *e, u64 v, int bits, int fbits, int round)
{
    Parts p;
    Rounded r;
    bool number = integer_operand(f, e, v, fbits, round, &p, &r);
    u64 limit = ~(u64)0 >> (64 - bits);
    bool over = r.over || r.magnitude > (p.sign ? 0 : limit);
    integer_flags(e, over || !number, r.inexact);
    if (e->x86 && (over || !number)) return limit;
    if (!number) return 0;
    return !over ? r.magnitude : p.sign ? 0 : limit;
}

// Arm: FPToFixedJS.
u32 fp64_to_js(FpEnv *e, u64 v, bool *exact)
{
    Parts p = unpack(FORMAT64, e, v);
    *exact = p.cls == CLS_ZERO && v == 0;
    if (p.cls == CLS_ZERO) return 0;
    *exact = false;
    if (p.cls != CLS_NORM || p.exp > 63 + 52) {
        fp_raise(e, FP_IOC);
        return 0;
    }
    // Above 2^63 only the low 32 bits of the shifted significand matter.
    Rounded r = p.exp > 63 ? (Rounded){ .over = true, .magnitude = p.frac << (p.exp - 63) }
                           : round_magnitude(p, 0, FP_RZ);
    bool over = r.over || r.magnitude > (u64)INT32_MAX + p.sign;
    integer_flags(e, over, r.inexact);
    *exact = !over && !r.inexact;
    return (u32)(p.sign ? -r.magnitude : r.magnitude);
}

/* -- From integers ------------------------------------------------------------------------ */

// Arm: FixedToFP.
FP_INLINE u64 from_magnitude(Format f, FpEnv *e, bool sign, u64 magnitude, int fbits)
{
    if (!magnitude) return fp_zero(f, false);
    int lead = __builtin_clzll(magnitude);
    Parts p = {
        .cls = CLS_NORM, .sign = sign, .frac = magnitude << lead, .exp = 63 - lead - fbits
    };
    return round_pack(f, e, p);
}

FP_INLINE u64 from_signed(Format f, FpEnv *e, i64 v, int fbits)
{
    return from_magnitude(f, e, v < 0, v < 0 ? -(u64)v : (u64)v, fbits);
}

/* -- Between formats ---------------------------------------------------------------------- */

// Arm: FPConvertNaN, keeping what fits of the top of the payload, made quiet.
FP_INLINE u64 convert_nan(Format from, Format to, u64 v)
{
    bool sign = v >> (from.bits - 1) & 1;
    u64 payload = v << (64 - from.fbits) | (u64)1 << 63;
    return fp_inf(to, sign) | payload >> (64 - to.fbits);
}

// Arm: FPUnpackCV: half is never flushed, and in the alternative format has no NaN or infinity.
FP_INLINE Parts unpack_convert(Format from, FpEnv *e, u64 v)
{
    if (from.bits != 16) return unpack(from, e, v);
    u64 frac = v & 0x3ff;
    bool sign = v >> 15 & 1;
    if (e->ahp && (v & 0x7c00) == 0x7c00) return unpack_normal(from, frac, from.emax, sign);
    if ((v & 0x7c00) == 0 && frac) return unpack_denormal(from, frac, sign);
    return unpack(from, e, v);
}

// Arm: FPConvert.
FP_INLINE u64 convert(Format from, Format to, FpEnv *e, u64 v)
{
    Parts p = unpack_convert(from, e, v);
    bool alternative = to.bits == 16 && e->ahp;
    if (is_nan(p)) {
        if (alternative || p.cls == CLS_SNAN) fp_raise(e, FP_IOC);
        if (alternative) return fp_zero(to, p.sign);
        return e->dn ? default_nan(to, e) : convert_nan(from, to, v);
    }
    note_denormal(e, p.denormal && from.bits != 16);
    if (p.cls == CLS_ZERO) return fp_zero(to, p.sign);
    if (p.cls == CLS_INF && alternative) {
        fp_raise(e, FP_IOC);
        return sign_bit(to, p.sign) | (sign_bit(to, true) - 1);
    }
    if (p.cls == CLS_INF) return fp_inf(to, p.sign);
    return round_base(to, e, p, to.bits != 16 && e->fz, alternative);
}

u32 fp16_to_fp32(FpEnv *e, u16 a) { return (u32)convert(FORMAT16, FORMAT32, e, a); }
u64 fp16_to_fp64(FpEnv *e, u16 a) { return convert(FORMAT16, FORMAT64, e, a); }
u16 fp32_to_fp16(FpEnv *e, u32 a) { return (u16)convert(FORMAT32, FORMAT16, e, a); }
u64 fp32_to_fp64(FpEnv *e, u32 a) { return convert(FORMAT32, FORMAT64, e, a); }
u16 fp64_to_fp16(FpEnv *e, u64 a) { return (u16)convert(FORMAT64, FORMAT16, e, a); }
u32 fp64_to_fp32(FpEnv *e, u64 a) { return (u32)convert(FORMAT64, FORMAT32, e, a); }

/* -- Entry points ------------------------------------------------------------------------- */

// clang-format off
#define ENTRIES(N)                                                                         \
    u##N fp##N##_rint(FpEnv *e, u##N a, FpRound round, bool exact)                         \
    {                                                                                      \
        return (u##N)round_int(FORMAT##N, e, a, round, exact);                             \
    }                                                                                      \
    i64 fp##N##_to_sint(FpEnv *e, u##N a, int bits, int fbits, FpRound round)              \
    {                                                                                      \
        return to_signed(FORMAT##N, e, a, bits, fbits, round);                             \
    }                                                                                      \
    u64 fp##N##_to_uint(FpEnv *e, u##N a, int bits, int fbits, FpRound round)              \
    {                                                                                      \
        return to_unsigned(FORMAT##N, e, a, bits, fbits, round);                           \
    }                                                                                      \
    u##N fp##N##_from_sint(FpEnv *e, i64 v, int fbits)                                     \
    {                                                                                      \
        return (u##N)from_signed(FORMAT##N, e, v, fbits);                                  \
    }                                                                                      \
    u##N fp##N##_from_uint(FpEnv *e, u64 v, int fbits)                                     \
    {                                                                                      \
        return (u##N)from_magnitude(FORMAT##N, e, false, v, fbits);                        \
    }
// clang-format on

ENTRIES(16)
ENTRIES(32)
ENTRIES(64)
