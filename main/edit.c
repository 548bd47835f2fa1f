// SPDX-License-Identifier: MIT
// The line editor; see edit.h.  The line is redrawn whole after each change but the commonest
// (a character at the end): CR, prompt, text, erase to the end, cursor back.  Sequences are those
// of ECMA-48, which every terminal of today has.
#include "main/edit.h"

#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"

#define CTRL(c) ((c) & 0x1f)

static void put(Edit *e, const char *text) { e->write(e->opaque, text, strlen(text)); }

static void redraw(Edit *e)
{
    Str s = { 0 };

    str_addf(&s, "\r%s%s\x1b[K", e->prompt, str_text(&e->buf));
    if (e->at < e->buf.len)
        str_addf(&s, "\x1b[%zuD", e->buf.len - e->at);
    e->write(e->opaque, s.s, s.len);
    str_free(&s);
}

void edit_prompt(Edit *e) { redraw(e); }

void edit_reset(Edit *e)
{
    str_clear(&e->buf);
    e->at = e->back = 0;
    e->seq_len = 0;
    free(e->fresh);
    e->fresh = NULL;
}

void edit_free(Edit *e)
{
    str_free(&e->buf);
    vec_foreach (h, &e->history)
        free(*h);
    vec_free(&e->history);
    free(e->fresh);
    free(e->killed);
}

// ---- changes -------------------------------------------------------------------------------

static void insert(Edit *e, const char *text, size_t n)
{
    if (e->buf.len + n > EDIT_LINE) {
        put(e, "\a");
        return;
    }
    str_addn(&e->buf, text, n);
    memmove(e->buf.s + e->at + n, e->buf.s + e->at, e->buf.len - n - e->at);
    memcpy(e->buf.s + e->at, text, n);
    e->at += n;
    if (e->at == e->buf.len)
        e->write(e->opaque, text, n);
    else
        redraw(e);
}

static void cut(Edit *e, size_t from, size_t to)
{
    memmove(e->buf.s + from, e->buf.s + to, e->buf.len - to + 1);
    e->buf.len -= to - from;
    e->at = from;
    redraw(e);
}

static void delete(Edit *e, size_t from, size_t to)
{
    if (from < to)
        cut(e, from, to);
}

static void kill_part(Edit *e, size_t from, size_t to)
{
    if (from >= to)
        return;
    free(e->killed);
    e->killed = xstrndup(e->buf.s + from, to - from);
    cut(e, from, to);
}

static void move(Edit *e, size_t to)
{
    e->at = MIN(to, e->buf.len);
    redraw(e);
}

static size_t word_left(const Edit *e)
{
    size_t i = e->at;

    while (i && e->buf.s[i - 1] == ' ')
        i--;
    while (i && e->buf.s[i - 1] != ' ')
        i--;
    return i;
}

static size_t word_right(const Edit *e)
{
    size_t i = e->at;

    while (i < e->buf.len && e->buf.s[i] == ' ')
        i++;
    while (i < e->buf.len && e->buf.s[i] != ' ')
        i++;
    return i;
}

// ---- history -------------------------------------------------------------------------------

static void show_history(Edit *e, size_t back)
{
    if (back > e->history.len)
        return;
    if (!e->back) {
        free(e->fresh);
        e->fresh = xstrdup(str_text(&e->buf));
    }
    str_clear(&e->buf);
    str_add(&e->buf, back ? e->history.at[e->history.len - back] : e->fresh);
    e->back = back;
    e->at = e->buf.len;
    redraw(e);
}

static void older(Edit *e) { show_history(e, e->back + 1); }

static void newer(Edit *e)
{
    if (e->back)
        show_history(e, e->back - 1);
}

static void remember(Edit *e, const char *line)
{
    if (!*line || (e->history.len && str_eq(vec_last(&e->history), line)))
        return;
    if (e->history.len == EDIT_HISTORY) {
        free(e->history.at[0]);
        vec_remove(&e->history, 0);
    }
    vec_push(&e->history, xstrdup(line));
}

// ---- completion ----------------------------------------------------------------------------

void edit_word(EditWords *w, const char *prefix, const char *word)
{
    if (!str_starts(word, prefix))
        return;
    vec_foreach (it, &w->list)
        if (str_eq(*it, word))
            return;
    vec_push(&w->list, xstrdup(word));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t common(const EditWords *w)
{
    size_t n = strlen(w->list.at[0]);

    vec_foreach (it, &w->list) {
        size_t i = 0;

        while (i < n && (*it)[i] == w->list.at[0][i])
            i++;
        n = i;
    }
    return n;
}

static void show_words(Edit *e, EditWords *w)
{
    Str s = { 0 };

    qsort(w->list.at, w->list.len, sizeof(*w->list.at), by_name);
    str_add(&s, "\n");
    for (size_t i = 0; i < w->list.len; i++)
        str_addf(&s, "%-19s%s", w->list.at[i], i % 4 == 3 || i + 1 == w->list.len ? "\n" : " ");
    e->write(e->opaque, s.s, s.len);
    str_free(&s);
    redraw(e);
}

static void complete(Edit *e)
{
    EditWords w = { 0 };
    size_t word = e->at, have, n;
    char *line = xstrndup(str_text(&e->buf), e->at);

    while (word && line[word - 1] != ' ')
        word--;
    have = e->at - word;
    e->complete(e->opaque, line, word, &w);
    if (w.list.len) {
        n = common(&w);
        if (n > have)
            insert(e, w.list.at[0] + have, n - have);
        if (w.list.len == 1)
            insert(e, " ", 1);
        else if (n <= have)
            show_words(e, &w);
    }
    vec_foreach (it, &w.list)
        free(*it);
    vec_free(&w.list);
    free(line);
}

// ---- keys ----------------------------------------------------------------------------------

static void enter(Edit *e)
{
    char *line = xstrdup(str_text(&e->buf));

    put(e, "\n");
    edit_reset(e);
    remember(e, line);
    e->line(e->opaque, line);
    free(line);
}

static void swap(Edit *e)
{
    size_t i = e->at == e->buf.len ? e->at - 1 : e->at;
    char ch;

    if (e->buf.len < 2 || !e->at)
        return;
    ch = e->buf.s[i];
    e->buf.s[i] = e->buf.s[i - 1];
    e->buf.s[i - 1] = ch;
    move(e, i + 1);
}

static void control(Edit *e, u8 ch)
{
    switch (ch) {
    case CTRL('a'): move(e, 0); break;
    case CTRL('b'): move(e, e->at ? e->at - 1 : 0); break;
    case CTRL('c'): put(e, "^C\n"); edit_reset(e); redraw(e); break;
    case CTRL('d'): delete(e, e->at, MIN(e->at + 1, e->buf.len)); break;
    case CTRL('e'): move(e, e->buf.len); break;
    case CTRL('f'): move(e, e->at + 1); break;
    case CTRL('h'):
    case 0x7f: delete(e, e->at ? e->at - 1 : 0, e->at); break;
    case '\t': complete(e); break;
    case CTRL('k'): kill_part(e, e->at, e->buf.len); break;
    case CTRL('l'): put(e, "\x1b[H\x1b[2J"); redraw(e); break;
    case CTRL('n'): newer(e); break;
    case CTRL('p'): older(e); break;
    case CTRL('t'): swap(e); break;
    case CTRL('u'): kill_part(e, 0, e->at); break;
    case CTRL('w'): kill_part(e, word_left(e), e->at); break;
    case CTRL('y'):
        if (e->killed)
            insert(e, e->killed, strlen(e->killed));
        break;
    }
}

// What a sequence behind ESC does: "[A", "OH", "[3~", "b".
static void sequence(Edit *e)
{
    const char *s = e->seq;

    if (str_eq(s, "[A") || str_eq(s, "OA"))
        older(e);
    else if (str_eq(s, "[B") || str_eq(s, "OB"))
        newer(e);
    else if (str_eq(s, "[C") || str_eq(s, "OC"))
        move(e, e->at + 1);
    else if (str_eq(s, "[D") || str_eq(s, "OD"))
        move(e, e->at ? e->at - 1 : 0);
    else if (str_eq(s, "[H") || str_eq(s, "OH") || str_eq(s, "[1~"))
        move(e, 0);
    else if (str_eq(s, "[F") || str_eq(s, "OF") || str_eq(s, "[4~"))
        move(e, e->buf.len);
    else if (str_eq(s, "[3~"))
        delete(e, e->at, MIN(e->at + 1, e->buf.len));
    else if (str_eq(s, "b"))
        move(e, word_left(e));
    else if (str_eq(s, "f"))
        move(e, word_right(e));
}

// seq holds ESC's followers; a letter or ~ ends it, [ and O only begin it.
static void escape(Edit *e, u8 ch)
{
    bool first = e->seq_len == 1;

    if (e->seq_len == sizeof(e->seq) - 1 || ch < 0x20) {
        e->seq_len = 0;
        return;
    }
    e->seq[e->seq_len - 1] = (char)ch;
    e->seq[e->seq_len++] = '\0';
    if ((first && (ch == '[' || ch == 'O')) || (!first && ch < 0x40))
        return;
    e->seq_len = 0;
    sequence(e);
}

void edit_input(Edit *e, u8 ch)
{
    bool crlf = e->after_cr && ch == '\n';

    e->after_cr = ch == '\r';
    if (e->seq_len)
        escape(e, ch);
    else if (ch == 0x1b)
        e->seq_len = 1;
    else if (ch == '\r' || (ch == '\n' && !crlf))
        enter(e);
    else if (ch >= 0x20 && ch != 0x7f)
        insert(e, (const char *)&ch, 1);
    else if (!crlf)
        control(e, ch);
}
