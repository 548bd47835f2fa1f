// SPDX-License-Identifier: MIT
// Fixed-width types, guest address types and the few macros every file uses.
// No state, no threads.
#pragma once

#include <assert.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t i8;
typedef int16_t i16;
typedef int32_t i32;
typedef int64_t i64;
typedef unsigned __int128 u128;
typedef __int128 i128;

typedef u64 Gpa; // guest physical address
typedef u64 Gva; // guest virtual address

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define container_of(ptr, Type, member) ((Type *)((char *)(ptr) - offsetof(Type, member)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define COLD __attribute__((cold, noinline))
#define NOINLINE __attribute__((noinline))

// Function-pointer fields of table rows that take the instance by its own type
// (`u64 read(Pl011 *s)`) are declared without a prototype, so that rows need no
// casts and the return type is still checked.  The true signature stands in the
// comment beside each field; integer parameters there must be int-sized or wider.
#define ROW_FN_BEGIN _Pragma("GCC diagnostic push") \
                     _Pragma("GCC diagnostic ignored \"-Wstrict-prototypes\"")
#define ROW_FN_END _Pragma("GCC diagnostic pop")
