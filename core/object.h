// SPDX-License-Identifier: MIT
// Objects of the user's: what -object and object-add make, known by an id.  A class is a file
// with a table of properties (core/prop.h); a row in it is a key of -object, a member of
// object-add, a line of `-object CLASS,help` and of qom-list-properties.
// Ownership.  A list owns its objects; who uses one counts itself in `users` and object-del
// refuses meanwhile.  Main thread before the loop runs, then the loop thread.
#pragma once

#include "core/prop.h"
#include "util/list.h"
#include "util/registry.h"

#define OBJECT_PROPS 24

typedef struct Object Object;

ROW_FN_BEGIN
typedef struct ObjectClass {
    const char *name;       // "memory-backend-ram"
    const char *parent;     // what it implements: "memory-backend"
    const char *desc;       // one line for -object help
    size_t size;            // of the instance T
    Prop props[OBJECT_PROPS];
    bool (*complete)();     // bool complete(T *o, Error *err): all properties are set; optional
    void (*fini)();         // void fini(T *o): undoes complete, also one that failed; optional
} ObjectClass;
ROW_FN_END

struct Object {
    const ObjectClass *cls;
    char *id;
    u32 users;              // object-del waits for 0
    ListNode link;
};

typedef struct Objects { ListNode list; } Objects; // in order of creation

// In a class's file, once: names the instance type for PROP_*.
#define OBJECT_OF(T)                                                          \
    static_assert(offsetof(T, obj) == 0, "Object obj must be the first member"); \
    typedef T DeviceSelf
#define OBJECT(ident, text, ...)                                              \
    static const ObjectClass ident##_class = { .name = text, __VA_ARGS__ };   \
    REGISTRY_ADD(mimic_objects, ident, ObjectClass, ident##_class);

REGISTRY_DECLARE(mimic_objects, ObjectClass);
#define object_class_foreach(it) registry_foreach(it, mimic_objects, ObjectClass)
const ObjectClass *object_class_find(const char *name, Error *err); // nearest name in err

void objects_init(Objects *all);
void objects_free(Objects *all); // the last one first; whoever used them is gone
// props: the class's, and "qom-type" and "id", which are left aside; NULL: none.
Object *objects_add(Objects *all, const char *cls, const char *id, const Args *props, Error *err);
Object *objects_find(const Objects *all, const char *id); // NULL if none
bool objects_del(Objects *all, const char *id, Error *err);
#define objects_foreach(it, all) list_foreach (it, &(all)->list, Object, link)
