// SPDX-License-Identifier: MIT
// PSCI (DEN 0022D): a second CPU is switched on, talks, and switches itself off.
// args: -smp 2
#include "check.h"
#define CALL(fn, a, b, c)  ldr w0, =(fn); mov x1, a; mov x2, b; mov x3, c; hvc #0
TEST
    CALL(0x84000000, #0, #0, #0)
    cmp     w0, #0x10000                    // 0.2 has other rules; ours is 1.1
    cset    x1, hs
    IS(x1, 1)
    CALL(0x84000006, #0, #0, #0)            // MIGRATE_INFO_TYPE
    IS(x0, 2)
    CALL(0x8400ffff, #0, #0, #0)
    IS(x0, -1)
    CALL(0xc4000004, #1, #0, #0)            // AFFINITY_INFO: off
    IS(x0, 1)
    CALL(0xc4000004, #0, #0, #0)            // on
    IS(x0, 0)
    CALL(0xc4000003, #77, #0, #0)           // CPU_ON: no such CPU
    IS(x0, -2)
    adr     x5, second
    CALL(0xc4000003, #1, x5, #0x123)
    IS(x0, 0)
    ldr     x6, =mailbox
1:  ldar    x7, [x6]
    cbz     x7, 1b
    IS(x7, 0x123)
    ldr     x7, [x6, #8]                    // its CurrentEL, SPSel, DAIF
    IS(x7, 0x3c5)
    ldr     x7, [x6, #16]
    IS(x7, 0)
    CALL(0xc4000003, #1, x5, #0x123)        // ALREADY_ON
    IS(x0, -4)
    mov     x7, #1
    stlr    x7, [x6]
    sev
1:  CALL(0xc4000004, #1, #0, #0)            // until it is off
    cmp     x0, #1
    b.ne    1b
    CALL(0xc4000003, #1, x5, #0x456)        // and again
    IS(x0, 0)
1:  ldar    x7, [x6]
    cmp     x7, #1
    b.eq    1b
    IS(x7, 0x456)
    PASS
    .text
second:
    ldr     x6, =mailbox
    mrs     x1, CurrentEL
    mrs     x2, daif
    mrs     x3, spsel
    orr     x1, x1, x2
    orr     x1, x1, x3
    str     x1, [x6, #8]
    mrs     x1, sctlr_el1
    mov     x2, #5                          // MMU and cache
    and     x1, x1, x2
    str     x1, [x6, #16]
    stlr    x0, [x6]
1:  wfe
    ldar    x7, [x6]
    cmp     x7, #1
    b.ne    1b
    ldr     w0, =0x84000002                 // CPU_OFF
    hvc     #0
    b       .
    .data
    .balign 64
mailbox: .quad 0, 0, 0
