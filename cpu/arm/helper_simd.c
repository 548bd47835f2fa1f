// SPDX-License-Identifier: MIT
// Out-of-line integer Advanced SIMD: saturation, rounding shifts, polynomials and the like.
// Arm ARM DDI 0487K.a, C7.2; SatQ and friends J1.3.
#include "cpu/arm/helper_simd.h"

#include <string.h>

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

// SatQ.
static u64 saturate(i128 v, unsigned width, bool is_unsigned, bool *qc)
{
    i128 max = ((i128)1 << (width - !is_unsigned)) - 1;
    i128 min = is_unsigned ? 0 : -max - 1;
    if (v > max || v < min) {
        *qc = true;
        v = v > max ? max : min;
    }
    return (u64)v;
}

// -- Shifts by a signed amount ------------------------------------------------------------

typedef struct Shift { bool src_unsigned, dst_unsigned, round, sat; } Shift;

// Beyond 66 places nothing changes any more, rounding included.
static i128 shift_right(i128 v, int n, bool round)
{
    n = n > 66 ? 66 : n;
    return (v + (round && n ? (i128)1 << (n - 1) : 0)) >> n;
}

static u64 shift_lane(u64 n, int by, unsigned width, Shift how, bool *qc)
{
    i128 v = how.src_unsigned ? (i128)n : (i128)sext64(n, width);
    if (by < 0)
        v = shift_right(v, -by, how.round);
    else if (by < (int)width)
        v = (i128)((u128)v << by);
    else if (how.sat && v)
        v = v > 0 ? (i128)1 << 100 : -((i128)1 << 100);
    else
        v = 0;
    return how.sat ? saturate(v, width, how.dst_unsigned, qc) : (u64)v;
}

static const Shift shifts[] = {
    [SO_SQSHL]  = { .sat = true },
    [SO_UQSHL]  = { .src_unsigned = true, .dst_unsigned = true, .sat = true },
    [SO_SRSHL]  = { .round = true },
    [SO_URSHL]  = { .src_unsigned = true, .dst_unsigned = true, .round = true },
    [SO_SQRSHL] = { .round = true, .sat = true },
    [SO_UQRSHL] = { .src_unsigned = true, .dst_unsigned = true, .round = true, .sat = true },
    [SO_SQSHLU] = { .dst_unsigned = true, .sat = true },
};

// -- Lane operations ----------------------------------------------------------------------

// SQDMULH, SQRDMULH, SQRDMLAH, SQRDMLSH.
static u64 mulh_lane(unsigned op, u64 d, u64 n, u64 m, unsigned width, bool *qc)
{
    i128 v = (i128)sext64(n, width) * sext64(m, width) * 2;
    if (op == SO_SQRDMLSH)
        v = -v;
    if (op == SO_SQRDMLAH || op == SO_SQRDMLSH)
        v += (i128)sext64(d, width) * ((i128)1 << width);
    if (op != SO_SQDMULH)
        v += (i128)1 << (width - 1);
    return saturate(v >> width, width, false, qc);
}

static u64 pmul8(u64 n, u64 m)
{
    u64 r = 0;
    for (unsigned i = 0; i < 8; i++)
        if (m >> i & 1)
            r ^= n << i;
    return r;
}

static u64 saturating_lane(unsigned op, u64 d, u64 n, u64 m, unsigned width, bool *qc)
{
    i128 sn = sext64(n, width), sm = sext64(m, width), sd = sext64(d, width);
    switch (op) {
    case SO_SQADD: return saturate(sn + sm, width, false, qc);
    case SO_SQSUB: return saturate(sn - sm, width, false, qc);
    case SO_UQADD: return saturate((i128)n + m, width, true, qc);
    case SO_UQSUB: return saturate((i128)n - m, width, true, qc);
    case SO_SUQADD: return saturate(sd + n, width, false, qc);
    case SO_USQADD: return saturate((i128)d + sn, width, true, qc);
    case SO_SQABS: return saturate(sn < 0 ? -sn : sn, width, false, qc);
    default: return saturate(-sn, width, false, qc);
    }
}

static u64 lane_op(unsigned op, u64 d, u64 n, u64 m, unsigned width, bool *qc)
{
    switch (op) {
    case SO_SQSHL: case SO_UQSHL: case SO_SRSHL: case SO_URSHL: case SO_SQRSHL: case SO_UQRSHL:
    case SO_SQSHLU:
        return shift_lane(n, (i8)m, width, shifts[op], qc);
    case SO_SQDMULH: case SO_SQRDMULH: case SO_SQRDMLAH: case SO_SQRDMLSH:
        return mulh_lane(op, d, n, m, width, qc);
    case SO_CLZ:
        return clz64(n) - (64 - width);
    case SO_CLS: // a lane's sign bit differs from the bit below: count the others
        return clz64((n ^ n >> 1) & mask64(width - 1)) - (65 - width);
    case SO_PMUL: return pmul8(n, m);
    case SO_URECPE: return fp_urecpe((u32)n);
    case SO_URSQRTE: return fp_ursqrte((u32)n);
    default: return saturating_lane(op, d, n, m, width, qc);
    }
}

static void set_qc(Cpu *cpu, bool qc)
{
    if (qc)
        arm_cpu(cpu)->fpsr |= FPSR_QC;
}

void helper_simd_lanes(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd_lanes(sd);
    bool qc = false;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++)
        lane_set(&r, size, i, lane_op(sd_op(sd), lane_get(d, size, i), lane_get(n, size, i),
                                      lane_get(m, size, i), 8u << size, &qc));
    *d = r;
    set_qc(cpu, qc);
}

void helper_simd_narrow(Cpu *cpu, V128 *d, const V128 *n, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd & SD_SCALAR ? 1 : 8u >> size, op = sd_op(sd);
    bool qc = false;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        u64 x = lane_get(n, size + 1, i);
        i128 v = op & SN_SRC_UNSIGNED ? (i128)x : (i128)sext64(x, 16u << size);
        v = shift_right(v, (int)sd_imm(sd), op & SN_ROUND);
        lane_set(&r, size, i, saturate(v, 8u << size, op & SN_DST_UNSIGNED, &qc));
    }
    if (sd & SD_Q)
        d->d[1] = r.d[0];
    else
        *d = r;
    set_qc(cpu, qc);
}

// SQDMULL, SQDMLAL, SQDMLSL: the doubled product saturates, then the sum does.
void helper_simd_dmull(Cpu *cpu, V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned size = sd_size(sd), lanes = sd & SD_SCALAR ? 1 : 8u >> size;
    unsigned first = sd & SD_Q ? lanes : 0, width = 8u << size;
    bool qc = false;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        i64 a = sext64(lane_get(n, size, first + i), width);
        i64 b = sext64(lane_get(m, size, first + i), width);
        u64 x = saturate((i128)a * b * 2, 2 * width, false, &qc);
        i128 sum = sext64(lane_get(d, size + 1, i), 2 * width), p = sext64(x, 2 * width);
        if (sd_op(sd) != SW_SQDMULL)
            x = saturate(sd_op(sd) == SW_SQDMLAL ? sum + p : sum - p, 2 * width, false, &qc);
        lane_set(&r, size + 1, i, x);
    }
    *d = r;
    set_qc(cpu, qc);
}

void helper_simd_pmull8(V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned first = sd & SD_Q ? 8 : 0;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < 8; i++)
        lane_set(&r, 1, i, pmul8(lane_get(n, 0, first + i), lane_get(m, 0, first + i)));
    *d = r;
}

void helper_simd_dot(V128 *d, const V128 *n, const V128 *m, u32 sd)
{
    unsigned lanes = sd & SD_Q ? 4 : 2;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        u32 sum = (u32)lane_get(d, 2, i);
        for (unsigned k = 4 * i; k < 4 * i + 4; k++) {
            u64 a = lane_get(n, 0, k), b = lane_get(m, 0, k);
            sum += sd_op(sd) ? (u32)(a * b) : (u32)((i8)a * (i8)b);
        }
        lane_set(&r, 2, i, sum);
    }
    *d = r;
}
