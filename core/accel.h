// SPDX-License-Identifier: MIT
// Accelerators: how a vCPU executes (tcg, kvm).  Chosen by name from the registry; the
// one vCPU thread function in core/cpu.c serves all.  Threads are given per slot.
#pragma once

#include "core/memory.h"
#include "util/args.h"
#include "util/error.h"
#include "util/registry.h"
#include "util/str.h"

typedef struct Machine Machine;
typedef struct Cpu Cpu;

typedef enum {
    CPU_RAN,        // left because the exit word asked, or for no reason: just look again
    CPU_HALT,       // the guest waits for an interrupt (WFI, HLT)
    CPU_YIELD,      // the guest spins (WFE, YIELD, PAUSE): let others run
    CPU_DEBUG,      // breakpoint, watchpoint or single step: stop the machine
    CPU_OFF,        // switched itself off (cpu->power is set already)
    CPU_FAILED,     // cannot go on; the accelerator has logged why: machine panics
} CpuRunResult;

typedef enum { BREAK_SOFT, BREAK_HARD, WATCH_WRITE, WATCH_READ, WATCH_ACCESS } BreakKind;

// Why a vCPU returned CPU_DEBUG; it sets cpu->stop before.
typedef enum {
    STOP_NONE,
    STOP_BREAK,   // at a breakpoint, pc on it, nothing of it done
    STOP_WATCH,   // before the access, pc on the instruction; kind and addr: the watchpoint
                  // that was hit and the first byte of the access that lies in it
    STOP_STEP,    // one instruction was done (or an exception taken in its place)
} CpuStopWhy;
typedef struct CpuStop { CpuStopWhy why; BreakKind kind; Gva addr; } CpuStop;

enum { STEP_ON = 1, STEP_NOIRQ = 2 }; // of Accel.step

typedef struct Accel {
    const char *name;
    const char *desc;
    const ArgDesc *args;      // -accel NAME,...
    // Main thread.  probe: can it run this class here?  err says why not.
    bool (*probe)(const char *cpu_class, Error *err);                 // mandatory
    // Allocates m->accel_state; registers a MemListener, sets code_write_hook.
    bool (*init)(Machine *m, Args *args, Error *err);                 // mandatory
    void (*fini)(Machine *m);                                         // after cpu_destroy of all
    // Main thread, before the vCPU thread starts.  Private data: cpu->accel_state.
    bool (*cpu_create)(Cpu *cpu, Error *err);                         // mandatory
    void (*cpu_destroy)(Cpu *cpu);
    void (*cpu_start)(Cpu *cpu);   // vCPU thread, once, first thing on it; optional
    void (*cpu_stop)(Cpu *cpu);    // vCPU thread, last thing on it; optional
    // vCPU thread or all paused: the CPU was reset, registers and mappings are new.
    void (*cpu_reset)(Cpu *cpu);                                      // optional
    // vCPU thread.  Returns soon after cpu->exit becomes non-zero.
    CpuRunResult (*run)(Cpu *cpu);                                    // mandatory
    // vCPU thread, while it waits (halted, paused) with CPU_EXIT_TLB or CPU_EXIT_ACCEL set:
    // serve the queues behind those bits and clear them.
    void (*service)(Cpu *cpu);                                        // optional
    // Any thread, after the exit word is set: for engines that do not poll it.
    void (*kick)(Cpu *cpu);                                           // optional
    // CPU paused: move registers between the engine and the Cpu's state.
    void (*regs_load)(Cpu *cpu);   // engine -> cpu                      optional
    void (*regs_store)(Cpu *cpu);  // cpu -> engine                      optional
    const char *irqchip;      // device class to use instead of the emulated one, or NULL
    // All paused.  False: out of resources or unsupported.  By virtual address, in every
    // address space and on every vCPU.  The same one may be added several times, and goes
    // when it was deleted as often.  A vCPU that returned CPU_DEBUG and is resumed where it
    // stopped first executes that instruction (before interrupts, unless it steps): whatever
    // breakpoint is there, and whatever it accesses if a watchpoint was why.  One that
    // was only paused there, or whose pc was set since, has not seen its breakpoint yet.
    bool (*break_add)(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err);
    bool (*break_del)(Machine *m, BreakKind kind, Gva addr, u64 len, Error *err);
    // Paused.  STEP_ON: return CPU_DEBUG with STOP_STEP after each instruction; STEP_NOIRQ:
    // pending interrupts wait meanwhile.
    void (*step)(Cpu *cpu, u32 how);
    void (*stats)(Machine *m, Str *out);                              // --stats; optional
} Accel;

#define ACCEL(ident, ...)                                                     \
    static const Accel ident##_accel = { .name = #ident, __VA_ARGS__ };       \
    REGISTRY_ADD(mimic_accels, ident##_accel, Accel, ident##_accel);
REGISTRY_DECLARE(mimic_accels, Accel);
#define accel_foreach(it) registry_foreach(it, mimic_accels, Accel)
bool accel_known(const char *name); // of QEMU, whether or not it is built in here
const Accel *accel_find(const char *name, Error *err);
