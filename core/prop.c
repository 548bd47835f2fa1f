// SPDX-License-Identifier: MIT
// Properties; see prop.h.
#include "core/prop.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"
#include "util/nearest.h"
#include "util/str.h"

static unsigned width(const Prop *p)
{
    switch (p->kind) {
    case PROP_KIND_BOOL: return sizeof(bool);
    case PROP_KIND_U8: return 1;
    case PROP_KIND_U16: return 2;
    case PROP_KIND_U32:
    case PROP_KIND_ENUM: return 4;
    default: return 8;
    }
}

static void *field(const void *self, const Prop *p)
{
    return (u8 *)(uintptr_t)self + p->at;
}

const Prop *prop_find(const Prop *props, size_t max, const char *name)
{
    for (size_t i = 0; i < max && props[i].name; i++)
        if (str_eq(props[i].name, name))
            return &props[i];
    return NULL;
}

static void set_string(void *self, const Prop *p, const char *text)
{
    char **at = field(self, p);

    free(*at);
    *at = xstrdup(text);
}

void props_default(void *self, const Prop *props, size_t max)
{
    for (size_t i = 0; i < max && props[i].name; i++) {
        const Prop *p = &props[i];

        if (p->kind == PROP_KIND_STRING)
            set_string(self, p, p->def_text);
        else if (p->kind != PROP_KIND_LINK)
            store_le(field(self, p), width(p), p->def);
    }
}

void props_free(void *self, const Prop *props, size_t max)
{
    for (size_t i = 0; i < max && props[i].name; i++)
        if (props[i].kind == PROP_KIND_STRING)
            set_string(self, &props[i], NULL);
}

bool prop_set_u64(void *self, const Prop *p, u64 val, Error *err)
{
    u64 top = p->kind == PROP_KIND_BOOL ? 1 : mask64(width(p) * 8);
    u64 max = p->max ? MIN(p->max, top) : top;

    BUG_ON(p->kind == PROP_KIND_STRING || p->kind == PROP_KIND_LINK);
    if (val < p->min || val > max)
        return error_set_class(err, ERROR_INVALID, "property '%s': %llu is not in %llu..%llu",
                               p->name, (unsigned long long)val, (unsigned long long)p->min,
                               (unsigned long long)max);
    store_le(field(self, p), width(p), val);
    return true;
}

u64 prop_get_u64(const void *self, const Prop *p)
{
    BUG_ON(p->kind == PROP_KIND_STRING || p->kind == PROP_KIND_LINK);
    return load_le(field(self, p), width(p));
}

static bool set_enum(void *self, const Prop *p, const char *text, Error *err)
{
    Nearest near;

    nearest_init(&near, text);
    for (u32 i = 0; p->names[i]; i++) {
        if (str_eq(p->names[i], text)) {
            store_le(field(self, p), 4, i);
            return true;
        }
        nearest_try(&near, p->names[i]);
    }
    error_set_class(err, ERROR_INVALID, "property '%s': unknown value '%s'", p->name, text);
    if (!nearest_hint(&near, err))
        error_hint(err, "; one is '%s'", p->names[0]);
    return false;
}

static bool set_number(void *self, const Prop *p, const char *text, Error *err)
{
    u64 v;
    bool b, ok;

    if (p->kind == PROP_KIND_BOOL) {
        ok = parse_bool(text, &b);
        v = ok && b;
    } else {
        ok = p->kind == PROP_KIND_SIZE ? parse_size(text, 1, &v) : parse_u64(text, &v);
    }
    if (!ok)
        return error_set_class(err, ERROR_INVALID, "property '%s': '%s' is not %s", p->name, text,
                               p->kind == PROP_KIND_BOOL ? "on or off" : "a number");
    return prop_set_u64(self, p, v, err);
}

bool prop_set(void *self, const Prop *props, size_t max, const char *name, const char *text,
              Error *err)
{
    const Prop *p = prop_find(props, max, name);
    Nearest near;

    if (!p) {
        nearest_init(&near, name);
        for (size_t i = 0; i < max && props[i].name; i++)
            nearest_try(&near, props[i].name);
        error_set_class(err, ERROR_NOT_FOUND, "unknown property '%s'", name);
        nearest_hint(&near, err);
        return false;
    }
    if (p->kind == PROP_KIND_LINK)
        return error_set_class(err, ERROR_INVALID, "property '%s' is wired by the machine", name);
    if (p->kind == PROP_KIND_ENUM)
        return set_enum(self, p, text, err);
    if (p->kind != PROP_KIND_STRING)
        return set_number(self, p, text, err);
    set_string(self, p, text);
    return true;
}

bool props_set_args(void *self, const Prop *props, size_t max, Args *args, Error *err)
{
    vec_foreach (it, &args->list) {
        it->used = true;
        if (!prop_set(self, props, max, it->key, it->val, err))
            return false;
    }
    return true;
}
