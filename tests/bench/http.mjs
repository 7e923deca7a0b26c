// G3 and G4: what a guarded request costs, beside a bare one that carries the same cookie, Apache with mod_auth_openidc and Node
// with @workos-inc/node. wrk loads one after the other, round by round; CPU is the server's own, the client shares the machine.
import { writeFixture } from './fixture.mjs';
import { isThere as hasApache, startApache } from './apache.mjs';
import { cpuSeconds, has, median, note, program, ratio, residentMegabytes, run, scratch, start, stop, tell, tiny } from './bench.mjs';

const ROUNDS = tiny ? 1 : 7;
const SECONDS = tiny ? 1 : 2;
const CONNECTIONS = 8;

if (!has('wrk')) {
  console.log('wrk is missing');
  process.exit(77);
}

function load({ url, pid, cookie }) {
  const before = cpuSeconds(pid);
  const text = run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-H', `Cookie: ${cookie}`, url]);
  const n = Number(/(\d+) requests in/.exec(text)[1]);
  const errors = /Non-2xx|Socket errors/.test(text);
  if (errors || n === 0) throw new Error(`${url} with ${cookie.slice(0, 60)}\n${text}`);
  return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)[1]), us: ((cpuSeconds(pid) - before) / n) * 1e6 };
}

const { cookies } = await writeFixture(scratch, 1);
const cookie = `wos-session=${cookies[0]}`;
const peer = await start(process.execPath, [new URL('http-peer.mjs', import.meta.url).pathname, scratch], { ready: 'port' });
const node = `http://127.0.0.1:${JSON.parse(peer.line).port}`;
const hosted = await start(program('tests/bench/bench-host'), [scratch, '50', `sqlite:${scratch}/mirror.db`], { ready: 'port' });
const host = `http://127.0.0.1:${JSON.parse(hosted.line).port}`;
const apache = hasApache() ? await startApache(node) : null;

const targets = {
  bare: { url: `${host}/bare`, pid: hosted.child.pid, cookie },
  guarded: { url: `${host}/guarded`, pid: hosted.child.pid, cookie },
  uncached: { url: `${host}/uncached`, pid: hosted.child.pid, cookie },
  node_bare: { url: `${node}/bare`, pid: peer.child.pid, cookie },
  node: { url: `${node}/guarded`, pid: peer.child.pid, cookie },
};
if (apache) {
  targets.apache_bare = { url: `${apache.url}/bare`, pid: apache.pid, cookie: apache.cookie };
  targets.apache = { url: `${apache.url}/guarded`, pid: apache.pid, cookie: apache.cookie };
} else {
  note('Apache or mod_auth_openidc is missing: not compared');
}

// Each is let in, and has fetched its keys, before anything is measured.
for (const { url, cookie } of Object.values(targets)) {
  const { status } = await fetch(url, { headers: { cookie } });
  if (status !== 200) throw new Error(`${url} answered ${status}`);
}

const rate = {};
const us = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, target] of Object.entries(targets)) {
    const result = load(target);
    (rate[name] ??= []).push(result.rate);
    (us[name] ??= []).push(result.us);
  }
}

for (const name of Object.keys(targets))
  note(`${name.padEnd(12)}${Math.round(median(rate[name]))} requests/s, ${median(us[name]).toFixed(1)} us of CPU each`);
note(`resident: ours ${residentMegabytes(hosted.child.pid).toFixed(1)} MB, Node ${residentMegabytes(peer.child.pid).toFixed(0)} MB`);

// Where the machine is busy, the share of it that a server gets decides the rate; what it takes does not change.
const cpu = (peer, ours) => ({ detail: `their CPU is ${ratio(us[peer], us[ours]).toFixed(1)}x ours` });
const added = (name) => median(us[name].map((figure, i) => figure - us.bare[i]));
tell('G3', 'guarded, from memory: rate of the bare server with the same cookie', ratio(rate.guarded, rate.bare), { atLeast: 0.9, unit: 'x' });
tell('G3', 'guarded, from memory: CPU added to it', added('guarded'), { atMost: 3, unit: ' us' });
if (apache) tell('G3', 'guarded, from memory: rate of Apache with mod_auth_openidc', ratio(rate.guarded, rate.apache), { atLeast: 4, unit: 'x', ...cpu('apache', 'guarded') });
tell('G3', 'guarded, from memory: rate of Node with @workos-inc/node', ratio(rate.guarded, rate.node), { atLeast: 20, unit: 'x', ...cpu('node', 'guarded') });
tell('G4', 'guarded, nothing cached: rate of the bare server with the same cookie', ratio(rate.uncached, rate.bare), { atLeast: 0.32, unit: 'x' });
if (apache) tell('G4', 'guarded, nothing cached: rate of Apache with mod_auth_openidc', ratio(rate.uncached, rate.apache), { atLeast: 1.4, unit: 'x', ...cpu('apache', 'uncached') });
tell('G4', 'guarded, nothing cached: rate of Node with @workos-inc/node', ratio(rate.uncached, rate.node), { atLeast: 7, unit: 'x', ...cpu('node', 'uncached') });
const [open] = JSON.parse(run(program('tests/bench/bench-session'), [scratch, 'time', '1', tiny ? '20' : '500'])).open;
tell('G4', 'guarded, nothing cached: CPU added, of one session check', added('uncached') / open, { atMost: 1.2, unit: 'x' });

if (apache) await stop(apache);
await stop(peer);
hosted.child.stdin.end();
