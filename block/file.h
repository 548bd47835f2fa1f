// SPDX-License-Identifier: MIT
// Plain files as block back ends.
#pragma once

#include "core/block.h"

// The bytes of a regular file or block device as they are.  Locked against other processes
// while open (shared if read-only).  One worker thread does the transfers, in order; a write
// that is done has reached the host's kernel, so it survives the end of this process.
// The loop is the one that completions go to; it may be set in ->loop later, before the first
// request.  NULL and err on failure.
Block *block_file_open(const char *path, bool readonly, Loop *loop, Error *err);
