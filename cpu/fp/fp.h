// SPDX-License-Identifier: MIT
// Soft-float shared by all guest CPUs: IEEE 754-2008 binary16/32/64 in integer arithmetic only,
// with the choices IEEE leaves open taken as the Arm ARM (DDI 0487, shared/functions/float
// pseudocode) or, when env.x86 is set, the Intel SDM (vol. 1, 4.8, 10.2.3 and 11.5) takes them.
// The host's FPU, its rounding mode and its flags are never touched.
// Missing on purpose: binary128, x87 extended, FEAT_AFP (FPCR.AH/FIZ/NEP), bfloat16, trapped
// exceptions (FPCR.IOE..IDE are RAZ/WI in all our models).
//
// Values are bit patterns. Every function reads the mode from *env, ORs into env->flags and
// touches nothing else, so an env on the stack is as good as one in the CPU state.
#pragma once

#include "util/types.h"

// Rounding; the first four are FPCR.RMode's encoding.
typedef enum FpRound {
    FP_RNE,     // to nearest, ties to even
    FP_RPI,     // towards plus infinity
    FP_RMI,     // towards minus infinity
    FP_RZ,      // towards zero
    FP_TIEAWAY, // to nearest, ties away from zero
    FP_ODD,     // to odd (von Neumann): inexact results get their lowest bit set
} FpRound;

// Cumulative exceptions, at FPSR's bit positions.
enum {
    FP_IOC = 1 << 0, // invalid operation
    FP_DZC = 1 << 1, // division by zero
    FP_OFC = 1 << 2, // overflow
    FP_UFC = 1 << 3, // underflow
    FP_IXC = 1 << 4, // inexact
    FP_IDC = 1 << 7, // Arm: input denormal flushed; x86: DE, denormal operand used
};

typedef struct FpEnv {
    u8 round;  // FpRound
    bool fz;   // Arm: 32/64-bit denormal inputs and outputs to zero; x86: MXCSR.FTZ, outputs
    bool fz16; // Arm: the same for 16-bit arithmetic, without IDC
    bool dn;   // every NaN result is the default NaN
    bool ahp;  // 16-bit patterns of conversions are Arm's alternative half precision
    bool x86;  // x86 rules: NaN choice, negative default NaN, tininess after rounding, DE,
               // integer indefinite
    bool daz;  // x86 only: MXCSR.DAZ, denormal inputs to zero
    u32 flags; // FP_*C, only ever set
} FpEnv;

// The environment of an Arm FPCR value (DDI 0487, C5.2.8), no flag set.
static inline FpEnv fp_env_arm(u32 fpcr)
{
    return (FpEnv){
        .round = fpcr >> 22 & 3,
        .fz = fpcr >> 24 & 1,
        .fz16 = fpcr >> 19 & 1,
        .dn = fpcr >> 25 & 1,
        .ahp = fpcr >> 26 & 1,
    };
}

// For N = 16, 32, 64; "Arm: X" names the pseudocode function.
//   add sub mul div sqrt   IEEE; Arm: FPAdd ...
//   mulx       Arm: FPMulX, 0 * inf is 2.0 with the product's sign
//   muladd     a + n * m, rounded once; NaN order a, n, m (x86: n, m, a); negation is the caller's
//   recps      Arm: FPRecipStepFused, 2.0 - a * b
//   rsqrts     Arm: FPRSqrtStepFused, (3.0 - a * b) / 2
//   min max    Arm: FPMin, FPMax; a NaN wins, -0 < +0
//   minnum maxnum  Arm: FPMinNum, FPMaxNum; one quiet NaN loses
//   compare    Arm: FPCompare, result NZCV in bits 3..0; signal: a quiet NaN is invalid too
//   eq ge gt   Arm: FPCompareEQ, GE, GT; only eq is quiet
//   rint       to an integral value; exact: report IXC
//   to_sint    Arm: FPToFixed(a * 2^fbits) to `bits` (1..64) signed, saturated; NaN gives 0.
//              x86: out of range or NaN gives the integer indefinite. Sign-extended.
//   to_uint    the same, unsigned
//   from_sint, from_uint  v / 2^fbits, rounded by env->round; fbits 0..64
//   recpe rsqrte recpx   Arm: FPRecipEstimate, FPRSqrtEstimate, FPRecpX
// clang-format off
#define FP_DECLARE(N)                                                                   \
    u##N fp##N##_add(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_sub(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_mul(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_mulx(FpEnv *env, u##N a, u##N b);                                      \
    u##N fp##N##_div(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_sqrt(FpEnv *env, u##N a);                                              \
    u##N fp##N##_muladd(FpEnv *env, u##N a, u##N n, u##N m);                            \
    u##N fp##N##_recps(FpEnv *env, u##N a, u##N b);                                     \
    u##N fp##N##_rsqrts(FpEnv *env, u##N a, u##N b);                                    \
    u##N fp##N##_min(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_max(FpEnv *env, u##N a, u##N b);                                       \
    u##N fp##N##_minnum(FpEnv *env, u##N a, u##N b);                                    \
    u##N fp##N##_maxnum(FpEnv *env, u##N a, u##N b);                                    \
    u32 fp##N##_compare(FpEnv *env, u##N a, u##N b, bool signal);                       \
    bool fp##N##_eq(FpEnv *env, u##N a, u##N b);                                        \
    bool fp##N##_ge(FpEnv *env, u##N a, u##N b);                                        \
    bool fp##N##_gt(FpEnv *env, u##N a, u##N b);                                        \
    u##N fp##N##_rint(FpEnv *env, u##N a, FpRound round, bool exact);                   \
    i64 fp##N##_to_sint(FpEnv *env, u##N a, int bits, int fbits, FpRound round);        \
    u64 fp##N##_to_uint(FpEnv *env, u##N a, int bits, int fbits, FpRound round);        \
    u##N fp##N##_from_sint(FpEnv *env, i64 v, int fbits);                               \
    u##N fp##N##_from_uint(FpEnv *env, u64 v, int fbits);                               \
    u##N fp##N##_recpe(FpEnv *env, u##N a);                                             \
    u##N fp##N##_rsqrte(FpEnv *env, u##N a);                                            \
    u##N fp##N##_recpx(FpEnv *env, u##N a);
// clang-format on

FP_DECLARE(16)
FP_DECLARE(32)
FP_DECLARE(64)
#undef FP_DECLARE

// Arm: FPMulAddH (FMLAL), single a + half n * half m.
u32 fp32_muladdh(FpEnv *env, u32 a, u16 n, u16 m);

// Arm: FPConvert. Half obeys env->ahp and is never flushed. Rounding is env->round; fp64_to_fp32
// with FP_ODD there is FCVTXN.
u32 fp16_to_fp32(FpEnv *env, u16 a);
u64 fp16_to_fp64(FpEnv *env, u16 a);
u16 fp32_to_fp16(FpEnv *env, u32 a);
u64 fp32_to_fp64(FpEnv *env, u32 a);
u16 fp64_to_fp16(FpEnv *env, u64 a);
u32 fp64_to_fp32(FpEnv *env, u64 a);

// Arm: FPRoundIntN (FRINT32X/Z, FRINT64X/Z); size is 32 or 64, out of range gives -2^(size-1).
u32 fp32_rint_n(FpEnv *env, u32 a, FpRound round, int size);
u64 fp64_rint_n(FpEnv *env, u64 a, FpRound round, int size);

// Arm: FPToFixedJS (FJCVTZS): to i32 modulo 2^32; *exact becomes PSTATE.Z.
u32 fp64_to_js(FpEnv *env, u64 a, bool *exact);

// Arm: UnsignedRecipEstimate (URECPE), UnsignedRSqrtEstimate (URSQRTE); no environment needed.
u32 fp_urecpe(u32 a);
u32 fp_ursqrte(u32 a);
