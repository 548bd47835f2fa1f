// SPDX-License-Identifier: MIT
// Bump allocator.  arena_reset keeps the first blocks for reuse; nothing is freed
// singly.  One thread at a time.  Zero-initialised is usable.
#pragma once

#include "util/types.h"

typedef struct ArenaBlock ArenaBlock;

typedef struct {
    ArenaBlock *first, *cur;
    u8 *at, *end;
} Arena;

void *arena_alloc_slow_(Arena *a, size_t size, size_t align);

// Not zeroed; align is a power of two, at most 64.
static inline void *arena_alloc(Arena *a, size_t size, size_t align)
{
    u8 *p = (u8 *)(((uintptr_t)a->at + align - 1) & ~(uintptr_t)(align - 1));

    if (unlikely(!a->at || p > a->end || size > (size_t)(a->end - p)))
        return arena_alloc_slow_(a, size, align);
    a->at = p + size;
    return p;
}

void *arena_zalloc(Arena *a, size_t size, size_t align);
char *arena_strdup(Arena *a, const char *s);
#define arena_new(a, T) ((T *)arena_zalloc((a), sizeof(T), alignof(T)))
#define arena_array(a, T, n) ((T *)arena_zalloc((a), sizeof(T) * (size_t)(n), alignof(T)))

void arena_reset(Arena *a); // everything allocated is invalid; memory is kept
void arena_free(Arena *a);
