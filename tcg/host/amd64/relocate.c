// SPDX-License-Identifier: MIT
// The code of a region, copied for another VA of the same page.
//
// Processes are loaded at random addresses: a library's page, translated for one of them, is
// wanted at another VA in the next.  Making it anew costs ten microseconds a region; copying
// it and changing the few fields that name an address or an index costs one.
//
// What depends on the VA: constants made of the pc (ir_k_pc), with the soft-TLB entry of a load
// off one of them, exits to other pages with their jump cache entry, and what the
// thunks find by index: sites and links.  Each is noted as it is emitted (asm_fix).  A region in
// which such a constant went into something else, or into a short form, stays where it is
// (ir_kval, asm_fixed).
#include "tcg/host/amd64/emit.h"
#include "tcg/host.h"

#include <string.h>

typedef struct Copy {
    Tcg *tcg;
    const Region *from;
    Region *to;
    u8 *at;                                         // the copy, as it is written
    u64 by;                                         // to's VA - from's
    i64 moved;                                      // to's code - from's
    u64 pc;                                         // last FIX_PC
} Copy;

static u32 site_copy(Copy *c, u32 index)
{
    u32 i;
    cache_take(c->tcg, TABLE_SITES, 1, &i);         // cache_tables_full has seen to the room
    c->tcg->sites[i] = c->tcg->sites[index];
    c->tcg->sites[i].region = c->to;
    return i;
}

static u32 fix32(Copy *c, AsmFix kind, u32 v)
{
    switch (kind) {
    case FIX_OUT:  return v - (u32)c->moved;
    case FIX_SITE: return site_copy(c, v);
    case FIX_LINK: return v + (u32)(c->to->links - c->from->links);
    case FIX_JC: {                                  // the entries' size keeps the field apart
        const u32 unit = sizeof(JumpEntry), field = v % unit;
        return field + unit * ((v / unit + (u32)jc_index(c->by)) % JC_SIZE);
    }
    default:
        return v % sizeof(TlbEntry) + tlb_index(c->pc) * (u32)sizeof(TlbEntry);
    }
}

static void fix(Copy *c, u32 what)
{
    u8 *p = c->at + (what & ((1u << FIX_SHIFT) - 1));
    AsmFix kind = (AsmFix)(what >> FIX_SHIFT);
    u32 v;
    if (kind == FIX_PC) {
        memcpy(&c->pc, p, 8);
        c->pc += c->by;
        memcpy(p, &c->pc, 8);
    } else {
        memcpy(&v, p, 4);
        v = fix32(c, kind, v);
        memcpy(p, &v, 4);
    }
}

// The copy's jumps lead to their stubs, which follow them, wherever the other's lead by now.
static void links_copy(Copy *c)
{
    for (u32 i = 0; i < c->from->nlinks; i++) {
        const RegionLink *l = &c->from->links[i];
        c->to->links[i] = (RegionLink){ .from = c->to, .site = l->site, .at = l->at,
                                        .forward = l->forward };
        memset(c->at + l->site, 0, 4);
    }
}

bool amd64_relocate(Tcg *tcg, TcgThread *th, const Region *from, Region *to)
{
    if (!th->code || th->code_end - th->code < (i64)from->code_size)
        return false;
    const u8 *code = from->code, *fixes = code + from->code_size;
    Copy c = { .tcg = tcg, .from = from, .to = to, .at = th->code, .by = to->pc - from->pc,
               .moved = th->code - tcg_rw(tcg, code) };
    u32 links;
    if (!cache_take(tcg, TABLE_LINKS, from->nlinks, &links))
        return false;
    to->links = &tcg->links[links];
    to->nlinks = from->nlinks;
    to->code = tcg_rx(tcg, c.at);
    to->code_size = from->code_size;
    to->entry_nopoll = from->entry_nopoll;
    to->entry_leave = from->entry_leave;
    to->loops = from->loops;
    memcpy(c.at, code, from->code_size);
    links_copy(&c);
    for (u32 i = 0; i < from->nfixes; i++) {
        u32 what;
        memcpy(&what, fixes + i * sizeof what, sizeof what);
        fix(&c, what);
    }
    th->code = (u8 *)(((uintptr_t)c.at + to->code_size + 15) & ~(uintptr_t)15);
    return true;
}
