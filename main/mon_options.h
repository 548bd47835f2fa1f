// SPDX-License-Identifier: MIT
// From -monitor, -qmp, -mon and the defaults to monitors.  Main thread.
#pragma once

#include "main/monitor.h"
#include "main/options.h"

typedef struct MonPort {
    Chardev *c;
    MonitorMode mode;
} MonPort;
typedef VEC(MonPort) MonPorts;

bool mon_takes_stdio(const Options *o);  // the default console then has no terminal
// After the serial ports: opens what they connect to.
bool mon_open(const Options *o, ChardevSet *set, MonPorts *out, Error *err);
// The monitors of m; NULL and err if one of them is not built in.
Monitors *mon_connect(Machine *m, const MonitorHost *host, const MonPorts *ports, Error *err);
