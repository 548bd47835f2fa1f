// SPDX-License-Identifier: MIT
// Between the files of gdb/: one session's state.  Loop thread.
#pragma once

#include "gdb/gdb.h"
#include "gdb/packet.h"
#include "util/map.h"
#include "util/vec.h"

enum { // Qqemu.sstep: what a single step does beside stepping
    SSTEP_ENABLE = 1, SSTEP_NOIRQ = 2, SSTEP_NOTIMER = 4,
};

#define GDB_INPUT 4096
#define GDB_BREAKS 0x40000u // of one client

typedef struct GdbBreak {
    BreakKind kind;
    Gva addr;
    u64 len;
} GdbBreak;

typedef struct GdbThread { // one per vCPU
    u8 resume;             // what it was told: 0 stays, 'c', 's', 'r'
    Gva from, to;          // of 'r'
    CpuStop pending;       // it stopped beside the one that was reported,
    Gva pending_pc;        // here
} GdbThread;

struct Gdb {
    Machine *m;
    Chardev *c;
    ChardevFront front;
    MachineWatch watch;
    LoopWork again;         // goes on with a range step
    GdbMonitor monitor;
    void *monitor_opaque;
    VEC(CpuReg) regs;       // by GDB's number: the class's, then the system registers
    u32 general;            // how many of them `g` carries

    // ---- the session
    bool connected, busy;
    bool silent;            // the packet has no answer now: a stop answers it, or nothing (k)
    bool resumed;           // ran when the peer came, or was resumed by it
    bool waiting;           // it waits for a stop reply
    bool in_range;          // `again` is on its way
    bool over;              // the guest has ended, -no-shutdown keeps it to be looked at
    bool no_ack, multiprocess, swbreak, hwbreak;
    bool physical;          // addresses are physical
    u32 sstep;              // SSTEP_*
    u32 cpu_g, cpu_c;       // Hg, Hc
    GdbThread *thread;
    StrMap breaks;          // "kind,addr,len" -> GdbBreak
    GdbParser parser;
    u8 input[GDB_INPUT];
    u32 in_at, in_len;
    Str reply;              // payload being made
    Str last;               // the last packet as framed, for a NAK
    Str out;                // not yet taken by the device
    size_t out_at;
};

// stub.c
void gdb_send(Gdb *g);                              // g->reply, framed; cleared
static inline Cpu *gdb_cpu(Gdb *g) { return g->m->cpu[g->cpu_g]; }
void gdb_add_thread(Gdb *g, Str *out, u32 cpu);     // "p01.02"
// A thread-id; -1 all, 0 any.  False: ill-formed or another process.
bool gdb_thread_id(const char **text, i64 *cpu_plus_1);

// run.c: stopping, going on, breakpoints
void gdb_stop_reply(Gdb *g, u32 cpu, unsigned sig);
void gdb_changed(void *opaque, Machine *m, MachineRequest why);
void gdb_again(void *opaque);
void gdb_interrupt(Gdb *g);
void gdb_vcont(Gdb *g, const char *args);
void gdb_go(Gdb *g, const char *args, u8 how);      // c, s and their kin
void gdb_break(Gdb *g, const char *args, bool insert);
void gdb_forget(Gdb *g);                            // breakpoints, steps, held CPUs

// target.c: what the target is
void gdb_list_regs(Gdb *g);
void gdb_features(Gdb *g, const char *annex, Str *out);   // empty: no such annex
void gdb_threads(Gdb *g, Str *out);
void gdb_memory_map(Gdb *g, Str *out);
void gdb_cpu_text(Gdb *g, u32 cpu, Str *out);

// data.c: registers and memory
void gdb_read_all(Gdb *g);
void gdb_write_all(Gdb *g, const char *args);
void gdb_read_reg(Gdb *g, const char *args);
void gdb_write_reg(Gdb *g, const char *args);
void gdb_read_memory(Gdb *g, const char *args, bool binary);
void gdb_write_memory(Gdb *g, const char *args, const u8 *end, bool binary);
