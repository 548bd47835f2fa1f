// SPDX-License-Identifier: MIT
// Raw terminal and its restoration; see tty.h.  There is one terminal per process and
// signal handlers take no argument: hence the static state.
#include "chardev/tty.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

static struct {
    struct termios cooked, raw;
    int fd;
    bool installed;
    _Atomic u32 saved;
} tty;

void tty_restore(void)
{
    int e = errno;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old;

    if (atomic_load(&tty.saved)) {
        // from the background this would stop us
        sigaction(SIGTTOU, &ignore, &old);
        tcsetattr(tty.fd, TCSANOW, &tty.cooked);
        sigaction(SIGTTOU, &old, NULL);
    }
    errno = e;
}

// The action has been reset by SA_RESETHAND: the second time kills.
static void fatal(int sig)
{
    tty_restore();
    raise(sig);
}

static void resumed(int sig)
{
    int e = errno;

    (void)sig;
    if (atomic_load(&tty.saved) && tcgetpgrp(tty.fd) == getpgrp())
        tcsetattr(tty.fd, TCSANOW, &tty.raw);
    errno = e;
}

static void install_fatal(int sig)
{
    struct sigaction sa = { .sa_handler = fatal, .sa_flags = (int)SA_RESETHAND | SA_NODEFER };
    struct sigaction old;

    if (sigaction(sig, NULL, &old) == 0 && old.sa_handler == SIG_DFL &&
        !(old.sa_flags & SA_SIGINFO))
        sigaction(sig, &sa, NULL);
}

static void install(void)
{
    static const int deadly[] = {
        SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGQUIT, SIGTRAP,
        SIGHUP, SIGTERM, SIGINT, SIGXCPU, SIGXFSZ, SIGALRM,
    };
    struct sigaction cont = { .sa_handler = resumed, .sa_flags = SA_RESTART };

    if (tty.installed)
        return;
    tty.installed = true;
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        install_fatal(deadly[i]);
    sigaction(SIGCONT, &cont, NULL);
    atexit(tty_restore);
}

void tty_raw(int fd, bool signals)
{
    if (!isatty(fd) || (!atomic_load(&tty.saved) && tcgetattr(fd, &tty.cooked) < 0))
        return;
    tty.fd = fd;
    tty.raw = tty.cooked;
    tty.raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL |
                                   IXON);
    tty.raw.c_oflag |= OPOST;
    tty.raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN);
    if (!signals)
        tty.raw.c_lflag &= ~(tcflag_t)ISIG;
    tty.raw.c_cflag = (tty.raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    tty.raw.c_cc[VMIN] = 1;
    tty.raw.c_cc[VTIME] = 0;
    atomic_store(&tty.saved, 1);
    install();
    tcsetattr(fd, TCSANOW, &tty.raw);
}
