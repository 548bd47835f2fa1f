// SPDX-License-Identifier: MIT
// Packets of the remote protocol: framing, escapes, run lengths, checksums, hex.
#include "gdb/packet.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/test.h"

// The last event that is not MORE.
static GdbEvent feed(GdbParser *p, const char *text, size_t len)
{
    GdbEvent last = GDB_MORE;

    for (size_t i = 0; i < len; i++) {
        GdbEvent ev = gdb_parse(p, (u8)text[i]);

        last = ev == GDB_MORE ? last : ev;
    }
    return last;
}
#define FEED(p, text) feed(p, text, sizeof(text) - 1)

TEST(gdb_packet_plain)
{
    GdbParser *p = calloc(1, sizeof(*p));

    EQ(FEED(p, "$m0,4#fd"), GDB_PACKET);
    STR_EQ((char *)p->buf, "m0,4");
    EQ(FEED(p, "$m0,4#fe"), GDB_BAD_SUM);
    EQ(FEED(p, "$m0,4#zz"), GDB_BAD_SUM);
    EQ(FEED(p, "+"), GDB_ACK);
    EQ(FEED(p, "-"), GDB_NAK);
    EQ(FEED(p, "\x03"), GDB_INTERRUPT);
    EQ(FEED(p, "noise\r\n"), GDB_MORE);
    EQ(FEED(p, "$#00"), GDB_PACKET);
    EQ(p->len, 0u);
    free(p);
}

TEST(gdb_packet_halves)
{
    GdbParser *p = calloc(1, sizeof(*p));

    EQ(FEED(p, "$lost$m0"), GDB_MORE);
    EQ(FEED(p, ",4#f"), GDB_MORE);
    EQ(FEED(p, "d"), GDB_PACKET);
    STR_EQ((char *)p->buf, "m0,4");
    free(p);
}

TEST(gdb_packet_escapes_and_runs)
{
    GdbParser *p = calloc(1, sizeof(*p));
    static const char bytes[] = "a$#}*\x03z";
    Str out = { 0 };

    gdb_frame(&out, bytes, 7);
    EQ(feed(p, out.s, out.len), GDB_PACKET);
    EQ(p->len, 7u);
    EQ(memcmp(p->buf, bytes, 7), 0);
    EQ(FEED(p, "$0* #7a"), GDB_PACKET); // E.1's own example: 0000
    STR_EQ((char *)p->buf, "0000");
    EQ(FEED(p, "$* #4a"), GDB_TOO_LONG); // a run of nothing
    str_free(&out);
    free(p);
}

TEST(gdb_packet_too_long)
{
    GdbParser *p = calloc(1, sizeof(*p));
    u8 sum = 0;
    char end[4];

    gdb_parse(p, '$');
    for (u32 i = 0; i < 10 * MIB; i++, sum += 'x')
        EQ(gdb_parse(p, 'x'), GDB_MORE);
    EQ(p->len, GDB_PACKET_SIZE);
    snprintf(end, sizeof(end), "#%02x", sum);
    EQ(feed(p, end, 3), GDB_TOO_LONG);
    EQ(FEED(p, "$m0,4#fd"), GDB_PACKET);
    STR_EQ((char *)p->buf, "m0,4");
    free(p);
}

TEST(gdb_packet_numbers)
{
    const char *t = "ffffFFFF00000001,2";
    u64 v;
    u8 b[2];

    TRUE(gdb_number(&t, &v));
    EQ(v, 0xffffffff00000001ull);
    EQ(*t, ',');
    FALSE(gdb_number(&t, &v));
    t = "10000000000000000";
    FALSE(gdb_number(&t, &v));
    t = "12Fg";
    FALSE(gdb_unhex(&t, b, 2));
    t = "12Fe";
    TRUE(gdb_unhex(&t, b, 2));
    EQ(b[1], 0xfe);
}
