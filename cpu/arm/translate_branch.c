// SPDX-License-Identifier: MIT
// A64 branches.  Arm ARM DDI 0487K.a, C4.1.93; each handler names its section of C6.2.
// A conditional branch is a side exit: translation goes on at the next instruction.  A forward
// B within the page costs nothing: translation goes on at its target.
#include "cpu/arm/translate.h"

static u64 target(const Ctx *t, int words) { return t->pc + (u64)((i64)words * 4); }

static void branch(Ctx *t, u64 to)
{
    bool same_page = !((t->pc ^ to) & ~(u64)4095);
    if (same_page && to > t->pc && !t->fe[FE_STEP])
        t->next_pc = to;
    else
        gen_goto(t, to);
}

bool trans_b(Ctx *t, const a64_b *a)                                        // C6.2.34
{
    branch(t, target(t, a->imm));
    return true;
}

bool trans_bl(Ctx *t, const a64_b *a)                                       // C6.2.42
{
    put_reg(t, 30, 1, ir_k_pc(t, t->pc + 4));
    gen_goto(t, target(t, a->imm));
    return true;
}

bool trans_b_cond(Ctx *t, const a64_b_cond *a)                              // C6.2.35
{
    u64 to = target(t, a->imm);
    if (cond_always(a->cond))
        branch(t, to);
    else
        gen_goto_if(t, ir_get_flags(t), (IrCond)a->cond, to);
    return true;
}

bool trans_cbz(Ctx *t, const a64_cb *a)                                     // C6.2.47
{
    Val v = get_reg(t, a->rt, a->sf);
    gen_goto_if(t, fl_zero(t, ty_sf(a->sf), v), IC_EQ, target(t, a->imm));
    return true;
}

bool trans_cbnz(Ctx *t, const a64_cb *a)                                    // C6.2.46
{
    Val v = get_reg(t, a->rt, a->sf);
    gen_goto_if(t, fl_zero(t, ty_sf(a->sf), v), IC_NE, target(t, a->imm));
    return true;
}

static bool gen_tb(Ctx *t, const a64_tb *a, IrCond c)
{
    u32 sf = a->bit >= 32;
    Val v = get_reg(t, a->rt, sf);
    Val fl = ir_fl(t, OP_FLAND, ty_sf(sf), v, ir_k(t, (u64)1 << a->bit), ir_none);
    gen_goto_if(t, fl, c, target(t, a->imm));
    return true;
}

bool trans_tbz(Ctx *t, const a64_tb *a)  { return gen_tb(t, a, IC_EQ); }    // C6.2.420
bool trans_tbnz(Ctx *t, const a64_tb *a) { return gen_tb(t, a, IC_NE); }    // C6.2.419

// -- branch targets (FEAT_BTI) --------------------------------------------------------------
u32 btype_of_br(const Ctx *t, u32 rn)                           // BTypeNext, in BR
{
    return (t->mode & AM_GUARDED) && rn != 16 && rn != 17 ? 3 : 1;
}

void gen_btype(Ctx *t, Val to, u32 btype)
{
    if (arm_has(arm_cpu(t->cpu), ARM_FEAT_bti))
        ir_stenv(t, ir_or(t, T_I64, to, ir_k(t, btype)), 3, (u32)offsetof(ArmCpu, branch_to));
}

u32 bti_refused(u32 word, bool pauth, bool bt)                  // BTypeCompatible
{
    enum { BR_ANY = 1 << 1, BLR = 1 << 2, BR_GUARDED = 1 << 3, ALL = BR_ANY | BLR | BR_GUARDED };

    if ((word & ~0x40u) == 0xd503233f && pauth)                 // PACIASP, PACIBSP
        return bt ? BR_GUARDED : 0;
    switch (word) {
    case 0xd503241f: return ALL;                                // BTI
    case 0xd503245f: return BR_GUARDED;                         // BTI c
    case 0xd503249f: return BLR;                                // BTI j
    case 0xd50324df: return 0;                                  // BTI jc
    default: return (word & 0xffe0001f) == 0xd4200000 ||        // BRK
                    (word & 0xffe0001f) == 0xd4400000 ? 0 : ALL;    // HLT
    }
}

bool trans_br(Ctx *t, const a64_br *a)                                      // C6.2.43
{
    Val to = get_reg(t, a->rn, 1);
    gen_btype(t, to, btype_of_br(t, a->rn));
    gen_goto_reg(t, to);
    return true;
}

bool trans_blr(Ctx *t, const a64_br *a)                                     // C6.2.44
{
    Val to = get_reg(t, a->rn, 1);                  // before the link: BLR X30 is legal
    put_reg(t, 30, 1, ir_k_pc(t, t->pc + 4));
    gen_btype(t, to, BTYPE_BLR);
    gen_goto_reg(t, to);
    return true;
}

bool trans_ret(Ctx *t, const a64_br *a)                                     // C6.2.285
{
    gen_goto_reg(t, get_reg(t, a->rn, 1));
    return true;
}
