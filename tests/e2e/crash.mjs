// kill -9 at random moments of ingest, webhooks and reconciliation, on both stores: nothing is lost, nothing is doubled, and the
// mirror holds what the emulator holds.
//
// LK_KILLS=1000 for the proof. A failure prints its seed; LK_SEED=n draws the same moments, as far as a machine repeats itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { PASSWORD, apiEnvironment, ask, control, emulate, freePort, isUp, newStore, run, start, waitFor, API_KEY } from './support.mjs';
import { assertMirrors, listEvents, syncOnce } from './mirror.mjs';
import { hasPostgres, postgres } from './postgres.mjs';

const KILLS = Number(process.env.LK_KILLS ?? 24);
const SEED = Number(process.env.LK_SEED ?? Date.now() % 1_000_000);
const LOOK_AFTER = 20; // kills
const TYPES = ['created', 'updated', 'deleted'].flatMap((what) => [`dsync.user.${what}`, `dsync.group.${what}`]);

// mulberry32
let state = SEED;
function chance(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

async function world(store) {
  const emulator = await emulate(['--control', '--people', '60']);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const endpoint = {
    endpoint_url: `${url}/webhooks/workos`,
    events: [...TYPES, 'dsync.group.user_added', 'dsync.group.user_removed'],
  };
  const made = await ask(`${emulator.url}/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(endpoint),
  });
  assert.equal(made.status, 201, made.text);
  return { emulator, store, url, port, secret: JSON.parse(made.text).secret, counts: { ingest: 0, webhook: 0, reconcile: 0 } };
}

const change = ({ emulator }, most) => control(emulator, 'POST', '/simulate', { count: 1 + chance(most) });

// True: it fell into the middle, and not behind the end.
async function killed(child, ms) {
  await pause(ms);
  child.child.kill('SIGKILL');
  await child.closed;
  child.forget();
  if (child.ended.signal === 'SIGKILL') return true;
  assert.equal(child.ended.code, 0, child.describe());
  return false;
}

async function ingest(w) {
  await change(w, 60);
  return killed(start(['sync', 'run', '--store', w.store], { env: apiEnvironment(w.emulator.url) }), chance(160));
}

async function reconcile(w) {
  await change(w, 10);
  const args = ['sync', 'reconcile', '--force', '--store', w.store];
  return killed(start(args, { env: apiEnvironment(w.emulator.url) }), chance(600));
}

// What was answered with 200 is in the store, whatever happens next.
async function assertDurable(w) {
  const kept = new Set((await listEvents(w.store)).map(({ id }) => id));
  const { data } = await control(w.emulator, 'GET', '/webhooks/deliveries?limit=100');
  for (const { state, event_id: id } of data) if (state === 'delivered') assert.ok(kept.has(id), `${id} was answered, and lost`);
}

async function webhook(w) {
  const args = ['serve', '--listen', `127.0.0.1:${w.port}`, '--store', w.store, '--poll-interval', '3600'];
  const settings = { WORKOS_REDIRECT_URI: `${w.url}/callback`, WORKOS_COOKIE_PASSWORD: PASSWORD, WORKOS_WEBHOOK_SECRET: w.secret };
  const server = start(args, { env: apiEnvironment(w.emulator.url, settings) });
  await waitFor('the server to answer', async () => server.ended || isUp(`${w.url}/healthz`));
  assert.equal(server.ended, null, server.describe());
  await change(w, 30);
  const hit = await killed(server, chance(80));
  await assertDurable(w);
  return hit;
}

async function look(w) {
  const result = await syncOnce(w.emulator, w.store);
  assert.equal(result.code, 0, result.stderr);
  await assertMirrors(w.emulator, w.store);
}

async function prove(t, store) {
  const w = await world(store);
  const ways = { ingest, webhook, reconcile };
  for (let kills = 0; kills < KILLS; ) {
    const way = Object.keys(ways)[chance(3)];
    if (!(await ways[way](w))) continue;
    w.counts[way]++;
    if (++kills % LOOK_AFTER === 0 || kills === KILLS) await look(w);
  }
  const events = (await listEvents(store)).length;
  t.diagnostic(`LK_SEED=${SEED}: ${KILLS} kills (${JSON.stringify(w.counts)}), ${events} events`);
}

const named = (t, store) =>
  prove(t, store).catch((error) => {
    error.message = `LK_SEED=${SEED}: ${error.message}`;
    throw error;
  });

test('kill -9 at any moment loses and doubles nothing on SQLite', (t) => named(t, newStore()));

test('kill -9 at any moment loses and doubles nothing on PostgreSQL', { skip: !hasPostgres }, async (t) => named(t, await postgres()));
