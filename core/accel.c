// SPDX-License-Identifier: MIT
// Accelerators by name.
#include "core/accel.h"

#include "util/str.h"

const Accel *accel_find(const char *name, Error *err)
{
    return registry_find(mimic_accels, "accelerator", name, NULL, err);
}

bool accel_known(const char *name)
{
    static const char *const names[] = { "tcg", "kvm", "hvf", "whpx", "nvmm", "hax", "xen" };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}
