// SPDX-License-Identifier: MIT
// Allocation.  x*: small fixed sizes, abort on failure.  try_*: any size that a
// guest, an image or the user controls, NULL on failure.  Free with free().
// Thread-safe.
#pragma once

#include <stdlib.h>

#include "util/types.h"

void *xalloc(size_t size);                  // zeroed
void *xrealloc(void *p, size_t size);       // growth is not zeroed
char *xstrdup(const char *s);               // NULL gives NULL
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);
void *xaligned(size_t align, size_t size);  // zeroed; align a power of two

void *try_alloc(size_t count, size_t size); // zeroed; checks the product
