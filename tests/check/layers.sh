#!/bin/sh
# Fails when a file includes a header of a layer that it must not know. Prints the lines that do.
#
#   layers.sh [ROOT]
#
# base < http, crypto < api < mirror, web < gate, app, gui; app/emulator knows nothing of ours.
set -u
cd "${1:-.}" || exit 2

bad=0
complain() { # text: the offending lines; reason
    [ -n "$1" ] || return 0
    printf '%s\n    ^ %s\n' "$1" "$2"
    bad=1
}

# All #include lines below the given folders, as file:line:text.
includes() { grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include' "$@" 2>/dev/null; }

may() {
    case $1 in
    base) echo base ;;
    http) echo 'base|http' ;;
    crypto) echo 'base|crypto' ;;
    api) echo 'base|http|crypto|api' ;;
    mirror) echo 'base|api|mirror' ;;
    web) echo 'base|crypto|api|web' ;;
    gate) echo gate ;; # otherwise public headers only
    esac
}
for layer in base http crypto api mirror web gate; do
    complain "$(includes "lib/$layer" | grep '"' | grep -vE "\"($(may $layer))/[a-z0-9-]+\.h\"")" \
        "lib/$layer may include $(may $layer) only"
done

# A folder that is in no layer would escape the table above.
for folder in lib/*/; do
    case $folder in
    lib/base/ | lib/http/ | lib/crypto/ | lib/api/ | lib/mirror/ | lib/web/ | lib/gate/ | lib/include/) ;;
    *) complain "$folder" "is no layer: add it to tests/check/layers.sh" ;;
    esac
done

# Public headers see each other and the C library. <stdbool.h> and friends have no slash.
complain "$(includes lib/include | grep -vE '<(latchkey/[a-z]+|std[a-z]+)\.h>')" \
    'a public header may include <latchkey/…> and the C library only'

# Each third-party header has one home in lib/.
only() {
    complain "$(includes lib | grep -E "[<\"]$1" | grep -v "^lib/$2:")" "belongs into lib/$2 only"
}
only 'curl/' http/curl.c
only '(psa|mbedtls)/' crypto/mbedtls.c
only '(cjson/)?cJSON' base/json.c
only 'sqlite3' mirror/store-sqlite.c
only '(postgresql/)?(libpq|pg_config)' mirror/store-postgres.c
only 'civetweb' gate/civetweb.c

# Programs: public headers and headers of their own.
for program in app gui; do
    complain "$(includes "$program" | grep -E '"([^"]*/)?\.\./')" 'leaves its folder'
    complain "$(includes "$program" | grep -E '[<"](lib|base|http|crypto|api|mirror|web|gate)/[a-z0-9-]+\.h[>"]')" \
        "$program/ may include <latchkey/…> only, nothing from inside lib/"
    complain "$(grep -HnE 'latchkey_(static|internal)|lib_inc' "$program/meson.build" 2>/dev/null)" \
        "$program/ is linked with what only tests may see"
    # "error.h" names lib/base/error.h only where -I points there; own headers are found first.
    includes "$program" | sed -nE 's/^([^:]+):([0-9]+):[^"]*"([^"]+)".*/\1 \2 \3/p' |
        while read -r file line header; do
            [ -e "${file%/*}/$header" ] || [ -e "$program/$header" ] && continue
            [ -e "lib/$header" ] || ls lib/*/"$header" >/dev/null 2>&1 || continue
            echo "$file:$line:#include \"$header\""
        done >"${TMPDIR:-/tmp}/layers.$$"
    complain "$(cat "${TMPDIR:-/tmp}/layers.$$")" "a header of lib/, not of $program/"
    rm -f "${TMPDIR:-/tmp}/layers.$$"
done

# The emulator is a second opinion on the wire: code shared with lib/ would share its mistakes.
complain "$(includes app/emulator | grep -E '[<"]latchkey')" 'app/emulator may include nothing of lib/'
includes app/emulator | sed -nE 's/^([^:]+):([0-9]+):[^"]*"([^"]+)".*/\1 \2 \3/p' |
    while read -r file line header; do
        [ -e "app/emulator/${header#emulator/}" ] || [ -e "${file%/*}/$header" ] ||
            ! [ -e "app/$header" ] || echo "$file:$line:#include \"$header\""
    done >"${TMPDIR:-/tmp}/layers.$$"
complain "$(cat "${TMPDIR:-/tmp}/layers.$$")" 'app/emulator stands alone: its own headers only'
rm -f "${TMPDIR:-/tmp}/layers.$$"

exit $bad
