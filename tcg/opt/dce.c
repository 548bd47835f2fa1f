// SPDX-License-Identifier: MIT
// Dead code: one pass backwards that counts uses, turns unused pure operations into NOPs
// (OP_INSN slots are kept; a dead instruction becomes op 0 with type void, which hosts skip),
// and drops a PUT that another PUT of the same register follows with nothing between that
// could observe it (an operation that faults, a call, an exit).
#include "tcg/frontend.h"
#include "tcg/ir.h"

#include <string.h>

typedef struct Dce { Ctx *t; u64 put_lo, put_hi; } Dce;   // registers certainly put again later

static void use(Ctx *t, Val v)
{
    if (v.id > 0)
        t->ins[v.id].uses++;
}

static void use_operands(Ctx *t, const Ins *in)
{
    if (in->op == OP_CALL) {
        const IrCall *c = &t->calls[in->imm];
        for (int i = 0; i < c->nargs; i++)
            use(t, c->args[i]);
        return;
    }
    const Val v[5] = { in->a, in->b, in->c, ir_ops[in->op].nin > 3 ? in->d : ir_none,
                       ir_ops[in->op].nin > 4 ? in->e : ir_none };
    for (int i = 0; i < ir_ops[in->op].nin; i++)
        use(t, v[i]);
}

static bool put_is_dead(Dce *d, int reg)
{
    u64 *w = reg < 64 ? &d->put_lo : &d->put_hi, bit = 1ull << (reg & 63);
    if (*w & bit)
        return true;
    *w |= bit;
    return false;
}

static bool removable(const Ctx *t, const Ins *in)
{
    if (in->uses)
        return false;
    if (in->op == OP_CALL)
        return t->calls[in->imm].h->flags & HELPER_PURE;
    return (ir_ops[in->op].props & OPP_P) || in->op == OP_GET || in->op == OP_LDENV ||
           (ir_ops[in->op].props == 0 && in->op == OP_LD2HI);
}

void ir_pass_dce(Ctx *t)
{
    Dce d = { t, 0, 0 };
    for (int i = 0; i < t->n; i++)
        t->ins[i].uses = 0;
    for (int i = t->n - 1; i > 0; i--) {
        Ins *in = &t->ins[i];
        u8 props = ir_ops[in->op].props;
        if (in->op == OP_PUT) {
            if (put_is_dead(&d, in->imm)) {
                in->op = OP_NOP;
                continue;
            }
        } else if (removable(t, in)) {
            in->op = OP_NOP;
            continue;
        } else if ((props & (OPP_M | OPP_X)) || in->op == OP_CALL) {
            d.put_lo = d.put_hi = 0;
        }
        use_operands(t, in);
    }
}
