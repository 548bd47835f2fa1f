// SPDX-License-Identifier: MIT
// virt: the board of QEMU 7.2's `-M virt` for arm64 guests.  Addresses, interrupts and the
// device tree are those its dumpdtb and `info mtree` show, since firmware has them built in;
// docs/virt-dtb.md lists what differs.
// Memory map: 0 and 64 MiB two banks of flash, 0x08000000 interrupt controller, 0x09000000 UART,
// 0x09010000 clock, 0x09020000 fw_cfg, 0x09030000 GPIO, 0x0a000000 32 virtio-mmio slots,
// 0x10000000 PCIe windows, 0x40000000 RAM (up to 255 GiB), above 256 GiB the second region of
// redistributors, PCIe ECAM at 0x4010000000 and its high window.
// Not built: ITS, v2m, EL2 and EL3.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/fw_cfg.h"
#include "core/machine.h"
#include "cpu/arm/arm.h"
#include "machine/boot/boot.h"
#include "machine/fdt.h"
#include "util/bits.h"
#include "util/str.h"

#define RAM_BASE 0x40000000ull
#define RAM_MAX (255 * GIB)
#define RAM_MAX_LOW (3 * GIB)
#define INITRD_MAX_OFFSET (128 * MIB)
#define FLAT_OFFSET 0x80000
#define DTB_ALIGN (2 * MIB)
#define REDIST_AT 0x080a0000ull
#define REDIST_SIZE 0xf60000u
#define REDIST2_AT 0x4000000000ull
#define REDIST2_SIZE 0x4000000u
#define REDIST_FRAMES 123 // of 128 KiB in the first region
#define VIRTIO_SLOTS 32
#define FLASH_SIZE (64 * MIB)
#define FIRST_PHANDLE 0x8000
enum { EM_AARCH64 = 183 };
enum { PPI_SEC = 29, PPI_PHYS = 30, PPI_VIRT = 27, PPI_HYP = 26, PPI_PMU = 23 };
enum { PCI_SPI = 3, PCI_PINS = 4 };
enum { GPIO_SPI = 7, POWER_PIN = 3, KEY_POWER = 116 }; // linux/input-event-codes.h
enum { IRQ_EDGE = 1, IRQ_LEVEL = 4 }; // device-tree interrupt flags

typedef struct Virt {
    u32 gic; // 2, 3
    bool highmem, seeds;
    const char *compatible;
    u32 sockets, clusters, cores, threads; // cores of a cluster, threads of a core
    Row rows[16 + VIRTIO_SLOTS]; // those of this configuration
    u32 row_count;
    char slot_name[VIRTIO_SLOTS][24];
} Virt;

static Virt *virt_of(const Machine *m) { return m->own; }

// ---- rows -------------------------------------------------------------------------

enum { GIC2 = 1, GIC3 = 2, HIGHMEM = 4, LOWMEM = 8 }; // Row.flags: only with

static const Row rows[] = {
    { "gicv2", "gic", 0x08000000, .more = { 0x08010000 }, .flags = GIC2 },
    { "gicv3", "gic", 0x08000000, .more = { REDIST_AT, REDIST2_AT }, .flags = GIC3 },
    { "pl011", "uart0", 0x09000000, .irq = { "gic", SPI(1) }, .chardev = 0 },
    { "pl031", "rtc", 0x09010000, .irq = { "gic", SPI(2) } },
    { "gpex", "pcie", 0x4010000000, .more = { 0x10000000, 0x3eff0000, 0x8000000000 },
      .flags = HIGHMEM },
    { "gpex", "pcie", 0x3f000000, .more = { 0x10000000, 0x3eff0000 }, .props = "ecam-size=16M",
      .flags = LOWMEM },
    { "pl061", "gpio", 0x09030000, .irq = { "gic", SPI(GPIO_SPI) } },
    { "gpio-key", "power-key", 0, .irq = { "gpio", POWER_PIN } },
};

static const Row fw_cfg_row = { "fw-cfg", "fw-cfg", 0x09020000 };
static const Row slot_row = { "virtio-mmio", NULL, 0x0a000000, .irq = { "gic", SPI(16) } };

static void choose_rows(Virt *v, u32 cpus)
{
    u32 have = (v->gic == 2 ? GIC2 : GIC3) | (v->highmem ? HIGHMEM : LOWMEM);

    for (const Row *r = rows; r < rows + ARRAY_LEN(rows); r++)
        if ((r->flags & have) == r->flags)
            v->rows[v->row_count++] = *r;
    if (cpus <= REDIST_FRAMES)
        v->rows[0].more[1] = 0;
    // the tree lists the last made first
    for (int i = VIRTIO_SLOTS - 1; i >= 0 && device_class_find("virtio-mmio", NULL); i--) {
        Row *r = &v->rows[v->row_count++];

        *r = slot_row;
        snprintf(v->slot_name[i], sizeof(v->slot_name[i]), "virtio-mmio%d", i);
        r->name = v->slot_name[i];
        r->at += (Gpa)i * 0x200;
        r->irq.pin += i;
    }
    v->rows[v->row_count++] = fw_cfg_row;
}

// ---- options ---------------------------------------------------------------------------

static const ArgDesc options[] = {
    { "gic-version", ARG_STRING, "2, 3 or max: the interrupt controller (2; 3 from 9 CPUs on)" },
    { "highmem", ARG_BOOL, "use addresses above 4 GiB (on)" },
    { "dtb-randomness", ARG_BOOL, "kaslr-seed and rng-seed in the device tree (on)" },
    { "dtb-kaslr-seed", ARG_BOOL, "old name of dtb-randomness" },
    { "dt-compatible", ARG_STRING, "compatible string of the device tree's root" },
    { "secure", ARG_BOOL, "EL3: not built, off only" },
    { "virtualization", ARG_BOOL, "EL2: not built, off only" },
    { "mte", ARG_BOOL, "memory tagging: not built, off only" },
    { "ras", ARG_BOOL, "error records: not built, off only" },
    { "its", ARG_BOOL, "interrupt translation: not built, off only" },
    { "iommu", ARG_STRING, "none" },
    { "acpi", ARG_STRING, "accepted; there are no ACPI tables yet" },
    { "smp.sockets", ARG_U64, "as -smp sockets=" },
    { "smp.clusters", ARG_U64, "as -smp clusters=" },
    { "smp.cores", ARG_U64, "as -smp cores=" },
    { "smp.threads", ARG_U64, "as -smp threads=" },
    { NULL, ARG_STRING, NULL },
};

static bool read_gic(Virt *v, Args *args, u32 cpus, Error *err)
{
    const char *text = args_str(args, "gic-version", NULL);

    if (!text)
        v->gic = cpus > 8 ? 3 : 2;
    else if (str_eq(text, "max"))
        v->gic = 3;
    else if (str_eq(text, "2") || str_eq(text, "3"))
        v->gic = text[0] == '2' ? 2 : 3;
    else if (str_eq(text, "4"))
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "-M virt: gic-version=4 is not built yet; use 2, 3 or max");
    else if (str_eq(text, "host"))
        return error_set_class(err, ERROR_UNSUPPORTED,
                               "-M virt: gic-version=host needs KVM; use 2, 3 or max");
    else
        return error_set_class(err, ERROR_INVALID, "-M virt: gic-version=%s: use 2, 3 or max",
                               text);
    if (v->gic == 2 && cpus > 8)
        return error_set_class(err, ERROR_INVALID,
                               "-smp %u: gic-version=2 serves at most 8 CPUs; use gic-version=3",
                               cpus);
    return true;
}

static bool refuse_unbuilt(Args *args, Error *err)
{
    static const char *const keys[] = { "secure", "virtualization", "mte", "ras", "its" };
    const char *iommu = args_str(args, "iommu", "none");
    bool on;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (!args_bool(args, keys[i], false, &on, err))
            return false;
        if (on)
            return error_set_class(err, ERROR_UNSUPPORTED,
                                   "-M virt: %s=on is not built yet; leave it off", keys[i]);
    }
    return str_eq(iommu, "none") ||
           error_set_class(err, ERROR_UNSUPPORTED,
                           "-M virt: iommu=%s is not built yet; use none", iommu);
}

static bool read_topology(Virt *v, Args *args, u32 cpus, Error *err)
{
    static const char *const keys[] = { "smp.sockets", "smp.clusters", "smp.cores",
                                        "smp.threads" };
    u32 *to[] = { &v->sockets, &v->clusters, &v->cores, &v->threads };

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        u64 n;

        if (!args_u64(args, keys[i], i == 2 ? cpus : 1, &n, err))
            return false;
        if (!n || n > cpus)
            return error_set_class(err, ERROR_INVALID, "-smp: %s=%llu: must be 1 to %u",
                                   keys[i] + 4, (unsigned long long)n, cpus);
        *to[i] = (u32)n;
    }
    return true;
}

static bool check_size(const Virt *v, u64 size, u32 cpus, Error *err)
{
    u64 max = v->highmem ? RAM_MAX : RAM_MAX_LOW;

    if (size > max)
        return error_set_class(err, ERROR_INVALID, "-m: virt has room for %llu GiB of RAM%s",
                               (unsigned long long)(max / GIB),
                               v->highmem ? "; ask for less" : " without highmem=on");
    if (v->gic == 3 && !v->highmem && cpus > REDIST_FRAMES)
        return error_set_class(err, ERROR_INVALID,
                               "-smp %u: more than %d CPUs need highmem=on", cpus, REDIST_FRAMES);
    return true;
}

static bool configure(Machine *m, Error *err)
{
    Virt *v = virt_of(m);
    Args none = { 0 }, *args = m->config->options ? m->config->options : &none;
    u32 cpus = m->config->cpus ? m->config->cpus : 1;
    bool seeds;

    v->compatible = args_str(args, "dt-compatible", "linux,dummy-virt");
    (void)args_str(args, "acpi", NULL);
    return args_bool(args, "highmem", true, &v->highmem, err) &&
           args_bool(args, "dtb-kaslr-seed", true, &seeds, err) &&
           args_bool(args, "dtb-randomness", seeds, &v->seeds, err) &&
           read_gic(v, args, cpus, err) && refuse_unbuilt(args, err) &&
           read_topology(v, args, cpus, err) &&
           check_size(v, m->config->ram_size, cpus, err);
}

// ---- building ----------------------------------------------------------------------------

static void cpu_setup(Machine *m, Cpu *cpu)
{
    (void)m;
    cpu->start_off = cpu->index > 0;
    arm_set_psci(cpu, ARM_PSCI_HVC);
}

// The CPUs' own lines to the interrupt controller, and its lines back.
static bool wire_cpu(Machine *m, Device *gic, u32 i, Error *err)
{
    static const struct { ArmLine line; int ppi; } lines[] = {
        { ARM_LINE_PHYS, PPI_PHYS }, { ARM_LINE_VIRT, PPI_VIRT }, { ARM_LINE_HYP, PPI_HYP },
        { ARM_LINE_SEC, PPI_SEC },   { ARM_LINE_PMU, PPI_PMU },
    };
    char name[16];

    for (size_t k = 0; k < ARRAY_LEN(lines); k++)
        irq_connect(arm_line(m->cpu[i], lines[k].line), device_irq_input, gic,
                    PPI((int)i, lines[k].ppi));
    snprintf(name, sizeof(name), "cpu%u", i);
    return machine_wire(m, gic, i, name, ARM_INPUT_IRQ, err) &&
           machine_wire(m, gic, m->cpu_count + i, name, ARM_INPUT_FIQ, err);
}

// Two banks, from address 0 on: what a CPU starts in.
static bool add_flash(Machine *m, u32 bank, Error *err)
{
    char name[16];

    snprintf(name, sizeof(name), "flash%u", bank);
    Device *dev = machine_new_device(m, "cfi.pflash01", name, err);

    if (dev && m->config->pflash[bank])
        device_block(dev, m->config->pflash[bank]);
    if (!dev || !machine_init_device(m, dev, err))
        return false;
    machine_map(m, dev, 0, bank * FLASH_SIZE, false);
    return true;
}

static bool build(Machine *m, Error *err)
{
    Virt *v = virt_of(m);

    if (!check_size(v, machine_ram_size(m), m->cpu_count, err)) // a back end's, without -m
        return false;
    choose_rows(v, m->cpu_count);
    for (u32 i = 0; i < MACHINE_FLASHES; i++)
        if (!add_flash(m, i, err))
            return false;
    mem_begin(&m->mem);
    mem_add(&m->system, RAM_BASE, &m->ram_region, 0);
    mem_commit(&m->mem);
    if (!machine_add_rows(m, v->rows, v->row_count, err))
        return false;
    irq_connect(&m->power_button, device_irq_input, machine_device(m, "power-key"), 0);
    for (u32 i = 0; i < m->cpu_count; i++)
        if (!wire_cpu(m, machine_device(m, "gic"), i, err))
            return false;
    fw_cfg_set_u16(m->fw_cfg, FW_CFG_NB_CPUS, (u16)m->cpu_count);
    return boot_fw_cfg_files(m, err);
}

// ---- device tree ----------------------------------------------------------------------------

static void gic_node(Machine *m, DtTree *t, Device *dev, DtNode *n)
{
    (void)t;
    if (virt_of(m)->gic == 2) {
        dt_cells(n, "reg", (u32[]){ 0, 0x08000000, 0, 0x10000, 0, 0x08010000, 0, 0x10000 }, 8);
        dt_string(n, "compatible", "arm,cortex-a15-gic");
    } else {
        bool two = m->cpu_count > REDIST_FRAMES;
        u32 reg[] = { 0, 0x08000000, 0, 0x10000, 0, (u32)REDIST_AT, 0, REDIST_SIZE,
                      (u32)(REDIST2_AT >> 32), (u32)REDIST2_AT, 0, REDIST2_SIZE };

        dt_cells(n, "reg", reg, two ? 12 : 8);
        dt_u32(n, "#redistributor-regions", two ? 2 : 1);
        dt_string(n, "compatible", "arm,gic-v3");
    }
    dt_flag(n, "ranges");
    dt_u32(n, "#size-cells", 2);
    dt_u32(n, "#address-cells", 2);
    dev->cls->fdt(dev, n);
}

// Four slots by four pins, each slot turned by one (PCI bridge specification 1.2, 9.1).
static void pcie_interrupts(DtNode *n)
{
    u32 map[PCI_PINS * PCI_PINS * 10], *p = map, gic = dt_phandle_of(n, "gic");

    for (u32 slot = 0; slot < PCI_PINS; slot++)
        for (u32 pin = 0; pin < PCI_PINS; pin++, p += 10)
            memcpy(p, (u32[10]){ slot << 11, 0, 0, pin + 1, gic, 0, 0, 0,
                                 PCI_SPI + (slot + pin) % PCI_PINS, IRQ_LEVEL }, 40);
    dt_cells(n, "interrupt-map-mask", (u32[]){ 0x1800, 0, 0, 7 }, 4);
    dt_cells(n, "interrupt-map", map, ARRAY_LEN(map));
    dt_u32(n, "#interrupt-cells", 1);
}

static void pcie_node(Machine *m, DtTree *t, Device *dev, DtNode *n)
{
    bool high = virt_of(m)->highmem;
    u64 ecam = device_region(dev, 0)->size;
    const u32 ranges[] = { 0x01000000, 0, 0, 0, 0x3eff0000, 0, 0x10000,
                           0x02000000, 0, 0x10000000, 0, 0x10000000, 0, 0x2eff0000,
                           0x03000000, 0x80, 0, 0x80, 0, 0x80, 0 };

    (void)t;
    pcie_interrupts(n);
    dt_cells(n, "ranges", ranges, high ? 21 : 14);
    dt_cells(n, "reg", (u32[]){ high ? 0x40 : 0, high ? 0x10000000 : 0x3f000000, 0, (u32)ecam }, 4);
    dt_flag(n, "dma-coherent");
    dt_cells(n, "bus-range", (u32[]){ 0, (u32)(ecam / MIB) - 1 }, 2);
    dt_u32(n, "linux,pci-domain", 0);
    dt_u32(n, "#size-cells", 2);
    dt_u32(n, "#address-cells", 3);
    dt_string(n, "device_type", "pci");
    dt_string(n, "compatible", "pci-host-ecam-generic");
}

// Without unit address, so no row of its own makes it.
static void keys_node(DtTree *t)
{
    DtNode keys = dt_tree_add(t, NULL, "gpio-keys"), key;

    dt_string(&keys, "compatible", "gpio-keys");
    key = dt_tree_add_to(&keys, NULL, "poweroff");
    dt_cells(&key, "gpios", (u32[]){ dt_phandle_of(&key, "gpio"), POWER_PIN, 0 }, 3);
    dt_u32(&key, "linux,code", KEY_POWER);
    dt_string(&key, "label", "GPIO Key Poweroff");
}

static void gpio_node(Machine *m, DtTree *t, Device *dev, DtNode *n)
{
    (void)m;
    (void)t;
    dev->cls->fdt(dev, n);
    dt_cells(n, "interrupts", (u32[]){ 0, GPIO_SPI, IRQ_LEVEL }, 3);
    dt_flag(n, "gpio-controller");
    dt_u32(n, "#gpio-cells", 2);
    dt_strings_list(n, "compatible", dev->cls->compatible);
    dt_cells(n, "reg", (u32[]){ 0, 0x09030000, 0, 0x1000 }, 4);
}

static const DtQuirk quirks[] = {
    { "gicv2", "intc", .own = true, .more = gic_node },
    { "gicv3", "intc", .own = true, .more = gic_node },
    { "gpex", "pcie", .unit = 0x10000000, .own = true, .more = pcie_node },
    { "pl061", "pl061", .own = true, .more = gpio_node },
    { "fw-cfg", "fw-cfg" },
    { "virtio-mmio", "virtio_mmio", .trigger = IRQ_EDGE, .dma_coherent = true },
    { NULL, NULL },
};

static void root_node(Machine *m, DtTree *t)
{
    DtNode n = dt_tree_root(t);

    dt_u32(&n, "interrupt-parent", dt_phandle_of(&n, "gic"));
    dt_string(&n, "model", "linux,dummy-virt");
    dt_u32(&n, "#size-cells", 2);
    dt_u32(&n, "#address-cells", 2);
    dt_string(&n, "compatible", virt_of(m)->compatible);
}

static void psci_node(DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "psci");

    dt_u32(&n, "migrate", 0xc4000005);
    dt_u32(&n, "cpu_on", 0xc4000003);
    dt_u32(&n, "cpu_off", 0x84000002);
    dt_u32(&n, "cpu_suspend", 0xc4000001);
    dt_string(&n, "method", "hvc");
    dt_strings(&n, "compatible", "arm,psci-1.0", "arm,psci-0.2", "arm,psci", NULL);
}

static void memory_node(Machine *m, DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "memory@%llx", RAM_BASE);
    u64 size = machine_ram_size(m);

    dt_cells(&n, "reg", (u32[]){ 0, RAM_BASE, (u32)(size >> 32), (u32)size }, 4);
    dt_string(&n, "device_type", "memory");
}

// An empty bus, where devices of the command line will go.
static void platform_node(DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "platform-bus@c000000");

    dt_u32(&n, "interrupt-parent", dt_phandle_of(&n, "gic"));
    dt_cells(&n, "ranges", (u32[]){ 0, 0, 0x0c000000, 0x02000000 }, 4);
    dt_u32(&n, "#address-cells", 1);
    dt_u32(&n, "#size-cells", 1);
    dt_strings(&n, "compatible", "qemu,platform", "simple-bus", NULL);
}

static void ppi_cells(Machine *m, u32 ppi, u32 *cells)
{
    cells[0] = 1;
    cells[1] = ppi - 16;
    cells[2] = IRQ_LEVEL | (virt_of(m)->gic == 2 ? (u32)mask64(m->cpu_count) << 8 : 0);
}

static void pmu_node(Machine *m, DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "pmu");
    u32 cells[3];

    ppi_cells(m, PPI_PMU, cells);
    dt_cells(&n, "interrupts", cells, 3);
    dt_string(&n, "compatible", "arm,armv8-pmuv3");
}

static void timer_node(Machine *m, DtTree *t)
{
    static const u8 ppis[] = { PPI_SEC, PPI_PHYS, PPI_VIRT, PPI_HYP };
    DtNode n = dt_tree_add(t, NULL, "timer");
    u32 cells[12];

    for (u32 i = 0; i < 4; i++)
        ppi_cells(m, ppis[i], cells + 3 * i);
    dt_cells(&n, "interrupts", cells, 12);
    dt_flag(&n, "always-on");
    dt_strings(&n, "compatible", "arm,armv8-timer", "arm,armv7-timer", NULL);
}

// The node "name<index>" in parent, made when the first CPU in it comes by.
static DtNode map_level(DtNode *parent, const char *name, u32 index, DtNode *last, bool fresh)
{
    char text[24];

    if (fresh) {
        snprintf(text, sizeof(text), "%s%u", name, index);
        *last = dt_tree_add_to(parent, NULL, text);
    }
    return *last;
}

static void cpu_map_node(Machine *m, DtNode *cpus)
{
    const Virt *v = virt_of(m);
    DtNode map = dt_tree_add_to(cpus, NULL, "cpu-map"), socket = map, cluster = map, core = map;
    u32 per_cluster = v->cores * v->threads, per_socket = per_cluster * v->clusters;
    char name[24];

    for (u32 i = 0; i < m->cpu_count; i++) {
        map_level(&map, "socket", i / per_socket, &socket, i % per_socket == 0);
        map_level(&socket, "cluster", i / per_cluster % v->clusters, &cluster,
                  i % per_cluster == 0);
        map_level(&cluster, "core", i / v->threads % v->cores, &core, i % v->threads == 0);
        DtNode leaf = core;

        if (v->threads > 1) {
            snprintf(name, sizeof(name), "thread%u", i % v->threads);
            leaf = dt_tree_add_to(&core, NULL, name);
        }
        snprintf(name, sizeof(name), "cpu%u", i);
        dt_u32(&leaf, "cpu", dt_phandle_of(&leaf, name));
    }
}

static void cpu_node(Machine *m, DtNode *cpus, u32 i)
{
    u64 mpidr = arm_mpidr(m->cpu[i]);
    const char *model = m->cpu_model->name;
    char name[24], node[32], compatible[64];

    snprintf(name, sizeof(name), "cpu%u", i);
    snprintf(node, sizeof(node), "cpu@%u", i); // in decimal, as QEMU has it
    snprintf(compatible, sizeof(compatible), "arm,%s", str_eq(model, "max") ? "armv8" : model);
    DtNode n = dt_tree_add_to(cpus, name, node);

    dt_u32(&n, "reg", (u32)mpidr);
    if (m->cpu_count > 1)
        dt_string(&n, "enable-method", "psci");
    dt_string(&n, "compatible", compatible);
    dt_string(&n, "device_type", "cpu");
}

static void flash_node(DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "flash@0");

    dt_u32(&n, "bank-width", 4);
    dt_cells(&n, "reg", (u32[]){ 0, 0, 0, FLASH_SIZE, 0, FLASH_SIZE, 0, FLASH_SIZE }, 8);
    dt_string(&n, "compatible", "cfi-flash");
}

static void cpus_node(Machine *m, DtTree *t)
{
    DtNode n = dt_tree_add(t, NULL, "cpus");

    dt_u32(&n, "#size-cells", 0);
    dt_u32(&n, "#address-cells", 1);
    cpu_map_node(m, &n);
    for (u32 i = 0; i < m->cpu_count; i++)
        cpu_node(m, &n, i);
}

static void clock_node(DtTree *t)
{
    DtNode n = dt_tree_add(t, "apb-pclk", "apb-pclk");

    dt_string(&n, "clock-output-names", "clk24mhz");
    dt_u32(&n, "clock-frequency", 24000000);
    dt_u32(&n, "#clock-cells", 0);
    dt_string(&n, "compatible", "fixed-clock");
}

typedef struct Loaded {
    BootKernel kernel;
    bool has_kernel;
    Gpa initrd, initrd_end; // equal: none
    Gpa dtb;
} Loaded;

static void dt_address(DtNode *n, const char *name, Gpa v)
{
    if (v >> 32)
        dt_u64(n, name, v);
    else
        dt_u32(n, name, (u32)v);
}

static void chosen_node(Machine *m, DtTree *t, const Loaded *l)
{
    DtNode n = dt_tree_add(t, NULL, "chosen");
    u8 rng[32], kaslr[8];

    if (l->initrd_end > l->initrd) {
        dt_address(&n, "linux,initrd-end", l->initrd_end);
        dt_address(&n, "linux,initrd-start", l->initrd);
    }
    if (m->config->append && l->has_kernel)
        dt_string(&n, "bootargs", m->config->append);
    dt_string(&n, "stdout-path", "/pl011@9000000");
    if (!virt_of(m)->seeds)
        return;
    input_random(&m->input, "rng-seed", rng, sizeof(rng));
    input_random(&m->input, "kaslr-seed", kaslr, sizeof(kaslr));
    dt_bytes(&n, "rng-seed", rng, sizeof(rng));
    dt_bytes(&n, "kaslr-seed", kaslr, sizeof(kaslr));
}

static DtTree *make_tree(Machine *m, const Loaded *l)
{
    const Virt *v = virt_of(m);
    DtTree *t = dt_tree_new(FIRST_PHANDLE);
    char name[24];

    dt_tree_reserve(t, "apb-pclk");
    for (u32 i = m->cpu_count; i-- > 0;) {
        snprintf(name, sizeof(name), "cpu%u", i);
        dt_tree_reserve(t, name);
    }
    dt_tree_reserve(t, "gic");
    dt_tree_reserve(t, "msi"); // nothing has it yet; keeps the numbers of the peer
    dt_tree_reserve(t, "gpio");
    root_node(m, t);
    psci_node(t);
    memory_node(m, t);
    platform_node(t);
    for (u32 i = v->row_count; i-- > 0;) {
        if (str_eq(v->rows[i].name, "gic") && arm_has_pmu(m->cpu[0]))
            pmu_node(m, t);
        if (str_eq(v->rows[i].name, "power-key"))
            keys_node(t);
        dt_tree_row(t, m, &v->rows[i], quirks);
    }
    flash_node(t);
    cpus_node(m, t);
    timer_node(m, t);
    clock_node(t);
    chosen_node(m, t, l);
    return t;
}

static void *tree_blob(Machine *m, const BootRam *ram, const Loaded *l, size_t *size, Error *err)
{
    const char *path = m->config->dtb;

    if (!path) {
        DtTree *t = make_tree(m, l);
        void *blob = dt_tree_flatten(t, size);

        dt_tree_free(t);
        if (!blob)
            error_set(err, "the device tree is too large; shorten -append");
        return blob;
    }
    return boot_dtb(path, ram, m->config->append, l->initrd, l->initrd_end, size, err);
}

// ---- loading ----------------------------------------------------------------------------------

static BootRam boot_ram(Machine *m)
{
    return (BootRam){ m->ram, RAM_BASE, machine_ram_size(m), &m->symbols };
}

static bool load_files(Machine *m, const BootRam *ram, Loaded *l, Error *err)
{
    const MachineConfig *c = m->config;

    if (c->kernel) {
        if (!boot_kernel(&l->kernel, ram, c->kernel, EM_AARCH64, FLAT_OFFSET, false, err))
            return false;
        l->has_kernel = true;
    }
    // Far enough for the kernel to decompress or relocate, near enough for a small machine.
    l->initrd = RAM_BASE + MIN(ram->size / 2, INITRD_MAX_OFFSET);
    if (l->has_kernel)
        l->initrd = MAX(l->initrd, align_up(l->kernel.end, 4096));
    l->initrd_end = l->initrd;
    return !c->initrd || boot_initrd(ram, c->initrd, l->initrd, &l->initrd_end, err);
}

static bool overlaps(const BootKernel *k, Gpa at, u64 size)
{
    if (k->parts > ARRAY_LEN(k->part))
        return at < k->end && k->start < at + size;
    for (u32 i = 0; i < k->parts; i++)
        if (at < k->part[i].end && k->part[i].start < at + size)
            return true;
    return false;
}

// For an ELF file at the start of RAM, unless the file lies there; else behind the initrd.
static bool place_tree(const BootRam *ram, Loaded *l, const void *blob, size_t size, Error *err)
{
    bool low = l->has_kernel && l->kernel.kind == BOOT_ELF && !overlaps(&l->kernel, RAM_BASE, size);
    Gpa at = low ? RAM_BASE : align_up(l->initrd_end, DTB_ALIGN);
    void *to = boot_ram_at(ram, at, size);

    if (!to)
        return error_set(err, "the device tree does not fit into RAM behind kernel and initrd; "
                         "give the machine more with -m");
    memcpy(to, blob, size);
    boot_ram_written(ram, at, size);
    l->dtb = at;
    return true;
}

static bool dump_tree(const char *path, const void *blob, size_t size, Error *err)
{
    FILE *f = fopen(path, "wbe");
    bool ok = f && fwrite(blob, 1, size, f) == size;

    ok = f && !fclose(f) && ok;
    return ok || error_errno(err, "dumpdtb: cannot write %s", path);
}

static bool has_firmware(const MachineConfig *c) { return c->firmware || c->pflash[0]; }

// Firmware looks for the tree at the start of RAM, and for a kernel in fw_cfg.
static bool load_firmware(Machine *m, Error *err)
{
    const char *path = m->config->firmware;

    return (!path || boot_firmware(m, path, 0, FLASH_SIZE, err)) && boot_fw_cfg_kernel(m, err);
}

static bool place_low(const BootRam *ram, Loaded *l, const void *blob, size_t size, Error *err)
{
    void *to = boot_ram_at(ram, RAM_BASE, size);

    if (!to)
        return error_set(err, "RAM is too small for the device tree; give more with -m");
    memcpy(to, blob, size);
    boot_ram_written(ram, RAM_BASE, size);
    l->dtb = RAM_BASE;
    return true;
}

static bool finish(Machine *m, const BootRam *ram, Loaded *l, const void *blob, size_t size,
                   Error *err)
{
    if (m->config->dump_dtb)
        return dump_tree(m->config->dump_dtb, blob, size, err);
    if (!(l->has_kernel ? place_tree : place_low)(ram, l, blob, size, err))
        return false;
    arm_set_entry(m->cpu[0], l->has_kernel ? l->kernel.entry : 0,
                  (const u64[4]){ l->has_kernel ? l->dtb : 0 });
    return boot_loaders(m, ram, EM_AARCH64, err);
}

static bool load(Machine *m, Error *err)
{
    const MachineConfig *c = m->config;
    BootRam ram = boot_ram(m);
    Loaded l = { 0 };
    size_t size;

    if (!c->kernel && !c->dump_dtb && !has_firmware(c) && !c->loader_count)
        return error_set(err, "nothing to boot: name a kernel with -kernel FILE, or firmware with "
                         "-bios FILE");
    if (!(has_firmware(c) ? load_firmware(m, err) : load_files(m, &ram, &l, err)))
        return false;
    void *blob = tree_blob(m, &ram, &l, &size, err);
    bool ok = blob && finish(m, &ram, &l, blob, size, err);

    free(blob);
    m->image_end = MAX(MAX(l.kernel.end, l.initrd_end), l.dtb ? l.dtb + size : 0);
    return ok;
}

MACHINE(virt, "virt-7.2", .alias = "virt", .desc = "Arm virtual machine, as QEMU 7.2's",
        .cpu_class = "arm", .default_cpu = "max", .max_cpus = CPUS_MAX, .default_ram = 128 * MIB,
        .ram_id = "mach-virt.ram",
        .size = sizeof(Virt), .options = options, .configure = configure, .build = build,
        .cpu_setup = cpu_setup, .load = load)
