// SPDX-License-Identifier: MIT
// FEAT_LSE2 (Arm ARM B2.2.1.1, B2.5.2): exclusives and atomics within 16 aligned bytes need no
// more alignment; SCTLR.nAA lets ordered accesses go anywhere, SCTLR.A asks for all of it.
// QEMU 7.2 does not have it.
#include "check.h"
#include "pages.h"
#define NAA (1 << 6)
#define A (1 << 1)
#define BITS(these)                                                                                \
    mrs x14, sctlr_el1; bic x14, x14, #NAA; bic x14, x14, #A; mov x15, #(these);                   \
    orr x14, x14, x15; msr sctlr_el1, x14; isb
// the instruction takes an alignment fault at x9
#define FAULTS(esr, ...)                                                                           \
    EXPECT(2f); __VA_ARGS__; IS(xzr, 1); 2: mrs x10, esr_el1; bic x10, x10, #(1 << 6);             \
    IS(x10, esr); mrs x10, far_el1; sub x10, x10, x9; IS(x10, 0)
#define ALIGN 0x96000021
TEST
    PAGES_ON
    PTE(0, RAM | V | AF)
    PTE(1, (RAM + 0x1000) | V | AF)
    PTE(2, RAM | V | AF | DEV)
    mrs     x0, id_aa64mmfr2_el1
    ubfx    x0, x0, #32, #4
    IS(x0, 1)
    ldr     x1, =BASE
    ldr     x2, =0x0706050403020100
    ldr     x3, =0x0f0e0d0c0b0a0908
    stp     x2, x3, [x1]
    // exclusives
    add     x9, x1, #5
    ldxr    x4, [x9]
    IS(x4, 0x0c0b0a0908070605)
    mvn     x4, x4
    stxr    w5, x4, [x9]
    IS(x5, 0)
    ldr     x6, [x1, #8]
    IS(x6, 0x0f0e0df3f4f5f6f7)
    stp     x2, x3, [x1]
    stxr    w5, x4, [x9]                    // no monitor any more
    IS(x5, 1)
    add     x9, x1, #12
    ldaxr   w4, [x9]
    IS(x4, 0x0f0e0d0c)
    stlxr   w5, wzr, [x9]
    IS(x5, 0)
    str     x3, [x1, #8]
    add     x9, x1, #3
    ldxrh   w4, [x9]
    IS(x4, 0x0403)
    stxrh   w5, w4, [x9]
    IS(x5, 0)
    add     x9, x1, #4
    ldxp    w4, w5, [x9]
    IS(x4, 0x07060504)
    IS(x5, 0x0b0a0908)
    stxp    w6, w5, w4, [x9]
    IS(x6, 0)
    ldr     x6, [x1]
    IS(x6, 0x0b0a090803020100)
    stp     x2, x3, [x1]
    add     x9, x1, #9
    FAULTS(ALIGN, ldxr x4, [x9])
    FAULTS(ALIGN, stxr w5, x4, [x9])
    add     x9, x1, #15
    FAULTS(ALIGN, ldaxrh w4, [x9])
    add     x9, x1, #8
    FAULTS(ALIGN, ldxp x4, x5, [x9])
    // atomics
    mov     x7, #1
    add     x9, x1, #7
    ldadd   x7, x4, [x9]
    IS(x4, 0x0e0d0c0b0a090807)
    ldur    x4, [x9]
    IS(x4, 0x0e0d0c0b0a090808)
    add     x9, x1, #1
    mov     w8, #0x80
    ldsmaxalh w8, w4, [x9]
    IS(x4, 0x0201)
    swpal   w8, w4, [x9]
    IS(x4, 0x04030201)
    ldur    w4, [x9]
    IS(x4, 0x80)
    stp     x2, x3, [x1]
    add     x9, x1, #6
    ldr     x4, =0x0d0c0b0a09080706
    casal   x4, xzr, [x9]
    IS(x4, 0x0d0c0b0a09080706)
    ldr     x5, [x1]
    IS(x5, 0x0000050403020100)
    mov     x4, #7                          // another value than is there
    cas     x4, x2, [x9]
    IS(x4, 0)
    stp     x2, x3, [x1]
    add     x9, x1, #2
    mov     w4, #0
    mov     w5, #0
    casp    w4, w5, w6, w7, [x9]
    IS(x4, 0x05040302)
    IS(x5, 0x09080706)
    ldr     x6, [x1]
    IS(x6, 0x0706050403020100)
    add     x9, x1, #13
    FAULTS(ALIGN, ldadd w7, w4, [x9])
    FAULTS(ALIGN, cas w4, w5, [x9])
    add     x9, x1, #8
    FAULTS(ALIGN, casp x4, x5, x6, x7, [x9])
    // ordered
    add     x9, x1, #3
    ldar    x4, [x9]
    IS(x4, 0x0a09080706050403)
    ldapr   w4, [x9]
    IS(x4, 0x06050403)
    ldapur  x4, [x9, #5]
    IS(x4, 0x0f0e0d0c0b0a0908)
    ldapursh x4, [x9, #-2]
    IS(x4, 0x0201)
    add     x9, x1, #11
    stlr    w7, [x9]
    ldr     x4, [x1, #8]
    IS(x4, 0x0f000000010a0908)
    stp     x2, x3, [x1]
    add     x9, x1, #13
    FAULTS(ALIGN, ldar w4, [x9])
    FAULTS(ALIGN, stlr w4, [x9])
    FAULTS(ALIGN, ldapr x4, [x9])
    FAULTS(ALIGN, stlur w4, [x9])
    BITS(NAA)
    add     x9, x1, #13
    ldar    w4, [x9]
    IS(x4, 0x000f0e0d)
    stlr    w7, [x9]
    ldr     x4, [x1, #8]
    IS(x4, 0x0000010c0b0a0908)
    ldr     x9, =(BASE + 0x1000 - 3)        // two pages
    ldr     x4, =0x1122334455667788
    stlur   x4, [x9]
    ldapur  x5, [x9]
    IS(x5, 0x1122334455667788)
    add     x9, x1, #13
    FAULTS(ALIGN, ldxr w4, [x9])            // not for these
    FAULTS(ALIGN, ldadd w7, w4, [x9])
    // Device memory wants alignment whatever is allowed
    ldr     x9, =(BASE + 0x2000 + 4)
    FAULTS(ALIGN, ldar x4, [x9])
    FAULTS(ALIGN, ldxr x4, [x9])
    BITS(A)
    add     x9, x1, #4
    FAULTS(ALIGN, ldar x4, [x9])
    FAULTS(ALIGN, ldxr x4, [x9])
    FAULTS(ALIGN, ldadd x7, x4, [x9])
    BITS(0)
    PASS
    PAGES_TABLES
