// SPDX-License-Identifier: MIT
// Two address spaces whose code is the same at first: what one of them runs later, at an address
// that is new to the other, says nothing of the other once the page is another (Arm ARM D8.13.5:
// TLBI by VA, all ASIDs).  A translator may let the second begin with the jumps of the first.
#include "check.h"

#define VA 0x100000000
#define ASID(n) ldr x0, =check_table; orr x0, x0, #(n << 48); msr ttbr0_el1, x0; isb
#define CALL_IS(value) ldr x1, =VA; mov x0, #0; blr x1; IS(x0, value)
#define MAP(page)                                                                                  \
    ldr x0, =page; mov x1, #0xf03; orr x0, x0, x1; str x0, [x11]; dsb ish;                         \
    ldr x2, =(VA >> 12); tlbi vaae1is, x2; dsb ish; isb

    TEST
    MMU_ON
    ldr     x0, =check_table
    ldr     x11, =level3
    ldr     x1, =level2
    orr     x2, x1, #3
    str     x2, [x0, #32]
    orr     x2, x11, #3
    str     x2, [x1]
    MAP(page_a)
    mov     x19, #20
again:
    ASID(1)
    bl      turn
    ASID(2)                                         // new: like 1
    bl      turn
    ASID(1)
    CALL_IS(0xa)
    MAP(page_b)
    CALL_IS(0xb)
    ASID(2)
    CALL_IS(0xb)
    MAP(page_a)
    CALL_IS(0xa)
    ASID(1)
    CALL_IS(0xa)
    tlbi    vmalle1is
    dsb     ish
    isb
    subs    x19, x19, #1
    b.ne    again
    PASS
    .text
turn:
    ret

    .balign 4096
page_a:
    mov     x0, #0xa
    ret
    .balign 4096
page_b:
    mov     x0, #0xb
    ret
    .bss
    .balign 4096
level2: .space 4096
level3: .space 4096
