// G6 to G8b, the feed: catching up with many events, beside what the store itself can take and beside @workos-inc/node with
// better-sqlite3 and pg writing the same rows.
//
// FEED_EVENTS=1000000 for the long run; without it there are fewer.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FeedServer } from './feed-server.mjs';
import { require } from './fixture.mjs';
import { startPostgres } from './feed-postgres.mjs';
import { median, note, program, ratio, scratch, tell, tiny } from './bench.mjs';

const N = Number(process.env.FEED_EVENTS ?? (tiny ? 2000 : 20_000));
const N_LATE = tiny ? 1000 : 6000; // where each page waits
const N_LONG = tiny ? 2000 : 100_000; // where the time is cut into windows
const N_USERS = process.env.FEED_EVENTS || !tiny ? 1_000_000 : 10_000;
const ROUNDS = process.env.FEED_EVENTS || tiny ? 1 : 5;
const BENCH = program('tests/bench/bench-feed');
const PEER = new URL('feed-peer.mjs', import.meta.url).pathname;

const runs = { made: 0 };

function output(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => (err += text));
    child.once('error', reject).once('close', (code) => (code === 0 ? resolve(out.trim() && JSON.parse(out.trim().split('\n').at(-1))) : reject(new Error(`${command} ${args[0]}: ${err}`))));
  });
}

// One measurement on a new SQLite file, which is removed.
async function onSqlite(measure) {
  const file = path.join(scratch, `feed-${runs.made++}.db`);
  const figures = await measure(`sqlite:${file}`, file);
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true });
  return figures;
}

const ours = (server, ...more) => onSqlite((store) => output(BENCH, ['sync', store, server.url, ...more]));

const canPeer = (() => {
  try {
    new (require('better-sqlite3'))(':memory:').close(); // its compiled part is loaded only then
    return true;
  } catch {
    return false;
  }
})();

async function peer(server) {
  return onSqlite(async (store, file) => {
    await output(BENCH, ['make', store]);
    return output(process.execPath, [PEER, 'sqlite', file, server.url]);
  });
}

const column = (rows, name) => rows.map((row) => row[name]);
const us = (rows) => `${median(column(rows, 'cpu_us')).toFixed(1)} us`;
const rate = (rows) => `${(median(column(rows, 'per_second')) / 1000).toFixed(1)} k/s`;

// ---- G6: local pages ----

async function local() {
  const server = await new FeedServer(N).listen();
  const all = { limit: [], ours: [], peer: [] };
  for (let round = 0; round < ROUNDS; round++) {
    all.limit.push(await onSqlite((store) => output(BENCH, ['limit', store, server.url, String(Math.min(N, 50_000))])));
    all.ours.push(await ours(server));
    if (canPeer) all.peer.push(await peer(server));
  }
  server.close();
  tell('G6', `${N} events into SQLite: rate of the statements alone`, ratio(column(all.ours, 'per_second'), column(all.limit, 'per_second')), {
    atLeast: 0.6,
    unit: 'x',
    detail: `${rate(all.ours)} and ${us(all.ours)} of CPU an event; the statements ${rate(all.limit)}, ${us(all.limit)}`,
  });
  tell('G6', 'CPU of an event at the end, of one at the beginning', ratio(column(all.ours, 'last_us'), column(all.ours, 'first_us')), { atMost: 1.1, unit: 'x' });
  tell('G6', 'memory at the end beyond that after a tenth', median(all.ours.map((row) => row.late_mb - row.early_mb)), {
    atMost: 4,
    unit: ' MB',
    detail: `${median(column(all.ours, 'late_mb')).toFixed(1)} MB`,
  });
  if (!canPeer) return note('better-sqlite3 is not built: its figures are left out');
  tell('G6', '@workos-inc/node with better-sqlite3: our rate of theirs', ratio(column(all.ours, 'per_second'), column(all.peer, 'per_second')), { atLeast: 2, unit: 'x', detail: rate(all.peer) });
  tell('G6', 'their CPU of ours', ratio(column(all.peer, 'cpu_us'), column(all.ours, 'cpu_us')), { atLeast: 2.5, unit: 'x', detail: us(all.peer) });
}

async function lookup() {
  const figures = await onSqlite((store) => output(BENCH, ['lookup', store, String(N_USERS)]));
  tell('G6', `one user of ${N_USERS} by id`, figures.us, { atMost: 50, unit: ' us', detail: `CPU ${figures.cpu_us.toFixed(1)} us` });
}

// ---- G7: PostgreSQL ----

async function postgres() {
  const pg = await startPostgres();
  if (!pg) return note('PostgreSQL is not installed: G7 is left out');
  const server = await new FeedServer(tiny ? N : 20_000).listen();
  const all = { ours: [], unnest: [], rows: [] };
  const on = async (measure) => {
    const name = `feed_${runs.made++}`;
    pg.make(name);
    return measure(pg.url(name));
  };
  const peerOn = (kind) => on(async (url) => {
    await output(BENCH, ['make', url]);
    return output(process.execPath, [PEER, kind, url, server.url]);
  });
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
    all.ours.push(await on((url) => output(BENCH, ['sync', url, server.url])));
    all.unnest.push(await peerOn('pg-unnest'));
    all.rows.push(await peerOn('pg-rows'));
  }
  server.close();
  await pg.stop();
  const against = (peers) => ratio(column(all.ours, 'per_second'), column(peers, 'per_second'));
  tell('G7', '@workos-inc/node with pg, unnest: our rate of theirs', against(all.unnest), { atLeast: 3, unit: 'x', detail: `${rate(all.ours)}; ${rate(all.unnest)}` });
  tell('G7', '@workos-inc/node with pg, row by row: our rate of theirs', against(all.rows), { atLeast: 7, unit: 'x', detail: rate(all.rows) });
  tell('G7', 'CPU of an event, ours alone', median(column(all.ours, 'cpu_us')), { atMost: 16, unit: ' us', detail: `theirs ${us(all.unnest)} and ${us(all.rows)}` });
}

// ---- G8: pages that wait ----

async function late() {
  const server = await new FeedServer(N_LATE).listen();
  for (const latency of tiny ? [5] : [5, 25, 100]) {
    const all = { ours: [], reader: [] };
    for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
      server.reset(latency);
      all.reader.push(await readAlone(server));
      server.reset(latency);
      all.ours.push(await ours(server, 'serial'));
    }
    tell('G8', `each page after ${latency} ms: rate of a reader that does nothing with them`, ratio(column(all.ours, 'per_second'), column(all.reader, 'per_second')), {
      atLeast: 0.97,
      unit: 'x',
      detail: `${rate(all.ours)}, ${us(all.ours)}; the reader ${rate(all.reader)}`,
    });
  }
  server.close();
}

// Latency and transfer alone: page by page, looking for the cursor only.
const readAlone = (server) => output(BENCH, ['read', server.url]);

// ---- G8b: windows side by side ----

async function windows() {
  const server = await new FeedServer(N_LONG).listen();
  const all = { serial: [], wide: [] };
  let busiest = 0;
  for (let round = 0; round < (tiny ? 1 : 2); round++) {
    server.reset(100);
    all.wide.push(await ours(server));
    busiest = Math.max(busiest, server.busiest());
  }
  server.close();
  const few = await new FeedServer(tiny ? 1000 : 4000).listen(); // the serial walk has one speed, however long it is
  for (let round = 0; round < all.wide.length; round++) {
    few.reset(100);
    all.serial.push(await ours(few, 'serial'));
  }
  few.close();
  tell('G8b', `${N_LONG} events, each page after 100 ms: rate of the serial walk`, ratio(column(all.wide, 'per_second'), column(all.serial, 'per_second')), {
    atLeast: 8,
    unit: 'x',
    detail: `${rate(all.wide)}, ${us(all.wide)}; serial ${rate(all.serial)}`,
  });
  tell('G8b', 'most requests within one second', busiest, { atMost: 100 });
}

await local();
await lookup();
await postgres();
await late();
await windows();
