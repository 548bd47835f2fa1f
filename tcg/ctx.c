// SPDX-License-Identifier: MIT
// Contexts: what a pc means.
//
// A context is (space, user space, mode key, FP control).  Each has a 31-bit generation that
// the jump cache's entries carry beside the code's address.  (Not in the pc: a guest may jump to
// any 64 bits, and would find another context's code under a pc that differs in them; see
// tests/insn/arm64/jump_tags.S.)  Exceptions, returns and address-space
// switches thus keep every entry; a TLBI that touches a page which code was fetched from
// gives the context a new generation, and its old entries can match no more.
//
// A TLBI that names a process's whole address space mostly changes nothing where its code is:
// fork and exit do that, for the kernel's code as well under KPTI.  So a context knows the pages
// that it fetched code from, and what they were; it looks again, by the walk that a TLB miss
// would be, and keeps its generation when all are the same.  It looks when it is entered, or
// at once when it is the current one.  In the same way a new context tries the pages of the one
// that ran last in its mode (the kernel of another process, the parent of a fork), and when
// they are all its own as well it takes over the jump cache, under a generation of its own: what
// either runs later is none of the other's business (tests/insn/arm64/contexts.S).
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/log.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>

enum { GENERATIONS = INT_MAX };

static const size_t jumps_size = ((size_t)CTX_MAX * JC_SIZE + (1 << JC2_BITS)) * sizeof(JumpEntry);

bool ctx_init(TcgThread *th)
{
    void *p = mmap(NULL, jumps_size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    memset(th->fetch, 0xff, sizeof th->fetch);
    if (p == MAP_FAILED)
        return false;
    th->jc = p;
    th->jc2 = th->jc + CTX_MAX * JC_SIZE;
    return true;
}

void ctx_live(TcgThread *th, CtxSlot *s, bool live)
{
    u64 mask = 1ull << (s - th->slots);
    s->live = live;
    th->live = live ? th->live | mask : th->live & ~mask;
}

void ctx_fini(TcgThread *th)
{
    for (int i = 0; i < CTX_MAX; i++)
        free(th->slots[i].pages);
    if (th->jc)
        munmap(th->jc, jumps_size);
}

void ctx_forget_jumps(TcgThread *th) { madvise(th->jc, jumps_size, MADV_DONTNEED); }

static void pages_clear(CtxSlot *s);

static void generations_restart(TcgThread *th)
{
    ctx_forget_jumps(th);
    memset(th->fetch, 0xff, sizeof th->fetch);
    th->generation = 0;
    for (int i = 0; i < CTX_MAX; i++)
        if (th->slots[i].live)
            th->slots[i].ctxkey = ++th->generation;
}

void ctx_renew(TcgThread *th, CtxSlot *s)
{
    if (th->generation >= GENERATIONS - 1)
        generations_restart(th);
    s->ctxkey = ++th->generation;
    memset(s->code_pages, 0, sizeof s->code_pages);
    pages_clear(s);
    if (s == th->ctx)
        tcg_cpu(th->cpu)->ctxkey = s->ctxkey;
}

// -- the pages of a context's code ------------------------------------------------------------

// Where the page is, or would be; VAs without their top byte are equal.
static CodeVa *page_place(CodeVa *pages, u64 va)
{
    u32 h = (u32)((untagged(va) >> PAGE_BITS) * 0x9e3779b97f4a7c15u >> 40);
    while (pages[h % CTX_PAGES].va != ~0ull && untagged(pages[h % CTX_PAGES].va ^ va))
        h++;
    return &pages[h % CTX_PAGES];
}

static void pages_clear(CtxSlot *s)
{
    if (s->npages)
        memset(s->pages, 0xff, CTX_PAGES * sizeof *s->pages);
    s->npages = 0;
    s->stale = false;
}

void ctx_note_page(CtxSlot *s, const CodeVa *page)
{
    unsigned b = bloom_bit(untagged(page->va));
    s->code_pages[b >> 6] |= 1ull << (b & 63);
    if (s->npages > CTX_PAGES_MAX)
        return;
    if (!s->pages) {
        s->pages = xalloc(CTX_PAGES * sizeof *s->pages);
        memset(s->pages, 0xff, CTX_PAGES * sizeof *s->pages);
    }
    CodeVa *p = page_place(s->pages, page->va);
    s->npages += p->va == ~0ull;
    *p = *page;
}

// Is the page what it was, as the vCPU sees memory now?
static bool page_same(Cpu *cpu, const CodeVa *p)
{
    const TcgCpu *tc = tcg_cpu(cpu);
    TcgPage pg = { 0 };
    return tc->fe->translate(cpu, p->va, ACC_FETCH, &tc->tlb->space, false, &pg) &&
           (pg.pa & ~(u64)(PAGE_SIZE - 1)) == p->pa && pg.mode == p->mode;
}

static bool pages_same(Cpu *cpu, const CtxSlot *s)
{
    u32 left = s->npages;
    if (left > CTX_PAGES_MAX)
        return false;
    for (u32 i = 0; left && i < CTX_PAGES; i++) {
        if (s->pages[i].va == ~0ull)
            continue;
        if (!page_same(cpu, &s->pages[i]))
            return false;
        left--;
    }
    return true;
}

// s is the current one.
static void look_again(Cpu *cpu, CtxSlot *s)
{
    s->stale = false;
    if (!pages_same(cpu, s))
        ctx_renew(tcg_cpu(cpu)->th, s);
}

static bool is_current(const TcgThread *th, const CtxSlot *s)
{
    return s == th->ctx && atomic_load_explicit(&th->in_code, memory_order_relaxed);
}

static void touched_one(TcgThread *th, CtxSlot *s, u64 va)
{
    unsigned b = bloom_bit(untagged(va));
    if (!(s->code_pages[b >> 6] >> (b & 63) & 1))
        return;
    const CodeVa *p = page_place(s->pages, va);
    if (p->va == ~0ull)
        return;
    if (!is_current(th, s))
        s->stale = true;
    else if (!page_same(th->cpu, p))
        ctx_renew(th, s);
}

void ctx_touched(TcgThread *th, CtxSlot *s, u64 va, u64 size)
{
    u64 pages = (size + PAGE_SIZE - 1) >> PAGE_BITS;
    if (!s->npages || s->stale)
        return;
    if (size <= (u64)64 << PAGE_BITS && s->npages <= CTX_PAGES_MAX) {
        for (u64 p = 0; p < pages && s->npages; p++)
            touched_one(th, s, va + (p << PAGE_BITS));
        return;
    }
    s->stale = true;
    if (is_current(th, s))
        look_again(th->cpu, s);
}

static CtxSlot *last_like(TcgThread *th, const CtxSlot *s)
{
    CtxSlot *last = NULL;
    for (int i = 0; i < CTX_MAX; i++) {
        CtxSlot *x = &th->slots[i];
        if (x != s && x->live && x->npages && x->key.mode == s->key.mode &&
            x->key.mxcsr == s->key.mxcsr && (!last || x->stamp > last->stamp))
            last = x;
    }
    return last;
}

// s is new and the current one.
static void take_over(Cpu *cpu, CtxSlot *s)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    const CtxSlot *x = last_like(th, s);
    if (!x || !pages_same(cpu, x))
        return;
    for (u32 i = 0; i < CTX_PAGES; i++)
        if (x->pages[i].va != ~0ull)
            ctx_note_page(s, &x->pages[i]);
    JumpEntry *to = th->jc + (s - th->slots) * JC_SIZE;
    const JumpEntry *from = th->jc + (x - th->slots) * JC_SIZE;
    for (u32 i = 0; i < JC_SIZE; i++) {
        to[i] = from[i];
        to[i].key = from[i].key == (u32)x->ctxkey ? (u32)s->ctxkey : 0;
    }
}

// -- contexts -----------------------------------------------------------------------------------

void ctx_renew_all(TcgThread *th)
{
    for (int i = 0; i < CTX_MAX; i++)
        if (th->slots[i].live)
            ctx_renew(th, &th->slots[i]);
}

static unsigned ctx_hash(const TcgContext *k)
{
    u64 a, b;
    memcpy(&a, &k->data, 8);
    memcpy(&b, &k->user, 8);
    u64 h = (a * 0x9e3779b97f4a7c15u) ^ (b * 0xc2b2ae3d27d4eb4fu) ^ (u64)k->mode * 0x165667b19e37u;
    return (unsigned)(h >> 40);
}

static bool same_key(const TcgContext *a, const TcgContext *b)
{
    return !memcmp(&a->data, &b->data, sizeof a->data) &&
           !memcmp(&a->user, &b->user, sizeof a->user) && a->mode == b->mode &&
           a->mxcsr == b->mxcsr;
}

static bool is_for(const CtxSlot *s, const TcgContext *key)
{
    return s && s->live && same_key(&s->key, key);
}

static CtxSlot *ctx_find(TcgThread *th, const TcgContext *key)
{
    unsigned h = ctx_hash(key);
    CtxSlot *pick = NULL;
    for (unsigned i = 0; i < 4; i++) {              // four ways
        CtxSlot *s = &th->slots[(h + i) % CTX_MAX];
        if (is_for(s, key))
            return s;
        if (s != th->ctx && (!pick || !s->live || (pick->live && s->stamp < pick->stamp)))
            pick = s;
    }
    *pick = (CtxSlot){ .key = *key, .live = true, .fresh = true, .pages = pick->pages,
                       .npages = pick->npages };
    ctx_renew(th, pick);
    th->stats.contexts++;
    return pick;
}

// The vCPU's thread keeps its control bits from ctx_enter on.
static void fp_control(TcgCpu *tc, u32 mxcsr)
{
    if (tc->mxcsr == mxcsr)
        return;
    tc->mxcsr = mxcsr;
#if defined(__x86_64__)
    __builtin_ia32_ldmxcsr(mxcsr | (__builtin_ia32_stmxcsr() & 0x3f));
#endif
}

void ctx_set(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TcgThread *th = tc->th;
    TcgContext key;
    memset(&key, 0, sizeof key);
    tc->fe->context(cpu, &key);
    if (!is_for(th->ctx, &key)) {
        CtxSlot *was = th->ctx;
        th->ctx = is_for(th->ctx_before, &key) ? th->ctx_before : ctx_find(th, &key);
        th->ctx_before = was;
    }
    CtxSlot *s = th->ctx;
    if (!s->data || s->data->space.regime != key.data.regime ||
        memcmp(&s->data->space, &key.data, sizeof key.data) || !s->data->live)
        s->data = tlb_table(th, &key.data);
    tc->tlb = s->data;
    if (!s->user || memcmp(&s->user->space, &key.user, sizeof key.user) || !s->user->live)
        s->user = tlb_table(th, &key.user);
    tc->tlb_user = s->user;
    ctx_live(th, s, true);
    s->stamp = s->data->stamp = s->user->stamp = ++th->stamp;
    if (unlikely(s->fresh))
        take_over(cpu, s);
    s->fresh = false;
    if (unlikely(s->stale))
        look_again(cpu, s);
    tc->ctxkey = s->ctxkey;
    tc->jc = th->jc + (s - th->slots) * JC_SIZE;
    tc->mode = key.mode;
    fp_control(tc, key.mxcsr);
}

void ctx_enter(Cpu *cpu)
{
#if defined(__x86_64__)
    tcg_cpu(cpu)->mxcsr = __builtin_ia32_stmxcsr() & ~0x3fu;
#endif
    ctx_set(cpu);
}

void tcg_context_changed(Cpu *cpu)
{
    const TcgThread *th = tcg_cpu(cpu)->th;
    if (th && atomic_load_explicit(&th->in_code, memory_order_relaxed))
        ctx_set(cpu);                               // else tcg_run does, on the vCPU's thread
}
