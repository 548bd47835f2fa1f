// SPDX-License-Identifier: MIT
// Sets of file descriptors that somebody outside opened for us: "/dev/fdset/N" is then a path
// wherever path_open opens one.  A set may hold several descriptors, of different access modes.
// Descriptors come by -add-fd or by a monitor's add-fd.  Main or loop thread.
#pragma once

#include "util/error.h"

#define FDSET_NEW UINT64_MAX
#define FDSET_MOST 256u         // descriptors in all sets

// Takes fd, also on failure, but for one that is a member already.  set: FDSET_NEW = the least
// number that is free; *set gets it.  opaque: a text for fdset_each, copied; may be NULL.
bool fdset_add(u64 *set, int fd, const char *opaque, Error *err);
// fd < 0: all of the set.  Closes them; what was opened from them lives on.
bool fdset_remove(u64 set, i64 fd, Error *err);
// In the order of their numbers, then of their coming.
void fdset_each(void (*fn)(void *opaque, u64 set, int fd, const char *text), void *opaque);
void fdset_close_all(void);

// As open(2), close-on-exec.  "/dev/fdset/N": a copy of the descriptor of set N that has the
// access mode of flags; EACCES: none has, ENOENT: no such set.
int path_open(const char *path, int flags, int mode);
