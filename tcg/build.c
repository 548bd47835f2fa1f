// SPDX-License-Identifier: MIT
// The IR builder: appends instructions to a Ctx, forwards PUT to GET, shares constants.
#include "tcg/ir.h"
#include "tcg/frontend.h"
#include "tcg/opt/fold.h"
#include "util/alloc.h"
#include "util/log.h"

#include <string.h>

#define P OPP_P
#define C OPP_C
#define M OPP_M
#define R OPP_R
#define W OPP_W
#define X OPP_X
#define Q OPP_Q
#define K OPP_K
#define RES_N 'N'
#define RES_I 'I'
#define RES_L 'L'
#define RES_W 'W'
#define RES_F 'F'
#define RES_V 'V'
#define RES_G 'G'
#define RES_T 'T'
const OpInfo ir_ops[OP_COUNT] = {
#define OP(name, nin, res, props, doc) { nin, RES_##res, props },
#include "tcg/ops.def"
#undef OP
};
const char *const ir_names[OP_COUNT] = {
#define OP(name, nin, res, props, doc) #name,
#include "tcg/ops.def"
#undef OP
};
#undef P
#undef C
#undef M
#undef R
#undef W
#undef X
#undef Q
#undef K

const Val ir_none = { 0 };

enum { MAX_VCONST = 256 };

bool ir_new(Ctx *t)
{
    memset(t, 0, sizeof *t);
    t->ins = calloc(IR_MAX_INS, sizeof *t->ins);
    t->konst = calloc(IR_MAX_CONST, sizeof *t->konst);
    t->knext = calloc(IR_MAX_CONST, sizeof *t->knext);
    t->kmoves = calloc(IR_MAX_CONST, sizeof *t->kmoves);
    t->last = calloc(IR_MAX_INS, sizeof *t->last);
    t->marks = calloc(IR_MAX_INS, sizeof *t->marks);
    t->vkonst = aligned_alloc(16, MAX_VCONST * sizeof *t->vkonst);
    t->calls = calloc(IR_MAX_CALL, sizeof *t->calls);
    if (t->ins && t->konst && t->knext && t->kmoves && t->last && t->marks && t->vkonst && t->calls)
        return true;
    ir_free(t);
    return false;
}

void ir_free(Ctx *t)
{
    free(t->ins);
    free(t->konst);
    free(t->knext);
    free(t->kmoves);
    free(t->last);
    free(t->marks);
    free(t->vkonst);
    free(t->calls);
    memset(t, 0, sizeof *t);
}

void ir_reset(Ctx *t, Cpu *cpu, const TcgFrontend *fe, u64 pc, u32 mode)
{
    t->cpu = cpu;
    t->fend = fe;
    t->start = t->pc = t->next_pc = pc;
    t->mode = mode;
    t->insns = 0;
    t->ended = t->overflow = t->moves = t->parallel = false;
    memset(t->fe, 0, sizeof t->fe);
    t->n = 1;                                       // 0 is the sentinel "no value"
    memset(&t->ins[0], 0, sizeof t->ins[0]);
    t->nkonst = t->nvkonst = t->ncalls = 0;
    memset(t->kbucket, -1, sizeof t->kbucket);
    memset(t->cur, 0, (size_t)fe->nregs * sizeof t->cur[0]);
    memset(t->narrow, 0, (size_t)fe->nregs * sizeof t->narrow[0]);
    t->fetch_host = NULL;
    t->code_lo = ~0u;
    t->code_hi = 0;
}

// -- constants ----------------------------------------------------------------------------

bool ir_is_k(Val v) { return v.id < 0; }
bool ir_moves(const Ctx *t, Val v) { return t->kmoves[-1 - v.id]; }
u64 ir_kval_now(const Ctx *t, Val v) { return t->konst[-1 - v.id]; }

u64 ir_kval(Ctx *t, Val v)
{
    t->moves &= !ir_moves(t, v);
    return ir_kval_now(t, v);
}

static Val konst(Ctx *t, u64 v, bool moves)
{
    unsigned h = (unsigned)((v * 0x9e3779b97f4a7c15u) >> 56);
    for (int k = t->kbucket[h]; k >= 0; k = t->knext[k])
        if (t->konst[k] == v && t->kmoves[k] == moves)
            return (Val){ -1 - k };
    if (t->nkonst == IR_MAX_CONST) {
        t->overflow = true;
        return (Val){ -1 };
    }
    int k = t->nkonst++;
    t->konst[k] = v;
    t->kmoves[k] = moves;
    t->knext[k] = t->kbucket[h];
    t->kbucket[h] = (i16)k;
    return (Val){ -1 - k };
}

Val ir_k(Ctx *t, u64 v) { return konst(t, v, false); }
Val ir_k_pc(Ctx *t, u64 v) { return konst(t, v, t->moves); }

Val ir_vconst(Ctx *t, u64 lo, u64 hi)
{
    int k = 0;
    while (k < t->nvkonst && (t->vkonst[k].d[0] != lo || t->vkonst[k].d[1] != hi))
        k++;
    if (k == MAX_VCONST) {
        t->overflow = true;
        k = 0;
    } else if (k == t->nvkonst) {
        t->vkonst[t->nvkonst++] = (V128){ { lo, hi } };
    }
    return ir_op(t, OP_VCONST, T_V128, ir_none, ir_none, ir_none, 0, k);
}

// -- appending ----------------------------------------------------------------------------

static Ins *append(Ctx *t, int op, IrType ty)
{
    if (t->n >= IR_MAX_INS - 64) {
        t->overflow = true;
        if (t->n == IR_MAX_INS)
            t->n--;                                 // the region is thrown away anyway
    }
    Ins *in = &t->ins[t->n++];
    *in = (Ins){ .op = (u8)op, .ty = (u8)ty };
    return in;
}

static Val val_of(const Ctx *t, const Ins *in) { return (Val){ (i32)(in - t->ins) }; }

Ins *ir_at(Ctx *t, Val v)
{
    BUG_ON(v.id <= 0 || v.id >= t->n);
    return &t->ins[v.id];
}

static IrType result_type(int op, IrType ty)
{
    switch (ir_ops[op].res) {
    case RES_N: return T_VOID;
    case RES_L: return T_I64;
    case RES_W: return T_I32;
    case RES_V: return T_V128;
    case RES_G: return T_FLAGS;
    default:    return ty;
    }
}

Val ir_op(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm)
{
    if (ir_ops[op].props & OPP_P) {
        Val f = ir_fold(t, op, ty, a, b, c, aux, imm);
        if (f.id)
            return f;
    }
    Ins *in = append(t, op, result_type(op, ty));
    in->a = a;
    in->b = b;
    in->c = c;
    in->aux = aux;
    in->imm = imm;
    return val_of(t, in);
}

Val ir_cvt(Ctx *t, int op, IrType to, IrType from, Val a, u16 aux)
{
    Ins *in = append(t, op, to);
    in->ty2 = (u8)from;
    in->a = a;
    in->aux = aux;
    return val_of(t, in);
}

// -- flags --------------------------------------------------------------------------------

Val ir_fl(Ctx *t, int op, IrType ty, Val a, Val b, Val c)
{
    Ins *in = append(t, op, T_FLAGS);
    in->ty2 = (u8)ty;
    in->a = a;
    in->b = b;
    in->c = c;
    return val_of(t, in);
}

Val ir_fl_ccmp(Ctx *t, Val flags, IrCond c, Val then_flags, u32 else_nzcv)
{
    Ins *in = append(t, OP_FLCCMP, T_FLAGS);
    in->a = flags;
    in->b = then_flags;
    in->aux = (u16)c;
    in->imm = (i32)else_nzcv;
    return val_of(t, in);
}

Val ir_fl_fcmp(Ctx *t, IrType ty, Val a, Val b, bool signalling)
{
    Ins *in = append(t, OP_FLFCMP, T_FLAGS);
    in->ty2 = (u8)ty;
    in->a = a;
    in->b = b;
    in->aux = signalling;
    return val_of(t, in);
}

// -- guest registers ----------------------------------------------------------------------

static Val emit_get(Ctx *t, int reg, IrType ty)
{
    Ins *in = append(t, OP_GET, ty);
    in->imm = reg;
    return val_of(t, in);
}

// v, which holds an integer register's value, seen as `ty`.
static Val int_view(Ctx *t, int reg, Val v, IrType ty)
{
    if (ir_is_k(v))
        return ty == T_I32 ? ir_k(t, (u32)ir_kval(t, v)) : v;
    IrType have = t->ins[v.id].ty;
    if (have == ty)
        return v;
    if (ty == T_I64)
        return t->cur[reg] = ir_zext(t, v);
    return t->narrow[reg] = ir_trunc(t, v);
}

static Val vec_view(Ctx *t, int reg, Val v, IrType ty)
{
    IrType have = t->ins[v.id].ty;
    if (have == ty)
        return v;
    if (have != T_V128)
        v = t->cur[reg] = ir_cvt(t, OP_F2V, T_V128, have, v, 0);
    if (ty != T_V128)
        v = t->narrow[reg] = ir_cvt(t, OP_V2F, ty, T_V128, v, 0);
    return v;
}

Val ir_get(Ctx *t, int reg, IrType ty)
{
    Val n = t->narrow[reg], v = t->cur[reg];
    if (n.id > 0 && t->ins[n.id].ty == ty)
        return n;
    bool vec = t->fend->regs[reg].type == T_V128;
    if (v.id)
        return vec ? vec_view(t, reg, v, ty) : int_view(t, reg, v, ty);
    Val g = emit_get(t, reg, ty);
    if (ty == t->fend->regs[reg].type)
        t->cur[reg] = g;
    else
        t->narrow[reg] = g;
    return g;
}

void ir_put(Ctx *t, int reg, Val v, IrType ty)
{
    if (v.id > 0 && t->ins[v.id].op == OP_F2V && ty == T_V128) {
        ty = t->ins[v.id].ty2;                      // the same bits, and cheaper to keep
        v = t->ins[v.id].a;
    }
    Ins *in = append(t, OP_PUT, ty);
    in->imm = reg;
    in->a = v;
    t->cur[reg] = v;
    t->narrow[reg] = ir_none;
}

Val ir_get_flags(Ctx *t)
{
    int reg = t->fend->nzcv_reg;
    Val v = t->cur[reg];
    if (!v.id)
        v = t->cur[reg] = emit_get(t, reg, T_I32);
    if (!ir_is_k(v) && t->ins[v.id].ty == T_FLAGS)
        return v;
    return ir_fl_unpack(t, v);
}

void ir_put_flags(Ctx *t, Val f)
{
    int op = t->ins[f.id].op;
    if (op == OP_FLADD || op == OP_FLSUB || op == OP_FLAND)
        ir_put(t, t->fend->nzcv_reg, f, T_FLAGS);
    else if (op == OP_FLUNPACK)
        ir_put(t, t->fend->nzcv_reg, t->ins[f.id].a, T_I32);
    else
        ir_put(t, t->fend->nzcv_reg, ir_fl_pack(t, f), T_I32);
}

Val ir_reg_ptr(Ctx *t, int reg)
{
    return ir_op(t, OP_ENVPTR, T_I64, ir_none, ir_none, ir_none, 0,
                 (i32)t->fend->regs[reg].offset);
}

Val ir_ldenv(Ctx *t, IrType ty, int log2size, u32 off)
{
    return ir_op(t, OP_LDENV, ty, ir_none, ir_none, ir_none, (u16)log2size, (i32)off);
}

void ir_stenv(Ctx *t, Val v, int log2size, u32 off)
{
    ir_op(t, OP_STENV, T_VOID, v, ir_none, ir_none, (u16)log2size, (i32)off);
}

// -- guest memory -------------------------------------------------------------------------

static Ins *mem_op(Ctx *t, int op, IrType ty, MemOp m, Val addr, i32 off)
{
    Ins *in = append(t, op, ty);
    in->a = addr;
    in->imm = off;
    in->aux = m;
    return in;
}

static Val second_of(Ctx *t, Val first, IrType ty)
{
    Ins *in = append(t, OP_LD2HI, ty);
    in->a = first;
    return val_of(t, in);
}

Val ir_ld(Ctx *t, IrType ty, MemOp m, Val addr, i32 off)
{
    return val_of(t, mem_op(t, OP_LD, ty, m, addr, off));
}

Val ir_ld2(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val *second)
{
    Val v = val_of(t, mem_op(t, OP_LD2, ty, m, addr, off));
    *second = second_of(t, v, ty);
    return v;
}

void ir_st(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val v)
{
    mem_op(t, OP_ST, ty, m, addr, off)->b = v;
}

void ir_st2(Ctx *t, IrType ty, MemOp m, Val addr, i32 off, Val v, Val w)
{
    Ins *in = mem_op(t, OP_ST2, ty, m, addr, off);
    in->b = v;
    in->c = w;
}

Val ir_ldx(Ctx *t, IrType ty, MemOp m, Val addr)
{
    return val_of(t, mem_op(t, OP_LDX, ty, m, addr, 0));
}

Val ir_ldx2(Ctx *t, IrType ty, MemOp m, Val addr, Val *second)
{
    Val v = val_of(t, mem_op(t, OP_LDX2, ty, m, addr, 0));
    *second = second_of(t, v, ty);
    return v;
}

// The data's type of STX is in ty2: the result (the status) is an I32.
Val ir_stx(Ctx *t, IrType ty, MemOp m, Val addr, Val v)
{
    Ins *in = mem_op(t, OP_STX, T_I32, m, addr, 0);
    in->ty2 = (u8)ty;
    in->b = v;
    return val_of(t, in);
}

Val ir_stx2(Ctx *t, IrType ty, MemOp m, Val addr, Val v, Val w)
{
    Ins *in = mem_op(t, OP_STX2, T_I32, m, addr, 0);
    in->ty2 = (u8)ty;
    in->b = v;
    in->c = w;
    return val_of(t, in);
}

Val ir_cas(Ctx *t, IrType ty, MemOp m, Val addr, Val expect, Val v)
{
    Ins *in = mem_op(t, OP_CAS, ty, m, addr, 0);
    in->b = expect;
    in->c = v;
    return val_of(t, in);
}

Val ir_cas2(Ctx *t, IrType ty, MemOp m, Val addr, Val e0, Val e1, Val n0, Val n1, Val *second)
{
    Ins *in = mem_op(t, OP_CAS2, ty, m, addr, 0);
    in->b = e0;
    in->c = e1;
    in->d = n0;
    in->e = n1;
    Val v = val_of(t, in);
    *second = second_of(t, v, ty);
    return v;
}

Val ir_rmw(Ctx *t, IrType ty, MemOp m, IrRmw kind, Val addr, Val v)
{
    Ins *in = mem_op(t, OP_RMW, ty, m, addr, 0);
    in->sub = (u8)kind;
    in->b = v;
    return val_of(t, in);
}

void ir_fence(Ctx *t, IrFence f) { append(t, OP_FENCE, T_VOID)->aux = (u16)f; }

// -- calls --------------------------------------------------------------------------------

static void forget(Ctx *t, int reg)
{
    t->cur[reg] = t->narrow[reg] = ir_none;
}

static void set_bit(u64 *lo, u64 *hi, int reg)
{
    if (reg < 64)
        *lo |= 1ull << reg;
    else
        *hi |= 1ull << (reg - 64);
}

Val ir_call_regs(Ctx *t, const Helper *h, int nargs, const Val *args,
                 const u8 *rd, int nrd, const u8 *wr, int nwr)
{
    if (t->ncalls == IR_MAX_CALL) {
        t->overflow = true;
        t->ncalls--;
    }
    IrCall *call = &t->calls[t->ncalls];
    *call = (IrCall){ .h = h, .nargs = nargs };
    BUG_ON(nargs + ((h->flags & HELPER_CPU) != 0) > 6);
    for (int i = 0; i < nargs; i++)
        call->args[i] = args[i];
    for (int i = 0; i < nrd; i++)
        set_bit(&call->reads, &call->reads_hi, rd[i]);
    for (int i = 0; i < nwr; i++)
        set_bit(&call->writes, &call->writes_hi, wr[i]);
    if (h->flags & (HELPER_READS | HELPER_RAISES))
        call->reads = call->reads_hi = ~0ull;
    if (h->flags & HELPER_WRITES)
        call->writes = call->writes_hi = ~0ull;
    Ins *in = append(t, OP_CALL, h->ret);
    in->imm = t->ncalls++;
    Val v = val_of(t, in);
    for (int r = 0; r < t->fend->nregs; r++)
        if (r < 64 ? call->writes >> r & 1 : call->writes_hi >> (r - 64) & 1)
            forget(t, r);
    return v;
}

Val ir_call(Ctx *t, const Helper *h, int nargs, const Val *args)
{
    return ir_call_regs(t, h, nargs, args, NULL, 0, NULL, 0);
}

// -- control ------------------------------------------------------------------------------

void ir_insn(Ctx *t, u64 pc)
{
    append(t, OP_INSN, T_VOID)->imm = (i32)(pc - t->start);
}

void ir_exit_if(Ctx *t, Val flags, IrCond c, u64 pc)
{
    Ins *in = append(t, OP_EXITCC, T_VOID);
    in->a = flags;
    in->aux = (u16)c;
    in->k = pc;
}

void ir_exit_rarely(Ctx *t, Val flags, IrCond c, u64 pc)
{
    ir_exit_if(t, flags, c, pc);
    t->ins[t->n - 1].sub = 1;
}

static Ins *end_with(Ctx *t, int op)
{
    t->ended = true;
    return append(t, op, T_VOID);
}

void ir_exit(Ctx *t, u64 pc)      { end_with(t, OP_EXIT)->k = pc; }
void ir_exit_ind(Ctx *t, Val pc)  { end_with(t, OP_EXITIND)->a = pc; }
void ir_exit_dyn(Ctx *t)          { end_with(t, OP_EXITDYN); }
void ir_exit_loop(Ctx *t, u64 pc) { end_with(t, OP_EXITLOOP)->k = pc; }

// -- reading guest code -------------------------------------------------------------------

static bool fetch(Ctx *t, u64 pc, void *to, unsigned n)
{
    u64 off = pc - t->fetch_page;
    if (off > 4096 - n)
        return false;
    memcpy(to, (const u8 *)t->fetch_host + off, n);
    if (off < t->code_lo)
        t->code_lo = (u32)off;
    if (off + n > t->code_hi)
        t->code_hi = (u32)off + n;
    return true;
}

bool ir_fetch32(Ctx *t, u64 pc, u32 *word) { return fetch(t, pc, word, 4); }
bool ir_fetch16(Ctx *t, u64 pc, u16 *half) { return fetch(t, pc, half, 2); }
