// SPDX-License-Identifier: MIT
// Groups: accesses that share one check of the soft TLB.
//
// Loads and stores off one base, close together, mostly lie in one page: fields of a
// structure, a stack frame, an unrolled copy.  The first of them checks the page of all
// their bytes at once and keeps the base's host address; the others use it.  Where the
// check fails (another page, a device, code to watch) the host address is 0, and each
// access of the group goes by its stub, which checks it alone: faults come in order, and
// exactly as without groups.
//
// What holds: a mapping changes for this vCPU only at polls and in helpers (tlb.c), so
// that a host address is good until the next call, fence or exit.  A group that is
// checked for reading takes no store; one that would be written only beyond a side exit
// is not checked for writing before, or a page that is only read would always fail.
#include "tcg/host/amd64/emit.h"

#include <string.h>

enum {
    REACH = 256,                                    // bytes a group may cover
    OPEN = 8,                                       // groups that grow at a time
    FAR = 1 << 20,                                  // displacements are kept below
};

typedef struct Open {
    i32 base;
    int group;
    bool exits;                                     // a side exit came since its first access
} Open;

typedef struct Finder {
    Emit *e;
    Open open[OPEN];
    int nopen, next;
} Finder;

static bool plain(const Ins *in)
{
    return (in->op == OP_LD || in->op == OP_LD2 || in->op == OP_ST || in->op == OP_ST2) &&
           !(in->aux & ~(MO_SIZE | MO_SIGN | MO_ATOMIC)) && !ir_is_k(in->a);
}

static bool stores(const Ins *in) { return in->op == OP_ST || in->op == OP_ST2; }
static i32 bytes_of(const Ins *in)
{
    return (i32)memop_bytes(in->aux) << (in->op == OP_LD2 || in->op == OP_ST2);
}

// base + constant, through additions of constants.
static Val canonical(Ctx *t, const Ins *in, i32 *off)
{
    Val v = in->a;
    i64 k = in->imm;
    for (const Ins *d = &t->ins[v.id]; d->op == OP_ADD && d->ty == T_I64 && ir_is_k(d->b) &&
         !ir_is_k(d->a); d = &t->ins[v.id]) {
        i64 sum = k + (i64)ir_kval(t, d->b);
        if (sum <= -FAR || sum >= FAR)
            break;
        k = sum;
        v = d->a;
    }
    *off = (i32)k;
    return v;
}

static Open *find_open(Finder *f, i32 base)
{
    for (int i = 0; i < f->nopen; i++)
        if (f->open[i].base == base)
            return &f->open[i];
    return NULL;
}

static Open *place_for(Finder *f, i32 base)
{
    Open *o = find_open(f, base);
    if (o)
        return o;
    if (f->nopen < OPEN)
        return &f->open[f->nopen++];
    f->next = (f->next + 1) % OPEN;
    return &f->open[f->next];
}

static bool join(Finder *f, Open *o, i32 i, i32 off)
{
    const Ins *in = &f->e->t->ins[i];
    Group *g = &f->e->groups[o->group];
    i32 lo = off < g->lo ? off : g->lo;
    i32 hi = off + bytes_of(in) > g->hi ? off + bytes_of(in) : g->hi;
    if (hi - lo > REACH || (stores(in) && !g->write && o->exits))
        return false;
    g->lo = lo;
    g->hi = hi;
    g->write |= stores(in);
    g->count++;
    f->e->group_of[i] = (u8)(o->group + 1);
    return true;
}

static void add_access(Finder *f, i32 i)
{
    Emit *e = f->e;
    const Ins *in = &e->t->ins[i];
    i32 off;
    Val base = canonical(e->t, in, &off);
    Open *o = find_open(f, base.id);
    if ((o && join(f, o, i, off)) || e->ngroups == MAX_GROUPS)
        return;
    o = place_for(f, base.id);
    *o = (Open){ base.id, e->ngroups, false };
    e->group_of[i] = (u8)(e->ngroups + 1);
    e->groups[e->ngroups++] = (Group){ i, off, off + bytes_of(in), 1, stores(in) };
}

static void add(Finder *f, i32 i)
{
    const Ins *in = &f->e->t->ins[i];
    if (plain(in))
        add_access(f, i);
    else if (in->op == OP_CALL || in->op == OP_FENCE)
        f->nopen = 0;
    else if (in->op == OP_EXITCC && !in->sub)
        for (int k = 0; k < f->nopen; k++)
            f->open[k].exits = true;
}

static bool reads(const Ctx *t, const Ins *in, i32 v)
{
    int n = ir_ops[in->op].nin;
    if (in->op == OP_CALL) {
        const IrCall *c = &t->calls[in->imm];
        for (int i = 0; i < c->nargs; i++)
            if (c->args[i].id == v)
                return true;
        return false;
    }
    return (n > 0 && in->a.id == v) || (n > 1 && in->b.id == v) || (n > 2 && in->c.id == v) ||
           (n > 3 && in->d.id == v) || (n > 4 && in->e.id == v);
}

// A use of v is gone, at `at`: as dce would find the last of the others.
static void last_again(Ctx *t, i32 v, i32 at)
{
    if (t->last[v] != at)
        return;
    t->last[v] = 0;
    for (i32 i = at; i > v; i--) {
        const Ins *in = &t->ins[i];
        i32 l = in->ty == T_FLAGS && t->last[i] > i ? t->last[i] : i;
        if (t->last[v] < l && in->op != OP_NOP && reads(t, in, v))
            t->last[v] = (u16)l;
    }
}

static void unuse(Ctx *t, Val v, i32 at)
{
    while (v.id > 0 && --t->ins[v.id].uses == 0 && t->ins[v.id].op == OP_ADD) {
        t->ins[v.id].op = OP_NOP;
        t->ins[v.id].ty = T_VOID;
        at = v.id;
        v = t->ins[v.id].a;                         // its other operand is a constant
    }
    if (v.id > 0)
        last_again(t, v.id, at);
}

// The access off the group's own base.
static void rebase(Ctx *t, i32 i)
{
    Ins *in = &t->ins[i];
    i32 off;
    Val base = canonical(t, in, &off), was = in->a;
    if (base.id == was.id)
        return;
    t->ins[base.id].uses++;
    if (t->last[base.id] < i)
        t->last[base.id] = (u16)i;
    in->a = base;
    in->imm = off;
    unuse(t, was, i);
}

void groups_find(Emit *e)
{
    Ctx *t = e->t;
    Finder f = { .e = e };
    e->ngroups = 0;
    memset(e->group_of, 0, (size_t)t->n);
    if (t->accesses < 2)
        return;
    for (int k = t->nmarks; k-- > 0;)
        add(&f, t->marks[k]);
    for (int g = 0; g < e->ngroups; g++) {
        t->ins[t->n + g] = (Ins){ .op = OP_NOP, .ty = T_I64 };
        t->last[t->n + g] = 0;
    }
    for (int k = t->nmarks; k-- > 0;) {
        i32 i = t->marks[k];
        int g = e->group_of[i];
        if (!g)
            continue;
        if (e->groups[g - 1].count == 1) {
            e->group_of[i] = 0;
            continue;
        }
        rebase(t, i);
        t->last[t->n + g - 1] = (u16)i;
    }
}
