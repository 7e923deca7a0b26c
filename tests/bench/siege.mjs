// Sign-in while others keep the server busy: slow visitors who hold connections, and many who are signed in.
//
//     LATCHKEY=build/app/latchkey node tests/bench/siege.mjs [SECONDS] [SLOW] [REQUESTS_PER_SECOND] [OPTION…]
//
// prints a line of JSON: how long /login, /callback and /api/me took, what failed, and the server's memory over time.
// tests/e2e/siege.mjs runs a short one.
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

const memory = (pid) => Number(fs.readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]);

async function timed(into, work) {
  const from = performance.now();
  const result = await work();
  into.push(performance.now() - from);
  return result;
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1));
  return { n: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

export async function besiege({ seconds, nSlow, perSecond, args = [], email = 'mira.holt@juniper.example' }) {
  const emulator = await emulate(['--token-lifetime', '86400']); // renewals are not what is measured
  const server = await serve(emulator.url, { args });
  const times = { login: [], callback: [], me: [] };
  const state = { sockets: new Set(), isOver: false, n_hung_up: 0, n_pressed: 0, n_press_failed: 0 };
  const failures = [];
  const rss = [];
  const { jar } = await signIn(server, email);
  const pressing = press(server, jar.header(server.url), perSecond, state);
  for (let i = 0; i < nSlow; i++) holdOn(server.port, SLOW[i % SLOW.length], state);
  await pause(1000); // until they have all worked themselves in

  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    try {
      const mine = new Jar();
      const login = await timed(times.login, () => visit(mine, `${server.url}/login`));
      const chosen = await visit(mine, login.location, { form: { email } });
      const arrival = await timed(times.callback, () => visit(mine, chosen.location));
      const me = await timed(times.me, () => visit(mine, `${server.url}/api/me`));
      if (arrival.status !== 302 || me.status !== 200) throw new Error(`callback: ${arrival.status}, me: ${me.status}`);
    } catch (error) {
      failures.push(error.message.slice(0, 200));
    }
    rss.push(memory(server.child.pid));
    await pause(250);
  }
  const held = state.sockets.size;
  state.isOver = true;
  for (const socket of state.sockets) socket.destroy();
  await pressing;
  const metrics = (await ask(`${server.url}/metrics`)).text;
  const dropped = Number(metrics.match(/^latchkey_connections_dropped_total (\d+)/m)[1]);
  await server.stop();
  await emulator.stop();
  return {
    seconds, slow: nSlow, held, hung_up: state.n_hung_up, dropped, pressed: state.n_pressed, press_failed: state.n_press_failed, failures,
    ms: Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)])),
    rss_kb: Array.from({ length: 11 }, (_, i) => rss[Math.floor(((rss.length - 1) * i) / 10)]), // at each tenth
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [seconds = '10', nSlow = '200', perSecond = '500', ...args] = process.argv.slice(2);
  console.log(JSON.stringify(await besiege({ seconds: Number(seconds), nSlow: Number(nSlow), perSecond: Number(perSecond), args })));
}
