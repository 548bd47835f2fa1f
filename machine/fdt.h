// SPDX-License-Identifier: MIT
// A device tree while it is built, and its flat form (Devicetree Specification v0.4).
// Nodes and properties come out in the order in which they were made.  Names of nodes that
// others refer to are reserved first, so that a reference may precede its node and the
// numbers do not depend on who asks first.  Main thread.
#pragma once

#include "core/dt.h"
#include "core/machine.h"
#include "util/error.h"

typedef struct DtTree DtTree;

DtTree *dt_tree_new(u32 first_phandle);
void dt_tree_free(DtTree *t);
DtNode dt_tree_root(DtTree *t);

// The next phandle goes to whatever node will be made under this name.
u32 dt_tree_reserve(DtTree *t, const char *name);
// A child of the root; name: what dt_phandle_of finds it by, or NULL.
DtNode dt_tree_add(DtTree *t, const char *name, const char *node_fmt, ...) PRINTF(3, 4);
// A child of any node, likewise.
DtNode dt_tree_add_to(DtNode *parent, const char *name, const char *node);
// A property of several strings, written with semicolons between them.
void dt_strings_list(DtNode *n, const char *prop, const char *list);

// malloc'd; NULL only if it is larger than a flat tree can be.
void *dt_tree_flatten(DtTree *t, size_t *size);

// How a row's node departs from "CLASS@AT { hook; interrupts; reg; compatible }".
typedef struct DtQuirk {
    const char *cls;
    const char *node;                              // NULL: the class's name
    Gpa unit;                                      // 0: the row's address
    u32 trigger;                                   // of its interrupts; 0: as the controller says
    bool dma_coherent;
    bool own;                                      // `more` writes reg and all else
    void (*more)(Machine *m, DtTree *t, Device *dev, DtNode *n); // NULL: none
} DtQuirk;

// The node of one row's device, if its class has one.
void dt_tree_row(DtTree *t, Machine *m, const Row *row, const DtQuirk *quirks);
