// SPDX-License-Identifier: MIT
// Firmware calls by HVC or SMC: Arm PSCI (DEN 0022D, version 1.1) and the SMC Calling Convention
// (DEN 0028C, version 1.1) discovery calls.  The machine says which instruction is the conduit.
//
// CPU_SUSPEND is WFI whatever the state asked for: a power-down state may be promoted to standby
// (5.4.2 allows an immediate return with SUCCESS after a wake-up event).
#include "cpu/arm/internal.h"

#include "core/machine.h"
#include "cpu/arm/arm.h"
#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("cpu.arm.psci")

enum { PSCI_SUCCESS = 0, PSCI_NOT_SUPPORTED = -1, PSCI_INVALID_PARAMETERS = -2, PSCI_DENIED = -3,
       PSCI_ALREADY_ON = -4, PSCI_ON_PENDING = -5, PSCI_INVALID_ADDRESS = -9 };
enum { AFFINITY_ON = 0, AFFINITY_OFF = 1, AFFINITY_ON_PENDING = 2, MIGRATE_NOT_NEEDED = 2 };
#define MPIDR_AFF 0xff00ffffffull

static ArmCpu *cpu_of_mpidr(ArmCpu *s, u64 mpidr)
{
    Machine *m = s->cpu.machine;

    if ((s->id.mpidr & MPIDR_AFF) == mpidr)
        return s;
    for (u32 i = 0; m && i < m->cpu_count; i++)
        if ((arm_cpu(m->cpu[i])->id.mpidr & MPIDR_AFF) == mpidr)
            return arm_cpu(m->cpu[i]);
    return NULL;
}

static i64 cpu_on(ArmCpu *s, u64 target, u64 entry, u64 context)
{
    ArmCpu *to = cpu_of_mpidr(s, target);

    if (!to)
        return PSCI_INVALID_PARAMETERS;
    if (entry & 3)
        return PSCI_INVALID_ADDRESS;
    if (cpu_power_on(&to->cpu, entry, context))
        return PSCI_SUCCESS;
    return atomic_load(&to->cpu.power) == CPU_POWER_PENDING ? PSCI_ON_PENDING : PSCI_ALREADY_ON;
}

static i64 affinity_info(ArmCpu *s, u64 target, u64 level)
{
    ArmCpu *to = cpu_of_mpidr(s, target);

    if (!to || level)                               // level > 0 is optional in PSCI 1.0 on
        return PSCI_INVALID_PARAMETERS;
    switch (atomic_load(&to->cpu.power)) {
    case CPU_POWER_ON:      return AFFINITY_ON;
    case CPU_POWER_PENDING: return AFFINITY_ON_PENDING;
    default:                return AFFINITY_OFF;
    }
}

// Switches this CPU off; the machine's request, if any, follows on the loop.
static _Noreturn void leave(ArmCpu *s)
{
    cpu_power_off_self(&s->cpu);
    tcg_unwind(&s->cpu);
}

static _Noreturn void end_machine(ArmCpu *s, MachineRequest what)
{
    machine_request(s->cpu.machine, what, 0);
    leave(s);
}

// Function identifiers: bit 30 is the 64-bit convention.
enum {
    SMCCC_VERSION = 0x80000000, SMCCC_ARCH_FEATURES = 0x80000001,
    FN_VERSION = 0x84000000, FN_SUSPEND = 0x84000001, FN_OFF = 0x84000002, FN_ON = 0x84000003,
    FN_AFFINITY_INFO = 0x84000004, FN_MIGRATE_INFO_TYPE = 0x84000006,
    FN_SYSTEM_OFF = 0x84000008, FN_SYSTEM_RESET = 0x84000009, FN_FEATURES = 0x8400000a,
    FN_SYSTEM_RESET2 = 0x84000012, FN_64 = 0x40000000,
};

static i64 features(u32 fn)
{
    switch (fn) {
    case SMCCC_VERSION:
    case FN_VERSION: case FN_OFF: case FN_MIGRATE_INFO_TYPE: case FN_SYSTEM_OFF:
    case FN_SYSTEM_RESET: case FN_FEATURES: case FN_SYSTEM_RESET2: case FN_SYSTEM_RESET2 | FN_64:
    case FN_SUSPEND: case FN_SUSPEND | FN_64: case FN_ON: case FN_ON | FN_64:
    case FN_AFFINITY_INFO: case FN_AFFINITY_INFO | FN_64:
        return 0;
    }
    return PSCI_NOT_SUPPORTED;
}

bool arm_psci(ArmCpu *s)
{
    u32 fn = (u32)s->x[0];
    u64 mask = fn & FN_64 ? ~0ull : 0xffffffff;
    u64 a1 = s->x[1] & mask, a2 = s->x[2] & mask, a3 = s->x[3] & mask;
    i64 ret;

    switch (fn) {
    case SMCCC_VERSION:         ret = 0x10001; break;
    case SMCCC_ARCH_FEATURES:
        ret = (u32)a1 == SMCCC_ARCH_FEATURES ? 0 : PSCI_NOT_SUPPORTED;
        break;
    case FN_VERSION:            ret = 0x10001; break;
    case FN_FEATURES:           ret = features((u32)a1); break;
    case FN_MIGRATE_INFO_TYPE:  ret = MIGRATE_NOT_NEEDED; break;
    case FN_ON: case FN_ON | FN_64:
        ret = cpu_on(s, a1, a2, a3);
        break;
    case FN_AFFINITY_INFO: case FN_AFFINITY_INFO | FN_64:
        ret = affinity_info(s, a1, a2);
        break;
    case FN_SUSPEND: case FN_SUSPEND | FN_64:
        s->x[0] = PSCI_SUCCESS;
        s->cpu.halted = !atomic_load(&s->cpu.pending_irq);
        tcg_unwind(&s->cpu);
    case FN_OFF:                leave(s);
    case FN_SYSTEM_OFF:         end_machine(s, REQUEST_POWEROFF);
    case FN_SYSTEM_RESET:       end_machine(s, REQUEST_RESET);
    case FN_SYSTEM_RESET2: case FN_SYSTEM_RESET2 | FN_64:
        if ((u32)a1)                                // only the architectural warm reset
            return s->x[0] = (u64)(i64)PSCI_INVALID_PARAMETERS, true;
        end_machine(s, REQUEST_RESET);
    default:
        log_unimp("firmware call 0x%x", fn);
        return false;
    }
    s->x[0] = (u64)ret;
    return true;
}
