// SPDX-License-Identifier: MIT
// core/block.c, core/net.c, core/display.c, core/dt.c.
#include <errno.h>
#include <stdio.h>

#include "core/block.h"
#include "core/display.h"
#include "core/dt.h"
#include "core/net.h"
#include "tests/lib/test.h"
#include "util/bits.h"

static int done_count, done_error;

static void done(BlockReq *req, int error)
{
    (void)req;
    done_count++;
    done_error = error;
}

static int submit(Loop *loop, Block *b, BlockOp op, u64 offset, u64 len, void *buf)
{
    struct iovec iov[2] = { { buf, len / 2 }, { (u8 *)buf + len / 2, len - len / 2 } };
    BlockReq req = { .op = op, .offset = offset, .len = len, .iov = iov, .iov_count = 2,
                     .done = done };

    done_count = 0;
    block_submit(b, &req);
    EQ(done_count, 0); // never from inside
    loop_once(loop, 0);
    EQ(done_count, 1);
    return done_error;
}

TEST(block_ram_disk)
{
    Loop loop;
    Error e = { 0 };
    u8 buf[1024], back[1024];

    TRUE(loop_init(&loop, &e));
    Block *b = block_ram_new(&loop, 4000, &e);
    EQ(b->size, 4096);
    for (int i = 0; i < 1024; i++)
        buf[i] = (u8)(i * 3);
    EQ(submit(&loop, b, BLOCK_WRITE, 512, 1024, buf), 0);
    EQ(submit(&loop, b, BLOCK_READ, 512, 1024, back), 0);
    MEM_EQ(buf, back, 1024);
    EQ(submit(&loop, b, BLOCK_DISCARD, 1024, 512, NULL), 0);
    EQ(submit(&loop, b, BLOCK_READ, 512, 1024, back), 0);
    EQ(back[512], 0);
    EQ(back[511], buf[511]);
    EQ(submit(&loop, b, BLOCK_FLUSH, 0, 0, NULL), 0);
    EQ(submit(&loop, b, BLOCK_READ, 3584, 1024, back), EINVAL); // past the end
    EQ(submit(&loop, b, BLOCK_READ, 100, 512, back), EINVAL);
    EQ(submit(&loop, b, BLOCK_READ, UINT64_MAX - 511, 512, back), EINVAL);
    b->readonly = true;
    EQ(submit(&loop, b, BLOCK_WRITE, 0, 512, buf), EROFS);
    block_drain(b);
    block_close(b);
    Block *n = block_null_new(&loop);
    EQ(submit(&loop, n, BLOCK_READ, 0, 512, back), ENOMEDIUM);
    block_close(n);
    loop_fini(&loop);
}

typedef struct {
    NetPort port;
    int frames;
    size_t len;
    u8 last[16];
    bool room, up;
} End;

static bool can_receive(void *o) { return ((End *)o)->room; }
static void link_changed(void *o, bool up) { ((End *)o)->up = up; }

static void receive(void *o, const u8 *frame, size_t len)
{
    End *e = o;

    e->frames++;
    e->len = len;
    memcpy(e->last, frame, MIN(len, 16));
}

static const NetPortOps end_ops = { can_receive, receive, link_changed };

TEST(net_pair)
{
    Loop loop;
    End a = { .room = true }, b = { .room = true };
    struct iovec iov[2] = { { (char[]){ "abc" }, 3 }, { (char[]){ "def" }, 3 } };
    struct iovec big = { NULL, NET_FRAME_MAX + 1 };

    TRUE(loop_init(&loop, NULL));
    net_port_init(&a.port, "a", &end_ops, &a, &loop);
    net_port_init(&b.port, "b", &end_ops, &b, &loop);
    net_attach(&a.port, NULL);
    FALSE(net_send(&a.port, iov, 2)); // no cable
    net_attach(&a.port, &b.port);
    TRUE(net_send(&a.port, iov, 2));
    EQ(b.frames, 0);
    loop_once(&loop, 0);
    EQ(b.frames, 1);
    MEM_EQ(b.last, "abcdef", 6);
    b.room = false;
    for (int i = 0; i < NET_QUEUE_MAX; i++)
        TRUE(net_send(&a.port, iov, 1));
    FALSE(net_send(&a.port, iov, 1)); // full
    FALSE(net_send(&a.port, &big, 1));
    FALSE(net_send(&a.port, iov, 0));
    loop_once(&loop, 0);
    EQ(b.frames, 1);
    b.room = true;
    net_resume(&b.port);
    loop_once(&loop, 0);
    EQ(b.frames, 1 + NET_QUEUE_MAX);
    net_link(&a.port, false);
    FALSE(b.up);
    FALSE(net_send(&a.port, iov, 2));
    net_link(&a.port, true);
    TRUE(b.up);
    TRUE(net_send(&b.port, iov, 2));
    EQ(a.port.dropped, 5);
    net_port_fini(&a.port); // with a frame queued
    FALSE(net_send(&b.port, iov, 2));
    net_port_fini(&b.port);
    loop_once(&loop, 0);
    EQ(a.frames, 0);
    loop_fini(&loop);
}

static Rect shown;
static int refreshes, resizes, events[2];

static void refresh(void *o) { (void)o; refreshes++; }
static void resize(void *o, const Surface *s) { (void)o; (void)s; resizes++; }
static void update(void *o, Rect r) { (void)o; shown = r; }
static void event(void *o, InputEvent ev) { ++*(int *)o; (void)ev; }

TEST(display_damage_is_joined_and_clipped)
{
    static const DisplaySource source = { .refresh = refresh };
    static const DisplaySink ui = { .resize = resize, .update = update };
    InputSink keys = { event, &events[0], BIT(INPUT_KEY), NULL };
    InputSink tablet = { event, &events[1], BIT(INPUT_ABS) | BIT(INPUT_BUTTON), NULL };
    Display d;

    display_init(&d);
    display_refresh(&d); // null to null
    display_source(&d, &source, NULL);
    display_sink(&d, &ui, NULL);
    display_surface(&d, &(Surface){ 640, 480, 2560, NULL });
    display_refresh(&d);
    EQ(shown.w, 640);
    display_damage(&d, (Rect){ 10, 10, 5, 5 });
    display_damage(&d, (Rect){ 630, 20, 100, 5 });
    display_refresh(&d);
    EQ(shown.x, 10);
    EQ(shown.w, 630);
    EQ(shown.h, 15);
    EQ(refreshes, 2);
    EQ(resizes, 2);
    display_input_add(&d, &keys);
    display_input_add(&d, &tablet);
    display_input(&d, (InputEvent){ INPUT_KEY, 30, 1 });
    display_input(&d, (InputEvent){ INPUT_ABS, 0, 1 });
    display_input(&d, (InputEvent){ INPUT_REL, 0, 1 }); // nobody
    EQ(events[0], 1);
    EQ(events[1], 1);
    display_sink(&d, NULL, NULL);
    display_fini(&d);
}

static u8 dt_data[64];
static u32 dt_len;

static void dt_record(DtNode *n, const char *name, const void *p, u32 len)
{
    (void)n;
    (void)name;
    memcpy(dt_data, p, len);
    dt_len = len;
}

TEST(dt_properties)
{
    static const DtOps ops = { .bytes = dt_record };
    DtNode n = { .ops = &ops };

    dt_u32(&n, "a", 0x01020304);
    MEM_EQ(dt_data, "\1\2\3\4", 4);
    dt_u64(&n, "a", 0x0102030405060708);
    MEM_EQ(dt_data, "\1\2\3\4\5\6\7\10", 8);
    dt_strings(&n, "compatible", "arm,pl011", "arm,primecell", NULL);
    EQ(dt_len, 24);
    MEM_EQ(dt_data, "arm,pl011\0arm,primecell", 24);
    dt_flag(&n, "f");
    EQ(dt_len, 0);
    dt_string(&n, "s", "x");
    EQ(dt_len, 2);
}
