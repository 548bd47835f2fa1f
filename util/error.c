// SPDX-License-Identifier: MIT
// User and host errors; see error.h.
#include "util/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format(Error *err, ErrorClass cls, const char *fmt, va_list ap)
{
    if (!err)
        return;
    err->cls = cls;
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

bool error_set(Error *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format(err, ERROR_GENERIC, fmt, ap);
    va_end(ap);
    return false;
}

bool error_set_class(Error *err, ErrorClass cls, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    format(err, cls, fmt, ap);
    va_end(ap);
    return false;
}

static void append(Error *err, const char *text)
{
    size_t n = strlen(err->text);

    snprintf(err->text + n, sizeof(err->text) - n, "%s", text);
}

bool error_errno(Error *err, const char *fmt, ...)
{
    int saved = errno;
    char why[128];
    va_list ap;

    va_start(ap, fmt);
    format(err, ERROR_HOST, fmt, ap);
    va_end(ap);
    if (err) {
        append(err, ": ");
        append(err, strerror_r(saved, why, sizeof(why)));
    }
    errno = saved;
    return false;
}

bool error_prefix(Error *err, const char *fmt, ...)
{
    char text[sizeof(err->text)];
    va_list ap;

    if (!err)
        return false;
    memcpy(text, err->text, sizeof(text));
    va_start(ap, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    append(err, text);
    return false;
}

void error_hint(Error *err, const char *fmt, ...)
{
    char hint[sizeof(err->text)];
    va_list ap;

    if (!err)
        return;
    va_start(ap, fmt);
    vsnprintf(hint, sizeof(hint), fmt, ap);
    va_end(ap);
    append(err, hint);
}

const char *error_class_name(ErrorClass cls)
{
    static const char *const name[] = {
        [ERROR_GENERIC] = "GenericError",     [ERROR_NOT_FOUND] = "DeviceNotFound",
        [ERROR_INVALID] = "InvalidParameter", [ERROR_HOST] = "HostError",
        [ERROR_UNSUPPORTED] = "Unsupported",
    };

    return (unsigned)cls < ARRAY_LEN(name) ? name[cls] : name[ERROR_GENERIC];
}
