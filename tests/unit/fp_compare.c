// SPDX-License-Identifier: MIT
// cpu/fp comparisons, minima and maxima.
#include "tests/unit/fp_test.h"

TEST(fp_compare_nzcv)
{
    FpEnv env = { 0 };
    GIVES(fp32_compare(&env, ONE, ONE + 1, false), 0x8, 0);
    GIVES(fp32_compare(&env, NEG(ONE), NEG(ONE + 1), false), 0x2, 0);
    GIVES(fp32_compare(&env, 0, NEG(0), false), 0x6, 0);
    GIVES(fp32_compare(&env, NEG(INF), INF, false), 0x8, 0);
    GIVES(fp32_compare(&env, INF, INF, false), 0x6, 0);
    GIVES(fp32_compare(&env, 1, 0, false), 0x2, 0);
    GIVES(fp32_compare(&env, QNAN_2, ONE, false), 0x3, 0);
    GIVES(fp32_compare(&env, QNAN_2, ONE, true), 0x3, FP_IOC);
    GIVES(fp32_compare(&env, ONE, SNAN, false), 0x3, FP_IOC);
    env.fz = true;
    GIVES(fp32_compare(&env, 1, 0, false), 0x6, FP_IDC);
    GIVES(fp64_compare(&env, 1, 0x8000000000000001, false), 0x6, FP_IDC);
    GIVES(fp16_compare(&env, 1, 0, false), 0x2, 0);
    env.fz16 = true;
    GIVES(fp16_compare(&env, 1, 0, false), 0x6, 0);
}

TEST(fp_compare_vector)
{
    FpEnv env = { 0 };
    GIVES(fp32_eq(&env, QNAN_2, QNAN_2), false, 0);
    GIVES(fp32_eq(&env, SNAN, ONE), false, FP_IOC);
    GIVES(fp32_ge(&env, QNAN_2, ONE), false, FP_IOC);
    GIVES(fp32_gt(&env, ONE, QNAN_2), false, FP_IOC);
    GIVES(fp32_ge(&env, 0, NEG(0)), true, 0);
    GIVES(fp32_gt(&env, 0, NEG(0)), false, 0);
    GIVES(fp64_gt(&env, 0x4000000000000000, 0x3ff0000000000000), true, 0);
    GIVES(fp16_ge(&env, 0x3c00, 0x4000), false, 0);
}

TEST(fp_min_max)
{
    FpEnv env = { 0 };
    GIVES(fp32_max(&env, NEG(0), 0), 0, 0);
    GIVES(fp32_min(&env, 0, NEG(0)), NEG(0), 0);
    GIVES(fp32_max(&env, NEG(ONE), NEG(INF)), NEG(ONE), 0);
    GIVES(fp32_min(&env, 3, 2), 2, 0);
    GIVES(fp32_max(&env, ONE, QNAN_2), QNAN_2, 0);
    GIVES(fp32_max(&env, ONE, SNAN), SNAN | 0x400000, FP_IOC);
    GIVES(fp32_maxnum(&env, NEG(INF), QNAN_2), NEG(INF), 0);
    GIVES(fp32_minnum(&env, QNAN_2, INF), INF, 0);
    GIVES(fp32_maxnum(&env, QNAN_2, SNAN), SNAN | 0x400000, FP_IOC);
    GIVES(fp32_minnum(&env, QNAN_2, QNAN_2 + 1), QNAN_2, 0);
    env.fz = true;
    GIVES(fp32_max(&env, NEG(1), NEG(ONE)), NEG(0), FP_IDC);
    GIVES(fp64_minnum(&env, 0x7ff8000000000000, 1), 0, FP_IDC);
}
