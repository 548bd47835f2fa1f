// SPDX-License-Identifier: MIT
// SP as a base must be a multiple of 16 (DDI 0487, D1.8.2).  QEMU 7.2 does not check that: this
// test fails there, by the manual.
#include "check.h"
#define ESR(expected)  mrs x10, esr_el1; IS(x10, expected)
#define ELR(label)     mrs x10, elr_el1; adr x11, label; sub x10, x10, x11; IS(x10, 0)
#define WRONG  mov w26, #__LINE__; mov x27, #0; b check_fail   // never got to
TEST
    MMU_ON
    // -- SP alignment
    mov     x20, sp
    mrs     x1, sctlr_el1
    orr     x1, x1, #8              // SA
    msr     sctlr_el1, x1
    isb
    sub     sp, sp, #8
    EXPECT(1f)
    mov     x3, #3
2:  ldr     x3, [sp]
    WRONG
1:  mov     sp, x20
    ESR(0x9a000000)
    ELR(2b)
    IS(x3, 3)
    str     x3, [sp, #-8]!          // aligned before, not after
    EXPECT(1f)
2:  ldp     x4, x5, [sp], #16
    WRONG
1:  mov     x4, sp
    add     x4, x4, #8
    sub     x4, x4, x20
    IS(x4, 0)
    ELR(2b)
    mov     sp, x20
    ESR(0x9a000000)
    mov     x4, sp
    sub     x4, x4, #8
    ldr     x5, [x4]                // other bases may be anything
    IS(x5, 3)
    EXPECT(1f)
    and     sp, x20, #~15
    sub     sp, sp, #32
    ldr     x4, [sp]
    add     sp, sp, #4
2:  ldr     x4, [sp, #12]           // misaligned base, though the sum is aligned
    WRONG
1:  mov     sp, x20
    ELR(2b)
    PASS
