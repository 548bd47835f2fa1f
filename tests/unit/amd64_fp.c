// SPDX-License-Identifier: MIT
// FP ops of the amd64 host against cpu/fp: values and cumulative flags, in all rounding modes,
// on values around every border.  Where the cold path is taken its sources must be intact,
// nothing may have been raised that the exact result does not raise, and there must be a
// reason.
#if defined(__x86_64__)
#include "tests/unit/amd64_emit.h"

#include "cpu/fp/fp.h"

#include "tcg/host/amd64/emit_fp.c"

#include <stdio.h>

// -- models -----------------------------------------------------------------------------------
typedef struct Model { FpEnv env; bool reason; } Model;   // reason to be cold

#define F(name, ...) \
    (d ? fp64_##name(&m->env, __VA_ARGS__) : (u64)fp32_##name(&m->env, __VA_ARGS__))
static u64 sign_of(bool d) { return d ? 1ull << 63 : 1ull << 31; }
static u64 mag(bool d, u64 v) { return v & (sign_of(d) - 1); }
static bool is_nan(bool d, u64 v) { return mag(d, v) > (d ? 0x7ffull << 52 : 0x7f800000); }
static u64 cut(bool d, u64 v) { return d ? v : (u32)v; }

static FpRound to_round(unsigned r, FpRound cur)
{
    static const FpRound map[] = { FP_RNE, FP_RPI, FP_RMI, FP_RZ, FP_TIEAWAY };
    return r == IR_RCUR ? cur : map[r];
}

// One lane (or scalar) of an arithmetic op.
static u64 arith(Model *m, int op, bool d, unsigned neg, u64 a, u64 b, u64 c)
{
    u64 r;
    switch (op) {
    case OP_FPADD: case OP_VFADD: r = F(add, a, b); break;
    case OP_FPSUB: case OP_VFSUB: r = F(sub, a, b); break;
    case OP_FPMUL: case OP_VFMUL: case OP_FPNMUL: r = F(mul, a, b); break;
    case OP_FPDIV: case OP_VFDIV: r = F(div, a, b); break;
    case OP_FPSQRT: case OP_VFSQRT: r = F(sqrt, a); break;
    case OP_FPMIN: case OP_VFMIN: r = F(min, a, b); break;
    case OP_FPMAX: case OP_VFMAX: r = F(max, a, b); break;
    case OP_FPMINNM: case OP_VFMINNM: r = F(minnum, a, b); break;
    case OP_FPMAXNM: case OP_VFMAXNM: r = F(maxnum, a, b); break;
    default:
        r = F(muladd, a ^ (neg & 1 ? sign_of(d) : 0), b ^ (neg & 2 ? sign_of(d) : 0), c);
    }
    bool pair = op == OP_FPMINNM || op == OP_FPMAXNM || op == OP_VFMINNM || op == OP_VFMAXNM;
    m->reason |= is_nan(d, r) || mag(d, r) == (d ? 1ull << 52 : 1u << 23) ||
                 (pair && (is_nan(d, a) || is_nan(d, b)));
    return op == OP_FPNMUL ? r ^ sign_of(d) : r;
}

// -- inputs -----------------------------------------------------------------------------------
// A float by its parts: exponent biased, fraction of `bits` bits.
static u64 make(bool d, bool neg, int exp, u64 frac)
{
    int bits = d ? 52 : 23, top = d ? 2047 : 255;
    exp = MAX(MIN(exp, top), 0);
    return (neg ? sign_of(d) : 0) | (u64)exp << bits | (frac & ((1ull << bits) - 1));
}

static u64 value(bool d)
{
    static const i8 near[] = { 0, 1, 30, 31, 32, 62, 63, 64, 23, 24, 51, 52, 53, -1, -2 };
    int bias = d ? 1023 : 127, bits = d ? 52 : 23;
    u64 ones = (1ull << bits) - 1, r = test_random();
    bool neg = r & 1;
    u64 frac = (r >> 8) & 3 ? (r >> 8) & 1 ? 0 : ones : r >> 12;
    if ((r >> 10 & 3) == 1) frac ^= 1;
    int at = bias + near[(r >> 32) % ARRAY_LEN(near)];
    switch (r >> 1 & 15) {
    case 0: return make(d, neg, 0, 0);
    case 1: return make(d, neg, 0, frac);           // denormal
    case 2: return make(d, neg, 1, frac);           // smallest normals
    case 3: return make(d, neg, 2 * bias, frac);    // largest
    case 4: return make(d, neg, 2 * bias + 1, r >> 60 ? 0 : r >> 12);   // infinity, NaN
    case 5: return make(d, neg, bias / 2 + (int)(r >> 32 & 1), frac);
    case 6: return make(d, neg, bias - 1 + (int)(r >> 32 & 1), frac);
    case 7: case 8: case 9: return make(d, neg, at, frac);
    case 10: case 11:                               // with few fraction bits: ties
        return make(d, neg, bias + (int)(r >> 32 & 7), r & (7ull << (bits - 3 - (r >> 40 & 7))));
    default: return make(d, neg, bias + (int)(r >> 32 & 63) - 32, r >> 12);
    }
}

static V128 vector(bool d)
{
    V128 v;
    if (d) return (V128){ { value(true), value(true) } };
    v.d[0] = value(false) | value(false) << 32;
    v.d[1] = value(false) | value(false) << 32;
    return v;
}

// -- running ----------------------------------------------------------------------------------
enum { RUNS = 300, PLACES = 6 };
static const EmitArgs places[PLACES] = {
    { NULL, 5, { 3, 9, 12 } },  { NULL, 3, { 3, 9, 12 } }, { NULL, 9, { 3, 9, 12 } },
    { NULL, 12, { 3, 9, 12 } }, { NULL, 8, { 8, 8, 8 } },  { NULL, 10, { 11, 10, 10 } },
};

static void set_round(Jit *j, Model *m, int mode)
{
    static const u8 rc[] = { [FP_RNE] = 0, [FP_RPI] = 2, [FP_RMI] = 1, [FP_RZ] = 3 };
    j->before.mxcsr = 0x1f80 | (u32)rc[mode] << 13;
    *m = (Model){ .env.round = (u8)mode };
}

// MXCSR's flags as Arm's; denormal has no counterpart while FZ is 0.
static u32 raised(u32 mxcsr)
{
    return (mxcsr & 1 ? FP_IOC : 0) | (mxcsr & 4 ? FP_DZC : 0) | (mxcsr & 8 ? FP_OFC : 0) |
           (mxcsr & 16 ? FP_UFC : 0) | (mxcsr & 32 ? FP_IXC : 0);
}

static const u8 operands[] = {
#define OP(op, nin, res, props, doc) nin,
#include "tcg/ops.def"
#undef OP
};

static void cold_is_right(const Jit *j, const Model *m, const char *what)
{
    const EmitArgs *x = &j->cold_x[j->after.cold - 1];
    if (!m->reason) FAIL("%s: cold for nothing", what);
    if (raised(j->after.mxcsr) & ~m->env.flags)
        FAIL("%s: %x raised before the cold path, exact %x", what, raised(j->after.mxcsr),
             m->env.flags);
    EQ(x->in, &j->in);
    EQ(x->d, j->x.d);
    for (int i = 0; i < operands[j->in.op]; i++)
        if (memcmp(&j->after.xmm[x->s[i]], &j->before.xmm[j->x.s[i]], 16))
            FAIL("%s: source %d lost", what, i);
}

// got: the bits that count of the destination
static void judge(const Jit *j, const Model *m, const V128 *got, const V128 *want)
{
    char what[512];
    jit_describe(j, what, sizeof what);
    if (j->after.cold) {
        cold_is_right(j, m, what);
        return;
    }
    if (memcmp(got, want, 16))
        FAIL("%s round %d: got %016llx:%016llx want %016llx:%016llx", what, m->env.round,
             (unsigned long long)got->d[1], (unsigned long long)got->d[0],
             (unsigned long long)want->d[1], (unsigned long long)want->d[0]);
    if (raised(j->after.mxcsr) != m->env.flags)
        FAIL("%s round %d: flags %x want %x", what, m->env.round, raised(j->after.mxcsr),
             m->env.flags);
}

static void scalar_once(Jit *j, int mode)
{
    bool d = j->in.ty == T_F64;
    Model m;
    u64 s[3];
    jit_noise(j);
    set_round(j, &m, mode);
    for (int i = 0; i < 3; i++) {
        u64 *at = &j->before.xmm[j->x.s[i]].d[0];
        *at = d ? value(d) : value(d) | test_random() << 32;
    }
    for (int i = 0; i < 3; i++) s[i] = cut(d, j->before.xmm[j->x.s[i]].d[0]);
    V128 want = { { arith(&m, j->in.op, d, j->in.aux, s[0], s[1], s[2]), 0 } };
    jit_run(j, true);
    V128 got = { { cut(d, j->after.xmm[j->x.d].d[0]), 0 } };
    judge(j, &m, &got, &want);
}

static void scalar(int op, unsigned aux)
{
    for (int ty = T_F32; ty <= T_F64; ty++)
        for (int p = 0; p < PLACES; p++) {
            Jit j = { .in = { .op = (u8)op, .ty = (u8)ty, .aux = (u16)aux }, .x = places[p] };
            jit_compile(&j, jit_emit_fp, 0);
            for (int i = 0; i < RUNS; i++) scalar_once(&j, i & 3);
        }
}

static u64 lane_of(const V128 *v, bool d, unsigned i)
{
    return d ? v->d[i] : (u32)(v->d[i / 2] >> 32 * (i & 1));
}

static void vector_once(Jit *j, int mode)
{
    bool d = (j->in.aux & VL_MASK) == VL_64;
    unsigned n = (d ? 2u : 4u) >> (j->in.aux & VQ_HALF ? 1 : 0);
    Model m;
    V128 s[3], want = { { 0, 0 } };
    jit_noise(j);
    set_round(j, &m, mode);
    for (int i = 0; i < 3; i++) j->before.xmm[j->x.s[i]] = vector(d);
    for (int i = 0; i < 3; i++) s[i] = j->before.xmm[j->x.s[i]];
    for (unsigned i = 0; i < n; i++) {
        u64 r = arith(&m, j->in.op, d, j->in.op == OP_VFMLA ? (unsigned)j->in.imm * 2 : 0,
                      lane_of(s, d, i), lane_of(s + 1, d, i), lane_of(s + 2, d, i));
        want.d[d ? i : i / 2] |= d ? r : r << 32 * (i & 1);
    }
    jit_run(j, true);
    judge(j, &m, &j->after.xmm[j->x.d], &want);
}

static void vectors(int op, i32 imm)
{
    for (unsigned aux = 0; aux < 4; aux++)
        for (int p = 0; p < PLACES; p++) {
            Jit j = { .in = { .op = (u8)op, .ty = T_V128, .imm = imm }, .x = places[p] };
            j.in.aux = (u16)((aux & 1 ? VL_64 : VL_32) | (aux & 2 ? VQ_HALF : 0));
            jit_compile(&j, jit_emit_fp, 0);
            for (int i = 0; i < RUNS; i++) vector_once(&j, i & 3);
        }
}

// -- tests ------------------------------------------------------------------------------------
TEST(amd64_fp_arithmetic)
{
    for (int op = OP_FPADD; op <= OP_FPSQRT; op++) scalar(op, 0);
}

TEST(amd64_fp_fma)
{
    for (unsigned neg = 0; neg < 4; neg++) scalar(OP_FPFMA, neg);
}

TEST(amd64_fp_min_max)
{
    for (int op = OP_FPMIN; op <= OP_FPMAXNM; op++) scalar(op, 0);
}

TEST(amd64_fp_vector)
{
    for (int op = OP_VFADD; op <= OP_VFSQRT; op++) vectors(op, 0);
    for (int op = OP_VFMIN; op <= OP_VFMAXNM; op++) vectors(op, 0);
}

TEST(amd64_fp_vector_fma)
{
    vectors(OP_VFMLA, 0);
    vectors(OP_VFMLA, 1);
}

// What rounds up to the smallest normal is tiny for Arm, not for the host.
TEST(amd64_fp_tininess)
{
    static const struct { u8 op; u32 a, b, c; bool cold; } rows[] = {
        { OP_FPMUL, 0x00800000, 0x3f7fffff, 0, true },
        { OP_FPMUL, 0x00800000, 0x3f800001, 0, false },
        { OP_FPNMUL, 0x80800000, 0x3f7fffff, 0, true },
        { OP_FPDIV, 0x00ffffff, 0x40000000, 0, true },
        { OP_FPDIV, 0x01000002, 0xc0000000, 0, false },
        { OP_FPFMA, 0, 0x00800000, 0x3f7fffff, true },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Jit j = { .in = { .op = rows[i].op, .ty = T_F32 }, .x = places[0] };
        jit_compile(&j, jit_emit_fp, 0);
        jit_noise(&j);
        j.before.xmm[3].d[0] = rows[i].a;
        j.before.xmm[9].d[0] = rows[i].b;
        j.before.xmm[12].d[0] = rows[i].c;
        jit_run(&j, true);
        EQ(j.after.cold != 0, rows[i].cold);
    }
}

static void compare_once(Jit *j, int mode)
{
    bool d = (j->in.aux & VL_MASK) == VL_64;
    unsigned n = (d ? 2u : 4u) >> (j->in.aux & VQ_HALF ? 1 : 0);
    Model model, *m = &model;
    V128 s[2], want = { { 0, 0 } };
    jit_noise(j);
    set_round(j, m, mode);
    for (int i = 0; i < 2; i++) j->before.xmm[j->x.s[i]] = vector(d);
    if (mode == 1) j->before.xmm[j->x.s[1]] = j->before.xmm[j->x.s[0]];
    for (int i = 0; i < 2; i++) s[i] = j->before.xmm[j->x.s[i]];
    for (unsigned i = 0; i < n; i++) {
        u64 a = lane_of(s, d, i), b = lane_of(s + 1, d, i);
        int op = j->in.op;
        bool yes = op == OP_VFCEQ ? F(eq, a, b) : op == OP_VFCGE ? F(ge, a, b) : F(gt, a, b);
        u64 r = yes ? ~0ull : 0;
        want.d[d ? i : i / 2] |= d ? r : (u64)(u32)r << 32 * (i & 1);
    }
    jit_run(j, true);
    judge(j, m, &j->after.xmm[j->x.d], &want);
}

TEST(amd64_fp_vector_compare)
{
    for (int op = OP_VFCEQ; op <= OP_VFCGT; op++)
        for (unsigned aux = 0; aux < 4; aux++)
            for (int p = 0; p < PLACES; p++) {
                Jit j = { .in = { .op = (u8)op, .ty = T_V128 }, .x = places[p] };
                j.in.aux = (u16)((aux & 1 ? VL_64 : VL_32) | (aux & 2 ? VQ_HALF : 0));
                jit_compile(&j, jit_emit_fp, 0);
                EQ(j.ncold, 0);
                for (int i = 0; i < RUNS; i++) compare_once(&j, i & 3);
            }
}

// -- sign operations --------------------------------------------------------------------------
TEST(amd64_fp_abs_neg)
{
    for (int i = 0; i < 400; i++) {
        bool d = i & 1, neg = i & 2, vec = i & 4, half = i & 8;
        Jit j = { .x = places[i >> 4 & 3] };
        j.in.op = vec ? (neg ? OP_VFNEG : OP_VFABS) : neg ? OP_FPNEG : OP_FPABS;
        j.in.ty = vec ? T_V128 : d ? T_F64 : T_F32;
        j.in.aux = vec ? (u16)((d ? VL_64 : VL_32) | (half ? VQ_HALF : 0)) : 0;
        jit_compile(&j, jit_emit_fp, 0);
        jit_noise(&j);
        V128 s = j.before.xmm[j.x.s[0]] = vector(d);
        jit_run(&j, true);
        u64 bits = d ? 1ull << 63 : 0x8000000080000000;
        V128 got = j.after.xmm[j.x.d], want;
        for (int k = 0; k < 2; k++) want.d[k] = neg ? s.d[k] ^ bits : s.d[k] & ~bits;
        if (!vec || half) want.d[1] = 0;
        if (!vec) got = (V128){ { cut(d, got.d[0]), 0 } }, want.d[0] = cut(d, want.d[0]);
        MEM_EQ(&got, &want, 16);
        EQ(j.after.mxcsr, 0x1f80);
    }
}

// -- conversions ------------------------------------------------------------------------------
TEST(amd64_fp_cvt)
{
    for (int i = 0; i < 3000; i++) {
        bool wide = i & 1;                          // to F64
        Model m;
        Jit j = { .in = { .op = OP_FPCVT, .ty = wide ? T_F64 : T_F32 }, .x = places[i >> 1 & 1] };
        j.in.ty2 = wide ? T_F32 : T_F64;
        jit_compile(&j, jit_emit_fp, 0);
        jit_noise(&j);
        set_round(&j, &m, i >> 2 & 3);
        u64 s = value(!wide);
        if (!wide && i & 16)
            s = fp32_to_fp64(&(FpEnv){ 0 }, (u32)value(false)) + test_random() % 3 - 1;
        j.before.xmm[3].d[0] = s | (wide ? test_random() << 32 : 0);
        u64 r = wide ? fp32_to_fp64(&m.env, (u32)s) : fp64_to_fp32(&m.env, s);
        m.reason = is_nan(wide, r) || mag(wide, r) == 1u << 23;
        jit_run(&j, true);
        V128 got = { { cut(wide, j.after.xmm[j.x.d].d[0]), 0 } }, want = { { r, 0 } };
        judge(&j, &m, &got, &want);
    }
}

static void rint_once(bool d, unsigned round, bool exact, int place, int mode)
{
    Model model, *m = &model;
    Jit j = { .in = { .op = OP_FPRINT, .ty = d ? T_F64 : T_F32 }, .x = places[place] };
    j.in.aux = (u16)(round | (exact ? IR_ROUND_EXACT : 0));
    jit_compile(&j, jit_emit_fp, 0);
    EQ(j.ncold, 0);
    for (int i = 0; i < 100; i++) {
        jit_noise(&j);
        set_round(&j, m, mode);
        u64 s = value(d);
        j.before.xmm[3].d[0] = s | (d ? 0 : test_random() << 32);
        V128 want = { { F(rint, s, to_round(round, (FpRound)mode), exact), 0 } };
        jit_run(&j, true);
        V128 got = { { cut(d, j.after.xmm[j.x.d].d[0]), 0 } };
        judge(&j, m, &got, &want);
    }
}

TEST(amd64_fp_rint)
{
    for (int i = 0; i < 16; i++)
        for (unsigned round = IR_RN; round <= IR_RCUR; round++)
            for (int mode = 0; mode < 4; mode++) rint_once(i & 1, round, i & 2, i >> 2 & 1, mode);
}

static void toi_once(Jit *j, int mode)
{
    bool d = j->in.ty2 == T_F64, uns = j->in.aux & IR_TOI_UNSIGNED;
    int bits = j->in.ty == T_I64 ? 64 : 32;
    Model model, *m = &model;
    char what[512];
    jit_noise(j);
    set_round(j, m, mode);
    u64 s = value(d), most = uns ? ~0ull >> (64 - bits) : 1ull << (bits - 1), r;
    FpRound round = to_round(j->in.aux & 7, (FpRound)mode);
    j->before.xmm[j->x.s[0]].d[0] = s | (d ? 0 : test_random() << 32);
    if (uns && d) r = fp64_to_uint(&m->env, s, bits, 0, round);
    else if (uns) r = fp32_to_uint(&m->env, (u32)s, bits, 0, round);
    else if (d) r = (u64)fp64_to_sint(&m->env, s, bits, 0, round);
    else r = (u64)fp32_to_sint(&m->env, (u32)s, bits, 0, round);
    if (bits == 32) r = (u32)r;
    jit_run(j, false);
    jit_describe(j, what, sizeof what);
    m->reason = m->env.flags & FP_IOC || r == most || (uns && bits == 64 && r >> 63);
    if (j->after.cold) {
        cold_is_right(j, m, what);
        return;
    }
    if (j->after.gpr[j->x.d] != r || raised(j->after.mxcsr) != m->env.flags)
        FAIL("%s: got %llx want %llx flags %x want %x", what,
             (unsigned long long)j->after.gpr[j->x.d], (unsigned long long)r,
             raised(j->after.mxcsr), m->env.flags);
}

TEST(amd64_fp_toi)
{
    for (int i = 0; i < 64; i++)
        for (unsigned round = IR_RN; round <= IR_RCUR; round++) {
            Jit j = { .in = { .op = OP_FPTOI, .ty = i & 1 ? T_I64 : T_I32 } };
            j.in.ty2 = i & 2 ? T_F64 : T_F32;
            j.in.aux = (u16)(round | (i & 4 ? IR_TOI_UNSIGNED : 0));
            j.x = (EmitArgs){ NULL, i & 16 ? R10 : RSI, { i & 32 ? 12 : 3, 3, 3 } };
            jit_compile(&j, jit_emit_fp, jit_cpu(i >> 3 & 1));
            for (int n = 0; n < 200; n++) toi_once(&j, n & 3);
        }
}

static u64 random_int(int n)
{
    u64 v = test_random();
    switch (n & 7) {
    case 0: return v >> (v & 63);
    case 1: return (1ull << (v & 63)) + (v >> 62) - 1;
    case 2: return -(v >> (v & 63));
    case 3: return ~0ull << (v & 63) | (v >> 62);
    case 4: return v | 1ull << 63;
    case 5: return 1ull << 63 | 1ull << (v & 63) | v >> 63;
    default: return v;
    }
}

static void itofp_once(Jit *j, int n)
{
    bool d = j->in.ty == T_F64, uns = j->in.aux & IR_TOI_UNSIGNED, wide = j->in.ty2 == T_I64;
    Model model, *m = &model;
    jit_noise(j);
    set_round(j, m, n & 3);
    u64 s = random_int(n >> 2);
    if (!wide) s = (u32)s;
    j->before.gpr[j->x.s[0]] = s;
    i64 sign = wide ? (i64)s : (i32)s;
    V128 want = { { uns ? F(from_uint, s, 0) : F(from_sint, sign, 0), 0 } };
    jit_run(j, true);
    V128 got = { { cut(d, j->after.xmm[j->x.d].d[0]), 0 } };
    judge(j, m, &got, &want);
}

TEST(amd64_fp_itofp)
{
    for (int i = 0; i < 64; i++) {
        Jit j = { .in = { .op = OP_ITOFP, .ty = i & 1 ? T_F64 : T_F32 } };
        j.in.ty2 = i & 2 ? T_I64 : T_I32;
        j.in.aux = i & 4 ? IR_TOI_UNSIGNED : 0;
        j.x = (EmitArgs){ NULL, i & 16 ? 12 : 3, { i & 32 ? R10 : RSI, RSI, RSI } };
        jit_compile(&j, jit_emit_fp, jit_cpu(i >> 3 & 1));
        EQ(j.ncold, 0);
        for (int n = 0; n < 400; n++) itofp_once(&j, n);
    }
}

static u64 moved(int op, int ty, int ty2, V128 *hi)
{
    bool to_gpr = op == OP_F2I, from_gpr = op == OP_I2F;
    Jit j = { .in = { .op = (u8)op, .ty = (u8)ty, .ty2 = (u8)ty2 } };
    j.x = (EmitArgs){ NULL, to_gpr ? R9 : 4, { from_gpr ? R11 : 13, 3, 3 } };
    jit_compile(&j, jit_emit_fp, 0);
    jit_noise(&j);
    j.before.xmm[13].d[0] = j.before.gpr[R11] = 0x8123456789abcdef;
    jit_run(&j, !to_gpr);
    *hi = j.after.xmm[4];
    return to_gpr ? j.after.gpr[R9] : j.after.xmm[4].d[0];
}

TEST(amd64_fp_moves)
{
    V128 v;
    EQ(moved(OP_F2I, T_I32, T_F32, &v), 0x89abcdef);
    EQ(moved(OP_F2I, T_I64, T_F64, &v), 0x8123456789abcdef);
    EQ(moved(OP_F2I, T_I64, T_V128, &v), 0x8123456789abcdef);
    EQ((u32)moved(OP_I2F, T_F32, T_I32, &v), 0x89abcdef);
    EQ(moved(OP_I2F, T_F64, T_I64, &v), 0x8123456789abcdef);
    EQ(moved(OP_F2V, T_V128, T_F32, &v), 0x89abcdef);
    EQ(v.d[1], 0);
    EQ(moved(OP_F2V, T_V128, T_F64, &v), 0x8123456789abcdef);
    EQ(v.d[1], 0);
    EQ(moved(OP_V2F, T_F64, T_V128, &v), 0x8123456789abcdef);
}

// -- comparison into flags --------------------------------------------------------------------
static bool emit_packed(Emit *e, const EmitArgs *x)
{
    emit_fcmp(e, x, false);
    emit_fcmp_pack(e, x->d);
    return true;
}

static bool emit_cond(Emit *e, const EmitArgs *x)
{
    FcmpCond c = emit_fcmp_cond[x->in->sub];
    emit_fcmp(e, x, c.swap);
    asm_setcc(&e->a, c.cc, RAX);
    asm_setcc(&e->a, c.parity == FCMP_AND_NP ? CC_NP : CC_P, RCX);
    if (c.parity == FCMP_AND_NP) asm_alu(&e->a, ALU_AND, 0, RAX, RCX);
    if (c.parity == FCMP_OR_P) asm_alu(&e->a, ALU_OR, 0, RAX, RCX);
    asm_movzx(&e->a, 0, x->d, RAX);
    return true;
}

static bool cond_holds(int cond, u32 nzcv)          // DDI 0487, ConditionHolds
{
    bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1;
    const bool even[] = { z, c, n, v, c && !z, n == v, n == v && !z };
    return even[cond / 2] != (cond & 1);
}

static u32 fcmp_once(Jit *j, int n)
{
    bool d = j->in.ty2 == T_F64;
    Model model, *m = &model;
    jit_noise(j);
    set_round(j, m, n & 3);
    u64 a = value(d), b = n & 4 ? value(d) : a;
    j->before.xmm[3].d[0] = a;
    j->before.xmm[9].d[0] = b;
    bool signal = j->in.aux & 1;
    u32 nzcv = d ? fp64_compare(&m->env, a, b, signal)
                 : fp32_compare(&m->env, (u32)a, (u32)b, signal);
    jit_run(j, false);
    EQ(raised(j->after.mxcsr), m->env.flags);
    return nzcv;
}

TEST(amd64_fp_compare)
{
    for (int i = 0; i < 4; i++)
        for (int cond = -1; cond <= IC_LE; cond++) {
            Jit j = { .in = { .op = OP_FLFCMP, .aux = (u16)(i >> 1) } };
            j.in.ty2 = i & 1 ? T_F64 : T_F32;
            j.in.sub = (u8)MAX(cond, 0);
            j.x = (EmitArgs){ NULL, R8, { 3, 9, 9 } };
            jit_compile(&j, cond < 0 ? emit_packed : emit_cond, 0);
            for (int n = 0; n < 300; n++) {
                u32 nzcv = fcmp_once(&j, n);
                if (cond < 0) EQ(ir_nzcv_unpack((u32)j.after.gpr[R8]), nzcv);
                else EQ(j.after.gpr[R8], cond_holds(cond, nzcv));
            }
        }
}
#endif
