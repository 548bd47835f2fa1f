// SPDX-License-Identifier: MIT
// Short kernels: those of table 0.1 of the translator's design, by what each is bound by.
#include "tests/bench-micro/micro.h"

static u32 next(u32 *seed) { return *seed = *seed * 1664525 + 1013904223; }

static u64 crc_table(u64 n)                     // a load per byte, another for the table
{
    u32 *table = (u32 *)arena, c = ~0u;
    const u8 *text = arena + 4096;
    for (u32 i = 0; i < 256; i++) {
        u32 v = i;
        for (int b = 0; b < 8; b++)
            v = v >> 1 ^ (v & 1 ? 0xedb88320 : 0);
        table[i] = v;
    }
    while (n--) {
        c = ~0u;
        for (u32 i = 0; i < 65536; i++)
            c = c >> 8 ^ table[(u8)(c ^ text[i])];
    }
    return c;
}

static void sort(u32 *a, long lo, long hi)
{
    while (lo < hi) {
        long i = lo, j = hi;
        u32 mid = a[lo + (hi - lo) / 2];
        while (i <= j) {
            while (a[i] < mid)
                i++;
            while (a[j] > mid)
                j--;
            if (i <= j) {
                u32 t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        sort(a, lo, j);
        lo = i;
    }
}

static u64 quicksort(u64 n)
{
    u32 *a = (u32 *)arena, seed;
    while (n--) {
        seed = 1;
        for (int i = 0; i < 1024; i++)
            a[i] = next(&seed);
        sort(a, 0, 1023);
    }
    return a[512];
}

typedef struct Node { struct Node *next; u64 value; } Node;

static u64 list_walk(u64 n)                     // 1024 nodes in 4 pages, 64 rounds
{
    Node *nodes = (Node *)arena;
    u64 sum = 0;
    for (u32 i = 0; i < 1024; i++)
        nodes[i] = (Node){ &nodes[(i + 389) & 1023], i };
    while (n--) {
        const Node *at = nodes;
        sum = 0;
        for (u32 i = 0; i < 65536; i++, at = at->next)
            sum += at->value;
    }
    return sum;
}

__attribute__((noinline)) static u64 fib_of(u64 i)
{
    u64 r = i;
    if (i > 1) {
        r = fib_of(i - 1);
        __asm__ volatile("" : "+r"(r));         // two calls, as written
        r += fib_of(i - 2);
    }
    return r;
}
static u64 fib(u64 n)
{
    u64 r = 0;
    while (n--)
        r = fib_of(18);
    return r;
}

static u64 matmul(u64 n)
{
    enum { N = 64 };
    double(*a)[N] = (void *)arena, (*b)[N] = a + N, (*c)[N] = b + N;
    for (int i = 0; i < N * N; i++)
        a[0][i] = i % 7, b[0][i] = i % 5;
    while (n--)
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double sum = 0;
                for (int k = 0; k < N; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
    return (u64)c[5][9];
}

static u64 interpreter(u64 n)                   // a bytecode loop of 8 instructions, 4096 times
{
    enum { ADD, XOR, SHIFT, LOAD, STORE, COUNT, LOOP, NOP };
    static const u8 program[] = { LOAD, ADD, XOR, SHIFT, NOP, STORE, COUNT, LOOP };
    static const void *const labels[] = { &&add, &&xor, &&shift, &&load, &&store, &&count,
                                          &&loop, &&nop };
    u64 acc = 0, *mem = (u64 *)arena;
    while (n--) {
        u32 pc = 0, left = 4096;
        for (acc = 0; acc < 64; acc++)
            mem[acc] = acc;
#define NEXT goto *labels[program[pc++]]
        NEXT;
    add: acc += left; NEXT;
    xor: acc ^= acc << 13; NEXT;
    shift: acc ^= acc >> 7; NEXT;
    load: acc += mem[left & 63]; NEXT;
    store: mem[left & 63] = acc; NEXT;
    count: left--; NEXT;
    nop: NEXT;
    loop:
        if (left) {
            pc = 0;
            NEXT;
        }
    }
    return acc;
}

static u64 length(u64 n)                        // strlen, byte by byte
{
    u64 len = 0;
    for (u32 i = 0; i < 65535; i++)
        arena[i] = 'a' + i % 26;
    arena[65535] = 0;
    while (n--) {
        const u8 *s = arena;
        while (*s) {
            __asm__ volatile("" : "+r"(s));
            s++;
        }
        len = (u64)(s - arena);
    }
    return len;
}

#define ROR(x, k) ((x) >> (k) | (x) << (32 - (k)))

static void sha256_block(u32 h[8], const u32 k[64], const u32 *block)  // FIPS 180-4 6.2.2
{
    u32 w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = __builtin_bswap32(block[i]);
    for (int i = 16; i < 64; i++) {
        u32 x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + (ROR(x, 7) ^ ROR(x, 18) ^ x >> 3) + w[i - 7] +
               (ROR(y, 17) ^ ROR(y, 19) ^ y >> 10);
    }
    for (int i = 0; i < 8; i++)
        v[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 a = v[0], e = v[4];
        u32 t = v[7] + (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[i] +
                w[i];
        u32 maj = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
        for (int j = 7; j; j--)
            v[j] = v[j - 1];
        v[4] += t;
        v[0] = t + (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22)) + maj;
    }
    for (int i = 0; i < 8; i++)
        h[i] += v[i];
}

static u64 sha256(u64 n)                        // 16 KiB; any constants, the same work
{
    u32 h[8], k[64], seed = 3;
    for (int i = 0; i < 64; i++)
        k[i] = next(&seed);
    for (int i = 0; i < 8; i++)
        h[i] = next(&seed);
    for (u32 i = 0; i < 4096; i++)
        ((u32 *)arena)[i] = i;
    for (u64 r = 0; r < n; r++) {
        for (int i = 0; i < 8; i++)
            h[i] = (u32)i;
        for (u32 at = 0; at < 4096; at += 16)
            sha256_block(h, k, (u32 *)arena + at);
    }
    return h[0];
}

static u64 copy(u64 n)                          // 512 KiB by four registers
{
    for (u32 i = 0; i < 65536; i++)
        ((u64 *)arena)[i] = i * 3ull;
    while (n--) {
        const volatile u64 *from = (u64 *)arena;
        volatile u64 *to = (u64 *)arena + 65536;
        for (u32 i = 0; i < 65536; i += 4) {
            u64 a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
            to[i] = a, to[i + 1] = b, to[i + 2] = c, to[i + 3] = d;
        }
    }
    return ((u64 *)arena)[65536 + 4321];
}

typedef struct Tree { u32 key, kids[2], pad; } Tree;

static u64 tree(u64 n)                          // 8192 keys in 32 pages, 4096 searches
{
    Tree *t = (Tree *)arena;
    u32 seed = 9;
    u64 depth = 0;
    for (u32 i = 0; i < 8192; i++) {
        t[i] = (Tree){ .key = next(&seed) };
        for (u32 at = 0; i; ) {
            u32 *kid = &t[at].kids[t[i].key > t[at].key];
            if (!*kid) {
                *kid = i;
                break;
            }
            at = *kid;
        }
    }
    for (u64 r = 0; r < n; r++) {
        depth = 0, seed = 5;
        for (u32 i = 0; i < 4096; i++) {
            u32 want = next(&seed), at = 0;
            do {
                depth++;
                at = t[at].kids[want > t[at].key];
            } while (at);
        }
    }
    return depth;
}

const Row kernels[] = {
    { "crc table", crc_table, .whole = true },
    { "quicksort", quicksort, .whole = true },
    { "list walk", list_walk, .whole = true },
    { "fib", fib, .whole = true },
    { "matmul f64", matmul, .whole = true },
    { "bytecode interpreter", interpreter, .whole = true },
    { "strlen bytewise", length, .whole = true },
    { "sha256", sha256, .whole = true },
    { "copy 4x8B", copy, .whole = true },
    { "binary tree search", tree, .whole = true },
    { NULL },
};
