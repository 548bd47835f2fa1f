// SPDX-License-Identifier: MIT
// State of a whole machine into and out of a buffer: clock, RAM (pages that are not
// zero), CPUs by their register tables, devices.  The declarations are in machine.h.
#include <string.h>

#include "core/machine.h"
#include "util/bits.h"

#define REG_BYTES_MAX 256 // SVE would be the widest

// ---- CPUs ------------------------------------------------------------------------------

static u32 reg_bytes(const CpuReg *r)
{
    return (r->bits + 7u) / 8;
}

static void save_cpu(Cpu *cpu, StateWriter *w)
{
    u8 val[REG_BYTES_MAX];
    u32 power = atomic_load(&cpu->power), lines = atomic_load(&cpu->pending_irq);

    if (cpu->accel->regs_load)
        cpu->accel->regs_load(cpu);
    state_begin(w, "cpu", (u32)cpu->index);
    for (u32 i = 0; i < cpu->cls->reg_count; i++) {
        const CpuReg *r = &cpu->cls->regs[i];

        if (r->at < 0)
            r->get(cpu, r, val);
        state_put(w, r->name, r->at < 0 ? val : (u8 *)cpu + r->at, reg_bytes(r));
    }
    if (cpu->cls->state)
        state_put_rows(w, cpu, cpu->cls->state, SIZE_MAX);
    state_put(w, "power", &power, sizeof(power));
    state_put(w, "lines", &lines, sizeof(lines));
    state_put(w, "halted", &cpu->halted, sizeof(cpu->halted));
    state_end(w);
}

static bool load_reg(Cpu *cpu, const CpuReg *r, StateReader *rd, Error *err)
{
    u8 val[REG_BYTES_MAX];

    if (!state_get(rd, r->name, val, reg_bytes(r), err))
        return false;
    if (r->at >= 0)
        memcpy((u8 *)cpu + r->at, val, reg_bytes(r));
    else if (r->set)
        r->set(cpu, r, val);
    return true;
}

static bool load_cpu(Cpu *cpu, StateReader *r, Error *err)
{
    u32 index, power, lines;
    u8 halted;

    if (!state_open(r, "cpu", &index, err))
        return false;
    if (index != (u32)cpu->index)
        return error_set(err, "snapshot has CPU %u where %d belongs", index, cpu->index);
    for (u32 i = 0; i < cpu->cls->reg_count; i++)
        if (!load_reg(cpu, &cpu->cls->regs[i], r, err))
            return false;
    if ((cpu->cls->state && !state_get_rows(r, cpu, cpu->cls->state, SIZE_MAX, err)) ||
        !state_get(r, "power", &power, sizeof(power), err) ||
        !state_get(r, "lines", &lines, sizeof(lines), err) ||
        !state_get(r, "halted", &halted, sizeof(halted), err) || !state_close(r, err))
        return false;
    if (power > CPU_POWER_PENDING)
        return error_set(err, "snapshot has an impossible power state");
    atomic_store(&cpu->power, power);
    atomic_store(&cpu->pending_irq, lines);
    cpu->halted = halted & 1;
    cpu_kick(cpu, CPU_EXIT_IRQ | CPU_EXIT_POWER);
    if (cpu->accel->regs_store)
        cpu->accel->regs_store(cpu);
    return true;
}

// ---- RAM -------------------------------------------------------------------------------

static bool is_zero(const u8 *p)
{
    return !p[0] && !memcmp(p, p + 1, RAM_PAGE_SIZE - 1);
}

static void save_ram(RamBlock *ram, StateWriter *w)
{
    u64 end = UINT64_MAX;

    state_begin(w, ram->name, 0);
    state_put(w, "size", &ram->size, sizeof(ram->size));
    for (u64 at = 0; at < ram->size; at += RAM_PAGE_SIZE)
        if (!is_zero(ram->host + at)) {
            state_put(w, "at", &at, sizeof(at));
            state_put(w, "page", ram->host + at, RAM_PAGE_SIZE);
        }
    state_put(w, "at", &end, sizeof(end));
    state_end(w);
}

static bool load_ram(RamBlock *ram, StateReader *r, Error *err)
{
    u32 version;
    u64 size, at;

    if (!state_open(r, ram->name, &version, err) ||
        !state_get(r, "size", &size, sizeof(size), err))
        return false;
    if (size != ram->size)
        return error_set(err, "snapshot has %llu bytes of '%s', this machine %llu",
                         (unsigned long long)size, ram->name, (unsigned long long)ram->size);
    ram_zero(ram);
    while (state_get(r, "at", &at, sizeof(at), err)) {
        if (at == UINT64_MAX)
            return state_close(r, err);
        if (at % RAM_PAGE_SIZE || at >= ram->size)
            return error_set(err, "snapshot has a page outside '%s'", ram->name);
        if (!state_get(r, "page", ram->host + at, RAM_PAGE_SIZE, err))
            return false;
        ram_written(ram, at, RAM_PAGE_SIZE);
    }
    return false;
}

// ---- the machine ----------------------------------------------------------------------------

void machine_save(Machine *m, StateWriter *w)
{
    u64 now = clock_now(&m->clocks, CLOCK_VIRTUAL);

    state_begin(w, m->cls->name, 1);
    state_put(w, "clock", &now, sizeof(now));
    state_end(w);
    list_foreach (ram, &m->mem.blocks, RamBlock, link)
        save_ram(ram, w);
    for (u32 i = 0; i < m->cpu_count; i++)
        save_cpu(m->cpu[i], w);
    list_foreach (dev, &m->devices, Device, link)
        device_save(dev, w);
}

static bool load_parts(Machine *m, StateReader *r, Error *err)
{
    list_foreach (ram, &m->mem.blocks, RamBlock, link)
        if (!load_ram(ram, r, err))
            return false;
    // reset first: what is not in a register table, and the engine's own caches
    for (u32 i = 0; i < m->cpu_count; i++) {
        cpu_reset(m->cpu[i]);
        if (!load_cpu(m->cpu[i], r, err))
            return false;
    }
    list_foreach (dev, &m->devices, Device, link)
        if (!device_load(dev, r, err))
            return false;
    list_foreach (dev, &m->devices, Device, link)
        device_redrive(dev);
    return true;
}

bool machine_load(Machine *m, const void *buf, size_t len, Error *err)
{
    StateReader r;
    u32 version;
    u64 now;

    state_reader_init(&r, buf, len);
    if (!state_open(&r, m->cls->name, &version, err) ||
        !state_get(&r, "clock", &now, sizeof(now), err) || !state_close(&r, err))
        return false;
    clocks_set_virtual(&m->clocks, now);
    return load_parts(m, &r, err);
}
