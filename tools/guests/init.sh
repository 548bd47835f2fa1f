#!/bin/busybox sh
# SPDX-License-Identifier: MIT
# /init of our initramfs (see make-initramfs.sh).  Kernel command line:
#   bench=A,B,...  run these benchmarks, then power off
#   scale=N        multiply the work of the fixed-work ones
#   modules=all    load also the disk, file system and NIC modules
#   run=CMD        run CMD (use + for a space), then power off
#   poweroff       power off right after the READY line
#   reboot         reboot there
#   hint=TEXT      say TEXT (+ for a space) before the shell
export PATH=/usr/bin:/usr/sbin HOME=/ TERM=vt100
/bin/busybox --install -s /usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts
mount -t devpts pts /dev/pts; mount -t tmpfs shm /dev/shm; mount -t tmpfs tmp /tmp
ln -s /proc/self/fd /dev/fd 2>/dev/null

bench= scale=1 modules= run= hint= poweroff= reboot=
for w in $(cat /proc/cmdline); do
    case $w in
    bench=*|scale=*|modules=*|run=*|hint=*) eval "${w%%=*}='${w#*=}'" ;;
    poweroff) poweroff=1 ;;
    reboot) reboot=1 ;;
    esac
done

for m in $(cat /modules/boot); do insmod "/modules/$m" 2>/dev/null; done
[ "$modules" = all ] && for m in $(cat /modules/more); do insmod "/modules/$m"; done

read -r up _ < /proc/uptime
echo "MIMIC-READY $up"

off() { sync; poweroff -f; sleep 60; }
if [ -n "$bench" ]; then
    for b in $(echo "$bench" | tr , ' '); do sh /bench/run "$b" "$scale"; done
    off
elif [ -n "$run" ]; then
    sh -c "$(echo "$run" | tr + ' ')"; echo "MIMIC-RC $?"
    off
elif [ -n "$poweroff" ]; then
    off
elif [ -n "$reboot" ]; then
    sync; reboot -f; sleep 60
fi
[ -z "$hint" ] || echo "$hint" | tr + ' '
exec setsid cttyhack sh -l
