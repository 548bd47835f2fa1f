// SPDX-License-Identifier: MIT
// The encoder against objdump: random operands, the text it should disassemble to beside
// each instruction, both compared line by line.  And what objdump cannot see: overflow,
// patches, the constant pool, constants in the fewest bytes.
#if defined(__x86_64__)
#include "tcg/host/amd64/asm.h"

#include "tests/lib/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_LINES = 30000, CODE_SIZE = 512 * 1024, TEXT = 80 };
typedef struct Line { u32 at; char text[TEXT]; } Line;

static Asm a;
static u8 *code;
static Line *lines;
static int nlines;

static void begin(void)
{
    if (!code) code = malloc(CODE_SIZE);
    if (!lines) lines = malloc(MAX_LINES * sizeof *lines);
    asm_begin(&a, code, code + CODE_SIZE, 0, 0);
    nlines = 0;
}

// The next instruction is to disassemble to this.
static void PRINTF(1, 2) want(const char *fmt, ...)
{
    if (nlines == MAX_LINES) FAIL("too many lines");
    Line *l = &lines[nlines++];
    l->at = (u32)(a.p - a.base);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(l->text, sizeof l->text, fmt, ap);
    va_end(ap);
}

static unsigned rnd(unsigned n) { return (unsigned)(test_random() % n); }
static int reg(void) { return (int)rnd(16); }

// -- names -----------------------------------------------------------------------------------
static const char *const names64[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                         "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
static const char *const names32[16] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
                                         "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d",
                                         "r15d" };
static const char *const names16[16] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di", "r8w",
                                         "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w" };
static const char *const names8[16] = { "al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil", "r8b",
                                        "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b" };
static const char *const names_x[16] = { "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
                                         "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
                                         "xmm13", "xmm14", "xmm15" };
static const char *const *const names[4] = { names8, names16, names32, names64 };
static const char *const ccs[16] = { "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p",
                                     "np", "l", "ge", "le", "g" };
static const char *n(int sz, int r) { return names[sz][r]; }
static const char *w(int r) { return names_x[r]; }

// A random memory operand and its text (without size).
static Mem mem(char out[TEXT])
{
    static const i32 disps[] = { 0, 1, -1, 127, -128, 128, -129, 0x12345678, -0x7fffffff };
    int base = reg(), index = reg(), scale = (int)rnd(4);
    i32 disp = disps[rnd(ARRAY_LEN(disps))];
    unsigned size = (unsigned)(disp < 0 ? -disp : disp);
    char sign = disp < 0 ? '-' : '+';
    if (index == RSP)
        index = RBX;
    if (rnd(16) == 0) {
        snprintf(out, TEXT, "[%s*%d+0x0]", names64[index], 1 << scale);
        return mem_i(index, scale);
    }
    bool shown = disp || (base & 7) == RBP;
    if (rnd(2)) {
        snprintf(out, TEXT, shown ? "[%s%c0x%x]" : "[%s]", names64[base], sign, size);
        return mem_b(base, disp);
    }
    snprintf(out, TEXT, shown ? "[%s+%s*%d%c0x%x]" : "[%s+%s*%d]", names64[base], names64[index],
             1 << scale, sign, size);
    return mem_bi(base, index, scale, disp);
}
static const char *const ptr[5] = { "BYTE PTR ", "WORD PTR ", "DWORD PTR ", "QWORD PTR ",
                                    "XMMWORD PTR " };

static i32 random_imm(int sz)
{
    static const i32 k[] = { 0, 1, -1, 127, -128, 128, 0x1234, -0x1234, 0x12345678, -0x12345678 };
    return sz == 0 ? (i8)k[rnd(5)] : sz == 1 ? k[rnd(8)] : k[rnd(10)];
}
static unsigned long long as_seen(int sz, i32 k)
{
    u64 v = (u64)(i64)k;
    return sz == 3 ? v : v & ((1ull << (8 << sz)) - 1);
}

// -- comparing --------------------------------------------------------------------------------
static void squeeze(char *s)                        // one blank between words, none at the end
{
    char *o = s;
    for (char *p = s; *p; p++)
        if (!(*p == '\n' || (*p == ' ' && (o == s || o[-1] == ' ')))) *o++ = *p == '\t' ? ' ' : *p;
    while (o > s && o[-1] == ' ') o--;
    *o = 0;
}

static void compare(void)
{
    FALSE(a.overflow);
    const char *path = test_file("code.bin", a.base, (size_t)(a.p - a.base));
    char cmd[512], row[512];
    snprintf(cmd, sizeof cmd,
             "objdump -D -w -z --no-show-raw-insn -b binary -m i386:x86-64 -M intel %s 2>/dev/null",
             path);
    FILE *f = popen(cmd, "r");
    if (!f) SKIP("no objdump");
    int i = 0;
    while (fgets(row, sizeof row, f)) {
        unsigned at;
        int skip = 0;
        if (sscanf(row, " %x:%n", &at, &skip) != 1 || !skip) continue;
        char *text = row + skip;
        while (*text == ' ' || *text == '\t') text++;
        char *note = strchr(text, '#');             // rip-relative targets
        if (note) *note = 0;
        squeeze(text);
        if (i >= nlines) FAIL("more instructions than emitted: %s", text);
        if (at != lines[i].at || strcmp(text, lines[i].text))
            FAIL("at %x: %s\nwanted at %x: %s", at, text, lines[i].at, lines[i].text);
        i++;
    }
    pclose(f);
    if (i == 0) SKIP("no objdump");
    EQ(i, nlines);
}

// -- integer ----------------------------------------------------------------------------------
static void alu(void)
{
    static const char *const op[8] = { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
    char m[TEXT];
    AsmAlu o = rnd(8);
    int sz = (int)rnd(4), d = reg(), s = reg();
    i32 k = random_imm(sz);
    want("%s %s,%s", op[o], n(sz, d), n(sz, s)), asm_alu(&a, o, sz, d, s);
    want("%s %s,0x%llx", op[o], n(sz, d), as_seen(sz, k)), asm_alu_i(&a, o, sz, d, k);
    Mem x = mem(m);
    want("%s %s,%s%s", op[o], n(sz, d), ptr[sz], m), asm_alu_m(&a, o, sz, d, x);
    want("%s %s%s,%s", op[o], ptr[sz], m, n(sz, d)), asm_alu_to_m(&a, o, sz, x, d);
    want("%s %s%s,0x%llx", op[o], ptr[sz], m, as_seen(sz, k)), asm_alu_mi(&a, o, sz, x, k);
    want("test %s,%s", n(sz, d), n(sz, s)), asm_test(&a, sz, d, s);
    want("test %s,0x%llx", n(sz, d), as_seen(sz, k)), asm_test_i(&a, sz, d, k);
    want("test %s%s,0x%llx", ptr[sz], m, as_seen(sz, k)), asm_test_mi(&a, sz, x, k);
    if (o < ALU_CMP) {
        want("lock %s %s%s,%s", op[o], ptr[sz], m, n(sz, d)), asm_lock_alu(&a, o, sz, x, d);
    }
}

static void moves(void)
{
    char m[TEXT];
    int sz = (int)rnd(4), to = 2 + (int)rnd(2), d = reg(), s = reg();
    Mem x = mem(m);
    i32 k = random_imm(sz);
    want("mov %s,%s", n(sz, d), n(sz, s)), asm_mov(&a, sz, d, s);
    if (sz < 2) want("movzx %s,%s%s", n(2, d), ptr[sz], m);
    else want("mov %s,%s%s", n(sz, d), ptr[sz], m);
    asm_load(&a, sz, d, x);
    if (sz >= to) want("mov %s,%s%s", n(sz, d), ptr[sz], m);
    else want("movsx%s %s,%s%s", sz == 2 ? "d" : "", n(to, d), ptr[sz], m);
    asm_load_sx(&a, sz, to, d, x);
    want("mov %s%s,%s", ptr[sz], m, n(sz, s)), asm_store(&a, sz, x, s);
    want("mov %s%s,0x%llx", ptr[sz], m, as_seen(sz, k)), asm_store_i(&a, sz, x, k);
    if (sz < 2) want("movzx %s,%s", n(2, d), n(sz, s));
    else want("mov %s,%s", n(sz, d), n(sz, s));
    asm_movzx(&a, sz, d, s);
    if (sz >= to) want("mov %s,%s", n(to, d), n(to, s));
    else want("movsx%s %s,%s", sz == 2 ? "d" : "", n(to, d), n(sz, s));
    asm_movsx(&a, sz, to, d, s);
    want("lea %s,%s", n(to, d), m), asm_lea(&a, to, d, x);
    want("xchg %s%s,%s", ptr[sz], m, n(sz, d)), asm_xchg_m(&a, sz, x, d);
    if (d && s) want("xchg %s,%s", n(sz, d), n(sz, s)), asm_xchg(&a, sz, d, s);
    if (sz) {
        want("movbe %s,%s%s", n(sz, d), ptr[sz], m), asm_movbe_load(&a, sz, d, x);
        want("movbe %s%s,%s", ptr[sz], m, n(sz, d)), asm_movbe_store(&a, sz, x, d);
    }
    want("push %s", n(3, d)), asm_push(&a, d);
    want("pop %s", n(3, s)), asm_pop(&a, s);
}

static void constants(void)
{
    static const u64 k[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                             0xffffffff80000000, 0xffffffff7fffffff, ~0ull, 0x123456789abcdef0 };
    u64 v = k[rnd(ARRAY_LEN(k))];
    int d = reg();
    if (v <= 0xffffffff) want("mov %s,0x%llx", n(2, d), (unsigned long long)v);
    else if (v == (u64)(i64)(i32)v) want("mov %s,0x%llx", n(3, d), (unsigned long long)v);
    else want("movabs %s,0x%llx", n(3, d), (unsigned long long)v);
    asm_mov_k(&a, d, v);
    want("xor %s,%s", n(2, d), n(2, d)), asm_zero(&a, d);
}

static void shifts(void)
{
    static const char *const op[8] = { "rol", "ror", "rcl", "rcr", "shl", "shr", "", "sar" };
    static const char *const bt[4] = { "bt", "bts", "btr", "btc" };
    char m[TEXT];
    AsmShift o = rnd(7);
    if ((int)o == 6) o = SH_SAR;
    int sz = (int)rnd(4), ws = 2 + (int)rnd(2), d = reg(), s = reg(), t = reg();
    int k = 2 + (int)rnd((8u << sz) - 2), kw = 1 + (int)rnd((8u << ws) - 1);
    Mem x = mem(m);
    want("%s %s,0x%x", op[o], n(sz, d), k), asm_shift_i(&a, o, sz, d, k);
    want("%s %s,1", op[o], n(sz, d)), asm_shift_i(&a, o, sz, d, 1);
    want("%s %s,cl", op[o], n(sz, d)), asm_shift_cl(&a, o, sz, d);
    want("rol %s,0x8", n(1, d)), asm_rol16(&a, d, 8);
    want("shld %s,%s,0x%x", n(ws, d), n(ws, s), kw), asm_shld_i(&a, ws, d, s, kw);
    want("shrd %s,%s,0x%x", n(ws, d), n(ws, s), kw), asm_shrd_i(&a, ws, d, s, kw);
#define X(name, pp) want(#name " %s,%s,%s", n(ws, d), n(ws, s), n(ws, t)), \
    asm_##name(&a, ws, d, s, t);
    ASM_BMI_SHIFT(X)
    ASM_BMI3(X)
#undef X
    want("bextr %s,%s,%s", n(ws, d), n(ws, s), n(ws, t)), asm_bextr(&a, ws, d, s, t);
    want("bzhi %s,%s,%s", n(ws, d), n(ws, s), n(ws, t)), asm_bzhi(&a, ws, d, s, t);
    want("blsr %s,%s", n(ws, d), n(ws, s)), asm_blsr(&a, ws, d, s);
    want("rorx %s,%s,0x%x", n(ws, d), n(ws, s), kw), asm_rorx(&a, ws, d, s, kw);
    AsmBt b = rnd(4);
    want("%s %s,0x%x", bt[b], n(ws, d), kw), asm_bt_i(&a, b, ws, d, kw);
    want("%s %s%s,0x%x", bt[b], ptr[ws], m, kw), asm_bt_mi(&a, b, ws, x, kw);
    want("%s %s,%s", bt[b], n(ws, d), n(ws, s)), asm_bt(&a, b, ws, d, s);
}

static void arithmetic(void)
{
    char m[TEXT];
    int sz = (int)rnd(4), ws = 2 + (int)rnd(2), d = reg(), s = reg();
    i32 k = random_imm(ws);
    Mem x = mem(m);
#define X(name, g) want("%.*s %s", #name[0] == 'i' ? 4 : 3, #name, n(sz, d)), asm_##name(&a, sz, d);
    ASM_UNARY(X)
#undef X
    want("inc %s", n(sz, d)), asm_inc(&a, sz, d);
    want("dec %s", n(sz, d)), asm_dec(&a, sz, d);
    want("imul %s,%s", n(ws, d), n(ws, s)), asm_imul(&a, ws, d, s);
    want("imul %s,%s,0x%llx", n(ws, d), n(ws, s), as_seen(ws, k)), asm_imul_i(&a, ws, d, s, k);
#define X(name, e) want(#name " %s,%s", n(ws, d), n(ws, s)), asm_##name(&a, ws, d, s);
    ASM_BITS(X)
#undef X
    want("bswap %s", n(ws, d)), asm_bswap(&a, ws, d);
    int acc = sz == 3 ? 3 : 2;
    want("crc32 %s,%s", n(acc, d), n(sz, s)), asm_crc32(&a, sz, d, s);
    AsmCc c = rnd(16);
    want("cmov%s %s,%s", ccs[c], n(ws, d), n(ws, s)), asm_cmov(&a, c, ws, d, s);
    want("cmov%s %s,%s%s", ccs[c], n(ws, d), ptr[ws], m), asm_cmov_m(&a, c, ws, d, x);
    want("set%s %s", ccs[c], n(0, d)), asm_setcc(&a, c, d);
    want("set%s BYTE PTR %s", ccs[c], m), asm_setcc_m(&a, c, x);
    want("lock cmpxchg %s%s,%s", ptr[sz], m, n(sz, d)), asm_lock_cmpxchg(&a, sz, x, d);
    want("lock xadd %s%s,%s", ptr[sz], m, n(sz, d)), asm_lock_xadd(&a, sz, x, d);
    want("lock cmpxchg16b OWORD PTR %s", m), asm_lock_cmpxchg16b(&a, 3, x);
    want("call %s", n(3, d)), asm_call_r(&a, d);
    want("jmp %s", n(3, d)), asm_jmp_r(&a, d);
    want("call QWORD PTR %s", m), asm_call_m(&a, x);
    want("jmp QWORD PTR %s", m), asm_jmp_m(&a, x);
    want("ldmxcsr DWORD PTR %s", m), asm_ldmxcsr(&a, x);
    want("stmxcsr DWORD PTR %s", m), asm_stmxcsr(&a, x);
    want("prefetchw BYTE PTR %s", m), asm_prefetchw(&a, x);
}

static void plain(void)
{
#define X(name, len, bytes) want(#name), asm_##name(&a);
    ASM_PLAIN(X)
#undef X
}

TEST(amd64_asm_integer)
{
    begin();
    plain();
    for (int i = 0; i < 300; i++) {
        alu();
        moves();
        constants();
        shifts();
        arithmetic();
    }
    compare();
}

// -- vectors ----------------------------------------------------------------------------------
// What memory operand an instruction has, from its name; NULL: its memory form is not tried.
static const char *operand_size(const char *name)
{
    size_t len = strlen(name);
    static const char *const narrow[] = { "vpmov", "vpbroadcast", "vcvt", "vmovddup", "vinsertps" };
    for (size_t i = 0; i < ARRAY_LEN(narrow); i++)
        if (!strncmp(name, narrow[i], strlen(narrow[i]))) return NULL;
    if (name[1] == 'p') return ptr[4];
    if (!strcmp(name + len - 2, "ss")) return ptr[2];
    if (!strcmp(name + len - 2, "sd")) return ptr[3];
    return ptr[4];
}

static bool is_comm(u32 e, int s, int t) { return (e & E_COMM) && t >= 8 && s < 8; }

static void vex3(const char *name, u32 e, void (*rr)(Asm *, int, int, int),
                 void (*rm)(Asm *, int, int, Mem))
{
    char m[TEXT];
    int d = reg(), s = reg(), t = reg();
    Mem x = mem(m);
    bool swap = is_comm(e, s, t);
    want("%s %s,%s,%s", name, w(d), w(swap ? t : s), w(swap ? s : t));
    rr(&a, d, s, t);
    if (!operand_size(name)) return;
    want("%s %s,%s,%s%s", name, w(d), w(s), operand_size(name), m);
    rm(&a, d, s, x);
}

static void vex2(const char *name, void (*rr)(Asm *, int, int), void (*rm)(Asm *, int, Mem))
{
    char m[TEXT];
    int d = reg(), s = reg();
    Mem x = mem(m);
    want("%s %s,%s", name, w(d), w(s));
    rr(&a, d, s);
    if (!operand_size(name)) return;
    want("%s %s,%s%s", name, w(d), operand_size(name), m);
    rm(&a, d, x);
}

static void vector_lists(void)
{
    int d = reg(), s = reg(), t = reg(), k = (int)rnd(256), q = reg();
#define X(name, e) vex3(#name, e, asm_##name, asm_##name##_m);
    ASM_VEX3(X)
#undef X
#define X(name, e) vex2(#name, asm_##name, asm_##name##_m);
    ASM_VEX2(X)
#undef X
#define X(name, e) want(#name " %s,%s,0x%x", w(d), w(s), k), asm_##name(&a, d, s, k);
    ASM_VEX2I(X)
#undef X
#define X(name, op, g) want("%.*s %s,%s,0x%x", (int)strlen(#name) - 2, #name, w(d), w(s), k), \
    asm_##name(&a, d, s, k);
    ASM_VSHIFT(X)
#undef X
#define X(name, e) want(#name " %s,%s,%s,%s", w(d), w(s), w(t), w(q)), asm_##name(&a, d, s, t, q);
    ASM_VBLENDV(X)
#undef X
#define X(name, e) want(#name " %s,%s,%s", w(d), w(s), w(t)), asm_##name(&a, d, s, t);
    ASM_EVEX3(X)
#undef X
}

// Those with an immediate that the disassembler does not turn into a name of its own.
static void vector_imm(void)
{
    int d = reg(), s = reg(), t = reg(), k = (int)rnd(256);
    char m[TEXT];
    Mem x = mem(m);
#define X(name) want(#name " %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_##name(&a, d, s, t, k);
#define M(name, p) want(#name " %s,%s,%s%s,0x%x", w(d), w(s), p, m, k), \
    asm_##name##_m(&a, d, s, x, k);
    X(vpalignr) X(vpblendw) X(vpblendd) X(vblendps) X(vblendpd) X(vshufps) X(vshufpd) X(vinsertps)
    X(vroundss) X(vroundsd)
    M(vpalignr, ptr[4]) M(vpblendd, ptr[4]) M(vshufps, ptr[4]) M(vinsertps, ptr[2])
#undef X
#undef M
    k |= 0x20;                                      // beyond the named predicates
    want("vcmpps %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_vcmp(&a, FMT_PS, d, s, t, k);
    want("vcmppd %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_vcmp(&a, FMT_PD, d, s, t, k);
    want("vcmpsd %s,%s,QWORD PTR %s,0x%x", w(d), w(s), m, k), asm_vcmp_m(&a, FMT_SD, d, s, x, k);
    want("vcmpss %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_vcmpss(&a, d, s, t, k);
    want("vpclmulqdq %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_vpclmulqdq(&a, d, s, t, k);
    want("vpternlogq %s,%s,%s,0x%x", w(d), w(s), w(t), k), asm_vpternlogq(&a, d, s, t, k);
    want("vpsraq %s,%s,0x%x", w(d), w(s), k), asm_vpsraq_i(&a, d, s, k);
    want("vcvtps2ph %s,%s,0x%x", w(d), w(s), k), asm_vcvtps2ph(&a, d, s, k);
    want("vpabsq %s,%s", w(d), w(s)), asm_vpabsq(&a, d, s);
    want("vpopcntb %s,%s", w(d), w(s)), asm_vpopcntb(&a, d, s);
    want("vpmovwb %s,%s", w(s), w(d)), asm_vpmovwb(&a, d, s);
}

static void vector_moves(void)
{
    static const char *const br[4] = { "b", "w", "d", "q" };
    int d = reg(), s = reg(), r = reg(), sz = (int)rnd(4), ws = 2 + (int)rnd(2);
    char m[TEXT];
    Mem x = mem(m);
    if (d != s) want("vmovaps %s,%s", w(d), w(s)), asm_vmov(&a, d, s);
    want("vmovq %s,%s", w(d), w(s)), asm_vmovq(&a, d, s);
    want("vmovdqa %s,XMMWORD PTR %s", w(d), m), asm_vmovdqa_load(&a, d, x);
    want("vmovdqa XMMWORD PTR %s,%s", m, w(d)), asm_vmovdqa_store(&a, x, d);
    want("vmovaps %s,XMMWORD PTR %s", w(d), m), asm_vmovaps_load(&a, d, x);
    want("vmovaps XMMWORD PTR %s,%s", m, w(d)), asm_vmovaps_store(&a, x, d);
    want("vmovups %s,XMMWORD PTR %s", w(d), m), asm_vmovups_load(&a, d, x);
    want("vmovups XMMWORD PTR %s,%s", m, w(d)), asm_vmovups_store(&a, x, d);
    want("vmovs%c %s,%s%s", ws == 3 ? 'd' : 's', w(d), ptr[ws], m), asm_vmovs_load(&a, ws, d, x);
    want("vmovs%c %s%s,%s", ws == 3 ? 'd' : 's', ptr[ws], m, w(d)), asm_vmovs_store(&a, ws, x, d);
    want("vmovss %s,%s,%s", w(d), w(s), w(r)), asm_vmovss(&a, d, s, r);
    want("vmov%c %s,%s", ws == 3 ? 'q' : 'd', w(d), n(ws, r)), asm_vmov_from_r(&a, ws, d, r);
    want("vmov%c %s,%s", ws == 3 ? 'q' : 'd', n(ws, r), w(s)), asm_vmov_to_r(&a, ws, r, s);
    want("vmovmskps %s,%s", n(2, r), w(s)), asm_vmovmskps(&a, r, s);
    want("vmovmskpd %s,%s", n(2, r), w(s)), asm_vmovmskpd(&a, r, s);
    want("vpmovmskb %s,%s", n(2, r), w(s)), asm_vpmovmskb(&a, r, s);
    int k = 1 + (int)rnd((16u >> sz) - 1), rs = sz == 3 ? 3 : 2;
    want("vpextr%s %s,%s,0x%x", br[sz], n(rs, r), w(s), k), asm_vpextr(&a, sz, r, s, k);
    want("vpinsr%s %s,%s,%s,0x%x", br[sz], w(d), w(s), n(rs, r), k);
    asm_vpinsr(&a, sz, d, s, r, k);
    want("vpbroadcast%s %s,%s", br[sz], w(d), n(rs, r)), asm_vpbroadcast_r(&a, sz, d, r);
}

static void vector_fp(void)
{
    static const char *const fmts[4] = { "ps", "pd", "ss", "sd" };
    static const struct { AsmFp op; const char *name; } ops[] = {
        { VFP_ADD, "add" }, { VFP_MUL, "mul" }, { VFP_SUB, "sub" },
        { VFP_DIV, "div" }, { VFP_MIN, "min" }, { VFP_MAX, "max" },
    };
    static const char *const kinds[4] = { "vfmadd", "vfmsub", "vfnmadd", "vfnmsub" };
    static const char *const forms[3] = { "132", "213", "231" };
    int d = reg(), s = reg(), t = reg(), r = reg(), f = (int)rnd(4), o = (int)rnd(6);
    int form = (int)rnd(3), kind = (int)rnd(4), ws = 2 + (int)rnd(2);
    char m[TEXT];
    Mem x = mem(m);
    AsmFmt fmt = (AsmFmt)((u32)f << 10);
    bool dbl = f & 1;
    want("v%s%s %s,%s,%s", ops[o].name, fmts[f], w(d), w(s), w(t));
    asm_vfp(&a, ops[o].op, fmt, d, s, t);
    want("%s%s%s %s,%s,%s", kinds[kind], forms[form], fmts[f], w(d), w(s), w(t));
    asm_vfma(&a, (AsmFmaForm)form, (AsmFmaKind)kind, fmt, d, s, t);
    want("vucomis%c %s,%s", dbl ? 'd' : 's', w(d), w(s)), asm_vucomis(&a, dbl, d, s);
    want("vucomis%c %s,%s%s", dbl ? 'd' : 's', w(d), ptr[2 + dbl], m), asm_vucomis_m(&a, dbl, d, x);
    want("vcomis%c %s,%s", dbl ? 'd' : 's', w(d), w(s)), asm_vcomis(&a, dbl, d, s);
    want("vrounds%c %s,%s,%s,0xb", dbl ? 'd' : 's', w(d), w(s), w(t));
    asm_vrounds(&a, dbl, d, s, t, 11);
    want("vcvtsi2s%c %s,%s,%s", dbl ? 'd' : 's', w(d), w(s), n(ws, r));
    asm_vcvtsi2s(&a, dbl, ws, d, s, r);
    want("vcvtts%c2si %s,%s", dbl ? 'd' : 's', n(ws, r), w(s)), asm_vcvtts2si(&a, dbl, ws, r, s);
    want("vcvts%c2si %s,%s", dbl ? 'd' : 's', n(ws, r), w(s)), asm_vcvts2si(&a, dbl, ws, r, s);
    want("vcvtts%c2usi %s,%s", dbl ? 'd' : 's', n(ws, r), w(s)), asm_vcvtts2usi(&a, dbl, ws, r, s);
    want("vcvtusi2s%c %s,%s,%s", dbl ? 'd' : 's', w(d), w(s), n(ws, r));
    asm_vcvtusi2s(&a, dbl, ws, d, s, r);
}

TEST(amd64_asm_vector)
{
    begin();
    for (int i = 0; i < 60; i++) {
        vector_lists();
        vector_imm();
        vector_moves();
        vector_fp();
    }
    compare();
}

// -- jumps, padding, targets ------------------------------------------------------------------
TEST(amd64_asm_jumps)
{
    begin();
    a.rx = -(i64)a.base;                            // as if it ran at 0, where objdump sees it
    want("jne 0x8");
    u8 *j = asm_jcc_short(&a, CC_NE);
    want("jmp 0x9");
    u8 *k = asm_jmp_short(&a);
    want("nop DWORD PTR [rax+0x0]"), asm_nop(&a, 4);
    asm_patch_here(&a, j);
    want("nop"), asm_nop(&a, 1);
    asm_patch_here(&a, k);
    want("jg 0x14");
    u8 *l = asm_jcc_long(&a, CC_G);
    want("jmp 0x9"), asm_patch32(&a, asm_jmp_long(&a), a.base + 9);
    asm_patch32_here(&a, l);
    want("jb 0x9"), asm_jcc_back(&a, CC_B, a.base + 9);
    want("jmp 0x0"), asm_jmp_back(&a, a.base);
    want("call 0x1000"), asm_call(&a, (void *)0x1000);
    want("jmp 0x2000"), asm_jmp_abs(&a, (void *)0x2000);
    want("jp 0x3000"), asm_jcc_abs(&a, CC_P, (void *)0x3000);
    want("cmp DWORD PTR [rip+0x%x],0x1", (unsigned)(0x1009 - (a.p - a.base + 7)));
    asm_alu_mi(&a, ALU_CMP, 2, mem_rip((void *)0x1009), 1);
    u8 *far = a.p;
    while (a.p - far < 126) want("nop"), asm_nop(&a, 1);
    want("jmp 0x%x", (unsigned)(far - a.base)), asm_jmp_back(&a, far);
    want("jmp 0x%x", (unsigned)(far - a.base)), asm_jmp_back(&a, far);
    EQ(a.p - far, 126 + 2 + 5);
    compare();
}

TEST(amd64_asm_pool)
{
    begin();
    asm_vpaddb_m(&a, 1, 2, mem_const(&a, 1, 2));
    asm_vpalignr_m(&a, 1, 2, mem_const(&a, 3, 4), 7);
    asm_vpxor_m(&a, 1, 12, mem_const(&a, 1, 2));
    u8 *end = a.p;
    asm_pool_flush(&a);
    u64 at = ((u64)(end - a.base) + 15) & ~15ull;
    EQ((u64)a.base & 15, 0);
    EQ(a.p - a.base, at + 32);
    u64 want_pool[4] = { 1, 2, 3, 4 };
    MEM_EQ(a.base + at, want_pool, 32);
    i32 rel;
    memcpy(&rel, a.base + 4, 4);
    EQ(8 + rel, at);
    memcpy(&rel, a.base + 8 + 5, 4);                // an immediate byte follows
    EQ(8 + 10 + rel, at + 16);
    memcpy(&rel, end - 4, 4);
    EQ(end - a.base + rel, at);
    EQ(a.npool, 0);
}

// More constants than the pool has: asm_pool_poll writes it in between.
TEST(amd64_asm_pool_full)
{
    begin();
    for (u64 i = 0; i < 3 * ASM_POOL; i++) {
        asm_vpaddb_m(&a, 1, 2, mem_const(&a, i, ~i));
        asm_pool_poll(&a);
    }
    asm_pool_flush(&a);
    FALSE(a.overflow);
    for (u64 i = 0; i < ASM_POOL; i++) mem_const(&a, i, 7);
    FALSE(a.overflow);
    asm_vpaddb_m(&a, 1, 2, mem_const(&a, 1, 1));
    TRUE(a.overflow);
    asm_pool_flush(&a);
}

// At any size of the buffer: nothing beyond its end, no crash.
TEST(amd64_asm_overflow)
{
    u8 buf[400];
    for (unsigned size = 0; size < 320; size++) {
        memset(buf, 0xee, sizeof buf);
        asm_begin(&a, buf, buf + size, 0, 0);
        u8 *top = a.p;
        u8 *j = asm_jcc_short(&a, CC_E), *l = asm_jcc_long(&a, CC_E);
        for (int i = 0; i < 10; i++) {
            if (i == 4) asm_patch_here(&a, j);
            asm_alu_mi(&a, ALU_ADD, 2, mem_bi(RAX, R9, 2, 0x1000), 0x1000);
            asm_vpaddb_m(&a, 1, 2, mem_const(&a, (u64)i, 2));
        }
        asm_patch32_here(&a, l);
        asm_jmp_back(&a, top);
        asm_nop(&a, 20);
        asm_mov_k(&a, RAX, 1ull << 40);
        asm_pool_flush(&a);
        for (size_t i = size; i < sizeof buf; i++) EQ(buf[i], 0xee);
        TRUE(a.p <= a.end);
    }
}
#endif
