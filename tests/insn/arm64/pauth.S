// SPDX-License-Identifier: MIT
// FEAT_PAuth with QARMA5 (Arm ARM D8.9): codes of all keys, as the peer makes them.
// args: -cpu max,pauth-impdef=off
#include "check.h"

#define KEY(nm, lo, hi)                                                                            \
    ldr x0, =lo; msr ap##nm##keylo_el1, x0; ldr x0, =hi; msr ap##nm##keyhi_el1, x0

    TEST
    mrs     x0, id_aa64isar1_el1
    ubfx    x1, x0, #8, #4                      // API
    IS(x1, 0)
    ubfx    x1, x0, #24, #4                     // GPA
    IS(x1, 1)
    KEY(ia, 0xec2802d4e0a488e9, 0x84be85ce9804e94b)
    KEY(ib, 0x0123456789abcdef, 0xfedcba9876543210)
    KEY(da, 0x1111111122222222, 0x3333333344444444)
    KEY(db, 0x5555555566666666, 0x7777777788888888)
    KEY(ga, 0xec2802d4e0a488e9, 0x84be85ce9804e94b)
    ldr     x0, =0x80193519                     // T0SZ and T1SZ: 39 bits
    msr     tcr_el1, x0
    mrs     x0, sctlr_el1
    ldr     x1, =0xc8002000                     // EnIA, EnIB, EnDA, EnDB
    orr     x0, x0, x1
    msr     sctlr_el1, x0
    isb

    ldr     x1, =0xfb623599da6e8127             // the vector of the QARMA paper
    ldr     x2, =0x477d469dec0b8762
    pacga   x3, x1, x2
    IS(x3, 0xc003b93900000000)

    ldr     x1, =0x0000001234567890
    mov     x2, #42
#define SIGNS(pac, aut, x, want)                                                                   \
    mov x3, x1; pac x3, x2; IS(x3, want); aut x3, x2; cmp x3, x1; cset x4, eq; IS(x4, 1)
    SIGNS(pacia, autia, xpaci, 0x1973381234567890)
    SIGNS(pacib, autib, xpaci, 0xc47c399234567890)
    SIGNS(pacda, autda, xpacd, 0x69135e1234567890)
    SIGNS(pacdb, autdb, xpacd, 0x4844101234567890)
    ldr     x1, =0xffffffe234567890             // the upper half
    SIGNS(pacia, autia, xpaci, 0x0096bc6234567890)
    ldr     x1, =0x0000001234567890             // what does not fit is spoilt
    mov     x3, x1
    pacia   x3, x2
    autib   x3, x2
    IS(x3, 0x4000001234567890)
    mov     x3, x1
    pacia   x3, x2
    xpaci   x3
    IS(x3, 0x0000001234567890)
    PASS
