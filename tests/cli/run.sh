#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] - bad command lines and files: one line that says what, where and
# what to do, exit status 1; never a crash, an abort or a hang.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel}; mimic=$build/mimic-system-aarch64
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"; [ -z "${listener-}" ] || kill "$listener"' EXIT
passed=0 failed=0
ok() { echo "ok cli/$1"; passed=$((passed + 1)); }
fail() { echo "FAIL cli/$1 $2"; failed=$((failed + 1)); }
# bad NAME TEXT ARGUMENT... : status 1, one line, which holds TEXT (any case)
bad() {
    name=$1 text=$2; shift 2
    timeout 20 "$mimic" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != 1 ]; then fail "$name" "status $rc: $(head -c 200 "$tmp/err" | tr '\n' ' ')"
    elif [ "$(wc -l < "$tmp/err")" != 1 ]; then fail "$name" "$(wc -l < "$tmp/err") lines: $(head -c 300 "$tmp/err" | tr '\n' '|')"
    elif ! grep -qi -- "$text" "$tmp/err"; then fail "$name" "no \"$text\": $(cat "$tmp/err")"
    else ok "$name"; fi
}
# good NAME TEXT ARGUMENT... : status 0 and TEXT on stdout
good() {
    name=$1 text=$2; shift 2
    timeout 20 "$mimic" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != 0 ]; then fail "$name" "status $rc: $(head -c 200 "$tmp/err" | tr '\n' ' ')"
    elif [ -n "$text" ] && ! grep -q -- "$text" "$tmp/out"; then fail "$name" "no \"$text\" on stdout"
    else ok "$name"; fi
}
# 32-bit little-endian words from 8 hexadecimal digits each
words() {
    for w; do
        for i in 7-8 5-6 3-4 1-2; do printf %b "\\0$(printf %o "0x$(printf %s "$w" | cut -c$i)")"; done
    done
}
off=$tmp/off; bash tools/guests/make-tiny.sh arm64 "$off"
virt='-M virt -nographic -m 128M'

good help 'kernel' --help
good help-short 'kernel' -h
good version '0\.' -version
good machines virt -M help
good machines-q virt -M '?'
good cpus cortex-a72 -M virt -cpu help
good accels tcg -accel help
good log-items in_asm -d help
# shellcheck disable=SC2086 # the common arguments are a list
{
good poweroff '' $virt -kernel "$off"
good dumpdtb '' -M virt,dumpdtb="$tmp/dtb" -nographic
bad option '\-nographic' -nographik
bad option-lost-value 'kernel' -M virt -kernel
bad machine 'virt' -M virtt
bad machine-property 'gic-version' -M virt,gic-versoin=3
bad machine-value 'gic-version' -M virt,gic-version=9 -kernel "$off"
bad cpu 'cortex-a[57]' -M virt -cpu cortex-a27 -kernel "$off"
bad accel 'tcg' -M virt -accel tgc -kernel "$off"
bad log-item 'in_asm' -M virt -d in_asn -kernel "$off"
bad m-0 'm' -M virt -nographic -m 0 -kernel "$off"
bad m-99T '99T\|memory\|RAM' -M virt -nographic -m 99T -kernel "$off"
bad m-text 'm' -M virt -nographic -m lots -kernel "$off"
bad smp-0 'smp' $virt -smp 0 -kernel "$off"
bad smp-9999 'smp' $virt -smp 9999 -kernel "$off"
bad smp-text 'smp' $virt -smp two -kernel "$off"
bad kernel-missing 'none' $virt -kernel "$tmp/none"
bad kernel-directory 'directory' $virt -kernel "$tmp"
bad initrd-missing 'none' $virt -kernel "$off" -initrd "$tmp/none"
bad dtb-missing 'none' $virt -kernel "$off" -dtb "$tmp/none"
echo 'no tree' > "$tmp/bad.dtb"; bad dtb-bad 'bad.dtb' $virt -kernel "$off" -dtb "$tmp/bad.dtb"
: > "$tmp/empty"; bad kernel-empty 'empty' $virt -kernel "$tmp/empty"
printf '\037\213\010\000\000\000\000\000' > "$tmp/cut.gz"; bad gzip-cut 'cut.gz' $virt -kernel "$tmp/cut.gz"
head -c 4096 /bin/true > "$tmp/amd64.elf"; bad elf-foreign 'x86\|amd64' $virt -kernel "$tmp/amd64.elf"
printf '\177ELF\002\001\001' > "$tmp/cut.elf"; bad elf-cut 'cut.elf' $virt -kernel "$tmp/cut.elf"
# an arm64 Image header (Documentation/arch/arm64/booting.rst) of 1 GiB in 128 MiB of RAM
{ words 14000000 00000000 00000000 00000000 40000000 00000000 0000000a 00000000; head -c 24 /dev/zero
  words 644d5241 00000000; head -c 4096 /dev/zero; } > "$tmp/big.img"
bad image-too-large 'RAM\|memory\|fit' $virt -kernel "$tmp/big.img"
# a bzImage is for another architecture
{ head -c 510 /dev/zero; printf '\125\252\353\146HdrS'; head -c 4096 /dev/zero; } > "$tmp/bzImage"
bad kernel-bzimage 'x86\|amd64' $virt -kernel "$tmp/bzImage"
truncate -s 300M "$tmp/large"; bad initrd-too-large 'large' $virt -kernel "$off" -initrd "$tmp/large"
bad serial 'serial' -M virt -display none -serial stdoi -kernel "$off"
bad chardev-id 'id' -M virt -display none -chardev null -kernel "$off"
bad chardev-unknown 'nothere' -M virt -display none -serial chardev:nothere -kernel "$off"
bad image-unknown 'bad.dtb' "$tmp/bad.dtb"
if command -v python3 >/dev/null; then
    python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' > "$tmp/port" & listener=$!
    until [ -s "$tmp/port" ]; do sleep 0.1; done
    bad port-in-use 'in use' -M virt -display none -kernel "$off" \
        -serial "tcp:127.0.0.1:$(cat "$tmp/port"),server=on,wait=off"
fi
}
echo "$passed passed, $failed failed"
[ $failed = 0 ]
