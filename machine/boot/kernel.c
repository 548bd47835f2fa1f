// SPDX-License-Identifier: MIT
// What kind of file -kernel was given, and who loads it; see boot.h.
#include "machine/boot/boot.h"

#include <string.h>

#include "util/bits.h"

// ---- files that are something else --------------------------------------------------------

typedef struct Magic {
    u32 at;
    u8 len;
    const char *bytes;
    const char *what;
} Magic;

static const Magic magics[] = {
    // Documentation/arch/x86/boot.rst: "HdrS" at 0x202
    { 0x202, 4, "HdrS", "an x86 kernel (bzImage)" },
    // ARM zImage: 0x016f2818 at 0x24
    { 0x24, 4, "\x18\x28\x6f\x01", "a 32-bit Arm kernel (zImage)" },
    // Documentation/arch/riscv/boot-image-header.rst: magic2 at 56
    { 56, 4, "RSC\x05", "a RISC-V kernel (Image)" },
    { 4, 4, "zimg", "an EFI zboot kernel; decompress its payload first" },
    { 0, 4, "\xd0\x0d\xfe\xed", "a device tree; -dtb takes it" },
    { 0, 6, "070701", "a cpio archive; -initrd takes it" },
    { 0, 6, "\xfd" "7zXZ\0", "compressed with xz; decompress it first" },
    { 0, 4, "\x28\xb5\x2f\xfd", "compressed with zstd; decompress it first" },
    { 0, 3, "BZh", "compressed with bzip2; decompress it first" },
    { 0, 4, "\x02\x21\x4c\x18", "compressed with lz4; decompress it first" },
    { 0, 4, "\x27\x05\x19\x56", "a U-Boot image (uImage); mkimage -x takes it apart" },
    { 0, 4, "QFI\xfb", "a disk image (qcow2)" },
    { 0, 4, "KDMV", "a disk image (vmdk)" },
    { 0, 4, "hsqs", "a squashfs file system" },
    { 0, 8, "!<arch>\n", "an archive (a Debian package or a library)" },
    { 0x8001, 5, "CD001", "a CD image (ISO 9660)" },
};

// PE/COFF machine types of EFI programs that are not kernels we know.
static const char *foreign_pe(const u8 *head, size_t len)
{
    u32 pe = len >= 64 ? load_le32(head + 0x3c) : 0;

    if (len < 64 || memcmp(head, "MZ", 2) || pe > len || len - pe < 24 ||
        memcmp(head + pe, "PE\0\0", 4))
        return NULL;
    switch (load_le16(head + pe + 4)) {
    case 0x8664: return "an EFI program for x86-64 (amd64)";
    case 0x014c: return "an EFI program for 32-bit x86";
    case 0x01c2: return "an EFI program for 32-bit Arm";
    default: return "an EFI program";
    }
}

const char *boot_foreign(const u8 *head, size_t len)
{
    for (const Magic *m = magics; m < magics + ARRAY_LEN(magics); m++)
        if (len >= m->at + m->len && !memcmp(head + m->at, m->bytes, m->len))
            return m->what;
    return foreign_pe(head, len);
}

// ---- choosing ----------------------------------------------------------------------------

static bool flat(BootKernel *k, const BootRam *ram, BootFile *b, u64 flat_at, Error *err)
{
    Gpa at = ram->base + flat_at;
    u64 got;
    u8 *to = boot_ram_at(ram, at, 1);

    if (!to)
        return error_set(err, "%s: RAM is too small, a flat binary goes to its start + %llu KiB; "
                         "give the machine more with -m", b->path,
                         (unsigned long long)(flat_at / KIB));
    if (!boot_file_rest(b, to, boot_ram_end(ram) - at, &got, err))
        return false;
    boot_ram_written(ram, at, got);
    *k = (BootKernel){ .kind = BOOT_FLAT, .entry = at, .start = at, .end = at + got };
    return true;
}

static bool refuse_unknown(BootFile *b, const char *what, Error *err)
{
    if (what)
        return error_set(err, "%s is %s; an arm64 guest wants an arm64 Image or ELF file",
                         b->path, what);
    return error_set(err, "%s is neither an arm64 Image nor an ELF file; -kernel loads a flat "
                     "binary as it is", b->path);
}

static bool load(BootKernel *k, const BootRam *ram, BootFile *b, u16 machine, u64 flat_at,
                 bool known_only, Error *err)
{
    const char *what;

    if (boot_is_arm64_image(b->head, b->head_len))
        return boot_arm64_image(k, ram, b, err);
    if (boot_is_elf(b->head, b->head_len))
        return boot_elf(k, ram, b, machine, err);
    what = boot_foreign(b->head, b->head_len);
    if (what || known_only)
        return refuse_unknown(b, what, err);
    return flat(k, ram, b, flat_at, err);
}

bool boot_kernel(BootKernel *k, const BootRam *ram, const char *path, u16 elf_machine,
                 u64 flat_at, bool known_only, Error *err)
{
    BootFile b;

    if (!boot_file_open(&b, path, true, err))
        return error_prefix(err, "-kernel: ");
    bool ok = load(k, ram, &b, elf_machine, flat_at, known_only, err);

    boot_file_close(&b);
    return ok || error_prefix(err, "-kernel: ");
}

bool boot_kernel_kind(const char *path, BootKind *kind, Error *err)
{
    BootFile b;

    if (!boot_file_open(&b, path, true, err))
        return false;
    bool image = boot_is_arm64_image(b.head, b.head_len), elf = boot_is_elf(b.head, b.head_len);
    bool ok = image || elf || refuse_unknown(&b, boot_foreign(b.head, b.head_len), err);

    *kind = image ? BOOT_ARM64_IMAGE : elf ? BOOT_ELF : BOOT_FLAT;
    boot_file_close(&b);
    return ok;
}
