// SPDX-License-Identifier: MIT
// Hash map from u64, or from a string, to a pointer.  Open addressing, grows at
// 3/4.  Zero-initialised is empty.  StrMap copies its keys.  The owner locks;
// concurrent map_get without a writer is safe.
#pragma once

#include "util/types.h"

typedef struct {
    u64 key;
    void *val; // NULL = free slot
} MapSlot;

typedef struct {
    MapSlot *slot;
    size_t count, cap; // cap is 0 or a power of two
} Map;

void *map_get(const Map *m, u64 key);             // NULL if absent
void *map_set(Map *m, u64 key, void *val);        // val not NULL; returns the old one
void *map_del(Map *m, u64 key);                   // returns what was there
void map_free(Map *m);                            // leaves an empty map

#define map_foreach(it, m)                                                    \
    for (const MapSlot *it = (m)->slot; it < (m)->slot + (m)->cap; it++)      \
        if (it->val)

typedef struct {
    char *key; // NULL = free slot
    void *val;
} StrMapSlot;

typedef struct {
    StrMapSlot *slot;
    size_t count, cap;
} StrMap;

void *strmap_get(const StrMap *m, const char *key);
void *strmap_set(StrMap *m, const char *key, void *val);
void *strmap_del(StrMap *m, const char *key);
void strmap_free(StrMap *m);

#define strmap_foreach(it, m)                                                 \
    for (const StrMapSlot *it = (m)->slot; it < (m)->slot + (m)->cap; it++)   \
        if (it->key)

u64 hash_u64(u64 v);
u64 hash_bytes(const void *p, size_t n);
