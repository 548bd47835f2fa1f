// SPDX-License-Identifier: MIT
// Between the files of cpu/arm: helpers that translated code calls, exceptions, the
// system-register table.  Section numbers: Arm ARM DDI 0487K.a.
//
// pc in the Cpu is that of the running instruction whenever a helper with HELPER_RAISES runs.
#pragma once
#include "cpu/arm/state.h"
#include "tcg/frontend.h"

// -- exceptions (excp.c) ----------------------------------------------------------------------
// Exception classes, ESR_ELx.EC (D23.2.40).
typedef enum {
    EC_UNKNOWN = 0x00, EC_WFX = 0x01, EC_FP = 0x07, EC_BTI = 0x0d, EC_ILLEGAL = 0x0e,
    EC_SVC64 = 0x15, EC_HVC64 = 0x16, EC_SMC64 = 0x17, EC_SYS64 = 0x18,
    EC_IABT_LOW = 0x20, EC_IABT_SAME = 0x21, EC_PC_ALIGN = 0x22,
    EC_DABT_LOW = 0x24, EC_DABT_SAME = 0x25, EC_SP_ALIGN = 0x26,
    EC_FP64 = 0x2c, EC_SERROR = 0x2f, EC_BREAK_LOW = 0x30, EC_BREAK_SAME = 0x31,
    EC_STEP_LOW = 0x32, EC_STEP_SAME = 0x33, EC_WATCH_LOW = 0x34, EC_WATCH_SAME = 0x35,
    EC_BRK64 = 0x3c,
} ArmEc;
typedef enum { VEC_SYNC = 0x000, VEC_IRQ = 0x080, VEC_FIQ = 0x100, VEC_SERROR = 0x180 } ArmVector;
#define ESR_IL (1u << 25)                           // 32-bit instruction

// Enters an exception at EL1: SPSR, ELR, PSTATE, pc.  For synchronous ones the caller has set
// ESR and FAR, or uses arm_raise.
void arm_enter(ArmCpu *s, ArmVector vec, u64 return_pc);
// Synchronous exception with this syndrome (without EC) for the instruction at pc.
_Noreturn void arm_raise(ArmCpu *s, ArmEc ec, u32 iss, u64 return_pc);
_Noreturn void arm_raise_undef(ArmCpu *s);          // EC 0: unallocated, or not at this EL
_Noreturn void arm_raise_sys(ArmCpu *s, u32 iss);   // EC 0x18 with this ISS
void arm_eret(ArmCpu *s);                           // the whole of ERET at EL1 and above

void arm_raise_mem(Cpu *cpu, const TcgFault *f);    // slots of TcgFrontend
void arm_raise_fetch(Cpu *cpu, u64 pc, const TcgFault *f);
bool arm_interrupt(Cpu *cpu);
void arm_restart(Cpu *cpu);
void arm_settle(Cpu *cpu);
bool arm_fetch_escape(Cpu *cpu, u64 pc);            // false: a misaligned branch of the guest's

// Called by translated code.  All but helper_eret need RAISES; those marked R do not return.
void helper_svc(Cpu *cpu, u32 imm);                 // R
void helper_hvc(Cpu *cpu, u32 imm);                 // returns at pc + 4 when it was PSCI: end
void helper_smc(Cpu *cpu, u32 imm);                 // the region with EXITDYN (pc is set)
void helper_brk(Cpu *cpu, u32 imm);                 // R
void helper_hlt(Cpu *cpu, u32 imm);                 // semihosting, else R; EXITDYN (pc is set)
void helper_undef(Cpu *cpu);                        // R
void helper_fp_trap(Cpu *cpu);                      // R: FP or SIMD with AM_FP_TRAP
void helper_illegal(Cpu *cpu);                      // R: first thing in a region with AM_IL
// Software step (D2.12).  A region with AM_STEP begins with one of these and, with AM_SS, has
// one instruction and leaves by EXITDYN with pc set.
void helper_step(Cpu *cpu);                         // R: AM_STEP without AM_SS
void helper_step_begin(Cpu *cpu);                   // AM_STEP and AM_SS: PSTATE.SS becomes 0
void helper_sp_align(Cpu *cpu);                     // R: AM_SPALIGN and SP & 15 at an access
void helper_pc_align(Cpu *cpu, u64 pc);             // R: branch target & 3 (taken at the target)
void helper_eret(Cpu *cpu);                         // UNDEF at EL0; sets pc: EXITDYN after
void helper_wfi(Cpu *cpu);                          // go on at the next instruction when it returns
void helper_wfe(Cpu *cpu);                          // (it may also leave with pc + 4)
void helper_sev(Cpu *cpu);
void helper_sevl(Cpu *cpu);
void helper_dc_zva(Cpu *cpu, u32 iss, u64 va);      // RAISES; iss: its own, for DZE at EL0

// -- breakpoints and watchpoints (debug.c) -----------------------------------------------------
bool arm_debug_on(const ArmCpu *s);                 // debug exceptions are generated here and now
bool arm_break_possible(const ArmCpu *s);           // one may match at this level: AM_BREAK
void helper_breakpoint(Cpu *cpu);                   // RAISES: the instruction at pc is next
u32  arm_watch_tags(Cpu *cpu, u64 va);              // slots of TcgFrontend
bool arm_watch(Cpu *cpu, u64 va, unsigned size, u32 acc, MemOp m, TcgFault *f);
void arm_watches_changed(ArmCpu *s);                // after MDSCR, DBGWCR, DBGWVR

// Flags for Helper rows (HELPER(helper_svc, HELPER_ARM_EXC, T_VOID)).
enum {
    HELPER_ARM_EXC = HELPER_CPU | HELPER_READS | HELPER_WRITES | HELPER_RAISES,
    HELPER_ARM_ERET = HELPER_CPU | HELPER_READS | HELPER_WRITES | HELPER_RAISES,
    HELPER_ARM_SYS = HELPER_CPU | HELPER_READS | HELPER_WRITES | HELPER_RAISES,
    HELPER_ARM_ZVA = HELPER_CPU | HELPER_READS | HELPER_RAISES,
};

// -- system registers (sysreg.c, sysreg_table.c) ----------------------------------------------
// Key: op0.op1.CRn.CRm.op2 as they stand in bits 20:5 of MRS and MSR.
#define ARM_KEY(op0, op1, crn, crm, op2) \
    ((u16)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))
// The ISS of a trapped MSR, MRS or SYS (EC 0x18) also is how translated code names a register.
static inline u32 arm_sys_iss(u16 key, u32 rt, bool read)
{
    return (u32)(key >> 14 & 3) << 20 | (u32)(key & 7) << 17 | (u32)(key >> 11 & 7) << 14 |
           (u32)(key >> 7 & 15) << 10 | rt << 5 | (u32)(key >> 3 & 15) << 1 | read;
}
static inline u16 arm_iss_key(u32 iss)
{
    return ARM_KEY(iss >> 20 & 3, iss >> 14 & 7, iss >> 10 & 15, iss >> 1 & 15, iss >> 17 & 7);
}

enum {
    SR_RO       = 1 << 0,                           // MSR is UNDEFINED
    SR_WO       = 1 << 1,                           // MRS is UNDEFINED
    SR_RD_PLAIN = 1 << 2,                           // MRS = load of `width` bytes at offset
    SR_WR_PLAIN = 1 << 3,                           // MSR = store of (v & rw) at offset, no more
    SR_CONST    = 1 << 4,                           // RD_PLAIN, and never changes: fold it
    SR_CONTEXT  = 1 << 5,                           // after MSR end the region with EXITDYN
    SR_BARRIER  = 1 << 6,                           // after MSR or SYS end it likewise
    SR_IO       = 1 << 7,                           // may raise interrupts; ends it likewise
    SR_SPSEL1   = 1 << 8,                           // UNDEFINED unless PSTATE.SPSel is 1
    SR_FP       = 1 << 9,                           // traps as FP when AM_FP_TRAP
    SR_RAZWI    = 1 << 10,                          // reads as zero, ignores writes
    SR_OP       = 1 << 11,                          // op0 1: an instruction, not a register
};

typedef struct ArmSysReg ArmSysReg;
struct ArmSysReg {
    u16 key;
    u8 rd_el, wr_el;                                // lowest EL that may (4: none)
    u8 width;                                       // 4 or 8 bytes at offset
    u16 flags;
    const char *name;
    u32 offset;                                     // in ArmCpu; 0: none
    u64 rw;                                         // writable bits
    u64 reset;                                      // value at reset
    u64 (*read)(ArmCpu *s, const ArmSysReg *r);
    void (*write)(ArmCpu *s, const ArmSysReg *r, u64 v);
    // Traps that depend on control registers: false = trap to EL1 with EC 0x18.
    bool (*allow)(const ArmCpu *s, bool write);
    u64 feat;                                       // features it needs (bits), 0: none
    const char *ref;
};

// NULL: not in the table (helper_mrs/msr then ask the Cpu's RegSpace, or raise UNDEF).  A row
// whose features the cpu lacks is not found.  Any thread.  A row may be done inline when its
// PLAIN flag stands, `allow` is NULL, EL >= rd_el or wr_el, SPSEL1 and FP hold in the mode;
// anything else is a call.
const ArmSysReg *arm_sysreg_find(const ArmCpu *s, u16 key);
const char *arm_sysreg_name(u16 key);               // for the disassembler; NULL: unknown
size_t arm_sysreg_rows(const ArmSysReg **rows);     // sorted by key

bool arm_more_reg(Cpu *cpu, u32 n, CpuReg *out);    // CpuClass.more_reg: these as CpuRegs

u64  helper_mrs(Cpu *cpu, u32 iss);                 // HELPER_ARM_SYS, T_I64
void helper_msr(Cpu *cpu, u32 iss, u64 v);          // HELPER_ARM_SYS; see SR_CONTEXT, ...: when
                                                    // the row is not found, EXITDYN as well
void helper_sys(Cpu *cpu, u32 iss, u64 v);          // SYS: TLBI, DC, IC, AT, ...
u64  helper_sysl(Cpu *cpu, u32 iss);
// MSR (immediate): SPSel, DAIFSet, DAIFClr, PAN, UAO, DIT, SSBS; EXITDYN after.  iss: that of
// the encoding with CRm = imm (only used when it traps).
void helper_msr_imm(Cpu *cpu, u32 iss);

// For DAIFClr and the like in line: true when an interrupt would now be taken.
bool arm_irq_ready(const ArmCpu *s);
// After an unmasking: asks for a look at interrupts at the next poll (or use EXITLOOP).
void arm_irq_recheck(ArmCpu *s);

extern const TcgFrontend arm_frontend;              // translate.c (the A64 front-end)

// -- MMU (mmu.c) ------------------------------------------------------------------------------
// TcgPage.fault: a fault status code (ESR.{I,D}FSC) with the level, plus these.
enum { MF_FSC = 0x3f, MF_S1PTW = 1 << 7, MF_EA = 1 << 9 };
enum { FSC_ADDR_SIZE = 0x00, FSC_TRANSLATION = 0x04, FSC_ACCESS = 0x08, FSC_PERM = 0x0c,
       FSC_EXTERNAL = 0x10, FSC_EXT_WALK = 0x14, FSC_ALIGN = 0x21, FSC_DEBUG = 0x22,
       FSC_TLB_CONFLICT = 0x30, FSC_ATOMIC = 0x35 };

bool arm_translate(Cpu *cpu, u64 va, TcgAccess acc, const TcgSpace *sp, bool user, TcgPage *out);
u64  arm_canonical(Cpu *cpu, u64 pc);
void arm_context(Cpu *cpu, TcgContext *out);
u32  arm_mode(const ArmCpu *s);                     // the mode key, from scratch
enum { ARM_REGIME_EL10 = 0, ARM_REGIME_EL2 = 1, ARM_REGIME_EL3 = 2 };
enum { ARM_PERM_EL0 = 0, ARM_PERM_EL1 = 1, ARM_PERM_PAN = 4 };  // TcgSpace.perm: EL | PAN
enum { ARM_SPACE_MMU = 1 };                         // TcgSpace.flags: translation on

// A walk for AT, the debugger and arm_translate.
typedef struct ArmWalk {
    u64 va;
    TcgAccess acc;
    u8 el;                                          // whose permissions
    bool pan;
    bool set_af, set_dirty;                         // may update descriptors (HAFDBS)
    bool mmu_off;
    bool own;                                       // by the vCPU's thread, for its TLB: tables
    u16 asid;                                       // may be remembered, this is whose they are
    // result
    u64 pa;
    u32 fsc;                                        // of a fault
    u64 size;                                       // of the mapping
    union {
        struct {
            u8 prot, attr, sh;                      // PAGE_*; MAIR byte; shareability
            bool device, global, guarded;
        };
        u64 kind;                                   // all of these
    };
} ArmWalk;
bool arm_walk(ArmCpu *s, ArmWalk *w);               // false: w->fsc
void arm_forget_tables(Cpu *cpu);                   // slot of TcgFrontend
void arm_forget_kinds(ArmCpu *s);                   // after a change of SCTLR, TCR or MAIR
void arm_at(ArmCpu *s, u64 va, TcgAccess acc, unsigned el, bool pan);   // fills PAR_EL1
unsigned arm_granule_bits(u64 tcr, bool high);      // log2 of what TCR.TG0 or TG1 selects
void arm_mappings(Cpu *cpu, bool each, Str *out);   // mappings.c
bool arm_debug_translate(Cpu *cpu, Gva va, Gpa *pa, MemAttrs *attrs);

// -- timers (timer.c), performance monitors (pmu.c), PSCI (psci.c), semihosting ---------------
void arm_timers_init(ArmCpu *s);
void arm_timers_fini(ArmCpu *s);
void arm_timers_reset(ArmCpu *s);
u64  arm_counter(const ArmCpu *s);                  // CNTPCT
u64  arm_timer_ctl(const ArmCpu *s, ArmTimerId id); // with ISTATUS
void arm_timer_set_ctl(ArmCpu *s, ArmTimerId id, u64 v);
void arm_timer_set_cval(ArmCpu *s, ArmTimerId id, u64 v);
u64  arm_timer_tval(const ArmCpu *s, ArmTimerId id);
void arm_timer_set_tval(ArmCpu *s, ArmTimerId id, u64 v);

void arm_pmu_init(ArmCpu *s);
void arm_pmu_fini(ArmCpu *s);
void arm_pmu_reset(ArmCpu *s);
enum { PMU_CR, PMU_CNTENSET, PMU_CNTENCLR, PMU_OVSSET, PMU_OVSCLR, PMU_INTENSET, PMU_INTENCLR,
       PMU_SELR, PMU_CCNTR, PMU_CCFILTR, PMU_XEVTYPER, PMU_XEVCNTR, PMU_SWINC, PMU_USERENR,
       PMU_CEID0, PMU_EVCNTR0, PMU_EVTYPER0 = PMU_EVCNTR0 + PMU_EVENTS };
u64  arm_pmu_read(ArmCpu *s, unsigned which);
void arm_pmu_write(ArmCpu *s, unsigned which, u64 v);
void arm_pmu_set_el(ArmCpu *s, unsigned el);        // s->el, where counters are filtered by it

bool arm_psci(ArmCpu *s);                           // x0..x3 -> x0; false: not a call we know
bool arm_semihost(ArmCpu *s);                       // x0, x1 -> x0; false: off, or not at EL0

// -- pointer authentication (qarma.c) ---------------------------------------------------------
u64  arm_qarma5(u64 data, u64 modifier, u64 key0, u64 key1);    // ComputePAC, FEAT_PACQARMA5

// -- models and -cpu's options (models.c) ------------------------------------------------------
extern const CpuModel arm_models[];
extern const ArgDesc arm_options[];
bool arm_model_options(const CpuModel *m, Args *opts, bool *values, Error *err);  // CpuClass slot
// Features and identification of a new CPU; opts: may be NULL.
bool arm_model_init(ArmCpu *s, const CpuModel *m, Args *opts, Error *err);

// -- the CPU (cpu.c) --------------------------------------------------------------------------
void arm_reset(Cpu *cpu);
void arm_set_pc(Cpu *cpu, u64 pc);
void arm_flush_tlb(ArmCpu *s);                      // this vCPU's, after a change of control
