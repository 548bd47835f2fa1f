// SPDX-License-Identifier: MIT
// The vocabulary of check.h, and the least that any other test needs.
#include "check.h"
TEST
    mov     x0, #1
    add     x0, x0, #2
    IS(x0, 3)
    subs    x0, x0, #3
    FLAGS(0b0110)
    VSET(3, 0x1122334455667788, 0x99aabbccddeeff00)
    VIS(3, 0x1122334455667788, 0x99aabbccddeeff00)
    EXPECT(on_udf)
    udf     #0
    mov     x0, #1                  // skipped: the handler goes on elsewhere
on_udf:
    IS(x0, 0)
    mrs     x1, esr_el1             // EC 0 (unknown), IL 1: DDI 0487, D17.2.37
    IS(x1, 0x02000000)
    PASS
