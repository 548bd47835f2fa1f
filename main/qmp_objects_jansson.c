// SPDX-License-Identifier: MIT
// object-add, object-del, query-memdev: objects of the user's, from their classes' tables
// (core/object.h).
#include "main/qmp.h"

#include <string.h>

// One member of object-add as -object has it, if its JSON type is the property's.
static bool add_member(Args *a, const ObjectClass *cls, const char *key, const json_t *v,
                       Error *err)
{
    const Prop *p = prop_find(cls->props, OBJECT_PROPS, key);
    const char *want = NULL;

    if (!p)
        return error_set_class(err, ERROR_INVALID, "Parameter '%.80s' is unexpected", key);
    if (p->kind == PROP_KIND_BOOL)
        want = json_is_boolean(v) ? NULL : "boolean";
    else if (p->kind == PROP_KIND_STRING || p->kind == PROP_KIND_ENUM)
        want = json_is_string(v) ? NULL : "string";
    else if (!json_is_integer(v) || json_integer_value(v) < 0)
        want = "uint64";
    if (want)
        return error_set_class(err, ERROR_INVALID,
                               "Invalid parameter type for '%s', expected: %s", key, want);
    if (json_is_integer(v))
        args_add(a, key, "%llu", (unsigned long long)json_integer_value(v));
    else
        args_add(a, key, "%s", json_is_string(v) ? json_string_value(v)
                                                 : json_is_true(v) ? "on" : "off");
    return true;
}

json_t *qmp_object_add(Qmp *q, const json_t *args)
{
    const char *type = json_string_value(json_object_get(args, "qom-type")), *key;
    const ObjectClass *cls = object_class_find(type, q->err);
    Args a = { 0 };
    bool ok = cls != NULL;
    json_t *v;

    json_object_foreach ((json_t *)(uintptr_t)args, key, v)
        ok = ok && (str_eq(key, "qom-type") || str_eq(key, "id") ||
                    add_member(&a, cls, key, v, q->err));
    if (ok)
        objects_add(machine_objects(q->m), type, json_string_value(json_object_get(args, "id")), &a,
                    q->err);
    args_free(&a);
    return NULL;
}

json_t *qmp_object_del(Qmp *q, const json_t *args)
{
    objects_del(machine_objects(q->m), json_string_value(json_object_get(args, "id")), q->err);
    return NULL;
}

json_t *qmp_query_memdev(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    (void)args;
    objects_foreach (o, machine_objects(q->m)) {
        const MemoryBackend *b = container_of(o, MemoryBackend, obj);

        if (object_is_memory(o))
            json_array_append_new(
                list, json_pack("{sssIsbsbsbsbsbs[]ss}", "id", o->id, "size", (json_int_t)b->size,
                                "merge", b->merge, "dump", b->dump, "prealloc", b->prealloc,
                                "share", b->share, "reserve", b->reserve, "host-nodes", "policy",
                                memory_policies[b->policy]));
    }
    return list;
}
