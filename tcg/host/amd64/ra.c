// SPDX-License-Identifier: MIT
// Register allocation.
//
// One forward walk, with the emission: dce has found the last use of each value;
// an operand is brought into a register when it is needed, a result takes a free one, and
// when there is none the cheapest value is put away.  A value can be in a host register, in a
// spill slot, in the place of a guest register (its home: a GET that was not changed, or a PUT
// that was stored), or several of these.  Constants are cached in registers and dropped at will.
//
// PUT does not store.  It notes that the guest register is dirty and pins the value; the
// store happens when the register is needed for something else (evict), at an exit, or before a
// call that looks.  A PUT that another PUT follows is thus never stored.  At an operation that
// can fault, a snapshot says for each dirty guest register where its value is; the slow path
// uses it when the fault is real.
//
// A dirty NZCV is a FLAGS value: it pins the operands of its comparison, and the snapshot
// names them.
//
// House.md puts this at tcg/ra.c; it is here because it emits as it goes.  A second host would
// share its logic by the five moves at the top.
#include "tcg/host/amd64/ra.h"
#include "tcg/stress.h"
#include "util/log.h"

#include <string.h>

// Taken first: those that a call spoils anyway.
enum { GPR_FIRST = 1 << RSI | 1 << RDI | 1 << R8 | 1 << R9 | 1 << R10 | 1 << R11 };

static Ins *ins_of(const Emit *e, Val v) { return &e->t->ins[v.id]; }
static Mem slot_mem(int off) { return mem_b(RSP, off); }

// -- moves --------------------------------------------------------------------------------

void ra_load(Emit *e, int ty, int reg, Mem m)
{
    switch (ty) {
    case T_I32:  asm_load(&e->a, 2, reg, m); break;
    case T_I64:  asm_load(&e->a, 3, reg, m); break;
    case T_F32:  asm_vmovs_load(&e->a, 2, reg, m); break;
    case T_F64:  asm_vmovs_load(&e->a, 3, reg, m); break;
    default:     asm_vmovaps_load(&e->a, reg, m); break;
    }
}

static void spill_store(Emit *e, int ty, Mem m, int reg)
{
    if (ty_vec(ty))
        asm_vmovaps_store(&e->a, m, reg);
    else
        asm_store(&e->a, 3, m, reg);
}

// A scalar that was loaded: the rest of its host register is zero already.
static bool is_whole(const Emit *e, Val v)
{
    int op = v.id > 0 ? e->t->ins[v.id].op : OP_NOP;
    return op == OP_LD || op == OP_LD2 || op == OP_LD2HI;
}

int ra_put_type(const Emit *e, Val v, int ty)
{
    return ty_vec(ty) && is_whole(e, v) ? T_V128 : ty;
}

// What was PUT to a guest register, and is in reg, into the whole of its place.
static void store_home(Emit *e, int guest, int reg)
{
    Mem m = reg_mem(e, guest);
    switch (ra_put_type(e, e->put[guest], e->put_ty[guest])) {
    case T_F32:
        asm_vpxor(&e->a, XMM0, XMM0, XMM0);
        asm_vmovss(&e->a, XMM0, XMM0, reg);
        asm_vmovaps_store(&e->a, m, XMM0);
        break;
    case T_F64:
        asm_vmovq(&e->a, XMM0, reg);
        asm_vmovaps_store(&e->a, m, XMM0);
        break;
    case T_V128: asm_vmovaps_store(&e->a, m, reg); break;
    default:     asm_store(&e->a, 3, m, reg); break;
    }
}

// -- begin --------------------------------------------------------------------------------

// Under stress hardly more than the widest op wants.
static void pools(Emit *e)
{
    bool few = stress_on(e->tcg, STRESS_SPILL);
    e->gpool = few ? GPR_FEW : GPR_POOL;
    e->xpool = few ? XMM_FEW : XMM_POOL;
}

void ra_begin(Emit *e)
{
    Ctx *t = e->t;
    pools(e);
    groups_find(e);
    loop_find(e);
    for (i32 i = 0, end = t->n + e->ngroups + e->loop.n; i < end; i++)
        e->loc[i] = (Loc){ t->last[i], -1, -1, -1, 0 };
    loop_mark(e);
    e->gfree = e->gpool;
    e->xfree = e->xpool;
    e->glock = e->xlock = 0;
    memset(e->gval, 0, sizeof e->gval);
    memset(e->xval, 0, sizeof e->xval);
    memset(e->spill_used, 0, sizeof e->spill_used);
    memset(e->kreg, -1, (size_t)t->nkonst);
    memset(e->home_val, 0, sizeof e->home_val);
    e->dirty[0] = e->dirty[1] = 0;
    memset(&e->hf, 0, sizeof e->hf);
    e->nstubs = e->nexit_snaps = 0;
    e->nsnap = 0;
    e->failed = false;
    e->at = 0;
}

// -- freeing ------------------------------------------------------------------------------

static void reg_free(Emit *e, bool vec, int reg)
{
    if (vec) {
        e->xval[reg] = 0;
        e->xfree |= 1u << reg;
    } else {
        if (e->gval[reg] < 0)
            e->kreg[-1 - e->gval[reg]] = -1;
        e->gval[reg] = 0;
        e->gfree |= 1u << reg;
    }
}

static void slot_free(Emit *e, Loc *l)
{
    if (l->spill < 0)
        return;
    unsigned s = (unsigned)l->spill / 16;
    e->spill_used[s / 64] &= ~(1ull << (s % 64));
    l->spill = -1;
}

static void value_free(Emit *e, i32 id)
{
    Loc *l = &e->loc[id];
    bool vec = ty_vec(e->t->ins[id].ty);
    if (l->reg >= 0 && (vec ? e->xval : e->gval)[l->reg] == id)
        reg_free(e, vec, l->reg);                   // else it was taken over, see loop_wish
    l->reg = -1;
    slot_free(e, l);
    if (l->home >= 0)
        e->home_val[l->home] = 0;
    l->home = -1;
}

static void free_if_done(Emit *e, i32 id)
{
    if (id > 0 && e->loc[id].last <= e->at && !e->loc[id].pins)
        value_free(e, id);
}

void ra_release_last(Emit *e, Val v)
{
    const Ins *in = ins_of(e, v);
    if (in->ty != T_FLAGS) {
        free_if_done(e, v.id);
        return;
    }
    if (ir_ops[in->op].nin > 0) ra_release(e, in->a);
    if (ir_ops[in->op].nin > 1) ra_release(e, in->b);
    if (ir_ops[in->op].nin > 2) ra_release(e, in->c);
}

void ra_end_op(Emit *e) { e->glock = e->xlock = 0; }

// -- evicting -----------------------------------------------------------------------------

static void put_stored(Emit *e, int guest);

// Stores the PUTs that hold value id, so that it has a home.
static void store_puts_of(Emit *e, i32 id)
{
    for (int w = 0; w < 2; w++)
        for (u64 bits = e->dirty[w]; bits; bits &= bits - 1) {
            int guest = w * 64 + __builtin_ctzll(bits);
            if (e->put[guest].id != id)
                continue;
            store_home(e, guest, e->loc[id].reg);
            put_stored(e, guest);
        }
}

static int slot_new(Emit *e)
{
    for (int w = 0; w < SPILL_SLOTS / 64; w++)
        if (~e->spill_used[w]) {
            int b = __builtin_ctzll(~e->spill_used[w]);
            e->spill_used[w] |= 1ull << b;
            return (w * 64 + b) * 16;
        }
    e->failed = true;                               // the region is retried smaller
    return 0;
}

// Makes sure value id survives without its register.
static void secure(Emit *e, i32 id)
{
    Loc *l = &e->loc[id];
    if (l->home >= 0 || l->spill >= 0)
        return;
    if (l->pins)
        store_puts_of(e, id);
    if (l->home >= 0 || (l->last < e->at && !l->pins))
        return;                                     // last == at: this op may still want it
    l->spill = (i16)slot_new(e);
    spill_store(e, e->t->ins[id].ty, slot_mem(l->spill), l->reg);
}

static void evict(Emit *e, bool vec, int reg)
{
    i32 id = vec ? e->xval[reg] : e->gval[reg];
    if (id > 0) {
        secure(e, id);
        e->loc[id].reg = -1;
    }
    reg_free(e, vec, reg);
}

// Low is cheap to put away.
static i64 cost(const Emit *e, i32 id)
{
    if (id < 0)
        return -1;                                  // a constant
    const Loc *l = &e->loc[id];
    i64 far = IR_MAX_INS - l->last;
    if (l->home >= 0 || l->spill >= 0)
        return far;
    return l->pins ? far + IR_MAX_INS : far + 2 * IR_MAX_INS;
}

// A free register or one that must be put away first.
static int alloc_at_random(Emit *e, bool vec, u32 ok)
{
    u32 pool = vec ? e->xpool & ~e->xlock : e->gpool & ~e->glock;
    BUG_ON(!pool);
    int reg = (int)stress_pick(e->th, ok && stress_random(e->th, 4) ? ok : pool);
    if (!(ok >> reg & 1))
        evict(e, vec, reg);
    return reg;
}

static int alloc(Emit *e, bool vec)
{
    u32 ok = vec ? e->xfree & ~e->xlock : e->gfree & ~e->glock;
    int reg = -1;
    if (stress_on(e->tcg, STRESS_RA)) {
        reg = alloc_at_random(e, vec, ok);
    } else if (ok) {
        reg = __builtin_ctz(!vec && (ok & GPR_FIRST) ? ok & GPR_FIRST : ok);
    } else {
        u32 pool = vec ? e->xpool & ~e->xlock : e->gpool & ~e->glock;
        i64 best = INT64_MAX;
        BUG_ON(!pool);
        for (u32 p = pool; p; p &= p - 1) {
            int c = __builtin_ctz(p);
            i64 k = cost(e, vec ? e->xval[c] : e->gval[c]);
            if (k < best) {
                best = k;
                reg = c;
            }
        }
        evict(e, vec, reg);
    }
    if (vec) {
        e->xfree &= ~(1u << reg);
        e->xlock |= 1u << reg;
    } else {
        e->gfree &= ~(1u << reg);
        e->glock |= 1u << reg;
    }
    return reg;
}

// -- operands and results -----------------------------------------------------------------

static int use_const(Emit *e, Val v)
{
    int k = -1 - v.id;
    if (e->kreg[k] < 0) {
        int reg = alloc(e, false);
        emit_mov_const(e, reg, v, 0);
        e->kreg[k] = (i8)reg;
        e->gval[reg] = v.id;
    }
    e->glock |= 1u << e->kreg[k];
    return e->kreg[k];
}

int ra_use(Emit *e, Val v)
{
    if (v.id < 0)
        return use_const(e, v);
    Loc *l = &e->loc[v.id];
    int ty = ins_of(e, v)->ty;
    bool vec = ty_vec(ty);
    if (l->reg < 0) {
        BUG_ON(l->spill < 0 && l->home < 0);
        int reg = alloc(e, vec);
        ra_load(e, ty, reg, l->spill >= 0 ? slot_mem(l->spill) : reg_mem(e, l->home));
        l->reg = (i8)reg;
        if (vec)
            e->xval[reg] = v.id;
        else
            e->gval[reg] = v.id;
    }
    if (vec)
        e->xlock |= 1u << l->reg;
    else
        e->glock |= 1u << l->reg;
    return l->reg;
}

bool ra_imm32(const Emit *e, Val v, IrType ty, i32 *k)
{
    if (v.id >= 0 || ir_moves(e->t, v))
        return false;
    u64 x = ir_kval_now(e->t, v);
    if (ty == T_I32) {
        *k = (i32)(u32)x;
        return true;
    }
    *k = (i32)x;
    return (i64)x == (i32)x;
}

void ra_def_at(Emit *e, i32 i, int reg)
{
    Loc *l = &e->loc[i];
    l->reg = (i8)reg;
    if (ty_vec(e->t->ins[i].ty)) {
        e->xval[reg] = i;
        e->xfree &= ~(1u << reg);
    } else {
        e->gval[reg] = i;
        e->gfree &= ~(1u << reg);
    }
}

// Where a value best begins that the next instruction puts into a guest register which the loop
// carries: in the carrier.  What is there may be the guest register's value until that PUT; past
// its last use (or where the result may overwrite it: prefer) it gives way, though a fault of
// this operation still finds it there.
static int loop_wish(const Emit *e, i32 i, int prefer)
{
    const Ins *put = &e->t->ins[i + 1], *end = e->t->ins + e->t->n;
    i32 v = i;
    if (i == e->at && put < end && put->op == OP_ZEXT && put->a.id == i && e->t->ins[i].uses == 1) {
        v = i + 1;                                  // W: the same register, as X
        put++;
    }
    if (i != e->at || put >= end || put->op != OP_PUT || put->a.id != v)
        return -1;
    const Carried *c = loop_carried(e, put->imm);
    bool vec = ty_vec(e->t->ins[i].ty);
    if (!c || !c->put || vec != ty_vec(e->t->ins[c->val].ty))
        return -1;
    if ((vec ? e->xfree : e->gfree) >> c->reg & 1)
        return c->reg;
    i32 old = (vec ? e->xval : e->gval)[c->reg];
    bool held = ra_dirty(e, put->imm) && e->put[put->imm].id == old;
    if (old <= 0 || !held || e->loc[old].pins != 1)
        return -1;
    return e->loc[old].last < i + (c->reg == prefer) ? c->reg : -1;
}

int ra_def(Emit *e, i32 i, int prefer)
{
    bool vec = ty_vec(e->t->ins[i].ty);
    u32 free = vec ? e->xfree : e->gfree;
    bool own = !stress_on(e->tcg, STRESS_RA);
    int reg = own && e->loop.n ? loop_wish(e, i, prefer) : -1;
    if (reg < 0)
        reg = own && prefer >= 0 && (free >> prefer & 1) ? prefer : alloc(e, vec);
    ra_def_at(e, i, reg);
    if (vec)
        e->xlock |= 1u << reg;
    else
        e->glock |= 1u << reg;
    return reg;
}

// -- guest registers ----------------------------------------------------------------------

static void pin(Emit *e, Val v, int by)
{
    if (v.id <= 0)
        return;
    const Ins *in = ins_of(e, v);
    if (in->ty == T_FLAGS) {
        pin(e, in->a, by);
        pin(e, in->b, by);
        return;
    }
    e->loc[v.id].pins = (u8)(e->loc[v.id].pins + by);
}

static void unpin(Emit *e, Val v)
{
    pin(e, v, -1);
    if (v.id > 0 && ins_of(e, v)->ty == T_FLAGS) {
        free_if_done(e, ins_of(e, v)->a.id);
        free_if_done(e, ins_of(e, v)->b.id);
    } else {
        free_if_done(e, v.id);
    }
}

// The PUT of a guest register is in its place now.
static void put_stored(Emit *e, int guest)
{
    Val v = e->put[guest];
    e->dirty[guest / 64] &= ~(1ull << (guest % 64));
    if (v.id > 0 && ins_of(e, v)->ty != T_FLAGS && e->loc[v.id].home < 0 &&
        e->put_ty[guest] == ins_of(e, v)->ty) {
        e->loc[v.id].home = (i16)guest;
        e->home_val[guest] = v.id;
    }
    pin(e, v, -1);
}

// The place of `guest` will change: nobody may count on it any more.
static void clobber(Emit *e, int guest)
{
    i32 id = e->home_val[guest];
    if (!id)
        return;
    Loc *l = &e->loc[id];
    if (l->reg < 0 && l->spill < 0 && (l->last >= e->at || l->pins))
        ra_use(e, (Val){ id });
    l->home = -1;
    e->home_val[guest] = 0;
}

// A guest register's value that the loop will replace (x0) becomes another's (x2): it moves to
// that one's carrier now, so that its own is free for what follows.
static void loop_settle(Emit *e, int guest, i32 id)
{
    const Carried *to = loop_carried(e, guest);
    int reg = id > 0 ? e->loc[id].reg : -1;
    if (!to || !to->put || reg < 0 || e->t->ins[id].ty != T_I64 || !(e->gfree >> to->reg & 1))
        return;
    for (int k = 0; k < e->loop.n; k++) {
        const Carried *from = &e->loop.c[k];
        if (from->val != id || !from->put || from->reg != reg)
            continue;
        asm_mov(&e->a, 3, to->reg, reg);
        reg_free(e, false, reg);
        ra_def_at(e, id, to->reg);
    }
}

void ra_put(Emit *e, const Ins *in)
{
    int guest = in->imm;
    u64 bit = 1ull << (guest % 64);
    pin(e, in->a, 1);
    if (e->dirty[guest / 64] & bit) {
        unpin(e, e->put[guest]);
    } else {
        clobber(e, guest);
        e->dirty[guest / 64] |= bit;
    }
    e->put[guest] = in->a;
    e->put_ty[guest] = in->ty;
    e->loop.now[guest] = in->a.id;
    if (e->loop.n)
        loop_settle(e, guest, in->a.id);
    ra_release(e, in->a);
}

void ra_set_dirty(Emit *e, int guest, i32 i)
{
    pin(e, (Val){ i }, 1);
    e->dirty[guest / 64] |= 1ull << (guest % 64);
    e->put[guest] = (Val){ i };
    e->put_ty[guest] = e->t->ins[i].ty;
}

// What the current op uses is its own to release.
static void free_if_past(Emit *e, i32 id)
{
    if (id > 0 && e->loc[id].last < e->at)
        free_if_done(e, id);
}

static void flush_one(Emit *e, int guest)
{
    Val v = e->put[guest];
    if (v.id > 0 && ins_of(e, v)->ty == T_FLAGS) {
        flags_store(e, v);
    } else if (ir_is_k(v)) {
        emit_store_k(e, reg_mem(e, guest), ir_kval_now(e->t, v), ir_moves(e->t, v));
    } else {
        store_home(e, guest, ra_use(e, v));
    }
    put_stored(e, guest);
    if (v.id > 0 && ins_of(e, v)->ty == T_FLAGS) {
        free_if_past(e, ins_of(e, v)->a.id);
        free_if_past(e, ins_of(e, v)->b.id);
    } else {
        free_if_past(e, v.id);
    }
}

void ra_flush(Emit *e, u64 lo, u64 hi)
{
    const u64 set[2] = { lo, hi };
    for (int w = 0; w < 2; w++)                     // NZCV is the last register: flags last
        for (u64 bits = e->dirty[w] & set[w]; bits; bits &= bits - 1) {
            int guest = w * 64 + __builtin_ctzll(bits);
            if (!ra_dirty(e, guest))
                continue;                           // stored by an eviction meanwhile
            u32 g = e->glock, x = e->xlock;
            flush_one(e, guest);
            e->glock = g;
            e->xlock = x;
        }
}

void ra_clobber_home(Emit *e, u64 lo, u64 hi)
{
    for (int r = 0; r < e->t->fend->nregs; r++)
        if (r < 64 ? lo >> r & 1 : hi >> (r - 64) & 1)
            clobber(e, r);
}

bool ra_any_xmm(const Emit *e) { return (e->xfree & e->xpool) != e->xpool; }

void ra_save_for_call(Emit *e)
{
    for (u32 p = e->gpool & ~GPR_SAVED & ~e->gfree; p; p &= p - 1) {
        int reg = __builtin_ctz(p);
        i32 id = e->gval[reg];
        if (id > 0 && (e->loc[id].last > e->at || e->loc[id].pins))
            secure(e, id);
    }
    for (u32 p = e->xpool & ~e->xfree; p; p &= p - 1) {
        i32 id = e->xval[__builtin_ctz(p)];
        if (id > 0 && (e->loc[id].last > e->at || e->loc[id].pins))
            secure(e, id);
    }
}

void ra_after_call(Emit *e)
{
    for (u32 p = e->gpool & ~GPR_SAVED & ~e->gfree; p; p &= p - 1) {
        int reg = __builtin_ctz(p);
        if (e->gval[reg] > 0)
            e->loc[e->gval[reg]].reg = -1;
        reg_free(e, false, reg);
    }
    for (u32 p = e->xpool & ~e->xfree; p; p &= p - 1) {
        int reg = __builtin_ctz(p);
        if (e->xval[reg] > 0)
            e->loc[e->xval[reg]].reg = -1;
        reg_free(e, true, reg);
    }
    e->glock = e->xlock = 0;
}

void ra_set_home(Emit *e, i32 i, int guest)
{
    if (e->home_val[guest])
        return;                                     // known under another name
    e->loc[i].home = (i16)guest;
    e->home_val[guest] = i;
}

// -- snapshots ----------------------------------------------------------------------------
enum { SNAP_MAX = IR_MAX_REGS * 3 + 16 };

static SnapLoc *snap_new(Emit *e, u32 n, u32 *at)
{
    if (!cache_take(e->tcg, TABLE_SNAPS, n, at)) {
        e->failed = true;
        *at = 0;
    }
    return &e->tcg->snaps[*at];
}

static int snap_value(const Emit *e, SnapLoc *s, u8 guest, Val v, int ty)
{
    s->reg = guest;
    if (v.id < 0) {
        bool moves = ir_moves(e->t, v);
        u64 k = ir_kval_now(e->t, v) - (moves ? e->r->pc : 0);
        s->kind = moves ? SL_PC : SL_KONST;
        memcpy(s + 1, &k, 8);
        return 3;
    }
    static const struct { u8 reg, spill, home; } kinds[] = {
        [T_I32] = { SL_GPR, SL_SPILL, SL_HOME32 },       [T_I64] = { SL_GPR, SL_SPILL, SL_HOME },
        [T_F32] = { SL_XMM32, SL_SPILL32, SL_HOME32 },   [T_V128] = { SL_XMM, SL_SPILLV, SL_HOME },
        [T_F64] = { SL_XMM64, SL_SPILL64, SL_HOME64 },
    };
    const Loc *l = &e->loc[v.id];
    bool reg = l->reg >= 0, spill = l->spill >= 0;
    s->kind = reg ? kinds[ra_put_type(e, v, ty)].reg : spill ? kinds[ty].spill : kinds[ty].home;
    s->where = reg ? l->reg : spill ? l->spill : l->home;
    return 1;
}

static int snap_flags(const Emit *e, SnapLoc *s, u8 guest, Val f)
{
    const Ins *in = &e->t->ins[f.id];
    s->reg = guest;
    s->kind = in->op == OP_FLADD ? SL_ADD : in->op == OP_FLSUB ? SL_SUB : SL_AND;
    s->where = in->ty2 == T_I64;
    int n = 1 + snap_value(e, s + 1, SNAP_OPERAND, in->a, T_I64);
    return n + snap_value(e, s + n, SNAP_OPERAND, in->b, T_I64);
}

// At most SNAP_MAX entries.
static int snapshot(const Emit *e, SnapLoc *buf)
{
    int n = 0;
    for (int w = 0; w < 2; w++)
        for (u64 bits = e->dirty[w]; bits; bits &= bits - 1) {
            int guest = w * 64 + __builtin_ctzll(bits);
            Val v = e->put[guest];
            if (v.id > 0 && e->t->ins[v.id].ty == T_FLAGS)
                n += snap_flags(e, buf + n, (u8)guest, v);
            else
                n += snap_value(e, buf + n, (u8)guest, v, e->put_ty[guest]);
        }
    return n;
}

// Neighbours mostly have the same.
u32 ra_snapshot(Emit *e, u32 *count)
{
    SnapLoc buf[SNAP_MAX];
    u32 n = (u32)snapshot(e, buf);
    *count = n;
    if (n != e->nsnap || memcmp(&e->tcg->snaps[e->snap], buf, n * sizeof *buf)) {
        memcpy(snap_new(e, n, &e->snap), buf, n * sizeof *buf);
        e->nsnap = n;
    }
    return e->snap;
}

u32 ra_exit_snapshot(Emit *e, u32 *count)
{
    if (e->nexit_snaps + SNAP_MAX > EXIT_SNAPS) {
        e->failed = true;
        e->nexit_snaps = 0;
    }
    int at = e->nexit_snaps, n = snapshot(e, e->exit_snaps + at);
    e->nexit_snaps += n;
    *count = (u32)n;
    return (u32)at;
}
