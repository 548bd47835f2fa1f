// SPDX-License-Identifier: MIT
// HMP: sessions, reading of a line by its command's row, help; see hmp.h.
#include "main/hmp.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "main/edit.h"
#include "main/expr.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/nearest.h"

// ---- arguments -----------------------------------------------------------------------------

static bool get_reg(void *opaque, const char *name, u64 *val)
{
    Hmp *h = opaque;

    return h->m->cpu_count && hmp_register(hmp_cpu(h), name, val);
}

static void skip(const char **p)
{
    while (isspace((u8)**p))
        ++*p;
}

static bool read_format(Hmp *h, const char **p)
{
    h->fmt = (HmpFormat){ .count = 1 };
    skip(p);
    if (**p != '/')
        return true;
    ++*p;
    if (isdigit((u8)**p)) {
        unsigned long count = strtoul(*p, (char **)p, 10);

        h->fmt.count = (u32)MIN(count, UINT32_MAX);
    }
    for (; **p && !isspace((u8)**p); ++*p) {
        if (strchr("xduocis", **p))
            h->fmt.form = **p;
        else if (strchr("bhwg", **p))
            h->fmt.size = **p;
        else
            return error_set_class(h->err, ERROR_INVALID, "invalid char in format: '%c'; forms are "
                                   "x d u o c i s, sizes b h w g", **p);
    }
    return true;
}

// A word, or text in quotes with \ before quotes and backslashes.
static bool read_word(Hmp *h, const char **p, char **word)
{
    Str s = { 0 };
    bool quoted = **p == '"';

    *p += quoted;
    for (; **p && (quoted ? **p != '"' : !isspace((u8)**p)); ++*p) {
        if (quoted && **p == '\\' && (*p)[1])
            ++*p;
        str_addc(&s, **p);
    }
    if (quoted && **p != '"') {
        str_free(&s);
        return error_set_class(h->err, ERROR_INVALID, "a closing '\"' is missing");
    }
    *p += quoted;
    *word = xstrdup(str_text(&s));
    str_free(&s);
    return true;
}

static bool read_argument(Hmp *h, char kind, int i, const char **p)
{
    ExprNames names = { get_reg, h };

    skip(p);
    if (!**p) {
        if (isupper((u8)kind))
            return true;
        return error_set_class(h->err, ERROR_INVALID, "an argument is missing");
    }
    h->has[i] = true;
    switch (tolower((u8)kind)) {
    case 'e': return expr_eval(p, &names, &h->num[i], h->err);
    case 'w': return read_word(h, p, &h->word[i]);
    default:
        h->word[i] = xstrdup(*p);
        *p += strlen(*p);
        return true;
    }
}

static bool read_arguments(Hmp *h, const HmpCommand *c, const char *p)
{
    int i = 0;

    for (const char *a = c->args; *a; a++) {
        if (*a == '-') {
            char flag = *++a;

            skip(&p);
            if (p[0] == '-' && p[1] == flag && (!p[2] || isspace((u8)p[2]))) {
                h->flag = true;
                p += 2;
            }
        } else if (*a == 'f' ? !read_format(h, &p) : !read_argument(h, *a, i++, &p)) {
            return false;
        }
    }
    skip(&p);
    if (*p)
        return error_set_class(h->err, ERROR_INVALID, "extraneous characters at the end: '%.20s'",
                               p);
    return true;
}

// ---- commands ------------------------------------------------------------------------------

static bool is_named(const HmpCommand *c, const char *name)
{
    return str_eq(c->name, name) || (c->alias && str_eq(c->alias, name));
}

static const HmpCommand *find(const HmpTable *t, const char *name, const char *what, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    for (const HmpCommand *c = t->row; c < t->row + t->count; c++) {
        if (is_named(c, name))
            return c;
        nearest_try(&near, c->name);
    }
    error_set_class(err, ERROR_NOT_FOUND, "unknown command: '%s%s'", what, name);
    near.before = what;
    if (!nearest_hint(&near, err))
        error_hint(err, "; 'help' lists them");
    return NULL;
}

static void call(Hmp *h, const HmpCommand *c, const char *args)
{
    bool pause = c->flags & HMP_PAUSE;

    if (c->flags & HMP_CPU && !h->m->cpu_count) {
        error_set_class(h->err, ERROR_UNSUPPORTED, "No CPU available");
        return;
    }
    if (pause)
        cpu_pause_all(h->m);
    if (read_arguments(h, c, args))
        c->run(h);
    else
        error_hint(h->err, "; usage: %s%s%s", c->name, *c->usage ? " " : "", c->usage);
    if (pause)
        cpu_resume_all(h->m);
    for (int i = 0; i < HMP_ARGS; i++)
        free(h->word[i]);
}

static void help_rows(const HmpTable *t, const char *what, Str *out)
{
    for (const HmpCommand *c = t->row; c < t->row + t->count; c++)
        str_addf(out, "%s%s%s%s%s%s -- %s\n", what, c->name, c->alias ? "|" : "",
                 c->alias ? c->alias : "", *c->usage ? " " : "", c->usage, c->help);
}

static void run_help(Hmp *h)
{
    const HmpCommand *c;
    HmpTable one = { NULL, 1 };

    if (!h->word[0]) {
        help_rows(&hmp_commands, "", h->out);
    } else if (str_eq(h->word[0], "info")) {
        help_rows(&hmp_info, "info ", h->out);
    } else if ((c = find(&hmp_commands, h->word[0], "", h->err))) {
        one.row = c;
        help_rows(&one, "", h->out);
    }
}

// Splits the first word off; the rest follows in *p.
static char *first_word(const char **p)
{
    const char *begin;

    skip(p);
    begin = *p;
    while (isalnum((u8)**p) || **p == '_' || **p == '-' || **p == '?')
        ++*p;
    if (begin == *p && **p)
        while (**p && !isspace((u8)**p))
            ++*p;
    return xstrndup(begin, (size_t)(*p - begin));
}

static void run_info(Hmp *h)
{
    const char *rest = h->word[0] ? h->word[0] : "";
    char *name = first_word(&rest);
    const HmpCommand *c;

    if (!*name) {
        help_rows(&hmp_info, "info ", h->out);
    } else if ((c = find(&hmp_info, name, "info ", h->err))) {
        Hmp sub = { .all = h->all, .m = h->m, .cpu = h->cpu, .out = h->out, .err = h->err };

        call(&sub, c, rest);
    }
    free(name);
}

static void execute(Monitors *ms, u32 *cpu, const char *line, Str *out)
{
    char *name = first_word(&line);
    Error err = { 0 };
    Hmp h = { .all = ms, .m = ms->m, .cpu = cpu, .out = out, .err = &err };
    const HmpCommand *c = *name ? find(&hmp_commands, name, "", &err) : NULL;

    if (c && str_eq(c->name, "info")) {
        h.word[0] = xstrdup(line);
        run_info(&h);
        free(h.word[0]);
    } else if (c) {
        call(&h, c, line);
    }
    if (err.text[0])
        str_addf(out, "%s\n", err.text);
    free(name);
}

void hmp_execute(Machine *m, const char *line, Str *out)
{
    Monitors *ms = monitors_of(m);

    execute(ms, &ms->cpu, line, out);
}

static void run_stop(Hmp *h)
{
    if (machine_state(h->m) == MACHINE_RUNNING)
        machine_pause(h->m);
}

static void run_cont(Hmp *h) { monitors_cont(h->all, h->err); }

static void run_reset(Hmp *h)
{
    h->all->reset_by = BY_HMP;
    machine_request(h->m, REQUEST_RESET, 0);
}

static void run_powerdown(Hmp *h) { machine_request(h->m, REQUEST_POWERDOWN, 0); }

static void run_quit(Hmp *h)
{
    h->all->quit_by = BY_HMP;
    machine_request(h->m, REQUEST_QUIT, 0);
}

static void run_log(Hmp *h)
{
    atomic_store(&log_flags, 0);
    if (!str_eq(h->word[0], "none"))
        log_configure(h->word[0], h->err);
}

static void run_logfile(Hmp *h) { log_open(h->word[0], h->err); }

static void run_gdbserver(Hmp *h)
{
    const MonitorHost *host = h->all->host;

    if (!host->gdbserver)
        error_set_class(h->err, ERROR_UNSUPPORTED, "the debugger's stub is not built in");
    else
        host->gdbserver(host->gdb_opaque, h->word[0] ? h->word[0] : "tcp::1234", h->err);
}

static void run_nmi(Hmp *h)
{
    error_set_class(h->err, ERROR_UNSUPPORTED, "this machine has no non-maskable interrupt");
}

static void run_sendkey(Hmp *h)
{
    error_set_class(h->err, ERROR_UNSUPPORTED, "this machine has no keyboard");
}

static void run_cpu(Hmp *h)
{
    if (h->num[0] >= h->m->cpu_count)
        error_set_class(h->err, ERROR_INVALID, "invalid CPU index; there are 0 to %u",
                        h->m->cpu_count - 1);
    else
        *h->cpu = (u32)h->num[0];
}

static void run_object_add(Hmp *h)
{
    Args a;

    if (!args_parse(&a, "object_add", h->word[0], "qom-type", NULL, h->err))
        return;
    objects_add(machine_objects(h->m), args_str(&a, "qom-type", NULL), args_str(&a, "id", NULL), &a,
                h->err);
    args_free(&a);
}

static void run_object_del(Hmp *h) { objects_del(machine_objects(h->m), h->word[0], h->err); }

static const HmpCommand command_rows[] = {
    { "help", "?", "T", "[cmd]", "show the help", run_help, 0 },
    { "info", NULL, "T", "[subcommand]", "show various information about the system state",
      run_info, 0 },
    { "cont", "c", "", "", "resume emulation", run_cont, 0 },
    { "stop", "s", "", "", "stop emulation", run_stop, 0 },
    { "system_reset", NULL, "", "", "reset the system", run_reset, 0 },
    { "system_powerdown", NULL, "", "", "press the power button", run_powerdown, 0 },
    { "quit", "q", "", "", "quit the emulator", run_quit, 0 },
    { "cpu", NULL, "e", "index", "set the default CPU", run_cpu, HMP_CPU },
    { "x", NULL, "fe", "/fmt addr", "virtual memory dump starting at 'addr'", hmp_x,
      HMP_PAUSE | HMP_CPU },
    { "xp", NULL, "fe", "/fmt addr", "physical memory dump starting at 'addr'", hmp_xp,
      HMP_PAUSE | HMP_CPU },
    { "print", "p", "fe", "/fmt expr", "print expression value (use $reg for CPU register access)",
      hmp_print, HMP_PAUSE },
    { "sum", NULL, "ee", "addr size", "compute the checksum of a memory region", hmp_sum,
      HMP_PAUSE | HMP_CPU },
    { "gva2gpa", NULL, "e", "addr", "print the guest physical address of a virtual one",
      hmp_gva2gpa, HMP_PAUSE | HMP_CPU },
    { "memsave", NULL, "eew", "addr size file", "save to disk virtual memory dump", hmp_memsave,
      HMP_PAUSE | HMP_CPU },
    { "pmemsave", NULL, "eew", "addr size file", "save to disk physical memory dump",
      hmp_pmemsave, HMP_PAUSE | HMP_CPU },
    { "log", NULL, "t", "item1[,...]", "activate logging of the specified items ('none': of none)",
      run_log, 0 },
    { "logfile", NULL, "w", "filename", "output logs to 'filename'", run_logfile, 0 },
    { "gdbserver", NULL, "W", "[device]", "start gdbserver on given device (default tcp::1234)",
      run_gdbserver, 0 },
    { "object_add", NULL, "t", "type,id=id[,property=value]...", "create an object",
      run_object_add, 0 },
    { "object_del", NULL, "w", "id", "destroy an object", run_object_del, 0 },
    { "nmi", NULL, "", "", "inject an NMI", run_nmi, 0 },
    { "sendkey", NULL, "wE", "keys [hold_ms]", "send keys to the VM", run_sendkey, 0 },
};
const HmpTable hmp_commands = { command_rows, ARRAY_LEN(command_rows) };

static const HmpCommand info_rows[] = {
    { "block", NULL, "", "", "show the block devices", hmp_info_block, 0 },
    { "chardev", NULL, "", "", "show the character devices", hmp_info_chardev, 0 },
    { "cpus", NULL, "", "", "show infos for each CPU", hmp_info_cpus, HMP_PAUSE },
    { "irq", NULL, "", "", "show the interrupt lines, their levels and where they lead",
      hmp_info_irq, HMP_PAUSE },
    { "jit", NULL, "", "", "show figures of the translator", hmp_info_jit, HMP_PAUSE },
    { "mem", NULL, "", "", "show the active virtual memory mappings", hmp_info_mem,
      HMP_PAUSE | HMP_CPU },
    { "memdev", NULL, "", "", "show memory backends", hmp_info_memdev, 0 },
    { "mtree", NULL, "-f", "[-f]", "show memory tree (-f: flat views only)", hmp_info_mtree, 0 },
    { "name", NULL, "", "", "show the current VM name", hmp_info_name, 0 },
    { "network", NULL, "", "", "show the network state", hmp_info_network, 0 },
    { "qtree", NULL, "", "", "show the devices", hmp_info_qtree, HMP_PAUSE },
    { "registers", NULL, "-aE", "[-a|vcpu]", "show the cpu registers (-a: of all cpus)",
      hmp_info_registers, HMP_PAUSE | HMP_CPU },
    { "roms", NULL, "", "", "show what is loaded at reset", hmp_info_roms, 0 },
    { "status", NULL, "", "", "show the current VM status (running|paused)", hmp_info_status, 0 },
    { "tlb", NULL, "", "", "show virtual to physical memory mappings, page by page",
      hmp_info_tlb, HMP_PAUSE | HMP_CPU },
    { "version", NULL, "", "", "show the version", hmp_info_version, 0 },
};
const HmpTable hmp_info = { info_rows, ARRAY_LEN(info_rows) };

// ---- sessions ------------------------------------------------------------------------------

typedef struct Session {
    Monitor mon;
    Edit edit;
    u32 cpu;
    bool greeted;
} Session;

static Session *session_of(Monitor *mon) { return container_of(mon, Session, mon); }

// Terminals want CR before LF.
static void say(void *opaque, const char *text, size_t len)
{
    Session *s = opaque;

    for (const char *nl; (nl = memchr(text, '\n', len)); ) {
        size_t n = (size_t)(nl - text);

        monitor_write(&s->mon, text, n);
        monitor_write(&s->mon, "\r\n", 2);
        text += n + 1;
        len -= n + 1;
    }
    monitor_write(&s->mon, text, len);
}

static void take_line(void *opaque, const char *line)
{
    Session *s = opaque;
    Str out = { 0 };

    execute(s->mon.all, &s->cpu, line, &out);
    say(s, str_text(&out), out.len);
    str_free(&out);
    edit_prompt(&s->edit);
}

static void complete_from(const HmpTable *t, const char *prefix, EditWords *out)
{
    for (const HmpCommand *c = t->row; c < t->row + t->count; c++)
        edit_word(out, prefix, c->name);
}

static void complete_register(const CpuClass *cls, const char *prefix, EditWords *out)
{
    for (u32 i = 0; i < cls->reg_count; i++) {
        char name[40];

        snprintf(name, sizeof(name), "$%s", cls->regs[i].name);
        edit_word(out, prefix, name);
    }
}

static void complete(void *opaque, const char *line, size_t word, EditWords *out)
{
    Session *s = opaque;
    const char *p = line, *prefix = line + word;
    char *first = first_word(&p);

    if (p >= prefix)
        complete_from(&hmp_commands, prefix, out);
    else if (*prefix == '$')
        complete_register(s->mon.all->m->cpu_class, prefix, out);
    else if (str_eq(first, "info"))
        complete_from(&hmp_info, prefix, out);
    else if (str_eq(first, "help") || str_eq(first, "?"))
        complete_from(&hmp_commands, prefix, out);
    free(first);
}

static size_t room(Monitor *mon)
{
    (void)mon;
    return 512;
}

static void greet(Session *s)
{
    static const char text[] = "Mimic " MIMIC_VERSION
                               " monitor - type 'help' for more information\n";

    edit_reset(&s->edit);
    say(s, text, sizeof(text) - 1);
    edit_prompt(&s->edit);
    s->greeted = true;
}

static void session_receive(Monitor *mon, const u8 *buf, size_t len)
{
    Session *s = session_of(mon);

    if (!s->greeted)
        greet(s);
    for (size_t i = 0; i < len; i++)
        edit_input(&s->edit, buf[i]);
}

// Behind a multiplexer the console may have the terminal: the greeting waits for the keys.
static void opened(Monitor *mon)
{
    session_of(mon)->greeted = false;
    if (!str_eq(mon->c->ops->name, "mux"))
        greet(session_of(mon));
}

static void closed(Monitor *mon) { edit_reset(&session_of(mon)->edit); }

static void focus(Monitor *mon, bool in)
{
    Session *s = session_of(mon);

    if (!in)
        return;
    if (!s->greeted) {
        say(s, "\n", 1);
        greet(s);
    } else {
        say(s, "\n", 1);
        edit_prompt(&s->edit);
    }
}

static void session_free(Monitor *mon)
{
    edit_free(&session_of(mon)->edit);
    free(session_of(mon));
}

static const MonitorClass hmp_class = {
    .room = room, .receive = session_receive, .opened = opened, .closed = closed, .focus = focus,
    .free = session_free,
};

Monitor *hmp_new(void)
{
    Session *s = xalloc(sizeof(*s));

    s->mon.cls = &hmp_class;
    s->edit = (Edit){ .prompt = "(qemu) ", .write = say, .line = take_line, .complete = complete,
                      .opaque = s };
    return &s->mon;
}
