// SPDX-License-Identifier: MIT
// Framing, escapes, run lengths, checksums and hex of the remote protocol; see packet.h.
#include "gdb/packet.h"

#include <string.h>

#define RUN_BASE 29 // E.1: the count is a printable character, n - 29 repeats

int gdb_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void keep(GdbParser *p, u8 byte)
{
    if (p->len < GDB_PACKET_SIZE)
        p->buf[p->len++] = byte;
    else
        p->too_long = true;
}

static void begin(GdbParser *p)
{
    p->state = GDB_DATA;
    p->len = 0;
    p->sum = 0;
    p->too_long = false;
}

static GdbEvent idle(GdbParser *p, u8 byte)
{
    switch (byte) {
    case '$': begin(p); return GDB_MORE;
    case '+': return GDB_ACK;
    case '-': return GDB_NAK;
    case 0x03: return GDB_INTERRUPT;
    default: return GDB_MORE; // noise between packets
    }
}

static void repeat(GdbParser *p, u8 count)
{
    u8 last = p->len ? p->buf[p->len - 1] : 0;

    p->state = GDB_DATA;
    if (!p->len || count < 32 || count > 126) { // no such count: an error of the sender
        p->too_long = true;
        return;
    }
    for (u8 i = RUN_BASE; i < count; i++)
        keep(p, last);
}

static GdbEvent data(GdbParser *p, u8 byte)
{
    if (byte == '$') { // the end of the one before was lost
        begin(p);
        return GDB_MORE;
    }
    if (byte == '#') {
        p->state = GDB_SUM1;
        return GDB_MORE;
    }
    p->sum += byte;
    if (p->state == GDB_ESCAPE) {
        p->state = GDB_DATA;
        keep(p, byte ^ 0x20);
    } else if (p->state == GDB_RUN) {
        repeat(p, byte);
    } else if (byte == '}') {
        p->state = GDB_ESCAPE;
    } else if (byte == '*') {
        p->state = GDB_RUN;
    } else {
        keep(p, byte);
    }
    return GDB_MORE;
}

static GdbEvent finish(GdbParser *p, int low)
{
    p->state = GDB_IDLE;
    p->buf[p->len] = 0;
    if (low < 0 || (p->sent | low) != p->sum)
        return GDB_BAD_SUM;
    return p->too_long ? GDB_TOO_LONG : GDB_PACKET;
}

GdbEvent gdb_parse(GdbParser *p, u8 byte)
{
    int digit;

    switch (p->state) {
    case GDB_IDLE: return idle(p, byte);
    case GDB_DATA:
    case GDB_ESCAPE:
    case GDB_RUN: return data(p, byte);
    case GDB_SUM1:
        digit = gdb_hex_digit((char)byte);
        if (digit < 0)
            return finish(p, -1);
        p->sent = (u8)(digit << 4);
        p->state = GDB_SUM2;
        return GDB_MORE;
    case GDB_SUM2: return finish(p, gdb_hex_digit((char)byte));
    }
    return GDB_MORE;
}

void gdb_frame(Str *out, const void *payload, size_t len)
{
    const u8 *from = payload;
    u8 sum = 0;

    str_addc(out, '$');
    for (size_t i = 0; i < len; i++) {
        u8 c = from[i];

        if (c == '$' || c == '#' || c == '}' || c == '*') {
            str_addc(out, '}');
            sum += '}';
            c ^= 0x20;
        }
        str_addc(out, (char)c);
        sum += c;
    }
    str_addf(out, "#%02x", sum);
}

void gdb_hex(Str *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const u8 *from = bytes;

    for (size_t i = 0; i < len; i++) {
        str_addc(out, digits[from[i] >> 4]);
        str_addc(out, digits[from[i] & 15]);
    }
}

bool gdb_unhex(const char **text, void *out, size_t len)
{
    const char *t = *text;
    u8 *to = out;

    for (size_t i = 0; i < len; i++, t += 2) {
        int high = gdb_hex_digit(t[0]), low = high < 0 ? -1 : gdb_hex_digit(t[1]);

        if (low < 0)
            return false;
        to[i] = (u8)(high << 4 | low);
    }
    *text = t;
    return true;
}

bool gdb_number(const char **text, u64 *out)
{
    const char *t = *text;
    u64 v = 0;

    for (; gdb_hex_digit(*t) >= 0; t++) {
        if (t - *text == 16)
            return false;
        v = v << 4 | (u64)gdb_hex_digit(*t);
    }
    if (t == *text)
        return false;
    *text = t;
    *out = v;
    return true;
}
