// SPDX-License-Identifier: MIT
// ELF executables (System V gABI, edition of 2013-06-10; ELF-32 and ELF-64), loaded by physical
// address.  Relocations and interpreters are not looked at; a static-pie whose addresses begin
// below RAM goes, as a whole, to its start + 2 MiB and relocates itself.
#include "machine/boot/boot.h"

#include <elf.h>
#include <string.h>

#include "util/bits.h"

static const struct { u16 machine; const char *name; } machines[] = {
    { EM_386, "32-bit x86 (i386)" },      { EM_X86_64, "x86-64 (amd64)" },
    { EM_ARM, "32-bit Arm" },             { EM_AARCH64, "arm64" },
    { EM_RISCV, "RISC-V" },               { EM_PPC64, "64-bit PowerPC" },
    { EM_PPC, "32-bit PowerPC" },         { EM_S390, "s390" },
    { EM_MIPS, "MIPS" },                  { EM_SPARCV9, "SPARC" },
    { EM_68K, "m68k" },                   { EM_IA_64, "Itanium" },
    { EM_ALPHA, "Alpha" },                { EM_PARISC, "PA-RISC" },
    { EM_LOONGARCH, "LoongArch" },        { EM_XTENSA, "Xtensa" },
};

const char *boot_elf_machine_name(u32 machine)
{
    for (size_t i = 0; i < ARRAY_LEN(machines); i++)
        if (machines[i].machine == machine)
            return machines[i].name;
    return NULL;
}

bool boot_is_elf(const u8 *head, size_t len)
{
    return len >= 4 && !memcmp(head, ELFMAG, 4);
}

enum { PIE_OFFSET = 2 << 20, PIE_PAGE = 65536 };

// Both classes widened.
typedef struct Header {
    bool wide;
    u16 type, machine, phentsize, phnum;
    u64 entry, phoff;
} Header;

typedef struct Segment {
    u32 type;
    u64 offset, vaddr, paddr, filesz, memsz;
} Segment;

static bool cut_off(BootFile *b, const char *what, Error *err)
{
    return error_set(err, "%s is a cut off ELF file: %s; get it again", b->path, what);
}

static bool read_header(Header *h, BootFile *b, Error *err)
{
    const u8 *e = b->head;

    if (b->head_len < EI_NIDENT + 4 || b->head_len < (e[EI_CLASS] == ELFCLASS64 ? 64u : 52u))
        return cut_off(b, "its header is not whole", err);
    if (e[EI_CLASS] != ELFCLASS32 && e[EI_CLASS] != ELFCLASS64)
        return error_set(err, "%s is a damaged ELF file: no such class", b->path);
    if (e[EI_DATA] != ELFDATA2LSB)
        return error_set(err, "%s is a big-endian ELF file; only little-endian ones run", b->path);
    h->wide = e[EI_CLASS] == ELFCLASS64;
    h->type = load_le16(e + 16);
    h->machine = load_le16(e + 18);
    h->entry = h->wide ? load_le64(e + 24) : load_le32(e + 24);
    h->phoff = h->wide ? load_le64(e + 32) : load_le32(e + 28);
    h->phentsize = load_le16(e + (h->wide ? 54 : 42));
    h->phnum = load_le16(e + (h->wide ? 56 : 44));
    return true;
}

static bool check_header(const Header *h, BootFile *b, u16 machine, Error *err)
{
    const char *is = boot_elf_machine_name(h->machine), *want = boot_elf_machine_name(machine);

    if (h->machine != machine)
        return h->machine == EM_ARM && machine == EM_AARCH64 ?
               error_set_class(err, ERROR_UNSUPPORTED, "%s is an ELF file for 32-bit Arm; those "
                               "guests are not built yet, only arm64 ones run", b->path) :
               error_set(err, "%s is an ELF file for %s, not for %s; run it on its own machine",
                         b->path, is ? is : "an unknown processor", want ? want : "this one");
    if (b->gz)
        return error_set(err, "%s is a compressed ELF file; gunzip it first", b->path);
    if (h->type != ET_EXEC && h->type != ET_DYN)
        return error_set(err, "%s is an ELF file but no executable; link it first", b->path);
    if (!h->phnum || h->phentsize != (h->wide ? 56 : 32))
        return error_set(err, "%s is an ELF file without program headers; link it first", b->path);
    if (h->phoff > b->size || (u64)h->phnum * h->phentsize > b->size - h->phoff)
        return cut_off(b, "its program headers lie beyond its end", err);
    return true;
}

static Segment read_segment(const u8 *p, bool wide)
{
    if (wide)
        return (Segment){ load_le32(p), load_le64(p + 8), load_le64(p + 16), load_le64(p + 24),
                          load_le64(p + 32), load_le64(p + 40) };
    return (Segment){ load_le32(p), load_le32(p + 4), load_le32(p + 8), load_le32(p + 12),
                      load_le32(p + 16), load_le32(p + 20) };
}

static void note_part(BootKernel *k, Gpa start, Gpa end)
{
    if (k->parts < ARRAY_LEN(k->part)) {
        k->part[k->parts].start = start;
        k->part[k->parts].end = end;
    }
    k->parts++;
    k->start = MIN(k->start, start);
    k->end = MAX(k->end, end);
}

static bool load_segment(BootKernel *k, const BootRam *ram, BootFile *b, const Segment *s,
                         Error *err)
{
    u8 *to = boot_ram_at(ram, s->paddr, s->memsz);

    if (s->filesz > s->memsz)
        return error_set(err, "%s is a damaged ELF file: a segment is larger in the file than in "
                         "memory", b->path);
    if (s->offset > b->size || s->filesz > b->size - s->offset)
        return cut_off(b, "a segment lies beyond its end", err);
    if (!to)
        return error_set(err, "%s: its segment at 0x%llx, 0x%llx bytes, is not inside RAM "
                         "(0x%llx-0x%llx); link it elsewhere or change -m", b->path,
                         (unsigned long long)s->paddr, (unsigned long long)s->memsz,
                         (unsigned long long)ram->base, (unsigned long long)boot_ram_end(ram) - 1);
    if (!boot_file_seek(b, s->offset, err) || !boot_file_take(b, to, s->filesz, err))
        return false;
    memset(to + s->filesz, 0, (size_t)(s->memsz - s->filesz));
    boot_ram_written(ram, s->paddr, s->memsz);
    note_part(k, s->paddr, s->paddr + s->memsz);
    return true;
}

static Segment segment(const Header *h, const u8 *table, u32 i)
{
    return read_segment(table + (size_t)i * h->phentsize, h->wide);
}

// What is added to each address of a position-independent file, a multiple of its pages.
static u64 choose_bias(const Header *h, const BootRam *ram, const u8 *table)
{
    u64 lowest = UINT64_MAX;

    for (u32 i = 0; i < h->phnum; i++) {
        Segment s = segment(h, table, i);

        if (s.type == PT_LOAD && s.memsz)
            lowest = MIN(lowest, s.paddr);
    }
    if (h->type != ET_DYN || lowest >= ram->base)
        return 0;
    return ram->base + PIE_OFFSET - (lowest & ~(u64)(PIE_PAGE - 1));
}

static bool load_segments(BootKernel *k, const BootRam *ram, BootFile *b, const Header *h,
                          const u8 *table, u64 bias, Error *err)
{
    for (u32 i = 0; i < h->phnum; i++) {
        Segment s = segment(h, table, i);

        if (s.type != PT_LOAD || !s.memsz)
            continue;
        s.paddr += bias;
        if (!load_segment(k, ram, b, &s, err))
            return false;
        // The entry point is a virtual address.
        if (h->entry >= s.vaddr && h->entry - s.vaddr < s.memsz)
            k->entry = h->entry - s.vaddr + s.paddr;
    }
    return k->parts || error_set(err, "%s is an ELF file with nothing to load", b->path);
}

bool boot_elf(BootKernel *k, const BootRam *ram, BootFile *b, u16 machine, Error *err)
{
    Header h = { 0 };

    *k = (BootKernel){ .kind = BOOT_ELF, .start = UINT64_MAX };
    if (!read_header(&h, b, err) || !check_header(&h, b, machine, err))
        return false;
    k->entry = h.entry;
    u64 bias = 0;
    u8 *table = xalloc((size_t)h.phnum * h.phentsize);
    bool ok = boot_file_seek(b, h.phoff, err) &&
              boot_file_take(b, table, (u64)h.phnum * h.phentsize, err);

    if (ok) {
        bias = choose_bias(&h, ram, table);
        ok = load_segments(k, ram, b, &h, table, bias, err);
    }
    free(table);
    if (ok && ram->symbols)
        boot_elf_symbols(ram->symbols, b, bias);
    return ok;
}
