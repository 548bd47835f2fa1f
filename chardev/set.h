// SPDX-License-Identifier: MIT
// The user's character devices: -chardev, -serial, -monitor and the like.  Main opens
// them before there is a machine, starts them when there is a loop, stops them before
// the machine goes, frees the set last.
//
//     ChardevSet *set = chardevs_new();
//     chardevs_add(set, "socket,id=a,host=localhost,port=4444,server=on,wait=off", err);
//     chardevs_legacy(set, "-serial", "mon:stdio", "serial0", &config.serial[0], err);
//     Chardev *mon = chardevs_port(set, "serial0", "monitor", err);   // same terminal
//     chardevs_hooks(set, &(MuxHooks){ .quit = ... });
//     m = machine_new(.., &config, ..); chardevs_start(set, &m->loop, &m->input);
//     machine_run(m); chardevs_stop(set); machine_free(m); chardevs_free(set);
#pragma once

#include "chardev/mux.h"

typedef struct ChardevSet ChardevSet;

ChardevSet *chardevs_new(void);
void chardevs_free(ChardevSet *set);
// Before the first add.  escape: 1 = Ctrl-A; 0 = none (-echr).
void chardevs_escape(ChardevSet *set, u8 escape);
void chardevs_hooks(ChardevSet *set, const MuxHooks *hooks); // any time before start

// "backend,id=ID[,mux=on][,key=val...]"
bool chardevs_add(ChardevSet *set, const char *text, Error *err);
extern const ArgDesc chardev_keys[]; // of every back end

// The old short forms (chardev/legacy.c) of `option`: what -serial, -monitor, -parallel
// take.  label becomes the id.  *out: NULL for "none", else where the front end connects.
bool chardevs_legacy(ChardevSet *set, const char *option, const char *text, const char *label,
                     Chardev **out, Error *err);

// Where the next front end of chardev `id` connects: itself once, or a new port of its
// mux.  NULL and err if there is none or it is taken.
Chardev *chardevs_port(ChardevSet *set, const char *id, const char *front, Error *err);

void chardevs_start(ChardevSet *set, Loop *loop, Input *input);
void chardevs_stop(ChardevSet *set);

// Of each: id, kind of back end (and "mux" above it), bytes from and to it.
void chardevs_each(const ChardevSet *set,
                   void (*fn)(void *opaque, const char *id, const char *kind, u64 in, u64 out),
                   void *opaque);

// For -chardev help.
void chardevs_help(FILE *out);

// In legacy.c: the text for chardevs_add without id, or NULL and err.  The caller frees.
char *legacy_to_chardev(const char *option, const char *text, bool mux, Error *err);
