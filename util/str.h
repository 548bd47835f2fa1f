// SPDX-License-Identifier: MIT
// Growable string and small string helpers.  A zero-initialised Str is empty;
// str_text never returns NULL and is always terminated.  The owner locks.
#pragma once

#include <stdarg.h>

#include "util/types.h"

typedef struct {
    char *s;
    size_t len, cap;
} Str;

const char *str_text(const Str *s);
void str_add(Str *s, const char *text);
void str_addn(Str *s, const char *text, size_t n);
void str_addc(Str *s, char c);
void str_addf(Str *s, const char *fmt, ...) PRINTF(2, 3);
void str_addv(Str *s, const char *fmt, va_list ap) PRINTF(2, 0);
void str_clear(Str *s);   // keeps the buffer
void str_free(Str *s);
char *str_take(Str *s);   // the caller frees; s becomes empty

bool str_eq(const char *a, const char *b);
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
