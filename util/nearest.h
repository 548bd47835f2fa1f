// SPDX-License-Identifier: MIT
// The suggestion "did you mean": feed candidates, then read .name, which is NULL if none is
// close enough to be worth saying.  Strings are borrowed; the owner locks.
#pragma once

#include "util/error.h"

typedef struct {
    const char *word;
    const char *name;
    const char *before;    // what the hint says before the name; an option's dash, say
    unsigned distance;
} Nearest;

void nearest_init(Nearest *n, const char *word);
void nearest_try(Nearest *n, const char *candidate);
bool nearest_hint(const Nearest *n, Error *err); // appends ", did you mean 'NAME'?"; false: no name

// Edit distance with transposition, case-blind.
unsigned str_distance(const char *a, const char *b);
