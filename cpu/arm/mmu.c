// SPDX-License-Identifier: MIT
// The stage-1 EL1&0 translation regime, AArch64 (Arm ARM DDI 0487K.a chapter D8): granules of
// 4, 16 and 64 KiB, 48-bit addresses, hardware access and dirty flags, PAN; AT and PAR_EL1; the
// translator's context.  Missing on purpose: EL2, EL3 and stage 2; 52-bit addresses.
//
// A walk reads descriptors through RAM directly.  Nothing here raises.  The soft TLB is the
// translator's; what is cached here are the last tables on the way (D8.17): a vCPU remembers a
// few tables of level 3 by the 2 MiB of VA, the exception level, the ASID and the TTBR that a walk
// began with, so that writing TTBRn_EL1 forgets nothing.  Pages of a table mostly have the same
// attributes: with the table goes what those of the last one came to.  Each TLBI but those of the
// last level (VALE1 and its kin) forgets all of them, and so do changes of TCR and SCTLR, a reset,
// another memory map: whatever empties the TLB.  An invalid descriptor and a leaf are always read
// again.
#include "cpu/arm/internal.h"

#include "util/bits.h"

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

typedef struct Start {
    u64 table, limits;                              // limits: DT_* that tables may set (HPDS)
    unsigned gran, size, pa_bits;
    int level;
} Start;

// Which table, from which level: TTBRn, TCR.TnSZ, TGn, EPDn (D8.2).
static bool walk_start(const ArmCpu *s, ArmWalk *w, Start *st)
{
    u64 tcr = s->tcr[1];
    bool high = bit(w->va, 55);
    unsigned tsz = (unsigned)bits(tcr, high ? 16 : 0, 6);
    unsigned top = tbi(s, w->va) ? 56 : 64;
    u64 rest;

    tsz = tsz < 16 ? 16 : tsz > 39 ? 39 : tsz;
    st->size = 64 - tsz;
    st->gran = arm_granule_bits(tcr, high);
    rest = bits(w->va, st->size, top - st->size);
    if (rest != (high ? mask64(top - st->size) : 0) || bit(tcr, high ? TCR_EPD1 : TCR_EPD0))
        return fault(w, FSC_TRANSLATION, 0);
    if (w->el == 0 && bit(tcr, high ? TCR_E0PD1 : TCR_E0PD0))   // FEAT_E0PD
        return fault(w, FSC_TRANSLATION, 0);
    st->level = 4 - (int)((st->size - 4) / (st->gran - 3));
    st->table = (high ? s->ttbr1 : s->ttbr0[1]) & mask64(48);
    st->table &= ~mask64(st->size - (st->gran + (st->gran - 3) * (unsigned)(3 - st->level)) + 3);
    st->limits = bit(tcr, high ? TCR_HPD1 : TCR_HPD0) ? 0 : DT_PXN | DT_UXN | DT_AP0 | DT_AP1;
    st->pa_bits = output_bits(s);
    if (st->table >> st->pa_bits)
        return fault(w, FSC_ADDR_SIZE, 0);
    return true;
}

// The mapping of 2^shift bytes that a descriptor is.
static Leaf mapping(ArmCpu *s, ArmWalk *w, Desc *d, const ArmTable *t, unsigned level,
                    unsigned shift)
{
    w->size = BIT(shift);
    w->pa = (d->val & mask64(48) & ~mask64(shift)) | (w->va & mask64(shift));
    if (w->pa >> t->pa_bits)
        return fault(w, FSC_ADDR_SIZE, level), LEAF_FAULT;
    return leaf(s, w, d, t->limits, level);
}

// Does the descriptor say what the one before it said, and that lets the access pass without
// an update?
static inline bool like_before(ArmWalk *w, const ArmTable *t, u64 desc)
{
    w->kind = t->kind;
    return (desc & ~D_ADDR) == t->like && w->pan == t->pan && (w->prot & need[w->acc]);
}

static inline Leaf walk_last(ArmCpu *s, ArmWalk *w, ArmTable *t, MemNear *near)
{
    Leaf r;
    Desc d;

    if (!desc_read(s, near, t->at + (bits(w->va, t->gran, t->top - t->gran) << 3), &d))
        return fault(w, FSC_EXT_WALK, 3), LEAF_FAULT;
    if ((d.val & (D_VALID | D_TABLE)) != (D_VALID | D_TABLE))
        return fault(w, FSC_TRANSLATION, 3), LEAF_FAULT;
    if (likely(like_before(w, t, d.val)) && !((d.val & D_ADDR) >> t->pa_bits)) {
        w->size = BIT(t->gran);
        w->pa = (d.val & D_ADDR & -w->size) | (w->va & (w->size - 1));
        return LEAF_OK;
    }
    w->kind = 0;
    r = mapping(s, w, &d, t, 3, t->gran);
    if (r == LEAF_OK) {
        t->like = d.val & ~D_ADDR;                  // as it is after an update
        t->kind = w->kind;
        t->pan = w->pan;
    }
    return r;
}

// From where st says to the table of level 3, which t becomes, or to what ends the walk before.
static Leaf walk_tables(ArmCpu *s, ArmWalk *w, const Start *st, ArmTable *t, MemNear *near)
{
    *t = (ArmTable){ .at = st->table, .gran = (u8)st->gran, .top = (u8)st->size,
                     .pa_bits = (u8)st->pa_bits };
    for (unsigned level = (unsigned)st->level; level < 3; level++) {
        unsigned shift = st->gran + (st->gran - 3) * (3 - level);
        Desc d;

        if (!desc_read(s, near, t->at + (bits(w->va, shift, t->top - shift) << 3), &d))
            return fault(w, FSC_EXT_WALK, level), LEAF_FAULT;
        if (!(d.val & D_VALID) || (!(d.val & D_TABLE) && !block_allowed(level, st->gran)))
            return fault(w, FSC_TRANSLATION, level), LEAF_FAULT;
        if (!(d.val & D_TABLE))
            return mapping(s, w, &d, t, level, shift);
        t->at = d.val & mask64(48) & ~mask64(st->gran);
        if (t->at >> t->pa_bits)
            return fault(w, FSC_ADDR_SIZE, level), LEAF_FAULT;
        t->limits |= d.val & st->limits;
        t->top = (u8)shift;
    }
    return walk_last(s, w, t, near);
}

// -- tables remembered (see the head) ---------------------------------------------------------
enum { KNOWN_BITS = 21 };                           // of VA; no table of level 3 covers less

void arm_forget_tables(Cpu *cpu) { arm_cpu(cpu)->known_epoch++; }

static Leaf walk_knowing(ArmCpu *s, ArmWalk *w)
{
    ArmTable *t = &s->known[w->va >> KNOWN_BITS & (ARM_TABLES - 1)], found;
    u64 tag = (w->va & ~mask64(KNOWN_BITS)) | (u64)w->el << 16 | w->asid;
    u64 ttbr = bit(w->va, 55) ? s->ttbr1 : s->ttbr0[1];
    Start st;
    Leaf r;

    if (likely(t->tag == tag && t->ttbr == ttbr && t->epoch == s->known_epoch))
        return walk_last(s, w, t, &s->tables);
    if (!walk_start(s, w, &st))
        return LEAF_FAULT;
    r = walk_tables(s, w, &st, &found, &s->tables);
    if (r == LEAF_OK && w->size == BIT(found.gran)) {
        *t = found;
        t->tag = tag;
        t->ttbr = ttbr;
        t->epoch = s->known_epoch;
    }
    return r;
}

static Leaf walk_afresh(ArmCpu *s, ArmWalk *w)
{
    MemNear near = { 0 };
    ArmTable last;
    Start st;

    return walk_start(s, w, &st) ? walk_tables(s, w, &st, &last, &near) : LEAF_FAULT;
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
