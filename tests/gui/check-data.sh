#!/bin/sh
# Checks what other programs read: desktop entry, metainfo, schema, templates, icons.
#
#   check-data.sh ROOT
set -u
cd "$1/gui" || exit 2
id=io.github.latchkey.Latchkey
bad=0
check() {
    command -v "$1" >/dev/null || { echo "$1 is not installed"; exit 77; }
    "$@" || { echo "    ^ $*"; bad=1; }
}

check desktop-file-validate data/$id.desktop
check appstreamcli validate --no-net data/$id.metainfo.xml
check glib-compile-schemas --strict --dry-run data
for file in *.ui data/*.ui data/*.xml $(find data/icons -name '*.svg'); do
    check xmllint --noout "$file"
done

# Templates show data: whatever row is in them must not take it for markup.
for file in *.ui; do
    rows=$(grep -cE 'class="Adw(Action|Expander)Row"' "$file")
    plain=$(grep -c '<property name="use-markup">False</property>' "$file")
    [ "$rows" -eq "$plain" ] || { echo "$file: a row without use-markup False"; bad=1; }
done
exit $bad
