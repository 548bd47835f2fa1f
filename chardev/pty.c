// SPDX-License-Identifier: MIT
// chardev pty: a pseudo-terminal; its name is printed on stderr.
// While nobody has the other end open the kernel reports a hang-up, so a timer looks
// whether somebody has come; output meanwhile is swallowed.
#include "chardev/backend.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "util/alloc.h"

#define LOOK_NS (NS_PER_SECOND / 5)

typedef struct {
    Backend b;
    FdPort port;
    Timer look;
    int master;
} Pty;

static Pty *pty_of(Chardev *c) { return container_of(c, Pty, b.c); }

static size_t pty_write(Chardev *c, const u8 *buf, size_t len)
{
    return fdport_write(&pty_of(c)->port, buf, len);
}

static void pty_accept(Chardev *c) { fdport_accept(&pty_of(c)->port); }

static void look(void *opaque)
{
    Pty *s = opaque;
    struct pollfd p = { .fd = s->master };

    if (poll(&p, 1, 0) == 1 && p.revents & POLLHUP) {
        timer_arm_in(&s->look, LOOK_NS);
        return;
    }
    fdport_open(&s->port, s->master, s->master, false);
    chardev_front_event(&s->b.c, CHARDEV_OPENED);
}

static void gone(void *opaque)
{
    Pty *s = opaque;

    fdport_shut(&s->port);
    chardev_front_event(&s->b.c, CHARDEV_CLOSED);
    timer_arm_in(&s->look, LOOK_NS);
}

static void pty_start(Backend *b)
{
    Pty *s = pty_of(&b->c);

    fdport_start(&s->port);
    timer_init(&s->look, b->c.loop->clocks, CLOCK_REAL, look, s);
    timer_arm_in(&s->look, 0);
}

static void pty_stop(Backend *b)
{
    Pty *s = pty_of(&b->c);

    timer_fini(&s->look);
    fdport_stop(&s->port);
}

static void pty_close(Chardev *c)
{
    Pty *s = pty_of(c);

    backend_stop(&s->b);
    fdport_fini(&s->port);
    close(s->master);
    backend_fini(&s->b);
    free(s);
}

static const ChardevOps pty_ops = {
    .name = "pty", .write = pty_write, .accept_input = pty_accept, .front_changed = pty_accept,
    .close = pty_close,
};

// Raw, so that nothing is echoed back at us; opened and closed once, so that from now on
// a hang-up means nobody is there.
static bool prepare(const char *name, Error *err)
{
    struct termios t;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return error_errno(err, "cannot open %s", name);
    if (tcgetattr(fd, &t) == 0) {
        cfmakeraw(&t);
        tcsetattr(fd, TCSANOW, &t);
    }
    close(fd);
    return true;
}

static Chardev *pty_open(const char *id, Args *args, Loop *loop, Input *input, Error *err)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    char name[64];
    Pty *s;

    (void)args;
    if (fd < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0 || ptsname_r(fd, name, sizeof(name))) {
        error_errno(err, "chardev %s: no pseudo-terminal to be had", id);
        goto fail;
    }
    if (!prepare(name, err) || !fd_nonblock(fd, err))
        goto fail;
    s = xalloc(sizeof(*s));
    backend_init(&s->b, id, &pty_ops);
    s->b.start = pty_start;
    s->b.stop = pty_stop;
    s->master = fd;
    fdport_init(&s->port, &s->b.c, gone, s);
    fprintf(stderr, "char device redirected to %s (label %s)\n", name, id);
    if (loop)
        backend_start(&s->b, loop, input);
    return &s->b.c;
fail:
    if (fd >= 0)
        close(fd);
    return NULL;
}

static const ArgDesc pty_args[] = { { 0 } };

CHARDEV(pty, "pty", .desc = "a new pseudo-terminal", .args = pty_args, .open = pty_open)
