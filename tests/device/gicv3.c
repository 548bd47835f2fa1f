// SPDX-License-Identifier: MIT
// GICv3: registers, routing, priorities, the CPU interface, without CPUs.  What is said to
// be the peer's was seen with a bare-metal program on its virt board.
#include "core/machine.h"
#include "tests/device/rig.h"
#include "tests/lib/test.h"
#include "util/alloc.h"

#define REDIST 0x10000000ull
#define SGI(cpu) (REDIST + (cpu) * 0x20000ull + 0x10000)
enum { CTLR = 0, IGROUPR = 0x80, ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200,
       ICPENDR = 0x280, ISACTIVER = 0x300, ICACTIVER = 0x380, IPRIORITYR = 0x400,
       ICFGR = 0xc00, IROUTER = 0x6000 };

#define KEY(crn, crm, op2) SYSREG_KEY(3, 0, crn, crm, op2)
enum { PMR = KEY(4, 6, 0), IAR0 = KEY(12, 8, 0), EOIR0 = KEY(12, 8, 1), HPPIR0 = KEY(12, 8, 2),
       BPR0 = KEY(12, 8, 3), AP1R0 = KEY(12, 9, 0), DIR = KEY(12, 11, 1), RPR = KEY(12, 11, 3),
       SGI1R = KEY(12, 11, 5), ASGI1R = KEY(12, 11, 6), SGI0R = KEY(12, 11, 7),
       IAR1 = KEY(12, 12, 0), EOIR1 = KEY(12, 12, 1), HPPIR1 = KEY(12, 12, 2),
       BPR1 = KEY(12, 12, 3), ICC_CTLR = KEY(12, 12, 4), SRE = KEY(12, 12, 5),
       IGRPEN0 = KEY(12, 12, 6), IGRPEN1 = KEY(12, 12, 7) };

typedef struct {
    Rig r;
    Machine m;
    Cpu *cpu;
    u32 cpus;
} Bench;

static u64 get(Bench *b, u32 n, u32 key)
{
    const RegSpaceRow *row = regspace_find(&b->m.sysregs, key);
    u64 v = 0;

    b->cpu->index = (int)n;
    TRUE(row && row->read(row->opaque, b->cpu, key, &v));
    return v;
}

static void put(Bench *b, u32 n, u32 key, u64 v)
{
    const RegSpaceRow *row = regspace_find(&b->m.sysregs, key);

    b->cpu->index = (int)n;
    TRUE(row && row->write(row->opaque, b->cpu, key, v));
}

static Bench *bench(const char *props, u32 cpus)
{
    Bench *b = xalloc(sizeof(*b));

    b->cpu = xaligned(64, sizeof(Cpu));
    b->cpus = cpus;
    regspace_init(&b->m.sysregs);
    rig_open(&b->r, "gicv3", props, &b->m);
    return b;
}

// All groups enabled, all of bank 0 enabled and in group 1 at priority 0x80.
static Bench *ready(void)
{
    Bench *b = bench("num-cpu=2", 2);

    wr(&b->r, CTLR, 3);
    for (u32 n = 0; n < 2; n++) {
        wr(&b->r, SGI(n) + IGROUPR, ~0u);
        wr(&b->r, SGI(n) + ISENABLER, ~0u);
        for (u32 i = 0; i < 8; i++)
            wr(&b->r, SGI(n) + IPRIORITYR + 4 * i, 0x80808080);
        put(b, n, PMR, 0xff);
        put(b, n, IGRPEN0, 1);
        put(b, n, IGRPEN1, 1);
    }
    return b;
}

static void done(Bench *b)
{
    rig_close(&b->r);
    regspace_fini(&b->m.sysregs);
    free(b->cpu);
    free(b);
}

static int irq(Bench *b, u32 n) { return b->r.line[n]; }
static int fiq(Bench *b, u32 n) { return b->r.line[b->cpus + n]; }

TEST(gicv3_reset_values)
{
    static const struct { u32 key; u64 val; } t[] = {
        { PMR, 0 }, { BPR0, 2 }, { BPR1, 3 }, { ICC_CTLR, 0x8c00 }, { SRE, 7 }, { IGRPEN0, 0 },
        { IGRPEN1, 0 }, { RPR, 0xff }, { HPPIR0, 0x3ff }, { HPPIR1, 0x3ff }, { IAR0, 0x3ff },
        { IAR1, 0x3ff }, { AP1R0, 0 },
    };
    Bench *b = bench("num-cpu=2", 2);

    rig_check(&b->r, "tests/device/gicv3.txt");
    EQ(rig_read(&b->r, REDIST + 0x20008, 8), 0x100000110ull);
    for (size_t i = 0; i < ARRAY_LEN(t); i++)
        EQ(get(b, 1, t[i].key), t[i].val);
    rig_check_state(&b->r);
    done(b);
}

// Values after ones were written, of the peer.
TEST(gicv3_write_masks)
{
    static const struct { u32 key; u64 val; } t[] = {
        { PMR, 0xf8 }, { BPR0, 7 }, { BPR1, 7 }, { ICC_CTLR, 0x8c03 }, { SRE, 7 },
        { IGRPEN0, 1 }, { IGRPEN1, 1 },
    };
    Bench *b = bench("num-cpu=2", 2);

    wr(&b->r, CTLR, ~0u);
    EQ(rd(&b->r, CTLR), 0x53);
    wr(&b->r, 0x84, ~0u);
    EQ(rd(&b->r, 0x84), ~0u);
    wr(&b->r, 0xc08, ~0u);
    EQ(rd(&b->r, 0xc08), 0xaaaaaaaa);
    wr(&b->r, 0x80, ~0u); // bank 0 is not here
    EQ(rd(&b->r, 0x80), 0);
    wr(&b->r, SGI(0) + ICFGR + 4, ~0u);
    EQ(rd(&b->r, SGI(0) + ICFGR + 4), 0xaaaaaaaa);
    wr(&b->r, SGI(0) + ICFGR, 0);
    EQ(rd(&b->r, SGI(0) + ICFGR), 0xaaaaaaaa);
    wr(&b->r, REDIST + 0x14, 0);
    EQ(rd(&b->r, REDIST + 0x14), 0);
    wr(&b->r, REDIST + 0x14, 2);
    EQ(rd(&b->r, REDIST + 0x14), 6);
    rig_write(&b->r, IROUTER + 8 * 32, ~0ull, 8);
    EQ(rig_read(&b->r, IROUTER + 8 * 32, 8), 0xff00ffffffull);
    wr(&b->r, IROUTER + 8 * 32, 1);
    EQ(rig_read(&b->r, IROUTER + 8 * 32, 8), 0xff00000001ull);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        put(b, 0, t[i].key, ~0ull);
        EQ(get(b, 0, t[i].key), t[i].val);
    }
    put(b, 0, ICC_CTLR, 1); // CBPR: BPR1 follows BPR0
    put(b, 0, BPR0, 5);
    EQ(get(b, 0, BPR1), 6);
    put(b, 0, BPR1, 2);
    EQ(get(b, 0, BPR1), 6);
    done(b);
}

TEST(gicv3_sgi)
{
    Bench *b = ready();

    put(b, 0, SGI1R, 3ull << 24 | 2); // to CPU 1
    EQ(irq(b, 0), 0);
    EQ(irq(b, 1), 1);
    EQ(rd(&b->r, SGI(1) + ISPENDR), 8);
    EQ(get(b, 1, HPPIR1), 3);
    EQ(get(b, 1, IAR1), 3);
    EQ(irq(b, 1), 0);
    EQ(rd(&b->r, SGI(1) + ISACTIVER), 8);
    EQ(get(b, 1, RPR), 0x80);
    EQ(get(b, 1, AP1R0), 0x10000);
    put(b, 0, SGI1R, 3ull << 24 | 2); // pending and active
    EQ(get(b, 1, IAR1), 0x3ff);
    put(b, 1, EOIR1, 3);
    EQ(irq(b, 1), 1);
    EQ(get(b, 1, IAR1), 3);
    put(b, 1, EOIR1, 3);
    EQ(get(b, 1, RPR), 0xff);
    put(b, 0, SGI1R, 1ull << 40 | 4ull << 24); // all others
    EQ(irq(b, 0), 0);
    EQ(irq(b, 1), 1);
    put(b, 1, SGI1R, 1ull << 16 | 5ull << 24 | 1); // another cluster: nobody
    put(b, 1, SGI1R, 1ull << 44 | 5ull << 24 | 1); // another range
    put(b, 1, SGI1R, 0xffull << 48 | 5ull << 24 | 1);
    EQ(irq(b, 0), 0);
    done(b);
}

// As the peer forwards them with one security state.
TEST(gicv3_sgi_groups)
{
    static const struct { u32 key, group, pending; } t[] = {
        { SGI1R, 0, 0 }, { SGI0R, 0, 8 }, { ASGI1R, 0, 8 },
        { SGI1R, 1, 8 }, { SGI0R, 1, 0 }, { ASGI1R, 1, 0 },
    };
    Bench *b = ready();

    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        wr(&b->r, SGI(0) + IGROUPR, t[i].group ? ~0u : 0);
        put(b, 0, t[i].key, 3ull << 24 | 1);
        EQ(rd(&b->r, SGI(0) + ISPENDR), t[i].pending);
        wr(&b->r, SGI(0) + ICPENDR, ~0u);
    }
    wr(&b->r, SGI(0) + IGROUPR, 0); // group 0: FIQ, IAR0
    put(b, 0, SGI0R, 3ull << 24 | 1);
    EQ(irq(b, 0), 0);
    EQ(fiq(b, 0), 1);
    EQ(get(b, 0, HPPIR1), 0x3ff);
    EQ(get(b, 0, IAR1), 0x3ff);
    EQ(get(b, 0, IAR0), 3);
    EQ(fiq(b, 0), 0);
    put(b, 0, EOIR1, 3); // the wrong one
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 8);
    put(b, 0, EOIR0, 3);
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 0);
    done(b);
}

TEST(gicv3_preemption)
{
    Bench *b = ready();

    rig_write(&b->r, SGI(0) + IPRIORITYR + 5, 0x20, 1);
    put(b, 0, SGI1R, 3ull << 24 | 1);
    EQ(get(b, 0, IAR1), 3);
    put(b, 0, SGI1R, 4ull << 24 | 1); // same priority: waits
    EQ(irq(b, 0), 0);
    EQ(get(b, 0, HPPIR1), 4);
    EQ(get(b, 0, IAR1), 0x3ff);
    put(b, 0, SGI1R, 5ull << 24 | 1);
    EQ(irq(b, 0), 1);
    EQ(get(b, 0, IAR1), 5);
    EQ(get(b, 0, RPR), 0x20);
    EQ(get(b, 0, AP1R0), 0x10010);
    put(b, 0, EOIR1, 5);
    EQ(get(b, 0, RPR), 0x80);
    EQ(irq(b, 0), 0);
    put(b, 0, EOIR1, 3);
    EQ(irq(b, 0), 1);
    EQ(get(b, 0, IAR1), 4);
    put(b, 0, EOIR1, 9); // another number: drops, does not deactivate (peer)
    EQ(get(b, 0, RPR), 0xff);
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 0x10);
    put(b, 0, EOIR1, 4); // nothing runs: ignored
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 0x10);
    done(b);
}

// Priority 0x98 at each binary point: BPR1 read back, AP1R0, RPR (peer).
TEST(gicv3_binary_point)
{
    static const struct { u32 bpr, back, ap, rpr; } t[] = {
        { 0, 3, 0x80000, 0x98 }, { 3, 3, 0x80000, 0x98 }, { 4, 4, 0x40000, 0x90 },
        { 5, 5, 0x10000, 0x80 }, { 6, 6, 0x10000, 0x80 }, { 7, 7, 0x10000, 0x80 },
    };
    Bench *b = ready();

    rig_write(&b->r, SGI(0) + IPRIORITYR + 3, 0x98, 1);
    for (size_t i = 0; i < ARRAY_LEN(t); i++) {
        put(b, 0, BPR1, t[i].bpr);
        EQ(get(b, 0, BPR1), t[i].back);
        put(b, 0, SGI1R, 3ull << 24 | 1);
        EQ(get(b, 0, IAR1), 3);
        EQ(get(b, 0, AP1R0), t[i].ap);
        EQ(get(b, 0, RPR), t[i].rpr);
        put(b, 0, EOIR1, 3);
    }
    put(b, 0, PMR, 0x98); // equal is masked, but seen by HPPIR
    put(b, 0, SGI1R, 3ull << 24 | 1);
    EQ(get(b, 0, HPPIR1), 3);
    EQ(get(b, 0, IAR1), 0x3ff);
    EQ(irq(b, 0), 0);
    put(b, 0, PMR, 0xa0);
    EQ(irq(b, 0), 1);
    put(b, 0, IGRPEN1, 0);
    EQ(irq(b, 0), 0);
    put(b, 0, IGRPEN1, 1);
    wr(&b->r, CTLR, 0);
    EQ(irq(b, 0), 0);
    done(b);
}

TEST(gicv3_split_end)
{
    Bench *b = ready();

    put(b, 0, ICC_CTLR, 2);
    put(b, 0, SGI1R, 3ull << 24 | 1);
    EQ(get(b, 0, IAR1), 3);
    put(b, 0, EOIR1, 3);
    EQ(get(b, 0, RPR), 0xff);
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 8);
    put(b, 0, DIR, 3);
    EQ(rd(&b->r, SGI(0) + ISACTIVER), 0);
    done(b);
}

TEST(gicv3_ppi_level)
{
    Bench *b = ready();

    device_irq_input(b->r.dev, PPI(1, 27), 1);
    EQ(irq(b, 0), 0);
    EQ(irq(b, 1), 1);
    EQ(rd(&b->r, SGI(1) + ISPENDR), 1u << 27);
    EQ(get(b, 1, IAR1), 27);
    EQ(irq(b, 1), 0);
    put(b, 1, EOIR1, 27);
    EQ(irq(b, 1), 1); // still high
    EQ(get(b, 1, IAR1), 27);
    device_irq_input(b->r.dev, PPI(1, 27), 0);
    put(b, 1, EOIR1, 27);
    EQ(irq(b, 1), 0);
    wr(&b->r, SGI(1) + ICFGR + 4, 2u << 22); // edge
    device_irq_input(b->r.dev, PPI(1, 27), 1);
    device_irq_input(b->r.dev, PPI(1, 27), 0);
    EQ(get(b, 1, IAR1), 27);
    done(b);
}

TEST(gicv3_spi)
{
    Bench *b = ready();

    wr(&b->r, IGROUPR + 4, ~0u);
    wr(&b->r, ISENABLER + 4, 2);
    wr(&b->r, IPRIORITYR + 32, 0x40404040);
    device_irq_input(b->r.dev, SPI(1), 1);
    EQ(irq(b, 0), 1);
    EQ(irq(b, 1), 0);
    rig_write(&b->r, IROUTER + 8 * 33, 1, 8);
    EQ(irq(b, 0), 0);
    EQ(irq(b, 1), 1);
    rig_write(&b->r, IROUTER + 8 * 33, 0x100, 8); // nowhere
    EQ(irq(b, 1), 0);
    rig_write(&b->r, IROUTER + 8 * 33, 0, 8);
    put(b, 0, SGI1R, 3ull << 24 | 1); // 0x80
    EQ(get(b, 0, IAR1), 33);
    EQ(rd(&b->r, ISACTIVER + 4), 2);
    EQ(irq(b, 0), 0);
    device_irq_input(b->r.dev, SPI(1), 0);
    put(b, 0, EOIR1, 33);
    EQ(rd(&b->r, ISACTIVER + 4), 0);
    EQ(get(b, 0, IAR1), 3);
    wr(&b->r, ISPENDR + 4, 2); // by software, preempts
    EQ(get(b, 0, IAR1), 33);
    put(b, 0, EOIR1, 33);
    put(b, 0, EOIR1, 3);
    EQ(irq(b, 0), 0);
    wr(&b->r, ISACTIVER + 4, 2);
    wr(&b->r, ISPENDR + 4, 2);
    EQ(irq(b, 0), 0);
    wr(&b->r, ICACTIVER + 4, 2);
    EQ(irq(b, 0), 1);
    wr(&b->r, ICENABLER + 4, 2);
    EQ(irq(b, 0), 0);
    rig_check_state(&b->r);
    EQ(rd(&b->r, ISPENDR + 4), 2);
    done(b);
}

TEST(gicv3_many_cpus)
{
    Bench *b = bench("num-cpu=512", 512);

    EQ(rig_read(&b->r, REDIST + 122 * 0x20000ull + 8, 8), 0x70a00007a10ull); // last of region 1
    EQ(rig_read(&b->r, 0x20000000, 8), 0x43b00000000ull);
    EQ(rig_read(&b->r, 0x20000000 + 8, 8), 0x70b00007b00ull);
    EQ(rig_read(&b->r, 0x20000000 + 388 * 0x20000ull + 8, 8), 0x1f0f0001ff10ull);
    wr(&b->r, 0x20000000 + 388 * 0x20000ull + 0x10080, ~0u);
    put(b, 0, SGI1R, 0x1full << 16 | 9ull << 24 | 0x8000);
    EQ(rd(&b->r, 0x20000000 + 388 * 0x20000ull + 0x10200), 0x200);
    done(b);
}

TEST(gicv3_bad_numbers)
{
    Bench *b = ready();

    for (u32 id = 0; id < 1100; id++) {
        put(b, 0, EOIR1, id);
        put(b, 0, DIR, id);
    }
    put(b, 0, ICC_CTLR, 2);
    put(b, 0, AP1R0, ~0u);
    for (u32 id = 0; id < 1100; id++) {
        put(b, 0, EOIR1, id);
        put(b, 0, DIR, id);
    }
    put(b, 0, EOIR1, ~0ull);
    for (u64 at = 0; at < 0x10000; at += 4) {
        wr(&b->r, at, ~0u);
        rd(&b->r, at);
    }
    for (u64 at = 0; at < 0x40000; at += 4) {
        wr(&b->r, REDIST + at, ~0u);
        rd(&b->r, REDIST + at);
    }
    for (int i = 0; i < 256; i++)
        device_irq_input(b->r.dev, SPI(i), 1);
    for (int i = 0; i < 2000; i++)
        put(b, 0, EOIR1, get(b, 0, IAR1));
    rig_check_state(&b->r);
    done(b);
}

// ---- several threads -----------------------------------------------------------------------

enum { CPUS = 4, ROUNDS = 3000 };

typedef struct {
    Bench *b;
    u32 n;
    Cpu *cpu;
    _Atomic u32 *running;
    u64 taken;
} Worker;

static u64 sysreg(Worker *w, u32 key, bool write, u64 v)
{
    const RegSpaceRow *row = regspace_find(&w->b->m.sysregs, key);

    if (write)
        row->write(row->opaque, w->cpu, key, v);
    else
        row->read(row->opaque, w->cpu, key, &v);
    return v;
}

static void serve(Worker *w)
{
    u64 id = sysreg(w, IAR1, false, 0);

    if (id < 1020) {
        w->taken++;
        sysreg(w, EOIR1, true, id);
    }
}

static void *work(void *arg)
{
    Worker *w = arg;

    for (u32 i = 0; i < ROUNDS; i++) {
        sysreg(w, SGI1R, true, (u64)(i & 15) << 24 | 1u << (w->n + i) % CPUS);
        device_irq_input(w->b->r.dev, PPI((int)w->n, 27), i & 1);
        device_irq_input(w->b->r.dev, SPI((int)(i + w->n) % 8), i >> 3 & 1);
        if (i % 16 == 0)
            rig_write(&w->b->r, IROUTER + 8 * (32 + i / 16 % 8), w->n, 8);
        serve(w);
    }
    device_irq_input(w->b->r.dev, PPI((int)w->n, 27), 0);
    atomic_fetch_sub(w->running, 1);
    while (atomic_load(w->running))
        serve(w);
    return NULL;
}

TEST(gicv3_threads)
{
    Bench *b = bench("num-cpu=4", CPUS);
    _Atomic u32 running = CPUS;
    Worker w[CPUS];
    Thread t[CPUS] = { 0 };
    Error err;

    wr(&b->r, CTLR, 3);
    wr(&b->r, IGROUPR + 4, ~0u);
    wr(&b->r, ISENABLER + 4, 0xff);
    wr(&b->r, ICFGR + 8, 0xaaaa);
    for (u32 n = 0; n < CPUS; n++) {
        wr(&b->r, SGI(n) + IGROUPR, ~0u);
        wr(&b->r, SGI(n) + ISENABLER, ~0u);
        put(b, n, PMR, 0xff);
        put(b, n, IGRPEN1, 1);
        w[n] = (Worker){ b, n, xaligned(64, sizeof(Cpu)), &running, 0 };
        w[n].cpu->index = (int)n;
    }
    for (u32 n = 0; n < CPUS; n++)
        TRUE(thread_start(&t[n], "cpu", work, &w[n], &err));
    for (u32 n = 0; n < CPUS; n++)
        thread_join(&t[n]);
    for (int i = 0; i < 8; i++)
        device_irq_input(b->r.dev, SPI(i), 0);
    for (u32 n = 0; n < CPUS; n++) {
        for (int i = 0; i < 64; i++)
            serve(&w[n]);
        EQ(irq(b, n), 0);
        EQ(rd(&b->r, SGI(n) + ISPENDR), 0);
        EQ(rd(&b->r, SGI(n) + ISACTIVER), 0);
        EQ(get(b, n, RPR), 0xff);
        TRUE(w[n].taken > 0);
        free(w[n].cpu);
    }
    EQ(rd(&b->r, ISPENDR + 4), 0);
    EQ(rd(&b->r, ISACTIVER + 4), 0);
    done(b);
}
