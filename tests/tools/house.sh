#!/bin/sh
# SPDX-License-Identifier: MIT
# The guards of the house bite: layers.sh, style.sh, doclinks.sh and configure on
# small trees with one fault each.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d) || exit 1; trap 'rm -rf "$tmp"' EXIT
passed=0 failed=0
ok() { echo "ok house/$1"; passed=$((passed + 1)); }
fail() { echo "FAIL house/$1 $2"; failed=$((failed + 1)); }
n=0
# file PATH < TEXT : in the current tree
file() { mkdir -p "$tmp/$n/$(dirname "$1")"; cat > "$tmp/$n/$1"; }
tree() { n=$((n + 1)); mkdir -p "$tmp/$n"; }
# bites NAME TOOL TEXT : the tool fails on the current tree and says TEXT
bites() {
    if out=$("$top/tools/$2" "$tmp/$n" 2>&1); then fail "$1" "$2 saw nothing"
    else case $out in *"$3"*) ok "$1" ;; *) fail "$1" "$2 said: $out" ;; esac; fi
}
passes() {
    if out=$("$top/tools/$2" "$tmp/$n" 2>&1); then ok "$1"; else fail "$1" "$2 said: $out"; fi
}
# breach NAME FILE HEADER, allowed NAME FILE HEADER
breach() { tree; echo "#include \"$3\"" | file "$2"; bites "layers-$1" layers.sh "$2:1:"; }
allowed() { tree; echo "#include \"$3\"" | file "$2"; passes "layers-$1" layers.sh; }

breach util-core util/a.c core/irq.h
breach core-tcg core/a.c tcg/ir.h
breach tcg-cpu tcg/a.c cpu/arm/state.h
breach cpu-tcg cpu/arm/a.c tcg/cache.h
breach arm-x86 cpu/arm/a.c cpu/x86/state.h
breach device-cpu devices/intc/a.c cpu/arm/state.h
breach device-device devices/uart/a.c devices/intc/gic.h
breach machine-tcg machine/a.c tcg/ir.h
breach machine-block machine/a.c block/block.h
breach unit-util tests/unit/util_a.c core/irq.h
breach relative core/a.c ../util/types.h
breach bare core/a.c irq.h
allowed core-util core/a.c util/types.h
allowed cpu-ir cpu/arm/a.c tcg/ir.h
allowed cpu-fp cpu/arm/a.c cpu/fp/fp.h
allowed cpu-gen cpu/arm/a.c gen/cpu/arm/a64_decode.inc
allowed kvm-state kvm/a.c cpu/arm/state.h
allowed device-bus devices/net/a.c devices/virtio/bus.h
allowed main-all main/a.c tcg/run.h
allowed config core/a.c config.h

spdx='// SPDX-License-Identifier: MIT'
# style NAME TEXT : util/a.c holds the lines of $in (no pipes into functions that count)
in=$tmp/in
style() { tree; { echo "$spdx"; cat "$in"; } | file util/a.c; bites "style-$1" style.sh "$2"; }
fine() { tree; { echo "$spdx"; cat "$in"; } | file util/a.c; passes "style-$1" style.sh; }
body() { i=0; while [ $i -lt "$1" ]; do echo "    f($i);"; i=$((i + 1)); done; }
tree; echo 'int a;' | file util/a.c; bites style-spdx style.sh SPDX
tree; echo "$spdx" | file util/a.h; bites style-once style.sh 'pragma once'
{ printf 'void f(void)\n{\n'; body 130; echo '}'; } > "$in"; style long 'function of 132 lines'
{ printf 'void f(int a,\n       int b) {\n'; body 130; echo '}'; } > "$in"; style long-k-and-r 'function of'
{ printf '/* long: a table in code */\nvoid f(void)\n{\n'; body 130; echo '}'; } > "$in"; fine long-waived
{ printf 'static const int t[] = {\n'; body 130; echo '};'; } > "$in"; fine table
printf 'int x; // %0100d\n' 1 > "$in"; style width 'columns'
printf 'void f(char *p) { strcpy(p, "x"); }\n' > "$in"; style banned strcpy
printf 'void f(char *p) { str_strcpy(p); } // not strcpy(p)\n' > "$in"; fine banned-names
printf 'const char *s = "strcpy(a)"; /* sprintf( */\n' > "$in"; fine banned-text
printf 'int a;\t\n' > "$in"; style tab tab
printf '#if 0\n#endif\n' > "$in"; style if-0 'if 0'
printf '// TO%s: later\n' DO > "$in"; style todo issue
tree; printf '%s\nint f(void) { return time(0); }\n' "$spdx" | file devices/rtc/a.c
bites style-gate style.sh core/input

tree; echo 'see [this](docs/none.md)' | file README.md; bites doc-link doclinks.sh docs/none.md
# shellcheck disable=SC2016 # back quotes of markdown
tree; echo 'see `core/none.h`' | file README.md; bites doc-name doclinks.sh core/none.h
# shellcheck disable=SC2016
tree; echo 'see `util/a.c`, `util/*.c`' | file README.md; echo | file util/a.c; passes doc-good doclinks.sh

# configure: refuses what it does not know, says what is missing
conf() { (cd "$tmp/c" && PATH=${path:-$PATH} sh ./configure "$@" 2>&1); }
mkdir -p "$tmp/c/tools"; cp "$top/configure" "$tmp/c/"; cp -r "$top/tools/probe" "$tmp/c/tools/"
said() { # NAME TEXT OUTPUT
    case $3 in *"$2"*) ok "$1" ;; *) fail "$1" "said: $3" ;; esac
}
said configure-option 'unknown option "--frobnicate"' "$(conf --frobnicate)"
said configure-feature 'no feature "frob"' "$(conf --enable-frob)"
said configure-required 'is required' "$(conf --disable-zlib)"
said configure-cc 'does not work' "$(conf --cc=/bin/false)"
said configure-help '--install-deps' "$(conf --help)"
said configure-off 'capstone off by --disable-capstone' "$(conf --disable-capstone)"
said configure-off-h 'CONFIG_CAPSTONE 0' "$(cat "$tmp/c/config.h" 2>&1)"
# a host without a compiler: the exact line that installs one
mkdir "$tmp/bin"
for t in sh dirname sed grep mktemp rm tr sort cat id printf tail cut; do
    ln -s "$(command -v $t)" "$tmp/bin/$t" 2>/dev/null
done
path=$tmp/bin
said configure-no-cc 'apt-get install --no-install-recommends' "$(conf)"
said configure-no-cc-list 'gcc libc6-dev' "$(conf)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
