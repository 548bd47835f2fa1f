// SPDX-License-Identifier: MIT
// Register allocation for one region, done while it is emitted: see the essay in ra.c.
// Everything here belongs to the compiling thread.
#pragma once
#include "tcg/host/amd64/asm.h"
#include "tcg/tcg.h"

enum {
    GPR_POOL = 1 << RBX | 1 << RSI | 1 << RDI | 1 << R8 | 1 << R9 | 1 << R10 | 1 << R11 | 1 << R12 |
               1 << R13 | 1 << R14,
    GPR_SAVED = 1 << RBX | 1 << R12 | 1 << R13 | 1 << R14,      // C callees keep these
    XMM_POOL = 0xfff8,                              // xmm0-2 are scratch
    // --tcg-stress=spill: hardly more than the widest op wants
    GPR_FEW = 1 << RSI | 1 << RDI | 1 << R8 | 1 << RBX | 1 << R12 | 1 << R13 | 1 << R14,
    XMM_FEW = 0x30f8,
    SPILL_SLOTS = TCG_FRAME / 16,
};

typedef struct Loc {
    i32 last;                                       // index of the last instruction that uses it
    i16 spill;                                      // frame offset, or -1
    i16 home;                                       // guest register whose place holds it, or -1
    i8 reg;                                         // host register, or -1
    u8 pins;                                        // PUTs not yet stored that hold it
} Loc;

// What the host's flags hold.
typedef enum { FK_NONE, FK_SUB, FK_ADD, FK_AND, FK_FCMP } FlagKind;

typedef enum { STUB_EXIT, STUB_SLOW, STUB_GROUP, STUB_COLD, STUB_POLL, STUB_MISS,
               STUB_LOOP, STUB_SHORT } StubKind;
typedef struct Stub {
    u8 kind;
    u8 flags;                                       // FlagKind at the jump (EXIT)
    bool forward;
    i8 reg;                                         // SLOW: address register
    bool vec;                                       // SLOW, GROUP: vector registers are live
    i8 host;                                        // GROUP: its register, to be cleared, or -1
    Loc base;                                       // GROUP: where the base is when reg is -1
    i32 disp;                                       // GROUP, SLOW: of the access
    bool at_va;                                     // SLOW: the address is the constant va + disp,
    Val va;                                         // in no register
    u8 *jump, *resume;                              // rel32 to patch; where to go on
    u32 site, snap, nsnap;
    u32 give_back;                                  // EXIT: instructions that are not done
    u64 pc;
    Val nzcv;                                       // EXIT: FLAGS value in the host's flags
} Stub;
enum { MAX_STUBS = 2048, EXIT_SNAPS = 8192 };

// Accesses that share one check; see groups.c.  Its host address is value t->n + index.
typedef struct Group {
    i32 first;                                      // its first access
    i32 lo, hi;                                     // bytes of the base that it covers
    u16 count;
    bool write;                                     // checked for writing
} Group;
enum { MAX_GROUPS = 40, MAX_CARRIED = 20 };           // ir.h leaves room for 64 more values

// A guest register that a loop keeps in a host register; see loop.c.
typedef struct Carried {
    u8 guest;
    i8 reg;                                         // at head
    bool put;                                       // the body writes it
    i32 val;                                        // its value at head
} Carried;


typedef struct Emit {
    Asm a;
    Ctx *t;
    Tcg *tcg;
    TcgThread *th;
    Region *r;
    i32 at;                                         // instruction being emitted
    u32 pc_delta;                                   // of the guest instruction
    u32 left;                                       // with -icount: instructions after it
    bool failed;                                    // a table is full
    u32 gpool, xpool;                               // registers to allocate
    u32 gfree, xfree, glock, xlock;                 // register sets
    i32 gval[16], xval[16];                         // value (or constant, < 0) in each
    u64 spill_used[SPILL_SLOTS / 64];
    u64 dirty[2];                                   // guest registers put but not stored
    Val put[IR_MAX_REGS];
    u8 put_ty[IR_MAX_REGS];
    i32 home_val[IR_MAX_REGS];                      // value in each guest register's place
    // the host's flags: made by (op, ty, a, b, c), equal to FLAGS value `val`
    struct { FlagKind kind; u8 op, ty; i32 a, b, c, val, packed; } hf;
    int nstubs;
    int nlinks;
    u32 link_base, links_end;
    const struct Thunks *thunks;
    Loc loc[IR_MAX_INS];
    i8 kreg[IR_MAX_CONST];                          // register of each constant, or -1
    Stub stubs[MAX_STUBS];
    int nexit_snaps;
    SnapLoc exit_snaps[EXIT_SNAPS];                 // where things are at side exits
    u32 snap, nsnap;                                // the last of a site
    struct {
        bool on;                                    // the region jumps to its own start
        int n, count[2];                            // of integer and vector registers
        Carried c[MAX_CARRIED];
        u8 *head;
        i32 now[IR_MAX_REGS];                       // last value got or put; 0: in its place
    } loop;
    bool folded[IR_MAX_INS];                        // of each shift: its addition does it
    int ngroups;
    Group groups[MAX_GROUPS];
    u8 group_of[IR_MAX_INS];                        // index + 1 of each access's group, or 0
} Emit;

static inline bool ty_vec(int ty) { return ty == T_F32 || ty == T_F64 || ty == T_V128; }
static inline Mem env_mem(const Emit *e, i64 cpu_offset)
{
    return mem_b(RBP, (i32)(cpu_offset - e->t->fend->env_bias));
}
#define TC(field) ((i64)offsetof(TcgCpu, field))
static inline Mem reg_mem(const Emit *e, int guest)
{
    return env_mem(e, e->t->fend->regs[guest].offset);
}

void ra_begin(Emit *e);
int  ra_use(Emit *e, Val v);                        // in a register, locked until ra_end_op
bool ra_imm32(const Emit *e, Val v, IrType ty, i32 *k);     // a constant that fits
void ra_release_last(Emit *e, Val v);
static inline void ra_release(Emit *e, Val v)       // if this was its last use
{
    if (v.id > 0 && e->loc[v.id].last <= e->at)
        ra_release_last(e, v);
}
int  ra_def(Emit *e, i32 i, int prefer);            // a register for the result of ins i
void ra_def_at(Emit *e, i32 i, int reg);            // the result is in this (free) register
void ra_end_op(Emit *e);
void ra_put(Emit *e, const Ins *in);
void ra_flush(Emit *e, u64 lo, u64 hi);             // stores dirty guest registers of the set
void ra_clobber_home(Emit *e, u64 lo, u64 hi);      // their places are about to change
void ra_save_for_call(Emit *e);                     // everything out of caller-saved registers
u32  ra_snapshot(Emit *e, u32 *n);                  // records where dirty registers are, for a
u32  ra_exit_snapshot(Emit *e, u32 *n);             // site; for a stub: in exit_snaps
bool ra_any_xmm(const Emit *e);
void ra_after_call(Emit *e);                        // caller-saved registers hold nothing
void ra_load(Emit *e, int ty, int reg, Mem m);
void ra_set_home(Emit *e, i32 i, int guest);        // value i is what guest's place holds
void ra_set_dirty(Emit *e, int guest, i32 i);       // value i is what guest is, its place is not
int  ra_put_type(const Emit *e, Val v, int ty);     // what a PUT of v, of type ty, stores
static inline bool ra_dirty(const Emit *e, int guest)   // its last PUT is not in its place
{
    return e->dirty[guest / 64] >> (guest % 64) & 1;
}
void groups_find(Emit *e);                          // groups.c
void loop_find(Emit *e);                            // loop.c
void loop_mark(Emit *e);
const Carried *loop_carried(const Emit *e, int guest);
// emit.c
void emit_mov_const(Emit *e, int d, Val k, i64 off);    // k + off, which may move
void emit_store_k(Emit *e, Mem m, u64 k, bool moves);   // 64 bits; rax is lost, flags are not
FlagKind flags_make(Emit *e, Val f);
void flags_carry(Emit *e, Val f, bool borrow);      // CF := C of f, or its opposite

// What comes after the addition or subtraction i and the PUT of its result: its flags, perhaps.
static inline const Ins *emit_flags_after(const Emit *e, i32 i)
{
    const Ins *next = &e->t->ins[i + 1];
    return next->op == OP_PUT ? next + 1 : next;
}
void flags_store(Emit *e, Val f);                   // canonical NZCV of f into its place
