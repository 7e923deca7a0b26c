// What the tests of the mirror share: the emulator's own truth, what Latchkey made of it, and how they compare.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { API_KEY, apiEnvironment, ask, control, jsonLines, run, succeed } from './support.mjs';

// What the mirror says that it follows: directories, and the families that tell the rest of a person's story.
const FAMILIES = {
  dsync: 'activated deactivated deleted user.created user.updated user.deleted group.created group.updated group.deleted group.user_added group.user_removed',
  user: 'created updated deleted',
  organization: 'created updated deleted',
  organization_membership: 'created updated deleted',
  session: 'created revoked',
  connection: 'activated deactivated deleted',
  authentication: ['email_verification', 'magic_auth', 'mfa', 'oauth', 'passkey', 'password', 'sso'].map((by) => `${by}_succeeded ${by}_failed`).join(' '),
};
const TYPES = Object.entries(FAMILIES).flatMap(([family, names]) => names.split(' ').map((name) => `${family}.${name}`));

// All of these events that the API tells, oldest first, walked by cursor.
export async function allEvents(emulator) {
  const events = [];
  for (let after = ''; ; ) {
    const query = new URLSearchParams({ events: TYPES.join(','), order: 'asc', limit: '100', ...(after && { after }) });
    const reply = await ask(`${emulator.url}/events?${query}`, { headers: { authorization: `Bearer ${API_KEY}` } });
    assert.equal(reply.status, 200, reply.text);
    const page = JSON.parse(reply.text);
    events.push(...page.data);
    after = page.list_metadata.after;
    if (!after) return events;
  }
}

export const syncOnce = (emulator, store, options = {}) =>
  run(['sync', 'run', '--store', store, '--once'], { env: apiEnvironment(emulator.url), ...options });

// Reading needs no key and no emulator.
// A hundred thousand take their time.
const list = async (store, ...command) => jsonLines(await succeed([...command, '--store', store, '--json'], { timeoutMs: 600_000 }));
export const listEvents = (store) => list(store, 'events', 'list');
export const listUsers = (store) => list(store, 'directory', 'users');
export const listGroups = (store) => list(store, 'directory', 'groups');

const byId = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const pick = (record, ...names) => Object.fromEntries(names.map((name) => [name, record[name] ?? null]));

function userView(user, groups) {
  const plain = pick(user, 'id', 'directory_id', 'organization_id', 'idp_id', 'email', 'first_name', 'last_name', 'state', 'custom_attributes');
  const role = typeof user.role === 'object' ? user.role?.slug : user.role;
  return { ...plain, role: role ?? null, groups: [...groups].sort() };
}

function groupView(group) {
  return { ...pick(group, 'id', 'directory_id', 'organization_id', 'idp_id', 'name'), members: [...group.members].sort() };
}

// The state API has other words for the same (WorkOS' reference: linked, unlinked) than events have.
const WORDS = { linked: 'active', unlinked: 'inactive' };
const directoryView = (directory) => ({
  ...pick(directory, 'id', 'organization_id', 'name', 'type'),
  state: WORDS[directory.state] ?? directory.state,
});

// The mirror holds what the emulator holds: every event once and in order, every person, every group, and nothing else.
export async function assertMirrors(emulator, store) {
  const events = await listEvents(store);
  const expected = await allEvents(emulator);
  assert.deepEqual(events.map(({ id }) => id), expected.map(({ id }) => id), 'events, each once and in order');
  // Byte for byte what the API sent, as far as JSON goes; compared as text, since there are many.
  for (let i = 0; i < events.length; i++)
    if (JSON.stringify(events[i]) !== JSON.stringify(expected[i])) assert.deepEqual(events[i], expected[i], 'an event');
  return { events, ...(await assertState(emulator, store)) };
}

// The same of directories, people and groups alone: for where events are lost for good.
export async function assertState(emulator, store) {
  const truth = await control(emulator, 'GET', '/state');
  const groupsOf = (id) => truth.directory_groups.filter((group) => group.members.includes(id)).map((group) => group.id);
  const users = await listUsers(store);
  assert.deepEqual(
    users.map((user) => userView(user, user.groups)),
    truth.directory_users.map((user) => userView(user, groupsOf(user.id))).sort(byId),
    'users',
  );
  const groups = await listGroups(store);
  assert.deepEqual(groups.map(groupView), truth.directory_groups.map(groupView).sort(byId), 'groups');
  for (const group of groups) assert.deepEqual(group.members, [...group.members].sort(), 'members are sorted');
  const directories = await list(store, 'directory', 'list');
  assert.deepEqual(directories.map(directoryView), truth.directories.map(directoryView).sort(byId), 'directories');
  return { users, groups, directories };
}

// SQL on a store of SQLite.
export function change(store, ...statements) {
  const script = 'import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db: [db.execute(sql) for sql in sys.argv[2:]]';
  execFileSync('python3', ['-c', script, store.slice('sqlite:'.length), ...statements]);
}
