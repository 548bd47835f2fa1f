// SPDX-License-Identifier: MIT
// --tcg-stress: the translator made to do often what it seldom does, so that tests meet it.
// Each choice comes from a generator per vCPU that -seed starts.
#pragma once
#include "tcg/tcg.h"

// Parses "ra,spill,...": false with a message that lists the words.
bool stress_parse(const char *text, u32 *out, Error *err);
static inline bool stress_on(const Tcg *tcg, u32 what) { return unlikely(tcg->stress & what); }
u32  stress_random(TcgThread *th, u32 n);           // 0 to n - 1
bool stress_one_in(TcgThread *th, u32 what, u32 n); // is `what` on, and its turn?
u32  stress_pick(TcgThread *th, u32 set);           // one of the bits of a set, by number
