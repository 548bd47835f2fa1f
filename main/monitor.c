// SPDX-License-Identifier: MIT
// Sessions on character devices, and what all of them hear of the machine; see monitor.h.
#include "main/monitor_int.h"

#include <stdlib.h>

#include "util/alloc.h"
#include "util/vec.h"

// One entry per machine that has monitors.
static VEC(Monitors *) registry;

// ---- output --------------------------------------------------------------------------------

static void push(Monitor *mon)
{
    mon->sent += chardev_write(mon->c, mon->out.s + mon->sent, monitor_queued(mon));
    if (mon->sent < mon->out.len)
        return;
    str_clear(&mon->out);
    mon->sent = 0;
}

static void flush(void *opaque)
{
    Monitor *mon = opaque;
    bool full = monitor_queued(mon) >= MONITOR_QUEUE;

    if (monitor_queued(mon))
        push(mon);
    if (full && monitor_queued(mon) < MONITOR_QUEUE)
        chardev_accept_input(mon->c);
}

void monitor_write(Monitor *mon, const char *text, size_t len)
{
    str_addn(&mon->out, text, len);
    if (monitor_queued(mon) == len)
        push(mon);
}

// ---- the front end -------------------------------------------------------------------------

static size_t can_receive(void *opaque)
{
    Monitor *mon = opaque;

    return monitor_queued(mon) < MONITOR_QUEUE ? mon->cls->room(mon) : 0;
}

static void receive(void *opaque, const u8 *buf, size_t len)
{
    Monitor *mon = opaque;

    mon->cls->receive(mon, buf, len);
}

static void event(void *opaque, ChardevEvent ev)
{
    Monitor *mon = opaque;

    if (ev == CHARDEV_OPENED || ev == CHARDEV_CLOSED) {
        str_free(&mon->out);
        mon->sent = 0;
    }
    if (ev == CHARDEV_OPENED)
        mon->cls->opened(mon);
    else if (ev == CHARDEV_CLOSED)
        mon->cls->closed(mon);
    else if (mon->cls->focus && (ev == CHARDEV_MUX_IN || ev == CHARDEV_MUX_OUT))
        mon->cls->focus(mon, ev == CHARDEV_MUX_IN);
}

// ---- the machine ---------------------------------------------------------------------------

static void tell(Monitors *ms, const char *name, const char *data)
{
    list_foreach (mon, &ms->list, Monitor, link)
        if (mon->cls->event)
            mon->cls->event(mon, name, data);
}

static void tell_because(Monitors *ms, const char *event, bool guest, const char *reason)
{
    char data[80];

    snprintf(data, sizeof(data), "{\"guest\": %s, \"reason\": \"%s\"}", guest ? "true" : "false",
             reason);
    tell(ms, event, data);
}

static const char *const reset_reasons[] = { "guest-reset", "host-ui", "host-qmp-system-reset" };

static void tell_reset(Monitors *ms, const char *event)
{
    tell_because(ms, event, ms->reset_by == BY_GUEST, reset_reasons[ms->reset_by]);
    ms->reset_by = BY_GUEST;
}

static void tell_shutdown(Monitors *ms, MachineRequest why)
{
    static const char *const quits[] = { "host-signal", "host-ui", "host-qmp-quit" };

    if (why == REQUEST_QUIT)
        tell_because(ms, "SHUTDOWN", false, quits[ms->quit_by]);
    else if (why == REQUEST_POWEROFF && ms->m->reset_ends)
        tell_reset(ms, "SHUTDOWN");
    else
        tell_because(ms, "SHUTDOWN", true, why == REQUEST_PANIC ? "guest-panic" : "guest-shutdown");
}

static void changed(void *opaque, Machine *m, MachineRequest why)
{
    Monitors *ms = opaque;
    bool was = ms->running;

    ms->running = machine_state(m) == MACHINE_RUNNING;
    ms->started |= ms->running;
    if (why == REQUEST_PANIC)
        tell(ms, "GUEST_PANICKED", m->config->no_shutdown ? "{\"action\": \"pause\"}"
                                                          : "{\"action\": \"poweroff\"}");
    if (why == REQUEST_PANIC || why == REQUEST_POWEROFF || why == REQUEST_QUIT)
        tell_shutdown(ms, why);
    if (why == REQUEST_POWERDOWN)
        tell(ms, "POWERDOWN", NULL);
    if (why == REQUEST_RESET)
        tell_reset(ms, "RESET");
    if (was != ms->running && machine_state(m) != MACHINE_SHUTDOWN) // that is the end: no STOP
        tell(ms, was ? "STOP" : "RESUME", NULL);
    // a button changes nothing; a reset heals what had ended
    if (why == REQUEST_RESET)
        ms->last = REQUEST_PAUSE;
    else if (why != REQUEST_POWERDOWN && !(why == REQUEST_PAUSE && !was && ms->started))
        ms->last = why;
}

static bool by_debugger(const Machine *m)
{
    for (u32 i = 0; i < m->cpu_count; i++)
        if (m->cpu[i]->stop.why != STOP_NONE)
            return true;
    return false;
}

const char *monitors_status(const Monitors *ms)
{
    if (machine_state(ms->m) == MACHINE_RUNNING)
        return "running";
    if (ms->last == REQUEST_POWEROFF)
        return "shutdown";
    if (ms->last == REQUEST_PANIC)
        return "guest-panicked";
    if (!ms->started)
        return "prelaunch";
    return by_debugger(ms->m) ? "debug" : "paused";
}

bool monitors_cont(Monitors *ms, Error *err)
{
    if (machine_state(ms->m) != MACHINE_RUNNING &&
        (ms->last == REQUEST_POWEROFF || ms->last == REQUEST_PANIC))
        return error_set(err, "Resetting the Virtual Machine is required");
    machine_resume(ms->m);
    return true;
}

// ---- life ----------------------------------------------------------------------------------

Monitors *monitors_new(Machine *m, const MonitorHost *host)
{
    Monitors *ms = xalloc(sizeof(*ms));

    ms->m = m;
    ms->host = host;
    ms->running = ms->started = machine_state(m) == MACHINE_RUNNING;
    ms->watch = (MachineWatch){ .changed = changed, .opaque = ms };
    list_init(&ms->list);
    machine_watch(m, &ms->watch);
    vec_push(&registry, ms);
    return ms;
}

Monitors *monitors_of(Machine *m)
{
    static const MonitorHost nobody;

    vec_foreach (it, &registry)
        if ((*it)->m == m)
            return *it;
    return monitors_new(m, &nobody);
}

bool monitors_add(Monitors *ms, Chardev *c, MonitorMode mode, Error *err)
{
    Monitor *mon = mode == MONITOR_READLINE ? hmp_new()
                                            : qmp_new(mode == MONITOR_CONTROL_PRETTY, err);

    if (!mon)
        return false;
    mon->all = ms;
    mon->c = c;
    mon->front = (ChardevFront){ .opaque = mon, .can_receive = can_receive, .receive = receive,
                                 .event = event, .writable = flush };
    list_push_back(&ms->list, &mon->link);
    chardev_connect(c, &mon->front);
    return true;
}

static void monitor_free(Monitor *mon)
{
    list_remove(&mon->link);
    chardev_connect(mon->c, NULL);
    str_free(&mon->out);
    mon->cls->free(mon);
}

void monitors_free(Monitors *ms)
{
    if (!ms)
        return;
    while (!list_empty(&ms->list))
        monitor_free(container_of(ms->list.next, Monitor, link));
    machine_unwatch(ms->m, &ms->watch);
    for (size_t i = 0; i < registry.len; i++)
        if (registry.at[i] == ms) {
            vec_remove(&registry, i);
            break;
        }
    if (!registry.len)
        vec_free(&registry);
    free(ms);
}
