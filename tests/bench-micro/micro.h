// SPDX-License-Identifier: MIT
// The rows of the micro-benchmarks.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

// run does at least n operations and gives a value that must be the same on every emulator; n is a
// multiple of 64.  have: NULL, or does this CPU have the instructions?
typedef struct Row {
    const char *name;
    u64 (*run)(u64 n);
    bool (*have)(void);
    bool whole;                 // a kernel: n is any number, time is per run
} Row;

extern const Row ops[], kernels[];      // each ended by a row without a name

enum { PAGES = 512 };                   // mapped, not global, from TEST_VA on
#define TEST_VA 0x80000000ull
extern u64 level1[512];
extern u8 arena[PAGES * 4096];          // the memory behind them

// While the MMU is off, and on after it.
void mmu_on(void);
// EL0 does n SVCs (start.S).
void to_user(u64 n);
