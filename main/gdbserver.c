// SPDX-License-Identifier: MIT
// Where GDB connects; see gdbserver.h.
#include "main/gdbserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/str.h"

#define HERE "127.0.0.1"

// "tcp:[HOST]:PORT": no host means this one alone.
static char *with_host(const char *text)
{
    if (str_starts(text, "tcp::"))
        return xasprintf("tcp:" HERE ":%s", text + 5);
    return xstrdup(text);
}

static bool is_listener(const char *text)
{
    return str_starts(text, "tcp:") || str_starts(text, "unix:");
}

static Chardev *open_text(GdbServer *s, const char *option, const char *text, Error *err)
{
    bool listens = is_listener(text);
    char *device = legacy_to_chardev("-gdb", text, false, err);
    char *name = device ? xstrndup(device, strcspn(device, ",")) : NULL;
    const ChardevClass *cls = name ? chardev_class_find(name, err) : NULL;
    // a server that does not wait, unless the text says otherwise: the last of a key wins
    char *whole = cls && listens ? xasprintf("%s,server=on,wait=off%s", name,
                                             device + strlen(name)) : xstrdup(device);
    Args args = { 0 };
    Chardev *c = NULL;

    if (cls && args_parse(&args, option, whole, "backend", NULL, err))
        c = cls->open("gdb", &args, &s->m->loop, &s->m->input, err);
    args_free(&args);
    free(whole);
    free(name);
    free(device);
    return c;
}

static void say_where(const char *text)
{
    bool here = str_starts(text, "tcp:" HERE ":") || str_starts(text, "tcp:localhost:") ||
                str_starts(text, "unix:");

    if (is_listener(text))
        fprintf(stderr, "mimic: GDB can connect to %.*s (%s)\n", (int)strcspn(text, ","), text,
                here ? "from this host only" : "from any host that reaches it: as asked for");
}

static Chardev *open_device(GdbServer *s, const char *text, Error *err)
{
    char *option, *full;
    Chardev *c;

    s->borrowed = str_starts(text, "chardev:");
    if (s->borrowed)
        return chardevs_port(s->set, text + 8, "gdb", err);
    full = with_host(text);
    option = xasprintf("-gdb %s", text);
    c = open_text(s, option, full, err);
    if (c)
        say_where(full);
    free(option);
    free(full);
    return c;
}

bool gdbserver_start(GdbServer *s, const char *text, Error *err)
{
    if (!gdbserver_stop(s, err))
        return false;
    if (str_eq(text, "none"))
        return true;
    if (!s->m->cpu_count)
        return error_set_class(err, ERROR_UNSUPPORTED, "-gdb: this machine has no CPU to look at");
    s->c = open_device(s, text, err);
    if (!s->c) // some of chardev's errors name the option already
        return err && str_starts(err->text, "-gdb ") ? false
                                                     : error_prefix(err, "-gdb %s: ", text);
    s->gdb = gdb_new(s->m, s->c, err);
    if (!s->gdb) {
        if (!s->borrowed)
            chardev_close(s->c);
        s->c = NULL;
        return error_prefix(err, "-gdb %s: ", text);
    }
    gdb_set_monitor(s->gdb, s->monitor, s->monitor_opaque);
    return true;
}

bool gdbserver_stop(GdbServer *s, Error *err)
{
    if (!s->gdb)
        return true;
    if (gdb_busy(s->gdb))
        return error_set_class(err, ERROR_INVALID, "gdbserver: this is GDB's own connection: "
                               "give the command from another monitor");
    gdb_free(s->gdb);
    if (!s->borrowed)
        chardev_close(s->c);
    s->gdb = NULL;
    s->c = NULL;
    return true;
}
