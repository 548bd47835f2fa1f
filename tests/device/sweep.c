// SPDX-License-Identifier: MIT
// Every device class of the program, driven by a guest that means harm: each offset of each
// region, in every width, aligned and not, with hostile values, as different CPUs; lines move,
// characters come, timers run, resets fall in between.  Alone and within the virt machine.
// Then its state: what was reached, and poison, is saved and loaded into a fresh device.
// A new class is swept without an edit here, unless it needs properties (list below).
#include "core/machine.h"
#include "tests/device/rig.h"
#include "tests/lib/test.h"
#include "util/alloc.h"

#include <stdlib.h>

enum { BUDGET = 60000,          // accesses of a region by offset, and as many by chance
       LINES = 64 };

// Properties that a class cannot be alone without, or that keep it small.
static const struct { const char *cls, *props; bool machine; } special[] = {
    { "gicv2", "num-cpu=2", false },
    { "gicv3", "num-cpu=2,redist0-count=2", true },
    { "gpex", "mmio-size=1M,mmio64-size=1M", false },
};

// ---- hostile accesses ---------------------------------------------------------------------

static u64 hostile(void)
{
    static const u64 v[] = { 0, 1, ~0ull, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555, 0x80000000,
                             0xffff, 1ull << 63 };
    u64 i = test_random() % (ARRAY_LEN(v) + 4);

    return i < ARRAY_LEN(v) ? v[i] : test_random();
}

static void access_at(AddressSpace *as, Gpa at, unsigned size)
{
    static const u16 cpus[] = { 0, 1, CPU_NONE };
    MemAttrs attrs = { .cpu = cpus[test_random() % 3], .user = test_random() & 1,
                       .secure = test_random() & 1 };
    u64 v = 0;

    if (test_random() & 1)
        as_read(as, at, &v, size, attrs);
    else
        as_write(as, at, hostile(), size, attrs);
}

typedef struct Sweep {
    AddressSpace *as;
    Device *dev;
    Loop *loop;
    ChardevTest *chr;
    u64 done;
    bool alone;         // may be reset, and its lines are ours
} Sweep;

// What else happens to a device.
static void disturb(Sweep *s)
{
    u8 text[40];

    switch (test_random() % 8) {
    case 0:
        if (s->alone) {
            device_reset(s->dev);
            device_redrive(s->dev);
        }
        break;
    case 1:
    case 2:
        if (s->dev->cls->irq_in)
            device_irq_input(s->dev, (int)(test_random() % LINES), test_random() & 1);
        break;
    case 3:
        memset(text, (int)test_random(), sizeof(text));
        chardev_test_feed(s->chr, text, test_random() % sizeof(text));
        break;
    case 4:
        chardev_test_limit(s->chr, test_random() & 1 ? test_random() % 4 : SIZE_MAX);
        break;
    default:
        loop_once(s->loop, 0);
    }
}

static void step(Sweep *s, Gpa at, unsigned size)
{
    access_at(s->as, at, size);
    if (!(++s->done & 511))
        disturb(s);
    if (!(s->done & 4095))
        chardev_test_clear(s->chr);
}

static void sweep_region(Sweep *s, Gpa base, u64 size)
{
    u64 stride = size * 4 / BUDGET + 1;             // four widths at each offset

    for (u64 at = 0; at < size; at += stride)
        for (unsigned w = 1; w <= 8; w *= 2)
            step(s, base + at, w);
    for (u64 i = 0; i < BUDGET; i++)
        step(s, base + test_random() % size, 1u << test_random() % 4);
    for (u64 at = 0; at < 16; at++)                 // over the end
        step(s, base + size - 8 + at, 8);
}

static void sweep_device(Sweep *s)
{
    Str text = { 0 };

    for (u32 i = 0; i < s->dev->region_count; i++) {
        MemoryRegion *mr = device_region(s->dev, i);

        if (mr->parent)
            sweep_region(s, mr->at, mr->size);
    }
    device_print(s->dev, &text);
    str_free(&text);
}

// ---- each class alone ---------------------------------------------------------------------

typedef struct Bench {
    Rig rig;
    Machine m;
} Bench;

static Bench *bench(const DeviceClass *cls)
{
    Bench *b = xaligned(64, sizeof(*b));
    const char *props = NULL;
    Machine *m = NULL;

    for (size_t i = 0; i < ARRAY_LEN(special); i++)
        if (!strcmp(special[i].cls, cls->name)) {
            props = special[i].props;
            m = special[i].machine ? &b->m : NULL;
        }
    regspace_init(&b->m.sysregs);
    rig_open(&b->rig, cls->name, props, m);
    return b;
}

static void bench_free(Bench *b)
{
    rig_close(&b->rig);
    regspace_fini(&b->m.sysregs);
    free(b);
}

static void sweep_bench(Bench *b)
{
    sweep_device(&(Sweep){ &b->rig.as, b->rig.dev, &b->rig.loop, b->rig.chr, .alone = true });
}

TEST(sweep_each_alone)
{
    device_class_foreach(it) {
        Bench *b = bench(*it);

        sweep_bench(b);
        bench_free(b);
    }
}

// ---- state -----------------------------------------------------------------------------------

static bool load(Device *dev, const StateWriter *w, Error *err)
{
    StateReader r;

    state_reader_init(&r, w->buf.at, w->buf.len);
    return device_load(dev, &r, err);
}

// What a swept device is in, a fresh one is in after loading.
TEST(sweep_state_goes_over)
{
    device_class_foreach(it) {
        Bench *a = bench(*it), *b = bench(*it);
        StateWriter x = { 0 }, y = { 0 };
        Error err = { 0 };

        sweep_bench(a);
        clocks_stop(&a->rig.clocks);
        device_save(a->rig.dev, &x);
        if (!load(b->rig.dev, &x, &err))
            FAIL("%s: %s", (*it)->name, err.text);
        device_save(b->rig.dev, &y);
        EQ(x.buf.len, y.buf.len);
        for (size_t i = 0; i < x.buf.len; i++)
            if (x.buf.at[i] != y.buf.at[i])
                FAIL("%s: byte %zu of %zu is other after saving and loading", (*it)->name, i,
                     x.buf.len);
        rig_check_state(&b->rig);                   // and no byte is declared nowhere
        state_writer_free(&x);
        state_writer_free(&y);
        bench_free(a);
        bench_free(b);
    }
}

// The bytes of state rows and register fields; not timers, pointers, properties.
static void poison(Device *dev)
{
    const DeviceClass *c = dev->cls;

    for (u32 i = 0; i < DEVICE_STATES && c->state[i].name; i++)
        if (c->state[i].kind == STATE_KIND_BYTES)
            for (u32 n = 0; n < c->state[i].size; n++)
                ((u8 *)dev)[c->state[i].at + n] = (u8)(test_random() & 1 ? 0xff : test_random());
}

// A snapshot may hold anything: it is refused with a reason, or what it makes lives.
TEST(sweep_state_poisoned)
{
    device_class_foreach(it)
        for (int i = 0; i < 4; i++) {
            Bench *a = bench(*it), *b = bench(*it);
            StateWriter x = { 0 };
            Error err = { 0 };

            poison(a->rig.dev);
            device_save(a->rig.dev, &x);
            if (load(b->rig.dev, &x, &err))
                sweep_bench(b);
            else
                STR_HAS(err.text, "dut");
            state_writer_free(&x);
            device_reset(a->rig.dev);               // before its timers see the poison
            bench_free(a);
            bench_free(b);
        }
}

// ---- the whole board ---------------------------------------------------------------------------

static Machine *board(const char *gic, ChardevTest *chr)
{
    static MachineConfig config = { .cpu = "cortex-a53", .cpus = 2, .ram_size = 8 << 20,
                                    .accel = "tcg" };
    static Args opts;
    static Args none;
    Error err = { 0 };

    TRUE(args_parse(&opts, "-M", gic, NULL, NULL, &err));
    config.options = &opts;
    config.accel_options = &none;
    config.serial[0] = chr ? chardev_test_dev(chr) : NULL;
    Machine *m = machine_new(machine_class_find("virt", &err), &config, &err);

    if (!m)
        FAIL("%s", err.text);
    return m;
}

static void sweep_board(const char *gic)
{
    Input input;
    Loop loop;
    Error err = { 0 };

    input_init(&input);
    TRUE(loop_init(&loop, &err));
    ChardevTest *chr = chardev_test_new(&loop, &input);
    Machine *m = board(gic, chr);

    clocks_start(&m->clocks);
    list_foreach (dev, &m->devices, Device, link)
        device_reset(dev);
    list_foreach (dev, &m->devices, Device, link)
        sweep_device(&(Sweep){ &m->as, dev, &m->loop, chr, .alone = false });
    machine_free(m);
    chardev_close(chardev_test_dev(chr));
    loop_fini(&loop);
}

TEST(sweep_virt_gicv2) { sweep_board("gic-version=2"); }
TEST(sweep_virt_gicv3) { sweep_board("gic-version=3"); }
