#!/bin/bash
# SPDX-License-Identifier: MIT
# kver.sh KERNEL - print the release ("6.1.0-50-arm64") of a kernel file:
# an x86 bzImage, an arm64 Image, or an arm zImage (compressed: looked for by
# unpacking at each xz/gzip magic).
set -eu
banner() { tr -d '\0' | grep -a -m1 -o 'Linux version [^ ]* ' | head -1 | cut -d' ' -f3; }
k=$1
if [ "$(dd if="$k" bs=1 skip=514 count=4 2>/dev/null)" = HdrS ]; then
    # bzImage: the setup header holds the offset of the version string
    off=$(od -An -tu2 -j526 -N2 "$k" | tr -d ' ')
    dd if="$k" bs=1 skip=$((off + 512)) count=64 2>/dev/null | tr '\0' '\n' | cut -d' ' -f1 | head -1
    exit
fi
v=$(banner < "$k" || true)
if [ -z "$v" ]; then
    for m in '\xfd7zXZ\x00:xzcat' '\x1f\x8b\x08:zcat' '\x89LZO:lzop -dc' '\x04\x22\x4d\x18:lz4 -dc'; do
        for pos in $(LC_ALL=C grep -aobP "${m%%:*}" "$k" | cut -d: -f1 | head -8); do
            v=$(tail -c +$((pos + 1)) "$k" | ${m##*:} 2>/dev/null | banner || true)
            [ -n "$v" ] && break 2
        done
    done
fi
[ -n "$v" ] && echo "$v"
