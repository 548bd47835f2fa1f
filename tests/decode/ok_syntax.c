// SPDX-License-Identifier: MIT
// Runs what decodegen makes of ok_syntax.decode.
#include <stdio.h>
#include <string.h>

#include "util/types.h"

typedef struct {
    const char *name;
    long v[4];
    bool red, blue;
} Ctx;

typedef struct {
    char text[200];
    u32 pc;
} OK_SYNTAXOut;

#define OK_SYNTAX_DECLS
#include "ok_syntax.inc"

static bool ok_syntax_feature(const Ctx *t, int feature)
{
    return feature == OK_SYNTAX_FEAT_red ? t->red : t->blue;
}

#define TRANS(row, fmt, a0, a1, a2, a3)                             \
    bool trans_##row(Ctx *t, const ok_syntax_##fmt *a)              \
    {                                                               \
        (void)a;                                                    \
        t->name = #row;                                             \
        t->v[0] = a0, t->v[1] = a1, t->v[2] = a2, t->v[3] = a3;     \
        return true;                                                \
    }

TRANS(add, imm, a->imm, a->op, a->rd, a->neg)
TRANS(sub, imm, a->imm, a->op, a->hi, a->lo)
TRANS(over, imm, a->imm, a->op, a->sf, 0)
TRANS(unsigned, unsigned, a->a, a->b, a->c, a->v)
TRANS(text, text, a->rd, 0, 0, 0)
TRANS(tern, tern, a->rd, a->size, a->n, a->sf)
TRANS(escaped, escaped, a->n, 0, 0, 0)
TRANS(plain, none, a->insn, 0, 0, 0)
TRANS(deep3, none, 0, 0, 0, 0)
TRANS(deep0, none, 0, 0, 0, 0)
TRANS(deep2, deep2, a->n, 0, 0, 0)
TRANS(deep1, deep1, a->n, a->n2, 0, 0)
TRANS(where2, whered, a->n, a->m, 0, 0)
TRANS(f0, f0, a->n, 0, 0, 0)
TRANS(f1, none, 0, 0, 0, 0)
TRANS(f2, none, 0, 0, 0, 0)
TRANS(f3, none, 0, 0, 0, 0)
TRANS(two, two, a->x, 0, 0, 0)

static void add_text(OK_SYNTAXOut *o, const char *s)
{
    size_t n = strlen(o->text);
    snprintf(o->text + n, sizeof o->text - n, "%s", s);
}

static void add_number(OK_SYNTAXOut *o, const char *fmt, int v)
{
    char s[40];
    snprintf(s, sizeof s, fmt, v);
    add_text(o, s);
}

static void dis_str(OK_SYNTAXOut *o, const char *s)   { add_text(o, s); }
static void dis_num(OK_SYNTAXOut *o, int v)           { add_number(o, "%d", v); }
static void dis_hex(OK_SYNTAXOut *o, u32 v)           { add_number(o, "%#x", (int)v); }
static void dis_ch(OK_SYNTAXOut *o, int c)            { add_number(o, "%c", c); }
static void dis_add(OK_SYNTAXOut *o, int a, int b)    { add_number(o, "%d", a + b); }
static void dis_vreg(OK_SYNTAXOut *o, char k, int n)  { dis_ch(o, k); dis_num(o, n); }
static int twice(int n)                               { return 2 * n; }

static void dis_reg(OK_SYNTAXOut *o, int n, bool wide, bool sp)
{
    add_number(o, wide ? sp ? "X%d" : "x%d" : sp ? "W%d" : "w%d", n);
}

#define OK_SYNTAX_ROWS
#include "ok_syntax.inc"
#define OK_SYNTAX_DECODER
#include "ok_syntax.inc"
#define OK_SYNTAX_DISAS
#include "ok_syntax.inc"

static int failures;

static void check_fields(u32 insn, Ctx t, const char *name, long a, long b, long c, long d)
{
    bool ok = ok_syntax_decode(&t, insn);
    const long want[4] = { a, b, c, d };
    if (ok && name && !strcmp(t.name, name) && !memcmp(t.v, want, sizeof want))
        return;
    if (!ok && !name)
        return;
    printf("%08x: %s %ld %ld %ld %ld, not %s\n", insn, ok ? t.name : "none", t.v[0], t.v[1],
           t.v[2], t.v[3], name ? name : "none");
    failures++;
}

static void check_text(u32 insn, const char *want)
{
    OK_SYNTAXOut o = { .pc = 0x1000 };
    int row = ok_syntax_lookup(insn);
    if (row >= 0)
        ok_syntax_dis[row](&o, insn);
    if (!strcmp(o.text, want))
        return;
    printf("%08x: '%s', not '%s'\n", insn, o.text, want);
    failures++;
}

// Rows by linear search, without conditions, against the tree.
static void check_tree(u32 insn)
{
    int best = -1, got = ok_syntax_lookup(insn);
    for (int i = 0; i < OK_SYNTAX_ROW_COUNT; i++) {
        const OK_SYNTAXRow *r = &ok_syntax_rows[i];
        if ((insn & r->mask) == r->value &&
            (best < 0 ||
             __builtin_popcount(r->mask) > __builtin_popcount(ok_syntax_rows[best].mask)))
            best = i;
    }
    while (best >= 0 && best != got)
        best = ok_syntax_rows[best].general;
    if (best == got)
        return;
    printf("%08x: row %d\n", insn, got);
    failures++;
}

int main(void)
{
    const Ctx none = { 0 }, red = { .red = true }, blue = { .blue = true };
    const Ctx both = { .red = true, .blue = true };
    check_fields(0x01900050, none, "add", -0x70, 7, 5, -1);
    check_fields(0x827f0000, none, "sub", 0x7f, 3, 7, 15);
    check_fields(0x83fe5000, none, "over", -2, 5, 1, 0);
    check_fields(0x04112233, none, "unsigned", 0x11, 0x22, 0x33, 0x2211);
    check_fields(0x08abcdef, none, "plain", 0x08abcdef, 0, 0, 0);
    check_fields(0x09000000, none, NULL, 0, 0, 0, 0);
    check_fields(0x10000000, none, "deep0", 0, 0, 0, 0);
    check_fields(0x1c500000, none, "deep1", 0, 5, 0, 0);
    check_fields(0x1f500000, none, "deep2", 5, 0, 0, 0);
    check_fields(0x1f600000, none, "deep1", 3, 6, 0, 0);
    check_fields(0x1ff00000, none, "deep3", 0, 0, 0, 0);
    check_fields(0x23300000, none, "where2", 3, 3, 0, 0);
    check_fields(0x22300000, none, NULL, 0, 0, 0, 0);
    check_fields(0x23200000, none, NULL, 0, 0, 0, 0);
    check_fields(0x31000000, both, "f2", 0, 0, 0, 0);
    check_fields(0x31000000, red, "f1", 0, 0, 0, 0);
    check_fields(0x31000000, blue, NULL, 0, 0, 0, 0);
    check_fields(0x30000000, blue, "f0", 0, 0, 0, 0);
    check_fields(0x33000000, none, "f0", 3, 0, 0, 0);
    check_fields(0x33000000, blue, "f3", 0, 0, 0, 0);
    check_fields(0x43000000, none, "two", 3, 0, 0, 0);
    check_fields(0x42000000, none, NULL, 0, 0, 0, 0);
    check_text(0x05070000, "mov x7, #7");
    check_text(0x0607c200, "t w7 X7 w7 d7 many, {0x4}");
    check_text(0x06074301, "t x7 W7 w7 d7 many!, {0x6}");
    check_text(0x06070101, "t x7 W7 w7 d7 one, {0x2}");
    check_text(0x06070902, "nine 10 0x1000 0x2 n");
    check_text(0x06070800, "eight");
    check_text(0x07000001, "a | \\ x|y}");
    check_text(0x07000000, "a | \\ z");
    check_text(0x08000000, "plain");
    for (u32 i = 0; i < 1u << 20; i++)
        check_tree(i * 2654435761u & (i & 1 ? ~0u : 0x7fffffff));
    return failures != 0;
}
