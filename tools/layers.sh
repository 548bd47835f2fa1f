#!/bin/sh
# SPDX-License-Identifier: MIT
# layers.sh [ROOT] - who may include whom (docs/style.md, "Folders").  Looks at
# each #include "..." under ROOT; prints "file:line: why" and fails on a breach.
set -eu
cd "${1:-$(dirname "$0")/..}"
grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[chS]' \
    util core tcg cpu kvm devices machine block net chardev ui gdb main tests tools 2>/dev/null |
awk '
function top(p) { sub("/.*", "", p); return p }
function dir(p) { return p ~ "/" ? substr(p, 1, match(p, "/[^/]*$") - 1) : "" }
# second(p): the folder below the top one
function second(p) { split(p, w, "/"); return w[2] }
# may folder `f` (file `file`) include header `h` of folder `t`?
function may(f, file, h, t) {
    if (f == "main") return t != "tests"
    if (t == "util") return 1
    if (f == "util") return 0
    if (f == "tools") return 0
    if (t == "core") return 1
    if (f == "core") return 0
    if (f == "cpu") {
        if (t == "tcg") return h == "tcg/ir.h" || h == "tcg/frontend.h"
        if (t != "cpu") return 0
        # families are apart; cpu/fp and headers of cpu itself are shared
        return second(h) == second(file) || second(h) == "fp" || dir(h) == "cpu"
    }
    if (f == "kvm") return t == "kvm" || h ~ "^cpu/[^/]*/state\\.h$"
    if (f == "devices") return t == f && (dir(h) == dir(file) || h ~ bus || dir(h) == "devices")
    if (f == "machine") return t == f || t == "devices" || (t == "cpu" && h == "cpu/" second(h) "/" second(h) ".h")
    return t == f
}
BEGIN { bus = "^devices/(pci|usb|i2c|spi|virtio)/bus\\.h$"; n = 0 }
{
    split($0, part, ":"); file = part[1]; line = part[2]
    h = $0; sub(/^[^"]*"/, "", h); sub(/".*/, "", h)
    f = top(file); t = top(h)
    if (h == "config.h" || file ~ "^tests/(insn|decode)/") next
    why = ""
    if (h !~ "/" || h ~ "(^|/)\\.\\.?/") why = "include by the path from the root"
    else if (t == "gen") why = top(substr(h, 5)) == f || f == "tests" ? "" : "a generated file of another folder"
    else if (f == "tests") {
        # tests/unit/FOLDER_x.c: FOLDER and what that may include; main: its own; fuzz: all; golden: diff
        split(file, w, "/"); sub(/_.*/, "", w[3]); g = w[3]
        if (t == "tests") why = h ~ "^tests/lib/" || dir(h) == dir(file) ||
            file ~ "^tests/(fuzz|golden)/" ? "" : "tests include tests/lib only"
        else if (t == "main") why = file ~ "^tests/fuzz/" ||
            (w[2] == "unit" && g == "main") ? "" : "only its unit tests include main"
        else if (w[2] == "device") why = may("devices", h, h, t) || t == "devices" ? "" : "a device test knows devices, core, util"
        else if (w[2] == "unit" && g ~ /^(util|core|block|net|chardev|ui|gdb)$/ && t != g)
            why = may(g, g "/x.c", h, t) ? "" : "a test of " g " includes what " g " may"
    } else if (!may(f, file, h, t)) why = f " may not include " h
    if (why != "") { printf "%s:%s: %s\n", file, line, why; n++ }
}
END { exit n > 0 }'
