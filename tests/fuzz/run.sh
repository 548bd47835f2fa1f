#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] [--seconds N] [TARGET...] - fuzz targets tests/fuzz/TARGET.c.  Without
# --seconds a fixed slice from the committed seeds, in the same order each time; with it N
# seconds each, with the corpus kept in BUILD/corpus/TARGET.  Then the line coverage of the
# files that a target's "// covers:" lines name: under 60 % fails.  What crashed is kept in
# BUILD/found/; BUILD/tests/fuzz/TARGET FILE does it again.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=build/fuzz seconds='' targets='' passed=0 failed=0 skipped=0 least=60
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2; shift ;;
    */*) build=$1 ;;
    *) targets="$targets $1" ;;
    esac
    shift
done
[ -n "$targets" ] || targets=$(for f in tests/fuzz/*.c; do basename "$f" .c; done)
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
ok() { echo "ok fuzz/$1"; passed=$((passed + 1)); }
fail() { echo "FAIL fuzz/$1 $2"; failed=$((failed + 1)); }
skip() { echo "skip fuzz/$1 $2"; skipped=$((skipped + 1)); }
# words NAME KEY : what stands behind "// KEY:" in the target's source
words() { sed -n "s|^// $2: *||p" "tests/fuzz/$1.c" | tr '\n' ' '; }
tool() { for t in "$1-14" "$1"; do command -v "$t" && return; done; return 1; }
# A guest's registers live in the vCPU threads; their generated code takes SIGSEGV for itself.
export ASAN_OPTIONS="${ASAN_OPTIONS-allow_user_segv_handler=1:detect_leaks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1}"

# fuzz NAME CORPUS : status of the target
fuzz() {
    how="-runs=$(words "$1" runs | grep . || echo 10000) -seed=1"
    [ -z "$seconds" ] || how="-max_total_time=$seconds"
    seeds=tests/fuzz/seeds/$1; [ -d "$seeds" ] || seeds=
    dict=tests/fuzz/$1.dict; [ ! -f "$dict" ] || how="$how -dict=$dict"
    # shellcheck disable=SC2086 # options, and no seeds at all
    LLVM_PROFILE_FILE=/dev/null "$build/tests/fuzz/$1" $how -rss_limit_mb=4096 -timeout=20 \
        -max_len=4096 -print_final_stats=1 -artifact_prefix="$build/found/$1-" "$2" $seeds \
        < /dev/null > "$tmp/log" 2>&1
}
# coverage NAME CORPUS : "PERCENT TEXT" over the files that the target is about
coverage() {
    seeds=tests/fuzz/seeds/$1; [ -d "$seeds" ] || seeds=
    # shellcheck disable=SC2086 # as above, and a list of files
    LLVM_PROFILE_FILE=$tmp/raw "$build/tests/fuzz/$1" -runs=0 -timeout=20 "$2" $seeds \
        < /dev/null > "$tmp/log" 2>&1 && "$profdata" merge -o "$tmp/prof" "$tmp/raw" &&
        "$cov" report "$build/tests/fuzz/$1" -instr-profile="$tmp/prof" $(words "$1" covers) \
            2> "$tmp/log" > "$tmp/report" || return
    # columns: file, regions missed %, functions missed %, lines missed %
    awk '/\.[ch] / { n = $1; sub(".*/", "", n); text = text sprintf(", %s %s", n, $10) }
         $1 == "TOTAL" { printf "%d%s\n", $10, text }' "$tmp/report"
}
one() {
    [ -x "$build/tests/fuzz/$1" ] || { skip "$1" "no $build/tests/fuzz/$1"; return; }
    corpus=$tmp/corpus; rm -rf "$corpus"
    [ -z "$seconds" ] || corpus=$build/corpus/$1
    mkdir -p "$corpus" "$build/found"
    if ! fuzz "$1" "$corpus"; then
        why=$(grep -m1 -E 'SUMMARY|ERROR:|runtime error|BUG' "$tmp/log")
        fail "$1" "${why:-$(tail -1 "$tmp/log")} $(grep -m1 -o "$build/found/[^ ]*-[0-9a-f]*$" "$tmp/log")"
        grep -v '^stat::\|^INFO\|^#[0-9]\|NEW_FUNC' "$tmp/log" | cut -c1-200 | head -40
        return
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$tmp/log")
    ok "$1"
    [ -n "$(words "$1" covers)" ] || { fail "$1-coverage" "tests/fuzz/$1.c names no files"; return; }
    lines=$(coverage "$1" "$corpus")
    if [ -z "$lines" ]; then fail "$1-coverage" "no figures: $(tail -1 "$tmp/log")"
    elif [ "${lines%%,*}" -lt $least ]; then fail "$1-coverage" "${lines%%,*} % of lines in $runs runs${lines#"${lines%%,*}"}"
    else ok "$1-coverage"; echo "    ${lines%%,*} % of lines in $runs runs${lines#"${lines%%,*}"}"; fi
}
profdata=$(tool llvm-profdata) cov=$(tool llvm-cov) ||
    { echo 'FAIL fuzz/tools no llvm-cov or llvm-profdata'; exit 1; }
for t in $targets; do one "$t"; done
printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
echo
[ $failed = 0 ]
