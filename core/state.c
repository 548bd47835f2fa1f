// SPDX-License-Identifier: MIT
// Snapshot sections.  Layout, all little-endian, text without terminator:
//   section: u16 name length, name, u32 version, u64 body length, body
//   item:    u16 name length, name, u32 data length, data
#include "core/state.h"

#include <string.h>

#include "core/clock.h"
#include "util/bits.h"
#include "util/log.h"

// ---- writing ------------------------------------------------------------------------

static void put_raw(StateWriter *w, const void *p, size_t n)
{
    vec_reserve(&w->buf, w->buf.len + n);
    if (n)
        memcpy(w->buf.at + w->buf.len, p, n);
    w->buf.len += n;
}

static void put_int(StateWriter *w, unsigned size, u64 v)
{
    put_raw(w, &v, size);
}

static void put_name(StateWriter *w, const char *name)
{
    size_t n = strlen(name);

    BUG_ON(n > UINT16_MAX);
    put_int(w, 2, n);
    put_raw(w, name, n);
}

void state_begin(StateWriter *w, const char *name, u32 version)
{
    BUG_ON(w->section);
    put_name(w, name);
    put_int(w, 4, version);
    w->section = w->buf.len;
    put_int(w, 8, 0);
}

void state_end(StateWriter *w)
{
    store_le64(w->buf.at + w->section, w->buf.len - w->section - 8);
    w->section = 0;
}

void state_put(StateWriter *w, const char *name, const void *p, u32 size)
{
    put_name(w, name);
    put_int(w, 4, size);
    put_raw(w, p, size);
}

static u64 timer_value(Timer *t)
{
    return t->clocks ? timer_deadline(t) : CLOCK_NEVER;
}

void state_put_rows(StateWriter *w, const void *self, const StateRow *rows, size_t max)
{
    for (size_t i = 0; i < max && rows[i].name; i++) {
        const void *at = (const u8 *)self + rows[i].at;

        if (rows[i].kind == STATE_KIND_BYTES) {
            state_put(w, rows[i].name, at, rows[i].size);
        } else if (rows[i].kind == STATE_KIND_TIMER) {
            u64 deadline = timer_value((Timer *)(uintptr_t)at);

            state_put(w, rows[i].name, &deadline, sizeof(deadline));
        }
    }
}

void state_writer_free(StateWriter *w)
{
    vec_free(&w->buf);
}

// ---- reading: every length is checked against what is left ------------------------------

void state_reader_init(StateReader *r, const void *buf, size_t len)
{
    *r = (StateReader){ .file = buf, .file_end = (const u8 *)buf + len };
}

static bool get_int(const u8 **at, const u8 *end, unsigned size, u64 *v)
{
    if ((size_t)(end - *at) < size)
        return false;
    *v = load_le(*at, size);
    *at += size;
    return true;
}

// The name must be the wanted one; on mismatch the found one is shown.
static bool get_name(const u8 **at, const u8 *end, const char *want, Error *err)
{
    u64 n;

    if (!get_int(at, end, 2, &n) || (u64)(end - *at) < n)
        return error_set(err, "snapshot is truncated before '%s'", want);
    if (n != strlen(want) || memcmp(*at, want, n))
        return error_set(err, "snapshot has '%.*s' where '%s' belongs", (int)MIN(n, 64),
                         (const char *)*at, want);
    *at += n;
    return true;
}

bool state_open(StateReader *r, const char *name, u32 *version, Error *err)
{
    u64 v, len;

    if (!get_name(&r->file, r->file_end, name, err))
        return false;
    if (!get_int(&r->file, r->file_end, 4, &v) || !get_int(&r->file, r->file_end, 8, &len) ||
        len > (u64)(r->file_end - r->file))
        return error_set(err, "snapshot is truncated in '%s'", name);
    *version = (u32)v;
    r->at = r->file;
    r->end = r->file += len;
    return true;
}

bool state_close(StateReader *r, Error *err)
{
    if (r->at != r->end)
        return error_set(err, "snapshot section has %zu bytes too many", (size_t)(r->end - r->at));
    return true;
}

bool state_get_any(StateReader *r, const char *name, const void **p, u32 *size, Error *err)
{
    u64 n;

    if (!get_name(&r->at, r->end, name, err))
        return false;
    if (!get_int(&r->at, r->end, 4, &n) || n > (u64)(r->end - r->at))
        return error_set(err, "snapshot is truncated in '%s'", name);
    *p = r->at;
    *size = (u32)n;
    r->at += n;
    return true;
}

bool state_get(StateReader *r, const char *name, void *p, u32 size, Error *err)
{
    const void *from;
    u32 n;

    if (!state_get_any(r, name, &from, &n, err))
        return false;
    if (n != size)
        return error_set(err, "snapshot: '%s' has %u bytes, %u belong there", name, n, size);
    memcpy(p, from, n);
    return true;
}

static bool get_timer(StateReader *r, const char *name, Timer *t, Error *err)
{
    u64 deadline;

    if (!state_get(r, name, &deadline, sizeof(deadline), err))
        return false;
    if (t->clocks)
        timer_arm(t, deadline);
    return true;
}

bool state_get_rows(StateReader *r, void *self, const StateRow *rows, size_t max, Error *err)
{
    bool ok = true;

    for (size_t i = 0; i < max && rows[i].name && ok; i++) {
        void *at = (u8 *)self + rows[i].at;

        if (rows[i].kind == STATE_KIND_BYTES)
            ok = state_get(r, rows[i].name, at, rows[i].size, err);
        else if (rows[i].kind == STATE_KIND_TIMER)
            ok = get_timer(r, rows[i].name, at, err);
    }
    return ok;
}
