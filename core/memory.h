// SPDX-License-Identifier: MIT
// Physical memory of one machine: RAM blocks, regions in a tree, address spaces
// with a flat sorted view, DMA.
//
// Threads.  Everything that reads (as_read, as_write, as_rw, as_lookup, dma_*) may be
// called from any thread, does not block and takes no lock: it works on the view that
// was current when it began.  Tree edits happen between mem_begin and mem_commit, which
// hold the machine's map lock; mem_commit rebuilds every view, publishes it, calls the
// listeners, and frees old views once no reader is inside them (never waiting for it:
// a commit may come from inside an MMIO handler).  MMIO handlers run on the accessing
// thread without any lock of this file; core/device.c adds the device's own lock.
//
// Ownership.  MemoryRegions are embedded in their owner and outlive the machine's run
// (a TLB may hold pointers to them until the listener for their removal has returned).
// Region names are borrowed (static or owned by the region's owner).  RamBlocks are
// created by ram_new and freed by ram_free or mem_fini.
#pragma once

#include <stdio.h>

#include "util/error.h"
#include "util/list.h"
#include "util/thread.h"
#include "util/types.h"
#include "util/vec.h"

typedef struct Memory Memory;
typedef struct MemoryRegion MemoryRegion;
typedef struct AddressSpace AddressSpace;
typedef struct RamBlock RamBlock;
typedef struct FlatView FlatView;

// ---- accesses ---------------------------------------------------------------

typedef enum { MEM_OK, MEM_DECODE_ERR, MEM_DEVICE_ERR } MemResult;

#define CPU_NONE 0xffffu

typedef struct MemAttrs {
    u32 secure : 1;     // Arm secure state
    u32 user : 1;       // unprivileged
    u32 insn : 1;       // instruction fetch
    u32 debug : 1;      // debugger or loader: no side effects, ROM is writable
    u32 dma : 1;        // not a CPU: MMIO only in regions that opt in
    u32 : 27;
    u16 requester_id;   // PCI bus/device/function
    u16 cpu;            // index, or CPU_NONE
} MemAttrs;

#define ATTRS_NONE ((MemAttrs){ .cpu = CPU_NONE })
#define ATTRS_DEBUG ((MemAttrs){ .cpu = CPU_NONE, .debug = 1 })

// ---- RAM ----------------------------------------------------------------------

#define RAM_PAGE_BITS 12
#define RAM_PAGE_SIZE (1u << RAM_PAGE_BITS)

enum { // per-page flags
    RAM_CODE = 1,  // translations were made from this page
    RAM_LOG = 2,   // writes are to be noted in RAM_DIRTY
    RAM_DIRTY = 4,
    RAM_OPEN = 8,  // the accelerator let a vCPU store here without looking; it stays set
};

typedef enum {
    RAM_ANON,  // private, MADV_HUGEPAGE
    RAM_MEMFD, // shareable
    RAM_FILE,  // private copy-on-write view of a file
    RAM_LENT,  // a memory backend's file or shared memory: ram_new_over
} RamKind;

// `host` and the kind of backing may change while every vCPU is paused; listeners are
// told.  ram_offset is unique in the machine and 2 MiB aligned, with a gap after each
// block, so (ram_offset + offset) >> 12 names a page whatever maps it.
struct RamBlock {
    ListNode link;
    Memory *mem;
    char *name;
    u8 *host;
    u64 size;             // page multiple
    u64 ram_offset;
    _Atomic u8 *flags;    // one per page
    RamKind kind;
    int fd;               // -1 for RAM_ANON, RAM_LENT
    u64 map_size;
    void *map_base;       // NULL: lent
};

// Zero-filled.  False if the host has no room (size is the user's).
RamBlock *ram_new(Memory *mem, const char *name, u64 size, RamKind kind, Error *err);
// Over memory that is mapped already and outlives it, at a page boundary and of whole pages, with
// the content it has.  kind: RAM_ANON if it is private and anonymous, else RAM_LENT.
RamBlock *ram_new_over(Memory *mem, const char *name, void *host, u64 size, RamKind kind,
                       Error *err);
void ram_free(RamBlock *ram);
// Same content and address on another backing; vCPUs paused.  RAM_FILE takes path and its
// content (zero beyond its end).  Not RAM_LENT.
bool ram_set_backing(RamBlock *ram, RamKind kind, const char *path, Error *err);
// Zero-fill and give the pages back to the host; keeps flags.
void ram_zero(RamBlock *ram);

static inline u8 ram_flags(const RamBlock *ram, u64 offset)
{
    return atomic_load_explicit(&ram->flags[offset >> RAM_PAGE_BITS], memory_order_relaxed);
}

// Setting RAM_CODE is ordered before later reads of the page: a store that those reads
// miss will see the flag (the other half is in ram_written).  Gives the flags before: the sets
// of a page are in one order.
static inline u8 ram_flag_set(RamBlock *ram, u64 offset, u8 f)
{
    u8 old = atomic_fetch_or_explicit(&ram->flags[offset >> RAM_PAGE_BITS], f,
                                      memory_order_seq_cst);
    atomic_thread_fence(memory_order_seq_cst);
    return old;
}

static inline void ram_flag_clear(RamBlock *ram, u64 offset, u8 f)
{
    atomic_fetch_and_explicit(&ram->flags[offset >> RAM_PAGE_BITS], (u8)~f,
                              memory_order_seq_cst);
}

void ram_written_slow_(RamBlock *ram, u64 offset, u64 len);

// To be called after every store into RAM that does not come from translated code
// (which looks at the flags itself): as_*, dma_* and dma_unmap do it.
void ram_written(RamBlock *ram, u64 offset, u64 len);

// The block that holds a host address, with the offset; NULL if none.
RamBlock *ram_of_host(Memory *mem, const void *host, u64 *offset);

// ---- the machine's memory --------------------------------------------------------

typedef struct EpochStripe {
    alignas(64) _Atomic u64 readers; // threads inside an access, by thread hash
} EpochStripe;

#define EPOCH_STRIPES 16

struct Memory {
    // Called after a store by DMA, debugger or loader into pages with RAM_CODE, before
    // the call that stored returns.  Any thread.  Must not wait for a vCPU to do
    // anything: the storing thread may hold a device lock.  Set before vCPUs start.
    void (*code_write_hook)(void *opaque, RamBlock *ram, u64 offset, u64 len);
    void *code_write_opaque;

    Mutex lock;           // the map lock: trees, spaces, listeners, blocks
    const void *_Atomic lock_owner;
    int depth;            // of mem_begin
    ListNode spaces, listeners, blocks;
    u64 next_ram_offset;

    EpochStripe stripe[EPOCH_STRIPES];
    struct Retired *retired; // old views not yet known to be unused
};

void mem_init(Memory *mem);
void mem_fini(Memory *mem); // frees RAM blocks; address spaces must be gone

// Nestable by one thread.  Edits without them are only for trees in no address space.
void mem_begin(Memory *mem);
void mem_commit(Memory *mem);
void mem_end(Memory *mem); // instead of mem_commit when nothing was edited

// ---- regions ------------------------------------------------------------------------

typedef enum { MEM_CONTAINER, MEM_RAM, MEM_ROM, MEM_ROMD, MEM_MMIO, MEM_ALIAS } MemKind;

#define MEM_SIZE_ALL UINT64_MAX // means 2^64

// Widths are powers of two up to 8; 0 means 1 for a min and 8 for a max.
// The core checks what the guest may do (valid_*, unaligned_ok: else DECODE_ERR),
// then splits or widens to what the functions implement (impl_*).  A read below
// impl_min reads a whole unit and extracts; a write below impl_min arrives as a whole
// unit with the other bytes zero.  Offsets given to the functions are aligned to size
// unless impl_unaligned.
ROW_FN_BEGIN
typedef struct MemOps {
    // MemResult read(T *opaque, Gpa offset, u64 *val, unsigned size, MemAttrs attrs)
    MemResult (*read)();
    // MemResult write(T *opaque, Gpa offset, u64 val, unsigned size, MemAttrs attrs)
    MemResult (*write)();
    u8 impl_min, impl_max, valid_min, valid_max;
    bool impl_unaligned;
    bool unaligned_ok; // the guest may; else a misaligned access is DECODE_ERR
    bool dma_ok;       // may be the target of DMA (MSI doorbells)
    bool unlocked;     // device regions: called without the device's lock
} MemOps;
ROW_FN_END

struct MemoryRegion {
    const char *name;
    MemKind kind;
    u64 size;              // MEM_SIZE_ALL = the whole 2^64
    bool enabled;
    bool rom_mode;         // ROMD: reads go to the RAM block
    MemoryRegion *parent;
    Gpa at;                // offset in parent
    int priority;          // higher wins; equal: the one added last
    ListNode link;         // in parent->children, by priority
    ListNode children;
    RamBlock *ram;
    u64 ram_at;            // offset of the region's start in ram
    const MemOps *ops;
    void *opaque;
    MemoryRegion *target;  // ALIAS
    u64 target_at;
};

void region_init_container(MemoryRegion *r, const char *name, u64 size);
void region_init_ram(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size);
void region_init_rom(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size);
void region_init_mmio(MemoryRegion *r, const char *name, const MemOps *ops, void *opaque,
                      u64 size);
// Flash: reads from RAM while rom_mode, writes (and reads otherwise) to ops.
void region_init_romd(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size,
                      const MemOps *ops, void *opaque);
void region_init_alias(MemoryRegion *r, const char *name, MemoryRegion *target, u64 at,
                       u64 size);

// Tree edits: between mem_begin and mem_commit once in use.  priority 0 is the normal one.
void mem_add(MemoryRegion *parent, Gpa offset, MemoryRegion *r, int priority);
void mem_del(MemoryRegion *r); // no-op if not in a parent
void mem_move(MemoryRegion *r, Gpa offset);
void mem_enable(MemoryRegion *r, bool on);
void mem_rom_mode(MemoryRegion *r, bool on);
void mem_resize(MemoryRegion *r, u64 size);

// One access to an MMIO (or ROMD) region that was looked up before; the slow path of a
// TLB.  size 1, 2, 4, 8; offset + size may not pass the region's end (DECODE_ERR).
MemResult region_read(MemoryRegion *r, u64 offset, u64 *val, unsigned size, MemAttrs attrs);
MemResult region_write(MemoryRegion *r, u64 offset, u64 val, unsigned size, MemAttrs attrs);

// ---- address spaces and views -----------------------------------------------------

typedef struct FlatRange {
    Gpa start, last;      // inclusive
    MemoryRegion *region; // never a container or alias
    u64 offset;           // of start, in region
    RamBlock *ram;        // RAM, ROM, ROMD in ROM mode; else NULL
    u64 ram_at;           // of start, in ram
    bool readonly;        // ROM and ROMD: stores do not reach ram
} FlatRange;

struct FlatView {
    u32 count;
    FlatRange range[]; // sorted, disjoint
};

struct AddressSpace {
    const char *name;
    Memory *mem;
    MemoryRegion *root;
    FlatView *_Atomic view;
    _Atomic u64 version;  // of the view, from 1
    ListNode link;
};

void as_init(AddressSpace *as, Memory *mem, MemoryRegion *root, const char *name);
void as_fini(AddressSpace *as); // no reader may be inside

typedef struct MemRef {
    MemoryRegion *region; // NULL: nothing there
    u64 offset;           // in region
    u8 *host;             // RAM, ROM, ROMD in ROM mode; else NULL
    RamBlock *ram;
    u64 ram_at;           // in ram: page identity = (ram->ram_offset + ram_at) >> 12
    bool readonly;
} MemRef;

// What is at addr, and for how many bytes on it stays the same thing (len may be NULL).
// The answer holds until a listener reports a change (TLB) or the caller's commit.
MemRef as_lookup(AddressSpace *as, Gpa addr, u64 *len);

// The same for one thread that mostly asks for the same range, which `near`, zero at first,
// remembers.
typedef struct MemNear {
    u64 version;
    Gpa base;
    u64 len;
    MemRef ref;           // of base
} MemNear;

MemRef as_lookup_far(AddressSpace *as, Gpa addr, MemNear *near);
static inline MemRef as_lookup_near(AddressSpace *as, Gpa addr, MemNear *near)
{
    u64 skip = addr - near->base;

    if (unlikely(skip >= near->len || near->version != atomic_load(&as->version)))
        return as_lookup_far(as, addr, near);
    MemRef ref = near->ref;

    ref.offset += skip;
    if (ref.host)
        ref.host += skip;
    ref.ram_at += skip;
    return ref;
}

// Only the host address of the `size` bytes there; NULL: they are not all in RAM or ROM.  (A MemRef
// goes through memory, where reading it back in other pieces than were written takes 5 ns.)
static inline u8 *as_host_near(AddressSpace *as, Gpa addr, unsigned size, MemNear *near)
{
    if (unlikely(addr - near->base >= near->len || near->version != atomic_load(&as->version)) &&
        !as_lookup_far(as, addr, near).host)
        return NULL;
    u64 skip = addr - near->base;

    return near->ref.host && near->len - skip >= size ? near->ref.host + skip : NULL;
}

// One access of 1, 2, 4 or 8 bytes, little-endian value in a register.  Aligned RAM
// accesses are single-copy atomic.  Stores to ROM are dropped (MEM_OK).
MemResult as_read(AddressSpace *as, Gpa addr, u64 *val, unsigned size, MemAttrs attrs);
MemResult as_write(AddressSpace *as, Gpa addr, u64 val, unsigned size, MemAttrs attrs);

// The same for a vCPU's accesses to devices.  Nothing holds the view meanwhile: a device may go
// away only when each vCPU has been stopped since it was unmapped.
MemResult as_read_near(AddressSpace *as, Gpa addr, u64 *val, unsigned size, MemAttrs attrs,
                       MemNear *near);
MemResult as_write_near(AddressSpace *as, Gpa addr, u64 val, unsigned size, MemAttrs attrs,
                        MemNear *near);

// Any length; MMIO is accessed in the widest aligned units.  Goes on after an error,
// returns the first; unread bytes are zero.
MemResult as_rw(AddressSpace *as, Gpa addr, void *buf, u64 len, bool write, MemAttrs attrs);
static inline MemResult as_read_buf(AddressSpace *as, Gpa a, void *buf, u64 len, MemAttrs at)
{
    return as_rw(as, a, buf, len, false, at);
}
static inline MemResult as_write_buf(AddressSpace *as, Gpa a, const void *buf, u64 len,
                                     MemAttrs at)
{
    return as_rw(as, a, (void *)(uintptr_t)buf, len, true, at);
}
MemResult as_fill(AddressSpace *as, Gpa addr, u8 byte, u64 len, MemAttrs attrs);

// A listener hears of each published change.  Called with the map lock held, on the
// committing thread, after the new view is visible to readers; it must return only when
// no translation made from the old view can be used by a *new* access of this thread
// (asynchronous shoot-down of other vCPUs is allowed: they act at their next poll).
// as_fini calls it with new = an empty view.
typedef struct MemListener {
    ListNode link;
    AddressSpace *as; // NULL: all
    void (*changed)(struct MemListener *l, AddressSpace *as, const FlatView *old,
                    const FlatView *now);
} MemListener;

// Adding reports the present views with old = an empty view.
void mem_listen(Memory *mem, MemListener *l);
void mem_unlisten(Memory *mem, MemListener *l);

// The tree and the flat view as text ("info mtree").
void mem_print_tree(Memory *mem, FILE *out);

// ---- DMA -------------------------------------------------------------------------------

// As as_rw with attrs.dma set: MMIO that does not opt in is refused (DECODE_ERR, logged).
MemResult dma_read(AddressSpace *as, Gpa addr, void *buf, u64 len, MemAttrs attrs);
MemResult dma_write(AddressSpace *as, Gpa addr, const void *buf, u64 len, MemAttrs attrs);

// Direct pointer into RAM.  *len comes back as what is contiguous, NULL if addr is not
// (writable) RAM.  Valid until dma_unmap or the next mem_commit that moves it; RAM blocks
// outlive maps.  dma_unmap(.., written) marks the bytes that were stored.
void *dma_map(AddressSpace *as, Gpa addr, u64 *len, bool write, MemAttrs attrs);
void dma_unmap(AddressSpace *as, void *host, u64 written);
