// SPDX-License-Identifier: MIT
// Probe: zlib (gzip-compressed kernels).
#include <zlib.h>

int main(void)
{
    z_stream z = { 0 };
    return inflateInit2(&z, 31) != Z_OK;
}
