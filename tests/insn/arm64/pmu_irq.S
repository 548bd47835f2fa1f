// SPDX-License-Identifier: MIT
// Overflow interrupts of the performance monitors, PPI 23, at the instruction that -icount promises.
// The peer (7.2) notices no overflow here but where a counter is read, and fails.
#include "check.h"
// args: -icount shift=0,sleep=off
#define GICD      0x08000000
#define GICC      0x08010000
#define SET(reg, value)   ldr x3, =(value); msr reg, x3
#define SAME(reg, value)  mrs x3, reg; IS(x3, value)
TEST
    SET(pmcr_el0, 0x47)                     // LC, C, P, E
    ldr     x3, =GICD
    mov     w4, #1
    str     w4, [x3]
    mov     w5, #1 << 23
    str     w5, [x3, #0x100]
    ldr     x3, =GICC
    mov     w5, #0xff
    str     w5, [x3, #4]
    str     w4, [x3]
    SET(pmevtyper0_el0, 8)
    SET(pmintenset_el1, 1)
    EXPECT(1f)
    mov     x8, #0
    mov     x5, #1
    msr     daifclr, #2
    msr     pmcntenset_el0, x5
    SET(pmevcntr0_el0, 0xfffffff0)
    isb
    .rept 40
    add     x8, x8, #1
    .endr
1:  ldr     x6, =GICC
    ldr     w7, [x6, #12]
    IS(x7, 23)
    IS(x8, 15)                              // 16, the isb one of them
    SAME(pmovsset_el0, 1)
    SET(pmovsclr_el0, 1)
    ldr     x6, =GICC
    str     w7, [x6, #16]
    ldr     w7, [x6, #12]
    and     w7, w7, #0x3ff
    IS(x7, 1023)
    // -- the cycle counter
    SET(pmintenset_el1, 0x80000000)
    EXPECT(1f)
    mov     x8, #0
    msr     daifclr, #2
    SET(pmcntenset_el0, 0x80000000)
    SET(pmccntr_el0, -21)
    isb
    .rept 40
    add     x8, x8, #1
    .endr
1:  ldr     x6, =GICC
    ldr     w7, [x6, #12]
    IS(x7, 23)
    IS(x8, 20)
    SAME(pmovsclr_el0, 0x80000000)
    SET(pmovsclr_el0, 0x80000000)
    str     w7, [x6, #16]
    // -- the odd one of a chained pair
    SET(pmintenclr_el1, 0xffffffff)
    SET(pmevtyper2_el0, 8)
    SET(pmevtyper3_el0, 0x1e)
    SET(pmevcntr3_el0, 0xffffffff)
    SET(pmintenset_el1, 8)
    EXPECT(1f)
    mov     x8, #0
    msr     daifclr, #2
    SET(pmcntenset_el0, 0xc)
    SET(pmevcntr2_el0, -11)
    isb
    .rept 40
    add     x8, x8, #1
    .endr
1:  ldr     x6, =GICC
    ldr     w7, [x6, #12]
    IS(x7, 23)
    IS(x8, 10)
    SAME(pmovsset_el0, 0xc)
    PASS
