// SPDX-License-Identifier: MIT
// A64 data processing on general registers: immediate and register forms.
// Arm ARM DDI 0487K.a, C4.1.92 and C4.1.95; each handler names its section of C6.2.
#include "cpu/arm/translate.h"

// -- helpers of this file ------------------------------------------------------------------
static Val shl_k(Ctx *t, IrType ty, Val v, u32 n)
{
    return n ? ir_shl(t, ty, v, ir_k(t, n)) : v;
}

Val shift_reg(Ctx *t, u32 r, u32 sf, u32 shift, u32 imm)                    // ShiftReg
{
    static const u8 op[4] = { OP_SHL, OP_SHR, OP_SAR, OP_ROR };
    Val v = get_reg(t, r, sf);
    return imm ? ir_op(t, op[shift & 3], ty_sf(sf), v, ir_k(t, imm), ir_none, 0, 0) : v;
}

// UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX, then left by 0 to 4.
Val extend_reg(Ctx *t, u32 r, u32 sf, u32 option, u32 shift)                // ExtendReg
{
    IrType ty = ty_sf(sf);
    u32 bits = 8u << (option & 3), width = sf ? 64 : 32;
    Val v;
    if (bits >= width)
        v = get_reg(t, r, sf);
    else if (bits == 32)
        v = option & 4 ? ir_sext(t, get_reg(t, r, 0)) : ir_zext(t, get_reg(t, r, 0));
    else if (option & 4)
        v = ir_sbfx(t, ty, get_reg(t, r, sf), 0, (int)bits);
    else
        v = ir_ubfx(t, ty, get_reg(t, r, sf), 0, (int)bits);
    return shl_k(t, ty, v, shift);
}

static u64 ones(u32 n) { return n >= 64 ? ~(u64)0 : ((u64)1 << n) - 1; }

// DecodeBitMasks (C: shared/functions/bitmasks); the row has refused the reserved ones.
static u64 bit_mask(u32 n, u32 immr, u32 imms)
{
    u32 top = n << 6 | (~imms & 63), len = 31 - (u32)__builtin_clz(top | 1);
    u32 esize = 1u << len, s = imms & (esize - 1), r = immr & (esize - 1);
    u64 elem = ones(s + 1);
    if (r)
        elem = (elem >> r | elem << (esize - r)) & ones(esize);
    for (u32 w = esize; w < 64; w *= 2)
        elem |= elem << w;
    return elem;
}

// -- PC-relative, C6.2.13 ADR, C6.2.14 ADRP ------------------------------------------------
bool trans_adr(Ctx *t, const a64_adr *a)
{
    put_reg(t, a->rd, 1, ir_k_pc(t, t->pc + (u64)(i64)a->imm));
    return true;
}

bool trans_adrp(Ctx *t, const a64_adr *a)
{
    put_reg(t, a->rd, 1, ir_k_pc(t, (t->pc & ~(u64)4095) + ((u64)(i64)a->imm << 12)));
    return true;
}

// -- add and subtract ----------------------------------------------------------------------
static void gen_addsub_flags(Ctx *t, u32 sf, bool sub, Val a, Val b)
{
    ir_put_flags(t, ir_fl(t, sub ? OP_FLSUB : OP_FLADD, ty_sf(sf), a, b, ir_none));
}

static bool gen_addsub_imm(Ctx *t, const a64_addsub_imm *a, bool sub, bool flags)
{
    u64 imm = (u64)a->imm << (a->sh ? 12 : 0);
    Val n = get_reg_sp(t, a->rn, a->sf);
    if (!flags && a->sf) {
        put_moved(t, a->rd, a->rn, n, sub ? -(i64)imm : (i64)imm);
        return true;
    }
    Val k = ir_k(t, imm), r = ir_op(t, sub ? OP_SUB : OP_ADD, ty_sf(a->sf), n, k, ir_none, 0, 0);
    if (!flags) {
        put_reg_sp(t, a->rd, a->sf, r);
        return true;
    }
    put_reg(t, a->rd, a->sf, r);
    gen_addsub_flags(t, a->sf, sub, n, k);
    return true;
}

bool trans_add_imm(Ctx *t, const a64_addsub_imm *a)                         // C6.2.5
{
    return gen_addsub_imm(t, a, false, false);
}
bool trans_adds_imm(Ctx *t, const a64_addsub_imm *a)                        // C6.2.11
{
    return gen_addsub_imm(t, a, false, true);
}
bool trans_sub_imm(Ctx *t, const a64_addsub_imm *a)                         // C6.2.401
{
    return gen_addsub_imm(t, a, true, false);
}
bool trans_subs_imm(Ctx *t, const a64_addsub_imm *a)                        // C6.2.407
{
    return gen_addsub_imm(t, a, true, true);
}

static bool gen_addsub_reg(Ctx *t, const a64_addsub_reg *a, bool sub, bool flags)
{
    Val n = get_reg(t, a->rn, a->sf), m = shift_reg(t, a->rm, a->sf, a->shift, a->imm);
    if (a->rd != 31)
        put_reg(t, a->rd, a->sf,
                ir_op(t, sub ? OP_SUB : OP_ADD, ty_sf(a->sf), n, m, ir_none, 0, 0));
    if (flags)
        gen_addsub_flags(t, a->sf, sub, n, m);
    return true;
}

bool trans_add_reg(Ctx *t, const a64_addsub_reg *a)                         // C6.2.6
{
    return gen_addsub_reg(t, a, false, false);
}
bool trans_adds_reg(Ctx *t, const a64_addsub_reg *a)                        // C6.2.12
{
    return gen_addsub_reg(t, a, false, true);
}
bool trans_sub_reg(Ctx *t, const a64_addsub_reg *a)                         // C6.2.402
{
    return gen_addsub_reg(t, a, true, false);
}
bool trans_subs_reg(Ctx *t, const a64_addsub_reg *a)                        // C6.2.408
{
    return gen_addsub_reg(t, a, true, true);
}

static bool gen_addsub_ext(Ctx *t, const a64_addsub_ext *a, bool sub, bool flags)
{
    Val n = get_reg_sp(t, a->rn, a->sf);
    Val m = extend_reg(t, a->rm, a->sf, a->option, a->imm);
    Val r = ir_op(t, sub ? OP_SUB : OP_ADD, ty_sf(a->sf), n, m, ir_none, 0, 0);
    if (flags) {
        put_reg(t, a->rd, a->sf, r);
        gen_addsub_flags(t, a->sf, sub, n, m);
    } else
        put_reg_sp(t, a->rd, a->sf, r);
    return true;
}

bool trans_add_ext(Ctx *t, const a64_addsub_ext *a)                         // C6.2.4
{
    return gen_addsub_ext(t, a, false, false);
}
bool trans_adds_ext(Ctx *t, const a64_addsub_ext *a)                        // C6.2.10
{
    return gen_addsub_ext(t, a, false, true);
}
bool trans_sub_ext(Ctx *t, const a64_addsub_ext *a)                         // C6.2.400
{
    return gen_addsub_ext(t, a, true, false);
}
bool trans_subs_ext(Ctx *t, const a64_addsub_ext *a)                        // C6.2.406
{
    return gen_addsub_ext(t, a, true, true);
}

static bool gen_carry(Ctx *t, const a64_rrr *a, bool sub, bool flags)
{
    IrType ty = ty_sf(a->sf);
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf), c = ir_get_flags(t);
    put_reg(t, a->rd, a->sf, ir_op(t, sub ? OP_SBC : OP_ADC, ty, n, m, c, 0, 0));
    if (flags)
        ir_put_flags(t, ir_fl(t, sub ? OP_FLSBC : OP_FLADC, ty, n, m, c));
    return true;
}

bool trans_adc(Ctx *t, const a64_rrr *a)  { return gen_carry(t, a, false, false); } // C6.2.1
bool trans_adcs(Ctx *t, const a64_rrr *a) { return gen_carry(t, a, false, true); }  // C6.2.2
bool trans_sbc(Ctx *t, const a64_rrr *a)  { return gen_carry(t, a, true, false); }  // C6.2.296
bool trans_sbcs(Ctx *t, const a64_rrr *a) { return gen_carry(t, a, true, true); }   // C6.2.297

// -- logical -------------------------------------------------------------------------------
// The flags of ANDS when the result is kept come from the result alone: one value to keep
// alive, and the host's AND has just made them.
static void gen_ands(Ctx *t, u32 sf, u32 rd, Val a, Val b)
{
    IrType ty = ty_sf(sf);
    if (rd == 31) {
        ir_put_flags(t, ir_fl(t, OP_FLAND, ty, a, b, ir_none));
        return;
    }
    Val r = ir_and(t, ty, a, b);
    put_reg(t, rd, sf, r);
    ir_put_flags(t, ir_fl(t, OP_FLAND, ty, r, r, ir_none));
}

static bool gen_logic_imm(Ctx *t, const a64_logic_imm *a, int op)
{
    u64 mask = bit_mask(a->n, a->immr, a->imms);
    Val r = ir_op(t, op, ty_sf(a->sf), get_reg(t, a->rn, a->sf), k_sf(t, a->sf, mask), ir_none,
                  0, 0);
    put_reg_sp(t, a->rd, a->sf, r);
    if (op == OP_AND && a->rd == 31 && !(mask & 15))
        t->fe[FE_SP_OK] = 1;
    return true;
}

bool trans_and_imm(Ctx *t, const a64_logic_imm *a)                          // C6.2.15
{
    return gen_logic_imm(t, a, OP_AND);
}
bool trans_orr_imm(Ctx *t, const a64_logic_imm *a)                          // C6.2.262
{
    return gen_logic_imm(t, a, OP_OR);
}
bool trans_eor_imm(Ctx *t, const a64_logic_imm *a)                          // C6.2.122
{
    return gen_logic_imm(t, a, OP_XOR);
}
bool trans_ands_imm(Ctx *t, const a64_logic_imm *a)                         // C6.2.17
{
    gen_ands(t, a->sf, a->rd, get_reg(t, a->rn, a->sf),
             k_sf(t, a->sf, bit_mask(a->n, a->immr, a->imms)));
    return true;
}

static bool gen_logic_reg(Ctx *t, const a64_logic_reg *a, int op, bool invert)
{
    IrType ty = ty_sf(a->sf);
    Val n = get_reg(t, a->rn, a->sf), m = shift_reg(t, a->rm, a->sf, a->shift, a->imm);
    if (invert && op == OP_AND) {
        op = OP_ANDN;
        invert = false;
    }
    if (invert)
        m = ir_not(t, ty, m);
    if (a->rn != 31 || op != OP_OR)                 // else MOV, MVN
        m = ir_op(t, op, ty, n, m, ir_none, 0, 0);
    put_reg(t, a->rd, a->sf, m);
    return true;
}

bool trans_and_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.16
{
    return gen_logic_reg(t, a, OP_AND, false);
}
bool trans_bic_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.40
{
    return gen_logic_reg(t, a, OP_AND, true);
}
bool trans_orr_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.263
{
    return gen_logic_reg(t, a, OP_OR, false);
}
bool trans_orn_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.261
{
    return gen_logic_reg(t, a, OP_OR, true);
}
bool trans_eor_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.123
{
    return gen_logic_reg(t, a, OP_XOR, false);
}
bool trans_eon_reg(Ctx *t, const a64_logic_reg *a)                          // C6.2.121
{
    return gen_logic_reg(t, a, OP_XOR, true);
}
bool trans_ands_reg(Ctx *t, const a64_logic_reg *a)                         // C6.2.18
{
    Val n = get_reg(t, a->rn, a->sf), m = shift_reg(t, a->rm, a->sf, a->shift, a->imm);
    gen_ands(t, a->sf, a->rd, n, m);
    return true;
}
bool trans_bics_reg(Ctx *t, const a64_logic_reg *a)                         // C6.2.41
{
    Val n = get_reg(t, a->rn, a->sf), m = shift_reg(t, a->rm, a->sf, a->shift, a->imm);
    gen_ands(t, a->sf, a->rd, n, ir_not(t, ty_sf(a->sf), m));
    return true;
}

// -- move wide -----------------------------------------------------------------------------
bool trans_movn(Ctx *t, const a64_movw *a)                                  // C6.2.245
{
    put_reg(t, a->rd, a->sf, k_sf(t, a->sf, ~((u64)a->imm << 16 * a->hw)));
    return true;
}

bool trans_movz(Ctx *t, const a64_movw *a)                                  // C6.2.246
{
    put_reg(t, a->rd, a->sf, ir_k(t, (u64)a->imm << 16 * a->hw));
    return true;
}

bool trans_movk(Ctx *t, const a64_movw *a)                                  // C6.2.244
{
    Val r = ir_bfi(t, ty_sf(a->sf), get_reg(t, a->rd, a->sf), ir_k(t, a->imm), (int)(16 * a->hw),
                   16);
    put_reg(t, a->rd, a->sf, r);
    return true;
}

// -- bit fields and extract ----------------------------------------------------------------
static Val gen_extract(Ctx *t, const a64_bitfield *a, bool sign)
{
    IrType ty = ty_sf(a->sf);
    u32 width = a->sf ? 64 : 32, len = a->imms - a->immr + 1;
    Val n = get_reg(t, a->rn, a->sf);
    if (a->imms < a->immr) {                        // SBFIZ, UBFIZ, LSL
        Val v = n;
        if (sign || a->imms + 1 != a->immr)         // LSL shifts the upper bits out anyway
            v = sign ? ir_sbfx(t, ty, n, 0, (int)a->imms + 1)
                     : ir_ubfx(t, ty, n, 0, (int)a->imms + 1);
        return shl_k(t, ty, v, width - a->immr);
    }
    if (len == width)
        return n;
    if (a->imms == width - 1)                       // ASR, LSR
        return ir_op(t, sign ? OP_SAR : OP_SHR, ty, n, ir_k(t, a->immr), ir_none, 0, 0);
    if (a->sf && a->immr == 0 && len == 32) {       // SXTW, and UBFX #0, #32
        Val w = get_reg(t, a->rn, 0);
        return sign ? ir_sext(t, w) : ir_zext(t, w);
    }
    return sign ? ir_sbfx(t, ty, n, (int)a->immr, (int)len)
                : ir_ubfx(t, ty, n, (int)a->immr, (int)len);
}

bool trans_sbfm(Ctx *t, const a64_bitfield *a)                              // C6.2.299
{
    put_reg(t, a->rd, a->sf, gen_extract(t, a, true));
    return true;
}

bool trans_ubfm(Ctx *t, const a64_bitfield *a)                              // C6.2.427
{
    put_reg(t, a->rd, a->sf, gen_extract(t, a, false));
    return true;
}

bool trans_bfm(Ctx *t, const a64_bitfield *a)                               // C6.2.37
{
    IrType ty = ty_sf(a->sf);
    u32 width = a->sf ? 64 : 32, len = a->imms + 1, pos = 0;
    Val n = get_reg(t, a->rn, a->sf), d = get_reg(t, a->rd, a->sf), r;
    if (a->imms < a->immr) {                        // BFI, BFC
        pos = width - a->immr;
    } else {                                        // BFXIL
        len -= a->immr;
        if (a->immr)
            n = ir_shr(t, ty, n, ir_k(t, a->immr));
    }
    if (len == width)
        r = n;
    else if (a->rn == 31)
        r = ir_and(t, ty, d, k_sf(t, a->sf, ~(ones(len) << pos)));
    else
        r = ir_bfi(t, ty, d, n, (int)pos, (int)len);
    put_reg(t, a->rd, a->sf, r);
    return true;
}

bool trans_extr(Ctx *t, const a64_extr *a)                                  // C6.2.124
{
    IrType ty = ty_sf(a->sf);
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf), r = m;
    if (a->imms && a->rn == a->rm)
        r = ir_ror(t, ty, m, ir_k(t, a->imms));
    else if (a->imms)
        r = ir_op(t, OP_EXTR, ty, n, m, ir_none, 0, (i32)a->imms);
    put_reg(t, a->rd, a->sf, r);
    return true;
}

// -- two sources ---------------------------------------------------------------------------
static bool gen_rrr(Ctx *t, const a64_rrr *a, int op)
{
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf);
    put_reg(t, a->rd, a->sf, ir_op(t, op, ty_sf(a->sf), n, m, ir_none, 0, 0));
    return true;
}

bool trans_udiv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_UDIV); }    // C6.2.429
bool trans_sdiv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_SDIV); }    // C6.2.303
bool trans_lslv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_SHL); }     // C6.2.232
bool trans_lsrv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_SHR); }     // C6.2.235
bool trans_asrv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_SAR); }     // C6.2.20
bool trans_rorv(Ctx *t, const a64_rrr *a) { return gen_rrr(t, a, OP_ROR); }     // C6.2.292

static const Helper h_crc32 = HELPER(help_crc32, HELPER_PURE, T_I32);

bool trans_crc32(Ctx *t, const a64_crc32 *a)                                // C6.2.87, C6.2.88
{
    Val acc = get_reg(t, a->rn, 0), data = get_reg(t, a->rm, a->sf), r;
    if (a->c) {
        r = ir_op(t, OP_CRC32C, T_I32, acc, data, ir_none, (u16)a->sz, 0);
    } else {
        const Val args[] = { acc, a->sf ? data : ir_zext(t, data), ir_k(t, 1u << a->sz) };
        r = ir_call(t, &h_crc32, 3, args);
    }
    put_reg(t, a->rd, 0, r);
    return true;
}

// -- one source ----------------------------------------------------------------------------
static bool gen_rr(Ctx *t, const a64_rr *a, int op)
{
    put_reg(t, a->rd, a->sf, ir_op(t, op, ty_sf(a->sf), get_reg(t, a->rn, a->sf), ir_none,
                                   ir_none, 0, 0));
    return true;
}

bool trans_rbit(Ctx *t, const a64_rr *a)  { return gen_rr(t, a, OP_RBIT); }     // C6.2.283
bool trans_rev16(Ctx *t, const a64_rr *a) { return gen_rr(t, a, OP_BSWAP16); }  // C6.2.288
bool trans_rev64(Ctx *t, const a64_rr *a) { return gen_rr(t, a, OP_BSWAP); }    // C6.2.287
bool trans_clz(Ctx *t, const a64_rr *a)   { return gen_rr(t, a, OP_CLZ); }      // C6.2.69
bool trans_cls(Ctx *t, const a64_rr *a)   { return gen_rr(t, a, OP_CLS); }      // C6.2.68

bool trans_rev32(Ctx *t, const a64_rr *a)                                   // C6.2.287, C6.2.289
{
    return gen_rr(t, a, a->sf ? OP_BSWAP32 : OP_BSWAP);
}

// -- three sources -------------------------------------------------------------------------
static void gen_mac(Ctx *t, const a64_madd *a, u32 sf, Val n, Val m, bool sub)
{
    IrType ty = ty_sf(sf);
    Val p = ir_mul(t, ty, n, m);
    if (a->ra != 31)
        p = ir_op(t, sub ? OP_SUB : OP_ADD, ty, get_reg(t, a->ra, sf), p, ir_none, 0, 0);
    else if (sub)
        p = ir_neg(t, ty, p);
    put_reg(t, a->rd, sf, p);
}

static bool gen_madd(Ctx *t, const a64_madd *a, bool sub)
{
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf);
    gen_mac(t, a, a->sf, n, m, sub);
    return true;
}

static bool gen_maddl(Ctx *t, const a64_madd *a, bool sign, bool sub)
{
    Val n = get_reg(t, a->rn, 0), m = get_reg(t, a->rm, 0);
    n = sign ? ir_sext(t, n) : ir_zext(t, n);
    m = sign ? ir_sext(t, m) : ir_zext(t, m);
    gen_mac(t, a, 1, n, m, sub);
    return true;
}

static bool gen_mulh(Ctx *t, const a64_madd *a, int op)
{
    Val n = get_reg(t, a->rn, 1), m = get_reg(t, a->rm, 1);
    put_reg(t, a->rd, 1, ir_op(t, op, T_I64, n, m, ir_none, 0, 0));
    return true;
}

bool trans_madd(Ctx *t, const a64_madd *a)   { return gen_madd(t, a, false); }          // C6.2.240
bool trans_msub(Ctx *t, const a64_madd *a)   { return gen_madd(t, a, true); }           // C6.2.254
bool trans_smaddl(Ctx *t, const a64_madd *a) { return gen_maddl(t, a, true, false); }   // C6.2.313
bool trans_smsubl(Ctx *t, const a64_madd *a) { return gen_maddl(t, a, true, true); }    // C6.2.317
bool trans_umaddl(Ctx *t, const a64_madd *a) { return gen_maddl(t, a, false, false); }  // C6.2.430
bool trans_umsubl(Ctx *t, const a64_madd *a) { return gen_maddl(t, a, false, true); }   // C6.2.434
bool trans_smulh(Ctx *t, const a64_madd *a)  { return gen_mulh(t, a, OP_SMULH); }       // C6.2.318
bool trans_umulh(Ctx *t, const a64_madd *a)  { return gen_mulh(t, a, OP_UMULH); }       // C6.2.435

// -- flags ---------------------------------------------------------------------------------
static bool gen_ccmp(Ctx *t, u32 sf, u32 cond, u32 nzcv, Val n, Val m, bool sub)
{
    Val fl = ir_fl(t, sub ? OP_FLSUB : OP_FLADD, ty_sf(sf), n, m, ir_none);
    if (!cond_always(cond))
        fl = ir_fl_ccmp(t, ir_get_flags(t), (IrCond)cond, fl, nzcv);
    ir_put_flags(t, fl);
    return true;
}

bool trans_ccmn_reg(Ctx *t, const a64_ccmp_reg *a)                          // C6.2.49
{
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf);
    return gen_ccmp(t, a->sf, a->cond, a->nzcv, n, m, false);
}
bool trans_ccmp_reg(Ctx *t, const a64_ccmp_reg *a)                          // C6.2.51
{
    Val n = get_reg(t, a->rn, a->sf), m = get_reg(t, a->rm, a->sf);
    return gen_ccmp(t, a->sf, a->cond, a->nzcv, n, m, true);
}
bool trans_ccmn_imm(Ctx *t, const a64_ccmp_imm *a)                          // C6.2.48
{
    return gen_ccmp(t, a->sf, a->cond, a->nzcv, get_reg(t, a->rn, a->sf), ir_k(t, a->imm), false);
}
bool trans_ccmp_imm(Ctx *t, const a64_ccmp_imm *a)                          // C6.2.50
{
    return gen_ccmp(t, a->sf, a->cond, a->nzcv, get_reg(t, a->rn, a->sf), ir_k(t, a->imm), true);
}

typedef enum { CS_EL, CS_INC, CS_INV, CS_NEG } CondSelect;

static Val gen_else(Ctx *t, IrType ty, Val m, CondSelect kind)
{
    switch (kind) {
    case CS_INC: return ir_addi(t, ty, m, 1);
    case CS_INV: return ir_not(t, ty, m);
    case CS_NEG: return ir_neg(t, ty, m);
    default:     return m;
    }
}

static bool gen_csel(Ctx *t, const a64_csel *a, CondSelect kind)
{
    IrType ty = ty_sf(a->sf);
    Val n = get_reg(t, a->rn, a->sf);
    if (cond_always(a->cond)) {
        put_reg(t, a->rd, a->sf, n);
        return true;
    }
    Val fl = ir_get_flags(t), r;
    if (kind == CS_INC && a->rn == 31 && a->rm == 31) {                     // CSET
        r = ir_setcc(t, fl, (IrCond)(a->cond ^ 1));
        put_reg(t, a->rd, 0, r);                    // writes of W clear the upper half
        return true;
    }
    r = gen_else(t, ty, get_reg(t, a->rm, a->sf), kind);
    put_reg(t, a->rd, a->sf, ir_sel(t, ty, fl, (IrCond)a->cond, n, r));
    return true;
}

bool trans_csel(Ctx *t, const a64_csel *a)  { return gen_csel(t, a, CS_EL); }   // C6.2.103
bool trans_csinc(Ctx *t, const a64_csel *a) { return gen_csel(t, a, CS_INC); }  // C6.2.106
bool trans_csinv(Ctx *t, const a64_csel *a) { return gen_csel(t, a, CS_INV); }  // C6.2.107
bool trans_csneg(Ctx *t, const a64_csel *a) { return gen_csel(t, a, CS_NEG); }  // C6.2.108

// Rotate, then bits 3:0 go to those of N Z C V that the mask names.
bool trans_rmif(Ctx *t, const a64_rmif *a)                                  // C6.2.291
{
    Val rot = get_reg(t, a->rn, 1);
    if (a->imm)
        rot = ir_ror(t, T_I64, rot, ir_k(t, a->imm));
    Val in = ir_shl(t, T_I32, ir_trunc(t, rot), ir_k(t, 28));
    if (a->mask != 15) {
        Val old = nzcv_to_arm(t, ir_get_flags(t));
        Val keep = ir_and(t, T_I32, old, ir_k(t, (~a->mask & 15) << 28));
        in = ir_or(t, T_I32, ir_and(t, T_I32, in, ir_k(t, a->mask << 28)), keep);
    }
    ir_put_flags(t, nzcv_from_arm(t, in));
    return true;
}

// N and Z of the low byte or halfword, V from the bit above its sign xor the sign; C stays.
bool trans_setf(Ctx *t, const a64_setf *a)                                  // C6.2.305
{
    int bits = a->sz ? 16 : 8;
    Val v = get_reg(t, a->rn, 0);
    Val old_c = ir_and(t, T_I32, nzcv_to_arm(t, ir_get_flags(t)), ir_k(t, 1u << 29));
    Val n = ir_shl(t, T_I32, ir_ubfx(t, T_I32, v, bits - 1, 1), ir_k(t, 31));
    Val zf = ir_setcc(t, fl_zero(t, T_I32, ir_ubfx(t, T_I32, v, 0, bits)), IC_EQ);
    Val ov = ir_xor(t, T_I32, v, ir_shr(t, T_I32, v, ir_k(t, 1)));
    Val vf = ir_shl(t, T_I32, ir_ubfx(t, T_I32, ov, bits - 1, 1), ir_k(t, 28));
    Val nz = ir_or(t, T_I32, n, ir_shl(t, T_I32, zf, ir_k(t, 30)));
    Val cv = ir_or(t, T_I32, vf, old_c);
    ir_put_flags(t, nzcv_from_arm(t, ir_or(t, T_I32, nz, cv)));
    return true;
}
