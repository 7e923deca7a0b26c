#!/bin/sh
# Fails unless each library exports exactly the functions that its public headers declare with LK_API.
#
#   exports.sh INCLUDE-FOLDER LIBRARY…
#
# liblatchkey-civetweb answers for <latchkey/gate.h>, liblatchkey for all other headers.
set -u
here=$(dirname "$0")
include=$1
shift
[ $# -gt 0 ] || { echo 'no library given'; exit 2; }

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
for library in "$@"; do
    case $library in
    *civetweb*) headers=$include/latchkey/gate.h ;;
    *) headers=$(ls "$include"/latchkey.h "$include"/latchkey/*.h | grep -v '/gate\.h$') ;;
    esac

    for header in $headers; do
        awk -f "$here/prototypes.awk" "$header"
    done >"$tmp/prototypes"
    grep -E '^(bare|open)' "$tmp/prototypes" && {
        echo "    ^ declared in a public header without LK_API"
        bad=1
    }
    sed -n 's/^api //p' "$tmp/prototypes" | sort -u >"$tmp/declared"
    # "A" is the name of the version itself; anything else that is visible counts.
    nm -D --defined-only "$library" >"$tmp/nm" || { bad=1; continue; }
    awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' "$tmp/nm" | sort -u >"$tmp/exported"

    [ -s "$tmp/declared" ] || { echo "$library: no declaration found in its headers"; bad=1; }
    for name in $(comm -23 "$tmp/declared" "$tmp/exported"); do
        echo "$library: $name is declared with LK_API but not exported"
        bad=1
    done
    for name in $(comm -13 "$tmp/declared" "$tmp/exported"); do
        echo "$library: $name is exported but no public header declares it"
        bad=1
    done
done
exit $bad
