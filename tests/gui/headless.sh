#!/bin/bash
# headless.sh [--keyring] COMMAND…: runs it with a private home, display, session bus and settings, and takes all
# of it down afterwards. Nothing of the caller's desktop is read or written. Exits 77 (skipped) where
# a needed program is missing.
#   --keyring   with an unlocked gnome-keyring
#   BROWSER=…   a command that opens "$1", registered as the browser (default: one that does nothing)
#   SIZE=WxH    of the screen
set -u
KEYRING=
if [ "$1" = --keyring ]; then
    KEYRING=1
    shift
fi
for program in Xvfb dbus-run-session gdbus; do
    command -v $program >/dev/null || { echo "headless.sh: $program is not installed" >&2; exit 77; }
done
if [ -n "$KEYRING" ]; then
    command -v gnome-keyring-daemon >/dev/null ||
        { echo 'headless.sh: gnome-keyring-daemon is not installed' >&2; exit 77; }
fi

T=$(mktemp -d)
export HOME=$T/home XDG_CONFIG_HOME=$T/config XDG_DATA_HOME=$T/data XDG_CACHE_HOME=$T/cache \
    XDG_STATE_HOME=$T/state XDG_RUNTIME_DIR=$T/run
mkdir -p "$HOME" "$XDG_CONFIG_HOME/gtk-4.0" "$XDG_DATA_HOME/applications" "$XDG_CACHE_HOME" \
    "$XDG_STATE_HOME" "$T/services"
mkdir -m700 -p "$XDG_RUNTIME_DIR"

# Only the accessibility bus can be activated: portals or a keyring of the machine would change what
# is tested, and slow it down.
cp /usr/share/dbus-1/services/org.a11y.Bus.service "$T/services/" 2>/dev/null
cat >"$T/session.conf" <<X
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type><keep_umask/><listen>unix:dir=$T/run</listen><auth>EXTERNAL</auth>
  <servicedir>$T/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
X
printf '[Settings]\ngtk-font-name=Cantarell 11\ngtk-icon-theme-name=Adwaita\ngtk-enable-animations=0\ngtk-decoration-layout=:close\n' \
    >"$XDG_CONFIG_HOME/gtk-4.0/settings.ini"
# Never the machine's own browser.
printf '[Desktop Entry]\nType=Application\nName=Stand-in browser\nExec=%s %%u\nMimeType=x-scheme-handler/http;x-scheme-handler/https;text/html;\n' \
    "${BROWSER:-/bin/true}" >"$XDG_DATA_HOME/applications/stand-in.desktop"
printf '[Default Applications]\nx-scheme-handler/http=stand-in.desktop\nx-scheme-handler/https=stand-in.desktop\n' \
    >"$XDG_CONFIG_HOME/mimeapps.list"
unset BROWSER
unset WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS AT_SPI_BUS_ADDRESS
export GDK_BACKEND=x11 GSK_RENDERER=cairo GDK_DEBUG=gl-disable GSETTINGS_BACKEND=memory \
    LC_ALL=C.UTF-8 TZ=UTC NO_AT_BRIDGE=0

exec {fd}> >(cat >"$T/display")
Xvfb -displayfd $fd -screen 0 "${SIZE-1280x800}x24" -nolisten tcp -dpi 96 -noreset 2>"$T/xvfb.log" &
xvfb=$!
exec {fd}>&-
for _ in $(seq 500); do
    [ -s "$T/display" ] && break
    sleep .02
done
DISPLAY=:$(cat "$T/display")
export DISPLAY

# gdbus wait is not optional: the daemon detaches before it owns its name.
run_with_keyring='
printf test-pass | env -u G_DEBUG gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
keyring=$!
gdbus wait --session --timeout 20 org.freedesktop.secrets || exit 1
"$@"; rc=$?
kill $keyring; wait $keyring 2>/dev/null; exit $rc'
if [ -n "$KEYRING" ]; then
    set -- bash -c "$run_with_keyring" keyring "$@"
fi
dbus-run-session --config-file="$T/session.conf" -- "$@" 2> >(grep -v -e '^dbus-daemon\[' -e 'Failed to set fd limit' >&2)
rc=$?
kill $xvfb
wait $xvfb 2>/dev/null
rm -rf "$T"
exit $rc
