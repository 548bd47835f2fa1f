// SPDX-License-Identifier: MIT
// Exceptions of AArch64 at EL0 and EL1 (Arm ARM DDI 0487K.a chapter D1): entry, return,
// syndromes (D23.2.40), interrupts, software step (D2.12), and the helpers that translated code
// calls for instructions that take them; break- and watchpoints are in debug.c.  Missing on
// purpose: EL2, EL3, SError.
//
// Order of what is looked at before an instruction (D1.3.7): software step, PC alignment, fetch
// abort, PSTATE.IL, then the instruction itself.  Interrupts come first, between regions.
#include "cpu/arm/internal.h"

#include <sched.h>

#include "core/machine.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("cpu.arm.excp")

// -- PSTATE -----------------------------------------------------------------------------------
void arm_set_sp(ArmCpu *s, unsigned bank, u64 v)
{
    if (bank == arm_sp_bank(s))
        s->x[31] = v;
    else
        s->sp_el[bank] = v;
}

void arm_set_el(ArmCpu *s, unsigned el, unsigned spsel)
{
    s->sp_el[arm_sp_bank(s)] = s->x[31];
    if (unlikely(s->pmu.filtered))
        arm_pmu_set_el(s, el);
    s->el = el;
    s->spsel = spsel;
    s->x[31] = s->sp_el[arm_sp_bank(s)];
}

u32 arm_pstate(const ArmCpu *s)
{
    return arm_nzcv(s) | s->dit | s->uao | s->pan | s->ss | s->il | s->ssbs | s->daif |
           arm_btype(s, s->pc) | (s->aarch64 ? 0 : PS_NRW) | s->el << 2 | s->spsel;
}

void arm_set_pstate(ArmCpu *s, u32 spsr)
{
    arm_set_nzcv(s, spsr);
    s->daif = spsr & PS_DAIF;
    s->pan = arm_has(s, ARM_FEAT_pan) ? spsr & PS_PAN : 0;
    s->uao = arm_has(s, ARM_FEAT_uao) ? spsr & PS_UAO : 0;
    s->dit = arm_has(s, ARM_FEAT_dit) ? spsr & PS_DIT : 0;
    s->ssbs = arm_has(s, ARM_FEAT_ssbs) ? spsr & PS_SSBS : 0;
    s->il = spsr & PS_IL;
    s->ss = spsr & PS_SS;
    s->ss_taken = 0;
    arm_set_el(s, bits(spsr, 2, 2), spsr & PS_M_SPSEL);
}

void arm_set_btype(ArmCpu *s, u32 spsr)
{
    u64 btype = arm_has(s, ARM_FEAT_bti) ? spsr >> 10 & 3 : 0;

    s->branch_to = btype ? (s->pc & ~3ull) | btype : NO_BRANCH;
}

// -- entry (AArch64.TakeException) ------------------------------------------------------------
enum { ISS_WNR = 1 << 6, ISS_CM = 1 << 8 };

static const char *class_name(u32 ec)               // D23.2.40
{
    static const char *const names[64] = {
        [EC_UNKNOWN] = "undefined instruction", [EC_WFX] = "WFI or WFE trap",
        [EC_FP] = "FP access trap",             [EC_ILLEGAL] = "illegal execution state",
        [EC_SVC64] = "SVC", [EC_HVC64] = "HVC", [EC_SMC64] = "SMC",
        [EC_SYS64] = "system register trap",    [EC_IABT_LOW] = "instruction abort",
        [EC_IABT_SAME] = "instruction abort",   [EC_PC_ALIGN] = "PC alignment fault",
        [EC_DABT_LOW] = "data abort",           [EC_DABT_SAME] = "data abort",
        [EC_SP_ALIGN] = "SP alignment fault",   [EC_FP64] = "floating-point exception",
        [EC_SERROR] = "SError",                 [EC_BREAK_LOW] = "breakpoint",
        [EC_BREAK_SAME] = "breakpoint",         [EC_STEP_LOW] = "software step",
        [EC_STEP_SAME] = "software step",       [EC_WATCH_LOW] = "watchpoint",
        [EC_WATCH_SAME] = "watchpoint",         [EC_BRK64] = "BRK",
        [EC_BTI] = "branch target exception",
    };

    return names[ec & 63] ? names[ec & 63] : "synchronous exception";
}

static bool is_abort(u32 ec)
{
    ec &= ~1u;
    return ec == EC_IABT_LOW || ec == EC_DABT_LOW;
}

static const char *fault_name(u32 fsc)              // of IFSC and DFSC, D23.2.40
{
    static const char *const levels[] = {
        "address size fault, level 0", "address size fault, level 1",
        "address size fault, level 2", "address size fault, level 3",
        "translation fault, level 0", "translation fault, level 1",
        "translation fault, level 2", "translation fault, level 3",
        "access flag fault, level 0", "access flag fault, level 1",
        "access flag fault, level 2", "access flag fault, level 3",
        "permission fault, level 0", "permission fault, level 1",
        "permission fault, level 2", "permission fault, level 3",
    };

    if (fsc < ARRAY_LEN(levels))
        return levels[fsc];
    switch (fsc) {
    case FSC_EXTERNAL:     return "external abort: nothing is there";
    case FSC_ALIGN:        return "alignment fault";
    case FSC_TLB_CONFLICT: return "TLB conflict";
    case FSC_ATOMIC:       return "unsupported exclusive or atomic access";
    default:               return fsc >> 2 == FSC_EXT_WALK >> 2 ? "external abort in a table walk"
                                                                : "another fault";
    }
}

static void log_entry(const ArmCpu *s, ArmVector vec, u64 ret)
{
    static const char *const names[] = { "", "IRQ", "FIQ", "SError" };

    u32 esr = (u32)s->esr[1];
    Str t = { 0 };

    str_addf(&t, "cpu %d: %s from EL%u at pc 0x%llx", s->cpu.index,
             vec == VEC_SYNC ? class_name(esr >> 26) : names[vec >> 7], s->el,
             (unsigned long long)ret);
    if (s->cpu.machine)
        symbol_text(&s->cpu.machine->symbols, ret, &t);
    if (vec == VEC_SYNC)
        str_addf(&t, ", esr 0x%x", esr);
    if (vec == VEC_SYNC && is_abort(esr >> 26))
        str_addf(&t, " (%s%s), far 0x%llx", fault_name(esr & MF_FSC),
                 (esr >> 26 & ~1u) != EC_DABT_LOW ? "" : esr & ISS_WNR ? ", a write" : ", a read",
                 (unsigned long long)s->far[1]);
    str_addc(&t, '\n');
    log_text(str_text(&t), t.len);
    str_free(&t);
}

void arm_enter(ArmCpu *s, ArmVector vec, u64 return_pc)
{
    u64 offset = s->el < 1 ? (s->aarch64 ? 0x400 : 0x600) : s->spsel ? 0x200 : 0;

    if (log_on(LOG_INT))
        log_entry(s, vec, return_pc);
    s->spsr_el[1] = (arm_pstate(s) & ~(u32)PS_BTYPE) | arm_btype(s, return_pc);
    s->branch_to = NO_BRANCH;
    s->elr_el[1] = return_pc;
    arm_set_el(s, 1, 1);
    s->aarch64 = true;
    s->daif = PS_DAIF;
    s->ss = s->il = s->uao = 0;
    s->ss_taken = 0;
    if (arm_has(s, ARM_FEAT_pan) && !(s->sctlr[1] & SCTLR_SPAN))
        s->pan = PS_PAN;
    if (arm_has(s, ARM_FEAT_ssbs))
        s->ssbs = s->sctlr[1] & SCTLR_DSSBS ? PS_SSBS : 0;
    s->pc = s->vbar[1] + offset + vec;
    tcg_context_changed(&s->cpu);
}

// An instruction that faults has not used up its single step.
static void enter_sync(ArmCpu *s, ArmEc ec, u32 iss, u64 return_pc)
{
    if (s->ss_taken)
        s->ss = PS_SS;
    s->esr[1] = (u64)ec << 26 | ESR_IL | iss;
    arm_enter(s, VEC_SYNC, return_pc);
}

void arm_raise(ArmCpu *s, ArmEc ec, u32 iss, u64 return_pc)
{
    enter_sync(s, ec, iss, return_pc);
    tcg_unwind(&s->cpu);
}

void arm_raise_undef(ArmCpu *s) { arm_raise(s, EC_UNKNOWN, 0, s->pc); }
void arm_raise_sys(ArmCpu *s, u32 iss) { arm_raise(s, EC_SYS64, iss, s->pc); }

// -- aborts -----------------------------------------------------------------------------------
static u32 abort_fsc(const TcgFault *f)
{
    switch (f->why) {
    case TF_MMU:    return f->fault & MF_FSC;
    case TF_ALIGN:  return FSC_ALIGN;
    case TF_BUS:    return FSC_EXTERNAL;
    case TF_WATCH:  return FSC_DEBUG;
    case TF_ATOMIC: return FSC_ATOMIC;
    case TF_DEBUGGER: case TF_ALONE: break;         // never the guest's
    }
    return FSC_EXTERNAL;
}

void arm_raise_mem(Cpu *cpu, const TcgFault *f)
{
    ArmCpu *s = arm_cpu(cpu);
    bool low = s->el == 0;
    u32 iss = abort_fsc(f);
    ArmEc ec = low ? EC_DABT_LOW : EC_DABT_SAME;

    if (f->why == TF_WATCH)
        ec = low ? EC_WATCH_LOW : EC_WATCH_SAME;
    if (f->memop & MO_DCZVA)
        iss |= ISS_CM | ISS_WNR;
    else if (f->acc == ACC_WRITE)
        iss |= ISS_WNR;
    s->far[1] = f->va;
    enter_sync(s, ec, iss, s->pc);
}

void arm_raise_fetch(Cpu *cpu, u64 pc, const TcgFault *f)
{
    ArmCpu *s = arm_cpu(cpu);
    bool low = s->el == 0;

    s->far[1] = pc;
    if (pc & 3)
        enter_sync(s, EC_PC_ALIGN, 0, pc);
    else
        enter_sync(s, low ? EC_IABT_LOW : EC_IABT_SAME, abort_fsc(f), pc);
}

// -- interrupts (D1.3.8) ----------------------------------------------------------------------
static bool ready(const ArmCpu *s, ArmVector *vec)
{
    u32 p = atomic_load_explicit(&s->cpu.pending_irq, memory_order_seq_cst);
    if ((p & 1 << ARM_PIN_FIQ) && !(s->daif & PS_F))
        return *vec = VEC_FIQ, true;
    if ((p & 1 << ARM_PIN_IRQ) && !(s->daif & PS_I))
        return *vec = VEC_IRQ, true;
    return false;
}

bool arm_irq_ready(const ArmCpu *s)
{
    ArmVector vec;

    return ready(s, &vec);
}

void arm_irq_recheck(ArmCpu *s)
{
    if (unlikely(atomic_load_explicit(&s->cpu.pending_irq, memory_order_relaxed)) &&
        arm_irq_ready(s))
        atomic_fetch_or(&s->cpu.exit, CPU_EXIT_IRQ);
}

bool arm_interrupt(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);
    ArmVector vec;

    if (tcg_irqs_wait(cpu))
        return false;
    cpu_exit_clear(cpu, CPU_EXIT_IRQ | CPU_EXIT_FRONT); // first: a line may rise meanwhile
    if (!ready(s, &vec))
        return false;
    s->ss_taken = 0;
    arm_enter(s, vec, s->pc);
    return true;
}

// -- what a debugger asks for -----------------------------------------------------------------
void arm_restart(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    if (!s->ss_taken)
        return;
    s->ss_taken = 0;
    s->ss = PS_SS;
    tcg_context_changed(cpu);
}

void arm_settle(Cpu *cpu)
{
    u64 pc = arm_cpu(cpu)->pc;

    if (pc & 3)
        arm_fetch_escape(cpu, pc);
}

// -- return (C6.2.120, AArch64.ExceptionReturn) -----------------------------------------------
static bool return_legal(const ArmCpu *s, u32 spsr)
{
    unsigned el = bits(spsr, 2, 2);

    return !(spsr & PS_NRW) && !(spsr & 2) && el <= s->el && el <= 1 &&
           !(el == 0 && (spsr & PS_M_SPSEL));
}

// DebugExceptionReturnSS (D2.12.5): only into a level that steps, from one that does not.
static u32 return_ss(const ArmCpu *s, u32 spsr, unsigned el)
{
    bool kde = s->mdscr & MDSCR_KDE, locked = s->os_lock || s->os_dlock;
    bool here = !locked && (s->el == 0 || (kde && !(s->daif & PS_D)));
    bool there = !locked && (el == 0 || (kde && !(spsr & PS_D)));

    return (s->mdscr & MDSCR_SS) && !here && there ? spsr & PS_SS : 0;
}

void arm_eret(ArmCpu *s)
{
    u32 spsr = (u32)s->spsr_el[s->el];
    u64 pc = s->elr_el[s->el];
    bool legal = return_legal(s, spsr);
    u32 ss = return_ss(s, spsr, legal ? bits(spsr, 2, 2) : s->el);

    if (legal) {
        arm_set_pstate(s, (spsr & ~(u32)PS_SS) | ss);
    } else {                                        // D1.4.4: level, SP and the like stay
        log_guest("illegal exception return from EL%u, SPSR 0x%x", s->el, spsr);
        arm_set_nzcv(s, spsr);
        s->daif = spsr & PS_DAIF;
        s->pan = arm_has(s, ARM_FEAT_pan) ? spsr & PS_PAN : 0;
        s->ss = ss;
        s->ss_taken = 0;
        s->il = PS_IL;
    }
    s->pc = arm_canonical(&s->cpu, pc);
    arm_set_btype(s, legal ? spsr : 0);
    atomic_store_explicit(&s->event, 1, memory_order_relaxed);
    tcg_exclusive_clear(&s->cpu);
    tcg_context_changed(&s->cpu);
    arm_irq_recheck(s);
}

// -- helpers ----------------------------------------------------------------------------------
// SVC, HVC and SMC count as executed (SSAdvance in their pseudocode).
static void step_advance(ArmCpu *s) { s->ss_taken = 0; }

void helper_svc(Cpu *cpu, u32 imm)
{
    ArmCpu *s = arm_cpu(cpu);

    step_advance(s);
    arm_raise(s, EC_SVC64, imm, s->pc + 4);
}

static void call_firmware(ArmCpu *s, ArmConduit how)
{
    if (s->el == 0 || s->conduit != how)
        arm_raise_undef(s);                         // no EL2, no EL3
    step_advance(s);
    s->pc += 4;
    if (!arm_psci(s))
        s->x[0] = ~0ull;                            // SMCCC 5.1: unknown function
}

void helper_hvc(Cpu *cpu, u32 imm)
{
    (void)imm;
    call_firmware(arm_cpu(cpu), ARM_CONDUIT_HVC);
}

void helper_smc(Cpu *cpu, u32 imm)
{
    (void)imm;
    call_firmware(arm_cpu(cpu), ARM_CONDUIT_SMC);
}

void helper_brk(Cpu *cpu, u32 imm)
{
    ArmCpu *s = arm_cpu(cpu);

    arm_raise(s, EC_BRK64, imm, s->pc);
}

void helper_hlt(Cpu *cpu, u32 imm)
{
    ArmCpu *s = arm_cpu(cpu);

    if (imm != 0xf000 || !arm_semihost(s))
        arm_raise_undef(s);                         // halting debug is not there
    s->pc += 4;
}

void helper_undef(Cpu *cpu) { arm_raise_undef(arm_cpu(cpu)); }

void helper_fp_trap(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    arm_raise(s, EC_FP, 1 << 24 | 0xe << 20, s->pc);    // CV, COND = AL
}

void helper_illegal(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    arm_raise(s, EC_ILLEGAL, 0, s->pc);
}

void helper_step(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    // ISV: the syndrome is valid; EX would say that an exclusive load was stepped.
    s->ss_taken = 0;
    arm_raise(s, s->el ? EC_STEP_SAME : EC_STEP_LOW, 1 << 24 | FSC_DEBUG, s->pc);
}

void helper_step_begin(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    s->ss = 0;
    s->ss_taken = 1;
    tcg_context_changed(cpu);
}

void helper_sp_align(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    arm_raise(s, EC_SP_ALIGN, 0, s->pc);
}

void helper_pc_align(Cpu *cpu, u64 pc)
{
    ArmCpu *s = arm_cpu(cpu);

    s->far[1] = pc;
    arm_raise(s, EC_PC_ALIGN, 0, pc);
}

void helper_eret(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    if (s->el == 0)
        arm_raise_undef(s);
    arm_eret(s);
}

// -- waiting (D1.6) ---------------------------------------------------------------------------
enum { WFX_WFI = 0, WFX_WFE = 1, WFX_SPINS = 64 };

static void wfx_trap(ArmCpu *s, u64 allowed, u32 ti)
{
    if (s->el == 0 && !(s->sctlr[1] & allowed))
        arm_raise(s, EC_WFX, 1 << 24 | 0xe << 20 | ti, s->pc);
}

void helper_wfi(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    // Wakes for any pending interrupt, masked by PSTATE or not.
    if (atomic_load(&cpu->pending_irq))
        return;
    wfx_trap(s, SCTLR_NTWI, WFX_WFI);
    step_advance(s);
    s->pc += 4;
    cpu->halted = true;
    tcg_unwind(cpu);
}

// Never sleeps, only lets others run: an event may come from a store that clears a monitor,
// which nobody reports.
void helper_wfe(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    if (atomic_exchange(&s->event, 0))
        return;
    wfx_trap(s, SCTLR_NTWE, WFX_WFE);
    for (int i = 0; i < WFX_SPINS; i++) {
        if (cpu_exit_bits(cpu) || atomic_load_explicit(&s->event, memory_order_relaxed))
            return;
        cpu_relax();
    }
    sched_yield();
}

void helper_sevl(Cpu *cpu) { atomic_store(&arm_cpu(cpu)->event, 1); }

void helper_sev(Cpu *cpu)
{
    Machine *m = cpu->machine;

    helper_sevl(cpu);
    for (u32 i = 0; m && i < m->cpu_count; i++)
        atomic_store(&arm_cpu(m->cpu[i])->event, 1);
}
