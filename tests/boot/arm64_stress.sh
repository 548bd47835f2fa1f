#!/bin/sh
# SPDX-License-Identifier: MIT
# --tcg-stress: the guest-instruction tests and a boot of Debian's kernel on two CPUs with the
# translator doing often what is rare; once with every region checked on both engines.
. "$(dirname "$0")/lib.sh"
insn() { # WORDS [PART [OPTIONS]]
    name=insn-$1${2:+-$2}
    case $name in *"${ONLY-}"*) ;; *) return ;; esac
    if MIMIC="$MIMIC --tcg-stress=$1 ${3-}" "$top/tests/insn/run.sh" "$build" ${2-} \
        > "$logs/$name.log" 2>&1
    then ok "$name"
    else fail "$name" "$(grep -m1 '^FAIL' "$logs/$name.log") ($logs/$name.log)"; fi
}
for words in ra spill ra,spill tlb tb1 smc link move ra,spill,tlb,smc,link,move; do insn $words; done
insn move move --check=1
need_guest di-arm64
need_initramfs arm64
for words in ra,spill tlb tb1 smc link move ra,spill,tlb,smc,link,move; do
    boot stress-$words -M virt -m 512M -cpu cortex-a72 -smp 2 -nographic -no-reboot -seed 1 \
        -kernel "$guests/di-arm64/kernel" -initrd "$initramfs" --tcg-stress=$words \
        -append "console=ttyAMA0 panic=-1 poweroff" <<EOT
wait 200 MIMIC-READY
exit 60
absent Oops|Unable to handle|undefined instruction|BUG:
EOT
done
finish
