// Part of node-client.mjs: AuthKit and SSO by the browser, sessions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Jar, PASSWORD as COOKIE_PASSWORD, visit } from '../e2e/support.mjs';
import { MIRA, clientId, redirectUri, world } from './client-world.mjs';
import { choose } from './node-side.mjs';

async function pkceCode() {
  const { url, state, codeVerifier } = await world.workos.userManagement.getAuthorizationUrlWithPKCE({ provider: 'authkit', redirectUri });
  const back = await choose(url, MIRA);
  assert.equal(back.get('state'), state);
  return { code: back.get('code'), codeVerifier };
}

test('authenticateWithCode with PKCE and a key', async () => {
  const result = await world.workos.userManagement.authenticateWithCode(await pkceCode());
  assert.equal(result.user.email, MIRA);
  assert.equal(result.user.emailVerified, true);
  assert.match(result.organizationId, /^org_/);
  assert.equal(result.accessToken.split('.').length, 3);
});

test('authenticateWithCodeAndVerifier, and a code without PKCE', async () => {
  const users = world.workos.userManagement;
  assert.equal((await users.authenticateWithCodeAndVerifier({ clientId, ...(await pkceCode()) })).user.email, MIRA);
  const back = await choose(users.getAuthorizationUrl({ provider: 'authkit', redirectUri, clientId, state: 'x', loginHint: MIRA }), MIRA);
  assert.equal((await users.authenticateWithCode({ code: back.get('code') })).user.email, MIRA);
});

test('authenticateWithCode of a public client, and a refresh without a secret', async () => {
  const { userManagement } = world.publicClient;
  const first = await userManagement.authenticateWithCode(await pkceCode());
  const second = await userManagement.authenticateWithRefreshToken({ refreshToken: first.refreshToken });
  assert.equal(second.user.id, first.user.id);
  assert.notEqual(second.refreshToken, first.refreshToken);
});

test('a code is good once, and only with its verifier', async () => {
  const users = world.workos.userManagement;
  const { code, codeVerifier } = await pkceCode();
  await assert.rejects(users.authenticateWithCode({ code, codeVerifier: 'x'.repeat(43) }), { error: 'invalid_grant' });
  const other = await pkceCode();
  await users.authenticateWithCode(other);
  await assert.rejects(users.authenticateWithCode(other), { error: 'invalid_grant' });
});

test('a wrong key is refused', async () => {
  await assert.rejects(world.stranger.events.listEvents({ events: ['dsync.user.created'] }), { status: 401 });
});

test('impersonation is told', async () => {
  const users = world.workos.userManagement;
  const url = users.getAuthorizationUrl({ provider: 'authkit', redirectUri, clientId });
  const form = { email: MIRA, impersonator_email: 'ops@juniper.example', impersonator_reason: 'ticket 7' };
  const back = new URL((await visit(new Jar(), url, { form })).location).searchParams;
  const result = await users.authenticateWithCode({ code: back.get('code') });
  assert.deepEqual(result.impersonator, { email: 'ops@juniper.example', reason: 'ticket 7' });
});

test('sessions: sealed, opened, refreshed, switched, listed, revoked, left', async () => {
  const users = world.workos.userManagement;
  const session = { sealSession: true, cookiePassword: COOKIE_PASSWORD };
  const { sealedSession, user } = await users.authenticateWithCode({ ...(await pkceCode()), session });
  const opened = await users.getSessionFromCookie({ sessionData: sealedSession, cookiePassword: COOKIE_PASSWORD });
  assert.equal(opened.user.id, user.id);
  assert.equal((await users.loadSealedSession({ sessionData: sealedSession, cookiePassword: COOKIE_PASSWORD }).authenticate()).authenticated, true);
  assert.ok(await users.getJWKS());
  const known = await users.authenticateWithSessionCookie({ sessionData: sealedSession, cookiePassword: COOKIE_PASSWORD });
  assert.equal(known.authenticated, true);
  const refreshed = await users.authenticateWithRefreshToken({ refreshToken: opened.refreshToken, clientId });
  const switched = await users.authenticateWithRefreshToken({ refreshToken: refreshed.refreshToken, organizationId: refreshed.organizationId });
  assert.equal(switched.organizationId, refreshed.organizationId);
  const { sessionId } = known;
  const { data } = await users.listSessions(user.id);
  assert.equal(data.find(({ id }) => id === sessionId).status, 'active');
  await users.revokeSession({ sessionId });
  assert.equal((await users.listSessions(user.id, { limit: 100 })).data.find(({ id }) => id === sessionId).status, 'revoked');
  await assert.rejects(users.revokeSession({ sessionId: 'session_none' }), { status: 400 });
  await assert.rejects(users.authenticateWithRefreshToken({ refreshToken: switched.refreshToken }), { error: 'invalid_grant' });
  const away = await visit(new Jar(), users.getLogoutUrl({ sessionId, returnTo: redirectUri }));
  assert.equal(away.location, redirectUri);
  assert.equal((await fetch(users.getJwksUrl(clientId))).status, 200);
});

test('SSO: connections, a profile for a code, the profile again', async () => {
  const { sso } = world.workos;
  const { data: connections } = await sso.listConnections();
  const [connection] = connections;
  assert.deepEqual(await sso.getConnection(connection.id), connection);
  await assert.rejects(sso.getConnection('conn_none'), { status: 404 });
  const url = sso.getAuthorizationUrl({ connection: connection.id, clientId, redirectUri, state: 'st' });
  const back = await choose(url, MIRA);
  assert.equal(back.get('state'), 'st');
  const { profile, accessToken } = await sso.getProfileAndToken({ code: back.get('code'), clientId });
  assert.equal(profile.email, MIRA);
  assert.equal(profile.connectionId, connection.id);
  assert.equal((await sso.getProfile({ accessToken })).id, profile.id);
  await assert.rejects(sso.getProfile({ accessToken: 'none' }), { status: 401 });
});

test('SSO with PKCE: only with the verifier', async () => {
  const { sso } = world.workos;
  const [connection] = (await sso.listConnections({ limit: 1 })).data;
  const begin = () => sso.getAuthorizationUrlWithPKCE({ connection: connection.id, clientId, redirectUri });
  const begun = await begin();
  const code = (await choose(begun.url, MIRA)).get('code');
  await assert.rejects(sso.getProfileAndToken({ code, clientId, codeVerifier: 'x'.repeat(43) }), { error: 'invalid_grant' });
  const again = await begin();
  const { profile } = await sso.getProfileAndToken({ code: (await choose(again.url, MIRA)).get('code'), clientId, codeVerifier: again.codeVerifier });
  assert.equal(profile.email, MIRA);
});

test('a connection is deleted, and nobody comes in by it', async () => {
  const { sso, organizations } = world.workos;
  const [connection] = (await sso.listConnections()).data;
  await sso.deleteConnection(connection.id);
  await assert.rejects(sso.getConnection(connection.id), { status: 404 });
  const { location } = await visit(new Jar(), sso.getAuthorizationUrl({ connection: connection.id, clientId, redirectUri }));
  assert.ok(new URL(location).searchParams.get('error'));
  assert.ok(await organizations.getOrganization(connection.organizationId), 'the organization stays');
});
