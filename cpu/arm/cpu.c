// SPDX-License-Identifier: MIT
// Arm CPUs: reset, registers for gdb and the monitor, the class.  Models are in models.c.
#include "cpu/arm/arm.h"
#include "cpu/arm/disas.h"
#include "cpu/arm/internal.h"

#include "core/machine.h"
#include "util/bits.h"

// -- life -------------------------------------------------------------------------------------
static bool init(Cpu *cpu, const CpuModel *model, Args *opts, Error *err)
{
    ArmCpu *s = arm_cpu(cpu);

    if (!arm_model_init(s, model, opts, err))
        return false;
    arm_timers_init(s);
    arm_pmu_init(s);
    return true;
}

static void fini(Cpu *cpu)
{
    arm_timers_fini(arm_cpu(cpu));
    arm_pmu_fini(arm_cpu(cpu));
}

void arm_flush_tlb(ArmCpu *s)
{
    TcgTlbiOp op = { .kind = TLBI_ALL, .regime = ARM_REGIME_EL10 };

    arm_forget_kinds(s);
    tcg_tlbi(&s->cpu, &op, false);
}

// What the machine decides: how many CPUs, whether there is a GICv3 system register interface.
static void id_environment(ArmCpu *s)
{
    const Cpu *cpu = &s->cpu;
    u32 count = cpu->machine ? cpu->machine->cpu_count : 1;
    bool gicv3 = cpu->sysregs && regspace_find(cpu->sysregs, ARM_KEY(3, 0, 12, 12, 5));

    s->id.pfr0 = bits_set(s->id.pfr0, 24, 4, gicv3);
    s->id.l2ctlr = (u64)(MIN(count, 4) - 1) << 24;
}

static void reset_sysregs(ArmCpu *s)
{
    const ArmSysReg *rows;
    size_t n = arm_sysreg_rows(&rows);

    for (const ArmSysReg *r = rows; r < rows + n; r++) {
        u8 *at = (u8 *)s + r->offset;

        if (!r->offset || (r->flags & SR_CONST) || r->offset >= offsetof(ArmCpu, feat))
            continue;
        if (r->width == 4)
            *(u32 *)(void *)at = (u32)r->reset;
        else
            *(u64 *)(void *)at = r->reset;
    }
}

// D1.4.3: the highest level there is, EL1h, everything masked, MMU off.
void arm_reset(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    id_environment(s);
    memset(s->x, 0, sizeof(s->x));
    memset(s->v, 0, sizeof(s->v));
    memset(s->sp_el, 0, sizeof(s->sp_el));
    reset_sysregs(s);
    s->fpsr = 0;
    s->aarch64 = true;
    s->el = s->spsel = 1;
    s->daif = PS_DAIF;
    s->pan = s->uao = s->dit = s->ssbs = s->ss = s->il = 0;
    s->branch_to = NO_BRANCH;
    s->ss_taken = 0;
    arm_set_nzcv(s, 0);
    s->os_lock = 1;
    s->os_dlock = 0;
    s->dbgclaim = 0;
    atomic_store(&s->event, 0);
    atomic_store(&s->low_global, 0);
    arm_forget_tables(cpu);
    arm_forget_kinds(s);
    s->pc = s->id.rvbar;
    arm_timers_reset(s);
    arm_pmu_reset(s);
    arm_watches_changed(s);
}

// PSCI CPU_ON (DEN 0022D 6.4): EL1h, MMU and caches off, all masked, x0 = the context.
static void power_on(Cpu *cpu, u64 entry, u64 context)
{
    ArmCpu *s = arm_cpu(cpu);

    s->x[0] = context;
    s->pc = entry;
}

static bool has_work(Cpu *cpu)
{
    return atomic_load_explicit(&cpu->pending_irq, memory_order_acquire) != 0;
}

static u64 get_pc(Cpu *cpu) { return arm_cpu(cpu)->pc; }

// Paused, as all that follow: the accelerator looks at the registers anew when it goes on.
void arm_set_pc(Cpu *cpu, u64 pc) { arm_cpu(cpu)->pc = arm_canonical(cpu, pc); }

// -- for machines (arm.h) ---------------------------------------------------------------------
Irq *arm_line(Cpu *cpu, ArmLine line)
{
    ArmCpu *s = arm_cpu(cpu);

    return line == ARM_LINE_PMU ? &s->pmu.irq : &s->timers[line].irq;
}

void arm_set_mpidr(Cpu *cpu, u64 affinity)
{
    arm_cpu(cpu)->id.mpidr = BIT(31) | (affinity & 0xff00ffffffull);
}

u64 arm_mpidr(const Cpu *cpu) { return ((const ArmCpu *)cpu)->id.mpidr & 0xff00ffffffull; }
void arm_set_psci(Cpu *cpu, ArmPsciConduit how) { arm_cpu(cpu)->conduit = (ArmConduit)how; }

bool arm_has_pmu(const Cpu *cpu) { return arm_has((const ArmCpu *)cpu, ARM_FEAT_pmu); }

void arm_set_entry(Cpu *cpu, u64 pc, const u64 x[4])
{
    memcpy(arm_cpu(cpu)->x, x, 4 * sizeof(u64));
    arm_set_pc(cpu, pc);
}

// -- seeing inside ----------------------------------------------------------------------------
static void dump(Cpu *cpu, Str *out)
{
    static const char bits_of[] = "nzcv";
    const ArmCpu *s = arm_cpu(cpu);
    u32 ps = arm_pstate(s);

    str_addf(out, "PC %016llx  SP %016llx  PSTATE %08x ", (unsigned long long)s->pc,
             (unsigned long long)s->x[31], ps);
    for (int i = 0; i < 4; i++)
        str_addc(out, (char)(ps >> (31 - i) & 1 ? bits_of[i] - 32 : '-'));
    str_addf(out, " EL%u%c daif %x\n", s->el, s->spsel ? 'h' : 't', s->daif >> 6);
    for (int i = 0; i < 31; i++)
        str_addf(out, "X%02d %016llx%s", i, (unsigned long long)s->x[i],
                 i % 4 == 3 || i == 30 ? "\n" : "  ");
    str_addf(out, "SCTLR %016llx  TCR %016llx  TTBR0 %016llx  TTBR1 %016llx\n",
             (unsigned long long)s->sctlr[1], (unsigned long long)s->tcr[1],
             (unsigned long long)s->ttbr0[1], (unsigned long long)s->ttbr1);
    str_addf(out, "ELR %016llx  SPSR %08x  ESR %08x  FAR %016llx  VBAR %016llx\n",
             (unsigned long long)s->elr_el[1], (u32)s->spsr_el[1], (u32)s->esr[1],
             (unsigned long long)s->far[1], (unsigned long long)s->vbar[1]);
    str_addf(out, "FPCR %08x  FPSR %08x\n", s->fpcr, s->fpsr);
    for (int i = 0; i < 32; i++)
        str_addf(out, "V%02d %016llx%016llx%s", i, (unsigned long long)s->v[i].d[1],
                 (unsigned long long)s->v[i].d[0], i & 1 ? "\n" : "  ");
}

static int disassemble(Cpu *cpu, u64 pc, const u8 *bytes, size_t len, Str *out)
{
    char text[128];

    (void)cpu;
    if (len < 4)
        return 0;
    a64_disas(pc, load_le32(bytes), text, sizeof(text));
    str_add(out, text);
    return 4;
}

static void get_cpsr(Cpu *cpu, const CpuReg *r, void *out)
{
    (void)r;
    store_le32(out, arm_pstate(arm_cpu(cpu)));
}

static void set_cpsr(Cpu *cpu, const CpuReg *r, const void *in)
{
    u32 v = load_le32(in);

    (void)r;
    if (v & (PS_NRW | 2) || bits(v, 2, 2) > 1 || (bits(v, 2, 2) == 0 && (v & 1)))
        return;                                     // no such state
    arm_set_pstate(arm_cpu(cpu), v);
    arm_set_btype(arm_cpu(cpu), v);
    arm_irq_recheck(arm_cpu(cpu));
}

static void get_pc_reg(Cpu *cpu, const CpuReg *r, void *out)
{
    (void)r;
    store_le64(out, get_pc(cpu));
}

static void set_pc_reg(Cpu *cpu, const CpuReg *r, const void *in)
{
    (void)r;
    arm_set_pc(cpu, load_le64(in));
}

static void get_fpsr(Cpu *cpu, const CpuReg *r, void *out)
{
    ArmCpu *s = arm_cpu(cpu);

    (void)r;
    s->fpsr |= tcg_fp_flags(cpu);
    store_le32(out, s->fpsr);
}

static void set_fpsr(Cpu *cpu, const CpuReg *r, const void *in)
{
    (void)r;
    (void)tcg_fp_flags(cpu);
    arm_cpu(cpu)->fpsr = load_le32(in) & 0xf800009f;
}

static void get_fpcr(Cpu *cpu, const CpuReg *r, void *out)
{
    (void)r;
    store_le32(out, arm_cpu(cpu)->fpcr);
}

static void set_fpcr(Cpu *cpu, const CpuReg *r, const void *in)
{
    (void)r;
    arm_cpu(cpu)->fpcr = load_le32(in) & 0x07f70000;
}

#define CORE "org.gnu.gdb.aarch64.core"
#define FPU "org.gnu.gdb.aarch64.fpu"
#define XR(n) { "x" #n, 64, offsetof(ArmCpu, x[n]), NULL, NULL, "general", CORE, NULL, 0 }
#define VR(n) { "v" #n, 128, offsetof(ArmCpu, v[n]), NULL, NULL, "vector", FPU, "aarch64v", 0 }
static const CpuReg regs[] = {
    XR(0), XR(1), XR(2), XR(3), XR(4), XR(5), XR(6), XR(7), XR(8), XR(9), XR(10), XR(11), XR(12),
    XR(13), XR(14), XR(15), XR(16), XR(17), XR(18), XR(19), XR(20), XR(21), XR(22), XR(23), XR(24),
    XR(25), XR(26), XR(27), XR(28), XR(29), XR(30),
    { "sp", 64, offsetof(ArmCpu, x[31]), NULL, NULL, "general", CORE, "data_ptr", 0 },
    { "pc", 64, -1, get_pc_reg, set_pc_reg, "general", CORE, "code_ptr", 0 },
    { "cpsr", 32, -1, get_cpsr, set_cpsr, "general", CORE, "cpsr_flags", 0 },
    VR(0), VR(1), VR(2), VR(3), VR(4), VR(5), VR(6), VR(7), VR(8), VR(9), VR(10), VR(11), VR(12),
    VR(13), VR(14), VR(15), VR(16), VR(17), VR(18), VR(19), VR(20), VR(21), VR(22), VR(23), VR(24),
    VR(25), VR(26), VR(27), VR(28), VR(29), VR(30), VR(31),
    { "fpsr", 32, -1, get_fpsr, set_fpsr, "float", FPU, "int", 0 },
    { "fpcr", 32, -1, get_fpcr, set_fpcr, "float", FPU, "int", 0 },
};

#define ST(f) STATE_OF(ArmCpu, f)
static const StateRow state[] = {
    ST(x), ST(pc), ST(nzcv), ST(fpcr), ST(fpsr), ST(el), ST(spsel), ST(daif), ST(pan), ST(uao),
    ST(dit), ST(ssbs), ST(ss), ST(il), ST(branch_to), ST(aarch64), ST(ss_taken),
    ST(v), ST(sp_el), ST(elr_el), ST(spsr_el), ST(tpidr_el), ST(tpidrro_el0), ST(sctlr),
    ST(actlr), ST(cpacr), ST(vbar), ST(esr), ST(far), ST(afsr0), ST(afsr1), ST(tcr), ST(ttbr0),
    ST(ttbr1), ST(mair), ST(amair), ST(par), ST(contextidr), ST(csselr), ST(mdscr), ST(mdccint),
    ST(osdtrrx), ST(osdtrtx), ST(oseccr), ST(dbgclaim), ST(dbgbvr), ST(dbgbcr), ST(dbgwvr),
    ST(dbgwcr), ST(apkey), ST(os_lock), ST(os_dlock), ST(cntkctl), ST(cntfrq),
    ST(cntvoff), ST(event),
    ST(low_global), ST(pmu.cr), ST(pmu.cnten), ST(pmu.ovs), ST(pmu.inten), ST(pmu.selr),
    ST(pmu.userenr), ST(pmu.ccfilt), ST(pmu.last), ST(pmu.base), ST(pmu.type),
    ST(pmu.count), ST(pmu.rest), ST(pmu.filtered), ST(timers[0].cval),
    ST(timers[0].ctl), ST(timers[1].cval), ST(timers[1].ctl), ST(a32),
    STATE_TIMER_OF(ArmCpu, pmu.timer), STATE_TIMER_OF(ArmCpu, timers[0].timer),
    STATE_TIMER_OF(ArmCpu, timers[1].timer),
    { NULL, 0, 0, STATE_KIND_NONE },
};

CPU_CLASS(arm, .size = sizeof(ArmCpu), .models = arm_models, .default_model = "max",
          .options = arm_options, .model_options = arm_model_options, .regs = regs,
          .reg_count = ARRAY_LEN(regs), .more_reg = arm_more_reg, .gdb_arch = "aarch64",
          .state = state, .irq_pins = ARM_PINS, .frontend = &arm_frontend, .init = init,
          .fini = fini, .reset = arm_reset, .power_on = power_on, .has_work = has_work,
          .debug_translate = arm_debug_translate, .pc = get_pc, .set_pc = arm_set_pc,
          .disassemble = disassemble, .dump = dump,
          .mappings = arm_mappings)
