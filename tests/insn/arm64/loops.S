// SPDX-License-Identifier: MIT
// Loops of one block, which a translator may keep in registers: each is run twice from the same
// registers, as it is and with an ISB in each turn, and must end the same: in all registers and
// flags, at its end, at a side exit, at a fault (DDI 0487 D1.4.5), and under a storm of interrupts.
#include "check.h"
#include "gic.h"
#include "pages.h"
#include "regs.h"
#define EDGE (BASE + 0x1000)
#define TIMER 27                            // the virtual timer's interrupt
// The two of a loop, x24 = turns; what SETX and SETV gave before stays.
#define LOOP(name, turns)                                                                          \
    ldr x24, =(turns); SETX(24, x24); LEARN(name##_ref); bl elr_moves; .quad name - name##_ref;    \
    GO(name)
// the same, and memory begins the same
#define LOOP_IN(name, turns)                                                                       \
    bl fill; ldr x24, =(turns); SETX(24, x24); LEARN(name##_ref); bl elr_moves;                    \
    .quad name - name##_ref; bl fill; GO(name)
#define DEFINE(name)  .subsection 1; .balign 64; name: loop_##name nop;                            \
    .balign 64; name##_ref: loop_##name isb; .subsection 0
// until some interrupts came in its midst
#define STORM(name, turns)                                                                         \
    bl storm_begins; LOOP(name, turns); 60: GO(name); bl storm_seen; b.lo 60b; bl storm_ends

.macro turn label
    subs    x24, x24, #1
    b.ne    \label
    b       regs_done
.endm
.macro loop_ints sync
1:  add     x0, x0, x1
    eor     x1, x1, x0, ror #7
    sub     x2, x2, x0
    madd    x3, x0, x1, x3
    lsr     x4, x3, #3
    \sync
    turn    1b
.endm
.macro loop_views sync                      // 32 bits of what has 64, and the other way round
1:  add     w0, w0, w1
    eor     x2, x2, x0
    add     x1, x1, w2, sxtw
    ubfx    x3, x1, #7, #40
    add     w4, w3, w4
    sub     x5, x5, x4
    cmp     w5, w0
    csel    x6, x6, x1, hi
    csinc   w7, w7, w6, le
    \sync
    turn    1b
.endm
.macro loop_swap sync
1:  mov     x5, x0
    mov     x0, x1
    mov     x1, x5
    mov     x6, x2
    mov     x2, x3
    mov     x3, x4
    mov     x4, x6
    \sync
    turn    1b
.endm
.macro loop_swap32 sync                     // a cycle that cuts one of them
1:  mov     w5, w0
    mov     x0, x1
    mov     x1, x2
    mov     x2, x5
    add     x0, x0, #1
    \sync
    turn    1b
.endm
.macro loop_vswap sync
1:  mov     v5.16b, v0.16b
    mov     v0.16b, v1.16b
    mov     v1.16b, v5.16b
    mov     v6.16b, v2.16b
    mov     v2.16b, v3.16b
    mov     v3.16b, v4.16b
    mov     v4.16b, v6.16b
    add     v4.4s, v4.4s, v0.4s
    \sync
    turn    1b
.endm
.macro loop_scalars sync                    // each write zeroes the rest of the register
1:  fmov    d2, d0
    fmov    s0, s1
    fmov    d1, d2
    fmov    s3, s4
    fmov    d4, d3
    mov     v5.d[1], v4.d[0]
    fmov    s6, s5
    eor     v4.16b, v4.16b, v7.16b
    \sync
    turn    1b
.endm
.macro loop_fp sync
1:  fadd    d0, d0, d1
    fmul    d1, d1, d2
    fmadd   d3, d0, d1, d3
    fadd    s4, s4, s5
    fcvt    d6, s4
    fsub    d7, d7, d6
    fmla    v8.4s, v9.4s, v10.4s
    fadd    v9.2d, v9.2d, v11.2d
    scvtf   d12, x24
    fcvtzs  x0, d12
    add     x1, x1, x0
    \sync
    turn    1b
.endm
.macro loop_unread sync                     // written, read by nothing in the loop
1:  mov     x0, #1
    add     x1, x24, #3
    mov     w2, w24
    movi    v0.4s, #7
    fmov    d1, x24
    scvtf   s2, w24
    ldr     q3, [x5]
    ldr     x3, [x5, #16]
    cset    x4, ne
    \sync
    turn    1b
.endm
.macro loop_many sync                       // more than a host has
1:  .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
    add     x\n, x\n, x24
    .endr
    eor     x0, x0, x21
    sub     w3, w20, w3
    .irp    v, v0.2d, v1.2d, v2.2d, v3.2d, v4.2d, v5.2d, v6.2d, v7.2d, v8.2d, v9.2d, v10.2d
    add     \v, \v, v15.2d
    .endr
    eor     v15.16b, v14.16b, v0.16b
    \sync
    turn    1b
.endm
.macro loop_flags sync                      // a carry from turn to turn
1:  adcs    x0, x0, x1
    adcs    x2, x2, x3
    adc     x4, x4, xzr
    sbcs    w5, w5, w6
    \sync
    sub     x24, x24, #1
    cbnz    x24, 1b
    b       regs_done
.endm
.macro loop_ccmp sync
1:  add     x0, x0, #0x55
    cmp     x0, x1
    ccmp    w2, w3, #5, lo
    cinc    x4, x4, vs
    cneg    x5, x5, ge
    eor     x2, x2, x0
    tst     x2, #0xff0
    cset    w6, eq
    \sync
    turn    1b
.endm
.macro loop_side sync                       // three ways out, two of them from the middle
1:  add     x0, x0, x1
    fadd    d0, d0, d1
    mov     x5, x0
    tbnz    x0, #62, 2f
    eor     x2, x2, x0
    mov     w6, w2
    ands    x3, x2, #0xfffff
    b.eq    3f
    \sync
    turn    1b
2:  mov     x4, #2
    b       regs_done
3:  mov     x4, #3
    b       regs_done
.endm
.macro loop_backs sync                      // two ways back
1:  add     x0, x0, #1
    eor     x1, x1, x0, lsl #3
    subs    x24, x24, #1
    b.eq    2f
    \sync
    tbz     x1, #4, 1b
    sub     x2, x2, x1
    mov     x3, x2
    b       1b
2:  b       regs_done
.endm
.macro loop_copy sync                       // over the end of what may be written
1:  ldr     x1, [x0], #8
    add     x2, x2, x1
    str     x2, [x3], #8
    ldp     x4, x5, [x0]
    eor     x6, x4, x5
    \sync
    turn    1b
.endm
.macro loop_vcopy sync
1:  ldr     q0, [x0], #16
    ldr     q1, [x3]
    add     v1.4s, v1.4s, v0.4s
    fmla    v2.4s, v0.4s, v3.4s
    eor     v4.16b, v4.16b, v1.16b
    str     q1, [x3], #16
    \sync
    turn    1b
.endm
.macro loop_loads sync                      // each into a register the next turn begins with
1:  ldr     d0, [x0], #8
    ldr     s1, [x3], #4
    fadd    d2, d2, d0
    fadd    s4, s4, s1
    mov     x6, x1
    ldr     w4, [x0]
    add     x1, x1, x4
    ldrsb   x5, [x3]
    ldr     w7, [x3, #4]!
    mov     x8, x5
    \sync
    turn    1b
.endm
.macro loop_chase sync                      // the base is what was loaded
1:  ldr     x0, [x0]
    add     x1, x1, #1
    add     x2, x2, x0
    \sync
    cbnz    x0, 1b
    b       regs_done
.endm
.macro loop_div sync
1:  udiv    x0, x1, x2
    msub    x3, x0, x2, x1
    sdiv    w4, w3, w5
    umulh   x1, x1, x6
    orr     x2, x2, #1
    clz     x7, x1
    crc32cx w8, w8, x1
    \sync
    turn    1b
.endm
.macro fcmp_loop cond, sync
1:  fadd    d0, d0, d1
    add     x0, x0, #1
    sub     x24, x24, #1
    cbz     x24, 2f
    \sync
    fcmp    d0, d2
    b.\cond 1b
2:  b       regs_done
.endm
.irp cond, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le
.macro loop_f\cond sync
    fcmp_loop \cond, \sync
.endm
.endr

DEFINE(ints)
DEFINE(views)
DEFINE(swap)
DEFINE(swap32)
DEFINE(vswap)
DEFINE(scalars)
DEFINE(fp)
DEFINE(unread)
DEFINE(many)
DEFINE(flags)
DEFINE(ccmp)
DEFINE(side)
DEFINE(backs)
DEFINE(copy)
DEFINE(vcopy)
DEFINE(loads)
DEFINE(chase)
DEFINE(div)
DEFINE(feq)
DEFINE(fne)
DEFINE(fcs)
DEFINE(fcc)
DEFINE(fmi)
DEFINE(fpl)
DEFINE(fvs)
DEFINE(fvc)
DEFINE(fhi)
DEFINE(fls)
DEFINE(fge)
DEFINE(flt)
DEFINE(fgt)
DEFINE(fle)

#define ONE 0x3ff0000000000000
#define FP_VALUES                                                                                  \
    ldr x0, =ONE; ldr x1, =0x3f50000000000000; SETV(0, x0, x0); SETV(1, x1, x1);                   \
    ldr x2, =0x3fefff0000000000; SETV(2, x2, x2); SETV(3, x0, x1); SETV(7, x0, x0);                \
    ldr x3, =0x3f8000003e000000; SETV(4, x3, x3); SETV(5, x3, x3); SETV(8, x3, x3);                \
    SETV(9, x3, x3); SETV(10, x3, x3); SETV(11, x1, x1)
#define FCMP(cond, from, step, to)                                                                 \
    BEGIN; ldr x0, =(from); SETV(0, xzr, x0); ldr x1, =(step); SETV(1, xzr, x1);                   \
    ldr x2, =(to); SETV(2, xzr, x2); LOOP(f##cond, 40)
#define FCMPS(from, step, to)                                                                      \
    FCMP(eq, from, step, to); FCMP(ne, from, step, to); FCMP(cs, from, step, to);                  \
    FCMP(cc, from, step, to); FCMP(mi, from, step, to); FCMP(pl, from, step, to);                  \
    FCMP(vs, from, step, to); FCMP(vc, from, step, to); FCMP(hi, from, step, to);                  \
    FCMP(ls, from, step, to); FCMP(ge, from, step, to); FCMP(lt, from, step, to);                  \
    FCMP(gt, from, step, to); FCMP(le, from, step, to)
TEST
    PAGES_ON
    ldr     x14, =check_table
    mov     x15, #0x405                     // devices: a block of attribute 1
    str     x15, [x14]
    dsb     ish
    PTE(0, RAM | V | AF)
    PTE(1, (RAM + 0x5000) | V | AF)
    // -- a sum that is known
    mov     x0, #0
    mov     x24, #100
sum:
    add     x0, x0, x24
    subs    x24, x24, #1
    b.ne    sum
    IS(x0, 5050)
    // -- integers
    BEGIN
    LOOP(ints, 1)
    BEGIN
    LOOP(ints, 1000)
    BEGIN
    LOOP(views, 777)
    BEGIN
    LOOP(swap, 7)
    LOOP(swap, 12)
    BEGIN
    LOOP(swap32, 5)
    BEGIN
    LOOP(many, 33)
    BEGIN
    LOOP(flags, 99)
    BEGIN
    LOOP(ccmp, 500)
    BEGIN
    LOOP(div, 60)
    BEGIN
    LOOP(backs, 300)
    // -- vectors and FP
    BEGIN
    LOOP(vswap, 11)
    BEGIN
    LOOP(scalars, 1)
    LOOP(scalars, 9)
    BEGIN
    FP_VALUES
    LOOP(fp, 200)
    BEGIN                                   // noise: NaNs, infinities, subnormals
    LOOP(fp, 5)
    BEGIN
    ldr     x5, =BASE
    SETX(5, x5)
    LOOP(unread, 1)
    LOOP(unread, 20)
    // -- side exits
    BEGIN
    LOOP(side, 100)
    BEGIN
    mov     x0, #1
    SETX(0, x0)
    mov     x1, #(1 << 58)
    SETX(1, x1)
    LOOP(side, 1000)
    BEGIN
    SETX(0, xzr)
    mov     x1, #1
    SETX(1, x1)
    mov     x2, #0x7f
    SETX(2, x2)
    LOOP(side, 1000)
    // -- ends by an FP comparison, by an unordered one, at once and later
    FCMPS(ONE, ONE, 0x4020000000000000)
    FCMPS(0x4020000000000000, 0xbff0000000000000, ONE)
    FCMPS(ONE, ONE, 0x7ff8000000000000)
    FCMPS(0x7fe0000000000000, 0x7fe0000000000000, 0x7ff0000000000000)
    FCMPS(ONE, 0, 0x4000000000000000)
    // -- memory: within a page, over its end, and to a page that may not be written
    BEGIN
    ldr     x0, =BASE
    SETX(0, x0)
    ldr     x3, =(EDGE - 0x100)
    SETX(3, x3)
    LOOP_IN(vcopy, 48)
    BEGIN
    ldr     x0, =BASE
    SETX(0, x0)
    ldr     x3, =(BASE + 0x800)
    SETX(3, x3)
    LOOP_IN(copy, 16)
    PTE(1, (RAM + 0x5000) | V | AF | RO)
    BEGIN
    ldr     x0, =BASE
    SETX(0, x0)
    ldr     x3, =(EDGE - 0x80)
    SETX(3, x3)
    LOOP_IN(copy, 60)
    ldr     x3, =(EDGE - 0xe8)
    SETX(3, x3)
    LOOP_IN(vcopy, 60)
    LOOP_IN(loads, 60)
    PTE(1, 0)
    ldr     x0, =(EDGE - 0x200)
    SETX(0, x0)
    ldr     x3, =BASE
    SETX(3, x3)
    LOOP_IN(copy, 200)
    LOOP_IN(vcopy, 200)
    LOOP_IN(loads, 200)
    ldr     x0, =BASE
    SETX(0, x0)
    ldr     x3, =(EDGE - 0x85)
    SETX(3, x3)
    LOOP_IN(loads, 200)
    // a list that ends, and one that ends in a hole
    ldr     x0, =(BASE + 0x500)
    str     xzr, [x0]
    ldr     x1, =(BASE + 0xa08)
    str     x0, [x1]
    BEGIN
    SETX(0, x1)
    LOOP(chase, 1)
    ldr     x0, =BASE
    add     x1, x0, #0x808
    str     x1, [x0]
    ldr     x2, =EDGE
    str     x2, [x1]
    BEGIN
    SETX(0, x0)
    LOOP(chase, 1)
    // -- what runs is changed between two runs, and in each turn
    mov     x5, #0
    mov     x6, #1
patched:
    mov     x0, #0
    mov     x1, #50
inner:
    add     x0, x0, #1
    subs    x1, x1, #1
    b.ne    inner
    mov     x2, #50
    mul     x2, x2, x6
    sub     x0, x0, x2
    IS(x0, 0)
    adr     x3, inner
    ldr     w4, [x3]
    add     w4, w4, #0x400                  // the immediate
    add     x6, x6, #1
    str     w4, [x3]
    dc      cvau, x3
    dsb     ish
    ic      ivau, x3
    dsb     ish
    isb
    add     x5, x5, #1
    cmp     x5, #5
    b.ne    patched
    mov     x0, #0
    mov     x1, #10
    adr     x3, itself
itself:
    add     x0, x0, #1
    ldr     w4, [x3]
    add     w4, w4, #0x400
    str     w4, [x3]
    dc      cvau, x3
    dsb     ish
    ic      ivau, x3
    dsb     ish
    isb
    subs    x1, x1, #1
    b.ne    itself
    IS(x0, 55)
    // -- a timer that fires every few microseconds
    adr     x26, storm_vectors
    msr     vbar_el1, x26
    GIC_ON(TIMER)
    isb
    BEGIN
    STORM(ints, 300000)
    BEGIN
    STORM(views, 300000)
    BEGIN
    STORM(many, 50000)
    BEGIN
    STORM(flags, 300000)
    BEGIN
    STORM(swap32, 300001)
    BEGIN
    STORM(vswap, 300001)
    BEGIN
    STORM(scalars, 300000)
    BEGIN
    FP_VALUES
    STORM(fp, 100000)
    PASS
    .text
// each word of the two pages becomes its address
fill:
    ldr     x0, =RAM
    ldr     x1, =BASE
    mov     x2, #512
80: str     x1, [x0], #8
    add     x1, x1, #8
    subs    x2, x2, #1
    b.ne    80b
    ldr     x0, =(RAM + 0x5000)
    mov     x2, #512
81: str     x1, [x0], #8
    add     x1, x1, #8
    subs    x2, x2, #1
    b.ne    81b
    ret
// x30: the difference of the two; where the first faulted, the second will
elr_moves:
    ldr     x26, [x30], #8
    ldr     x27, =regs_want
    ldr     x28, [x27, #216]
    add     x26, x28, x26
    cmp     x28, #0
    csel    x26, x26, xzr, ne
    str     x26, [x27, #216]
    ret
storm_begins:
    ldr     x0, =storm_count
    str     xzr, [x0]
    mov     x1, #500                        // 8 us
    msr     cntv_tval_el0, x1
    mov     x1, #1
    msr     cntv_ctl_el0, x1
    isb
    msr     daifclr, #2
    ret
storm_ends:
    msr     daifset, #2
    msr     cntv_ctl_el0, xzr
    ret
storm_seen:
    ldr     x0, =storm_count
    ldr     x0, [x0]
    cmp     x0, #3
    ret
storm_irq:
    stp     x0, x1, [sp, #-32]!
    stp     x2, x3, [sp, #16]
    ldr     x0, =GICC
    ldr     w1, [x0, #12]                   // IAR
    ldr     x2, =storm_count                // the next after twice the time: a slow engine, too,
    ldr     x3, [x2]                        // comes to do more than this
    mov     x2, #500
    and     x3, x3, #15
    lsl     x2, x2, x3
    msr     cntv_tval_el0, x2
    isb
    str     w1, [x0, #16]                   // EOIR
    ldr     x0, =storm_count
    ldr     x1, [x0]
    add     x1, x1, #1
    str     x1, [x0]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #32
    eret
    .balign 2048
storm_vectors:
    .rept   5
    b       check_exception
    .balign 128
    .endr
    b       storm_irq
    .balign 128
    .rept   10
    b       check_exception
    .balign 128
    .endr
    .bss
storm_count: .skip 8
    .text
    regs_code
    PAGES_TABLES
