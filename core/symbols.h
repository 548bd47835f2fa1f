// SPDX-License-Identifier: MIT
// Names of the guest's addresses, from the symbol tables of what was loaded: for -d exec and
// in_asm, exceptions, crash reports and perf.  Virtual addresses as the files have them; a
// kernel that moves itself (KASLR) no longer matches.
//
// Threads: written by loaders while the machine is paused or not yet running, then read by
// any.  Names stay valid until symbols_clear.
#pragma once

#include "util/arena.h"
#include "util/str.h"
#include "util/vec.h"

#define SYMBOLS_MAX (4u << 20) // in one machine; what is beyond is dropped
#define SYMBOL_NAME_MAX 255    // bytes of a name that are kept

typedef struct Symbol {
    u64 addr, size;            // size 0: to the next symbol
    const char *name;
    u8 rank;                   // of equal addresses the highest is shown
} Symbol;

typedef struct Symbols {
    VEC(Symbol) list;
    Arena names;
} Symbols;

enum { SYMBOL_FUNCTION = 4, SYMBOL_GLOBAL = 2 }; // rank; a size adds 1

// name need not be terminated.  False: the table is full.
bool symbols_add(Symbols *s, const char *name, size_t len, u64 addr, u64 size, u8 rank);
void symbols_sort(Symbols *s);   // after the last add, before the first find
void symbols_clear(Symbols *s);
// NULL: no symbol is there.
const char *symbol_find(const Symbols *s, u64 addr, u64 *offset);
// Adds " <name+0x10>"; nothing where there is no symbol.
void symbol_text(const Symbols *s, u64 addr, Str *out);
