// SPDX-License-Identifier: MIT
// The monitor's parsers: expressions, frames of JSON, the line editor.
#include <stdlib.h>

#include "main/edit.h"
#include "main/expr.h"
#include "main/qmp_frame.h"
#include "tests/lib/test.h"

static bool get(void *opaque, const char *name, u64 *val)
{
    *val = 40;
    return opaque && str_eq(name, "x0");
}

static u64 value(const char *text, const char *rest)
{
    ExprNames names = { get, "yes" };
    Error err = { 0 };
    u64 v;

    if (!expr_eval(&text, &names, &v, &err))
        FAIL("%s", err.text);
    STR_EQ(text, rest);
    return v;
}

static void refused(const char *text, const char *why)
{
    ExprNames names = { get, "yes" };
    Error err = { 0 };
    u64 v;

    FALSE(expr_eval(&text, &names, &v, &err));
    STR_HAS(err.text, why);
}

TEST(expr_levels)
{
    EQ(value("1+2&3", ""), 3); // as QEMU 7.2 answers
    EQ(value("8|1*2", ""), 10);
    EQ(value("(1+2)*-3", ""), (u64)-9);
    EQ(value("~0 ^ 0xf", ""), ~0xfull);
    EQ(value("$x0 + 2", ""), 42);
    EQ(value("'A' % 010", ""), 1);
}

TEST(expr_ends_where_it_cannot_go_on)
{
    EQ(value("1 2", "2"), 1);
    EQ(value("64 /tmp/file", "/tmp/file"), 64);
    EQ(value("64 /2", ""), 32);
}

TEST(expr_refuses)
{
    char deep[200];

    refused("", "end");
    refused("1/0", "division by zero");
    refused("(1", "')'");
    refused("$y", "$y");
    refused("'ab", "'c'");
    refused("0x10000000000000000", "64 bits");
    memset(deep, '(', sizeof(deep));
    deep[sizeof(deep) - 1] = '\0';
    refused(deep, "deeply");
}

static FrameState feed(Frame *f, const char *text)
{
    FrameState state = FRAME_MORE;

    for (; *text && state == FRAME_MORE; text++)
        state = frame_byte(f, (u8)*text);
    return state;
}

TEST(frame_ends)
{
    Frame f = { 0 };

    EQ(feed(&f, " \n{\"a\": [1, \"}\\\"\"]"), FRAME_MORE);
    EQ(feed(&f, "}"), FRAME_DONE);
    STR_EQ(str_text(&f.text), "{\"a\": [1, \"}\\\"\"]}");
    frame_reset(&f);
    EQ(feed(&f, "nope "), FRAME_DONE);
    frame_free(&f);
}

TEST(frame_limits)
{
    Frame f = { 0 };

    EQ(feed(&f, "{]"), FRAME_BAD);
    EQ(feed(&f, "{}[ dropped"), FRAME_MORE);
    EQ(feed(&f, "\n{}"), FRAME_DONE);
    frame_reset(&f);
    for (unsigned i = 0; i < FRAME_DEPTH; i++)
        EQ(frame_byte(&f, '['), FRAME_MORE);
    EQ(frame_byte(&f, '['), FRAME_BAD);
    EQ(feed(&f, "\n\""), FRAME_MORE);
    for (size_t i = 1; i < FRAME_SIZE; i++)
        frame_byte(&f, 'x');
    EQ(frame_byte(&f, 'x'), FRAME_BAD);
    frame_free(&f);
}

static void swallow(void *opaque, const char *text, size_t len) { str_addn(opaque, text, len); }

static char *taken;

static void take(void *opaque, const char *line)
{
    (void)opaque;
    free(taken);
    taken = strdup(line);
}

static void offer(void *opaque, const char *line, size_t word, EditWords *out)
{
    (void)opaque;
    edit_word(out, line + word, "status");
    edit_word(out, line + word, "stop");
}

static void press(Edit *e, const char *text, const char *want)
{
    for (; *text; text++)
        edit_input(e, (u8)*text);
    STR_EQ(taken, want);
}

TEST(edit_keys)
{
    Str out = { 0 };
    Edit e = { .prompt = "> ", .write = swallow, .line = take, .complete = offer, .opaque = &out };

    press(&e, "abc\x1b[D\x1b[DX\r\n", "aXbc");
    press(&e, "\x1b[A\x05!\r", "aXbc!");
    press(&e, "\x10\x10\x01\x1b[3~\r", "Xbc");
    press(&e, "one two\x17\x19\x19\r", "one twotwo");
    press(&e, "sta\t\r", "status ");
    press(&e, "s\t\t\x15x\r", "x");
    STR_HAS(str_text(&out), "stop");
    for (unsigned i = 0; i < EDIT_LINE + 9; i++)
        edit_input(&e, 'y');
    edit_input(&e, '\r');
    EQ(strlen(taken), EDIT_LINE);
    edit_free(&e);
    str_free(&out);
    free(taken);
}
