// SPDX-License-Identifier: MIT
// cpu/fp conversions: integral values, integers, fixed point, formats.
#include "tests/unit/fp_test.h"

TEST(fp_rint)
{
    static const u32 half_of_five[] = { 0x40000000, 0x40400000, 0x40000000, 0x40000000,
                                        0x40400000 };
    FpEnv env = { 0 };
    for (u8 r = FP_RNE; r <= FP_TIEAWAY; r++)
        GIVES(fp32_rint(&env, 0x40200000, r, false), half_of_five[r], 0);
    GIVES(fp32_rint(&env, 0x3f000000, FP_RNE, true), 0, FP_IXC);
    GIVES(fp32_rint(&env, NEG(0x3e800000), FP_RPI, false), NEG(0), 0);
    GIVES(fp32_rint(&env, NEG(1), FP_RMI, true), NEG(ONE), FP_IXC);
    GIVES(fp32_rint(&env, 0x4b7fffff, FP_RZ, true), 0x4b7fffff, 0);
    GIVES(fp32_rint(&env, INF, FP_RZ, true), INF, 0);
    GIVES(fp32_rint(&env, 0x7f800001, FP_RZ, true), 0x7fc00001, FP_IOC);
    GIVES(fp16_rint(&env, 0x3e00, FP_RNE, true), 0x4000, FP_IXC);
}

TEST(fp_rint_n)
{
    FpEnv env = { 0 };
    GIVES(fp32_rint_n(&env, 0x4f000000, FP_RZ, 32), 0xcf000000, FP_IOC);
    GIVES(fp32_rint_n(&env, 0xcf000000, FP_RZ, 32), 0xcf000000, 0);
    GIVES(fp32_rint_n(&env, QNAN_2, FP_RZ, 64), 0xdf000000, FP_IOC);
    GIVES(fp64_rint_n(&env, 0x41dfffffffe00000, FP_RNE, 32), 0xc1e0000000000000, FP_IOC);
    GIVES(fp64_rint_n(&env, 0x41dfffffffe00000, FP_RZ, 32), 0x41dfffffffc00000, FP_IXC);
    GIVES(fp64_rint_n(&env, 0x43e0000000000000, FP_RZ, 64), 0xc3e0000000000000, FP_IOC);
}

TEST(fp_to_integer)
{
    FpEnv env = { 0 };
    GIVES(fp32_to_sint(&env, 0xc0200000, 32, 0, FP_TIEAWAY), -3, FP_IXC);
    GIVES(fp32_to_sint(&env, INF, 32, 0, FP_RZ), INT32_MAX, FP_IOC);
    GIVES(fp32_to_sint(&env, NEG(INF), 64, 0, FP_RZ), INT64_MIN, FP_IOC);
    GIVES(fp32_to_sint(&env, QNAN_2, 64, 0, FP_RZ), 0, FP_IOC);
    GIVES(fp32_to_sint(&env, 0xcf000000, 32, 0, FP_RZ), INT32_MIN, 0);
    GIVES(fp32_to_sint(&env, 0x3e800000, 32, 2, FP_RZ), 1, 0);
    GIVES(fp32_to_sint(&env, ONE, 64, 64, FP_RZ), INT64_MAX, FP_IOC);
    GIVES(fp16_to_sint(&env, 0x7bff, 16, 0, FP_RZ), 0x7fff, FP_IOC);
    GIVES(fp32_to_uint(&env, NEG(ONE), 32, 0, FP_RZ), 0, FP_IOC);
    GIVES(fp32_to_uint(&env, NEG(0x3f000000), 32, 0, FP_RZ), 0, FP_IXC);
    GIVES(fp64_to_uint(&env, 0x43f0000000000000, 64, 0, FP_RZ), UINT64_MAX, FP_IOC);
    GIVES(fp64_to_uint(&env, 0x43efffffffffffff, 64, 0, FP_RZ), 0xfffffffffffff800, 0);
    env.fz = true;
    GIVES(fp32_to_sint(&env, 1, 32, 0, FP_RPI), 0, FP_IDC);
    env = (FpEnv){ .x86 = true };
    GIVES(fp32_to_sint(&env, QNAN_2, 32, 0, FP_RZ), INT32_MIN, FP_IOC);
    GIVES(fp32_to_sint(&env, INF, 64, 0, FP_RZ), INT64_MIN, FP_IOC);
}

TEST(fp_from_integer)
{
    FpEnv env = { 0 };
    GIVES(fp32_from_sint(&env, 0, 5), 0, 0);
    GIVES(fp32_from_sint(&env, -1, 0), NEG(ONE), 0);
    GIVES(fp32_from_sint(&env, INT64_MIN, 0), 0xdf000000, 0);
    GIVES(fp32_from_uint(&env, 0x1000001, 0), 0x4b800000, FP_IXC);
    GIVES(fp64_from_uint(&env, UINT64_MAX, 0), 0x43f0000000000000, FP_IXC);
    GIVES(fp64_from_sint(&env, 1, 64), 0x3bf0000000000000, 0);
    GIVES(fp16_from_uint(&env, 65520, 0), 0x7c00, FP_OFC | FP_IXC);
    GIVES(fp16_from_uint(&env, 1, 24), 1, 0);
    env.fz16 = true;
    GIVES(fp16_from_uint(&env, 1, 24), 0, FP_UFC);
}

TEST(fp_formats)
{
    FpEnv env = { 0 };
    GIVES(fp32_to_fp64(&env, ONE), 0x3ff0000000000000, 0);
    GIVES(fp32_to_fp64(&env, 1), 0x36a0000000000000, 0);
    GIVES(fp64_to_fp32(&env, 0x3ff0000000000001), ONE, FP_IXC);
    GIVES(fp64_to_fp32(&env, 0x7ff0000020000001), 0x7fc00001, FP_IOC);
    GIVES(fp32_to_fp64(&env, NEG(QNAN_2)), 0xfff8000040000000, 0);
    GIVES(fp16_to_fp32(&env, 0x7c01), 0x7fc02000, FP_IOC);
    GIVES(fp32_to_fp16(&env, 0x477ff000), 0x7c00, FP_OFC | FP_IXC);
    // conversions never flush halves, whatever fz16 says
    env.fz16 = true;
    GIVES(fp16_to_fp32(&env, 1), 0x33800000, 0);
    GIVES(fp32_to_fp16(&env, 0x33800000), 1, 0);
    env = (FpEnv){ .round = FP_ODD };
    GIVES(fp64_to_fp32(&env, 0x3ff0000000000001), ONE + 1, FP_IXC);
    GIVES(fp64_to_fp32(&env, 0x7fefffffffffffff), 0x7f7fffff, FP_OFC | FP_IXC);
    GIVES(fp64_to_fp32(&env, 1), 1, FP_UFC | FP_IXC);
}

TEST(fp_alternative_half)
{
    FpEnv env = { .ahp = true };
    GIVES(fp16_to_fp32(&env, 0x7c00), 0x47800000, 0);
    GIVES(fp16_to_fp32(&env, 0xffff), 0xc7ffe000, 0);
    GIVES(fp32_to_fp16(&env, 0x47ffe000), 0x7fff, 0);
    GIVES(fp32_to_fp16(&env, 0x48000000), 0x7fff, FP_IOC);
    GIVES(fp32_to_fp16(&env, NEG(INF)), 0xffff, FP_IOC);
    GIVES(fp32_to_fp16(&env, NEG(QNAN_2)), 0x8000, FP_IOC);
    // arithmetic does not know the alternative format
    GIVES(fp16_add(&env, 0x7c00, 0x3c00), 0x7c00, 0);
}

TEST(fp_javascript)
{
    FpEnv env = { 0 };
    bool z = false;
    GIVES(fp64_to_js(&env, 0xc000000000000000, &z), 0xfffffffe, 0);
    TRUE(z);
    GIVES(fp64_to_js(&env, 0x41f0000000100000, &z), 1, FP_IOC);
    FALSE(z);
    GIVES(fp64_to_js(&env, 0x8000000000000000, &z), 0, 0);
    FALSE(z);
    GIVES(fp64_to_js(&env, 0x3fe0000000000000, &z), 0, FP_IXC);
    FALSE(z);
    GIVES(fp64_to_js(&env, 0x7ff8000000000000, &z), 0, FP_IOC);
    FALSE(z);
    GIVES(fp64_to_js(&env, 0x4410000000000001, &z), 0x4000, FP_IOC);
    env.fz = true;
    GIVES(fp64_to_js(&env, 1, &z), 0, FP_IDC);
    FALSE(z);
    GIVES(fp64_to_js(&env, 0, &z), 0, 0);
    TRUE(z);
}
