// SPDX-License-Identifier: MIT
// The A64 instructions on which cpu/fp is compared with an Arm machine. One list, two readers:
// guest.c executes the instruction, compare.c evaluates the expression.
//
// OP(name, input, bits, out, instruction, expression)
// - operands a, b, c lie in v0, v1, v2, and a in x0 as well
// - input: format the operands are drawn from: 16, 32, 64; 0 = a single, b and c half; 1 = integers
// - bits: width of the result
// - out: V = v0, X = x0, C = NZCV, J = w0 and Z above it
#pragma once

// clang-format off
#define MASK(N, x) ((x) ? ~0ull >> (64 - N) : 0)

#define TO_INT(N, r, suffix, mode)                                                             \
    OP(fcvt##suffix##s_w##N, N, 32, X, "fcvt" #suffix "s w0, " r "0",                          \
       (u32)fp##N##_to_sint(e, a, 32, 0, mode))                                                \
    OP(fcvt##suffix##u_w##N, N, 32, X, "fcvt" #suffix "u w0, " r "0",                          \
       fp##N##_to_uint(e, a, 32, 0, mode))                                                     \
    OP(fcvt##suffix##s_x##N, N, 64, X, "fcvt" #suffix "s x0, " r "0",                          \
       (u64)fp##N##_to_sint(e, a, 64, 0, mode))                                                \
    OP(fcvt##suffix##u_x##N, N, 64, X, "fcvt" #suffix "u x0, " r "0",                          \
       fp##N##_to_uint(e, a, 64, 0, mode))                                                     \
    OP(fcvt##suffix##s_v##N, N, N, V, "fcvt" #suffix "s " r "0, " r "0",                       \
       (u##N)fp##N##_to_sint(e, a, N, 0, mode))                                                \
    OP(fcvt##suffix##u_v##N, N, N, V, "fcvt" #suffix "u " r "0, " r "0",                       \
       fp##N##_to_uint(e, a, N, 0, mode))

#define TO_FIXED(N, r, x, W, k)                                                                \
    OP(fcvtzs_##x##N##_##k, N, W, X, "fcvtzs " #x "0, " r "0, #" #k,                           \
       (u##W)fp##N##_to_sint(e, a, W, k, FP_RZ))                                               \
    OP(fcvtzu_##x##N##_##k, N, W, X, "fcvtzu " #x "0, " r "0, #" #k,                           \
       fp##N##_to_uint(e, a, W, k, FP_RZ))                                                     \
    OP(scvtf_##x##N##_##k, 1, N, V, "scvtf " r "0, " #x "0, #" #k,                             \
       fp##N##_from_sint(e, (i##W)a, k))                                                       \
    OP(ucvtf_##x##N##_##k, 1, N, V, "ucvtf " r "0, " #x "0, #" #k,                             \
       fp##N##_from_uint(e, (u##W)a, k))

#define FROM_INT(N, r)                                                                         \
    OP(scvtf_w##N, 1, N, V, "scvtf " r "0, w0", fp##N##_from_sint(e, (i32)a, 0))               \
    OP(ucvtf_w##N, 1, N, V, "ucvtf " r "0, w0", fp##N##_from_uint(e, (u32)a, 0))               \
    OP(scvtf_x##N, 1, N, V, "scvtf " r "0, x0", fp##N##_from_sint(e, (i64)a, 0))               \
    OP(ucvtf_x##N, 1, N, V, "ucvtf " r "0, x0", fp##N##_from_uint(e, a, 0))                    \
    OP(scvtf_v##N, 1, N, V, "scvtf " r "0, " r "0", fp##N##_from_sint(e, (i##N)a, 0))          \
    OP(ucvtf_v##N, 1, N, V, "ucvtf " r "0, " r "0", fp##N##_from_uint(e, (u##N)a, 0))

#define TO_INTEGRAL(N, r)                                                                      \
    OP(frinta##N, N, N, V, "frinta " r "0, " r "0", fp##N##_rint(e, a, FP_TIEAWAY, false))     \
    OP(frinti##N, N, N, V, "frinti " r "0, " r "0", fp##N##_rint(e, a, e->round, false))       \
    OP(frintm##N, N, N, V, "frintm " r "0, " r "0", fp##N##_rint(e, a, FP_RMI, false))         \
    OP(frintn##N, N, N, V, "frintn " r "0, " r "0", fp##N##_rint(e, a, FP_RNE, false))         \
    OP(frintp##N, N, N, V, "frintp " r "0, " r "0", fp##N##_rint(e, a, FP_RPI, false))         \
    OP(frintx##N, N, N, V, "frintx " r "0, " r "0", fp##N##_rint(e, a, e->round, true))        \
    OP(frintz##N, N, N, V, "frintz " r "0, " r "0", fp##N##_rint(e, a, FP_RZ, false))

#define RINT_N(N, r)                                                                           \
    OP(frint32x##N, N, N, V, "frint32x " r "0, " r "0", fp##N##_rint_n(e, a, e->round, 32))    \
    OP(frint32z##N, N, N, V, "frint32z " r "0, " r "0", fp##N##_rint_n(e, a, FP_RZ, 32))       \
    OP(frint64x##N, N, N, V, "frint64x " r "0, " r "0", fp##N##_rint_n(e, a, e->round, 64))    \
    OP(frint64z##N, N, N, V, "frint64z " r "0, " r "0", fp##N##_rint_n(e, a, FP_RZ, 64))

#define BINARY(N, r, insn, fn)                                                                 \
    OP(insn##N, N, N, V, #insn " " r "0, " r "0, " r "1", fp##N##_##fn(e, a, b))

#define FORMAT_OPS(N, r)                                                                       \
    BINARY(N, r, fadd, add)                                                                    \
    BINARY(N, r, fsub, sub)                                                                    \
    BINARY(N, r, fmul, mul)                                                                    \
    BINARY(N, r, fmulx, mulx)                                                                  \
    BINARY(N, r, fdiv, div)                                                                    \
    BINARY(N, r, fmin, min)                                                                    \
    BINARY(N, r, fmax, max)                                                                    \
    BINARY(N, r, fminnm, minnum)                                                               \
    BINARY(N, r, fmaxnm, maxnum)                                                               \
    BINARY(N, r, frecps, recps)                                                                \
    BINARY(N, r, frsqrts, rsqrts)                                                              \
    OP(fmadd##N, N, N, V, "fmadd " r "0, " r "1, " r "2, " r "0", fp##N##_muladd(e, a, b, c))  \
    OP(fsqrt##N, N, N, V, "fsqrt " r "0, " r "0", fp##N##_sqrt(e, a))                          \
    OP(frecpe##N, N, N, V, "frecpe " r "0, " r "0", fp##N##_recpe(e, a))                       \
    OP(frsqrte##N, N, N, V, "frsqrte " r "0, " r "0", fp##N##_rsqrte(e, a))                    \
    OP(frecpx##N, N, N, V, "frecpx " r "0, " r "0", fp##N##_recpx(e, a))                       \
    OP(fcmp##N, N, 4, C, "fcmp " r "0, " r "1", fp##N##_compare(e, a, b, false))               \
    OP(fcmpe##N, N, 4, C, "fcmpe " r "0, " r "1", fp##N##_compare(e, a, b, true))              \
    OP(fcmeq##N, N, N, V, "fcmeq " r "0, " r "0, " r "1", MASK(N, fp##N##_eq(e, a, b)))        \
    OP(fcmge##N, N, N, V, "fcmge " r "0, " r "0, " r "1", MASK(N, fp##N##_ge(e, a, b)))        \
    OP(fcmgt##N, N, N, V, "fcmgt " r "0, " r "0, " r "1", MASK(N, fp##N##_gt(e, a, b)))        \
    TO_INTEGRAL(N, r)                                                                          \
    TO_INT(N, r, n, FP_RNE)                                                                    \
    TO_INT(N, r, p, FP_RPI)                                                                    \
    TO_INT(N, r, m, FP_RMI)                                                                    \
    TO_INT(N, r, z, FP_RZ)                                                                     \
    TO_INT(N, r, a, FP_TIEAWAY)                                                                \
    TO_FIXED(N, r, w, 32, 1)                                                                   \
    TO_FIXED(N, r, w, 32, 13)                                                                  \
    TO_FIXED(N, r, w, 32, 32)                                                                  \
    TO_FIXED(N, r, x, 64, 7)                                                                   \
    TO_FIXED(N, r, x, 64, 33)                                                                  \
    TO_FIXED(N, r, x, 64, 64)                                                                  \
    FROM_INT(N, r)

#define ALL_OPS                                                                                \
    FORMAT_OPS(16, "h")                                                                        \
    FORMAT_OPS(32, "s")                                                                        \
    FORMAT_OPS(64, "d")                                                                        \
    RINT_N(32, "s")                                                                            \
    RINT_N(64, "d")                                                                            \
    OP(fcvt_sh, 16, 32, V, "fcvt s0, h0", fp16_to_fp32(e, a))                                  \
    OP(fcvt_dh, 16, 64, V, "fcvt d0, h0", fp16_to_fp64(e, a))                                  \
    OP(fcvt_hs, 32, 16, V, "fcvt h0, s0", fp32_to_fp16(e, a))                                  \
    OP(fcvt_ds, 32, 64, V, "fcvt d0, s0", fp32_to_fp64(e, a))                                  \
    OP(fcvt_hd, 64, 16, V, "fcvt h0, d0", fp64_to_fp16(e, a))                                  \
    OP(fcvt_sd, 64, 32, V, "fcvt s0, d0", fp64_to_fp32(e, a))                                  \
    OP(fcvtxn, 64, 32, V, "fcvtxn s0, d0", (e->round = FP_ODD, fp64_to_fp32(e, a)))            \
    OP(fcvtzs_v16_3, 16, 16, V, "fcvtzs h0, h0, #3", (u16)fp16_to_sint(e, a, 16, 3, FP_RZ))    \
    OP(fcvtzu_v16_16, 16, 16, V, "fcvtzu h0, h0, #16", fp16_to_uint(e, a, 16, 16, FP_RZ))      \
    OP(scvtf_v16_16, 1, 16, V, "scvtf h0, h0, #16", fp16_from_sint(e, (i16)a, 16))             \
    OP(fmlal, 0, 32, V, "fmlal v0.2s, v1.2h, v2.2h", fp32_muladdh(e, a, b, c))                 \
    OP(fjcvtzs, 64, 32, J, "fjcvtzs w0, d0", js(e, a))                                         \
    OP(urecpe, 1, 32, V, "urecpe v0.2s, v0.2s", fp_urecpe((u32)a))                             \
    OP(ursqrte, 1, 32, V, "ursqrte v0.2s, v0.2s", fp_ursqrte((u32)a))
// clang-format on
