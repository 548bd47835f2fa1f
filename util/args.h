// SPDX-License-Identifier: MIT
// Option strings as QEMU writes them: "first,key=val,flag,noflag,path=a,,b" where
// ",," is a literal comma, a bare word is key=on ("no" prefix: key=off), and the
// first bare word may be the value of an implied key.  Errors name the option and
// the nearest known key.  Owner locks; values live until args_free.
#pragma once

#include <stdio.h>

#include "util/error.h"
#include "util/types.h"
#include "util/vec.h"

typedef enum { ARG_STRING, ARG_BOOL, ARG_U64, ARG_SIZE } ArgKind;

// Tables of these end in a row without a name.
typedef struct ArgDesc {
    const char *name;
    ArgKind kind;
    const char *help;
} ArgDesc;

typedef struct {
    char *key, *val;
    bool bare;   // written without '='
    bool used;   // some args_* getter asked for it
} Arg;

typedef struct Args {
    char *option; // the option this came from, "-chardev", for messages
    VEC(Arg) list;
} Args;

// known = NULL accepts any key.  Checks kinds of known keys.  implied may be NULL.
bool args_parse(Args *a, const char *option, const char *text, const char *implied,
                const ArgDesc *known, Error *err);
void args_add(Args *a, const char *key, const char *fmt, ...) PRINTF(3, 4); // as if written
void args_free(Args *a);

const Arg *args_find(Args *a, const char *key); // the last one wins; marks it used
const char *args_str(Args *a, const char *key, const char *def);
// On a bad value: false and err; on absence: *out = def and true.
bool args_bool(Args *a, const char *key, bool def, bool *out, Error *err);
bool args_u64(Args *a, const char *key, u64 def, u64 *out, Error *err);
bool args_size(Args *a, const char *key, u64 def, u64 *out, Error *err);

// False if a key was never asked for; for lists whose keys depend on others.
bool args_all_used(const Args *a, const ArgDesc *known, Error *err);
void args_help(const ArgDesc *known, FILE *out);

// Plain parsers, whole string or false.
bool parse_u64(const char *s, u64 *out);                    // dec, 0x hex, 0 octal
bool parse_size(const char *s, u64 unit, u64 *out);         // k M G T P E suffix, 1.5G allowed
bool parse_bool(const char *s, bool *out);                  // on off yes no true false y n
