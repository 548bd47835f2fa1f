// SPDX-License-Identifier: MIT
// The gate; see input.h.  With a seed each use draws from its own xoshiro256** stream
// (Blackman and Vigna, public domain), keyed by splitmix64 of seed and name.
#include "core/input.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/bits.h"
#include "util/log.h"

void input_init(Input *in)
{
    *in = (Input){ 0 };
    mutex_init(&in->lock);
}

void input_fini(Input *in)
{
    strmap_foreach (it, &in->streams)
        free(it->val);
    strmap_free(&in->streams);
    mutex_fini(&in->lock);
}

void input_seed(Input *in, u64 seed)
{
    in->seeded = true;
    in->seed = seed;
}

static u64 read_clock(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

u64 input_mono_ns(Input *in)
{
    (void)in;
    return read_clock(CLOCK_MONOTONIC);
}

u64 input_wall_ns(Input *in)
{
    (void)in;
    return read_clock(CLOCK_REALTIME);
}

static u64 xoshiro(u64 s[4])
{
    u64 out = rol64(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rol64(s[3], 45);
    return out;
}

static u64 splitmix(u64 *x)
{
    u64 z = *x += 0x9e3779b97f4a7c15ull;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

static u64 *stream_locked(Input *in, const char *use)
{
    u64 *s = strmap_get(&in->streams, use);

    if (!s) {
        u64 x = in->seed ^ hash_bytes(use, strlen(use));

        s = xalloc(4 * sizeof(u64));
        for (int i = 0; i < 4; i++)
            s[i] = splitmix(&x);
        strmap_set(&in->streams, use, s);
    }
    return s;
}

static void seeded_bytes(Input *in, const char *use, u8 *buf, size_t len)
{
    mutex_lock(&in->lock);
    u64 *s = stream_locked(in, use);

    while (len) {
        u64 v = xoshiro(s);
        size_t n = MIN(len, sizeof(v));

        memcpy(buf, &v, n);
        buf += n;
        len -= n;
    }
    mutex_unlock(&in->lock);
}

void input_random(Input *in, const char *use, void *buf, size_t len)
{
    u8 *p = buf;

    if (in->seeded) {
        seeded_bytes(in, use, p, len);
        return;
    }
    while (len) {
        ssize_t n = getrandom(p, len, 0);

        BUG_ON(n < 0 && errno != EINTR);
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

ssize_t input_read(Input *in, int fd, void *buf, size_t len)
{
    ssize_t n;

    do
        n = read(fd, buf, len);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        atomic_fetch_add_explicit(&in->bytes_in, (u64)n, memory_order_relaxed);
    return n;
}

// What does not fit is dropped, here or (MSG_CTRUNC) by the kernel.
static void take_fds(struct msghdr *msg, int *fds, u32 most, u32 *count)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < n && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
             i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (*count < most)
                fds[(*count)++] = fd;
            else
                close(fd);
        }
    }
}

ssize_t input_recv(Input *in, int fd, void *buf, size_t len, int *fds, u32 *count)
{
    union { char room[CMSG_SPACE(INPUT_FDS * sizeof(int))]; struct cmsghdr align; } control;
    struct iovec iov = { buf, len };
    struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                          .msg_controllen = sizeof(control) };
    u32 most = *count;
    ssize_t n;

    *count = 0;
    do
        n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n >= 0)
        take_fds(&msg, fds, most, count);
    if (n > 0)
        atomic_fetch_add_explicit(&in->bytes_in, (u64)n, memory_order_relaxed);
    return n;
}
