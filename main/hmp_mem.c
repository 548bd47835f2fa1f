// SPDX-License-Identifier: MIT
// Memory and registers for people: x, xp, print, sum, gva2gpa, memsave; see hmp.h.
#include "main/hmp.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util/bits.h"
#include "util/fdset.h"

#define COUNT_MAX 65536u
#define STRINGS_MAX (4 * MIB)   // of text, for all strings of one command
#define PIECE 4096u

bool hmp_register(Cpu *cpu, const char *name, u64 *val)
{
    const CpuClass *cls = cpu->cls;

    for (const CpuReg *r = cls->regs; r < cls->regs + cls->reg_count; r++) {
        u8 bytes[64] = { 0 };

        if (strcasecmp(r->name, name) || r->bits > 8 * sizeof(bytes))
            continue;
        if (r->at < 0)
            r->get(cpu, r, bytes);
        else
            memcpy(bytes, (const u8 *)cpu + r->at, r->bits / 8);
        *val = load_le64(bytes); // of a vector: its low half
        return true;
    }
    return false;
}

// ---- formats -------------------------------------------------------------------------------

static void print_char(u8 ch, Str *out)
{
    static const char plain[] = "nrt\\'", code[] = "\n\r\t\\'";
    const char *at = ch ? strchr(code, ch) : NULL;

    if (at)
        str_addf(out, "'\\%c'", plain[at - code]);
    else if (isprint(ch))
        str_addf(out, "'%c'", ch);
    else
        str_addf(out, "'\\x%02x'", ch);
}

static void print_number(char form, unsigned size, u64 v, Str *out)
{
    unsigned bits_ = size * 8;
    i64 sign = bits_ == 64 ? (i64)v : (i64)sext64(v, bits_);

    switch (form) {
    case 'o': str_addf(out, "0%*.*llo", (int)(bits_ + 2) / 3, (int)(bits_ + 2) / 3,
                       (unsigned long long)v); break;
    case 'd': str_addf(out, "%*lld", (int)(bits_ * 10 / 32) + 1, (long long)sign); break;
    case 'u': str_addf(out, "%*llu", (int)(bits_ * 10 / 32) + 1, (unsigned long long)v); break;
    case 'c': print_char((u8)v, out); break;
    default: str_addf(out, "0x%0*llx", (int)size * 2, (unsigned long long)v); break;
    }
}

void hmp_print(Hmp *h)
{
    u64 v = h->num[0];

    switch (h->fmt.form) {
    case 'o': str_addf(h->out, "0%llo\n", (unsigned long long)v); break;
    case 'd': str_addf(h->out, "%lld\n", (long long)v); break;
    case 'u': str_addf(h->out, "%llu\n", (unsigned long long)v); break;
    case 'c': print_char((u8)v, h->out); str_addc(h->out, '\n'); break;
    default: str_addf(h->out, "0x%llx\n", (unsigned long long)v); break;
    }
}

// ---- dumps ---------------------------------------------------------------------------------

static bool fetch(Cpu *cpu, bool physical, u64 addr, void *buf, u64 len, Error *err)
{
    bool ok = physical ? as_rw(cpu->as, addr, buf, len, false, ATTRS_DEBUG) == MEM_OK
                       : cpu_debug_rw(cpu, addr, buf, len, false);

    return ok || error_set(err, "Cannot access memory at 0x%llx%s", (unsigned long long)addr,
                           physical ? "" : "; 'info mem' shows what is mapped");
}

static void dump_insns(Hmp *h, bool physical)
{
    Cpu *cpu = hmp_cpu(h);
    u64 addr = h->num[0];

    for (u32 i = 0; i < h->fmt.count; i++) {
        u8 bytes[16];
        int n = 0;

        for (size_t have = 4; !n && have <= sizeof(bytes); have += 4) {
            if (!fetch(cpu, physical, addr, bytes, have, h->err))
                return;
            if (have == 4)
                str_addf(h->out, "0x%08llx:  ", (unsigned long long)addr);
            n = cpu->cls->disassemble(cpu, addr, bytes, have, h->out);
        }
        str_addc(h->out, '\n');
        addr += n ? (u64)n : 1;
    }
}

static void dump_strings(Hmp *h, bool physical)
{
    u64 addr = h->num[0];

    for (u32 i = 0; i < h->fmt.count; i++) {
        u8 ch = 1;

        if (h->out->len > STRINGS_MAX) {
            error_set_class(h->err, ERROR_INVALID, "at most %llu KiB of strings; memsave takes "
                            "more", (unsigned long long)(STRINGS_MAX / KIB));
            return;
        }
        str_addf(h->out, "%016llx: \"", (unsigned long long)addr);
        for (u32 n = 0; n < PIECE; n++) {
            if (!fetch(hmp_cpu(h), physical, addr++, &ch, 1, h->err) || !ch)
                break;
            if (isprint(ch) && ch != '"' && ch != '\\')
                str_addc(h->out, (char)ch);
            else
                str_addf(h->out, "\\x%02x", ch);
        }
        str_add(h->out, "\"\n");
        if (h->err->text[0])
            return;
    }
}

static void dump_numbers(Hmp *h, bool physical, unsigned size)
{
    unsigned line = h->fmt.form == 'o' || size == 8 ? 2 : h->fmt.form == 'c' ? 8 : 16 / size;
    u64 addr = h->num[0];

    line = size == 1 && h->fmt.form != 'c' ? 8 : line;
    for (u32 i = 0; i < h->fmt.count; i++, addr += size) {
        u8 bytes[8] = { 0 };

        if (!fetch(hmp_cpu(h), physical, addr, bytes, size, h->err))
            break;
        if (i % line == 0)
            str_addf(h->out, "%s%016llx:", i ? "\n" : "", (unsigned long long)addr);
        str_addc(h->out, ' ');
        print_number(h->fmt.form, size, load_le64(bytes), h->out);
    }
    str_addc(h->out, '\n');
}

static void dump(Hmp *h, bool physical)
{
    static const u8 sizes[128] = { ['b'] = 1, ['h'] = 2, ['w'] = 4, ['g'] = 8 };

    if (h->fmt.count > COUNT_MAX)
        error_set_class(h->err, ERROR_INVALID, "at most %u items; memsave takes more", COUNT_MAX);
    else if (h->fmt.form == 'i' && hmp_cpu(h)->cls->disassemble)
        dump_insns(h, physical);
    else if (h->fmt.form == 's')
        dump_strings(h, physical);
    else
        dump_numbers(h, physical, h->fmt.size ? sizes[(u8)h->fmt.size]
                                              : h->fmt.form == 'c' ? 1 : 4);
}

void hmp_x(Hmp *h) { dump(h, false); }
void hmp_xp(Hmp *h) { dump(h, true); }

// The checksum of sum(1) of System V, 16 bits, of physical memory.
void hmp_sum(Hmp *h)
{
    u16 sum = 0;

    if (h->num[1] > GIB) {
        error_set_class(h->err, ERROR_INVALID, "at most 1 GiB");
        return;
    }
    for (u64 i = 0, n; i < h->num[1]; i += n) {
        u64 addr = h->num[0] + i;
        u8 bytes[PIECE];

        n = MIN(h->num[1] - i, PIECE - addr % PIECE);
        if (!fetch(hmp_cpu(h), true, addr, bytes, n, h->err))
            return;
        for (u64 k = 0; k < n; k++)
            sum = (u16)((u16)(sum >> 1 | sum << 15) + bytes[k]);
    }
    str_addf(h->out, "%05d\n", sum);
}

void hmp_gva2gpa(Hmp *h)
{
    Cpu *cpu = hmp_cpu(h);
    MemAttrs attrs;
    Gpa pa;

    if (cpu->cls->debug_translate(cpu, h->num[0], &pa, &attrs))
        str_addf(h->out, "gpa: 0x%llx\n", (unsigned long long)pa);
    else
        str_add(h->out, "Unmapped\n");
}

// ---- files ---------------------------------------------------------------------------------

static bool write_all(int fd, const u8 *buf, size_t len)
{
    while (len) {
        ssize_t n = write(fd, buf, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        buf += n;
        len -= (size_t)n;
    }
    return true;
}

bool memory_save(Cpu *cpu, bool physical, u64 addr, u64 size, const char *path, Error *err)
{
    int fd = path_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    bool ok = true;

    if (fd < 0)
        return error_errno(err, "cannot write %s", path);
    for (u64 at = 0; at < size && ok; at += PIECE) {
        u8 buf[PIECE];
        u64 n = MIN(size - at, PIECE);

        ok = fetch(cpu, physical, addr + at, buf, n, err);
        if (ok && !write_all(fd, buf, n))
            ok = error_errno(err, "cannot write %s", path);
    }
    if (close(fd) && ok)
        ok = error_errno(err, "cannot write %s", path);
    return ok;
}

void hmp_memsave(Hmp *h)
{
    memory_save(hmp_cpu(h), false, h->num[0], h->num[1], h->word[2], h->err);
}

void hmp_pmemsave(Hmp *h)
{
    memory_save(hmp_cpu(h), true, h->num[0], h->num[1], h->word[2], h->err);
}
