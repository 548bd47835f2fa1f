// SPDX-License-Identifier: MIT
// "-device loader": a file, a value or a start address, put in place at each reset (QEMU
// documentation, system/generic-loader.rst).  ELF goes by its program headers, all else as it
// is.  Missing on purpose: Intel hex and uImage.
#include "machine/boot/boot.h"

#include <string.h>

#include "util/bits.h"

#define PIECE MIB

const ArgDesc boot_loader_keys[] = {
    { "driver", ARG_STRING, "loader" },
    { "file", ARG_STRING, "what to load" },
    { "addr", ARG_U64, "where" },
    { "cpu-num", ARG_U64, "this CPU starts there" },
    { "force-raw", ARG_BOOL, "an ELF file as it is, too (off)" },
    { "data", ARG_U64, "a value in place of a file" },
    { "data-len", ARG_U64, "its bytes, 1 to 8" },
    { "data-be", ARG_BOOL, "big-endian (off)" },
    { NULL, ARG_STRING, NULL },
};

typedef struct Loader {
    const char *file;
    bool has_addr, has_cpu, has_data, raw, big;
    u64 addr, cpu, data, data_len;
} Loader;

#define ASKED(key) args_find(a, key) != NULL

static bool read_args(Loader *l, Args *a, Error *err)
{
    l->file = args_str(a, "file", NULL);
    l->has_addr = ASKED("addr");
    l->has_cpu = ASKED("cpu-num");
    l->has_data = ASKED("data") || ASKED("data-len");
    return args_u64(a, "addr", 0, &l->addr, err) && args_u64(a, "cpu-num", 0, &l->cpu, err) &&
           args_bool(a, "force-raw", false, &l->raw, err) &&
           args_u64(a, "data", 0, &l->data, err) && args_u64(a, "data-len", 0, &l->data_len, err) &&
           args_bool(a, "data-be", false, &l->big, err);
}

static bool check_args(const Loader *l, const Machine *m, Error *err)
{
    if (l->has_cpu && l->cpu >= m->cpu_count)
        return error_set(err, "cpu-num=%llu: the machine has CPUs 0 to %u",
                         (unsigned long long)l->cpu, m->cpu_count - 1);
    if (l->file && l->has_data)
        return error_set(err, "both file and data; give one");
    if (l->has_data && (l->data_len < 1 || l->data_len > 8 || !l->has_addr))
        return error_set(err, "data wants addr=A and data-len=N, 1 to 8");
    if (!l->file && !l->has_data && (!l->has_cpu || !l->has_addr))
        return error_set(err, "nothing to load; give file=F, data=V or addr=A,cpu-num=N");
    if (l->data_len && l->data_len < 8 && l->data >> 8 * l->data_len)
        return error_set(err, "data=0x%llx has more than data-len=%llu bytes",
                         (unsigned long long)l->data, (unsigned long long)l->data_len);
    return true;
}

// RAM, and flash as if it were programmed.
static bool put(Machine *m, const char *what, Gpa at, const void *from, u64 len, Error *err)
{
    u64 room;

    for (Gpa p = at; p - at < len; p += room) {
        MemRef ref = as_lookup(&m->as, p, &room);

        if (!ref.host || p + room - 1 < p)
            return error_set(err, "%s: there is no memory at 0x%llx; choose another addr", what,
                             (unsigned long long)p);
    }
    return as_write_buf(&m->as, at, from, len, ATTRS_DEBUG) == MEM_OK ||
           error_set(err, "%s: cannot write to memory at 0x%llx", what, (unsigned long long)at);
}

bool boot_raw(Machine *m, BootFile *b, Gpa at, u64 max, Error *err)
{
    u8 *piece = xalloc(PIECE);
    u64 got = PIECE, done = 0;
    bool ok = true;

    while (ok && got == PIECE) {
        ok = boot_file_some(b, piece, PIECE, &got, err);
        if (ok && done + got > max)
            ok = error_set(err, "%s does not fit: there is room for %llu MiB", b->path,
                           (unsigned long long)(max / MIB));
        ok = ok && (!got || put(m, b->path, at + done, piece, got, err));
        done += got;
    }
    free(piece);
    return ok;
}

static bool load_file(Machine *m, const BootRam *ram, u16 elf_machine, Loader *l, Error *err)
{
    BootFile b;
    BootKernel k;
    bool ok;

    if (!boot_file_open(&b, l->file, false, err))
        return false;
    if (!l->raw && boot_is_elf(b.head, b.head_len)) {
        ok = boot_elf(&k, ram, &b, elf_machine, err);
        l->addr = k.entry;
    } else {
        ok = boot_raw(m, &b, l->addr, UINT64_MAX, err);
    }
    boot_file_close(&b);
    return ok;
}

static bool put_data(Machine *m, const Loader *l, Error *err)
{
    u8 bytes[8];
    u64 v = l->big ? bswap64(l->data) >> 8 * (8 - l->data_len) : l->data;

    memcpy(bytes, &v, 8);
    return put(m, "data", l->addr, bytes, l->data_len, err);
}

static bool load(Machine *m, const BootRam *ram, u16 elf_machine, Args *a, Error *err)
{
    Loader l = { 0 };
    bool ok = read_args(&l, a, err) && check_args(&l, m, err);

    if (ok && l.file)
        ok = load_file(m, ram, elf_machine, &l, err);
    if (ok && l.has_data)
        ok = put_data(m, &l, err);
    if (ok && l.has_cpu)
        m->cpu_class->set_pc(m->cpu[l.cpu], l.addr);
    return ok || error_prefix(err, "-device loader: ");
}

bool boot_loaders(Machine *m, const BootRam *ram, u16 elf_machine, Error *err)
{
    bool ok = true;

    for (size_t i = 0; i < m->config->loader_count && ok; i++) {
        Args a = { 0 };

        ok = args_parse(&a, "-device loader", m->config->loaders[i], "driver", boot_loader_keys,
                        err) &&
             load(m, ram, elf_machine, &a, err);
        args_free(&a);
    }
    return ok;
}
