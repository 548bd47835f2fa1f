// SPDX-License-Identifier: MIT
// Common to the tests of cpu/fp: single-precision patterns and the assertion on value and flags.
#pragma once

#include "cpu/fp/fp.h"
#include "tests/lib/test.h"

#define ONE      0x3f800000u
#define TWO      0x40000000u
#define THREE    0x40400000u
#define HALF     0x3f000000u
#define INF      0x7f800000u
#define LARGEST  0x7f7fffffu
#define MIN_NORM 0x00800000u
#define QNAN     0x7fc00000u
#define QNAN_2   0x7fc00002u
#define SNAN     0x7f800001u
#define NEG(x)   ((x) | 0x80000000u)

// The expression under `env` gives value and raises exactly these flags.
#define GIVES(expr, value, raised) \
    do {                           \
        env.flags = 0;             \
        EQ(expr, value);           \
        EQ(env.flags, raised);     \
    } while (0)
