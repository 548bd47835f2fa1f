// SPDX-License-Identifier: MIT
// cpu/fp reciprocal estimates: range ends of the architected algorithm and the special cases.
#include "tests/unit/fp_test.h"

TEST(fp_recpe)
{
    FpEnv env = { 0 };
    GIVES(fp32_recpe(&env, ONE), 0x3f7f8000, 0);
    GIVES(fp32_recpe(&env, NEG(0)), NEG(INF), FP_DZC);
    GIVES(fp32_recpe(&env, NEG(INF)), NEG(0), 0);
    // below 2^-128 the reciprocal overflows, above 2^126 it is denormal
    GIVES(fp32_recpe(&env, 0x001fffff), INF, FP_OFC | FP_IXC);
    GIVES(fp32_recpe(&env, 0x00200000), 0x7f7f8000, 0);
    GIVES(fp32_recpe(&env, 0x7e800000), 0x007fc000, 0);
    GIVES(fp32_recpe(&env, 0x7f7fffff), 0x00200000, 0);
    env.round = FP_RMI;
    GIVES(fp32_recpe(&env, 1), 0x7f7fffff, FP_OFC | FP_IXC);
    GIVES(fp32_recpe(&env, NEG(1)), NEG(INF), FP_OFC | FP_IXC);
    env.fz = true;
    GIVES(fp32_recpe(&env, 0x7e800000), 0, FP_UFC);
    GIVES(fp32_recpe(&env, 1), INF, FP_DZC | FP_IDC);
}

TEST(fp_rsqrte)
{
    FpEnv env = { 0 };
    GIVES(fp32_rsqrte(&env, ONE), 0x3f7f8000, 0);
    GIVES(fp32_rsqrte(&env, 0x40800000), 0x3eff8000, 0);
    GIVES(fp32_rsqrte(&env, NEG(0)), NEG(INF), FP_DZC);
    GIVES(fp32_rsqrte(&env, NEG(ONE)), 0x7fc00000, FP_IOC);
    GIVES(fp32_rsqrte(&env, INF), 0, 0);
    GIVES(fp64_rsqrte(&env, 1), 0x617ff00000000000, 0);
}

TEST(fp_recpx)
{
    FpEnv env = { 0 };
    GIVES(fp32_recpx(&env, ONE + 5), 0x40000000, 0);
    GIVES(fp32_recpx(&env, NEG(0)), 0xff000000, 0);
    GIVES(fp32_recpx(&env, 1), 0x7f000000, 0);
    GIVES(fp32_recpx(&env, INF), 0, 0);
    GIVES(fp32_recpx(&env, 0x7f800001), 0x7fc00001, FP_IOC);
}

TEST(fp_unsigned_estimates)
{
    EQ(fp_urecpe(0x7fffffff), 0xffffffff);
    EQ(fp_urecpe(0x80000000), 0xff800000);
    EQ(fp_urecpe(0xffffffff), 0x80000000);
    EQ(fp_ursqrte(0x3fffffff), 0xffffffff);
    EQ(fp_ursqrte(0x40000000), 0xff800000);
    EQ(fp_ursqrte(0xffffffff), 0x80000000);
}
