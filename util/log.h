// SPDX-License-Identifier: MIT
// Log and trace.  One category per file: LOG_CATEGORY("device.pl011") near the
// top, then log_error, log_guest, log_unimp, log_info, log_trace.  A disabled one
// is a relaxed load and one predicted branch; its arguments are not evaluated.
// Also QEMU's `-d` item names as global flag bits: `if (log_on(LOG_IN_ASM))`.
// The log is the only mutable global state of the program.  All functions are
// thread-safe; a line is written whole.  No floating point here: vCPU threads log.
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "util/error.h"
#include "util/types.h"

typedef enum { LEVEL_ERROR, LEVEL_GUEST, LEVEL_UNIMP, LEVEL_INFO, LEVEL_TRACE } LogLevel;

typedef struct LogCategory {
    const char *name;
    _Atomic u32 mask; // BIT(level)
} LogCategory;

// Exactly one per file that logs.
#define LOG_CATEGORY(text)                                                    \
    static LogCategory log_category_ = { .name = text, .mask = 1u << LEVEL_ERROR }; \
    static LogCategory *const log_category_entry_                             \
        __attribute__((section("mimic_log"), used, aligned(8))) = &log_category_;

// `-d` items. The bits are ours; the names are QEMU's.
#define LOG_FLAGS(X)                                                          \
    X(OUT_ASM, "out_asm", "generated host code per region")                   \
    X(IN_ASM, "in_asm", "guest code of each translated region")               \
    X(OP, "op", "IR before the passes")                                       \
    X(OP_OPT, "op_opt", "IR after the passes")                                \
    X(INT, "int", "interrupts and exceptions")                                \
    X(EXEC, "exec", "each entry into a region")                               \
    X(CPU, "cpu", "registers before each region entry")                       \
    X(MMU, "mmu", "page walks and TLB fills")                                 \
    X(UNIMP, "unimp", "what is not modelled")                                 \
    X(GUEST_ERRORS, "guest_errors", "what the guest does wrong")              \
    X(PAGE, "page", "the memory map at each change")                          \
    X(CPU_RESET, "cpu_reset", "registers at each CPU reset")                  \
    X(NOCHAIN, "nochain", "no direct links between regions")                  \
    X(STRACE, "strace", "semihosting calls")

typedef enum {
#define X(id, name, help) LOG_BIT_##id,
    LOG_FLAGS(X)
#undef X
    LOG_BIT_COUNT
} LogBit;

typedef enum {
#define X(id, name, help) LOG_##id = 1u << LOG_BIT_##id,
    LOG_FLAGS(X)
#undef X
} LogFlag;

extern _Atomic u32 log_flags;

static inline bool log_on(u32 flag)
{
    return unlikely(atomic_load_explicit(&log_flags, memory_order_relaxed) & flag);
}

static inline bool log_enabled_(const LogCategory *c, LogLevel level)
{
    return unlikely(atomic_load_explicit(&c->mask, memory_order_relaxed) >> level & 1);
}

void log_write(const LogCategory *c, LogLevel level, const char *fmt, ...) COLD PRINTF(3, 4);
void log_vwrite(const LogCategory *c, LogLevel level, const char *fmt, va_list ap) PRINTF(3, 0);

// True for the 1st..8th hit of a site and then at powers of two.
bool log_limit_(_Atomic u32 *count) COLD;
// True once.
bool log_once_(_Atomic u32 *count) COLD;

#define log_at_(level, ...)                                                   \
    do {                                                                      \
        if (log_enabled_(&log_category_, level))                              \
            log_write(&log_category_, level, __VA_ARGS__);                    \
    } while (0)
#define log_error(...) log_at_(LEVEL_ERROR, __VA_ARGS__)
#define log_info(...) log_at_(LEVEL_INFO, __VA_ARGS__)
#define log_trace(...) log_at_(LEVEL_TRACE, __VA_ARGS__)
// The guest did something the manual forbids: rate-limited per site.
#define log_guest(...)                                                        \
    do {                                                                      \
        static _Atomic u32 site_;                                             \
        if (log_enabled_(&log_category_, LEVEL_GUEST) && log_limit_(&site_))  \
            log_write(&log_category_, LEVEL_GUEST, __VA_ARGS__);              \
    } while (0)
// Legal, but not modelled: once per site; name the register and the document.
#define log_unimp(...)                                                        \
    do {                                                                      \
        static _Atomic u32 site_;                                             \
        if (log_enabled_(&log_category_, LEVEL_UNIMP) && log_once_(&site_))   \
            log_write(&log_category_, LEVEL_UNIMP, __VA_ARGS__);              \
    } while (0)

// -dfilter "ADDR..END,ADDR+LEN,ADDR-LEN": guest addresses that exec, in_asm, op, op_opt and
// out_asm are shown for.  Main thread, before vCPUs run.
bool log_set_filter(const char *ranges, Error *err);
bool log_in_filter(u64 addr);    // true without a filter

// Raw text for the LOG_* flags (disassembly, register dumps): several lines, as
// one unit, no prefix.
void log_text(const char *text, size_t len);
void log_printf(const char *fmt, ...) PRINTF(1, 2);

// `-d item,category=level,...`; names the nearest known item on error.
bool log_configure(const char *items, Error *err);
bool log_open(const char *path, Error *err); // -D FILE; default stderr
void log_help(FILE *out);                    // -d help
void log_flush(void);
bool log_finish(Error *err); // false: the file of log_open did not take all of it

// Our own bug: message, state dump by the hook, abort.  Stays in release builds.
#define BUG_ON(x)                                                             \
    do {                                                                      \
        if (unlikely(x))                                                      \
            bug_abort(__FILE__, __LINE__, __func__, #x);                      \
    } while (0)

void bug_abort(const char *file, int line, const char *func, const char *what) NORETURN COLD;
// main gives the function that restores the terminal and dumps the machine.
void bug_set_hook(void (*hook)(void *opaque), void *opaque);
