// SPDX-License-Identifier: MIT
// Symbols sorted by address; see symbols.h.
#include "core/symbols.h"

#include <stdlib.h>

#define LOOK_BACK 16 // symbols with a size that may lie within another

bool symbols_add(Symbols *s, const char *name, size_t len, u64 addr, u64 size, u8 rank)
{
    size_t n = strnlen(name, MIN(len, SYMBOL_NAME_MAX));

    if (s->list.len >= SYMBOLS_MAX)
        return false;
    char *copy = arena_alloc(&s->names, n + 1, 1);

    for (size_t i = 0; i < n; i++) // what goes to a terminal
        copy[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?';
    copy[n] = 0;
    vec_push(&s->list, (Symbol){ addr, size, copy, (u8)(rank + (size != 0)) });
    return true;
}

static int by_address(const void *a, const void *b)
{
    const Symbol *x = a, *y = b;

    if (x->addr != y->addr)
        return x->addr < y->addr ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return -strcmp(x->name, y->name);
}

// The best of each address comes last, and stays.
void symbols_sort(Symbols *s)
{
    size_t n = 0;

    if (!s->list.len)
        return;
    qsort(s->list.at, s->list.len, sizeof(Symbol), by_address);
    for (size_t i = 1; i < s->list.len; i++) {
        n += s->list.at[i].addr != s->list.at[n].addr;
        s->list.at[n] = s->list.at[i];
    }
    s->list.len = n + 1;
}

void symbols_clear(Symbols *s)
{
    vec_free(&s->list);
    arena_free(&s->names);
}

// The number of symbols at or below addr.
static size_t count_below(const Symbols *s, u64 addr)
{
    size_t low = 0, high = s->list.len;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (s->list.at[mid].addr <= addr)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const char *symbol_find(const Symbols *s, u64 addr, u64 *offset)
{
    size_t n = count_below(s, addr);

    for (size_t i = n; i > 0 && n - i < LOOK_BACK; i--) {
        const Symbol *it = &s->list.at[i - 1];

        if (it->size ? addr - it->addr < it->size : i == n) {
            *offset = addr - it->addr;
            return it->name;
        }
    }
    return NULL;
}

void symbol_text(const Symbols *s, u64 addr, Str *out)
{
    u64 offset;
    const char *name = symbol_find(s, addr, &offset);

    if (name && offset)
        str_addf(out, " <%s+0x%llx>", name, (unsigned long long)offset);
    else if (name)
        str_addf(out, " <%s>", name);
}
