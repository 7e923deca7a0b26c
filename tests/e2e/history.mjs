// What happened, and how it was: directory show, directory diff and --at, against the emulator.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { control, emulate, jsonLines, newStore, run, succeed } from './support.mjs';
import { listGroups, listUsers, syncOnce } from './mirror.mjs';

let emulator, store, user, group, directory;
const times = {};
const now = () => new Date().toISOString();
const pause = () => new Promise((resolve) => setTimeout(resolve, 30));

async function mark(name) {
  await pause();
  times[name] = now();
  await pause();
}

before(async () => {
  emulator = await emulate(['--control']);
  store = newStore();
  [directory] = (await control(emulator, 'GET', '/state')).directories;
  await mark('before');
  user = await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'ada.history@juniper.example', first_name: 'Ada' });
  group = await control(emulator, 'POST', `/directories/${directory.id}/groups`, { name: 'Historians' });
  await control(emulator, 'POST', `/directory_groups/${group.id}/users`, { user_id: user.id });
  await mark('joined');
  await control(emulator, 'PATCH', `/directory_users/${user.id}`, { first_name: 'Augusta' });
  await mark('renamed');
  await control(emulator, 'DELETE', `/directory_users/${user.id}`, {});
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
});

const ask = (...args) => succeed(['directory', ...args, '--store', store]);
const show = async (id, ...args) => JSON.parse(await ask('show', id, '--json', ...args));

test('show tells the history of one person', async () => {
  const gone = await show(user.id);
  assert.equal(gone.record, null);
  assert.deepEqual(gone.history.map(({ event }) => event), ['dsync.user.created', 'dsync.group.user_added', 'dsync.user.updated', 'dsync.user.deleted']);
  assert.deepEqual(gone.history[1].changes, [{ field: 'group', before: null, after: group.id }]);
  assert.deepEqual(gone.history[2].changes, [{ field: 'first_name', before: 'Ada', after: 'Augusta' }]);
  assert.deepEqual(gone.history.map(({ is_end: end }) => end), [false, false, false, true]);
  const then = await show(user.id, '--at', times.joined);
  assert.equal(then.record.first_name, 'Ada');
  assert.deepEqual(then.record.groups, [group.id]);
  assert.equal(then.history.length, 2);
  const text = await ask('show', user.id, '--at', times.renamed);
  assert.match(text, /^Name +Augusta/m);
  assert.match(text, /dsync\.user\.updated +first_name: Ada > Augusta$/m);
  assert.match(await ask('show', user.id), /^Not there/);
});

test('show knows groups and directories, and says what it does not know', async () => {
  assert.deepEqual((await show(group.id)).record.members, []);
  assert.deepEqual((await show(group.id, '--at', times.renamed)).record.members, [user.id]);
  assert.equal((await show(directory.id)).kind, 'directory');
  const unknown = await run(['directory', 'show', 'directory_user_nobody', '--store', store]);
  assert.equal(unknown.code, 1, unknown.stderr);
  assert.match(unknown.stderr, /directory_user_nobody/);
  const early = await run(['directory', 'users', '--at', '2001-01-01', '--store', store, '--json']);
  assert.equal(early.code, 0);
  assert.equal(early.stdout, '');
  assert.match(early.stderr, /log of events begins at/);
});

test('lists as of a time', async () => {
  const at = async (name, ...list) => jsonLines(await ask(...list, '--json', '--at', times[name]));
  assert.ok(!(await at('before', 'users')).some(({ id }) => id === user.id));
  assert.equal((await at('joined', 'users')).find(({ id }) => id === user.id).first_name, 'Ada');
  assert.deepEqual((await at('renamed', 'groups')).find(({ id }) => id === group.id).members, [user.id]);
  const later = now();
  assert.deepEqual(jsonLines(await ask('users', '--json', '--at', later)), await listUsers(store));
  assert.deepEqual(jsonLines(await ask('groups', '--json', '--at', later)), await listGroups(store));
});

test('diff: what came, went and changed', async () => {
  const diff = async (from, to) => jsonLines(await ask('diff', '--from', times[from], '--to', times[to], '--json'));
  const came = await diff('before', 'joined');
  assert.deepEqual(came.map(({ difference, id }) => `${difference} ${id}`), [`added ${group.id}`, `added ${user.id}`]);
  assert.ok(came[1].changes.some(({ field, after }) => field === 'group' && after === group.id));
  assert.deepEqual((await diff('joined', 'renamed')).map(({ difference, changes }) => [difference, changes]),
    [['changed', [{ field: 'first_name', before: 'Ada', after: 'Augusta' }]]]);
  const text = await ask('diff', '--from', times.renamed);
  assert.match(text, new RegExp(`^- +user +${user.id} +Augusta`, 'm'));
  assert.doesNotMatch(text, /^\+/m);
  assert.match(await ask('diff', '--from', times.joined, '--to', times.renamed), /^~ .* first_name: Ada > Augusta$/m);
});

for (const [why, args] of [
  ['no time', ['diff', '--from', 'yesterdayish']],
  ['none at all', ['diff']],
  ['the wrong way round', ['diff', '--from', '1h', '--to', '2h']],
  ['a time to come', ['users', '--at', '2999-01-01']],
  ['no id', ['show']],
]) {
  test(`times that are none are refused: ${why}`, async () => {
    const result = await run(['directory', ...args, '--store', store]);
    assert.equal(result.code, 2, result.stderr);
    assert.notEqual(result.stderr, '');
    assert.equal(result.stdout, '');
  });
}
