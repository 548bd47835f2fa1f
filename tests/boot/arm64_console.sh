#!/bin/sh
# SPDX-License-Identifier: MIT
# -nographic: the guest's shell answers, Ctrl-A keys work, end of file on stdin is
# no exit, and the terminal is as it was on every way out.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
shell() {
    name=$1; shift
    boot "$name" "$@" -M virt -cpu max -m 512M -nographic -kernel "$guests/di-arm64/kernel" \
        -initrd "$initramfs" -append "console=ttyAMA0 quiet hint=type+away"
}
shell keys <<'EOF'
wait 60 MIMIC-READY
wait 20 type away
wait 20 #
send expr 6 \\* 7\r
wait 20 \n42
send sh -c 'echo up-$((1 + 1)); exec sleep 100'\r
wait 20 up-2
send \x03
wait 5 #
send poweroff -f\r
exit 20
tty-restored
EOF
shell ctrl-a-x <<'EOF'
wait 60 MIMIC-READY
wait 20 #
send \x01h
wait 5 (?i)help|exit|quit
send \x01\x01
send \x01x
exit 5
tty-restored
EOF
shell eof-is-no-exit --no-tty <<'EOF'
wait 60 MIMIC-READY
alive 2
EOF
finish
