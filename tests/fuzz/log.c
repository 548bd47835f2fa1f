// SPDX-License-Identifier: MIT
// The items of -d, and lines of every level with hostile text in them.
// covers: util/log.c
// runs: 20000
#include "tests/fuzz/fuzz.h"
#include "util/log.h"

LOG_CATEGORY("fuzz")

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    static FILE *null;
    char *text = fuzz_text(data, size);
    Error err = { 0 };
    _Atomic u32 limit = size ? data[0] : 0, once = 0;

    if (!null) {
        null = fopen("/dev/null", "w");
        BUG_ON(!null || !log_open("/dev/null", &err));
    }
    BUG_ON(!log_configure(text, &err) && !err.text[0]);
    log_help(null);
    log_error("%s", text);
    log_info("%s", text);
    log_trace("%s", text);
    log_guest("%s", text);
    log_unimp("%s", text);
    log_text(text, strlen(text));
    log_printf("%s", text);
    log_limit_(&limit);
    log_once_(&once);
    log_flush();
    log_configure("fuzz=error", &err);
    free(text);
    return 0;
}
