// SPDX-License-Identifier: MIT
// Pairs of ports with a bounded queue in front of each receiver.
#include "core/net.h"

#include <string.h>

#include "util/alloc.h"
#include "util/log.h"

typedef struct Frame {
    ListNode link;
    size_t len;
    u8 data[];
} Frame;

static void null_receive(void *opaque, const u8 *frame, size_t len)
{
    (void)opaque;
    (void)frame;
    (void)len;
}

const NetPortOps net_null_ops = { .receive = null_receive };

static Frame *take(NetPort *p)
{
    mutex_lock(&p->lock);
    ListNode *n = list_pop_front(&p->queue);

    p->queued -= n != NULL;
    mutex_unlock(&p->lock);
    return n ? container_of(n, Frame, link) : NULL;
}

// On the loop: as many frames as the owner takes.
static void deliver(void *opaque)
{
    NetPort *p = opaque;

    while (!p->ops->can_receive || p->ops->can_receive(p->opaque)) {
        Frame *f = take(p);

        if (!f)
            return;
        atomic_fetch_add_explicit(&p->frames_in, 1, memory_order_relaxed);
        p->ops->receive(p->opaque, f->data, f->len);
        free(f);
    }
}

void net_port_init(NetPort *p, const char *name, const NetPortOps *ops, void *opaque, Loop *loop)
{
    *p = (NetPort){ .ops = ops, .opaque = opaque, .name = name, .loop = loop, .up = true };
    p->work = (LoopWork){ .fn = deliver, .opaque = p };
    mutex_init(&p->lock);
    list_init(&p->queue);
}

static void drop_queue(NetPort *p)
{
    for (Frame *f; (f = take(p));)
        free(f);
}

// Both ends change together; locks in the order of addresses.
static void set_peers(NetPort *a, NetPort *b, bool join)
{
    NetPort *lo = a < b ? a : b, *hi = a < b ? b : a;

    mutex_lock(&lo->lock);
    mutex_lock(&hi->lock);
    a->peer = join ? b : NULL;
    b->peer = join ? a : NULL;
    mutex_unlock(&hi->lock);
    mutex_unlock(&lo->lock);
}

void net_attach(NetPort *a, NetPort *b)
{
    if (!b)
        return;
    BUG_ON(a->peer || b->peer);
    set_peers(a, b, true);
}

void net_detach(NetPort *p)
{
    if (p->peer)
        set_peers(p, p->peer, false);
    loop_cancel(p->loop, &p->work);
    drop_queue(p);
}

void net_port_fini(NetPort *p)
{
    net_detach(p);
    mutex_fini(&p->lock);
}

static Frame *gather(const struct iovec *iov, int count)
{
    size_t len = 0;

    for (int i = 0; i < count; i++)
        len += iov[i].iov_len;
    if (!len || len > NET_FRAME_MAX)
        return NULL;
    Frame *f = xalloc(sizeof(*f) + len);

    f->len = len;
    u8 *at = f->data;
    for (int i = 0; i < count; at += iov[i++].iov_len)
        memcpy(at, iov[i].iov_base, iov[i].iov_len);
    return f;
}

static bool queue_frame(NetPort *peer, Frame *f)
{
    mutex_lock(&peer->lock);
    bool ok = peer->queued < NET_QUEUE_MAX;

    if (ok) {
        list_push_back(&peer->queue, &f->link);
        peer->queued++;
    }
    mutex_unlock(&peer->lock);
    return ok;
}

bool net_send(NetPort *p, const struct iovec *iov, int count)
{
    Frame *f = gather(iov, count);

    // The peer is not locked under p (set_peers orders by address); it stays because no
    // port is finished while its peer has a sender.
    mutex_lock(&p->lock);
    NetPort *peer = p->up ? p->peer : NULL;
    mutex_unlock(&p->lock);
    if (f && peer && queue_frame(peer, f)) {
        atomic_fetch_add_explicit(&p->frames_out, 1, memory_order_relaxed);
        loop_defer(peer->loop, &peer->work);
        return true;
    }
    atomic_fetch_add_explicit(&p->dropped, 1, memory_order_relaxed);
    free(f);
    return false;
}

void net_resume(NetPort *p)
{
    loop_defer(p->loop, &p->work);
}

void net_link(NetPort *p, bool up)
{
    mutex_lock(&p->lock);
    bool changed = p->up != up;
    NetPort *peer = p->peer;

    p->up = up;
    mutex_unlock(&p->lock);
    if (changed && peer && peer->ops->link)
        peer->ops->link(peer->opaque, up);
}
