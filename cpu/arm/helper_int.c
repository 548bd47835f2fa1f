// SPDX-License-Identifier: MIT
// Helpers of the integer front-end: CRC-32, software step, escapes.  Arm ARM DDI 0487K.a.
#include "cpu/arm/translate.h"

#include <sched.h>

// -- CRC-32 (C6.2.87): polynomial 0x04C11DB7, reflected -------------------------------------
// A table entry is linear in the bits of its index, so eight numbers stand for 256.
// basis[k][b]: bit b of a byte followed by k zero bytes.
#define BASIS0 0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, \
               0x1db71064, 0x3b6e20c8, 0x76dc4190, 0xedb88320
#define BASIS1 0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, \
               0x4ac21251, 0x958424a2, 0xf0794f05, 0x3b83984b
#define BASIS2 0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, \
               0x1c26a370, 0x384d46e0, 0x709a8dc0, 0xe1351b80
#define BASIS3 0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, \
               0x5019579f, 0xa032af3e, 0x9b14583d, 0xed59b63b
#define BASIS4 0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, \
               0x60e09782, 0xc1c12f04, 0x58f35849, 0xb1e6b092
#define BASIS5 0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, \
               0x03d6029b, 0x07ac0536, 0x0f580a6c, 0x1eb014d8
#define BASIS6 0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, \
               0x67de9cce, 0xcfbd399c, 0x440b7579, 0x8816eaf2
#define BASIS7 0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, \
               0x7cbb312b, 0xf9766256, 0x299dc2ed, 0x533b85da

#define ENTRY(i, a, b, c, d, e, f, g, h)                                                   \
    (((i) & 1 ? a : 0u) ^ ((i) & 2 ? b : 0u) ^ ((i) & 4 ? c : 0u) ^ ((i) & 8 ? d : 0u) ^   \
     ((i) & 16 ? e : 0u) ^ ((i) & 32 ? f : 0u) ^ ((i) & 64 ? g : 0u) ^ ((i) & 128 ? h : 0u))
#define ENTRIES4(i, ...) ENTRY(i, __VA_ARGS__), ENTRY(i + 1, __VA_ARGS__), \
                         ENTRY(i + 2, __VA_ARGS__), ENTRY(i + 3, __VA_ARGS__)
#define ENTRIES16(i, ...) ENTRIES4(i, __VA_ARGS__), ENTRIES4(i + 4, __VA_ARGS__), \
                          ENTRIES4(i + 8, __VA_ARGS__), ENTRIES4(i + 12, __VA_ARGS__)
#define ENTRIES64(i, ...) ENTRIES16(i, __VA_ARGS__), ENTRIES16(i + 16, __VA_ARGS__), \
                          ENTRIES16(i + 32, __VA_ARGS__), ENTRIES16(i + 48, __VA_ARGS__)
#define TABLE(...) { ENTRIES64(0, __VA_ARGS__), ENTRIES64(64, __VA_ARGS__), \
                     ENTRIES64(128, __VA_ARGS__), ENTRIES64(192, __VA_ARGS__) }
static const u32 crc_table[8][256] = {
    TABLE(BASIS0), TABLE(BASIS1), TABLE(BASIS2), TABLE(BASIS3),
    TABLE(BASIS4), TABLE(BASIS5), TABLE(BASIS6), TABLE(BASIS7),
};

u32 help_crc32(u32 acc, u64 data, u32 bytes)
{
    u64 in = data ^ acc;                            // the first four bytes meet the accumulator
    u32 crc = bytes < 4 ? acc >> 8 * bytes : 0;
    for (u32 i = 0; i < bytes; i++)
        crc ^= crc_table[bytes - 1 - i][in >> 8 * i & 255];
    return crc;
}

// -- hints ------------------------------------------------------------------------------------
void help_yield(Cpu *cpu)
{
    (void)cpu;
    sched_yield();                                  // whom the guest waits for may need this core
}

// -- escapes (translate.h) -------------------------------------------------------------------
static bool code_at(Cpu *cpu, u64 va, u32 *word)
{
    TcgFault f;
    u64 pa;
    return tcg_probe_quiet(cpu, va, ACC_FETCH, MO_32, &f, &pa) &&
           as_read_buf(cpu->as, pa, word, sizeof *word, cpu->attrs) == MEM_OK;
}

// A load or store by SP (C4.1.94): bit 27 set, 25 clear; Rn is in bits 9:5.
static bool sp_escape(Cpu *cpu, u64 pc)
{
    ArmCpu *s = arm_cpu(cpu);
    u64 sa = s->el ? SCTLR_SA : SCTLR_SA0;
    u32 w;
    return (s->x[31] & 15) && (s->sctlr[1] & sa) && code_at(cpu, pc, &w) &&
           (w & 0x0a000000) == 0x08000000 && (w >> 5 & 31) == 31;
}

// MSR DAIFClr, or MSR DAIF (C5.2.3).
static bool daif_escape(Cpu *cpu, u64 pc)
{
    u32 w;
    return code_at(cpu, pc - 4, &w) &&
           ((w & 0xfffff0ff) == 0xd50340ff || (w & 0xffffffe0) == 0xd51b4220);
}

// A guarded page, and an instruction that does not let BTYPE pass (D8.4.6).
static bool bti_escape(Cpu *cpu, u64 pc, u32 *btype)
{
    ArmCpu *s = arm_cpu(cpu);
    bool bt = s->sctlr[1] & (s->el ? SCTLR_BT1 : SCTLR_BT0);
    ArmWalk walk = { .va = pc, .acc = ACC_FETCH, .el = (u8)s->el,
                     .mmu_off = !(s->sctlr[1] & SCTLR_M) };
    u32 w;
    *btype = arm_btype(s, pc) >> 10;
    return *btype && code_at(cpu, pc, &w) && arm_walk(s, &walk) && walk.guarded &&
           (bti_refused(w, arm_has(s, ARM_FEAT_pauth), bt) >> *btype & 1);
}

bool arm_fetch_escape(Cpu *cpu, u64 pc)
{
    ArmCpu *s = arm_cpu(cpu);
    u32 what = pc & 3, btype;
    pc &= ~(u64)3;
    if (what == ESC_SP && sp_escape(cpu, pc)) {     // D1.8.2; FAR is not written
        s->pc = pc;
        s->esr[1] = (u64)EC_SP_ALIGN << 26 | ESR_IL;
        arm_enter(s, VEC_SYNC, pc);
        return true;
    }
    if (what == ESC_BTI && bti_escape(cpu, pc, &btype)) {
        s->pc = pc;
        s->esr[1] = (u64)EC_BTI << 26 | ESR_IL | btype;
        arm_enter(s, VEC_SYNC, pc);
        return true;
    }
    if (what == ESC_LOOP && daif_escape(cpu, pc)) {
        s->pc = pc;
        tcg_context_changed(cpu);                   // PSTATE.D may have changed software step
        arm_interrupt(cpu);
        return true;
    }
    return false;
}

void help_misaligned(Cpu *cpu, u64 pc)
{
    if (!arm_fetch_escape(cpu, pc))
        helper_pc_align(cpu, pc);
}
