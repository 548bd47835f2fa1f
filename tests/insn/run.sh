#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [BUILD] [PART] - self-checking guest assembly under the translator and the
# evaluator.  MIMIC=qemu-system-aarch64 runs the tests on the peer (one engine): a
# test that fails there is wrong.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/rel}; mimic=${MIMIC:-$build/mimic-system-aarch64}
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0 skipped=0
patience=30; case $build in *san) patience=120 ;; esac
ok() { echo "ok $1"; passed=$((passed + 1)); }
fail() { echo "FAIL $1 $2"; failed=$((failed + 1)); }
skip() { echo "skip $1 $2"; skipped=$((skipped + 1)); }
as=aarch64-linux-gnu-as ld=aarch64-linux-gnu-ld cc=$(sed -n 's/^CC = //p' config.mk)
command -v $as >/dev/null || { skip insn "no $as (binutils-aarch64-linux-gnu)"; }
engines='tcg tcg,engine=eval'; [ -z "${MIMIC-}" ] || engines=tcg
for s in tests/insn/arm64/*.S; do
    command -v $as >/dev/null || break
    n=$(basename "$s" .S)
    case $n in *"${2-}"*) ;; *) continue ;; esac
    # flat above the device tree, at the start of -M virt's RAM
    if ! { ${cc:-cc} -E -P -x assembler-with-cpp -I tests/insn/arm64 "$s" -o "$tmp/$n.s" &&
           $as -march=armv8.5-a+crypto+sve -I tests/insn/arm64 -o "$tmp/$n.o" "$tmp/$n.s" &&
           $ld -Ttext=0x40200000 -e _start -o "$tmp/$n" "$tmp/$n.o"; } > "$tmp/err" 2>&1; then
        fail "insn/$n" "$(grep -m1 -i error "$tmp/err")"; continue
    fi
    for e in $engines; do
        # "// args: -smp 2" in the source adds arguments, "// only: tcg" picks an engine
        # shellcheck disable=SC2046 # arguments are a list
        timeout $patience $mimic -M virt -cpu max -m 128M -display none -monitor none -serial none -net none \
            -semihosting -accel "$e" $(sed -n 's,^// args: ,,p' "$s") -kernel "$tmp/$n" \
            > "$tmp/out" 2>&1 < /dev/null; rc=$?
        name=insn/$n; [ "$e" = tcg ] || name=$name/eval
        case $rc in
        0) if grep -q '^pass$' "$tmp/out"; then ok "$name"; else fail "$name" "ended without a word"; fi ;;
        124) fail "$name" "no end in $patience s" ;;
        *) fail "$name" "status $rc $(tr -s '\n' ' ' < "$tmp/out" | tail -c 200)" ;;
        esac
    done
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
