// SPDX-License-Identifier: MIT
// The harness of amd64_vec.c and amd64_fp.c, see amd64_emit.h.
#if defined(__x86_64__)
#include "tests/unit/amd64_emit.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>

enum { BUF = 8192, EFLAGS_SEEN = 0x8d5, MXCSR_FLAGS = 0x3f };

static u8 *buf;
static Emit emit;
static Ctx ctx;
static V128 vconst;
static struct { u8 *jump, *resume; EmitArgs x; } cold[JIT_COLD];
static int ncold;
static bool clobbered;

u32 jit_cpu(int i) { return i ? asm_cpu_detect() : 0; }
void jit_vconst(const V128 *v) { vconst = *v; }

void jit_cold_op(Emit *e, const EmitArgs *x, u8 *jump)
{
    if (ncold == JIT_COLD) FAIL("too many cold jumps");
    cold[ncold].jump = jump;
    cold[ncold].resume = e->a.p;
    cold[ncold++].x = *x;
}

void jit_flags_clobbered(Emit *e)
{
    (void)e;
    clobbered = true;
}

#define FIELD(f) mem_b(RBP, (i32)offsetof(JitState, f))
static Mem xmm_at(int r) { return mem_b(RBP, (i32)offsetof(JitState, xmm) + 16 * r); }
static Mem gpr_at(int r) { return mem_b(RBP, (i32)offsetof(JitState, gpr) + 8 * r); }
static const u8 saved[] = { RBX, RBP, R12, R13, R14, R15 };

static void prologue(Asm *a)
{
    for (size_t i = 0; i < ARRAY_LEN(saved); i++) asm_push(a, saved[i]);
    asm_mov(a, 3, RBP, RDI);
    asm_stmxcsr(a, FIELD(host_mxcsr));
    asm_ldmxcsr(a, FIELD(mxcsr));
    for (int i = 0; i < 16; i++) asm_vmovups_load(a, i, xmm_at(i));
    asm_load(a, 3, RAX, FIELD(eflags));
    asm_push(a, RAX);
    asm_byte(a, 0x9d);                              // popfq
    for (int i = 0; i < 16; i++)
        if (i != RSP && i != RBP) asm_load(a, 3, i, gpr_at(i));
}

static void epilogue(Asm *a)
{
    for (int i = 0; i < 16; i++)
        if (i != RSP && i != RBP) asm_store(a, 3, gpr_at(i), i);
    asm_byte(a, 0x9c);                              // pushfq
    asm_pop(a, RAX);
    asm_store(a, 3, FIELD(eflags), RAX);
    for (int i = 0; i < 16; i++) asm_vmovups_store(a, xmm_at(i), i);
    asm_stmxcsr(a, FIELD(mxcsr));
    asm_ldmxcsr(a, FIELD(host_mxcsr));
    for (int i = (int)ARRAY_LEN(saved) - 1; i >= 0; i--) asm_pop(a, saved[i]);
    asm_ret(a);
}

void jit_compile(Jit *j, JitEmit *fn, u32 cpu)
{
    if (!buf) {
        buf = mmap(NULL, BUF, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
        if (buf == MAP_FAILED) SKIP("no memory to run code in");
    }
    Asm *a = &emit.a;
    asm_begin(a, buf, buf + BUF, 0, cpu);
    ctx.vkonst = &vconst;
    emit.t = &ctx;
    ncold = 0;
    clobbered = false;
    j->x.in = &j->in;
    prologue(a);
    if (!fn(&emit, &j->x)) FAIL("op %d has no emitter", j->in.op);
    u8 *end = a->p;
    epilogue(a);
    for (int i = 0; i < ncold; i++) {
        EQ(cold[i].resume, end);                    // the op's last act
        asm_patch32_here(a, cold[i].jump);
        asm_store_i(a, 2, FIELD(cold), i + 1);
        asm_jmp_back(a, end);
        j->cold_x[i] = cold[i].x;
    }
    asm_pool_flush(a);
    FALSE(a->overflow);
    j->ncold = ncold;
    j->clobbered = clobbered;
    j->run = (void (*)(JitState *))(uintptr_t)buf;
}

void jit_noise(Jit *j)
{
    u64 *p = (u64 *)&j->before;
    for (size_t i = 0; i < sizeof j->before / 8; i++) p[i] = test_random();
    j->before.eflags = (test_random() & EFLAGS_SEEN) | 0x202;
    j->before.mxcsr = 0x1f80;
    j->before.cold = 0;
}

void jit_describe(const Jit *j, char *out, size_t size)
{
    static const char *const name[] = {
#define OP(op, nin, res, props, doc) #op,
#include "tcg/ops.def"
#undef OP
    };
    const JitState *b = &j->before;
    int len = snprintf(out, size, "%s ty %d,%d aux %x imm %d d %d", name[j->in.op], j->in.ty,
                       j->in.ty2, j->in.aux, j->in.imm, j->x.d);
    for (int i = 0; i < 3 && (size_t)len < size; i++) {
        int s = j->x.s[i];
        const unsigned long long hi = b->xmm[s].d[1], lo = b->xmm[s].d[0], g = b->gpr[s];
        len += snprintf(out + len, size - (size_t)len, "; s%d %d xmm %016llx:%016llx gpr %llx", i,
                        s, hi, lo, g);
    }
}

void jit_run(Jit *j, bool d_xmm)
{
    char what[512];
    j->after = j->before;
    j->run(&j->after);
    const JitState *b = &j->before, *n = &j->after;
    jit_describe(j, what, sizeof what);
    for (int i = 0; i < 16; i++) {
        bool x_free = i <= XMM2 || (d_xmm && i == j->x.d);
        bool g_free = i <= RDX || i == RSP || i == RBP || (!d_xmm && i == j->x.d);
        if (!x_free && !n->cold && memcmp(&n->xmm[i], &b->xmm[i], 16))
            FAIL("%s: xmm%d spoiled", what, i);
        if (!g_free && !n->cold && n->gpr[i] != b->gpr[i]) FAIL("%s: gpr %d spoiled", what, i);
    }
    if (!j->clobbered && ((n->eflags ^ b->eflags) & EFLAGS_SEEN))
        FAIL("%s: flags spoiled in secret", what);
    if ((n->mxcsr ^ b->mxcsr) & ~(u32)MXCSR_FLAGS) FAIL("%s: mxcsr %x", what, n->mxcsr);
}
#endif
