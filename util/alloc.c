// SPDX-License-Identifier: MIT
// Allocation; see alloc.h.
#include "util/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *must(void *p)
{
    if (unlikely(!p)) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return p;
}

void *xalloc(size_t size)
{
    return must(calloc(1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return must(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s)
{
    return s ? must(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
    return must(strndup(s, n));
}

char *xasprintf(const char *fmt, ...)
{
    va_list ap;
    char *s = NULL;

    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    return must(n < 0 ? NULL : s);
}

void *xaligned(size_t align, size_t size)
{
    size = (size + align - 1) & ~(align - 1);
    void *p = must(aligned_alloc(align, size ? size : align));

    return memset(p, 0, size);
}

void *try_alloc(size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return calloc(1, total ? total : 1);
}
