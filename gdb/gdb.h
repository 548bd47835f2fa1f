// SPDX-License-Identifier: MIT
// The debugger's stub: speaks GDB's remote serial protocol (docs/gdb.md) with the one client
// of a character device and holds the machine's reins while that client is there.
//
// Threads: all on the loop, or before it runs.
// Life.  A session begins when the device reports a peer, or with the first byte from one
// that reports none, and stops the machine.  It ends with the peer's departure: breakpoints
// go, and the machine runs on unless it was stopped already when the peer came and has not
// been resumed since.
#pragma once

#include "core/chardev.h"
#include "core/machine.h"

typedef struct Gdb Gdb;

// `monitor CMD`: appends what is to be shown.
typedef void (*GdbMonitor)(void *opaque, const char *cmd, Str *out);

// c: borrowed until gdb_free; becomes its front end.  NULL and err if c is taken.
Gdb *gdb_new(Machine *m, Chardev *c, Error *err);
// Ends the session as if the peer had left.  Not from inside a GdbMonitor: see gdb_busy.
void gdb_free(Gdb *g);
void gdb_set_monitor(Gdb *g, GdbMonitor fn, void *opaque);
bool gdb_busy(const Gdb *g);      // a command of its client is being answered now
bool gdb_connected(const Gdb *g);
