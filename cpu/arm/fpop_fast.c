// SPDX-License-Identifier: MIT
// The exact twin of every IR operation with property Q: TcgFrontend.fp_op of the Arm front-ends.
// tcg/ops.def says what each does; cpu/fp does it.
//
// Reached from generated code when a result is a NaN or near underflow, with the guest's rounding
// mode and flags in the host's MXCSR: no float here (tools/nosimd.sh).
#include "cpu/arm/helper_simd.h"
#include "cpu/fp/fp.h"

static FpRound round_of(const FpEnv *e, unsigned mode)
{
    return mode == IR_RCUR ? (FpRound)e->round : (FpRound)mode;
}

#define BOTH(name) (wide ? fp64_##name(e, a, b) : fp32_##name(e, (u32)a, (u32)b))
#define SIGN(wide) ((wide) ? (u64)1 << 63 : (u64)1 << 31)

// One lane of an operation with two operands; masks for comparisons.
static u64 binary(FpEnv *e, int op, bool wide, u64 a, u64 b)
{
    switch (op) {
    case OP_FPADD: case OP_VFADD: return BOTH(add);
    case OP_FPSUB: case OP_VFSUB: return BOTH(sub);
    case OP_FPMUL: case OP_VFMUL: return BOTH(mul);
    case OP_FPNMUL: return BOTH(mul) ^ SIGN(wide);
    case OP_FPDIV: case OP_VFDIV: return BOTH(div);
    case OP_FPMIN: case OP_VFMIN: return BOTH(min);
    case OP_FPMAX: case OP_VFMAX: return BOTH(max);
    case OP_FPMINNM: case OP_VFMINNM: return BOTH(minnum);
    case OP_FPMAXNM: case OP_VFMAXNM: return BOTH(maxnum);
    case OP_VFCEQ: return BOTH(eq) ? ~(u64)0 : 0;
    case OP_VFCGE: return BOTH(ge) ? ~(u64)0 : 0;
    case OP_VFCGT: return BOTH(gt) ? ~(u64)0 : 0;
    default: return 0;
    }
}

static u64 square_root(FpEnv *e, bool wide, u64 a)
{
    return wide ? fp64_sqrt(e, a) : fp32_sqrt(e, (u32)a);
}

// neg bit 0: the addend's sign, bit 1: the product's.
static u64 fused(FpEnv *e, bool wide, u64 a, u64 b, u64 c, unsigned neg)
{
    a ^= neg & 1 ? SIGN(wide) : 0;
    b ^= neg & 2 ? SIGN(wide) : 0;
    return wide ? fp64_muladd(e, a, b, c) : fp32_muladd(e, (u32)a, (u32)b, (u32)c);
}

static u64 to_integer(FpEnv *e, const Ins *op, u64 a)
{
    int width = op->ty == T_I64 ? 64 : 32;
    bool wide = op->ty2 == T_F64;
    FpRound r = round_of(e, op->aux & 7);
    u64 v;
    if (op->aux & IR_TOI_UNSIGNED)
        v = wide ? fp64_to_uint(e, a, width, 0, r) : fp32_to_uint(e, (u32)a, width, 0, r);
    else
        v = (u64)(wide ? fp64_to_sint(e, a, width, 0, r) : fp32_to_sint(e, (u32)a, width, 0, r));
    return width == 64 ? v : (u32)v;
}

static u64 from_integer(FpEnv *e, const Ins *op, u64 v)
{
    bool wide = op->ty == T_F64;
    if (op->aux & IR_TOI_UNSIGNED) {
        v = op->ty2 == T_I64 ? v : (u32)v;
        return wide ? fp64_from_uint(e, v, 0) : fp32_from_uint(e, v, 0);
    }
    i64 s = op->ty2 == T_I64 ? (i64)v : (i32)v;
    return wide ? fp64_from_sint(e, s, 0) : fp32_from_sint(e, s, 0);
}

static u64 scalar(FpEnv *e, const Ins *op, u64 a, u64 b, u64 c)
{
    bool wide = op->ty == T_F64;
    switch (op->op) {
    case OP_FLFCMP:
        return ir_nzcv_pack(op->ty2 == T_F64 ? fp64_compare(e, a, b, op->aux & 1)
                                             : fp32_compare(e, (u32)a, (u32)b, op->aux & 1));
    case OP_FPSQRT: return square_root(e, wide, a);
    case OP_FPFMA: return fused(e, wide, a, b, c, op->aux & 3);
    case OP_FPCVT: return wide ? fp32_to_fp64(e, (u32)a) : fp64_to_fp32(e, a);
    case OP_FPRINT: {
        FpRound r = round_of(e, op->aux & 7);
        bool exact = op->aux & IR_ROUND_EXACT;
        return wide ? fp64_rint(e, a, r, exact) : fp32_rint(e, (u32)a, r, exact);
    }
    case OP_FPTOI: return to_integer(e, op, a);
    case OP_ITOFP: return from_integer(e, op, a);
    default: return binary(e, op->op, wide, a, b);
    }
}

static u64 lane(const V128 *v, bool wide, unsigned i)
{
    return wide ? v->d[i] : (u32)(v->d[i / 2] >> 32 * (i % 2));
}

static u64 vector_lane(FpEnv *e, const Ins *op, const V128 *in, unsigned i)
{
    bool wide = (op->aux & VL_MASK) == VL_64;
    u64 a = lane(&in[0], wide, i);
    if (op->op == OP_VFSQRT)
        return square_root(e, wide, a);
    u64 b = lane(&in[1], wide, i);
    if (op->op == OP_VFMLA)
        return fused(e, wide, a, b, lane(&in[2], wide, i), op->imm ? 2 : 0);
    return binary(e, op->op, wide, a, b);
}

static V128 vector(FpEnv *e, const Ins *op, const V128 *in)
{
    bool wide = (op->aux & VL_MASK) == VL_64;
    unsigned lanes = (wide ? 2u : 4u) >> (op->aux & VQ_HALF ? 1 : 0);
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < lanes; i++) {
        u64 x = vector_lane(e, op, in, i);
        if (wide)
            r.d[i] = x;
        else
            r.d[i / 2] |= (u64)(u32)x << 32 * (i % 2);
    }
    return r;
}

// Hashes come here where the host cannot do them.
static bool hash(const Ins *op, const V128 *in, V128 *out)
{
    V128 d = in[0];
    switch (op->op) {
    case OP_VSHA256H:   helper_sha256h(&d, &in[1], &in[2], 0); break;
    case OP_VSHA256H2:  helper_sha256h(&d, &in[1], &in[2], 1); break;
    case OP_VSHA256SU0: helper_sha256su0(&d, &in[1]); break;
    case OP_VSHA256SU1: helper_sha256su1(&d, &in[1], &in[2]); break;
    default: return false;
    }
    *out = d;
    return true;
}

void arm_fp_op(Cpu *cpu, const Ins *op, const V128 *in, V128 *out)
{
    ArmCpu *s = arm_cpu(cpu);
    FpEnv e = fp_env_arm(s->fpcr);
    if (hash(op, in, out))
        return;
    if (op->ty == T_V128) {
        *out = vector(&e, op, in);
    } else {
        // a one-operand operation has but one valid V128
        unsigned n = ir_ops[op->op].nin;
        u64 a = in[0].d[0], b = n > 1 ? in[1].d[0] : 0, c = n > 2 ? in[2].d[0] : 0;
        *out = (V128){ { scalar(&e, op, a, b, c), 0 } };
    }
    s->fpsr |= e.flags;
}
