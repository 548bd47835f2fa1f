// SPDX-License-Identifier: MIT
// TLBI by address, ASID and range, inner and outer shareable, with TTL hints (Arm ARM C5.5):
// after each a page is found where its table says.
#include "check.h"

#define VA 0x100000000
// x11: level 3 table, x12: page A, x13: page B (as descriptors); page n of VA
#define REMAPS(n, ...)                                                                             \
    ldr x1, =(VA + n * 4096); str x12, [x11, #(n * 8)]; dsb ish; ldr x0, [x1]; IS(x0, 0xa);        \
    str xzr, [x11, #(n * 8)]; dsb ish; __VA_ARGS__; dsb ish; isb;                              \
    str x13, [x11, #(n * 8)]; dsb ish; isb; ldr x1, =(VA + n * 4096); ldr x0, [x1]; IS(x0, 0xb);   \
    str xzr, [x11, #(n * 8)]; dsb ish; tlbi vmalle1; dsb ish; isb
#define PAGE(n) ldr x2, =((VA + n * 4096) >> 12)
#define PAGE_TTL(n) ldr x2, =((VA + n * 4096) >> 12 | 7 << 44)     /* 4 KiB, level 3 */
// 4 KiB granule; num + 1 times 2^(5*scale+1) pages from page n
#define RANGE(n, num, scale)                                                                       \
    ldr x2, =((VA + n * 4096) >> 12 | 1 << 46 | scale << 44 | num << 39)

    TEST
    MMU_ON
    ldr     x0, =check_table
    ldr     x1, =level2
    orr     x1, x1, #3
    str     x1, [x0, #32]
    ldr     x0, =level2
    ldr     x11, =level3
    orr     x1, x11, #3
    str     x1, [x0]
    ldr     x12, =page_a
    ldr     x13, =page_b
    mov     x1, #10
    str     x1, [x12]
    mov     x1, #11
    str     x1, [x13]
    mov     x1, #0x703
    orr     x12, x12, x1
    orr     x13, x13, x1
    dsb     ish
    isb

    PAGE(0); REMAPS(0, tlbi vae1is, x2)
    PAGE_TTL(0); REMAPS(0, tlbi vae1, x2)
    PAGE_TTL(1); REMAPS(1, tlbi vale1is, x2)
    REMAPS(2, tlbi vmalle1os)
    PAGE(2); REMAPS(2, tlbi vae1os, x2)
    REMAPS(2, tlbi aside1os, xzr)
    PAGE(2); REMAPS(2, tlbi vaae1os, x2)
    PAGE(2); REMAPS(2, tlbi vale1os, x2)
    PAGE(2); REMAPS(2, tlbi vaale1os, x2)
    RANGE(2, 0, 0); REMAPS(3, tlbi rvae1is, x2)
    RANGE(3, 0, 0); REMAPS(3, tlbi rvae1, x2)
    RANGE(3, 0, 0); REMAPS(3, tlbi rvae1os, x2)
    RANGE(0, 31, 0); REMAPS(63, tlbi rvaae1is, x2)
    RANGE(0, 0, 1); REMAPS(63, tlbi rvaae1, x2)
    RANGE(0, 31, 2); REMAPS(63, tlbi rvaae1os, x2)
    RANGE(4, 0, 0); REMAPS(5, tlbi rvale1is, x2)
    RANGE(4, 1, 0); REMAPS(5, tlbi rvale1, x2)
    RANGE(0, 2, 0); REMAPS(5, tlbi rvale1os, x2)
    RANGE(4, 0, 0); REMAPS(5, tlbi rvaale1is, x2)
    RANGE(5, 0, 0); REMAPS(5, tlbi rvaale1, x2)
    RANGE(5, 0, 0); REMAPS(5, tlbi rvaale1os, x2)
    PASS

    .bss
    .balign 4096
level2: .skip 4096
level3: .skip 4096
page_a: .skip 4096
page_b: .skip 4096
    .text
