#!/bin/sh
# Each check must fail on what it exists to catch: feeds them small trees, good and bad.
set -u
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d) || exit 2
trap 'rm -rf "$tmp"' EXIT
bad=0
n=0

tree() { # a fresh copy of a good tree, to spoil
    cd "$tmp" && rm -rf t && cp -r good t && cd t || exit 2
}

make_good_tree() {
    mkdir -p "$tmp/good" && cd "$tmp/good" || exit 2
    for layer in base http crypto api mirror web gate; do mkdir -p lib/$layer; done
    mkdir -p lib/include/latchkey app/emulator gui tests
    echo '#include <latchkey/error.h>' >lib/include/latchkey.h
    cat >lib/include/latchkey/error.h <<'H'
#ifndef E_H
#define E_H
#include <stddef.h>
#define LK_API __attribute__((__visibility__("default")))
#define LK_WIDE(...) \
    (&(const x){ .size = 1, \
                 __VA_ARGS__ })
#ifdef __cplusplus
extern "C" {
#endif
/* LK_API int lk_in_comment(void); */
typedef struct lk_thing {
    int (*send)(void *ctx);
} lk_thing;
typedef int lk_handler(int a);
LK_API int lk_one(lk_thing *thing,
                  int (*callback)(void *ctx));
LK_API void
lk_two(void);
#ifdef __cplusplus
}
#endif
#endif
H
    printf '#include <latchkey/error.h>\nLK_API int lk_gate_go(void);\n' >lib/include/latchkey/gate.h
    printf '#include "base/error.h"\n' >lib/base/error.c
    printf '#include "base/error.h"\n#include "http/http.h"\n#include <curl/curl.h>\n' >lib/http/curl.c
    printf '#include <latchkey/error.h>\n#include "command.h"\n' >app/main.c
    printf '\n' >app/command.h
    printf '\n' >lib/base/error.h
    printf '#include <cjson/cJSON.h>\n#include "emulator/emulator.h"\n' >app/emulator/a.c
    printf '\n' >app/emulator/emulator.h
    printf '#include <gtk/gtk.h>\n#include <latchkey.h>\n' >gui/main.c
    cp "$here/../../.clang-format" .
}

make_good_tree

passes() { # what; command…
    n=$((n + 1))
    what=$1
    shift
    "$@" >"$tmp/out" 2>&1 && return
    printf 'should pass: %s\n' "$what"
    cat "$tmp/out"
    bad=1
}

fails() { # what; words the output must hold; command…
    n=$((n + 1))
    what=$1 words=$2
    shift 2
    "$@" >"$tmp/out" 2>&1
    status=$?
    [ $status -eq 1 ] || [ $status -eq 123 ] || [ $status -eq 2 ] || status=0
    if [ $status -eq 0 ] || ! grep -Fq -- "$words" "$tmp/out"; then
        printf 'should fail, naming "%s": %s\n' "$words" "$what"
        cat "$tmp/out"
        bad=1
    fi
}

spoil() { # file; line to add; what; words
    tree
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >>"$1"
    fails "$3" "$4" "$here/layers.sh" .
}

tree
passes 'layers: a good tree' "$here/layers.sh" .
spoil lib/base/error.c '#include "crypto/jwt.h"' 'base sees crypto' 'lib/base/error.c:2'
spoil lib/http/curl.c '#include "crypto/jwt.h"' 'http sees crypto' 'lib/http/curl.c:4'
spoil lib/crypto/jwt.c '#include "http/http.h"' 'crypto sees http' 'lib/crypto/jwt.c:1'
spoil lib/api/call.c '#include "web/state.h"' 'api sees web' 'lib/api/call.c:1'
spoil lib/mirror/sync.c '  #  include "web/state.h"' 'mirror sees web, oddly spaced' 'lib/mirror/sync.c:1'
spoil lib/web/flow.c '#include "mirror/store.h"' 'web sees mirror' 'lib/web/flow.c:1'
spoil lib/gate/civetweb.c '#include "base/buf.h"' 'gate sees an internal header' 'lib/gate/civetweb.c:1'
spoil lib/base/buf.c '#include "../crypto/jwt.h"' 'a way around by ..' 'lib/base/buf.c:1'
spoil lib/base/buf.c '#include "buf.h"' 'a header without its layer' 'lib/base/buf.c:1'
spoil lib/api/call.c '#include <cjson/cJSON.h>' 'cJSON away from home' 'belongs into lib/base/json.c'
spoil lib/api/client.h '#include <curl/curl.h>' 'curl in a header' 'belongs into lib/http/curl.c'
spoil lib/web/state.c '#include <mbedtls/gcm.h>' 'mbedTLS away from home' 'belongs into lib/crypto/mbedtls.c'
spoil lib/web/state.c '#include <psa/crypto.h>' 'PSA away from home' 'belongs into lib/crypto/mbedtls.c'
spoil lib/mirror/sync.c '#include <sqlite3.h>' 'SQLite away from home' 'belongs into lib/mirror/store-sqlite.c'
spoil lib/mirror/sync.c '#include <postgresql/libpq-fe.h>' 'libpq away from home' 'belongs into lib/mirror/store-postgres.c'
spoil lib/web/flow.c '#include <civetweb.h>' 'CivetWeb away from home' 'belongs into lib/gate/civetweb.c'
spoil lib/include/latchkey/web.h '#include <curl/curl.h>' 'a public header with a third-party one' 'latchkey/web.h:1'
spoil lib/util/x.c '' 'a folder in no layer' 'is no layer'
spoil lib/examples/a.c '#include "api/call.h"' 'an example sees inside lib/' 'lib/examples/a.c:1'
spoil app/serve.c '#include "web/state.h"' 'app sees inside lib/' 'app/serve.c:1'
spoil app/serve.c '#include "error.h"' 'app sees inside lib/ without the folder' 'app/serve.c:1'
spoil app/serve.c '#include "../lib/base/error.h"' 'app goes around' 'app/serve.c:1'
spoil app/meson.build "executable('x', dependencies: latchkey_internal_dep)" 'app links internals' 'app/meson.build:1'
spoil gui/window.c '#include "base/error.h"' 'gui sees inside lib/' 'gui/window.c:1'
spoil app/emulator/a.c '#include <latchkey/session.h>' 'the emulator uses the library' 'app/emulator/a.c:3'
spoil app/emulator/a.c '#include "command.h"' 'the emulator uses the program around it' 'app/emulator/a.c:3'

tree
passes 'headers: good ones' "$here/headers.sh" lib/include
echo 'LK_API int lk_three(size_t a);' >lib/include/latchkey/web.h
fails 'headers: one leans on another' '<latchkey/web.h> as c99' "$here/headers.sh" lib/include
tree
printf '#include <latchkey/error.h>\nLK_API int lk_three(int class);\n' >lib/include/latchkey/web.h
fails 'headers: a C++ keyword' '<latchkey/web.h> as c++11' "$here/headers.sh" lib/include
tree
printf 'struct lk_a { struct { int b; }; };\n' >lib/include/latchkey/web.h
fails 'headers: not C99' '<latchkey/web.h> as c99' "$here/headers.sh" lib/include
rm -r lib/include/latchkey lib/include/latchkey.h
fails 'headers: none at all' 'no header' "$here/headers.sh" lib/include

library() { # name; C text
    printf '%s\n' "$2" | ${CC:-cc} -shared -fPIC -fvisibility=hidden -x c -o "$1" -
}
shown='__attribute__((__visibility__("default")))'
tree
library liblatchkey.so "$shown int lk_one(void){return 1;} $shown void lk_two(void){} int lk__in(void){return 0;}"
library liblatchkey-civetweb.so "$shown int lk_gate_go(void){return 1;}"
passes 'exports: equal' "$here/exports.sh" lib/include liblatchkey.so liblatchkey-civetweb.so
library liblatchkey.so "$shown int lk_one(void){return 1;}"
fails 'exports: one is missing' 'lk_two is declared' "$here/exports.sh" lib/include liblatchkey.so
library liblatchkey.so "$shown int lk_one(void){return 1;} $shown void lk_two(void){} $shown int lk__in(void){return 0;}"
fails 'exports: an inner name leaks' 'lk__in is exported' "$here/exports.sh" lib/include liblatchkey.so
library liblatchkey-civetweb.so "$shown int lk_gate_go(void){return 1;} $shown int helper;"
fails 'exports: the gate leaks a variable' 'helper is exported' "$here/exports.sh" lib/include liblatchkey-civetweb.so
printf 'int lk_bare(int a);\n' >>lib/include/latchkey/gate.h
fails 'exports: a prototype without LK_API' 'bare lk_bare' "$here/exports.sh" lib/include liblatchkey-civetweb.so
fails 'exports: no such library' 'no-such.so' "$here/exports.sh" lib/include no-such.so

function_of() { # name; lines from head to brace
    printf 'static int %s(int a)\n{\n' "$1"
    i=3
    while [ $i -lt "$2" ]; do
        echo '    a++;'
        i=$((i + 1))
    done
    printf '}\n'
}
tree
{
    printf '/* %s */\nG_DEFINE_FINAL_TYPE(Thing, thing, G_TYPE_OBJECT)\nstatic const int t[] = {\n' text
    i=0
    while [ $i -lt 90 ]; do
        echo '    1,'
        i=$((i + 1))
    done
    printf '};\n\n'
    function_of fits 80
} >lib/base/fits.c
: >empty
passes 'sizes: a function of 80 lines, a long table' "$here/sizes.sh" . empty
function_of grown 81 >>lib/base/fits.c
fails 'sizes: a function of 81 lines' 'lib/base/fits.c grown: 81 lines' "$here/sizes.sh" . empty
echo 'lib/base/fits.c grown' >list
passes 'sizes: named in the list' "$here/sizes.sh" . list
echo 'lib/base/fits.c fits' >>list
fails 'sizes: the list names too much' 'lib/base/fits.c fits: needs no exception' "$here/sizes.sh" . list
tree
{
    printf 'static int\nsplit(int a,\n      int b)\n{\n'
    i=0
    while [ $i -lt 77 ]; do
        printf '    if (a) {\n#ifdef X\n    }\n#endif\n'
        i=$((i + 4))
    done
    printf '}\n'
} >gui/split.c
fails 'sizes: a head on three lines, #ifdef inside' 'gui/split.c split: 85 lines' "$here/sizes.sh" . empty
tree
yes '' | head -601 >app/long.h
fails 'sizes: a file of 601 lines' 'app/long.h: 601 lines' "$here/sizes.sh" . empty
head -600 app/long.h >app/fits.h
rm app/long.h
passes 'sizes: a file of 600 lines' "$here/sizes.sh" . empty

tree
mkdir tests/unit tests/e2e
echo "tests = ['base-text', 'pages', 'e2e/late.mjs']" >tests/meson.build
: >tests/unit/test-base-text.c
for name in pages late; do echo "import { test } from 'node:test';" >tests/e2e/$name.mjs; done
echo "import { after } from 'node:test';" >tests/e2e/support.mjs
echo "import './part.mjs';" >>tests/e2e/late.mjs
echo "import { after, test } from 'node:test';" >tests/e2e/part.mjs
passes 'listed: by name, by path, through another' "$here/listed.sh" .
: >tests/unit/test-base.c
fails 'listed: a test in C that no list names' 'tests/unit/test-base.c: no meson.build' "$here/listed.sh" .
rm tests/unit/test-base.c
cp tests/e2e/pages.mjs tests/e2e/forgotten.mjs
fails 'listed: a test in Node that no list names' 'tests/e2e/forgotten.mjs: no meson.build' "$here/listed.sh" .
rm -r tests/unit tests/e2e tests/meson.build
fails 'listed: no test at all' 'no test found' "$here/listed.sh" .

if "$here/format.sh" . >/dev/null 2>&1 || [ $? -ne 77 ]; then
    rm -rf lib app gui tests/*
    printf 'int f(void)\n{\n    return 1;\n}\n' >tests/good.c
    passes 'format: a good tree' "$here/format.sh" .
    printf 'int  f( void ) { return 1 ; }\n' >tests/bad.c
    fails 'format: a line laid out by hand' 'tests/bad.c:1' "$here/format.sh" .
fi

echo "$n cases"
exit $bad
