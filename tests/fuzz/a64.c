// SPDX-License-Identifier: MIT
// A64: words through the decoder, the disassembler and the front-end with the IR's verifier,
// for EL0 and EL1; then the same words run at EL0 in a machine of two pages under the compiler
// and under the evaluator, which must agree in all registers, flags and memory.
// covers: cpu/arm/disas.c cpu/arm/disas_simd.c cpu/arm/translate.c cpu/arm/translate_int.c
// covers: cpu/arm/translate_branch.c cpu/arm/translate_ldst.c cpu/arm/translate_fp.c
// covers: cpu/arm/translate_simd.c cpu/arm/translate_simd_int.c cpu/arm/translate_simd_fp.c
// covers: cpu/arm/translate_simd_ldst.c cpu/arm/translate_simd_misc.c cpu/arm/translate_sys.c
// covers: cpu/arm/translate_pauth.c
// runs: 6000
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "cpu/arm/disas.h"
#include "cpu/arm/translate.h"
#include "tests/diff/diff.h"
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

enum { PAGE = 4096, PC = 0x400000, ITEM = 6, HANG_NS = 5000000 };

static _Alignas(16) u32 code[PAGE / 4];

// ---- words ----------------------------------------------------------------------------------

// Six bytes make a word: a row of the table to be like, and the bits it leaves free.
static u32 word_of(const u8 *item)
{
    u32 row = (item[0] | item[1] << 8) % (A64_ROW_COUNT + 16), raw;

    memcpy(&raw, item + 2, sizeof(raw));
    return row < A64_ROW_COUNT ? (raw & ~a64_rows[row].mask) | a64_rows[row].value : raw;
}

static void disassemble(u32 word)
{
    char whole[128], cut[8];
    int n = a64_disas(PC, word, whole, sizeof(whole));

    BUG_ON(n <= 0 || (size_t)n != strlen(whole));
    BUG_ON(a64_disas(PC, word, cut, sizeof(cut)) != n || strlen(cut) >= sizeof(cut));
}

// ---- the front-end alone ------------------------------------------------------------------

static ArmCpu *bare_cpu(void)
{
    static ArmCpu *s;

    if (!s) {
        s = xaligned(64, sizeof(*s));
        s->feat = ~(u64)0;
        s->aarch64 = true;
        s->el = s->spsel = 1;
    }
    return s;
}

static void translate_words(u32 mode)
{
    static Ctx t;
    Str why = { 0 };

    if (!t.ins && !ir_new(&t))
        return;
    ir_reset(&t, &bare_cpu()->cpu, &arm_frontend, PC, mode);
    t.fetch_host = code;
    t.fetch_page = PC;
    t.max_insns = 64;
    arm_frontend.begin(&t);
    while (!t.ended && t.insns < t.max_insns) {
        t.pc = t.next_pc;
        ir_insn(&t, t.pc);
        t.insns++;
        if (arm_frontend.insn(&t) == NEXT_STOP)
            break;
    }
    arm_frontend.end(&t);
    if (!ir_verify(&t, &why)) {
        fprintf(stderr, "bad IR: %s\n", str_text(&why));
        abort();
    }
    str_free(&why);
}

// ---- two engines ----------------------------------------------------------------------------

static _Atomic(Cpu *) running;
static _Atomic bool cut_short;

// A program that does not end is made to, again and again: the exit word may be cleared once.
static void on_time(int sig)
{
    Cpu *cpu = atomic_load(&running);

    (void)sig;
    if (!cpu)
        return;
    atomic_store(&cut_short, true);
    atomic_fetch_or(&cpu->exit, CPU_EXIT_STOP);
}

static timer_t watch_new(void)
{
    struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 4 };
    timer_t t = 0;

    sigaction(ev.sigev_signo, &(struct sigaction){ .sa_handler = on_time,
                                                   .sa_flags = SA_RESTART }, NULL);
    BUG_ON(timer_create(CLOCK_MONOTONIC, &ev, &t));
    return t;
}

typedef struct Run { const DiffCase *c; DiffState *out; } Run;

static void one_case(Engine *e, void *arg)
{
    Run *r = arg;

    engine_case(e, r->c, r->out);
}

// False: it had to be stopped, so nothing can be compared.
static bool run_case(Engine *e, timer_t watch, const DiffCase *c, DiffState *out)
{
    struct itimerspec on = { { 0, HANG_NS }, { 0, HANG_NS } }, off = { 0 };
    Run r = { c, out };

    atomic_store(&cut_short, false);
    cpu_exit_clear(&engine_cpu(e)->cpu, CPU_EXIT_STOP); // of a signal that came late
    atomic_store(&running, &engine_cpu(e)->cpu);
    timer_settime(watch, 0, &on, NULL);
    engine_on_thread(e, one_case, &r);
    timer_settime(watch, 0, &off, NULL);
    atomic_store(&running, NULL);
    return !atomic_load(&cut_short);
}

static Engine *engine_of(const char *name)
{
    Error err = { 0 };
    Engine *e = engine_new(name, "max", &err);

    if (!e) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return e;
}

static void differ(const DiffCase *c, const DiffState *a, const DiffState *b)
{
    const u8 *x = (const void *)a, *y = (const void *)b;
    size_t at = 0;
    char text[128];

    while (x[at] == y[at])
        at++;
    for (int i = 0; i < DIFF_CODE; i++) {
        a64_disas(DIFF_CODE_VA + 4 * (u64)i, c->code[i], text, sizeof(text));
        fprintf(stderr, "%08x  %s\n", c->code[i], text);
    }
    fprintf(stderr, "compiler and evaluator differ at byte %zu of DiffState\n", at);
    abort();
}

static void run_both(const DiffCase *c)
{
    static Engine *fast, *slow;
    static timer_t watch;
    static DiffState a, b;

    if (!fast) {
        watch = watch_new();
        fast = engine_of("amd64");
        slow = engine_of("eval");
    }
    if (run_case(fast, watch, c, &a) && run_case(slow, watch, c, &b) && memcmp(&a, &b, sizeof(a)))
        differ(c, &a, &b);
}

static void make_case(DiffCase *c, u32 seed, const u32 *words, size_t n)
{
    Gen g = { .seed = seed };

    memset(c, 0, sizeof(*c));
    for (int i = 0; i < 31; i++)                    // half of them point into the window
        c->s.x[i] = i & 1 ? gen_random(&g) : DIFF_MEM_VA + (gen_random(&g) & 0x1f8);
    c->s.sp = DIFF_MEM_VA + 512;
    for (int i = 0; i < 32; i++)
        for (int k = 0; k < 16; k += 8) {
            u64 v = gen_random(&g);

            memcpy((u8 *)&c->s.v[i] + k, &v, 8);
        }
    c->s.fpcr = seed & 0xf ? 0 : (u64)(seed >> 4 & 7) << 22;   // RMode, FZ
    c->s.nzcv = (u64)(seed >> 8 & 15) << 28;
    for (int i = 0; i < DIFF_CODE; i++)
        c->code[i] = (size_t)i < n && i < DIFF_CODE - 1 ? words[i] : DIFF_BRK;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static const u32 modes[] = { 0, 1 | AM_SPSEL | AM_SPALIGN, 1 | AM_SPSEL | AM_FP_TRAP,
                                 1 | AM_BE | AM_ALIGN, 1 | AM_STEP | AM_SS, AM_STEP,
                                 1 | AM_FPCR_SPECIAL, 1 | AM_UAO | AM_PAN };
    size_t n = 0;
    u32 seed;
    DiffCase c;

    if (size < 4 + ITEM)
        return 0;
    memcpy(&seed, data, 4);
    memset(code, 0, sizeof(code));
    for (size_t at = 4; at + ITEM <= size && n < 64; at += ITEM, n++)
        code[n] = word_of(data + at);
    for (size_t i = 0; i < n; i++)
        disassemble(code[i]);
    translate_words(modes[seed >> 16 & 7]);
    make_case(&c, seed, code, n);
    run_both(&c);
    return 0;
}
