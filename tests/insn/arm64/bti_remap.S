// SPDX-License-Identifier: MIT
// FEAT_BTI: GP of a page changes, its address and its code do not (Arm ARM D8.4.6: GP is of the
// translation, so a TLBI makes the new one count).  qemu-system-aarch64 7.2 fails here: it keeps
// what it has translated.
#include "check.h"

#define REMAP(desc)                                                                                \
    ldr x0, =check_table; ldr x1, =(desc); str x1, [x0, #24]; dsb ish; tlbi vmalle1; dsb ish; isb

    TEST
    MMU_ON
    adr     x4, plain
    mov     x5, #0x80000000
    add     x4, x4, x5
    REMAP(0x40000701)
    blr     x4
    IS(x3, 1)
    REMAP(0x40000701 + (1 << 50))
    EXPECT(1f)
    blr     x4
    mov     x0, #0
    IS(x0, 1)
1:  mrs     x0, esr_el1
    IS(x0, 0x36000002)
    mov     x3, #0
    REMAP(0x40000701)
    blr     x4
    IS(x3, 1)
    PASS
    .text
plain:
    mov     x3, #1
    ret
