// SPDX-License-Identifier: MIT
// What a guest CPU gives to the translator, and what the translator gives to its helpers.
// cpu/ includes this and tcg/ir.h, nothing else of tcg; tcg never includes cpu/.
//
// Threads: every call here runs on the vCPU's own thread, except where a line says "any".
#pragma once
#include "tcg/ir.h"

// A register that lives in the Cpu and that GET and PUT know by its index.  All but vectors have
// 8 bytes; of FLAGS the upper four are anything.
typedef struct GuestReg { const char *name; u32 offset; IrType type; } GuestReg;

// Who is looking at memory.  Two accesses with equal spaces see equal mappings and equal
// permissions; a soft-TLB table belongs to one space.  `perm` tells apart what changes the
// permissions (exception level, PAN, ...); asid is ignored for nothing: global pages are
// simply filled into each space's table.
typedef struct TcgSpace { u16 asid, vmid; u8 regime, perm; u16 flags; } TcgSpace;   // 8 bytes

typedef struct TcgContext {
    TcgSpace data;                                  // ordinary loads, stores and fetches
    TcgSpace user;                                  // MO_USER accesses
    u32 mode;                                       // all else that translations depend on
    u32 mxcsr;                                      // host FP control for the guest's rounding mode
} TcgContext;

typedef enum { ACC_READ, ACC_WRITE, ACC_FETCH } TcgAccess;
enum { PAGE_R = 1, PAGE_W = 2, PAGE_X = 4 };

// Result of a guest page-table walk.
typedef struct TcgPage {
    u64 pa;                                         // of the byte asked for
    u64 size;                                       // of the mapping, power of two >= 4096
    u8 prot;                                        // PAGE_*: permitted without another walk
    bool device;                                    // Device memory: alignment is checked
    bool secure;
    u64 fault;                                      // when translate gives false: front-end's own
    u32 mode;                                       // ACC_FETCH: what the page adds to the mode
                                                    // that its code is translated for
} TcgPage;

// What a faulting access was; handed back to the front-end to build the syndrome.
typedef struct TcgFault {
    u64 va;
    TcgAccess acc;
    MemOp memop;
    bool user;                                      // was MO_USER
    // BUS: the memory system answered DECODE_ERR; ATOMIC: exclusive or atomic access to memory that
    // does not support it; DEBUGGER, ALONE: tcg's own, the guest never sees them.
    enum { TF_MMU, TF_ALIGN, TF_BUS, TF_WATCH, TF_ATOMIC, TF_DEBUGGER, TF_ALONE } why;
    u64 fault;                                      // TF_MMU: TcgPage.fault
} TcgFault;

typedef enum { NEXT_CONTINUE, NEXT_STOP } TcgNext;

typedef struct TcgFrontend {
    const char *name;
    const GuestReg *regs;       int nregs;
    int nzcv_reg;                                   // index of the FLAGS register
    u32 env_bias;                                   // Cpu offset that the host env register points
                                                    // at: hot registers within +-128 of it
    u32 pc_offset;                                  // u64 pc in the Cpu
    u32 insn_align;                                 // 4, 2 or 1
    // translation; insn reads its own bytes by ir_fetch32 and fills t->next_pc
    void (*begin)(Ctx *t);
    TcgNext (*insn)(Ctx *t);                        // one guest instruction at t->pc
    void (*end)(Ctx *t);
    // the MMU.  Must not raise.  acc decides which permission is asked for; the result's prot
    // may include others that need no further work (dirty bits: no PAGE_W until set).
    bool (*translate)(Cpu *cpu, u64 va, TcgAccess acc, const TcgSpace *sp, bool user, TcgPage *out);
    // What translate remembers of tables on the way to a mapping is void (TLBI, another map).
    void (*forget_tables)(Cpu *cpu);
    u64  (*canonical)(Cpu *cpu, u64 pc);            // target of an indirect branch as pc holds it
    void (*context)(Cpu *cpu, TcgContext *out);     // from the registers as they are now
    // exceptions: registers and pc are exact when these are called; they set up the guest's
    // exception entry (pc, mode) and call tcg_context_changed.
    void (*raise_mem)(Cpu *cpu, const TcgFault *f);
    void (*raise_fetch)(Cpu *cpu, u64 pc, const TcgFault *f);
    bool (*interrupt)(Cpu *cpu);                    // take a pending unmasked one: true if taken
    // The guest's own watchpoints, once tcg_watches_changed said that there are some.  watch_tags:
    // for which accesses (PAGE_R, PAGE_W) must those to va's page be looked at?  watch: is
    // this one to fault?  acc: PAGE_*, both for an atomic operation; fills *f.
    u32  (*watch_tags)(Cpu *cpu, u64 va);
    bool (*watch)(Cpu *cpu, u64 va, unsigned size, u32 acc, MemOp m, TcgFault *f);
    // The instruction at pc was begun, nothing of it is done, and it will be begun again.
    void (*restart)(Cpu *cpu);
    // Code was left at pc: make a pc that is the front-end's own word to itself a guest's.
    void (*settle)(Cpu *cpu);
    // FP operations done exactly; the slow twin of every op with property Q, same operands
    // and meaning.  Also sets the guest's cumulative flags.  in[i]/out: low lanes as in registers;
    // results that are integers or flags (packed canonical) go to out->d[0].
    void (*fp_op)(Cpu *cpu, const Ins *op, const V128 *in, V128 *out);
    void (*disas)(Cpu *cpu, u64 pc, const u8 *bytes, size_t n, char *out, size_t size);
    u32  (*region_hint)(Cpu *cpu);                  // 0, or the most instructions for a region
} TcgFrontend;

// -- during translation --------------------------------------------------------------------
// The word at pc in the region's page, or false: it lies on another page, which ends the region
// (the loop never calls insn() for an instruction that starts on another page).
bool ir_fetch32(Ctx *t, u64 pc, u32 *word);
bool ir_fetch16(Ctx *t, u64 pc, u16 *half);

// -- for helpers and system-register code --------------------------------------------------
// The registers that context() reads have changed.  Takes effect at the next EXITDYN,
// EXITLOOP or unwind: end the region with one of them.
void tcg_context_changed(Cpu *cpu);

// Leave generated code from inside a helper (HELPER_RAISES); the Cpu's registers, pc and
// context are what execution goes on with.
_Noreturn void tcg_unwind(Cpu *cpu);

// Guest virtual memory for helpers; on a fault they raise and do not return.  `m` as in LD/ST.
u64  tcg_load(Cpu *cpu, u64 va, MemOp m);
void tcg_store(Cpu *cpu, u64 va, MemOp m, u64 v);
// Host address of [va, va+len), which must not cross a 4 KiB page, when it is RAM with that access
// permitted; NULL when it is not RAM (use load/store).  Faults raise.  Valid until the
// helper returns.  For writes: code in the page has been dropped.
void *tcg_probe(Cpu *cpu, u64 va, unsigned len, TcgAccess acc, MemOp m);
// As above but only asks: returns false with *f filled instead of raising.
bool tcg_probe_quiet(Cpu *cpu, u64 va, TcgAccess acc, MemOp m, TcgFault *f, u64 *pa);

// TLB maintenance.  `all_cpus`: also on the machine's other vCPUs, done when this returns.
typedef enum { TLBI_ALL, TLBI_ASID, TLBI_VA, TLBI_VA_ALL_ASID } TcgTlbi;
typedef struct TcgTlbiOp {
    TcgTlbi kind;
    u16 asid;
    u8 regime;
    bool last;                                      // only of last levels: see forget_tables
    u64 va, size;                                   // bytes from va on
} TcgTlbiOp;
void tcg_tlbi(Cpu *cpu, const TcgTlbiOp *op, bool all_cpus);
void tcg_icache_invalidate(Cpu *cpu, u64 va, u64 len, bool all);  // IC: a hint; stores are watched

// FP status: the host's sticky flags, as Arm FPSR bits (IOC 1, DZC 2, OFC 4, UFC 8, IXC 16).
u32  tcg_fp_flags(Cpu *cpu);                        // and clears them in the host
void tcg_exclusive_clear(Cpu *cpu);                 // CLREX, exception return

// The guest's watchpoints are others than before; any: there are some.
void tcg_watches_changed(Cpu *cpu, bool any);

// A debugger keeps interrupts waiting on this vCPU: interrupt() takes none, and leaves the exit
// word as it is.
bool tcg_irqs_wait(Cpu *cpu);

// Where generated code can find things (Cpu offsets), for LDENV/STENV in front-ends.
u32  tcg_offset_exit(void);                         // the exit word
u32  tcg_offset_exclusive(void);                    // exclusive monitor's address; ~0 = open
