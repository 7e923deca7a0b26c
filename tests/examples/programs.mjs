// The programs in lib/examples, built and started by the very lines that the embedder's guide shows, with a real
// sign-in at the local WorkOS. In sanitized builds the lines would need flags of their own: there the programs of the build run.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';
import { Jar, ask, emulate, freePort, run, scratch, scratchFile, signIn, start, visit, waitFor } from '../e2e/support.mjs';
import { exported, guideLines } from './shown.mjs';

const { SOURCE_ROOT, BUILD_ROOT, SANITIZE, CIVETWEB, OWN_LOOP, DEVICE, HAS_QR } = process.env;
const ADMIN = 'mira.holt@juniper.example';
const MEMBER = 'tomas.berg@juniper.example';
const PLAIN = SANITIZE === 'none';
const folder = path.join(scratch, 'reader'); // where the reader's shell stands
// The guide's own spelling of the address, on the port of this test's emulator: the issuer of its tokens is compared.
const workosAt = (port) => exported.join(' ').match(/\bWORKOS_API_BASE_URL=(\S+)/)[1].replace(':4100', `:${port}`);
let emulator, shell;

// To install needs root: the same into a folder, which pkg-config and the loader are told of.
function install() {
  const root = path.join(scratch, 'installed');
  const done = spawnSync('meson', ['install', '-C', BUILD_ROOT, '--no-rebuild', '--quiet', '--tags', 'devel,runtime', '--destdir', root], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  const [pc] = fs.readdirSync(root, { recursive: true }).filter((name) => name.endsWith('latchkey-civetweb.pc'));
  const pkgconfig = path.join(root, path.dirname(pc));
  return { PKG_CONFIG_SYSROOT_DIR: root, PKG_CONFIG_PATH: pkgconfig, LD_LIBRARY_PATH: path.dirname(pkgconfig) };
}

before(async () => {
  emulator = await emulate(['--control']);
  fs.mkdirSync(folder);
  fs.symlinkSync(path.join(SOURCE_ROOT, 'lib'), path.join(folder, 'lib'));
  shell = PLAIN ? install() : {};
});

const built = { civetweb: CIVETWEB, 'own-loop': OWN_LOOP, device: DEVICE };
function build(name) {
  const line = guideLines.find((text) => text.startsWith('cc ') && text.includes(` -o ${name} `));
  assert.ok(line, `the guide shows how to build ${name}`);
  if (PLAIN) {
    const done = spawnSync('sh', ['-ec', `${line.replace(/^cc /, 'cc -Wall -Werror ')}`], { cwd: folder, env: { PATH: process.env.PATH, ...shell }, encoding: 'utf8' });
    assert.equal(done.status, 0, `${line}\n${done.stdout}${done.stderr}`);
  } else {
    fs.symlinkSync(built[name], path.join(folder, name)); // a copy would not find its libraries
  }
}

// Starts one as the guide does: with its settings, on a port that is free.
async function host(name, { workos = workosAt(emulator.port) } = {}) {
  const line = `./${name} 8080`;
  assert.ok(guideLines.includes(line), `the guide shows ${line}`);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const script = [...exported, `export WORKOS_API_BASE_URL=${workos} WORKOS_REDIRECT_URI=${url}/callback`, `exec ${line.replace('8080', port)}`];
  const self = start(['-ec', script.join('\n')], { program: '/bin/sh', env: shell, cwd: folder });
  await waitFor(`${name} to listen`, () => {
    assert.equal(self.ended, null, self.describe());
    return self.stdout.includes('Listening');
  });
  return Object.assign(self, { url, port });
}

function assertPrivate(reply, what) {
  assert.match(reply.headers.vary ?? '', /Cookie/, what);
  assert.match(reply.headers['cache-control'] ?? '', /no-store/, what);
}

// What both servers promise on their own paths.
async function strangerAt(self, pages) {
  const home = await visit(new Jar(), `${self.url}/`);
  assert.equal(home.status, 200);
  assert.match(home.text, /Hello stranger/);
  assertPrivate(home, '/');
  for (const page of pages) {
    const asked = await visit(new Jar(), `${self.url}${page}`);
    assert.equal(asked.status, 302, page);
    assert.match(asked.location, /\/login\?return_to=/);
    const script = await ask(`${self.url}${page}`);
    assert.equal(script.status, 401, page);
    assert.equal(JSON.parse(script.text).error, 'not_signed_in');
    assertPrivate(script, page);
  }
}

test('the guide says what to set, and builds and starts each program', () => {
  for (const name of ['civetweb', 'own-loop', 'device']) assert.ok(guideLines.some((line) => line.startsWith(`./${name}`)), name);
  const names = exported.join(' ').match(/\b\w+(?==)/g).sort();
  assert.deepEqual(names, ['WORKOS_API_BASE_URL', 'WORKOS_API_KEY', 'WORKOS_CLIENT_ID', 'WORKOS_COOKIE_PASSWORD', 'WORKOS_REDIRECT_URI']);
});

test('civetweb: a person signs in, an administrator gets further, a program brings its token', async () => {
  build('civetweb');
  const self = await host('civetweb');
  await strangerAt(self, ['/account', '/admin', '/admin/deeper', '/api/me']);
  const { jar, arrival } = await signIn(self, ADMIN, { query: '?return_to=%2Faccount' });
  assert.equal(arrival, `${self.url}/account`);
  const account = await visit(jar, arrival);
  assert.equal(account.status, 200);
  assert.ok(account.text.includes(`You are ${ADMIN}`), account.text);
  assertPrivate(account, '/account');
  assert.match((await visit(jar, `${self.url}/`)).text, new RegExp(`Hello ${ADMIN}`));
  assert.equal((await visit(jar, `${self.url}/admin/deeper`)).text, 'the engine room\n');

  const me = await ask(`${self.url}/api/me`, { headers: { cookie: jar.header(self.url) } });
  assert.equal(JSON.parse(me.text).role, 'admin', me.text);
  // The cookie's password is this run's own, so the token comes from another sign-in at the same WorkOS.
  const token = await accessToken(self, ADMIN);
  const bearer = (text) => ask(`${self.url}/api/me`, { headers: { authorization: `Bearer ${text}` } });
  assert.deepEqual(JSON.parse((await bearer(token)).text), JSON.parse(me.text));
  assert.equal((await bearer(`${token.slice(0, -8)}AAAAAAAA`)).status, 401);
  await self.stop('SIGINT');
});

test('civetweb: who is signed in but no administrator is told so', async () => {
  const self = await host('civetweb');
  const { jar } = await signIn(self, MEMBER);
  assert.equal((await visit(jar, `${self.url}/account`)).status, 200);
  const page = await visit(jar, `${self.url}/admin`);
  assert.equal(page.status, 403);
  assert.match(page.text, /This is not open to you/);
  const script = await ask(`${self.url}/admin`, { headers: { cookie: jar.header(self.url) } });
  assert.equal(script.status, 403);
  assert.equal(JSON.parse(script.text).error, 'forbidden');
  const out = await visit(jar, `${self.url}/logout`, { form: {}, headers: { origin: self.url } });
  assert.equal(out.status, 303);
  assert.equal((await visit(jar, `${self.url}/account`)).status, 302, 'signed out');
  await self.stop();
});

test('civetweb: more clients that never let go than there are workers do not keep a newcomer out', async () => {
  const self = await host('civetweb');
  let isOver = false;
  const hold = async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) await ask(`${self.url}/`, { agent }).catch(() => {});
    agent.destroy();
  };
  const holders = Array.from({ length: 48 }, hold);
  const late = setTimeout(() => (isOver = true), 20_000);
  for (let i = 0; i < 5; i++) assert.match((await visit(new Jar(), `${self.url}/`)).text, /Hello stranger/);
  assert.equal(isOver, false, 'answered while they are busy, and not because they gave up');
  clearTimeout(late);
  isOver = true;
  await Promise.all(holders);
  await self.stop();
});

test('own-loop: a person signs in, an administrator gets further, signing out ends it', async () => {
  build('own-loop');
  const self = await host('own-loop');
  await strangerAt(self, ['/private', '/admin', '/people']);
  assert.equal((await visit(new Jar(), `${self.url}/nothing`)).status, 404);
  const { jar, arrival } = await signIn(self, ADMIN, { query: '?return_to=%2Fprivate' });
  assert.equal(arrival, `${self.url}/private`);
  for (const page of ['/', '/private', '/admin']) {
    const reply = await visit(jar, `${self.url}${page}`);
    assert.equal(reply.text, `Hello ${ADMIN}\n`, page);
    assertPrivate(reply, page);
  }
  const { jar: other } = await signIn(self, MEMBER);
  assert.equal((await visit(other, `${self.url}/private`)).text, `Hello ${MEMBER}\n`);
  assert.equal((await visit(other, `${self.url}/admin`)).status, 403);
  const out = await visit(jar, `${self.url}/logout`, { form: { a: 'x'.repeat(40_000) }, headers: { origin: self.url } });
  assert.equal(out.status, 303, 'the body behind it is thrown away');
  assert.equal((await visit(jar, `${self.url}/private`)).status, 302);
  await self.stop('SIGINT');
});

test('own-loop: the timer keeps the directories, and each sees the people of their own organization', async () => {
  const self = await host('own-loop');
  const people = async (email) => {
    const { jar } = await signIn(self, email);
    return waitFor(`the people of ${email}`, async () => {
      const { status, text } = await visit(jar, `${self.url}/people`);
      assert.equal(status, 200, text);
      return text.includes('@') && text;
    });
  };
  const ours = await people(ADMIN);
  assert.match(ours, /Mira Holt <mira\.holt@juniper\.example>/);
  assert.doesNotMatch(ours, /harborpine/);
  const theirs = await people('elise.martin@harborpine.example');
  assert.doesNotMatch(theirs, /Mira Holt/);
  // What happens at WorkOS is there after a step or two.
  await fetch(`${emulator.url}/_latchkey/directories/directory_01JUNIPER00000000000STAFF/users`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"email":"nova@juniper.example","first_name":"Nova"}' });
  const { jar } = await signIn(self, ADMIN);
  await waitFor('the newcomer', async () => (await visit(jar, `${self.url}/people`)).text.includes('nova@juniper.example'));
  await self.stop();
});

// Sends bytes as they are; resolves to all that comes back.
function talk(port, text) {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1').on('data', (piece) => (got += piece));
    socket.on('error', reject).on('end', () => socket.end()).on('close', () => resolve(got));
  });
}

const refused = {
  'no version': 'GET /\r\n\r\n',
  'another version': 'GET / HTTP/2.0\r\n\r\n',
  'another server\'s path': 'GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n',
  'a path that browsers take for a host': 'GET //evil.example HTTP/1.1\r\nHost: x\r\n\r\n',
  'two lengths': 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n',
  'a length beside an encoding': 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'a space before the colon': 'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
  'a lone line feed': 'GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n',
  'a NUL byte': 'GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n',
  'a line without a colon': 'GET / HTTP/1.1\r\nHost\r\n\r\n',
  'a fragment': 'GET /#x HTTP/1.1\r\nHost: x\r\n\r\n',
};
test('own-loop: what is no plain request is refused, and the next visitor answered', async () => {
  const self = await host('own-loop');
  for (const [what, text] of Object.entries(refused)) assert.match(await talk(self.port, text), /^HTTP\/1\.1 400 /, what);
  const large = `GET / HTTP/1.1\r\nHost: x\r\nCookie: a=${'x'.repeat(33_000)}\r\n\r\n`;
  assert.match(await talk(self.port, large), /^HTTP\/1\.1 431 /);
  const many = `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(64)}\r\n`;
  assert.match(await talk(self.port, many), /^HTTP\/1\.1 431 /);
  const twice = await talk(self.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /private HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(twice.match(/HTTP\/1\.1/g).length, 1, 'one request a connection');
  assert.match(twice, /Hello stranger/);
  // More who say nothing than there are places.
  const silent = [];
  for (let i = 0; i < 80; i++) silent.push(net.connect(self.port, '127.0.0.1').on('error', () => {}));
  silent[0].write('GET / HT');
  assert.match((await visit(new Jar(), `${self.url}/`)).text, /Hello stranger/);
  for (const socket of silent) socket.destroy();
  await self.stop();
});

test('own-loop: while WorkOS hangs, others are answered at once', async () => {
  const asked = [];
  const hanging = net.createServer((socket) => asked.push(socket.on('error', () => {})));
  await new Promise((resolve) => hanging.unref().listen(0, '127.0.0.1', resolve));
  const self = await host('own-loop', { workos: `http://127.0.0.1:${hanging.address().port}` });
  const jar = new Jar();
  const state = new URL((await visit(jar, `${self.url}/login`)).location).searchParams.get('state');
  const waiting = visit(jar, `${self.url}/callback?code=code_01&state=${encodeURIComponent(state)}`);
  await waitFor('WorkOS to be asked', () => asked.length > 0);
  const before = Date.now();
  assert.match((await visit(new Jar(), `${self.url}/`)).text, /Hello stranger/);
  assert.ok(Date.now() - before < 5_000, 'not after the 10 s that WorkOS is given');
  for (const socket of asked) socket.destroy();
  assert.equal((await waiting).status, 503);
  hanging.close();
  await self.stop();
});

test('device: somebody enters its code elsewhere, and it is signed in', { skip: HAS_QR !== '1' && 'built without libqrencode' }, async () => {
  build('device');
  const script = [...exported, `export WORKOS_API_BASE_URL=${workosAt(emulator.port)}`, 'exec ./device'].join('\n');
  const self = start(['-ec', script], { program: '/bin/sh', env: shell, cwd: folder });
  await waitFor('the code', () => {
    assert.equal(self.ended, null, self.describe());
    return self.stdout.includes('Waiting');
  });
  const [, address, code] = self.stdout.match(/^Open {2}(\S+)\nenter (\S+)\n/);
  assert.equal((await visit(new Jar(), `${address}?user_code=${code}`, { form: { email: ADMIN } })).status, 200);
  await self.closed;
  self.forget();
  assert.deepEqual(self.ended, { code: 0, signal: null }, self.describe());
  assert.match(self.stdout, new RegExp(`Signed in as ${ADMIN}\n$`));
});

// What is in a cookie, by a program that knows its password.
async function accessToken(server, email) {
  const password = 'a-password-of-the-tests-0123456789';
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const script = [...exported, `export WORKOS_API_BASE_URL=${workosAt(emulator.port)} WORKOS_REDIRECT_URI=${url}/callback WORKOS_COOKIE_PASSWORD=${password}`, `exec ./civetweb ${port}`];
  const other = start(['-ec', script.join('\n')], { program: '/bin/sh', env: shell, cwd: folder });
  await waitFor('the other server', () => other.stdout.includes('Listening'));
  const { jar } = await signIn({ url }, email);
  await other.stop();
  const seal = decodeURIComponent(jar.get('wos-session').value);
  const opened = await run(['session', 'open', '--password-file', scratchFile('password', password)], { input: seal });
  return JSON.parse(opened.stdout).accessToken;
}
