// SPDX-License-Identifier: MIT
// EL0 jumps to addresses that differ from a routine of EL1's only in bits 62:48.  None of them is
// in the range that TTBR0 translates, so each takes an instruction abort (DDI 0487, D8.2.3): a
// translator that looks code up by a hash of address and context must not be fooled.
#include "check.h"
TEST
    MMU_ON
    mov     x20, #0x40000000
    mov     x21, #1
loop:
    ldr     x8, =victim
    adr     x11, 1f
    br      x8                                      // EL1 has just been there
1:  mov     x6, #0
    eor     x8, x8, x21, lsl #48
    EXPECT(3f)
    adr     x9, 2f
    add     x9, x9, x20                             // EL0's mapping of this
    msr     elr_el1, x9
    mov     x9, #0x3c0
    msr     spsr_el1, x9
    eret
2:  adr     x11, 4f
    br      x8
4:  svc     #7
3:  mrs     x10, esr_el1
    IS(x10, 0x82000004)
    mrs     x10, elr_el1
    sub     x10, x10, x8
    IS(x10, 0)
    IS(x6, 0)
    add     x21, x21, #1
    cmp     x21, #300
    b.lo    loop
    b       done
victim:
    mov     x6, #1
    br      x11
done:
    PASS
