// SPDX-License-Identifier: MIT
// Integer expressions of the monitor: numbers (decimal, 0x, 0), 'c', $register, + - * / % & | ^
// ~ and brackets, 64 bits, wrapping.  Products bind tightest, then & | ^, then sums, as in QEMU.
// Blanks may stand between; what cannot go on ends the expression.  Any thread.
#pragma once

#include "util/error.h"
#include "util/types.h"

typedef struct ExprNames {
    bool (*get)(void *opaque, const char *name, u64 *val); // false: no such register
    void *opaque;
} ExprNames;

// *text comes back behind the expression and the blanks after it.
bool expr_eval(const char **text, const ExprNames *names, u64 *val, Error *err);
