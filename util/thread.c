// SPDX-License-Identifier: MIT
// Threads, locks and futexes; see thread.h.
#include "util/thread.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void mutex_init(Mutex *m) { pthread_mutex_init(&m->m, NULL); }
void mutex_fini(Mutex *m) { pthread_mutex_destroy(&m->m); }
void rwlock_init(RwLock *l) { pthread_rwlock_init(&l->l, NULL); }
void rwlock_fini(RwLock *l) { pthread_rwlock_destroy(&l->l); }

void cond_init(Cond *c)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->c, &attr);
    pthread_condattr_destroy(&attr);
}

void cond_fini(Cond *c) { pthread_cond_destroy(&c->c); }
void cond_signal(Cond *c) { pthread_cond_signal(&c->c); }
void cond_broadcast(Cond *c) { pthread_cond_broadcast(&c->c); }
void cond_wait(Cond *c, Mutex *m) { pthread_cond_wait(&c->c, &m->m); }

bool cond_wait_ns(Cond *c, Mutex *m, u64 ns)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    ns += (u64)t.tv_nsec;
    t.tv_sec += (time_t)(ns / 1000000000u);
    t.tv_nsec = (long)(ns % 1000000000u);
    return pthread_cond_timedwait(&c->c, &m->m, &t) != ETIMEDOUT;
}

bool thread_start(Thread *t, const char *name, void *(*fn)(void *), void *arg, Error *err)
{
    // A crash is the crashing thread's own: blocked, it would kill without the handler that
    // restores the terminal.
    static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };
    sigset_t all, old;
    char shortened[16]; // the kernel's limit

    sigfillset(&all);
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        sigdelset(&all, own[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int e = pthread_create(&t->t, NULL, fn, arg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (e) {
        errno = e;
        return error_errno(err, "cannot start thread '%s'", name);
    }
    snprintf(shortened, sizeof(shortened), "%s", name);
    pthread_setname_np(t->t, shortened);
    t->running = true;
    return true;
}

void thread_join(Thread *t)
{
    if (!t->running)
        return;
    pthread_join(t->t, NULL);
    t->running = false;
}

const void *thread_self(void)
{
    static _Thread_local char mark;

    return &mark;
}

void futex_wait(_Atomic u32 *word, u32 val, u64 ns)
{
    struct timespec t = { (time_t)(ns / 1000000000u), (long)(ns % 1000000000u) };

    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, ns ? &t : NULL, NULL, 0);
}

void futex_wake(_Atomic u32 *word, int count)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}
