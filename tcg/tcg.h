// SPDX-License-Identifier: MIT
// The translator's own structures: per-vCPU block, soft TLB, regions, caches.
// Only tcg/ includes this.
//
// Life of a pc: jump cache (of the vCPU's context, keyed pc and generation; generated code asks
// it) -> second jump cache (of the vCPU, larger, the same keys; asked on a miss) -> region hash
// (global, keyed PA, VA, mode) -> a copy of a region of the same PA and mode made for another VA
// (docs/decisions/0006) -> translate.  See the essays at the heads of cache.c, link.c, tlb.c,
// smc.c and run.c.
#pragma once
#include "core/accel.h"
#include "core/cpu.h"
#include "core/memory.h"
#include "tcg/frontend.h"
#include "util/map.h"
#include "util/thread.h"
#include "util/vec.h"

#include <setjmp.h>
#include <stdio.h>

enum {
    TLB_BITS = 12, TLB_SIZE = 1 << TLB_BITS,         // entries of one table
    TLB_TABLES = 32,                                // spaces kept per vCPU (LRU)
    JC_BITS = 13, JC_SIZE = 1 << JC_BITS,           // jump cache entries
    JC2_BITS = 15,                                  // of the vCPU's second one
    CTX_MAX = 64,                                   // contexts remembered per vCPU; bits of a u64
    TCG_FRAME = 2048,                               // spill bytes in the host frame
    PAGE_BITS = 12, PAGE_SIZE = 4096,
};

// A soft-TLB entry: tag = VA page (with its top byte as used) | slow bits.  Hot code compares
// the page of the access's last byte with the tag: slow bits never match.
typedef struct TlbEntry { u64 rtag, wtag; u64 page; i64 addend; } TlbEntry;   // 32 bytes
// Slow bits lie above those that an alignment check leaves of the address (at most 31): a
// misaligned address must not look like a tag with a slow bit.
enum { TAG_INVALID = 1 << 6, TAG_IO = 1 << 7, TAG_WATCH = 1 << 8, TAG_CODE = 1 << 9,
       TAG_ALIGN = 1 << 10 };
// page: PA page | prot; addend: host - VA

typedef struct TlbTable {
    TlbEntry e[TLB_SIZE];
    u64 used[TLB_SIZE / 64];                        // entries not invalid
    TcgSpace space;
    u64 large_lo, large_hi;                         // VAs covered by mappings over 4 KiB
    u32 filled;                                     // since it was cleared
    u64 stamp;                                      // LRU
    u32 bit;                                        // in TcgThread.filled
    bool live;
} TlbTable;

// Jump cache entry: a pc, its code (the buffer lies below 4 GiB) and the generation of the context
// in which that is so; 0 is nobody's.  The guest may jump anywhere, so its pc is compared whole.
// Each context has a table of its own: the kernel's code, run for one process and then for
// another, would lose its entries at each switch.
typedef struct JumpEntry { u64 pc; u32 code, key; } JumpEntry;

typedef struct Region Region;

// A VA page that code was fetched from, the PA page it was, its TcgPage.mode.
typedef struct CodeVa { u64 va, pa; u32 mode; } CodeVa;
enum { CTX_PAGES = 1024, CTX_PAGES_MAX = CTX_PAGES / 2 };   // more: not kept track of

// A context: everything a translation and a pc's meaning depend on, with the generation
// that the jump cache's entries carry.
typedef struct CtxSlot {
    TcgContext key;
    u64 ctxkey;                                     // generation, 31 bits
    TlbTable *data, *user;
    u64 code_pages[4];                              // Bloom filter of fetched VA pages
    CodeVa *pages;                                  // all of them, a hash table; see ctx.c
    u32 npages;
    bool fresh;                                     // never run yet
    bool stale;                                     // a TLBI touched them: to be looked at again
    u64 stamp;
    bool live;
} CtxSlot;

// Instruction-side translation of one VA page.
typedef struct FetchEntry {
    u64 page, key;                                  // key: the ctxkey
    const u8 *host;
    RamBlock *ram;
    u64 ram_at;
    u32 mode;                                       // TcgPage.mode
} FetchEntry;

// pc's place among all RAM blocks: what regions are found by.
static inline u64 fetch_pa(const FetchEntry *e, u64 pc)
{
    return e->ram->ram_offset + e->ram_at + (pc & (PAGE_SIZE - 1));
}

typedef struct Tcg Tcg;
typedef struct TcgThread TcgThread;

// First bytes of the Cpu (accel_state).  amd64 code addresses these relative to rbp.
typedef struct TcgCpu {
    u64 ctxkey;                                     // of the current context
    JumpEntry *jc;                                  // the current context's
    TlbTable *tlb, *tlb_user;                       // current tables
    u64 host_frame;                                 // rsp inside generated code
    u32 mxcsr;
    u64 excl_addr, excl_size;                       // exclusive monitor; addr ~0: open
    V128 excl_val;
    u64 gpr[16];                                    // saved by slow-path thunks, by host number
    V128 xmm[16];
    u32 mode;
    const void *resume;                             // code to go on at after a C call
    TcgThread *th;                                  // the rest (C only)
    Tcg *tcg;
    const TcgFrontend *fe;
    i64 budget;                                     // icount.c: instructions that may still run
    u64 end;                                        // executed when all of it has
    u64 undone;                                     // taken off it, but coming after the current
    i32 turns;                                      // --check: that a loop may still make
} TcgCpu;
_Static_assert(sizeof(TcgCpu) <= CPU_ACCEL_STATE, "TcgCpu outgrew the Cpu's accelerator block");
static inline TcgCpu *tcg_cpu(Cpu *cpu) { return (TcgCpu *)(void *)cpu->accel_state; }

// Where the value of a guest register was at a site that can fault.
typedef struct SnapLoc { u8 reg, kind; i16 where; } SnapLoc;
enum {
    SL_GPR, SL_XMM, SL_XMM32, SL_XMM64,             // where = host register number
    SL_SPILL, SL_SPILL32, SL_SPILL64, SL_SPILLV,    // where = byte offset in the frame
    SL_KONST,                                       // the next two entries are the 64 bits,
    SL_PC,                                          // or these to be added to the region's pc
    SL_HOME, SL_HOME32, SL_HOME64,                  // where = another guest register's place
    SL_ADD, SL_SUB, SL_AND,                         // flags: where = 1: 64-bit; the next two
                                                    // entries are the operands
};
// Entries that one takes, a constant's bits included; the operands of flags count for themselves.
static inline unsigned snap_len(const SnapLoc *s)
{
    return s->kind == SL_KONST || s->kind == SL_PC ? 3 : 1;
}
enum { SNAP_OPERAND = 255 };                        // reg of a flags operand

// A site: what the C slow path needs to redo an access or an FP operation.
typedef struct Site {
    Region *region;
    u32 snap;                                       // first SnapLoc
    u32 nsnap : 14;
    u32 pc_delta : 12;                              // guest pc - region's
    u32 behind : 6;                                 // instructions of the region after it
    u8 op, ty, ty2, sub;                            // the operation, as in its Ins
    u16 aux;
    i8 dst, dst2;                                   // host registers (-1: none)
    i32 imm;
    i8 src[4];                                      // value operands b, c, ...; -1: konst
    i32 konst[2];                                   // of a store
} Site;

typedef struct RegionLink {
    Region *from, *to;
    Region *next;                                   // next in the target's list of incoming
    u32 site;                                       // code offset of the rel32; its stub follows
    u16 at;                                         // the target's place in the page
    u8 next_idx;
    bool forward;                                   // may skip the target's poll
} RegionLink;

struct Region {
    // what a lookup reads
    u64 pc;                                         // VA
    u64 pa;                                         // machine-wide RAM offset
    Region *_Atomic hash_next;
    u32 mode;
    bool solo;                                      // one instruction, run by debug_run_one only
    _Atomic bool dead;
    bool loops;                                     // jumps to its own start without asking
    bool moves;                                     // the host can make a copy for another VA
    u8 *code;                                       // entry, with the poll
    u32 code_size, entry_nopoll;                    // offset of the entry that skips the poll
    u32 entry_leave;                                // of the stub that leaves with the region's pc
    u32 insns;
    u16 guest_lo, guest_hi;                         // bytes of the page it was made of
    u8 in_idx; Region *in;                          // who links here
    Region *page_next;                              // others of the same page
    u32 nlinks;
    u32 nfixes;                                     // to be changed in a copy, behind the code
    RegionLink *links;
    const void *prog;                               // eval's program, with --check
};

static inline u64 link_pc(const RegionLink *l)
{
    return (l->from->pc & ~(u64)(PAGE_SIZE - 1)) + l->at;
}

// What is known of a RAM page that holds translated code.
typedef struct CodePage {
    Region *regions;
    u64 map;                                        // 64-byte granules that were translated
    u32 misses;                                     // stores that hit none of them, in a row
    u32 drops;
    RamBlock *ram;
    u64 ram_at;
} CodePage;

typedef struct TcgStats {
    u64 translate_ns, guest_insns, ir_ins, regions, host_bytes;
    u64 copy_ns, copies, copied_insns, copied_bytes;   // of regions for another VA
    u64 tlb_fills, slow_loads, slow_stores, io, lookups, jc_fills, links, smc, invalidated, flushes,
        tlbi, contexts, fp_cold, interrupts, jc2_hits;
    // why generated code was left
    u64 exit_irq, exit_tlb, exit_stop, exit_halt, exit_guest;
    u64 alone;                                      // instructions, with -icount
} TcgStats;

typedef struct TlbRequest { TcgTlbiOp op; bool everything; const u8 *code_page; } TlbRequest;
enum { TLB_REQUESTS = 16 };

// -- the debugger's part (debug.c) --
typedef struct Breakpoint { u64 va; u32 soft, hard; bool built; } Breakpoint;
typedef struct Watchpoint {
    BreakKind kind;
    Gva addr;                                       // as it was given
    u64 first, last;                                // without the top byte
    u32 count;
    bool built;
} Watchpoint;

typedef struct TcgDebug {
    Mutex lock;                                     // of the update by the first to run again
    _Atomic bool stale;                             // something was added or deleted
    Map breaks;                                     // Breakpoint * by VA without the top byte
    VEC(Watchpoint) watches;
    _Atomic u32 watch_gen;
} TcgDebug;

// Of one vCPU.
typedef struct ThreadDebug {
    u32 step;                                       // STEP_*
    bool stopped;                                   // cpu->stop is set: leave with CPU_DEBUG
    CpuStopWhy passing;                             // why it stopped at pass_pc, STOP_NONE: or
    u64 pass_pc;                                    // went on since
    bool no_watch;                                  // runs the instruction that was stopped
    bool guest_watches;                             // the guest has set some itself
    u32 watch_gen;                                  // that the TLB's tags are of
} ThreadDebug;

struct TcgThread {
    Cpu *cpu;
    Ctx ir;
    u8 *code, *code_end;                            // chunk of the buffer being filled (RW view)
    u8 *code_ready;                                 // up to there it has its pages
    CtxSlot *ctx;                                   // current
    CtxSlot *ctx_before;                            // EL0 and EL1 take turns
    CtxSlot slots[CTX_MAX];
    u64 live;                                       // a bit for each that is
    TlbTable *tables[TLB_TABLES];
    u32 filled;                                     // a bit for each that is not empty
    FetchEntry fetch[64];
    MemNear near;                                   // for TLB fills and fetches
    MemNear device;                                 // the one last reached
    JumpEntry *jc;                                  // CTX_MAX tables
    JumpEntry *jc2;                                 // of all contexts: asked on a miss
    u64 stamp;
    u32 generation;
    u32 fp_flags;                                   // sticky flags taken out of the host
    TcgStats stats;
    _Atomic u32 in_code;
    Mutex lock;                                     // guards the queue
    TlbRequest queue[TLB_REQUESTS] GUARDED_BY(lock);
    int nqueue GUARDED_BY(lock);
    _Atomic u64 asked, done;                        // requests pushed, carried out
    u64 stress;                                     // random numbers of --tcg-stress
    void *eval;                                     // the evaluator's, likewise
    struct Check *check;                            // check.c; NULL: nothing is compared
    void *emit;                                     // the host compiler's, freed with free()
    ThreadDebug debug;
    bool alone;                                     // icount.c: the next instruction runs alone
    u64 seen_pc, seen_at;                           // last logged as executed
    alignas(16) sigjmp_buf unwind;                  // eval only
};

// Calls of one helper, with --stats; not exact when vCPUs count at once.
typedef struct HelperCount { const Helper *h; u64 calls; } HelperCount;
enum { HELPER_COUNTS = 512 };
u64 *tcg_helper_count(Tcg *tcg, const Helper *h);   // run.c; NULL: not counted

// An append-only array, emptied with the code buffer.
typedef struct Table {
    _Atomic u32 n;
    u32 max;
    size_t size;                                    // of an entry
    u8 *at;
} Table;
enum { TABLE_REGIONS, TABLE_LINKS, TABLE_SITES, TABLE_SNAPS, TABLES };

struct Tcg {
    struct Machine *machine;
    const struct TcgHost *host;
    const TcgFrontend *fe;
    AddressSpace *as;
    MemListener listener;
    // code buffer, two views of one memory
    u8 *rw, *rx;
    size_t size;
    _Atomic size_t used;
    size_t first;                                   // where regions start (after the thunks)
    Table tables[TABLES];
    Region *regions;                                // the tables' entries
    RegionLink *links;
    Site *sites;
    SnapLoc *snaps;
    // lookup
    Region *_Atomic *hash;
    Region *_Atomic *movable;                       // the last such region of a PA and mode
    Mutex lock;                                     // regions' lists, links, code pages
    CodePage **pages;                               // by RAM offset >> 21, 512 each
    u32 npages;
    // everybody out of generated code
    Mutex flush_lock;
    _Atomic u32 flushing, flush_count;
    _Atomic u32 published;              // regions; see published_by_others
    VEC(Cpu *) cpus;
    u64 check;                                      // --check=N
    u32 stress;                                     // STRESS_*: stress.h
    void *host_state;
    HelperCount *helpers;                           // with --stats only
    bool perfmap, stats, one_insn, no_links;
    bool counted;                                   // -icount
    FILE *perf;
    TcgDebug debug;
};
enum { MOVABLE_BITS = 16 };
enum { STRESS_RA = 1, STRESS_SPILL = 2, STRESS_TLB = 4, STRESS_TB1 = 8, STRESS_SMC = 16,
       STRESS_LINK = 32, STRESS_MOVE = 64 };
enum { HASH_BITS = 16, CODE_CHUNK = 1 << 20 };

static inline u8 *tcg_rx(const Tcg *tcg, const u8 *rw) { return tcg->rx + (rw - tcg->rw); }
static inline u8 *tcg_rw(const Tcg *tcg, const u8 *rx) { return tcg->rw + (rx - tcg->rx); }
// The bit of a VA (without its top byte) in CtxSlot.code_pages.
static inline unsigned bloom_bit(u64 va)
{
    return (unsigned)(va >> PAGE_BITS) * 0x9e3779b1u >> 24;
}
// VAs compare without their top byte: it may be ignored (TBI), and where it is not, an address
// with another one does not exist.
static inline u64 untagged(u64 va) { return va & 0x00ffffffffffffffull; }
// The page number, with the next bits folded in: arrays a multiple of 2 MiB apart, which compute
// kernels walk in step, do not fight for one entry.  emit_mem.c computes the same.
static inline unsigned tlb_index(u64 va)
{
    return (unsigned)((va ^ va >> TLB_BITS) >> PAGE_BITS) & (TLB_SIZE - 1);
}
static inline unsigned jc2_index(u64 pc, u64 key)
{
    return (unsigned)((pc >> 2 ^ key << 20) * 0x9e3779b97f4a7c15u >> (64 - JC2_BITS));
}
static inline unsigned jc_index(u64 pc) { return (unsigned)(pc >> 2) & (JC_SIZE - 1); }

// tlb.c
TlbTable *tlb_table(TcgThread *th, const TcgSpace *space);
void tlb_flush_all(TcgThread *th);
void tlb_flush_data(TcgThread *th);                 // keeps what is known of code
void tlb_apply(TcgThread *th, const TcgTlbiOp *op);
// The entry for va, filled if need be; false with *f when the access may not be done.
bool tlb_entry(Cpu *cpu, u64 va, TcgAccess acc, MemOp m, TlbEntry **out, TcgFault *f);
void tlb_drop_write(TcgThread *th, const u8 *host_page);    // page has code now
void tlb_ask_all(Cpu *self, const TlbRequest *rq, bool wait);
void tlb_serve(TcgThread *th);
// ctx.c
void ctx_enter(Cpu *cpu);                           // ctx_set, once the thread is about to run code
void ctx_set(Cpu *cpu);
void ctx_live(TcgThread *th, CtxSlot *s, bool live);
void ctx_renew(TcgThread *th, CtxSlot *s);          // a fresh generation
void ctx_renew_all(TcgThread *th);
void ctx_note_page(CtxSlot *s, const CodeVa *page);  // code was fetched from there
void ctx_touched(TcgThread *th, CtxSlot *s, u64 va, u64 size);      // by a TLBI of these bytes
bool ctx_init(TcgThread *th);                       // false: no memory
void ctx_fini(TcgThread *th);
void ctx_forget_jumps(TcgThread *th);               // all of them
// cache.c
bool cache_init(Tcg *tcg, size_t size, Error *err);
void cache_fini(Tcg *tcg);
Region *cache_find(Tcg *tcg, u64 pa, u64 pc, u32 mode, bool solo);
void cache_publish(Tcg *tcg, Region *r, RamBlock *ram, u64 ram_at);
Region *cache_movable(Tcg *tcg, u64 pa, u32 mode);   // to be copied for another VA, or NULL
void cache_unhash(Tcg *tcg, const Region *r);       // no new lookup finds it
void cache_flush(Cpu *self);                        // everything, everybody out
bool cache_chunk(Tcg *tcg, TcgThread *th);          // a new chunk to fill; false: full
void cache_code_ahead(Tcg *tcg, TcgThread *th);     // pages for what is compiled next
bool cache_take(Tcg *tcg, int table, u32 n, u32 *first);    // the next n entries; false: full
bool cache_tables_full(const Tcg *tcg);             // perhaps no room for one more region
void cache_link(TcgThread *self, Region *from, u32 i, Region *to);
Region *cache_region_at(Tcg *tcg, const void *rx);  // which region holds this code
// smc.c
void smc_store(Cpu *cpu, RamBlock *ram, u64 at, unsigned len);      // a vCPU's store
void smc_unlink(Tcg *tcg, Region *r);               // nobody jumps to r; tcg->lock is held
void smc_written(void *tcg, RamBlock *ram, u64 at, u64 len);        // DMA, debugger
// Drops the regions that cover one of these VAs (untagged, sorted); every vCPU is out of code.
u32 smc_drop_covering(Tcg *tcg, const u64 *va, size_t n);
CodePage *smc_page(Tcg *tcg, RamBlock *ram, u64 at, bool make);
// translate.c
// solo: of the one instruction, breakpoint or not.
Region *translate(Cpu *cpu, u64 pc, const FetchEntry *fe, bool solo);
void translate_show(Cpu *cpu, const Region *r);     // its instructions and IR, to the log
// run.c: called by hosts
const void *tcg_next(Cpu *cpu);                     // code for the Cpu's pc; handles exits and
                                                    // faults; NULL: leave to the run loop
Region *tcg_next_region(Cpu *cpu);
Region *tcg_solo_region(Cpu *cpu);                  // of the one instruction at the Cpu's pc; NULL:
                                                    // fetching it has raised an exception
void tcg_raise(Cpu *cpu, const TcgFault *f);        // registers are exact
static inline u64 *tcg_pc(Cpu *cpu)
{
    return (u64 *)(void *)((u8 *)cpu + tcg_cpu(cpu)->fe->pc_offset);
}
// After an unwind: a helper has halted the CPU or switched it off, back to the run loop.
static inline bool tcg_must_leave(Cpu *cpu)
{
    return cpu->halted || tcg_cpu(cpu)->th->debug.stopped ||
           atomic_load(&cpu->power) != CPU_POWER_ON;
}
// debug.c
bool debug_break_add(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err);
bool debug_break_del(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err);
void debug_step(Cpu *cpu, u32 how);
void debug_fini(Tcg *tcg);
void debug_enter(Cpu *cpu);                         // first thing of a run
bool debug_break_at(const Tcg *tcg, u64 pc);        // must a region stop there?
void debug_gen_break(Ctx *t);                       // the stop itself, a region of its own
u32  debug_watch_tags(Cpu *cpu, u64 va);            // PAGE_R, PAGE_W: what the page is watched for
bool debug_watch_hit(Cpu *cpu, u64 va, unsigned size, u32 acc, TcgFault *f);    // acc: PAGE_*
void debug_stop(Cpu *cpu, CpuStopWhy why, BreakKind kind, Gva addr);
// Must the next instruction run alone: a step, or the one that it stopped at?
static inline bool debug_one(Cpu *cpu)
{
    const ThreadDebug *d = &tcg_cpu(cpu)->th->debug;
    return (d->step & STEP_ON) || d->passing;
}
void debug_run_one(Cpu *cpu);
void debug_stepped(Cpu *cpu);                       // an instruction or an interrupt: a step
CpuRunResult debug_result(Cpu *cpu);                // of a run that was stopped
// icount.c; only with tcg->counted, but for the first
void icount_cpu(Cpu *cpu);                          // it is new
void icount_refill(Cpu *cpu);                       // runs timers; budget to the next deadline
void icount_settle(TcgCpu *tc);                     // the instruction was the region's last
void icount_not_done(Cpu *cpu);                     // it will be begun again
bool icount_take(Cpu *cpu, const Region *r);        // r's instructions; false: not enough budget
bool icount_covers(Cpu *cpu, const Region *r);      // else th->alone is set
void icount_alone(Cpu *cpu);                        // what was not done is to be done alone
void icount_run_alone(Cpu *cpu);
void icount_stats(const Tcg *tcg, Str *out);
bool icount_seen(Cpu *cpu, u64 pc);                 // nothing was executed since pc was logged
// slow.c
// Redo the memory operation of a site.  Operand and result values are passed in v[0..]
// (b, c, d, e) and res[0..1]; false: *f says why not.
bool slow_access(Cpu *cpu, const Ins *in, u64 va, const V128 *v, V128 *res, TcgFault *f);
// The short way, for host code (no shadow of --check is asked): a load or store of one or two
// (pair) registers of at most 8 bytes, values in v.  SLOW_OTHER: nothing is done, that is for
// slow_access.
typedef enum { SLOW_DONE, SLOW_FAULT, SLOW_OTHER } SlowResult;
SlowResult slow_plain(Cpu *cpu, bool write, bool pair, IrType ty, MemOp m, u64 va, u64 *v,
                      TcgFault *f);
static inline TcgFault tcg_fault(u64 va, TcgAccess acc, MemOp m, int why)
{
    return (TcgFault){ .va = va, .acc = acc, .memop = m, .user = m & MO_USER, .why = why };
}
