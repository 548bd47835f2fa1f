// SPDX-License-Identifier: MIT
// Growable typed vector: `VEC(int) v = {0}; vec_push(&v, 3); v.at[0]; v.len`.
// Zero-initialised is empty.  The owner locks.  Growth aborts on out of memory.
#pragma once

#include <string.h>

#include "util/alloc.h"

#define VEC(T) struct { T *at; size_t len, cap; }

// Grows *at so that it holds `need` elements of `elem` bytes.
void vec_grow_(void **at, size_t *cap, size_t need, size_t elem);

#define vec_reserve(v, n)                                                     \
    ((n) > (v)->cap ? vec_grow_((void **)&(v)->at, &(v)->cap, (n), sizeof(*(v)->at)) : (void)0)
#define vec_push(v, ...)                                                      \
    (vec_reserve(v, (v)->len + 1), (void)((v)->at[(v)->len++] = (__VA_ARGS__)))
#define vec_pop(v) ((v)->at[--(v)->len])
#define vec_last(v) ((v)->at[(v)->len - 1])
#define vec_clear(v) ((void)((v)->len = 0))
#define vec_free(v) (free((v)->at), (v)->at = NULL, (void)((v)->len = (v)->cap = 0))

// Opens a hole at index i (<= len) or closes the element there.
#define vec_insert(v, i, ...)                                                 \
    (vec_reserve(v, (v)->len + 1),                                            \
     (void)memmove(&(v)->at[(i) + 1], &(v)->at[i], ((v)->len - (i)) * sizeof(*(v)->at)), \
     (v)->len++, (void)((v)->at[i] = (__VA_ARGS__)))
#define vec_remove(v, i)                                                      \
    ((void)memmove(&(v)->at[i], &(v)->at[(i) + 1],                            \
                   ((v)->len - (i) - 1) * sizeof(*(v)->at)), (void)(v)->len--)

#define vec_foreach(it, v)                                                    \
    for (__typeof__(*(v)->at) *it = (v)->at; it < (v)->at + (v)->len; it++)
