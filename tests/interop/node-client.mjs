// WorkOS' own library as a client of latchkey emulate: what it expects of WorkOS, the emulator does.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { WorkOS } from '@workos-inc/node';
import { API_KEY, CLIENT_ID, Jar, control, emulate, visit } from '../e2e/support.mjs';

const EMAIL = 'mira.holt@juniper.example';
const redirectUri = 'http://127.0.0.1:9/callback';
let emulator, workos, publicClient;

before(async () => {
  emulator = await emulate(['--control']);
  const options = { clientId: CLIENT_ID, apiHostname: new URL(emulator.url).hostname, port: emulator.port, https: false };
  workos = new WorkOS(API_KEY, options);
  publicClient = new WorkOS(options);
});

async function authorize(url, form = { email: EMAIL }) {
  const reply = await visit(new Jar(), url, { form });
  assert.equal(reply.status, 302, reply.text.slice(0, 1000));
  return new URL(reply.location).searchParams;
}

async function pkceCode() {
  const { url, state, codeVerifier } = await workos.userManagement.getAuthorizationUrlWithPKCE({ provider: 'authkit', redirectUri });
  const back = await authorize(url);
  assert.equal(back.get('state'), state);
  return { code: back.get('code'), codeVerifier };
}

test('authenticateWithCode with PKCE and a key', async () => {
  const result = await workos.userManagement.authenticateWithCode(await pkceCode());
  assert.equal(result.user.email, EMAIL);
  assert.equal(result.user.emailVerified, true);
  assert.match(result.organizationId, /^org_/);
  assert.equal(result.accessToken.split('.').length, 3);
});

test('authenticateWithCode of a public client, and a refresh without a secret', async () => {
  const first = await publicClient.userManagement.authenticateWithCode(await pkceCode());
  const second = await publicClient.userManagement.authenticateWithRefreshToken({ refreshToken: first.refreshToken });
  assert.equal(second.user.id, first.user.id);
  assert.notEqual(second.refreshToken, first.refreshToken);
});

test('a code is good once, and only with its verifier', async () => {
  const { code, codeVerifier } = await pkceCode();
  await assert.rejects(workos.userManagement.authenticateWithCode({ code, codeVerifier: 'x'.repeat(43) }), { error: 'invalid_grant' });
  const other = await pkceCode();
  await workos.userManagement.authenticateWithCode(other);
  await assert.rejects(workos.userManagement.authenticateWithCode(other), { error: 'invalid_grant' });
});

test('a wrong key is refused', async () => {
  const stranger = new WorkOS('sk_wrong', { clientId: CLIENT_ID, apiHostname: '127.0.0.1', port: emulator.port, https: false });
  await assert.rejects(stranger.events.listEvents({ events: ['dsync.user.created'] }), { status: 401 });
});

test('sso.getProfileAndToken', async () => {
  const { data: connections } = await workos.sso.listConnections();
  assert.ok(connections.length > 0);
  const url = workos.sso.getAuthorizationUrl({ connection: connections[0].id, clientId: CLIENT_ID, redirectUri, state: 'st' });
  const back = await authorize(url);
  assert.equal(back.get('state'), 'st');
  const { profile, accessToken } = await workos.sso.getProfileAndToken({ code: back.get('code'), clientId: CLIENT_ID });
  assert.equal(profile.email, EMAIL);
  assert.equal(profile.connectionId, connections[0].id);
  assert.equal((await workos.sso.getProfile({ accessToken })).id, profile.id);
});

test('events.listEvents walks all events by cursor, each once, oldest first', async () => {
  const types = ['dsync.activated', 'dsync.user.created', 'dsync.group.created', 'dsync.group.user_added'];
  const seen = [];
  for (let after; ; ) {
    const page = await workos.events.listEvents({ events: types, limit: 5, ...(after && { after }) });
    seen.push(...page.data);
    assert.ok(page.data.length <= 5);
    after = page.listMetadata.after;
    if (!after) break;
  }
  assert.ok(seen.length > 5);
  assert.equal(new Set(seen.map((event) => event.id)).size, seen.length);
  const times = seen.map((event) => event.createdAt);
  assert.deepEqual(times, [...times].sort());
  assert.ok(seen.every((event) => types.includes(event.event)));
});

test('directories, their users and their groups', async () => {
  const { data: directories } = await workos.directorySync.listDirectories();
  assert.ok(directories.length >= 2);
  const state = await control(emulator, 'GET', '/state');
  for (const directory of directories) {
    const users = await (await workos.directorySync.listUsers({ directory: directory.id })).autoPagination();
    const groups = await (await workos.directorySync.listGroups({ directory: directory.id })).autoPagination();
    const own = (list) => list.filter((record) => record.directory_id === directory.id).map((record) => record.id).sort();
    assert.deepEqual(users.map((user) => user.id).sort(), own(state.directory_users));
    assert.deepEqual(groups.map((group) => group.id).sort(), own(state.directory_groups));
    assert.ok(users.every((user) => user.directoryId === directory.id));
    const members = (await workos.directorySync.listUsers({ group: groups[0].id })).data;
    assert.ok(members.length > 0 && members.every((user) => user.groups.some((group) => group.id === groups[0].id)));
  }
});
