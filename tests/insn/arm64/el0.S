// SPDX-License-Identifier: MIT
// EL0: what it may do, what traps to EL1, and with which syndrome (DDI 0487, C5.2, D1.3, D23.2.40).
#include "check.h"
#define WRONG  mov w26, #__LINE__; mov x27, #0; b check_fail   // never got to
#define ESR(expected)  mrs x10, esr_el1; IS(x10, expected)
// EL0 runs through the mapping 1 GiB higher, in a block that is not executable at EL1.
// Runs `insn` at EL0 and comes back with whatever exception it takes; SVC #7 if none.
#define AT_EL0(...)                                                                                \
    EXPECT(3f); adr x9, 2f; add x9, x9, x20; msr elr_el1, x9; mov x9, #0x3c0; msr spsr_el1, x9;    \
    eret; 2: __VA_ARGS__; svc #7; 3:
#define ALLOWED(...)  AT_EL0(__VA_ARGS__); ESR(0x56000007)
#define TRAPS(esr, ...)  AT_EL0(__VA_ARGS__); ESR(esr); mrs x10, elr_el1; adr x11, 2b;             \
    add x11, x11, x20; sub x10, x10, x11; IS(x10, 0)
#define UNDEFINED(...)  TRAPS(0x02000000, __VA_ARGS__)
TEST
    MMU_ON
    mov     x20, #0x40000000
    ALLOWED(nop)
    ALLOWED(mov x1, #0x77; msr tpidr_el0, x1; mrs x2, tpidr_el0)
    IS(x2, 0x77)
    ALLOWED(mrs x2, tpidrro_el0)
    ALLOWED(mov x1, #0xa0000000; msr nzcv, x1; mrs x2, nzcv)
    IS(x2, 0xa0000000)
    ALLOWED(mrs x2, fpcr; mrs x2, fpsr; mrs x2, dczid_el0)
    ALLOWED(dmb sy; dsb ish; isb; clrex; yield; sevl; wfe)
    ALLOWED(mov x3, sp; sub x3, x3, x3)

    UNDEFINED(udf #1)
    UNDEFINED(eret)
    UNDEFINED(msr spsel, #0)
    UNDEFINED(msr tpidrro_el0, x1)
    UNDEFINED(mrs x1, tpidr_el1)
    UNDEFINED(mrs x1, sctlr_el1)
    UNDEFINED(mrs x1, CurrentEL)
    UNDEFINED(mrs x1, spsel)
    UNDEFINED(mrs x1, vbar_el1)
    UNDEFINED(msr ttbr0_el1, x1)
    UNDEFINED(tlbi vmalle1)
    UNDEFINED(ic iallu)
    UNDEFINED(dc isw, x1)
    UNDEFINED(hvc #0)
    TRAPS(0xf2000055, brk #0x55)

    // SCTLR_EL1: UMA, UCT, UCI, DZE clear: EC 0x18 with the instruction's name
    mrs     x21, sctlr_el1
    ldr     x1, =(1 << 9 | 1 << 15 | 1 << 26 | 1 << 14 | 1 << 16 | 1 << 18)
    bic     x1, x21, x1
    msr     sctlr_el1, x1
    isb
    TRAPS(0x6232d085, mrs x4, daif)
    TRAPS(0x6232d084, msr daif, x4)
    AT_EL0(msr daifset, #6)                      // QEMU 7.2 swaps op1 and op2 in these two: look at EC only
    mrs     x10, esr_el1
    lsr     x10, x10, #26
    IS(x10, 0x18)
    AT_EL0(msr daifclr, #1)
    mrs     x10, esr_el1
    lsr     x10, x10, #26
    IS(x10, 0x18)
    TRAPS(0x6232c061, mrs x3, ctr_el0)
    TRAPS(0x6212dd28, dc zva, x9)
    TRAPS(0x6212dd36, dc cvau, x9)
    TRAPS(0x6212dd2a, ic ivau, x9)
    TRAPS(0x6212dd3c, dc civac, x9)
    TRAPS(0x7e00000, wfi)
    mrs     x1, sctlr_el1
    orr     x1, x1, #(1 << 9)
    orr     x1, x1, #(1 << 15)
    orr     x1, x1, #(1 << 26)
    orr     x1, x1, #(1 << 14)
    msr     sctlr_el1, x1
    isb
    ALLOWED(msr daifclr, #15; mrs x4, daif)
    IS(x4, 0)
    ALLOWED(msr daifclr, #15; msr daifset, #5; mrs x4, daif)
    IS(x4, 0x140)
    ALLOWED(mrs x4, ctr_el0; adr x9, 2b; dc cvau, x9; ic ivau, x9; dc civac, x9)
    ldr     x12, =(block + 0x40000000)
    ALLOWED(str x12, [x12]; dc zva, x12; ldr x4, [x12])
    IS(x4, 0)
    // floating point off
    mov     x1, #(1 << 20)
    msr     cpacr_el1, x1
    isb
    fmov    d0, x1
    TRAPS(0x1fe00000, fmov d0, x1)
    TRAPS(0x1fe00000, mrs x1, fpcr)
    mov     x1, #(3 << 20)
    msr     cpacr_el1, x1
    isb
    ALLOWED(fmov d0, x1)
    // EL1's memory is not EL0's: ESR of a data abort from below, permission, level 1
    ldr     x12, =block
    mov     x4, #4
    TRAPS(0x9200000d, ldr x4, [x12])
    IS(x4, 4)
    mrs     x10, far_el1
    sub     x10, x10, x12
    IS(x10, 0)
    TRAPS(0x9200004d, str x4, [x12], #8)
    ldr     x10, =block
    sub     x10, x10, x12
    IS(x10, 0)
    // nor EL0's code EL1's: instruction abort at the same level
    EXPECT(1f)
    adr     x9, 2f
    add     x9, x9, x20
    br      x9
2:  nop
    WRONG
1:  ESR(0x8600000d)
    mrs     x10, far_el1
    sub     x10, x10, x9
    IS(x10, 0)
    // LDTR at EL1 is an access of EL0
    EXPECT(1f)
    ldr     x9, =block
2:  ldtr    x4, [x9]
    WRONG
1:  ESR(0x9600000d)
    add     x9, x9, x20
    str     x20, [x9]
    ldtr    x4, [x9]
    IS(x4, 0x40000000)
    PASS
    .balign 4096
block:
    .skip   4096
