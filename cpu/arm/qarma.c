// SPDX-License-Identifier: MIT
// QARMA-64 with 5 rounds, as FEAT_PACQARMA5 uses it: ComputePAC of Arm ARM DDI 0487K.a
// (J1.1.3 aarch64/functions/pac), with its names; R. Avanzi, "The QARMA Block Cipher Family",
// IACR ToSC 2017.  A state is 16 cells of 4 bits; cell 0 of the paper is bits 63:60.
#include "cpu/arm/internal.h"

enum { CELLS = 16, ROUNDS = 5 };
#define ALPHA 0xc0ac29b7c97c50ddull

static const u64 rc[ROUNDS] = {
    0, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377,
};
// PACSub and its inverse: sigma 2 of the paper.
static const u8 sub[16] = { 11, 6, 8, 15, 12, 0, 9, 14, 3, 7, 4, 5, 13, 2, 1, 10 };
static const u8 inv_sub[16] = { 5, 14, 13, 8, 10, 11, 1, 9, 2, 6, 15, 0, 4, 12, 7, 3 };
// Cell i of the result is cell tau[i] of the state; h likewise for the tweak.
static const u8 tau[CELLS] = { 0, 11, 6, 13, 10, 1, 12, 7, 5, 14, 3, 8, 15, 4, 9, 2 };
static const u8 inv_tau[CELLS] = { 0, 5, 15, 10, 13, 8, 2, 7, 11, 14, 4, 1, 6, 3, 9, 12 };
static const u8 h[CELLS] = { 6, 5, 14, 15, 0, 1, 2, 3, 7, 12, 13, 4, 8, 9, 10, 11 };
static const u8 inv_h[CELLS] = { 4, 5, 6, 7, 11, 1, 0, 8, 12, 13, 14, 15, 9, 10, 2, 3 };
enum { TWEAKED = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 8 | 1 << 11 | 1 << 13 };

static unsigned cell(u64 v, unsigned i) { return v >> (60 - 4 * i) & 15; }
static u64 at_cell(unsigned i, u64 v)   { return v << (60 - 4 * i); }

static u64 shuffle(u64 v, const u8 *from)
{
    u64 out = 0;

    for (unsigned i = 0; i < CELLS; i++)
        out |= at_cell(i, cell(v, from[i]));
    return out;
}

static u64 substitute(u64 v, const u8 *box)
{
    u64 out = 0;

    for (unsigned i = 0; i < CELLS; i++)
        out |= at_cell(i, box[cell(v, i)]);
    return out;
}

// RotCell of all cells.
static u64 rot1(u64 v) { return (v << 1 & 0xeeeeeeeeeeeeeeee) | (v >> 3 & 0x1111111111111111); }
static u64 row(u64 v, unsigned n) { return v << 16 * n | (n ? v >> (64 - 16 * n) : 0); }

// PACMult: each row becomes rho(next) + rho^2(the one after) + rho(the third).
static u64 mult(u64 v)
{
    u64 r = rot1(v);

    return row(r, 1) ^ row(rot1(r), 2) ^ row(r, 3);
}

static u64 tweak_shuffle(u64 v)
{
    u64 s = shuffle(v, h), out = 0;

    for (unsigned i = 0; i < CELLS; i++) {
        unsigned c = cell(s, i);

        if (TWEAKED >> i & 1)                       // TweakCellRot
            c = c >> 1 | ((c ^ c >> 1) & 1) << 3;
        out |= at_cell(i, c);
    }
    return out;
}

static u64 tweak_inv_shuffle(u64 v)
{
    u64 s = 0;

    for (unsigned i = 0; i < CELLS; i++) {
        unsigned c = cell(v, i);

        if (TWEAKED >> i & 1)                       // TweakCellInvRot
            c = (c << 1 & 15) | ((c ^ c >> 3) & 1);
        s |= at_cell(i, c);
    }
    return shuffle(s, inv_h);
}

u64 arm_qarma5(u64 data, u64 modifier, u64 key0, u64 key1)
{
    u64 modk0 = key0 << 63 | key0 >> 1, tweak = modifier, v = data ^ key0;

    modk0 ^= key0 >> 63;
    for (unsigned i = 0; i < ROUNDS; i++) {
        v ^= key1 ^ tweak ^ rc[i];
        if (i)
            v = mult(shuffle(v, tau));
        v = substitute(v, sub);
        tweak = tweak_shuffle(tweak);
    }
    v = substitute(mult(shuffle(v ^ modk0 ^ tweak, tau)), sub);
    v = mult(shuffle(v, tau)) ^ key1;
    v = substitute(shuffle(v, inv_tau), inv_sub);
    v = shuffle(mult(v), inv_tau) ^ key0 ^ tweak;
    for (unsigned i = 0; i < ROUNDS; i++) {
        v = substitute(v, inv_sub);
        if (i < ROUNDS - 1)
            v = shuffle(mult(v), inv_tau);
        tweak = tweak_inv_shuffle(tweak);
        v ^= rc[ROUNDS - 1 - i] ^ key1 ^ tweak ^ ALPHA;
    }
    return v ^ modk0;
}
