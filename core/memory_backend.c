// SPDX-License-Identifier: MIT
// Memory of the host's as objects; see memory_backend.h.  Missing: NUMA policies and the list of
// host nodes (the host decides), pmem, prealloc-context.
#include "core/memory_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "core/memory.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/fdset.h"
#include "util/str.h"

#define HUGE_PAGE (2 * MIB)     // at such a boundary the host can use huge pages throughout
#define SIZE_MOST (1ull << 46)
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

const char *const memory_policies[] = { "default", NULL };

MemoryBackend *memory_backend_find(const Objects *all, const char *id, Error *err)
{
    Object *o = objects_find(all, id);

    if (o && object_is_memory(o))
        return container_of(o, MemoryBackend, obj);
    error_set_class(err, ERROR_NOT_FOUND, o ? "object '%s' is no memory backend" : "memory backend "
                    "'%s' not found; make it by -object memory-backend-ram,id=%s,size=SIZE", id,
                    id);
    return NULL;
}

// ---- mapping -----------------------------------------------------------------------------

static bool check(MemoryBackend *b, Error *err)
{
    b->fd = -1;
    if (!b->size)
        return error_set_class(err, ERROR_INVALID, "no size; give size=SIZE");
    if (b->size > SIZE_MOST)
        return error_set_class(err, ERROR_INVALID, "impossible size %llu",
                               (unsigned long long)b->size);
    if (b->align & (b->align - 1) || b->align > GIB)
        return error_set_class(err, ERROR_INVALID,
                               "property 'align': must be a power of two, at most 1G");
    if (b->pmem)
        return error_set_class(err, ERROR_UNSUPPORTED, "pmem=on is not built; leave it off");
    return true;
}

// Of what is mapped there: huge pages come whole.
static u64 page_size(int fd)
{
    struct statfs fs;

    if (fd >= 0 && !fstatfs(fd, &fs) && (u64)fs.f_type == HUGETLBFS_MAGIC)
        return (u64)fs.f_bsize;
    return RAM_PAGE_SIZE;
}

static bool no_room(const MemoryBackend *b, Error *err)
{
    return error_errno(err, "the host has no %llu MiB for it",
                       (unsigned long long)(align_up(b->size, MIB) / MIB));
}

static bool map(MemoryBackend *b, Error *err)
{
    u64 page = page_size(b->fd), align = MAX(MAX(b->align, HUGE_PAGE), page);
    int flags = MAP_FIXED | (b->share ? MAP_SHARED : MAP_PRIVATE) |
                (b->fd < 0 ? MAP_ANONYMOUS : 0) | (b->reserve ? 0 : MAP_NORESERVE);

    b->bytes = align_up(b->size, page);
    b->base_size = b->bytes + align;
    b->base = mmap(NULL, b->base_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    if (b->base == MAP_FAILED) {
        b->base = NULL;
        return no_room(b, err);
    }
    u8 *at = (u8 *)(uintptr_t)align_up((u64)(uintptr_t)b->base, align);

    if (mmap(at, b->bytes, PROT_READ | (b->readonly ? 0 : PROT_WRITE), flags, b->fd, 0) ==
        MAP_FAILED)
        return no_room(b, err);
    b->host = at;
    return true;
}

// All pages now.  A kernel without MADV_POPULATE_WRITE gets them one by one.
static bool populate(MemoryBackend *b, Error *err)
{
    if (b->readonly || !madvise(b->host, b->bytes, MADV_POPULATE_WRITE))
        return true;
    if (errno != EINVAL)
        return no_room(b, err);
    if (b->fd >= 0 && b->share && (errno = posix_fallocate(b->fd, 0, (off_t)b->bytes)))
        return no_room(b, err);
    for (u64 at = 0; at < b->bytes; at += RAM_PAGE_SIZE) {
        volatile u8 *p = b->host + at;

        *p = *p;
    }
    return true;
}

// The advice that is only a hint is not looked at: a host without it works the same.
static bool map_all(MemoryBackend *b, Error *err)
{
    if (!map(b, err))
        return false;
    madvise(b->host, b->bytes, MADV_HUGEPAGE);
    madvise(b->host, b->bytes, b->merge ? MADV_MERGEABLE : MADV_UNMERGEABLE);
    if (!b->dump && madvise(b->host, b->bytes, MADV_DONTDUMP))
        return error_errno(err, "dump=off");
    return !b->prealloc || populate(b, err);
}

static void fini(MemoryBackend *b)
{
    if (b->host && b->discard && b->share && b->fd >= 0)
        madvise(b->host, b->bytes, MADV_REMOVE); // the user wants its content no more
    if (b->base)
        munmap(b->base, b->base_size);
    if (b->fd >= 0)
        close(b->fd);
}

// ---- -ram, -memfd ------------------------------------------------------------------------

static bool complete_ram(MemoryBackend *b, Error *err) { return check(b, err) && map_all(b, err); }

static bool open_memfd(MemoryBackend *b, Error *err)
{
    unsigned flags = MFD_CLOEXEC | (b->seal ? MFD_ALLOW_SEALING : 0) | (b->huge ? MFD_HUGETLB : 0);

    if (b->huge_size && (!b->huge || b->huge_size & (b->huge_size - 1)))
        return error_set_class(err, ERROR_INVALID,
                               "property 'hugetlbsize': a power of two is wanted, and hugetlb=on");
    if (b->huge_size)
        flags |= (unsigned)__builtin_ctzll(b->huge_size) << MFD_HUGE_SHIFT;
    b->fd = memfd_create(b->obj.id, flags);
    if (b->fd < 0)
        return error_errno(err, b->huge ? "the host has no such huge pages" : "no memfd");
    if (ftruncate(b->fd, (off_t)align_up(b->size, page_size(b->fd))))
        return no_room(b, err);
    return !b->seal || !fcntl(b->fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) ||
           error_errno(err, "seal=on");
}

static bool complete_memfd(MemoryBackend *b, Error *err)
{
    return check(b, err) && open_memfd(b, err) && map_all(b, err);
}

// ---- -file -------------------------------------------------------------------------------

// A file that is not there is made; in a directory, one without a name.
static int open_path(const MemoryBackend *b, bool *made)
{
    int fd = path_open(b->path, (b->readonly ? O_RDONLY : O_RDWR) | O_NONBLOCK, 0);

    *made = false;
    if (fd < 0 && errno == EISDIR)
        return open(b->path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0 && errno == ENOENT && !b->readonly) {
        fd = open(b->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        *made = fd >= 0;
    }
    return fd;
}

// An empty file grows; another must hold it all.
static bool fit_file(MemoryBackend *b, Error *err)
{
    struct stat st;

    if (fstat(b->fd, &st))
        return error_errno(err, "'%s'", b->path);
    if (S_ISDIR(st.st_mode))
        return error_set_class(err, ERROR_INVALID, "'%s' is a directory", b->path);
    if (!S_ISREG(st.st_mode) || (u64)st.st_size >= b->size)
        return true;
    if (st.st_size || b->readonly)
        return error_set_class(err, ERROR_INVALID, "'%s' has %llu bytes, size=%llu wants more; "
                               "correct the size or give another file", b->path,
                               (unsigned long long)st.st_size, (unsigned long long)b->size);
    return !ftruncate(b->fd, (off_t)align_up(b->size, page_size(b->fd))) ||
           error_errno(err, "cannot make '%s' %llu bytes long", b->path,
                       (unsigned long long)b->size);
}

static bool complete_file(MemoryBackend *b, Error *err)
{
    bool made;

    if (!check(b, err))
        return false;
    if (!b->path || !*b->path)
        return error_set_class(err, ERROR_INVALID, "no file; give mem-path=FILE");
    b->fd = open_path(b, &made);
    if (b->fd < 0)
        return error_errno(err, "cannot open '%s'", b->path);
    if (fit_file(b, err) && map_all(b, err))
        return true;
    if (made)
        unlink(b->path);
    return false;
}

// ---- classes -----------------------------------------------------------------------------

OBJECT_OF(MemoryBackend);

#define COMMON(shared)                                                                       \
    PROP_SIZE("size", size, 0, .help = "its size, as 512M"),                                 \
    PROP_BOOL("share", share, shared, .help = "others that map the same see what is written"), \
    PROP_BOOL("prealloc", prealloc, 0, .help = "take all pages from the host at once"),      \
    PROP_U64("prealloc-threads", threads, 1, .min = 1,                                       \
             .help = "accepted: one thread does it"),                                        \
    PROP_BOOL("reserve", reserve, 1, .help = "count it against the host's swap space"),      \
    PROP_BOOL("dump", dump, 1, .help = "in core dumps of this program"),                     \
    PROP_BOOL("merge", merge, 1, .help = "the host may merge equal pages (KSM)"),            \
    PROP_ENUM("policy", policy, memory_policies, 0, .help = "NUMA policy: the host's only"), \
    PROP_BOOL("x-use-canonical-path-for-ramblock-id", canonical, 0, .help = "accepted")

OBJECT(memory_backend_ram, "memory-backend-ram", .parent = MEMORY_BACKEND,
       .desc = "anonymous memory", .size = sizeof(MemoryBackend), .complete = complete_ram,
       .fini = fini, .props = { COMMON(0) })

OBJECT(memory_backend_memfd, "memory-backend-memfd", .parent = MEMORY_BACKEND,
       .desc = "memory with a descriptor, to be shared", .size = sizeof(MemoryBackend),
       .complete = complete_memfd, .fini = fini,
       .props = {
           COMMON(1),
           PROP_BOOL("hugetlb", huge, 0, .help = "of the host's reserved huge pages"),
           PROP_SIZE("hugetlbsize", huge_size, 0, .help = "which: 2M, 1G"),
           PROP_BOOL("seal", seal, 1, .help = "it cannot shrink or grow"),
       })

OBJECT(memory_backend_file, "memory-backend-file", .parent = MEMORY_BACKEND,
       .desc = "a mapped file", .size = sizeof(MemoryBackend), .complete = complete_file,
       .fini = fini,
       .props = {
           COMMON(0),
           PROP_STRING("mem-path", path, NULL,
                       .help = "the file, made if there is none, or a directory for one"),
           PROP_SIZE("align", align, 0, .help = "boundary in this program's memory"),
           PROP_BOOL("readonly", readonly, 0, .help = "mapped without write access"),
           PROP_BOOL("discard-data", discard, 0, .help = "drop the file's content at the end"),
           PROP_BOOL("pmem", pmem, 0, .help = "persistent memory: not built, off only"),
       })
