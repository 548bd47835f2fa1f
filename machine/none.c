// SPDX-License-Identifier: MIT
// The empty machine, as QEMU's "none": no processor, no memory, no device.  Management programs
// start it to ask by QMP what this program can do.
#include "core/machine.h"

static bool build(Machine *m, Error *err)
{
    (void)m;
    (void)err;
    return true;
}

MACHINE(none, "none", .desc = "empty machine", .cpu_class = "arm", .bare = true, .build = build)
