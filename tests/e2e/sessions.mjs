// Sessions of `latchkey serve` in the store, over a change of the cookie password, and measured.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { before, test } from 'node:test';
import { API_KEY, PASSWORD, ask, control, emulate, me, newStore, run, scratchFile, serve, signIn, visit, waitFor } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';
const passwordFile = scratchFile('password', PASSWORD);
let emulator;

before(async () => {
  emulator = await emulate(['--control']);
});

const file = (store) => store.slice('sqlite:'.length);

// One statement on the store, by a program of its own.
function sql(store, statement) {
  const script = 'import sqlite3,sys; db=sqlite3.connect(sys.argv[1],timeout=10); print(db.execute(sys.argv[2]).fetchall()); db.commit()';
  const result = spawnSync('python3', ['-c', script, file(store), statement], { encoding: 'utf8' });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

async function open(cookie) {
  return run(['session', 'open', '--password-file', passwordFile], { input: cookie });
}

test('in the store: the cookie is a handle, and the store keeps no session in the clear', async () => {
  const server = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar } = await signIn(server, EMAIL);
  const cookie = jar.get('wos-session');
  assert.match(cookie.value, /^lk\.[\w-]{43}\.[\w-]{43}$/);
  assert.ok(cookie.attributes.some((text) => /httponly/i.test(text)));
  assert.equal((await me(server, jar)).body.user.email, EMAIL);
  assert.equal((await open(cookie.value)).code, 3);
  await server.stop();
  for (const path of [file(server.store), `${file(server.store)}-wal`].filter(fs.existsSync)) {
    const bytes = fs.readFileSync(path);
    assert.ok(!bytes.includes(cookie.value.slice(3, 46)), 'the handle');
    assert.ok(!bytes.includes('"refreshToken"') && !bytes.includes('eyJhbGciOi'), 'tokens');
  }
});

test('in the store: it survives a restart and is shared by servers on the store', async () => {
  const first = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar } = await signIn(first, EMAIL);
  const second = await serve(emulator.url, { args: ['--sessions', 'store'], store: first.store });
  assert.equal((await me(second, jar)).status, 200);
  await first.stop();
  const again = await serve(emulator.url, { store: first.store });
  assert.equal((await me(again, jar)).status, 200);
  await second.stop();
  await again.stop();
});

test('in the store: guessed, foreign and ended handles are nobody', async () => {
  const server = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar } = await signIn(server, EMAIL);
  const stolen = jar.copy();
  const good = jar.get('wos-session').value;
  const other = await serve(emulator.url, { args: ['--sessions', 'store'], env: { WORKOS_COOKIE_PASSWORD: `${PASSWORD}-of-another` } });
  const foreign = (await signIn(other, EMAIL)).jar.get('wos-session').value;
  const guesses = [good.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), `lk.${'A'.repeat(43)}.${'A'.repeat(43)}`, 'lk.', foreign, good.slice(0, 46)];
  for (const guess of guesses) {
    const forged = jar.copy();
    forged.get('wos-session').value = guess;
    assert.equal((await me(server, forged)).status, 401, guess);
  }
  // Signing in again draws another handle; signing out voids it, whoever holds it.
  const { jar: next } = await signIn(server, EMAIL, { jar });
  assert.notEqual(next.get('wos-session').value, good);
  assert.equal((await me(server, stolen)).status, 401);
  const kept = next.copy();
  assert.equal((await me(server, kept)).status, 200);
  const out = await visit(next, `${server.url}/logout`, { method: 'POST', headers: { origin: server.url } });
  assert.equal(out.status, 303);
  assert.equal((await me(server, kept)).status, 401);
  await server.stop();
  await other.stop();
});

test('in the store: a damaged record is nobody, and nothing worse', async () => {
  const server = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar } = await signIn(server, EMAIL);
  const changed = "CASE substr(record, 701, 1) WHEN 'x' THEN 'y' ELSE 'x' END";
  sql(server.store, `UPDATE web_session SET record = substr(record, 1, 700) || ${changed} || substr(record, 702)`);
  assert.equal((await me(server, jar)).status, 401);
  // And the next sign-in is good.
  const { jar: next } = await signIn(server, EMAIL, { jar });
  assert.equal((await me(server, next)).status, 200);
  await server.stop();
});

test('in the store: while it is out of reach nobody gets in, and nobody is signed out', async () => {
  const server = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar } = await signIn(server, EMAIL);
  sql(server.store, 'ALTER TABLE web_session RENAME TO away');
  const reply = await me(server, jar);
  assert.equal(reply.status, 503);
  assert.equal(reply.headers['set-cookie'], undefined);
  await waitFor('a line about it', () => /latchkey: .*store/.test(server.stderr));
  sql(server.store, 'ALTER TABLE away RENAME TO web_session');
  assert.equal((await me(server, jar)).status, 200);
  await server.stop();
});

test('in the store: a session that WorkOS revokes loses its record within one poll', async () => {
  const server = await serve(emulator.url, { args: ['--sessions', 'store', '--poll-interval', '1'] });
  const { jar } = await signIn(server, EMAIL);
  await waitFor('the feed to be followed', async () => (await visit(jar, `${server.url}/readyz`)).status === 200);
  const session = JSON.parse(Buffer.from((await token(server)).split('.')[1], 'base64url')).sid;
  await control(emulator, 'POST', '/events', { event: 'session.revoked', data: { object: 'session', id: session } });
  const began = Date.now();
  await waitFor('the session to end', async () => (await me(server, jar)).status === 401);
  assert.ok(Date.now() - began < 10_000); // a poll takes a second; the token would last for minutes
  assert.equal(sql(server.store, 'SELECT COUNT(*) FROM web_session').trim(), '[(0,)]');
  await server.stop();
});

// The access token in the only session of the store.
async function token(server) {
  const [[record]] = JSON.parse(sql(server.store, 'SELECT record FROM web_session').replace(/\('|',\)/g, (t) => (t === "('" ? '["' : '"]')));
  const opened = await open(record);
  assert.equal(opened.code, 0, opened.stderr);
  return JSON.parse(opened.stdout).accessToken;
}

test('a membership that is deactivated ends the session in that organization within one poll, and no other', async () => {
  const server = await serve(emulator.url, { args: ['--poll-interval', '1'] });
  const samuel = 'samuel.adeyemi@juniper.example';
  const [{ jar }, { jar: other }] = [await signIn(server, samuel, { organizationId: 'org_01JUNIPER00000000000000W0RK' }), await signIn(server, EMAIL)];
  const { body } = await me(server, jar);
  const api = (method, route) =>
    ask(`${emulator.url}/user_management${route}`, { method, headers: { authorization: `Bearer ${API_KEY}` } });
  const list = JSON.parse((await api('GET', `/organization_memberships?user_id=${body.user.id}`)).text);
  const membership = list.data.find(({ organization_id }) => organization_id === body.organization_id);
  assert.equal((await api('PUT', `/organization_memberships/${membership.id}/deactivate`)).status, 200);
  const began = Date.now();
  await waitFor('the session to end', async () => (await me(server, jar)).status === 401);
  assert.ok(Date.now() - began < 10_000);
  assert.equal((await me(server, other)).status, 200);
  await server.stop();
});

test('by itself: a session that four cookies do not hold goes into the store, others stay in cookies', async () => {
  const [rich, poor] = ['ana@a.example', 'ben@b.example'];
  const entitlements = Array.from({ length: 400 }, (_, i) => `entitlement-number-${i}`);
  const seed = {
    users: [rich, poor].map((email) => ({ email, email_verified: true })),
    organizations: [{ name: 'Rich', entitlements, memberships: [{ email: rich }] }, { name: 'Poor', memberships: [{ email: poor }] }],
  };
  const crowded = await emulate(['--seed', scratchFile('seed.json', JSON.stringify(seed))]);
  const server = await serve(crowded.url);
  const { jar } = await signIn(server, rich);
  assert.match(jar.get('wos-session').value, /^lk\./);
  assert.equal((await me(server, jar)).body.user.email, rich);
  assert.match((await signIn(server, poor)).jar.get('wos-session').value, /^Fe26\.2/);
  await server.stop();
  // Where cookies are all there is, a page says so (flow/session-chunks reads it).
  const strict = await serve(crowded.url, { args: ['--sessions', 'cookie'] });
  await assert.rejects(signIn(strict, rich), /callback: expected a redirect, got 500/);
  await strict.stop();
  await crowded.stop();
});

test('a change of the cookie password signs nobody out who came before it', async () => {
  const store = newStore();
  const before = await serve(emulator.url, { store });
  const { jar } = await signIn(before, EMAIL);
  await before.stop();
  const env = { WORKOS_COOKIE_PASSWORD: 'the-password-after-that-0123456789' };
  // Without the previous one everybody would be.
  const forgetful = await serve(emulator.url, { store, env });
  assert.equal((await me(forgetful, jar.copy())).status, 401);
  await forgetful.stop();
  const kept = await serve(emulator.url, { store, env: { ...env, WORKOS_COOKIE_PASSWORD_PREVIOUS: PASSWORD } });
  assert.equal((await me(kept, jar)).status, 200);
  // New sessions are sealed with the new one.
  const { jar: fresh } = await signIn(kept, EMAIL);
  assert.equal((await open(fresh.get('wos-session').value)).code, 3);
  await kept.stop();
  const file = scratchFile('previous', PASSWORD);
  const flagged = await serve(emulator.url, { store, env, args: ['--cookie-password-previous-file', file] });
  assert.equal((await me(flagged, jar)).status, 200);
  await flagged.stop();
});

test('session size names what takes how much, of a seal and of JSON', async () => {
  const server = await serve(emulator.url);
  const { jar } = await signIn(server, EMAIL);
  const cookie = jar.get('wos-session').value;
  const sealed = await run(['session', 'size', '--json', '--password-file', passwordFile], { input: cookie });
  assert.equal(sealed.code, 0, sealed.stderr);
  const told = JSON.parse(sealed.stdout);
  assert.equal(told.bytes, cookie.length);
  assert.deepEqual([told.mode, told.cookies], ['cookie', 1]);
  assert.equal(told.parts.reduce((sum, { bytes }) => sum + bytes, 0), cookie.length);
  for (const name of ['accessToken.permissions', 'accessToken signature', 'user.email', 'refreshToken'])
    assert.ok(told.parts.some((part) => part.name === name), name);
  assert.ok(!sealed.stdout.includes(EMAIL), 'values are not printed');

  const session = JSON.parse((await open(cookie)).stdout);
  for (const [size, mode, says] of [[3000, 'chunked', /2 cookies/], [20000, 'store', /kept in the store/], [60000, 'refused', /too long for cookies and store/]]) {
    const input = JSON.stringify({ ...session, user: { ...session.user, metadata: { notes: 'x'.repeat(size) } } });
    const json = JSON.parse((await run(['session', 'size', '--json'], { input })).stdout);
    assert.equal(json.mode, mode);
    assert.equal(json.parts[0].name, 'user.metadata');
    const text = await run(['session', 'size'], { input });
    assert.match(text.stdout, says);
    assert.match(text.stdout, /^user\.metadata +\d+ +\d+%$/m);
  }
  for (const [input, code, says] of [['Fe26.2*x', 3, /seal/], ['[]', 2, /seal|password|JSON/], [`lk.${'A'.repeat(43)}.${'A'.repeat(43)}`, 2, /90 bytes/]]) {
    const refused = await run(['session', 'size', '--password-file', passwordFile], { input });
    assert.ok(refused.code !== 0, input);
    assert.match(refused.stderr, says);
  }
  assert.equal((await run(['session', 'size'], { input: cookie })).code, 2);
  await server.stop();
});

test('--sessions takes three words', async () => {
  const refused = await run(['serve', '--sessions', 'memory'], { env: { WORKOS_CLIENT_ID: 'client_x' } });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /cookie, store or auto/);
});
