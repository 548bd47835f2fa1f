// SPDX-License-Identifier: MIT
// vCPUs: creation, the vCPU thread, kicks, pauses, work; see cpu.h.
//
// Waiting.  A vCPU that has nothing to do (halted, off, paused, stopped by a debugger)
// sleeps in a futex on `wake`.  Whoever gives it something to do first changes the state
// (exit bits, pending_irq, pause depth), then looks at `sleeping`; the sleeper first sets
// `sleeping`, then looks at the state once more.  Both are sequentially consistent, so
// one of them sees the other.
//
// Pausing.  pause_depth is raised, every vCPU is told to stop, and the pauser waits until
// each has set `parked`.  A vCPU leaves the parked state only under its lock and only
// with depth 0, so a second pauser never takes one that is about to leave for parked.  Work
// that was queued before the pause is waited for, too: it may touch registers.
#include "core/cpu.h"

#include <sched.h>
#include <string.h>

#include "core/machine.h"
#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"
#include "util/nearest.h"

LOG_CATEGORY("cpu")

// About 2 us of PAUSE: cheaper than the 5-10 us of a futex wake when CPUs play ping-pong.
#define SPIN_TURNS 64

static _Thread_local Cpu *current;

Cpu *cpu_current(void)
{
    return current;
}

// ---- registry -----------------------------------------------------------------------

const CpuClass *cpu_class_find(const char *name, Error *err)
{
    cpu_class_foreach(it)
        if (str_eq((*it)->name, name))
            return *it;
    error_set_class(err, ERROR_NOT_FOUND, "no CPU class '%s' is built in", name);
    return NULL;
}

const CpuModel *cpu_model_find(const CpuClass *cls, const char *name, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    for (const CpuModel *m = cls->models; m->name; m++) {
        if (str_eq(m->name, name))
            return m;
        nearest_try(&near, m->name);
    }
    error_set_class(err, ERROR_NOT_FOUND, "-cpu: unknown model '%s'", name);
    if (!nearest_hint(&near, err))
        error_hint(err, "; '-cpu help' lists them");
    return NULL;
}

// ---- life ----------------------------------------------------------------------------

static void free_memory(Cpu *cpu)
{
    cond_fini(&cpu->cond);
    mutex_fini(&cpu->lock);
    free(cpu);
}

Cpu *cpu_new(Machine *m, const CpuClass *cls, const CpuModel *model, Args *opts, int index,
             Error *err)
{
    Cpu *cpu = xaligned(4096, cls->size);

    cpu->cls = cls;
    cpu->model = model;
    cpu->index = index;
    cpu->machine = m;
    cpu->as = &m->as;
    cpu->sysregs = &m->sysregs;
    cpu->clocks = &m->clocks;
    cpu->accel = m->accel;
    cpu->attrs = (MemAttrs){ .cpu = (u16)index };
    mutex_init(&cpu->lock);
    cond_init(&cpu->cond);
    list_init(&cpu->work);
    if (cls->init && !cls->init(cpu, model, opts, err)) {
        free_memory(cpu);
        return NULL;
    }
    if (cpu->accel && !cpu->accel->cpu_create(cpu, err)) {
        if (cls->fini)
            cls->fini(cpu);
        free_memory(cpu);
        return NULL;
    }
    return cpu;
}

void cpu_free(Cpu *cpu)
{
    cpu_quit(cpu);
    if (cpu->accel && cpu->accel->cpu_destroy)
        cpu->accel->cpu_destroy(cpu);
    if (cpu->cls->fini)
        cpu->cls->fini(cpu);
    free_memory(cpu);
}

void cpu_reset(Cpu *cpu)
{
    cpu->halted = false;
    cpu->debug_stop = false;
    atomic_store(&cpu->power, cpu->start_off ? CPU_POWER_OFF : CPU_POWER_ON);
    atomic_store(&cpu->pending_irq, 0);
    if (cpu->cls->reset)
        cpu->cls->reset(cpu);
    if (cpu->accel && cpu->accel->cpu_reset)
        cpu->accel->cpu_reset(cpu);
    if (log_on(LOG_CPU_RESET) && cpu->cls->dump) {
        Str text = { 0 };

        str_addf(&text, "CPU reset (CPU %d)\n", cpu->index);
        cpu->cls->dump(cpu, &text);
        log_text(str_text(&text), text.len);
        str_free(&text);
    }
}

// ---- kicks and lines ----------------------------------------------------------------------

static void wake(Cpu *cpu)
{
    if (atomic_load(&cpu->sleeping)) {
        atomic_fetch_add(&cpu->wake, 1);
        futex_wake(&cpu->wake, 1);
    }
}

void cpu_kick(Cpu *cpu, u32 exit_bits)
{
    atomic_fetch_or(&cpu->exit, exit_bits);
    wake(cpu);
    if (cpu->accel && cpu->accel->kick && current != cpu)
        cpu->accel->kick(cpu);
}

void cpu_set_pending(Cpu *cpu, int pin, int level)
{
    u32 mask = 1u << pin;
    u32 old = level ? atomic_fetch_or(&cpu->pending_irq, mask)
                    : atomic_fetch_and(&cpu->pending_irq, ~mask);

    if (level && !(old & mask))
        atomic_fetch_or(&cpu->exit, CPU_EXIT_IRQ);
}

void cpu_irq_wake(void *cpu) { cpu_kick(cpu, 0); }

void cpu_irq(void *cpu, int pin, int level)
{
    cpu_irq_pin(cpu, pin, level);
    if (level)
        cpu_irq_wake(cpu);
}

void cpu_irq_pin(void *opaque, int pin, int level)
{
    Cpu *cpu = opaque;

    if (cpu->cls->set_irq)
        cpu->cls->set_irq(cpu, pin, level);
    else
        cpu_set_pending(cpu, pin, level);
}

// ---- work ---------------------------------------------------------------------------------

static CpuWork *take_work(Cpu *cpu)
{
    mutex_lock(&cpu->lock);
    ListNode *n = list_pop_front(&cpu->work);
    CpuWork *w = n ? container_of(n, CpuWork, link) : NULL;

    if (w)
        w->queued = false;
    mutex_unlock(&cpu->lock);
    return w;
}

static void count_serving(Cpu *cpu, int by)
{
    mutex_lock(&cpu->lock);
    cpu->serving += by;
    if (!cpu->serving)
        cond_broadcast(&cpu->cond);
    mutex_unlock(&cpu->lock);
}

void cpu_serve_work(Cpu *cpu)
{
    cpu_exit_clear(cpu, CPU_EXIT_WORK);
    count_serving(cpu, 1);
    for (CpuWork *w; (w = take_work(cpu));) {
        bool waited = w->waited;

        w->fn(cpu, w->opaque); // may free w unless someone waits for it
        if (waited) {
            atomic_store(&w->done, 1);
            futex_wake(&w->done, 1);
        }
    }
    count_serving(cpu, -1);
}

void cpu_queue(Cpu *cpu, CpuWork *w)
{
    mutex_lock(&cpu->lock);
    if (!w->queued) {
        w->queued = true;
        atomic_fetch_or(&cpu->exit, CPU_EXIT_WORK); // not after it may have been taken
        list_push_back(&cpu->work, &w->link);
    }
    mutex_unlock(&cpu->lock);
    cpu_kick(cpu, 0);
}

static void serve_accel(Cpu *cpu)
{
    if (cpu->accel->service && cpu_exit_bits(cpu) & (CPU_EXIT_TLB | CPU_EXIT_ACCEL))
        cpu->accel->service(cpu);
}

#define POLL_NS 50000 // a vCPU that waits for another looks at its own queues this often

void cpu_run_on(Cpu *cpu, void (*fn)(Cpu *cpu, void *opaque), void *opaque)
{
    CpuWork w = { .fn = fn, .opaque = opaque, .waited = true };
    Cpu *self = current;

    if (self == cpu || !cpu->thread.running) {
        fn(cpu, opaque);
        return;
    }
    cpu_queue(cpu, &w);
    while (!atomic_load(&w.done)) {
        if (self) {
            cpu_serve_work(self);
            serve_accel(self);
        }
        futex_wait(&w.done, 0, self ? POLL_NS : 0);
    }
}

// ---- power (PSCI) -------------------------------------------------------------------------

bool cpu_power_on(Cpu *cpu, u64 entry, u64 context)
{
    u32 off = CPU_POWER_OFF;

    mutex_lock(&cpu->lock);
    bool ok = atomic_compare_exchange_strong(&cpu->power, &off, CPU_POWER_PENDING);

    if (ok) {
        cpu->on_entry = entry;
        cpu->on_context = context;
    }
    mutex_unlock(&cpu->lock);
    if (ok)
        cpu_kick(cpu, CPU_EXIT_POWER);
    return ok;
}

void cpu_power_off_self(Cpu *cpu)
{
    atomic_store(&cpu->power, CPU_POWER_OFF);
}

static void serve_power(Cpu *cpu)
{
    cpu_exit_clear(cpu, CPU_EXIT_POWER);
    if (atomic_load(&cpu->power) != CPU_POWER_PENDING)
        return;
    mutex_lock(&cpu->lock);
    u64 entry = cpu->on_entry, context = cpu->on_context;
    mutex_unlock(&cpu->lock);

    u32 lines = atomic_load(&cpu->pending_irq); // wires keep their level

    cpu_reset(cpu);
    atomic_fetch_or(&cpu->pending_irq, lines);
    if (cpu->cls->power_on)
        cpu->cls->power_on(cpu, entry, context);
    atomic_store(&cpu->power, CPU_POWER_ON);
    cpu_kick(cpu, CPU_EXIT_IRQ);
}

// ---- the vCPU thread ------------------------------------------------------------------

static bool may_go_on(const Cpu *cpu)
{
    return atomic_load(&cpu->power) == CPU_POWER_ON && !cpu->debug_stop && !cpu->held;
}

static bool idle(Cpu *cpu)
{
    return !may_go_on(cpu) || (cpu->halted && !cpu->cls->has_work(cpu));
}

static bool paused(Cpu *cpu)
{
    return atomic_load(&cpu->machine->pause_depth) != 0;
}

// Bits that a waiting vCPU gets up for, whatever the guest is doing.
static bool needs_service(Cpu *cpu)
{
    u32 bits = CPU_EXIT_STOP | CPU_EXIT_WORK | CPU_EXIT_POWER | CPU_EXIT_QUIT;

    if (cpu->accel->service)
        bits |= CPU_EXIT_TLB | CPU_EXIT_ACCEL;
    return atomic_load(&cpu->exit) & bits;
}

// Sleep, at most ns (0: without end), unless `still` has become false or a service bit is set.
static void sleep_while(Cpu *cpu, bool (*still)(Cpu *cpu), u64 ns)
{
    u32 seq = atomic_load(&cpu->wake);

    atomic_exchange(&cpu->sleeping, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (still(cpu) && !needs_service(cpu))
        futex_wait(&cpu->wake, seq, ns);
    atomic_store(&cpu->sleeping, 0);
}

void cpu_nap(Cpu *cpu, u64 ns)
{
    u32 seq = atomic_load(&cpu->wake);

    atomic_exchange(&cpu->sleeping, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (!cpu_exit_bits(cpu))
        futex_wait(&cpu->wake, seq, ns);
    atomic_store(&cpu->sleeping, 0);
}

static void set_parked(Cpu *cpu)
{
    mutex_lock(&cpu->lock);
    cpu->parked = true;
    cond_broadcast(&cpu->cond);
    mutex_unlock(&cpu->lock);
}

static bool try_unpark(Cpu *cpu)
{
    mutex_lock(&cpu->lock);
    bool out = !paused(cpu) || cpu_exit_bits(cpu) & CPU_EXIT_QUIT;

    if (out)
        cpu->parked = false;
    mutex_unlock(&cpu->lock);
    return out;
}

static void park(Cpu *cpu)
{
    cpu_exit_clear(cpu, CPU_EXIT_STOP);
    if (!paused(cpu))
        return;
    set_parked(cpu);
    while (!try_unpark(cpu)) {
        // another pause may have been asked for meanwhile: it is satisfied already
        cpu_exit_clear(cpu, CPU_EXIT_STOP);
        if (cpu_exit_bits(cpu) & CPU_EXIT_WORK)
            cpu_serve_work(cpu);
        serve_accel(cpu);
        // a power-on request waits for the end of the pause
        u32 power = cpu_exit_bits(cpu) & CPU_EXIT_POWER;

        cpu_exit_clear(cpu, CPU_EXIT_POWER);
        sleep_while(cpu, paused, 0);
        if (power)
            atomic_fetch_or(&cpu->exit, CPU_EXIT_POWER);
    }
    cpu->debug_stop = false;
    if (atomic_load(&cpu->power) == CPU_POWER_PENDING)
        serve_power(cpu);
}

// With -icount the guest's time goes on by what the vCPU says.
static void wait_counted(Cpu *cpu)
{
    u64 ns = count_sleep(cpu->clocks), from = clock_now(cpu->clocks, CLOCK_REAL);

    if (ns)
        sleep_while(cpu, idle, ns == CLOCK_NEVER ? 0 : ns);
    count_slept(cpu->clocks, clock_now(cpu->clocks, CLOCK_REAL) - from);
}

static void wait_for_work(Cpu *cpu)
{
    cpu->halt_count++;
    if (cpu->clocks->count.how.on && may_go_on(cpu)) {
        wait_counted(cpu);
        return;
    }
    for (int i = 0; i < SPIN_TURNS; i++) {
        if (!idle(cpu) || needs_service(cpu))
            return;
        cpu_relax();
    }
    sleep_while(cpu, idle, 0);
}

static void stop_for(Cpu *cpu, MachineRequest why)
{
    cpu->debug_stop = true; // do not run on until the loop has carried it out
    machine_request(cpu->machine, why, why == REQUEST_PANIC ? 1 : 0);
}

static void run_guest(Cpu *cpu)
{
    switch (cpu->accel->run(cpu)) {
    case CPU_RAN:
        break;
    case CPU_HALT:
        cpu->halted = true;
        break;
    case CPU_YIELD:
        sched_yield();
        break;
    case CPU_DEBUG:
        stop_for(cpu, REQUEST_PAUSE);
        break;
    case CPU_OFF:
        log_trace("CPU %d is off", cpu->index);
        break;
    case CPU_FAILED:
        stop_for(cpu, REQUEST_PANIC);
        break;
    }
}

// What the exit word asks core for.  False: the thread is to end.
static bool serve(Cpu *cpu)
{
    u32 bits = cpu_exit_bits(cpu);

    if (bits & CPU_EXIT_WORK)
        cpu_serve_work(cpu);
    if (bits & CPU_EXIT_STOP || paused(cpu))
        park(cpu);
    if (bits & CPU_EXIT_POWER)
        serve_power(cpu);
    return !(cpu_exit_bits(cpu) & CPU_EXIT_QUIT);
}

static void *cpu_thread(void *opaque)
{
    Cpu *cpu = opaque;

    current = cpu;
    atomic_store(&cpu->thread_id, thread_self());
    if (cpu->accel->cpu_start)
        cpu->accel->cpu_start(cpu);
    while (serve(cpu)) {
        if (idle(cpu)) {
            serve_accel(cpu);
            wait_for_work(cpu);
        } else {
            cpu->halted = false;
            run_guest(cpu);
        }
    }
    set_parked(cpu); // nobody may wait for a thread that is gone
    cpu_serve_work(cpu);
    if (cpu->accel->cpu_stop)
        cpu->accel->cpu_stop(cpu);
    atomic_store(&cpu->thread_id, NULL);
    current = NULL;
    return NULL;
}

bool cpu_start(Cpu *cpu, Error *err)
{
    char name[16];

    snprintf(name, sizeof(name), "cpu%d", cpu->index);
    atomic_fetch_and(&cpu->exit, ~(u32)CPU_EXIT_QUIT);
    return thread_start(&cpu->thread, name, cpu_thread, cpu, err);
}

void cpu_quit(Cpu *cpu)
{
    if (!cpu->thread.running)
        return;
    cpu_kick(cpu, CPU_EXIT_QUIT);
    thread_join(&cpu->thread);
}

// ---- pausing all ------------------------------------------------------------------------

static void wait_parked(Cpu *cpu)
{
    mutex_lock(&cpu->lock);
    while (!cpu->parked || cpu->serving || !list_empty(&cpu->work))
        cond_wait(&cpu->cond, &cpu->lock);
    mutex_unlock(&cpu->lock);
}

void cpu_pause_all(Machine *m)
{
    BUG_ON(current);
    atomic_fetch_add(&m->pause_depth, 1);
    for (u32 i = 0; i < m->cpu_count; i++)
        if (m->cpu[i]->thread.running)
            cpu_kick(m->cpu[i], CPU_EXIT_STOP);
    for (u32 i = 0; i < m->cpu_count; i++)
        if (m->cpu[i]->thread.running)
            wait_parked(m->cpu[i]);
}

void cpu_resume_all(Machine *m)
{
    BUG_ON(current || !atomic_load(&m->pause_depth));
    if (atomic_fetch_sub(&m->pause_depth, 1) == 1)
        for (u32 i = 0; i < m->cpu_count; i++)
            wake(m->cpu[i]);
}

// ---- debugger's view ----------------------------------------------------------------------

bool cpu_debug_rw(Cpu *cpu, Gva va, void *buf, u64 len, bool write)
{
    u8 *p = buf;

    while (len) {
        u64 n = MIN(len, RAM_PAGE_SIZE - va % RAM_PAGE_SIZE);
        MemAttrs attrs = cpu->attrs;
        Gpa pa;

        if (!cpu->cls->debug_translate(cpu, va, &pa, &attrs))
            return false;
        attrs.debug = 1;
        if (as_rw(cpu->as, pa, p, n, write, attrs) != MEM_OK)
            return false;
        va += n;
        p += n;
        len -= n;
    }
    return true;
}

// ---- register spaces -------------------------------------------------------------------

void regspace_init(RegSpace *s)
{
    *s = (RegSpace){ 0 };
}

void regspace_fini(RegSpace *s)
{
    map_foreach (it, &s->map)
        free(it->val);
    map_free(&s->map);
}

void regspace_add(RegSpace *s, const RegSpaceRow *rows, size_t count, void *opaque)
{
    for (size_t i = 0; i < count; i++) {
        RegSpaceRow *row = xalloc(sizeof(*row));

        *row = rows[i];
        row->opaque = opaque;
        free(map_set(&s->map, row->key, row));
    }
}

const RegSpaceRow *regspace_find(const RegSpace *s, u32 key)
{
    return map_get(&s->map, key);
}
