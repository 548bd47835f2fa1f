// SPDX-License-Identifier: MIT
// Single operations: those of table 0.2 of the translator's design.  Sequences are repeated eight
// times inside a loop, so that the loop itself is a small part.
#include "tests/bench-micro/micro.h"

u64 word __attribute__((aligned(16)));          // what LDADDAL adds to
#define UART_FR (*(volatile u32 *)0x09000018)   // PL011, DDI 0183 3.3.3
// setup, then body n times, then x9 is the result.
#define EIGHT(n, setup, body, finish)                                                        \
    u64 result;                                                                              \
    __asm__ volatile(".arch_extension lse; .arch_extension crypto\n" setup                    \
                     "\n1: .rept 8\n" body "\n.endr\nsubs %0, %0, #1\nb.ne 1b\n" finish         \
                     "\nmov %1, x9"                                                           \
                     : "+r"(n), "=r"(result) :                                               \
                     : "cc", "memory", "x9", "x10", "x11", "v0", "v1", "v2");                 \
    return result

static u64 touch(unsigned pages)
{
    u64 sum = 0;
    for (unsigned i = 0; i < pages; i++)
        sum += *(volatile u8 *)(TEST_VA + i * 4096ull);
    return sum;
}

static u64 svc_eret(u64 n) { to_user(n); return 0; }

static u64 mmio(u64 n)
{
    u32 v = 0;
    while (n--)
        v |= UART_FR;
    return v & 0x20;                            // never full
}

static u64 daif(u64 n)
{
    n /= 8;
    EIGHT(n, "", "msr daifset, #2; msr daifclr, #2", "mov x9, #0");
}

static u64 tlb_fill(u64 n)                      // n pages
{
    u64 sum = 0;
    for (n = (n + PAGES - 1) / PAGES; n; n--) {
        __asm__ volatile("tlbi vmalle1; dsb ish; isb" ::: "memory");
        sum += touch(PAGES);
    }
    return sum;
}

static u64 tlbi(u64 n)
{
    u64 page = TEST_VA >> 12, v = 0;
    while (n--)
        __asm__ volatile("tlbi vaae1, %1; dsb ish; isb; ldr %0, [%2]"
                         : "=r"(v) : "r"(page), "r"(TEST_VA) : "memory");
    return v;
}

static void asid(u64 n)
{
    __asm__ volatile("msr ttbr0_el1, %0; isb" :: "r"((u64)level1 | n << 48) : "memory");
}

static u64 asid_switch(u64 n)
{
    while (n--)
        asid(1 + (n & 1));
    return 0;
}

static u64 asid_touch(u64 n)                    // and 32 pages looked at after each
{
    u64 sum = 0;
    while (n--) {
        asid(1 + (n & 1));
        sum += touch(32);
    }
    return sum;
}

static u64 cntvct(u64 n)
{
    n /= 8;
    EIGHT(n, "", "mrs x9, cntvct_el0", "mov x9, #0");
}

static u64 sysregs(u64 n)
{
    n /= 8;
    EIGHT(n, "", "mrs x9, tpidr_el1; mrs x10, sp_el0", "mov x9, #0");
}

static u64 exclusive(u64 n)
{
    u64 *p = &word, t;
    u32 failed;
    while (n--)
        __asm__ volatile("1: ldaxr %0, [%2]; add %0, %0, #1; stlxr %w1, %0, [%2]; cbnz %w1, 1b"
                         : "=&r"(t), "=&r"(failed) : "r"(p) : "memory");
    return word != 0;
}

static u64 ldaddal(u64 n)
{
    n /= 8;
    EIGHT(n, "ldr x9, =word; mov x10, #1", "ldaddal x10, x11, [x9]", "mov x9, #0");
}

static u64 fmadd(u64 n)
{
    n /= 8;
    EIGHT(n, "fmov d0, #1.0; fmov d1, #0.5; fmov d2, #0.75",
          "fmadd d0, d0, d1, d2", "fmov x9, d0");
}

static u64 fadd(u64 n)
{
    n /= 8;
    EIGHT(n, "fmov v0.2d, #1.0; fmov v1.2d, #0.5", "fadd v0.2d, v0.2d, v1.2d", "mov x9, #0");
}

static u64 fcvtzs(u64 n)
{
    n /= 8;
    EIGHT(n, "fmov d0, #9.5", "fcvtzs x9, d0", "");
}

static u64 tbl(u64 n)
{
    n /= 8;
    EIGHT(n, "movi v0.16b, #3; movi v1.16b, #3", "tbl v0.16b, {v1.16b}, v0.16b", "fmov x9, d0");
}

static u64 aes(u64 n)
{
    n /= 8;
    EIGHT(n, "movi v0.16b, #3; movi v1.16b, #5",
          "aese v0.16b, v1.16b; aesmc v0.16b, v0.16b", "mov x9, #0");
}

static u64 csel(u64 n)
{
    n /= 8;
    EIGHT(n, "mov x9, #1; mov x10, #2; mov x11, #3",
          "cmp x9, x10; ccmp x9, x11, #4, lo; csel x9, x10, x11, eq", "mov x9, #0");
}

static u64 isar0(void)
{
    u64 v;
    __asm__("mrs %0, id_aa64isar0_el1" : "=r"(v));
    return v;
}
static bool have_lse(void) { return isar0() >> 20 & 15; }
static bool have_aes(void) { return isar0() >> 4 & 15; }

const Row ops[] = {
    { "SVC at EL0 + ERET", svc_eret },
    { "TLB fill, 3 levels", tlb_fill },
    { "TLBI VAAE1 + retouch", tlbi },
    { "TTBR0 ASID switch", asid_switch },
    { "ASID switch + 32 pages", asid_touch },
    { "MMIO read (PL011 FR)", mmio },
    { "DAIFSet + DAIFClr", daif },
    { "MRS CNTVCT", cntvct },
    { "MRS TPIDR_EL1 + SP_EL0", sysregs },
    { "LDAXR/STLXR increment", exclusive },
    { "LDADDAL", ldaddal, have_lse },
    { "FMADD d", fmadd },
    { "FADD v.2d", fadd },
    { "FCVTZS", fcvtzs },
    { "TBL.16b", tbl },
    { "AESE + AESMC", aes, have_aes },
    { "CMP + CCMP + CSEL", csel },
    { NULL },
};
