// SPDX-License-Identifier: MIT
// The program around tests/lib/test.h: runs each test in a child process.
//   run [-l] [-n] [-t SECONDS] [PART...]
//     -l  list names   -n  no child process (for a debugger)   -t  limit per test
//     PART  run only tests whose name or file contains one of these
#include "tests/lib/test.h"

#include "tests/lib/test_run.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// weak: a program without any test still links
extern const Test *const __start_test_registry[] __attribute__((weak));
extern const Test *const __stop_test_registry[] __attribute__((weak));

const char *test_current;
const char *test_root;
bool test_no_fork;

static int passed, failed, skipped;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

// The linker keeps files in order, the compiler does not keep tests in order.
static int in_order(const void *a, const void *b)
{
    const Test *x = *(const Test *const *)a, *y = *(const Test *const *)b;
    int d = strcmp(x->file, y->file);
    return d ? d : x->line - y->line;
}

static bool selected(const Test *t, int n, char **parts)
{
    for (int i = 0; i < n; i++)
        if (strstr(t->name, parts[i]) || strstr(t->file, parts[i])) return true;
    return n == 0;
}

static void count(const Test *t, int status, unsigned limit)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("ok %s\n", t->name);
        passed++;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
        skipped++;
    } else {
        failed++;
        // an assertion has spoken for itself
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            printf("FAIL %s no end in %u s\n", t->name, limit);
        else if (WIFSIGNALED(status))
            printf("FAIL %s %s\n", t->name, strsignal(WTERMSIG(status)));
        else if (WEXITSTATUS(status) != TEST_FAILED)
            printf("FAIL %s exit status %d\n", t->name, WEXITSTATUS(status));
    }
    fflush(stdout);
}

// The child is a process group of its own: what a test leaves running goes with it.
static void run_child(const Test *t, unsigned limit)
{
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        alarm(limit);
        t->run();
        exit(0);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0) {
        perror("test_main: fork");
        exit(1);
    }
    kill(-pid, SIGKILL);
    count(t, status, limit);
    nftw(test_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (mkdir(test_root, 0700) < 0) perror("test_main: mkdir");
}

static void run_here(const Test *t)
{
    t->run();
    count(t, 0, 0);
}

int main(int argc, char **argv)
{
    unsigned limit = 60;
    bool list = false;
    for (int opt; (opt = getopt(argc, argv, "lnt:")) != -1;) {
        if (opt == 'l') list = true;
        else if (opt == 'n') test_no_fork = true;
        else if (opt == 't') limit = (unsigned)strtoul(optarg, NULL, 10);
        else return 2;
    }
    char root[] = "/tmp/mimic-test-XXXXXX";
    if (!list && !(test_root = mkdtemp(root))) {
        perror("test_main: mkdtemp");
        return 1;
    }
    size_t n = (size_t)(__stop_test_registry - __start_test_registry);
    const Test **tests = calloc(n + 1, sizeof *tests);
    if (!tests) return 1;
    if (n) memcpy(tests, __start_test_registry, n * sizeof *tests);
    qsort(tests, n, sizeof *tests, in_order);
    for (size_t i = 0; i < n; i++) {
        const Test *t = tests[i];
        if (!selected(t, argc - optind, argv + optind)) continue;
        test_current = t->name;
        if (list) printf("%s %s:%d\n", t->name, t->file, t->line);
        else if (test_no_fork) run_here(t);
        else run_child(t, limit);
    }
    free(tests);
    if (list) return 0;
    nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed > 0;
}
