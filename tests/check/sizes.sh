#!/bin/sh
# Fails when a function passes 80 lines or a file 600, unless tests/check/sizes.allow names it, and when
# that list names something that needs no exception any more.
#
#   sizes.sh [ROOT [LIST]]      LIST holds lines "path function" or "path"
#
# A function runs from its first line to its closing brace. Its braces stand in the first column:
# clang-format (format.sh) guarantees that, and no other code has a lone "{" there.
set -u
here=$(cd "$(dirname "$0")" && pwd)
list=${2:-$here/sizes.allow}
cd "${1:-.}" || exit 2

tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
find lib app gui subprojects/packagefiles -type f -name '*.[ch]' 2>/dev/null | sort >"$tmp/files"
[ -s "$tmp/files" ] || { echo 'no source file found'; exit 1; }

while read -r file; do
    awk -v file="$file" '
        # The head of a function: everything since the last line that ends something else.
        /^[ \t]*$/ || /^[ \t]*\*/ || /^\/\*/ || /^#/ || /^}/ || /;[ \t]*$/ || /^[A-Z_0-9]+ ?\(.*\)[ \t]*$/ {
            if (!inside) head = 0
            if (!inside) name = ""
        }
        !inside && /^[A-Za-z_]/ && !/;[ \t]*$/ && !/^[A-Z_0-9]+ ?\(.*\)[ \t]*$/ {
            if (!head) head = NR
            if (name == "" && match($0, /[A-Za-z_][A-Za-z_0-9]* ?\(/))
                name = substr($0, RSTART, RLENGTH - 1)
        }
        /^{[ \t]*$/ { inside = 1; if (!head) head = NR }
        inside && /^}/ {
            print NR - head + 1, file, (name == "" ? "?" : name)
            inside = 0; head = 0; name = ""
        }
        END {
            print NR, file
            if (inside) print 1000000, file, name
        }' "$file"
done <"$tmp/files" >"$tmp/sizes"

awk 'NF == 3 && $1 > 80 || NF == 2 && $1 > 600' "$tmp/sizes" >"$tmp/long"
grep -vE '^[[:space:]]*(#|$)' "$list" 2>/dev/null | sort -u >"$tmp/allowed"
bad=0
while read -r lines what; do
    grep -Fxq "$what" "$tmp/allowed" && continue
    limit=80
    [ "${what#* }" = "$what" ] && limit=600
    echo "$what: $lines lines, the limit is $limit"
    bad=1
done <"$tmp/long"
while read -r what; do
    grep -Eq "^[0-9]+ $what\$" "$tmp/long" && continue
    echo "$what: needs no exception any more: take it off $list"
    bad=1
done <"$tmp/allowed"
exit $bad
