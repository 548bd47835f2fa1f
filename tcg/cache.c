// SPDX-License-Identifier: MIT
// The code buffer and the regions in it.
//
// One memory, mapped twice: written at rw, run at rx (W^X).  Each vCPU fills chunks of it of
// its own, so translation takes no lock; the lock guards what joins regions: hash chains,
// page lists, links.  Lookups walk the hash without a lock (regions are added in front;
// those that leave keep their own link, and nothing is freed before a flush).
//
// Links: a jump from one region into another of the same guest page is patched to go straight
// there.  A region knows who jumps to it, so that dropping it can patch them back to their
// stubs.  Across pages nothing is linked: the mapping of the target's page may change, so these
// jumps probe the jump cache, whose entries carry the context's generation.  What that missed is
// looked for in the vCPU's second, larger one, of all its contexts, before the hash.
//
// Copies: a region that the hash does not hold for this VA may be there for another one of the same
// PA and mode; `movable` keeps the last of each that can be moved.  It is copied for the new VA
// rather than translated again (docs/decisions/0006), into a chunk of the vCPU's own like any
// other, under the lock, which keeps the original from dying meanwhile.  A copy is a region in
// its own right: it outlives the original.
//
// When the buffer or a table is full, everything goes at once: all vCPUs leave generated code,
// then all is empty again (cache_flush).
#include "tcg/host.h"
#include "tcg/stress.h"
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/log.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

LOG_CATEGORY("tcg.cache")

static void *reserve(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

// Where a jump cache entry can point to.
#if defined(MAP_32BIT)
#define LOW MAP_32BIT
#else
#define LOW 0
#endif

// Shared anonymous memory: mremap of length 0 maps it a second time, and perf looks up its
// addresses in /tmp/perf-PID.map, which it does not for a memfd.
static bool map_buffer(Tcg *tcg, size_t size, Error *err)
{
    void *rw = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (rw == MAP_FAILED)
        return error_set(err, "no memory for a code buffer of %zu MiB; use a smaller tb-size",
                         size >> 20);
    void *low = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | LOW, -1, 0);
    if (low == MAP_FAILED || (u64)(uintptr_t)low + size > 1ull << 32) {
        munmap(rw, size);
        return error_set(err, "no %zu MiB of address space free below 4 GiB for the code buffer; "
                         "use a smaller tb-size", size >> 20);
    }
    void *rx = mremap(rw, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, low);
    int prot = PROT_READ | (tcg->host->interprets ? 0 : PROT_EXEC);
    if (rx == MAP_FAILED || mprotect(rx, size, prot) < 0) {
        munmap(rw, size);
        return error_set(err, "this host forbids executable memory; use -accel tcg,engine=eval");
    }
    tcg->rw = rw;
    tcg->rx = rx;
    tcg->size = size;
    return true;
}

static bool reserve_tables(Tcg *tcg)
{
    static const Table kinds[TABLES] = {
        [TABLE_REGIONS] = { .max = 1 << 20, .size = sizeof(Region) },
        [TABLE_LINKS] = { .max = 1 << 21, .size = sizeof(RegionLink) },
        [TABLE_SITES] = { .max = 1 << 22, .size = sizeof(Site) },
        [TABLE_SNAPS] = { .max = 1 << 23, .size = sizeof(SnapLoc) },
    };
    for (int i = 0; i < TABLES; i++) {
        Table *t = &tcg->tables[i];
        t->max = kinds[i].max;
        t->size = kinds[i].size;
        t->at = reserve(t->max * t->size);
        if (!t->at)
            return false;
    }
    tcg->regions = (void *)tcg->tables[TABLE_REGIONS].at;
    tcg->links = (void *)tcg->tables[TABLE_LINKS].at;
    tcg->sites = (void *)tcg->tables[TABLE_SITES].at;
    tcg->snaps = (void *)tcg->tables[TABLE_SNAPS].at;
    return true;
}

bool cache_init(Tcg *tcg, size_t size, Error *err)
{
    if (!map_buffer(tcg, size, err))
        return false;
    bool room = reserve_tables(tcg);
    tcg->hash = reserve(sizeof *tcg->hash << HASH_BITS);
    tcg->movable = reserve(sizeof *tcg->movable << MOVABLE_BITS);
    if (!room || !tcg->hash || !tcg->movable)
        return error_set(err, "not enough address space for the translator's tables");
    mutex_init(&tcg->lock);
    mutex_init(&tcg->flush_lock);
    return true;
}

static void unmap(void *p, size_t size)
{
    if (p)
        munmap(p, size);
}

void cache_fini(Tcg *tcg)
{
    unmap(tcg->rw, tcg->size);
    unmap(tcg->rx, tcg->size);
    for (int i = 0; i < TABLES; i++)
        unmap(tcg->tables[i].at, tcg->tables[i].max * tcg->tables[i].size);
    unmap((void *)tcg->hash, sizeof *tcg->hash << HASH_BITS);
    unmap((void *)tcg->movable, sizeof *tcg->movable << MOVABLE_BITS);
    for (u32 i = 0; i < tcg->npages; i++)
        free(tcg->pages[i]);
    free(tcg->pages);
}

static unsigned hash_of(u64 pa, u64 pc, u64 mode)
{
    u64 h = (pa >> 2) * 0x9e3779b97f4a7c15u ^ (pc >> 12) * 0xc2b2ae3d27d4eb4fu ^
            mode * 0x27d4eb2f165667c5u;
    return (unsigned)(h >> (64 - HASH_BITS));
}

static u64 mode_of(u32 mode, bool solo) { return mode | (u64)solo << 32; }

Region *cache_find(Tcg *tcg, u64 pa, u64 pc, u32 mode, bool solo)
{
    unsigned h = hash_of(pa, pc, mode_of(mode, solo));
    Region *r = atomic_load_explicit(&tcg->hash[h], memory_order_acquire);
    while (r && (r->pc != pc || r->pa != pa || r->mode != mode || r->solo != solo ||
                 atomic_load_explicit(&r->dead, memory_order_relaxed)))
        r = atomic_load_explicit(&r->hash_next, memory_order_acquire);
    return r;
}

static Region *_Atomic *movable_at(Tcg *tcg, u64 pa, u32 mode)
{
    return &tcg->movable[hash_of(pa, 0, mode) >> (HASH_BITS - MOVABLE_BITS)];
}

Region *cache_movable(Tcg *tcg, u64 pa, u32 mode)
{
    Region *r = atomic_load_explicit(movable_at(tcg, pa, mode), memory_order_acquire);
    return r && r->pa == pa && r->mode == mode &&
           !atomic_load_explicit(&r->dead, memory_order_relaxed) ? r : NULL;
}

void cache_publish(Tcg *tcg, Region *r, RamBlock *ram, u64 ram_at)
{
    mutex_lock(&tcg->lock);
    CodePage *p = smc_page(tcg, ram, ram_at & ~(u64)(PAGE_SIZE - 1), true);
    r->page_next = p->regions;
    p->regions = r;
    for (unsigned g = r->guest_lo >> 6; g <= (r->guest_hi - 1u) >> 6; g++)
        p->map |= 1ull << g;
    unsigned h = hash_of(r->pa, r->pc, mode_of(r->mode, r->solo));
    atomic_store_explicit(&r->hash_next, atomic_load(&tcg->hash[h]), memory_order_relaxed);
    atomic_store_explicit(&tcg->hash[h], r, memory_order_release);
    if (r->moves)
        atomic_store_explicit(movable_at(tcg, r->pa, r->mode), r, memory_order_release);
    atomic_fetch_add_explicit(&tcg->published, 1, memory_order_release);
    mutex_unlock(&tcg->lock);
}

// tcg->lock is held.  A lookup that stands on r goes on along its chain: r stays as it is.
void cache_unhash(Tcg *tcg, const Region *r)
{
    Region *_Atomic *at = &tcg->hash[hash_of(r->pa, r->pc, mode_of(r->mode, r->solo))];
    for (Region *x; (x = atomic_load_explicit(at, memory_order_relaxed)); at = &x->hash_next)
        if (x == r) {
            atomic_store_explicit(at, atomic_load(&r->hash_next), memory_order_release);
            return;
        }
}

// ---- room ---------------------------------------------------------------------------------
//
// Memory is first touched a step at a time: a page fault for each page of code and tables
// would cost a fifth of translation.

enum { STEP = 64 << 10 };

// A hint: kernels before 5.14 refuse it, and pages come by faults.
static void populate(void *p, size_t bytes, int how)
{
#ifdef MADV_POPULATE_WRITE
    madvise(p, bytes, how);
#else
    (void)p, (void)bytes, (void)how;
#endif
}

void cache_code_ahead(Tcg *tcg, TcgThread *th)
{
    if (th->code_ready == th->code_end || th->code_ready - th->code > STEP / 2)
        return;
    populate(th->code_ready, STEP, MADV_POPULATE_WRITE);
    populate(tcg_rx(tcg, th->code_ready), STEP, MADV_POPULATE_READ);
    th->code_ready += STEP;
}

bool cache_take(Tcg *tcg, int table, u32 n, u32 *first)
{
    Table *t = &tcg->tables[table];
    *first = atomic_fetch_add_explicit(&t->n, n, memory_order_relaxed);
    if (*first + n > t->max)
        return false;
    size_t from = (*first * t->size + STEP - 1) & ~(size_t)(STEP - 1), to = (*first + n) * t->size;
    if (from < to)                                  // into the next step
        populate(t->at + from, STEP, MADV_POPULATE_WRITE);
    return true;
}

bool cache_tables_full(const Tcg *tcg)
{
    static const u32 spare[TABLES] = {
        [TABLE_REGIONS] = 1024, [TABLE_LINKS] = 65536, [TABLE_SITES] = 65536,
        [TABLE_SNAPS] = 262144,
    };
    for (int i = 0; i < TABLES; i++)
        if (atomic_load_explicit(&tcg->tables[i].n, memory_order_relaxed) >
            tcg->tables[i].max - spare[i])
            return true;
    return false;
}

bool cache_chunk(Tcg *tcg, TcgThread *th)
{
    // A page counts once for each view that has it: what was written goes out of the rw view (and
    // stays in the other), and links patched since come back page by page.
    if (th->code_end)
        madvise(tcg->rw, MIN(atomic_load(&tcg->used), tcg->size), MADV_DONTNEED);
    size_t at = atomic_fetch_add(&tcg->used, CODE_CHUNK);
    if (at + CODE_CHUNK > tcg->size)
        return false;
    th->code = th->code_ready = tcg->rw + at;
    th->code_end = th->code + CODE_CHUNK;
    return true;
}

void cache_link(TcgThread *self, Region *from, u32 i, Region *to)
{
    Tcg *tcg = tcg_cpu(self->cpu)->tcg;
    RegionLink *l = &from->links[i];
    if (tcg->no_links || from->solo)
        return;
    bool lose = stress_one_in(self, STRESS_LINK, 3);
    if (stress_one_in(self, STRESS_LINK, 2))
        return;
    mutex_lock(&tcg->lock);
    if (!l->to && !atomic_load(&from->dead) && !atomic_load(&to->dead)) {
        l->to = to;
        l->next = to->in;
        l->next_idx = to->in_idx;
        to->in = from;
        to->in_idx = (u8)i;
        tcg->host->link(tcg, from, i, to);
    }
    if (lose)
        smc_unlink(tcg, from);
    mutex_unlock(&tcg->lock);
}

// -- flush --------------------------------------------------------------------------------

static bool others_out(Tcg *tcg, Cpu *self)
{
    vec_foreach (c, &tcg->cpus)
        if (*c != self && atomic_load(&tcg_cpu(*c)->th->in_code))
            return false;
    return true;
}

static void empty_thread(TcgThread *th)
{
    th->code = th->code_ready = th->code_end = NULL;
    ctx_forget_jumps(th);
}

void cache_flush(Cpu *self)
{
    Tcg *tcg = tcg_cpu(self)->tcg;
    size_t seen = atomic_load(&tcg->used);
    mutex_lock(&tcg->flush_lock);
    if (atomic_load(&tcg->used) < seen) {           // somebody else did it meanwhile
        mutex_unlock(&tcg->flush_lock);
        return;
    }
    atomic_store(&tcg->flushing, 1);
    vec_foreach (c, &tcg->cpus)
        if (*c != self)
            cpu_kick(*c, CPU_EXIT_ACCEL);
    while (!others_out(tcg, self)) {
        tlb_serve(tcg_cpu(self)->th);
        sched_yield();
    }
    log_info("code buffer full: %zu MiB dropped", seen >> 20);
    vec_foreach (c, &tcg->cpus)
        empty_thread(tcg_cpu(*c)->th);
    mutex_lock(&tcg->lock);                         // a device's thread may be in smc_written
    for (u32 i = 0; i < tcg->npages; i++) {
        for (int p = 0; tcg->pages[i] && p < 512; p++)
            if (tcg->pages[i][p].regions)
                ram_flag_clear(tcg->pages[i][p].ram, tcg->pages[i][p].ram_at, RAM_CODE);
        free(tcg->pages[i]);
        tcg->pages[i] = NULL;
    }
    madvise((void *)tcg->hash, sizeof *tcg->hash << HASH_BITS, MADV_DONTNEED);
    madvise((void *)tcg->movable, sizeof *tcg->movable << MOVABLE_BITS, MADV_DONTNEED);
    for (int i = 0; i < TABLES; i++)
        atomic_store(&tcg->tables[i].n, 0);
    atomic_store(&tcg->used, tcg->first);
    mutex_unlock(&tcg->lock);
    tcg_cpu(self)->th->stats.flushes++;
    atomic_fetch_add(&tcg->flush_count, 1);
    atomic_store(&tcg->flushing, 0);
    mutex_unlock(&tcg->flush_lock);
}

Region *cache_region_at(Tcg *tcg, const void *rx)
{
    const Table *t = &tcg->tables[TABLE_REGIONS];
    u32 n = atomic_load(&t->n);
    for (u32 i = 0; i < n && i < t->max; i++) {
        Region *r = &tcg->regions[i];
        if ((const u8 *)rx >= r->code && (const u8 *)rx < r->code + r->code_size)
            return r;
    }
    return NULL;
}
