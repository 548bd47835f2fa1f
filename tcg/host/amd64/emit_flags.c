// SPDX-License-Identifier: MIT
// FLAGS values in the host's flags.
//
// A FLAGS value is a description; it is made (compared) when somebody uses it, unless the host's
// flags still hold it, which Emit.hf tracks: every emitter that changes EFLAGS says so, and
// those whose EFLAGS happen to be a guest's flags say what they hold.
//
// Carry: x86's CF after a subtraction is a borrow, Arm's C its opposite.  FK_SUB is the
// canonical form (CF = !C); FK_ADD has CF = C; FK_AND has C = V = 0 and CF = OF = 0.
#include "tcg/host/amd64/emit.h"
#include "util/log.h"

void emit_flags_clobbered(Emit *e)
{
    e->hf.kind = FK_NONE;
    e->hf.val = e->hf.packed = 0;
}

void flags_made(Emit *e, FlagKind kind, int op, IrType ty, Val a, Val b, Val c)
{
    e->hf.kind = kind;
    e->hf.op = (u8)op;
    e->hf.ty = (u8)ty;
    e->hf.a = a.id;
    e->hf.b = b.id;
    e->hf.c = c.id;
    e->hf.val = e->hf.packed = 0;
}

static bool hf_is(const Emit *e, Val f)
{
    if (e->hf.kind == FK_NONE)
        return false;
    if (e->hf.val == f.id)
        return true;
    const Ins *in = &e->t->ins[f.id];
    if (in->op == OP_FLUNPACK)
        return e->hf.kind != FK_FCMP && e->hf.packed && e->hf.packed == in->a.id;
    return e->hf.op == in->op && in->op != OP_FLCCMP && e->hf.ty == in->ty2 &&
           e->hf.a == in->a.id && e->hf.b == in->b.id && e->hf.c == in->c.id;
}

static int size_of(int ty) { return ty == T_I32 ? 2 : 3; }

static void from_fcmp(Emit *e)
{
    emit_fcmp_pack(e, RAX);
    asm_alu_i(&e->a, ALU_ADD, 0, RAX, 0x7f);        // OF = bit 0
    asm_sahf(&e->a);
}

// To FK_SUB, the canonical form.
static void canonical(Emit *e)
{
    if (e->hf.kind == FK_ADD)
        asm_cmc(&e->a);
    else if (e->hf.kind == FK_AND)
        asm_stc(&e->a);
    else if (e->hf.kind == FK_FCMP)
        from_fcmp(e);
    e->hf.kind = FK_SUB;
}

static void make_compare(Emit *e, const Ins *in)
{
    i32 k;
    int sz = size_of(in->ty2), a = ra_use(e, in->a);
    if (ra_imm32(e, in->b, in->ty2, &k)) {
        if (k == 0)
            asm_test(&e->a, sz, a, a);              // CF = OF = 0, as after cmp a, 0
        else
            asm_alu_i(&e->a, ALU_CMP, sz, a, k);
        return;
    }
    asm_alu(&e->a, ALU_CMP, sz, a, ra_use(e, in->b));
}

static void make_add(Emit *e, const Ins *in, AsmAlu op)
{
    i32 k;
    int sz = size_of(in->ty2), a = ra_use(e, in->a);
    bool imm = ra_imm32(e, in->b, in->ty2, &k);
    int b = imm ? -1 : ra_use(e, in->b);
    asm_mov(&e->a, sz, RAX, a);
    if (imm)
        asm_alu_i(&e->a, op, sz, RAX, k);
    else
        asm_alu(&e->a, op, sz, RAX, b);
}

static void make_and(Emit *e, const Ins *in)
{
    i32 k;
    int sz = size_of(in->ty2), a = ra_use(e, in->a);
    if (in->a.id == in->b.id)
        asm_test(&e->a, sz, a, a);
    else if (ra_imm32(e, in->b, in->ty2, &k))
        asm_test_i(&e->a, sz, a, k);
    else
        asm_test(&e->a, sz, a, ra_use(e, in->b));
}

// CF = carry (FLADC) or borrow (FLSBC) of flags f.
void flags_carry(Emit *e, Val f, bool borrow)
{
    const Ins *in = &e->t->ins[f.id];
    FlagKind k = FK_SUB;
    if (in->op == OP_FLUNPACK && !ir_is_k(in->a) && !hf_is(e, f))
        asm_bt_i(&e->a, BT_BT, 2, ra_use(e, in->a), __builtin_ctz(IR_NZCV_NOT_C));
    else
        k = flags_make(e, f);
    if (k == FK_AND) {                              // C = 0
        if (borrow)
            asm_stc(&e->a);
        else
            asm_clc(&e->a);
    } else if ((k == FK_SUB) != borrow) {
        asm_cmc(&e->a);
    }
    emit_flags_clobbered(e);
}

static void make_adc(Emit *e, const Ins *in)
{
    bool sub = in->op == OP_FLSBC;
    i32 k;
    if (!ir_is_k(in->a))
        ra_use(e, in->a);
    if (!ra_imm32(e, in->b, in->ty2, &k))
        ra_use(e, in->b);                           // loads first: they may need rax
    flags_carry(e, in->c, sub);
    make_add(e, in, sub ? ALU_SBB : ALU_ADC);
}

static void from_packed(Emit *e, int reg)
{
    asm_mov(&e->a, 2, RAX, reg);
    asm_alu_i(&e->a, ALU_ADD, 0, RAX, 0x7f);        // OF = bit 0
    asm_sahf(&e->a);
}

static void make_unpack(Emit *e, const Ins *in)
{
    if (ir_is_k(in->a)) {
        asm_mov_k(&e->a, RAX, (u32)ir_kval(e->t, in->a));
        asm_alu_i(&e->a, ALU_ADD, 0, RAX, 0x7f);
        asm_sahf(&e->a);
    } else {
        from_packed(e, ra_use(e, in->a));
    }
}

static void preload(Emit *e, Val f)
{
    const Ins *in = &e->t->ins[f.id];
    i32 k;
    if (ir_ops[in->op].nin > 0 && in->op != OP_FLCCMP)
        ra_use(e, in->a);
    if (ir_ops[in->op].nin > 1 && in->op != OP_FLCCMP &&
        (in->op == OP_FLFCMP || !ra_imm32(e, in->b, in->ty2, &k)))
        ra_use(e, in->b);
}

// All paths through a conditional compare must leave the allocator in one state: everything is
// loaded before the first jump.
static void make_ccmp(Emit *e, const Ins *in)
{
    preload(e, in->b);
    HostCond c = cond_make(e, in->a, in->aux);
    u8 *els = NULL, *els2 = NULL, *end = NULL, *then = NULL;
    if (c.cc == COND_ALWAYS || c.cc == COND_NEVER) {
        if (c.cc == COND_ALWAYS) {
            flags_make(e, in->b);
            canonical(e);
            return;
        }
    } else if (c.parity == FCMP_OR_P) {
        then = asm_jcc_short(&e->a, CC_P);
        els = asm_jcc_long(&e->a, (AsmCc)(c.cc ^ 1));
        asm_patch_here(&e->a, then);
    } else {
        els = asm_jcc_long(&e->a, (AsmCc)(c.cc ^ 1));
        if (c.parity == FCMP_AND_NP)
            els2 = asm_jcc_long(&e->a, CC_P);
    }
    if (els) {
        emit_flags_clobbered(e);
        flags_make(e, in->b);
        canonical(e);
        end = asm_jmp_short(&e->a);
        asm_patch32_here(&e->a, els);
        if (els2)
            asm_patch32_here(&e->a, els2);
    }
    asm_mov_k(&e->a, RAX, ir_nzcv_pack((u32)in->imm));
    asm_alu_i(&e->a, ALU_ADD, 0, RAX, 0x7f);
    asm_sahf(&e->a);
    if (end)
        asm_patch_here(&e->a, end);
}

static void make_fcmp(Emit *e, const Ins *in, bool swap)
{
    EmitArgs x = { .in = in, .d = -1, .s = { ra_use(e, in->a), ra_use(e, in->b), -1 } };
    emit_fcmp(e, &x, swap);
}

// Host flags := flags f.  FK_FCMP: compared without swap.
FlagKind flags_make(Emit *e, Val f)
{
    const Ins *in = &e->t->ins[f.id];
    static const FlagKind kinds[OP_COUNT] = {
        [OP_FLADD] = FK_ADD, [OP_FLSUB] = FK_SUB, [OP_FLAND] = FK_AND, [OP_FLADC] = FK_ADD,
        [OP_FLSBC] = FK_SUB, [OP_FLCCMP] = FK_SUB, [OP_FLUNPACK] = FK_SUB, [OP_FLFCMP] = FK_FCMP,
    };
    if (hf_is(e, f))
        return e->hf.kind;
    switch (in->op) {
    case OP_FLADD:    make_add(e, in, ALU_ADD); break;
    case OP_FLSUB:    make_compare(e, in); break;
    case OP_FLAND:    make_and(e, in); break;
    case OP_FLADC:
    case OP_FLSBC:    make_adc(e, in); break;
    case OP_FLUNPACK: make_unpack(e, in); break;
    case OP_FLCCMP:   make_ccmp(e, in); break;
    case OP_FLFCMP:   make_fcmp(e, in, false); break;
    default:          BUG_ON(true);
    }
    flags_made(e, kinds[in->op], in->op, in->ty2, in->a, in->b, in->c);
    e->hf.val = f.id;
    return e->hf.kind;
}

// Arm's condition on each kind of host flags; cmc says that CF must be inverted first.
static HostCond plain_cond(Emit *e, FlagKind kind, IrCond c)
{
    static const u8 sub[] = { CC_E, CC_NE, CC_AE, CC_B, CC_S, CC_NS, CC_O, CC_NO, CC_A, CC_BE,
                              CC_GE, CC_L, CC_G, CC_LE };
    if (kind == FK_AND) {                           // C = V = 0
        if (c == IC_HS || c == IC_HI || c == IC_VS)
            return (HostCond){ COND_NEVER, 0 };
        if (c == IC_LO || c == IC_LS || c == IC_VC)
            return (HostCond){ COND_ALWAYS, 0 };
        return (HostCond){ (i8)sub[c], 0 };
    }
    if (kind == FK_ADD && (c == IC_HS || c == IC_LO))
        return (HostCond){ c == IC_HS ? CC_B : CC_AE, 0 };
    if (kind == FK_ADD && (c == IC_HI || c == IC_LS)) {
        asm_cmc(&e->a);
        e->hf.kind = FK_SUB;
    }
    return (HostCond){ (i8)sub[c], 0 };
}

static HostCond fcmp_cond(Emit *e, const Ins *in, IrCond c)
{
    const FcmpCond *fc = &emit_fcmp_cond[c];
    if (fc->swap) {
        make_fcmp(e, in, true);
        emit_flags_clobbered(e);
    }
    return (HostCond){ (i8)fc->cc, fc->parity };
}

HostCond cond_make(Emit *e, Val f, IrCond c)
{
    const Ins *in = &e->t->ins[f.id];
    if (in->op == OP_FLFCMP && emit_fcmp_cond[c].swap)
        return fcmp_cond(e, in, c);
    if (in->op == OP_FLUNPACK && e->hf.kind == FK_FCMP && e->hf.packed == in->a.id &&
        !emit_fcmp_cond[c].swap)                    // the FCMP right before
        return (HostCond){ (i8)emit_fcmp_cond[c].cc, emit_fcmp_cond[c].parity };
    FlagKind k = flags_make(e, f);
    return k == FK_FCMP ? fcmp_cond(e, in, c) : plain_cond(e, k, c);
}

// -- packing ------------------------------------------------------------------------------

static void pack_rax(Emit *e, Val f)
{
    if (flags_make(e, f) == FK_FCMP) {
        emit_fcmp_pack(e, RAX);
        return;
    }
    canonical(e);
    asm_lahf(&e->a);
    asm_setcc(&e->a, CC_O, RAX);
}

void flags_store(Emit *e, Val f)
{
    pack_rax(e, f);
    asm_store(&e->a, 2, reg_mem(e, e->t->fend->nzcv_reg), RAX);
}

// Does the op leave host flags alone that hold something?
static bool keeps_flags(const Emit *e, i32 i)
{
    const Ins *in = &e->t->ins[i];
    switch (in->op) {
    case OP_NOP: case OP_INSN: case OP_GET: case OP_UMULH: case OP_FLADC: case OP_FLSBC:
    case OP_FLUNPACK:
        return true;
    case OP_PUT: return in->ty != T_FLAGS;
    case OP_MUL: return !ir_is_k(in->b);
    case OP_ADD: return emit_flags_after(e, i)->op != OP_FLADD;
    default:     return false;
    }
}

// Flags that only the next addition with carry wants, and before they are lost: a link of a chain
// of ADCS.  Its own flags come right behind it.
static bool carried_on(const Emit *e, i32 i)
{
    const Ins *ins = e->t->ins;
    i32 k = i + 1;
    if (ins[i].uses != 1 || (e->hf.kind != FK_ADD && e->hf.kind != FK_SUB))
        return false;
    while (keeps_flags(e, k))
        k++;
    if ((ins[k].op != OP_ADC && ins[k].op != OP_SBC) || ins[k].c.id <= 0)
        return false;
    const Ins *c = &ins[ins[k].c.id];
    if (c->op != OP_FLUNPACK || c->a.id != i)
        return false;
    i32 last = k++;
    while (ins[k].op == OP_NOP || ins[k].op == OP_PUT || ins[k].op == OP_FLADC ||
           ins[k].op == OP_FLSBC)
        k++;
    if (ins[k].op == OP_FLPACK && ins[ins[k].a.id].c.id == ins[last].c.id)
        last = k;
    return e->loc[i].last == last;
}

void emit_flpack(Emit *e, const Ins *in, i32 i)
{
    flags_make(e, in->a);
    if (carried_on(e, i)) {
        e->hf.packed = i;
        ra_release(e, in->a);
        return;
    }
    pack_rax(e, in->a);
    ra_release(e, in->a);
    int d = ra_def(e, i, -1);
    asm_mov(&e->a, 2, d, RAX);
    e->hf.packed = i;
}
