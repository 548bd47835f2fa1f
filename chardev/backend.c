// SPDX-License-Identifier: MIT
// Shared parts of the character back ends; see backend.h.
#include "chardev/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/log.h"

LOG_CATEGORY("chardev")

#define FLUSH_DELAY_NS 300000 // output waits this long for company
#define LAST_FLUSH_MS 1000    // on the way out

// ---- Backend -------------------------------------------------------------------------------

void backend_init(Backend *b, const char *id, const ChardevOps *ops)
{
    b->c.ops = ops;
    b->c.name = xstrdup(id);
}

void backend_fini(Backend *b)
{
    free(b->c.name);
}

void backend_start(Backend *b, Loop *loop, Input *input)
{
    if (b->started)
        return;
    b->c.loop = loop;
    b->c.input = input;
    b->started = true;
    if (b->start)
        b->start(b);
}

void backend_stop(Backend *b)
{
    if (!b->started)
        return;
    if (b->stop)
        b->stop(b);
    b->started = false;
    b->c.loop = NULL;
}

bool fd_nonblock(int fd, Error *err)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return error_errno(err, "cannot make descriptor %d non-blocking", fd);
    return true;
}

// ---- FdPort: output ------------------------------------------------------------------------

static void end(FdPort *p)
{
    if (p->told)
        return;
    p->told = true;
    if (p->gone)
        p->gone(p->opaque);
}

// The next bytes in one piece; only the consumer moves head, so they stay.
static u32 front_chunk(FdPort *p, const u8 **at, int *fd)
{
    mutex_lock(&p->lock);
    u32 n = MIN(p->count, FDPORT_QUEUE - p->head);

    *at = p->queue + p->head;
    *fd = p->broken ? -1 : p->out;
    if (!n)
        p->scheduled = false;
    mutex_unlock(&p->lock);
    return MIN(n, 4096);
}

static void consume(FdPort *p, u32 n)
{
    mutex_lock(&p->lock);
    n = MIN(n, p->count);
    p->head = (p->head + n) % FDPORT_QUEUE;
    p->count -= n;
    mutex_unlock(&p->lock);
}

static void drop_output(FdPort *p)
{
    mutex_lock(&p->lock);
    p->broken = true;
    p->count = 0;
    p->scheduled = false;
    mutex_unlock(&p->lock);
}

// A full disk is the user's to know; a peer that left is no error.
static void say_end(const FdPort *p, int why)
{
    if (why == ENOSPC || why == EDQUOT || why == EFBIG)
        log_error("%s: output is lost from here on: %s; make room and start again", p->c->name,
                  strerror(why));
    else
        log_info("%s: output ends: %s", p->c->name, strerror(why));
}

// False: it would block.
static bool write_out(FdPort *p)
{
    const u8 *at;
    int fd;
    u32 n;

    while ((n = front_chunk(p, &at, &fd))) {
        ssize_t done = fd < 0 ? (ssize_t)n : write(fd, at, n);

        if (done >= 0) {
            consume(p, (u32)done);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return false;
        } else if (errno != EINTR) {
            say_end(p, errno);
            drop_output(p);
            end(p);
            break;
        }
    }
    return true;
}

static void tell_writer(FdPort *p)
{
    mutex_lock(&p->lock);
    bool tell = p->wanted && p->count < FDPORT_QUEUE / 2;

    if (tell)
        p->wanted = false;
    mutex_unlock(&p->lock);
    if (tell)
        chardev_front_writable(p->c);
}

static void flush(void *opaque)
{
    FdPort *p = opaque;

    if (write_out(p)) {
        loop_unwatch(p->c->loop, &p->wr);
    } else if (!list_linked(&p->wr.link)) {
        Error err;

        p->wr = (LoopWatch){ .fd = p->out, .events = LOOP_WRITE, .fn = p->wr.fn, .opaque = p };
        if (!loop_watch(p->c->loop, &p->wr, &err)) {
            log_error("%s: %s", p->c->name, err.text);
            drop_output(p);
        }
    }
    tell_writer(p);
}

static void write_ready(void *opaque, u32 events)
{
    (void)events;
    flush(opaque);
}

static void schedule(FdPort *p)
{
    if (p->c->loop->clocks)
        timer_arm_in(&p->flush, FLUSH_DELAY_NS);
    else
        loop_defer(p->c->loop, &p->defer);
}

static void queue_put(FdPort *p, const u8 *buf, u32 len)
{
    u32 tail = (p->head + p->count) % FDPORT_QUEUE;
    u32 first = MIN(len, FDPORT_QUEUE - tail);

    memcpy(p->queue + tail, buf, first);
    memcpy(p->queue, buf + first, len - first);
    p->count += len;
}

size_t fdport_write(FdPort *p, const u8 *buf, size_t len)
{
    mutex_lock(&p->lock);
    u32 n = (u32)MIN(len, FDPORT_QUEUE - p->count);
    bool kick = false, swallow = p->out < 0 || p->broken;

    if (!swallow) {
        queue_put(p, buf, n);
        p->wanted |= n < len;
        kick = p->started && p->count && !p->scheduled;
        p->scheduled |= kick;
    }
    // under the lock, so that stop cannot come in between
    if (kick)
        schedule(p);
    mutex_unlock(&p->lock);
    atomic_fetch_add_explicit(&p->c->bytes_out, swallow ? len : n, memory_order_relaxed);
    return swallow ? len : n;
}

// ---- FdPort: input -------------------------------------------------------------------------

// HUP is reported to any watch: one that does not want to read must not be there.
static void rearm(void *opaque)
{
    FdPort *p = opaque;
    bool want = p->in >= 0 && !p->in_ended && chardev_front_room(p->c) > 0;
    Error err;

    if (!want)
        loop_unwatch(p->c->loop, &p->rd);
    else if (!list_linked(&p->rd.link) && !loop_watch(p->c->loop, &p->rd, &err))
        log_error("%s: %s", p->c->name, err.text);
}

static void drop_fds(FdPort *p)
{
    while (p->fd_count)
        close(p->fds[--p->fd_count]);
}

int fdport_take_fd(FdPort *p)
{
    int fd = p->fds[0];

    if (!p->fd_count)
        return -1;
    memmove(p->fds, p->fds + 1, --p->fd_count * sizeof(*p->fds));
    return fd;
}

static ssize_t read_in(FdPort *p, u8 *buf, size_t len)
{
    u32 count = INPUT_FDS;
    int fds[INPUT_FDS];
    ssize_t n;

    if (!p->passes)
        return input_read(p->c->input, p->in, buf, len);
    n = input_recv(p->c->input, p->in, buf, len, fds, &count);
    if (n >= 0 && count) {
        drop_fds(p);
        memcpy(p->fds, fds, count * sizeof(*fds));
        p->fd_count = count;
    }
    return n;
}

static void read_ready(void *opaque, u32 events)
{
    FdPort *p = opaque;
    size_t room = chardev_front_room(p->c);
    u8 buf[4096];
    ssize_t n;

    (void)events;
    if (!room) {
        loop_unwatch(p->c->loop, &p->rd);
        return;
    }
    n = read_in(p, buf, MIN(room, sizeof(buf)));
    if (n > 0) {
        chardev_front_receive(p->c, buf, (size_t)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        loop_unwatch(p->c->loop, &p->rd);
        p->in_ended = true;
        write_out(p); // who has said all may still want the answers
        end(p);
    }
}

void fdport_accept(FdPort *p)
{
    mutex_lock(&p->lock);
    if (p->started)
        loop_defer(p->c->loop, &p->accept);
    mutex_unlock(&p->lock);
}

// ---- FdPort: life --------------------------------------------------------------------------

void fdport_init(FdPort *p, Chardev *c, void (*gone)(void *opaque), void *opaque)
{
    *p = (FdPort){ .c = c, .gone = gone, .opaque = opaque, .in = -1, .out = -1 };
    mutex_init(&p->lock);
    p->queue = xalloc(FDPORT_QUEUE);
    p->rd = (LoopWatch){ .fd = -1, .events = LOOP_READ, .fn = read_ready, .opaque = p };
    p->wr = (LoopWatch){ .fd = -1, .events = LOOP_WRITE, .fn = write_ready, .opaque = p };
    p->accept = (LoopWork){ .fn = rearm, .opaque = p };
    p->defer = (LoopWork){ .fn = flush, .opaque = p };
}

void fdport_start(FdPort *p)
{
    if (p->c->loop->clocks)
        timer_init(&p->flush, p->c->loop->clocks, CLOCK_REAL, flush, p);
    mutex_lock(&p->lock);
    p->started = true;
    if (p->count) {
        p->scheduled = true;
        schedule(p);
    }
    loop_defer(p->c->loop, &p->accept);
    mutex_unlock(&p->lock);
}

void fdport_stop(FdPort *p)
{
    mutex_lock(&p->lock);
    bool was = p->started;

    p->started = p->scheduled = false;
    mutex_unlock(&p->lock);
    if (!was)
        return;
    timer_fini(&p->flush);
    loop_cancel(p->c->loop, &p->defer);
    loop_cancel(p->c->loop, &p->accept);
    loop_unwatch(p->c->loop, &p->rd);
    loop_unwatch(p->c->loop, &p->wr);
}

void fdport_open(FdPort *p, int in, int out, bool own)
{
    p->in = p->rd.fd = in;
    p->own = own;
    p->told = p->in_ended = false;
    p->duped = out >= 0 && out == in;
    mutex_lock(&p->lock);
    p->broken = false;
    // two watches need two descriptors
    p->out = p->duped ? fcntl(in, F_DUPFD_CLOEXEC, 3) : out;
    mutex_unlock(&p->lock);
    if (p->started)
        rearm(p);
}

void fdport_shut(FdPort *p)
{
    if (p->started) {
        loop_unwatch(p->c->loop, &p->rd);
        loop_unwatch(p->c->loop, &p->wr);
    }
    drop_fds(p);
    mutex_lock(&p->lock);
    int out = p->out;

    p->out = -1;
    p->count = 0;
    bool tell = p->wanted;

    p->wanted = false;
    mutex_unlock(&p->lock);
    if (p->own && p->in >= 0)
        close(p->in);
    if ((p->own || p->duped) && out >= 0 && out != p->in)
        close(out);
    p->in = p->rd.fd = -1;
    if (tell && p->started)
        chardev_front_writable(p->c);
}

void fdport_fini(FdPort *p)
{
    struct pollfd pfd = { .events = POLLOUT };

    fdport_stop(p);
    p->told = true; // nobody is to be told any more
    pfd.fd = p->out;
    while (!write_out(p) && poll(&pfd, 1, LAST_FLUSH_MS) > 0 && !(pfd.revents & POLLERR))
        ;
    fdport_shut(p);
    mutex_fini(&p->lock);
    free(p->queue);
}
