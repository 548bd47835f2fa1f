// SPDX-License-Identifier: MIT
// The soft TLB.
//
// A vCPU has up to TLB_TABLES direct-mapped tables, one for each TcgSpace (regime,
// permission class, ASID, VMID) it used lately, so that a context switch changes a pointer
// and purges nothing.  Generated code probes the current table; a tag is the VA page *as
// used* (with its top byte) plus slow bits, which make the compare fail.  Tables belong to the
// vCPU's thread; others ask by a queue (tlb_ask_all) that the vCPU serves at its next poll.
// A vCPU outside generated code serves its queue before it enters again, so nobody waits for it.
#include "tcg/stress.h"
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/log.h"

#include <string.h>

LOG_CATEGORY("tcg.tlb")

enum { STRESS_ENTRIES = 8 };                        // a tiny TLB

static void table_clear(TcgThread *th, TlbTable *t)
{
    if (!(th->filled & t->bit))
        return;
    for (int w = 0; w < TLB_SIZE / 64; w++) {
        for (u64 bits = t->used[w]; bits; bits &= bits - 1) {
            TlbEntry *e = &t->e[w * 64 + __builtin_ctzll(bits)];
            e->rtag = e->wtag = TAG_INVALID;
        }
        t->used[w] = 0;
    }
    t->large_lo = ~0ull;
    t->large_hi = 0;
    t->filled = 0;
    th->filled &= ~t->bit;
}

static TlbTable *table_new(u32 bit)
{
    TlbTable *t = xaligned(64, sizeof *t);
    for (int i = 0; i < TLB_SIZE; i++)
        t->e[i] = (TlbEntry){ TAG_INVALID, TAG_INVALID, 0, 0 };
    t->large_lo = ~0ull;
    t->bit = bit;
    return t;
}

static bool same_space(const TcgSpace *a, const TcgSpace *b) { return !memcmp(a, b, sizeof *a); }

// Contexts that point to a table which gets a new owner must not be used as they are.
static void forget_contexts(TcgThread *th, const TlbTable *t)
{
    for (int i = 0; i < CTX_MAX; i++)
        if (th->slots[i].data == t || th->slots[i].user == t)
            ctx_live(th, &th->slots[i], false);
}

TlbTable *tlb_table(TcgThread *th, const TcgSpace *space)
{
    TlbTable *oldest = NULL;
    TcgCpu *tc = tcg_cpu(th->cpu);
    for (int i = 0; i < TLB_TABLES; i++) {
        TlbTable *t = th->tables[i];
        if (!t) {
            t = th->tables[i] = table_new(1u << i);
            oldest = t;
            break;
        }
        if (t->live && same_space(&t->space, space)) {
            t->stamp = ++th->stamp;
            return t;
        }
        if (t != tc->tlb && t != tc->tlb_user && (!oldest || t->stamp < oldest->stamp))
            oldest = t;
    }
    forget_contexts(th, oldest);
    table_clear(th, oldest);
    oldest->space = *space;
    oldest->live = true;
    oldest->stamp = ++th->stamp;
    return oldest;
}

void tlb_flush_data(TcgThread *th)
{
    tcg_cpu(th->cpu)->fe->forget_tables(th->cpu);
    for (u32 bits = th->filled; bits; bits &= bits - 1)
        table_clear(th, th->tables[__builtin_ctz(bits)]);
}

void tlb_flush_all(TcgThread *th)
{
    tlb_flush_data(th);
    memset(th->fetch, 0xff, sizeof th->fetch);
    ctx_renew_all(th);
}

// -- invalidation by address --------------------------------------------------------------

static void entry_drop(TlbTable *t, unsigned i)
{
    t->e[i].rtag = t->e[i].wtag = TAG_INVALID;
    t->used[i / 64] &= ~(1ull << (i % 64));
}

static void table_drop_range(TcgThread *th, TlbTable *t, u64 va, u64 size)
{
    u64 lo = untagged(va) & ~(u64)(PAGE_SIZE - 1), pages = (size + PAGE_SIZE - 1) >> PAGE_BITS;
    if (pages > TLB_SIZE / 4 || (t->large_lo <= lo + size - 1 && lo <= t->large_hi)) {
        table_clear(th, t);
        return;
    }
    for (u64 p = 0; p < pages; p++) {
        unsigned i = tlb_index(lo + (p << PAGE_BITS));
        u64 tag = (t->e[i].rtag != TAG_INVALID ? t->e[i].rtag : t->e[i].wtag);
        if (untagged(tag & ~(u64)(PAGE_SIZE - 1)) == lo + (p << PAGE_BITS))
            entry_drop(t, i);
    }
}

static bool op_names_space(const TcgTlbiOp *op, const TcgSpace *s)
{
    return op->regime == s->regime && (op->kind != TLBI_ASID || op->asid == s->asid);
}

static void drop_code(TcgThread *th, const TcgTlbiOp *op)
{
    for (u64 bits = th->live; bits; bits &= bits - 1) {
        CtxSlot *s = &th->slots[__builtin_ctzll(bits)];
        if (!op_names_space(op, &s->key.data))
            continue;
        if (op->kind == TLBI_ALL || op->kind == TLBI_ASID)
            ctx_touched(th, s, 0, ~0ull);
        else
            ctx_touched(th, s, op->va, op->size);
    }
}

void tlb_apply(TcgThread *th, const TcgTlbiOp *op)
{
    th->stats.tlbi++;
    if (!op->last)
        tcg_cpu(th->cpu)->fe->forget_tables(th->cpu);
    for (u32 bits = th->filled; bits; bits &= bits - 1) {
        TlbTable *t = th->tables[__builtin_ctz(bits)];
        if (!t->live || !op_names_space(op, &t->space))
            continue;
        if (op->kind == TLBI_VA || op->kind == TLBI_VA_ALL_ASID)
            table_drop_range(th, t, op->va, op->size);
        else
            table_clear(th, t);
    }
    drop_code(th, op);
}

void tlb_drop_write(TcgThread *th, const u8 *host_page)
{
    for (u32 left = th->filled; left; left &= left - 1) {
        TlbTable *t = th->tables[__builtin_ctz(left)];
        for (int w = 0; w < TLB_SIZE / 64; w++)
            for (u64 bits = t->used[w]; bits; bits &= bits - 1) {
                TlbEntry *e = &t->e[w * 64 + __builtin_ctzll(bits)];
                u64 page = e->wtag & ~(u64)(PAGE_SIZE - 1);
                if (!(e->wtag & (TAG_INVALID | TAG_IO)) &&
                    (const u8 *)(uintptr_t)(page + (u64)e->addend) == host_page)
                    e->wtag |= TAG_CODE;
            }
    }
}

// -- filling ------------------------------------------------------------------------------

// RAM_OPEN before a tag lets stores through: who sets RAM_CODE sees it then, or we see RAM_CODE.
static u64 write_tag(u64 page, const MemRef *ref, u64 ram_at, u8 prot)
{
    if (!(prot & PAGE_W))
        return TAG_INVALID;
    if (ref->readonly)
        return page | TAG_IO;
    u8 f = ram_flags(ref->ram, ram_at);
    if (!(f & (RAM_CODE | RAM_LOG | RAM_OPEN)))
        f = ram_flag_set(ref->ram, ram_at, RAM_OPEN);
    return f & (RAM_CODE | RAM_LOG) ? page | TAG_CODE : page;
}

static void entry_fill(Cpu *cpu, TlbTable *t, TlbEntry *e, u64 va, const TcgPage *pg)
{
    u64 page = va & ~(u64)(PAGE_SIZE - 1), pa = pg->pa & ~(u64)(PAGE_SIZE - 1);
    MemNear *near = &tcg_cpu(cpu)->th->near;
    const u8 *host = as_host_near(cpu->as, pa, 1, near);
    e->page = pa | pg->prot | (pg->device ? 8u : 0);
    if (host) {
        e->addend = (i64)((u64)(uintptr_t)host - page);
        e->rtag = pg->prot & PAGE_R ? page | (pg->device ? TAG_ALIGN : 0) : TAG_INVALID;
        e->wtag = write_tag(page, &near->ref, near->ref.ram_at + (pa - near->base), pg->prot);
        if (pg->device && e->wtag != TAG_INVALID)
            e->wtag |= TAG_ALIGN;
    } else {
        e->addend = 0;
        e->rtag = pg->prot & PAGE_R ? page | TAG_IO : TAG_INVALID;
        e->wtag = pg->prot & PAGE_W ? page | TAG_IO : TAG_INVALID;
    }
    u32 watch = debug_watch_tags(cpu, page);
    if (watch & PAGE_R && e->rtag != TAG_INVALID)
        e->rtag |= TAG_WATCH;
    if (watch & PAGE_W && e->wtag != TAG_INVALID)
        e->wtag |= TAG_WATCH;
    unsigned i = (unsigned)(e - t->e);
    t->used[i / 64] |= 1ull << (i % 64);
    tcg_cpu(cpu)->th->filled |= t->bit;
    if (pg->size > PAGE_SIZE) {
        u64 lo = untagged(va) & ~(pg->size - 1);
        if (lo < t->large_lo)
            t->large_lo = lo;
        if (lo + pg->size - 1 > t->large_hi)
            t->large_hi = lo + pg->size - 1;
    }
}

bool tlb_entry(Cpu *cpu, u64 va, TcgAccess acc, MemOp m, TlbEntry **out, TcgFault *f)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TlbTable *t = m & MO_USER ? tc->tlb_user : tc->tlb;
    TlbEntry *e = &t->e[tlb_index(va)];
    u64 tag = acc == ACC_WRITE ? e->wtag : e->rtag;
    *out = e;
    if (!(tag & TAG_INVALID) && (tag & ~(u64)(PAGE_SIZE - 1)) == (va & ~(u64)(PAGE_SIZE - 1)))
        return true;
    TcgPage pg = { 0 };
    tc->th->stats.tlb_fills++;
    if (stress_on(tc->tcg, STRESS_TLB) && ++t->filled > STRESS_ENTRIES)
        table_clear(tc->th, t);
    if (!tc->fe->translate(cpu, va, acc, &t->space, m & MO_USER, &pg)) {
        *f = tcg_fault(va, acc, m, TF_MMU);
        f->fault = pg.fault;
        return false;
    }
    entry_fill(cpu, t, e, va, &pg);
    return true;
}

// -- requests between vCPUs ---------------------------------------------------------------

static u64 push(TcgThread *th, const TlbRequest *rq)
{
    mutex_lock(&th->lock);
    if (th->nqueue == TLB_REQUESTS) {
        th->queue[0] = (TlbRequest){ .everything = true };
        th->nqueue = 1;
    } else {
        th->queue[th->nqueue++] = *rq;
    }
    u64 seq = atomic_fetch_add(&th->asked, 1) + 1;
    mutex_unlock(&th->lock);
    return seq;
}

void tlb_serve(TcgThread *th)
{
    TlbRequest todo[TLB_REQUESTS];
    if (atomic_load(&th->asked) == atomic_load_explicit(&th->done, memory_order_relaxed))
        return;
    mutex_lock(&th->lock);
    int n = th->nqueue;
    u64 seq = atomic_load(&th->asked);
    memcpy(todo, th->queue, (size_t)n * sizeof todo[0]);
    th->nqueue = 0;
    mutex_unlock(&th->lock);
    for (int i = 0; i < n; i++) {
        if (todo[i].everything)
            tlb_flush_all(th);
        else if (todo[i].code_page)
            tlb_drop_write(th, todo[i].code_page);
        else
            tlb_apply(th, &todo[i].op);
    }
    atomic_store(&th->done, seq);
}

static void wait_for(TcgThread *self, TcgThread *other, u64 seq)
{
    for (int spins = 0; atomic_load(&other->in_code) && atomic_load(&other->done) < seq; spins++) {
        if (self)
            tlb_serve(self);
        if (spins < 200)
            cpu_relax();
        else
            sched_yield();
    }
}

void tlb_ask_all(Cpu *self, const TlbRequest *rq, bool wait)
{
    Tcg *tcg = self ? tcg_cpu(self)->tcg : NULL;
    u64 seq[512];
    int n = (int)tcg->cpus.len;
    for (int i = 0; i < n && i < 512; i++) {
        Cpu *c = tcg->cpus.at[i];
        if (c == self)
            continue;
        seq[i] = push(tcg_cpu(c)->th, rq);
        atomic_fetch_or(&c->exit, CPU_EXIT_TLB);    // asleep, it serves before it runs
    }
    for (int i = 0; wait && i < n && i < 512; i++)
        if (tcg->cpus.at[i] != self)
            wait_for(tcg_cpu(self)->th, tcg_cpu(tcg->cpus.at[i])->th, seq[i]);
}

void tcg_tlbi(Cpu *cpu, const TcgTlbiOp *op, bool all_cpus)
{
    tlb_apply(tcg_cpu(cpu)->th, op);
    if (all_cpus && tcg_cpu(cpu)->tcg->cpus.len > 1)
        tlb_ask_all(cpu, &(TlbRequest){ .op = *op }, true);
}

void tcg_icache_invalidate(Cpu *cpu, u64 va, u64 len, bool all)
{
    (void)cpu, (void)va, (void)len, (void)all;      // stores to code are watched: nothing to do
}
