// SPDX-License-Identifier: MIT
// Assembler for x86-64 (Intel SDM 325462-081, vol. 2: 2.1-2.3, 2.7, 3-5).  It encodes, it
// selects nothing but the shortest form.
//
// Operands: destination first, as in Intel's syntax.  `sz` is log2 of the operand's bytes
// (0..3); `Mem` is a memory operand (mem_b, mem_bi, mem_i, mem_const, mem_rip).  Nothing is ever
// written beyond `end`: what does not fit sets `overflow`, after which all calls do nothing,
// and the caller throws the code away.
//
// Two views: code is written at `p` and runs at `p + rx`; targets outside (asm_call,
// asm_jmp_abs, mem_rip) are given as addresses where they run.
//
// Constants: mem_const gives an operand in a pool that asm_pool_flush writes behind the code.
// Until then the displacement fields of a constant's users are linked into a list.
//
// Host: x86-64-v3 with AES and PCLMULQDQ; `cpu` says which of the optional sets may be used.
// No state outside Asm; an Asm belongs to one thread.
#pragma once
#include "util/types.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum { XMM0, XMM1, XMM2, XMM3, XMM4, XMM5, XMM6, XMM7, XMM8, XMM9, XMM10, XMM11, XMM12, XMM13,
       XMM14, XMM15 };
typedef enum { CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP,
               CC_L, CC_GE, CC_LE, CC_G } AsmCc;    // xor 1 negates

// Optional instruction sets.
enum {
    ASM_AVX512 = 1,                                 // F, VL, DQ, BW
    ASM_VBMI   = 2,                                 // VBMI
    ASM_BITALG = 4,                                 // BITALG: vpopcntb
    ASM_GFNI   = 8,                                 // GFNI, VEX form
    ASM_SHA    = 16,                                // SHA-256
};

enum { ASM_POOL = 512, ASM_MAX_INS = 64 };     // an instruction, or an AsmText
// What is to be changed in code that is copied to another place, for another VA (relocate.c).  The
// field, 8 or 4 bytes, is named by its offset.
typedef enum {
    FIX_OUT,                                        // rel32 to an address outside
    FIX_PC,                                         // imm64 that moves with the guest's page
    FIX_SITE,                                       // imm32, index of a Site
    FIX_LINK,                                       // imm32, index of a RegionLink
    FIX_JC,                                         // disp32 of a jump cache entry's field
    FIX_TLB,                                        // disp32 of the soft-TLB entry's field that
                                                    // belongs to the last FIX_PC
} AsmFix;
enum { ASM_FIXES = 1024, FIX_SHIFT = 24 };          // kind above the offset

typedef struct AsmConst { u64 lo, hi; u32 users; i16 next; } AsmConst;

typedef struct Asm {
    u8 *p, *end, *base;
    i64 rx;                                         // executable view - written view
    bool overflow;
    u32 cpu;                                        // ASM_*
    int npool;
    int nfixes;                                     // -1: the code cannot be copied
    u32 fixes[ASM_FIXES];
    i16 bucket[64];
    AsmConst pool[ASM_POOL];
    u8 scratch[ASM_MAX_INS];                        // where instructions go after overflow
} Asm;

u32 asm_cpu_detect(void);                           // ASM_* of this host
const char *asm_cpu_missing(void);                  // first missing required feature, or NULL
void asm_begin(Asm *a, u8 *base, u8 *end, i64 rx, u32 cpu);
void asm_fix(Asm *a, AsmFix kind, const u8 *at);     // in the written view
static inline void asm_fixed(Asm *a) { a->nfixes = -1; }    // it stays where it is
void asm_byte(Asm *a, u8 v);
void asm_align(Asm *a, unsigned n);                 // with nops, n a power of two
void asm_nop(Asm *a, unsigned bytes);
static inline u64 asm_exec(const Asm *a, const u8 *at) { return (u64)at + (u64)a->rx; }

// Something assembled once, to be copied often with another byte in its hole.
typedef struct AsmText { u8 code[ASM_MAX_INS]; u8 n, hole; } AsmText;
void asm_take(Asm *a, u8 *from, const u8 *hole, AsmText *t);        // back, from `from` on
void asm_text(Asm *a, const AsmText *t, u8 hole);

// -- memory operands ---------------------------------------------------------------------
// As it is encoded (2.1.5): ModRM without its reg field, SIB and displacement from bit 0 on, then
// how many bytes they are, and REX.B and X.
enum { MEM_LEN = 48, MEM_BX = 52 };
#define MEM_POOL (1ull << 62)                       // a constant: `to` is its number
#define MEM_RIP (1ull << 63)                        // at address `to`
typedef struct Mem { u64 enc, to; } Mem;

static inline Mem mem_enc(unsigned bytes, u64 code, unsigned len, unsigned bx)
{
    u64 mod = (bytes + 1) / 2 << 6;                 // 0, 1 or 4 bytes of displacement: 0, 1, 2
    return (Mem){ code | mod | (u64)(len + bytes) << MEM_LEN | (u64)bx << MEM_BX, 0 };
}
static inline unsigned mem_disp_bytes(int base, i32 disp)
{
    return disp == 0 && (base & 7) != RBP ? 0 : disp == (i8)disp ? 1 : 4;
}
// base + (index << scale) + disp; index is not RSP
static inline Mem mem_bi(int base, int index, int scale, i32 disp)
{
    u64 sib = (u64)scale << 6 | ((u64)index & 7) << 3 | ((u64)base & 7);
    return mem_enc(mem_disp_bytes(base, disp), (u64)(u32)disp << 16 | sib << 8 | 4, 2,
                   ((unsigned)index >> 3 & 1) << 1 | ((unsigned)base >> 3 & 1));
}
static inline Mem mem_b(int base, i32 disp)
{
    if ((base & 7) == RSP) return mem_bi(base, RSP, 0, disp);       // 4: no index
    return mem_enc(mem_disp_bytes(base, disp), (u64)(u32)disp << 8 | ((u64)base & 7), 1,
                   (unsigned)base >> 3 & 1);
}
// index << scale
static inline Mem mem_i(int index, int scale)
{
    u64 sib = (u64)scale << 6 | ((u64)index & 7) << 3 | 5;
    return (Mem){ sib << 8 | 4 | 6ull << MEM_LEN | ((u64)index >> 3 & 1) << (MEM_BX + 1), 0 };
}
static inline Mem mem_rip(const void *to) { return (Mem){ MEM_RIP, (u64)to }; }
Mem mem_const(Asm *a, u64 lo, u64 hi);

void asm_pool_flush(Asm *a);                        // once, behind the last instruction
void asm_pool_poll(Asm *a);                         // between ops: makes room (jumps over it)

// -- generic encoders ----------------------------------------------------------------------
// An encoding: opcode byte, map, mandatory prefix, W and what a form needs.
enum {
    E_0F = 1 << 8, E_38 = 2 << 8, E_3A = 3 << 8,
    E_66 = 1 << 10, E_F3 = 2 << 10, E_F2 = 3 << 10,
    E_W0 = 0, E_W1 = 1 << 12,
    E_COMM = 1 << 13,                               // commutes: may swap for a shorter form
    E_R8 = 1 << 14, E_M8 = 1 << 15,                 // reg, rm is a byte register
    E_256 = 1 << 16, E_LOCK = 1 << 17,
    E_NP = 0,
};
typedef struct Imm { u8 n; i64 v; } Imm;            // n bytes; 0: none
static inline Imm imm_n(int n, i64 v) { return (Imm){ (u8)n, v }; }
#define NO_IMM ((Imm){ 0, 0 })

void asm_op_r(Asm *a, u32 enc, int sz, int reg, int rm);
void asm_op_ri(Asm *a, u32 enc, int sz, int reg, int rm, Imm imm);
void asm_op_m(Asm *a, u32 enc, int sz, int reg, Mem m);
void asm_op_mi(Asm *a, u32 enc, int sz, int reg, Mem m, Imm imm);
void asm_vex_r(Asm *a, u32 enc, int reg, int v, int rm, Imm imm);
void asm_vex_m(Asm *a, u32 enc, int reg, int v, Mem m, Imm imm);
void asm_evex_r(Asm *a, u32 enc, int reg, int v, int rm, Imm imm);

// -- integer ---------------------------------------------------------------------------------
typedef enum { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP } AsmAlu;
typedef enum { SH_ROL, SH_ROR, SH_RCL, SH_RCR, SH_SHL, SH_SHR, SH_SAR = 7 } AsmShift;
typedef enum { BT_BT, BT_BTS, BT_BTR, BT_BTC } AsmBt;

static inline u32 enc_byte(int sz) { return sz ? 1 : E_R8 | E_M8; }   // 8-bit forms are even
static inline u32 enc_byte_m(int sz) { return sz ? 1 : E_M8; }          // reg is an extension
static inline void asm_alu(Asm *a, AsmAlu op, int sz, int d, int s)
{
    asm_op_r(a, (u32)op << 3 | enc_byte(sz), sz, s, d);
}
static inline void asm_alu_m(Asm *a, AsmAlu op, int sz, int d, Mem s)
{
    asm_op_m(a, ((u32)op << 3 | 2) | enc_byte(sz), sz, d, s);
}
static inline void asm_alu_to_m(Asm *a, AsmAlu op, int sz, Mem d, int s)
{
    asm_op_m(a, (u32)op << 3 | enc_byte(sz), sz, s, d);
}
void asm_alu_i(Asm *a, AsmAlu op, int sz, int d, i32 k);
void asm_alu_mi(Asm *a, AsmAlu op, int sz, Mem d, i32 k);
static inline void asm_test(Asm *a, int sz, int x, int y)
{
    asm_op_r(a, 0x84 | enc_byte(sz), sz, y, x);
}
void asm_test_i(Asm *a, int sz, int x, i32 k);
void asm_test_mi(Asm *a, int sz, Mem x, i32 k);

static inline void asm_mov(Asm *a, int sz, int d, int s)      // sz 2 zero-extends
{
    asm_op_r(a, 0x88 | enc_byte(sz), sz, s, d);
}
void asm_mov_k(Asm *a, int d, u64 k);               // shortest that keeps the flags
static inline void asm_zero(Asm *a, int d) { asm_alu(a, ALU_XOR, 2, d, d); }  // flags!
void asm_load(Asm *a, int sz, int d, Mem m);        // zero-extended to 64 bits
void asm_load_sx(Asm *a, int sz, int to, int d, Mem m);       // sign-extended to size `to` (2, 3)
static inline void asm_store(Asm *a, int sz, Mem m, int s)
{
    asm_op_m(a, 0x88 | (sz ? 1 : E_R8), sz, s, m);
}
void asm_store_i(Asm *a, int sz, Mem m, i32 k);     // sz 3: k sign-extended
void asm_movzx(Asm *a, int sz, int d, int s);       // from size 0, 1, 2 to 64 bits
void asm_movsx(Asm *a, int sz, int to, int d, int s);
static inline void asm_lea(Asm *a, int sz, int d, Mem m) { asm_op_m(a, 0x8d, sz, d, m); }
static inline void asm_xchg(Asm *a, int sz, int x, int y)
{
    asm_op_r(a, 0x86 | enc_byte(sz), sz, y, x);
}
static inline void asm_xchg_m(Asm *a, int sz, Mem m, int r)   // implies lock
{
    asm_op_m(a, 0x86 | enc_byte(sz), sz, r, m);
}

void asm_shift_i(Asm *a, AsmShift op, int sz, int d, int n);
static inline void asm_shift_cl(Asm *a, AsmShift op, int sz, int d)
{
    asm_op_r(a, 0xd2 | enc_byte_m(sz), sz, op, d);
}
static inline void asm_shld_i(Asm *a, int sz, int d, int s, int n)
{
    asm_op_ri(a, E_0F | 0xa4, sz, s, d, imm_n(1, n));
}
static inline void asm_shrd_i(Asm *a, int sz, int d, int s, int n)
{
    asm_op_ri(a, E_0F | 0xac, sz, s, d, imm_n(1, n));
}
// BMI: w = sz 2 or 3; none of these but andn, bextr, blsr, bzhi changes the flags
static inline u32 enc_w(int sz) { return sz == 3 ? E_W1 : 0; }
#define ASM_BMI_SHIFT(X) X(shlx, E_66) X(sarx, E_F3) X(shrx, E_F2)
#define X(n, pp) static inline void asm_##n(Asm *a, int sz, int d, int s, int count) \
    { asm_vex_r(a, E_38 | pp | 0xf7 | enc_w(sz), d, count, s, NO_IMM); }
ASM_BMI_SHIFT(X)
#undef X
#define ASM_BMI3(X) X(andn, E_NP | 0xf2) X(pdep, E_F2 | 0xf5) X(pext, E_F3 | 0xf5) \
    X(mulx, E_F2 | 0xf6)
#define X(n, e) static inline void asm_##n(Asm *a, int sz, int d, int s, int t) \
    { asm_vex_r(a, E_38 | (e) | enc_w(sz), d, s, t, NO_IMM); }
ASM_BMI3(X)                                         // andn: ~s & t; mulx: d high, s low, rdx * t
#undef X
static inline void asm_bextr(Asm *a, int sz, int d, int s, int ctl)
{
    asm_vex_r(a, E_38 | 0xf7 | enc_w(sz), d, ctl, s, NO_IMM);
}
static inline void asm_bzhi(Asm *a, int sz, int d, int s, int n)
{
    asm_vex_r(a, E_38 | 0xf5 | enc_w(sz), d, n, s, NO_IMM);
}
static inline void asm_blsr(Asm *a, int sz, int d, int s)
{
    asm_vex_r(a, E_38 | 0xf3 | enc_w(sz), 1, d, s, NO_IMM);
}
static inline void asm_rorx(Asm *a, int sz, int d, int s, int n)
{
    asm_vex_r(a, E_3A | E_F2 | 0xf0 | enc_w(sz), d, 0, s, imm_n(1, n));
}

#define ASM_UNARY(X) X(not, 2) X(neg, 3) X(mul, 4) X(imul1, 5) X(div, 6) X(idiv, 7)
#define X(n, g) static inline void asm_##n(Asm *a, int sz, int r) \
    { asm_op_r(a, 0xf6 | enc_byte_m(sz), sz, g, r); }
ASM_UNARY(X)                                        // mul, imul1: rdx:rax = rax * r
#undef X
static inline void asm_inc(Asm *a, int sz, int r)
{
    asm_op_r(a, 0xfe | enc_byte_m(sz), sz, 0, r);
}
static inline void asm_dec(Asm *a, int sz, int r)
{
    asm_op_r(a, 0xfe | enc_byte_m(sz), sz, 1, r);
}
static inline void asm_imul(Asm *a, int sz, int d, int s)
{
    asm_op_r(a, E_0F | 0xaf, sz, d, s);
}
void asm_imul_i(Asm *a, int sz, int d, int s, i32 k);

#define ASM_BITS(X) X(popcnt, E_F3 | 0xb8) X(tzcnt, E_F3 | 0xbc) X(lzcnt, E_F3 | 0xbd) \
    X(bsf, 0xbc) X(bsr, 0xbd)
#define X(n, e) static inline void asm_##n(Asm *a, int sz, int d, int s) \
    { asm_op_r(a, E_0F | (e), sz, d, s); }
ASM_BITS(X)
#undef X
void asm_bswap(Asm *a, int sz, int r);              // sz 2 or 3
static inline void asm_rol16(Asm *a, int r, int n) { asm_shift_i(a, SH_ROL, 1, r, n); }
static inline void asm_bt_i(Asm *a, AsmBt op, int sz, int r, int n)
{
    asm_op_ri(a, E_0F | 0xba, sz, 4 + (int)op, r, imm_n(1, n));
}
static inline void asm_bt_mi(Asm *a, AsmBt op, int sz, Mem m, int n)
{
    asm_op_mi(a, E_0F | 0xba, sz, 4 + (int)op, m, imm_n(1, n));
}
static inline void asm_bt(Asm *a, AsmBt op, int sz, int r, int n)
{
    asm_op_r(a, E_0F | 0xa3 | (u32)op << 3, sz, n, r);
}
static inline void asm_movbe_load(Asm *a, int sz, int d, Mem m)   // sz 1: keeps the upper bits
{
    asm_op_m(a, E_38 | 0xf0, sz, d, m);
}
static inline void asm_movbe_store(Asm *a, int sz, Mem m, int s)
{
    asm_op_m(a, E_38 | 0xf1, sz, s, m);
}
static inline void asm_crc32(Asm *a, int sz, int acc, int s)      // sz: of the data
{
    asm_op_r(a, E_38 | E_F2 | 0xf0 | (sz ? 1 : E_M8), sz, acc, s);
}
static inline void asm_cmov(Asm *a, AsmCc c, int sz, int d, int s)
{
    asm_op_r(a, E_0F | 0x40 | (u32)c, sz, d, s);
}
static inline void asm_cmov_m(Asm *a, AsmCc c, int sz, int d, Mem s)
{
    asm_op_m(a, E_0F | 0x40 | (u32)c, sz, d, s);
}
static inline void asm_setcc(Asm *a, AsmCc c, int r)              // low byte only
{
    asm_op_r(a, E_0F | E_M8 | 0x90 | (u32)c, 2, 0, r);
}
static inline void asm_setcc_m(Asm *a, AsmCc c, Mem m)
{
    asm_op_m(a, E_0F | 0x90 | (u32)c, 2, 0, m);
}

// -- locked: the flags of the plain operation ------------------------------------------------
static inline void asm_lock_cmpxchg(Asm *a, int sz, Mem m, int s) // rax: expected, then old
{
    asm_op_m(a, E_LOCK | E_0F | 0xb0 | enc_byte(sz), sz, s, m);
}
static inline void asm_lock_cmpxchg16b(Asm *a, int sz, Mem m)     // sz 3; sz 2: cmpxchg8b
{
    asm_op_m(a, E_LOCK | E_0F | 0xc7, sz, 1, m);
}
static inline void asm_lock_xadd(Asm *a, int sz, Mem m, int s)
{
    asm_op_m(a, E_LOCK | E_0F | 0xc0 | enc_byte(sz), sz, s, m);
}
static inline void asm_lock_alu(Asm *a, AsmAlu op, int sz, Mem m, int s)
{
    asm_op_m(a, E_LOCK | (u32)op << 3 | enc_byte(sz), sz, s, m);
}

// -- one-byte and the like --------------------------------------------------------------------
#define ASM_PLAIN(X) X(lahf, 1, 0x9f) X(sahf, 1, 0x9e) X(cmc, 1, 0xf5) X(clc, 1, 0xf8)          \
    X(stc, 1, 0xf9) X(ret, 1, 0xc3) X(int3, 1, 0xcc) X(cdq, 1, 0x99) X(cqo, 2, 0x9948)         \
    X(ud2, 2, 0x0b0f) X(pause, 2, 0x90f3) X(rdtsc, 2, 0x310f) X(mfence, 3, 0xf0ae0f)           \
    X(lfence, 3, 0xe8ae0f) X(sfence, 3, 0xf8ae0f) X(vzeroupper, 3, 0x77f8c5)
void asm_bytes(Asm *a, int n, u64 v);
#define X(n, len, bytes) static inline void asm_##n(Asm *a) { asm_bytes(a, len, bytes); }
ASM_PLAIN(X)
#undef X
static inline void asm_ldmxcsr(Asm *a, Mem m) { asm_op_m(a, E_0F | 0xae, 2, 2, m); }
static inline void asm_stmxcsr(Asm *a, Mem m) { asm_op_m(a, E_0F | 0xae, 2, 3, m); }
void asm_push(Asm *a, int r);
void asm_pop(Asm *a, int r);
static inline void asm_prefetchw(Asm *a, Mem m) { asm_op_m(a, E_0F | 0x0d, 2, 1, m); }

// -- jumps ------------------------------------------------------------------------------------
// Forward: gives the place of the displacement, for asm_patch_here / asm_patch32_here.
u8 *asm_jcc_short(Asm *a, AsmCc c);
u8 *asm_jmp_short(Asm *a);
u8 *asm_jcc_long(Asm *a, AsmCc c);
u8 *asm_jmp_long(Asm *a);
void asm_patch_here(Asm *a, u8 *rel8);              // at most 127 bytes on, else a bug
void asm_patch32_here(Asm *a, u8 *rel32);
void asm_patch32(Asm *a, u8 *rel32, const u8 *to);  // `to` in the written view
// Backward, to a place in the written view: the shortest form.
void asm_jcc_back(Asm *a, AsmCc c, const u8 *to);
void asm_jmp_back(Asm *a, const u8 *to);
// To an address outside, as it runs; it must be within 2 GiB.
void asm_call(Asm *a, const void *to);
u8 *asm_jmp_abs(Asm *a, const void *to);            // gives the place of its rel32
u8 *asm_jcc_abs(Asm *a, AsmCc c, const void *to);
static inline void asm_call_r(Asm *a, int r) { asm_op_r(a, 0xff, 2, 2, r); }
static inline void asm_call_m(Asm *a, Mem m) { asm_op_m(a, 0xff, 2, 2, m); }
static inline void asm_jmp_r(Asm *a, int r) { asm_op_r(a, 0xff, 2, 4, r); }
static inline void asm_jmp_m(Asm *a, Mem m) { asm_op_m(a, 0xff, 2, 4, m); }

// -- vectors, VEX.128: asm_NAME(a, d, s, t) and asm_NAME_m(a, d, s, Mem) ----------------------
// The lists are also read by tests/unit/amd64_asm.c.
// clang-format off
#define ASM_VEX3(X) \
    X(vpaddb, E_0F|E_66|E_COMM|0xfc) X(vpaddw, E_0F|E_66|E_COMM|0xfd) \
    X(vpaddd, E_0F|E_66|E_COMM|0xfe) X(vpaddq, E_0F|E_66|E_COMM|0xd4) \
    X(vpsubb, E_0F|E_66|0xf8) X(vpsubw, E_0F|E_66|0xf9) \
    X(vpsubd, E_0F|E_66|0xfa) X(vpsubq, E_0F|E_66|0xfb) \
    X(vpaddsb, E_0F|E_66|E_COMM|0xec) X(vpaddsw, E_0F|E_66|E_COMM|0xed) \
    X(vpaddusb, E_0F|E_66|E_COMM|0xdc) X(vpaddusw, E_0F|E_66|E_COMM|0xdd) \
    X(vpsubsb, E_0F|E_66|0xe8) X(vpsubsw, E_0F|E_66|0xe9) \
    X(vpsubusb, E_0F|E_66|0xd8) X(vpsubusw, E_0F|E_66|0xd9) \
    X(vpand, E_0F|E_66|E_COMM|0xdb) X(vpandn, E_0F|E_66|0xdf) \
    X(vpor, E_0F|E_66|E_COMM|0xeb) X(vpxor, E_0F|E_66|E_COMM|0xef) \
    X(vandps, E_0F|E_COMM|0x54) X(vandpd, E_0F|E_66|E_COMM|0x54) \
    X(vandnps, E_0F|0x55) X(vorps, E_0F|E_COMM|0x56) X(vxorps, E_0F|E_COMM|0x57) \
    X(vpmullw, E_0F|E_66|E_COMM|0xd5) X(vpmulhw, E_0F|E_66|E_COMM|0xe5) \
    X(vpmulhuw, E_0F|E_66|E_COMM|0xe4) X(vpmuludq, E_0F|E_66|E_COMM|0xf4) \
    X(vpmulld, E_38|E_66|E_COMM|0x40) X(vpmuldq, E_38|E_66|E_COMM|0x28) \
    X(vpmaddwd, E_0F|E_66|E_COMM|0xf5) X(vpmaddubsw, E_38|E_66|0x04) \
    X(vpmulhrsw, E_38|E_66|E_COMM|0x0b) \
    X(vpavgb, E_0F|E_66|E_COMM|0xe0) X(vpavgw, E_0F|E_66|E_COMM|0xe3) \
    X(vpsadbw, E_0F|E_66|E_COMM|0xf6) \
    X(vpminsb, E_38|E_66|E_COMM|0x38) X(vpminsw, E_0F|E_66|E_COMM|0xea) \
    X(vpminsd, E_38|E_66|E_COMM|0x39) X(vpminub, E_0F|E_66|E_COMM|0xda) \
    X(vpminuw, E_38|E_66|E_COMM|0x3a) X(vpminud, E_38|E_66|E_COMM|0x3b) \
    X(vpmaxsb, E_38|E_66|E_COMM|0x3c) X(vpmaxsw, E_0F|E_66|E_COMM|0xee) \
    X(vpmaxsd, E_38|E_66|E_COMM|0x3d) X(vpmaxub, E_0F|E_66|E_COMM|0xde) \
    X(vpmaxuw, E_38|E_66|E_COMM|0x3e) X(vpmaxud, E_38|E_66|E_COMM|0x3f) \
    X(vpcmpeqb, E_0F|E_66|E_COMM|0x74) X(vpcmpeqw, E_0F|E_66|E_COMM|0x75) \
    X(vpcmpeqd, E_0F|E_66|E_COMM|0x76) X(vpcmpeqq, E_38|E_66|E_COMM|0x29) \
    X(vpcmpgtb, E_0F|E_66|0x64) X(vpcmpgtw, E_0F|E_66|0x65) \
    X(vpcmpgtd, E_0F|E_66|0x66) X(vpcmpgtq, E_38|E_66|0x37) \
    X(vpunpcklbw, E_0F|E_66|0x60) X(vpunpcklwd, E_0F|E_66|0x61) \
    X(vpunpckldq, E_0F|E_66|0x62) X(vpunpcklqdq, E_0F|E_66|0x6c) \
    X(vpunpckhbw, E_0F|E_66|0x68) X(vpunpckhwd, E_0F|E_66|0x69) \
    X(vpunpckhdq, E_0F|E_66|0x6a) X(vpunpckhqdq, E_0F|E_66|0x6d) \
    X(vpacksswb, E_0F|E_66|0x63) X(vpackssdw, E_0F|E_66|0x6b) \
    X(vpackuswb, E_0F|E_66|0x67) X(vpackusdw, E_38|E_66|0x2b) \
    X(vpshufb, E_38|E_66|0x00) X(vpsignb, E_38|E_66|0x08) \
    X(vphaddw, E_38|E_66|0x01) X(vphaddd, E_38|E_66|0x02) \
    X(vpsllw, E_0F|E_66|0xf1) X(vpslld, E_0F|E_66|0xf2) X(vpsllq, E_0F|E_66|0xf3) \
    X(vpsrlw, E_0F|E_66|0xd1) X(vpsrld, E_0F|E_66|0xd2) X(vpsrlq, E_0F|E_66|0xd3) \
    X(vpsraw, E_0F|E_66|0xe1) X(vpsrad, E_0F|E_66|0xe2) \
    X(vpsllvd, E_38|E_66|0x47) X(vpsllvq, E_38|E_66|E_W1|0x47) \
    X(vpsrlvd, E_38|E_66|0x45) X(vpsrlvq, E_38|E_66|E_W1|0x45) X(vpsravd, E_38|E_66|0x46) \
    X(vaesenc, E_38|E_66|0xdc) X(vaesenclast, E_38|E_66|0xdd) \
    X(vaesdec, E_38|E_66|0xde) X(vaesdeclast, E_38|E_66|0xdf) \
    X(vaddss, E_0F|E_F3|0x58) X(vaddsd, E_0F|E_F2|0x58) \
    X(vaddps, E_0F|0x58) X(vaddpd, E_0F|E_66|0x58) \
    X(vsubss, E_0F|E_F3|0x5c) X(vsubsd, E_0F|E_F2|0x5c) \
    X(vsubps, E_0F|0x5c) X(vsubpd, E_0F|E_66|0x5c) \
    X(vmulss, E_0F|E_F3|0x59) X(vmulsd, E_0F|E_F2|0x59) \
    X(vmulps, E_0F|0x59) X(vmulpd, E_0F|E_66|0x59) \
    X(vdivss, E_0F|E_F3|0x5e) X(vdivsd, E_0F|E_F2|0x5e) \
    X(vdivps, E_0F|0x5e) X(vdivpd, E_0F|E_66|0x5e) \
    X(vminss, E_0F|E_F3|0x5d) X(vminsd, E_0F|E_F2|0x5d) \
    X(vminps, E_0F|0x5d) X(vminpd, E_0F|E_66|0x5d) \
    X(vmaxss, E_0F|E_F3|0x5f) X(vmaxsd, E_0F|E_F2|0x5f) \
    X(vmaxps, E_0F|0x5f) X(vmaxpd, E_0F|E_66|0x5f) \
    X(vsqrtss, E_0F|E_F3|0x51) X(vsqrtsd, E_0F|E_F2|0x51) \
    X(vcvtss2sd, E_0F|E_F3|0x5a) X(vcvtsd2ss, E_0F|E_F2|0x5a) \
    X(vunpcklps, E_0F|0x14) X(vunpcklpd, E_0F|E_66|0x14) X(vunpckhpd, E_0F|E_66|0x15)
// d, s
#define ASM_VEX2(X) \
    X(vpabsb, E_38|E_66|0x1c) X(vpabsw, E_38|E_66|0x1d) X(vpabsd, E_38|E_66|0x1e) \
    X(vpmovzxbw, E_38|E_66|0x30) X(vpmovzxwd, E_38|E_66|0x33) X(vpmovzxdq, E_38|E_66|0x35) \
    X(vpmovsxbw, E_38|E_66|0x20) X(vpmovsxwd, E_38|E_66|0x23) X(vpmovsxdq, E_38|E_66|0x25) \
    X(vpbroadcastb, E_38|E_66|0x78) X(vpbroadcastw, E_38|E_66|0x79) \
    X(vpbroadcastd, E_38|E_66|0x58) X(vpbroadcastq, E_38|E_66|0x59) \
    X(vmovddup, E_0F|E_F2|0x12) X(vmovshdup, E_0F|E_F3|0x16) X(vmovsldup, E_0F|E_F3|0x12) \
    X(vsqrtps, E_0F|0x51) X(vsqrtpd, E_0F|E_66|0x51) \
    X(vucomiss, E_0F|0x2e) X(vucomisd, E_0F|E_66|0x2e) \
    X(vcomiss, E_0F|0x2f) X(vcomisd, E_0F|E_66|0x2f) \
    X(vcvtps2pd, E_0F|0x5a) X(vcvtpd2ps, E_0F|E_66|0x5a) \
    X(vcvtdq2ps, E_0F|0x5b) X(vcvttps2dq, E_0F|E_F3|0x5b) X(vcvtps2dq, E_0F|E_66|0x5b) \
    X(vcvtdq2pd, E_0F|E_F3|0xe6) X(vcvttpd2dq, E_0F|E_66|0xe6) \
    X(vptest, E_38|E_66|0x17) X(vtestps, E_38|E_66|0x0e) X(vtestpd, E_38|E_66|0x0f) \
    X(vaesimc, E_38|E_66|0xdb) X(vcvtph2ps, E_38|E_66|0x13) \
    X(vmovdqu, E_0F|E_F3|0x6f) X(vmovups, E_0F|0x10)
// d, s, t, imm8
#define ASM_VEX3I(X) \
    X(vpalignr, E_3A|E_66|0x0f) X(vpblendw, E_3A|E_66|0x0e) X(vpblendd, E_3A|E_66|0x02) \
    X(vblendps, E_3A|E_66|0x0c) X(vblendpd, E_3A|E_66|0x0d) \
    X(vshufps, E_0F|0xc6) X(vshufpd, E_0F|E_66|0xc6) X(vinsertps, E_3A|E_66|0x21) \
    X(vpclmulqdq, E_3A|E_66|0x44) \
    X(vroundss, E_3A|E_66|0x0a) X(vroundsd, E_3A|E_66|0x0b) \
    X(vcmpps, E_0F|0xc2) X(vcmppd, E_0F|E_66|0xc2) \
    X(vcmpss, E_0F|E_F3|0xc2) X(vcmpsd, E_0F|E_F2|0xc2)
// d, s, imm8
#define ASM_VEX2I(X) \
    X(vpshufd, E_0F|E_66|0x70) X(vpshuflw, E_0F|E_F2|0x70) X(vpshufhw, E_0F|E_F3|0x70) \
    X(vroundps, E_3A|E_66|0x08) X(vroundpd, E_3A|E_66|0x09)
// shifts by a constant: d, s, imm8; group
#define ASM_VSHIFT(X) \
    X(vpsrlw_i, 0x71, 2) X(vpsraw_i, 0x71, 4) X(vpsllw_i, 0x71, 6) \
    X(vpsrld_i, 0x72, 2) X(vpsrad_i, 0x72, 4) X(vpslld_i, 0x72, 6) \
    X(vpsrlq_i, 0x73, 2) X(vpsllq_i, 0x73, 6) X(vpsrldq_i, 0x73, 3) X(vpslldq_i, 0x73, 7)
// d, s, t, mask
#define ASM_VBLENDV(X) \
    X(vpblendvb, E_3A|E_66|0x4c) X(vblendvps, E_3A|E_66|0x4a) X(vblendvpd, E_3A|E_66|0x4b)
// EVEX.128 without masking, needs ASM_AVX512 (vpopcntb: ASM_BITALG)
#define ASM_EVEX3(X) \
    X(vpmullq, E_38|E_66|E_W1|0x40) X(vpsravq, E_38|E_66|E_W1|0x46) \
    X(vpsllvw, E_38|E_66|E_W1|0x12) X(vpsrlvw, E_38|E_66|E_W1|0x10) \
    X(vpsravw, E_38|E_66|E_W1|0x11) \
    X(vpminsq, E_38|E_66|E_W1|0x39) X(vpminuq, E_38|E_66|E_W1|0x3b) \
    X(vpmaxsq, E_38|E_66|E_W1|0x3d) X(vpmaxuq, E_38|E_66|E_W1|0x3f)
#define ASM_EVEX2(X) \
    X(vpabsq, E_38|E_66|E_W1|0x1f) X(vpopcntb, E_38|E_66|0x54) \
    X(vpmovwb, E_38|E_F3|0x30) X(vpmovdw, E_38|E_F3|0x33) X(vpmovqd, E_38|E_F3|0x35)
// clang-format on
#define X(n, e)                                                                                \
    static inline void asm_##n(Asm *a, int d, int s, int t)                                    \
    {                                                                                          \
        asm_vex_r(a, e, d, s, t, NO_IMM);                                                      \
    }                                                                                          \
    static inline void asm_##n##_m(Asm *a, int d, int s, Mem m)                                \
    {                                                                                          \
        asm_vex_m(a, e, d, s, m, NO_IMM);                                                      \
    }
ASM_VEX3(X)
#undef X
#define X(n, e)                                                                                \
    static inline void asm_##n(Asm *a, int d, int s) { asm_vex_r(a, e, d, 0, s, NO_IMM); }     \
    static inline void asm_##n##_m(Asm *a, int d, Mem m) { asm_vex_m(a, e, d, 0, m, NO_IMM); }
ASM_VEX2(X)
#undef X
#define X(n, e)                                                                                \
    static inline void asm_##n(Asm *a, int d, int s, int t, int k)                             \
    {                                                                                          \
        asm_vex_r(a, e, d, s, t, imm_n(1, k));                                                 \
    }                                                                                          \
    static inline void asm_##n##_m(Asm *a, int d, int s, Mem m, int k)                         \
    {                                                                                          \
        asm_vex_m(a, e, d, s, m, imm_n(1, k));                                                 \
    }
ASM_VEX3I(X)
#undef X
#define X(n, e)                                                                                \
    static inline void asm_##n(Asm *a, int d, int s, int k)                                    \
    {                                                                                          \
        asm_vex_r(a, e, d, 0, s, imm_n(1, k));                                                 \
    }
ASM_VEX2I(X)
#undef X
#define X(n, op, g)                                                                            \
    static inline void asm_##n(Asm *a, int d, int s, int k)                                    \
    {                                                                                          \
        asm_vex_r(a, E_0F | E_66 | op, g, d, s, imm_n(1, k));                                  \
    }
ASM_VSHIFT(X)
#undef X
#define X(n, e)                                                                                \
    static inline void asm_##n(Asm *a, int d, int s, int t, int mask)                          \
    {                                                                                          \
        asm_vex_r(a, e, d, s, t, imm_n(1, mask << 4));                                         \
    }
ASM_VBLENDV(X)                                      // top bit of mask lane ? t : s
#undef X
#define X(n, e) static inline void asm_##n(Asm *a, int d, int s, int t) \
    { asm_evex_r(a, e, d, s, t, NO_IMM); }
ASM_EVEX3(X)
#undef X
#define X(n, e) static inline void asm_##n(Asm *a, int d, int s) \
    { asm_evex_r(a, e, d, 0, s, NO_IMM); }
ASM_EVEX2(X)                                        // vpmov*: narrows s into d
#undef X
static inline void asm_vpsraq_i(Asm *a, int d, int s, int n)
{
    asm_evex_r(a, E_0F | E_66 | E_W1 | 0x72, 4, d, s, imm_n(1, n));
}
static inline void asm_vpternlogq(Asm *a, int d, int s, int t, int table)
{
    asm_evex_r(a, E_3A | E_66 | E_W1 | 0x25, d, s, t, imm_n(1, table));
}
static inline void asm_vpbroadcast_r(Asm *a, int sz, int d, int r)    // ASM_AVX512: from a GPR
{
    static const u32 op[] = { 0x7a, 0x7b, 0x7c, E_W1 | 0x7c };
    asm_evex_r(a, E_38 | E_66 | op[sz], d, 0, r, NO_IMM);
}

// SHA, legacy encodings (ASM_SHA): d is read too; rnds2 takes its two words from xmm0.
#define ASM_SHA256(X) X(sha256rnds2, 0xcb) X(sha256msg1, 0xcc) X(sha256msg2, 0xcd)
#define X(n, op) static inline void asm_##n(Asm *a, int d, int s) \
    { asm_op_r(a, E_38 | (op), 2, d, s); }
ASM_SHA256(X)
#undef X

// Moves.  The 16-byte aligned forms fault on unaligned memory.
void asm_vmov(Asm *a, int d, int s);                // whole register, nothing when d == s
static inline void asm_vmovq(Asm *a, int d, int s)
{
    asm_vex_r(a, E_0F | E_F3 | 0x7e, d, 0, s, NO_IMM);
}
static inline void asm_vmovdqa_load(Asm *a, int d, Mem m)
{
    asm_vex_m(a, E_0F | E_66 | 0x6f, d, 0, m, NO_IMM);
}
static inline void asm_vmovdqa_store(Asm *a, Mem m, int s)
{
    asm_vex_m(a, E_0F | E_66 | 0x7f, s, 0, m, NO_IMM);
}
static inline void asm_vmovaps_load(Asm *a, int d, Mem m)
{
    asm_vex_m(a, E_0F | 0x28, d, 0, m, NO_IMM);
}
static inline void asm_vmovaps_store(Asm *a, Mem m, int s)
{
    asm_vex_m(a, E_0F | 0x29, s, 0, m, NO_IMM);
}
static inline void asm_vmovups_load(Asm *a, int d, Mem m)
{
    asm_vex_m(a, E_0F | 0x10, d, 0, m, NO_IMM);
}
static inline void asm_vmovups_store(Asm *a, Mem m, int s)
{
    asm_vex_m(a, E_0F | 0x11, s, 0, m, NO_IMM);
}
// sz 2: 4 bytes, 3: 8 bytes; loads zero the rest of the register
static inline void asm_vmovs_load(Asm *a, int sz, int d, Mem m)
{
    asm_vex_m(a, E_0F | (sz == 3 ? E_F2 : E_F3) | 0x10, d, 0, m, NO_IMM);
}
static inline void asm_vmovs_store(Asm *a, int sz, Mem m, int s)
{
    asm_vex_m(a, E_0F | (sz == 3 ? E_F2 : E_F3) | 0x11, s, 0, m, NO_IMM);
}
static inline void asm_vmovss(Asm *a, int d, int s, int t)    // d = { t[0], s[1..3] }
{
    asm_vex_r(a, E_0F | E_F3 | 0x10, d, s, t, NO_IMM);
}
static inline void asm_vmov_from_r(Asm *a, int sz, int d, int r)  // upper bits zero
{
    asm_vex_r(a, E_0F | E_66 | 0x6e | enc_w(sz), d, 0, r, NO_IMM);
}
static inline void asm_vmov_to_r(Asm *a, int sz, int r, int s)
{
    asm_vex_r(a, E_0F | E_66 | 0x7e | enc_w(sz), s, 0, r, NO_IMM);
}
void asm_vpextr(Asm *a, int sz, int r, int s, int lane);      // zero-extended
void asm_vpinsr(Asm *a, int sz, int d, int s, int r, int lane);
static inline void asm_vmovmskps(Asm *a, int r, int s)
{
    asm_vex_r(a, E_0F | 0x50, r, 0, s, NO_IMM);
}
static inline void asm_vmovmskpd(Asm *a, int r, int s)
{
    asm_vex_r(a, E_0F | E_66 | 0x50, r, 0, s, NO_IMM);
}
static inline void asm_vpmovmskb(Asm *a, int r, int s)
{
    asm_vex_r(a, E_0F | E_66 | 0xd7, r, 0, s, NO_IMM);
}
static inline void asm_vcvtps2ph(Asm *a, int d, int s, int k)
{
    asm_vex_r(a, E_3A | E_66 | 0x1d, s, 0, d, imm_n(1, k));
}

// -- FP by format: the mandatory prefix is the format -----------------------------------------
typedef enum { FMT_PS = E_NP, FMT_PD = E_66, FMT_SS = E_F3, FMT_SD = E_F2 } AsmFmt;
typedef enum { VFP_SQRT = 0x51, VFP_ADD = 0x58, VFP_MUL = 0x59, VFP_SUB = 0x5c, VFP_MIN = 0x5d,
               VFP_DIV = 0x5e, VFP_MAX = 0x5f } AsmFp;
static inline bool fmt_double(AsmFmt f) { return f == FMT_PD || f == FMT_SD; }
static inline bool fmt_scalar(AsmFmt f) { return f == FMT_SS || f == FMT_SD; }
static inline void asm_vfp(Asm *a, AsmFp op, AsmFmt f, int d, int s, int t)   // sqrt: of t
{
    asm_vex_r(a, E_0F | (u32)f | (u32)op, d, op == VFP_SQRT && !fmt_scalar(f) ? 0 : s, t, NO_IMM);
}
static inline void asm_vcmp(Asm *a, AsmFmt f, int d, int s, int t, int pred)
{
    asm_vex_r(a, E_0F | (u32)f | 0xc2, d, s, t, imm_n(1, pred));
}
static inline void asm_vcmp_m(Asm *a, AsmFmt f, int d, int s, Mem m, int pred)
{
    asm_vex_m(a, E_0F | (u32)f | 0xc2, d, s, m, imm_n(1, pred));
}
static inline void asm_vucomis(Asm *a, bool dbl, int s, int t)
{
    asm_vex_r(a, E_0F | (dbl ? E_66 : 0) | 0x2e, s, 0, t, NO_IMM);
}
static inline void asm_vucomis_m(Asm *a, bool dbl, int s, Mem m)
{
    asm_vex_m(a, E_0F | (dbl ? E_66 : 0) | 0x2e, s, 0, m, NO_IMM);
}
static inline void asm_vcomis(Asm *a, bool dbl, int s, int t)
{
    asm_vex_r(a, E_0F | (dbl ? E_66 : 0) | 0x2f, s, 0, t, NO_IMM);
}
static inline void asm_vrounds(Asm *a, bool dbl, int d, int s, int t, int k)
{
    asm_vex_r(a, E_3A | E_66 | 0x0a | dbl, d, s, t, imm_n(1, k));
}
// FMA3: d = FMA_132: d * t + s; FMA_213: s * d + t; FMA_231: s * t + d.
typedef enum { FMA_132, FMA_213, FMA_231 } AsmFmaForm;
typedef enum { FMA_ADD, FMA_SUB, FMA_NADD, FMA_NSUB } AsmFmaKind;   // N: the product negated
static inline void asm_vfma(Asm *a, AsmFmaForm form, AsmFmaKind kind, AsmFmt f, int d, int s,
                            int t)
{
    u32 op = 0x98 + ((u32)form << 4) + ((u32)kind << 1) + fmt_scalar(f);
    asm_vex_r(a, E_38 | E_66 | op | (fmt_double(f) ? E_W1 : 0), d, s, t, NO_IMM);
}
// Conversions; dbl: the FP side is F64, sz: of the integer (2, 3).
static inline void asm_vcvtsi2s(Asm *a, bool dbl, int sz, int d, int s, int r)
{
    asm_vex_r(a, E_0F | (dbl ? E_F2 : E_F3) | 0x2a | enc_w(sz), d, s, r, NO_IMM);
}
static inline void asm_vcvtts2si(Asm *a, bool dbl, int sz, int r, int s)
{
    asm_vex_r(a, E_0F | (dbl ? E_F2 : E_F3) | 0x2c | enc_w(sz), r, 0, s, NO_IMM);
}
static inline void asm_vcvts2si(Asm *a, bool dbl, int sz, int r, int s)      // by MXCSR
{
    asm_vex_r(a, E_0F | (dbl ? E_F2 : E_F3) | 0x2d | enc_w(sz), r, 0, s, NO_IMM);
}
static inline void asm_vcvtts2usi(Asm *a, bool dbl, int sz, int r, int s)    // ASM_AVX512
{
    asm_evex_r(a, E_0F | (dbl ? E_F2 : E_F3) | 0x78 | enc_w(sz), r, 0, s, NO_IMM);
}
static inline void asm_vcvtusi2s(Asm *a, bool dbl, int sz, int d, int s, int r)  // ASM_AVX512
{
    asm_evex_r(a, E_0F | (dbl ? E_F2 : E_F3) | 0x7b | enc_w(sz), d, s, r, NO_IMM);
}
