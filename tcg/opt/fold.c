// SPDX-License-Identifier: MIT
// Constant folding and identities, applied to each pure operation as it is built.  A rule
// may look at the operands' definitions, never at their uses, and may build at most one new
// instruction.  ir_eval_int is also what the evaluator runs, so there is one meaning.
#include "tcg/opt/fold.h"
#include "util/bits.h"

static u64 mask_of(IrType ty) { return ty == T_I32 ? 0xffffffffu : ~0ull; }
static int width_of(IrType ty) { return ty == T_I32 ? 32 : 64; }

static i64 sign(IrType ty, u64 v) { return ty == T_I32 ? (i32)v : (i64)v; }

static u64 udiv(u64 a, u64 b) { return b ? a / b : 0; }

static u64 sdiv(i64 a, i64 b)
{
    if (b == 0)
        return 0;
    return b == -1 ? 0 - (u64)a : (u64)(a / b);     // MIN / -1 wraps
}

static u64 ror(IrType ty, u64 a, unsigned n)
{
    unsigned w = (unsigned)width_of(ty);
    n &= w - 1;
    return n ? a >> n | a << (w - n) : a;
}

static u64 field_mask(int len) { return len >= 64 ? ~0ull : (1ull << len) - 1; }

static u64 rbit(u64 v)
{
    v = (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
    v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
    return __builtin_bswap64(v);
}

static u64 bswap_lanes16(u64 v)
{
    return (v >> 8 & 0x00ff00ff00ff00ffu) | (v & 0x00ff00ff00ff00ffu) << 8;
}

static u64 clz(IrType ty, u64 v)
{
    return v ? (u64)__builtin_clzll(v) - (64 - (u64)width_of(ty)) : (u64)width_of(ty);
}

static u64 crc32c(u32 acc, u64 data, int log2size)
{
    for (int i = 0; i < 8 << log2size; i++) {
        u32 bit = (acc ^ (u32)(data >> i)) & 1;
        acc = acc >> 1 ^ (bit ? 0x82f63b78u : 0);
    }
    return acc;
}

static bool eval_bits(int op, IrType ty, u64 a, u64 b, u16 aux, i32 imm, u64 *out)
{
    int w = width_of(ty);
    switch (op) {
    case OP_EXTR:
        *out = imm ? (b >> imm) | a << (w - imm) : b;
        return true;
    case OP_UBFX: *out = a >> imm & field_mask(aux); return true;
    case OP_SBFX:
        *out = (u64)((i64)((a >> imm) << (64 - aux)) >> (64 - aux));
        return true;
    case OP_BFI: {
        u64 m = field_mask(aux) << imm;
        *out = (a & ~m) | (b << imm & m);
        return true;
    }
    case OP_CLZ:     *out = clz(ty, a); return true;
    case OP_CLS:     *out = clz(ty, (a ^ (u64)(sign(ty, a) >> 1)) & mask_of(ty)) - 1; return true;
    case OP_RBIT:    *out = rbit(a) >> (64 - w); return true;
    case OP_BSWAP:   *out = __builtin_bswap64(a) >> (64 - w); return true;
    case OP_BSWAP16: *out = bswap_lanes16(a); return true;
    case OP_BSWAP32:
        *out = (u64)__builtin_bswap32((u32)(a >> 32)) << 32 | __builtin_bswap32((u32)a);
        return true;
    case OP_TRUNC:   *out = (u32)a; return true;
    case OP_ZEXT:    *out = (u32)a; return true;
    case OP_SEXT:    *out = (u64)(i64)(i32)a; return true;
    case OP_CRC32C:  *out = crc32c((u32)a, b, aux); return true;
    default:         return false;
    }
}

bool ir_eval_int(int op, IrType ty, u64 a, u64 b, u16 aux, i32 imm, u64 *out)
{
    unsigned sh = (unsigned)b & (unsigned)(width_of(ty) - 1);
    switch (op) {
    case OP_ADD:   *out = a + b; break;
    case OP_SUB:   *out = a - b; break;
    case OP_AND:   *out = a & b; break;
    case OP_OR:    *out = a | b; break;
    case OP_XOR:   *out = a ^ b; break;
    case OP_ANDN:  *out = a & ~b; break;
    case OP_NOT:   *out = ~a; break;
    case OP_NEG:   *out = 0 - a; break;
    case OP_MUL:   *out = a * b; break;
    case OP_UMULH: *out = (u64)((unsigned __int128)a * b >> 64); return true;
    case OP_SMULH: *out = (u64)((__int128)(i64)a * (i64)b >> 64); return true;
    case OP_UDIV:  *out = udiv(a, b); break;
    case OP_SDIV:  *out = sdiv(sign(ty, a), sign(ty, b)); break;
    case OP_SHL:   *out = a << sh; break;
    case OP_SHR:   *out = a >> sh; break;
    case OP_SAR:   *out = (u64)(sign(ty, a) >> sh); break;
    case OP_ROR:   *out = ror(ty, a, sh); break;
    case OP_BSWAP32: case OP_ZEXT: case OP_SEXT:
        return eval_bits(op, T_I64, a, b, aux, imm, out);
    default:
        if (!eval_bits(op, ty, a, b, aux, imm, out))
            return false;
    }
    *out &= mask_of(ty);
    return true;
}

// -- identities with one constant ---------------------------------------------------------

static Val fold_add(Ctx *t, IrType ty, Val a, Val b)
{
    if (ir_is_k(b) && !(ir_kval(t, b) & mask_of(ty)))
        return a;
    // (x + k1) + k2 -> x + (k1 + k2)
    if (ir_is_k(b) && a.id > 0) {
        Ins *in = ir_at(t, a);
        if (in->op == OP_ADD && in->ty == ty && ir_is_k(in->b)) {
            Val x = in->a;
            return ir_add(t, ty, x, ir_k(t, (ir_kval(t, in->b) + ir_kval(t, b)) & mask_of(ty)));
        }
    }
    return ir_none;
}

static Val fold_shift(Ctx *t, IrType ty, Val a, Val b)
{
    return ir_is_k(b) && !(ir_kval(t, b) & (u64)(width_of(ty) - 1)) ? a : ir_none;
}

static Val fold_and(Ctx *t, IrType ty, Val a, Val b)
{
    if (a.id == b.id)
        return a;
    if (!ir_is_k(b))
        return ir_none;
    u64 k = ir_kval(t, b) & mask_of(ty);
    return k == 0 ? ir_k(t, 0) : k == mask_of(ty) ? a : ir_none;
}

static Val fold_or(Ctx *t, IrType ty, Val a, Val b)
{
    if (a.id == b.id)
        return a;
    if (!ir_is_k(b))
        return ir_none;
    u64 k = ir_kval(t, b) & mask_of(ty);
    return k == 0 ? a : k == mask_of(ty) ? b : ir_none;
}

static Val fold_xor(Ctx *t, IrType ty, Val a, Val b)
{
    if (a.id == b.id)
        return ir_k(t, 0);
    if (!ir_is_k(b))
        return ir_none;
    u64 k = ir_kval(t, b) & mask_of(ty);
    return k == 0 ? a : k == mask_of(ty) ? ir_not(t, ty, a) : ir_none;
}

static Val fold_sub(Ctx *t, IrType ty, Val a, Val b)
{
    if (a.id == b.id)
        return ir_k(t, 0);
    if (ir_is_k(a) && !(ir_kval(t, a) & mask_of(ty)))
        return ir_neg(t, ty, b);
    if (!ir_is_k(b))
        return ir_none;
    return ir_add(t, ty, a, ir_k(t, (0 - ir_kval(t, b)) & mask_of(ty)));
}

static Val fold_ext(Ctx *t, int op, IrType ty, Val a, u16 len, i32 pos)
{
    if (op == OP_UBFX && pos == 0 && len == width_of(ty))
        return a;
    if (op == OP_UBFX && ty == T_I64 && pos == 0 && len == 32)
        return ir_zext(t, ir_trunc(t, a));
    if (op == OP_SBFX && ty == T_I64 && pos == 0 && len == 32)
        return ir_sext(t, ir_trunc(t, a));
    if (op == OP_UBFX && pos + len == width_of(ty))
        return ir_shr(t, ty, a, ir_k(t, (u64)pos));
    if (op == OP_SBFX && pos + len == width_of(ty))
        return ir_sar(t, ty, a, ir_k(t, (u64)pos));
    return ir_none;
}

static Val fold_trunc(Ctx *t, Val a)
{
    if (a.id <= 0)
        return ir_none;
    Ins *in = ir_at(t, a);
    return in->op == OP_ZEXT || in->op == OP_SEXT ? in->a : ir_none;
}

// The second half of a round after its first: host processors have the whole of it.
static Val fold_aes_columns(Ctx *t, Val a, int half, int whole)
{
    const Ins *in = a.id > 0 ? ir_at(t, a) : NULL;
    if (!in || in->op != half)
        return ir_none;
    return ir_op(t, whole, T_V128, in->a, in->b, ir_none, 0, 0);
}

static bool all_constant(Val a, Val b, int nin)
{
    return nin > 0 && ir_is_k(a) && (nin < 2 || ir_is_k(b));
}

// An address plus a constant: it moves as the address does.
static bool still_moves(const Ctx *t, int op, IrType ty, Val a, Val b)
{
    return ty == T_I64 && (op == OP_ADD ? ir_moves(t, a) != ir_moves(t, b)
                                        : op == OP_SUB && ir_moves(t, a) && !ir_moves(t, b));
}

Val ir_fold(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm)
{
    u64 r;
    if (ir_ops[op].nin == 2 && ir_is_k(a) && ir_is_k(b) && still_moves(t, op, ty, a, b)) {
        u64 x = ir_kval_now(t, a), y = ir_kval_now(t, b);
        return ir_k_pc(t, op == OP_ADD ? x + y : x - y);
    }
    if (all_constant(a, b, ir_ops[op].nin) &&
        ir_eval_int(op, ty, ir_kval(t, a) & mask_of(ty), ir_is_k(b) ? ir_kval(t, b) : 0, aux, imm,
                    &r))
        return ir_k(t, r);
    if ((ir_ops[op].props & OPP_C) && ir_is_k(a) && !ir_is_k(b)) {
        Val swap = a;                               // constants to the right
        a = b;
        b = swap;
        if (op <= OP_XOR || op == OP_MUL)
            return ir_op(t, op, ty, a, b, c, aux, imm);
    }
    switch (op) {
    case OP_ADD:  return fold_add(t, ty, a, b);
    case OP_SUB:  return fold_sub(t, ty, a, b);
    case OP_AND:  return fold_and(t, ty, a, b);
    case OP_OR:   return fold_or(t, ty, a, b);
    case OP_XOR:  return fold_xor(t, ty, a, b);
    case OP_SHL: case OP_SHR: case OP_SAR: case OP_ROR:
        return fold_shift(t, ty, a, b);
    case OP_UBFX: case OP_SBFX:
        return fold_ext(t, op, ty, a, aux, imm);
    case OP_TRUNC: return fold_trunc(t, a);
    case OP_VAESMC:  return fold_aes_columns(t, a, OP_VAESE, OP_VAESEMC);
    case OP_VAESIMC: return fold_aes_columns(t, a, OP_VAESD, OP_VAESDIMC);
    case OP_SEL:   return a.id == b.id ? a : ir_none;
    default:       return ir_none;
    }
}
