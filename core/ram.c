// SPDX-License-Identifier: MIT
// RAM blocks: host memory behind guest memory, its page flags and its backing; the
// interface is in memory.h.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/memory.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

#define HUGE_PAGE (2 * MIB)

// Anonymous, at a huge-page boundary so that the host can use huge pages throughout.
static u8 *map_aligned(RamBlock *ram)
{
    ram->map_size = ram->size + HUGE_PAGE;
    ram->map_base = mmap(NULL, ram->map_size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram->map_base == MAP_FAILED)
        return NULL;
    return (u8 *)(uintptr_t)align_up((u64)(uintptr_t)ram->map_base, HUGE_PAGE);
}

static u64 flag_bytes(const RamBlock *ram)
{
    return align_up(ram->size >> RAM_PAGE_BITS, RAM_PAGE_SIZE);
}

static void unmap_block(RamBlock *ram)
{
    if (ram->map_base)
        munmap(ram->map_base, ram->map_size);
}

static bool map_block(RamBlock *ram, Error *err)
{
    if (!ram->host)
        ram->host = map_aligned(ram);
    if (!ram->host)
        return error_errno(err, "cannot allocate %llu MiB of guest RAM",
                           (unsigned long long)(ram->size / MIB));
    // a hint: without it all works, slower
    madvise(ram->host, ram->size, MADV_HUGEPAGE);
    void *flags = mmap(NULL, flag_bytes(ram), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (flags == MAP_FAILED) {
        error_errno(err, "cannot allocate page flags of guest RAM");
        unmap_block(ram);
        return false;
    }
    ram->flags = flags;
    return true;
}

// host NULL: mapped here.
static RamBlock *block_new(Memory *mem, const char *name, void *host, u64 size, Error *err)
{
    RamBlock *ram = xalloc(sizeof(*ram));

    *ram = (RamBlock){ .mem = mem, .size = align_up(size, RAM_PAGE_SIZE), .fd = -1, .host = host };
    if (!size || ram->size < size || ram->size > (1ull << 46)) {
        error_set_class(err, ERROR_INVALID, "RAM block '%s': impossible size %llu", name,
                        (unsigned long long)size);
        free(ram);
        return NULL;
    }
    if (!map_block(ram, err)) {
        free(ram);
        return NULL;
    }
    ram->name = xstrdup(name);
    mem_begin(mem);
    ram->ram_offset = mem->next_ram_offset;
    mem->next_ram_offset += align_up(ram->size, HUGE_PAGE) + HUGE_PAGE;
    list_push_back(&mem->blocks, &ram->link);
    mem_end(mem);
    return ram;
}

RamBlock *ram_new(Memory *mem, const char *name, u64 size, RamKind kind, Error *err)
{
    RamBlock *ram = block_new(mem, name, NULL, size, err);

    if (ram && kind != RAM_ANON && !ram_set_backing(ram, kind, NULL, err)) {
        ram_free(ram);
        return NULL;
    }
    return ram;
}

RamBlock *ram_new_over(Memory *mem, const char *name, void *host, u64 size, RamKind kind,
                       Error *err)
{
    RamBlock *ram = block_new(mem, name, host, size, err);

    if (ram)
        ram->kind = kind;
    return ram;
}

void ram_free(RamBlock *ram)
{
    mem_begin(ram->mem);
    list_remove(&ram->link);
    mem_end(ram->mem);
    unmap_block(ram);
    munmap((void *)(uintptr_t)ram->flags, flag_bytes(ram));
    if (ram->fd >= 0)
        close(ram->fd);
    free(ram->name);
    free(ram);
}

// ---- another backing, in place ---------------------------------------------------------

static bool page_is_zero(const u8 *p)
{
    return !p[0] && !memcmp(p, p + 1, RAM_PAGE_SIZE - 1);
}

static bool write_content(int fd, const RamBlock *ram)
{
    for (u64 at = 0; at < ram->size; at += RAM_PAGE_SIZE)
        if (!page_is_zero(ram->host + at) &&
            pwrite(fd, ram->host + at, RAM_PAGE_SIZE, (off_t)at) != RAM_PAGE_SIZE)
            return false;
    return true;
}

static bool back_by_memfd(RamBlock *ram, Error *err)
{
    int fd = memfd_create(ram->name, MFD_CLOEXEC);

    if (fd < 0)
        return error_errno(err, "cannot create shared memory for '%s'", ram->name);
    if (ftruncate(fd, (off_t)ram->size) || !write_content(fd, ram) ||
        mmap(ram->host, ram->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
            MAP_FAILED) {
        error_errno(err, "cannot share %llu MiB of '%s'", (unsigned long long)(ram->size / MIB),
                    ram->name);
        close(fd);
        return false;
    }
    ram->fd = fd;
    return true;
}

// Copy aside, map anew, copy back.
static bool back_by_anon(RamBlock *ram, Error *err)
{
    u8 *copy = mmap(NULL, ram->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (copy == MAP_FAILED)
        return error_errno(err, "cannot copy RAM block '%s'", ram->name);
    for (u64 at = 0; at < ram->size; at += RAM_PAGE_SIZE)
        if (!page_is_zero(ram->host + at))
            memcpy(copy + at, ram->host + at, RAM_PAGE_SIZE);
    if (mremap(copy, ram->size, ram->size, MREMAP_MAYMOVE | MREMAP_FIXED, ram->host) ==
        MAP_FAILED) {
        error_errno(err, "cannot remap RAM block '%s'", ram->name);
        munmap(copy, ram->size);
        return false;
    }
    madvise(ram->host, ram->size, MADV_HUGEPAGE);
    return true;
}

static bool back_by_file(RamBlock *ram, const char *path, Error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st)) {
        error_errno(err, "cannot open '%s'", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    // pages past the end of the file would fault: they stay anonymous
    u64 len = MIN(align_up((u64)st.st_size, RAM_PAGE_SIZE), ram->size);

    ram_zero(ram);
    if (len && mmap(ram->host, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) ==
                   MAP_FAILED) {
        error_errno(err, "cannot map '%s'", path);
        close(fd);
        return false;
    }
    ram->fd = fd;
    return true;
}

bool ram_set_backing(RamBlock *ram, RamKind kind, const char *path, Error *err)
{
    int old = ram->fd;

    if (ram->kind == RAM_LENT)
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "RAM block '%s' is a memory backend's; it stays there", ram->name);
    ram->fd = -1;
    bool ok = kind == RAM_MEMFD ? back_by_memfd(ram, err)
              : kind == RAM_FILE ? back_by_file(ram, path, err) : back_by_anon(ram, err);

    if (!ok) {
        ram->fd = old;
        return false;
    }
    if (old >= 0)
        close(old);
    ram->kind = kind;
    return true;
}

void ram_zero(RamBlock *ram)
{
    if (ram->fd >= 0 || ram->kind == RAM_LENT)
        memset(ram->host, 0, ram->size);
    else
        madvise(ram->host, ram->size, MADV_DONTNEED);
    ram_written(ram, 0, ram->size);
}

// ---- stores -------------------------------------------------------------------------------

void ram_written_slow_(RamBlock *ram, u64 offset, u64 len)
{
    bool code = false;

    for (u64 p = offset >> RAM_PAGE_BITS; p <= (offset + len - 1) >> RAM_PAGE_BITS; p++) {
        u8 f = atomic_load_explicit(&ram->flags[p], memory_order_relaxed);

        code |= f & RAM_CODE;
        if ((f & (RAM_LOG | RAM_DIRTY)) == RAM_LOG)
            atomic_fetch_or_explicit(&ram->flags[p], RAM_DIRTY, memory_order_relaxed);
    }
    if (code && ram->mem->code_write_hook)
        ram->mem->code_write_hook(ram->mem->code_write_opaque, ram, offset, len);
}

void ram_written(RamBlock *ram, u64 offset, u64 len)
{
    u64 p = offset >> RAM_PAGE_BITS;
    u8 seen = 0;

    if (!len)
        return;
    // the store comes before the look at the flags: see ram_flag_set
    atomic_thread_fence(memory_order_seq_cst);
    for (; p <= (offset + len - 1) >> RAM_PAGE_BITS; p++)
        seen |= atomic_load_explicit(&ram->flags[p], memory_order_relaxed);
    if (unlikely(seen & (RAM_CODE | RAM_LOG)))
        ram_written_slow_(ram, offset, len);
}

RamBlock *ram_of_host(Memory *mem, const void *host, u64 *offset)
{
    RamBlock *found = NULL;

    mem_begin(mem);
    list_foreach (ram, &mem->blocks, RamBlock, link)
        if ((const u8 *)host >= ram->host && (const u8 *)host < ram->host + ram->size) {
            found = ram;
            *offset = (u64)((const u8 *)host - ram->host);
        }
    mem_end(mem);
    return found;
}
