// SPDX-License-Identifier: MIT
// What passes between eval.c and guest.c: an instruction and all that it can see or change.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { MEM_BYTES = 512, MEM_BASE = 0x40000000 };    // memory, and where the guest maps it

typedef struct State {
    uint64_t v[32][2];
    uint64_t x[31];
    uint64_t nzcv;                                  // in bits 31:28
    uint64_t fpcr, fpsr;
    uint64_t save_sp;
    uint64_t undefined;                             // out: SIGILL
    uint32_t insn, pad0;
    uint64_t pad1[3];
    uint8_t mem[MEM_BYTES];
} State;

// offsets that guest.c's assembly uses
_Static_assert(offsetof(State, x) == 512, "x");
_Static_assert(offsetof(State, nzcv) == 760, "nzcv");
_Static_assert(offsetof(State, save_sp) == 784, "save_sp");
_Static_assert(sizeof(State) % 16 == 0, "stack alignment");
