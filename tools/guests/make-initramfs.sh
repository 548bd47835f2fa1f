#!/bin/bash
# SPDX-License-Identifier: MIT
# make-initramfs.sh ARCH OUT [--bench|--small] - a small initramfs for ARCH
# (arm64, armhf, amd64, i386), in pure userspace: no root, no device nodes
# (the kernel's built-in initramfs already holds /dev/console).
#
# OUT ending in .gz is gzipped, otherwise a plain cpio (boots faster under
# emulation).  The image: busybox-static, an /init (see init.sh), and the
# virtio and disk modules of exactly the d-i kernel that fetch-guests.sh got.
# With --bench also real Debian programs of that arch with the shared
# libraries they need, and the workloads of bench/ (see bench/run).
# With --small only the modules that the installer's own initrd holds: the kernel
# package (60 MB) is not fetched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
CACHE=${MIMIC_CACHE:-${HOME:-/root}/.cache/mimic-kit}
[ $# -ge 2 ] || { sed -n '3,14s/^# //p' "$0"; exit 2; }
arch=$1 out=$2 kind=${3-}

case $arch in
arm64) tri=aarch64-linux-gnu   ldso=/lib/ld-linux-aarch64.so.1 ;;
armhf) tri=arm-linux-gnueabihf ldso=/lib/ld-linux-armhf.so.3 ;;
amd64) tri=x86_64-linux-gnu    ldso=/lib64/ld-linux-x86-64.so.2 ;;
i386)  tri=i386-linux-gnu      ldso=/lib/ld-linux.so.2 ;;
*) echo "make-initramfs: unknown arch $arch" >&2; exit 2 ;;
esac
fetch() { "$here/fetch-guests.sh" --pkg "$arch" "$@"; }

[ -e "$CACHE/guests/di-$arch/version" ] || "$here/fetch-guests.sh" "di-$arch" >&2
kver=$(cat "$CACHE/guests/di-$arch/version")
root=$(mktemp -d); trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/usr/{bin,sbin,lib/$tri,lib64} "$root"/{proc,sys,dev,tmp,mnt,modules}
for d in bin sbin lib lib64; do ln -s usr/$d "$root/$d"; done

# --- busybox and /init ------------------------------------------------------
bb=$(fetch busybox-static)
cp "$bb/bin/busybox" "$root/bin/busybox"
cp "$here/init.sh" "$root/init"; chmod +x "$root/init"

# --- modules: MODS and what they depend on, in load order -------------------
# The d-i kernel has the virtio transports and drivers as modules.  Its initrd
# lacks virtio_blk, so they come from the full kernel package of that version
# (from the d-i initrd should that package be gone).
BOOT="virtio_pci virtio_mmio virtio_blk virtio_net virtio-rng virtio_console"
MORE="virtio_scsi sd_mod virtio_balloon virtio_input 9pnet_virtio 9p ext4 vfat nls_cp437
      nls_ascii squashfs loop overlay e1000 e1000e nvme ahci ata_piix af_packet"
if [ "$kind" != --small ] && img=$(fetch "linux-image-$kver" 2>/dev/null); then
    mods=$img/lib/modules/$kver
else
    [ "$kind" = --small ] ||
        echo "make-initramfs: no linux-image-$kver; modules of the d-i initrd only" >&2
    mods=$root/.di; mkdir "$mods"
    (cd "$mods" && zcat "$CACHE/guests/di-$arch/initrd.gz" | cpio -idm --quiet '*.ko')
fi
declare -A done_mod=()
add_mod() { # LIST NAME : dependencies first, each once
    local ko dep n=${2//_/[-_]}
    [ -n "${done_mod[$2]-}" ] && return; done_mod[$2]=1
    ko=$(find "$mods" -name "$n.ko" -o -name "${n//-/[-_]}.ko" | head -1)
    [ -n "$ko" ] || return 0            # built in, or not in this kernel
    for dep in $(LC_ALL=C tr '\0' '\n' < "$ko" | LC_ALL=C grep -a -m1 '^depends=' |
                 sed 's/^depends=//; s/,/ /g'); do add_mod "$1" "$dep"; done
    cp "$ko" "$root/modules/"
    echo "$(basename "$ko")" >> "$root/modules/$1"
}
touch "$root/modules/boot" "$root/modules/more"
for m in $BOOT; do add_mod boot "$m"; done
for m in crc32c_generic crc32c-generic $MORE; do add_mod more "$m"; done
rm -rf "$root/.di"

# --- benchmark programs -----------------------------------------------------
if [ "$kind" = --bench ]; then
    PROGS="stress-ng:usr/bin/stress-ng lua5.4:usr/bin/lua5.4 luajit:usr/bin/luajit
        python3.11-minimal:usr/bin/python3.11 openssl:usr/bin/openssl
        sqlite3:usr/bin/sqlite3 xz-utils:usr/bin/xz zstd:usr/bin/zstd
        perl-base:usr/bin/perl cpp-12:usr/lib/gcc/$tri/12/cc1"
    # packages in which shared libraries are looked for
    LIBS="libc6 libgcc-s1 libstdc++6 zlib1g libssl3 libsqlite3-0 libreadline8 libtinfo6
        libzstd1 liblzma5 liblz4-1 libisl23 libmpc3 libmpfr6 libgmp10 libexpat1 libbsd0
        libmd0 libapparmor1 libjpeg62-turbo libjudydebian1 libkmod2 libsctp1 libegl1
        libgles2 libglvnd0 libgbm1 libdrm2 libwayland-server0 libluajit-5.1-2 libcrypt1
        libbz2-1.0 libxxhash0 libffi8"
    [ "$arch" = amd64 ] && LIBS="$LIBS libipsec-mb1"
    DATA="libpython3.11-minimal libc6-dev linux-libc-dev libgcc-12-dev libstb-dev"
    fetch $(echo $PROGS | tr ' ' '\n' | cut -d: -f1) $LIBS $DATA > "$root/.pkgs"
    dir() { grep "/$1\$" "$root/.pkgs"; }
    libdirs=$(for l in $LIBS; do p=$(dir "$l")
              ls -d "$p/lib/$tri" "$p/usr/lib/$tri" 2>/dev/null || true; done)

    add_elf() { # FILE : copy the libraries it needs, and theirs
        local n d f
        for n in $(readelf -d "$1" 2>/dev/null | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p'); do
            [ -e "$root/usr/lib/$tri/$n" ] && continue
            f=; for d in $libdirs; do [ -e "$d/$n" ] && f=$d/$n && break; done
            [ -n "$f" ] || { echo "make-initramfs: $1 needs $n: in no package" >&2; exit 1; }
            cp -L "$f" "$root/usr/lib/$tri/$n"
            add_elf "$f"
        done
    }
    for p in $PROGS; do
        f=$(dir "${p%%:*}")/${p#*:}
        cp "$f" "$root/usr/bin/"
        add_elf "$f"
    done
    # the dynamic linker, under the name programs ask for
    if [ ! -e "$root$ldso" ]; then
        cp -L "$(dir libc6)/lib/$tri/$(basename "$ldso")" "$root/usr/lib/$tri/" 2>/dev/null || true
        ln -sf "$(realpath -m --relative-to="/usr${ldso%/*}" "/usr/lib/$tri")/$(basename "$ldso")" \
            "$root/usr${ldso}"
    fi
    # python's minimal library; headers for the compiler; workloads
    mkdir -p "$root/usr/lib/python3.11" "$root/usr/include" "$root/bench"
    cp -r "$(dir libpython3.11-minimal)/usr/lib/python3.11/." "$root/usr/lib/python3.11/"
    for p in libc6-dev linux-libc-dev; do cp -r "$(dir $p)/usr/include/." "$root/usr/include/"; done
    cp -r "$(dir libgcc-12-dev)/usr/lib/gcc/$tri/12/include" "$root/usr/lib/gcc-include"
    cp "$(dir libstb-dev)"/usr/include/stb/stb_*.h "$root/usr/include/"
    rm -rf "$root/usr/include/"{drm,sound,rdma,mtd,video,xen,scsi,misc,rpc,rpcsvc}
    cat "$root"/usr/include/stb_*.h > "$root/bench/data"     # real text to compress
    cp "$here"/bench/* "$root/bench/"
    rm "$root/.pkgs"
fi

# --- pack -------------------------------------------------------------------
pack() { (cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet); }
mkdir -p "$(dirname "$out")"
case $out in *.gz) pack | gzip -9n > "$out.tmp" ;; *) pack > "$out.tmp" ;; esac
mv "$out.tmp" "$out"
echo "$out: $(stat -c %s "$out") bytes, modules of $kver:" \
     "$(cat "$root/modules/boot" | tr '\n' ' ')"
