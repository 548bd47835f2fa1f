// SPDX-License-Identifier: MIT
// Semihosting: what a guest may ask of the host - files, console, time, commands.  This is the
// machine-independent half, by POSIX; the call layer of each architecture (cpu/arm/semihost.c)
// reads the guest's arguments and names the operations.  It stands in core because cpu/ may
// include nothing above it, and the table of handles is the machine's, not a vCPU's.
//
// Security: a guest with semihosting has the files and the shell of the user who runs it.
// It is off unless asked for, and nothing here tries to confine it.
//
// Threads: any vCPU; one lock for the table and the console.  No call blocks: one that would
// have to wait gives SEMIHOST_WAIT, and the caller does semihost_wait and tries again, so that
// pause, reset and quit work meanwhile.  Reads of FIFOs and terminals give -EAGAIN instead.
// Results: 0 or more, or a negated errno.
#pragma once

#include "core/chardev.h"
#include "core/cpu.h"

#define SEMIHOST_HANDLES 256           // open at the same time, from 1 on
#define SEMIHOST_MOST (64 * MIB)       // bytes of one read or write; the rest is "not done"
#define SEMIHOST_PATH 4096             // longest name and command line
#define SEMIHOST_WAIT INT64_MIN

typedef struct SemihostConfig {
    bool enabled, userspace;           // userspace: also for unprivileged code
    Chardev *console;                  // NULL: stdin, stdout, stderr
    const char *cmdline;               // for SYS_GET_CMDLINE; never NULL once settled
} SemihostConfig;

typedef enum { SEMIHOST_IN, SEMIHOST_OUT, SEMIHOST_ERR } SemihostStream; // also host fds

typedef struct Semihost Semihost;

Semihost *semihost_new(Machine *m, const SemihostConfig *config); // config is borrowed
void semihost_free(Semihost *sh);                 // vCPUs are gone; NULL is allowed
void semihost_reset(Semihost *sh);                // paused: closes all, forgets input
const SemihostConfig *semihost_config(const Semihost *sh);

// Sleeps on cpu's own thread until the console, a command or the exit word has news.
void semihost_wait(Semihost *sh, Cpu *cpu);

i64 semihost_open(Semihost *sh, const char *path, int flags); // O_*: a handle
i64 semihost_open_stream(Semihost *sh, SemihostStream which);
i64 semihost_open_bytes(Semihost *sh, const void *data, size_t len); // static data, read-only
i64 semihost_close(Semihost *sh, u64 handle);
i64 semihost_read(Semihost *sh, u64 handle, void *buf, size_t len);  // 0: the end
i64 semihost_write(Semihost *sh, u64 handle, const void *buf, size_t len);
i64 semihost_seek(Semihost *sh, u64 handle, u64 at);
i64 semihost_length(Semihost *sh, u64 handle);
i64 semihost_is_tty(Semihost *sh, u64 handle);    // 1 or 0
i64 semihost_put(Semihost *sh, SemihostStream to, const void *buf, size_t len);
i64 semihost_get(Semihost *sh, void *buf, size_t len); // from the console
i64 semihost_system(Semihost *sh, Cpu *cpu, const char *command); // exit status, as system(3)
// What the console still has to send; the guest's last words before it ends.
i64 semihost_drain(Semihost *sh);
