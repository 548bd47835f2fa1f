// SPDX-License-Identifier: MIT
// The out-of-line half of FP and Advanced SIMD on values from the standards and the manual.
// tests/diff/simd_oracle compares all of it with a machine.
#include "cpu/arm/helper_simd.h"
#include "tests/lib/test.h"

#include <stdlib.h>

static ArmCpu *arm(u32 fpcr)
{
    static ArmCpu *s;
    if (!s)
        s = aligned_alloc(64, (sizeof *s + 63) & ~(size_t)63);
    memset(s, 0, sizeof *s);
    s->fpcr = fpcr;
    return s;
}

static V128 words(u32 a, u32 b, u32 c, u32 d)
{
    return (V128){ { a | (u64)b << 32, c | (u64)d << 32 } };
}

static const u32 sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static V128 add_words(V128 a, V128 b)
{
    return words((u32)a.d[0] + (u32)b.d[0], (u32)(a.d[0] >> 32) + (u32)(b.d[0] >> 32),
                 (u32)a.d[1] + (u32)b.d[1], (u32)(a.d[1] >> 32) + (u32)(b.d[1] >> 32));
}

// FIPS 180-4, the one-block message "abc", as a library with the instructions does it.
TEST(arm_simd_sha256_abc)
{
    V128 m[4] = { words(0x61626380, 0, 0, 0), { { 0, 0 } }, { { 0, 0 } }, words(0, 0, 0, 24) };
    V128 x = words(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a);
    V128 y = words(0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19), x0 = x, y0 = y;
    for (int i = 0; i < 16; i++) {
        const u32 *k = &sha256_k[4 * i];
        V128 wk = add_words(m[i % 4], words(k[0], k[1], k[2], k[3])), old = x;
        if (i < 12) {
            helper_sha256su0(&m[i % 4], &m[(i + 1) % 4]);
            helper_sha256su1(&m[i % 4], &m[(i + 2) % 4], &m[(i + 3) % 4]);
        }
        helper_sha256h(&x, &y, &wk, 0);
        helper_sha256h(&y, &old, &wk, 1);
    }
    x = add_words(x, x0);
    y = add_words(y, y0);
    EQ(x.d[0], 0x8f01cfeaba7816bf);
    EQ(x.d[1], 0x5dae2223414140de);
    EQ(y.d[0], 0x96177a9cb00361a3);
    EQ(y.d[1], 0xf20015adb410ff61);
}

static void one_lane(ArmCpu *s, u32 op, u32 size, u64 n, u64 m, u64 want, bool qc)
{
    V128 d = { { 0, 0 } }, vn = { { n, 0 } }, vm = { { m, 0 } };
    s->fpsr = 0;
    helper_simd_lanes(&s->cpu, &d, &vn, &vm, sd_make(op, size, false, true, 0));
    EQ(d.d[0], want);
    EQ(d.d[1], 0);
    EQ(s->fpsr, qc ? FPSR_QC : 0);
}

TEST(arm_simd_saturation)
{
    ArmCpu *s = arm(0);
    one_lane(s, SO_SQADD, 0, 0x7f, 1, 0x7f, true);
    one_lane(s, SO_SQADD, 0, 0x7e, 1, 0x7f, false);
    one_lane(s, SO_SQSUB, 3, 1ull << 63, 1, 1ull << 63, true);
    one_lane(s, SO_UQADD, 3, ~0ull, 1, ~0ull, true);
    one_lane(s, SO_UQSUB, 1, 1, 2, 0, true);
    one_lane(s, SO_SQDMULH, 1, 0x8000, 0x8000, 0x7fff, true);
    one_lane(s, SO_SQRDMULH, 2, 0x40000000, 3, 2, false);
    one_lane(s, SO_SQSHL, 2, 1, 31, 0x7fffffff, true);
    one_lane(s, SO_SQSHL, 2, 1, 0xe0, 0, false);
    one_lane(s, SO_URSHL, 3, ~0ull, 0xc0, 1, false);        // by -64
    one_lane(s, SO_SRSHL, 3, 1ull << 63, 0xc0, 0, false);
    one_lane(s, SO_UQSHL, 3, 1, 127, ~0ull, true);
    one_lane(s, SO_SQNEG, 1, 0x8000, 0, 0x7fff, true);
    one_lane(s, SO_CLS, 0, 0xff, 0, 7, false);
    one_lane(s, SO_CLS, 2, 0x40000000, 0, 0, false);
    one_lane(s, SO_CLZ, 1, 0, 0, 16, false);
    one_lane(s, SO_PMUL, 0, 0xff, 3, 0x01, false);
}

TEST(arm_simd_narrow_keeps_the_other_half)
{
    ArmCpu *s = arm(0);
    V128 d = { { 1, 2 } }, n = { { 0x0000000100000000, 0x00000000ffff8000 } };
    helper_simd_narrow(&s->cpu, &d, &n, sd_make(0, 1, true, false, 0));
    EQ(d.d[0], 1);
    EQ(d.d[1], 0x0000800000010000);
    EQ(s->fpsr, 0);
    helper_simd_narrow(&s->cpu, &d, &n, sd_make(SN_DST_UNSIGNED, 1, false, false, 0));
    EQ(d.d[0], 0x0000000000010000);
    EQ(d.d[1], 0);
    EQ(s->fpsr, FPSR_QC);
}

static u64 scalar_op(ArmCpu *s, int op, IrType ty, u64 a, u64 b)
{
    V128 in[3] = { { { a, ~0ull } }, { { b, ~0ull } } }, out;
    Ins ins = { .op = (u8)op, .ty = (u8)ty };
    arm_fp_op(&s->cpu, &ins, in, &out);
    return out.d[0];
}

TEST(arm_simd_fp_op_nans)
{
    ArmCpu *s = arm(0);
    u64 quiet = 0x7ff8000000000001, signalling = 0xfff4000000000002;
    EQ(scalar_op(s, OP_FPADD, T_F64, quiet, signalling), 0xfffc000000000002);
    EQ(s->fpsr, 1);
    EQ(scalar_op(s, OP_FPSUB, T_F64, 0x7ff0000000000000, 0x7ff0000000000000), 0x7ff8000000000000);
    EQ(scalar_op(s, OP_FPNMUL, T_F32, 0x7fc00001, 0x3f800000), 0xffc00001);
    s = arm(FPCR_DN);
    EQ(scalar_op(s, OP_FPADD, T_F64, quiet, quiet), 0x7ff8000000000000);
    s = arm(FPCR_FZ);
    EQ(scalar_op(s, OP_FPADD, T_F32, 1, 0), 0);
    EQ(s->fpsr, 0x80);
}

TEST(arm_simd_fp_op_vectors)
{
    ArmCpu *s = arm(0);
    V128 in[3] = { words(0x3f800000, 0x7f800001, 0, 0), words(0x3f800000, 0, 0, 0) }, out;
    Ins ins = { .op = OP_VFADD, .ty = T_V128, .aux = VL_32 | VQ_HALF };
    arm_fp_op(&s->cpu, &ins, in, &out);
    EQ(out.d[0], 0x7fc0000140000000);
    EQ(out.d[1], 0);
    EQ(s->fpsr, 1);
    Ins cmp = { .op = OP_VFCGE, .ty = T_V128, .aux = VL_32 };
    arm_fp_op(&s->cpu, &cmp, in, &out);
    EQ(out.d[0], 0x00000000ffffffff);
    EQ(out.d[1], ~0ull);
}

TEST(arm_simd_fp_op_integers)
{
    ArmCpu *s = arm(0);
    V128 in[3] = { { { 0xc3e0000000000001, 0 } } }, out;
    Ins to = { .op = OP_FPTOI, .ty = T_I64, .ty2 = T_F64, .aux = IR_RZ };
    arm_fp_op(&s->cpu, &to, in, &out);
    EQ(out.d[0], 1ull << 63);
    EQ(s->fpsr, 1);
    to.ty = T_I32;
    arm_fp_op(&s->cpu, &to, in, &out);
    EQ(out.d[0], 0x80000000);
    in[0].d[0] = 0xffffffff;
    Ins from = { .op = OP_ITOFP, .ty = T_F32, .ty2 = T_I32 };
    arm_fp_op(&s->cpu, &from, in, &out);
    EQ(out.d[0], 0xbf800000);
}
