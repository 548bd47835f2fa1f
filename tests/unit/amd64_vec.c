// SPDX-License-Identifier: MIT
// Integer vector ops of the amd64 host: each op, lane size and half against a model in C, with
// and without AVX-512, with the destination in a register of its own and in each source's.
#if defined(__x86_64__)
#include "tests/unit/amd64_emit.h"

#include "tcg/host/amd64/emit_vec.c"

// -- models -----------------------------------------------------------------------------------
static u64 get(const V128 *v, unsigned l, unsigned i)
{
    u64 r = 0;
    memcpy(&r, (const u8 *)v + (i << l), (size_t)1 << l);
    return r;
}
static void set(V128 *v, unsigned l, unsigned i, u64 x)
{
    memcpy((u8 *)v + (i << l), &x, (size_t)1 << l);
}
static i64 sx(u64 x, unsigned bits) { return (i64)(x << (64 - bits)) >> (64 - bits); }

static u64 shl_by(u64 x, unsigned bits, i8 n, bool sign)
{
    i64 s = sx(x, bits);
    if (n >= 0) return n >= (int)bits ? 0 : x << n;
    int k = -n;
    if (sign) return (u64)(s >> MIN(k, 63));
    return k >= (int)bits ? 0 : x >> k;
}

// Ops that do the same to each lane.
static bool lanewise(int op, unsigned l, i32 imm, u64 a, u64 b, u64 *r)
{
    unsigned bits = 8u << l;
    i64 sa = sx(a, bits), sb = sx(b, bits);
    switch (op) {
    case OP_VADD: *r = a + b; break;
    case OP_VSUB: *r = a - b; break;
    case OP_VMUL: *r = a * b; break;
    case OP_VNEG: *r = -a; break;
    case OP_VABS: *r = sa < 0 ? -(u64)sa : (u64)sa; break;
    case OP_VSMIN: *r = sa < sb ? a : b; break;
    case OP_VSMAX: *r = sa > sb ? a : b; break;
    case OP_VUMIN: *r = a < b ? a : b; break;
    case OP_VUMAX: *r = a > b ? a : b; break;
    case OP_VCEQ: *r = a == b ? ~0ull : 0; break;
    case OP_VCGT: *r = sa > sb ? ~0ull : 0; break;
    case OP_VCGE: *r = sa >= sb ? ~0ull : 0; break;
    case OP_VCHI: *r = a > b ? ~0ull : 0; break;
    case OP_VCHS: *r = a >= b ? ~0ull : 0; break;
    case OP_VCTST: *r = a & b ? ~0ull : 0; break;
    case OP_VSHLI: *r = a << imm; break;
    case OP_VSHRI: *r = imm >= (int)bits ? 0 : a >> imm; break;
    case OP_VSARI: *r = (u64)(sa >> MIN(imm, 63)); break;
    case OP_VUSHL: *r = shl_by(a, bits, (i8)b, false); break;
    case OP_VSSHL: *r = shl_by(a, bits, (i8)b, true); break;
    case OP_VCNT: *r = (u64)__builtin_popcountll(a); break;
    default: return false;
    }
    return true;
}

static bool bitwise(int op, u64 a, u64 b, u64 c, u64 *r)
{
    switch (op) {
    case OP_VAND: *r = a & b; break;
    case OP_VOR: *r = a | b; break;
    case OP_VXOR: *r = a ^ b; break;
    case OP_VANDN: *r = a & ~b; break;
    case OP_VORN: *r = a | ~b; break;
    case OP_VNOT: *r = ~a; break;
    case OP_VBSL: *r = (a & b) | (~a & c); break;
    default: return false;
    }
    return true;
}

// Lane i of the n of a permutation's result; n lanes in each source.
static bool permute(int op, unsigned l, i32 imm, unsigned i, unsigned n, const V128 *a,
                    const V128 *b, u64 *r)
{
    const V128 *two[2] = { a, b };
    unsigned odd, box, k = (unsigned)imm;
    switch (op) {
    case OP_VZIP1: *r = get(two[i & 1], l, i / 2); break;
    case OP_VZIP2: *r = get(two[i & 1], l, n / 2 + i / 2); break;
    case OP_VUZP1:
    case OP_VUZP2:
        odd = op == OP_VUZP2;
        *r = get(two[2 * i + odd >= n], l, (2 * i + odd) % n);
        break;
    case OP_VTRN1:
    case OP_VTRN2:
        odd = op == OP_VTRN2;
        *r = get(two[i & 1], l, (i & ~1u) + odd);
        break;
    case OP_VADDP:
        *r = get(two[2 * i >= n], l, 2 * i % n) + get(two[2 * i >= n], l, 2 * i % n + 1);
        break;
    case OP_VREV:
        box = (1u << imm) >> l;
        *r = get(a, l, i / box * box + box - 1 - i % box);
        break;
    case OP_VDUPL: *r = get(a, l, k); break;
    case OP_VEXT: *r = k + i < n ? get(a, l, k + i) : get(b, l, k + i - n); break;
    case OP_VTBL1: *r = get(b, l, i) < 16 ? get(a, l, (unsigned)get(b, l, i)) : 0; break;
    case OP_VINSL: *r = i == (k & 15) ? get(b, l, k >> 4) : get(a, l, i); break;
    default: return false;
    }
    return true;
}

static bool widen(int op, unsigned l, const V128 *a, V128 *out)
{
    unsigned n = 8u >> l, bits = 8u << l;
    for (unsigned i = 0; i < n; i++) {
        switch (op) {
        case OP_VUXTL: set(out, l + 1, i, get(a, l, i)); break;
        case OP_VSXTL: set(out, l + 1, i, (u64)sx(get(a, l, i), bits)); break;
        case OP_VUXTL2: set(out, l + 1, i, get(a, l, n + i)); break;
        case OP_VSXTL2: set(out, l + 1, i, (u64)sx(get(a, l, n + i), bits)); break;
        case OP_VXTN: set(out, l, i, get(a, l + 1, i)); break;
        default: return false;
        }
    }
    return true;
}

static void model(const Ins *in, const V128 *s, V128 *out)
{
    unsigned l = in->aux & VL_MASK, n = (in->aux & VQ_HALF ? 8u : 16u) >> l;
    u64 r;
    *out = (V128){ { 0, 0 } };
    if (widen(in->op, l, s, out)) return;
    for (unsigned i = 0; i < n; i++) {
        if (!lanewise(in->op, l, in->imm, get(s, l, i), get(s + 1, l, i), &r) &&
            !bitwise(in->op, get(s, l, i), get(s + 1, l, i), get(s + 2, l, i), &r) &&
            !permute(in->op, l, in->imm, i, n, s, s + 1, &r))
            FAIL("no model of op %d", in->op);
        set(out, l, i, r);
    }
}

// -- inputs -----------------------------------------------------------------------------------
static V128 random_vector(unsigned l)
{
    V128 v = { { test_random(), test_random() } };
    u64 kind = test_random();
    unsigned bits = 8u << l;
    for (unsigned i = 0; i < 16u >> l; i++, kind >>= 4) {
        switch (kind & 15) {
        case 0: set(&v, l, i, 0); break;
        case 1: set(&v, l, i, ~0ull); break;
        case 2: set(&v, l, i, 1ull << (bits - 1)); break;
        case 3: set(&v, l, i, (1ull << (bits - 1)) - 1); break;
        case 4: set(&v, l, i, (u64)((i64)(test_random() % (2 * bits + 4)) - (i64)bits - 2)); break;
        case 5: set(&v, l, i, test_random() % 20); break;
        case 6: set(&v, l, i, 1); break;
        default: break;
        }
    }
    return v;
}

enum { RUNS = 12, PLACES = 5 };
static const EmitArgs places[PLACES] = {
    { NULL, 5, { 3, 9, 12 } },  { NULL, 3, { 3, 9, 12 } }, { NULL, 9, { 3, 9, 12 } },
    { NULL, 12, { 3, 9, 12 } }, { NULL, 8, { 8, 8, 8 } },
};

static void check(Jit *j, const V128 *want)
{
    char what[512];
    if (!memcmp(&j->after.xmm[j->x.d], want, 16)) return;
    jit_describe(j, what, sizeof what);
    const V128 *g = &j->after.xmm[j->x.d];
    FAIL("%s: got %016llx:%016llx want %016llx:%016llx", what, (unsigned long long)g->d[1],
         (unsigned long long)g->d[0], (unsigned long long)want->d[1],
         (unsigned long long)want->d[0]);
}

static void try_at(Jit *j, int place, u32 cpu)
{
    unsigned l = j->in.aux & VL_MASK;
    j->x = places[place];
    jit_compile(j, jit_emit_vec, cpu);
    for (int run = 0; run < RUNS; run++) {
        V128 s[3], want;
        jit_noise(j);
        for (int i = 0; i < 3; i++) j->before.xmm[j->x.s[i]] = random_vector(l);
        if (run & 1) j->before.xmm[j->x.s[1]] = j->before.xmm[j->x.s[0]];
        for (int i = 0; i < 3; i++) s[i] = j->before.xmm[j->x.s[i]];
        model(&j->in, s, &want);
        jit_run(j, true);
        check(j, &want);
    }
}

static void try_op(int op, unsigned aux, i32 imm)
{
    Jit j = { .in = { .op = (u8)op, .ty = T_V128, .aux = (u16)aux, .imm = imm } };
    for (int cpu = 0; cpu < JIT_CPUS; cpu++)
        for (int p = 0; p < PLACES; p++) try_at(&j, p, jit_cpu(cpu));
}

static void try_lanes(int op, unsigned from, unsigned to, i32 imm)
{
    for (unsigned l = from; l <= to; l++) {
        try_op(op, l, imm);
        try_op(op, l | VQ_HALF, imm);
    }
}

// -- tests ------------------------------------------------------------------------------------
TEST(amd64_vec_lanewise)
{
    static const u8 ops[] = { OP_VADD, OP_VSUB, OP_VMUL, OP_VNEG, OP_VABS, OP_VSMIN, OP_VSMAX,
                              OP_VUMIN, OP_VUMAX, OP_VCEQ, OP_VCGT, OP_VCGE, OP_VCHI, OP_VCHS,
                              OP_VCTST, OP_VUSHL, OP_VSSHL, OP_VAND, OP_VOR, OP_VXOR, OP_VANDN,
                              OP_VORN, OP_VNOT, OP_VBSL };
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) try_lanes(ops[i], VL_8, VL_64, 0);
    try_lanes(OP_VCNT, VL_8, VL_8, 0);
}

TEST(amd64_vec_shift_immediate)
{
    for (unsigned l = VL_8; l <= VL_64; l++)
        for (i32 k = 0; k <= (i32)(8u << l); k++) {
            if (k < (i32)(8u << l)) try_lanes(OP_VSHLI, l, l, k);
            try_lanes(OP_VSHRI, l, l, k);
            if (k) try_lanes(OP_VSARI, l, l, k);
        }
}

TEST(amd64_vec_permute)
{
    static const u8 zips[] = { OP_VZIP1, OP_VZIP2, OP_VUZP1, OP_VUZP2, OP_VTRN1, OP_VTRN2,
                               OP_VADDP };
    for (size_t i = 0; i < ARRAY_LEN(zips); i++) {
        try_lanes(zips[i], VL_8, VL_32, 0);
        try_op(zips[i], VL_64, 0);
    }
    for (i32 box = 1; box <= 3; box++) try_lanes(OP_VREV, VL_8, (unsigned)box - 1, box);
    for (i32 k = 0; k < 16; k++) try_op(OP_VEXT, VL_8, k);
    for (i32 k = 0; k < 8; k++) try_op(OP_VEXT, VL_8 | VQ_HALF, k);
    for (unsigned l = VL_8; l <= VL_64; l++)
        for (i32 k = 0; k < 16 >> l; k++) {
            try_lanes(OP_VDUPL, l, l, k);
            for (i32 m = 0; m < 16 >> l; m += 1 + (l == VL_8))
                try_lanes(OP_VINSL, l, l, m << 4 | k);
        }
    for (unsigned l = VL_8; l <= VL_32; l++)
        for (int op = OP_VUXTL; op <= OP_VXTN; op++) try_op(op, l, 0);
}

// The table is all of a even when the result is half.
TEST(amd64_vec_table)
{
    for (unsigned half = 0; half <= VQ_HALF; half += VQ_HALF) {
        Jit j = { .in = { .op = OP_VTBL1, .ty = T_V128, .aux = (u16)half } };
        for (int p = 0; p < PLACES; p++) {
            j.x = places[p];
            jit_compile(&j, jit_emit_vec, 0);
            for (int run = 0; run < RUNS; run++) {
                jit_noise(&j);
                V128 *a = &j.before.xmm[j.x.s[0]], *b = &j.before.xmm[j.x.s[1]];
                V128 want = { { 0, 0 } };
                for (unsigned i = 0; i < 16; i++) set(b, VL_8, i, test_random() % 24);
                for (unsigned i = 0; i < (half ? 8 : 16); i++) {
                    u64 k = get(b, VL_8, i);
                    if (k < 16) set(&want, VL_8, i, get(a, VL_8, (unsigned)k));
                }
                jit_run(&j, true);
                check(&j, &want);
            }
        }
    }
}

TEST(amd64_vec_constants)
{
    static const V128 k[] = { { { 0, 0 } }, { { ~0ull, ~0ull } }, { { 1, 2 } } };
    for (size_t i = 0; i < ARRAY_LEN(k); i++) {
        Jit j = { .in = { .op = OP_VCONST, .ty = T_V128 }, .x = { NULL, 7, { 3, 3, 3 } } };
        jit_vconst(&k[i]);
        jit_compile(&j, jit_emit_vec, 0);
        jit_noise(&j);
        jit_run(&j, true);
        check(&j, &k[i]);
    }
    Jit j = { .in = { .op = OP_VZX64, .ty = T_V128 }, .x = { NULL, 7, { 7, 3, 3 } } };
    jit_compile(&j, jit_emit_vec, 0);
    jit_noise(&j);
    V128 want = { { j.before.xmm[7].d[0], 0 } };
    jit_run(&j, true);
    check(&j, &want);
}

// VDUP and VINS, from integer registers.
static void try_from_gpr(int op, unsigned aux, i32 k, int d, int v, int g, u32 cpu)
{
    unsigned l = aux & VL_MASK;
    Jit j = { .in = { .op = (u8)op, .ty = T_V128, .aux = (u16)aux, .imm = k } };
    j.x = (EmitArgs){ NULL, d, { op == OP_VDUP ? g : v, g, 3 } };
    jit_compile(&j, jit_emit_vec, cpu);
    jit_noise(&j);
    V128 want = j.before.xmm[v];
    for (unsigned i = 0; i < 16u >> l; i++)
        if (op == OP_VDUP || i == (unsigned)k) set(&want, l, i, j.before.gpr[g]);
    if (aux & VQ_HALF) want.d[1] = 0;
    jit_run(&j, true);
    check(&j, &want);
}

TEST(amd64_vec_from_gpr)
{
    for (int cpu = 0; cpu < JIT_CPUS; cpu++)
        for (unsigned aux = 0; aux < 8; aux++) {
            try_from_gpr(OP_VDUP, aux, 0, 9, 3, RSI, jit_cpu(cpu));
            try_from_gpr(OP_VDUP, aux, 0, 4, 3, R9, jit_cpu(cpu));
            for (i32 k = 0; k < 16 >> (aux & VL_MASK); k++) {
                try_from_gpr(OP_VINS, aux, k, 9, 3, R9, jit_cpu(cpu));
                try_from_gpr(OP_VINS, aux, k, 3, 3, RSI, jit_cpu(cpu));
            }
        }
}

TEST(amd64_vec_to_gpr)
{
    static const u8 places_d[] = { RSI, RBX, R14 };
    for (unsigned l = VL_8; l <= VL_64; l++)
        for (i32 k = 0; k < 16 >> l; k++)
            for (int c = 0; c < 12; c++) {
                bool sign = c & 1, wide = c & 2;
                if (l == VL_64 && !wide) continue;
                Jit j = { .in = { .op = sign ? OP_VGETS : OP_VGETU, .aux = (u16)l, .imm = k } };
                j.in.ty = wide ? T_I64 : T_I32;
                j.x = (EmitArgs){ NULL, places_d[c >> 2], { 3 + c % 8, 3, 3 } };
                jit_compile(&j, jit_emit_vec, 0);
                jit_noise(&j);
                u64 v = get(&j.before.xmm[j.x.s[0]], l, (unsigned)k);
                if (sign) v = (u64)sx(v, 8u << l);
                jit_run(&j, false);
                EQ(j.after.gpr[j.x.d], wide ? v : (u32)v);
            }
}

// -- cryptography, from FIPS 197 and the definition of carry-less multiplication --------------
static u8 gf_mul(u8 a, u8 b)
{
    u8 r = 0;
    for (; b; b >>= 1, a = (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0)))
        if (b & 1) r ^= a;
    return r;
}

static u8 sbox(u8 x)                                // 5.1.1: inverse, then affine
{
    u8 inv = 0, r = 0x63;
    for (int i = 1; i < 256 && x; i++)
        if (gf_mul((u8)i, x) == 1) inv = (u8)i;
    for (int i = 0; i < 5; i++) r ^= (u8)(inv << i | inv >> (8 - i));
    return r;
}

static void aes_model(int op, const u8 a[16], const u8 k[16], u8 out[16])
{
    if (op == OP_VAESEMC || op == OP_VAESDIMC) {
        u8 half[16];
        aes_model(op == OP_VAESEMC ? OP_VAESE : OP_VAESD, a, k, half);
        aes_model(op == OP_VAESEMC ? OP_VAESMC : OP_VAESIMC, half, k, out);
        return;
    }
    static const u8 fwd[4] = { 2, 3, 1, 1 }, inv[4] = { 14, 11, 13, 9 };
    u8 box[256], unbox[256];
    for (int i = 0; i < 256; i++) unbox[box[i] = sbox((u8)i)] = (u8)i;
    for (int c = 0; c < 4; c++)
        for (int r = 0; r < 4; r++) {
            int i = c * 4 + r, from = (op == OP_VAESE ? c + r : c + 4 - r) % 4 * 4 + r;
            if (op == OP_VAESE) out[i] = box[a[from] ^ k[from]];
            if (op == OP_VAESD) out[i] = unbox[a[from] ^ k[from]];
            if (op == OP_VAESE || op == OP_VAESD) continue;
            const u8 *m = op == OP_VAESMC ? fwd : inv;
            out[i] = 0;
            for (int n = 0; n < 4; n++) out[i] ^= gf_mul(m[n], a[c * 4 + (r + n) % 4]);
        }
}

TEST(amd64_vec_aes)
{
    static const u8 ops[] = { OP_VAESE, OP_VAESD, OP_VAESMC, OP_VAESIMC, OP_VAESEMC, OP_VAESDIMC };
    for (size_t i = 0; i < ARRAY_LEN(ops); i++)
        for (int p = 0; p < PLACES; p++) {
            Jit j = { .in = { .op = ops[i], .ty = T_V128 }, .x = places[p] };
            V128 want;
            jit_compile(&j, jit_emit_vec, 0);
            jit_noise(&j);
            aes_model(ops[i], (u8 *)&j.before.xmm[j.x.s[0]], (u8 *)&j.before.xmm[j.x.s[1]],
                      (u8 *)&want);
            jit_run(&j, true);
            check(&j, &want);
        }
}

TEST(amd64_vec_pmull)
{
    for (i32 high = 0; high < 2; high++)
        for (int p = 0; p < PLACES; p++) {
            Jit j = { .in = { .op = OP_VPMULL, .ty = T_V128, .imm = high }, .x = places[p] };
            jit_compile(&j, jit_emit_vec, 0);
            jit_noise(&j);
            u128 r = 0, a = j.before.xmm[j.x.s[0]].d[high];
            for (int i = 0; i < 64; i++)
                if (j.before.xmm[j.x.s[1]].d[high] >> i & 1) r ^= a << i;
            V128 want = { { (u64)r, (u64)(r >> 64) } };
            jit_run(&j, true);
            check(&j, &want);
        }
}
#endif
