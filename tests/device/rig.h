// SPDX-License-Identifier: MIT
// A device on a bench: no machine, no CPU.  Registers are accessed as a guest would, lines
// and chardev are the test's.
#pragma once

#include "core/device.h"

#define RIG_LINES 16

typedef struct Rig {
    Loop loop;
    Input input;
    Clocks clocks;
    Memory mem;
    MemoryRegion root;
    AddressSpace as;
    Device *dev;
    ChardevTest *chr;
    int line[RIG_LINES];      // level of each output
    int edges[RIG_LINES];     // rises
    u16 cpu;                  // who accesses
} Rig;

// Region i at i * 0x10000000.  machine may be NULL.  props: "key=val,..." or NULL.
void rig_open(Rig *r, const char *cls, const char *props, Machine *machine);
// The same with a medium, which stays the caller's.
void rig_open_block(Rig *r, const char *cls, const char *props, Machine *machine, Block *block);
void rig_close(Rig *r);
void rig_spin(Rig *r, int ms); // the loop

u64 rig_read(Rig *r, u64 at, unsigned size);
void rig_write(Rig *r, u64 at, u64 val, unsigned size);
static inline u32 rd(Rig *r, u64 at) { return (u32)rig_read(r, at, 4); }
static inline void wr(Rig *r, u64 at, u32 v) { rig_write(r, at, v, 4); }

// Compares registers with a text file of "OFFSET VALUE" lines (hex; "# note" lines; a line
// "@BASE" moves; "OFFSET+COUNT VALUE" repeats, +COUNT*STEP in steps other than 4): values of
// the data sheet or the peer, not of the table under test.
void rig_check(Rig *r, const char *path);
// The same for values that registers have after ones were written to each, alone: the device
// is reset before.
void rig_check_ones(Rig *r, const char *path);
// The state of the device: saved, everything poisoned, loaded; the bytes declared as
// state are the same again.  Fails on bytes of the instance that are declared nowhere.
void rig_check_state(Rig *r);
