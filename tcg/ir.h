// SPDX-License-Identifier: MIT
// The translator's intermediate representation and its builder.
//
// A Region is a linear array of 32-byte instructions (Ins) in SSA form: an instruction's
// index is the name of its value.  Constants have negative names and live in a pool, so
// that equal constants are equal names.  Guest registers are read and written by GET and
// PUT on indices of the front-end's register table; the builder forwards PUT to GET, so
// within a region a guest register is just the last value put there.
//
// Guest exceptions are precise by snapshots: a memory operation that faults shows the
// guest the registers as the PUTs before its INSN left them, and that INSN's pc.  The rule
// this puts on front-ends: within one guest instruction no PUT before the last operation
// that can fault (verify.c checks it).
//
// FLAGS values are symbolic.  Nothing computes NZCV until somebody uses it; a host
// remakes the comparison where it is used, or finds it still in the host's flags.
//
// Types of arguments: 32-bit values ignore nothing and promise zero upper halves; a shift
// by a variable takes it modulo the width; F32 and F64 promise nothing about upper bits.
//
// Threads: a Ctx belongs to the thread that translates.  Ownership: everything lives in
// the Ctx and is gone at the next ir_reset.
#pragma once
#include "core/cpu.h"
#include "util/str.h"
#include "util/types.h"

typedef struct Val { i32 id; } Val;                 // an SSA value; never mix with an int
typedef struct Ctx Ctx;

typedef enum { T_VOID, T_I32, T_I64, T_F32, T_F64, T_V128, T_FLAGS } IrType;

enum {
#define OP(name, nin, res, props, doc) OP_##name,
#include "tcg/ops.def"
#undef OP
    OP_COUNT
};

// Conditions on FLAGS, in Arm's order (C1.2.4); each odd one negates the even one before.
typedef enum { IC_EQ, IC_NE, IC_HS, IC_LO, IC_MI, IC_PL, IC_VS, IC_VC, IC_HI, IC_LS,
               IC_GE, IC_LT, IC_GT, IC_LE } IrCond;

// Canonical packed NZCV: what lahf (AH) and seto (AL) leave in AX after a subtraction.
// C is stored inverted (borrow).  Other bits of the word are don't care.
enum { IR_NZCV_N = 1 << 15, IR_NZCV_Z = 1 << 14, IR_NZCV_NOT_C = 1 << 8, IR_NZCV_V = 1 << 0 };
static inline u32 ir_nzcv_pack(u32 nzcv)            // Arm's N=8 Z=4 C=2 V=1 -> canonical
{
    return (nzcv & 8) << 12 | (nzcv & 4) << 12 | (~nzcv & 2) << 7 | (nzcv & 1);
}
static inline u32 ir_nzcv_unpack(u32 p)             // canonical -> Arm's 4 bits
{
    return (p >> 12 & 8) | (p >> 12 & 4) | (~p >> 7 & 2) | (p & 1);
}

// Memory operations: ins.aux of LD, ST, ...  The type of the result is ins.ty: an integer
// load of fewer bytes is zero- or sign-extended to I32 or I64.
typedef u16 MemOp;
enum {
    MO_8 = 0, MO_16 = 1, MO_32 = 2, MO_64 = 3, MO_128 = 4, MO_SIZE = 7,
    MO_SIGN   = 1 << 3,                             // sign-extend
    MO_BE     = 1 << 4,                             // big-endian data
    MO_ALIGN  = 1 << 5,                             // fault when not naturally aligned
    MO_USER   = 1 << 6,                             // the other space (LDTR, STTR): EL0's
    MO_ACQ    = 1 << 7,                             // load-acquire
    MO_REL    = 1 << 8,                             // store-release (sequentially consistent)
    MO_ATOMIC = 1 << 9,                             // single-copy atomic; LD2, ST2: both at
                                                    // once where 16 bytes are aligned
    MO_ORDERED = 1 << 10,                           // AcquireOrdered/Release: faults say so
    MO_ALIGN16 = 1 << 11,                           // fault when not within 16 aligned bytes
    MO_DCZVA  = 1 << 12,                            // cache maintenance: fault syndrome CM
};
static inline unsigned memop_bytes(MemOp m) { return 1u << (m & MO_SIZE); }

typedef enum { RMW_ADD, RMW_CLR, RMW_EOR, RMW_SET, RMW_SMAX, RMW_SMIN, RMW_UMAX, RMW_UMIN,
               RMW_SWP } IrRmw;                     // Arm's LD<op> order, then SWP
typedef enum { FENCE_LD, FENCE_ST, FENCE_ALL } IrFence;
typedef enum { IR_RN, IR_RP, IR_RM, IR_RZ, IR_RA, IR_RCUR } IrRound;  // RA: ties away; RCUR: FPCR
enum { IR_ROUND_EXACT = 8, IR_TOI_UNSIGNED = 16 };
enum { VL_8, VL_16, VL_32, VL_64, VL_MASK = 3, VQ_HALF = 4 };

typedef struct V128 { alignas(16) u64 d[2]; } V128;

typedef struct Ins {
    u8  op, ty, ty2, sub;                           // ty: of the result (of the data for stores)
    u16 aux, uses;                                  // uses: filled by dce
    Val a, b, c;
    i32 imm;
    union { u64 k; struct { Val d, e; }; };
} Ins;

// -- helpers called from generated code --------------------------------------------------
// Arguments: integers by value (I32/I64), at most 6; `Cpu *` first when HELPER_CPU.  A V128
// is passed as ir_reg_ptr() to its guest register.  All guest registers that the helper
// reads by its flags are stored before, those it writes are reloaded after.
enum {
    HELPER_CPU    = 1,                              // first argument is the Cpu
    HELPER_READS  = 2,                              // reads guest registers in the Cpu
    HELPER_WRITES = 4,                              // writes guest registers in the Cpu
    HELPER_RAISES = 8,                              // may tcg_unwind: pc and registers exact
    HELPER_PURE   = 16,                             // no side effect: may be removed
};
typedef struct Helper { const void *fn; const char *name; u32 flags; IrType ret; } Helper;
#define HELPER(f, fl, r) { (const void *)(f), #f, (fl), (r) }

typedef struct IrCall {
    const Helper *h;
    Val args[6];
    int nargs;
    u64 reads, writes;                              // bit r: guest register r of regs[0..63];
                                                    // vector helpers name theirs, others ~0
    u64 reads_hi, writes_hi;                        // registers 64..127
} IrCall;

enum { IR_MAX_INS = 8192, IR_MAX_CONST = 2048, IR_MAX_CALL = 256, IR_MAX_REGS = 128,
       IR_MAX_GUEST = 512 };

struct Ctx {
    // what the front-end reads
    Cpu *cpu;
    u64 start, pc, next_pc;                         // region's, current and next instruction
    u32 mode;                                       // the front-end's mode key
    u32 max_insns, insns;
    bool ended;                                     // an exit has been emitted
    bool parallel;                                  // other CPUs may see how memory is accessed
    u32 fe[16];                                     // front-end scratch, zeroed at begin
    // what the front-end leaves alone
    const struct TcgFrontend *fend;
    Ins *ins;           int n;
    u64 *konst;         int nkonst;
    V128 *vkonst;       int nvkonst;
    IrCall *calls;      int ncalls;
    Val cur[IR_MAX_REGS];                           // current value of each register, id 0 = none
    Val narrow[IR_MAX_REGS];                        // its I32 or F32/F64 view, id 0 = none
    bool overflow;                                  // ran out of room: retry with fewer insns
    u8 *kmoves;                                     // of each constant: does it move with the pc?
    bool moves;                                     // could the region be at another VA so far?
    i16 kbucket[256];                               // constant hash heads
    i16 *knext;
    const void *fetch_host;                         // page under translation
    u64 fetch_page;
    u32 code_lo, code_hi;                           // byte range of the page that was read
    // by dce: of each value the last instruction that uses it (of a FLAGS's operands, that uses
    // the FLAGS); what touches memory, leaves, calls or orders, the last first; how many do
    u16 *last;
    u16 *marks;         int nmarks;
    u32 accesses, exits;
};

bool ir_new(Ctx *t);                                // allocates the arrays; false: no memory
void ir_free(Ctx *t);
void ir_reset(Ctx *t, Cpu *cpu, const struct TcgFrontend *fe, u64 pc, u32 mode);

// -- builder -------------------------------------------------------------------------------
// Values of ADD etc. take the width as the `IrType ty` they are given (T_I32 or T_I64).
Val  ir_k(Ctx *t, u64 v);                           // constant (an I32 constant: zero-extended)
// A constant that moves with the region: where the same page is mapped elsewhere, it is as far
// from its old value as the page.  Every constant made of the pc is one; see relocate.c.
Val  ir_k_pc(Ctx *t, u64 v);
bool ir_moves(const Ctx *t, Val v);
bool ir_is_k(Val v);
u64  ir_kval(Ctx *t, Val v);                        // who reads one that moves keeps the region
                                                    // from moving
u64  ir_kval_now(const Ctx *t, Val v);              // for those who see to it that it may
Val  ir_op(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm);  // folds if pure
Ins *ir_at(Ctx *t, Val v);                          // the defining instruction; not for constants
extern const Val ir_none;                           // { 0 }: instruction 0 is a sentinel

Val  ir_get(Ctx *t, int reg, IrType ty);            // I64/I32 of a 64-bit register (I32: low
                                                    // half); V128/F64/F32 of a vector; FLAGS
void ir_put(Ctx *t, int reg, Val v, IrType ty);     // narrower types zero-extend
Val  ir_get_flags(Ctx *t);                          // current NZCV as FLAGS
void ir_put_flags(Ctx *t, Val flags);               // (packs what cannot be remade cheaply)
Val  ir_reg_ptr(Ctx *t, int reg);                   // address of a register, for helpers
Val  ir_ldenv(Ctx *t, IrType ty, int log2size, u32 cpu_offset);
void ir_stenv(Ctx *t, Val v, int log2size, u32 cpu_offset);

Val  ir_ld(Ctx *t, IrType ty, MemOp m, Val addr, i32 off);
Val  ir_ld2(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val *second);
void ir_st(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val v);
void ir_st2(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val v, Val w);
Val  ir_ldx(Ctx *t, IrType ty, MemOp m, Val addr);
Val  ir_ldx2(Ctx *t, IrType ty, MemOp m, Val addr, Val *second);
Val  ir_stx(Ctx *t, IrType ty, MemOp m, Val addr, Val v);
Val  ir_stx2(Ctx *t, IrType ty, MemOp m, Val addr, Val v, Val w);
Val  ir_cas(Ctx *t, IrType ty, MemOp m, Val addr, Val expect, Val v);
Val  ir_cas2(Ctx *t, IrType ty, MemOp m, Val addr, Val e0, Val e1, Val n0, Val n1, Val *second);
Val  ir_rmw(Ctx *t, IrType ty, MemOp m, IrRmw kind, Val addr, Val v);
void ir_fence(Ctx *t, IrFence f);

// A call.  reads/writes name vector or other registers that the helper touches through
// pointers; with HELPER_READS / HELPER_WRITES all of them are meant.
Val  ir_call(Ctx *t, const Helper *h, int nargs, const Val *args);
Val  ir_call_regs(Ctx *t, const Helper *h, int nargs, const Val *args,
                  const u8 *rd, int nrd, const u8 *wr, int nwr);

void ir_insn(Ctx *t, u64 pc);                       // (the translation loop does this)
void ir_exit_if(Ctx *t, Val flags, IrCond c, u64 pc);
void ir_exit_rarely(Ctx *t, Val flags, IrCond c, u64 pc);  // the same, for a guest's errors
void ir_exit(Ctx *t, u64 pc);                       // these end the region (t->ended)
void ir_exit_ind(Ctx *t, Val pc);
void ir_exit_dyn(Ctx *t);
void ir_exit_loop(Ctx *t, u64 pc);

// Shorthand for the commonest operations.
#define IR2(fn, OPC) static inline Val fn(Ctx *t, IrType ty, Val a, Val b) \
    { return ir_op(t, OPC, ty, a, b, ir_none, 0, 0); }
IR2(ir_add, OP_ADD) IR2(ir_sub, OP_SUB) IR2(ir_and, OP_AND) IR2(ir_or, OP_OR)
IR2(ir_xor, OP_XOR) IR2(ir_andn, OP_ANDN) IR2(ir_mul, OP_MUL) IR2(ir_udiv, OP_UDIV)
IR2(ir_sdiv, OP_SDIV) IR2(ir_shl, OP_SHL) IR2(ir_shr, OP_SHR) IR2(ir_sar, OP_SAR)
IR2(ir_ror, OP_ROR)
#undef IR2
#define IR1(fn, OPC, TY) static inline Val fn(Ctx *t, Val a) \
    { return ir_op(t, OPC, TY, a, ir_none, ir_none, 0, 0); }
IR1(ir_zext, OP_ZEXT, T_I64) IR1(ir_sext, OP_SEXT, T_I64) IR1(ir_trunc, OP_TRUNC, T_I32)
IR1(ir_fl_pack, OP_FLPACK, T_I32) IR1(ir_fl_unpack, OP_FLUNPACK, T_FLAGS)
#undef IR1
static inline Val ir_addi(Ctx *t, IrType ty, Val a, i64 k)
{
    return ir_add(t, ty, a, ir_k(t, ty == T_I32 ? (u32)k : (u64)k));
}
static inline Val ir_not(Ctx *t, IrType ty, Val a)
{
    return ir_op(t, OP_NOT, ty, a, ir_none, ir_none, 0, 0);
}
static inline Val ir_neg(Ctx *t, IrType ty, Val a)
{
    return ir_op(t, OP_NEG, ty, a, ir_none, ir_none, 0, 0);
}
static inline Val ir_ubfx(Ctx *t, IrType ty, Val a, int pos, int len)
{
    return ir_op(t, OP_UBFX, ty, a, ir_none, ir_none, (u16)len, pos);
}
static inline Val ir_sbfx(Ctx *t, IrType ty, Val a, int pos, int len)
{
    return ir_op(t, OP_SBFX, ty, a, ir_none, ir_none, (u16)len, pos);
}
static inline Val ir_bfi(Ctx *t, IrType ty, Val a, Val b, int pos, int len)
{
    return ir_op(t, OP_BFI, ty, a, b, ir_none, (u16)len, pos);
}
static inline Val ir_sel(Ctx *t, IrType ty, Val fl, IrCond c, Val a, Val b)
{
    return ir_op(t, OP_SEL, ty, a, b, fl, (u16)c, 0);
}
static inline Val ir_setcc(Ctx *t, Val fl, IrCond c)
{
    return ir_op(t, OP_SETCC, T_I32, fl, ir_none, ir_none, (u16)c, 0);
}
// flags: `ty` is the width of the operands
Val ir_fl(Ctx *t, int op, IrType ty, Val a, Val b, Val c);
Val ir_fl_ccmp(Ctx *t, Val flags, IrCond c, Val then_flags, u32 else_nzcv);
Val ir_fl_fcmp(Ctx *t, IrType ty, Val a, Val b, bool signalling);
// vectors
Val ir_vconst(Ctx *t, u64 lo, u64 hi);
static inline Val ir_v1(Ctx *t, int op, Val a, u16 aux, i32 imm)
{
    return ir_op(t, op, T_V128, a, ir_none, ir_none, aux, imm);
}
static inline Val ir_v2(Ctx *t, int op, Val a, Val b, u16 aux, i32 imm)
{
    return ir_op(t, op, T_V128, a, b, ir_none, aux, imm);
}
static inline Val ir_v3(Ctx *t, int op, Val a, Val b, Val c, u16 aux, i32 imm)
{
    return ir_op(t, op, T_V128, a, b, c, aux, imm);
}
// an operation with a source type (FPCVT, FPTOI, ITOFP, F2I, I2F, V2F, F2V)
Val ir_cvt(Ctx *t, int op, IrType to, IrType from, Val a, u16 aux);

// -- about the operations --------------------------------------------------------------
enum { OPP_P = 1, OPP_C = 2, OPP_M = 4, OPP_R = 8, OPP_W = 16, OPP_X = 32, OPP_Q = 64,
       OPP_K = 128 };
typedef struct OpInfo { u8 nin; char res; u8 props; } OpInfo;
extern const OpInfo ir_ops[OP_COUNT];
extern const char *const ir_names[OP_COUNT];
void ir_dump(const Ctx *t, Str *out);        // text, one line an instruction
bool ir_verify(const Ctx *t, Str *why);      // false and the reason: a front-end bug
void ir_pass_dce(Ctx *t);                           // removes what nobody uses, fills uses and
                                                    // last
