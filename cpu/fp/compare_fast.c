// SPDX-License-Identifier: MIT
// Soft-float comparisons, minima and maxima. Spec: see fp.h.
#include "cpu/fp/core.h"

// -1, 0, 1; neither is a NaN. Zeros are equal. An infinity orders as a huge exponent.
FP_INLINE int order_magnitude(Parts a, Parts b)
{
    if (a.cls != b.cls) return a.cls < b.cls ? -1 : 1;
    if (a.cls != CLS_NORM) return 0;
    if (a.exp != b.exp) return a.exp < b.exp ? -1 : 1;
    return a.frac == b.frac ? 0 : a.frac < b.frac ? -1 : 1;
}

FP_INLINE int order(Parts a, Parts b)
{
    if (a.cls == CLS_ZERO && b.cls == CLS_ZERO) return 0;
    if (a.sign != b.sign) return a.sign ? -1 : 1;
    return a.sign ? order_magnitude(b, a) : order_magnitude(a, b);
}

/* -- Comparison --------------------------------------------------------------------------- */

typedef enum { LESS = -1, EQUAL, GREATER, UNORDERED } Relation;

FP_INLINE Relation relation(Format f, FpEnv *e, u64 va, u64 vb, bool signal)
{
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (is_nan(a) || is_nan(b)) {
        if (signal || a.cls == CLS_SNAN || b.cls == CLS_SNAN) fp_raise(e, FP_IOC);
        return UNORDERED;
    }
    note_denormal(e, a.denormal || b.denormal);
    return (Relation)order(a, b);
}

// Arm: FPCompare.
FP_INLINE u32 compare(Format f, FpEnv *e, u64 a, u64 b, bool signal)
{
    switch (relation(f, e, a, b, signal)) {
    case LESS: return 0x8;
    case EQUAL: return 0x6;
    case GREATER: return 0x2;
    default: return 0x3;
    }
}

FP_INLINE bool eq(Format f, FpEnv *e, u64 a, u64 b) { return relation(f, e, a, b, false) == EQUAL; }

FP_INLINE bool gt(Format f, FpEnv *e, u64 a, u64 b)
{
    return relation(f, e, a, b, true) == GREATER;
}

FP_INLINE bool ge(Format f, FpEnv *e, u64 a, u64 b)
{
    Relation r = relation(f, e, a, b, true);
    return r == GREATER || r == EQUAL;
}

/* -- Minimum and maximum ------------------------------------------------------------------ */

// Arm: FPMax, FPMin. The chosen operand is already rounded; only a zero, which may be a flushed
// denormal, is made anew.
FP_INLINE u64 extremum(Format f, FpEnv *e, u64 va, u64 vb, bool max)
{
    Parts a = unpack(f, e, va), b = unpack(f, e, vb);
    if (is_nan(a) || is_nan(b)) return process_nans(f, e, a.cls, va, b.cls, vb);
    note_denormal(e, a.denormal || b.denormal);
    bool first = order(a, b) == (max ? 1 : -1);
    Parts chosen = first ? a : b;
    if (chosen.cls == CLS_ZERO) return fp_zero(f, max ? a.sign && b.sign : a.sign || b.sign);
    return first ? va : vb;
}

// Arm: FPMaxNum, FPMinNum: a lone quiet NaN counts as the infinity that loses.
FP_INLINE u64 extremum_num(Format f, FpEnv *e, u64 a, u64 b, bool max)
{
    bool quiet_a = unpack(f, e, a).cls == CLS_QNAN, quiet_b = unpack(f, e, b).cls == CLS_QNAN;
    if (quiet_a != quiet_b) {
        a = quiet_a ? fp_inf(f, max) : a;
        b = quiet_b ? fp_inf(f, max) : b;
    }
    return extremum(f, e, a, b, max);
}

/* -- Entry points ------------------------------------------------------------------------- */

// clang-format off
#define ENTRIES(N)                                                                             \
    static u##N extremum##N(FpEnv *e, u##N a, u##N b, bool max)                                \
    {                                                                                          \
        return (u##N)extremum(FORMAT##N, e, a, b, max);                                        \
    }                                                                                          \
    static u##N extremum_num##N(FpEnv *e, u##N a, u##N b, bool max)                            \
    {                                                                                          \
        return (u##N)extremum_num(FORMAT##N, e, a, b, max);                                    \
    }                                                                                          \
    u##N fp##N##_min(FpEnv *e, u##N a, u##N b) { return extremum##N(e, a, b, false); }         \
    u##N fp##N##_max(FpEnv *e, u##N a, u##N b) { return extremum##N(e, a, b, true); }          \
    u##N fp##N##_minnum(FpEnv *e, u##N a, u##N b) { return extremum_num##N(e, a, b, false); }  \
    u##N fp##N##_maxnum(FpEnv *e, u##N a, u##N b) { return extremum_num##N(e, a, b, true); }   \
    u32 fp##N##_compare(FpEnv *e, u##N a, u##N b, bool signal)                                 \
    {                                                                                          \
        return compare(FORMAT##N, e, a, b, signal);                                            \
    }                                                                                          \
    bool fp##N##_eq(FpEnv *e, u##N a, u##N b) { return eq(FORMAT##N, e, a, b); }               \
    bool fp##N##_ge(FpEnv *e, u##N a, u##N b) { return ge(FORMAT##N, e, a, b); }               \
    bool fp##N##_gt(FpEnv *e, u##N a, u##N b) { return gt(FORMAT##N, e, a, b); }
// clang-format on

ENTRIES(16)
ENTRIES(32)
ENTRIES(64)
