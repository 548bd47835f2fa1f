// SPDX-License-Identifier: MIT
// What the files of the A64 front-end share: guest registers, conditions, addresses, exits.
// Arm ARM DDI 0487K.a.  Handlers are `bool trans_ROW(Ctx *t, const a64_FORMAT *a)`, one for
// each row of a64.decode; false means that the encoding is UNDEFINED.
//
// The rule of the IR that every handler keeps: no PUT before the last operation of the
// instruction that can fault.
#pragma once
#include "cpu/arm/internal.h"
#include "tcg/frontend.h"
#define A64_DECLS
#include "gen/cpu/arm/a64_decode.inc"

// Escapes.  A side exit can go to a constant pc only, and A64 leaves the two low bits of a pc
// free: an exit to P | ESC_x is no branch but a request about the instruction at P.  No region
// is ever made for such a pc: the translator reports it as a misaligned fetch, which
// arm_fetch_escape serves.
// DEVIATION: a guest that itself branches to such an address is told from an escape by what
// stands at P: misaligned by 2 at a load or store with a misaligned SP, it gets the SP's fault
// in place of the pc's; misaligned by 1 behind an MSR DAIF, none; misaligned by 3 where P is
// guarded against it, the Branch Target exception.
enum {
    ESC_LOOP = 1,                                   // go on at P, after a look at interrupts
    ESC_SP = 2,                                     // SP alignment fault of P's instruction
    ESC_BTI = 3,                                    // Branch Target exception at P
};

// Front-end scratch in Ctx.fe[], valid within one region.
enum {
    FE_SP_OK,                                       // SP is known to be a multiple of 16
    FE_STEP,                                        // software step: leave after this instruction
};

// -- widths and constants ------------------------------------------------------------------
static inline IrType ty_sf(u32 sf) { return sf ? T_I64 : T_I32; }
static inline Val k_sf(Ctx *t, u32 sf, u64 v) { return ir_k(t, sf ? v : (u32)v); }

// -- general registers (C1.2.5): 31 is the zero register, or the stack pointer in *_sp -----
static inline Val get_reg(Ctx *t, u32 r, u32 sf)
{
    return r == 31 ? ir_k(t, 0) : ir_get(t, REG_X0 + (int)r, ty_sf(sf));
}
static inline void put_reg(Ctx *t, u32 r, u32 sf, Val v)
{
    if (r != 31)
        ir_put(t, REG_X0 + (int)r, v, ty_sf(sf));
}
static inline Val get_reg_sp(Ctx *t, u32 r, u32 sf)
{
    return ir_get(t, r == 31 ? REG_SP : REG_X0 + (int)r, ty_sf(sf));
}
static inline void put_reg_sp(Ctx *t, u32 r, u32 sf, Val v)
{
    if (r == 31)
        t->fe[FE_SP_OK] = 0;
    ir_put(t, r == 31 ? REG_SP : REG_X0 + (int)r, v, ty_sf(sf));
}
// Xd or SP = the value n of Xn or SP, plus a constant; keeps what is known of SP's alignment.
void put_moved(Ctx *t, u32 rd, u32 rn, Val n, i64 delta);
static inline void put_base(Ctx *t, u32 rn, Val n, i64 delta)           // write-back
{
    put_moved(t, rn, rn, n, delta);
}

// -- flags and conditions ------------------------------------------------------------------
Val  nzcv_to_arm(Ctx *t, Val flags);                // I32 with N Z C V in bits 31:28
Val  nzcv_from_arm(Ctx *t, Val v);                  // FLAGS of an I32 with N Z C V in 31:28
static inline bool cond_always(u32 cond) { return cond >= 14; }         // AL and NV (C1.2.4)
Val  fl_zero(Ctx *t, IrType ty, Val v);             // Z of v: use with IC_EQ and IC_NE

// -- operands ------------------------------------------------------------------------------
Val  shift_reg(Ctx *t, u32 r, u32 sf, u32 shift, u32 imm);  // ShiftReg: LSL LSR ASR ROR
Val  extend_reg(Ctx *t, u32 r, u32 sf, u32 option, u32 shift);          // ExtendReg

// -- addresses -----------------------------------------------------------------------------
Val  base_reg(Ctx *t, u32 rn);                      // Xn or SP as the base of an access; checks
                                                    // the alignment of SP (D1.8.2)
MemOp memop(const Ctx *t, MemOp m);                 // adds the mode's endianness and alignment

// -- leaving the region --------------------------------------------------------------------
// Every way out passes here, so that software step sees it (D2.12).
void gen_goto(Ctx *t, u64 pc);
void gen_goto_if(Ctx *t, Val flags, IrCond c, u64 pc);      // else falls through
void gen_goto_reg(Ctx *t, Val pc);
// FEAT_BTI (D8.4.6): BTypeNext of a BR through Rn, of a BLR, kept until the target is there.
u32  btype_of_br(const Ctx *t, u32 rn);
enum { BTYPE_BLR = 2 };
void gen_btype(Ctx *t, Val to, u32 btype);
// BTYPEs (bits 1 to 3) that may not come to this instruction in a guarded page.
u32  bti_refused(u32 word, bool pauth, bool bt);
void gen_leave(Ctx *t, u64 pc);                     // context may have changed: look it up again
void gen_leave_loop(Ctx *t, u64 pc);                // to the run loop

// -- exceptions ----------------------------------------------------------------------------
void gen_raise(Ctx *t, const Helper *h, int nargs, const Val *args);    // h does not return
void gen_undef(Ctx *t);
// First thing in every FP and SIMD handler: `if (!fp_access(t)) return true;`.  False: the mode
// traps them, and the region has ended in the exception.
bool fp_access(Ctx *t);

// -- features and mode ---------------------------------------------------------------------
bool a64_feature(const Ctx *t, int feature);        // A64_FEAT_*
static inline u32 ctx_el(const Ctx *t) { return am_el(t->mode); }

// -- helpers in helper_int.c ---------------------------------------------------------------
u32  help_crc32(u32 acc, u64 data, u32 bytes);      // CRC-32 (IEEE), reflected, no inversion
void help_yield(Cpu *cpu);
void help_misaligned(Cpu *cpu, u64 pc);             // escape or PC alignment fault; EXITDYN after

// -- helpers in translate_pauth.c ----------------------------------------------------------
u64  help_pac(Cpu *cpu, u64 ptr, u64 modifier, u32 kind);
u64  help_pacga(Cpu *cpu, u64 data, u64 modifier);
u64  help_xpac(Cpu *cpu, u64 ptr, u32 data);

extern const TcgFrontend arm_frontend;
