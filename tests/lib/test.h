// SPDX-License-Identifier: MIT
// Tests that register themselves.  In tests/unit/util_bits.c:
//
//     #include "tests/lib/test.h"
//     #include "util/bits.h"
//
//     TEST(bits_extract) { EQ(bits_get(0xab, 4, 4), 0xa); }
//
// All tests of a folder become one program (build/MODE/tests/unit/run).  Each
// test runs in a process of its own, so that a crash, a hang or an exit is that
// test's failure only; the first assertion that fails ends its test.  Output is
// "ok NAME", "FAIL NAME reason" or "skip NAME reason" and a closing line.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Test {
    const char *name;
    const char *file;
    int line;
    void (*run)(void);
} Test;

// One pointer per test in a section of its own: no list, no constructors.
#define TEST(id)                                                                                   \
    static void test_##id(void);                                                                   \
    static const Test test_entry_##id = { #id, __FILE__, __LINE__, test_##id };                    \
    static const Test *const test_pointer_##id                                                     \
        __attribute__((used, section("test_registry"))) = &test_entry_##id;                        \
    static void test_##id(void)

// Assertions.  Integers, enums, bools and pointers go through EQ and NE (compared as
// 64 bits: sign-extend or cast to the type that is meant); not floating point.
#define EQ(got, want) test_eq(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(want))
#define NE(got, bad)  test_ne(__FILE__, __LINE__, #got, (uint64_t)(got), (uint64_t)(bad))
#define TRUE(x)       test_true(__FILE__, __LINE__, #x, (x))
#define FALSE(x)      test_true(__FILE__, __LINE__, "!(" #x ")", !(x))
#define STR_EQ(got, want)    test_str_eq(__FILE__, __LINE__, #got, (got), (want))
#define STR_HAS(text, part)  test_str_has(__FILE__, __LINE__, #text, (text), (part))
#define MEM_EQ(got, want, n) test_mem_eq(__FILE__, __LINE__, #got, (got), (want), (n))
#define FAIL(...)     test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...)     test_skip(__VA_ARGS__)

// Ends the test as failed, or as not run for a reason.
_Noreturn void test_fail(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
_Noreturn void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void test_eq(const char *file, int line, const char *expr, uint64_t got, uint64_t want);
void test_ne(const char *file, int line, const char *expr, uint64_t got, uint64_t bad);
void test_true(const char *file, int line, const char *expr, bool ok);
void test_str_eq(const char *file, int line, const char *expr, const char *got, const char *want);
void test_str_has(const char *file, int line, const char *expr, const char *text,
                  const char *part);
void test_mem_eq(const char *file, int line, const char *expr, const void *got, const void *want,
                 size_t n);

// A directory for this test's files, empty at its start and removed after it.
const char *test_dir(void);
// The path of `name` in that directory, with `n` bytes of `data` written to it.
const char *test_file(const char *name, const void *data, size_t n);
// A number that differs from run to run only when TEST_SEED says so.
uint64_t test_random(void);
