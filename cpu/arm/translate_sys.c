// SPDX-License-Identifier: MIT
// A64 system instructions: exceptions, hints, barriers, PSTATE, system registers.
// Arm ARM DDI 0487K.a, C4.1.93; each handler names its section of C6.2.
//
// What changes the mode or the mappings ends the region by gen_leave, so that the next
// instruction is looked up under the new context.  That makes every MSR its own context
// synchronisation; ISB ends the region too, for code that has written code.
#include "cpu/arm/translate.h"

static const Helper h_undef = HELPER(helper_undef, HELPER_ARM_EXC, T_VOID);
static const Helper h_svc = HELPER(helper_svc, HELPER_ARM_EXC, T_VOID);
static const Helper h_hvc = HELPER(helper_hvc, HELPER_ARM_EXC, T_VOID);
static const Helper h_smc = HELPER(helper_smc, HELPER_ARM_EXC, T_VOID);
static const Helper h_brk = HELPER(helper_brk, HELPER_ARM_EXC, T_VOID);
static const Helper h_hlt = HELPER(helper_hlt, HELPER_ARM_EXC, T_VOID);
static const Helper h_eret = HELPER(helper_eret, HELPER_ARM_ERET, T_VOID);
static const Helper h_wfi = HELPER(helper_wfi, HELPER_ARM_EXC, T_VOID);
static const Helper h_wfe = HELPER(helper_wfe, HELPER_ARM_EXC, T_VOID);
static const Helper h_sev = HELPER(helper_sev, HELPER_CPU, T_VOID);
static const Helper h_sevl = HELPER(helper_sevl, HELPER_CPU, T_VOID);
static const Helper h_yield = HELPER(help_yield, HELPER_CPU, T_VOID);
static const Helper h_zva = HELPER(helper_dc_zva, HELPER_ARM_ZVA, T_VOID);
static const Helper h_mrs = HELPER(helper_mrs, HELPER_ARM_SYS, T_I64);
static const Helper h_msr = HELPER(helper_msr, HELPER_ARM_SYS, T_VOID);
static const Helper h_sys = HELPER(helper_sys, HELPER_ARM_SYS, T_VOID);
static const Helper h_sysl = HELPER(helper_sysl, HELPER_ARM_SYS, T_I64);
static const Helper h_msr_imm = HELPER(helper_msr_imm, HELPER_ARM_SYS, T_VOID);
// Rows of the table that touch no register of TcgFrontend.regs: those stay where they are.
enum { LIGHT = HELPER_CPU | HELPER_RAISES };
static const Helper h_mrs_light = HELPER(helper_mrs, LIGHT, T_I64);
static const Helper h_msr_light = HELPER(helper_msr, LIGHT, T_VOID);

#define ENV(field) ((u32)offsetof(ArmCpu, field))

// -- exceptions ----------------------------------------------------------------------------
void gen_undef(Ctx *t)
{
    gen_raise(t, &h_undef, 0, NULL);
}

bool trans_udf(Ctx *t, const a64_udf *a)                                    // C6.2.428
{
    (void)t;
    (void)a;
    return false;
}

bool trans_svc(Ctx *t, const a64_exc *a)                                    // C6.2.411
{
    const Val imm = ir_k(t, a->imm);
    gen_raise(t, &h_svc, 1, &imm);
    return true;
}

bool trans_brk(Ctx *t, const a64_exc *a)                                    // C6.2.45
{
    const Val imm = ir_k(t, a->imm);
    gen_raise(t, &h_brk, 1, &imm);
    return true;
}

// These may have been served by us (PSCI, semihosting): the helper has set pc.
static bool gen_call_out(Ctx *t, const a64_exc *a, const Helper *h)
{
    const Val imm = ir_k(t, a->imm);
    ir_call(t, h, 1, &imm);
    ir_exit_dyn(t);
    return true;
}

bool trans_hvc(Ctx *t, const a64_exc *a) { return gen_call_out(t, a, &h_hvc); }     // C6.2.145
bool trans_smc(Ctx *t, const a64_exc *a) { return gen_call_out(t, a, &h_smc); }     // C6.2.314
bool trans_hlt(Ctx *t, const a64_exc *a) { return gen_call_out(t, a, &h_hlt); }     // C6.2.144

// UNDEFINED outside Debug state, which a processor without an external debugger never enters.
bool trans_dcps(Ctx *t, const a64_dcps *a) { (void)t; (void)a; return false; }      // C6.2.115
bool trans_drps(Ctx *t, const a64_none *a) { (void)t; (void)a; return false; }      // C6.2.119

bool trans_eret(Ctx *t, const a64_none *a)                                  // C6.2.125
{
    (void)a;
    if (!ctx_el(t))
        return false;
    ir_call(t, &h_eret, 0, NULL);
    ir_exit_dyn(t);
    return true;
}

// -- hints (C6.2.146 HINT) -----------------------------------------------------------------
bool trans_hint(Ctx *t, const a64_hint *a) { (void)t; (void)a; return true; }
bool trans_nop(Ctx *t, const a64_none *a)  { (void)t; (void)a; return true; }       // C6.2.258

bool trans_yield(Ctx *t, const a64_none *a)                                 // C6.2.453
{
    (void)a;
    ir_call(t, &h_yield, 0, NULL);
    gen_leave_loop(t, t->next_pc);
    return true;
}

static bool gen_wait(Ctx *t, const Helper *h)
{
    ir_call(t, h, 0, NULL);
    gen_leave_loop(t, t->next_pc);
    return true;
}

bool trans_wfe(Ctx *t, const a64_none *a) { (void)a; return gen_wait(t, &h_wfe); }  // C6.2.446
bool trans_wfi(Ctx *t, const a64_none *a) { (void)a; return gen_wait(t, &h_wfi); }  // C6.2.448

bool trans_sev(Ctx *t, const a64_none *a)                                   // C6.2.306
{
    (void)a;
    ir_fence(t, FENCE_ALL);                         // what SEV tells of must be seen (K13.3.1)
    ir_call(t, &h_sev, 0, NULL);
    return true;
}

bool trans_sevl(Ctx *t, const a64_none *a)                                  // C6.2.307
{
    (void)a;
    ir_call(t, &h_sevl, 0, NULL);
    return true;
}

// -- barriers ------------------------------------------------------------------------------
bool trans_clrex(Ctx *t, const a64_clrex *a)                                // C6.2.66
{
    (void)a;
    ir_stenv(t, ir_k(t, ~(u64)0), 3, tcg_offset_exclusive());
    return true;
}

// Bits 1:0 of CRm: 1 loads, 2 stores, else all; the domain in 3:2 is always the full system.
static IrFence fence_kind(u32 crm)
{
    return (crm & 3) == 1 ? FENCE_LD : (crm & 3) == 2 ? FENCE_ST : FENCE_ALL;
}

bool trans_dmb(Ctx *t, const a64_dmb *a)                                    // C6.2.117
{
    ir_fence(t, fence_kind(a->crm));
    return true;
}

bool trans_dsb(Ctx *t, const a64_dsb *a)                                    // C6.2.120
{
    (void)a;                                        // maintenance waits for all, whatever CRm
    ir_fence(t, FENCE_ALL);
    return true;
}

bool trans_isb(Ctx *t, const a64_isb *a)                                    // C6.2.148
{
    (void)a;
    gen_goto(t, t->next_pc);
    return true;
}

bool trans_sb(Ctx *t, const a64_none *a)                                    // C6.2.295
{
    (void)t;                                        // nothing is done speculatively
    (void)a;
    return true;
}

// -- PSTATE --------------------------------------------------------------------------------
static Val bit(Ctx *t, Val v, int pos) { return ir_ubfx(t, T_I32, v, pos, 1); }

static void put_nzcv_bits(Ctx *t, Val n, Val z, Val c, Val v)
{
    Val all = ir_shl(t, T_I32, n, ir_k(t, 31));
    all = ir_or(t, T_I32, all, ir_shl(t, T_I32, z, ir_k(t, 30)));
    all = ir_or(t, T_I32, all, ir_shl(t, T_I32, c, ir_k(t, 29)));
    all = ir_or(t, T_I32, all, ir_shl(t, T_I32, v, ir_k(t, 28)));
    ir_put_flags(t, nzcv_from_arm(t, all));
}

bool trans_cfinv(Ctx *t, const a64_none *a)                                 // C6.2.59
{
    (void)a;
    Val v = nzcv_to_arm(t, ir_get_flags(t));
    ir_put_flags(t, nzcv_from_arm(t, ir_xor(t, T_I32, v, ir_k(t, 1u << 29))));
    return true;
}

bool trans_xaflag(Ctx *t, const a64_none *a)                                // C6.2.450
{
    (void)a;
    Val f = nzcv_to_arm(t, ir_get_flags(t)), z = bit(t, f, 30), c = bit(t, f, 29);
    Val not_c = ir_xor(t, T_I32, c, ir_k(t, 1)), not_z = ir_xor(t, T_I32, z, ir_k(t, 1));
    Val n_out = ir_and(t, T_I32, not_c, not_z), z_out = ir_and(t, T_I32, z, c);
    Val c_out = ir_or(t, T_I32, c, z), v_out = ir_and(t, T_I32, not_c, z);
    put_nzcv_bits(t, n_out, z_out, c_out, v_out);
    return true;
}

bool trans_axflag(Ctx *t, const a64_none *a)                                // C6.2.28
{
    (void)a;
    Val f = nzcv_to_arm(t, ir_get_flags(t)), v = bit(t, f, 28);
    Val z = ir_or(t, T_I32, bit(t, f, 30), v), c = ir_andn(t, T_I32, bit(t, f, 29), v);
    put_nzcv_bits(t, ir_k(t, 0), z, c, ir_k(t, 0));
    return true;
}

// MSR (immediate), C6.2.250
static void gen_msr_imm(Ctx *t, u32 op1, u32 op2, u32 imm)
{
    const Val iss = ir_k(t, arm_sys_iss(ARM_KEY(0, op1, 4, imm, op2), 31, false));
    ir_call(t, &h_msr_imm, 1, &iss);
    gen_leave(t, t->next_pc);
}

static bool msr_pstate(Ctx *t, u32 op2, u32 imm)             // UNDEFINED at EL0
{
    if (!ctx_el(t))
        return false;
    gen_msr_imm(t, 0, op2, imm);
    return true;
}

bool trans_msr_uao(Ctx *t, const a64_msr_imm *a) { return msr_pstate(t, 3, a->imm); }
bool trans_msr_pan(Ctx *t, const a64_msr_imm *a) { return msr_pstate(t, 4, a->imm); }
bool trans_msr_spsel(Ctx *t, const a64_msr_imm *a) { return msr_pstate(t, 5, a->imm); }

// Neither changes anything that we do.
bool trans_msr_ssbs(Ctx *t, const a64_msr_imm *a)
{
    ir_stenv(t, ir_k(t, a->imm & 1 ? PS_SSBS : 0), 2, ENV(ssbs));
    return true;
}

bool trans_msr_dit(Ctx *t, const a64_msr_imm *a)
{
    ir_stenv(t, ir_k(t, a->imm & 1 ? PS_DIT : 0), 2, ENV(dit));
    return true;
}

// Interrupts may have been unmasked: when one is pending, see to it before the next
// instruction.  The escape finds out whether it is really unmasked.  With MDSCR_EL1.KDE,
// PSTATE.D masks software step, and so is part of the mode.
static void gen_look_at_interrupts(Ctx *t, bool d_changed)
{
    Val p = ir_ldenv(t, T_I32, 2, ENV(cpu.pending_irq));
    if (d_changed) {
        Val mdscr = ir_ldenv(t, T_I32, 2, ENV(mdscr));
        p = ir_or(t, T_I32, p, ir_and(t, T_I32, mdscr, ir_k(t, MDSCR_KDE)));
    }
    ir_exit_if(t, fl_zero(t, T_I32, p), IC_NE, t->next_pc | ESC_LOOP);
}

static Val get_daif(Ctx *t) { return ir_ldenv(t, T_I32, 2, ENV(daif)); }

// At EL0 SCTLR_EL1.UMA decides; while stepping D matters at once.
static bool daif_by_helper(const Ctx *t) { return !ctx_el(t) || (t->mode & AM_STEP); }

bool trans_msr_daifset(Ctx *t, const a64_msr_imm *a)
{
    if (daif_by_helper(t) || (a->imm & 8))
        gen_msr_imm(t, 3, 6, a->imm);
    else
        ir_stenv(t, ir_or(t, T_I32, get_daif(t), ir_k(t, a->imm << 6)), 2, ENV(daif));
    return true;
}

bool trans_msr_daifclr(Ctx *t, const a64_msr_imm *a)
{
    if (daif_by_helper(t)) {
        gen_msr_imm(t, 3, 7, a->imm);
        return true;
    }
    ir_stenv(t, ir_and(t, T_I32, get_daif(t), ir_k(t, ~(a->imm << 6) & PS_DAIF)), 2, ENV(daif));
    if (a->imm & (8 | 2 | 1))
        gen_look_at_interrupts(t, a->imm & 8);
    return true;
}

// -- system registers that generated code knows --------------------------------------------
enum {
    KEY_SPSEL = ARM_KEY(3, 0, 4, 2, 0), KEY_CURRENTEL = ARM_KEY(3, 0, 4, 2, 2),
    KEY_NZCV = ARM_KEY(3, 3, 4, 2, 0), KEY_DAIF = ARM_KEY(3, 3, 4, 2, 1),
    KEY_DC_ZVA = ARM_KEY(1, 3, 7, 4, 1),
};

Val nzcv_to_arm(Ctx *t, Val flags)
{
    Val p = ir_fl_pack(t, flags);
    Val nz = ir_shl(t, T_I32, ir_and(t, T_I32, p, ir_k(t, IR_NZCV_N | IR_NZCV_Z)), ir_k(t, 16));
    Val borrow = ir_shl(t, T_I32, ir_and(t, T_I32, p, ir_k(t, IR_NZCV_NOT_C)), ir_k(t, 21));
    Val c = ir_xor(t, T_I32, borrow, ir_k(t, 1u << 29));
    Val v = ir_shr(t, T_I32, ir_shl(t, T_I32, p, ir_k(t, 31)), ir_k(t, 3));
    return ir_or(t, T_I32, ir_or(t, T_I32, nz, c), v);
}

Val nzcv_from_arm(Ctx *t, Val v)
{
    Val nz = ir_and(t, T_I32, ir_shr(t, T_I32, v, ir_k(t, 16)), ir_k(t, IR_NZCV_N | IR_NZCV_Z));
    Val c = ir_and(t, T_I32, ir_shr(t, T_I32, v, ir_k(t, 21)), ir_k(t, IR_NZCV_NOT_C));
    Val p = ir_or(t, T_I32, nz, ir_xor(t, T_I32, c, ir_k(t, IR_NZCV_NOT_C)));
    return ir_fl_unpack(t, ir_or(t, T_I32, p, ir_ubfx(t, T_I32, v, 28, 1)));
}

static bool mrs_known(Ctx *t, u16 key, u32 rt)
{
    bool el1 = ctx_el(t) != 0;
    if (key == KEY_NZCV)
        put_reg(t, rt, 0, nzcv_to_arm(t, ir_get_flags(t)));
    else if (key == KEY_DAIF && el1)
        put_reg(t, rt, 0, get_daif(t));
    else if (key == KEY_CURRENTEL && el1)
        put_reg(t, rt, 1, ir_k(t, ctx_el(t) << 2));
    else if (key == KEY_SPSEL && el1)
        put_reg(t, rt, 1, ir_k(t, (t->mode & AM_SPSEL) != 0));
    else
        return false;
    return true;
}

static bool msr_known(Ctx *t, u16 key, u32 rt)
{
    Val v = get_reg(t, rt, 0);
    if (key == KEY_NZCV) {
        ir_put_flags(t, nzcv_from_arm(t, v));
        return true;
    }
    if (key == KEY_DAIF && !daif_by_helper(t)) {
        ir_stenv(t, ir_and(t, T_I32, v, ir_k(t, PS_DAIF)), 2, ENV(daif));
        gen_look_at_interrupts(t, true);
        return true;
    }
    return false;
}

// -- system registers by the table ---------------------------------------------------------
// A row that may be done in line: no trap depends on anything but the mode.
static bool row_inline(const Ctx *t, const ArmSysReg *r, u32 lowest_el)
{
    return !r->allow && ctx_el(t) >= lowest_el &&
           (!(r->flags & SR_SPSEL1) || (t->mode & AM_SPSEL)) &&
           (!(r->flags & SR_FP) || am_fp_ok(t->mode));
}

static const ArmSysReg *row_of(const Ctx *t, u16 key)
{
    return arm_sysreg_find(arm_cpu(t->cpu), key);
}

static void leave_after(Ctx *t, const ArmSysReg *r)
{
    if (!r || (r->flags & (SR_CONTEXT | SR_BARRIER | SR_IO)))
        gen_leave(t, t->next_pc);
}

bool trans_mrs(Ctx *t, const a64_sys *a)                                    // C6.2.248
{
    u16 key = ARM_KEY(a->op0, a->op1, a->crn, a->crm, a->op2);
    if (mrs_known(t, key, a->rt))
        return true;
    const ArmSysReg *r = row_of(t, key);
    if (r && row_inline(t, r, r->rd_el) && !(r->flags & (SR_WO | SR_OP))) {
        if (r->flags & SR_RAZWI) {
            put_reg(t, a->rt, 1, ir_k(t, 0));
            return true;
        }
        if (r->flags & SR_RD_PLAIN) {
            bool wide = r->width == 8;
            put_reg(t, a->rt, wide, ir_ldenv(t, ty_sf(wide), wide ? 3 : 2, r->offset));
            return true;
        }
    }
    const Val iss = ir_k(t, arm_sys_iss(key, a->rt, true));
    put_reg(t, a->rt, 1, ir_call(t, r ? &h_mrs_light : &h_mrs, 1, &iss));
    return true;
}

static void msr_plain(Ctx *t, const ArmSysReg *r, u32 rt)
{
    Val v = get_reg(t, rt, 1);
    if (r->rw != ~(u64)0)
        v = ir_and(t, T_I64, v, ir_k(t, r->rw));
    if (r->width == 8)
        ir_stenv(t, v, 3, r->offset);
    else
        ir_stenv(t, ir_trunc(t, v), 2, r->offset);
}

bool trans_msr(Ctx *t, const a64_sys *a)                                    // C6.2.251
{
    u16 key = ARM_KEY(a->op0, a->op1, a->crn, a->crm, a->op2);
    if (msr_known(t, key, a->rt))
        return true;
    const ArmSysReg *r = row_of(t, key);
    if (r && row_inline(t, r, r->wr_el) && !(r->flags & (SR_RO | SR_OP)) &&
        (r->flags & (SR_WR_PLAIN | SR_RAZWI))) {
        if (!(r->flags & SR_RAZWI))
            msr_plain(t, r, a->rt);
    } else {
        bool swaps_sp = key == KEY_SPSEL;
        const Val args[] = { ir_k(t, arm_sys_iss(key, a->rt, false)), get_reg(t, a->rt, 1) };
        ir_call(t, r && !swaps_sp ? &h_msr_light : &h_msr, 2, args);
    }
    leave_after(t, r);
    return true;
}

bool trans_sys(Ctx *t, const a64_sys *a)                                    // C6.2.413
{
    u16 key = ARM_KEY(a->op0, a->op1, a->crn, a->crm, a->op2);
    Val v = get_reg(t, a->rt, 1);
    if (key == KEY_DC_ZVA) {
        const Val args[] = { ir_k(t, arm_sys_iss(key, a->rt, false)), v };
        ir_call(t, &h_zva, 2, args);
        return true;
    }
    const Val args[] = { ir_k(t, arm_sys_iss(key, a->rt, false)), v };
    ir_call(t, &h_sys, 2, args);
    leave_after(t, row_of(t, key));
    return true;
}

bool trans_sysl(Ctx *t, const a64_sys *a)                                   // C6.2.414
{
    u16 key = ARM_KEY(a->op0, a->op1, a->crn, a->crm, a->op2);
    const Val iss = ir_k(t, arm_sys_iss(key, a->rt, true));
    put_reg(t, a->rt, 1, ir_call(t, &h_sysl, 1, &iss));
    leave_after(t, row_of(t, key));
    return true;
}
