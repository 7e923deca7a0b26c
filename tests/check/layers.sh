#!/bin/sh
# Fails when a file includes a header of a layer that it must not know. Prints the lines that do.
#
#   layers.sh [ROOT]
#
# base < http, crypto < api < mirror, web < gate, app, gui; app/emulator knows nothing of ours. The rules stand in
# layers.awk.
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-.}" || exit 2
bad=0

{
    find lib app gui -name '*.h' | sed 's/^/have /'
    grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' lib app gui
} | awk -f "$here/layers.awk" || bad=1

for folder in lib/*/; do
    case $folder in
    lib/base/ | lib/http/ | lib/crypto/ | lib/api/ | lib/mirror/ | lib/web/ | lib/gate/ | lib/include/ | lib/examples/) ;;
    *)
        # A folder that is in no layer would escape the rules.
        echo "$folder is no layer: add it to tests/check/layers.sh"
        bad=1
        ;;
    esac
done

inside=$(grep -HnE 'latchkey_(static|internal)|lib_inc' app/meson.build gui/meson.build 2>/dev/null)
if [ -n "$inside" ]; then
    printf '%s\n    ^ a program is linked with what only tests may see\n' "$inside"
    bad=1
fi
exit $bad
