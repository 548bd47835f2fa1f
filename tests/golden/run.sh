#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] [--write] - the host code of the guest code in guest.S against amd64.txt.
# --write (`make golden`): amd64.txt anew, to be looked at with git diff.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel}; golden=$build/tests/golden/golden text=tests/golden/amd64.txt
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
skip() { echo "skip golden $1"; exit 0; }
as=aarch64-linux-gnu-as
command -v $as > /dev/null || skip "no $as (binutils-aarch64-linux-gnu)"
[ -x "$golden" ] || skip "no $golden: another host"
$as -o "$tmp/o" tests/golden/guest.S &&
    aarch64-linux-gnu-objcopy -O binary -j .text "$tmp/o" "$tmp/bin" || exit 1
"$golden" "$tmp/bin" > "$tmp/txt"; rc=$?
[ $rc = 77 ] && skip "needs an amd64 host and capstone"
[ $rc = 0 ] || { echo "FAIL golden status $rc"; exit 1; }
if [ "${2-}" = --write ]; then cp "$tmp/txt" $text; exit; fi
if diff -u $text "$tmp/txt" > "$tmp/diff"; then echo "ok golden"; exit; fi
head -60 "$tmp/diff"
echo "FAIL golden the code is another; if it is better: make golden"
exit 1
