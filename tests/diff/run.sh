#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD [--slice] [OPTION...] - random A64 sequences: amd64 against the evaluator and
# against qemu-aarch64-static.  N=COUNT (default 740000): compare so many instructions in
# all, every row of a64.decode equally often; SEED=N for other numbers.  Options of BUILD/tests/diff/diff follow.  Failing cases
# are kept in build/diff; `diff --model M --case FILE` does one again.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel}
[ $# -gt 0 ] && shift
n=${N:-740000} limit=1e9
if [ "${1-}" = --slice ]; then
    n=${N:-74000} limit=400                         # by count: a busy machine is no failure
    shift
fi
[ -x "$build/tests/diff/diff" ] || { echo "skip diff no $build/tests/diff/diff"; exit 0; }
out=build/diff
rm -rf "$out"
mkdir -p "$out"
runner=
as=aarch64-linux-gnu-as ld=aarch64-linux-gnu-ld
if command -v $as > /dev/null && command -v $ld > /dev/null &&
    command -v qemu-aarch64-static > /dev/null; then
    # code_start: DIFF_CODE_VA of diff.h; the program where wild addresses seldom point
    $as -o "$out/runner.o" tests/diff/runner.S &&
        $ld --defsym code_start=0x10000000 -Ttext=0x175a3000 -o "$out/runner" "$out/runner.o" &&
        runner=$out/runner
fi
"$build/tests/diff/diff" -n $((n / 740 + 1)) -s "${SEED:-1}" -t "$limit" -o "$out" \
    ${runner:+-r "$runner"} "$@"
status=$?
rm -f "$out/runner.o"
exit $status
