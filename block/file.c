// SPDX-License-Identifier: MIT
// Plain files; see file.h.  A queue, one worker that transfers, the loop that completes.
#include "block/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/fdset.h"
#include "util/log.h"

#define ZEROES 65536u

typedef struct FileBlock {
    Block block;
    int fd;
    Thread worker;
    Mutex lock;
    Cond wake, idle;
    ListNode queue GUARDED_BY(lock);
    bool busy, quit;
} FileBlock;

static FileBlock *file_of(Block *b) { return container_of(b, FileBlock, block); }

// ---- transfers: on the worker, 0 or an errno ----------------------------------------------

static int transfer_piece(int fd, bool write, u8 *buf, size_t len, u64 at)
{
    while (len) {
        ssize_t n = write ? pwrite(fd, buf, len, (off_t)at) : pread(fd, buf, len, (off_t)at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0 && write)
            return ENOSPC;
        if (n == 0) { // it has become shorter than it was
            memset(buf, 0, len);
            return 0;
        }
        buf += n;
        at += (u64)n;
        len -= (size_t)n;
    }
    return 0;
}

static int transfer(int fd, const BlockReq *req)
{
    u64 at = req->offset;
    int error = 0;

    for (int i = 0; i < req->iov_count && !error; at += req->iov[i++].iov_len)
        error = transfer_piece(fd, req->op == BLOCK_WRITE, req->iov[i].iov_base,
                               req->iov[i].iov_len, at);
    return error;
}

static int write_zeroes(int fd, u64 at, u64 len)
{
    static const u8 zeroes[ZEROES];
    int error = 0;

    if (!fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, (off_t)at, (off_t)len))
        return 0;
    for (u64 n; len && !error; at += n, len -= n) { // not on this file system
        n = MIN(len, ZEROES);
        error = transfer_piece(fd, true, (u8 *)(uintptr_t)zeroes, (size_t)n, at);
    }
    return error;
}

static int serve(FileBlock *f, const BlockReq *req)
{
    switch (req->op) {
    case BLOCK_READ:
    case BLOCK_WRITE: return transfer(f->fd, req);
    case BLOCK_FLUSH: return fdatasync(f->fd) ? errno : 0;
    case BLOCK_DISCARD: // reads as zero afterwards: nothing may promise less
    case BLOCK_WRITE_ZEROES: return write_zeroes(f->fd, req->offset, req->len);
    }
    return EINVAL;
}

static void complete(void *opaque)
{
    BlockReq *req = opaque;

    req->done(req, req->result);
}

static void *work(void *opaque)
{
    FileBlock *f = opaque;

    mutex_lock(&f->lock);
    while (!f->quit || !list_empty(&f->queue)) {
        if (list_empty(&f->queue)) {
            cond_wait(&f->wake, &f->lock);
            continue;
        }
        BlockReq *req = container_of(f->queue.next, BlockReq, link);

        list_remove(&req->link);
        f->busy = true;
        mutex_unlock(&f->lock);
        req->result = serve(f, req);
        req->work = (LoopWork){ .fn = complete, .opaque = req };
        loop_defer(f->block.loop, &req->work);
        mutex_lock(&f->lock);
        f->busy = false;
        cond_broadcast(&f->idle);
    }
    mutex_unlock(&f->lock);
    return NULL;
}

// ---- the back end --------------------------------------------------------------------------

static void file_submit(Block *b, BlockReq *req)
{
    FileBlock *f = file_of(b);

    mutex_lock(&f->lock);
    list_push_back(&f->queue, &req->link);
    cond_signal(&f->wake);
    mutex_unlock(&f->lock);
}

static void file_drain(Block *b)
{
    FileBlock *f = file_of(b);

    mutex_lock(&f->lock);
    while (f->busy || !list_empty(&f->queue))
        cond_wait(&f->idle, &f->lock);
    mutex_unlock(&f->lock);
}

static void file_close(Block *b)
{
    FileBlock *f = file_of(b);

    mutex_lock(&f->lock);
    f->quit = true;
    cond_signal(&f->wake);
    mutex_unlock(&f->lock);
    thread_join(&f->worker);
    close(f->fd);
    cond_fini(&f->wake);
    cond_fini(&f->idle);
    mutex_fini(&f->lock);
    free(b->name);
    free(f);
}

static const BlockOps ops = {
    .name = "file", .submit = file_submit, .drain = file_drain, .close = file_close,
};

// ---- opening ---------------------------------------------------------------------------------

static bool lock_file(int fd, const char *path, bool readonly, Error *err)
{
    struct flock l = { .l_type = readonly ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

    if (!fcntl(fd, F_OFD_SETLK, &l) || (errno != EACCES && errno != EAGAIN))
        return true; // file systems without locks exist
    return error_set_class(err, ERROR_HOST, "%s is in use by another process; end that one%s",
                           path, readonly ? "" : ", or open it with readonly=on in both");
}

static bool file_size(int fd, const char *path, u64 *size, Error *err)
{
    struct stat st;
    off_t end;

    if (fstat(fd, &st))
        return error_errno(err, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(err, "%s is no file that could be a disk; give a regular file", path);
    end = lseek(fd, 0, SEEK_END);
    *size = (u64)end;
    return end >= 0 || error_errno(err, "cannot look at %s", path);
}

Block *block_file_open(const char *path, bool readonly, Loop *loop, Error *err)
{
    int fd = path_open(path, readonly ? O_RDONLY : O_RDWR, 0);
    FileBlock *f;
    u64 size = 0;

    if (fd < 0) {
        bool denied = errno == EACCES || errno == EROFS;

        error_errno(err, "cannot open %s", path);
        if (denied && !readonly)
            error_hint(err, "; readonly=on needs no write permission");
        return NULL;
    }
    if (!file_size(fd, path, &size, err) || !lock_file(fd, path, readonly, err)) {
        close(fd);
        return NULL;
    }
    f = xalloc(sizeof(*f));
    *f = (FileBlock){ .fd = fd, .block = { .ops = &ops, .loop = loop, .size = size,
                      .block_size = 512, .readonly = readonly, .present = true } };
    mutex_init(&f->lock);
    cond_init(&f->wake);
    cond_init(&f->idle);
    list_init(&f->queue);
    f->block.name = xstrdup(path);
    if (!thread_start(&f->worker, "block", work, f, err)) {
        file_close(&f->block);
        return NULL;
    }
    return &f->block;
}

static const ArgDesc args[] = {
    { "filename", ARG_STRING, "the file" },
    { "readonly", ARG_BOOL, "do not write to it (off)" },
    { NULL, ARG_STRING, NULL },
};

static Block *open_args(Args *a, Block *base, Loop *loop, Error *err)
{
    const char *path = args_str(a, "filename", NULL);
    bool readonly;

    BUG_ON(base);
    if (!args_bool(a, "readonly", false, &readonly, err))
        return NULL;
    if (!path) {
        error_set_class(err, ERROR_INVALID, "%s: filename= is missing", a->option);
        return NULL;
    }
    return block_file_open(path, readonly, loop, err);
}

BLOCK_DRIVER(file, "file", .desc = "a file or block device of the host", .args = args,
             .open = open_args)
