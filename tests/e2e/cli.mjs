// The command line in the forms that others call.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { before, test } from 'node:test';
import { CLIENT_ID, LATCHKEY, apiEnvironment, ask, control, emulate, freePort, jsonLines, newStore, run, scratchFile, start, succeed, waitFor } from './support.mjs';
import { listEvents, syncOnce } from './mirror.mjs';

let emulator, store;

before(async () => {
  emulator = await emulate(['--control']);
  store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
});

test('version', async () => {
  assert.match(await succeed(['version']), /^latchkey \d+\.\d+\.\d+/);
  const { version } = JSON.parse(await succeed(['version', '--json']));
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test('every command that --help lists has its own --help', async () => {
  const help = await succeed(['--help']);
  const commands = ['serve', 'emulate', 'sync run', 'events list', 'directory users', 'directory groups', 'session seal', 'session open', 'webhook verify', 'version'];
  for (const command of commands) {
    assert.match(help, new RegExp(`^\\s+${command}\\b`, 'm'), `${command} is listed`);
    const own = await succeed([...command.split(' '), '--help']);
    assert.match(own, new RegExp(`latchkey ${command}`));
  }
});

for (const args of [[], ['nonsense'], ['events'], ['events', 'nonsense'], ['events', 'list', '--nonsense'], ['events', 'list', '--limit', 'x'], ['events', 'list', '--limit'], ['sync', 'run', 'stray'], ['serve', '--listen', 'nonsense']]) {
  test(`wrong usage is exit code 2: latchkey ${args.join(' ')}`, async () => {
    const result = await run(args, { env: apiEnvironment(emulator.url) });
    assert.equal(result.code, 2, result.stdout + result.stderr);
    assert.notEqual(result.stderr, '');
    assert.equal(result.stdout, '');
  });
}

test('events list --json: one event a line, oldest first, --after and --limit', async () => {
  const list = (...args) => succeed(['events', 'list', '--store', store, '--json', ...args]).then(jsonLines);
  const all = await list();
  assert.ok(all.length > 5);
  const order = all.map((event) => `${event.created_at} ${event.id}`);
  assert.deepEqual(order, [...order].sort());
  assert.deepEqual(await list('--limit', '3'), all.slice(0, 3));
  assert.deepEqual(await list('--after', all[2].id), all.slice(3));
  assert.deepEqual(await list('--after', all[2].id, '--limit', '2'), all.slice(3, 5));
  assert.deepEqual(await list('--after', all.at(-1).id), []);
});

test('directory users and groups --json: sorted by id, groups with their members', async () => {
  const users = jsonLines(await succeed(['directory', 'users', '--store', store, '--json']));
  const groups = jsonLines(await succeed(['directory', 'groups', '--store', store, '--json']));
  for (const records of [users, groups]) {
    assert.ok(records.length > 0);
    assert.deepEqual(records.map(({ id }) => id), records.map(({ id }) => id).sort());
  }
  const ids = new Set(users.map(({ id }) => id));
  assert.ok(groups.some(({ members }) => members.length > 0));
  assert.ok(groups.every(({ members }) => members.every((id) => ids.has(id))));
});

test('lists are aligned text without --json', async () => {
  const text = await succeed(['directory', 'users', '--store', store]);
  const [title, ...rows] = text.trimEnd().split('\n');
  const column = title.indexOf('E-MAIL');
  assert.ok(column > 0, title);
  assert.ok(rows.length > 0 && rows.every((row) => row[column - 1] === ' '), text);
});

test('the store of the environment is used, a flag beats it', async () => {
  const all = await listEvents(store);
  assert.deepEqual(jsonLines(await succeed(['events', 'list', '--json'], { env: { LATCHKEY_STORE: store } })), all);
  const other = newStore();
  const { organizations } = await control(emulator, 'GET', '/state');
  assert.ok(organizations.length > 0);
  assert.deepEqual(jsonLines(await succeed(['events', 'list', '--json', '--store', store], { env: { LATCHKEY_STORE: other } })), all);
});

test('secrets come from files too', async () => {
  const env = apiEnvironment(emulator.url, { WORKOS_API_KEY_FILE: scratchFile('key', 'sk_test_default\n') });
  delete env.WORKOS_API_KEY;
  const result = await run(['sync', 'run', '--store', newStore(), '--once'], { env });
  assert.equal(result.code, 0, result.stderr);
});

const secret = 'whsec_latchkey_test';
const secretFile = scratchFile('secret', secret);
const sign = (body, t = Date.now(), key = secret) =>
  `t=${t}, v1=${crypto.createHmac('sha256', key).update(`${t}.`).update(body).digest('hex')}`;
const event = JSON.stringify({ object: 'event', id: 'event_01', event: 'dsync.user.created', data: { id: 'directory_user_01' }, created_at: new Date().toISOString() });
const webhooks = [
  { name: 'a genuine delivery', header: () => sign(event), code: 0 },
  { name: 'seconds instead of milliseconds, no space', header: () => sign(event, Math.floor(Date.now() / 1000)).replace(', ', ','), code: 0 },
  { name: 'another secret', header: () => sign(event, Date.now(), 'whsec_other'), code: 3 },
  { name: 'another body', header: () => sign(`${event} `), code: 3 },
  { name: 'an old delivery', header: () => sign(event, Date.now() - 3600_000), code: 3 },
  { name: 'a delivery from the future', header: () => sign(event, Date.now() + 3600_000), code: 3 },
  { name: 'no signature in it', header: () => `t=${Date.now()}`, code: 3 },
  { name: 'no time in it', header: () => sign(event).replace(/^t=\d+, /, ''), code: 3 },
  { name: 'an empty header', header: () => '', code: 3 },
];
for (const { name, header, code } of webhooks) {
  test(`webhook verify: ${name}`, async () => {
    const result = await run(['webhook', 'verify', '--secret-file', secretFile, '--header', header()], { input: event });
    assert.equal(result.code, code, result.stderr);
    assert.ok(!(result.stdout + result.stderr).includes(secret));
    if (code) assert.notEqual(result.stderr, '');
  });
}

test('session seal refuses what is no JSON', async () => {
  const password = scratchFile('password', 'latchkey-test-cookie-password-0001');
  for (const input of ['', '{"a":', 'nonsense', '\0']) {
    const result = await run(['session', 'seal', '--password-file', password], { input });
    assert.notEqual(result.code, 0, JSON.stringify(input));
    assert.equal(result.stdout, '');
  }
});

test('session open: 3 for what does not open, never a crash', async () => {
  const password = scratchFile('password', 'latchkey-test-cookie-password-0001');
  const seal = await succeed(['session', 'seal', '--password-file', password], { input: '{"a":1}' });
  const bad = ['', '\n', 'Fe26.2', 'Fe26.2*1*a*b*c**d*e~2', '*'.repeat(7), seal.slice(0, -20), `${seal.trimEnd()}x`.replace('~2', '~'), 'x'.repeat(100_000), seal.replace('Fe26.2', 'Fe26.1')];
  for (const input of bad) {
    const result = await run(['session', 'open', '--password-file', password], { input });
    assert.equal(result.code, 3, `${JSON.stringify(input.slice(0, 60))}: ${result.signal} ${result.stderr}`);
    assert.equal(result.stdout, '');
  }
  assert.equal((await succeed(['session', 'open', '--password-file', password], { input: seal })).trimEnd(), '{"a":1}');
});

test('emulate --port: a ready line as JSON, health, and a clean end', async () => {
  const port = await freePort();
  const self = start(['emulate', '--port', String(port)]);
  const line = await waitFor('the ready line', () => {
    assert.equal(self.ended, null, self.describe());
    return self.stdout.includes('\n') && self.stdout.split('\n')[0];
  });
  const ready = JSON.parse(line);
  assert.equal(new URL(ready.url).port, String(port));
  assert.equal(ready.client_id, CLIENT_ID);
  assert.deepEqual(JSON.parse((await ask(`${ready.url}/health`)).text), { status: 'ok' });
  assert.equal((await ask(`${ready.url}/_latchkey/state`)).status, 404, 'no control without --control');

  const second = await run(['emulate', '--port', String(port)]);
  assert.equal(second.code, 1, second.stdout + second.stderr);
  assert.match(second.stderr, new RegExp(String(port)));
  await self.stop('SIGINT');
});

test('emulate on a terminal: what to set, to paste', async () => {
  const self = start(['-q', '-e', '-c', `exec ${LATCHKEY} emulate --port 0`, scratchFile('typescript')], { program: 'script', hasInput: true });
  await waitFor('the ready line', () => self.stdout.includes('"ready":true'));
  const { url, client_id: id, api_key: key } = JSON.parse(self.stdout.match(/^\{.*\}/m)[0]);
  assert.ok(self.stdout.includes(`export WORKOS_API_BASE_URL=${url}\r\n  export WORKOS_CLIENT_ID=${id} WORKOS_API_KEY=${key}\r\n`), self.stdout);
  self.child.stdin.write('\x03');
  await self.closed;
  self.forget();
  assert.equal(self.ended.code, 0, self.describe());
});

test('emulate --seed: the official keys, and a sentence for a bad file', async () => {
  const seed = { users: [{ email: 'only@example.com', first_name: 'Only' }], organizations: [{ name: 'Sole', domains: [{ domain: 'example.com' }] }] };
  const self = await emulate(['--control', '--seed', scratchFile('seed.json', JSON.stringify(seed))]);
  const state = await control(self, 'GET', '/state');
  assert.deepEqual(state.users.map(({ email }) => email), ['only@example.com']);
  assert.deepEqual(state.organizations.map(({ name }) => name), ['Sole']);
  await self.stop();

  const bad = { 'no JSON': '{"users":', 'a wrong type': '{"users":{}}', 'an unknown key': '{"people":[]}' };
  for (const [name, text] of Object.entries(bad)) {
    const file = scratchFile('seed.json', text);
    const result = await run(['emulate', '--port', '0', '--seed', file]);
    assert.equal(result.code, 2, `${name}: ${result.stdout}${result.stderr}`);
    assert.ok(result.stderr.includes(file), `${name}: ${result.stderr}`);
  }
  assert.equal((await run(['emulate', '--port', '0', '--seed', '/nonexistent.json'])).code, 2);
  const { code, stderr } = await run(['emulate', '--port', new URL(emulator.url).port]);
  assert.equal(code, 1, `a port that is taken is no wrong usage: ${stderr}`);
});

test('emulate binds to loopback only', async () => {
  const result = await run(['emulate', '--host', '0.0.0.0', '--port', '0'], { timeoutMs: 20_000 });
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, /loopback only.*"0\.0\.0\.0"/);
});

test('serve names what is missing', async () => {
  const whole = apiEnvironment(emulator.url, { WORKOS_COOKIE_PASSWORD: 'latchkey-test-cookie-password-0001' });
  const { WORKOS_CLIENT_ID, ...rest } = whole;
  const missing = await run(['serve', '--listen', `127.0.0.1:${await freePort()}`, '--store', newStore()], { env: rest });
  assert.equal(missing.code, 2, missing.stderr);
  assert.match(missing.stderr, /WORKOS_CLIENT_ID/);
  const short = await run(['serve', '--listen', `127.0.0.1:${await freePort()}`, '--store', newStore()], { env: { ...whole, WORKOS_COOKIE_PASSWORD: 'too-short' } });
  assert.equal(short.code, 2, short.stderr);
  assert.match(short.stderr, /32/);
  assert.ok(!short.stderr.includes('too-short'));
});

test('serve on a port that is taken, and on a store that cannot be opened', async () => {
  const env = apiEnvironment(emulator.url, { WORKOS_COOKIE_PASSWORD: 'latchkey-test-cookie-password-0001' });
  const taken = await run(['serve', '--listen', `127.0.0.1:${emulator.port}`, '--store', newStore()], { env });
  assert.equal(taken.code, 1, taken.stderr);
  assert.match(taken.stderr, new RegExp(String(emulator.port)));
  const file = scratchFile('a-file', '');
  const store = await run(['serve', '--listen', `127.0.0.1:${await freePort()}`, '--store', `sqlite:${file}/mirror.db`], { env });
  assert.equal(store.code, 1, store.stderr);
  assert.ok(store.stderr.includes(file), store.stderr);
});
