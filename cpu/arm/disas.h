// SPDX-License-Identifier: MIT
// Disassembler of A64: what the texts of a64.decode call.  {word:a, b} in a text is
// dis_word(o, a, b); see tools/decodegen.c.  The output is GNU objdump's syntax.
// Pure functions of their arguments; any thread.
#pragma once

#include "util/types.h"

typedef struct {
    char *buf;
    size_t size, len;                   // len may pass size: the text is cut there
    u64 pc;
} A64Out;

// Writes one instruction, always terminated if n > 0; returns the length of the whole text.
// An unallocated word is ".inst 0x........".
int a64_disas(u64 pc, u32 insn, char *buf, size_t n);

// -- general (disas.c) ---------------------------------------------------------------------
void dis_str(A64Out *o, const char *s);
void dis_num(A64Out *o, int v);                         // decimal, no '#'
void dis_hex(A64Out *o, u64 v);                         // #0x..
void dis_reg(A64Out *o, int n, bool wide, bool sp);
void dis_vreg(A64Out *o, char kind, int n);             // kind: one of bhsdqv
void dis_label(A64Out *o, int offset);
void dis_page(A64Out *o, int pages);                    // adrp
void dis_cond(A64Out *o, int cond);
void dis_bitmask(A64Out *o, int sf, int n, int immr, int imms);
void dis_movw(A64Out *o, int sf, int hw, int imm, bool inverted);
void dis_bh(A64Out *o, int size);                       // b, h or nothing
void dis_bhwx(A64Out *o, int size);
void dis_barrier(A64Out *o, int crm);
void dis_shift(A64Out *o, int type, int amount);        // ", lsl #n", or nothing
void dis_extreg(A64Out *o, int sf, int rm, int option, int amount, bool sp);
void dis_sysop(A64Out *o, int op1, int crn, int crm, int op2, int rt);
void dis_sysreg(A64Out *o, int op0, int op1, int crn, int crm, int op2);
void dis_prfop(A64Out *o, int op);
void dis_mem(A64Out *o, int rn, int idx, int offset);   // idx: 1 post-, 3 pre-indexed, else plain
void dis_memreg(A64Out *o, int rn, int rm, int option, int s, int shift);
void dis_ldst(A64Out *o, char mode, int size, int opc); // mode: u unscaled, t unprivileged, or 0
void dis_atomic(A64Out *o, int op);

// -- for the conditions --------------------------------------------------------------------
static inline int width(int sf)
{
    return sf ? 64 : 32;
}

// The destination of a load or store is an X register.
static inline bool is64(int size, int opc)
{
    return opc < 2 ? size == 3 : opc == 2;
}
