// SPDX-License-Identifier: MIT
// System registers and system instructions with any values, at EL1 and EL0: one instruction
// after the other, single-stepped on two boards, one under the compiler, one under the evaluator,
// which must agree in all of the processor's state.  Loads and stores between them walk the tables
// that came of it; the clock moves when the input says so.
// covers: cpu/arm/sysreg.c cpu/arm/sysreg_table.c cpu/arm/mmu.c cpu/arm/timer.c cpu/arm/pmu.c
// runs: 200
#include "cpu/arm/internal.h"
#include "tests/fuzz/board.h"

enum { ITEMS = 64, TRIES = 8, ENGINES = 2 };

// ---- the input: a list of these ------------------------------------------------------------

typedef struct Item {
    u8 sel[2];          // row of the table
    u8 how;             // KIND, then HOW_*
    u8 what;            // 2:0 how val is to be read, 7:3 Rt
    u8 val[8];
} Item;

enum { KIND_MRS = 0, KIND_MSR = 2, KIND_ANY = 4, KIND_IMM = 5, KIND_CLOCK = 6, KIND_MEM = 7,
       HOW_LEVEL = 3 << 3, HOW_MASKED = 1 << 5, HOW_HEAL = 1 << 6, HOW_DEBUGGER = 1 << 7 };

static u32 kind_of(const Item *it) { return it->how & 7; }
static u32 rt_of(const Item *it) { return it->what >> 3; }

static const ArmSysReg *row_of(const Item *it)
{
    const ArmSysReg *rows;
    size_t count = arm_sysreg_rows(&rows);

    return &rows[load_le16(it->sel) % count];
}

// op0 1 or 3: registers of the interrupt controller, and those that there are not.
static u32 any_key(const Item *it) { return load_le16(it->sel) | 1 << 14; }

// C6.2: MRS, MSR (register), SYS and SYSL; MSR (immediate); LDR and STR
static u32 word_of(const Item *it)
{
    u32 n = load_le16(it->sel), rt = rt_of(it);

    switch (kind_of(it)) {
    case KIND_MRS: return 0xd5200000 | (u32)row_of(it)->key << 5 | rt;
    case KIND_ANY: return 0xd5000000 | (it->what & 1u) << 21 | any_key(it) << 5 | rt;
    case KIND_IMM: return 0xd500401f | (n & 7) << 16 | (n >> 3 & 15) << 8 | (n >> 7 & 7) << 5;
    case KIND_MEM: return 0xf9000000 | (n & 1) << 22 | 1 << 5 | rt;
    default: return 0xd5000000 | (u32)row_of(it)->key << 5 | rt;
    }
}

// As it is, near what the register holds, an address, small, or what TLBI takes.
static u64 value_of(const ArmCpu *s, const Item *it)
{
    static const u64 places[8] = {
        BOARD_CODE, BOARD_L1, BOARD_L2, BOARD_L3, 0x80000000, 0x80200000, 0x08000000, 0x09000000,
    };
    u64 v = load_le64(it->val);
    const ArmSysReg *r = row_of(it);

    switch (it->what & 7) {
    case 2: return r->width == 8 ? *(const u64 *)(const void *)((const u8 *)s + r->offset) ^
                                   BIT(v & 63) : v;
    case 3: return places[v & 7] + (v >> 8 & 0x1ffff);
    case 4: return v & 0xff;
    case 5: return (u32)v;
    case 6: return (v & 0xffffull << 48) | (places[v & 7] + (v >> 8 & 0x1ffff)) >> 12;
    case 7: return ~v;
    default: return v;
    }
}

// ---- one processor -------------------------------------------------------------------------

typedef struct Turn {
    const Item *it;
    u64 val, pc;
    bool heal;
} Turn;

// What the tables need, and that no debug exception keeps instructions from being done.
static void heal(ArmCpu *s)
{
    s->mdscr = 0;
    s->vbar[1] = 0;
    s->il = 0;
    s->mair[1] = 0xff00;
    s->tcr[1] = 25 | 25 << 16 | BIT(23) | 2ull << 30;
    s->ttbr0[1] = BOARD_L1;
    s->sctlr[1] = 0x30d0198d;
    arm_watches_changed(s);
    arm_flush_tlb(s);
}

static void by_debugger(Cpu *cpu, const Turn *t)
{
    u32 count = 0, n;
    u8 bytes[8];
    CpuReg r;

    while (cpu->cls->more_reg(cpu, count, &r))
        count++;
    n = load_le16(t->it->sel) % count;
    cpu->cls->more_reg(cpu, n, &r);
    store_le64(bytes, t->val);
    if (r.set && kind_of(t->it) & 2)
        r.set(cpu, &r, bytes);
    r.get(cpu, &r, bytes);
    arm_cpu(cpu)->x[rt_of(t->it) % 31] = load_le64(bytes);
}

static void one_turn(Cpu *cpu, void *opaque)
{
    static const u32 levels[4] = { 5, 5, 4, 0 };
    const Turn *t = opaque;
    ArmCpu *s = arm_cpu(cpu);

    if (t->heal)
        heal(s);
    if (t->it->how & HOW_DEBUGGER) {
        by_debugger(cpu, t);
        return;
    }
    arm_set_pstate(s, levels[(t->it->how & HOW_LEVEL) >> 3] |
                          (t->it->how & HOW_MASKED ? PS_DAIF : 0));
    arm_irq_recheck(s);
    s->x[kind_of(t->it) == KIND_MEM ? 1 : rt_of(t->it) % 31] = t->val;
    arm_set_pc(cpu, t->pc);
    for (int i = 0; i < TRIES; i++) {
        cpu_exit_clear(cpu, CPU_EXIT_STOP | CPU_EXIT_WORK | CPU_EXIT_POWER);
        if (cpu->accel->run(cpu) == CPU_DEBUG)
            break;
    }
}

// Back at the board's own table when an instruction could not be had.
static bool is_lost(const ArmCpu *s)
{
    switch (s->esr[1] >> 26) {
    case EC_IABT_LOW: case EC_IABT_SAME: case EC_PC_ALIGN: case EC_ILLEGAL:
    case EC_BREAK_LOW: case EC_BREAK_SAME: case EC_STEP_LOW: case EC_STEP_SAME: return true;
    default: return false;
    }
}

// ---- two boards ----------------------------------------------------------------------------

static Board *boards[ENGINES];

static Cpu *cpu_of(int engine) { return boards[engine]->m->cpu[0]; }

static void make_boards(void)
{
    static const char *const accel[ENGINES] = { "engine=amd64", "engine=eval" };
    static const u32 program[] = { 0x14000000 };    // b .

    for (int i = 0; i < ENGINES; i++) {
        boards[i] = board_new("max", 2, "gic-version=3", accel[i], program, ARRAY_LEN(program));
        board_map(boards[i]);
        board_keep(boards[i]);
    }
}

static void new_input(const Item *items, size_t count)
{
    u8 code[ITEMS * 4];

    for (size_t i = 0; i < count; i++)
        store_le32(code + 4 * i, word_of(&items[i]));
    for (int i = 0; i < ENGINES; i++) {
        board_again(boards[i]);
        BUG_ON(as_rw(&boards[i]->m->as, BOARD_CODE, code, 4 * count, true, ATTRS_DEBUG) != MEM_OK);
        cpu_of(i)->accel->step(cpu_of(i), STEP_ON);
    }
}

static void nothing(Cpu *cpu, void *opaque)
{
    (void)cpu;
    (void)opaque;
}

// The clock jumps, and what is due happens, on the vCPU's thread, too.
static void move_clock(const Item *it)
{
    u64 step = load_le64(it->val) >> (it->what & 63);

    for (int i = 0; i < ENGINES; i++) {
        Clocks *c = &boards[i]->m->clocks;

        clocks_set_virtual(c, clock_now(c, CLOCK_VIRTUAL) + step);
        clocks_start(c);
        loop_once(&boards[i]->m->loop, 0);
        clocks_stop(c);
        cpu_run_on(cpu_of(i), nothing, NULL);
    }
}

static void compare(const Turn *t)
{
    StateWriter w[ENGINES] = { { .buf = { 0 } } };
    Str text = { 0 };

    for (int i = 0; i < ENGINES; i++)
        state_put_rows(&w[i], cpu_of(i), cpu_of(i)->cls->state, SIZE_MAX);
    if (w[0].buf.len != w[1].buf.len || memcmp(w[0].buf.at, w[1].buf.at, w[0].buf.len)) {
        for (int i = 0; i < ENGINES; i++)
            cpu_of(i)->cls->dump(cpu_of(i), &text);
        fprintf(stderr, "%08x with %llx\n%s", word_of(t->it), (unsigned long long)t->val,
                str_text(&text));
        for (size_t i = 0; i < w[0].buf.len; i++)
            if (w[0].buf.at[i] != w[1].buf.at[i]) {
                fprintf(stderr, "compiler and evaluator differ at byte %zu of the state\n", i);
                abort();
            }
    }
    for (int i = 0; i < ENGINES; i++)
        state_writer_free(&w[i]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    const Item *items = (const void *)data;
    size_t count = MIN(size / sizeof(Item), (size_t)ITEMS);
    bool lost = false;

    if (!boards[0])
        make_boards();
    new_input(items, count);
    for (size_t i = 0; i < count; i++) {
        Turn t = { .it = &items[i], .pc = BOARD_CODE + 4 * i };

        if (kind_of(t.it) == KIND_CLOCK) {
            move_clock(t.it);
            continue;
        }
        t.val = value_of(arm_cpu(cpu_of(0)), t.it);
        t.heal = lost || t.it->how & HOW_HEAL;
        for (int e = 0; e < ENGINES; e++)
            cpu_run_on(cpu_of(e), one_turn, &t);
        lost = is_lost(arm_cpu(cpu_of(0)));
        compare(&t);
    }
    return 0;
}
