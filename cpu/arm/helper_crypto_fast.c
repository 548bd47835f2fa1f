// SPDX-License-Identifier: MIT
// SHA-1 and SHA-256 instructions: Arm ARM DDI 0487K.a, C7.2.255 on; FIPS 180-4 for the functions.
#include "cpu/arm/helper_simd.h"
#include "util/bits.h"

typedef struct Words { u32 w[4]; } Words;

static Words words(const V128 *v)
{
    return (Words){ { (u32)v->d[0], (u32)(v->d[0] >> 32), (u32)v->d[1], (u32)(v->d[1] >> 32) } };
}

static V128 vector(const u32 *w)
{
    return (V128){ { w[0] | (u64)w[1] << 32, w[2] | (u64)w[3] << 32 } };
}

static u32 choose(u32 x, u32 y, u32 z) { return ((y ^ z) & x) ^ z; }
static u32 majority(u32 x, u32 y, u32 z) { return (x & y) | ((x | y) & z); }
static u32 parity(u32 x, u32 y, u32 z) { return x ^ y ^ z; }

// Four rounds; d is A..D, the low word of n is E, m the schedule with its constant.
void helper_sha1(V128 *d, const V128 *n, const V128 *m, u32 op)
{
    Words s = words(d), k = words(m);
    u32 e = (u32)n->d[0];
    for (int i = 0; i < 4; i++) {
        u32 f = op == SHA1_C   ? choose(s.w[1], s.w[2], s.w[3])
                : op == SHA1_P ? parity(s.w[1], s.w[2], s.w[3])
                               : majority(s.w[1], s.w[2], s.w[3]);
        u32 a = e + rol32(s.w[0], 5) + f + k.w[i];
        e = s.w[3];
        s.w[3] = s.w[2];
        s.w[2] = rol32(s.w[1], 30);
        s.w[1] = s.w[0];
        s.w[0] = a;
    }
    *d = vector(s.w);
}

void helper_sha1su1(V128 *d, const V128 *n)
{
    Words a = words(d), b = words(n);
    u32 r[4];
    for (int i = 0; i < 3; i++)
        r[i] = rol32(a.w[i] ^ b.w[i + 1], 1);
    r[3] = rol32(a.w[3], 1) ^ rol32(r[0], 1);
    *d = vector(r);
}

static u32 big_sigma0(u32 x) { return ror32(x, 2) ^ ror32(x, 13) ^ ror32(x, 22); }
static u32 big_sigma1(u32 x) { return ror32(x, 6) ^ ror32(x, 11) ^ ror32(x, 25); }
static u32 small_sigma0(u32 x) { return ror32(x, 7) ^ ror32(x, 18) ^ x >> 3; }
static u32 small_sigma1(u32 x) { return ror32(x, 17) ^ ror32(x, 19) ^ x >> 10; }

// SHA256hash: four rounds on X (A..D) and Y (E..H).
static void sha256_rounds(Words *x, Words *y, const Words *k)
{
    for (int i = 0; i < 4; i++) {
        u32 t = y->w[3] + big_sigma1(y->w[0]) + choose(y->w[0], y->w[1], y->w[2]) + k->w[i];
        u32 e = x->w[3] + t;
        u32 a = t + big_sigma0(x->w[0]) + majority(x->w[0], x->w[1], x->w[2]);
        *x = (Words){ { a, x->w[0], x->w[1], x->w[2] } };
        *y = (Words){ { e, y->w[0], y->w[1], y->w[2] } };
    }
}

// SHA256H: d is A..D, n E..H; SHA256H2 the other way round.
void helper_sha256h(V128 *d, const V128 *n, const V128 *m, u32 part2)
{
    Words x = words(part2 ? n : d), y = words(part2 ? d : n), k = words(m);
    sha256_rounds(&x, &y, &k);
    *d = vector(part2 ? y.w : x.w);
}

void helper_sha256su0(V128 *d, const V128 *n)
{
    Words a = words(d);
    u32 next = (u32)n->d[0], r[4];
    for (int i = 0; i < 4; i++)
        r[i] = a.w[i] + small_sigma0(i < 3 ? a.w[i + 1] : next);
    *d = vector(r);
}

void helper_sha256su1(V128 *d, const V128 *n, const V128 *m)
{
    Words a = words(d), b = words(n), c = words(m);
    u32 r[4];
    for (int i = 0; i < 4; i++) {
        u32 t1 = i < 2 ? c.w[i + 2] : r[i - 2];
        u32 t0 = i < 3 ? b.w[i + 1] : c.w[0];
        r[i] = a.w[i] + t0 + small_sigma1(t1);
    }
    *d = vector(r);
}
