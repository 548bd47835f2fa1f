// SPDX-License-Identifier: MIT
// Dead code: one pass backwards that counts uses and finds the last of each value (whose
// operands FLAGS are is used where they are), turns unused pure operations into NOPs
// (OP_INSN slots are kept; a dead instruction becomes op 0 with type void, which hosts skip),
// and drops a PUT that another PUT of the same register follows with nothing between that
// could observe it (an operation that faults, a call, an exit).  Those are noted for the passes
// of hosts, which need not look at everything again.
#include "tcg/frontend.h"
#include "tcg/ir.h"

#include <string.h>

typedef struct Dce { Ctx *t; u64 put_lo, put_hi; } Dce;   // registers certainly put again later

static void use(Ctx *t, Val v, i32 at)
{
    if (v.id <= 0)
        return;
    t->ins[v.id].uses++;
    if (t->last[v.id] < at)
        t->last[v.id] = (u16)at;
}

static void use_operands(Ctx *t, const Ins *in, i32 at)
{
    if (in->op == OP_CALL) {
        const IrCall *c = &t->calls[in->imm];
        for (int i = 0; i < c->nargs; i++)
            use(t, c->args[i], at);
        return;
    }
    unsigned n = ir_ops[in->op].nin;
    if (n > 0) use(t, in->a, at);
    if (n > 1) use(t, in->b, at);
    if (n > 2) use(t, in->c, at);
    if (n > 3) use(t, in->d, at);
    if (n > 4) use(t, in->e, at);
}

static bool put_is_dead(Dce *d, int reg)
{
    u64 *w = reg < 64 ? &d->put_lo : &d->put_hi, bit = 1ull << (reg & 63);
    if (*w & bit)
        return true;
    *w |= bit;
    return false;
}

static bool removable(const Ctx *t, const Ins *in, unsigned props)
{
    if (in->op == OP_CALL)
        return t->calls[in->imm].h->flags & HELPER_PURE;
    return (props & OPP_P) || in->op == OP_GET || in->op == OP_LDENV || in->op == OP_LD2HI;
}

void ir_pass_dce(Ctx *t)
{
    Dce d = { t, 0, 0 };
    t->accesses = t->exits = 0;
    t->nmarks = 0;
    memset(t->last, 0, (size_t)t->n * sizeof *t->last);
    for (int i = t->n - 1; i > 0; i--) {
        Ins *in = &t->ins[i];
        unsigned props = ir_ops[in->op].props;
        bool dead = in->op == OP_PUT ? put_is_dead(&d, in->imm)
                                     : !in->uses && removable(t, in, props);
        if (dead) {
            in->op = OP_NOP;
            continue;
        }
        if ((props & (OPP_M | OPP_X)) || in->op == OP_CALL) {
            d.put_lo = d.put_hi = 0;
            t->accesses += (props & OPP_M) != 0;
            t->exits += (props & OPP_X) != 0;
            t->marks[t->nmarks++] = (u16)i;
        } else if (in->op == OP_FENCE) {
            t->marks[t->nmarks++] = (u16)i;
        }
        use_operands(t, in, in->ty == T_FLAGS && t->last[i] > i ? t->last[i] : i);
    }
}
