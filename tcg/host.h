// SPDX-License-Identifier: MIT
// What a host gives to the translator: make code of a Region, run it, patch its jumps.
// Two implementations: host/amd64 (machine code) and host/eval (interprets a copy of the IR; the
// reference of tests/diff and the engine where no code can be generated).
#pragma once
#include "tcg/tcg.h"

typedef struct TcgHost {
    const char *name;
    bool interprets;                                // its code is data: never executed
    bool (*probe)(Error *err);                      // can this host run it?  says why not
    bool (*init)(Tcg *tcg, Error *err);             // thunks and tables into the code buffer
    void (*fini)(Tcg *tcg);
    // Make code of t for region r: fills r->code, r->code_size, r->links (their sites).
    // False when the code buffer's generation is full (the caller makes room and retries).
    bool (*compile)(Tcg *tcg, Ctx *t, Region *r);
    // Run from the Cpu's pc until the exit word or an EXITLOOP; all guest state is in the Cpu.
    // A solo region is run whatever the exit word says.
    void (*run)(Cpu *cpu, Region *first);
    // Make the code of `to`, which is `from` at another VA (to->pc); NULL: this host cannot.  Only
    // when from->moves.  False: no room.  tcg->lock is held.
    bool (*relocate)(Tcg *tcg, TcgThread *th, const Region *from, Region *to);
    // Jumps: make link i of r go to region `to` (NULL: back to its stub).  tcg->lock is held.
    void (*link)(Tcg *tcg, Region *r, u32 i, Region *to);
    // r is dropped: who enters it by a jump cache leaves with its pc.  tcg->lock is held.
    void (*retire)(Tcg *tcg, Region *r);
    void (*unwind)(Cpu *cpu) __attribute__((noreturn));
} TcgHost;

extern const TcgHost tcg_amd64, tcg_eval;
