// SPDX-License-Identifier: MIT
// ELF files: into a small RAM as -kernel does it, symbols and all, then looked up.
// covers: machine/boot/elf.c machine/boot/elf_symbols.c core/symbols.c
// runs: 20000
#include <elf.h>

#include "machine/boot/boot.h"
#include "tests/fuzz/fuzz.h"

#define BASE 0x40000000ull

static Memory mem;
static BootRam ram;
static Symbols symbols;

static void look_up(const BootKernel *k)
{
    const u64 at[] = { 0, k->entry, k->start, k->end, UINT64_MAX };
    Str text = { 0 };

    symbols_sort(&symbols);
    for (size_t i = 0; i < ARRAY_LEN(at); i++)
        symbol_text(&symbols, at[i], &text);
    str_free(&text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    char path[32];
    BootKernel k;
    BootKind kind;
    Error err = { 0 };

    if (!ram.ram) {
        mem_init(&mem);
        ram = (BootRam){ ram_new(&mem, "ram", 4 * MIB, RAM_ANON, NULL), BASE, 4 * MIB, &symbols };
    }
    int fd = fuzz_file(data, size, path);

    boot_kernel_kind(path, &kind, &err);
    if (boot_kernel(&k, &ram, path, EM_AARCH64, 0x80000, true, &err))
        look_up(&k);
    symbols_clear(&symbols);
    close(fd);
    return 0;
}
