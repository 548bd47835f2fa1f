#!/bin/sh
# SPDX-License-Identifier: MIT
# doclinks.sh [ROOT] - every file that the documents name exists: targets of
# markdown links, and `path/like.this` in back quotes whose first folder is ours.
set -eu
cd "${1:-$(dirname "$0")/..}"
bad=0
for doc in README.md docs/*.md docs/decisions/*.md; do
    [ -e "$doc" ] || continue
    # [text](target): relative to the document, or to the root
    for t in $(grep -oE '\]\([^)[:space:]]+\)' "$doc" | sed 's/^](//; s/)$//; s/#.*//'); do
        case $t in http:*|https:*|mailto:*|'') continue ;; esac
        [ -e "$(dirname "$doc")/$t" ] || [ -e "$t" ] || { echo "$doc: no file $t"; bad=1; }
    done
    # `core/irq.h`; a pattern must match something; build/ is made, not kept
    for t in $(sed '/^```/,/^```/d' "$doc" | grep -oE '`[A-Za-z0-9_.*/{},-]+`' | tr -d '`' | grep / | sort -u); do
        case $t in
        util/*|core/*|tcg/*|cpu/*|kvm/*|devices/*|machine/*|block/*|net/*|chardev/*|ui/*|gdb/*|main/*|tools/*|tests/*|docs/*)
            # shellcheck disable=SC2086,SC2046 # patterns are meant to expand
            ls -d $(echo $t | sed 's/{[^}]*}/*/g') >/dev/null 2>&1 || { echo "$doc: no file $t"; bad=1; } ;;
        esac
    done
done
exit $bad
