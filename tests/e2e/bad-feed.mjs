// A feed that does all that WorkOS has been seen to do wrong, and more: at the end the mirror holds what the emulator holds, on
// both stores.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { control, emulate, newStore, succeed, waitFor } from './support.mjs';
import { allEvents, assertMirrors, assertState, change, listEvents, syncOnce } from './mirror.mjs';
import { hasPostgres, postgres, query } from './postgres.mjs';
import { toldServer } from './told.mjs';

const WHAT = 'activated deleted user.created user.updated user.deleted group.created group.updated group.deleted group.user_added group.user_removed';
const EVENTS = WHAT.split(' ').map((what) => `dsync.${what}`);
const FAST = ['--poll-interval', '1'];

const simulate = (emulator, count) => control(emulator, 'POST', '/simulate', { count });
const fault = (emulator, how) => control(emulator, 'POST', '/faults', { path: '/events', ...how });
const count = async (emulator) => (await allEvents(emulator)).length;
const holds = (store, n) => waitFor(`${n} events in the mirror`, async () => (await listEvents(store)).length === n);

async function sync(emulator, store) {
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

// Everything between two directories that come and go.
async function comeAndGo(emulator) {
  const { organizations } = await control(emulator, 'GET', '/state');
  const directory = await control(emulator, 'POST', '/directories', { name: 'Brief', organization_id: organizations[0].id });
  const user = await control(emulator, 'POST', `/directories/${directory.id}/users`, { first_name: 'Brief' });
  const group = await control(emulator, 'POST', `/directories/${directory.id}/groups`, { name: 'Brief' });
  await control(emulator, 'POST', `/directory_groups/${group.id}/users`, { user_id: user.id });
  await control(emulator, 'DELETE', `/directories/${directory.id}`, {});
}

// As if the mirror had been away for longer than WorkOS keeps events.
function age(store, days) {
  const ms = days * 24 * 3600 * 1000;
  const statements = [
    `UPDATE feed SET settled_at_ms = settled_at_ms - ${ms}, polled_at_ms = polled_at_ms - ${ms}`,
    `UPDATE walk SET started_at_ms = started_at_ms - ${ms}, finished_at_ms = finished_at_ms - ${ms}`,
  ];
  if (!store.startsWith('sqlite:')) return statements.forEach((statement) => query(store, statement));
  change(store, ...statements);
}

for (const [name, makeStore, skip] of [['SQLite', newStore, false], ['PostgreSQL', postgres, !hasPostgres && 'no PostgreSQL here']]) {
  test(`${name}: webhooks twice, the other way round, lost, and ahead of a feed that holds back`, { skip }, async () => {
    const emulator = await emulate(['--control', '--people', '40']);
    const store = await makeStore();
    const server = await toldServer(emulator, { events: EVENTS, args: FAST, store });
    await holds(store, await count(emulator));
    await control(emulator, 'POST', '/webhooks/mishaps', { duplicate: 2, reorder: true });
    server.relay.loses = (n) => n % 5 === 0;
    await control(emulator, 'POST', '/events/hold', {});
    const before = await count(emulator);
    await simulate(emulator, 40);
    await comeAndGo(emulator);
    await waitFor('what the feed does not show yet', async () => (await listEvents(store)).length > before + 20);
    await control(emulator, 'POST', '/events/release', {});
    await simulate(emulator, 20);
    await holds(store, await count(emulator));
    // Once more, each of them, the newest first; nothing is new any more.
    await control(emulator, 'POST', '/webhooks/mishaps', {});
    server.relay.loses = () => false;
    const { data } = await control(emulator, 'GET', '/webhooks/deliveries?limit=100&order=desc');
    const taken = server.relay.counts[200];
    for (const { id } of data.slice(0, 40)) await control(emulator, 'POST', `/webhooks/deliveries/${id}/resend`, {});
    await waitFor('all of them to be taken', () => server.relay.counts[200] >= taken + 40);
    assert.deepEqual(Object.keys(server.relay.counts).sort(), ['200', 'lost'], 'no webhook was refused');
    await assertMirrors(emulator, store);
    await server.stop();
  });

  test(`${name}: 429, with Retry-After 0, none, and absurd`, { skip }, async () => {
    const emulator = await emulate(['--control']);
    const store = await makeStore();
    const server = await toldServer(emulator, { events: EVENTS, args: FAST, store });
    await holds(store, await count(emulator));
    await fault(emulator, { status: 429, retry_after: 0, count: 4 });
    const began = Date.now();
    await simulate(emulator, 10);
    await waitFor('each of them to be met', async () => (await control(emulator, 'GET', '/faults')).length === 0);
    assert.ok(Date.now() - began > 3000, 'and answered by a wait of a second at least');
    await holds(store, await count(emulator));
    await server.stop();
    for (const [retry_after, code] of [[86400, 1], [1_000_000_000, 1], [undefined, 0], [2, 0]]) {
      await control(emulator, 'DELETE', '/faults', {});
      await fault(emulator, { status: 429, retry_after, count: 1 });
      await simulate(emulator, 3);
      const began = Date.now();
      const result = await syncOnce(emulator, store);
      assert.equal(result.code, code, `${retry_after}: ${result.stderr}`);
      assert.ok(Date.now() - began < 15_000, `${retry_after}: nobody waits for a day`);
      if (code) assert.match(result.stderr, /429|limit|wait/i);
    }
    await sync(emulator, store);
    await assertMirrors(emulator, store);
  });

  test(`${name}: a cursor that is unknown or expired`, { skip }, async () => {
    const emulator = await emulate(['--control', '--people', '40']);
    const store = await makeStore();
    await sync(emulator, store);
    const known = (await listEvents(store)).length;
    const cursor = JSON.parse(await succeed(['sync', 'status', '--store', store, '--json'])).cursor;
    await simulate(emulator, 30);
    // Its own cursor is gone, but nothing that it does not know: it finds the way by time.
    for (let at; (at = (await allEvents(emulator)).findIndex(({ id }) => id === cursor)) >= 0; ) await control(emulator, 'POST', '/events/forget', { count: at + 1 });
    const left = await count(emulator);
    assert.ok(left > 0);
    await sync(emulator, store);
    assert.equal((await listEvents(store)).length, known + left);
    await assertState(emulator, store);
  });

  test(`${name}: away for longer than events are kept: reconciled by itself`, { skip }, async () => {
    const emulator = await emulate(['--control', '--people', '40']);
    const store = await makeStore();
    await sync(emulator, store);
    await simulate(emulator, 120);
    await comeAndGo(emulator);
    await control(emulator, 'POST', '/events/forget', { count: 1_000_000 });
    await simulate(emulator, 3);
    await sync(emulator, store);
    await assert.rejects(assertState(emulator, store), 'what nobody tells it cannot know: else this test shows nothing');
    age(store, 40);
    const result = await sync(emulator, store);
    assert.match(result.stdout, /Up to date/);
    await assertState(emulator, store);
  });
}
