#!/bin/bash
# clean-root.sh CACHE ROOT: a Debian 12 that nobody has installed anything into, with systemd, in ROOT. It is made once a
# week, kept in CACHE, as are the packages that are installed into it later (archives/). Exit code 77 where that
# cannot be.
set -u
[ "$(id -u)" -eq 0 ] || {
    echo 'only root makes a system in a folder'
    exit 77
}
for tool in debootstrap unshare chroot dpkg-buildpackage dh lintian; do
    command -v "$tool" >/dev/null || {
        echo "$tool is missing"
        exit 77
    }
done
unshare --mount true 2>/dev/null || {
    echo 'mounts of its own are not allowed here (CAP_SYS_ADMIN)'
    exit 77
}
cache=$1 root=$2
mkdir -p "$cache/archives/partial"
find "$cache" -maxdepth 1 -name base.tar -mtime +7 -delete
if [ ! -s "$cache/base.tar" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Component: main' 'Codename: bookworm' | head -n 1)
    rm -rf "$cache/base"
    # Whatever it mounts ends with it.
    unshare --mount --pid --fork --kill-child \
        debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates \
        bookworm "$cache/base" "${mirror:-http://deb.debian.org/debian}" >"$cache/base.log" 2>&1 || {
        tail -n 3 "$cache/base.log"
        echo 'debootstrap cannot make a Debian 12 here'
        rm -rf "$cache/base"
        exit 77
    }
    # A folder of a test need not survive a power cut.
    echo force-unsafe-io >"$cache/base/etc/dpkg/dpkg.cfg.d/test"
    tar -C "$cache/base" -cf "$cache/base.tar.new" . && mv "$cache/base.tar.new" "$cache/base.tar" || exit 1
    rm -rf "$cache/base"
fi
rm -rf "$root" && mkdir -p "$root" && tar -C "$root" -xf "$cache/base.tar"
