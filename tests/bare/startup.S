// SPDX-License-Identifier: MIT
// The first instructions of a bare-metal program on -M virt, at EL1 with the MMU off: a stack,
// exception vectors, a clear .bss, main, and the end through semihosting.
    .section .text.startup, "ax"
    .global _start
    .type _start, %function
_start:
    ldr     x1, =stack_top
    mov     sp, x1
    adr     x1, vectors
    msr     vbar_el1, x1
    ldr     x1, =bss_start
    ldr     x2, =bss_end
1:  cmp     x1, x2
    b.hs    2f
    str     xzr, [x1], #8
    b       1b
2:  bl      main                    // x0: the device tree
    ldr     x1, =exit_block         // SYS_EXIT: {ADP_Stopped_ApplicationExit, code}
    ldr     x2, =0x20026
    stp     x2, x0, [x1]
    mov     w0, #0x18
    hlt     #0xf000
    .size _start, . - _start

// An exception ends in C; the instruction that caused it is skipped.
    .global on_vector
    .type on_vector, %function
on_vector:
    stp     x0, x30, [sp, #-16]!
    mrs     x0, esr_el1
    bl      on_exception
    mrs     x0, elr_el1
    add     x0, x0, #4
    msr     elr_el1, x0
    ldp     x0, x30, [sp], #16
    eret
    .size on_vector, . - on_vector

    .balign 2048
vectors:
    .rept 16
    .balign 128
    b       on_vector
    .endr

    .bss
    .balign 16
exit_block: .space 16
    .space 4096
stack_top:
