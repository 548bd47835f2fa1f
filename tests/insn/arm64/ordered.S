// SPDX-License-Identifier: MIT
// LDAPR, and LDAPUR and STLUR with their offsets (FEAT_LRCPC, FEAT_LRCPC2; Arm ARM C6.2).
#include "check.h"
    TEST
    ldr     x1, =data
    ldr     x0, =0x8182838485868788
    mov     x2, #-1
    str     x0, [x1, #16]
    add     x3, x1, #16
    ldapr   x4, [x3]
    IS(x4, 0x8182838485868788)
    ldapr   w4, [x3]
    IS(x4, 0x85868788)
    ldaprh  w4, [x3]
    IS(x4, 0x8788)
    ldaprb  w4, [x3]
    IS(x4, 0x88)
    ldapur  x4, [x1, #16]
    IS(x4, 0x8182838485868788)
    add     x3, x1, #272
    ldapur  w4, [x3, #-252]
    IS(x4, 0x81828384)
    ldapurh w4, [x3, #-256]
    IS(x4, 0x8788)
    ldapurb w4, [x1, #23]
    IS(x4, 0x81)
    ldapursb x4, [x1, #17]
    IS(x4, 0xffffffffffffff87)
    ldapursb w4, [x1, #17]
    IS(x4, 0xffffff87)
    ldapursh x4, [x1, #18]
    IS(x4, 0xffffffffffff8586)
    ldapursh w4, [x1, #18]
    IS(x4, 0xffff8586)
    ldapursw x4, [x1, #20]
    IS(x4, 0xffffffff81828384)
    stlur   x2, [x1, #255 - 7]
    ldr     x4, [x1, #248]
    IS(x4, 0xffffffffffffffff)
    stlur   w0, [x1, #24]
    stlurh  w0, [x1, #28]
    stlurb  w0, [x1, #31]
    ldr     x4, [x1, #24]
    IS(x4, 0x8800878885868788)
    // the stack pointer as base
    mov     x5, sp
    sub     sp, sp, #32
    stlur   x0, [sp, #8]
    ldapur  x4, [sp, #8]
    IS(x4, 0x8182838485868788)
    mov     sp, x5
    PASS
    .bss
    .balign 16
data: .skip 512
    .text
