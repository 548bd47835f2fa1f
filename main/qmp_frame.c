// SPDX-License-Identifier: MIT
// The limits of a JSON value in a stream (RFC 8259 2); see qmp_frame.h.
#include "main/qmp_frame.h"

static FrameState bad(Frame *f, u8 ch, const char *why)
{
    frame_reset(f);
    f->why = why;
    f->skip = ch != '\n';
    return FRAME_BAD;
}

void frame_reset(Frame *f)
{
    if (f->text.cap > 64 * KIB)
        str_free(&f->text);
    else
        str_clear(&f->text);
    f->depth = 0;
    f->string = f->escaped = f->bare = false;
}

void frame_free(Frame *f) { str_free(&f->text); }

static FrameState in_string(Frame *f, u8 ch)
{
    if (ch < 0x20)
        return bad(f, ch, "control character in a string");
    if (f->escaped)
        f->escaped = false;
    else if (ch == '\\')
        f->escaped = true;
    else if (ch == '"')
        f->string = false;
    return !f->string && !f->depth ? FRAME_DONE : FRAME_MORE;
}

static FrameState open_bracket(Frame *f, u8 ch)
{
    u64 bit = 1ull << f->depth % 64, *word = &f->curly[f->depth / 64 % ARRAY_LEN(f->curly)];

    if (f->depth == FRAME_DEPTH)
        return bad(f, ch, "nested too deeply");
    *word = ch == '{' ? *word | bit : *word & ~bit;
    f->depth++;
    return FRAME_MORE;
}

static FrameState close_bracket(Frame *f, u8 ch)
{
    if (!f->depth || (f->curly[(f->depth - 1) / 64] >> (f->depth - 1) % 64 & 1) != (ch == '}'))
        return bad(f, ch, "a bracket closes what is not open");
    return --f->depth ? FRAME_MORE : FRAME_DONE;
}

static bool is_blank(u8 ch) { return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n'; }

FrameState frame_byte(Frame *f, u8 ch)
{
    if (ch == 0xff) {
        frame_reset(f);
        f->skip = false;
        return FRAME_MORE;
    }
    if (f->skip) {
        f->skip = ch != '\n';
        return FRAME_MORE;
    }
    if (!f->depth && !f->string && is_blank(ch))
        return f->bare ? FRAME_DONE : FRAME_MORE;
    if (f->text.len == FRAME_SIZE)
        return bad(f, ch, "longer than 16 MiB");
    str_addc(&f->text, (char)ch);
    if (f->string)
        return in_string(f, ch);
    switch (ch) {
    case '"': f->string = true; return FRAME_MORE;
    case '{': case '[': return open_bracket(f, ch);
    case '}': case ']': return close_bracket(f, ch);
    }
    f->bare = !f->depth; // a number or a word without brackets ends at a blank
    return FRAME_MORE;
}
