// SPDX-License-Identifier: MIT
// Words for self-checking A64 tests (assembled through cpp; `;` separates statements).
// A test is bare metal at EL1 with the MMU off, entered like an ELF on -M virt:
//
//     #include "check.h"
//     TEST
//     mov x0, #1
//     add x0, x0, #2
//     IS(x0, 3)
//     PASS
//
// The first check that fails says its line through semihosting and ends with
// status 1; PASS ends with status 0.  x25 to x30 and the flags belong to checks.
// Semihosting: Arm "Semihosting for AArch32 and AArch64" 2.0, HLT 0xf000.
#define TEST                                                                                       \
    .text; .global _start;                                                                         \
    _start: ldr x26, =check_stack; mov sp, x26;                                                    \
    adr x26, check_vectors; msr vbar_el1, x26;                                                     \
    mov x26, #(3 << 20); msr cpacr_el1, x26; isb

// register == 64-bit value (pass w registers by their x name)
#define IS(reg, value)                                                                             \
    ldr x27, =(value); mov w26, #__LINE__; cmp reg, x27; b.eq 1f; mov x27, reg; b check_fail; 1:

// flags as 4 bits NZCV
#define FLAGS(expected)                                                                            \
    mrs x28, nzcv; lsr x28, x28, #28; mov w26, #__LINE__; cmp x28, #(expected); b.eq 1f;           \
    mov x27, x28; b check_fail; 1:

// 128-bit vector register number n == high, low
#define VIS(n, high, low)                                                                          \
    mov x28, v##n.d[0]; IS(x28, low); mov x28, v##n.d[1]; IS(x28, high)

#define VSET(n, high, low)                                                                         \
    ldr x28, =(low); fmov d##n, x28; ldr x28, =(high); mov v##n.d[1], x28

// the next exception to the current EL (with SP_ELx) goes to `label` instead of
// failing; ELR_EL1 and ESR_EL1 are there to be looked at
#define EXPECT(label) adr x26, label; ldr x27, =check_handler; str x26, [x27]

#define PASS b check_pass; .include "check.inc"

// Stage 1 on, 4 KiB granule: 1 GiB of normal memory at its own address for EL1, and again
// 1 GiB higher for EL0 (and so not executable at EL1).  Clobbers x26.
#define MMU_ON                                                                                     \
    adrp x26, check_table; msr ttbr0_el1, x26; mov x26, #0xff; msr mair_el1, x26;                  \
    ldr x26, =0x2803519; msr tcr_el1, x26; isb; tlbi vmalle1; dsb ish; isb;                        \
    mrs x26, sctlr_el1; orr x26, x26, #1; orr x26, x26, #4; orr x26, x26, #0x1000;                 \
    msr sctlr_el1, x26; isb
