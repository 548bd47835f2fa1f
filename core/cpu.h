// SPDX-License-Identifier: MIT
// vCPUs: class, instance, the vCPU thread, kicks and interrupts.
//
// Threads.  A Cpu's registers belong to its own thread while it runs, and to whoever
// holds the machine paused (cpu_pause_all) otherwise.  From other threads only these may
// be touched: cpu_kick, cpu_irq, cpu_run_on, cpu_queue, cpu_power_*.  `exit` is the one
// word generated code polls; a bit set there makes accel->run return soon.
//   who clears a bit: _STOP, _WORK, _POWER: core/cpu.c; _IRQ: the front-end, once it has
//   looked at `pending_irq` (cpu_exit_clear first, then look); _TLB and _ACCEL: the
//   accelerator.
// WFI: accel->run returns CPU_HALT with cpu->halted set; the thread spins 2 us, then
// sleeps until cls->has_work says yes or an exit bit needs service.
#pragma once

#include "core/accel.h"
#include "core/clock.h"
#include "core/memory.h"
#include "core/state.h"
#include "util/error.h"
#include "util/list.h"
#include "util/map.h"
#include "util/registry.h"
#include "util/str.h"
#include "util/thread.h"

typedef struct CpuClass CpuClass;
typedef struct RegSpace RegSpace;

#define CPU_ACCEL_STATE 4096

enum { // bits of cpu->exit
    CPU_EXIT_IRQ = 1,    // pending_irq changed
    CPU_EXIT_STOP = 2,   // pause
    CPU_EXIT_WORK = 4,   // queued work
    CPU_EXIT_TLB = 8,    // translation shoot-down queue (accelerator)
    CPU_EXIT_ACCEL = 16, // anything else of the accelerator's
    CPU_EXIT_POWER = 32, // power state changed
    CPU_EXIT_QUIT = 64,  // the thread is to end
    CPU_EXIT_FRONT = 128, // the front-end's own (WFE event, step, mode change)
};

typedef enum { CPU_POWER_ON, CPU_POWER_OFF, CPU_POWER_PENDING } CpuPower;

typedef struct CpuWork {
    void (*fn)(Cpu *cpu, void *opaque);
    void *opaque;
    ListNode link;
    _Atomic u32 done;   // cpu_run_on waits on it
    bool queued;        // guarded by cpu->lock
    bool waited;
} CpuWork;

// One named register: serves gdb, monitor, KVM sync tests, snapshot and diff tests.
typedef struct CpuReg {
    const char *name;
    u16 bits;
    i32 at;                     // offset in the instance; -1: get/set
    void (*get)(Cpu *cpu, const struct CpuReg *r, void *out);      // little-endian bytes
    void (*set)(Cpu *cpu, const struct CpuReg *r, const void *in); // NULL: read-only
    const char *group;          // "general", "float", "vector", "system"
    const char *feature;        // gdb target feature, or NULL
    const char *gdb_type;       // gdb type name, or NULL for a plain integer
    u32 arg;                    // for get/set
} CpuReg;

typedef struct CpuModel {
    const char *name;           // NULL ends the table
    const char *desc;
    const void *data;           // the class's own: ID values, features
} CpuModel;

struct CpuClass {
    const char *name;           // "arm"
    size_t size;                // of the instance, which begins with Cpu
    const CpuModel *models;
    const char *default_model;
    const ArgDesc *options;     // -cpu model,opt=on|off: switches, all ARG_BOOL
    // What each of them is for this model with opts (values: one for each option); false: err.
    bool (*model_options)(const CpuModel *m, Args *opts, bool *values, Error *err);
    const CpuReg *regs;
    u32 reg_count;
    // The n-th register beyond regs that this CPU has (its system registers); false: no more.
    bool (*more_reg)(Cpu *cpu, u32 n, CpuReg *out); // optional
    const char *gdb_arch;       // "aarch64"
    const StateRow *state;      // beyond regs; ended by a row without a name
    u32 irq_pins;
    const void *frontend;       // a TcgFrontend, opaque to core
    // opts: NULL for none
    bool (*init)(Cpu *cpu, const CpuModel *model, Args *opts, Error *err);
    void (*fini)(Cpu *cpu);                       // optional
    void (*reset)(Cpu *cpu);                      // on its thread or paused
    // After reset, when switched on by another CPU (PSCI CPU_ON).
    void (*power_on)(Cpu *cpu, u64 entry, u64 context);
    // An input pin changed; any thread.  NULL: core sets bit `pin` in pending_irq and
    // CPU_EXIT_IRQ.
    void (*set_irq)(Cpu *cpu, int pin, int level);
    bool (*has_work)(Cpu *cpu);                   // wake from halt? own thread
    bool (*debug_translate)(Cpu *cpu, Gva va, Gpa *pa, MemAttrs *attrs); // paused
    u64 (*pc)(Cpu *cpu);
    void (*set_pc)(Cpu *cpu, u64 pc);
    // Text of one instruction, length consumed; 0 = not enough bytes.
    int (*disassemble)(Cpu *cpu, u64 pc, const u8 *bytes, size_t len, Str *out);
    void (*dump)(Cpu *cpu, Str *out);             // registers as -d cpu shows them
    // What the page tables map, as text: ranges, or (each) page by page.  Paused; optional.
    void (*mappings)(Cpu *cpu, bool each, Str *out);
};

#define CPU_CLASS(ident, ...)                                                 \
    static const CpuClass ident##_cpu_class = { .name = #ident, __VA_ARGS__ }; \
    REGISTRY_ADD(mimic_cpus, ident##_cpu_class, CpuClass, ident##_cpu_class);
REGISTRY_DECLARE(mimic_cpus, CpuClass);
#define cpu_class_foreach(it) registry_foreach(it, mimic_cpus, CpuClass)
const CpuClass *cpu_class_find(const char *name, Error *err);
const CpuModel *cpu_model_find(const CpuClass *cls, const char *name, Error *err);

struct Cpu {
    alignas(64) u8 accel_state[CPU_ACCEL_STATE]; // first: private to the accelerator
    // ---- written by any thread
    alignas(64) _Atomic u32 exit;
    _Atomic u32 pending_irq;  // level per input pin
    _Atomic u32 sleeping;     // its thread is in a futex wait on wake
    _Atomic u32 wake;
    _Atomic u32 power;        // CpuPower
    // ---- own thread, or set before it starts
    alignas(64) const CpuClass *cls;
    const CpuModel *model;
    int index;
    Machine *machine;
    AddressSpace *as;
    const RegSpace *sysregs;  // NULL if none
    MemAttrs attrs;           // .cpu = index
    Clocks *clocks;
    const Accel *accel;
    void *accel_data;         // accelerator's allocation beyond accel_state
    bool halted;
    bool start_off;           // powered off at reset (secondary CPUs under PSCI)
    bool debug_stop;          // stopped by CPU_DEBUG or CPU_FAILED until resumed
    bool held;                // a debugger lets others run but not this one; set while paused
    CpuStop stop;             // of the last CPU_DEBUG; STOP_NONE once the machine runs again
    u64 halt_count;
    Thread thread;
    _Atomic(const void *) thread_id; // thread_self() of the running vCPU thread
    // ---- state lock
    Mutex lock;
    Cond cond;                // parked or power or work changed
    ListNode work GUARDED_BY(lock);
    bool parked GUARDED_BY(lock);    // in the pause wait, registers readable
    int serving GUARDED_BY(lock);    // in cpu_serve_work
    u64 on_entry GUARDED_BY(lock), on_context GUARDED_BY(lock);
};

// Allocates cls->size, runs cls->init, creates the accelerator's part.
Cpu *cpu_new(Machine *m, const CpuClass *cls, const CpuModel *model, Args *opts, int index,
             Error *err);
void cpu_free(Cpu *cpu);
bool cpu_start(Cpu *cpu, Error *err); // the thread; paused until cpu_resume_all
void cpu_quit(Cpu *cpu);              // ends and joins the thread

Cpu *cpu_current(void); // the Cpu whose thread this is, or NULL

// ---- any thread
void cpu_kick(Cpu *cpu, u32 exit_bits); // sets bits, wakes it
static inline void cpu_exit_clear(Cpu *cpu, u32 bits)
{
    atomic_fetch_and_explicit(&cpu->exit, ~bits, memory_order_seq_cst);
}
static inline u32 cpu_exit_bits(const Cpu *cpu)
{
    return atomic_load_explicit(&cpu->exit, memory_order_acquire);
}
void cpu_irq(void *cpu, int pin, int level); // an IrqFn: sets the pin and wakes
// The same in two parts, for irq_connect_waking: what lines to CPUs are connected to.
void cpu_irq_pin(void *cpu, int pin, int level);
void cpu_irq_wake(void *cpu);

// Default of set_irq, for classes that do more: pin level into pending_irq, exit bit on rise.
void cpu_set_pending(Cpu *cpu, int pin, int level);

// Runs fn on the vCPU's thread and waits for it.  Direct if this is that thread or the
// thread does not exist.  A vCPU that waits serves its own queue meanwhile.  Works on
// paused, halted and switched-off CPUs too.
void cpu_run_on(Cpu *cpu, void (*fn)(Cpu *cpu, void *opaque), void *opaque);
// Without waiting; w is the caller's until fn has been called; no-op if queued already.
void cpu_queue(Cpu *cpu, CpuWork *w);
// Own thread, inside a helper: sleeps until the exit word is not 0, cpu_kick, or ns are over.
void cpu_nap(Cpu *cpu, u64 ns);
// For waits inside an accelerator: runs what is queued for this (own) CPU.
void cpu_serve_work(Cpu *cpu);

// PSCI.  False if it is on (or pending) already.
bool cpu_power_on(Cpu *cpu, u64 entry, u64 context);
void cpu_power_off_self(Cpu *cpu); // then return CPU_OFF from run

// ---- not from a vCPU thread.  Nest.  Between them all registers may be read and written; what
// was queued before has been done.
void cpu_pause_all(Machine *m);
void cpu_resume_all(Machine *m);
void cpu_reset(Cpu *cpu); // paused or own thread; power state back to its reset value

// ---- physical memory as this CPU sees it
static inline MemResult cpu_load(Cpu *cpu, Gpa a, u64 *v, unsigned size, MemAttrs at)
{
    return as_read(cpu->as, a, v, size, at);
}
static inline MemResult cpu_store(Cpu *cpu, Gpa a, u64 v, unsigned size, MemAttrs at)
{
    return as_write(cpu->as, a, v, size, at);
}
// Debugger access by virtual address; false if some of it is not mapped.  Paused.
bool cpu_debug_rw(Cpu *cpu, Gva va, void *buf, u64 len, bool write);

// ---- register spaces: Arm system registers (key op0.op1.CRn.CRm.op2), MSRs, ports -----
// Rows come from devices (interrupt controller, timer) while the machine is built; then
// read-only, so that lookups need no lock.  Handlers run on the accessing vCPU's thread
// without any lock.

#define SYSREG_KEY(op0, op1, crn, crm, op2) \
    ((u32)((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))

ROW_FN_BEGIN
typedef struct RegSpaceRow {
    u32 key;
    const char *name;
    // bool read(T *opaque, Cpu *cpu, u32 key, u64 *val): false = undefined here and now
    bool (*read)();   // NULL: write-only
    // bool write(T *opaque, Cpu *cpu, u32 key, u64 val)
    bool (*write)();  // NULL: read-only
    void *opaque;     // filled by regspace_add
    u8 min_level;     // lowest exception level (or highest ring) that may access
} RegSpaceRow;
ROW_FN_END

struct RegSpace {
    Map map;          // key -> RegSpaceRow *, owned copies
};

void regspace_init(RegSpace *s);
void regspace_fini(RegSpace *s);
// Copies the rows; a later row of the same key wins.
void regspace_add(RegSpace *s, const RegSpaceRow *rows, size_t count, void *opaque);
const RegSpaceRow *regspace_find(const RegSpace *s, u32 key); // NULL if none
