// SPDX-License-Identifier: MIT
// Disassembler of A64: what the texts of the FP and Advanced SIMD rows call.  size: log2 of a
// lane's bytes.  Pure functions; any thread.
#pragma once
#include "cpu/arm/disas.h"

void dis_vr(A64Out *o, int scalar, int q, int size, int reg);           // v0.4s, or s0
void dis_v2(A64Out *o, int scalar, int q, int size, int rd, int rn);
void dis_v3(A64Out *o, int scalar, int q, int size, int rd, int rn, int rm);
void dis_ve(A64Out *o, int size, int reg, int index);                   // v0.s[1]
void dis_vh(A64Out *o, int q, int reg);                                 // v0.2h, v0.4h
void dis_vh2(A64Out *o, int reg);                                       // v0.2h
void dis_vq(A64Out *o, int reg);                                        // v0.1q
void dis_freg(A64Out *o, int size, int reg);
void dis_ft(A64Out *o, int type, int reg);              // by the type field of scalar FP
void dis_fround(A64Out *o, int mode);                   // n p m z a
void dis_fpimm(A64Out *o, int imm8);
void dis_bytes(A64Out *o, int imm8);                    // each bit a byte
void dis_vlist(A64Out *o, int reg, int n, int q, int size);
void dis_vlane1(A64Out *o, int reg, int n, int scale, int q, int s, int size);
void dis_vmem(A64Out *o, int rn, int post, int rm, int bytes);
void dis_velem(A64Out *o, int size, int reg, int h, int l, int m);
void dis_vdot(A64Out *o, int reg, int h, int l);
void dis_vcelem(A64Out *o, int size, int reg, int h, int l);

// imm5 of the copies: lane size by the lowest bit set, the index above it.
static inline int lsize(int imm5) { return __builtin_ctz((unsigned)imm5 | 16); }
static inline int lindex(int imm5) { return imm5 >> (lsize(imm5) + 1); }
// immh:immb of the shifts.
static inline int ssize(int imm) { return 28 - __builtin_clz((unsigned)imm | 8); }
static inline int sright(int imm) { return (16 << ssize(imm)) - imm; }
static inline int sleft(int imm) { return imm - (8 << ssize(imm)); }
