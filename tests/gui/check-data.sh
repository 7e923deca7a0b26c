#!/bin/sh
# Checks what other programs read: desktop entry, metainfo, schema, templates, icons.
#
#   check-data.sh ROOT
set -u
cd "$1/gui" || exit 2
id=io.github.latchkey.Latchkey
bad=0
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
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

# What other programs show of this one is German, too: as many texts as there are in English.
for key in GenericName Comment Keywords; do
    grep -q "^$key\[de\]=." data/$id.desktop || { echo "$id.desktop: no $key[de]"; bad=1; }
done
english=$(grep -cE '<(summary|developer_name|p|li)>' data/$id.metainfo.xml)
german=$(grep -cE '<(summary|developer_name|p|li) xml:lang="de">' data/$id.metainfo.xml)
[ "$english" -eq "$german" ] || { echo "$id.metainfo.xml: $german German texts for $english"; bad=1; }
# A desktop starts the program by its name on the bus.
grep -q "^Name=$id\$" data/$id.service.in && grep -q '^DBusActivatable=true$' data/$id.desktop ||
    { echo "$id.service.in: another name"; bad=1; }

# Templates show data: whatever row is in them must not take it for markup.
for file in *.ui; do
    rows=$(grep -cE 'class="Adw(Action|Combo|Entry|Expander|PasswordEntry)Row"' "$file")
    plain=$(grep -c '<property name="use-markup">False</property>' "$file")
    [ "$rows" -eq "$plain" ] || { echo "$file: a row without use-markup False"; bad=1; }
done

# Each text that a person can see is in the German translation: none missing, none guessed.
grep -lE '\b(_|N_|ngettext)\("|translatable="yes"' *.c *.ui data/*.ui | sed 's,^,gui/,' | LC_ALL=C sort >"$tmp/wanted"
LC_ALL=C sort po/POTFILES.in | diff - "$tmp/wanted" || { echo 'po/POTFILES.in: differs from the files with texts'; bad=1; }
cd .. || exit 2
xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=ngettext:1,2 -o "$tmp/c.pot" \
    $(grep '\.c$' gui/po/POTFILES.in) &&
    xgettext --from-code=UTF-8 -o "$tmp/ui.pot" $(grep '\.ui$' gui/po/POTFILES.in) &&
    msgcat --use-first -o "$tmp/all.pot" "$tmp/c.pot" "$tmp/ui.pot" || bad=1
for language in $(cat gui/po/LINGUAS); do
    check msgfmt -c -o "$tmp/out.mo" "gui/po/$language.po"
    check msgmerge -q -N -o "$tmp/merged.po" "gui/po/$language.po" "$tmp/all.pot"
    msgattrib --untranslated "$tmp/merged.po" | grep '^msgid' | sed "s/^/$language.po lacks: /" | grep . && bad=1
done
exit $bad
