// SPDX-License-Identifier: MIT
// util/bits.h, util/list.h, util/vec.h, util/alloc.c.
#include "tests/lib/test.h"
#include "util/bits.h"
#include "util/list.h"
#include "util/vec.h"

TEST(bits_fields)
{
    EQ(bits(0xabcd, 4, 8), 0xbc);
    EQ(bits(~0ull, 0, 64), ~0ull);
    EQ(bits_set(0, 60, 4, 0xf), 0xf000000000000000ull);
    EQ(bits_set(~0ull, 8, 8, 0x12), 0xffffffffffff12ffull);
    EQ(mask64(0), 0);
    EQ(mask64(64), ~0ull);
    EQ(sext64(0x80, 8), (i64)-128);
    EQ(sext64(0x7f, 8), 127);
    EQ(sext64(5, 64), 5);
}

TEST(bits_counts_are_defined_for_zero)
{
    EQ(clz32(0), 32);
    EQ(clz64(0), 64);
    EQ(ctz32(0), 32);
    EQ(ctz64(0), 64);
    EQ(clz32(1), 31);
    EQ(ctz64(1ull << 40), 40);
    EQ(popcount64(0xff00ff), 16);
}

TEST(bits_rotate_and_align)
{
    EQ(ror32(1, 1), 0x80000000);
    EQ(ror32(5, 0), 5);
    EQ(rol64(1ull << 63, 1), 1);
    EQ(ror64(3, 64), 3);
    EQ(align_up(4097, 4096), 8192);
    EQ(align_down(4097, 4096), 4096);
    TRUE(is_pow2(8));
    FALSE(is_pow2(0));
    FALSE(is_pow2(6));
}

TEST(bits_loads_at_any_alignment)
{
    u8 b[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

    EQ(load_le16(b + 1), 0x0201);
    EQ(load_be32(b + 1), 0x01020304);
    EQ(load_le64(b + 1), 0x0807060504030201ull);
    EQ(load_le(b + 3, 4), 0x06050403);
    store_be16(b, 0x1234);
    EQ(b[0], 0x12);
    store_le(b + 1, 4, 0xaabbccdd);
    EQ(load_be32(b + 1), 0xddccbbaa);
}

typedef struct {
    ListNode link;
    int n;
} Item;

TEST(list_order_and_removal)
{
    ListNode head;
    Item it[4] = { { .n = 0 }, { .n = 1 }, { .n = 2 }, { .n = 3 } };
    int sum = 0, seen = 0;

    list_init(&head);
    TRUE(list_empty(&head));
    list_push_back(&head, &it[1].link);
    list_push_back(&head, &it[2].link);
    list_push_front(&head, &it[0].link);
    list_insert_before(&it[2].link, &it[3].link);
    list_foreach (i, &head, Item, link)
        sum = sum * 10 + i->n;
    EQ(sum, 132); // 0 1 3 2
    sum = 0;
    list_foreach_reverse (i, &head, Item, link)
        sum = sum * 10 + i->n;
    EQ(sum, 2310);
    list_foreach_safe (i, &head, Item, link) {
        seen++;
        list_remove(&i->link);
    }
    EQ(seen, 4);
    TRUE(list_empty(&head));
    FALSE(list_linked(&it[0].link));
    EQ(list_pop_front(&head), NULL);
}

TEST(vec_grows_inserts_removes)
{
    VEC(int) v = { 0 };

    for (int i = 0; i < 100; i++)
        vec_push(&v, i);
    EQ(v.len, 100);
    vec_insert(&v, 0, -1);
    vec_insert(&v, 50, 999);
    EQ(v.at[0], (u64)(i64)-1);
    EQ(v.at[50], 999);
    EQ(v.at[51], 49);
    vec_remove(&v, 50);
    EQ(v.at[50], 49);
    EQ(vec_last(&v), 99);
    EQ(vec_pop(&v), 99);
    int n = 0;
    vec_foreach (it, &v)
        n += *it;
    EQ(n, 98 * 99 / 2 - 1);
    vec_free(&v);
    EQ(v.len, 0);
}

TEST(alloc_refuses_impossible_sizes)
{
    EQ(try_alloc(SIZE_MAX / 2, 4), NULL);
    u8 *p = try_alloc(10, 10);
    NE(p, NULL);
    EQ(p[99], 0);
    free(p);
    char *s = xasprintf("%d-%s", 7, "x");
    STR_EQ(s, "7-x");
    free(s);
    u8 *a = xaligned(64, 100);
    EQ((uintptr_t)a % 64, 0);
    EQ(a[99], 0);
    free(a);
    EQ(xstrdup(NULL), NULL);
}
