// SPDX-License-Identifier: MIT
// Assertions of tests/lib/test.h.  They run in the test's own process and end it.
#include "tests/lib/test.h"

#include "tests/lib/test_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// One line per report, written at once: a test may have threads.
static _Noreturn void report(int status, const char *word, const char *where, const char *fmt,
                             va_list ap)
{
    char why[1024], line[1280];
    vsnprintf(why, sizeof why, fmt, ap);
    int n = snprintf(line, sizeof line, "%s %s %s%s\n", word, test_current, where, why);
    size_t len = n < (int)sizeof line ? (size_t)n : sizeof line - 1;
    fflush(stdout);
    if (write(STDOUT_FILENO, line, len) < 0) _exit(TEST_FAILED);
    // a debugger wants to see where; otherwise leave without running exit handlers
    if (test_no_fork && status == TEST_FAILED) abort();
    _exit(status);
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
    char where[300];
    va_list ap;
    snprintf(where, sizeof where, "%s:%d: ", file, line);
    va_start(ap, fmt);
    report(TEST_FAILED, "FAIL", where, fmt, ap);
}

void test_skip(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    report(TEST_SKIPPED, "skip", "", fmt, ap);
}

void test_eq(const char *file, int line, const char *expr, uint64_t got, uint64_t want)
{
    if (got == want) return;
    test_fail(file, line, "%s is %#" PRIx64 " (%" PRId64 "), not %#" PRIx64 " (%" PRId64 ")", expr,
              got, (int64_t)got, want, (int64_t)want);
}

void test_ne(const char *file, int line, const char *expr, uint64_t got, uint64_t bad)
{
    if (got == bad) test_fail(file, line, "%s is %#" PRIx64, expr, got);
}

void test_true(const char *file, int line, const char *expr, bool ok)
{
    if (!ok) test_fail(file, line, "not true: %s", expr);
}

void test_str_eq(const char *file, int line, const char *expr, const char *got, const char *want)
{
    if (!got) test_fail(file, line, "%s is NULL, not \"%s\"", expr, want);
    if (strcmp(got, want)) test_fail(file, line, "%s is \"%s\", not \"%s\"", expr, got, want);
}

void test_str_has(const char *file, int line, const char *expr, const char *text,
                  const char *part)
{
    if (!text || !strstr(text, part))
        test_fail(file, line, "%s is \"%s\", without \"%s\"", expr, text ? text : "NULL", part);
}

void test_mem_eq(const char *file, int line, const char *expr, const void *got, const void *want,
                 size_t n)
{
    const unsigned char *a = got, *b = want;
    for (size_t i = 0; i < n; i++) {
        if (a[i] != b[i])
            test_fail(file, line, "%s differs at byte %zu of %zu: %#x, not %#x", expr, i, n, a[i],
                      b[i]);
    }
}

const char *test_dir(void)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", test_root, test_current);
    if (mkdir(path, 0700) < 0 && errno != EEXIST) FAIL("mkdir %s: %s", path, strerror(errno));
    return path;
}

const char *test_file(const char *name, const void *data, size_t n)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", test_dir(), name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0) FAIL("open %s: %s", path, strerror(errno));
    for (size_t done = 0; done < n;) {
        ssize_t got = write(fd, (const char *)data + done, n - done);
        if (got < 0) FAIL("write %s: %s", path, strerror(errno));
        done += (size_t)got;
    }
    close(fd);
    return path;
}

// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)
uint64_t test_random(void)
{
    static uint64_t x;
    if (!x) {
        const char *seed = getenv("TEST_SEED");
        x = seed ? strtoull(seed, NULL, 0) : 1;
    }
    uint64_t z = (x += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
