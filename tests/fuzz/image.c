// SPDX-License-Identifier: MIT
// arm64 Images, plain and gzip, and whatever else -kernel may be given, into a small RAM.  The
// first byte chooses: a valid magic put in place, gzip around it, an initrd instead.
// covers: machine/boot/linux_arm64.c machine/boot/kernel.c machine/boot/file.c
// runs: 20000
#include <elf.h>
#include <zlib.h>

#include "machine/boot/boot.h"
#include "tests/fuzz/fuzz.h"

#define BASE 0x40000000ull
enum { MAGIC = 1, GZIP = 2, INITRD = 4, KNOWN = 8, MOST = 1 << 16 };

static Memory mem;
static BootRam ram;

static void load(const u8 *data, size_t size, u8 how)
{
    char path[32];
    BootKernel k;
    Gpa end;
    Error err = { 0 };
    int fd = fuzz_file(data, size, path);

    if (how & INITRD)
        boot_initrd(&ram, path, BASE + 3 * MIB, &end, &err);
    else
        boot_kernel(&k, &ram, path, EM_AARCH64, 0x80000, how & KNOWN, &err);
    close(fd);
}

static size_t squeeze(const u8 *data, size_t size, u8 *out, size_t room)
{
    z_stream z = { .next_in = (u8 *)(uintptr_t)data, .avail_in = (unsigned)size, .next_out = out,
                   .avail_out = (unsigned)room };

    if (deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static u8 plain[MOST], packed[MOST + 4096];

    if (!ram.ram) {
        mem_init(&mem);
        ram = (BootRam){ ram_new(&mem, "ram", 4 * MIB, RAM_ANON, NULL), BASE, 4 * MIB, NULL };
    }
    if (size < 2 || size > MOST)
        return 0;
    u8 how = data[0];

    memcpy(plain, data + 1, --size);
    if (how & MAGIC && size >= 64)
        memcpy(plain + 56, "ARM\x64", 4);
    if (how & GZIP)
        load(packed, squeeze(plain, size, packed, sizeof(packed)), how);
    else
        load(plain, size, how);
    return 0;
}
