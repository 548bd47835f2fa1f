// SPDX-License-Identifier: MIT
// core/cpu.c, core/machine.c, core/snapshot.c: a machine of toy CPUs that are run by a toy
// accelerator, with real threads.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/machine.h"
#include "tests/lib/test.h"

// ---- a CPU that counts, and takes orders --------------------------------------------------

enum { SPIN, HALT, OFF, BREAK, FAIL_RUN };

typedef struct {
    Cpu cpu;
    u64 counter, entry, context;
    u32 flavour;
    _Atomic u32 order, irqs, runs, services;
} ToyCpu;

static ToyCpu *toy(Cpu *cpu)
{
    return (ToyCpu *)cpu;
}

static bool toy_init(Cpu *cpu, const CpuModel *model, Args *opts, Error *err)
{
    bool odd;

    toy(cpu)->flavour = (u32)(uintptr_t)model->data;
    return args_bool(opts, "odd", false, &odd, err);
}

static void toy_reset(Cpu *cpu)
{
    toy(cpu)->counter = 0;
    atomic_store(&toy(cpu)->order, HALT);
}

static void toy_power_on(Cpu *cpu, u64 entry, u64 context)
{
    toy(cpu)->entry = entry;
    toy(cpu)->context = context;
    atomic_store(&toy(cpu)->order, SPIN);
}

static bool toy_has_work(Cpu *cpu)
{
    return atomic_load(&cpu->pending_irq) != 0 || atomic_load(&toy(cpu)->order) != HALT;
}

static bool toy_translate(Cpu *cpu, Gva va, Gpa *pa, MemAttrs *attrs)
{
    (void)cpu;
    (void)attrs;
    *pa = va & 0xffffff;
    return va < 1ull << 32;
}

static void get_flavour(Cpu *cpu, const CpuReg *r, void *out)
{
    (void)r;
    memcpy(out, &toy(cpu)->flavour, 4);
}

static void set_flavour(Cpu *cpu, const CpuReg *r, const void *in)
{
    (void)r;
    memcpy(&toy(cpu)->flavour, in, 4);
}

static const CpuReg toy_regs[] = {
    { .name = "counter", .bits = 64, .at = offsetof(ToyCpu, counter) },
    { .name = "flavour", .bits = 32, .at = -1, .get = get_flavour, .set = set_flavour },
};
static const StateRow toy_state[] = { STATE_OF(ToyCpu, entry), STATE_OF(ToyCpu, context), { 0 } };
static const CpuModel toy_models[] = {
    { "plain", "the plain one", (void *)1 }, { "salted", NULL, (void *)2 }, { 0 },
};

CPU_CLASS(unit_cpu, .size = sizeof(ToyCpu), .models = toy_models, .default_model = "plain",
          .regs = toy_regs, .reg_count = ARRAY_LEN(toy_regs), .state = toy_state,
          .init = toy_init, .reset = toy_reset, .power_on = toy_power_on,
          .has_work = toy_has_work, .debug_translate = toy_translate)

// ---- an accelerator that obeys ----------------------------------------------------------------

static bool accel_probe(const char *cpu_class, Error *err)
{
    return !strcmp(cpu_class, "unit_cpu") || error_set(err, "it runs unit_cpu only");
}

static bool accel_init(Machine *m, Args *args, Error *err)
{
    (void)args;
    (void)err;
    m->accel_state = xalloc(1);
    return true;
}

static void accel_fini(Machine *m)
{
    free(m->accel_state);
}

static bool accel_create(Cpu *cpu, Error *err)
{
    (void)err;
    cpu->accel_state[0] = 1;
    return true;
}

static CpuRunResult accel_run(Cpu *cpu)
{
    ToyCpu *t = toy(cpu);

    atomic_fetch_add(&t->runs, 1);
    if (cpu_exit_bits(cpu) & CPU_EXIT_IRQ) {
        cpu_exit_clear(cpu, CPU_EXIT_IRQ);
        u32 lines = atomic_load(&cpu->pending_irq);

        if (lines) {
            atomic_fetch_add(&t->irqs, 1);
            // "acknowledge": edge-like, for counting
            atomic_fetch_and(&cpu->pending_irq, ~lines);
        }
    }
    switch (atomic_load(&t->order)) {
    case SPIN:
        for (int i = 0; i < 1000 && !cpu_exit_bits(cpu); i++)
            t->counter++;
        return CPU_RAN;
    case OFF:
        atomic_store(&t->order, HALT);
        cpu_power_off_self(cpu);
        return CPU_OFF;
    case BREAK:
        atomic_store(&t->order, SPIN);
        return CPU_DEBUG;
    case FAIL_RUN:
        return CPU_FAILED;
    default:
        return CPU_HALT;
    }
}

static void accel_service(Cpu *cpu)
{
    cpu_exit_clear(cpu, CPU_EXIT_TLB | CPU_EXIT_ACCEL);
    atomic_fetch_add(&toy(cpu)->services, 1);
}

ACCEL(unit_accel, .desc = "test", .probe = accel_probe, .init = accel_init, .fini = accel_fini,
      .cpu_create = accel_create, .run = accel_run, .service = accel_service)

// ---- devices and a machine ---------------------------------------------------------------------

typedef struct {
    Device dev;
    u32 level, input;
    Device *peer;
} Bell;
DEVICE_OF(unit_bell, Bell)

static void ring(Bell *s) { irq_set(&s->dev.irq_out[0], s->level & 1); }
static void heard(Bell *s, int n, int level) { s->input = (u32)(n << 8 | level); }

static const Reg bell_regs[] = {
    REG(0, LEVEL, .at = FIELD(level), .rw = ~0u, .reset = 4, .wrote = ring),
    REG(4, INPUT, .at = FIELD(input)),
};
DEVICE(unit_bell, .size = sizeof(Bell), .regs = ROWS(bell_regs), .irqs = 1, .irq_in = heard,
       .props = { PROP_LINK("peer", peer), PROP_U32("level", level, 0) },
       .backends = BACKEND_CHARDEV)

static const Row rows[] = {
    { "unit_bell", "bell0", 0x1000000, .irq = { "bell1", 5 }, .chardev = 0 },
    { "unit_bell", "bell1", 0x1001000, .irqs = { { "cpu0", 2 } }, .props = "peer=bell0" },
    { "unit_bell", "hidden", 0x1002000, .secure = true, .chardev = -1 },
};

typedef struct {
    int loads;
    bool fail;
} Own;

static bool build(Machine *m, Error *err)
{
    mem_begin(&m->mem);
    mem_add(&m->system, 0, &m->ram_region, 0);
    mem_commit(&m->mem);
    return machine_add_rows(m, rows, ARRAY_LEN(rows), err);
}

static void cpu_setup(Machine *m, Cpu *cpu)
{
    (void)m;
    cpu->start_off = cpu->index != 0;
}

static bool load(Machine *m, Error *err)
{
    Own *own = m->own;

    own->loads++;
    return !own->fail || error_set(err, "kernel has gone");
}

MACHINE(unit_machine, "unit-1.0", .alias = "unit", .cpu_class = "unit_cpu", .max_cpus = 4,
        .default_ram = 4 * MIB, .size = sizeof(Own), .build = build, .cpu_setup = cpu_setup,
        .load = load)

static bool bad_build(Machine *m, Error *err)
{
    static const Row wrong[] = { { "unit_bell", "b", 0, .irq = { "nowhere", 0 } } };

    return machine_add_rows(m, wrong, 1, err);
}

MACHINE(unit_bad, "unit-bad", .cpu_class = "unit_cpu", .build = bad_build)

// ---- tests ------------------------------------------------------------------------------------

static Machine *machine_up(MachineConfig *c)
{
    Error e = { 0 };
    const MachineClass *cls = machine_class_find("unit", &e);

    c->accel = "unit_accel";
    Machine *m = cls ? machine_new(cls, c, &e) : NULL;

    if (!m)
        FAIL("%s", e.text);
    TRUE(machine_start(m, &e));
    return m;
}

static void order(Machine *m, u32 cpu, u32 what)
{
    atomic_store(&toy(m->cpu[cpu])->order, what);
    cpu_kick(m->cpu[cpu], CPU_EXIT_IRQ);
}

#define WAIT_FOR(x)                              \
    do {                                         \
        for (int wait_n_ = 0; !(x); wait_n_++) { \
            usleep(200);                         \
            if (wait_n_ > 25000)                 \
                FAIL("waited in vain: " #x);     \
        }                                        \
    } while (0)

TEST(machine_builds_and_wires)
{
    ChardevTest *serial = chardev_test_new(NULL, NULL);
    MachineConfig c = { .cpus = 2, .serial = { chardev_test_dev(serial) }, .cpu = "salted,odd=on" };
    Machine *m = machine_up(&c);
    Bell *b0 = unit_bell_of(machine_device(m, "bell0"));
    Bell *b1 = unit_bell_of(machine_device(m, "bell1"));
    u64 v;

    EQ(machine_ram_size(m), 4 * MIB);
    EQ(m->cpu_count, 2);
    EQ(toy(m->cpu[0])->flavour, 2);
    EQ(b1->peer, &b0->dev);
    EQ(b0->dev.chardev, chardev_test_dev(serial));
    EQ(machine_device(m, "hidden")->chardev, &chardev_null);
    EQ(b0->level, 4);
    as_write(&m->as, 0x1000000, 1, 4, ATTRS_NONE);
    EQ(b1->input, 0x501);
    as_write(&m->as, 0x1001000, 1, 4, ATTRS_NONE);
    EQ(atomic_load(&m->cpu[0]->pending_irq), 4);
    EQ(as_read(&m->as, 0x1002000, &v, 4, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(as_read(&m->secure_as, 0x1002000, &v, 4, ATTRS_NONE), MEM_OK);
    EQ(as_read(&m->secure_as, 0x1000000, &v, 4, ATTRS_NONE), MEM_OK);
    EQ(((Own *)m->own)->loads, 1);
    machine_free(m);
    chardev_close(chardev_test_dev(serial));
}

// -M memory-backend=ID: its content stays, its size counts, it cannot go while it is used.
TEST(machine_memory_backend)
{
    Objects all;
    MachineConfig c = { .objects = &all, .ram_backend = "mem" };
    Args a = { 0 };
    u64 v;

    objects_init(&all);
    args_add(&a, "size", "2M");
    MemoryBackend *b = container_of(objects_add(&all, "memory-backend-memfd", "mem", &a, NULL),
                                    MemoryBackend, obj);
    b->host[5] = 42;
    Machine *m = machine_up(&c);

    EQ(machine_ram_size(m), 2 * MIB);
    EQ(as_read(&m->as, 5, &v, 1, ATTRS_NONE), MEM_OK);
    EQ(v, 42);
    EQ(m->ram->kind, RAM_LENT);
    FALSE(ram_set_backing(m->ram, RAM_ANON, NULL, NULL));
    FALSE(objects_del(&all, "mem", NULL));
    machine_free(m);
    EQ(b->host[5], 42);
    TRUE(objects_del(&all, "mem", NULL));

    c.ram_backend = NULL;           // the machine's own, under its own name
    m = machine_up(&c);
    TRUE(objects_find(&all, "ram") != NULL);
    EQ(m->ram->kind, RAM_ANON);
    machine_free(m);
    TRUE(list_empty(&all.list));
    args_free(&a);
}

static const char *failure(const char *machine, MachineConfig c)
{
    static Error e;
    const MachineClass *cls = machine_class_find(machine, &e);

    if (cls)
        EQ(machine_new(cls, &c, &e), NULL);
    return e.text;
}

TEST(machine_errors)
{
    const char *a = "unit_accel";

    STR_EQ(failure("unti", (MachineConfig){ 0 }),
           "-M: unknown machine 'unti', did you mean 'unit'?");
    STR_EQ(failure("unit", (MachineConfig){ .cpus = 5, .accel = a }),
           "-smp: machine 'unit-1.0' has at most 4 CPUs");
    STR_EQ(failure("unit", (MachineConfig){ .cpu = "salty", .accel = a }),
           "-cpu: unknown model 'salty', did you mean 'salted'?");
    STR_HAS(failure("unit", (MachineConfig){ .cpu = "plain,evn=on", .accel = a }), "evn");
    STR_HAS(failure("unit", (MachineConfig){ .accel = "unit_accle" }),
            "did you mean 'unit_accel'?");
    STR_HAS(failure("unit", (MachineConfig){ .ram_size = 99ull << 40, .accel = a }), "-m: ");
    STR_HAS(failure("unit", (MachineConfig){ .ram_backend = "nope", .accel = a }), "'nope'");
    STR_HAS(failure("unit-bad", (MachineConfig){ .accel = a }), "wired to 'nowhere'");
}

TEST(machine_two_at_once)
{
    MachineConfig c = { .cpus = 2 };
    Machine *a = machine_up(&c), *b = machine_up(&c);

    machine_resume(a);
    machine_resume(b);
    order(a, 0, SPIN);
    order(b, 0, SPIN);
    WAIT_FOR(atomic_load(&toy(a->cpu[0])->runs) > 100 && atomic_load(&toy(b->cpu[0])->runs) > 100);
    machine_free(a);
    WAIT_FOR(atomic_load(&toy(b->cpu[0])->runs) > 200);
    machine_free(b);
}

TEST(cpu_halt_wakes_on_irq)
{
    MachineConfig c = { .cpus = 1 };
    Machine *m = machine_up(&c);
    ToyCpu *t = toy(m->cpu[0]);

    machine_resume(m);
    for (u32 i = 1; i <= 200; i++) {
        if (i % 4 == 0)
            WAIT_FOR(atomic_load(&t->cpu.sleeping)); // really asleep
        cpu_irq(&t->cpu, 3, 1);
        WAIT_FOR(atomic_load(&t->irqs) >= i);
        cpu_irq(&t->cpu, 3, 0);
    }
    machine_free(m);
}

TEST(cpu_halted_serves_the_accelerator)
{
    MachineConfig c = { .cpus = 1 };
    Machine *m = machine_up(&c);
    ToyCpu *t = toy(m->cpu[0]);

    cpu_kick(&t->cpu, CPU_EXIT_TLB); // while parked
    WAIT_FOR(atomic_load(&t->services) == 1);
    machine_resume(m);
    WAIT_FOR(atomic_load(&t->cpu.sleeping));
    cpu_kick(&t->cpu, CPU_EXIT_ACCEL); // while halted
    WAIT_FOR(atomic_load(&t->services) == 2);
    machine_free(m);
}

static void count_work(Cpu *cpu, void *opaque)
{
    EQ(cpu_current(), cpu);
    atomic_fetch_add((_Atomic int *)opaque, 1);
}

static void cross_work(Cpu *cpu, void *opaque)
{
    Machine *m = cpu->machine;

    cpu_run_on(m->cpu[cpu->index ^ 1], count_work, opaque);
}

TEST(cpu_work_reaches_every_state)
{
    MachineConfig c = { .cpus = 2 };
    Machine *m = machine_up(&c);
    _Atomic int n = 0, k = 0;

    EQ(cpu_current(), NULL);
    cpu_run_on(m->cpu[0], count_work, &n); // parked
    machine_resume(m);
    cpu_run_on(m->cpu[0], count_work, &n); // halted
    cpu_run_on(m->cpu[1], count_work, &n); // off
    order(m, 0, SPIN);
    for (int i = 0; i < 500; i++)
        cpu_run_on(m->cpu[0], count_work, &n); // running
    EQ(n, 503);
    // both at once, each waiting for the other
    CpuWork a = { .fn = cross_work, .opaque = &n }, b = { .fn = cross_work, .opaque = &k };
    for (int i = 0; i < 20; i++) {
        n = k = 0;
        cpu_queue(m->cpu[0], &a);
        cpu_queue(m->cpu[1], &b);
        cpu_run_on(m->cpu[0], count_work, &n);
        cpu_run_on(m->cpu[1], count_work, &k);
        WAIT_FOR(atomic_load(&n) == 2 && atomic_load(&k) == 2);
    }
    machine_free(m);
}

TEST(cpu_pause_stops_all)
{
    MachineConfig c = { .cpus = 3 };
    Machine *m = machine_up(&c);

    machine_resume(m);
    order(m, 0, SPIN);
    TRUE(cpu_power_on(m->cpu[1], 0x1234, 0x55));
    FALSE(cpu_power_on(m->cpu[0], 0, 0)); // on already
    for (int i = 0; i < 300; i++) {
        cpu_pause_all(m);
        u64 n = toy(m->cpu[0])->counter + toy(m->cpu[1])->counter;

        if (i % 50 == 0)
            usleep(500);
        EQ(toy(m->cpu[0])->counter + toy(m->cpu[1])->counter, n);
        if (i & 1) { // nested
            cpu_pause_all(m);
            cpu_resume_all(m);
        }
        cpu_resume_all(m);
    }
    WAIT_FOR(atomic_load(&m->cpu[1]->power) == CPU_POWER_ON);
    cpu_pause_all(m);
    EQ(toy(m->cpu[1])->entry, 0x1234);
    EQ(toy(m->cpu[1])->context, 0x55);
    TRUE(cpu_power_on(m->cpu[2], 0x99, 0)); // while paused: comes after
    usleep(1000);
    EQ(toy(m->cpu[2])->entry, 0);
    cpu_resume_all(m);
    WAIT_FOR(atomic_load(&m->cpu[2]->power) == CPU_POWER_ON);
    order(m, 1, OFF);
    WAIT_FOR(atomic_load(&m->cpu[1]->power) == CPU_POWER_OFF);
    TRUE(cpu_power_on(m->cpu[1], 1, 2));
    WAIT_FOR(atomic_load(&m->cpu[1]->power) == CPU_POWER_ON);
    machine_free(m);
}

static void late_work(Cpu *cpu, void *opaque)
{
    (void)cpu;
    for (int i = 0; i < 200; i++)
        cpu_relax();
    atomic_store((_Atomic int *)opaque, 1);
}

// Who paused may touch registers: nothing that was queued before does so any more.
TEST(cpu_pause_comes_after_work)
{
    MachineConfig c = { .cpus = 1 };
    Machine *m = machine_up(&c);
    _Atomic int done;
    CpuWork w = { .fn = late_work, .opaque = (void *)&done };

    machine_resume(m);
    order(m, 0, SPIN);
    for (int i = 0; i < 2000; i++) {
        atomic_store(&done, 0);
        cpu_queue(m->cpu[0], &w);
        cpu_pause_all(m);
        EQ(atomic_load(&done), 1);
        cpu_resume_all(m);
    }
    machine_free(m);
}

// Counts how often the exit word asks again for the work that is being done.
static void watch_exit(Cpu *cpu, void *opaque)
{
    _Atomic int *n = opaque;
    cpu_exit_clear(cpu, CPU_EXIT_WORK);
    for (int i = 0; i < 100; i++) {
        cpu_relax();
        if (cpu_exit_bits(cpu) & CPU_EXIT_WORK) {
            atomic_fetch_add(&n[1], 1);
            break;
        }
    }
    int turn = atomic_fetch_add(&n[0], 1);
    for (int i = turn & 63; i > 0; i--)
        cpu_relax(); // the next comes now, or a little later
}

TEST(cpu_work_is_asked_for_once)
{
    MachineConfig c = { .cpus = 1 };
    Machine *m = machine_up(&c);
    _Atomic int n[2] = { 0 };
    CpuWork w = { .fn = watch_exit, .opaque = (void *)n };

    for (int i = 0; i < 50000; i++) {
        cpu_queue(m->cpu[0], &w); // while the queue is being looked at
        while (atomic_load(&n[0]) == i)
            cpu_relax();
    }
    EQ(n[1], 0);
    machine_free(m);
}

static void *run_machine(void *arg)
{
    return (void *)(intptr_t)machine_run(arg);
}

TEST(machine_requests)
{
    MachineConfig c = { .cpus = 2 };
    Machine *m = machine_up(&c);
    Thread t = { 0 };
    Own *own = m->own;

    TRUE(thread_start(&t, "main-loop", run_machine, m, NULL)); // off the main thread
    WAIT_FOR(machine_state(m) == MACHINE_RUNNING);
    for (u64 i = 1; i <= 20; i++) {
        order(m, 0, SPIN);
        machine_request(m, REQUEST_RESET, 0);
        WAIT_FOR(atomic_load(&m->resets) > i && !atomic_load(&m->request));
    }
    machine_request(m, REQUEST_PAUSE, 0);
    WAIT_FOR(machine_state(m) == MACHINE_PAUSED);
    machine_request(m, REQUEST_POWEROFF, 7);
    thread_join(&t);
    EQ(machine_state(m), MACHINE_SHUTDOWN);
    EQ(atomic_load(&m->exit_code), 7);
    EQ(own->loads, 21);
    machine_free(m);
}

static int run_with_order(MachineConfig *c, u32 what, RunState expect)
{
    Machine *m = machine_up(c);
    Thread t = { 0 };

    TRUE(thread_start(&t, "main-loop", run_machine, m, NULL));
    WAIT_FOR(machine_state(m) == MACHINE_RUNNING);
    order(m, 0, what);
    WAIT_FOR(machine_state(m) == expect);
    if (expect != MACHINE_SHUTDOWN)
        machine_request(m, REQUEST_QUIT, 3);
    thread_join(&t);
    int code = atomic_load(&m->exit_code);
    machine_free(m);
    return code;
}

TEST(machine_breakpoint_and_panic)
{
    MachineConfig c = { .cpus = 1 }, keep = { .cpus = 1, .no_shutdown = true };

    EQ(run_with_order(&c, BREAK, MACHINE_PAUSED), 3);
    EQ(run_with_order(&c, FAIL_RUN, MACHINE_SHUTDOWN), 1);
    EQ(run_with_order(&keep, FAIL_RUN, MACHINE_PAUSED), 3);
}

TEST(machine_reset_options)
{
    MachineConfig c = { .cpus = 1, .no_reboot = true };
    Machine *m = machine_up(&c);

    machine_request(m, REQUEST_RESET, 0);
    EQ(machine_run(m), 0); // -no-reboot: ends
    machine_free(m);
    c.no_reboot = false;
    c.start_paused = true;
    m = machine_up(&c);
    ((Own *)m->own)->fail = true;
    TRUE(log_open("/dev/null", NULL));
    machine_request(m, REQUEST_RESET, 0);
    EQ(machine_run(m), 1); // the loader failed
    machine_free(m);
}

TEST(machine_lines_survive_reset)
{
    MachineConfig c = { .cpus = 1 };
    Error e = { 0 };
    Machine *m = machine_up(&c);
    Irq *out = machine_device(m, "bell1")->irq_out;

    irq_set(out, 1);
    EQ(atomic_load(&m->cpu[0]->pending_irq), 4);
    TRUE(machine_reset(m, &e));
    EQ(atomic_load(&m->cpu[0]->pending_irq), 4); // driven anew
    machine_free(m);
}

TEST(machine_snapshot)
{
    MachineConfig c = { .cpus = 2 };
    Error e = { 0 };
    StateWriter w = { 0 };
    Machine *m = machine_up(&c), *n;

    as_write(&m->as, 0x2345, 0xabcdef, 4, ATTRS_NONE);
    as_write(&m->as, 0x1000000, 1, 4, ATTRS_NONE);
    toy(m->cpu[0])->counter = 99;
    toy(m->cpu[1])->entry = 0x77;
    atomic_store(&m->cpu[1]->power, CPU_POWER_ON);
    machine_save(m, &w);
    machine_free(m);
    n = machine_up(&c);
    as_write(&n->as, 0x9000, 1, 4, ATTRS_NONE); // is to go
    TRUE(machine_load(n, w.buf.at, w.buf.len, &e));
    u64 v;
    as_read(&n->as, 0x2345, &v, 4, ATTRS_NONE);
    EQ(v, 0xabcdef);
    as_read(&n->as, 0x9000, &v, 4, ATTRS_NONE);
    EQ(v, 0);
    EQ(toy(n->cpu[0])->counter, 99);
    EQ(toy(n->cpu[1])->entry, 0x77);
    EQ(atomic_load(&n->cpu[1]->power), CPU_POWER_ON);
    EQ(unit_bell_of(machine_device(n, "bell0"))->level, 1);
    for (size_t i = 0; i < w.buf.len; i += 7) {
        FALSE(machine_load(n, w.buf.at, i, &e));
    }
    state_writer_free(&w);
    machine_free(n);
}

TEST(cpu_debug_access_by_virtual_address)
{
    MachineConfig c = { .cpus = 1 };
    Machine *m = machine_up(&c);
    u8 buf[0x2000], back[0x2000];

    for (size_t i = 0; i < sizeof(buf); i++)
        buf[i] = (u8)(i * 5);
    TRUE(cpu_debug_rw(m->cpu[0], 0x7000800, buf, sizeof(buf), true)); // 0x800 behind the mask
    TRUE(cpu_debug_rw(m->cpu[0], 0x7000800, back, sizeof(back), false));
    MEM_EQ(buf, back, sizeof(buf));
    FALSE(cpu_debug_rw(m->cpu[0], 1ull << 33, back, 1, false));
    FALSE(cpu_debug_rw(m->cpu[0], 0x1000000 - 4, back, 8, false)); // wraps onto no RAM
    machine_free(m);
}

static bool space_read(int *s, Cpu *cpu, u32 key, u64 *val)
{
    (void)cpu;
    *val = (u64)*s + key;
    return true;
}

TEST(cpu_register_spaces)
{
    static const RegSpaceRow rs[] = {
        { SYSREG_KEY(3, 0, 12, 12, 0), "ICC_IAR1_EL1", .read = space_read },
        { 0, "ZERO", .read = space_read, .min_level = 1 },
    };
    RegSpace s;
    int base = 100;
    u64 v;

    regspace_init(&s);
    EQ(regspace_find(&s, 5), NULL);
    regspace_add(&s, rs, 2, &base);
    const RegSpaceRow *r = regspace_find(&s, SYSREG_KEY(3, 0, 12, 12, 0));
    STR_EQ(r->name, "ICC_IAR1_EL1");
    EQ(r->write, NULL);
    TRUE(r->read(r->opaque, NULL, 5u, &v));
    EQ(v, 105);
    EQ(regspace_find(&s, 0)->min_level, 1);
    regspace_add(&s, rs, 2, NULL); // replaces
    EQ(regspace_find(&s, 0)->opaque, NULL);
    regspace_fini(&s);
}
