// SPDX-License-Identifier: MIT
// Folding while the IR is built; see fold.c.
#pragma once
#include "tcg/ir.h"

// The value that `op` of these operands equals when no instruction is needed; ir_none when one is.
Val ir_fold(Ctx *t, int op, IrType ty, Val a, Val b, Val c, u16 aux, i32 imm);
// The result of an integer operation on constants, truncated to ty.
bool ir_eval_int(int op, IrType ty, u64 a, u64 b, u16 aux, i32 imm, u64 *out);
