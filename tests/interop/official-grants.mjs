// Every grant that the emulator of WorkOS' command line (npm: workos 0.14.0) implements, through our library.
//
// | Flow                    | There                                                                                      | Here           |
// |-------------------------|--------------------------------------------------------------------------------------------|----------------|
// | AuthKit, PKCE           | yes, without a page                                                                        | official       |
// | login on a command line | likewise                                                                                   | official-login |
// | SSO, profile            | yes, JSON only                                                                             | official       |
// | impersonation           | yes, by the seed                                                                           | official       |
// | sign-out                | yes                                                                                        | official       |
// | events                  | yes, events[] only                                                                         | official       |
// | webhooks                | yes; stamped in seconds, sent once                                                         | webhooks       |
// | password                | yes; wrong: 401                                                                            | below          |
// | magic code              | yes, for users that exist                                                                  | below          |
// | refresh, rotation       | yes; each makes a session, no grace                                                        | below          |
// | organization switch     | yes; takes any organization                                                                | below          |
// | device                  | in part: the start wants a key, which devices do not have; nobody has to approve           | below          |
// | revocation              | yes; the refresh token lives on                                                            | below          |
// | second factors          | enrolment and challenge; no grant asks for one, so no pending token for the grant exists   | refusals       |
// | organization selection  | likewise                                                                                   | refusals       |
// | e-mail verification     | in part: sent and confirmed by API; its grant wants a user_id, which WorkOS' does not have | refusals       |
// | SSO sign-out            | in part: the address, at which it answers JSON                                             | below          |
// | customers' API keys     | no: it reads another member and gives no key                                               | refusals       |
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEmulator } from 'workos/emulate';
import { freePort } from '../e2e/support.mjs';
import { api, authorizeUrl, grant, sentTo } from './grants-side.mjs';

const EMAIL = 'lin@example.com';
const seed = {
  users: [{ email: EMAIL, first_name: 'Lin', password: 'the right one', email_verified: true }],
  organizations: ['One', 'Two'].map((name) => ({ name, domains: [{ domain: `${name.toLowerCase()}.example`, state: 'verified' }] })),
  connections: [{ name: 'SSO', organization: 'One', connection_type: 'GenericOIDC', profiles: [{ email: EMAIL, idp_id: 'i' }] }],
  roles: [{ slug: 'editor', name: 'Editor', type: 'EnvironmentRole' }],
};
let emulator, url, user, organizations;

before(async () => {
  emulator = await createEmulator({ port: await freePort(), seed });
  ({ url } = emulator);
  [user] = (await api(url, 'GET', '/user_management/users')).data;
  organizations = (await api(url, 'GET', '/organizations')).data.sort((a, b) => a.name.localeCompare(b.name));
  await api(url, 'POST', '/user_management/organization_memberships', { user_id: user.id, organization_id: organizations[0].id, role_slug: 'editor' });
});
after(() => emulator.close());

const password = () => grant(url, 'password', EMAIL, 'the right one');

test('a code with PKCE, and a wrong verifier', async () => {
  const challenge = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
  const code = (await sentTo(authorizeUrl(url, challenge))).searchParams.get('code');
  const wrong = await grant(url, 'code', code, 'x'.repeat(43));
  assert.equal(wrong.reason, 'invalid_code_verifier');
  const right = await grant(url, 'code', code, 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'); // RFC 7636, appendix B
  assert.equal(right.email, EMAIL, right.message);
});

test('password, and a wrong one', async () => {
  const right = await password();
  assert.equal(right.email, EMAIL, right.message);
  assert.equal(right.method, 'Password');
  const wrong = await grant(url, 'password', EMAIL, 'the wrong one');
  assert.deepEqual([wrong.ok, wrong.error, wrong.reason], [false, 'LK_ERR_API', 'invalid_credentials']);
});

test('magic code: right, wrong, and a stranger', async () => {
  const { code } = await grant(url, 'create-magic-auth', EMAIL);
  assert.match(code, /^\d{6}$/);
  const wrong = await grant(url, 'magic-auth', EMAIL, code === '000000' ? '000001' : '000000');
  assert.equal(wrong.reason, 'invalid_code');
  assert.equal((await grant(url, 'magic-auth', EMAIL, code)).method, 'MagicAuth');
  assert.equal((await grant(url, 'create-magic-auth', 'nobody@example.com')).http_status, '404');
});

test('refresh rotates; the old token is dead at once', async () => {
  const first = await password();
  const second = await grant(url, 'refresh', first.refresh_token);
  assert.equal(second.user, first.user, second.message);
  assert.notEqual(second.refresh_token, first.refresh_token);
  const again = await grant(url, 'refresh', first.refresh_token);
  assert.deepEqual([again.error, again.reason], ['LK_ERR_API', 'invalid_grant']);
});

test('organization switch: role and organization are in the new token', async () => {
  const first = await password();
  assert.equal(first.organization, undefined);
  const switched = await grant(url, 'refresh', first.refresh_token, organizations[0].id);
  assert.deepEqual([switched.organization, switched.role], [organizations[0].id, 'editor'], switched.message);
  const other = await grant(url, 'refresh', switched.refresh_token, organizations[1].id);
  assert.deepEqual([other.organization, other.role], [organizations[1].id, undefined], other.message);
});

test('device: the code that the start gave signs in, once', async () => {
  const started = await api(url, 'POST', '/user_management/authorize/device', { client_id: 'client_emulated' });
  const done = await grant(url, 'device-code', started.device_code);
  assert.equal(done.email, EMAIL, done.message);
  assert.equal((await grant(url, 'device-code', started.device_code)).reason, 'invalid_grant');
  // What a device would do, without a key.
  const keyless = await grant(url, 'start-device');
  assert.deepEqual([keyless.ok, keyless.http_status], [false, '401']);
});

test('a session is revoked, and is not there a second time', async () => {
  const { session } = await password();
  const listed = async () => (await api(url, 'GET', `/user_management/users/${user.id}/sessions`)).data.some(({ id }) => id === session);
  assert.equal(await listed(), true);
  assert.equal((await grant(url, 'revoke', session)).ok, true);
  assert.equal(await listed(), false);
  assert.equal((await grant(url, 'revoke', session)).http_status, '404');
});

test('SSO sign-out gives an address', async () => {
  const [connection] = (await api(url, 'GET', '/connections')).data;
  const query = new URLSearchParams({ response_type: 'code', client_id: 'c', redirect_uri: 'http://127.0.0.1:9/', connection: connection.id, login_hint: EMAIL });
  const code = (await sentTo(`${url}/sso/authorize?${query}`)).searchParams.get('code');
  const { profile } = await api(url, 'POST', '/sso/token', { grant_type: 'authorization_code', client_id: 'c', client_secret: 's', code });
  const { url: address } = await grant(url, 'end-sso', profile.id);
  assert.equal((await fetch(address)).status, 200);
  assert.equal((await grant(url, 'end-sso', 'prof_none')).http_status, '404');
});

test('what it does not lead to is refused, and the refusal is told', async () => {
  const { id: factor } = await api(url, 'POST', `/user_management/users/${user.id}/auth_factors`, { type: 'totp' });
  const { challenge } = await grant(url, 'challenge-factor', factor);
  assert.ok(challenge);
  const totp = await grant(url, 'totp', '123456', 'pending_none', challenge);
  assert.equal(totp.reason, 'invalid_pending_authentication_token');
  const selection = await grant(url, 'organization', 'pending_none', organizations[0].id);
  assert.equal(selection.reason, 'invalid_pending_authentication_token');
  const mail = await api(url, 'POST', `/user_management/users/${user.id}/email_verification/send`, {});
  const verification = await grant(url, 'email-verification', mail.code, 'pending_none');
  assert.equal(verification.reason, 'invalid_request');
  const key = await grant(url, 'validate-key', 'sk_customer_1');
  assert.equal(key.error, 'LK_ERR_PROTOCOL', 'an answer without a key is no verdict on the key');
});
