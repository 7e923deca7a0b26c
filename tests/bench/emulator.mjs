// E1 to E3, the local WorkOS with a large company: how soon it answers, what it takes, and whether it serves pages of events faster
// than Latchkey applies them. Where it does not, measurements of the mirror against it measure the emulator.
import { spawnSync } from 'node:child_process';
import http from 'node:http';
import path from 'node:path';
import { cpuSeconds, median, program, residentMegabytes, scratch, start, stop, tell, tiny } from './bench.mjs';

const PEOPLE = tiny ? 5000 : 100_000;
const FEWER = tiny ? 100 : 3000; // for the mirror, which takes its time
const PAGES = tiny ? 50 : 300; // enough for some ticks of the CPU's clock
const ROUNDS = tiny ? 2 : 5;
const TYPES = 'activated deactivated deleted user.created user.updated user.deleted group.created group.updated group.deleted group.user_added group.user_removed'
  .split(' ')
  .map((name) => `dsync.${name}`)
  .join(',');

async function startEmulator(people) {
  const begin = performance.now();
  const self = await start(program('app/latchkey'), ['emulate', '--port', '0', '--simulate', '0', '--people', String(people)], { ready: '"ready"' });
  return { ...self, ...JSON.parse(self.line), ms: performance.now() - begin };
}

function get(emulator, agent, route) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${emulator.api_key}` };
    http
      .get(`${emulator.url}${route}`, { agent, headers }, (reply) => {
        const pieces = [];
        reply.on('data', (piece) => pieces.push(piece)).once('end', () => resolve(Buffer.concat(pieces).toString()));
      })
      .once('error', reject);
  });
}

// Events, page by page over one connection, as a reader that does nothing with them; only the cursor is looked for.
async function walk(emulator) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const begin = performance.now();
  const before = cpuSeconds(emulator.child.pid);
  let n = 0;
  for (let after = '', page = 0; page < PAGES; page++) {
    const text = await get(emulator, agent, `/events?events=${TYPES}&limit=100&order=asc${after && `&after=${after}`}`);
    n += text.split('"object":"event"').length - 1;
    after = /"list_metadata":\{[^}]*"after":"([^"]+)"/.exec(text)?.[1];
    if (!after) break;
  }
  agent.destroy();
  return { n, seconds: (performance.now() - begin) / 1000, cpu: cpuSeconds(emulator.child.pid) - before };
}

// What Latchkey itself needs for all of them: the time of its own process, in which it does not wait for the emulator.
function synchronise(emulator, round) {
  const env = { ...process.env, WORKOS_API_BASE_URL: emulator.url, WORKOS_API_KEY: emulator.api_key, WORKOS_CLIENT_ID: emulator.client_id, TIMEFORMAT: '%U %S' };
  const store = `sqlite:${path.join(scratch, `mirror-${round}.db`)}`;
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync('bash', ['-c', 'time "$0" sync run --once --json --store "$1"', program('app/latchkey'), store], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`sync run: ${stderr}`);
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  const { applied } = JSON.parse(stdout.trim().split('\n').at(-1));
  return { perSecond: applied / ((performance.now() - begin) / 1000), perCpuSecond: applied / (user + system) };
}

const starts = [];
let emulator;
for (let round = 0; round < ROUNDS; round++) {
  if (emulator) await stop(emulator);
  emulator = await startEmulator(PEOPLE);
  starts.push(emulator.ms);
}
const idle = residentMegabytes(emulator.child.pid);
const walks = [];
for (let round = 0; round < 3; round++) walks.push(await walk(emulator));
const resident = residentMegabytes(emulator.child.pid);
await stop(emulator);
emulator = await startEmulator(FEWER);
const syncs = [];
for (let round = 0; round < (tiny ? 1 : 3); round++) syncs.push(synchronise(emulator, round));
await stop(emulator);

// Both in time of their own CPU: by the clock, whatever else the machine does is measured along.
const served = median(walks.map(({ n, cpu }) => n / cpu));
const applied = median(syncs.map(({ perCpuSecond }) => perCpuSecond));
tell('E1', `from the start to the ready line, ${PEOPLE} people`, median(starts) / 1000, { atMost: 3, unit: ' s' });
tell('E2', `resident with ${PEOPLE} people, after ${walks.length * PAGES} pages of events`, resident, {
  atMost: 200,
  unit: ' MB',
  detail: `at the start ${idle.toFixed(1)} MB`,
});
tell('E3', 'events served in a second of CPU, beside those that Latchkey applies in one', served / applied, {
  atLeast: 1,
  unit: ' times',
  detail: `${served.toFixed(0)} served, ${applied.toFixed(0)} applied`,
});
tell('E3', 'served in a second by the clock, to one reader', median(walks.map(({ n, seconds }) => n / seconds)), { unit: ' events' });
tell('E3', 'applied in a second by the clock, both at work', median(syncs.map(({ perSecond }) => perSecond)), { unit: ' events' });
