// SPDX-License-Identifier: MIT
// The code that generated code shares, made once at the start of the buffer:
//
//   enter   C -> generated code: run(cpu, code); saves the callee-saved registers, makes the
//           frame, loads rbp (the Cpu, biased) and r15 (the soft TLB)
//   leave   back to the caller of enter; leave_at, lookup_at: rax = the pc, which is stored first
//   dyn     go on at the Cpu's pc: a helper may have changed pc, context and tables
//   lookup  the same after a miss in the jump cache
//   link    eax = link: go on at its target, and patch the jump if it may be
//   slow    eax = site, rdx = address: redo a memory operation in C; all registers are in
//           TcgCpu.gpr (and xmm in slow_vec) meanwhile, so that C can read and write them
//   probe   rdx = address, rcx = bytes - 1: the soft TLB once more; ZF: rax = host address
//   cold    eax = site: redo an FP operation in C
//
// Inside generated code rsp is 64-byte aligned and constant; calls into thunks push one word.
#include "tcg/host/amd64/emit.h"
#include "tcg/host.h"
#include "util/alloc.h"

static const u8 saved[] = { RBX, RBP, R12, R13, R14, R15 };

static Mem tc_mem(const TcgFrontend *fe, i64 off) { return mem_b(RBP, (i32)(off - fe->env_bias)); }

static void call_c(Asm *a, const void *fn)
{
    asm_mov_k(a, RAX, (u64)(uintptr_t)fn);
    asm_call_r(a, RAX);
}

static void cpu_to_rdi(Asm *a, const TcgFrontend *fe)
{
    asm_lea(a, 3, RDI, mem_b(RBP, -(i32)fe->env_bias));
}

static const void *make_enter(Asm *a, const TcgFrontend *fe)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    for (size_t i = 0; i < sizeof saved; i++)
        asm_push(a, saved[i]);
    asm_mov(a, 3, RAX, RSP);
    asm_alu_i(a, ALU_SUB, 3, RSP, TCG_FRAME + 64);
    asm_alu_i(a, ALU_AND, 3, RSP, -64);
    asm_store(a, 3, mem_b(RSP, TCG_FRAME), RAX);
    asm_lea(a, 3, RBP, mem_b(RDI, (i32)fe->env_bias));
    asm_store(a, 3, tc_mem(fe, TC(host_frame)), RSP);
    asm_load(a, 3, R15, tc_mem(fe, TC(tlb)));
    asm_jmp_r(a, RSI);
    return at;
}

// Before another thunk.
static const void *make_at(Asm *a, const TcgFrontend *fe)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    asm_store(a, 3, mem_b(RBP, (i32)(fe->pc_offset - fe->env_bias)), RAX);
    return at;
}

static const void *make_leave(Asm *a)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    asm_load(a, 3, RSP, mem_b(RSP, TCG_FRAME));
    for (size_t i = sizeof saved; i-- > 0;)
        asm_pop(a, saved[i]);
    asm_ret(a);
    return at;
}

// Jump to the code in rax, or leave when there is none.
static void go_rax(Asm *a, const TcgFrontend *fe, const void *leave)
{
    asm_load(a, 3, R15, tc_mem(fe, TC(tlb)));
    asm_test(a, 3, RAX, RAX);
    asm_jcc_abs(a, CC_E, leave);
    asm_jmp_r(a, RAX);
}

static const void *make_lookup(Asm *a, const TcgFrontend *fe, const void *leave)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    cpu_to_rdi(a, fe);
    call_c(a, tcg_next);
    go_rax(a, fe, leave);
    return at;
}

static const void *make_dyn(Asm *a, const TcgFrontend *fe, const void *lookup)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    asm_load(a, 3, RAX, mem_b(RBP, (i32)(fe->pc_offset - fe->env_bias)));
    asm_load(a, 3, R15, tc_mem(fe, TC(tlb)));
    asm_load(a, 3, RDX, tc_mem(fe, TC(jc)));
    asm_mov(a, 2, RCX, RAX);
    asm_alu_i(a, ALU_AND, 2, RCX, (JC_SIZE - 1) << 2);
    asm_alu_m(a, ALU_CMP, 3, RAX, mem_bi(RDX, RCX, 2, JC_PC));
    asm_jcc_abs(a, CC_NE, lookup);
    asm_load(a, 2, RAX, tc_mem(fe, TC(ctxkey)));
    asm_alu_m(a, ALU_CMP, 2, RAX, mem_bi(RDX, RCX, 2, JC_KEY));
    asm_jcc_abs(a, CC_NE, lookup);
    asm_load(a, 2, RAX, mem_bi(RDX, RCX, 2, JC_CODE));
    asm_jmp_r(a, RAX);
    return at;
}

static const void *make_link(Asm *a, const TcgFrontend *fe, const void *leave)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    cpu_to_rdi(a, fe);
    asm_mov(a, 2, RSI, RAX);
    call_c(a, amd64_link);
    go_rax(a, fe, leave);
    return at;
}

static void gprs(Asm *a, const TcgFrontend *fe, bool save)
{
    for (int r = 0; r < 16; r++) {
        if (!(GPR_POOL >> r & 1))
            continue;
        if (save)
            asm_store(a, 3, tc_mem(fe, TC(gpr) + 8 * r), r);
        else
            asm_load(a, 3, r, tc_mem(fe, TC(gpr) + 8 * r));
    }
}

static void xmms(Asm *a, const TcgFrontend *fe, bool save)
{
    for (int r = 0; r < 16; r++) {
        if (save)
            asm_vmovaps_store(a, tc_mem(fe, TC(xmm) + 16 * r), r);
        else
            asm_vmovaps_load(a, r, tc_mem(fe, TC(xmm) + 16 * r));
    }
}

static const void *make_slow(Asm *a, const TcgFrontend *fe, const void *dyn, bool vec)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    gprs(a, fe, true);
    if (vec)
        xmms(a, fe, true);
    cpu_to_rdi(a, fe);
    asm_mov(a, 2, RSI, RAX);
    asm_alu_i(a, ALU_SUB, 3, RSP, 8);
    call_c(a, amd64_slow);
    asm_test(a, 2, RAX, RAX);
    u8 *fault = asm_jcc_long(a, CC_NE);
    asm_alu_i(a, ALU_ADD, 3, RSP, 8);
    if (vec)
        xmms(a, fe, false);
    gprs(a, fe, false);
    asm_ret(a);
    asm_patch32_here(a, fault);
    asm_load(a, 3, RSP, tc_mem(fe, TC(host_frame)));
    asm_jmp_abs(a, dyn);
    return at;
}

static const void *make_cold(Asm *a, const TcgFrontend *fe)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    gprs(a, fe, true);
    asm_store(a, 3, tc_mem(fe, TC(gpr) + 8 * RCX), RCX);
    asm_store(a, 3, tc_mem(fe, TC(gpr) + 8 * RDX), RDX);
    xmms(a, fe, true);
    cpu_to_rdi(a, fe);
    asm_mov(a, 2, RSI, RAX);
    asm_alu_i(a, ALU_SUB, 3, RSP, 8);
    call_c(a, amd64_cold);
    asm_alu_i(a, ALU_ADD, 3, RSP, 8);
    xmms(a, fe, false);
    gprs(a, fe, false);
    asm_ret(a);
    return at;
}

// The thunks depend on the front-end's layout: one guest class a machine.
static void make_all(Asm *a, const TcgFrontend *fe, Thunks *t)
{
    t->enter = make_enter(a, fe);
    t->leave_at = make_at(a, fe);
    t->leave = make_leave(a);
    t->lookup_at = make_at(a, fe);
    t->lookup = make_lookup(a, fe, t->leave);
    t->dyn = make_dyn(a, fe, t->lookup);
    t->link = make_link(a, fe, t->leave);
    t->slow = make_slow(a, fe, t->dyn, false);
    t->slow_vec = make_slow(a, fe, t->dyn, true);
    t->cold = make_cold(a, fe);
    for (int n = 0; n < 2 * PROBE_SIZES * 2; n++) {
        int write = n & 1, vec = n >> 1 & 1, size = n >> 2;
        t->probe[write][size][vec] = emit_probe_thunk(a, write, 1u << size,
                                                      vec ? t->slow_vec : t->slow,
                                                      tc_mem(fe, TC(gpr) + 8 * RAX));
    }
    for (int r = 0; r < 16; r++)
        for (int write = 0; write < 2; write++)
            emit_probe_text(a, &t->probe_text[write][r], r, write);
}

bool thunks_init(Tcg *tcg, Error *err)
{
    Asm a;
    Thunks *t = xalloc(sizeof *t);
    tcg->host_state = t;
    t->cpu = asm_cpu_detect();                      // CPUID is dear in a VM: once
    asm_begin(&a, tcg->rw, tcg->rw + 16384, tcg->rx - tcg->rw, t->cpu);
    make_all(&a, tcg->fe, t);
    if (a.overflow)
        return error_set(err, "the translator's thunks do not fit");
    tcg->first = 16384;
    atomic_store(&tcg->used, tcg->first);
    return true;
}
