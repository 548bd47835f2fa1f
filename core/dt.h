// SPDX-License-Identifier: MIT
// How a device describes itself in the device tree.  An interface only: machine/fdt.c
// implements it with libfdt, tests with a recorder.  Called on the main thread while the
// tree is built.
#pragma once

#include "util/types.h"

typedef struct DtOps DtOps;

typedef struct DtNode {
    const DtOps *ops;
    void *tree;
    int handle;
} DtNode;

struct DtOps {
    void (*bytes)(DtNode *n, const char *name, const void *p, u32 len);
    DtNode (*child)(DtNode *n, const char *name);
    // The phandle of another device's node, by device name; 0 if it has none.
    u32 (*phandle_of)(DtNode *n, const char *device);
    u32 (*phandle)(DtNode *n); // of this node, given on first use
};

static inline void dt_bytes(DtNode *n, const char *name, const void *p, u32 len)
{
    n->ops->bytes(n, name, p, len);
}
static inline DtNode dt_child(DtNode *n, const char *name) { return n->ops->child(n, name); }
static inline u32 dt_phandle_of(DtNode *n, const char *dev) { return n->ops->phandle_of(n, dev); }
static inline u32 dt_phandle(DtNode *n) { return n->ops->phandle(n); }

void dt_u32(DtNode *n, const char *name, u32 v);
void dt_u64(DtNode *n, const char *name, u64 v);
void dt_cells(DtNode *n, const char *name, const u32 *cells, u32 count);
void dt_string(DtNode *n, const char *name, const char *s);
// Several strings, NULL-terminated argument list.
void dt_strings(DtNode *n, const char *name, ...) __attribute__((sentinel));
void dt_flag(DtNode *n, const char *name); // empty property
