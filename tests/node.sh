#!/bin/sh
# Runs a test written for Node: node.sh FILE. Exit code 77, skipped, where Node or the packages of
# tests/interop are missing.
here=$(cd "$(dirname "$0")" && pwd)
major=$(node --version 2>/dev/null | sed -n 's/^v\([0-9]*\)\..*/\1/p')
[ "${major:-0}" -ge 18 ] || {
    echo 'Node 18 or newer is needed'
    exit 77
}
[ -f "$here/interop/node_modules/.package-lock.json" ] || {
    echo 'the packages are missing: run npm ci in tests/interop, or ./tests/run'
    exit 77
}
# What WorkOS' libraries take for granted, Debian's Node 18 has behind a flag. For the programs that a test starts, too.
[ "$major" -gt 18 ] || export NODE_OPTIONS="--experimental-global-webcrypto ${NODE_OPTIONS-}"
exec node "$@"
