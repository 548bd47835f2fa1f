// SPDX-License-Identifier: MIT
// What the two Arm interrupt controllers have in common: pending state, priorities, the
// part of a CPU interface that chooses, acknowledges and drops.  Private to this folder.
//
// Banks.  INTIDs go in groups of 32.  Bank 0 (SGIs, PPIs) exists once per CPU, in its
// GicCpu; the others (SPIs) once, in Gic.
//
// Locks, in this order:
//   device lock     SPI banks, routes, GICD_CTLR
//   GicCpu.lock     bank 0 and CPU interface of one CPU, the SPI cache
// An inter-processor interrupt or a timer tick is raised, acknowledged and ended under
// the GicCpu lock alone.  For SPIs each GicCpu keeps the best pending one per group that
// is routed to it; whoever changes an SPI holds the device lock and refreshes the caches
// of the CPUs concerned.  An acknowledge that finds an SPI best takes the device lock and
// looks again.
//
// Lines.  gic_update writes the wanted levels of a CPU's pins into GicCpu.lines, with the
// lock held; gic_sync drives the pins with no lock held, and again as long as `lines` has
// changed meanwhile: so the last level driven is the last one wanted, whoever it was.
#pragma once

#include "core/device.h"
#include "util/bits.h"

#define GIC_INTERNAL 32
#define GIC_SPI_BANKS 31
#define GIC_IRQS_MAX 1020
#define GIC_SPIS (GIC_IRQS_MAX - GIC_INTERNAL)

enum { GIC_GROUP1 = 1022, GIC_SPURIOUS = 1023 }; // special INTIDs
enum { GIC_PRIO_IDLE = 0x100 };                  // lower than any priority

typedef struct GicBank {
    u32 enabled, latch, level, active, group, edge; // bit per interrupt; group bit = group 1
    u8 prio[32];
} GicBank;

// Saved as plain bytes: no padding.
typedef struct GicCpuState {
    GicBank own;
    u8 sgi_from[16];  // v2: CPUs that sent each SGI
    u32 pmr, bpr[2];  // bpr[1] is v2's ABPR
    u32 ctlr;         // ICC_CTLR_EL1, GICC_CTLR
    u32 groups;       // enabled at the interface: bit per group
    u32 waker;        // v3: GICR_WAKER
    u32 ap[2][4];     // active priorities per group: bit 0 is the highest
} GicCpuState;

typedef struct GicPick {
    u32 id;   // GIC_SPURIOUS: nothing
    u32 prio; // GIC_PRIO_IDLE if nothing
} GicPick;

typedef struct GicCpu {
    alignas(64) Mutex lock;
    _Atomic u32 lines;      // wanted: bit 0 IRQ, bit 1 FIQ
    u32 dist_groups;        // GICD_CTLR's enables
    GicPick spi[2];
    GicCpuState st;
} GicCpu;

typedef struct Gic {
    Device dev;
    GicCpu *cpu;            // [cpus]
    u32 revision;           // 2, 3
    u32 cpus;               // property; 0 = the machine's
    u32 irqs;               // property: INTIDs, a multiple of 32
    u32 cluster;            // v3, property: CPUs per Aff1 value
    u32 redist0;            // v3, property: frames that region 1 can hold
    u32 ap_shift;           // priority to bit of ap
    u32 ctlr;               // GICD_CTLR
    u32 pad;
    GicBank spi[GIC_SPI_BANKS];
    u64 irouter[GIC_SPIS];  // v3
    u16 route[GIC_SPIS];    // v3: index of the CPU, or GIC_NOWHERE; follows irouter
    u8 targets[GIC_SPIS];   // v2: mask of CPUs
    u8 pad2[4];
} Gic;

#define GIC_NOWHERE 0xffff

// Rows that both classes need in their .state.
#define GIC_STATE                                                             \
    HOST_ONLY(cpu), HOST_ONLY(revision), HOST_ONLY(cpus), HOST_ONLY(irqs),    \
    HOST_ONLY(cluster), HOST_ONLY(redist0), HOST_ONLY(ap_shift), HOST_ONLY(pad), \
    HOST_ONLY(pad2), HOST_ONLY(route), STATE(ctlr), STATE(spi), STATE(targets)

// ---- life ----------------------------------------------------------------------------------
bool gic_init(Gic *s, u32 revision, u32 max_cpus, Error *err);
void gic_fini(Gic *s);
void gic_reset(Gic *s);     // banks and interfaces; not the class's own part
void gic_save(Gic *s, StateWriter *w);
bool gic_load(Gic *s, StateReader *r, u32 version, Error *err);
void gic_loaded(Gic *s);
void gic_irq_in(Gic *s, int n, int level); // SPI(n), PPI(cpu, n)
u32 gic_fdt_irq(Gic *s, int pin, u32 *cells);
void gic_fdt(Gic *s, DtNode *n);

// ---- registers laid out alike: offsets 0x080..0x7ff and 0xc00..0xcff -----------------------
// own: the GicCpu whose bank 0 is at the beginning, or NULL: that part reads 0, ignores
// writes.  False: no such register.  The caller holds the device lock (an access to bank
// 0 alone needs none) and no GicCpu lock.
bool gic_bank_read(Gic *s, GicCpu *own, u32 offset, unsigned size, u64 *val);
bool gic_bank_write(Gic *s, GicCpu *own, u32 offset, unsigned size, u64 val);
void gic_set_groups(Gic *s, u32 groups); // GICD_CTLR's enables; device lock held

// ---- SPIs: device lock held, no GicCpu lock ------------------------------------------------
void gic_spi_refresh(Gic *s, u32 id);
void gic_spi_refresh_cpu(Gic *s, u32 n);

// ---- CPU interface: n < s->cpus, no lock held ----------------------------------------------
// The best pending interrupt of the groups that are enabled; masks do not count.
GicPick gic_highest(Gic *s, u32 n, u32 *group);
// Takes it if it beats mask and running priority and its group is in `groups`; `refused`
// if only the group is wrong.  v2: an SGI comes with its sender in bits 12..10.
u32 gic_acknowledge(Gic *s, u32 n, u32 groups, u32 refused);
// Priority drop, if the highest active priority is of one of `groups`; then deactivates,
// unless EOImode leaves that to gic_deactivate.
void gic_end(Gic *s, u32 n, u32 id, u32 groups);
void gic_deactivate(Gic *s, u32 n, u32 id); // DIR
u32 gic_running(Gic *s, u32 n); // RPR
// For changes of other fields of st: lock, change, unlock (which updates and drives).
GicCpu *gic_cpu_lock(Gic *s, u32 n);
void gic_cpu_unlock(Gic *s, u32 n);

static inline u32 bank_pending(const GicBank *b)
{
    return b->latch | (b->level & ~b->edge);
}
