#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's kernel sees the power key that `system_powerdown` presses: GIC, PL061 and the
# installer's own gpio_keys.ko, up to the keyboard of the virtual terminal.  Its key map here
# makes KEY_POWER (116, linux/input-event-codes.h) the only key, an Enter; a shell that waits
# for a line then lets the machine power off.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

mkdir -p "$tmp/di" "$tmp/root/modules"
(cd "$tmp/di" && zcat "$guests/di-arm64/initrd.gz" | cpio -id --quiet '*/gpio_keys.ko')
find "$tmp/di" -name gpio_keys.ko -exec cp {} "$tmp/root/modules/" \;
# loadkmap's form: magic, which of 256 tables follow, 128 keys a table: 0x200 none, 0x201 Enter
python3 - > "$tmp/root/modules/power.kmap" <<'EOF'
import struct, sys
keys = [0x200] * 128
keys[116] = 0x201
sys.stdout.buffer.write(b"bkeymap" + b"\1" + bytes(255) + struct.pack("<128H", *keys))
EOF
cat > "$tmp/root/modules/power" <<'EOF'
insmod /modules/gpio_keys.ko
loadkmap < /modules/power.kmap
echo WAIT-FOR-KEY
read -r _ < /dev/tty1 && echo KEY-POWER
grep Poweroff /proc/interrupts
EOF
# an archive behind another adds its files (Linux, driver-api/early-userspace/buffer-format.rst)
(cd "$tmp/root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -9n) > "$tmp/more.gz"
cat "$initramfs" "$tmp/more.gz" > "$tmp/initrd.gz"

for gic in 2 3; do
    boot powerkey-gic$gic -M virt,gic-version=$gic -cpu cortex-a72 -m 512M -nographic -no-reboot \
        -kernel "$guests/di-arm64/kernel" -initrd "$tmp/initrd.gz" \
        -append "console=ttyAMA0 panic=-1 run=sh+/modules/power" <<EOF
wait 60 WAIT-FOR-KEY
send \\x01csystem_powerdown\\r
wait 10 KEY-POWER
wait 5 [12] .* GPIO Key Poweroff
wait 20 Power down
exit 10
EOF
done
finish
