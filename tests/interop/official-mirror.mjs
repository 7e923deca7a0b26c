// The mirror, fed by the emulator that WorkOS ships (npm: workos): its own names for directory events, its state API that heeds no
// filter, its webhooks. What it can express arrives; what it cannot is kept, changes nothing, and is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serve as listen } from './node_modules/@hono/node-server/dist/index.mjs';
import { createServer } from './node_modules/workos/dist/emulate/core/index.js';
import { seedFromConfig, workosPlugin } from './node_modules/workos/dist/emulate/workos/index.js';
import { getWorkOSStore } from './node_modules/workos/dist/emulate/workos/store.js';
import { API_KEY, apiEnvironment, freePort, jsonLines, newStore, run, succeed } from '../e2e/support.mjs';

// Its directories have no API to make them: they are put into its own store, whose hooks then make the events.
let url, official, server;

before(async () => {
  const port = await freePort();
  url = `http://localhost:${port}`;
  const { app, store } = createServer(workosPlugin, { port, baseUrl: url, apiKeys: { [API_KEY]: { environment: 'test' } } });
  workosPlugin.seed?.(store, url);
  seedFromConfig(store, url, {
    users: [{ email: 'lin@example.com', first_name: 'Lin' }],
    organizations: [{ name: 'Example', memberships: [{ email: 'lin@example.com' }] }],
  });
  official = getWorkOSStore(store);
  server = listen({ fetch: app.fetch, port, hostname: '127.0.0.1' });
});
after(() => server.close());

const env = () => apiEnvironment(url);
const sync = (store) => succeed(['sync', 'run', '--once', '--store', store], { env: env() });
const list = async (store, ...command) => jsonLines(await succeed([...command, '--store', store, '--json']));
const status = async (store) => JSON.parse(await succeed(['sync', 'status', '--store', store, '--json']));

function addDirectory(name) {
  const [organization] = official.organizations.all();
  return official.directories.insert({ object: 'directory', name, organization_id: organization.id, domain: null, type: 'okta scim v2.0', state: 'linked', external_key: name });
}
function addGroup(directory, name) {
  return official.directoryGroups.insert({ object: 'directory_group', directory_id: directory.id, organization_id: directory.organization_id, idp_id: name, name, raw_attributes: {} });
}
function addUser(directory, first_name, groups = []) {
  return official.directoryUsers.insert({
    object: 'directory_user', directory_id: directory.id, organization_id: directory.organization_id, idp_id: first_name, first_name, last_name: null,
    email: `${first_name.toLowerCase()}@example.com`, username: null, state: 'active', role: null, custom_attributes: {}, raw_attributes: {},
    groups: groups.map(({ id, name }) => ({ object: 'directory_group', id, name })),
  });
}

test('a first run against it: events of people arrive, and nothing is set aside', async () => {
  const store = newStore();
  assert.match(await sync(store), /Up to date/);
  const types = (await list(store, 'events', 'list')).map(({ event }) => event);
  assert.ok(types.includes('user.created') && types.includes('organization_membership.created'), types.join());
  assert.equal((await status(store)).parked, 0);
});

test('its directories: the state API fills the mirror, events of its own names change nothing and are told', async () => {
  const store = newStore();
  const one = addDirectory('one');
  const two = addDirectory('two');
  const group = addGroup(one, 'Night');
  const users = [addUser(one, 'Ada', [group]), addUser(one, 'Bo'), addUser(two, 'Cy')];
  const told = await sync(store);
  assert.match(told, /^Kept +\d+ events, of types that change nothing here: .*directory/m);
  // It answers for all directories, whichever is asked about: each person is in their own all the same.
  assert.deepEqual((await list(store, 'directory', 'list')).map(({ id, name, state }) => [id, name, state]).sort(), [[one.id, 'one', 'active'], [two.id, 'two', 'active']].sort());
  const mirrored = await list(store, 'directory', 'users');
  assert.deepEqual(mirrored.map(({ id, directory_id }) => [id, directory_id]).sort(), users.map(({ id, directory_id }) => [id, directory_id]).sort());
  assert.deepEqual((await list(store, 'directory', 'groups')).map(({ id, members }) => [id, members]), [[group.id, [users[0].id]]]);

  // What happens now comes under names that WorkOS does not have.
  const late = addUser(two, 'Dee');
  official.directoryUsers.delete(users[1].id);
  await sync(store);
  assert.equal((await list(store, 'directory', 'users')).length, 3, 'its events say nothing that the mirror understands');
  const { other_types: other, parked } = await status(store);
  assert.equal(other['directory_user.created'], 4, JSON.stringify(other));
  assert.equal(other['directory_user.deleted'], 1);
  assert.equal(parked, 0);
  assert.equal(other['user.created'], undefined, 'what WorkOS calls so is of use');
  assert.match(await succeed(['sync', 'status', '--store', store]), /^Kept +\d+ events, of types that change nothing here/m);

  const reconciled = await run(['sync', 'reconcile', '--force', '--store', store], { env: env() });
  assert.equal(reconciled.code, 0, reconciled.stderr);
  assert.deepEqual((await list(store, 'directory', 'users')).map(({ id }) => id).sort(), [users[0].id, users[2].id, late.id].sort());
});
