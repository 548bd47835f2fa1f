// SPDX-License-Identifier: MIT
// What all block back ends share: checks, the null medium, the RAM disk.
#include "core/block.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bits.h"

static void complete(void *opaque)
{
    BlockReq *req = opaque;

    req->done(req, req->result);
}

static void finish(Block *b, BlockReq *req, int error)
{
    req->result = error;
    req->work = (LoopWork){ .fn = complete, .opaque = req };
    loop_defer(b->loop, &req->work);
}

static u64 iov_length(const BlockReq *req)
{
    u64 n = 0;

    for (int i = 0; i < req->iov_count; i++)
        n += req->iov[i].iov_len;
    return n;
}

static int check(const Block *b, const BlockReq *req)
{
    bool data = req->op == BLOCK_READ || req->op == BLOCK_WRITE;

    if (!b->present)
        return ENOMEDIUM;
    if (req->op == BLOCK_FLUSH)
        return 0;
    if (b->readonly && req->op != BLOCK_READ)
        return EROFS;
    if ((req->offset | req->len) & (b->block_size - 1) || req->offset > b->size ||
        req->len > b->size - req->offset || (data && iov_length(req) != req->len))
        return EINVAL;
    return 0;
}

void block_submit(Block *b, BlockReq *req)
{
    int error = check(b, req);

    if (error)
        finish(b, req, error);
    else
        b->ops->submit(b, req);
}

typedef struct {
    BlockReq req;
    bool done;
    int error;
} Wait;

static void wake(BlockReq *req, int error)
{
    Wait *w = container_of(req, Wait, req);

    w->done = true;
    w->error = error;
}

bool block_read_now(Block *b, u64 offset, void *buf, u64 len, Error *err)
{
    struct iovec iov = { buf, (size_t)len };
    Wait w = { .req = { .op = BLOCK_READ, .offset = offset, .len = len, .iov = &iov,
                        .iov_count = 1, .done = wake } };

    block_submit(b, &w.req);
    while (!w.done) { // drained is queued on the loop; nobody need wake it
        block_drain(b);
        loop_once(b->loop, 0);
    }
    return !w.error || error_set_class(err, ERROR_HOST, "cannot read %s: %s", b->name,
                                       strerror(w.error));
}

// ---- nothing in the drive --------------------------------------------------------------

static void null_submit(Block *b, BlockReq *req)
{
    finish(b, req, ENOMEDIUM);
}

static void null_drain(Block *b)
{
    (void)b; // nothing is ever in flight beyond the loop's queue
}

static void null_close(Block *b)
{
    free(b);
}

static const BlockOps null_ops = { .name = "null", .submit = null_submit, .drain = null_drain,
                                   .close = null_close };

Block *block_null_new(Loop *loop)
{
    Block *b = xalloc(sizeof(*b));

    *b = (Block){ .ops = &null_ops, .loop = loop, .block_size = 512 };
    return b;
}

// ---- RAM disk ----------------------------------------------------------------------------

typedef struct {
    Block block;
    Mutex lock;
    u8 *data;
} RamDisk;

static void copy_iov(RamDisk *d, BlockReq *req)
{
    u8 *at = d->data + req->offset;

    for (int i = 0; i < req->iov_count; at += req->iov[i++].iov_len) {
        if (req->op == BLOCK_READ)
            memcpy(req->iov[i].iov_base, at, req->iov[i].iov_len);
        else
            memcpy(at, req->iov[i].iov_base, req->iov[i].iov_len);
    }
}

static void ram_submit(Block *b, BlockReq *req)
{
    RamDisk *d = container_of(b, RamDisk, block);

    mutex_lock(&d->lock);
    if (req->op == BLOCK_READ || req->op == BLOCK_WRITE)
        copy_iov(d, req);
    else if (req->op != BLOCK_FLUSH)
        memset(d->data + req->offset, 0, req->len);
    mutex_unlock(&d->lock);
    finish(b, req, 0);
}

static void ram_close(Block *b)
{
    RamDisk *d = container_of(b, RamDisk, block);

    mutex_fini(&d->lock);
    free(d->data);
    free(d);
}

static const BlockOps ram_ops = { .name = "ram", .submit = ram_submit, .drain = null_drain,
                                  .close = ram_close };

Block *block_ram_new(Loop *loop, u64 size, Error *err)
{
    RamDisk *d = xalloc(sizeof(*d));

    size = align_up(size, 512);
    d->data = try_alloc(size, 1);
    if (!d->data) {
        free(d);
        error_set_class(err, ERROR_HOST, "cannot allocate a RAM disk of %llu bytes",
                        (unsigned long long)size);
        return NULL;
    }
    mutex_init(&d->lock);
    d->block = (Block){ .ops = &ram_ops, .loop = loop, .size = size, .block_size = 512,
                        .present = true };
    return &d->block;
}
