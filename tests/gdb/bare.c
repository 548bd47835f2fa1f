// SPDX-License-Identifier: MIT
// A guest to be debugged: two functions, a watched variable, an exception, an endless loop.
volatile unsigned long watched, turns, traps;
volatile unsigned long knob = 5;

__attribute__((noinline)) unsigned long leaf(unsigned long n)
{
    watched = watched + n;
    return watched * 2;
}

__attribute__((noinline)) unsigned long branch(unsigned long n)
{
    return leaf(n + 1) + 1;
}

void handle(void) { traps++; }

int main(void)
{
    branch(knob);
    __asm__ volatile("svc #7" ::: "memory");
    for (;;) {
        turns++;
        if (turns % 1024 == 0)
            branch(turns);
    }
}
