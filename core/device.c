// SPDX-License-Identifier: MIT
// Devices: life, locking, the shims between the core's callbacks and the class; see
// device.h.
#include "core/device.h"

#include <stdarg.h>
#include <string.h>

#include "core/block.h"
#include "core/display.h"
#include "util/alloc.h"
#include "util/bits.h"

LOG_CATEGORY("device")

#define REGION_SIZE_DEFAULT 0x1000

typedef struct DeviceTimer {
    Device *dev;
    const TimerRow *row;
    Timer *timer;
} DeviceTimer;

// ---- registry and log -----------------------------------------------------------------

const DeviceClass *device_class_find(const char *name, Error *err)
{
    return registry_find(mimic_devices, "device", name, NULL, err);
}

bool device_log_on_(LogLevel level)
{
    return log_enabled_(&log_category_, level);
}

void device_log_(const Device *dev, LogLevel level, const char *fmt, ...)
{
    Str text = { 0 };
    va_list ap;

    va_start(ap, fmt);
    str_addv(&text, fmt, ap);
    va_end(ap);
    log_write(&log_category_, level, "%s: %s", dev->name, str_text(&text));
    str_free(&text);
}

// ---- the lock --------------------------------------------------------------------------

void device_lock(Device *dev)
{
    mutex_lock(&dev->lock);
    atomic_store_explicit(&dev->gate.owner, thread_self(), memory_order_relaxed);
}

void device_unlock(Device *dev)
{
    Irq *chain = irq_gate_take(&dev->gate);

    atomic_store_explicit(&dev->gate.owner, NULL, memory_order_relaxed);
    mutex_unlock(&dev->lock);
    irq_deliver_chain(chain);
}

bool device_locked(const Device *dev)
{
    return atomic_load_explicit(&dev->gate.owner, memory_order_relaxed) == thread_self();
}

// ---- regions --------------------------------------------------------------------------

// Rows first; what has no row goes to the plain ops, if there are any.
static bool goes_to_rows(const DeviceRegion *dr, Gpa offset)
{
    unsigned i;

    return dr->index.table && (!dr->ops || reg_find(&dr->index, offset, &i));
}

static MemResult read_locked(DeviceRegion *dr, Gpa offset, u64 *val, unsigned size,
                             MemAttrs attrs)
{
    dr->dev->attrs = attrs;
    if (goes_to_rows(dr, offset))
        return regs_read(dr->dev, &dr->index, offset, val, size);
    return dr->ops->read(dr->dev, offset, val, size, attrs);
}

static MemResult write_locked(DeviceRegion *dr, Gpa offset, u64 val, unsigned size,
                              MemAttrs attrs)
{
    dr->dev->attrs = attrs;
    if (goes_to_rows(dr, offset))
        return regs_write(dr->dev, &dr->index, offset, val, size);
    return dr->ops->write(dr->dev, offset, val, size, attrs);
}

static bool without_lock(const DeviceRegion *dr)
{
    return dr->ops && dr->ops->unlocked && !dr->index.table;
}

// A DMA of the device that ends in its own registers, or two devices in a circle.
static bool reentered(Device *dev, Gpa offset)
{
    if (likely(!device_locked(dev)))
        return false;
    guest_error(dev, "access to own register 0x%llx from within", (unsigned long long)offset);
    return true;
}

static MemResult shim_read(DeviceRegion *dr, Gpa offset, u64 *val, unsigned size, MemAttrs attrs)
{
    *val = 0;
    if (without_lock(dr))
        return dr->ops->read(dr->dev, offset, val, size, attrs);
    if (reentered(dr->dev, offset))
        return MEM_DEVICE_ERR;
    device_lock(dr->dev);
    MemResult res = read_locked(dr, offset, val, size, attrs);
    device_unlock(dr->dev);
    return res;
}

static MemResult shim_write(DeviceRegion *dr, Gpa offset, u64 val, unsigned size, MemAttrs attrs)
{
    if (without_lock(dr))
        return dr->ops->write(dr->dev, offset, val, size, attrs);
    if (reentered(dr->dev, offset))
        return MEM_DEVICE_ERR;
    device_lock(dr->dev);
    MemResult res = write_locked(dr, offset, val, size, attrs);
    device_unlock(dr->dev);
    return res;
}

static void region_setup(Device *dev, DeviceRegion *dr, const RegionRow *row)
{
    dr->dev = dev;
    dr->ops = row->ops;
    dr->shim = row->ops ? *row->ops : (MemOps){ 0 };
    if (row->regs.count) {
        reg_index_init(&dr->index, &row->regs, row->reg_size ? row->reg_size : 4);
        dr->shim.impl_min = dr->shim.impl_max = 0; // rows take any width
    }
    dr->shim.read = shim_read;
    dr->shim.write = shim_write;
    dr->name = row->name ? xasprintf("%s.%s", dev->name, row->name) : xstrdup(dev->name);
    region_init_mmio(&dr->mr, dr->name, &dr->shim, dr,
                     row->size ? row->size : REGION_SIZE_DEFAULT);
}

static u32 region_rows(const DeviceClass *cls)
{
    u32 n = 0;

    while (n < DEVICE_REGIONS && cls->regions[n].name)
        n++;
    return n;
}

// RegIndex keeps a pointer to the table, so the row for region 0 given by short hand must
// be the class's own.
static void regions_setup(Device *dev)
{
    const DeviceClass *cls = dev->cls;
    u32 n = region_rows(cls);
    bool brief = !n && (cls->regs.count || cls->ops);

    dev->region_count = brief ? 1 : n;
    dev->region = xalloc(MAX(dev->region_count, 1) * sizeof(*dev->region));
    for (u32 i = 0; i < n; i++)
        region_setup(dev, &dev->region[i], &cls->regions[i]);
    if (brief) {
        RegionRow row = { NULL, cls->region_size, cls->regs, cls->ops, cls->reg_size };

        region_setup(dev, &dev->region[0], &row);
        if (dev->region[0].index.table)
            dev->region[0].index.table = &cls->regs;
    }
}

void device_region_size(Device *dev, u32 region, u64 size)
{
    BUG_ON(dev->ready || region >= dev->region_count);
    mem_resize(&dev->region[region].mr, size);
}

void device_region_romd(Device *dev, u32 region, RamBlock *ram)
{
    DeviceRegion *dr = &dev->region[region];

    BUG_ON(dev->ready || region >= dev->region_count);
    region_init_romd(&dr->mr, dr->name, ram, 0, ram->size, &dr->shim, dr);
}

// ---- timers, lines, chardev -------------------------------------------------------------

static void timer_fired(void *opaque)
{
    DeviceTimer *t = opaque;

    device_lock(t->dev);
    if (timer_claim(t->timer))
        t->row->fn(t->dev);
    device_unlock(t->dev);
}

static u32 timer_rows(const DeviceClass *cls)
{
    u32 n = 0;

    while (n < DEVICE_TIMERS && cls->timers[n].fn)
        n++;
    return n;
}

static void timers_setup(Device *dev)
{
    u32 n = timer_rows(dev->cls);

    dev->timer = xalloc(MAX(n, 1) * sizeof(*dev->timer));
    for (u32 i = 0; i < n; i++) {
        const TimerRow *row = &dev->cls->timers[i];
        Timer *t = (Timer *)((u8 *)dev + row->at);

        dev->timer[i] = (DeviceTimer){ dev, row, t };
        timer_init(t, dev->clocks, row->clock, timer_fired, &dev->timer[i]);
    }
}

void device_irq_outputs(Device *dev, u32 count)
{
    BUG_ON(dev->ready);
    free(dev->irq_out);
    dev->irq_out = xalloc(MAX(count, 1) * sizeof(Irq));
    dev->irq_out_count = count;
    for (u32 i = 0; i < count; i++)
        irq_init(&dev->irq_out[i], &dev->gate);
}

void device_irq_input(void *opaque, int n, int level)
{
    Device *dev = opaque;

    if (!dev->cls->irq_in)
        return;
    device_lock(dev);
    dev->cls->irq_in(dev, n, level);
    device_unlock(dev);
}

static size_t front_can_receive(void *opaque)
{
    Device *dev = opaque;

    if (!dev->cls->chardev.can_receive)
        return dev->cls->chardev.receive ? 1 : 0;
    device_lock(dev);
    size_t n = dev->cls->chardev.can_receive(dev);
    device_unlock(dev);
    return n;
}

static void front_receive(void *opaque, const u8 *buf, size_t len)
{
    Device *dev = opaque;

    if (!dev->cls->chardev.receive)
        return;
    device_lock(dev);
    dev->cls->chardev.receive(dev, buf, len);
    device_unlock(dev);
}

static void front_event(void *opaque, ChardevEvent ev)
{
    Device *dev = opaque;

    if (!dev->cls->chardev.event)
        return;
    device_lock(dev);
    dev->cls->chardev.event(dev, ev);
    device_unlock(dev);
}

static void front_writable(void *opaque)
{
    Device *dev = opaque;

    if (!dev->cls->chardev.writable)
        return;
    device_lock(dev);
    dev->cls->chardev.writable(dev);
    device_unlock(dev);
}

void device_chardev(Device *dev, Chardev *c)
{
    if (dev->chardev)
        chardev_connect(dev->chardev, NULL);
    dev->chardev = c;
    dev->front = (ChardevFront){ dev, front_can_receive, front_receive, front_event,
                                 front_writable };
    chardev_connect(c, &dev->front);
}

// ---- life -------------------------------------------------------------------------------

Device *device_new(const DeviceClass *cls, const char *name, const DeviceHost *host)
{
    Device *dev = xaligned(64, cls->size);

    BUG_ON(cls->size < sizeof(Device));
    dev->cls = cls;
    dev->name = xstrdup(name);
    dev->machine = host->machine;
    dev->clocks = host->clocks;
    dev->input = host->input;
    dev->loop = host->loop;
    dev->dma_as = host->dma_as;
    dev->dma_attrs = ATTRS_NONE;
    dev->attrs = ATTRS_NONE;
    mutex_init(&dev->lock);
    props_default(dev, cls->props, DEVICE_PROPS);
    regions_setup(dev);
    timers_setup(dev);
    device_irq_outputs(dev, cls->irqs);
    dev->chardev = &chardev_null;
    if (cls->backends & BACKEND_BLOCK)
        dev->block = dev->own_block = block_null_new(host->loop);
    if (cls->backends & BACKEND_DISPLAY) {
        dev->display = dev->own_display = xalloc(sizeof(Display));
        display_init(dev->display);
    }
    return dev;
}

void device_block(Device *dev, Block *b)
{
    BUG_ON(dev->ready || !dev->own_block);
    b->loop = dev->loop;
    dev->block = b;
}

bool device_set(Device *dev, const char *prop, const char *text, Error *err)
{
    BUG_ON(dev->ready);
    return prop_set(dev, dev->cls->props, DEVICE_PROPS, prop, text, err) ||
           error_prefix(err, "device '%s': ", dev->name);
}

bool device_set_u64(Device *dev, const char *prop, u64 val, Error *err)
{
    const Prop *p = prop_find(dev->cls->props, DEVICE_PROPS, prop);

    BUG_ON(dev->ready);
    if (!p)
        return error_set_class(err, ERROR_NOT_FOUND, "device '%s': no property '%s'", dev->name,
                               prop);
    return prop_set_u64(dev, p, val, err) || error_prefix(err, "device '%s': ", dev->name);
}

bool device_set_link(Device *dev, const char *prop, Device *to, Error *err)
{
    const Prop *p = prop_find(dev->cls->props, DEVICE_PROPS, prop);

    BUG_ON(dev->ready);
    if (!p || p->kind != PROP_KIND_LINK)
        return error_set_class(err, ERROR_NOT_FOUND, "device '%s': no link '%s'", dev->name,
                               prop);
    memcpy((u8 *)dev + p->at, &to, sizeof(to));
    return true;
}

bool device_init(Device *dev, Error *err)
{
    BUG_ON(dev->ready);
    if (dev->cls->init && !dev->cls->init(dev, err))
        return error_prefix(err, "device '%s': ", dev->name);
    dev->ready = true;
    return true;
}

void device_free(Device *dev)
{
    const DeviceClass *cls = dev->cls;
    u32 timers = timer_rows(cls);

    if (dev->chardev)
        chardev_connect(dev->chardev, NULL);
    for (u32 i = 0; i < timers; i++)
        timer_fini(dev->timer[i].timer);
    if (dev->ready && cls->fini)
        cls->fini(dev);
    for (u32 i = 0; i < dev->region_count; i++) {
        mem_del(&dev->region[i].mr);
        reg_index_fini(&dev->region[i].index);
        free(dev->region[i].name);
    }
    if (dev->own_block)
        block_close(dev->own_block);
    if (dev->own_display)
        display_fini(dev->own_display);
    free(dev->own_display);
    props_free(dev, cls->props, DEVICE_PROPS);
    mutex_fini(&dev->lock);
    free(dev->region);
    free(dev->timer);
    free(dev->irq_out);
    free(dev->name);
    free(dev);
}

// ---- reset -------------------------------------------------------------------------------

static const RegTable *region_table(const Device *dev, u32 i)
{
    return dev->region[i].index.table;
}

static void reset_locked(Device *dev)
{
    for (u32 i = 0; i < timer_rows(dev->cls); i++)
        timer_cancel(dev->timer[i].timer);
    for (u32 i = 0; i < dev->region_count; i++)
        if (region_table(dev, i))
            regs_reset(dev, region_table(dev, i), dev->region[i].index.reg_size);
    if (dev->cls->reset)
        dev->cls->reset(dev);
}

void device_reset(Device *dev)
{
    device_lock(dev);
    reset_locked(dev);
    device_unlock(dev);
}

void device_redrive(Device *dev)
{
    for (u32 i = 0; i < dev->irq_out_count; i++)
        irq_redrive(&dev->irq_out[i]);
}

// ---- DMA ------------------------------------------------------------------------------------

MemResult device_dma_read(Device *dev, Gpa addr, void *buf, u64 len)
{
    return dma_read(dev->dma_as, addr, buf, len, dev->dma_attrs);
}

MemResult device_dma_write(Device *dev, Gpa addr, const void *buf, u64 len)
{
    return dma_write(dev->dma_as, addr, buf, len, dev->dma_attrs);
}

// ---- state: fields of rows (once each), declared rows, timers, the class's own ------------

typedef void FieldFn(Device *dev, const Reg *r, u32 at, u32 size, void *opaque);

static void foreach_field(Device *dev, FieldFn *fn, void *opaque)
{
    u8 *seen = xalloc(dev->cls->size);

    for (u32 i = 0; i < dev->region_count; i++) {
        const RegTable *t = region_table(dev, i);

        for (u32 n = 0; t && n < t->count; n++) {
            const Reg *r = &t->row[n];
            u32 size = r->at.size * (r->count ? r->count : 1);

            if (!size || seen[r->at.offset])
                continue;
            memset(seen + r->at.offset, 1, size);
            fn(dev, r, r->at.offset, size, opaque);
        }
    }
    free(seen);
}

static void save_field(Device *dev, const Reg *r, u32 at, u32 size, void *opaque)
{
    state_put(opaque, r->name, (u8 *)dev + at, size);
}

void device_save(Device *dev, StateWriter *w)
{
    device_lock(dev);
    state_begin(w, dev->name, dev->cls->state_version);
    foreach_field(dev, save_field, w);
    state_put_rows(w, dev, dev->cls->state, DEVICE_STATES);
    for (u32 i = 0; i < timer_rows(dev->cls); i++) {
        u64 deadline = timer_deadline(dev->timer[i].timer);

        state_put(w, dev->timer[i].row->name, &deadline, sizeof(deadline));
    }
    if (dev->cls->save)
        dev->cls->save(dev, w);
    state_end(w);
    device_unlock(dev);
}

typedef struct {
    StateReader *r;
    Error *err;
    bool ok;
} Loading;

static void load_field(Device *dev, const Reg *reg, u32 at, u32 size, void *opaque)
{
    Loading *l = opaque;

    l->ok = l->ok && state_get(l->r, reg->name, (u8 *)dev + at, size, l->err);
}

static bool load_timers(Device *dev, StateReader *r, Error *err)
{
    u64 deadline;

    for (u32 i = 0; i < timer_rows(dev->cls); i++) {
        if (!state_get(r, dev->timer[i].row->name, &deadline, sizeof(deadline), err))
            return false;
        timer_arm(dev->timer[i].timer, deadline);
    }
    return true;
}

static bool load_locked(Device *dev, StateReader *r, Error *err)
{
    Loading l = { r, err, true };
    u32 version;

    if (!state_open(r, dev->name, &version, err))
        return false;
    if (version > dev->cls->state_version)
        return error_set(err, "snapshot is of a newer version (%u)", version);
    foreach_field(dev, load_field, &l);
    if (!l.ok || !state_get_rows(r, dev, dev->cls->state, DEVICE_STATES, err) ||
        !load_timers(dev, r, err) ||
        (dev->cls->load && !dev->cls->load(dev, r, version, err)) || !state_close(r, err))
        return false;
    if (dev->cls->loaded)
        dev->cls->loaded(dev);
    return true;
}

bool device_load(Device *dev, StateReader *r, Error *err)
{
    device_lock(dev);
    bool ok = load_locked(dev, r, err);
    device_unlock(dev);
    return ok || error_prefix(err, "device '%s': ", dev->name);
}

static void mark_field(Device *dev, const Reg *r, u32 at, u32 size, void *opaque)
{
    (void)dev;
    (void)r;
    memset((u8 *)opaque + at, 1, size);
}

void device_state_map(const Device *dev, u8 *marks)
{
    const DeviceClass *cls = dev->cls;
    static const u8 widths[] = { [PROP_KIND_BOOL] = 1, [PROP_KIND_U8] = 1, [PROP_KIND_U16] = 2,
                                 [PROP_KIND_U32] = 4, [PROP_KIND_ENUM] = 4 };

    memset(marks, 0, cls->size);
    memset(marks, 1, sizeof(Device));
    foreach_field((Device *)(uintptr_t)dev, mark_field, marks);
    for (u32 i = 0; i < DEVICE_STATES && cls->state[i].name; i++)
        memset(marks + cls->state[i].at, 1, cls->state[i].size);
    for (u32 i = 0; i < timer_rows(cls); i++)
        memset(marks + cls->timers[i].at, 1, sizeof(Timer));
    for (u32 i = 0; i < DEVICE_PROPS && cls->props[i].name; i++) {
        u32 k = cls->props[i].kind;

        memset(marks + cls->props[i].at, 1, k < sizeof(widths) && widths[k] ? widths[k] : 8);
    }
}

void device_print(Device *dev, Str *out)
{
    device_lock(dev);
    str_addf(out, "%s (%s)\n", dev->name, dev->cls->name);
    for (u32 i = 0; i < dev->region_count; i++)
        if (region_table(dev, i))
            regs_print(dev, region_table(dev, i), dev->region[i].index.reg_size, out);
    device_unlock(dev);
}
