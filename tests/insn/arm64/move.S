// SPDX-License-Identifier: MIT
// The same page of code at several VAs, all above 4 GiB: whatever is made of the pc is as far
// from its value at the first VA as the page.  A translator may copy the code that it made for
// one VA for the next (tcg/host/amd64/relocate.c).
#include "check.h"
#define BLOCK 0x40000000                            // level 1: of RAM, and of each alias
TEST
    MMU_ON
    ldr     x0, =check_table
    ldr     x1, [x0, #8]
    mov     x2, #32                                 // aliases at 32, 37, 42, ... GiB
    mov     x3, #20
1:  str     x1, [x0, x2, lsl #3]
    add     x2, x2, #5
    subs    x3, x3, #1
    b.ne    1b
    dsb     ish
    isb
    mov     x19, #32
next:
    lsl     x20, x19, #30
    mov     x21, #BLOCK
    sub     x20, x20, x21                           // alias - RAM
    mov     x22, #3                                 // each three times: made, linked, run
again:
    ldr     x0, =alias
    add     x0, x0, x20
    adr     x23, back
    EXPECT(trap)
    br      x0
back:                                               // x0 to x13 are pcs, x14 to x17 not
#define MOVED(n) sub x##n, x##n, x20
    MOVED(0); MOVED(1); MOVED(2); MOVED(3); MOVED(4); MOVED(5); MOVED(6); MOVED(7); MOVED(8)
    MOVED(9); MOVED(10); MOVED(11); MOVED(12); MOVED(13)
    IS(x0, at_adr)
    IS(x1, words)
    IS(x2, after_bl)
    IS(x3, after_far)
    IS(x4, words)
    IS(x5, words + 16)
    IS(x6, at_trap)
    IS(x7, at_load)
    IS(x8, words)
    IS(x9, at_side)
    IS(x10, turn)
    IS(x11, words)
    IS(x12, page2)
    IS(x13, words)
    IS(x14, 0x1111)
    IS(x15, 0x2222)
    IS(x16, 0x3333)
    IS(x17, 40 * 3)
    subs    x22, x22, #1
    b.ne    again
    add     x19, x19, #5
    cmp     x19, #32 + 5 * 20
    b.lo    next
    b       done
trap:                                               // at_trap, then at_load
    mrs     x18, elr_el1
    cbnz    x6, 2f
    mov     x6, x18
    b       3f
2:  mov     x7, x18
    mrs     x13, far_el1
    ldr     x10, =0x100000000000
    sub     x13, x13, x10
3:  add     x18, x18, #4
    mrs     x10, esr_el1
    lsr     x10, x10, #26
    cmp     x10, #0x15
    b.ne    4f
    mov     x18, x6                                 // an SVC returns behind itself
    sub     x6, x6, #4
4:  msr     elr_el1, x18
    EXPECT(trap)
    eret

    .balign 4096
alias:
    mov     x6, #0
at_adr:
    adr     x0, .
    adrp    x1, words
    add     x1, x1, :lo12:words
    ldr     x14, [x1]                               // a constant address
    ldr     x15, words + 8                          // a literal
    bl      leaf
after_bl:
    bl      page2                                   // by way of the jump cache
after_far:
    adr     x4, words
    str     x4, [x1, #32]                           // a pc as an operand of a store
    stp     x4, x14, [x1, #48]
    ldr     x11, [x1, #48]
    add     x5, x4, #16
    svc     #1                                      // the exception's pc
at_svc:
    ldr     x10, =0x100000000000
    adr     x8, words
    add     x10, x10, x8
at_load:
    ldr     x9, [x10]                               // faults with x8 a pc not yet stored
    adr     x9, at_side
    cbnz    x14, at_side                            // leaves with x9 not yet stored
    mov     x9, #0
    .skip   64
at_side:
    mov     x16, #40
    mov     x17, #0
turn:
    adr     x10, turn                               // a loop that keeps registers
    add     x17, x17, #3
    subs    x16, x16, #1
    b.ne    turn
    ldr     x16, words + 16
    br      x23
leaf:
    mov     x2, x30
    ret
    .balign 16
words:
    .quad   0x1111, 0x2222, 0x3333, 0, 0, 0, 0, 0
    .equ    at_trap, at_svc - 4
    .balign 4096
page2:
    mov     x3, x30
    adr     x12, page2
    ret
done:
    PASS
