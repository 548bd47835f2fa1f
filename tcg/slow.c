// SPDX-License-Identifier: MIT
// Memory operations in C: what generated code does when its inline check fails, what the
// evaluator always does, and what helpers use.
//
// An access is checked whole before anything is done (so a store that crosses into a forbidden page
// changes nothing), then carried out on host memory when it is RAM, through the address
// space when it is not.  Stores to pages that hold code tell smc.c afterwards.
//
// Guest memory is shared with the guest's other CPUs without host synchronisation; that is what
// GUEST_ACCESS says to ThreadSanitizer.
#include "tcg/check.h"
#include "tcg/tcg.h"
#include "util/log.h"

#include <string.h>

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define GUEST_ACCESS __attribute__((no_sanitize("thread"), noinline))
#else
#define GUEST_ACCESS
#endif

typedef struct Access {
    Cpu *cpu;
    u64 va;
    MemOp m;
    unsigned size;                                  // bytes in all
    bool write;
    u8 *host;                                       // RAM, or NULL
    u64 pa;
    bool code;                                      // the page holds code
    bool split;                                     // crosses a page
} Access;

#if !defined(__x86_64__)
typedef unsigned __int128 u128;
#endif

static bool refuse(TcgFault *f, const Access *x, u64 va, int why)
{
    *f = tcg_fault(va, x->write ? ACC_WRITE : ACC_READ, x->m, why);
    return false;
}

static bool within16(const Access *x) { return (x->va & 15) + x->size <= 16; }
static bool misaligned(const Access *x, unsigned unit) { return x->va & (unit - 1); }

static bool resolve_page(Access *x, TcgFault *f)
{
    TlbEntry *e;
    TcgAccess acc = x->write ? ACC_WRITE : ACC_READ;
    if (!tlb_entry(x->cpu, x->va, acc, x->m, &e, f))
        return false;
    u64 tag = x->write ? e->wtag : e->rtag;
    x->pa = (e->page & ~(u64)(PAGE_SIZE - 1)) | (x->va & (PAGE_SIZE - 1));
    x->host = tag & TAG_IO ? NULL : (u8 *)(uintptr_t)(x->va + (u64)e->addend);
    x->code = tag & TAG_CODE;
    if ((e->page & 8) && misaligned(x, memop_bytes(x->m)))      // Device memory (B2.7.2)
        return refuse(f, x, x->va, TF_ALIGN);
    return true;
}

// Checks alignment and permissions of all of it, and finds where it is.
static bool resolve(Access *x, unsigned align_unit, TcgFault *f)
{
    if ((x->m & MO_ALIGN && misaligned(x, align_unit)) || (x->m & MO_ALIGN16 && !within16(x)))
        return refuse(f, x, x->va, TF_ALIGN);
    x->split = (x->va & (PAGE_SIZE - 1)) + x->size > PAGE_SIZE;
    if (x->split) {
        Access second = *x;
        second.va = (x->va | (PAGE_SIZE - 1)) + 1;
        second.m &= (MemOp)~(MO_SIZE);
        if (!resolve_page(x, f) || !resolve_page(&second, f))
            return false;
        return true;
    }
    return resolve_page(x, f);
}

// Asked when all else allows the access, and before any of it is done (D2.10.5: faults of the MMU
// come first).
static bool watched(const Access *x, u32 acc, TcgFault *f)
{
    TcgCpu *tc = tcg_cpu(x->cpu);
    if (unlikely(tc->tcg->debug.watches.len) && debug_watch_hit(x->cpu, x->va, x->size, acc, f))
        return true;
    return unlikely(tc->th->debug.guest_watches) &&
           tc->fe->watch(x->cpu, x->va, x->size, acc, x->m, f);
}

// With -icount a device is reached by an instruction that is its region's last.
static bool too_early(const Access *x, TcgFault *f)
{
    const TcgCpu *tc = tcg_cpu(x->cpu);
    if (likely(x->host) || !tc->tcg->counted || !tc->undone || check_shadows(tc->th))
        return false;
    return !refuse(f, x, x->va, TF_ALONE);
}

// -- plain bytes --------------------------------------------------------------------------

GUEST_ACCESS static u64 ram_load(const u8 *p, unsigned n)
{
    switch (n) {
    case 1: return *p;
    case 2: { u16 v; __builtin_memcpy(&v, p, 2); return v; }
    case 4: { u32 v; __builtin_memcpy(&v, p, 4); return v; }
    default: { u64 v; __builtin_memcpy(&v, p, 8); return v; }
    }
}

GUEST_ACCESS static void ram_store(u8 *p, unsigned n, u64 v)
{
    switch (n) {
    case 1: *p = (u8)v; break;
    case 2: { u16 w = (u16)v; __builtin_memcpy(p, &w, 2); break; }
    case 4: { u32 w = (u32)v; __builtin_memcpy(p, &w, 4); break; }
    default: __builtin_memcpy(p, &v, 8); break;
    }
}

// Atomic, on every host with AVX (SDM vol. 3, 10.1.1); p is aligned.
typedef u64 Both __attribute__((vector_size(16)));
GUEST_ACCESS static void ram_copy16(u8 *to, const u8 *from)
{
    *(volatile Both *)(void *)to = *(const volatile Both *)(const void *)from;
}

static void code_written(Access *x, const u8 *host, unsigned n)
{
    u64 at;
    if (check_shadows(tcg_cpu(x->cpu)->th))
        return;
    RamBlock *ram = ram_of_host(x->cpu->as->mem, host, &at);
    if (ram)
        smc_store(x->cpu, ram, at, n);
}

static MemAttrs attrs_of(const Cpu *cpu, MemOp m)
{
    MemAttrs at = cpu->attrs;
    at.user = !!(m & MO_USER);
    return at;
}

static bool device_load(Cpu *cpu, u64 pa, unsigned n, MemOp m, u64 *v)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    th->stats.io++;
    *v = 0;
    return as_read_near(cpu->as, pa, v, n, attrs_of(cpu, m), &th->device) == MEM_OK;
}

static bool device_store(Cpu *cpu, u64 pa, unsigned n, MemOp m, u64 v)
{
    TcgThread *th = tcg_cpu(cpu)->th;
    th->stats.io++;
    return as_write_near(cpu->as, pa, v, n, attrs_of(cpu, m), &th->device) == MEM_OK;
}

// --check: the shadow's stores are taken back, what it would ask a device is not asked.
static void about_to_write(const Access *x, u8 *host, unsigned n)
{
    TcgThread *th = tcg_cpu(x->cpu)->th;
    if (check_shadows(th))
        check_store(th, host, n);
}

static bool to_device_in_shadow(const Access *x)
{
    TcgThread *th = tcg_cpu(x->cpu)->th;
    if (!check_shadows(th))
        return false;
    check_give_up(th);
    return true;
}

static bool piece_load(Access *x, u64 off, unsigned n, u64 *v, TcgFault *f)
{
    if (x->host) {
        *v = ram_load(x->host + off, n);
        return true;
    }
    if (to_device_in_shadow(x))
        return refuse(f, x, x->va + off, TF_BUS);
    return device_load(x->cpu, x->pa + off, n, x->m, v) || refuse(f, x, x->va + off, TF_BUS);
}

static bool piece_store(Access *x, u64 off, unsigned n, u64 v, TcgFault *f)
{
    if (x->host) {
        about_to_write(x, x->host + off, n);
        ram_store(x->host + off, n, v);
        if (x->code)
            code_written(x, x->host + off, n);
        return true;
    }
    if (to_device_in_shadow(x))
        return refuse(f, x, x->va + off, TF_BUS);
    return device_store(x->cpu, x->pa + off, n, x->m, v) || refuse(f, x, x->va + off, TF_BUS);
}

// Byte by byte over a page boundary; both pages were checked.
static bool split_rw(Access *x, u8 *bytes, TcgFault *f)
{
    for (unsigned i = 0; i < x->size; i++) {
        Access b = *x;
        u64 v = bytes[i];
        b.va = x->va + i;
        b.size = 1;
        b.m &= (MemOp)~MO_SIZE;
        if (!resolve_page(&b, f) ||
            !(x->write ? piece_store(&b, 0, 1, v, f) : piece_load(&b, 0, 1, &v, f)))
            return false;
        bytes[i] = (u8)v;
    }
    return true;
}

// 16 aligned bytes of RAM go together: FEAT_LSE2 wants it of pairs (B2.2.1.1).
static bool at_once(const Access *x) { return x->host && x->size == 16 && !(x->va & 15); }

static void transfer_at_once(Access *x, u8 *bytes)
{
    alignas(16) u8 b[16];
    if (!x->write) {
        ram_copy16(b, x->host);
        memcpy(bytes, b, 16);
        return;
    }
    memcpy(b, bytes, 16);
    about_to_write(x, x->host, 16);
    ram_copy16(x->host, b);
    if (x->code)
        code_written(x, x->host, 16);
}

// bytes[0..size) <-> memory, in units that devices understand.
static bool transfer(Access *x, u8 *bytes, TcgFault *f)
{
    if (x->split)
        return split_rw(x, bytes, f);
    if (at_once(x)) {
        transfer_at_once(x, bytes);
        return true;
    }
    unsigned unit = memop_bytes(x->m) > 8 ? 8 : memop_bytes(x->m);
    for (unsigned off = 0; off < x->size; off += unit) {
        u64 v = 0;
        if (x->write) {
            memcpy(&v, bytes + off, unit);
            if (!piece_store(x, off, unit, v, f))
                return false;
        } else {
            if (!piece_load(x, off, unit, &v, f))
                return false;
            memcpy(bytes + off, &v, unit);
        }
    }
    return true;
}

// -- values -------------------------------------------------------------------------------

static void swap_bytes(u8 *p, unsigned n)
{
    for (unsigned i = 0; i < n / 2; i++) {
        u8 b = p[i];
        p[i] = p[n - 1 - i];
        p[n - 1 - i] = b;
    }
}

// Bytes in memory order -> the value of the result.
static u64 extended(u64 v, MemOp m, IrType ty)
{
    unsigned sh = 64 - 8 * memop_bytes(m);
    if (!(m & MO_SIGN))
        return v;
    v = (u64)((i64)(v << sh) >> sh);
    return ty == T_I32 ? (u32)v : v;
}

static V128 from_bytes(const u8 *p, MemOp m, IrType ty)
{
    u8 b[16] = { 0 };
    unsigned n = memop_bytes(m);
    memcpy(b, p, n);
    if (m & MO_BE)
        swap_bytes(b, n);
    V128 v;
    memcpy(&v, b, 16);
    v.d[0] = extended(v.d[0], m, ty);
    return v;
}

static void to_bytes(u8 *p, MemOp m, V128 v)
{
    memcpy(p, &v, memop_bytes(m));
    if (m & MO_BE)
        swap_bytes(p, memop_bytes(m));
}

// -- what nearly all accesses are: whole, little-endian, at most two registers ------------

static bool simple(const Access *x)
{
    return !x->split && !(x->m & MO_BE) && !at_once(x) &&
           (x->host ? !(x->write && x->code) : x->size <= 8 && x->size == memop_bytes(x->m));
}

static bool simple_load(Access *x, const Ins *in, V128 *res, TcgFault *f)
{
    unsigned n = memop_bytes(x->m);
    u64 at = 0;
    for (int i = 0; at < x->size; i++) {
        u64 lo = 0, hi = 0;
        if (!piece_load(x, at, n > 8 ? 8 : n, &lo, f) ||
            (n > 8 && !piece_load(x, at + 8, 8, &hi, f)))
            return false;
        res[i] = (V128){ { extended(lo, x->m, in->ty), hi } };
        at += n;
    }
    return true;
}

static bool simple_store(Access *x, const V128 *v, TcgFault *f)
{
    unsigned n = memop_bytes(x->m);
    u64 at = 0;
    for (int i = 0; at < x->size; i++) {
        if (!piece_store(x, at, n > 8 ? 8 : n, v[i].d[0], f) ||
            (n > 8 && !piece_store(x, at + 8, 8, v[i].d[1], f)))
            return false;
        at += n;
    }
    return true;
}

// -- any, by way of bytes ---------------------------------------------------------------------

static bool general_load(Access *x, const Ins *in, V128 *res, TcgFault *f)
{
    u8 b[32];
    unsigned n = memop_bytes(x->m);
    if (!transfer(x, b, f))
        return false;
    res[0] = from_bytes(b, x->m, in->ty);
    if (x->size > n)
        res[1] = from_bytes(b + n, x->m, in->ty);
    return true;
}

static bool general_store(Access *x, const V128 *v, TcgFault *f)
{
    u8 b[32];
    unsigned n = memop_bytes(x->m);
    to_bytes(b, x->m, v[0]);
    if (x->size > n)
        to_bytes(b + n, x->m, v[1]);
    return transfer(x, b, f);
}

// -- atomics on host memory ---------------------------------------------------------------

static u64 mask_bytes(unsigned n) { return n >= 8 ? ~0ull : (1ull << (8 * n)) - 1; }

#if defined(__x86_64__)
// cmpxchg16b by hand: the compilers call a library for it unless told the CPU has it.
GUEST_ACCESS static bool cas16(u8 *p, V128 *expect, V128 v)
{
    bool ok;
    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(ok), "+m"(*(V128 *)(void *)p), "+a"(expect->d[0]),
                       "+d"(expect->d[1])
                     : "b"(v.d[0]), "c"(v.d[1])
                     : "memory");
    return ok;
}
#else
GUEST_ACCESS static bool cas16(u8 *p, V128 *expect, V128 v)
{
    return __atomic_compare_exchange((u128 *)(void *)p, (u128 *)(void *)expect,
                                     (u128 *)(void *)&v, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST);
}
#endif

#define CAS_CASE(type)                                                                       \
    case sizeof(type): {                                                                     \
        type x = (type)e;                                                                    \
        ok = __atomic_compare_exchange_n((type *)(void *)p, &x, (type)v.d[0], false,         \
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                \
        old = x;                                                                             \
        break;                                                                               \
    }

// n unaligned bytes within 16 aligned ones (FEAT_LSE2), by all 16.
GUEST_ACCESS static bool cas_within16(u8 *p, unsigned n, V128 *expect, V128 v)
{
    size_t off = (uintptr_t)p & 15;
    u8 *all = p - off, *at;
    V128 is = { { ram_load(all, 8), ram_load(all + 8, 8) } }, want;
    bool same;
    do {
        at = (u8 *)&is + off;
        same = !memcmp(at, expect, n);
        want = is;
        if (same)
            memcpy((u8 *)&want + off, &v, n);
    } while (!cas16(all, &is, want));
    memcpy(expect, at, n);
    return same;
}

// Compare-and-swap of n bytes; *expect becomes what was there.
GUEST_ACCESS static bool cas_n(u8 *p, unsigned n, V128 *expect, V128 v)
{
    if ((uintptr_t)p & (n - 1))
        return cas_within16(p, n, expect, v);
    u64 e = expect->d[0] & mask_bytes(n), old = e;
    bool ok;
    switch (n) {
    CAS_CASE(u8)
    CAS_CASE(u16)
    CAS_CASE(u32)
    CAS_CASE(u64)
    default: return cas16(p, expect, v);
    }
    expect->d[0] = old;
    return ok;
}

static i64 sext(u64 v, unsigned n) { return (i64)(v << (64 - 8 * n)) >> (64 - 8 * n); }

static u64 rmw_apply(IrRmw kind, u64 old, u64 v, unsigned n)
{
    switch (kind) {
    case RMW_ADD:  return old + v;
    case RMW_CLR:  return old & ~v;
    case RMW_EOR:  return old ^ v;
    case RMW_SET:  return old | v;
    case RMW_SMAX: return sext(old, n) > sext(v, n) ? old : v;
    case RMW_SMIN: return sext(old, n) < sext(v, n) ? old : v;
    case RMW_UMAX: return (old & mask_bytes(n)) > (v & mask_bytes(n)) ? old : v;
    case RMW_UMIN: return (old & mask_bytes(n)) < (v & mask_bytes(n)) ? old : v;
    default:       return v;
    }
}

static u64 swap_value(u64 v, MemOp m)
{
    u8 b[16] = { 0 };
    memcpy(b, &v, 8);
    if (m & MO_BE)
        swap_bytes(b, memop_bytes(m));
    memcpy(&v, b, 8);
    return v;
}

static bool do_rmw(Access *x, const Ins *in, const V128 *v, V128 *res)
{
    unsigned n = memop_bytes(x->m);
    V128 old = { { ram_load(x->host, n), 0 } }, want;
    do {
        u64 o = swap_value(old.d[0], x->m) & mask_bytes(n);
        want = (V128){ { swap_value(rmw_apply(in->sub, o, v[0].d[0], n), x->m), 0 } };
    } while (!cas_n(x->host, n, &old, want));
    u8 b[16];
    memcpy(b, &old, 16);
    res[0] = from_bytes(b, x->m, in->ty);
    return true;
}

static bool do_cas(Access *x, const Ins *in, const V128 *v, V128 *res)
{
    unsigned n = memop_bytes(x->m);
    u8 e[16] = { 0 }, w[16] = { 0 };
    V128 expect, want;
    if (in->op == OP_CAS2) {
        to_bytes(e, x->m, v[0]);
        to_bytes(e + n, x->m, v[1]);
        to_bytes(w, x->m, v[2]);
        to_bytes(w + n, x->m, v[3]);
    } else {
        to_bytes(e, x->m, v[0]);
        to_bytes(w, x->m, v[1]);
    }
    memcpy(&expect, e, 16);
    memcpy(&want, w, 16);
    cas_n(x->host, x->size, &expect, want);
    memcpy(e, &expect, 16);
    res[0] = from_bytes(e, x->m, in->ty);
    if (in->op == OP_CAS2)
        res[1] = from_bytes(e + n, x->m, in->ty);
    return true;
}

// -- exclusives: the monitor holds the host address and the value that was loaded ---------

static bool do_ldx(Access *x, const Ins *in, V128 *res)
{
    TcgCpu *tc = tcg_cpu(x->cpu);
    u8 b[32] = { 0 };
    if (x->size == 16) {
        V128 v = { { 0, 0 } };
        cas16(x->host, &v, v);                      // an atomic load of 16 bytes
        memcpy(b, &v, 16);
    } else {
        u64 v = ram_load(x->host, x->size);
        memcpy(b, &v, 8);
    }
    tc->excl_addr = (u64)(uintptr_t)x->host;
    tc->excl_size = x->size;
    memcpy(&tc->excl_val, b, 16);
    res[0] = from_bytes(b, x->m, in->ty);
    if (in->op == OP_LDX2)
        res[1] = from_bytes(b + memop_bytes(x->m), x->m, in->ty);
    return true;
}

static bool do_stx(Access *x, const Ins *in, const V128 *v, V128 *res)
{
    TcgCpu *tc = tcg_cpu(x->cpu);
    u8 b[16] = { 0 };
    V128 want, expect = tc->excl_val;
    bool ok = tc->excl_addr == (u64)(uintptr_t)x->host && tc->excl_size == x->size;
    to_bytes(b, x->m, v[0]);
    if (in->op == OP_STX2)
        to_bytes(b + memop_bytes(x->m), x->m, v[1]);
    memcpy(&want, b, 16);
    ok = ok && cas_n(x->host, x->size, &expect, want);
    tc->excl_addr = ~0ull;
    res[0] = (V128){ { !ok, 0 } };
    return true;
}

u32 tcg_offset_exclusive(void) { return offsetof(TcgCpu, excl_addr); }
u32 tcg_offset_exit(void) { return offsetof(Cpu, exit); }

void tcg_exclusive_clear(Cpu *cpu) { tcg_cpu(cpu)->excl_addr = ~0ull; }

// -- the whole ----------------------------------------------------------------------------

static bool is_pair(int op)
{
    return op == OP_LD2 || op == OP_ST2 || op == OP_LDX2 || op == OP_STX2 || op == OP_CAS2;
}

static bool is_atomic(int op)
{
    return op == OP_LDX || op == OP_LDX2 || op == OP_STX || op == OP_STX2 || op == OP_CAS ||
           op == OP_CAS2 || op == OP_RMW;
}

static bool atomic_access(Access *x, const Ins *in, const V128 *v, V128 *res, TcgFault *f)
{
    if (!x->host)
        return refuse(f, x, x->va, TF_ATOMIC);
    if (!within16(x))                               // the front-end asks for it, or for more
        return refuse(f, x, x->va, TF_ALIGN);
    bool both = in->op == OP_RMW || in->op == OP_CAS || in->op == OP_CAS2;
    if (watched(x, both ? PAGE_R | PAGE_W : x->write ? PAGE_W : PAGE_R, f))
        return false;
    if (x->write)
        about_to_write(x, x->host, x->size);
    bool ok = in->op == OP_RMW ? do_rmw(x, in, v, res)
            : in->op == OP_CAS || in->op == OP_CAS2 ? do_cas(x, in, v, res)
            : in->op == OP_LDX || in->op == OP_LDX2 ? do_ldx(x, in, res) : do_stx(x, in, v, res);
    if (x->write && x->code)
        code_written(x, x->host, x->size);
    return ok;
}

bool slow_access(Cpu *cpu, const Ins *in, u64 va, const V128 *v, V128 *res, TcgFault *f)
{
    MemOp m = in->aux;
    bool pair = is_pair(in->op), atomic = is_atomic(in->op);
    bool write = in->op == OP_ST || in->op == OP_ST2 ||
                 (atomic && in->op != OP_LDX && in->op != OP_LDX2);
    Access x = { .cpu = cpu, .va = va, .m = m, .size = memop_bytes(m) << pair, .write = write };
    if (write)
        tcg_cpu(cpu)->th->stats.slow_stores++;
    else
        tcg_cpu(cpu)->th->stats.slow_loads++;
    if (!resolve(&x, atomic ? x.size : memop_bytes(m), f))
        return false;
    if (atomic)
        return atomic_access(&x, in, v, res, f);
    if (watched(&x, write ? PAGE_W : PAGE_R, f) || too_early(&x, f))
        return false;
    if (!write)
        return likely(simple(&x)) ? simple_load(&x, in, res, f) : general_load(&x, in, res, f);
    if (!(likely(simple(&x)) ? simple_store(&x, v, f) : general_store(&x, v, f)))
        return false;
    if (m & MO_REL)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
}

// -- the short way -------------------------------------------------------------------------

static void plain_ram(u8 *host, bool write, unsigned n, unsigned count, IrType ty, MemOp m, u64 *v)
{
    for (unsigned i = 0; i < count; i++, host += n) {
        if (write)
            ram_store(host, n, v[i]);
        else
            v[i] = extended(ram_load(host, n), m, ty);
    }
}

static SlowResult plain_device(Cpu *cpu, bool write, IrType ty, MemOp m, u64 pa, u64 *v)
{
    unsigned n = memop_bytes(m);
    if (write)
        return device_store(cpu, pa, n, m, *v) ? SLOW_DONE : SLOW_FAULT;
    if (!device_load(cpu, pa, n, m, v))
        return SLOW_FAULT;
    *v = extended(*v, m, ty);
    return SLOW_DONE;
}

SlowResult slow_plain(Cpu *cpu, bool write, bool pair, IrType ty, MemOp m, u64 va, u64 *v,
                      TcgFault *f)
{
    const MemOp other = MO_BE | MO_ALIGN | MO_ALIGN16 | MO_REL | MO_ATOMIC;
    unsigned n = memop_bytes(m), offset = va & (PAGE_SIZE - 1);
    TcgAccess acc = write ? ACC_WRITE : ACC_READ;
    const TcgCpu *tc = tcg_cpu(cpu);
    TlbEntry *e;
    if ((m & other) || n > 8 || offset + (n << pair) > PAGE_SIZE)
        return SLOW_OTHER;
    if (!tlb_entry(cpu, va, acc, m, &e, f))
        return SLOW_FAULT;
    u64 tag = write ? e->wtag : e->rtag;
    if (tag == va - offset) {
        plain_ram((u8 *)(uintptr_t)(va + (u64)e->addend), write, n, 1u << pair, ty, m, v);
    } else {
        if (tag != (va - offset) + TAG_IO || pair || (va & (n - 1)) || tc->tcg->counted)
            return SLOW_OTHER;
        if (plain_device(cpu, write, ty, m, (e->page & ~(u64)(PAGE_SIZE - 1)) + offset, v)) {
            *f = tcg_fault(va, acc, m, TF_BUS);
            return SLOW_FAULT;
        }
    }
    if (write)
        tc->th->stats.slow_stores++;
    else
        tc->th->stats.slow_loads++;
    return SLOW_DONE;
}

// -- for helpers --------------------------------------------------------------------------

static _Noreturn void raise_from_helper(Cpu *cpu, const TcgFault *f)
{
    tcg_raise(cpu, f);
    tcg_unwind(cpu);
}

u64 tcg_load(Cpu *cpu, u64 va, MemOp m)
{
    Ins in = { .op = OP_LD, .ty = T_I64, .aux = m };
    V128 res[2];
    TcgFault f;
    if (!slow_access(cpu, &in, va, NULL, res, &f))
        raise_from_helper(cpu, &f);
    return res[0].d[0];
}

void tcg_store(Cpu *cpu, u64 va, MemOp m, u64 v)
{
    Ins in = { .op = OP_ST, .ty = T_I64, .aux = m };
    V128 val = { { v, 0 } };
    TcgFault f;
    if (!slow_access(cpu, &in, va, &val, NULL, &f))
        raise_from_helper(cpu, &f);
}

void *tcg_probe(Cpu *cpu, u64 va, unsigned len, TcgAccess acc, MemOp m)
{
    Access x = { .cpu = cpu, .va = va, .m = m & (MemOp)~MO_SIZE, .size = 1,
                 .write = acc == ACC_WRITE };
    TcgFault f;
    BUG_ON((va & (PAGE_SIZE - 1)) + len > PAGE_SIZE);
    if (!resolve_page(&x, &f)) {
        f.memop = m;
        raise_from_helper(cpu, &f);
    }
    x.size = len;
    x.m = m;
    if (acc != ACC_FETCH && watched(&x, x.write ? PAGE_W : PAGE_R, &f))
        raise_from_helper(cpu, &f);
    if (x.host && x.code && x.write)
        code_written(&x, x.host, len);
    return x.host;
}

bool tcg_probe_quiet(Cpu *cpu, u64 va, TcgAccess acc, MemOp m, TcgFault *f, u64 *pa)
{
    Access x = { .cpu = cpu, .va = va, .m = m, .size = 1, .write = acc == ACC_WRITE };
    if (!resolve_page(&x, f))
        return false;
    *pa = x.pa;
    return true;
}
