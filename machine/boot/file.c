// SPDX-License-Identifier: MIT
// Files for the loaders, plain or gzip (RFC 1952), and the RAM they go to; see boot.h.
#include "machine/boot/boot.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "util/bits.h"

#define CHUNK (64 * MIB) // of one call; below what an int holds

static bool open_plain(BootFile *b, Error *err)
{
    struct stat st;

    b->f = fopen(b->path, "rbe");
    if (!b->f)
        return error_errno(err, "cannot open %s", b->path);
    if (fstat(fileno(b->f), &st))
        return error_errno(err, "cannot look at %s", b->path);
    if (S_ISDIR(st.st_mode))
        return error_set(err, "%s is a directory; give a file", b->path);
    if (!S_ISREG(st.st_mode))
        return error_set(err, "%s is not a regular file; copy it to one", b->path);
    if (!st.st_size)
        return error_set(err, "%s is empty", b->path);
    b->size = (u64)st.st_size;
    setvbuf(b->f, NULL, _IONBF, 0); // reads go straight to guest memory
    return true;
}

// zlib keeps a buffer of its own, so it gets a descriptor of its own.
static bool open_gzip(BootFile *b, Error *err)
{
    int fd = dup(fileno(b->f));

    rewind(b->f);
    b->gz = fd < 0 ? NULL : gzdopen(fd, "rb");
    if (b->gz) {
        gzbuffer(b->gz, 128 * 1024);
        return true;
    }
    if (fd >= 0)
        close(fd);
    return error_set(err, "cannot read %s: not enough memory", b->path);
}

static bool gzip_error(BootFile *b, Error *err)
{
    int code;
    const char *why = gzerror(b->gz, &code);

    if (code == Z_BUF_ERROR)
        return error_set(err, "%s is cut off in the middle of its gzip data; get it again",
                         b->path);
    return error_set(err, "%s: bad gzip data (%s); get it again", b->path, why);
}

// Up to len bytes; *got < len means the end.
static bool take_some(BootFile *b, void *to, u64 len, u64 *got, Error *err)
{
    for (*got = 0; *got < len;) {
        u64 want = MIN(len - *got, CHUNK);
        i64 n;

        if (b->gz)
            n = gzread(b->gz, (u8 *)to + *got, (unsigned)want);
        else
            n = (i64)fread((u8 *)to + *got, 1, (size_t)want, b->f);
        if (b->gz && n < 0)
            return gzip_error(b, err);
        if (!b->gz && n < (i64)want && ferror(b->f))
            return error_errno(err, "cannot read %s", b->path);
        *got += (u64)n;
        if (n == 0 || (!b->gz && n < (i64)want))
            break;
    }
    int code = Z_OK;

    if (b->gz && *got < len)
        gzerror(b->gz, &code); // the end came too early, or not
    return code == Z_OK || code == Z_STREAM_END || gzip_error(b, err);
}

bool boot_file_open(BootFile *b, const char *path, bool unzip, Error *err)
{
    u64 got;

    *b = (BootFile){ .path = path };
    b->head = xalloc(BOOT_HEAD);
    bool ok = open_plain(b, err) && take_some(b, b->head, BOOT_HEAD, &got, err);

    if (ok && unzip && got >= 2 && b->head[0] == 0x1f && b->head[1] == 0x8b) {
        memset(b->head, 0, BOOT_HEAD);
        ok = open_gzip(b, err) && take_some(b, b->head, BOOT_HEAD, &got, err);
    }
    if (!ok) {
        boot_file_close(b);
        return false;
    }
    b->head_len = (size_t)got;
    return true;
}

void boot_file_close(BootFile *b)
{
    if (b->gz)
        gzclose(b->gz);
    if (b->f)
        fclose(b->f);
    free(b->head);
    *b = (BootFile){ .path = b->path };
}

static u64 take_head(BootFile *b, void *to, u64 len)
{
    u64 n = MIN(len, b->head_len - b->given);

    memcpy(to, b->head + b->given, (size_t)n);
    b->given += (size_t)n;
    return n;
}

bool boot_file_take(BootFile *b, void *to, u64 len, Error *err)
{
    u64 n = take_head(b, to, len), got;

    if (!take_some(b, (u8 *)to + n, len - n, &got, err))
        return false;
    return n + got == len ||
           error_set(err, "%s is cut off: %llu bytes are missing; get it again", b->path,
                     (unsigned long long)(len - n - got));
}

bool boot_file_some(BootFile *b, void *to, u64 len, u64 *got, Error *err)
{
    u64 n = take_head(b, to, len);

    if (!take_some(b, (u8 *)to + n, len - n, got, err))
        return false;
    *got += n;
    return true;
}

bool boot_file_rest(BootFile *b, void *to, u64 room, u64 *got, Error *err)
{
    u64 n = take_head(b, to, room);
    u8 more;
    u64 beyond = 0;

    if (!take_some(b, (u8 *)to + n, room - n, got, err))
        return false;
    *got += n;
    if (*got == room && b->given == b->head_len && !take_some(b, &more, 1, &beyond, err))
        return false;
    if (beyond || b->given < b->head_len)
        return error_set(err, "%s does not fit into RAM: there is room for %llu MiB; "
                         "give the machine more with -m", b->path,
                         (unsigned long long)(room / MIB));
    return true;
}

bool boot_file_seek(BootFile *b, u64 at, Error *err)
{
    b->given = b->head_len; // what follows comes from the file
    return !fseeko(b->f, (off_t)at, SEEK_SET) || error_errno(err, "cannot read %s", b->path);
}

// ---- memory ---------------------------------------------------------------------------

void *boot_ram_at(const BootRam *r, Gpa at, u64 len)
{
    if (at < r->base || at - r->base > r->size || len > r->size - (at - r->base))
        return NULL;
    return r->ram->host + (at - r->base);
}

void boot_ram_written(const BootRam *r, Gpa at, u64 len)
{
    ram_written(r->ram, at - r->base, len);
}

bool boot_initrd(const BootRam *ram, const char *path, Gpa at, Gpa *end, Error *err)
{
    BootFile b;
    u64 got = 0;
    u8 *to = boot_ram_at(ram, at, 0);

    if (!boot_file_open(&b, path, false, err)) // its compression is the guest's affair
        return error_prefix(err, "-initrd: ");
    bool ok = to ? boot_file_rest(&b, to, boot_ram_end(ram) - at, &got, err)
                 : error_set(err, "%s does not fit into RAM behind the kernel; give the machine "
                             "more with -m", path);

    boot_file_close(&b);
    if (!ok)
        return error_prefix(err, "-initrd: ");
    boot_ram_written(ram, at, got);
    *end = at + got;
    return true;
}
