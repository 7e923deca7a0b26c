// One sign-in for a program in C and one in Node: each side takes the cookie that the other has set.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { getIronSession, sealData, unsealData } from 'iron-session';
import { Jar, PASSWORD, emulate, me, serve, signIn, visit, waitFor } from '../e2e/support.mjs';
import { sessionKeepers } from './node-side.mjs';

const EMAIL = 'mira.holt@juniper.example';
const ORGANIZATION = 'org_01JUNIPER00000000000000W0RK';
let emulator, server, keepers;

before(async () => {
  emulator = await emulate();
  server = await serve(emulator.url);
  keepers = sessionKeepers(emulator.url);
});

const signInAtServe = async () => decodeURIComponent((await signIn(server, EMAIL)).jar.get('wos-session').value);
const meWith = (cookie) => me(server, new Jar(), { cookie: `wos-session=${cookie}` });
const damage = (seal) => seal.replace(/.(?=~2$)/, (last) => (last === 'A' ? 'E' : 'A'));

// The names are needed before the emulator is there.
for (const name of Object.keys(sessionKeepers('http://127.0.0.1:9'))) {
  test(`${name} authenticates a cookie that latchkey serve has set`, async () => {
    const cookie = await signInAtServe();
    assert.deepEqual(await keepers[name].authenticate(cookie), { email: EMAIL, organizationId: ORGANIZATION, role: 'admin' });
    assert.equal(await keepers[name].authenticate(damage(cookie)), null);
  });

  test(`${name} renews a session that latchkey serve has begun, and serve goes on with it`, async () => {
    const renewed = await keepers[name].refresh(await signInAtServe());
    const reply = await meWith(renewed);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.equal(reply.body.organization_id, ORGANIZATION);
  });

  test(`a cookie sealed by ${name} signs its user in at latchkey serve`, async () => {
    const cookie = await keepers[name].signIn(EMAIL);
    const reply = await meWith(cookie);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    assert.equal(reply.body.user.email, EMAIL);
    const refused = await meWith(damage(cookie));
    assert.equal(refused.status, 401);
    assert.equal(refused.body.user, undefined);
  });
}

test('latchkey serve renews sessions that Node has begun, and Node goes on with them', async () => {
  // A page renews a token in the second half of so short a life.
  const brief = await emulate(['--token-lifetime', '8']);
  const own = await serve(brief.url);
  const pageWith = async (cookie) => {
    const jar = new Jar();
    await visit(jar, `${own.url}/`, { headers: { cookie: `wos-session=${cookie}` } });
    return jar.get('wos-session') && decodeURIComponent(jar.get('wos-session').value);
  };
  const renewal = async ([name, keeper]) => {
    const cookie = await keeper.signIn(EMAIL);
    const renewed = await waitFor(`a renewed cookie of ${name}`, () => pageWith(cookie));
    const [before, after] = await Promise.all([cookie, renewed].map((seal) => unsealData(seal, { password: PASSWORD, ttl: 0 })));
    assert.notEqual(after.refreshToken, before.refreshToken);
    assert.equal((await keeper.authenticate(renewed)).email, EMAIL, name);
    // More tabs, here and there, still hold the old one: inside the grace none of them is signed out.
    const tabs = await Promise.all([1, 2, 3].flatMap(() => [keeper.refresh(cookie), pageWith(cookie)]));
    for (const tab of tabs) assert.equal((await keeper.authenticate(tab)).email, EMAIL, name);
  };
  await Promise.all(Object.entries(sessionKeepers(brief.url)).map(renewal));
});

test('iron-session reads the session that latchkey serve has set', async () => {
  const cookie = await signInAtServe();
  const read = (value) => getIronSession({ headers: { cookie: `wos-session=${value}` } }, new Response(), { cookieName: 'wos-session', password: PASSWORD });
  const session = await read(cookie);
  assert.equal(session.user.email, EMAIL);
  assert.equal(session.accessToken.split('.').length, 3);
  assert.equal((await read(damage(cookie))).user, undefined);
});

test('a session of SSO mode has no token of AuthKit: signed out in Node, and theirs is none in SSO mode', async () => {
  const sso = await serve(emulator.url, { args: ['--mode', 'sso'] });
  const { jar } = await signIn(sso, EMAIL, { query: '?connection=conn_01JUNIPER0000000000000SS0' });
  assert.equal((await me(sso, jar)).body.user.email, EMAIL);
  const cookie = decodeURIComponent(jar.get('wos-session').value);
  for (const [name, keeper] of Object.entries(keepers)) {
    assert.equal(await keeper.authenticate(cookie), null, name);
    assert.equal((await me(sso, new Jar(), { cookie: `wos-session=${await keeper.signIn(EMAIL)}` })).status, 401, name);
  }
  await sso.stop();
});

test('a cookie sealed with another password signs nobody in', async () => {
  const session = await unsealData(await signInAtServe(), { password: PASSWORD, ttl: 0 });
  assert.equal((await meWith(await sealData(session, { password: PASSWORD, ttl: 0 }))).status, 200);
  assert.equal((await meWith(await sealData(session, { password: `${PASSWORD}-another`, ttl: 0 }))).status, 401);
});

test('another password: serve takes the old one, too; Node has to follow', async () => {
  const [before, after] = [PASSWORD, `${PASSWORD}-another`];
  const brief = await emulate(['--token-lifetime', '4']);
  const moved = await serve(brief.url, { env: { WORKOS_COOKIE_PASSWORD: after, WORKOS_COOKIE_PASSWORD_PREVIOUS: before } });
  const cookie = await sessionKeepers(brief.url)['@workos-inc/node'].signIn(EMAIL); // still with the old one
  assert.equal((await me(moved, new Jar(), { cookie: `wos-session=${cookie}` })).status, 200);
  const renewed = await waitFor('a renewed cookie', async () => {
    const jar = new Jar();
    await visit(jar, `${moved.url}/`, { headers: { cookie: `wos-session=${cookie}` } });
    return jar.get('wos-session') && decodeURIComponent(jar.get('wos-session').value);
  });
  assert.equal((await unsealData(renewed, { password: after, ttl: 0 })).user.email, EMAIL);
  // Node's libraries know one password under one id: until they have moved they see nobody in it.
  assert.deepEqual(await unsealData(renewed, { password: before, ttl: 0 }), {});
  await moved.stop();
});

test('an access token that Node obtained opens the JSON routes', async () => {
  const { accessToken, user } = await unsealData(await keepers['@workos-inc/node'].signIn(EMAIL), { password: PASSWORD, ttl: 0 });
  const reply = await me(server, new Jar(), { authorization: `Bearer ${accessToken}` });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.id, user.id);
  const [head, body, signature] = accessToken.split('.');
  const forged = [Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'), body, ''].join('.');
  assert.equal((await me(server, new Jar(), { authorization: `Bearer ${forged}` })).status, 401);
  const turned = [head, body, [...signature].reverse().join('')].join('.');
  assert.equal((await me(server, new Jar(), { authorization: `Bearer ${turned}` })).status, 401);
});
