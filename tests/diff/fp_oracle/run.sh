#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [COUNT [SEED]] - compare cpu/fp with qemu-aarch64-static: COUNT operand
# triples (default 100) for each instruction of ops.h and each of 64 FPCR values;
# and its x86 rules with the instructions of the host, when that is amd64.
# Needs gcc-aarch64-linux-gnu and qemu-user-static; without them it is skipped.
set -u
cd "$(dirname "$0")/../../.." || exit 1
count=${1:-100} seed=${2:-1}
here=tests/diff/fp_oracle out=${OUT:-build/fp_oracle} bad=0
cc="${CC:-cc} -std=gnu11 -O2 -D_GNU_SOURCE -Wall -Wextra -I."
mkdir -p "$out"
# shellcheck disable=SC2086 # $cc is a list
if command -v aarch64-linux-gnu-gcc > /dev/null && command -v qemu-aarch64-static > /dev/null; then
    aarch64-linux-gnu-gcc -std=gnu11 -O2 -static -I. -o "$out/guest" $here/guest.c &&
        $cc -o "$out/compare" $here/compare.c cpu/fp/*.c &&
        qemu-aarch64-static -cpu max "$out/guest" "$seed" "$count" |
        "$out/compare" "$seed" "$count" || bad=1
else
    echo "skip fp_oracle no aarch64-linux-gnu-gcc or no qemu-aarch64-static"
fi
# pushf writes below the stack pointer
# shellcheck disable=SC2086
if [ "$(uname -m)" = x86_64 ]; then
    $cc -mno-red-zone -o "$out/x86" $here/x86.c cpu/fp/*.c &&
        "$out/x86" "$seed" $((count * 10)) || bad=1
fi
exit $bad
