// SPDX-License-Identifier: MIT
// FEAT_BTI (Arm ARM D8.4.6): BTYPE of BR, BLR, RET and ERET; what may be landed on in guarded
// pages; the exception's ESR, ELR and SPSR.  The 1 GiB at 0xc0000000 is that at 0x40000000,
// guarded.
#include "check.h"

#define GUARDED(reg, label) adr reg, label; mov x28, #0x80000000; add reg, reg, x28
// an exception of EC 0x0d with this BTYPE, at x4
#define REFUSED(btype)                                                                             \
    mrs x0, esr_el1; IS(x0, 0x36000000 + btype); mrs x0, elr_el1; cmp x0, x4; cset x0, eq;         \
    IS(x0, 1); mrs x0, spsr_el1; ubfx x0, x0, #10, #2; IS(x0, btype)
#define REFUSES_BLR(label)                                                                         \
    GUARDED(x4, label); EXPECT(8f); blr x4; mov x0, #1; IS(x0, 0); 8: REFUSED(2)
#define LETS_BLR(label) GUARDED(x4, label); mov x3, #0; blr x4; IS(x3, 1)
// from unguarded or guarded code through register r, back to 9f by RET
#define BR(how, r, label) GUARDED(r, label); adr x30, 9f; mov x3, #0; how; 9:
#define REFUSES_BR(r, label, btype)                                                                \
    GUARDED(x4, label); EXPECT(8f); BR(br r, r, label) mov x0, #1; IS(x0, 0); 8: REFUSED(btype)

    TEST
    MMU_ON
    mrs     x0, id_aa64pfr1_el1
    and     x0, x0, #15
    IS(x0, 1)
    ldr     x0, =check_table
    ldr     x1, =(0x40000701 + (1 << 50))
    str     x1, [x0, #24]
    dsb     ish
    isb

    // BLR: BTYPE 2
    REFUSES_BLR(plain)
    REFUSES_BLR(bti_none)
    REFUSES_BLR(bti_j)
    LETS_BLR(bti_c)
    LETS_BLR(bti_jc)
    LETS_BLR(paciasp)
    REFUSES_BLR(plain)
    REFUSES_BLR(plain)

    // BR from an unguarded page: BTYPE 1, whatever the register
    REFUSES_BR(x1, plain, 1)
    REFUSES_BR(x16, bti_none, 1)
    BR(br x1, x1, bti_c)
    IS(x3, 1)
    BR(br x17, x17, bti_j)
    IS(x3, 1)
    BR(br x1, x1, paciasp)
    IS(x3, 1)
    // RET: none
    GUARDED(x1, plain)
    mov     x3, #0
    adr     x30, 1f
    ret     x1
1:  IS(x3, 1)

    // a BR inside guarded pages: BTYPE 3, but 1 through X16 and X17
#define INSIDE(r, label)                                                                           \
    GUARDED(x1, jump_##r); GUARDED(r, label); adr x30, 9f; mov x3, #0; br x1; 9:
#define REFUSES_INSIDE(r, label, btype)                                                            \
    GUARDED(x4, label); EXPECT(8f); INSIDE(r, label) mov x0, #1; IS(x0, 0); 8: REFUSED(btype)
    INSIDE(x7, bti_j)
    IS(x3, 1)
    INSIDE(x7, bti_jc)
    IS(x3, 1)
    INSIDE(x7, paciasp)
    IS(x3, 1)
    REFUSES_INSIDE(x7, bti_c, 3)
    REFUSES_INSIDE(x7, plain, 3)
    INSIDE(x16, bti_c)
    IS(x3, 1)
    INSIDE(x17, bti_c)
    IS(x3, 1)
    REFUSES_INSIDE(x16, plain, 1)

    // SCTLR_EL1.BT1: PACIASP then is as BTI c
    mrs     x0, sctlr_el1
    orr     x1, x0, #(1 << 36)
    msr     sctlr_el1, x1
    isb
    REFUSES_INSIDE(x7, paciasp, 3)
    INSIDE(x16, paciasp)
    IS(x3, 1)
    LETS_BLR(paciasp)
    mrs     x1, sctlr_el1
    bic     x1, x1, #(1 << 36)
    msr     sctlr_el1, x1
    isb
    INSIDE(x7, paciasp)
    IS(x3, 1)

    // BRK lets any pass, to be taken itself
    GUARDED(x4, brk)
    EXPECT(1f)
    blr     x4
1:  mrs     x0, esr_el1
    IS(x0, 0xf2000007)
    mrs     x0, spsr_el1
    ubfx    x0, x0, #10, #2
    IS(x0, 2)

    // BTYPE comes back by ERET
    GUARDED(x4, plain)
    msr     elr_el1, x4
    mov     x0, #0xbc5                      // EL1h, BTYPE 2
    msr     spsr_el1, x0
    EXPECT(1f)
    eret
1:  REFUSED(2)
    GUARDED(x4, plain)
    msr     elr_el1, x4
    mov     x0, #0x3c5
    msr     spsr_el1, x0
    adr     x30, 1f
    mov     x3, #0
    eret
1:  IS(x3, 1)

    // direct branches and the fall through need no landing; a loop behind a landing
    GUARDED(x4, loop)
    mov     x3, #0
    mov     x2, #1000
    blr     x4
    IS(x3, 1000)
    // the unguarded twin of all that
    adr     x4, plain
    blr     x4
    IS(x3, 1)
    adr     x30, 1f
    br      x4
1:  IS(x3, 1)
    // and with BTI it works again
    REFUSES_BLR(plain)
    PASS
    .text

plain:
    mov     x3, #1
    ret
bti_none:
    bti
    mov     x3, #1
    ret
bti_c:
    bti     c
    mov     x3, #1
    ret
bti_j:
    bti     j
    mov     x3, #1
    ret
bti_jc:
    bti     jc
    mov     x3, #1
    ret
paciasp:
    paciasp
    autiasp
    mov     x3, #1
    ret
loop:
    bti     c
1:  add     x3, x3, #1
    subs    x2, x2, #1
    b.ne    1b
    b       2f
    nop
2:  cbz     x2, 3f
    nop
3:  ret
brk:
    brk     #7
jump_x7:
    bti     jc
    br      x7
jump_x16:
    bti     jc
    br      x16
jump_x17:
    bti     jc
    br      x17
