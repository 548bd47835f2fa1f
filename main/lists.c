// SPDX-License-Identifier: MIT
// What `help` as a value prints: straight from the registries.
#include "main/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

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

static bool print_options(const CpuClass *cpu, const CpuModel *model, Args *opts, Error *err)
{
    bool on[64];
    size_t n = 0;

    while (cpu->options && cpu->options[n].name)
        n++;
    if (!n)
        return printf("%s has no options\n", model->name), true;
    BUG_ON(n > ARRAY_LEN(on));                      // our own table
    if (!cpu->model_options(model, opts, on, err) || !args_all_used(opts, cpu->options, err))
        return false;
    printf("Options of %s:\n", model->name);
    for (size_t i = 0; i < n; i++)
        printf("  %-12s = %-4s %s\n", cpu->options[i].name, on[i] ? "on" : "off",
               cpu->options[i].help);
    return true;
}

bool list_cpu_options(const MachineClass *cls, const char *text, Error *err)
{
    const CpuClass *cpu = cpu_class_find(cls->cpu_class, err);
    const CpuModel *model;
    Args opts;
    bool ok;

    if (!cpu || !args_parse(&opts, "-cpu", text, "model", NULL, err))
        return false;
    (void)args_find(&opts, "help");
    (void)args_find(&opts, "?");
    model = cpu_model_find(cpu, args_str(&opts, "model", ""), err);
    ok = model && print_options(cpu, model, &opts, err);
    args_free(&opts);
    return ok;
}

void list_accels(void)
{
    puts("Accelerators:");
    accel_foreach(it) {
        printf("  %-20s %s\n", (*it)->name, (*it)->desc);
        args_help((*it)->args, stdout);
    }
}

void list_objects(void)
{
    puts("Objects:");
    object_class_foreach (it)
        printf("  %-24s %s\n", (*it)->name, (*it)->desc);
}

bool list_object_options(const char *text, Error *err)
{
    char *name = xstrndup(text, strcspn(text, ","));
    const ObjectClass *c = object_class_find(name, err);

    free(name);
    if (!c)
        return error_prefix(err, "-object ");
    printf("Options of %s:\n", c->name);
    for (const Prop *p = c->props; p < c->props + OBJECT_PROPS && p->name; p++)
        printf("  %-20s %s\n", p->name, p->help);
    return true;
}
