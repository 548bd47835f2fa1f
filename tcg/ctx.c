// SPDX-License-Identifier: MIT
// Contexts: what a pc means.
//
// A context is (space, user space, mode key, FP control).  Each has a 31-bit generation that
// the jump cache's entries carry beside the code's address.  (Not in the pc: a guest may jump to
// any 64 bits, and would find another context's code under a pc that differs in them; see
// tests/insn/arm64/jump_tags.S.)  Exceptions, returns and address-space
// switches thus keep every entry; a TLBI that touches a page which code was fetched from
// gives the context a new generation, and its old entries can match no more.
#include "tcg/tcg.h"
#include "util/alloc.h"
#include "util/log.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>

enum { GENERATIONS = INT_MAX };

static const size_t jumps_size = (size_t)CTX_MAX * JC_SIZE * sizeof(JumpEntry);

bool ctx_init(TcgThread *th)
{
    void *p = mmap(NULL, jumps_size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    memset(th->fetch, 0xff, sizeof th->fetch);
    th->jc = p == MAP_FAILED ? NULL : p;
    return th->jc;
}

void ctx_fini(TcgThread *th)
{
    if (th->jc)
        munmap(th->jc, jumps_size);
}

void ctx_forget_jumps(TcgThread *th) { madvise(th->jc, jumps_size, MADV_DONTNEED); }

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
    if (s == th->ctx)
        tcg_cpu(th->cpu)->ctxkey = s->ctxkey;
}

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

static CtxSlot *ctx_find(TcgThread *th, const TcgContext *key)
{
    unsigned h = ctx_hash(key);
    CtxSlot *pick = NULL;
    for (unsigned i = 0; i < 4; i++) {              // four ways
        CtxSlot *s = &th->slots[(h + i) % CTX_MAX];
        if (s->live && same_key(&s->key, key))
            return s;
        if (s != th->ctx && (!pick || !s->live || (pick->live && s->stamp < pick->stamp)))
            pick = s;
    }
    *pick = (CtxSlot){ .key = *key, .live = true };
    ctx_renew(th, pick);
    th->stats.contexts++;
    return pick;
}

#if defined(__x86_64__)
static void fp_control(TcgCpu *tc, u32 mxcsr)
{
    u32 now = __builtin_ia32_stmxcsr(), flags = now & 0x3f;
    if ((now & ~0x3fu) != mxcsr)
        __builtin_ia32_ldmxcsr(mxcsr | flags);
    tc->mxcsr = mxcsr;
}
#else
static void fp_control(TcgCpu *tc, u32 mxcsr) { tc->mxcsr = mxcsr; }
#endif

void ctx_set(Cpu *cpu)
{
    TcgCpu *tc = tcg_cpu(cpu);
    TcgThread *th = tc->th;
    TcgContext key;
    memset(&key, 0, sizeof key);
    tc->fe->context(cpu, &key);
    if (!th->ctx || !th->ctx->live || !same_key(&th->ctx->key, &key))
        th->ctx = ctx_find(th, &key);
    CtxSlot *s = th->ctx;
    if (!s->data || s->data->space.regime != key.data.regime ||
        memcmp(&s->data->space, &key.data, sizeof key.data) || !s->data->live)
        s->data = tlb_table(th, &key.data);
    tc->tlb = s->data;
    if (!s->user || memcmp(&s->user->space, &key.user, sizeof key.user) || !s->user->live)
        s->user = tlb_table(th, &key.user);
    tc->tlb_user = s->user;
    s->live = true;
    s->stamp = s->data->stamp = s->user->stamp = ++th->stamp;
    tc->ctxkey = s->ctxkey;
    tc->jc = th->jc + (s - th->slots) * JC_SIZE;
    tc->mode = key.mode;
    fp_control(tc, key.mxcsr);
}

void tcg_context_changed(Cpu *cpu)
{
    const TcgThread *th = tcg_cpu(cpu)->th;
    if (th && atomic_load_explicit(&th->in_code, memory_order_relaxed))
        ctx_set(cpu);                               // else tcg_run does, on the vCPU's thread
}
