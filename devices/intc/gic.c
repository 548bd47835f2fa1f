// SPDX-License-Identifier: MIT
// The common part of GICv2 (ARM IHI 0048B) and GICv3 (ARM IHI 0069H): see gic.h.
#include "devices/intc/gic.h"

#include "core/machine.h"
#include "util/alloc.h"

static NO_LOCK_ANALYSIS GicCpu *lock_cpu(Gic *s, u32 n)
{
    mutex_lock(&s->cpu[n].lock);
    return &s->cpu[n];
}

// Where nothing was changed.
static NO_LOCK_ANALYSIS void drop_cpu(GicCpu *c)
{
    mutex_unlock(&c->lock);
}

// ---- choosing ------------------------------------------------------------------------------

// The best of one bank: lowest priority value, then lowest number.
static GicPick bank_best(const GicBank *b, u32 mask, u32 base)
{
    GicPick best = { GIC_SPURIOUS, GIC_PRIO_IDLE };
    u32 ready = bank_pending(b) & b->enabled & ~b->active & mask;

    for (; ready; ready &= ready - 1) {
        u32 i = ctz32(ready);

        if (b->prio[i] < best.prio)
            best = (GicPick){ base + i, b->prio[i] };
    }
    return best;
}

static GicPick better(GicPick a, GicPick b)
{
    return b.prio < a.prio ? b : a;
}

// Lock held.
static GicPick pick(const GicCpu *c, u32 *group)
{
    GicPick best = { GIC_SPURIOUS, GIC_PRIO_IDLE };
    u32 groups = c->dist_groups & c->st.groups;
    const GicBank *own = &c->st.own;

    if (!groups)
        return best;
    best = bank_best(own, (groups & 1 ? ~own->group : 0) | (groups & 2 ? own->group : 0), 0);
    *group = best.id < GIC_INTERNAL && bit(own->group, best.id);
    for (u32 g = 0; g < 2; g++)
        if (groups >> g & 1 && c->spi[g].prio < best.prio) {
            best = c->spi[g];
            *group = g;
        }
    return best;
}

// The bits of a priority that count for preemption: IHI 0048B 3.3.3, IHI 0069H 4.8.2.  For
// group 1 the binary point is one more, unless CBPR (bit 4 of v2's CTLR, 0 of v3's) says
// that group 0's is for both.
static u32 group_mask(const Gic *s, const GicCpu *c, u32 group)
{
    bool common = bit(c->st.ctlr, s->revision == 2 ? 4 : 0);

    if (group && !common)
        return 0xff & ~(u32)mask64(c->st.bpr[1]);
    return 0xff & ~(u32)mask64(c->st.bpr[0] + 1);
}

// The highest active priority and its group.
static u32 running(const Gic *s, const GicCpu *c, u32 *group)
{
    for (u32 i = 0; i < 4; i++) {
        u32 w = c->st.ap[0][i] | c->st.ap[1][i];

        if (w) {
            *group = !(c->st.ap[0][i] & (w & -w));
            return (i * 32 + ctz32(w)) << s->ap_shift;
        }
    }
    *group = 0;
    return GIC_PRIO_IDLE;
}

static bool signals(const Gic *s, const GicCpu *c, GicPick p, u32 group)
{
    u32 other;

    return p.prio < c->st.pmr && (p.prio & group_mask(s, c, group)) < running(s, c, &other);
}

// Bit 3 of GICC_CTLR lets group 0 use FIQ; with GICv3 it always does.
static u32 line_of(const Gic *s, const GicCpu *c, u32 group)
{
    return group == 0 && (s->revision == 3 || bit(c->st.ctlr, 3)) ? 2 : 1;
}

// Lock held; true: gic_sync is to be called.
static bool update(Gic *s, GicCpu *c)
{
    u32 group = 0, lines = 0;
    GicPick p = pick(c, &group);

    if (p.id != GIC_SPURIOUS && signals(s, c, p, group))
        lines = line_of(s, c, group);
    if (lines == atomic_load_explicit(&c->lines, memory_order_relaxed))
        return false;
    atomic_store(&c->lines, lines);
    return true;
}

static void sync_lines(Gic *s, u32 n)
{
    _Atomic u32 *lines = &s->cpu[n].lines;
    u32 want;

    do {
        want = atomic_load(lines);
        irq_set(&s->dev.irq_out[n], want & 1);
        irq_set(&s->dev.irq_out[s->cpus + n], want >> 1 & 1);
    } while (atomic_load(lines) != want);
}

static NO_LOCK_ANALYSIS void unlock_cpu(Gic *s, GicCpu *c)
{
    bool changed = update(s, c);

    mutex_unlock(&c->lock);
    if (changed)
        sync_lines(s, (u32)(c - s->cpu));
}

GicCpu *gic_cpu_lock(Gic *s, u32 n) { return lock_cpu(s, n); }
void gic_cpu_unlock(Gic *s, u32 n) { unlock_cpu(s, &s->cpu[n]); }

// ---- SPIs ----------------------------------------------------------------------------------

static bool routed(const Gic *s, u32 spi, u32 n)
{
    return s->revision == 3 ? s->route[spi] == n : s->targets[spi] >> n & 1;
}

static GicPick spi_best(const Gic *s, u32 n, u32 group)
{
    GicPick best = { GIC_SPURIOUS, GIC_PRIO_IDLE };

    for (u32 w = 0; w < s->irqs / 32 - 1; w++) {
        const GicBank *b = &s->spi[w];
        u32 mine = 0;
        u32 ready = bank_pending(b) & b->enabled & ~b->active & (group ? b->group : ~b->group);

        for (; ready; ready &= ready - 1)
            if (w * 32 + ctz32(ready) < GIC_SPIS && routed(s, w * 32 + ctz32(ready), n))
                mine |= ready & -ready;
        best = better(best, bank_best(b, mine, GIC_INTERNAL + w * 32));
    }
    return best;
}

void gic_spi_refresh_cpu(Gic *s, u32 n)
{
    GicPick best[2] = { spi_best(s, n, 0), spi_best(s, n, 1) };
    GicCpu *c = lock_cpu(s, n);

    memcpy(c->spi, best, sizeof(best));
    unlock_cpu(s, c);
}

void gic_spi_refresh(Gic *s, u32 id)
{
    u32 spi = id - GIC_INTERNAL;

    if (s->revision == 3) {
        if (s->route[spi] != GIC_NOWHERE)
            gic_spi_refresh_cpu(s, s->route[spi]);
        return;
    }
    for (u32 n = 0; n < s->cpus; n++)
        if (s->targets[spi] >> n & 1)
            gic_spi_refresh_cpu(s, n);
}

// After a change to the interrupts `changed` of an SPI bank; each CPU once, if they are
// neighbours in the order of their routes, as they are by default.
static void refresh_bank(Gic *s, u32 w, u32 changed)
{
    u32 last = GIC_NOWHERE, seen = 0;

    for (; changed; changed &= changed - 1) {
        u32 spi = w * 32 + ctz32(changed);

        if (spi >= GIC_SPIS)
            return;
        if (s->revision == 3 && s->route[spi] != last) {
            last = s->route[spi];
            gic_spi_refresh(s, GIC_INTERNAL + spi);
        } else if (s->revision == 2) {
            seen |= s->targets[spi];
        }
    }
    for (u32 n = 0; n < s->cpus; n++)
        if (seen >> n & 1)
            gic_spi_refresh_cpu(s, n);
}

// ---- CPU interface -------------------------------------------------------------------------

GicPick gic_highest(Gic *s, u32 n, u32 *group)
{
    GicCpu *c = lock_cpu(s, n);
    GicPick p;

    *group = 0;
    p = pick(c, group);
    if (s->revision == 2 && p.id < 16)
        p.id |= ctz32(c->st.sgi_from[p.id]) << 10;
    drop_cpu(c);
    return p;
}

static void activate_priority(Gic *s, GicCpu *c, GicPick p, u32 group)
{
    u32 level = (p.prio & group_mask(s, c, group)) >> s->ap_shift;

    c->st.ap[group][level / 32] |= 1u << level % 32;
}

// Lock held.  An SGI of GICv2 stays pending while another CPU has sent it too.
static u32 take_own(Gic *s, GicCpu *c, u32 id)
{
    GicBank *b = &c->st.own;
    u32 from = 0;

    b->active |= 1u << id;
    if (s->revision == 2 && id < 16) {
        u8 *senders = &c->st.sgi_from[id];

        from = *senders ? ctz32(*senders) : 0;
        *senders &= *senders - 1;
        if (*senders)
            return id | from << 10;
    }
    b->latch &= ~(1u << id);
    return id | from << 10;
}

// Lock held; false: nothing for these groups, *id says what to return.
static bool choose(Gic *s, GicCpu *c, u32 groups, u32 refused, GicPick *p, u32 *group)
{
    *group = 0;
    *p = pick(c, group);
    if (p->id == GIC_SPURIOUS || !signals(s, c, *p, *group))
        p->id = GIC_SPURIOUS;
    else if (!(groups >> *group & 1))
        p->id = refused;
    return p->id < GIC_IRQS_MAX;
}

// Device lock held: the best one was an SPI a moment ago.
static u32 acknowledge_spi(Gic *s, u32 n, u32 groups, u32 refused)
{
    u32 group, id;
    GicPick p;
    GicCpu *c = lock_cpu(s, n);

    if (!choose(s, c, groups, refused, &p, &group)) {
        id = p.id;
    } else {
        activate_priority(s, c, p, group);
        id = p.id < GIC_INTERNAL ? take_own(s, c, p.id) : p.id;
    }
    unlock_cpu(s, c);
    if (id >= GIC_INTERNAL && p.id == id && id < GIC_IRQS_MAX) {
        GicBank *b = &s->spi[id / 32 - 1];

        b->active |= 1u << id % 32;
        b->latch &= ~(1u << id % 32);
        gic_spi_refresh(s, id);
    }
    return id;
}

u32 gic_acknowledge(Gic *s, u32 n, u32 groups, u32 refused)
{
    u32 group, id;
    GicPick p;
    GicCpu *c = lock_cpu(s, n);

    if (!choose(s, c, groups, refused, &p, &group)) {
        drop_cpu(c);
        return p.id;
    }
    if (p.id < GIC_INTERNAL) {
        activate_priority(s, c, p, group);
        id = take_own(s, c, p.id);
        unlock_cpu(s, c);
        return id;
    }
    drop_cpu(c);
    device_lock(&s->dev);
    id = acknowledge_spi(s, n, groups, refused);
    device_unlock(&s->dev);
    return id;
}

static void deactivate_spi(Gic *s, u32 id, u32 groups)
{
    u32 m = 1u << id % 32;
    GicBank *b;

    if (id >= s->irqs || id >= GIC_IRQS_MAX)
        return;
    b = &s->spi[id / 32 - 1];
    device_lock(&s->dev);
    if (groups >> !!(b->group & m) & 1 && b->active & m) {
        b->active &= ~m;
        gic_spi_refresh(s, id);
    }
    device_unlock(&s->dev);
}

// EOImode of GICC_CTLR (IHI 0048B 4.4.1), of ICC_CTLR_EL1.
static bool end_is_split(const Gic *s, const GicCpu *c)
{
    return bit(c->st.ctlr, s->revision == 2 ? 9 : 1);
}

void gic_end(Gic *s, u32 n, u32 id, u32 groups)
{
    u32 group;
    GicCpu *c = lock_cpu(s, n);
    bool deactivate = !end_is_split(s, c);
    u32 prio = running(s, c, &group) >> s->ap_shift;

    if (prio << s->ap_shift == GIC_PRIO_IDLE || !(groups >> group & 1)) {
        drop_cpu(c);
        return;
    }
    c->st.ap[group][prio / 32] &= ~(1u << prio % 32);
    if (deactivate && id < GIC_INTERNAL && groups >> bit(c->st.own.group, id) & 1)
        c->st.own.active &= ~(1u << id);
    unlock_cpu(s, c);
    if (deactivate && id >= GIC_INTERNAL)
        deactivate_spi(s, id, groups);
}

void gic_deactivate(Gic *s, u32 n, u32 id)
{
    GicCpu *c = lock_cpu(s, n);
    bool split = end_is_split(s, c);

    if (split && id < GIC_INTERNAL)
        c->st.own.active &= ~(1u << id);
    unlock_cpu(s, c);
    if (!split)
        guest_error(&s->dev, "DIR written with EOImode 0");
    else if (id >= GIC_INTERNAL)
        deactivate_spi(s, id, 3);
}

u32 gic_running(Gic *s, u32 n)
{
    u32 group;
    GicCpu *c = lock_cpu(s, n);
    u32 v = running(s, c, &group);

    drop_cpu(c);
    return v == GIC_PRIO_IDLE ? 0xff : v;
}

// ---- registers -----------------------------------------------------------------------------

// The offset in steps of 0x80; each step is 32 words of one bit per interrupt.
enum {
    BANK_GROUP = 1, BANK_SET_ENABLE, BANK_CLEAR_ENABLE, BANK_SET_PENDING, BANK_CLEAR_PENDING,
    BANK_SET_ACTIVE, BANK_CLEAR_ACTIVE,
};

static u32 read_bits(const GicBank *b, u32 kind)
{
    switch (kind) {
    case BANK_GROUP:
        return b->group;
    case BANK_SET_ENABLE:
    case BANK_CLEAR_ENABLE:
        return b->enabled;
    case BANK_SET_PENDING:
    case BANK_CLEAR_PENDING:
        return bank_pending(b);
    default:
        return b->active;
    }
}

static u32 change(u32 old, u32 v, bool set)
{
    return set ? old | v : old & ~v;
}

// lane: the bits that the access covers.
static void write_bits(GicBank *b, u32 kind, u32 v, u32 lane)
{
    switch (kind) {
    case BANK_GROUP:
        b->group = (b->group & ~lane) | v;
        break;
    case BANK_SET_ENABLE:
    case BANK_CLEAR_ENABLE:
        b->enabled = change(b->enabled, v, kind == BANK_SET_ENABLE);
        break;
    case BANK_SET_PENDING:
    case BANK_CLEAR_PENDING:
        b->latch = change(b->latch, v, kind == BANK_SET_PENDING);
        break;
    default:
        b->active = change(b->active, v, kind == BANK_SET_ACTIVE);
        break;
    }
}

// ICFGR: two bits per interrupt, the upper one says edge.
static u32 read_config(const GicBank *b, u32 half)
{
    u32 v = 0;

    for (u32 i = 0; i < 16; i++)
        v |= (b->edge >> (half * 16 + i) & 1) << (2 * i + 1);
    return v;
}

static void write_config(GicBank *b, u32 half, u32 v, u32 lane)
{
    for (u32 i = 0; i < 16; i++) {
        u32 m = 1u << (half * 16 + i);

        if (lane >> (2 * i + 1) & 1)
            b->edge = v >> (2 * i + 1) & 1 ? b->edge | m : b->edge & ~m;
    }
}

// One register of at most 32 bits: where it is.
typedef struct {
    u32 kind;  // BANK_*, or
    bool prio, config;
    u32 bank, sub; // sub: byte of prio, half of config
    u32 shift, lane;
} BankAt;

static bool bank_at(u32 offset, unsigned size, BankAt *at)
{
    *at = (BankAt){ .shift = 8 * (offset & 3), .kind = offset >> 7 };
    at->lane = (u32)(mask64(8 * size) << at->shift);
    if (offset >= 0x080 && offset < 0x400) {
        at->bank = offset % 0x80 / 4;
    } else if (offset >= 0x400 && offset < 0x800) {
        at->prio = true;
        at->bank = offset % 0x400 / 32;
        at->sub = offset % 32;
    } else if (offset >= 0xc00 && offset < 0xd00) {
        at->config = true;
        at->bank = offset % 0x100 / 8;
        at->sub = offset % 8 / 4;
    } else {
        return false;
    }
    return true;
}

static u32 bank_get(const GicBank *b, const BankAt *at, unsigned size)
{
    if (at->prio)
        return (u32)load_le(&b->prio[at->sub], size);
    if (at->config)
        return (read_config(b, at->sub) & at->lane) >> at->shift;
    return (read_bits(b, at->kind) & at->lane) >> at->shift;
}

static void bank_put(GicBank *b, const BankAt *at, unsigned size, u32 val)
{
    u32 v = val << at->shift & at->lane;

    if (at->prio)
        store_le(&b->prio[at->sub], size, val);
    else if (at->config)
        write_config(b, at->sub, v, at->lane);
    else
        write_bits(b, at->kind, v, at->lane);
}

bool gic_bank_read(Gic *s, GicCpu *own, u32 offset, unsigned size, u64 *val)
{
    BankAt at;
    u64 upper;

    if (size == 8) {
        bool ok = gic_bank_read(s, own, offset, 4, val) &&
                  gic_bank_read(s, own, offset + 4, 4, &upper);

        *val |= ok ? upper << 32 : 0;
        return ok;
    }
    *val = 0;
    if (!bank_at(offset, size, &at))
        return false;
    if (at.bank) {
        if (at.bank < s->irqs / 32)
            *val = bank_get(&s->spi[at.bank - 1], &at, size);
    } else if (own) {
        lock_cpu(s, (u32)(own - s->cpu));
        *val = bank_get(&own->st.own, &at, size);
        drop_cpu(own);
    }
    return true;
}

// What software cannot change: SGIs are edge-triggered; GICv2's are always enabled and
// become pending and not pending by their own registers only (IHI 0048B 4.3.5, 4.3.7).
static void put_own(Gic *s, GicCpu *own, const BankAt *at, unsigned size, u32 val)
{
    GicBank *b = &own->st.own;
    u32 latch;

    lock_cpu(s, (u32)(own - s->cpu));
    latch = b->latch;
    bank_put(b, at, size, val);
    b->edge |= 0xffff;
    if (s->revision == 2) {
        b->enabled |= 0xffff;
        b->latch = (b->latch & ~0xffffu) | (latch & 0xffff);
    }
    unlock_cpu(s, own);
}

bool gic_bank_write(Gic *s, GicCpu *own, u32 offset, unsigned size, u64 val)
{
    BankAt at;
    GicBank *b;

    if (size == 8)
        return gic_bank_write(s, own, offset, 4, (u32)val) &&
               gic_bank_write(s, own, offset + 4, 4, val >> 32);
    if (!bank_at(offset, size, &at))
        return false;
    if (!at.bank) {
        if (own)
            put_own(s, own, &at, size, (u32)val);
        return true;
    }
    if (at.bank >= s->irqs / 32)
        return true;
    b = &s->spi[at.bank - 1];
    bank_put(b, &at, size, (u32)val);
    if (at.prio)
        refresh_bank(s, at.bank - 1, (u32)mask64(size) << at.sub);
    else if (at.config)
        refresh_bank(s, at.bank - 1, 0xffffu << 16 * at.sub);
    else
        refresh_bank(s, at.bank - 1, at.kind == BANK_GROUP ? at.lane : (u32)val << at.shift);
    return true;
}

void gic_set_groups(Gic *s, u32 groups)
{
    for (u32 n = 0; n < s->cpus; n++) {
        GicCpu *c = lock_cpu(s, n);

        c->dist_groups = groups;
        unlock_cpu(s, c);
    }
}

// ---- inputs --------------------------------------------------------------------------------

static void bank_input(GicBank *b, u32 i, int level)
{
    u32 m = 1u << i;

    if (level && !(b->level & m) && b->edge & m)
        b->latch |= m;
    b->level = level ? b->level | m : b->level & ~m;
}

void gic_irq_in(Gic *s, int n, int level)
{
    u32 id = (u32)n + GIC_INTERNAL;
    GicCpu *c;

    if (n >= PPI_BASE) {
        n -= PPI_BASE;
        BUG_ON((u32)n / 32 >= s->cpus);
        c = lock_cpu(s, (u32)n / 32);
        bank_input(&c->st.own, (u32)n % 32, level);
        unlock_cpu(s, c);
        return;
    }
    BUG_ON(n < 0 || id >= s->irqs || id >= GIC_IRQS_MAX);
    bank_input(&s->spi[id / 32 - 1], id % 32, level);
    gic_spi_refresh(s, id);
}

// ---- life ----------------------------------------------------------------------------------

bool gic_init(Gic *s, u32 revision, u32 max_cpus, Error *err)
{
    u32 cpus = s->cpus;

    if (!cpus)
        cpus = s->dev.machine && s->dev.machine->cpu_count ? s->dev.machine->cpu_count : 1;
    if (cpus > max_cpus)
        return error_set_class(err, ERROR_INVALID,
                               "%s serves at most %u CPUs, not %u: lower -smp or choose another"
                               " gic-version", s->dev.cls->name, max_cpus, cpus);
    if (s->irqs % 32 || s->irqs < 64 || s->irqs > 1024)
        return error_set_class(err, ERROR_INVALID,
                               "num-irq=%u: give a multiple of 32 from 64 to 1024", s->irqs);
    s->revision = revision;
    s->cpus = cpus;
    s->cpu = xaligned(64, cpus * sizeof(GicCpu));
    for (u32 n = 0; n < cpus; n++)
        mutex_init(&s->cpu[n].lock);
    device_irq_outputs(&s->dev, 2 * cpus);
    return true;
}

void gic_fini(Gic *s)
{
    for (u32 n = 0; n < s->cpus; n++)
        mutex_fini(&s->cpu[n].lock);
    free(s->cpu);
    s->cpu = NULL;
}

// Levels come back when all lines are driven again after the reset.
void gic_reset(Gic *s)
{
    s->ctlr = 0;
    memset(s->spi, 0, sizeof(s->spi));
    memset(s->targets, 0, sizeof(s->targets));
    for (u32 n = 0; n < s->cpus; n++) {
        GicCpu *c = lock_cpu(s, n);

        c->st = (GicCpuState){ .own.edge = 0xffff };
        c->dist_groups = 0;
        c->spi[0] = c->spi[1] = (GicPick){ GIC_SPURIOUS, GIC_PRIO_IDLE };
        unlock_cpu(s, c);
    }
}

void gic_save(Gic *s, StateWriter *w)
{
    for (u32 n = 0; n < s->cpus; n++)
        state_put(w, "cpu", &s->cpu[n].st, sizeof(s->cpu[n].st));
}

bool gic_load(Gic *s, StateReader *r, u32 version, Error *err)
{
    (void)version;
    for (u32 n = 0; n < s->cpus; n++)
        if (!state_get(r, "cpu", &s->cpu[n].st, sizeof(s->cpu[n].st), err))
            return false;
    return true;
}

void gic_loaded(Gic *s)
{
    for (u32 n = 0; n < s->cpus; n++) { // a file may hold anything
        GicCpuState *st = &s->cpu[n].st;

        st->bpr[0] &= 7;
        st->bpr[1] &= 7;
        for (u32 i = 0; i < 16; i++)
            if (s->revision == 2 && !st->sgi_from[i])
                st->own.latch &= ~(1u << i);
        if (s->ap_shift == 3)
            for (u32 i = 1; i < 4; i++)
                st->ap[0][i] = st->ap[1][i] = 0;
    }
    gic_set_groups(s, s->ctlr & 3);
    for (u32 n = 0; n < s->cpus; n++)
        gic_spi_refresh_cpu(s, n);
}

// ---- device tree ---------------------------------------------------------------------------

// Linux, arm,gic.yaml: <type number flags>; 4 = level, active high.  GICv2 has the mask of
// CPUs of a PPI in bits 15..8.
u32 gic_fdt_irq(Gic *s, int pin, u32 *cells)
{
    bool ppi = pin >= PPI_BASE;

    cells[0] = ppi;
    cells[1] = ppi ? (u32)(pin - PPI_BASE) % 32 - 16 : (u32)pin;
    cells[2] = 4 | (ppi && s->revision == 2 ? (u32)mask64(s->cpus) << 8 : 0);
    return 3;
}

void gic_fdt(Gic *s, DtNode *n)
{
    (void)s;
    dt_flag(n, "interrupt-controller");
    dt_u32(n, "#interrupt-cells", 3);
    dt_u32(n, "#address-cells", 2);
    dt_u32(n, "#size-cells", 2);
    dt_flag(n, "ranges");
}
