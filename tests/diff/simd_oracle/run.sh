#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [COUNT [SEED]] - COUNT random states (default 20) for each FP and SIMD row of
# a64.decode: what the front-end's IR does to them against qemu-aarch64-static.
# BUILD: a build directory (default build/rel) whose objects are linked.
# Needs gcc-aarch64-linux-gnu and qemu-user-static; without them it is skipped.
set -u
cd "$(dirname "$0")/../../.." || exit 1
count=${1:-20} seed=${2:-1} b=${BUILD:-build/rel}
here=tests/diff/simd_oracle out=${OUT:-build/simd_oracle}
if ! command -v aarch64-linux-gnu-gcc > /dev/null || ! command -v qemu-aarch64-static > /dev/null; then
    echo "skip simd_oracle no aarch64-linux-gnu-gcc or no qemu-aarch64-static"
    exit 0
fi
mkdir -p "$out"
objects=$(find "$b" -name '*.o' ! -path '*/main/main.o' ! -path '*/tests/*')
libs=$(sed -n 's/^LDLIBS *:*= *//p' config.mk)
# shellcheck disable=SC2086 # lists
aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wextra -static -I. -o "$out/guest" $here/guest.c &&
    ${CC:-cc} -std=gnu11 -O1 -g -D_GNU_SOURCE -fno-strict-aliasing -Wall -Wextra -I. -I"$b" \
        -pthread -o "$out/eval" $here/eval.c $objects $libs &&
    "$out/eval" make "$seed" "$count" > "$out/before" &&
    qemu-aarch64-static -cpu max "$out/guest" < "$out/before" > "$out/after" &&
    "$out/eval" check "$out/before" "$out/after"
