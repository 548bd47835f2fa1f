// SPDX-License-Identifier: MIT
// Sweeps: an instruction on many operands, its results and flags folded into one number.
// The expected numbers come from qemu-system-aarch64 7.2 run as a black box.
// SWEEP(expected, insn): insn reads x1, x2, x3, w1..., flags; writes x3 and maybe flags.
// x1, x2 run over all pairs of `operands`; x3 begins as a mix of both, NZCV as a counter.
// x9 to x19 belong to the sweep; insn may use x4 to x8 as well.
#define SWEEP(expected, ...)                                                                       \
    ldr x9, =operands; mov x10, #0; mov x13, #0x9e37;          \
91: mov x11, #0; ldr x14, [x9, x10, lsl #3];                                                       \
92: ldr x15, [x9, x11, lsl #3]; mov x1, x14; mov x2, x15; eor x3, x14, x15, ror #13;               \
    add x12, x10, x11, lsl #1; ubfiz x12, x12, #28, #4; msr nzcv, x12;                             \
    __VA_ARGS__;                                                                                   \
    mrs x12, nzcv; eor x13, x3, x13, ror #7; add x13, x13, x12, lsr #28; eor x13, x13, x13, lsl #9;\
    add x11, x11, #1; cmp x11, #OPERANDS; b.lo 92b;                                                \
    add x10, x10, #1; cmp x10, #OPERANDS; b.lo 91b;                                                \
    SWEEP_END(expected)
#ifndef SWEEP_END
#define SWEEP_END(expected) IS(x13, expected); pool_here
#endif
#define OPERANDS 20
.macro pool_here
    b       93f
    .ltorg
93:
.endm
.macro sweep_operands
    .section .rodata
    .balign 8
operands:
    .quad 0, 1, 2, -1, -2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000
    .quad 0x7fffffffffffffff, 0x8000000000000000, 0x8000000080000000, 31, 32, 63, 64
    .quad 0x0123456789abcdef, 0xfedcba9876543210, 0x00000000deadbeef, 0x5a5a5a5aa5a5a5a5
    .text
.endm
