// SPDX-License-Identifier: MIT
// The commands of QMP, with QEMU's names, arguments and results; answers come from the machine
// and the registries.
#include "main/qmp.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "main/hmp.h"
#include "main/options.h"
#include "util/alloc.h"

#define UNUSED_ARGS (void)q, (void)args

static json_t *none(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return NULL;
}

static json_t *empty_list(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return json_array();
}

static const char *arg_str(const json_t *args, const char *name)
{
    return json_string_value(json_object_get(args, name));
}

static u64 arg_int(const json_t *args, const char *name)
{
    return (u64)json_integer_value(json_object_get(args, name));
}

static json_t *wrong(Qmp *q, const char *cls, const char *fmt, const char *what)
{
    char text[400];

    snprintf(text, sizeof(text), "%s '%.200s'", fmt, what);
    error_set(q->err, "%s", text);
    q->cls = cls;
    return NULL;
}

// ---- running -------------------------------------------------------------------------------

static json_t *stop(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    if (machine_state(q->m) == MACHINE_RUNNING)
        machine_pause(q->m);
    return NULL;
}

static json_t *cont(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    monitors_cont(q->all, q->err);
    return NULL;
}

static json_t *system_reset(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    q->all->reset_by = BY_QMP;
    machine_request(q->m, REQUEST_RESET, 0);
    return NULL;
}

static json_t *system_powerdown(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    machine_request(q->m, REQUEST_POWERDOWN, 0);
    return NULL;
}

static json_t *quit(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    q->all->quit_by = BY_QMP;
    machine_request(q->m, REQUEST_QUIT, 0);
    return NULL;
}

static json_t *inject_nmi(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    error_set(q->err, "this machine has no non-maskable interrupt");
    return NULL;
}

static json_t *send_key(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    error_set(q->err, "this machine has no keyboard");
    return NULL;
}

static json_t *human(Qmp *q, const json_t *args)
{
    u32 was = q->all->cpu;
    Str out = { 0 }, crlf = { 0 };
    json_t *ret;

    if (json_object_get(args, "cpu-index")) {
        if (arg_int(args, "cpu-index") >= q->m->cpu_count)
            return wrong(q, NULL, "Parameter expects a CPU number:", "cpu-index");
        q->all->cpu = (u32)arg_int(args, "cpu-index");
    }
    hmp_execute(q->m, arg_str(args, "command-line"), &out);
    q->all->cpu = was;
    for (const char *p = str_text(&out); *p; p++)
        str_add(&crlf, *p == '\n' ? "\r\n" : (char[]){ *p, '\0' });
    ret = json_string(str_text(&crlf));
    str_free(&out);
    str_free(&crlf);
    return ret ? ret : wrong(q, NULL, "the answer is no UTF-8 text:", "command-line");
}

static json_t *save(Qmp *q, const json_t *args, bool physical)
{
    u64 cpu = arg_int(args, "cpu-index");

    if (cpu >= q->m->cpu_count)
        return wrong(q, NULL, "Parameter expects a CPU number:", "cpu-index");
    cpu_pause_all(q->m);
    memory_save(q->m->cpu[cpu], physical, arg_int(args, "val"), arg_int(args, "size"),
                arg_str(args, "filename"), q->err);
    cpu_resume_all(q->m);
    return NULL;
}

static json_t *memsave(Qmp *q, const json_t *args) { return save(q, args, false); }
static json_t *pmemsave(Qmp *q, const json_t *args) { return save(q, args, true); }

// ---- the machine ---------------------------------------------------------------------------

static json_t *query_version(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return json_pack("{s{sisisi}ss}", "qemu", "micro", 0, "minor", 2, "major", 7, "package",
                     "Mimic " MIMIC_VERSION);
}

static json_t *query_status(Qmp *q, const json_t *args)
{
    const char *status = monitors_status(q->all);

    UNUSED_ARGS;
    return json_pack("{sbsbss}", "running", str_eq(status, "running"), "singlestep", 0, "status",
                     status);
}

static json_t *query_name(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return q->all->host->name ? json_pack("{ss}", "name", q->all->host->name) : NULL;
}

static json_t *query_kvm(Qmp *q, const json_t *args)
{
    bool present = false;

    UNUSED_ARGS;
    accel_foreach (it)
        present |= str_eq((*it)->name, "kvm");
    return json_pack("{sbsb}", "enabled", str_eq(q->m->accel->name, "kvm"), "present", present);
}

static json_t *query_target(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return json_pack("{ss}", "arch", q->m->cpu_class->gdb_arch);
}

static json_t *query_cpus(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    UNUSED_ARGS;
    cpu_pause_all(q->m);
    for (u32 i = 0; i < q->m->cpu_count; i++) {
        char path[40];

        snprintf(path, sizeof(path), "/machine/cpu%u", i);
        json_array_append_new(list, json_pack("{sisssiss}", "cpu-index", (int)i, "qom-path", path,
                                              "thread-id", cpu_thread_number(q->m->cpu[i]),
                                              "target", q->m->cpu_class->gdb_arch));
    }
    cpu_resume_all(q->m);
    return list;
}

static json_t *query_memory(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return json_pack("{sIsi}", "base-memory", (json_int_t)machine_ram_size(q->m),
                     "plugged-memory", 0);
}

static json_t *query_vnc(Qmp *q, const json_t *args)
{
    UNUSED_ARGS;
    return json_pack("{sb}", "enabled", 0);
}

static void add_chardev(void *opaque, const char *id, const char *kind, u64 in, u64 out)
{
    (void)in;
    (void)out;
    json_array_append_new(opaque, json_pack("{sssssb}", "label", id, "filename", kind,
                                            "frontend-open", 1));
}

static json_t *query_chardev(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    UNUSED_ARGS;
    if (q->all->host->chardevs)
        chardevs_each(q->all->host->chardevs, add_chardev, list);
    return list;
}

static json_t *query_chardev_backends(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    UNUSED_ARGS;
    chardev_class_foreach (it)
        json_array_append_new(list, json_pack("{ss}", "name", (*it)->name));
    return list;
}

// ---- what is built in ----------------------------------------------------------------------

static json_t *query_commands(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    UNUSED_ARGS;
    for (size_t i = 0; i < qmp_command_count; i++)
        json_array_append_new(list, json_pack("{ss}", "name", qmp_commands[i].name));
    return list;
}

static json_t *query_machines(Qmp *q, const json_t *args)
{
    json_t *list = json_array();

    UNUSED_ARGS;
    machine_class_foreach (it) {
        const MachineClass *c = *it;
        json_t *row = json_pack("{sssisbsbsb}", "name", c->name, "cpu-max",
                                (int)MAX(c->max_cpus, 1), "hotpluggable-cpus", 0,
                                "numa-mem-supported", 0, "deprecated", 0);

        if (c->alias)
            json_object_set_new(row, "alias", json_string(c->alias));
        if (!c->bare)
            json_object_set_new(row, "default-ram-id",
                                json_string(c->ram_id ? c->ram_id : "ram"));
        if (c->default_cpu)
            json_object_set_new(row, "default-cpu-type",
                                json_sprintf("%s-%s-cpu", c->default_cpu, c->cpu_class));
        json_array_append_new(list, row);
    }
    return list;
}

static json_t *query_cpu_definitions(Qmp *q, const json_t *args)
{
    const CpuClass *cls = q->m->cpu_class;
    json_t *list = json_array();

    UNUSED_ARGS;
    for (const CpuModel *m = cls->models; m->name; m++)
        json_array_append_new(list, json_pack("{sssosbsb}", "name", m->name, "typename",
                                              json_sprintf("%s-%s-cpu", m->name, cls->name),
                                              "static", 0, "deprecated", 0));
    return list;
}

// One "props" of the command as an option of -cpu: "name=on", "name=off", "name=text".
static bool add_prop(Str *text, const char *name, const json_t *v, Error *err)
{
    const char *s = json_is_boolean(v) ? json_is_true(v) ? "on" : "off" : json_string_value(v);

    if (!s || str_eq(name, "model") || strchr(name, ',') || strchr(name, '=') || strchr(s, ','))
        return error_set(err, "model.props: '%.80s' wants true or false", name);
    str_addf(text, ",%s=%s", name, s);
    return true;
}

static json_t *model_props(const CpuClass *cls, const CpuModel *m, Args *opts, Error *err)
{
    json_t *props = json_object();
    bool on[64];
    size_t n = 0;

    while (cls->options && cls->options[n].name)
        n++;
    BUG_ON(n > ARRAY_LEN(on));                      // our own table
    if (n && (!cls->model_options(m, opts, on, err) || !args_all_used(opts, cls->options, err)))
        return json_decref(props), NULL;
    for (size_t i = 0; i < n; i++)
        json_object_set_new(props, cls->options[i].name, json_boolean(on[i]));
    return props;
}

static json_t *query_cpu_model_expansion(Qmp *q, const json_t *args)
{
    const json_t *model = json_object_get(args, "model");
    json_t *given = json_object_get(model, "props");
    const char *name = arg_str(model, "name"), *key;
    const CpuModel *m;
    json_t *props = NULL, *v;
    Str text = { 0 };
    Args opts;
    bool ok = true;

    if (!qmp_check(qmp_type("CpuModelInfo")->members, model, q->err))
        return NULL;
    if (given && !json_is_object(given))
        return wrong(q, NULL, "Invalid parameter type for", "model.props");
    m = cpu_model_find(q->m->cpu_class, name, q->err);
    str_add(&text, name);
    json_object_foreach (given, key, v)
        ok = ok && add_prop(&text, key, v, q->err);
    if (m && ok && args_parse(&opts, "model", str_text(&text), "model", NULL, q->err)) {
        (void)args_find(&opts, "model");
        props = model_props(q->m->cpu_class, m, &opts, q->err);
        args_free(&opts);
    }
    str_free(&text);
    return props ? json_pack("{s{ssso}}", "model", "name", m->name, "props", props) : NULL;
}

static json_t *parameters(const ArgDesc *d)
{
    static const char *const kinds[] = {
        [ARG_STRING] = "string", [ARG_BOOL] = "boolean", [ARG_U64] = "number", [ARG_SIZE] = "size",
    };
    json_t *list = json_array();

    for (; d && d->name; d++)
        json_array_append_new(list, json_pack("{ssssss}", "name", d->name, "type", kinds[d->kind],
                                              "help", d->help));
    return list;
}

typedef struct OptionList { json_t *list; const char *only; } OptionList;

static void add_option(void *opaque, const char *name, const ArgDesc *keys)
{
    OptionList *o = opaque;

    if (!o->only || str_eq(o->only, name))
        json_array_append_new(o->list, json_pack("{ssso}", "option", name, "parameters",
                                                 parameters(keys)));
}

static json_t *query_options(Qmp *q, const json_t *args)
{
    OptionList o = { json_array(), arg_str(args, "option") };

    options_each(add_option, &o);
    if (o.only && !json_array_size(o.list)) {
        json_decref(o.list);
        return wrong(q, NULL, "Invalid parameter", o.only);
    }
    return o.list;
}

// ---- objects -------------------------------------------------------------------------------
// The tree: /machine, below it its devices by name and cpu0, cpu1 ...; /objects.

static const char *prop_type(const Prop *p)
{
    static const char *const kinds[] = {
        [PROP_KIND_BOOL] = "bool", [PROP_KIND_U8] = "uint8", [PROP_KIND_U16] = "uint16",
        [PROP_KIND_U32] = "uint32", [PROP_KIND_U64] = "uint64", [PROP_KIND_SIZE] = "size",
        [PROP_KIND_STRING] = "str", [PROP_KIND_ENUM] = "str", [PROP_KIND_LINK] = "link<device>",
    };

    return kinds[p->kind];
}

static void add_type(json_t *list, const char *wanted, const char *parent, json_t *name)
{
    if (!wanted || str_eq(wanted, parent))
        json_array_append_new(list, json_pack("{soss}", "name", name, "parent", parent));
    else
        json_decref(name);
}

static json_t *qom_list_types(Qmp *q, const json_t *args)
{
    const char *wanted = arg_str(args, "implements");
    json_t *list = json_array();

    (void)q;
    device_class_foreach (it)
        add_type(list, wanted, "device", json_string((*it)->name));
    machine_class_foreach (it)
        add_type(list, wanted, "machine", json_sprintf("%s-machine", (*it)->name));
    accel_foreach (it)
        add_type(list, wanted, "accel", json_sprintf("%s-accel", (*it)->name));
    object_class_foreach (it)
        add_type(list, str_eq(wanted, "user-creatable") ? NULL : wanted, (*it)->parent,
                 json_string((*it)->name));
    cpu_class_foreach (it)
        for (const CpuModel *m = (*it)->models; m->name; m++)
            add_type(list, wanted, "cpu", json_sprintf("%s-%s-cpu", m->name, (*it)->name));
    return list;
}

static void add_property(json_t *list, const char *name, json_t *type)
{
    json_array_append_new(list, json_pack("{ssso}", "name", name, "type", type));
}

void qmp_add_props(json_t *list, const Prop *props, size_t max)
{
    for (const Prop *p = props; p < props + max && p->name; p++) {
        add_property(list, p->name, json_string(prop_type(p)));
        if (p->help)
            json_object_set_new(json_array_get(list, json_array_size(list) - 1), "description",
                                json_string(p->help));
    }
}

static json_t *device_list_properties(Qmp *q, const json_t *args)
{
    const char *name = arg_str(args, "typename");
    const DeviceClass *c = device_class_find(name, NULL);
    json_t *list;

    if (!c)
        return wrong(q, "DeviceNotFound", "there is no device type", name);
    list = json_array();
    qmp_add_props(list, c->props, DEVICE_PROPS);
    return list;
}

static Cpu *cpu_at(const Machine *m, const char *name)
{
    for (u32 i = 0; i < m->cpu_count; i++) {
        char cpu[24];

        snprintf(cpu, sizeof(cpu), "cpu%u", i);
        if (str_eq(cpu, name))
            return m->cpu[i];
    }
    return NULL;
}

static void list_machine(const Machine *m, json_t *list)
{
    list_foreach (dev, &m->devices, Device, link)
        add_property(list, dev->name, json_sprintf("child<%s>", dev->cls->name));
    for (u32 i = 0; i < m->cpu_count; i++) {
        char name[24];

        snprintf(name, sizeof(name), "cpu%u", i);
        add_property(list, name, json_sprintf("child<%s-%s-cpu>", m->cpu_model->name,
                                              m->cpu_class->name));
    }
}

static Object *object_at(Machine *m, const char *path)
{
    return str_starts(path, "/objects/") ? objects_find(machine_objects(m), path + 9) : NULL;
}

static json_t *qom_list(Qmp *q, const json_t *args)
{
    const char *path = arg_str(args, "path");
    const Object *object = object_at(q->m, path);
    const char *leaf = str_starts(path, "/machine/") ? path + 9 : "";
    Device *dev = machine_device(q->m, leaf);
    json_t *list = json_array();

    add_property(list, "type", json_string("string"));
    if (str_eq(path, "/")) {
        add_property(list, "machine", json_sprintf("child<%s-machine>", q->m->cls->name));
        add_property(list, "objects", json_string("child<container>"));
    } else if (str_eq(path, "/objects"))
        objects_foreach (it, machine_objects(q->m))
            add_property(list, it->id, json_sprintf("child<%s>", it->cls->name));
    else if (object)
        qmp_add_props(list, object->cls->props, OBJECT_PROPS);
    else if (str_eq(path, "/machine"))
        list_machine(q->m, list);
    else if (dev)
        qmp_add_props(list, dev->cls->props, DEVICE_PROPS);
    else if (!cpu_at(q->m, leaf)) {
        json_decref(list);
        return wrong(q, "DeviceNotFound", "Device not found:", path);
    }
    return list;
}

json_t *qmp_prop_value(const void *self, const Prop *p)
{
    const void *at = (const u8 *)self + p->at;
    const Device *to;
    const char *s;

    switch (p->kind) {
    case PROP_KIND_STRING: s = *(char *const *)at; return json_string(s ? s : "");
    case PROP_KIND_LINK:
        to = *(Device *const *)at;
        return to ? json_sprintf("/machine/%s", to->name) : json_string("");
    case PROP_KIND_ENUM: return json_string(p->names[prop_get_u64(self, p)]);
    case PROP_KIND_BOOL: return json_boolean(prop_get_u64(self, p));
    default: return json_integer((json_int_t)prop_get_u64(self, p));
    }
}

// NULL: it has no such property.
static json_t *object_property(const Object *o, const char *name)
{
    const Prop *p = prop_find(o->cls->props, OBJECT_PROPS, name);

    if (str_eq(name, "type"))
        return json_string(o->cls->name);
    return p ? qmp_prop_value(o, p) : NULL;
}

static json_t *qom_get(Qmp *q, const json_t *args)
{
    const char *path = arg_str(args, "path"), *name = arg_str(args, "property");
    const Object *object = object_at(q->m, path);
    json_t *value = object ? object_property(object, name) : NULL;
    const char *leaf = str_starts(path, "/machine/") ? path + 9 : "";
    Device *dev = machine_device(q->m, leaf);
    const Prop *p = dev ? prop_find(dev->cls->props, DEVICE_PROPS, name) : NULL;
    bool type = str_eq(name, "type");

    if (value)
        return value;
    if (!dev && !object && !str_eq(path, "/objects") && !str_eq(path, "/") &&
        !str_eq(path, "/machine") && !cpu_at(q->m, leaf))
        return wrong(q, "DeviceNotFound", "Device not found:", path);
    if (p)
        return qmp_prop_value(dev, p);
    if (type && dev)
        return json_string(dev->cls->name);
    if (type && str_eq(path, "/machine"))
        return json_sprintf("%s-machine", q->m->cls->name);
    if (type && (str_eq(path, "/") || str_eq(path, "/objects")))
        return json_string("container");
    if (type && !object)
        return json_sprintf("%s-%s-cpu", q->m->cpu_model->name, q->m->cpu_class->name);
    return wrong(q, NULL, "there is no property", name);
}

const QmpCommand qmp_commands[] = {
    { "qmp_capabilities", "enable?:[QMPCapability]", NULL, none },
    { "stop", "", NULL, stop },
    { "cont", "", NULL, cont },
    { "system_reset", "", NULL, system_reset },
    { "system_powerdown", "", NULL, system_powerdown },
    { "quit", "", NULL, quit },
    { "inject-nmi", "", NULL, inject_nmi },
    { "send-key", "keys:[any] hold-time?:int", NULL, send_key },
    { "human-monitor-command", "command-line:str cpu-index?:int", "str", human },
    { "memsave", "val:int size:int filename:str cpu-index?:int", NULL, memsave },
    { "pmemsave", "val:int size:int filename:str", NULL, pmemsave },
    { "getfd", "fdname:str", NULL, qmp_getfd },
    { "closefd", "fdname:str", NULL, qmp_closefd },
    { "add-fd", "fdset-id?:int opaque?:str", "AddfdInfo", qmp_add_fd },
    { "remove-fd", "fdset-id:int fd?:int", NULL, qmp_remove_fd },
    { "query-fdsets", "", "[FdsetInfo]", qmp_query_fdsets },
    { "query-version", "", "VersionInfo", query_version },
    { "query-status", "", "StatusInfo", query_status },
    { "query-name", "", "NameInfo", query_name },
    { "query-uuid", "", "UuidInfo", qmp_query_uuid },
    { "query-kvm", "", "KvmInfo", query_kvm },
    { "query-target", "", "TargetInfo", query_target },
    { "query-cpus-fast", "", "[CpuInfoFast]", query_cpus },
    { "query-memory-size-summary", "", "MemoryInfo", query_memory },
    { "query-gic-capabilities", "", "[GICCapability]", qmp_query_gic },
    { "query-vnc", "", "VncInfo", query_vnc },
    { "query-block", "", "[BlockInfo]", qmp_query_block },
    { "query-iothreads", "", "[any]", empty_list },
    { "object-add", "qom-type:str id:str " QMP_MORE "?:any", NULL, qmp_object_add },
    { "object-del", "id:str", NULL, qmp_object_del },
    { "query-memdev", "", "[Memdev]", qmp_query_memdev },
    { "query-hotpluggable-cpus", "", "[any]", qmp_query_hotpluggable },
    { "query-mice", "", "[any]", empty_list },
    { "query-pci", "", "[PciInfo]", qmp_query_pci },
    { "query-chardev", "", "[ChardevInfo]", query_chardev },
    { "query-chardev-backends", "", "[ChardevBackendInfo]", query_chardev_backends },
    { "query-commands", "", "[CommandInfo]", query_commands },
    { "query-qmp-schema", "", "[SchemaInfo]", qmp_schema },
    { "query-machines", "", "[MachineInfo]", query_machines },
    { "query-cpu-definitions", "", "[CpuDefinitionInfo]", query_cpu_definitions },
    { "query-cpu-model-expansion", "type:CpuModelExpansionType model:CpuModelInfo",
      "CpuModelExpansionInfo", query_cpu_model_expansion },
    { "query-command-line-options", "option?:str", "[CommandLineOptionInfo]", query_options },
    { "qom-list-types", "implements?:str abstract?:bool", "[ObjectTypeInfo]", qom_list_types },
    { "qom-list", "path:str", "[ObjectPropertyInfo]", qom_list },
    { "qom-get", "path:str property:str", "any", qom_get },
    { "query-tpm-models", "", "[str]", empty_list },
    { "query-tpm-types", "", "[str]", empty_list },
    { "query-migrate-capabilities", "", "[any]", empty_list },
    { "qom-list-properties", "typename:str", "[ObjectPropertyInfo]", qmp_qom_list_properties },
    { "device-list-properties", "typename:str", "[ObjectPropertyInfo]", device_list_properties },
};
const size_t qmp_command_count = ARRAY_LEN(qmp_commands);
