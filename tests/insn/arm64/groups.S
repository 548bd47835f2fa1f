// SPDX-License-Identifier: MIT
// Loads and stores close together off one base, over the end of a page: whatever the second page
// is, each access does what it would alone, and a fault finds all registers as the instructions
// before it left them (DDI 0487 D1.4.5: exceptions are precise).
#include "check.h"
#include "pages.h"
#include "regs.h"
#define EDGE (BASE + 0x1000)
#define LOAD_FAULT  0x96000007              // translation, level 3, same level
#define STORE_PERM  0x9600004f              // permission, level 3, write
#define NEXT(counter, limit, label) add counter, counter, #1; cmp counter, #(limit); b.ne label
TEST
    PAGES_ON
    PTE(0, RAM | V | AF)
    PTE(1, (RAM + 0x5000) | V | AF)         // not the next one
    ldr     x0, =BASE                       // each word holds its own address
    mov     x1, #0
fill:
    add     x2, x0, x1, lsl #3
    str     x2, [x2]
    NEXT(x1, 1024, fill)

    // -- eight loads, the edge before each of them: both pages there
    mov     x29, #0
edge_ok:
    bl      loads_begin
    mov     x4, #8
    bl      loads_want
    GO(loads)
    NEXT(x29, 9, edge_ok)

    // -- the second page is not
    PTE(1, 0)
    mov     x29, #0
edge_gone:
    bl      loads_begin
    mov     x4, x29
    bl      loads_want
    ldr     x5, =EDGE
    ldr     x6, =loads
    add     x6, x6, x29, lsl #3             // two instructions each
    WANT_FAULT(LOAD_FAULT, x5, x6)
    GO(loads)
    NEXT(x29, 8, edge_gone)

    // -- an access across the edge: the first page is fine, the fault is the second's
    mov     x29, #0
across:
    bl      loads_begin
    sub     x3, x3, #4
    SETX(0, x3)
    mov     x4, #0
across_again:
    cmp     x4, x29
    b.eq    across_now
    add     x5, x3, x4, lsl #3
    ldr     x5, [x5]
    add     x6, x4, #1
    WANTX_AT(x6, x5)
    ldr     x7, =regs_init
    ldr     x7, [x7, #80]
    add     x5, x5, x7
    add     x6, x4, #11
    WANTX_AT(x6, x5)
    add     x4, x4, #1
    b       across_again
across_now:
    ldr     x5, =EDGE
    ldr     x6, =loads
    add     x6, x6, x29, lsl #3
    WANT_FAULT(LOAD_FAULT, x5, x6)
    GO(loads)
    NEXT(x29, 8, across)

    // -- vectors, pairs and small loads off one base
    mov     x29, #0
mixed:
    ldr     x3, =EDGE
    ldr     x4, =mixed_offsets
    ldrb    w5, [x4, x29]
    sub     x3, x3, x5
    BEGIN
    SETX(0, x3)
    mov     x4, x29
    bl      mixed_want
    ldr     x5, =EDGE
    ldr     x6, =mixed_loads
    add     x6, x6, x29, lsl #2
    WANT_FAULT(LOAD_FAULT, x5, x6)
    GO(mixed_loads)
    NEXT(x29, 5, mixed)

    // -- stores: the second page may only be read
    PTE(1, (RAM + 0x5000) | V | AF | RO)
    mov     x29, #0
edge_ro:
    bl      stores_begin
    ldr     x5, =EDGE
    ldr     x6, =stores
    add     x6, x6, x29, lsl #2
    WANT_FAULT(STORE_PERM, x5, x6)
    GO(stores)
    bl      stores_check
    NEXT(x29, 8, edge_ro)
    ldr     x5, =EDGE                       // and holds what it held
    ldr     x6, [x5]
    IS(x6, EDGE)

    // -- loads and stores of one base: reading the page is fine up to the store
    BEGIN
    ldr     x3, =(EDGE + 64)
    SETX(0, x3)
    WANTX(1, x3)
    add     x4, x3, #8
    WANTX(2, x4)
    ldr     x6, =load_store + 8
    add     x5, x3, #16
    WANT_FAULT(STORE_PERM, x5, x6)
    GO(load_store)
    // the store lies behind a side exit: taken or not, again and again
    mov     x29, #0
side:
    BEGIN
    ldr     x3, =(EDGE + 64)
    SETX(0, x3)
    SETX(5, xzr)
    WANTX(1, x3)
    add     x4, x3, #8
    WANTX(2, x4)
    GO(side_store)
    NEXT(x29, 4, side)
    BEGIN
    mov     x4, #1
    SETX(5, x4)
    ldr     x3, =(EDGE + 64)
    SETX(0, x3)
    WANTX(1, x3)
    add     x4, x3, #8
    WANTX(2, x4)
    add     x5, x3, #16
    ldr     x6, =side_store + 12
    WANT_FAULT(STORE_PERM, x5, x6)
    GO(side_store)

    // -- the second page is clean: the first store into it makes it dirty
    mrs     x7, id_aa64mmfr1_el1
    and     x7, x7, #15
    cmp     x7, #2
    b.lo    no_dbm
    mrs     x7, tcr_el1
    orr     x8, x7, #(3 << 39)              // HA, HD
    msr     tcr_el1, x8
    isb
    mov     x29, #0
edge_clean:
    PTE(1, (RAM + 0x5000) | V | AF | RO | DBM)
    bl      stores_begin
    GO(stores)
    bl      stores_check
    ldr     x5, =level3
    ldr     x5, [x5, #8]
    ubfx    x5, x5, #7, #1                  // AP[2]
    cmp     x29, #8                         // all eight before the edge: still clean
    cset    x6, eq
    eor     x5, x5, x6
    IS(x5, 0)
    NEXT(x29, 9, edge_clean)
    PTE(1, (RAM + 0x5000) | V | AF | RO | DBM)
    BEGIN                                   // the loads alone do not
    ldr     x3, =(EDGE + 64)
    ldr     x4, [x3]
    ldr     x5, [x3, #8]
    SETX(0, x3)
    WANTX(1, x4)
    WANTX(2, x5)
    SETX(5, xzr)
    GO(side_store)
    ldr     x5, =level3
    ldr     x5, [x5, #8]
    ubfx    x5, x5, #7, #1
    IS(x5, 1)
    mrs     x7, tcr_el1
    and     x7, x7, #~(3 << 39)
    msr     tcr_el1, x7
    isb
no_dbm:

    // -- the second page is a device: UARTFR and UARTIMSC of the PL011
    PTE(1, 0x09000000 | V | AF | DEV)
    mov     x29, #0
uart:
    BEGIN
    ldr     x3, =(EDGE - 8)
    ldr     x4, =0x11223344
    str     w4, [x3, #4]
    SETX(0, x3)
    WANTX(1, x4)
    mov     x4, #0x7f0
    SETX(2, x4)
    WANTX(3, x4)
    mov     x4, #0x90                       // TXFE, RXFE
    WANTX(4, x4)
    GO(uart_seq)
    ldr     x3, =EDGE
    str     wzr, [x3, #0x38]
    NEXT(x29, 3, uart)

    // -- chains of post- and pre-index: the base moves with each access, and not by the one
    // that faults
    PTE(1, 0)
    mov     x29, #0
post:
    bl      loads_begin
    mov     x4, #0
post_want:
    cmp     x4, x29
    b.eq    post_go
    add     x5, x3, x4, lsl #3
    ldr     x6, [x5]
    add     x7, x4, #1
    WANTX_AT(x7, x6)
    add     x4, x4, #1
    b       post_want
post_go:
    ldr     x5, =EDGE
    WANTX(0, x5)
    ldr     x6, =post_loads
    add     x6, x6, x29, lsl #2
    WANT_FAULT(LOAD_FAULT, x5, x6)
    GO(post_loads)
    NEXT(x29, 4, post)
    // pushes towards the lower page, which is not there
    PTE(0, 0)
    PTE(1, (RAM + 0x5000) | V | AF)
    mov     x29, #0
push:
    BEGIN
    ldr     x3, =EDGE
    add     x3, x3, x29, lsl #4
    SETX(0, x3)
    ldr     x5, =EDGE
    WANTX(0, x5)
    sub     x5, x5, #16
    ldr     x6, =pushes
    add     x6, x6, x29, lsl #2
    WANT_FAULT(0x96000047, x5, x6)
    GO(pushes)
    mov     x4, #0                          // what was pushed is there
push_check:
    cmp     x4, x29
    b.eq    push_next
    mvn     x5, x4
    ldr     x6, =(EDGE)
    add     x6, x6, x29, lsl #4
    add     x6, x6, x5, lsl #4
    ldp     x7, x8, [x6]
    ldr     x5, =regs_init
    add     x5, x5, x4, lsl #4
    ldp     x9, x10, [x5, #8]
    eor     x7, x7, x9
    eor     x8, x8, x10
    orr     x7, x7, x8
    IS(x7, 0)
    add     x4, x4, #1
    b       push_check
push_next:
    NEXT(x29, 4, push)

    // -- a base near the top: no such address
    BEGIN
    mov     x3, #-8
    SETX(0, x3)
    ldr     x6, =loads
    WANT_FAULT(0x96000004, x3, x6)
    GO(loads)

    // -- stores into the page that runs
    PTE(0, RAM | V | AF)
    ldr     x3, =BASE
    ldr     x4, =0xd65f03c0d2800021         // mov x1, #1; ret
    str     x4, [x3, #0x100]
    dsb     ish
    ic      iallu
    dsb     ish
    isb
    mov     x29, #0
smc:
    ldr     x3, =BASE
    add     x4, x3, #0x100
    blr     x4
    add     x5, x29, #1
    sub     x1, x1, x5
    IS(x1, 0)
    ldr     w5, [x3, #0x100]
    add     w5, w5, #0x20                   // the next number
    ldr     x6, [x3, #0x108]
    str     x6, [x3, #0x110]
    str     w5, [x3, #0x100]
    ldr     w7, [x3, #0x100]
    str     x7, [x3, #0x118]
    cmp     w5, w7
    cset    w7, ne
    IS(x7, 0)
    add     x5, x3, #0x100
    dc      cvau, x5
    dsb     ish
    ic      ivau, x5
    dsb     ish
    isb
    NEXT(x29, 6, smc)
    PASS
    .text

// x0 such that access n = x29 of `loads` is the first beyond the edge
loads_begin:
    mov     x9, x30
    BEGIN
    ldr     x3, =EDGE
    sub     x3, x3, x29, lsl #3
    SETX(0, x3)
    br      x9
// x4 loads have been done
loads_want:
    mov     x5, #0
    ldr     x8, =regs_init
    ldr     x8, [x8, #80]
2:  cmp     x5, x4
    b.eq    3f
    add     x6, x3, x5, lsl #3
    add     x7, x5, #1
    WANTX_AT(x7, x6)
    add     x6, x6, x8
    add     x7, x5, #11
    WANTX_AT(x7, x6)
    add     x5, x5, #1
    b       2b
3:  ret
stores_begin:
    mov     x9, x30
    BEGIN
    ldr     x3, =EDGE
    sub     x3, x3, x29, lsl #3
    SETX(0, x3)
    mov     x5, #0                          // what was there before
    mov     x7, x3
4:  cmp     x5, x29
    b.eq    5f
    str     x7, [x7]
    add     x7, x7, #8
    add     x5, x5, #1
    b       4b
5:  br      x9
// the stores before the edge have been done
stores_check:
    mov     x5, #0
    ldr     x3, =EDGE
    sub     x3, x3, x29, lsl #3
    ldr     x8, =regs_init
6:  cmp     x5, x29
    b.eq    7f
    ldr     x6, [x3, x5, lsl #3]
    add     x5, x5, #1
    ldr     x7, [x8, x5, lsl #3]
    eor     x6, x6, x7
    IS(x6, 0)
    b       6b
7:  ret
// the first x4 of mixed_loads have been done, each from memory that can be read
mixed_want:
    cbz     x4, 8f
    ldp     x5, x6, [x3]
    WANTV(3, x6, x5)
    cmp     x4, #1
    b.eq    8f
    ldrsb   x5, [x3, #23]
    WANTX(1, x5)
    cmp     x4, #2
    b.eq    8f
    ldp     x5, x6, [x3, #24]
    WANTX(2, x5)
    WANTX(3, x6)
    cmp     x4, #3
    b.eq    8f
    ldr     w5, [x3, #40]
    WANTV(4, xzr, x5)
    cmp     x4, #4
    b.eq    8f
    ldrh    w5, [x3, #46]
    WANTX(4, x5)
8:  ret
    .ltorg
loads:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8
    ldr     x\n, [x0, #8 * (\n - 1)]
    add     x1\n, x\n, x10
    .endr
    b       regs_done
mixed_loads:
    ldr     q3, [x0]
    ldrsb   x1, [x0, #23]
    ldp     x2, x3, [x0, #24]
    ldr     s4, [x0, #40]
    ldrh    w4, [x0, #46]
    ldr     x5, [x0, #48]
    b       regs_done
stores:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8
    str     x\n, [x0, #8 * (\n - 1)]
    .endr
    b       regs_done
load_store:
    ldr     x1, [x0]
    ldr     x2, [x0, #8]
    str     x3, [x0, #16]
    b       regs_done
side_store:
    ldr     x1, [x0]
    ldr     x2, [x0, #8]
    cbz     x5, 9f
    str     x3, [x0, #16]
9:  b       regs_done
uart_seq:
    ldr     w1, [x0, #4]
    str     w2, [x0, #0x40]
    ldr     w3, [x0, #0x40]
    ldr     w4, [x0, #0x20]
    b       regs_done
post_loads:
    ldr     x1, [x0], #8
    ldr     x2, [x0], #8
    ldr     x3, [x0], #8
    ldr     x4, [x0], #8
    b       regs_done
pushes:
    stp     x1, x2, [x0, #-16]!
    stp     x3, x4, [x0, #-16]!
    stp     x5, x6, [x0, #-16]!
    stp     x7, x8, [x0, #-16]!
    b       regs_done
mixed_offsets:                              // of the accesses of mixed_loads
    .byte   0, 23, 24, 40, 46, 48
    .balign 4
    regs_code
    .ltorg
    PAGES_TABLES
