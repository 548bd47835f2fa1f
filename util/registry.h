// SPDX-License-Identifier: MIT
// Registries by linker section: an object file that is linked in puts one const
// pointer into a section; readers walk it.  No constructors, no order, no list to
// edit.  Object files must be linked directly or with --whole-archive, since nothing
// refers to them by name.  Read-only, so any thread may walk.
#pragma once

#include <stddef.h>

#include "util/error.h"

// At file scope; `section` is a C identifier.
#define REGISTRY_ADD(section_name, ident, Type, object)                       \
    static const Type *const ident##_registry_entry                           \
        __attribute__((section(#section_name), used, aligned(8))) = &(object)

#define REGISTRY_DECLARE(section_name, Type)                                  \
    extern const Type *const __start_##section_name[] __attribute__((weak));  \
    extern const Type *const __stop_##section_name[] __attribute__((weak))

// Weak: a binary that links no entry has neither symbol.
#define registry_foreach(it, section_name, Type)                              \
    for (const Type *const *it = __start_##section_name; it < __stop_##section_name; it++)

// The entry whose .name is `wanted`; else NULL, and the error is "unknown WHAT 'WANTED'" with the
// nearest name, or with `else_hint` (may be NULL) if none is near.
#define registry_find(section_name, what, wanted, else_hint, err)             \
    ((typeof(__start_##section_name[0]))registry_find_(                       \
        __start_##section_name, __stop_##section_name,                        \
        offsetof(typeof(*__start_##section_name[0]), name), what, wanted, else_hint, err))

const void *registry_find_(const void *start, const void *stop, size_t name_at, const char *what,
                           const char *wanted, const char *else_hint, Error *err);
