// The server for those who run it: settings looked at beforehand, the log, request ids.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';
import { API_KEY, PASSWORD, apiEnvironment, ask, emulate, jsonLines, me, newStore, run, scratch, scratchFile, serve, signIn, visit, waitFor } from './support.mjs';

let emulator;
before(async () => {
  emulator = await emulate();
});

const SECRET = 'whsec_0123456789abcdef0123456789';
const good = () => apiEnvironment(emulator.url, { WORKOS_COOKIE_PASSWORD: PASSWORD, WORKOS_WEBHOOK_SECRET: SECRET, LATCHKEY_STORE: newStore(), LATCHKEY_LISTEN: '127.0.0.1:0' });

async function testConfig(changes = {}, args = []) {
  const env = Object.fromEntries(Object.entries({ ...good(), ...changes }).filter(([, value]) => value !== undefined));
  const { code, stdout, stderr } = await run(['serve', '--config-test', '--json', ...args], { env });
  assert.doesNotMatch(stdout + stderr, new RegExp(`${API_KEY}|${PASSWORD}|${SECRET}`), 'no secret is told');
  return { code, stderr, parts: Object.fromEntries(jsonLines(stdout).map((line) => [line.part, line])) };
}

test('--config-test: good settings, exit code 0, and nothing is made or opened', async () => {
  const store = path.join(scratch, 'not-made.db');
  const { code, parts, stderr } = await testConfig({ LATCHKEY_STORE: `sqlite:${store}` });
  assert.equal(code, 0, JSON.stringify(parts));
  assert.equal(stderr, '');
  assert.deepEqual([...new Set(Object.values(parts).map(({ verdict }) => verdict))], ['good']);
  for (const part of ['listen', 'client', 'cookie', 'webhooks', 'store', 'port', 'sign-in flow']) assert.ok(parts[part], part);
  assert.equal(fs.existsSync(store), false);
});

for (const [name, changes, part, code, found, args] of [
  ['no client id', { WORKOS_CLIENT_ID: undefined }, 'client', 2, /WORKOS_CLIENT_ID/],
  ['an address that is none', { LATCHKEY_LISTEN: 'nonsense' }, 'listen', 2, /--listen must be a number/],
  ['a secret file that is not there', { WORKOS_WEBHOOK_SECRET: undefined, WORKOS_WEBHOOK_SECRET_FILE: '/nowhere/secret' }, 'webhooks', 2, /\/nowhere\/secret/],
  ['a short cookie password', { WORKOS_COOKIE_PASSWORD: 'short' }, 'sign-in flow', 2, /password/],
  ['a redirect URI that is none', { WORKOS_REDIRECT_URI: 'app.example.com' }, 'sign-in flow', 2, /redirect_uri/],
  ['a same-site word that is none', { WORKOS_COOKIE_SAMESITE: 'sometimes' }, 'sign-in flow', 2, /same_site/],
  ['a cookie age that is no number', { WORKOS_COOKIE_MAX_AGE: 'long' }, 'cookie', 2, /WORKOS_COOKIE_MAX_AGE/],
  ['a store where none can be', { LATCHKEY_STORE: 'sqlite:/etc/hostname/mirror.db' }, "store's state", 1, /\/etc\/hostname/],
  ['a store that is none', { LATCHKEY_STORE: 'mysql://host/db' }, "store's state", 2, /mysql/],
  ['a rule that is none', {}, 'who sees what', 2, /--allow/, ['--allow', 'everybody']],
  ['a range that is none', {}, 'proxies', 2, /--trusted-proxy/, ['--trusted-proxy', '10.0.0.0/99']],
  ['a log format that is none', {}, 'log', 2, /--log-format/, ['--log-format', 'xml']],
  ['a log level that is none', {}, 'log', 2, /--log-level/, ['--log-level', 'loud']],
]) {
  test(`--config-test: ${name}`, async () => {
    const result = await testConfig(changes, args);
    assert.equal(result.parts[part]?.verdict, 'bad', JSON.stringify(result.parts));
    assert.match(result.parts[part].found, found);
    assert.equal(result.code, code);
    assert.match(result.stderr, /^latchkey: 1 of the settings cannot be used[^\n]*\n$/);
  });
}

test('--config-test: all faults at once, the first decides the exit code', async () => {
  const { code, parts, stderr } = await testConfig({ LATCHKEY_LISTEN: 'x', WORKOS_COOKIE_MAX_AGE: '-1', WORKOS_API_KEY: undefined, WORKOS_API_KEY_FILE: '/nowhere' });
  assert.equal(code, 2);
  for (const part of ['listen', 'cookie', 'API key', 'client']) assert.equal(parts[part].verdict, 'bad', part);
  assert.equal(parts.store.verdict, 'good');
  assert.match(stderr, /4 of the settings/);
});

test('--config-test: a port that is taken is exit code 1, and the server there goes on', async () => {
  const server = await serve(emulator.url);
  const { code, parts } = await testConfig({ LATCHKEY_LISTEN: `127.0.0.1:${server.port}` });
  assert.equal(code, 1);
  assert.match(parts.port.found, /cannot listen on 127\.0\.0\.1:\d+.*choose another port/);
  assert.equal((await ask(`${server.url}/healthz`)).status, 200);
  await server.stop();
});

test('--json alone is wrong usage', async () => {
  const { code, stderr } = await run(['serve', '--json'], { env: good() });
  assert.equal(code, 2);
  assert.match(stderr, /--log-format json/);
});

test('--log-format json: each line is an object, each request one line, no secret in any', async () => {
  const server = await serve(emulator.url, { args: ['--log-format', 'json', '--log-requests', '--log-level', 'debug'] });
  const { jar, callback } = await signIn(server, 'mira.holt@juniper.example');
  assert.equal((await me(server, jar)).status, 200);
  await ask(`${server.url}/api/events?q=find-me-not`, { headers: { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.x' } });
  await visit(jar, `${server.url}/logout`, { method: 'POST', headers: { origin: server.url } });
  const lines = await waitFor('the last request in the log', () => {
    const all = jsonLines(server.stderr.slice(0, server.stderr.lastIndexOf('\n') + 1));
    return all.some(({ path: at }) => at === '/logout') && all;
  });
  const requests = lines.filter(({ message }) => message === 'request');
  for (const at of ['/login', '/callback', '/api/me', '/api/events', '/logout']) {
    const [line, ...more] = requests.filter((request) => request.path === at);
    assert.equal(more.length, 0, at);
    assert.match(line.time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.equal(line.visitor, '127.0.0.1');
    assert.equal(typeof line.status, 'number');
    assert.ok(line.duration_ms >= 0 && line.duration_ms < 60_000);
    assert.match(line.request_id, /^[0-9a-f]{16}$/);
  }
  assert.equal(new Set(requests.map(({ request_id: id }) => id)).size, requests.length, 'ids are not given twice');
  assert.ok(lines.some(({ level, message }) => level === 'debug' && /user_management\/authenticate/.test(message)), server.stderr);
  const query = new URL(callback).searchParams;
  for (const secret of [PASSWORD, API_KEY, query.get('code'), query.get('state'), 'eyJ', 'find-me-not', 'Fe26'])
    assert.ok(!server.stderr.includes(secret), `the log holds ${secret}: ${server.stderr}`);
  await server.stop();
});

test('--log-level error: no requests and no warnings', async () => {
  const server = await serve(emulator.url, { args: ['--log-level', 'error', '--log-requests'], env: { WORKOS_COOKIE_PASSWORD: '' } });
  await ask(`${server.url}/healthz`);
  await server.stop();
  assert.equal(server.stderr, '');
});

test('a visitor writes no lines into the log', async () => {
  const server = await serve(emulator.url, { args: ['--log-requests'] });
  await ask(`${server.url}/%0alatchkey:%20forged%1b[31m%00`);
  await ask(`${server.url}/${'long/'.repeat(400)}`);
  await waitFor('both', () => server.stderr.match(/GET /g)?.length >= 3);
  assert.doesNotMatch(server.stderr, /^latchkey: forged|\x1b/m);
  for (const line of server.stderr.trimEnd().split('\n')) assert.ok(line.startsWith('latchkey: ') && line.length < 300, line);
  await server.stop();
});

const idOf = async (server, id, at = '/healthz') => (await ask(`${server.url}${at}`, { headers: id === undefined ? {} : { 'x-request-id': id } })).headers['x-request-id'];

test('request ids: ours unless a trusted proxy gives one that can be one', async () => {
  const direct = await serve(emulator.url);
  assert.match(await idOf(direct, 'theirs-1'), /^[0-9a-f]{16}$/, 'a visitor names nothing');
  for (const at of ['/login', '/callback', '/logout', '/api/me', '/nowhere', '/', '/page.css', '/metrics']) assert.match(await idOf(direct, undefined, at), /^[0-9a-f]{16}$/, at);
  await direct.stop();

  const server = await serve(emulator.url, { args: ['--trusted-proxy', '127.0.0.1'] });
  assert.equal(await idOf(server, 'proxy-7f3a.9:B_'), 'proxy-7f3a.9:B_');
  assert.equal(await idOf(server, 'x'.repeat(64), '/login'), 'x'.repeat(64));
  for (const bad of ['x'.repeat(65), 'two words', '<b>', 'semi;colon', '']) assert.match(await idOf(server, bad), /^[0-9a-f]{16}$/, bad);
  const page = await ask(`${server.url}/nowhere`, { headers: { accept: 'text/html', 'x-request-id': 'proxy-42' } });
  assert.match(page.text, /Request <code>proxy-42<\/code>/, 'an error page names it');
  await server.stop();
});

test('a request that cannot be read has an id, too', async () => {
  const server = await serve(emulator.url);
  const text = await new Promise((resolve, reject) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write('NONSENSE\r\n\r\n'));
    let all = '';
    socket.on('data', (chunk) => (all += chunk)).on('end', () => resolve(all)).on('error', reject);
  });
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.match(text, /^X-Request-Id: [0-9a-f]{16}\r$/m);
  await server.stop();
});
