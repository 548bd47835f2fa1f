// SPDX-License-Identifier: MIT
// Bit fields, sign extension, rotations, alignment, and byte-order-safe loads
// and stores.  Pure functions.
#pragma once

#include <string.h>

#include "util/types.h"

#define BIT(n) (1ull << (n))

// The low n bits set; n in 0..64.
static inline u64 mask64(unsigned n)
{
    return n >= 64 ? ~0ull : (1ull << n) - 1;
}

static inline u64 bits(u64 v, unsigned pos, unsigned len)
{
    return v >> pos & mask64(len);
}

static inline u64 bits_set(u64 v, unsigned pos, unsigned len, u64 field)
{
    u64 m = mask64(len) << pos;

    return (v & ~m) | (field << pos & m);
}

static inline bool bit(u64 v, unsigned pos)
{
    return v >> pos & 1;
}

// Sign-extend the low len bits; len in 1..64.
static inline i64 sext64(u64 v, unsigned len)
{
    return (i64)(v << (64 - len)) >> (64 - len);
}

static inline u32 ror32(u32 v, unsigned n) { return v >> (n & 31) | v << (-n & 31); }
static inline u64 ror64(u64 v, unsigned n) { return v >> (n & 63) | v << (-n & 63); }
static inline u32 rol32(u32 v, unsigned n) { return v << (n & 31) | v >> (-n & 31); }
static inline u64 rol64(u64 v, unsigned n) { return v << (n & 63) | v >> (-n & 63); }

// Defined for zero, unlike the builtins: the width of the type.
static inline unsigned clz32(u32 v) { return v ? (unsigned)__builtin_clz(v) : 32; }
static inline unsigned clz64(u64 v) { return v ? (unsigned)__builtin_clzll(v) : 64; }
static inline unsigned ctz32(u32 v) { return v ? (unsigned)__builtin_ctz(v) : 32; }
static inline unsigned ctz64(u64 v) { return v ? (unsigned)__builtin_ctzll(v) : 64; }
static inline unsigned popcount64(u64 v) { return (unsigned)__builtin_popcountll(v); }

static inline u16 bswap16(u16 v) { return __builtin_bswap16(v); }
static inline u32 bswap32(u32 v) { return __builtin_bswap32(v); }
static inline u64 bswap64(u64 v) { return __builtin_bswap64(v); }

static inline bool is_pow2(u64 v) { return v && !(v & (v - 1)); }

// `to` is a power of two.
static inline u64 align_down(u64 v, u64 to) { return v & ~(to - 1); }
static inline u64 align_up(u64 v, u64 to) { return (v + to - 1) & ~(to - 1); }

// Little- and big-endian integers at any alignment.
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "only little-endian hosts are supported"
#endif
static inline u16 load_le16(const void *p) { u16 v; memcpy(&v, p, 2); return v; }
static inline u32 load_le32(const void *p) { u32 v; memcpy(&v, p, 4); return v; }
static inline u64 load_le64(const void *p) { u64 v; memcpy(&v, p, 8); return v; }
static inline void store_le16(void *p, u16 v) { memcpy(p, &v, 2); }
static inline void store_le32(void *p, u32 v) { memcpy(p, &v, 4); }
static inline void store_le64(void *p, u64 v) { memcpy(p, &v, 8); }
static inline u16 load_be16(const void *p) { return bswap16(load_le16(p)); }
static inline u32 load_be32(const void *p) { return bswap32(load_le32(p)); }
static inline u64 load_be64(const void *p) { return bswap64(load_le64(p)); }
static inline void store_be16(void *p, u16 v) { store_le16(p, bswap16(v)); }
static inline void store_be32(void *p, u32 v) { store_le32(p, bswap32(v)); }
static inline void store_be64(void *p, u64 v) { store_le64(p, bswap64(v)); }

// size in {1, 2, 4, 8}
static inline u64 load_le(const void *p, unsigned size)
{
    u64 v = 0;

    memcpy(&v, p, size);
    return v;
}

static inline void store_le(void *p, unsigned size, u64 v)
{
    memcpy(p, &v, size);
}
