// SPDX-License-Identifier: MIT
// The symbol table of an ELF file (System V gABI, "Sections" and "Symbol Table"), for names in
// logs.  A file without one, or with a damaged one, runs all the same: what cannot be read is
// left out, and -d machine.boot says so.
#include "machine/boot/boot.h"

#include <elf.h>
#include <string.h>

#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("machine.boot.symbols")

#define TABLE_MAX (256 * MIB) // bytes of a symbol or string table

typedef struct Section {
    u32 type, link;
    u64 offset, size, entsize;
} Section;

static Section read_section(const u8 *p, bool wide)
{
    if (wide)
        return (Section){ load_le32(p + 4), load_le32(p + 40), load_le64(p + 24),
                          load_le64(p + 32), load_le64(p + 56) };
    return (Section){ load_le32(p + 4), load_le32(p + 24), load_le32(p + 16), load_le32(p + 20),
                      load_le32(p + 36) };
}

// Bytes of the file; NULL if they are not all there, or too many.
static u8 *read_part(BootFile *b, u64 offset, u64 size)
{
    if (!size || size > TABLE_MAX || offset > b->size || size > b->size - offset)
        return NULL;
    u8 *p = try_alloc((size_t)size, 1);

    if (p && (!boot_file_seek(b, offset, NULL) || !boot_file_take(b, p, size, NULL))) {
        free(p);
        return NULL;
    }
    return p;
}

// Functions, objects and plain labels; not sections, files, or the mapping symbols $x and $d
// (ELF for the Arm 64-bit Architecture, 5.5.5).
static bool wanted(const char *name, u8 type, u16 section)
{
    return section != SHN_UNDEF && section != SHN_ABS && type <= STT_FUNC && name[0] &&
           name[0] != '$';
}

static void add_symbol(Symbols *to, const u8 *p, bool wide, u64 bias, const u8 *names, u64 len)
{
    u32 name = load_le32(p);
    u8 info = p[wide ? 4 : 12], type = info & 15;
    u16 section = load_le16(p + (wide ? 6 : 14));
    u64 value = wide ? load_le64(p + 8) : load_le32(p + 4);
    u64 size = wide ? load_le64(p + 16) : load_le32(p + 8);
    u8 rank = (u8)((type == STT_FUNC ? SYMBOL_FUNCTION : 0) | (info >> 4 ? SYMBOL_GLOBAL : 0));

    if (name < len && wanted((const char *)names + name, type, section))
        symbols_add(to, (const char *)names + name, (size_t)(len - name), value + bias, size, rank);
}

static bool add_table(Symbols *to, BootFile *b, bool wide, u64 bias, const Section *table,
                      const Section *strings)
{
    u64 step = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    u8 *syms = table->entsize == step ? read_part(b, table->offset, table->size) : NULL;
    u8 *names = syms ? read_part(b, strings->offset, strings->size) : NULL;

    for (u64 at = 0; names && at + step <= table->size; at += step)
        add_symbol(to, syms + at, wide, bias, names, strings->size);
    bool ok = names != NULL;

    free(names);
    free(syms);
    return ok;
}

void boot_elf_symbols(Symbols *to, BootFile *b, u64 bias)
{
    const u8 *e = b->head;
    bool wide = e[EI_CLASS] == ELFCLASS64;
    u64 shoff = wide ? load_le64(e + 40) : load_le32(e + 32);
    u16 entry = load_le16(e + (wide ? 58 : 46)), count = load_le16(e + (wide ? 60 : 48));

    if (!shoff || !count)
        return;
    u8 *headers = entry == (wide ? 64 : 40) ? read_part(b, shoff, (u64)entry * count) : NULL;
    bool ok = headers != NULL;

    for (u32 i = 0; ok && i < count; i++) {
        Section s = read_section(headers + (size_t)i * entry, wide);

        if (s.type == SHT_SYMTAB && s.link < count) {
            Section strings = read_section(headers + (size_t)s.link * entry, wide);

            ok = add_table(to, b, wide, bias, &s, &strings);
        }
    }
    free(headers);
    if (!ok)
        log_info("%s: its symbol table is damaged and not used", b->path);
}
