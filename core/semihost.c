// SPDX-License-Identifier: MIT
// The host's half of semihosting; see semihost.h.
#include "core/semihost.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/machine.h"
#include "util/alloc.h"
#include "util/str.h"

#define INPUT_MAX 4096            // typed ahead
#define OUTPUT_MAX (64 * KIB)     // waiting for the chardev; a call may go beyond once
#define WAIT_NS 10000000          // commands tell nobody that they end
#define DRAIN_NS (2 * NS_PER_SECOND)

typedef enum { KIND_FREE, KIND_FILE, KIND_STREAM, KIND_BYTES } Kind;

typedef struct Handle {
    Kind kind;
    int fd;
    SemihostStream stream;
    const u8 *data;
    size_t len, at;
} Handle;

struct Semihost {
    Machine *m;
    const SemihostConfig *config;
    ChardevFront front;
    Mutex lock;
    Handle handle[SEMIHOST_HANDLES] GUARDED_BY(lock);
    u8 input[INPUT_MAX] GUARDED_BY(lock);
    size_t input_len GUARDED_BY(lock);
    Str output GUARDED_BY(lock);
    u64 drain_by GUARDED_BY(lock);   // 0: nobody drains
    pid_t child GUARDED_BY(lock);    // of the one command that runs
    Cpu *child_of GUARDED_BY(lock);
};

extern char **environ;

// ---- the console ------------------------------------------------------------------------

static void wake_all(Semihost *sh)
{
    for (u32 i = 0; i < sh->m->cpu_count; i++)
        cpu_kick(sh->m->cpu[i], 0);
}

static size_t can_receive(void *opaque)
{
    Semihost *sh = opaque;

    mutex_lock(&sh->lock);
    size_t room = INPUT_MAX - sh->input_len;
    mutex_unlock(&sh->lock);
    return room;
}

static void receive(void *opaque, const u8 *buf, size_t len)
{
    Semihost *sh = opaque;

    mutex_lock(&sh->lock);
    len = MIN(len, INPUT_MAX - sh->input_len);
    memcpy(sh->input + sh->input_len, buf, len);
    sh->input_len += len;
    mutex_unlock(&sh->lock);
    wake_all(sh);
}

static void send_locked(Semihost *sh)
{
    size_t n = sh->output.len ? chardev_write(sh->config->console, sh->output.s, sh->output.len)
                              : 0;

    if (!n)
        return;
    memmove(sh->output.s, sh->output.s + n, sh->output.len - n);
    sh->output.len -= n;
}

static void writable(void *opaque)
{
    Semihost *sh = opaque;

    mutex_lock(&sh->lock);
    send_locked(sh);
    mutex_unlock(&sh->lock);
    wake_all(sh);
}

static i64 get_stdin(void *buf, size_t len)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

    if (len && poll(&p, 1, 0) == 0)
        return SEMIHOST_WAIT;
    ssize_t n = read(STDIN_FILENO, buf, len);

    return n < 0 ? -errno : n;
}

i64 semihost_get(Semihost *sh, void *buf, size_t len)
{
    if (!sh->config->console)
        return get_stdin(buf, len);
    mutex_lock(&sh->lock);
    size_t n = MIN(len, sh->input_len);

    memcpy(buf, sh->input, n);
    memmove(sh->input, sh->input + n, sh->input_len - n);
    sh->input_len -= n;
    mutex_unlock(&sh->lock);
    if (n)
        chardev_accept_input(sh->config->console);
    return n || !len ? (i64)n : SEMIHOST_WAIT;
}

static i64 put_stdio(SemihostStream to, const u8 *buf, size_t len)
{
    FILE *f = to == SEMIHOST_ERR ? stderr : stdout;
    size_t n = fwrite(buf, 1, len, f);

    return fflush(f) || n < len ? -errno : (i64)n;
}

i64 semihost_put(Semihost *sh, SemihostStream to, const void *buf, size_t len)
{
    i64 n = SEMIHOST_WAIT;

    if (!sh->config->console)
        return put_stdio(to, buf, len);
    mutex_lock(&sh->lock);
    if (sh->output.len < OUTPUT_MAX) {
        str_addn(&sh->output, buf, len);
        send_locked(sh);
        n = (i64)len;
    }
    mutex_unlock(&sh->lock);
    return n;
}

i64 semihost_drain(Semihost *sh)
{
    u64 now = clock_now(&sh->m->clocks, CLOCK_REAL);

    mutex_lock(&sh->lock);
    send_locked(sh);
    if (!sh->drain_by)
        sh->drain_by = now + DRAIN_NS;
    bool wait = sh->output.len && now < sh->drain_by;
    mutex_unlock(&sh->lock);
    return wait ? SEMIHOST_WAIT : 0;
}

void semihost_wait(Semihost *sh, Cpu *cpu)
{
    (void)sh;
    cpu_nap(cpu, WAIT_NS);
}

// ---- handles -----------------------------------------------------------------------------

static i64 add_handle(Semihost *sh, Handle h)
{
    i64 got = -EMFILE;

    mutex_lock(&sh->lock);
    for (u32 i = 1; i < SEMIHOST_HANDLES && got < 0; i++)
        if (sh->handle[i].kind == KIND_FREE) {
            sh->handle[i] = h;
            got = i;
        }
    mutex_unlock(&sh->lock);
    if (got < 0 && h.kind == KIND_FILE)
        close(h.fd);
    return got;
}

static Handle *find_locked(Semihost *sh, u64 handle)
{
    return handle < SEMIHOST_HANDLES && sh->handle[handle].kind != KIND_FREE ? &sh->handle[handle]
                                                                             : NULL;
}

// A copy whose descriptor is the caller's own: another vCPU may close the handle meanwhile.
static bool take_copy(Semihost *sh, u64 handle, Handle *copy)
{
    mutex_lock(&sh->lock);
    Handle *h = find_locked(sh, handle);

    *copy = h ? *h : (Handle){ .kind = KIND_FREE };
    if (copy->kind == KIND_FILE)
        copy->fd = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
    mutex_unlock(&sh->lock);
    return copy->kind != KIND_FREE && (copy->kind != KIND_FILE || copy->fd >= 0);
}

static i64 done(const Handle *copy, i64 result)
{
    i64 r = result < 0 && result != SEMIHOST_WAIT ? -errno : result;

    if (copy->kind == KIND_FILE)
        close(copy->fd);
    return r;
}

i64 semihost_open(Semihost *sh, const char *path, int flags)
{
    // O_NONBLOCK: a FIFO without a writer must not hold the vCPU.
    int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    struct stat st;

    if (fd < 0)
        return -errno;
    if (!fstat(fd, &st) && S_ISDIR(st.st_mode)) {
        close(fd);
        return -EISDIR;
    }
    return add_handle(sh, (Handle){ .kind = KIND_FILE, .fd = fd });
}

i64 semihost_open_stream(Semihost *sh, SemihostStream which)
{
    return add_handle(sh, (Handle){ .kind = KIND_STREAM, .stream = which });
}

i64 semihost_open_bytes(Semihost *sh, const void *data, size_t len)
{
    return add_handle(sh, (Handle){ .kind = KIND_BYTES, .data = data, .len = len });
}

i64 semihost_close(Semihost *sh, u64 handle)
{
    mutex_lock(&sh->lock);
    Handle *h = find_locked(sh, handle), was = { .kind = KIND_FREE };

    if (h) {
        was = *h;
        h->kind = KIND_FREE;
    }
    mutex_unlock(&sh->lock);
    if (was.kind == KIND_FREE)
        return -EBADF;
    return was.kind == KIND_FILE && close(was.fd) ? -errno : 0;
}

static i64 read_bytes(Semihost *sh, u64 handle, void *buf, size_t len)
{
    i64 n = -EBADF;

    mutex_lock(&sh->lock);
    Handle *h = find_locked(sh, handle);

    if (h && h->kind == KIND_BYTES) {
        len = MIN(len, h->len - h->at);
        memcpy(buf, h->data + h->at, len);
        h->at += len;
        n = (i64)len;
    }
    mutex_unlock(&sh->lock);
    return n;
}

i64 semihost_read(Semihost *sh, u64 handle, void *buf, size_t len)
{
    Handle h;

    if (!take_copy(sh, handle, &h))
        return -EBADF;
    switch (h.kind) {
    case KIND_FILE:   return done(&h, read(h.fd, buf, len));
    case KIND_BYTES:  return read_bytes(sh, handle, buf, len);
    case KIND_STREAM: return h.stream == SEMIHOST_IN ? semihost_get(sh, buf, len) : -EBADF;
    case KIND_FREE:   break;
    }
    return -EBADF;
}

i64 semihost_write(Semihost *sh, u64 handle, const void *buf, size_t len)
{
    Handle h;

    if (!take_copy(sh, handle, &h))
        return -EBADF;
    switch (h.kind) {
    case KIND_FILE:   return done(&h, write(h.fd, buf, len));
    case KIND_STREAM: return h.stream == SEMIHOST_IN ? -EBADF
                                                     : semihost_put(sh, h.stream, buf, len);
    case KIND_BYTES: case KIND_FREE: break;
    }
    return -EBADF;
}

static i64 seek_bytes(Semihost *sh, u64 handle, u64 at)
{
    i64 r = -EBADF;

    mutex_lock(&sh->lock);
    Handle *h = find_locked(sh, handle);

    if (h && h->kind == KIND_BYTES) {
        r = at <= h->len ? 0 : -EINVAL;
        h->at = at <= h->len ? (size_t)at : h->at;
    }
    mutex_unlock(&sh->lock);
    return r;
}

i64 semihost_seek(Semihost *sh, u64 handle, u64 at)
{
    Handle h;

    if (!take_copy(sh, handle, &h))
        return -EBADF;
    if (h.kind == KIND_BYTES)
        return seek_bytes(sh, handle, at);
    if (h.kind == KIND_STREAM)
        return -ESPIPE;
    if (at > INT64_MAX)
        return close(h.fd), -EINVAL;
    return done(&h, lseek(h.fd, (off_t)at, SEEK_SET) < 0 ? -1 : 0);
}

i64 semihost_length(Semihost *sh, u64 handle)
{
    Handle h;
    struct stat st;

    if (!take_copy(sh, handle, &h))
        return -EBADF;
    if (h.kind == KIND_BYTES)
        return (i64)h.len;
    if (h.kind == KIND_STREAM)
        return -EINVAL;
    return done(&h, fstat(h.fd, &st) ? -1 : st.st_size);
}

i64 semihost_is_tty(Semihost *sh, u64 handle)
{
    Handle h;

    if (!take_copy(sh, handle, &h))
        return -EBADF;
    if (h.kind == KIND_BYTES)
        return 0;
    if (h.kind == KIND_STREAM)
        return sh->config->console || isatty((int)h.stream) ? 1 : 0;
    return done(&h, isatty(h.fd) ? 1 : 0);
}

// ---- commands -----------------------------------------------------------------------------

static int spawn(const char *command, pid_t *pid)
{
    char *argv[] = { "sh", "-c", (char *)(uintptr_t)command, NULL };
    posix_spawnattr_t attr;
    sigset_t none, all;

    // the vCPU's thread blocks what a command wants to get
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int rc = posix_spawn(pid, "/bin/sh", NULL, &attr, argv, environ);

    posix_spawnattr_destroy(&attr);
    return rc;
}

static i64 run_locked(Semihost *sh, Cpu *cpu, const char *command)
{
    int status, rc;

    if (sh->child && sh->child_of != cpu)
        return SEMIHOST_WAIT;            // one at a time
    if (!sh->child) {
        rc = spawn(command, &sh->child);
        if (rc) {
            sh->child = 0;
            return -rc;
        }
        sh->child_of = cpu;
    }
    pid_t got = waitpid(sh->child, &status, WNOHANG);

    if (!got)
        return SEMIHOST_WAIT;
    sh->child = 0;
    return got < 0 ? -errno : status;
}

i64 semihost_system(Semihost *sh, Cpu *cpu, const char *command)
{
    mutex_lock(&sh->lock);
    i64 r = run_locked(sh, cpu, command);

    mutex_unlock(&sh->lock);
    return r;
}

// ---- life -----------------------------------------------------------------------------------

Semihost *semihost_new(Machine *m, const SemihostConfig *config)
{
    Semihost *sh = xalloc(sizeof(*sh));

    sh->m = m;
    sh->config = config;
    mutex_init(&sh->lock);
    sh->front = (ChardevFront){ .opaque = sh, .can_receive = can_receive, .receive = receive,
                                .writable = writable };
    if (config->console)
        chardev_connect(config->console, &sh->front);
    return sh;
}

const SemihostConfig *semihost_config(const Semihost *sh) { return sh->config; }

void semihost_reset(Semihost *sh)
{
    mutex_lock(&sh->lock);
    for (u32 i = 0; i < SEMIHOST_HANDLES; i++) {
        if (sh->handle[i].kind == KIND_FILE)
            close(sh->handle[i].fd);
        sh->handle[i].kind = KIND_FREE;
    }
    if (sh->child) {
        kill(sh->child, SIGKILL);
        waitpid(sh->child, NULL, 0);
        sh->child = 0;
    }
    sh->input_len = 0;
    sh->drain_by = 0;
    mutex_unlock(&sh->lock);
}

void semihost_free(Semihost *sh)
{
    if (!sh)
        return;
    if (sh->config->console)
        chardev_connect(sh->config->console, NULL);
    semihost_reset(sh);
    str_free(&sh->output);
    mutex_fini(&sh->lock);
    free(sh);
}
