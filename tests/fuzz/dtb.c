// SPDX-License-Identifier: MIT
// Device trees of the user: -dtb FILE on -M virt, by the same path as from the command line.
// covers: machine/boot/dtb.c
// runs: 5000
#include "core/machine.h"
#include "tests/fuzz/fuzz.h"

static MachineConfig config = { .ram_size = 16 * MIB, .cpus = 1, .dump_dtb = "/dev/null",
                                .append = "console=ttyAMA0", .accel = "tcg" };
static Machine *machine;

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Args none;
    char path[32];
    Error err = { 0 };

    if (!machine) {
        config.options = &none;
        machine = machine_new(machine_class_find("virt", NULL), &config, &err);
        if (!machine) {
            fprintf(stderr, "no machine: %s\n", err.text);
            abort();
        }
    }
    int fd = fuzz_file(data, size, path);

    config.dtb = path;
    machine_reset(machine, &err);
    close(fd);
    return 0;
}
