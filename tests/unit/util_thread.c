// SPDX-License-Identifier: MIT
// util/thread.c.
#include <signal.h>

#include "tests/lib/test.h"
#include "util/thread.h"

typedef struct {
    Mutex lock;
    Cond cond;
    int count, turn;
    _Atomic u32 word;
    const void *self;
    bool signals_blocked;
} Shared;

static void *adder(void *arg)
{
    Shared *s = arg;

    for (int i = 0; i < 10000; i++) {
        mutex_lock(&s->lock);
        s->count++;
        mutex_unlock(&s->lock);
    }
    return NULL;
}

TEST(thread_mutex)
{
    Shared s = { .lock = MUTEX_INIT };
    Thread t[3] = { 0 };

    for (int i = 0; i < 3; i++)
        TRUE(thread_start(&t[i], "adder-with-a-long-name", adder, &s, NULL));
    for (int i = 0; i < 3; i++)
        thread_join(&t[i]);
    EQ(s.count, 30000);
    thread_join(&t[0]); // again: harmless
}

static void *turner(void *arg)
{
    Shared *s = arg;
    sigset_t set;

    pthread_sigmask(SIG_SETMASK, NULL, &set);
    s->signals_blocked = sigismember(&set, SIGINT) && sigismember(&set, SIGTERM);
    s->self = thread_self();
    mutex_lock(&s->lock);
    s->turn = 1;
    cond_signal(&s->cond);
    while (s->turn != 2)
        cond_wait(&s->cond, &s->lock);
    mutex_unlock(&s->lock);
    return NULL;
}

TEST(thread_cond_and_identity)
{
    Shared s = { .lock = MUTEX_INIT };
    Thread t = { 0 };
    sigset_t before, after;

    cond_init(&s.cond);
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    TRUE(thread_start(&t, "turner", turner, &s, NULL));
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
    mutex_lock(&s.lock);
    while (s.turn != 1)
        cond_wait(&s.cond, &s.lock);
    FALSE(cond_wait_ns(&s.cond, &s.lock, 1000000)); // nobody signals
    s.turn = 2;
    cond_broadcast(&s.cond);
    mutex_unlock(&s.lock);
    thread_join(&t);
    TRUE(s.signals_blocked);
    NE(s.self, thread_self());
    EQ(thread_self(), thread_self());
    cond_fini(&s.cond);
}

static void *waker(void *arg)
{
    Shared *s = arg;

    atomic_store(&s->word, 1);
    futex_wake(&s->word, 1);
    return NULL;
}

TEST(thread_futex)
{
    Shared s = { .word = 0 };
    Thread t = { 0 };

    futex_wait(&s.word, 0, 1000000); // times out
    futex_wait(&s.word, 5, 0);       // differs: at once
    TRUE(thread_start(&t, "waker", waker, &s, NULL));
    while (!atomic_load(&s.word))
        futex_wait(&s.word, 0, 0);
    thread_join(&t);
}
