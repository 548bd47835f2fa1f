// SPDX-License-Identifier: MIT
// -d out_asm by capstone.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"
#include "util/str.h"

#include <capstone/capstone.h>
#include <stdio.h>

size_t amd64_disas(const u8 *code, size_t n, char *text, size_t size)
{
    csh cs;
    cs_insn *insn = NULL;
    size_t len = 0;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return 0;
    if (cs_disasm(cs, code, n, (u64)(uintptr_t)code, 1, &insn)) {
        len = insn->size;
        snprintf(text, size, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, 1);
    }
    cs_close(&cs);
    return len;
}

void amd64_log_code(const Region *r)
{
    csh cs;
    cs_insn *insn = NULL;
    Str s = { 0 };
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return;
    size_t n = cs_disasm(cs, r->code, r->code_size, (u64)(uintptr_t)r->code, 0, &insn);
    str_addf(&s, "OUT: %#llx, %u guest instructions, %u bytes\n", (unsigned long long)r->pc,
             r->insns, r->code_size);
    for (size_t i = 0; i < n; i++)
        str_addf(&s, "%#llx:  %s %s\n", (unsigned long long)insn[i].address, insn[i].mnemonic,
                 insn[i].op_str);
    log_text(str_text(&s), s.len);
    str_free(&s);
    if (n)
        cs_free(insn, n);
    cs_close(&cs);
}
