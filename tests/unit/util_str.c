// SPDX-License-Identifier: MIT
// util/str.c and util/error.c.
#include <errno.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "util/error.h"
#include "util/nearest.h"
#include "util/str.h"

TEST(str_grows)
{
    Str s = { 0 };

    STR_EQ(str_text(&s), "");
    for (int i = 0; i < 100; i++)
        str_addf(&s, "%d,", i);
    STR_HAS(str_text(&s), "98,99,");
    EQ(s.len, strlen(s.s));
    str_clear(&s);
    str_add(&s, "ab");
    str_addc(&s, 'c');
    str_addn(&s, "defg", 2);
    char *t = str_take(&s);
    STR_EQ(t, "abcde");
    STR_EQ(str_text(&s), "");
    free(t);
    str_free(&s);
}

TEST(str_compares)
{
    TRUE(str_eq(NULL, NULL));
    FALSE(str_eq(NULL, "a"));
    TRUE(str_starts("virt-7.2", "virt"));
    TRUE(str_ends("a.gz", ".gz"));
    FALSE(str_ends("gz", ".gz"));
    EQ(str_distance("kitten", "sitting"), 3);
    EQ(str_distance("maxx", "max"), 1);
    EQ(str_distance("ab", "ba"), 1);
    EQ(str_distance("MAX", "max"), 0);
    EQ(str_distance("", "abc"), 3);
}

static const char *nearest(const char *word)
{
    static const char *const names[] = { "cortex-a53", "cortex-a57", "cortex-a72", "max" };
    Nearest n;

    nearest_init(&n, word);
    for (int i = 0; i < 4; i++)
        nearest_try(&n, names[i]);
    return n.name;
}

TEST(str_nearest)
{
    STR_EQ(nearest("cortex-a73"), "cortex-a53");
    STR_EQ(nearest("cortxe-a72"), "cortex-a72");
    STR_EQ(nearest("mac"), "max");
    STR_EQ(nearest("cortex"), "cortex-a53");
    EQ(nearest("pentium"), NULL);
    EQ(nearest(""), NULL);
}

TEST(error_texts)
{
    Error e = { 0 };

    FALSE(error_set(&e, "bad %s", "thing"));
    STR_EQ(e.text, "bad thing");
    error_prefix(&e, "-m %d: ", 5);
    STR_EQ(e.text, "-m 5: bad thing");
    error_hint(&e, ", use %s", "2G");
    STR_EQ(e.text, "-m 5: bad thing, use 2G");
    errno = ENOENT;
    FALSE(error_errno(&e, "cannot open '%s'", "x"));
    STR_EQ(e.text, "cannot open 'x': No such file or directory");
    EQ(e.cls, ERROR_HOST);
    error_set_class(&e, ERROR_NOT_FOUND, "n");
    STR_EQ(error_class_name(e.cls), "DeviceNotFound");
    FALSE(error_set(NULL, "dropped"));
    FALSE(error_prefix(NULL, "x"));
    FALSE(error_errno(NULL, "x"));
}

TEST(error_never_overflows)
{
    Error e = { 0 };

    error_set(&e, "%0600d", 1);
    for (int i = 0; i < 3; i++) {
        error_prefix(&e, "%0300d", 2);
        error_hint(&e, "%0300d", 3);
    }
    EQ(strlen(e.text), sizeof(e.text) - 1);
}
