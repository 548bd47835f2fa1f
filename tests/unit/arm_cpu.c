// SPDX-License-Identifier: MIT
// Models, reset, system-register table.  Second source of the values: the processors' TRMs, and
// what qemu-system-aarch64 7.2 shows in the same registers (AArch32, EL2, EL3 taken out).
#include "tests/unit/arm_cpu.h"

#include "core/machine.h"
#include "tests/lib/test.h"
#include "util/bits.h"
#include "util/vec.h"

// A test runs in a process of its own: what it leaves goes with it.
static Machine m;
static VEC(ArmCpu *) made;

static void build_memory(void)
{
    RamBlock *ram;

    mem_init(&m.mem);
    clocks_init(&m.clocks, &m.input, NULL);
    region_init_container(&m.system, "system", MEM_SIZE_ALL);
    as_init(&m.as, &m.mem, &m.system, "memory");
    ram = ram_new(&m.mem, "ram", TEST_RAM_SIZE, RAM_ANON, NULL);
    TRUE(ram != NULL);
    region_init_ram(&m.ram_region, "ram", ram, 0, TEST_RAM_SIZE);
    mem_begin(&m.mem);
    mem_add(&m.system, TEST_RAM, &m.ram_region, 0);
    mem_commit(&m.mem);
}

ArmCpu *test_arm_cpu(const char *name)
{
    const CpuClass *cls = cpu_class_find("arm", NULL);
    const CpuModel *model = cpu_model_find(cls, name, NULL);
    ArmCpu *s = xaligned(64, cls->size);

    TRUE(cls && model);
    if (!made.len)
        build_memory();
    vec_push(&made, s);
    s->cpu.cls = cls;
    s->cpu.model = model;
    s->cpu.as = &m.as;
    s->cpu.clocks = &m.clocks;
    TRUE(cls->init(&s->cpu, model, NULL, NULL));
    cls->reset(&s->cpu);
    return s;
}

void test_arm_poke(ArmCpu *s, Gpa at, u64 v)
{
    EQ(as_write(s->cpu.as, at, v, 8, ATTRS_DEBUG), MEM_OK);
}

u64 test_arm_peek(ArmCpu *s, Gpa at)
{
    u64 v = 0;

    EQ(as_read(s->cpu.as, at, &v, 8, ATTRS_DEBUG), MEM_OK);
    return v;
}

static u64 mrs(ArmCpu *s, u16 key) { return helper_mrs(&s->cpu, arm_sys_iss(key, 0, true)); }
static void msr(ArmCpu *s, u16 key, u64 v) { helper_msr(&s->cpu, arm_sys_iss(key, 0, false), v); }

TEST(arm_sysreg_table_sorted)
{
    const ArmSysReg *rows;
    size_t n = arm_sysreg_rows(&rows);

    for (size_t i = 1; i < n; i++)
        if (rows[i].key <= rows[i - 1].key)
            FAIL("%s is out of order", rows[i].name);
}

TEST(arm_sysreg_rows_consistent)
{
    const ArmSysReg *rows;
    size_t n = arm_sysreg_rows(&rows);

    for (const ArmSysReg *r = rows; r < rows + n; r++) {
        bool plain = r->flags & (SR_RD_PLAIN | SR_WR_PLAIN);

        if (plain && (!r->offset || (r->width != 4 && r->width != 8)))
            FAIL("%s: plain without storage", r->name);
        if (!(r->flags & (SR_WO | SR_RAZWI)) && !r->read && !r->offset)
            FAIL("%s: nothing to read", r->name);
        if (r->flags & SR_CONST && r->wr_el < 4)
            FAIL("%s: a constant that can be written", r->name);
    }
}

static const struct {
    const char *model;
    u32 midr, clidr;
    u64 ctr, ccsidr[3], pfr0, pfr1, isar0, isar1, mmfr0, mmfr1, mmfr2;
} known[] = {
    { "cortex-a35", 0x411fd040, 0x0a200023, 0x84448004, { 0x700fe01a, 0x201fe00a, 0x703fe03a },
      0x11, 0, 0x11120, 0, 0x101122, 0, 0 },
    { "cortex-a53", 0x410fd034, 0x0a200023, 0x84448004, { 0x700fe01a, 0x201fe00a, 0x707fe07a },
      0x11, 0, 0x11120, 0, 0x1122, 0, 0 },
    { "cortex-a57", 0x411fd070, 0x0a200023, 0x8444c004, { 0x701fe00a, 0x201fe012, 0x70ffe07a },
      0x11, 0, 0x11120, 0, 0x1124, 0, 0 },
    { "cortex-a72", 0x410fd083, 0x0a200023, 0x8444c004, { 0x701fe00a, 0x201fe012, 0x707fe07a },
      0x11, 0, 0x11120, 0, 0x1124, 0, 0 },
    // without RAS, VHE, VMID, XNX, LOR, HPDS2, IESB
    { "cortex-a76", 0x414fd0b1, 0x82000023, 0x8444c004, { 0x701fe01a, 0x201fe01a, 0x707fe03a },
      0x1100000000110011, 0x10, 0x0000100010211120, 0x100001, 0x101122, 0x201002, 0x11 },
    { "neoverse-n1", 0x414fd0c1, 0x82000023, 0x8444c004, { 0x701fe01a, 0x201fe01a, 0x70ffe03a },
      0x1100000000110011, 0x20, 0x0000100010211120, 0x100001, 0x101125, 0x201002, 0x11 },
};

TEST(arm_models_show_their_ids)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        ArmCpu *s = test_arm_cpu(known[i].model);

        EQ(mrs(s, ARM_KEY(3, 0, 0, 0, 0)), known[i].midr);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 0, 5)), 0x80000000);
        EQ(mrs(s, ARM_KEY(3, 3, 0, 0, 1)), known[i].ctr);
        EQ(mrs(s, ARM_KEY(3, 3, 0, 0, 7)), 4);
        EQ(mrs(s, ARM_KEY(3, 1, 0, 0, 1)), known[i].clidr);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 4, 0)), known[i].pfr0);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 4, 1)), known[i].pfr1);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 5, 0)), 0x10305106);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 6, 0)), known[i].isar0);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 6, 1)), known[i].isar1);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 7, 0)), known[i].mmfr0);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 7, 1)), known[i].mmfr1);
        EQ(mrs(s, ARM_KEY(3, 0, 0, 7, 2)), known[i].mmfr2);
        for (u64 c = 0; c < 3; c++) {
            msr(s, ARM_KEY(3, 2, 0, 0, 0), c);
            EQ(mrs(s, ARM_KEY(3, 1, 0, 0, 0)), known[i].ccsidr[c]);
        }
    }
}

// Every option, alone: what it takes is not there, nor announced; max has all it may have.
TEST(arm_every_option_can_go)
{
    const CpuClass *cls = cpu_class_find("arm", NULL);
    const CpuModel *max = cpu_model_find(cls, "max", NULL);
    bool all[64], some[64];
    size_t n = 0;

    TRUE(cls->model_options(max, NULL, all, NULL));
    while (cls->options[n].name)
        n++;
    for (size_t i = 0; i < n; i++) {
        char text[64];
        size_t others = 0;
        ArmCpu s = { 0 };
        Args a;

        snprintf(text, sizeof(text), "%s=off", cls->options[i].name);
        TRUE(args_parse(&a, "-cpu", text, NULL, NULL, NULL));
        if (str_eq(cls->options[i].name, "aarch64")) {
            FALSE(cls->model_options(max, &a, some, NULL));
        } else {
            TRUE(cls->model_options(max, &a, some, NULL));
            TRUE(arm_model_init(&s, max, &a, NULL));
            FALSE(some[i]);
            for (size_t j = 0; j < n; j++)
                others += all[j] != some[j];
            TRUE(others <= 2);                      // itself, and what needs it
        }
        args_free(&a);
    }
}

// R. Avanzi, "The QARMA Block Cipher Family", appendix: QARMA5-64 with sigma 2.
TEST(arm_qarma5_vector)
{
    EQ(arm_qarma5(0xfb623599da6e8127, 0x477d469dec0b8762, 0x84be85ce9804e94b,
                  0xec2802d4e0a488e9), 0xc003b93999b33765);
}

TEST(arm_options_change_ids_and_rows)
{
    const CpuModel *a72 = cpu_model_find(cpu_class_find("arm", NULL), "cortex-a72", NULL);
    ArmCpu *s = test_arm_cpu("cortex-a72");
    Args a;

    TRUE(args_parse(&a, "-cpu", "fhm=on,pmu=off,aes=off", NULL, NULL, NULL));
    TRUE(arm_model_init(s, a72, &a, NULL));
    args_free(&a);
    EQ(mrs(s, ARM_KEY(3, 0, 0, 4, 0)), 0x00110011); // FHM brought FP16
    EQ(mrs(s, ARM_KEY(3, 0, 0, 6, 0)), 0x0001000000011100); // AES took PMULL along
    EQ(mrs(s, ARM_KEY(3, 0, 0, 5, 0)), 0x10305006);
    TRUE(arm_sysreg_find(s, ARM_KEY(3, 3, 9, 12, 0)) == NULL);  // PMCR_EL0
}

TEST(arm_max_announces_what_is_built)
{
    ArmCpu *s = test_arm_cpu("max");
    u64 isar0 = mrs(s, ARM_KEY(3, 0, 0, 6, 0)), mmfr1 = mrs(s, ARM_KEY(3, 0, 0, 7, 1));

    EQ(bits(isar0, 4, 4), 2);                       // AES and PMULL
    EQ(bits(isar0, 20, 4), 2);                      // LSE
    EQ(bits(mmfr1, 0, 4), 2);                       // access and dirty flags
    EQ(bits(mmfr1, 20, 4), 2);                      // PAN2
    EQ(bits(mmfr1, 8, 4), 0);                       // no VHE
    EQ(bits(mrs(s, ARM_KEY(3, 0, 0, 4, 0)), 32, 4), 0); // no SVE
}

TEST(arm_id_space_reads_zero)
{
    ArmCpu *s = test_arm_cpu("cortex-a72");

    for (unsigned crm = 1; crm < 8; crm++)
        for (unsigned op2 = 0; op2 < 8; op2++)
            TRUE(arm_sysreg_find(s, ARM_KEY(3, 0, 0, crm, op2)) != NULL);
    EQ(mrs(s, ARM_KEY(3, 0, 0, 7, 7)), 0);
    TRUE(arm_sysreg_find(s, ARM_KEY(3, 0, 0, 8, 0)) == NULL);
    TRUE(arm_sysreg_find(s, ARM_KEY(3, 0, 4, 2, 3)) == NULL);   // no PAN on a72
    TRUE(arm_sysreg_find(s, ARM_KEY(3, 4, 1, 0, 0)) == NULL);   // no SCTLR_EL2
}

TEST(arm_reset_state)
{
    ArmCpu *s = test_arm_cpu("cortex-a72");

    EQ(s->el, 1);
    EQ(s->spsel, 1);
    EQ(s->daif, PS_DAIF);
    EQ(arm_pstate(s) & 0xffff, 0x3c5);
    EQ(mrs(s, ARM_KEY(3, 0, 1, 0, 0)), 0x00c50838);
    EQ(mrs(s, ARM_KEY(3, 3, 14, 0, 0)), 62500000);
    EQ(mrs(s, ARM_KEY(2, 0, 1, 1, 4)), 0xa);        // OSLSR: locked
}

TEST(arm_sysreg_plain_masks)
{
    ArmCpu *s = test_arm_cpu("cortex-a72");

    msr(s, ARM_KEY(3, 0, 12, 0, 0), ~0ull);
    EQ(mrs(s, ARM_KEY(3, 0, 12, 0, 0)), ~0x7ffull); // VBAR
    msr(s, ARM_KEY(3, 0, 13, 0, 4), 0x123456789abcdef0);
    EQ(mrs(s, ARM_KEY(3, 0, 13, 0, 4)), 0x123456789abcdef0);
    msr(s, ARM_KEY(3, 0, 5, 2, 0), ~0ull);
    EQ(mrs(s, ARM_KEY(3, 0, 5, 2, 0)), 0xffffffff);
    msr(s, ARM_KEY(2, 0, 7, 8, 6), 0x1ff);          // claim tags
    EQ(mrs(s, ARM_KEY(2, 0, 7, 9, 6)), 0xff);
    msr(s, ARM_KEY(2, 0, 7, 9, 6), 0x0f);
    EQ(mrs(s, ARM_KEY(2, 0, 7, 9, 6)), 0xf0);
}

TEST(arm_timer_condition)
{
    ArmCpu *s = test_arm_cpu("max");
    u16 ctl = ARM_KEY(3, 3, 14, 3, 1), tval = ARM_KEY(3, 3, 14, 3, 0);

    msr(s, ARM_KEY(3, 3, 14, 3, 2), 100);           // the clock stands at 0
    msr(s, ctl, 1);
    EQ(mrs(s, ctl), 1);
    EQ(mrs(s, tval), 100);
    EQ(timer_deadline(&s->timers[ARM_TIMER_VIRT].timer), 1600);
    EQ(irq_level(arm_line(&s->cpu, ARM_LINE_VIRT)), 0);
    msr(s, tval, 0);
    EQ(mrs(s, ctl), 5);
    EQ(irq_level(arm_line(&s->cpu, ARM_LINE_VIRT)), 1);
    msr(s, ctl, 3);                                 // masked: status stays, line falls
    EQ(mrs(s, ctl), 7);
    EQ(irq_level(arm_line(&s->cpu, ARM_LINE_VIRT)), 0);
    msr(s, tval, 0xffffffff);                       // -1: in the past
    EQ(mrs(s, ARM_KEY(3, 3, 14, 3, 2)), ~0ull);     // wraps: as cval is unsigned, far ahead
    EQ(mrs(s, ctl), 3);
}

TEST(arm_pmu_cycles)
{
    ArmCpu *s = test_arm_cpu("cortex-a72");
    u16 ccntr = ARM_KEY(3, 3, 9, 13, 0), ovs = ARM_KEY(3, 3, 9, 14, 3);

    EQ(mrs(s, ARM_KEY(3, 3, 9, 12, 0)), 0x41023000);
    msr(s, ARM_KEY(3, 3, 9, 12, 1), ~0ull);
    EQ(mrs(s, ARM_KEY(3, 3, 9, 12, 1)), 0x8000003f);
    msr(s, ccntr, 0xfffffff0);
    msr(s, ARM_KEY(3, 3, 9, 12, 0), 1);
    EQ(mrs(s, ccntr), 0xfffffff0);
    clocks_set_virtual(s->cpu.clocks, 0x20);
    EQ(mrs(s, ccntr), 0x100000010);
    EQ(mrs(s, ovs), 1u << 31);
    msr(s, ARM_KEY(3, 0, 9, 14, 1), ~0ull);
    EQ(irq_level(arm_line(&s->cpu, ARM_LINE_PMU)), 1);
    msr(s, ARM_KEY(3, 3, 9, 12, 3), ~0ull);
    EQ(irq_level(arm_line(&s->cpu, ARM_LINE_PMU)), 0);
}

TEST(arm_psci_calls)
{
    ArmCpu *s = test_arm_cpu("max");
    static const struct { u32 fn; u64 a1, a2; i64 want; } calls[] = {
        { 0x84000000, 0, 0, 0x10001 },              // PSCI_VERSION
        { 0x80000000, 0, 0, 0x10001 },              // SMCCC_VERSION
        { 0x8400000a, 0x84000009, 0, 0 },           // FEATURES(SYSTEM_RESET)
        { 0x8400000a, 0xc4000003, 0, 0 },           // FEATURES(CPU_ON64)
        { 0x8400000a, 0x84000005, 0, -1 },          // FEATURES(MIGRATE)
        { 0x84000006, 0, 0, 2 },                    // MIGRATE_INFO_TYPE
        { 0xc4000004, 0, 0, 0 },                    // AFFINITY_INFO: this CPU is on
        { 0xc4000004, 5, 0, -2 },                   // no such CPU
        { 0xc4000003, 5, 0x40000000, -2 },          // CPU_ON of no CPU
        { 0x80000001, 0x80008000, 0, -1 },          // no workaround calls
        { 0x84000012 | 1 << 30, 1, 0, -2 },         // vendor reset
    };

    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        s->x[0] = calls[i].fn;
        s->x[1] = calls[i].a1;
        s->x[2] = calls[i].a2;
        TRUE(arm_psci(s));
        EQ(s->x[0], calls[i].want);
    }
    s->x[0] = 0x8600ff01;
    FALSE(arm_psci(s));
}

TEST(arm_control_bits_by_feature)
{
    ArmCpu *s = test_arm_cpu("max");
    const ArmSysReg *r = arm_sysreg_find(s, ARM_KEY(3, 0, 2, 0, 2));

    TRUE(r != NULL);                                // TCR: IPS, AS, TBI, HA, HD, HPD, TBID, E0PD
    EQ(r->rw & ~0x003fffffffull, 0x019807ffc0000000ull);
}
