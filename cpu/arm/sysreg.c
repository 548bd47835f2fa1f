// SPDX-License-Identifier: MIT
// Access to system registers (Arm ARM DDI 0487K.a chapter D23 and C5): lookup, level checks,
// traps, the slow paths of MRS, MSR and SYS.  The rows are in sysreg_table.c; those of the
// interrupt controller come from its device through the machine's RegSpace.
#include "cpu/arm/internal.h"

#include "util/bits.h"
#include "util/log.h"

LOG_CATEGORY("cpu.arm.sysreg")

// ID registers: op0 3, op1 0, CRn 0, CRm 1..7.  What is not assigned reads as zero (D23.1.1).
static bool is_id_space(u16 key)
{
    return (key & ~(u16)0x7f) == ARM_KEY(3, 0, 0, 0, 0) && bits(key, 3, 4) >= 1 &&
           bits(key, 3, 4) <= 7;
}

static const ArmSysReg id_reserved = {
    .key = ARM_KEY(3, 0, 0, 1, 0), .rd_el = 1, .wr_el = 4, .width = 8,
    .flags = SR_RO | SR_RD_PLAIN | SR_CONST, .name = "ID_RES0_EL1",
    .offset = offsetof(ArmCpu, id.zero), .ref = "D23.1.1",
};

static const ArmSysReg *row_of(u16 key)
{
    const ArmSysReg *rows;
    size_t lo = 0, hi = arm_sysreg_rows(&rows);

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (rows[mid].key == key)
            return &rows[mid];
        if (rows[mid].key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

const ArmSysReg *arm_sysreg_find(const ArmCpu *s, u16 key)
{
    const ArmSysReg *r = row_of(key);

    if (r && (r->feat & ~s->feat))
        r = NULL;
    if (!r && is_id_space(key))
        r = &id_reserved;
    return r;
}

const char *arm_sysreg_name(u16 key)
{
    const ArmSysReg *r = row_of(key);

    return r ? r->name : NULL;
}

static void report_unknown(ArmCpu *s, u16 key, bool write)
{
    u64 *word = &s->unimp_seen[key >> 6 & 15];

    if (!log_enabled_(&log_category_, LEVEL_UNIMP) || (*word >> (key & 63) & 1))
        return;
    *word |= BIT(key & 63);
    log_write(&log_category_, LEVEL_UNIMP, "%s S%u_%u_C%u_C%u_%u at pc 0x%llx: UNDEFINED here",
              write ? "MSR" : "MRS", key >> 14 & 3, key >> 11 & 7, key >> 7 & 15, key >> 3 & 15,
              key & 7, (unsigned long long)s->pc);
}

// The same for the vCPU's own accesses, which are mostly to the same few: no search.
static const ArmSysReg *row_used(ArmCpu *s, u16 key)
{
    const ArmSysReg **place = &s->rows_used[(key ^ key >> 7) & (ARRAY_LEN(s->rows_used) - 1)];

    if (likely(*place && (*place)->key == key))
        return *place;
    const ArmSysReg *r = arm_sysreg_find(s, key);

    if (r)
        *place = r;
    return r;
}

// The row, after every check; NULL: not in the table.  Raises what the access raises.
static const ArmSysReg *check(ArmCpu *s, u32 iss, bool write)
{
    const ArmSysReg *r = row_used(s, arm_iss_key(iss));

    if (!r)
        return NULL;
    if (s->el < (write ? r->wr_el : r->rd_el) || (r->flags & (write ? SR_RO : SR_WO)) ||
        ((r->flags & SR_SPSEL1) && !s->spsel))
        arm_raise_undef(s);
    if ((r->flags & SR_FP) && (arm_mode(s) & AM_FP_TRAP))
        helper_fp_trap(&s->cpu);
    if (r->allow && s->el == 0 && !r->allow(s, write))
        arm_raise_sys(s, iss);
    return r;
}

// -- devices' registers -----------------------------------------------------------------------
static const RegSpaceRow *device_row(ArmCpu *s, u16 key, bool write)
{
    const RegSpaceRow *d = s->cpu.sysregs ? regspace_find(s->cpu.sysregs, key) : NULL;

    if (!d)
        report_unknown(s, key, write);
    return d && s->el >= d->min_level ? d : NULL;
}

static u64 device_read(ArmCpu *s, u16 key)
{
    const RegSpaceRow *d = device_row(s, key, false);
    u64 v = 0;

    if (!d || !d->read || !d->read(d->opaque, &s->cpu, (u32)key, &v))
        arm_raise_undef(s);
    return v;
}

static void device_write(ArmCpu *s, u16 key, u64 v)
{
    const RegSpaceRow *d = device_row(s, key, true);

    if (!d || !d->write || !d->write(d->opaque, &s->cpu, (u32)key, v))
        arm_raise_undef(s);
}

// -- helpers ----------------------------------------------------------------------------------
static u64 row_read(ArmCpu *s, const ArmSysReg *r)
{
    const u8 *at = (const u8 *)s;

    if (r->read)
        return r->read(s, r);
    if (!r->offset)
        return 0;
    return r->width == 4 ? *(const u32 *)(const void *)(at + r->offset)
                         : *(const u64 *)(const void *)(at + r->offset);
}

static void row_write(ArmCpu *s, const ArmSysReg *r, u64 v)
{
    u8 *at = (u8 *)s;

    if (r->write)
        r->write(s, r, v);
    else if (r->offset && r->width == 4)
        *(u32 *)(void *)(at + r->offset) = (u32)(v & r->rw);
    else if (r->offset)
        *(u64 *)(void *)(at + r->offset) = v & r->rw;
    if (r->flags & SR_CONTEXT)
        tcg_context_changed(&s->cpu);
}

u64 helper_mrs(Cpu *cpu, u32 iss)
{
    ArmCpu *s = arm_cpu(cpu);
    const ArmSysReg *r = check(s, iss, false);

    return r ? row_read(s, r) : device_read(s, arm_iss_key(iss));
}

void helper_msr(Cpu *cpu, u32 iss, u64 v)
{
    ArmCpu *s = arm_cpu(cpu);
    const ArmSysReg *r = check(s, iss, true);

    if (r)
        row_write(s, r, v);
    else
        device_write(s, arm_iss_key(iss), v);
}

void helper_sys(Cpu *cpu, u32 iss, u64 v) { helper_msr(cpu, iss, v); }
u64 helper_sysl(Cpu *cpu, u32 iss)        { return helper_mrs(cpu, iss | 1); }

// MSR (immediate) by op1:op2 (C6.2.247).
void helper_msr_imm(Cpu *cpu, u32 iss)
{
    ArmCpu *s = arm_cpu(cpu);
    u32 op = (iss >> 14 & 7) << 3 | (iss >> 17 & 7), imm = iss >> 1 & 15;
    bool daif = op == 036 || op == 037, at_el0 = daif || op == 031 || op == 032;

    if (s->el == 0 && !at_el0)
        arm_raise_undef(s);
    if (s->el == 0 && daif && !(s->sctlr[1] & SCTLR_UMA))
        arm_raise_sys(s, iss);
    switch (op) {
    case 003: s->uao = imm & 1 ? PS_UAO : 0; break;
    case 004: s->pan = imm & 1 ? PS_PAN : 0; break;
    case 005: arm_set_el(s, s->el, imm & 1); break;
    case 031: s->ssbs = imm & 1 ? PS_SSBS : 0; break;
    case 032: s->dit = imm & 1 ? PS_DIT : 0; break;
    case 036: s->daif |= imm << 6; break;
    case 037: s->daif &= ~(imm << 6); break;
    default: arm_raise_undef(s);
    }
    tcg_context_changed(cpu);
    arm_irq_recheck(s);
}

// -- for the debugger -------------------------------------------------------------------------
// Whatever the current EL: no row here has a read that changes anything.  Devices' registers
// (GICv3's, where reading acknowledges) are not among them.
static void get_row(Cpu *cpu, const CpuReg *reg, void *out)
{
    ArmCpu *s = arm_cpu(cpu);
    const ArmSysReg *r = row_of((u16)reg->arg);

    store_le64(out, r->key == ARM_KEY(3, 0, 4, 1, 0) ? arm_sp(s, 0) : row_read(s, r));
}

static void set_row(Cpu *cpu, const CpuReg *reg, const void *in)
{
    ArmCpu *s = arm_cpu(cpu);
    const ArmSysReg *r = row_of((u16)reg->arg);

    if (r->key == ARM_KEY(3, 0, 4, 1, 0))           // SP_EL0, which may be SP now
        arm_set_sp(s, 0, load_le64(in));
    else
        row_write(s, r, load_le64(in));
    arm_irq_recheck(s);
}

bool arm_more_reg(Cpu *cpu, u32 n, CpuReg *out)
{
    const ArmSysReg *rows, *r;
    size_t count = arm_sysreg_rows(&rows);

    for (r = rows; r < rows + count; r++)
        if (!(r->flags & (SR_OP | SR_WO | SR_RAZWI)) && !(r->feat & ~arm_cpu(cpu)->feat) && !n--)
            break;
    if (r == rows + count)
        return false;
    *out = (CpuReg){ .name = r->name, .bits = 64, .at = -1, .get = get_row,
                     .set = r->flags & SR_RO ? NULL : set_row, .group = "system",
                     .feature = "org.mimic.aarch64.system", .arg = r->key };
    return true;
}
