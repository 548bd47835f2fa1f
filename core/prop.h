// SPDX-License-Identifier: MIT
// Properties: user- and machine-settable fields of an instance, as rows of its class.
// Set before init; afterwards read-only.  String values are owned by the instance and
// freed by props_free.
#pragma once

#include "util/args.h"
#include "util/error.h"
#include "util/types.h"

typedef enum {
    PROP_KIND_NONE, PROP_KIND_BOOL, PROP_KIND_U8, PROP_KIND_U16, PROP_KIND_U32, PROP_KIND_U64,
    PROP_KIND_SIZE, // u64 with k/M/G suffix
    PROP_KIND_STRING, // char *
    PROP_KIND_ENUM, // u32 index into .names
    PROP_KIND_LINK, // Device * given by name, resolved by the machine
} PropKind;

typedef struct Prop {
    const char *name;
    PropKind kind;
    u32 at;                   // offset in the instance
    u64 def;
    const char *def_text;     // STRING
    u64 min, max;             // max 0: no limit but the type's
    const char *const *names; // ENUM, NULL-terminated
    const char *help;
} Prop;

// In a file with DEVICE_OF (or any `typedef T DeviceSelf`).
#define PROP_ROW_(text, k, member, ...) \
    { .name = text, .kind = k, .at = offsetof(DeviceSelf, member), __VA_ARGS__ }
#define PROP_BOOL(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_BOOL, member, .def = d, ##__VA_ARGS__)
#define PROP_U8(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_U8, member, .def = d, ##__VA_ARGS__)
#define PROP_U16(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_U16, member, .def = d, ##__VA_ARGS__)
#define PROP_U32(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_U32, member, .def = d, ##__VA_ARGS__)
#define PROP_U64(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_U64, member, .def = d, ##__VA_ARGS__)
#define PROP_SIZE(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_SIZE, member, .def = d, ##__VA_ARGS__)
#define PROP_STRING(text, member, d, ...) \
    PROP_ROW_(text, PROP_KIND_STRING, member, .def_text = d, ##__VA_ARGS__)
#define PROP_ENUM(text, member, list, d, ...) \
    PROP_ROW_(text, PROP_KIND_ENUM, member, .names = list, .def = d, ##__VA_ARGS__)
#define PROP_LINK(text, member, ...) PROP_ROW_(text, PROP_KIND_LINK, member, ##__VA_ARGS__)

// Tables are arrays of at most `max` rows, ended by a row without a name.
const Prop *prop_find(const Prop *props, size_t max, const char *name);
void props_default(void *self, const Prop *props, size_t max);
void props_free(void *self, const Prop *props, size_t max);
// From text; names the property and the nearest known one, or the limits, on error.
// LINK is refused here (core/device.c knows devices).
bool prop_set(void *self, const Prop *props, size_t max, const char *name, const char *text,
              Error *err);
bool prop_set_u64(void *self, const Prop *p, u64 val, Error *err);
// "key=val,..." all of them.
bool props_set_args(void *self, const Prop *props, size_t max, Args *args, Error *err);
u64 prop_get_u64(const void *self, const Prop *p); // not STRING, LINK
