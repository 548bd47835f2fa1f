// SPDX-License-Identifier: MIT
// The program: options, back ends, a machine, its run, the way out.  Only this file prints
// errors: one line, exit status 1.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "chardev/set.h"
#include "core/machine.h"
#include "main/daemon.h"
#include "main/doctor.h"
#include "main/gdbserver.h"
#include "main/mon_options.h"
#include "main/options.h"
#include "main/signals.h"
#include "util/fdset.h"
#include "util/log.h"
#include "util/str.h"

static int fail(const Error *err)
{
    fflush(stdout);
    fprintf(stderr, "mimic: %s\n", err->text);
    return EXIT_FAILURE;
}

static bool open_log(const Options *o, Error *err)
{
    if (o->log_file && !log_open(o->log_file, err))
        return false;
    return !o->log_items || log_configure(o->log_items, err);
}

// ---- serial ports --------------------------------------------------------------------------

// Without graphics there is no other place for a console than the terminal; -display none
// says that there is to be none.
static void default_serial(Options *o)
{
    if (o->serials.len || o->config.nodefaults || mon_takes_stdio(o))
        return;
    if (o->nographic || !o->no_display)
        vec_push(&o->serials, "mon:stdio");
}

// A terminal that is about to be let go is no back end.
static bool check_daemon(const Options *o, Error *err)
{
    bool stdio = mon_takes_stdio(o);

    vec_foreach (c, &o->serials)
        stdio |= str_eq(*c, "stdio") || str_eq(*c, "mon:stdio");
    vec_foreach (c, &o->chardevs)
        stdio |= str_eq(*c, "stdio") || str_starts(*c, "stdio,");
    return !stdio || !o->daemonize ||
           error_set_class(err, ERROR_INVALID, "-daemonize lets the terminal go, but a serial port "
                           "or monitor is on it; give it another device, such as -serial null");
}

static bool open_serials(Options *o, ChardevSet *set, MonPorts *mons, Error *err)
{
    default_serial(o);
    if (!check_daemon(o, err))
        return false;
    vec_foreach (c, &o->chardevs)
        if (!chardevs_add(set, *c, err))
            return false;
    for (size_t i = 0; i < o->serials.len; i++) {
        char label[32];

        snprintf(label, sizeof(label), "serial%zu", i);
        if (!chardevs_legacy(set, "-serial", o->serials.at[i], label, &o->config.serial[i], err))
            return false;
    }
    return mon_open(o, set, mons, err);
}

static bool open_semihost(Options *o, ChardevSet *set, Error *err)
{
    if (!o->semihost_chardev)
        return true;
    o->config.semihost.console = chardevs_port(set, o->semihost_chardev, "semihosting", err);
    return o->config.semihost.console || error_prefix(err, "-semihosting-config: ");
}

static void leave(void *opaque)
{
    machine_request(opaque, REQUEST_QUIT, 0);
}

// ---- running ---------------------------------------------------------------------------------

static void say_start(const Options *o, const Machine *m)
{
    if (!o->verbose && !isatty(STDERR_FILENO))
        return;
    if (m->cls->bare) {
        fprintf(stderr, "mimic: %s, an empty machine, %s\n", m->cls->name,
                m->accel_why ? m->accel_why : m->accel->name);
        return;
    }
    fprintf(stderr, "mimic: %s%s%s, %u x CPU %s%s, %llu MiB RAM, %s (%s)%s\n",
            o->name ? o->name : "", o->name ? ": " : "", m->cls->name, m->cpu_count,
            m->cpu_model->name, o->cpu ? "" : " (the default)",
            (unsigned long long)(machine_ram_size(m) / MIB),
            m->accel_why ? m->accel_why : m->accel->name,
            o->config.accel ? "as asked for" : "the best that works here",
            o->config.semihost.enabled ? ", semihosting on: it may use your files" : "");
}

// GDB's `monitor CMD`, the monitor's `gdbserver DEV`.
static void from_gdb(void *opaque, const char *cmd, Str *out) { hmp_execute(opaque, cmd, out); }

static bool to_gdb(void *opaque, const char *dev, Error *err)
{
    return gdbserver_start(opaque, dev, err);
}

// figures: what -stats says of a run that has ended.
static int run_machine(const Options *o, Machine *m, ChardevSet *set, const MonPorts *mons,
                       Str *figures, Error *err)
{
    MuxHooks hooks = { .quit = leave, .opaque = m };
    GdbServer gdb = { .m = m, .set = set, .monitor = from_gdb, .monitor_opaque = m };
    MonitorHost host = { .name = o->name, .uuid = o->uuid, .chardevs = set, .gdbserver = to_gdb,
                         .gdb_opaque = &gdb };
    Monitors *ms;
    bool up;
    int code;

    if (!signals_attach(m, err))
        return fail(err);
    chardevs_hooks(set, &hooks);
    ms = mon_connect(m, &host, mons, err);
    up = ms && machine_start(m, err) && (!o->gdb || gdbserver_start(&gdb, o->gdb, err));
    if (up)
        say_start(o, m);
    if (!up || !daemon_ready(o->log_items && !o->log_file, err)) {
        monitors_free(ms);
        signals_detach(m);
        return fail(err);
    }
    chardevs_start(set, &m->loop, &m->input);
    code = machine_run(m);
    gdbserver_stop(&gdb, NULL);
    chardevs_stop(set);
    monitors_free(ms);
    signals_detach(m);
    if (o->stats && m->accel->stats)
        m->accel->stats(m, figures);
    return code;
}

static int run(Options *o, Error *err)
{
    ChardevSet *set = chardevs_new();
    MonPorts mons = { 0 };
    Str figures = { 0 };
    bool open = objects_make(o, err) && open_serials(o, set, &mons, err) &&
                open_semihost(o, set, err) && drives_open(o, err);
    Machine *m = open ? machine_new(o->cls, &o->config, err) : NULL;
    int code = EXIT_SUCCESS;

    if (!m)
        code = fail(err);
    else if (o->config.dump_dtb)
        code = machine_reset(m, err) ? EXIT_SUCCESS : fail(err);
    else
        code = run_machine(o, m, set, &mons, &figures, err);
    if (m)
        machine_free(m);
    drives_close(o);
    chardevs_free(set); // with what the guest wrote last
    fputs(str_text(&figures), stderr);
    str_free(&figures);
    vec_free(&mons);
    return code;
}

// The only command that is not a run; an image of that name is ./doctor.
static int run_doctor(int args, Error *err)
{
    bool able = false;

    if (args)
        error_set(err, "doctor takes no options; say 'mimic doctor', or ./doctor for an image");
    else if (doctor(&able, err))
        return able ? EXIT_SUCCESS : EXIT_FAILURE;
    return fail(err);
}

int main(int argc, char **argv)
{
    Options o;
    Error err = { 0 };
    int code = EXIT_SUCCESS;

    if (argc > 1 && str_eq(argv[1], "doctor"))
        return run_doctor(argc - 2, &err);
    if (!signals_init(&err))
        return fail(&err);
    if (!options_parse(&o, argc, argv, &err))
        code = fail(&err);
    else if (!o.done && !options_settle(&o, &err))
        code = fail(&err);
    else if (!o.done && !open_log(&o, &err))
        code = fail(&err);
    else if (!o.done) {
        o.config.perfmap = o.perfmap;
        o.config.stats = o.stats;
        if ((o.daemonize && !daemon_begin(&err)) ||
            (o.pidfile && !pidfile_open(o.pidfile, &err)))
            code = fail(&err);
        else
            code = run(&o, &err);
    }
    if (o.done && (fflush(stdout) || ferror(stdout))) {
        error_errno(&err, "cannot write to standard output");
        code = fail(&err);
    }
    pidfile_close();
    options_free(&o);
    fdset_close_all();
    log_flush();
    if (!log_finish(&err)) {
        fail(&err);
        code = code ? code : EXIT_FAILURE;
    }
    return code;
}
