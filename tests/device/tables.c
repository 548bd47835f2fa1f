// SPDX-License-Identifier: MIT
// Every register row of every class has its line in tests/device/CLASS.txt, whose values come
// from data sheets or the peer (peer.py).  "OFFSET VALUE" is what it resets to; "OFFSET - WHY"
// is for what has no such value.  CLASS_ones.txt: its value after ones were written to it.
#include "tests/device/rig.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { RANGES = 512 };
typedef struct Range { u64 at, end; } Range;
typedef struct Table { Range range[RANGES]; u32 count; } Table;

static void table_read(Table *t, const char *cls)
{
    char path[64], line[200];
    u64 base = 0;

    snprintf(path, sizeof(path), "tests/device/%s.txt", cls);
    FILE *f = fopen(path, "r");

    if (!f)
        FAIL("%s: no %s: write it, from the data sheet or by tests/device/peer.py", cls, path);
    while (t->count < RANGES && fgets(line, sizeof(line), f)) {
        unsigned long long at, count = 1;
        int n = 0;

        if (sscanf(line, "@%llx", &at) == 1) {
            base = at;
        } else if (sscanf(line, "%llx%n", &at, &n) == 1 && (line[n] == ' ' || line[n] == '+')) {
            sscanf(line + n, "+%llu", &count);
            t->range[t->count++] = (Range){ base + at, base + at + 4 * count };
        }
    }
    fclose(f);
}

static bool table_has(const Table *t, u64 at)
{
    for (u32 i = 0; i < t->count; i++)
        if (at >= t->range[i].at && at < t->range[i].end)
            return true;
    return false;
}

static void check_rows(const Table *t, const char *cls, u64 base, const RegTable *regs)
{
    for (u32 n = 0; n < regs->count; n++) {
        const Reg *r = &regs->row[n];
        u32 size = r->size ? r->size : 4, stride = r->stride ? r->stride : size;

        for (u32 i = 0; i < (r->count ? r->count : 1); i++)
            if (!table_has(t, base + r->offset + i * stride))
                FAIL("tests/device/%s.txt has no line for %s at 0x%llx", cls, r->name,
                     (unsigned long long)(base + r->offset + i * stride));
    }
}

static bool has_rows(const DeviceClass *cls)
{
    u32 n = cls->regs.count;

    for (u32 i = 0; i < DEVICE_REGIONS && cls->regions[i].name; i++)
        n += cls->regions[i].regs.count;
    return n;
}

TEST(tables_complete)
{
    device_class_foreach(it) {
        Table t = { 0 };

        if (!has_rows(*it))
            continue;
        table_read(&t, (*it)->name);
        TRUE(t.count);
        check_rows(&t, (*it)->name, 0, &(*it)->regs);
        for (u32 i = 0; i < DEVICE_REGIONS && (*it)->regions[i].name; i++)
            check_rows(&t, (*it)->name, i * 0x10000000ull, &(*it)->regions[i].regs);
    }
}

static void check(const char *cls, const char *props, bool ones)
{
    char path[64];
    Rig r;

    rig_open(&r, cls, props, NULL);
    snprintf(path, sizeof(path), "tests/device/%s%s.txt", cls, ones ? "_ones" : "");
    if (ones)
        rig_check_ones(&r, path);
    else
        rig_check(&r, path);
    rig_close(&r);
}

TEST(tables_virtio_mmio) { check("virtio-mmio", NULL, false); }
TEST(tables_gicv2m) { check("gicv2m", NULL, false); }
TEST(tables_gpex) { check("gpex", "mmio-size=1M,mmio64-size=1M", false); }
TEST(tables_gicv2m_ones) { check("gicv2m", NULL, true); }
TEST(tables_gicv3_ones) { check("gicv3", "num-cpu=2", true); }
TEST(tables_pl061_ones) { check("pl061", NULL, true); }
TEST(tables_pl011_ones) { check("pl011", NULL, true); }
TEST(tables_pl031_ones) { check("pl031", NULL, true); }
