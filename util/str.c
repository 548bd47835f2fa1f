// SPDX-License-Identifier: MIT
// Growable string; see str.h.
#include "util/str.h"

#include <ctype.h>
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

// ---- nearest name ----------------------------------------------------------------

#define WORD_MAX 63

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    return MIN(a, MIN(b, c));
}

// Optimal string alignment: insert, delete, replace, swap neighbours; three rows.
unsigned str_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[3][WORD_MAX + 1];

    if (n > WORD_MAX || m > WORD_MAX)
        return strcmp(a, b) ? (unsigned)MAX(n, m) : 0;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        unsigned *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = min3(up[j] + 1, now[j - 1] + 1, up[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                now[j] = MIN(now[j], up2[j - 2] + 1);
        }
    }
    return row[n % 3][m];
}

void nearest_init(Nearest *n, const char *word)
{
    // about a third of the letters may be wrong, at least one
    *n = (Nearest){ .word = word, .distance = (unsigned)MAX((strlen(word) + 1) / 3, 1) + 1 };
}

void nearest_try(Nearest *n, const char *candidate)
{
    unsigned d = str_distance(n->word, candidate);

    // a word cut short is close too, but not closer than a slip of one letter
    if (strlen(n->word) >= 3 && str_starts(candidate, n->word))
        d = MIN(d, 2);
    if (d < n->distance) {
        n->distance = d;
        n->name = candidate;
    }
}
