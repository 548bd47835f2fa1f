// SPDX-License-Identifier: MIT
// The IR: builder, folding against ir_eval_int on random values, dead code, verifier, dumper.
#include "tcg/frontend.h"
#include "tcg/opt/fold.h"
#include "tests/lib/test.h"
#include "util/str.h"

enum { R0, R1, R2, R3, V0, V1, FLAGS, NREGS };

static const GuestReg regs[NREGS] = {
    { "r0", 0, T_I64 },   { "r1", 8, T_I64 },    { "r2", 16, T_I64 },    { "r3", 24, T_I64 },
    { "v0", 32, T_V128 }, { "v1", 48, T_V128 },  { "nzcv", 64, T_FLAGS },
};
static const TcgFrontend fend = { .name = "test", .regs = regs, .nregs = NREGS,
                                  .nzcv_reg = FLAGS, .insn_align = 4 };
static Ctx t;                                       // a test runs in a process of its own

static void begin(void)
{
    if (!t.ins)
        TRUE(ir_new(&t));
    ir_reset(&t, NULL, &fend, 0x1000, 0);
    ir_insn(&t, 0x1000);
}

static void accepted(void)
{
    Str why = { 0 };
    if (!ir_verify(&t, &why))
        FAIL("%s", str_text(&why));
    str_free(&why);
}

static void refused(const char *part)
{
    Str why = { 0 };
    FALSE(ir_verify(&t, &why));
    STR_HAS(str_text(&why), part);
    str_free(&why);
}

static int count(int op)
{
    int n = 0;
    for (int i = 1; i < t.n; i++)
        n += t.ins[i].op == op;
    return n;
}

static void faulting(Cpu *cpu) { (void)cpu; }
static u64 pure(u64 a) { return a; }
static const Helper h_raise = HELPER(faulting, HELPER_CPU | HELPER_RAISES, T_VOID);
static const Helper h_quiet = HELPER(faulting, HELPER_CPU, T_VOID);
static const Helper h_pure = HELPER(pure, HELPER_PURE, T_I64);

// -- builder ------------------------------------------------------------------------------

TEST(ir_constants_are_shared)
{
    begin();
    EQ(ir_k(&t, 5).id, ir_k(&t, 5).id);
    NE(ir_k(&t, 5).id, ir_k(&t, 6).id);
    EQ(ir_kval(&t, ir_k(&t, 0xdeadbeef12345678)), 0xdeadbeef12345678);
    EQ(ir_vconst(&t, 1, 2).id > 0, 1);
    int n = t.nvkonst;
    ir_vconst(&t, 1, 2);
    EQ(t.nvkonst, n);
}

TEST(ir_put_is_forwarded_to_get)
{
    begin();
    Val a = ir_get(&t, R0, T_I64), b = ir_addi(&t, T_I64, a, 1);
    EQ(ir_get(&t, R0, T_I64).id, a.id);
    ir_put(&t, R1, b, T_I64);
    EQ(ir_get(&t, R1, T_I64).id, b.id);
    Val w = ir_get(&t, R1, T_I32);
    EQ(ir_at(&t, w)->op, OP_TRUNC);
    EQ(ir_get(&t, R1, T_I32).id, w.id);
    ir_put(&t, R2, w, T_I32);
    EQ(ir_at(&t, ir_get(&t, R2, T_I64))->op, OP_ZEXT);
    EQ(ir_get(&t, R2, T_I32).id, w.id);
    ir_exit(&t, 0x1004);
    accepted();
}

TEST(ir_scalars_of_vectors)
{
    begin();
    Val d = ir_get(&t, V0, T_F64), v = ir_get(&t, V1, T_V128);
    EQ(ir_at(&t, d)->op, OP_GET);
    EQ(ir_at(&t, ir_get(&t, V1, T_F32))->op, OP_V2F);
    ir_put(&t, V1, d, T_F64);
    EQ(ir_get(&t, V1, T_F64).id, d.id);
    EQ(ir_at(&t, ir_get(&t, V1, T_V128))->op, OP_F2V);
    ir_put(&t, V0, ir_cvt(&t, OP_F2V, T_V128, T_F64, d, 0), T_V128);
    EQ(ir_get(&t, V0, T_F64).id, d.id);             // kept as the scalar that it is
    ir_put(&t, V0, v, T_V128);
    ir_exit(&t, 0x1004);
    accepted();
}

TEST(ir_flags_stay_symbolic)
{
    begin();
    Val a = ir_get(&t, R0, T_I64), f = ir_fl(&t, OP_FLSUB, T_I64, a, ir_k(&t, 1), ir_none);
    ir_put_flags(&t, f);
    EQ(ir_get_flags(&t).id, f.id);
    EQ(count(OP_FLPACK), 0);
    ir_put_flags(&t, ir_fl_ccmp(&t, f, IC_EQ, f, 4));
    EQ(count(OP_FLPACK), 1);
    EQ(ir_at(&t, ir_get_flags(&t))->op, OP_FLUNPACK);
    ir_exit(&t, 0x1004);
    accepted();
}

TEST(ir_call_forgets_what_it_writes)
{
    const u8 wr[] = { V0 };
    begin();
    Val a = ir_get(&t, R0, T_I64), v = ir_get(&t, V0, T_V128);
    ir_call_regs(&t, &h_quiet, 0, NULL, NULL, 0, wr, 1);
    EQ(ir_get(&t, R0, T_I64).id, a.id);
    NE(ir_get(&t, V0, T_V128).id, v.id);
}

// -- folding ------------------------------------------------------------------------------

static const u8 int_ops[] = { OP_ADD, OP_SUB, OP_AND, OP_OR, OP_XOR, OP_ANDN, OP_NOT, OP_NEG,
                              OP_MUL, OP_UDIV, OP_SDIV, OP_SHL, OP_SHR, OP_SAR, OP_ROR, OP_EXTR,
                              OP_UBFX, OP_SBFX, OP_BFI, OP_CLZ, OP_CLS, OP_RBIT, OP_BSWAP,
                              OP_BSWAP16 };
static const u64 edge[] = { 0, 1, 2, 31, 32, 63, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                            0x7fffffffffffffff, 0x8000000000000000, ~0ull };
static u64 reg_value[4];

static u64 mask(IrType ty) { return ty == T_I32 ? 0xffffffffu : ~0ull; }

// What the built IR computes.
static u64 value_of(Val v, IrType ty)
{
    if (ir_is_k(v))
        return ir_kval(&t, v) & mask(ty);
    const Ins *in = ir_at(&t, v);
    if (in->op == OP_GET)
        return reg_value[in->imm] & mask(in->ty);
    IrType from = in->op == OP_TRUNC ? T_I64 : in->op == OP_ZEXT || in->op == OP_SEXT ? T_I32
                                                                                      : in->ty;
    u64 r = 0, a = value_of(in->a, from);
    TRUE(ir_eval_int(in->op, in->ty, a, ir_ops[in->op].nin > 1 ? value_of(in->b, from) : 0,
                     in->aux, in->imm, &r));
    return r;
}

static Val leaf(IrType ty)
{
    u64 r = test_random();
    if (r % 3 == 0)
        return ir_k(&t, edge[(r >> 8) % ARRAY_LEN(edge)] & mask(ty));
    return ir_get(&t, (r >> 8) % 4, ty);
}

static void fields_of(int op, IrType ty, u16 *aux, i32 *imm)
{
    int w = ty == T_I32 ? 32 : 64;
    *aux = 0;
    *imm = op == OP_EXTR ? (i32)(test_random() % (unsigned)w) : 0;
    if (op == OP_UBFX || op == OP_SBFX || op == OP_BFI) {
        *imm = (i32)(test_random() % (unsigned)w);
        *aux = (u16)(1 + test_random() % (unsigned)(w - *imm));
        if (test_random() % 4 == 0)
            *aux = (u16)(w - *imm);
    }
}

// A random expression; *want is what it must compute, found without folding.
static Val tree(IrType ty, int depth, u64 *want)
{
    if (depth == 0) {
        Val v = leaf(ty);
        *want = value_of(v, ty);
        return v;
    }
    int op = int_ops[test_random() % ARRAY_LEN(int_ops)];
    u64 x, y = 0;
    u16 aux;
    i32 imm;
    Val a = tree(ty, depth - 1, &x), b = ir_none;
    if (ir_ops[op].nin > 1) {
        b = test_random() % 4 ? tree(ty, depth - 1, &y) : a;
        y = b.id == a.id ? x : y;
    }
    fields_of(op, ty, &aux, &imm);
    TRUE(ir_eval_int(op, ty, x, y, aux, imm, want));
    EQ(*want & ~mask(ty), 0);
    return ir_op(&t, op, ty, a, b, ir_none, aux, imm);
}

TEST(ir_folding_keeps_the_value)
{
    for (int i = 0; i < 20000; i++) {
        IrType ty = i & 1 ? T_I64 : T_I32;
        u64 want;
        for (int r = 0; r < 4; r++)
            reg_value[r] = test_random() % 3 ? test_random()
                                             : edge[test_random() % ARRAY_LEN(edge)];
        begin();
        Val v = tree(ty, 1 + i % 3, &want);
        u64 got = value_of(v, ty);
        if (got != want) {
            Str s = { 0 };
            ir_dump(&t, &s);
            FAIL("v%d is %#llx, not %#llx\n%s", v.id, (unsigned long long)got,
                 (unsigned long long)want, str_text(&s));
        }
        ir_put(&t, R0, v, ty);
        ir_exit(&t, 0x1004);
        accepted();
    }
}

// Facts of C3.4 and C6.2, from the manual and not from the code.
TEST(ir_eval_int_known_answers)
{
    static const struct { int op; IrType ty; u64 a, b; u16 aux; i32 imm; u64 want; } row[] = {
        { OP_UDIV, T_I64, 5, 0, 0, 0, 0 },
        { OP_SDIV, T_I32, 0x80000000, 0xffffffff, 0, 0, 0x80000000 },
        { OP_SDIV, T_I64, 1ull << 63, ~0ull, 0, 0, 1ull << 63 },
        { OP_SDIV, T_I32, 0xfffffff9, 2, 0, 0, 0xfffffffd },
        { OP_SHL, T_I32, 1, 33, 0, 0, 2 },
        { OP_SAR, T_I32, 0x80000000, 31, 0, 0, 0xffffffff },
        { OP_ROR, T_I32, 0x80000001, 1, 0, 0, 0xc0000000 },
        { OP_EXTR, T_I32, 0x12345678, 0x9abcdef0, 0, 8, 0x789abcde },
        { OP_EXTR, T_I64, 1, 2, 0, 0, 2 },
        { OP_SBFX, T_I32, 0xf0, 0, 4, 4, 0xffffffff },
        { OP_UBFX, T_I64, ~0ull, 0, 64, 0, ~0ull },
        { OP_BFI, T_I64, ~0ull, 0, 8, 56, 0x00ffffffffffffff },
        { OP_CLZ, T_I32, 0, 0, 0, 0, 32 },
        { OP_CLZ, T_I64, 1, 0, 0, 0, 63 },
        { OP_CLS, T_I32, 0xffffffff, 0, 0, 0, 31 },
        { OP_CLS, T_I64, 0, 0, 0, 0, 63 },
        { OP_CLS, T_I32, 0x40000000, 0, 0, 0, 0 },
        { OP_RBIT, T_I32, 1, 0, 0, 0, 0x80000000 },
        { OP_BSWAP, T_I32, 0x11223344, 0, 0, 0, 0x44332211 },
        { OP_BSWAP16, T_I64, 0x1122334455667788, 0, 0, 0, 0x2211443366558877 },
        { OP_BSWAP32, T_I64, 0x1122334455667788, 0, 0, 0, 0x4433221188776655 },
        { OP_SMULH, T_I64, ~0ull, ~0ull, 0, 0, 0 },
        { OP_UMULH, T_I64, ~0ull, ~0ull, 0, 0, ~1ull },
        { OP_SEXT, T_I64, 0x80000000, 0, 0, 0, 0xffffffff80000000 },
    };
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        u64 got = 0;
        TRUE(ir_eval_int(row[i].op, row[i].ty, row[i].a, row[i].b, row[i].aux, row[i].imm, &got));
        if (got != row[i].want)
            FAIL("row %zu, %s: %#llx, not %#llx", i, ir_names[row[i].op],
                 (unsigned long long)got, (unsigned long long)row[i].want);
    }
}

// The check value of CRC-32C (RFC 3720 B.4's polynomial): "123456789" gives e3069283.
TEST(ir_eval_int_crc32c)
{
    u64 acc = 0xffffffff;
    TRUE(ir_eval_int(OP_CRC32C, T_I32, acc, 0x3837363534333231, 3, 0, &acc));
    TRUE(ir_eval_int(OP_CRC32C, T_I32, acc, 0xffffff39, 0, 0, &acc));
    EQ(acc ^ 0xffffffff, 0xe3069283);
}

// -- dead code ----------------------------------------------------------------------------

TEST(ir_dce_removes_the_unused)
{
    begin();
    Val a = ir_get(&t, R0, T_I64);
    ir_mul(&t, T_I64, a, a);
    ir_call(&t, &h_pure, 1, &a);
    Val kept = ir_call(&t, &h_pure, 1, &a);
    ir_put(&t, R1, kept, T_I64);
    ir_exit(&t, 0x1004);
    ir_pass_dce(&t);
    EQ(count(OP_MUL), 0);
    EQ(count(OP_CALL), 1);
    EQ(count(OP_GET), 1);
    EQ(ir_at(&t, a)->uses, 1);
    accepted();
}

TEST(ir_dce_drops_puts_that_nothing_sees)
{
    begin();
    ir_put(&t, R0, ir_k(&t, 1), T_I64);
    ir_insn(&t, 0x1004);
    ir_put(&t, R0, ir_k(&t, 2), T_I64);
    ir_insn(&t, 0x1008);
    ir_put(&t, R1, ir_ld(&t, T_I64, MO_64, ir_get(&t, R2, T_I64), 0), T_I64);
    ir_insn(&t, 0x100c);
    ir_put(&t, R0, ir_k(&t, 3), T_I64);
    ir_exit(&t, 0x1010);
    ir_pass_dce(&t);
    EQ(count(OP_PUT), 3);                           // the load may fault and show the second
    accepted();
}

TEST(ir_dce_keeps_loads)
{
    begin();
    Val hi;
    ir_ld2(&t, T_I64, MO_64, ir_get(&t, R0, T_I64), 0, &hi);
    ir_exit(&t, 0x1004);
    ir_pass_dce(&t);
    EQ(count(OP_LD2), 1);
    EQ(count(OP_LD2HI), 0);
    accepted();
}

// -- verifier -----------------------------------------------------------------------------

TEST(ir_verify_wants_an_end)
{
    begin();
    refused("no exit at the end");
    ir_exit(&t, 0x1004);
    accepted();
    ir_exit(&t, 0x1004);
    refused("an exit before the end");
}

TEST(ir_verify_order_and_types)
{
    begin();
    Val a = ir_get(&t, R0, T_I64), w = ir_get(&t, R1, T_I32), v = ir_get(&t, V0, T_V128);
    Val s = ir_add(&t, T_I64, a, a);
    ir_exit(&t, 0x1004);
    accepted();
    ir_at(&t, s)->b = w;
    refused("operand b has the wrong type in:  v");
    ir_at(&t, s)->b = v;
    refused("operand b has the wrong type");
    ir_at(&t, s)->b = s;
    refused("operand b is not defined yet");
    ir_at(&t, s)->b = ir_none;
    refused("operand b is not defined yet");
    ir_at(&t, s)->b = (Val){ -1000 };
    refused("operand b is no constant");
    ir_at(&t, s)->b = (Val){ 1 };                   // the INSN
    refused("operand b has no value");
    ir_at(&t, s)->b = ir_k(&t, 7);
    accepted();
    ir_at(&t, s)->ty = T_F64;
    refused("in:");
}

TEST(ir_verify_fields)
{
    begin();
    Val a = ir_get(&t, R0, T_I32), u = ir_ubfx(&t, T_I32, a, 3, 5);
    Val v = ir_v1(&t, OP_VSHLI, ir_get(&t, V0, T_V128), VL_16, 15);
    ir_exit(&t, 0x1004);
    accepted();
    ir_at(&t, u)->imm = 28;
    refused("position 28");
    ir_at(&t, u)->imm = 3;
    ir_at(&t, v)->imm = 16;
    refused("shift 16");
}

TEST(ir_verify_flags_operands)
{
    begin();
    Val a = ir_get(&t, R0, T_I64), f = ir_fl(&t, OP_FLSUB, T_I64, a, a, ir_none);
    Val c = ir_setcc(&t, f, IC_EQ);
    ir_exit_if(&t, f, IC_NE, 0x2000);
    ir_exit(&t, 0x1004);
    accepted();
    ir_at(&t, c)->a = a;
    refused("operand a has the wrong type");
    ir_at(&t, c)->a = f;
    ir_at(&t, c)->aux = 14;
    refused("condition 14");
}

TEST(ir_verify_pairs_stand_together)
{
    begin();
    Val hi, a = ir_get(&t, R0, T_I64), lo = ir_ld2(&t, T_I64, MO_64, a, 0, &hi);
    ir_put(&t, R1, lo, T_I64);
    ir_put(&t, R2, hi, T_I64);
    ir_exit(&t, 0x1004);
    accepted();
    ir_at(&t, hi)->a = a;
    refused("does not follow its pair");
}

TEST(ir_verify_precise_faults)
{
    begin();
    Val a = ir_get(&t, R0, T_I64);
    ir_put(&t, R1, a, T_I64);
    ir_insn(&t, 0x1004);
    Val v = ir_ld(&t, T_I64, MO_64, a, 8);          // a PUT of the instruction before is fine
    ir_put(&t, R1, v, T_I64);
    ir_call(&t, &h_quiet, 0, NULL);                 // cannot fault
    ir_exit(&t, 0x1008);
    accepted();
    begin();
    a = ir_get(&t, R0, T_I64);
    ir_put(&t, R0, ir_addi(&t, T_I64, a, 8), T_I64);
    ir_ld(&t, T_I64, MO_64, a, 0);
    ir_exit(&t, 0x1004);
    refused("of the same guest instruction in:  v");
    begin();
    ir_put(&t, R0, ir_k(&t, 1), T_I64);
    ir_call(&t, &h_raise, 0, NULL);
    ir_exit(&t, 0x1004);
    refused("can fault after");
}

TEST(ir_verify_memory)
{
    begin();
    Val a = ir_get(&t, R0, T_I64), v = ir_ld(&t, T_I32, MO_16 | MO_SIGN, a, 0);
    ir_st(&t, T_V128, MO_128, a, 0, ir_get(&t, V0, T_V128));
    ir_exit(&t, 0x1004);
    accepted();
    ir_at(&t, v)->aux = MO_64;
    refused("wider than its value");
}

TEST(ir_dump_reads_well)
{
    Str s = { 0 };
    begin();
    Val a = ir_get(&t, R0, T_I64), f = ir_fl(&t, OP_FLSUB, T_I64, a, ir_k(&t, 16), ir_none);
    ir_put(&t, R1, ir_ld(&t, T_I64, MO_32 | MO_ACQ, a, -8), T_I64);
    ir_exit_if(&t, f, IC_LO, 0x1100);
    ir_exit(&t, 0x1004);
    ir_dump(&t, &s);
    STR_EQ(str_text(&s), "insn 0x1000\n"
                         "  v2 = GET.i64 r0\n"
                         "  v3 = FLSUB.i64 v2, #0x10\n"
                         "  v4 = LD.i64 [v2 - 0x8] 32,acq\n"
                         "  PUT.i64 r1 = v4\n"
                         "  EXITCC v3 lo -> 0x1100\n"
                         "  EXIT -> 0x1004\n");
    str_free(&s);
}
