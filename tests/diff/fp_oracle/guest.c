// SPDX-License-Identifier: MIT
// guest SEED COUNT: executes every instruction of ops.h under every FPCR on COUNT drawn operand
// triples and writes a Result for each to stdout. Runs on an Arm machine with FEAT_FP16, FHM,
// JSCVT and FRINTTS, or under qemu-aarch64-static -cpu max.
#include "tests/diff/fp_oracle/operands.h"
#include "tests/diff/fp_oracle/ops.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Out {
    uint64_t v, x, nzcv, fpsr;
} Out;

#define OP(name, input, bits, out, instruction, expression)                       \
    static void exec_##name(const Case *k, Out *o)                                \
    {                                                                             \
        register uint64_t x0 __asm__("x0") = k->a;                                \
        uint64_t nzcv, fpsr;                                                      \
        __asm__ volatile(".arch armv8.5-a+fp16+fp16fml\n"                         \
                         "ldp d0, d1, [%[k]]\nldr d2, [%[k], #16]\n"              \
                         "msr fpsr, xzr\n" instruction "\n"                       \
                         "mrs %[nzcv], nzcv\nmrs %[fpsr], fpsr\nstr d0, [%[v]]\n" \
                         : "+r"(x0), [nzcv] "=&r"(nzcv), [fpsr] "=&r"(fpsr)       \
                         : [k] "r"(k), [v] "r"(&o->v)                             \
                         : "v0", "v1", "v2", "cc", "memory");                     \
        o->x = x0;                                                                \
        o->nzcv = nzcv >> 28;                                                     \
        o->fpsr = fpsr;                                                           \
    }
ALL_OPS
#undef OP

enum { V, X, C, J };

static const struct {
    void (*exec)(const Case *k, Out *o);
    int input, bits, out;
} ops[] = {
#define OP(name, input, bits, out, instruction, expression) { exec_##name, input, bits, out },
    ALL_OPS
#undef OP
};

static uint64_t value_of(const Out *o, int out, int bits)
{
    uint64_t mask = ~0ull >> (64 - bits);
    switch (out) {
    case V: return o->v & mask;
    case X: return o->x & mask;
    case C: return o->nzcv;
    default: return (o->x & mask) | (o->nzcv >> 2 & 1) << 32;
    }
}

static void set_fpcr(uint64_t v) { __asm__ volatile("msr fpcr, %0" : : "r"(v)); }

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    long count = argc > 2 ? strtol(argv[2], NULL, 0) : 100;
    for (int i = 0; i < (int)(sizeof ops / sizeof ops[0]); i++) {
        for (int f = 0; f < FPCR_COUNT; f++) {
            uint64_t s = seed_of(seed, i, f);
            for (long n = 0; n < count; n++) {
                Case k = draw_case(&s, ops[i].input);
                Out o;
                set_fpcr(fpcr_of(f));
                ops[i].exec(&k, &o);
                set_fpcr(0);
                Result r = { .value = value_of(&o, ops[i].out, ops[i].bits),
                             .flags = (uint32_t)o.fpsr & 0x9f };
                fwrite(&r, sizeof r, 1, stdout);
            }
        }
    }
    return fflush(stdout) != 0;
}
