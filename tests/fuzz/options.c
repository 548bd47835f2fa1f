// SPDX-License-Identifier: MIT
// Option strings: a command line, an argument per line, through the parser and the settling
// of machine, processors and accelerator; nothing is started.
// covers: main/options.c main/settle.c main/values.c util/args.c
// runs: 20000
#include <fcntl.h>

#include "main/options.h"
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

enum { ARGS = 40 };

// Help goes to stdout: thousands of pages of it, for nobody.
static void quiet(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (fd >= 0)
        dup2(fd, STDOUT_FILENO);
}

// -name process= names the thread; an image is opened, and there may be a pipe of that name.
static bool wanted(const char *arg)
{
    return !strchr(arg, '/') && !strstr(arg, "process");
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static char *const names[] = { "mimic", "mimic-system-aarch64", "mimic-system-x86_64",
                                   "mimic-system-arm" };
    char *text, *argv[ARGS + 1] = { 0 }, *rest;
    int argc = 1;
    Options o;
    Error err = { 0 };

    if (!size)
        return 0;
    quiet();
    rest = text = fuzz_text(data + 1, size - 1);
    argv[0] = names[data[0] & 3];
    while (argc < ARGS && rest)
        argv[argc++] = strsep(&rest, "\n");
    if (wanted(text)) {
        bool ok = options_parse(&o, argc, argv, &err) && (o.done || options_settle(&o, &err));

        BUG_ON(!ok && (!err.text[0] || strchr(err.text, '\n')));
        options_free(&o);
    }
    free(text);
    return 0;
}
