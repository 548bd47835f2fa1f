// SPDX-License-Identifier: MIT
// Loops: a region that jumps to its own start keeps guest registers in host registers.
//
//     entry:  poll                    from elsewhere
//             load what is carried
//     head:   body ...                carried registers where head wants them
//             jcc over                the way back is not taken
//             store what was put and is not carried; move the carried home
//             cmp exit, 0; je head    else store them all and leave (with -icount also when
//                                     the budget does not cover another turn)
//     over:   ...
//
// Carried are guest registers that the body uses, as far as there is room.  At head each has
// a value of its own: its only GET of the whole register, or one made here that all its
// GETs copy.  One that the body writes is dirty from head on, as in each later turn, even
// if nothing reads it: that spares a store a turn.  One that it only reads stays clean, and
// when it lost its register it is loaded again.
// A region with calls carries nothing: they want the registers stored.
//
// Rule: nothing may be assumed at head but what every way there provides.  When such a
// region is dropped (smc.c) every vCPU is told to look: a turn asks nobody else.
#include "tcg/host/amd64/emit.h"

#include <string.h>

enum { KEEP = 4 };                                  // registers that carry nothing

static bool is_vec(const Emit *e, int guest) { return e->t->fend->regs[guest].type == T_V128; }

const Carried *loop_carried(const Emit *e, int guest)
{
    for (int i = 0; i < e->loop.n; i++)
        if (e->loop.c[i].guest == guest)
            return &e->loop.c[i];
    return NULL;
}

bool loop_back_edge(const Emit *e, const Ins *in)
{
    return e->loop.on && (in->op == OP_EXIT || in->op == OP_EXITCC) && in->k == e->t->start;
}

// -- what is carried ------------------------------------------------------------------------

typedef struct Seen {
    i32 get[IR_MAX_REGS];                           // its first GET
    bool several[IR_MAX_REGS];
    u64 put[2];
} Seen;

// The last way back, behind which nothing goes round; 0: none, or there are calls.
static i32 last_back(const Ctx *t)
{
    i32 last = 0;
    for (int k = 0; k < t->nmarks; k++) {           // the last first
        const Ins *in = &t->ins[t->marks[k]];
        if (in->op == OP_CALL)
            return 0;
        if (!last && (in->op == OP_EXIT || in->op == OP_EXITCC) && in->k == t->start)
            last = t->marks[k];
    }
    return last;
}

static void scan(const Ctx *t, i32 end, Seen *s)
{
    for (i32 i = 1; i < end; i++) {
        const Ins *in = &t->ins[i];
        if (in->op == OP_GET) {
            s->several[in->imm] = s->get[in->imm] != 0;
            s->get[in->imm] = s->get[in->imm] ? s->get[in->imm] : i;
        } else if (in->op == OP_PUT) {
            s->put[in->imm / 64] |= 1ull << (in->imm % 64);
        }
    }
}

static void carry(Emit *e, const Seen *s, int guest, bool put)
{
    i32 get = s->get[guest];
    bool vec = is_vec(e, guest);
    IrType full = e->t->fend->regs[guest].type;
    if (guest == e->t->fend->nzcv_reg || (full != T_I64 && full != T_V128) ||
        e->loop.n == MAX_CARRIED ||
        e->loop.count[vec] + KEEP >= __builtin_popcount(vec ? e->xpool : e->gpool))
        return;
    Carried *c = &e->loop.c[e->loop.n];
    *c = (Carried){ .guest = (u8)guest, .put = put, .val = get };
    if (!get || s->several[guest] || e->t->ins[get].ty != full) {
        c->val = e->t->n + e->ngroups + e->loop.n;
        e->t->ins[c->val] = (Ins){ .op = OP_NOP, .ty = (u8)full };
        e->t->last[c->val] = 0;
    }
    e->loop.n++;
    e->loop.count[vec]++;
}

static bool is_put(const Seen *s, int guest) { return s->put[guest / 64] >> (guest % 64) & 1; }

// First what passes from turn to turn; then what saves most: a store and the making of a
// whole vector, or a load; then the rest.
static int rank_of(const Emit *e, const Seen *s, int guest)
{
    bool get = s->get[guest], put = is_put(s, guest);
    if (!get && !put)
        return -1;
    if (get && put)
        return 0;
    return put == is_vec(e, guest) ? 1 : 2;
}

static void carry_all(Emit *e, i32 end)
{
    Seen s = { 0 };
    scan(e->t, end, &s);
    for (int rank = 0; rank < 3; rank++)
        for (int g = 0; g < e->t->fend->nregs; g++)
            if (rank_of(e, &s, g) == rank)
                carry(e, &s, g, is_put(&s, g));
}

void loop_find(Emit *e)
{
    i32 end = e->tcg->no_links || e->tcg->one_insn ? 0 : last_back(e->t);
    e->loop.n = 0;
    e->loop.on = end;
    if (!end)
        return;
    memset(&e->loop, 0, sizeof e->loop);
    e->loop.on = true;
    carry_all(e, end);
}

// The last use of each carried value: GETs that copy it, and the way back for one that is
// only read.
void loop_mark(Emit *e)
{
    for (int i = 0; i < e->loop.n; i++) {
        const Carried *c = &e->loop.c[i];
        if (!c->put)
            e->loc[c->val].last = e->t->n - 1;
    }
    for (i32 i = 1; i < e->t->n && e->loop.n; i++) {
        const Ins *in = &e->t->ins[i];
        const Carried *c = in->op == OP_GET ? loop_carried(e, in->imm) : NULL;
        if (c && e->loc[c->val].last < i)
            e->loc[c->val].last = i;
    }
}

// -- head -----------------------------------------------------------------------------------

void loop_head(Emit *e)
{
    for (int i = 0; i < e->loop.n; i++) {
        Carried *c = &e->loop.c[i];
        int ty = e->t->ins[c->val].ty;
        c->reg = (i8)ra_def(e, c->val, -1);
        ra_load(e, ty, c->reg, reg_mem(e, c->guest));
        if (c->put)
            ra_set_dirty(e, c->guest, c->val);
        else
            ra_set_home(e, c->val, c->guest);
        e->loop.now[c->guest] = c->val;
    }
    ra_end_op(e);
    emit_flags_clobbered(e);
    e->loop.head = e->a.p;
}

static void copy(Emit *e, int ty, int d, int s)
{
    if (ty_vec(ty))
        asm_vmov(&e->a, d, s);
    else
        asm_mov(&e->a, ty == T_I32 ? 2 : 3, d, s);
}

// A GET of a carried register; false: it is not one.
bool loop_get(Emit *e, const Ins *in, i32 i)
{
    const Carried *c = loop_carried(e, in->imm);
    if (!c)
        return false;
    if (c->val == i)
        return true;                                // in its register since head
    int s = ra_use(e, (Val){ c->val }), d = ra_def(e, i, -1);
    copy(e, in->ty, d, s);
    ra_release(e, (Val){ c->val });
    return true;
}

// -- the way back -------------------------------------------------------------------------------

// Where the register's value is now; 0: only in its place in the Cpu.
static i32 value_now(const Emit *e, int guest)
{
    return ra_dirty(e, guest) ? e->put[guest].id : e->loop.now[guest];
}

static int reg_now(const Emit *e, int guest)
{
    i32 v = value_now(e, guest);
    return v > 0 ? e->loc[v].reg : -1;
}

static int type_now(const Emit *e, const Carried *c)
{
    i32 v = value_now(e, c->guest);
    return v == c->val ? e->t->ins[v].ty : ra_put_type(e, (Val){ v }, e->put_ty[c->guest]);
}

static void move_regs(Emit *e, bool vec)
{
    Move m[MAX_CARRIED];
    int n = 0;
    for (int i = 0; i < e->loop.n; i++) {
        const Carried *c = &e->loop.c[i];
        int s = reg_now(e, c->guest);
        if (is_vec(e, c->guest) == vec && s >= 0)
            m[n++] = (Move){ c->reg, (i8)s, (u8)(vec ? type_now(e, c) : T_I64) };
    }
    emit_move_all(e, m, n);
}

static void load_rest(Emit *e, const Carried *c)
{
    i32 v = value_now(e, c->guest);
    if (reg_now(e, c->guest) >= 0)
        return;
    if (!ra_dirty(e, c->guest))
        ra_load(e, e->t->ins[c->val].ty, c->reg, reg_mem(e, c->guest));
    else if (v < 0)
        emit_mov_const(e, c->reg, (Val){ v }, 0);
    else
        ra_load(e, type_now(e, c), c->reg, e->loc[v].spill >= 0 ? mem_b(RSP, e->loc[v].spill)
                                                                : reg_mem(e, e->loc[v].home));
}

static void store_others(Emit *e, const Stub *like)
{
    const SnapLoc *s = &e->exit_snaps[like->snap], *end = s + like->nsnap;
    for (const SnapLoc *p = s; p < end; p += snap_len(p)) {
        if (p->kind >= SL_ADD) {                    // NZCV: the host's flags hold it
            emit_pack_flags(e, like);
            p++;
            p += snap_len(p);
        } else if (!loop_carried(e, p->reg)) {
            emit_stub_store(e, p);
        }
    }
}

// `like` says where everything is, as for a side exit.  The allocator's state stays as it
// is: the code that follows is reached by those who do not go back.
void loop_back(Emit *e, const Stub *like)
{
    store_others(e, like);
    move_regs(e, false);
    move_regs(e, true);
    for (int i = 0; i < e->loop.n; i++)
        load_rest(e, &e->loop.c[i]);
    if (e->tcg->counted) {
        emit_budget(e, ALU_SUB, e->t->insns - like->give_back);
        emit_stub(e, STUB_LOOP, asm_jcc_long(&e->a, CC_S));
    }
    if (e->tcg->check) {                            // the exit word is set
        asm_alu_mi(&e->a, ALU_SUB, 2, env_mem(e, TC(turns)), 1);
        asm_jcc_back(&e->a, CC_NS, e->loop.head);
    } else {
        asm_alu_mi(&e->a, ALU_CMP, 2, env_mem(e, offsetof(Cpu, exit)), 0);
        asm_jcc_back(&e->a, CC_E, e->loop.head);
    }
    emit_stub(e, STUB_LOOP, asm_jmp_long(&e->a));
}

// Out of the loop at head, since the exit word is set.
void loop_leave(Emit *e)
{
    for (int i = 0; i < e->loop.n; i++) {
        const Carried *c = &e->loop.c[i];
        if (c->put && is_vec(e, c->guest))
            asm_vmovaps_store(&e->a, reg_mem(e, c->guest), c->reg);
        else if (c->put)
            asm_store(&e->a, 3, reg_mem(e, c->guest), c->reg);
    }
}
