// SPDX-License-Identifier: MIT
// Memory regions, views, accesses, DMA; see memory.h.
//
// The flat view is made by painting: children are visited from the highest priority
// down, and each leaf fills only what is still empty.  A view is immutable once it is
// published.
//
// Old views.  A reader counts itself into a stripe (chosen by thread) before it loads the
// view pointer and out after its last use.  A reader that still holds an old view has
// been counted since before that view was replaced; so once every stripe has been seen at
// zero at some time after the replacement, nobody can hold it.  mem_commit looks at the
// stripes, remembers which were zero, and frees a view when all were.  It never waits.
#include "core/memory.h"

#include <string.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("memory")

typedef struct Retired {
    struct Retired *next;
    FlatView *view;
    u32 seen; // stripes that were zero since
} Retired;

static const FlatView empty_view;

// ---- readers and the end of views ----------------------------------------------------

static EpochStripe *reader_enter(Memory *mem)
{
    uintptr_t self = (uintptr_t)thread_self();
    EpochStripe *s = &mem->stripe[(self >> 6 ^ self >> 12 ^ self >> 21) % EPOCH_STRIPES];

    atomic_fetch_add(&s->readers, 1);
    return s;
}

static void reader_leave(EpochStripe *s)
{
    atomic_fetch_sub_explicit(&s->readers, 1, memory_order_release);
}

static void retire_locked(Memory *mem, FlatView *view)
{
    Retired *r = xalloc(sizeof(*r));

    *r = (Retired){ mem->retired, view, 0 };
    mem->retired = r;
}

static void reclaim_locked(Memory *mem)
{
    u32 zero = 0;

    if (!mem->retired)
        return;
    for (u32 i = 0; i < EPOCH_STRIPES; i++)
        zero |= (atomic_load(&mem->stripe[i].readers) == 0 ? 1u : 0u) << i;
    for (Retired **at = &mem->retired, *r; (r = *at);) {
        r->seen |= zero;
        if (r->seen != mask64(EPOCH_STRIPES)) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        free(r->view);
        free(r);
    }
}

// ---- the machine's memory -------------------------------------------------------------

void mem_init(Memory *mem)
{
    *mem = (Memory){ 0 };
    mutex_init(&mem->lock);
    list_init(&mem->spaces);
    list_init(&mem->listeners);
    list_init(&mem->blocks);
}

void mem_fini(Memory *mem)
{
    BUG_ON(!list_empty(&mem->spaces));
    while (!list_empty(&mem->blocks))
        ram_free(container_of(mem->blocks.next, RamBlock, link));
    for (Retired *r = mem->retired, *next; r; r = next) {
        next = r->next;
        free(r->view);
        free(r);
    }
    mutex_fini(&mem->lock);
}

// ---- regions ---------------------------------------------------------------------------

static void region_init(MemoryRegion *r, const char *name, MemKind kind, u64 size)
{
    *r = (MemoryRegion){ .name = name, .kind = kind, .size = size, .enabled = true };
    list_init(&r->children);
}

void region_init_container(MemoryRegion *r, const char *name, u64 size)
{
    region_init(r, name, MEM_CONTAINER, size);
}

void region_init_ram(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size)
{
    BUG_ON(at > ram->size || size > ram->size - at);
    region_init(r, name, MEM_RAM, size);
    r->ram = ram;
    r->ram_at = at;
}

void region_init_rom(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size)
{
    region_init_ram(r, name, ram, at, size);
    r->kind = MEM_ROM;
}

void region_init_mmio(MemoryRegion *r, const char *name, const MemOps *ops, void *opaque,
                      u64 size)
{
    region_init(r, name, MEM_MMIO, size);
    r->ops = ops;
    r->opaque = opaque;
}

void region_init_romd(MemoryRegion *r, const char *name, RamBlock *ram, u64 at, u64 size,
                      const MemOps *ops, void *opaque)
{
    region_init_ram(r, name, ram, at, size);
    r->kind = MEM_ROMD;
    r->ops = ops;
    r->opaque = opaque;
    r->rom_mode = true;
}

void region_init_alias(MemoryRegion *r, const char *name, MemoryRegion *target, u64 at,
                       u64 size)
{
    region_init(r, name, MEM_ALIAS, size);
    r->target = target;
    r->target_at = at;
}

void mem_add(MemoryRegion *parent, Gpa offset, MemoryRegion *r, int priority)
{
    ListNode *at = parent->children.next;

    BUG_ON(r->parent || parent->kind != MEM_CONTAINER);
    r->parent = parent;
    r->at = offset;
    r->priority = priority;
    // highest first; the newest before its equals
    while (at != &parent->children && container_of(at, MemoryRegion, link)->priority > priority)
        at = at->next;
    list_insert_before(at, &r->link);
}

void mem_del(MemoryRegion *r)
{
    if (!r->parent)
        return;
    list_remove(&r->link);
    r->parent = NULL;
}

void mem_move(MemoryRegion *r, Gpa offset) { r->at = offset; }
void mem_enable(MemoryRegion *r, bool on) { r->enabled = on; }
void mem_rom_mode(MemoryRegion *r, bool on) { r->rom_mode = on; }
void mem_resize(MemoryRegion *r, u64 size) { r->size = size; }

// ---- painting a view --------------------------------------------------------------------

typedef struct { // half open; u128 since the whole space ends at 2^64
    u128 lo, hi;
} Span;

typedef VEC(FlatRange) Ranges;

static u128 size_of(u64 size)
{
    return size == MEM_SIZE_ALL ? (u128)1 << 64 : size;
}

static Span clip(Span a, Span b)
{
    return (Span){ MAX(a.lo, b.lo), MIN(a.hi, b.hi) };
}

// base: address of the region's offset 0, which may lie before 0 under an alias.
static FlatRange leaf_range(MemoryRegion *r, i128 base, Span s)
{
    u64 offset = (u64)((i128)s.lo - base);
    bool direct = r->kind == MEM_RAM || r->kind == MEM_ROM || (r->kind == MEM_ROMD && r->rom_mode);

    return (FlatRange){
        .start = (Gpa)s.lo, .last = (Gpa)(s.hi - 1), .region = r, .offset = offset,
        .ram = direct ? r->ram : NULL, .ram_at = direct ? r->ram_at + offset : 0,
        .readonly = r->kind != MEM_RAM,
    };
}

// Fill the holes of `out` inside s.
static void paint_leaf(Ranges *out, MemoryRegion *r, i128 base, Span s)
{
    size_t i = 0;

    for (; s.lo < s.hi; i++) {
        while (i < out->len && out->at[i].last < s.lo)
            i++;
        bool taken = i < out->len && out->at[i].start <= s.lo;

        if (!taken) {
            u128 end = i < out->len ? MIN(s.hi, (u128)out->at[i].start) : s.hi;

            vec_insert(out, i, leaf_range(r, base, (Span){ s.lo, end }));
        }
        s.lo = (u128)out->at[i].last + 1;
    }
}

#define PAINT_DEPTH 32 // an alias that contains itself ends here

static void paint(Ranges *out, MemoryRegion *r, i128 base, Span window, int depth)
{
    Span own = { base < 0 ? 0 : (u128)base, (u128)(base + (i128)size_of(r->size)) };

    if (!r->enabled || base + (i128)size_of(r->size) <= 0 || depth > PAINT_DEPTH)
        return;
    window = clip(window, own);
    if (window.lo >= window.hi)
        return;
    if (r->kind == MEM_CONTAINER)
        list_foreach (kid, &r->children, MemoryRegion, link)
            paint(out, kid, base + (i128)kid->at, window, depth + 1);
    else if (r->kind == MEM_ALIAS)
        paint(out, r->target, base - (i128)r->target_at, window, depth + 1);
    else
        paint_leaf(out, r, base, window);
}

static bool follows(const FlatRange *a, const FlatRange *b)
{
    return a->last + 1 == b->start && b->start && a->region == b->region &&
           b->offset - a->offset == b->start - a->start;
}

static FlatView *make_view(MemoryRegion *root)
{
    Ranges out = { 0 };
    u32 n = 0;

    paint(&out, root, 0, (Span){ 0, (u128)1 << 64 }, 0);
    FlatView *v = xalloc(sizeof(*v) + out.len * sizeof(FlatRange));

    vec_foreach (r, &out) {
        if (n && follows(&v->range[n - 1], r))
            v->range[n - 1].last = r->last;
        else
            v->range[n++] = *r;
    }
    v->count = n;
    vec_free(&out);
    return v;
}

static bool views_equal(const FlatView *a, const FlatView *b)
{
    for (u32 i = 0; i < a->count && a->count == b->count; i++) {
        const FlatRange *x = &a->range[i], *y = &b->range[i];

        if (x->start != y->start || x->last != y->last || x->region != y->region ||
            x->offset != y->offset || x->ram != y->ram || x->ram_at != y->ram_at ||
            x->readonly != y->readonly)
            return false;
    }
    return a->count == b->count;
}

// ---- commits and listeners -------------------------------------------------------------

static void tell_locked(AddressSpace *as, const FlatView *old, const FlatView *now)
{
    list_foreach (l, &as->mem->listeners, MemListener, link)
        if (!l->as || l->as == as)
            l->changed(l, as, old, now);
}

static void update_locked(AddressSpace *as)
{
    FlatView *now = make_view(as->root), *old = atomic_load(&as->view);

    if (views_equal(now, old)) {
        free(now);
        return;
    }
    atomic_store(&as->view, now);
    atomic_fetch_add(&as->version, 1);
    retire_locked(as->mem, old);
    tell_locked(as, old, now);
}

void mem_begin(Memory *mem) NO_LOCK_ANALYSIS
{
    if (atomic_load_explicit(&mem->lock_owner, memory_order_relaxed) != thread_self()) {
        mutex_lock(&mem->lock);
        atomic_store_explicit(&mem->lock_owner, thread_self(), memory_order_relaxed);
    }
    mem->depth++;
}

void mem_end(Memory *mem) NO_LOCK_ANALYSIS
{
    if (--mem->depth)
        return;
    atomic_store_explicit(&mem->lock_owner, NULL, memory_order_relaxed);
    mutex_unlock(&mem->lock);
}

void mem_commit(Memory *mem)
{
    BUG_ON(atomic_load_explicit(&mem->lock_owner, memory_order_relaxed) != thread_self());
    if (mem->depth == 1) {
        list_foreach (as, &mem->spaces, AddressSpace, link)
            update_locked(as);
        reclaim_locked(mem);
    }
    mem_end(mem);
}

void as_init(AddressSpace *as, Memory *mem, MemoryRegion *root, const char *name)
{
    *as = (AddressSpace){ .name = name, .mem = mem, .root = root, .version = 1 };
    mem_begin(mem);
    FlatView *v = make_view(root);

    atomic_store(&as->view, v);
    list_push_back(&mem->spaces, &as->link);
    tell_locked(as, &empty_view, v);
    mem_end(mem);
}

void as_fini(AddressSpace *as)
{
    FlatView *v = atomic_load(&as->view);

    mem_begin(as->mem);
    tell_locked(as, v, &empty_view);
    list_remove(&as->link);
    mem_end(as->mem);
    free(v);
    *as = (AddressSpace){ 0 };
}

void mem_listen(Memory *mem, MemListener *l)
{
    mem_begin(mem);
    list_push_back(&mem->listeners, &l->link);
    list_foreach (as, &mem->spaces, AddressSpace, link)
        if (!l->as || l->as == as)
            l->changed(l, as, &empty_view, atomic_load(&as->view));
    mem_end(mem);
}

void mem_unlisten(Memory *mem, MemListener *l)
{
    mem_begin(mem);
    list_remove(&l->link);
    mem_end(mem);
}

// ---- looking up ---------------------------------------------------------------------------

static const FlatRange *find(const FlatView *v, Gpa addr)
{
    u32 lo = 0, hi = v->count;

    while (lo < hi) {
        u32 mid = (lo + hi) / 2;

        if (v->range[mid].last < addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < v->count && v->range[lo].start <= addr ? &v->range[lo] : NULL;
}

// Bytes from addr to the next range, at least 1.
static u64 hole_length(const FlatView *v, Gpa addr)
{
    for (u32 i = 0; i < v->count; i++)
        if (v->range[i].start > addr)
            return v->range[i].start - addr;
    return addr ? -addr : UINT64_MAX;
}

static u64 range_length(const FlatRange *r, Gpa addr)
{
    u64 n = r->last - addr;

    return n == UINT64_MAX ? n : n + 1;
}

static MemRef ref_in(const FlatRange *r, Gpa addr)
{
    u64 skip = addr - r->start;

    return (MemRef){ .region = r->region, .offset = r->offset + skip, .readonly = r->readonly,
                     .ram = r->ram, .ram_at = r->ram_at + skip,
                     .host = r->ram ? r->ram->host + r->ram_at + skip : NULL };
}

MemRef as_lookup_far(AddressSpace *as, Gpa addr, MemNear *near)
{
    u64 version = atomic_load(&as->version);    // before the view: at worst it is looked up again
    EpochStripe *in = reader_enter(as->mem);
    const FlatRange *r = find(atomic_load(&as->view), addr);
    MemRef ref = r ? ref_in(r, addr) : (MemRef){ 0 };

    if (r)
        *near = (MemNear){ version, r->start, range_length(r, r->start), ref_in(r, r->start) };
    reader_leave(in);
    return ref;
}

MemRef as_lookup(AddressSpace *as, Gpa addr, u64 *len)
{
    EpochStripe *in = reader_enter(as->mem);
    const FlatView *v = atomic_load(&as->view);
    const FlatRange *r = find(v, addr);
    MemRef ref = r ? ref_in(r, addr) : (MemRef){ 0 };

    if (len)
        *len = r ? range_length(r, addr) : hole_length(v, addr);
    reader_leave(in);
    return ref;
}

// ---- one MMIO access ------------------------------------------------------------------------

static MemResult worst(MemResult a, MemResult b)
{
    return MAX(a, b);
}

static bool access_allowed(const MemoryRegion *r, u64 offset, unsigned size, MemAttrs attrs)
{
    const MemOps *ops = r->ops;

    if (attrs.debug || offset >= size_of(r->size) || size > size_of(r->size) - offset)
        return false;
    if (attrs.dma && !ops->dma_ok) {
        log_guest("DMA to device region %s+0x%llx refused", r->name, (unsigned long long)offset);
        return false;
    }
    if (size < ops->valid_min || (ops->valid_max && size > ops->valid_max) ||
        (!ops->unaligned_ok && (offset & (size - 1)))) {
        log_guest("%u-byte access to %s+0x%llx is not allowed", size, r->name,
                  (unsigned long long)offset);
        return false;
    }
    return true;
}

// The width the functions are called with: what was asked for, within their limits and,
// unless they take any, aligned.
static unsigned unit_size(const MemOps *ops, u64 offset, unsigned size)
{
    unsigned lo = ops->impl_min ? ops->impl_min : 1, hi = ops->impl_max ? ops->impl_max : 8;
    unsigned unit = size < lo ? lo : MIN(size, hi);

    while (!ops->impl_unaligned && unit > lo && (offset & (unit - 1)))
        unit /= 2;
    return unit;
}

// Bytes of a unit at `at` that belong to [offset, offset + size).
typedef struct {
    unsigned skip, count, done; // in the unit, how many, and where in the value
} Lane;

static Lane lane_of(u64 at, unsigned unit, u64 offset, unsigned size)
{
    unsigned skip = at < offset ? (unsigned)(offset - at) : 0;
    unsigned done = at < offset ? 0 : (unsigned)(at - offset);

    return (Lane){ skip, MIN(unit - skip, size - done), done };
}

static u64 first_unit(const MemOps *ops, u64 offset, unsigned unit)
{
    return ops->impl_unaligned ? offset : align_down(offset, unit);
}

// What nearly all accesses are.
static bool one_unit(const MemOps *ops, u64 offset, unsigned unit, unsigned size)
{
    return unit == size && first_unit(ops, offset, unit) == offset;
}

static MemResult mmio_read(MemoryRegion *r, u64 offset, u64 *val, unsigned size, MemAttrs attrs)
{
    const MemOps *ops = r->ops;
    unsigned unit = unit_size(ops, offset, size);
    MemResult res = MEM_OK;

    *val = 0;
    if (likely(one_unit(ops, offset, unit, size))) {
        res = ops->read(r->opaque, (Gpa)offset, val, unit, attrs);
        *val = bits(*val, 0, size * 8);
        return res;
    }
    for (u64 at = first_unit(ops, offset, unit); at < offset + size; at += unit) {
        Lane l = lane_of(at, unit, offset, size);
        u64 v = 0;

        res = worst(res, ops->read(r->opaque, (Gpa)at, &v, unit, attrs));
        *val |= bits(v, l.skip * 8, l.count * 8) << l.done * 8;
    }
    return res;
}

static MemResult mmio_write(MemoryRegion *r, u64 offset, u64 val, unsigned size, MemAttrs attrs)
{
    const MemOps *ops = r->ops;
    unsigned unit = unit_size(ops, offset, size);
    MemResult res = MEM_OK;

    if (likely(one_unit(ops, offset, unit, size)))
        return ops->write(r->opaque, (Gpa)offset, bits(val, 0, size * 8), unit, attrs);
    for (u64 at = first_unit(ops, offset, unit); at < offset + size; at += unit) {
        Lane l = lane_of(at, unit, offset, size);
        u64 v = bits(val, l.done * 8, l.count * 8) << l.skip * 8;

        res = worst(res, ops->write(r->opaque, (Gpa)at, v, unit, attrs));
    }
    return res;
}

// Aligned accesses are single-copy atomic, as a guest expects of its memory.
static u64 host_load(const u8 *p, unsigned size)
{
    if ((uintptr_t)p % size)
        return load_le(p, size);
    switch (size) {
    case 1: return __atomic_load_n(p, __ATOMIC_RELAXED);
    case 2: return __atomic_load_n((const u16 *)p, __ATOMIC_RELAXED);
    case 4: return __atomic_load_n((const u32 *)p, __ATOMIC_RELAXED);
    default: return __atomic_load_n((const u64 *)p, __ATOMIC_RELAXED);
    }
}

static void host_store(u8 *p, unsigned size, u64 v)
{
    if ((uintptr_t)p % size) {
        store_le(p, size, v);
        return;
    }
    switch (size) {
    case 1: __atomic_store_n(p, (u8)v, __ATOMIC_RELAXED); break;
    case 2: __atomic_store_n((u16 *)p, (u16)v, __ATOMIC_RELAXED); break;
    case 4: __atomic_store_n((u32 *)p, (u32)v, __ATOMIC_RELAXED); break;
    default: __atomic_store_n((u64 *)p, v, __ATOMIC_RELAXED);
    }
}

static bool in_ram(const MemoryRegion *r, u64 offset, unsigned size)
{
    return r->ram && offset < r->size && size <= r->size - offset;
}

MemResult region_read(MemoryRegion *r, u64 offset, u64 *val, unsigned size, MemAttrs attrs)
{
    *val = 0;
    if (r->kind == MEM_RAM || r->kind == MEM_ROM || (r->kind == MEM_ROMD && r->rom_mode)) {
        if (!in_ram(r, offset, size))
            return MEM_DECODE_ERR;
        *val = host_load(r->ram->host + r->ram_at + offset, size);
        return MEM_OK;
    }
    if (!r->ops || !access_allowed(r, offset, size, attrs))
        return MEM_DECODE_ERR;
    return mmio_read(r, offset, val, size, attrs);
}

static void ram_store(RamBlock *ram, u64 at, u64 val, unsigned size)
{
    host_store(ram->host + at, size, val);
    ram_written(ram, at, size);
}

MemResult region_write(MemoryRegion *r, u64 offset, u64 val, unsigned size, MemAttrs attrs)
{
    if (r->kind == MEM_RAM || (r->ram && attrs.debug)) {
        if (!in_ram(r, offset, size))
            return MEM_DECODE_ERR;
        ram_store(r->ram, r->ram_at + offset, val, size);
        return MEM_OK;
    }
    if (r->kind == MEM_ROM)
        return MEM_OK;
    if (!r->ops || !access_allowed(r, offset, size, attrs))
        return MEM_DECODE_ERR;
    return mmio_write(r, offset, val, size, attrs);
}

// ---- accesses through a space ---------------------------------------------------------------

static MemResult read_in(const FlatRange *r, Gpa addr, u64 *val, unsigned size, MemAttrs attrs)
{
    if (r->ram) {
        *val = host_load(r->ram->host + r->ram_at + (addr - r->start), size);
        return MEM_OK;
    }
    return region_read(r->region, r->offset + (addr - r->start), val, size, attrs);
}

static MemResult write_in(const FlatRange *r, Gpa addr, u64 val, unsigned size, MemAttrs attrs)
{
    if (r->ram && (!r->readonly || attrs.debug)) {
        ram_store(r->ram, r->ram_at + (addr - r->start), val, size);
        return MEM_OK;
    }
    return region_write(r->region, r->offset + (addr - r->start), val, size, attrs);
}

// An access over the seam of two ranges, or of a range and nothing, byte by byte.
static MemResult read_bytes(const FlatView *v, Gpa addr, u64 *val, unsigned size, MemAttrs attrs)
{
    MemResult res = MEM_OK;

    *val = 0;
    for (unsigned i = 0; i < size; i++) {
        const FlatRange *r = find(v, addr + i);
        u64 byte = 0;

        res = worst(res, r ? read_in(r, addr + i, &byte, 1, attrs) : MEM_DECODE_ERR);
        *val |= byte << i * 8;
    }
    return res;
}

static MemResult write_bytes(const FlatView *v, Gpa addr, u64 val, unsigned size, MemAttrs attrs)
{
    MemResult res = MEM_OK;

    for (unsigned i = 0; i < size; i++) {
        const FlatRange *r = find(v, addr + i);

        res = worst(res, r ? write_in(r, addr + i, bits(val, i * 8, 8), 1, attrs)
                           : MEM_DECODE_ERR);
    }
    return res;
}

MemResult as_read(AddressSpace *as, Gpa addr, u64 *val, unsigned size, MemAttrs attrs)
{
    EpochStripe *in = reader_enter(as->mem);
    const FlatView *v = atomic_load(&as->view);
    const FlatRange *r = find(v, addr);
    MemResult res;

    if (r && r->last - addr >= size - 1)
        res = read_in(r, addr, val, size, attrs);
    else
        res = read_bytes(v, addr, val, size, attrs);
    reader_leave(in);
    return res;
}

MemResult as_write(AddressSpace *as, Gpa addr, u64 val, unsigned size, MemAttrs attrs)
{
    EpochStripe *in = reader_enter(as->mem);
    const FlatView *v = atomic_load(&as->view);
    const FlatRange *r = find(v, addr);
    MemResult res;

    if (r && r->last - addr >= size - 1)
        res = write_in(r, addr, val, size, attrs);
    else
        res = write_bytes(v, addr, val, size, attrs);
    reader_leave(in);
    return res;
}

// The device that `near` remembers, if the whole access lies in it.
static MemoryRegion *device_near(AddressSpace *as, Gpa addr, unsigned size, MemNear *near,
                                 u64 *offset)
{
    MemRef ref = as_lookup_near(as, addr, near);

    *offset = ref.offset;
    return ref.ram || !ref.region || near->len - (addr - near->base) < size ? NULL : ref.region;
}

MemResult as_read_near(AddressSpace *as, Gpa addr, u64 *val, unsigned size, MemAttrs attrs,
                       MemNear *near)
{
    u64 offset;
    MemoryRegion *r = device_near(as, addr, size, near, &offset);

    return r ? region_read(r, offset, val, size, attrs) : as_read(as, addr, val, size, attrs);
}

MemResult as_write_near(AddressSpace *as, Gpa addr, u64 val, unsigned size, MemAttrs attrs,
                        MemNear *near)
{
    u64 offset;
    MemoryRegion *r = device_near(as, addr, size, near, &offset);

    return r ? region_write(r, offset, val, size, attrs) : as_write(as, addr, val, size, attrs);
}

// ---- buffers ---------------------------------------------------------------------------------

typedef struct {
    u8 *buf;       // NULL: fill with `byte`
    bool write;
    u8 byte;
    MemAttrs attrs;
} Transfer;

static MemResult ram_piece(const Transfer *t, RamBlock *ram, u64 at, u64 done, u64 n)
{
    u8 *host = ram->host + at;

    if (!t->write) {
        memcpy(t->buf + done, host, n);
        return MEM_OK;
    }
    if (t->buf)
        memcpy(host, t->buf + done, n);
    else
        memset(host, t->byte, n);
    ram_written(ram, at, n);
    return MEM_OK;
}

static unsigned widest(const FlatRange *r, Gpa addr, u64 n)
{
    const MemOps *ops = r->region->ops;
    u64 offset = r->offset + (addr - r->start);
    unsigned size = ops && ops->valid_max ? ops->valid_max : 8;

    while (size > 1 && (size > n || (offset & (size - 1))))
        size /= 2;
    return size;
}

static MemResult mmio_piece(const Transfer *t, const FlatRange *r, Gpa addr, u64 done, u64 n)
{
    MemResult res = MEM_OK;

    while (n) {
        unsigned size = widest(r, addr, n);
        u64 v = t->byte * 0x0101010101010101ull;

        if (!t->write) {
            res = worst(res, read_in(r, addr, &v, size, t->attrs));
            store_le(t->buf + done, size, v);
        } else {
            if (t->buf)
                v = load_le(t->buf + done, size);
            res = worst(res, write_in(r, addr, v, size, t->attrs));
        }
        addr += size;
        done += size;
        n -= size;
    }
    return res;
}

static MemResult piece(const Transfer *t, const FlatRange *r, Gpa addr, u64 done, u64 n)
{
    if (!r) {
        if (!t->write)
            memset(t->buf + done, 0, n);
        return MEM_DECODE_ERR;
    }
    if (r->ram && (!t->write || !r->readonly || t->attrs.debug))
        return ram_piece(t, r->ram, r->ram_at + (addr - r->start), done, n);
    if (r->region->kind == MEM_ROM || t->attrs.debug) {
        // stores to ROM are lost; a debugger does not touch devices
        if (!t->write)
            memset(t->buf + done, 0, n);
        return r->region->kind == MEM_ROM ? MEM_OK : MEM_DECODE_ERR;
    }
    return mmio_piece(t, r, addr, done, n);
}

static MemResult transfer(AddressSpace *as, Gpa addr, u64 len, const Transfer *t)
{
    EpochStripe *in = reader_enter(as->mem);
    const FlatView *v = atomic_load(&as->view);
    MemResult first = MEM_OK;

    for (u64 done = 0; done < len;) {
        const FlatRange *r = find(v, addr + done);
        u64 n = r ? range_length(r, addr + done) : hole_length(v, addr + done);
        MemResult res = piece(t, r, addr + done, done, n = MIN(n, len - done));

        first = first ? first : res;
        done += n;
    }
    reader_leave(in);
    return first;
}

MemResult as_rw(AddressSpace *as, Gpa addr, void *buf, u64 len, bool write, MemAttrs attrs)
{
    return transfer(as, addr, len, &(Transfer){ buf, write, 0, attrs });
}

MemResult as_fill(AddressSpace *as, Gpa addr, u8 byte, u64 len, MemAttrs attrs)
{
    return transfer(as, addr, len, &(Transfer){ NULL, true, byte, attrs });
}

// ---- DMA ----------------------------------------------------------------------------------------

MemResult dma_read(AddressSpace *as, Gpa addr, void *buf, u64 len, MemAttrs attrs)
{
    attrs.dma = 1;
    return as_rw(as, addr, buf, len, false, attrs);
}

MemResult dma_write(AddressSpace *as, Gpa addr, const void *buf, u64 len, MemAttrs attrs)
{
    attrs.dma = 1;
    return as_write_buf(as, addr, buf, len, attrs);
}

void *dma_map(AddressSpace *as, Gpa addr, u64 *len, bool write, MemAttrs attrs)
{
    u64 n;
    MemRef ref = as_lookup(as, addr, &n);

    (void)attrs; // an IOMMU will look at the requester
    if (!ref.host || (write && ref.readonly))
        return NULL;
    *len = MIN(*len, n);
    return ref.host;
}

void dma_unmap(AddressSpace *as, void *host, u64 written)
{
    u64 at;
    RamBlock *ram = written ? ram_of_host(as->mem, host, &at) : NULL;

    if (ram)
        ram_written(ram, at, MIN(written, ram->size - at));
}

// ---- printing -----------------------------------------------------------------------------------

static const char *const kind_name[] = {
    [MEM_CONTAINER] = "container", [MEM_RAM] = "ram", [MEM_ROM] = "rom",
    [MEM_ROMD] = "romd", [MEM_MMIO] = "i/o", [MEM_ALIAS] = "alias",
};

static void print_region(const MemoryRegion *r, u128 base, int depth, FILE *out)
{
    u128 last = base + size_of(r->size) - 1;

    fprintf(out, "%*s%016llx-%016llx (prio %d, %s): %s", depth * 2, "", (unsigned long long)base,
            (unsigned long long)last, r->priority, kind_name[r->kind], r->name);
    if (r->kind == MEM_ALIAS)
        fprintf(out, " = %s+0x%llx", r->target->name, (unsigned long long)r->target_at);
    fprintf(out, "%s\n", r->enabled ? "" : " [disabled]");
    list_foreach (kid, &r->children, MemoryRegion, link)
        print_region(kid, base + kid->at, depth + 1, out);
}

void mem_print_tree(Memory *mem, FILE *out)
{
    mem_begin(mem);
    list_foreach (as, &mem->spaces, AddressSpace, link) {
        const FlatView *v = atomic_load(&as->view);

        fprintf(out, "address-space: %s\n", as->name);
        print_region(as->root, 0, 1, out);
        fprintf(out, "  flat view:\n");
        for (u32 i = 0; i < v->count; i++)
            fprintf(out, "    %016llx-%016llx (%s): %s @%016llx\n",
                    (unsigned long long)v->range[i].start, (unsigned long long)v->range[i].last,
                    kind_name[v->range[i].region->kind], v->range[i].region->name,
                    (unsigned long long)v->range[i].offset);
    }
    mem_end(mem);
}
