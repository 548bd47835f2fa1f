// SPDX-License-Identifier: MIT
// Without FEAT_LSE2: whatever is not aligned to its size faults, and SCTLR.nAA stays zero.
// args: -cpu max,lse2=off
#include "check.h"
#define FAULTS(...)                                                                                \
    EXPECT(2f); __VA_ARGS__; IS(xzr, 1); 2: mrs x10, esr_el1; bic x10, x10, #(1 << 6);             \
    IS(x10, 0x96000021)
TEST
    MMU_ON
    mrs     x0, id_aa64mmfr2_el1
    ubfx    x0, x0, #32, #4
    IS(x0, 0)
    mrs     x14, sctlr_el1
    orr     x15, x14, #(1 << 6)
    msr     sctlr_el1, x15
    isb
    mrs     x15, sctlr_el1
    cmp     x14, x15
    cset    x14, eq
    IS(x14, 1)
    ldr     x9, =data + 4
    FAULTS(ldxr x4, [x9])
    FAULTS(stxr w5, x4, [x9])
    FAULTS(ldadd x7, x4, [x9])
    FAULTS(cas x7, x4, [x9])
    FAULTS(casp w4, w5, w6, w7, [x9])
    FAULTS(ldar x4, [x9])
    FAULTS(stlur x4, [x9])
    ldar    w4, [x9]
    PASS
    .bss
    .balign 16
data: .skip 32
