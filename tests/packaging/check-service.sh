#!/bin/bash
# Runs as root in the clean system that package.mjs has booted, and says "ok" or "not ok" of each thing that the
# packaged service promises. Nothing but what the packages brought is used.
set -u
export LC_ALL=C.UTF-8

check() { # what, command…
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else echo "not ok: $what ($*)"; fi
}
get() { # port, path: the answer, head and all
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    cat <&3
    exec 3<&-
} 2>/dev/null
answers() { # port, path, pattern
    for ((i = 0; i < 150; i++)); do
        [[ $(get "$1" "$2") =~ $3 ]] && return 0
        sleep 0.2
    done
    return 1
}
# secret: how the server answers a webhook that is signed with it
deliver() {
    local body status
    body='{"object":"event","id":"event_01RELOAD","event":"dsync.user.created","data":{"id":"directory_user_01"},'
    body+="\"created_at\":\"$(date -u +%FT%T.000Z)\"}"
    exec 3<>/dev/tcp/127.0.0.1/3000 || return 1
    printf 'POST /webhooks/workos HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\nWorkOS-Signature: %s\r\n\r\n%s' \
        ${#body} "$(printf %s "$body" | latchkey webhook sign --secret-file <(printf %s "$1"))" "$body" >&3
    read -r _ status _ <&3
    exec 3<&-
    echo "$status"
} 2>/dev/null
takes() { [ "$(deliver "$1")" = "$2" ]; }
count_reloads() { journalctl --no-pager -u latchkey | grep -c 'the secrets were read anew'; }
reload() {
    local before
    before=$(count_reloads)
    systemctl reload latchkey || return 1
    for ((i = 0; i < 150; i++)); do
        [ "$(count_reloads)" -gt "$before" ] && return 0
        sleep 0.2
    done
    return 1
}
property() { systemctl show -p "$1" --value latchkey; }
is() { [ "$(property "$1")" = "$2" ]; }
becomes() { # property, value
    for ((i = 0; i < 150; i++)); do
        is "$@" && return 0
        sleep 0.2
    done
    echo "$1 is $(property "$1")"
    return 1
}
status_line() { grep -E "^$1:" "/proc/$(property MainPID)/status" | cut -f2; }
within() { nsenter -t "$(property MainPID)" -m -- "$@" 2>/dev/null; }
refused() { ! "$@"; }
quietly() { "$@" >/dev/null; }
guide() { # heading: types what the guide has root type there; each command is given the same stdin
    local command pasted
    pasted=$(cat)
    while IFS= read -r command <&4; do
        check "# $command" quietly bash -c "$command" <<<"$pasted"
    done 4<"/root/guide/$1"
}

check 'the package did not start what is not set up' is ActiveState inactive
systemd-run --quiet --unit=emulator --property=DynamicUser=yes latchkey emulate --port 4100
check 'the emulator answers' answers 4100 /health '200 OK'

cat >/etc/latchkey/latchkey.env <<'ENV'
WORKOS_CLIENT_ID=client_emulated
WORKOS_API_BASE_URL=http://127.0.0.1:4100
ENV
guide 'Settings and secrets' <<<sk_test_default
check 'its secrets are closed' [ "$(stat -c '%a %U' /etc/credstore)" = '700 root' ]
printf whsec_the-first-0123456789 >/etc/credstore/latchkey.WORKOS_WEBHOOK_SECRET

guide 'Start' </dev/null
check 'it is active' is ActiveState active
check 'it answers' answers 3000 /healthz '200 OK'
check 'it is ready: the feed has been read' answers 3000 /readyz '200 OK'
check 'sign-in leads to WorkOS' answers 3000 /login 'ocation: http://127.0.0.1:4100/'
users() { runuser -u latchkey -- latchkey directory users --store sqlite:/var/lib/latchkey/mirror.db --json; }
has_person() { users | grep -q 'mira.holt@juniper.example'; }
check 'the mirror has the people' has_person

check 'it runs as its own user' [ "$(stat -c %U "/proc/$(property MainPID)")" = latchkey ]
check 'it has no capability' [ "$(status_line CapEff)" = 0000000000000000 ]
check 'it can gain none' [ "$(status_line NoNewPrivs)" = 1 ]
check 'its system calls are filtered' [ "$(status_line Seccomp)" = 2 ]
check 'its folder is closed' [ "$(stat -c '%a %U' /var/lib/latchkey)" = '700 latchkey' ]
check 'its mirror is closed' [ "$(stat -c %a /var/lib/latchkey/mirror.db)" = 600 ]
check 'what it sees can be looked at' within true
check 'it sees no homes' [ -z "$(within ls -A /root)" ]
as_itself() { nsenter -t "$(property MainPID)" -m -S "$(id -u latchkey)" -G "$(id -g latchkey)" "$@" 2>/dev/null; }
check 'it can look around' as_itself test -e /proc/self/status
check 'it sees no processes of others' refused as_itself test -e /proc/1/status
check 'the system is read-only for it' refused within touch /etc/latchkey/x /usr/x
variables() { tr '\0' '\n' <"/proc/$(property MainPID)/environ"; }
has_variable() { variables | grep -qE "$1"; }
check 'its environment can be looked at' has_variable WORKOS_CLIENT_ID=client_emulated
password=$(cat /etc/credstore/latchkey.WORKOS_COOKIE_PASSWORD)
tells_secret() { "$@" | grep -qF -e sk_test_default -e "$password"; }
check 'a secret would be seen' tells_secret cat /etc/credstore/latchkey.WORKOS_COOKIE_PASSWORD
check 'no secret is in it' refused tells_secret variables
logged() { journalctl --no-pager -u latchkey | grep -qE "$1"; }
check 'its log can be looked at' logged 'Started latchkey.service'
check 'no secret is in it' refused tells_secret journalctl --no-pager -u latchkey

main=$(property MainPID)
check 'it reloads' reload
check 'as the same process' is MainPID "$main"
check 'and answers' answers 3000 /healthz '200 OK'

# systemd copies credentials once; what is to be exchanged without a restart is a file.
printf whsec_the-second-0123456789 >/etc/credstore/latchkey.WORKOS_WEBHOOK_SECRET
reload
check 'a new credential is not seen by a reload' takes whsec_the-second-0123456789 400
check 'the old one stays' takes whsec_the-first-0123456789 200
install -m 640 -g latchkey /etc/credstore/latchkey.WORKOS_WEBHOOK_SECRET /etc/latchkey/webhook-secret
echo WORKOS_WEBHOOK_SECRET_FILE=/etc/latchkey/webhook-secret >>/etc/latchkey/latchkey.env
systemctl restart latchkey
check 'a restart takes it' takes whsec_the-second-0123456789 200
printf whsec_the-third-0123456789 >/etc/latchkey/webhook-secret
reload
check 'a file is read anew by a reload' takes whsec_the-third-0123456789 200
check 'and what was in it counts no more' takes whsec_the-second-0123456789 400

guide 'Change secrets without signing anybody out' </dev/null
handed() { [ "$(cat "/run/credentials/latchkey.service/$1")" = "$2" ]; }
check 'the old password is handed to it beside the new one' handed WORKOS_COOKIE_PASSWORD_PREVIOUS "$password"
check 'which is another' refused handed WORKOS_COOKIE_PASSWORD "$password"
check 'and it answers' answers 3000 /healthz '200 OK'

mkdir -p /etc/systemd/system/latchkey.service.d
printf '[Service]\nWatchdogSec=2\n' >/etc/systemd/system/latchkey.service.d/test.conf
systemctl daemon-reload && systemctl restart latchkey
sleep 5
check 'it keeps the watchdog quiet' is NRestarts 0
kill -STOP "$(property MainPID)"
check 'frozen, it is started again' becomes NRestarts 1
check 'and answers again' answers 3000 /healthz '200 OK'

/root/embed 8080 &
embed=$!
check 'a program compiled here greets a stranger' answers 8080 / 'Hello stranger'
check 'and asks for sign-in' answers 8080 /account ' 401 '
kill -INT $embed && wait $embed
check 'and ends in peace' [ $? -eq 0 ]

began=$(date +%s)
systemctl stop latchkey
check 'it stops at once' [ $(($(date +%s) - began)) -lt 10 ]
check 'and in peace' is Result success
echo LATCHKEY_LISTEN=nonsense >>/etc/latchkey/latchkey.env
systemctl reset-failed latchkey 2>/dev/null
systemctl start latchkey
sleep 3
check 'wrong usage is not tried again and again' [ "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" = 'failed 2 0' ]
systemd-analyze security --no-pager latchkey | tail -n 1
echo done
