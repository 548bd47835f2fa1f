// SPDX-License-Identifier: MIT
// block/file.c: transfers, ends, locks, what cannot be a disk.
#include "block/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/test.h"
#include "util/alloc.h"

static int results, last_error;

static void done(BlockReq *req, int error)
{
    (void)req;
    results++;
    last_error = error;
}

static int run(Block *b, BlockOp op, u64 at, void *buf, u64 len)
{
    struct iovec iov[2] = { { buf, len / 2 }, { (u8 *)buf + len / 2, len - len / 2 } };
    BlockReq req = { .op = op, .offset = at, .len = len, .iov = iov, .iov_count = 2,
                     .done = done };
    int before = results;

    block_submit(b, &req);
    while (results == before)
        loop_once(b->loop, 1000000000);
    EQ(results, before + 1);
    return last_error;
}

TEST(block_file_transfers)
{
    Loop loop;
    Error err = { 0 };
    char content[2048] = "hello", got[1024] = "";
    const char *path = test_file("disk", content, sizeof(content));

    TRUE(loop_init(&loop, &err));
    Block *b = block_file_open(path, false, &loop, &err);

    if (!b)
        FAIL("%s", err.text);
    EQ(b->size, 2048);
    EQ(run(b, BLOCK_READ, 0, got, 1024), 0);
    STR_EQ(got, "hello");
    memset(got, 'x', sizeof(got));
    EQ(run(b, BLOCK_WRITE, 512, got, 1024), 0);
    EQ(run(b, BLOCK_FLUSH, 0, NULL, 0), 0);
    EQ(run(b, BLOCK_WRITE_ZEROES, 1024, NULL, 512), 0);
    EQ(run(b, BLOCK_READ, 512, got, 1024), 0);
    EQ(got[511], 'x');
    EQ(got[512], 0);
    EQ(run(b, BLOCK_READ, 1536, got, 1024), EINVAL);
    EQ(run(b, BLOCK_READ, 1, got, 512), EINVAL);
    TRUE(!block_file_open(path, false, &loop, &err)); // ours alone
    TRUE(strstr(err.text, "in use"));
    block_drain(b);
    block_close(b);
    b = block_file_open(path, true, &loop, &err);
    EQ(run(b, BLOCK_WRITE, 0, got, 512), EROFS);
    EQ(run(b, BLOCK_READ, 1024, got, 512), 0);
    EQ(got[0], 0);
    EQ(truncate(path, 100), 0); // behind our back: zeroes, no crash
    EQ(run(b, BLOCK_READ, 1024, got, 512), 0);
    block_close(b);
    loop_fini(&loop);
}

TEST(block_file_refuses)
{
    Error err = { 0 };

    TRUE(!block_file_open("/no/such/file", false, NULL, &err));
    TRUE(strstr(err.text, "/no/such/file"));
    TRUE(!block_file_open("/dev/null", true, NULL, &err));
    TRUE(strstr(err.text, "regular file"));
    TRUE(!block_file_open("/tmp", true, NULL, &err));
}
