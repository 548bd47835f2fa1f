#!/bin/bash
# SPDX-License-Identifier: MIT
# fetch-guests.sh [NAME...] - get real guest artefacts, through apt only.
#
# Everything comes from named Debian packages of the suites this machine is
# already configured for: `apt-get download` (with a private apt state, so the
# system's package database and architectures are not touched) and `dpkg -x`.
# Nothing is installed; root is not needed.  Running it again does only what
# is missing.
#
#   NAME   one of the names in `fetch-guests.sh --list`; default: all
#   --pkg ARCH PACKAGE...   (used by make-initramfs.sh) print the directories
#          of the unpacked packages, fetching them when needed
#
# Results: $MIMIC_CACHE/guests/NAME/...   Packages: $MIMIC_CACHE/pkg/ARCH/PKG/
set -eu
CACHE=${MIMIC_CACHE:-${HOME:-/root}/.cache/mimic-kit}

die() { echo "fetch-guests: $*" >&2; exit 1; }

# apt_for ARCH CMD... : run an apt tool with a private state for that arch.
apt_for() {
    local arch=$1 tool=$2 d=$CACHE/apt/$1; shift 2
    "$tool" -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o Dir::State="$d" -o Dir::State::status="$d/status" \
        -o Dir::Cache="$d/cache" -o Dir::Etc::sourcelist=/dev/null \
        -o Dir::Etc::sourceparts="$d/sources" -o APT::Sandbox::User= "$@"
}

# ready ARCH : make the private state (sources copied from the system's own
# Debian ones) and download the package lists, once a week at most.
ready() {
    local d=$CACHE/apt/$1 f
    [ -n "$(find "$d/stamp" -mtime -7 2>/dev/null)" ] && return
    mkdir -p "$d/lists/partial" "$d/cache/archives/partial" "$d/sources"
    : > "$d/status"
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
        # only Debian's own suites; third-party ones have no use here
        if [ -f "$f" ] && grep -Eq 'debian-archive|(bookworm|trixie|sid)[a-z-]* .*main' "$f"
        then cp "$f" "$d/sources/"; fi
    done
    # a mirror in the middle of a sync can make one suite's list fail: go on
    # with what is there, and try again at the next call
    if apt_for "$1" apt-get -qq update >&2; then touch "$d/stamp"
    else echo "fetch-guests: some package lists of $1 could not be read" >&2; fi
}

# pkgs ARCH PACKAGE... : unpack packages; print their directories.
pkgs() {
    local arch=$1 d=$CACHE/pkg/$1 tmp p deb missing=; shift
    for p; do [ -e "$d/$p/.done" ] || missing="$missing $p"; done
    if [ -n "$missing" ]; then
        ready "$arch"
        mkdir -p "$d"; tmp=$(mktemp -d "$d/.get.XXXXXX")
        (cd "$tmp" && apt_for "$arch" apt-get -qq download $missing >&2) ||
            die "cannot download for $arch, one of:$missing"
        for p in $missing; do
            deb=$(echo "$tmp/$p"_*.deb)
            mkdir "$tmp/$p"; dpkg -x "$deb" "$tmp/$p"
            dpkg-deb -f "$deb" Version > "$tmp/$p/.done"
            rm -rf "${d:?}/$p"; mv "$tmp/$p" "$d/$p"
        done
        rm -rf "$tmp"
    fi
    for p; do echo "$d/$p"; done
}

link() { mkdir -p "$(dirname "$2")"; ln -sfn "$1" "$2"; }

G=$CACHE/guests
# di ARCH SUBARCH : the Debian installer's netboot kernel and initrd.
di() {
    local p k
    p=$(pkgs amd64 "debian-installer-12-netboot-$1")
    k=$(find "$p" \( -path '*text*' -o -path '*netboot*' -o -path '*generic*' \) \
        \( -name linux -o -name vmlinuz -o -name linux26 \) -type f | grep -v -e gtk -e xen | head -1)
    [ -n "$k" ] || die "no kernel in debian-installer-12-netboot-$1"
    link "$k" "$G/di-$1/kernel"
    link "$(dirname "$k")/initrd.gz" "$G/di-$1/initrd.gz"
    # the version string, so that modules of exactly that kernel can be found
    "$(dirname "$0")/kver.sh" "$k" > "$G/di-$1/version"
    echo "di-$1: kernel $(cat "$G/di-$1/version"), $(stat -L -c %s "$k") bytes;" \
         "initrd $(stat -L -c %s "$G/di-$1/initrd.gz") bytes"
}
# fw NAME PACKAGE FILE... : firmware files, by path inside the package.
fw() {
    local name=$1 p f; p=$(pkgs amd64 "$2"); shift 2
    for f in "$@"; do
        [ -e "$p/$f" ] || die "$name: no $f"
        link "$p/$f" "$G/$name/$(basename "$f")"
    done
    echo "$name: $(ls "$G/$name" | tr '\n' ' ')"
}

ALL="di-arm64 di-armhf di-amd64 di-i386 edk2-aarch64 u-boot seabios ovmf memtest"
get() {
    case $1 in
    di-*)  di "${1#di-}" ;;
    edk2-aarch64) fw "$1" qemu-efi-aarch64 usr/share/qemu-efi-aarch64/QEMU_EFI.fd \
               usr/share/AAVMF/AAVMF_CODE.fd usr/share/AAVMF/AAVMF_VARS.fd ;;
    u-boot) fw "$1-arm64" u-boot-qemu usr/lib/u-boot/qemu_arm64/u-boot.bin
            fw "$1-armhf" u-boot-qemu usr/lib/u-boot/qemu_arm/u-boot.bin
            fw "$1-i386"  u-boot-qemu usr/lib/u-boot/qemu-x86/u-boot.rom
            fw "$1-amd64" u-boot-qemu usr/lib/u-boot/qemu-x86_64/u-boot.rom ;;
    seabios) fw "$1" seabios usr/share/seabios/bios-256k.bin usr/share/seabios/bios.bin \
                usr/share/seabios/bios-microvm.bin usr/share/seabios/vgabios-stdvga.bin ;;
    ovmf)  fw "$1" ovmf usr/share/OVMF/OVMF_CODE.fd usr/share/OVMF/OVMF_VARS.fd \
               usr/share/OVMF/OVMF_CODE_4M.fd usr/share/OVMF/OVMF_VARS_4M.fd ;;
    memtest) fw "$1" memtest86+ boot/memtest86+x64.bin boot/memtest86+ia32.bin ;;
    *) die "unknown name $1 (known: $ALL)" ;;
    esac
}

case ${1-} in
--list) echo "$ALL" | tr ' ' '\n' ;;
--pkg)  shift; pkgs "$@" ;;
-*)     die "usage: $0 [--list | NAME... | --pkg ARCH PKG...]" ;;
*)      for n in ${*:-$ALL}; do get "$n"; done ;;
esac
