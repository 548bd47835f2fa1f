// SPDX-License-Identifier: MIT
// What the back ends of this folder share.
//
// Backend.  The user's options are opened before there is a machine, the loop belongs to
// the machine: so every open() here returns a Backend, which does what needs no loop
// (files, sockets, waiting for a client), and start() hooks it into the loop later.
// Before start, and after stop, output is queued.
//
// FdPort.  Moves bytes between file descriptors and a Chardev: input as far as the front
// end has room; output through a bounded queue, written on the loop a moment after the
// first byte came, so that a guest that prints byte by byte does not wake the loop each
// time.  With no output descriptor, output is swallowed.
#pragma once

#include "core/chardev.h"
#include "core/clock.h"

typedef struct Backend Backend;
struct Backend {
    Chardev c;
    void (*start)(Backend *b); // c.loop and c.input are set; loop not running or current
    void (*stop)(Backend *b);  // unhooks; also called by close if still started
    bool started;
};

static inline Backend *backend_of(Chardev *c) { return container_of(c, Backend, c); }
void backend_init(Backend *b, const char *id, const ChardevOps *ops);
void backend_fini(Backend *b); // frees the name, not b
void backend_start(Backend *b, Loop *loop, Input *input);
void backend_stop(Backend *b);

#define FDPORT_QUEUE 65536u

typedef struct FdPort {
    Chardev *c;
    void (*gone)(void *opaque); // input has ended or output failed; on the loop; optional
    void *opaque;
    bool own, duped;            // what fdport_shut is to close: both, or our copy of `in`
    bool started, in_ended, told; // told: gone has been called
    int in;                     // -1: none
    bool passes;                // a Unix socket: descriptors may come with its input
    u32 fd_count;               // of those that nobody has taken; the next ones replace them
    int fds[INPUT_FDS];
    LoopWatch rd, wr;
    LoopWork accept, defer;
    Timer flush;
    Mutex lock;
    int out GUARDED_BY(lock);   // -1: swallow
    bool broken GUARDED_BY(lock); // writing failed: swallow
    u8 *queue GUARDED_BY(lock);
    u32 head, count GUARDED_BY(lock);
    bool scheduled, wanted GUARDED_BY(lock); // flush is under way; a writer came short
} FdPort;

void fdport_init(FdPort *p, Chardev *c, void (*gone)(void *opaque), void *opaque);
void fdport_fini(FdPort *p); // stops, writes out what it can within a second, shuts
void fdport_start(FdPort *p); // c->loop is set
void fdport_stop(FdPort *p);
// May be called before start.  in and out may be the same.
void fdport_open(FdPort *p, int in, int out, bool own);
void fdport_shut(FdPort *p); // drops what is queued
size_t fdport_write(FdPort *p, const u8 *buf, size_t len);
int fdport_take_fd(FdPort *p); // as chardev_take_fd
void fdport_accept(FdPort *p); // any thread: the front end may have room

bool fd_nonblock(int fd, Error *err);
