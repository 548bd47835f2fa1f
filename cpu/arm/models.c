// SPDX-License-Identifier: MIT
// What Arm CPUs there are: models, their features, the options of -cpu that change those, and the
// identification registers that are made from both.
//
// Identification: Cortex-A35 r1p0 (100236_0100_00), Cortex-A53 r0p4 (DDI 0500J), Cortex-A57 r1p0
// (DDI 0488H), Cortex-A72 r0p3 (100095_0003_06), Cortex-A76 r4p1 (100798_0401_00), Neoverse N1
// r4p1 (100616_0401_00); fields are those of Arm ARM DDI 0487K.a.  A model never shows more than
// is built: AArch32, EL2, EL3, RAS and what depends on them (VHE, XNX, IESB), PMU beyond
// version 3, debug beyond that of Armv8.0 are absent, and feature fields are made from
// the list of features, so that one line turns a feature on and announces it.
#include "cpu/arm/internal.h"

#include "util/args.h"
#include "util/bits.h"

typedef struct Model {
    u32 midr, revidr;
    u64 ctr, clidr, ccsidr[3];                      // L1 data, L1 instruction, L2
    u8 pa_bits, pmu_id;                             // pmu_id: PMCR.IDCODE
    bool tgran16;
    u64 feat;
} Model;

#define FB(f) BIT(ARM_FEAT_##f)
#define V8_CRYPTO (FB(aes) | FB(pmull) | FB(sha1) | FB(sha256))
#define V8_0 (FB(crc32) | V8_CRYPTO | FB(pmu))
// Armv8.2 as Cortex-A76 and Neoverse N1 have it.  Both have LORegions as well: not built.
#define V8_2 (V8_0 | FB(lse) | FB(rdm) | FB(dotprod) | FB(fp16) | FB(dpb) | FB(lrcpc) | FB(pan) | \
              FB(pan2) | FB(uao) | FB(hafdbs) | FB(hpds) | FB(ssbs) | FB(csv2) | FB(csv3) | \
              FB(cnp))

static const Model cortex_a35 = {
    .midr = 0x411fd040, .ctr = 0x84448004, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x201fe00a, 0x703fe03a }, .pa_bits = 40, .pmu_id = 10,
    .tgran16 = true, .feat = V8_0 | FB(cortex),
};
static const Model cortex_a53 = {
    .midr = 0x410fd034, .ctr = 0x84448004, .clidr = 0x0a200023,
    .ccsidr = { 0x700fe01a, 0x201fe00a, 0x707fe07a }, .pa_bits = 40, .pmu_id = 3,
    .feat = V8_0 | FB(cortex),
};
static const Model cortex_a57 = {
    .midr = 0x411fd070, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a }, .pa_bits = 44, .pmu_id = 1,
    .feat = V8_0 | FB(cortex),
};
static const Model cortex_a72 = {
    .midr = 0x410fd083, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x707fe07a }, .pa_bits = 44, .pmu_id = 2,
    .feat = V8_0 | FB(cortex),
};
static const Model cortex_a76 = {
    .midr = 0x414fd0b1, .ctr = 0x8444c004, .clidr = 0x82000023,
    .ccsidr = { 0x701fe01a, 0x201fe01a, 0x707fe03a }, .pa_bits = 40, .pmu_id = 11,
    .tgran16 = true, .feat = V8_2,
};
static const Model neoverse_n1 = {
    .midr = 0x414fd0c1, .ctr = 0x8444c004, .clidr = 0x82000023,
    .ccsidr = { 0x701fe01a, 0x201fe01a, 0x70ffe03a }, .pa_bits = 48, .pmu_id = 12,
    .tgran16 = true, .feat = V8_2 | FB(ssbs2),
};
// No real processor: implementer 0 (reserved for software), part number ours.  Nothing here
// speculates past a fault or a branch, which is what CSV3 and CSV2 promise.
static const Model model_max = {
    .midr = 0x000f04d0, .ctr = 0x8444c004, .clidr = 0x0a200023,
    .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a }, .pa_bits = 48, .tgran16 = true,
    .feat = V8_2 | FB(ssbs2) | FB(e0pd) |
            FB(dpb2) | FB(pauth) | FB(flagm) | FB(flagm2) | FB(sb) | FB(dit) |
            FB(lrcpc2) | FB(ttl) | FB(tlbios) | FB(tlbirange) | FB(bti) | FB(fhm) | FB(fcma) |
            FB(jscvt) | FB(frintts) | FB(lse2),
};

const CpuModel arm_models[] = {
    { "cortex-a35", "Arm Cortex-A35 r1p0", &cortex_a35 },
    { "cortex-a53", "Arm Cortex-A53 r0p4", &cortex_a53 },
    { "cortex-a57", "Arm Cortex-A57 r1p0", &cortex_a57 },
    { "cortex-a72", "Arm Cortex-A72 r0p3", &cortex_a72 },
    { "cortex-a76", "Arm Cortex-A76 r4p1", &cortex_a76 },
    { "neoverse-n1", "Arm Neoverse N1 r4p1", &neoverse_n1 },
    { "max", "all the features that are built", &model_max },
    { NULL, NULL, NULL },
};

// -- identification registers -----------------------------------------------------------------
// Feature -> field of an ID register.
typedef struct IdField {
    u8 feat;                                        // ArmFeature
    u8 shift, val;
    u16 at;                                         // in ArmId
} IdField;
#define IDF(f, reg, sh, v) { ARM_FEAT_##f, sh, v, offsetof(ArmId, reg) }
static const IdField id_fields[] = {                // later rows win
    IDF(aes, isar0, 4, 1), IDF(pmull, isar0, 4, 2), IDF(sha1, isar0, 8, 1),
    IDF(sha256, isar0, 12, 1), IDF(crc32, isar0, 16, 1), IDF(lse, isar0, 20, 2),
    IDF(rdm, isar0, 28, 1), IDF(dotprod, isar0, 44, 1), IDF(fhm, isar0, 48, 1),
    IDF(flagm, isar0, 52, 1), IDF(flagm2, isar0, 52, 2),
    IDF(tlbios, isar0, 56, 1), IDF(tlbirange, isar0, 56, 2),
    IDF(dpb, isar1, 0, 1), IDF(dpb2, isar1, 0, 2), IDF(pauth, isar1, 8, 1),
    IDF(pauth, isar1, 28, 1), IDF(qarma5, isar1, 4, 1), IDF(qarma5, isar1, 8, 0),
    IDF(qarma5, isar1, 24, 1), IDF(qarma5, isar1, 28, 0),
    IDF(jscvt, isar1, 12, 1), IDF(fcma, isar1, 16, 1),
    IDF(lrcpc, isar1, 20, 1), IDF(lrcpc2, isar1, 20, 2), IDF(frintts, isar1, 32, 1),
    IDF(sb, isar1, 36, 1),
    IDF(fp16, pfr0, 16, 1), IDF(fp16, pfr0, 20, 1), IDF(dit, pfr0, 48, 1),
    IDF(csv2, pfr0, 56, 1), IDF(csv3, pfr0, 60, 1), IDF(ssbs, pfr1, 4, 1),
    IDF(ssbs2, pfr1, 4, 2), IDF(pmu, dfr0, 8, 1),
    IDF(hafdbs, mmfr1, 0, 2), IDF(hpds, mmfr1, 12, 1), IDF(pan, mmfr1, 20, 1),
    IDF(pan2, mmfr1, 20, 2), IDF(uao, mmfr2, 4, 1),
    IDF(cnp, mmfr2, 0, 1), IDF(e0pd, mmfr2, 60, 1), IDF(ttl, mmfr2, 48, 1), IDF(bti, pfr1, 0, 1),
    IDF(lse2, mmfr2, 32, 1),
};

static unsigned pa_range(u8 pa_bits)                // ID_AA64MMFR0_EL1.PARange
{
    static const u8 bits_of[] = { 32, 36, 40, 42, 44, 48 };
    unsigned i = 0;

    while (bits_of[i] != pa_bits)
        i++;
    return i;
}

static void id_init(ArmCpu *s, const Model *m)
{
    s->id = (ArmId){
        .midr = m->midr, .revidr = m->revidr, .ctr = m->ctr, .dczid = 4, .clidr = m->clidr,
        .mpidr = BIT(31) | (u64)(s->cpu.index / 16) << 8 | (u64)(s->cpu.index % 16),
        .ccsidr = { m->ccsidr[0], m->ccsidr[1], m->ccsidr[2] },
        .pmcr = bits(m->midr, 24, 8) << 24 | (u64)m->pmu_id << 16 | PMU_EVENTS << 11,
        .pa_bits = m->pa_bits,
        .pfr0 = 0x11,                               // EL0, EL1 in AArch64; FP and SIMD
        .dfr0 = 0x10305006,                         // 6 break-, 4 watchpoints, v8.0
        // secure and non-secure told apart, mixed endian at EL1, 16-bit ASIDs
        .mmfr0 = (m->tgran16 ? 0x101120u : 0x1120u) | pa_range(m->pa_bits),
    };
    for (const IdField *f = id_fields; f < id_fields + ARRAY_LEN(id_fields); f++)
        if (arm_has(s, f->feat)) {
            u64 *reg = (u64 *)(void *)((u8 *)&s->id + f->at);

            *reg = bits_set(*reg, f->shift, 4, f->val);
        }
}

// -- options ----------------------------------------------------------------------------------
// Names are QEMU's where it has one, else those of Arm's FEAT_ names.  A feature stands with all
// it needs, or not at all.
#define ARM_OPTIONS(F, G)                                                                      \
    F(aes, 0, "AESE, AESD, AESMC, AESIMC (FEAT_AES)")                                        \
    F(pmull, FB(aes), "PMULL of 64 bits (FEAT_PMULL)")                                       \
    F(sha1, 0, "SHA-1 (FEAT_SHA1)")                                                          \
    F(sha256, FB(sha1), "SHA-256 (FEAT_SHA256)")                                             \
    F(crc32, 0, "CRC32 (FEAT_CRC32)")                                                        \
    F(lse, 0, "atomic instructions (FEAT_LSE)")                                              \
    F(lse2, 0, "atomic accesses within 16 bytes (FEAT_LSE2)")                                \
    F(rdm, 0, "SQRDMLAH, SQRDMLSH (FEAT_RDM)")                                               \
    F(dotprod, 0, "SDOT, UDOT (FEAT_DotProd)")                                               \
    F(fp16, 0, "half-precision arithmetic (FEAT_FP16)")                                      \
    F(fhm, FB(fp16), "FMLAL, FMLSL (FEAT_FHM)")                                              \
    F(fcma, 0, "FCADD, FCMLA (FEAT_FCMA)")                                                   \
    F(jscvt, 0, "FJCVTZS (FEAT_JSCVT)")                                                      \
    F(frintts, 0, "FRINT32Z and its kin (FEAT_FRINTTS)")                                     \
    F(flagm, 0, "CFINV, RMIF, SETF8, SETF16 (FEAT_FlagM)")                                   \
    F(flagm2, FB(flagm), "AXFLAG, XAFLAG (FEAT_FlagM2)")                                     \
    F(lrcpc, 0, "LDAPR (FEAT_LRCPC)")                                                        \
    F(lrcpc2, FB(lrcpc), "LDAPUR, STLUR (FEAT_LRCPC2)")                                      \
    F(dpb, 0, "DC CVAP (FEAT_DPB)")                                                          \
    F(dpb2, FB(dpb), "DC CVADP (FEAT_DPB2)")                                                 \
    F(bti, 0, "branch target identification (FEAT_BTI)")                                     \
    F(pauth, 0, "pointer authentication (FEAT_PAuth)")                                       \
    G(qarma5, "pauth-qarma5", FB(pauth), "its algorithm: QARMA5 (FEAT_PACQARMA5)")           \
    F(sb, 0, "speculation barrier (FEAT_SB)")                                                \
    F(ssbs, 0, "PSTATE.SSBS (FEAT_SSBS)")                                                    \
    F(ssbs2, FB(ssbs), "MRS and MSR of SSBS (FEAT_SSBS2)")                                   \
    F(dit, 0, "PSTATE.DIT (FEAT_DIT)")                                                       \
    F(csv2, 0, "branch targets do not leak (FEAT_CSV2)")                                     \
    F(csv3, 0, "faulting data does not leak (FEAT_CSV3)")                                    \
    F(pan, 0, "privileged access never (FEAT_PAN)")                                          \
    F(pan2, FB(pan), "AT S1E1RP, AT S1E1WP (FEAT_PAN2)")                                     \
    F(uao, 0, "PSTATE.UAO (FEAT_UAO)")                                                       \
    F(hafdbs, 0, "access and dirty flags by hardware (FEAT_HAFDBS)")                         \
    F(hpds, 0, "no hierarchical permissions (FEAT_HPDS)")                                    \
    F(ttl, 0, "level hints of TLBI (FEAT_TTL)")                                              \
    F(tlbios, 0, "TLBI of the outer shareable domain (FEAT_TLBIOS)")                         \
    F(tlbirange, FB(tlbios), "TLBI of ranges (FEAT_TLBIRANGE)")                              \
    F(cnp, 0, "CnP in TTBR, as a hint (FEAT_TTCNP)")                                         \
    F(e0pd, FB(csv3), "EL0 kept out of half the addresses (FEAT_E0PD)")                      \
    F(pmu, 0, "performance monitors (FEAT_PMUv3)")

typedef struct Feature { u8 feat; u64 needs; } Feature;
static const Feature features[] = {
#define G(feat, name, needs, help) { ARM_FEAT_##feat, needs },
#define F(name, needs, help) G(name, #name, needs, help)
    ARM_OPTIONS(F, G)
#undef G
};

// Not features: what the rest of the table is.
enum { OPT_IMPDEF = ARRAY_LEN(features), OPT_AARCH64, OPT_SVE, OPT_SME, OPT_LPA2, OPT_COUNT };
const ArgDesc arm_options[] = {
#define G(feat, name, needs, help) { name, ARG_BOOL, help },
    ARM_OPTIONS(F, G)
#undef F
#undef G
    [OPT_IMPDEF] = { "pauth-impdef", ARG_BOOL, "its algorithm: a fast one; the reverse of QARMA5" },
    [OPT_AARCH64] = { "aarch64", ARG_BOOL, "always on: AArch32 is not built" },
    [OPT_SVE] = { "sve", ARG_BOOL, "always off: not built" },
    [OPT_SME] = { "sme", ARG_BOOL, "always off: not built" },
    [OPT_LPA2] = { "lpa2", ARG_BOOL, "always off: not built" },
    [OPT_COUNT] = { NULL, ARG_STRING, NULL },
};

static const char *name_of(ArmFeature feat)
{
    for (size_t i = 0; i < ARRAY_LEN(features); i++)
        if (features[i].feat == feat)
            return arm_options[i].name;
    return "";
}

// A bare Args for none: every key absent.
static bool read_options(Args *opts, u64 *on, u64 *off, Error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        u64 *which;
        bool v;

        if (!args_find(opts, arm_options[i].name))
            continue;
        if (!args_bool(opts, arm_options[i].name, false, &v, err))
            return false;
        which = v ? on : off;
        *which |= BIT(features[i].feat);
    }
    if (args_find(opts, "pauth-impdef")) {
        bool impdef;

        if (!args_bool(opts, "pauth-impdef", true, &impdef, err))
            return false;
        if (impdef && (*on & FB(qarma5)))
            return error_set(err, "-cpu: pauth-impdef and pauth-qarma5 are both on; choose one");
        *(impdef ? off : on) |= FB(qarma5);
    }
    for (size_t i = OPT_AARCH64; i < OPT_COUNT; i++) {
        bool fixed = i == OPT_AARCH64, v;

        if (!args_bool(opts, arm_options[i].name, fixed, &v, err))
            return false;
        if (v != fixed)
            return error_set(err, "-cpu: '%s' is %s; leave it %s", arm_options[i].name,
                             arm_options[i].help, fixed ? "on" : "out");
    }
    return true;
}

// The features of a model, changed as the options say: off takes along what needs it, on what it
// needs.
static bool choose(const Model *m, Args *opts, u64 *out, Error *err)
{
    u64 on = 0, off = 0, feat = m->feat;

    if (opts && !read_options(opts, &on, &off, err))
        return false;
    feat = (feat & ~off) | on;
    for (size_t i = 0; i < ARRAY_LEN(features); i++) {
        const Feature *f = &features[i];
        u64 wants = f->needs & off;

        if ((on >> f->feat & 1) && wants)
            return error_set(err, "-cpu: '%s' needs '%s', which is switched off; switch both on",
                             name_of(f->feat), name_of((ArmFeature)__builtin_ctzll(wants)));
        if ((on >> f->feat & 1))
            feat |= f->needs;
        else if (wants)
            feat &= ~BIT(f->feat);
    }
    *out = feat;
    return true;
}

bool arm_model_options(const CpuModel *model, Args *opts, bool *values, Error *err)
{
    u64 feat;

    if (!choose(model->data, opts, &feat, err))
        return false;
    for (size_t i = 0; i < OPT_COUNT; i++)
        values[i] = i < ARRAY_LEN(features) ? feat >> features[i].feat & 1 : i == OPT_AARCH64;
    values[OPT_IMPDEF] = (feat & FB(pauth)) && !(feat & FB(qarma5));
    return true;
}

bool arm_model_init(ArmCpu *s, const CpuModel *model, Args *opts, Error *err)
{
    if (!choose(model->data, opts, &s->feat, err))
        return false;
    id_init(s, model->data);
    return true;
}
