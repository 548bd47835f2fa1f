// SPDX-License-Identifier: MIT
// Recursive descent over the three levels of operators; see expr.h.
#include "main/expr.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 64 // of brackets and signs

typedef struct Expr {
    const char *p;
    const ExprNames *names;
    Error *err;
    unsigned depth;
} Expr;

static bool sum(Expr *e, u64 *val);

static char next(Expr *e)
{
    while (isspace((u8)*e->p))
        e->p++;
    return *e->p;
}

static bool number(Expr *e, u64 *val)
{
    char *end;

    errno = 0;
    *val = strtoull(e->p, &end, 0);
    if (end == e->p)
        return error_set_class(e->err, ERROR_INVALID, "'%c' is no number, 'c' or $register", *e->p);
    if (errno == ERANGE)
        return error_set_class(e->err, ERROR_INVALID, "a number has more than 64 bits");
    e->p = end;
    return true;
}

static bool character(Expr *e, u64 *val)
{
    if (!e->p[1] || e->p[2] != '\'')
        return error_set_class(e->err, ERROR_INVALID, "a character is written as 'c'");
    *val = (u8)e->p[1];
    e->p += 3;
    return true;
}

static bool named(Expr *e, u64 *val)
{
    char name[64];
    size_t n = 0;

    for (e->p++; (isalnum((u8)*e->p) || *e->p == '_' || *e->p == '.') && n < sizeof(name) - 1;)
        name[n++] = *e->p++;
    name[n] = '\0';
    if (e->names && e->names->get(e->names->opaque, name, val))
        return true;
    return error_set_class(e->err, ERROR_NOT_FOUND,
                           "unknown register '$%s'; 'info registers' shows them", name);
}

static bool primary(Expr *e, u64 *val)
{
    switch (next(e)) {
    case '\0': return error_set_class(e->err, ERROR_INVALID, "unexpected end of expression");
    case '\'': return character(e, val);
    case '$': return named(e, val);
    case '(':
        e->p++;
        if (!sum(e, val))
            return false;
        if (next(e) != ')')
            return error_set_class(e->err, ERROR_INVALID, "')' expected");
        e->p++;
        return true;
    default: return number(e, val);
    }
}

static bool unary(Expr *e, u64 *val)
{
    char op = next(e);
    bool sign = op == '+' || op == '-' || op == '~', ok;

    if (++e->depth > DEPTH)
        return error_set_class(e->err, ERROR_INVALID, "expression is nested too deeply");
    e->p += sign;
    ok = sign ? unary(e, val) : primary(e, val);
    e->depth--;
    *val = op == '-' ? -*val : op == '~' ? ~*val : *val;
    return ok;
}

static bool product(Expr *e, u64 *val)
{
    if (!unary(e, val))
        return false;
    for (char op; (op = next(e)) == '*' || op == '/' || op == '%';) {
        u64 right = 0;

        if (op == '/' && (isalpha((u8)e->p[1]) || e->p[1] == '_'))
            break; // no operand begins so: a file's name, the next argument
        e->p++;
        if (!unary(e, &right))
            return false;
        if (op != '*' && !right)
            return error_set_class(e->err, ERROR_INVALID, "division by zero");
        *val = op == '*' ? *val * right : op == '/' ? *val / right : *val % right;
    }
    return true;
}

static bool logic(Expr *e, u64 *val)
{
    if (!product(e, val))
        return false;
    for (char op; (op = next(e)) == '&' || op == '|' || op == '^';) {
        u64 right = 0;

        e->p++;
        if (!product(e, &right))
            return false;
        *val = op == '&' ? *val & right : op == '|' ? *val | right : *val ^ right;
    }
    return true;
}

static bool sum(Expr *e, u64 *val)
{
    if (!logic(e, val))
        return false;
    for (char op; (op = next(e)) == '+' || op == '-';) {
        u64 right = 0;

        e->p++;
        if (!logic(e, &right))
            return false;
        *val = op == '+' ? *val + right : *val - right;
    }
    return true;
}

bool expr_eval(const char **text, const ExprNames *names, u64 *val, Error *err)
{
    Expr e = { .p = *text, .names = names, .err = err };
    bool ok;

    *val = 0;
    ok = sum(&e, val);
    *text = e.p;
    return ok;
}
