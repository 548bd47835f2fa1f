// SPDX-License-Identifier: MIT
// Device trees; see fdt.h.  The flat form is written by libfdt's sequential writer.
#include "machine/fdt.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/bits.h"
#include "util/map.h"
#include "util/vec.h"

typedef struct Property {
    char *name;
    void *data;
    u32 len;
} Property;

typedef struct Node {
    char *name;
    VEC(Property) props;
    VEC(int) children;
    u32 phandle;
} Node;

struct DtTree {
    VEC(Node) nodes;      // [0] is the root
    StrMap phandles;      // name -> phandle, as a pointer
    u32 next_phandle;
};

static Node *node_of(DtNode *n)
{
    return &((DtTree *)n->tree)->nodes.at[n->handle];
}

// ---- DtOps -------------------------------------------------------------------------

static void put_bytes(DtNode *n, const char *name, const void *p, u32 len)
{
    Node *node = node_of(n);
    void *data = xalloc(len + 1);

    if (len)
        memcpy(data, p, len);
    vec_foreach (it, &node->props)
        if (!strcmp(it->name, name)) {
            free(it->data);
            it->data = data;
            it->len = len;
            return;
        }
    vec_push(&node->props, (Property){ xstrdup(name), data, len });
}

static u32 phandle_of(DtNode *n, const char *device)
{
    return (u32)(uintptr_t)strmap_get(&((DtTree *)n->tree)->phandles, device);
}

static u32 own_phandle(DtNode *n)
{
    if (!node_of(n)->phandle) {
        node_of(n)->phandle = ((DtTree *)n->tree)->next_phandle++;
        dt_u32(n, "phandle", node_of(n)->phandle);
    }
    return node_of(n)->phandle;
}

static DtNode add_child(DtNode *n, const char *name)
{
    DtTree *t = n->tree;
    int i = (int)t->nodes.len;

    vec_push(&t->nodes, (Node){ .name = xstrdup(name) });
    vec_push(&t->nodes.at[n->handle].children, i);
    return (DtNode){ n->ops, t, i };
}

static const DtOps ops = {
    .bytes = put_bytes, .child = add_child, .phandle_of = phandle_of, .phandle = own_phandle,
};

// ---- building ------------------------------------------------------------------------

DtTree *dt_tree_new(u32 first_phandle)
{
    DtTree *t = xalloc(sizeof(*t));

    t->next_phandle = first_phandle;
    vec_push(&t->nodes, (Node){ .name = xstrdup("") });
    return t;
}

void dt_tree_free(DtTree *t)
{
    vec_foreach (n, &t->nodes) {
        vec_foreach (p, &n->props) {
            free(p->name);
            free(p->data);
        }
        vec_free(&n->props);
        vec_free(&n->children);
        free(n->name);
    }
    vec_free(&t->nodes);
    strmap_free(&t->phandles);
    free(t);
}

DtNode dt_tree_root(DtTree *t)
{
    return (DtNode){ &ops, t, 0 };
}

u32 dt_tree_reserve(DtTree *t, const char *name)
{
    u32 phandle = t->next_phandle++;

    strmap_set(&t->phandles, name, (void *)(uintptr_t)phandle);
    return phandle;
}

DtNode dt_tree_add_to(DtNode *parent, const char *name, const char *node)
{
    DtNode n = dt_child(parent, node);
    u32 phandle = name ? dt_phandle_of(&n, name) : 0;

    if (phandle) {
        node_of(&n)->phandle = phandle;
        dt_u32(&n, "phandle", phandle);
    }
    return n;
}

DtNode dt_tree_add(DtTree *t, const char *name, const char *node_fmt, ...)
{
    char node[128];
    DtNode root = dt_tree_root(t);
    va_list ap;

    va_start(ap, node_fmt);
    vsnprintf(node, sizeof(node), node_fmt, ap);
    va_end(ap);
    return dt_tree_add_to(&root, name, node);
}

void dt_strings_list(DtNode *n, const char *prop, const char *list)
{
    size_t len = strlen(list) + 1;
    char *s = xstrdup(list);

    for (char *p = s; *p; p++)
        if (*p == ';')
            *p = '\0';
    dt_bytes(n, prop, s, (u32)len);
    free(s);
}

// ---- flat form -------------------------------------------------------------------------

static int flatten_node(const DtTree *t, const Node *n, void *fdt)
{
    int rc = fdt_begin_node(fdt, n->name);

    vec_foreach (p, &n->props)
        if (!rc)
            rc = fdt_property(fdt, p->name, p->data, (int)p->len);
    vec_foreach (c, &n->children)
        if (!rc)
            rc = flatten_node(t, &t->nodes.at[*c], fdt);
    return rc ? rc : fdt_end_node(fdt);
}

static int flatten(const DtTree *t, void *fdt, int size)
{
    int rc = fdt_create(fdt, size);

    if (!rc)
        rc = fdt_finish_reservemap(fdt);
    if (!rc)
        rc = flatten_node(t, &t->nodes.at[0], fdt);
    return rc ? rc : fdt_finish(fdt);
}

void *dt_tree_flatten(DtTree *t, size_t *size)
{
    for (int room = 16384; room <= 64 << 20; room *= 2) {
        void *fdt = xalloc((size_t)room);

        if (!flatten(t, fdt, room)) {
            *size = fdt_totalsize(fdt);
            return fdt;
        }
        free(fdt);
    }
    return NULL;
}

// ---- rows -----------------------------------------------------------------------------

static const DtQuirk *quirk_of(const DtQuirk *quirks, const char *cls)
{
    for (; quirks && quirks->cls; quirks++)
        if (!strcmp(quirks->cls, cls))
            return quirks;
    return NULL;
}

static u32 row_interrupt(Machine *m, const RowIrq *irq, u32 *cells)
{
    Device *to = irq->to ? machine_device(m, irq->to) : NULL;

    return to && to->cls->fdt_irq ? to->cls->fdt_irq(to, irq->pin, cells) : 0;
}

static void row_interrupts(DtNode *n, Machine *m, const Row *row, u32 trigger)
{
    u32 cells[(ROW_IRQS + 1) * 4], count = 0;

    for (int i = -1; i < ROW_IRQS; i++) {
        u32 got = row_interrupt(m, i < 0 ? &row->irq : &row->irqs[i], cells + count);

        count += got;
        if (got && trigger)
            cells[count - 1] = trigger;
    }
    if (count)
        dt_cells(n, "interrupts", cells, count);
}

static void row_reg(DtNode *n, const Row *row, Device *dev)
{
    u32 cells[(ROW_REGIONS + 1) * 4], count = 0;

    for (u32 i = 0; i < dev->region_count && i <= ROW_REGIONS; i++) {
        Gpa at = i ? row->more[i - 1] : row->at;
        u64 size = device_region(dev, i)->size;

        if (i && !at)
            continue;
        cells[count++] = (u32)(at >> 32);
        cells[count++] = (u32)at;
        cells[count++] = (u32)(size >> 32);
        cells[count++] = (u32)size;
    }
    if (count)
        dt_cells(n, "reg", cells, count);
}

void dt_tree_row(DtTree *t, Machine *m, const Row *row, const DtQuirk *quirks)
{
    Device *dev = machine_device(m, row->name);
    const DtQuirk *q = quirk_of(quirks, row->cls);

    if (!dev || (!dev->cls->compatible && !q))
        return;
    DtNode n = dt_tree_add(t, row->name, "%s@%llx", q && q->node ? q->node : row->cls,
                           (unsigned long long)(q && q->unit ? q->unit : row->at));

    if (q && q->own) {
        q->more(m, t, dev, &n);
        return;
    }
    if (dev->cls->fdt)
        dev->cls->fdt(dev, &n);
    if (q && q->more)
        q->more(m, t, dev, &n);
    if (q && q->dma_coherent)
        dt_flag(&n, "dma-coherent");
    row_interrupts(&n, m, row, q ? q->trigger : 0);
    row_reg(&n, row, dev);
    if (dev->cls->compatible)
        dt_strings_list(&n, "compatible", dev->cls->compatible);
}
