// SPDX-License-Identifier: MIT
// The session: bytes in and out, the table of packets, queries; see gdb.h.
// "Debugging with GDB" (13.1), appendix E.  Left out: vFile (the host's files are none of the
// guest's), tracepoints, non-stop mode, signals.
//
// Flow.  Input is worked off one packet at a time and only while everything sent has been
// taken: a client that does not read is not listened to, and nothing grows.  While a packet
// is answered all vCPUs are paused, also when somebody else lets the machine run.
#include "gdb/internal.h"

#include <stdlib.h>

#include "util/alloc.h"

#define ALL_SSTEP (SSTEP_ENABLE | SSTEP_NOIRQ | SSTEP_NOTIMER)
#define MONITOR_CHUNK 1024 // bytes of text in one O packet

// ---- output ------------------------------------------------------------------------------------

static void flush(Gdb *g)
{
    while (g->out_at < g->out.len) {
        size_t n = chardev_write(g->c, g->out.s + g->out_at, g->out.len - g->out_at);

        if (!n)
            return; // writable() comes
        g->out_at += n;
    }
    str_clear(&g->out);
    g->out_at = 0;
}

static void put(Gdb *g, const char *bytes, size_t len)
{
    str_addn(&g->out, bytes, len);
    flush(g);
}

void gdb_send(Gdb *g)
{
    str_clear(&g->last);
    gdb_frame(&g->last, str_text(&g->reply), g->reply.len);
    str_clear(&g->reply);
    put(g, str_text(&g->last), g->last.len);
}

// ---- threads -----------------------------------------------------------------------------------

void gdb_add_thread(Gdb *g, Str *out, u32 cpu)
{
    if (g->multiprocess)
        str_add(out, "p01.");
    str_addf(out, "%02x", cpu + 1);
}

static bool signed_number(const char **text, i64 *out)
{
    u64 v;

    if (str_starts(*text, "-1")) {
        *text += 2;
        *out = -1;
        return true;
    }
    if (!gdb_number(text, &v) || v > INT32_MAX)
        return false;
    *out = (i64)v;
    return true;
}

bool gdb_thread_id(const char **text, i64 *cpu_plus_1)
{
    i64 pid = 1;

    if (**text != 'p')
        return signed_number(text, cpu_plus_1);
    (*text)++;
    if (!signed_number(text, &pid))
        return false;
    *cpu_plus_1 = -1;
    if (**text == '.') {
        (*text)++;
        if (!signed_number(text, cpu_plus_1))
            return false;
    }
    return pid <= 1;
}

static bool one_thread(Gdb *g, const char *text, u32 *cpu)
{
    i64 id;

    if (!gdb_thread_id(&text, &id) || *text || id > (i64)g->m->cpu_count)
        return false;
    if (id > 0)
        *cpu = (u32)(id - 1);
    return true;
}

static void set_thread(Gdb *g, const char *args)
{
    u32 *which = *args == 'g' ? &g->cpu_g : *args == 'c' ? &g->cpu_c : NULL;

    str_add(&g->reply, which && one_thread(g, args + 1, which) ? "OK" : "E22");
}

static void is_alive(Gdb *g, const char *args)
{
    u32 cpu = CPUS_MAX;

    str_add(&g->reply, one_thread(g, args, &cpu) && cpu != CPUS_MAX ? "OK" : "E22");
}

// ---- queries -----------------------------------------------------------------------------------

static bool offers(const char *list, const char *feature)
{
    size_t n = strlen(feature);

    for (const char *at = list; (at = strstr(at, feature)); at += n)
        if ((at == list || at[-1] == ';') && (!at[n] || at[n] == ';'))
            return true;
    return false;
}

static void supported(Gdb *g, const char *args)
{
    if (*args == ':')
        args++;
    g->multiprocess = offers(args, "multiprocess+");
    g->swbreak = offers(args, "swbreak+");
    g->hwbreak = offers(args, "hwbreak+");
    str_addf(&g->reply, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
             "qXfer:threads:read+;qXfer:memory-map:read+;vContSupported+;multiprocess+;"
             "swbreak+;hwbreak+;binary-upload+", GDB_PACKET_SIZE);
}

// "OBJECT:read:ANNEX:OFFSET,LENGTH" (E.5, qXfer)
static void transfer_part(Gdb *g, const char *range, const Str *all)
{
    u64 at, len;

    if (!gdb_number(&range, &at) || *range++ != ',' || !gdb_number(&range, &len) || *range ||
        at > all->len) {
        str_add(&g->reply, "E22");
        return;
    }
    len = MIN(len, MIN(all->len - at, GDB_PACKET_SIZE / 2));
    str_addc(&g->reply, at + len < all->len ? 'm' : 'l');
    str_addn(&g->reply, str_text(all) + at, len);
}

static void transfer(Gdb *g, const char *args)
{
    const char *range = strrchr(args, ':');
    Str all = { 0 };

    if (!range)
        return;
    if (str_starts(args, "features:read:") && range >= args + 14) {
        char *annex = xstrndup(args + 14, (size_t)(range - args) - 14);

        gdb_features(g, annex, &all);
        free(annex);
    } else if (str_starts(args, "threads:read::")) {
        gdb_threads(g, &all);
    } else if (str_starts(args, "memory-map:read::")) {
        gdb_memory_map(g, &all);
    } else {
        return; // empty: no such object
    }
    if (all.len)
        transfer_part(g, range + 1, &all);
    else
        str_add(&g->reply, "E00");
    str_free(&all);
}

static void first_threads(Gdb *g, const char *args)
{
    (void)args;
    for (u32 i = 0; i < g->m->cpu_count; i++) {
        str_addc(&g->reply, i ? ',' : 'm');
        gdb_add_thread(g, &g->reply, i);
    }
}

static void more_threads(Gdb *g, const char *args)
{
    (void)args;
    str_addc(&g->reply, 'l');
}

static void current_thread(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "QC");
    gdb_add_thread(g, &g->reply, g->cpu_g);
}

static void thread_extra(Gdb *g, const char *args)
{
    u32 cpu = CPUS_MAX;
    Str text = { 0 };

    if (*args != ',' || !one_thread(g, args + 1, &cpu) || cpu == CPUS_MAX) {
        str_add(&g->reply, "E22");
        return;
    }
    gdb_cpu_text(g, cpu, &text);
    gdb_hex(&g->reply, str_text(&text), text.len);
    str_free(&text);
}

static void attached(Gdb *g, const char *args)
{
    (void)args;
    str_addc(&g->reply, '1');
}

static void accept_it(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "OK");
}

static void no_acks(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "OK");
    g->no_ack = true;
}

// Text as O packets, then OK (E.5, qRcmd).
static void show(Gdb *g, const Str *text)
{
    for (size_t at = 0; at < text->len; at += MONITOR_CHUNK) {
        str_addc(&g->reply, 'O');
        gdb_hex(&g->reply, text->s + at, MIN(text->len - at, (size_t)MONITOR_CHUNK));
        gdb_send(g);
    }
    str_add(&g->reply, "OK");
}

static void monitor_command(Gdb *g, const char *args)
{
    char cmd[GDB_PACKET_SIZE / 2 + 1];
    size_t n = strlen(args) / 2;
    Str text = { 0 };

    if (*args++ != ',' || strlen(args) % 2 || !gdb_unhex(&args, cmd, n)) {
        str_add(&g->reply, "E22");
        return;
    }
    cmd[n] = 0;
    if (g->monitor)
        g->monitor(g->monitor_opaque, cmd, &text);
    else
        str_add(&text, "there is no monitor in this machine\n");
    show(g, &text);
    str_free(&text);
}

// ---- QEMU's own (its documentation, "GDB usage") --------------------

static void sstep_bits(Gdb *g, const char *args)
{
    (void)args;
    str_addf(&g->reply, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NOIRQ,
             SSTEP_NOTIMER);
}

static void sstep_get(Gdb *g, const char *args)
{
    (void)args;
    str_addf(&g->reply, "0x%x", g->sstep);
}

static void sstep_set(Gdb *g, const char *args)
{
    u64 v;

    if (!gdb_number(&args, &v) || *args || v & ~(u64)ALL_SSTEP) {
        str_add(&g->reply, "E22");
        return;
    }
    g->sstep = (u32)v;
    str_add(&g->reply, "OK");
}

static void physical_get(Gdb *g, const char *args)
{
    (void)args;
    str_addf(&g->reply, "%d", g->physical);
}

static void physical_set(Gdb *g, const char *args)
{
    g->physical = *args != '0';
    str_add(&g->reply, "OK");
}

static void own_queries(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "sstepbits;sstep;PhyMemMode");
}

// ---- leaving -----------------------------------------------------------------------------------

static void let_go(Gdb *g)
{
    gdb_forget(g);
    loop_cancel(&g->m->loop, &g->again);
    g->waiting = g->in_range = false;
}

static void detach(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "OK");
    let_go(g);
    if (machine_state(g->m) == MACHINE_PAUSED && !g->over)
        machine_resume(g->m);
}

static void kill_packet(Gdb *g, const char *args)
{
    (void)args;
    let_go(g);
    g->silent = true;
    machine_request(g->m, REQUEST_QUIT, 0);
}

static void v_kill(Gdb *g, const char *args)
{
    str_add(&g->reply, "OK");
    kill_packet(g, args);
}

static void v_attach(Gdb *g, const char *args)
{
    if (!str_eq(args, ";1"))
        str_add(&g->reply, "E22");
    else
        gdb_stop_reply(g, g->cpu_c, 5);
}

static void v_cont_kinds(Gdb *g, const char *args)
{
    (void)args;
    str_add(&g->reply, "vCont;c;C;s;S;t;r");
}

static void why_stopped(Gdb *g, const char *args)
{
    (void)args;
    gdb_forget(g); // a client that begins
    gdb_stop_reply(g, g->cpu_c, 5);
}

// ---- the tables --------------------------------------------------------------------------------

typedef struct Packet {
    const char *name; // prefix
    void (*fn)(Gdb *g, const char *args);
    bool whole;       // nothing may follow
} Packet;

static const Packet packets[] = { // longer names before their beginnings
    { "qSupported", supported, false },
    { "QStartNoAckMode", no_acks, true },
    { "qXfer:", transfer, false },
    { "qfThreadInfo", first_threads, true },
    { "qsThreadInfo", more_threads, true },
    { "qThreadExtraInfo", thread_extra, false },
    { "qC", current_thread, true },
    { "qAttached", attached, false },
    { "qRcmd", monitor_command, false },
    { "qSymbol", accept_it, false },
    { "QPassSignals", accept_it, false },
    { "qqemu.sstepbits", sstep_bits, true },
    { "qqemu.sstep", sstep_get, true },
    { "Qqemu.sstep=", sstep_set, false },
    { "qqemu.PhyMemMode", physical_get, true },
    { "Qqemu.PhyMemMode:", physical_set, false },
    { "qqemu.Supported", own_queries, true },
    { "vCont?", v_cont_kinds, true },
    { "vCont", gdb_vcont, false },
    { "vKill", v_kill, false },
    { "vAttach", v_attach, false },
    { "?", why_stopped, true },
    { "!", accept_it, true },
    { "D", detach, false },
    { "k", kill_packet, true },
    { "H", set_thread, false },
    { "T", is_alive, false },
    { "G", gdb_write_all, false },
    { "p", gdb_read_reg, false },
    { "P", gdb_write_reg, false },
};

// By their letter: they share a function with others.
static bool letters(Gdb *g, const char *text)
{
    const u8 *end = g->parser.buf + g->parser.len;

    switch (*text) {
    case 'g': gdb_read_all(g); return true;
    case 'm': gdb_read_memory(g, text + 1, false); return true;
    case 'x': gdb_read_memory(g, text + 1, true); return true;
    case 'M': gdb_write_memory(g, text + 1, end, false); return true;
    case 'X': gdb_write_memory(g, text + 1, end, true); return true;
    case 'Z': gdb_break(g, text + 1, true); return true;
    case 'z': gdb_break(g, text + 1, false); return true;
    case 'c': case 'C': case 's': case 'S': gdb_go(g, text + 1, (u8)*text); return true;
    default: return false;
    }
}

static void dispatch(Gdb *g)
{
    const char *text = (const char *)g->parser.buf;

    g->busy = true;
    g->silent = false;
    cpu_pause_all(g->m);
    if (!letters(g, text))
        for (const Packet *p = packets; p < packets + ARRAY_LEN(packets); p++)
            if (str_starts(text, p->name) && (!p->whole || str_eq(text, p->name))) {
                p->fn(g, text + strlen(p->name));
                break;
            }
    cpu_resume_all(g->m);
    g->busy = false;
    if (g->reply.len || !g->silent)
        gdb_send(g);
}

// ---- input -------------------------------------------------------------------------------------

static void ack(Gdb *g, char c)
{
    if (!g->no_ack)
        put(g, &c, 1);
}

static void take(Gdb *g, u8 byte)
{
    switch (gdb_parse(&g->parser, byte)) {
    case GDB_MORE:
    case GDB_ACK: break;
    case GDB_NAK:
        if (!g->no_ack)
            put(g, str_text(&g->last), g->last.len);
        break;
    case GDB_BAD_SUM: ack(g, '-'); break;
    case GDB_INTERRUPT: gdb_interrupt(g); break;
    case GDB_TOO_LONG:
        ack(g, '+');
        str_add(&g->reply, "E22");
        gdb_send(g);
        break;
    case GDB_PACKET:
        ack(g, '+');
        dispatch(g);
        break;
    }
}

static void work(Gdb *g)
{
    while (g->in_at < g->in_len && !g->out.len)
        take(g, g->input[g->in_at++]);
    if (g->in_at == g->in_len)
        g->in_at = g->in_len = 0;
}

// ---- the device's side -------------------------------------------------------------------------

static void begin(Gdb *g)
{
    g->connected = true;
    g->resumed = machine_state(g->m) == MACHINE_RUNNING;
    g->no_ack = g->multiprocess = g->swbreak = g->hwbreak = g->physical = false;
    g->sstep = ALL_SSTEP;
    g->cpu_g = g->cpu_c = 0;
    g->parser.state = GDB_IDLE;
    g->in_at = g->in_len = 0;
    str_clear(&g->last);
    str_clear(&g->out);
    g->out_at = 0;
    if (g->resumed)
        machine_pause(g->m);
}

static void end(Gdb *g)
{
    if (!g->connected)
        return;
    cpu_pause_all(g->m); // it may be running, with our breakpoints
    let_go(g);
    cpu_resume_all(g->m);
    g->connected = false;
    if (g->resumed && !g->over && machine_state(g->m) == MACHINE_PAUSED)
        machine_resume(g->m);
}

static size_t can_receive(void *opaque)
{
    Gdb *g = opaque;

    return g->out.len ? 0 : GDB_INPUT - g->in_len;
}

static void receive(void *opaque, const u8 *buf, size_t len)
{
    Gdb *g = opaque;

    if (!g->connected)
        begin(g); // a device without events
    len = MIN(len, GDB_INPUT - g->in_len);
    memcpy(g->input + g->in_len, buf, len);
    g->in_len += (u32)len;
    work(g);
}

static void event(void *opaque, ChardevEvent ev)
{
    Gdb *g = opaque;

    if (ev == CHARDEV_OPENED && !g->connected)
        begin(g);
    else if (ev == CHARDEV_CLOSED)
        end(g);
}

static void writable(void *opaque)
{
    Gdb *g = opaque;

    flush(g);
    work(g);
    if (can_receive(g))
        chardev_accept_input(g->c);
}

// ---- life --------------------------------------------------------------------------------------

Gdb *gdb_new(Machine *m, Chardev *c, Error *err)
{
    Gdb *g;

    if (c->front) {
        error_set_class(err, ERROR_INVALID, "chardev '%s' is in use already", c->name);
        return NULL;
    }
    g = xalloc(sizeof(*g));
    g->m = m;
    g->c = c;
    g->thread = xalloc(m->cpu_count * sizeof(*g->thread));
    g->again = (LoopWork){ .fn = gdb_again, .opaque = g };
    g->watch = (MachineWatch){ .changed = gdb_changed, .opaque = g };
    g->front = (ChardevFront){ .opaque = g, .can_receive = can_receive, .receive = receive,
                               .event = event, .writable = writable };
    gdb_list_regs(g);
    machine_watch(m, &g->watch);
    chardev_connect(c, &g->front);
    return g;
}

void gdb_free(Gdb *g)
{
    if (!g)
        return;
    chardev_connect(g->c, NULL);
    end(g);
    machine_unwatch(g->m, &g->watch);
    loop_cancel(&g->m->loop, &g->again);
    vec_free(&g->regs);
    str_free(&g->reply);
    str_free(&g->last);
    str_free(&g->out);
    free(g->thread);
    free(g);
}

void gdb_set_monitor(Gdb *g, GdbMonitor fn, void *opaque)
{
    g->monitor = fn;
    g->monitor_opaque = opaque;
}

bool gdb_busy(const Gdb *g) { return g->busy; }
bool gdb_connected(const Gdb *g) { return g->connected; }
