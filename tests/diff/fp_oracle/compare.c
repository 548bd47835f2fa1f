// SPDX-License-Identifier: MIT
// compare SEED COUNT < results: evaluates every operation of ops.h with cpu/fp on the operands
// that guest.c drew and compares values and FPSR. Prints up to five differences per operation.
#include "cpu/fp/fp.h"
#include "tests/diff/fp_oracle/operands.h"
#include "tests/diff/fp_oracle/ops.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static u64 js(FpEnv *e, u64 a)
{
    bool exact;
    u64 v = fp64_to_js(e, a, &exact);
    return v | (u64)exact << 32;
}

#define OP(name, input, bits, out, instruction, expression) \
    static u64 eval_##name(FpEnv *e, u64 a, u64 b, u64 c)   \
    {                                                       \
        (void)e, (void)a, (void)b, (void)c;                 \
        return (u64)(expression);                           \
    }
ALL_OPS
#undef OP

static const struct {
    const char *name;
    u64 (*eval)(FpEnv *e, u64 a, u64 b, u64 c);
    int input;
} ops[] = {
#define OP(name, input, bits, out, instruction, expression) { #name, eval_##name, input },
    ALL_OPS
#undef OP
};

// Where the peer (QEMU 7.2) departs from the Arm ARM, and we follow the Arm ARM: FPToFixedJS gives
// Z = 0 for a denormal that FPCR.FZ flushes (DDI 0487, C7.2 FJCVTZS; QEMU issue 2375).
static bool known(const char *name, const Case *k, const FpEnv *env, u64 difference)
{
    bool denormal = (k->a << 1) != 0 && (k->a >> 52 & 0x7ff) == 0;
    return strcmp(name, "fjcvtzs") == 0 && env->fz && denormal && difference == 1ull << 32;
}

typedef struct Totals {
    long cases, bad, excluded;
} Totals;

static void compare_one(int i, int f, const Case *k, const Result *peer, Totals *t, int *shown)
{
    FpEnv env = fp_env_arm(fpcr_of(f));
    u64 value = ops[i].eval(&env, k->a, k->b, k->c);
    t->cases++;
    if (value == peer->value && env.flags == peer->flags) return;
    if (env.flags == peer->flags && known(ops[i].name, k, &env, value ^ peer->value)) {
        t->excluded++;
        return;
    }
    t->bad++;
    if ((*shown)++ < 5)
        printf("%s fpcr %08x: %" PRIx64 " %" PRIx64 " %" PRIx64 ": ours %" PRIx64
               " %02x, peer %" PRIx64 " %02x\n",
               ops[i].name, fpcr_of(f), k->a, k->b, k->c, value, env.flags, peer->value,
               peer->flags);
}

int main(int argc, char **argv)
{
    u64 seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    long count = argc > 2 ? strtol(argv[2], NULL, 0) : 100;
    Totals t = { 0 };
    for (int i = 0; i < (int)ARRAY_LEN(ops); i++) {
        int shown = 0;
        for (int f = 0; f < FPCR_COUNT; f++) {
            u64 s = seed_of(seed, i, f);
            for (long n = 0; n < count; n++) {
                Case k = draw_case(&s, ops[i].input);
                Result peer;
                if (fread(&peer, sizeof peer, 1, stdin) != 1) {
                    printf("FAIL fp_oracle the peer's results end early at %s\n", ops[i].name);
                    return 1;
                }
                compare_one(i, f, &k, &peer, &t, &shown);
            }
        }
    }
    printf("%s fp_oracle %d operations, %ld cases, %ld differ, %ld excluded\n",
           t.bad ? "FAIL" : "ok", (int)ARRAY_LEN(ops), t.cases, t.bad, t.excluded);
    return t.bad != 0;
}
