#!/bin/bash
# SPDX-License-Identifier: MIT
# build-kernel.sh [DIR] - a small arm64 kernel with symbols for debugger tests, out of Debian's
# linux-source-6.1: DIR/Image and DIR/vmlinux (default ~/.cache/mimic-kit/guests/debug-arm64).
# Does nothing if they are there.  Some minutes on two cores; needs flex, bison, bc and the
# cross compiler (gcc-aarch64-linux-gnu).
set -euo pipefail
out=${1:-$HOME/.cache/mimic-kit/guests/debug-arm64}
src=/usr/src/linux-source-6.1.tar.xz
[ -s "$out/Image" ] && [ -s "$out/vmlinux" ] && exit 0
for tool in flex bison bc aarch64-linux-gnu-gcc; do
    command -v $tool >/dev/null || { echo "build-kernel: no $tool here" >&2; exit 2; }
done
[ -r $src ] || { echo "build-kernel: no $src (package linux-source-6.1)" >&2; exit 2; }

work=$(mktemp -d "${TMPDIR:-/tmp}/mimic-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xJf $src
cd "$work"/linux-source-6.1
# what a boot on virt to a message on the PL011 needs, and what a debugger wants
cat > "$work/small.config" <<END
CONFIG_SMP=y
CONFIG_NR_CPUS=8
CONFIG_PRINTK=y
CONFIG_EARLY_PRINTK=y
CONFIG_TTY=y
CONFIG_SERIAL_AMBA_PL011=y
CONFIG_SERIAL_AMBA_PL011_CONSOLE=y
CONFIG_BLK_DEV_INITRD=y
CONFIG_RD_GZIP=y
CONFIG_BINFMT_ELF=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_PROC_FS=y
CONFIG_SYSFS=y
CONFIG_DEVTMPFS=y
CONFIG_FUTEX=y
CONFIG_EPOLL=y
CONFIG_SHMEM=y
CONFIG_MULTIUSER=y
CONFIG_POSIX_TIMERS=y
CONFIG_HIGH_RES_TIMERS=y
CONFIG_KALLSYMS=y
CONFIG_BUG=y
# CONFIG_RANDOMIZE_BASE is not set
# CONFIG_ARM64_VHE is not set
CONFIG_EXPERT=y
CONFIG_DEBUG_KERNEL=y
CONFIG_DEBUG_INFO_DWARF4=y
CONFIG_FRAME_POINTER=y
END
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
make -s KCONFIG_ALLCONFIG="$work/small.config" allnoconfig
nice make -s -j"${JOBS:-2}" Image vmlinux
mkdir -p "$out"
cp vmlinux "$out/vmlinux"
cp arch/arm64/boot/Image "$out/Image"
