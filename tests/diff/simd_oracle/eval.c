// SPDX-License-Identifier: MIT
// eval make SEED COUNT            writes COUNT States for each FP and SIMD row of a64.decode
// eval check BEFORE AFTER         translates each instruction, interprets its IR and compares the
//                                 outcome with AFTER, which guest.c made of BEFORE
//
// The interpreter here knows the operations as tcg/ops.def words them and nothing of hosts; it
// is written for plainness, lane by lane.
#include "cpu/arm/helper_simd.h"
#include "cpu/arm/translate.h"
#include "util/bits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/diff/simd_oracle/state.h"

static ArmCpu *cpu;
static Ctx ctx;
static u8 *mem;
static V128 val[IR_MAX_INS];
static bool raised;

// -- IR values -----------------------------------------------------------------------------

static V128 get(const Ctx *t, Val v)
{
    return ir_is_k(v) ? (V128){ { ir_kval(t, v), 0 } } : val[v.id];
}

static u64 lane(const V128 *v, unsigned size, unsigned i)
{
    return load_le((const u8 *)v + (i << size), 1u << size);
}

static void set_lane(V128 *v, unsigned size, unsigned i, u64 x)
{
    store_le((u8 *)v + (i << size), 1u << size, x);
}

static unsigned type_bytes(IrType ty)
{
    return ty == T_V128 ? 16 : ty == T_I64 || ty == T_F64 ? 8 : 4;
}

// -- vector operations ---------------------------------------------------------------------

static u64 shift_by(u64 a, int by, unsigned width, bool is_signed)
{
    i64 s = is_signed ? sext64(a, width) : 0;
    if (by >= (int)width)
        return 0;
    if (by >= 0)
        return a << by;
    if (-by >= (int)width)
        return is_signed ? (u64)(s >> 63) : 0;
    return is_signed ? (u64)(s >> -by) : a >> -by;
}

static u64 lane_op(const Ins *in, u64 a, u64 b, unsigned width)
{
    i64 sa = sext64(a, width), sb = sext64(b, width);
    unsigned k = (unsigned)in->imm;
    switch (in->op) {
    case OP_VADD: return a + b;
    case OP_VSUB: return a - b;
    case OP_VMUL: return a * b;
    case OP_VNEG: return -a;
    case OP_VABS: return (u64)(sa < 0 ? -(u64)sa : (u64)sa);
    case OP_VSMIN: return sa < sb ? a : b;
    case OP_VSMAX: return sa > sb ? a : b;
    case OP_VUMIN: return a < b ? a : b;
    case OP_VUMAX: return a > b ? a : b;
    case OP_VCEQ: return a == b ? ~(u64)0 : 0;
    case OP_VCGT: return sa > sb ? ~(u64)0 : 0;
    case OP_VCGE: return sa >= sb ? ~(u64)0 : 0;
    case OP_VCHI: return a > b ? ~(u64)0 : 0;
    case OP_VCHS: return a >= b ? ~(u64)0 : 0;
    case OP_VCTST: return a & b ? ~(u64)0 : 0;
    case OP_VSHLI: return a << k;
    case OP_VSHRI: return k >= width ? 0 : a >> k;
    case OP_VSARI: return (u64)(sa >> (k >= 64 ? 63 : k));
    case OP_VUSHL: return shift_by(a, (i8)b, width, false);
    case OP_VSSHL: return shift_by(a, (i8)b, width, true);
    case OP_VCNT: return popcount64(a);
    case OP_VFABS: return a & ~((u64)1 << (width - 1));
    case OP_VFNEG: return a ^ (u64)1 << (width - 1);
    default: fprintf(stderr, "no %s\n", ir_names[in->op]); exit(2);
    }
}

static bool bitwise(const Ins *in, V128 a, V128 b, V128 c, V128 *r)
{
    for (int i = 0; i < 2; i++) {
        switch (in->op) {
        case OP_VAND: r->d[i] = a.d[i] & b.d[i]; break;
        case OP_VOR: r->d[i] = a.d[i] | b.d[i]; break;
        case OP_VXOR: r->d[i] = a.d[i] ^ b.d[i]; break;
        case OP_VANDN: r->d[i] = a.d[i] & ~b.d[i]; break;
        case OP_VORN: r->d[i] = a.d[i] | ~b.d[i]; break;
        case OP_VNOT: r->d[i] = ~a.d[i]; break;
        case OP_VBSL: r->d[i] = (a.d[i] & b.d[i]) | (~a.d[i] & c.d[i]); break;
        case OP_VZX64: r->d[i] = i ? 0 : a.d[0]; break;
        default: return false;
        }
    }
    return true;
}

static bool permutation(const Ins *in, V128 a, V128 b, V128 *r)
{
    unsigned size = in->aux & VL_MASK, n = (in->aux & VQ_HALF ? 8u : 16u) >> size;
    unsigned k = (unsigned)in->imm, bytes = in->aux & VQ_HALF ? 8 : 16;
    switch (in->op) {
    case OP_VREV:
        for (unsigned i = 0; i < 16u >> size; i++)
            set_lane(r, size, i, lane(&a, size, i ^ ((1u << (k - size)) - 1)));
        return true;
    case OP_VDUP: case OP_VDUPL:
        for (unsigned i = 0; i < 16u >> size; i++)
            set_lane(r, size, i, lane(&a, size, in->op == OP_VDUP ? 0 : k));
        return true;
    case OP_VINS: *r = a; set_lane(r, size, k, lane(&b, size, 0)); return true;
    case OP_VINSL: *r = a; set_lane(r, size, k & 15, lane(&b, size, k >> 4)); return true;
    case OP_VGETU: r->d[0] = lane(&a, size, k); return true;
    case OP_VGETS:
        r->d[0] = (u64)sext64(lane(&a, size, k), 8u << size);
        if (in->ty == T_I32)
            r->d[0] = (u32)r->d[0];
        return true;
    case OP_VZIP1: case OP_VZIP2: case OP_VTRN1: case OP_VTRN2: case OP_VUZP1: case OP_VUZP2:
        for (unsigned i = 0; i < n; i++) {
            unsigned odd = in->op == OP_VZIP2 || in->op == OP_VTRN2 || in->op == OP_VUZP2;
            bool zip = in->op == OP_VZIP1 || in->op == OP_VZIP2;
            bool trn = in->op == OP_VTRN1 || in->op == OP_VTRN2;
            const V128 *from = zip || trn ? (i & 1 ? &b : &a) : i < n / 2 ? &a : &b;
            unsigned at = zip ? odd * (n / 2) + i / 2 : trn ? (i & ~1u) + odd
                                                            : 2 * (i % (n / 2)) + odd;
            set_lane(r, size, i, lane(from, size, at));
        }
        return true;
    case OP_VEXT:
        for (unsigned i = 0; i < bytes; i++)
            set_lane(r, 0, i, i + k < bytes ? lane(&a, 0, i + k) : lane(&b, 0, i + k - bytes));
        return true;
    case OP_VTBL1:
        for (unsigned i = 0; i < 16; i++)
            set_lane(r, 0, i, lane(&b, 0, i) < 16 ? lane(&a, 0, (unsigned)lane(&b, 0, i)) : 0);
        return true;
    case OP_VADDP:
        for (unsigned i = 0; i < n; i++) {
            const V128 *from = i < n / 2 ? &a : &b;
            unsigned at = 2 * (i % (n / 2));
            set_lane(r, size, i, lane(from, size, at) + lane(from, size, at + 1));
        }
        return true;
    default:
        return false;
    }
}

static bool resize(const Ins *in, V128 a, V128 *r)
{
    unsigned size = in->aux & VL_MASK, n = 8u >> size;
    for (unsigned i = 0; i < n; i++) {
        u64 lo = lane(&a, size, i), hi = size < 3 ? lane(&a, size, n + i) : 0;
        switch (in->op) {
        case OP_VUXTL: set_lane(r, size + 1, i, lo); break;
        case OP_VSXTL: set_lane(r, size + 1, i, (u64)sext64(lo, 8u << size)); break;
        case OP_VUXTL2: set_lane(r, size + 1, i, hi); break;
        case OP_VSXTL2: set_lane(r, size + 1, i, (u64)sext64(hi, 8u << size)); break;
        case OP_VXTN: set_lane(r, size, i, lane(&a, size + 1, i)); break;
        default: return false;
        }
    }
    return true;
}

static V128 pmull(u64 a, u64 b)
{
    V128 r = { { 0, 0 } };
    for (unsigned i = 0; i < 64; i++) {
        if (!(b >> i & 1))
            continue;
        r.d[0] ^= a << i;
        r.d[1] ^= i ? a >> (64 - i) : 0;
    }
    return r;
}

// FIPS 197: multiplication in GF(2^8), and the S-box from its definition.
static u8 gf_mul(u8 a, u8 b)
{
    u8 r = 0;
    for (; b; b >>= 1, a = (u8)(a << 1 ^ (a & 0x80 ? 0x1b : 0)))
        r ^= b & 1 ? a : 0;
    return r;
}

static u8 sbox(u8 x)
{
    u8 inverse = 0;
    for (unsigned i = 1; i < 256 && x; i++)
        if (gf_mul(x, (u8)i) == 1)
            inverse = (u8)i;
    u8 r = 0x63;
    for (unsigned k = 0; k < 5; k++)
        r ^= (u8)(inverse << k | inverse >> (8 - k));
    return r;
}

static u8 sbox_inverse(u8 y)
{
    for (unsigned x = 0; x < 256; x++)
        if (sbox((u8)x) == y)
            return (u8)x;
    return 0;
}

static bool aes(const Ins *in, V128 a, V128 b, V128 *r)
{
    static const u8 mix[4] = { 2, 3, 1, 1 }, unmix[4] = { 14, 11, 13, 9 };
    for (unsigned i = 0; i < 16; i++) {
        unsigned col = i / 4, row = i % 4;
        u8 sum = 0;
        switch (in->op) {
        case OP_VAESE: case OP_VAESD: {
            unsigned at = 4 * ((in->op == OP_VAESE ? col + row : col - row) & 3) + row;
            u8 x = (u8)(lane(&a, 0, at) ^ lane(&b, 0, at));
            set_lane(r, 0, i, in->op == OP_VAESE ? sbox(x) : sbox_inverse(x));
            break;
        }
        case OP_VAESMC: case OP_VAESIMC:
            for (unsigned k = 0; k < 4; k++)
                sum ^= gf_mul((u8)lane(&a, 0, 4 * col + k),
                              (in->op == OP_VAESMC ? mix : unmix)[(k - row) & 3]);
            set_lane(r, 0, i, sum);
            break;
        default:
            return false;
        }
    }
    return true;
}

static V128 vector(const Ctx *t, const Ins *in, V128 a, V128 b, V128 c)
{
    V128 r = { { 0, 0 } };
    unsigned size = in->aux & VL_MASK;
    if (in->op == OP_VCONST)
        r = t->vkonst[in->imm];
    else if (in->op == OP_VPMULL)
        r = pmull(a.d[in->imm], b.d[in->imm]);
    else if (!bitwise(in, a, b, c, &r) && !permutation(in, a, b, &r) && !aes(in, a, b, &r) &&
             !(in->op >= OP_VUXTL && in->op <= OP_VXTN && resize(in, a, &r)))
        for (unsigned i = 0; i < 16u >> size; i++)
            set_lane(&r, size, i, lane_op(in, lane(&a, size, i), lane(&b, size, i), 8u << size));
    if (in->op != OP_VCONST && in->op != OP_VGETU && in->op != OP_VGETS && in->aux & VQ_HALF)
        r.d[1] = 0;
    return r;
}

// -- integers, flags, memory, calls ----------------------------------------------------------

static bool holds(u32 packed, u32 cond)
{
    u32 nzcv = ir_nzcv_unpack(packed);
    bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1, r;
    switch (cond >> 1) {
    case 0: r = z; break;
    case 1: r = c; break;
    case 2: r = n; break;
    case 3: r = v; break;
    case 4: r = c && !z; break;
    case 5: r = n == v; break;
    default: r = n == v && !z; break;
    }
    return r ^ (cond & 1);
}

static u64 integer(const Ins *in, V128 a, V128 b, V128 c)
{
    unsigned width = in->ty == T_I64 ? 64 : 32;
    u64 x = a.d[0], y = b.d[0], r;
    switch (in->op) {
    case OP_ADD: r = x + y; break;
    case OP_SUB: r = x - y; break;
    case OP_AND: r = x & y; break;
    case OP_OR: r = x | y; break;
    case OP_XOR: r = x ^ y; break;
    case OP_SHL: r = x << (y & (width - 1)); break;
    case OP_SHR: r = x >> (y & (width - 1)); break;
    case OP_ROR: r = width == 64 ? ror64(x, (unsigned)y) : ror32((u32)x, (unsigned)y); break;
    case OP_UBFX: r = bits(x, (unsigned)in->imm, in->aux); break;
    case OP_SBFX: r = (u64)sext64(x >> in->imm, in->aux); break;
    case OP_TRUNC: case OP_ZEXT: r = (u32)x; break;
    case OP_SEXT: r = (u64)(i64)(i32)x; break;
    case OP_SETCC: r = holds((u32)x, in->aux); break;
    case OP_FLPACK: case OP_FLUNPACK: r = (u32)x; break;
    case OP_FLCCMP: r = holds((u32)x, in->aux) ? (u32)y : ir_nzcv_pack((u32)in->imm); break;
    default: fprintf(stderr, "no %s\n", ir_names[in->op]); exit(2);
    }
    (void)c;
    return width == 64 || in->op == OP_FLCCMP ? r : (u32)r;
}

static void memory(const Ctx *t, int i)
{
    const Ins *in = &t->ins[i];
    u64 at = get(t, in->a).d[0] + (u64)(i64)in->imm - MEM_BASE;
    unsigned bytes = memop_bytes(in->aux);
    if (at > MEM_BYTES - 2 * bytes) {
        raised = true;                              // never: make() keeps addresses inside
        return;
    }
    memset(&val[i], 0, 2 * sizeof val[i]);
    V128 b = get(t, in->b), c = get(t, in->c);
    if (in->op == OP_LD || in->op == OP_LD2)
        memcpy(&val[i], mem + at, bytes);
    if (in->op == OP_LD2)
        memcpy(&val[i + 1], mem + at + bytes, bytes);
    if (in->op == OP_ST || in->op == OP_ST2)
        memcpy(mem + at, &b, bytes);
    if (in->op == OP_ST2)
        memcpy(mem + at + bytes, &c, bytes);
}

typedef u64 Fn(u64, u64, u64, u64, u64, u64);

static u64 call(const Ctx *t, const Ins *in)
{
    const IrCall *k = &t->calls[in->imm];
    u64 arg[7] = { 0 };
    int n = 0;
    if (k->h->flags & HELPER_RAISES) {
        raised = true;
        return 0;
    }
    if (k->h->flags & HELPER_CPU)
        arg[n++] = (u64)(uintptr_t)cpu;
    for (int i = 0; i < k->nargs; i++)
        arg[n++] = get(t, k->args[i]).d[0];
    Fn *fn = (Fn *)(uintptr_t)k->h->fn;
    u64 r = fn(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    return k->h->ret == T_I32 ? (u32)r : r;
}

static u8 *reg_at(const Ctx *t, int reg) { return (u8 *)cpu + t->fend->regs[reg].offset; }

static void put(const Ctx *t, const Ins *in)
{
    V128 v = get(t, in->a);
    IrType reg = t->fend->regs[in->imm].type;
    unsigned bytes = type_bytes(reg == T_FLAGS ? T_I32 : reg), have = type_bytes(in->ty);
    memset((u8 *)&v + have, 0, 16 - have);
    memcpy(reg_at(t, in->imm), &v, bytes);
}

static void step(const Ctx *t, int i)
{
    const Ins *in = &t->ins[i];
    V128 a = get(t, in->a), b = get(t, in->b), c = get(t, in->c), r = { { 0, 0 } };
    u8 props = ir_ops[in->op].props;
    if (in->op == OP_LD2HI)
        return;
    if (props & OPP_M) {
        memory(t, i);
        return;
    }
    if (props & OPP_Q) {
        V128 q[3] = { a, b, c };
        arm_fp_op(&cpu->cpu, in, q, &r);
    } else if (in->op == OP_GET) {
        memcpy(&r, reg_at(t, in->imm), type_bytes(in->ty));
    } else if (in->op == OP_PUT) {
        put(t, in);
    } else if (in->op == OP_ENVPTR) {
        r.d[0] = (u64)(uintptr_t)((u8 *)cpu + in->imm);
    } else if (in->op == OP_CALL) {
        r.d[0] = call(t, in);
    } else if (in->op == OP_SEL) {
        r = holds((u32)c.d[0], in->aux) ? a : b;
    } else if (in->op == OP_FPABS || in->op == OP_FPNEG) {
        u64 sign = in->ty == T_F64 ? (u64)1 << 63 : 1u << 31;
        r.d[0] = in->op == OP_FPABS ? a.d[0] & ~sign : a.d[0] ^ sign;
    } else if (in->op == OP_F2I || in->op == OP_I2F || in->op == OP_F2V || in->op == OP_V2F) {
        IrType ty = in->op == OP_F2V ? in->ty2 : in->ty;
        memcpy(&r, &a, type_bytes(ty));
    } else if (in->op >= OP_VCONST && in->op < OP_CALL) {
        r = vector(t, in, a, b, c);
    } else if (!(props & (OPP_X | OPP_K))) {
        r.d[0] = integer(in, a, b, c);
    }
    val[i] = r;
}

// -- one test --------------------------------------------------------------------------------

static u32 code[1024] __attribute__((aligned(4096)));

static bool is_mem_row(const A64Row *r) { return (r->value & 0x0a000000) == 0x08000000; }

static bool translate(u32 insn)
{
    Ctx *t = &ctx;
    u32 mode = 0;
    if (cpu->fpcr & (FPCR_FZ | FPCR_DN | FPCR_AHP | FPCR_FZ16))
        mode |= AM_FPCR_SPECIAL;
    code[0] = insn;
    ir_reset(t, &cpu->cpu, &arm_frontend, 0x400000, mode);
    t->fetch_host = code;
    t->fetch_page = 0x400000;
    t->max_insns = 1;
    arm_frontend.begin(t);
    t->pc = t->next_pc;
    ir_insn(t, t->pc);
    t->insns = 1;
    arm_frontend.insn(t);
    arm_frontend.end(t);
    return true;
}

static void load_state(const State *s)
{
    memcpy(cpu->v, s->v, sizeof s->v);
    memcpy(cpu->x, s->x, sizeof s->x);
    arm_set_nzcv(cpu, (u32)s->nzcv);
    cpu->fpcr = (u32)s->fpcr;
    cpu->fpsr = (u32)s->fpsr;
    memcpy(mem, s->mem, MEM_BYTES);
}

static bool same_state(const State *s, char *why, size_t n)
{
    for (int i = 0; i < 32; i++) {
        if (memcmp(&cpu->v[i], s->v[i], 16)) {
            snprintf(why, n, "v%d %016llx%016llx, machine %016llx%016llx", i,
                     (unsigned long long)cpu->v[i].d[1], (unsigned long long)cpu->v[i].d[0],
                     (unsigned long long)s->v[i][1], (unsigned long long)s->v[i][0]);
            return false;
        }
    }
    for (int i = 0; i < 31; i++) {
        if (cpu->x[i] != s->x[i]) {
            snprintf(why, n, "x%d %llx, machine %llx", i, (unsigned long long)cpu->x[i],
                     (unsigned long long)s->x[i]);
            return false;
        }
    }
    if (arm_nzcv(cpu) != s->nzcv || cpu->fpsr != (u32)s->fpsr) {
        snprintf(why, n, "nzcv %x fpsr %x, machine %x %x", arm_nzcv(cpu), cpu->fpsr, (u32)s->nzcv,
                 (u32)s->fpsr);
        return false;
    }
    snprintf(why, n, "memory");
    return !memcmp(mem, s->mem, MEM_BYTES);
}

static bool run(const State *before, const State *after, char *why, size_t n)
{
    load_state(before);
    raised = false;
    translate(before->insn);
    for (int i = 1; i < ctx.n && !raised; i++)
        step(&ctx, i);
    snprintf(why, n, "%s", raised ? "undefined here only" : "undefined on the machine only");
    if (raised || after->undefined)
        return raised == (after->undefined != 0);
    return same_state(after, why, n);
}

// QEMU 7.2 leaves sign bits above the 16 of a scalar FCVTZS to half-precision fixed point.
static bool oracle_wrong(u32 insn) { return (insn & 0xfff0fc00) == 0x5f10fc00; }

static int check(const char *before_name, const char *after_name)
{
    FILE *f = fopen(before_name, "rb"), *g = fopen(after_name, "rb");
    static State before, after;
    static int bad[A64_ROW_COUNT];
    long tests = 0, failures = 0;
    if (!f || !g)
        return 2;
    while (fread(&before, sizeof before, 1, f) == 1 && fread(&after, sizeof after, 1, g) == 1) {
        char why[200];
        int row = a64_lookup(before.insn);
        tests++;
        if (run(&before, &after, why, sizeof why) || oracle_wrong(before.insn))
            continue;
        failures++;
        if (row < 0 || bad[row]++ < 2)
            printf("%08x %s %s (fpcr %llx)\n", before.insn,
                   row < 0 ? "?" : a64_rows[row].name, why,
                   (unsigned long long)before.fpcr);
    }
    printf("%s simd_oracle %ld tests, %ld differ\n", failures || !tests ? "FAIL" : "ok", tests,
           failures);
    return failures || !tests;
}

// -- drawing states ----------------------------------------------------------------------------

static u64 seed;

static u64 draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

// Lanes that are interesting as integers or as numbers of some precision.
static u64 draw_lanes(void)
{
    static const u64 special[] = {
        0, ~(u64)0, 0x8000000000000000, 0x7fffffffffffffff, 0x8000000080000000, 0x7fffffff7fffffff,
        0x8000800080008000, 0x7fff7fff7fff7fff, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f,
        0x7ff0000000000000, 0x7ff8000000000001, 0x7ff4000000000002, 0xfff0000000000000,
        0x3ff0000000000000, 0x7f8000007f800000, 0x7fc000017fa00001, 0x3f8000003f800000,
        0x0000000100800000, 0x0010000000000000, 0x7c007e013c000001, 0xbff8000000000000,
        0x4f0000004f800000, 0x43e0000000000000, 0x43f0000000000000, 0x41e0000000000000,
    };
    u64 r = draw();
    switch (r % 8) {
    case 0: case 1: return special[(r >> 8) % ARRAY_LEN(special)];
    case 2: return (u64)(u32)draw_lanes() << 32 | (u32)draw_lanes();
    case 3: return (r >> 8 & 0xff) * 0x0101010101010101;
    case 4: return (draw() & 0x807fffff807fffff) | (u64)(120 + (r >> 8) % 16) << 55 |
                   (u64)(120 + (r >> 16) % 40) << 23;
    case 5: return (draw() & 0x800fffffffffffff) | (u64)(1015 + (r >> 8) % 60) << 52;
    default: return draw();
    }
}

static void draw_state(State *s, u32 insn)
{
    for (int i = 0; i < 32; i++)
        for (int k = 0; k < 2; k++)
            s->v[i][k] = draw_lanes();
    for (int i = 0; i < 31; i++)
        s->x[i] = draw() % 4 ? draw_lanes() : draw() % 64;
    for (int i = 0; i < MEM_BYTES; i++)
        s->mem[i] = (u8)draw();
    s->nzcv = draw() & 0xf0000000;
    s->fpcr = draw() % 2 ? 0 : draw() & FPCR_RMODE;
    if (draw() % 4 == 0)
        s->fpcr |= draw() & (FPCR_FZ | FPCR_DN | FPCR_AHP | FPCR_FZ16);
    s->fpsr = 0;
    s->insn = insn;
}

// Keeps addresses inside the memory: x1 its middle, x2 a small index.
static u32 tame_address(const A64Row *r, u32 insn, State *s)
{
    s->x[1] = MEM_BASE + MEM_BYTES / 2;
    s->x[2] = draw() & 7;
    insn = (insn & ~(31u << 5)) | 1u << 5;
    if (!strcmp(r->name, "ldst_v_uimm"))
        insn &= ~(0xff8u << 10);
    if (!strcmp(r->name, "ldst_pair_v"))
        insn &= ~(0x78u << 15);
    if (strstr(r->format, "ldst_v") && strcmp(r->name, "ldst_v_uimm"))
        insn &= ~(0x1c0u << 12);
    if (!(r->mask & 1u << 16) && (!strcmp(r->name, "ldst_v_reg") || strstr(r->format, "vmulti") ||
                                  strstr(r->format, "vone")))
        insn = (insn & ~(31u << 16)) |
               (draw() & 1 && strcmp(r->name, "ldst_v_reg") ? 31u : 2u) << 16;
    return insn;
}

static bool is_simd_row(const A64Row *r)
{
    u32 v = r->value & r->mask;
    bool memory_row = is_mem_row(r) && (v & 1u << 26);
    return (memory_row || (v >> 25 & 7) == 7) && strcmp(r->name, "ldr_lit_v");
}

static void make(u64 with_seed, int count)
{
    static State s;
    seed = with_seed * 0x9e3779b97f4a7c15 + 88172645463325252u;
    for (int r = 0; r < A64_ROW_COUNT; r++) {
        const A64Row *row = &a64_rows[r];
        for (int i = 0; i < count && is_simd_row(row); i++) {
            u32 insn = ((u32)draw() & ~row->mask) | row->value;
            draw_state(&s, insn);
            if (is_mem_row(row))
                s.insn = insn = tame_address(row, insn, &s);
            if (a64_lookup(insn) == r)
                fwrite(&s, sizeof s, 1, stdout);
        }
    }
}

int main(int argc, char **argv)
{
    cpu = aligned_alloc(64, (sizeof *cpu + 63) & ~(size_t)63);
    mem = calloc(1, MEM_BYTES);
    if (!cpu || !mem || !ir_new(&ctx) || argc != 4)
        return 2;
    memset(cpu, 0, sizeof *cpu);
    cpu->feat = ~(u64)0;
    cpu->aarch64 = true;
    if (!strcmp(argv[1], "check"))
        return check(argv[2], argv[3]);
    make(strtoull(argv[2], NULL, 0), (int)strtol(argv[3], NULL, 0));
    return 0;
}
