// SPDX-License-Identifier: MIT
// Device trees of the user (Devicetree Specification 0.4, chapter 5, by libfdt): checked whole,
// then given the memory, command line and initrd of this run, as a boot loader does it.
#include "machine/boot/boot.h"

#include <libfdt.h>
#include <string.h>

#include "util/bits.h"

#define DTB_EXTRA 65536 // for the nodes that are added

#define DTB_MAX (16 * MIB)

// Versions before 16 name nodes by their whole path (Devicetree Specification 0.4, 5.2); libfdt
// 1.6.1 crashes on some that do not.
static bool whole_tree(const void *raw, u64 size)
{
    return size >= sizeof(struct fdt_header) && fdt_version(raw) >= 16 &&
           !fdt_check_full(raw, (size_t)size);
}

void *boot_read_dtb(const char *path, size_t extra, Error *err)
{
    BootFile b;
    void *blob = NULL;

    if (!boot_file_open(&b, path, false, err)) {
        error_prefix(err, "-dtb: ");
        return NULL;
    }
    if (b.size > DTB_MAX) {
        error_set(err, "-dtb: %s is too large for a device tree", path);
    } else {
        size_t room = (size_t)b.size + extra;
        void *raw = xalloc((size_t)b.size);

        blob = xalloc(room);
        if (!boot_file_take(&b, raw, b.size, err) || !whole_tree(raw, b.size) ||
            fdt_open_into(raw, blob, (int)room)) {
            error_set(err, "-dtb: %s is not a whole device tree; make one with dtc", path);
            free(blob);
            blob = NULL;
        }
        free(raw);
    }
    boot_file_close(&b);
    return blob;
}

static int set_memory(void *fdt, const BootRam *ram)
{
    u32 reg[4] = { bswap32((u32)(ram->base >> 32)), bswap32((u32)ram->base),
                   bswap32((u32)(ram->size >> 32)), bswap32((u32)ram->size) };
    int root = fdt_path_offset(fdt, "/"), node, rc = 0;
    char name[32];

    while (!rc && (node = fdt_node_offset_by_prop_value(fdt, -1, "device_type", "memory", 7)) >= 0)
        rc = fdt_del_node(fdt, node);
    if (rc)
        return rc;
    if (fdt_address_cells(fdt, root) != 2 || fdt_size_cells(fdt, root) != 2)
        return -FDT_ERR_BADNCELLS;
    snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)ram->base);
    node = fdt_add_subnode(fdt, root, name);
    if (node < 0)
        return node;
    rc = fdt_setprop_string(fdt, node, "device_type", "memory");
    return rc ? rc : fdt_setprop(fdt, node, "reg", reg, sizeof(reg));
}

static int set_chosen(void *fdt, const char *append, Gpa initrd, Gpa initrd_end)
{
    int node = fdt_path_offset(fdt, "/chosen"), rc = 0;

    if (node < 0)
        node = fdt_add_subnode(fdt, fdt_path_offset(fdt, "/"), "chosen");
    if (node < 0)
        return node;
    if (append)
        rc = fdt_setprop_string(fdt, node, "bootargs", append);
    if (!rc && initrd_end > initrd)
        rc = fdt_setprop_u64(fdt, node, "linux,initrd-start", initrd);
    if (!rc && initrd_end > initrd)
        rc = fdt_setprop_u64(fdt, node, "linux,initrd-end", initrd_end);
    return rc;
}

void *boot_dtb(const char *path, const BootRam *ram, const char *append, Gpa initrd,
               Gpa initrd_end, size_t *size, Error *err)
{
    void *fdt = boot_read_dtb(path, DTB_EXTRA + (append ? strlen(append) : 0), err);

    if (!fdt)
        return NULL;
    int rc = set_memory(fdt, ram);

    if (!rc)
        rc = set_chosen(fdt, append, initrd, initrd_end);
    if (!rc)
        rc = fdt_pack(fdt);
    if (rc) {
        error_set(err, "-dtb: %s cannot be used (%s); compare it with -M virt,dumpdtb=FILE", path,
                  fdt_strerror(rc));
        free(fdt);
        return NULL;
    }
    *size = fdt_totalsize(fdt);
    return fdt;
}
