// SPDX-License-Identifier: MIT
// Bare-metal micro-benchmarks for -M virt: page tables, and a line on the UART per row,
// "NAME|picoseconds an operation|result", measured by the virtual counter, which both Mimic and the
// peer derive from the host's clock.  The time is the least of RUNS, each of about a millisecond.
#include "tests/bench-micro/micro.h"

#define UART_DR (*(volatile u32 *)0x09000000)   // PL011, DDI 0183 3.3.1
#ifdef QUICK
enum { RUNS = 1, LEAST_US = 0 };                // are the results right?
#else
enum { RUNS = 16, LEAST_US = 1000 };
#endif

u64 level1[512] __attribute__((aligned(4096)));
static u64 device2[512] __attribute__((aligned(4096)));
static u64 ram2[512] __attribute__((aligned(4096))), ram3[2048] __attribute__((aligned(4096)));
static u64 test2[512] __attribute__((aligned(4096))), test3[PAGES] __attribute__((aligned(4096)));
u8 arena[PAGES * 4096] __attribute__((aligned(4096)));
extern u8 user_start[];

// Descriptors: DDI 0487K.a D8.3.  Attribute 0 is normal memory, 1 Device-nGnRnE.
enum { TABLE = 3, PAGE = 3, BLOCK = 1, AF = 1 << 10, SHARED = 3 << 8, NOT_GLOBAL = 1 << 11,
       DEVICE = 1 << 2, READ_ONLY_EL0 = 3 << 6 };

void mmu_on(void)
{
    for (u32 i = 0; i < 2048; i++)
        ram3[i] = (0x40000000 + i * 4096ull) | AF | SHARED | PAGE;
    ram3[((u64)user_start - 0x40000000) >> 12] |= READ_ONLY_EL0;
    for (u32 i = 0; i < 4; i++)
        ram2[i] = (u64)(ram3 + 512 * i) | TABLE;
    for (u32 i = 0; i < PAGES; i++)
        test3[i] = (u64)(arena + i * 4096ull) | AF | SHARED | NOT_GLOBAL | PAGE;
    test2[0] = (u64)test3 | TABLE;
    device2[0x09000000 >> 21] = 0x09000000 | AF | DEVICE | BLOCK;
    level1[0] = (u64)device2 | TABLE;
    level1[1] = (u64)ram2 | TABLE;
    level1[TEST_VA >> 30] = (u64)test2 | TABLE;
    u64 tcr = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23;        // 39 bits, 4 KiB, no TTBR1
    __asm__ volatile("msr ttbr0_el1, %0; msr mair_el1, %1; msr tcr_el1, %2; isb\n"
                     "tlbi vmalle1; dsb ish; isb\n"
                     "mrs x9, sctlr_el1; orr x9, x9, %3; msr sctlr_el1, x9; isb"
                     :: "r"((u64)level1 | 1ull << 48), "r"(0xffull), "r"(tcr), "r"(0x1005ull)
                     : "x9", "memory");
}

static void put(const char *s)
{
    while (*s)
        UART_DR = (u8)*s++;
}

static void put_number(u64 v)
{
    char text[24], *p = text + sizeof text;
    *--p = 0;
    do {
        *--p = (char)('0' + v % 10);
    } while (v /= 10);
    put(p);
}

static u64 ticks(void)
{
    u64 v;
    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(v) :: "memory");
    return v;
}

static u64 time_of(const Row *r, u64 n, u64 *result)
{
    u64 from = ticks();
    *result = r->run(n);
    return ticks() - from;
}

static void measure(const Row *r)
{
    u64 khz, n = r->whole ? 1 : 512, result, best;
    __asm__("mrs %0, cntfrq_el0" : "=r"(khz));
    khz /= 1000;
    time_of(r, n, &result);                     // translated
    while ((best = time_of(r, n, &result)) * 1000 < LEAST_US * khz)
        n *= 2;
    for (int i = 1; i < RUNS; i++) {
        u64 t = time_of(r, n, &result);
        best = t < best ? t : best;
    }
    put(r->name);
    put("|");
    put_number(best * 1000000000 / khz / n);
    put("|");
    put_number(result);
    put("\n");
}

int main(void)
{
    mmu_on();
    for (const Row *r = ops; r->name; r++)
        if (!r->have || r->have())
            measure(r);
    for (const Row *r = kernels; r->name; r++)
        measure(r);
    put("done\n");
    return 0;
}
