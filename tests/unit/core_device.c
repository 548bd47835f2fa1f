// SPDX-License-Identifier: MIT
// core/device.c, core/regs.c, core/prop.c, core/state.c: a small device of every kind of
// row, driven through an address space.
#include <stdio.h>
#include <stdlib.h>

#include "core/device.h"
#include "tests/lib/test.h"
#include "util/bits.h"

enum { ECHO_IRQ, DMA_IRQ };
static const char *const modes[] = { "slow", "fast", NULL };

typedef struct {
    Device dev;
    Timer alarm;
    u32 ctrl, status, plain, bank[4], fired, received;
    u64 wide;
    u8 narrow[4];
    u32 secret; // state without a register
    u32 *cache; // host only
    u32 last_write, last_index, in_level;
    u16 speed;
    bool flag;
    char *label;
    u32 mode;
    u64 size;
    Device *peer;
    u8 dyn[5];
    u32 loaded;
} Toy;
DEVICE_OF(unit_toy, Toy)

static void update(Toy *s) { irq_set(&s->dev.irq_out[ECHO_IRQ], s->status & s->ctrl); }
static u64 read_next(Toy *s) { return ++s->last_write; }
static void write_kick(Toy *s, u64 v) { s->last_write = (u32)v; }
static u64 read_cell(Toy *s, unsigned i) { return s->bank[i] + i; }
static void wrote_bank(Toy *s, unsigned i) { s->last_index = i; }
static void write_alarm(Toy *s, u64 v) { timer_arm_in(&s->alarm, v); }
static void fire(Toy *s) { s->fired++; s->status |= 1; update(s); }
static u64 read_cpu(Toy *s) { return s->dev.attrs.cpu; }

static void write_dma(Toy *s, u64 v)
{
    u32 x = 0x600d;

    s->last_write = device_dma_write(&s->dev, v, &x, 4);
    // the line is seen only after the device's lock is dropped
    irq_set(&s->dev.irq_out[DMA_IRQ], 1);
}

static const Reg regs[] = {
    REG(0x00, CTRL, .at = FIELD(ctrl), .rw = 0xff, .reset = 0x3, .wrote = update),
    REG(0x04, STATUS, .at = FIELD(status), .w1c = 0xf, .wrote = update),
    REG(0x08, NEXT, .read = read_next),
    REG(0x0c, KICK, .write = write_kick),
    REG(0x10, PLAIN, .at = FIELD(plain), .rw = 0xffff0000, .reset = 0x1234),
    REG(0x18, WIDE, .at = FIELD(wide), .rw = ~0ull, .size = 8),
    REG_ARRAY(0x20, BANK, 4, .at = FIELD_N(bank), .rw = ~0u, .wrote_n = wrote_bank),
    REG_ARRAY(0x30, CELL, 4, .read_n = read_cell),
    REG(0x40, ALARM, .write = write_alarm),
    REG(0x44, DMA, .write = write_dma),
    REG(0x48, CPU, .read = read_cpu),
    REG(0x4c, RAW, .write = write_kick, .at = FIELD(plain), .flags = REG_RAW_WRITE | REG_NO_RESET),
    REG_ARRAY(0x50, NARROW, 4, .at = FIELD_N(narrow), .rw = 0xff, .size = 1),
    REG(0x54, QUIET, .reset = 0x77, .flags = REG_QUIET),
    PRIMECELL_ID(0x00041031),
};

static MemResult fifo_read(Toy *s, Gpa off, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    (void)size;
    *val = off + s->secret;
    return MEM_OK;
}

static MemResult fifo_write(Toy *s, Gpa off, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    (void)off;
    (void)size;
    s->secret = (u32)val;
    return val == 0xbad ? MEM_DEVICE_ERR : MEM_OK;
}

static const MemOps fifo = { .read = fifo_read, .write = fifo_write };

static void line_in(Toy *s, int n, int level) { s->in_level = (u32)(n * 10 + level); }
static size_t can_receive(Toy *s) { return s->received < 3 ? 2 : 0; }
static void receive(Toy *s, const u8 *buf, size_t n) { s->received += (u32)n; (void)buf; }

static bool toy_init(Toy *s, Error *err)
{
    if (s->speed == 13)
        return error_set(err, "speed 13 is unlucky");
    s->cache = xalloc(16);
    return true;
}

static void toy_reset(Toy *s) { s->secret = 9; s->fired = 0; }
static void toy_fini(Toy *s) { free(s->cache); }
static void toy_save(Toy *s, StateWriter *w) { state_put(w, "dyn", s->dyn, 5); }
static void toy_loaded(Toy *s) { s->loaded++; update(s); }

static bool toy_load(Toy *s, StateReader *r, u32 version, Error *err)
{
    return version == 2 && state_get(r, "dyn", s->dyn, 5, err);
}

DEVICE_NAMED(unit_toy, "unit-toy", .size = sizeof(Toy), .irqs = 2, .irq_in = line_in,
    .regions = { { .name = "regs", .regs = ROWS(regs) },
                 { .name = "fifo", .ops = &fifo, .size = 0x100 },
                 { .name = "mixed", .ops = &fifo, .regs = ROWS(regs), .size = 0x2000 } },
    .timers = { TIMER(alarm, fire) },
    .props = { PROP_U16("speed", speed, 9600, .max = 20000), PROP_BOOL("flag", flag, true),
               PROP_STRING("label", label, "none"), PROP_ENUM("mode", mode, modes, 1),
               PROP_SIZE("size", size, 4096), PROP_LINK("peer", peer) },
    .state = { STATE(secret), STATE(fired), STATE(received), HOST_ONLY(cache), STATE(last_write),
               STATE(last_index), STATE(in_level), STATE(dyn), HOST_ONLY(loaded) },
    .state_version = 2, .save = toy_save, .load = toy_load, .loaded = toy_loaded,
    .chardev = { .can_receive = can_receive, .receive = receive },
    .init = toy_init, .reset = toy_reset, .fini = toy_fini)

// ---- a rig without a machine --------------------------------------------------------------

typedef struct {
    Input input;
    Loop loop;
    Clocks clocks;
    Memory mem;
    MemoryRegion root, ram_region;
    AddressSpace as;
    DeviceHost host;
    Device *dev;
    Toy *toy;
    int line[2], calls;
} Rig;

static void line(void *to, int n, int level)
{
    Rig *g = to;

    FALSE(g->dev && device_locked(g->dev));
    g->line[n] = level;
    g->calls++;
}

static Device *new_toy(Rig *g, const char *name)
{
    Error e = { 0 };
    const DeviceClass *cls = device_class_find("unit-toy", &e);

    NE(cls, NULL);
    return device_new(cls, name, &g->host);
}

static void rig_up(Rig *g)
{
    Error e = { 0 };

    memset(g, 0, sizeof(*g));
    input_init(&g->input);
    TRUE(loop_init(&g->loop, &e));
    clocks_init(&g->clocks, &g->input, &g->loop);
    mem_init(&g->mem);
    region_init_container(&g->root, "root", MEM_SIZE_ALL);
    RamBlock *ram = ram_new(&g->mem, "ram", 0x1000, RAM_ANON, &e);
    region_init_ram(&g->ram_region, "ram", ram, 0, 0x1000);
    mem_add(&g->root, 0x100000, &g->ram_region, 0);
    as_init(&g->as, &g->mem, &g->root, "as");
    g->host = (DeviceHost){ NULL, &g->clocks, &g->input, &g->loop, &g->as };
    g->dev = new_toy(g, "toy0");
    TRUE(device_init(g->dev, &e));
    g->toy = unit_toy_of(g->dev);
    for (int i = 0; i < 2; i++)
        irq_connect(&g->dev->irq_out[i], line, g, i);
    mem_begin(&g->mem);
    for (u32 i = 0; i < 3; i++)
        mem_add(&g->root, 0x10000 * i, device_region(g->dev, i), 0);
    mem_commit(&g->mem);
    clocks_start(&g->clocks);
    device_reset(g->dev);
}

static void rig_down(Rig *g)
{
    as_fini(&g->as);
    device_free(g->dev);
    mem_fini(&g->mem);
    clocks_fini(&g->clocks);
    loop_fini(&g->loop);
    input_fini(&g->input);
}

static u64 rd(Rig *g, Gpa a, unsigned size)
{
    u64 v;

    EQ(as_read(&g->as, a, &v, size, (MemAttrs){ .cpu = 3 }), MEM_OK);
    return v;
}

static void wr(Rig *g, Gpa a, u64 v, unsigned size)
{
    EQ(as_write(&g->as, a, v, size, (MemAttrs){ .cpu = 3 }), MEM_OK);
}

TEST(dev_registers)
{
    Rig g;

    rig_up(&g);
    EQ(rd(&g, 0x00, 4), 3);
    EQ(rd(&g, 0x10, 4), 0x1234);
    wr(&g, 0x00, 0xfff, 4);
    EQ(rd(&g, 0x00, 4), 0xff);
    wr(&g, 0x10, 0xaabbccdd, 4);
    EQ(rd(&g, 0x10, 4), 0xaabb1234);
    wr(&g, 0x13, 0x11, 1); // one lane
    EQ(rd(&g, 0x10, 4), 0x11bb1234);
    EQ(rd(&g, 0x12, 2), 0x11bb);
    EQ(rd(&g, 0x11, 1), 0x12);
    EQ(rd(&g, 0x08, 4), 1);
    EQ(rd(&g, 0x08, 4), 2);
    wr(&g, 0x0c, 55, 4);
    EQ(g.toy->last_write, 55);
    EQ(rd(&g, 0x0c, 4), 0); // write-only
    EQ(g.dev->guest_errors, 1);
    wr(&g, 0x08, 1, 4);     // read-only
    EQ(rd(&g, 0x14, 4), 0); // nothing there
    wr(&g, 0x14, 1, 4);
    EQ(g.dev->guest_errors, 4);
    wr(&g, 0x54, 1, 4); // quiet
    EQ(rd(&g, 0x54, 4), 0x77);
    EQ(g.dev->guest_errors, 4);
    EQ(rd(&g, 0xfe0, 4), 0x31);
    EQ(rd(&g, 0xfe4, 4), 0x10);
    EQ(rd(&g, 0xfe8, 4), 0x04);
    EQ(rd(&g, 0xffc, 4), 0xb1);
    EQ(rd(&g, 0x48, 4), 3); // who asks
    wr(&g, 0x4d, 0x22, 1);  // raw: value, not lane
    EQ(g.toy->last_write, 0x2200);
    rig_down(&g);
}

TEST(dev_wide_and_arrays)
{
    Rig g;

    rig_up(&g);
    wr(&g, 0x18, 0x1122334455667788, 8);
    EQ(rd(&g, 0x1c, 4), 0x11223344);
    wr(&g, 0x18, 0xdeadbeef, 4);
    EQ(g.toy->wide, 0x11223344deadbeefull);
    wr(&g, 0x20, 0x0000000200000001, 8); // two elements
    EQ(g.toy->bank[0], 1);
    EQ(g.toy->bank[1], 2);
    EQ(g.toy->last_index, 1);
    wr(&g, 0x2c, 7, 4);
    EQ(rd(&g, 0x3c, 4), 10);
    wr(&g, 0x50, 0x04030201, 4); // four byte registers
    EQ(g.toy->narrow[2], 3);
    EQ(rd(&g, 0x52, 2), 0x0403);
    rig_down(&g);
}

TEST(dev_w1c_and_lines)
{
    Rig g;

    rig_up(&g);
    device_lock(g.dev);
    g.toy->status = 7;
    update(g.toy);
    EQ(g.line[0], 0); // not while locked
    device_unlock(g.dev);
    EQ(g.line[0], 1);
    wr(&g, 0x04, 3, 4);
    EQ(rd(&g, 0x04, 4), 4);
    EQ(g.line[0], 0);
    wr(&g, 0x04, 0xfff0, 4);
    EQ(rd(&g, 0x04, 4), 4);
    int before = g.calls;
    device_redrive(g.dev);
    EQ(g.calls, before + 2);
    rig_down(&g);
}

TEST(dev_dma)
{
    Rig g;
    Error e = { 0 };

    rig_up(&g);
    wr(&g, 0x44, 0x100010, 4);
    EQ(g.toy->last_write, MEM_OK);
    EQ(g.line[1], 1);
    EQ(rd(&g, 0x100010, 4), 0x600d);
    wr(&g, 0x44, 0x10000, 4); // at itself: refused
    EQ(g.toy->last_write, MEM_DECODE_ERR);
    TRUE(log_configure("guest_errors", &e)); // and again, said aloud
    TRUE(log_open("/dev/null", &e));
    wr(&g, 0x44, 0x10000, 4);
    wr(&g, 0x14, 0, 4);
    rig_down(&g);
}

static MemResult self_read(Device *dev, Gpa off, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)off;
    (void)size;
    (void)attrs;
    return region_read(device_region(dev, 0), 0, val, 4, ATTRS_NONE);
}

TEST(dev_reentry_is_refused)
{
    Rig g;
    u64 v;

    rig_up(&g);
    device_lock(g.dev);
    EQ(self_read(g.dev, 0, &v, 4, ATTRS_NONE), MEM_DEVICE_ERR);
    device_unlock(g.dev);
    EQ(self_read(g.dev, 0, &v, 4, ATTRS_NONE), MEM_OK);
    rig_down(&g);
}

TEST(dev_plain_and_mixed_ops)
{
    Rig g;

    rig_up(&g);
    wr(&g, 0x10000, 100, 4);
    EQ(rd(&g, 0x10008, 4), 108);
    EQ(as_write(&g.as, 0x10000, 0xbad, 4, ATTRS_NONE), MEM_DEVICE_ERR);
    wr(&g, 0x20000, 0x11, 4); // a row
    EQ(g.toy->ctrl, 0x11);
    wr(&g, 0x21800, 5, 4);    // none there: ops
    EQ(rd(&g, 0x21800, 4), 0x1805);
    STR_EQ(g.dev->region[1].name, "toy0.fifo");
    rig_down(&g);
}

TEST(dev_timer_and_reset)
{
    Rig g;

    rig_up(&g);
    wr(&g, 0x40, 0, 4);
    timers_run(&g.clocks);
    EQ(g.toy->fired, 1);
    EQ(g.line[0], 1);
    wr(&g, 0x40, 1000000000, 4);
    wr(&g, 0x0, 0x55, 4);
    g.toy->plain = 5;
    device_reset(g.dev);
    FALSE(timer_armed(&g.toy->alarm));
    EQ(g.toy->ctrl, 3);
    EQ(g.toy->plain, 0x1234);
    EQ(g.toy->secret, 9);
    EQ(g.toy->fired, 0);
    rig_down(&g);
}

TEST(dev_input_lines_and_chardev)
{
    Rig g;
    Irq irq;

    rig_up(&g);
    ChardevTest *t = chardev_test_new(&g.loop, &g.input);
    irq_init(&irq, NULL);
    irq_connect(&irq, device_irq_input, g.dev, 4);
    irq_set(&irq, 1);
    EQ(g.toy->in_level, 41);
    EQ(chardev_write(g.dev->chardev, "x", 1), 1); // the null one
    device_chardev(g.dev, chardev_test_dev(t));
    EQ(chardev_write(g.dev->chardev, "hello", 5), 5);
    STR_EQ(chardev_test_output(t, NULL), "hello");
    EQ(chardev_test_feed(t, "abcdefg", 7), 4); // 2, 2, then no room
    EQ(g.toy->received, 4);
    chardev_test_limit(t, 2);
    EQ(chardev_write(g.dev->chardev, "wxyz", 4), 2);
    rig_down(&g);
    EQ(chardev_test_dev(t)->front, NULL);
    chardev_close(chardev_test_dev(t));
}

TEST(dev_properties)
{
    Rig g;
    Error e = { 0 };

    rig_up(&g);
    EQ(g.toy->speed, 9600);
    TRUE(g.toy->flag);
    STR_EQ(g.toy->label, "none");
    EQ(g.toy->mode, 1);
    Device *d = new_toy(&g, "toy1");
    Toy *s = unit_toy_of(d);
    TRUE(device_set(d, "speed", "13", &e));
    TRUE(device_set(d, "flag", "off", &e));
    TRUE(device_set(d, "label", "a,b", &e));
    TRUE(device_set(d, "mode", "slow", &e));
    TRUE(device_set(d, "size", "2M", &e));
    TRUE(device_set_link(d, "peer", g.dev, &e));
    TRUE(device_set_u64(d, "mode", 0, &e));
    EQ(s->size, 2 * MIB);
    EQ(s->mode, 0);
    STR_EQ(s->label, "a,b");
    EQ(s->peer, g.dev);
    FALSE(s->flag);
    FALSE(device_set(d, "sped", "1", &e));
    STR_EQ(e.text, "device 'toy1': unknown property 'sped', did you mean 'speed'?");
    FALSE(device_set(d, "speed", "20001", &e));
    STR_EQ(e.text, "device 'toy1': property 'speed': 20001 is not in 0..20000");
    FALSE(device_set(d, "mode", "fats", &e));
    STR_EQ(e.text, "device 'toy1': property 'mode': unknown value 'fats', did you mean 'fast'?");
    FALSE(device_set(d, "flag", "perhaps", &e));
    FALSE(device_set(d, "peer", "x", &e));
    FALSE(device_set_link(d, "speed", g.dev, &e));
    FALSE(device_set_u64(d, "none", 1, &e));
    FALSE(device_init(d, &e));
    STR_EQ(e.text, "device 'toy1': speed 13 is unlucky");
    device_free(d); // without fini
    FALSE(device_class_find("unit-tov", &e));
    STR_HAS(e.text, "did you mean 'unit-toy'?");
    rig_down(&g);
}

// Every byte is declared, and comes back.
TEST(dev_state)
{
    Rig g;
    Error e = { 0 };
    StateWriter w = { 0 };
    StateReader r;
    u8 marks[sizeof(Toy)];

    rig_up(&g);
    device_state_map(g.dev, marks);
    static const size_t declared[] = {
        0, offsetof(Toy, alarm), offsetof(Toy, ctrl), offsetof(Toy, bank) + 15,
        offsetof(Toy, wide) + 7, offsetof(Toy, narrow) + 3, offsetof(Toy, secret),
        offsetof(Toy, cache), offsetof(Toy, in_level) + 3, offsetof(Toy, speed) + 1,
        offsetof(Toy, flag), offsetof(Toy, label), offsetof(Toy, mode), offsetof(Toy, size),
        offsetof(Toy, peer) + 7, offsetof(Toy, dyn) + 4, offsetof(Toy, loaded),
    };
    for (size_t i = 0; i < ARRAY_LEN(declared); i++)
        EQ(marks[declared[i]], 1);
    EQ(marks[offsetof(Toy, flag) + 1], 0); // padding
    g.toy->secret = 77;
    g.toy->wide = 0x1234567890;
    g.toy->bank[3] = 4;
    memcpy(g.toy->dyn, "abcde", 5);
    timer_arm(&g.toy->alarm, 1ull << 60);
    device_save(g.dev, &w);
    device_reset(g.dev);
    memset(g.toy->bank, 0xff, sizeof(g.toy->bank));
    memset(g.toy->dyn, 0, 5);
    g.toy->wide = 0;
    state_reader_init(&r, w.buf.at, w.buf.len);
    TRUE(device_load(g.dev, &r, &e));
    EQ(g.toy->secret, 77);
    EQ(g.toy->wide, 0x1234567890);
    EQ(g.toy->bank[3], 4);
    EQ(g.toy->bank[0], 0);
    MEM_EQ(g.toy->dyn, "abcde", 5);
    EQ(timer_deadline(&g.toy->alarm), 1ull << 60);
    EQ(g.toy->loaded, 1);
    // hostile files: every truncation, and random bytes, fail cleanly
    for (size_t n = 0; n < w.buf.len; n++) {
        state_reader_init(&r, w.buf.at, n);
        FALSE(device_load(g.dev, &r, &e));
    }
    for (int i = 0; i < 2000; i++) {
        size_t at = test_random() % w.buf.len;
        u8 old = w.buf.at[at];

        w.buf.at[at] = (u8)test_random();
        state_reader_init(&r, w.buf.at, w.buf.len);
        device_load(g.dev, &r, &e); // either, but no crash
        w.buf.at[at] = old;
    }
    STR_HAS(e.text, "toy0");
    state_writer_free(&w);
    rig_down(&g);
}

TEST(dev_print)
{
    Rig g;
    Str s = { 0 };

    rig_up(&g);
    g.toy->bank[2] = 0xabc;
    device_print(g.dev, &s);
    STR_HAS(s.s, "toy0 (unit-toy)");
    STR_HAS(s.s, "0028 BANK[2] = 0xabc");
    EQ(g.toy->last_write, 0); // no side effects
    str_free(&s);
    rig_down(&g);
}

typedef struct {
    Rig *g;
    int n;
} Worker;

static void *poke(void *arg)
{
    Worker *w = arg;
    u64 v;

    for (int i = 0; i < 3000; i++) {
        as_write(&w->g->as, 0x0, (u64)i, 4, ATTRS_NONE);
        as_write(&w->g->as, 0x04, 1, 4, ATTRS_NONE);
        as_write(&w->g->as, 0x40, (u64)(i % 3) * 100, 4, ATTRS_NONE);
        as_read(&w->g->as, 0x20, &v, 8, ATTRS_NONE);
    }
    return NULL;
}

static void *turn(void *arg)
{
    loop_run(arg);
    return NULL;
}

TEST(dev_from_many_threads)
{
    Rig g;
    Thread t[3] = { 0 };
    Worker w = { &g, 0 };

    rig_up(&g);
    for (int i = 0; i < 2; i++) // counting sinks are not thread-safe
        irq_connect(&g.dev->irq_out[i], irq_nowhere, NULL, 0);
    TRUE(thread_start(&t[0], "loop", turn, &g.loop, NULL));
    TRUE(thread_start(&t[1], "a", poke, &w, NULL));
    TRUE(thread_start(&t[2], "b", poke, &w, NULL));
    thread_join(&t[1]);
    thread_join(&t[2]);
    loop_stop(&g.loop);
    thread_join(&t[0]);
    EQ(irq_level(&g.dev->irq_out[0]), (g.toy->status & g.toy->ctrl) != 0);
    rig_down(&g);
}
