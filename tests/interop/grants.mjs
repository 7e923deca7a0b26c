// Every grant without a browser, through our library (grants.c) against our emulator: the steps that WorkOS' own does not
// lead to (official-grants.mjs), each with what it takes and with a near miss.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Jar, control, emulate, scratchFile, visit } from '../e2e/support.mjs';
import { api, grant } from './grants-side.mjs';
import { seed } from './spec-data.mjs';

const PASSWORD = 'latchkey-demo';
let emulator, url;

before(async () => {
  const users = [...seed.users, { email: 'totp@a.example', password: PASSWORD, email_verified: true, totp_secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }];
  emulator = await emulate(['--control', '--seed', scratchFile('seed.json', JSON.stringify({ ...seed, users }))]);
  ({ url } = emulator);
});

const password = (email) => grant(url, 'password', email, PASSWORD);

test('password, and a wrong one', async () => {
  const right = await password('ana@a.example');
  assert.deepEqual([right.email, right.organization, right.role], ['ana@a.example', 'org_open', 'member'], right.message);
  const wrong = await grant(url, 'password', 'ana@a.example', 'x');
  assert.deepEqual([wrong.error, wrong.reason], ['LK_ERR_API', 'invalid_credentials']);
});

test('magic code: a stranger becomes a user; a code is good once', async () => {
  const { code } = await grant(url, 'create-magic-auth', 'fresh@a.example');
  const wrong = await grant(url, 'magic-auth', 'fresh@a.example', code === '000000' ? '000001' : '000000');
  assert.equal(wrong.reason, 'invalid_one_time_code');
  const right = await grant(url, 'magic-auth', 'fresh@a.example', code);
  assert.deepEqual([right.method, right.email_verified], ['MagicAuth', 'true'], right.message);
  assert.equal((await grant(url, 'magic-auth', 'fresh@a.example', code)).reason, 'one_time_code_previously_used');
});

test('e-mail verification: asked for, done with the code that was sent', async () => {
  const asked = await password('new@a.example');
  assert.equal(asked.code, 'email_verification_required');
  const { code } = await api(url, 'GET', `/user_management/email_verification/${asked.email_verification_id}`);
  const wrong = await grant(url, 'email-verification', code === '000000' ? '000001' : '000000', asked.pending_authentication_token);
  assert.equal(wrong.reason, 'invalid_one_time_code');
  const done = await grant(url, 'email-verification', code, asked.pending_authentication_token);
  assert.equal(done.email_verified, 'true', done.message);
});

test('a second factor: challenged, done with the code of now', async () => {
  const asked = await password('totp@a.example');
  assert.equal(asked.code, 'mfa_challenge');
  const { challenge } = await grant(url, 'challenge-factor', asked.factor);
  const page = await (await fetch(url)).text();
  const code = page.match(/Code now <code>(\d{6})/)[1];
  const wrong = await grant(url, 'totp', code === '000000' ? '000001' : '000000', asked.pending_authentication_token, challenge);
  assert.equal(wrong.reason, 'invalid_one_time_code');
  const done = await grant(url, 'totp', code, asked.pending_authentication_token, challenge);
  assert.equal(done.email, 'totp@a.example', done.message);
});

test('a second factor that is missing: the word says so', async () => {
  const asked = await password('mfa@a.example');
  assert.deepEqual([asked.ok, asked.code], [false, 'mfa_enrollment']);
});

test('organization selection: of those offered, not of others', async () => {
  const asked = await password('two@a.example');
  assert.equal(asked.code, 'organization_selection_required');
  assert.deepEqual(asked.lists('organization').sort(), ['org_open', 'org_other']);
  const wrong = await grant(url, 'organization', asked.pending_authentication_token, 'org_strict');
  assert.equal(wrong.reason, 'invalid_organization_id');
  const done = await grant(url, 'organization', asked.pending_authentication_token, 'org_other');
  assert.equal(done.organization, 'org_other', done.message);
});

test('an organization that wants SSO names its connections', async () => {
  const asked = await password('sso@a.example');
  assert.deepEqual([asked.ok, asked.code], [false, 'sso_required']);
  assert.deepEqual(asked.lists('connection'), ['conn_oidc']);
});

test('refresh: rotated, replayed for half a minute, then dead; the session stays', async () => {
  const first = await password('ana@a.example');
  const second = await grant(url, 'refresh', first.refresh_token);
  assert.deepEqual([second.session, second.organization], [first.session, 'org_open'], second.message);
  assert.equal((await grant(url, 'refresh', first.refresh_token)).refresh_token, second.refresh_token);
  await control(emulator, 'POST', '/clock', { advance_s: 31 });
  assert.equal((await grant(url, 'refresh', first.refresh_token)).reason, 'invalid_grant');
  assert.equal((await grant(url, 'refresh', second.refresh_token)).session, first.session);
});

test('organization switch: to one of the own, not to another', async () => {
  const asked = await password('two@a.example');
  const first = await grant(url, 'organization', asked.pending_authentication_token, 'org_open');
  const refused = await grant(url, 'refresh', first.refresh_token, 'org_strict');
  assert.equal(refused.reason, 'organization_membership_not_found');
  const switched = await grant(url, 'refresh', first.refresh_token, 'org_other');
  assert.deepEqual([switched.organization, switched.session], ['org_other', first.session], switched.message);
});

test('a session that was revoked is not refreshed', async () => {
  const first = await password('ana@a.example');
  assert.equal((await grant(url, 'revoke', first.session)).ok, true);
  assert.equal((await grant(url, 'refresh', first.refresh_token)).reason, 'invalid_grant');
  assert.equal((await grant(url, 'revoke', 'session_none')).http_status, '400');
});

test('device: pending, approved, used up; refused by the person', async () => {
  const start = async () => (await fetch(`${url}/user_management/authorize/device`, { method: 'POST', body: new URLSearchParams({ client_id: 'client_emulated' }) })).json();
  const { device_code, user_code } = await start();
  assert.equal((await grant(url, 'device-code', device_code)).reason, 'authorization_pending');
  assert.equal((await grant(url, 'device-code', device_code)).reason, 'slow_down');
  await visit(new Jar(), `${url}/device?user_code=${user_code}`, { form: { email: 'sam@a.example' } });
  await control(emulator, 'POST', '/clock', { advance_s: 15 });
  assert.equal((await grant(url, 'device-code', device_code)).email, 'sam@a.example');
  assert.equal((await grant(url, 'device-code', device_code)).reason, 'invalid_grant');
  const other = await start();
  await visit(new Jar(), `${url}/device?user_code=${other.user_code}`, { form: { cancel: '1' } });
  assert.equal((await grant(url, 'device-code', other.device_code)).reason, 'access_denied');
});

test('a key of a customer, and one that is none', async () => {
  const key = await grant(url, 'validate-key', 'sk_customer_1234');
  assert.deepEqual([key.name, key.organization], ['CI', 'org_open'], key.message);
  assert.equal((await grant(url, 'validate-key', 'sk_customer_1235')).error, 'LK_ERR_NOT_FOUND');
});

test('SSO sign-out: for OpenID Connect, not for SAML', async () => {
  assert.match((await grant(url, 'end-sso', 'prof_oidc')).url, /\/sso\/logout\?token=/);
  assert.equal((await grant(url, 'end-sso', 'prof_saml')).reason, 'connection_invalid');
});
