// A sign-in under way: its state, which is the value of a cookie, too. What one side has begun the other may end.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { getPKCECookieNameForState, selectStalePKCEVerifierCookieNames } from '@workos/authkit-session';
import { sealData, unsealData } from 'iron-session';
import { CLIENT_ID, Jar, PASSWORD, emulate, me, serve, visit } from '../e2e/support.mjs';
import { authkit, setCookies } from './node-side.mjs';

const EMAIL = 'mira.holt@juniper.example';
let emulator, server, service;

before(async () => {
  emulator = await emulate();
  server = await serve(emulator.url);
  service = authkit(emulator.url, `${server.url}/callback`);
});

const unseal = (seal) => unsealData(seal, { password: PASSWORD, ttl: 600 });
const cookiesOf = (jar) => ({ cookie: jar.header(server.url) });
const stateNames = (jar) => [...jar.cookies.values()].map(({ name }) => name).filter((name) => name.startsWith('wos-auth-verifier-'));

async function beginAtServe(jar, query = '?return_to=/private%3Fa%3D1') {
  const { location } = await visit(jar, `${server.url}/login${query}`);
  return { url: location, state: new URL(location).searchParams.get('state') };
}

async function beginAtNode(jar, options = { returnPathname: '/private?a=1' }) {
  const begun = await service.createSignIn(undefined, options);
  jar.take(server.url, setCookies(begun));
  return { url: begun.url, state: new URL(begun.url).searchParams.get('state') };
}

// The browser comes back from WorkOS: the address that it would open at the callback.
async function comeBack(url) {
  const { location } = await visit(new Jar(), url, { form: { email: EMAIL } });
  assert.ok(location.startsWith(`${server.url}/callback?`), location);
  return new URL(location);
}

const endAtNode = (jar, back) => service.handleCallback(cookiesOf(jar), undefined, { code: back.searchParams.get('code'), state: back.searchParams.get('state') });

test('the state cookie of latchkey serve is what AuthKit reads: name, attributes, members', async () => {
  const jar = new Jar();
  const { state } = await beginAtServe(jar);
  const name = getPKCECookieNameForState(state);
  const { value, attributes } = jar.get(name);
  assert.equal(decodeURIComponent(value), state, 'the cookie is the state');
  const node = new Jar();
  const other = await beginAtNode(node);
  const ofNode = node.get(getPKCECookieNameForState(other.state));
  assert.deepEqual([...attributes].sort(), [...ofNode.attributes].sort());
  const [ours, theirs] = await Promise.all([state, other.state].map(unseal));
  assert.deepEqual(Object.keys(theirs).filter((member) => !(member in ours)), [], 'every member that AuthKit writes');
  assert.equal(ours.returnPathname, '/private?a=1');
  assert.equal(ours.codeVerifier.length, theirs.codeVerifier.length);
  assert.equal(ours.redirectUri, `${server.url}/callback`);
  assert.ok(Math.abs(ours.issuedAt - Date.now()) < 60_000);
});

test('a sign-in that latchkey serve has begun ends at authkit-session', async () => {
  const jar = new Jar();
  const { url } = await beginAtServe(jar);
  const back = await comeBack(url);
  const held = jar.copy();
  const result = await endAtNode(jar, back);
  assert.equal(result.returnPathname, '/private?a=1');
  assert.equal(result.authResponse.user.email, EMAIL);
  jar.take(server.url, setCookies(result));
  assert.deepEqual(stateNames(jar), [], 'the state is spent');
  assert.equal((await me(server, jar)).body.user.email, EMAIL);
  // Near misses: another browser, and a state that is not the one in the cookie.
  await assert.rejects(endAtNode(new Jar(), back), { name: 'PKCECookieMissingError' });
  const forged = new URL(back);
  forged.searchParams.set('state', `${back.searchParams.get('state')}x`);
  await assert.rejects(endAtNode(held, forged));
});

test('a sign-in that authkit-session has begun ends at latchkey serve', async () => {
  const jar = new Jar();
  const { url } = await beginAtNode(jar);
  const back = await comeBack(url);
  const stranger = await visit(new Jar(), back.href);
  assert.equal(stranger.status, 400, 'another browser cannot end it');
  const reply = await visit(jar, back.href);
  assert.equal(reply.status, 302, reply.text.slice(0, 500));
  assert.equal(reply.location, `${server.url}/private?a=1`);
  assert.deepEqual(stateNames(jar), []);
  const { auth } = await service.withAuth(cookiesOf(jar));
  assert.equal(auth.user.email, EMAIL);
  assert.equal((await visit(jar.copy(), back.href)).status, 302, 'again, signed in: home, not an error');
});

test('a return path of AuthKit that leads elsewhere is not followed', async () => {
  for (const returnPathname of ['https://evil.example/x', '//evil.example/x', '/\\evil.example']) {
    const jar = new Jar();
    const { url } = await beginAtNode(jar, { returnPathname });
    const reply = await visit(jar, (await comeBack(url)).href);
    assert.equal(reply.status, 302, reply.text.slice(0, 500));
    assert.equal(new URL(reply.location).origin, server.url, returnPathname);
  }
});

// As authkit-nextjs does it: no issuedAt, the date is in the seal.
test('a sign-in that authkit-nextjs has begun ends at latchkey serve; authkit-session takes none of its states', async () => {
  const ends = { serve: (jar, back) => visit(jar, back.href).then(({ status }) => status), node: (jar, back) => endAtNode(jar, back).then(() => 302, () => 400) };
  for (const [end, ttl, status] of [['serve', 600, 302], ['serve', 0, 400], ['serve', 1209600, 400], ['node', 600, 400]]) {
    const jar = new Jar();
    const { codeVerifier, url } = await service.getWorkOS().userManagement.getAuthorizationUrlWithPKCE({ provider: 'authkit', clientId: CLIENT_ID, redirectUri: `${server.url}/callback` });
    const state = await sealData({ nonce: crypto.randomUUID(), codeVerifier, returnPathname: '/next' }, { password: PASSWORD, ttl });
    jar.take(server.url, [`${getPKCECookieNameForState(state)}=${state}; Path=/`]);
    const begun = new URL(url);
    begun.searchParams.set('state', state);
    assert.equal(await ends[end](jar, await comeBack(begun.href)), status, `${end}, ${ttl} s`);
    assert.equal((await me(server, jar)).status, status === 302 ? 200 : 401);
  }
});

test('a sealed session is no state, though the password is the same', async () => {
  const jar = new Jar();
  const { url } = await beginAtServe(jar);
  const session = await sealData({ accessToken: 'a', refreshToken: 'r', user: {} }, { password: PASSWORD, ttl: 600 });
  jar.take(server.url, [`${getPKCECookieNameForState(session)}=${session}; Path=/`]);
  const back = await comeBack(url);
  back.searchParams.set('state', session);
  assert.equal((await visit(jar, back.href)).status, 400);
  await assert.rejects(endAtNode(jar, back), { name: 'SessionEncryptionError' });
});

test('both begin in one browser: at most five are kept, and those of each side count', async () => {
  const jar = new Jar();
  const begun = [];
  for (let i = 0; i < 4; i++) begun.push(await beginAtNode(jar));
  for (let i = 0; i < 4; i++) begun.push(await beginAtServe(jar));
  const names = stateNames(jar);
  assert.ok(names.length <= 5, names.join(' '));
  const newest = getPKCECookieNameForState(begun.at(-1).state);
  assert.ok(names.includes(newest), 'the newest is there');
  assert.deepEqual(selectStalePKCEVerifierCookieNames(names, { keep: newest }), [], 'AuthKit would delete none of them');
  const reply = await visit(jar, (await comeBack(begun.at(-1).url)).href);
  assert.equal(reply.status, 302);
});
