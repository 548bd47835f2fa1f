// SPDX-License-Identifier: MIT
// Option strings; see args.h.
#include "util/args.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/nearest.h"
#include "util/str.h"

// ---- plain parsers -----------------------------------------------------------------

bool parse_u64(const char *s, u64 *out)
{
    char *end;

    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    *out = strtoull(s, &end, 0);
    return !errno && !*end;
}

static int suffix_shift(char c)
{
    static const char letters[] = "bkmgtpe";
    const char *p = c ? strchr(letters, tolower((unsigned char)c)) : NULL;

    return p ? (int)(p - letters) * 10 : -1;
}

// The part behind the point, as digits/10^n of `unit`; no floating point here.
static bool parse_fraction(const char **s, u64 unit, u64 *out)
{
    u64 num = 0, den = 1;

    if (!isdigit((unsigned char)**s))
        return false;
    for (; isdigit((unsigned char)**s); ++*s)
        if (den < 1000000000) {
            num = num * 10 + (u64)(**s - '0');
            den *= 10;
        }
    *out = (u64)((u128)num * unit / den);
    return true;
}

bool parse_size(const char *s, u64 unit, u64 *out)
{
    char *end;
    u64 whole, part = 0;

    if (!isdigit((unsigned char)*s))
        return false;
    errno = 0;
    whole = strtoull(s, &end, 0);
    if (errno)
        return false;
    const char *frac = *end == '.' ? end + 1 : NULL, *p = frac ? frac : end;

    while (frac && isdigit((unsigned char)*p))
        p++;
    if (*p) {
        int shift = suffix_shift(*p);

        if (shift < 0 || p[1])
            return false;
        unit = 1ull << shift;
    }
    if (frac && (!parse_fraction(&frac, unit, &part) || frac != p))
        return false;
    return !__builtin_mul_overflow(whole, unit, out) && !__builtin_add_overflow(*out, part, out);
}

bool parse_bool(const char *s, bool *out)
{
    static const char *const yes[] = { "on", "yes", "true", "y", "1" };
    static const char *const no[] = { "off", "no", "false", "n", "0" };

    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (str_eq(s, yes[i]) || str_eq(s, no[i])) {
            *out = str_eq(s, yes[i]);
            return true;
        }
    }
    return false;
}

// ---- splitting ------------------------------------------------------------------------

static const ArgDesc *desc_find(const ArgDesc *known, const char *key)
{
    for (; known && known->name; known++)
        if (str_eq(known->name, key))
            return known;
    return NULL;
}

// One item up to a single comma; ",," becomes ','.  Returns what follows, or NULL.
static const char *next_item(const char *s, Str *item)
{
    str_clear(item);
    for (; *s; s++) {
        if (*s == ',') {
            if (s[1] != ',')
                return s + 1;
            s++;
        }
        str_addc(item, *s);
    }
    return NULL;
}

static bool unknown_key(const Args *a, const char *key, const ArgDesc *known, Error *err)
{
    Nearest near;

    nearest_init(&near, key);
    for (const ArgDesc *d = known; d && d->name; d++)
        nearest_try(&near, d->name);
    error_set_class(err, ERROR_INVALID, "%s: unknown option '%s'", a->option, key);
    if (!nearest_hint(&near, err))
        error_hint(err, "; 'help' as value lists them");
    return false;
}

static bool bad_value(const Args *a, const char *key, const char *val, ArgKind kind, Error *err)
{
    static const char *const want[] = {
        [ARG_STRING] = "text", [ARG_BOOL] = "on or off", [ARG_U64] = "a number",
        [ARG_SIZE] = "a size such as 512M or 2G",
    };

    return error_set_class(err, ERROR_INVALID, "%s: '%s=%s': %s is wanted", a->option, key, val,
                           want[kind]);
}

static bool check_value(const Args *a, const Arg *arg, const ArgDesc *d, Error *err)
{
    bool b;
    u64 v;
    bool ok = d->kind == ARG_BOOL ? parse_bool(arg->val, &b)
              : d->kind == ARG_U64 ? parse_u64(arg->val, &v)
              : d->kind == ARG_SIZE ? parse_size(arg->val, 1, &v) : true;

    return ok || bad_value(a, arg->key, arg->val, d->kind, err);
}

// "flag" is flag=on, "noflag" is flag=off when only "flag" is known.
static Arg bare_word(const char *word, const ArgDesc *known)
{
    if (known && !desc_find(known, word) && str_starts(word, "no") && desc_find(known, word + 2))
        return (Arg){ xstrdup(word + 2), xstrdup("off"), .bare = true };
    return (Arg){ xstrdup(word), xstrdup("on"), .bare = true };
}

static Arg make_arg(const char *item, const char *implied, const ArgDesc *known)
{
    const char *eq = strchr(item, '=');

    if (eq)
        return (Arg){ xstrndup(item, (size_t)(eq - item)), xstrdup(eq + 1), .bare = false };
    if (implied)
        return (Arg){ xstrdup(implied), xstrdup(item), .bare = false };
    return bare_word(item, known);
}

bool args_parse(Args *a, const char *option, const char *text, const char *implied,
                const ArgDesc *known, Error *err)
{
    Str item = { 0 };
    bool ok = true;

    *a = (Args){ .option = xstrdup(option) };
    for (const char *s = text; s && ok; implied = NULL) {
        s = next_item(s, &item);
        if (!item.len)
            continue;
        vec_push(&a->list, make_arg(item.s, implied, known));
        const Arg *arg = &vec_last(&a->list);
        const ArgDesc *d = desc_find(known, arg->key);

        if (known && !d && !(implied && str_eq(arg->key, implied)))
            ok = unknown_key(a, arg->key, known, err);
        else if (d)
            ok = check_value(a, arg, d, err);
    }
    str_free(&item);
    if (!ok)
        args_free(a);
    return ok;
}

void args_add(Args *a, const char *key, const char *fmt, ...)
{
    Str val = { 0 };
    va_list ap;

    va_start(ap, fmt);
    str_addv(&val, fmt, ap);
    va_end(ap);
    vec_push(&a->list, (Arg){ xstrdup(key), xstrdup(str_text(&val)), .bare = false });
    str_free(&val);
}

void args_free(Args *a)
{
    vec_foreach (it, &a->list) {
        free(it->key);
        free(it->val);
    }
    vec_free(&a->list);
    free(a->option);
    a->option = NULL;
}

// ---- looking up ---------------------------------------------------------------------

const Arg *args_find(Args *a, const char *key)
{
    Arg *found = NULL;

    vec_foreach (it, &a->list)
        if (str_eq(it->key, key)) {
            it->used = true;
            found = it;
        }
    return found;
}

const char *args_str(Args *a, const char *key, const char *def)
{
    const Arg *arg = args_find(a, key);

    return arg ? arg->val : def;
}

bool args_bool(Args *a, const char *key, bool def, bool *out, Error *err)
{
    const Arg *arg = args_find(a, key);

    *out = def;
    return !arg || parse_bool(arg->val, out) || bad_value(a, key, arg->val, ARG_BOOL, err);
}

bool args_u64(Args *a, const char *key, u64 def, u64 *out, Error *err)
{
    const Arg *arg = args_find(a, key);

    *out = def;
    return !arg || parse_u64(arg->val, out) || bad_value(a, key, arg->val, ARG_U64, err);
}

bool args_size(Args *a, const char *key, u64 def, u64 *out, Error *err)
{
    const Arg *arg = args_find(a, key);

    *out = def;
    return !arg || parse_size(arg->val, 1, out) || bad_value(a, key, arg->val, ARG_SIZE, err);
}

bool args_all_used(const Args *a, const ArgDesc *known, Error *err)
{
    vec_foreach (it, &a->list)
        if (!it->used)
            return unknown_key(a, it->key, known, err);
    return true;
}

void args_help(const ArgDesc *known, FILE *out)
{
    static const char *const kind[] = { "text", "on|off", "number", "size" };

    for (; known && known->name; known++)
        fprintf(out, "  %s=<%s>%*s %s\n", known->name, kind[known->kind],
                (int)(24 - MIN(24, strlen(known->name) + strlen(kind[known->kind]))), "",
                known->help ? known->help : "");
}
