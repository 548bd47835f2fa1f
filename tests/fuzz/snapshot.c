// SPDX-License-Identifier: MIT
// machine_load of hostile buffers: the state of a small virt board, with the input's edits.
// A refused snapshot has a reason; one that is accepted can be saved, and runs no one.
// covers: core/snapshot.c core/state.c
// runs: 1500
#include "core/machine.h"
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

enum { EDIT = 6 };

static Machine *board(void)
{
    static MachineConfig config = { .cpu = "cortex-a53", .cpus = 2, .ram_size = 2 << 20,
                                    .accel = "tcg" };
    static Args none = { .option = "-M" };
    Error err = { 0 };
    Machine *m;

    config.options = &none;
    config.accel_options = &none;
    m = machine_new(machine_class_find("virt", &err), &config, &err);
    if (!m) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return m;
}

// [what][at 4][value]: a byte is set, or everything from there on is cut off.
static size_t edit(u8 *buf, size_t len, const u8 *e)
{
    u32 at;

    memcpy(&at, e + 1, 4);
    at %= (u32)len;
    if (e[0] == 0xff)
        return at + 1;
    buf[at] = e[0] & 1 ? e[5] : buf[at] ^ e[5];
    return len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static Machine *m;
    static StateWriter whole;
    Error err = { 0 };

    if (!m) {
        m = board();
        machine_save(m, &whole);
    }
    size_t len = whole.buf.len;
    u8 *buf = xalloc(len);

    memcpy(buf, whole.buf.at, len);

    if (size && data[0] == 'S') {       // the file itself is the input
        machine_load(m, data, size, &err);
    } else {
        for (size_t i = 0; i + EDIT <= size && i < 64 * EDIT; i += EDIT)
            len = edit(buf, len, data + i);
        StateWriter again = { 0 };

        BUG_ON(!machine_load(m, buf, len, &err) && !err.text[0]);
        machine_save(m, &again);
        state_writer_free(&again);
    }
    free(buf);
    return 0;
}
