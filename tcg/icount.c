// SPDX-License-Identifier: MIT
// Counted instructions (-icount), the translator's half of core/count.h.
//
// A region takes its instructions off the budget at its entry, all at once; where the budget does
// not cover them it gives them back and leaves.  Who leaves a region early gives back what was
// not done: side exits in their stubs, faults and helpers that unwind here.  A turn of a loop
// takes its own (loop.c).  Code that may ask for the time says before how much of the
// region is taken but comes after its own instruction: `undone`.  So everywhere
//
//     executed = end - budget - undone
//
// An access that faults does not count, an instruction that raises an exception (SVC) does.
//
// Up to a deadline that lies within a region, instructions run alone, in "solo" regions.  So do
// accesses to devices: what they do to a timer or to an interrupt takes effect at once, not
// at the end of the region.  The access is refused with TF_ALONE before anything is done.
//
// All entries of regions poll, those of forward jumps too.  So interrupts are taken where they
// come up, whatever is linked: what runs depends neither on the engine nor on how regions are cut.
#include "core/machine.h"
#include "tcg/host.h"
#include "tcg/tcg.h"
#include "util/log.h"

static u64 executed(Cpu *cpu)
{
    const TcgCpu *tc = tcg_cpu(cpu);
    return tc->end - (u64)tc->budget - tc->undone;
}

void icount_cpu(Cpu *cpu)
{
    if (cpu->machine->config->icount.on)
        count_source(cpu->clocks, cpu, executed);
}

void icount_refill(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    tc->undone = 0;                                 // code was left, not called from
    u64 n = count_budget(cpu->clocks), done = executed(cpu);
    tc->budget = (i64)n;
    tc->end = done + n;
}

void icount_settle(TcgCpu *tc)
{
    tc->budget += (i64)tc->undone;
    tc->undone = 0;
}

void icount_not_done(Cpu *cpu) { tcg_cpu(cpu)->undone++; }

bool icount_take(Cpu *cpu, const Region *r)
{
    TcgCpu *tc = tcg_cpu(cpu);
    if (tc->budget < (i64)r->insns)
        return false;
    tc->budget -= r->insns;
    return true;
}

bool icount_covers(Cpu *cpu, const Region *r)
{
    TcgCpu *tc = tcg_cpu(cpu);
    if (!tc->tcg->counted || tc->budget >= (i64)r->insns)
        return true;
    tc->th->alone = true;
    return false;
}

void icount_alone(Cpu *cpu)
{
    tcg_cpu(cpu)->th->alone = true;
    cpu_kick(cpu, CPU_EXIT_ACCEL);
}

// A breakpoint's region is of one instruction, too.
void icount_run_alone(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    tc->th->alone = false;
    tc->th->stats.alone++;
    Region *r = debug_break_at(tc->tcg, *tcg_pc(cpu)) ? tcg_next_region(cpu)
                                                      : tcg_solo_region(cpu);
    if (!r)
        return;
    cpu_kick(cpu, CPU_EXIT_ACCEL);
    tc->tcg->host->run(cpu, r);
}

bool icount_seen(Cpu *cpu, u64 pc)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    u64 now = executed(cpu);
    bool again = th->seen_pc == pc && th->seen_at == now;
    th->seen_pc = pc;
    th->seen_at = now;
    return again && tcg_cpu(cpu)->tcg->counted;
}

void icount_stats(const Tcg *tcg, Str *out)
{
    if (tcg->counted)
        str_addf(out, "-icount: %llu instructions executed, %llu of them alone, %llu ns\n",
                 (unsigned long long)executed(tcg->cpus.at[0]),
                 (unsigned long long)tcg_cpu(tcg->cpus.at[0])->th->stats.alone,
                 (unsigned long long)clock_now(&tcg->machine->clocks, CLOCK_VIRTUAL));
}
