// SPDX-License-Identifier: MIT
// Accelerators by name.
#include "core/accel.h"

#include "util/nearest.h"
#include "util/str.h"

const Accel *accel_find(const char *name, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    accel_foreach(it) {
        if (str_eq((*it)->name, name))
            return *it;
        nearest_try(&near, (*it)->name);
    }
    error_set_class(err, ERROR_NOT_FOUND, "unknown accelerator '%s'", name);
    nearest_hint(&near, err);
    return NULL;
}

bool accel_known(const char *name)
{
    static const char *const names[] = { "tcg", "kvm", "hvf", "whpx", "nvmm", "hax", "xen" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}
