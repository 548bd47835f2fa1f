// SPDX-License-Identifier: MIT
// A64 loads, stores, exclusives and atomics of general registers.  Arm ARM DDI 0487K.a,
// C4.1.94; each handler names its section of C6.2.
//
// Write-back follows the access, so that a fault finds the base unchanged.  Of the choices for
// a load whose base is also its target (CONSTRAINED UNPREDICTABLE, K1.2) we take: the loaded
// value stays.  STXR with overlapping registers stores the old values.
#include "cpu/arm/translate.h"

// -- addresses -----------------------------------------------------------------------------
// SP must be a multiple of 16 as a base when SCTLR.SA says so (D1.8.2).  Checked once in a
// region as long as SP moves by multiples of 16; then it costs a test and a branch.
Val base_reg(Ctx *t, u32 rn)
{
    Val v = get_reg_sp(t, rn, 1);
    if (rn == 31 && (t->mode & AM_SPALIGN) && !t->fe[FE_SP_OK]) {
        Val fl = ir_fl(t, OP_FLAND, T_I64, v, ir_k(t, 15), ir_none);
        ir_exit_rarely(t, fl, IC_NE, t->pc | ESC_SP);
        t->fe[FE_SP_OK] = 1;
    }
    return v;
}

MemOp memop(const Ctx *t, MemOp m)
{
    if (t->mode & AM_BE)
        m |= MO_BE;
    if (t->mode & AM_ALIGN)
        m |= MO_ALIGN;
    return m;
}

static bool has(const Ctx *t, ArmFeature f) { return arm_has(arm_cpu(t->cpu), f); }

// Exclusives and atomics: aligned, with FEAT_LSE2 within 16 aligned bytes, unless SCTLR.A wants
// more (B2.5.2).
static MemOp memop_atomic(const Ctx *t, MemOp m)
{
    m = memop(t, m) | MO_ATOMIC;
    return m & MO_ALIGN ? m : m | (has(t, ARM_FEAT_lse2) ? MO_ALIGN16 : MO_ALIGN);
}

// Load-acquire and store-release: the same, but for SCTLR.nAA (D23.2.153).
static MemOp memop_ordered(const Ctx *t, MemOp m)
{
    return t->mode & AM_NAA ? memop(t, m) | MO_ATOMIC : memop_atomic(t, m);
}

// With FEAT_LSE2 a pair of X registers is one access where it is aligned (B2.2.1.1), which only
// another CPU can see.
static MemOp memop_pair(const Ctx *t, u32 sf)
{
    bool one = sf && t->parallel && has(t, ARM_FEAT_lse2);
    return memop(t, sf ? MO_64 : MO_32) | (one ? MO_ATOMIC : 0);
}

// LDTR and STTR are EL0's accesses, but for UAO (C6.1.3).
static MemOp memop_unpriv(const Ctx *t, MemOp m)
{
    return ctx_el(t) && !(t->mode & AM_UAO) ? m | MO_USER : m;
}

// -- one register --------------------------------------------------------------------------
// opc: 0 store, 1 load, 2 load signed to 64 bits, 3 load signed to 32 bits.  A load of up to 32
// bits that is not signed to 64 writes W, which clears the upper half.
static Val gen_load(Ctx *t, MemOp m, u32 opc, Val addr, i32 off)
{
    IrType ty = opc == 2 || (opc == 1 && (m & MO_SIZE) == MO_64) ? T_I64 : T_I32;
    return ir_ld(t, ty, opc >= 2 ? m | MO_SIGN : m, addr, off);
}

static u32 load_sf(u32 size, u32 opc) { return opc == 2 || (opc == 1 && size == 3); }

static void gen_ldst(Ctx *t, MemOp m, u32 opc, u32 rt, Val addr, i32 off)
{
    u32 size = m & MO_SIZE;
    m = memop(t, m);
    if (opc)
        put_reg(t, rt, load_sf(size, opc), gen_load(t, m, opc, addr, off));
    else
        ir_st(t, ty_sf(size == 3), m, addr, off, get_reg(t, rt, size == 3));
}

// off: of the access; delta: of the base afterwards.
static void gen_ldst_wb(Ctx *t, const a64_ldst_imm9 *a, i32 off)
{
    MemOp m = memop(t, (MemOp)a->size);
    Val base = base_reg(t, a->rn);
    if (!a->opc) {
        ir_st(t, ty_sf(a->size == 3), m, base, off, get_reg(t, a->rt, a->size == 3));
        put_base(t, a->rn, base, a->imm);
        return;
    }
    Val v = gen_load(t, m, a->opc, base, off);
    if (a->rt != a->rn)                             // at once: the allocator likes it
        put_reg(t, a->rt, load_sf(a->size, a->opc), v);
    put_base(t, a->rn, base, a->imm);
    if (a->rt == a->rn)
        put_reg(t, a->rt, load_sf(a->size, a->opc), v);
}

bool trans_ldst_uimm(Ctx *t, const a64_ldst_uimm *a)            // C6.2.197 LDR, C6.2.370 STR, ...
{
    gen_ldst(t, (MemOp)a->size, a->opc, a->rt, base_reg(t, a->rn), (i32)(a->imm << a->size));
    return true;
}

bool trans_ldst_unscaled(Ctx *t, const a64_ldst_imm9 *a)        // C6.2.223 LDUR, C6.2.391 STUR, ...
{
    gen_ldst(t, (MemOp)a->size, a->opc, a->rt, base_reg(t, a->rn), a->imm);
    return true;
}

bool trans_ldst_unpriv(Ctx *t, const a64_ldst_imm9 *a)          // C6.2.214 LDTR, C6.2.386 STTR, ...
{
    gen_ldst(t, memop_unpriv(t, (MemOp)a->size), a->opc, a->rt, base_reg(t, a->rn), a->imm);
    return true;
}

bool trans_ldst_post(Ctx *t, const a64_ldst_imm9 *a)            // C6.2.197, C6.2.370, ...
{
    gen_ldst_wb(t, a, 0);
    return true;
}

bool trans_ldst_pre(Ctx *t, const a64_ldst_imm9 *a)             // C6.2.197, C6.2.370, ...
{
    gen_ldst_wb(t, a, a->imm);
    return true;
}

bool trans_ldst_reg(Ctx *t, const a64_ldst_reg *a)              // C6.2.199 LDR, C6.2.372 STR, ...
{
    Val base = base_reg(t, a->rn);
    Val index = extend_reg(t, a->rm, 1, a->option, a->s ? a->size : 0);
    gen_ldst(t, (MemOp)a->size, a->opc, a->rt, ir_add(t, T_I64, base, index), 0);
    return true;
}

static void gen_literal(Ctx *t, const a64_ld_lit *a, MemOp m, u32 opc)
{
    gen_ldst(t, m, opc, a->rt, ir_k_pc(t, t->pc + (u64)((i64)a->imm * 4)), 0);
}

bool trans_ldr_lit(Ctx *t, const a64_ld_lit *a)                             // C6.2.198
{
    gen_literal(t, a, a->sf ? MO_64 : MO_32, 1);
    return true;
}

bool trans_ldrsw_lit(Ctx *t, const a64_ld_lit *a)                           // C6.2.211
{
    gen_literal(t, a, MO_32, 2);
    return true;
}

// Prefetches never fault and we have nothing to fetch into (C6.2.277 to C6.2.280).
bool trans_prfm_lit(Ctx *t, const a64_ld_lit *a)     { (void)t; (void)a; return true; }
bool trans_prfm_uimm(Ctx *t, const a64_prfm_uimm *a) { (void)t; (void)a; return true; }
bool trans_prfm_reg(Ctx *t, const a64_prfm_reg *a)   { (void)t; (void)a; return true; }
bool trans_prfum(Ctx *t, const a64_prfum *a)         { (void)t; (void)a; return true; }

// -- pairs: idx 0 non-temporal, 1 post-indexed, 2 offset, 3 pre-indexed ---------------------
static i32 pair_offset(const a64_pair *a, i32 scale) { return a->idx == 1 ? 0 : a->imm * scale; }

static void pair_writeback(Ctx *t, const a64_pair *a, Val base, i32 scale)
{
    if (a->idx & 1)
        put_base(t, a->rn, base, a->imm * scale);
}

bool trans_stp(Ctx *t, const a64_pair *a)                       // C6.2.369 STP, C6.2.363 STNP
{
    i32 scale = a->sf ? 8 : 4;
    Val base = base_reg(t, a->rn), v = get_reg(t, a->rt, a->sf), w = get_reg(t, a->rt2, a->sf);
    ir_st2(t, ty_sf(a->sf), memop_pair(t, a->sf), base, pair_offset(a, scale), v, w);
    pair_writeback(t, a, base, scale);
    return true;
}

static bool gen_ldp(Ctx *t, const a64_pair *a, IrType ty, MemOp m)
{
    i32 scale = (i32)memop_bytes(m);
    Val base = base_reg(t, a->rn), w;
    Val v = ir_ld2(t, ty, m, base, pair_offset(a, scale), &w);
    pair_writeback(t, a, base, scale);
    put_reg(t, a->rt, ty == T_I64, v);
    put_reg(t, a->rt2, ty == T_I64, w);
    return true;
}

bool trans_ldp(Ctx *t, const a64_pair *a)                       // C6.2.195 LDP, C6.2.190 LDNP
{
    return gen_ldp(t, a, ty_sf(a->sf), memop_pair(t, a->sf));
}

bool trans_ldpsw(Ctx *t, const a64_pair *a)                                 // C6.2.196
{
    return gen_ldp(t, a, T_I64, memop_pair(t, 0) | MO_SIGN);
}

// -- exclusives ----------------------------------------------------------------------------
static MemOp acquire(u32 on) { return on ? MO_ACQ | MO_ORDERED : 0; }
static MemOp release(u32 on) { return on ? MO_REL | MO_ORDERED : 0; }

bool trans_ldxr(Ctx *t, const a64_excl *a)                      // C6.2.229 LDXR, C6.2.166 LDAXR
{
    u32 sf = a->size == 3;
    MemOp m = memop_atomic(t, (MemOp)a->size) | acquire(a->o0);
    put_reg(t, a->rt, sf, ir_ldx(t, ty_sf(sf), m, base_reg(t, a->rn)));
    return true;
}

bool trans_ldxp(Ctx *t, const a64_excl *a)                      // C6.2.228 LDXP, C6.2.165 LDAXP
{
    u32 sf = a->size == 3;
    MemOp m = memop_atomic(t, (MemOp)a->size) | acquire(a->o0);
    Val w, v = ir_ldx2(t, ty_sf(sf), m, base_reg(t, a->rn), &w);
    put_reg(t, a->rt, sf, v);
    put_reg(t, a->rt2, sf, w);
    return true;
}

bool trans_stxr(Ctx *t, const a64_excl *a)                      // C6.2.395 STXR, C6.2.359 STLXR
{
    u32 sf = a->size == 3;
    MemOp m = memop_atomic(t, (MemOp)a->size) | release(a->o0);
    Val base = base_reg(t, a->rn);
    put_reg(t, a->rs, 0, ir_stx(t, ty_sf(sf), m, base, get_reg(t, a->rt, sf)));
    return true;
}

bool trans_stxp(Ctx *t, const a64_excl *a)                      // C6.2.394 STXP, C6.2.358 STLXP
{
    u32 sf = a->size == 3;
    MemOp m = memop_atomic(t, (MemOp)a->size) | release(a->o0);
    Val base = base_reg(t, a->rn), v = get_reg(t, a->rt, sf), w = get_reg(t, a->rt2, sf);
    put_reg(t, a->rs, 0, ir_stx2(t, ty_sf(sf), m, base, v, w));
    return true;
}

// -- ordered -------------------------------------------------------------------------------
static void gen_load_ordered(Ctx *t, u32 size, u32 rt, u32 rn)
{
    MemOp m = memop_ordered(t, (MemOp)size) | acquire(1);
    put_reg(t, rt, size == 3, ir_ld(t, ty_sf(size == 3), m, base_reg(t, rn), 0));
}

static void gen_store_ordered(Ctx *t, const a64_excl *a)
{
    u32 sf = a->size == 3;
    MemOp m = memop_ordered(t, (MemOp)a->size) | release(1);
    Val base = base_reg(t, a->rn);
    ir_st(t, ty_sf(sf), m, base, 0, get_reg(t, a->rt, sf));
}

bool trans_ldar(Ctx *t, const a64_excl *a)                                  // C6.2.162
{
    gen_load_ordered(t, a->size, a->rt, a->rn);
    return true;
}

bool trans_stlr(Ctx *t, const a64_excl *a)                                  // C6.2.352
{
    gen_store_ordered(t, a);
    return true;
}

// One LORegion, all of memory: limited order is order (B2.3.5).
bool trans_ldlar(Ctx *t, const a64_excl *a)                                 // C6.2.186
{
    gen_load_ordered(t, a->size, a->rt, a->rn);
    return true;
}

bool trans_stllr(Ctx *t, const a64_excl *a)                                 // C6.2.349
{
    gen_store_ordered(t, a);
    return true;
}

bool trans_ldapr(Ctx *t, const a64_atomic *a)                               // C6.2.157
{
    gen_load_ordered(t, a->size, a->rt, a->rn);
    return true;
}

bool trans_ldapur(Ctx *t, const a64_ldapur *a)                  // C6.2.160 LDAPUR, C6.2.355 STLUR
{
    MemOp m = memop_ordered(t, (MemOp)a->size) | (a->opc ? acquire(1) : release(1));
    gen_ldst(t, m, a->opc, a->rt, base_reg(t, a->rn), a->imm);
    return true;
}

// -- LSE atomics (B2.2.5) ------------------------------------------------------------------
static MemOp memop_lse(const Ctx *t, u32 size, u32 a, u32 r)
{
    return memop_atomic(t, (MemOp)size) | acquire(a) | release(r);
}

// Without a destination the load is no load, and A does not count (C6.2.167).
bool trans_ld_op(Ctx *t, const a64_atomic *a)                   // C6.2.154 LDADD to C6.2.212 ...
{
    u32 sf = a->size == 3;
    MemOp m = memop_lse(t, a->size, a->a && a->rt != 31, a->r);
    Val base = base_reg(t, a->rn);
    Val old = ir_rmw(t, ty_sf(sf), m, (IrRmw)a->op, base, get_reg(t, a->rs, sf));
    put_reg(t, a->rt, sf, old);
    return true;
}

bool trans_swp(Ctx *t, const a64_atomic *a)                                 // C6.2.412
{
    u32 sf = a->size == 3;
    MemOp m = memop_lse(t, a->size, a->a && a->rt != 31, a->r);
    Val base = base_reg(t, a->rn);
    put_reg(t, a->rt, sf, ir_rmw(t, ty_sf(sf), m, RMW_SWP, base, get_reg(t, a->rs, sf)));
    return true;
}

bool trans_cas(Ctx *t, const a64_cas *a)                                    // C6.2.52
{
    u32 sf = a->size == 3;
    MemOp m = memop_lse(t, a->size, a->a, a->r);
    Val base = base_reg(t, a->rn), expect = get_reg(t, a->rs, sf);
    put_reg(t, a->rs, sf, ir_cas(t, ty_sf(sf), m, base, expect, get_reg(t, a->rt, sf)));
    return true;
}

// Pairs in registers are in memory order: the even register is at the lower address, whatever
// the endianness.
bool trans_casp(Ctx *t, const a64_casp *a)                                  // C6.2.54
{
    u32 sf = a->sf;
    MemOp m = memop_lse(t, sf ? MO_64 : MO_32, a->a, a->r);
    Val base = base_reg(t, a->rn);
    Val e0 = get_reg(t, a->rs, sf), e1 = get_reg(t, a->rs + 1, sf);
    Val n0 = get_reg(t, a->rt, sf), n1 = get_reg(t, a->rt + 1, sf), hi;
    Val lo = ir_cas2(t, ty_sf(sf), m, base, e0, e1, n0, n1, &hi);
    put_reg(t, a->rs, sf, lo);
    put_reg(t, a->rs + 1, sf, hi);
    return true;
}
