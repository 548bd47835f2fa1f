// SPDX-License-Identifier: MIT
// Between the assertions (test.c) and the program that runs tests (test_main.c).
#pragma once

#include <stdbool.h>

enum { TEST_FAILED = 100, TEST_SKIPPED = 101 }; // exit status of a test's process

extern const char *test_current; // name of the running test
extern const char *test_root;    // parent of the tests' directories
extern bool test_no_fork;
