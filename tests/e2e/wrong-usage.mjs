// Every command and every flag with nothing, nonsense and too much; every variable likewise; secret files that are none. Nothing crashes,
// each mistake is one line on stderr that names it, and the exit code says what kind it was.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, PASSWORD, emulate, freePort, newStore, run, scratch, scratchFile, serve, succeed } from './support.mjs';

const commands = []; // { name, words, options: [{ name, value }], help }

async function readCommands() {
  const list = await succeed(['--help']);
  for (const [, name] of list.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)) {
    const words = name.split(' ');
    const help = await succeed([...words, '--help']);
    const options = [...help.matchAll(/^ {2}--([a-z-]+)(?: ([^\s]+))?(?: {2,}|$)/gm)].map(([, option, value]) => ({ name: option, value }));
    commands.push({ name, words, help, options: options.filter((option) => option.name !== 'help') });
  }
  return list;
}

let list;
before(async () => {
  list = await readCommands();
});

const env = { WORKOS_API_BASE_URL: 'http://127.0.0.1:9', WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_KEY: API_KEY, WORKOS_COOKIE_PASSWORD: PASSWORD };

// Runs a few at a time, of a sanitized program each third. Those that stay are ended: that is no crash.
async function each(items, work) {
  const rest = items.filter((_, i) => (process.env.SANITIZE ?? 'none') === 'none' || i % 3 === 0);
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  }));
}

function assertTold(result, what) {
  assert.ok(result.code >= 0 && result.code <= 4, `${what}: ${result.code} ${result.signal} ${result.stderr}`);
  if (result.code !== 0 && !what.startsWith('doctor')) assert.match(result.stderr, /^(latchkey(?: emulate)?: [^\n]+\n)+$/, what);
  assert.ok(result.stderr.length < 4000, `${what}: ${result.stderr.length} characters`);
}

function assertUsage(result, what, pattern) {
  assert.equal(result.code, 2, `${what}: ${result.signal} ${result.stderr}`);
  assert.match(result.stderr, /^latchkey: [^\n]+\n$/, `${what}: one line`);
  assert.match(result.stderr, pattern, what);
  assert.equal(result.stdout, '', what);
}

test('each command is in the list, has a line of help, options, examples, and fits 80 columns', () => {
  const product = ['serve', 'emulate', 'login', 'logout', 'whoami', 'events list', 'events follow', 'events resend', 'listen', 'sync backfill', 'sync run', 'sync status', 'sync reconcile', 'directory list', 'directory users', 'directory groups', 'session seal', 'session open', 'session size', 'webhook sign', 'webhook verify', 'doctor', 'version'];
  const names = commands.map(({ name }) => name);
  for (const name of product) assert.ok(names.includes(name), name);
  const tooWide = (text) => text.split('\n').filter((line) => [...line].length > 80);
  assert.deepEqual(tooWide(list), []);
  for (const { name, help } of commands) {
    assert.deepEqual(tooWide(help), [], name);
    assert.ok(help.includes(`Usage: latchkey ${name}`), name);
    assert.match(help, /\nExamples:\n {2}\S/, name);
    assert.doesNotMatch(help, / \n/, `${name}: no spaces at the end of a line`);
  }
});

test('a flag without its value, a switch with one, a flag twice, a flag mistyped', async () => {
  const cases = [];
  for (const { name, words, options } of commands)
    for (const option of options) {
      const flag = `--${option.name}`;
      if (option.value) cases.push([[...words, flag], new RegExp(`${flag} needs a value`)]);
      else cases.push([[...words, `${flag}=x`], new RegExp(`${flag} is a switch and takes no value`)], [[...words, flag, flag], new RegExp(`${flag} was given twice`)]);
      cases.push([[...words, `--${option.name.slice(0, -1)}`, ...(option.value ? ['x'] : [])], /did you mean --|unknown option|needs a value|takes|is missing|unexpected word|no client|cannot/, name]);
    }
  assert.ok(cases.length > 200, `${cases.length}`);
  await each(cases, async ([args, pattern]) => assertUsage(await run(args, { env }), args.join(' '), pattern));
});

test('a command mistyped: the nearest is named', async () => {
  await each(commands, async ({ name, words }) => {
    const typed = `${name.slice(0, -2)}${name.at(-1)}`.split(' ');
    const result = await run(typed, { env });
    assertUsage(result, typed.join(' '), /^latchkey: unknown command "[^"]+": did you mean "[a-z ]+"\?/);
    assert.ok(result.stderr.includes(`"${name}"`) || words.length > 1, `${name}: ${result.stderr}`);
  });
});

test('numbers that are none, or too large', async () => {
  const numbers = commands.flatMap(({ words, options }) => options.filter(({ value }) => /^(N|SECONDS|PORT|COUNT|NUMBER)$/.test(value ?? '')).map(({ name }) => [...words, `--${name}`]));
  assert.ok(numbers.length >= 8, JSON.stringify(numbers));
  await each(numbers.flatMap((args) => ['', 'x', '1x', '-1', '1e3', '99999999999999999999', ' 7', '+7', '0x7'].map((value) => [...args.slice(0, -1), `${args.at(-1)}=${value}`])), async (args) => {
    const result = await run(args, { env, killAfterMs: 3000 });
    assert.equal(result.code, 2, `${args.join(' ')}: ${result.stderr}`);
  });
});

test('every flag with nonsense and with too much: told or taken, never a crash', async () => {
  const values = ['', 'nonsense\u0001\u001b[31m\u00ff', 'x'.repeat(100_000), '%s%n%s'];
  const cases = [];
  const beside = { serve: ['--config-test'], emulate: ['--port', '0'], login: ['--no-browser'], logout: ['--no-browser'] };
  for (const { name, words, options } of commands)
    for (const option of options.filter(({ value }) => value))
      for (const value of values) cases.push([...words, ...(beside[name]?.[0] === `--${option.name}` ? [] : (beside[name] ?? [])), `--${option.name}=${value}`]);
  const stays = /^(emulate|events follow) /;
  await each(cases, async (args) => {
    const end = stays.test(args.join(' ')) ? { endAtOutput: true } : { killAfterMs: 2000 };
    const result = await run(args, { env: { ...env, LATCHKEY_STORE: newStore() }, cwd: scratch, ...end });
    if (result.signal === 'SIGKILL') return;
    assertTold(result, args.join(' ').slice(0, 200));
    assert.doesNotMatch(result.stderr, /\u001b|\u0001/, args.join(' ').slice(0, 200));
  });
});

// Of each variable: [nonsense, the exit code of serve --config-test with it]. 0: it is a name like any other.
const VARIABLES = {
  WORKOS_API_KEY: ['client_of_somebody', 2], WORKOS_CLIENT_ID: ['sk_is_a_key', 2], WORKOS_REDIRECT_URI: ['nonsense', 2], WORKOS_COOKIE_PASSWORD: ['short', 2],
  WORKOS_COOKIE_NAME: ['a;b', 2], WORKOS_COOKIE_DOMAIN: ['a;b', 2], WORKOS_COOKIE_MAX_AGE: ['long', 2], WORKOS_COOKIE_SAMESITE: ['maybe', 2], WORKOS_COOKIE_SAME_SITE: ['maybe', 2],
  WORKOS_API_HOSTNAME: ['a b', 2], WORKOS_API_HTTPS: ['perhaps', 2], WORKOS_API_PORT: ['70000', 2], WORKOS_API_BASE_URL: ['ftp://x', 2], WORKOS_ISSUER: ['', 0],
  WORKOS_WEBHOOK_SECRET: ['', 0], LATCHKEY_STORE: ['nonsense', 2], LATCHKEY_LISTEN: ['nonsense', 2],
};
const withOnly = (changes) => {
  const all = { ...env, LATCHKEY_STORE: newStore(), LATCHKEY_LISTEN: '127.0.0.1:0', ...changes };
  if (['WORKOS_API_HOSTNAME', 'WORKOS_API_HTTPS', 'WORKOS_API_PORT'].some((name) => name in changes)) delete all.WORKOS_API_BASE_URL;
  return all;
};

for (const [name, [nonsense, code]] of Object.entries(VARIABLES)) {
  test(`${name}: nothing, nonsense, too much`, async () => {
    const bad = await run(['serve', '--config-test'], { env: withOnly({ [name]: nonsense }) });
    assert.equal(bad.code, code, `${nonsense}: ${bad.stdout} ${bad.stderr}`);
    const nothing = await run(['serve', '--config-test'], { env: withOnly({ [name]: '' }) });
    assert.ok([0, 2].includes(nothing.code), `${nothing.stdout} ${nothing.stderr}`);
    const long = await run(['serve', '--config-test'], { env: withOnly({ [name]: 'x'.repeat(100_000) }) });
    assert.ok(long.code >= 0 && long.code <= 2, `${long.signal} ${long.code}`);
    for (const { stdout, stderr } of [bad, nothing, long]) {
      assert.ok(!(stdout + stderr).includes(API_KEY) && !(stdout + stderr).includes(PASSWORD));
      if (/API_KEY|PASSWORD|SECRET/.test(name) && nonsense) assert.ok(!(bad.stdout + bad.stderr).includes(nonsense), 'no secret is told, wrong ones neither');
      assert.ok((stdout + stderr).length < 8000);
    }
  });
}

const files = {
  'is not there': () => '/nowhere/secret', 'is a directory': () => scratch, 'is empty': () => scratchFile('empty', ''), 'is a line end': () => scratchFile('line', '\n'),
  'is binary': () => scratchFile('binary', Buffer.from([1, 0, 255, 10])), 'is huge': () => scratchFile('huge', 'x'.repeat(1_000_000)), 'never ends': () => '/dev/zero',
};
for (const variable of ['WORKOS_API_KEY', 'WORKOS_COOKIE_PASSWORD', 'WORKOS_COOKIE_PASSWORD_PREVIOUS', 'WORKOS_WEBHOOK_SECRET']) {
  test(`${variable}_FILE that is no secret`, async () => {
    for (const [what, make] of Object.entries(files)) {
      const file = make();
      const result = await run(['serve', '--config-test', '--json'], { env: withOnly({ [variable]: '', [`${variable}_FILE`]: file }) });
      assert.equal(result.code, 2, `${what}: ${result.stdout}`);
      assert.ok(result.stdout.includes(file) && result.stdout.includes(variable), `${what}: ${result.stdout}`);
    }
    const fine = await run(['serve', '--config-test'], { env: withOnly({ [variable]: '', [`${variable}_FILE`]: scratchFile('fine', `${variable === 'WORKOS_API_KEY' ? API_KEY : PASSWORD}\r\n`) }) });
    assert.equal(fine.code, 0, fine.stdout);
  });
}

test('systemd credentials: read, and a bad one is told', async () => {
  const directory = fs.mkdtempSync(`${scratch}/credentials-`);
  fs.writeFileSync(`${directory}/WORKOS_API_KEY`, `${API_KEY}\n`);
  const changes = { WORKOS_API_KEY: '', CREDENTIALS_DIRECTORY: directory };
  assert.equal((await run(['serve', '--config-test'], { env: withOnly(changes) })).code, 0);
  fs.writeFileSync(`${directory}/WORKOS_API_KEY`, '');
  assert.equal((await run(['serve', '--config-test'], { env: withOnly(changes) })).code, 2);
});

test('exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused, 4 out of reach', async () => {
  const emulator = await emulate();
  const server = await serve(emulator.url);
  const away = { ...env, WORKOS_API_BASE_URL: `http://127.0.0.1:${await freePort()}` };
  const there = { ...env, WORKOS_API_BASE_URL: emulator.url };
  for (const [code, args, variables] of [
    [0, ['version'], {}],
    [0, ['sync', 'run', '--once', '--store', newStore()], there],
    [1, ['serve', '--listen', `127.0.0.1:${server.port}`, '--store', newStore()], there],
    [1, ['emulate', '--port', String(emulator.port)], {}],
    [1, ['events', 'list', '--store', 'sqlite:/etc/hostname/mirror.db'], there],
    [1, ['serve', '--listen', '127.0.0.1:0', '--store', 'sqlite:/etc/hostname/mirror.db'], there],
    [2, ['serve', '--mode', 'magic'], there],
    [2, ['sync', 'run', '--once', '--store', 'mysql://x'], there],
    [3, ['whoami'], there],
    [3, ['sync', 'run', '--once', '--store', newStore()], { ...there, WORKOS_API_KEY: 'sk_wrong' }],
    [4, ['sync', 'run', '--once', '--store', newStore()], away],
    [4, ['doctor', '--store', newStore()], away],
  ]) {
    const result = await run(args, { env: variables });
    assert.equal(result.code, code, `${args.join(' ')}: ${result.code} ${result.stderr}`);
    if (code !== 0 && args[0] !== 'doctor') assert.match(result.stderr, /^(latchkey( emulate)?: [^\n]+\n)+$/, args.join(' '));
  }
  await server.stop();
  await emulator.stop();
});
