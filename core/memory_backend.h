// SPDX-License-Identifier: MIT
// Objects that are memory of the host's: -object memory-backend-ram, -file, -memfd (QEMU,
// "QEMU QMP Reference Manual", MemoryBackendProperties).  A machine's RAM comes from one:
// -machine memory-backend=ID, or one that the machine makes.  Threads as core/object.h.
#pragma once

#include "core/object.h"
#include "util/str.h"

#define MEMORY_BACKEND "memory-backend" // the parent of their classes

typedef struct MemoryBackend {
    Object obj;
    u64 size, align, huge_size;
    u64 threads;
    char *path;
    u32 policy;
    bool share, prealloc, reserve, dump, merge;
    bool readonly, discard, pmem, huge, seal, canonical;
    u8 *host;               // of `bytes`, from complete to fini
    u64 bytes;              // size, rounded up to pages
    void *base;             // what was mapped, with room to align
    u64 base_size;
    int fd;                 // of the file or memfd; -1
} MemoryBackend;

// NULL, and err, if there is none or it is something else.
MemoryBackend *memory_backend_find(const Objects *all, const char *id, Error *err);
static inline bool object_is_memory(const Object *o)
{
    return str_eq(o->cls->parent, MEMORY_BACKEND);
}
extern const char *const memory_policies[];
