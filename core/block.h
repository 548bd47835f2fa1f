// SPDX-License-Identifier: MIT
// Block back ends.  A request is embedded in the device's own; block_submit may be called
// from any thread and never blocks; done runs on the loop thread, exactly once, in any
// order, never from inside block_submit.  Buffers stay valid until done.  The opener
// closes, after all requests are done (block_drain).  Formats stack on protocols.
#pragma once

#include <sys/uio.h>

#include "core/loop.h"
#include "util/args.h"
#include "util/error.h"
#include "util/registry.h"
#include "util/thread.h"

typedef struct Block Block;
typedef struct BlockReq BlockReq;

typedef enum { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_WRITE_ZEROES } BlockOp;

struct BlockReq {
    BlockOp op;
    u64 offset, len;             // bytes; multiples of block_size
    struct iovec *iov;           // READ, WRITE
    int iov_count;
    void (*done)(BlockReq *req, int error); // 0 or an errno
    LoopWork work;               // for the driver
    int result;                  // for the driver
    ListNode link;               // for the driver
};

typedef struct BlockOps {
    const char *name;
    void (*submit)(Block *b, BlockReq *req);  // mandatory
    bool (*cancel)(Block *b, BlockReq *req);  // true: will not be done; optional
    void (*drain)(Block *b);                  // waits until nothing is in flight; mandatory
    void (*close)(Block *b);                  // mandatory
} BlockOps;

struct Block {
    const BlockOps *ops;
    char *name;
    Loop *loop;
    u64 size;            // bytes
    u32 block_size;      // 512 at least
    bool readonly, present;
};

// No medium: every request completes with ENOMEDIUM on the given loop.
Block *block_null_new(Loop *loop);
// A RAM disk for tests and for -snapshot overlays of small size.
Block *block_ram_new(Loop *loop, u64 size, Error *err);

// Range, alignment and read-only checks, then the driver.
void block_submit(Block *b, BlockReq *req);
static inline void block_drain(Block *b) { b->ops->drain(b); }
static inline void block_close(Block *b) { b->ops->close(b); }
// Reads and waits, turning the loop meanwhile: on its thread, while a machine is built.
bool block_read_now(Block *b, u64 offset, void *buf, u64 len, Error *err);

typedef struct BlockDriver {
    const char *name;                              // "file", "raw", "qcow2"
    const char *desc;
    const ArgDesc *args;
    int (*probe)(const u8 *head, size_t len);      // 0..100 by the first bytes; formats only
    // base: what a format stacks on (taken on success), NULL for protocols.
    Block *(*open)(Args *args, Block *base, Loop *loop, Error *err);
} BlockDriver;

#define BLOCK_DRIVER(ident, text, ...)                                        \
    static const BlockDriver ident##_driver = { .name = text, __VA_ARGS__ };  \
    REGISTRY_ADD(mimic_blocks, ident##_driver, BlockDriver, ident##_driver);
REGISTRY_DECLARE(mimic_blocks, BlockDriver);
#define block_driver_foreach(it) registry_foreach(it, mimic_blocks, BlockDriver)
