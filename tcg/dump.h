// SPDX-License-Identifier: MIT
// One instruction as text, for messages; whole regions: ir_dump in ir.h.
#pragma once
#include "tcg/ir.h"

void ir_dump_ins(const Ctx *t, int i, Str *out);    // t->ins[i], no newline
