// SPDX-License-Identifier: MIT
// NZCV in the evaluator: computed when made, kept packed (IR_NZCV_*).
// AddWithCarry and ConditionHolds as in the shared pseudocode of DDI 0487 (J1.3).
#include "tcg/host/eval/eval.h"

static u32 pack(bool n, bool z, bool c, bool v)
{
    return ir_nzcv_pack((u32)n << 3 | (u32)z << 2 | (u32)c << 1 | (u32)v);
}

static u32 add_with_carry(IrType ty, u64 x, u64 y, bool carry)
{
    if (ty == T_I32) {
        u64 sum = (u64)(u32)x + (u32)y + carry;
        i64 ssum = (i64)(i32)x + (i32)y + carry;
        u32 r = (u32)sum;
        return pack(r >> 31, r == 0, sum != r, ssum != (i32)r);
    }
    u128 sum = (u128)x + y + carry;
    i128 ssum = (i128)(i64)x + (i64)y + carry;
    u64 r = (u64)sum;
    return pack(r >> 63, r == 0, sum != r, ssum != (i64)r);
}

static u32 logical(IrType ty, u64 r)
{
    if (ty == T_I32)
        r = (u32)r;
    return pack(r >> (ty == T_I32 ? 31 : 63), r == 0, false, false);
}

bool eval_cond(u32 packed, IrCond c)
{
    bool n = packed & IR_NZCV_N, z = packed & IR_NZCV_Z, cy = !(packed & IR_NZCV_NOT_C),
         v = packed & IR_NZCV_V, r = true;
    switch ((IrCond)(c & ~1u)) {
    case IC_EQ: r = z; break;
    case IC_HS: r = cy; break;
    case IC_MI: r = n; break;
    case IC_VS: r = v; break;
    case IC_HI: r = cy && !z; break;
    case IC_GE: r = n == v; break;
    default:    r = n == v && !z; break;            // IC_GT
    }
    return r != (c & 1);
}

u32 eval_flags(const Ins *in, u64 a, u64 b, u32 c)
{
    bool carry = !(c & IR_NZCV_NOT_C);
    switch (in->op) {
    case OP_FLADD:   return add_with_carry(in->ty2, a, b, false);
    case OP_FLSUB:   return add_with_carry(in->ty2, a, ~b, true);
    case OP_FLAND:   return logical(in->ty2, a & b);
    case OP_FLADC:   return add_with_carry(in->ty2, a, b, carry);
    case OP_FLSBC:   return add_with_carry(in->ty2, a, ~b, carry);
    case OP_FLCCMP:
        return eval_cond((u32)a, in->aux) ? (u32)b : ir_nzcv_pack((u32)in->imm);
    default:         return (u32)a;                 // FLPACK, FLUNPACK
    }
}
