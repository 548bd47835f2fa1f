#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's arm64 kernel and busybox, to user space and off again, on the machines,
# CPUs and engines there are.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
kernel=$guests/di-arm64/kernel

# linux NAME APPEND ARGUMENT... : boots, prints what the script wants, ends
linux() {
    name=$1 append=$2; shift 2
    boot "$name" -M virt -m 512M -nographic -no-reboot -kernel "$kernel" -initrd "$initramfs" \
        -append "console=ttyAMA0 panic=-1 $append" "$@"
}
linux uname run='uname+-a;cat+/proc/cpuinfo;free' -cpu max <<EOF
wait 60 MIMIC-READY
wait 20 Linux .* aarch64 GNU/Linux
wait 10 CPU implementer
wait 10 Mem:
wait 10 MIMIC-RC 0
wait 20 Power down
exit 10
EOF
for cpu in cortex-a53 cortex-a57 cortex-a72; do
    linux $cpu poweroff -cpu $cpu <<EOF
wait 60 MIMIC-READY
exit 20
absent Oops|Unable to handle|undefined instruction
EOF
done
for gic in 2 3; do
    linux gic$gic-smp4 run=nproc -cpu cortex-a72 -M virt,gic-version=$gic -smp 4 <<EOF
wait 90 smp: Brought up 1 node, 4 CPUs
wait 60 MIMIC-READY
wait 20 ^4|\n4
exit 20
EOF
done
linux reboot reboot -cpu max <<EOF
wait 60 MIMIC-READY
exit 20
EOF
linux kaslr 'run=dmesg|grep+-e+KPTI+-e+seed;hexdump+-C+/proc/device-tree/chosen/rng-seed|head+-1' \
    -cpu cortex-a72 <<EOF
wait 60 MIMIC-READY
wait 20 KPTI\) (forced ON by|.*ON)|KPTI|isolation
exit 20
EOF
# time passes as outside: 3 s by the guest's clock are 3 s by ours
linux clock 'run=echo+before;sleep+3;echo+after' -cpu max <<EOF
wait 60 \nbefore
absent \nafter
wait 5 \nafter
exit 20
EOF
[ -n "${MIMIC_PEER-}" ] || linux eval poweroff -cpu max -smp 3 -accel tcg,engine=eval <<EOF
wait 240 MIMIC-READY
exit 60
EOF
finish
