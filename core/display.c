// SPDX-License-Identifier: MIT
// The joint between a display device and a user interface.
#include "core/display.h"

#include "util/bits.h"

static void null_refresh(void *opaque) { (void)opaque; }

static const DisplaySource null_source = { .refresh = null_refresh };

static void null_resize(void *opaque, const Surface *s)
{
    (void)opaque;
    (void)s;
}

static void null_update(void *opaque, Rect r)
{
    (void)opaque;
    (void)r;
}

static const DisplaySink null_sink = { .resize = null_resize, .update = null_update };

void display_init(Display *d)
{
    *d = (Display){ .source = &null_source, .sink = &null_sink };
    mutex_init(&d->lock);
}

void display_fini(Display *d)
{
    mutex_fini(&d->lock);
}

void display_source(Display *d, const DisplaySource *source, void *opaque)
{
    d->source = source ? source : &null_source;
    d->source_opaque = opaque;
}

void display_sink(Display *d, const DisplaySink *sink, void *opaque)
{
    d->sink = sink ? sink : &null_sink;
    d->sink_opaque = opaque;
    d->sink->resize(opaque, &d->surface);
}

static Rect all_of(const Surface *s)
{
    return (Rect){ 0, 0, s->width, s->height };
}

void display_surface(Display *d, const Surface *s)
{
    d->surface = *s;
    d->sink->resize(d->sink_opaque, s);
    display_damage(d, all_of(s));
}

static Rect join(Rect a, Rect b)
{
    if (!a.w || !b.w)
        return a.w ? a : b;
    u32 x = MIN(a.x, b.x), y = MIN(a.y, b.y);

    return (Rect){ x, y, MAX(a.x + a.w, b.x + b.w) - x, MAX(a.y + a.h, b.y + b.h) - y };
}

void display_damage(Display *d, Rect r)
{
    mutex_lock(&d->lock);
    d->damage = join(d->damage, r);
    mutex_unlock(&d->lock);
}

// The device may have said more than the surface holds, or the mode has changed since.
static Rect clip(Rect r, const Surface *s)
{
    r.x = MIN(r.x, s->width);
    r.y = MIN(r.y, s->height);
    r.w = MIN(r.w, s->width - r.x);
    r.h = MIN(r.h, s->height - r.y);
    return r;
}

void display_refresh(Display *d)
{
    d->source->refresh(d->source_opaque);
    mutex_lock(&d->lock);
    Rect r = clip(d->damage, &d->surface);

    d->damage = (Rect){ 0 };
    mutex_unlock(&d->lock);
    if (r.w && r.h)
        d->sink->update(d->sink_opaque, r);
}

void display_input_add(Display *d, InputSink *s)
{
    s->next = d->inputs;
    d->inputs = s;
}

void display_input(Display *d, InputEvent ev)
{
    for (InputSink *s = d->inputs; s; s = s->next)
        if (s->kinds & BIT(ev.kind)) {
            s->event(s->opaque, ev);
            return;
        }
}
