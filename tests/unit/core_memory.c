// SPDX-License-Identifier: MIT
// core/memory.c and core/ram.c: overlap, aliases, widths, DMA, hooks, listeners, readers
// against a committing thread.
#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"
#include "tests/lib/test.h"
#include "util/bits.h"

typedef struct {
    Memory mem;
    MemoryRegion root, low;
    AddressSpace as;
    RamBlock *ram;
} Rig;

static void rig_up(Rig *g)
{
    Error e = { 0 };

    memset(g, 0, sizeof(*g));
    mem_init(&g->mem);
    region_init_container(&g->root, "root", MEM_SIZE_ALL);
    g->ram = ram_new(&g->mem, "ram", 64 * KIB, RAM_ANON, &e);
    NE(g->ram, NULL);
    region_init_ram(&g->low, "low", g->ram, 0, 64 * KIB);
    mem_add(&g->root, 0x10000, &g->low, 0);
    as_init(&g->as, &g->mem, &g->root, "test");
}

static void rig_down(Rig *g)
{
    as_fini(&g->as);
    mem_fini(&g->mem);
}

static u64 rd(Rig *g, Gpa a, unsigned size)
{
    u64 v;

    EQ(as_read(&g->as, a, &v, size, ATTRS_NONE), MEM_OK);
    return v;
}

TEST(mem_ram_reads_back)
{
    Rig g;
    u64 v;

    rig_up(&g);
    EQ(as_write(&g.as, 0x10004, 0x1122334455667788, 8, ATTRS_NONE), MEM_OK);
    EQ(rd(&g, 0x10004, 8), 0x1122334455667788);
    EQ(rd(&g, 0x10005, 2), 0x6677);
    EQ(rd(&g, 0x10007, 4), 0x22334455);
    EQ(as_read(&g.as, 0x20000, &v, 4, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(v, 0);
    as_write(&g.as, 0x1ffff, 0xab, 1, ATTRS_NONE);
    EQ(as_read(&g.as, 0x1ffff, &v, 2, ATTRS_NONE), MEM_DECODE_ERR); // over the end
    EQ(v, 0xab);
    EQ(as_read(&g.as, UINT64_MAX, &v, 8, ATTRS_NONE), MEM_DECODE_ERR); // wraps
    rig_down(&g);
}

// ---- overlap ---------------------------------------------------------------------------

static MemResult tag_read(void *opaque, Gpa off, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)size;
    (void)attrs;
    *val = (uintptr_t)opaque << 32 | off;
    return MEM_OK;
}

static MemResult tag_write(void *opaque, Gpa off, u64 val, unsigned size, MemAttrs attrs)
{
    (void)opaque;
    (void)off;
    (void)val;
    (void)size;
    (void)attrs;
    return MEM_DEVICE_ERR;
}

static const MemOps tag_ops = { .read = tag_read, .write = tag_write };

static void tagged(MemoryRegion *r, uintptr_t tag, u64 size)
{
    region_init_mmio(r, "tag", &tag_ops, (void *)tag, size);
}

TEST(mem_priorities_and_holes)
{
    Rig g;
    MemoryRegion a, b, c, box, alias;

    rig_up(&g);
    tagged(&a, 1, 0x1000);
    tagged(&b, 2, 0x400);
    tagged(&c, 3, 0x1000);
    region_init_container(&box, "box", 0x800); // clips c
    mem_add(&box, 0x100, &c, 0);
    region_init_alias(&alias, "alias", &g.low, 0x800, 0x100);
    mem_begin(&g.mem);
    mem_add(&g.root, 0x1000, &a, 0);
    mem_add(&g.root, 0x1200, &b, 1);
    mem_add(&g.root, 0x1c00, &box, -1);
    mem_add(&g.root, 0x5000, &alias, 0);
    mem_commit(&g.mem);
    EQ(rd(&g, 0x11fc, 4), 0x1fc); // value is cut to 32 bits: the offset
    EQ(rd(&g, 0x1000, 8) >> 32, 1);
    EQ(rd(&g, 0x1200, 8), 2ull << 32);
    EQ(rd(&g, 0x15f8, 8), 2ull << 32 | 0x3f8);
    EQ(rd(&g, 0x1600, 8), 1ull << 32 | 0x600);
    EQ(rd(&g, 0x2000, 8), 3ull << 32 | 0x300); // below a until 0x2000
    u64 len;
    EQ(as_lookup(&g.as, 0x2400, &len).region, NULL); // clipped by the box
    EQ(len, 0x5000 - 0x2400);
    as_write(&g.as, 0x10810, 0x77, 1, ATTRS_NONE);
    EQ(rd(&g, 0x5010, 1), 0x77);
    MemRef ref = as_lookup(&g.as, 0x5010, &len);
    EQ(ref.region, &g.low);
    EQ(ref.ram_at, 0x810);
    EQ(ref.host, g.ram->host + 0x810);
    EQ(len, 0xf0);
    mem_begin(&g.mem);
    mem_enable(&b, false);
    mem_move(&alias, 0x6000);
    mem_del(&a);
    mem_commit(&g.mem);
    EQ(as_lookup(&g.as, 0x1200, NULL).region, NULL);
    EQ(as_lookup(&g.as, 0x5010, NULL).region, NULL);
    EQ(rd(&g, 0x6010, 1), 0x77);
    EQ(as_write(&g.as, 0x1d00, 0, 4, ATTRS_NONE), MEM_DEVICE_ERR);
    rig_down(&g);
}

TEST(mem_equal_priority_newest_wins)
{
    Rig g;
    MemoryRegion a, b;

    rig_up(&g);
    tagged(&a, 1, 0x1000);
    tagged(&b, 2, 0x1000);
    mem_begin(&g.mem);
    mem_add(&g.root, 0, &a, 0);
    mem_add(&g.root, 0, &b, 0);
    mem_commit(&g.mem);
    EQ(rd(&g, 0, 8) >> 32, 2);
    rig_down(&g);
}

TEST(mem_top_of_the_space)
{
    Rig g;
    MemoryRegion a, loop;

    rig_up(&g);
    tagged(&a, 1, 0x1000);
    region_init_alias(&loop, "loop", &g.root, 0, MEM_SIZE_ALL); // contains itself
    mem_begin(&g.mem);
    mem_add(&g.root, UINT64_MAX - 0xfff, &a, 0);
    mem_add(&g.root, 0, &loop, -1);
    mem_commit(&g.mem);
    EQ(rd(&g, UINT64_MAX - 7, 8), 1ull << 32 | 0xff8);
    u64 len;
    as_lookup(&g.as, UINT64_MAX - 7, &len);
    EQ(len, 8);
    rig_down(&g);
}

TEST(mem_views_match_a_painter)
{
    enum { N = 12, SPACE = 64 };
    Rig g;
    MemoryRegion r[N];
    int map[SPACE];

    rig_up(&g);
    for (int round = 0; round < 50; round++) {
        mem_begin(&g.mem);
        for (int i = 0; i < N; i++) {
            tagged(&r[i], (uintptr_t)i + 1, 0x100 * (1 + test_random() % 20));
            mem_add(&g.root, 0x1000000 + 0x100 * (test_random() % 40), &r[i], (int)i % 4);
        }
        mem_commit(&g.mem);
        memset(map, 0, sizeof(map));
        for (int p = 0; p < 4; p++)
            for (int i = p; i < N; i += 4)
                for (u64 s = (r[i].at - 0x1000000) / 0x100, n = r[i].size / 0x100; n; n--, s++)
                    map[s] = i + 1;
        for (int s = 0; s < SPACE; s++) {
            MemRef ref = as_lookup(&g.as, 0x1000000 + 0x100 * (u64)s + 8, NULL);

            EQ(ref.region ? (uintptr_t)ref.region->opaque : 0, (u64)map[s]);
        }
        mem_begin(&g.mem);
        for (int i = 0; i < N; i++)
            mem_del(&r[i]);
        mem_commit(&g.mem);
    }
    rig_down(&g);
}

// ---- widths --------------------------------------------------------------------------------

typedef struct {
    u8 data[64];
    int reads, writes;
    unsigned size;
    Gpa off;
} Unit;

static MemResult unit_read(Unit *u, Gpa off, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    u->reads++;
    u->size = size;
    u->off = off;
    *val = load_le(u->data + off, size);
    return MEM_OK;
}

static MemResult unit_write(Unit *u, Gpa off, u64 val, unsigned size, MemAttrs attrs)
{
    (void)attrs;
    u->writes++;
    u->size = size;
    u->off = off;
    store_le(u->data + off, size, val);
    return MEM_OK;
}

TEST(mem_splits_and_widens)
{
    static const MemOps four = { .read = unit_read, .write = unit_write, .impl_min = 4,
                                 .impl_max = 4, .unaligned_ok = true };
    static const MemOps only4 = { .read = unit_read, .write = unit_write, .valid_min = 4,
                                  .valid_max = 4 };
    Rig g;
    Unit u = { 0 };
    MemoryRegion r, s;
    u64 v;

    rig_up(&g);
    for (int i = 0; i < 64; i++)
        u.data[i] = (u8)i;
    region_init_mmio(&r, "four", &four, &u, 64);
    region_init_mmio(&s, "only4", &only4, &u, 64);
    mem_begin(&g.mem);
    mem_add(&g.root, 0, &r, 0);
    mem_add(&g.root, 0x100, &s, 0);
    mem_commit(&g.mem);
    EQ(rd(&g, 8, 8), load_le64(u.data + 8));
    EQ(u.reads, 2);
    EQ(rd(&g, 9, 1), 9);
    EQ(u.size, 4);
    EQ(u.off, 8);
    EQ(rd(&g, 6, 4), load_le32(u.data + 6)); // two words
    EQ(rd(&g, 3, 8), load_le64(u.data + 3)); // three
    EQ(as_write(&g.as, 17, 0xee, 1, ATTRS_NONE), MEM_OK);
    EQ(load_le32(u.data + 16), 0xee00); // a whole unit, other bytes zero
    as_write(&g.as, 24, 0x1122334455667788, 8, ATTRS_NONE);
    EQ(load_le64(u.data + 24), 0x1122334455667788);
    u.reads = 0;
    EQ(as_read(&g.as, 0x100, &v, 1, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(as_read(&g.as, 0x100, &v, 8, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(as_read(&g.as, 0x102, &v, 4, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(u.reads, 0);
    EQ(as_read(&g.as, 0x104, &v, 4, ATTRS_NONE), MEM_OK);
    EQ(v, load_le32(u.data + 4));
    EQ(region_read(&s, 64, &v, 4, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(region_read(&s, UINT64_MAX - 3, &v, 4, ATTRS_NONE), MEM_DECODE_ERR);
    u8 buf[16];
    EQ(as_read_buf(&g.as, 0x110, buf, 16, ATTRS_NONE), MEM_OK); // widest: words
    EQ(u.reads, 5);
    MEM_EQ(buf, u.data + 16, 16);
    rig_down(&g);
}

TEST(mem_every_size_and_offset)
{
    for (int n = 0; n < 2 * 4 * 4; n++) {
        MemOps ops = { .read = unit_read, .write = unit_write, .impl_min = (u8)(1 << n % 4),
                       .impl_max = (u8)(1 << n / 4 % 4), .unaligned_ok = true,
                       .impl_unaligned = n >= 16 };
        MemoryRegion r;
        Unit u = { 0 };
        u64 v;

        if (ops.impl_max < ops.impl_min)
            continue;
        for (int i = 0; i < 64; i++)
            u.data[i] = (u8)(i * 7);
        region_init_mmio(&r, "r", &ops, &u, 48);
        for (unsigned size = 1; size <= 8; size *= 2)
            for (u64 off = 0; off < 32; off++) {
                EQ(region_read(&r, off, &v, size, ATTRS_NONE), MEM_OK);
                EQ(v, load_le(u.data + off, size));
            }
    }
}

// ---- ROM, ROMD ----------------------------------------------------------------------------

TEST(mem_rom_and_romd)
{
    Rig g;
    Unit u = { 0 };
    static const MemOps ops = { .read = unit_read, .write = unit_write };
    MemoryRegion rom, flash;

    rig_up(&g);
    region_init_rom(&rom, "rom", g.ram, 0, 0x1000);
    region_init_romd(&flash, "flash", g.ram, 0x1000, 0x1000, &ops, &u);
    mem_begin(&g.mem);
    mem_add(&g.root, 0x100000, &rom, 0);
    mem_add(&g.root, 0x101000, &flash, 0);
    mem_commit(&g.mem);
    g.ram->host[4] = 0x42;
    g.ram->host[0x1008] = 0x43;
    EQ(as_write(&g.as, 0x100004, 1, 1, ATTRS_NONE), MEM_OK);
    EQ(rd(&g, 0x100004, 1), 0x42);
    EQ(as_write(&g.as, 0x100004, 1, 1, ATTRS_DEBUG), MEM_OK); // a loader may
    EQ(rd(&g, 0x100004, 1), 1);
    EQ(as_write(&g.as, 0x101008, 0x99, 1, ATTRS_NONE), MEM_OK);
    EQ(u.data[8], 0x99);
    EQ(rd(&g, 0x101008, 1), 0x43);
    TRUE(as_lookup(&g.as, 0x101008, NULL).readonly);
    mem_begin(&g.mem);
    mem_rom_mode(&flash, false);
    mem_commit(&g.mem);
    EQ(rd(&g, 0x101008, 1), 0x99);
    EQ(as_lookup(&g.as, 0x101008, NULL).host, NULL);
    u8 buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    EQ(as_write_buf(&g.as, 0x100ffc, buf, 8, ATTRS_NONE), MEM_OK); // ROM, then flash
    EQ(u.data[0], 5);
    EQ(g.ram->host[0xffc], 0);
    rig_down(&g);
}

static bool refs_equal(MemRef a, MemRef b)
{
    return a.region == b.region && a.offset == b.offset && a.host == b.host && a.ram == b.ram &&
           a.ram_at == b.ram_at && a.readonly == b.readonly;
}

// What is remembered never outlives the view, and is right up to both ends of the range.
TEST(mem_near_is_lookup)
{
    static const Gpa at[] = { 0x10000, 0x1ffff, 0xffff, 0x20000, 0x10008, 0x11000, 0x10fff, 0 };
    Rig g;
    Unit u = { 0 };
    static const MemOps ops = { .read = unit_read, .write = unit_write };
    MemoryRegion io, rom;
    MemNear near = { 0 };

    rig_up(&g);
    region_init_mmio(&io, "io", &ops, &u, 0x1000);
    region_init_rom(&rom, "rom", g.ram, 0x800, 0x1000);
    for (int view = 0; view < 4; view++) {
        for (size_t i = 0; i < ARRAY_LEN(at); i++)
            TRUE(refs_equal(as_lookup_near(&g.as, at[i], &near), as_lookup(&g.as, at[i], NULL)));
        EQ(as_lookup_near(&g.as, 0x10008, &near).ram, view == 1 ? NULL : g.ram);
        mem_begin(&g.mem);
        if (view == 0)
            mem_add(&g.root, 0x10000, &io, 1);
        else if (view == 1)
            mem_del(&io);
        else if (view == 2)
            mem_add(&g.root, 0x10000, &rom, 1);
        mem_commit(&g.mem);
    }
    rig_down(&g);
}

// ---- DMA, flags, hook ------------------------------------------------------------------------

static int hooks;
static u64 hook_at, hook_len;

static void on_code(void *opaque, RamBlock *ram, u64 offset, u64 len)
{
    (void)opaque;
    (void)ram;
    hooks++;
    hook_at = offset;
    hook_len = len;
}

TEST(mem_dma_and_code_pages)
{
    Rig g;
    MemoryRegion mmio;
    u8 buf[0x3000];
    u64 len = 0x100000;

    rig_up(&g);
    tagged(&mmio, 1, 0x1000);
    mem_begin(&g.mem);
    mem_add(&g.root, 0x20000, &mmio, 0);
    mem_commit(&g.mem);
    g.mem.code_write_hook = on_code;
    ram_flag_set(g.ram, 0x2000, RAM_CODE);
    memset(buf, 0x5a, sizeof(buf));
    EQ(dma_write(&g.as, 0x10000, buf, 0x2000, ATTRS_NONE), MEM_OK);
    EQ(hooks, 0);
    EQ(dma_write(&g.as, 0x11000, buf, 0x1001, ATTRS_NONE), MEM_OK);
    EQ(hooks, 1);
    EQ(hook_at, 0x1000);
    EQ(hook_len, 0x1001);
    as_write(&g.as, 0x12ff8, 1, 8, ATTRS_DEBUG);
    EQ(hooks, 2);
    u8 *p = dma_map(&g.as, 0x12000, &len, true, ATTRS_NONE);
    EQ(p, g.ram->host + 0x2000);
    EQ(len, 0xe000);
    dma_unmap(&g.as, p, 0);
    EQ(hooks, 2);
    dma_unmap(&g.as, p, 16);
    EQ(hooks, 3);
    ram_flag_clear(g.ram, 0x2000, RAM_CODE);
    as_write(&g.as, 0x12000, 1, 8, ATTRS_NONE);
    EQ(hooks, 3);
    EQ(dma_map(&g.as, 0x20000, &len, false, ATTRS_NONE), NULL);
    EQ(dma_read(&g.as, 0x20000, buf, 4, ATTRS_NONE), MEM_DECODE_ERR); // MMIO does not opt in
    EQ(dma_read(&g.as, 0x1fffc, buf, 8, ATTRS_NONE), MEM_DECODE_ERR);
    EQ(as_fill(&g.as, 0x10000, 0, 0x10000, ATTRS_NONE), MEM_OK);
    EQ(g.ram->host[0x1234], 0);
    rig_down(&g);
}

TEST(mem_dirty_log)
{
    Rig g;

    rig_up(&g);
    ram_flag_set(g.ram, 0x3000, RAM_LOG);
    as_write(&g.as, 0x12ffc, 0, 4, ATTRS_NONE);
    EQ(ram_flags(g.ram, 0x3000), RAM_LOG);
    as_write(&g.as, 0x12ffe, 0, 4, ATTRS_NONE); // reaches into it
    EQ(ram_flags(g.ram, 0x3000), RAM_LOG | RAM_DIRTY);
    rig_down(&g);
}

TEST(mem_ram_blocks_have_their_own_numbers)
{
    Rig g;
    Error e = { 0 };
    u64 off;

    rig_up(&g);
    RamBlock *b = ram_new(&g.mem, "b", 5000, RAM_ANON, &e);
    EQ(b->size, 8192);
    TRUE(b->ram_offset >= g.ram->ram_offset + g.ram->size);
    EQ(b->ram_offset % (2 * MIB), 0);
    EQ((uintptr_t)b->host % (2 * MIB), 0);
    EQ(ram_of_host(&g.mem, b->host + 77, &off), b);
    EQ(off, 77);
    EQ(ram_of_host(&g.mem, &off, &off), NULL);
    EQ(ram_new(&g.mem, "zero", 0, RAM_ANON, &e), NULL);
    EQ(ram_new(&g.mem, "huge", 99ull << 40, RAM_ANON, &e), NULL);
    STR_HAS(e.text, "huge");
    EQ(ram_new(&g.mem, "end", UINT64_MAX, RAM_ANON, &e), NULL);
    rig_down(&g);
}

TEST(mem_backing_changes_in_place)
{
    Rig g;
    Error e = { 0 };
    u8 *host;

    rig_up(&g);
    host = g.ram->host;
    host[0] = 1;
    host[0x8001] = 2;
    TRUE(ram_set_backing(g.ram, RAM_MEMFD, NULL, &e));
    EQ(g.ram->host, host);
    TRUE(g.ram->fd >= 0);
    EQ(host[0] + host[0x8001], 3);
    TRUE(ram_set_backing(g.ram, RAM_ANON, NULL, &e));
    EQ(g.ram->fd, -1);
    EQ(host[0] + host[0x8001], 3);
    TRUE(ram_set_backing(g.ram, RAM_FILE, test_file("f", "hello", 5), &e));
    MEM_EQ(host, "hello\0", 6);
    EQ(host[0x8001], 0);
    host[0] = 'j'; // private
    FALSE(ram_set_backing(g.ram, RAM_FILE, "/nonexistent", &e));
    STR_HAS(e.text, "/nonexistent");
    EQ(host[0], 'j');
    ram_zero(g.ram);
    EQ(host[0], 0);
    rig_down(&g);
}

// ---- listeners, readers -------------------------------------------------------------------

typedef struct {
    MemListener l;
    int calls;
    u32 old, now;
} Ear;

static void heard(MemListener *l, AddressSpace *as, const FlatView *old, const FlatView *now)
{
    Ear *e = container_of(l, Ear, l);

    (void)as;
    e->calls++;
    e->old = old->count;
    e->now = now->count;
}

TEST(mem_listeners_hear_real_changes_only)
{
    Rig g;
    Ear ear = { .l.changed = heard };
    MemoryRegion a;

    rig_up(&g);
    mem_listen(&g.mem, &ear.l);
    EQ(ear.calls, 1);
    EQ(ear.old, 0);
    EQ(ear.now, 1);
    mem_begin(&g.mem);
    mem_begin(&g.mem);
    tagged(&a, 1, 0x1000);
    mem_add(&g.root, 0, &a, 0);
    mem_commit(&g.mem);
    EQ(ear.calls, 1); // nested: not yet
    mem_commit(&g.mem);
    EQ(ear.calls, 2);
    EQ(ear.now, 2);
    mem_begin(&g.mem);
    mem_enable(&a, false);
    mem_enable(&a, true);
    mem_commit(&g.mem);
    EQ(ear.calls, 2);
    as_fini(&g.as);
    EQ(ear.calls, 3);
    EQ(ear.now, 0);
    mem_unlisten(&g.mem, &ear.l);
    mem_fini(&g.mem);
}

typedef struct {
    Rig *g;
    _Atomic u32 stop;
    _Atomic u64 seen;
} Reader;

static void *reader(void *arg)
{
    Reader *r = arg;
    u64 v;

    while (!atomic_load(&r->stop)) {
        MemResult res = as_read(&r->g->as, 0x1000, &v, 8, ATTRS_NONE);

        TRUE(res == MEM_DECODE_ERR || v >> 32 == 1 || v >> 32 == 2);
        atomic_fetch_add(&r->seen, 1);
    }
    return NULL;
}

TEST(mem_readers_against_commits)
{
    Rig g;
    MemoryRegion a, b;
    Reader r = { .g = &g };
    Thread t[2] = { 0 };

    rig_up(&g);
    tagged(&a, 1, 0x1000);
    tagged(&b, 2, 0x1000);
    mem_begin(&g.mem);
    mem_add(&g.root, 0x1000, &a, 0);
    mem_add(&g.root, 0x1000, &b, 1);
    mem_commit(&g.mem);
    for (int i = 0; i < 2; i++)
        TRUE(thread_start(&t[i], "reader", reader, &r, NULL));
    for (int i = 0; i < 3000 || atomic_load(&r.seen) < 1000; i++) {
        mem_begin(&g.mem);
        mem_enable(&a, i & 1);
        mem_enable(&b, i & 2);
        mem_commit(&g.mem);
    }
    atomic_store(&r.stop, 1);
    for (int i = 0; i < 2; i++)
        thread_join(&t[i]);
    mem_begin(&g.mem);
    mem_commit(&g.mem);
    EQ(g.mem.retired, NULL); // with no reader left everything is freed
    rig_down(&g);
}

static MemResult commit_read(Rig *g, Gpa off, u64 *val, unsigned size, MemAttrs attrs)
{
    (void)off;
    (void)size;
    (void)attrs;
    mem_begin(&g->mem);
    mem_move(&g->low, 0x40000);
    mem_commit(&g->mem);
    *val = 5;
    return MEM_OK;
}

TEST(mem_commit_from_inside_a_handler)
{
    static const MemOps ops = { .read = commit_read };
    Rig g;
    MemoryRegion r;

    rig_up(&g);
    region_init_mmio(&r, "bar", &ops, &g, 8);
    mem_begin(&g.mem);
    mem_add(&g.root, 0, &r, 0);
    mem_commit(&g.mem);
    EQ(rd(&g, 0, 4), 5);
    EQ(as_lookup(&g.as, 0x10000, NULL).region, NULL);
    EQ(as_lookup(&g.as, 0x40000, NULL).region, &g.low);
    rig_down(&g);
}

TEST(mem_print)
{
    Rig g;
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    rig_up(&g);
    mem_print_tree(&g.mem, f);
    fclose(f);
    STR_HAS(text, "0000000000010000-000000000001ffff (prio 0, ram): low");
    STR_HAS(text, "0000000000000000-ffffffffffffffff (prio 0, container): root");
    free(text);
    rig_down(&g);
}
