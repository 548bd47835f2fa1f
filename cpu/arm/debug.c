// SPDX-License-Identifier: MIT
// Self-hosted debug of AArch64 at EL0 and EL1 (Arm ARM DDI 0487K.a chapter D2): breakpoints
// (D2.8) and watchpoints (D2.10).  Software step (D2.12) is in excp.c and the front-end.
//
// While a breakpoint may match at the current level, the mode has AM_BREAK: translations of
// that mode ask helper_breakpoint before every instruction, all others know of none.
// Watchpoints mark the pages they lie in (tcg/frontend.h: watch_tags); an access there is asked
// about before it is done.
//
// There is no EL2 or EL3, and no AArch32: the state is Non-secure.  Of what is CONSTRAINED
// UNPREDICTABLE we take: a reserved setting never matches; MASK with other BAS than all
// ones counts MASK.
#include "cpu/arm/internal.h"

#include "util/bits.h"

enum { BREAKPOINTS = 6, FIRST_CONTEXT = 4, WATCHPOINTS = 4 };   // as ID_AA64DFR0 says

bool arm_debug_on(const ArmCpu *s)                  // AArch64.GenerateDebugExceptions
{
    if (s->os_lock || s->os_dlock)
        return false;
    return s->el == 0 || ((s->mdscr & MDSCR_KDE) && !(s->daif & PS_D));
}

// HMC, SSC and PMC or PAC, which have the same places in DBGBCR and DBGWCR (AArch64.StateMatch).
static bool state_matches(u64 cr, unsigned el)
{
    u64 ssc = bits(cr, 14, 2);

    if (ssc == 2 || (ssc == 3 && !bit(cr, 13)))     // Secure only
        return false;
    return bits(cr, 1, 2) & (el ? 1 : 2);
}

// -- breakpoints (D2.8, AArch64.BreakpointMatch) ----------------------------------------------
enum { BT_ADDRESS, BT_ADDRESS_LINKED, BT_CONTEXT, BT_CONTEXT_LINKED };

static u64 type_of(u64 bcr) { return bits(bcr, 20, 4); }
static bool enabled(u64 cr) { return cr & 1; }

static bool context_matches(const ArmCpu *s, unsigned n)
{
    return n >= FIRST_CONTEXT && n < BREAKPOINTS && (u32)s->dbgbvr[n] == (u32)s->contextidr[1];
}

// DBGxCR.LBN names a breakpoint that watches the context.
static bool link_matches(const ArmCpu *s, u64 cr)
{
    unsigned n = (unsigned)bits(cr, 16, 4);

    return n < BREAKPOINTS && enabled(s->dbgbcr[n]) &&
           type_of(s->dbgbcr[n]) == BT_CONTEXT_LINKED && context_matches(s, n);
}

static bool address_matches(u64 bvr, u64 bcr, u64 pc)
{
    return bit(bcr, 5) && (u64)sext64(bvr & ~3ull, 49) == pc;   // BAS: 0b1111 for A64
}

static bool breakpoint_matches(const ArmCpu *s, unsigned n)
{
    u64 cr = s->dbgbcr[n];

    if (!enabled(cr) || !state_matches(cr, s->el))
        return false;
    switch (type_of(cr)) {
    case BT_ADDRESS:        return address_matches(s->dbgbvr[n], cr, s->pc);
    case BT_ADDRESS_LINKED: return address_matches(s->dbgbvr[n], cr, s->pc) && link_matches(s, cr);
    case BT_CONTEXT:        return context_matches(s, n);
    default:                return false;
    }
}

bool arm_break_possible(const ArmCpu *s)
{
    for (unsigned n = 0; n < BREAKPOINTS && s->mdscr & MDSCR_MDE; n++)
        if (enabled(s->dbgbcr[n]) && state_matches(s->dbgbcr[n], s->el))
            return true;
    return false;
}

void helper_breakpoint(Cpu *cpu)
{
    ArmCpu *s = arm_cpu(cpu);

    for (unsigned n = 0; n < BREAKPOINTS; n++)
        if (breakpoint_matches(s, n))
            arm_raise(s, s->el ? EC_BREAK_SAME : EC_BREAK_LOW, FSC_DEBUG, s->pc);
}

// -- watchpoints (D2.10, AArch64.WatchpointMatch) ---------------------------------------------
typedef struct Range { u64 first, last; } Range;    // without the top byte

static u64 without_top(u64 va) { return va & mask64(56); }

// The bytes that are watched: MASK gives an aligned range, else BAS a run of bytes.
static bool watched_range(const ArmCpu *s, unsigned n, Range *r)
{
    u64 wvr = (u64)sext64(s->dbgwvr[n], 49), wcr = s->dbgwcr[n], bas = bits(wcr, 5, 8);
    unsigned mask = (unsigned)bits(wcr, 24, 5);

    if (!enabled(wcr) || !bas || mask == 1 || mask == 2)
        return false;
    if (mask) {
        r->first = without_top(wvr & ~mask64(mask));
        r->last = r->first + mask64(mask);
        return true;
    }
    if (bit(wvr, 2))                                // a word: its four bytes only
        bas &= 15;
    if (!bas)
        return false;
    r->first = without_top(wvr) + (u64)__builtin_ctzll(bas);
    r->last = without_top(wvr) + 63 - (u64)__builtin_clzll(bas);
    return true;
}

static u32 watched_for(u64 wcr)                     // LSC
{
    return (bit(wcr, 3) ? PAGE_R : 0) | (bit(wcr, 4) ? PAGE_W : 0);
}

void arm_watches_changed(ArmCpu *s)
{
    bool any = false;

    for (unsigned n = 0; n < WATCHPOINTS && s->mdscr & MDSCR_MDE; n++)
        any |= enabled(s->dbgwcr[n]);
    tcg_watches_changed(&s->cpu, any);
}

u32 arm_watch_tags(Cpu *cpu, u64 va)
{
    const ArmCpu *s = arm_cpu(cpu);
    u64 first = without_top(va) & ~mask64(12);
    u32 acc = 0;
    Range r;

    for (unsigned n = 0; n < WATCHPOINTS; n++)
        if (watched_range(s, n, &r) && r.first <= first + 4095 && first <= r.last)
            acc |= watched_for(s->dbgwcr[n]);
    return acc;
}

// Is byte `at` of the range one of those that BAS names?  (A run with holes: some are not.)
static bool byte_selected(u64 wcr, u64 at)
{
    return bits(wcr, 24, 5) || bit(wcr, 5 + (unsigned)(at & 7));
}

static bool find_byte(const ArmCpu *s, unsigned n, u64 first, u64 last, u64 *at)
{
    Range r;

    if (!watched_range(s, n, &r) || r.first > last || first > r.last)
        return false;
    u64 base = bit(s->dbgwvr[n], 2) ? 4 : 0;

    for (*at = MAX(first, r.first); *at <= MIN(last, r.last); ++*at)
        if (byte_selected(s->dbgwcr[n], *at - base))
            return true;
    return false;
}

bool arm_watch(Cpu *cpu, u64 va, unsigned size, u32 acc, MemOp m, TcgFault *f)
{
    const ArmCpu *s = arm_cpu(cpu);
    unsigned el = m & MO_USER ? 0 : s->el;
    u64 first = without_top(va), at;

    if (!(s->mdscr & MDSCR_MDE) || !arm_debug_on(s))
        return false;
    for (unsigned n = 0; n < WATCHPOINTS; n++) {
        u64 wcr = s->dbgwcr[n];
        u32 hit = watched_for(wcr) & acc;

        if (!hit || !state_matches(wcr, el) || !find_byte(s, n, first, first + size - 1, &at) ||
            (bit(wcr, 20) && !link_matches(s, wcr)))
            continue;
        *f = (TcgFault){ .va = va + (at - first), .acc = hit & PAGE_R ? ACC_READ : ACC_WRITE,
                         .memop = m, .user = m & MO_USER, .why = TF_WATCH };
        return true;
    }
    return false;
}
