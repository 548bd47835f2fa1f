// SPDX-License-Identifier: MIT
// Runs on an Arm machine (or qemu-aarch64-static): reads States, executes each one's
// instruction on it, writes them back.  The instruction stands in a copy of `shell`, which
// loads all registers from the state; the stack pointer is the state's address meanwhile.
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/diff/simd_oracle/state.h"

extern char shell[], shell_insn[], shell_end[];
__asm__(".text\n.globl shell, shell_insn, shell_end\n.balign 64\nshell:\n"
        "stp x29, x30, [sp, #-160]!\nstp x19, x20, [sp, #16]\nstp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\nstp x25, x26, [sp, #64]\nstp x27, x28, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\nstp d10, d11, [sp, #112]\n"
        "stp d12, d13, [sp, #128]\nstp d14, d15, [sp, #144]\n"
        "mov x9, sp\nstr x9, [x0, #784]\nmov sp, x0\n"
        "ldr x1, [sp, #760]\nldr x2, [sp, #768]\nmsr nzcv, x1\nmsr fpcr, x2\n"
        "ldr x1, [sp, #776]\nmsr fpsr, x1\n"
        ".irp n,0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30\n"
        "ldr q\\n, [sp, #\\n * 16]\n.endr\n"
        ".irp n,1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31\n"
        "ldr q\\n, [sp, #\\n * 16]\n.endr\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,"
        "24,25,26,27,28,29,30\n"
        "ldr x\\n, [sp, #512 + \\n * 8]\n.endr\n"
        ".globl shell_insn\nshell_insn:\nnop\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,"
        "24,25,26,27,28,29,30\n"
        "str x\\n, [sp, #512 + \\n * 8]\n.endr\n"
        ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,"
        "24,25,26,27,28,29,30,31\n"
        "str q\\n, [sp, #\\n * 16]\n.endr\n"
        "mrs x1, nzcv\nmrs x2, fpcr\nstr x1, [sp, #760]\nstr x2, [sp, #768]\n"
        "mrs x1, fpsr\nstr x1, [sp, #776]\n"
        "ldr x9, [sp, #784]\nmov sp, x9\nmsr fpcr, xzr\n"
        "ldp x19, x20, [sp, #16]\nldp x21, x22, [sp, #32]\nldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\nldp x27, x28, [sp, #80]\nldp d8, d9, [sp, #96]\n"
        "ldp d10, d11, [sp, #112]\nldp d12, d13, [sp, #128]\nldp d14, d15, [sp, #144]\n"
        "ldp x29, x30, [sp], #160\nret\nshell_end:\n");

static State s __attribute__((aligned(16)));
static uint32_t *slot;

static void on_sigill(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    s.undefined = 1;
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
}

int main(void)
{
    static char stack[65536];
    uint8_t *mem = mmap((void *)MEM_BASE, 65536, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    char *code = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);
    stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
    struct sigaction sa = { .sa_sigaction = on_sigill, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    sigaltstack(&alt, NULL);
    sigaction(SIGILL, &sa, NULL);
    memcpy(code, shell, (size_t)(shell_end - shell));
    slot = (uint32_t *)(code + (shell_insn - shell));
    while (fread(&s, sizeof s, 1, stdin) == 1) {
        *slot = s.insn;
        __builtin___clear_cache(code, code + 4096);
        memcpy(mem, s.mem, MEM_BYTES);
        s.undefined = 0;
        ((void (*)(State *))code)(&s);
        memcpy(s.mem, mem, MEM_BYTES);
        if (fwrite(&s, sizeof s, 1, stdout) != 1)
            return 1;
    }
    return 0;
}
