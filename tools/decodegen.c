// SPDX-License-Identifier: MIT
// decodegen: turns an instruction table (cpu/arm/a64.decode) into C.  Host program, libc only.
//
//   decodegen INPUT OUTPUT
//
// The table.  One logical line per entry; a line that starts with a blank continues the one
// before; '#' outside a string starts a comment.
//
//   @fmt  BITS [name=VALUE ...] [where (EXPR)]                                     a format
//   pat   BITS [@fmt] ["TEXT"] [if FEATURE,...] [name=VALUE ...] [where (EXPR)]    a pattern
//         [| (EXPR) "TEXT"] ...                                      its aliases, tried first
//
//   BITS   32 of 0, 1, '.', with named fields name:LEN (unsigned) and name:sLEN (signed).
//          A pattern lays its bits over its format's; '.' takes the format's.  Fixed bits that
//          differ are an error; a bit that stays '.' in both is ignored by the decoder.
//   name=VALUE   a constant, or a:b:c, earlier fields of this line joined (signed if a is).
//          A format's constant is a default that its patterns may override, by another constant
//          or by an inline field: all patterns of a format fill the same struct.
//   where  the row holds only if EXPR (C, on fields) is true; otherwise the next more general
//          row is tried.  A format's condition applies to all of its patterns.
//   if     features that the CPU must have, else the next more general row is tried.
//   Two rows that overlap are an error, unless the fixed bits of one are a strict superset of
//   the other's: the specific row beats the general one.  A pattern name may be repeated (one
//   handler, several encodings) if its format is the same.
//
//   TEXT   assembler text: literal, and directives in braces (\{ \} \| \\ are literal)
//     {Rd} {Td} {Xd} {Wd} general register from field rd, 31 is zr; R is X or W by field sf,
//                         T by field size (3 is X)
//     {Rd|sp}             the same, 31 is sp
//     {Bd} ... {Qd} {Vd}  FP/SIMD register from field rd
//     {name}              the field in decimal
//     {word:EXPR,...}     calls dis_word(o, EXPR, ...), a function of the disassembler
//     {?EXPR:text|text}   conditional text; the second half may be missing
//   EXPR is C of ints; names are fields; in TEXT also `pc`, `insn`, functions and 'c'.
//
// The output has one prefix, taken from the name of the input ("a64"), and sections chosen by the
// includer with a macro, which the section undefines:
//   A64_DECLS    struct a64_FMT, feature enum, row type, prototypes of trans_PAT (needs Ctx)
//   A64_ROWS     the row table a64_rows[] and int a64_lookup(u32 insn)
//   A64_DECODER  bool a64_decode(Ctx *t, u32 insn); needs a64_feature(t, A64_FEAT_x)
//   A64_DISAS    static a64_dis[]: one function per row; needs A64Out and the dis_ functions
// A handler gets its fields by pointer and returns false for an encoding that is UNDEFINED.
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint32_t u32;
typedef uint64_t u64;

enum { MAX_FIELDS = 16, MAX_PIECES = 4, MAX_ALTS = 24, MAX_FEATS = 4, MAX_LINE = 8192 };

typedef enum { BITS, CONST, JOIN } FieldKind;

typedef struct {
    const char *name;
    FieldKind kind;
    int pos, len;                       // BITS
    bool sign;                          // BITS and JOIN
    int value;                          // CONST
    int piece[MAX_PIECES], npiece;      // JOIN: indices of BITS fields of the same format
} Field;

typedef struct {
    const char *name;
    int line, nfield, nwhere;
    u32 mask, value, named;             // fixed bits, their values, bits of named fields
    Field field[MAX_FIELDS];
    const char *where[2];
} Format;

typedef struct {
    const char *cond, *text;            // cond is NULL for the plain text, which comes last
} Alt;

typedef struct {
    Format f;                           // merged with its format
    const char *fmt;                    // name of the struct
    Alt alt[MAX_ALTS];
    int nalt;
    const char *text;
    const char *feat[MAX_FEATS];
    int nfeat;
    int general;                        // the next more general row, or -1
} Pattern;

typedef struct {
    const char *path;
    char prefix[32], upper[32];
    Format *fmt;
    int nfmt;
    Pattern *pat;
    int npat;
    const char **feat;
    int nfeat;
} Table;

typedef struct {
    Table *t;
    char *p;                            // rest of the logical line
    int line;
} Parser;

// -- Errors and memory ---------------------------------------------------------------------------

__attribute__((noreturn, format(printf, 3, 4)))
static void die(const Table *t, int line, const char *fmt, ...)
{
    va_list ap;
    if (line)
        fprintf(stderr, "%s:%d: error: ", t->path, line);
    else
        fprintf(stderr, "decodegen: ");
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(1);
}

static void *grow(void *old, int n, size_t size)
{
    void *p = old;
    if ((n & (n - 1)) == 0)
        p = realloc(old, (n ? 2 * (size_t)n : 1) * size);
    if (!p) {
        perror("decodegen");
        exit(1);
    }
    return p;
}

static char *copy(const char *s, size_t n)
{
    char *p = grow(NULL, 0, n + 1);
    memcpy(p, s, n);
    p[n] = 0;
    return p;
}

static bool is_word(int c)
{
    return isalnum(c) || c == '_';
}

static size_t word_len(const char *s)
{
    size_t n = 0;
    while (is_word((unsigned char)s[n]))
        n++;
    return n;
}

static const Field *field_find(const Format *f, const char *name, size_t n)
{
    for (int i = 0; i < f->nfield; i++)
        if (strlen(f->field[i].name) == n && !memcmp(f->field[i].name, name, n))
            return &f->field[i];
    return NULL;
}

// -- Reading the table ---------------------------------------------------------------------------

// The next blank-separated token, a string or a parenthesised expression, without its delimiters.
// *kind is 'w' (word), 's' (string), 'e' (expression) or 0 at the end of the line.
static char *token(Parser *ps, char *kind)
{
    while (isspace((unsigned char)*ps->p))
        ps->p++;
    char *s = ps->p;
    *kind = *s == 0 ? 0 : *s == '"' ? 's' : *s == '(' ? 'e' : 'w';
    if (!*kind)
        return NULL;
    if (*kind == 'w') {
        while (*ps->p && !isspace((unsigned char)*ps->p))
            ps->p++;
        return copy(s, (size_t)(ps->p - s));
    }
    int depth = 0;
    do {
        if (*kind == 's' ? *ps->p == '"' : *ps->p == '(')
            depth++;
        else if (*kind == 'e' && *ps->p == ')')
            depth -= 2 - (depth > 0);
        ps->p++;
    } while (*ps->p && (*kind == 's' ? depth < 2 : depth > 0));
    if (*kind == 's' ? depth < 2 : depth)
        die(ps->t, ps->line, *kind == 's' ? "unterminated string" : "unbalanced parentheses");
    return copy(s + 1, (size_t)(ps->p - s) - 2);
}

static char *token_expect(Parser *ps, char want, const char *what)
{
    char kind, *s = token(ps, &kind);
    if (kind != want)
        die(ps->t, ps->line, "%s expected", what);
    return s;
}

static Field *field_add(Parser *ps, Format *f, const char *name, size_t n)
{
    if (!n || !isalpha((unsigned char)*name))
        die(ps->t, ps->line, "bad field name '%s'", name);
    if (field_find(f, name, n))
        die(ps->t, ps->line, "field '%.*s' appears twice", (int)n, name);
    if (f->nfield == MAX_FIELDS)
        die(ps->t, ps->line, "more than %d fields", MAX_FIELDS);
    Field *fd = &f->field[f->nfield++];
    *fd = (Field){ .name = copy(name, n) };
    return fd;
}

// One token of the bit string; *pos counts the bits that are left.
static void parse_bits(Parser *ps, Format *f, const char *s, int *pos)
{
    const char *colon = strchr(s, ':');
    if (colon) {
        bool sign = colon[1] == 's';
        char *end;
        long len = strtol(colon + 1 + sign, &end, 10);
        if (*end || len < 1 || len > 31)
            die(ps->t, ps->line, "bad field '%s'", s);
        if (len > *pos)
            die(ps->t, ps->line, "more than 32 bits at '%s'", s);
        Field *fd = field_add(ps, f, s, (size_t)(colon - s));
        *pos -= (int)len;
        fd->pos = *pos;
        fd->len = (int)len;
        fd->sign = sign;
        f->named |= ((1u << len) - 1) << *pos;
        return;
    }
    for (; *s; s++) {
        if (*s != '0' && *s != '1' && *s != '.')
            die(ps->t, ps->line, "bad bit '%c' in '%s'", *s, s);
        if (--*pos < 0)
            die(ps->t, ps->line, "more than 32 bits at '%s'", s);
        f->mask |= (u32)(*s != '.') << *pos;
        f->value |= (u32)(*s == '1') << *pos;
    }
}

// name=VALUE.  The pieces of a joined field are looked up in `from`, the format it will end in.
static void parse_extra(Parser *ps, Format *f, const Format *from, const char *s)
{
    const char *eq = strchr(s, '='), *v = eq + 1;
    char *end;
    Field *fd = field_add(ps, f, s, (size_t)(eq - s));
    if (!isalpha((unsigned char)*v)) {
        long n = strtol(v, &end, 0);
        if (!*v || *end || n < INT32_MIN || n > INT32_MAX)
            die(ps->t, ps->line, "bad value '%s'", s);
        fd->kind = CONST;
        fd->value = (int)n;
        fd->sign = n < 0;
        return;
    }
    fd->kind = JOIN;
    for (;;) {
        size_t n = word_len(v);
        const Field *p = field_find(from, v, n);
        if (!p || p->kind != BITS || p == fd)
            die(ps->t, ps->line, "'%.*s' is no field of bits", (int)n, v);
        if (fd->npiece == MAX_PIECES || fd->len + p->len > 31)
            die(ps->t, ps->line, "joined field '%s' is too long", fd->name);
        fd->sign |= p->sign && fd->npiece == 0;
        fd->piece[fd->npiece++] = (int)(p - from->field);
        fd->len += p->len;
        if (!v[n])
            return;
        if (v[n] != ':')
            die(ps->t, ps->line, "bad value '%s'", s);
        v += n + 1;
    }
}

static const Format *format_find(const Table *t, const char *name)
{
    for (int i = 0; i < t->nfmt; i++)
        if (!strcmp(t->fmt[i].name, name))
            return &t->fmt[i];
    return NULL;
}

static void parse_format(Parser *ps, const char *name)
{
    Table *t = ps->t;
    Format f = { .name = name, .line = ps->line };
    int pos = 32;
    char kind, *s;
    if (!*name || name[word_len(name)])
        die(t, ps->line, "bad format name '@%s'", name);
    const Format *old = format_find(t, name);
    if (old)
        die(t, ps->line, "format @%s is already defined at line %d", name, old->line);
    while ((s = token(ps, &kind))) {
        if (kind == 'w' && !strcmp(s, "where"))
            f.where[f.nwhere++ ? 1 : 0] = token_expect(ps, 'e', "(condition) after 'where'");
        else if (kind != 'w')
            die(t, ps->line, "unexpected '%s' in a format", s);
        else if (strchr(s, '='))
            parse_extra(ps, &f, &f, s);
        else
            parse_bits(ps, &f, s, &pos);
        if (f.nwhere > 1)
            die(t, ps->line, "second 'where'");
    }
    if (pos)
        die(t, ps->line, "format @%s has %d bits, not 32", name, 32 - pos);
    t->fmt = grow(t->fmt, t->nfmt, sizeof *t->fmt);
    t->fmt[t->nfmt++] = f;
}

// Lays the pattern's own bits and fields over its format's.
static void pattern_merge(Parser *ps, Pattern *pt, const Format *fmt, const Format *own)
{
    Format *f = &pt->f;
    u32 clash = own->mask & fmt->mask & (own->value ^ fmt->value);
    if (clash)
        die(ps->t, ps->line, "fixed bits %#x of '%s' differ from those of format @%s (line %d)",
            clash, own->name, fmt->name, fmt->line);
    if (own->named & (fmt->named | fmt->mask))
        die(ps->t, ps->line, "a field of '%s' lies over bits of format @%s (line %d)",
            own->name, fmt->name, fmt->line);
    *f = *fmt;
    f->name = own->name;
    f->line = own->line;
    f->mask |= own->mask;
    f->value |= own->value;
    f->named |= own->named;
    for (int i = 0; i < own->nfield; i++) {
        const Field *o = &own->field[i];
        Field *d = (Field *)field_find(f, o->name, strlen(o->name));
        if (!d)
            die(ps->t, ps->line, "format @%s has no field '%s'", fmt->name, o->name);
        if (d->kind != CONST || d->sign != o->sign)
            die(ps->t, ps->line, "field '%s' of format @%s cannot be overridden", o->name,
                fmt->name);
        *d = *o;
    }
    for (int i = 0; i < own->nwhere; i++)
        f->where[f->nwhere++] = own->where[i];
}

static void parse_features(Parser *ps, Pattern *pt)
{
    char *s = token_expect(ps, 'w', "feature after 'if'");
    char *save;
    for (char *p = strtok_r(s, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
        Table *t = ps->t;
        int i = 0;
        if (p[word_len(p)] || !isalpha((unsigned char)*p) || pt->nfeat == MAX_FEATS)
            die(t, ps->line, "bad feature list at '%s'", p);
        while (i < t->nfeat && strcmp(t->feat[i], p))
            i++;
        if (i == t->nfeat) {
            t->feat = grow(t->feat, t->nfeat, sizeof *t->feat);
            t->feat[t->nfeat++] = p;
        }
        pt->feat[pt->nfeat++] = t->feat[i];
    }
}

// A keyword or format reference of a pattern; false if `s` is none.
static bool parse_clause(Parser *ps, Pattern *pt, Format *own, const Format **fmt, const char *s)
{
    if (*s == '@') {
        if (*fmt)
            die(ps->t, ps->line, "second format %s", s);
        *fmt = format_find(ps->t, s + 1);
        if (!*fmt)
            die(ps->t, ps->line, "unknown format %s", s);
    } else if (!strcmp(s, "if")) {
        parse_features(ps, pt);
    } else if (!strcmp(s, "where")) {
        if (own->nwhere)
            die(ps->t, ps->line, "second 'where'");
        own->where[own->nwhere++] = token_expect(ps, 'e', "(condition) after 'where'");
    } else if (!strcmp(s, "|")) {
        if (pt->nalt == MAX_ALTS)
            die(ps->t, ps->line, "more than %d aliases", MAX_ALTS);
        Alt *a = &pt->alt[pt->nalt++];
        a->cond = token_expect(ps, 'e', "(condition) after '|'");
        a->text = token_expect(ps, 's', "\"text\" of the alias");
    } else {
        return false;
    }
    return true;
}

static void pattern_add(Parser *ps, const Pattern *pt)
{
    Table *t = ps->t;
    for (int i = 0; i < t->npat; i++)
        if (!strcmp(t->pat[i].f.name, pt->f.name) &&
            (strcmp(t->pat[i].fmt, pt->fmt) || pt->fmt == pt->f.name))
            die(t, ps->line, "'%s' is already defined at line %d%s", pt->f.name,
                t->pat[i].f.line, pt->fmt == pt->f.name ? "" : " with another format");
    t->pat = grow(t->pat, t->npat, sizeof *t->pat);
    t->pat[t->npat++] = *pt;
}

static void parse_pattern(Parser *ps, const char *name)
{
    Pattern pt = { .general = -1 };
    Format own = { .name = name, .line = ps->line };
    const Format *fmt = NULL;
    char kind, *s;
    const char *extra[MAX_FIELDS];
    int pos = 32, nextra = 0;
    if (name[word_len(name)] || !isalpha((unsigned char)*name))
        die(ps->t, ps->line, "bad pattern name '%s'", name);
    while ((s = token(ps, &kind))) {
        if (kind == 's' && !pt.text)
            pt.text = s;
        else if (kind != 'w')
            die(ps->t, ps->line, "unexpected %s", kind == 's' ? "string" : "expression");
        else if (parse_clause(ps, &pt, &own, &fmt, s))
            continue;
        else if (strchr(s, '=') && nextra < MAX_FIELDS)
            extra[nextra++] = s;
        else
            parse_bits(ps, &own, s, &pos);
    }
    if (pos)
        die(ps->t, ps->line, "pattern '%s' has %d bits, not 32", name, 32 - pos);
    for (int i = 0; i < nextra; i++)
        parse_extra(ps, &own, fmt ? fmt : &own, extra[i]);
    if (fmt)
        pattern_merge(ps, &pt, fmt, &own);
    else
        pt.f = own;
    pt.fmt = fmt ? fmt->name : own.nfield ? name : "none";
    pattern_add(ps, &pt);
}

// Cuts a comment and trailing blanks; a '#' inside a string stays.
static void strip(char *s)
{
    bool quoted = false;
    size_t n = 0;
    for (; s[n] && (quoted || s[n] != '#'); n++)
        quoted ^= s[n] == '"';
    while (n && isspace((unsigned char)s[n - 1]))
        n--;
    s[n] = 0;
}

static void parse_line(Table *t, char *text, int line)
{
    Parser ps = { .t = t, .p = text, .line = line };
    char kind, *s = token(&ps, &kind);
    if (!s)
        return;
    if (kind != 'w')
        die(t, line, "name expected");
    if (*s == '@')
        parse_format(&ps, s + 1);
    else
        parse_pattern(&ps, s);
}

static void table_read(Table *t, FILE *in)
{
    char raw[1024], text[MAX_LINE] = "";
    int line = 0, start = 0;
    size_t len = 0;
    while (fgets(raw, sizeof raw, in)) {
        line++;
        if (!strchr(raw, '\n') && !feof(in))
            die(t, line, "line too long");
        bool more = isspace((unsigned char)*raw);
        strip(raw);
        if (!*raw)
            continue;
        if (more && !len)
            die(t, line, "continuation of nothing");
        if (!more) {
            parse_line(t, text, start);
            len = 0;
            start = line;
        }
        if (len + strlen(raw) + 1 > sizeof text)
            die(t, start, "entry too long");
        len += (size_t)snprintf(text + len, sizeof text - len, "%s", raw);
    }
    if (ferror(in))
        die(t, 0, "cannot read %s: %s", t->path, strerror(errno));
    parse_line(t, text, start);
}

// -- Checks --------------------------------------------------------------------------------------

static bool overlap(const Format *a, const Format *b)
{
    return !(a->mask & b->mask & (a->value ^ b->value));
}

static bool is_specific(const Format *a, const Format *b)
{
    return a->mask != b->mask && (a->mask & b->mask) == b->mask;
}

// Overlapping rows must nest.  The rows above a row then form a chain; `general` is its first.
static void check_overlap(Table *t)
{
    for (int i = 0; i < t->npat; i++) {
        for (int j = 0; j < t->npat; j++) {
            Pattern *a = &t->pat[i];
            const Pattern *b = &t->pat[j];
            if (i == j || !overlap(&a->f, &b->f))
                continue;
            if (!is_specific(&a->f, &b->f) && !is_specific(&b->f, &a->f))
                die(t, i > j ? a->f.line : b->f.line, "'%s' overlaps '%s' of line %d",
                    i > j ? a->f.name : b->f.name, i > j ? b->f.name : a->f.name,
                    i > j ? b->f.line : a->f.line);
            if (is_specific(&a->f, &b->f) &&
                (a->general < 0 || is_specific(&b->f, &t->pat[a->general].f)))
                a->general = j;
        }
    }
}

// -- Expressions and templates -------------------------------------------------------------------

static void emit_bits(FILE *o, const Field *fd)
{
    if (fd->sign)
        fprintf(o, "((int)(insn << %d) >> %d)", 32 - fd->pos - fd->len, 32 - fd->len);
    else if (fd->pos)
        fprintf(o, "(int)(insn >> %d & %#x)", fd->pos, (1u << fd->len) - 1);
    else
        fprintf(o, "(int)(insn & %#x)", (1u << fd->len) - 1);
}

static void emit_field(FILE *o, const Format *f, const Field *fd)
{
    if (fd->kind == CONST)
        fprintf(o, "%d", fd->value);
    if (fd->kind == BITS)
        emit_bits(o, fd);
    if (fd->kind != JOIN)
        return;
    int shift = fd->len;
    for (int i = 0; i < fd->npiece; i++) {
        const Field *p = &f->field[fd->piece[i]];
        shift -= p->len;
        fputs(i ? " + " : "(", o);
        emit_bits(o, p);
        if (shift)
            fprintf(o, " * %d", 1 << shift);
    }
    fputc(')', o);
}

// Copies a C expression, each field replaced by its extraction from insn.
static void emit_expr(Table *t, FILE *o, const Pattern *pt, const char *s, size_t len, bool text)
{
    const char *end = s + len;
    if (!len)
        die(t, pt->f.line, "empty expression in '%s'", pt->f.name);
    while (s < end) {
        size_t n = word_len(s);
        if (n > (size_t)(end - s))
            n = (size_t)(end - s);
        if (*s == '\'' && end - s > 2 && s[2] == '\'')
            n = 3;
        if (!n || *s == '\'' || isdigit((unsigned char)*s)) {
            n = n ? n : 1;
            fwrite(s, 1, n, o);
            s += n;
            continue;
        }
        const Field *fd = field_find(&pt->f, s, n);
        if (fd)
            emit_field(o, &pt->f, fd);
        else if (text && n == 2 && !memcmp(s, "pc", 2))
            fputs("o->pc", o);
        else if (text && (s[n] == '(' || (n == 4 && !memcmp(s, "insn", 4))))
            fwrite(s, 1, n, o);
        else
            die(t, pt->f.line, "'%s' has no field '%.*s'", pt->f.name, (int)n, s);
        s += n;
    }
}

// {Rd}, {Xn|sp}, {Qt2}: the directive is a register; false if its field does not exist.
static bool emit_reg(Table *t, FILE *o, const Pattern *pt, const char *s, size_t n)
{
    bool sp = n > 3 && !memcmp(s + n - 3, "|sp", 3);
    char name[16] = "r";
    size_t len = n - (sp ? 3 : 0);
    if (len < 2 || len > 8 || !strchr("RTXWBHSDQV", *s))
        return false;
    memcpy(name + 1, s + 1, len - 1);
    const Field *fd = field_find(&pt->f, name, len);
    if (!fd)
        return false;
    const char *wide = *s == 'R' ? "sf" : *s == 'T' ? "size == 3" : *s == 'X' ? "1" : "0";
    if (strchr("RTXW", *s)) {
        fputs("    dis_reg(o, ", o);
        emit_field(o, &pt->f, fd);
        fputs(", ", o);
        emit_expr(t, o, pt, wide, strlen(wide), true);
        fputs(sp ? ", true);\n" : ", false);\n", o);
    } else {
        fprintf(o, "    dis_vreg(o, '%c', ", tolower(*s));
        emit_field(o, &pt->f, fd);
        fputs(");\n", o);
    }
    return true;
}

static const char *emit_text(Table *t, FILE *o, const Pattern *pt, const char *s, int depth);

static const char *emit_cond(Table *t, FILE *o, const Pattern *pt, const char *s, int depth)
{
    const char *colon = s;
    for (int paren = 0; *colon && (paren || *colon != ':'); colon++)
        paren += (*colon == '(') - (*colon == ')');
    if (!*colon)
        die(t, pt->f.line, "no ':' after condition '{?%s'", s);
    fputs("    if (", o);
    emit_expr(t, o, pt, s, (size_t)(colon - s), true);
    fputs(") {\n", o);
    s = emit_text(t, o, pt, colon + 1, depth + 1);
    if (*s == '|') {
        fputs("    } else {\n", o);
        s = emit_text(t, o, pt, s + 1, depth + 1);
    }
    if (*s != '}')
        die(t, pt->f.line, "unterminated '{?' in the text of '%s'", pt->f.name);
    fputs("    }\n", o);
    return s + 1;
}

// A directive, from behind its '{'; returns the text behind its '}'.
static const char *emit_directive(Table *t, FILE *o, const Pattern *pt, const char *s, int depth)
{
    if (*s == '?')
        return emit_cond(t, o, pt, s + 1, depth);
    size_t len = strcspn(s, "}"), n = word_len(s);
    if (!s[len] || !n)
        die(t, pt->f.line, "bad directive '{%s' in the text of '%s'", s, pt->f.name);
    const Field *fd = n == len ? field_find(&pt->f, s, n) : NULL;
    if (s[n] == ':' && n + 1 < len) {
        fprintf(o, "    dis_%.*s(o, ", (int)n, s);
        emit_expr(t, o, pt, s + n + 1, len - n - 1, true);
        fputs(");\n", o);
    } else if (fd) {
        fputs("    dis_num(o, ", o);
        emit_field(o, &pt->f, fd);
        fputs(");\n", o);
    } else if (!emit_reg(t, o, pt, s, len)) {
        die(t, pt->f.line, "'%s' has nothing for '{%.*s}'", pt->f.name, (int)len, s);
    }
    return s + len + 1;
}

static void emit_quoted(FILE *o, const char *s, size_t n)
{
    fputc('"', o);
    for (; n; n--, s++) {
        if (*s == '"' || *s == '\\')
            fputc('\\', o);
        fputc(*s, o);
    }
    fputc('"', o);
}

static void emit_literal(FILE *o, const char *s, size_t n)
{
    if (!n)
        return;
    fputs("    dis_str(o, ", o);
    emit_quoted(o, s, n);
    fputs(");\n", o);
}

// Text up to the end, or inside a conditional up to its '|' or '}'.
static const char *emit_text(Table *t, FILE *o, const Pattern *pt, const char *s, int depth)
{
    char lit[512];
    size_t n = 0;
    while (*s && !(depth && (*s == '|' || *s == '}'))) {
        if (*s == '{') {
            emit_literal(o, lit, n);
            n = 0;
            s = emit_directive(t, o, pt, s + 1, depth);
            continue;
        }
        if (*s == '}' || n == sizeof lit)
            die(t, pt->f.line, "stray '}' or endless text in '%s'", pt->f.name);
        if (*s == '\\' && s[1])
            s++;
        lit[n++] = *s++;
    }
    emit_literal(o, lit, n);
    return s;
}

// -- Output: declarations and rows ---------------------------------------------------------------

static void section(Table *t, FILE *o, const char *name)
{
    fprintf(o, "\n#ifdef %s_%s\n#undef %s_%s\n", t->upper, name, t->upper, name);
}

static void emit_struct(Table *t, FILE *o, const Format *f, const char *name)
{
    fprintf(o, "typedef struct %s_%s {\n", t->prefix, name);
    for (int i = 0; i < f->nfield; i++)
        fprintf(o, "    %s %s;\n", f->field[i].sign ? "int" : "u32", f->field[i].name);
    if (!f->nfield)
        fputs("    u32 insn;\n", o);
    fprintf(o, "} %s_%s;\n", t->prefix, name);
}

static bool first_of_name(const Table *t, int i)
{
    for (int j = 0; j < i; j++)
        if (!strcmp(t->pat[j].f.name, t->pat[i].f.name))
            return false;
    return true;
}

static void emit_row_types(Table *t, FILE *o)
{
    fprintf(o, "enum { %s_ROW_COUNT = %d };\n", t->upper, t->npat);
    fprintf(o, "typedef struct %sField {\n    const char *name;\n    u8 pos, len;\n"
               "    bool sign;\n} %sField;\n", t->upper, t->upper);
    fprintf(o, "typedef struct %sRow {\n    const char *name, *format, *text, *feature;\n"
               "    u32 mask, value;\n    int line, general, nfield;\n"
               "    const %sField *field;\n} %sRow;\n", t->upper, t->upper, t->upper);
    fprintf(o, "extern const %sRow %s_rows[%s_ROW_COUNT];\n", t->upper, t->prefix, t->upper);
}

static void emit_decls(Table *t, FILE *o)
{
    section(t, o, "DECLS");
    fprintf(o, "#ifndef %s_DECLS_DONE\n#define %s_DECLS_DONE\n", t->upper, t->upper);
    fprintf(o, "#define %s_FEATURES(F)", t->upper);
    for (int i = 0; i < t->nfeat; i++)
        fprintf(o, " F(%s)", t->feat[i]);
    fputs("\nenum {\n", o);
    for (int i = 0; i < t->nfeat; i++)
        fprintf(o, "    %s_FEAT_%s,\n", t->upper, t->feat[i]);
    fprintf(o, "    %s_FEAT_COUNT\n};\n", t->upper);
    fprintf(o, "typedef struct %s_none {\n    u32 insn;\n} %s_none;\n", t->prefix, t->prefix);
    for (int i = 0; i < t->nfmt; i++)
        emit_struct(t, o, &t->fmt[i], t->fmt[i].name);
    for (int i = 0; i < t->npat; i++)
        if (t->pat[i].fmt == t->pat[i].f.name)
            emit_struct(t, o, &t->pat[i].f, t->pat[i].f.name);
    emit_row_types(t, o);
    fprintf(o, "int %s_lookup(u32 insn);          // index of the row, or -1: unallocated\n",
            t->prefix);
    fprintf(o, "bool %s_decode(Ctx *t, u32 insn); // false: UNDEFINED\n", t->prefix);
    for (int i = 0; i < t->npat; i++)
        if (first_of_name(t, i))
            fprintf(o, "bool trans_%s(Ctx *t, const %s_%s *a);\n", t->pat[i].f.name, t->prefix,
                    t->pat[i].fmt);
    fprintf(o, "#endif\n#endif // %s_DECLS\n", t->upper);
}

static void emit_row_fields(Table *t, FILE *o, int i)
{
    const Format *f = &t->pat[i].f;
    fprintf(o, "static const %sField fields_%d[] = {", t->upper, i);
    for (int k = 0; k < f->nfield; k++)
        if (f->field[k].kind == BITS)
            fprintf(o, " { \"%s\", %d, %d, %d },", f->field[k].name, f->field[k].pos,
                    f->field[k].len, f->field[k].sign);
    fputs(" { 0 } };\n", o);
}

static void emit_row(FILE *o, const Pattern *pt, int i)
{
    int n = 0;
    for (int k = 0; k < pt->f.nfield; k++)
        n += pt->f.field[k].kind == BITS;
    fprintf(o, "    { \"%s\", \"%s\", ", pt->f.name, pt->fmt);
    emit_quoted(o, pt->text ? pt->text : "", pt->text ? strlen(pt->text) : 0);
    fputs(pt->nfeat ? ", \"" : ", NULL", o);
    for (int k = 0; k < pt->nfeat; k++)
        fprintf(o, "%s%s", pt->feat[k], k == pt->nfeat - 1 ? "\"" : ",");
    fprintf(o, ", %#010x, %#010x, %d, %d, %d, fields_%d },\n", pt->f.mask, pt->f.value,
            pt->f.line, pt->general, n, i);
}

// -- Output: the search tree ---------------------------------------------------------------------

typedef struct {
    Table *t;
    FILE *o;
} Tree;

static bool row_matches(const Format *f, int lo, int len, u32 v)
{
    u32 bits = ((1u << len) - 1) << lo;
    return !(f->mask & bits & (f->value ^ v << lo));
}

// Expected number of rows left after a switch on bits lo..lo+len-1, plus the price of its table.
static double window_cost(const Table *t, const int *row, int n, int lo, int len)
{
    double left = 0;
    for (int i = 0; i < n; i++) {
        u32 bits = t->pat[row[i]].f.mask >> lo & ((1u << len) - 1);
        left += 1.0 / (double)(1u << __builtin_popcount(bits));
    }
    return left + 0.005 * (double)(1u << len);
}

static bool best_window(const Table *t, const int *row, int n, u32 tested, int *lo, int *len)
{
    double best = n - 0.25;
    bool found = false;
    for (int w = 1; w <= 8; w++) {
        for (int b = 0; b + w <= 32; b++) {
            bool fresh = !(tested >> b & ((1u << w) - 1));
            double c = fresh ? window_cost(t, row, n, b, w) : n;
            if (c < best) {
                best = c;
                *lo = b;
                *len = w;
                found = true;
            }
        }
    }
    return found;
}

static void emit_where(Table *t, FILE *o, const Pattern *pt, const char *glue)
{
    for (int k = 0; k < pt->f.nwhere; k++) {
        fprintf(o, "%s(", glue);
        emit_expr(t, o, pt, pt->f.where[k], strlen(pt->f.where[k]), false);
        fputc(')', o);
        glue = " && ";
    }
}

static void emit_tests(Tree *tr, const int *row, int n, u32 tested, int indent)
{
    for (int i = 0; i < n; i++) {
        const Pattern *pt = &tr->t->pat[row[i]];
        u32 mask = pt->f.mask & ~tested;
        fprintf(tr->o, "%*s", indent, "");
        if (mask)
            fprintf(tr->o, "if ((insn & %#010x) == %#010x", mask, pt->f.value & mask);
        else if (pt->f.nwhere)
            fputs("if (", tr->o);
        emit_where(tr->t, tr->o, pt, mask ? " && " : "");
        fprintf(tr->o, "%sreturn %d; // %s\n", mask || pt->f.nwhere ? ") " : "", row[i],
                pt->f.name);
        if (!mask && !pt->f.nwhere)
            return;
    }
    fprintf(tr->o, "%*sreturn -1;\n", indent, "");
}

static int child_rows(const Table *t, const int *row, int n, int lo, int len, u32 v, int *out)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (row_matches(&t->pat[row[i]].f, lo, len, v))
            out[m++] = row[i];
    return m;
}

static void emit_node(Tree *tr, const int *row, int n, u32 tested, int indent);

// One case of a switch: all values from v on that leave the same rows as v share it.
static void emit_case(Tree *tr, const int *row, int n, u32 tested, int indent, int lo, int len,
                      u32 v, bool *done)
{
    u32 size = 1u << len;
    int *mine = calloc((size_t)n + 1, sizeof *mine), *other = calloc((size_t)n + 1, sizeof *other);
    if (!mine || !other)
        die(tr->t, 0, "out of memory");
    int m = child_rows(tr->t, row, n, lo, len, v, mine), col = 0;
    for (u32 w = v; w < size && m; w++) {
        int k = done[w] ? -1 : child_rows(tr->t, row, n, lo, len, w, other);
        if (k != m || memcmp(mine, other, (size_t)m * sizeof *mine))
            continue;
        done[w] = true;
        fprintf(tr->o, "%s%*scase %#x:", col % 8 ? "" : col ? "\n" : "", col % 8 ? 1 : indent,
                "", w);
        col++;
    }
    if (m) {
        fputc('\n', tr->o);
        emit_node(tr, mine, m, tested | (size - 1) << lo, indent + 4);
    }
    free(mine);
    free(other);
}

// `row` is sorted, the most specific first.  Every path of the emitted code returns.
static void emit_node(Tree *tr, const int *row, int n, u32 tested, int indent)
{
    int lo = 0, len = 0;
    bool done[256] = { false };
    if (n <= 2 || !best_window(tr->t, row, n, tested, &lo, &len)) {
        emit_tests(tr, row, n, tested, indent);
        return;
    }
    fprintf(tr->o, "%*sswitch (insn >> %d & %#x) {\n", indent, "", lo, (1u << len) - 1);
    for (u32 v = 0; v < 1u << len; v++)
        if (!done[v])
            emit_case(tr, row, n, tested, indent, lo, len, v, done);
    fprintf(tr->o, "%*s}\n%*sreturn -1;\n", indent, "", indent, "");
}

static void emit_lookup(Table *t, FILE *o)
{
    Tree tr = { t, o };
    int *row = calloc((size_t)t->npat + 1, sizeof *row), n = 0;
    if (!row)
        die(t, 0, "out of memory");
    for (int bits = 32; bits >= 0; bits--)
        for (int i = 0; i < t->npat; i++)
            if (__builtin_popcount(t->pat[i].f.mask) == bits)
                row[n++] = i;
    fprintf(o, "\nint %s_lookup(u32 insn)\n{\n", t->prefix);
    emit_node(&tr, row, n, 0, 4);
    fputs("}\n", o);
    free(row);
}

static void emit_rows(Table *t, FILE *o)
{
    section(t, o, "ROWS");
    for (int i = 0; i < t->npat; i++)
        emit_row_fields(t, o, i);
    fprintf(o, "\nconst %sRow %s_rows[%s_ROW_COUNT] = {\n", t->upper, t->prefix, t->upper);
    for (int i = 0; i < t->npat; i++)
        emit_row(o, &t->pat[i], i);
    fputs("};\n", o);
    emit_lookup(t, o);
    fprintf(o, "#endif // %s_ROWS\n", t->upper);
}

// -- Output: decoder and disassembler ------------------------------------------------------------

static bool is_fallback(const Table *t, int row)
{
    for (int i = 0; i < t->npat; i++)
        for (int g = t->pat[i].nfeat ? t->pat[i].general : -1; g >= 0; g = t->pat[g].general)
            if (g == row)
                return true;
    return false;
}

// Without the feature the row is as if it were not there: go on with the rows above it.
static void emit_feature_test(Table *t, FILE *o, const Pattern *pt)
{
    fputs("        if (", o);
    for (int k = 0; k < pt->nfeat; k++)
        fprintf(o, "%s!%s_feature(t, %s_FEAT_%s)", k ? " || " : "", t->prefix, t->upper,
                pt->feat[k]);
    fputs(") {\n", o);
    for (int g = pt->general; g >= 0; g = t->pat[g].general) {
        if (t->pat[g].f.nwhere) {
            fputs("            if (", o);
            emit_where(t, o, &t->pat[g], "");
            fprintf(o, ")\n                goto row_%d;\n", g);
        } else {
            fprintf(o, "            goto row_%d;\n        }\n", g);
            return;
        }
    }
    fputs("            return false;\n        }\n", o);
}

static void emit_decode_row(Table *t, FILE *o, int i)
{
    const Pattern *pt = &t->pat[i];
    fprintf(o, "    case %d:", i);
    if (is_fallback(t, i))
        fprintf(o, "\n    row_%d:", i);
    fputs(" {\n", o);
    if (pt->nfeat)
        emit_feature_test(t, o, pt);
    fprintf(o, "        const %s_%s a = {", t->prefix, pt->fmt);
    if (!pt->f.nfield)
        fputs(" .insn = insn,", o);
    for (int k = 0; k < pt->f.nfield; k++) {
        fprintf(o, "\n            .%s = ", pt->f.field[k].name);
        if (!pt->f.field[k].sign && pt->f.field[k].kind != CONST)
            fputs("(u32)", o);
        emit_field(o, &pt->f, &pt->f.field[k]);
        fputc(',', o);
    }
    fprintf(o, "\n        };\n        return trans_%s(t, &a);\n    }\n", pt->f.name);
}

static void emit_decoder(Table *t, FILE *o)
{
    section(t, o, "DECODER");
    fprintf(o, "bool %s_decode(Ctx *t, u32 insn)\n{\n    switch (%s_lookup(insn)) {\n", t->prefix,
            t->prefix);
    for (int i = 0; i < t->npat; i++)
        emit_decode_row(t, o, i);
    fprintf(o, "    }\n    return false;\n}\n#endif // %s_DECODER\n", t->upper);
}

static void emit_disas(Table *t, FILE *o)
{
    section(t, o, "DISAS");
    for (int i = 0; i < t->npat; i++) {
        const Pattern *pt = &t->pat[i];
        fprintf(o, "static void row_%d(%sOut *o, u32 insn) // %s\n{\n    (void)insn;\n", i,
                t->upper, pt->f.name);
        for (int k = 0; k < pt->nalt; k++) {
            fputs("    if (", o);
            emit_expr(t, o, pt, pt->alt[k].cond, strlen(pt->alt[k].cond), true);
            fputs(") {\n", o);
            emit_text(t, o, pt, pt->alt[k].text, 0);
            fputs("    return;\n    }\n", o);
        }
        emit_text(t, o, pt, pt->text ? pt->text : pt->f.name, 0);
        fputs("}\n", o);
    }
    fprintf(o, "\nstatic void (*const %s_dis[%s_ROW_COUNT])(%sOut *, u32) = {\n", t->prefix,
            t->upper, t->upper);
    for (int i = 0; i < t->npat; i++)
        fprintf(o, "    row_%d,\n", i);
    fprintf(o, "};\n#endif // %s_DISAS\n", t->upper);
}

// -- Main ----------------------------------------------------------------------------------------

// "cpu/arm/a64.decode" gives the prefix "a64".
static void set_prefix(Table *t)
{
    const char *base = strrchr(t->path, '/');
    base = base ? base + 1 : t->path;
    size_t n = word_len(base);
    if (!n || n >= sizeof t->prefix || !isalpha((unsigned char)*base))
        die(t, 0, "the name of %s does not start with an identifier", t->path);
    for (size_t i = 0; i < n; i++) {
        t->prefix[i] = base[i];
        t->upper[i] = (char)toupper((unsigned char)base[i]);
    }
}

static void write_file(const Table *t, const char *path, const char *data, size_t n)
{
    FILE *out = fopen(path, "w");
    bool ok = out && fwrite(data, 1, n, out) == n;
    if (out && fclose(out))
        ok = false;
    if (!ok)
        die(t, 0, "cannot write %s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: decodegen INPUT OUTPUT\n");
        return 1;
    }
    Table t = { .path = argv[1] };
    char *data = NULL;
    size_t size = 0;
    set_prefix(&t);
    FILE *in = fopen(t.path, "r"), *o = open_memstream(&data, &size);
    if (!in || !o)
        die(&t, 0, "cannot open %s: %s", t.path, strerror(errno));
    table_read(&t, in);
    fclose(in);
    check_overlap(&t);
    fprintf(o, "// Generated by tools/decodegen from %s; do not edit.\n", t.path);
    emit_decls(&t, o);
    emit_rows(&t, o);
    emit_decoder(&t, o);
    emit_disas(&t, o);
    if (fclose(o))
        die(&t, 0, "out of memory");
    write_file(&t, argv[2], data, size);
    free(data);
    return 0;
}
