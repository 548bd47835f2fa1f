// SPDX-License-Identifier: MIT
// Arm CPUs: models and their identification values, reset, registers for gdb and the monitor,
// the class.
//
// Identification: Cortex-A53 r0p4 (DDI 0500J), Cortex-A57 r1p0 (DDI 0488H), Cortex-A72 r0p3
// (100095_0003_06); fields are those of Arm ARM DDI 0487K.a.  A model never shows more than is
// built: AArch32, EL2, EL3 and event counters are absent, and feature fields are made from the
// list of features, so that one line turns a feature on and announces it.
#include "cpu/arm/arm.h"
#include "cpu/arm/disas.h"
#include "cpu/arm/internal.h"

#include "core/machine.h"
#include "util/bits.h"

// -- models -----------------------------------------------------------------------------------
typedef struct Model {
    u32 midr, revidr;
    u64 ctr, clidr, ccsidr[3];                      // L1 data, L1 instruction, L2
    u8 pa_bits, pmu_id;                             // pmu_id: PMCR.IDCODE
    bool tgran16;
    u64 feat;
} Model;

#define FB(f) BIT(ARM_FEAT_##f)
#define V8_CRYPTO (FB(aes) | FB(pmull) | FB(sha1) | FB(sha256))

static const Model cortex_a53 = {
    .midr = 0x410fd034, .ctr = 0x84448004, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x201fe00a, 0x707fe07a }, .pa_bits = 40, .pmu_id = 3,
    .feat = FB(crc32) | V8_CRYPTO | FB(cortex),
};
static const Model cortex_a57 = {
    .midr = 0x411fd070, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a }, .pa_bits = 44, .pmu_id = 1,
    .feat = FB(crc32) | V8_CRYPTO | FB(cortex),
};
static const Model cortex_a72 = {
    .midr = 0x410fd083, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x707fe07a }, .pa_bits = 44, .pmu_id = 2,
    .feat = FB(crc32) | V8_CRYPTO | FB(cortex),
};
// No real processor: implementer 0 (reserved for software), part number ours.  Nothing here
// speculates past a fault, which is what CSV3 promises.
static const Model model_max = {
    .midr = 0x000f04d0, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a }, .pa_bits = 48, .tgran16 = true,
    .feat = FB(crc32) | V8_CRYPTO | FB(lse) | FB(pan) | FB(pan2) | FB(uao) | FB(hafdbs) |
            FB(dpb) | FB(dpb2) | FB(csv3) | FB(pauth) | FB(lrcpc) | FB(flagm) | FB(flagm2) |
            FB(sb) | FB(ssbs) | FB(dit) | FB(rdm) | FB(dotprod) | FB(fp16) | FB(fhm) |
            FB(fcma) | FB(jscvt) | FB(frintts),
};

// Feature -> field of an ID register.
typedef struct IdField {
    u8 feat;                                        // ArmFeature
    u8 shift, val;
    u16 at;                                         // in ArmId
} IdField;
#define IDF(f, reg, sh, v) { ARM_FEAT_##f, sh, v, offsetof(ArmId, reg) }
static const IdField id_fields[] = {                // later rows win
    IDF(aes, isar0, 4, 1), IDF(pmull, isar0, 4, 2), IDF(sha1, isar0, 8, 1),
    IDF(sha256, isar0, 12, 1), IDF(sha512, isar0, 12, 2), IDF(crc32, isar0, 16, 1),
    IDF(lse, isar0, 20, 2), IDF(rdm, isar0, 28, 1), IDF(sha3, isar0, 32, 1),
    IDF(sm3, isar0, 36, 1), IDF(sm4, isar0, 40, 1), IDF(dotprod, isar0, 44, 1),
    IDF(fhm, isar0, 48, 1), IDF(flagm, isar0, 52, 1), IDF(flagm2, isar0, 52, 2),
    IDF(dpb, isar1, 0, 1), IDF(dpb2, isar1, 0, 2), IDF(pauth, isar1, 8, 1),
    IDF(pauth, isar1, 28, 1), IDF(jscvt, isar1, 12, 1), IDF(fcma, isar1, 16, 1),
    IDF(lrcpc, isar1, 20, 1), IDF(lrcpc2, isar1, 20, 2), IDF(frintts, isar1, 32, 1),
    IDF(sb, isar1, 36, 1), IDF(bf16, isar1, 44, 1), IDF(i8mm, isar1, 52, 1),
    IDF(fp16, pfr0, 16, 1), IDF(fp16, pfr0, 20, 1), IDF(dit, pfr0, 48, 1),
    IDF(csv3, pfr0, 60, 1), IDF(bti, pfr1, 0, 1), IDF(ssbs, pfr1, 4, 2),
    IDF(hafdbs, mmfr1, 0, 2), IDF(lor, mmfr1, 16, 1), IDF(pan, mmfr1, 20, 1),
    IDF(pan2, mmfr1, 20, 2), IDF(uao, mmfr2, 4, 1), IDF(lse2, mmfr2, 32, 1),
};

static unsigned pa_range(u8 pa_bits)                // ID_AA64MMFR0_EL1.PARange
{
    static const u8 bits_of[] = { 32, 36, 40, 42, 44, 48 };
    unsigned i = 0;

    while (bits_of[i] != pa_bits)
        i++;
    return i;
}

static void id_init(ArmCpu *s, const Model *m)
{
    ArmId *id = &s->id;

    s->feat = m->feat;
    id->midr = m->midr;
    id->revidr = m->revidr;
    id->mpidr = BIT(31) | (u64)(s->cpu.index / 16) << 8 | (u64)(s->cpu.index % 16);
    id->ctr = m->ctr;
    id->pmcr = bits(m->midr, 24, 8) << 24 | (u64)m->pmu_id << 16;
    id->dczid = 4;
    id->clidr = m->clidr;
    id->ccsidr[0] = m->ccsidr[0];
    id->ccsidr[1] = m->ccsidr[1];
    id->ccsidr[2] = m->ccsidr[2];
    id->pa_bits = m->pa_bits;
    id->pfr0 = 0x11;                                // EL0, EL1 in AArch64; FP and SIMD
    id->dfr0 = 0x10305106;                          // 6 break-, 4 watchpoints, PMUv3, v8.0
    id->mmfr0 = 0x120 | pa_range(m->pa_bits);       // 16-bit ASIDs, mixed endian at EL1
    if (m->tgran16)
        id->mmfr0 |= 1 << 20;
    id->mmfr0 |= 1 << 12;                           // secure and non-secure told apart
    for (const IdField *f = id_fields; f < id_fields + ARRAY_LEN(id_fields); f++)
        if (s->feat >> f->feat & 1) {
            u64 *reg = (u64 *)(void *)((u8 *)id + f->at);

            *reg = bits_set(*reg, f->shift, 4, f->val);
        }
}

// -- life -------------------------------------------------------------------------------------
static bool init(Cpu *cpu, const CpuModel *model, Args *opts, Error *err)
{
    ArmCpu *s = arm_cpu(cpu);

    (void)opts;
    (void)err;
    id_init(s, model->data);
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
    s->pan = s->uao = s->dit = s->ssbs = s->ss = s->il = s->btype = 0;
    s->ss_taken = 0;
    arm_set_nzcv(s, 0);
    s->os_lock = 1;
    s->os_dlock = 0;
    s->dbgclaim = 0;
    atomic_store(&s->event, 0);
    atomic_store(&s->low_global, 0);
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
    ST(dit), ST(ssbs), ST(ss), ST(il), ST(btype), ST(aarch64), ST(ss_taken),
    ST(v), ST(sp_el), ST(elr_el), ST(spsr_el), ST(tpidr_el), ST(tpidrro_el0), ST(sctlr),
    ST(actlr), ST(cpacr), ST(vbar), ST(esr), ST(far), ST(afsr0), ST(afsr1), ST(tcr), ST(ttbr0),
    ST(ttbr1), ST(mair), ST(amair), ST(par), ST(contextidr), ST(csselr), ST(mdscr), ST(mdccint),
    ST(osdtrrx), ST(osdtrtx), ST(oseccr), ST(dbgclaim), ST(dbgbvr), ST(dbgbcr), ST(dbgwvr),
    ST(dbgwcr), ST(apkey), ST(os_lock), ST(os_dlock), ST(cntkctl), ST(cntfrq),
    ST(cntvoff), ST(event),
    ST(low_global), ST(pmu.cr), ST(pmu.cnten), ST(pmu.ovs), ST(pmu.inten), ST(pmu.selr),
    ST(pmu.userenr), ST(pmu.ccfilt), ST(pmu.last), ST(pmu.base), ST(timers[0].cval),
    ST(timers[0].ctl), ST(timers[1].cval), ST(timers[1].ctl), ST(a32),
    STATE_TIMER_OF(ArmCpu, pmu.timer), STATE_TIMER_OF(ArmCpu, timers[0].timer),
    STATE_TIMER_OF(ArmCpu, timers[1].timer),
    { NULL, 0, 0, STATE_KIND_NONE },
};

static const CpuModel models[] = {
    { "cortex-a53", "Arm Cortex-A53 r0p4", &cortex_a53 },
    { "cortex-a57", "Arm Cortex-A57 r1p0", &cortex_a57 },
    { "cortex-a72", "Arm Cortex-A72 r0p3", &cortex_a72 },
    { "max", "all the features that are built", &model_max },
    { NULL, NULL, NULL },
};

CPU_CLASS(arm, .size = sizeof(ArmCpu), .models = models, .default_model = "max", .regs = regs,
          .reg_count = ARRAY_LEN(regs), .more_reg = arm_more_reg, .gdb_arch = "aarch64",
          .state = state, .irq_pins = ARM_PINS, .frontend = &arm_frontend, .init = init,
          .fini = fini, .reset = arm_reset, .power_on = power_on, .has_work = has_work,
          .debug_translate = arm_debug_translate, .pc = get_pc, .set_pc = arm_set_pc,
          .disassemble = disassemble, .dump = dump,
          .mappings = arm_mappings)
