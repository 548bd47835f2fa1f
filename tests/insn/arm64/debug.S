// SPDX-License-Identifier: MIT
// Self-hosted debug (DDI 0487 D2): breakpoints and watchpoints at EL1 and EL0, what they match, and
// what the syndrome and FAR say.
#include "check.h"
#define MDE (1 << 15)
#define KDE (1 << 13)
#define BCR_EL1 (0xf << 5 | 1 << 1 | 1)
#define BCR_EL0 (0xf << 5 | 2 << 1 | 1)
#define BCR_BOTH (0xf << 5 | 3 << 1 | 1)
#define WCR(lsc, bas, pac) ((bas) << 5 | (lsc) << 3 | (pac) << 1 | 1)
#define SET(reg, value) ldr x28, =(value); msr reg, x28; isb
#define SETADR(reg, label) ldr x28, =label; msr reg, x28; isb
    TEST
    mrs x0, id_aa64dfr0_el1
    ubfx x1, x0, #12, #4
    IS(x1, 5)
    ubfx x1, x0, #20, #4
    IS(x1, 3)
    ubfx x1, x0, #28, #4
    IS(x1, 1)
    SET(dbgbcr4_el1, 0)                             // not reset by hardware
    SET(dbgbcr5_el1, 0)
    SET(dbgwcr0_el1, 0)
    SET(dbgwcr1_el1, 0)
    SET(dbgwcr2_el1, 0)
    SET(dbgwcr3_el1, 0)
    SET(dbgbcr0_el1, 0)
    SET(dbgbcr1_el1, 0)
    SET(dbgbcr2_el1, 0)
    SET(dbgbcr3_el1, 0)
    msr oslar_el1, xzr
    SET(mdscr_el1, MDE | KDE)
    msr daifclr, #8
    isb

    // a breakpoint at this level
    SETADR(dbgbvr0_el1, b1)
    SET(dbgbcr0_el1, BCR_EL1)
    EXPECT(b1_hit)
    mov x0, #0
    mov x0, #1
b1: mov x0, #2
    b check_fail
b1_hit:
    IS(x0, 1)
    mrs x1, esr_el1
    IS(x1, 0xc6000022)
    mrs x1, elr_el1
    ldr x2, =b1
    cmp x1, x2
    cset x1, eq
    IS(x1, 1)
    mrs x1, spsr_el1
    ubfx x1, x1, #6, #4
    IS(x1, 7)                                       // D was clear

    // masked by PSTATE.D, by KDE, by MDE, by E, by PMC
    msr daifset, #8
    SETADR(dbgbvr0_el1, b2)
    isb
    mov x3, #0
    bl b2
    msr daifclr, #8
    SET(mdscr_el1, MDE)
    bl b2
    SET(mdscr_el1, KDE)
    bl b2
    SET(mdscr_el1, MDE | KDE)
    SET(dbgbcr0_el1, BCR_EL1 & ~1)
    bl b2
    SET(dbgbcr0_el1, BCR_EL0)
    bl b2
    IS(x3, 5)
    b over
b2: add x3, x3, #1
    ret
over:
    // unmasking D with the breakpoint armed: the next instruction
    msr daifset, #8
    SETADR(dbgbvr0_el1, b3)
    SET(dbgbcr0_el1, BCR_BOTH)
    EXPECT(b3_hit)
    mov x3, #0
    msr daifclr, #8
    isb
b3: add x3, x3, #1
    b check_fail
b3_hit:
    IS(x3, 0)
    msr daifclr, #8

    // linked to a context
    msr daifset, #8
    SETADR(dbgbvr0_el1, b4)
    SET(dbgbcr0_el1, BCR_EL1 | 1 << 20 | 5 << 16)
    SET(dbgbvr5_el1, 0x1234567)
    SET(dbgbcr5_el1, 0xf << 5 | 3 << 20 | 3 << 1 | 1)
    SET(contextidr_el1, 0x1234566)
    msr daifclr, #8
    isb
    mov x3, #0
    bl b4
    SET(contextidr_el1, 0x1234567)
    EXPECT(b4_hit)
    bl b4
    b check_fail
b4: add x3, x3, #1
    ret
b4_hit:
    IS(x3, 1)
    mrs x1, esr_el1
    IS(x1, 0xc6000022)
    SET(dbgbcr0_el1, 0)
    SET(dbgbcr5_el1, 0)
    msr daifclr, #8

    // watchpoints: stores
    ldr x10, =data
    msr dbgwvr0_el1, x10
    SET(dbgwcr0_el1, WCR(2, 0x3c, 1))               // bytes 2 to 5
    ldr x5, [x10]                                   // a load
    strh w5, [x10]                                  // bytes beside
    strh w5, [x10, #6]
    mov x6, #0x55
    EXPECT(w1_hit)
w1: strb w6, [x10, #3]
    b check_fail
w1_hit:
    mrs x1, esr_el1
    IS(x1, 0xd6000062)
    mrs x1, far_el1
    sub x1, x1, x10
    IS(x1, 3)
    mrs x1, elr_el1
    ldr x2, =w1
    cmp x1, x2
    cset x1, eq
    IS(x1, 1)
    ldrb w1, [x10, #3]
    IS(x1, 0)
    msr daifclr, #8

    // loads, by a word's BAS
    add x11, x10, #12
    msr dbgwvr0_el1, x11
    SET(dbgwcr0_el1, WCR(1, 0xf, 1))
    str x6, [x10, #8]
    ldr w5, [x10, #8]
    EXPECT(w2_hit)
    ldr w5, [x11]
    b check_fail
w2_hit:
    mrs x1, esr_el1
    IS(x1, 0xd6000022)
    msr daifclr, #8

    // both kinds, by MASK
    msr dbgwvr0_el1, x10
    SET(dbgwcr0_el1, WCR(3, 0xff, 1) | 6 << 24)     // 64 bytes
    str x6, [x10, #64]
    ldr x5, [x10, #-8]
    EXPECT(w3_hit)
    ldr x5, [x10, #56]
    b check_fail
w3_hit:
    mrs x1, esr_el1
    IS(x1, 0xd6000022)
    mrs x1, far_el1
    sub x1, x1, x10
    IS(x1, 56)
    msr daifclr, #8
    EXPECT(w4_hit)
    str x5, [x10]
    b check_fail
w4_hit:
    mrs x1, esr_el1
    IS(x1, 0xd6000062)

    // masked by D and by PAC; LDTR is EL0's
    ldr x5, [x10]
    SET(dbgwcr0_el1, WCR(3, 0xff, 2))
    msr daifclr, #8
    isb
    ldr x5, [x10]
    EXPECT(w5_hit)
    ldtr x5, [x10]
    b check_fail
w5_hit:
    mrs x1, esr_el1
    IS(x1, 0xd6000022)
    SET(dbgwcr0_el1, 0)
    msr daifclr, #8
    ldtr x5, [x10]
    PASS

    .data
    .balign 64
    .quad 0
    .balign 64
data:
    .fill 32, 8, 0
    .text
