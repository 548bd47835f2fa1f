// SPDX-License-Identifier: MIT
// Signals: requests to end (SIGINT, SIGTERM, SIGHUP) end the machine in order, our own
// crashes restore the terminal and say where they were.
#pragma once

#include "core/machine.h"
#include "util/error.h"

// First thing in main: from here on crashes and early ends restore the terminal.
bool signals_init(Error *err);
// From here on a request to end goes to the machine; a second one ends at once.
bool signals_attach(Machine *m, Error *err);
void signals_detach(Machine *m);
