// SPDX-License-Identifier: MIT
// Loaders: where things go, and that no file, whole, cut off or damaged, does harm.
#include <elf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "core/memory.h"
#include "machine/boot/boot.h"
#include "tests/lib/test.h"
#include "util/bits.h"

#define BASE 0x40000000ull
#define SIZE (16 * MIB)
enum { AARCH64 = 183 };

static Memory mem;
static Error err;

static BootRam make_ram(void)
{
    mem_init(&mem);
    RamBlock *ram = ram_new(&mem, "ram", SIZE, RAM_ANON, &err);

    TRUE(ram != NULL);
    return (BootRam){ ram, BASE, SIZE };
}

static bool load(BootKernel *k, const BootRam *ram, const char *path)
{
    err.text[0] = 0;
    bool ok = boot_kernel(k, ram, path, AARCH64, 0x80000, false, &err);

    TRUE(ok || err.text[0]); // an error says what
    return ok;
}

// ---- arm64 Image ---------------------------------------------------------------------------

enum { IMAGE_LEN = 0x3000 };

static void make_image(u8 *p, u64 text_offset, u64 image_size, u64 flags)
{
    memset(p, 0, IMAGE_LEN);
    for (int i = 64; i < IMAGE_LEN; i++)
        p[i] = (u8)(i * 7);
    store_le32(p, 0x14000010);
    store_le64(p + 8, text_offset);
    store_le64(p + 16, image_size);
    store_le64(p + 24, flags);
    memcpy(p + 56, "ARM\x64", 4);
}

// EFI stub: PE headers with one section that ends at `end`.
static void add_pe(u8 *p, u32 end)
{
    memcpy(p, "MZ", 2);
    store_le32(p + 0x3c, 0x40);
    memcpy(p + 0x40, "PE\0\0", 4);
    store_le16(p + 0x46, 1);
    store_le16(p + 0x54, 0);
    store_le32(p + 0x58 + 16, end - 0x1000);
    store_le32(p + 0x58 + 20, 0x1000);
}

TEST(boot_image_placement)
{
    static u8 p[IMAGE_LEN];
    BootRam ram = make_ram();
    BootKernel k;

    make_image(p, 0, 0x100000, 10);
    TRUE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    EQ(k.kind, BOOT_ARM64_IMAGE);
    EQ(k.entry, BASE + 2 * MIB);
    EQ(k.end, BASE + 2 * MIB + 0x100000);
    MEM_EQ(boot_ram_at(&ram, k.entry, 1), p, sizeof(p));
    make_image(p, 0x80000, 0x100000, 10);
    TRUE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    EQ(k.entry, BASE + 0x80000);
    make_image(p, 0x1234, 0, 0); // before 3.17: size 0 means 0x80000
    TRUE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    EQ(k.entry, BASE + 0x80000);
    EQ(k.end, BASE + 0x80000 + IMAGE_LEN);
}

TEST(boot_image_refused)
{
    static const u64 offsets[] = { SIZE, SIZE - 0x1000, 1ull << 63, UINT64_MAX, UINT64_MAX - 4096 };
    static u8 p[IMAGE_LEN];
    BootRam ram = make_ram();
    BootKernel k;

    for (size_t i = 0; i < ARRAY_LEN(offsets); i++) {
        make_image(p, offsets[i], 0x100000, 10);
        FALSE(load(&k, &ram, test_file("Image", p, sizeof(p))));
        STR_HAS(err.text, "RAM");
        make_image(p, 0, offsets[i], 10);
        FALSE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    }
    make_image(p, 0, 0x100000, 11);
    FALSE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    STR_HAS(err.text, "big-endian");
    make_image(p, 0, 0x100000, 10);
    add_pe(p, IMAGE_LEN + 1);
    FALSE(load(&k, &ram, test_file("Image", p, sizeof(p))));
    STR_HAS(err.text, "cut off");
    add_pe(p, IMAGE_LEN);
    TRUE(load(&k, &ram, test_file("Image", p, sizeof(p))));
}

static size_t gzip(const u8 *p, size_t len, u8 *out, size_t room)
{
    const char *path = test_file("make.gz", "", 0);
    gzFile f = gzopen(path, "wb");

    gzwrite(f, p, (unsigned)len);
    gzclose(f);
    FILE *in = fopen(path, "rb");
    size_t n = fread(out, 1, room, in);

    fclose(in);
    return n;
}

TEST(boot_gzip)
{
    static u8 p[IMAGE_LEN], z[IMAGE_LEN * 2];
    BootRam ram = make_ram();
    BootKernel k;

    make_image(p, 0, 0x100000, 10);
    size_t n = gzip(p, sizeof(p), z, sizeof(z));

    TRUE(load(&k, &ram, test_file("Image.gz", z, n)));
    MEM_EQ(boot_ram_at(&ram, k.entry, 1), p, sizeof(p));
    for (size_t cut = 2; cut < n; cut += 1 + cut / 16) {
        FALSE(load(&k, &ram, test_file("Image.gz", z, cut)));
        STR_HAS(err.text, "Image.gz");
    }
    z[n / 2] ^= 0x55;
    FALSE(load(&k, &ram, test_file("Image.gz", z, n)));
}

// ---- ELF -------------------------------------------------------------------------------------

enum { ELF_LEN = 0x2100 };

static void make_elf(u8 *p, u64 paddr, u64 vaddr)
{
    Elf64_Ehdr *e = (Elf64_Ehdr *)(void *)p;
    Elf64_Phdr *ph = (Elf64_Phdr *)(void *)(p + 64);

    memset(p, 0, ELF_LEN);
    memcpy(e->e_ident, ELFMAG, 4);
    e->e_ident[EI_CLASS] = ELFCLASS64;
    e->e_ident[EI_DATA] = ELFDATA2LSB;
    e->e_type = ET_EXEC;
    e->e_machine = AARCH64;
    e->e_entry = vaddr + 0x40;
    e->e_phoff = 64;
    e->e_phentsize = 56;
    e->e_phnum = 2;
    ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x100, .p_vaddr = vaddr,
                          .p_paddr = paddr, .p_filesz = 0x1000, .p_memsz = 0x3000 };
    ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = 0x1100, .p_vaddr = vaddr + 0x10000,
                          .p_paddr = paddr + 0x10000, .p_filesz = 0x1000, .p_memsz = 0x1000 };
    memset(p + 0x100, 0x5a, ELF_LEN - 0x100);
}

TEST(boot_elf_load)
{
    static u8 p[ELF_LEN];
    BootRam ram = make_ram();
    BootKernel k;
    u8 *bss = boot_ram_at(&ram, BASE + 0x101000, 0x2000);

    memset(bss, 0xff, 0x2000); // what the last run left
    make_elf(p, BASE + 0x100000, 0xffff000000000000);
    TRUE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    EQ(k.kind, BOOT_ELF);
    EQ(k.entry, BASE + 0x100040);
    EQ(k.start, BASE + 0x100000);
    EQ(k.end, BASE + 0x111000);
    EQ(k.parts, 2);
    EQ(bss[0], 0);
    EQ(bss[0x1fff], 0);
    EQ(bss[-1], 0x5a);
}

TEST(boot_elf_refused)
{
    static u8 p[ELF_LEN];
    BootRam ram = make_ram();
    BootKernel k;
    Elf64_Ehdr *e = (Elf64_Ehdr *)(void *)p;
    Elf64_Phdr *ph = (Elf64_Phdr *)(void *)(p + 64);

    make_elf(p, BASE - 0x1000, 0);
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    STR_HAS(err.text, "RAM");
    make_elf(p, BASE, 0);
    e->e_machine = EM_X86_64;
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    STR_HAS(err.text, "x86-64");
    make_elf(p, BASE, 0);
    ph->p_memsz = UINT64_MAX;
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    make_elf(p, BASE, 0);
    ph->p_offset = UINT64_MAX - 0x100;
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    STR_HAS(err.text, "cut off");
    make_elf(p, BASE, 0);
    e->e_phoff = UINT64_MAX - 8;
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    make_elf(p, BASE, 0);
    e->e_ident[EI_DATA] = ELFDATA2MSB;
    FALSE(load(&k, &ram, test_file("a.elf", p, sizeof(p))));
    STR_HAS(err.text, "big-endian");
}

TEST(boot_elf_cut_off)
{
    static u8 p[ELF_LEN];
    BootRam ram = make_ram();
    BootKernel k;

    make_elf(p, BASE, 0);
    for (size_t n = 4; n < ELF_LEN; n += 1 + n / 32) {
        FALSE(load(&k, &ram, test_file("cut.elf", p, n)));
        STR_HAS(err.text, "cut.elf");
    }
}

// Any damage: an answer, no harm (the sanitizers look on).
TEST(boot_damaged)
{
    static u8 p[IMAGE_LEN], q[IMAGE_LEN];
    BootRam ram = make_ram();
    BootKernel k;

    make_elf(p, BASE + 0x1000, 0);
    for (int i = 0; i < 400; i++) {
        memcpy(q, p, sizeof(q));
        for (int j = 0; j < 3; j++)
            q[4 + test_random() % 180] = (u8)test_random();
        load(&k, &ram, test_file("damaged", q, sizeof(q)));
    }
    make_image(p, 0, 0x10000, 10);
    add_pe(p, 0x2000);
    for (int i = 0; i < 200; i++) {
        memcpy(q, p, sizeof(q));
        for (int j = 0; j < 3; j++)
            q[test_random() % 0x90] = (u8)test_random();
        load(&k, &ram, test_file("damaged", q, sizeof(q)));
    }
}

// ---- others ---------------------------------------------------------------------------------

TEST(boot_flat)
{
    static u8 p[100] = { 1, 2, 3 };
    BootRam ram = make_ram(), small = ram;
    BootKernel k;

    TRUE(load(&k, &ram, test_file("flat", p, sizeof(p))));
    EQ(k.kind, BOOT_FLAT);
    EQ(k.entry, BASE + 0x80000);
    MEM_EQ(boot_ram_at(&ram, k.entry, 1), p, sizeof(p));
    small.size = 0x80000 + 99;
    FALSE(load(&k, &small, test_file("flat", p, sizeof(p))));
    STR_HAS(err.text, "RAM");
    small.size = 0x80000 + 100;
    TRUE(load(&k, &small, test_file("flat", p, sizeof(p))));
    small.size = 0x1000;
    FALSE(load(&k, &small, test_file("flat", p, sizeof(p))));
    FALSE(boot_kernel(&k, &ram, test_file("flat", p, sizeof(p)), AARCH64, 0x80000, true, &err));
    STR_HAS(err.text, "neither");
}

TEST(boot_foreign)
{
    static u8 p[0x9000];
    BootRam ram = make_ram();
    BootKernel k;

    memcpy(p + 0x202, "HdrS", 4);
    FALSE(load(&k, &ram, test_file("k", p, sizeof(p))));
    STR_HAS(err.text, "x86");
    memset(p, 0, sizeof(p));
    store_le32(p + 0x24, 0x016f2818);
    FALSE(load(&k, &ram, test_file("k", p, sizeof(p))));
    STR_HAS(err.text, "32-bit Arm");
    memset(p, 0, sizeof(p));
    memcpy(p, "MZ", 2);
    store_le32(p + 0x3c, 0x80);
    memcpy(p + 0x80, "PE\0\0\x64\x86", 6);
    FALSE(load(&k, &ram, test_file("k", p, sizeof(p))));
    STR_HAS(err.text, "x86-64");
    store_le32(p + 0x3c, UINT32_MAX - 4); // a header far away is none
    TRUE(load(&k, &ram, test_file("k", p, sizeof(p))));
}

TEST(boot_bad_paths)
{
    BootRam ram = make_ram();
    BootKernel k;
    Gpa end;

    FALSE(load(&k, &ram, test_dir()));
    STR_HAS(err.text, "directory");
    FALSE(load(&k, &ram, "/nowhere/none"));
    STR_HAS(err.text, "/nowhere/none");
    FALSE(load(&k, &ram, test_file("empty", "", 0)));
    STR_HAS(err.text, "empty");
    FALSE(load(&k, &ram, "/dev/zero"));
    FALSE(boot_initrd(&ram, "/nowhere/none", BASE, &end, &err));
    FALSE(boot_initrd(&ram, test_file("i", "abc", 3), BASE + SIZE - 2, &end, &err));
    STR_HAS(err.text, "fit");
    FALSE(boot_initrd(&ram, test_file("i", "abc", 3), BASE + SIZE + 4096, &end, &err));
    TRUE(boot_initrd(&ram, test_file("i", "abc", 3), BASE + SIZE - 3, &end, &err));
    EQ(end, BASE + SIZE);
}
