// SPDX-License-Identifier: MIT
// QMP sessions: greeting, negotiation, commands in, answers and events out (QEMU's
// docs/interop/qmp-spec).  Out-of-band execution is not offered.
#include "main/qmp.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "main/qmp_frame.h"
#include "util/alloc.h"

#define EVENTS_QUEUE (1 * MIB) // a client that does not read loses events beyond

typedef struct Session {
    Monitor mon;
    Frame frame;
    QmpFds fds;
    bool pretty, negotiated;
} Session;

static Session *session_of(Monitor *mon) { return container_of(mon, Session, mon); }

// Takes j.
static void send_json(Session *s, json_t *j)
{
    char *text = json_dumps(j, s->pretty ? JSON_INDENT(4) : 0);

    json_decref(j);
    if (!text)
        return;
    monitor_write(&s->mon, text, strlen(text));
    monitor_write(&s->mon, "\r\n", 2);
    free(text);
}

static void send_error(Session *s, const char *cls, const char *desc, const json_t *id)
{
    // what a client wrote may be quoted in desc and cut inside a character
    json_t *text = json_string(desc), *j;

    if (!text)
        text = json_string("invalid text in the command");
    j = json_pack("{s{ssso}}", "error", "class", cls, "desc", text);
    if (id)
        json_object_set(j, "id", (json_t *)(uintptr_t)id);
    send_json(s, j);
}

// ---- commands ------------------------------------------------------------------------------

static const QmpCommand *find(const char *name)
{
    for (const QmpCommand *c = qmp_commands; c < qmp_commands + qmp_command_count; c++)
        if (str_eq(c->name, name))
            return c;
    return NULL;
}

static void run(Session *s, const QmpCommand *c, const json_t *args, const json_t *id)
{
    Error err = { 0 };
    Qmp q = { .all = s->mon.all, .mon = &s->mon, .fds = &s->fds, .m = s->mon.all->m, .err = &err };
    json_t *ret = qmp_check(c->args, args, &err) ? c->run(&q, args) : NULL, *answer;

    if (err.text[0]) {
        json_decref(ret);
        send_error(s, q.cls ? q.cls : "GenericError", err.text, id);
        return;
    }
    answer = json_pack("{so}", "return", ret ? ret : json_object());
    if (id)
        json_object_set(answer, "id", (json_t *)(uintptr_t)id);
    send_json(s, answer);
}

static void negotiate(Session *s, const json_t *args, const json_t *id)
{
    const json_t *enable = json_object_get(args, "enable");

    if (enable && json_array_size(enable)) {
        send_error(s, "GenericError", "Capability oob not available", id);
        return;
    }
    s->negotiated = true;
    send_json(s, id ? json_pack("{s{}sO}", "return", "id", id) : json_pack("{s{}}", "return"));
}

static void dispatch(Session *s, const char *name, const json_t *args, const json_t *id)
{
    bool negotiation = str_eq(name, "qmp_capabilities");
    const QmpCommand *c = find(name);
    char text[160];

    if (!s->negotiated && !negotiation)
        send_error(s, "CommandNotFound",
                   "Expecting capabilities negotiation with 'qmp_capabilities'", id);
    else if (s->negotiated && negotiation)
        send_error(s, "CommandNotFound",
                   "Capabilities negotiation is already complete, command ignored", id);
    else if (c && negotiation)
        negotiate(s, args, id);
    else if (c)
        run(s, c, args, id);
    else {
        snprintf(text, sizeof(text), "The command %.100s has not been found", name);
        send_error(s, "CommandNotFound", text, id);
    }
}

// What must hold of the object around a command; false: said.
static bool check_request(Session *s, const json_t *j, const json_t *id)
{
    const json_t *args = json_object_get(j, "arguments");
    const char *key, *bad = NULL;
    char text[160];
    json_t *v;

    if (!json_is_object(j)) {
        bad = "QMP input must be a JSON object";
    } else if (!json_object_get(j, "execute")) {
        bad = "QMP input lacks member 'execute'";
    } else if (!json_is_string(json_object_get(j, "execute"))) {
        bad = "QMP input member 'execute' must be a string";
    } else if (args && !json_is_object(args)) {
        bad = "QMP input member 'arguments' must be an object";
    }
    if (!bad)
        json_object_foreach ((json_t *)(uintptr_t)j, key, v)
            if (!str_eq(key, "execute") && !str_eq(key, "arguments") && !str_eq(key, "id")) {
                snprintf(text, sizeof(text), "QMP input member '%.80s' is unexpected", key);
                bad = text;
            }
    if (bad)
        send_error(s, "GenericError", bad, id);
    return !bad;
}

static void request(Session *s)
{
    json_error_t e;
    json_t *j = json_loadb(s->frame.text.s, s->frame.text.len,
                           JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    json_t *id = json_object_get(j, "id"), *none = json_object();
    json_t *args = json_object_get(j, "arguments");
    char text[JSON_ERROR_TEXT_LENGTH + 32];

    if (!j) {
        snprintf(text, sizeof(text), "JSON parse error, %s", e.text);
        send_error(s, "GenericError", text, NULL);
    } else if (check_request(s, j, id)) {
        dispatch(s, json_string_value(json_object_get(j, "execute")), args ? args : none, id);
    }
    json_decref(none);
    json_decref(j);
}

// ---- the session ---------------------------------------------------------------------------

static size_t room(Monitor *mon)
{
    (void)mon;
    return 4096;
}

static void receive(Monitor *mon, const u8 *buf, size_t len)
{
    Session *s = session_of(mon);
    char text[80];

    for (size_t i = 0; i < len; i++) {
        FrameState state = frame_byte(&s->frame, buf[i]);

        if (state == FRAME_DONE) {
            request(s);
            frame_reset(&s->frame);
        } else if (state == FRAME_BAD) {
            snprintf(text, sizeof(text), "JSON parse error, %s", s->frame.why);
            send_error(s, "GenericError", text, NULL);
        }
    }
}

static void opened(Monitor *mon)
{
    Session *s = session_of(mon);

    frame_reset(&s->frame);
    s->frame.skip = s->negotiated = false;
    send_json(s, json_pack("{s{s{s{sisisi}ss}s[]}}", "QMP", "version", "qemu", "micro", 0, "minor",
                           2, "major", 7, "package", "Mimic " MIMIC_VERSION, "capabilities"));
}

static void closed(Monitor *mon)
{
    session_of(mon)->negotiated = false;
    qmp_fds_free(&session_of(mon)->fds);
    frame_reset(&session_of(mon)->frame);
}

static void event(Monitor *mon, const char *name, const char *data)
{
    Session *s = session_of(mon);
    u64 us = input_wall_ns(&mon->all->m->input) / 1000;
    json_t *j;

    if (!s->negotiated || monitor_queued(mon) > EVENTS_QUEUE)
        return;
    j = json_pack("{s{sIsI}ss}", "timestamp", "seconds", (json_int_t)(us / 1000000),
                  "microseconds", (json_int_t)(us % 1000000), "event", name);
    if (data)
        json_object_set_new(j, "data", json_loads(data, 0, NULL));
    send_json(s, j);
}

static void session_free(Monitor *mon)
{
    frame_free(&session_of(mon)->frame);
    qmp_fds_free(&session_of(mon)->fds);
    free(session_of(mon));
}

static const MonitorClass qmp_class = {
    .room = room, .receive = receive, .opened = opened, .closed = closed, .event = event,
    .free = session_free,
};

Monitor *qmp_new(bool pretty, Error *err)
{
    Session *s = xalloc(sizeof(*s));

    (void)err;
    s->mon.cls = &qmp_class;
    s->pretty = pretty;
    return &s->mon;
}
