// latchkey doctor: a healthy machine, and one illness at a time.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, PASSWORD, emulate, freePort, jsonLines, newStore, run, scratchFile, succeed } from './support.mjs';
import { change, syncOnce } from './mirror.mjs';

let emulator, store, healthy;

before(async () => {
  emulator = await emulate(['--control']);
  store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  healthy = {
    WORKOS_API_BASE_URL: emulator.url, WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_KEY: API_KEY, WORKOS_COOKIE_PASSWORD: PASSWORD,
    WORKOS_REDIRECT_URI: 'https://app.example.com/callback', WORKOS_WEBHOOK_SECRET: 'whsec_0123456789abcdef', LATCHKEY_STORE: store,
  };
});

async function examine(changes = {}) {
  const env = Object.fromEntries(Object.entries({ ...healthy, ...changes }).filter(([, value]) => value !== undefined));
  const { code, stdout, stderr } = await run(['doctor', '--json'], { env });
  assert.equal(stderr, '');
  return { code, parts: Object.fromEntries(jsonLines(stdout).map((line) => [line.part, line])) };
}

test('a healthy machine: nothing is bad, exit code 0', async () => {
  const { code, parts } = await examine();
  assert.equal(code, 0, JSON.stringify(parts));
  for (const part of ['client', 'DNS', 'authorities', 'issuer', 'reach', 'clock', 'cookie size', 'events', 'redirect URI', 'cookie password', 'webhooks', 'mirror'])
    assert.equal(parts[part].verdict, 'good', `${part}: ${parts[part].found}`);
  assert.equal(parts['sign-in'].verdict, 'note');
});

for (const [illness, changes, part, verdict, found] of [
  ['no client id', { WORKOS_CLIENT_ID: undefined }, 'client', 'bad', /WORKOS_CLIENT_ID/],
  ['a client that does not exist', { WORKOS_CLIENT_ID: 'client_unknown' }, 'reach', 'bad', /404/],
  ['a wrong API key', { WORKOS_API_KEY: 'sk_wrong' }, 'events', 'bad', /401/],
  ['no API key', { WORKOS_API_KEY: undefined }, 'events', 'note', /no API key/],
  ['a redirect URI without TLS', { WORKOS_REDIRECT_URI: 'http://app.example.com/callback' }, 'redirect URI', 'bad', /neither https nor this machine/],
  ['a redirect URI that is none', { WORKOS_REDIRECT_URI: 'app.example.com' }, 'redirect URI', 'bad', /redirect_uri/],
  ['a short cookie password', { WORKOS_COOKIE_PASSWORD: 'short' }, 'cookie password', 'bad', /5 characters, of 32/],
  ['a dull cookie password', { WORKOS_COOKIE_PASSWORD: 'a'.repeat(40) }, 'cookie password', 'note', /only 1 different/],
  ['a secret file that is not there', { WORKOS_WEBHOOK_SECRET: undefined, WORKOS_WEBHOOK_SECRET_FILE: '/nowhere/secret' }, 'webhooks', 'bad', /\/nowhere\/secret/],
  ['a host that does not exist', { WORKOS_API_BASE_URL: 'https://api.workos.invalid' }, 'DNS', ['bad', 'away'], /api\.workos\.invalid cannot be resolved/],
  ['authorities that are not there', { SSL_CERT_FILE: '/nowhere/ca.pem' }, 'authorities', 'bad', /\/nowhere\/ca\.pem cannot be read/],
  ['authorities that are none', { SSL_CERT_FILE: '/etc/hostname' }, 'authorities', 'bad', /holds no certificate/],
  ['own authorities', { CURL_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt' }, 'authorities', 'note', /alone, by CURL_CA_BUNDLE/],
  ['an issuer that is none', { WORKOS_ISSUER: 'https://auth.example.com, example.com' }, 'issuer', 'bad', /"example\.com" is no issuer/],
  ['an issuer with a query', { WORKOS_ISSUER: 'https://auth.example.com/?x' }, 'issuer', 'bad', /is no issuer/],
  ['two issuers', { WORKOS_ISSUER: 'https://auth.example.com,https://a.example/x' }, 'issuer', 'note', /2 of WORKOS_ISSUER/],
  ['a cookie name that leaves no room', { WORKOS_COOKIE_NAME: 'n'.repeat(1200) }, 'cookie size', 'bad', /bytes in one cookie/],
  ['a proxy in front', {}, 'header limit', 'note', /a proxy in front must pass 20480/],
  ['no proxy in front', { WORKOS_REDIRECT_URI: 'http://localhost:3000/callback' }, 'header limit', 'good', /32768 bytes of headers/],
  ['no mirror', { LATCHKEY_STORE: 'sqlite:/nowhere/mirror.db' }, 'mirror', 'note', /no mirror yet/],
]) {
  test(`${illness}: ${part} is ${verdict}`, async () => {
    const { code, parts } = await examine(changes);
    assert.ok([verdict].flat().includes(parts[part].verdict), JSON.stringify(parts[part]));
    assert.match(parts[part].found, found);
    const verdicts = Object.values(parts).map((other) => other.verdict);
    assert.equal(code, verdicts.includes('bad') ? 1 : verdicts.includes('away') ? 4 : 0, JSON.stringify(parts));
    assert.doesNotMatch(JSON.stringify(parts), /sk_wrong|sk_test_default|whsec_0123|latchkey-test-cookie-password/, 'no secret is told');
  });
}

test('WorkOS out of reach: exit code 4, and what needs it is skipped', async () => {
  const { code, parts } = await examine({ WORKOS_API_BASE_URL: `http://127.0.0.1:${await freePort()}` });
  assert.equal(code, 4, JSON.stringify(parts));
  assert.equal(parts.reach.verdict, 'away');
  assert.match(parts.reach.advice, /https_proxy/);
  assert.equal(parts.events.verdict, 'skipped');
  assert.equal(parts.mirror.verdict, 'good', 'what does not need it is looked at');
});

test('a mirror that is no database is bad, and stays as it was', async () => {
  const file = scratchFile('mirror.db', 'not a database, but a text of some length\n'.repeat(40));
  const { code, parts } = await examine({ LATCHKEY_STORE: `sqlite:${file}` });
  assert.equal(code, 1);
  assert.equal(parts.mirror.verdict, 'bad');
  assert.match(fs.readFileSync(file, 'utf8'), /^not a database/);
});

test('a mirror that is behind for longer than WorkOS keeps events is bad, a quiet one is not', async () => {
  const mirror = newStore();
  assert.equal((await syncOnce(emulator, mirror)).code, 0);
  const judge = async () => (await examine({ LATCHKEY_STORE: mirror })).parts.mirror;
  const hours = (n) => Date.now() - n * 3600e3 - 60e3;
  change(mirror, `UPDATE feed SET cursor_at_ms = ${hours(26 * 24)}, settled_at_ms = ${hours(3)}, polled_at_ms = ${hours(3)}`);
  assert.match((await judge()).found, /^last fed 3 hours ago$/); // nothing has happened for 26 days
  change(mirror, `UPDATE feed SET settled_at_ms = ${hours(26 * 24)}`);
  const bad = await judge();
  assert.equal(bad.verdict, 'bad');
  assert.match(bad.found, /^26 days behind: WorkOS keeps events for 30 days/);
});

test('--security names what each setting relaxes', async () => {
  const relaxed = async (env) => jsonLines(await succeed(['doctor', '--security', '--json'], { env })).map(({ relaxed_by }) => relaxed_by).filter(Boolean);
  assert.deepEqual(await relaxed({ WORKOS_REDIRECT_URI: 'https://app.example.com/callback' }), []);
  assert.deepEqual(await relaxed({}), ['WORKOS_REDIRECT_URI']);
  for (const [variable, value] of [
    ['WORKOS_API_BASE_URL', 'http://127.0.0.1:4100'], ['SSL_CERT_FILE', '/etc/ssl/own.pem'], ['CURL_CA_BUNDLE', '/etc/ssl/own.pem'], ['WORKOS_API_HTTPS', 'false'], ['WORKOS_COOKIE_SAME_SITE', 'None'], ['WORKOS_COOKIE_PASSWORD_PREVIOUS_FILE', '/old'], ['WORKOS_ISSUER', 'https://auth.example.com'],
    ['WORKOS_COOKIE_SAMESITE', 'none'], ['WORKOS_COOKIE_DOMAIN', 'example.com'], ['WORKOS_API_KEY', 'sk_x'], ['LATCHKEY_LISTEN', '0.0.0.0:80'],
  ])
    assert.deepEqual(await relaxed({ WORKOS_REDIRECT_URI: 'https://app.example.com/callback', [variable]: value }), [variable]);
  for (const harmless of [{ WORKOS_COOKIE_SAMESITE: 'strict' }, { LATCHKEY_LISTEN: '127.0.0.1:80' }, { LATCHKEY_LISTEN: '3000' }, { WORKOS_API_BASE_URL: 'https://api.example.com' }])
    assert.deepEqual(await relaxed({ WORKOS_REDIRECT_URI: 'https://app.example.com/callback', ...harmless }), []);
});

// What relaxes a promise is a flag of serve, a variable, or both: a new one of either kind is named here, too.
test('--security names flags and variables that there are', async () => {
  const ways = jsonLines(await succeed(['doctor', '--security', '--json'])).flatMap(({ may_be_relaxed_by }) => may_be_relaxed_by?.split(', ') ?? []);
  const help = await succeed(['serve', '--help']);
  for (const flag of ways.filter((way) => way.startsWith('--'))) assert.ok(help.includes(`${flag} `), flag);
  for (const way of ['--allow-idp-initiated', '--allow', '--trusted-proxy', '--listen', 'WORKOS_ISSUER', 'SIGHUP']) assert.ok(ways.includes(way), way);
});

test('no colours in a pipe', async () => {
  assert.doesNotMatch(await succeed(['doctor', '--security']), /\x1b/);
});
