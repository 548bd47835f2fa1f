// SPDX-License-Identifier: MIT
// Tables that the processor may remember until a TLBI (Arm ARM D8.13, D8.17): a page that nobody
// has touched is found by the tables as they are now, after each kind of TLBI but those of the last
// level, under another ASID or TTBR, and when TCR or MAIR has changed; also on another CPU.
// args: -smp 2
#include "check.h"

#define VA 0x100000000
#define ASID(n) mov x0, x10; orr x0, x0, #(n << 48); msr ttbr0_el1, x0; isb
#define READ(n) ldr x1, =(VA + (n) * 4096); ldr x0, [x1]
#define PAGE(n) ldr x2, =((VA + (n) * 4096) >> 12)
#define RANGE(n) ldr x2, =((VA + (n) * 4096) >> 12 | 1 << 46)
#define TABLE(t) str xzr, [x11]; dsb ish; str t, [x11]; dsb ish; isb
// by table a, by table b once that is what stands in level 2
#define MOVES(...)                                                                                 \
    tlbi vmalle1is; dsb ish; TABLE(x12); READ(0); IS(x0, 0xa);                                     \
    str xzr, [x11]; dsb ish; __VA_ARGS__; dsb ish; isb; str x13, [x11]; dsb ish; isb;              \
    READ(1); IS(x0, 0xb)

    TEST
    MMU_ON
    ldr     x10, =check_table
    ldr     x11, =level2
    orr     x1, x11, #3
    str     x1, [x10, #32]
    ldr     x12, =table_a
    ldr     x13, =table_b
    ldr     x1, =page_a
    ldr     x2, =page_b
    mov     x0, #10
    str     x0, [x1]
    mov     x0, #11
    str     x0, [x2]
    mov     x0, #0xf03                              // not global
    orr     x1, x1, x0
    orr     x2, x2, x0
    mov     x3, #0
1:  str     x1, [x12, x3]
    str     x2, [x13, x3]
    add     x3, x3, #8
    cmp     x3, #4096
    b.ne    1b
    orr     x12, x12, #3
    orr     x13, x13, #3

    PAGE(1); MOVES(tlbi vae1, x2)
    PAGE(1); MOVES(tlbi vae1is, x2)
    PAGE(1); MOVES(tlbi vaae1, x2)
    PAGE(1); MOVES(tlbi vaae1is, x2)
    MOVES(tlbi aside1, xzr)
    MOVES(tlbi aside1is, xzr)
    MOVES(tlbi vmalle1)
    MOVES(tlbi vmalle1is)
    MOVES(tlbi vmalle1os)
    PAGE(1); MOVES(tlbi vae1os, x2)
    MOVES(tlbi aside1os, xzr)
    PAGE(1); MOVES(tlbi vaae1os, x2)
    RANGE(0); MOVES(tlbi rvae1is, x2)
    RANGE(0); MOVES(tlbi rvae1, x2)
    RANGE(0); MOVES(tlbi rvae1os, x2)
    RANGE(0); MOVES(tlbi rvaae1is, x2)
    RANGE(0); MOVES(tlbi rvaae1, x2)
    RANGE(0); MOVES(tlbi rvaae1os, x2)

    // an ASID that nothing was ever looked up for, in TTBR0 and in TTBR1
    ASID(1)
    MOVES(ASID(2))
    mrs     x5, tcr_el1
    orr     x6, x5, #(1 << 22)                      // TCR.A1
    msr     tcr_el1, x6
    isb
    mov     x6, #(3 << 48)
    mov     x7, #(4 << 48)
    msr     ttbr1_el1, x6
    isb
    MOVES(msr ttbr1_el1, x7; isb)
    msr     tcr_el1, x5
    isb
    // another TTBR0 with the same ASID
    ASID(6)
    ldr     x4, =other_table
    ldp     x0, x1, [x10]
    stp     x0, x1, [x4]
    ldp     x0, x1, [x10, #16]
    stp     x0, x1, [x4, #16]
    ldr     x0, =other_level2
    str     x13, [x0]
    orr     x0, x0, #3
    str     x0, [x4, #32]
    mov     x0, #(6 << 48)
    orr     x4, x4, x0
    TABLE(x12)
    READ(0)
    IS(x0, 0xa)
    msr     ttbr0_el1, x4
    isb
    READ(2)
    IS(x0, 0xb)
    msr     ttbr0_el1, x10
    isb

    // TCR.TBI0: a tagged address is one no more
    orr     x6, x5, #(1 << 37)
    msr     tcr_el1, x6
    isb
    ldr     x1, =(VA | 0x55 << 56)
    ldr     x0, [x1]
    IS(x0, 0xa)
    msr     tcr_el1, x5
    isb
    EXPECT(refused)
    ldr     x0, [x1, #8]
    mov     x0, #0
    IS(x0, 1)
refused:

    // another CPU's memory
    tlbi    vmalle1is
    dsb     ish
    TABLE(x12)
    ldr     x5, =second
    ldr     w0, =0xc4000003                         // PSCI CPU_ON
    mov     x1, #1
    mov     x2, x5
    mov     x3, #0
    hvc     #0
    IS(x0, 0)
    ldr     x6, =mailbox
1:  ldar    x7, [x6]
    cbz     x7, 1b
    IS(x7, 0xa)
    str     xzr, [x11]
    dsb     ish
    PAGE(1)
    tlbi    vae1is, x2
    dsb     ish
    str     x13, [x11]
    dsb     ish
    mov     x7, #1
    stlr    x7, [x6]
1:  ldar    x7, [x6]
    cmp     x7, #1
    b.eq    1b
    IS(x7, 0xb)

    // MAIR: what was normal memory is Device, where no access may be misaligned (B2.7.2;
    // QEMU 7.2 lets it pass)
    ldr     x0, =0xff00ff
    msr     mair_el1, x0
    isb
    ldr     x0, [x13, #-3]
    orr     x0, x0, #(2 << 2)
    orr     x0, x0, #(3 << 53)                      // unlike any other page
    ldr     x1, =(table_b + 7 * 8)
    stp     x0, x0, [x1]
    dsb     ish
    ldr     x1, =(VA + 7 * 4096)
    ldr     w0, [x1, #1]
    mov     x0, #0xff
    msr     mair_el1, x0
    isb
    EXPECT(misaligned)
    ldr     x1, =(VA + 8 * 4096)
    ldr     w0, [x1, #1]
    mov     x0, #0
    IS(x0, 1)
misaligned:
    PASS

    .text
second:
    MMU_ON
    READ(0)
    ldr     x6, =mailbox
    stlr    x0, [x6]
1:  ldar    x7, [x6]
    cmp     x7, #1
    b.ne    1b
    READ(1)
    stlr    x0, [x6]
    b       .
    .ltorg

    .data
    .balign 64
mailbox: .quad 0
    .bss
    .balign 4096
level2:       .skip 4096
table_a:      .skip 4096
table_b:      .skip 4096
other_table:  .skip 4096
other_level2: .skip 4096
page_a:       .skip 4096
page_b:       .skip 4096
    .text
