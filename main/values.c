// SPDX-License-Identifier: MIT
// Options whose value takes some parsing; see options.h.
#include "main/options.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/fdset.h"

static bool is_help(const char *val) { return str_eq(val, "help") || str_eq(val, "?"); }

// ---- -M and -accel ------------------------------------------------------------------------

// Keys and values move; the last of a key wins when they are read.
bool set_machine(Options *o, const char *val, Error *err)
{
    Args a;

    if (!args_parse(&a, "-M", val, "type", NULL, err))
        return false;
    vec_foreach (it, &a.list) {
        o->machine_help |= it->bare ? is_help(it->key)
                                    : str_eq(it->key, "type") && is_help(it->val);
        vec_push(&o->machine.list, *it);
    }
    vec_clear(&a.list);
    args_free(&a);
    return true;
}

bool set_accel(Options *o, const char *val, Error *err)
{
    AccelChoice c = { 0 };
    const Accel *accel;

    if (is_help(val)) {
        list_accels();
        o->done = true;
        return true;
    }
    c.name = xstrndup(val, strcspn(val, ","));
    accel = accel_find(c.name, err);
    if (accel && args_parse(&c.args, "-accel", val, "accel", accel->args, err)) {
        vec_push(&o->accels, c);
        return true;
    }
    if (!accel && accel_known(c.name)) { // another may follow
        vec_push(&o->accels, c);
        return true;
    }
    error_prefix(err, accel ? "" : "-accel: ");
    free(c.name);
    return false;
}

bool set_enable_kvm(Options *o, const char *val, Error *err)
{
    (void)val;
    return set_accel(o, "kvm", err);
}

// ---- -m, -smp ---------------------------------------------------------------------------------

const ArgDesc memory_keys[] = {
    { "size", ARG_STRING, "" }, { "slots", ARG_U64, "" }, { "maxmem", ARG_STRING, "" },
    { NULL, ARG_STRING, NULL },
};

bool set_memory(Options *o, const char *val, Error *err)
{
    Args a;
    u64 size = 0, most = 0;

    if (!args_parse(&a, "-m", val, "size", memory_keys, err))
        return false;
    const char *text = args_str(&a, "size", ""), *max = args_str(&a, "maxmem", text);
    bool ok = parse_size(text, MIB, &size) && parse_size(max, MIB, &most);

    if (!ok)
        error_set_class(err, ERROR_INVALID, "-m %s: no size; write it as 512M or 2G", val);
    else if (!size)
        ok = error_set_class(err, ERROR_INVALID, "-m %s: a machine needs memory; try -m 1G", val);
    else if (most > size)
        ok = error_set_class(err, ERROR_UNSUPPORTED,
                             "-m %s: memory hot plug is not built yet; leave maxmem away", val);
    o->config.ram_size = size;
    args_free(&a);
    return ok;
}

const ArgDesc smp_keys[] = {
    { "cpus", ARG_U64, "" },     { "maxcpus", ARG_U64, "" }, { "sockets", ARG_U64, "" },
    { "dies", ARG_U64, "" },     { "clusters", ARG_U64, "" }, { "cores", ARG_U64, "" },
    { "threads", ARG_U64, "" },  { NULL, ARG_STRING, NULL },
};

bool set_smp(Options *o, const char *val, Error *err)
{
    args_free(&o->smp);
    return args_parse(&o->smp, "-smp", val, "cpus", smp_keys, err);
}

typedef struct Topology {
    u64 cpus, max, sockets, dies, clusters, cores, threads;
} Topology;

static bool smp_read(Options *o, Topology *t, Error *err)
{
    u64 *const to[] = { &t->cpus, &t->max, &t->sockets, &t->dies, &t->clusters, &t->cores,
                        &t->threads };

    for (size_t i = 0; i < ARRAY_LEN(to); i++) {
        if (!args_u64(&o->smp, smp_keys[i].name, 0, to[i], err))
            return false;
        if ((args_find(&o->smp, smp_keys[i].name) && !*to[i]) || *to[i] > CPUS_MAX)
            return error_set_class(err, ERROR_INVALID, "-smp: %s=%llu: must be 1 to %d",
                                   smp_keys[i].name, (unsigned long long)*to[i], CPUS_MAX);
    }
    return true;
}

// What is not given is worked out: cores before sockets before threads (QEMU 6.2 and later).
static void smp_complete(Topology *t)
{
    u64 all = t->max ? t->max : t->cpus;

    t->dies = t->dies ? t->dies : 1;
    t->clusters = t->clusters ? t->clusters : 1;
    if (!all || !t->cores) {
        t->sockets = t->sockets ? t->sockets : 1;
        t->threads = t->threads ? t->threads : 1;
        if (!t->cores)
            t->cores = all ? all / (t->sockets * t->clusters * t->threads) : 1;
    } else if (!t->sockets) {
        t->threads = t->threads ? t->threads : 1;
        t->sockets = all / (t->clusters * t->cores * t->threads);
    }
    if (!t->threads)
        t->threads = all / (t->sockets * t->clusters * t->cores);
    t->max = all ? all : t->sockets * t->clusters * t->cores * t->threads;
    t->cpus = t->cpus ? t->cpus : t->max;
}

static void machine_key(Options *o, const char *key, u64 val)
{
    args_add(&o->machine, key, "%llu", (unsigned long long)val);
}

bool smp_spread(Options *o, Error *err)
{
    Topology t = { 0 };

    if (!o->smp.option)
        return true;
    if (!smp_read(o, &t, err))
        return false;
    smp_complete(&t);
    if (t.dies != 1)
        return error_set_class(err, ERROR_INVALID, "-smp: this machine has no dies; use clusters");
    if (t.sockets * t.clusters * t.cores * t.threads != t.max)
        return error_set_class(err, ERROR_INVALID,
                               "-smp: %llu sockets x %llu clusters x %llu cores x %llu threads are "
                               "not %llu CPUs; correct one of them",
                               (unsigned long long)t.sockets, (unsigned long long)t.clusters,
                               (unsigned long long)t.cores, (unsigned long long)t.threads,
                               (unsigned long long)t.max);
    if (t.max > CPUS_MAX)
        return error_set_class(err, ERROR_INVALID, "-smp: at most %d CPUs", CPUS_MAX);
    if (t.max != t.cpus)
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "-smp: maxcpus: hot plug of CPUs is not built yet; leave it away");
    o->config.cpus = (u32)t.cpus;
    machine_key(o, "smp.sockets", t.sockets);
    machine_key(o, "smp.clusters", t.clusters);
    machine_key(o, "smp.cores", t.cores);
    machine_key(o, "smp.threads", t.threads);
    return true;
}

// ---- -rtc, -seed, -name, -semihosting-config ---------------------------------------------

static bool rtc_base(Options *o, const char *base, Error *err)
{
    static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d" };
    time_t now = time(NULL);
    struct tm tm = { 0 };

    if (str_eq(base, "utc"))
        return true;
    if (str_eq(base, "localtime") && localtime_r(&now, &tm)) {
        o->config.rtc_base = (u64)timegm(&tm); // the wall clock read as if it were UTC
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct tm t = { 0 };
        const char *end = strptime(base, forms[i], &t);

        if (end && !*end && timegm(&t) > 0) {
            o->config.rtc_base = (u64)timegm(&t);
            return true;
        }
    }
    return error_set_class(err, ERROR_INVALID, "-rtc base=%s: use utc, localtime or a date after "
                           "1970 such as 2026-11-23T12:00:00", base);
}

// "-object CLASS,id=ID,...": made by main, before the machine.
bool set_object(Options *o, const char *val, Error *err)
{
    const char *last = strrchr(val, ',');

    if (is_help(val)) {
        list_objects();
        o->done = true;
    } else if (last && is_help(last + 1)) {
        o->done = true;
        return list_object_options(val, err);
    }
    vec_push(&o->object_texts, val);
    return true;
}

const ArgDesc rtc_keys[] = {
    { "base", ARG_STRING, "" }, { "clock", ARG_STRING, "" }, { "driftfix", ARG_STRING, "" },
    { NULL, ARG_STRING, NULL },
};

bool set_rtc(Options *o, const char *val, Error *err)
{
    Args a;

    if (!args_parse(&a, "-rtc", val, NULL, rtc_keys, err))
        return false;
    const char *clock = args_str(&a, "clock", "host"), *fix = args_str(&a, "driftfix", "none");
    bool ok = rtc_base(o, args_str(&a, "base", "utc"), err);

    if (ok && !str_eq(clock, "host"))
        ok = error_set_class(err, ERROR_UNSUPPORTED,
                             "-rtc clock=%s is not built yet; use clock=host", clock);
    if (ok && !str_eq(fix, "none") && !str_eq(fix, "slew"))
        ok = error_set_class(err, ERROR_INVALID, "-rtc driftfix=%s: use none or slew", fix);
    args_free(&a);
    return ok;
}

bool set_seed(Options *o, const char *val, Error *err)
{
    if (!parse_u64(val, &o->config.seed))
        return error_set_class(err, ERROR_INVALID, "-seed %s: a number is wanted", val);
    o->config.has_seed = true;
    return true;
}

bool set_slow_clock(Options *o, const char *val, Error *err)
{
    u64 times;

    if (!parse_u64(val, &times) || !times || times > 1000000)
        return error_set_class(err, ERROR_INVALID, "-slow-clock %s: must be 1 to 1000000", val);
    o->config.slow_clock = (u32)times;
    return true;
}

static bool icount_shift(CountConfig *c, const char *shift, Error *err)
{
    u64 n = COUNT_SHIFT_AUTO;

    if (!shift)
        return error_set_class(err, ERROR_INVALID, "-icount: how long is an instruction?  Give "
                               "shift=N (2^N ns) or shift=auto");
    c->automatic = str_eq(shift, "auto");
    if (!c->automatic && (!parse_u64(shift, &n) || n > COUNT_SHIFT_MAX))
        return error_set_class(err, ERROR_INVALID, "-icount shift=%s: use 0 to %d, or auto", shift,
                               COUNT_SHIFT_MAX);
    c->shift = (u32)n;
    return true;
}

bool set_icount(Options *o, const char *val, Error *err)
{
    static const ArgDesc keys[] = {
        { "shift", ARG_STRING, "" }, { "align", ARG_BOOL, "" }, { "sleep", ARG_BOOL, "" },
        { NULL, ARG_STRING, NULL },
    };
    CountConfig c = { .on = true };
    Args a;

    if (!args_parse(&a, "-icount", val, "shift", keys, err))
        return false;
    bool ok = args_bool(&a, "align", false, &c.align, err) &&
              args_bool(&a, "sleep", true, &c.sleep, err) &&
              icount_shift(&c, args_str(&a, "shift", NULL), err);
    args_free(&a);
    if (ok && c.align && !c.sleep)
        return error_set_class(err, ERROR_INVALID, "-icount: align=on waits and sleep=off never "
                               "does; give one of them");
    o->config.icount = c;
    return ok;
}

bool set_check(Options *o, const char *val, Error *err)
{
    if (!parse_u64(val, &o->config.check) || !o->config.check)
        return error_set_class(err, ERROR_INVALID, "--check=%s: a number from 1 is wanted", val);
    return true;
}

const ArgDesc name_keys[] = {
    { "guest", ARG_STRING, "" }, { "process", ARG_STRING, "" },
    { "debug-threads", ARG_BOOL, "" }, { NULL, ARG_STRING, NULL },
};

bool set_name(Options *o, const char *val, Error *err)
{
    Args a;

    if (!args_parse(&a, "-name", val, "guest", name_keys, err))
        return false;
    const char *process = args_str(&a, "process", NULL);

    free(o->name);
    o->name = xstrdup(args_str(&a, "guest", NULL));
    if (process)
        prctl(PR_SET_NAME, process, 0, 0, 0);
    args_free(&a);
    return true;
}

// "550e8400-e29b-41d4-a716-446655440000" (RFC 4122, 3)
bool set_uuid(Options *o, const char *val, Error *err)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool ok = strlen(val) == strlen(form);

    for (size_t i = 0; ok && form[i]; i++)
        ok = form[i] == 'x' ? isxdigit((u8)val[i]) != 0 : val[i] == '-';
    o->uuid = val;
    return ok || error_set_class(err, ERROR_INVALID, "-uuid %s: write it as %s", val, form);
}

const ArgDesc add_fd_keys[] = {
    { "fd", ARG_U64, "the descriptor" }, { "set", ARG_U64, "the set it comes into" },
    { "opaque", ARG_STRING, "a text for query-fdsets" }, { NULL, ARG_STRING, NULL },
};

bool set_add_fd(Options *o, const char *val, Error *err)
{
    u64 fd = 0, set = 0;
    Args a;

    (void)o;
    if (!args_parse(&a, "-add-fd", val, NULL, add_fd_keys, err))
        return false;
    bool ok = args_u64(&a, "fd", 0, &fd, err) && args_u64(&a, "set", FDSET_NEW, &set, err);

    if (ok && (fd <= STDERR_FILENO || fd > INT_MAX || set > INT64_MAX))
        ok = error_set_class(err, ERROR_INVALID, "-add-fd %s: give fd=FD, 3 or above, and set=N",
                             val);
    if (ok && fcntl((int)fd, F_SETFD, FD_CLOEXEC))
        ok = error_set_class(err, ERROR_INVALID, "-add-fd fd=%llu: this program was started "
                             "without such a descriptor", (unsigned long long)fd);
    ok = ok && (fdset_add(&set, (int)fd, args_str(&a, "opaque", NULL), err) ||
                error_prefix(err, "-add-fd: "));
    args_free(&a);
    return ok;
}

static bool semihost_target(const char *target, Error *err)
{
    if (str_eq(target, "native") || str_eq(target, "auto"))
        return true;
    if (str_eq(target, "gdb"))
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "-semihosting-config target=gdb is not built yet; use native");
    return error_set_class(err, ERROR_INVALID,
                           "-semihosting-config target=%s: use native or auto", target);
}

const ArgDesc semihosting_keys[] = {
    { "enable", ARG_BOOL, "" },    { "target", ARG_STRING, "" }, { "chardev", ARG_STRING, "" },
    { "userspace", ARG_BOOL, "" }, { "arg", ARG_STRING, "" },    { NULL, ARG_STRING, NULL },
};

bool set_semihosting(Options *o, const char *val, Error *err)
{
    SemihostConfig *c = &o->config.semihost;
    Args a;

    if (!args_parse(&a, "-semihosting-config", val, "enable", semihosting_keys, err))
        return false;
    bool ok = args_bool(&a, "enable", true, &c->enabled, err) &&
              args_bool(&a, "userspace", c->userspace, &c->userspace, err) &&
              semihost_target(args_str(&a, "target", "auto"), err);

    if (args_find(&a, "chardev")) {
        free(o->semihost_chardev);
        o->semihost_chardev = xstrdup(args_str(&a, "chardev", NULL));
    }
    vec_foreach (it, &a.list)
        if (str_eq(it->key, "arg"))
            str_addf(&o->semihost_args, "%s%s", o->semihost_args.len ? " " : "", it->val);
    args_free(&a);
    return ok;
}
