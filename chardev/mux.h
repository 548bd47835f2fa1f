// SPDX-License-Identifier: MIT
// Several front ends (serial ports, monitor) on one back end: input goes to the one in
// focus, output of all is mixed.  Keys after the escape character (Ctrl-A):
//   h ? help   x leave   s save disks   t time stamps   b break   c next front end
//   Ctrl-A sends Ctrl-A
#pragma once

#include "chardev/backend.h"

typedef struct Mux Mux;

typedef struct MuxHooks { // on the loop thread; any may be NULL
    void (*quit)(void *opaque);
    void (*save)(void *opaque);
    void *opaque;
} MuxHooks;

// Takes `below`.  keep_keys: escape keys work even if the front end takes no input; what
// does not fit then is lost (a person can wait, a pipe cannot).
Mux *mux_new_take(Chardev *below, bool keep_keys, u8 escape, const MuxHooks *hooks);
void mux_free(Mux *m); // and its ports, and what is below; front ends are gone
void mux_start(Mux *m, Loop *loop, Input *input);
void mux_stop(Mux *m);
Chardev *mux_below(Mux *m); // borrowed
// One more front end; the first has the focus.  Owned by the mux.
Chardev *mux_port(Mux *m, const char *name);
