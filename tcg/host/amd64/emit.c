// SPDX-License-Identifier: MIT
// The amd64 host: from the IR of a region to machine code.
//
// Layout of a region: poll of the exit word; body; then, cold, the stubs of side exits, slow
// memory operations and FP operations, and the constants.  Links (jumps to other regions of
// the page) are 4-byte aligned rel32s that first lead to a stub, which asks the translator.
//
// Registers: rbp = Cpu + bias, r15 = soft TLB of the current space, rsp = frame; rax, rcx, rdx and
// xmm0-2 scratch; the rest belongs to ra.c.
#include "tcg/host/amd64/emit.h"
#include "tcg/host.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

#include <string.h>

enum { ROOM = 96 << 10 };                           // no region comes near this

Stub *emit_stub(Emit *e, StubKind kind, u8 *jump)
{
    if (e->nstubs == MAX_STUBS) {
        e->failed = true;
        e->nstubs--;
    }
    Stub *s = &e->stubs[e->nstubs++];
    *s = (Stub){ .kind = (u8)kind, .jump = jump, .reg = -1 };
    return s;
}

u32 emit_site(Emit *e, const Ins *in)
{
    u32 i;
    if (!cache_take(e->tcg, TABLE_SITES, 1, &i)) {
        e->failed = true;
        i = 0;
    }
    Site *s = &e->tcg->sites[i];
    u32 n = 0;
    *s = (Site){ .region = e->r, .pc_delta = e->pc_delta, .behind = e->left, .op = in->op,
                 .ty = in->ty, .ty2 = in->ty2, .sub = in->sub, .aux = in->aux, .dst = -1,
                 .dst2 = -1, .imm = in->imm, .src = { -1, -1, -1, -1 } };
    if (ir_ops[in->op].props & OPP_M)
        s->snap = ra_snapshot(e, &n);
    s->nsnap = n;
    return i;
}

void emit_cold_op(Emit *e, const EmitArgs *x, u8 *jump)
{
    Stub *st = emit_stub(e, STUB_COLD, jump);
    st->site = emit_site(e, x->in);
    st->resume = e->a.p;
    Site *s = &e->tcg->sites[st->site];
    s->dst = (i8)x->d;
    for (int i = 0; i < ir_ops[x->in->op].nin && i < 3; i++)
        s->src[i] = (i8)x->s[i];
}

void emit_callc(Emit *e, const void *fn)
{
    asm_mov_k(&e->a, RAX, (u64)(uintptr_t)fn);
    asm_call_r(&e->a, RAX);
    emit_flags_clobbered(e);
}

void emit_mov_pc(Emit *e, int d, u64 pc)
{
    const u8 *was = e->a.p;
    asm_mov_k(&e->a, d, pc);
    if (e->a.p - was == 10)
        asm_fix(&e->a, FIX_PC, e->a.p - 8);
    else
        asm_fixed(&e->a);                           // a short form
}

static void mov_k(Emit *e, int d, u64 k, bool moves)
{
    if (moves)
        emit_mov_pc(e, d, k);
    else
        asm_mov_k(&e->a, d, k);
}

void emit_mov_const(Emit *e, int d, Val k, i64 off)
{
    mov_k(e, d, ir_kval_now(e->t, k) + (u64)off, ir_moves(e->t, k));
}

void emit_store_k(Emit *e, Mem m, u64 k, bool moves)
{
    if ((i64)k == (i32)k) {
        asm_store_i(&e->a, 3, m, (i32)k);
        if (moves)
            asm_fixed(&e->a);
    } else {
        mov_k(e, RAX, k, moves);
        asm_store(&e->a, 3, m, RAX);
    }
}

void emit_fix_disp(Emit *e, AsmFix kind, i32 disp)
{
    if (disp == (i8)disp)
        asm_fixed(&e->a);
    else
        asm_fix(&e->a, kind, e->a.p - 4);
}

static void mov_index(Emit *e, AsmFix kind, u32 index)
{
    asm_mov_k(&e->a, RAX, index);
    asm_fix(&e->a, kind, e->a.p - 4);
}

void emit_mov_site(Emit *e, u32 site) { mov_index(e, FIX_SITE, site); }

void emit_budget(Emit *e, AsmAlu op, u32 insns)
{
    if (e->tcg->counted && insns)
        asm_alu_mi(&e->a, op, 3, env_mem(e, TC(budget)), (i32)insns);
}

static void store_pc(Emit *e, u64 pc)
{
    emit_store_k(e, env_mem(e, e->t->fend->pc_offset), pc, true);
}

// To leave_at or lookup_at.
static void go_with_pc(Emit *e, u64 pc, const void *thunk)
{
    emit_mov_pc(e, RAX, pc);
    asm_jmp_abs(&e->a, thunk);
}

// -- calls --------------------------------------------------------------------------------

// A scalar zeroes the rest of its vector register.
static void move_one(Emit *e, const Move *m)
{
    if (m->ty == T_F64)
        asm_vmovq(&e->a, m->dst, m->src);
    else if (m->ty == T_F32)
        asm_vinsertps(&e->a, m->dst, m->src, m->src, 0x0e);
    else if (ty_vec(m->ty))
        asm_vmov(&e->a, m->dst, m->src);
    else if (m->dst != m->src)
        asm_mov(&e->a, 3, m->dst, m->src);
}

static bool is_source(const Move *m, int n, int but, int reg)
{
    for (int k = 0; k < n; k++)
        if (k != but && m[k].src == reg)
            return true;
    return false;
}

void emit_move_all(Emit *e, Move *m, int n)
{
    while (n) {
        int pick = 0;
        while (pick < n && is_source(m, n, pick, m[pick].dst))
            pick++;
        if (pick == n) {                            // a cycle: by way of a scratch register
            bool vec = ty_vec(m[0].ty);
            i8 was = m[0].src, scratch = vec ? XMM0 : RAX;
            move_one(e, &(Move){ scratch, was, vec ? T_V128 : T_I64 });
            for (int k = 0; k < n; k++)
                if (m[k].src == was)
                    m[k].src = scratch;
            continue;
        }
        move_one(e, &m[pick]);
        m[pick] = m[--n];
    }
}

static void load_arg(Emit *e, int dst, Val v)
{
    if (ir_is_k(v)) {
        emit_mov_const(e, dst, v, 0);
        return;
    }
    const Loc *l = &e->loc[v.id];
    int sz = e->t->ins[v.id].ty == T_I32 ? 2 : 3;
    asm_load(&e->a, sz, dst, l->spill >= 0 ? mem_b(RSP, l->spill) : reg_mem(e, l->home));
}

static void pass_args(Emit *e, const IrCall *c, bool cpu)
{
    static const u8 order[] = { RDI, RSI, RDX, RCX, R8, R9 };
    Move m[6];
    int n = 0;
    for (int i = 0; i < c->nargs; i++) {
        Val v = c->args[i];
        if (!ir_is_k(v) && e->loc[v.id].reg >= 0)
            m[n++] = (Move){ (i8)order[i + cpu], e->loc[v.id].reg, T_I64 };
    }
    emit_move_all(e, m, n);
    for (int i = 0; i < c->nargs; i++) {
        Val v = c->args[i];
        if (ir_is_k(v) || e->loc[v.id].reg < 0)
            load_arg(e, order[i + cpu], v);
    }
    if (cpu)
        asm_lea(&e->a, 3, RDI, mem_b(RBP, -(i32)e->t->fend->env_bias));
}

static void gen_call(Emit *e, const Ins *in, i32 i)
{
    const IrCall *c = &e->t->calls[in->imm];
    const Helper *h = c->h;
    ra_flush(e, c->reads | c->writes, c->reads_hi | c->writes_hi);
    ra_clobber_home(e, c->writes, c->writes_hi);
    ra_end_op(e);
    if (h->flags & HELPER_RAISES)
        store_pc(e, e->r->pc + e->pc_delta);
    if (e->tcg->counted && h->flags & HELPER_CPU)
        asm_store_i(&e->a, 3, env_mem(e, TC(undone)), (i32)e->left);
    ra_save_for_call(e);
    pass_args(e, c, h->flags & HELPER_CPU);
    u64 *count = tcg_helper_count(e->tcg, h);
    if (count) {
        asm_mov_k(&e->a, RAX, (u64)(uintptr_t)count);
        asm_alu_mi(&e->a, ALU_ADD, 3, mem_b(RAX, 0), 1);
    }
    emit_callc(e, h->fn);
    ra_after_call(e);
    for (int k = 0; k < c->nargs; k++)
        ra_release(e, c->args[k]);
    if (in->ty != T_VOID && in->uses)
        asm_mov(&e->a, in->ty == T_I32 ? 2 : 3, ra_def(e, i, -1), RAX);
}

// -- leaving ------------------------------------------------------------------------------

// A patchable jump to pc's region: aligned, so that patching is one atomic store.
static void jump_link(Emit *e, u64 pc, bool forward)
{
    Asm *a = &e->a;
    int n = e->nlinks++;
    asm_nop(a, -((uintptr_t)a->p + 1) & 3);
    u8 *rel = asm_jmp_long(a);
    RegionLink *l = &e->r->links[n];
    *l = (RegionLink){ .from = e->r, .site = (u32)(rel - a->base),
                       .at = (u16)(pc & (PAGE_SIZE - 1)), .forward = forward && !e->tcg->counted };
    asm_patch32_here(a, rel);                       // at first to its stub
    mov_index(e, FIX_LINK, e->link_base + (u32)n);
    asm_jmp_abs(a, e->thunks->link);
}

// Another page: its mapping may change, so the jump cache is asked.
static void jump_const(Emit *e, u64 pc)
{
    Asm *a = &e->a;
    i32 k = (i32)(jc_index(pc) * sizeof(JumpEntry));
    asm_load(a, 3, RCX, env_mem(e, TC(jc)));
    emit_mov_pc(e, RAX, pc);
    asm_load(a, 2, RDX, env_mem(e, TC(ctxkey)));
    asm_alu_m(a, ALU_CMP, 3, RAX, mem_b(RCX, k + JC_PC));
    emit_fix_disp(e, FIX_JC, k + JC_PC);
    u8 *miss = asm_jcc_short(a, CC_NE);
    asm_alu_m(a, ALU_CMP, 2, RDX, mem_b(RCX, k + JC_KEY));
    emit_fix_disp(e, FIX_JC, k + JC_KEY);
    u8 *stale = asm_jcc_short(a, CC_NE);
    asm_load(a, 2, RCX, mem_b(RCX, k + JC_CODE));
    emit_fix_disp(e, FIX_JC, k + JC_CODE);
    asm_jmp_r(a, RCX);
    asm_patch_here(a, miss);
    asm_patch_here(a, stale);
    asm_jmp_abs(a, e->thunks->lookup_at);
}

static void jump_to(Emit *e, u64 pc, u64 from)
{
    if (pc & (e->t->fend->insn_align - 1)) {        // never in the jump cache
        go_with_pc(e, pc, e->thunks->lookup_at);
    } else if ((pc ^ e->r->pc) & ~(u64)(PAGE_SIZE - 1)) {
        jump_const(e, pc);
    } else {
        jump_link(e, pc, pc > from);
    }
}

static Stub exit_state(Emit *e, const Ins *in)
{
    Stub like = { .flags = (u8)e->hf.kind, .reg = -1, .nzcv = in->a,
                  .forward = in->k > e->r->pc + e->pc_delta,
                  .give_back = e->left };
    like.snap = ra_exit_snapshot(e, &like.nsnap);
    return like;
}

static void gen_exit(Emit *e, const Ins *in)
{
    if (loop_back_edge(e, in)) {
        int nz = e->t->fend->nzcv_reg;
        ra_flush(e, nz < 64 ? 1ull << nz : 0, nz < 64 ? 0 : 1ull << (nz - 64));
        Stub like = exit_state(e, in);
        loop_back(e, &like);
        return;
    }
    ra_flush(e, ~0ull, ~0ull);
    jump_to(e, in->k, e->r->pc + e->pc_delta);
}

static void gen_exitind(Emit *e, const Ins *in)
{
    Asm *a = &e->a;
    int t = ra_use(e, in->a);
    ra_flush(e, ~0ull, ~0ull);
    asm_load(a, 3, RDX, env_mem(e, TC(jc)));
    asm_mov(a, 2, RCX, t);
    asm_alu_i(a, ALU_AND, 2, RCX, (JC_SIZE - 1) << 2);
    asm_load(a, 2, RAX, env_mem(e, TC(ctxkey)));
    asm_alu_m(a, ALU_CMP, 3, t, mem_bi(RDX, RCX, 2, JC_PC));
    emit_stub(e, STUB_MISS, asm_jcc_long(a, CC_NE))->reg = (i8)t;
    asm_alu_m(a, ALU_CMP, 2, RAX, mem_bi(RDX, RCX, 2, JC_KEY));
    emit_stub(e, STUB_MISS, asm_jcc_long(a, CC_NE))->reg = (i8)t;
    asm_load(a, 2, RAX, mem_bi(RDX, RCX, 2, JC_CODE));
    asm_jmp_r(a, RAX);
}

// Flags that the side exit's stub can pack where it is; others are stored here.
static void settle_flags(Emit *e, Val tested)
{
    int nz = e->t->fend->nzcv_reg;
    if (!ra_dirty(e, nz))
        return;
    Val v = e->put[nz];
    if (v.id > 0 && e->t->ins[v.id].ty == T_FLAGS && v.id != tested.id)
        ra_flush(e, nz < 64 ? 1ull << nz : 0, nz < 64 ? 0 : 1ull << (nz - 64));
}

static void jcc_stub(Emit *e, AsmCc cc, const Ins *in, const Stub *like)
{
    Stub *s = emit_stub(e, STUB_EXIT, asm_jcc_long(&e->a, cc));
    u8 *jump = s->jump;
    *s = *like;
    s->kind = STUB_EXIT;
    s->jump = jump;
    s->pc = in->k;
}

static void go_back_if(Emit *e, HostCond c, const Stub *like)
{
    u8 *over = NULL, *unordered = NULL, *taken = NULL;
    if (c.cc == COND_NEVER)
        return;
    if (c.cc != COND_ALWAYS) {
        if (c.parity == FCMP_AND_NP)
            unordered = asm_jcc_long(&e->a, CC_P);
        else if (c.parity == FCMP_OR_P)
            taken = asm_jcc_short(&e->a, CC_P);
        over = asm_jcc_long(&e->a, (AsmCc)(c.cc ^ 1));
    }
    if (taken)
        asm_patch_here(&e->a, taken);
    loop_back(e, like);
    if (over)
        asm_patch32_here(&e->a, over);
    if (unordered)
        asm_patch32_here(&e->a, unordered);
}

static void gen_exitcc(Emit *e, const Ins *in, i32 i)
{
    const Ins *next = &e->t->ins[i + 1];
    bool back = loop_back_edge(e, in);
    settle_flags(e, in->a);
    if (i + 1 < e->t->n && next->op == OP_EXIT && !back && !loop_back_edge(e, next))
        ra_flush(e, ~0ull, ~0ull);                  // both ways need everything stored
    HostCond c = cond_make(e, in->a, in->aux);
    Stub like = exit_state(e, in);
    if (back) {
        go_back_if(e, c, &like);
    } else if (c.cc == COND_ALWAYS) {
        Stub *s = emit_stub(e, STUB_EXIT, asm_jmp_long(&e->a));
        u8 *jump = s->jump;
        *s = like;
        s->kind = STUB_EXIT;
        s->jump = jump;
        s->pc = in->k;
    } else if (c.cc != COND_NEVER && c.parity == FCMP_AND_NP) {
        u8 *skip = asm_jcc_short(&e->a, CC_P);
        jcc_stub(e, (AsmCc)c.cc, in, &like);
        asm_patch_here(&e->a, skip);
    } else if (c.cc != COND_NEVER) {
        jcc_stub(e, (AsmCc)c.cc, in, &like);
        if (c.parity == FCMP_OR_P)
            jcc_stub(e, CC_P, in, &like);
    }
    ra_release(e, in->a);
}

// -- stubs --------------------------------------------------------------------------------

void emit_pack_flags(Emit *e, const Stub *s)
{
    Asm *a = &e->a;
    if (s->flags == FK_FCMP) {
        emit_fcmp_pack(e, RAX);
    } else {
        if (s->flags == FK_ADD)
            asm_cmc(a);
        else if (s->flags == FK_AND)
            asm_stc(a);
        asm_lahf(a);
        asm_setcc(a, CC_O, RAX);
    }
    asm_store(a, 2, reg_mem(e, e->t->fend->nzcv_reg), RAX);
}

// Another guest register's value to xmm0 (true) or rax.
static bool stub_load_home(Emit *e, const SnapLoc *s)
{
    Asm *a = &e->a;
    Mem m = reg_mem(e, s->where);
    bool vec = e->t->fend->regs[s->where].type == T_V128;
    if (!vec)
        asm_load(a, s->kind == SL_HOME32 ? 2 : 3, RAX, m);
    else if (s->kind == SL_HOME)
        asm_vmovaps_load(a, XMM0, m);
    else
        asm_vmovs_load(a, s->kind == SL_HOME32 ? 2 : 3, XMM0, m);
    return vec;
}

void emit_stub_store(Emit *e, const SnapLoc *s)
{
    Asm *a = &e->a;
    Mem to = reg_mem(e, s->reg);
    u64 k;
    switch (s->kind) {
    case SL_GPR:     asm_store(a, 3, to, s->where); return;
    case SL_XMM:     asm_vmovaps_store(a, to, s->where); return;
    case SL_XMM64:   asm_vmovq(a, XMM0, s->where); break;
    case SL_XMM32:
        asm_vpxor(a, XMM0, XMM0, XMM0);
        asm_vmovss(a, XMM0, XMM0, s->where);
        break;
    case SL_SPILL:
        asm_load(a, 3, RAX, mem_b(RSP, s->where));
        asm_store(a, 3, to, RAX);
        return;
    case SL_SPILL32: asm_vmovs_load(a, 2, XMM0, mem_b(RSP, s->where)); break;
    case SL_SPILL64: asm_vmovs_load(a, 3, XMM0, mem_b(RSP, s->where)); break;
    case SL_SPILLV:  asm_vmovaps_load(a, XMM0, mem_b(RSP, s->where)); break;
    case SL_KONST: case SL_PC:
        memcpy(&k, s + 1, 8);
        mov_k(e, RAX, s->kind == SL_PC ? e->r->pc + k : k, s->kind == SL_PC);
        asm_store(a, 3, to, RAX);
        return;
    case SL_HOME: case SL_HOME32: case SL_HOME64:
        if (stub_load_home(e, s))
            break;
        asm_store(a, 3, to, RAX);
        return;
    default:
        BUG_ON(true);
    }
    asm_vmovaps_store(a, to, XMM0);
}

static void stub_exit(Emit *e, const Stub *st)
{
    const SnapLoc *s = &e->exit_snaps[st->snap], *end = s + st->nsnap;
    for (const SnapLoc *p = s; p < end; p += p->kind >= SL_ADD ? 1 : snap_len(p))
        if (p->kind >= SL_ADD)                      // NZCV: the host's flags hold it
            emit_pack_flags(e, st);
    for (const SnapLoc *p = s; p < end;) {
        if (p->kind >= SL_ADD) {
            p++;
            p += snap_len(p);
            p += snap_len(p);
        } else {
            emit_stub_store(e, p);
            p += snap_len(p);
        }
    }
    emit_budget(e, ALU_ADD, st->give_back);
    jump_to(e, st->pc, st->forward ? 0 : ~0ull);
}

static void stub_emit(Emit *e, const Stub *s)
{
    Asm *a = &e->a;
    asm_patch32_here(a, s->jump);
    switch (s->kind) {
    case STUB_EXIT:
        stub_exit(e, s);
        break;
    case STUB_SLOW:
        if (s->at_va)
            emit_mov_const(e, RDX, s->va, s->disp);
        else if (s->reg != RDX)
            asm_mov(a, 3, RDX, s->reg);
        emit_mov_site(e, s->site);
        asm_call(a, s->vec ? e->thunks->slow_vec : e->thunks->slow);
        asm_jmp_back(a, s->resume);
        break;
    case STUB_GROUP:
        emit_group_stub(e, s);
        break;
    case STUB_COLD:
        emit_mov_site(e, s->site);
        asm_call(a, e->thunks->cold);
        asm_jmp_back(a, s->resume);
        break;
    case STUB_LOOP:
        loop_leave(e);
        emit_budget(e, ALU_ADD, e->t->insns);
        go_with_pc(e, e->t->start, e->thunks->leave_at);
        break;
    case STUB_MISS:
        asm_store(a, 3, env_mem(e, e->t->fend->pc_offset), s->reg);
        asm_jmp_abs(a, e->thunks->lookup);
        break;
    case STUB_SHORT:
        emit_budget(e, ALU_ADD, e->t->insns);
        go_with_pc(e, e->t->start, e->thunks->leave_at);
        break;
    default:                                        // STUB_POLL
        go_with_pc(e, s->pc, e->thunks->leave_at);
    }
}

// -- the walk -----------------------------------------------------------------------------

static void poll(Emit *e, u64 pc)
{
    asm_alu_mi(&e->a, ALU_CMP, 2, env_mem(e, offsetof(Cpu, exit)), 0);
    emit_stub(e, STUB_POLL, asm_jcc_long(&e->a, CC_NE))->pc = pc;
    emit_flags_clobbered(e);
}

// The region's instructions off the budget, or away.
static void take_budget(Emit *e)
{
    if (!e->tcg->counted)
        return;
    e->left = e->t->insns;
    emit_budget(e, ALU_SUB, e->t->insns);
    emit_stub(e, STUB_SHORT, asm_jcc_long(&e->a, CC_S));
}

static void gen_poll(Emit *e)
{
    ra_flush(e, ~0ull, ~0ull);
    emit_budget(e, ALU_ADD, e->left + 1);
    poll(e, e->r->pc + e->pc_delta);
    emit_budget(e, ALU_SUB, e->left + 1);
}

static void gen_insn(Emit *e, const Ins *in)
{
    e->pc_delta = (u32)in->imm;
    e->left -= e->left > 0;
}

static void gen_get(Emit *e, const Ins *in, i32 i)
{
    if (loop_get(e, in, i))
        return;
    int d = ra_def(e, i, -1);
    Mem m = reg_mem(e, in->imm);
    ra_load(e, in->ty, d, m);
    ra_set_home(e, i, in->imm);
}

static void gen_ldenv(Emit *e, const Ins *in, i32 i)
{
    int d = ra_def(e, i, -1);
    Mem m = env_mem(e, in->imm);
    if (ty_vec(in->ty))
        ra_load(e, in->ty, d, m);
    else
        asm_load(&e->a, in->aux, d, m);
}

static void gen_stenv(Emit *e, const Ins *in)
{
    Mem m = env_mem(e, in->imm);
    i32 k;
    if (ra_imm32(e, in->a, in->aux == 3 ? T_I64 : T_I32, &k)) {
        asm_store_i(&e->a, in->aux, m, k);
        return;
    }
    int r = ra_use(e, in->a);
    if (!ir_is_k(in->a) && e->t->ins[in->a.id].ty == T_V128)
        asm_vmovaps_store(&e->a, m, r);
    else if (!ir_is_k(in->a) && ty_vec(e->t->ins[in->a.id].ty))
        asm_vmovs_store(&e->a, in->aux, m, r);
    else
        asm_store(&e->a, in->aux, m, r);
    ra_release(e, in->a);
}

static void gen_vconst(Emit *e, const Ins *in, i32 i)
{
    const V128 *k = &e->t->vkonst[in->imm];
    int d = ra_def(e, i, -1);
    if (!k->d[0] && !k->d[1])
        asm_vpxor(&e->a, d, d, d);
    else
        asm_vmovaps_load(&e->a, d, mem_const(&e->a, k->d[0], k->d[1]));
}

// Vector and FP operations: all operands in registers, then the table of emit_fp.c / emit_vec.c.
static void gen_vector(Emit *e, const Ins *in, i32 i)
{
    const Val v[3] = { in->a, in->b, in->c };
    int n = ir_ops[in->op].nin;
    EmitArgs x = { .in = in, .d = -1, .s = { -1, -1, -1 } };
    for (int k = 0; k < n; k++)
        x.s[k] = ra_use(e, v[k]);
    for (int k = 0; k < n; k++)
        ra_release(e, v[k]);
    x.d = ra_def(e, i, x.s[0]);
    bool ok = in->op < OP_VCONST ? emit_fp(e, &x) : emit_vec(e, &x) || emit_fp(e, &x);
    BUG_ON(!ok);
}

static void gen_one(Emit *e, const Ins *in, i32 i)
{
    switch (in->op) {
    case OP_GET:      gen_get(e, in, i); break;
    case OP_PUT:      ra_put(e, in); break;
    case OP_LDENV:    gen_ldenv(e, in, i); break;
    case OP_STENV:    gen_stenv(e, in); break;
    case OP_ENVPTR:
        asm_lea(&e->a, 3, ra_def(e, i, -1), env_mem(e, in->imm));
        break;
    case OP_CALL:     gen_call(e, in, i); break;
    case OP_POLL:     gen_poll(e); break;
    case OP_EXITCC:   gen_exitcc(e, in, i); break;
    case OP_EXIT:     gen_exit(e, in); break;
    case OP_EXITIND:  gen_exitind(e, in); break;
    case OP_EXITDYN:
        ra_flush(e, ~0ull, ~0ull);
        asm_jmp_abs(&e->a, e->thunks->dyn);
        break;
    case OP_EXITLOOP:
        ra_flush(e, ~0ull, ~0ull);
        go_with_pc(e, in->k, e->thunks->leave_at);
        break;
    case OP_VCONST:   gen_vconst(e, in, i); break;
    case OP_FLFCMP:   flags_make(e, (Val){ i }); break;         // it may set guest flags
    default:
        if (in->ty != T_FLAGS && !emit_int(e, in, i) && !emit_mem(e, in, i))
            gen_vector(e, in, i);
    }
}

static Emit *emit_of(TcgThread *th)
{
    if (!th->emit)
        th->emit = xalloc(sizeof(Emit));
    return th->emit;
}

static bool begin(Emit *e, Tcg *tcg, Ctx *t, Region *r)
{
    u32 n = 2 * t->exits, base;                     // a condition may need two jumps
    if (!cache_take(tcg, TABLE_LINKS, n, &base))
        return false;
    e->links_end = base + n;
    e->t = t;
    e->tcg = tcg;
    e->th = tcg_cpu(t->cpu)->th;
    e->r = r;
    e->pc_delta = 0;
    e->left = 0;
    e->nlinks = 0;
    e->link_base = base;
    e->thunks = tcg->host_state;
    r->links = &tcg->links[base];
    asm_begin(&e->a, e->th->code, e->th->code_end, tcg->rx - tcg->rw, e->thunks->cpu);
    ra_begin(e);
    return true;
}

static void body(Emit *e)
{
    Ctx *t = e->t;
    poll(e, t->start);
    e->r->entry_nopoll = (u32)(e->a.p - e->a.base);
    take_budget(e);
    if (e->loop.on)
        loop_head(e);
    e->r->loops = e->loop.on;
    for (i32 i = 1; i < t->n; i++) {
        const Ins *in = &t->ins[i];
        if (in->op == OP_NOP)
            continue;
        if (in->op == OP_INSN) {
            gen_insn(e, in);
            continue;
        }
        e->at = i;
        gen_one(e, in, i);
        if (in->ty != T_VOID && in->ty != T_FLAGS && e->loc[i].reg >= 0)
            ra_release(e, (Val){ i });              // made but not used
        ra_end_op(e);
        asm_pool_poll(&e->a);
    }
    e->r->entry_leave = (u32)(e->a.p - e->a.base);  // the entry's poll is the first stub
    for (int s = 0; s < e->nstubs; s++)
        stub_emit(e, &e->stubs[s]);
    asm_pool_flush(&e->a);
}

// Behind the code.
static void keep_fixes(Emit *e, Region *r)
{
    r->moves = e->t->moves && e->a.nfixes >= 0;
    if (!r->moves)
        return;
    r->nfixes = (u32)e->a.nfixes;
    memcpy(e->a.p, e->a.fixes, r->nfixes * sizeof *e->a.fixes);
    e->a.p += r->nfixes * sizeof *e->a.fixes;
}

// What was counted for the worst, unless somebody else's are behind them.
static void give_back_links(Emit *e)
{
    u32 end = e->links_end, used = e->link_base + (u32)e->nlinks;
    atomic_compare_exchange_strong(&e->tcg->tables[TABLE_LINKS].n, &end, used);
}

static bool amd64_compile(Tcg *tcg, Ctx *t, Region *r)
{
    TcgThread *th = tcg_cpu(t->cpu)->th;
    Emit *e = emit_of(th);
    if (th->code_end - th->code < ROOM + (i64)sizeof e->a.fixes || !begin(e, tcg, t, r))
        return false;
    body(e);
    if (e->failed)
        t->overflow = true;
    if (e->failed || e->a.overflow)
        return false;
    r->nlinks = (u32)e->nlinks;
    give_back_links(e);
    r->code = tcg_rx(tcg, e->a.base);
    r->code_size = (u32)(e->a.p - e->a.base);
    keep_fixes(e, r);
    th->code = (u8 *)(((uintptr_t)e->a.p + 15) & ~(uintptr_t)15);
    if (log_on(LOG_OUT_ASM) && log_in_filter(t->start))
        amd64_log_code(r);
    return true;
}

static void amd64_link_patch(Tcg *tcg, Region *r, u32 i, Region *to)
{
    RegionLink *l = &r->links[i];
    u8 *site = tcg_rw(tcg, r->code) + l->site;
    const u8 *target = to ? to->code + (l->forward ? to->entry_nopoll : 0) : r->code + l->site + 4;
    __atomic_store_n((i32 *)(void *)site, (i32)(target - (r->code + l->site + 4)),
                     __ATOMIC_RELEASE);
}

// The entry, the poll's CMP of 7 bytes, becomes a jump to the poll's stub: one aligned store,
// and who is behind it already finds what was there.
static void amd64_retire(Tcg *tcg, Region *r)
{
    u64 word;
    i32 rel = (i32)r->entry_leave - 5;
    u8 *at = tcg_rw(tcg, r->code);
    memcpy(&word, r->code, 8);
    word = (word & ~mask64(40)) | 0xe9 | (u64)(u32)rel << 8;
    __atomic_store_n((u64 *)(void *)at, word, __ATOMIC_RELEASE);
}

static bool amd64_probe(Error *err)
{
    const char *missing = asm_cpu_missing();
    return !missing || error_set(err, "this host's CPU lacks %s", missing);
}

static void amd64_run(Cpu *cpu, Region *first)
{
    const Thunks *t = tcg_cpu(cpu)->tcg->host_state;
    bool alone = first->solo || tcg_cpu(cpu)->tcg->check;
    const u8 *at = first->code + (alone ? first->entry_nopoll : 0);
    ((void (*)(Cpu *, const void *))(uintptr_t)t->enter)(cpu, at);
}

static NORETURN void amd64_unwind(Cpu *cpu)
{
    const Thunks *t = tcg_cpu(cpu)->tcg->host_state;
    u8 *env = (u8 *)cpu + tcg_cpu(cpu)->fe->env_bias;
#if defined(__SANITIZE_ADDRESS__)
    extern void __asan_handle_no_return(void);
    __asan_handle_no_return();
#endif
    __asm__ volatile("mov %0, %%rsp\n\tmov %1, %%rbp\n\tjmp *%2"
                     : : "a"(tcg_cpu(cpu)->host_frame), "c"(env),
                         "d"(tcg_must_leave(cpu) ? t->leave : t->dyn) : "memory");
    __builtin_unreachable();
}

static void amd64_fini(Tcg *tcg) { free(tcg->host_state); }

const TcgHost tcg_amd64 = {
    .name = "amd64", .probe = amd64_probe, .init = thunks_init, .fini = amd64_fini,
    .compile = amd64_compile, .run = amd64_run, .link = amd64_link_patch,
    .retire = amd64_retire, .relocate = amd64_relocate, .unwind = amd64_unwind,
};
