// SPDX-License-Identifier: MIT
// chardev file: output into a file, input from another one or none.
// chardev null: neither.
#include "chardev/backend.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fdset.h"

typedef struct {
    Backend b;
    FdPort port;
} File;

static File *file_of(Chardev *c) { return container_of(c, File, b.c); }

static size_t file_write(Chardev *c, const u8 *buf, size_t len)
{
    return fdport_write(&file_of(c)->port, buf, len);
}

static void file_accept(Chardev *c) { fdport_accept(&file_of(c)->port); }
static void file_start(Backend *b) { fdport_start(&file_of(&b->c)->port); }
static void file_stop(Backend *b) { fdport_stop(&file_of(&b->c)->port); }

static void file_close(Chardev *c)
{
    File *f = file_of(c);

    backend_stop(&f->b);
    fdport_fini(&f->port);
    backend_fini(&f->b);
    free(f);
}

static const ChardevOps file_ops = {
    .name = "file", .write = file_write, .accept_input = file_accept,
    .front_changed = file_accept, .close = file_close,
};

static Chardev *file_new(const char *id, int in, int out, Loop *loop, Input *input)
{
    File *f = xalloc(sizeof(*f));

    backend_init(&f->b, id, &file_ops);
    f->b.start = file_start;
    f->b.stop = file_stop;
    fdport_init(&f->port, &f->b.c, NULL, NULL);
    fdport_open(&f->port, in, out, true);
    if (loop)
        backend_start(&f->b, loop, input);
    return &f->b.c;
}

static Chardev *file_open(const char *id, Args *args, Loop *loop, Input *input, Error *err)
{
    const char *path = args_str(args, "path", NULL), *from = args_str(args, "input-path", NULL);
    int in = -1, out;
    bool append;

    if (!args_bool(args, "append", false, &append, err))
        return NULL;
    if (!path) {
        error_set_class(err, ERROR_INVALID, "chardev %s: file needs path=FILE", id);
        return NULL;
    }
    out = path_open(path, O_WRONLY | O_CREAT | O_NOCTTY | (append ? O_APPEND : O_TRUNC), 0666);
    if (out < 0) {
        error_errno(err, "chardev %s: cannot write to %s", id, path);
        return NULL;
    }
    if (from && (in = path_open(from, O_RDONLY | O_NOCTTY, 0)) < 0) {
        error_errno(err, "chardev %s: cannot read %s", id, from);
        close(out);
        return NULL;
    }
    return file_new(id, in, out, loop, input);
}

static const ArgDesc file_args[] = {
    { "path", ARG_STRING, "file to write" },
    { "append", ARG_BOOL, "keep what it holds (off)" },
    { "input-path", ARG_STRING, "file to read" },
    { 0 },
};

CHARDEV(file, "file", .desc = "output to a file", .args = file_args, .open = file_open)

// Without descriptors a FdPort swallows.
static Chardev *null_open(const char *id, Args *args, Loop *loop, Input *input, Error *err)
{
    (void)args;
    (void)err;
    return file_new(id, -1, -1, loop, input);
}

static const ArgDesc null_args[] = { { 0 } };

CHARDEV(null, "null", .desc = "swallows output, has no input", .args = null_args,
        .open = null_open)
