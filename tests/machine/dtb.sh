#!/bin/sh
# SPDX-License-Identifier: MIT
# dtb.sh [BUILD] - our device trees against QEMU's: they differ in what
# docs/virt-dtb.md lists and in nothing else.
set -u
cd "$(dirname "$0")/../.." || exit 1
mimic=${1:-build/rel}/mimic-system-aarch64
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 skipped=0
sed -n '/^```differences/,/^```$/{/^```/d;p}' docs/virt-dtb.md > "$tmp/known"
[ -s "$tmp/known" ] || { echo "FAIL dtb/list docs/virt-dtb.md has no list"; exit 1; }

# flatten FILE : a line "PATH PROPERTY = VALUE" for each property, in order
flatten() {
    dtc -q -I dtb -O dts "$1" | awk '
        /{$/ { n++; name[n] = $1 == "/" ? "" : $1; next }
        /^[ \t]*};/ { n--; next }
        /;$/ { path = ""; for (i = 2; i <= n; i++) path = path "/" name[i]
               sub(/^[ \t]+/, ""); sub(/;$/, ""); print (path == "" ? "/" : path) " " $0 }'
}
# same NAME MACHINE ARGUMENT... : both make the same tree
same() {
    name=$1 machine=$2; shift 2
    "$mimic" -M "virt$machine,dumpdtb=$tmp/ours" -display none "$@" < /dev/null > "$tmp/out" 2>&1 ||
        { echo "FAIL dtb/$name $(head -1 "$tmp/out")"; failed=$((failed + 1)); return; }
    if command -v qemu-system-aarch64 > /dev/null && command -v dtc > /dev/null; then :; else
        echo "skip dtb/$name no qemu-system-aarch64 or no dtc"; skipped=$((skipped + 1)); return
    fi
    qemu-system-aarch64 -M "virt$machine,dumpdtb=$tmp/theirs" -display none -nic none "$@" \
        < /dev/null > "$tmp/out" 2>&1
    flatten "$tmp/ours" > "$tmp/a"; flatten "$tmp/theirs" > "$tmp/b"
    diff "$tmp/b" "$tmp/a" | sed -n 's/^[<>] //p' | grep -vEf "$tmp/known" > "$tmp/diff"
    if [ ! -s "$tmp/b" ] || [ -s "$tmp/diff" ]; then
        echo "FAIL dtb/$name $(wc -l < "$tmp/diff") lines, first: $(head -1 "$tmp/diff")"
        failed=$((failed + 1))
    else echo "ok dtb/$name"; passed=$((passed + 1)); fi
}
for cpu in cortex-a72 max; do
    for gic in 2 3; do
        for smp in 1 2; do same "$cpu-gic$gic-smp$smp" ",gic-version=$gic" -cpu $cpu -smp $smp; done
    done
done
same default '' -cpu cortex-a53
same highmem-off ,highmem=off -cpu cortex-a72 -m 2G
same large ',gic-version=max' -cpu cortex-a57 -m 6G -smp 4
same many ,gic-version=3 -cpu cortex-a72 -smp 130
same topology '' -cpu cortex-a72 -smp 8,sockets=2,threads=2
same clusters '' -cpu cortex-a72 -smp sockets=1,clusters=2,cores=3
same no-randomness ,dtb-randomness=off -cpu cortex-a72
head -c 100000 /dev/zero > "$tmp/flat"; head -c 3000000 /dev/zero > "$tmp/initrd"
same kernel '' -cpu cortex-a72 -m 1G -kernel "$tmp/flat" -initrd "$tmp/initrd" -append "a b=c"
same small '' -cpu cortex-a72 -m 64M -kernel "$tmp/flat" -initrd "$tmp/initrd"
for f in a b; do "$mimic" -M "virt,dumpdtb=$tmp/$f" -seed 7 -display none; done
if cmp -s "$tmp/a" "$tmp/b"; then echo ok dtb/seed; passed=$((passed + 1))
else echo 'FAIL dtb/seed -seed 7 does not repeat'; failed=$((failed + 1)); fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
