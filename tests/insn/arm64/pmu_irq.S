// SPDX-License-Identifier: MIT
// Overflow interrupts of the performance monitors, PPI 23, at the instruction that -icount promises.
// The peer (7.2) notices no overflow here but where a counter is read, and fails.
#include "check.h"
#include "gic.h"
// args: -icount shift=0,sleep=off
#define SET(reg, value)   ldr x3, =(value); msr reg, x3
#define SAME(reg, value)  mrs x3, reg; IS(x3, value)
#define PPI 23
// Among additions to x8, which is 0: n of them are done.  x6: GICC, w7: what was acknowledged.
#define COMES_AFTER(n)                                                                             \
    isb; .rept 40; add x8, x8, #1; .endr; 1: ldr x6, =GICC; ldr w7, [x6, #GICC_IAR];               \
    IS(x7, PPI); IS(x8, n)
TEST
    SET(pmcr_el0, 0x47)                     // LC, C, P, E
    GIC_ON(PPI)
    SET(pmevtyper0_el0, 8)
    SET(pmintenset_el1, 1)
    EXPECT(1f)
    mov     x8, #0
    mov     x5, #1
    msr     daifclr, #2
    msr     pmcntenset_el0, x5
    SET(pmevcntr0_el0, 0xfffffff0)
    COMES_AFTER(15)                         // 16, the isb one of them
    SAME(pmovsset_el0, 1)
    SET(pmovsclr_el0, 1)
    str     w7, [x6, #GICC_EOIR]
    ldr     w7, [x6, #GICC_IAR]
    and     w7, w7, #0x3ff
    IS(x7, 1023)
    // -- the cycle counter
    SET(pmintenset_el1, 0x80000000)
    EXPECT(1f)
    mov     x8, #0
    msr     daifclr, #2
    SET(pmcntenset_el0, 0x80000000)
    SET(pmccntr_el0, -21)
    COMES_AFTER(20)
    SAME(pmovsclr_el0, 0x80000000)
    SET(pmovsclr_el0, 0x80000000)
    str     w7, [x6, #GICC_EOIR]
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
    COMES_AFTER(10)
    SAME(pmovsset_el0, 0xc)
    PASS
