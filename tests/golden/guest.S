// SPDX-License-Identifier: MIT
// Guest code whose host code tests/golden/amd64.txt has: one instruction each, then loops.  A BRK
// ends each of them.
    .arch armv8.5-a+crypto
.macro one insn:vararg
    \insn
    brk     #0
.endm
    one     add x0, x1, x2
    one     add w0, w1, w2
    one     add x0, x1, #0x123
    one     add x0, x1, x2, lsl #3
    one     add x0, x1, w2, uxtw #2
    one     adds x0, x1, x2
    one     subs w0, w1, #1
    one     cmp x0, x1
    one     adc x0, x1, x2
    one     sbcs w0, w1, w2
    one     neg x0, x1
    one     and x0, x1, #0xff00
    one     ands w0, w1, w2
    one     orr x0, x1, x2, ror #7
    one     eor w0, w1, #1
    one     bic x0, x1, x2
    one     mvn w0, w1
    one     tst x0, #0x8
    one     mov x0, x1
    one     mov w0, #0x1234
    one     movk x0, #0xabcd, lsl #16
    one     movn x0, #1
    one     adr x0, .
    one     lsl x0, x1, x2
    one     lsr w0, w1, #3
    one     asr x0, x1, #63
    one     ror w0, w1, w2
    one     ubfx x0, x1, #8, #16
    one     sbfx w0, w1, #3, #5
    one     bfi x0, x1, #8, #8
    one     ubfiz x0, x1, #3, #20
    one     extr x0, x1, x2, #17
    one     sxtw x0, w1
    one     uxtb w0, w1
    one     clz x0, x1
    one     rbit w0, w1
    one     rev x0, x1
    one     rev16 w0, w1
    one     mul x0, x1, x2
    one     madd w0, w1, w2, w3
    one     msub x0, x1, x2, x3
    one     smull x0, w1, w2
    one     umulh x0, x1, x2
    one     udiv x0, x1, x2
    one     sdiv w0, w1, w2
    one     csel x0, x1, x2, eq
    one     csinc w0, w1, w2, hi
    one     cset x0, lt
    one     csneg x0, x1, x2, ge
    one     ccmp x0, x1, #4, ne
    one     ccmn w0, #3, #0, cs
    one     crc32cw w0, w1, w2
    one     ldr x0, [x1]
    one     ldr w0, [x1, #8]
    one     ldrb w0, [x1, x2]
    one     ldrsh x0, [x1, #6]
    one     ldrsw x0, [x1], #4
    one     ldr x0, [x1, #8]!
    one     ldur x0, [x1, #-8]
    one     ldr x0, [x1, x2, lsl #3]
    one     ldp x0, x1, [x2]
    one     ldp x0, x1, [sp], #16
    one     ldar x0, [x1]
    one     ldr q0, [x1]
    one     ldr d0, [x1, #8]
    one     ldp q0, q1, [x1]
    one     str x0, [x1]
    one     strb w0, [x1, #1]
    one     str wzr, [x1, #4]
    one     stp x0, x1, [sp, #-16]!
    one     stlr w0, [x1]
    one     str q0, [x1]
    one     stp d0, d1, [x1, #16]
    one     ldxr x0, [x1]
    one     stxr w0, x1, [x2]
    one     ldadd x0, x1, [x2]
    one     cas w0, w1, [x2]
    one     swpal x0, x1, [x2]
    one     cbz x0, .+12
    one     tbnz w0, #3, .+12
    one     b.le .+12
    one     br x0
    one     ret x1
    one     fadd d0, d1, d2
    one     fmul s0, s1, s2
    one     fmadd d0, d1, d2, d3
    one     fcmp d0, d1
    one     fcvtzs x0, d1
    one     scvtf d0, x1
    one     fcvt s0, d1
    one     fmov x0, d1
    one     fmov d0, #1.0
    one     fabs s0, s1
    one     fsqrt d0, d1
    one     add v0.4s, v1.4s, v2.4s
    one     fmla v0.4s, v1.4s, v2.4s
    one     cmeq v0.16b, v1.16b, v2.16b
    one     tbl v0.16b, {v1.16b}, v2.16b
    one     dup v0.4s, w1
    one     umov w0, v1.b[3]
    one     addv s0, v1.4s
    one     ushl v0.2d, v1.2d, v2.2d
    one     aese v0.16b, v1.16b
    one     mrs x0, tpidr_el0
// copy words
1:  ldr     x3, [x1], #8
    str     x3, [x0], #8
    subs    x2, x2, #8
    b.ne    1b
    brk     #0
// sum of an array
1:  ldr     w3, [x1], #4
    add     w0, w0, w3
    cmp     x1, x2
    b.ne    1b
    brk     #0
// length of a string
1:  ldrb    w1, [x0], #1
    cbnz    w1, 1b
    brk     #0
// list walk
1:  ldr     x0, [x0, #8]
    cmp     x0, x1
    b.ne    1b
    brk     #0
// memset
1:  stp     x2, x2, [x0]
    stp     x2, x2, [x0, #16]
    add     x0, x0, #32
    cmp     x0, x1
    b.lo    1b
    brk     #0
// dot product
1:  ldr     d1, [x0], #8
    ldr     d2, [x1], #8
    fmadd   d0, d1, d2, d0
    subs    x2, x2, #1
    b.gt    1b
    brk     #0
// axpy
1:  ldr     q0, [x0, x2]
    ldr     q1, [x1, x2]
    fmla    v1.4s, v0.4s, v2.4s
    str     q1, [x1, x2]
    add     x2, x2, #16
    cmp     x2, x3
    b.lo    1b
    brk     #0
// xorshift
1:  eor     x0, x0, x0, lsl #13
    eor     x0, x0, x0, lsr #7
    eor     x0, x0, x0, lsl #17
    add     x1, x1, x0
    subs    w2, w2, #1
    b.ne    1b
    brk     #0
// greatest common divisor
1:  cmp     x0, x1
    b.eq    .+16
    csel    x2, x0, x1, hi
    sub     x0, x0, x1
    b       1b
    brk     #0
// fibonacci
1:  add     x2, x0, x1
    mov     x0, x1
    mov     x1, x2
    sub     x3, x3, #1
    cbnz    x3, 1b
    brk     #0
// until close
1:  fmul    d0, d0, d1
    fcmp    d0, d2
    b.gt    1b
    brk     #0
