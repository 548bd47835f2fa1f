// SPDX-License-Identifier: MIT
// User and host errors.  The caller allocates Error, usually on its stack, and
// passes it down; only main prints it.  Functions that can fail return bool and
// end in `return error_set(err, "cannot open %s: %s", ...)`, which is false.
// err may be NULL: then the text is dropped.  Not shared between threads.
#pragma once

#include "util/types.h"

typedef enum {
    ERROR_GENERIC,
    ERROR_NOT_FOUND,       // a named object, device, machine, option
    ERROR_INVALID,         // a value out of range or ill-formed
    ERROR_HOST,            // the host refused (file, memory, port)
    ERROR_UNSUPPORTED,     // known but not built or not possible here
} ErrorClass;

typedef struct {
    ErrorClass cls;
    char text[512];
} Error;

bool error_set(Error *err, const char *fmt, ...) PRINTF(2, 3);                  // false
bool error_set_class(Error *err, ErrorClass cls, const char *fmt, ...) PRINTF(3, 4); // false
bool error_errno(Error *err, const char *fmt, ...) PRINTF(2, 3); // appends ": strerror"; false
bool error_prefix(Error *err, const char *fmt, ...) PRINTF(2, 3); // "prefix" + text; false
void error_hint(Error *err, const char *fmt, ...) PRINTF(2, 3);   // appends what to do
const char *error_class_name(ErrorClass cls); // as QMP shows it
