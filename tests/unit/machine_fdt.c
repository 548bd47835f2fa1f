// SPDX-License-Identifier: MIT
// Device trees: building, phandles, flattening, and user's trees that are not whole.
#include "machine/fdt.h"

#include <libfdt.h>
#include <stdlib.h>

#include "machine/boot/boot.h"
#include "tests/lib/test.h"
#include "util/bits.h"

static void *make(size_t *size, int extra_nodes)
{
    DtTree *t = dt_tree_new(0x8000);
    DtNode root = dt_tree_root(t);

    dt_tree_reserve(t, "clock");
    EQ(dt_tree_reserve(t, "gic"), 0x8001);
    dt_u32(&root, "interrupt-parent", dt_phandle_of(&root, "gic"));
    EQ(dt_phandle_of(&root, "none"), 0);
    DtNode gic = dt_tree_add(t, "gic", "intc@%x", 0x8000000);
    DtNode child = dt_child(&gic, "v2m");

    EQ(dt_phandle(&gic), 0x8001);
    EQ(dt_phandle(&child), 0x8002);
    dt_u32(&gic, "x", 1);
    dt_u32(&gic, "x", 2); // the last one stands
    dt_strings_list(&gic, "compatible", "arm,a;arm,b");
    for (int i = 0; i < extra_nodes; i++) {
        DtNode n = dt_tree_add(t, NULL, "n@%d", i);

        dt_string(&n, "text", "some text that takes room");
    }
    void *blob = dt_tree_flatten(t, size);

    dt_tree_free(t);
    TRUE(blob != NULL);
    return blob;
}

TEST(fdt_flatten)
{
    size_t size;
    void *blob = make(&size, 3);
    int gic = fdt_path_offset(blob, "/intc@8000000"), len;

    EQ(fdt_check_full(blob, size), 0);
    EQ(fdt_get_phandle(blob, gic), 0x8001);
    EQ(load_be32(fdt_getprop(blob, gic, "x", &len)), 2);
    EQ(fdt_stringlist_count(blob, gic, "compatible"), 2);
    EQ(load_be32(fdt_getprop(blob, 0, "interrupt-parent", &len)), 0x8001);
    TRUE(fdt_path_offset(blob, "/intc@8000000/v2m") > 0);
    free(blob);
}

TEST(fdt_grows)
{
    size_t size;
    void *blob = make(&size, 5000);

    EQ(fdt_check_full(blob, size), 0);
    TRUE(fdt_path_offset(blob, "/n@4999") > 0);
    free(blob);
}

TEST(fdt_user_tree)
{
    size_t size;
    u8 *blob = make(&size, 3);
    Error err;
    void *read = boot_read_dtb(test_file("t.dtb", blob, size), 4096, &err);

    TRUE(read != NULL);
    EQ(fdt_totalsize(read), size + 4096);
    free(read);
    for (size_t n = 1; n < size; n += 1 + n / 16)
        FALSE(boot_read_dtb(test_file("t.dtb", blob, n), 4096, &err) != NULL);
    for (int i = 0; i < 300; i++) {
        u8 *bad = malloc(size);

        memcpy(bad, blob, size);
        bad[test_random() % size] = (u8)test_random();
        free(boot_read_dtb(test_file("t.dtb", bad, size), 4096, &err));
        free(bad);
    }
    free(blob);
}
