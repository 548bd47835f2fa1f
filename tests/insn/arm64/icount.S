// SPDX-License-Identifier: MIT
// Counted instructions: one is 16 ns, so CNTVCT (62.5 MHz) counts them.  What is between two reads
// of it, one of the two counted, is exact wherever regions begin and end; so are interrupts.
#include "check.h"
#include "gic.h"
// args: -icount shift=4,sleep=off
#define BEGIN     mrs x1, cntvct_el0
#define TOOK(n)   mrs x2, cntvct_el0; sub x2, x2, x1; IS(x2, n)
// The virtual timer's interrupt comes n instructions after the label at the end.
#define TIMER_IN(n)                                                                                \
    mrs x3, cntvct_el0; add x3, x3, #((n) + 5); msr cntv_cval_el0, x3; mov x4, #1;                 \
    msr cntv_ctl_el0, x4; msr daifclr, #2
// Acknowledged, off again; x5: ELR.
#define TIMER_OFF                                                                                  \
    ldr x6, =GICC; ldr w7, [x6, #12]; msr cntv_ctl_el0, xzr; str w7, [x6, #16]; mrs x5, elr_el1;   \
    IS(x7, 27)
TEST
    b       1f
twice:
    nop
    nop
    ret
1:  BEGIN
    TOOK(1)
    BEGIN
    nop
    nop
    nop
    TOOK(4)
    // -- a loop in one region, and one of several
    mov     x3, #1000
    BEGIN
1:  subs    x3, x3, #1
    b.ne    1b
    TOOK(2001)
    mov     x3, #100
    ldr     x9, =twice
    BEGIN
1:  tbz     x3, #0, 2f
    nop
2:  blr     x9
    subs    x3, x3, #1
    b.ne    1b
    TOOK(1 + 100 * 7 + 50)
    // -- side exits, taken and not
    BEGIN
    cbz     x3, 1f
    nop
    nop
1:  cbnz    x3, 1f
    nop
1:  b       1f
    nop
1:  TOOK(5)
    // -- exceptions: SVC counts, an access that faults does not
    EXPECT(1f)
    BEGIN
    svc     #0
1:  TOOK(8)                                 // svc, b, ldr, ldr, cbz, str, br
    EXPECT(1f)
    mov     x3, #0x7000000000
    BEGIN
    nop
    ldr     x4, [x3]
    nop
1:  TOOK(8)
    // -- a device, in the middle of things
    ldr     x3, =GICD
    BEGIN
    nop
    ldr     w4, [x3]
    nop
    ldr     w4, [x3, #4]
    str     w4, [x3, #8]
    ldp     w4, w5, [x3]
    TOOK(7)
    // -- the same and a fault behind a jump that a region follows
    BEGIN
    b       1f
    .space  40
1:  nop
    ldr     w4, [x3]
    nop
    ldr     w4, [x3, #4]
    b       1f
    .space  40
1:  nop
    TOOK(8)
    EXPECT(2f)
    mov     x4, #0x7000000000
    BEGIN
    b       1f
    .space  40
1:  ldr     x4, [x4]
    nop
2:  TOOK(8)                                 // b, b, ldr, ldr, cbz, str, br
    // -- the timer's interrupt at each of a hundred places
    GIC_ON(27)
    mov     x10, #1
next:
    EXPECT(1f)
    ldr     x3, =run
    mov     x8, x10
    mrs     x3, cntvct_el0
    add     x3, x3, #5
    add     x3, x3, x10
    msr     cntv_cval_el0, x3
    mov     x4, #1
    msr     cntv_ctl_el0, x4
    msr     daifclr, #2
run:
    .rept 120
    add     x8, x8, #1
    .endr
1:  TIMER_OFF
    ldr     x3, =run - 4
    sub     x5, x5, x3
    lsr     x5, x5, #2
    sub     x6, x5, x10
    IS(x6, 0)
    sub     x8, x8, x10
    sub     x8, x8, x5
    IS(x8, -1)
    add     x10, x10, #1
    cmp     x10, #100
    b.ne    next
    // -- in a loop that stays in its region
    EXPECT(1f)
    mov     x8, #0
    TIMER_IN(2000)
2:  add     x8, x8, #1
    b       2b
1:  TIMER_OFF
    IS(x8, 1000)
    ldr     x3, =2b
    sub     x5, x5, x3
    IS(x5, 0)
    EXPECT(1f)
    mov     x8, #0
    TIMER_IN(2001)
2:  add     x8, x8, #1
    b       2b
1:  TIMER_OFF
    IS(x8, 1001)
    ldr     x3, =2b + 4
    sub     x5, x5, x3
    IS(x5, 0)
    // -- an interrupt that a store to a device causes comes at once
    EXPECT(1f)
    ldr     x3, =GICD + 0xf00
    mov     w4, #2 << 24                    // to this CPU, interrupt 0
    mov     x8, #0
    msr     daifclr, #2
    add     x8, x8, #1
    str     w4, [x3]
2:  add     x8, x8, #1
    add     x8, x8, #1
    IS(x8, 1)                               // it never came
1:  IS(x8, 1)
    mrs     x5, elr_el1
    ldr     x3, =2b
    sub     x5, x5, x3
    IS(x5, 0)
    ldr     x6, =GICC
    ldr     w7, [x6, #12]
    str     w7, [x6, #16]
    // -- waiting: time goes on to the deadline at once, and no further
    mrs     x3, cntvct_el0
    mov     x4, #0x40000000                 // 17 s
    add     x3, x3, x4
    msr     cntv_cval_el0, x3
    mov     x4, #1
    msr     cntv_ctl_el0, x4
    wfi
    mrs     x5, cntvct_el0
    sub     x5, x5, x3
    IS(x5, 1)
    PASS
