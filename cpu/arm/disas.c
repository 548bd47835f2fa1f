// SPDX-License-Identifier: MIT
// Disassembler of A64: the general instructions.  Arm ARM DDI 0487K.a; the syntax is that of
// GNU objdump, without its comments.  The texts themselves are in a64.decode.
#include "cpu/arm/disas.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpu/arm/disas_simd.h"
#include "cpu/arm/internal.h"
#include "util/bits.h"

PRINTF(2, 3) static void put(A64Out *o, const char *fmt, ...)
{
    va_list ap;
    bool room = o->len < o->size;
    va_start(ap, fmt);
    int n = vsnprintf(room ? o->buf + o->len : NULL, room ? o->size - o->len : 0, fmt, ap);
    va_end(ap);
    if (n > 0)
        o->len += (size_t)n;
}

void dis_str(A64Out *o, const char *s)
{
    put(o, "%s", s);
}

void dis_num(A64Out *o, int v)
{
    put(o, "%d", v);
}

void dis_hex(A64Out *o, u64 v)
{
    put(o, "#0x%" PRIx64, v);
}

// -- Registers -----------------------------------------------------------------------------

void dis_reg(A64Out *o, int n, bool wide, bool sp)
{
    if (n < 31)
        put(o, "%c%d", wide ? 'x' : 'w', n);
    else if (sp)
        put(o, wide ? "sp" : "wsp");
    else
        put(o, wide ? "xzr" : "wzr");
}

void dis_vreg(A64Out *o, char kind, int n)
{
    put(o, "%c%d", kind, n);
}

void dis_shift(A64Out *o, int type, int amount)
{
    static const char names[4][4] = { "lsl", "lsr", "asr", "ror" };
    if (type || amount)
        put(o, ", %s #%d", names[type & 3], amount);
}

static const char extend_names[8][5] = {
    "uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx",
};

// `sp`: one of the other registers is the stack pointer, which makes LSL the preferred name of
// the extension that does nothing (C6.2.3).
void dis_extreg(A64Out *o, int sf, int rm, int option, int amount, bool sp)
{
    dis_reg(o, rm, sf && (option & 3) == 3, false);
    if (sp && option == (sf ? 3 : 2)) {
        dis_shift(o, 0, amount);
        return;
    }
    put(o, ", %s", extend_names[option & 7]);
    if (amount)
        put(o, " #%d", amount);
}

// -- Immediates ----------------------------------------------------------------------------

void dis_label(A64Out *o, int offset)
{
    put(o, "0x%" PRIx64, o->pc + (u64)(i64)offset);
}

void dis_page(A64Out *o, int pages)
{
    put(o, "0x%" PRIx64, (o->pc & ~(u64)0xfff) + ((u64)(i64)pages << 12));
}

void dis_cond(A64Out *o, int cond)
{
    static const char names[16][3] = {
        "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
        "hi", "ls", "ge", "lt", "gt", "le", "al", "nv",
    };
    dis_str(o, names[cond & 15]);
}

// DecodeBitMasks (J1), for an encoding that its row has found valid.
void dis_bitmask(A64Out *o, int sf, int n, int immr, int imms)
{
    unsigned len = n ? 6 : 5;
    while (len && !n && !(~imms & 1 << len))
        len--;
    unsigned esize = 1u << len, s = (unsigned)imms & (esize - 1), r = (unsigned)immr & (esize - 1);
    u64 elem = mask64(s + 1), v = r ? elem >> r | elem << (esize - r) : elem;
    v &= mask64(esize);
    for (; esize < 64; esize *= 2)
        v |= v << esize;
    dis_hex(o, sf ? v : (u32)v);
}

// The value of an ORR (immediate) is one of MOVZ or MOVN, which then have the name MOV.
// DEVIATION: MoveWidePreferred (J1) misses some MOVNs; assemblers go by the value.
static bool is_movw(int sf, int n, int immr, int imms)
{
    if (sf ? !n : n || imms > 31)
        return false;
    if (imms < 16)
        return (-immr & 15) <= 15 - imms;
    return imms >= width(sf) - 17 && (immr & 15) <= imms - (width(sf) - 17);
}

void dis_movw(A64Out *o, int sf, int hw, int imm, bool inverted)
{
    u64 v = (u64)imm << 16 * hw;
    v = inverted ? ~v : v;
    dis_hex(o, sf ? v : (u32)v);
}

// -- Memory --------------------------------------------------------------------------------

void dis_bh(A64Out *o, int size)
{
    dis_str(o, size == 0 ? "b" : size == 1 ? "h" : "");
}

void dis_bhwx(A64Out *o, int size)
{
    put(o, "%c", "bhwx"[size & 3]);
}

void dis_mem(A64Out *o, int rn, int idx, int offset)
{
    dis_str(o, "[");
    dis_reg(o, rn, true, true);
    if (idx == 1)
        put(o, "], #%d", offset);
    else if (idx == 3)
        put(o, ", #%d]!", offset);
    else if (offset)
        put(o, ", #%d]", offset);
    else
        dis_str(o, "]");
}

void dis_memreg(A64Out *o, int rn, int rm, int option, int s, int shift)
{
    dis_str(o, "[");
    dis_reg(o, rn, true, true);
    dis_str(o, ", ");
    dis_reg(o, rm, option & 1, false);
    if (option != 3 || s)
        put(o, ", %s", option == 3 ? "lsl" : extend_names[option & 7]);
    if (s)
        put(o, " #%d", shift);
    dis_str(o, "]");
}

void dis_ldst(A64Out *o, char mode, int size, int opc)
{
    put(o, "%s%sr%s", opc ? "ld" : "st", mode == 'u' ? "u" : mode == 't' ? "t" : "",
        opc > 1 ? "s" : "");
    dis_bh(o, size);
    if (opc == 2 && size == 2)
        dis_str(o, "w");
}

void dis_atomic(A64Out *o, int op)
{
    static const char names[8][5] = { "add", "clr", "eor", "set", "smax", "smin", "umax", "umin" };
    dis_str(o, names[op & 7]);
}

void dis_prfop(A64Out *o, int op)
{
    static const char types[3][4] = { "pld", "pli", "pst" };
    if (op >= 24 || (op & 7) >= 6)
        put(o, "#0x%02x", (unsigned)op);
    else
        put(o, "%sl%d%s", types[op >> 3], (op >> 1 & 3) + 1, op & 1 ? "strm" : "keep");
}

// -- System --------------------------------------------------------------------------------

void dis_barrier(A64Out *o, int crm)
{
    static const char names[16][6] = {
        "", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh",
        "", "ishld", "ishst", "ish", "", "ld", "st", "sy",
    };
    if (*names[crm & 15])
        dis_str(o, names[crm & 15]);
    else
        put(o, "#0x%02x", (unsigned)crm);
}

void dis_sysreg(A64Out *o, int op0, int op1, int crn, int crm, int op2)
{
    const char *name = arm_sysreg_name(ARM_KEY(op0, op1, crn, crm, op2));
    if (!name)
        put(o, "s%d_%d_c%d_c%d_%d", op0, op1, crn, crm, op2);
    for (; name && *name; name++)
        put(o, "%c", tolower((unsigned char)*name));
}

// C5.3 to C5.5: op1, CRn, CRm, op2 of the system instructions that have names of their own; a
// name with a trailing blank takes no register.
typedef struct {
    u8 op1, crn, crm, op2;
    char name[16];
} SysOp;

static const SysOp sys_ops[] = {
    { 0, 7, 1, 0, "ic ialluis " },   { 0, 7, 5, 0, "ic iallu " },     { 3, 7, 5, 1, "ic ivau" },
    { 0, 7, 6, 1, "dc ivac" },      { 0, 7, 6, 2, "dc isw" },       { 0, 7, 10, 2, "dc csw" },
    { 0, 7, 14, 2, "dc cisw" },     { 3, 7, 4, 1, "dc zva" },       { 3, 7, 10, 1, "dc cvac" },
    { 3, 7, 11, 1, "dc cvau" },     { 3, 7, 12, 1, "dc cvap" },     { 3, 7, 14, 1, "dc civac" },
    { 0, 7, 8, 0, "at s1e1r" },     { 0, 7, 8, 1, "at s1e1w" },     { 0, 7, 8, 2, "at s1e0r" },
    { 0, 7, 8, 3, "at s1e0w" },     { 0, 7, 9, 0, "at s1e1rp" },    { 0, 7, 9, 1, "at s1e1wp" },
    { 4, 7, 8, 0, "at s1e2r" },     { 4, 7, 8, 1, "at s1e2w" },     { 4, 7, 8, 4, "at s12e1r" },
    { 4, 7, 8, 5, "at s12e1w" },    { 4, 7, 8, 6, "at s12e0r" },    { 4, 7, 8, 7, "at s12e0w" },
    { 6, 7, 8, 0, "at s1e3r" },     { 6, 7, 8, 1, "at s1e3w" },
};

// TLBI by op1 and op2; CRm is 7, 3 for "is" (inner shareable), 1 for "os".
static const SysOp tlbi_ops[] = {
    { 0, 8, 7, 0, "vmalle1 " },      { 0, 8, 7, 1, "vae1" },         { 0, 8, 7, 2, "aside1" },
    { 0, 8, 7, 3, "vaae1" },        { 0, 8, 7, 5, "vale1" },        { 0, 8, 7, 7, "vaale1" },
    { 4, 8, 7, 0, "alle2 " },        { 4, 8, 7, 1, "vae2" },         { 4, 8, 7, 4, "alle1 " },
    { 4, 8, 7, 5, "vale2" },        { 4, 8, 7, 6, "vmalls12e1 " },   { 6, 8, 7, 0, "alle3 " },
    { 6, 8, 7, 1, "vae3" },         { 6, 8, 7, 5, "vale3" },
};

static const SysOp *sysop_find(const SysOp *ops, size_t n, int op1, int crn, int crm, int op2)
{
    for (size_t i = 0; i < n; i++)
        if (ops[i].op1 == op1 && ops[i].crn == crn && ops[i].crm == crm && ops[i].op2 == op2)
            return &ops[i];
    return NULL;
}

// TLBI IPAS2(L)E1(IS): CRm is 4, 0 for "is".
static const char *tlbi_ipa(int op1, int crm, int op2)
{
    if (op1 != 4 || (crm != 0 && crm != 4) || (op2 != 1 && op2 != 5))
        return NULL;
    return op2 == 1 ? (crm ? "ipas2e1" : "ipas2e1is") : crm ? "ipas2le1" : "ipas2le1is";
}

// True if it takes a register.
static bool put_sysop(A64Out *o, const char *group, const char *name, const char *suffix)
{
    size_t n = strlen(name);
    bool arg = name[n - 1] != ' ';
    put(o, "%s%.*s%s", group, (int)(n - !arg), name, suffix);
    return arg;
}

void dis_sysop(A64Out *o, int op1, int crn, int crm, int op2, int rt)
{
    const SysOp *op = sysop_find(sys_ops, ARRAY_LEN(sys_ops), op1, crn, crm, op2);
    const char *ipa = crn == 8 ? tlbi_ipa(op1, crm, op2) : NULL;
    const char *suffix = crm == 3 ? "is" : crm == 1 ? "os" : "";
    bool arg = rt != 31;
    if (op) {
        arg = put_sysop(o, "", op->name, "") || arg;
    } else if (ipa) {
        arg = put_sysop(o, "tlbi ", ipa, "");
    } else if (crn == 8 && (crm == 7 || *suffix) &&
               (op = sysop_find(tlbi_ops, ARRAY_LEN(tlbi_ops), op1, crn, 7, op2))) {
        arg = put_sysop(o, "tlbi ", op->name, suffix) || arg;
    } else {
        put(o, "sys #%d, C%d, C%d, #%d", op1, crn, crm, op2);
    }
    if (arg) {
        dis_str(o, ", ");
        dis_reg(o, rt, true, false);
    }
}

// -- The table -----------------------------------------------------------------------------

#define A64_DECLS
#include "gen/cpu/arm/a64_decode.inc"
#define A64_ROWS
#include "gen/cpu/arm/a64_decode.inc"
#define A64_DISAS
#include "gen/cpu/arm/a64_decode.inc"

int a64_disas(u64 pc, u32 insn, char *buf, size_t n)
{
    A64Out o = { .buf = buf, .size = n, .pc = pc };
    int row = a64_lookup(insn);
    if (n)
        *buf = 0;
    if (row < 0)
        put(&o, ".inst 0x%08" PRIx32, insn);
    else
        a64_dis[row](&o, insn);
    return (int)o.len;
}
