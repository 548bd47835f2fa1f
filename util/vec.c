// SPDX-License-Identifier: MIT
// Growth of typed vectors; see vec.h.
#include "util/vec.h"

void vec_grow_(void **at, size_t *cap, size_t need, size_t elem)
{
    size_t n = *cap ? *cap * 2 : 8;
    size_t bytes;

    if (n < need)
        n = need;
    if (__builtin_mul_overflow(n, elem, &bytes))
        bytes = SIZE_MAX; // cannot be had: aborts below
    *at = xrealloc(*at, bytes);
    *cap = n;
}
