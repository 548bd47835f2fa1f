// SPDX-License-Identifier: MIT
// Our side of the differential test: a machine with RAM, one Cpu and a translator engine.  The
// sequence runs at EL0 under a page table that maps one page of code and one of data, as the
// peer's process has them; whatever ends it enters EL1, whose vectors store to a device that
// stops the CPU.
// Everything is done on the vCPU's own thread (cpu_run_on), where FP flags live.
#include "tests/diff/diff.h"

#include "core/machine.h"
#include "util/alloc.h"

#include <string.h>

enum { RAM_AT = 0x40000000, RAM_SIZE = 4 << 20,
       L0 = RAM_AT, L1 = RAM_AT + 0x1000, L2 = RAM_AT + 0x2000, L3 = RAM_AT + 0x3000,
       CODE_AT = RAM_AT + 0x10000, DATA_AT = RAM_AT + 0x11000, VECTORS_AT = RAM_AT + 0x12000,
       STOP_AT = RAM_AT + RAM_SIZE,
       VECTORS_VA = DIFF_CODE_VA + 0x20000, STOP_VA = DIFF_CODE_VA + 0x30000 };

struct Engine {
    Machine *m;
    MachineConfig config;
    Args accel;
    bool hung;
};

typedef struct Stop { MemoryRegion region; Machine *m; } Stop;

static MemResult stop_write(Stop *s, Gpa offset, u64 val, unsigned size, MemAttrs attrs)
{
    (void)offset, (void)val, (void)size, (void)attrs;
    cpu_kick(s->m->cpu[0], CPU_EXIT_STOP);
    return MEM_OK;
}

static const MemOps stop_ops = { .write = stop_write, .unlocked = true };

static bool build(Machine *m, Error *err)
{
    Stop *s = m->own;
    (void)err;
    s->m = m;
    region_init_mmio(&s->region, "stop", &stop_ops, s, DIFF_PAGE);
    mem_begin(&m->mem);
    mem_add(&m->system, RAM_AT, &m->ram_region, 0);
    mem_add(&m->system, STOP_AT, &s->region, 0);
    mem_commit(&m->mem);
    return true;
}

MACHINE(diff, "diff", .desc = "RAM and a CPU, for tests/diff", .cpu_class = "arm",
        .default_ram = RAM_SIZE, .size = sizeof(Stop), .build = build)

ArmCpu *engine_cpu(Engine *e) { return arm_cpu(e->m->cpu[0]); }

static u8 *ram(Engine *e, Gpa at) { return e->m->ram->host + (at - RAM_AT); }

static void poke(Engine *e, Gpa at, u64 v) { memcpy(ram(e, at), &v, 8); }

// -- set-up -------------------------------------------------------------------------------

// Stage 1, 4 KiB granule (D8.3): block and page descriptors of Normal memory, AF, inner shareable.
enum { PAGE_NORMAL = 0x703, PAGE_DEVICE = 0x407, PAGE_EL0 = 1 << 6 };

static void map_page(Engine *e, Gva va, Gpa pa, u64 attrs)
{
    poke(e, L3 + (va >> 12 & 511) * 8, pa | attrs);
}

static void make_tables(Engine *e)
{
    poke(e, L0, L1 | 3);
    poke(e, L1, L2 | 3);
    poke(e, L2 + (DIFF_CODE_VA >> 21 & 511) * 8, L3 | 3);
    map_page(e, DIFF_CODE_VA, CODE_AT, PAGE_NORMAL | PAGE_EL0);
    map_page(e, DIFF_DATA_VA, DATA_AT, PAGE_NORMAL | PAGE_EL0);
    map_page(e, VECTORS_VA, VECTORS_AT, PAGE_NORMAL);
    map_page(e, STOP_VA, STOP_AT, PAGE_DEVICE);
    for (u32 off = 0; off < DIFF_PAGE; off += 8)
        poke(e, VECTORS_AT + off, 0x14000000f90003ffull);       // str xzr, [sp]; b .
}

// As Linux sets the processor up for its processes.
static void set_up(Engine *e, void *arg)
{
    ArmCpu *s = engine_cpu(e);
    (void)arg;
    make_tables(e);
    s->ttbr0[1] = L0;
    s->tcr[1] = 16 | 16ull << 16 | 3ull << 12 | 3ull << 28 | 1ull << 8 | 1ull << 10 | 1ull << 23 |
                2ull << 30 | 2ull << 32 | 1ull << 37;   // T0SZ, T1SZ, SH, EPD1, 40 bits, TBI0
    s->mair[1] = 0xff;
    s->sctlr[1] = SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_SA | SCTLR_SA0 | SCTLR_DZE | SCTLR_UCT |
                  SCTLR_UCI | SCTLR_SPAN | 1ull << 31 | 1ull << 30 | 1ull << 27 | 1ull << 13 |
                  1ull << 11 | 1ull << 22;                      // pointer keys; EOS, EIS
    s->cpacr = 3 << 20;
    s->vbar[1] = VECTORS_VA;
    s->apkey[0][0] = 0x0123456789abcdef;
    s->apkey[1][0] = 0xfedcba9876543210;
    s->apkey[2][1] = 0x55aa55aa55aa55aa;
    s->apkey[3][1] = 0x1248124812481248;
    arm_flush_tlb(s);
}

Engine *engine_new(const char *engine, const char *model, Error *err)
{
    Engine *e = xalloc(sizeof *e);
    char text[32];
    snprintf(text, sizeof text, "engine=%s", engine);
    if (!args_parse(&e->accel, "-accel", text, NULL, NULL, err)) {
        free(e);
        return NULL;
    }
    e->config = (MachineConfig){ .cpu = model, .cpus = 1, .accel = "tcg",
                                 .accel_options = &e->accel };
    e->m = machine_new(&diff_machine, &e->config, err);
    if (!e->m || !machine_start(e->m, err)) {
        engine_free(e);
        return NULL;
    }
    engine_on_thread(e, set_up, NULL);
    return e;
}

void engine_free(Engine *e)
{
    if (e->m)
        machine_free(e->m);
    args_free(&e->accel);
    free(e);
}

typedef struct Job { Engine *e; void (*fn)(Engine *e, void *arg); void *arg; } Job;

static void on_thread(Cpu *cpu, void *opaque)
{
    Job *j = opaque;
    (void)cpu;
    j->fn(j->e, j->arg);
}

void engine_on_thread(Engine *e, void (*fn)(Engine *e, void *arg), void *arg)
{
    Job j = { e, fn, arg };
    cpu_run_on(e->m->cpu[0], on_thread, &j);
}

// -- one case -----------------------------------------------------------------------------

static void load(Engine *e, const DiffCase *c)
{
    ArmCpu *s = engine_cpu(e);
    memset(ram(e, CODE_AT), 0, DIFF_PAGE);
    memcpy(ram(e, CODE_AT), c->code, sizeof c->code);
    ram_written(e->m->ram, CODE_AT - RAM_AT, DIFF_PAGE);
    memset(ram(e, DATA_AT), 0, DIFF_PAGE);
    memcpy(ram(e, DATA_AT + DIFF_MEM_AT), c->s.mem, DIFF_MEM);
    arm_set_pstate(s, (u32)c->s.nzcv);              // EL0
    s->sp_el[1] = STOP_VA;
    memcpy(s->x, c->s.x, sizeof c->s.x);
    s->x[31] = c->s.sp;
    s->pc = DIFF_CODE_VA;
    memcpy(s->v, c->s.v, sizeof s->v);
    (void)tcg_fp_flags(&s->cpu);
    s->fpcr = (u32)c->s.fpcr;
    s->fpsr = (u32)c->s.fpsr;
    s->tpidr_el[0] = c->s.tpidr;
    s->esr[1] = s->far[1] = 0;
    tcg_exclusive_clear(&s->cpu);
    atomic_store(&s->event, 0);                     // of a SEVL, or of the last return
    s->cpu.halted = false;
}

// Which signal Linux would send (arch/arm64/mm/fault.c, kernel/traps.c).
static u64 signal_of(u64 esr)
{
    u32 ec = (u32)(esr >> 26) & 63, fsc = (u32)esr & 63;
    switch (ec) {
    case EC_UNKNOWN: case EC_SYS64: case EC_ILLEGAL:
        return SIG_UNDEF;
    case EC_BRK64:
        return SIG_END;
    case EC_PC_ALIGN:
        return SIG_BUS_ERROR;
    case EC_SP_ALIGN:
        return SIG_SP_ALIGN;
    case EC_DABT_LOW:
        return fsc == FSC_ALIGN || fsc == FSC_ATOMIC ? SIG_BUS_ERROR : SIG_FAULT;
    case EC_IABT_LOW:
        return SIG_FAULT;
    default:
        return SIG_OTHER;
    }
}

static bool rewrote(Engine *e, const DiffCase *c)
{
    static const u8 zero[DIFF_PAGE];
    const u8 *code = ram(e, CODE_AT);
    return memcmp(code, c->code, sizeof c->code) ||
           memcmp(code + sizeof c->code, zero, DIFF_PAGE - sizeof c->code);
}

static void store(Engine *e, const DiffCase *c, DiffState *o)
{
    ArmCpu *s = engine_cpu(e);
    memset(o, 0, sizeof *o);
    memcpy(o->x, s->x, sizeof o->x);
    o->sp = arm_sp(s, 0);
    o->pc = s->elr_el[1];
    o->nzcv = s->spsr_el[1] & 0xf0000000;
    o->fpcr = s->fpcr;
    o->fpsr = s->fpsr | tcg_fp_flags(&s->cpu);
    o->tpidr = s->tpidr_el[0];
    o->esr = s->esr[1];
    o->addr = s->far[1];
    o->sig = e->hung ? SIG_HANG : rewrote(e, c) ? SIG_REWRITTEN : signal_of(o->esr);
    memcpy(o->v, s->v, sizeof o->v);
    memcpy(o->mem, ram(e, DATA_AT + DIFF_MEM_AT), DIFF_MEM);
}

void engine_case(Engine *e, const DiffCase *c, DiffState *out)
{
    Cpu *cpu = e->m->cpu[0];
    int turns = 0;
    load(e, c);
    cpu_exit_clear(cpu, CPU_EXIT_STOP | CPU_EXIT_WORK);
    do {
        cpu->accel->run(cpu);
        e->hung = !(cpu_exit_bits(cpu) & CPU_EXIT_STOP) && ++turns > 100;
    } while (!(cpu_exit_bits(cpu) & CPU_EXIT_STOP) && !e->hung);
    store(e, c, out);
}
