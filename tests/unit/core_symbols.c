// SPDX-License-Identifier: MIT
// Names of addresses: order, sizes, ranks, bad names.
#include "core/symbols.h"

#include "tests/lib/test.h"

static void add(Symbols *s, const char *name, u64 addr, u64 size, u8 rank)
{
    TRUE(symbols_add(s, name, strlen(name), addr, size, rank));
}

static void is(const Symbols *s, u64 addr, const char *want)
{
    Str t = { 0 };

    symbol_text(s, addr, &t);
    STR_EQ(str_text(&t), want);
    str_free(&t);
}

TEST(symbols_find)
{
    Symbols s = { 0 };

    symbols_sort(&s);
    is(&s, 0, "");
    add(&s, "outer", 0x1000, 0x100, SYMBOL_FUNCTION | SYMBOL_GLOBAL);
    add(&s, "label", 0x1000, 0, 0);
    add(&s, "object", 0x1000, 8, SYMBOL_GLOBAL);
    add(&s, "inner", 0x1010, 0x10, SYMBOL_FUNCTION);
    add(&s, "open", 0x2000, 0, 0);
    add(&s, "last", UINT64_MAX, 1, 0);
    symbols_sort(&s);
    is(&s, 0xfff, "");
    is(&s, 0x1000, " <outer>");                 // functions first
    is(&s, 0x101f, " <inner+0xf>");
    is(&s, 0x1020, " <outer+0x20>");            // behind the inner one again
    is(&s, 0x1100, "");                         // sizes end
    is(&s, 0x9999, " <open+0x7999>");           // none goes to the next
    is(&s, UINT64_MAX, " <last>");
    symbols_clear(&s);
    is(&s, 0x1000, "");
}

TEST(symbols_hostile_names)
{
    Symbols s = { 0 };
    char big[4096];

    memset(big, 'x', sizeof(big));              // not terminated
    TRUE(symbols_add(&s, big, sizeof(big), 1, 0, 0));
    TRUE(symbols_add(&s, "a\033[2Jb", 6, 2, 0, 0));
    symbols_sort(&s);
    EQ(strlen(s.list.at[0].name), SYMBOL_NAME_MAX);
    STR_EQ(s.list.at[1].name, "a?[2Jb");
    symbols_clear(&s);
}
