#!/bin/sh
# Fails when clang-format would change a C file. Another major version than 14 lays out differently.
#
#   format.sh [ROOT]
set -u
cd "${1:-.}" || exit 2
tool=$(command -v clang-format-14 || command -v clang-format) || {
    echo 'clang-format is not installed'
    exit 77
}
case $($tool --version) in
*'version 14.'*) ;;
*)
    echo "clang-format 14 is needed, this is $($tool --version)"
    exit 77
    ;;
esac
find lib app gui tests subprojects/packagefiles -name node_modules -prune -o -type f -name '*.[ch]' -print 2>/dev/null |
    sort | xargs -r "$tool" --style=file --dry-run --Werror
