// SPDX-License-Identifier: MIT
// Runs what the amd64 emitters make of one op.  The tests compile the emitters a second time
// under other names (these below), with hooks of their own in place of the region compiler's.
#pragma once
#define emit_vec             jit_emit_vec
#define emit_fp              jit_emit_fp
#define emit_fcmp            jit_emit_fcmp
#define emit_fcmp_pack       jit_emit_fcmp_pack
#define emit_fcmp_cond       jit_emit_fcmp_cond
#define emit_cold_op         jit_cold_op
#define emit_flags_clobbered jit_flags_clobbered
#include "tcg/host/amd64/emit.h"

#include "tests/lib/test.h"

// Everything an op can see or spoil.
typedef struct JitState {
    V128 xmm[16];
    u64 gpr[16];
    u64 eflags;
    u32 mxcsr, host_mxcsr;
    u32 cold;                                       // which cold jump was taken, from 1
} JitState;

enum { JIT_COLD = 4 };
typedef struct Jit {
    EmitArgs x;
    Ins in;
    JitState before, after;
    EmitArgs cold_x[JIT_COLD];                      // as told to emit_cold_op
    int ncold;
    bool clobbered;
    void (*run)(JitState *st);
} Jit;

typedef bool JitEmit(Emit *e, const EmitArgs *x);

// Compiles j->in with operands j->x.d, j->x.s[] for a host with the optional sets `cpu`.
void jit_compile(Jit *j, JitEmit *emit, u32 cpu);
void jit_vconst(const V128 *v);                     // the region's only vector constant
// A state full of noise; set the sources after it.
void jit_noise(Jit *j);
// Runs before -> after and checks that nothing is changed that must not be: `d_xmm`: the
// destination is an xmm register.
void jit_run(Jit *j, bool d_xmm);
void jit_describe(const Jit *j, char *out, size_t size);

// "cpu" masks to test with: none and what this host has.
u32 jit_cpu(int i);
enum { JIT_CPUS = 2 };
