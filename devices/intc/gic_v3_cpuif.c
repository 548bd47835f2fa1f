// SPDX-License-Identifier: MIT
// GICv3 CPU interface (ARM IHI 0069H, 12.2; behaviour in 4): system registers ICC_*_EL1, as
// EL1 of a CPU without EL2 and EL3 sees them.  5 bits of priority, 32 preemption levels.
// Handlers run on the CPU's own thread without a lock; see gic.h for those they take.
#include "devices/intc/gic_v3.h"

enum { PRIO_BITS = 5, PMR_MASK = 0xf8, BPR0_MIN = 7 - PRIO_BITS, BPR1_MIN = BPR0_MIN + 1 };
enum { CTLR_CBPR = 1, CTLR_EOIMODE = 2 };
// A3V, IDbits = 24, PRIbits - 1
enum { CTLR_CONST = 1 << 15 | 1 << 11 | (PRIO_BITS - 1) << 8 };

#define KEY(crn, crm, op2) SYSREG_KEY(3, 0, crn, crm, op2)
enum {
    PMR = KEY(4, 6, 0),
    IAR0 = KEY(12, 8, 0), EOIR0 = KEY(12, 8, 1), HPPIR0 = KEY(12, 8, 2), BPR0 = KEY(12, 8, 3),
    AP0R0 = KEY(12, 8, 4), AP1R0 = KEY(12, 9, 0), DIR = KEY(12, 11, 1), RPR = KEY(12, 11, 3),
    SGI1R = KEY(12, 11, 5), ASGI1R = KEY(12, 11, 6), SGI0R = KEY(12, 11, 7),
    IAR1 = KEY(12, 12, 0), EOIR1 = KEY(12, 12, 1), HPPIR1 = KEY(12, 12, 2),
    BPR1 = KEY(12, 12, 3), CTLR = KEY(12, 12, 4), SRE = KEY(12, 12, 5),
    IGRPEN0 = KEY(12, 12, 6), IGRPEN1 = KEY(12, 12, 7),
};

void gic_v3_cpuif_reset(Gic *s)
{
    for (u32 n = 0; n < s->cpus; n++) {
        GicCpuState *st = &gic_cpu_lock(s, n)->st;

        st->bpr[0] = BPR0_MIN;
        st->bpr[1] = BPR1_MIN;
        st->waker = 6; // asleep
        gic_cpu_unlock(s, n);
    }
}

static bool has_cpu(const Gic *s, const Cpu *cpu)
{
    return (u32)cpu->index < s->cpus;
}

// ---- acknowledge, end ----------------------------------------------------------------------

static bool read_iar(Gic *s, Cpu *cpu, u32 key, u64 *val)
{
    if (!has_cpu(s, cpu))
        return false;
    *val = gic_acknowledge(s, (u32)cpu->index, key == IAR1 ? 2 : 1, GIC_SPURIOUS);
    return true;
}

// The highest pending one, whatever mask and running priority say.
static bool read_hppir(Gic *s, Cpu *cpu, u32 key, u64 *val)
{
    u32 group;
    GicPick p;

    if (!has_cpu(s, cpu))
        return false;
    p = gic_highest(s, (u32)cpu->index, &group);
    *val = group == (key == HPPIR1) ? p.id : GIC_SPURIOUS;
    return true;
}

static bool write_eoir(Gic *s, Cpu *cpu, u32 key, u64 val)
{
    u32 n = (u32)cpu->index;
    u32 id = val & 0xffffff;

    if (!has_cpu(s, cpu))
        return false;
    if (id >= GIC_IRQS_MAX) // special numbers, and INTIDs that do not exist
        return true;
    gic_end(s, n, id, key == EOIR1 ? 2 : 1);
    return true;
}

static bool write_dir(Gic *s, Cpu *cpu, u32 key, u64 val)
{
    (void)key;
    if (!has_cpu(s, cpu))
        return false;
    if ((val & 0xffffff) < GIC_IRQS_MAX)
        gic_deactivate(s, (u32)cpu->index, val & 0xffffff);
    return true;
}

// ---- software-generated interrupts ---------------------------------------------------------

static void send_one(Gic *s, u32 n, u32 id, u32 group)
{
    GicBank *b = &gic_cpu_lock(s, n)->st.own;

    if ((b->group >> id & 1) == group)
        b->latch |= 1u << id;
    gic_cpu_unlock(s, n);
}

// With one security state only SGIs of the register's group go out, and ASGI1R stands for
// group 0.
static bool write_sgir(Gic *s, Cpu *cpu, u32 key, u64 val)
{
    u32 id = (u32)bits(val, 24, 4), group = key == SGI1R;
    u32 aff = (u32)(bits(val, 48, 8) << 24 | bits(val, 32, 8) << 16 | bits(val, 16, 8) << 8);

    if (!has_cpu(s, cpu))
        return false;
    if (bit(val, 40)) {
        for (u32 n = 0; n < s->cpus; n++)
            if (n != (u32)cpu->index)
                send_one(s, n, id, group);
        return true;
    }
    if (bits(val, 44, 4)) // RS; CTLR.RSS = 0: Aff0 is below 16
        return true;
    for (u32 list = val & 0xffff; list; list &= list - 1) {
        u32 n = gic_v3_cpu_of(s, aff | ctz32(list));

        if (n != GIC_NOWHERE)
            send_one(s, n, id, group);
    }
    return true;
}

// ---- plain registers -----------------------------------------------------------------------

static u64 get(const GicCpuState *st, u32 key)
{
    switch (key) {
    case PMR:
        return st->pmr;
    case BPR0:
        return st->bpr[0];
    case BPR1:
        return st->ctlr & CTLR_CBPR ? MIN(st->bpr[0] + 1, 7) : st->bpr[1];
    case AP0R0:
        return st->ap[0][0];
    case AP1R0:
        return st->ap[1][0];
    case CTLR:
        return CTLR_CONST | st->ctlr;
    case IGRPEN0:
        return st->groups & 1;
    default:
        return st->groups >> 1 & 1;
    }
}

static void set(GicCpu *c, u32 key, u64 val)
{
    GicCpuState *st = &c->st;

    switch (key) {
    case PMR:
        st->pmr = val & PMR_MASK;
        break;
    case BPR0:
        st->bpr[0] = MAX(val & 7, BPR0_MIN);
        break;
    case BPR1:
        if (!(st->ctlr & CTLR_CBPR))
            st->bpr[1] = MAX(val & 7, BPR1_MIN);
        break;
    case AP0R0:
        st->ap[0][0] = (u32)val;
        break;
    case AP1R0:
        st->ap[1][0] = (u32)val;
        break;
    case CTLR:
        st->ctlr = val & (CTLR_CBPR | CTLR_EOIMODE);
        break;
    case IGRPEN0:
        st->groups = (st->groups & 2) | (val & 1);
        break;
    default:
        st->groups = (st->groups & 1) | (val & 1) << 1;
        break;
    }
}

static bool read_plain(Gic *s, Cpu *cpu, u32 key, u64 *val)
{
    if (!has_cpu(s, cpu))
        return false;
    *val = get(&gic_cpu_lock(s, (u32)cpu->index)->st, key);
    gic_cpu_unlock(s, (u32)cpu->index);
    return true;
}

static bool write_plain(Gic *s, Cpu *cpu, u32 key, u64 val)
{
    if (!has_cpu(s, cpu))
        return false;
    set(gic_cpu_lock(s, (u32)cpu->index), key, val);
    gic_cpu_unlock(s, (u32)cpu->index);
    return true;
}

static bool read_rpr(Gic *s, Cpu *cpu, u32 key, u64 *val)
{
    (void)key;
    if (!has_cpu(s, cpu))
        return false;
    *val = gic_running(s, (u32)cpu->index);
    return true;
}

// Always on: no memory-mapped interface, no bypass.
static bool read_sre(Gic *s, Cpu *cpu, u32 key, u64 *val)
{
    (void)key;
    *val = 7;
    return has_cpu(s, cpu);
}

static bool write_sre(Gic *s, Cpu *cpu, u32 key, u64 val)
{
    (void)key;
    (void)val;
    return has_cpu(s, cpu);
}

#define ROW(k, rd, wr) \
    { .key = k, .name = "ICC_" #k "_EL1", .read = rd, .write = wr, .min_level = 1 }
static const RegSpaceRow rows[] = {
    ROW(PMR, read_plain, write_plain),
    ROW(IAR0, read_iar, NULL),
    ROW(IAR1, read_iar, NULL),
    ROW(EOIR0, NULL, write_eoir),
    ROW(EOIR1, NULL, write_eoir),
    ROW(HPPIR0, read_hppir, NULL),
    ROW(HPPIR1, read_hppir, NULL),
    ROW(BPR0, read_plain, write_plain),
    ROW(BPR1, read_plain, write_plain),
    ROW(AP0R0, read_plain, write_plain),
    ROW(AP1R0, read_plain, write_plain),
    ROW(DIR, NULL, write_dir),
    ROW(RPR, read_rpr, NULL),
    ROW(SGI0R, NULL, write_sgir),
    ROW(SGI1R, NULL, write_sgir),
    ROW(ASGI1R, NULL, write_sgir),
    ROW(CTLR, read_plain, write_plain),
    ROW(SRE, read_sre, write_sre),
    ROW(IGRPEN0, read_plain, write_plain),
    ROW(IGRPEN1, read_plain, write_plain),
};

void gic_v3_add_sysregs(Gic *s, RegSpace *space)
{
    regspace_add(space, rows, ARRAY_LEN(rows), s);
}
