// SPDX-License-Identifier: MIT
// The terminal on stdin in raw mode, and back on every way out.
#pragma once

#include "util/types.h"

// Raw, but output is still processed (\n becomes \r\n).  signals: Ctrl-C, Ctrl-Z and
// Ctrl-\ stay signals.  No-op if fd is no terminal.  Installs what restores the terminal:
// an atexit function, handlers of fatal signals where there are none yet, and one of
// SIGCONT that goes back to raw.
void tty_raw(int fd, bool signals);

// As it was found.  Async-signal-safe, may be called any number of times; who installs
// handlers of fatal signals later calls it in them.
void tty_restore(void);
