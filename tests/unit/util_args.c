// SPDX-License-Identifier: MIT
// util/args.c: option strings.
#include "tests/lib/test.h"
#include "util/args.h"

static const ArgDesc known[] = {
    { "type", ARG_STRING, "what" }, { "path", ARG_STRING, "where" }, { "wait", ARG_BOOL, NULL },
    { "size", ARG_SIZE, NULL },     { "port", ARG_U64, NULL },       { 0 },
};

TEST(args_split)
{
    Args a;
    bool wait;
    u64 n;

    TRUE(args_parse(&a, "-x", "file,path=a,,b=c,nowait,size=1.5G,port=0x10", "type", known, NULL));
    STR_EQ(args_str(&a, "type", NULL), "file");
    STR_EQ(args_str(&a, "path", NULL), "a,b=c");
    TRUE(args_bool(&a, "wait", true, &wait, NULL));
    FALSE(wait);
    TRUE(args_size(&a, "size", 0, &n, NULL));
    EQ(n, GIB + GIB / 2);
    TRUE(args_u64(&a, "port", 0, &n, NULL));
    EQ(n, 16);
    TRUE(args_u64(&a, "absent", 7, &n, NULL));
    EQ(n, 7);
    STR_EQ(args_str(&a, "absent", "d"), "d");
    TRUE(args_all_used(&a, known, NULL));
    args_free(&a);
}

TEST(args_odd_forms)
{
    Args a;
    bool b;

    TRUE(args_parse(&a, "-x", "", "type", known, NULL));
    EQ(a.list.len, 0);
    args_free(&a);
    TRUE(args_parse(&a, "-x", ",,x", NULL, NULL, NULL)); // a literal comma
    STR_EQ(a.list.at[0].key, ",x");
    args_free(&a);
    TRUE(args_parse(&a, "-x", "a=1,,", NULL, NULL, NULL));
    STR_EQ(args_str(&a, "a", ""), "1,");
    args_free(&a);
    TRUE(args_parse(&a, "-x", "type=a,type=b,wait", "type", known, NULL));
    STR_EQ(args_str(&a, "type", ""), "b"); // the last wins
    TRUE(args_bool(&a, "wait", false, &b, NULL));
    TRUE(b);
    args_free(&a);
    TRUE(args_parse(&a, "-x", "nofoo", NULL, NULL, NULL)); // unknown: no negation
    STR_EQ(args_str(&a, "nofoo", ""), "on");
    args_free(&a);
}

static const char *error_of(const char *text)
{
    static Error e;
    Args a;

    FALSE(args_parse(&a, "-chardev", text, "type", known, &e));
    return e.text;
}

TEST(args_errors_name_option_and_nearest)
{
    STR_EQ(error_of("file,paht=x"), "-chardev: unknown option 'paht', did you mean 'path'?");
    STR_EQ(error_of("file,zzzzzz=x"),
           "-chardev: unknown option 'zzzzzz'; 'help' as value lists them");
    STR_EQ(error_of("file,wait=maybe"), "-chardev: 'wait=maybe': on or off is wanted");
    STR_EQ(error_of("file,size=12Q"), "-chardev: 'size=12Q': a size such as 512M or 2G is wanted");
    STR_EQ(error_of("file,port=-1"), "-chardev: 'port=-1': a number is wanted");
}

TEST(args_unused_keys_are_found)
{
    Args a;
    Error e;

    TRUE(args_parse(&a, "-cpu", "max,svee=on", "model", NULL, NULL));
    args_str(&a, "model", NULL);
    FALSE(args_all_used(&a, NULL, &e));
    STR_HAS(e.text, "svee");
    args_free(&a);
}

TEST(args_plain_parsers)
{
    u64 v;
    bool b;

    TRUE(parse_size("4k", 1, &v));
    EQ(v, 4096);
    TRUE(parse_size("128", MIB, &v));
    EQ(v, 128 * MIB);
    TRUE(parse_size("128b", MIB, &v));
    EQ(v, 128);
    TRUE(parse_size("0.5M", 1, &v));
    EQ(v, 512 * KIB);
    TRUE(parse_size("1.999999999999T", 1, &v));
    FALSE(parse_size("99999E", 1, &v)); // overflow
    FALSE(parse_size("", 1, &v));
    FALSE(parse_size("1.", 1, &v));
    FALSE(parse_size("1.5.5", 1, &v));
    FALSE(parse_size("-1", 1, &v));
    FALSE(parse_size("1kk", 1, &v));
    FALSE(parse_size("99999999999999999999", 1, &v));
    FALSE(parse_u64("99999999999999999999", &v));
    FALSE(parse_u64(" 1", &v));
    FALSE(parse_u64("1x", &v));
    TRUE(parse_u64("0xffffffffffffffff", &v));
    EQ(v, UINT64_MAX);
    TRUE(parse_bool("yes", &b));
    FALSE(parse_bool("", &b));
}
