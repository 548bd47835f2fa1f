// SPDX-License-Identifier: MIT
// Start and exception vectors of bare.c.
    .globl _start
_start:
    ldr x0, =stack_top
    mov sp, x0
    ldr x0, =vectors
    msr vbar_el1, x0
    mov x0, #3 << 20
    msr cpacr_el1, x0
    isb
    bl main
1:  wfe
    b 1b

    .balign 2048
vectors:
    .rept 4
    .balign 128
    b .
    .endr
    .balign 128
    .globl on_sync
on_sync:                        // current EL, SPx: SVC of main
    stp x29, x30, [sp, #-16]!
    bl handle
    ldp x29, x30, [sp], #16
    eret

    .bss
    .balign 16
    .skip 4096
stack_top:
