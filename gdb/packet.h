// SPDX-License-Identifier: MIT
// Packets of the GDB remote serial protocol: bytes to events, payloads to bytes.
// "Debugging with GDB" (13.1), appendix E.1 Overview and E.3.
//
//     $payload#cs    cs: two hex digits, sum of the payload's bytes as sent
//     }c             c ^ 0x20: how $ # } * stand in binary data
//     c*n            run length: c and n - 29 more of it
//     + -            the last packet was (not) understood
//     0x03           between packets: stop the target
//
// Nothing a peer sends makes the parser take more than its own size.  No threads.
#pragma once

#include "util/str.h"
#include "util/types.h"

// The longest payload taken, in decoded bytes; as PacketSize announces it.
#define GDB_PACKET_SIZE 0x4000u

typedef enum {
    GDB_MORE,      // nothing complete yet
    GDB_PACKET,    // buf[0..len), terminated by a zero beyond len
    GDB_TOO_LONG,  // a sound packet that did not fit
    GDB_BAD_SUM,   // its checksum is wrong, or is none
    GDB_ACK, GDB_NAK,
    GDB_INTERRUPT,
} GdbEvent;

typedef struct GdbParser {
    enum { GDB_IDLE, GDB_DATA, GDB_ESCAPE, GDB_RUN, GDB_SUM1, GDB_SUM2 } state;
    bool too_long;
    u8 sum, sent; // computed; as it came
    u32 len;
    u8 buf[GDB_PACKET_SIZE + 1];
} GdbParser;

// A zeroed parser is ready.  After an event buf stays until the next byte is given.
GdbEvent gdb_parse(GdbParser *p, u8 byte);

// Appends $payload#cs; binary: the payload's special bytes are escaped.
void gdb_frame(Str *out, const void *payload, size_t len);

// Hex, both ways.
void gdb_hex(Str *out, const void *bytes, size_t len);
// Reads exactly len bytes as hex; false on anything else.
bool gdb_unhex(const char **text, void *out, size_t len);
int gdb_hex_digit(char c); // -1: none
// A hex number of at least one digit and at most 16, moving *text behind it.
bool gdb_number(const char **text, u64 *out);
