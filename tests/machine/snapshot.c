// SPDX-License-Identifier: MIT
// A guest that computes, sleeps until its timer and prints is saved while it runs; a second
// machine that loads the state goes on with the very characters the first one goes on with.
// Cut off anywhere, the snapshot is refused.
#include "core/machine.h"
#include "tests/lib/test.h"

// A linear congruence and a sum of products in FP, both added up in memory; its top digit is
// printed.  Then WFI until the virtual timer, whose interrupt the GIC (2 or 3) passes on.
static const u32 guest[] = {
    0xd2a12001, // mov x1, #0x9000000
    0x52806022, // mov w2, #0x301
    0xb9003022, // str w2, [x1, #48]
    0xd2a10003, // mov x3, #0x8000000
    0x52a10002, // mov w2, #0x8000000
    0xd281fd04, // mov x4, #0xfe8
    0xb8646864, // ldr w4, [x3, x4]
    0x7100ac9f, // cmp w4, #0x2b
    0x54000141, // b.ne 48
    0x52800024, // mov w4, #0x1
    0xb9000064, // str w4, [x3]
    0xb9010062, // str w2, [x3, #256]
    0x91404064, // add x4, x3, #0x10, lsl #12
    0x52801fe2, // mov w2, #0xff
    0xb9000482, // str w2, [x4, #4]
    0x52800022, // mov w2, #0x1
    0xb9000082, // str w2, [x4]
    0x1400000d, // b 78
    0x52800044, // mov w4, #0x2
    0xb9000064, // str w4, [x3]
    0x91428063, // add x3, x3, #0xa0, lsl #12
    0xb900147f, // str wzr, [x3, #20]
    0x91404063, // add x3, x3, #0x10, lsl #12
    0x12800004, // mov w4, #0xffffffff
    0xb9008064, // str w4, [x3, #128]
    0xb9010062, // str w2, [x3, #256]
    0xd2801fe2, // mov x2, #0xff
    0xd5184602, // msr icc_pmr_el1, x2
    0xd2800022, // mov x2, #0x1
    0xd518cce2, // msr icc_igrpen1_el1, x2
    0xd2a00600, // mov x0, #0x300000
    0xd5181040, // msr cpacr_el1, x0
    0xd5033fdf, // isb
    0xd2800020, // mov x0, #0x1
    0xd28992a5, // mov x5, #0x4c95
    0xf2afe5a5, // movk x5, #0x7f2d, lsl #16
    0xf2de85a5, // movk x5, #0xf42d, lsl #32
    0xf2eb0a25, // movk x5, #0x5851, lsl #48
    0xd2800286, // mov x6, #0x14
    0x10000009, // adr x9, 9c
    0x9278dd29, // and x9, x9, #0xffffffffffffff00
    0x91400529, // add x9, x9, #0x1, lsl #12
    0x1e6f1000, // fmov d0, #1.500000000000000000e+00
    0x1e604001, // fmov d1, d0
    0x9b051800, // madd x0, x0, x5, x6
    0x1f400021, // fmadd d1, d1, d0, d0
    0x9e660027, // fmov x7, d1
    0xca070008, // eor x8, x0, x7
    0xf940012a, // ldr x10, [x9]
    0x8b08014a, // add x10, x10, x8
    0xf900012a, // str x10, [x9]
    0xd37cfd48, // lsr x8, x10, #60
    0x11018508, // add w8, w8, #0x61
    0x39000028, // strb w8, [x1]
    0xd2827102, // mov x2, #0x1388
    0xd51be302, // msr cntv_tval_el0, x2
    0xd2800022, // mov x2, #0x1
    0xd51be322, // msr cntv_ctl_el0, x2
    0xd503207f, // wfi
    0xd51be33f, // msr cntv_ctl_el0, xzr
    0x17fffff0, // b b0
};

enum { BEFORE = 40, AFTER = 120, PATIENCE_MS = 8000 };

typedef struct Board {
    MachineConfig config;
    Args options, accel;
    Input input;
    Loop loop;
    ChardevTest *chr;
    Machine *m;
} Board;

static void board_up(Board *b, const char *gic, const char *engine)
{
    Error err = { 0 };

    *b = (Board){ 0 };
    input_init(&b->input);
    TRUE(loop_init(&b->loop, &err));
    b->chr = chardev_test_new(&b->loop, &b->input);
    TRUE(args_parse(&b->options, "-M", gic, NULL, NULL, &err));
    TRUE(args_parse(&b->accel, "-accel", engine, NULL, NULL, &err));
    b->config = (MachineConfig){ .cpu = "cortex-a53", .cpus = 2, .ram_size = 8 << 20,
                                 .accel = "tcg", .accel_options = &b->accel,
                                 .options = &b->options, .has_seed = true, .seed = 1,
                                 .kernel = test_file("guest", guest, sizeof(guest)) };
    b->config.serial[0] = chardev_test_dev(b->chr);
    b->m = machine_new(machine_class_find("virt", &err), &b->config, &err);
    if (!b->m || !machine_start(b->m, &err))
        FAIL("%s", err.text);
}

static void board_down(Board *b)
{
    machine_free(b->m);
    chardev_close(chardev_test_dev(b->chr));
    loop_fini(&b->loop);
    args_free(&b->options);
    args_free(&b->accel);
}

// Runs until `n` characters are out, and stands then; the text is the chardev's.
static const char *run_to(Board *b, size_t n, size_t *len)
{
    machine_resume(b->m);
    for (int i = 0; chardev_test_output(b->chr, len), *len < n; i++) {
        if (i > PATIENCE_MS)
            FAIL("%zu characters of %zu", *len, n);
        loop_once(&b->m->loop, 1000000);
    }
    machine_pause(b->m);
    return chardev_test_output(b->chr, len);
}

static void goes_on(const char *gic, const char *first, const char *second)
{
    Board a, b;
    StateWriter w = { 0 };
    Error err = { 0 };
    size_t before, all, n;

    board_up(&a, gic, first);
    run_to(&a, BEFORE, &before);
    machine_save(a.m, &w);
    const char *whole = run_to(&a, before + AFTER, &all);

    board_up(&b, gic, second);
    if (!machine_load(b.m, w.buf.at, w.buf.len, &err))
        FAIL("%s", err.text);
    StateWriter again = { 0 };

    machine_save(b.m, &again);
    EQ(again.buf.len, w.buf.len);
    MEM_EQ(again.buf.at, w.buf.at, w.buf.len);
    MEM_EQ(run_to(&b, AFTER, &n), whole + before, AFTER);
    for (size_t i = 0; i < w.buf.len; i += w.buf.len / 50)
        FALSE(machine_load(b.m, w.buf.at, i, &err));
    state_writer_free(&w);
    state_writer_free(&again);
    board_down(&a);
    board_down(&b);
}

TEST(snapshot_gicv2) { goes_on("gic-version=2", "engine=amd64", "engine=amd64"); }
TEST(snapshot_gicv3) { goes_on("gic-version=3", "engine=amd64", "engine=amd64"); }
// The engine is no part of the state.
TEST(snapshot_other_engine) { goes_on("gic-version=2", "engine=amd64", "engine=eval"); }
