// SPDX-License-Identifier: MIT
// As groups.S: an access that reaches a device in the middle of a group is misaligned there.
// Alignment fault by memory type (DDI 0487 B2.7.2), which QEMU 7.2 does not have.
#include "check.h"
#include "pages.h"
#include "regs.h"
#define EDGE (BASE + 0x1000)
TEST
    PAGES_ON
    PTE(0, RAM | V | AF)
    PTE(1, 0x09000000 | V | AF | DEV)
    BEGIN
    ldr     x3, =(EDGE - 10)
    SETX(0, x3)
    ldur    w4, [x3, #4]
    WANTX(1, x4)
    add     x5, x3, #0x40
    ldr     x6, =uart_seq + 4
    WANT_FAULT(0x96000061, x5, x6)
    GO(uart_seq)
    PASS
    .text
uart_seq:
    ldr     w1, [x0, #4]
    str     w2, [x0, #0x40]
    ldr     w3, [x0, #0x40]
    ldr     w4, [x0, #0x20]
    b       regs_done
    regs_code
    PAGES_TABLES
