#!/bin/bash
# civetweb-source.sh DIRECTORY: puts CivetWeb's source, as Debian's source package has it, into DIRECTORY, unless it is
# there. The machine's own archive and its keys are used, beside its settings: nothing of apt's is changed. Exit code
# 77 where that cannot be.
set -u
name=$(sed -n 's/^source_filename = //p' "$(dirname "$0")/../../subprojects/civetweb.wrap")
[ -s "$1/$name" ] && exit 0
command -v apt-get >/dev/null || {
    echo 'no apt-get here'
    exit 77
}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$1"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -s "$keyring" ] && trusted="[signed-by=$keyring] "
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' 'Codename: bookworm' | sort -u |
    sed "s|^|deb-src ${trusted-}|" >"$work/sources.list"
[ -s "$work/sources.list" ] || {
    echo 'apt knows no archive of Debian 12: run apt-get update'
    exit 77
}
apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root \
        -o APT::Update::Post-Invoke-Success= "$@"
}
cd "$work" && apt update && apt source --download-only civetweb/bookworm && mv "$name" "$1/" || {
    echo "Debian's source package of CivetWeb cannot be had"
    exit 77
}
