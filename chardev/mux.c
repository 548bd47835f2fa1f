// SPDX-License-Identifier: MIT
// Multiplexer of front ends; see mux.h.
#include "chardev/mux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/str.h"
#include "util/vec.h"

#define PORT_INPUT 4096u

typedef struct {
    Chardev c;
    Mux *mux;
    _Atomic u32 waiting; // came short in write
    u32 head, count;     // of in, loop thread
    u8 in[PORT_INPUT];
} Port;

struct Mux {
    Chardev *below;
    ChardevFront front;
    MuxHooks hooks;
    VEC(Port *) ports;
    u32 focus;
    u8 escape;
    bool escaped;    // the next key is a command
    bool keep_keys;
    bool refused;    // below was told "no room"
    Loop *loop;      // NULL: not started
    LoopWork deliver;
    _Atomic u32 stamps;
    Mutex stamp_lock;
    bool line_start GUARDED_BY(stamp_lock);
    u64 first_ns GUARDED_BY(stamp_lock); // time of the first stamp
};

static Port *port_of(Chardev *c) { return container_of(c, Port, c); }

static Port *focused(Mux *m)
{
    return m->focus < m->ports.len ? m->ports.at[m->focus] : NULL;
}

// ---- output --------------------------------------------------------------------------------

static void stamp(Mux *m)
{
    char text[48];
    u64 now = m->below->input ? input_mono_ns(m->below->input) : 0, ms;
    int n;

    if (!m->first_ns)
        m->first_ns = now;
    ms = (now - m->first_ns) / 1000000;
    n = snprintf(text, sizeof(text), "[%02llu:%02llu:%02llu.%03llu] ",
                 (unsigned long long)(ms / 3600000), (unsigned long long)(ms / 60000 % 60),
                 (unsigned long long)(ms / 1000 % 60), (unsigned long long)(ms % 1000));
    chardev_write(m->below, text, (size_t)n);
}

// Line by line, a stamp in front of each; count of buf's bytes taken.
static size_t write_stamped(Mux *m, const u8 *buf, size_t len)
{
    size_t done = 0;

    mutex_lock(&m->stamp_lock);
    while (done < len) {
        const u8 *nl = memchr(buf + done, '\n', len - done);
        size_t want = nl ? (size_t)(nl + 1 - (buf + done)) : len - done, got;

        if (m->line_start)
            stamp(m);
        m->line_start = false;
        got = chardev_write(m->below, buf + done, want);
        done += got;
        if (got < want)
            break;
        m->line_start = nl != NULL;
    }
    mutex_unlock(&m->stamp_lock);
    return done;
}

static size_t port_write(Chardev *c, const u8 *buf, size_t len)
{
    Mux *m = port_of(c)->mux;
    size_t n;

    if (atomic_load_explicit(&m->stamps, memory_order_relaxed))
        n = write_stamped(m, buf, len);
    else
        n = chardev_write(m->below, buf, len);
    atomic_fetch_add_explicit(&c->bytes_out, n, memory_order_relaxed);
    if (n < len)
        atomic_store(&port_of(c)->waiting, 1);
    return n;
}

static void below_writable(void *opaque)
{
    Mux *m = opaque;

    vec_foreach(p, &m->ports)
        if (atomic_exchange(&(*p)->waiting, 0))
            chardev_front_writable(&(*p)->c);
}

// ---- input ---------------------------------------------------------------------------------

static void deliver(void *opaque)
{
    Mux *m = opaque;
    Port *p = focused(m);

    while (p && p->count) {
        size_t n = MIN(chardev_front_room(&p->c), MIN(p->count, PORT_INPUT - p->head));
        u32 at = p->head;

        if (!n)
            break;
        p->head = (p->head + (u32)n) % PORT_INPUT;
        p->count -= (u32)n;
        chardev_front_receive(&p->c, p->in + at, n);
    }
    if (m->refused && p && p->count < PORT_INPUT) {
        m->refused = false;
        chardev_accept_input(m->below);
    }
}

static void port_accept(Chardev *c)
{
    Mux *m = port_of(c)->mux;

    if (m->loop)
        loop_defer(m->loop, &m->deliver);
}

static size_t below_room(void *opaque)
{
    Mux *m = opaque;
    Port *p = focused(m);
    u32 room = p ? PORT_INPUT - p->count : 0;

    if (!room && m->keep_keys)
        return 1;
    m->refused = !room;
    return room;
}

static void put(Port *p, u8 ch)
{
    if (p->count < PORT_INPUT)
        p->in[(p->head + p->count++) % PORT_INPUT] = ch;
}

static void say(Mux *m, const char *text)
{
    chardev_write(m->below, text, strlen(text));
}

static void help(Mux *m)
{
    Str s = { 0 };
    char key[16];

    if (m->escape < 32)
        snprintf(key, sizeof(key), "C-%c", m->escape + 'a' - 1);
    else
        snprintf(key, sizeof(key), "0x%02x", m->escape);
    str_addf(&s, "\r\n"
             "%s h    print this help\r\n"
             "%s x    leave the emulator\r\n"
             "%s s    save disk data back to file (if -snapshot)\r\n"
             "%s t    toggle time stamps\r\n"
             "%s b    send break\r\n"
             "%s c    switch between console and monitor\r\n"
             "%s %s  send %s\r\n", key, key, key, key, key, key, key, key, key);
    say(m, str_text(&s));
    str_free(&s);
}

static void next_focus(Mux *m)
{
    Port *old = focused(m);

    if (m->ports.len < 2)
        return;
    deliver(m); // what was typed before is the old one's
    chardev_front_event(&old->c, CHARDEV_MUX_OUT);
    m->focus = (m->focus + 1) % (u32)m->ports.len;
    chardev_front_event(&focused(m)->c, CHARDEV_MUX_IN);
}

static void command(Mux *m, Port *p, u8 key)
{
    if (key == m->escape) {
        put(p, key);
        return;
    }
    switch (key) {
    case 'h':
    case '?':
        help(m);
        break;
    case 'x':
        say(m, "\r\nmimic: ended by the user\r\n");
        if (m->hooks.quit)
            m->hooks.quit(m->hooks.opaque);
        break;
    case 's':
        if (m->hooks.save)
            m->hooks.save(m->hooks.opaque);
        else
            say(m, "\r\nno disk to save\r\n");
        break;
    case 't':
        mutex_lock(&m->stamp_lock);
        m->line_start = true;
        mutex_unlock(&m->stamp_lock);
        atomic_fetch_xor(&m->stamps, 1);
        break;
    case 'b':
        chardev_front_event(&p->c, CHARDEV_BREAK);
        break;
    case 'c':
        next_focus(m);
        break;
    }
}

static void below_receive(void *opaque, const u8 *buf, size_t len)
{
    Mux *m = opaque;

    for (size_t i = 0; i < len; i++) {
        Port *p = focused(m);

        if (!p)
            return;
        if (m->escaped) {
            m->escaped = false;
            command(m, p, buf[i]);
        } else if (m->escape && buf[i] == m->escape) {
            m->escaped = true;
        } else {
            put(p, buf[i]);
        }
    }
    deliver(m);
}

static void below_event(void *opaque, ChardevEvent ev)
{
    Mux *m = opaque;

    if (ev == CHARDEV_BREAK) {
        if (focused(m))
            chardev_front_event(&focused(m)->c, ev);
        return;
    }
    vec_foreach(p, &m->ports)
        chardev_front_event(&(*p)->c, ev);
}

// ---- life ----------------------------------------------------------------------------------

static void port_event(Chardev *c, ChardevEvent ev)
{
    chardev_event(port_of(c)->mux->below, ev);
}

// The mux owns its ports.
static void port_close(Chardev *c) { (void)c; }

static const ChardevOps port_ops = {
    .name = "mux", .write = port_write, .accept_input = port_accept, .event = port_event,
    .front_changed = port_accept, .close = port_close,
};

Mux *mux_new_take(Chardev *below, bool keep_keys, u8 escape, const MuxHooks *hooks)
{
    Mux *m = xalloc(sizeof(*m));

    m->below = below;
    m->keep_keys = keep_keys;
    m->escape = escape;
    m->hooks = hooks ? *hooks : (MuxHooks){ 0 };
    m->deliver = (LoopWork){ .fn = deliver, .opaque = m };
    m->front = (ChardevFront){ .opaque = m, .can_receive = below_room, .receive = below_receive,
                               .event = below_event, .writable = below_writable };
    mutex_init(&m->stamp_lock);
    chardev_connect(below, &m->front);
    return m;
}

Chardev *mux_port(Mux *m, const char *name)
{
    Port *p = xalloc(sizeof(*p));

    p->c = (Chardev){ .ops = &port_ops, .name = xstrdup(name), .loop = m->loop,
                      .input = m->below->input };
    p->mux = m;
    vec_push(&m->ports, p);
    if (m->loop)
        chardev_accept_input(m->below);
    return &p->c;
}

Chardev *mux_below(Mux *m) { return m->below; }

void mux_start(Mux *m, Loop *loop, Input *input)
{
    m->loop = loop;
    vec_foreach(p, &m->ports) {
        (*p)->c.loop = loop;
        (*p)->c.input = input;
    }
    backend_start(backend_of(m->below), loop, input);
}

void mux_stop(Mux *m)
{
    backend_stop(backend_of(m->below));
    if (m->loop)
        loop_cancel(m->loop, &m->deliver);
    m->loop = NULL;
}

void mux_free(Mux *m)
{
    mux_stop(m);
    chardev_connect(m->below, NULL);
    chardev_close(m->below);
    vec_foreach(p, &m->ports) {
        free((*p)->c.name);
        free(*p);
    }
    vec_free(&m->ports);
    mutex_fini(&m->stamp_lock);
    free(m);
}
