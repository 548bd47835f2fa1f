// SPDX-License-Identifier: MIT
// A round of AES by its two instructions, next to one another and apart; the values are those of
// FIPS 197, C.1: round 1 of the cipher and of the equivalent inverse cipher.
#include "check.h"

    TEST
    adr     x1, data
    ldp     q0, q1, [x1]
    ldp     q2, q3, [x1, #32]

    mov     v4.16b, v0.16b
    aese    v4.16b, v1.16b
    aesmc   v4.16b, v4.16b
    VIS(4, 0x1af9b91d293bbef7, 0x92bcf5571564725f)

    mov     v4.16b, v2.16b
    aesd    v4.16b, v3.16b
    aesimc  v4.16b, v4.16b
    VIS(4, 0x2ccfe6a18e01cb61, 0x43352ff71fb97347)

    mov     v4.16b, v0.16b                          // the first half is wanted too
    aese    v4.16b, v1.16b
    aesmc   v5.16b, v4.16b
    VIS(5, 0x1af9b91d293bbef7, 0x92bcf5571564725f)
    sub     sp, sp, #16
    str     q4, [sp]
    ldr     q5, [sp]
    aesmc   v5.16b, v5.16b
    VIS(5, 0x1af9b91d293bbef7, 0x92bcf5571564725f)

    mov     v4.16b, v2.16b                          // an encryption's half, a decryption's half
    aesd    v4.16b, v3.16b
    aesmc   v5.16b, v4.16b
    aesimc  v6.16b, v5.16b                          // undoes it
    aesimc  v4.16b, v4.16b
    aesimc  v6.16b, v6.16b
    VIS(6, 0x2ccfe6a18e01cb61, 0x43352ff71fb97347)

    mov     v4.16b, v0.16b                          // the key is gone before the second half
    mov     v5.16b, v1.16b
    aese    v4.16b, v5.16b
    movi    v5.2d, #0
    aesmc   v4.16b, v4.16b
    VIS(4, 0x1af9b91d293bbef7, 0x92bcf5571564725f)
    PASS

    .section .rodata
    .balign 16
data:
    .byte   0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77
    .byte   0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff
    .byte   0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
    .byte   0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f
    .byte   0x69, 0xc4, 0xe0, 0xd8, 0x6a, 0x7b, 0x04, 0x30
    .byte   0xd8, 0xcd, 0xb7, 0x80, 0x70, 0xb4, 0xc5, 0x5a
    .byte   0x13, 0x11, 0x1d, 0x7f, 0xe3, 0x94, 0x4a, 0x17
    .byte   0xf3, 0x07, 0xa7, 0x8b, 0x4d, 0x2b, 0x30, 0xc5
