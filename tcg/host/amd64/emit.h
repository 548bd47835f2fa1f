// SPDX-License-Identifier: MIT
// Selection of machine code: what emit*.c, ra.c and the region compiler share.
//
// An op's emitter gets host registers: gpr numbers for I32 and I64, xmm numbers for the other
// types.  The destination may equal any source (which dies with the op then).  Within one op
// rax, rcx, rdx, xmm0-2 and the host's flags are free; rbp, rsp, r15 are never touched, nor is
// memory other than the constant pool.
//
// Host FP: MXCSR holds the guest's rounding mode, all exceptions masked, FZ = DAZ = 0, and
// collects the guest's cumulative flags.  What the host does differently from the guest goes
// to a cold path (emit_cold_op) before anything the guest could see is wrong: NaN results,
// and results whose magnitude is the smallest normal, where tininess before rounding (Arm
// DDI 0487, FPRound; SDM vol. 1, 4.9.1.5) matters.
#pragma once
#include "tcg/host/amd64/asm.h"
#include "tcg/host/amd64/ra.h"
#include "tcg/ir.h"

enum { JC_PC = offsetof(JumpEntry, pc), JC_CODE = offsetof(JumpEntry, code),
       JC_KEY = offsetof(JumpEntry, key) };

typedef struct EmitArgs {
    const Ins *in;
    int d;
    int s[3];
} EmitArgs;

// Emit one op; false when the op is not theirs.
bool emit_vec(Emit *e, const EmitArgs *x);          // V*, VF*
bool emit_fp(Emit *e, const EmitArgs *x);           // FP*, ITOFP, F2I, I2F, F2V, V2F, VF*

// -- FLFCMP -----------------------------------------------------------------------------------
// Compares s[0] with s[1] (swap: s[1] with s[0]); leaves ZF, PF, CF as ucomis does.
void emit_fcmp(Emit *e, const EmitArgs *x, bool swap);
// After emit_fcmp without swap: canonical NZCV (IR_NZCV_*) in gpr d.  Uses rcx, rdx (d is
// another) and keeps the flags.
void emit_fcmp_pack(Emit *e, int d);

// How a condition is made: compare (swapped if `swap`), then the condition holds when cc
// does, FCMP_AND_NP: and PF is clear; FCMP_OR_P: or PF is set.
typedef enum { FCMP_CC, FCMP_AND_NP, FCMP_OR_P } FcmpParity;
typedef struct FcmpCond { bool swap; u8 cc; u8 parity; } FcmpCond;
extern const FcmpCond emit_fcmp_cond[IC_LE + 1];

// -- given by emit.c --------------------------------------------------------------------------
// The host's flags no longer hold what they held before this op.
void emit_flags_clobbered(Emit *e);
// A stub for the rel32 at `jump`: lets the front-end do x->in exactly from the registers
// x->s[] (scratch registers too: the slow thunk saves them all), writes x->d and goes on at
// the current position.  Called once per jump, after the op's last instruction.
void emit_cold_op(Emit *e, const EmitArgs *x, u8 *jump);

// -- what the files of the region compiler share -------------------------------------------------
// A condition ready to be jumped on: the host's flags hold it.
typedef struct HostCond { i8 cc; u8 parity; } HostCond;     // cc: AsmCc or COND_*
enum { COND_NEVER = -1, COND_ALWAYS = -2 };
HostCond cond_make(Emit *e, Val flags, IrCond c);       // emit_flags.c
void flags_made(Emit *e, FlagKind kind, int op, IrType ty, Val a, Val b, Val c);
void emit_flpack(Emit *e, const Ins *in, i32 i);
bool emit_int(Emit *e, const Ins *in, i32 i);       // emit_int.c
bool emit_mem(Emit *e, const Ins *in, i32 i);       // emit_mem.c: guest memory
void emit_group_stub(Emit *e, const Stub *s);
// Moves done all at once, no source overwritten before it is read; m is used up.  All are of
// integer or all of vector registers; a scalar's is made whole.  Uses rax or xmm0.
typedef struct Move { i8 dst, src; u8 ty; } Move;
void emit_move_all(Emit *e, Move *m, int n);        // emit.c
void emit_budget(Emit *e, AsmAlu op, u32 insns);     // emit.c: on the budget, see tcg/icount.c
void emit_pack_flags(Emit *e, const Stub *s);       // emit.c: host flags to NZCV's place
void emit_stub_store(Emit *e, const SnapLoc *s);    // one dirty register to its place
bool loop_back_edge(const Emit *e, const Ins *in);  // loop.c
void loop_head(Emit *e);
bool loop_get(Emit *e, const Ins *in, i32 i);
void loop_back(Emit *e, const Stub *like);
void loop_leave(Emit *e);
// emit_mem.c; saved: where rax may be kept
const void *emit_probe_thunk(Asm *a, bool write, unsigned bytes, const void *slow, Mem saved);
void emit_probe_text(Asm *s, AsmText *t, int a, bool write);   // hole: offset of the last byte
Stub *emit_stub(Emit *e, StubKind kind, u8 *jump);  // emit.c
u32  emit_site(Emit *e, const Ins *in);
void emit_mov_pc(Emit *e, int d, u64 pc);           // an address that moves with the region
void emit_fix_disp(Emit *e, AsmFix kind, i32 disp); // of the instruction just emitted
void emit_mov_site(Emit *e, u32 site);              // index of a site to rax, for a thunk
void emit_callc(Emit *e, const void *fn);           // call a C function
bool amd64_relocate(Tcg *tcg, TcgThread *th, const Region *from, Region *to);  // relocate.c
bool thunks_init(Tcg *tcg, Error *err);             // thunks.c
enum { PROBE_SIZES = 6 };
typedef struct Thunks {                             // addresses in the executable view
    u32 cpu;                                        // ASM_*: optional instructions
    const void *enter, *leave_at, *leave, *dyn, *lookup_at, *lookup;
    const void *link, *slow, *slow_vec, *cold;
    const void *probe[2][PROBE_SIZES][2];           // writes?; log2 of the bytes; vec?
    AsmText probe_text[2][16];                      // writes?; register with the address
} Thunks;
u64  amd64_slow(Cpu *cpu, u32 site, u64 va);        // slow.c: called by thunks
u64  amd64_cold(Cpu *cpu, u32 site);
const void *amd64_link(Cpu *cpu, u32 link);
// One instruction as text; its length, 0: no disassembler, or no instruction.
size_t amd64_disas(const u8 *code, size_t n, char *text, size_t size);
void amd64_log_code(const Region *r);               // disas_*.c: -d out_asm
