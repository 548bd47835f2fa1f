// SPDX-License-Identifier: MIT
// The commands for people: a table row per command, arguments by a one-letter specification.
// Loop thread.
#pragma once

#include "main/monitor_int.h"
#include "util/error.h"

#define HMP_ARGS 4

typedef struct HmpFormat { u32 count; char form, size; } HmpFormat; // x/COUNT FORM SIZE

typedef struct Hmp {
    Monitors *all;
    Machine *m;
    u32 *cpu;                       // the monitor's choice ("cpu N")
    Str *out;
    Error *err;
    // arguments, by position
    u64 num[HMP_ARGS];
    char *word[HMP_ARGS];           // NULL: not given
    bool has[HMP_ARGS];
    HmpFormat fmt;
    bool flag;                      // its -x was given
    const char *rest;               // behind "info"
} Hmp;

// Letters of args: e expression, w word, t the rest of the line; in capitals: may be left out.
// f: /FORMAT; -x: a flag.
typedef struct HmpCommand {
    const char *name, *alias;
    const char *args, *usage, *help;
    void (*run)(Hmp *h);            // an error goes to h->err: error_set
    u8 flags;
} HmpCommand;
enum {
    HMP_PAUSE = 1,                  // with the processors paused
    HMP_CPU = 2,                    // not without one
};

typedef struct HmpTable {
    const HmpCommand *row;
    size_t count;
} HmpTable;

extern const HmpTable hmp_commands, hmp_info;

static inline Cpu *hmp_cpu(Hmp *h) { return h->m->cpu[*h->cpu]; }
bool hmp_register(Cpu *cpu, const char *name, u64 *val); // general and named ones; paused

// hmp_info.c, hmp_mem.c: the rows' functions.
void hmp_info_registers(Hmp *h);
void hmp_info_mem(Hmp *h);
void hmp_info_tlb(Hmp *h);
void hmp_info_memdev(Hmp *h);
void hmp_info_mtree(Hmp *h);
void hmp_info_qtree(Hmp *h);
void hmp_info_irq(Hmp *h);
void hmp_info_chardev(Hmp *h);
void hmp_info_cpus(Hmp *h);
void hmp_info_status(Hmp *h);
void hmp_info_version(Hmp *h);
void hmp_info_jit(Hmp *h);
void hmp_info_roms(Hmp *h);
void hmp_info_name(Hmp *h);
void hmp_info_block(Hmp *h);
void hmp_info_network(Hmp *h);
void hmp_x(Hmp *h);
void hmp_xp(Hmp *h);
void hmp_print(Hmp *h);
void hmp_sum(Hmp *h);
void hmp_gva2gpa(Hmp *h);
void hmp_memsave(Hmp *h);
void hmp_pmemsave(Hmp *h);

int cpu_thread_number(Cpu *cpu);    // the host's number of its thread
bool memory_save(Cpu *cpu, bool physical, u64 addr, u64 size, const char *path, Error *err);
