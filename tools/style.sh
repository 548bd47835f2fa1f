#!/bin/sh
# SPDX-License-Identifier: MIT
# style.sh [ROOT] - what a grep can see of docs/style.md.  Prints "file:line: why"
# and fails; V=1 prints warnings too (functions over 60 lines, files over 1000).
#   /* long: reason */        in or above a function waives its 120 lines
#   /* long file: reason */   waives a file's 1500
set -eu
cd "${1:-$(dirname "$0")/..}"
files=$(find util core tcg cpu kvm devices machine block net chardev ui gdb main tests tools \
    -path tests/insn -prune -o -name '*.[ch]' -print 2>/dev/null | sort)
[ -n "$files" ] || exit 0
# shellcheck disable=SC2086 # a list of files without spaces
awk -v V="${V:-0}" '
function bad(n, why) { printf "%s:%d: %s\n", FILENAME, n, why; nbad++ }
function warn(n, why) { if (V == 1) printf "%s:%d: warning: %s\n", FILENAME, n, why }
function end_file() {
    if (FILE == "") return
    if (!spdx) printf "%s:1: no SPDX-License-Identifier in the first lines\n", FILE, nbad++
    if (FILE ~ /\.h$/ && !once) printf "%s:1: no #pragma once\n", FILE, nbad++
    if (LINES > 1500 && !longfile) printf "%s:1: %d lines; 1500 is the limit\n", FILE, LINES, nbad++
    else if (LINES > 1000 && V == 1) printf "%s:1: warning: %d lines\n", FILE, LINES
}
# strip(s): s without string and character constants and // comments
function strip(s) {
    gsub(/\\./, "", s); gsub(/"[^"]*"/, "\"\"", s); gsub(/\047[^\047]*\047/, "0", s)
    sub(/\/\/.*/, "", s); gsub(/\/\*[^*]*\*\//, "", s)
    return s
}
FNR == 1 { end_file(); FILE = FILENAME; spdx = once = longfile = comment = marked = 0; start = 0
           device = FILENAME ~ /^(devices|machine)\// ; test = FILENAME ~ /^(tests|tools)\// }
{ LINES = FNR }
FNR <= 3 && /SPDX-License-Identifier: MIT/ { spdx = 1 }
/^#pragma once/ { once = 1 }
/\/\* long file: ./ { longfile = 1 }
/\/\* long: ./ { marked = FNR }
length($0) > 100 && length($0) - gsub(/[\200-\277]/, "&") > 100 { bad(FNR, "line of " length($0) " columns; 100 is the limit") }
/\t/ { bad(FNR, "tab") }
/[ \r]$/ { bad(FNR, "trailing space") }
/^[ ]*#[ ]*if[ ]+0/ { bad(FNR, "#if 0: delete it") }
/(^|[^A-Za-z_])(TODO|XXX|FIXME)([^A-Za-z_]|$)/ && !/"[^"]*(TODO|XXX|FIXME)/ { bad(FNR, "TODO, XXX, FIXME: open an issue instead") }
{
    s = strip($0)
    if (comment) { if (s ~ /\*\//) { sub(/.*\*\//, "", s); comment = 0 } else next }
    if (s ~ /\/\*/) { sub(/\/\*.*/, "", s); comment = 1 }
    if (match(s, /(^|[^A-Za-z0-9_.>])(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gmtime|localtime|asctime|ctime|atoi|atol|atoll|atof|gets|alloca|tmpnam|mktemp|rand|srand)[ ]*\(/))
        bad(FNR, "banned: " substr(s, RSTART, RLENGTH) "...)")
    if (device && match(s, /(^|[^A-Za-z0-9_.>])(clock_gettime|gettimeofday|time|getrandom|read|getentropy|random)[ ]*\(/))
        bad(FNR, "only core/input brings such in: " substr(s, RSTART, RLENGTH) "...)")
    if (device && s ~ /(^|[^A-Za-z0-9_])f?printf[ ]*\(/) bad(FNR, "printf in a device: log or trace")
    # a function is from its signature in column 0 to a closing brace in column 0
    if (s ~ /^[A-Za-z_].*[)][^;=]*$/ && s !~ /^(typedef|struct|union|enum)[^(]*$/) sig = FNR
    # a brace at the end of the last line of a long signature opens one too
    if (s ~ /^[A-Za-z_].*[(][^;={]*,[ ]*$/) { sig = FNR; split_sig = 1 }
    else if (s !~ /^ .*,[ ]*$/ && s !~ /^ .*[)][ ]*{[ ]*$/) split_sig = 0
    if (s ~ /^{/ || (split_sig && s ~ /^ .*[)][ ]*{[ ]*$/ && !start) || (s ~ /^[A-Za-z_ ].*[)][ ]*{[ ]*$/ && s !~ /=[ ]*{/ && s ~ /^[A-Za-z_]/)) { start = FNR; from = sig ? sig : FNR }
    if (s ~ /^}/ && start) {
        n = FNR - start + 1
        if (s !~ /^}[ ]*;/) {
            if (n > 120 && (!marked || marked < from - 3)) bad(from, "function of " n " lines; 120 is the limit")
            else if (n > 60) warn(from, "function of " n " lines")
        }
        start = 0; sig = 0
    }
}
END { end_file(); exit nbad > 0 }' $files
