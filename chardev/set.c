// SPDX-License-Identifier: MIT
// The set of the user's character devices; see set.h.
#include "chardev/set.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/nearest.h"
#include "util/str.h"
#include "util/vec.h"

typedef struct {
    char *id;
    Chardev *c;  // the back end, or
    Mux *mux;    // it is below this
    bool taken;
} Entry;

struct ChardevSet {
    VEC(Entry) list;
    u8 escape;
    bool started;
    MuxHooks hooks;
    Loop *loop;
    Input *input;
};

static void call_quit(void *opaque)
{
    ChardevSet *set = opaque;

    if (set->hooks.quit)
        set->hooks.quit(set->hooks.opaque);
}

static void call_save(void *opaque)
{
    ChardevSet *set = opaque;

    if (set->hooks.save)
        set->hooks.save(set->hooks.opaque);
}

ChardevSet *chardevs_new(void)
{
    ChardevSet *set = xalloc(sizeof(*set));

    set->escape = 1;
    return set;
}

void chardevs_escape(ChardevSet *set, u8 escape) { set->escape = escape; }
void chardevs_hooks(ChardevSet *set, const MuxHooks *hooks) { set->hooks = *hooks; }

static Entry *find(ChardevSet *set, const char *id)
{
    vec_foreach(e, &set->list)
        if (str_eq(e->id, id))
            return e;
    return NULL;
}

static void add_mux(ChardevSet *set, Entry *e)
{
    MuxHooks hooks = { call_quit, set->hooks.save ? call_save : NULL, set };
    bool person = str_eq(e->c->ops->name, "stdio") && isatty(STDIN_FILENO);

    e->mux = mux_new_take(e->c, person, set->escape, &hooks);
    e->c = NULL;
}

// a: with the backend's name as the value of "backend".
static bool open_args(ChardevSet *set, const ChardevClass *cls, const char *id, Args *a,
                      Error *err)
{
    Entry e = { 0 };
    bool mux;

    if (find(set, id))
        return error_set_class(err, ERROR_INVALID, "%s: there is a chardev '%s' already:"
                               " choose another id", a->option, id);
    if (!args_bool(a, "mux", false, &mux, err))
        return false;
    if (!(e.c = cls->open(id, a, NULL, NULL, err)))
        return error_prefix(err, "%s: ", a->option);
    e.id = xstrdup(id);
    if (mux)
        add_mux(set, &e);
    vec_push(&set->list, e);
    return true;
}

// The class that the text names first.
static const ChardevClass *class_of(const char *option, const char *text, Error *err)
{
    const ChardevClass *cls = NULL;
    const char *name;
    Args a = { 0 };

    if (!args_parse(&a, option, text, "backend", NULL, err))
        return NULL;
    name = args_str(&a, "backend", NULL);
    if (!name)
        error_set_class(err, ERROR_INVALID, "%s: needs a back end; 'help' lists them", option);
    else if (!(cls = chardev_class_find(name, err)))
        error_prefix(err, "%s: ", option);
    args_free(&a);
    return cls;
}

const ArgDesc chardev_keys[] = {
    { "backend", ARG_STRING, "what it is" },
    { "id", ARG_STRING, "its name" },
    { "mux", ARG_BOOL, "several front ends, Ctrl-A keys (off)" },
    { NULL, ARG_STRING, NULL },
};

// id: given, or the text's.
static bool add_text(ChardevSet *set, const char *option, const char *text, const char *id,
                     Error *err)
{
    const ChardevClass *cls = class_of(option, text, err);
    VEC(ArgDesc) known = { 0 };
    Args a = { 0 };
    bool ok;

    if (!cls)
        return false;
    for (const ArgDesc *d = chardev_keys; d->name; d++)
        vec_push(&known, *d);
    for (const ArgDesc *d = cls->args; d->name; d++)
        vec_push(&known, *d);
    vec_push(&known, (ArgDesc){ 0 });
    ok = args_parse(&a, option, text, "backend", known.at, err);
    if (ok && !id && !(id = args_str(&a, "id", NULL)))
        ok = error_set_class(err, ERROR_INVALID, "%s: needs id=NAME", option);
    if (ok)
        ok = open_args(set, cls, id, &a, err);
    args_free(&a);
    vec_free(&known);
    return ok;
}

bool chardevs_add(ChardevSet *set, const char *text, Error *err)
{
    char *whole = xasprintf("-chardev %s", text);
    bool ok = add_text(set, whole, text, NULL, err);

    free(whole);
    return ok;
}

Chardev *chardevs_port(ChardevSet *set, const char *id, const char *front, Error *err)
{
    Entry *e = find(set, id);
    Nearest near;

    if (!e) {
        nearest_init(&near, id);
        vec_foreach(it, &set->list)
            nearest_try(&near, it->id);
        error_set_class(err, ERROR_NOT_FOUND, "there is no chardev '%s'", id);
        nearest_hint(&near, err);
        return NULL;
    }
    if (e->mux)
        return mux_port(e->mux, front);
    if (e->taken) {
        error_set_class(err, ERROR_INVALID, "chardev '%s' is in use already: share it with mux=on",
                        id);
        return NULL;
    }
    e->taken = true;
    return e->c;
}

bool chardevs_legacy(ChardevSet *set, const char *option, const char *text, const char *label,
                     Chardev **out, Error *err)
{
    const char *rest = str_starts(text, "mon:") ? text + 4 : text;
    char *full, *whole;
    bool ok;

    *out = NULL;
    if (str_eq(text, "none"))
        return true;
    if (str_starts(text, "chardev:")) {
        *out = chardevs_port(set, text + 8, label, err);
        return *out || error_prefix(err, "%s %s: ", option, text);
    }
    full = legacy_to_chardev(option, rest, rest != text, err);
    if (!full)
        return false;
    whole = xasprintf("%s %s", option, text);
    ok = add_text(set, whole, full, label, err);
    free(whole);
    free(full);
    if (ok)
        *out = chardevs_port(set, label, label, err);
    return ok && *out;
}

void chardevs_start(ChardevSet *set, Loop *loop, Input *input)
{
    vec_foreach(e, &set->list) {
        if (e->mux)
            mux_start(e->mux, loop, input);
        else
            backend_start(backend_of(e->c), loop, input);
    }
}

void chardevs_stop(ChardevSet *set)
{
    vec_foreach(e, &set->list) {
        if (e->mux)
            mux_stop(e->mux);
        else
            backend_stop(backend_of(e->c));
    }
}

void chardevs_free(ChardevSet *set)
{
    if (!set)
        return;
    vec_foreach(e, &set->list) {
        if (e->mux)
            mux_free(e->mux);
        else
            chardev_close(e->c);
        free(e->id);
    }
    vec_free(&set->list);
    free(set);
}

void chardevs_each(const ChardevSet *set,
                   void (*fn)(void *opaque, const char *id, const char *kind, u64 in, u64 out),
                   void *opaque)
{
    vec_foreach(e, &set->list) {
        Chardev *c = e->mux ? mux_below(e->mux) : e->c;
        char kind[48];

        snprintf(kind, sizeof(kind), "%s%s", e->mux ? "mux:" : "", c->ops->name);
        fn(opaque, e->id, kind, atomic_load(&c->bytes_in), atomic_load(&c->bytes_out));
    }
}

void chardevs_help(FILE *out)
{
    fputs("Back ends of -chardev BACKEND,id=ID[,mux=on],...\n", out);
    chardev_class_foreach(it) {
        fprintf(out, "  %-10s %s\n", (*it)->name, (*it)->desc);
        args_help((*it)->args, out);
    }
}
