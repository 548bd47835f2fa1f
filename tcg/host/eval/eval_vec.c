// SPDX-License-Identifier: MIT
// Vector operations in the evaluator: plain loops over lanes.  FP ones go to the front-end.
#include "tcg/host/eval/eval.h"

#include <string.h>

static u64 lane(const V128 *x, unsigned log2, unsigned i)
{
    u64 v = 0;
    memcpy(&v, (const u8 *)x + ((size_t)i << log2), (size_t)1 << log2);
    return v;
}

static void set_lane(V128 *x, unsigned log2, unsigned i, u64 v)
{
    memcpy((u8 *)x + ((size_t)i << log2), &v, (size_t)1 << log2);
}

static i64 sext(u64 v, unsigned log2)
{
    unsigned up = 64 - (8u << log2);
    return (i64)(v << up) >> up;
}

// -- lane by lane -------------------------------------------------------------------------

static u64 shift_left_or_right(u64 a, i8 n, unsigned log2, bool is_signed)
{
    int w = 8 << log2;
    if (n >= w)
        return 0;
    if (n >= 0)
        return a << n;
    int right = -n;
    if (!is_signed)
        return right >= w ? 0 : a >> right;
    return (u64)(sext(a, log2) >> (right >= w ? w - 1 : right));
}

static u64 lane_compare(int op, u64 a, u64 b, i64 sa, i64 sb)
{
    bool r;
    switch (op) {
    case OP_VCEQ: r = a == b; break;
    case OP_VCGT: r = sa > sb; break;
    case OP_VCGE: r = sa >= sb; break;
    case OP_VCHI: r = a > b; break;
    case OP_VCHS: r = a >= b; break;
    default:      r = (a & b) != 0; break;          // VCTST
    }
    return r ? ~0ull : 0;
}

static u64 lane_op(const Ins *in, unsigned log2, u64 a, u64 b)
{
    i64 sa = sext(a, log2), sb = sext(b, log2);
    u64 sign = 1ull << ((8u << log2) - 1);
    int w = 8 << log2;
    switch (in->op) {
    case OP_VADD:  return a + b;
    case OP_VSUB:  return a - b;
    case OP_VMUL:  return a * b;
    case OP_VNEG:  return 0 - a;
    case OP_VABS:  return sa < 0 ? 0 - a : a;
    case OP_VSMIN: return sa < sb ? a : b;
    case OP_VSMAX: return sa > sb ? a : b;
    case OP_VUMIN: return a < b ? a : b;
    case OP_VUMAX: return a > b ? a : b;
    case OP_VSHLI: return a << in->imm;
    case OP_VSHRI: return in->imm >= w ? 0 : a >> in->imm;
    case OP_VSARI: return (u64)(sa >> (in->imm >= w ? w - 1 : in->imm));
    case OP_VUSHL: return shift_left_or_right(a, (i8)b, log2, false);
    case OP_VSSHL: return shift_left_or_right(a, (i8)b, log2, true);
    case OP_VCNT:  return (u64)__builtin_popcountll(a);
    case OP_VFABS: return a & ~sign;
    case OP_VFNEG: return a ^ sign;
    default:       return lane_compare(in->op, a, b, sa, sb);
    }
}

static V128 by_lanes(const Ins *in, const V128 *a, const V128 *b)
{
    unsigned log2 = in->op == OP_VCNT ? VL_8 : in->aux & VL_MASK;
    V128 r;
    for (unsigned i = 0; i < 16u >> log2; i++)
        set_lane(&r, log2, i, lane_op(in, log2, lane(a, log2, i), b ? lane(b, log2, i) : 0));
    return r;
}

// -- whole registers ----------------------------------------------------------------------

static V128 bitwise(int op, const V128 *a, const V128 *b, const V128 *c)
{
    V128 r;
    for (int i = 0; i < 2; i++) {
        u64 x = a->d[i], y = b ? b->d[i] : 0;
        switch (op) {
        case OP_VAND:  r.d[i] = x & y; break;
        case OP_VOR:   r.d[i] = x | y; break;
        case OP_VXOR:  r.d[i] = x ^ y; break;
        case OP_VANDN: r.d[i] = x & ~y; break;
        case OP_VORN:  r.d[i] = x | ~y; break;
        case OP_VNOT:  r.d[i] = ~x; break;
        default:       r.d[i] = (y & x) | (c->d[i] & ~x); break;    // VBSL
        }
    }
    return r;
}

static V128 carryless(u64 a, u64 b)
{
    u128 r = 0;
    for (int i = 0; i < 64; i++)
        if (b >> i & 1)
            r ^= (u128)a << i;
    return (V128){ { (u64)r, (u64)(r >> 64) } };
}

// -- moving lanes -------------------------------------------------------------------------

// Lane i of ZIP, UZP, TRN over vectors of n lanes; from b when *second.
static unsigned permuted(int op, unsigned i, unsigned n, bool *second)
{
    unsigned part = op == OP_VZIP2 || op == OP_VUZP2 || op == OP_VTRN2;
    if (op == OP_VUZP1 || op == OP_VUZP2) {
        *second = i >= n / 2;
        return 2 * (i % (n / 2)) + part;
    }
    *second = i & 1;
    if (op == OP_VZIP1 || op == OP_VZIP2)
        return i / 2 + part * n / 2;
    return (i & ~1u) + part;
}

static V128 permute(const Ins *in, const V128 *a, const V128 *b)
{
    unsigned log2 = in->aux & VL_MASK, n = (in->aux & VQ_HALF ? 8u : 16u) >> log2;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; n > 1 && i < n; i++) {
        bool second;
        unsigned from = permuted(in->op, i, n, &second);
        set_lane(&r, log2, i, lane(second ? b : a, log2, from));
    }
    return r;
}

static V128 reverse(const Ins *in, const V128 *a)
{
    unsigned log2 = in->aux & VL_MASK, flip = (1u << in->imm >> log2) - 1;
    V128 r;
    for (unsigned i = 0; i < 16u >> log2; i++)
        set_lane(&r, log2, i, lane(a, log2, i ^ flip));
    return r;
}

static V128 pairwise_add(const Ins *in, const V128 *a, const V128 *b)
{
    unsigned log2 = in->aux & VL_MASK, n = (in->aux & VQ_HALF ? 8u : 16u) >> log2;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < n; i++) {
        const V128 *x = i < n / 2 ? a : b;
        unsigned at = 2 * (i % (n / 2 ? n / 2 : 1));
        set_lane(&r, log2, i, lane(x, log2, at) + lane(x, log2, at + 1));
    }
    return r;
}

static V128 extract_bytes(const Ins *in, const V128 *a, const V128 *b)
{
    unsigned n = in->aux & VQ_HALF ? 8 : 16;
    u8 both[32], r[16] = { 0 };
    V128 out;
    memcpy(both, a, n);
    memcpy(both + n, b, n);
    memcpy(r, both + in->imm, n);
    memcpy(&out, r, 16);
    return out;
}

static V128 table(const V128 *a, const V128 *b)
{
    V128 r;
    for (unsigned i = 0; i < 16; i++) {
        u64 index = lane(b, VL_8, i);
        set_lane(&r, VL_8, i, index > 15 ? 0 : lane(a, VL_8, (unsigned)index));
    }
    return r;
}

static V128 widen(const Ins *in, const V128 *a)
{
    unsigned log2 = in->aux & VL_MASK, n = 8u >> log2;
    bool high = in->op == OP_VUXTL2 || in->op == OP_VSXTL2,
         is_signed = in->op == OP_VSXTL || in->op == OP_VSXTL2;
    V128 r;
    for (unsigned i = 0; i < n; i++) {
        u64 v = lane(a, log2, i + (high ? n : 0));
        set_lane(&r, log2 + 1, i, is_signed ? (u64)sext(v, log2) : v);
    }
    return r;
}

static V128 narrow(const Ins *in, const V128 *a)
{
    unsigned log2 = in->aux & VL_MASK;
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < 8u >> log2; i++)
        set_lane(&r, log2, i, lane(a, log2 + 1, i));
    return r;
}

static V128 duplicate(unsigned log2, u64 v)
{
    V128 r;
    for (unsigned i = 0; i < 16u >> log2; i++)
        set_lane(&r, log2, i, v);
    return r;
}

static V128 insert(const V128 *a, unsigned log2, unsigned i, u64 v)
{
    V128 r = *a;
    set_lane(&r, log2, i, v);
    return r;
}

static V128 get_lane(const Ins *in, const V128 *a)
{
    unsigned log2 = in->aux & VL_MASK;
    u64 v = lane(a, log2, (unsigned)in->imm);
    if (in->op == OP_VGETS)
        v = (u64)sext(v, log2);
    return (V128){ { in->ty == T_I32 ? (u32)v : v, 0 } };
}

static V128 vec_op(const Ins *in, const V128 *a, const V128 *b, const V128 *c)
{
    unsigned log2 = in->aux & VL_MASK, imm = (unsigned)in->imm;
    switch (in->op) {
    case OP_VZX64:  return (V128){ { a->d[0], 0 } };
    case OP_VAND: case OP_VOR: case OP_VXOR: case OP_VANDN: case OP_VORN: case OP_VNOT:
    case OP_VBSL:
        return bitwise(in->op, a, b, c);
    case OP_VREV:   return reverse(in, a);
    case OP_VDUP:   return duplicate(log2, a->d[0]);
    case OP_VDUPL:  return duplicate(log2, lane(a, log2, imm));
    case OP_VINS:   return insert(a, log2, imm, b->d[0]);
    case OP_VINSL:  return insert(a, log2, imm & 15, lane(b, log2, imm >> 4));
    case OP_VZIP1: case OP_VZIP2: case OP_VUZP1: case OP_VUZP2: case OP_VTRN1: case OP_VTRN2:
        return permute(in, a, b);
    case OP_VEXT:   return extract_bytes(in, a, b);
    case OP_VTBL1:  return table(a, b);
    case OP_VADDP:  return pairwise_add(in, a, b);
    case OP_VUXTL: case OP_VSXTL: case OP_VUXTL2: case OP_VSXTL2:
        return widen(in, a);
    case OP_VXTN:   return narrow(in, a);
    case OP_VPMULL: return carryless(a->d[imm & 1], b->d[imm & 1]);
    case OP_VAESE: case OP_VAESD: case OP_VAESMC: case OP_VAESIMC:
    case OP_VAESEMC: case OP_VAESDIMC:
        return eval_aes(in->op, *a, b ? *b : *a);
    default:        return by_lanes(in, a, b);
    }
}

V128 eval_vec(const Ins *in, const V128 *const x[3])
{
    if (in->op == OP_VGETU || in->op == OP_VGETS)
        return get_lane(in, x[0]);
    V128 r = vec_op(in, x[0], x[1], x[2]);
    if (in->aux & VQ_HALF)
        r.d[1] = 0;
    return r;
}
