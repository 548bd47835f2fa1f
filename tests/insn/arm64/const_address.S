// SPDX-License-Identifier: MIT
// Loads and stores whose address is known when they are translated: address 0, which is a
// number as others are, in a page that is not in the TLB yet.
#include "check.h"

TEST
    adrp x1, here                       // what follows must be translated with x1 known
    add x1, x1, :lo12:here
    ldr x0, [x1]
    IS(x0, 0x1122334455667788)
    mov x1, #0                          // flash, or nothing: it must be this address that is read
    mov x4, #0
    ldr w5, [x4]
    mov x1, x4
    ldr w6, [x1]
    sub x6, x6, x5
    IS(x6, 0)
    PASS

    .text
    .balign 8
here:
    .quad 0x1122334455667788
