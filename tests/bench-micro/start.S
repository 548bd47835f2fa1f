// SPDX-License-Identifier: MIT
// The first instructions of the micro-benchmarks, at EL1 with the MMU off; the exception vectors;
// what runs at EL0.
    .section .text.startup, "ax"
    .global _start
_start:
    ldr     x1, =stack_top
    mov     sp, x1
    adr     x1, vectors
    msr     vbar_el1, x1
    mov     x1, #(3 << 20)          // CPACR_EL1.FPEN
    msr     cpacr_el1, x1
    isb
    ldr     x1, =bss_start
    ldr     x2, =bss_end
1:  stp     xzr, xzr, [x1], #16
    cmp     x1, x2
    b.lo    1b
    bl      main
off:                                // PSCI SYSTEM_OFF
    ldr     w0, =0x84000008
    hvc     #0
    b       .

// void to_user(u64 n): n times SVC at EL0
    .global to_user
to_user:
    stp     x29, x30, [sp, #-16]!
    ldr     x1, =user_loop
    msr     elr_el1, x1
    mov     x1, #0x3c0              // EL0t, interrupts masked
    msr     spsr_el1, x1
    mov     x1, #1
    eret
from_user:
    ldp     x29, x30, [sp], #16
    ret

    .section .user, "ax"
user_loop:
1:  svc     #0
    subs    x0, x0, #1
    b.ne    1b
    mov     x1, #0
    svc     #0

    .text
unexpected:                         // '!' and no result: the driver says so
    ldr     x0, =0x09000000
    mov     w1, #'!'
    str     w1, [x0]
    b       off
    .macro  vector to
    .balign 128
    b       \to
    .endm
    .balign 2048
vectors:
    .rept   8
    vector  unexpected
    .endr
    .balign 128                     // synchronous, from EL0: back, or out of to_user
    cbz     x1, from_user
    eret
    .rept   7
    vector  unexpected
    .endr

    .bss
    .balign 16
    .space 16384
stack_top:
