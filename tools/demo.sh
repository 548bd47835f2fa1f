#!/bin/sh
# SPDX-License-Identifier: MIT
# demo.sh [MIMIC] - boot Debian's arm64 kernel with busybox, both from Debian
# packages, on mimic.  On a terminal it ends in a shell of the guest; otherwise
# the guest prints uname, cpuinfo and free, and powers off.
set -eu
cd "$(dirname "$0")/.."
mimic=${1:-build/rel/mimic}
CACHE=${MIMIC_CACHE:-${HOME:-/root}/.cache/mimic-kit}
./configure --deps=demo
[ -x "$mimic" ] || make all
if [ ! -e "$CACHE/guests/di-arm64/version" ]; then
    echo "demo: fetching debian-installer-12-netboot-arm64 and busybox-static with apt-get" >&2
    tools/guests/fetch-guests.sh di-arm64 >&2
fi
kernel=$CACHE/guests/di-arm64/kernel initrd=$CACHE/mimic/arm64-small.cpio.gz
if [ ! "$initrd" -nt tools/guests/init.sh ] || [ ! "$initrd" -nt tools/guests/make-initramfs.sh ]; then
    tools/guests/make-initramfs.sh arm64 "$initrd" --small >&2
fi

case $(sed -n 's/^HOST = //p' config.mk) in
amd64) engine="mimic's binary translator (arm64 to amd64)" ;;
*) engine="mimic's IR evaluator (no translator for this host yet: slow)" ;;
esac
what="Debian's arm64 kernel $(cat "$CACHE/guests/di-arm64/version") and busybox run on $engine."
if [ -t 0 ]; then
    how="Leave with Ctrl-A x, or by typing poweroff -f."
    # said now and, for who has seen the kernel's messages pass, at the shell
    hint=$(echo "$what $how" | tr ' ' + | tr -d "'()")
    append="console=ttyAMA0 hint=$hint"
else
    how="No terminal on stdin: it prints uname, cpuinfo and free, and powers off by itself."
    append='console=ttyAMA0 quiet panic=-1 run=uname+-a;cat+/proc/cpuinfo;free'
fi
printf '%s\n%s\n' "$what" "$how"
exec "$mimic" -M virt -cpu max -m 1G -nographic -no-reboot -kernel "$kernel" -initrd "$initrd" \
    -append "$append"
