#!/bin/bash
# SPDX-License-Identifier: MIT
# make-tiny.sh ARCH OUT - the smallest -kernel image: it powers off at once, so
# process start to exit is an emulator's start-up cost.  Hand-assembled, no
# cross tools.  Run it with:
#   arm64, armhf   -M virt                        (PSCI SYSTEM_OFF by HVC)
#   amd64, i386    -device isa-debug-exit         (outb 0x501; exit status 1)
set -eu
words() { # 32-bit little-endian words
    local w
    for w; do printf "\\x${w:6:2}\\x${w:4:2}\\x${w:2:2}\\x${w:0:2}"; done
}
case $1 in
arm64) words 52800100 72b08000 d4000002 14000000 ;;  # movz w0,#8; movk w0,#0x8400,lsl#16; hvc #0; b .
armhf) words e3000008 e3480400 e1400070 eafffffe ;;  # movw r0,#8; movt r0,#0x8400; hvc #0; b .
amd64|i386)
    # multiboot 1 header with addresses: loaded and entered at 1 MiB + 32
    words 1badb002 00010000 e4514ffe 00100000 00100000 00100040 00100040 00100020
    # mov dx,0x501; xor al,al; out dx,al; hlt; jmp $-1
    printf '\x66\xba\x01\x05\x30\xc0\xee\xf4\xeb\xfd'; head -c 22 /dev/zero ;;
*) echo "make-tiny: unknown arch $1" >&2; exit 2 ;;
esac > "$2"
