// SPDX-License-Identifier: MIT
// Threads, locks and futexes with clang thread-safety annotations (they are no-ops
// for gcc).  Fields carry GUARDED_BY(lock); functions that want the caller to hold
// a lock end in _locked and carry REQUIRES(lock).
#pragma once

#include <pthread.h>

#include "util/error.h"
#include "util/types.h"

#if defined(__clang__)
#define TSA_(x) __attribute__((x))
#else
#define TSA_(x)
#endif
#define CAPABILITY(name) TSA_(capability(name))
// Documentation only: in C, clang cannot name a sibling member in an attribute.
#define GUARDED_BY(lock)
#define REQUIRES(...) TSA_(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) TSA_(locks_excluded(__VA_ARGS__))
#define ACQUIRES(...) TSA_(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRES(...) TSA_(try_acquire_capability(__VA_ARGS__))
#define RELEASES(...) TSA_(release_capability(__VA_ARGS__))
#define ACQUIRES_SHARED(...) TSA_(acquire_shared_capability(__VA_ARGS__))
#define RELEASES_SHARED(...) TSA_(release_shared_capability(__VA_ARGS__))
#define NO_LOCK_ANALYSIS TSA_(no_thread_safety_analysis)

typedef struct CAPABILITY("mutex") Mutex {
    pthread_mutex_t m;
} Mutex;

typedef struct CAPABILITY("rwlock") RwLock {
    pthread_rwlock_t l;
} RwLock;

typedef struct {
    pthread_cond_t c; // waits on CLOCK_MONOTONIC
} Cond;

#define MUTEX_INIT { PTHREAD_MUTEX_INITIALIZER }

void mutex_init(Mutex *m);
void mutex_fini(Mutex *m);
static inline NO_LOCK_ANALYSIS void mutex_lock(Mutex *m) ACQUIRES(*m);
static inline NO_LOCK_ANALYSIS bool mutex_trylock(Mutex *m) TRY_ACQUIRES(true, *m);
static inline NO_LOCK_ANALYSIS void mutex_unlock(Mutex *m) RELEASES(*m);

static inline void mutex_lock(Mutex *m) { pthread_mutex_lock(&m->m); }
static inline bool mutex_trylock(Mutex *m) { return pthread_mutex_trylock(&m->m) == 0; }
static inline void mutex_unlock(Mutex *m) { pthread_mutex_unlock(&m->m); }

void rwlock_init(RwLock *l);
void rwlock_fini(RwLock *l);
static inline NO_LOCK_ANALYSIS void rwlock_read(RwLock *l) ACQUIRES_SHARED(*l);
static inline NO_LOCK_ANALYSIS void rwlock_read_done(RwLock *l) RELEASES_SHARED(*l);
static inline NO_LOCK_ANALYSIS void rwlock_write(RwLock *l) ACQUIRES(*l);
static inline NO_LOCK_ANALYSIS void rwlock_write_done(RwLock *l) RELEASES(*l);

static inline void rwlock_read(RwLock *l) { pthread_rwlock_rdlock(&l->l); }
static inline void rwlock_read_done(RwLock *l) { pthread_rwlock_unlock(&l->l); }
static inline void rwlock_write(RwLock *l) { pthread_rwlock_wrlock(&l->l); }
static inline void rwlock_write_done(RwLock *l) { pthread_rwlock_unlock(&l->l); }

void cond_init(Cond *c);
void cond_fini(Cond *c);
void cond_wait(Cond *c, Mutex *m) REQUIRES(*m);
bool cond_wait_ns(Cond *c, Mutex *m, u64 ns) REQUIRES(*m); // false = timed out
void cond_signal(Cond *c);
void cond_broadcast(Cond *c);

typedef struct Thread {
    pthread_t t;
    bool running; // started and not joined
} Thread;

// Signals are blocked in the new thread, but those of its own crash: only the main thread
// takes them.
bool thread_start(Thread *t, const char *name, void *(*fn)(void *), void *arg, Error *err);
void thread_join(Thread *t);

// A pointer unique to the calling thread while it lives; cheap, comparable.
const void *thread_self(void);

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    __asm__ volatile("" ::: "memory");
#endif
}

// Waits while *word == val; may wake without cause.  ns = 0: no timeout.
void futex_wait(_Atomic u32 *word, u32 val, u64 ns);
void futex_wake(_Atomic u32 *word, int count);
