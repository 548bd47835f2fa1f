// SPDX-License-Identifier: MIT
// Branches: every condition under every NZCV, compare and test, calls, indirect ones.
#include "check.h"
// x5 gets a bit for each of the 16 NZCV values under which the condition holds
#define CONDITION(cond, expected)                                                                    \
    mov x5, #0; mov x6, #0;                                                                        \
2:  lsl x7, x6, #28; msr nzcv, x7; b.cond 3f; b 4f;                                                  \
3:  mov x7, #1; lsl x7, x7, x6; orr x5, x5, x7;                                                    \
4:  add x6, x6, #1; cmp x6, #16; b.ne 2b;                                                          \
    IS(x5, expected)
// x5 counts taken branches
#define TAKEN(...)      mov x5, #0; __VA_ARGS__, 2f; mov x5, #1; 2: IS(x5, 0)
#define NOT_TAKEN(...)  mov x5, #0; __VA_ARGS__, 2f; mov x5, #1; 2: IS(x5, 1)
#define WRONG  mov w26, #__LINE__; mov x27, #0; b check_fail   // never got to
TEST
    CONDITION(eq, 0xf0f0)
    CONDITION(ne, 0x0f0f)
    CONDITION(cs, 0xcccc)
    CONDITION(cc, 0x3333)
    CONDITION(mi, 0xff00)
    CONDITION(pl, 0x00ff)
    CONDITION(vs, 0xaaaa)
    CONDITION(vc, 0x5555)
    CONDITION(hi, 0x0c0c)
    CONDITION(ls, 0xf3f3)
    CONDITION(ge, 0xaa55)
    CONDITION(lt, 0x55aa)
    CONDITION(gt, 0x0a05)
    CONDITION(le, 0xf5fa)
    CONDITION(al, 0xffff)
    CONDITION(nv, 0xffff)

    mov     x1, #0x100000000
    TAKEN(cbz w1)
    NOT_TAKEN(cbz x1)
    NOT_TAKEN(cbnz w1)
    TAKEN(cbnz x1)
    TAKEN(cbz xzr)
    NOT_TAKEN(cbnz wzr)
    TAKEN(tbnz x1, #32)
    NOT_TAKEN(tbz x1, #32)
    TAKEN(tbz w1, #31)
    NOT_TAKEN(tbnz x1, #63)
    mov     x1, #1
    TAKEN(tbnz w1, #0)
    mov     x1, #0x8000000000000000
    TAKEN(tbnz x1, #63)

    // flags survive branches and side exits
    mov     x1, #5
    subs    x2, x1, #5
    cbnz    x2, fail
    b.ne    fail
    adds    x2, x1, #-1
    b.eq    fail
    b       2f
3:  csinc   x3, x1, xzr, cc
    IS(x3, 1)
    b       4f
2:  b       3b
4:
    // loops, backwards
    mov     x1, #1000
    mov     x2, #0
2:  add     x2, x2, x1
    subs    x1, x1, #1
    b.ne    2b
    IS(x2, 500500)

    // calls
    mov     x0, #0
    bl      leaf
after_bl:
    IS(x0, 1)
    adr     x1, leaf
    blr     x1
    IS(x0, 2)
    adr     x30, leaf
    blr     x30                     // the target is read before the link is written
    IS(x0, 3)
    adr     x9, 2f
    br      x9
    WRONG
2:  adr     x9, 3f
    ret     x9
    WRONG
3:  mov     x0, #10
    bl      fib
    IS(x0, 55)
    // a computed target, many times
    mov     x1, #0
    mov     x2, #0
5:  and     x3, x1, #3
    adr     x4, table
    add     x4, x4, x3, lsl #3
    br      x4
table:
    add     x2, x2, #1
    b       6f
    add     x2, x2, #16
    b       6f
    add     x2, x2, #256
    b       6f
    add     x2, x2, #4096
6:  add     x1, x1, #1
    cmp     x1, #40
    b.lo    5b
    IS(x2, 0xaaaa)
    // over a page and back
    b       far
back:
    IS(x7, 77)
    // targets that are misaligned fault at the target (D1.3.5)
    EXPECT(on_odd)
    adr     x9, 2f + 1
    br      x9
2:  nop
    WRONG
on_odd:
    mrs     x10, esr_el1
    IS(x10, 0x8a000000)
    mrs     x10, elr_el1
    IS(x10, 2b + 1)
    mrs     x10, far_el1
    IS(x10, 2b + 1)
    EXPECT(on_odd2)
    adr     x30, 2b + 2
    ret
on_odd2:
    mrs     x10, elr_el1
    IS(x10, 2b + 2)
    EXPECT(on_odd3)
    adr     x9, 2b + 3
    msr     elr_el1, x9
    mov     x9, #0x3c5
    msr     spsr_el1, x9
    eret
on_odd3:
    mrs     x10, elr_el1
    IS(x10, 2b + 3)
    PASS
    .text
fail:
    mov     w26, #0
    b       check_fail
leaf:
    add     x0, x0, #1
    ret
fib:                                // recursive, on the stack
    cmp     x0, #2
    b.lo    2f
    stp     x30, x20, [sp, #-16]!
    stp     x0, xzr, [sp, #-16]!
    sub     x0, x0, #1
    bl      fib
    mov     x20, x0
    ldp     x0, xzr, [sp], #16
    sub     x0, x0, #2
    stp     x20, xzr, [sp, #-16]!
    bl      fib
    ldp     x20, xzr, [sp], #16
    add     x0, x0, x20
    ldp     x30, x20, [sp], #16
2:  ret
    .skip 8192
far:
    mov     x7, #77
    b       back
