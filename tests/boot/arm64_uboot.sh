#!/bin/sh
# SPDX-License-Identifier: MIT
# Debian's U-Boot in flash: its prompt, a kernel by fw_cfg, a kernel by -device loader; EDK2
# to its shell.
. "$(dirname "$0")/lib.sh"
need_guest di-arm64
need_initramfs arm64
kernel=$guests/di-arm64/kernel
uboot=/usr/lib/u-boot/qemu_arm64/u-boot.bin
edk2=/usr/share/qemu-efi-aarch64/QEMU_EFI.fd

if [ -e $uboot ]; then
    # EFI's scan for boot devices comes first; the prompt has no echo before it.
    boot prompt -M virt -cpu cortex-a72 -m 512M -nographic -no-reboot -bios $uboot <<EOF
wait 20 Hit any key to stop autoboot
send \r
wait 10 => $
send version\r
wait 5 U-Boot 20.*\)
wait 5 => $
send bdinfo\r
wait 5 => $
send poweroff\r
exit 10
EOF
    boot qfw -M virt -cpu cortex-a72 -m 1G -nographic -no-reboot -bios $uboot \
        -kernel "$kernel" -initrd "$initramfs" \
        -append "console=ttyAMA0 panic=-1 poweroff" <<EOF
wait 20 Hit any key to stop autoboot
send \r
wait 10 => $
send qfw load \${kernel_addr_r} \${ramdisk_addr_r}\r
wait 10 => $
send booti \${kernel_addr_r} \${ramdisk_addr_r}:\${filesize} \${fdtcontroladdr}\r
wait 60 MIMIC-READY
exit 20
EOF
    boot loader -M virt -cpu cortex-a72 -m 1G -nographic -no-reboot -bios $uboot \
        -device loader,file="$kernel",addr=0x40400000,force-raw=on <<EOF
wait 20 Hit any key to stop autoboot
send \r
wait 10 => $
send setenv bootargs console=ttyAMA0 panic=-1\r
wait 5 => $
send booti 0x40400000 - \${fdtcontroladdr}\r
wait 60 Unable to mount root fs
exit 20
EOF
else skip uboot "no package u-boot-qemu"; fi
if [ -e $edk2 ]; then
    boot edk2 -M virt -cpu cortex-a72 -m 512M -nographic -no-reboot -bios $edk2 <<EOF
wait 60 UEFI Interactive Shell
wait 30 Shell>
send reset -s\r
exit 20
EOF
    # Variables are written to flash; the second start finds them in the file.
    flash=$logs/flash0; vars=$logs/flash1; rm -f "$flash" "$vars"
    cp $edk2 "$flash" && truncate -s 64M "$flash" "$vars"
    for n in first second; do
        boot edk2-$n -M virt -cpu cortex-a72 -m 512M -nographic -no-reboot \
            -drive if=pflash,format=raw,file="$flash",readonly=on -pflash "$vars" <<EOF
wait 60 UEFI Interactive Shell
wait 30 Shell>
send reset -s\r
exit 20
EOF
        if [ -n "$(tr -d '\0' < "$vars" | head -c 64 | base64)" ]; then ok vars-$n
        else fail vars-$n "nothing was written to $vars"; fi
    done
    rm -f "$flash" "$vars"
else skip edk2 "no package qemu-efi-aarch64"; fi
finish
