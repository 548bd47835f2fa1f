// SPDX-License-Identifier: MIT
// --check, see check.h.
//
// Not compared are regions that reach a device or a helper with effects of its own (system
// registers, exceptions by instruction): they run once, as without --check.  Helpers that only
// compute run twice.  The exit word is set while a region runs, so that generated code comes back
// at the next region's entry; a loop makes as many turns as the evaluator made, which has room for
// so many stores.  Some regions look at that word, which other threads write: a run in which it
// changed says nothing.
#include "tcg/check.h"
#include "core/machine.h"
#include "tcg/host.h"
#include "tcg/host/eval/eval.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/str.h"

#include <string.h>

LOG_CATEGORY("tcg.check")

enum { STORES = 1024, FLOATS = 4, STENVS = 128, TURNS = 16 };

typedef struct Stored { u8 *host; u32 n; u8 was[32], is[32]; } Stored;

typedef struct State {
    V128 reg[IR_MAX_REGS];
    u64 pc, excl_addr, excl_size, left;             // left: budget that was not used (icount.c)
    V128 excl_val;
    V128 other[FLOATS];                             // FPSR and its like
    u64 env[STENVS];
} State;

typedef struct Check {
    bool shadow, gave_up, faulted, expected, differs;
    TcgFault fault;
    u32 nstores;
    u32 exit;                                       // the exit word before both runs
    u64 left;                                       // regions until one is compared
    u64 compared, given_up, faults, disturbed, turned;
    i32 turns;                                      // that the shadow made after the first
    const EvalProg *prog;
    State before, eval, host;
    Stored stored[STORES];
} Check;

bool check_init(Tcg *tcg, Error *err)
{
    const MachineConfig *c = tcg->machine->config;
    tcg->check = c->check;
    if (tcg->check && tcg->host->interprets)
        return error_set(err, "--check compares with the evaluator: use engine=amd64");
    if (tcg->check && c->cpus > 1)
        return error_set(err, "--check follows one processor: use -smp 1");
    return true;
}

void check_cpu(Tcg *tcg, TcgThread *th)
{
    if (!tcg->check)
        return;
    th->check = xaligned(64, sizeof(Check));        // zeroed
    th->check->left = 1;
}

bool check_differs(const TcgThread *th) { return th->check && th->check->differs; }

void check_fini(TcgThread *th)
{
    free(th->check);
    free(th->eval);
}

bool check_compile(Tcg *tcg, Ctx *t, Region *r)
{
    if (r->prog)
        return true;
    if (!tcg_eval.compile(tcg, t, r))
        return false;
    r->prog = r->code;
    return true;
}

// -- hooks --------------------------------------------------------------------------------

bool check_shadows(const TcgThread *th) { return unlikely(th->check) && th->check->shadow; }

bool check_turn(TcgThread *th, const Region *r)
{
    enum { MOST = 128 };                            // stores of a turn
    Check *c = th->check;
    if (!r->loops || c->turns == TURNS || c->nstores + MOST > STORES)
        return false;
    c->turns++;
    return true;
}

void check_give_up(TcgThread *th) { th->check->gave_up = true; }

void check_store(TcgThread *th, u8 *host, unsigned n)
{
    Check *c = th->check;
    BUG_ON(c->nstores == STORES);                   // more than a region's instructions can store
    Stored *s = &c->stored[c->nstores++];
    s->host = host;
    s->n = n;
    memcpy(s->was, host, n);
}

// -- the state ----------------------------------------------------------------------------

static unsigned size_of(const GuestReg *g)
{
    return g->type == T_V128 ? 16 : g->type == T_FLAGS ? 4 : 8;
}

static bool is_float(const CpuReg *r) { return r->get && r->set && !strcmp(r->group, "float"); }

static void floats(Cpu *cpu, State *s, bool load)
{
    int n = 0;
    for (u32 i = 0; i < cpu->cls->reg_count && n < FLOATS; i++) {
        const CpuReg *r = &cpu->cls->regs[i];
        if (!is_float(r))
            continue;
        if (load)
            r->set(cpu, r, &s->other[n]);
        else
            r->get(cpu, r, &s->other[n]);
        n++;
    }
}

// The places that the region's STENVs write.
static void places(Cpu *cpu, const EvalProg *p, State *s, bool load)
{
    int n = 0;
    for (u32 i = 1; i < p->n && n < STENVS; i++) {
        if (p->ins[i].op != OP_STENV)
            continue;
        u8 *at = (u8 *)cpu + p->ins[i].imm;
        memcpy(load ? at : (u8 *)&s->env[n], load ? (u8 *)&s->env[n] : at, 1u << p->ins[i].aux);
        n++;
    }
}

static void state_save(Cpu *cpu, const EvalProg *p, State *s)
{
    TcgCpu *tc = tcg_cpu(cpu);
    memset(s, 0, sizeof *s);
    for (int i = 0; i < tc->fe->nregs; i++) {
        const GuestReg *g = &tc->fe->regs[i];
        memcpy(&s->reg[i], (u8 *)cpu + g->offset, size_of(g));
        if (g->type == T_FLAGS)                     // the rest is anything
            s->reg[i].d[0] &= IR_NZCV_N | IR_NZCV_Z | IR_NZCV_NOT_C | IR_NZCV_V;
    }
    s->pc = *tcg_pc(cpu);
    s->left = (u64)tc->budget + tc->undone;
    s->excl_addr = tc->excl_addr;
    if (s->excl_addr != ~0ull) {
        s->excl_size = tc->excl_size;
        s->excl_val = tc->excl_val;
        if (tc->excl_size <= 8)                     // a pair's before, which nobody looks at
            s->excl_val.d[1] = 0;
    }
    floats(cpu, s, false);
    places(cpu, p, s, false);
}

static void state_load(Cpu *cpu, const EvalProg *p, State *s)
{
    TcgCpu *tc = tcg_cpu(cpu);
    for (int i = 0; i < tc->fe->nregs; i++)
        memcpy((u8 *)cpu + tc->fe->regs[i].offset, &s->reg[i], size_of(&tc->fe->regs[i]));
    *tcg_pc(cpu) = s->pc;
    tc->budget = (i64)s->left;
    tc->undone = 0;
    tc->excl_addr = s->excl_addr;
    tc->excl_size = s->excl_size;
    tc->excl_val = s->excl_val;
    floats(cpu, s, true);
    places(cpu, p, s, true);
}

// -- what differs -------------------------------------------------------------------------

static void row(Str *out, const char *name, const V128 *was, const V128 *e, const V128 *h)
{
    const V128 *const v[3] = { was, e, h };
    str_addf(out, "%c %-6s", memcmp(e, h, sizeof *e) ? '*' : ' ', name);
    for (int i = 0; i < 3; i++)
        str_addf(out, "  %016llx_%016llx", (unsigned long long)v[i]->d[1],
                 (unsigned long long)v[i]->d[0]);
    str_addc(out, '\n');
}

static void word_row(Str *out, const char *name, u64 was, u64 e, u64 h)
{
    row(out, name, &(V128){ { was, 0 } }, &(V128){ { e, 0 } }, &(V128){ { h, 0 } });
}

static void states(Cpu *cpu, const Check *c, Str *out)
{
    const TcgFrontend *fe = tcg_cpu(cpu)->fe;
    str_addf(out, "  register  before, evaluator, %s\n", tcg_cpu(cpu)->tcg->host->name);
    word_row(out, "pc", c->before.pc, c->eval.pc, c->host.pc);
    for (int i = 0; i < fe->nregs; i++)
        row(out, fe->regs[i].name, &c->before.reg[i], &c->eval.reg[i], &c->host.reg[i]);
    for (int i = 0; i < FLOATS; i++)
        row(out, "float", &c->before.other[i], &c->eval.other[i], &c->host.other[i]);
    for (int i = 0; i < STENVS; i++)
        if (c->before.env[i] | c->eval.env[i] | c->host.env[i])
            word_row(out, "state", c->before.env[i], c->eval.env[i], c->host.env[i]);
    word_row(out, "budget", c->before.left, c->eval.left, c->host.left);
    word_row(out, "excl", c->before.excl_addr, c->eval.excl_addr, c->host.excl_addr);
    row(out, "loaded", &c->before.excl_val, &c->eval.excl_val, &c->host.excl_val);
}

static void stores(const Check *c, Str *out)
{
    for (u32 i = 0; i < c->nstores; i++) {
        const Stored *s = &c->stored[i];
        str_addf(out, "%c store of %u at host %p:", memcmp(s->host, s->is, s->n) ? '*' : ' ', s->n,
                 (void *)s->host);
        for (u32 b = 0; b < s->n; b++)
            str_addf(out, " %02x/%02x", s->is[b], s->host[b]);
        str_addc(out, '\n');
    }
}

static void report(Cpu *cpu, Check *c, const char *what)
{
    Str text = { 0 };
    c->differs = true;
    log_error("--check: engines differ in %s, region %#llx", what,
              (unsigned long long)c->prog->pc);
    states(cpu, c, &text);
    stores(c, &text);
    log_text(text.s, text.len);
    str_free(&text);
    translate_show(cpu, c->prog->region);
}

static bool same_fault(const TcgFault *a, const TcgFault *b)
{
    return a->va == b->va && a->acc == b->acc && a->why == b->why && a->fault == b->fault &&
           a->user == b->user;
}

bool check_fault(Cpu *cpu, const TcgFault *f)
{
    Check *c = tcg_cpu(cpu)->th->check;
    if (!c || !(c->shadow || c->expected))
        return false;
    if (c->shadow) {
        c->faulted = true;
        c->fault = *f;
        return true;
    }
    c->expected = false;                            // by now the registers are exact
    c->faults++;
    state_save(cpu, c->prog, &c->host);
    if (!c->faulted || !same_fault(f, &c->fault))
        report(cpu, c, "a fault");
    else if (memcmp(&c->host, &c->eval, sizeof c->host))
        report(cpu, c, "registers at a fault");
    return false;
}

// -- the two runs -------------------------------------------------------------------------

static void take_back(Check *c)
{
    for (u32 i = 0; i < c->nstores; i++)
        memcpy(c->stored[i].is, c->stored[i].host, c->stored[i].n);
    for (u32 i = c->nstores; i-- > 0;)
        memcpy(c->stored[i].host, c->stored[i].was, c->stored[i].n);
}

static bool stores_agree(const Check *c)
{
    for (u32 i = 0; i < c->nstores; i++)
        if (memcmp(c->stored[i].host, c->stored[i].is, c->stored[i].n))
            return false;
    return true;
}

// True: there is something to compare with.
static bool shadow(Cpu *cpu, Check *c)
{
    eval_thread(tcg_cpu(cpu)->th);
    state_save(cpu, c->prog, &c->before);
    c->nstores = 0;
    c->turns = 0;
    c->gave_up = c->faulted = false;
    c->shadow = true;
    eval_region(cpu, c->prog);
    c->shadow = false;
    tcg_cpu(cpu)->undone = 0;                       // of its last call or access
    state_save(cpu, c->prog, &c->eval);
    take_back(c);
    state_load(cpu, c->prog, &c->before);
    return !c->gave_up;
}

static void compare(Cpu *cpu, Check *c)
{
    if (!c->expected) {                             // at the fault
        if (!c->differs && !stores_agree(c))
            report(cpu, c, "stores before a fault");
        return;
    }
    c->expected = false;
    tcg_cpu(cpu)->undone = 0;
    state_save(cpu, c->prog, &c->host);
    if (cpu_exit_bits(cpu) != c->exit)
        c->disturbed++;
    else if (c->faulted)
        report(cpu, c, "a fault that only the evaluator has");
    else if (memcmp(&c->host, &c->eval, sizeof c->host))
        report(cpu, c, "registers");
    else if (!stores_agree(c))
        report(cpu, c, "stores");
}

bool check_region(Cpu *cpu, Region *r)
{
    TcgCpu *tc = tcg_cpu(cpu);
    Check *c = tc->th->check;
    bool due = !--c->left;
    tc->turns = TURNS;
    atomic_fetch_or(&cpu->exit, CPU_EXIT_ACCEL);
    c->exit = cpu_exit_bits(cpu);
    if (due) {
        c->left = tc->tcg->check;
        c->prog = r->prog;
        c->expected = shadow(cpu, c);
        c->compared += c->expected;
        c->given_up += !c->expected;
        due = c->expected;
        if (due)
            tc->turns = c->turns;
        c->turned += due && c->turns;
    }
    tc->tcg->host->run(cpu, r);
    if (due)
        compare(cpu, c);
    return !c->differs;
}

void check_stats(const Tcg *tcg, Str *out)
{
    if (!tcg->check)
        return;
    const Check *c = tcg_cpu(tcg->cpus.at[0])->th->check;
    str_addf(out, "--check: %llu regions compared, %llu of them in several turns, %llu faulted, "
             "%llu could not be, %llu were interrupted\n", (unsigned long long)c->compared,
             (unsigned long long)c->turned, (unsigned long long)c->faults,
             (unsigned long long)c->given_up, (unsigned long long)c->disturbed);
}
