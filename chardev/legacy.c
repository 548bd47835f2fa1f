// SPDX-License-Identifier: MIT
// The short forms that -serial, -monitor and -parallel take, written as -chardev options:
//
//     stdio              stdio              null               null
//     pty                pty                file:PATH          file,path=PATH
//     tcp:HOST:PORT[,K]  socket,host=HOST,port=PORT[,K]
//     unix:PATH[,K]      socket,path=PATH[,K]
//     /dev/X             file,path=/dev/X,input-path=/dev/X,append=on
//
// K: server, wait/nowait, nodelay, reconnect=N as key or key=on|off.  chardev:ID and none
// and the prefix mon: (mux=on; a terminal's Ctrl-C then goes to the guest) are the
// caller's.  Commas in a PATH of file: are part of it.
#include "chardev/set.h"
#include "util/nearest.h"
#include "util/str.h"

#include <stdlib.h>
#include <string.h>

// A value of an option string: commas are doubled.
static void add_value(Str *s, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        str_addc(s, text[i]);
        if (text[i] == ',')
            str_addc(s, ',');
    }
}

// "HOST:PORT,rest" or "[V6]:PORT,rest"
static bool add_tcp(Str *s, const char *option, const char *text, Error *err)
{
    const char *end = strchr(text, ','), *colon;

    end = end ? end : text + strlen(text);
    colon = memrchr(text, ':', (size_t)(end - text));
    if (!colon || colon + 1 == end)
        return error_set_class(err, ERROR_INVALID,
                               "%s tcp:%s: write tcp:HOST:PORT[,server][,nowait]", option, text);
    str_add(s, "socket,host=");
    if (*text == '[' && colon > text + 1 && colon[-1] == ']')
        add_value(s, text + 1, (size_t)(colon - text) - 2);
    else
        add_value(s, text, (size_t)(colon - text));
    str_add(s, ",port=");
    str_addn(s, colon + 1, (size_t)(end - colon - 1));
    str_add(s, end);
    return true;
}

static bool unknown(const char *option, const char *text, Error *err)
{
    static const char *const forms[] = {
        "stdio", "null", "none", "pty", "file:", "tcp:", "unix:", "chardev:", "mon:stdio",
    };
    Nearest near;

    nearest_init(&near, text);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        nearest_try(&near, forms[i]);
    error_set_class(err, ERROR_INVALID, "%s %s: unknown: give stdio, mon:stdio, null, none, pty,"
                    " file:PATH, tcp:HOST:PORT, unix:PATH or chardev:ID", option, text);
    if (near.name)
        error_hint(err, "; did you mean '%s'?", near.name);
    return false;
}

static bool translate(Str *s, const char *option, const char *text, bool mux, Error *err)
{
    if (str_eq(text, "stdio")) {
        str_add(s, mux ? "stdio,signal=off" : "stdio");
    } else if (str_eq(text, "null") || str_eq(text, "pty")) {
        str_add(s, text);
    } else if (str_starts(text, "file:")) {
        str_add(s, "file,path=");
        add_value(s, text + 5, strlen(text + 5));
    } else if (str_starts(text, "/dev/")) {
        str_add(s, "file,append=on,path=");
        add_value(s, text, strlen(text));
        str_add(s, ",input-path=");
        add_value(s, text, strlen(text));
    } else if (str_starts(text, "unix:")) {
        str_add(s, "socket,path=");
        str_add(s, text + 5);
    } else if (str_starts(text, "tcp:")) {
        if (!add_tcp(s, option, text + 4, err))
            return false;
    } else {
        return unknown(option, text, err);
    }
    if (mux)
        str_add(s, ",mux=on");
    return true;
}

char *legacy_to_chardev(const char *option, const char *text, bool mux, Error *err)
{
    Str s = { 0 };

    if (translate(&s, option, text, mux, err))
        return str_take(&s);
    str_free(&s);
    return NULL;
}
