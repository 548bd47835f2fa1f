// SPDX-License-Identifier: MIT
// What a machine may ask of an Arm CPU while it wires it.
#pragma once
#include "core/cpu.h"
#include "core/irq.h"

enum { ARM_INPUT_IRQ, ARM_INPUT_FIQ };              // pins of cpu_irq()
typedef enum { ARM_LINE_PHYS, ARM_LINE_VIRT, ARM_LINE_HYP, ARM_LINE_SEC, ARM_LINE_PMU } ArmLine;

// An output of the CPU: the generic timers' and the performance monitors' interrupt.  The
// usual PPIs: phys 30, virt 27, hyp 26, sec 29, PMU 23.
Irq *arm_line(Cpu *cpu, ArmLine line);
void arm_set_mpidr(Cpu *cpu, u64 affinity);         // Aff3..Aff0; default: 16 to a cluster
u64  arm_mpidr(const Cpu *cpu);
typedef enum { ARM_PSCI_NONE, ARM_PSCI_HVC, ARM_PSCI_SMC } ArmPsciConduit;
void arm_set_psci(Cpu *cpu, ArmPsciConduit how);
bool arm_has_pmu(const Cpu *cpu);                   // performance monitors (-cpu ...,pmu=off)
// Start as a boot loader or -kernel would (EL1, MMU off): after reset.
void arm_set_entry(Cpu *cpu, u64 pc, const u64 x[4]);
