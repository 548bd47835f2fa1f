// SPDX-License-Identifier: MIT
// Growable string; see str.h.
#include "util/str.h"

#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

static void reserve(Str *s, size_t more)
{
    if (s->cap - s->len > more)
        return;
    size_t n = s->cap ? s->cap * 2 : 64;

    while (n <= s->len + more)
        n *= 2;
    s->s = xrealloc(s->s, n);
    s->cap = n;
}

const char *str_text(const Str *s)
{
    return s->s ? s->s : "";
}

void str_addn(Str *s, const char *text, size_t n)
{
    reserve(s, n);
    memcpy(s->s + s->len, text, n);
    s->len += n;
    s->s[s->len] = 0;
}

void str_add(Str *s, const char *text)
{
    str_addn(s, text, strlen(text));
}

void str_addc(Str *s, char c)
{
    str_addn(s, &c, 1);
}

void str_addv(Str *s, const char *fmt, va_list ap)
{
    va_list again;

    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        return;
    reserve(s, (size_t)n);
    vsnprintf(s->s + s->len, (size_t)n + 1, fmt, ap);
    s->len += (size_t)n;
}

void str_addf(Str *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    str_addv(s, fmt, ap);
    va_end(ap);
}

void str_clear(Str *s)
{
    s->len = 0;
    if (s->s)
        s->s[0] = 0;
}

void str_free(Str *s)
{
    free(s->s);
    *s = (Str){ 0 };
}

char *str_take(Str *s)
{
    char *text = s->s ? s->s : xstrdup("");

    *s = (Str){ 0 };
    return text;
}

bool str_eq(const char *a, const char *b)
{
    return a == b || (a && b && !strcmp(a, b));
}

bool str_starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

bool str_ends(const char *s, const char *suffix)
{
    size_t n = strlen(s), m = strlen(suffix);

    return n >= m && !strcmp(s + n - m, suffix);
}
