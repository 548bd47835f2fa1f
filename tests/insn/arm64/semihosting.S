// SPDX-License-Identifier: MIT
// Semihosting calls (Arm "Semihosting for AArch32 and AArch64", 2.0).  Files go to /tmp.
// args: -semihosting-config enable=on,arg=one,arg=two
#include "check.h"
#define CALL(op) mov w0, #(op); hlt #0xf000
#define OPEN(name, len, mode) ldr x1, =block; ldr x2, =name; mov x3, #(mode); mov x4, #(len); \
    stp x2, x3, [x1]; str x4, [x1, #16]; CALL(0x01)
#define BLOCK(a, b, c) ldr x1, =block; mov x2, a; mov x3, b; mov x4, c; \
    stp x2, x3, [x1]; str x4, [x1, #16]
#define PLACE(reg, label) ldr reg, =label
#define ERRNO(e) CALL(0x13); IS(x0, e)
#define HIGH ldr x9, =0xff00000000000000    /* nothing is there */

TEST
    MMU_ON                                          // so that there are addresses without memory

    // a temporary name, unique for each run
    PLACE(x9, path); BLOCK(x9, #9, #64); CALL(0x0d); IS(x0, 0)
    PLACE(x9, path); ldrb w10, [x9]; IS(x10, '/')
    mov x19, #0
1:  ldrb w10, [x9, x19]; add x19, x19, #1; cbnz w10, 1b
    sub x19, x19, #1                                // its length

    // create, write, length, position
    PLACE(x9, path); BLOCK(x9, #6, x19); CALL(0x01); mov x20, x0
    cmp x20, #0; cset x10, gt; IS(x10, 1)
    PLACE(x9, text); BLOCK(x20, x9, #11); CALL(0x05); IS(x0, 0)
    BLOCK(x20, #0, #0); CALL(0x0c); IS(x0, 11)
    CALL(0x09); IS(x0, 0)
    BLOCK(x20, #6, #0); CALL(0x0a); IS(x0, 0)
    PLACE(x9, buffer); BLOCK(x20, x9, #64); CALL(0x06); IS(x0, 59)
    PLACE(x9, buffer); ldr w10, [x9]; IS(x10, 0x6c726f77)       // "worl"
    CALL(0x06); IS(x0, 64)                          // the end
    PLACE(x9, buffer); BLOCK(x20, x9, #0); CALL(0x06); IS(x0, 0)
    BLOCK(x20, #0, #0); CALL(0x02); IS(x0, 0)
    CALL(0x02); IS(x0, ~0)                          // closed twice
    ERRNO(9)
    CALL(0x0c); IS(x0, ~0)
    CALL(0x0a); IS(x0, ~0)

    // rename, remove, and it is gone
    PLACE(x9, path); PLACE(x10, path2); mov x11, #0
2:  ldrb w12, [x9, x11]; strb w12, [x10, x11]; add x11, x11, #1; cmp x11, x19; b.lo 2b
    mov w12, #'b'; strb w12, [x10, x11]; add x21, x19, #1
    PLACE(x9, path); PLACE(x10, path2); BLOCK(x9, x19, x10); str x21, [x1, #24]
    CALL(0x0f); IS(x0, 0)
    PLACE(x9, path); BLOCK(x9, #0, x19); CALL(0x01); IS(x0, ~0)
    ERRNO(2)
    PLACE(x9, path2); BLOCK(x9, #0, x21); CALL(0x01); mov x20, x0
    BLOCK(x20, #0, #0); CALL(0x0c); IS(x0, 11)
    CALL(0x02); IS(x0, 0)
    PLACE(x9, path2); BLOCK(x9, x21, #0); CALL(0x0e); IS(x0, 0)
    CALL(0x0e); IS(x0, ~0)
    ERRNO(2)

    // the features: magic, EXIT_EXTENDED and STDOUT_STDERR
    OPEN(feat, 21, 0); mov x20, x0
    PLACE(x9, buffer); BLOCK(x20, x9, #5); CALL(0x06); IS(x0, 0)
    PLACE(x9, buffer); ldr w10, [x9]; IS(x10, 0x42464853)       // "SHFB"
    ldrb w10, [x9, #4]; IS(x10, 3)
    BLOCK(x20, #0, #0); CALL(0x0c); IS(x0, 5)
    CALL(0x09); IS(x0, 0)
    BLOCK(x20, #4, #0); CALL(0x0a); IS(x0, 0)
    PLACE(x9, buffer); BLOCK(x20, x9, #5); CALL(0x06); IS(x0, 4)
    BLOCK(x20, #0, #0); CALL(0x02); IS(x0, 0)
    OPEN(feat, 21, 4); IS(x0, ~0)

    // the console
    OPEN(tt, 3, 4); mov x20, x0
    OPEN(tt, 3, 8); mov x21, x0
    BLOCK(x20, #0, #0); CALL(0x09); IS(x0, 0)       // a file here
    PLACE(x9, word); BLOCK(x20, x9, #4); CALL(0x05); IS(x0, 0)
    PLACE(x9, word); BLOCK(x21, x9, #4); CALL(0x05); IS(x0, 0)
    BLOCK(x20, #0, #0); CALL(0x02); IS(x0, 0)
    PLACE(x1, word); CALL(0x03)
    PLACE(x1, word); CALL(0x04)

    // hostile arguments: an answer, no exception
    HIGH; mov x1, x9; CALL(0x01); IS(x0, ~0)
    ERRNO(14)
    HIGH; BLOCK(x9, #0, #9); CALL(0x01); IS(x0, ~0)
    HIGH; mov x10, #-1; BLOCK(x10, x9, x9); CALL(0x02); IS(x0, ~0)
    ERRNO(9)

    // surroundings
    PLACE(x9, buffer); BLOCK(x9, #64, #0); CALL(0x15); IS(x0, 0)
    PLACE(x9, block); ldr x10, [x9, #8]; IS(x10, 7)
    PLACE(x9, buffer); ldr x10, [x9]; IS(x10, 0x6f777420656e6f)  // "one two"
    PLACE(x9, buffer); BLOCK(x9, #3, #0); CALL(0x15); IS(x0, ~0)
    PLACE(x9, buffer); BLOCK(x9, #0, #0); CALL(0x16); PLACE(x9, buffer)
    ldp x10, x11, [x9]; ldp x12, x13, [x9, #16]
    IS(x11, 0x48000000); IS(x12, 0x48000000)        // -m 128M
    PLACE(x14, check_stack); cmp x10, x14; cset x14, hs; IS(x14, 1)
    cmp x10, x13; cset x14, eq; IS(x14, 1)
    PLACE(x9, comm); BLOCK(x9, #6, #0); CALL(0x12); IS(x0, 0x300)
    mov x10, #-1; BLOCK(x10, #0, #0); CALL(0x08); IS(x0, 1)
    BLOCK(xzr, #0, #0); CALL(0x08); IS(x0, 0)
    // time goes on
    mov x1, #0; CALL(0x31); IS(x0, 1000000000)
    PLACE(x1, block); CALL(0x30); IS(x0, 0)
    PLACE(x1, block); ldr x10, [x1]; CALL(0x30); ldr x11, [x1]; cmp x11, x10; cset x10, hi
    IS(x10, 1)
    mov x1, #0; CALL(0x11); ldr x10, =1700000000; cmp x0, x10; cset x10, hi; IS(x10, 1)
    mov x1, #0; CALL(0x10); lsr x0, x0, #16; IS(x0, 0)
    PASS

    .data; .balign 8
block: .quad 0, 0, 0, 0
buffer: .space 64
path: .space 64
path2: .space 64
text: .asciz "hello world"
word: .asciz "out\n"
tt: .asciz ":tt"
feat: .asciz ":semihosting-features"
comm: .asciz "exit 3"
    .balign 8
