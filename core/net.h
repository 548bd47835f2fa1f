// SPDX-License-Identifier: MIT
// Network ports come in pairs: what one sends, its peer receives.  A device owns one end,
// a back end (user, tap, socket) the other; filters (pcap) are two ports in between.
// net_send may be called from any thread; delivery to the peer's receive is on the loop
// thread, frames are copied and queued, never from inside net_send.  Frames have no FCS.
// Both owners call net_port_fini, with no sender active, before their end is freed.
#pragma once

#include <sys/uio.h>

#include "core/loop.h"
#include "util/args.h"
#include "util/error.h"
#include "util/registry.h"
#include "util/thread.h"

typedef struct NetPort NetPort;

#define NET_FRAME_MAX (64 * 1024 + 64)
#define NET_QUEUE_MAX 1024

typedef struct NetPortOps {
    bool (*can_receive)(void *opaque);                             // NULL: always
    void (*receive)(void *opaque, const u8 *frame, size_t len);    // mandatory
    void (*link)(void *opaque, bool up);                           // the peer's state; optional
} NetPortOps;

struct NetPort {
    const NetPortOps *ops;
    void *opaque;
    const char *name;
    Loop *loop;
    NetPort *peer GUARDED_BY(lock); // NULL: the cable is out
    Mutex lock;
    ListNode queue GUARDED_BY(lock); // frames for this end
    u32 queued GUARDED_BY(lock);
    LoopWork work;
    bool up;
    _Atomic u64 frames_in, frames_out, dropped;
};

extern const NetPortOps net_null_ops;

void net_port_init(NetPort *p, const char *name, const NetPortOps *ops, void *opaque, Loop *loop);
void net_port_fini(NetPort *p);          // detaches
void net_attach(NetPort *a, NetPort *b); // before the loop runs or on it; b NULL: no cable
void net_detach(NetPort *p);             // drops what is queued
// False if the frame was dropped (no peer, queue full, too long).
bool net_send(NetPort *p, const struct iovec *iov, int count);
void net_resume(NetPort *p);             // can_receive is true again; any thread
void net_link(NetPort *p, bool up);      // tells the peer; on the loop

typedef struct NetBackend {
    const char *name; // "user", "tap", "socket"
    const char *desc;
    const ArgDesc *args;
    NetPort *(*open)(const char *id, Args *args, Loop *loop, Error *err);
    void (*close)(NetPort *p);
} NetBackend;

#define NET_BACKEND(ident, text, ...)                                         \
    static const NetBackend ident##_backend = { .name = text, __VA_ARGS__ };  \
    REGISTRY_ADD(mimic_nets, ident##_backend, NetBackend, ident##_backend);
REGISTRY_DECLARE(mimic_nets, NetBackend);
#define net_backend_foreach(it) registry_foreach(it, mimic_nets, NetBackend)
