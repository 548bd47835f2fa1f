// SPDX-License-Identifier: MIT
// Machines: the class (registry), the instance that owns everything, wiring by rows,
// reset, run state.
//
// Threads.  Built and freed on the main thread.  machine_run runs the event loop on its
// caller until the machine ends.  vCPU threads are made by machine_start, after all other
// threads, and stay parked until the first machine_resume: a seccomp filter goes in
// between.  Requests (reset, power-off, stop) may come from any thread and are carried out
// on the loop.
// Ownership.  The machine owns devices, CPUs, RAM, spaces; frees in reverse order of
// creation.  Chardevs, blocks, ports belong to main, which outlives the machine.
#pragma once

#include "core/accel.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/device.h"
#include "core/input.h"
#include "core/irq.h"
#include "core/loop.h"
#include "core/memory.h"
#include "core/memory_backend.h"
#include "core/semihost.h"
#include "core/symbols.h"
#include "util/map.h"

typedef struct MachineClass MachineClass;

// ---- rows ---------------------------------------------------------------------------

typedef struct RowIrq {
    const char *to;   // device name, or "cpuN"
    int pin;          // SPI(n), PPI(cpu, n), or a plain number
} RowIrq;

#define ROW_IRQS 8
#define ROW_REGIONS 6

// Rows are written by position as far as they go; the rest is zero on purpose.
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

// { "pl011", "uart0", 0x09000000, .irq = { "gic", SPI(1) }, .chardev = 0 }
typedef struct Row {
    const char *cls, *name;
    Gpa at;                     // of region 0 in the system space, if it has regions
    RowIrq irq;                 // output 0
    RowIrq irqs[ROW_IRQS];      // outputs 0.. where .to is set
    Gpa more[ROW_REGIONS];      // of regions 1..; 0 = not mapped
    int chardev;                // which -serial, if the class has the slot and it
                                // is free; -1 none
    const char *props;          // "key=val,..." LINK properties name devices above
    bool secure;                // mapped only for secure accesses
    bool unmapped;              // the machine maps it itself
    u32 flags;                  // the machine's own use (which rows, device-tree quirks)
} Row;

// ---- configuration from the command line ------------------------------------------------

#define MACHINE_SERIALS 8
#define MACHINE_FLASHES 2
#define CPUS_MAX 512

typedef struct MachineConfig {
    const char *cpu;            // "-cpu" text, NULL = class default
    u32 cpus;                   // -smp; 0 = 1
    u64 ram_size;               // -m; 0 = class default
    const char *kernel, *initrd, *append, *dtb;
    const char *firmware;       // -bios, found; NULL = none
    const char *dump_dtb;       // -machine dumpdtb=FILE
    Args *options;              // the rest of -M
    const char *accel;          // names tried in order, ':' separated; NULL = any that probes
    Args *accel_options;
    Chardev *serial[MACHINE_SERIALS]; // NULL = the null chardev
    Block *pflash[MACHINE_FLASHES]; // NULL: none
    const char *const *fw_cfg;  // -fw_cfg texts, fw_cfg_count of them
    size_t fw_cfg_count;
    const char *const *loaders; // "-device loader," texts, loader_count of them
    size_t loader_count;
    bool no_reboot, no_shutdown;
    bool start_paused;          // -S
    bool has_seed;
    u64 seed;
    u32 slow_clock;             // the guest's time runs so many times slower; 0 = 1
    u64 rtc_base;               // seconds; 0 = now
    CountConfig icount;
    bool nodefaults;
    Objects *objects;           // -object, object-add; NULL: the machine's own list
    const char *ram_backend;    // -M memory-backend=: id of the object that is its RAM
    u64 check;                  // --check: every so many pieces of code are compared; 0: none
    const char *stress;         // --tcg-stress; NULL: none
    bool perfmap;               // accelerators that make code: name it for perf
    SemihostConfig semihost;
    bool stats;                 // figures are wanted at the end: counting may cost
} MachineConfig;

struct MachineClass {
    const char *name;           // versioned: "virt-7.2"
    const char *alias;          // "virt", or NULL
    const char *desc;
    const char *cpu_class;      // "arm"
    const char *default_cpu;
    u32 max_cpus;               // 0 = 1
    bool bare;                  // no CPU, no RAM: m->cpu_model, m->ram stay NULL
    u64 default_ram;            // 0 = 128 MiB
    const char *ram_id;         // of the memory backend made for it; NULL = "ram"
    size_t size;                // of the machine's own data (m->own), 0 = none
    const ArgDesc *options;     // of -M
    // Before CPUs and devices: read m->config->options, refuse nonsense.
    bool (*configure)(Machine *m, Error *err);                            // optional
    // CPUs exist, RAM not mapped: map it, create devices, wire.
    bool (*build)(Machine *m, Error *err);                                // mandatory
    void (*cpu_setup)(Machine *m, Cpu *cpu);                              // each, before build
    // Reset, between pass one and two: load kernel or firmware from the files again, make
    // the device tree with fresh seeds, set start registers.  Also at first start.
    bool (*load)(Machine *m, Error *err);                                 // optional
    void (*fini)(Machine *m);                                             // optional
};

#define MACHINE(ident, text, ...)                                             \
    static const MachineClass ident##_machine = { .name = text, __VA_ARGS__ }; \
    REGISTRY_ADD(mimic_machines, ident##_machine, MachineClass, ident##_machine);
REGISTRY_DECLARE(mimic_machines, MachineClass);
#define machine_class_foreach(it) registry_foreach(it, mimic_machines, MachineClass)
const MachineClass *machine_class_find(const char *name, Error *err); // alias too

// ---- instance ----------------------------------------------------------------------------

typedef enum { MACHINE_PAUSED, MACHINE_RUNNING, MACHINE_SHUTDOWN } RunState;

typedef enum {
    REQUEST_NONE,
    REQUEST_RESET,     // -no-reboot makes it POWEROFF
    REQUEST_POWEROFF,  // -no-shutdown makes it PAUSE
    REQUEST_PAUSE,
    REQUEST_PANIC,     // the guest says it crashed, or a CPU cannot go on
    REQUEST_QUIT,      // the user: end now
    REQUEST_POWERDOWN, // the power button: the guest may end in order
} MachineRequest;

// Who wants to know of changes: monitors, the debugger's stub.  Called on the loop, in
// order of machine_watch, after the change: REQUEST_NONE = the machine runs again; PAUSE =
// it stopped, on request or by a vCPU (cpu->stop says which and why); RESET, POWEROFF,
// PANIC, QUIT, POWERDOWN = that has been carried out.
typedef struct MachineWatch {
    void (*changed)(void *opaque, Machine *m, MachineRequest why);
    void *opaque;
    ListNode link;
} MachineWatch;

struct Machine {
    const MachineClass *cls;
    const MachineConfig *config;  // borrowed for the machine's life
    void *own;                    // cls->size bytes
    Loop loop;
    Clocks clocks;
    Input input;
    Memory mem;
    MemoryRegion system;          // root of physical memory
    MemoryRegion secure_system;   // system plus secure-only regions
    MemoryRegion secure_base;     // alias of system in secure_system
    AddressSpace as, secure_as;
    MemoryRegion io;              // x86 ports; empty elsewhere
    AddressSpace io_as;
    RegSpace sysregs;             // system registers that devices provide
    RamBlock *ram;                // over ram_backend; made before build
    MemoryBackend *ram_backend;
    Objects own_objects;
    MemoryRegion ram_region;      // over all of it, for build to map
    Gpa image_end;                // first byte behind what load() put into RAM, 0: not known
    Symbols symbols;              // of what load() loaded
    Semihost *semihost;           // NULL: off
    const CpuClass *cpu_class;
    const CpuModel *cpu_model;
    Cpu **cpu;
    u32 cpu_count;
    const Accel *accel;
    void *accel_state;            // the accelerator's
    char *accel_why;              // which and why, for the start line: why not others,
                                  // then Accel.init puts its own words before
    ListNode devices;             // in order of creation
    StrMap device_by_name;
    const Row *rows;              // given to machine_add_rows, for the device tree
    u32 row_count;

    _Atomic u32 state;            // RunState
    _Atomic u32 pause_depth;
    bool reset_ends;              // a POWEROFF being told is a reset under -no-reboot
    bool stopped;                 // machine_pause holds one pause; loop thread
    _Atomic u32 request;          // bit per pending MachineRequest
    _Atomic int exit_code;
    LoopWork request_work;
    ListNode watches;             // MachineWatch; loop thread, or before the loop runs
    struct FwCfg *fw_cfg;         // the board's, owned by its device; NULL: has none
    Irq power_button;             // pulsed by REQUEST_POWERDOWN; boards that have one connect it
    _Atomic u64 resets;
};

// The whole: configure, accelerator, RAM, CPUs, build; nothing runs yet.
Machine *machine_new(const MachineClass *cls, const MachineConfig *config, Error *err);
void machine_free(Machine *m);
bool machine_start(Machine *m, Error *err); // first reset, threads, parked
int machine_run(Machine *m);                // resumes unless -S; loop; exit code
void machine_resume(Machine *m);            // loop thread or before machine_run
void machine_resume_frozen(Machine *m);     // the same, but CLOCK_VIRTUAL stands still
void machine_pause(Machine *m);             // loop thread
void machine_watch(Machine *m, MachineWatch *w);   // w: the caller's until unwatch
void machine_unwatch(Machine *m, MachineWatch *w); // allowed in w's own callback
bool machine_reset(Machine *m, Error *err); // paused: the two passes and load

// Any thread.  code: exit status for POWEROFF, PANIC, QUIT.
void machine_request(Machine *m, MachineRequest what, int code);
static inline RunState machine_state(Machine *m) { return (RunState)atomic_load(&m->state); }

// ---- for build ----------------------------------------------------------------------------

// Creates, sets properties, inits, maps, wires.  Lines to devices that come later in the
// same call are allowed.
bool machine_add_rows(Machine *m, const Row *rows, u32 count, Error *err);
// One device without mapping or wiring: set properties, then machine_init_device.
Device *machine_new_device(Machine *m, const char *cls, const char *name, Error *err);
bool machine_init_device(Machine *m, Device *dev, Error *err);
Device *machine_device(Machine *m, const char *name); // NULL if none
void machine_map(Machine *m, Device *dev, u32 region, Gpa at, bool secure);
// to: device name or "cpuN".
bool machine_wire(Machine *m, Device *from, u32 out, const char *to, int pin, Error *err);

static inline Objects *machine_objects(Machine *m)
{
    return m->config->objects ? m->config->objects : &m->own_objects;
}
static inline u64 machine_ram_size(const Machine *m) { return m->ram ? m->ram->size : 0; }

// State of the whole machine into / out of a buffer; paused.
void machine_save(Machine *m, StateWriter *w);
bool machine_load(Machine *m, const void *buf, size_t len, Error *err);
