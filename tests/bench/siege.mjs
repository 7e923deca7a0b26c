// Sign-in while others keep the server busy: slow visitors who hold connections, and many who are signed in.
//
//     LATCHKEY=build/app/latchkey node tests/bench/siege.mjs [SECONDS] [SLOW] [REQUESTS_PER_SECOND] [WARM_UP] [OPTION…]
//
// prints a line of JSON: how long /login, /callback and /api/me took, what failed, the server's memory in each tenth of the time, and
// whether that is flat; the exit code is 1 where it is not, or somebody could not sign in. WARM_UP sign-ins come before: what is kept
// up to a bound (sessions, pages of the mirror, what malloc keeps for each thread) is to be full, so that what grows is seen, not what
// fills. tests/e2e/siege.mjs runs a short one.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Jar, ask, emulate, serve, signIn, visit } from '../e2e/support.mjs';

// Each says too little, in its own way, for as long as it is let.
const SLOW = [
  ['head', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ', 'a'],
  ['body', 'POST /logout HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n', 'b'],
  ['idle', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', ''],
];

function holdOn(port, [, opening, drip], state) {
  const socket = net.connect(port, '127.0.0.1');
  let timer;
  state.sockets.add(socket);
  socket.on('connect', () => {
    socket.write(opening);
    if (drip) timer = setInterval(() => socket.write(drip), 200);
  });
  socket.on('data', () => {});
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(timer);
    state.sockets.delete(socket);
    state.n_hung_up++;
    if (!state.isOver) setTimeout(() => state.isOver || holdOn(port, [, opening, drip], state), 20);
  });
}

// So many requests a second of somebody who is signed in, over connections that stay. One that the server has just let go of is no
// failure: the request goes out anew, as a browser's does.
async function press(server, cookie, perSecond, state) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });
  for (let due = Date.now(); !state.isOver; due += 20) {
    for (let i = 0; i < perSecond / 50; i++)
      ask(`${server.url}/api/me`, { headers: { cookie }, agent })
        .catch(() => ask(`${server.url}/api/me`, { headers: { cookie } }))
        .then(({ status }) => (status === 200 ? state.n_pressed++ : state.n_press_failed++), () => state.n_press_failed++);
    await pause(Math.max(0, due - Date.now()));
  }
  agent.destroy();
}

// Resident, in KB.
const memory = (pid) => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

async function timed(into, what, work) {
  const from = performance.now();
  const elapsed = () => performance.now() - from;
  const result = await work().catch((error) => {
    throw new Error(`${what} after ${elapsed().toFixed()} ms: ${error.message.slice(0, 200)}`);
  });
  into.push(elapsed());
  return result;
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1));
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;

// Least squares of values that were taken at equal intervals: by how much each is more than the one before.
function slope(values) {
  const x = (values.length - 1) / 2;
  const y = mean(values);
  const over = values.reduce((sum, value, i) => sum + (i - x) * (value - y), 0);
  return over / values.reduce((sum, _, i) => sum + (i - x) ** 2, 0);
}

// Of samples of memory in KB, one each everyMs. What counts is the straight line through the last half: from its beginning to its end it
// may rise by 1 MB or by 2 %, whichever is more. In the five minutes of half a siege of ten that is 1 KB for each sign-in and 20 bytes
// for each request that anything could keep for good unseen; a session is 6 KB.
export function judge(samples, everyMs) {
  const lastHalf = samples.slice(Math.floor(samples.length / 2));
  const each = slope(lastHalf);
  const growth = each * (lastHalf.length - 1);
  const tenth = (i) => samples.slice(Math.floor((samples.length * i) / 10), Math.floor((samples.length * (i + 1)) / 10));
  return {
    rss_kb: Array.from({ length: 10 }, (_, i) => Math.round(mean(tenth(i)))),
    last_half_kb: Math.round(growth),
    kb_per_minute: Math.round((each * 60_000) / everyMs),
    is_flat: growth <= Math.max(1024, 0.02 * lastHalf[0]),
  };
}

const SAMPLE_MS = 200;

async function sample(server, into, state) {
  while (!state.isOver) {
    into.push(memory(server.child.pid));
    await pause(SAMPLE_MS);
  }
}

// Somebody new: not signed in anywhere yet.
async function comeIn(server, email, times) {
  const mine = new Jar();
  const login = await timed(times.login, 'login', () => visit(mine, `${server.url}/login`));
  const chosen = await visit(mine, login.location, { form: { email } });
  const arrival = await timed(times.callback, 'callback', () => visit(mine, chosen.location));
  const me = await timed(times.me, 'me', () => visit(mine, `${server.url}/api/me`));
  if (arrival.status !== 302 || me.status !== 200) throw new Error(`callback: ${arrival.status}, me: ${me.status}`);
}

const noTimes = () => ({ login: [], callback: [], me: [] });

// Eight at a time.
async function warmUp(server, email, n, failures) {
  let left = n;
  const comeInWhileAny = async () => {
    while (left-- > 0) await comeIn(server, email, noTimes()).catch((error) => failures.push(error.message));
  };
  await Promise.all(Array.from({ length: 8 }, comeInWhileAny));
}

export async function besiege({ seconds, nSlow, perSecond, nWarmUp = 0, args = [], email = 'mira.holt@juniper.example' }) {
  const emulator = await emulate(['--token-lifetime', '86400']); // renewals are not what is measured
  const server = await serve(emulator.url, { args });
  const times = noTimes();
  const state = { sockets: new Set(), isOver: false, n_hung_up: 0, n_pressed: 0, n_press_failed: 0 };
  const failures = [];
  const samples = [];
  const { jar } = await signIn(server, email);
  await warmUp(server, email, nWarmUp, failures);
  const pressing = press(server, jar.header(server.url), perSecond, state);
  for (let i = 0; i < nSlow; i++) holdOn(server.port, SLOW[i % SLOW.length], state);
  await pause(1000); // until they have all worked themselves in

  const sampling = sample(server, samples, state);
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    await comeIn(server, email, times).catch((error) => failures.push(error.message));
    await pause(250);
  }
  const held = state.sockets.size;
  state.isOver = true;
  for (const socket of state.sockets) socket.destroy();
  await Promise.all([pressing, sampling]);
  const metrics = (await ask(`${server.url}/metrics`)).text;
  const dropped = Number(metrics.match(/^latchkey_connections_dropped_total (\d+)/m)[1]);
  await server.stop();
  await emulator.stop();
  return {
    seconds, slow: nSlow, held, hung_up: state.n_hung_up, dropped, pressed: state.n_pressed, press_failed: state.n_press_failed, failures,
    ms: Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)])),
    ...judge(samples, SAMPLE_MS),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seconds = '10', nSlow = '200', perSecond = '500', nWarmUp = '0', ...args] = process.argv.slice(2);
  const result = await besiege({ seconds: Number(seconds), nSlow: Number(nSlow), perSecond: Number(perSecond), nWarmUp: Number(nWarmUp), args });
  console.log(JSON.stringify(result));
  process.exitCode = result.is_flat && result.failures.length === 0 && result.press_failed === 0 ? 0 : 1;
}
