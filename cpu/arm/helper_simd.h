// SPDX-License-Identifier: MIT
// Out-of-line FP and Advanced SIMD, called by translated code with pointers to V registers.
// Pseudocode names are those of Arm ARM DDI 0487K.a, J1.3.
//
// Destinations may be sources.  Exact rounding, NaNs and FPSR flags throughout; FPCR is read from
// the ArmCpu, FPSR (QC included) accumulated there.  Nothing raises.
#pragma once
#include "cpu/arm/state.h"

// What a lane helper is to do, packed into one constant argument.
enum {
    SD_OP = 0xff,
    SD_SIZE_SHIFT = 8, SD_SIZE = 3 << SD_SIZE_SHIFT,    // log2 of a lane's bytes
    SD_Q = 1 << 10,                                     // 128 bits; for 2-forms: the upper half
    SD_SCALAR = 1 << 11,                                // lane 0 alone, the rest zero
    SD_IMM_SHIFT = 16,
};
static inline u32 sd_make(u32 op, u32 size, bool q, bool scalar, u32 imm)
{
    return op | size << SD_SIZE_SHIFT | (q ? SD_Q : 0) | (scalar ? SD_SCALAR : 0) |
           imm << SD_IMM_SHIFT;
}
static inline unsigned sd_op(u32 sd) { return sd & SD_OP; }
static inline unsigned sd_size(u32 sd) { return (sd & SD_SIZE) >> SD_SIZE_SHIFT; }
static inline unsigned sd_imm(u32 sd) { return sd >> SD_IMM_SHIFT; }
static inline unsigned sd_lanes(u32 sd)
{
    return sd & SD_SCALAR ? 1 : (sd & SD_Q ? 16u : 8u) >> sd_size(sd);
}

// -- integers (helper_simd.c) -------------------------------------------------------------
// Lane by lane, d = f(d, n, m).  Shifts by a register take the signed low byte of m's lane.
typedef enum {
    SO_SQADD, SO_UQADD, SO_SQSUB, SO_UQSUB, SO_SUQADD, SO_USQADD, SO_SQABS, SO_SQNEG,
    SO_SQSHL, SO_UQSHL, SO_SRSHL, SO_URSHL, SO_SQRSHL, SO_UQRSHL, SO_SQSHLU,
    SO_SQDMULH, SO_SQRDMULH, SO_SQRDMLAH, SO_SQRDMLSH,
    SO_CLS, SO_CLZ, SO_PMUL, SO_URECPE, SO_URSQRTE,
} SimdOp;
void helper_simd_lanes(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);

// Lanes of n, of twice the size in sd, shifted right by imm and saturated to it.
enum { SN_SRC_UNSIGNED = 1, SN_DST_UNSIGNED = 2, SN_ROUND = 4 };
void helper_simd_narrow(Cpu *cpu, V128 *d, const V128 *n, u32 sd);

typedef enum { SW_SQDMULL, SW_SQDMLAL, SW_SQDMLSL } SimdWideOp;
void helper_simd_dmull(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);
void helper_simd_pmull8(V128 *d, const V128 *n, const V128 *m, u32 sd);
void helper_simd_dot(V128 *d, const V128 *n, const V128 *m, u32 sd);    // op 1: unsigned

// -- floating point (helper_fp.c) ---------------------------------------------------------
// Lane by lane, lanes of 16, 32 or 64 bits.
typedef enum {
    FL_ADD, FL_SUB, FL_MUL, FL_NMUL, FL_DIV, FL_MULX, FL_MIN, FL_MAX, FL_MINNM, FL_MAXNM, FL_ABD,
    FL_RECPS, FL_RSQRTS, FL_MULADD,                     // imm: FM_NEG_*
    FL_CMEQ, FL_CMGE, FL_CMGT, FL_ACGE, FL_ACGT,
    FL_SQRT, FL_RECPE, FL_RSQRTE, FL_RECPX,
    FL_RINT, FL_RINT32, FL_RINT64,                      // imm: IrRound | IR_ROUND_EXACT
    FL_TO_INT,                                          // imm: IrRound | unsigned | fbits << 8
    FL_FROM_INT,                                        // imm: unsigned | fbits << 8
} FpLaneOp;
enum { FM_NEG_ADDEND = 1, FM_NEG_PRODUCT = 2, FP_FBITS_SHIFT = 8 };
void helper_fp_lanes(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);

// Maximum and minimum over all lanes (Reduce): FL_MIN ... FL_MAXNM.
void helper_fp_reduce(Cpu *cpu, V128 *d, const V128 *n, u32 sd);
// op is FL_ADD, FL_MIN ... : pairs of n's lanes, then of m's.
void helper_fp_pairs(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);
// Between neighbouring sizes; sd's size is the narrower, Q the upper half of the narrow register.
typedef enum { FC_NARROW, FC_WIDEN, FC_NARROW_ODD } FpCvtOp;
void helper_fp_cvt_lanes(Cpu *cpu, V128 *d, const V128 *n, u32 sd);
// Scalar FCVT: from size op to size sd_size.
void helper_fp_cvt(Cpu *cpu, V128 *d, const V128 *n, u32 sd);
// Scalar to and from a general register: imm as in FL_TO_INT; SD_Q: 64-bit integer.
u64  helper_fp_to_int(Cpu *cpu, const V128 *n, u32 sd);
void helper_fp_from_int(Cpu *cpu, V128 *d, u64 v, u32 sd);
u64  helper_fp_to_js(Cpu *cpu, const V128 *n);          // bit 32: Z
// Canonical packed NZCV; op 1: signalling.
u32  helper_fp_cmp(Cpu *cpu, const V128 *n, const V128 *m, u32 sd);
void helper_fp_cmla(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);   // imm: rot
void helper_fp_cadd(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);   // imm: rot
// FMLAL: op bit 0 subtract, bit 1 top half; m's lane is taken as is.
void helper_fp_mlal(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd);

// An IR operation with property Q by arm_fp_op: operands vt[0..2], result vt[3].
void helper_fp_ir(Cpu *cpu, V128 *vt, u64 desc);
static inline u64 fp_ir_desc(int op, IrType ty, IrType ty2, u16 aux, i32 imm)
{
    return (u64)op | (u64)ty << 8 | (u64)ty2 << 12 | (u64)aux << 16 | (u64)(u32)imm << 32;
}

// The slot TcgFrontend.fp_op (fpop_fast.c).
void arm_fp_op(Cpu *cpu, const Ins *op, const V128 *in, V128 *out);

// -- cryptography (helper_crypto.c) -------------------------------------------------------
typedef enum { SHA1_C, SHA1_P, SHA1_M } Sha1Op;
void helper_sha1(V128 *d, const V128 *n, const V128 *m, u32 op);
void helper_sha1su1(V128 *d, const V128 *n);
void helper_sha256h(V128 *d, const V128 *n, const V128 *m, u32 part2);
void helper_sha256su0(V128 *d, const V128 *n);
void helper_sha256su1(V128 *d, const V128 *n, const V128 *m);
