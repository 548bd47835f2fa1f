// SPDX-License-Identifier: MIT
// tcg/debug.c: breakpoints, watchpoints and single step, under both engines.  A machine of RAM
// and Arm CPUs runs a few instructions; most tests drive it stop by stop on the vCPU's own thread.
#include "core/machine.h"
#include "cpu/arm/internal.h"
#include "tcg/tcg.h"
#include "tests/lib/test.h"

#include <time.h>

// RAM is mapped twice: at its own address for EL1, and 1 GiB higher for EL0 too (and so not
// executable at EL1).
enum { RAM_AT = 0x40000000, RAM_SIZE = 4 << 20, TABLE = RAM_AT + 0x1000, VECTORS = RAM_AT + 0x8000,
       CODE = RAM_AT + 0x10000 };
#define DATA 0x80020000ull
enum { NOP = 0xd503201f, SELF = 0x14000000, EL1H = 5 };

static bool build(Machine *m, Error *err)
{
    (void)err;
    mem_begin(&m->mem);
    mem_add(&m->system, RAM_AT, &m->ram_region, 0);
    mem_commit(&m->mem);
    return true;
}

MACHINE(unit_debug, "unit-debug", .desc = "RAM and CPUs, for tests/unit/tcg_debug.c",
        .cpu_class = "arm", .max_cpus = 4, .default_ram = RAM_SIZE, .build = build)

typedef struct World {
    Machine *m;
    MachineConfig config;
    Args args;
} World;

static u8 *ram(World *w, u64 va) { return w->m->ram->host + (va & (RAM_SIZE - 1)); }
static ArmCpu *arm(World *w, u32 i) { return arm_cpu(w->m->cpu[i]); }

static void put_code(World *w, u64 va, const u32 *code, size_t n)
{
    memcpy(ram(w, va), code, n * 4);
    ram_written(w->m->ram, va & (RAM_SIZE - 1), n * 4);
}

static void set_up(ArmCpu *s)
{
    s->ttbr0[1] = TABLE;
    s->tcr[1] = 25 | 3 << 12 | 1 << 8 | 1 << 10 | 1 << 23 | 2ull << 32 | 1ull << 37;
    s->mair[1] = 0xff;
    s->sctlr[1] |= SCTLR_M | SCTLR_C | SCTLR_I;
    s->cpacr = 3 << 20;
    s->vbar[1] = VECTORS;
    arm_set_pstate(s, EL1H | PS_DAIF);
    s->x[31] = RAM_AT + 0x9000;
    s->pc = CODE;
    arm_flush_tlb(s);
}

static void set_up_on(Cpu *cpu, void *opaque)
{
    (void)opaque;
    set_up(arm_cpu(cpu));
}

static void world(World *w, const char *engine, u32 cpus)
{
    static const u64 blocks[4] = { 0, RAM_AT | 0x701, RAM_AT | 0x741, 0 };  // D8.3
    char text[32];
    Error e = { 0 };
    *w = (World){ 0 };
    snprintf(text, sizeof text, "engine=%s", engine);
    TRUE(args_parse(&w->args, "-accel", text, NULL, NULL, &e));
    w->config = (MachineConfig){ .cpu = "max", .cpus = cpus, .accel = "tcg",
                                 .accel_options = &w->args };
    w->m = machine_new(&unit_debug_machine, &w->config, &e);
    if (!w->m || !machine_start(w->m, &e))
        FAIL("%s", e.text);
    memcpy(ram(w, TABLE), blocks, sizeof blocks);
    for (u32 at = VECTORS; at < VECTORS + 0x800; at += 4)
        put_code(w, at, &(u32){ SELF }, 1);
    for (u32 i = 0; i < cpus; i++)
        cpu_run_on(w->m->cpu[i], set_up_on, NULL);
}

static void world_end(World *w)
{
    machine_free(w->m);
    args_free(&w->args);
}

#define BOTH_N(id, cpus)                                                                      \
    static void id(World *w);                                                                 \
    TEST(debug_##id) { World w; world(&w, "amd64", cpus); id(&w); world_end(&w); }            \
    TEST(debug_##id##_eval) { World w; world(&w, "eval", cpus); id(&w); world_end(&w); }      \
    static void id(World *w)
#define BOTH(id) BOTH_N(id, 1)

static void add(World *w, BreakKind kind, u64 va, u64 len)
{
    Error e = { 0 };
    if (!w->m->accel->break_add(w->m, kind, va, len, &e))
        FAIL("%s", e.text);
}

static void del(World *w, BreakKind kind, u64 va, u64 len)
{
    Error e = { 0 };
    if (!w->m->accel->break_del(w->m, kind, va, len, &e))
        FAIL("%s", e.text);
}

static void add_break(World *w, u64 va) { add(w, BREAK_SOFT, va, 4); }
static void del_break(World *w, u64 va) { del(w, BREAK_SOFT, va, 4); }

static void run_on(Cpu *cpu, void *opaque)
{
    CpuRunResult *r = opaque;
    int turns = 0;
    cpu->stop = (CpuStop){ STOP_NONE };
    do {
        cpu_exit_clear(cpu, CPU_EXIT_STOP | CPU_EXIT_WORK);     // how we came here
        *r = cpu->accel->run(cpu);
    } while (*r == CPU_RAN && ++turns < 1000);
}

// Runs until it stops.
static CpuStop go(World *w)
{
    CpuRunResult r;
    cpu_run_on(w->m->cpu[0], run_on, &r);
    EQ(r, CPU_DEBUG);
    return w->m->cpu[0]->stop;
}

#define STOPS(w, reason, at)                       \
    do {                                           \
        EQ(go(w).why, reason);                     \
        EQ(arm(w, 0)->pc, at);                     \
    } while (0)

static void step(World *w, u32 how) { w->m->accel->step(w->m->cpu[0], how); }

// -- breakpoints --------------------------------------------------------------------------

static const u32 loop[] = {
    0x91000421,                                     // loop: add x1, x1, #1
    0x8b010042,                                     //       add x2, x2, x1
    0xf1000463,                                     //       subs x3, x3, #1
    0x54ffffa1,                                     //       b.ne loop
    NOP,
    SELF,
};
enum { LOOP_END = CODE + 16 };

static void loop_again(World *w, u64 turns)
{
    ArmCpu *s = arm(w, 0);
    s->pc = CODE;
    s->x[1] = s->x[2] = 0;
    s->x[3] = turns;
}

static void start_loop(World *w, u64 turns)
{
    put_code(w, CODE, loop, ARRAY_LEN(loop));
    loop_again(w, turns);
}

BOTH(break_in_code_that_ran)
{
    ArmCpu *s = arm(w, 0);
    start_loop(w, 1000);
    add_break(w, LOOP_END);
    STOPS(w, STOP_BREAK, LOOP_END);
    EQ(s->x[1], 1000);
    loop_again(w, 3);
    add(w, BREAK_HARD, CODE + 4, 4);                // in the middle of what was translated
    for (u64 i = 1; i <= 3; i++) {
        CpuStop stop = go(w);
        EQ(stop.why, STOP_BREAK);
        EQ(stop.kind, BREAK_HARD);
        EQ(stop.addr, CODE + 4);
        EQ(s->pc, CODE + 4);
        EQ(s->x[1], i);
        EQ(s->x[2], i * (i - 1) / 2);               // not done yet
    }
    STOPS(w, STOP_BREAK, LOOP_END);
    EQ(s->x[2], 6);
    loop_again(w, 3);
    del(w, BREAK_HARD, CODE + 4, 4);
    STOPS(w, STOP_BREAK, LOOP_END);
    EQ(s->x[2], 6);
}

BOTH(break_counts)
{
    Error e = { 0 };
    start_loop(w, 5);
    add_break(w, LOOP_END);
    add_break(w, LOOP_END);
    add(w, BREAK_HARD, LOOP_END, 4);
    del_break(w, LOOP_END);
    STOPS(w, STOP_BREAK, LOOP_END);
    del_break(w, LOOP_END);
    start_loop(w, 5);
    EQ(go(w).kind, BREAK_HARD);
    FALSE(w->m->accel->break_del(w->m, BREAK_SOFT, LOOP_END, 4, &e));
    STR_HAS(e.text, "no breakpoint at 0x40010010");
    FALSE(w->m->accel->break_add(w->m, WATCH_READ, LOOP_END, 0, &e));
}

BOTH(break_on_branch_to_self)
{
    put_code(w, CODE, &(u32){ SELF }, 1);
    add_break(w, CODE);
    for (int i = 0; i < 3; i++)
        STOPS(w, STOP_BREAK, CODE);                 // executed once in between
}

// A debugger that puts pc onto a breakpoint sees it hit.
BOTH(break_at_new_pc)
{
    start_loop(w, 2);
    add_break(w, CODE);
    STOPS(w, STOP_BREAK, CODE);
    add_break(w, LOOP_END);
    arm(w, 0)->pc = LOOP_END;
    STOPS(w, STOP_BREAK, LOOP_END);
}

// gdb's way: everything out at each stop, and in again.
BOTH(break_out_and_in)
{
    TcgStats *stats = &tcg_cpu(w->m->cpu[0])->th->stats;
    start_loop(w, 100);
    add_break(w, CODE + 8);
    STOPS(w, STOP_BREAK, CODE + 8);
    STOPS(w, STOP_BREAK, CODE + 8);
    u64 regions = stats->regions;
    for (int i = 0; i < 50; i++) {
        del_break(w, CODE + 8);
        add_break(w, CODE + 8);
        STOPS(w, STOP_BREAK, CODE + 8);
    }
    EQ(stats->regions, regions);                    // nothing was translated anew
    EQ(arm(w, 0)->x[1], 52);
}

BOTH(break_elsewhere_drops_nothing)
{
    TcgStats *stats = &tcg_cpu(w->m->cpu[0])->th->stats;
    start_loop(w, 100);
    add_break(w, LOOP_END);
    STOPS(w, STOP_BREAK, LOOP_END);
    loop_again(w, 100);
    STOPS(w, STOP_BREAK, LOOP_END);
    u64 regions = stats->regions, lookups = stats->lookups;
    for (u64 i = 0; i < 1000; i++)
        add_break(w, CODE + 0x1000 + 4 * i);
    loop_again(w, 100);
    STOPS(w, STOP_BREAK, LOOP_END);
    EQ(stats->regions, regions);
    TRUE(stats->lookups <= lookups + 4);
}

static u64 now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

BOTH(break_thousand)
{
    enum { N = 1000, AT = CODE + 0x2000 };
    for (u32 i = 0; i < N; i++)
        put_code(w, AT + 4 * i, &(u32){ 0x91000421 }, 1);       // add x1, x1, #1
    put_code(w, AT + 4 * N, &(u32){ SELF }, 1);
    add_break(w, AT + 4 * N);
    arm(w, 0)->pc = AT;
    STOPS(w, STOP_BREAK, AT + 4 * N);
    u64 t0 = now_ns();
    for (u64 i = 0; i < N; i++)
        add_break(w, AT + 4 * i);
    arm(w, 0)->pc = AT;
    arm(w, 0)->x[1] = 0;
    for (u64 i = 0; i < N; i++) {
        STOPS(w, STOP_BREAK, AT + 4 * i);
        EQ(arm(w, 0)->x[1], i);
    }
    for (u64 i = 0; i < N; i++)
        del_break(w, AT + 4 * i);
    STOPS(w, STOP_BREAK, AT + 4 * N);
    TRUE(now_ns() - t0 < 2000000000);
}

// The instruction under a breakpoint is rewritten: by the guest, and by the debugger.
BOTH(break_on_changing_code)
{
    static const u32 code[] = {
        0xb9000149,                                 // str w9, [x10]
        NOP,
        0x91000421,                                 // add x1, x1, #1: under the breakpoint
        SELF,
    };
    ArmCpu *s = arm(w, 0);
    put_code(w, CODE, code, ARRAY_LEN(code));
    s->x[9] = 0x91000c21;                           // add x1, x1, #3
    s->x[10] = DATA - 0x20000 + 0x10000 + 8;        // the other mapping
    add_break(w, CODE + 8);
    add_break(w, CODE + 12);
    s->pc = CODE + 8;
    STOPS(w, STOP_BREAK, CODE + 8);
    STOPS(w, STOP_BREAK, CODE + 12);
    EQ(s->x[1], 1);
    s->pc = CODE;
    STOPS(w, STOP_BREAK, CODE + 8);
    EQ(s->x[1], 1);
    STOPS(w, STOP_BREAK, CODE + 12);
    EQ(s->x[1], 4);
    s->pc = CODE + 8;
    STOPS(w, STOP_BREAK, CODE + 8);
    put_code(w, CODE + 8, &(u32){ 0x91001421 }, 1); // add x1, x1, #5
    STOPS(w, STOP_BREAK, CODE + 12);
    EQ(s->x[1], 9);
}

// An interrupt is pending at the breakpoint: the instruction goes first.
BOTH(break_before_interrupt)
{
    ArmCpu *s = arm(w, 0);
    start_loop(w, 10);
    add_break(w, CODE + 4);
    add_break(w, VECTORS + 0x280);
    STOPS(w, STOP_BREAK, CODE + 4);
    arm_set_pstate(s, EL1H);
    cpu_irq(&s->cpu, ARM_PIN_IRQ, 1);
    STOPS(w, STOP_BREAK, VECTORS + 0x280);
    EQ(s->elr_el[1], CODE + 8);
    EQ(s->x[2], 1);
}

// -- watchpoints --------------------------------------------------------------------------

enum { R = 1, W = 2, RW = 3, ANY = 4 };             // ANY: works at any alignment
typedef struct Access {
    const char *text;
    u32 word;
    i32 at;                                         // of the first byte, from x0
    u32 bytes, how;
    u32 before;                                     // instruction that makes it succeed
} Access;
static const Access accesses[] = {
    { "ldr x5, [x0]", 0xf9400005, 0, 8, R | ANY, 0 },
    { "ldrsw x5, [x0, #4]", 0xb9800405, 4, 4, R | ANY, 0 },
    { "ldr x5, [x0], #16", 0xf8410405, 0, 8, R | ANY, 0 },
    { "ldp x5, x6, [x0]", 0xa9401805, 0, 16, R | ANY, 0 },
    { "ldp x5, x6, [x0, #16]!", 0xa9c11805, 16, 16, R | ANY, 0 },
    { "ldr q5, [x0]", 0x3dc00005, 0, 16, R | ANY, 0 },
    { "ldp q5, q6, [x0]", 0xad401805, 0, 32, R | ANY, 0 },
    { "ld1 {v5.16b-v8.16b}, [x0], #64", 0x4cdf2005, 0, 64, R | ANY, 0 },
    { "ld4 {v5.b-v8.b}[3], [x0]", 0x0d602c05, 0, 4, R | ANY, 0 },
    { "ld2r {v5.8h, v6.8h}, [x0]", 0x4d60c405, 0, 4, R | ANY, 0 },
    { "ldxr x5, [x0]", 0xc85f7c05, 0, 8, R, 0 },
    { "ldaxp x5, x6, [x0]", 0xc87f9805, 0, 16, R, 0 },
    { "ldar x5, [x0]", 0xc8dffc05, 0, 8, R, 0 },
    { "ldtr x5, [x0]", 0xf8400805, 0, 8, R | ANY, 0 },
    { "str x5, [x0]", 0xf9000005, 0, 8, W | ANY, 0 },
    { "strb w5, [x0, #3]", 0x39000c05, 3, 1, W | ANY, 0 },
    { "str x5, [x0, #16]!", 0xf8010c05, 16, 8, W | ANY, 0 },
    { "stp x5, x6, [x0]", 0xa9001805, 0, 16, W | ANY, 0 },
    { "stp x5, x6, [x0], #16", 0xa8811805, 0, 16, W | ANY, 0 },
    { "str q5, [x0]", 0x3d800005, 0, 16, W | ANY, 0 },
    { "stp q5, q6, [x0]", 0xad001805, 0, 32, W | ANY, 0 },
    { "st1 {v5.16b, v6.16b}, [x0]", 0x4c00a005, 0, 32, W | ANY, 0 },
    { "st2 {v5.8h, v6.8h}, [x0], #32", 0x4c9f8405, 0, 32, W | ANY, 0 },
    { "st4 {v5.16b-v8.16b}, [x0]", 0x4c000005, 0, 64, W | ANY, 0 },
    { "st3 {v5.s-v7.s}[1], [x0]", 0x0d00b005, 0, 12, W | ANY, 0 },
    { "stlr x5, [x0]", 0xc89ffc05, 0, 8, W, 0 },
    { "sttr x5, [x0]", 0xf8000805, 0, 8, W | ANY, 0 },
    { "stxr w7, x5, [x0]", 0xc8077c05, 0, 8, W, 0xc85f7c0b },       // ldxr x11, [x0]
    { "stlxp w7, x5, x6, [x0]", 0xc8279805, 0, 16, W, 0xc87fb00b }, // ldaxp x11, x12, [x0]
    { "ldadd x5, x7, [x0]", 0xf8250007, 0, 8, RW, 0 },
    { "ldsmaxal w5, w7, [x0]", 0xb8e54007, 0, 4, RW, 0 },
    { "swp x5, x7, [x0]", 0xf8258007, 0, 8, RW, 0 },
    { "cas x5, x7, [x0]", 0xc8a57c07, 0, 8, RW, 0 },
    { "casp x4, x5, x8, x9, [x0]", 0x48247c08, 0, 16, RW, 0 },
    { "dc zva, x0", 0xd50b7420, 0, 64, W, 0 },
};
enum { INSN = CODE + 4, END = CODE + 8, AREA = 8192 };

typedef struct Snap { u64 x[32]; V128 v[32]; u8 mem[AREA]; } Snap;

static void take(World *w, Snap *s)
{
    memcpy(s->x, arm(w, 0)->x, sizeof s->x);
    memcpy(s->v, arm(w, 0)->v, sizeof s->v);
    memcpy(s->mem, ram(w, DATA), AREA);
}

// At the instruction, with known registers and memory.
static void begin_access(World *w, const Access *a, u64 x0)
{
    ArmCpu *s = arm(w, 0);
    const u32 code[] = { a->before ? a->before : NOP, a->word, SELF };
    put_code(w, CODE, code, ARRAY_LEN(code));
    for (u64 i = 0; i < AREA; i++)
        ram(w, DATA)[i] = (u8)(i * 7 + (i >> 8));
    for (u64 i = 0; i < 31; i++)
        s->x[i] = 0x0123456789abcdef * (i + 1);
    for (u64 i = 0; i < 32; i++)
        s->v[i] = (V128){ { ~i * 0x1111, i << 32 | 5 } };
    s->x[0] = x0;
    s->pc = CODE;
    STOPS(w, STOP_BREAK, INSN);
}

static const char *stops_wrongly(World *w, const Snap *before, const CpuStop *want)
{
    static Snap now;
    CpuStop got = go(w);
    take(w, &now);
    if (got.why != STOP_WATCH || arm(w, 0)->pc != INSN)
        return "did not stop";
    if (got.kind != want->kind || got.addr != want->addr)
        return "stopped for another reason";
    if (memcmp(now.x, before->x, sizeof now.x) || memcmp(now.v, before->v, sizeof now.v))
        return "stopped with changed registers";
    return NULL;
}

static const char *check_watch(World *w, const Access *a, u64 x0, BreakKind kind, u64 at, u64 len,
                               const Snap *done)
{
    static Snap before, after;
    static const u32 acc[] = { [WATCH_WRITE] = W, [WATCH_READ] = R, [WATCH_ACCESS] = RW };
    u64 first = (x0 & 0x00ffffffffffffffull) + (u64)(i64)a->at, last = first + a->bytes - 1;
    bool hit = acc[kind] & a->how && at <= last && first <= at + len - 1;
    CpuStop want = { STOP_WATCH, kind, at > first ? at : first };
    begin_access(w, a, x0);
    take(w, &before);
    add(w, kind, at, len);
    const char *wrong = hit ? stops_wrongly(w, &before, &want) : NULL;
    if (hit && !wrong && memcmp(ram(w, want.addr), before.mem + (want.addr - DATA), 1))
        wrong = "stored before it stopped";
    if (!wrong && (go(w).why != STOP_BREAK || arm(w, 0)->pc != END))
        wrong = "did not go on to the end";
    take(w, &after);
    if (!wrong && memcmp(&after, done, sizeof after))
        wrong = "did something else";
    del(w, kind, at, len);
    return wrong;
}

static void check_access(World *w, const Access *a, u64 x0)
{
    static Snap done;
    u64 first = (x0 & 0x00ffffffffffffffull) + (u64)(i64)a->at;
    const u64 where[][2] = { { first, 1 }, { first + a->bytes - 1, 1 }, { first - 1, 1 },
                             { first + a->bytes, 1 }, { first - 3, 100 },
                             { first + a->bytes / 2, 3 } };
    begin_access(w, a, x0);
    STOPS(w, STOP_BREAK, END);
    take(w, &done);
    for (BreakKind kind = WATCH_WRITE; kind <= WATCH_ACCESS; kind++)
        for (size_t i = 0; i < ARRAY_LEN(where); i++) {
            const char *wrong = check_watch(w, a, x0, kind, where[i][0], where[i][1], &done);
            if (wrong)
                FAIL("%s, x0 0x%llx, watch kind %d at 0x%llx: %s", a->text,
                     (unsigned long long)x0, kind, (unsigned long long)where[i][0], wrong);
        }
}

static void check_accesses(World *w, bool any, u64 x0)
{
    add_break(w, INSN);
    add_break(w, END);
    for (size_t i = 0; i < ARRAY_LEN(accesses); i++)
        if (!any || accesses[i].how & ANY)
            check_access(w, &accesses[i], x0);
}

BOTH(watch_every_access) { check_accesses(w, false, DATA + 0x400); }
BOTH(watch_across_pages) { check_accesses(w, true, DATA + 0x1000 - 3); }
BOTH(watch_tagged) { check_accesses(w, false, 0x5a00000000000000 | (DATA + 0x400)); }

// Pages of code are watched for stores anyway: both.
BOTH(watch_page_of_code)
{
    static const u32 code[] = {
        0xb9000149,                                 // str w9, [x10]
        0x91000421,                                 // add x1, x1, #1
        SELF,
    };
    ArmCpu *s = arm(w, 0);
    put_code(w, CODE, code, ARRAY_LEN(code));
    add_break(w, CODE + 8);
    add(w, WATCH_WRITE, DATA - 0x10000 + 4, 2);
    add(w, WATCH_WRITE, DATA, 1);
    s->x[9] = 0x91000821;                           // add x1, x1, #2
    s->x[10] = DATA - 0x10000 + 0x800;
    STOPS(w, STOP_BREAK, CODE + 8);
    EQ(s->x[1], 1);
    s->x[10] = DATA - 0x10000 + 4;
    s->pc = CODE;
    STOPS(w, STOP_WATCH, CODE);
    STOPS(w, STOP_BREAK, CODE + 8);
    EQ(s->x[1], 3);
}

// Neither the walks nor the debugger's own accesses count; a fault of the MMU goes first.
BOTH(watch_only_instructions)
{
    ArmCpu *s = arm(w, 0);
    u64 v;
    start_loop(w, 3);
    put_code(w, CODE, (const u32[]){ 0xf9400005, SELF }, 2);    // ldr x5, [x0]
    add(w, WATCH_ACCESS, TABLE, 4096);
    add(w, WATCH_ACCESS, 0xc0000000, 8);            // not mapped
    add_break(w, CODE + 4);
    add_break(w, VECTORS + 0x200);
    arm_flush_tlb(s);
    s->x[0] = DATA;
    STOPS(w, STOP_BREAK, CODE + 4);
    TRUE(cpu_debug_rw(&s->cpu, TABLE, &v, 8, false));
    s->pc = CODE;
    s->x[0] = 0xc0000000;
    STOPS(w, STOP_BREAK, VECTORS + 0x200);
}

// -- single step --------------------------------------------------------------------------

BOTH(step_through_a_loop)
{
    ArmCpu *s = arm(w, 0);
    start_loop(w, 500);
    add_break(w, CODE + 4);
    step(w, STEP_ON);
    for (int i = 0; i < 500; i++) {
        STOPS(w, STOP_STEP, CODE + 4);
        STOPS(w, STOP_STEP, CODE + 8);
        STOPS(w, STOP_STEP, CODE + 12);
        STOPS(w, STOP_STEP, i < 499 ? CODE : LOOP_END);
    }
    EQ(s->x[2], 500 * 501 / 2);
    step(w, 0);
    s->pc = CODE;
    s->x[3] = 2;
    STOPS(w, STOP_BREAK, CODE + 4);
    STOPS(w, STOP_BREAK, CODE + 4);
}

BOTH(step_branch_to_self)
{
    put_code(w, CODE, &(u32){ SELF }, 1);
    step(w, STEP_ON);
    STOPS(w, STOP_STEP, CODE);
    STOPS(w, STOP_STEP, CODE);
}

BOTH(step_into_exceptions)
{
    static const u32 code[] = {
        0xd4000021,                                 // svc #1
        0xf94000c5,                                 // ldr x5, [x6]
        0xf94003e5,                                 // ldr x5, [sp]
        0x00000000,                                 // udf #0
    };
    ArmCpu *s = arm(w, 0);
    put_code(w, CODE, code, ARRAY_LEN(code));
    step(w, STEP_ON);
    for (u64 i = 0; i < ARRAY_LEN(code); i++) {
        s->pc = CODE + 4 * i;
        s->x[31] = RAM_AT + 0x9008;
        s->sctlr[1] |= SCTLR_SA;
        s->x[6] = 8;                                // not mapped
        STOPS(w, STOP_STEP, VECTORS + 0x200);
        EQ(s->elr_el[1], CODE + 4 * i + (i ? 0 : 4));
    }
    s->pc = 0xc0000000;                             // fetching fails
    STOPS(w, STOP_STEP, VECTORS + 0x200);
    EQ(s->elr_el[1], 0xc0000000);
}

BOTH(step_wfi)
{
    put_code(w, CODE, (const u32[]){ 0xd503207f, 0xd503205f, NOP }, 3);     // wfi; wfe
    step(w, STEP_ON);
    STOPS(w, STOP_STEP, CODE + 4);
    FALSE(w->m->cpu[0]->halted);
    STOPS(w, STOP_STEP, CODE + 8);
    STOPS(w, STOP_STEP, CODE + 12);
}

BOTH(step_and_interrupts)
{
    ArmCpu *s = arm(w, 0);
    start_loop(w, 10);
    put_code(w, CODE + 4, &(u32){ 0xd50342ff }, 1);             // msr daifclr, #2
    cpu_irq(&s->cpu, ARM_PIN_IRQ, 1);
    step(w, STEP_ON | STEP_NOIRQ);
    STOPS(w, STOP_STEP, CODE + 4);
    STOPS(w, STOP_STEP, CODE + 8);
    STOPS(w, STOP_STEP, CODE + 12);
    step(w, STEP_ON);
    STOPS(w, STOP_STEP, VECTORS + 0x280);
    EQ(s->elr_el[1], CODE + 12);
    s->pc = CODE + 12;                              // again, and run on
    arm_set_pstate(s, EL1H);
    step(w, STEP_ON | STEP_NOIRQ);
    STOPS(w, STOP_STEP, CODE);
    step(w, 0);
    add_break(w, VECTORS + 0x280);
    STOPS(w, STOP_BREAK, VECTORS + 0x280);
    EQ(s->elr_el[1], CODE + 4);                     // the instruction it stood on went first
}

// A watchpoint stops a step; the next one does the instruction.
BOTH(step_onto_a_watchpoint)
{
    put_code(w, CODE, (const u32[]){ NOP, 0xf9000005, SELF }, 3);       // str x5, [x0]
    arm(w, 0)->x[0] = DATA;
    add(w, WATCH_WRITE, DATA + 7, 1);
    step(w, STEP_ON);
    STOPS(w, STOP_STEP, CODE + 4);
    STOPS(w, STOP_WATCH, CODE + 4);
    STOPS(w, STOP_STEP, CODE + 8);
    arm(w, 0)->pc = CODE + 4;
    STOPS(w, STOP_WATCH, CODE + 4);
}

BOTH(step_is_quick)
{
    enum { N = 20000 };
    start_loop(w, N);
    step(w, STEP_ON);
    u64 t0 = now_ns();
    for (int i = 0; i < N; i++)
        EQ(go(w).why, STOP_STEP);
    TRUE(now_ns() - t0 < 4000000000);
}

// The guest steps itself (D2.12) and a debugger looks on: the guest's step is not used up.
BOTH(watch_under_guest_step)
{
    ArmCpu *s = arm(w, 0);
    put_code(w, CODE, (const u32[]){ 0xf9000005, SELF }, 2);            // str x5, [x0]
    s->os_lock = 0;
    s->mdscr = 1 | 1 << 13;
    arm_set_pstate(s, EL1H | PS_SS);
    s->x[0] = DATA;
    s->x[5] = 77;
    add(w, WATCH_WRITE, DATA, 8);
    add_break(w, VECTORS + 0x200);
    STOPS(w, STOP_WATCH, CODE);
    EQ(arm_pstate(s) & PS_SS, PS_SS);
    EQ(*(u64 *)(void *)ram(w, DATA) == 77, false);
    STOPS(w, STOP_BREAK, VECTORS + 0x200);
    EQ(s->esr[1] >> 26, EC_STEP_SAME);
    EQ(s->elr_el[1], CODE + 4);
    EQ(*(u64 *)(void *)ram(w, DATA), 77);
}

// -- with the machine running -------------------------------------------------------------

typedef struct Pair { World *w; MachineWatch watch; u32 breaks[2], steps[2], stops; } Pair;

enum { PAIR_ENOUGH = 10, PAIR_MOST = 20000 };

static bool pair_done(const Pair *p)
{
    return (p->breaks[0] >= PAIR_ENOUGH && p->breaks[1] >= PAIR_ENOUGH &&
            p->steps[0] >= PAIR_ENOUGH) || p->stops >= PAIR_MOST;
}

// CPU 0 loops over a breakpoint, CPU 1 over another; now and then CPU 0 is stepped alone.
static void pair_changed(void *opaque, Machine *m, MachineRequest why)
{
    Pair *p = opaque;
    if (why != REQUEST_PAUSE)
        return;
    for (u32 i = 0; i < 2; i++) {
        const CpuStop *s = &m->cpu[i]->stop;
        p->breaks[i] += s->why == STOP_BREAK;
        p->steps[i] += s->why == STOP_STEP;
        if (s->why == STOP_BREAK && s->addr != arm(p->w, i)->pc)
            FAIL("cpu %u stopped at the wrong place", i);
    }
    m->accel->step(m->cpu[0], p->stops % 3 == 1 ? STEP_ON : 0);
    p->stops++;
    if (pair_done(p))
        machine_request(m, REQUEST_QUIT, 0);
    else
        machine_resume(m);
}

BOTH_N(smp, 2)
{
    Pair p = { .w = w, .watch = { .changed = pair_changed } };
    p.watch.opaque = &p;
    for (u32 i = 0; i < 2; i++) {
        put_code(w, CODE + 0x1000 * i, (const u32[]){ NOP, NOP, 0x17fffffe }, 3);   // b .-8
        arm(w, i)->pc = CODE + 0x1000 * i;
        atomic_store(&w->m->cpu[i]->power, CPU_POWER_ON);
    }
    add_break(w, CODE + 4);
    add(w, BREAK_HARD, CODE + 0x1004, 4);
    machine_watch(w->m, &p.watch);
    EQ(machine_run(w->m), 0);
    TRUE(p.breaks[0] >= PAIR_ENOUGH);
    TRUE(p.breaks[1] >= PAIR_ENOUGH);
    TRUE(p.steps[0] >= PAIR_ENOUGH);
    EQ(p.steps[1], 0);
}
