// The Debian packages: built, looked at by lintian, installed into a clean Debian 12, a program compiled there, and the
// service run under that system's own systemd, in a container without a network. What the guides have root type is typed there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { readGuide, rootCommands } from '../e2e/guide.mjs';

const { SOURCE_ROOT, BUILD_ROOT } = process.env;
const here = path.join(SOURCE_ROOT, 'tests/packaging');
const cache = path.join(BUILD_ROOT, 'debian');
const debs = path.join(cache, 'packages');
const root = path.join(cache, 'root');

function call(program, args, { timeout = 600_000, ...more } = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', timeout, maxBuffer: 1 << 26, ...more });
  return { status: done.status, said: `${done.stdout}${done.stderr}${done.error ?? ''}` };
}
function succeed(program, args, options) {
  const { status, said } = call(program, args, options);
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${said.slice(-6000)}`);
  return said;
}

// Ends with this process, however that ends; and with it whatever it has mounted.
const alone = (...command) => ['setpriv', ['--pdeathsig', 'KILL', ...command]];
const MOUNTED = `set -e
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/var/cache/apt/archives"
mount --bind "$3" "$1/mnt"
exec chroot "$1" sh -ec "$4"`;
const inside = (script) =>
  succeed(...alone('unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', MOUNTED, 'sh', root, path.join(cache, 'archives'), debs, script), { env: { ...process.env, LC_ALL: 'C.UTF-8' } });

const built = () => fs.readdirSync(debs).filter((name) => name.endsWith('.deb'));

// What each guide has root type, by heading.
const guides = Object.fromEntries(['developing', 'administering', 'embedding'].map((name) => [name, rootCommands(readGuide(name))]));
const typed = [];

// As it stands in the guide, in the folder with the packages; apt is told to ask nothing.
function type(name, heading, options = '') {
  const commands = guides[name][heading];
  assert.ok(commands?.length > 0, `${name}: nothing for root under "${heading}"`);
  fs.writeFileSync(path.join(root, 'etc/apt/apt.conf.d/test'), `APT::Get::Assume-Yes "true"; APT::Install-Recommends "false"; APT::Keep-Downloaded-Packages "true"; ${options}`);
  fs.writeFileSync(path.join(root, 'root/typed'), `${commands.join('\n')}\n`);
  typed.push(...commands);
  return inside('export DEBIAN_FRONTEND=noninteractive; cd /mnt && . /root/typed');
}

const { status, said } = call(...alone(path.join(here, 'clean-root.sh'), cache, root));
if (status !== 0) {
  console.log(said);
  process.exit(status === 77 ? 77 : 1);
}
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));

test('they are built by one command', () => {
  succeed(path.join(SOURCE_ROOT, 'app/packaging/build-deb'), ['--no-install', debs], { env: { ...process.env, CC: '', DEB_BUILD_OPTIONS: 'noautodbgsym' } });
  assert.deepEqual(built().map((name) => name.split('_')[0]).sort(), ['latchkey', 'latchkey-desktop', 'liblatchkey-civetweb0', 'liblatchkey-dev', 'liblatchkey0']);
});

test('lintian has nothing to say against them', () => {
  const [changes] = fs.readdirSync(debs).filter((name) => name.endsWith('.changes'));
  const { said } = call('lintian', ['--allow-root', '--fail-on', 'none', path.join(debs, changes)]);
  assert.deepEqual(said.split('\n').filter((line) => /^[EW]: /.test(line)), []);
});

test('command line and server install into a clean system, and go again', () => {
  type('administering', 'Install');
  assert.match(inside('latchkey version; id latchkey; stat -c "%a %U %G" /etc/latchkey'), /^latchkey 0[^]*\(latchkey\)[^]*750 root latchkey/m);
  assert.match(inside('dpkg --verify latchkey liblatchkey0; test ! -e /etc/systemd/system/multi-user.target.wants/latchkey.service; echo whole'), /^whole$/m);
  // What a user of the command line has, without any developer's package.
  assert.doesNotMatch(inside('dpkg-query -W'), /-dev\b/);
});

test('the companion finds all that it needs in Debian', () => {
  assert.match(type('administering', 'On the desktop', 'APT::Get::Simulate "true";'), /Inst latchkey-desktop/);
});

test('a program compiles there, against what pkg-config tells', () => {
  type('embedding', 'Install it and find it');
  inside('DEBIAN_FRONTEND=noninteractive apt-get -qq install gcc libc6-dev pkg-config');
  inside('cd /usr/share/doc/liblatchkey-dev/examples && cc -Wall -Werror -o /root/embed civetweb.c $(pkg-config --cflags --libs latchkey-civetweb)');
});

// A machine whose kernel or control groups let no second systemd run shows all of the above, and says that it lacks this.
function lack(t, reason) {
  console.log(`all but the service: ${reason}`);
  process.exitCode = 77;
  t.skip(reason);
}

test('the service keeps its promises under systemd', (t) => {
  if (call('systemd-nspawn', ['--version']).status !== 0) return lack(t, 'systemd-nspawn is missing');
  fs.copyFileSync(path.join(here, 'check-service.sh'), path.join(root, 'root/check'));
  fs.mkdirSync(path.join(root, 'root/guide'));
  for (const [heading, commands] of Object.entries(guides.administering)) fs.writeFileSync(path.join(root, 'root/guide', heading), `${commands.join('\n')}\n`);
  fs.writeFileSync(path.join(root, 'etc/systemd/system/check.service'), `[Unit]
Wants=dbus.service
After=basic.target dbus.service
[Service]
Type=oneshot
Environment=WORKOS_API_BASE_URL=http://127.0.0.1:4100 WORKOS_CLIENT_ID=client_emulated WORKOS_API_KEY=sk_test_default
Environment=WORKOS_REDIRECT_URI=http://localhost:8080/callback WORKOS_COOKIE_PASSWORD=a-cookie-password-of-this-test-alone
ExecStart=/root/check
StandardOutput=file:/root/check.log
StandardError=file:/root/check.err
ExecStopPost=systemctl --no-block poweroff
[Install]
WantedBy=multi-user.target
`);
  inside('systemctl --quiet enable check.service');
  const container = ['--quiet', '--register=no', '--keep-unit', '--private-network', '--directory', root, '--boot'];
  const booted = call(...alone('systemd-nspawn', ...container), { timeout: 120_000, input: '' });
  const log = path.join(root, 'root/check.log');
  if (!fs.existsSync(log)) {
    console.log(booted.said.slice(-2000));
    return lack(t, 'systemd does not boot in a container here');
  }
  const said = fs.readFileSync(log, 'utf8');
  console.log(said);
  const bad = said.split('\n').filter((line) => line.startsWith('not ok'));
  const journal = () => call('journalctl', ['--no-pager', '-D', path.join(root, 'var/log/journal'), '-u', 'latchkey', '-n', '60']).said;
  assert.deepEqual(bad, [], `${fs.readFileSync(path.join(root, 'root/check.err'), 'utf8')}${journal()}`);
  assert.match(said, /^done$/m);
  assert.ok(said.split('\n').filter((line) => line.startsWith('ok')).length >= 30, said);
  typed.push(...said.split('\n').filter((line) => line.startsWith('ok: # ')).map((line) => line.slice('ok: # '.length)));
  const all = Object.values(guides).flatMap((guide) => Object.values(guide).flat());
  assert.deepEqual([...typed].sort(), all.sort(), 'all that the guides have root type was typed, and nothing else');
});
