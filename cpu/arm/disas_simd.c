// SPDX-License-Identifier: MIT
// Disassembler of A64: operands of FP and Advanced SIMD, in GNU objdump's syntax.
#include "cpu/arm/disas_simd.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/bits.h"

static void comma(A64Out *o) { dis_str(o, ", "); }

void dis_freg(A64Out *o, int size, int reg) { dis_vreg(o, "bhsdq"[size > 4 ? 4 : size], reg); }

void dis_ft(A64Out *o, int type, int reg) { dis_vreg(o, "sdqh"[type & 3], reg); }

static void arrangement(A64Out *o, int reg, const char *text)
{
    dis_vreg(o, 'v', reg);
    dis_str(o, text);
}

void dis_vr(A64Out *o, int scalar, int q, int size, int reg)
{
    static const char *const names[2][5] = {
        { ".8b", ".4h", ".2s", ".1d", "" },
        { ".16b", ".8h", ".4s", ".2d", ".1q" },
    };
    if (scalar)
        dis_freg(o, size, reg);
    else
        arrangement(o, reg, names[q != 0][size > 4 ? 4 : size]);
}

void dis_v2(A64Out *o, int scalar, int q, int size, int rd, int rn)
{
    dis_vr(o, scalar, q, size, rd);
    comma(o);
    dis_vr(o, scalar, q, size, rn);
}

void dis_v3(A64Out *o, int scalar, int q, int size, int rd, int rn, int rm)
{
    dis_v2(o, scalar, q, size, rd, rn);
    comma(o);
    dis_vr(o, scalar, q, size, rm);
}

static void index_of(A64Out *o, int index)
{
    dis_str(o, "[");
    dis_num(o, index);
    dis_str(o, "]");
}

void dis_ve(A64Out *o, int size, int reg, int index)
{
    static const char *const names[4] = { ".b", ".h", ".s", ".d" };
    arrangement(o, reg, names[size & 3]);
    index_of(o, index);
}

void dis_vh(A64Out *o, int q, int reg) { arrangement(o, reg, q ? ".4h" : ".2h"); }
void dis_vh2(A64Out *o, int reg) { arrangement(o, reg, ".2h"); }
void dis_vq(A64Out *o, int reg) { arrangement(o, reg, ".1q"); }

void dis_fround(A64Out *o, int mode)
{
    char s[2] = { "npmza"[mode > 4 ? 4 : mode], 0 };
    dis_str(o, s);
}

// VFPExpandImm, of which every value has a short exact decimal form.
void dis_fpimm(A64Out *o, int imm8)
{
    char s[32];
    int e = (imm8 >> 4 & 7) ^ 4;
    double v = (16 + (imm8 & 15)) / 16.0;
    for (e -= 3; e > 0; e--)
        v *= 2;
    for (; e < 0; e++)
        v /= 2;
    snprintf(s, sizeof s, "#%s%.18e", imm8 & 128 ? "-" : "", v);
    dis_str(o, s);
}

void dis_bytes(A64Out *o, int imm8)
{
    char s[24];
    u64 v = 0;
    for (int i = 0; i < 8; i++)
        v |= imm8 >> i & 1 ? (u64)0xff << 8 * i : 0;
    snprintf(s, sizeof s, "#0x%" PRIx64, v);
    dis_str(o, s);
}

static void list(A64Out *o, int reg, int n, const char *text)
{
    dis_str(o, "{");
    arrangement(o, reg, text);
    if (n > 1) {
        dis_str(o, n > 2 && reg + n <= 32 ? "-" : ", ");
        for (int i = n > 2 && reg + n <= 32 ? n - 1 : 1; i < n; i++) {
            arrangement(o, (reg + i) & 31, text);
            if (i + 1 < n)
                comma(o);
        }
    }
    dis_str(o, "}");
}

void dis_vlist(A64Out *o, int reg, int n, int q, int size)
{
    static const char *const names[8] = { ".8b", ".4h", ".2s", ".1d", ".16b", ".8h", ".4s", ".2d" };
    list(o, reg, n, names[(q != 0) * 4 + (size & 3)]);
}

void dis_vlane1(A64Out *o, int reg, int n, int scale, int q, int s, int size)
{
    static const char *const names[4] = { ".b", ".h", ".s", ".d" };
    int wide = scale == 2 && size == 1, index = q << 3 | s << 2 | size;
    list(o, reg, n, names[wide ? 3 : scale]);
    index_of(o, wide ? q : index >> scale);
}

void dis_vmem(A64Out *o, int rn, int post, int rm, int bytes)
{
    dis_str(o, "[");
    dis_reg(o, rn, true, true);
    dis_str(o, "]");
    if (!post)
        return;
    dis_str(o, rm == 31 ? ", #" : ", ");
    if (rm == 31)
        dis_num(o, bytes);
    else
        dis_reg(o, rm, true, false);
}

void dis_velem(A64Out *o, int size, int reg, int h, int l, int m)
{
    int index = size == 1 ? h << 2 | l << 1 | m : size == 2 ? h << 1 | l : h;
    dis_ve(o, size, size == 1 ? reg & 15 : reg, index);
}

void dis_vdot(A64Out *o, int reg, int h, int l)
{
    arrangement(o, reg, ".4b");
    index_of(o, h << 1 | l);
}

void dis_vcelem(A64Out *o, int size, int reg, int h, int l)
{
    dis_ve(o, size, reg, size == 1 ? h << 1 | l : h);
}
