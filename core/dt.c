// SPDX-License-Identifier: MIT
// Typed properties on top of DtOps.bytes; cells are big-endian (Devicetree
// Specification v0.4, 2.2.4).
#include "core/dt.h"

#include <stdarg.h>
#include <string.h>

#include "util/bits.h"
#include "util/str.h"

void dt_cells(DtNode *n, const char *name, const u32 *cells, u32 count)
{
    Str s = { 0 };

    for (u32 i = 0; i < count; i++) {
        u32 be = bswap32(cells[i]);

        str_addn(&s, (const char *)&be, sizeof(be));
    }
    dt_bytes(n, name, str_text(&s), (u32)s.len);
    str_free(&s);
}

void dt_u32(DtNode *n, const char *name, u32 v)
{
    dt_cells(n, name, &v, 1);
}

void dt_u64(DtNode *n, const char *name, u64 v)
{
    dt_cells(n, name, (u32[]){ (u32)(v >> 32), (u32)v }, 2);
}

void dt_string(DtNode *n, const char *name, const char *s)
{
    dt_bytes(n, name, s, (u32)strlen(s) + 1);
}

void dt_strings(DtNode *n, const char *name, ...)
{
    Str s = { 0 };
    va_list ap;

    va_start(ap, name);
    for (const char *it; (it = va_arg(ap, const char *));)
        str_addn(&s, it, strlen(it) + 1);
    va_end(ap);
    dt_bytes(n, name, str_text(&s), (u32)s.len);
    str_free(&s);
}

void dt_flag(DtNode *n, const char *name)
{
    dt_bytes(n, name, "", 0);
}
