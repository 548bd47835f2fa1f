// SPDX-License-Identifier: MIT
// Probe: a C11 compiler with GNU extensions, a linker and the C library's headers.
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

_Static_assert(sizeof(void *) == 8, "a 64-bit host is needed");

int main(void)
{
    _Atomic uint64_t x = 1;
    unsigned __int128 wide = atomic_fetch_add(&x, 1);
    return printf("%d\n", (int)__builtin_expect((long)wide, 1)) < 0;
}
