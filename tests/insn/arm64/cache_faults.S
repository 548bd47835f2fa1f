// SPDX-License-Identifier: MIT
// Faults of cache maintenance by address (DDI 0487 D7.5.9).  QEMU 7.2 takes none of them.
#include "check.h"
#define ESR(expected)  mrs x10, esr_el1; IS(x10, expected)
#define FAR(expected)  mrs x10, far_el1; IS(x10, expected)
#define WRONG  mov w26, #__LINE__; mov x27, #0; b check_fail   // never got to
#define BASE 0x80000000                     // VA; page n is described by entry n of level3
#define PTE(n, bits)                                                                               \
    ldr x14, =level3; ldr x15, =(bits); str x15, [x14, #(n) * 8]; dsb ish;                         \
    ldr x14, =(BASE + (n) * 4096); lsr x14, x14, #12; tlbi vaae1is, x14; dsb ish; isb
#define FAULTS(expected, ...)  EXPECT(1f); 2: __VA_ARGS__; WRONG; 1: ESR(expected)
#define AF   0x400
#define V    3
#define UXN  0x0040000000000000
#define PXN  0x0020000000000000
#define DBM  0x0008000000000000
#define RAM  0x40300000
TEST
    MMU_ON
    ldr     x1, =check_table
    ldr     x2, =level2
    orr     x3, x2, #3
    str     x3, [x1, #16]                   // 2 GiB and up
    ldr     x4, =level3
    orr     x3, x4, #3
    str     x3, [x2]
    dsb     ish
    isb
    ldr     x0, =BASE
    PTE(0, RAM | V | AF | 0x80)
    FAULTS(0x9600014f, dc ivac, x0)         // invalidating asks to write
    dc      cvac, x0
    dc      civac, x0
    ldr     x6, =(BASE + 0x1234)
    FAULTS(0x96000147, dc cvac, x6)
    FAR(BASE + 0x1234)
    FAULTS(0x96000147, ic ivau, x6)
    PASS
    .bss
    .balign 4096
level2: .skip 4096
level3: .skip 4096
