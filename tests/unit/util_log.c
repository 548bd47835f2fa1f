// SPDX-License-Identifier: MIT
// util/log.c: levels, items, files, limits, bugs.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "util/log.h"
#include "util/thread.h"

LOG_CATEGORY("unit.log")

static int evaluated;

static int count_me(void)
{
    return ++evaluated;
}

static char *log_path(void)
{
    static char path[256];

    snprintf(path, sizeof(path), "%s/log", test_dir());
    return path;
}

static const char *contents(void)
{
    static char text[65536];
    FILE *f = fopen(log_path(), "r");

    log_flush();
    TRUE(f != NULL);
    text[fread(text, 1, sizeof(text) - 1, f)] = 0;
    fclose(f);
    return text;
}

static void open_log(void)
{
    Error e = { 0 };

    TRUE(log_open(log_path(), &e));
}

TEST(log_levels_and_lazy_arguments)
{
    open_log();
    log_trace("%d", count_me());
    log_info("%d", count_me());
    EQ(evaluated, 0);
    TRUE(log_configure("unit.log=info", NULL));
    log_trace("%d", count_me());
    log_info("value %d", count_me());
    EQ(evaluated, 1);
    TRUE(log_configure("unit", NULL)); // the group, at trace
    log_trace("traced");
    log_error("wrong");
    STR_HAS(contents(), "unit.log: info: value 1\n");
    STR_HAS(contents(), "unit.log: trace: traced\n");
    STR_HAS(contents(), "unit.log: error: wrong\n");
}

TEST(log_items_are_flags)
{
    FALSE(log_on(LOG_IN_ASM));
    TRUE(log_configure("in_asm,guest_errors,unimp", NULL));
    TRUE(log_on(LOG_IN_ASM));
    TRUE(log_on(LOG_GUEST_ERRORS));
    FALSE(log_on(LOG_OUT_ASM));
    TRUE(log_enabled_(&log_category_, LEVEL_GUEST));
    TRUE(log_enabled_(&log_category_, LEVEL_UNIMP));
    FALSE(log_enabled_(&log_category_, LEVEL_INFO));
}

TEST(log_limits_guest_errors)
{
    const char *p;
    int n = 0;

    open_log();
    log_configure("guest_errors,unimp", NULL);
    for (int i = 0; i < 1000; i++) {
        log_guest("again");
        log_unimp("once");
    }
    for (p = contents(); (p = strstr(p, "again")); p++)
        n++;
    EQ(n, 8 + 6); // 1..8, then 16 .. 512
    p = strstr(contents(), "once");
    NE(p, NULL);
    EQ(strstr(p + 1, "once"), NULL);
}

TEST(log_names_the_nearest)
{
    Error e = { 0 };

    FALSE(log_configure("in_asn", &e));
    STR_EQ(e.text, "-d: unknown item 'in_asn', did you mean 'in_asm'?");
    FALSE(log_configure("unit.log=loud", &e));
    STR_HAS(e.text, "unknown level 'loud'");
    FALSE(log_open("/nonexistent/dir/x", &e));
    STR_HAS(e.text, "-D: cannot write");
}

static void *writer(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_printf("<%s %d>\n", (const char *)arg, i);
    return NULL;
}

TEST(log_lines_stay_whole)
{
    Thread a = { 0 }, b = { 0 };
    int lines = 0;

    open_log();
    TRUE(thread_start(&a, "a", writer, "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL));
    TRUE(thread_start(&b, "b", writer, "bbbbbbbbbbbbbbbbbbbbbbbbbbbb", NULL));
    thread_join(&a);
    thread_join(&b);
    for (const char *p = contents(); *p; p = strchr(p, '\n') + 1) {
        EQ(p[0], '<');
        EQ(strchr(p, '\n')[-1], '>');
        lines++;
    }
    EQ(lines, 400);
}

static void hook(void *opaque)
{
    fprintf(stderr, "state dump of %s\n", (const char *)opaque);
    bug_abort(__FILE__, __LINE__, __func__, "again"); // must not recurse
}

TEST(log_bug_dumps_once_and_aborts)
{
    int status;

    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        freopen("/dev/null", "w", stderr);
        bug_set_hook(hook, "it");
        BUG_ON(1 + 1 == 2);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    TRUE(WIFSIGNALED(status));
    EQ(WTERMSIG(status), SIGABRT);
}
