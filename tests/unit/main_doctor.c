// SPDX-License-Identifier: MIT
// Why KVM cannot be used: each reason from what is seen of it, each with its remedy.
#include "main/doctor.h"

#include <errno.h>

#include "tests/lib/test.h"
#include "util/types.h"

TEST(doctor_kvm_state)
{
    static const struct { KvmFacts f; KvmState s; const char *remedy; } cases[] = {
        { { 0, 12, true, true }, KVM_WORKS, "works" },
        { { 0, 12, false, false }, KVM_WORKS, "works" },
        { { 0, 11, true, true }, KVM_TOO_OLD, "Linux" },
        { { 0, -1, true, true }, KVM_TOO_OLD, "Linux" },
        { { EACCES, 0, true, true }, KVM_NO_PERMISSION, "usermod -aG kvm" },
        { { EPERM, 0, false, false }, KVM_NO_PERMISSION, "usermod -aG kvm" },
        { { ENOENT, 0, true, true }, KVM_NO_NODE, "mknod" },
        { { ENOENT, 0, true, false }, KVM_NO_MODULE, "modprobe" },
        { { ENODEV, 0, true, false }, KVM_NO_MODULE, "modprobe" },
        { { ENOENT, 0, false, false }, KVM_NO_VIRTUALISATION, "firmware" },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        EQ(kvm_state(&cases[i].f), cases[i].s);
        STR_HAS(kvm_state_text(cases[i].s), cases[i].remedy);
    }
}
