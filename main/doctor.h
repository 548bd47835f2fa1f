// SPDX-License-Identifier: MIT
// `mimic doctor`: what this host offers, and what would make it better.  Main thread, no
// machine; nothing it tries outlives the call.
#pragma once

#include "util/error.h"
#include "util/types.h"

// Why KVM cannot be used.
typedef enum {
    KVM_WORKS,
    KVM_NO_MODULE,
    KVM_NO_NODE,
    KVM_NO_PERMISSION,
    KVM_NO_VIRTUALISATION,
    KVM_TOO_OLD,
    KVM_STATES,
} KvmState;

// What was seen of it.
typedef struct KvmFacts {
    int open_errno;     // of opening /dev/kvm, 0 = it opened
    int api;            // KVM_GET_API_VERSION, if it opened
    bool virt;          // the CPU has VT-x or AMD-V switched on
    bool module;        // the kernel has the vendor's half of KVM
} KvmFacts;

KvmState kvm_state(const KvmFacts *f);
const char *kvm_state_text(KvmState s); // what it is; a remedy, too, unless it works

// Prints the findings to stdout.  *able: guests can run here.  False: stdout takes nothing.
bool doctor(bool *able, Error *err);
