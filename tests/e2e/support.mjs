// Starts the real programs, talks to them over HTTP, and ends them again. For the tests in e2e and interop.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../support/free-port.mjs';

export { freePort };

export const LATCHKEY = process.env.LATCHKEY;
if (!LATCHKEY) throw new Error('LATCHKEY must hold the path of the program: meson test sets it');

export const API_KEY = 'sk_test_default';
export const CLIENT_ID = 'client_emulated';
export const PASSWORD = 'latchkey-test-cookie-password-0001';

// Sanitised programs on a busy machine of two cores are slow; what is right is never waited for so long.
const PATIENCE_MS = 60_000;

// Where localhost has two addresses, Node gives up the first after 250 ms, though it was only this process that waited for its turn.
net.setDefaultAutoSelectFamilyAttemptTimeout(PATIENCE_MS);

export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-test-'));
const running = new Set();

after(async () => {
  for (const program of running) await program.stop();
  fs.rmSync(scratch, { recursive: true, force: true });
});
// However this process ends, the programs it started end with it.
process.on('exit', () => {
  for (const program of running) program.child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// Nothing of the machine's own settings reaches the programs: no proxy, no WorkOS key, no state.
export function environment(extra = {}) {
  const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: scratch, TMPDIR: scratch };
  env.XDG_STATE_HOME = path.join(scratch, 'state');
  for (const [name, value] of Object.entries(process.env))
    if (/^(ASAN|UBSAN|LSAN|TSAN)_OPTIONS$|^LD_LIBRARY_PATH$/.test(name)) env[name] = value;
  return { ...env, ...extra };
}

let counter = 0;
export function scratchFile(name, content) {
  const file = path.join(scratch, `${++counter}-${name}`);
  if (content !== undefined) fs.writeFileSync(file, content);
  return file;
}

export function newStore() {
  return `sqlite:${scratchFile('mirror.db')}`;
}

export async function waitFor(what, attempt, patienceMs = PATIENCE_MS) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const result = await attempt();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
    await pause(40);
  }
}

// Runs a program to its end; endAtOutput: asks one that stays to end once it has said something. Resolves to { code, signal, stdout, stderr }.
export function run(args, { program = LATCHKEY, env, input = '', timeoutMs = PATIENCE_MS, killAfterMs, endAtOutput = false, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment(env), cwd, stdio: 'pipe' });
    const out = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'])
      child[stream].setEncoding('utf8').on('data', (text) => (out[stream] += text));
    if (endAtOutput) child.stdout.once('data', () => child.kill());
    child.stdin.on('error', () => {}); // the program may end without reading
    child.stdin.end(input);
    const kill = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${path.basename(program)} ${args.join(' ')} did not end in ${timeoutMs} ms\n${out.stdout}${out.stderr}`));
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      clearTimeout(kill);
      resolve({ code, signal, ...out });
    });
  });
}

export async function succeed(args, options) {
  const result = await run(args, options);
  assert.equal(result.code, 0, `latchkey ${args.join(' ')}: exit code ${result.code} ${result.signal ?? ''}\n${result.stderr}`);
  return result.stdout;
}

export function jsonLines(text) {
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

// Starts a program that stays. stop() asks it to end and insists on a clean exit: a leak or an overrun
// that a sanitizer reports at the end is a failure too.
export function start(args, { program = LATCHKEY, env, cwd, group = false, hasInput = false } = {}) {
  const stdio = [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'];
  const child = spawn(program, args, { env: environment(env), cwd, detached: group, stdio });
  const self = { child, args, stdout: '', stderr: '', ended: null };
  for (const stream of ['stdout', 'stderr'])
    child[stream].setEncoding('utf8').on('data', (text) => (self[stream] += text));
  self.closed = new Promise((resolve) => {
    child.once('error', (error) => {
      self.stderr += error.message;
      self.ended = { code: null, signal: null };
      resolve();
    });
    child.once('close', (code, signal) => {
      self.ended = { code, signal };
      resolve();
    });
  });
  self.describe = () =>
    `latchkey ${args.join(' ')}: ${JSON.stringify(self.ended)}\n${self.stdout.slice(-2000)}\n${self.stderr.slice(-8000)}`;
  self.stop = async (signal = 'SIGTERM') => {
    running.delete(self);
    if (!self.ended) child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await self.closed;
    clearTimeout(late);
    assert.deepEqual(self.ended, { code: 0, signal: null }, `did not end cleanly: ${self.describe()}`);
  };
  // For a test that has ended the program itself.
  self.forget = () => running.delete(self);
  running.add(self);
  return self;
}

// One request over a connection of its own (or an agent's), with these headers and no others: what fetch() adds (Sec-Fetch-Mode) and
// keeps (connections) would be part of the test. Resolves to { status, headers, setCookie, text }.
export function ask(url, { method = 'GET', headers = {}, body, agent = false } = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const { request: send } = url.startsWith('https:') ? https : http;
    const request = send(url, { method, agent, rejectUnauthorized: false, headers: { ...headers, ...length }, timeout: PATIENCE_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, setCookie: response.headers['set-cookie'] ?? [], text }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`${method} ${url}: no answer`)));
    request.on('error', reject);
    request.end(body);
  });
}

export const isUp = (url) => ask(url).then(({ status }) => status === 200, () => false);

// The emulator on a free port; its company does not change by itself. { url, port, stop() }
export async function emulate(args = []) {
  const self = start(['emulate', '--port', '0', '--simulate', '0', ...args]);
  const line = await waitFor('the emulator to say that it is ready', () => {
    assert.equal(self.ended, null, self.describe());
    return self.stdout.includes('\n') && self.stdout.split('\n')[0];
  });
  self.ready = JSON.parse(line);
  self.url = self.ready.url;
  self.port = Number(new URL(self.url).port);
  assert.ok(await isUp(`${self.url}/health`), 'GET /health');
  return self;
}

// The control API of an emulator that was started with --control.
export async function control(emulator, method, route, body) {
  const reply = await ask(`${emulator.url}/_latchkey${route}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(reply.status >= 200 && reply.status < 300, `${method} /_latchkey${route}: ${reply.status} ${reply.text}`);
  return reply.text ? JSON.parse(reply.text) : null;
}

export function apiEnvironment(url, extra = {}) {
  return { WORKOS_API_BASE_URL: url, WORKOS_API_KEY: API_KEY, WORKOS_CLIENT_ID: CLIENT_ID, ...extra };
}

// The server on a free port, with a store of its own; seenAs: where people are, when not where this asks. { url, store, stop() }
export async function serve(apiUrl, { args = [], env = {}, store = newStore(), program = LATCHKEY, origin = 'http://127.0.0.1', seenAs = origin } = {}) {
  const port = await freePort();
  const url = `${origin}:${port}`;
  const self = start(['serve', '--listen', `127.0.0.1:${port}`, '--store', store, ...args], {
    program,
    env: apiEnvironment(apiUrl, {
      WORKOS_REDIRECT_URI: `${seenAs}:${port}/callback`,
      WORKOS_COOKIE_PASSWORD: PASSWORD,
      ...env,
    }),
  });
  await waitFor('the server to answer', async () => {
    assert.equal(self.ended, null, self.describe());
    return isUp(`${url}/healthz`);
  });
  return Object.assign(self, { url, port, store });
}

// What a browser would remember. Cookies do not know ports.
export class Jar {
  cookies = new Map();

  copy() {
    const other = new Jar();
    other.cookies = new Map(this.cookies);
    return other;
  }

  header(url) {
    const host = new URL(url).hostname;
    return [...this.cookies.values()]
      .filter((cookie) => cookie.host === host)
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join('; ');
  }

  take(url, lines) {
    for (const line of lines) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const host = new URL(url).hostname;
      const gone = attributes.some((text) => /^max-age=(0|-\d+)$/i.test(text));
      if (gone) this.cookies.delete(`${host} ${name}`);
      else this.cookies.set(`${host} ${name}`, { host, name, value, attributes });
    }
  }

  get(name) {
    return [...this.cookies.values()].find((cookie) => cookie.name === name);
  }
}

// One request, redirects not followed. form: an object sent as a browser's form would be.
export async function visit(jar, url, { method, form, headers = {}, body } = {}) {
  const cookies = jar.header(url);
  const reply = await ask(url, {
    method: method ?? (form ? 'POST' : 'GET'),
    headers: {
      accept: 'text/html',
      ...(cookies && { cookie: cookies }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
    body: form ? new URLSearchParams(form).toString() : body,
  });
  jar.take(url, reply.setCookie);
  const { location } = reply.headers;
  return { ...reply, location: location && new URL(location, url).href };
}

function follow(what, reply) {
  assert.ok(reply.status === 302 || reply.status === 303, `${what}: expected a redirect, got ${reply.status}\n${reply.text.slice(0, 2000)}`);
  return reply.location;
}

// Signs in at the server as a browser would, choosing a person of Latchkey's emulator by e-mail.
export async function signIn(server, email, { jar = new Jar(), query = '', organizationId } = {}) {
  const authorize = follow('login', await visit(jar, `${server.url}/login${query}`));
  assert.equal((await visit(jar, authorize)).status, 200, 'the page with the people');
  const choice = { email, ...(organizationId && { organization_id: organizationId }) };
  const callback = follow('choice', await visit(jar, authorize, { form: choice }));
  const before = jar.copy();
  const arrival = follow('callback', await visit(jar, callback));
  return { jar, before, authorize, callback, arrival };
}

export async function me(server, jar, headers = {}) {
  const reply = await visit(jar, `${server.url}/api/me`, { headers: { accept: 'application/json', ...headers } });
  return { status: reply.status, body: JSON.parse(reply.text), headers: reply.headers };
}
