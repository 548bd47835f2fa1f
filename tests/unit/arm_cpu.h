// SPDX-License-Identifier: MIT
// An Arm CPU with 16 MiB of RAM at 1 GiB and no translator, for the tests of cpu/arm.
#pragma once
#include "cpu/arm/arm.h"
#include "cpu/arm/internal.h"

enum { TEST_RAM = 0x40000000, TEST_RAM_SIZE = 16 << 20 };

ArmCpu *test_arm_cpu(const char *model);            // after reset
void test_arm_poke(ArmCpu *s, Gpa at, u64 v);       // 8 bytes of RAM
u64  test_arm_peek(ArmCpu *s, Gpa at);
