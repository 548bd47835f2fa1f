#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] - bad command lines and files: one line that says what, where and
# what to do, exit status 1; never a crash, an abort or a hang.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel}; mimic=$build/mimic-system-aarch64
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"; [ -z "${listener-}" ] || kill "$listener"' EXIT
passed=0 failed=0 as=
ok() { echo "ok cli/$1"; passed=$((passed + 1)); }
fail() { echo "FAIL cli/$1 $2"; failed=$((failed + 1)); }
# bad NAME TEXT ARGUMENT... : status 1, one line, which holds TEXT (any case)
bad() {
    name=$1 text=$2; shift 2
    # shellcheck disable=SC2086 # a command and its options, or nothing
    timeout 20 $as "$mimic" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != 1 ]; then fail "$name" "status $rc: $(head -c 200 "$tmp/err" | tr '\n' ' ')"
    elif [ "$(wc -l < "$tmp/err")" != 1 ]; then fail "$name" "$(wc -l < "$tmp/err") lines: $(head -c 300 "$tmp/err" | tr '\n' '|')"
    elif ! grep -qi -- "$text" "$tmp/err"; then fail "$name" "no \"$text\": $(cat "$tmp/err")"
    else ok "$name"; fi
}
# good NAME TEXT ARGUMENT... : status 0 and TEXT on stdout
good() {
    name=$1 text=$2; shift 2
    timeout 20 "$mimic" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != 0 ]; then fail "$name" "status $rc: $(head -c 200 "$tmp/err" | tr '\n' ' ')"
    elif [ -n "$text" ] && ! grep -q -- "$text" "$tmp/out"; then fail "$name" "no \"$text\" on stdout"
    else ok "$name"; fi
}
# 32-bit little-endian words from 8 hexadecimal digits each
words() {
    for w; do
        for i in 7-8 5-6 3-4 1-2; do printf %b "\\0$(printf %o "0x$(printf %s "$w" | cut -c$i)")"; done
    done
}
off=$tmp/off; bash tools/guests/make-tiny.sh arm64 "$off"
virt='-M virt -nographic -m 128M'

good help 'kernel' --help
good help-short 'kernel' -h
good version '0\.' -version
good machines virt -M help
good machines-q virt -M '?'
good cpus cortex-a72 -M virt -cpu help
good cpu-options 'lse  *= on' -M virt -cpu max,help
good cpu-options-set 'aes  *= off' -M virt -cpu 'cortex-a72,aes=off,?'
good cpu-options-need 'fp16  *= on' -M virt -cpu cortex-a72,fhm=on,help
bad cpu-option-name 'pmull' -M virt -cpu max,pmul=off,help
good accels tcg -accel help
good log-items in_asm -d help
# shellcheck disable=SC2086 # the common arguments are a list
{
good poweroff '' $virt -kernel "$off"
good dumpdtb '' -M virt,dumpdtb="$tmp/dtb" -nographic
bad option '\-nographic' -nographik
bad option-lost-value 'kernel' -M virt -kernel
bad machine 'virt' -M virtt
bad machine-property 'gic-version' -M virt,gic-versoin=3
bad machine-value 'gic-version' -M virt,gic-version=9 -kernel "$off"
bad cpu 'cortex-a[57]' -M virt -cpu cortex-a27 -kernel "$off"
bad cpu-option 'lse' $virt -cpu max,lsee=on -kernel "$off"
bad cpu-option-value 'lse' $virt -cpu max,lse=maybe -kernel "$off"
bad cpu-option-refused 'sve.*not built' $virt -cpu max,sve=on -kernel "$off"
bad cpu-option-aarch32 'AArch32' $virt -cpu max,aarch64=off -kernel "$off"
bad cpu-option-pauth 'choose' $virt -cpu max,pauth-impdef=on,pauth-qarma5=on -kernel "$off"
bad cpu-option-needs 'fp16' $virt -cpu max,fp16=off,fhm=on -kernel "$off"
good cpu-option-off '' $virt -cpu max,sve=off,fp16=off,lse=off -kernel "$off"
bad accel 'tcg' -M virt -accel tgc -kernel "$off"
bad check-0 'check' $virt --check=0 -kernel "$off"
bad check-smp 'smp 1' $virt -smp 2 --check -kernel "$off"
bad check-eval 'amd64' $virt --check -accel tcg,engine=eval -kernel "$off"
bad stress 'spill' $virt --tcg-stress=ra,spil -kernel "$off"
bad equals 'nographic' $virt --nographic=on -kernel "$off"
bad log-item 'in_asm' -M virt -d in_asn -kernel "$off"
bad m-0 'm' -M virt -nographic -m 0 -kernel "$off"
bad m-99T '99T\|memory\|RAM' -M virt -nographic -m 99T -kernel "$off"
bad m-text 'm' -M virt -nographic -m lots -kernel "$off"
good objects memory-backend-memfd -object help
good object-options discard-data -object memory-backend-file,help
bad object-type 'memory-backend-ram' $virt -object memory-backend-rom,id=a,size=1M -kernel "$off"
bad object-help-type 'nope' -object nope,help
bad object-size 'size=' $virt -object memory-backend-ram,id=a -kernel "$off"
bad object-twice "'a' already" $virt -object memory-backend-ram,id=a,size=1M \
    -object memory-backend-ram,id=a,size=1M -kernel "$off"
bad object-file '/nodir/x' $virt -object memory-backend-file,id=a,size=1M,mem-path=/nodir/x \
    -kernel "$off"
bad backend-none "'a' not found" -M virt,memory-backend=a -nographic -kernel "$off"
bad backend-size 'make them equal' -M virt,memory-backend=a -nographic -m 1M -kernel "$off" \
    -object memory-backend-ram,id=a,size=2M
bad backend-readonly 'readonly' -M virt,memory-backend=a -nographic -kernel "$off" \
    -object memory-backend-file,id=a,size=16,mem-path="$off",readonly=on
bad backend-wide 'room for' -M virt,memory-backend=a -nographic -kernel "$off" \
    -object memory-backend-ram,id=a,size=256G,reserve=off
# the file has the guest's memory afterwards: here the kernel, at 0x80000 in it
good backend-file '' -M virt,memory-backend=a -nographic -kernel "$off" \
    -object memory-backend-file,id=a,size=128M,share=on,mem-path="$tmp/ram"
if tail -c +524289 "$tmp/ram" | head -c 16 | cmp -s - "$off"; then ok backend-file-holds
else fail backend-file-holds 'no kernel in the file'; fi
bad smp-0 'smp' $virt -smp 0 -kernel "$off"
bad smp-9999 'smp' $virt -smp 9999 -kernel "$off"
bad smp-text 'smp' $virt -smp two -kernel "$off"
bad kernel-missing 'none' $virt -kernel "$tmp/none"
bad kernel-directory 'directory' $virt -kernel "$tmp"
bad initrd-missing 'none' $virt -kernel "$off" -initrd "$tmp/none"
bad dtb-missing 'none' $virt -kernel "$off" -dtb "$tmp/none"
echo 'no tree' > "$tmp/bad.dtb"; bad dtb-bad 'bad.dtb' $virt -kernel "$off" -dtb "$tmp/bad.dtb"
: > "$tmp/empty"; bad kernel-empty 'empty' $virt -kernel "$tmp/empty"
printf '\037\213\010\000\000\000\000\000' > "$tmp/cut.gz"; bad gzip-cut 'cut.gz' $virt -kernel "$tmp/cut.gz"
head -c 4096 /bin/true > "$tmp/amd64.elf"; bad elf-foreign 'x86\|amd64' $virt -kernel "$tmp/amd64.elf"
printf '\177ELF\002\001\001' > "$tmp/cut.elf"; bad elf-cut 'cut.elf' $virt -kernel "$tmp/cut.elf"
# an arm64 Image header (Documentation/arch/arm64/booting.rst) of 1 GiB in 128 MiB of RAM
{ words 14000000 00000000 00000000 00000000 40000000 00000000 0000000a 00000000; head -c 24 /dev/zero
  words 644d5241 00000000; head -c 4096 /dev/zero; } > "$tmp/big.img"
bad image-too-large 'RAM\|memory\|fit' $virt -kernel "$tmp/big.img"
# a bzImage is for another architecture
{ head -c 510 /dev/zero; printf '\125\252\353\146HdrS'; head -c 4096 /dev/zero; } > "$tmp/bzImage"
bad kernel-bzimage 'x86\|amd64' $virt -kernel "$tmp/bzImage"
truncate -s 300M "$tmp/large"; bad initrd-too-large 'large' $virt -kernel "$off" -initrd "$tmp/large"
bad serial 'serial' -M virt -display none -serial stdoi -kernel "$off"
bad chardev-id 'id' -M virt -display none -chardev null -kernel "$off"
bad chardev-unknown 'nothere' -M virt -display none -serial chardev:nothere -kernel "$off"
bad image-unknown 'bad.dtb' "$tmp/bad.dtb"
if command -v python3 >/dev/null; then
    python3 -c 'import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1], flush=True); time.sleep(60)' > "$tmp/port" & listener=$!
    until [ -s "$tmp/port" ]; do sleep 0.1; done
    bad port-in-use 'in use' -M virt -display none -kernel "$off" \
        -serial "tcp:127.0.0.1:$(cat "$tmp/port"),server=on,wait=off"
fi
}
# ends NAME STATUS ARGUMENT... : exit status of a run that succeeds
ends() {
    name=$1 want=$2; shift 2
    timeout 20 "$mimic" "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc = "$want" ]; then ok "$name"; else fail "$name" "status $rc: $(head -c 200 "$tmp/err")"; fi
}
# an ELF file at RAM + 0x80000 with the same PSCI call
{ words 464c457f 00010102 00000000 00000000 00b70002 00000001 40080078 00000000 00000040 00000000
  words 00000000 00000000 00000000 00380040 00000001 00000000
  words 00000001 00000005 00000000 00000000 40080000 00000000 40080000 00000000
  words 00000088 00000000 00000088 00000000 00001000 00000000; cat "$off"; } > "$tmp/off.elf"
gzip -c "$off" > "$tmp/off.gz"
# SYS_EXIT with code 42: nop; mov w0,#0x18; adr x1,.+8; hlt #0xf000; ADP_Stopped_ApplicationExit
words d503201f 52800300 10000041 d45e0000 00020026 00000000 0000002a 00000000 > "$tmp/exit42"
words 14000000 > "$tmp/loop"
# SYS_READC (7), then SYS_EXIT with the byte
words 528000e0 d45e0000 100000c1 f9000420 52800300 d45e0000 14000000 14000000 \
    00020026 00000000 00000000 00000000 > "$tmp/readc"
# shellcheck disable=SC2086
{
ends elf 0 $virt -kernel "$tmp/off.elf"
ends gzip 0 $virt -kernel "$tmp/off.gz"
ends image 0 "$tmp/off.elf"
ends double-dash 0 --M virt --nographic --kernel "$off"
ends machine-merged 0 -M virt -machine gic-version=3,kernel="$off" -nographic
ends options 0 $virt -kernel "$off" -name guest=x -nodefaults -vga none -net none -nic none \
    -monitor none -no-reboot -display none -d unimp,guest_errors -D "$tmp/log" -L /tmp
ends smp 0 $virt -kernel "$off" -smp 4,sockets=2,cores=1,threads=2 -seed 5 -rtc base=2020-01-02
ends semihosting-exit 42 $virt -semihosting -kernel "$tmp/exit42"
ends semihosting-exit-smp 42 $virt -smp 4 -semihosting -kernel "$tmp/exit42"
ends semihosting-config 42 $virt -semihosting-config on,target=native,userspace=on,arg=x \
    -kernel "$tmp/exit42"
bad semihosting-gdb 'gdb.*not built' $virt -semihosting-config target=gdb -kernel "$off"
bad semihosting-target 'native' $virt -semihosting-config target=here -kernel "$off"
bad semihosting-chardev 'semihosting.*none' $virt -semihosting-config chardev=none -kernel "$off"
bad semihosting-key 'userspace' $virt -semihosting-config userspac=on -kernel "$off"
ends dfilter 0 $virt -dfilter 0x1000..0x1fff,0x40000000+0x100,0x2000-1 -kernel "$off"
bad dfilter-text 'dfilter' $virt -dfilter 12 -kernel "$off"
bad dfilter-empty 'dfilter' $virt -dfilter 0x2000..0x1000 -kernel "$off"
bad smp-product 'cores' $virt -smp 4,sockets=3 -kernel "$off"
ends icount 0 $virt -icount shift=5,sleep=off -kernel "$off"
ends icount-single 0 $virt -icount 5 -accel tcg,thread=single -kernel "$off"
ends icount-auto 0 $virt -icount auto,align=on -kernel "$off"
ends icount-check 0 $virt -icount 3 --check=1 -kernel "$off"
bad icount-big 'shift=11.*0 to 10' $virt -icount shift=11 -kernel "$off"
bad icount-text 'shift=x.*auto' $virt -icount x -kernel "$off"
bad icount-none 'shift=N' $virt -icount sleep=off -kernel "$off"
bad icount-align 'align=on.*sleep=off' $virt -icount 3,align=on,sleep=off -kernel "$off"
bad icount-key 'algin' $virt -icount 3,algin=on -kernel "$off"
bad icount-smp 'use -smp 1' $virt -icount 3 -smp 2 -kernel "$off"
bad icount-bare 'icount.*processor' -M none -icount 3
bad gdb-form 'gdb.*give.*tcp:' $virt -gdb 1234 -kernel "$off"
bad gdb-port 'cannot listen\|cannot find' $virt -gdb tcp::notaport -kernel "$off"
bad gdb-chardev "no chardev 'x'" $virt -gdb chardev:x -kernel "$off"
bad gdb-path 'cannot listen.*nowhere' $virt -gdb unix:/nowhere/s -kernel "$off"
bad monitor 'unknown' $virt -monitor stdoi -kernel "$off"
bad kvm 'not built' $virt -accel kvm -kernel "$off"
bad secure 'not built' -M virt,secure=on -kernel "$off"
bad rtc 'rtc' $virt -rtc base=yesterday -kernel "$off"
bad nothing 'kernel' $virt
bad no-machine '\-M virt' -nographic -kernel "$off"
bad elf-for-image "off.elf" "$tmp/off.elf" -kernel "$off"
bad log-file 'nowhere' $virt -D /nowhere/log -kernel "$off"
bad dumpdtb-dir 'dumpdtb' -M virt,dumpdtb=/nowhere/dtb
bad engine 'engine' $virt -accel tcg,engine=fast -kernel "$off"
}
# doctor NAME STATUS TEXT COMMAND... : each line but the last is a mark, a subject, a finding
doctor() {
    name=doctor-$1 want=$2 text=$3; shift 3
    timeout 20 "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != "$want" ]; then fail "$name" "status $rc: $(tail -n 3 "$tmp/out" "$tmp/err" | tr '\n' ' ')"
    elif sed '$d' "$tmp/out" | grep -Evq '^(ok|note|missing) +[A-Za-z0-9_, -]{1,19} +[^ ]'
    then fail "$name" "a line of another shape: $(grep -Ev '^(ok|note|missing) ' "$tmp/out")"
    elif [ "$(cut -c29-29 "$tmp/out" | sed '$d' | grep -c '^[^ ]')" != "$(sed '$d' "$tmp/out" | wc -l)" ]
    then fail "$name" "not aligned"
    elif ! grep -Eq -- "$text" "$tmp/out"; then fail "$name" "no \"$text\": $(cat "$tmp/out")"
    elif [ "$(grep -c '^missing' "$tmp/out")" != "$(sed -n '$s/.* \([0-9]*\) missing$/\1/p' "$tmp/out")" ]
    then fail "$name" "does not count right"
    else ok "$name"; fi
}
doctor plain 0 '^ok +CPU' "$mimic" doctor
doctor bare-environment 0 '^note +TERM +not set; .export TERM=' env -i "$mimic" doctor
doctor environment-utf8 0 '^ok +UTF-8' env -i LANG=en_GB.UTF-8 TERM=vt100 "$mimic" doctor
doctor environment-c 0 '^note +UTF-8.*LANG=' env -i LC_ALL=C LANG=en_GB.UTF-8 "$mimic" doctor
doctor path 0 '^note +gdb-multiarch.*apt-get install' env PATH=/nowhere "$mimic" doctor
doctor files 0 '^note +open files +100; .ulimit -n' sh -c 'ulimit -n 100; exec "$0" doctor' "$mimic"
# a sanitizer wants an address space of its own
case $build in *san) ;; *)
    doctor space 0 '^note +below 4 GiB.*tb-size' sh -c 'ulimit -v 100000; exec "$0" doctor' "$mimic"
    # the least in which the program starts leaves no 8 MiB
    for v in 8000 10000 12000 14000 16000 18000 20000; do
        (ulimit -v $v; exec "$mimic" doctor) > /dev/null 2>&1; [ $? = 127 ] || break
    done
    doctor no-space 1 '^missing +below 4 GiB.*ulimit -v' \
        sh -c 'ulimit -v $1; exec "$0" doctor' "$mimic" $v
esac
good doctor-help 'mimic doctor' --help
bad doctor-argument 'doctor takes no' doctor -M virt
bad doctor-second 'doctor' -M virt -nographic doctor
# what issue A lists, and the devices of the command line
: > "$tmp/locked"; chmod 000 "$tmp/locked"; echo hi > "$tmp/hi"
head -c 100 "$tmp/dtb" > "$tmp/cut.dtb"
# shellcheck disable=SC2086
{
bad option-near "did you mean '-kernel'" $virt -kernle "$off"
bad machine-near "did you mean 'virt'" -M virrt -nographic -kernel "$off"
bad dtb-cut 'cut.dtb.*dtc' $virt -kernel "$off" -dtb "$tmp/cut.dtb"
bad dtb-directory 'is a directory; give' $virt -kernel "$off" -dtb "$tmp"
bad initrd-directory 'is a directory; give' $virt -kernel "$off" -initrd "$tmp"
bad tb-size 'tb-size=1: must be 8' $virt -accel tcg,tb-size=1 -kernel "$off"
bad loader-near 'only loader is' $virt -kernel "$off" -device loadr,file=x
bad loader-nothing 'nothing to load; give file=' $virt -kernel "$off" -device loader
bad loader-missing 'device loader: cannot open.*none' $virt -kernel "$off" -device loader,file="$tmp/none"
bad loader-directory 'is a directory; give' $virt -kernel "$off" -device loader,file="$tmp"
bad loader-key "did you mean 'file'" $virt -kernel "$off" -device loader,fil="$tmp/hi"
bad loader-nowhere 'no memory at.*choose' $virt -kernel "$off" -device loader,file="$tmp/hi",addr=0x999999999999
bad loader-data 'data-len=N, 1 to 8' $virt -kernel "$off" -device loader,data=1,data-len=9,addr=0x40000000
bad loader-cpu 'cpu-num=9.*has CPUs' $virt -kernel "$off" -device loader,cpu-num=9,addr=0x40000000
bad fw_cfg-form 'name=NAME and one of' $virt -kernel "$off" -fw_cfg opt/x
bad fw_cfg-missing 'fw_cfg: cannot open.*none' $virt -kernel "$off" -fw_cfg opt/x,file="$tmp/none"
bad fw_cfg-key "did you mean 'name'" $virt -kernel "$off" -fw_cfg nam=opt/x,string=y
bad fw_cfg-twice 'opt/x.*already' $virt -kernel "$off" -fw_cfg opt/x,string=y -fw_cfg opt/x,string=z
bad drive-bus 'if=pflash' $virt -kernel "$off" -drive if=virtio,file="$tmp/hi"
bad drive-key "did you mean 'file'" $virt -kernel "$off" -drive if=pflash,fil=x
bad drive-missing 'cannot open.*none' $virt -kernel "$off" -drive if=pflash,file="$tmp/none"
bad drive-unit 'only 0 to 1' $virt -kernel "$off" -drive if=pflash,unit=9,file="$tmp/hi"
bad pflash-directory 'directory' $virt -kernel "$off" -pflash "$tmp"
bad bios-missing 'install u-boot-qemu' $virt -bios none
bad bios-directory 'is a directory; give' $virt -bios "$tmp"
bad gdb-once '^mimic: -gdb tcp: unknown.*did you mean' $virt -gdb tcp -kernel "$off"
bad gdb-port-range '1 to 65535' $virt -gdb tcp::99999 -kernel "$off"
bad serial-port-range '1 to 65535' -M virt -display none -serial tcp::70000,server,nowait -kernel "$off"
bad serial-nowhere 'cannot write to /nowhere/x' -M virt -display none -serial file:/nowhere/x -kernel "$off"
bad serial-refused 'start the other side first' -M virt -display none -serial unix:"$tmp/none" -kernel "$off"
bad chardev-near "did you mean 'null'" $virt -chardev nul,id=x -kernel "$off"
bad chardev-key "did you mean 'path'" $virt -chardev file,id=x,pth=y -kernel "$off"
bad chardev-twice 'choose another id' $virt -chardev null,id=x -chardev null,id=x -kernel "$off"
bad log-full 'the log is not whole.*make room' $virt -d exec -D /dev/full -kernel "$off"
# root may read everything: as nobody
if [ "$(id -u)" = 0 ]; then
    as='setpriv --reuid=65534 --regid=65534 --clear-groups'; chmod 755 "$tmp"
fi
if $as "$mimic" -version > /dev/null 2>&1; then
    bad kernel-locked 'locked.*ermission' $virt -kernel "$tmp/locked"
    bad initrd-locked 'locked.*ermission' $virt -kernel "$off" -initrd "$tmp/locked"
    bad log-locked 'locked.*ermission' $virt -kernel "$off" -D "$tmp/locked"
else echo 'skip cli/locked nobody cannot run the program'; fi
as=
}
# writes A to the PL011, then PSCI SYSTEM_OFF
words d2a12000 52800821 b9000001 52800100 72b08000 d4000002 14000000 > "$tmp/say"
ends serial-full 0 -M virt -display none -serial file:/dev/full -kernel "$tmp/say"
if grep -q 'serial0: output is lost.*make room' "$tmp/err"; then ok serial-full-says
else fail serial-full-says "$(cat "$tmp/err")"; fi
# what cannot be printed is an error
for how in '>&-' '>/dev/full'; do
    for what in --help -version '-M help' '-d help' doctor; do
        eval "timeout 20 \"\$mimic\" $what $how" 2> "$tmp/err"; rc=$?
        if [ $rc = 1 ] && grep -q '^mimic:.*standard output' "$tmp/err"; then ok "stdout $how $what"
        else fail "stdout $how $what" "status $rc: $(cat "$tmp/err")"; fi
    done
done
timeout 20 "$mimic" $virt -kernel "$tmp/say" >&- 2> "$tmp/err" < /dev/null; rc=$?
if [ $rc = 0 ]; then ok stdout-closed-run; else fail stdout-closed-run "status $rc: $(cat "$tmp/err")"; fi
# the guest waits for a key: it gets one, or the user ends it
keys() {
    name=$1 want=$2; shift 2
    timeout 20 "$mimic" -M virt -display none -serial none "$@" -kernel "$tmp/readc" \
        < "$tmp/keys" > "$tmp/out" 2> "$tmp/err"; rc=$?
    if [ $rc = "$want" ]; then ok "$name"; else fail "$name" "status $rc: $(head -c 200 "$tmp/err")"; fi
}
printf A > "$tmp/keys"
keys semihosting-readc 65 -semihosting
keys semihosting-readc-chardev 65 -chardev stdio,id=c -semihosting-config chardev=c
# "!", a newline and SYSTEM_OFF: the guest's last words come before the figures
words d2a12000 52800421 b9000001 52800141 b9000001 d2b08000 f2800100 d4000002 > "$tmp/last"
timeout 20 "$mimic" -M virt -nographic -kernel "$tmp/last" --stats 2>&1 < /dev/null | tr -d '\r' > "$tmp/out"
if [ "$(grep -nx '!' "$tmp/out")" = '1:!' ] && sed -n 2p "$tmp/out" | grep -q ^translation
then ok stats-last; else fail stats-last "$(cut -c1-60 "$tmp/out" | tr '\n' '|')"; fi
mkfifo "$tmp/never"; sleep 20 > "$tmp/never" & sleeper=$!
for how in -semihosting '-chardev stdio,id=c -semihosting-config chardev=c'; do
    # shellcheck disable=SC2086
    "$mimic" -M virt -smp 2 -display none -serial none $how -kernel "$tmp/readc" \
        < "$tmp/never" > "$tmp/out" 2>&1 & pid=$!
    sleep 0.5; kill -0 $pid 2>/dev/null; waits=$?; kill -TERM $pid; n=0
    while kill -0 $pid 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
    if [ $waits = 0 ] && [ $n -lt 50 ]; then ok "semihosting-wait-ends${how#-semihosting}"
    else fail semihosting-wait-ends "waits $waits, $n tenths: $(head -c 200 "$tmp/out")"; kill -KILL $pid; fi
done
kill $sleeper
# docs/bare-metal.md's program, its names in the logs
cc64=aarch64-linux-gnu-gcc
if ! command -v $cc64 >/dev/null; then echo "skip cli/bare-metal no $cc64"
elif ! $cc64 -nostdlib -ffreestanding -fno-pic -no-pie -static -O1 -T tests/bare/link.ld \
        -o "$tmp/hello.elf" tests/bare/startup.S tests/bare/main.c 2> "$tmp/err"; then
    fail bare-metal "$(head -c 200 "$tmp/err")"
else
    timeout 20 "$build/mimic" -semihosting -d int,exec -D "$tmp/log" "$tmp/hello.elf" \
        > "$tmp/out" 2> "$tmp/err" < /dev/null; rc=$?
    if [ $rc != 42 ]; then fail bare-metal "status $rc"
    elif ! grep -q '^hello from the UART' "$tmp/out" || ! grep -q '^hello from semi' "$tmp/err"
    then fail bare-metal "lost words: $(cat "$tmp/out" "$tmp/err")"
    elif ! grep -q 'BRK from EL1 at pc 0x[0-9a-f]* <main+0x[0-9a-f]*>, esr 0xf2000007$' "$tmp/log"
    then fail bare-metal "-d int: $(grep -v exec "$tmp/log")"
    elif ! grep -q 'exec 0: 0x[0-9a-f]* <on_exception>,' "$tmp/log"; then fail bare-metal "-d exec"
    else ok bare-metal; fi
fi
mimic=$build/mimic-system-x86_64; bad x86 'x86-64.*not built' -M pc
mimic=$build/mimic-system-arm; bad arm32 '32-bit Arm.*not built' -M virt
# tty NAME < STEPS : on a terminal, with a guest that loops (tests/boot/console.py)
tty() {
    if why=$(python3 tests/boot/console.py "$build/mimic" -M virt -nographic -kernel "$tmp/loop"); then
        ok "$1"
    elif [ $? = 77 ]; then echo "skip cli/$1 $why"
    else fail "$1" "$why"; fi
}
if command -v python3 >/dev/null; then
    tty tty-quit <<'EOF'
wait 10 virt-7.2
tty-raw
send \x03
alive 0.3
send \x01x
exit 10
tty-restored
EOF
    tty tty-term <<'EOF'
tty-raw
kill TERM
exit 10
tty-restored
EOF
    # a sanitizer has its own way with crashes
    case $build in *san) ;; *) tty tty-crash <<'EOF'
tty-raw
kill SEGV
wait 10 crashed
exit 10 -11
tty-restored
EOF
    esac
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
