# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# For tests/boot/*.sh: `. "$(dirname "$0")/lib.sh"`, then boot, boot, ..., finish.
#   argument 1       the build (build/rel)
#   MIMIC=program    run this one instead (qemu-system-aarch64 to test the test)
#   ONLY=text        only boots whose name contains it
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${1:-build/rel}; case $build in /*) ;; *) build=$top/$build ;; esac
MIMIC=${MIMIC:-$build/mimic-system-aarch64}
CACHE=${MIMIC_CACHE:-${HOME:-/root}/.cache/mimic-kit}
guests=$CACHE/guests
logs=$top/build/log/$(basename "$0" .sh); mkdir -p "$logs"
passed=0 failed=0 skipped=0

ok() { echo "ok $1"; passed=$((passed + 1)); }
fail() { echo "FAIL $1 $2"; failed=$((failed + 1)); }
skip() { echo "skip $1 $2"; skipped=$((skipped + 1)); }
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]; exit
}
# boot NAME [--no-tty] ARGUMENT... < SCRIPT : one test; steps as in console.py
boot() {
    name=$1; shift
    tty=; [ "$1" = --no-tty ] && { tty=$1; shift; }
    case $name in *"${ONLY-}"*) ;; *) cat >/dev/null; return ;; esac
    # shellcheck disable=SC2086 # MIMIC may have arguments, tty be nothing
    if why=$(python3 "$here/console.py" --log "$logs/$name.log" $tty $MIMIC "$@"); then ok "$name"
    elif [ $? = 77 ]; then skip "$name" "$why"
    else fail "$name" "$why ($logs/$name.log)"; fi
}
# need_guest NAME : fetch it once; without it the whole script is one skip
need_guest() {
    [ -e "$guests/$1/version" ] || "$top/tools/guests/fetch-guests.sh" "$1" >&2 ||
        { skip "$(basename "$0" .sh)" "cannot fetch $1 through apt"; finish; }
}
# need_initramfs ARCH : path of a busybox initramfs in $initramfs
need_initramfs() {
    initramfs=$CACHE/mimic/$1-small.cpio.gz
    for src in "$top"/tools/guests/init.sh "$top"/tools/guests/make-initramfs.sh; do
        [ "$initramfs" -nt "$src" ] && continue
        "$top/tools/guests/make-initramfs.sh" "$1" "$initramfs" --small >&2 ||
            { skip "$(basename "$0" .sh)" "cannot make an initramfs"; finish; }
    done
}
