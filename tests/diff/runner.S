// SPDX-License-Identifier: MIT
// Runs cases (struct DiffCase of diff.h) from stdin under qemu-aarch64-static and writes each
// back with the registers it ended with: a static program without libc.  Every sequence ends in
// a signal (BRK at the latest), whose frame has all the registers.  Linux's arm64 signal frame:
// arch/arm64/include/uapi/asm/sigcontext.h.
        .equ    CODE, 0x10000000
        .equ    DATA, 0x10010000
        .equ    MEM, DATA + 0x600
        .equ    MEM_SIZE, 1024
        .equ    O_SP, 248
        .equ    O_NZCV, 264
        .equ    O_FPCR, 272
        .equ    O_FPSR, 280
        .equ    O_TPIDR, 288
        .equ    O_SIG, 296
        .equ    O_ADDR, 304
        .equ    O_V, 320
        .equ    O_MEM, 832
        .equ    O_CODE, 1856
        .equ    SIZE, 2048
        .equ    UC_REGS, 184
        .equ    UC_FPSIMD, 464
        .equ    FPSIMD_MAGIC, 0x46508001

        .text
        .globl  _start
_start:
        mov     x0, #CODE
        mov     x2, #7
        bl      map_page
        ldr     x0, =DATA
        mov     x2, #3
        bl      map_page
        ldr     x0, =altstack
        mov     x1, #0
        mov     x8, #132                        // sigaltstack
        svc     #0
        mov     x19, #4                         // SIGILL
        bl      catch
        mov     x19, #5                         // SIGTRAP
        bl      catch
        mov     x19, #7                         // SIGBUS
        bl      catch
        mov     x19, #11                        // SIGSEGV
        bl      catch

next_case:
        ldr     x20, =buffer
        mov     x21, #SIZE
1:      mov     x0, #0
        mov     x1, x20
        mov     x2, x21
        mov     x8, #63                         // read
        svc     #0
        cmp     x0, #0
        b.le    finish
        add     x20, x20, x0
        subs    x21, x21, x0
        b.ne    1b

        mov     x1, #CODE
        bl      clear_page
        ldr     x20, =buffer
        add     x0, x20, #O_CODE
        mov     x1, #CODE
        mov     x2, #(SIZE - O_CODE)
        bl      copy
        mov     x1, #CODE
        dc      cvau, x1
        dsb     ish
        ic      ivau, x1
        dsb     ish
        isb
        ldr     x1, =DATA
        bl      clear_page
        add     x0, x20, #O_MEM
        ldr     x1, =MEM
        mov     x2, #MEM_SIZE
        bl      copy

        add     x0, x20, #O_V
        ldp     q0, q1, [x0], #32
        ldp     q2, q3, [x0], #32
        ldp     q4, q5, [x0], #32
        ldp     q6, q7, [x0], #32
        ldp     q8, q9, [x0], #32
        ldp     q10, q11, [x0], #32
        ldp     q12, q13, [x0], #32
        ldp     q14, q15, [x0], #32
        ldp     q16, q17, [x0], #32
        ldp     q18, q19, [x0], #32
        ldp     q20, q21, [x0], #32
        ldp     q22, q23, [x0], #32
        ldp     q24, q25, [x0], #32
        ldp     q26, q27, [x0], #32
        ldp     q28, q29, [x0], #32
        ldp     q30, q31, [x0], #32
        ldr     x0, [x20, #O_NZCV]
        msr     nzcv, x0
        ldr     x0, [x20, #O_FPCR]
        msr     fpcr, x0
        ldr     x0, [x20, #O_FPSR]
        msr     fpsr, x0
        ldr     x0, [x20, #O_TPIDR]
        msr     tpidr_el0, x0
        ldr     x0, [x20, #O_SP]
        mov     sp, x0
        mov     x30, x20
        ldp     x0, x1, [x30, #0]
        ldp     x2, x3, [x30, #16]
        ldp     x4, x5, [x30, #32]
        ldp     x6, x7, [x30, #48]
        ldp     x8, x9, [x30, #64]
        ldp     x10, x11, [x30, #80]
        ldp     x12, x13, [x30, #96]
        ldp     x14, x15, [x30, #112]
        ldp     x16, x17, [x30, #128]
        ldp     x18, x19, [x30, #144]
        ldp     x20, x21, [x30, #160]
        ldp     x22, x23, [x30, #176]
        ldp     x24, x25, [x30, #192]
        ldp     x26, x27, [x30, #208]
        ldp     x28, x29, [x30, #224]
        ldr     x30, [x30, #240]
        b       code_start                      // --defsym code_start=CODE

// The signal handler; never returns to what it interrupted.
ended:
        ldr     x20, =buffer
        str     x0, [x20, #O_SIG]
        ldr     x3, [x1, #16]
        str     x3, [x20, #O_ADDR]
        mov     x22, x2
        add     x0, x22, #UC_REGS               // x0..x30, sp, pc, pstate
        mov     x1, x20
        mov     x2, #(34 * 8)
        bl      copy
        ldr     w0, [x22, #UC_FPSIMD]
        ldr     w1, =FPSIMD_MAGIC
        cmp     w0, w1
        b.ne    finish
        ldr     w0, [x22, #(UC_FPSIMD + 8)]
        str     x0, [x20, #O_FPSR]
        ldr     w0, [x22, #(UC_FPSIMD + 12)]
        str     x0, [x20, #O_FPCR]
        mrs     x0, tpidr_el0
        str     x0, [x20, #O_TPIDR]
        add     x0, x22, #(UC_FPSIMD + 16)
        add     x1, x20, #O_V
        mov     x2, #512
        bl      copy
        ldr     x0, =MEM
        add     x1, x20, #O_MEM
        mov     x2, #MEM_SIZE
        bl      copy
        ldr     x3, =stack_top
        mov     sp, x3
        mov     x21, #SIZE
1:      mov     x0, #1
        mov     x1, x20
        mov     x2, x21
        mov     x8, #64                         // write
        svc     #0
        cmp     x0, #0
        b.le    finish
        add     x20, x20, x0
        subs    x21, x21, x0
        b.ne    1b
        b       next_case

finish: mov     x0, #0
        mov     x8, #93                         // exit
        svc     #0

// x2 bytes, a multiple of 8, from x0 to x1
copy:   ldr     x3, [x0], #8
        str     x3, [x1], #8
        subs    x2, x2, #8
        b.ne    copy
        ret

clear_page:
        add     x2, x1, #4096
1:      stp     xzr, xzr, [x1], #16
        cmp     x1, x2
        b.ne    1b
        ret

map_page:
        mov     x1, #4096
        mov     x3, #0x32                       // MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #222                        // mmap
        svc     #0
        ret

catch:  mov     x0, x19
        ldr     x1, =action
        mov     x2, #0
        mov     x3, #8
        mov     x8, #134                        // rt_sigaction
        svc     #0
        ret

        .data
        .balign 16
altstack:                                       // struct stack_t
        .quad   altstack_memory
        .quad   0
        .quad   32768
action: .quad   ended
        .quad   0x48000004                      // SA_SIGINFO | SA_ONSTACK | SA_NODEFER
        .quad   0
        .quad   0

        .bss
        .balign 16
buffer: .skip   SIZE
altstack_memory:
        .skip   32768
        .skip   4096
stack_top:
