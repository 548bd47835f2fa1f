// SPDX-License-Identifier: MIT
// The system registers and system instructions of EL0 and EL1: one row each, in order of key.
// Arm ARM DDI 0487K.a; .ref is the section.  Reset values of processors' own registers are in
// cpu.c.  Missing on purpose: EL2, EL3, AArch32's, trace, RAS, statistical profiling.
#include "cpu/arm/internal.h"

#include "core/machine.h"
#include "util/bits.h"

// -- who may, at EL0 --------------------------------------------------------------------------
static bool allow_uct(const ArmCpu *s, bool w) { (void)w; return s->sctlr[1] & SCTLR_UCT; }
static bool allow_uma(const ArmCpu *s, bool w) { (void)w; return s->sctlr[1] & SCTLR_UMA; }
static bool allow_uci(const ArmCpu *s, bool w) { (void)w; return s->sctlr[1] & SCTLR_UCI; }
static bool allow_dze(const ArmCpu *s, bool w) { (void)w; return s->sctlr[1] & SCTLR_DZE; }
static bool allow_dcc(const ArmCpu *s, bool w) { (void)w; return !bit(s->mdscr, 12); }
static bool allow_cntfrq(const ArmCpu *s, bool w) { (void)w; return s->cntkctl & 3; }
static bool allow_cntpct(const ArmCpu *s, bool w) { (void)w; return s->cntkctl & 1; }
static bool allow_cntvct(const ArmCpu *s, bool w) { (void)w; return s->cntkctl & 2; }
static bool allow_cntv(const ArmCpu *s, bool w) { (void)w; return bit(s->cntkctl, 8); }
static bool allow_cntp(const ArmCpu *s, bool w) { (void)w; return bit(s->cntkctl, 9); }
// PMUSERENR: EN, SW, CR, ER (D23.4.20).
static bool allow_pm(const ArmCpu *s, bool w) { (void)w; return s->pmu.userenr & 1; }
static bool allow_pm_sw(const ArmCpu *s, bool w) { (void)w; return s->pmu.userenr & 3; }
static bool allow_pm_cr(const ArmCpu *s, bool w) { return s->pmu.userenr & (w ? 1 : 5); }
static bool allow_pm_er(const ArmCpu *s, bool w) { return s->pmu.userenr & (w ? 1 : 9); }
static bool allow_pm_sel(const ArmCpu *s, bool w) { (void)w; return s->pmu.userenr & 9; }

// -- translation control ----------------------------------------------------------------------
static void write_flushing(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    u64 *at = (u64 *)(void *)((u8 *)s + r->offset);

    v &= r->rw;
    if (*at == v)
        return;
    *at = v;
    arm_flush_tlb(s);                               // the TLB may not cache these, ours does
}

// Bits that came with features stay zero without them.
static void write_sctlr(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    if (!arm_has(s, ARM_FEAT_pauth))
        v &= ~(BIT(31) | BIT(30) | BIT(27) | BIT(13));
    if (!arm_has(s, ARM_FEAT_ssbs))
        v &= ~SCTLR_DSSBS;
    if (!arm_has(s, ARM_FEAT_bti))
        v &= ~(SCTLR_BT0 | SCTLR_BT1);
    if (!arm_has(s, ARM_FEAT_lse2))
        v &= ~(u64)SCTLR_NAA;
    write_flushing(s, r, v);
}

static void write_tcr(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    if (!arm_has(s, ARM_FEAT_hafdbs))
        v &= ~(3ull << 39);                         // HA, HD
    if (!arm_has(s, ARM_FEAT_hpds))
        v &= ~(3ull << 41);                         // HPD0, HPD1
    if (!arm_has(s, ARM_FEAT_pauth))
        v &= ~(3ull << 51);                         // TBID0, TBID1
    if (!arm_has(s, ARM_FEAT_e0pd))
        v &= ~(3ull << 55);                         // E0PD0, E0PD1
    write_flushing(s, r, v);
}

static void write_cpacr(ArmCpu *s, const ArmSysReg *r, u64 v) { s->cpacr = v & r->rw; }

static u64 read_ccsidr(ArmCpu *s, const ArmSysReg *r)
{
    (void)r;
    return s->csselr < ARRAY_LEN(s->id.ccsidr) ? s->id.ccsidr[s->csselr] : 0;
}

static u64 read_isr(ArmCpu *s, const ArmSysReg *r)
{
    u32 p = atomic_load(&s->cpu.pending_irq);

    (void)r;
    return (p >> ARM_PIN_IRQ & 1) << 7 | (p >> ARM_PIN_FIQ & 1) << 6;
}

// -- PSTATE -----------------------------------------------------------------------------------
static u64 read_current_el(ArmCpu *s, const ArmSysReg *r) { (void)r; return s->el << 2; }
static u64 read_nzcv(ArmCpu *s, const ArmSysReg *r) { (void)r; return arm_nzcv(s); }
static void write_nzcv(ArmCpu *s, const ArmSysReg *r, u64 v) { (void)r; arm_set_nzcv(s, (u32)v); }
static void write_spsel(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    (void)r;
    arm_set_el(s, s->el, v & 1);
}

static void write_daif(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    s->daif = (u32)(v & r->rw);
    arm_irq_recheck(s);
}

static void write_fpcr(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    s->fpcr = (u32)(v & r->rw & ~(arm_has(s, ARM_FEAT_fp16) ? 0ull : FPCR_FZ16));
}

static u64 read_fpsr(ArmCpu *s, const ArmSysReg *r)
{
    (void)r;
    return s->fpsr |= tcg_fp_flags(&s->cpu);
}

static void write_fpsr(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    (void)tcg_fp_flags(&s->cpu);                    // drop what the host has gathered
    s->fpsr = (u32)(v & r->rw);
}

// -- debug ------------------------------------------------------------------------------------
static u64 read_oslsr(ArmCpu *s, const ArmSysReg *r) { (void)r; return 8 | s->os_lock << 1; }
static void write_oslar(ArmCpu *s, const ArmSysReg *r, u64 v) { (void)r; s->os_lock = v & 1; }
static void write_mdscr(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    s->mdscr = v & r->rw;
    arm_watches_changed(s);
}
static void write_dbgw(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    *(u64 *)(void *)((u8 *)s + r->offset) = v & r->rw;
    arm_watches_changed(s);
}
static u64 read_claim_all(ArmCpu *s, const ArmSysReg *r) { (void)s; (void)r; return 0xff; }
static void write_claim_set(ArmCpu *s, const ArmSysReg *r, u64 v) { s->dbgclaim |= v & r->rw; }
static void write_claim_clr(ArmCpu *s, const ArmSysReg *r, u64 v) { s->dbgclaim &= ~(v & r->rw); }
static u64 read_dbgauth(ArmCpu *s, const ArmSysReg *r) { (void)s; (void)r; return 0xf; }

// -- timers -----------------------------------------------------------------------------------
// `rw` of a timer's row is its ArmTimerId: these have no plain storage.
static ArmTimerId timer_id(const ArmSysReg *r) { return (ArmTimerId)r->rw; }
static u64 read_cntpct(ArmCpu *s, const ArmSysReg *r) { (void)r; return arm_counter(s); }
static u64 read_cntvct(ArmCpu *s, const ArmSysReg *r)
{
    (void)r;
    return arm_counter(s) - s->cntvoff;
}

static u64 read_ctl(ArmCpu *s, const ArmSysReg *r) { return arm_timer_ctl(s, timer_id(r)); }
static void write_ctl(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    arm_timer_set_ctl(s, timer_id(r), v);
}

static u64 read_tval(ArmCpu *s, const ArmSysReg *r) { return arm_timer_tval(s, timer_id(r)); }
static void write_tval(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    arm_timer_set_tval(s, timer_id(r), v);
}

static void write_cval(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    arm_timer_set_cval(s, timer_id(r), v);
}

static u64 read_cval(ArmCpu *s, const ArmSysReg *r)
{
    return atomic_load(&s->timers[timer_id(r)].cval);
}

// -- performance monitors: `rw` is the register's number in pmu.c -----------------------------
static u64 read_pm(ArmCpu *s, const ArmSysReg *r) { return arm_pmu_read(s, (unsigned)r->rw); }
static void write_pm(ArmCpu *s, const ArmSysReg *r, u64 v) { arm_pmu_write(s, (unsigned)r->rw, v); }

// -- cache maintenance by address (C5.3) ------------------------------------------------------
// Caches are coherent with everything here, but the address is translated and may fault.
static void touch(ArmCpu *s, u64 va, TcgAccess acc, bool perm_at_el1)
{
    TcgFault f;
    u64 pa;

    if (tcg_probe_quiet(&s->cpu, va, acc, MO_8, &f, &pa) || f.why != TF_MMU)
        return;
    if (s->el && !perm_at_el1 && (f.fault & MF_FSC & ~3u) == FSC_PERM)
        return;
    f.memop = MO_8 | MO_DCZVA;
    arm_raise_mem(&s->cpu, &f);
    tcg_unwind(&s->cpu);
}

static void dc_clean(ArmCpu *s, const ArmSysReg *r, u64 va)
{
    (void)r;
    touch(s, va, ACC_READ, false);
}

static void dc_ivac(ArmCpu *s, const ArmSysReg *r, u64 va)
{
    (void)r;
    touch(s, va, ACC_WRITE, true);
}

static void ic_ivau(ArmCpu *s, const ArmSysReg *r, u64 va)
{
    (void)r;
    touch(s, va, ACC_READ, false);
    tcg_icache_invalidate(&s->cpu, va & ~63ull, 64, false);
}

static void ic_all(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    (void)r;
    (void)v;
    tcg_icache_invalidate(&s->cpu, 0, 0, true);
}

enum { ZVA_BYTES = 64 };                            // DCZID_EL0.BS = 4

static void dc_zva(ArmCpu *s, const ArmSysReg *r, u64 va)
{
    u64 at = va & ~(u64)(ZVA_BYTES - 1);
    void *p = tcg_probe(&s->cpu, va, 1, ACC_WRITE, MO_8);   // FAR is what the program gave

    (void)r;
    p = p ? tcg_probe(&s->cpu, at, ZVA_BYTES, ACC_WRITE, MO_8) : NULL;
    if (p) {
        memset(p, 0, ZVA_BYTES);
        return;
    }
    for (unsigned i = 0; i < ZVA_BYTES; i += 8)
        tcg_store(&s->cpu, at + i, MO_64, 0);
}

void helper_dc_zva(Cpu *cpu, u32 iss, u64 va)
{
    ArmCpu *s = arm_cpu(cpu);

    if (s->el == 0 && !allow_dze(s, true))
        arm_raise_sys(s, iss);
    dc_zva(s, NULL, va);
}

// -- AT (C5.4): `rw` holds access and level ---------------------------------------------------
enum { AT_READ = 0, AT_WRITE = 1, AT_EL0 = 2, AT_PAN = 4 };

static void at(ArmCpu *s, const ArmSysReg *r, u64 va)
{
    arm_at(s, va, r->rw & AT_WRITE ? ACC_WRITE : ACC_READ, r->rw & AT_EL0 ? 0 : 1,
           (r->rw & AT_PAN) && s->pan);
}

// -- TLBI (C5.5): `rw` holds the kind and whether it goes to the other CPUs -------------------
enum { TLBI_IS = 16 };

// Global pages of the lower half are in every table: then an address in one ASID is one in all.
static bool low_global(const ArmCpu *s)
{
    const Machine *m = s->cpu.machine;
    bool any = atomic_load(&s->low_global);

    for (u32 i = 0; m && i < m->cpu_count; i++)
        any = any || atomic_load(&arm_cpu(m->cpu[i])->low_global);
    return any;
}

static void tlbi_address(ArmCpu *s, const ArmSysReg *r, TcgTlbiOp *op)
{
    if (!bit(s->tcr[1], 36))                        // TCR.AS: 8-bit ASIDs
        op->asid &= 0xff;
    if (op->kind == TLBI_VA && (bit(op->va, 55) || low_global(s)))
        op->kind = TLBI_VA_ALL_ASID;
    op->last = r->key & 4;                          // op2: VALE1 and its kin
    s->branch_to = NO_BRANCH;
    tcg_tlbi(&s->cpu, op, r->rw & TLBI_IS);
}

static void tlbi(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    TcgTlbiOp op = { .kind = (TcgTlbi)(r->rw & 15), .asid = (u16)(v >> 48),
                     .regime = ARM_REGIME_EL10 };

    if (op.kind == TLBI_VA || op.kind == TLBI_VA_ALL_ASID) {
        op.va = (u64)sext64(v << 12, 56);           // 47:44, TTL, is but a hint
        op.size = 4096;
    }
    tlbi_address(s, r, &op);
}

// TLBI by range (C5.5.34): ASID 63:48, TG 47:46, SCALE 45:44, NUM 43:39, TTL 38:37, BaseADDR in
// granules 36:0.  The reserved TG does nothing.
static void tlbi_range(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    static const u8 granule[4] = { 0, 12, 14, 16 };
    unsigned tg = granule[bits(v, 46, 2)];
    TcgTlbiOp op = { .kind = (TcgTlbi)(r->rw & 15), .asid = (u16)(v >> 48),
                     .regime = ARM_REGIME_EL10, .va = (u64)sext64(v, 37) << tg };

    if (!tg)
        return;
    op.size = (bits(v, 39, 5) + 1) << (5 * bits(v, 44, 2) + 1 + tg);
    tlbi_address(s, r, &op);
}

// -- the rows ---------------------------------------------------------------------------------
#define AT_(f) .offset = offsetof(ArmCpu, f), .width = (u8)sizeof(((ArmCpu *)0)->f)
// plain storage; constants; functions; instructions
#define RW(op0, op1, n, m, op2, nm, el, f, mask, fl, sec) \
    { .key = ARM_KEY(op0, op1, n, m, op2), .rd_el = el, .wr_el = el, .name = nm, AT_(f), \
      .rw = mask, .flags = SR_RD_PLAIN | SR_WR_PLAIN | (fl), .ref = sec }
#define ID(op0, op1, n, m, op2, nm, el, f, sec) \
    { .key = ARM_KEY(op0, op1, n, m, op2), .rd_el = el, .wr_el = 4, .name = nm, AT_(f), \
      .flags = SR_RD_PLAIN | SR_CONST | SR_RO, .ref = sec }
#define FN(op0, op1, n, m, op2, nm, rel, wel, sec, ...) \
    { .key = ARM_KEY(op0, op1, n, m, op2), .rd_el = rel, .wr_el = wel, .name = nm, .ref = sec, \
      __VA_ARGS__ }
#define OP(op1, n, m, op2, nm, el, fn, arg, fl, sec, ...) \
    { .key = ARM_KEY(1, op1, n, m, op2), .rd_el = 4, .wr_el = el, .width = 8, .name = nm, \
      .write = fn, .rw = arg, .flags = SR_OP | SR_WO | (fl), .ref = sec, __VA_ARGS__ }
#define FEAT(f) .feat = BIT(ARM_FEAT_##f)
#define ALL ~0ull
#define RAZWI(op1, n, m, op2, nm) \
    FN(3, op1, n, m, op2, nm, 1, 1, "TRM", .flags = SR_RAZWI, FEAT(cortex))

#define DBG_BV(n, mask) \
    RW(2, 0, 0, n, 4, "DBGBVR" #n "_EL1", 1, dbgbvr[n], mask, 0, "D23.3.4"), \
    FN(2, 0, 0, n, 5, "DBGBCR" #n "_EL1", 1, 1, "D23.3.3", AT_(dbgbcr[n]), .rw = 0xffe1e7ull, \
       .flags = SR_RD_PLAIN | SR_CONTEXT)
#define DBG_B(n) DBG_BV(n, ~3ull)
#define DBG_W(n) \
    FN(2, 0, 0, n, 6, "DBGWVR" #n "_EL1", 1, 1, "D23.3.14", AT_(dbgwvr[n]), .rw = ~3ull, \
       .write = write_dbgw, .flags = SR_RD_PLAIN | SR_CONTEXT), \
    FN(2, 0, 0, n, 7, "DBGWCR" #n "_EL1", 1, 1, "D23.3.13", AT_(dbgwcr[n]), .rw = 0x1f1fffffull, \
       .write = write_dbgw, .flags = SR_RD_PLAIN | SR_CONTEXT)

#define TIMER_(m, op2, nm, rd, wr, id, ok) \
    FN(3, 3, 14, m, op2, nm, 0, 0, "D23.8", .read = rd, .write = wr, .rw = id, .allow = ok, \
       .flags = SR_IO)
#define PM(op1, n, m, op2, nm, el, which, ok) \
    FN(3, op1, n, m, op2, nm, el, el, "D23.4", .read = read_pm, .write = write_pm, .rw = which, \
       .allow = ok, .flags = SR_IO, FEAT(pmu))

// D23.4.8, D23.4.9; n: event counter
#define PM_CNTR(n) PM(3, 14, 8, n, "PMEVCNTR" #n "_EL0", 0, PMU_EVCNTR0 + (n), allow_pm_er)
#define PM_TYPER(n) PM(3, 14, 12, n, "PMEVTYPER" #n "_EL0", 0, PMU_EVTYPER0 + (n), allow_pm)

// A key of FEAT_PAuth (D23.2.15 on): low and high half.
#define KEY(m, op2, nm, n) \
    FN(3, 0, 2, m, op2, "AP" nm "KEYLO_EL1", 1, 1, "D23.2", AT_(apkey[n][0]), .rw = ALL, \
       .flags = SR_RD_PLAIN | SR_WR_PLAIN, FEAT(pauth)), \
    FN(3, 0, 2, m, op2 + 1, "AP" nm "KEYHI_EL1", 1, 1, "D23.2", AT_(apkey[n][1]), .rw = ALL, \
       .flags = SR_RD_PLAIN | SR_WR_PLAIN, FEAT(pauth))

// The rows of one CRm: by address, in one or all ASIDs, of any or the last level.
#define TLBI_OS(op2, nm, what, sec) \
    OP(0, 8, 1, op2, "TLBI " nm "OS", 1, tlbi, (what) | TLBI_IS, 0, sec, FEAT(tlbios))
#define TLBI_RANGE(m, sfx, how, ...) \
    OP(0, 8, m, 1, "TLBI RVAE1" sfx, 1, tlbi_range, TLBI_VA | (how), 0, "C5.5.46", __VA_ARGS__), \
    OP(0, 8, m, 3, "TLBI RVAAE1" sfx, 1, tlbi_range, TLBI_VA_ALL_ASID | (how), 0, "C5.5.40", \
       __VA_ARGS__), \
    OP(0, 8, m, 5, "TLBI RVALE1" sfx, 1, tlbi_range, TLBI_VA | (how), 0, "C5.5.52", __VA_ARGS__), \
    OP(0, 8, m, 7, "TLBI RVAALE1" sfx, 1, tlbi_range, TLBI_VA_ALL_ASID | (how), 0, "C5.5.43", \
       __VA_ARGS__)

// SCTLR bits of Armv8.0 and PAN; EOS, EIS, nTLSMD, LSMAOE and TSCXT are RES1 and kept as written.
#define SCTLR_RW 0xfffdffffull

static const ArmSysReg rows[] = {
    // op0 1: instructions
    OP(0, 7, 1, 0, "IC IALLUIS", 1, ic_all, 0, SR_BARRIER, "C5.3.27"),
    OP(0, 7, 5, 0, "IC IALLU", 1, ic_all, 0, SR_BARRIER, "C5.3.26"),
    OP(0, 7, 6, 1, "DC IVAC", 1, dc_ivac, 0, 0, "C5.3.21"),
    OP(0, 7, 6, 2, "DC ISW", 1, NULL, 0, 0, "C5.3.20"),
    OP(0, 7, 8, 0, "AT S1E1R", 1, at, AT_READ, 0, "C5.4.6"),
    OP(0, 7, 8, 1, "AT S1E1W", 1, at, AT_WRITE, 0, "C5.4.8"),
    OP(0, 7, 8, 2, "AT S1E0R", 1, at, AT_READ | AT_EL0, 0, "C5.4.3"),
    OP(0, 7, 8, 3, "AT S1E0W", 1, at, AT_WRITE | AT_EL0, 0, "C5.4.4"),
    OP(0, 7, 9, 0, "AT S1E1RP", 1, at, AT_READ | AT_PAN, 0, "C5.4.7", FEAT(pan2)),
    OP(0, 7, 9, 1, "AT S1E1WP", 1, at, AT_WRITE | AT_PAN, 0, "C5.4.9", FEAT(pan2)),
    OP(0, 7, 10, 2, "DC CSW", 1, NULL, 0, 0, "C5.3.12"),
    OP(0, 7, 14, 2, "DC CISW", 1, NULL, 0, 0, "C5.3.9"),
    TLBI_OS(0, "VMALLE1", TLBI_ALL, "C5.5.83"), TLBI_OS(1, "VAE1", TLBI_VA, "C5.5.64"),
    TLBI_OS(2, "ASIDE1", TLBI_ASID, "C5.5.9"),
    TLBI_OS(3, "VAAE1", TLBI_VA_ALL_ASID, "C5.5.58"), TLBI_OS(5, "VALE1", TLBI_VA, "C5.5.73"),
    TLBI_OS(7, "VAALE1", TLBI_VA_ALL_ASID, "C5.5.61"),
    TLBI_RANGE(2, "IS", TLBI_IS, FEAT(tlbirange)),
    OP(0, 8, 3, 0, "TLBI VMALLE1IS", 1, tlbi, TLBI_ALL | TLBI_IS, 0, "C5.5.82"),
    OP(0, 8, 3, 1, "TLBI VAE1IS", 1, tlbi, TLBI_VA | TLBI_IS, 0, "C5.5.63"),
    OP(0, 8, 3, 2, "TLBI ASIDE1IS", 1, tlbi, TLBI_ASID | TLBI_IS, 0, "C5.5.8"),
    OP(0, 8, 3, 3, "TLBI VAAE1IS", 1, tlbi, TLBI_VA_ALL_ASID | TLBI_IS, 0, "C5.5.57"),
    OP(0, 8, 3, 5, "TLBI VALE1IS", 1, tlbi, TLBI_VA | TLBI_IS, 0, "C5.5.72"),
    OP(0, 8, 3, 7, "TLBI VAALE1IS", 1, tlbi, TLBI_VA_ALL_ASID | TLBI_IS, 0, "C5.5.60"),
    TLBI_RANGE(5, "OS", TLBI_IS, FEAT(tlbirange)), TLBI_RANGE(6, "", 0, FEAT(tlbirange)),
    OP(0, 8, 7, 0, "TLBI VMALLE1", 1, tlbi, TLBI_ALL, 0, "C5.5.81"),
    OP(0, 8, 7, 1, "TLBI VAE1", 1, tlbi, TLBI_VA, 0, "C5.5.62"),
    OP(0, 8, 7, 2, "TLBI ASIDE1", 1, tlbi, TLBI_ASID, 0, "C5.5.7"),
    OP(0, 8, 7, 3, "TLBI VAAE1", 1, tlbi, TLBI_VA_ALL_ASID, 0, "C5.5.56"),
    OP(0, 8, 7, 5, "TLBI VALE1", 1, tlbi, TLBI_VA, 0, "C5.5.71"),
    OP(0, 8, 7, 7, "TLBI VAALE1", 1, tlbi, TLBI_VA_ALL_ASID, 0, "C5.5.59"),
    OP(3, 7, 4, 1, "DC ZVA", 0, dc_zva, 0, 0, "C5.3.24", .allow = allow_dze),
    OP(3, 7, 5, 1, "IC IVAU", 0, ic_ivau, 0, 0, "C5.3.28", .allow = allow_uci),
    OP(3, 7, 10, 1, "DC CVAC", 0, dc_clean, 0, 0, "C5.3.15", .allow = allow_uci),
    OP(3, 7, 11, 1, "DC CVAU", 0, dc_clean, 0, 0, "C5.3.18", .allow = allow_uci),
    OP(3, 7, 12, 1, "DC CVAP", 0, dc_clean, 0, 0, "C5.3.17", .allow = allow_uci, FEAT(dpb)),
    OP(3, 7, 13, 1, "DC CVADP", 0, dc_clean, 0, 0, "C5.3.16", .allow = allow_uci, FEAT(dpb2)),
    OP(3, 7, 14, 1, "DC CIVAC", 0, dc_clean, 0, 0, "C5.3.10", .allow = allow_uci),

    // op0 2: debug
    RW(2, 0, 0, 0, 2, "OSDTRRX_EL1", 1, osdtrrx, 0xffffffff, 0, "D23.3.26"),
    DBG_B(0), DBG_W(0), DBG_B(1), DBG_W(1),
    RW(2, 0, 0, 2, 0, "MDCCINT_EL1", 1, mdccint, 3ull << 29, 0, "D23.3.18"),
    FN(2, 0, 0, 2, 2, "MDSCR_EL1", 1, 1, "D23.3.21", AT_(mdscr), .rw = 0xf001,
       .write = write_mdscr, .flags = SR_RD_PLAIN | SR_CONTEXT),
    DBG_B(2), DBG_W(2),
    RW(2, 0, 0, 3, 2, "OSDTRTX_EL1", 1, osdtrtx, 0xffffffff, 0, "D23.3.27"),
    DBG_B(3), DBG_W(3), DBG_BV(4, ALL), DBG_BV(5, ALL),     // those that know contexts
    RW(2, 0, 0, 6, 2, "OSECCR_EL1", 1, oseccr, 0xffffffff, 0, "D23.3.28"),
    ID(2, 0, 1, 0, 0, "MDRAR_EL1", 1, id.zero, "D23.3.20"),
    FN(2, 0, 1, 0, 4, "OSLAR_EL1", 4, 1, "D23.3.29", .write = write_oslar,
       .flags = SR_WO | SR_CONTEXT),
    FN(2, 0, 1, 1, 4, "OSLSR_EL1", 1, 4, "D23.3.30", .read = read_oslsr, .flags = SR_RO),
    FN(2, 0, 1, 3, 4, "OSDLR_EL1", 1, 1, "D23.3.25", AT_(os_dlock), .rw = 1,
       .flags = SR_RD_PLAIN | SR_CONTEXT),
    FN(2, 0, 1, 4, 4, "DBGPRCR_EL1", 1, 1, "D23.3.11", .flags = SR_RAZWI),
    FN(2, 0, 7, 8, 6, "DBGCLAIMSET_EL1", 1, 1, "D23.3.6", .read = read_claim_all,
       .write = write_claim_set, .rw = 0xff),
    FN(2, 0, 7, 9, 6, "DBGCLAIMCLR_EL1", 1, 1, "D23.3.5", AT_(dbgclaim), .write = write_claim_clr,
       .rw = 0xff, .flags = SR_RD_PLAIN),
    FN(2, 0, 7, 14, 6, "DBGAUTHSTATUS_EL1", 1, 4, "D23.3.2", .read = read_dbgauth,
       .flags = SR_RO),
    FN(2, 3, 0, 1, 0, "MDCCSR_EL0", 0, 4, "D23.3.19", .allow = allow_dcc,
       .flags = SR_RO | SR_RAZWI),
    FN(2, 3, 0, 4, 0, "DBGDTR_EL0", 0, 0, "D23.3.7", .allow = allow_dcc, .flags = SR_RAZWI),
    FN(2, 3, 0, 5, 0, "DBGDTRRX_EL0", 0, 0, "D23.3.8", .allow = allow_dcc, .flags = SR_RAZWI),

    // op0 3: identification
    ID(3, 0, 0, 0, 0, "MIDR_EL1", 1, id.midr, "D23.2.116"),
    ID(3, 0, 0, 0, 5, "MPIDR_EL1", 1, id.mpidr, "D23.2.117"),
    ID(3, 0, 0, 0, 6, "REVIDR_EL1", 1, id.revidr, "D23.2.135"),
    ID(3, 0, 0, 4, 0, "ID_AA64PFR0_EL1", 1, id.pfr0, "D23.2.74"),
    ID(3, 0, 0, 4, 1, "ID_AA64PFR1_EL1", 1, id.pfr1, "D23.2.75"),
    ID(3, 0, 0, 5, 0, "ID_AA64DFR0_EL1", 1, id.dfr0, "D23.2.60"),
    ID(3, 0, 0, 6, 0, "ID_AA64ISAR0_EL1", 1, id.isar0, "D23.2.65"),
    ID(3, 0, 0, 6, 1, "ID_AA64ISAR1_EL1", 1, id.isar1, "D23.2.66"),
    ID(3, 0, 0, 7, 0, "ID_AA64MMFR0_EL1", 1, id.mmfr0, "D23.2.69"),
    ID(3, 0, 0, 7, 1, "ID_AA64MMFR1_EL1", 1, id.mmfr1, "D23.2.70"),
    ID(3, 0, 0, 7, 2, "ID_AA64MMFR2_EL1", 1, id.mmfr2, "D23.2.71"),

    // control and translation
    FN(3, 0, 1, 0, 0, "SCTLR_EL1", 1, 1, "D23.2.153", AT_(sctlr[1]), .write = write_sctlr,
       .rw = SCTLR_RW | SCTLR_DSSBS | SCTLR_BT0 | SCTLR_BT1, .reset = 0x00c50838,
       .flags = SR_RD_PLAIN | SR_CONTEXT),
    RW(3, 0, 1, 0, 1, "ACTLR_EL1", 1, actlr[1], 0, 0, "D23.2.2"),
    FN(3, 0, 1, 0, 2, "CPACR_EL1", 1, 1, "D23.2.34", AT_(cpacr), .write = write_cpacr,
       .rw = 3ull << 20, .flags = SR_RD_PLAIN | SR_CONTEXT),
    FN(3, 0, 2, 0, 0, "TTBR0_EL1", 1, 1, "D23.2.176", AT_(ttbr0[1]), .rw = ALL,
       .flags = SR_RD_PLAIN | SR_CONTEXT),
    FN(3, 0, 2, 0, 1, "TTBR1_EL1", 1, 1, "D23.2.179", AT_(ttbr1), .rw = ALL,
       .flags = SR_RD_PLAIN | SR_CONTEXT),
    FN(3, 0, 2, 0, 2, "TCR_EL1", 1, 1, "D23.2.174", AT_(tcr[1]), .write = write_tcr,
       .rw = 0x019807ffffffffbfull, .flags = SR_RD_PLAIN | SR_CONTEXT),
    KEY(1, 0, "IA", 0), KEY(1, 2, "IB", 1), KEY(2, 0, "DA", 2), KEY(2, 2, "DB", 3),
    KEY(3, 0, "GA", 4),
    RW(3, 0, 4, 0, 0, "SPSR_EL1", 1, spsr_el[1], 0xffffffff, 0, "C5.2.19"),
    RW(3, 0, 4, 0, 1, "ELR_EL1", 1, elr_el[1], ALL, 0, "C5.2.7"),
    RW(3, 0, 4, 1, 0, "SP_EL0", 1, sp_el[0], ALL, SR_SPSEL1, "C5.2.22"),
    FN(3, 0, 4, 2, 0, "SPSel", 1, 1, "C5.2.26", AT_(spsel), .write = write_spsel,
       .flags = SR_RD_PLAIN | SR_CONTEXT),
    FN(3, 0, 4, 2, 2, "CurrentEL", 1, 4, "C5.2.2", .read = read_current_el, .flags = SR_RO),
    FN(3, 0, 4, 2, 3, "PAN", 1, 1, "C5.2.12", AT_(pan), .rw = PS_PAN,
       .flags = SR_RD_PLAIN | SR_CONTEXT, FEAT(pan)),
    FN(3, 0, 4, 2, 4, "UAO", 1, 1, "C5.2.30", AT_(uao), .rw = PS_UAO,
       .flags = SR_RD_PLAIN | SR_CONTEXT, FEAT(uao)),
    RW(3, 0, 5, 1, 0, "AFSR0_EL1", 1, afsr0[1], 0, 0, "D23.2.6"),
    RW(3, 0, 5, 1, 1, "AFSR1_EL1", 1, afsr1[1], 0, 0, "D23.2.9"),
    RW(3, 0, 5, 2, 0, "ESR_EL1", 1, esr[1], 0xffffffff, 0, "D23.2.40"),
    RW(3, 0, 6, 0, 0, "FAR_EL1", 1, far[1], ALL, 0, "D23.2.43"),
    RW(3, 0, 7, 4, 0, "PAR_EL1", 1, par, 0xff00fffffffffb81ull | 0x7e, 0, "D23.2.122"),
    PM(0, 9, 14, 1, "PMINTENSET_EL1", 1, PMU_INTENSET, NULL),
    PM(0, 9, 14, 2, "PMINTENCLR_EL1", 1, PMU_INTENCLR, NULL),
    FN(3, 0, 10, 2, 0, "MAIR_EL1", 1, 1, "D23.2.112", AT_(mair[1]), .write = write_flushing,
       .rw = ALL, .flags = SR_RD_PLAIN),
    RW(3, 0, 10, 3, 0, "AMAIR_EL1", 1, amair[1], 0, 0, "D23.2.12"),
    RW(3, 0, 12, 0, 0, "VBAR_EL1", 1, vbar[1], ~0x7ffull, 0, "D23.2.191"),
    ID(3, 0, 12, 0, 1, "RVBAR_EL1", 1, id.rvbar, "D23.2.147"),
    FN(3, 0, 12, 1, 0, "ISR_EL1", 1, 4, "D23.2.107", .read = read_isr, .flags = SR_RO),
    RW(3, 0, 13, 0, 1, "CONTEXTIDR_EL1", 1, contextidr[1], 0xffffffff, 0, "D23.2.31"),
    RW(3, 0, 13, 0, 4, "TPIDR_EL1", 1, tpidr_el[1], ALL, 0, "D23.2.169"),
    RW(3, 0, 14, 1, 0, "CNTKCTL_EL1", 1, cntkctl, 0x3ff, 0, "D23.8.16"),
    FN(3, 1, 0, 0, 0, "CCSIDR_EL1", 1, 4, "D23.2.25", .read = read_ccsidr, .flags = SR_RO),
    ID(3, 1, 0, 0, 1, "CLIDR_EL1", 1, id.clidr, "D23.2.27"),
    ID(3, 1, 0, 0, 7, "AIDR_EL1", 1, id.aidr, "D23.2.11"),
    // processors' own (their TRMs): nothing to control
    FN(3, 1, 11, 0, 2, "L2CTLR_EL1", 1, 1, "TRM", AT_(id.l2ctlr), .flags = SR_RD_PLAIN,
       FEAT(cortex)),
    RAZWI(1, 11, 0, 3, "L2ECTLR_EL1"),
    RAZWI(1, 15, 0, 0, "L2ACTLR_EL1"),
    RAZWI(1, 15, 2, 0, "CPUACTLR_EL1"),
    RAZWI(1, 15, 2, 1, "CPUECTLR_EL1"),
    RAZWI(1, 15, 2, 2, "CPUMERRSR_EL1"),
    RAZWI(1, 15, 2, 3, "L2MERRSR_EL1"),
    FN(3, 1, 15, 3, 0, "CBAR_EL1", 1, 4, "TRM", AT_(id.cbar),
       .flags = SR_RD_PLAIN | SR_CONST | SR_RO, FEAT(cortex)),
    RW(3, 2, 0, 0, 0, "CSSELR_EL1", 1, csselr, 15, 0, "D23.2.36"),

    // EL0's
    FN(3, 3, 0, 0, 1, "CTR_EL0", 0, 4, "D23.2.37", AT_(id.ctr), .allow = allow_uct,
       .flags = SR_RD_PLAIN | SR_CONST | SR_RO),
    ID(3, 3, 0, 0, 7, "DCZID_EL0", 0, id.dczid, "D23.2.38"),
    FN(3, 3, 4, 2, 0, "NZCV", 0, 0, "C5.2.10", .read = read_nzcv, .write = write_nzcv),
    FN(3, 3, 4, 2, 1, "DAIF", 0, 0, "C5.2.3", AT_(daif), .rw = PS_DAIF, .write = write_daif,
       .allow = allow_uma, .flags = SR_RD_PLAIN | SR_CONTEXT | SR_IO),
    FN(3, 3, 4, 2, 5, "DIT", 0, 0, "C5.2.4", AT_(dit), .rw = PS_DIT,
       .flags = SR_RD_PLAIN | SR_WR_PLAIN, FEAT(dit)),
    FN(3, 3, 4, 2, 6, "SSBS", 0, 0, "C5.2.23", AT_(ssbs), .rw = PS_SSBS,
       .flags = SR_RD_PLAIN | SR_WR_PLAIN, FEAT(ssbs2)),
    FN(3, 3, 4, 4, 0, "FPCR", 0, 0, "C5.2.8", AT_(fpcr), .rw = 0x07ff0000, .write = write_fpcr,
       .flags = SR_RD_PLAIN | SR_CONTEXT | SR_FP),
    FN(3, 3, 4, 4, 1, "FPSR", 0, 0, "C5.2.9", .read = read_fpsr, .write = write_fpsr,
       .rw = 0xf800009f, .flags = SR_FP),
    PM(3, 9, 12, 0, "PMCR_EL0", 0, PMU_CR, allow_pm),
    PM(3, 9, 12, 1, "PMCNTENSET_EL0", 0, PMU_CNTENSET, allow_pm),
    PM(3, 9, 12, 2, "PMCNTENCLR_EL0", 0, PMU_CNTENCLR, allow_pm),
    PM(3, 9, 12, 3, "PMOVSCLR_EL0", 0, PMU_OVSCLR, allow_pm),
    FN(3, 3, 9, 12, 4, "PMSWINC_EL0", 4, 0, "D23.4.19", .write = write_pm, .rw = PMU_SWINC,
       .allow = allow_pm_sw, .flags = SR_WO | SR_IO, FEAT(pmu)),
    PM(3, 9, 12, 5, "PMSELR_EL0", 0, PMU_SELR, allow_pm_sel),
    FN(3, 3, 9, 12, 6, "PMCEID0_EL0", 0, 4, "D23.4.4", .read = read_pm, .rw = PMU_CEID0,
       .allow = allow_pm, .flags = SR_RO, FEAT(pmu)),
    FN(3, 3, 9, 12, 7, "PMCEID1_EL0", 0, 4, "D23.4.5", .allow = allow_pm,
       .flags = SR_RO | SR_RAZWI, FEAT(pmu)),
    PM(3, 9, 13, 0, "PMCCNTR_EL0", 0, PMU_CCNTR, allow_pm_cr),
    PM(3, 9, 13, 1, "PMXEVTYPER_EL0", 0, PMU_XEVTYPER, allow_pm),
    PM(3, 9, 13, 2, "PMXEVCNTR_EL0", 0, PMU_XEVCNTR, allow_pm_er),
    FN(3, 3, 9, 14, 0, "PMUSERENR_EL0", 0, 1, "D23.4.20", .read = read_pm, .write = write_pm,
       .rw = PMU_USERENR, FEAT(pmu)),
    PM(3, 9, 14, 3, "PMOVSSET_EL0", 0, PMU_OVSSET, allow_pm),
    RW(3, 3, 13, 0, 2, "TPIDR_EL0", 0, tpidr_el[0], ALL, 0, "D23.2.168"),
    { .key = ARM_KEY(3, 3, 13, 0, 3), .rd_el = 0, .wr_el = 1, .name = "TPIDRRO_EL0",
      AT_(tpidrro_el0), .rw = ALL, .flags = SR_RD_PLAIN | SR_WR_PLAIN, .ref = "D23.2.172" },
    FN(3, 3, 14, 0, 0, "CNTFRQ_EL0", 0, 1, "D23.8.1", AT_(cntfrq), .rw = 0xffffffff,
       .allow = allow_cntfrq, .flags = SR_RD_PLAIN | SR_WR_PLAIN),
    FN(3, 3, 14, 0, 1, "CNTPCT_EL0", 0, 4, "D23.8.19", .read = read_cntpct,
       .allow = allow_cntpct, .flags = SR_RO),
    FN(3, 3, 14, 0, 2, "CNTVCT_EL0", 0, 4, "D23.8.33", .read = read_cntvct,
       .allow = allow_cntvct, .flags = SR_RO),
    TIMER_(2, 0, "CNTP_TVAL_EL0", read_tval, write_tval, ARM_TIMER_PHYS, allow_cntp),
    TIMER_(2, 1, "CNTP_CTL_EL0", read_ctl, write_ctl, ARM_TIMER_PHYS, allow_cntp),
    TIMER_(2, 2, "CNTP_CVAL_EL0", read_cval, write_cval, ARM_TIMER_PHYS, allow_cntp),
    TIMER_(3, 0, "CNTV_TVAL_EL0", read_tval, write_tval, ARM_TIMER_VIRT, allow_cntv),
    TIMER_(3, 1, "CNTV_CTL_EL0", read_ctl, write_ctl, ARM_TIMER_VIRT, allow_cntv),
    TIMER_(3, 2, "CNTV_CVAL_EL0", read_cval, write_cval, ARM_TIMER_VIRT, allow_cntv),
    PM_CNTR(0), PM_CNTR(1), PM_CNTR(2), PM_CNTR(3), PM_CNTR(4), PM_CNTR(5),
    PM_TYPER(0), PM_TYPER(1), PM_TYPER(2), PM_TYPER(3), PM_TYPER(4), PM_TYPER(5),
    PM(3, 14, 15, 7, "PMCCFILTR_EL0", 0, PMU_CCFILTR, allow_pm),
};

size_t arm_sysreg_rows(const ArmSysReg **out)
{
    *out = rows;
    return ARRAY_LEN(rows);
}
