// SPDX-License-Identifier: MIT
// -daemonize and -pidfile.  Main thread.
//
// daemon_begin forks before there are threads, back ends or files: the caller's process waits,
// so that errors of starting up reach the caller's terminal and its exit status.  The new one
// goes on, in a session of its own, and when all is set up calls daemon_ready: the waiting one
// ends with status 0 and the terminal is let go.
// The working directory stays, unlike QEMU's: -kernel and its like are read again at each reset.
#pragma once

#include "util/error.h"

// In the new process; does not return in the caller's.
bool daemon_begin(Error *err);
// keep_stderr: the log goes there.  No-op without daemon_begin.
bool daemon_ready(bool keep_stderr, Error *err);

// Writes this process's number; locked as long as it lives, so a second one is refused.
bool pidfile_open(const char *path, Error *err);
void pidfile_close(void); // removes it; no-op if there is none
