// Every answer of latchkey emulate against WorkOS' own specification: each endpoint that it serves, each status that it
// has, the members that must be there and those that must not.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, Jar, control, emulate, scratchFile, visit } from '../e2e/support.mjs';
import { Judge, complaints, eventComplaints, eventTypes, isServed, operationOf, operations, webhookTypes } from './openapi.mjs';
import { deviations, seed } from './spec-data.mjs';
import { askAboutPeople } from './spec-people.mjs';

const redirectUri = 'http://127.0.0.1:9/callback';
const PASSWORD = 'latchkey-demo';
// All that the calls below bring about.
const MADE = [
  ...['api_key.created', 'connection.activated', 'email_verification.created', 'invitation.created', 'magic_auth.created'],
  ...['email_verification_succeeded', 'magic_auth_failed', 'magic_auth_succeeded', 'oauth_succeeded', 'password_failed', 'password_succeeded', 'sso_succeeded'].map(
    (name) => `authentication.${name}`,
  ),
  ...['activated', 'deleted', 'group.created', 'group.deleted', 'group.updated', 'group.user_added', 'group.user_removed'].map((name) => `dsync.${name}`),
  ...['dsync.user.created', 'dsync.user.deleted', 'dsync.user.updated', 'organization.created', 'organization_membership.created'],
  ...['role.created', 'session.created', 'session.revoked', 'user.created', 'user.updated', 'user.deleted', 'connection.deleted'],
  ...['updated', 'deleted'].flatMap((name) => [`organization.${name}`, `organization_membership.${name}`]),
  ...['accepted', 'resent', 'revoked'].map((name) => `invitation.${name}`),
  ...['password_reset.created', 'password_reset.succeeded'],
];
const GRANT = 'urn:workos:oauth:grant-type:';
const WITH_KEY = { client_id: CLIENT_ID, client_secret: API_KEY };
let emulator, judge, call;

before(async () => {
  emulator = await emulate(['--control', '--seed', scratchFile('seed.json', JSON.stringify(seed))]);
  judge = new Judge(emulator, deviations);
  call = judge.call.bind(judge);
});

const query = (members) => `?${new URLSearchParams(members)}`;
const grant = (grant_type, status, json) => call('POST', '/user_management/authenticate', status, { key: null, json: { ...WITH_KEY, grant_type, ...json } });
const password = (email, status = 200) => grant('password', status, { email, password: PASSWORD });

// The page of the emulator itself, which no specification knows: chooses a person, gives what comes back.
async function choose(path, members, form) {
  const url = `${emulator.url}${path}${query({ response_type: 'code', client_id: CLIENT_ID, redirect_uri: redirectUri, state: 's', ...members })}`;
  const reply = await visit(new Jar(), url, { form });
  assert.equal(reply.status, 302, reply.text.slice(0, 500));
  return new URL(reply.location).searchParams;
}

// What every list answers to its paging.
async function list(route) {
  const joint = route.includes('?') ? '&' : '?';
  const first = await call('GET', `${route}${joint}limit=1&order=asc`, 200);
  if (first.body.list_metadata.after) await call('GET', `${route}${joint}limit=1&after=${first.body.list_metadata.after}`, 200);
  await call('GET', `${route}${joint}limit=0`, 422);
  await call('GET', `${route}${joint}order=sideways`, 422);
  await call('GET', `${route}${joint}after=nothing`, 422);
  return (await call('GET', `${route}${joint}limit=100`, 200)).body.data;
}

async function one(route, id) {
  await call('GET', `${route}/missing`, 404);
  return (await call('GET', `${route}/${id}`, 200)).body;
}

test('people, organizations and connections', async () => {
  const users = await list('/user_management/users');
  await one('/user_management/users', users[0].id);
  await list(`/user_management/organization_memberships?user_id=${users[0].id}`);
  const organizations = await list('/organizations');
  await one('/organizations', organizations[0].id);
  const connections = await list('/connections');
  await one('/connections', connections[0].id);
});

test('the grant of a code, its refresh and its sessions', async () => {
  const back = await choose('/user_management/authorize', { provider: 'authkit' }, { email: 'ana@a.example' });
  const route = `/user_management/authorize${query({ response_type: 'code', client_id: CLIENT_ID, redirect_uri: redirectUri, provider: 'authkit' })}`;
  await call('GET', route, 200, { key: null });
  await call('GET', `${route}&prompt=none`, 302, { key: null });
  const { body } = await grant('authorization_code', 200, { code: back.get('code') });
  await grant('authorization_code', 400, { code: back.get('code') });
  await grant('authorization_code', 400, {});
  const { body: next } = await grant('refresh_token', 200, { refresh_token: body.refresh_token });
  await grant('refresh_token', 400, { refresh_token: 'rt_none' });
  await grant('refresh_token', 400, { refresh_token: next.refresh_token, organization_id: 'org_none' });
  await grant('unheard_of', 400, {});
  const [session] = await list(`/user_management/users/${body.user.id}/sessions`);
  await call('GET', '/user_management/users/missing/sessions', 404);
  await call('POST', '/user_management/sessions/revoke', 200, { json: { session_id: session.id } });
  await call('POST', '/user_management/sessions/revoke', 400, { json: { session_id: 'session_none' } });
  await call('GET', `/user_management/sessions/logout?session_id=${session.id}`, 302, { key: null });
  await call('GET', '/user_management/sessions/logout', 422, { key: null });
});

test('an impersonated session says by whom', async () => {
  const form = { email: 'ana@a.example', impersonator_email: 'ops@a.example', impersonator_reason: 'ticket 7' };
  const back = await choose('/user_management/authorize', { provider: 'authkit' }, form);
  const { body } = await grant('authorization_code', 200, { code: back.get('code') });
  assert.equal(body.impersonator.email, 'ops@a.example');
  await call('GET', `/user_management/users/${body.user.id}/sessions`, 200);
});

test('the grants without a browser and the steps between', async () => {
  await password('ana@a.example');
  await grant('password', 400, { email: 'ana@a.example', password: 'wrong' });
  const { body: magic } = await call('POST', '/user_management/magic_auth', 201, { json: { email: 'fresh@a.example' } });
  await call('POST', '/user_management/magic_auth', 422, { json: { email: 'no address' } });
  await one('/user_management/magic_auth', magic.id);
  await grant(`${GRANT}magic-auth:code`, 400, { email: magic.email, code: '000000x' });
  await grant(`${GRANT}magic-auth:code`, 200, { email: magic.email, code: magic.code });
  const { body: mail } = await password('new@a.example', 403);
  const { body: sent } = await call('GET', `/user_management/email_verification/${mail.email_verification_id}`, 200);
  await call('GET', '/user_management/email_verification/missing', 404);
  await grant(`${GRANT}email-verification:code`, 200, { code: sent.code, pending_authentication_token: mail.pending_authentication_token });
  const { body: many } = await password('two@a.example', 403);
  const chosen = { pending_authentication_token: many.pending_authentication_token, organization_id: many.organizations[0].id };
  await grant(`${GRANT}organization-selection`, 400, { ...chosen, organization_id: 'org_none' });
  await grant(`${GRANT}organization-selection`, 200, chosen);
  await grant(`${GRANT}organization-selection`, 400, chosen);
  await password('sso@a.example', 400);
  assert.equal((await password('mfa@a.example', 403)).body.code, 'mfa_enrollment');
});

test('second factors', async () => {
  const [user] = (await call('GET', '/user_management/users?email=ana%40a.example', 200)).body.data;
  const route = `/user_management/users/${user.id}/auth_factors`;
  await call('POST', route, 201, { json: { type: 'totp', totp_issuer: 'A', totp_user: 'ana' } });
  await call('POST', route, 422, { json: { type: 'sms' } });
  const [factor] = (await call('GET', route, 200)).body.data;
  await call('GET', `${route}?limit=0`, 422);
  await call('POST', `/auth/factors/${factor.id}/challenge`, 201, { json: {} });
  await call('POST', '/auth/factors/missing/challenge', 404, { json: {} });
  await password('ana@a.example', 403);
});

test('a device', async () => {
  const { body } = await call('POST', '/user_management/authorize/device', 200, { key: null, json: { client_id: CLIENT_ID } });
  await call('POST', '/user_management/authorize/device', 200, { key: null, form: { client_id: CLIENT_ID } });
  await call('POST', '/user_management/authorize/device', 400, { key: null, json: { client_id: 'client_other' } });
  const poll = (status) => grant('urn:ietf:params:oauth:grant-type:device_code', status, { device_code: body.device_code });
  assert.equal((await poll(400)).body.error, 'authorization_pending');
  assert.equal((await poll(400)).body.error, 'slow_down');
  await visit(new Jar(), `${emulator.url}/device?user_code=${body.user_code}`, { form: { email: 'sam@a.example' } });
  await control(emulator, 'POST', '/clock', { advance_s: 15 });
  await poll(200);
});

test('single sign-on and its end', async () => {
  const route = `/sso/authorize${query({ response_type: 'code', client_id: CLIENT_ID, redirect_uri: redirectUri, state: 's', connection: 'conn_none' })}`;
  await call('GET', route, 302, { key: null });
  await call('GET', route.replace('conn_none', 'conn_oidc'), 200, { key: null });
  const token = async (email) => {
    const back = await choose('/sso/authorize', { connection: 'conn_oidc' }, { email });
    return (await call('POST', '/sso/token', 200, { form: { ...WITH_KEY, grant_type: 'authorization_code', code: back.get('code') } })).body;
  };
  const { access_token, profile } = await token('sso@a.example');
  await call('POST', '/sso/token', 400, { form: { ...WITH_KEY, grant_type: 'authorization_code', code: 'none' } });
  await call('POST', '/sso/token', 400, { json: { ...WITH_KEY, grant_type: 'password' } });
  await call('GET', '/sso/profile', 200, { key: access_token });
  await call('GET', '/sso/profile', 401, { key: 'none' });
  const { body } = await call('POST', '/sso/logout/authorize', 200, { json: { profile_id: profile.id } });
  await call('POST', '/sso/logout/authorize', 404, { json: { profile_id: 'prof_none' } });
  await call('POST', '/sso/logout/authorize', 400, { json: { profile_id: 'prof_saml' } });
  await call('GET', body.logout_url.slice(emulator.url.length), 302, { key: null });
  await call('GET', '/sso/logout?token=none', 404, { key: null });
});

test('the signing key, and its certificate', async () => {
  const { keys } = (await call('GET', `/sso/jwks/${CLIENT_ID}`, 200, { key: null })).body;
  await call('GET', '/sso/jwks/client_none', 404, { key: null });
  const certificate = new crypto.X509Certificate(Buffer.from(keys[0].x5c[0], 'base64'));
  const { n, e } = certificate.publicKey.export({ format: 'jwk' });
  assert.deepEqual({ n, e }, { n: keys[0].n, e: keys[0].e });
  assert.ok(certificate.verify(certificate.publicKey), 'signed by the key itself');
  assert.equal(keys[0]['x5t#S256'], crypto.createHash('sha256').update(certificate.raw).digest('base64url'));
});

test('directories, and their end', async () => {
  const directories = await list('/directories');
  const [directory] = directories;
  await one('/directories', directory.id);
  const users = await list(`/directory_users?directory=${directory.id}`);
  const groups = await list(`/directory_groups?directory=${directory.id}`);
  await one('/directory_users', users[0].id);
  await one('/directory_groups', groups[0].id);
  await call('GET', `/directory_users?group=${groups[0].id}`, 200);
  await call('GET', `/directory_groups?user=${users[0].id}`, 200);
  for (const kind of ['users', 'groups']) {
    await call('GET', `/directory_${kind}`, 422);
    await call('GET', `/directory_${kind}?directory=directory_none`, 404);
  }
  await change(directory, users, groups);
  await call('DELETE', `/directories/${directory.id}`, 202);
});

// Each kind of change once, for the feed.
async function change(directory, users, groups) {
  const { id } = await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'n@a.example', first_name: 'N' });
  await control(emulator, 'PATCH', `/directory_users/${id}`, { last_name: 'M', custom_attributes: { department_name: 'Ops' } });
  await control(emulator, 'POST', `/directory_groups/${groups[0].id}/users`, { user_id: id });
  await control(emulator, 'DELETE', `/directory_groups/${groups[0].id}/users/${id}`, {});
  await control(emulator, 'DELETE', `/directory_users/${id}`, {});
  const group = await control(emulator, 'POST', `/directories/${directory.id}/groups`, { name: 'G' });
  await control(emulator, 'PATCH', `/directory_groups/${group.id}`, { name: 'H' });
  await control(emulator, 'DELETE', `/directory_groups/${group.id}`, {});
  await control(emulator, 'PATCH', `/directories/${directory.id}`, { name: 'Renamed' });
  await control(emulator, 'POST', '/directories', { name: 'Another', organization_id: 'org_open' });
}

test('keys of customers', async () => {
  await call('POST', '/api_keys/validations', 200, { json: { value: 'sk_customer_1234' } });
  await call('POST', '/api_keys/validations', 200, { json: { value: 'sk_unknown' } });
  await call('POST', '/api_keys/validations', 422, { json: {} });
  await call('POST', '/api_keys/validations', 401, { key: 'sk_wrong', json: { value: 'x' } });
});

test('webhook endpoints', async () => {
  const json = { endpoint_url: 'http://127.0.0.1:9/hook', events: ['user.created'] };
  const { body } = await call('POST', '/webhook_endpoints', 201, { json });
  await call('POST', '/webhook_endpoints', 409, { json });
  await call('POST', '/webhook_endpoints', 422, { json: { ...json, endpoint_url: 'http://127.0.0.1:9/b', events: ['user.sneezed'] } });
  await call('POST', '/webhook_endpoints', 422, { json: { endpoint_url: 'nowhere', events: [] } });
  await call('GET', '/webhook_endpoints', 200);
  const route = `/webhook_endpoints/${body.id}`;
  await call('PATCH', route, 200, { json: { status: 'disabled' } });
  await call('PATCH', route, 422, { json: { endpoint_url: 'nowhere' } });
  await call('PATCH', '/webhook_endpoints/missing', 404, { json: {} });
  const all = { endpoint_url: 'http://127.0.0.1:9/all', events: webhookTypes };
  await call('DELETE', `/webhook_endpoints/${(await call('POST', '/webhook_endpoints', 201, { json: all })).body.id}`, 204);
  for (const type of eventTypes.filter((name) => !webhookTypes.includes(name))) await call('POST', '/webhook_endpoints', 422, { json: { ...all, events: [type] } });
  const { body: other } = await call('POST', '/webhook_endpoints', 201, { json: { ...json, endpoint_url: 'http://127.0.0.1:9/c' } });
  await call('PATCH', `/webhook_endpoints/${other.id}`, 409, { json: { endpoint_url: json.endpoint_url } });
  await call('DELETE', route, 204);
  await call('DELETE', route, 404);
});

test('people, organizations and memberships that are made, changed and removed', () => askAboutPeople(call));

test('the feed, and every event that all this has made', async () => {
  const feed = `/events?events=${eventTypes.join('%2C')}`;
  const seen = new Set();
  for (let after = ''; ; ) {
    const { body } = await call('GET', `${feed}&limit=100${after && `&after=${after}`}`, 200);
    for (const { event } of body.data) seen.add(event);
    after = body.list_metadata.after;
    if (!after) break;
  }
  assert.deepEqual([...seen].sort(), [...MADE].sort());
  await call('GET', '/events', 422);
  await call('GET', `${feed}&limit=0`, 422);
  await call('GET', `${feed}&after=event_none`, 400);
});

test('the rate limits that the specification knows', async () => {
  for (const operation of operations.filter(({ responses }) => responses['429'])) {
    if (!(await isServed(emulator, operation))) continue;
    const path = operation.path.replace(/\{[^}]+\}/g, 'some');
    await control(emulator, 'POST', '/faults', { method: operation.method, path, status: 429, retry_after: 1 });
    const reply = await call(operation.method, path, 429, operation.method === 'GET' ? {} : { json: {} });
    assert.equal(reply.headers['retry-after'], '1');
  }
});

test('nothing deviates but what is listed, and all of that does', () => {
  assert.deepEqual(judge.verdict(), []);
});

test('each endpoint that is served was asked for a good answer and for a bad one', async () => {
  const unasked = [];
  for (const operation of operations) {
    if (!(await isServed(emulator, operation))) continue;
    const seen = [...(judge.reached.get(`${operation.method} ${operation.path}`) ?? [])];
    const hasBad = Object.keys(operation.responses).some((status) => ['400', '404', '409', '422'].includes(status));
    if (!seen.some((status) => status < 400)) unasked.push(`${operation.method} ${operation.path}: no good answer`);
    if (hasBad && !seen.some((status) => status >= 400)) unasked.push(`${operation.method} ${operation.path}: no bad answer`);
  }
  assert.deepEqual(unasked, []);
});

test('the judge sees what is missing, what is too much, and what is of another kind', async () => {
  const operation = operationOf('GET', '/connections');
  const { text, body } = await call('GET', '/connections', 200);
  assert.deepEqual(complaints(operation, 200, text), []);
  const spoilt = (spoil) => {
    const copy = structuredClone(body);
    spoil(copy.data[0], copy);
    return complaints(operation, 200, JSON.stringify(copy));
  };
  assert.match(spoilt((connection) => delete connection.status)[0], /status/);
  assert.match(spoilt((connection) => (connection.created_at = 'yesterday'))[0], /date-time/);
  assert.match(spoilt((connection) => (connection.secret = 'x'))[0], /secret is not in the specification/);
  assert.match(spoilt((connection) => (connection.state = 'open'))[0], /state/);
  assert.match(spoilt((connection, list) => (list.object = 'page'))[0], /list/);
  assert.match(complaints(operation, 200, '<html>')[0], /without JSON/);
  assert.match(complaints(operation, 418, '{}')[0], /status 418/);
  const event = { object: 'event', id: 'event_1', event: 'dsync.sneezed', data: {}, created_at: '2026-01-01T00:00:00.000Z' };
  assert.match(eventComplaints(event)[0], /dsync.sneezed/);
  assert.ok(eventComplaints({ ...event, event: 'dsync.user.created' }).length > 0);
});
