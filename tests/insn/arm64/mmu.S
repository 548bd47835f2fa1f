// SPDX-License-Identifier: MIT
// Translation faults and permissions with their syndromes, TLB maintenance, AT, PAN, hardware
// access flag and dirty state (DDI 0487 D8, D23.2.40).
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
    // -- faults by level
    FAULTS(0x96000007, ldr x5, [x0])
    FAR(BASE)
    FAULTS(0x96000047, str x5, [x0, #8])
    FAR(BASE + 8)
    ldr     x6, =(BASE + 0x200000)
    FAULTS(0x96000006, ldr x5, [x6])
    ldr     x6, =(BASE + 0x40000000)
    FAULTS(0x96000005, ldr x5, [x6])
    mov     x6, #1 << 39                    // beyond T0SZ
    FAULTS(0x96000004, ldr x5, [x6])
    mov     x6, #0xffff000000000000         // EPD1
    FAULTS(0x96000004, ldr x5, [x6])
    FAULTS(0x86000007, br x0)
    FAR(BASE)
    // -- access flag, then what AP allows
    PTE(0, RAM | V)
    FAULTS(0x9600000b, ldr x5, [x0])
    PTE(0, RAM | V | AF)
    mov     x5, #77
    str     x5, [x0, #16]
    ldr     x6, =RAM
    ldr     x7, [x6, #16]
    IS(x7, 77)
    PTE(0, RAM | V | AF | 0x80)
    ldr     x7, [x0, #16]
    IS(x7, 77)
    FAULTS(0x9600004f, str x5, [x0, #16])
    FAULTS(0x9600004f, dc zva, x0)
    PTE(0, RAM | V | AF | PXN)
    FAULTS(0x8600000f, br x0)
    PTE(0, RAM | V | AF | 0x40)             // EL0 may write: EL1 may not execute
    FAULTS(0x8600000f, br x0)
    ldtr    x7, [x0, #16]
    IS(x7, 77)
    PTE(0, RAM | V | AF | 0xc0)
    FAULTS(0x9600004f, sttr x7, [x0])
    // -- an access over two pages faults on the second
    ldr     x6, =(BASE + 0xffc)
    FAULTS(0x96000007, ldr x5, [x6])
    FAR(BASE + 0x1000)
    // -- a page moves: the TLB forgets by address, by ASID, by all
    PTE(1, RAM | V | AF)
    ldr     x6, =(BASE + 0x1000)
    ldr     x7, [x6, #16]
    IS(x7, 77)
    ldr     x8, =(RAM + 0x1000)
    mov     x9, #88
    str     x9, [x8, #16]
    PTE(1, (RAM + 0x1000) | V | AF)
    ldr     x7, [x6, #16]
    IS(x7, 88)
    ldr     x15, =(RAM | V | AF | 0x800)    // not global
    ldr     x14, =level3
    str     x15, [x14, #8]
    dsb     ish
    tlbi    vmalle1
    dsb     ish
    isb
    ldr     x7, [x6, #16]
    IS(x7, 77)
    ldr     x15, =((RAM + 0x1000) | V | AF | 0x800)
    str     x15, [x14, #8]
    dsb     ish
    tlbi    aside1, xzr
    dsb     ish
    isb
    ldr     x7, [x6, #16]
    IS(x7, 88)
    // -- two address spaces: what one maps, the other may not see
    mrs     x20, ttbr0_el1
    mov     x15, #0
    str     x15, [x14, #8]                  // gone, but ASID 0 may keep it
    dsb     ish
    orr     x21, x20, #(1 << 48)
    msr     ttbr0_el1, x21
    isb
    FAULTS(0x96000007, ldr x7, [x6, #16])
    msr     ttbr0_el1, x20
    isb
    // -- AT
    PTE(2, RAM | V | AF | 0x80)
    ldr     x6, =(BASE + 0x2123)
    at      s1e1r, x6
    isb
    mrs     x7, par_el1
    ldr     x8, =0xfffffffff001
    and     x7, x7, x8
    IS(x7, RAM)
    at      s1e1w, x6
    isb
    mrs     x7, par_el1
    and     x7, x7, #0x7f
    IS(x7, 0x1f)
    at      s1e0r, x6
    isb
    mrs     x7, par_el1
    and     x7, x7, #0x7f
    IS(x7, 0x1f)
    ldr     x6, =(BASE + 0x200000)
    at      s1e1r, x6
    isb
    mrs     x7, par_el1
    and     x7, x7, #0x7f
    IS(x7, 0x0d)
    // -- PAN
    PTE(0, RAM | V | AF | 0x40)
    .inst   0xd500419f                      // MSR PAN, #1
    FAULTS(0x9600000f, ldr x7, [x0])
    FAULTS(0x9600004f, str x7, [x0])
    ldtr    x7, [x0, #16]
    IS(x7, 77)
    .inst   0xd500409f                      // MSR PAN, #0
    ldr     x7, [x0, #16]
    IS(x7, 77)
    // -- hardware access flag and dirty state (TCR.HA, HD)
    mrs     x20, tcr_el1
    orr     x21, x20, #(3 << 39)
    msr     tcr_el1, x21
    isb
    PTE(0, RAM | V)
    ldr     x7, [x0, #16]
    ldr     x14, =level3
    ldr     x7, [x14]
    IS(x7, RAM | V | AF)
    PTE(0, RAM | V | 0x80 | DBM)
    ldr     x7, [x0, #16]
    ldr     x14, =level3
    ldr     x7, [x14]
    IS(x7, RAM | V | AF | 0x80 | DBM)
    str     x7, [x0, #24]
    ldr     x7, [x14]
    IS(x7, RAM | V | AF | DBM)
    msr     tcr_el1, x20
    isb
    // -- IPS says 32 bits: address size fault; then 40
    ldr     x6, =(BASE + 0x3000)
    PTE(3, 0x1000000000 | V | AF)
    FAULTS(0x96000003, ldr x5, [x6])
    orr     x20, x20, #(2 << 32)
    msr     tcr_el1, x20
    isb
    // -- a table that lies nowhere: external abort on the walk
    ldr     x1, =check_table
    mov     x3, #3
    orr     x3, x3, #(1 << 36)
    str     x3, [x1, #24]
    dsb     ish
    ldr     x6, =(BASE + 0x40000000)
    EXPECT(1f)
    ldr     x5, [x6]
    WRONG
1:  mrs     x10, esr_el1
    and     x10, x10, #0x3f
    IS(x10, 0x16)
    // -- nothing answers at the address
    ldr     x6, =(BASE + 0x3000)
    EXPECT(1f)
    ldr     x5, [x6]
    WRONG
1:  mrs     x10, esr_el1
    IS(x10, 0x96000010)
    PASS
    .bss
    .balign 4096
level2: .skip 4096
level3: .skip 4096
