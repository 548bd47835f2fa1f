// SPDX-License-Identifier: MIT
// The arm64 Linux Image: Documentation/arch/arm64/booting.rst (Linux 6.1), and the PE/COFF
// headers of its EFI stub, which tell how long the file ought to be.
//
// Header: code0 code1 | text_offset 8 | image_size 16 | flags 24 | magic "ARM\x64" 56.
// The image goes to text_offset from a 2 MiB aligned base.  The first 4 KiB of RAM stay free
// as under QEMU, so text_offset 0 means the second 2 MiB.
#include "machine/boot/boot.h"

#include <string.h>

#include "util/bits.h"

enum { HEADER = 64, FLAG_BE = 1, OLD_TEXT_OFFSET = 0x80000 };
#define ALIGN (2 * MIB)

bool boot_is_arm64_image(const u8 *head, size_t len)
{
    return len >= HEADER && !memcmp(head + 56, "ARM\x64", 4);
}

// Where the last section of the PE file ends; 0 if it is none.
static u64 pe_size(const u8 *head, size_t len)
{
    u32 pe = load_le32(head + 0x3c);
    u64 end = 0;

    if (memcmp(head, "MZ", 2) || pe > len || len - pe < 24 || memcmp(head + pe, "PE\0\0", 4))
        return 0;
    u32 count = load_le16(head + pe + 6);
    u64 table = (u64)pe + 24 + load_le16(head + pe + 20);

    for (u32 i = 0; i < count && table + 40 * (i + 1) <= len; i++) {
        const u8 *section = head + table + 40 * i;

        end = MAX(end, (u64)load_le32(section + 16) + load_le32(section + 20));
    }
    return end;
}

static bool place(BootKernel *k, const BootRam *ram, BootFile *b, Error *err)
{
    u64 offset = load_le64(b->head + 8), size = load_le64(b->head + 16);

    if (load_le64(b->head + 24) & FLAG_BE)
        return error_set(err, "%s is a big-endian arm64 kernel; only little-endian ones run",
                         b->path);
    if (!size) // before Linux 3.17
        offset = OLD_TEXT_OFFSET;
    if (offset < 4096)
        offset += ALIGN;
    if (offset >= ram->size || size > ram->size - offset)
        return error_set(err, "%s does not fit into RAM: it wants %llu MiB at %llu KiB; give the "
                         "machine more with -m", b->path,
                         (unsigned long long)(align_up(MIN(size, 1ull << 60), MIB) / MIB),
                         (unsigned long long)(offset / KIB));
    k->kind = BOOT_ARM64_IMAGE;
    k->start = k->entry = align_up(ram->base, ALIGN) + offset;
    k->end = k->start + size;
    return true;
}

bool boot_arm64_image(BootKernel *k, const BootRam *ram, BootFile *b, Error *err)
{
    u64 got, whole = pe_size(b->head, b->head_len);
    u8 *to;

    *k = (BootKernel){ 0 };
    if (!place(k, ram, b, err))
        return false;
    to = boot_ram_at(ram, k->start, 1);
    if (!to)
        return error_set(err, "%s does not fit into RAM; give the machine more with -m", b->path);
    if (!boot_file_rest(b, to, boot_ram_end(ram) - k->start, &got, err))
        return false;
    if (got < whole)
        return error_set(err, "%s is cut off: %llu of %llu bytes; get it again", b->path,
                         (unsigned long long)got, (unsigned long long)whole);
    if (k->start + got < k->end) // what a boot loader would leave clear for it
        memset(to + got, 0, (size_t)(k->end - k->start - got));
    k->end = MAX(k->end, k->start + got);
    boot_ram_written(ram, k->start, k->end - k->start);
    return true;
}
