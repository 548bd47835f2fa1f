// SPDX-License-Identifier: MIT
// The IR as text, one line an instruction: `v7 = ADD.i64 v3, #0x10`.  For people and for
// tests; nothing reads it back.
#include "tcg/dump.h"
#include "tcg/frontend.h"

static const char *const type_names[] = { "void", "i32", "i64", "f32", "f64", "v128", "flags" };
static const char *const cond_names[] = { "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi",
                                          "ls", "ge", "lt", "gt", "le" };
static const char *const rmw_names[] = { "add", "clr", "eor", "set", "smax", "smin", "umax",
                                         "umin", "swp" };
static const char *const fence_names[] = { "ld", "st", "all" };
static const char *const round_names[] = { "rn", "rp", "rm", "rz", "ra", "fpcr" };

#define NAME(table, i) ((size_t)(i) < ARRAY_LEN(table) ? table[i] : "?")

static void add_val(const Ctx *t, Str *out, Val v)
{
    if (v.id < 0 && -1 - v.id < t->nkonst)
        str_addf(out, "#%#llx", (unsigned long long)t->konst[-1 - v.id]);
    else if (v.id < 0)
        str_addf(out, "#?%d", -1 - v.id);
    else
        str_addf(out, "v%d", v.id);
}

static void add_reg(const Ctx *t, Str *out, i32 reg)
{
    if (t->fend && reg >= 0 && reg < t->fend->nregs && t->fend->regs[reg].name)
        str_add(out, t->fend->regs[reg].name);
    else
        str_addf(out, "r%d", reg);
}

static void add_memop(Str *out, MemOp m)
{
    static const struct { MemOp bit; const char *name; } attrs[] = {
        { MO_SIGN, "s" }, { MO_BE, "be" }, { MO_ALIGN, "align" }, { MO_ALIGN16, "align16" },
        { MO_USER, "user" }, { MO_ACQ, "acq" }, { MO_REL, "rel" }, { MO_ATOMIC, "atomic" },
        { MO_ORDERED, "ordered" }, { MO_DCZVA, "dczva" },
    };
    str_addf(out, " %u", 8 * memop_bytes(m));
    for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
        if (m & attrs[i].bit)
            str_addf(out, ",%s", attrs[i].name);
}

static void add_mem(const Ctx *t, Str *out, const Ins *in)
{
    str_add(out, " [");
    add_val(t, out, in->a);
    if (in->imm)
        str_addf(out, " %c %#x", in->imm < 0 ? '-' : '+',
                 in->imm < 0 ? 0u - (u32)in->imm : (u32)in->imm);
    str_addc(out, ']');
    const Val rest[4] = { in->b, in->c, in->d, in->e };
    for (int i = 0; i < ir_ops[in->op].nin - 1; i++) {
        str_add(out, ", ");
        add_val(t, out, rest[i]);
    }
    if (in->op == OP_RMW)
        str_addf(out, " %s", NAME(rmw_names, in->sub));
    add_memop(out, in->aux);
}

static void add_call(const Ctx *t, Str *out, const Ins *in)
{
    if (in->imm < 0 || in->imm >= t->ncalls) {
        str_addf(out, " ?%d", in->imm);
        return;
    }
    const IrCall *c = &t->calls[in->imm];
    str_addf(out, " %s(", c->h->name);
    for (int i = 0; i < c->nargs; i++) {
        if (i)
            str_add(out, ", ");
        add_val(t, out, c->args[i]);
    }
    str_addc(out, ')');
    if (c->writes || c->writes_hi)
        str_addf(out, " writes %#llx:%#llx", (unsigned long long)c->writes_hi,
                 (unsigned long long)c->writes);
}

static void add_operands(const Ctx *t, Str *out, const Ins *in)
{
    const Val v[3] = { in->a, in->b, in->c };
    for (int i = 0; i < ir_ops[in->op].nin && i < 3; i++) {
        str_add(out, i ? ", " : " ");
        add_val(t, out, v[i]);
    }
}

// What ins.imm and ins.aux mean besides the operands.
static void add_fields(const Ctx *t, Str *out, const Ins *in)
{
    switch (in->op) {
    case OP_EXTR: case OP_VDUPL: case OP_VINS: case OP_VGETU: case OP_VGETS: case OP_VEXT:
    case OP_VSHLI: case OP_VSHRI: case OP_VSARI: case OP_VREV: case OP_VPMULL: case OP_VFMLA:
        str_addf(out, " @%d", in->imm);
        break;
    case OP_VINSL:
        str_addf(out, " @%d<-%d", in->imm & 15, in->imm >> 4);
        break;
    case OP_UBFX: case OP_SBFX: case OP_BFI:
        str_addf(out, " @%d+%u", in->imm, in->aux);
        break;
    case OP_CRC32C: case OP_FPFMA:
        str_addf(out, " /%u", in->aux);
        break;
    case OP_SEL: case OP_SETCC:
        str_addf(out, " %s", NAME(cond_names, in->aux));
        break;
    case OP_FLCCMP:
        str_addf(out, " %s else #%d", NAME(cond_names, in->aux), in->imm);
        break;
    case OP_FLFCMP:
        str_add(out, in->aux & 1 ? " signalling" : "");
        break;
    case OP_FPRINT:
        str_addf(out, " %s%s", NAME(round_names, in->aux & 7),
                 in->aux & IR_ROUND_EXACT ? ",exact" : "");
        break;
    case OP_FPTOI:
        str_addf(out, " %s%s", NAME(round_names, in->aux & 7),
                 in->aux & IR_TOI_UNSIGNED ? ",u" : "");
        break;
    case OP_ITOFP:
        str_add(out, in->aux & IR_TOI_UNSIGNED ? " u" : "");
        break;
    case OP_VCONST:
        if (in->imm >= 0 && in->imm < t->nvkonst)
            str_addf(out, " #0x%016llx_%016llx", (unsigned long long)t->vkonst[in->imm].d[1],
                     (unsigned long long)t->vkonst[in->imm].d[0]);
        break;
    default:
        break;
    }
}

static void add_env(const Ctx *t, Str *out, const Ins *in)
{
    str_addf(out, " cpu+%#x", (u32)in->imm);
    if (in->op != OP_ENVPTR)
        str_addf(out, " %u", 8u << in->aux);
    if (in->op == OP_STENV) {
        str_add(out, " = ");
        add_val(t, out, in->a);
    }
}

static void add_control(const Ctx *t, Str *out, const Ins *in)
{
    if (in->op == OP_EXITCC || in->op == OP_EXITIND) {
        str_addc(out, ' ');
        add_val(t, out, in->a);
    }
    if (in->op == OP_EXITCC)
        str_addf(out, " %s", NAME(cond_names, in->aux));
    if (in->op == OP_EXITCC || in->op == OP_EXIT || in->op == OP_EXITLOOP)
        str_addf(out, " -> %#llx", (unsigned long long)in->k);
}

static bool is_v(int op) { return op >= OP_VADD && op <= OP_VFCGT; }

static void add_head(Str *out, const Ins *in, int i)
{
    bool value = in->ty != T_VOID && ir_ops[in->op].res != 'N';
    if (value)
        str_addf(out, "  v%d = ", i);
    else
        str_add(out, "  ");
    str_add(out, ir_names[in->op]);
    if (in->ty != T_VOID && in->ty != T_FLAGS && in->ty != T_V128)
        str_addf(out, ".%s", NAME(type_names, in->ty));
    if (in->ty2)
        str_addf(out, ".%s", NAME(type_names, in->ty2));
    if (is_v(in->op) && !(ir_ops[in->op].props & OPP_M))
        str_addf(out, ".%u%s", 8u << (in->aux & VL_MASK), in->aux & VQ_HALF ? "half" : "");
}

static void add_ins(const Ctx *t, Str *out, const Ins *in, int i)
{
    if (in->op == OP_INSN) {
        str_addf(out, "insn %#llx", (unsigned long long)(t->start + (u64)(i64)in->imm));
        return;
    }
    add_head(out, in, i);
    switch (in->op) {
    case OP_GET:
        str_addc(out, ' ');
        add_reg(t, out, in->imm);
        break;
    case OP_PUT:
        str_addc(out, ' ');
        add_reg(t, out, in->imm);
        str_add(out, " = ");
        add_val(t, out, in->a);
        break;
    case OP_LDENV: case OP_STENV: case OP_ENVPTR:
        add_env(t, out, in);
        break;
    case OP_CALL:
        add_call(t, out, in);
        break;
    case OP_FENCE:
        str_addf(out, " %s", NAME(fence_names, in->aux));
        break;
    default:
        if (ir_ops[in->op].props & OPP_M) {
            add_mem(t, out, in);
        } else if (ir_ops[in->op].props & OPP_X) {
            add_control(t, out, in);
        } else {
            add_operands(t, out, in);
            add_fields(t, out, in);
        }
    }
}

void ir_dump_ins(const Ctx *t, int i, Str *out)
{
    if (t->ins[i].op < OP_COUNT)
        add_ins(t, out, &t->ins[i], i);
    else
        str_addf(out, "  v%d = ?%u", i, t->ins[i].op);
}

void ir_dump(const Ctx *t, Str *out)
{
    for (int i = 1; i < t->n; i++) {
        if (t->ins[i].op == OP_NOP)
            continue;
        ir_dump_ins(t, i, out);
        str_addc(out, '\n');
    }
}
