// SPDX-License-Identifier: MIT
// Prints through the UART and through semihosting, takes an exception, ends with status 42.
#include <stdint.h>

#define UART_DR (*(volatile uint32_t *)0x09000000)  // PL011, DDI 0183 3.3.1

static volatile uint32_t exception_class;

static void uart_puts(const char *s)
{
    while (*s)
        UART_DR = (uint8_t)*s++;
}

// SYS_WRITE0
static void semihosting_puts(const char *s)
{
    register uint64_t op __asm__("x0") = 4;
    register const char *text __asm__("x1") = s;

    __asm__ volatile("hlt #0xf000" : "+r"(op) : "r"(text) : "memory");
}

void on_exception(uint64_t esr)
{
    exception_class = (uint32_t)(esr >> 26);
}

int main(void *device_tree)
{
    uart_puts("hello from the UART\n");
    semihosting_puts("hello from semihosting\n");
    __asm__ volatile("brk #7" ::: "x1", "x2", "x3", "x4", "memory");
    if (exception_class != 0x3c)
        return 1;
    return *(volatile uint32_t *)device_tree == 0xedfe0dd0 ? 42 : 2;
}
