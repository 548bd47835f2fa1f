// SPDX-License-Identifier: MIT
// What all character devices share, the null one and the one for tests.
#include "core/chardev.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/log.h"
#include "util/str.h"

// ---- front end -----------------------------------------------------------------------

void chardev_connect(Chardev *c, const ChardevFront *front)
{
    if (c == &chardev_null)
        return;
    BUG_ON(front && c->front && c->front != front);
    c->front = front;
    if (c->ops->front_changed)
        c->ops->front_changed(c);
}

size_t chardev_front_room(Chardev *c)
{
    return c->front && c->front->can_receive ? c->front->can_receive(c->front->opaque) : 0;
}

void chardev_front_receive(Chardev *c, const u8 *buf, size_t len)
{
    if (!c->front || !c->front->receive || !len)
        return;
    atomic_fetch_add_explicit(&c->bytes_in, len, memory_order_relaxed);
    c->front->receive(c->front->opaque, buf, len);
}

void chardev_front_event(Chardev *c, ChardevEvent ev)
{
    if (c->front && c->front->event)
        c->front->event(c->front->opaque, ev);
}

void chardev_front_writable(Chardev *c)
{
    if (c->front && c->front->writable)
        c->front->writable(c->front->opaque);
}

// ---- registry -----------------------------------------------------------------------------

const ChardevClass *chardev_class_find(const char *name, Error *err)
{
    return registry_find(mimic_chardevs, "chardev", name, NULL, err);
}

// ---- null -------------------------------------------------------------------------------

static size_t null_write(Chardev *c, const u8 *buf, size_t len)
{
    (void)c;
    (void)buf;
    return len;
}

static void null_close(Chardev *c)
{
    (void)c;
}

static const ChardevOps null_ops = { .name = "null", .write = null_write, .close = null_close };

Chardev chardev_null = { .ops = &null_ops, .name = (char[]){ "null" } };

// ---- test -------------------------------------------------------------------------------

struct ChardevTest {
    Chardev dev;
    Mutex lock;
    Str out GUARDED_BY(lock);
    size_t limit GUARDED_BY(lock);
};

static size_t test_write(Chardev *c, const u8 *buf, size_t len)
{
    ChardevTest *t = container_of(c, ChardevTest, dev);

    mutex_lock(&t->lock);
    len = MIN(len, t->limit);
    if (t->limit != SIZE_MAX)
        t->limit -= len;
    str_addn(&t->out, (const char *)buf, len);
    mutex_unlock(&t->lock);
    return len;
}

static void test_close(Chardev *c)
{
    ChardevTest *t = container_of(c, ChardevTest, dev);

    str_free(&t->out);
    mutex_fini(&t->lock);
    free(t);
}

static const ChardevOps test_ops = { .name = "test", .write = test_write, .close = test_close };

ChardevTest *chardev_test_new(Loop *loop, Input *input)
{
    ChardevTest *t = xalloc(sizeof(*t));

    mutex_init(&t->lock);
    t->limit = SIZE_MAX;
    t->dev.ops = &test_ops;
    t->dev.loop = loop;
    t->dev.input = input;
    return t;
}

Chardev *chardev_test_dev(ChardevTest *t)
{
    return &t->dev;
}

const char *chardev_test_output(ChardevTest *t, size_t *len)
{
    mutex_lock(&t->lock);
    const char *text = str_text(&t->out);

    if (len)
        *len = t->out.len;
    mutex_unlock(&t->lock);
    return text;
}

void chardev_test_clear(ChardevTest *t)
{
    mutex_lock(&t->lock);
    str_clear(&t->out);
    mutex_unlock(&t->lock);
}

void chardev_test_limit(ChardevTest *t, size_t room)
{
    mutex_lock(&t->lock);
    t->limit = room;
    mutex_unlock(&t->lock);
}

size_t chardev_test_feed(ChardevTest *t, const void *buf, size_t len)
{
    const u8 *p = buf;
    size_t done = 0;

    while (done < len) {
        size_t n = MIN(chardev_front_room(&t->dev), len - done);

        if (!n)
            break;
        chardev_front_receive(&t->dev, p + done, n);
        done += n;
    }
    return done;
}
