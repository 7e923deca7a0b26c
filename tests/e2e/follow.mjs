// latchkey events follow: what the mirror learns, as it learns it, whoever fills it.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { apiEnvironment, control, emulate, jsonLines, newStore, run, start, waitFor } from './support.mjs';
import { listEvents, syncOnce } from './mirror.mjs';

let emulator, store, directory;

before(async () => {
  emulator = await emulate(['--control']);
  store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  directory = (await control(emulator, 'GET', '/state')).directories[0].id;
});

const follow = (...args) => start(['events', 'follow', '--store', store, ...args], { env: apiEnvironment(emulator.url) });
const hire = (first_name) => control(emulator, 'POST', `/directories/${directory}/users`, { first_name });
const shows = (program, text) =>
  waitFor(`${text} to be shown`, () => {
    assert.equal(program.ended, null, program.describe());
    return program.stdout.includes(text);
  });

test('only what comes from now on, once each, and a clean end', async () => {
  const before = new Set((await listEvents(store)).map(({ id }) => id));
  const program = follow('--json');
  await waitFor('it to follow', async () => {
    await hire('Probe');
    await syncOnce(emulator, store);
    return program.stdout.includes('Probe');
  });
  await hire('Early'); // nobody has synchronised it yet: it is news all the same
  await syncOnce(emulator, store);
  await shows(program, 'Early');
  await hire('Later');
  await syncOnce(emulator, store);
  await shows(program, 'Later');
  await syncOnce(emulator, store);
  await program.stop('SIGINT');
  assert.equal(program.stderr, '');
  const events = jsonLines(program.stdout);
  assert.ok(events.every(({ id }) => !before.has(id)));
  assert.deepEqual(events.map(({ data }) => data.first_name).filter((name) => name !== 'Probe'), ['Early', 'Later']);
});

test('--after goes on where another one ended, and misses nothing', async () => {
  const events = await listEvents(store);
  const program = follow('--json', '--after', events[2].id);
  await shows(program, events.at(-1).id);
  await program.stop();
  assert.deepEqual(jsonLines(program.stdout).map(({ id }) => id), events.slice(3).map(({ id }) => id));
  const { code, stderr } = await run(['events', 'follow', '--store', store, '--after', 'event_none']);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /event_none/);
});

test('an event that WorkOS shows late is not missed', async () => {
  const program = follow('--json', '--sync');
  await control(emulator, 'POST', '/events/hold', {});
  await hire('Held');
  await control(emulator, 'POST', '/events/release', {});
  await shows(program, 'Held');
  await program.stop();
});

test('--sync: one program is enough; filters; a table for people', async () => {
  const table = follow('--sync', '--type', 'dsync.user.updated');
  await control(emulator, 'POST', `/directories/${directory}/users`, { id: 'directory_user_f', first_name: 'Filtered' });
  await control(emulator, 'PATCH', '/directory_users/directory_user_f', { first_name: 'Wanted' });
  await shows(table, 'Wanted');
  await table.stop();
  const lines = table.stdout.trim().split('\n');
  assert.match(lines[0], /^WHEN +TYPE +WHAT +ID$/);
  assert.equal(lines.length, 2, table.stdout);
  assert.match(lines[1], /^\S+Z +dsync\.user\.updated +Wanted +event_\S+$/);
});

test('WorkOS out of reach with --sync: told once, and the rest goes on', async () => {
  const program = start(['events', 'follow', '--store', store, '--sync'], { env: apiEnvironment('http://127.0.0.1:9') });
  await waitFor('the trouble to be told', () => program.stderr.includes('the feed'));
  assert.equal(program.ended, null);
  await program.stop();
});

test('without a key --sync is refused, and no option is guessed', async () => {
  assert.equal((await run(['events', 'follow', '--store', store, '--sync'], { env: { WORKOS_API_BASE_URL: emulator.url } })).code, 2);
  assert.equal((await run(['events', 'follow', '--store', store, '--every'])).code, 2);
});
