// SPDX-License-Identifier: MIT
// Self-modifying code.
//
// A RAM page from which something was translated carries RAM_CODE.  TLB entries for such a
// page have TAG_CODE in their write tag, so stores to it come here.  A store that hits the
// bytes of a region drops it; one that does not (data beside code) is only counted, and after
// MISS_LIMIT of these in a row all regions of the page go, the flag is cleared and stores are
// fast again: code that still runs is translated anew.  A page that plays this game
// DROP_LIMIT times keeps its protection.
//
// Dropping a region: it is marked dead, those who jump to it are patched back to their stubs, its
// entries in the jump caches are cleared.  A vCPU inside it goes on to its end: Arm promises no
// more before an ISB (B2.2.5), and the code's memory is not reused before a flush.
//
// The order that closes the race between a store and a translation: translate sets RAM_CODE, asks
// all TLBs to drop their fast write entries, then reads the bytes; a store after that comes here.
#include "tcg/host.h"
#include "tcg/stress.h"
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/log.h"

enum { MISS_LIMIT = 256, DROP_LIMIT = 32, PAGES_PER_LEAF = 512 };

CodePage *smc_page(Tcg *tcg, RamBlock *ram, u64 at, bool make)
{
    u64 id = (ram->ram_offset + at) >> PAGE_BITS;
    u32 leaf = (u32)(id / PAGES_PER_LEAF);
    if (leaf >= tcg->npages) {
        if (!make)
            return NULL;
        u32 n = leaf + 64;
        tcg->pages = xrealloc(tcg->pages, n * sizeof *tcg->pages);
        for (u32 i = tcg->npages; i < n; i++)
            tcg->pages[i] = NULL;
        tcg->npages = n;
    }
    if (!tcg->pages[leaf]) {
        if (!make)
            return NULL;
        tcg->pages[leaf] = xalloc(PAGES_PER_LEAF * sizeof **tcg->pages);
    }
    CodePage *p = &tcg->pages[leaf][id % PAGES_PER_LEAF];
    p->ram = ram;
    p->ram_at = at;
    return p;
}

void smc_unlink(Tcg *tcg, Region *r)
{
    for (Region *from = r->in; from;) {
        RegionLink *l = &from->links[r->in_idx];
        tcg->host->link(tcg, from, r->in_idx, NULL);
        l->to = NULL;
        r->in_idx = l->next_idx;
        from = l->next;
        l->next = NULL;
    }
    r->in = NULL;
}

// r no longer jumps anywhere: takes its links out of their targets' lists.
static void unlink_outgoing(Region *r)
{
    for (u32 i = 0; i < r->nlinks; i++) {
        Region *to = r->links[i].to;
        if (!to)
            continue;
        Region **at = &to->in;
        u8 *idx = &to->in_idx;
        while (*at && !(*at == r && *idx == i)) {
            RegionLink *l = &(*at)->links[*idx];
            at = &l->next;
            idx = &l->next_idx;
        }
        if (*at) {
            *at = r->links[i].next;
            *idx = r->links[i].next_idx;
        }
        r->links[i].to = NULL;
    }
}

static void region_drop(Tcg *tcg, Region *r)
{
    atomic_store(&r->dead, true);
    cache_unhash(tcg, r);
    smc_unlink(tcg, r);
    unlink_outgoing(r);
    tcg->host->retire(tcg, r);                      // jump caches still lead to it
    vec_foreach (c, &tcg->cpus)
        if (r->loops)
            cpu_kick(*c, CPU_EXIT_ACCEL);           // it may be going round in there
}

typedef struct Bytes { u64 lo, hi; } Bytes;         // [lo, hi) of a page

static bool overlaps(const Region *r, const void *opaque)
{
    const Bytes *b = opaque;
    return r->guest_lo < b->hi && b->lo < r->guest_hi;
}

static u32 drop_those(Tcg *tcg, CodePage *p, bool (*those)(const Region *r, const void *opaque),
                      const void *opaque)
{
    u32 n = 0;
    p->map = 0;
    for (Region **at = &p->regions; *at;) {
        Region *r = *at;
        if (those(r, opaque)) {
            *at = r->page_next;
            region_drop(tcg, r);
            n++;
            continue;
        }
        for (unsigned g = r->guest_lo >> 6; g <= (r->guest_hi - 1u) >> 6; g++)
            p->map |= 1ull << g;
        at = &r->page_next;
    }
    return n;
}

static u64 granules(u64 lo, u64 hi)
{
    u64 m = ~0ull << (lo >> 6);
    unsigned last = (unsigned)((hi - 1) >> 6);
    return last == 63 ? m : m & ((2ull << last) - 1);
}

// Too many stores beside its code?
static bool hot(const Tcg *tcg, CodePage *p)
{
    bool eager = stress_on(tcg, STRESS_SMC);
    return ++p->misses >= (eager ? 2 : MISS_LIMIT) && (eager || p->drops < DROP_LIMIT);
}

// A write of [at, at+len), within one page, has happened or is about to.
static u32 page_written(Tcg *tcg, RamBlock *ram, u64 at, u64 len, bool count)
{
    u64 page = at & ~(u64)(PAGE_SIZE - 1), lo = at - page, hi = lo + len;
    u32 n = 0;
    mutex_lock(&tcg->lock);
    CodePage *p = smc_page(tcg, ram, page, false);
    if (p && (p->map & granules(lo, hi))) {
        n = drop_those(tcg, p, overlaps, &(Bytes){ lo, hi });
        p->misses = 0;
    } else if (p && count && hot(tcg, p)) {
        p->drops++;
        p->misses = 0;
        n = drop_those(tcg, p, overlaps, &(Bytes){ 0, PAGE_SIZE });
    }
    if (!p || !p->regions)
        ram_flag_clear(ram, page, RAM_CODE);
    mutex_unlock(&tcg->lock);
    return n;
}

void smc_store(Cpu *cpu, RamBlock *ram, u64 at, unsigned len)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    th->stats.smc++;
    th->stats.invalidated += page_written(tcg_cpu(cpu)->tcg, ram, at, len, true);
}

void smc_written(void *opaque, RamBlock *ram, u64 at, u64 len)
{
    while (len) {
        u64 n = PAGE_SIZE - (at & (PAGE_SIZE - 1));
        if (n > len)
            n = len;
        if (ram_flags(ram, at) & RAM_CODE)
            page_written(opaque, ram, at, n, false);
        at += n;
        len -= n;
    }
}

// -- by virtual address -------------------------------------------------------------------

typedef struct VaSet { const u64 *va; size_t n; } VaSet;

static bool covers_one(const Region *r, const void *opaque)
{
    const VaSet *set = opaque;
    u64 lo = untagged(r->pc), end = (lo & ~(u64)(PAGE_SIZE - 1)) + r->guest_hi;
    size_t a = 0, b = set->n;
    while (a < b) {                                 // the first that is not below lo
        size_t mid = a + (b - a) / 2;
        if (set->va[mid] < lo)
            a = mid + 1;
        else
            b = mid;
    }
    return !r->solo && a < set->n && set->va[a] < end;
}

u32 smc_drop_covering(Tcg *tcg, const u64 *va, size_t n)
{
    u32 dropped = 0;
    mutex_lock(&tcg->lock);
    for (u32 leaf = 0; leaf < tcg->npages; leaf++)
        for (int i = 0; tcg->pages[leaf] && i < PAGES_PER_LEAF; i++) {
            CodePage *p = &tcg->pages[leaf][i];
            if (!p->regions)
                continue;
            dropped += drop_those(tcg, p, covers_one, &(VaSet){ va, n });
            if (!p->regions)
                ram_flag_clear(p->ram, p->ram_at, RAM_CODE);
        }
    mutex_unlock(&tcg->lock);
    return dropped;
}
