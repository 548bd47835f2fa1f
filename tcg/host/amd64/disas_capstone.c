// SPDX-License-Identifier: MIT
// -d out_asm by capstone.  It is loaded when it is first asked: its relocations alone would make
// each start 1.5 ms longer and the process 3.5 MB larger.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"
#include "util/str.h"
#include "util/thread.h"

#include <capstone/capstone.h>
#include <dlfcn.h>
#include <stdio.h>

LOG_CATEGORY("tcg.disas")

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define LIBRARY "libcapstone.so." TEXT(CS_API_MAJOR)

typedef struct Capstone {
    __typeof__(&cs_open) open;
    __typeof__(&cs_disasm) disasm;
    __typeof__(&cs_free) free;
    __typeof__(&cs_close) close;
} Capstone;

static bool load(Capstone *c)
{
    void *lib = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);    // stays
    if (!lib) {
        log_error("host code is not shown: %s", dlerror());
        return false;
    }
    c->open = (__typeof__(c->open))dlsym(lib, "cs_open");
    c->disasm = (__typeof__(c->disasm))dlsym(lib, "cs_disasm");
    c->free = (__typeof__(c->free))dlsym(lib, "cs_free");
    c->close = (__typeof__(c->close))dlsym(lib, "cs_close");
    return c->open && c->disasm && c->free && c->close;
}

// NULL: it cannot be loaded, which was said.
static const Capstone *capstone(void)
{
    static Mutex lock = MUTEX_INIT;
    static Capstone c;
    static enum { NEW, LOADED, FAILED } state;
    mutex_lock(&lock);
    if (state == NEW)
        state = load(&c) ? LOADED : FAILED;
    bool ok = state == LOADED;
    mutex_unlock(&lock);
    return ok ? &c : NULL;
}

size_t amd64_disas(const u8 *code, size_t n, char *text, size_t size)
{
    const Capstone *c = capstone();
    csh cs;
    cs_insn *insn = NULL;
    size_t len = 0;
    if (!c || c->open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return 0;
    if (c->disasm(cs, code, n, (u64)(uintptr_t)code, 1, &insn)) {
        len = insn->size;
        snprintf(text, size, "%s %s", insn->mnemonic, insn->op_str);
        c->free(insn, 1);
    }
    c->close(&cs);
    return len;
}

void amd64_log_code(const Region *r)
{
    const Capstone *c = capstone();
    csh cs;
    cs_insn *insn = NULL;
    Str s = { 0 };
    if (!c || c->open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return;
    size_t n = c->disasm(cs, r->code, r->code_size, (u64)(uintptr_t)r->code, 0, &insn);
    str_addf(&s, "OUT: %#llx, %u guest instructions, %u bytes\n", (unsigned long long)r->pc,
             r->insns, r->code_size);
    for (size_t i = 0; i < n; i++)
        str_addf(&s, "%#llx:  %s %s\n", (unsigned long long)insn[i].address, insn[i].mnemonic,
                 insn[i].op_str);
    log_text(str_text(&s), s.len);
    str_free(&s);
    if (n)
        c->free(insn, n);
    c->close(&cs);
}
