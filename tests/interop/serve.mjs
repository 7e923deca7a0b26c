// One sign-in for a program in C and one in Node: each side takes the cookie that the other has set.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { WorkOS } from '@workos-inc/node';
import { API_KEY, CLIENT_ID, Jar, PASSWORD, emulate, me, serve, signIn, visit } from '../e2e/support.mjs';

const EMAIL = 'mira.holt@juniper.example';
let emulator, server, workos;

before(async () => {
  emulator = await emulate();
  server = await serve(emulator.url);
  workos = new WorkOS(API_KEY, {
    clientId: CLIENT_ID,
    apiHostname: new URL(emulator.url).hostname,
    port: emulator.port,
    https: false,
  });
});

// As a front end in Node signs somebody in: authorize, choose, exchange.
async function signInWithNode(session) {
  const { url, state, codeVerifier } = await workos.userManagement.getAuthorizationUrlWithPKCE({
    provider: 'authkit',
    redirectUri: 'http://127.0.0.1:9/callback',
  });
  const back = new URL((await visit(new Jar(), url, { form: { email: EMAIL } })).location);
  assert.equal(back.searchParams.get('state'), state);
  return workos.userManagement.authenticateWithCode({ code: back.searchParams.get('code'), codeVerifier, session });
}

test('@workos-inc/node authenticates a cookie that latchkey serve has set', async () => {
  const { jar } = await signIn(server, EMAIL);
  const sessionData = decodeURIComponent(jar.get('wos-session').value);
  const result = await workos.userManagement.loadSealedSession({ sessionData, cookiePassword: PASSWORD }).authenticate();
  assert.equal(result.authenticated, true, JSON.stringify(result));
  assert.equal(result.user.email, EMAIL);
  assert.equal(result.role, 'admin');
  const own = await me(server, jar);
  assert.equal(own.status, 200);
  assert.equal(result.organizationId, own.body.organization_id);

  // The near miss: one character of the seal is another.
  const damaged = sessionData.replace(/.(?=~2$)/, (last) => (last === 'A' ? 'E' : 'A'));
  const refused = await workos.userManagement.loadSealedSession({ sessionData: damaged, cookiePassword: PASSWORD }).authenticate();
  assert.equal(refused.authenticated, false);
});

test('@workos-inc/node renews a session that latchkey serve has begun', async () => {
  const { jar } = await signIn(server, EMAIL);
  const session = workos.userManagement.loadSealedSession({ sessionData: jar.get('wos-session').value, cookiePassword: PASSWORD });
  const renewed = await session.refresh();
  assert.equal(renewed.authenticated, true, JSON.stringify(renewed));
  const reply = await me(server, new Jar(), { cookie: `wos-session=${renewed.sealedSession}` });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
});

test('a cookie sealed by @workos-inc/node signs its user in at latchkey serve', async () => {
  const { sealedSession } = await signInWithNode({ sealSession: true, cookiePassword: PASSWORD });
  const reply = await me(server, new Jar(), { cookie: `wos-session=${sealedSession}` });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.email, EMAIL);

  const damaged = sealedSession.replace(/.(?=~2$)/, (last) => (last === 'A' ? 'E' : 'A'));
  const refused = await me(server, new Jar(), { cookie: `wos-session=${damaged}` });
  assert.equal(refused.status, 401);
  assert.equal(refused.body.user, undefined);
});

test('a cookie sealed with another password signs nobody in', async () => {
  const { sealedSession } = await signInWithNode({ sealSession: true, cookiePassword: `${PASSWORD}-another` });
  assert.equal((await me(server, new Jar(), { cookie: `wos-session=${sealedSession}` })).status, 401);
});

test('an access token that @workos-inc/node obtained opens the JSON routes', async () => {
  const { accessToken, user } = await signInWithNode();
  const reply = await me(server, new Jar(), { authorization: `Bearer ${accessToken}` });
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.id, user.id);
  const [head, body, signature] = accessToken.split('.');
  const forged = [Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'), body, ''].join('.');
  assert.equal((await me(server, new Jar(), { authorization: `Bearer ${forged}` })).status, 401);
  const turned = [head, body, [...signature].reverse().join('')].join('.');
  assert.equal((await me(server, new Jar(), { authorization: `Bearer ${turned}` })).status, 401);
});
