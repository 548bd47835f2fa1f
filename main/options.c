// SPDX-License-Identifier: MIT
// The table of options and what reads it; see options.h.
#include "main/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chardev/set.h"
#include "config.h"
#include "machine/boot/boot.h"
#include "util/alloc.h"
#include "util/log.h"
#include "util/nearest.h"

typedef enum {
    HEADING,                // .help only
    FLAG,                   // sets the bool at .at
    TEXT,                   // stores the value at .at
    CALL,                   // .set(o, value)
    NONE,                   // takes the value "none" alone; .help says what is not built
    LATER,                  // known to QEMU; .help says what is not built
} OptionKind;

typedef struct OptionRow {
    const char *name;
    OptionKind kind;
    const char *arg;        // what its value is called, NULL: it takes none
    u32 at;
    bool (*set)(Options *o, const char *val, Error *err);
    const char *help;       // NULL: another name of the row above
    const char *fallback;   // its value where none is given, as --NAME=VALUE; NULL: it wants one
    // for query-command-line-options:
    const ArgDesc *keys;    // of its value, or NULL
    void (*more)(OptionKeys *all); // those that depend on what is chosen; optional
    const char *group;      // QEMU's name for it, where that is another
} OptionRow;

static bool set_help(Options *o, const char *val, Error *err);
static bool set_version(Options *o, const char *val, Error *err);
static bool set_log(Options *o, const char *val, Error *err);
static bool set_filter(Options *o, const char *val, Error *err);
static bool set_chardev(Options *o, const char *val, Error *err);
static bool set_serial(Options *o, const char *val, Error *err);
static bool set_cpu(Options *o, const char *val, Error *err);
static bool set_dir(Options *o, const char *val, Error *err);
static bool set_device(Options *o, const char *val, Error *err);
static bool set_fw_cfg(Options *o, const char *val, Error *err);
static bool set_gdb_default(Options *o, const char *val, Error *err);
static bool set_monitor(Options *o, const char *val, Error *err);
static bool set_qmp(Options *o, const char *val, Error *err);
static bool set_qmp_pretty(Options *o, const char *val, Error *err);
static bool set_mon(Options *o, const char *val, Error *err);

#define AT(member) .at = offsetof(Options, member)
#define WANTS(what) .arg = what

static const ArgDesc object_keys[] = {
    { "qom-type", ARG_STRING, "what it is" },
    { "id", ARG_STRING, "its name" },
    { NULL, ARG_STRING, NULL },
};

static const OptionRow rows[] = {
    { NULL, HEADING, .help = "Machine" },
    { "M", CALL, WANTS("NAME[,PROPERTY=VALUE]..."), .set = set_machine,
      .help = "the machine; 'help' lists them, NAME,help lists its properties" },
    { "machine", CALL, WANTS("NAME"), .set = set_machine,
      .keys = machine_keys, .more = option_keys_machine },
    { "cpu", CALL, WANTS("MODEL[,FEATURE=on|off...]"), .set = set_cpu,
      .help = "processor; 'help' lists them, 'MODEL,help' its features",
      .more = option_keys_cpu },
    { "m", CALL, WANTS("SIZE"), .set = set_memory, .help = "memory: 512M, 2G; M without a suffix",
      .keys = memory_keys, .group = "memory" },
    { "smp", CALL, WANTS("N[,sockets=,clusters=,cores=,threads=]"), .set = set_smp,
      .help = "number of processors, each a host thread",
      .keys = smp_keys, .group = "smp-opts" },
    { "accel", CALL, WANTS("NAME[,PROPERTY=VALUE]..."), .set = set_accel,
      .help = "what runs the guest; 'help' lists them; tcg has engine=amd64|eval",
      .more = option_keys_accel },

    { "object", CALL, WANTS("TYPE,id=ID[,PROPERTY=VALUE]..."), .set = set_object,
      .help = "memory for the machine (-M memory-backend=ID); 'help' lists types",
      .keys = object_keys, .more = option_keys_object },

    { NULL, HEADING, .help = "What to boot" },
    { "kernel", TEXT, WANTS("FILE"), AT(config.kernel),
      .help = "arm64 Image (plain, gzip), ELF file, or a flat binary" },
    { "initrd", TEXT, WANTS("FILE"), AT(config.initrd), .help = "initial RAM disk" },
    { "append", TEXT, WANTS("TEXT"), AT(config.append), .help = "kernel command line" },
    { "dtb", TEXT, WANTS("FILE"), AT(config.dtb), .help = "device tree instead of the generated" },
    { "bios", TEXT, WANTS("FILE"), AT(bios), .help = "firmware; gets the kernel by fw_cfg" },
    { "pflash", CALL, WANTS("FILE"), .set = set_pflash, .help = "a flash bank, kept in FILE" },
    { "drive", CALL, WANTS("if=pflash,file=FILE[,unit=N][,readonly=on]"), .set = set_drive,
      .help = "the same, with more to say",
      .keys = drive_keys },
    { "device", CALL, WANTS("loader[,file=F][,addr=A][,data=V,data-len=N][,cpu-num=N]"),
      .set = set_device, .help = "put a file or a value into memory at each reset",
      .keys = boot_loader_keys },
    { "fw_cfg", CALL, WANTS("name=NAME,file=FILE|string=TEXT"), .set = set_fw_cfg,
      .help = "a file for the firmware",
      .keys = boot_fw_cfg_keys },

    { NULL, HEADING, .help = "Console and devices" },
    { "nographic", FLAG, AT(nographic),
      .help = "first serial port on this terminal; Ctrl-A x quits, Ctrl-A h lists keys" },
    { "serial", CALL, WANTS("DEV"), .set = set_serial,
      .help = "stdio, null, pty, mon:stdio, file:F, unix:F, tcp:HOST:PORT, chardev:ID" },
    { "chardev", CALL, WANTS("BACKEND,id=ID[,PROPERTY=VALUE]..."), .set = set_chardev,
      .help = "a character back end for -serial; 'help' lists them",
      .keys = chardev_keys, .more = option_keys_chardev },
    { "monitor", CALL, WANTS("DEV"), .set = set_monitor,
      .help = "the monitor on DEV, as -serial has it; with -nographic it is behind Ctrl-A c" },
    { "qmp", CALL, WANTS("DEV"), .set = set_qmp, .help = "a monitor for programs (QMP) on DEV" },
    { "qmp-pretty", CALL, WANTS("DEV"), .set = set_qmp_pretty, .help = "the same, indented" },
    { "mon", CALL, WANTS("[chardev=]ID[,mode=readline|control][,pretty=on]"), .set = set_mon,
      .help = "a monitor on a -chardev",
      .keys = mon_keys },
    { "add-fd", CALL, WANTS("fd=FD,set=N[,opaque=TEXT]"), .set = set_add_fd,
      .help = "an inherited descriptor opens as /dev/fdset/N",
      .keys = add_fd_keys },
    { "semihosting", FLAG, AT(config.semihost.enabled),
      .help = "Arm semihosting: the guest gets this user's files, console and commands" },
    { "semihosting-config", CALL,
      WANTS("enable=on|off[,target=native|auto][,chardev=ID][,userspace=on][,arg=TEXT]..."),
      .set = set_semihosting, .help = "the same, with its console and the program's arguments",
      .keys = semihosting_keys },
    { "rtc", CALL, WANTS("base=utc|localtime|DATE,clock=host"), .set = set_rtc,
      .help = "what time the guest's clock starts at",
      .keys = rtc_keys },
    { "seed", CALL, WANTS("N"), .set = set_seed, .help = "makes the guest's random seeds repeat" },
    { "slow-clock", CALL, WANTS("N"), .set = set_slow_clock,
      .help = "the guest's time runs N times slower, for slow engines" },
    { "icount", CALL, WANTS("[shift=]N|auto[,align=on|off][,sleep=on|off]"), .set = set_icount,
      .help = "the guest's time is its instructions, of 2^N ns each: runs repeat themselves" },
    { "nodefaults", FLAG, AT(config.nodefaults), .help = "no serial port unless asked for" },
    { "display", NONE, WANTS("none"), AT(no_display), .help = "graphics" },
    { "vga", NONE, WANTS("none"), .help = "graphics" },
    { "net", NONE, WANTS("none"), .help = "network" },
    { "nic", NONE, WANTS("none"), .help = "network" },
    { "parallel", NONE, WANTS("none"), .help = "a parallel port" },

    { NULL, HEADING, .help = "Running" },
    { "S", FLAG, AT(config.start_paused), .help = "do not start the processors" },
    { "no-reboot", FLAG, AT(config.no_reboot), .help = "exit in place of a reset" },
    { "no-shutdown", FLAG, AT(config.no_shutdown), .help = "stay when the guest powers off" },
    { "name", CALL, WANTS("TEXT"), .set = set_name, .help = "name of this guest",
      .keys = name_keys },
    { "uuid", CALL, WANTS("UUID"), .set = set_uuid, .help = "identity of this guest" },
    { "L", CALL, WANTS("DIR"), .set = set_dir, .help = "look for firmware here first" },

    { "daemonize", FLAG, AT(daemonize), .help = "go on in the background once all is set up" },
    { "pidfile", TEXT, WANTS("FILE"), AT(pidfile), .help = "write the process number to FILE" },
    { "no-user-config", FLAG, AT(no_config), .help = "accepted: there are no configuration files" },

    { NULL, HEADING, .help = "Looking inside" },
    { "d", CALL, WANTS("ITEM[,ITEM]..."), .set = set_log, .help = "log; 'help' lists the items" },
    { "dfilter", CALL, WANTS("RANGE[,RANGE]..."), .set = set_filter,
      .help = "only code at A..B, A+LEN or A-LEN in exec, in_asm, op, op_opt, out_asm" },
    { "D", TEXT, WANTS("FILE"), AT(log_file), .help = "log to this file" },
    { "gdb", TEXT, WANTS("DEV"), AT(gdb),
      .help = "GDB's door: tcp:[HOST]:PORT, unix:PATH, stdio, chardev:ID; this host only" },
    { "s", CALL, .set = set_gdb_default, .help = "as -gdb tcp::1234" },
    { "check", CALL, WANTS("N"), .set = set_check, .fallback = "1",
      .help = "--check=N: each N-th piece of guest code runs on both engines, and is compared" },
    { "tcg-stress", TEXT, WANTS("WORD[,WORD]..."), AT(config.stress),
      .help = "ra, spill, tlb, tb1, smc, link: the translator does often what is rare" },
    { "perfmap", FLAG, AT(perfmap), .help = "write /tmp/perf-PID.map for perf" },
    { "stats", FLAG, AT(stats), .help = "figures of the translator at the end" },
    { "v", FLAG, AT(verbose), .help = "say at the start what runs, also without a terminal" },
    { "version", CALL, .set = set_version, .help = "print the version" },
    { "h", CALL, .set = set_help, .help = "print this" },
    { "help", CALL, .set = set_help },
    { "?", CALL, .set = set_help },

    { "enable-kvm", CALL, .set = set_enable_kvm },
    { "blockdev", LATER, WANTS("DESC"), .help = "a disk" },
    { "hda", LATER, WANTS("FILE"), .help = "a disk" },
    { "hdb", LATER, WANTS("FILE"), .help = "a disk" },
    { "cdrom", LATER, WANTS("FILE"), .help = "a CD drive" },
    { "sd", LATER, WANTS("FILE"), .help = "an SD card" },
    { "snapshot", LATER, .help = "a disk" },
    { "netdev", LATER, WANTS("BACKEND"), .help = "network" },
    { "global", LATER, WANTS("PROPERTY"), .help = "a global property" },
    { "smbios", LATER, WANTS("ITEM"), .help = "SMBIOS" },
    { "numa", LATER, WANTS("NODE"), .help = "NUMA" },
    { "boot", LATER, WANTS("ORDER"), .help = "a choice of boot devices" },
    { "vnc", LATER, WANTS("DISPLAY"), .help = "graphics" },
    { "usb", LATER, .help = "USB" },
    { "usbdevice", LATER, WANTS("DEVICE"), .help = "USB" },
    { "audiodev", LATER, WANTS("DEVICE"), .help = "sound" },
    { "loadvm", LATER, WANTS("TAG"), .help = "a snapshot of the machine" },
    { "incoming", LATER, WANTS("URI"), .help = "migration" },
    { "trace", LATER, WANTS("EVENTS"), .help = "tracing by event; -d has categories" },
    { "readconfig", LATER, WANTS("FILE"), .help = "a configuration file" },
    { "virtfs", LATER, WANTS("DESC"), .help = "a shared folder" },
    { "watchdog-action", LATER, WANTS("ACTION"), .help = "a watchdog" },
    { "echr", LATER, WANTS("CHAR"), .help = "another escape key than Ctrl-A" },
};

// ---- small ones -----------------------------------------------------------------------------

static bool is_help(const char *val) { return str_eq(val, "help") || str_eq(val, "?"); }

static void print_row(const OptionRow *r, bool again)
{
    char left[64];

    snprintf(left, sizeof(left), "  %s%s%s%s", again ? ", " : "-", r->name, r->arg ? " " : "",
             r->arg ? r->arg : "");
    printf("%-26s%s%s\n", left, strlen(left) > 25 ? "\n                          " : "", r->help);
}

static bool set_help(Options *o, const char *val, Error *err)
{
    (void)val;
    (void)err;
    puts("usage: mimic [OPTION]... [IMAGE]\n"
         "       mimic doctor          what this host offers, and what would make it better\n"
         "IMAGE: an arm64 Linux Image (plain or gzip) or an ELF file, booted with defaults "
         "chosen for it.\nOptions have QEMU's names and meanings; --x is -x.");
    for (const OptionRow *r = rows; r < rows + ARRAY_LEN(rows); r++) {
        if (r->kind == HEADING)
            printf("\n%s\n", r->help);
        else if (r->kind != LATER && r->help)
            print_row(r, false);
    }
    puts("\nmimic(1) has the rest.");
    o->done = true;
    return true;
}

static bool set_version(Options *o, const char *val, Error *err)
{
    (void)val;
    (void)err;
    puts("mimic " MIMIC_VERSION " (" MIMIC_HOST " host; the command line of QEMU 7.2)");
    o->done = true;
    return true;
}

static bool set_log(Options *o, const char *val, Error *err)
{
    (void)err;
    if (is_help(val)) {
        log_help(stdout);
        o->done = true;
    }
    o->log_items = val;
    return true;
}

static bool set_filter(Options *o, const char *val, Error *err)
{
    (void)o;
    return log_set_filter(val, err);
}

static bool set_chardev(Options *o, const char *val, Error *err)
{
    (void)err;
    if (is_help(val)) {
        chardevs_help(stdout);
        o->done = true;
    }
    vec_push(&o->chardevs, val);
    return true;
}

static bool set_serial(Options *o, const char *val, Error *err)
{
    if (o->serials.len == MACHINE_SERIALS)
        return error_set(err, "-serial: there can be at most %d", MACHINE_SERIALS);
    vec_push(&o->serials, val);
    return true;
}

static bool set_cpu(Options *o, const char *val, Error *err)
{
    const char *last = strrchr(val, ',');

    o->cpu_help = is_help(val) || (last && is_help(last + 1));
    (void)err;
    o->cpu = val;
    return true;
}

static bool set_gdb_default(Options *o, const char *val, Error *err)
{
    (void)val;
    (void)err;
    o->gdb = "tcp::1234";
    return true;
}

static bool add_monitor(Options *o, const char *option, const char *val)
{
    vec_push(&o->monitors, (MonitorChoice){ option, val });
    return true;
}

static bool set_monitor(Options *o, const char *val, Error *err)
{
    (void)err;
    return add_monitor(o, "-monitor", val);
}

static bool set_qmp(Options *o, const char *val, Error *err)
{
    (void)err;
    return add_monitor(o, "-qmp", val);
}

static bool set_qmp_pretty(Options *o, const char *val, Error *err)
{
    (void)err;
    return add_monitor(o, "-qmp-pretty", val);
}

static bool set_mon(Options *o, const char *val, Error *err)
{
    (void)err;
    return add_monitor(o, "-mon", val);
}

static bool set_dir(Options *o, const char *val, Error *err)
{
    (void)err;
    if (is_help(val)) {
        puts("/usr/share/mimic");
        o->done = true;
    }
    vec_push(&o->dirs, val);
    return true;
}

static bool set_device(Options *o, const char *val, Error *err)
{
    if (!str_eq(val, "loader") && !str_starts(val, "loader,"))
        return error_set_class(err, ERROR_UNSUPPORTED, "-device %.*s: devices of the command line "
                               "are not built yet; only loader is", (int)strcspn(val, ","), val);
    vec_push(&o->loaders, val);
    return true;
}

static bool set_fw_cfg(Options *o, const char *val, Error *err)
{
    (void)err;
    vec_push(&o->fw_cfgs, val);
    return true;
}

// ---- reading argv ---------------------------------------------------------------------------

static bool unknown_option(const char *name, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    for (const OptionRow *r = rows; r < rows + ARRAY_LEN(rows); r++)
        if (r->name)
            nearest_try(&near, r->name);
    error_set_class(err, ERROR_NOT_FOUND, "unknown option '-%s'", name);
    near.before = "-";
    if (!nearest_hint(&near, err))
        error_hint(err, "; -h lists them");
    return false;
}

static const OptionRow *find_row(const char *name, size_t n)
{
    for (const OptionRow *r = rows; r < rows + ARRAY_LEN(rows); r++)
        if (r->name && strlen(r->name) == n && !memcmp(r->name, name, n))
            return r;
    return NULL;
}

// -NAME VALUE, or --NAME=VALUE: its value, and how many more words it took; NULL: there is none.
static const char *value_of(const OptionRow *r, const char *equals, char **rest, int *took)
{
    *took = 0;
    if (equals || r->fallback)
        return equals ? equals + 1 : r->fallback;
    *took = rest[0] != NULL;
    return rest[0];
}

static bool apply_row(Options *o, const OptionRow *r, const char *val, Error *err)
{
    void *at = (u8 *)o + r->at;

    switch (r->kind) {
    case FLAG: *(bool *)at = true; return true;
    case TEXT: *(const char **)at = val; return true;
    case CALL: return r->set(o, val, err);
    case NONE:
        if (r->at)
            *(bool *)at = true;
        return str_eq(val, "none") ||
               error_set_class(err, ERROR_UNSUPPORTED,
                               "-%s %s: %s is not built yet; use '-%s none'", r->name, val,
                               r->help, r->name);
    case LATER:
        return error_set_class(err, ERROR_UNSUPPORTED, "-%s: %s is not built yet; leave it away",
                               r->name, r->help);
    case HEADING: break;
    }
    return unknown_option(r->name, err);
}

static bool take_image(Options *o, const char *path, Error *err)
{
    if (o->image)
        return error_set(err, "two images, '%s' and '%s'; give one", o->image, path);
    o->image = path;
    return true;
}

static CalledAs called_as(const char *argv0)
{
    const char *base = argv0 ? strrchr(argv0, '/') : NULL;

    base = base ? base + 1 : argv0 ? argv0 : "mimic";
    return str_ends(base, "-aarch64") ? CALLED_AARCH64
           : str_ends(base, "-arm")   ? CALLED_ARM
           : str_ends(base, "-x86_64") ? CALLED_X86_64
           : str_ends(base, "-i386")  ? CALLED_I386 : CALLED_MIMIC;
}

bool options_parse(Options *o, int argc, char **argv, Error *err)
{
    *o = (Options){ .called = called_as(argv[0]) };
    o->machine.option = xstrdup("-M");
    objects_init(&o->objects);
    for (int i = 1; i < argc && !o->done; i++) {
        const char *a = argv[i];

        if (a[0] != '-' || !a[1]) {
            if (!take_image(o, a, err))
                return false;
            continue;
        }
        bool dashes = a[1] == '-' && a[2];
        a += dashes ? 2 : 1;
        const char *equals = dashes ? strchr(a, '=') : NULL, *val = NULL;
        const OptionRow *r = find_row(a, equals ? (size_t)(equals - a) : strlen(a));
        int took = 0;

        if (!r || (equals && !r->arg))
            return unknown_option(a, err);
        if (r->arg && !(val = value_of(r, equals, argv + i + 1, &took)))
            return error_set(err, "-%s wants a value: -%s %s", r->name, r->name, r->arg);
        i += took;
        if (!apply_row(o, r, val, err))
            return false;
    }
    return true;
}

void options_each(void (*fn)(void *opaque, const char *name, const ArgDesc *keys), void *opaque)
{
    for (const OptionRow *r = rows; r < rows + ARRAY_LEN(rows); r++) {
        OptionKeys all = { 0 };

        if (r->kind == LATER || r->kind == HEADING)
            continue;
        option_keys_add(&all, r->keys);
        if (r->more)
            r->more(&all);
        vec_push(&all, (ArgDesc){ 0 });
        fn(opaque, r->group ? r->group : r->name, all.at);
        vec_free(&all);
    }
}

bool objects_make(Options *o, Error *err)
{
    bool ok = true;

    vec_foreach (it, &o->object_texts) {
        Args a;

        ok = args_parse(&a, "-object", *it, "qom-type", NULL, err) &&
             (objects_add(&o->objects, args_str(&a, "qom-type", NULL), args_str(&a, "id", NULL), &a,
                          err) || error_prefix(err, "-object "));
        args_free(&a);
        if (!ok)
            break;
    }
    return ok;
}

void options_free(Options *o)
{
    args_free(&o->machine);
    args_free(&o->smp);
    vec_foreach (a, &o->accels) {
        free(a->name);
        args_free(&a->args);
    }
    vec_free(&o->accels);
    vec_free(&o->serials);
    vec_free(&o->chardevs);
    vec_free(&o->monitors);
    vec_free(&o->dirs);
    vec_free(&o->fw_cfgs);
    vec_free(&o->loaders);
    vec_free(&o->object_texts);
    objects_free(&o->objects);
    drives_free(o);
    free(o->name);
    free(o->append);
    free(o->semihost_chardev);
    str_free(&o->semihost_args);
}
