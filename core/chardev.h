// SPDX-License-Identifier: MIT
// Character devices: a back end (stdio, file, pty, socket, mux) and a front end (UART,
// monitor, gdb stub).
//
// Back end: write may be called from any thread, never blocks and takes what it can; a
// short count means that front.writable will be called (on the loop) when there is room.
// A back end never calls its front end from inside write or accept_input: it does so on
// the loop thread.  Front end: can_receive, receive, event and writable run on the loop
// thread; receive is never given more than can_receive said just before; when that was 0,
// the front end calls chardev_accept_input once it has room.
// The creator of a Chardev frees it with chardev_close, after its front end is gone.
#pragma once

#include "core/input.h"
#include "core/loop.h"
#include "util/args.h"
#include "util/error.h"
#include "util/registry.h"
#include "util/thread.h"

typedef struct Chardev Chardev;

typedef enum {
    CHARDEV_OPENED, CHARDEV_CLOSED, // to the front end: a peer came, went
    CHARDEV_BREAK,                  // either way
    CHARDEV_MUX_IN, CHARDEV_MUX_OUT, // focus
} ChardevEvent;

typedef struct ChardevOps {
    const char *name;
    size_t (*write)(Chardev *c, const u8 *buf, size_t len); // mandatory; count taken
    void (*accept_input)(Chardev *c);                       // any thread; optional
    void (*event)(Chardev *c, ChardevEvent ev);             // from the front end; optional
    void (*front_changed)(Chardev *c);                      // optional; see chardev_connect
    int (*take_fd)(Chardev *c);                             // optional; see chardev_take_fd
    void (*close)(Chardev *c);                              // frees c; mandatory
} ChardevOps;

typedef struct ChardevFront {
    void *opaque;
    size_t (*can_receive)(void *opaque);
    void (*receive)(void *opaque, const u8 *buf, size_t len);
    void (*event)(void *opaque, ChardevEvent ev);
    void (*writable)(void *opaque);
} ChardevFront; // any function may be NULL

struct Chardev {
    const ChardevOps *ops;
    char *name;                  // id; owned
    Loop *loop;
    Input *input;
    const ChardevFront *front;   // NULL = nobody listens; set while wiring
    _Atomic u64 bytes_out, bytes_in;
};

// Shared by all who have none: swallows everything, never receives.  Immutable.
extern Chardev chardev_null;

static inline size_t chardev_write(Chardev *c, const void *buf, size_t len)
{
    return c->ops->write(c, buf, len);
}
static inline void chardev_accept_input(Chardev *c)
{
    if (c->ops->accept_input)
        c->ops->accept_input(c);
}
static inline void chardev_event(Chardev *c, ChardevEvent ev)
{
    if (c->ops->event)
        c->ops->event(c, ev);
}
// The oldest descriptor that came along with the input being received (or that before it) and
// is not yet taken; -1: none.  The caller's to close.  Loop thread.
static inline int chardev_take_fd(Chardev *c) { return c->ops->take_fd ? c->ops->take_fd(c) : -1; }
static inline void chardev_close(Chardev *c) { c->ops->close(c); }

// front is borrowed until chardev_connect(c, NULL).  Before the loop runs or on it.  A
// back end that takes several front ends (mux) makes one Chardev per front end.
void chardev_connect(Chardev *c, const ChardevFront *front);

// For back ends, on the loop thread.
size_t chardev_front_room(Chardev *c);
void chardev_front_receive(Chardev *c, const u8 *buf, size_t len);
void chardev_front_event(Chardev *c, ChardevEvent ev);
void chardev_front_writable(Chardev *c);

// Back-end classes by name, for -chardev and -serial.
typedef struct ChardevClass {
    const char *name;            // "stdio", "file", "socket" ...
    const char *desc;
    const ArgDesc *args;
    Chardev *(*open)(const char *id, Args *args, Loop *loop, Input *input, Error *err);
} ChardevClass;

#define CHARDEV(ident, text, ...)                                             \
    static const ChardevClass ident##_chardev = { .name = text, __VA_ARGS__ }; \
    REGISTRY_ADD(mimic_chardevs, ident##_chardev, ChardevClass, ident##_chardev);
REGISTRY_DECLARE(mimic_chardevs, ChardevClass);
#define chardev_class_foreach(it) registry_foreach(it, mimic_chardevs, ChardevClass)
const ChardevClass *chardev_class_find(const char *name, Error *err);

// A back end for tests: keeps what was written, feeds what it is told to.
typedef struct ChardevTest ChardevTest;
ChardevTest *chardev_test_new(Loop *loop, Input *input);
Chardev *chardev_test_dev(ChardevTest *t);
const char *chardev_test_output(ChardevTest *t, size_t *len); // since the last clear
void chardev_test_clear(ChardevTest *t);
void chardev_test_limit(ChardevTest *t, size_t room); // takes no more than this; SIZE_MAX: all
size_t chardev_test_feed(ChardevTest *t, const void *buf, size_t len); // count received
