// SPDX-License-Identifier: MIT
// The nearest name; see nearest.h.
#include "util/nearest.h"

#include <ctype.h>
#include <string.h>

#include "util/str.h"

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
    *n = (Nearest){ .word = word, .before = "",
                    .distance = (unsigned)MAX((strlen(word) + 1) / 3, 1) + 1 };
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

bool nearest_hint(const Nearest *n, Error *err)
{
    if (n->name)
        error_hint(err, ", did you mean '%s%s'?", n->before, n->name);
    return n->name;
}
