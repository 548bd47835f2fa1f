#!/bin/sh
# SPDX-License-Identifier: MIT
# nosimd.sh BUILD OBJECT... - cpu/fp/*.c and *_fast.c run with the guest's rounding mode
# and exception flags in the host's MXCSR.  They are compiled without vector registers;
# here nm proves that they call nothing that might use them: every undefined symbol must
# be defined in another of them, in our assembly, or be data or a name below.
set -eu
# end of the road (the registers do not matter any more), and the sanitizers
allow='bug_abort|bug_fail|abort|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|sanitizer)_.*'
b=$1; shift
[ $# -gt 0 ] || exit 0
asm=$(find "$b/tcg/host" -name '*.o' 2>/dev/null | while read -r o; do
    s=${o#"$b"/}; if [ -e "${s%.o}.S" ]; then echo "$o"; fi; done)
# shellcheck disable=SC2086 # a list of files
own=$(nm --defined-only "$@" $asm 2>/dev/null | awk 'NF==3{print $3}')
bad=0
for o; do
    for s in $(nm -u "$o" | awk '{print $NF}'); do
        echo "$s" | grep -Eqx "$allow" && continue
        echo "$own" | grep -qx -- "$s" && continue
        # data is harmless: it is an object somewhere in the build
        find "$b" -path "$b/tests" -prune -o -name '*.o' -print | xargs nm --defined-only 2>/dev/null |
            awk -v s="$s" '$3 == s && $2 ~ /^[bBdDrR]$/ {f = 1} END {exit !f}' && continue
        echo "nosimd: ${o#"$b"/} calls $s, which may use vector registers" >&2
        bad=1
    done
done
exit $bad
