// SPDX-License-Identifier: MIT
// x86 SEED COUNT: compares cpu/fp under x86 rules (FpEnv.x86) with the amd64 host's own SSE2, FMA3
// and F16C instructions: values and MXCSR flags, for every rounding mode, FTZ and DAZ.
#include "cpu/fp/fp.h"
#include "tests/diff/fp_oracle/operands.h"

#include <cpuid.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Out {
    u64 v, x, rflags;
    u32 mxcsr;
} Out;

// EFLAGS of (u)comis as NZCV-like relation: unordered, less, equal, greater.
static u64 relation(u32 nzcv) { return nzcv == 3 ? 0x45 : nzcv == 8 ? 0x01 : nzcv == 6 ? 0x40 : 0; }

// operands a, b, c in xmm0, xmm1, xmm2; result in xmm0, rax or EFLAGS
// clang-format off
#define X86_OPS                                                                                 \
    OP(addss, 32, 32, V, "addss %%xmm1, %%xmm0", fp32_add(e, a, b))                             \
    OP(subss, 32, 32, V, "subss %%xmm1, %%xmm0", fp32_sub(e, a, b))                             \
    OP(mulss, 32, 32, V, "mulss %%xmm1, %%xmm0", fp32_mul(e, a, b))                             \
    OP(divss, 32, 32, V, "divss %%xmm1, %%xmm0", fp32_div(e, a, b))                             \
    OP(sqrtss, 32, 32, V, "sqrtss %%xmm0, %%xmm0", fp32_sqrt(e, a))                             \
    OP(addsd, 64, 64, V, "addsd %%xmm1, %%xmm0", fp64_add(e, a, b))                             \
    OP(subsd, 64, 64, V, "subsd %%xmm1, %%xmm0", fp64_sub(e, a, b))                             \
    OP(mulsd, 64, 64, V, "mulsd %%xmm1, %%xmm0", fp64_mul(e, a, b))                             \
    OP(divsd, 64, 64, V, "divsd %%xmm1, %%xmm0", fp64_div(e, a, b))                             \
    OP(sqrtsd, 64, 64, V, "sqrtsd %%xmm0, %%xmm0", fp64_sqrt(e, a))                             \
    OP(vfmadd231ss, 32, 32, V, "vfmadd231ss %%xmm2, %%xmm1, %%xmm0", fp32_muladd(e, a, b, c))   \
    OP(vfmadd231sd, 64, 64, V, "vfmadd231sd %%xmm2, %%xmm1, %%xmm0", fp64_muladd(e, a, b, c))   \
    OP(ucomiss, 32, 64, F, "ucomiss %%xmm1, %%xmm0", relation(fp32_compare(e, a, b, false)))    \
    OP(comisd, 64, 64, F, "comisd %%xmm1, %%xmm0", relation(fp64_compare(e, a, b, true)))       \
    OP(cvtss2sd, 32, 64, V, "cvtss2sd %%xmm0, %%xmm0", fp32_to_fp64(e, a))                      \
    OP(cvtsd2ss, 64, 32, V, "cvtsd2ss %%xmm0, %%xmm0", fp64_to_fp32(e, a))                      \
    OP(cvtss2si, 32, 32, X, "cvtss2si %%xmm0, %%eax", (u32)fp32_to_sint(e, a, 32, 0, e->round)) \
    OP(cvtsd2si, 64, 64, X, "cvtsd2si %%xmm0, %%rax", fp64_to_sint(e, a, 64, 0, e->round))      \
    OP(cvttsd2si, 64, 32, X, "cvttsd2si %%xmm0, %%eax", (u32)fp64_to_sint(e, a, 32, 0, FP_RZ))  \
    OP(cvtsi2ss, 1, 32, V, "cvtsi2ssq %%rax, %%xmm0", fp32_from_sint(e, (i64)a, 0))             \
    OP(cvtsi2sd, 1, 64, V, "cvtsi2sdq %%rax, %%xmm0", fp64_from_sint(e, (i64)a, 0))             \
    OP(roundss, 32, 32, V, "roundss $4, %%xmm0, %%xmm0", fp32_rint(e, a, e->round, true))       \
    OP(roundsd, 64, 64, V, "roundsd $12, %%xmm0, %%xmm0", fp64_rint(e, a, e->round, false))     \
    OP(vcvtph2ps, 16, 32, V, "vcvtph2ps %%xmm0, %%xmm0", fp16_to_fp32(e, a))                    \
    OP(vcvtps2ph, 32, 16, V, "vcvtps2ph $4, %%xmm0, %%xmm0", fp32_to_fp16(e, a))
// clang-format on

#define OP(name, input, bits, out, instruction, expression)                                    \
    static void exec_##name(const Case *k, u32 mxcsr, Out *o)                                  \
    {                                                                                          \
        u32 plain = 0x1f80;                                                                    \
        __asm__ volatile(                                                                      \
            "vmovq %[a], %%xmm0\nvmovq %[b], %%xmm1\nvmovq %[c], %%xmm2\n"                     \
            "mov %[a], %%rax\n"                                                                \
            "ldmxcsr %[in]\n" instruction "\n"                                                 \
            "pushfq\npop %[f]\nstmxcsr %[m]\nldmxcsr %[plain]\n"                               \
            "vmovq %%xmm0, %[v]\nmov %%rax, %[x]\n"                                            \
            : [v] "=&r"(o->v), [x] "=&r"(o->x), [f] "=&r"(o->rflags), [m] "=m"(o->mxcsr)       \
            : [a] "r"(k->a), [b] "r"(k->b), [c] "r"(k->c), [in] "m"(mxcsr), [plain] "m"(plain) \
            : "rax", "xmm0", "xmm1", "xmm2", "cc", "memory");                                  \
    }                                                                                          \
    static u64 eval_##name(FpEnv *e, u64 a, u64 b, u64 c)                                      \
    {                                                                                          \
        (void)a, (void)b, (void)c;                                                             \
        return (u64)(expression);                                                              \
    }
X86_OPS
#undef OP

enum { V, X, F };

static const struct {
    const char *name;
    void (*exec)(const Case *k, u32 mxcsr, Out *o);
    u64 (*eval)(FpEnv *e, u64 a, u64 b, u64 c);
    int input, bits, out;
} ops[] = {
#define OP(name, input, bits, out, instruction, expression) \
    { #name, exec_##name, eval_##name, input, bits, out },
    X86_OPS
#undef OP
};

// MXCSR: IE DE ZE OE UE PE from bit 0.
static u32 mxcsr_flags(u32 f)
{
    return (f & FP_IOC) | (f & FP_IDC ? 2 : 0) | (f & FP_DZC) << 1 | (f & FP_OFC) << 1 |
           (f & FP_UFC) << 1 | (f & FP_IXC) << 1;
}

static bool compare_one(int i, int mode, const Case *k, bool show)
{
    static const u8 rounds[4] = { FP_RNE, FP_RMI, FP_RPI, FP_RZ };
    FpEnv env = { .round = rounds[mode & 3], .x86 = true, .fz = mode & 4, .daz = mode & 8 };
    u32 mxcsr = 0x1f80 | (u32)(mode & 3) << 13 | (mode & 4 ? 0x8000 : 0) | (mode & 8 ? 0x40 : 0);
    Out o = { 0 };
    ops[i].exec(k, mxcsr, &o);
    u64 mask = ~0ull >> (64 - ops[i].bits);
    u64 host = ops[i].out == V ? o.v & mask : ops[i].out == X ? o.x & mask : o.rflags & 0x45;
    u64 ours = ops[i].eval(&env, k->a, k->b, k->c);
    u32 flags = mxcsr_flags(env.flags);
    if (host == ours && flags == (o.mxcsr & 0x3f)) return true;
    if (show)
        printf("%s mxcsr %04x: %" PRIx64 " %" PRIx64 " %" PRIx64 ": ours %" PRIx64
               " %02x, host %" PRIx64 " %02x\n",
               ops[i].name, mxcsr, k->a, k->b, k->c, ours, flags, host, o.mxcsr & 0x3f);
    return false;
}

int main(int argc, char **argv)
{
    u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    long count = argc > 2 ? strtol(argv[2], NULL, 0) : 100, cases = 0, bad = 0;
    u32 ax, bx, cx = 0, dx;
    if (!__get_cpuid(1, &ax, &bx, &cx, &dx) || !(cx & bit_FMA) || !(cx & bit_F16C)) {
        printf("skip fp_oracle_x86 the host has no FMA3 or F16C\n");
        return 0;
    }
    for (int i = 0; i < (int)ARRAY_LEN(ops); i++) {
        int shown = 0;
        for (int mode = 0; mode < 16; mode++) {
            u64 s = seed_of(seed, i, mode);
            for (long n = 0; n < count; n++, cases++) {
                Case k = draw_case(&s, ops[i].input);
                if (!compare_one(i, mode, &k, shown < 5)) bad++, shown++;
            }
        }
    }
    printf("%s fp_oracle_x86 %d operations, %ld cases, %ld differ\n", bad ? "FAIL" : "ok",
           (int)ARRAY_LEN(ops), cases, bad);
    return bad != 0;
}
