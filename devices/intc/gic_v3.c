// SPDX-License-Identifier: MIT
// Arm GICv3 (ARM IHI 0069H): the distributor and the class.  Redistributors are in
// gic_v3_redist.c, the CPU interface in gic_v3_cpuif.c, what GICv2 has too in gic.c.
// One security state (GICD_CTLR.DS = 1), affinity routing always on.  Group 1 is IRQ,
// group 0 FIQ.
// Missing on purpose: LPIs and ITS, message-based SPIs, 1-of-N routing (TYPER.No1N),
// virtualization, extended INTID ranges.
// Pins: region 0 = distributor, 64 KiB; region 1 = redistributors, 128 KiB for each of the
// first `redist0-count` CPUs; region 2 = those of the rest.  Inputs: SPI(n), PPI(cpu, n)
// of core/irq.h.  Outputs: n = IRQ of CPU n, cpus + n = FIQ of CPU n.
#include "devices/intc/gic_v3.h"

#include "core/machine.h"

DEVICE_OF(gicv3, Gic)

enum { CTLR_GROUPS = 3, CTLR_ARE = 1 << 4, CTLR_DS = 1 << 6 };

static u64 read_ctlr(Gic *s) { return s->ctlr | CTLR_ARE | CTLR_DS; }

static void write_ctlr(Gic *s, u64 v)
{
    s->ctlr = v & CTLR_GROUPS;
    gic_set_groups(s, s->ctlr);
}

// No1N, A3V, IDbits = 10, ITLinesNumber.
static u64 read_typer(Gic *s)
{
    return BIT(25) | BIT(24) | 9 << 19 | (s->irqs / 32 - 1);
}

u32 gic_v3_cpu_of(const Gic *s, u32 affinity)
{
    u64 n = (u64)(affinity >> 8) * s->cluster + (affinity & 0xff);

    return (affinity & 0xff) < s->cluster && n < s->cpus ? (u32)n : GIC_NOWHERE;
}

static void route(Gic *s, unsigned spi)
{
    u64 v = s->irouter[spi];

    s->route[spi] = (u16)gic_v3_cpu_of(s, (u32)(v >> 32 & 0xff) << 24 | (v & 0xffffff));
}

// 12.9.22: no SPI, no bits; TYPER.No1N: no IRM.
static void write_irouter(Gic *s, unsigned spi, u64 v)
{
    u32 old = s->route[spi];

    if (GIC_INTERNAL + spi >= s->irqs)
        return;
    s->irouter[spi] = v & 0xff00ffffff;
    route(s, spi);
    if (old != GIC_NOWHERE)
        gic_spi_refresh_cpu(s, old);
    gic_spi_refresh(s, GIC_INTERNAL + spi);
}

static MemResult bank_read(Gic *s, Gpa offset, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    if (!gic_bank_read(s, NULL, (u32)offset, size, val))
        guest_error(&s->dev, "GICD: read of offset 0x%x", (u32)offset);
    return MEM_OK;
}

static MemResult bank_write(Gic *s, Gpa offset, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    if (!gic_bank_write(s, NULL, (u32)offset, size, val))
        guest_error(&s->dev, "GICD: write of 0x%llx to offset 0x%x", (unsigned long long)val,
                    (u32)offset);
    return MEM_OK;
}

static const MemOps bank_ops = { .read = bank_read, .write = bank_write };

static void reset(Gic *s)
{
    gic_reset(s);
    for (u32 i = 0; i < GIC_SPIS; i++)
        route(s, i);
    gic_v3_cpuif_reset(s);
}

static void loaded(Gic *s)
{
    for (u32 i = 0; i < GIC_SPIS; i++)
        route(s, i);
    gic_loaded(s);
}

static bool init(Gic *s, Error *err)
{
    u32 first;

    if (!gic_init(s, 3, 512, err))
        return false;
    s->ap_shift = 3; // 5 bits of priority: 32 levels
    first = MIN(s->cpus, s->redist0);
    device_region_size(&s->dev, 1, (u64)first * GICR_FRAMES);
    device_region_size(&s->dev, 2, (u64)MAX(s->cpus - first, 1) * GICR_FRAMES);
    if (s->dev.machine)
        gic_v3_add_sysregs(s, &s->dev.machine->sysregs);
    return true;
}

static void fdt(Gic *s, DtNode *n)
{
    gic_fdt(s, n);
    dt_u32(n, "#redistributor-regions", s->cpus > s->redist0 ? 2 : 1);
}

// 12.9.  Banks at 0x080..0x7ff and 0xc00..0xcff go to bank_ops.
static const Reg regs[] = {
    REG(0x0000, CTLR,  .read = read_ctlr, .write = write_ctlr,                   .ref = "12.9"),
    REG(0x0004, TYPER, .read = read_typer, .flags = REG_QUIET,                   .ref = "12.9"),
    REG(0x0008, IIDR,  .reset = 0x43b, .flags = REG_QUIET,                       .ref = "12.9"),
    REG(0x000c, TYPER2, .reset = 0, .flags = REG_QUIET,                          .ref = "12.9"),
    REG(0x0010, STATUSR, .reset = 0, .flags = REG_QUIET,                         .ref = "12.9"),
    // with affinity routing or one security state these read 0 and ignore writes
    REG_ARRAY(0x0800, ITARGETSR, 255, .reset = 0, .flags = REG_QUIET,            .ref = "12.9"),
    REG_ARRAY(0x0d00, IGRPMODR, 32, .reset = 0, .flags = REG_QUIET,              .ref = "12.9"),
    REG_ARRAY(0x0e00, NSACR, 64, .reset = 0, .flags = REG_QUIET,                 .ref = "12.9"),
    REG(0x0f00, SGIR, .reset = 0, .flags = REG_QUIET,                            .ref = "12.9"),
    REG_ARRAY(0x0f10, CPENDSGIR, 4, .reset = 0, .flags = REG_QUIET,              .ref = "12.9"),
    REG_ARRAY(0x0f20, SPENDSGIR, 4, .reset = 0, .flags = REG_QUIET,              .ref = "12.9"),
    REG_ARRAY(0x6100, IROUTER, GIC_SPIS, .at = FIELD_N(irouter), .size = 8,
              .write_n = write_irouter,                                          .ref = "12.9"),
    REG(0xffd0, PIDR4, .reset = 0x44, .flags = REG_QUIET,                        .ref = "12.1"),
    REG_ARRAY(0xffd4, PIDR5, 3, .reset = 0, .flags = REG_QUIET,                  .ref = "12.1"),
    REG(0xffe0, PIDR0, .reset = 0x92, .flags = REG_QUIET,                        .ref = "12.1"),
    REG(0xffe4, PIDR1, .reset = 0xb4, .flags = REG_QUIET,                        .ref = "12.1"),
    REG(0xffe8, PIDR2, .reset = 0x3b, .flags = REG_QUIET,                        .ref = "12.9"),
    REG(0xffec, PIDR3, .reset = 0, .flags = REG_QUIET,                           .ref = "12.1"),
    REG(0xfff0, CIDR0, .reset = 0x0d, .flags = REG_QUIET,                        .ref = "12.1"),
    REG(0xfff4, CIDR1, .reset = 0xf0, .flags = REG_QUIET,                        .ref = "12.1"),
    REG(0xfff8, CIDR2, .reset = 0x05, .flags = REG_QUIET,                        .ref = "12.1"),
    REG(0xfffc, CIDR3, .reset = 0xb1, .flags = REG_QUIET,                        .ref = "12.1"),
};

DEVICE(gicv3, .spec = "ARM IHI 0069H", .desc = "Arm GICv3 interrupt controller",
       .size = sizeof(Gic),
       .regions = { { .name = "dist", .size = 0x10000, .regs = ROWS(regs), .ops = &bank_ops },
                    { .name = "redist", .size = GICR_FRAMES, .ops = &gic_v3_redist0_ops },
                    { .name = "redist1", .size = GICR_FRAMES, .ops = &gic_v3_redist1_ops } },
       .irq_in = gic_irq_in,
       .props = { PROP_U32("num-cpu", cpus, 0, .max = 512, .help = "0: as many as there are"),
                  PROP_U32("num-irq", irqs, 288, .help = "INTIDs below it, SGIs included"),
                  PROP_U32("cluster-size", cluster, 16, .min = 1, .max = 16,
                           .help = "CPUs per Aff1 value"),
                  PROP_U32("redist0-count", redist0, 123, .min = 1, .max = 512,
                           .help = "CPUs whose redistributors are in region 1") },
       .state = { GIC_STATE }, .init = init, .reset = reset, .fini = gic_fini,
       .save = gic_save, .load = gic_load, .loaded = loaded, .compatible = "arm,gic-v3",
       .fdt = fdt, .fdt_irq = gic_fdt_irq)
