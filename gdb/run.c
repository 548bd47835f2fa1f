// SPDX-License-Identifier: MIT
// Going on and stopping: vCont and its elders (GDB manual, E.2), stop replies (E.3),
// breakpoints (Z and z).
//
// All-stop: when one vCPU stops, core has paused all; one of them is reported.  Another that
// stopped in the same moment keeps its cause as `pending`: resumed on its breakpoint it would
// run past it unseen, so going on reports it instead, if the breakpoint is still there.
#include "gdb/internal.h"

#include <stdlib.h>

#include "util/alloc.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 }; // GDB's numbers (include/gdb/signals.def)

// ---- breakpoints -------------------------------------------------------------------------------

static void break_key(char key[64], BreakKind kind, Gva addr, u64 len)
{
    snprintf(key, 64, "%x,%llx,%llx", (unsigned)kind, (unsigned long long)addr,
             (unsigned long long)len);
}

static void break_insert(Gdb *g, const char *key, GdbBreak b)
{
    Error err = { 0 };
    GdbBreak *kept;

    if (strmap_get(&g->breaks, key)) { // E.2: inserting twice is once
        str_add(&g->reply, "OK");
        return;
    }
    if (g->breaks.count >= GDB_BREAKS || !g->m->accel->break_add) {
        str_add(&g->reply, "E28");
        return;
    }
    if (!g->m->accel->break_add(g->m, b.kind, b.addr, b.len, &err)) {
        str_addf(&g->reply, "E.%s", err.text);
        return;
    }
    kept = xalloc(sizeof(*kept));
    *kept = b;
    strmap_set(&g->breaks, key, kept);
    str_add(&g->reply, "OK");
}

static void break_remove(Gdb *g, const char *key)
{
    GdbBreak *b = strmap_del(&g->breaks, key);

    if (b)
        g->m->accel->break_del(g->m, b->kind, b->addr, b->len, NULL);
    free(b);
    str_add(&g->reply, b ? "OK" : "E22");
}

// "TYPE,ADDR,KIND"
void gdb_break(Gdb *g, const char *args, bool insert)
{
    char key[64];
    u64 kind, addr, len;

    if (!gdb_number(&args, &kind) || *args++ != ',' || !gdb_number(&args, &addr) ||
        *args++ != ',' || !gdb_number(&args, &len) || *args) {
        str_add(&g->reply, "E22");
        return;
    }
    if (kind > WATCH_ACCESS)
        return; // empty: not supported
    if (kind >= WATCH_WRITE && (!len || addr + len - 1 < addr)) {
        str_add(&g->reply, "E22");
        return;
    }
    break_key(key, (BreakKind)kind, addr, len);
    if (insert)
        break_insert(g, key, (GdbBreak){ (BreakKind)kind, addr, len });
    else
        break_remove(g, key);
}

static void release(Gdb *g)
{
    for (u32 i = 0; i < g->m->cpu_count; i++) {
        g->m->cpu[i]->held = false;
        if (g->m->accel->step)
            g->m->accel->step(g->m->cpu[i], 0);
    }
}

void gdb_forget(Gdb *g)
{
    strmap_foreach (it, &g->breaks) {
        GdbBreak *b = it->val;

        g->m->accel->break_del(g->m, b->kind, b->addr, b->len, NULL);
        free(b);
    }
    strmap_free(&g->breaks);
    memset(g->thread, 0, g->m->cpu_count * sizeof(*g->thread));
    release(g);
}

// ---- stopping ----------------------------------------------------------------------------------

static void add_cause(Gdb *g, CpuStop stop)
{
    static const char *const watch[] = {
        [WATCH_WRITE] = "watch", [WATCH_READ] = "rwatch", [WATCH_ACCESS] = "awatch",
    };

    if (stop.why == STOP_WATCH && stop.kind >= WATCH_WRITE)
        str_addf(&g->reply, "%s:%llx;", watch[stop.kind], (unsigned long long)stop.addr);
    else if (stop.why == STOP_BREAK && stop.kind == BREAK_SOFT && g->swbreak)
        str_add(&g->reply, "swbreak:;");
    else if (stop.why == STOP_BREAK && stop.kind == BREAK_HARD && g->hwbreak)
        str_add(&g->reply, "hwbreak:;");
}

static void report(Gdb *g, u32 cpu, unsigned sig, CpuStop stop)
{
    g->waiting = false;
    g->cpu_g = g->cpu_c = cpu;
    str_addf(&g->reply, "T%02xthread:", sig);
    gdb_add_thread(g, &g->reply, cpu);
    str_addc(&g->reply, ';');
    add_cause(g, stop);
}

void gdb_stop_reply(Gdb *g, u32 cpu, unsigned sig) { report(g, cpu, sig, (CpuStop){ 0 }); }

// The one to be reported; the others' causes are kept.
static bool find_stopped(Gdb *g, u32 *cpu)
{
    bool found = false;

    for (u32 i = 0; i < g->m->cpu_count; i++) {
        Cpu *c = g->m->cpu[i];

        if (c->stop.why == STOP_NONE || (found && c->stop.why == STOP_STEP))
            continue;
        if (found) {
            g->thread[i].pending = c->stop;
            g->thread[i].pending_pc = c->cls->pc(c);
        } else {
            found = true;
            *cpu = i;
        }
    }
    return found;
}

static bool steps_on(Gdb *g, u32 cpu)
{
    const GdbThread *t = &g->thread[cpu];
    Cpu *c = g->m->cpu[cpu];
    u64 pc = c->cls->pc(c);

    return c->stop.why == STOP_STEP && t->resume == 'r' && pc >= t->from && pc < t->to;
}

// Paused: by a vCPU that said why, by us for the client, or by somebody else.
static void stopped(Gdb *g)
{
    u32 cpu = g->cpu_c;
    bool found, others = g->in_range;

    if (!g->waiting)
        return;
    found = find_stopped(g, &cpu);
    if (found && !others && steps_on(g, cpu)) {
        g->in_range = true;
        loop_defer(&g->m->loop, &g->again);
        return;
    }
    loop_cancel(&g->m->loop, &g->again);
    g->in_range = false;
    release(g);
    report(g, cpu, found && !others ? SIGNAL_TRAP : SIGNAL_INT, g->m->cpu[cpu]->stop);
    gdb_send(g);
}

static void ended(Gdb *g)
{
    g->waiting = false;
    str_addf(&g->reply, "W%02x", (unsigned)atomic_load(&g->m->exit_code) & 0xff);
    if (g->multiprocess)
        str_add(&g->reply, ";process:1");
    gdb_send(g);
}

void gdb_changed(void *opaque, Machine *m, MachineRequest why)
{
    Gdb *g = opaque;

    switch (why) {
    case REQUEST_NONE:
        g->resumed = true;
        break;
    case REQUEST_RESET:
        g->over = false;
        break;
    case REQUEST_PAUSE:
        if (g->connected)
            stopped(g);
        break;
    case REQUEST_PANIC:
    case REQUEST_POWEROFF:
    case REQUEST_QUIT:
        g->over = true;
        if (g->connected && machine_state(m) == MACHINE_SHUTDOWN)
            ended(g);
        else if (g->connected)
            stopped(g);
        break;
    case REQUEST_POWERDOWN: break;
    }
}

void gdb_interrupt(Gdb *g)
{
    if (machine_state(g->m) == MACHINE_RUNNING)
        machine_pause(g->m); // tells us
    else if (g->in_range)
        stopped(g);
}

// ---- going on ----------------------------------------------------------------------------------

static bool is_break(Gdb *g, const CpuStop *stop, Gva pc)
{
    strmap_foreach (it, &g->breaks) {
        const GdbBreak *b = it->val;

        if (b->kind == stop->kind && (stop->why == STOP_BREAK ? b->addr == pc
                                      : stop->addr - b->addr < b->len))
            return true;
    }
    return false;
}

// A stop that was not reported yet, of a vCPU that is to go on.
static bool report_pending(Gdb *g)
{
    for (u32 i = 0; i < g->m->cpu_count; i++) {
        GdbThread *t = &g->thread[i];
        CpuStop stop = t->pending;
        Cpu *c = g->m->cpu[i];

        if (stop.why == STOP_NONE || !t->resume)
            continue;
        t->pending = (CpuStop){ STOP_NONE };
        if (c->cls->pc(c) == t->pending_pc && is_break(g, &stop, t->pending_pc)) {
            report(g, i, SIGNAL_TRAP, stop);
            return true;
        }
    }
    return false;
}

// Sets holds and steps as told.  False: nothing can happen, or it was said why not.
static bool prepare(Gdb *g, bool *frozen)
{
    u32 how = STEP_ON | (g->sstep & SSTEP_NOIRQ ? STEP_NOIRQ : 0);
    bool steps = false;

    for (u32 i = 0; i < g->m->cpu_count; i++) {
        u8 resume = g->thread[i].resume;
        Cpu *c = g->m->cpu[i];
        bool step = resume == 's' || resume == 'r';

        if (step && !g->m->accel->step) {
            str_add(&g->reply, "E22");
            return false;
        }
        if (step && atomic_load(&c->power) != CPU_POWER_ON) {
            gdb_stop_reply(g, i, SIGNAL_TRAP); // switched off: a step of it is nothing
            return false;
        }
        c->held = !resume;
        if (g->m->accel->step)
            g->m->accel->step(c, step ? how : 0);
        if (step)
            c->halted = false; // WFI may end at any time (DDI 0487K.a D1.7.2)
        steps |= step;
    }
    *frozen = steps && g->sstep & SSTEP_NOTIMER;
    return true;
}

static void resume(Gdb *g)
{
    bool frozen;

    if (machine_state(g->m) == MACHINE_RUNNING) { // told again: take the reins first
        g->waiting = false;
        machine_pause(g->m);
    }
    if (g->over) {
        gdb_stop_reply(g, g->cpu_c, SIGNAL_TRAP);
        return;
    }
    if (report_pending(g) || !prepare(g, &frozen))
        return;
    g->waiting = g->silent = true;
    if (frozen)
        machine_resume_frozen(g->m);
    else
        machine_resume(g->m);
}

void gdb_again(void *opaque)
{
    Gdb *g = opaque;

    g->in_range = false;
    if (!g->connected || !g->waiting)
        return;
    resume(g);
    if (!g->waiting)
        gdb_send(g);
}

static void resume_all(Gdb *g, u8 how)
{
    for (u32 i = 0; i < g->m->cpu_count; i++)
        g->thread[i].resume = how;
}

// c [ADDR], C SIG[;ADDR], s [ADDR], S SIG[;ADDR]; signals mean nothing to a machine.
void gdb_go(Gdb *g, const char *args, u8 how)
{
    bool ok = true, has_pc;
    u64 sig, pc = 0;

    if (how == 'C' || how == 'S')
        ok = gdb_number(&args, &sig) && (!*args || *args++ == ';');
    has_pc = ok && *args;
    if (has_pc)
        ok = gdb_number(&args, &pc) && !*args;
    if (!ok) {
        str_add(&g->reply, "E22");
        return;
    }
    if (has_pc)
        g->m->cpu_class->set_pc(g->m->cpu[g->cpu_c], pc);
    resume_all(g, 'c');
    g->thread[g->cpu_c].resume = how | 0x20;
    resume(g);
}

// One action of vCont: "c", "C sig", "s", "S sig", "t", "r from,to", then ":thread-id".
static bool parse_action(const char **args, GdbThread *act, i64 *cpu_plus_1)
{
    u64 sig;

    if (!**args)
        return false;
    *act = (GdbThread){ .resume = (u8)*(*args)++ };
    switch (act->resume) {
    case 'c': case 's': break;
    case 'C': case 'S':
        act->resume |= 0x20;
        if (!gdb_number(args, &sig))
            return false;
        break;
    case 't': act->resume = 0; break;
    case 'r':
        if (!gdb_number(args, &act->from) || *(*args)++ != ',' || !gdb_number(args, &act->to))
            return false;
        break;
    default: return false;
    }
    *cpu_plus_1 = -1;
    if (**args == ':') {
        (*args)++;
        return gdb_thread_id(args, cpu_plus_1);
    }
    return true;
}

static void apply_action(Gdb *g, const GdbThread *act, i64 cpu_plus_1, bool *told)
{
    for (u32 i = 0; i < g->m->cpu_count; i++)
        if (!told[i] && (cpu_plus_1 == -1 || (cpu_plus_1 ? cpu_plus_1 == i + 1 : i == g->cpu_c))) {
            told[i] = true; // the leftmost action that fits is the one (E.2, vCont)
            g->thread[i].resume = act->resume;
            g->thread[i].from = act->from;
            g->thread[i].to = act->to;
        }
}

// "action[:thread-id][;action[:thread-id]]..."
void gdb_vcont(Gdb *g, const char *args)
{
    bool *told = xalloc(g->m->cpu_count * sizeof(*told)), any = false, ok = true;
    GdbThread act;
    i64 cpu;

    resume_all(g, 0);
    while (ok && *args == ';') {
        args++;
        ok = parse_action(&args, &act, &cpu) && cpu <= (i64)g->m->cpu_count;
        if (ok)
            apply_action(g, &act, cpu, told);
    }
    ok = ok && !*args;
    for (u32 i = 0; i < g->m->cpu_count; i++)
        any |= g->thread[i].resume != 0;
    free(told);
    if (ok && any)
        resume(g);
    else
        str_add(&g->reply, "E22");
}
