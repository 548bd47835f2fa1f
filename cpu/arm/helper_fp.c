// SPDX-License-Identifier: MIT
// Out-of-line floating point of A64: half precision, estimates, steps, fixed point, conversions
// of vectors, and whatever FPCR.{FZ,FZ16,DN,AHP} takes away from the host.  Exact, on cpu/fp.
// Arm ARM DDI 0487K.a, C7.2; pseudocode J1.3.
#include "cpu/arm/helper_simd.h"

#include "cpu/fp/fp.h"
#include "util/bits.h"

static u64 lane_get(const V128 *v, unsigned size, unsigned i)
{
    return load_le((const u8 *)v + (i << size), 1u << size);
}

static void lane_set(V128 *v, unsigned size, unsigned i, u64 x)
{
    store_le((u8 *)v + (i << size), 1u << size, x);
}

static u64 sign_of(unsigned size) { return (u64)1 << ((8u << size) - 1); }

static FpEnv env_of(Cpu *cpu) { return fp_env_arm(arm_cpu(cpu)->fpcr); }
static void env_done(Cpu *cpu, const FpEnv *e) { arm_cpu(cpu)->fpsr |= e->flags; }

static FpRound round_of(const FpEnv *e, unsigned how)
{
    unsigned mode = how & 7;
    return mode == IR_RCUR ? (FpRound)e->round : (FpRound)mode;
}

// -- one lane -----------------------------------------------------------------------------

// By size: 16, 32 or 64 bits.
#define BY_SIZE(size, F16, F32, F64) \
    ((size) == 1 ? (u64)(F16) : (size) == 2 ? (u64)(F32) : (u64)(F64))
#define LANE2(name) BY_SIZE(size, fp16_##name(e, (u16)n, (u16)m), \
                            fp32_##name(e, (u32)n, (u32)m), fp64_##name(e, n, m))
#define LANE1(name) BY_SIZE(size, fp16_##name(e, (u16)n), fp32_##name(e, (u32)n), fp64_##name(e, n))

static u64 lane_arith(FpEnv *e, unsigned op, unsigned size, u64 n, u64 m)
{
    switch (op) {
    case FL_ADD: return LANE2(add);
    case FL_SUB: return LANE2(sub);
    case FL_MUL: return LANE2(mul);
    case FL_NMUL: return LANE2(mul) ^ sign_of(size);
    case FL_DIV: return LANE2(div);
    case FL_MULX: return LANE2(mulx);
    case FL_MIN: return LANE2(min);
    case FL_MAX: return LANE2(max);
    case FL_MINNM: return LANE2(minnum);
    case FL_MAXNM: return LANE2(maxnum);
    case FL_ABD: return LANE2(sub) & ~sign_of(size);
    case FL_RECPS: return LANE2(recps);
    default: return LANE2(rsqrts);
    }
}

static u64 lane_compare(FpEnv *e, unsigned op, unsigned size, u64 n, u64 m)
{
    u64 magnitude = sign_of(size) - 1;
    bool yes;
    if (op == FL_ACGE || op == FL_ACGT) {
        n &= magnitude;
        m &= magnitude;
    }
    if (op == FL_CMEQ)
        yes = LANE2(eq);
    else
        yes = op == FL_CMGE || op == FL_ACGE ? LANE2(ge) : LANE2(gt);
    return yes ? ~(u64)0 : 0;
}

static u64 lane_muladd(FpEnv *e, unsigned size, u64 a, u64 n, u64 m, unsigned neg)
{
    a ^= neg & FM_NEG_ADDEND ? sign_of(size) : 0;
    n ^= neg & FM_NEG_PRODUCT ? sign_of(size) : 0;
    return BY_SIZE(size, fp16_muladd(e, (u16)a, (u16)n, (u16)m),
                   fp32_muladd(e, (u32)a, (u32)n, (u32)m), fp64_muladd(e, a, n, m));
}

static u64 lane_to_int(FpEnv *e, unsigned size, u64 n, unsigned imm, int width)
{
    FpRound r = round_of(e, imm);
    int fbits = (int)(imm >> FP_FBITS_SHIFT);
    if (imm & IR_TOI_UNSIGNED)
        return BY_SIZE(size, fp16_to_uint(e, (u16)n, width, fbits, r),
                       fp32_to_uint(e, (u32)n, width, fbits, r),
                       fp64_to_uint(e, n, width, fbits, r));
    return BY_SIZE(size, fp16_to_sint(e, (u16)n, width, fbits, r),
                   fp32_to_sint(e, (u32)n, width, fbits, r), fp64_to_sint(e, n, width, fbits, r));
}

// v: extended to 64 bits as its signedness asks.
static u64 lane_from_int(FpEnv *e, unsigned size, u64 v, unsigned imm)
{
    int fbits = (int)(imm >> FP_FBITS_SHIFT);
    if (imm & IR_TOI_UNSIGNED)
        return BY_SIZE(size, fp16_from_uint(e, v, fbits), fp32_from_uint(e, v, fbits),
                       fp64_from_uint(e, v, fbits));
    return BY_SIZE(size, fp16_from_sint(e, (i64)v, fbits), fp32_from_sint(e, (i64)v, fbits),
                   fp64_from_sint(e, (i64)v, fbits));
}

static u64 lane_unary(FpEnv *e, unsigned op, unsigned size, u64 n, unsigned imm)
{
    FpRound r = round_of(e, imm);
    bool exact = imm & IR_ROUND_EXACT;
    int bits_n = op == FL_RINT32 ? 32 : 64;
    switch (op) {
    case FL_SQRT: return LANE1(sqrt);
    case FL_RECPE: return LANE1(recpe);
    case FL_RSQRTE: return LANE1(rsqrte);
    case FL_RECPX: return LANE1(recpx);
    case FL_RINT:
        return BY_SIZE(size, fp16_rint(e, (u16)n, r, exact), fp32_rint(e, (u32)n, r, exact),
                       fp64_rint(e, n, r, exact));
    case FL_RINT32: case FL_RINT64:
        return size == 3 ? fp64_rint_n(e, n, r, bits_n) : fp32_rint_n(e, (u32)n, r, bits_n);
    case FL_TO_INT:
        return lane_to_int(e, size, n, imm, 8 << size);
    default:
        return lane_from_int(e, size, imm & IR_TOI_UNSIGNED ? n : (u64)sext64(n, 8u << size), imm);
    }
}

static u64 lane_op(FpEnv *e, u32 sd, u64 d, u64 n, u64 m)
{
    unsigned op = sd_op(sd), size = sd_size(sd);
    if (op < FL_MULADD)
        return lane_arith(e, op, size, n, m);
    if (op == FL_MULADD)
        return lane_muladd(e, size, d, n, m, sd_imm(sd));
    if (op <= FL_ACGT)
        return lane_compare(e, op, size, n, m);
    return lane_unary(e, op, size, n, sd_imm(sd));
}

// -- vectors ------------------------------------------------------------------------------

void helper_fp_lanes(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd_lanes(sd);
    FpEnv e = env_of(cpu);
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++)
        lane_set(&r, size, i, lane_op(&e, sd, lane_get(d, size, i), lane_get(n, size, i),
                                      lane_get(m, size, i)));
    *d = r;
    env_done(cpu, &e);
}

// Reduce: halves first, so pairs of neighbours, then pairs of those.
void helper_fp_reduce(Cpu *cpu, V128 *d, const V128 *n, u32 sd)
{
    unsigned size = sd_size(sd);
    FpEnv e = env_of(cpu);
    V128 v = *n;
    for (unsigned lanes = sd_lanes(sd); lanes > 1; lanes /= 2)
        for (unsigned i = 0; i < lanes / 2; i++)
            lane_set(&v, size, i, lane_arith(&e, sd_op(sd), size, lane_get(&v, size, 2 * i),
                                             lane_get(&v, size, 2 * i + 1)));
    *d = (V128){ { lane_get(&v, size, 0), 0 } };
    env_done(cpu, &e);
}

void helper_fp_pairs(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd_lanes(sd), half = lanes > 1 ? lanes / 2 : 1;
    FpEnv e = env_of(cpu);
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        const V128 *from = i < half ? n : m;
        unsigned k = 2 * (i % half);
        lane_set(&r, size, i, lane_arith(&e, sd_op(sd), size, lane_get(from, size, k),
                                         lane_get(from, size, k + 1)));
    }
    *d = r;
    env_done(cpu, &e);
}

// -- conversions --------------------------------------------------------------------------

static u64 convert(FpEnv *e, unsigned from, unsigned to, u64 v)
{
    switch (from << 2 | to) {
    case 1 << 2 | 2: return fp16_to_fp32(e, (u16)v);
    case 1 << 2 | 3: return fp16_to_fp64(e, (u16)v);
    case 2 << 2 | 1: return fp32_to_fp16(e, (u32)v);
    case 2 << 2 | 3: return fp32_to_fp64(e, (u32)v);
    case 3 << 2 | 1: return fp64_to_fp16(e, v);
    case 3 << 2 | 2: return fp64_to_fp32(e, v);
    default: return v;
    }
}

void helper_fp_cvt(Cpu *cpu, V128 *d, const V128 *n, u32 sd)
{
    FpEnv e = env_of(cpu);
    unsigned from = sd_op(sd);
    *d = (V128){ { convert(&e, from, sd_size(sd), lane_get(n, from, 0)), 0 } };
    env_done(cpu, &e);
}

void helper_fp_cvt_lanes(Cpu *cpu, V128 *d, const V128 *n, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd & SD_SCALAR ? 1 : 8u >> size;
    bool widens = sd_op(sd) == FC_WIDEN;
    unsigned from = widens ? size : size + 1, to = widens ? size + 1 : size;
    unsigned first = widens && sd & SD_Q ? lanes : 0;
    FpEnv e = env_of(cpu);
    V128 r = { { 0, 0 } };
    if (sd_op(sd) == FC_NARROW_ODD)
        e.round = FP_ODD;
    for (unsigned i = 0; i < lanes; i++)
        lane_set(&r, to, i, convert(&e, from, to, lane_get(n, from, first + i)));
    if (!widens && sd & SD_Q)
        d->d[1] = r.d[0];
    else
        *d = r;
    env_done(cpu, &e);
}

u64 helper_fp_to_int(Cpu *cpu, const V128 *n, u32 sd)
{
    FpEnv e = env_of(cpu);
    int width = sd & SD_Q ? 64 : 32;
    u64 v = lane_to_int(&e, sd_size(sd), lane_get(n, sd_size(sd), 0), sd_imm(sd), width);
    env_done(cpu, &e);
    return width == 64 ? v : (u32)v;
}

void helper_fp_from_int(Cpu *cpu, V128 *d, u64 v, u32 sd)
{
    FpEnv e = env_of(cpu);
    if (!(sd & SD_Q))
        v = sd_imm(sd) & IR_TOI_UNSIGNED ? (u32)v : (u64)(i64)(i32)v;
    *d = (V128){ { lane_from_int(&e, sd_size(sd), v, sd_imm(sd)), 0 } };
    env_done(cpu, &e);
}

u64 helper_fp_to_js(Cpu *cpu, const V128 *n)
{
    FpEnv e = env_of(cpu);
    bool exact;
    u64 v = fp64_to_js(&e, n->d[0], &exact);
    env_done(cpu, &e);
    return (u32)v | (u64)ir_nzcv_pack(exact ? 4 : 0) << 32;
}

u32 helper_fp_cmp(Cpu *cpu, const V128 *n, const V128 *m, u32 sd)
{
    FpEnv e = env_of(cpu);
    bool signal = sd_op(sd) & 1;
    unsigned size = sd_size(sd);
    u64 a = lane_get(n, size, 0), b = lane_get(m, size, 0);
    u32 nzcv = (u32)BY_SIZE(size, fp16_compare(&e, (u16)a, (u16)b, signal),
                            fp32_compare(&e, (u32)a, (u32)b, signal),
                            fp64_compare(&e, a, b, signal));
    env_done(cpu, &e);
    return ir_nzcv_pack(nzcv);
}

// -- complex numbers, half to single ------------------------------------------------------

// FCMLA: rot 0 and 2 multiply by the real part of n, 1 and 3 by its imaginary part.
void helper_fp_cmla(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd_lanes(sd), rot = sd_imm(sd), part = rot & 1;
    FpEnv e = env_of(cpu);
    u64 sign = sign_of(size), neg_re = rot == 1 || rot == 2 ? sign : 0, neg_im = rot & 2 ? sign : 0;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i += 2) {
        u64 x = lane_get(n, size, i + part);
        u64 re = lane_get(m, size, i + part) ^ neg_re, im = lane_get(m, size, i + !part) ^ neg_im;
        lane_set(&r, size, i, lane_muladd(&e, size, lane_get(d, size, i), x, re, 0));
        lane_set(&r, size, i + 1, lane_muladd(&e, size, lane_get(d, size, i + 1), x, im, 0));
    }
    *d = r;
    env_done(cpu, &e);
}

// FCADD: n plus m rotated by 90 (rot 0) or 270 degrees.
void helper_fp_cadd(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd_lanes(sd);
    FpEnv e = env_of(cpu);
    u64 sign = sign_of(size), neg_re = sd_imm(sd) ? 0 : sign, neg_im = sd_imm(sd) ? sign : 0;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i += 2) {
        u64 re = lane_get(m, size, i + 1) ^ neg_re, im = lane_get(m, size, i) ^ neg_im;
        lane_set(&r, size, i, lane_arith(&e, FL_ADD, size, lane_get(n, size, i), re));
        lane_set(&r, size, i + 1, lane_arith(&e, FL_ADD, size, lane_get(n, size, i + 1), im));
    }
    *d = r;
    env_done(cpu, &e);
}

void helper_fp_mlal(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned lanes = sd_lanes(sd), first = sd_op(sd) & 2 ? lanes : 0;
    u16 neg = sd_op(sd) & 1 ? 0x8000 : 0;
    FpEnv e = env_of(cpu);
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++)
        lane_set(&r, 2, i, fp32_muladdh(&e, (u32)lane_get(d, 2, i),
                                        (u16)(lane_get(n, 1, first + i) ^ neg),
                                        (u16)lane_get(m, 1, first + i)));
    *d = r;
    env_done(cpu, &e);
}

void helper_fp_ir(Cpu *cpu, V128 *vt, u64 desc)
{
    Ins op = {
        .op = (u8)desc, .ty = desc >> 8 & 15, .ty2 = desc >> 12 & 15,
        .aux = (u16)(desc >> 16), .imm = (i32)(desc >> 32),
    };
    arm_fp_op(cpu, &op, vt, &vt[3]);
}
