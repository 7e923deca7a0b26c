// What sync status and GET /metrics tell of the mirror, and events that were set aside.
import assert from 'node:assert/strict';
import os from 'node:os';
import { before, test } from 'node:test';
import { apiEnvironment, ask, emulate, freePort, jsonLines, newStore, run, serve, start, succeed, waitFor } from './support.mjs';
import { change, listUsers, syncOnce } from './mirror.mjs';

let emulator;

before(async () => {
  emulator = await emulate(['--control']);
});

const status = async (store) => JSON.parse(await succeed(['sync', 'status', '--store', store, '--json']));

test('ages, and who polls', async () => {
  const store = newStore();
  const never = await status(store);
  assert.equal(never.poller, null);
  assert.equal(never.last_poll_age_seconds, -1);
  assert.match(await succeed(['sync', 'status', '--store', store]), /^Polled by +nobody under a lease$/m);
  const poller = await start(['sync', 'run', '--store', store], { env: apiEnvironment(emulator.url) });
  const now = await waitFor('a poll under a lease', async () => {
    const seen = await status(store);
    return seen.poller && seen.last_poll_at && seen;
  });
  assert.equal(now.poller, `${os.hostname().slice(0, 63)}, process ${poller.child.pid}`);
  assert.ok(Date.parse(now.poller_until) > Date.now());
  assert.ok(now.last_poll_age_seconds >= 0 && now.last_poll_age_seconds < 60, JSON.stringify(now));
  assert.ok(now.newest_event_age_seconds >= 0);
  assert.equal(now.retention_seconds, 30 * 24 * 3600);
  assert.match(await succeed(['sync', 'status', '--store', store]), new RegExp(`^Polled by +.*process ${poller.child.pid}, until .* or longer$`, 'm'));
});

test('what was set aside is listed with its reason, and tried again by hand', async () => {
  const store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  const users = await listUsers(store);
  assert.deepEqual(jsonLines(await succeed(['sync', 'status', '--parked', '--store', store, '--json'])), []);
  change(store, "INSERT INTO parked SELECT sequence, 'not read by an earlier version' FROM event WHERE type = 'dsync.user.created'", 'DELETE FROM directory_user');
  const parked = jsonLines(await succeed(['sync', 'status', '--parked', '--store', store, '--json']));
  assert.ok(parked.length > 0);
  assert.equal((await status(store)).parked, parked.length);
  assert.ok(parked.every(({ id, event, reason }) => /^event_/.test(id) && event === 'dsync.user.created' && /earlier version/.test(reason)));
  assert.match(await succeed(['sync', 'status', '--parked', '--store', store]), /REASON[\s\S]*not read by an earlier version/);
  assert.match(await succeed(['sync', 'status', '--store', store]), /^Set aside +\d+: sync status --parked tells why$/m);
  const again = await run(['sync', 'run', '--once', '--retry-parked', '--store', store], { env: apiEnvironment(emulator.url) });
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, new RegExp(`${parked.length} events that were set aside were applied`));
  assert.equal((await status(store)).parked, 0);
  assert.deepEqual(new Set((await listUsers(store)).map(({ id }) => id)), new Set(users.map(({ id }) => id)));
});

test('the same as metrics', async () => {
  const server = await serve(emulator.url);
  const moment = (text, name) => Number(text.match(new RegExp(`^latchkey_mirror_${name}_timestamp_seconds (\\S+)$`, 'm'))?.[1]);
  const text = await waitFor('a poll', async () => {
    const { text: seen } = await ask(`${server.url}/metrics`);
    return moment(seen, 'complete') > 0 && /latchkey_mirror_poller/.test(seen) && seen;
  });
  assert.equal(moment(text, 'newest_event') * 1000, Date.parse((await status(server.store)).newest_event_at));
  for (const name of ['last_poll', 'complete', 'reconciled'])
    assert.ok(Math.abs(Date.now() / 1000 - moment(text, name)) < 3600, `${name}: ${text}`);
  assert.match(text, new RegExp(`^latchkey_mirror_poller\\{holder="[^"]*, process ${server.child.pid}"\\} 1$`, 'm'));
  const drift = (await status(server.store)).drift;
  assert.ok(drift.differences > 0 && drift.organizations > 0, JSON.stringify(drift));
  assert.match(await succeed(['sync', 'status', '--store', server.store]), /^Drift +\d+ differences in \d+ organizations/m);
});

test('old events are forgotten on request, and what was before is said to be so', async () => {
  const store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  const users = await listUsers(store);
  const events = jsonLines(await succeed(['events', 'list', '--store', store, '--json', '--limit', '1000']));
  const old = Math.floor(events.length / 2);
  change(store, `UPDATE event SET created_at_ms = created_at_ms - ${40 * 86400e3} WHERE sequence <= ${old}`);
  const once = (...more) => run(['sync', 'run', '--once', '--store', store, '--json', ...more], { env: apiEnvironment(emulator.url) });
  assert.equal(JSON.parse((await once()).stdout).forgotten, 0);
  assert.equal((await status(store)).kept_from, null);
  assert.equal(JSON.parse((await once('--keep-days', '30')).stdout).forgotten, old);
  assert.equal((await status(store)).events, events.length - old);
  assert.deepEqual(await listUsers(store), users);
  const month = Date.now() - 30 * 86400e3;
  assert.ok(Math.abs(Date.parse((await status(store)).kept_from) - month) < 60e3);
  assert.match(await succeed(['sync', 'status', '--store', store]), /^Kept from +\S+Z: older events were forgotten$/m);
  const before = await run(['directory', 'users', '--store', store, '--at', '31d']);
  assert.equal(before.code, 1);
  assert.match(before.stderr, /events from before \S+Z were forgotten/);
  assert.equal((await run(['directory', 'users', '--store', store, '--at', '29d'])).code, 0);
  assert.equal((await once('--keep-days', '0')).code, 2);
});

test('what a consumer has yet to see is not forgotten, which is said', async () => {
  const store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  const old = 5;
  change(store, `UPDATE event SET created_at_ms = created_at_ms - ${40 * 86400e3} WHERE sequence <= ${old}`);
  const forward = `http://127.0.0.1:${await freePort()}`; // where nobody listens
  const listenFrom = async (from, isThere) => {
    const program = start(['listen', '--consumer', 'idle', '--from', from, '--forward', forward, '--store', store]);
    await waitFor(`the consumer, from ${from}`, async () => (await status(store)).consumers.some(isThere));
    await program.stop();
  };
  const forget = async () => JSON.parse(await succeed(['sync', 'run', '--once', '--keep-days', '30', '--json', '--store', store], { env: apiEnvironment(emulator.url) })).forgotten;
  const consumer = async () => (await status(store)).consumers[0];
  const said = /^Consumer +idle: .*\n +older events are kept until it has seen them: run it, move it on\n +\(listen --from now\), or remove it: latchkey-consumer\(3\)$/m;

  await listenFrom('beginning', ({ behind }) => behind > old);
  assert.equal((await consumer()).holds_back, false, 'nothing is to be forgotten yet');
  assert.equal(await forget(), 0);
  assert.equal((await consumer()).holds_back, true);
  assert.match(await succeed(['sync', 'status', '--store', store]), said);
  await listenFrom('now', ({ behind }) => behind === 0);
  assert.equal((await consumer()).holds_back, false);
  assert.doesNotMatch(await succeed(['sync', 'status', '--store', store]), said);
  assert.equal(await forget(), old);
});

test('how long ago, and how much of what WorkOS keeps that is', async () => {
  const store = newStore();
  await succeed(['sync', 'run', '--once', '--store', store], { env: apiEnvironment(emulator.url) });
  for (const [ms, said, days] of [[170e3, '2 minutes', 0], [3 * 3600e3 + 5e3, '3 hours', 0], [5.5 * 86400e3, '5 days', 5]]) {
    change(store, `UPDATE feed SET settled_at_ms = ${Date.now() - ms}`);
    const text = await succeed(['sync', 'status', '--store', store]);
    assert.match(text, new RegExp(`^Complete to +\\S+Z, ${said} ago$`, 'm'));
    assert.match(text, new RegExp(`^Behind by +${days} of the 30 days that WorkOS keeps events$`, 'm'));
  }
});

test('gaps, room and drift', async () => {
  const server = await serve(emulator.url);
  await waitFor('a comparison', async () => (await status(server.store)).reconciled_at);
  change(server.store, 'INSERT INTO gap VALUES (1700000000000, 1700000060000, 1700000070000)');
  const now = await status(server.store);
  assert.deepEqual(now.gaps, [{ since: '2023-11-14T22:13:20.000Z', until: '2023-11-14T22:14:20.000Z', noted_at: '2023-11-14T22:14:30.000Z' }]);
  assert.ok(now.bytes > 50e3, JSON.stringify(now));
  const text = await succeed(['sync', 'status', '--store', server.store]);
  assert.match(text, /^Gap +events from 2023-11-14T22:13:20.000Z to 2023-11-14T22:14:20.000Z never came: WorkOS no longer had them$/m);
  assert.match(text, /^On disk +\d+\.\d MB$/m);
  assert.match(text, /^Newest event +\S+Z, \d+ \w+ ago$/m);
  assert.match(text, /^Behind by +0 of the 30 days that WorkOS keeps events$/m);
  const { text: metrics } = await ask(`${server.url}/metrics`);
  assert.match(metrics, /^latchkey_mirror_gaps 1$/m);
  assert.match(metrics, /^latchkey_mirror_gap_seconds 60$/m);
  assert.match(metrics, /^latchkey_mirror_bytes [1-9]\d+$/m);
  const kinds = [...metrics.matchAll(/^latchkey_mirror_drift\{kind="\w+"\} (\d+)$/gm)].map(([, n]) => Number(n));
  assert.equal(kinds.length, 4);
  assert.equal(kinds.reduce((sum, n) => sum + n), now.drift.differences);
});
