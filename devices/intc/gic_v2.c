// SPDX-License-Identifier: MIT
// Arm GICv2 (ARM IHI 0048B.b) as in GIC-400 without Security and Virtualization Extensions:
// distributor and CPU interfaces of up to 8 CPUs.  The common part is in gic.c.
// One security state with both groups.  Missing on purpose: bypass, GICH and GICV.
// Pins: region 0 = distributor, 4 KiB; region 1 = CPU interface of the CPU that accesses
// it, 8 KiB.  Inputs: SPI(n), PPI(cpu, n) of core/irq.h.  Outputs: n = IRQ of CPU n,
// cpus + n = FIQ of CPU n.
#include "devices/intc/gic.h"

DEVICE_OF(gicv2, Gic)

enum { // GICC_CTLR, 4.4.1
    CTLR_GROUPS = 3, CTLR_ACKCTL = 1 << 2, CTLR_FIQEN = 1 << 3, CTLR_CBPR = 1 << 4,
    CTLR_EOIMODE = 1 << 9,
    CTLR_MASK = CTLR_GROUPS | CTLR_ACKCTL | CTLR_FIQEN | CTLR_CBPR | CTLR_EOIMODE,
};
enum { // CPU interface, table 4-2
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10,
    GICC_RPR = 0x14, GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28, GICC_APR = 0xd0, GICC_NSAPR = 0xe0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000,
};
enum { ABPR_MIN = 1 };

// Debuggers and DMA see the banked registers of CPU 0.
static u32 accessor(const Gic *s, MemAttrs attrs)
{
    return attrs.cpu < s->cpus ? attrs.cpu : 0;
}

static u32 self(const Gic *s) { return accessor(s, s->dev.attrs); }

// ---- distributor: device lock held ---------------------------------------------------------

static u64 read_typer(Gic *s)
{
    return (s->cpus - 1) << 5 | (s->irqs / 32 - 1);
}

static void wrote_ctlr(Gic *s) { gic_set_groups(s, s->ctlr); }

// With one CPU there is nothing to choose: zero (4.3.12).
static u64 read_target(Gic *s, unsigned id)
{
    if (s->cpus == 1 || id >= s->irqs)
        return 0;
    return id < GIC_INTERNAL ? 1u << self(s) : s->targets[id - GIC_INTERNAL];
}

static void write_target(Gic *s, unsigned id, u64 v)
{
    u32 old;

    if (id < GIC_INTERNAL || s->cpus == 1 || id >= s->irqs)
        return;
    old = s->targets[id - GIC_INTERNAL];
    s->targets[id - GIC_INTERNAL] = (u8)(v & mask64(s->cpus));
    for (u32 n = 0; n < s->cpus; n++)
        if ((old | v) >> n & 1)
            gic_spi_refresh_cpu(s, n);
}

static void send_one(Gic *s, u32 n, u32 id, u32 from)
{
    GicCpuState *st = &gic_cpu_lock(s, n)->st;

    st->sgi_from[id] |= (u8)(1u << from);
    st->own.latch |= 1u << id;
    gic_cpu_unlock(s, n);
}

// 4.3.15
static void write_sgir(Gic *s, u64 v)
{
    u32 from = self(s);
    u32 filter = (u32)bits(v, 24, 2), list = (u32)bits(v, 16, 8);

    if (filter == 1)
        list = ~(1u << from);
    else if (filter == 2)
        list = 1u << from;
    else if (filter == 3)
        guest_error(&s->dev, "GICD_SGIR: reserved target filter");
    for (u32 n = 0; n < s->cpus && filter != 3; n++)
        if (list >> n & 1)
            send_one(s, n, v & 15, from);
}

// The CPUs whose SGI `id` is pending here, 4.3.16 and 4.3.17.
static u64 read_pending_sgi(Gic *s, unsigned id)
{
    u64 v = gic_cpu_lock(s, self(s))->st.sgi_from[id];

    gic_cpu_unlock(s, self(s));
    return v;
}

static void change_pending_sgi(Gic *s, unsigned id, u8 keep, u8 more)
{
    GicCpuState *st = &gic_cpu_lock(s, self(s))->st;

    st->sgi_from[id] = (u8)((st->sgi_from[id] & keep) | more);
    st->own.latch = st->sgi_from[id] ? st->own.latch | 1u << id : st->own.latch & ~(1u << id);
    gic_cpu_unlock(s, self(s));
}

static void write_cpendsgi(Gic *s, unsigned id, u64 v)
{
    change_pending_sgi(s, id, (u8)~v, 0);
}

static void write_spendsgi(Gic *s, unsigned id, u64 v)
{
    change_pending_sgi(s, id, 0xff, (u8)(v & mask64(s->cpus)));
}

static MemResult bank_read(Gic *s, Gpa offset, u64 *val, unsigned size, MemAttrs attrs)
{
    if (!gic_bank_read(s, &s->cpu[accessor(s, attrs)], (u32)offset, size, val))
        guest_error(&s->dev, "GICD: read of offset 0x%x", (u32)offset);
    return MEM_OK;
}

static MemResult bank_write(Gic *s, Gpa offset, u64 val, unsigned size, MemAttrs attrs)
{
    if (!gic_bank_write(s, &s->cpu[accessor(s, attrs)], (u32)offset, size, val))
        guest_error(&s->dev, "GICD: write of 0x%llx to offset 0x%x", (unsigned long long)val,
                    (u32)offset);
    return MEM_OK;
}

static const MemOps bank_ops = { .read = bank_read, .write = bank_write };

// ---- CPU interface: no lock held -----------------------------------------------------------

static u32 plain(const GicCpuState *st, u32 offset)
{
    switch (offset) {
    case GICC_CTLR:
        return st->ctlr;
    case GICC_PMR:
        return st->pmr;
    case GICC_BPR:
        return st->bpr[0];
    case GICC_ABPR:
        return st->bpr[1];
    default:
        return st->ap[offset >= GICC_NSAPR][offset % 16 / 4];
    }
}

static bool is_plain(u32 offset)
{
    return offset == GICC_CTLR || offset == GICC_PMR || offset == GICC_BPR ||
           offset == GICC_ABPR || (offset >= GICC_APR && offset < GICC_NSAPR + 16);
}

static u32 get_plain(Gic *s, u32 n, u32 offset)
{
    u32 v = plain(&gic_cpu_lock(s, n)->st, offset);

    gic_cpu_unlock(s, n);
    return v;
}

static void set_plain(Gic *s, u32 n, u32 offset, u32 v)
{
    GicCpuState *st = &gic_cpu_lock(s, n)->st;

    switch (offset) {
    case GICC_CTLR:
        st->ctlr = v & CTLR_MASK;
        st->groups = v & CTLR_GROUPS;
        break;
    case GICC_PMR:
        st->pmr = v & 0xff;
        break;
    case GICC_BPR:
        st->bpr[0] = v & 7;
        break;
    case GICC_ABPR:
        st->bpr[1] = MAX(v & 7, ABPR_MIN);
        break;
    default:
        st->ap[offset >= GICC_NSAPR][offset % 16 / 4] = v;
        break;
    }
    gic_cpu_unlock(s, n);
}

static bool ackctl(Gic *s, u32 n)
{
    return get_plain(s, n, GICC_CTLR) & CTLR_ACKCTL;
}

// 4.4.4, 4.4.14: group 1 through IAR only if AckCtl says so.
static u32 acknowledge(Gic *s, u32 n, u32 offset)
{
    if (offset == GICC_AIAR)
        return gic_acknowledge(s, n, 2, GIC_SPURIOUS);
    return gic_acknowledge(s, n, ackctl(s, n) ? 3 : 1, GIC_GROUP1);
}

static u32 highest(Gic *s, u32 n, u32 offset)
{
    u32 group;
    GicPick p = gic_highest(s, n, &group);

    if (p.id == GIC_SPURIOUS)
        return p.id;
    if (offset == GICC_AHPPIR)
        return group ? p.id : GIC_SPURIOUS;
    return group && !ackctl(s, n) ? GIC_GROUP1 : p.id;
}

static MemResult cpu_read(Gic *s, Gpa at, u64 *val, unsigned size, MemAttrs attrs)
{
    u32 n = accessor(s, attrs), offset = (u32)at;

    (void)size;
    *val = 0;
    if (is_plain(offset))
        *val = get_plain(s, n, offset);
    else if ((offset == GICC_IAR || offset == GICC_AIAR) && !attrs.debug)
        *val = acknowledge(s, n, offset);
    else if (offset == GICC_HPPIR || offset == GICC_AHPPIR)
        *val = highest(s, n, offset);
    else if (offset == GICC_RPR)
        *val = gic_running(s, n);
    else if (offset == GICC_IIDR)
        *val = 0x0002043b;
    else
        guest_error(&s->dev, "GICC: read of offset 0x%x", offset);
    return MEM_OK;
}

static MemResult cpu_write(Gic *s, Gpa at, u64 val, unsigned size, MemAttrs attrs)
{
    u32 n = accessor(s, attrs), offset = (u32)at, id = val & 0x3ff;

    (void)size;
    if (is_plain(offset)) {
        set_plain(s, n, offset, (u32)val);
    } else if (offset == GICC_EOIR || offset == GICC_AEOIR || offset == GICC_DIR) {
        if (id >= GIC_IRQS_MAX) // special: ignored
            return MEM_OK;
        if (offset == GICC_DIR)
            gic_deactivate(s, n, id);
        else
            gic_end(s, n, id, offset == GICC_AEOIR ? 2 : ackctl(s, n) ? 3 : 1);
    } else {
        guest_error(&s->dev, "GICC: write of 0x%llx to offset 0x%x", (unsigned long long)val,
                    offset);
    }
    return MEM_OK;
}

static const MemOps cpu_ops = {
    .read = cpu_read, .write = cpu_write, .impl_min = 4, .impl_max = 4, .unlocked = true,
};

// ---- class ---------------------------------------------------------------------------------

static bool init(Gic *s, Error *err)
{
    if (!gic_init(s, 2, 8, err))
        return false;
    s->ap_shift = 1; // binary point 0: 128 levels
    return true;
}

// SPIs of a system with one CPU go to it.
static void reset(Gic *s)
{
    gic_reset(s);
    if (s->cpus == 1)
        memset(s->targets, 1, sizeof(s->targets));
    for (u32 n = 0; n < s->cpus; n++) {
        GicCpuState *st = &gic_cpu_lock(s, n)->st;

        st->own.enabled = 0xffff;
        st->bpr[1] = ABPR_MIN;
        gic_cpu_unlock(s, n);
    }
}

// 4.3.  Banks at 0x080..0x7ff and 0xc00..0xcff go to bank_ops.
static const Reg regs[] = {
    REG(0x000, CTLR,  .at = FIELD(ctlr), .rw = CTLR_GROUPS, .wrote = wrote_ctlr, .ref = "4.3.1"),
    REG(0x004, TYPER, .read = read_typer, .flags = REG_QUIET,                    .ref = "4.3.2"),
    REG(0x008, IIDR,  .reset = 0x43b, .flags = REG_QUIET,                        .ref = "4.3.3"),
    REG_ARRAY(0x800, ITARGETSR, GIC_IRQS_MAX, .read_n = read_target, .write_n = write_target,
              .size = 1,                                                         .ref = "4.3.12"),
    REG(0xf00, SGIR, .write = write_sgir,                                        .ref = "4.3.15"),
    REG_ARRAY(0xf10, CPENDSGIR, 16, .read_n = read_pending_sgi, .write_n = write_cpendsgi,
              .size = 1,                                                         .ref = "4.3.16"),
    REG_ARRAY(0xf20, SPENDSGIR, 16, .read_n = read_pending_sgi, .write_n = write_spendsgi,
              .size = 1,                                                         .ref = "4.3.17"),
    REG(0xfd0, PIDR4, .reset = 0x04, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG_ARRAY(0xfd4, PIDR5, 3, .reset = 0, .flags = REG_QUIET,                   .ref = "4.3.18"),
    REG(0xfe0, PIDR0, .reset = 0x90, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xfe4, PIDR1, .reset = 0xb4, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xfe8, PIDR2, .reset = 0x2b, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xfec, PIDR3, .reset = 0, .flags = REG_QUIET,                            .ref = "4.3.18"),
    REG(0xff0, CIDR0, .reset = 0x0d, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xff4, CIDR1, .reset = 0xf0, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xff8, CIDR2, .reset = 0x05, .flags = REG_QUIET,                         .ref = "4.3.18"),
    REG(0xffc, CIDR3, .reset = 0xb1, .flags = REG_QUIET,                         .ref = "4.3.18"),
};

DEVICE(gicv2, .spec = "ARM IHI 0048B.b", .desc = "Arm GICv2 interrupt controller",
       .size = sizeof(Gic),
       .regions = { { .name = "dist", .size = 0x1000, .regs = ROWS(regs), .ops = &bank_ops },
                    { .name = "cpu", .size = 0x2000, .ops = &cpu_ops } },
       .irq_in = gic_irq_in,
       .props = { PROP_U32("num-cpu", cpus, 0, .max = 8, .help = "0: as many as there are"),
                  PROP_U32("num-irq", irqs, 288, .help = "INTIDs below it, SGIs included") },
       .state = { GIC_STATE, HOST_ONLY(irouter) }, .init = init, .reset = reset,
       .fini = gic_fini, .save = gic_save, .load = gic_load, .loaded = gic_loaded,
       .compatible = "arm,cortex-a15-gic", .fdt = gic_fdt, .fdt_irq = gic_fdt_irq)
