// SPDX-License-Identifier: MIT
// Keys of options whose classes have tables of their own, for query-command-line-options.
#include "main/options.h"

#include "chardev/set.h"

static bool has(const OptionKeys *all, const char *name)
{
    vec_foreach (it, all)
        if (str_eq(it->name, name))
            return true;
    return false;
}

void option_keys_add(OptionKeys *all, const ArgDesc *table)
{
    for (; table && table->name; table++)
        if (!has(all, table->name))
            vec_push(all, *table);
}

void option_keys_machine(OptionKeys *all)
{
    machine_class_foreach (it)
        option_keys_add(all, (*it)->options);
}

void option_keys_cpu(OptionKeys *all)
{
    cpu_class_foreach (it)
        option_keys_add(all, (*it)->options);
}

void option_keys_accel(OptionKeys *all)
{
    accel_foreach (it)
        option_keys_add(all, (*it)->args);
}

void option_keys_chardev(OptionKeys *all)
{
    chardev_class_foreach (it)
        option_keys_add(all, (*it)->args);
}

static ArgKind kind_of(const Prop *p)
{
    switch (p->kind) {
    case PROP_KIND_BOOL: return ARG_BOOL;
    case PROP_KIND_SIZE: return ARG_SIZE;
    case PROP_KIND_U8:
    case PROP_KIND_U16:
    case PROP_KIND_U32:
    case PROP_KIND_U64: return ARG_U64;
    default: return ARG_STRING;
    }
}

void option_keys_object(OptionKeys *all)
{
    object_class_foreach (it)
        for (const Prop *p = (*it)->props; p < (*it)->props + OBJECT_PROPS && p->name; p++) {
            ArgDesc row[] = { { p->name, kind_of(p), p->help }, { NULL, ARG_STRING, NULL } };

            option_keys_add(all, row);
        }
}
