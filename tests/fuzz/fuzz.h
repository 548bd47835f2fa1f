// SPDX-License-Identifier: MIT
// What fuzz targets share.  A target is one file NAME.c: it names the files whose line
// coverage tests/fuzz/run.sh prints and checks in lines `// covers: FILE...`, the number of
// inputs of the slice in `// runs: N`, and keeps its first inputs in seeds/NAME/.
#pragma once

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/types.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

// The input as text; the caller frees.
static inline char *fuzz_text(const u8 *data, size_t size)
{
    return xstrndup((const char *)data, size);
}

// The input as a file in memory: its path in path[32], its descriptor to close.
static inline int fuzz_file(const u8 *data, size_t size, char *path)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    while (size) {
        ssize_t n = write(fd, data, size);

        if (n <= 0)
            break;
        data += n;
        size -= (size_t)n;
    }
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}
