// SPDX-License-Identifier: MIT
// FEAT_PAuth: pointer authentication.  Arm ARM DDI 0487K.a, D8.9; each handler names its
// section of C6.2.  The algorithm is QARMA5 (ID_AA64ISAR1_EL1.APA and GPA) if -cpu asks for it,
// else an IMPLEMENTATION DEFINED one (API and GPI): nothing but we makes or checks these codes.
#include "cpu/arm/translate.h"
#include "util/bits.h"

// What help_pac does; the two low bits are the key, in the order of ArmCpu.apkey.
enum { PAC_B = 1, PAC_DATA = 2, PAC_AUTH = 4 };
enum { KEY_GA = 4 };

// -- the code (D8.9.4) -----------------------------------------------------------------------
static u64 mix(u64 h)
{
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

static u64 compute_pac(const ArmCpu *s, u32 n, u64 data, u64 modifier)      // ComputePAC
{
    const u64 *key = s->apkey[n];
    u64 h;
    if (arm_has(s, ARM_FEAT_qarma5))
        return arm_qarma5(data, modifier, key[1], key[0]);
    h = mix(data ^ key[0]);
    h = mix(h + modifier + key[1]);
    return mix(h ^ key[0]) + key[1];
}

// Where the code of a pointer goes: bits bottom to 54, and 63:56 unless the top byte is free.
typedef struct { u32 bottom; bool tbi; } PacField;

static bool top_byte_free(u64 tcr, bool high, bool data)                    // EffectiveTBI
{
    return (tcr >> (high ? 38 : 37) & 1) && (data || !(tcr >> (high ? 52 : 51) & 1));
}

static PacField pac_field(const ArmCpu *s, bool high, bool data)            // CalculateBottomPACBit
{
    u64 tcr = s->tcr[1];
    u32 tsz = high ? tcr >> 16 & 63 : tcr & 63;
    if (tsz < 16)
        tsz = 16;
    if (tsz > 39)
        tsz = 39;
    return (PacField){ 64 - tsz, top_byte_free(tcr, high, data) };
}

static u64 extend(PacField f, u64 ptr, bool high)
{
    u64 low = mask64(f.bottom), top = f.tbi ? (u64)255 << 56 : 0;
    return (ptr & top) | (high ? ~top & ~low : 0) | (ptr & low);
}

static u64 add_pac(const ArmCpu *s, u64 ptr, u64 modifier, u32 kind)        // AddPAC
{
    bool data = kind & PAC_DATA;
    bool any_tbi = top_byte_free(s->tcr[1], false, data) || top_byte_free(s->tcr[1], true, data);
    bool high = ptr >> (any_tbi ? 55 : 63) & 1;
    PacField f = pac_field(s, high, data);
    u64 ext = extend(f, ptr, high), pac = compute_pac(s, kind & 3, ext, modifier);
    u64 field = (f.tbi ? mask64(56) : ~(u64)0) & ~mask64(f.bottom);
    if ((ptr & field) && (ptr & field) != field)    // no canonical pointer: spoil the code
        pac ^= (u64)1 << (f.tbi ? 54 : 62);
    field &= ~((u64)1 << 55);
    return (ext & ~field) | (pac & field);
}

static u64 auth(const ArmCpu *s, u64 ptr, u64 modifier, u32 kind)           // Auth
{
    bool high = ptr >> 55 & 1;
    PacField f = pac_field(s, high, kind & PAC_DATA);
    u64 ext = extend(f, ptr, high), pac = compute_pac(s, kind & 3, ext, modifier);
    u64 field = (f.tbi ? mask64(55) : ~((u64)1 << 55)) & ~mask64(f.bottom);
    if (!((ptr ^ pac) & field))
        return ext;
    u32 at = f.tbi ? 53 : 61;                       // 01 for key A, 10 for B
    return (ext & ~((u64)3 << at)) | (u64)(kind & PAC_B ? 2 : 1) << at;
}

static bool key_enabled(const ArmCpu *s, u32 kind)          // SCTLR_EL1.EnIA, EnIB, EnDA, EnDB
{
    static const u8 pos[4] = { 31, 30, 27, 13 };
    return s->sctlr[1] >> pos[kind & 3] & 1;
}

u64 help_pac(Cpu *cpu, u64 ptr, u64 modifier, u32 kind)
{
    const ArmCpu *s = arm_cpu(cpu);
    if (!key_enabled(s, kind))
        return ptr;
    return kind & PAC_AUTH ? auth(s, ptr, modifier, kind) : add_pac(s, ptr, modifier, kind);
}

u64 help_pacga(Cpu *cpu, u64 data, u64 modifier)
{
    return compute_pac(arm_cpu(cpu), KEY_GA, data, modifier) & ~mask64(32);
}

u64 help_xpac(Cpu *cpu, u64 ptr, u32 data)                                  // Strip
{
    bool high = ptr >> 55 & 1;
    return extend(pac_field(arm_cpu(cpu), high, data), ptr, high);
}

// -- translation -----------------------------------------------------------------------------
static const Helper h_pac = HELPER(help_pac, HELPER_CPU, T_I64);
static const Helper h_pacga = HELPER(help_pacga, HELPER_CPU, T_I64);
static const Helper h_xpac = HELPER(help_xpac, HELPER_CPU, T_I64);
static const Helper h_eret = HELPER(helper_eret, HELPER_ARM_ERET, T_VOID);

static Val gen_pac(Ctx *t, Val ptr, Val modifier, u32 kind)
{
    const Val args[] = { ptr, modifier, ir_k(t, kind) };
    return ir_call(t, &h_pac, 3, args);
}

static u32 kind_of(u32 aut, u32 d, u32 b)
{
    return (aut ? PAC_AUTH : 0) | (d ? PAC_DATA : 0) | (b ? PAC_B : 0);
}

static Val sp(Ctx *t) { return get_reg_sp(t, 31, 1); }

bool trans_pac_reg(Ctx *t, const a64_pac_reg *a)                // C6.2.269 PACIA to C6.2.23 AUTIB
{
    Val modifier = a->z ? ir_k(t, 0) : get_reg_sp(t, a->rn, 1);
    put_reg(t, a->rd, 1, gen_pac(t, get_reg(t, a->rd, 1), modifier, kind_of(a->aut, a->d, a->b)));
    return true;
}

bool trans_pac_1716(Ctx *t, const a64_pac_1716 *a)              // PACIA1716, AUTIA1716, ...
{
    Val ptr = get_reg(t, 17, 1), modifier = get_reg(t, 16, 1);
    put_reg(t, 17, 1, gen_pac(t, ptr, modifier, kind_of(a->aut, 0, a->b)));
    return true;
}

bool trans_pac_lr(Ctx *t, const a64_pac_lr *a)                  // PACIASP, PACIAZ, AUTIASP, ...
{
    Val modifier = a->sp ? sp(t) : ir_k(t, 0);
    put_reg(t, 30, 1, gen_pac(t, get_reg(t, 30, 1), modifier, kind_of(a->aut, 0, a->b)));
    return true;
}

bool trans_pacga(Ctx *t, const a64_rrr *a)                                  // C6.2.267
{
    const Val args[] = { get_reg(t, a->rn, 1), get_reg_sp(t, a->rm, 1) };
    put_reg(t, a->rd, 1, ir_call(t, &h_pacga, 2, args));
    return true;
}

static void gen_xpac(Ctx *t, u32 rd, u32 data)
{
    const Val args[] = { get_reg(t, rd, 1), ir_k(t, data) };
    put_reg(t, rd, 1, ir_call(t, &h_xpac, 2, args));
}

bool trans_xpac(Ctx *t, const a64_xpac *a)                                  // C6.2.452
{
    gen_xpac(t, a->rd, a->d);
    return true;
}

bool trans_xpaclri(Ctx *t, const a64_none *a)                               // C6.2.452
{
    (void)a;
    gen_xpac(t, 30, 0);
    return true;
}

static void gen_branch(Ctx *t, const a64_br_auth *a, Val modifier, bool link)
{
    Val to = gen_pac(t, get_reg(t, a->rn, 1), modifier, kind_of(1, 0, a->m));
    if (link)
        put_reg(t, 30, 1, ir_k_pc(t, t->pc + 4));
    gen_btype(t, to, link ? BTYPE_BLR : btype_of_br(t, a->rn));
    gen_goto_reg(t, to);
}

bool trans_br_auth_z(Ctx *t, const a64_br_auth *a)              // C6.2.43 BRAAZ
{
    gen_branch(t, a, ir_k(t, 0), false);
    return true;
}

bool trans_blr_auth_z(Ctx *t, const a64_br_auth *a)             // C6.2.44 BLRAAZ
{
    gen_branch(t, a, ir_k(t, 0), true);
    return true;
}

bool trans_br_auth(Ctx *t, const a64_br_auth *a)                // C6.2.43 BRAA
{
    gen_branch(t, a, get_reg_sp(t, a->rm, 1), false);
    return true;
}

bool trans_blr_auth(Ctx *t, const a64_br_auth *a)               // C6.2.44 BLRAA
{
    gen_branch(t, a, get_reg_sp(t, a->rm, 1), true);
    return true;
}

bool trans_ret_auth(Ctx *t, const a64_br_auth *a)               // C6.2.286 RETAA
{
    Val ptr = get_reg(t, 30, 1), modifier = sp(t);
    gen_goto_reg(t, gen_pac(t, ptr, modifier, kind_of(1, 0, a->m)));
    return true;
}

bool trans_eret_auth(Ctx *t, const a64_br_auth *a)              // C6.2.126 ERETAA
{
    if (!ctx_el(t))
        return false;
    u32 elr = (u32)offsetof(ArmCpu, elr_el) + 8 * ctx_el(t);
    Val ptr = ir_ldenv(t, T_I64, 3, elr), modifier = sp(t);
    ir_stenv(t, gen_pac(t, ptr, modifier, kind_of(1, 0, a->m)), 3, elr);
    ir_call(t, &h_eret, 0, NULL);
    ir_exit_dyn(t);
    return true;
}

bool trans_ldra(Ctx *t, const a64_ldra *a)                      // C6.2.201 LDRAA
{
    Val base = gen_pac(t, base_reg(t, a->rn), ir_k(t, 0), kind_of(1, 1, a->m));
    i32 off = a->imm * 8;
    Val v = ir_ld(t, T_I64, memop(t, MO_64), base, off);
    if (a->w)
        put_base(t, a->rn, base, off);
    put_reg(t, a->rt, 1, v);
    return true;
}
