// SPDX-License-Identifier: MIT
// Exceptions and their return, PSTATE, system registers, alignment of SP, software step.
// DDI 0487: D1.3 (exceptions), D1.8.2 (SP alignment), D2.12 (software step), C5.2 (registers).
#include "check.h"
#define ESR(expected)  mrs x10, esr_el1; IS(x10, expected)
#define ELR(label)     mrs x10, elr_el1; adr x11, label; sub x10, x10, x11; IS(x10, 0)
// at EL0 the handlers of check.inc are entered from the lower level; they look alike
#define TO_EL0(label)                                                                              \
    adr x9, label; msr elr_el1, x9; mov x9, #0x3c0; msr spsr_el1, x9; eret
#define WRONG  mov w26, #__LINE__; mov x27, #0; b check_fail   // never got to
TEST
    MMU_ON
    // -- exception generation
    EXPECT(1f)
2:  svc     #0x1234
3:  WRONG
1:  ESR(0x56001234)
    ELR(3b)
    mrs     x10, spsr_el1
    bic     x10, x10, #0xf0000000
    and     x10, x10, #0xf
    IS(x10, 5)
    EXPECT(1f)
2:  brk     #0x4321
    WRONG
1:  ESR(0xf2004321)
    ELR(2b)
    EXPECT(1f)
2:  .inst   0x00000007              // UDF
    WRONG
1:  ESR(0x02000000)
    ELR(2b)
    EXPECT(1f)
2:  .inst   0x1ac0ffff              // data processing, unallocated
    WRONG
1:  ESR(0x02000000)
    EXPECT(1f)
    .inst   0xd6bf03e0              // DRPS outside Debug state
    WRONG
1:  ESR(0x02000000)

    // -- flags and PSTATE
    mov     x1, #0x60000000
    msr     nzcv, x1
    FLAGS(6)
    mov     x1, #0xf0000000
    msr     nzcv, x1
    mrs     x2, nzcv
    IS(x2, 0xf0000000)
    msr     daifclr, #15
    mrs     x2, daif
    IS(x2, 0)
    msr     daifset, #5
    mrs     x2, daif
    IS(x2, 0x140)
    msr     daifclr, #4
    mrs     x2, daif
    IS(x2, 0x40)
    mov     x1, #0x3c0
    msr     daif, x1
    mrs     x2, daif
    IS(x2, 0x3c0)
    mrs     x2, CurrentEL
    IS(x2, 4)
    mrs     x2, spsel
    IS(x2, 1)

    // -- stack pointers
    mov     x20, sp
    mov     x1, #0x1000
    msr     sp_el0, x1
    msr     spsel, #0
    mov     x2, sp
    IS(x2, 0x1000)
    mov     x1, #0x2000
    mov     sp, x1
    msr     spsel, #1
    mov     x2, sp
    cmp     x2, x20
    b.ne    fail
    mrs     x2, sp_el0
    IS(x2, 0x2000)
    EXPECT(1f)
    msr     spsel, #0
    msr     sp_el0, x1              // UNDEFINED with SPSel 0, taken with SP_EL0
    WRONG
1:  mrs     x2, spsel
    IS(x2, 1)

    // -- registers hold what is written
    mov     x1, #0x5555
    msr     tpidr_el0, x1
    msr     tpidr_el1, x1
    msr     tpidrro_el0, x1
    mrs     x2, tpidr_el0
    IS(x2, 0x5555)
    mrs     x2, tpidr_el1
    IS(x2, 0x5555)
    msr     contextidr_el1, x1
    mrs     x2, contextidr_el1
    IS(x2, 0x5555)
    mrs     x2, midr_el1
    cbz     x2, fail
    mrs     x2, id_aa64pfr0_el1
    and     x2, x2, #15
    cbz     x2, fail
    mrs     x2, cntvct_el0
2:  mrs     x3, cntvct_el0
    cmp     x3, x2
    b.eq    2b
    b.lo    fail
    mrs     x2, s3_0_c0_c6_7        // reserved: zero
    IS(x2, 0)
    EXPECT(1f)
    mrs     x2, s3_7_c15_c7_7       // unknown: UNDEFINED
    WRONG
1:  ESR(0x02000000)
    EXPECT(1f)
    msr     midr_el1, x1            // read-only
    WRONG
1:  ESR(0x02000000)

    // -- alignment of data
    mrs     x1, sctlr_el1
    orr     x1, x1, #2              // A
    msr     sctlr_el1, x1
    isb
    EXPECT(1f)
    adr     x6, data
2:  ldr     x4, [x6, #1]!
    WRONG
1:  ESR(0x96000021)
    ELR(2b)
    mrs     x10, far_el1
    sub     x10, x10, x6
    IS(x10, 1)
    mrs     x1, sctlr_el1
    bic     x1, x1, #2
    msr     sctlr_el1, x1
    isb
    ldr     x4, [x6, #1]
    EXPECT(1f)
    orr     x7, x6, #15
2:  ldaxr   w4, [x7]                // exclusives and acquires always (LSE2: beyond 16 bytes)
    WRONG
1:  ESR(0x96000021)

    // -- faults leave registers alone
    EXPECT(1f)
    mov     x6, #0x1000
    mov     x4, #4
    mov     x5, #5
2:  ldp     x4, x5, [x6], #16       // nothing is mapped below 1 GiB
    WRONG
1:  IS(x4, 4)
    IS(x5, 5)
    IS(x6, 0x1000)
    ESR(0x96000005)
    mrs     x10, far_el1
    IS(x10, 0x1000)
    EXPECT(1f)
    mov     x6, #0x1000
2:  str     x4, [x6, #8]!
    WRONG
1:  IS(x6, 0x1000)
    ESR(0x96000045)
    mrs     x10, far_el1
    IS(x10, 0x1008)

    // -- software step of EL1 code by ERET (MDSCR.SS, KDE; PSTATE.D clear, SPSR.SS)
    msr     oslar_el1, xzr
    mov     x1, #0x2001
    msr     mdscr_el1, x1
    isb
    EXPECT(1f)
    adr     x9, 2f
    msr     elr_el1, x9
    mov     x9, #0x1c5              // D clear
    orr     x9, x9, #(1 << 21)
    msr     spsr_el1, x9
    mov     x3, #0
    eret
2:  add     x3, x3, #1              // this one is stepped
    add     x3, x3, #16
    WRONG
1:  msr     mdscr_el1, xzr
    IS(x3, 1)
    ESR(0xcf000022)                 // ISV: an instruction was stepped
    mrs     x10, elr_el1
    adr     x11, 2b + 4
    sub     x10, x10, x11
    IS(x10, 0)
    isb

    // -- illegal state: ERET to a mode that is not there
    EXPECT(1f)
    adr     x9, 2f
    msr     elr_el1, x9
    mov     x9, #0x3c3              // M 0011: no such mode
    msr     spsr_el1, x9
    eret
2:  WRONG
1:  ESR(0x3a000000)
    ELR(2b)

    // -- barriers and hints do nothing to see
    mov     x3, #3
    dsb     sy
    dmb     ishld
    dmb     ishst
    dmb     ish
    isb
    yield
    nop
    hint    #100
    sev
    wfe
    sevl
    wfe
    clrex
    IS(x3, 3)

    // -- DC ZVA
    mrs     x1, dczid_el0
    mov     x2, #4
    lsl     x2, x2, x1
    ldr     x6, =block
    mov     x3, #-1
    stp     x3, x3, [x6]
    stp     x3, x3, [x6, #48]
    str     x3, [x6, #-8]
    str     x3, [x6, x2]
    add     x7, x6, #9
    dc      zva, x7
    ldp     x4, x5, [x6]
    orr     x4, x4, x5
    ldp     x5, x7, [x6, #48]
    orr     x4, x4, x5
    orr     x4, x4, x7
    IS(x4, 0)
    ldr     x4, [x6, #-8]
    ldr     x5, [x6, x2]
    and     x4, x4, x5
    IS(x4, -1)

    // -- code that changes itself
    bl      patched
    IS(x0, 1)
    adr     x6, patched
    ldr     w7, other
    str     w7, [x6]
    dc      cvau, x6
    dsb     ish
    ic      ivau, x6
    dsb     ish
    isb
    bl      patched
    IS(x0, 2)
    PASS
    .text
fail:
    mov     w26, #0
    b       check_fail
    .balign 8
data:
    .quad   0x0123456789abcdef, 0
patched:
    mov     x0, #1
    ret
other:
    mov     x0, #2
    .bss
    .balign 4096
    .skip   2048
block:
    .skip   4096
    .text
