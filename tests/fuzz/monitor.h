// SPDX-License-Identifier: MIT
// What the targets of the monitors share: a client on a small board, and a cage.
//
// The cage.  Monitors write the files they are told to.  Here everything that the program opens
// for writing is refused but /dev/null and /dev/full; sockets, too.  All that it opens is
// close-on-exec, so the fuzzer's own files (corpus, findings, profile) are told by not being so.
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "main/monitor.h"
#include "tests/fuzz/board.h"

#define MONITOR_STEPS 64

// ---- the cage ------------------------------------------------------------------------------

static inline bool cage_allows(const char *path)
{
    bool ok = str_eq(path, "/dev/null") || str_eq(path, "/dev/full");

    if (!ok)
        errno = EACCES;
    return ok;
}

// These take the place of the C library's for the whole program.
int open(const char *path, int flags, ...)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;

    va_end(ap);
    if (flags & O_CLOEXEC && writes && !cage_allows(path))
        return -1;
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    static FILE *(*real)(const char *path, const char *mode);

    if (strchr(mode, 'e') && strpbrk(mode, "wa+") && !cage_allows(path))
        return NULL;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    return real(path, mode);
}

int socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    errno = EACCES;
    return -1;
}

// ---- the board -----------------------------------------------------------------------------

// To be kept.
static inline Board *monitor_board(void)
{
    static const u32 program[] = {
        0xd29082a0, // mov x0, #0x8415: so that there is something in registers
        0x10000001, // adr x1, .
        0x91000400, // 1: add x0, x0, #1
        0xf9000020, //    str x0, [x1]
        0x17fffffe, //    b 1b
    };
    Board *b = board_new("cortex-a72", 2, NULL, NULL, program, ARRAY_LEN(program));
    Error err = { 0 };

    board_need(log_open("/dev/null", &err), &err);
    return b;
}

static inline bool monitor_no_gdb(void *opaque, const char *dev, Error *err)
{
    (void)opaque;
    return str_eq(dev, "none") || error_set(err, "-gdb %s: not here", dev);
}

// ---- the client ----------------------------------------------------------------------------

typedef struct Client {
    Board *b;
    Monitors *all;
    MonitorHost host;
    ChardevTest *t;
    Chardev *c;
} Client;

static inline void client_begin(Client *s, Board *b, ChardevSet *set, MonitorMode mode, bool runs)
{
    Error err = { 0 };

    board_again(b);
    *s = (Client){ .b = b, .t = chardev_test_new(&b->m->loop, &b->m->input),
                   .host = { "fuzz", NULL, set, monitor_no_gdb, NULL } };
    s->c = chardev_test_dev(s->t);
    s->c->name = "test";
    s->all = monitors_new(b->m, &s->host);
    board_need(monitors_add(s->all, s->c, mode, &err), &err);
    if (runs)
        machine_resume(b->m);
    chardev_front_event(s->c, CHARDEV_OPENED);
}

static inline void client_again(Client *s)
{
    chardev_front_event(s->c, CHARDEV_CLOSED);
    chardev_front_event(s->c, CHARDEV_OPENED);
}

// The peer takes `room` bytes and then, once it was fed, all.
static inline void client_feed(Client *s, const char *bytes, size_t len, size_t room)
{
    chardev_test_limit(s->t, room);
    chardev_test_feed(s->t, bytes, len);
    board_turn(s->b);
    chardev_test_limit(s->t, SIZE_MAX);
    chardev_front_writable(s->c);
}

// A line that was sent, by its first byte: ~ some time, . the peer goes and another comes, < a
// peer that reads little; anything else is read by the monitor, with the end of the line, or
// without if that is 0.
static inline void client_step(Client *s, char *line, char end)
{
    size_t len = strlen(line), from = *line == '<';

    if (str_eq(line, "~")) {
        board_turn(s->b);
    } else if (str_eq(line, ".")) {
        client_again(s);
    } else {
        if (end)
            line[len++] = end;                      // over the NUL
        client_feed(s, line + from, len - from, from ? 1 : SIZE_MAX);
    }
}

// A line a step, for some steps; the last one comes without its end.
static inline void client_session(Client *s, char *rest, char end,
                                  void (*step)(Client *s, char *line, char end))
{
    for (int i = 0; rest && i < MONITOR_STEPS; i++) {
        char *line = strsep(&rest, "\n");

        step(s, line, rest ? end : 0);
    }
}

static inline void client_end(Client *s)
{
    monitors_free(s->all);
    chardev_close(s->c);
    atomic_store(&log_flags, 0);
}
