#!/bin/sh
# SPDX-License-Identifier: MIT
# --check: Debian's kernel boots while regions run on both engines and are compared, loops in
# several turns too.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
for cpu in cortex-a72 max; do
    boot check-$cpu -M virt -m 512M -cpu $cpu -nographic -no-reboot --check=16 --slow-clock 8 --stats \
        -kernel "$guests/di-arm64/kernel" -initrd "$initramfs" \
        -append "console=ttyAMA0 panic=-1 poweroff" <<EOT
wait 200 MIMIC-READY
exit 60
seen compared, [1-9][0-9]* of them in several turns
absent engines differ|Oops|Unable to handle|undefined instruction
EOT
done
finish
