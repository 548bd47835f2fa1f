// SPDX-License-Identifier: MIT
// Random sequences out of the decode table's rows.  A row's fixed bits are kept, the rest is
// random, and what the table would not decode to that row is tried again.  Branches, exclusives,
// system instructions and pointer authentication need company or fixed fields: they have
// generators of their own.  Encodings that the architecture leaves CONSTRAINED UNPREDICTABLE are
// not made (legal).  Section numbers: DDI 0487K.a.
#include "tests/diff/diff.h"

#include "util/bits.h"

#include <string.h>

#define A64_DECLS
#include "gen/cpu/arm/a64_decode.inc"

u64 gen_random(Gen *g)                              // splitmix64
{
    u64 z = g->seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static u32 below(Gen *g, u32 n) { return (u32)((gen_random(g) >> 32) * n >> 32); }

int gen_rows(void) { return A64_ROW_COUNT; }

RowInfo gen_row(int i)
{
    return (RowInfo){ a64_rows[i].name, a64_rows[i].feature, a64_rows[i].line };
}

static bool is_row(int row, const char *name) { return !strcmp(a64_rows[row].name, name); }

static bool one_of(int row, const char *const *names)
{
    for (; *names; names++)
        if (is_row(row, *names))
            return true;
    return false;
}

// -- which rows ---------------------------------------------------------------------------

const char *gen_excluded(int row)
{
    static const struct { const char *name, *why; } list[] = {
        { "svc", "asks the peer's Linux (D1.3.1); tests/insn has it" },
        { "brk", "ends each sequence and is compared as such" },
        { "wfi", "waits for an interrupt (D1.6.2)" },
        { "wfe", "may wait for an event (D1.6.1)" },
        { "pacga", "the algorithm is IMPLEMENTATION DEFINED (D8.10.3)" },
    };
    for (size_t i = 0; i < ARRAY_LEN(list); i++)
        if (is_row(row, list[i].name))
            return list[i].why;
    return NULL;
}

static u64 features_of(int row)
{
    static const char *const names[] = {
#define F(name) #name,
        ARM_FEATURES(F)
#undef F
    };
    const char *text = a64_rows[row].feature;
    u64 all = 0;
    while (text && *text) {
        size_t n = strcspn(text, ", ");
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            if (strlen(names[i]) == n && !memcmp(names[i], text, n))
                all |= BIT(i);
        text += n + (text[n] != 0);
    }
    return all;
}

bool gen_row_wanted(const Gen *g, int row)
{
    u64 need = features_of(row);
    if (gen_excluded(row) || (need & ~g->feat))
        return false;
    return !g->base_feat || (need & ~g->base_feat);
}

// -- fields ---------------------------------------------------------------------------------

static const A64Field *field_of(int row, const char *name)
{
    for (const A64Field *f = a64_rows[row].field; f->name; f++)
        if (!strcmp(f->name, name))
            return f;
    return NULL;
}

static int get(int row, u32 w, const char *name)    // -1: there is none
{
    const A64Field *f = field_of(row, name);
    return f ? (int)(w >> f->pos & mask64(f->len)) : -1;
}

static u32 with(int row, u32 w, const char *name, u32 v)
{
    const A64Field *f = field_of(row, name);
    if (!f)
        return w;
    u32 m = (u32)mask64(f->len) << f->pos;
    return (w & ~m) | (v << f->pos & m);
}

static bool is_memory(u32 w) { return (w & 0x0a000000) == 0x08000000; }
static bool is_vector(u32 w) { return w & BIT(26); }

static bool same(int a, int b) { return a >= 0 && a == b; }

// Not CONSTRAINED UNPREDICTABLE: K1.2 and "CONSTRAINED UNPREDICTABLE behavior" of C6.2.x.
static bool legal(int row, u32 w)
{
    static const char *const written_back[] = { "ldst_post", "ldst_pre", NULL };
    static const char *const should_be_zero[] = { "sb", "cfinv", "xaflag", "axflag", NULL };
    int rt = get(row, w, "rt"), rt2 = get(row, w, "rt2"), rn = get(row, w, "rn"),
        rs = get(row, w, "rs"), idx = get(row, w, "idx");
    if (one_of(row, should_be_zero))                // CRm
        return !(w & 0xf00);
    if (!is_memory(w))
        return true;
    if (!is_vector(w) && one_of(row, written_back) && same(rt, rn) && rn != 31)
        return false;
    if (!is_vector(w) && is_row(row, "ldra") && get(row, w, "w") && same(rt, rn) && rn != 31)
        return false;
    if (idx >= 0 && (w & BIT(22)) && same(rt, rt2))             // LDP
        return false;
    if (idx >= 0 && (idx & 1) && !is_vector(w) && rn != 31 && (same(rt, rn) || same(rt2, rn)))
        return false;
    if (is_row(row, "ldxp") && same(rt, rt2))
        return false;
    if (is_row(row, "stxr") || is_row(row, "stxp"))
        return !same(rs, rt) && !(same(rs, rn) && rn != 31) &&
               !(is_row(row, "stxp") && same(rs, rt2));
    return true;
}

// A word of the row; false: none found.
static bool random_word(Gen *g, int row, u32 *word)
{
    for (int tries = 0; tries < 400; tries++) {
        u32 w = ((u32)gen_random(g) & ~a64_rows[row].mask) | a64_rows[row].value;
        if (a64_lookup(w) == row && legal(row, w)) {
            *word = w;
            return true;
        }
    }
    return false;
}

// -- state ----------------------------------------------------------------------------------

static u64 random_int(Gen *g)
{
    static const u64 edge[] = { 0, 1, ~0ull, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 63,
                                ~0ull >> 1, 0x100000000, 31, 32, 63, 64 };
    u64 r = gen_random(g);
    switch (below(g, 8)) {
    case 0:  return edge[r % ARRAY_LEN(edge)];
    case 1:  return r & 0xff;
    case 2:  return (u64)(i64)(i8)r;
    case 3:  return (u64)(i64)(i32)r;
    case 4:  return r >> below(g, 64);
    case 5:  return ~0ull << below(g, 64);
    default: return r;
    }
}

// The patterns where FP goes wrong: signs, exponents at their ends, few or all mantissa bits.
static u64 random_fp(Gen *g, int mant, int exp)
{
    u64 max = mask64((unsigned)exp), bias = max >> 1, e, m = gen_random(g) & mask64((unsigned)mant);
    switch (below(g, 8)) {
    case 0:  e = 0; break;
    case 1:  e = max; break;
    case 2:  e = 1; break;
    case 3:  e = max - 1; break;
    case 4:  e = bias + below(g, (u32)mant + 8); break;
    case 5:  e = bias - 2 + below(g, 5); break;
    case 6:  e = bias - below(g, (u32)mant + 8) % bias; break;
    default: e = gen_random(g) & max;
    }
    switch (below(g, 6)) {
    case 0:  m = 0; break;
    case 1:  m = mask64((unsigned)mant); break;
    case 2:  m = 1; break;
    case 3:  m = BIT(mant - 1) | (m & 1); break;
    case 4:  m &= ~mask64(below(g, (u32)mant)); break;
    default: break;
    }
    return (gen_random(g) & 1) << (mant + exp) | e << mant | m;
}

static u64 random_lanes(Gen *g)
{
    u64 v = 0;
    switch (below(g, 6)) {
    case 0:
        return random_int(g);
    case 1:
        return random_fp(g, 52, 11);
    case 2:
        return random_fp(g, 23, 8) | random_fp(g, 23, 8) << 32;
    case 3:
        for (int i = 0; i < 4; i++)
            v = v << 16 | random_fp(g, 10, 5);
        return v;
    case 4:
        for (int i = 0; i < 8; i++)
            v = v << 8 | (random_int(g) & 0xff);
        return v;
    default:
        for (int i = 0; i < 4; i++)
            v = v << 16 | (random_int(g) & 0xffff);
        return v;
    }
}

static void random_state(Gen *g, DiffState *s)
{
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 31; i++)
        s->x[i] = random_int(g);
    s->sp = DIFF_MEM_VA + DIFF_MEM / 2;
    s->nzcv = gen_random(g) & 0xf0000000;
    s->fpcr = below(g, 2) ? 0 : gen_random(g) & (FPCR_RMODE | FPCR_FZ | FPCR_DN | FPCR_AHP);
    s->fpsr = below(g, 2) ? 0 : gen_random(g) & 0x0800009f;
    s->tpidr = gen_random(g);
    for (int i = 0; i < 32; i++)
        s->v[i] = (V128){ { random_lanes(g), random_lanes(g) } };
    for (int i = 0; i < 32; i += 2) {               // lanes of like kind meet more often
        if (below(g, 3) == 0)
            s->v[i + 1] = s->v[i];
    }
    for (int i = 0; i < DIFF_MEM; i += 8) {
        u64 v = random_lanes(g);
        memcpy(s->mem + i, &v, 8);
    }
}

// -- sequences ------------------------------------------------------------------------------

static void emit(Gen *g, u32 w, int row)
{
    if (g->n == DIFF_CODE - 1)
        return;
    g->row_of[g->n] = row;
    g->c->code[g->n++] = w;
}

static u64 here(const Gen *g) { return DIFF_CODE_VA + 4 * (u64)g->n; }

static u32 adr(const Gen *g, u32 rd, u64 target)
{
    u32 d = (u32)(target - here(g));
    return 0x10000000 | (d & 3) << 29 | (d >> 2 & 0x7ffff) << 5 | rd;
}

// Jumped over: changes a register if it is not.
static void emit_trap(Gen *g)                       // add xN, xN, #1
{
    emit(g, 0x91000400 | below(g, 31) * 0x21, -1);
}

static u32 register_but(Gen *g, u32 not)            // 0..30
{
    u32 r = below(g, 30);
    return r < not ? r : r + 1;
}

static bool gen_branch(Gen *g, int row)
{
    static const char *const direct[] = { "b_cond", "b", "bl", "cbz", "cbnz", "tbz", "tbnz",
                                          NULL };
    static const char *const indirect[] = { "br", "blr", "ret", NULL };
    u32 w;
    if (!random_word(g, row, &w))
        return true;
    if (one_of(row, direct)) {
        emit(g, with(row, w, "imm", 2), row);
    } else if (one_of(row, indirect)) {
        u32 rn = below(g, 31);
        emit(g, adr(g, rn, here(g) + 12), -1);
        emit(g, with(row, w, "rn", rn), row);
    } else {
        return false;
    }
    emit_trap(g);
    return true;
}

// LDR (literal): the data window is in reach of its 21 bits.
static bool gen_literal(Gen *g, int row)
{
    u32 w;
    const A64Field *f = field_of(row, "imm");
    if (!strstr(a64_rows[row].name, "lit") || !random_word(g, row, &w))
        return false;
    u64 target = DIFF_MEM_VA + below(g, DIFF_MEM / 4 - 4) * 4;
    w &= ~((u32)mask64(f->len) << f->pos);
    emit(g, w | (u32)((target - here(g)) >> 2) << f->pos, row);
    return true;
}

static bool gen_exclusive(Gen *g, int row)
{
    u32 w, load;
    bool pair = is_row(row, "stxp");
    if (!pair && !is_row(row, "stxr"))
        return false;
    if (!random_word(g, row, &w))
        return true;
    if (below(g, 4)) {                              // LDXR or LDXP of the same size before it
        u32 rt = register_but(g, (u32)get(row, w, "rn")), rt2 = pair ? register_but(g, rt) : 31;
        load = (w & 0xc00003e0) | 0x08400000 | 31 << 16 | rt2 << 10 | rt | (pair ? BIT(21) : 0);
        if (rt2 != (u32)get(row, w, "rn"))
            emit(g, load, -1);
    }
    emit(g, w, row);
    return true;
}

// System registers that EL0 has, with no state of the kernel's in them.
static bool gen_system(Gen *g, int row)
{
    static const u16 regs[] = { ARM_KEY(3, 3, 4, 2, 0), ARM_KEY(3, 3, 4, 4, 0),
                                ARM_KEY(3, 3, 4, 4, 1), ARM_KEY(3, 3, 13, 0, 2) };
    static const u16 ops[] = { ARM_KEY(1, 3, 7, 4, 1), ARM_KEY(1, 3, 7, 10, 1),
                               ARM_KEY(1, 3, 7, 11, 1), ARM_KEY(1, 3, 7, 14, 1),
                               ARM_KEY(1, 3, 7, 5, 1) };        // ZVA CVAC CVAU CIVAC IVAU
    bool is_move = is_row(row, "mrs") || is_row(row, "msr");
    u32 w;
    if ((!is_move && !is_row(row, "sys")) || !random_word(g, row, &w))
        return false;
    u32 key = is_move ? regs[below(g, ARRAY_LEN(regs))] : ops[below(g, ARRAY_LEN(ops))];
    emit(g, (w & 0xffe0001f) | key << 5, row);
    return true;
}

// Signing is followed by authenticating with the same key and modifier: what is in between is the
// implementation's own business (D8.10.3), the result is not.
static bool gen_pauth(Gen *g, int row)
{
    u32 w;
    if (!(features_of(row) & BIT(ARM_FEAT_pauth)) || is_row(row, "xpac") ||
        is_row(row, "xpaclri") || is_row(row, "eret_auth"))
        return false;
    if (!random_word(g, row, &w))
        return true;
    u32 m = (u32)MAX(get(row, w, "m"), 0), rn = register_but(g, (u32)MAX(get(row, w, "rm"), 0));
    if (is_row(row, "pac_reg") || is_row(row, "pac_1716") || is_row(row, "pac_lr")) {
        u32 rd = is_row(row, "pac_reg") ? below(g, 30) : is_row(row, "pac_lr") ? 30 : 17;
        w = with(row, w, "rd", rd);
        if (!get(row, w, "z") && is_row(row, "pac_reg"))
            w = with(row, w, "rn", register_but(g, rd));
        emit(g, 0xd340b800 | rd << 5 | rd, -1);     // a pointer: ubfx xd, xd, #0, #47
        emit(g, with(row, w, "aut", 0), row);
        emit(g, with(row, w, "aut", 1), row);
    } else if (is_row(row, "ldra")) {
        w = with(row, w, "rn", rn);
        if (!legal(row, w))
            return true;
        g->c->s.x[rn] = DIFF_MEM_VA;
        emit(g, 0xd340b800 | rn << 5 | rn, -1);     // as below
        emit(g, 0xdac12be0 | m << 10 | rn, -1);                             // pacdza, pacdzb
        emit(g, w, row);
        emit(g, 0xdac147e0 | rn, -1);                                       // xpacd
    } else if (is_row(row, "ret_auth")) {
        emit(g, adr(g, 30, here(g) + 16), -1);
        emit(g, 0xd503233f | m << 6, -1);                                   // paciasp, pacibsp
        emit(g, w, row);
        emit_trap(g);
        emit(g, 0xdac143e0 | 30, -1);                                       // xpaci
    } else {
        bool zero = is_row(row, "br_auth_z") || is_row(row, "blr_auth_z");
        u32 rm = (u32)get(row, w, "rm");
        emit(g, adr(g, rn, here(g) + 16), -1);
        emit(g, (zero ? 0xdac123e0 : 0xdac10000 | rm << 5) | m << 10 | rn, -1);     // pacia, ...
        emit(g, with(row, w, "rn", rn), row);
        emit_trap(g);
        emit(g, 0xdac143e0 | rn, -1);                                       // xpaci
    }
    return true;
}

static void gen_plain(Gen *g, int row)
{
    u32 w;
    if (!random_word(g, row, &w))
        return;
    if (is_row(row, "hlt") && (w >> 5 & 0xffff) == 0xf000)      // semihosting
        w ^= BIT(5);
    emit(g, w, row);
}

static void gen_slot(Gen *g, int row)
{
    if (!gen_pauth(g, row) && !gen_branch(g, row) && !gen_literal(g, row) &&
        !gen_exclusive(g, row) && !gen_system(g, row))
        gen_plain(g, row);
}

enum { SLOT_MAX = 8 };                              // words that gen_slot makes at most

// A row to stand beside the wanted one; nothing that ends the sequence.
static int other_row(Gen *g)
{
    for (;;) {
        int row = (int)below(g, A64_ROW_COUNT);
        u32 v = a64_rows[row].value;
        if (gen_row_wanted(g, row) && (v >> 26 & 7) != 5 && v >> 16)
            return row;
    }
}

// Words that decode to nothing (or, so we think, to UNDEFINED).
static void gen_unallocated(Gen *g)
{
    for (int tries = 0; tries < 1000; tries++) {
        u32 w = (u32)gen_random(g);
        if (a64_lookup(w) < 0) {
            emit(g, w, -1);
            return;
        }
    }
}

// Accesses off one base, some of them beyond the end of the data page (or none, or all).
static void gen_group(Gen *g)
{
    static const struct { u32 word; u8 scale; } kinds[] = {
        { 0xf9400000, 3 }, { 0xb9400000, 2 }, { 0x79400000, 1 }, { 0x39800000, 0 },  // ldr, ldrsb
        { 0x3dc00000, 4 }, { 0xfd400000, 3 }, { 0xbd400000, 2 },                     // q, d, s
        { 0xf9000000, 3 }, { 0xb9000000, 2 }, { 0x39000000, 0 }, { 0x3d800000, 4 },  // str
    };
    u32 rn = below(g, 31), n = 2 + below(g, SLOT_MAX - 2);
    u64 at = DIFF_DATA_VA + DIFF_PAGE - below(g, 160);
    g->edge = (int)rn;
    g->c->s.x[rn] = below(g, 4) ? at & ~7ull : at;
    for (u32 i = 0; i < n; i++) {
        u32 k = below(g, ARRAY_LEN(kinds)), imm = below(g, 128) >> kinds[k].scale;
        emit(g, kinds[k].word | imm << 10 | rn << 5 | register_but(g, rn), -1);
    }
}

// A register that no word of the case can name, -1: none.  Fields are at 0, 5, 10 and 16; pairs
// name the next one, too; x16, x17 and x30 are named by some words that have no fields.
static int unused_register(const Gen *g)
{
    u32 used = BIT(16) | BIT(17) | BIT(30);
    for (int i = 0; i < g->n; i++)
        for (int pos = 0; pos <= 16; pos += 5 + (pos == 10)) {
            u32 r = g->c->code[i] >> pos & 31;
            used |= (u32)(3ull << r);
        }
    for (int r = 0; r < 30; r++)
        if (!(used >> r & 1))
            return r;
    return -1;
}

// Another turn would mix the sizes of exclusives, and sign what is signed.
static bool once_only(const Gen *g)
{
    for (int i = 0; i < g->n; i++) {
        u32 w = g->c->code[i];
        if ((w & 0x3f000000) == 0x08000000 || (w & 0xffff0000) == 0xdac10000 ||
            (w & 0xfffff01f) == 0xd503201f)
            return true;
    }
    return false;
}

// The case so far becomes the body of a loop of a few turns.
static void gen_loop(Gen *g)
{
    int r = unused_register(g), body = g->n;
    if (r < 0 || body > DIFF_CODE - 3 || once_only(g))
        return;
    g->c->s.x[r] = 1 + below(g, 20);
    emit(g, 0xd1000400 | (u32)r << 5 | (u32)r, -1);                         // sub xr, xr, #1
    emit(g, 0xb5000000 | ((u32)(-body - 1) & 0x7ffff) << 5 | (u32)r, -1);   // cbnz xr, start
}

void gen_case(Gen *g, int row, DiffCase *c, int rows[DIFF_CODE])
{
    memset(c->code, 0, sizeof c->code);
    for (int i = 0; i < DIFF_CODE; i++)
        rows[i] = -1;
    g->c = c;
    g->n = 0;
    g->row_of = rows;
    random_state(g, &c->s);
    g->aligned = below(g, 8);
    g->wanted = row;
    g->moves = 24;
    g->edge = -1;
    if (row < 0) {
        gen_unallocated(g);
    } else {
        // alone; in company; among many, where the register allocator has to spill
        u32 others = below(g, 2) ? 0 : below(g, 8) ? 4 : DIFF_CODE / 2;
        for (u32 i = below(g, others + 1); i && g->n < DIFF_CODE / 2; i--)
            gen_slot(g, other_row(g));
        if (others > 1 && !below(g, 4))
            gen_group(g);
        gen_slot(g, row);
        for (u32 i = below(g, others + 1); i && g->n < DIFF_CODE - SLOT_MAX; i--)
            gen_slot(g, other_row(g));
        if (others && !below(g, 3))
            gen_loop(g);
    }
    for (int i = g->n; i < DIFF_CODE; i++)
        c->code[i] = DIFF_BRK;
    // FPToFixedJS says Z = 0 when a denormal was flushed; QEMU 7.2 says 1 (its issue 2375).
    // tests/diff/fp_oracle compares all else of it with FZ.
    for (int i = 0; i < g->n; i++)
        if (rows[i] >= 0 && is_row(rows[i], "fjcvtzs"))
            c->s.fpcr &= ~(u64)FPCR_FZ;
}

// -- addresses ------------------------------------------------------------------------------

static i64 untag(u64 va) { return (i64)(va << 8) >> 8; }

// Does a group's access reach beyond the page, as it is meant to?
static bool at_edge(const Gen *g, const DiffCase *c, const DiffState *out, u64 slot)
{
    u64 past = (u64)untag(out->addr) - (DIFF_DATA_VA + DIFF_PAGE);
    return g->edge >= 0 && is_memory(c->code[slot]) && (int)(c->code[slot] >> 5 & 31) == g->edge &&
           out->sig == SIG_FAULT && past < 256;
}

static bool move_address(Gen *g, DiffCase *c, const DiffState *out, u64 slot)
{
    u32 ec = (u32)(out->esr >> 26) & 63;
    if (ec != EC_DABT_LOW || g->moves-- <= 0)
        return false;
    u32 w = c->code[slot], rn = is_memory(w) ? w >> 5 & 31 : w & 31;
    bool atomic = is_memory(w) && !is_vector(w) && (w & 0x3b200c00) != 0x38200800 &&
                  ((w & 0x3f000000) == 0x08000000 || (w & 0x3b200c00) == 0x38200000);
    if (!is_memory(w) && (w & 0xfff80000) != 0xd5080000)
        return false;
    u64 target = DIFF_MEM_VA + 0x180 + below(g, 256), far = (u64)untag(out->addr);
    if ((out->esr & 63) == FSC_ALIGN) {
        if (!g->aligned)
            return false;                           // one in eight stays as it is
        target = far & ~15ull;
    } else if (atomic || rn == 31 || below(g, 2)) {
        target &= ~15ull;
    }
    u64 delta = target - far;
    if (rn == 31 && is_memory(w))
        c->s.sp += delta & ~15ull;
    else if (rn < 31)
        c->s.x[rn] += delta;
    return rn < 31 || is_memory(w);
}

bool gen_steer(Gen *g, DiffCase *c, const DiffState *out)
{
    u64 slot = (out->pc - DIFF_CODE_VA) / 4;
    if (out->sig == SIG_END || out->sig == SIG_HANG || slot >= DIFF_CODE - 1)
        return false;
    if (at_edge(g, c, out, slot) && below(g, 2))
        return false;
    if (move_address(g, c, out, slot))
        return true;
    if (g->wanted < 0 || g->row_of[slot] == g->wanted)
        return false;
    c->code[slot] = 0xd503201f;                     // nop
    g->row_of[slot] = -1;
    return true;
}
