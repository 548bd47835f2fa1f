#!/bin/bash
# SPDX-License-Identifier: MIT
# Real gdb-multiarch on a Linux kernel with symbols and 4 CPUs (tools/guests/build-kernel.sh;
# built here once, some minutes).  It has no root file system, so its boot ends in panic().
# MIMIC=qemu-system-aarch64 runs the peer.
set -u
cd "$(dirname "$0")/../.." || exit 2
kernel=${KERNEL:-$HOME/.cache/mimic-kit/guests/debug-arm64}
skip() { echo "skip gdb/kernel $1"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
command -v gdb-multiarch >/dev/null || skip "no gdb-multiarch here"
why=$(tools/guests/build-kernel.sh "$kernel" 2>&1) || skip "${why##*$'\n'}"
mimic=${MIMIC:-${B:-build/rel}/mimic-system-aarch64}
tmp=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
export TMPDIR=$tmp
passed=0 failed=0
port=$((20000 + $$ % 20000))
"$mimic" -M virt -cpu cortex-a72 -smp 4 -m 256M -display none -serial file:"$tmp/console" -S \
    -gdb tcp:localhost:$port,server=on,wait=off -kernel "$kernel/Image" \
    -append "console=ttyAMA0 nokaslr" 2>"$tmp/err" &
pid=$!
for steps in kernel kernel2; do
    python3 tests/gdb/drive.py gdb/$steps tests/gdb/$steps.steps "$kernel/vmlinux" $port $pid &&
        passed=$((passed + 1)) || failed=$((failed + 1))
done
if grep -q 'Kernel panic - not syncing: No working init' "$tmp/console"; then
    echo "ok gdb/kernel-console"; passed=$((passed + 1))
else
    echo "FAIL gdb/kernel-console no panic message on the console"; failed=$((failed + 1))
fi
kill $pid 2>/dev/null
wait $pid 2>/dev/null
pid=
echo "$passed passed, $failed failed"
[ $failed = 0 ]
