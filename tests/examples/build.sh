#!/bin/sh
# Takes C examples out of README.md and the embedder's guide and builds them into programs, as a reader would, with the
# flags that pkg-config tells: sign-in.c around a CivetWeb server that exists already (host.c), consumer.c as it is.
#
#   build.sh SOURCE-ROOT BUILD-ROOT OUTPUT-FOLDER [CFLAGS…]
#
# sign-in.c is every ```c block of README.md whose first line is a comment that begins "example: sign-in.c". The first
# one is the sign-in: at most 25 lines.
set -eu
source=$1 build=$2 out=$3
shift 3
mkdir -p "$out"

awk -v out="$out/sign-in.c" -v first="$out/sign-in.first" '
    /^```c$/ { n = 0; inside = 1; wanted = 0; next }
    /^```$/ { if (inside && wanted) blocks++; inside = 0; next }
    !inside { next }
    ++n == 1 { wanted = /^[/][*] example: sign-in[.]c[ ,]/ }
    wanted { printf "#line %d \"README.md\"\n%s\n", NR, $0 > out }
    wanted && n > 1 && !blocks && !/^[ \t]*$/ { print > first }
    END { if (!blocks) exit 1 }
' "$source/README.md" || {
    echo 'README.md has no ```c block that begins with /* example: sign-in.c */'
    exit 1
}
awk '/^```$/ { inside = 0 } inside { print } /^```c file=consumer[.]c$/ { inside = 1 }' \
    "$source/app/man/embedding.md" >"$out/consumer.c"
lines=$(wc -l <"$out/sign-in.first")
if [ "$lines" -gt 25 ]; then
    echo "the sign-in in README.md takes $lines lines of C; 25 are promised"
    exit 1
fi

# Installed, then found by pkg-config: what somebody else's build does.
meson install -C "$build" --no-rebuild --quiet --tags devel,runtime --destdir "$out/installed" >"$out/install.log" 2>&1 || {
    cat "$out/install.log"
    exit 1
}
PKG_CONFIG_SYSROOT_DIR=$out/installed
PKG_CONFIG_PATH=$(dirname "$(find "$out/installed" -name latchkey-civetweb.pc)")
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
flags=$(pkg-config --cflags --libs latchkey-civetweb)
libraries=$(dirname "$PKG_CONFIG_PATH")
# shellcheck disable=SC2086 # a compiler may come with a wrapper, "ccache cc", and flags are words
${CC:-cc} -std=gnu11 -Wall -Werror "$@" "$source/tests/examples/host.c" "$out/sign-in.c" $flags -lcivetweb \
    -Wl,-rpath,"$libraries" -o "$out/host"
flags=$(pkg-config --cflags --libs latchkey)
# shellcheck disable=SC2086 # the same
${CC:-cc} -std=gnu11 -Wall -Werror "$@" "$out/consumer.c" $flags -Wl,-rpath,"$libraries" -o "$out/consumer"
echo "$lines lines of C"
