// SPDX-License-Identifier: MIT
// A64 loads and stores of SIMD and FP registers.  Arm ARM DDI 0487K.a, C4.1.94, C7.2.177 on.
//
// All of an instruction's memory is read before its first PUT.  Structures are read and written
// as whole registers; the interleaving is done with permutations.
// DEVIATION: with SCTLR.A the structure forms do not check the alignment of elements (Linux and
// the firmware we know run with A clear).
#include "cpu/arm/translate_simd.h"

// -- one register -------------------------------------------------------------------------

// size 0 to 4: the value that carries a B, H, S, D or Q register.
static IrType mem_ty(u32 size)
{
    static const u8 ty[] = { T_I32, T_I32, T_F32, T_F64, T_V128 };
    return (IrType)ty[size];
}

static void put_mem(Ctx *t, u32 rt, u32 size, Val v)
{
    if (size < 2)
        put_bits(t, rt, size, v);
    else
        put_f(t, rt, v, mem_ty(size));
}

static Val get_mem(Ctx *t, u32 rt, u32 size)
{
    return size < 2 ? bits_of_f(t, T_F32, get_f(t, rt, T_F32)) : get_f(t, rt, mem_ty(size));
}

static void gen_ldst(Ctx *t, bool load, u32 rt, u32 size, Val addr, i32 off)
{
    MemOp m = memop(t, (MemOp)size);
    if (load)
        put_mem(t, rt, size, ir_ld(t, mem_ty(size), m, addr, off));
    else
        ir_st(t, mem_ty(size), m, addr, off, get_mem(t, rt, size));
}

bool trans_ldr_lit_v(Ctx *t, const a64_ldr_lit_v *a)        // LDR (literal, SIMD&FP)
{
    if (fp_access(t))
        gen_ldst(t, true, a->rt, a->opc + 2, ir_k_pc(t, t->pc + (u64)(i64)a->imm * 4), 0);
    return true;
}

bool trans_ldst_v_unscaled(Ctx *t, const a64_ldst_v *a)     // LDUR, STUR
{
    if (fp_access(t))
        gen_ldst(t, a->l, a->rt, a->q * 4 + a->size, base_reg(t, a->rn), a->imm);
    return true;
}

bool trans_ldst_v_uimm(Ctx *t, const a64_ldst_v_uimm *a)    // LDR, STR (immediate)
{
    u32 size = a->q * 4 + a->size;
    if (fp_access(t))
        gen_ldst(t, a->l, a->rt, size, base_reg(t, a->rn), (i32)(a->imm << size));
    return true;
}

static bool gen_indexed(Ctx *t, const a64_ldst_v *a, bool pre)
{
    if (!fp_access(t))
        return true;
    Val base = base_reg(t, a->rn);
    gen_ldst(t, a->l, a->rt, a->q * 4 + a->size, base, pre ? a->imm : 0);
    put_base(t, a->rn, base, a->imm);
    return true;
}

bool trans_ldst_v_post(Ctx *t, const a64_ldst_v *a) { return gen_indexed(t, a, false); }
bool trans_ldst_v_pre(Ctx *t, const a64_ldst_v *a) { return gen_indexed(t, a, true); }

bool trans_ldst_v_reg(Ctx *t, const a64_ldst_v_reg *a)      // LDR, STR (register)
{
    u32 size = a->q * 4 + a->size;
    if (!fp_access(t))
        return true;
    Val base = base_reg(t, a->rn), off = extend_reg(t, a->rm, 1, a->option, a->s ? size : 0);
    gen_ldst(t, a->l, a->rt, size, ir_add(t, T_I64, base, off), 0);
    return true;
}

bool trans_ldst_pair_v(Ctx *t, const a64_ldst_pair_v *a)    // LDP, STP, LDNP, STNP
{
    u32 size = a->opc + 2;
    if (!fp_access(t))
        return true;
    i32 imm = a->imm * (4 << a->opc), off = a->idx == 1 ? 0 : imm;
    IrType ty = mem_ty(size);
    MemOp m = memop(t, (MemOp)size);
    Val base = base_reg(t, a->rn), second;
    if (a->l) {
        Val first = ir_ld2(t, ty, m, base, off, &second);
        put_f(t, a->rt, first, ty);
        put_f(t, a->rt2, second, ty);
    } else {
        Val first = get_f(t, a->rt, ty);
        second = get_f(t, a->rt2, ty);
        ir_st2(t, ty, m, base, off, first, second);
    }
    if (a->idx & 1)
        put_base(t, a->rn, base, imm);
    return true;
}

// -- structures: whole registers ----------------------------------------------------------

// The stream of a multiple structure access: n words of 16 or 8 bytes.
typedef struct Words {
    Val w[4];
    u32 n, q, size;
} Words;

// Endianness is that of the elements, so words move as they are.
static MemOp word_memop(Ctx *t, const Words *s)
{
    return memop(t, s->q ? MO_128 : MO_64) & (MemOp)~(MO_BE | MO_ALIGN);
}

static void swap_elements(Ctx *t, Words *s)
{
    for (u32 i = 0; i < s->n && s->size && t->mode & AM_BE; i++)
        s->w[i] = ir_v1(t, OP_VREV, s->w[i], VL_8, (i32)s->size);
}

static void load_words(Ctx *t, Val base, Words *s)
{
    IrType ty = s->q ? T_V128 : T_F64;
    MemOp m = word_memop(t, s);
    i32 step = s->q ? 16 : 8;
    for (u32 i = 0; i + 1 < s->n; i += 2)
        s->w[i] = ir_ld2(t, ty, m, base, (i32)i * step, &s->w[i + 1]);
    if (s->n & 1)
        s->w[s->n - 1] = ir_ld(t, ty, m, base, (i32)(s->n - 1) * step);
    for (u32 i = 0; i < s->n && !s->q; i++)
        s->w[i] = v_of_f(t, T_F64, s->w[i]);
    swap_elements(t, s);
}

static void store_words(Ctx *t, Val base, Words *s)
{
    IrType ty = s->q ? T_V128 : T_F64;
    MemOp m = word_memop(t, s);
    i32 step = s->q ? 16 : 8;
    swap_elements(t, s);
    for (u32 i = 0; i < s->n && !s->q; i++)
        s->w[i] = f_of_v(t, T_F64, s->w[i]);
    for (u32 i = 0; i + 1 < s->n; i += 2)
        ir_st2(t, ty, m, base, (i32)i * step, s->w[i], s->w[i + 1]);
    if (s->n & 1)
        ir_st(t, ty, m, base, (i32)(s->n - 1) * step, s->w[s->n - 1]);
}

static Val perm(Ctx *t, int op, const Words *s, Val a, Val b)
{
    return ir_v2(t, op, a, b, vl(s->size, s->q), 0);
}

// Three registers: output byte j of word k comes from byte from[j] & 15 of word from[j] >> 4.
static Val gather3(Ctx *t, const Val *w, const u8 *from, u32 bytes)
{
    Val r = ir_none;
    for (u32 s = 0; s < 3; s++) {
        u64 index[2] = { ~(u64)0, ~(u64)0 };
        for (u32 j = 0; j < bytes; j++)
            if (from[j] >> 4 == s)
                index[j / 8] ^= (u64)(0xff ^ (from[j] & 15)) << 8 * (j % 8);
        Val part = ir_v2(t, OP_VTBL1, w[s], ir_vconst(t, index[0], index[1]), VL_8, 0);
        r = s ? ir_v2(t, OP_VOR, r, part, VL_8, 0) : part;
    }
    return r;
}

static void permute3(Ctx *t, Words *s, bool load)
{
    u32 bytes = s->q ? 16 : 8, mask = (1u << s->size) - 1;
    Val out[3];
    for (u32 k = 0; k < 3; k++) {
        u8 from[16];
        for (u32 j = 0; j < bytes; j++) {
            u32 p = load ? ((j >> s->size) * 3 + k) << s->size | (j & mask) : k * bytes + j;
            u32 e = p >> s->size;
            from[j] = (u8)(load ? p / bytes << 4 | p % bytes
                                : e % 3 << 4 | (e / 3) << s->size | (j & mask));
        }
        out[k] = gather3(t, s->w, from, bytes);
    }
    for (u32 k = 0; k < 3; k++)
        s->w[k] = out[k];
}

// Words i and j by op and the one after it: of UZP their even and odd lanes, of ZIP the lower and
// the upper half of both.
_Static_assert(OP_VUZP2 == OP_VUZP1 + 1 && OP_VZIP2 == OP_VZIP1 + 1, "permute2");
static void permute2(Ctx *t, Words *s, int op, u32 i, u32 j)
{
    Val a = s->w[i], b = s->w[j];
    s->w[i] = perm(t, op, s, a, b);
    s->w[j] = perm(t, op + 1, s, a, b);
}

// Two steps each of four words: neighbours and then those two apart, or the other way round.
static void deinterleave(Ctx *t, Words *s)
{
    if (s->n == 3) {
        permute3(t, s, true);
        return;
    }
    for (u32 i = 0; i < s->n; i += 2)
        permute2(t, s, OP_VUZP1, i, i + 1);
    for (u32 i = 0; i + 2 < s->n; i++)
        permute2(t, s, OP_VUZP1, i, i + 2);
}

static void interleave(Ctx *t, Words *s)
{
    if (s->n == 3) {
        permute3(t, s, false);
        return;
    }
    for (u32 i = 0; i + 2 < s->n; i++)
        permute2(t, s, OP_VZIP1, i, i + 2);
    for (u32 i = 0; i < s->n; i += 2)
        permute2(t, s, OP_VZIP1, i, i + 1);
}

static void post_index(Ctx *t, u32 rn, Val base, u32 rm, u32 bytes)
{
    if (rm == 31)
        put_base(t, rn, base, (i64)bytes);
    else
        put_reg_sp(t, rn, 1, ir_add(t, T_I64, base, get_reg(t, rm, 1)));
}

bool trans_ldst_multi(Ctx *t, const a64_vmulti *a)          // LD1-LD4, ST1-ST4 (multiple)
{
    if (!fp_access(t))
        return true;
    Words s = { .n = a->regs, .q = a->q, .size = a->size };
    Val base = base_reg(t, a->rn);
    if (a->l) {
        load_words(t, base, &s);
        if (a->selem > 1)
            deinterleave(t, &s);
        for (u32 i = 0; i < s.n; i++)
            put_v(t, a->rt + i, s.w[i]);
    } else {
        for (u32 i = 0; i < s.n; i++)
            s.w[i] = get_v(t, a->rt + i);
        if (a->selem > 1)
            interleave(t, &s);
        store_words(t, base, &s);
    }
    if (a->post)
        post_index(t, a->rn, base, a->rm, s.n * (a->q ? 16 : 8));
    return true;
}

// -- structures: one lane -----------------------------------------------------------------

static void load_elements(Ctx *t, Val base, u32 size, u32 n, Val *v)
{
    MemOp m = memop(t, (MemOp)size);
    for (u32 i = 0; i < n; i++)
        v[i] = ir_ld(t, int_ty(size), m, base, (i32)(i << size));
}

bool trans_ldst_one(Ctx *t, const a64_vone *a)              // LD1-LD4, ST1-ST4 (single)
{
    u32 n = a->n * 2 + a->r + 1, bits = a->q << 3 | a->s << 2 | a->size;
    bool wide = a->scale == 2 && a->size == 1;
    u32 size = wide ? 3 : a->scale, lane = wide ? a->q : bits >> a->scale;
    if (!fp_access(t))
        return true;
    Val base = base_reg(t, a->rn), v[4];
    if (a->l) {
        load_elements(t, base, size, n, v);
        for (u32 i = 0; i < n; i++)
            put_v(t, a->rt + i, ir_v2(t, OP_VINS, get_v(t, a->rt + i), v[i], (u16)size, (i32)lane));
    } else {
        for (u32 i = 0; i < n; i++)
            ir_st(t, int_ty(size), memop(t, (MemOp)size), base, (i32)(i << size),
                  lane_u(t, get_v(t, a->rt + i), size, lane));
    }
    if (a->post)
        post_index(t, a->rn, base, a->rm, n << size);
    return true;
}

bool trans_ld_rep(Ctx *t, const a64_vone *a)                // LD1R to LD4R
{
    u32 n = a->n * 2 + a->r + 1;
    if (!fp_access(t))
        return true;
    Val base = base_reg(t, a->rn), v[4];
    load_elements(t, base, a->size, n, v);
    for (u32 i = 0; i < n; i++)
        put_v(t, a->rt + i, ir_v1(t, OP_VDUP, v[i], vl(a->size, a->q), 0));
    if (a->post)
        post_index(t, a->rn, base, a->rm, n << a->size);
    return true;
}
