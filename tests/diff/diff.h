// SPDX-License-Identifier: MIT
// Random differential test of A64: short sequences out of the rows of a64.decode with random
// state, run at EL0 by our engines (diff_engine.c) and by qemu-aarch64-static as a black box
// (diff_peer.c, runner.S), and compared in all registers, flags and a window of memory.
#pragma once
#include "cpu/arm/internal.h"

enum {
    DIFF_PAGE = 4096,
    DIFF_CODE_VA = 0x10000000,                      // the sequence; runner.S knows these, too
    DIFF_DATA_VA = 0x10010000,
    DIFF_MEM_AT = 0x600,                            // the window in the data page
    DIFF_MEM = 1024,
    DIFF_CODE = 48,                                 // instructions, the ending BRK counted
    DIFF_MEM_VA = DIFF_DATA_VA + DIFF_MEM_AT,
};

// How a sequence ended: Linux's signals.
enum { SIG_UNDEF = 4, SIG_END = 5, SIG_BUS_ERROR = 7, SIG_FAULT = 11, SIG_SP_ALIGN = 100,
       SIG_HANG = 101, SIG_OTHER = 102,
       SIG_REWRITTEN = 103 };                      // not a signal: it changed its own code

// runner.S uses the offsets.
typedef struct DiffState {
    u64 x[31], sp, pc, nzcv;                        // nzcv: as in PSTATE
    u64 fpcr, fpsr, tpidr;
    u64 sig, addr;                                  // results only
    u64 esr;                                        // ours only
    V128 v[32];
    u8 mem[DIFF_MEM];
} DiffState;

typedef struct DiffCase {
    DiffState s;
    u32 code[DIFF_CODE];
} DiffCase;
_Static_assert(offsetof(DiffState, v) == 320 && offsetof(DiffCase, code) == 1856 &&
               sizeof(DiffCase) == 2048, "runner.S has these offsets");

#define DIFF_BRK 0xd4200000u

// -- engines ------------------------------------------------------------------------------
typedef struct Engine Engine;
Engine *engine_new(const char *engine, const char *model, Error *err);
void engine_free(Engine *e);
ArmCpu *engine_cpu(Engine *e);
void engine_on_thread(Engine *e, void (*fn)(Engine *e, void *arg), void *arg);
void engine_case(Engine *e, const DiffCase *c, DiffState *out);     // on its thread

// -- the generator ------------------------------------------------------------------------
typedef struct RowInfo { const char *name, *feature; int line; } RowInfo;
typedef struct Gen {
    u64 seed;
    u64 feat;                                       // features of the model
    u64 base_feat;                                  // not 0: only rows that need more than these
    // of the case that is being made
    DiffCase *c;
    int *row_of;                                    // rows of its slots, -1: not to be counted
    int n, wanted;                                  // words so far; the row it is about
    int edge;                                       // base of its group, -1: it has none
    int moves;                                      // addresses that may still be moved
    bool aligned;                                   // misaligned accesses that fault are mended
} Gen;

int  gen_rows(void);
RowInfo gen_row(int i);
const char *gen_excluded(int row);                  // the reason, or NULL
bool gen_row_wanted(const Gen *g, int row);
// A sequence that contains `row` (-1: words that no row decodes).  rows[DIFF_CODE].
void gen_case(Gen *g, int row, DiffCase *c, int rows[DIFF_CODE]);
// After a run of c that ended before its end: moves a base register so that the next run does not
// fault, or makes a NOP of what only keeps the wanted row company.  False: c stays as it is.
bool gen_steer(Gen *g, DiffCase *c, const DiffState *out);
u64  gen_random(Gen *g);

// -- the peer -----------------------------------------------------------------------------
// Runs cases through `qemu-aarch64-static -cpu model runner`; returns how many it did.
int peer_run(const char *runner, const char *model, const DiffCase *c, DiffState *out, int n);
