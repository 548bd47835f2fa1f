// SPDX-License-Identifier: MIT
// The monitor for people: a session of one line per step, keys of the line editor included; see
// step().  The guest's MMU is on.  Whatever came, the next one is served.  The first byte: 1 = the
// guest runs.  Files are not written: see monitor.h.
// covers: main/hmp.c main/hmp_info.c main/hmp_mem.c main/edit.c main/expr.c main/monitor.c
// runs: 600
#include "tests/fuzz/monitor.h"

// ---- the session ---------------------------------------------------------------------------

// As the debugger's `monitor CMD`.
static void execute(Client *s, const char *line)
{
    Str out = { 0 };

    hmp_execute(s->b->m, line, &out);
    BUG_ON(out.len && out.s[out.len - 1] != '\n');
    str_free(&out);
    board_turn(s->b);
}

// By the first byte: ~ some time, . the peer goes and another comes, < a peer that reads
// little, > the multiplexer's focus comes and goes, ! not by the editor; anything else are keys,
// with Return at the end.
static void step(Client *s, char *line, bool last)
{
    size_t len = strlen(line), from = *line == '<';

    if (str_eq(line, "~")) {
        board_turn(s->b);
    } else if (str_eq(line, ".")) {
        client_again(s);
    } else if (str_eq(line, ">")) {
        chardev_front_event(s->c, CHARDEV_MUX_OUT);
        chardev_front_event(s->c, CHARDEV_MUX_IN);
    } else if (*line == '!') {
        execute(s, line + 1);
    } else {
        if (!last)
            line[len++] = '\r';
        client_feed(s, line + from, len - from, from ? 1 : SIZE_MAX);
    }
    chardev_test_clear(s->t);
}

static void next_session(Client *s)
{
    static const char question[] = "info status\r";

    client_again(s);
    client_feed(s, question, strlen(question), SIZE_MAX);
    BUG_ON(!strstr(chardev_test_output(s->t, NULL), "\nVM status: "));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Board *b;
    static ChardevSet *set;
    char *text = fuzz_text(data, size), *rest = text;
    u8 how = *text ? (u8)*rest++ : 0;
    Error err = { 0 };
    Client s;

    if (!b) {
        b = monitor_board();
        board_map(b);
        board_keep(b);
        set = chardevs_new();
        board_need(chardevs_add(set, "null,id=nothing", &err), &err);
    }
    client_begin(&s, b, set, MONITOR_READLINE, how & 1);
    for (int i = 0; rest && i < MONITOR_STEPS; i++) {
        char *line = strsep(&rest, "\n");

        step(&s, line, !rest);
    }
    next_session(&s);
    client_end(&s);
    free(text);
    return 0;
}
