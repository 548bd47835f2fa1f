// SPDX-License-Identifier: MIT
// Open addressing with linear probing and backward-shift deletion, so that there are
// no tombstones and a probe always ends at a free slot (load is at most 3/4).
#include "util/map.h"

#include <string.h>

#include "util/alloc.h"

u64 hash_u64(u64 v) // the finaliser of MurmurHash3 (public domain)
{
    v ^= v >> 33;
    v *= 0xff51afd7ed558ccdull;
    v ^= v >> 33;
    v *= 0xc4ceb9fe1a85ec53ull;
    return v ^ v >> 33;
}

u64 hash_bytes(const void *p, size_t n) // FNV-1a, then mixed
{
    const u8 *b = p;
    u64 h = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * 0x100000001b3ull;
    return hash_u64(h);
}

// ---- u64 keys -----------------------------------------------------------------

static size_t map_slot(const Map *m, u64 key)
{
    size_t i = hash_u64(key) & (m->cap - 1);

    while (m->slot[i].val && m->slot[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return i;
}

static void map_grow(Map *m)
{
    Map big = { xalloc((m->cap ? m->cap * 2 : 16) * sizeof(MapSlot)), m->count,
                m->cap ? m->cap * 2 : 16 };

    map_foreach (it, m)
        big.slot[map_slot(&big, it->key)] = *it;
    free(m->slot);
    *m = big;
}

void *map_get(const Map *m, u64 key)
{
    return m->cap ? m->slot[map_slot(m, key)].val : NULL;
}

void *map_set(Map *m, u64 key, void *val)
{
    if ((m->count + 1) * 4 > m->cap * 3)
        map_grow(m);
    MapSlot *s = &m->slot[map_slot(m, key)];
    void *old = s->val;

    *s = (MapSlot){ key, val };
    m->count += !old;
    return old;
}

void *map_del(Map *m, u64 key)
{
    if (!m->cap)
        return NULL;
    size_t mask = m->cap - 1, hole = map_slot(m, key);
    void *old = m->slot[hole].val;

    if (!old)
        return NULL;
    for (size_t i = (hole + 1) & mask; m->slot[i].val; i = (i + 1) & mask) {
        size_t home = hash_u64(m->slot[i].key) & mask;

        // move it back unless its home lies in (hole, i], cyclically
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slot[hole] = m->slot[i];
            hole = i;
        }
    }
    m->slot[hole].val = NULL;
    m->count--;
    return old;
}

void map_free(Map *m)
{
    free(m->slot);
    *m = (Map){ 0 };
}

// ---- string keys -----------------------------------------------------------------

static u64 hash_key(const char *key)
{
    return hash_bytes(key, strlen(key));
}

static size_t strmap_slot(const StrMap *m, const char *key)
{
    size_t i = hash_key(key) & (m->cap - 1);

    while (m->slot[i].key && strcmp(m->slot[i].key, key))
        i = (i + 1) & (m->cap - 1);
    return i;
}

static void strmap_grow(StrMap *m)
{
    StrMap big = { xalloc((m->cap ? m->cap * 2 : 16) * sizeof(StrMapSlot)), m->count,
                   m->cap ? m->cap * 2 : 16 };

    strmap_foreach (it, m)
        big.slot[strmap_slot(&big, it->key)] = *it;
    free(m->slot);
    *m = big;
}

void *strmap_get(const StrMap *m, const char *key)
{
    return m->cap ? m->slot[strmap_slot(m, key)].val : NULL;
}

void *strmap_set(StrMap *m, const char *key, void *val)
{
    if ((m->count + 1) * 4 > m->cap * 3)
        strmap_grow(m);
    StrMapSlot *s = &m->slot[strmap_slot(m, key)];
    void *old = s->val;

    if (!s->key) {
        s->key = xstrdup(key);
        m->count++;
    }
    s->val = val;
    return old;
}

void *strmap_del(StrMap *m, const char *key)
{
    if (!m->cap)
        return NULL;
    size_t mask = m->cap - 1, hole = strmap_slot(m, key);
    StrMapSlot gone = m->slot[hole];

    if (!gone.key)
        return NULL;
    for (size_t i = (hole + 1) & mask; m->slot[i].key; i = (i + 1) & mask) {
        size_t home = hash_key(m->slot[i].key) & mask;

        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->slot[hole] = m->slot[i];
            hole = i;
        }
    }
    m->slot[hole] = (StrMapSlot){ 0 };
    m->count--;
    free(gone.key);
    return gone.val;
}

void strmap_free(StrMap *m)
{
    strmap_foreach (it, m)
        free(it->key);
    free(m->slot);
    *m = (StrMap){ 0 };
}
