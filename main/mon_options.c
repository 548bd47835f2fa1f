// SPDX-License-Identifier: MIT
// Options of monitors; see mon_options.h.  As QEMU has it, "mon:" before a serial port's device
// puts a monitor behind it (Ctrl-A c), and -nographic does so unless there is a -monitor.
#include "main/mon_options.h"

#include <stdio.h>

bool mon_takes_stdio(const Options *o)
{
    vec_foreach (c, &o->monitors)
        if (str_eq(c->val, "stdio"))
            return true;
    return false;
}

static bool add_port(MonPorts *out, Chardev *c, MonitorMode mode)
{
    vec_push(out, (MonPort){ c, mode });
    return true;
}

const ArgDesc mon_keys[] = {
    { "chardev", ARG_STRING, "" }, { "mode", ARG_STRING, "" }, { "pretty", ARG_BOOL, "" },
    { NULL, ARG_STRING, NULL },
};

static bool open_mon(const char *val, ChardevSet *set, MonPorts *out, Error *err)
{
    const char *id, *mode;
    bool control, ok, pretty = false;
    Chardev *c = NULL;
    Args a;

    if (!args_parse(&a, "-mon", val, "chardev", mon_keys, err))
        return false;
    id = args_str(&a, "chardev", NULL);
    mode = args_str(&a, "mode", "readline");
    control = str_eq(mode, "control");
    ok = args_bool(&a, "pretty", false, &pretty, err);
    if (ok && !control && !str_eq(mode, "readline"))
        ok = error_set_class(err, ERROR_INVALID, "-mon mode=%s: use readline or control", mode);
    else if (ok && !id)
        ok = error_set_class(err, ERROR_INVALID, "-mon: name a -chardev with chardev=ID");
    else if (ok && !(c = chardevs_port(set, id, "monitor", err)))
        ok = error_prefix(err, "-mon chardev=%s: ", id);
    args_free(&a);
    return ok && add_port(out, c, !control ? MONITOR_READLINE
                                  : pretty ? MONITOR_CONTROL_PRETTY : MONITOR_CONTROL);
}

static bool open_choice(const MonitorChoice *m, size_t i, ChardevSet *set, MonPorts *out,
                        Error *err)
{
    MonitorMode mode = str_eq(m->option, "-qmp")          ? MONITOR_CONTROL
                       : str_eq(m->option, "-qmp-pretty") ? MONITOR_CONTROL_PRETTY
                                                          : MONITOR_READLINE;
    char label[40];
    Chardev *c;

    if (str_eq(m->option, "-mon"))
        return open_mon(m->val, set, out, err);
    snprintf(label, sizeof(label), "compat_monitor%zu", i);
    if (!chardevs_legacy(set, m->option, m->val, label, &c, err))
        return false;
    return !c || add_port(out, c, mode);
}

// -monitor, or -mon in the mode for people.
static bool has_own(const Options *o)
{
    vec_foreach (c, &o->monitors)
        if (str_eq(c->option, "-monitor") || (str_eq(c->option, "-mon") &&
                                              !strstr(c->val, "mode=control")))
            return true;
    return false;
}

bool mon_open(const Options *o, ChardevSet *set, MonPorts *out, Error *err)
{
    bool wanted = !has_own(o);

    for (size_t i = 0; i < o->serials.len && wanted; i++) {
        char label[40];
        Chardev *c;

        if (!str_starts(o->serials.at[i], "mon:"))
            continue;
        snprintf(label, sizeof(label), "serial%zu", i);
        c = chardevs_port(set, label, "monitor", err);
        if (!c)
            return false;
        add_port(out, c, MONITOR_READLINE);
        wanted = false;
    }
    for (size_t i = 0; i < o->monitors.len; i++)
        if (!open_choice(&o->monitors.at[i], i, set, out, err))
            return false;
    return true;
}

Monitors *mon_connect(Machine *m, const MonitorHost *host, const MonPorts *ports, Error *err)
{
    Monitors *ms = monitors_new(m, host);

    vec_foreach (p, ports)
        if (!monitors_add(ms, p->c, p->mode, err)) {
            monitors_free(ms);
            return NULL;
        }
    return ms;
}
