// SPDX-License-Identifier: MIT
// Probe: the kernel's KVM header, new enough for what kvm/ uses.
#include <linux/kvm.h>

int main(void)
{
    return KVM_API_VERSION == 12 && KVM_CAP_IMMEDIATE_EXIT ? 0 : 1;
}
