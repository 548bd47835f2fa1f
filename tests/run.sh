#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh check|check-all|PROGRAM... - run tests and count.  `make check` and
# `make check-all` call it; see docs/testing.md.
#
# A test program prints "ok NAME", "FAIL NAME reason" or "skip NAME reason" per
# test.  Its whole output is kept in build/log/; here a line per program and each
# failure is shown (V=1: everything).  The last line sums up.
set -u
cd "$(dirname "$0")/.." || exit 1
# make's own job server is not for us: the builds below start their own
unset MAKEFLAGS MFLAGS MAKELEVEL
MAKE=${MAKE:-make} MAKE_ARGS=${MAKE_ARGS-} MODE=${MODE:-rel} V=${V-}
passed=0 failed=0 skipped=0
log=build/log; mkdir -p $log
trap 'exit 130' INT TERM

# note LOG STATUS NAME : add up what the program wrote
note() {
    ok=$(grep -c '^ok ' "$1"); bad=$(grep -c '^FAIL ' "$1"); sk=$(grep -c '^skip ' "$1")
    if [ "$bad" = 0 ] && { [ "$2" != 0 ] || [ $((ok + sk)) = 0 ]; }; then
        why="exit status $2"
        [ "$2" = 124 ] && why="no end in time"
        [ "$2" = 0 ] && why="reported no test"
        echo "FAIL $3 $why" >> "$1"; bad=1
        [ "$V" = 1 ] || tail -15 "$1" | sed 's/^/    /'
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + sk))
    if [ "$V" = 1 ]; then grep -vE '^[0-9]+ passed, ' "$1"; else grep '^FAIL ' "$1"; fi
    printf '  %-28s %d ok' "$3" "$ok"
    [ "$bad" = 0 ] || printf ', %d FAILED (%s)' "$bad" "$1"
    [ "$sk" = 0 ] || printf ', %d skipped' "$sk"
    printf ', %d s\n' "$(($(date +%s) - began))"
}
# run NAME SECONDS COMMAND... : a test program
run() {
    name=$1 limit=$2; shift 2
    l=$log/$(echo "$name" | tr '/ ' '--').log
    began=$(date +%s)
    timeout -k 5 "$limit" "$@" > "$l" 2>&1 < /dev/null; note "$l" $? "$name"
}
# step NAME SECONDS COMMAND... : one test that is a command succeeding
step() {
    name=$1 limit=$2; shift 2
    l=$log/$(echo "$name" | tr '/ ' '--').log
    began=$(date +%s)
    if timeout -k 5 "$limit" "$@" > "$l" 2>&1 < /dev/null; then
        [ "$V" = 1 ] && cat "$l"
        echo "ok $name" > "$l"; note "$l" 0 "$name"
    else
        status=$?
        tail -40 "$l" | grep -v '^  CC ' | sed 's/^/    /'
        echo "FAIL $name exit status $status" >> "$l"; note "$l" 1 "$name"; return 1
    fi
}
mk() { # shellcheck disable=SC2086 # arguments are a list
    step "$1" 900 $MAKE --no-print-directory $MAKE_ARGS $2; }
# suites BUILD SECONDS : the C test programs of a build and the scripts beside them
suites() {
    for s in unit device machine; do
        [ -x "$1/tests/$s/run" ] && run "$MODE/$s" "$2" $pre "$1/tests/$s/run"
    done
    for s in decode cli insn golden; do
        [ -x tests/$s/run.sh ] && run "$MODE/$s" "$2" tests/$s/run.sh "$1"
    done
    run "$MODE/dtb" "$2" tests/machine/dtb.sh "$1"
    run "$MODE/bench-micro" "$2" tests/bench-micro/run.py --check "$1"
    run "$MODE/gdb-packets" "$2" tests/gdb/packets.py "$1/mimic-system-aarch64"
    run "$MODE/gdb-bare" "$2" env B="$1" tests/gdb/bare.sh
    if grep -q "CONFIG_JANSSON 1" config.h; then
        run "$MODE/monitor" "$2" python3 tests/monitor/qmp.py "$1"
        run "$MODE/monitor-socat" "$2" tests/monitor/socat.sh "$1"
        run "$MODE/monitor-shape" "$2" tests/monitor/shape.py "$1"
    fi
}
# smp_boot BUILD SECONDS : four CPUs under a checking build
smp_boot() {
    run "$(basename "$1")/boot" "$2" env ONLY=smp4 MIMIC="$pre $1/mimic-system-aarch64" \
        tests/boot/arm64_linux.sh "$1"
}
build_and_test() { # MODE SECONDS
    MODE=$1; export MODE
    pre=; [ "$1" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null && pre="setarch $(uname -m) -R"
    mk "build $1" "MODE=$1 tests" && suites "build/$1" "$2"
}

export ASAN_OPTIONS="${ASAN_OPTIONS-allow_user_segv_handler=1:detect_stack_use_after_return=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS-print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS-halt_on_error=1}"

check() {
    step layers 60 tools/layers.sh
    step style 60 tools/style.sh
    step doclinks 60 tools/doclinks.sh
    for t in tests/tools/*.sh; do [ -x "$t" ] && run "$t" 120 "$t"; done
    mk headers "MODE=$MODE headers"
    mk nosimd "MODE=$MODE nosimd"
    build_and_test "$MODE" 240
}
check_all() {
    build_and_test asan 300 && smp_boot build/asan 240
    build_and_test tsan 400 && smp_boot build/tsan 400
    pre=''
    # and the IR verifier after each pass
    mk "build clang" "MODE=dbg CC=clang B=build/clang tests" && MODE=clang &&
        suites build/clang 300 && smp_boot build/clang 240
    MODE=rel
    mk "build rel" "MODE=rel tests"
    for t in tests/boot/*.sh; do
        [ -x "$t" ] && run "$t" 420 "$t" build/rel
    done
    run gdb/bare-eval 200 env B=build/rel ENGINES=eval tests/gdb/bare.sh
    run gdb/kernel 2400 env B=build/rel tests/gdb/kernel.sh
    [ -x tests/diff/run.sh ] && run diff 420 tests/diff/run.sh build/rel --slice
    run diff/fp_oracle 200 tests/diff/fp_oracle/run.sh 30
    BUILD=build/rel; export BUILD
    run diff/simd_oracle 200 tests/diff/simd_oracle/run.sh 10
    if [ -n "$(ls tests/fuzz/*.c 2>/dev/null)" ] && mk "build fuzz" "MODE=fuzz fuzzers"; then
        run fuzz 900 tests/fuzz/run.sh build/fuzz
    fi
}

[ $# -gt 0 ] || { sed -n '3,4s/^# //p' "$0"; exit 2; }
case $1 in
check) check ;;
# .ci/run has just run the first part and says so
check-all) [ -n "${MIMIC_CHECKED-}" ] || check; check_all ;;
*) for t; do run "$t" 600 "$t"; done ;;
esac
printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] || printf ', %d skipped' $skipped
echo
[ $failed = 0 ]
