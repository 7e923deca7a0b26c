// Sessions that are too long for one cookie: what a front end in Node can and cannot do with the chunks of latchkey serve.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Jar, PASSWORD, emulate, me, scratchFile, serve, signIn, visit } from '../e2e/support.mjs';
import { authkit, sdk, sessionKeepers } from './node-side.mjs';

const EMAIL = 'ana@a.example';
const seed = {
  users: [{ email: EMAIL, email_verified: true }],
  // In the token: about six kilobytes.
  organizations: [{ name: 'Rich', entitlements: Array.from({ length: 200 }, (_, i) => `entitlement-number-${i}`), memberships: [{ email: EMAIL }] }],
};
let emulator, server, jar;

const namesOf = (cookies) => [...cookies.cookies.values()].map(({ name }) => name).filter((name) => name.startsWith('wos-session')).sort();
const joined = (cookies) => namesOf(cookies).map((name) => decodeURIComponent(cookies.get(name).value)).join('');

before(async () => {
  emulator = await emulate(['--seed', scratchFile('seed.json', JSON.stringify(seed))]);
  server = await serve(emulator.url);
  ({ jar } = await signIn(server, EMAIL));
});

test('latchkey serve sets chunks, each short enough for a browser, and reads them', async () => {
  const names = namesOf(jar);
  assert.ok(names.length >= 2 && names.every((name, i) => name === `wos-session.${i}`), names.join(' '));
  for (const { name, value } of jar.cookies.values()) assert.ok(name.length + value.length <= 4096, name);
  assert.equal((await me(server, jar)).status, 200);
});

test('Node libraries find no session in the chunks: signed out, without an error', async () => {
  const { auth } = await authkit(emulator.url).withAuth({ cookie: jar.header(server.url) });
  assert.equal(auth.user, null);
  const session = sdk(emulator.url).userManagement.loadSealedSession({ sessionData: '', cookiePassword: PASSWORD });
  assert.deepEqual(await session.authenticate(), { authenticated: false, reason: 'no_session_cookie_provided' });
});

for (const name of Object.keys(sessionKeepers('http://127.0.0.1:9'))) {
  test(`${name} opens the chunks when its program joins them, and not a part of them`, async () => {
    const keeper = sessionKeepers(emulator.url)[name];
    const whole = joined(jar);
    assert.equal((await keeper.authenticate(whole)).email, EMAIL);
    assert.equal(await keeper.authenticate(decodeURIComponent(jar.get('wos-session.0').value)), null);
  });

  test(`latchkey serve takes the long cookie of ${name}, which no browser would keep`, async () => {
    const cookie = await sessionKeepers(emulator.url)[name].signIn(EMAIL);
    assert.ok(cookie.length > 4096);
    const reply = await me(server, new Jar(), { cookie: `wos-session=${cookie}` });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
  });
}

test('chunks of which one is missing sign nobody in', async () => {
  const torn = jar.copy();
  torn.cookies.delete('127.0.0.1 wos-session.0');
  assert.equal((await me(server, torn)).status, 401);
});

test('signing out deletes the chunks, and what Node has set beside them', async () => {
  const both = jar.copy();
  both.take(server.url, [`wos-session=${joined(jar)}; Path=/`]);
  const reply = await visit(both, `${server.url}/logout`, { method: 'POST', headers: { origin: server.url } });
  assert.equal(reply.status, 303, reply.text.slice(0, 500));
  assert.deepEqual(namesOf(both), []);
});

test('with --sessions store the cookie is a handle: Node sees nobody, its own cookies sign in all the same', async () => {
  const storing = await serve(emulator.url, { args: ['--sessions', 'store'] });
  const { jar: own } = await signIn(storing, EMAIL);
  const handle = decodeURIComponent(own.get('wos-session').value);
  assert.ok(handle.length < 200, handle);
  assert.equal((await me(storing, own)).status, 200);
  for (const [name, keeper] of Object.entries(sessionKeepers(emulator.url))) {
    assert.equal(await keeper.authenticate(handle), null, name);
    const reply = await me(storing, new Jar(), { cookie: `wos-session=${await keeper.signIn(EMAIL)}` });
    assert.equal(reply.status, 200, `${name}: ${JSON.stringify(reply.body)}`);
  }
  await storing.stop();
});
