// SPDX-License-Identifier: MIT
// The bench for device tests; see rig.h.
#include "tests/device/rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"
#include "util/alloc.h"

static void sink(void *to, int n, int level)
{
    Rig *r = to;

    if (n >= RIG_LINES)
        return;
    r->edges[n] += level && !r->line[n];
    r->line[n] = level;
}

static void set_props(Rig *r, const char *props)
{
    Error err = { 0 };
    Args a = { 0 };

    if (!props)
        return;
    TRUE(args_parse(&a, "props", props, NULL, NULL, &err));
    vec_foreach(it, &a.list)
        if (!device_set(r->dev, it->key, it->val, &err))
            FAIL("%s", err.text);
    args_free(&a);
}

void rig_open(Rig *r, const char *name, const char *props, Machine *machine)
{
    rig_open_block(r, name, props, machine, NULL);
}

void rig_open_block(Rig *r, const char *name, const char *props, Machine *machine, Block *block)
{
    Error err = { 0 };
    const DeviceClass *cls = device_class_find(name, &err);

    if (!cls)
        FAIL("%s", err.text);
    *r = (Rig){ .cpu = CPU_NONE };
    input_init(&r->input);
    TRUE(loop_init(&r->loop, &err));
    clocks_init(&r->clocks, &r->input, &r->loop);
    mem_init(&r->mem);
    region_init_container(&r->root, "root", MEM_SIZE_ALL);
    as_init(&r->as, &r->mem, &r->root, "rig");
    r->dev = device_new(cls, "dut", &(DeviceHost){ machine, &r->clocks, &r->input, &r->loop,
                                                   &r->as });
    set_props(r, props);
    r->chr = chardev_test_new(&r->loop, &r->input);
    if (cls->backends & BACKEND_CHARDEV)
        device_chardev(r->dev, chardev_test_dev(r->chr));
    if (block)
        device_block(r->dev, block);
    if (!device_init(r->dev, &err))
        FAIL("%s", err.text);
    mem_begin(&r->mem);
    for (u32 i = 0; i < r->dev->region_count; i++)
        mem_add(&r->root, i * 0x10000000ull, device_region(r->dev, i), 0);
    mem_commit(&r->mem);
    for (u32 i = 0; i < r->dev->irq_out_count; i++)
        irq_connect(&r->dev->irq_out[i], sink, r, (int)i);
    clocks_start(&r->clocks);
    device_reset(r->dev);
    device_redrive(r->dev);
}

void rig_close(Rig *r)
{
    mem_begin(&r->mem);
    for (u32 i = 0; i < r->dev->region_count; i++)
        mem_del(device_region(r->dev, i));
    mem_commit(&r->mem);
    device_free(r->dev);
    chardev_close(chardev_test_dev(r->chr));
    as_fini(&r->as);
    mem_fini(&r->mem);
    clocks_fini(&r->clocks);
    loop_fini(&r->loop);
}

void rig_spin(Rig *r, int ms)
{
    u64 end = input_mono_ns(&r->input) + (u64)ms * 1000000;

    while (input_mono_ns(&r->input) < end)
        loop_once(&r->loop, 1000000);
}

u64 rig_read(Rig *r, u64 at, unsigned size)
{
    u64 v = 0;

    EQ(as_read(&r->as, at, &v, size, (MemAttrs){ .cpu = r->cpu }), MEM_OK);
    return v;
}

void rig_write(Rig *r, u64 at, u64 val, unsigned size)
{
    EQ(as_write(&r->as, at, val, size, (MemAttrs){ .cpu = r->cpu }), MEM_OK);
}

static void check_one(Rig *r, const char *path, u64 at, u32 want, bool ones)
{
    if (ones) {
        device_reset(r->dev);
        wr(r, at, ~0u);
    }
    u32 got = rd(r, at);

    if (got != want)
        FAIL("%s: 0x%llx is 0x%x, not 0x%x", path, (unsigned long long)at, got, want);
}

typedef unsigned long long Number;

static bool read_line(const char *line, Number *at, Number *count, Number *stride, Number *want)
{
    *count = 1;
    *stride = 4;
    return sscanf(line, "%llx+%llu*%llu %llx", at, count, stride, want) == 4 ||
           (*stride = 4, sscanf(line, "%llx+%llu %llx", at, count, want)) == 3 ||
           (*count = 1, sscanf(line, "%llx %llx", at, want)) == 2;
}

static void check_file(Rig *r, const char *path, bool ones)
{
    FILE *f = fopen(path, "r");
    char line[200];
    u64 base = 0;

    if (!f)
        FAIL("cannot open %s", path);
    while (fgets(line, sizeof(line), f)) {
        unsigned long long at, count, stride, want;

        if (sscanf(line, "@%llx", &at) == 1) {
            base = at;
            continue;
        }
        if (!read_line(line, &at, &count, &stride, &want))
            continue;
        for (u64 i = 0; i < count; i++)
            check_one(r, path, base + at + stride * i, (u32)want, ones);
    }
    fclose(f);
}

void rig_check(Rig *r, const char *path) { check_file(r, path, false); }
void rig_check_ones(Rig *r, const char *path) { check_file(r, path, true); }

void rig_check_state(Rig *r)
{
    size_t size = r->dev->cls->size;
    u8 *marks = xalloc(size);
    StateWriter a = { 0 }, b = { 0 };
    StateReader in;
    Error err = { 0 };

    device_state_map(r->dev, marks);
    for (size_t i = sizeof(Device); i < size; i++)
        if (!marks[i])
            FAIL("%s: byte %zu of the instance is no declared state", r->dev->cls->name, i);
    device_save(r->dev, &a);
    device_reset(r->dev);
    state_reader_init(&in, a.buf.at, a.buf.len);
    if (!device_load(r->dev, &in, &err))
        FAIL("%s", err.text);
    device_save(r->dev, &b);
    EQ(a.buf.len, b.buf.len);
    MEM_EQ(a.buf.at, b.buf.at, a.buf.len);
    state_writer_free(&a);
    state_writer_free(&b);
    free(marks);
}
