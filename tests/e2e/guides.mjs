// The guides of the manual, walked through as a reader would: each file saved, each command typed, in order, and what it says
// compared with what the guide shows. What needs root and systemd is skipped here and counted: packaging/package.mjs has a system for
// it, and types it there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { test } from 'node:test';
import { LATCHKEY, ask, emulate, environment, freePort, scratch, serve, signIn, start, waitFor } from './support.mjs';
import { Terminal, isInstalled, looksLike, readBlocks, readGuide } from './guide.mjs';
import { hasPostgres, postgres } from './postgres.mjs';

const NAMES = ['developing', 'administering', 'embedding'];
const { SOURCE_ROOT, BUILD_ROOT } = process.env;

// Those of the guides are taken by somebody else, maybe.
async function otherPorts() {
  const ports = new Map();
  for (const port of ['3000', '4100', '4101', '8080']) ports.set(port, String(await freePort()));
  return (text) => text.replace(/(?<=[: ])(?:3000|4100|4101|8080)(?!\d)/g, (port) => ports.get(port));
}

// The reader's machine: latchkey is installed, and so is the library, both out of the build.
function machine(name) {
  const home = path.join(scratch, name);
  const bin = path.join(home, 'bin');
  fs.mkdirSync(bin, { recursive: true });
  fs.symlinkSync(LATCHKEY, path.join(bin, 'latchkey'));
  const folder = path.join(home, 'work');
  fs.mkdirSync(folder);
  const env = environment({ HOME: home, XDG_STATE_HOME: path.join(home, 'state'), XDG_CACHE_HOME: path.join(home, 'cache'), TERM: 'dumb', NO_COLOR: '1' });
  return { folder, env: { ...env, PATH: `${bin}:${env.PATH}` } };
}

// What "meson install" does, into a folder that pkg-config and the loader are told of.
function installLibrary(env) {
  const root = path.join(scratch, 'installed');
  const done = spawnSync('meson', ['install', '-C', BUILD_ROOT, '--no-rebuild', '--quiet', '--tags', 'devel,runtime', '--destdir', root], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const [file] = fs.readdirSync(root, { recursive: true }).filter((name) => name.endsWith('latchkey-civetweb.pc'));
  const folder = path.join(root, path.dirname(file));
  Object.assign(env, { PKG_CONFIG_SYSROOT_DIR: root, PKG_CONFIG_PATH: folder, LD_LIBRARY_PATH: path.dirname(folder) });
}

// libpq finds the test's own cluster where it would look for that of the machine.
async function givePostgres(env) {
  const url = new URL((await postgres()).replace('latchkey@/', 'latchkey@x/'));
  Object.assign(env, { PGHOST: url.searchParams.get('host'), PGUSER: 'latchkey' });
}

const prepare = {
  developing: async () => {},
  administering: async ({ env }) => hasPostgres && givePostgres(env),
  embedding: async ({ env, folder }) => {
    installLibrary(env);
    fs.symlinkSync(path.join(SOURCE_ROOT, 'lib'), path.join(folder, 'lib'));
  },
};

async function walk(block, terminal, own) {
  if (block.file) return fs.writeFileSync(path.join(own.folder, block.file), own.elsewhere(block.text));
  if (block.more) return terminal.says(own.elsewhere(block.text));
  for (const [i, command] of block.commands.entries()) {
    const isLast = i === block.commands.length - 1;
    const text = own.elsewhere(command.text);
    const shown = own.elsewhere(command.output);
    if (isLast && block.stays) {
      await terminal.stay(text);
      await terminal.says(shown);
      continue;
    }
    const { code, said } = await terminal.run(text);
    assert.ok(looksLike(shown, said), `$ ${command.text}\nshown:\n${shown}\nsaid:\n${said}`);
    assert.equal(code, isLast ? Number(block.exit ?? 0) : 0, `$ ${command.text}\n${said}`);
  }
}

function reasonToSkip(block) {
  if (block.commands?.some(({ isRoot }) => isRoot)) return 'needs root and systemd: packaging/package.mjs types it';
  if (block.needs === 'postgres') return !hasPostgres && 'no PostgreSQL here';
  if (/^lib/.test(block.needs)) return spawnSync('pkg-config', ['--exists', block.needs]).status !== 0 && `no ${block.needs} here`;
  return block.needs && !isInstalled(block.needs) && `no ${block.needs} here`;
}

test('what is shown and what is said are told apart', () => {
  const alike = [['a\nb\n', 'a\nb\n'], ['a…c\n', 'a b c\n'], ['a\n…\n', 'a\nb\nc\n'], ['a\n…\n', 'a\n'], ['A   B\n', 'A  B   \n'], ['a', 'a\n'.trim()], ['{"a":…}\n', '{"a":1}']];
  const different = [['a\n', 'a\nb\n'], ['a\nb\n', 'a\n'], ['a\n', 'A\n'], ['a…c\n', 'a\nc\n'], ['', 'a\n'], ['a\n', ''], ['a.c\n', 'abc\n'], ['1 9\n', '19\n']];
  for (const [shown, said] of alike) assert.ok(looksLike(shown.endsWith('\n') ? shown : `${shown}\n`, said), `${shown} ${said}`);
  for (const [shown, said] of different) assert.ok(!looksLike(shown, said), `${shown} ${said}`);
});

for (const name of NAMES)
  test(`${name}: each block is a file, a dialogue, or to be read only`, () => {
    const blocks = readBlocks(readGuide(name));
    assert.ok(blocks.length > 10, `${blocks.length} blocks`);
    for (const block of blocks) {
      const where = `${name}.md:${block.line}`;
      if (block.file) assert.ok(block.above.includes(`\`${block.file}\``), `${where}: the text above does not tell the name ${block.file}`);
      else assert.equal(block.kind, 'console', `${where}: a block that is neither typed nor saved is not looked at by any test`);
      if (block.kind !== 'console') continue;
      assert.ok(block.commands, `${where}: it begins with output`);
      assert.ok(block.more || block.commands.length > 0, `${where}: no command`);
      const roots = block.commands.filter(({ isRoot }) => isRoot).length;
      assert.ok(roots === 0 || roots === block.commands.length, `${where}: both prompts in one block`);
      // packaging/package.mjs types them one by one, and compares nothing but the exit code.
      if (roots > 0) assert.ok(block.commands.every(({ text, output }) => !output && !text.includes('\n')), `${where}: root's commands are a line each, and show no output`);
    }
  });

async function walkThrough(t, name) {
  const own = { ...machine(name), elsewhere: await otherPorts() };
  own.env.LATCHKEY_LISTEN = own.elsewhere('127.0.0.1:3000'); // what serve takes by itself, elsewhere
  await prepare[name](own);
  const terminals = new Map();
  const count = { run: 0, skipped: 0 };
  for (const block of readBlocks(readGuide(name))) {
    const reason = reasonToSkip(block);
    const what = block.file ?? block.commands[0]?.text ?? 'what it says next';
    count[reason ? 'skipped' : 'run'] += block.commands?.length ?? 0;
    if (!terminals.has(block.terminal)) terminals.set(block.terminal, new Terminal(own.folder, own.env));
    let error = null;
    await t.test(`${name}.md:${block.line}: ${what.split('\n')[0]}`, { skip: reason || false }, async () => {
      error = await walk(block, terminals.get(block.terminal), own).then(() => null, (cause) => cause);
      if (error) throw error;
    });
    if (error) break; // what follows builds on it
  }
  for (const terminal of terminals.values()) await terminal.close();
  console.log(`${name}: ${count.run} commands run, ${count.skipped} skipped`);
}

// Three readers at three machines.
test('the guides, walked through', { concurrency: true }, (t) => Promise.all(NAMES.map((name) => t.test(name, (own) => walkThrough(own, name)))));

// ---- What is saved and not typed ----

const fileOf = (name, file) => readBlocks(readGuide(name)).find((block) => block.file === file).text;

test('administering: each metric that an alert looks at is there', async () => {
  const emulator = await emulate();
  const server = await serve(emulator.url);
  await signIn(server, 'mira.holt@juniper.example'); // WorkOS' keys have no age before one is needed
  const asked = new Set(readGuide('administering').match(/\blatchkey_[a-z_]+/g));
  assert.ok(asked.size > 10, [...asked].join());
  let missing;
  await waitFor('all of them', async () => {
    const { text } = await ask(`${server.url}/metrics`);
    missing = [...asked].filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text));
    return missing.length === 0;
  }, 20_000).catch(() => assert.deepEqual(missing, []));
  await server.stop();
  await emulator.stop();
});

// Debian's nginx, without its package being installed: that would start a server on port 80. Undefined where there is neither.
function findNginx() {
  if (isInstalled('nginx')) return 'nginx';
  const folder = path.join(BUILD_ROOT, 'nginx');
  const program = path.join(folder, 'usr/sbin/nginx');
  if (!fs.existsSync(program)) spawnSync('sh', ['-c', 'mkdir -p "$0" && cd "$0" && apt-get -qq download nginx && dpkg -x nginx_*.deb .', folder]);
  return [program].find((file) => fs.existsSync(file));
}

// The guide's file for nginx, on ports and with a certificate of this test's own.
async function startNginx(program, server) {
  const folder = fs.mkdtempSync(path.join(scratch, 'nginx-'));
  const port = await freePort();
  const site = fileOf('administering', 'latchkey.nginx')
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${server.port}`)
    .replace(/(ssl_certificate) .*;/, `$1 ${SOURCE_ROOT}/tests/data/tls-cert.pem;`)
    .replace(/(ssl_certificate_key) .*;/, `$1 ${SOURCE_ROOT}/tests/data/tls-key.pem;`);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  fs.writeFileSync(path.join(folder, 'site'), site);
  fs.writeFileSync(path.join(folder, 'nginx.conf'), `${process.getuid() === 0 ? 'user root;' : ''} daemon off; pid ${folder}/pid; error_log stderr;
events {} http { access_log off; ${places} include ${folder}/site; }`);
  const nginx = start(['-p', folder, '-e', 'stderr', '-c', path.join(folder, 'nginx.conf')], { program });
  await waitFor('nginx', () => {
    assert.equal(nginx.ended, null, nginx.describe());
    return ask(`https://127.0.0.1:${port}/healthz`).then(({ status }) => status === 200, () => false);
  });
  return Object.assign(nginx, { port });
}

const PUBLIC = 'https://app.example.com';

test('administering: behind nginx people sign in over https, and watch events', async (t) => {
  const program = findNginx();
  if (!program) return t.skip('no nginx here, and none to be had');
  const emulator = await emulate(['--redirect-uri', `${PUBLIC}/callback`]);
  const server = await serve(emulator.url, { args: ['--trusted-proxy', '127.0.0.1', '--log-requests'], env: { WORKOS_REDIRECT_URI: `${PUBLIC}/callback` } });
  const nginx = await startNginx(program, server);
  const get = (route, headers = {}) => ask(`https://127.0.0.1:${nginx.port}${route}`, { headers: { host: 'app.example.com', ...headers } });

  const login = await get('/login', { accept: 'text/html', 'x-forwarded-for': '203.0.113.9' });
  assert.equal(login.status, 302);
  const choice = await ask(login.headers.location, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'email=mira.holt%40juniper.example' });
  const back = new URL(choice.headers.location);
  assert.equal(back.origin, PUBLIC);
  const cookies = (lines) => lines.map((line) => line.split(';')[0]).join('; ');
  const callback = await get(`${back.pathname}${back.search}`, { accept: 'text/html', cookie: cookies(login.setCookie) });
  assert.equal(callback.status, 302, callback.text);
  assert.ok(callback.setCookie.every((line) => /; Secure/.test(line)), callback.setCookie.join('\n'));
  const cookie = cookies(callback.setCookie.filter((line) => line.startsWith('wos-session')));
  assert.equal(JSON.parse((await get('/api/me', { cookie })).text).user.email, 'mira.holt@juniper.example');
  for (const route of ['/metrics', '/readyz']) assert.equal((await get(route)).status, 404, route);
  await waitFor('the visitor in the log', () => server.stderr.includes('GET /login 302 203.0.113.9 '));

  const stream = await firstOf(`https://127.0.0.1:${nginx.port}/api/events/stream`, { host: 'app.example.com', cookie, 'last-event-id': 'none' });
  assert.match(stream, /^(:|id:|event:|data:|retry:)/, 'not held back until it ends');
  await nginx.stop('SIGTERM');
  await server.stop();
  await emulator.stop();
});

// What comes first of an answer that does not end.
function firstOf(url, headers) {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { headers, rejectUnauthorized: false }, (response) => {
      response.setEncoding('utf8').once('data', (text) => {
        resolve(text);
        request.destroy();
      });
    });
    request.on('error', reject);
    request.setTimeout(30_000, () => request.destroy(new Error('nothing came')));
  });
}
