// SPDX-License-Identifier: MIT
// QMP: a session of one line per step; see client_step.  Whatever came, each answer is a JSON
// object of one of the four kinds, and the next client is served.  The first byte: 1 = the guest
// runs, 2 = the pretty mode, 4 = capabilities are negotiated at once.  Files are not written: see
// monitor.h.
// covers: main/monitor.c main/qmp_commands_jansson.c main/qmp_fds_jansson.c main/qmp_frame.c
// covers: main/qmp_jansson.c main/qmp_probe_jansson.c main/qmp_schema_jansson.c
// runs: 1200
#include <jansson.h>

#include "tests/fuzz/monitor.h"
#include "util/fdset.h"

static const char negotiation[] = "{\"execute\": \"qmp_capabilities\"}\n";

// Something always comes along that may be taken.
static int take_fd(Chardev *c)
{
    static unsigned turn;

    (void)c;
    return turn++ % 4 ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
}

static void read_answers(Client *s, bool *served)
{
    static const char *const kinds[] = { "QMP", "return", "error", "event" };
    size_t len, at = 0;
    const char *out = chardev_test_output(s->t, &len);

    while (at < len && strspn(out + at, "\r\n") < len - at) {
        json_error_t e;
        json_t *j = json_loadb(out + at, len - at, JSON_DISABLE_EOF_CHECK, &e);
        int found = 0;

        BUG_ON(!json_is_object(j));
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            found += json_object_get(j, kinds[i]) != NULL;
        BUG_ON(found != 1);
        *served = json_object_get(j, "return");
        json_decref(j);
        at += (size_t)e.position;
    }
    chardev_test_clear(s->t);
}

static void step(Client *s, char *line, char end)
{
    bool served;

    client_step(s, line, end);
    read_answers(s, &served);
}

static bool negotiate(Client *s)
{
    bool served = false;

    client_feed(s, negotiation, strlen(negotiation), SIZE_MAX);
    read_answers(s, &served);
    return served;
}

static void next_session(Client *s)
{
    client_again(s);
    BUG_ON(!negotiate(s));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Board *b;
    static ChardevOps ops;
    char *text = fuzz_text(data, size), *rest = text;
    u8 how = *text ? (u8)*rest++ : 0;
    Client s;

    if (!b) {
        b = monitor_board();
        board_keep(b);
    }
    client_begin(&s, b, NULL, how & 2 ? MONITOR_CONTROL_PRETTY : MONITOR_CONTROL, how & 1);
    ops = *s.c->ops;
    ops.take_fd = take_fd;
    s.c->ops = &ops;
    if (how & 4)
        negotiate(&s);
    client_session(&s, rest, '\n', step);
    next_session(&s);
    client_end(&s);
    fdset_close_all();
    free(text);
    return 0;
}
