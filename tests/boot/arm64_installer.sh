#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's netboot image as it is, to the installer's language screen; keys work.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
boot language-screen -M virt -cpu cortex-a72 -m 1G -nographic -kernel "$guests/di-arm64/kernel" \
    -initrd "$guests/di-arm64/initrd.gz" -append console=ttyAMA0 <<'EOF'
wait 240 Select a language|Choose the language
wait 20 English
send \e[B
send \r
wait 60 (?i)location|country|lieu|pays|locale
send \x01x
exit 10
tty-restored
EOF
finish
