// SPDX-License-Identifier: MIT
// What management programs ask before and beside running a machine: types and their properties,
// block devices, controllers; answered from the registries and the machine.
#include "main/qmp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/block.h"
#include "main/options.h"
#include "util/alloc.h"

static const char *text_of(const json_t *args, const char *name)
{
    return json_string_value(json_object_get(args, name));
}

// ---- properties of types -------------------------------------------------------------------

static void add_descs(json_t *list, const ArgDesc *d)
{
    static const char *const kinds[] = {
        [ARG_STRING] = "string", [ARG_BOOL] = "bool", [ARG_U64] = "uint64", [ARG_SIZE] = "size",
    };

    for (; d && d->name; d++)
        json_array_append_new(list, json_pack("{ssssss}", "name", d->name, "type", kinds[d->kind],
                                              "description", d->help));
}

// "NAME-machine" -> its class.
static const MachineClass *machine_type(const char *type)
{
    size_t n = strlen(type);

    machine_class_foreach (it)
        if (str_ends(type, "-machine") && strlen((*it)->name) == n - 8 &&
            !memcmp((*it)->name, type, n - 8))
            return *it;
    return NULL;
}

static const CpuClass *cpu_type(const char *type)
{
    cpu_class_foreach (it)
        for (const CpuModel *m = (*it)->models; m->name; m++) {
            char *name = xasprintf("%s-%s-cpu", m->name, (*it)->name);
            bool same = str_eq(name, type);

            free(name);
            if (same)
                return *it;
        }
    return NULL;
}

static const Accel *accel_type(const char *type)
{
    accel_foreach (it) {
        char *name = xasprintf("%s-accel", (*it)->name);
        bool same = str_eq(name, type);

        free(name);
        if (same)
            return *it;
    }
    return NULL;
}

json_t *qmp_qom_list_properties(Qmp *q, const json_t *args)
{
    const char *type = text_of(args, "typename");
    const DeviceClass *dev = device_class_find(type, NULL);
    const MachineClass *machine = machine_type(type);
    const CpuClass *cpu = cpu_type(type);
    const Accel *accel = accel_type(type);
    const ObjectClass *object = object_class_find(type, NULL);
    json_t *list;

    if (!dev && !machine && !cpu && !accel && !object) {
        error_set(q->err, "Class '%.200s' not found", type);
        q->cls = "DeviceNotFound";
        return NULL;
    }
    list = json_array();
    if (dev)
        qmp_add_props(list, dev->props, DEVICE_PROPS);
    if (object)
        qmp_add_props(list, object->props, OBJECT_PROPS);
    if (machine) {
        add_descs(list, machine_keys + 1); // "type" is the machine itself
        add_descs(list, machine->options);
    }
    if (cpu)
        add_descs(list, cpu->options);
    if (accel)
        add_descs(list, accel->args);
    return list;
}

// ---- what the board can have ---------------------------------------------------------------

json_t *qmp_query_gic(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    (void)q;
    (void)args;
    for (int version = 2; version <= 3; version++) {
        char cls[16];

        snprintf(cls, sizeof(cls), "gicv%d", version);
        if (device_class_find(cls, NULL))
            json_array_append_new(list, json_pack("{sisbsb}", "version", version, "emulated", 1,
                                                  "kernel", 0));
    }
    return list;
}

// Bus 0 of the host bridge; nothing can be plugged into it yet.
json_t *qmp_query_pci(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    (void)args;
    list_foreach (dev, &q->m->devices, Device, link)
        if (str_eq(dev->cls->name, "gpex"))
            json_array_append_new(list, json_pack("{sis[]}", "bus", 0, "devices"));
    return list;
}

json_t *qmp_query_hotpluggable(Qmp *q, const json_t *args)
{
    (void)args;
    error_set(q->err, "The feature 'query-hotpluggable-cpus' is not enabled");
    return NULL;
}

static json_t *inserted(const Block *b)
{
    json_t *image = json_pack("{sssssIsb}", "filename", b->name, "format", "raw", "virtual-size",
                              (json_int_t)b->size, "dirty-flag", 0);
    json_t *j = json_pack("{sssbsssisbss}", "file", b->name, "ro", b->readonly, "drv", "raw",
                          "backing_file_depth", 0, "encrypted", 0, "detect_zeroes", "off");
    static const char *const limits[] = {
        "bps", "bps_rd", "bps_wr", "iops", "iops_rd", "iops_wr", "write_threshold",
    };

    struct stat st;

    if (!stat(b->name, &st))
        json_object_set_new(image, "actual-size", json_integer(st.st_blocks * 512));
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        json_object_set_new(j, limits[i], json_integer(0));
    json_object_set_new(j, "cache", json_pack("{sbsbsb}", "writeback", 1, "direct", 0, "no-flush",
                                              0));
    json_object_set_new(j, "image", image);
    return j;
}

// Flash banks are named by their drive, as in QEMU: pflash0, pflash1.
static int bank_of(const Machine *m, const Block *b)
{
    for (int i = 0; i < MACHINE_FLASHES; i++)
        if (m->config->pflash[i] == b)
            return i;
    return -1;
}

json_t *qmp_query_block(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    (void)args;
    list_foreach (dev, &q->m->devices, Device, link) {
        int bank = dev->block ? bank_of(q->m, dev->block) : -1;

        if (bank < 0 || !dev->block->present)
            continue;
        json_array_append_new(list, json_pack("{sososssbsbso}", "device",
                                              json_sprintf("pflash%d", bank), "qdev",
                                              json_sprintf("/machine/%s", dev->name), "type",
                                              "unknown", "locked", 0, "removable", 0, "inserted",
                                              inserted(dev->block)));
    }
    return list;
}

json_t *qmp_query_uuid(Qmp *q, const json_t *args)
{
    const char *uuid = q->all->host->uuid;

    (void)args;
    return json_pack("{ss}", "UUID", uuid ? uuid : "00000000-0000-0000-0000-000000000000");
}
