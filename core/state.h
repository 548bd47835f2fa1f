// SPDX-License-Identifier: MIT
// Declared state: which bytes of an instance are guest-visible state, saved and loaded
// by generic code, and which belong to the host.  A test poisons, saves and loads each
// device and fails on bytes that are neither.
// A snapshot is a sequence of named, sized, versioned sections, little-endian; loading
// checks every name and size and never trusts the file.  One thread at a time.
#pragma once

#include "util/error.h"
#include "util/types.h"
#include "util/vec.h"

typedef enum {
    STATE_KIND_NONE,
    STATE_KIND_BYTES, // plain bytes, host order = little-endian
    STATE_KIND_TIMER, // a Timer: deadline
    STATE_KIND_HOST,  // not state: pointers, caches, back ends
} StateKind;

typedef struct StateRow {
    const char *name;
    u32 at, size;
    StateKind kind;
} StateRow;

#define STATE_OF(T, member) \
    { #member, offsetof(T, member), sizeof(((T *)0)->member), STATE_KIND_BYTES }
#define STATE_TIMER_OF(T, member) \
    { #member, offsetof(T, member), sizeof(((T *)0)->member), STATE_KIND_TIMER }
#define HOST_ONLY_OF(T, member) \
    { #member, offsetof(T, member), sizeof(((T *)0)->member), STATE_KIND_HOST }
// In a file with DEVICE_OF.
#define STATE(member) STATE_OF(DeviceSelf, member)
#define STATE_TIMER(member) STATE_TIMER_OF(DeviceSelf, member)
#define HOST_ONLY(member) HOST_ONLY_OF(DeviceSelf, member)

typedef struct StateWriter {
    VEC(u8) buf;
    size_t section; // offset of the open section's length, 0 = none
} StateWriter;

void state_begin(StateWriter *w, const char *name, u32 version);
void state_end(StateWriter *w);
void state_put(StateWriter *w, const char *name, const void *p, u32 size);
void state_put_rows(StateWriter *w, const void *self, const StateRow *rows, size_t max);
void state_writer_free(StateWriter *w);

typedef struct StateReader {
    const u8 *at, *end;          // of the open section
    const u8 *file, *file_end;
} StateReader;

void state_reader_init(StateReader *r, const void *buf, size_t len);
// Opens the next section, which must have this name; version comes back.
bool state_open(StateReader *r, const char *name, u32 *version, Error *err);
bool state_close(StateReader *r, Error *err); // everything must have been read
bool state_get(StateReader *r, const char *name, void *p, u32 size, Error *err);
// For data of variable length: borrowed from the buffer.
bool state_get_any(StateReader *r, const char *name, const void **p, u32 *size, Error *err);
bool state_get_rows(StateReader *r, void *self, const StateRow *rows, size_t max, Error *err);
