// SPDX-License-Identifier: MIT
// -d out_asm without capstone: bytes that objdump -b binary -m i386:x86-64 reads.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"
#include "util/str.h"

size_t amd64_disas(const u8 *code, size_t n, char *text, size_t size)
{
    (void)code, (void)n, (void)text, (void)size;
    return 0;
}

void amd64_log_code(const Region *r)
{
    Str s = { 0 };
    str_addf(&s, "OUT: %#llx, %u guest instructions, %u bytes (no capstone in this build)\n",
             (unsigned long long)r->pc, r->insns, r->code_size);
    for (u32 i = 0; i < r->code_size; i++)
        str_addf(&s, "%02x%s", r->code[i], i % 32 == 31 ? "\n" : " ");
    str_addc(&s, '\n');
    log_text(str_text(&s), s.len);
    str_free(&s);
}
