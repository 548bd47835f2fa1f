// SPDX-License-Identifier: MIT
// --check: a region is run by the evaluator first, in the shadow: what it stores is noted and
// taken back, faults and registers are kept.  Then the host's code runs, for this one region, and
// both must agree.  All of it on the vCPU's own thread; one vCPU only: another would see the
// shadow's stores.
#pragma once
#include "tcg/tcg.h"

bool check_init(Tcg *tcg, Error *err);
void check_cpu(Tcg *tcg, TcgThread *th);
void check_fini(TcgThread *th);
// The evaluator's program of t for r, kept in r->prog.  False: no room in the chunk.
bool check_compile(Tcg *tcg, Ctx *t, Region *r);
// Runs r, and no more; false: the engines differ, which has been logged.
bool check_region(Cpu *cpu, Region *r);
bool check_differs(const TcgThread *th);            // it has said false
void check_stats(const Tcg *tcg, Str *out);

// -- hooks --
// Is a shadow running?  Then nothing may be done that cannot be taken back.
bool check_shadows(const TcgThread *th);
bool check_turn(TcgThread *th, const Region *r);     // may the shadow go round r's loop again?
void check_give_up(TcgThread *th);                  // this region cannot be checked
void check_store(TcgThread *th, u8 *host, unsigned n);      // these bytes are about to change
// A fault; true: it was the shadow's, and is not raised.
bool check_fault(Cpu *cpu, const TcgFault *f);
