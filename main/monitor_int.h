// SPDX-License-Identifier: MIT
// What the files of the monitor share.  Loop thread.
#pragma once

#include "core/chardev.h"
#include "main/monitor.h"
#include "util/list.h"

#define MONITOR_QUEUE (256 * KIB)   // of output; a monitor whose queue is longer is not read

typedef struct Monitor Monitor;

typedef enum { BY_GUEST, BY_HMP, BY_QMP } AskedBy;

struct Monitors {
    Machine *m;
    const MonitorHost *host;
    MachineWatch watch;
    ListNode list;                  // Monitor
    MachineRequest last;            // why it is as it is
    bool running, started;
    AskedBy reset_by, quit_by;      // who asked for what is pending
    u32 cpu;                        // of hmp_execute
};
// Of this machine; one made for the purpose, without a host, if there is none.
Monitors *monitors_of(Machine *m);
const char *monitors_status(const Monitors *ms); // QAPI's RunState
// cont, as people and programs have it; err: a reset is needed first.
bool monitors_cont(Monitors *ms, Error *err);

typedef struct MonitorClass {
    size_t (*room)(Monitor *mon);
    void (*receive)(Monitor *mon, const u8 *buf, size_t len);
    void (*opened)(Monitor *mon);
    void (*closed)(Monitor *mon);
    void (*focus)(Monitor *mon, bool in);               // optional
    // data: what the event carries, a JSON object as text, or NULL; optional
    void (*event)(Monitor *mon, const char *name, const char *data);
    void (*free)(Monitor *mon);
} MonitorClass;

struct Monitor {
    const MonitorClass *cls;
    Monitors *all;
    Chardev *c;
    ChardevFront front;
    Str out;                        // not yet taken by c
    size_t sent;                    // of out
    ListNode link;
};

void monitor_write(Monitor *mon, const char *text, size_t len);
static inline size_t monitor_queued(const Monitor *mon) { return mon->out.len - mon->sent; }

Monitor *hmp_new(void);
Monitor *qmp_new(bool pretty, Error *err); // NULL: not built in
