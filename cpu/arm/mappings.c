// SPDX-License-Identifier: MIT
// What the page tables of the EL1&0 regime map, for `info mem` and `info tlb` (Arm ARM DDI
// 0487K.a D8.2 to D8.4).  By walking from address to address: a fault tells the level of the
// descriptor that maps nothing, so that its whole span is skipped.  A guest's tables may point to
// themselves: the walks are counted.
#include "cpu/arm/internal.h"

#include "util/bits.h"

#define WALKS_MAX 2000000u
#define LINES_MAX 20000u

typedef struct Range {
    u64 va, pa, size;
    u8 prot[2], attr, sh;                           // prot: of EL0, EL1
    bool global;
} Range;

typedef struct Mappings {
    ArmCpu *s;
    Str *out;
    bool each;
    Range range;                                    // not yet printed; size 0: none
    u32 walks, lines;
} Mappings;

// MAIR_EL1.Attr (D23.2.110).
static void print_type(u8 attr, Str *out)
{
    static const char *const devices[] = { "nGnRnE", "nGnRE", "nGRE", "GRE" };
    static const char *const policy[] = { "WT", "WB", "WT", "WB" }; // the first two: transient
    u8 outer = attr >> 4, inner = attr & 15;

    if (!outer)
        str_addf(out, "device-%s", devices[inner >> 2 & 3]);
    else if (outer == 4 && inner == 4)
        str_add(out, "normal-NC");
    else if (outer == inner)
        str_addf(out, "normal-%s", policy[outer >> 2]);
    else
        str_addf(out, "normal-%x%x", outer, inner);
}

static void print_range(Mappings *m)
{
    static const char *const share[] = { "non-shareable", "reserved", "outer", "inner" };
    const Range *r = &m->range;

    if (!r->size)
        return;
    if (m->lines++ < LINES_MAX) {
        str_addf(m->out, "%016llx-%016llx -> %012llx  ", (unsigned long long)r->va,
                 (unsigned long long)(r->va + r->size - 1), (unsigned long long)r->pa);
        for (int el = 1; el >= 0; el--)
            str_addf(m->out, "%s %c%c%c  ", el ? "EL1" : "EL0", r->prot[el] & PAGE_R ? 'r' : '-',
                     r->prot[el] & PAGE_W ? 'w' : '-', r->prot[el] & PAGE_X ? 'x' : '-');
        str_add(m->out, r->global ? "global  " : "nG      ");
        print_type(r->attr, m->out);
        str_addf(m->out, " %s\n", share[r->sh & 3]);
    }
    m->range.size = 0;
}

static bool joins(const Range *a, const Range *b)
{
    return a->size && a->va + a->size == b->va && a->pa + a->size == b->pa &&
           a->prot[0] == b->prot[0] && a->prot[1] == b->prot[1] && a->attr == b->attr &&
           a->sh == b->sh && a->global == b->global;
}

static void add(Mappings *m, const Range *r)
{
    if (!m->each && joins(&m->range, r)) {
        m->range.size += r->size;
        return;
    }
    print_range(m);
    m->range = *r;
}

// One descriptor's span from va on; returns its size.
static u64 step(Mappings *m, u64 va, unsigned gran, unsigned size)
{
    ArmWalk w = { .va = va, .acc = ACC_READ, .el = 1 }, user = { .va = va, .acc = ACC_READ };

    m->walks++;
    if (!arm_walk(m->s, &w)) {
        unsigned level = w.fsc & 3, shift = gran + (gran - 3) * (3 - level);

        return shift >= size ? BIT(size) : BIT(shift);
    }
    (void)arm_walk(m->s, &user);                    // no access at EL0 is an answer, too
    add(m, &(Range){ va & ~(w.size - 1), w.pa & ~(w.size - 1), w.size, { user.prot, w.prot },
                     w.attr, w.sh, w.global });
    return w.size;
}

// The half of the address space that TTBR0 or TTBR1 maps.
static void half(Mappings *m, bool high)
{
    u64 tcr = m->s->tcr[1], at = 0, end;
    unsigned tsz = (unsigned)bits(tcr, high ? 16 : 0, 6), size, gran = arm_granule_bits(tcr, high);

    tsz = tsz < 16 ? 16 : tsz > 39 ? 39 : tsz;
    size = 64 - tsz;
    end = BIT(size);
    if (bit(tcr, high ? 23 : 7))                    // EPD1, EPD0: no walks
        return;
    while (at < end && m->walks < WALKS_MAX && m->lines <= LINES_MAX) {
        u64 va = high ? at - end : at, n = step(m, va, gran, size);

        at = (at & ~(n - 1)) + n;
    }
    print_range(m);
}

void arm_mappings(Cpu *cpu, bool each, Str *out)
{
    Mappings m = { .s = arm_cpu(cpu), .out = out, .each = each };

    if (!(m.s->sctlr[1] & SCTLR_M)) {
        str_add(out, "the MMU is off: addresses are physical\n");
        return;
    }
    half(&m, false);
    half(&m, true);
    if (m.walks >= WALKS_MAX || m.lines > LINES_MAX)
        str_addf(out, "and more: stopped after %u mappings\n", MIN(m.walks, m.lines));
}
