// SPDX-License-Identifier: MIT
// What thunks call: memory operations that missed, FP operations that need exactness, links.
// All registers of the generated code are in TcgCpu.gpr and .xmm; on a guest fault the snapshot
// of the site tells where each dirty guest register is, and its place is filled.
#include "tcg/host/amd64/emit.h"
#include "tcg/host.h"
#include "util/log.h"

#include <string.h>

static V128 snap_read(const TcgCpu *tc, Cpu *cpu, const Region *r, const SnapLoc *s)
{
    const u8 *frame = (const u8 *)(uintptr_t)tc->host_frame;
    V128 v = { { 0, 0 } };
    switch (s->kind) {
    case SL_GPR:     v.d[0] = tc->gpr[s->where]; break;
    case SL_XMM:     v = tc->xmm[s->where]; break;
    case SL_XMM32:   v.d[0] = (u32)tc->xmm[s->where].d[0]; break;
    case SL_XMM64:   v.d[0] = tc->xmm[s->where].d[0]; break;
    case SL_SPILL:
    case SL_SPILL64: memcpy(&v, frame + s->where, 8); break;
    case SL_SPILL32: memcpy(&v, frame + s->where, 4); break;
    case SL_SPILLV:  memcpy(&v, frame + s->where, 16); break;
    case SL_KONST:   memcpy(&v, s + 1, 8); break;
    case SL_PC:
        memcpy(&v, s + 1, 8);
        v.d[0] += r->pc;
        break;
    case SL_HOME: {
        const GuestReg *g = &tc->fe->regs[s->where];
        memcpy(&v, (u8 *)cpu + g->offset, g->type == T_V128 ? 16 : 8);
        break;
    }
    case SL_HOME32: memcpy(&v, (u8 *)cpu + tc->fe->regs[s->where].offset, 4); break;
    case SL_HOME64: memcpy(&v, (u8 *)cpu + tc->fe->regs[s->where].offset, 8); break;
    default: BUG_ON(true);
    }
    return v;
}

static u32 nzcv_of(int kind, bool wide, u64 a, u64 b)
{
    u64 top = wide ? 1ull << 63 : 1ull << 31, mask = wide ? ~0ull : 0xffffffffu;
    a &= mask;
    b &= mask;
    u64 r = (kind == SL_ADD ? a + b : kind == SL_SUB ? a - b : a & b) & mask;
    bool c = kind == SL_ADD ? r < a : kind == SL_SUB ? a >= b : false;
    bool v = kind == SL_ADD ? (~(a ^ b) & (a ^ r) & top) != 0
           : kind == SL_SUB ? ((a ^ b) & (a ^ r) & top) != 0 : false;
    return ir_nzcv_pack((r & top ? 8u : 0) | (r ? 0 : 4u) | (c ? 2u : 0) | (v ? 1u : 0));
}

// Fills the guest's registers as they were before the instruction of the site.
static void restore(Cpu *cpu, const Site *site)
{
    TcgCpu *tc = tcg_cpu(cpu);
    const Region *r = site->region;
    const SnapLoc *s = &tc->tcg->snaps[site->snap], *end = s + site->nsnap;
    V128 value[IR_MAX_REGS];
    u8 guest[IR_MAX_REGS];
    int n = 0;
    while (s < end) {                               // read all before writing: SL_HOME
        guest[n] = s->reg;
        if (s->kind >= SL_ADD) {
            const SnapLoc *a = s + 1, *b = a + snap_len(a);
            value[n].d[0] = nzcv_of(s->kind, s->where, snap_read(tc, cpu, r, a).d[0],
                                    snap_read(tc, cpu, r, b).d[0]);
            s = b + snap_len(b);
        } else {
            value[n] = snap_read(tc, cpu, r, s);
            s += snap_len(s);
        }
        n++;
    }
    for (int i = 0; i < n; i++) {
        const GuestReg *g = &tc->fe->regs[guest[i]];
        size_t size = g->type == T_V128 ? 16 : g->type == T_I64 ? 8 : 4;
        memcpy((u8 *)cpu + g->offset, &value[i], size);
    }
    *(u64 *)(void *)((u8 *)cpu + tc->fe->pc_offset) = r->pc + site->pc_delta;
}

static V128 source(const TcgCpu *tc, const Site *s, int n, bool vec)
{
    if (s->src[n] < 0)
        return (V128){ { (u64)(i64)s->konst[n], 0 } };
    return vec ? tc->xmm[s->src[n]] : (V128){ { tc->gpr[s->src[n]], 0 } };
}

static void result(TcgCpu *tc, int reg, bool vec, const V128 *v)
{
    if (reg < 0)
        return;
    if (vec)
        tc->xmm[reg] = *v;
    else
        tc->gpr[reg] = v->d[0];
}

// Generated code of another thread may bring us here, over a patched jump or the jump cache:
// an order that this host keeps (TSO), but that no C compiler or sanitizer knows of.  All
// that the thread wrote about a region comes before its count.
static void published_by_others(Tcg *tcg)
{
    (void)atomic_load_explicit(&tcg->published, memory_order_acquire);
}

static const Site *site_of(Tcg *tcg, u32 index)
{
    published_by_others(tcg);
    return &tcg->sites[index];
}

static Ins ins_of(const Site *s)
{
    return (Ins){ .op = s->op, .ty = s->ty, .ty2 = s->ty2, .sub = s->sub, .aux = s->aux,
                  .imm = s->imm };
}

static u64 source_gpr(const TcgCpu *tc, const Site *s, int n)
{
    return s->src[n] < 0 ? (u64)(i64)s->konst[n] : tc->gpr[s->src[n]];
}

// What it can be made of integer registers only.
static SlowResult slow_gprs(Cpu *cpu, const Site *s, u64 va, TcgFault *f)
{
    TcgCpu *tc = tcg_cpu(cpu);
    bool write = s->op == OP_ST || s->op == OP_ST2, pair = s->op == OP_LD2 || s->op == OP_ST2;
    u64 v[2];
    if (ty_vec(s->ty) || !(write || pair || s->op == OP_LD))
        return SLOW_OTHER;
    if (write) {
        v[0] = source_gpr(tc, s, 0);
        v[1] = pair ? source_gpr(tc, s, 1) : 0;
    }
    SlowResult how = slow_plain(cpu, write, pair, s->ty, s->aux, va, v, f);
    if (how == SLOW_DONE && !write) {
        if (s->dst >= 0)
            tc->gpr[s->dst] = v[0];
        if (pair && s->dst2 >= 0)
            tc->gpr[s->dst2] = v[1];
    }
    return how;
}

static NOINLINE SlowResult slow_any(Cpu *cpu, const Site *s, u64 va, TcgFault *f)
{
    TcgCpu *tc = tcg_cpu(cpu);
    V128 v[4], res[2] = { { { 0, 0 } }, { { 0, 0 } } };
    const Ins in = ins_of(s);
    bool vec_in = ty_vec(in.op == OP_STX || in.op == OP_STX2 ? in.ty2 : in.ty);
    for (int i = 0; i < ir_ops[in.op].nin - 1 && i < 4; i++)
        v[i] = source(tc, s, i, vec_in);
    if (!slow_access(cpu, &in, va, v, res, f))
        return SLOW_FAULT;
    result(tc, s->dst, ty_vec(in.ty), &res[0]);
    result(tc, s->dst2, ty_vec(in.ty), &res[1]);
    return SLOW_DONE;
}

u64 amd64_slow(Cpu *cpu, u32 index, u64 va)
{
    TcgCpu *tc = tcg_cpu(cpu);
    const Site *s = site_of(tc->tcg, index);
    TcgFault f;
    tc->undone = s->behind;
    SlowResult how = slow_gprs(cpu, s, va, &f);
    if (how == SLOW_OTHER)
        how = slow_any(cpu, s, va, &f);
    if (likely(how == SLOW_DONE))
        return 0;
    restore(cpu, s);
    tcg_raise(cpu, &f);
    icount_settle(tc);
    return 1;
}

u64 amd64_cold(Cpu *cpu, u32 index)
{
    TcgCpu *tc = tcg_cpu(cpu);
    const Site *s = site_of(tc->tcg, index);
    const Ins op = ins_of(s);
    V128 in[3], out = { { 0, 0 } };
    tc->th->stats.fp_cold++;
    for (int i = 0; i < ir_ops[op.op].nin && i < 3; i++)
        in[i] = source(tc, s, i, op.op != OP_ITOFP);
    tc->fe->fp_op(cpu, &op, in, &out);
    result(tc, s->dst, ty_vec(op.ty), &out);
    return 0;
}

static void link_up(TcgCpu *tc, Region *from, u32 n, Region *to)
{
    cache_link(tc->th, from, n, to);
    tc->th->stats.links++;
}

const void *amd64_link(Cpu *cpu, u32 index)
{
    TcgCpu *tc = tcg_cpu(cpu);
    published_by_others(tc->tcg);
    RegionLink *l = &tc->tcg->links[index];
    Region *from = l->from;
    u32 flushes = atomic_load(&tc->tcg->flush_count);
    u64 pc = link_pc(l);
    *(u64 *)(void *)((u8 *)cpu + tc->fe->pc_offset) = pc;
    u32 n = (u32)(l - from->links);
    Region *r = tcg_next_region(cpu);
    if (!r)
        return NULL;
    if (flushes == atomic_load(&tc->tcg->flush_count) && r->pc == pc && r->mode == from->mode &&
        (r->pa ^ from->pa) < PAGE_SIZE)
        link_up(tc, from, n, r);
    return r->code;
}
