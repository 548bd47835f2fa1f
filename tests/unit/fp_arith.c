// SPDX-License-Identifier: MIT
// cpu/fp arithmetic: the values follow from IEEE 754-2008 and the pseudocode named beside them.
// Bulk comparison with real implementations: tests/diff/fp_oracle.
#include "tests/unit/fp_test.h"

TEST(fp_add_exact)
{
    FpEnv env = { 0 };
    GIVES(fp32_add(&env, ONE, ONE), TWO, 0);
    GIVES(fp32_sub(&env, THREE, ONE), TWO, 0);
    GIVES(fp64_add(&env, 0x3ff0000000000000, 0x4000000000000000), 0x4008000000000000, 0);
    GIVES(fp16_add(&env, 0x3c00, 0x3c00), 0x4000, 0);
    // the neighbours of 1: what is left is their distance, exactly
    GIVES(fp32_sub(&env, ONE, ONE - 1), 0x33800000, 0);
    GIVES(fp32_sub(&env, MIN_NORM, MIN_NORM - 1), 1, 0);
}

TEST(fp_add_rounding_modes)
{
    static const u32 want[] = { ONE, ONE + 1, ONE, ONE, ONE + 1, ONE + 1 };
    for (u8 r = FP_RNE; r <= FP_ODD; r++) {
        FpEnv env = { .round = r };
        // half an ulp: a tie, and 1.0 is even
        GIVES(fp32_add(&env, ONE, 0x33800000), want[r], FP_IXC);
    }
    FpEnv env = { .round = FP_RMI };
    GIVES(fp32_add(&env, ONE, NEG(1)), ONE - 1, FP_IXC);
    env.round = FP_RNE;
    GIVES(fp32_add(&env, ONE + 1, 0x33800000), ONE + 2, FP_IXC);
    GIVES(fp32_add(&env, ONE, 0x33800001), ONE + 1, FP_IXC);
}

TEST(fp_zero_signs)
{
    FpEnv env = { 0 };
    GIVES(fp32_sub(&env, ONE, ONE), 0, 0);
    GIVES(fp32_add(&env, NEG(0), NEG(0)), NEG(0), 0);
    GIVES(fp32_add(&env, 0, NEG(0)), 0, 0);
    GIVES(fp32_muladd(&env, NEG(0), NEG(0), ONE), NEG(0), 0);
    env.round = FP_RMI;
    GIVES(fp32_sub(&env, ONE, ONE), NEG(0), 0);
    GIVES(fp32_add(&env, 0, NEG(0)), NEG(0), 0);
    GIVES(fp32_muladd(&env, NEG(ONE), ONE, ONE), NEG(0), 0);
}

TEST(fp_overflow)
{
    static const u32 want[] = { INF, INF, LARGEST, LARGEST, INF, LARGEST };
    static const u32 negative[] = { INF, LARGEST, INF, LARGEST, INF, LARGEST };
    for (u8 r = FP_RNE; r <= FP_ODD; r++) {
        FpEnv env = { .round = r };
        GIVES(fp32_mul(&env, LARGEST, TWO), want[r], FP_OFC | FP_IXC);
        GIVES(fp32_mul(&env, NEG(LARGEST), TWO), NEG(negative[r]), FP_OFC | FP_IXC);
    }
}

TEST(fp_invalid_and_division)
{
    FpEnv env = { 0 };
    GIVES(fp32_sub(&env, INF, INF), QNAN, FP_IOC);
    GIVES(fp32_mul(&env, INF, NEG(0)), QNAN, FP_IOC);
    GIVES(fp32_mulx(&env, INF, NEG(0)), NEG(TWO), 0);
    GIVES(fp32_div(&env, 0, 0), QNAN, FP_IOC);
    GIVES(fp32_div(&env, INF, INF), QNAN, FP_IOC);
    GIVES(fp32_div(&env, ONE, NEG(0)), NEG(INF), FP_DZC);
    GIVES(fp32_div(&env, INF, 0), INF, 0);
    GIVES(fp32_div(&env, ONE, THREE), 0x3eaaaaab, FP_IXC);
    GIVES(fp64_div(&env, 0x3ff0000000000000, 0x4008000000000000), 0x3fd5555555555555, FP_IXC);
    GIVES(fp16_div(&env, 0x3c00, 0x4200), 0x3555, FP_IXC);
    GIVES(fp32_sqrt(&env, NEG(ONE)), QNAN, FP_IOC);
    GIVES(fp32_sqrt(&env, NEG(0)), NEG(0), 0);
    GIVES(fp32_sqrt(&env, TWO), 0x3fb504f3, FP_IXC);
    GIVES(fp64_sqrt(&env, 0x4000000000000000), 0x3ff6a09e667f3bcd, FP_IXC);
    GIVES(fp64_sqrt(&env, 0x4022000000000000), 0x4008000000000000, 0);
    env.x86 = true;
    GIVES(fp32_sub(&env, INF, INF), NEG(QNAN), FP_IOC);
}

// FPProcessNaNs: a signalling NaN before a quiet one; x86: the first.
TEST(fp_nan_choice)
{
    FpEnv env = { 0 };
    GIVES(fp32_add(&env, QNAN_2, SNAN), SNAN | 0x400000, FP_IOC);
    GIVES(fp32_add(&env, QNAN_2, NEG(QNAN)), QNAN_2, 0);
    GIVES(fp32_muladd(&env, ONE, QNAN_2, SNAN), SNAN | 0x400000, FP_IOC);
    GIVES(fp32_muladd(&env, QNAN_2, QNAN, ONE), QNAN_2, 0);
    GIVES(fp32_recps(&env, QNAN_2, ONE), NEG(QNAN_2), 0);
    env.x86 = true;
    GIVES(fp32_add(&env, QNAN_2, SNAN), QNAN_2, FP_IOC);
    GIVES(fp32_muladd(&env, QNAN_2, QNAN, ONE), QNAN, 0);
    env = (FpEnv){ .dn = true };
    GIVES(fp32_add(&env, NEG(QNAN_2), ONE), QNAN, 0);
    GIVES(fp64_mul(&env, 0xfff0000000000001, 0), 0x7ff8000000000000, FP_IOC);
}

TEST(fp_muladd)
{
    FpEnv env = { 0 };
    // FPMulAdd: 0 * inf with a quiet NaN addend is invalid on Arm, not on x86
    GIVES(fp32_muladd(&env, QNAN_2, 0, INF), QNAN, FP_IOC);
    GIVES(fp32_muladd(&env, NEG(INF), INF, ONE), QNAN, FP_IOC);
    // (1 + ulp)^2 - (1 + 2 ulp) is ulp^2: rounding the product would lose it
    GIVES(fp32_muladd(&env, NEG(ONE + 2), ONE + 1, ONE + 1), 0x28800000, 0);
    GIVES(fp64_muladd(&env, 0xbff0000000000002, 0x3ff0000000000001, 0x3ff0000000000001),
          0x3970000000000000, 0);
    // one far below the other
    GIVES(fp64_muladd(&env, 0x3ff0000000000000, 1, 1), 0x3ff0000000000000, FP_IXC);
    GIVES(fp64_muladd(&env, 1, 0x3ff0000000000000, 0x3ff0000000000000), 0x3ff0000000000000, FP_IXC);
    GIVES(fp32_muladdh(&env, ONE, 0x4000, 0x3c00), THREE, 0);
    GIVES(fp32_muladdh(&env, ONE, 0x7c01, 0x3c00), 0x7fc02000, FP_IOC);
    env.x86 = true;
    GIVES(fp32_muladd(&env, QNAN_2, 0, INF), QNAN_2, 0);
}

// A product that rounds up to the smallest normal: tiny before rounding, not after.
TEST(fp_tininess)
{
    FpEnv env = { 0 };
    u32 below_one = ONE - 1;
    GIVES(fp32_mul(&env, MIN_NORM, below_one), MIN_NORM, FP_UFC | FP_IXC);
    GIVES(fp32_mul(&env, MIN_NORM, HALF), MIN_NORM >> 1, 0);
    GIVES(fp32_mul(&env, 1, HALF), 0, FP_UFC | FP_IXC);
    env.round = FP_RPI;
    GIVES(fp32_mul(&env, 1, 1), 1, FP_UFC | FP_IXC);
    env = (FpEnv){ .x86 = true };
    GIVES(fp32_mul(&env, MIN_NORM, below_one), MIN_NORM, FP_UFC | FP_IXC);
    // (1 + ulp) * (1 - ulp) = 1 - ulp^2, which rounds to 1 in 24 bits
    env = (FpEnv){ 0 };
    GIVES(fp32_mul(&env, MIN_NORM + 1, below_one - 1), MIN_NORM, FP_UFC | FP_IXC);
    env.x86 = true;
    GIVES(fp32_mul(&env, MIN_NORM + 1, below_one - 1), MIN_NORM, FP_IXC);
}

TEST(fp_flush_to_zero)
{
    FpEnv env = { .fz = true };
    GIVES(fp32_add(&env, 1, ONE), ONE, FP_IDC);
    GIVES(fp32_add(&env, NEG(1), NEG(1)), NEG(0), FP_IDC);
    GIVES(fp32_mul(&env, MIN_NORM, NEG(HALF)), NEG(0), FP_UFC);
    GIVES(fp64_add(&env, 1, 0), 0, FP_IDC);
    // fz is not for half, fz16 only for half and without IDC
    GIVES(fp16_add(&env, 1, 1), 2, 0);
    env = (FpEnv){ .fz16 = true };
    GIVES(fp16_add(&env, 1, 1), 0, 0);
    GIVES(fp16_mul(&env, 0x0400, 0x3800), 0, FP_UFC);
    GIVES(fp32_add(&env, 1, 1), 2, 0);
    env = (FpEnv){ .x86 = true, .fz = true };
    GIVES(fp32_mul(&env, MIN_NORM, HALF), 0, FP_UFC | FP_IXC);
    GIVES(fp32_add(&env, 1, ONE), ONE, FP_IDC | FP_IXC);
    env.daz = true;
    GIVES(fp32_add(&env, 1, ONE), ONE, 0);
}

TEST(fp_newton_steps)
{
    FpEnv env = { 0 };
    GIVES(fp32_recps(&env, ONE, HALF), 0x3fc00000, 0);
    GIVES(fp32_recps(&env, INF, 0), TWO, 0);
    GIVES(fp32_recps(&env, ONE, TWO), 0, 0);
    GIVES(fp32_rsqrts(&env, ONE, ONE), ONE, 0);
    GIVES(fp32_rsqrts(&env, 0, INF), 0x3fc00000, 0);
    GIVES(fp32_rsqrts(&env, LARGEST, ONE), 0xfeffffff, FP_IXC);
    // LARGEST * 2 does not overflow: it is halved before it is rounded
    GIVES(fp32_rsqrts(&env, LARGEST, TWO), NEG(LARGEST), FP_IXC);
}
