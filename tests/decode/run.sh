#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] - the decoder generator's own tests: ok_*.decode must give C that
# compiles, err_*.decode must be refused with one line that names file and line, and
# that holds the text after "# expect:" in the table.
set -u
cd "$(dirname "$0")/../.." || exit 1
gen=${1:-build/rel}/decodegen cc=$(sed -n 's/^CC = //p' config.mk)
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
ok() { echo "ok decode/$1"; passed=$((passed + 1)); }
fail() { echo "FAIL decode/$1 $2"; failed=$((failed + 1)); }
for f in tests/decode/*.decode; do
    [ -e "$f" ] || continue
    n=$(basename "$f" .decode)
    timeout 10 "$gen" "$f" "$tmp/$n.inc" > "$tmp/out" 2>&1; rc=$?
    want=$(sed -n 's/^# expect: *//p' "$f" | head -1)
    case $n in
    ok_*)
        [ $rc = 0 ] || { fail "$n" "refused: $(head -1 "$tmp/out")"; continue; }
        [ -s "$tmp/$n.inc" ] || { fail "$n" "nothing generated"; continue; }
        # a test may bring the C around it: NAME.c, which includes NAME.inc and runs
        if [ -e "tests/decode/$n.c" ]; then
            $cc -std=gnu11 -Wall -Wextra -I. -I"$tmp" -o "$tmp/$n" "tests/decode/$n.c" > "$tmp/out" 2>&1 &&
                timeout 10 "$tmp/$n" >> "$tmp/out" 2>&1 || { fail "$n" "$(grep -m1 . "$tmp/out")"; continue; }
        fi
        ok "$n" ;;
    err_*)
        if [ $rc = 0 ]; then fail "$n" "accepted"
        elif [ $rc -ge 124 ]; then fail "$n" "crashed or hung: status $rc"
        elif ! grep -q "$n\.decode:[0-9]*" "$tmp/out"; then fail "$n" "no file:line in: $(head -1 "$tmp/out")"
        elif ! grep -qF -- "$want" "$tmp/out"; then fail "$n" "not \"$want\": $(head -1 "$tmp/out")"
        else ok "$n"; fi ;;
    *) fail "$n" "neither ok_ nor err_" ;;
    esac
done
# the real tables: generated already, so they are good; twice gives the same
for f in cpu/*/*.decode; do
    [ -e "$f" ] || continue
    if "$gen" "$f" "$tmp/a" && "$gen" "$f" "$tmp/b" && cmp -s "$tmp/a" "$tmp/b"; then ok "$f-repeats"
    else fail "$f-repeats" "two runs differ"; fi
done
[ $((passed + failed)) -gt 0 ] || echo "skip decode no tables"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
