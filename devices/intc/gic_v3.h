// SPDX-License-Identifier: MIT
// Parts of GICv3 in files of their own.  Private to this folder.
#pragma once

#include "core/cpu.h"
#include "devices/intc/gic.h"

#define GICR_FRAMES 0x20000 // RD_base and SGI_base of one CPU, 64 KiB each

extern const MemOps gic_v3_redist0_ops, gic_v3_redist1_ops;

// MPIDR affinity of CPU n, as GICR_TYPER has it (Aff3..Aff0 in 8 bits each); boards give
// their CPUs the same: `cluster` CPUs per Aff1 value.
static inline u32 gic_v3_affinity(const Gic *s, u32 n)
{
    return n / s->cluster << 8 | n % s->cluster;
}

// Index of the CPU with an affinity; GIC_NOWHERE if there is none.
u32 gic_v3_cpu_of(const Gic *s, u32 affinity);

void gic_v3_add_sysregs(Gic *s, RegSpace *space);
void gic_v3_cpuif_reset(Gic *s);
