// SPDX-License-Identifier: MIT
// Blocks of 64 KiB, or larger for one large request, in a list.  After a reset the
// list is walked again from its first block.
#include "util/arena.h"

#include <string.h>

#include "util/alloc.h"

#define BLOCK_SIZE (64 * KIB)

struct ArenaBlock {
    ArenaBlock *next;
    size_t size;
    alignas(64) u8 data[];
};

static void use(Arena *a, ArenaBlock *b)
{
    a->cur = b;
    a->at = b->data;
    a->end = b->data + b->size;
}

void *arena_alloc_slow_(Arena *a, size_t size, size_t align)
{
    // try what a reset left behind
    ArenaBlock *next = a->cur ? a->cur->next : a->first;

    if (next && next->size >= size) {
        use(a, next);
        return arena_alloc(a, size, align);
    }
    size_t want = MAX(size, BLOCK_SIZE - sizeof(ArenaBlock));
    ArenaBlock *b = xaligned(64, (sizeof(*b) + want + 63) & ~63ull);

    b->size = want;
    b->next = next;
    if (a->cur)
        a->cur->next = b;
    else
        a->first = b;
    use(a, b);
    return arena_alloc(a, size, align);
}

void *arena_zalloc(Arena *a, size_t size, size_t align)
{
    return memset(arena_alloc(a, size, align), 0, size);
}

char *arena_strdup(Arena *a, const char *s)
{
    size_t n = strlen(s) + 1;

    return memcpy(arena_alloc(a, n, 1), s, n);
}

void arena_reset(Arena *a)
{
    if (a->first)
        use(a, a->first);
}

void arena_free(Arena *a)
{
    for (ArenaBlock *b = a->first, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (Arena){ 0 };
}
