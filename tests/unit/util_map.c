// SPDX-License-Identifier: MIT
// util/map.c against a plain array, and util/arena.c.
#include <stdio.h>

#include "tests/lib/test.h"
#include "util/arena.h"
#include "util/bits.h"
#include "util/map.h"
#include "util/str.h"

#define KEYS 300

TEST(map_agrees_with_an_array)
{
    static int token[KEYS];
    void *model[KEYS] = { 0 };
    Map m = { 0 };
    size_t count = 0;

    EQ(map_get(&m, 1), NULL);
    EQ(map_del(&m, 1), NULL);
    for (int n = 0; n < 20000; n++) {
        u64 r = test_random();
        u64 k = r % KEYS;
        void *want = model[k];

        if (r & 1ull << 40) {
            EQ(map_set(&m, k << 32, &token[k]), want);
            model[k] = &token[k];
            count += !want;
        } else {
            EQ(map_del(&m, k << 32), want);
            model[k] = NULL;
            count -= want != NULL;
        }
        EQ(m.count, count);
    }
    for (u64 k = 0; k < KEYS; k++)
        EQ(map_get(&m, k << 32), model[k]);
    map_foreach (it, &m)
        count--;
    EQ(count, 0);
    map_free(&m);
    EQ(map_get(&m, 0), NULL);
}

TEST(strmap_copies_keys)
{
    StrMap m = { 0 };
    char key[16];
    int a[200];

    for (int i = 0; i < 200; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        EQ(strmap_set(&m, key, &a[i]), NULL);
    }
    for (int i = 0; i < 200; i += 2) {
        snprintf(key, sizeof(key), "key%d", i);
        EQ(strmap_del(&m, key), &a[i]);
    }
    EQ(strmap_get(&m, "key4"), NULL);
    EQ(strmap_get(&m, "key5"), &a[5]);
    EQ(strmap_set(&m, "key5", &a[6]), &a[5]);
    EQ(strmap_get(&m, "key5"), &a[6]);
    EQ(strmap_del(&m, "none"), NULL);
    EQ(m.count, 100);
    strmap_free(&m);
}

TEST(arena_aligns_and_survives_reset)
{
    Arena a = { 0 };

    for (int round = 0; round < 3; round++) {
        u8 *last = NULL;

        for (int i = 1; i < 3000; i++) {
            u8 *p = arena_alloc(&a, (size_t)(i % 100), 1u << i % 7);

            EQ((uintptr_t)p % (1u << i % 7), 0);
            memset(p, 0xaa, (size_t)(i % 100));
            NE(p, NULL);
            last = p;
        }
        u8 *big = arena_zalloc(&a, 300000, 8);
        EQ(big[0] | big[299999], 0);
        NE(big, last);
        STR_EQ(arena_strdup(&a, "hello"), "hello");
        arena_reset(&a);
    }
    arena_free(&a);
    NE(arena_new(&a, u64), NULL);
    arena_free(&a);
}
