// SPDX-License-Identifier: MIT
// The state of an Arm processor: what the front-end, the helpers, KVM and the debugger share.
//
// Registers that exist once per exception level are arrays indexed by EL, so that EL2 and EL3
// are only more rows of the system-register table.  PSTATE fields and the registers MRS shows
// them in have the same bits: each of daif, pan, uao, dit, ssbs, ss, il is kept at its place
// in SPSR_ELx (C5.2.19 of Arm ARM DDI 0487K.a), so MRS is a plain load and packing is an OR.
//
// AArch32 (D1.20.1): while aarch64 is false, x[0..14] are R0..R14 of the current mode and x[15]
// is unused (R15 is pc); a32 holds the banked registers of the other modes.  Only on a change
// to AArch64 do they move to the architected X registers.
//
// Threads: the vCPU's own, but for `event`, `low_global` and the timers, which say so.
#pragma once
#include "core/clock.h"
#include "core/cpu.h"
#include "core/irq.h"
#include "tcg/ir.h"
#include "util/types.h"

// Indices of guest registers (TcgFrontend.regs).
// REG_VT0..VT3 are no guest registers, but places in the ArmCpu that vector helpers get
// pointers to.
enum { REG_X0 = 0, REG_X30 = 30, REG_SP = 31, REG_V0 = 32, REG_NZCV = 64,
       REG_VT0, REG_VT3 = REG_VT0 + 3, ARM_NREGS };

// Features; names are those that `if` uses in a64.decode.
#define ARM_FEATURES(F)                                                                     \
    F(crc32) F(lse) F(rdm) F(aes) F(pmull) F(sha1) F(sha256) F(sha512) F(sha3) F(sm3) F(sm4) \
    F(fp16) F(dotprod) F(i8mm) F(bf16) F(jscvt) F(fcma) F(frintts) F(fhm)                   \
    F(pauth) F(qarma5) F(lrcpc) F(lrcpc2) F(lor) F(lse2) F(flagm) F(flagm2)                 \
    F(pan) F(pan2) F(uao) F(hafdbs) F(hpds) F(dpb) F(dpb2) F(sb) F(ssbs) F(ssbs2) F(dit)    \
    F(bti) F(csv2) F(csv3) F(ttl) F(tlbirange) F(tlbios) F(pmu) F(cnp)    \
    F(e0pd) F(cortex)
typedef enum {
#define F(name) ARM_FEAT_##name,
    ARM_FEATURES(F)
#undef F
    ARM_FEAT_COUNT
} ArmFeature;

// PSTATE and SPSR bits, AArch64 (C5.2.19).
enum {
    PS_M_SPSEL = 1, PS_M_EL = 3 << 2, PS_NRW = 1 << 4,
    PS_F = 1 << 6, PS_I = 1 << 7, PS_A = 1 << 8, PS_D = 1 << 9, PS_DAIF = 15 << 6,
    PS_BTYPE = 3 << 10, PS_SSBS = 1 << 12, PS_IL = 1 << 20, PS_SS = 1 << 21, PS_PAN = 1 << 22,
    PS_UAO = 1 << 23, PS_DIT = 1 << 24, PS_V = 1 << 28, PS_C = 1 << 29, PS_Z = 1 << 30,
};
#define PS_N (1u << 31)

// SCTLR_EL1 (D23.2.153).
enum {
    SCTLR_M = 1 << 0, SCTLR_A = 1 << 1, SCTLR_C = 1 << 2, SCTLR_SA = 1 << 3, SCTLR_SA0 = 1 << 4,
    SCTLR_NAA = 1 << 6, SCTLR_UMA = 1 << 9, SCTLR_I = 1 << 12, SCTLR_DZE = 1 << 14,
    SCTLR_UCT = 1 << 15, SCTLR_NTWI = 1 << 16, SCTLR_NTWE = 1 << 18, SCTLR_WXN = 1 << 19,
    SCTLR_SPAN = 1 << 23, SCTLR_E0E = 1 << 24, SCTLR_EE = 1 << 25, SCTLR_UCI = 1 << 26,
};
#define SCTLR_BT0 (1ull << 35)
#define SCTLR_BT1 (1ull << 36)
#define SCTLR_DSSBS (1ull << 44)

enum { MDSCR_SS = 1, MDSCR_KDE = 1 << 13, MDSCR_MDE = 1 << 15 };   // D23.3.21

enum { FPCR_FZ16 = 1 << 19, FPCR_RMODE = 3 << 22, FPCR_FZ = 1 << 24, FPCR_DN = 1 << 25,
       FPCR_AHP = 1 << 26, FPSR_QC = 1 << 27 };

enum { ARM_PIN_IRQ, ARM_PIN_FIQ, ARM_PINS };        // input pins, bits of cpu.pending_irq

typedef enum {
    ARM_TIMER_PHYS, ARM_TIMER_VIRT, ARM_TIMER_HYP, ARM_TIMER_SEC, ARM_TIMERS
} ArmTimerId;

// cval and ctl are written by the vCPU, read also by the timer's callback on the loop thread.
typedef struct ArmTimer {
    Timer timer;
    Irq irq;                                        // to the interrupt controller's PPI
    _Atomic u64 cval;
    _Atomic u32 ctl;                                // ENABLE, IMASK
    struct ArmCpu *cpu;
    ArmTimerId id;
} ArmTimer;

// The cycle counter and the event counters (pmu.c).
enum { PMU_EVENTS = 6 };                            // PMCR.N
typedef struct ArmPmu {
    Timer timer;                                    // to the next overflow
    CpuWork work;                                   // what the timer has done on the vCPU
    Irq irq;
    u64 cr, cnten, ovs, inten, selr, userenr, ccfilt;
    u64 type[PMU_EVENTS];                           // PMEVTYPER
    u64 last, count[PMU_EVENTS];                    // counters when last brought up to date
    u64 base, insns;                                // virtual clock and instructions then;
                                                    // a loaded state goes on with ours
    u64 rest;                                       // of base, that the divider has not counted
    u32 filtered;                                   // 1: what counts depends on the exception level
} ArmPmu;

// What a model is; filled once, when the Cpu is made.
typedef struct ArmId {
    u64 midr, mpidr, revidr, ctr, dczid, clidr, aidr;
    u64 ccsidr[8];                                  // by CSSELR.{Level,InD}
    u64 pfr0, pfr1, dfr0, isar0, isar1, mmfr0, mmfr1, mmfr2;
    u64 rvbar, cbar, l2ctlr, pmcr;
    u64 zero;                                       // reserved ID registers, AArch32's (it is
    u8 pa_bits;                                     // not built): RAZ
} ArmId;

// Banked registers of AArch32 (G1.9.1): those of the modes that are not current.
enum { A32_USR, A32_FIQ, A32_IRQ, A32_SVC, A32_ABT, A32_UND, A32_HYP, A32_MON, A32_MODES };
typedef struct ArmBanks {
    u32 r8_usr[5], r8_fiq[5];                       // R8..R12
    u32 r13[A32_MODES], r14[A32_MODES], spsr[A32_MODES];
} ArmBanks;

// A table of level 3 that a walk of this vCPU has come to, until a TLBI; see mmu.c.
typedef struct ArmTable {
    u64 tag, ttbr, epoch;                           // of whom: VA 63:21, level, ASID; TTBRn_EL1
    u64 at, limits;                                 // its address; DT_* of the tables before it
    u8 gran, top, pa_bits;                          // VA bits gran to top - 1 are the index
} ArmTable;
enum { ARM_TABLES = 32 };

// What attributes of a last descriptor have come to (ArmWalk.kind), for whom: level, PAN, the
// limits of the tables.
typedef struct ArmKind { u64 like, who, kind; } ArmKind;
enum { ARM_KINDS = 16 };

// What TCR says of one half of the addresses.
typedef struct ArmRange {
    u64 tcr;                                        // in which it says so, if gran is not 0
    u64 base, limits;                               // TTBR's bits of the table; DT_* tables may set
    u8 gran, size, level, pa_bits;
} ArmRange;

typedef enum { ARM_CONDUIT_NONE, ARM_CONDUIT_HVC, ARM_CONDUIT_SMC } ArmConduit;

typedef struct ArmCpu {
    Cpu cpu;                                        // first: (ArmCpu *)cpu

    // -- registers, hot; generated code addresses x[] with one-byte displacements --
    alignas(64) u64 x[32];                          // x[31]: the current stack pointer
    u64 pc;
    u32 nzcv, nzcv_high;                            // canonical packed form of tcg/ir.h; its
                                                    // upper half: stores are 8 bytes wide
    u32 fpcr, fpsr;                                 // fpsr: without what the host's flags hold
    u32 el, spsel;                                  // 0..3, 0..1
    u32 daif, pan, uao, dit, ssbs, ss, il;          // at their SPSR bits
    u32 aarch64;                                    // true; PSTATE.nRW inverted
    u32 ss_taken;                                   // software step: this instruction is the one
                                                    // step; SPSR.SS is 1 if it faults
    u64 branch_to;                                  // FEAT_BTI: where the last BR or BLR went,
                                                    // its BTYPE in 1:0; see arm_btype
    alignas(64) V128 v[32];
    V128 vt[4];                                     // scratch of translate_simd.c

    // -- system registers --
    u64 sp_el[4];                                   // sp_el[current] is stale: see arm_sp()
    u64 elr_el[4];
    u64 spsr_el[4];
    u64 tpidr_el[4], tpidrro_el0;
    u64 sctlr[4], actlr[4], cpacr, vbar[4], esr[4], far[4], afsr0[4], afsr1[4];
    u64 tcr[4], ttbr0[4], ttbr1, mair[4], amair[4], par, contextidr[4], csselr;
    u64 apkey[5][2];                                // pointer keys IA IB DA DB GA: low, high
    // debug (D2)
    u64 mdscr, mdccint, osdtrrx, osdtrtx, oseccr, dbgclaim;
    u64 dbgbvr[16], dbgbcr[16], dbgwvr[16], dbgwcr[16];
    u32 os_lock, os_dlock;
    ArmPmu pmu;                                     // D13
    // generic timers (D12)
    u64 cntkctl, cntfrq, cntvoff;
    ArmTimer timers[ARM_TIMERS];

    // -- identity and environment --
    u64 feat;                                       // bit ARM_FEAT_*
    ArmId id;
    ArmConduit conduit;                             // how PSCI is called (by the machine)
    u32 semihost_errno;                             // of the last call that failed
    bool has_el2, has_el3;
    ArmBanks a32;
    _Atomic u32 event;                              // WFE's event register; any thread
    MemNear tables;                                 // RAM of the last walk
    ArmTable known[ARM_TABLES];                     // those of epoch known_epoch, which is not 0
    u64 known_epoch;
    ArmKind kinds[ARM_KINDS];
    ArmRange ranges[2];
    _Atomic u32 low_global;                         // a walk of TTBR0 met a global page; any thread
    const struct ArmSysReg *rows_used[64];          // hashed; of the vCPU's thread
    u64 unimp_seen[16];                             // hashed keys already reported as unknown
} ArmCpu;

static inline ArmCpu *arm_cpu(Cpu *cpu) { return (ArmCpu *)cpu; }
static inline bool arm_has(const ArmCpu *s, ArmFeature f) { return s->feat >> f & 1; }

enum { ARM_ENV_BIAS = offsetof(ArmCpu, x) + 128 };

// -- mode key (TcgContext.mode, Ctx.mode) -----------------------------------------------------
// All that a translation depends on but its bytes and address.  UMA, UCI, UCT, DZE, TWI and TWE
// traps, PMUSERENR and CNTKCTL are tested when the instruction runs.
enum {
    AM_EL = 3,                                      // exception level
    AM_FP_TRAP = 1 << 2,                            // CPACR.FPEN refuses FP and SIMD here
    AM_ALIGN = 1 << 3,                              // SCTLR.A: every access is checked
    AM_SPALIGN = 1 << 4,                            // SCTLR.SA / SA0
    AM_FPCR_SPECIAL = 1 << 5,                       // FZ, DN, AHP or FZ16: no FP inline
    AM_RMODE_SHIFT = 6, AM_RMODE = 3 << 6,          // FPCR.RMode
    AM_TBI0 = 1 << 8, AM_TBI1 = 1 << 9,             // top byte ignored in branch targets
    AM_BE = 1 << 10,                                // big-endian data
    AM_SPSEL = 1 << 11,                             // PSTATE.SPSel
    AM_STEP = 1 << 12,                              // software step is active (D2.12)
    AM_SS = 1 << 13,                                // PSTATE.SS: one instruction, then stop
    AM_IL = 1 << 14,                                // PSTATE.IL: Illegal State exception
    AM_PAN = 1 << 15,
    AM_UAO = 1 << 16,                               // LDTR and STTR are plain accesses
    AM_GUARDED = 1 << 18,                           // FEAT_BTI: of the page (TcgPage.mode)
    AM_BT = 1 << 19,                                // SCTLR.BT0 or BT1
    AM_BREAK = 1 << 17,                             // a breakpoint may match at this level
    AM_NRW = 1 << 20, AM_T = 1 << 21, AM_E = 1 << 22,   // AArch32
    AM_NAA = 1 << 23,                               // SCTLR.nAA: ordered accesses as others
    AM_IT_SHIFT = 24, AM_IT = (int)0xff000000u,
};
static inline unsigned am_el(u32 mode)          { return mode & AM_EL; }
static inline unsigned am_rmode(u32 mode)       { return (mode & AM_RMODE) >> AM_RMODE_SHIFT; }
static inline bool am_fp_ok(u32 mode)           { return !(mode & AM_FP_TRAP); }
static inline bool am_fp_inline(u32 mode)       { return !(mode & AM_FPCR_SPECIAL); }

// -- PSTATE.BTYPE -----------------------------------------------------------------------------
// BTYPE is not 0 only before the first instruction behind an indirect branch.  So the branch
// leaves its target and BTYPE in branch_to, and BTYPE is what stands there while pc is that target;
// no other instruction has to clear it.  Only regions of guarded pages look, at their start.
// DEVIATION: when pc comes there again by other ways, without an exception, an indirect branch
// or a TLBI in between, BTYPE still seems set.  That makes no fault: what is there has let it
// pass before.  But SPSR shows it.
#define NO_BRANCH (1ull << 55)                      // no pc: neither half begins there
static inline u32 arm_btype(const ArmCpu *s, u64 pc)
{
    return ((s->branch_to ^ pc) & ~3ull) << 8 ? 0 : (u32)(s->branch_to & 3) << 10;
}

// -- accessors --------------------------------------------------------------------------------
// The bank that the current stack pointer belongs to.
static inline unsigned arm_sp_bank(const ArmCpu *s) { return s->spsel ? s->el : 0; }
// The stack pointer of a level, current or not.
static inline u64 arm_sp(const ArmCpu *s, unsigned bank)
{
    return bank == arm_sp_bank(s) ? s->x[31] : s->sp_el[bank];
}
void arm_set_sp(ArmCpu *s, unsigned bank, u64 v);
// Changes EL and SPSel, switching stack pointers.
void arm_set_el(ArmCpu *s, unsigned el, unsigned spsel);
u32  arm_pstate(const ArmCpu *s);                   // as in an SPSR
void arm_set_pstate(ArmCpu *s, u32 spsr);           // legal AArch64 states only; switches SP;
                                                    // not BTYPE
void arm_set_btype(ArmCpu *s, u32 spsr);            // for the pc as it is
static inline u32 arm_nzcv(const ArmCpu *s) { return ir_nzcv_unpack(s->nzcv) << 28; }
static inline void arm_set_nzcv(ArmCpu *s, u32 psr) { s->nzcv = ir_nzcv_pack(psr >> 28); }
