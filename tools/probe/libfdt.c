// SPDX-License-Identifier: MIT
// Probe: libfdt (device trees) with the sequential-write and node functions we use.
#include <libfdt.h>

int main(void)
{
    char buf[256];
    return fdt_create_empty_tree(buf, sizeof buf) || fdt_add_subnode(buf, 0, "x") < 0;
}
