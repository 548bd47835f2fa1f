// SPDX-License-Identifier: MIT
// Types of QMP, the check of arguments against them, introspection (QEMU's "QEMU QMP Reference
// Manual", SchemaInfo).  Names of types are plain here; clients are told not to rely on them.
#include "main/qmp.h"

#include <string.h>

static const QmpType types[] = {
    { "RunState", NULL, "debug guest-panicked paused prelaunch running shutdown" },
    { "SysEmuTarget", NULL, "aarch64 arm i386 x86_64" },
    { "GuestPanicAction", NULL, "pause poweroff" },
    { "ShutdownCause", NULL, "guest-panic guest-reset guest-shutdown host-qmp-quit "
      "host-qmp-system-reset host-signal host-ui" },
    { "CommandLineParameterType", NULL, "boolean number size string" },
    { "CpuModelExpansionType", NULL, "full static" },
    { "SchemaMetaType", NULL, "alternate array builtin command enum event object" },
    { "QMPCapability", NULL, "oob" },
    { "VersionTriple", "major:int minor:int micro:int", NULL },
    { "VersionInfo", "qemu:VersionTriple package:str", NULL },
    { "StatusInfo", "running:bool singlestep:bool status:RunState", NULL },
    { "NameInfo", "name?:str", NULL },
    { "UuidInfo", "UUID:str", NULL },
    { "KvmInfo", "enabled:bool present:bool", NULL },
    { "CpuInstanceProperties", "core-id?:int thread-id?:int", NULL },
    { "CpuInfoFast", "cpu-index:int qom-path:str thread-id:int props?:CpuInstanceProperties "
      "target:SysEmuTarget", NULL },
    { "ChardevInfo", "label:str filename:str frontend-open:bool", NULL },
    { "ChardevBackendInfo", "name:str", NULL },
    { "CommandInfo", "name:str", NULL },
    { "SchemaInfo", "name:str meta-type:SchemaMetaType members?:[any] element-type?:str "
      "json-type?:str arg-type?:str ret-type?:str values?:[str] allow-oob?:bool", NULL },
    { "ObjectTypeInfo", "name:str abstract?:bool parent?:str", NULL },
    { "ObjectPropertyInfo", "name:str type:str description?:str default-value?:any", NULL },
    { "MachineInfo", "name:str alias?:str is-default?:bool cpu-max:int hotpluggable-cpus:bool "
      "numa-mem-supported:bool deprecated:bool default-cpu-type?:str default-ram-id?:str", NULL },
    { "CpuDefinitionInfo", "name:str migration-safe?:bool static:bool unavailable-features?:[str] "
      "typename:str deprecated:bool", NULL },
    { "CpuModelInfo", "name:str props?:any", NULL },
    { "CpuModelExpansionInfo", "model:CpuModelInfo", NULL },
    { "CommandLineParameterInfo", "name:str type:CommandLineParameterType help?:str", NULL },
    { "CommandLineOptionInfo", "option:str parameters:[CommandLineParameterInfo]", NULL },
    { "TargetInfo", "arch:SysEmuTarget", NULL },
    { "MemoryInfo", "base-memory:int plugged-memory?:int", NULL },
    { "GICCapability", "version:int emulated:bool kernel:bool", NULL },
    { "AddfdInfo", "fdset-id:int fd:int", NULL },
    { "FdsetFdInfo", "fd:int opaque?:str", NULL },
    { "FdsetInfo", "fdset-id:int fds:[FdsetFdInfo]", NULL },
    { "PciInfo", "bus:int devices:[any]", NULL },
    { "BlockdevCacheInfo", "writeback:bool direct:bool no-flush:bool", NULL },
    { "ImageInfo", "filename:str format:str dirty-flag?:bool virtual-size:int "
      "actual-size?:int", NULL },
    { "BlockDeviceInfo", "file:str ro:bool drv:str backing_file_depth:int encrypted:bool "
      "detect_zeroes:str bps:int bps_rd:int bps_wr:int iops:int iops_rd:int iops_wr:int "
      "image:ImageInfo cache:BlockdevCacheInfo write_threshold:int", NULL },
    { "BlockInfo", "device:str qdev?:str type:str removable:bool locked:bool "
      "inserted?:BlockDeviceInfo", NULL },
    { "VncInfo", "enabled:bool", NULL },
    { "HostMemPolicy", NULL, "bind default interleave preferred" },
    { "Memdev", "id?:str size:int merge:bool dump:bool prealloc:bool share:bool reserve?:bool "
      "host-nodes:[int] policy:HostMemPolicy", NULL },
};

static const QmpEvent events[] = {
    { "GUEST_PANICKED", "action:GuestPanicAction" }, { "POWERDOWN", "" },
    { "RESET", "guest:bool reason:ShutdownCause" }, { "RESUME", "" },
    { "SHUTDOWN", "guest:bool reason:ShutdownCause" }, { "STOP", "" },
};

static const struct { const char *name, *json; } builtins[] = {
    { "str", "string" }, { "int", "int" }, { "bool", "boolean" }, { "any", "value" },
};

const QmpType *qmp_type(const char *name)
{
    for (const QmpType *t = types; t < types + ARRAY_LEN(types); t++)
        if (str_eq(t->name, name))
            return t;
    return NULL;
}

bool qmp_member(const char **p, QmpMember *m)
{
    size_t n, type;

    *p += strspn(*p, " ");
    n = strcspn(*p, ":");
    type = strcspn(*p, " ");
    if (!**p)
        return false;
    BUG_ON(n >= type || n >= sizeof(m->name) || type - n > sizeof(m->type)); // our own table
    m->optional = (*p)[n - 1] == '?';
    snprintf(m->name, sizeof(m->name), "%.*s", (int)(n - m->optional), *p);
    snprintf(m->type, sizeof(m->type), "%.*s", (int)(type - n - 1), *p + n + 1);
    *p += type;
    return true;
}

// ---- arguments -----------------------------------------------------------------------------

static bool has_value(const char *values, const char *v)
{
    size_t n = strlen(v);

    for (const char *p = values; *p; p += strspn(p, " ")) {
        size_t len = strcspn(p, " ");

        if (len == n && !memcmp(p, v, n))
            return true;
        p += len;
    }
    return false;
}

static bool check_one(const QmpMember *m, const json_t *v, Error *err)
{
    const QmpType *t = qmp_type(m->type);
    const char *want = NULL;

    if (*m->type == '[' && !json_is_array(v))
        want = "array";
    else if (t && t->members && !json_is_object(v))
        want = "object";
    else if (((t && t->values) || str_eq(m->type, "str")) && !json_is_string(v))
        want = "string";
    else if (str_eq(m->type, "int") && !json_is_integer(v))
        want = "integer";
    else if (str_eq(m->type, "bool") && !json_is_boolean(v))
        want = "boolean";
    if (want)
        return error_set_class(err, ERROR_INVALID,
                               "Invalid parameter type for '%s', expected: %s", m->name, want);
    if (t && t->values && !has_value(t->values, json_string_value(v)))
        return error_set_class(err, ERROR_INVALID, "Parameter '%s' does not accept value '%.80s'",
                               m->name, json_string_value(v));
    return !t || !t->members || qmp_check(t->members, v, err);
}

bool qmp_check(const char *members, const json_t *args, Error *err)
{
    const char *p = members, *key;
    QmpMember m;
    json_t *v;

    while (qmp_member(&p, &m)) {
        v = json_object_get(args, m.name);
        if (!v && !m.optional)
            return error_set_class(err, ERROR_INVALID, "Parameter '%s' is missing", m.name);
        if (v && !check_one(&m, v, err))
            return false;
    }
    json_object_foreach ((json_t *)(uintptr_t)args, key, v) {
        bool known = false;

        for (p = members; !known && qmp_member(&p, &m);)
            known = str_eq(m.name, key) || str_eq(m.name, QMP_MORE);
        if (!known)
            return error_set_class(err, ERROR_INVALID, "Parameter '%.80s' is unexpected", key);
    }
    return true;
}

// ---- introspection -------------------------------------------------------------------------

static void add_array(json_t *out, json_t *seen, const char *type)
{
    char element[40];

    if (*type != '[' || json_object_get(seen, type))
        return;
    snprintf(element, sizeof(element), "%.*s", (int)strlen(type) - 2, type + 1);
    json_object_set_new(seen, type, json_true());
    json_array_append_new(out, json_pack("{ssssss}", "name", type, "meta-type", "array",
                                         "element-type", element));
}

static json_t *members_json(json_t *out, json_t *seen, const char *members)
{
    json_t *list = json_array();
    QmpMember m;

    while (qmp_member(&members, &m)) {
        if (str_eq(m.name, QMP_MORE))
            continue;
        json_t *row = json_pack("{ssss}", "name", m.name, "type", m.type);

        if (m.optional)
            json_object_set_new(row, "default", json_null());
        json_array_append_new(list, row);
        add_array(out, seen, m.type);
    }
    return list;
}

static void add_object(json_t *out, json_t *seen, const char *name, const char *members)
{
    json_t *list = members_json(out, seen, members);

    json_array_append_new(out, json_pack("{ssssso}", "name", name, "meta-type", "object",
                                         "members", list));
}

static void add_enum(json_t *out, const QmpType *t)
{
    json_t *values = json_array(), *members = json_array();

    for (const char *p = t->values; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");

        json_array_append_new(values, json_stringn(p, n));
        json_array_append_new(members, json_pack("{so}", "name", json_stringn(p, n)));
        p += n;
    }
    json_array_append_new(out, json_pack("{ssssso so}", "name", t->name, "meta-type", "enum",
                                         "members", members, "values", values));
}

// The type of what a command takes or an event carries: an object of its own, if it has members.
static const char *object_of(json_t *out, json_t *seen, const char *name, const char *members,
                             char *buf, size_t len)
{
    if (!*members)
        return "q_empty";
    snprintf(buf, len, "q_obj_%s-arg", name);
    add_object(out, seen, buf, members);
    return buf;
}

static void add_commands(json_t *out, json_t *seen)
{
    char name[64];

    for (const QmpCommand *c = qmp_commands; c < qmp_commands + qmp_command_count; c++) {
        const char *arg = object_of(out, seen, c->name, c->args, name, sizeof(name));

        if (c->returns)
            add_array(out, seen, c->returns);
        json_array_append_new(out, json_pack("{sssssssssb}", "name", c->name, "meta-type",
                                             "command", "arg-type", arg, "ret-type",
                                             c->returns ? c->returns : "q_empty", "allow-oob", 0));
    }
    for (const QmpEvent *e = events; e < events + ARRAY_LEN(events); e++)
        json_array_append_new(out, json_pack("{ssssss}", "name", e->name, "meta-type", "event",
                                             "arg-type", object_of(out, seen, e->name, e->data,
                                                                   name, sizeof(name))));
}

json_t *qmp_schema(Qmp *q, const json_t *args)
{
    json_t *out = json_array(), *seen = json_object();

    (void)q;
    (void)args;
    add_commands(out, seen);
    for (size_t i = 0; i < ARRAY_LEN(builtins); i++)
        json_array_append_new(out, json_pack("{ssssss}", "name", builtins[i].name, "meta-type",
                                             "builtin", "json-type", builtins[i].json));
    add_object(out, seen, "q_empty", "");
    for (const QmpType *t = types; t < types + ARRAY_LEN(types); t++) {
        if (t->members)
            add_object(out, seen, t->name, t->members);
        else
            add_enum(out, t);
    }
    json_decref(seen);
    return out;
}
