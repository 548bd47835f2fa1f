// SPDX-License-Identifier: MIT
// Encoder for x86-64 (Intel SDM 325462-081, vol. 2).  See asm.h.
#include "tcg/host/amd64/asm.h"

#include "util/log.h"

#include <cpuid.h>
#include <string.h>

// -- the host -----------------------------------------------------------------------------
typedef struct { const char *name; u8 leaf, reg, bit; } CpuBit;   // reg: eax ebx ecx edx

enum { LEAF_1, LEAF_7, LEAF_EXT, LEAF_XCR0, LEAVES };

static const CpuBit required[] = {
    { "SSE3", LEAF_1, 2, 0 },    { "PCLMULQDQ", LEAF_1, 2, 1 }, { "SSSE3", LEAF_1, 2, 9 },
    { "FMA", LEAF_1, 2, 12 },    { "CMPXCHG16B", LEAF_1, 2, 13 }, { "SSE4.1", LEAF_1, 2, 19 },
    { "SSE4.2", LEAF_1, 2, 20 }, { "MOVBE", LEAF_1, 2, 22 },    { "POPCNT", LEAF_1, 2, 23 },
    { "AES", LEAF_1, 2, 25 },    { "OSXSAVE", LEAF_1, 2, 27 },  { "AVX", LEAF_1, 2, 28 },
    { "F16C", LEAF_1, 2, 29 },   { "BMI1", LEAF_7, 1, 3 },      { "AVX2", LEAF_7, 1, 5 },
    { "BMI2", LEAF_7, 1, 8 },    { "LAHF", LEAF_EXT, 2, 0 },    { "LZCNT", LEAF_EXT, 2, 5 },
    { "SSE state", LEAF_XCR0, 0, 1 }, { "AVX state", LEAF_XCR0, 0, 2 },
};
static const struct { u32 set; CpuBit bit; } optional[] = {
    { ASM_AVX512, { "AVX512F", LEAF_7, 1, 16 } },  { ASM_AVX512, { "AVX512DQ", LEAF_7, 1, 17 } },
    { ASM_AVX512, { "AVX512BW", LEAF_7, 1, 30 } }, { ASM_AVX512, { "AVX512VL", LEAF_7, 1, 31 } },
    { ASM_AVX512, { "opmask state", LEAF_XCR0, 0, 5 } },
    { ASM_AVX512, { "ZMM state", LEAF_XCR0, 0, 6 } },
    { ASM_AVX512, { "ZMM16 state", LEAF_XCR0, 0, 7 } },
    { ASM_VBMI, { "AVX512_VBMI", LEAF_7, 2, 1 } },
    { ASM_BITALG, { "AVX512_BITALG", LEAF_7, 2, 12 } },
    { ASM_GFNI, { "GFNI", LEAF_7, 2, 8 } },
    { ASM_SHA, { "SHA", LEAF_7, 1, 29 } },
};

static void cpu_read(u32 r[LEAVES][4])
{
    memset(r, 0, LEAVES * sizeof r[0]);
    __get_cpuid(1, &r[LEAF_1][0], &r[LEAF_1][1], &r[LEAF_1][2], &r[LEAF_1][3]);
    __get_cpuid_count(7, 0, &r[LEAF_7][0], &r[LEAF_7][1], &r[LEAF_7][2], &r[LEAF_7][3]);
    __get_cpuid(0x80000001, &r[LEAF_EXT][0], &r[LEAF_EXT][1], &r[LEAF_EXT][2], &r[LEAF_EXT][3]);
    if (r[LEAF_1][2] >> 27 & 1)                     // OSXSAVE: xgetbv exists
        __asm__("xgetbv" : "=a"(r[LEAF_XCR0][0]), "=d"(r[LEAF_XCR0][3]) : "c"(0));
}

static bool cpu_has(const u32 r[LEAVES][4], const CpuBit *b)
{
    return r[b->leaf][b->reg] >> b->bit & 1;
}

const char *asm_cpu_missing(void)
{
    u32 r[LEAVES][4];
    cpu_read(r);
    for (size_t i = 0; i < ARRAY_LEN(required); i++)
        if (!cpu_has(r, &required[i])) return required[i].name;
    return NULL;
}

u32 asm_cpu_detect(void)
{
    u32 r[LEAVES][4], set = ASM_AVX512 | ASM_VBMI | ASM_BITALG | ASM_GFNI | ASM_SHA;
    cpu_read(r);
    for (size_t i = 0; i < ARRAY_LEN(optional); i++)
        if (!cpu_has(r, &optional[i].bit)) set &= ~optional[i].set;
    if (!(set & ASM_AVX512)) set &= ~(u32)(ASM_VBMI | ASM_BITALG);
    return set;
}

// -- output -------------------------------------------------------------------------------
void asm_begin(Asm *a, u8 *base, u8 *end, i64 rx, u32 cpu)
{
    a->p = a->base = base;
    a->end = end;
    a->rx = rx;
    a->overflow = false;
    a->cpu = cpu;
    a->npool = a->nfixes = 0;
    memset(a->bucket, -1, sizeof a->bucket);
}

void asm_fix(Asm *a, AsmFix kind, const u8 *at)
{
    if (a->nfixes < 0) return;
    if (a->nfixes == ASM_FIXES) asm_fixed(a);
    else a->fixes[a->nfixes++] = (u32)(at - a->base) | (u32)kind << FIX_SHIFT;
}

static NOINLINE u8 *no_room(Asm *a)
{
    a->overflow = true;
    a->end = a->scratch + ASM_MAX_INS - 1;          // nor is there for the next
    return a->p = a->scratch;
}

// Room for one instruction, or the place where it does no harm.
static inline u8 *start(Asm *a)
{
    return unlikely(a->end - a->p < ASM_MAX_INS) ? no_room(a) : a->p;
}

static inline void finish(Asm *a, u8 *q) { a->p = q; }

// Encoding is the inner loop of translation: few branches, stores that overlap (start has seen
// to the room; what is behind the instruction is not written yet).
static inline u8 *put(u8 *q, unsigned n, u64 v)     // n up to 8
{
    memcpy(q, &v, 8);
    return q + n;
}

static inline u8 *put_if(u8 *q, bool on, unsigned byte)
{
    *q = (u8)byte;
    return q + on;
}

static u8 *put32(u8 *q, u32 v)
{
    memcpy(q, &v, 4);
    return q + 4;
}

void asm_bytes(Asm *a, int n, u64 v) { finish(a, put(start(a), (unsigned)n, v)); }
void asm_byte(Asm *a, u8 v) { asm_bytes(a, 1, v); }

// SDM vol. 2B, NOP: the recommended multi-byte forms.
void asm_nop(Asm *a, unsigned bytes)
{
    static const u8 nops[9][9] = {
        { 0x90 },
        { 0x66, 0x90 },
        { 0x0f, 0x1f, 0x00 },
        { 0x0f, 0x1f, 0x40, 0x00 },
        { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
    };
    while (bytes) {
        unsigned n = MIN(bytes, 9u);
        u8 *q = start(a);
        memcpy(q, nops[n - 1], sizeof nops[0]);
        finish(a, q + n);
        bytes -= n;
    }
}

void asm_align(Asm *a, unsigned n) { asm_nop(a, (unsigned)(-(uintptr_t)a->p & (n - 1))); }

void asm_take(Asm *a, u8 *from, const u8 *hole, AsmText *t)
{
    size_t n = (size_t)(a->p - from);
    BUG_ON(n > sizeof t->code);
    memcpy(t->code, from, n);
    t->n = (u8)n;
    t->hole = (u8)(hole - from);
    finish(a, from);
}

void asm_text(Asm *a, const AsmText *t, u8 hole)
{
    u8 *q = start(a);
    memcpy(q, t->code, sizeof t->code);
    q[t->hole] = hole;
    finish(a, q + t->n);
}

// -- constants ----------------------------------------------------------------------------
// A constant's users are chained through their displacement fields: 28 bits of offset of the
// previous user from base, 4 bits for how many bytes of its instruction follow the field.
enum { POOL_END = 0xffffffff, POOL_TAIL_BITS = 4 };

Mem mem_const(Asm *a, u64 lo, u64 hi)
{
    u64 h = (lo ^ hi * 0x9e3779b97f4a7c15) * 0x9e3779b97f4a7c15;
    unsigned b = (unsigned)(h >> 58);
    i16 i = a->bucket[b];
    while (i >= 0 && (a->pool[i].lo != lo || a->pool[i].hi != hi)) i = a->pool[i].next;
    if (i < 0) {
        if (a->npool == ASM_POOL) {                 // nobody called asm_pool_poll for so long
            a->overflow = true;
            return mem_b(RAX, 0);
        }
        i = (i16)a->npool++;
        a->pool[i] = (AsmConst){ lo, hi, POOL_END, a->bucket[b] };
        a->bucket[b] = i;
    }
    return (Mem){ MEM_POOL, (u64)i };
}

static u8 *put_pool(Asm *a, u8 *q, int i, unsigned tail)
{
    if (a->overflow) return q + 4;
    u64 at = (u64)(q - a->base);
    BUG_ON(at >> 28);
    u32 before = a->pool[i].users;
    a->pool[i].users = (u32)at << POOL_TAIL_BITS | tail;
    return put32(q, before);
}

static void pool_patch(Asm *a, u32 user, const u8 *to)
{
    while (user != POOL_END) {
        u8 *at = a->base + (user >> POOL_TAIL_BITS);
        u32 tail = user & ((1 << POOL_TAIL_BITS) - 1);
        memcpy(&user, at, 4);
        put32(at, (u32)(to - (at + 4 + tail)));
    }
}

void asm_pool_flush(Asm *a)
{
    if (!a->npool) return;
    size_t pad = -(uintptr_t)a->p & 15;
    if ((size_t)(a->end - a->p) < pad + 16 * (size_t)a->npool) a->overflow = true;
    if (!a->overflow) {
        memset(a->p, 0xcc, pad);
        a->p += pad;
        for (int i = 0; i < a->npool; i++, a->p += 16) {
            memcpy(a->p, &a->pool[i].lo, 16);
            pool_patch(a, a->pool[i].users, a->p);
        }
    }
    a->npool = 0;
    memset(a->bucket, -1, sizeof a->bucket);
}

void asm_pool_poll(Asm *a)
{
    enum { OP_MOST = 16 };                          // constants that one op may ask for
    if (likely(a->npool <= ASM_POOL - OP_MOST)) return;
    u8 *j = asm_jmp_long(a);
    asm_pool_flush(a);
    asm_patch32_here(a, j);
}

// -- operands -----------------------------------------------------------------------------
static NOINLINE u8 *put_far_mem(Asm *a, u8 *q, int reg, Mem m, unsigned tail)
{
    *q++ = (u8)((reg & 7) << 3 | 5);                // [rip + disp32]
    if (m.enc & MEM_POOL) return put_pool(a, q, (int)m.to, tail);
    i64 rel = (i64)(m.to - asm_exec(a, q + 4 + tail));
    BUG_ON(rel != (i32)rel && !a->overflow);
    return put32(q, (u32)rel);
}

static inline bool is_far(Mem m) { return m.enc & (MEM_POOL | MEM_RIP); }
static inline unsigned mem_len(Mem m) { return m.enc >> MEM_LEN & 15; }
static inline unsigned mem_bx(Mem m) { return m.enc >> MEM_BX & 3; }
static inline u64 modrm_m(int reg, Mem m) { return m.enc | ((u64)reg & 7) << 3; }

static inline u8 *put_mem(Asm *a, u8 *q, int reg, Mem m, unsigned tail)
{
    if (unlikely(is_far(m))) return put_far_mem(a, q, reg, m, tail);
    return put(q, mem_len(m), modrm_m(reg, m));
}

// -- legacy -------------------------------------------------------------------------------
static inline u8 *put_legacy(u8 *q, u32 enc, int sz, unsigned rex, bool force)
{
    unsigned pp = enc >> 10 & 3, map = enc >> 8 & 3;
    if (unlikely(enc & E_LOCK)) *q++ = 0xf0;
    q = put_if(q, sz == 1, 0x66);
    q = put_if(q, pp, 0xf2f36600 >> 8 * pp);
    rex |= (unsigned)(sz == 3 || (enc & E_W1)) << 3;
    q = put_if(q, rex || force, 0x40 | rex);
    q = put_if(q, map, 0x0f);
    q = put_if(q, map > 1, map == 2 ? 0x38 : 0x3a);
    *q++ = (u8)enc;
    return q;
}

// spl, bpl, sil and dil are ah, ch, dh and bh without a REX prefix
static bool byte_rex(u32 enc, u32 flag, int r) { return (enc & flag) && r >= 4 && r < 8; }

static NOINLINE void op_r(Asm *a, u32 enc, int sz, int reg, int rm, Imm imm)
{
    bool force = byte_rex(enc, E_R8, reg) || byte_rex(enc, E_M8, rm);
    unsigned rex = (unsigned)(reg >> 3) << 2 | (unsigned)(rm >> 3);
    u8 *q = put_legacy(start(a), enc, sz, rex, force);
    *q++ = (u8)(0xc0 | (reg & 7) << 3 | (rm & 7));
    finish(a, put(q, imm.n, (u64)imm.v));
}

// The many have an opcode of one byte and 32 or 64 bits: REX, opcode, ModRM and displacement
// are one word, whose lowest byte goes when it is an empty REX.  The others apart: in one
// function the few would slow down the many.
static inline bool is_plain(u32 enc, int sz) { return sz >= 2 && enc < E_0F; }

static inline u8 *put_plain(u8 *q, u64 rest, unsigned rex, unsigned len)
{
    unsigned has = rex != 0;
    put(q, 8, (rest << 8 | 0x40 | rex) >> 8 * (has ^ 1));
    return q + len + has;
}

static inline unsigned plain_rex(int sz, int reg, int rm)
{
    return ((unsigned)sz & 1) << 3 | (unsigned)reg >> 3 << 2 | (unsigned)rm >> 3;
}

static inline u8 *put_plain_r(u8 *q, u32 enc, int sz, int reg, int rm)
{
    u32 modrm = 0xc0 | ((u32)reg & 7) << 3 | ((u32)rm & 7);
    return put_plain(q, modrm << 8 | enc, plain_rex(sz, reg, rm), 2);
}

void asm_op_r(Asm *a, u32 enc, int sz, int reg, int rm)
{
    if (likely(is_plain(enc, sz))) finish(a, put_plain_r(start(a), enc, sz, reg, rm));
    else op_r(a, enc, sz, reg, rm, NO_IMM);
}

void asm_op_ri(Asm *a, u32 enc, int sz, int reg, int rm, Imm imm)
{
    if (likely(is_plain(enc, sz)))
        finish(a, put(put_plain_r(start(a), enc, sz, reg, rm), imm.n, (u64)imm.v));
    else
        op_r(a, enc, sz, reg, rm, imm);
}

static inline u8 *put_plain_m(u8 *q, u32 enc, int sz, int reg, Mem m)
{
    u64 rest = modrm_m(reg, m) << 8 | enc;          // what is above the displacement goes
    return put_plain(q, rest, plain_rex(sz, reg, 0) | mem_bx(m), 1 + mem_len(m));
}

static NOINLINE void op_m(Asm *a, u32 enc, int sz, int reg, Mem m, Imm imm)
{
    unsigned rex = (unsigned)(reg >> 3) << 2 | mem_bx(m);
    u8 *q = put_legacy(start(a), enc, sz, rex, byte_rex(enc, E_R8, reg));
    q = put_mem(a, q, reg, m, imm.n);
    finish(a, put(q, imm.n, (u64)imm.v));
}

void asm_op_m(Asm *a, u32 enc, int sz, int reg, Mem m)
{
    if (likely(!is_far(m) && is_plain(enc, sz)))
        finish(a, put_plain_m(start(a), enc, sz, reg, m));
    else
        op_m(a, enc, sz, reg, m, NO_IMM);
}

void asm_op_mi(Asm *a, u32 enc, int sz, int reg, Mem m, Imm imm)
{
    if (likely(!is_far(m) && is_plain(enc, sz)))
        finish(a, put(put_plain_m(start(a), enc, sz, reg, m), imm.n, (u64)imm.v));
    else
        op_m(a, enc, sz, reg, m, imm);
}

// -- VEX (2.3) and EVEX (2.7) -------------------------------------------------------------
static inline u8 *put_vex(u8 *q, u32 enc, int reg, int v, unsigned bx)
{
    u32 map = enc >> 8 & 3, pp = enc >> 10 & 3, r = ((u32)reg >> 3 & 1) ^ 1;
    u32 last = (~(u32)v & 15) << 3 | (enc & E_256 ? 4 : 0) | pp, op = enc & 0xff;
    if (map == 1 && !bx && !(enc & E_W1))
        return put(q, 3, 0xc5 | (r << 7 | last) << 8 | op << 16);
    last |= enc & E_W1 ? 0x80 : 0;
    return put(q, 4, 0xc4 | (r << 7 | (bx ^ 3) << 5 | map) << 8 | last << 16 | op << 24);
}

void asm_vex_r(Asm *a, u32 enc, int reg, int v, int rm, Imm imm)
{
    if ((enc & E_COMM) && rm >= 8 && v < 8) {
        int t = rm;
        rm = v;
        v = t;
    }
    u8 *q = put_vex(start(a), enc, reg, v, (unsigned)(rm >> 3));
    *q++ = (u8)(0xc0 | (reg & 7) << 3 | (rm & 7));
    finish(a, put(q, imm.n, (u64)imm.v));
}

void asm_vex_m(Asm *a, u32 enc, int reg, int v, Mem m, Imm imm)
{
    u8 *q = put_vex(start(a), enc, reg, v, mem_bx(m));
    q = put_mem(a, q, reg, m, imm.n);
    finish(a, put(q, imm.n, (u64)imm.v));
}

void asm_evex_r(Asm *a, u32 enc, int reg, int v, int rm, Imm imm)
{
    u8 *q = start(a);
    unsigned map = enc >> 8 & 3, pp = enc >> 10 & 3;
    unsigned r = reg >> 3 & 1, b = rm >> 3 & 1;
    *q++ = 0x62;
    *q++ = (u8)((r ^ 1) << 7 | 1 << 6 | (b ^ 1) << 5 | 1 << 4 | map);
    *q++ = (u8)((enc & E_W1 ? 0x80 : 0) | (~(unsigned)v & 15) << 3 | 4 | pp);
    *q++ = (u8)((enc & E_256 ? 0x20 : 0) | 8);
    *q++ = (u8)enc;
    *q++ = (u8)(0xc0 | (reg & 7) << 3 | (rm & 7));
    finish(a, put(q, imm.n, (u64)imm.v));
}

// -- integer forms ------------------------------------------------------------------------
static int imm_size(int sz) { return sz > 2 ? 4 : 1 << sz; }
static bool fits8(i32 k) { return k == (i8)k; }

void asm_alu_i(Asm *a, AsmAlu op, int sz, int d, i32 k)
{
    if (sz == 1) k = (i16)k;
    if (sz && fits8(k)) {
        asm_op_ri(a, 0x83, sz, (int)op, d, imm_n(1, k));
    } else if (d == RAX) {                          // one byte less
        u8 *q = put_legacy(start(a), (u32)op << 3 | 4 | (sz != 0), sz, 0, false);
        finish(a, put(q, (unsigned)imm_size(sz), (u64)(i64)k));
    } else {
        asm_op_ri(a, 0x80 | enc_byte_m(sz), sz, (int)op, d, imm_n(imm_size(sz), k));
    }
}

void asm_alu_mi(Asm *a, AsmAlu op, int sz, Mem d, i32 k)
{
    if (sz == 1) k = (i16)k;
    if (sz && fits8(k)) asm_op_mi(a, 0x83, sz, (int)op, d, imm_n(1, k));
    else asm_op_mi(a, 0x80 | (sz != 0), sz, (int)op, d, imm_n(imm_size(sz), k));
}

void asm_test_i(Asm *a, int sz, int x, i32 k)
{
    if (x == RAX) {
        u8 *q = put_legacy(start(a), 0xa8 | (sz != 0), sz, 0, false);
        finish(a, put(q, (unsigned)imm_size(sz), (u64)(i64)k));
    } else {
        asm_op_ri(a, 0xf6 | enc_byte_m(sz), sz, 0, x, imm_n(imm_size(sz), k));
    }
}

void asm_test_mi(Asm *a, int sz, Mem x, i32 k)
{
    asm_op_mi(a, 0xf6 | (sz != 0), sz, 0, x, imm_n(imm_size(sz), k));
}

void asm_mov_k(Asm *a, int d, u64 k)
{
    if (k > 0xffffffff && k == (u64)(i64)(i32)k) {
        asm_op_ri(a, 0xc7, 3, 0, d, imm_n(4, (i64)k));
        return;
    }
    bool wide = k > 0xffffffff;
    u8 *q = put_legacy(start(a), 0xb8 | (d & 7), wide ? 3 : 2, (unsigned)(d >> 3), false);
    finish(a, put(q, wide ? 8 : 4, k));
}

void asm_load(Asm *a, int sz, int d, Mem m)
{
    if (sz >= 2) asm_op_m(a, 0x8b, sz, d, m);
    else asm_op_m(a, E_0F | 0xb6 | (u32)sz, 2, d, m);
}

void asm_load_sx(Asm *a, int sz, int to, int d, Mem m)
{
    if (sz >= to) asm_load(a, sz, d, m);
    else if (sz == 2) asm_op_m(a, 0x63, 3, d, m);
    else asm_op_m(a, E_0F | 0xbe | (u32)sz, to, d, m);
}

void asm_store_i(Asm *a, int sz, Mem m, i32 k)
{
    asm_op_mi(a, 0xc6 | (sz != 0), sz, 0, m, imm_n(imm_size(sz), k));
}

void asm_movzx(Asm *a, int sz, int d, int s)
{
    if (sz >= 2) asm_mov(a, sz, d, s);
    else asm_op_r(a, E_0F | 0xb6 | (u32)sz | (sz ? 0 : E_M8), 2, d, s);
}

void asm_movsx(Asm *a, int sz, int to, int d, int s)
{
    if (sz >= to) asm_mov(a, to, d, s);
    else if (sz == 2) asm_op_r(a, 0x63, 3, d, s);
    else asm_op_r(a, E_0F | 0xbe | (u32)sz | (sz ? 0 : E_M8), to, d, s);
}

void asm_shift_i(Asm *a, AsmShift op, int sz, int d, int n)
{
    if (n == 1) asm_op_r(a, 0xd0 | enc_byte_m(sz), sz, (int)op, d);
    else asm_op_ri(a, 0xc0 | enc_byte_m(sz), sz, (int)op, d, imm_n(1, n));
}

void asm_imul_i(Asm *a, int sz, int d, int s, i32 k)
{
    if (fits8(k)) asm_op_ri(a, 0x6b, sz, d, s, imm_n(1, k));
    else asm_op_ri(a, 0x69, sz, d, s, imm_n(imm_size(sz), k));
}

void asm_bswap(Asm *a, int sz, int r)
{
    u8 *q = put_legacy(start(a), E_0F | 0xc8 | (r & 7), sz, (unsigned)(r >> 3), false);
    finish(a, q);
}

void asm_push(Asm *a, int r)
{
    finish(a, put_legacy(start(a), 0x50 | (r & 7), 2, (unsigned)(r >> 3), false));
}

void asm_pop(Asm *a, int r)
{
    finish(a, put_legacy(start(a), 0x58 | (r & 7), 2, (unsigned)(r >> 3), false));
}

// -- jumps --------------------------------------------------------------------------------
// Emits opcode bytes and an empty displacement; gives its place.
static u8 *jump(Asm *a, unsigned nop, u64 op, unsigned nrel)
{
    u8 *q = put(start(a), nop, op);
    finish(a, put(q, nrel, 0));
    return q;
}

u8 *asm_jcc_short(Asm *a, AsmCc c) { return jump(a, 1, 0x70 | (u64)c, 1); }
u8 *asm_jmp_short(Asm *a) { return jump(a, 1, 0xeb, 1); }
u8 *asm_jcc_long(Asm *a, AsmCc c) { return jump(a, 2, 0x800f | (u64)c << 8, 4); }
u8 *asm_jmp_long(Asm *a) { return jump(a, 1, 0xe9, 4); }

void asm_patch_here(Asm *a, u8 *rel8)
{
    if (a->overflow) return;
    i64 rel = a->p - (rel8 + 1);
    BUG_ON(rel != (i8)rel);
    *rel8 = (u8)rel;
}

void asm_patch32(Asm *a, u8 *rel32, const u8 *to)
{
    if (!a->overflow) put32(rel32, (u32)(to - (rel32 + 4)));
}

void asm_patch32_here(Asm *a, u8 *rel32) { asm_patch32(a, rel32, a->p); }

void asm_jcc_back(Asm *a, AsmCc c, const u8 *to)
{
    i64 rel = to - (a->p + 2);
    if (rel == (i8)rel) *asm_jcc_short(a, c) = (u8)rel;
    else asm_patch32(a, asm_jcc_long(a, c), to);
}

void asm_jmp_back(Asm *a, const u8 *to)
{
    i64 rel = to - (a->p + 2);
    if (rel == (i8)rel) *asm_jmp_short(a) = (u8)rel;
    else asm_patch32(a, asm_jmp_long(a), to);
}

static u8 *outside(Asm *a, u8 *rel32, const void *to)
{
    i64 rel = (i64)((u64)to - asm_exec(a, rel32 + 4));
    BUG_ON(rel != (i32)rel && !a->overflow);
    put32(rel32, (u32)rel);                         // after overflow: into scratch
    asm_fix(a, FIX_OUT, rel32);
    return rel32;
}

void asm_call(Asm *a, const void *to) { outside(a, jump(a, 1, 0xe8, 4), to); }
u8 *asm_jmp_abs(Asm *a, const void *to) { return outside(a, asm_jmp_long(a), to); }
u8 *asm_jcc_abs(Asm *a, AsmCc c, const void *to) { return outside(a, asm_jcc_long(a, c), to); }

// -- vector moves -------------------------------------------------------------------------
void asm_vmov(Asm *a, int d, int s)
{
    if (d == s) return;
    if (s >= 8 && d < 8) asm_vex_r(a, E_0F | 0x29, s, 0, d, NO_IMM);   // the shorter direction
    else asm_vex_r(a, E_0F | 0x28, d, 0, s, NO_IMM);
}

void asm_vpextr(Asm *a, int sz, int r, int s, int lane)
{
    static const u32 enc[] = { E_3A | E_66 | 0x14, 0, E_3A | E_66 | 0x16,
                               E_3A | E_66 | E_W1 | 0x16 };
    if (sz == 1) asm_vex_r(a, E_0F | E_66 | 0xc5, r, 0, s, imm_n(1, lane));
    else if (sz >= 2 && lane == 0) asm_vmov_to_r(a, sz, r, s);
    else asm_vex_r(a, enc[sz], s, 0, r, imm_n(1, lane));
}

void asm_vpinsr(Asm *a, int sz, int d, int s, int r, int lane)
{
    static const u32 enc[] = { E_3A | E_66 | 0x20, E_0F | E_66 | 0xc4, E_3A | E_66 | 0x22,
                               E_3A | E_66 | E_W1 | 0x22 };
    asm_vex_r(a, enc[sz], d, s, r, imm_n(1, lane));
}
