// SPDX-License-Identifier: MIT
// A line editor for terminals at the far end of a byte stream: the keys of readline and libedit
// in their emacs mode, history, completion.  Bytes in, echo out; no file descriptor, no waiting.
// Why not libedit: docs/decisions/0004-the-monitors-line-editor.md.  The owner locks.
#pragma once

#include "util/str.h"
#include "util/vec.h"

#define EDIT_LINE 4096u // bytes of a line; more are refused with a bell
#define EDIT_HISTORY 128u

typedef struct EditWords {
    VEC(char *) list;   // owned
} EditWords;
void edit_word(EditWords *w, const char *prefix, const char *word); // added if it begins so

typedef struct Edit {
    // set by the owner
    const char *prompt;
    void (*write)(void *opaque, const char *text, size_t len);
    void (*line)(void *opaque, const char *line);
    // candidates for the word that ends at `at` of line; word begins there
    void (*complete)(void *opaque, const char *line, size_t word, EditWords *out);
    void *opaque;
    // the editor's
    Str buf;
    size_t at;          // cursor
    VEC(char *) history;
    size_t back;        // history line shown, counted from the end; 0: the new one
    char *fresh;        // the new one, while back
    char *killed;
    char seq[8];        // of an escape sequence
    unsigned seq_len;
    bool after_cr;
} Edit;

void edit_prompt(Edit *e);      // shows the prompt and what has been typed
void edit_reset(Edit *e);       // forgets the line, keeps the history
void edit_input(Edit *e, u8 ch);
void edit_free(Edit *e);
