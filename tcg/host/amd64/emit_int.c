// SPDX-License-Identifier: MIT
// Selection for the integer operations of ops.def.
//
// rax, rcx and rdx are scratch.  A 32-bit result is made by a 32-bit instruction, which zeroes the
// upper half.  An operand that dies may lend its register to the result; emitters that write the
// result before they have read everything keep it apart from the operands still needed.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"

static int size_of(int ty) { return ty == T_I32 ? 2 : 3; }

// The result register: a's own when a dies here, never b's unless b is a.
static int def_over(Emit *e, i32 i, Val a, int ra, Val b, int rb)
{
    ra_release(e, a);
    int d;
    if (rb >= 0 && b.id != a.id) {
        d = ra_def(e, i, ra);                       // b is still held: it cannot be chosen
        ra_release(e, b);
    } else {
        ra_release(e, b);
        d = ra_def(e, i, ra);
    }
    return d;
}

static void copy(Emit *e, int sz, int d, int s)
{
    if (d != s)
        asm_mov(&e->a, sz, d, s);
}

// -- add, sub, logic ----------------------------------------------------------------------

static const FlagKind alu_kind[8] = { [ALU_ADD] = FK_ADD, [ALU_SUB] = FK_SUB, [ALU_AND] = FK_AND };
static const u8 alu_flag_op[8] = { [ALU_ADD] = OP_FLADD, [ALU_SUB] = OP_FLSUB,
                                   [ALU_AND] = OP_FLAND };

static bool flags_wanted(const Emit *e, const Ins *in, i32 i, int op)
{
    const Ins *next = emit_flags_after(e, i);
    return next->op == op && next->ty2 == in->ty && next->a.id == in->a.id &&
           next->b.id == in->b.id;
}

// a + (b << 1, 2 or 3), the shift i for nothing else: one lea.
static bool fold_shift(Emit *e, const Ins *sh, i32 i)
{
    i32 at = e->loc[i].last;
    const Ins *add = &e->t->ins[at];
    if (sh->op != OP_SHL || sh->uses != 1 || !ir_is_k(sh->b) || ir_is_k(sh->a) ||
        add->op != OP_ADD || add->b.id != i || add->ty != sh->ty || ir_is_k(add->a))
        return false;
    u64 n = ir_kval(e->t, sh->b);
    if (n < 1 || n > 3 || emit_flags_after(e, at)->op == OP_FLADD)
        return false;
    if (e->loc[sh->a.id].last < at)
        e->loc[sh->a.id].last = at;
    return true;
}

static bool add_shifted(Emit *e, const Ins *in, i32 i)
{
    const Ins *sh = &e->t->ins[in->b.id > 0 ? in->b.id : 0];
    if (in->op != OP_ADD || sh->op != OP_SHL || !e->folded[in->b.id])
        return false;
    int a = ra_use(e, in->a), b = ra_use(e, sh->a);
    ra_release(e, in->a);
    ra_release(e, sh->a);
    asm_lea(&e->a, size_of(in->ty), ra_def(e, i, a),
            mem_bi(a, b, (int)ir_kval(e->t, sh->b), 0));
    return true;
}

static bool add_by_lea(Emit *e, const Ins *in, i32 i)
{
    i32 k;
    if (add_shifted(e, in, i))
        return true;
    if (in->op != OP_ADD || flags_wanted(e, in, i, OP_FLADD))
        return false;
    bool imm = ra_imm32(e, in->b, in->ty, &k);
    if (imm && in->a.id > 0 && e->loc[in->a.id].last <= i && !e->loc[in->a.id].pins &&
        e->hf.kind == FK_NONE)
        return false;                               // add in place
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = imm ? -1 : ra_use(e, in->b);
    ra_release(e, in->a);
    ra_release(e, in->b);
    int d = ra_def(e, i, a);
    asm_lea(&e->a, sz, d, imm ? mem_b(a, k) : mem_bi(a, b, 0, 0));
    return true;
}

static void gen_alu(Emit *e, const Ins *in, i32 i, AsmAlu op)
{
    i32 k;
    if (add_by_lea(e, in, i))
        return;
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    bool imm = ra_imm32(e, in->b, in->ty, &k);
    int b = imm ? -1 : ra_use(e, in->b);
    int d = def_over(e, i, in->a, a, in->b, b);
    copy(e, sz, d, a);
    if (imm)
        asm_alu_i(&e->a, op, sz, d, k);
    else
        asm_alu(&e->a, op, sz, d, b);
    if (alu_kind[op])
        flags_made(e, alu_kind[op], alu_flag_op[op], in->ty, in->a, in->b, ir_none);
    else
        emit_flags_clobbered(e);
}

static void gen_add(Emit *e, const Ins *in, i32 i) { gen_alu(e, in, i, ALU_ADD); }
static void gen_sub(Emit *e, const Ins *in, i32 i) { gen_alu(e, in, i, ALU_SUB); }
static void gen_and(Emit *e, const Ins *in, i32 i) { gen_alu(e, in, i, ALU_AND); }
static void gen_or(Emit *e, const Ins *in, i32 i)  { gen_alu(e, in, i, ALU_OR); }
static void gen_xor(Emit *e, const Ins *in, i32 i) { gen_alu(e, in, i, ALU_XOR); }

static void gen_andn(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = ra_use(e, in->b);
    ra_release(e, in->a);
    ra_release(e, in->b);
    asm_andn(&e->a, sz, ra_def(e, i, a), b, a);
    emit_flags_clobbered(e);
}

static void gen_not(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    copy(e, sz, d, a);
    asm_not(&e->a, sz, d);
}

static void gen_neg(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    copy(e, sz, d, a);
    asm_neg(&e->a, sz, d);
    emit_flags_clobbered(e);
}

static void gen_adc(Emit *e, const Ins *in, i32 i)
{
    bool sub = in->op == OP_SBC;
    AsmAlu op = sub ? ALU_SBB : ALU_ADC;
    i32 k;
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    bool imm = ra_imm32(e, in->b, in->ty, &k);
    int b = imm ? -1 : ra_use(e, in->b);
    flags_carry(e, in->c, sub);
    ra_release(e, in->c);
    int d = def_over(e, i, in->a, a, in->b, b);     // moves only: CF stays
    copy(e, sz, d, a);
    if (imm)
        asm_alu_i(&e->a, op, sz, d, k);
    else
        asm_alu(&e->a, op, sz, d, b);
    flags_made(e, sub ? FK_SUB : FK_ADD, sub ? OP_FLSBC : OP_FLADC, in->ty, in->a, in->b, in->c);
}

// -- multiply, divide ---------------------------------------------------------------------

// Chains of multiplications and additions with carry keep their flags: mulx does, imul does not.
static void mulx(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = ra_use(e, in->b);
    asm_mov(&e->a, sz, RDX, a);
    ra_release(e, in->a);
    ra_release(e, in->b);
    int d = ra_def(e, i, -1);
    if (in->op == OP_MUL)
        asm_mulx(&e->a, sz, RAX, d, b);
    else
        asm_mulx(&e->a, sz, d, RAX, b);
}

static void gen_mul(Emit *e, const Ins *in, i32 i)
{
    i32 k;
    bool imm = ra_imm32(e, in->b, in->ty, &k);
    if (!imm && e->hf.kind != FK_NONE) {
        mulx(e, in, i);
        return;
    }
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    if (imm) {
        ra_release(e, in->a);
        asm_imul_i(&e->a, sz, ra_def(e, i, a), a, k);
    } else {
        int b = ra_use(e, in->b), d = def_over(e, i, in->a, a, in->b, b);
        copy(e, sz, d, a);
        asm_imul(&e->a, sz, d, b);
    }
    emit_flags_clobbered(e);
}

static void gen_smulh(Emit *e, const Ins *in, i32 i)
{
    int a = ra_use(e, in->a), b = ra_use(e, in->b);
    asm_mov(&e->a, 3, RAX, a);
    asm_imul1(&e->a, 3, b);
    ra_release(e, in->a);
    ra_release(e, in->b);
    asm_mov(&e->a, 3, ra_def(e, i, -1), RDX);
    emit_flags_clobbered(e);
}

// Division never faults in the guest: by 0 gives 0, MIN / -1 gives MIN.
static void gen_div(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = ra_use(e, in->b);
    bool is_signed = in->op == OP_SDIV;
    u8 *minus = NULL, *end = NULL;
    asm_zero(&e->a, RAX);
    asm_test(&e->a, sz, b, b);
    u8 *zero = asm_jcc_short(&e->a, CC_E);
    asm_mov(&e->a, sz, RAX, a);
    if (is_signed) {
        asm_alu_i(&e->a, ALU_CMP, sz, b, -1);
        minus = asm_jcc_short(&e->a, CC_E);
        if (sz == 3)
            asm_cqo(&e->a);
        else
            asm_cdq(&e->a);
        asm_idiv(&e->a, sz, b);
        end = asm_jmp_short(&e->a);
        asm_patch_here(&e->a, minus);
        asm_neg(&e->a, sz, RAX);
        asm_patch_here(&e->a, end);
    } else {
        asm_zero(&e->a, RDX);
        asm_div(&e->a, sz, b);
    }
    asm_patch_here(&e->a, zero);
    ra_release(e, in->a);
    ra_release(e, in->b);
    asm_mov(&e->a, sz, ra_def(e, i, -1), RAX);
    emit_flags_clobbered(e);
}

// -- shifts, fields -----------------------------------------------------------------------

static void shift_const(Emit *e, const Ins *in, i32 i, AsmShift op, int n)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    if (op == SH_ROR) {
        asm_rorx(&e->a, sz, d, a, n);
        return;
    }
    if (op == SH_SHL && n <= 3 && d != a) {
        asm_lea(&e->a, sz, d, mem_i(a, n));
        return;
    }
    copy(e, sz, d, a);
    asm_shift_i(&e->a, op, sz, d, n);
    emit_flags_clobbered(e);
}

static void gen_shift(Emit *e, const Ins *in, i32 i)
{
    static const u8 ops[OP_COUNT] = { [OP_SHL] = SH_SHL, [OP_SHR] = SH_SHR, [OP_SAR] = SH_SAR,
                                      [OP_ROR] = SH_ROR };
    int sz = size_of(in->ty);
    e->folded[i] = fold_shift(e, in, i);
    if (e->folded[i])
        return;
    if (ir_is_k(in->b)) {
        shift_const(e, in, i, ops[in->op], (int)(ir_kval(e->t, in->b) & (sz == 3 ? 63 : 31)));
        return;
    }
    int a = ra_use(e, in->a), b = ra_use(e, in->b);
    if (in->op == OP_ROR) {
        int d = def_over(e, i, in->a, a, in->b, b);
        asm_mov(&e->a, 2, RCX, b);
        copy(e, sz, d, a);
        asm_shift_cl(&e->a, SH_ROR, sz, d);
        emit_flags_clobbered(e);
        return;
    }
    ra_release(e, in->a);
    ra_release(e, in->b);
    int d = ra_def(e, i, a);
    if (in->op == OP_SHL)
        asm_shlx(&e->a, sz, d, a, b);
    else if (in->op == OP_SHR)
        asm_shrx(&e->a, sz, d, a, b);
    else
        asm_sarx(&e->a, sz, d, a, b);
}

static void gen_extr(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = ra_use(e, in->b);
    // low width of (a:b) >> n: shrd b, a
    ra_release(e, in->b);
    int d;
    if (in->a.id != in->b.id) {
        d = ra_def(e, i, b);
        ra_release(e, in->a);
    } else {
        ra_release(e, in->a);
        d = ra_def(e, i, b);
    }
    copy(e, sz, d, b);
    if (in->imm) {
        asm_shrd_i(&e->a, sz, d, a, in->imm);
        emit_flags_clobbered(e);
    }
}

static void gen_ubfx(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), len = in->aux, pos = in->imm;
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    if (pos == 0 && (len == 8 || len == 16)) {
        asm_movzx(&e->a, len == 8 ? 0 : 1, d, a);
        return;
    }
    if (pos == 0 && len < 32) {
        copy(e, 2, d, a);
        asm_alu_i(&e->a, ALU_AND, 2, d, (i32)((1u << len) - 1));
    } else {
        copy(e, sz, d, a);
        if (pos + len < (sz == 3 ? 64 : 32))
            asm_shift_i(&e->a, SH_SHL, sz, d, (sz == 3 ? 64 : 32) - pos - len);
        asm_shift_i(&e->a, SH_SHR, sz, d, (sz == 3 ? 64 : 32) - len);
    }
    emit_flags_clobbered(e);
}

static void gen_sbfx(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), len = in->aux, pos = in->imm;
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    if (pos == 0 && (len == 8 || len == 16 || (len == 32 && sz == 3))) {
        asm_movsx(&e->a, len == 8 ? 0 : len == 16 ? 1 : 2, sz, d, a);
        return;
    }
    copy(e, sz, d, a);
    if (pos + len < (sz == 3 ? 64 : 32))
        asm_shift_i(&e->a, SH_SHL, sz, d, (sz == 3 ? 64 : 32) - pos - len);
    asm_shift_i(&e->a, SH_SAR, sz, d, (sz == 3 ? 64 : 32) - len);
    emit_flags_clobbered(e);
}

static void and_mask(Emit *e, int sz, int reg, u64 mask, int tmp)
{
    if (sz == 2 || (i64)mask == (i32)mask) {
        asm_alu_i(&e->a, ALU_AND, sz, reg, (i32)mask);
    } else {
        asm_mov_k(&e->a, tmp, mask);
        asm_alu(&e->a, ALU_AND, sz, reg, tmp);
    }
}

static void gen_bfi(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), w = sz == 3 ? 64 : 32, len = in->aux, pos = in->imm;
    u64 field = (len >= 64 ? ~0ull : (1ull << len) - 1);
    int a = ra_use(e, in->a), b = ra_use(e, in->b);
    asm_mov(&e->a, sz, RDX, b);
    if (pos + len < w)
        and_mask(e, sz, RDX, field, RCX);
    if (pos)
        asm_shift_i(&e->a, SH_SHL, sz, RDX, pos);
    ra_release(e, in->a);
    ra_release(e, in->b);
    int d = ra_def(e, i, a);
    copy(e, sz, d, a);
    and_mask(e, sz, d, ~(field << pos), RCX);
    asm_alu(&e->a, ALU_OR, sz, d, RDX);
    emit_flags_clobbered(e);
}

// -- counts, reversals, extensions --------------------------------------------------------

static void gen_clz(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    asm_lzcnt(&e->a, sz, ra_def(e, i, a), a);
    emit_flags_clobbered(e);
}

static void gen_cls(Emit *e, const Ins *in, i32 i)  // clz(x ^ (x >> 1 arithmetic)) - 1
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    asm_mov(&e->a, sz, RAX, a);
    asm_shift_i(&e->a, SH_SAR, sz, RAX, 1);
    asm_alu(&e->a, ALU_XOR, sz, RAX, a);
    asm_lzcnt(&e->a, sz, RAX, RAX);
    ra_release(e, in->a);
    asm_lea(&e->a, 2, ra_def(e, i, a), mem_b(RAX, -1));
    emit_flags_clobbered(e);
}

static void rbit_step(Emit *e, int sz, int reg, u64 mask, int n)
{
    asm_mov(&e->a, sz, RCX, reg);
    asm_shift_i(&e->a, SH_SHR, sz, RCX, n);
    asm_mov_k(&e->a, RDX, sz == 3 ? mask : (u32)mask);
    asm_alu(&e->a, ALU_AND, sz, RCX, RDX);
    asm_alu(&e->a, ALU_AND, sz, reg, RDX);
    asm_shift_i(&e->a, SH_SHL, sz, reg, n);
    asm_alu(&e->a, ALU_OR, sz, reg, RCX);
}

static void gen_rbit(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    copy(e, sz, d, a);
    asm_bswap(&e->a, sz, d);
    rbit_step(e, sz, d, 0x0f0f0f0f0f0f0f0full, 4);
    rbit_step(e, sz, d, 0x3333333333333333ull, 2);
    rbit_step(e, sz, d, 0x5555555555555555ull, 1);
    emit_flags_clobbered(e);
}

static void gen_bswap(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, a);
    copy(e, sz, d, a);
    asm_bswap(&e->a, sz, d);
    if (in->op == OP_BSWAP32)
        asm_rorx(&e->a, 3, d, d, 32);
    if (in->op == OP_BSWAP16) {                     // bswap reversed the lanes too
        asm_rorx(&e->a, sz, d, d, sz == 3 ? 32 : 16);
        if (sz == 3) {                              // halves are right; their words are swapped
            asm_mov(&e->a, 3, RCX, d);
            asm_shift_i(&e->a, SH_SHR, 3, RCX, 16);
            asm_mov_k(&e->a, RDX, 0x0000ffff0000ffffull);
            asm_alu(&e->a, ALU_AND, 3, RCX, RDX);
            asm_alu(&e->a, ALU_AND, 3, d, RDX);
            asm_shift_i(&e->a, SH_SHL, 3, d, 16);
            asm_alu(&e->a, ALU_OR, 3, d, RCX);
            emit_flags_clobbered(e);
        }
    }
}

static void gen_trunc(Emit *e, const Ins *in, i32 i)
{
    int a = ra_use(e, in->a);
    ra_release(e, in->a);
    asm_mov(&e->a, 2, ra_def(e, i, a), a);
}

static void gen_zext(Emit *e, const Ins *in, i32 i)
{
    int a = ra_use(e, in->a);
    ra_release(e, in->a);
    copy(e, 2, ra_def(e, i, a), a);                 // the upper half is zero already
}

static void gen_sext(Emit *e, const Ins *in, i32 i)
{
    int a = ra_use(e, in->a);
    ra_release(e, in->a);
    asm_movsx(&e->a, 2, 3, ra_def(e, i, a), a);
}

static void gen_crc32c(Emit *e, const Ins *in, i32 i)
{
    int a = ra_use(e, in->a), b = ra_use(e, in->b), d = def_over(e, i, in->a, a, in->b, b);
    copy(e, 2, d, a);
    asm_crc32(&e->a, in->aux, d, b);
}

// -- conditions ---------------------------------------------------------------------------

static void move(Emit *e, int ty, int d, int s)
{
    if (d == s)
        return;
    if (ty_vec(ty))
        asm_vmov(&e->a, d, s);
    else
        asm_mov(&e->a, size_of(ty), d, s);
}

// d = cond ? a : b, by a jump (vectors, and conditions that need two tests).
static void sel_by_jump(Emit *e, int ty, HostCond c, int d, int a, int b)
{
    // d is neither a nor b
    move(e, ty, d, a);
    u8 *keep = NULL, *keep2 = NULL, *other = NULL;
    if (c.parity == FCMP_OR_P) {
        keep = asm_jcc_short(&e->a, CC_P);
        keep2 = asm_jcc_short(&e->a, (AsmCc)c.cc);
    } else {
        if (c.parity == FCMP_AND_NP)
            other = asm_jcc_short(&e->a, CC_P);
        keep = asm_jcc_short(&e->a, (AsmCc)c.cc);
        if (other)
            asm_patch_here(&e->a, other);
    }
    move(e, ty, d, b);
    asm_patch_here(&e->a, keep);
    if (keep2)
        asm_patch_here(&e->a, keep2);
}

static void gen_sel(Emit *e, const Ins *in, i32 i)
{
    int sz = size_of(in->ty), a = ra_use(e, in->a), b = ra_use(e, in->b);
    HostCond c = cond_make(e, in->c, in->aux);
    bool jump = ty_vec(in->ty) || c.parity;
    ra_release(e, in->c);
    if (c.cc == COND_ALWAYS || c.cc == COND_NEVER) {
        ra_release(e, in->a);
        ra_release(e, in->b);
        int s = c.cc == COND_ALWAYS ? a : b;
        move(e, in->ty, ra_def(e, i, s), s);
        return;
    }
    if (jump) {
        int d = ra_def(e, i, -1);
        sel_by_jump(e, in->ty, c, d, a, b);
        ra_release(e, in->a);
        ra_release(e, in->b);
        return;
    }
    ra_release(e, in->b);                           // d = b; cmov cc d, a
    int d;
    if (in->a.id == in->b.id) {
        ra_release(e, in->a);
        d = ra_def(e, i, b);
    } else {
        d = ra_def(e, i, b);
        ra_release(e, in->a);
    }
    copy(e, sz, d, b);
    asm_cmov(&e->a, (AsmCc)c.cc, sz, d, a);
}

static void gen_setcc(Emit *e, const Ins *in, i32 i)
{
    HostCond c = cond_make(e, in->a, in->aux);
    ra_release(e, in->a);
    int d = ra_def(e, i, -1);
    if (c.cc == COND_ALWAYS || c.cc == COND_NEVER) {
        asm_mov_k(&e->a, d, c.cc == COND_ALWAYS);
        return;
    }
    asm_setcc(&e->a, (AsmCc)c.cc, RAX);
    asm_movzx(&e->a, 0, d, RAX);
    if (c.parity) {
        asm_setcc(&e->a, c.parity == FCMP_OR_P ? CC_P : CC_NP, RAX);
        asm_movzx(&e->a, 0, RAX, RAX);
        asm_alu(&e->a, c.parity == FCMP_OR_P ? ALU_OR : ALU_AND, 2, d, RAX);
        emit_flags_clobbered(e);
    }
}

typedef void Gen(Emit *e, const Ins *in, i32 i);
static Gen *const gen[OP_COUNT] = {
    [OP_ADD] = gen_add, [OP_SUB] = gen_sub, [OP_AND] = gen_and, [OP_OR] = gen_or,
    [OP_XOR] = gen_xor, [OP_ANDN] = gen_andn, [OP_NOT] = gen_not, [OP_NEG] = gen_neg,
    [OP_MUL] = gen_mul, [OP_UMULH] = mulx, [OP_SMULH] = gen_smulh, [OP_UDIV] = gen_div,
    [OP_SDIV] = gen_div, [OP_SHL] = gen_shift, [OP_SHR] = gen_shift, [OP_SAR] = gen_shift,
    [OP_ROR] = gen_shift, [OP_EXTR] = gen_extr, [OP_UBFX] = gen_ubfx, [OP_SBFX] = gen_sbfx,
    [OP_BFI] = gen_bfi, [OP_CLZ] = gen_clz, [OP_CLS] = gen_cls, [OP_RBIT] = gen_rbit,
    [OP_BSWAP] = gen_bswap, [OP_BSWAP16] = gen_bswap, [OP_BSWAP32] = gen_bswap,
    [OP_TRUNC] = gen_trunc, [OP_ZEXT] = gen_zext, [OP_SEXT] = gen_sext, [OP_ADC] = gen_adc,
    [OP_SBC] = gen_adc, [OP_SEL] = gen_sel, [OP_SETCC] = gen_setcc, [OP_CRC32C] = gen_crc32c,
    [OP_FLPACK] = emit_flpack,
};

bool emit_int(Emit *e, const Ins *in, i32 i)
{
    if (!gen[in->op])
        return false;
    gen[in->op](e, in, i);
    return true;
}
