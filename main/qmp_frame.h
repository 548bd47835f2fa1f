// SPDX-License-Identifier: MIT
// Where one JSON value of a stream of bytes ends, without parsing it: brackets and strings are
// followed, so that hostile nesting or length is refused before memory or stack is spent.
// After something bad the rest of its line is dropped; 0xff forgets what was begun.
#pragma once

#include "util/str.h"

#define FRAME_DEPTH 1024u
#define FRAME_SIZE (16u * 1024 * 1024)

typedef enum { FRAME_MORE, FRAME_DONE, FRAME_BAD } FrameState;

typedef struct Frame {
    Str text;                   // of the value; the owner clears it with frame_reset
    u64 curly[FRAME_DEPTH / 64]; // which open brackets are { }
    u32 depth;
    bool string, escaped, bare, skip;
    const char *why;            // of FRAME_BAD
} Frame;

FrameState frame_byte(Frame *f, u8 ch);
void frame_reset(Frame *f);
void frame_free(Frame *f);
