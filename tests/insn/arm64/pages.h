// SPDX-License-Identifier: MIT
// Pages to map at will: PAGES_ON turns the MMU on (check.h); then page n of those at BASE is what
// PTE(n, bits) says.  Attribute 1 is Device-nGnRnE.  Clobbers x14, x15, x26.  PAGES_TABLES: once,
// before PASS's end of the file.
#define BASE 0x80000000
#define RAM  0x40300000                     // what tests map there
#define AF   0x400
#define V    3
#define RO   0x80
#define DEV  0x4
#define DBM  0x0008000000000000
#define PTE(n, bits)                                                                               \
    ldr x14, =level3; ldr x15, =(bits); str x15, [x14, #(n) * 8]; dsb ish;                         \
    ldr x14, =(BASE + (n) * 4096); lsr x14, x14, #12; tlbi vaae1is, x14; dsb ish; isb
#define PAGES_ON                                                                                   \
    MMU_ON; ldr x26, =check_table; ldr x14, =level2; orr x15, x14, #3; str x15, [x26, #16];        \
    ldr x15, =level3; orr x15, x15, #3; str x15, [x14]; dsb ish; isb
#define PAGES_TABLES                                                                               \
    .bss; .balign 4096; level2: .skip 4096; level3: .skip 4096
