// SPDX-License-Identifier: MIT
// Machines: construction, rows, reset, run state, requests; see machine.h.
#include "core/machine.h"

#include <string.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"
#include "util/nearest.h"

LOG_CATEGORY("machine")

#define RAM_DEFAULT (128 * MIB)

// ---- registry -------------------------------------------------------------------------

const MachineClass *machine_class_find(const char *name, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    machine_class_foreach(it) {
        if (str_eq((*it)->name, name) || str_eq((*it)->alias, name))
            return *it;
        nearest_try(&near, (*it)->name);
        if ((*it)->alias)
            nearest_try(&near, (*it)->alias);
    }
    error_set_class(err, ERROR_NOT_FOUND, "-M: unknown machine '%s'", name);
    if (!nearest_hint(&near, err))
        error_hint(err, "; '-M help' lists them");
    return NULL;
}

// ---- construction: one step each, in order ---------------------------------------------

static void on_request(void *opaque);

static void init_spaces(Machine *m)
{
    mem_init(&m->mem);
    region_init_container(&m->system, "system", MEM_SIZE_ALL);
    region_init_container(&m->secure_system, "secure", MEM_SIZE_ALL);
    region_init_container(&m->io, "io", 0x10000);
    region_init_alias(&m->secure_base, "secure-base", &m->system, 0, MEM_SIZE_ALL);
    mem_add(&m->secure_system, 0, &m->secure_base, -1);
    as_init(&m->as, &m->mem, &m->system, "memory");
    as_init(&m->secure_as, &m->mem, &m->secure_system, "secure-memory");
    as_init(&m->io_as, &m->mem, &m->io, "io");
}

// A run that is to repeat itself begins at the same time of day.
#define COUNTED_RTC 946684800u // 2000-01-01

static void init_clocks(Machine *m)
{
    const MachineConfig *c = m->config;
    u64 base = (c->rtc_base ? c->rtc_base : COUNTED_RTC) * NS_PER_SECOND;

    clocks_init(&m->clocks, &m->input, &m->loop);
    clocks_slow(&m->clocks, c->slow_clock);
    if (c->icount.on)
        count_init(&m->clocks, &c->icount, base);
    else if (c->rtc_base)
        atomic_store(&m->clocks.host_offset, (i64)(base - input_wall_ns(&m->input)));
}

static bool init_base(Machine *m, Error *err)
{
    if (!loop_init(&m->loop, err))
        return false;
    input_init(&m->input);
    if (m->config->has_seed || m->config->icount.on)
        input_seed(&m->input, m->config->seed);
    init_clocks(m);
    init_spaces(m);
    list_init(&m->devices);
    list_init(&m->watches);
    objects_init(&m->own_objects);
    irq_init(&m->power_button, NULL);
    regspace_init(&m->sysregs);
    m->request_work = (LoopWork){ .fn = on_request, .opaque = m };
    atomic_store(&m->pause_depth, 1); // until the first resume
    m->stopped = true;
    return true;
}

static bool try_accel(Machine *m, const Accel *a, Str *why, Error *err)
{
    Error no = { 0 };

    if (!a->probe(m->cls->cpu_class, &no)) {
        str_addf(why, "%s%s: %s", why->len ? "; " : "", a->name, no.text);
        return error_set(err, "accelerator '%s': %s", a->name, no.text);
    }
    m->accel = a;
    return true;
}

// A list of names tried in order, or every one that is built in.
static bool choose_accel(Machine *m, Error *err)
{
    char *names = xstrdup(m->config->accel), *save = NULL;
    Str why = { 0 };
    bool ok = true;

    for (char *n = names ? strtok_r(names, ":", &save) : NULL; n && !m->accel && ok;
         n = strtok_r(NULL, ":", &save)) {
        const Accel *a = accel_find(n, err);
        bool known = a || accel_known(n);

        if (a)
            try_accel(m, a, &why, err);
        else if (known)
            str_addf(&why, "%s%s: not built in", why.len ? "; " : "", n);
        ok = known;
    }
    if (!names)
        accel_foreach(it)
            if (!m->accel)
                try_accel(m, *it, &why, err);
    if (ok && !m->accel && !why.len)
        error_set_class(err, ERROR_UNSUPPORTED, "no accelerator is built in");
    if (why.len)
        m->accel_why = str_take(&why);
    free(names);
    return m->accel != NULL;
}

// -M memory-backend=ID: whose size is the machine's, if there is no -m.
static MemoryBackend *chosen_backend(Machine *m, Error *err)
{
    MemoryBackend *b = memory_backend_find(machine_objects(m), m->config->ram_backend, err);
    u64 size = m->config->ram_size;
    bool ok = b != NULL;

    if (ok && b->obj.users)
        ok = error_set_class(err, ERROR_INVALID, "'%s' is in use already", b->obj.id);
    else if (ok && b->readonly)
        ok = error_set_class(err, ERROR_INVALID, "'%s' is read-only; leave readonly=on away",
                             b->obj.id);
    else if (ok && size && size != b->size)
        ok = error_set_class(err, ERROR_INVALID, "'%s' has %llu bytes, -m says %llu; make them "
                             "equal", b->obj.id, (unsigned long long)b->size,
                             (unsigned long long)size);
    error_prefix(err, ok ? "" : "-M memory-backend=: ");
    return ok ? b : NULL;
}

static MemoryBackend *default_backend(Machine *m, Error *err)
{
    u64 size = m->config->ram_size;
    Args props = { 0 };
    Object *o;

    if (!size)
        size = m->cls->default_ram ? m->cls->default_ram : RAM_DEFAULT;
    args_add(&props, "size", "%llu", (unsigned long long)size);
    o = objects_add(machine_objects(m), "memory-backend-ram",
                    m->cls->ram_id ? m->cls->ram_id : "ram", &props, err);
    args_free(&props);
    error_prefix(err, o ? "" : "-m: ");
    return o ? container_of(o, MemoryBackend, obj) : NULL;
}

static bool make_ram(Machine *m, Error *err)
{
    MemoryBackend *b = m->config->ram_backend ? chosen_backend(m, err) : default_backend(m, err);

    if (!b)
        return false;
    m->ram_backend = b;
    b->obj.users++;
    m->ram = ram_new_over(&m->mem, "ram", b->host, align_up(b->size, RAM_PAGE_SIZE),
                          b->fd < 0 && !b->share ? RAM_ANON : RAM_LENT, err);
    if (m->ram)
        region_init_ram(&m->ram_region, "ram", m->ram, 0, m->ram->size);
    return m->ram != NULL;
}

static void free_objects(Machine *m)
{
    MemoryBackend *b = m->ram_backend;

    if (b && !--b->obj.users && !m->config->ram_backend)
        objects_del(machine_objects(m), b->obj.id, NULL);
    objects_free(&m->own_objects);
}

static bool make_cpu(Machine *m, u32 index, Args *opts, Error *err)
{
    Cpu *cpu = cpu_new(m, m->cpu_class, m->cpu_model, opts, (int)index, err);

    if (!cpu)
        return false;
    m->cpu[m->cpu_count++] = cpu;
    if (m->cls->cpu_setup)
        m->cls->cpu_setup(m, cpu);
    return true;
}

// "-cpu model,opt=..."
static bool make_cpus(Machine *m, Error *err)
{
    u32 count = m->config->cpus ? m->config->cpus : 1, max = MAX(m->cls->max_cpus, 1);
    const char *text = m->config->cpu ? m->config->cpu : m->cls->default_cpu;
    Args opts;
    bool ok = true;

    if (count > max)
        return error_set_class(err, ERROR_INVALID, "-smp: machine '%s' has at most %u CPUs",
                               m->cls->name, max);
    if (count > 1 && m->config->icount.on)
        return error_set_class(err, ERROR_UNSUPPORTED, "-icount counts the instructions of one "
                               "processor; use -smp 1");
    if (!args_parse(&opts, "-cpu", text ? text : m->cpu_class->default_model, "model", NULL, err))
        return false;
    m->cpu_model = cpu_model_find(m->cpu_class, args_str(&opts, "model", ""), err);
    m->cpu = xalloc(count * sizeof(*m->cpu));
    for (u32 i = 0; i < count && ok; i++)
        ok = m->cpu_model && make_cpu(m, i, &opts, err);
    ok = ok && args_all_used(&opts, m->cpu_class->options, err);
    args_free(&opts);
    return ok;
}

static bool construct(Machine *m, Error *err)
{
    if (m->cls->configure && !m->cls->configure(m, err))
        return false;
    m->cpu_class = cpu_class_find(m->cls->cpu_class, err);
    if (!m->cpu_class || !choose_accel(m, err) || (!m->cls->bare && !make_ram(m, err)))
        return false;
    if (!m->accel->init(m, m->config->accel_options, err)) {
        m->accel = NULL;
        return false;
    }
    if (m->config->semihost.enabled)
        m->semihost = semihost_new(m, &m->config->semihost);
    if (!m->cls->bare && !make_cpus(m, err))
        return false;
    if (m->config->icount.on && !m->clocks.count.cpu)
        return error_set_class(err, ERROR_UNSUPPORTED, "-icount: nothing here counts instructions; "
                               "use a machine with a processor, and -accel tcg");
    return m->cls->build(m, err);
}

Machine *machine_new(const MachineClass *cls, const MachineConfig *config, Error *err)
{
    Machine *m = xaligned(64, sizeof(*m));

    m->cls = cls;
    m->config = config;
    m->own = cls->size ? xalloc(cls->size) : NULL;
    if (!init_base(m, err)) {
        free(m->own);
        free(m);
        return NULL;
    }
    if (!construct(m, err)) {
        machine_free(m);
        return NULL;
    }
    return m;
}

static void free_cpus(Machine *m)
{
    while (m->cpu_count)
        cpu_free(m->cpu[--m->cpu_count]);
    free(m->cpu);
    if (m->accel && m->accel->fini)
        m->accel->fini(m);
}

static void cut_lines(Machine *m)
{
    list_foreach (dev, &m->devices, Device, link)
        for (u32 i = 0; i < dev->irq_out_count; i++)
            irq_connect(&dev->irq_out[i], irq_nowhere, NULL, 0);
}

static void free_devices(Machine *m)
{
    while (!list_empty(&m->devices)) {
        Device *dev = container_of(m->devices.prev, Device, link);

        list_remove(&dev->link);
        device_free(dev);
    }
    strmap_free(&m->device_by_name);
}

void machine_free(Machine *m)
{
    // vCPUs first: nothing touches devices after that but the loop, which has ended
    for (u32 i = 0; i < m->cpu_count; i++)
        cpu_quit(m->cpu[i]);
    cut_lines(m);
    free_cpus(m);
    semihost_free(m->semihost);
    as_fini(&m->io_as);
    as_fini(&m->secure_as);
    as_fini(&m->as);
    if (m->cls->fini)
        m->cls->fini(m);
    free_devices(m);
    loop_cancel(&m->loop, &m->request_work);
    regspace_fini(&m->sysregs);
    mem_fini(&m->mem);
    free_objects(m);
    clocks_fini(&m->clocks);
    input_fini(&m->input);
    loop_fini(&m->loop);
    symbols_clear(&m->symbols);
    free(m->accel_why);
    free(m->own);
    free(m);
}

// ---- devices -----------------------------------------------------------------------------

Device *machine_device(Machine *m, const char *name)
{
    return strmap_get(&m->device_by_name, name);
}

Device *machine_new_device(Machine *m, const char *cls, const char *name, Error *err)
{
    const DeviceClass *c = device_class_find(cls, err);
    DeviceHost host = { m, &m->clocks, &m->input, &m->loop, &m->as };

    if (!c)
        return NULL;
    if (machine_device(m, name)) {
        error_set_class(err, ERROR_INVALID, "there is a device '%s' already", name);
        return NULL;
    }
    Device *dev = device_new(c, name, &host);

    strmap_set(&m->device_by_name, name, dev);
    list_push_back(&m->devices, &dev->link);
    return dev;
}

bool machine_init_device(Machine *m, Device *dev, Error *err)
{
    (void)m;
    return device_init(dev, err);
}

void machine_map(Machine *m, Device *dev, u32 region, Gpa at, bool secure)
{
    BUG_ON(region >= dev->region_count);
    mem_begin(&m->mem);
    mem_add(secure ? &m->secure_system : &m->system, at, device_region(dev, region), 0);
    mem_commit(&m->mem);
}

static Cpu *cpu_by_name(Machine *m, const char *name)
{
    u64 n;

    if (!str_starts(name, "cpu") || !parse_u64(name + 3, &n) || n >= m->cpu_count)
        return NULL;
    return m->cpu[n];
}

bool machine_wire(Machine *m, Device *from, u32 out, const char *to, int pin, Error *err)
{
    Device *dev = machine_device(m, to);
    Cpu *cpu = dev ? NULL : cpu_by_name(m, to);

    if (out >= from->irq_out_count)
        return error_set(err, "device '%s' has no output line %u", from->name, out);
    if (dev)
        irq_connect(&from->irq_out[out], device_irq_input, dev, pin);
    else if (cpu)
        irq_connect_waking(&from->irq_out[out], cpu_irq_pin, cpu, pin, cpu_irq_wake);
    else
        return error_set_class(err, ERROR_NOT_FOUND, "device '%s' is wired to '%s', which is none",
                               from->name, to);
    return true;
}

// ---- rows ------------------------------------------------------------------------------------

static bool set_row_prop(Machine *m, Device *dev, const Arg *arg, Error *err)
{
    const Prop *p = prop_find(dev->cls->props, DEVICE_PROPS, arg->key);

    if (!p || p->kind != PROP_KIND_LINK)
        return device_set(dev, arg->key, arg->val, err);
    Device *to = machine_device(m, arg->val);

    if (!to)
        return error_set_class(err, ERROR_NOT_FOUND, "device '%s': %s=%s: there is no such device",
                               dev->name, arg->key, arg->val);
    return device_set_link(dev, arg->key, to, err);
}

static bool set_row_props(Machine *m, Device *dev, const char *text, Error *err)
{
    Args args;
    bool ok = true;

    if (!text)
        return true;
    if (!args_parse(&args, dev->name, text, NULL, NULL, err))
        return false;
    vec_foreach (it, &args.list)
        ok = ok && set_row_prop(m, dev, it, err);
    args_free(&args);
    return ok;
}

static void connect_serial(Machine *m, Device *dev, const Row *row)
{
    const DeviceClass *c = dev->cls;
    bool uses = c->backends & BACKEND_CHARDEV || c->chardev.receive || c->chardev.writable;
    Chardev *serial = uses && row->chardev >= 0 && row->chardev < MACHINE_SERIALS
                          ? m->config->serial[row->chardev] : NULL;

    // the first row that asks for it has it: 0 is also what a row says that says nothing
    if (serial && !serial->front)
        device_chardev(dev, serial);
}

static void map_row(Machine *m, Device *dev, const Row *row)
{
    if (row->unmapped)
        return;
    for (u32 i = 0; i < dev->region_count && i <= ROW_REGIONS; i++)
        if (i == 0 || row->more[i - 1])
            machine_map(m, dev, i, i ? row->more[i - 1] : row->at, row->secure);
}

static bool add_row(Machine *m, const Row *row, Error *err)
{
    Device *dev = machine_new_device(m, row->cls, row->name, err);

    if (!dev || !set_row_props(m, dev, row->props, err))
        return false;
    connect_serial(m, dev, row);
    if (!machine_init_device(m, dev, err))
        return false;
    map_row(m, dev, row);
    return true;
}

static bool wire_row(Machine *m, const Row *row, Error *err)
{
    Device *dev = machine_device(m, row->name);

    if (row->irq.to && !machine_wire(m, dev, 0, row->irq.to, row->irq.pin, err))
        return false;
    for (u32 i = 0; i < ROW_IRQS; i++)
        if (row->irqs[i].to &&
            !machine_wire(m, dev, i, row->irqs[i].to, row->irqs[i].pin, err))
            return false;
    return true;
}

bool machine_add_rows(Machine *m, const Row *rows, u32 count, Error *err)
{
    for (u32 i = 0; i < count; i++)
        if (!add_row(m, &rows[i], err))
            return false;
    for (u32 i = 0; i < count; i++)
        if (!wire_row(m, &rows[i], err))
            return false;
    if (!m->rows) {
        m->rows = rows;
        m->row_count = count;
    }
    return true;
}

// ---- reset --------------------------------------------------------------------------------

bool machine_reset(Machine *m, Error *err)
{
    list_foreach (dev, &m->devices, Device, link)
        device_reset(dev);
    for (u32 i = 0; i < m->cpu_count; i++)
        cpu_reset(m->cpu[i]);
    if (m->semihost)
        semihost_reset(m->semihost);
    symbols_clear(&m->symbols);
    bool ok = !m->cls->load || m->cls->load(m, err);

    symbols_sort(&m->symbols);

    list_foreach (dev, &m->devices, Device, link)
        device_redrive(dev);
    atomic_fetch_add(&m->resets, 1);
    return ok;
}

// ---- run state ------------------------------------------------------------------------------

void machine_watch(Machine *m, MachineWatch *w) { list_push_back(&m->watches, &w->link); }
void machine_unwatch(Machine *m, MachineWatch *w)
{
    (void)m;
    list_remove(&w->link);
}

static void tell(Machine *m, MachineRequest why)
{
    ListNode *next;

    for (ListNode *n = m->watches.next; n != &m->watches; n = next) {
        MachineWatch *w = container_of(n, MachineWatch, link);

        next = n->next;
        w->changed(w->opaque, m, why);
    }
}

static void set_state(Machine *m, RunState state, MachineRequest why)
{
    atomic_store(&m->state, state);
    tell(m, why);
}

static void resume(Machine *m, bool clocks)
{
    if (!m->stopped)
        return;
    m->stopped = false;
    if (clocks)
        clocks_start(&m->clocks);
    for (u32 i = 0; i < m->cpu_count; i++)
        m->cpu[i]->stop = (CpuStop){ STOP_NONE };
    set_state(m, MACHINE_RUNNING, REQUEST_NONE);
    cpu_resume_all(m);
}

void machine_resume(Machine *m) { resume(m, true); }
void machine_resume_frozen(Machine *m) { resume(m, false); }

static void stop(Machine *m, RunState state, MachineRequest why)
{
    if (!m->stopped) {
        m->stopped = true;
        cpu_pause_all(m);
        clocks_stop(&m->clocks);
    }
    set_state(m, state, why);
}

void machine_pause(Machine *m)
{
    stop(m, MACHINE_PAUSED, REQUEST_PAUSE);
}

static void shut_down(Machine *m, MachineRequest why)
{
    stop(m, MACHINE_SHUTDOWN, why);
    loop_stop(&m->loop);
}

static void reset_now(Machine *m)
{
    Error err = { 0 };

    cpu_pause_all(m);
    bool ok = machine_reset(m, &err);
    cpu_resume_all(m);
    if (!ok) {
        log_error("reset failed: %s", err.text);
        atomic_store(&m->exit_code, 1);
        shut_down(m, REQUEST_PANIC);
    } else {
        tell(m, REQUEST_RESET);
    }
}

static void press_power(Machine *m)
{
    irq_set(&m->power_button, 1);
    irq_set(&m->power_button, 0);
    tell(m, REQUEST_POWERDOWN);
}

// The guest's end: -no-shutdown keeps the machine to be looked at.
static void end(Machine *m, MachineRequest why)
{
    if (m->config->no_shutdown)
        stop(m, MACHINE_PAUSED, why);
    else
        shut_down(m, why);
}

static void on_request(void *opaque)
{
    Machine *m = opaque;
    u32 bits = atomic_exchange(&m->request, 0);

    m->reset_ends = bits & BIT(REQUEST_RESET) && m->config->no_reboot &&
                    !(bits & BIT(REQUEST_POWEROFF));
    if (m->reset_ends)
        bits |= BIT(REQUEST_POWEROFF);
    if (bits & BIT(REQUEST_QUIT)) {
        shut_down(m, REQUEST_QUIT);
    } else if (bits & (BIT(REQUEST_PANIC) | BIT(REQUEST_POWEROFF))) {
        end(m, bits & BIT(REQUEST_PANIC) ? REQUEST_PANIC : REQUEST_POWEROFF);
    } else {
        if (bits & BIT(REQUEST_RESET))
            reset_now(m);
        if (bits & BIT(REQUEST_POWERDOWN))
            press_power(m);
        if (bits & BIT(REQUEST_PAUSE))
            machine_pause(m);
    }
}

void machine_request(Machine *m, MachineRequest what, int code)
{
    if (what != REQUEST_RESET && what != REQUEST_PAUSE && what != REQUEST_POWERDOWN)
        atomic_store(&m->exit_code, code);
    atomic_fetch_or(&m->request, (u32)BIT(what));
    loop_defer(&m->loop, &m->request_work);
}

bool machine_start(Machine *m, Error *err)
{
    if (!machine_reset(m, err))
        return false;
    for (u32 i = 0; i < m->cpu_count; i++)
        if (!cpu_start(m->cpu[i], err))
            return false;
    // all have arrived: registers may be touched from here on
    cpu_pause_all(m);
    cpu_resume_all(m);
    return true;
}

int machine_run(Machine *m)
{
    if (!m->config->start_paused && machine_state(m) == MACHINE_PAUSED)
        machine_resume(m);
    loop_run(&m->loop);
    stop(m, MACHINE_SHUTDOWN, REQUEST_NONE);
    return atomic_load(&m->exit_code);
}
