// SPDX-License-Identifier: MIT
// What -serial and -chardev take: the short forms, and the options they become.  Back ends
// that open nothing on the host are opened.
// covers: chardev/legacy.c chardev/set.c
// runs: 20000
#include "chardev/set.h"
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

static bool harmless(const char *text)
{
    const char *rest = strncmp(text, "mon:", 4) ? text : text + 4;

    return !strncmp(rest, "null", 4) || !strncmp(rest, "none", 4) || !strncmp(rest, "chardev:", 8);
}

static void one_line(ChardevSet *set, char *line)
{
    static const char *const known[] = { "null", "nul", "", "nosuch" };
    Error err = { 0 };
    Chardev *c = NULL;
    char *full = legacy_to_chardev("-serial", line, line[0] & 1, &err);

    BUG_ON(!full && (!err.text[0] || strchr(err.text, '\n') != strchr(line, '\n')));
    free(full);
    if (harmless(line)) {
        chardevs_add(set, line, &err);
        chardevs_legacy(set, "-serial", line, "serial0", &c, &err);
    } else if (strncmp(line, "file", 4) && strncmp(line, "pty", 3) && strncmp(line, "stdio", 5) &&
               strncmp(line, "socket", 6) && strncmp(line, "backend", 7)) {
        chardevs_add(set, line, &err);      // no such back end: with the nearest name
    }
    chardevs_port(set, known[(u8)line[0] & 3], "front", &err);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    ChardevSet *set = chardevs_new();
    char *text = fuzz_text(data, size), *rest = text;

    for (int i = 0; rest && i < 16; i++)
        one_line(set, strsep(&rest, "\n"));
    free(text);
    chardevs_free(set);
    return 0;
}
