// SPDX-License-Identifier: MIT
// Runs a piece of code with all registers known, and compares all of them afterwards, exact to
// the instruction if it ends in an exception:
//
//     BEGIN                    x0 to x24, v0 to v15, NZCV become noise; nothing is expected to
//     SETX(0, reg)             change; this one begins as reg, and WANTX(0, reg) ends so
//     GO(code)                 code ends by `b regs_done`, or by an exception
//     WANT_FAULT(esr, far, elr)    before GO: by this one
//
// x25 to x28 and x30 are clobbered (and not compared); x29 is the test's own.  REGS: once, the code.
#define BEGIN           bl regs_begin
#define SETX(n, reg)    ldr x26, =regs_init; str reg, [x26, #8 * (n)]; WANTX(n, reg)
#define WANTX(n, reg)   ldr x26, =regs_want; str reg, [x26, #8 * (n)]
#define WANTX_AT(i, reg)  ldr x26, =regs_want; str reg, [x26, i, lsl #3]     // i: a register
#define SETV(n, high, low)  ldr x26, =regs_init + 256 + 16 * (n); stp low, high, [x26];            \
    WANTV(n, high, low)
#define WANTV(n, high, low)  ldr x26, =regs_want + 256 + 16 * (n); stp low, high, [x26]
#define WANT_FLAGS(nzcv)  mov x27, #(nzcv) << 28; WANTX(28, x27)
#define WANT_FAULT(esr, far, elr)  ldr x27, =(esr); WANTX(25, x27); WANTX(26, far); WANTX(27, elr)
#define GO(code)        ldr x25, =code; mov w28, #__LINE__; bl regs_go
#define LEARN(code)     ldr x25, =code; mov w28, #0; bl regs_go     // as this ends it is wanted

// regs_init, _want, _got: x0 to x24, ESR, FAR, ELR, NZCV, 3 unused, v0 to v15
.macro regs_all_x op, base
    .irp n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22
    regs_pair \op, \n, \base
    .endr
    .ifc \op, stp
    str     x24, [\base, #192]
    .else
    ldr     x24, [\base, #192]
    .endif
.endm
.macro regs_pair op, n, base
    .irp m, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23
    .if \m == \n + 1
    \op     x\n, x\m, [\base, #8 * \n]
    .endif
    .endr
.endm
.macro regs_all_v op, base
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    \op     q\n, [\base, #256 + 16 * \n]
    .endr
.endm
.macro regs_code
    .ltorg
regs_begin:
    ldr     x26, =regs_init
    ldr     x27, =0x9e3779b97f4a7c15
    mov     x28, #0
    mov     x25, x27
70: eor     x25, x25, x25, lsr #29
    madd    x25, x25, x27, x28
    str     x25, [x26, x28, lsl #3]
    add     x28, x28, #1
    cmp     x28, #64
    b.lo    70b
    stp     xzr, xzr, [x26, #200]
    str     xzr, [x26, #216]
    ldr     x25, [x26, #224]
    and     x25, x25, #0xf0000000
    str     x25, [x26, #224]
    ldr     x27, =regs_want
    mov     x28, #0
71: ldr     x25, [x26, x28, lsl #3]
    str     x25, [x27, x28, lsl #3]
    add     x28, x28, #1
    cmp     x28, #64
    b.lo    71b
    ret
regs_go:
    ldr     x26, =regs_back
    stp     x30, x28, [x26]
    adr     x26, regs_fault
    ldr     x27, =check_handler
    str     x26, [x27]
    ldr     x26, =regs_init
    ldr     x27, [x26, #224]
    regs_all_v ldr, x26
    regs_all_x ldp, x26
    msr     nzcv, x27
    br      x25
regs_fault:
    ldr     x26, =regs_got
    mrs     x27, esr_el1
    mrs     x28, far_el1
    stp     x27, x28, [x26, #200]
    mrs     x27, elr_el1
    mrs     x28, spsr_el1
    and     x28, x28, #0xf0000000
    stp     x27, x28, [x26, #216]
    b       72f
regs_done:
    ldr     x26, =regs_got
    mrs     x28, nzcv
    stp     xzr, xzr, [x26, #200]
    stp     xzr, x28, [x26, #216]
    ldr     x27, =check_handler
    str     xzr, [x27]
72: regs_all_x stp, x26
    regs_all_v str, x26
    ldr     x0, =regs_want
    ldr     x1, =regs_back
    mov     x2, #0
    ldr     x3, [x1, #8]
    cbz     x3, 77f
73: cmp     x2, #29
    b.eq    75f
74: ldr     x3, [x0, x2, lsl #3]
    ldr     x27, [x26, x2, lsl #3]
    cmp     x3, x27
    b.ne    76f
    add     x2, x2, #1
    cmp     x2, #64
    b.lo    73b
    ldr     x30, [x1]
    ret
75: mov     x2, #32                         // vectors: two words each, from word 32
    b       74b
76: ldr     w26, [x1, #8]                   // the line; found: register number, value's low part
    bfi     x27, x2, #56, #8
    b       check_fail
77: ldr     x3, [x26, x2, lsl #3]           // LEARN
    str     x3, [x0, x2, lsl #3]
    add     x2, x2, #1
    cmp     x2, #64
    b.lo    77b
    ldr     x30, [x1]
    ret
    .ltorg
    .bss
    .balign 16
regs_init: .skip 512
regs_want: .skip 512
regs_got:  .skip 512
regs_back: .skip 16
    .text
.endm
