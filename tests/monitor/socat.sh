#!/bin/sh
# SPDX-License-Identifier: MIT
# socat.sh [BUILD] - a QMP session by socat, as a person with a shell has it: stop, cont, reset,
# power button, queries, events.  Skipped without socat.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel} mimic=${MIMIC:-${1:-build/rel}/mimic-system-aarch64}
command -v socat > /dev/null || {
    echo "skip monitor/socat no socat"; echo "0 passed, 0 failed, 1 skipped"; exit 0; }
tmp=$(mktemp -d) || exit 1
vm=; trap '[ -z "$vm" ] || kill "$vm" 2> /dev/null; rm -rf "$tmp"' EXIT
passed=0 failed=0
ok() { echo "ok monitor/socat-$1"; passed=$((passed + 1)); }
fail() { echo "FAIL monitor/socat-$1 $2"; failed=$((failed + 1)); }
# has NAME TEXT : the session's output holds TEXT
has() { if grep -qF "$2" "$tmp/out"; then ok "$1"; else fail "$1" "no $2: $(tr -d '\r\n' < "$tmp/out" | tail -c 300)"; fi; }

i=0; while [ $i -lt 64 ]; do printf '\0\0\0\24'; i=$((i + 1)); done > "$tmp/loop" # b .
"$mimic" -M virt -m 128M -display none -serial null -kernel "$tmp/loop" \
    -qmp "unix:$tmp/qmp,server=on,wait=off" < /dev/null 2> "$tmp/err" & vm=$!
i=0; while [ ! -S "$tmp/qmp" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
for c in qmp_capabilities query-status stop cont system_reset system_powerdown query-cpus-fast quit; do
    printf '{"execute":"%s","id":"%s"}\n' $c $c
    sleep 0.2   # requests are carried out between two commands, so that events come in order
done | timeout 30 socat -t 5 - "UNIX-CONNECT:$tmp/qmp" > "$tmp/out"
has greeting '"QMP"'
has running '"status": "running"'
for c in qmp_capabilities stop cont system_reset system_powerdown; do
    has $c "{\"return\": {}, \"id\": \"$c\"}"
done
has query-cpus-fast '"cpu-index": 0'
for e in STOP RESUME RESET POWERDOWN SHUTDOWN; do has "$e" "\"event\": \"$e\""; done
order=$(grep -oE '"event": "[A-Z]*"' "$tmp/out" | cut -d'"' -f4 | tr '\n' ' ')
if [ "$order" = "STOP RESUME RESET POWERDOWN SHUTDOWN " ]; then ok order; else fail order "$order"; fi
wait "$vm"; rc=$?; vm=
if [ $rc = 0 ]; then ok status; else fail status "$rc: $(cat "$tmp/err")"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
