// SPDX-License-Identifier: MIT
// What the target is: its registers as GDB describes them (GDB manual, appendix G Target
// Descriptions), its threads (E.10) and its memory (E.11).
//
// The description is made from the tables of the CPU's class: one feature per name there, in
// their order, which numbers the registers.  The class's own rows are what `g` carries; the
// system registers behind them are read one by one.
//
// Memory map.  To GDB the map is all there is: what it leaves out cannot be accessed, and it
// is asked for once, whatever the guest's MMU does later.  So gaps are listed as RAM, and ROM
// (where GDB refuses to write and prefers hardware breakpoints) only where addresses are
// physical ones at that moment.
#include "gdb/internal.h"

#include "util/bits.h"

typedef struct TypeText {
    const char *name, *text;
} TypeText;

// Types that rows name and GDB does not know of itself (G.3 Predefined Target Types).
static const TypeText types[] = {
    { "aarch64v",
      "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
      "<vector id=\"v2u\" type=\"uint64\" count=\"2\"/>"
      "<vector id=\"v2i\" type=\"int64\" count=\"2\"/>"
      "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
      "<vector id=\"v4u\" type=\"uint32\" count=\"4\"/>"
      "<vector id=\"v4i\" type=\"int32\" count=\"4\"/>"
      "<vector id=\"v8h\" type=\"ieee_half\" count=\"8\"/>"
      "<vector id=\"v8u\" type=\"uint16\" count=\"8\"/>"
      "<vector id=\"v8i\" type=\"int16\" count=\"8\"/>"
      "<vector id=\"v16u\" type=\"uint8\" count=\"16\"/>"
      "<vector id=\"v16i\" type=\"int8\" count=\"16\"/>"
      "<vector id=\"v1u\" type=\"uint128\" count=\"1\"/>"
      "<vector id=\"v1i\" type=\"int128\" count=\"1\"/>"
      "<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/>"
      "<field name=\"s\" type=\"v2i\"/></union>"
      "<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/>"
      "<field name=\"s\" type=\"v4i\"/></union>"
      "<union id=\"vnh\"><field name=\"f\" type=\"v8h\"/><field name=\"u\" type=\"v8u\"/>"
      "<field name=\"s\" type=\"v8i\"/></union>"
      "<union id=\"vnb\"><field name=\"u\" type=\"v16u\"/><field name=\"s\" type=\"v16i\"/></union>"
      "<union id=\"vnq\"><field name=\"u\" type=\"v1u\"/><field name=\"s\" type=\"v1i\"/></union>"
      "<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/>"
      "<field name=\"h\" type=\"vnh\"/><field name=\"b\" type=\"vnb\"/>"
      "<field name=\"q\" type=\"vnq\"/></union>\n" },
    { "cpsr_flags", // SPSR_EL1, Arm ARM DDI 0487K.a C5.2.19
      "<flags id=\"cpsr_flags\" size=\"4\">"
      "<field name=\"SP\" start=\"0\" end=\"0\"/><field name=\"EL\" start=\"2\" end=\"3\"/>"
      "<field name=\"nRW\" start=\"4\" end=\"4\"/><field name=\"F\" start=\"6\" end=\"6\"/>"
      "<field name=\"I\" start=\"7\" end=\"7\"/><field name=\"A\" start=\"8\" end=\"8\"/>"
      "<field name=\"D\" start=\"9\" end=\"9\"/><field name=\"BTYPE\" start=\"10\" end=\"11\"/>"
      "<field name=\"SSBS\" start=\"12\" end=\"12\"/><field name=\"IL\" start=\"20\" end=\"20\"/>"
      "<field name=\"SS\" start=\"21\" end=\"21\"/><field name=\"PAN\" start=\"22\" end=\"22\"/>"
      "<field name=\"UAO\" start=\"23\" end=\"23\"/><field name=\"DIT\" start=\"24\" end=\"24\"/>"
      "<field name=\"V\" start=\"28\" end=\"28\"/><field name=\"C\" start=\"29\" end=\"29\"/>"
      "<field name=\"Z\" start=\"30\" end=\"30\"/><field name=\"N\" start=\"31\" end=\"31\"/>"
      "</flags>\n" },
};

// ---- registers ---------------------------------------------------------------------------------

void gdb_list_regs(Gdb *g)
{
    const CpuClass *cls = g->m->cpu_class;
    CpuReg r;

    for (u32 i = 0; i < cls->reg_count; i++)
        if (cls->regs[i].feature)
            vec_push(&g->regs, cls->regs[i]);
    g->general = (u32)g->regs.len;
    for (u32 i = 0; cls->more_reg && cls->more_reg(g->m->cpu[0], i, &r); i++)
        if (r.feature)
            vec_push(&g->regs, r);
}

static void add_types(Gdb *g, const char *feature, Str *out)
{
    for (const TypeText *t = types; t < types + ARRAY_LEN(types); t++)
        vec_foreach (r, &g->regs)
            if (str_eq(r->feature, feature) && str_eq(r->gdb_type, t->name)) {
                str_add(out, t->text);
                break;
            }
}

static void add_reg(Gdb *g, const CpuReg *r, Str *out)
{
    str_addf(out, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%zu\"", r->name, r->bits,
             (size_t)(r - g->regs.at));
    if (r->gdb_type)
        str_addf(out, " type=\"%s\"", r->gdb_type);
    if (r->group)
        str_addf(out, " group=\"%s\"", r->group);
    str_add(out, "/>\n");
}

static void add_feature(Gdb *g, const char *feature, Str *out)
{
    str_addf(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE feature SYSTEM \"gdb-target.dtd\">\n"
             "<feature name=\"%s\">\n", feature);
    add_types(g, feature, out);
    vec_foreach (r, &g->regs)
        if (str_eq(r->feature, feature))
            add_reg(g, r, out);
    str_add(out, "</feature>\n");
}

// The first row of each feature.
static bool first_of_feature(Gdb *g, const CpuReg *r)
{
    return r == g->regs.at || !str_eq(r->feature, r[-1].feature);
}

void gdb_features(Gdb *g, const char *annex, Str *out)
{
    size_t n = strlen(annex);

    if (str_eq(annex, "target.xml")) {
        str_addf(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
                 "<target>\n<architecture>%s</architecture>\n", g->m->cpu_class->gdb_arch);
        vec_foreach (r, &g->regs)
            if (first_of_feature(g, r))
                str_addf(out, "<xi:include href=\"%s.xml\"/>\n", r->feature);
        str_add(out, "</target>\n");
        return;
    }
    vec_foreach (r, &g->regs)
        if (first_of_feature(g, r) && strlen(r->feature) + 4 == n &&
            str_starts(annex, r->feature) && str_ends(annex, ".xml")) {
            add_feature(g, r->feature, out);
            return;
        }
}

// ---- threads -----------------------------------------------------------------------------------

void gdb_cpu_text(Gdb *g, u32 cpu, Str *out)
{
    Cpu *c = g->m->cpu[cpu];
    u32 power = atomic_load(&c->power);

    str_addf(out, "CPU#%u [%s]", cpu, power != CPU_POWER_ON ? "off" : c->halted ? "halted"
                                                                              : "running");
}

void gdb_threads(Gdb *g, Str *out)
{
    str_add(out, "<?xml version=\"1.0\"?>\n<threads>\n");
    for (u32 i = 0; i < g->m->cpu_count; i++) {
        str_add(out, "<thread id=\"");
        gdb_add_thread(g, out, i);
        str_addf(out, "\" core=\"%u\">", i);
        gdb_cpu_text(g, i, out);
        str_add(out, "</thread>\n");
    }
    str_add(out, "</threads>\n");
}

// ---- memory ------------------------------------------------------------------------------------

static bool is_physical(Gdb *g, Gva va)
{
    Cpu *cpu = gdb_cpu(g);
    MemAttrs attrs = cpu->attrs;
    Gpa pa;

    return g->physical ||
           (cpu->cls->debug_translate(cpu, va, &pa, &attrs) && pa == va);
}

static void add_memory(Str *out, const char *type, u64 start, u64 last)
{
    u64 half = BIT(63);

    if (start < half && last >= half) { // so that no length needs 65 bits
        add_memory(out, type, start, half - 1);
        start = half;
    }
    str_addf(out, "<memory type=\"%s\" start=\"0x%llx\" length=\"0x%llx\"/>\n", type,
             (unsigned long long)start, (unsigned long long)(last - start) + 1);
}

void gdb_memory_map(Gdb *g, Str *out)
{
    AddressSpace *as = gdb_cpu(g)->as;
    u64 next = 0, len;

    str_add(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB "
            "Memory Map V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n"
            "<memory-map>\n");
    for (u64 at = 0;; at += len) {
        MemRef ref = as_lookup(as, at, &len);

        if (ref.ram && ref.readonly && is_physical(g, at)) {
            if (at > next)
                add_memory(out, "ram", next, at - 1);
            add_memory(out, "rom", at, at + len - 1);
            next = at + len;
        }
        if (!len || at + len < at || at + len == 0)
            break;
    }
    add_memory(out, "ram", next, UINT64_MAX);
    str_add(out, "</memory-map>\n");
}
