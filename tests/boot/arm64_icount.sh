#!/bin/sh
# SPDX-License-Identifier: MIT
# -icount: Debian's kernel boots twice, and executes the same; the evaluator and regions of one
# instruction do too.  What is compared: the console with its time stamps, the number of
# instructions, and the first TRACE bytes of -d exec,int.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
TRACE=40000000
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT

# run ARGUMENT... : in a subshell; console and figures to stdout
run() {
    exec timeout 300 "$build/mimic-system-aarch64" -M virt -m 512M -cpu cortex-a72 -nographic -no-reboot \
        -icount shift=3,sleep=off -kernel "$guests/di-arm64/kernel" -initrd "$initramfs" \
        -append "console=ttyAMA0 panic=-1 poweroff" "$@" < /dev/null
}
# whole NAME ARGUMENT... : a boot to its end, into $tmp/NAME
whole() {
    to=$tmp/$1; shift
    run --stats "$@" 2>&1 | grep -aE '^\[|MIMIC-READY|^-icount' |
        sed 's/, [0-9]* of them alone//' > "$to"
    grep -q MIMIC-READY "$to" && grep -q '^-icount' "$to"
}
# trace NAME ARGUMENT... : the beginning of what it executes; the boot ends when that is full
trace() {
    to=$tmp/$1; shift
    rm -f "$tmp/pipe"; mkfifo "$tmp/pipe"
    run -d exec,int -D "$tmp/pipe" "$@" > "$tmp/said" 2>&1 &
    head -c $TRACE < "$tmp/pipe" > "$to"
    kill $!; wait $!
    [ "$(stat -c %s "$to")" = $TRACE ]
}
# same NAME KIND ARGUMENT... : as the first of its kind
same() {
    name=$1 kind=$2; shift 2
    case $name in *"${ONLY-}"*) ;; *) return ;; esac
    [ -e "$tmp/first-$kind" ] || $kind first-$kind || { fail "$name" "no $kind to compare with"; return; }
    if ! $kind "$name" "$@"; then fail "$name" "it did not come to its end"
    elif cmp "$tmp/first-$kind" "$tmp/$name" > "$tmp/why"; then ok "$name"
    else cp "$tmp/first-$kind" "$tmp/$name" "$logs"; fail "$name" "$(cat "$tmp/why") ($logs)"; fi
    rm -f "$tmp/$name"
}
same icount-again whole
same icount-tb1 whole --tcg-stress=tb1
same icount-stress whole --tcg-stress=link,tlb,smc
same icount-trace trace
same icount-trace-eval trace -accel tcg,engine=eval
finish
