// SPDX-License-Identifier: MIT
// Entries by name; see registry.h.
#include "util/registry.h"

#include <string.h>

#include "util/nearest.h"
#include "util/str.h"

const void *registry_find_(const void *start, const void *stop, size_t name_at, const char *what,
                           const char *wanted, const char *else_hint, Error *err)
{
    Nearest near;

    nearest_init(&near, wanted);
    for (const u8 *at = start; at < (const u8 *)stop; at += sizeof(void *)) {
        const u8 *entry;
        const char *name;

        memcpy(&entry, at, sizeof(entry));
        memcpy(&name, entry + name_at, sizeof(name));
        if (str_eq(name, wanted))
            return entry;
        nearest_try(&near, name);
    }
    error_set_class(err, ERROR_NOT_FOUND, "unknown %s '%s'", what, wanted);
    if (!nearest_hint(&near, err) && else_hint)
        error_hint(err, "%s", else_hint);
    return NULL;
}
