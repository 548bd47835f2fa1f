// SPDX-License-Identifier: MIT
// The gate for everything non-deterministic: host time, randomness, bytes from back
// ends.  Devices and machines get such values from here only, so that record/replay can
// be put behind this one file.  Thread-safe.
#pragma once

#include <sys/types.h>

#include "util/map.h"
#include "util/thread.h"
#include "util/types.h"

typedef struct Input {
    bool seeded;          // -seed N: randomness repeats
    u64 seed;
    Mutex lock;
    StrMap streams GUARDED_BY(lock); // use -> u64[4], when seeded
    _Atomic u64 bytes_in; // from back ends, counted for --stats
} Input;

void input_init(Input *in);
void input_fini(Input *in);
void input_seed(Input *in, u64 seed);

u64 input_mono_ns(Input *in); // CLOCK_MONOTONIC
u64 input_wall_ns(Input *in); // CLOCK_REALTIME

// From getrandom, or from the seed; fails never.  `use` names the consumer so that with
// a seed one consumer's draws do not shift another's ("kaslr-seed", "virtio-rng").
void input_random(Input *in, const char *use, void *buf, size_t len);

#define INPUT_FDS 16u // descriptors with one piece of input

// Back ends pass bytes for the guest through here before the front end sees them.
ssize_t input_read(Input *in, int fd, void *buf, size_t len);
// The same from a Unix socket, with the descriptors (at most *count, close-on-exec; more are
// closed) that came along.
ssize_t input_recv(Input *in, int fd, void *buf, size_t len, int *fds, u32 *count);
