#!/bin/sh
# Fails unless each public header compiles alone, as C99, C11 and C++11, without a warning.
#
#   headers.sh INCLUDE-FOLDER
set -u
include=$1
cd "$include" || exit 2
bad=0
n=0
for header in latchkey.h latchkey/*.h; do
    [ -e "$header" ] || continue
    n=$((n + 1))
    for standard in c99 c11 c++11; do
        case $standard in
        c++*) compiler=${CXX:-c++} language=c++ ;;
        *) compiler=${CC:-cc} language=c ;;
        esac
        # Included twice: the guard is part of the contract.
        printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
            $compiler -std=$standard -x $language -I. -Wall -Wextra -Wpedantic -Werror \
                -fsyntax-only - || {
            echo "    ^ <$header> as $standard"
            bad=1
        }
    done
done
[ $n -gt 0 ] || { echo "no header in $include"; bad=1; }
exit $bad
