// SPDX-License-Identifier: MIT
// What `help` as a value prints: straight from the registries.
#include "main/options.h"

#include <stdio.h>

void list_machines(void)
{
    puts("Machines:");
    machine_class_foreach(it) {
        if ((*it)->alias)
            printf("  %-20s %s (alias of %s)\n", (*it)->alias, (*it)->desc, (*it)->name);
        printf("  %-20s %s\n", (*it)->name, (*it)->desc);
    }
}

void list_machine_options(const MachineClass *cls)
{
    printf("Properties of %s:\n", cls->name);
    args_help(machine_keys + 1, stdout); // "type" is the machine itself
    args_help(cls->options, stdout);
}

void list_cpus(const MachineClass *cls)
{
    const CpuClass *cpu = cpu_class_find(cls->cpu_class, NULL);

    printf("Processors of %s:\n", cls->name);
    for (const CpuModel *m = cpu ? cpu->models : NULL; m && m->name; m++)
        printf("  %-20s %s\n", m->name, m->desc);
}

void list_accels(void)
{
    puts("Accelerators:");
    accel_foreach(it) {
        printf("  %-20s %s\n", (*it)->name, (*it)->desc);
        args_help((*it)->args, stdout);
    }
}
