// SPDX-License-Identifier: MIT
// The evaluator as a TcgHost: makes Progs of regions and goes from one to the next.
#include "tcg/host/eval/eval.h"
#include "tcg/host.h"
#include "util/alloc.h"

#include <string.h>

static bool eval_probe(Error *err)
{
    (void)err;
    return true;
}

static bool eval_init(Tcg *tcg, Error *err)
{
    (void)err;
    tcg->first = 0;
    atomic_store(&tcg->used, 0);
    return true;
}

static void eval_fini(Tcg *tcg) { (void)tcg; }

EvalThread *eval_thread(TcgThread *th)
{
    if (!th->eval)
        th->eval = xaligned(64, sizeof(EvalThread));
    return th->eval;
}

// -- compile ------------------------------------------------------------------------------

static void renumber(const EvalThread *et, Val *v)
{
    if (v->id > 0)
        v->id = et->map[v->id];
}

static void renumber_operands(const EvalThread *et, Ins *in)
{
    Val *const v[5] = { &in->a, &in->b, &in->c, &in->d, &in->e };
    for (int i = 0; i < ir_ops[in->op].nin; i++)
        renumber(et, v[i]);
}

static u32 copy_ins(EvalThread *et, const Ctx *t, Ins *to)
{
    u32 n = 1;
    memset(&to[0], 0, sizeof to[0]);
    for (int i = 1; i < t->n; i++) {
        if (t->ins[i].op == OP_NOP)
            continue;
        et->map[i] = (i32)n;
        to[n] = t->ins[i];
        renumber_operands(et, &to[n]);
        to[n].uses = eval_kind(to[n].op);
        if (to[n].op == OP_GET || to[n].op == OP_PUT)
            eval_place(t->fend, &to[n]);
        n++;
    }
    return n;
}

static void copy_calls(const EvalThread *et, const Ctx *t, IrCall *to)
{
    for (int i = 0; i < t->ncalls; i++) {
        to[i] = t->calls[i];
        for (int a = 0; a < to[i].nargs; a++)
            renumber(et, &to[i].args[a]);
    }
}

static u32 live_count(const Ctx *t)
{
    u32 n = 1;
    for (int i = 1; i < t->n; i++)
        n += t->ins[i].op != OP_NOP;
    return n;
}

static size_t round16(size_t n) { return (n + 15) & ~(size_t)15; }

static bool eval_compile(Tcg *tcg, Ctx *t, Region *r)
{
    TcgThread *th = tcg_cpu(t->cpu)->th;
    EvalThread *et = eval_thread(th);
    u32 n = live_count(t);
    size_t ins = round16(sizeof(EvalProg) + n * sizeof(Ins)), k = (size_t)t->nkonst * sizeof(V128),
           vk = (size_t)t->nvkonst * sizeof(V128), calls = (size_t)t->ncalls * sizeof(IrCall),
           size = round16(ins + k + vk + calls);
    if ((size_t)(th->code_end - th->code) < size)
        return false;
    u8 *base = th->code;
    EvalProg *p = (EvalProg *)(void *)base;
    V128 *konst = (V128 *)(void *)(base + ins), *vkonst = konst + t->nkonst;
    IrCall *call = (IrCall *)(void *)(vkonst + t->nvkonst);
    copy_ins(et, t, p->ins);
    for (int i = 0; i < t->nkonst; i++)
        konst[i] = (V128){ { t->konst[i], 0 } };
    memcpy(vkonst, t->vkonst, vk);
    copy_calls(et, t, call);
    p->region = r;
    p->pc = t->start;
    p->n = n;
    p->k = konst;
    p->vk = vkonst;
    p->calls = call;
    r->code = tcg_rx(tcg, base);
    r->code_size = (u32)size;
    th->code = base + size;
    return true;
}

// -- run ----------------------------------------------------------------------------------

static const EvalProg *next(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    u64 pc;
    if (cpu_exit_bits(cpu))
        return NULL;
    memcpy(&pc, (const u8 *)cpu + tc->fe->pc_offset, 8);
    JumpEntry *j = &tc->jc[jc_index(pc)];
    if (__atomic_load_n(&j->pc, __ATOMIC_ACQUIRE) == pc &&
        __atomic_load_n(&j->key, __ATOMIC_RELAXED) == tc->ctxkey) {
        const EvalProg *p = (const EvalProg *)(uintptr_t)j->code;
        if (!atomic_load(&p->region->dead))
            return p;
    }
    Region *r = tcg_next_region(cpu);
    return r ? (const EvalProg *)(const void *)r->code : NULL;
}

static void eval_run(Cpu *cpu, Region *first)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    const EvalProg *volatile p = (const EvalProg *)(const void *)first->code;
    eval_thread(th);                                  // all it runs may be others' translations
    if (sigsetjmp(th->unwind, 0))                   // a helper left by tcg_unwind
        p = tcg_must_leave(cpu) ? NULL : next(cpu);
    while (p)
        p = eval_region(cpu, p) == EVAL_NEXT ? next(cpu) : NULL;
}

static NORETURN void eval_unwind(Cpu *cpu) { siglongjmp(tcg_cpu(cpu)->th->unwind, 1); }

static void eval_retire(Tcg *tcg, Region *r) { (void)tcg, (void)r; }     // next() looks

static void eval_link(Tcg *tcg, Region *r, u32 i, Region *to)
{
    (void)tcg, (void)r, (void)i, (void)to;          // regions have no links
}

const TcgHost tcg_eval = {
    .name = "eval", .interprets = true, .probe = eval_probe, .init = eval_init, .fini = eval_fini,
    .compile = eval_compile, .run = eval_run, .link = eval_link, .retire = eval_retire,
    .unwind = eval_unwind,
};
