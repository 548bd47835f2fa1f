// SPDX-License-Identifier: MIT
// Objects; see object.h.
#include "core/object.h"

#include <ctype.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/str.h"

const ObjectClass *object_class_find(const char *name, Error *err)
{
    return registry_find(mimic_objects, "object type", name, "; -object help lists them", err);
}

void objects_init(Objects *all) { list_init(&all->list); }

static void object_free(Object *o, bool completed)
{
    if (completed && o->cls->fini)
        o->cls->fini(o);
    props_free(o, o->cls->props, OBJECT_PROPS);
    free(o->id);
    free(o);
}

void objects_free(Objects *all)
{
    while (!list_empty(&all->list)) {
        Object *o = container_of(all->list.prev, Object, link);

        list_remove(&o->link);
        object_free(o, true);
    }
}

Object *objects_find(const Objects *all, const char *id)
{
    objects_foreach (it, all)
        if (str_eq(it->id, id))
            return it;
    return NULL;
}

// As QEMU wants them: a letter, then letters, digits, '-', '.', '_'.
static bool id_is_good(const char *id)
{
    if (!isalpha((u8)*id))
        return false;
    while (isalnum((u8)*id) || *id == '-' || *id == '.' || *id == '_')
        id++;
    return !*id;
}

static bool set_props(Object *o, const Args *props, Error *err)
{
    vec_foreach (it, &props->list)
        if (!str_eq(it->key, "qom-type") && !str_eq(it->key, "id") &&
            !prop_set(o, o->cls->props, OBJECT_PROPS, it->key, it->val, err))
            return false;
    return true;
}

Object *objects_add(Objects *all, const char *name, const char *id, const Args *props, Error *err)
{
    const ObjectClass *cls = object_class_find(name ? name : "", err);
    Object *o;

    if (!cls)
        return NULL;
    if (!id || !id_is_good(id)) {
        error_set_class(err, ERROR_INVALID, "%s: %s%s%s; give id=NAME, a letter and then letters, "
                        "digits, '-', '.', '_'", name, id ? "'" : "no id", id ? id : "",
                        id ? "' is no id" : "");
        return NULL;
    }
    if (objects_find(all, id)) {
        error_set_class(err, ERROR_INVALID, "there is an object '%s' already; choose another id",
                        id);
        return NULL;
    }
    o = xalloc(cls->size);
    o->cls = cls;
    o->id = xstrdup(id);
    props_default(o, cls->props, OBJECT_PROPS);
    bool set = !props || set_props(o, props, err);

    if (!set || (cls->complete && !cls->complete(o, err))) {
        error_prefix(err, "%s '%s': ", name, id);
        object_free(o, set);
        return NULL;
    }
    list_push_back(&all->list, &o->link);
    return o;
}

bool objects_del(Objects *all, const char *id, Error *err)
{
    Object *o = objects_find(all, id);

    if (!o)
        return error_set_class(err, ERROR_NOT_FOUND, "object '%s' not found", id);
    if (o->users)
        return error_set_class(err, ERROR_INVALID, "object '%s' is in use, can not be deleted", id);
    list_remove(&o->link);
    object_free(o, true);
    return true;
}
