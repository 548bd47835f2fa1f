// SPDX-License-Identifier: MIT
// Is a region well-formed IR?  Debug builds ask for each region before the passes; a "no" is a
// bug of the front-end.  What is checked: values are defined before they are used and have the
// types ops.def says; fields are in range; the pieces of pairs stand together; no guest
// register is written before an operation of the same guest instruction that can fault; the
// region ends in an exit and has no other.
#include "tcg/dump.h"
#include "tcg/frontend.h"

#include <stdarg.h>

typedef struct Check {
    const Ctx *t;
    Str *why;
    const Ins *in;
    int i;
    int put;                                        // the last PUT of this guest instruction
} Check;

static bool PRINTF(2, 3) bad(Check *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    str_addv(c->why, fmt, ap);
    va_end(ap);
    str_add(c->why, " in:");
    ir_dump_ins(c->t, c->i, c->why);
    return false;
}

// -- operands -----------------------------------------------------------------------------
// One letter an operand:  i integer of the ins' type, n any integer, w I32, l I64, 2 integer of
// type ty2, f FP of the ins' type, F FP of type ty2, x FP or vector of type ty2, v V128, g FLAGS,
// t of the ins' type, u of type ty2, a anything.
static const char *const shapes[OP_COUNT] = {
    [OP_ADD] = "ii", [OP_SUB] = "ii", [OP_AND] = "ii", [OP_OR] = "ii", [OP_XOR] = "ii",
    [OP_ANDN] = "ii", [OP_NOT] = "i", [OP_NEG] = "i", [OP_MUL] = "ii", [OP_UMULH] = "ll",
    [OP_SMULH] = "ll", [OP_UDIV] = "ii", [OP_SDIV] = "ii", [OP_SHL] = "in", [OP_SHR] = "in",
    [OP_SAR] = "in", [OP_ROR] = "in", [OP_EXTR] = "ii", [OP_UBFX] = "i", [OP_SBFX] = "i",
    [OP_BFI] = "ii", [OP_CLZ] = "i", [OP_CLS] = "i", [OP_RBIT] = "i", [OP_BSWAP] = "i",
    [OP_BSWAP16] = "i", [OP_BSWAP32] = "l", [OP_TRUNC] = "l", [OP_ZEXT] = "w", [OP_SEXT] = "w",
    [OP_ADC] = "iig", [OP_SBC] = "iig", [OP_SEL] = "ttg", [OP_SETCC] = "g", [OP_CRC32C] = "wn",
    [OP_FLADD] = "22", [OP_FLSUB] = "22", [OP_FLAND] = "22", [OP_FLADC] = "22g",
    [OP_FLSBC] = "22g", [OP_FLCCMP] = "gg", [OP_FLFCMP] = "FF", [OP_FLPACK] = "g",
    [OP_FLUNPACK] = "w",
    [OP_PUT] = "t", [OP_STENV] = "a",
    [OP_LD] = "l", [OP_LD2] = "l", [OP_LD2HI] = "t", [OP_ST] = "lt", [OP_ST2] = "ltt",
    [OP_LDX] = "l", [OP_LDX2] = "l", [OP_STX] = "lu", [OP_STX2] = "luu", [OP_CAS] = "ltt",
    [OP_CAS2] = "ltttt", [OP_RMW] = "lt",
    [OP_FPADD] = "ff", [OP_FPSUB] = "ff", [OP_FPMUL] = "ff", [OP_FPNMUL] = "ff",
    [OP_FPDIV] = "ff", [OP_FPSQRT] = "f", [OP_FPFMA] = "fff", [OP_FPMIN] = "ff",
    [OP_FPMAX] = "ff", [OP_FPMINNM] = "ff", [OP_FPMAXNM] = "ff", [OP_FPABS] = "f",
    [OP_FPNEG] = "f", [OP_FPCVT] = "F", [OP_FPRINT] = "f", [OP_FPTOI] = "F", [OP_ITOFP] = "2",
    [OP_F2I] = "x", [OP_I2F] = "2", [OP_F2V] = "F", [OP_V2F] = "v",
    [OP_VZX64] = "v", [OP_VAND] = "vv", [OP_VOR] = "vv", [OP_VXOR] = "vv", [OP_VANDN] = "vv",
    [OP_VORN] = "vv", [OP_VNOT] = "v", [OP_VBSL] = "vvv", [OP_VADD] = "vv", [OP_VSUB] = "vv",
    [OP_VMUL] = "vv", [OP_VNEG] = "v", [OP_VABS] = "v", [OP_VSMIN] = "vv", [OP_VSMAX] = "vv",
    [OP_VUMIN] = "vv", [OP_VUMAX] = "vv", [OP_VCEQ] = "vv", [OP_VCGT] = "vv", [OP_VCGE] = "vv",
    [OP_VCHI] = "vv", [OP_VCHS] = "vv", [OP_VCTST] = "vv", [OP_VSHLI] = "v", [OP_VSHRI] = "v",
    [OP_VSARI] = "v", [OP_VUSHL] = "vv", [OP_VSSHL] = "vv", [OP_VCNT] = "v", [OP_VREV] = "v",
    [OP_VDUP] = "n", [OP_VDUPL] = "v", [OP_VINS] = "vn", [OP_VINSL] = "vv", [OP_VGETU] = "v",
    [OP_VGETS] = "v", [OP_VZIP1] = "vv", [OP_VZIP2] = "vv", [OP_VUZP1] = "vv",
    [OP_VUZP2] = "vv", [OP_VTRN1] = "vv", [OP_VTRN2] = "vv", [OP_VEXT] = "vv",
    [OP_VTBL1] = "vv", [OP_VADDP] = "vv", [OP_VUXTL] = "v", [OP_VSXTL] = "v", [OP_VUXTL2] = "v",
    [OP_VSXTL2] = "v", [OP_VXTN] = "v", [OP_VPMULL] = "vv", [OP_VAESE] = "vv",
    [OP_VAESD] = "vv", [OP_VAESMC] = "v", [OP_VAESIMC] = "v",
    [OP_VAESEMC] = "vv", [OP_VAESDIMC] = "vv",
    [OP_VFADD] = "vv", [OP_VFSUB] = "vv", [OP_VFMUL] = "vv", [OP_VFDIV] = "vv",
    [OP_VFSQRT] = "v", [OP_VFMLA] = "vvv", [OP_VFMIN] = "vv", [OP_VFMAX] = "vv",
    [OP_VFMINNM] = "vv", [OP_VFMAXNM] = "vv", [OP_VFABS] = "v", [OP_VFNEG] = "v",
    [OP_VSHA256H] = "vvv", [OP_VSHA256H2] = "vvv", [OP_VSHA256SU0] = "vv",
    [OP_VSHA256SU1] = "vvv", [OP_VFCEQ] = "vv", [OP_VFCGE] = "vv", [OP_VFCGT] = "vv",
    [OP_EXITCC] = "g", [OP_EXITIND] = "l",
};

static bool is_int(int ty) { return ty == T_I32 || ty == T_I64; }
static bool is_fp(int ty) { return ty == T_F32 || ty == T_F64; }

// Constants are integers of whatever width is asked for.
static bool type_fits(char shape, const Ins *in, int ty, bool konst)
{
    switch (shape) {
    case 'i': return is_int(in->ty) && (konst || ty == in->ty);
    case 'n': return konst || is_int(ty);
    case 'w': return konst || ty == T_I32;
    case 'l': return konst || ty == T_I64;
    case '2': return is_int(in->ty2) && (konst || ty == in->ty2);
    case 'f': return is_fp(in->ty) && ty == in->ty;
    case 'F': return is_fp(in->ty2) && ty == in->ty2;
    case 'x': return (is_fp(ty) || ty == T_V128) && ty == in->ty2;
    case 'v': return ty == T_V128;
    case 'g': return ty == T_FLAGS;
    case 't': return konst ? is_int(in->ty) : ty == in->ty;
    case 'u': return konst ? is_int(in->ty2) : ty == in->ty2;
    default:  return konst || (ty != T_VOID && ty != T_FLAGS);
    }
}

static bool operand(Check *c, Val v, char shape, char name)
{
    const Ctx *t = c->t;
    if (v.id < 0) {
        if (-1 - v.id >= t->nkonst)
            return bad(c, "operand %c is no constant", name);
    } else if (v.id == 0 || v.id >= c->i) {
        return bad(c, "operand %c is not defined yet", name);
    } else if (t->ins[v.id].op == OP_NOP || ir_ops[t->ins[v.id].op].res == 'N') {
        return bad(c, "operand %c has no value", name);
    }
    bool konst = v.id < 0;
    if (!type_fits(shape, c->in, konst ? T_I64 : t->ins[v.id].ty, konst))
        return bad(c, "operand %c has the wrong type", name);
    return true;
}

static bool operands(Check *c)
{
    const Ins *in = c->in;
    const char *s = shapes[in->op];
    const Val v[5] = { in->a, in->b, in->c, in->d, in->e };
    for (int i = 0; s && s[i]; i++)
        if (!operand(c, v[i], s[i], (char)('a' + i)))
            return false;
    return true;
}

static bool result(Check *c)
{
    int ty = c->in->ty;
    switch (ir_ops[c->in->op].res) {
    case 'I': return is_int(ty) || bad(c, "result is no integer");
    case 'L': return ty == T_I64 || bad(c, "result is no I64");
    case 'W': return ty == T_I32 || bad(c, "result is no I32");
    case 'F': return is_fp(ty) || bad(c, "result is no FP value");
    case 'V': return ty == T_V128 || bad(c, "result is no vector");
    case 'G': return ty == T_FLAGS || bad(c, "result is no FLAGS");
    case 'T': return (ty <= T_V128 && (ty != T_VOID || c->in->op == OP_CALL)) ||
                     bad(c, "result has no type");
    default:  return true;
    }
}

// -- fields -------------------------------------------------------------------------------

static bool in_range(Check *c, i64 v, i64 lo, i64 hi, const char *what)
{
    return (v >= lo && v <= hi) || bad(c, "%s %lld is not in %lld..%lld", what, (long long)v,
                                       (long long)lo, (long long)hi);
}

static bool field(Check *c)
{
    const Ins *in = c->in;
    int w = in->ty == T_I32 ? 32 : 64;
    return in_range(c, in->aux, 1, w, "length") && in_range(c, in->imm, 0, w - in->aux, "position");
}

static bool env(Check *c)
{
    const Ins *in = c->in;
    if (in->imm < 0 || (c->t->cpu && c->t->cpu->cls && (size_t)in->imm >= c->t->cpu->cls->size))
        return bad(c, "offset is not in the Cpu");
    return in->op == OP_ENVPTR || in_range(c, in->aux, 0, 4, "log2 of the size");
}

static int lane_count(const Ins *in) { return 16 >> (in->aux & VL_MASK); }

static bool vector_fields(Check *c)
{
    const Ins *in = c->in;
    int bits = 8 << (in->aux & VL_MASK), lanes = lane_count(in);
    if (!in_range(c, in->aux, 0, VL_MASK | VQ_HALF, "lane size"))
        return false;
    switch (in->op) {
    case OP_VSHLI: return in_range(c, in->imm, 0, bits - 1, "shift");
    case OP_VSHRI: return in_range(c, in->imm, 0, bits, "shift");
    case OP_VSARI: return in_range(c, in->imm, 1, bits, "shift");
    case OP_VREV:  return in_range(c, in->imm, (in->aux & VL_MASK) + 1, 3, "container");
    case OP_VDUPL: case OP_VINS: case OP_VGETU: case OP_VGETS:
        return in_range(c, in->imm, 0, lanes - 1, "lane");
    case OP_VINSL:
        return in_range(c, in->imm & 15, 0, lanes - 1, "lane") &&
               in_range(c, in->imm >> 4, 0, lanes - 1, "lane");
    case OP_VEXT:  return in_range(c, in->imm, 0, in->aux & VQ_HALF ? 7 : 15, "position");
    case OP_VUXTL: case OP_VSXTL: case OP_VUXTL2: case OP_VSXTL2: case OP_VXTN:
        return in_range(c, in->aux & VL_MASK, VL_8, VL_32, "lane size");
    case OP_VPMULL: case OP_VFMLA:
        return in_range(c, in->imm, 0, 1, "half or sign");
    default:
        if (in->op < OP_VFADD)
            return true;
        return in_range(c, in->aux & VL_MASK, VL_32, VL_64, "lane size");
    }
}

static bool fields(Check *c)
{
    const Ins *in = c->in;
    switch (in->op) {
    case OP_EXTR: return in_range(c, in->imm, 0, in->ty == T_I32 ? 31 : 63, "position");
    case OP_UBFX: case OP_SBFX: case OP_BFI:
        return field(c);
    case OP_CRC32C: return in_range(c, in->aux, 0, 3, "log2 of the size");
    case OP_FLCCMP:
        return in_range(c, in->imm, 0, 15, "NZCV") &&
               in_range(c, in->aux, IC_EQ, IC_LE, "condition");
    case OP_SEL: case OP_SETCC: case OP_EXITCC:
        return in_range(c, in->aux, IC_EQ, IC_LE, "condition");
    case OP_GET: case OP_PUT:
        return in_range(c, in->imm, 0, c->t->fend->nregs - 1, "register");
    case OP_LDENV: case OP_STENV: case OP_ENVPTR:
        return env(c);
    case OP_FENCE:  return in_range(c, in->aux, FENCE_LD, FENCE_ALL, "fence");
    case OP_FPFMA:  return in_range(c, in->aux, 0, 3, "signs");
    case OP_FPRINT: return in_range(c, in->aux & 7, IR_RN, IR_RCUR, "rounding");
    case OP_FPTOI:  return in_range(c, in->aux & 7, IR_RN, IR_RCUR, "rounding");
    case OP_VCONST: return in_range(c, in->imm, 0, c->t->nvkonst - 1, "vector constant");
    case OP_RMW:    return in_range(c, in->sub, RMW_ADD, RMW_SWP, "operation");
    default:
        return in->op < OP_VADD || in->op > OP_VFCGT || vector_fields(c);
    }
}

// -- guest registers, memory, calls, control --------------------------------------------

static bool guest_reg(Check *c)
{
    int reg = c->t->fend->regs[c->in->imm].type, ty = c->in->ty;
    bool fits = reg == T_V128 ? ty == T_V128 || is_fp(ty)
              : reg == T_FLAGS || c->in->imm == c->t->fend->nzcv_reg ? ty == T_I32 || ty == T_FLAGS
              : is_int(ty);
    return fits || bad(c, "the register is not of that type");
}

static bool is_pair_load(int op) { return op == OP_LD2 || op == OP_LDX2 || op == OP_CAS2; }

static bool memory(Check *c)
{
    const Ins *in = c->in;
    static const u8 sizes[] = { [T_VOID] = 0, [T_I32] = 4, [T_I64] = 8, [T_F32] = 4, [T_F64] = 8,
                                [T_V128] = 16, [T_FLAGS] = 0 };
    int ty = in->op == OP_STX || in->op == OP_STX2 ? in->ty2 : in->ty;
    if ((in->aux & MO_SIZE) > MO_128)
        return bad(c, "no such size of access");
    if (ty > T_FLAGS || memop_bytes(in->aux) > sizes[ty])
        return bad(c, "the access is wider than its value");
    if ((in->aux & MO_SIGN) && !is_int(ty))
        return bad(c, "only integers are sign-extended");
    return true;
}

static bool call(Check *c)
{
    if (!in_range(c, c->in->imm, 0, c->t->ncalls - 1, "call"))
        return false;
    const IrCall *k = &c->t->calls[c->in->imm];
    if (!k->h || !k->h->fn)
        return bad(c, "no function");
    int room = 6 - ((k->h->flags & HELPER_CPU) != 0);
    if (!in_range(c, k->nargs, 0, room, "number of arguments"))
        return false;
    if (k->h->ret != c->in->ty || !(is_int(k->h->ret) || k->h->ret == T_VOID))
        return bad(c, "result is not the helper's");
    for (int i = 0; i < k->nargs; i++)
        if (!operand(c, k->args[i], 'n', (char)('0' + i)))
            return false;
    return true;
}

static bool can_fault(const Check *c)
{
    if (c->in->op == OP_CALL)
        return c->t->calls[c->in->imm].h->flags & HELPER_RAISES;
    return ir_ops[c->in->op].props & OPP_M;
}

static bool precise(Check *c)
{
    if (c->in->op == OP_INSN)
        c->put = 0;
    else if (c->in->op == OP_PUT)
        c->put = c->i;
    else if (can_fault(c) && c->put)
        return bad(c, "can fault after v%d put a register of the same guest instruction", c->put);
    return true;
}

static bool is_end(int op)
{
    return op == OP_EXIT || op == OP_EXITIND || op == OP_EXITDYN || op == OP_EXITLOOP;
}

static bool special(Check *c)
{
    int op = c->in->op;
    if (op == OP_LD2HI &&
        (c->in->a.id != c->i - 1 || !is_pair_load(c->t->ins[c->i - 1].op)))
        return bad(c, "does not follow its pair");
    if (is_end(op) != (c->i == c->t->n - 1))
        return bad(c, is_end(op) ? "an exit before the end" : "no exit at the end");
    if (op == OP_CALL)
        return call(c);
    if (op == OP_GET || op == OP_PUT)
        return guest_reg(c);
    return !(ir_ops[op].props & OPP_M) || memory(c);
}

bool ir_verify(const Ctx *t, Str *why)
{
    Check c = { .t = t, .why = why };
    for (c.i = 1; c.i < t->n; c.i++) {
        c.in = &t->ins[c.i];
        if (c.in->op >= OP_COUNT)
            return bad(&c, "no such operation");
        if (!operands(&c) || !result(&c) || !fields(&c) || !special(&c) || !precise(&c))
            return false;
    }
    if (t->n <= 1) {
        str_add(why, "empty region");
        return false;
    }
    return true;
}
