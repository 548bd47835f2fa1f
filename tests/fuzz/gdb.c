// SPDX-License-Identifier: MIT
// GDB's remote protocol: a session of one line per step, on a board of two CPUs whose guest
// runs a small loop.  Lines become packets with the checksum they need; see step().  Whatever
// came, answers are packets, and the next debugger finds a machine that it can stop.  The first
// byte: 1 = the guest runs when the client comes, 2 = there is a monitor.
// covers: gdb/data.c gdb/packet.c gdb/run.c gdb/stub.c gdb/target.c
// runs: 300
#include "gdb/gdb.h"
#include "gdb/packet.h"
#include "tests/fuzz/board.h"

enum { STEPS = 64, TURNS = 3 };

typedef struct Session {
    Board *b;
    Gdb *g;
    ChardevTest *t;
    GdbParser answers;
} Session;

static Board *make_board(void)
{
    static const u32 program[] = {
        0x91000400,             // 1: add x0, x0, #1
        0xf9000020,             //    str x0, [x1]
        0xf9400022,             //    ldr x2, [x1]
        0xd503201f,             //    nop
        0x17fffffc,             //    b 1b
        0xd4000002,             //    hvc #0: PSCI, where a debugger may go with any registers
        0xd503207f,             //    wfi
        0x14000000,             //    b .
    };
    Board *b = board_new("cortex-a72", 2, NULL, NULL, program, ARRAY_LEN(program));

    for (u32 i = 0; i < 2; i++) {
        Cpu *cpu = b->m->cpu[i];
        u64 data = BOARD_RAM_AT + 0x1000;

        cpu->cls->set_pc(cpu, BOARD_CODE);
        memcpy((u8 *)cpu + cpu->cls->regs[1].at, &data, sizeof(data));
        atomic_store(&cpu->power, CPU_POWER_ON);
    }
    board_keep(b);
    return b;
}

// ---- the client ----------------------------------------------------------------------------

// All that came is well formed.
static void read_answers(Session *s)
{
    size_t len;
    const char *out = chardev_test_output(s->t, &len);

    for (size_t i = 0; i < len; i++)
        switch (gdb_parse(&s->answers, (u8)out[i])) {
        case GDB_BAD_SUM:
        case GDB_TOO_LONG:
        case GDB_INTERRUPT: BUG_ON("an ill-formed answer"); break;
        default: break;
        }
    chardev_test_clear(s->t);
}

static void put(Session *s, const void *bytes, size_t len)
{
    chardev_test_feed(s->t, bytes, len);
    board_turn(s->b);
    read_answers(s);
}

static void framed(Session *s, const char *text, bool escape)
{
    size_t len = strlen(text);
    Str out = { 0 };
    u8 sum = 0;

    if (escape) {
        gdb_frame(&out, text, len);
    } else {
        for (size_t i = 0; i < len; i++)
            sum += (u8)text[i];
        str_addf(&out, "$%s#%02x", text, sum);
    }
    put(s, str_text(&out), out.len);
    str_free(&out);
}

static void let_run(Session *s)
{
    for (int i = 0; i < TURNS && machine_state(s->b->m) == MACHINE_RUNNING; i++)
        board_turn(s->b);
    read_answers(s);
}

// The device takes `room` bytes and no more for now; then all.
static void slow_reader(Session *s, const char *line)
{
    size_t room = (size_t)(*line ? *line : 1);

    chardev_test_limit(s->t, room);
    framed(s, *line ? line + 1 : "g", true);
    framed(s, "?", true);
    chardev_test_limit(s->t, SIZE_MAX);
    chardev_front_writable(chardev_test_dev(s->t));
    read_answers(s);
}

// By the first byte: ! as it is, = with a checksum but not escaped, ^ interrupt, ~ some time,
// . the peer goes and another comes, < a peer that reads little; anything else is a packet.
static void step(Session *s, const char *line)
{
    switch (*line) {
    case '!': put(s, line + 1, strlen(line + 1)); break;
    case '=': framed(s, line + 1, false); break;
    case '^': put(s, "\3", 1); break;
    case '~': let_run(s); break;
    case '.':
        chardev_front_event(chardev_test_dev(s->t), CHARDEV_CLOSED);
        chardev_front_event(chardev_test_dev(s->t), CHARDEV_OPENED);
        memset(&s->answers, 0, sizeof(s->answers));
        break;
    case '<': slow_reader(s, line + 1); break;
    default: framed(s, line, true);
    }
}

// ---- the next one --------------------------------------------------------------------------

static void next_session(Session *s)
{
    Chardev *c = chardev_test_dev(s->t);

    chardev_front_event(c, CHARDEV_CLOSED);
    chardev_test_clear(s->t);
    chardev_front_event(c, CHARDEV_OPENED);
    BUG_ON(!gdb_connected(s->g) || machine_state(s->b->m) == MACHINE_RUNNING);
    chardev_test_feed(s->t, "$?#3f", 5);
    BUG_ON(strncmp(chardev_test_output(s->t, NULL), "+$T05thread:01;#", 16));
    chardev_front_event(c, CHARDEV_CLOSED);
    for (u32 i = 0; i < s->b->m->cpu_count; i++)
        BUG_ON(s->b->m->cpu[i]->held);
}

static void monitor(void *opaque, const char *cmd, Str *out)
{
    (void)opaque;
    for (int i = 0; i < 8; i++)
        str_addf(out, "%s\n", cmd);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Board *b;
    char *text = fuzz_text(data, size), *rest = text;
    Error err = { 0 };

    if (!b)
        b = make_board();
    board_again(b);

    Session s = { .b = b, .t = chardev_test_new(&b->m->loop, &b->m->input) };
    Chardev *c = chardev_test_dev(s.t);

    s.g = gdb_new(b->m, c, &err);
    if (*text && *rest++ & 2)
        gdb_set_monitor(s.g, monitor, NULL);
    if (*text & 1)
        machine_resume(b->m);
    for (int i = 0; rest && i < STEPS; i++)
        step(&s, strsep(&rest, "\n"));
    let_run(&s);
    next_session(&s);
    gdb_free(s.g);
    chardev_close(c);
    free(text);
    return 0;
}
