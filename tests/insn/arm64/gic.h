// SPDX-License-Identifier: MIT
// The board's GICv2 (IHI 0048B) for tests: one private interrupt let through to the CPU.
#define GICD 0x08000000
#define GICC 0x08010000
#define GICD_ISENABLER0 0x100
#define GICC_PMR  4
#define GICC_IAR  12
#define GICC_EOIR 16
#define GIC_ON(ppi)                                                                                \
    ldr x26, =GICD; mov w27, #1; str w27, [x26]; mov w27, #(1 << (ppi));                           \
    str w27, [x26, #GICD_ISENABLER0]; ldr x26, =GICC; mov w27, #0xff; str w27, [x26, #GICC_PMR];   \
    mov w27, #1; str w27, [x26]
