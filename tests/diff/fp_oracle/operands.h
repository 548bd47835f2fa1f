// SPDX-License-Identifier: MIT
// Operands for the comparison of cpu/fp, the same numbers in the guest and on the host. Most are
// chosen to be near something: special values, each other's exponents (cancellation), and the
// exponents at which products, quotients and sums meet the ends of the format.
#pragma once

#include <stdint.h>

typedef struct Case {
    uint64_t a, b, c;
} Case;

typedef struct Result {
    uint64_t value;
    uint32_t flags;
    uint32_t pad;
} Result;

// splitmix64
static inline uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static inline int fraction_bits(int n) { return n == 16 ? 10 : n == 32 ? 23 : 52; }

static inline uint64_t draw_fraction(uint64_t *s, int fbits)
{
    uint64_t mask = (1ull << fbits) - 1, r = draw(s);
    switch (r >> 60) {
    case 0: return 0;
    case 1: return mask;
    case 2: return 1;
    case 3: return mask - 1;
    case 4: return 1ull << (r % (unsigned)fbits);
    case 5: return mask & -(1ull << (r % (unsigned)fbits));
    case 6: return mask & ((r & 0xff) << (r >> 8) % (unsigned)fbits);
    default: return r & mask;
    }
}

// A number of format n whose exponent is near one of: the ends, the bias, `near`.
static inline uint64_t draw_number(uint64_t *s, int n, int near)
{
    int fbits = fraction_bits(n), max = (1 << (n - 1 - fbits)) - 1, bias = max / 2;
    uint64_t r = draw(s);
    int wobble = (int)(r >> 8 & 7) - 4, e;
    switch (r & 15) {
    case 0: e = 0; break;
    case 1: e = max; break;
    case 2: e = 1 + (int)(r >> 8 & 3); break;
    case 3: e = max - 1 - (int)(r >> 8 & 3); break;
    case 4:
    case 5: e = bias + wobble; break;
    case 6: e = bias + (int)(r >> 8) % (fbits + 4); break;
    case 7: e = bias + (int)(r >> 8 & 0x7f) - 34; break;
    case 8:
    case 9:
    case 10:
    case 11:
    case 12: e = near + wobble; break;
    default: e = (int)(r >> 8 & 0xffff) % (max + 1);
    }
    e = e < 0 ? 0 : e > max ? max : e;
    return (r >> 63) << (n - 1) | (uint64_t)e << fbits | draw_fraction(s, fbits);
}

static inline int exponent_of(uint64_t v, int n)
{
    int fbits = fraction_bits(n);
    return (int)(v >> fbits) & ((1 << (n - 1 - fbits)) - 1);
}

static inline uint64_t draw_integer(uint64_t *s)
{
    uint64_t r = draw(s), v = draw(s) >> (r & 63);
    if (r & 0x40) v &= -(1ull << (r >> 8 & 63));
    if (r & 0x80) v += (r >> 16 & 3) - 1;
    return r & 0x100 ? -v : v;
}

static inline Case draw_case(uint64_t *s, int input)
{
    if (input == 1) return (Case){ .a = draw_integer(s), .b = 0, .c = 0 };
    int n = input ? input : 16, bias = (1 << (n - 2 - fraction_bits(n))) - 1;
    uint64_t pick = draw(s);
    Case k;
    k.b = draw_number(s, n, bias);
    int eb = exponent_of(k.b, n);
    // a third operand whose product with b is near 1, near the smallest, near the largest number
    int third[4] = { 2 * bias - eb, bias + 1 - eb, 3 * bias - eb, eb };
    k.c = draw_number(s, n, third[pick & 3]);
    int product = eb + exponent_of(k.c, n) - bias;
    if (!input) {
        k.a = draw_number(s, 32, product - 15 + 127 + (int)(pick >> 8 & 31) - 16);
        return k;
    }
    // the first: near the product (fused), near b (sums, quotients), or such that a * b or
    // a / b meets an end
    int first[8] = {
        product,   product,  product - fraction_bits(n), product + fraction_bits(n), eb, third[1],
        eb - bias, eb + bias
    };
    k.a = draw_number(s, n, first[pick >> 2 & 7]);
    if ((pick >> 5 & 31) == 0) k.a = k.b ^ (pick & 1) << (n - 1);
    return k;
}

// FPCR values: RMode, FZ, DN, AHP, FZ16 in all combinations.
enum { FPCR_COUNT = 64 };

static inline uint32_t fpcr_of(int i)
{
    return (uint32_t)(i & 3) << 22 | (uint32_t)(i >> 2 & 1) << 24 | (uint32_t)(i >> 3 & 1) << 25 |
           (uint32_t)(i >> 4 & 1) << 26 | (uint32_t)(i >> 5 & 1) << 19;
}

static inline uint64_t seed_of(uint64_t seed, int op, int fpcr)
{
    uint64_t s = seed * 0x100000001b3 + (uint64_t)op * FPCR_COUNT + (uint64_t)fpcr;
    return draw(&s);
}
