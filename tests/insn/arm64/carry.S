// SPDX-License-Identifier: MIT
// Chains of additions with carry, between multiplications (which a host may do without touching
// its flags) and whatever else: once as they are and once with NZCV through a register after
// every instruction; results and flags must agree.
#include "check.h"

// x0 to x7 are operands, x8 to x15 results, x16 is memory.  S stands between any two.
#define PRODUCT(S)                                                                                 \
    mul x8, x0, x4;    S; mul x9, x1, x4;    S; mul x10, x2, x4;   S; mul x11, x3, x4;  S;         \
    adds x12, x5, x8;  S; umulh x8, x0, x4;  S; adcs x13, x6, x9;  S; umulh x9, x1, x4; S;         \
    adcs x14, x7, x10; S; umulh x10, x2, x4; S; adcs x15, x0, x11; S; umulh x11, x3, x4; S;        \
    adc x5, xzr, xzr;  S; adds x13, x13, x8; S; adcs x14, x14, x9; S; mul x9, x9, x7;   S;         \
    adcs x15, x15, x10; S; adcs x5, x5, x11; S
#define MEMORY(S)                                                                                  \
    adds x8, x0, x1;   S; umulh x9, x2, x3;  S; adcs x10, x4, x5;  S; ldr x11, [x16];   S;         \
    adcs x12, x6, x7;  S; umulh x13, x0, x7; S; adcs x14, x1, x6;  S; str x14, [x16, #8]; S;       \
    adcs x15, x2, x5;  S; mul x9, x9, x15;   S; adc x8, x8, x9;    S
#define BORROW(S)                                                                                  \
    subs x8, x0, x4;   S; mul x9, x0, x1;    S; sbcs x10, x1, x5;  S; umulh x11, x2, x3; S;        \
    sbcs x12, x2, x6;  S; add x13, x13, x9;  S; sbcs x14, x3, x7;  S; mul x15, x4, x5;  S;         \
    ngcs x9, x11;      S; adcs x13, x13, x9; S; umulh x11, x13, x9; S; sbc x8, x8, x11;  S
#define WORDS(S)                                                                                   \
    adds w8, w0, w4;   S; mul w9, w1, w5;    S; adcs w10, w2, w6;  S; mul w11, w9, w10; S;         \
    adcs w12, w3, w7;  S; umulh x13, x0, x1; S; sbcs w14, w0, w9;  S; mul x15, x13, x4; S;         \
    adcs x9, x14, x15; S; add w8, w8, w9;    S; adcs w11, w11, wzr; S
#define WANTED(S)                                                                                  \
    adds x8, x0, x1;   S; umulh x9, x2, x3;  S; adcs x10, x4, x5;  S; umulh x11, x6, x7; S;        \
    cset x12, mi;      S; adcs x13, x0, x2;  S; mul x14, x1, x3;   S; csel x15, x4, x5, vs; S;     \
    adcs x9, x9, x11;  S; umulh x11, x13, x14; S; ccmp x8, x10, #5, cc; S; mul x8, x8, x4; S;      \
    adcs x10, x10, x8; S; umulh x14, x10, x8; S; adds x11, x11, #1; S; mul x11, x11, x0; S;        \
    adcs xzr, x5, x6;  S; umulh x12, x12, x9; S; adcs x13, x13, xzr; S
#define THROUGH mrs x17, nzcv; msr nzcv, xzr; msr nzcv, x17
#define NOTHING

// FNV of x8 to x15, x5 and the flags, in x20.
#define MIX(r) eor x20, x20, r; mul x20, x20, x21
#define ALL                                                                                        \
    mrs x22, nzcv; ldr x21, =0x100000001b3; ldr x20, =0xcbf29ce484222325;                          \
    MIX(x8); MIX(x9); MIX(x10); MIX(x11); MIX(x12); MIX(x13); MIX(x14); MIX(x15); MIX(x5); MIX(x22)
#define ZERO                                                                                       \
    mov x8, #0; mov x9, #0; mov x10, #0; mov x11, #0; mov x12, #0; mov x13, #0; mov x14, #0;       \
    mov x15, #0
#define BOTH(CHAIN)                                                                                \
    ZERO; msr nzcv, x18; bl operands; CHAIN(NOTHING); ALL; mov x19, x20;                           \
    ZERO; msr nzcv, x18; bl operands; CHAIN(THROUGH); ALL;                                         \
    mov w26, #__LINE__; cmp x19, x20; b.eq 1f; mov x27, x24; b check_fail; 1:

TEST
    ldr     x16, =memory
    mov     x24, #200                               // rounds
round:
    and     x18, x24, #15
    lsl     x18, x18, #28
    BOTH(PRODUCT)
    BOTH(MEMORY)
    BOTH(BORROW)
    BOTH(WORDS)
    BOTH(WANTED)
    ldr     x0, =seed                               // other operands next time
    ldr     x1, [x0]
    ldr     x2, =6364136223846793005
    mul     x1, x1, x2
    add     x1, x1, #0x51
    str     x1, [x0]
    subs    x24, x24, #1
    b.ne    round

    // a fault in a chain shows the flags up to there
    EXPECT(faulted)
    bl      operands
    mov     x0, #-1
    mov     x16, #-8
    adds    x8, x0, x0                              // C
    umulh   x9, x2, x3
    adcs    x10, x0, xzr                            // 0, Z and C
    umulh   x11, x4, x5
at_fault:
    ldr     x12, [x16]
    adcs    x13, x0, x0
    b       check_fail
faulted:
    mrs     x27, elr_el1
    IS(x27, at_fault)
    mrs     x0, spsr_el1
    lsr     x0, x0, #28
    IS(x0, 6)
    IS(x10, 0)
    PASS

    .text
// x0 to x7: of the seed, one in four of them 0, -1 or 1 << 63.  The flags stay.
operands:
    mrs     x23, nzcv
    ldr     x0, =seed
    ldr     x20, [x0]
    ldr     x21, =6364136223846793005
#define OPERAND(r)                                                                                 \
    mul x20, x20, x21; add x20, x20, #1; mov r, x20; lsr x22, x20, #60; cmp x22, #2;               \
    csel r, r, xzr, hs; cmp x22, #3; csinv r, r, xzr, ne; cmp x22, #4; b.ne 1f;                    \
    mov r, #(1 << 63); 1:
    OPERAND(x0); OPERAND(x1); OPERAND(x2); OPERAND(x3)
    OPERAND(x4); OPERAND(x5); OPERAND(x6); OPERAND(x7)
    msr     nzcv, x23
    ret
    .ltorg
    .data
    .balign 8
seed:   .quad 1
memory: .quad 0x123456789abcdef, 0
