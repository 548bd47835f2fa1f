// SPDX-License-Identifier: MIT
// Guest memory: the inline soft-TLB check and the access.
//
// The check compares the page of the access's last byte with the entry's tag; slow bits in
// the tag, an address that crosses a page and (when asked for) one that is not aligned make it
// fail, and the cold stub redoes the whole operation in C:
//
//     rorx rax, A, 9; xor eax, eA                     fold (tlb_index)
//     shr eax, 7; and eax, 511 << 5                   index * 32
//     lea rcx, [A + size - 1]; and rcx, -4096
//     cmp rcx, [r15 + rax + tag]; jne cold
//     mov rax, [r15 + rax + 24]                       addend
//     mov d, [rax + A]
//
// A is the base register, or rdx when there is an offset.  128-bit exclusives and compare-and-swap
// of pairs, and big-endian atomics, always go by the stub.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"

enum { TLB_SHIFT = PAGE_BITS - 5, INDEX_MASK = (TLB_SIZE - 1) << 5 };

typedef struct Addr {
    int reg;                                        // holds the address, or -1: mem is all
    Stub *stub;
    int base, index;                                // the access's host address; index -1: none
    i32 disp;
} Addr;

static Mem mem_at(Addr ad, i32 more)
{
    return ad.index < 0 ? mem_b(ad.base, ad.disp + more)
                        : mem_bi(ad.base, ad.index, 0, ad.disp + more);
}

static bool pair_op(int op)
{
    return op == OP_LD2 || op == OP_ST2 || op == OP_LDX2 || op == OP_STX2 || op == OP_CAS2;
}

// The base in a register, and one for the result, before the check: what the allocator emits
// must not stand between the jump to the stub and the place where the stub resumes.
static int prepare(Emit *e, const Ins *in, i32 i)
{
    if (!ir_is_k(in->a))
        ra_use(e, in->a);
    return i ? ra_def(e, i, -1) : -1;
}

static int address(Emit *e, const Ins *in)
{
    if (ir_is_k(in->a)) {
        emit_mov_const(e, RDX, in->a, in->imm);
        return RDX;
    }
    int a = ra_use(e, in->a);
    if (!in->imm)
        return a;
    asm_lea(&e->a, 3, RDX, mem_b(a, in->imm));
    return RDX;
}

static i32 tag_offset(bool write)
{
    return write ? offsetof(TlbEntry, wtag) : offsetof(TlbEntry, rtag);
}

// rax = offset of the entry for the address in register a.
static void index_of(Asm *s, int a)
{
    asm_rorx(s, 3, RAX, a, TLB_BITS);
    asm_alu(s, ALU_XOR, 2, RAX, a);
    asm_shift_i(s, SH_SHR, 2, RAX, TLB_SHIFT);
    asm_alu_i(s, ALU_AND, 2, RAX, INDEX_MASK);
}

// A constant address: so are its entry and its tag.
static Addr check_const(Emit *e, const Ins *in, bool write)
{
    Asm *s = &e->a;
    u64 va = ir_kval_now(e->t, in->a) + (u64)(i64)in->imm;
    i32 entry = (i32)(tlb_index(va) * sizeof(TlbEntry));
    i32 tag = entry + tag_offset(write);
    i32 addend = entry + (i32)offsetof(TlbEntry, addend), in_page = (i32)(va & (PAGE_SIZE - 1));
    u64 page = va - (u64)(i64)in_page;
    bool near = (i64)va == (i32)va && !ir_moves(e->t, in->a);
    if (near) {
        asm_alu_mi(s, ALU_CMP, 3, mem_b(R15, tag), (i32)page);
    } else {
        emit_mov_const(e, RCX, in->a, in->imm - in_page);
        asm_alu_m(s, ALU_CMP, 3, RCX, mem_b(R15, tag));
        emit_fix_disp(e, FIX_TLB, tag);
    }
    emit_flags_clobbered(e);
    Addr r = { RDX, emit_stub(e, STUB_SLOW, asm_jcc_long(s, CC_NE)), RAX, -1, (i32)va };
    r.stub->at_va = true;
    r.stub->va = in->a;
    r.stub->disp = in->imm;
    asm_load(s, 3, RAX, mem_b(R15, addend));
    if (!near) {
        emit_fix_disp(e, FIX_TLB, addend);
        r.index = RCX;
        r.disp = in_page;
    }
    return r;
}

static bool one_page(const Ins *in, u64 va)
{
    u64 size = (u64)memop_bytes(in->aux) << pair_op(in->op);
    bool aligned = !(in->aux & (MO_ALIGN | MO_ALIGN16)) || !(va & (memop_bytes(in->aux) - 1));
    return aligned && !(in->aux & MO_USER) && (va & (PAGE_SIZE - 1)) + size <= PAGE_SIZE;
}

// The page of the address in rcx against the tag of the entry at rax; gives the place of the
// rel32 to where they differ.
static u8 *compare(Asm *s, bool write)
{
    asm_alu_i(s, ALU_AND, 3, RCX, -(i32)PAGE_SIZE);
    asm_alu_m(s, ALU_CMP, 3, RCX, mem_bi(R15, RAX, 0, tag_offset(write)));
    return asm_jcc_long(s, CC_NE);
}

// rax = offset of the entry for register lo, whose tag must be the page of [a + last].  A third of
// all code: mostly the copy of a text.
static u8 *probe(Emit *e, int lo, int a, i32 last, bool write)
{
    Asm *s = &e->a;
    if (lo == a && last > 0 && last == (i8)last) {
        asm_text(s, &e->thunks->probe_text[write][a], (u8)last);
        return s->p - 4;
    }
    index_of(s, lo);
    if (last)
        asm_lea(s, 3, RCX, mem_b(a, last));
    else
        asm_mov(s, 3, RCX, a);
    return compare(s, write);
}

void emit_probe_text(Asm *s, AsmText *t, int a, bool write)
{
    u8 *from = s->p;
    index_of(s, a);
    asm_lea(s, 3, RCX, mem_b(a, 1));
    const u8 *last = s->p - 1;
    compare(s, write);
    asm_take(s, from, last, t);
}

// One that is to be aligned, or is made as if unprivileged.  One that may also be unaligned within
// 16 bytes is slow then.
static u8 *probe_odd(Emit *e, const Ins *in, int a, bool write)
{
    Asm *s = &e->a;
    MemOp m = in->aux;
    i32 size = (i32)(memop_bytes(m) << pair_op(in->op));
    index_of(s, a);
    if (m & MO_USER)
        asm_alu_m(s, ALU_ADD, 3, RAX, env_mem(e, TC(tlb_user)));
    if (m & (MO_ALIGN | MO_ALIGN16)) {
        i32 unit = in->op == OP_LD2 || in->op == OP_ST2 ? (i32)memop_bytes(m) : size;
        if (unit != size)                           // aligned elements may still cross
            asm_lea(s, 3, RCX, mem_b(a, size - unit));
        else
            asm_mov(s, 3, RCX, a);
        asm_alu_i(s, ALU_AND, 3, RCX, -(i32)PAGE_SIZE | (unit - 1));
    } else {
        asm_lea(s, 3, RCX, mem_b(a, size - 1));
        asm_alu_i(s, ALU_AND, 3, RCX, -(i32)PAGE_SIZE);
    }
    i32 tag = tag_offset(write);
    asm_alu_m(s, ALU_CMP, 3, RCX, m & MO_USER ? mem_b(RAX, tag) : mem_bi(R15, RAX, 0, tag));
    return asm_jcc_long(s, CC_NE);
}

// Leaves rax = addend.  Flags are gone.
static Addr check(Emit *e, const Ins *in, bool write)
{
    MemOp m = in->aux;
    i32 size = (i32)(memop_bytes(m) << pair_op(in->op)), add = offsetof(TlbEntry, addend);
    int a = address(e, in);
    u8 *miss = m & (MO_USER | MO_ALIGN | MO_ALIGN16) ? probe_odd(e, in, a, write)
                                        : probe(e, a, a, size - 1, write);
    emit_flags_clobbered(e);
    Addr r = { a, emit_stub(e, STUB_SLOW, miss), RAX, a, 0 };
    asm_load(&e->a, 3, RAX, m & MO_USER ? mem_b(RAX, add) : mem_bi(R15, RAX, 0, add));
    return r;
}

// Straight to the stub.
static Addr always_slow(Emit *e, const Ins *in)
{
    int a = address(e, in);
    emit_flags_clobbered(e);
    return (Addr){ a, emit_stub(e, STUB_SLOW, asm_jmp_long(&e->a)), RAX, -1, 0 };
}

// The first of a group: all its bytes must lie in one page.
static Addr check_first(Emit *e, const Ins *in, const Group *g, int host)
{
    Asm *s = &e->a;
    int a = ra_use(e, in->a), lo = a;
    if (g->lo) {
        asm_lea(s, 3, RDX, mem_b(a, g->lo));
        lo = RDX;
    }
    Stub *st = emit_stub(e, STUB_GROUP, probe(e, lo, a, g->hi - 1, g->write));
    st->host = (i8)host;
    asm_load(s, 3, host, mem_bi(R15, RAX, 0, offsetof(TlbEntry, addend)));
    asm_alu(s, ALU_ADD, 3, host, a);
    return (Addr){ a, st, host, -1, in->imm };
}

static Addr check_next(Emit *e, const Ins *in, int host)
{
    asm_test(&e->a, 3, host, host);
    Stub *st = emit_stub(e, STUB_GROUP, asm_jcc_long(&e->a, CC_E));
    st->host = -1;
    st->base = e->loc[in->a.id];
    return (Addr){ st->base.reg, st, host, -1, in->imm };
}

static bool leads(const Emit *e, i32 i)
{
    return e->group_of[i] && e->groups[e->group_of[i] - 1].first == i;
}

static Val host_of(const Emit *e, i32 i) { return (Val){ e->t->n + e->group_of[i] - 1 }; }

// What a plain access needs in registers before its check: the address or, within a group,
// the host address.
static int prepare_plain(Emit *e, const Ins *in, i32 i)
{
    if (!e->group_of[i] || leads(e, i))
        prepare(e, in, 0);
    if (!e->group_of[i])
        return -1;
    return leads(e, i) ? ra_def(e, host_of(e, i).id, -1) : ra_use(e, host_of(e, i));
}

static Addr check_plain(Emit *e, const Ins *in, i32 i, int host, bool write)
{
    if (ir_is_k(in->a)) {
        u64 va = ir_kval_now(e->t, in->a) + (u64)(i64)in->imm;
        return one_page(in, va) ? check_const(e, in, write) : check(e, in, write);
    }
    if (!e->group_of[i])
        return check(e, in, write);
    Addr r = leads(e, i) ? check_first(e, in, &e->groups[e->group_of[i] - 1], host)
                         : check_next(e, in, host);
    r.stub->disp = in->imm;
    emit_flags_clobbered(e);
    return r;
}

static void release_plain(Emit *e, const Ins *in, i32 i)
{
    if (e->group_of[i])
        ra_release(e, host_of(e, i));
    ra_release(e, in->a);
}

// The site is made before operands are released; its registers are filled in here.
static Site *site_of(Emit *e, const Ins *in, Addr ad)
{
    ad.stub->reg = (i8)ad.reg;
    ad.stub->site = emit_site(e, in);
    ad.stub->vec = ra_any_xmm(e) || ty_vec(in->ty) || ty_vec(in->ty2);
    return &e->tcg->sites[ad.stub->site];
}

static void resume_here(Emit *e, Addr ad) { ad.stub->resume = e->a.p; }

// In a register, or a constant that a store can have in itself.
static void operand(Emit *e, Site *s, int n, Val v)
{
    if (ir_is_k(v) && e->kreg[-1 - v.id] < 0)
        s->konst[n] = (i32)ir_kval(e->t, v);
    else
        s->src[n] = (i8)ra_use(e, v);
}

// -- loads --------------------------------------------------------------------------------

static void load_value(Emit *e, int ty, MemOp m, int d, Mem from)
{
    Asm *s = &e->a;
    int sz = m & MO_SIZE;
    if (ty == T_V128) {
        asm_vmovups_load(s, d, from);
    } else if (ty_vec(ty)) {
        asm_vmovs_load(s, sz, d, from);
    } else if (m & MO_BE && sz) {
        if (sz == MO_16) {
            asm_load(s, 1, d, from);
            asm_rol16(s, d, 8);
            emit_flags_clobbered(e);
        } else {
            asm_movbe_load(s, sz, d, from);
        }
        if (m & MO_SIGN)
            asm_movsx(s, sz, ty == T_I32 ? 2 : 3, d, d);
    } else if (m & MO_SIGN && sz < (ty == T_I32 ? 2 : 3)) {
        asm_load_sx(s, sz, ty == T_I32 ? 2 : 3, d, from);
    } else {
        asm_load(s, sz, d, from);
    }
}

static bool at_once(int op, MemOp m) { return m & MO_ATOMIC && (op == OP_LD2 || op == OP_ST2); }

static bool odd_big_endian(const Ins *in)
{
    return in->aux & MO_BE && (ty_vec(in->ty) || ty_vec(in->ty2) || at_once(in->op, in->aux));
}

// Vector moves of 16 bytes are atomic where those are aligned (SDM vol. 3, 10.1.1; AMD APM vol. 2,
// 7.3.2), on every host that has AVX.
static void load_both(Emit *e, int ty, MemOp m, int d, int d2, Addr ad)
{
    if (!(m & MO_ATOMIC)) {
        load_value(e, ty, m, d, mem_at(ad, 0));
        if (d2 >= 0)
            load_value(e, ty, m, d2, mem_at(ad, (i32)memop_bytes(m)));
        return;
    }
    asm_vmovups_load(&e->a, XMM0, mem_at(ad, 0));
    asm_vmov_to_r(&e->a, 3, d, XMM0);
    if (d2 >= 0)
        asm_vpextr(&e->a, 3, d2, XMM0, 1);
}

static void gen_ld(Emit *e, const Ins *in, i32 i)
{
    bool slow = odd_big_endian(in);
    int host = prepare_plain(e, in, i);
    bool over_base = in->a.id > 0 && !e->group_of[i] && !ty_vec(in->ty);
    int d = ra_def(e, i, over_base ? e->loc[in->a.id].reg : -1);
    Addr ad = slow ? always_slow(e, in) : check_plain(e, in, i, host, false);
    site_of(e, in, ad)->dst = (i8)d;
    if (!slow)
        load_value(e, in->ty, in->aux, d, mem_at(ad, 0));
    resume_here(e, ad);
    release_plain(e, in, i);
    ra_release(e, (Val){ i });
}

// Both results are defined at once; the LD2HI that follows finds its own made.
static void gen_ld2(Emit *e, const Ins *in, i32 i)
{
    bool slow = odd_big_endian(in);
    bool want2 = e->t->ins[i + 1].op == OP_LD2HI;
    int host = prepare_plain(e, in, i);
    int d = ra_def(e, i, -1), d2 = want2 ? ra_def(e, i + 1, -1) : -1;
    Addr ad = slow ? always_slow(e, in) : check_plain(e, in, i, host, false);
    Site *s = site_of(e, in, ad);
    s->dst = (i8)d;
    s->dst2 = (i8)d2;
    if (!slow)
        load_both(e, in->ty, in->aux, d, d2, ad);
    resume_here(e, ad);
    release_plain(e, in, i);
    ra_release(e, (Val){ i });
}

// A locked operation on a word of the frame behind the spills: cheaper than MFENCE.
static void full_fence(Emit *e)
{
    asm_lock_alu(&e->a, ALU_OR, 2, mem_b(RSP, TCG_FRAME + 16), RAX);
}

// -- stores -------------------------------------------------------------------------------

static void store_value(Emit *e, int ty, MemOp m, Mem to, Val v)
{
    Asm *s = &e->a;
    int sz = m & MO_SIZE;
    i32 k;
    if (ty == T_V128) {
        asm_vmovups_store(s, to, ra_use(e, v));
    } else if (ty_vec(ty)) {
        asm_vmovs_store(s, sz, to, ra_use(e, v));
    } else if (!(m & MO_BE) && ra_imm32(e, v, sz == MO_64 ? T_I64 : T_I32, &k)) {
        asm_store_i(s, sz, to, k);
    } else if (m & MO_BE && sz) {
        asm_movbe_store(s, sz, to, ra_use(e, v));
    } else {
        asm_store(s, sz, to, ra_use(e, v));
    }
}

static void store_both_at_once(Emit *e, int b, int c, Addr ad)
{
    asm_vmov_from_r(&e->a, 3, XMM0, b);
    asm_vpinsr(&e->a, 3, XMM0, XMM0, c, 1);
    asm_vmovups_store(&e->a, mem_at(ad, 0), XMM0);
}

static void store_values(Emit *e, const Ins *in, Addr ad)
{
    if (at_once(in->op, in->aux)) {
        store_both_at_once(e, ra_use(e, in->b), ra_use(e, in->c), ad);
        return;
    }
    store_value(e, in->ty, in->aux, mem_at(ad, 0), in->b);
    if (in->op == OP_ST2)
        store_value(e, in->ty, in->aux, mem_at(ad, (i32)memop_bytes(in->aux)), in->c);
}

static void hold(Emit *e, Val v, const Ins *in)
{
    IrType ty = (in->aux & MO_SIZE) == MO_64 ? T_I64 : T_I32;
    i32 k;
    if (!ir_is_k(v) || in->aux & MO_BE || at_once(in->op, in->aux) || !ra_imm32(e, v, ty, &k))
        ra_use(e, v);
}

static void gen_st(Emit *e, const Ins *in, i32 i)
{
    bool two = in->op == OP_ST2, slow = odd_big_endian(in);
    int host = prepare_plain(e, in, i);
    hold(e, in->b, in);
    if (two)
        hold(e, in->c, in);
    Addr ad = slow ? always_slow(e, in) : check_plain(e, in, i, host, true);
    Site *s = site_of(e, in, ad);
    operand(e, s, 0, in->b);
    if (two)
        operand(e, s, 1, in->c);
    if (!slow)
        store_values(e, in, ad);
    resume_here(e, ad);
    if (in->aux & MO_REL) {                         // ordered before a later load-acquire
        full_fence(e);
        emit_flags_clobbered(e);
    }
    release_plain(e, in, i);
    ra_release(e, in->b);
    if (two)
        ra_release(e, in->c);
}

// -- exclusives and atomics ---------------------------------------------------------------

static bool out_of_line(const Ins *in)
{
    return in->aux & MO_BE || pair_op(in->op) || (in->aux & MO_SIZE) == MO_128;
}

static void gen_slow_atomic(Emit *e, const Ins *in, i32 i)
{
    const Val v[4] = { in->b, in->c, ir_ops[in->op].nin > 3 ? in->d : ir_none,
                       ir_ops[in->op].nin > 4 ? in->e : ir_none };
    int n = ir_ops[in->op].nin - 1;
    for (int k = 0; k < n; k++)
        ra_use(e, v[k]);
    bool two = e->t->ins[i + 1].op == OP_LD2HI;
    int d = prepare(e, in, i), d2 = two ? ra_def(e, i + 1, -1) : -1;
    Addr ad = always_slow(e, in);
    Site *s = site_of(e, in, ad);
    for (int k = 0; k < n; k++)
        operand(e, s, k, v[k]);
    s->dst = (i8)d;
    s->dst2 = (i8)d2;
    resume_here(e, ad);
    ra_release(e, in->a);
    for (int k = 0; k < n; k++)
        ra_release(e, v[k]);
}

static void gen_ldx(Emit *e, const Ins *in, i32 i)
{
    Asm *s = &e->a;
    MemOp m = in->aux;
    if (out_of_line(in)) {
        gen_slow_atomic(e, in, i);
        return;
    }
    int d = prepare(e, in, i);
    Addr ad = check(e, in, false);
    site_of(e, in, ad)->dst = (i8)d;
    asm_lea(s, 3, RCX, mem_bi(RAX, ad.reg, 0, 0));
    asm_store(s, 3, env_mem(e, TC(excl_addr)), RCX);
    asm_load(s, m & MO_SIZE, d, mem_b(RCX, 0));
    asm_store_i(s, 3, env_mem(e, TC(excl_size)), (i32)memop_bytes(m));
    asm_store(s, 3, env_mem(e, TC(excl_val)), d);
    resume_here(e, ad);
    ra_release(e, in->a);
}

// The check of an operation that writes, with b as the slow path's first operand and d as the
// result; the host address to rcx.
static Addr begin_atomic(Emit *e, const Ins *in, int d)
{
    Addr ad = check(e, in, true);
    Site *st = site_of(e, in, ad);
    operand(e, st, 0, in->b);
    if (in->op == OP_CAS)
        operand(e, st, 1, in->c);
    st->dst = (i8)d;
    asm_lea(&e->a, 3, RCX, mem_bi(RAX, ad.reg, 0, 0));
    return ad;
}

static void gen_stx(Emit *e, const Ins *in, i32 i)
{
    Asm *s = &e->a;
    MemOp m = in->aux;
    int sz = m & MO_SIZE;
    if (out_of_line(in)) {
        gen_slow_atomic(e, in, i);
        return;
    }
    int v = ra_use(e, in->b), d = prepare(e, in, i);
    Addr ad = begin_atomic(e, in, d);
    asm_mov_k(s, d, 1);
    asm_alu_m(s, ALU_CMP, 3, RCX, env_mem(e, TC(excl_addr)));
    u8 *no = asm_jcc_short(s, CC_NE);
    asm_alu_mi(s, ALU_CMP, 3, env_mem(e, TC(excl_size)), (i32)memop_bytes(m));
    u8 *no2 = asm_jcc_short(s, CC_NE);
    asm_load(s, 3, RAX, env_mem(e, TC(excl_val)));
    asm_lock_cmpxchg(s, sz, mem_b(RCX, 0), v);
    asm_setcc(s, CC_NE, d);                         // d was 1: 0 or 1
    asm_patch_here(s, no);
    asm_patch_here(s, no2);
    asm_store_i(s, 3, env_mem(e, TC(excl_addr)), -1);
    resume_here(e, ad);
    ra_release(e, in->a);
    ra_release(e, in->b);
}

// The old value, in rax, as the result.
static void old_value(Emit *e, const Ins *in, int d, int from)
{
    int sz = in->aux & MO_SIZE;
    if (sz < 2)
        asm_movzx(&e->a, sz, d, from);
    else
        asm_mov(&e->a, sz, d, from);
}

static void gen_cas(Emit *e, const Ins *in, i32 i)
{
    if (out_of_line(in)) {
        gen_slow_atomic(e, in, i);
        return;
    }
    int b = ra_use(e, in->b), c = ra_use(e, in->c), d = prepare(e, in, i);
    Addr ad = begin_atomic(e, in, d);
    asm_mov(&e->a, 3, RAX, b);
    asm_lock_cmpxchg(&e->a, in->aux & MO_SIZE, mem_b(RCX, 0), c);
    old_value(e, in, d, RAX);
    resume_here(e, ad);
    ra_release(e, in->a);
    ra_release(e, in->b);
    ra_release(e, in->c);
}

static void rmw_loop(Emit *e, const Ins *in, int v)
{
    Asm *s = &e->a;
    int sz = in->aux & MO_SIZE;
    asm_load(s, sz, RAX, mem_b(RCX, 0));
    u8 *again = s->p;
    if (in->sub == RMW_CLR) {
        asm_andn(s, 3, RDX, v, RAX);
    } else {
        asm_mov(s, 3, RDX, RAX);
        asm_alu(s, in->sub == RMW_EOR ? ALU_XOR : ALU_OR, 3, RDX, v);
    }
    asm_lock_cmpxchg(s, sz, mem_b(RCX, 0), RDX);
    asm_jcc_back(s, CC_NE, again);
}

static void gen_rmw(Emit *e, const Ins *in, i32 i)
{
    Asm *s = &e->a;
    int sz = in->aux & MO_SIZE;
    if (out_of_line(in) || (in->sub >= RMW_SMAX && in->sub <= RMW_UMIN)) {
        gen_slow_atomic(e, in, i);
        return;
    }
    int v = ra_use(e, in->b), d = prepare(e, in, i);
    Addr ad = begin_atomic(e, in, d);
    if (in->sub == RMW_ADD) {
        asm_mov(s, 3, RAX, v);
        asm_lock_xadd(s, sz, mem_b(RCX, 0), RAX);
    } else if (in->sub == RMW_SWP) {
        asm_mov(s, 3, RAX, v);
        asm_xchg_m(s, sz, mem_b(RCX, 0), RAX);
    } else {
        rmw_loop(e, in, v);
    }
    old_value(e, in, d, RAX);
    resume_here(e, ad);
    ra_release(e, in->a);
    ra_release(e, in->b);
}

static void gen_fence(Emit *e, const Ins *in, i32 i)
{
    (void)i;
    if (in->aux != FENCE_ALL)                       // the host orders loads, and stores
        return;
    full_fence(e);
    emit_flags_clobbered(e);
}

// -- an access of a group whose page was not what the check wanted --------------------------------

static void stub_address(Emit *e, const Stub *s)
{
    Asm *a = &e->a;
    if (s->reg >= 0) {
        asm_lea(a, 3, RDX, mem_b(s->reg, s->disp));
        return;
    }
    asm_load(a, 3, RDX, s->base.spill >= 0 ? mem_b(RSP, s->base.spill)
                                           : reg_mem(e, s->base.home));
    if (s->disp)
        asm_alu_i(a, ALU_ADD, 3, RDX, s->disp);
}

static void stub_store(Emit *e, const Site *s, int n, Mem to)
{
    int sz = s->aux & MO_SIZE;
    if (s->src[n] < 0) {
        asm_mov_k(&e->a, RCX, (u64)(i64)s->konst[n]);
        asm_store(&e->a, sz, to, RCX);
    } else if (s->ty == T_V128) {
        asm_vmovups_store(&e->a, to, s->src[n]);
    } else if (ty_vec(s->ty)) {
        asm_vmovs_store(&e->a, sz, to, s->src[n]);
    } else {
        asm_store(&e->a, sz, to, s->src[n]);
    }
}

static void stub_access(Emit *e, const Site *s)
{
    Addr ad = { .base = RAX, .index = -1 };
    if (s->op == OP_LD || s->op == OP_LD2) {
        load_both(e, s->ty, s->aux, s->dst, s->dst2, ad);
    } else if (at_once(s->op, s->aux)) {
        store_both_at_once(e, s->src[0], s->src[1], ad);
    } else {
        stub_store(e, s, 0, mem_at(ad, 0));
        if (s->op == OP_ST2)
            stub_store(e, s, 1, mem_at(ad, (i32)memop_bytes(s->aux)));
    }
}

void emit_group_stub(Emit *e, const Stub *s)
{
    Asm *a = &e->a;
    const Site *site = &e->tcg->sites[s->site];
    int op = site->op, size = (site->aux & MO_SIZE) + pair_op(op);
    bool write = op == OP_ST || op == OP_ST2;
    if (s->host >= 0)
        asm_zero(a, s->host);
    stub_address(e, s);
    emit_mov_site(e, s->site);
    asm_call(a, e->thunks->probe[write][size][s->vec]);
    asm_jcc_back(a, CC_NE, s->resume);              // the slow path has done it
    stub_access(e, site);
    asm_jmp_back(a, s->resume);
}

// A thunk: rdx = address, eax = site.  ZF: rax is the host's address; else `slow` has done what is
// to be done.  Its last instruction that sets flags is an addition to rsp: not zero.
const void *emit_probe_thunk(Asm *a, bool write, unsigned bytes, const void *slow, Mem saved)
{
    const void *at = (const void *)(uintptr_t)asm_exec(a, a->p);
    asm_store(a, 3, saved, RAX);
    index_of(a, RDX);
    asm_lea(a, 3, RCX, mem_b(RDX, (i32)bytes - 1));
    asm_alu_i(a, ALU_AND, 3, RCX, -(i32)PAGE_SIZE);
    asm_alu_m(a, ALU_CMP, 3, RCX, mem_bi(R15, RAX, 0, tag_offset(write)));
    u8 *miss = asm_jcc_short(a, CC_NE);
    asm_load(a, 3, RAX, mem_bi(R15, RAX, 0, offsetof(TlbEntry, addend)));
    asm_lea(a, 3, RAX, mem_bi(RAX, RDX, 0, 0));
    asm_ret(a);
    asm_patch_here(a, miss);
    asm_load(a, 3, RAX, saved);
    asm_jmp_abs(a, slow);
    return at;
}

typedef void Gen(Emit *e, const Ins *in, i32 i);
static Gen *const gen[OP_COUNT] = {
    [OP_LD] = gen_ld, [OP_LD2] = gen_ld2, [OP_ST] = gen_st, [OP_ST2] = gen_st, [OP_LDX] = gen_ldx,
    [OP_LDX2] = gen_slow_atomic, [OP_STX] = gen_stx, [OP_STX2] = gen_slow_atomic,
    [OP_CAS] = gen_cas, [OP_CAS2] = gen_slow_atomic, [OP_RMW] = gen_rmw, [OP_FENCE] = gen_fence,
};

bool emit_mem(Emit *e, const Ins *in, i32 i)
{
    if (in->op == OP_LD2HI)                         // made with its pair
        return true;
    if (!gen[in->op])
        return false;
    gen[in->op](e, in, i);
    return true;
}
