// SPDX-License-Identifier: MIT
// Signal handlers; see signals.h.  Handlers take no argument: hence the static state.  What
// they do is async-signal-safe, but for the crash report, which has nothing to lose.
#include "main/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chardev/tty.h"
#include "util/log.h"

#define CRASH_STACK 65536

static struct {
    int pipe[2];
    _Atomic u32 attached;   // a machine will be told; the next signal kills
    LoopWatch watch;
} sig;

static void die_of(int n)
{
    struct sigaction dfl = { .sa_handler = SIG_DFL };
    sigset_t set;

    tty_restore();
    sigaction(n, &dfl, NULL);
    sigemptyset(&set);
    sigaddset(&set, n);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(n);
}

static void on_end(int n)
{
    int e = errno;
    u8 byte = (u8)n;

    if (!atomic_exchange(&sig.attached, 0) || write(sig.pipe[1], &byte, 1) != 1)
        die_of(n);
    errno = e;
}

static void on_crash(int n, siginfo_t *info, void *context)
{
    Cpu *cpu = cpu_current();
    char text[256];
    int len = snprintf(text, sizeof(text), "mimic: crashed: signal %d at address %p", n,
                       n == SIGABRT ? NULL : info->si_addr);

    (void)context;
    tty_restore();
    if (cpu && cpu->cls->pc)
        len += snprintf(text + len, sizeof(text) - (size_t)len, ", vCPU %d at guest pc 0x%llx",
                        cpu->index, (unsigned long long)cpu->cls->pc(cpu));
    len += snprintf(text + len, sizeof(text) - (size_t)len, "; this is a fault of mimic's\n");
    // an abort has been explained already by who called it
    if (n != SIGABRT && write(STDERR_FILENO, text, (size_t)len) < 0)
        _exit(128 + n);
    die_of(n);
}

// A sanitizer that watches for crashes keeps its handlers.
static void catch_crash(int n)
{
    struct sigaction sa = { .sa_sigaction = on_crash,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | (int)SA_RESETHAND };
    struct sigaction old;

    if (!sigaction(n, NULL, &old) && old.sa_handler == SIG_DFL && !(old.sa_flags & SA_SIGINFO))
        sigaction(n, &sa, NULL);
}

// Our own bug (BUG_ON): the message is out; the processor's registers, then the abort.
static void on_bug(void *opaque)
{
    Cpu *cpu = cpu_current();
    Str out = { 0 };

    (void)opaque;
    tty_restore();
    if (cpu && cpu->cls->dump)
        cpu->cls->dump(cpu, &out);
    fputs(str_text(&out), stderr);
    str_free(&out);
}

bool signals_init(Error *err)
{
    static const int ends[] = { SIGINT, SIGTERM, SIGHUP };
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP };
    static u8 stack[CRASH_STACK];
    stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction end = { .sa_handler = on_end, .sa_flags = SA_RESTART };

    if (pipe2(sig.pipe, O_CLOEXEC | O_NONBLOCK))
        return error_errno(err, "cannot make a pipe");
    sigaltstack(&alt, NULL);
    for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
        catch_crash(crashes[i]);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        sigaction(ends[i], &end, NULL);
    signal(SIGPIPE, SIG_IGN);
    atexit(tty_restore);
    bug_set_hook(on_bug, NULL);
    return true;
}

static void on_pipe(void *opaque, u32 events)
{
    u8 byte = 0;

    (void)events;
    if (read(sig.pipe[0], &byte, 1) != 1)
        return;
    fprintf(stderr, "mimic: ending on signal %d\n", byte);
    machine_request(opaque, REQUEST_QUIT, 0);
}

bool signals_attach(Machine *m, Error *err)
{
    sig.watch = (LoopWatch){ .fd = sig.pipe[0], .events = LOOP_READ, .fn = on_pipe, .opaque = m };
    if (!loop_watch(&m->loop, &sig.watch, err))
        return false;
    atomic_store(&sig.attached, 1);
    return true;
}

void signals_detach(Machine *m)
{
    atomic_store(&sig.attached, 0);
    loop_unwatch(&m->loop, &sig.watch);
}
