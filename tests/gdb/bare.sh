#!/bin/bash
# SPDX-License-Identifier: MIT
# Real gdb-multiarch on a bare-metal program: attach at reset, breakpoints, registers,
# watchpoints, exceptions, steps, interrupt, detach, a second client, kill.
# MIMIC=qemu-system-aarch64 runs the peer (its names of system registers' group differ).
set -u
cd "$(dirname "$0")/../.." || exit 2
for tool in gdb-multiarch aarch64-linux-gnu-gcc python3; do
    command -v $tool >/dev/null && continue
    echo "skip gdb/bare no $tool here"; echo "0 passed, 0 failed, 1 skipped"; exit 0
done
mimic=${MIMIC:-${B:-build/rel}/mimic-system-aarch64}
tmp=$(mktemp -d) pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; rm -rf "$tmp"' EXIT
export TMPDIR=$tmp
aarch64-linux-gnu-gcc -nostdlib -static -ffreestanding -g -O1 -fno-omit-frame-pointer \
    -Wl,-Ttext=0x40080000,-N,--build-id=none,--no-warn-rwx-segments -o "$tmp/bare.elf" tests/gdb/bare.S tests/gdb/bare.c || exit 1
passed=0 failed=0
for engine in ${ENGINES:-amd64}; do
    port=$((20000 + ($$ + passed + failed) % 20000))
    accel=(-accel tcg,engine="$engine")
    case $mimic in *qemu*) accel=() ;; esac
    "$mimic" -M virt -cpu cortex-a72 "${accel[@]}" -display none -serial none -S \
        -gdb tcp:localhost:$port,server=on,wait=off -kernel "$tmp/bare.elf" 2>"$tmp/err" &
    pid=$!
    for steps in bare again; do
        python3 tests/gdb/drive.py "gdb/$steps-$engine" tests/gdb/$steps.steps "$tmp/bare.elf" \
            $port $pid && passed=$((passed + 1)) || failed=$((failed + 1))
    done
    kill $pid 2>/dev/null
    wait $pid 2>/dev/null
    pid=
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
