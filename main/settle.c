// SPDX-License-Identifier: MIT
// From what was written to what will run: the machine, its properties, defaults; see options.h.
#include "main/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/boot/boot.h"
#include "util/alloc.h"
#include "util/nearest.h"

const ArgDesc machine_keys[] = {
    { "type", ARG_STRING, "the machine" },
    { "accel", ARG_STRING, "accelerators, tried in order, ':' between" },
    { "kernel", ARG_STRING, "as -kernel" },
    { "initrd", ARG_STRING, "as -initrd" },
    { "append", ARG_STRING, "as -append" },
    { "dtb", ARG_STRING, "as -dtb" },
    { "firmware", ARG_STRING, "as -bios" },
    { "dumpdtb", ARG_STRING, "write the device tree to this file and exit" },
    { "memory-backend", ARG_STRING, "the -object whose memory is the machine's" },
    { "usb", ARG_BOOL, "not built, off only" },
    { "graphics", ARG_BOOL, "accepted" },
    { "dump-guest-core", ARG_BOOL, "accepted" },
    { "mem-merge", ARG_BOOL, "accepted" },
    { "suppress-vmdesc", ARG_BOOL, "accepted" },
    { NULL, ARG_STRING, NULL },
};

typedef VEC(ArgDesc) ArgDescs;

static void add_keys(ArgDescs *all, const ArgDesc *d)
{
    for (; d && d->name; d++)
        vec_push(all, *d);
}

static bool check_machine_key(const Arg *it, const ArgDescs *known, const char *machine,
                              Error *err)
{
    Nearest near;

    nearest_init(&near, it->key);
    vec_foreach (d, known) {
        if (str_eq(d->name, it->key))
            return true;
        nearest_try(&near, d->name);
    }
    error_set_class(err, ERROR_NOT_FOUND, "-M %s: unknown property '%s'", machine, it->key);
    if (!nearest_hint(&near, err))
        error_hint(err, "; -M %s,help lists them", machine);
    return false;
}

static bool check_machine_keys(Options *o, Error *err)
{
    const char *name = o->cls->alias ? o->cls->alias : o->cls->name;
    ArgDescs known = { 0 };
    bool ok = true, on;

    add_keys(&known, machine_keys);
    add_keys(&known, o->cls->options);
    vec_foreach (it, &o->machine.list)
        ok = ok && check_machine_key(it, &known, name, err);
    vec_foreach (d, &known)
        if (ok && d->kind == ARG_BOOL)
            ok = args_bool(&o->machine, d->name, false, &on, err);
    vec_free(&known);
    if (ok && args_bool(&o->machine, "usb", false, &on, err) && on)
        ok = error_set_class(err, ERROR_UNSUPPORTED, "-M %s: usb=on is not built yet; leave it off",
                             name);
    return ok;
}

// What -M may say in place of an option of its own.
static void spread_machine_keys(Options *o)
{
    MachineConfig *c = &o->config;

    c->kernel = args_str(&o->machine, "kernel", c->kernel);
    c->initrd = args_str(&o->machine, "initrd", c->initrd);
    c->append = args_str(&o->machine, "append", c->append);
    c->dtb = args_str(&o->machine, "dtb", c->dtb);
    c->dump_dtb = args_str(&o->machine, "dumpdtb", NULL);
    o->bios = args_str(&o->machine, "firmware", o->bios);
    c->fw_cfg = o->fw_cfgs.at;
    c->fw_cfg_count = o->fw_cfgs.len;
    c->loaders = o->loaders.at;
    c->loader_count = o->loaders.len;
    c->options = &o->machine;
    c->objects = &o->objects;
    c->ram_backend = args_str(&o->machine, "memory-backend", NULL);
    c->cpu = o->cpu;
}

static bool find_machine(Options *o, Error *err)
{
    static const char *const guests[] = {
        [CALLED_ARM] = "32-bit Arm", [CALLED_X86_64] = "x86-64", [CALLED_I386] = "32-bit x86",
    };
    const char *name = args_str(&o->machine, "type", NULL);

    if (o->called >= CALLED_ARM)
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "%s guests are not built yet; mimic-system-aarch64 runs arm64 ones",
                               guests[o->called]);
    if (!name && o->called != CALLED_MIMIC && !o->image && !o->cpu_help)
        return error_set(err, "no machine given; use -M virt (-M help lists them)");
    o->cls = machine_class_find(name ? name : "virt", err);
    return o->cls != NULL;
}

// ---- `mimic IMAGE` ------------------------------------------------------------------------------

static u32 default_cpus(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > 4 ? 4 : (u32)n;
}

static bool settle_image(Options *o, Error *err)
{
    MachineConfig *c = &o->config;
    BootKind kind;

    if (!o->image)
        return true;
    if (c->kernel)
        return error_set(err, "both -kernel %s and the image %s; give one", c->kernel, o->image);
    if (!boot_kernel_kind(o->image, &kind, err))
        return false;
    c->kernel = o->image;
    if (!c->ram_size && !c->ram_backend)
        c->ram_size = GIB;
    if (!c->cpus && !c->icount.on && kind == BOOT_ARM64_IMAGE)
        c->cpus = default_cpus();
    if (!c->append && kind == BOOT_ARM64_IMAGE)
        c->append = "console=ttyAMA0";
    if (!o->serials.len && !o->no_display && !c->nodefaults)
        o->nographic = true;
    return true;
}

// ---- accelerators -----------------------------------------------------------------------

// "-M accel=kvm:tcg" is as "-accel kvm -accel tcg"; names that do not run here fall through.
static bool settle_accel(Options *o, Error *err)
{
    const char *names = args_str(&o->machine, "accel", NULL);

    if (!o->accels.len) {
        o->config.accel = names;
        return true;
    }
    vec_foreach (c, &o->accels) {
        const Accel *a = accel_find(c->name, err);

        bool last = c + 1 == o->accels.at + o->accels.len;

        if (!a && last)
            return error_set_class(err, ERROR_UNSUPPORTED,
                                   "-accel %s is not built yet; use -accel tcg", c->name);
        if (!a || (!a->probe(o->cls->cpu_class, err) && !last)) {
            fprintf(stderr, "mimic: -accel %s: %s; trying the next\n", c->name,
                    a ? err->text : "not built in");
            continue;
        }
        o->config.accel = c->name;
        o->config.accel_options = &c->args;
        return true;
    }
    return false;
}

static bool check_pairs(const Options *o, Error *err)
{
    const MachineConfig *c = &o->config;

    if (o->bios && o->flash[0].file)
        return error_set(err, "both -bios %s and flash bank 0 (%s) are firmware; give one", o->bios,
                         o->flash[0].file);
    if (c->kernel || c->dump_dtb || o->cls->bare)
        return true;
    if (c->initrd)
        return error_set(err, "-initrd without -kernel; name the kernel too");
    if (c->append)
        return error_set(err, "-append without -kernel; name the kernel too");
    return o->bios || o->flash[0].file || c->loader_count ||
           error_set(err, "nothing to boot; name a kernel with -kernel FILE, or firmware "
                          "with -bios");
}

// What a program is told of itself: its arguments, else the kernel's name and command line.
static void settle_semihost(Options *o)
{
    MachineConfig *c = &o->config;

    if (!o->semihost_args.len && c->kernel)
        str_addf(&o->semihost_args, "%s%s%s", c->kernel, c->append ? " " : "",
                 c->append ? c->append : "");
    c->semihost.cmdline = str_text(&o->semihost_args);
}

bool options_settle(Options *o, Error *err)
{
    if (o->machine_help) {
        const char *name = args_str(&o->machine, "type", "help");

        o->done = true;
        if (str_eq(name, "help") || str_eq(name, "?"))
            return list_machines(), true;
        o->cls = machine_class_find(name, err);
        if (o->cls)
            list_machine_options(o->cls);
        return o->cls != NULL;
    }
    if (!find_machine(o, err))
        return false;
    if (o->cpu_help) {
        o->done = true;
        if (strchr(o->cpu, ','))
            return list_cpu_options(o->cls, o->cpu, err);
        list_cpus(o->cls);
        return true;
    }
    if (!smp_spread(o, err) || !check_machine_keys(o, err))
        return false;
    spread_machine_keys(o);
    if (!settle_image(o, err) || !check_pairs(o, err))
        return false;
    settle_semihost(o);
    return settle_accel(o, err) && (!o->bios || firmware_find(o, o->bios, err));
}
