// SPDX-License-Identifier: MIT
// The evaluator: a host that interprets the IR.  Shared by its files only.
//
// A region becomes a Prog in the thread's chunk of the code buffer, so that a flush frees it
// like machine code: the instructions without the dead ones, numbered anew, then constants
// and calls.  Region.code points to its Prog (through the view that is only read).
//
// It shares nothing with host/amd64: one checks the other.
#pragma once
#include "tcg/tcg.h"

typedef struct EvalProg {
    Region *region;
    u64 pc;                                         // region's
    u32 n;                                          // instructions, the sentinel counted
    const V128 *k;                                  // constants, by -1 - id; upper half zero
    const V128 *vk;                                 // vector constants
    const IrCall *calls;
    Ins ins[];                                      // ins.uses is the class below
} EvalProg;

// What eval_run.c does with an instruction.
typedef enum {
    EK_INT, EK_FLAGS, EK_CARRY, EK_CHOOSE, EK_GET, EK_PUT, EK_LDENV, EK_STENV, EK_ENVPTR, EK_MEM,
    EK_SECOND, EK_FENCE, EK_FP, EK_MOVE, EK_VCONST, EK_VEC, EK_CALL, EK_INSN, EK_POLL, EK_EXITCC,
    EK_EXIT, EK_EXITIND, EK_EXITDYN, EK_EXITLOOP,
} EvalKind;

// Per vCPU thread (TcgThread.emit).
typedef struct EvalThread {
    V128 v[IR_MAX_INS];                             // values of the region that runs
    i32 map[IR_MAX_INS];                            // compile: old numbers to new
} EvalThread;

typedef enum { EVAL_NEXT, EVAL_LEAVE } EvalEnd;     // go on at the Cpu's pc; to the run loop

EvalThread *eval_thread(TcgThread *th);             // made when first asked for
EvalKind eval_kind(int op);
void eval_place(const TcgFrontend *fe, Ins *in);    // GET and PUT: from register to offset
// Runs p to one of its exits.  Memory faults are raised here; helpers may leave by tcg_unwind.
EvalEnd eval_region(Cpu *cpu, const EvalProg *p);

// eval_flags.c; packed: canonical NZCV (IR_NZCV_*).
u32  eval_flags(const Ins *in, u64 a, u64 b, u32 c);
bool eval_cond(u32 packed, IrCond c);
// eval_vec.c; x: operands a, b, c
V128 eval_vec(const Ins *in, const V128 *const x[3]);
// eval_aes.c
V128 eval_aes(int op, V128 a, V128 b);
