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

// By the first byte: > the multiplexer's focus comes and goes, ! not by the editor; else as
// client_step has it: the line's bytes are keys, with Return at the end.
static void step(Client *s, char *line, char end)
{
    if (str_eq(line, ">")) {
        chardev_front_event(s->c, CHARDEV_MUX_OUT);
        chardev_front_event(s->c, CHARDEV_MUX_IN);
    } else if (*line == '!') {
        execute(s, line + 1);
    } else {
        client_step(s, line, end);
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
    client_session(&s, rest, '\r', step);
    next_session(&s);
    client_end(&s);
    free(text);
    return 0;
}
