// SPDX-License-Identifier: MIT
// The generic timers without interrupts, the cycle counter, what EL0 may read (DDI 0487 D12, D13).
#include "check.h"
TEST
    mrs     x1, cntfrq_el0
    IS(x1, 62500000)
    mrs     x1, cntvct_el0
    mrs     x2, cntvct_el0
    cmp     x2, x1
    cset    x3, hs
    IS(x3, 1)
    // -- conditions
    mov     x1, #3                          // enabled, masked
    mov     x2, #-1
    msr     cntv_cval_el0, x2
    msr     cntv_ctl_el0, x1
    isb
    mrs     x3, cntv_ctl_el0
    IS(x3, 3)
    msr     cntv_cval_el0, xzr
    isb
    mrs     x3, cntv_ctl_el0
    IS(x3, 7)
    mov     x1, #4                          // ISTATUS is read-only
    msr     cntv_ctl_el0, x1
    isb
    mrs     x3, cntv_ctl_el0
    and     x3, x3, #3
    IS(x3, 0)
    // -- TVAL is CVAL seen from now
    mov     w1, #10000
    msr     cntp_tval_el0, x1
    mov     x1, #3
    msr     cntp_ctl_el0, x1
    isb
    mrs     x3, cntp_ctl_el0
1:  mrs     x3, cntp_ctl_el0                // 160 us
    tbz     x3, #2, 1b
    mrs     x4, cntp_tval_el0
    lsr     x4, x4, #31                     // negative, 32 bits
    IS(x4, 1)
    mrs     x5, cntp_cval_el0
    mrs     x6, cntpct_el0
    cmp     x6, x5
    cset    x3, hs
    IS(x3, 1)
    // -- the cycle counter
    mrs     x1, pmcr_el0
    mov     x2, #0x45                       // LC, C, E
    orr     x1, x1, x2
    msr     pmcr_el0, x1
    mov     x1, #0x80000000
    msr     pmcntenset_el0, x1
    isb
    mrs     x2, pmccntr_el0
1:  mrs     x3, pmccntr_el0
    cmp     x3, x2
    b.eq    1b
    cset    x4, hi
    IS(x4, 1)
    msr     pmcntenclr_el0, x1
    isb
    mrs     x2, pmccntr_el0
    mrs     x3, pmccntr_el0
    sub     x3, x3, x2
    IS(x3, 0)
    mrs     x2, pmcntenset_el0
    IS(x2, 0)
    PASS
