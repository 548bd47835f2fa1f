// SPDX-License-Identifier: MIT
// The stage-1 EL1&0 translation regime, AArch64 (Arm ARM DDI 0487K.a chapter D8): granules of
// 4, 16 and 64 KiB, 48-bit addresses, hardware access and dirty flags, PAN; AT and PAR_EL1; the
// translator's context.  Missing on purpose: EL2, EL3 and stage 2; 52-bit addresses.
//
// A walk reads descriptors through RAM directly.  Nothing here raises.  The soft TLB is the
// translator's; what is cached here are the last tables on the way (D8.17): a vCPU remembers a
// few tables of level 3 by the 2 MiB of VA, the exception level, the ASID and the TTBR that a walk
// began with, so that writing TTBRn_EL1 forgets nothing.  Each TLBI but those of the last level
// (VALE1 and its kin) forgets all of them, and so do changes of TCR and SCTLR, a reset, another
// memory map: whatever empties the TLB.  An invalid descriptor and a leaf are always read again.
//
// Most pages have one of a few sets of attributes: what a set came to, with the limits of the
// tables before it, is kept until SCTLR, TCR or MAIR changes (arm_forget_kinds).
#include "cpu/arm/internal.h"

#include "util/bits.h"

#include <string.h>

enum { D_VALID = 1, D_TABLE = 2, D_AF = 1 << 10, D_NG = 1 << 11, D_AP1 = 1 << 6, D_AP2 = 1 << 7 };
#define D_ADDR 0xfffffffff000ull                    // of a leaf or table, with all granules
#define D_DBM  BIT(51)
#define D_GP   BIT(50)                              // FEAT_BTI
#define D_PXN  BIT(53)
#define D_UXN  BIT(54)
#define DT_PXN BIT(59)                              // of table descriptors
#define DT_UXN BIT(60)
#define DT_AP0 BIT(61)
#define DT_AP1 BIT(62)
enum { TCR_EPD0 = 7, TCR_EPD1 = 23, TCR_A1 = 22, TCR_AS = 36, TCR_TBI0 = 37, TCR_TBI1 = 38,
       TCR_HA = 39, TCR_HD = 40, TCR_HPD0 = 41, TCR_HPD1 = 42,
       TCR_E0PD0 = 55, TCR_E0PD1 = 56 };
enum { FSC_HW_UPDATE = 0x31 };                      // unsupported atomic hardware update

static bool tbi(const ArmCpu *s, u64 va)
{
    return bit(s->tcr[1], bit(va, 55) ? TCR_TBI1 : TCR_TBI0);
}

// log2 of the granule that TCR.TG0 or TG1 selects (D23.2.174); the reserved value is 4 KiB.
unsigned arm_granule_bits(u64 tcr, bool high)
{
    static const u8 tg0[4] = { 12, 16, 14, 12 }, tg1[4] = { 12, 14, 12, 16 };

    return high ? tg1[bits(tcr, 30, 2)] : tg0[bits(tcr, 14, 2)];
}

// Bits of an output address: TCR.IPS, at most what the processor has.
static unsigned output_bits(const ArmCpu *s)
{
    static const u8 ips[8] = { 32, 36, 40, 42, 44, 48, 48, 48 };
    unsigned n = ips[bits(s->tcr[1], 32, 3)];

    return MIN(n, s->id.pa_bits);
}

// -- stage 1 off (D8.2.12) --------------------------------------------------------------------
static bool walk_off(ArmCpu *s, ArmWalk *w)
{
    u64 va = tbi(s, w->va) ? bits(w->va, 0, 56) : w->va;

    if (va >> s->id.pa_bits) {
        w->fsc = FSC_ADDR_SIZE;
        return false;
    }
    w->pa = va;
    w->size = GIB;
    w->prot = PAGE_R | PAGE_W | PAGE_X;
    w->device = w->acc != ACC_FETCH;                // data is Device-nGnRnE
    w->attr = w->device ? 0 : 0x44;
    w->sh = 2;
    return true;
}

// -- descriptors ------------------------------------------------------------------------------
typedef struct Desc {
    u64 pa, val;
    u8 *host;                                       // NULL: not in RAM
} Desc;

static inline bool desc_read(ArmCpu *s, MemNear *near, u64 pa, Desc *d)
{
    u64 v;

    d->pa = pa;
    d->host = as_host_near(s->cpu.as, pa, 8, near);
    if (likely(d->host))
        v = atomic_load_explicit((_Atomic u64 *)(void *)d->host, memory_order_acquire);
    else if (as_read(s->cpu.as, pa, &v, 8, s->cpu.attrs) != MEM_OK)
        return false;
    d->val = s->sctlr[1] & SCTLR_EE ? bswap64(v) : v;
    return true;
}

typedef enum { UPD_DONE, UPD_AGAIN, UPD_FAIL } Update;

static Update desc_update(const ArmCpu *s, Desc *d, u64 to)
{
    bool be = s->sctlr[1] & SCTLR_EE;
    u64 old = be ? bswap64(d->val) : d->val;
    MemRef at = d->host ? as_lookup(s->cpu.as, d->pa, NULL) : (MemRef){ 0 };

    if (!at.host || at.readonly)
        return UPD_FAIL;
    if (!atomic_compare_exchange_strong((_Atomic u64 *)(void *)at.host, &old,
                                        be ? bswap64(to) : to))
        return UPD_AGAIN;
    ram_written(at.ram, at.ram_at, 8);
    d->val = to;
    return UPD_DONE;
}

// -- permissions (D8.4) -----------------------------------------------------------------------
// `tables` collects the limits of the table descriptors on the way.
static u8 permissions(const ArmCpu *s, const ArmWalk *w, u64 desc, u64 tables, bool hd)
{
    bool el0 = (desc & D_AP1) && !(tables & DT_AP0);
    bool ro = ((desc & D_AP2) && !(hd && (desc & D_DBM))) || (tables & DT_AP1);
    bool uxn = (desc & D_UXN) || (tables & DT_UXN), pxn = (desc & D_PXN) || (tables & DT_PXN);
    bool r, wr, x;

    if (w->el == 0) {
        r = el0;
        wr = el0 && !ro;
        x = !uxn;
    } else {
        r = !(w->pan && el0);
        wr = r && !ro;
        x = !pxn && !(el0 && !ro);
    }
    if ((s->sctlr[1] & SCTLR_WXN) && !ro && (w->el || el0))
        x = false;
    return (u8)((r ? PAGE_R : 0) | (wr ? PAGE_W : 0) | (x ? PAGE_X : 0));
}

static void memory_type(const ArmCpu *s, ArmWalk *w, u64 desc)
{
    w->attr = (u8)(s->mair[1] >> (bits(desc, 2, 3) * 8));
    w->device = !(w->attr & 0xf0);
    w->sh = w->device || w->attr == 0x44 ? 2 : (u8)bits(desc, 8, 2);
}

static bool fault(ArmWalk *w, u32 fsc, unsigned level)
{
    w->fsc = fsc | level;
    return false;
}

typedef enum { LEAF_OK, LEAF_FAULT, LEAF_AGAIN } Leaf;
static const u8 need[] = { [ACC_READ] = PAGE_R, [ACC_WRITE] = PAGE_W, [ACC_FETCH] = PAGE_X };

// Access flag, permission, dirty state of the last descriptor (D8.5).
static Leaf leaf(ArmCpu *s, ArmWalk *w, Desc *d, u64 tables, unsigned level)
{
    bool ha = arm_has(s, ARM_FEAT_hafdbs) && bit(s->tcr[1], TCR_HA);
    bool hd = ha && bit(s->tcr[1], TCR_HD);
    bool clean = hd && (d->val & D_DBM) && (d->val & D_AP2);
    u64 to = d->val | D_AF;

    if (!(d->val & D_AF) && !ha)
        return fault(w, FSC_ACCESS, level), LEAF_FAULT;
    w->prot = permissions(s, w, d->val, tables, hd);
    if (!(w->prot & need[w->acc]))
        return fault(w, FSC_PERM, level), LEAF_FAULT;
    if (clean && w->acc == ACC_WRITE && w->set_dirty) {
        to &= ~(u64)D_AP2;
        clean = false;
    }
    if (to != d->val && w->set_af) {
        Update u = desc_update(s, d, to);

        if (u == UPD_AGAIN)
            return LEAF_AGAIN;
        if (u == UPD_FAIL)
            return fault(w, FSC_HW_UPDATE, 0), LEAF_FAULT;
    }
    if (clean)
        w->prot &= (u8)~PAGE_W;                     // the first store walks again
    memory_type(s, w, d->val);
    w->global = !(d->val & D_NG);
    w->guarded = arm_has(s, ARM_FEAT_bti) && (d->val & D_GP);
    return LEAF_OK;
}

// A block may stand at level 1 of the 4 KiB granule and level 2 of all (D8.3.1).
static bool block_allowed(unsigned level, unsigned gran)
{
    return level == 2 || (level == 1 && gran == 12);
}

// D8.2: TCR.TnSZ, TGn, IPS, HPDn.
static NOINLINE void range_find(const ArmCpu *s, bool high, ArmRange *r)
{
    u64 tcr = s->tcr[1];
    unsigned tsz = (unsigned)bits(tcr, high ? 16 : 0, 6), index;

    r->tcr = tcr;
    r->size = (u8)(64 - (tsz < 16 ? 16 : tsz > 39 ? 39 : tsz));
    r->gran = (u8)arm_granule_bits(tcr, high);
    r->level = (u8)(4 - (r->size - 4) / (r->gran - 3));
    index = r->size - (r->gran + (r->gran - 3u) * (3u - r->level));
    r->base = mask64(48) & ~mask64(index + 3);
    r->limits = bit(tcr, high ? TCR_HPD1 : TCR_HPD0) ? 0 : DT_PXN | DT_UXN | DT_AP0 | DT_AP1;
    r->pa_bits = (u8)output_bits(s);
}

static inline u64 ttbr_of(const ArmCpu *s, u64 va) { return bit(va, 55) ? s->ttbr1 : s->ttbr0[1]; }

// Which table, from which level: TTBRn, what TCR says of it, EPDn (D8.2).  r: of that half, when it
// was last asked for, or zero.
static bool walk_start(const ArmCpu *s, ArmWalk *w, ArmRange *r, ArmTable *t)
{
    u64 tcr = s->tcr[1], va = tbi(s, w->va) ? (u64)sext64(w->va, 56) : w->va;
    bool high = bit(va, 55);

    if (unlikely(r->tcr != tcr || !r->gran))
        range_find(s, high, r);
    if ((i64)va >> r->size != -(i64)high || bit(tcr, high ? TCR_EPD1 : TCR_EPD0))
        return fault(w, FSC_TRANSLATION, 0);
    if (w->el == 0 && bit(tcr, high ? TCR_E0PD1 : TCR_E0PD0))   // FEAT_E0PD
        return fault(w, FSC_TRANSLATION, 0);
    *t = (ArmTable){ .at = ttbr_of(s, va) & r->base, .gran = r->gran, .top = r->size,
                     .pa_bits = r->pa_bits };
    if (t->at >> t->pa_bits)
        return fault(w, FSC_ADDR_SIZE, 0);
    return true;
}

// The same; attributes that were met before, and let the access pass without an update, are known.
static inline Leaf leaf_again(ArmCpu *s, ArmWalk *w, Desc *d, u64 tables, unsigned level)
{
    ArmKind *k = &s->kinds[bits(d->val, 6, 2) | bits(d->val, 53, 2) << 2];      // AP, PXN, UXN
    u64 who = tables | w->el | (u64)w->pan << 2;
    Leaf r;

    w->kind = k->kind;
    if (likely(k->like == (d->val & ~D_ADDR) && k->who == who && (w->prot & need[w->acc])))
        return LEAF_OK;
    w->kind = 0;
    r = leaf(s, w, d, tables, level);
    if (r == LEAF_OK)
        *k = (ArmKind){ d->val & ~D_ADDR, who, w->kind };       // as it is after an update
    return r;
}

// The mapping of 2^shift bytes that a descriptor is.
static inline Leaf mapping(ArmCpu *s, ArmWalk *w, Desc *d, const ArmTable *t, unsigned level,
                    unsigned shift)
{
    w->size = BIT(shift);
    w->pa = (d->val & D_ADDR & -w->size) | (w->va & (w->size - 1));
    if (w->pa >> t->pa_bits)
        return fault(w, FSC_ADDR_SIZE, level), LEAF_FAULT;
    return w->own ? leaf_again(s, w, d, t->limits, level) : leaf(s, w, d, t->limits, level);
}

// Reads the entry for w->va, of 2^shift bytes, in t.
static inline bool entry_read(ArmCpu *s, const ArmWalk *w, const ArmTable *t, unsigned shift,
                              MemNear *near, Desc *d)
{
    return desc_read(s, near, t->at + ((w->va & (BIT(t->top) - 1)) >> shift << 3), d);
}

static inline Leaf walk_last(ArmCpu *s, ArmWalk *w, const ArmTable *t, MemNear *near)
{
    Desc d;

    if (!entry_read(s, w, t, t->gran, near, &d))
        return fault(w, FSC_EXT_WALK, 3), LEAF_FAULT;
    if ((d.val & (D_VALID | D_TABLE)) != (D_VALID | D_TABLE))
        return fault(w, FSC_TRANSLATION, 3), LEAF_FAULT;
    return mapping(s, w, &d, t, 3, t->gran);
}

// From t to the table of level 3, which it becomes, or to what ends the walk before.
static Leaf walk_tables(ArmCpu *s, ArmWalk *w, const ArmRange *r, ArmTable *t, MemNear *near)
{
    unsigned shift = r->gran + (r->gran - 3u) * (3u - r->level);

    for (unsigned level = r->level; level < 3; level++, shift -= r->gran - 3u) {
        Desc d;

        if (!entry_read(s, w, t, shift, near, &d))
            return fault(w, FSC_EXT_WALK, level), LEAF_FAULT;
        if (!(d.val & D_VALID) || (!(d.val & D_TABLE) && !block_allowed(level, r->gran)))
            return fault(w, FSC_TRANSLATION, level), LEAF_FAULT;
        if (!(d.val & D_TABLE))
            return mapping(s, w, &d, t, level, shift);
        t->at = d.val & D_ADDR & -BIT(r->gran);
        if (t->at >> t->pa_bits)
            return fault(w, FSC_ADDR_SIZE, level), LEAF_FAULT;
        t->limits |= d.val & r->limits;
        t->top = (u8)shift;
    }
    return walk_last(s, w, t, near);
}

// -- tables remembered (see the head) ---------------------------------------------------------
enum { KNOWN_BITS = 21 };                           // of VA; no table of level 3 covers less

void arm_forget_tables(Cpu *cpu) { arm_cpu(cpu)->known_epoch++; }
void arm_forget_kinds(ArmCpu *s) { memset(s->kinds, 0, sizeof s->kinds); }

static Leaf walk_knowing(ArmCpu *s, ArmWalk *w)
{
    ArmTable *t = &s->known[w->va >> KNOWN_BITS & (ARM_TABLES - 1)], found;
    u64 tag = (w->va & -BIT(KNOWN_BITS)) | (u64)w->el << 16 | w->asid, ttbr = ttbr_of(s, w->va);
    ArmRange *range = &s->ranges[bit(w->va, 55)];
    Leaf r;

    if (likely(t->tag == tag && t->ttbr == ttbr && t->epoch == s->known_epoch))
        return walk_last(s, w, t, &s->tables);
    if (!walk_start(s, w, range, &found))
        return LEAF_FAULT;
    r = walk_tables(s, w, range, &found, &s->tables);
    if (r == LEAF_OK && w->size == BIT(found.gran)) {
        *t = found;
        t->tag = tag;
        t->ttbr = ttbr;
        t->epoch = s->known_epoch;
    }
    return r;
}

// For any thread.
static Leaf walk_afresh(ArmCpu *s, ArmWalk *w)
{
    MemNear near = { 0 };
    ArmTable t;
    ArmRange r = { 0 };

    return walk_start(s, w, &r, &t) ? walk_tables(s, w, &r, &t, &near) : LEAF_FAULT;
}

bool arm_walk(ArmCpu *s, ArmWalk *w)
{
    Leaf r;

    if (w->mmu_off)
        return walk_off(s, w);
    do
        r = w->own ? walk_knowing(s, w) : walk_afresh(s, w);
    while (r == LEAF_AGAIN);                        // somebody else changed the descriptor
    if (r == LEAF_OK && w->global && !bit(w->va, 55) &&
        !atomic_load_explicit(&s->low_global, memory_order_relaxed))
        atomic_store(&s->low_global, 1);
    return r == LEAF_OK;
}

bool arm_translate(Cpu *cpu, u64 va, TcgAccess acc, const TcgSpace *sp, bool user, TcgPage *out)
{
    ArmCpu *s = arm_cpu(cpu);
    ArmWalk w = {
        .va = va, .acc = acc, .el = sp->perm & 3, .pan = sp->perm & ARM_PERM_PAN,
        .set_af = true, .set_dirty = true, .mmu_off = !(sp->flags & ARM_SPACE_MMU),
        .own = true, .asid = sp->asid,
    };

    (void)user;                                     // the user space has EL0 as its level
    if (!arm_walk(s, &w)) {
        out->fault = w.fsc;
        return false;
    }
    out->pa = w.pa;
    out->size = w.size;
    out->prot = w.prot;
    out->device = w.device;
    out->mode = w.guarded ? AM_GUARDED : 0;
    out->secure = false;
    out->fault = 0;
    return true;
}

bool arm_debug_translate(Cpu *cpu, Gva va, Gpa *pa, MemAttrs *attrs)
{
    ArmCpu *s = arm_cpu(cpu);
    ArmWalk w = { .va = va, .acc = ACC_READ, .el = 1, .mmu_off = !(s->sctlr[1] & SCTLR_M) };

    if (!arm_walk(s, &w) && (w.fsc & ~3u) != FSC_PERM && (w.fsc & ~3u) != FSC_ACCESS)
        return false;
    *pa = w.pa;
    *attrs = ATTRS_DEBUG;
    return true;
}

// -- AT (C5.4, D8.14) and PAR_EL1 (D23.2.122) -------------------------------------------------
void arm_at(ArmCpu *s, u64 va, TcgAccess acc, unsigned el, bool pan)
{
    ArmWalk w = { .va = va, .acc = acc, .el = (u8)el, .pan = pan, .set_af = true,
                  .mmu_off = !(s->sctlr[1] & SCTLR_M) };

    if (arm_walk(s, &w)) {
        s->par = (u64)w.attr << 56 | (w.pa & mask64(48) & ~mask64(12)) | BIT(11) | BIT(9) |
                 (u64)w.sh << 7;
        return;
    }
    if ((w.fsc & ~3u) == FSC_EXT_WALK) {            // taken, not reported in PAR
        TcgFault f = { .va = va, .acc = ACC_WRITE, .memop = MO_8 | MO_DCZVA, .why = TF_MMU,
                       .fault = w.fsc };

        arm_raise_mem(&s->cpu, &f);
        tcg_unwind(&s->cpu);
    }
    s->par = 1 | (u64)w.fsc << 1 | BIT(11);
}

// -- the translator's context -----------------------------------------------------------------
// Target of a branch or exception return (AArch64.BranchAddr): the top byte may be ignored.
u64 arm_canonical(Cpu *cpu, u64 pc)
{
    return tbi(arm_cpu(cpu), pc) ? (u64)sext64(pc, 56) : pc;
}

// Without branches where it can be: this runs twice for each exception.
u32 arm_mode(const ArmCpu *s)
{
    u64 sctlr = s->sctlr[1], fpen = bits(s->cpacr, 20, 2);
    unsigned low = s->el == 0;
    u32 m = s->el;

    _Static_assert(AM_TBI1 == AM_TBI0 << 1 && AM_UAO == PS_UAO >> 7 && AM_PAN == PS_PAN >> 7 &&
                   AM_IL == PS_IL >> 6 && AM_RMODE == FPCR_RMODE >> 16, "bits are moved whole");
    if (!(fpen & 1) || (low && fpen == 1))
        m |= AM_FP_TRAP;
    if (unlikely(s->fpcr & (FPCR_FZ | FPCR_DN | FPCR_AHP | FPCR_FZ16)))
        m |= AM_FPCR_SPECIAL;
    m |= (u32)bit(sctlr, 1) * AM_ALIGN;
    m |= (u32)bit(sctlr, 6) * AM_NAA;
    m |= (u32)bit(sctlr, 3 + low) * AM_SPALIGN;     // SA, SA0
    m |= (u32)bit(sctlr, 25 - low) * AM_BE;         // EE, E0E
    m |= (u32)bits(s->tcr[1], TCR_TBI0, 2) * AM_TBI0;
    m |= (u32)bit(sctlr, 36 - low) * AM_BT;         // BT1, BT0
    m |= s->spsel * AM_SPSEL | s->il >> 6 | (s->pan | s->uao) >> 7 | (s->fpcr & FPCR_RMODE) >> 16;
    if (unlikely(s->mdscr & (MDSCR_SS | MDSCR_MDE)) && arm_debug_on(s)) {
        if (s->mdscr & MDSCR_SS)
            m |= AM_STEP | (s->ss ? AM_SS : 0);
        if (arm_break_possible(s))
            m |= AM_BREAK;
    }
    return m;
}

static u16 current_asid(const ArmCpu *s)
{
    u64 ttbr = bit(s->tcr[1], TCR_A1) ? s->ttbr1 : s->ttbr0[1];
    u64 asid = ttbr >> 48;

    return (u16)(bit(s->tcr[1], TCR_AS) ? asid : asid & 0xff);
}

// Written in one piece: the translator compares spaces as one word right afterwards.
static void put_space(TcgSpace *sp, u64 asid, u64 perm, u64 flags)
{
    u64 v = asid | (u64)ARM_REGIME_EL10 << 32 | perm << 40 | flags << 48;

    _Static_assert(sizeof *sp == 8 && offsetof(TcgSpace, regime) == 4 &&
                   offsetof(TcgSpace, perm) == 5 && offsetof(TcgSpace, flags) == 6, "as above");
    memcpy(sp, &v, sizeof v);
}

void arm_context(Cpu *cpu, TcgContext *out)
{
    static const u16 host_rounding[4] = { 0, 2 << 13, 1 << 13, 3 << 13 };
    const ArmCpu *s = arm_cpu(cpu);
    bool on = s->sctlr[1] & SCTLR_M;
    u64 asid = on ? current_asid(s) : 0, flags = on ? ARM_SPACE_MMU : 0;

    put_space(&out->data, asid, s->el | (s->el && s->pan ? ARM_PERM_PAN : 0), flags);
    put_space(&out->user, asid, ARM_PERM_EL0, flags);
    out->mode = arm_mode(s);
    out->mxcsr = 0x1f80u | host_rounding[bits(s->fpcr, 22, 2)];
}
