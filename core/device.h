// SPDX-License-Identifier: MIT
// Devices: a class is one const literal, last in its file; an instance begins with Device.
//
// Locks.  Each device has one mutex.  The core holds it around every entry into the
// device: register handlers and region ops (unless .unlocked), irq_in, timers, chardev
// front-end functions, reset, state.  Code of a device therefore rarely locks; threads of
// its own, back-end completions and system-register handlers bracket themselves with
// device_lock/device_unlock.  irq_set on the device's own irq_out while locked is
// delivered when the lock is dropped (core/irq.h).  dma_* to RAM and back-end calls are
// allowed while locked: they never call back into a device synchronously.  An access that
// comes back to the same device on the same thread is refused (MEM_DEVICE_ERR).
//
// Life.  device_new (properties at defaults) -> set properties, connect back ends ->
// device_init (class init; may fail; allocates) -> map regions, connect lines -> reset ...
// -> device_free (class fini, only if init succeeded).  The machine owns devices and frees
// them in reverse order.
#pragma once

#include "core/chardev.h"
#include "core/clock.h"
#include "core/dt.h"
#include "core/irq.h"
#include "core/memory.h"
#include "core/prop.h"
#include "core/regs.h"
#include "core/state.h"
#include "util/error.h"
#include "util/log.h"
#include "util/registry.h"
#include "util/thread.h"

typedef struct DeviceClass DeviceClass;
typedef struct Machine Machine;
typedef struct Block Block;
typedef struct NetPort NetPort;
typedef struct Display Display;

enum { // which back-end slots a class uses
    BACKEND_CHARDEV = 1, BACKEND_BLOCK = 2, BACKEND_NET = 4, BACKEND_DISPLAY = 8,
};

#define DEVICE_REGIONS 8
#define DEVICE_TIMERS 8
#define DEVICE_PROPS 24
#define DEVICE_STATES 48

ROW_FN_BEGIN
typedef struct TimerRow {
    const char *name;
    u32 at;
    ClockId clock;
    void (*fn)();  // void fn(T *s), device lock held
} TimerRow;

typedef struct RegionRow {
    const char *name;
    u64 size;             // 0 = 4 KiB; init may change it with device_region_size
    RegTable regs;        // either rows,
    const MemOps *ops;    // or plain ops (opaque = the instance), or both: rows first,
                          // what has no row goes to ops
    u8 reg_size;          // 0 = 4
} RegionRow;

struct DeviceClass {
    const char *name;
    const char *spec;       // document id and revision that .ref sections belong to
    const char *desc;       // one line for -device help
    size_t size;            // of the instance
    // Region 0 by short hand; or .regions.
    RegTable regs;
    const MemOps *ops;
    u64 region_size;        // 0 = 4 KiB
    u8 reg_size;            // 0 = 4
    RegionRow regions[DEVICE_REGIONS]; // ended by a row without name; region 0 first
    u32 irqs;               // outputs; init may ask for more with device_irq_outputs
    void (*irq_in)();       // void irq_in(T *s, int n, int level)
    TimerRow timers[DEVICE_TIMERS];
    Prop props[DEVICE_PROPS];
    StateRow state[DEVICE_STATES]; // fields of Reg rows (.at) and .timers are state already
    u32 state_version;
    u8 backends;            // BACKEND_*; chardev below implies its bit
    struct {
        size_t (*can_receive)();                 // size_t f(T *s)
        void (*receive)();                       // void f(T *s, const u8 *buf, size_t n)
        void (*event)();                         // void f(T *s, ChardevEvent ev)
        void (*writable)();                      // void f(T *s): room again after a short write
    } chardev;

    bool (*init)();         // bool init(T *s, Error *err); optional
    void (*reset)();        // void reset(T *s): after the fields of rows; no allocation, no failure
    void (*fini)();         // void fini(T *s): undoes init
    void (*save)();         // void save(T *s, StateWriter *w): beyond the rows
    bool (*load)();         // bool load(T *s, StateReader *r, u32 version, Error *err)
    void (*loaded)();       // void loaded(T *s): after all fields: recompute caches, lines
    const char *compatible; // makes the node; several separated by ';'
    void (*fdt)();          // void fdt(T *s, DtNode *node): more properties
    // For controllers: the device-tree interrupt specifier of an input pin.
    // u32 fdt_irq(T *s, int pin, u32 *cells): count of cells, at most 4
    u32 (*fdt_irq)();
};
ROW_FN_END

typedef struct DeviceRegion {
    MemoryRegion mr;
    Device *dev;
    RegIndex index;
    const MemOps *ops;     // the class's plain ops, or NULL
    MemOps shim;           // what mr.ops points to
    char *name;
} DeviceRegion;

struct Device {
    const DeviceClass *cls;
    char *name;             // unique in the machine; path is /machine/NAME
    Machine *machine;       // NULL in a bare unit test
    Mutex lock;
    IrqGate gate;
    MemAttrs attrs;         // of the access being served
    Irq *irq_out;
    u32 irq_out_count;
    DeviceRegion *region;
    u32 region_count;
    AddressSpace *dma_as;   // where this device's DMA goes
    MemAttrs dma_attrs;     // requester id
    Clocks *clocks;
    Input *input;
    Loop *loop;
    Chardev *chardev;       // back ends: a null object when absent, never NULL
    Block *block;
    NetPort *net;           // the back end's end for net_attach; NULL there = cable out
    Display *display;
    ChardevFront front;
    ListNode link;          // in the machine
    _Atomic u64 guest_errors;
    struct DeviceTimer *timer; // per row of the class
    Block *own_block;       // null objects made by device_new
    Display *own_display;
    bool ready;             // init has succeeded
};

// In a device's file, once: names the instance type for FIELD, STATE, TIMER, PROP_*, and
// declares the checked down-cast ident_of(dev).
#define DEVICE_OF(ident, T)                                                   \
    typedef T DeviceSelf;                                                     \
    DEVICE_CAST(ident, T)
#define DEVICE_CAST(ident, T)                                                 \
    static_assert(offsetof(T, dev) == 0, "Device dev must be the first member"); \
    static const DeviceClass ident##_class;                                   \
    UNUSED static inline T *ident##_of(Device *dev)                           \
    {                                                                         \
        BUG_ON(dev->cls != &ident##_class);                           \
        return (T *)dev;                                                      \
    }

#define DEVICE(ident, ...) DEVICE_NAMED(ident, #ident, __VA_ARGS__)
// For names that are no C identifiers ("virtio-blk-device").
#define DEVICE_NAMED(ident, text, ...)                                        \
    static const DeviceClass ident##_class = { .name = text, __VA_ARGS__ };   \
    REGISTRY_ADD(mimic_devices, ident, DeviceClass, ident##_class);

#define TIMER(member, func) \
    { .name = #member, .at = offsetof(DeviceSelf, member), .clock = CLOCK_VIRTUAL, .fn = func }
#define TIMER_ON(clk, member, func) \
    { .name = #member, .at = offsetof(DeviceSelf, member), .clock = clk, .fn = func }

REGISTRY_DECLARE(mimic_devices, DeviceClass);
#define device_class_foreach(it) registry_foreach(it, mimic_devices, DeviceClass)
const DeviceClass *device_class_find(const char *name, Error *err); // nearest name in err

// What a device hangs on; a test fills it without a machine.
typedef struct DeviceHost {
    Machine *machine;
    Clocks *clocks;
    Input *input;
    Loop *loop;
    AddressSpace *dma_as;
} DeviceHost;

// name is copied.  NULL never.
Device *device_new(const DeviceClass *cls, const char *name, const DeviceHost *host);
bool device_set(Device *dev, const char *prop, const char *text, Error *err);
bool device_set_u64(Device *dev, const char *prop, u64 val, Error *err);
bool device_set_link(Device *dev, const char *prop, Device *to, Error *err);
void device_chardev(Device *dev, Chardev *c); // connects front and back end
void device_block(Device *dev, Block *b);     // b completes on the device's loop from now on
bool device_init(Device *dev, Error *err);
void device_free(Device *dev);
void device_reset(Device *dev);   // pass one: fields of rows, class reset
void device_redrive(Device *dev); // pass two: all output lines

// In class init only.
void device_region_size(Device *dev, u32 region, u64 size);
void device_irq_outputs(Device *dev, u32 count);
// Makes it flash: reads come from ram while mem_rom_mode(device_region(..)) is on.
void device_region_romd(Device *dev, u32 region, RamBlock *ram);

void device_lock(Device *dev) ACQUIRES(dev->lock);
void device_unlock(Device *dev) RELEASES(dev->lock); // delivers noted lines
bool device_locked(const Device *dev);               // by this thread

static inline MemoryRegion *device_region(Device *dev, u32 i) { return &dev->region[i].mr; }
void device_irq_input(void *dev, int n, int level); // an IrqFn: connect lines to this

// DMA by the device itself.
MemResult device_dma_read(Device *dev, Gpa addr, void *buf, u64 len);
MemResult device_dma_write(Device *dev, Gpa addr, const void *buf, u64 len);

void device_save(Device *dev, StateWriter *w);
bool device_load(Device *dev, StateReader *r, Error *err);
void device_print(Device *dev, Str *out); // registers by name
// Coverage of the instance for the declared-state test: marks[i] = 1 where byte i is
// declared as state or host-only.
void device_state_map(const Device *dev, u8 *marks);

// The guest did what the manual forbids: counted per device, logged at a limited rate.
#define guest_error(dev_, ...)                                                \
    do {                                                                      \
        Device *ge_dev_ = (dev_);                                             \
        atomic_fetch_add_explicit(&ge_dev_->guest_errors, 1, memory_order_relaxed); \
        static _Atomic u32 site_;                                             \
        if (device_log_on_(LEVEL_GUEST) && log_limit_(&site_))                \
            device_log_(ge_dev_, LEVEL_GUEST, __VA_ARGS__);                   \
    } while (0)
// Legal but not modelled: once per site; name the register and the document.
#define unimp(dev_, ...)                                                      \
    do {                                                                      \
        static _Atomic u32 site_;                                             \
        if (device_log_on_(LEVEL_UNIMP) && log_once_(&site_))                 \
            device_log_((dev_), LEVEL_UNIMP, __VA_ARGS__);                    \
    } while (0)
bool device_log_on_(LogLevel level);
void device_log_(const Device *dev, LogLevel level, const char *fmt, ...) COLD PRINTF(3, 4);
