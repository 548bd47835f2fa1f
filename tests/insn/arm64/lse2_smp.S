// SPDX-License-Identifier: MIT
// FEAT_LSE2 between CPUs: pairs of X registers and Q registers, aligned, are never seen torn, and
// atomics that are not aligned lose nothing, even with plain stores beside them.
// args: -smp 2
#include "check.h"
#define TIMES 20000
TEST
    MMU_ON
    ldr     x19, =shared
    adr     x1, second
    ldr     w0, =0xc4000003                 // CPU_ON
    mov     x2, x1
    mov     x1, #1
    mov     x3, #0
    hvc     #0
    IS(x0, 0)
1:  ldar    w0, [x19]                       // it runs
    cbz     w0, 1b
    ldr     w20, =TIMES
    mov     x21, #1
    add     x22, x19, #64 + 5               // counter
    add     x23, x19, #96                   // in the middle of a group, and alone
    ldr     w24, =TIMES * 40
    mov     x10, #0                         // everything that was torn
pairs:
    ldp     x0, x1, [x19, #32]
    eor     x0, x0, x1
    ldr     q0, [x19, #32]
    fmov    x2, d0
    mov     x3, v0.d[1]
    eor     x2, x2, x3
    ldr     x4, [x23]                       // a group
    ldp     x4, x5, [x23, #16]
    eor     x4, x4, x5
    orr     x0, x0, x2
    orr     x0, x0, x4
    orr     x10, x10, x0
    subs    w24, w24, #1
    b.ne    pairs
    IS(x10, 0)
    add     x1, x19, #12
    stlr    w21, [x1]                       // enough of these
loop:
    ldadd   x21, x0, [x22]
2:  ldxr    w0, [x22]
    add     w0, w0, #1
    stxr    w1, w0, [x22]
    cbnz    w1, 2b
    subs    w20, w20, #1
    b.ne    loop
    mov     w0, #1
    add     x1, x19, #4
    stlr    w0, [x1]                        // done
    add     x1, x19, #8
3:  ldar    w0, [x1]
    cbz     w0, 3b
    ldur    x0, [x22]
    IS(x0, TIMES * 4)
    PASS
    .text
second:
    MMU_ON
    ldr     x19, =shared
    mov     w0, #1
    stlr    w0, [x19]
    ldr     w20, =TIMES
    mov     x21, #1
    add     x22, x19, #64 + 5
    add     x23, x19, #96
    mov     x10, #0
    add     x1, x19, #12
3:  add     x10, x10, #1
    stp     x10, x10, [x19, #32]
    str     xzr, [x23]
    stp     x10, x10, [x23, #16]
    ldr     w0, [x1]
    cbz     w0, 3b
1:  strb    w20, [x19, #64 + 4]             // beside the counter
    strb    w20, [x19, #64 + 13]
    ldaddal x21, x0, [x22]
    ldar    x0, [x22]
2:  ldxr    w0, [x22]
    add     w0, w0, #1
    stxr    w1, w0, [x22]
    cbnz    w1, 2b
    subs    w20, w20, #1
    b.ne    1b
    mov     w0, #1
    add     x1, x19, #8
    stlr    w0, [x1]
    add     x1, x19, #4
4:  ldar    w0, [x1]
    cbz     w0, 4b
5:  wfi
    b       5b
    .bss
    .balign 64
shared: .skip 256
