// SPDX-License-Identifier: MIT
// Kernel files and initial RAM disks, plain and gzip, through the stream that the loaders
// read them by.
// covers: machine/boot/file.c
// runs: 3000
#include "machine/boot/boot.h"
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

enum { RAM = 4 << 20 };

static void take(const char *path, const BootRam *ram, u8 how)
{
    BootFile b;
    Error err = { 0 };
    u64 got, end;
    u8 head[64];

    if (boot_file_open(&b, path, how & 1, &err)) {
        if (how & 2)
            boot_file_take(&b, head, how & 63, &err);
        if (how & 4 && !b.gz)
            boot_file_seek(&b, how, &err);
        boot_file_rest(&b, ram->ram->host, (u64)how << 14, &got, &err);
        boot_file_close(&b);
    }
    boot_initrd(ram, path, ram->base + ((Gpa)how << 14), &end, &err);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Memory mem;
    static BootRam ram;
    Error err = { 0 };
    char path[32];

    if (!size)
        return 0;
    if (!ram.ram) {
        mem_init(&mem);
        ram = (BootRam){ ram_new(&mem, "ram", RAM, RAM_ANON, &err), 0x40000000, RAM };
        BUG_ON(!ram.ram);
    }
    int fd = fuzz_file(data + 1, size - 1, path);

    take(path, &ram, data[0]);
    close(fd);
    return 0;
}
