// SPDX-License-Identifier: MIT
// -gdb, -s and the monitor's gdbserver: opens where GDB connects.  Main thread: before
// machine_run or on the loop.
#pragma once

#include "chardev/set.h"
#include "gdb/gdb.h"

typedef struct GdbServer {
    Machine *m;
    ChardevSet *set;
    GdbMonitor monitor;      // for `monitor CMD`, or NULL
    void *monitor_opaque;
    Gdb *gdb;                // NULL: off
    Chardev *c;              // opened here, or
    bool borrowed;           // one of the set's
} GdbServer;

// text: tcp:[HOST]:PORT, unix:PATH, stdio, pty, chardev:ID, none, as QEMU's -gdb.  Takes the
// place of what was there, and says on stderr where it listens.  False and err: nothing is
// open then.
bool gdbserver_start(GdbServer *s, const char *text, Error *err);
// False: the command comes from the connection that it would end.
bool gdbserver_stop(GdbServer *s, Error *err);
