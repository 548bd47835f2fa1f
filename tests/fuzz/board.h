// SPDX-License-Identifier: MIT
// A small virt board for fuzz targets: built once in a process, paused, and put back to its
// first state before each input.  The calling thread is its loop.  Its clock stands still unless
// the target sets it.
#pragma once

#include <stdlib.h>

#include "core/machine.h"
#include "tests/fuzz/fuzz.h"
#include "util/bits.h"
#include "util/log.h"

#define BOARD_RAM_AT 0x40000000ull
#define BOARD_CODE 0x40080000ull    // where the kernel is put that is no Image
#define BOARD_RAM (4 << 20)
#define BOARD_TURN_NS 50000    // of the loop, when something is to be waited for

typedef struct Board {
    Machine *m;
    MachineConfig config;
    Args options, accel;
    char kernel[32];
    StateWriter fresh;          // of board_keep
} Board;

static inline void board_need(bool ok, const Error *err)
{
    if (ok)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

// A kernel of these words; options, accel: of -M and -accel, or NULL.  vCPUs have threads, which
// wait.
static inline Board *board_new(const char *model, u32 cpus, const char *options, const char *accel,
                               const u32 *words, size_t count)
{
    Board *b = xalloc(sizeof(*b));
    Error err = { 0 };

    fuzz_file((const u8 *)words, count * sizeof(*words), b->kernel);
    board_need(args_parse(&b->options, "-M", options ? options : "", NULL, NULL, &err), &err);
    board_need(args_parse(&b->accel, "-accel", accel ? accel : "", NULL, NULL, &err), &err);
    b->config = (MachineConfig){ .cpu = model, .cpus = cpus, .ram_size = BOARD_RAM,
                                 .accel = "tcg", .options = &b->options,
                                 .accel_options = &b->accel, .kernel = b->kernel,
                                 .no_shutdown = true, .has_seed = true,
                                 .slow_clock = UINT32_MAX };
    b->m = machine_new(machine_class_find("virt", &err), &b->config, &err);
    board_need(b->m && machine_start(b->m, &err), &err);
    return b;
}

// ---- the guest's MMU -----------------------------------------------------------------------
// Stage 1, 4 KiB granule, 39 bits (Arm ARM DDI 0487K.a D8.3): the first two GiB as they are, then
// 2 MiB of RAM, then pages with permissions of all kinds.

enum { BOARD_L1 = 0x40200000, BOARD_L2 = 0x40201000, BOARD_L3 = 0x40202000 };

static inline void board_poke(Board *b, Gpa at, u64 val)
{
    u8 bytes[8];

    store_le64(bytes, val);
    BUG_ON(as_rw(&b->m->as, at, bytes, sizeof(bytes), true, ATTRS_DEBUG) != MEM_OK);
}

static inline void board_set(Cpu *cpu, const char *name, u64 val)
{
    CpuReg r;
    u8 bytes[8];

    store_le64(bytes, val);
    for (u32 i = 0; cpu->cls->more_reg(cpu, i, &r); i++)
        if (str_eq(r.name, name))
            r.set(cpu, &r, bytes);
}

static inline void board_map(Board *b)
{
    enum { DEVICE = 0x401, BLOCK = 0x705, PAGE = 0x707, TABLE = 3 };

    board_poke(b, BOARD_L1, DEVICE);
    board_poke(b, BOARD_L1 + 8, BOARD_RAM_AT | BLOCK);
    board_poke(b, BOARD_L1 + 16, BOARD_L2 | TABLE);
    board_poke(b, BOARD_L2, BOARD_RAM_AT | BLOCK);
    board_poke(b, BOARD_L2 + 8, BOARD_L3 | TABLE);
    for (u64 i = 0; i < 16; i++)                    // AP in bits 7:6, DBM is bit 51, UXN 54
        board_poke(b, BOARD_L3 + 16 * i,
                   (BOARD_CODE + 4096 * i) | PAGE | (i & 3) << 6 | (i >> 2 & 1) << 54 |
                       (i & 8 ? 1ull << 51 : 0));
    for (u64 i = 16; i < 20; i++)                   // not accessed yet
        board_poke(b, BOARD_L3 + 16 * i, (BOARD_CODE + 4096 * i) | (PAGE & ~0x400u) | 3ull << 50);
    for (u32 i = 0; i < b->m->cpu_count; i++) {
        board_set(b->m->cpu[i], "MAIR_EL1", 0xff00);
        board_set(b->m->cpu[i], "TCR_EL1", 25 | 25 << 16 | BIT(23) | 2ull << 30);
        board_set(b->m->cpu[i], "TTBR0_EL1", BOARD_L1);
        board_set(b->m->cpu[i], "SCTLR_EL1", 0x30d0198d);
    }
}

// ---- again and again -----------------------------------------------------------------------

// The state from now on is the one that board_again brings back.
static inline void board_keep(Board *b) { machine_save(b->m, &b->fresh); }

static inline void board_again(Board *b)
{
    Machine *m = b->m;
    Error err = { 0 };

    if (machine_state(m) == MACHINE_RUNNING)
        machine_pause(m);
    loop_cancel(&m->loop, &m->request_work);
    atomic_store(&m->request, 0);
    atomic_store(&m->loop.stop, 0);
    atomic_store(&m->state, MACHINE_PAUSED);        // it may have been shut down
    for (u32 i = 0; i < m->cpu_count; i++)
        m->cpu[i]->stop = (CpuStop){ STOP_NONE };
    board_need(machine_load(m, b->fresh.buf.at, b->fresh.buf.len, &err), &err);
}

// What was deferred is done, and what is due; a machine that runs gets a little time.
static inline void board_turn(Board *b)
{
    loop_once(&b->m->loop, machine_state(b->m) == MACHINE_RUNNING ? BOARD_TURN_NS : 0);
}
