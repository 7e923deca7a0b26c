#!/bin/sh
# Fails when a test file is in no list: nobody would run it, and nobody would notice.
#
#   listed.sh [ROOT]
#
# A test in C is named in a meson.build by its name or its path; one in Node as well, or another test imports it.
set -u
cd "${1:-.}/tests" || exit 2
bad=0
n=0

is_named() { # pattern
    grep -qE "'$1'" meson.build ./*/meson.build 2>/dev/null
}

for file in */test-*.c; do
    [ -e "$file" ] || continue
    n=$((n + 1))
    name=$(basename "$file" .c)
    name=${name#test-}
    is_named "($name|${name#gui-}|$file|test-$name\.c)" && continue
    echo "tests/$file: no meson.build names it"
    bad=1
done
for file in */*.mjs; do
    grep -qE "^import .*\btest\b.*'node:test'" "$file" 2>/dev/null || continue
    n=$((n + 1))
    name=$(basename "$file" .mjs)
    is_named "($name|$file)" && continue
    grep -qF "import './$name.mjs'" "$(dirname "$file")"/*.mjs && continue
    echo "tests/$file: no meson.build names it"
    bad=1
done
[ $n -gt 0 ] || { echo 'no test found'; exit 1; }
exit $bad
