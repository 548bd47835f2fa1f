// SPDX-License-Identifier: MIT
// One region of IR, instruction by instruction.  Integers are in d[0] of a value, zero-extended
// when I32; FLAGS are canonical packed NZCV; FP values are in the low bits.  d[1] is anything but
// in a V128.  Results are written in place, in 8-byte pieces as they are read: a 16-byte copy of
// what was just written in pieces would wait for the store buffer.
#include "tcg/host/eval/eval.h"
#include "tcg/check.h"
#include "tcg/opt/fold.h"

#include <string.h>

typedef struct Frame {
    Cpu *cpu;
    const EvalProg *p;
    V128 *v;
    u64 pc;                                         // of the guest instruction
    u32 left;                                       // instructions after it, see tcg/icount.c
    V128 second;                                    // of the pair just loaded
} Frame;

static EvalKind kind_of_control(int op)
{
    switch (op) {
    case OP_INSN:    return EK_INSN;
    case OP_POLL:    return EK_POLL;
    case OP_EXITCC:  return EK_EXITCC;
    case OP_EXIT:    return EK_EXIT;
    case OP_EXITIND: return EK_EXITIND;
    case OP_EXITDYN: return EK_EXITDYN;
    default:         return EK_EXITLOOP;
    }
}

EvalKind eval_kind(int op)
{
    switch (op) {
    case OP_ADC: case OP_SBC:
        return EK_CARRY;
    case OP_SEL: case OP_SETCC:
        return EK_CHOOSE;
    case OP_FLADD: case OP_FLSUB: case OP_FLAND: case OP_FLADC: case OP_FLSBC: case OP_FLCCMP:
    case OP_FLPACK: case OP_FLUNPACK:
        return EK_FLAGS;
    case OP_GET:    return EK_GET;
    case OP_PUT:    return EK_PUT;
    case OP_LDENV:  return EK_LDENV;
    case OP_STENV:  return EK_STENV;
    case OP_ENVPTR: return EK_ENVPTR;
    case OP_LD2HI:  return EK_SECOND;
    case OP_FENCE:  return EK_FENCE;
    case OP_FPABS: case OP_FPNEG: case OP_F2I: case OP_I2F: case OP_F2V: case OP_V2F:
        return EK_MOVE;
    case OP_VCONST: return EK_VCONST;
    case OP_CALL:   return EK_CALL;
    default: break;
    }
    u8 props = ir_ops[op].props;
    if (props & OPP_Q)
        return EK_FP;
    if (props & OPP_M)
        return EK_MEM;
    if (props & OPP_P)
        return op >= OP_VCONST ? EK_VEC : EK_INT;
    return kind_of_control(op);
}

static const V128 *at(const Frame *f, Val x)
{
    return x.id < 0 ? &f->p->k[-1 - x.id] : &f->v[x.id];
}

static u64 low(const Frame *f, Val x) { return at(f, x)->d[0]; }

static u64 of_type(IrType ty, u64 v) { return ty == T_I32 || ty == T_F32 ? (u32)v : v; }

static u64 do_int(const Frame *f, const Ins *in)
{
    u64 r = 0, a = low(f, in->a), b = in->b.id ? low(f, in->b) : 0;
    if (in->ty == T_I32 && in->op != OP_TRUNC)
        a = (u32)a;
    if (in->ty == T_I32 && in->op != OP_CRC32C)     // its data may be wider than its result
        b = (u32)b;
    ir_eval_int(in->op, in->ty, a, b, in->aux, in->imm, &r);
    return r;
}

static u64 do_carry(const Frame *f, const Ins *in)
{
    u64 c = !(low(f, in->c) & IR_NZCV_NOT_C), a = low(f, in->a), b = low(f, in->b);
    return of_type(in->ty, a + (in->op == OP_SBC ? ~b : b) + c);
}

static u64 do_flags(const Frame *f, const Ins *in)
{
    return eval_flags(in, low(f, in->a), in->b.id ? low(f, in->b) : 0,
                      in->c.id ? (u32)low(f, in->c) : 0);
}

static void do_choose(const Frame *f, const Ins *in, V128 *d)
{
    if (in->op == OP_SETCC) {
        d->d[0] = eval_cond((u32)low(f, in->a), in->aux);
        return;
    }
    const V128 *v = at(f, eval_cond((u32)low(f, in->c), in->aux) ? in->a : in->b);
    d->d[0] = v->d[0];
    d->d[1] = v->d[1];
}

// -- the Cpu ------------------------------------------------------------------------------

// ins.imm is the offset of the register by now, ins.sub the size of its place (eval_place).
void eval_place(const TcgFrontend *fe, Ins *in)
{
    const GuestReg *r = &fe->regs[in->imm];
    in->imm = (i32)r->offset;
    in->sub = r->type == T_V128 ? 16 : r->type == T_I64 ? 8 : 4;
}

static void do_get(const Frame *f, const Ins *in, V128 *d)
{
    const u8 *reg = (const u8 *)f->cpu + in->imm;
    u32 w;
    if (in->ty == T_I32 || in->ty == T_F32) {
        memcpy(&w, reg, 4);
        d->d[0] = w;
        return;
    }
    memcpy(&d->d[0], reg, 8);
    if (in->ty == T_V128)
        memcpy(&d->d[1], reg + 8, 8);
}

static void do_put(const Frame *f, const Ins *in)
{
    const V128 *v = at(f, in->a);
    u8 *reg = (u8 *)f->cpu + in->imm;
    u64 lo = in->ty == T_V128 ? v->d[0] : of_type(in->ty, v->d[0]), hi = 0;
    u32 w = (u32)lo;
    if (in->sub == 4) {
        memcpy(reg, &w, 4);
        return;
    }
    if (in->ty == T_V128)
        hi = v->d[1];
    memcpy(reg, &lo, 8);
    if (in->sub == 16)
        memcpy(reg + 8, &hi, 8);
}

static void do_ldenv(const Frame *f, const Ins *in, V128 *d)
{
    // once and whole: Cpu.exit and Cpu.pending_irq are written by other threads
    const void *p = (const u8 *)f->cpu + in->imm;
    d->d[1] = 0;
    switch (in->aux) {
    case 0:  d->d[0] = __atomic_load_n((const u8 *)p, __ATOMIC_ACQUIRE); break;
    case 1:  d->d[0] = __atomic_load_n((const u16 *)p, __ATOMIC_ACQUIRE); break;
    case 2:  d->d[0] = __atomic_load_n((const u32 *)p, __ATOMIC_ACQUIRE); break;
    default: d->d[0] = __atomic_load_n((const u64 *)p, __ATOMIC_ACQUIRE); break;
    }
}

static void do_stenv(const Frame *f, const Ins *in)
{
    memcpy((u8 *)f->cpu + in->imm, at(f, in->a), 1u << in->aux);
}

static void set_pc(const Frame *f, u64 pc)
{
    memcpy((u8 *)f->cpu + tcg_cpu(f->cpu)->fe->pc_offset, &pc, 8);
}

// -- memory, FP, calls --------------------------------------------------------------------

// False: the access faulted, the exception has been entered.
static bool do_mem(Frame *f, const Ins *in, V128 *out)
{
    const Val from[4] = { in->b, in->c, in->d, in->e };
    V128 v[4], res[2];
    TcgFault fault;
    u64 va = low(f, in->a) + (u64)(i64)in->imm;
    for (int i = 0; i < ir_ops[in->op].nin - 1; i++)
        v[i] = *at(f, from[i]);
    if (in->aux & MO_REL)
        atomic_thread_fence(memory_order_release);
    tcg_cpu(f->cpu)->undone = f->left;
    if (!slow_access(f->cpu, in, va, v, res, &fault)) {
        set_pc(f, f->pc);
        tcg_raise(f->cpu, &fault);
        icount_settle(tcg_cpu(f->cpu));
        return false;
    }
    if (in->aux & MO_ACQ)
        atomic_thread_fence(memory_order_acquire);
    if (ir_ops[in->op].res == 'N')
        return true;
    out->d[0] = res[0].d[0];
    out->d[1] = res[0].d[1];
    if (in[1].uses == EK_SECOND)
        f->second = res[1];
    return true;
}

static void do_fp(const Frame *f, const Ins *in, V128 *d)
{
    const Val from[3] = { in->a, in->b, in->c };
    V128 x[3] = { { { 0, 0 } }, { { 0, 0 } }, { { 0, 0 } } }, out = { { 0, 0 } };
    for (int i = 0; i < ir_ops[in->op].nin; i++)
        x[i] = *at(f, from[i]);
    tcg_cpu(f->cpu)->fe->fp_op(f->cpu, in, x, &out);
    d->d[0] = in->ty == T_V128 ? out.d[0] : of_type(in->ty, out.d[0]);
    d->d[1] = in->ty == T_V128 && in->aux & VQ_HALF ? 0 : out.d[1];
}

static void do_move(const Frame *f, const Ins *in, V128 *d)
{
    u64 a = low(f, in->a), sign = in->ty == T_F32 ? 1ull << 31 : 1ull << 63;
    switch (in->op) {
    case OP_FPABS: a &= ~sign; break;
    case OP_FPNEG: a ^= sign; break;
    case OP_F2V:   a = of_type(in->ty2, a); break;
    default:       break;                           // the bits as they are
    }
    d->d[0] = in->op == OP_F2V ? a : of_type(in->ty, a);
    d->d[1] = 0;
}

// Integers are passed in integer registers whatever their width, so one type of function
// serves for all; what it does not take it does not look at.
typedef u64 AnyHelper(u64, u64, u64, u64, u64, u64);

// False: --check may not call this helper twice.
static bool do_call(const Frame *f, const Ins *in, u64 *out)
{
    const IrCall *c = &f->p->calls[in->imm];
    TcgThread *th = tcg_cpu(f->cpu)->th;
    if (check_shadows(th) && c->h->flags & (HELPER_READS | HELPER_WRITES | HELPER_RAISES)) {
        check_give_up(th);
        return false;
    }
    u64 x[6] = { 0 };
    int n = 0;
    if (c->h->flags & HELPER_CPU)
        x[n++] = (u64)(uintptr_t)f->cpu;
    for (int i = 0; i < c->nargs; i++)
        x[n++] = low(f, c->args[i]);
    if (c->h->flags & HELPER_RAISES)
        set_pc(f, f->pc);
    tcg_cpu(f->cpu)->undone = f->left;
    AnyHelper *fn = (AnyHelper *)(uintptr_t)c->h->fn;
    *out = of_type(in->ty, fn(x[0], x[1], x[2], x[3], x[4], x[5]));
    return true;
}

static void do_fence(const Ins *in)
{
    atomic_thread_fence(in->aux == FENCE_LD ? memory_order_acquire : memory_order_seq_cst);
}

static V128 do_vec(const Frame *f, const Ins *in)
{
    const Val from[3] = { in->a, in->b, in->c };
    const V128 *x[3] = { NULL, NULL, NULL };
    for (int i = 0; i < ir_ops[in->op].nin; i++)
        x[i] = at(f, from[i]);
    return eval_vec(in, x);
}

// -- the loop -----------------------------------------------------------------------------

// The end of the region, or -1: the instruction was no exit or was not taken.
static int exit_of(Frame *f, const Ins *in)
{
    switch (in->uses) {
    case EK_POLL:
        if (!cpu_exit_bits(f->cpu))
            return -1;
        set_pc(f, f->pc);
        return EVAL_LEAVE;
    case EK_EXITCC:
        if (!eval_cond((u32)low(f, in->a), in->aux))
            return -1;
        set_pc(f, in->k);
        return EVAL_NEXT;
    case EK_EXIT:
        set_pc(f, in->k);
        return EVAL_NEXT;
    case EK_EXITIND:
        set_pc(f, low(f, in->a));
        return EVAL_NEXT;
    case EK_EXITDYN:
        return EVAL_NEXT;
    default:                                        // EXITLOOP
        set_pc(f, in->k);
        return EVAL_LEAVE;
    }
}

// What the region has taken and was not done is given back.
static int do_exit(Frame *f, const Ins *in)
{
    int end = exit_of(f, in);
    TcgCpu *tc = tcg_cpu(f->cpu);
    if (end >= 0 && tc->tcg->counted)
        tc->budget += f->left + (in->uses == EK_POLL);
    return end;
}

static bool begin(Frame *f, const EvalProg *p)
{
    if (!tcg_cpu(f->cpu)->tcg->counted)
        return true;
    if (!icount_take(f->cpu, p->region)) {
        set_pc(f, p->pc);
        return false;
    }
    f->left = p->region->insns;
    return true;
}

// A way back to the start that is to be taken now: only in --check's shadow.
static bool again(Frame *f, const Ins *in)
{
    TcgThread *th = tcg_cpu(f->cpu)->th;
    if ((in->uses != EK_EXIT && in->uses != EK_EXITCC) || in->k != f->p->pc ||
        !check_shadows(th) || !check_turn(th, f->p->region))
        return false;
    f->pc = f->p->pc;
    return begin(f, f->p);
}

EvalEnd eval_region(Cpu *cpu, const EvalProg *p)
{
    EvalThread *et = tcg_cpu(cpu)->th->eval;
    Frame f = { .cpu = cpu, .p = p, .v = et->v, .pc = p->pc };
    if (!begin(&f, p))
        return EVAL_LEAVE;
    const Ins *in = &p->ins[1];
    int end;
    for (V128 *d = &f.v[1];; in++, d++) {
        switch ((EvalKind)in->uses) {
        case EK_INT:    d->d[0] = do_int(&f, in); break;
        case EK_FLAGS:  d->d[0] = do_flags(&f, in); break;
        case EK_CARRY:  d->d[0] = do_carry(&f, in); break;
        case EK_CHOOSE: do_choose(&f, in, d); break;
        case EK_GET:    do_get(&f, in, d); break;
        case EK_PUT:    do_put(&f, in); break;
        case EK_LDENV:  do_ldenv(&f, in, d); break;
        case EK_STENV:  do_stenv(&f, in); break;
        case EK_ENVPTR: d->d[0] = (u64)(uintptr_t)cpu + (u32)in->imm; break;
        case EK_MEM:
            if (!do_mem(&f, in, d))
                return EVAL_NEXT;
            break;
        case EK_SECOND: *d = f.second; break;
        case EK_FENCE:  do_fence(in); break;
        case EK_FP:     do_fp(&f, in, d); break;
        case EK_MOVE:   do_move(&f, in, d); break;
        case EK_VCONST: *d = p->vk[in->imm]; break;
        case EK_VEC:    *d = do_vec(&f, in); break;
        case EK_CALL:
            if (!do_call(&f, in, &d->d[0]))
                return EVAL_LEAVE;
            break;
        case EK_INSN:
            f.pc = p->pc + (u64)(i64)in->imm;
            f.left -= f.left > 0;
            break;
        default:
            end = do_exit(&f, in);
            if (end >= 0 && !again(&f, in))
                return (EvalEnd)end;
            if (end >= 0)
                in = p->ins, d = f.v;               // and on with the first
        }
    }
}
