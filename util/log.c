// SPDX-License-Identifier: MIT
// Log and trace; see log.h.  One lock around the stream keeps lines whole.
#include "util/log.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/args.h"
#include "util/bits.h"
#include "util/nearest.h"
#include "util/str.h"
#include "util/thread.h"

_Atomic u32 log_flags;

#define FILTER_MAX 32
static struct { u64 first, last; } filter[FILTER_MAX];
static u32 filter_len;

static Mutex lock = MUTEX_INIT;
static FILE *out; // NULL = stderr

static void (*bug_hook)(void *);
static void *bug_opaque;
static _Atomic u32 bug_seen;

extern LogCategory *const __start_mimic_log[] __attribute__((weak));
extern LogCategory *const __stop_mimic_log[] __attribute__((weak));
#define category_foreach(it) \
    for (LogCategory *const *it = __start_mimic_log; it < __stop_mimic_log; it++)

static const char *const level_name[] = { "error", "guest", "unimp", "info", "trace" };

static const struct {
    const char *name, *help;
    u32 flag;
} items[] = {
#define X(id, text, what) { text, what, LOG_##id },
    LOG_FLAGS(X)
#undef X
};

// ---- writing -----------------------------------------------------------------------

static FILE *stream(void)
{
    return out ? out : stderr;
}

void log_text(const char *text, size_t len)
{
    mutex_lock(&lock);
    fwrite(text, 1, len, stream());
    mutex_unlock(&lock);
}

void log_vwrite(const LogCategory *c, LogLevel level, const char *fmt, va_list ap)
{
    Str line = { 0 };

    str_addf(&line, "%s: %s: ", c->name, level_name[level]);
    str_addv(&line, fmt, ap);
    if (!line.len || line.s[line.len - 1] != '\n')
        str_addc(&line, '\n');
    log_text(line.s, line.len);
    str_free(&line);
}

void log_write(const LogCategory *c, LogLevel level, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    log_vwrite(c, level, fmt, ap);
    va_end(ap);
}

void log_printf(const char *fmt, ...)
{
    Str text = { 0 };
    va_list ap;

    va_start(ap, fmt);
    str_addv(&text, fmt, ap);
    va_end(ap);
    log_text(str_text(&text), text.len);
    str_free(&text);
}

bool log_limit_(_Atomic u32 *count)
{
    u32 n = atomic_fetch_add_explicit(count, 1, memory_order_relaxed) + 1;

    return n <= 8 || is_pow2(n);
}

bool log_once_(_Atomic u32 *count)
{
    return atomic_exchange_explicit(count, 1, memory_order_relaxed) == 0;
}

void log_flush(void)
{
    mutex_lock(&lock);
    fflush(stream());
    mutex_unlock(&lock);
}

bool log_finish(Error *err)
{
    bool ok = true;

    mutex_lock(&lock);
    if (out && (fflush(out) || ferror(out)))
        ok = error_set_class(err, ERROR_HOST, "-D: the log is not whole: its file took no more; "
                             "make room on that disk");
    mutex_unlock(&lock);
    return ok;
}

// ---- configuration -----------------------------------------------------------------

// A level shows itself and the more serious ones.
static u32 mask_of(LogLevel level)
{
    return (2u << level) - 1;
}

static void all_categories(u32 mask)
{
    category_foreach (it)
        atomic_fetch_or(&(*it)->mask, mask);
}

static bool set_item(const char *name)
{
    bool all = str_eq(name, "all"), found = all;

    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        if (all ? items[i].flag == LOG_NOCHAIN : !str_eq(items[i].name, name))
            continue;
        found = true;
        atomic_fetch_or(&log_flags, items[i].flag);
        if (items[i].flag == LOG_GUEST_ERRORS)
            all_categories(BIT(LEVEL_GUEST));
        if (items[i].flag == LOG_UNIMP)
            all_categories(BIT(LEVEL_UNIMP));
    }
    return found;
}

// "device" names every "device.*".
static bool in_group(const char *category, const char *name)
{
    size_t n = strlen(name);

    return !strncmp(category, name, n) && (!category[n] || category[n] == '.');
}

static bool set_category(const char *name, LogLevel level)
{
    bool found = false;

    category_foreach (it)
        if (in_group((*it)->name, name)) {
            atomic_store(&(*it)->mask, mask_of(level));
            found = true;
        }
    return found;
}

static bool unknown_item(const char *name, Error *err)
{
    Nearest near;

    nearest_init(&near, name);
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        nearest_try(&near, items[i].name);
    category_foreach (it)
        nearest_try(&near, (*it)->name);
    error_set_class(err, ERROR_NOT_FOUND, "-d: unknown item '%s'", name);
    if (!nearest_hint(&near, err))
        error_hint(err, "; '-d help' lists them");
    return false;
}

static bool parse_level(const char *text, LogLevel *level, Error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(level_name); i++)
        if (str_eq(level_name[i], text)) {
            *level = (LogLevel)i;
            return true;
        }
    return error_set_class(err, ERROR_INVALID,
                           "-d: unknown level '%s' (error, guest, unimp, info or trace)", text);
}

static bool configure_one(char *item, Error *err)
{
    char *eq = strchr(item, '=');
    LogLevel level = LEVEL_TRACE;

    if (eq) {
        *eq = 0;
        if (!parse_level(eq + 1, &level, err))
            return false;
    } else if (set_item(item)) {
        return true;
    }
    return set_category(item, level) || unknown_item(item, err);
}

bool log_configure(const char *list, Error *err)
{
    char *copy = strdup(list), *save = NULL;
    bool ok = copy != NULL;

    for (char *it = ok ? strtok_r(copy, ",", &save) : NULL; it && ok;
         it = strtok_r(NULL, ",", &save))
        ok = configure_one(it, err);
    free(copy);
    return ok;
}

// "A..B", "A+LEN", "A-LEN": the last byte is inside the first, LEN bytes from or up to A.
static bool add_range(char *text)
{
    char *op = strpbrk(text, "+-."), kind = op ? *op : 0;
    u64 a, b;

    if (!op || filter_len == FILTER_MAX || (kind == '.' && op[1] != '.'))
        return false;
    *op = 0;
    if (!parse_u64(text, &a) || !parse_u64(op + (kind == '.' ? 2 : 1), &b))
        return false;
    u64 first = kind == '-' ? a - b + 1 : a, last = kind == '+' ? a + b - 1 : kind == '-' ? a : b;

    if ((kind != '.' && !b) || first > last)
        return false;
    filter[filter_len].first = first;
    filter[filter_len++].last = last;
    return true;
}

bool log_set_filter(const char *ranges, Error *err)
{
    char *copy = xstrdup(ranges), *save = NULL;
    bool ok = *ranges != 0;

    filter_len = 0;
    for (char *it = strtok_r(copy, ",", &save); it && ok; it = strtok_r(NULL, ",", &save))
        ok = add_range(it);
    free(copy);
    return ok || error_set_class(err, ERROR_INVALID, "-dfilter %s: write ranges as 0x1000..0x1fff, "
                                 "0x1000+0x100 or 0x1000-0x100, at most %d", ranges, FILTER_MAX);
}

bool log_in_filter(u64 addr)
{
    for (u32 i = 0; i < filter_len; i++)
        if (addr >= filter[i].first && addr <= filter[i].last)
            return true;
    return !filter_len;
}

bool log_open(const char *path, Error *err)
{
    FILE *f = fopen(path, "we");

    if (!f)
        return error_errno(err, "-D: cannot write '%s'", path);
    mutex_lock(&lock);
    if (out)
        fclose(out);
    out = f;
    mutex_unlock(&lock);
    return true;
}

void log_help(FILE *to)
{
    fprintf(to, "Log items (-d item,...):\n");
    for (size_t i = 0; i < ARRAY_LEN(items); i++)
        fprintf(to, "  %-14s %s\n", items[i].name, items[i].help);
    fprintf(to, "  %-14s %s\n", "all", "all of these but nochain");
    fprintf(to, "Categories (-d category[=error|guest|unimp|info|trace]):\n");
    category_foreach (it)
        fprintf(to, "  %s\n", (*it)->name);
}

// ---- our own bugs ---------------------------------------------------------------------

void bug_set_hook(void (*hook)(void *opaque), void *opaque)
{
    bug_hook = hook;
    bug_opaque = opaque;
}

void bug_abort(const char *file, int line, const char *func, const char *what)
{
    fprintf(stderr, "mimic: BUG at %s:%d in %s: %s\n", file, line, func, what);
    // a second bug, in the dump or in another thread, must not loop
    if (!atomic_exchange(&bug_seen, 1) && bug_hook)
        bug_hook(bug_opaque);
    fflush(stream());
    abort();
}
