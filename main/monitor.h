// SPDX-License-Identifier: MIT
// Monitors: the commands for people (HMP) and for programs (QMP) on character devices.  A
// monitor belongs to one Chardev; there may be any number.  Everything runs on the loop thread;
// commands that look at registers pause the processors meanwhile.
#pragma once

#include "chardev/set.h"
#include "core/machine.h"
#include "util/str.h"

typedef struct Monitors Monitors;

typedef enum { MONITOR_READLINE, MONITOR_CONTROL, MONITOR_CONTROL_PRETTY } MonitorMode;

// What monitors tell of the program around the machine; borrowed while there are monitors.
typedef struct MonitorHost {
    const char *name, *uuid;                            // -name, -uuid, or NULL
    ChardevSet *chardevs;                               // or NULL
    // hands a debugger's stub its device; NULL: not built
    bool (*gdbserver)(void *opaque, const char *dev, Error *err);
    void *gdb_opaque;
} MonitorHost;

// Watches m.  One per machine, before the loop runs.
Monitors *monitors_new(Machine *m, const MonitorHost *host);
// Connects to c, which outlives the monitors.  False: this mode is not built in.
bool monitors_add(Monitors *ms, Chardev *c, MonitorMode mode, Error *err);
void monitors_free(Monitors *ms); // NULL is allowed; before the machine is freed

// "stop" and the like: one line of HMP, its answer added to out, lines ending in \n.  For the
// debugger's `monitor CMD`.  Loop thread.
void hmp_execute(Machine *m, const char *line, Str *out);
