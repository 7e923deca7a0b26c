// G5 and G9: how long somebody new waits while others hold every worker, and what a server takes that does nothing.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeFixture } from './fixture.mjs';
import { freePort, median, note, program, residentMegabytes, run, scratch, start, stop, tell, tiny } from './bench.mjs';

const ROUNDS = tiny ? 2 : 9;
const WORKERS = 128; // of latchkey serve
const HOLDERS = WORKERS + 32;
const NEWCOMERS = tiny ? 5 : 200;

await writeFixture(scratch, 1);

// ---- Fairness ----

async function startServe() {
  const port = await freePort();
  const env = { WORKOS_CLIENT_ID: 'client_01BENCH', WORKOS_COOKIE_PASSWORD: 'a-cookie-password-for-benchmarks-1' };
  const args = ['serve', '--listen', `127.0.0.1:${port}`, '--store', `sqlite:${path.join(scratch, 'serve.db')}`];
  return { ...(await start(program('app/latchkey'), args, { env, until: () => firstByte(port).then(Boolean, () => false) })), port };
}

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';

// Milliseconds from the connection to the first byte of the answer.
function firstByte(port) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const socket = net.connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(6000, () => socket.destroy(new Error('no answer in 6 s')));
    socket.once('data', () => {
      resolve(performance.now() - begin);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

// Asks every 50 ms over one connection, and over a new one whenever the server closes it.
function hold(port, held) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const turn = () => {
    if (held.over) return agent.destroy();
    const again = () => setTimeout(turn, 50);
    http
      .get({ port, host: '127.0.0.1', path: '/healthz', agent }, (reply) => {
        held.answers++;
        reply.resume().once('end', again);
      })
      .once('error', (error) => {
        if (error.code !== 'ECONNRESET') held.failures++; // closed while idle: any client asks again
        again();
      });
  };
  turn();
}

const serve = await startServe();
const held = { over: false, answers: 0, failures: 0 };
for (let i = 0; i < HOLDERS; i++) hold(serve.port, held);
await pause(tiny ? 300 : 1500);
const waits = [];
let failures = 0;
for (let i = 0; i < NEWCOMERS; i++) {
  await firstByte(serve.port).then((ms) => waits.push(ms), () => failures++);
  await pause(5);
}
held.over = true;
tell('G5', `newcomer's first byte while ${HOLDERS} visitors hold ${WORKERS} workers, longest of ${NEWCOMERS}`, Math.max(...waits), {
  atMost: 50,
  unit: ' ms',
  detail: `median ${median(waits).toFixed(1)} ms; the holders had ${held.answers} answers`,
});
tell('G5', 'newcomers without an answer', failures, { atMost: 0 });
tell('G5', 'holders without an answer', held.failures, { atMost: 0 });
await stop(serve);

// ---- Footprint ----

const figures = { floor: [], host: [], first: [], floor_first: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, args] of [
    ['floor', [path.join(scratch, `floor-${round}.db`)]],
    ['host', [`sqlite:${path.join(scratch, `host-${round}.db`)}`]],
  ]) {
    const begin = performance.now();
    const command = program(`tests/bench/bench-${name}`);
    const self = await start(command, name === 'host' ? [scratch, '50', ...args] : ['50', ...args], { ready: 'port' });
    const { port } = JSON.parse(self.line);
    await new Promise((resolve, reject) => {
      http.get({ port, host: '127.0.0.1', path: '/bare', agent: false }, (reply) => reply.resume().once('end', resolve)).once('error', reject);
    });
    figures[name === 'host' ? 'first' : 'floor_first'].push(performance.now() - begin);
    figures[name].push(residentMegabytes(self.child.pid));
    self.child.stdin.end();
    await new Promise((resolve) => self.child.once('exit', resolve));
  }
}
const stripped = path.join(scratch, 'stripped.so');
run('strip', ['-o', stripped, fs.realpathSync(program('lib/liblatchkey.so'))]);
tell('G9', 'resident with 50 threads, a mirror in SQLite, libcurl: idle', median(figures.host), {
  atMost: 8,
  unit: ' MB',
  detail: `CivetWeb, SQLite and libcurl alone: ${median(figures.floor).toFixed(1)} MB`,
});
tell('G9', 'resident beyond what those libraries take alone', median(figures.host) - median(figures.floor), { unit: ' MB' });
tell('G9', 'from the start to the first answer', median(figures.first), {
  atMost: 15,
  unit: ' ms',
  detail: `those libraries alone: ${median(figures.floor_first).toFixed(1)} ms`,
});
tell('G9', 'the library, stripped', fs.statSync(stripped).size / 1024, { atMost: 400, unit: ' KB' });
