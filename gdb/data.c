// SPDX-License-Identifier: MIT
// Registers and memory: the packets g G p P m M x X (GDB manual, E.2).
#include "gdb/internal.h"

#define REG_BYTES 64 // the widest register there may be

typedef struct RegAccess {
    const CpuReg *reg;
    u8 *bytes;
    bool write;
} RegAccess;

static u32 reg_size(const CpuReg *r) { return (r->bits + 7u) / 8; }

// On the vCPU's thread, which may own more than the instance (an engine's registers).
static void access_reg(Cpu *cpu, void *opaque)
{
    RegAccess *a = opaque;
    const CpuReg *r = a->reg;

    if (r->at >= 0 && a->write)
        memcpy((u8 *)cpu + r->at, a->bytes, reg_size(r));
    else if (r->at >= 0)
        memcpy(a->bytes, (u8 *)cpu + r->at, reg_size(r));
    else if (a->write && r->set)
        r->set(cpu, r, a->bytes);
    else if (!a->write)
        r->get(cpu, r, a->bytes);
}

static void reg_read(Gdb *g, const CpuReg *r, Str *out)
{
    u8 bytes[REG_BYTES] = { 0 };
    RegAccess a = { r, bytes, false };
    Cpu *cpu = gdb_cpu(g);

    if (cpu->accel->regs_load)
        cpu->accel->regs_load(cpu);
    cpu_run_on(cpu, access_reg, &a);
    gdb_hex(out, bytes, reg_size(r));
}

static bool reg_write(Gdb *g, const CpuReg *r, const char **text)
{
    u8 bytes[REG_BYTES];
    RegAccess a = { r, bytes, true };
    Cpu *cpu = gdb_cpu(g);

    if (!gdb_unhex(text, bytes, reg_size(r)))
        return false;
    cpu_run_on(cpu, access_reg, &a);
    if (cpu->accel->regs_store)
        cpu->accel->regs_store(cpu);
    return true;
}

void gdb_read_all(Gdb *g)
{
    for (u32 i = 0; i < g->general; i++)
        reg_read(g, &g->regs.at[i], &g->reply);
}

// A short packet sets the first registers; GDB sends all.
void gdb_write_all(Gdb *g, const char *args)
{
    u32 i = 0;

    while (*args && i < g->general && reg_write(g, &g->regs.at[i], &args))
        i++;
    str_add(&g->reply, *args || !i ? "E22" : "OK");
}

static const CpuReg *reg_number(Gdb *g, const char **args)
{
    u64 n;

    return gdb_number(args, &n) && n < g->regs.len ? &g->regs.at[n] : NULL;
}

void gdb_read_reg(Gdb *g, const char *args)
{
    const CpuReg *r = reg_number(g, &args);

    if (r && !*args)
        reg_read(g, r, &g->reply);
    else
        str_add(&g->reply, "E22");
}

void gdb_write_reg(Gdb *g, const char *args)
{
    const CpuReg *r = reg_number(g, &args);
    bool ok = r && (r->at >= 0 || r->set) && *args++ == '=' && reg_write(g, r, &args) && !*args;

    str_add(&g->reply, ok ? "OK" : "E22");
}

// ---- memory ------------------------------------------------------------------------------------

static bool access_memory(Gdb *g, u64 addr, void *buf, u64 len, bool write)
{
    Cpu *cpu = gdb_cpu(g);
    MemAttrs attrs = cpu->attrs;

    if (!g->physical)
        return cpu_debug_rw(cpu, addr, buf, len, write);
    attrs.debug = 1;
    return as_rw(cpu->as, addr, buf, len, write, attrs) == MEM_OK;
}

// How much from addr on can be read: page by page, as mappings go.
static u64 read_some(Gdb *g, u64 addr, u8 *buf, u64 len)
{
    u64 done = 0;

    while (done < len) {
        u64 n = MIN(len - done, RAM_PAGE_SIZE - (addr + done) % RAM_PAGE_SIZE);

        if (!access_memory(g, addr + done, buf + done, n, false))
            break;
        done += n;
    }
    return done;
}

static bool addr_len(const char **args, u64 *addr, u64 *len)
{
    return gdb_number(args, addr) && *(*args)++ == ',' && gdb_number(args, len);
}

// Fewer bytes than asked for are an answer too (E.2, m).
void gdb_read_memory(Gdb *g, const char *args, bool binary)
{
    u8 buf[GDB_PACKET_SIZE / 2];
    u64 addr, len, done;

    if (!addr_len(&args, &addr, &len) || *args) {
        str_add(&g->reply, "E22");
        return;
    }
    done = read_some(g, addr, buf, MIN(len, sizeof(buf)));
    if (len && !done) {
        str_add(&g->reply, "E14");
    } else if (binary) {
        str_addc(&g->reply, 'b');
        str_addn(&g->reply, (const char *)buf, done);
    } else {
        gdb_hex(&g->reply, buf, done);
    }
}

// All or nothing: `len` bytes must be there, then be mapped and take them.
void gdb_write_memory(Gdb *g, const char *args, const u8 *end, bool binary)
{
    u8 buf[GDB_PACKET_SIZE];
    u64 addr, len;

    if (!addr_len(&args, &addr, &len) || *args++ != ':' || len > sizeof(buf)) {
        str_add(&g->reply, "E22");
        return;
    }
    if (binary ? (u64)((const char *)end - args) != len : !gdb_unhex(&args, buf, len) || *args) {
        str_add(&g->reply, "E22");
        return;
    }
    if (binary)
        memcpy(buf, args, len);
    str_add(&g->reply, access_memory(g, addr, buf, len, true) ? "OK" : "E14");
}
