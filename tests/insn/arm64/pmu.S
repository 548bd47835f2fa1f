// SPDX-License-Identifier: MIT
// Event counters (DDI 0487 D13): what they count, of instructions of 1 ns each; overflow; filters by
// exception level.
#include "check.h"
// args: -icount shift=0,sleep=off
#define SET(reg, value)   ldr x3, =(value); msr reg, x3
#define SAME(reg, value)  mrs x3, reg; IS(x3, value)
// Counters have 64 bits from FEAT_PMUv3p5 on; they overflow at 32 all the same.
#define COUNT(n, value)   mrs x3, pmevcntr##n##_el0; mov w3, w3; IS(x3, value)
TEST
    // -- what there is: SW_INCR, INST_RETIRED, CPU_CYCLES; 6 counters
    mrs     x1, pmcr_el0
    ubfx    x2, x1, #11, #5
    IS(x2, 6)
    mrs     x9, pmceid0_el0
    mov     x2, #0x0101
    movk    x2, #2, lsl #16
    and     x3, x9, x2
    sub     x3, x3, x2
    IS(x3, 0)
    // -- registers, by number and by PMSELR
    SET(pmevtyper0_el0, 8)                  // INST_RETIRED
    SET(pmevtyper1_el0, 0x11)
    SET(pmevtyper5_el0, 0)
    SET(pmselr_el0, 1)
    SAME(pmxevtyper_el0, 0x11)
    SET(pmxevcntr_el0, 0x3456789a)
    COUNT(1, 0x3456789a)
    SET(pmselr_el0, 31)
    SET(pmxevtyper_el0, 0xc0000000)
    SAME(pmccfiltr_el0, 0xc0000000)
    SET(pmccfiltr_el0, 0)
    SET(pmcntenset_el0, 0x80000023)
    SAME(pmcntenclr_el0, 0x80000023)
    SET(pmcr_el0, 0x47)                     // LC, C, P, E
    isb
    // -- instructions and cycles, of one nanosecond each
    mrs     x4, pmevcntr0_el0
    mrs     x5, pmevcntr1_el0
    mrs     x6, pmccntr_el0
    mov     x8, #50
1:  sub     x8, x8, #1
    cbnz    x8, 1b
    mrs     x7, pmccntr_el0
    mrs     x8, pmevcntr1_el0
    mrs     x10, pmevcntr0_el0
    sub     x4, x10, x4
    IS(x4, 106)
    sub     x5, x8, x5
    IS(x5, 104)
    sub     x6, x7, x6
    IS(x6, 102)
    // -- SW_INCR, only where enabled
    SET(pmswinc_el0, 0x3f)
    SET(pmswinc_el0, 0x20)
    COUNT(5, 2)
    COUNT(4, 0)
    SET(pmevcntr5_el0, 0xffffffff)
    SET(pmovsclr_el0, 0xffffffff)
    SET(pmswinc_el0, 0x20)
    COUNT(5, 0)
    SAME(pmovsset_el0, 0x20)
    SET(pmovsclr_el0, 0x20)
    SAME(pmovsset_el0, 0)
    // -- not at EL1
    SET(pmevtyper0_el0, 0x80000008)
    isb
    mrs     x4, pmevcntr0_el0
    nop
    mrs     x5, pmevcntr0_el0
    sub     x5, x5, x4
    IS(x5, 0)
    adr     x5, user
    msr     elr_el1, x5
    msr     spsr_el1, xzr
    EXPECT(1f)
    mrs     x4, pmevcntr0_el0
    eret
user:
    nop
    nop
    svc     #0
1:  mrs     x5, pmevcntr0_el0
    sub     x5, x5, x4
    IS(x5, 3)
    // -- not at EL0
    SET(pmevtyper0_el0, 0x40000008)
    adr     x5, user2
    msr     elr_el1, x5
    EXPECT(1f)
    isb
    mrs     x4, pmevcntr0_el0
    eret                                    // 2 with the read itself
user2:
    nop
    nop
    svc     #0
1:  mrs     x5, pmevcntr0_el0               // 6 of the handler
    sub     x5, x5, x4
    IS(x5, 2 + 6)
    // -- CHAIN, if it is said to be there
    tbz     x9, #0x1e, 9f
    SET(pmevtyper2_el0, 0)
    SET(pmevtyper3_el0, 0x1e)
    SET(pmcntenset_el0, 0xc)
    SET(pmevcntr2_el0, 0xfffffffe)
    SET(pmevcntr3_el0, 7)
    SET(pmswinc_el0, 4)
    COUNT(3, 7)
    SET(pmswinc_el0, 4)
    COUNT(3, 8)
    COUNT(2, 0)
9:  SET(pmovsclr_el0, 0xffffffff)
    PASS
