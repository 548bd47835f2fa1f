// SPDX-License-Identifier: MIT
// chardev stdio: the terminal, or whatever stdin and stdout are.  End of file on stdin
// ends input, nothing else.
#include "chardev/backend.h"
#include "chardev/tty.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"

typedef struct {
    Backend b;
    FdPort port;
    bool signals;
    int private_out; // descriptor that is ours, or -1
    bool set_nonblock;
} Stdio;

static _Atomic u32 in_use; // there is one stdin

static Stdio *stdio_of(Chardev *c) { return container_of(c, Stdio, b.c); }

static size_t stdio_write(Chardev *c, const u8 *buf, size_t len)
{
    return fdport_write(&stdio_of(c)->port, buf, len);
}

static void stdio_accept(Chardev *c) { fdport_accept(&stdio_of(c)->port); }

static void stdio_start(Backend *b)
{
    Stdio *s = stdio_of(&b->c);

    tty_raw(STDIN_FILENO, s->signals);
    fdport_start(&s->port);
    chardev_front_event(&s->b.c, CHARDEV_OPENED); // there is always a peer
}

static void stdio_stop(Backend *b) { fdport_stop(&stdio_of(&b->c)->port); }

static void stdio_close(Chardev *c)
{
    Stdio *s = stdio_of(c);

    backend_stop(&s->b);
    fdport_fini(&s->port);
    tty_restore();
    if (s->private_out >= 0)
        close(s->private_out);
    if (s->set_nonblock)
        fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) & ~O_NONBLOCK);
    backend_fini(&s->b);
    free(s);
    atomic_store(&in_use, 0);
}

// A slow reader must not stop the loop.  O_NONBLOCK on stdout itself would be seen by all
// who share it, so a terminal or pipe is opened anew if that is allowed.
static int open_output(Stdio *s)
{
    struct stat st;
    int fd = -1;

    if (fstat(STDOUT_FILENO, &st) < 0 || S_ISREG(st.st_mode))
        return STDOUT_FILENO;
    if (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))
        fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    s->private_out = fd;
    if (fd < 0) {
        int flags = fcntl(STDOUT_FILENO, F_GETFL);

        s->set_nonblock = flags >= 0 && !(flags & O_NONBLOCK) && fd_nonblock(STDOUT_FILENO, NULL);
    }
    return fd < 0 ? STDOUT_FILENO : fd;
}

static const ChardevOps stdio_ops = {
    .name = "stdio", .write = stdio_write, .accept_input = stdio_accept,
    .front_changed = stdio_accept, .close = stdio_close,
};

static Chardev *stdio_open(const char *id, Args *args, Loop *loop, Input *input, Error *err)
{
    bool signals;
    Stdio *s;

    if (!args_bool(args, "signal", true, &signals, err))
        return NULL;
    if (atomic_exchange(&in_use, 1)) {
        error_set_class(err, ERROR_INVALID, "chardev %s: stdio is in use already: share it with"
                        " -serial mon:stdio or -chardev stdio,mux=on,id=ID", id);
        return NULL;
    }
    s = xalloc(sizeof(*s));
    s->private_out = -1;
    backend_init(&s->b, id, &stdio_ops);
    s->b.start = stdio_start;
    s->b.stop = stdio_stop;
    s->signals = signals;
    signal(SIGPIPE, SIG_IGN);
    fdport_init(&s->port, &s->b.c, NULL, NULL);
    fdport_open(&s->port, STDIN_FILENO, open_output(s), false);
    if (loop)
        backend_start(&s->b, loop, input);
    return &s->b.c;
}

static const ArgDesc stdio_args[] = {
    { "signal", ARG_BOOL, "Ctrl-C and the like act on the emulator (on)" },
    { 0 },
};

CHARDEV(stdio, "stdio", .desc = "terminal, or standard input and output", .args = stdio_args,
        .open = stdio_open)
