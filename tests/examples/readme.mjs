// What README.md shows is what works: its C example runs (and the guide's consumer), and each of its commands does what is
// said of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import {
  Jar, PASSWORD, apiEnvironment, control, emulate, freePort, isUp, jsonLines, newStore, run, scratch, scratchFile, serve, start, succeed, visit, waitFor,
} from '../e2e/support.mjs';
import { readme, readmeLines } from './shown.mjs';

const { SOURCE_ROOT, BUILD_ROOT, SANITIZE } = process.env;
const EMAIL = 'mira.holt@juniper.example';
let emulator;

before(async () => {
  emulator = await emulate(['--control']);
});

test('the C examples build as they stand', () => {
  const flags = SANITIZE && SANITIZE !== 'none' ? [`-fsanitize=${SANITIZE}`] : [];
  const built = spawnSync(path.join(SOURCE_ROOT, 'tests/examples/build.sh'), [SOURCE_ROOT, BUILD_ROOT, scratch, ...flags], { encoding: 'utf8' });
  assert.equal(built.status, 0, built.stdout + built.stderr);
});

test('sign-in.c: a server that exists, with sign-in added', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = apiEnvironment(emulator.url, { WORKOS_REDIRECT_URI: `${url}/callback`, WORKOS_COOKIE_PASSWORD: PASSWORD });
  const host = start([String(port)], { program: path.join(scratch, 'host'), env, hasInput: true });
  await waitFor('the host', () => {
    assert.equal(host.ended, null, host.describe());
    return host.stdout.includes('ready');
  });

  const jar = new Jar();
  for (const route of ['/hello', '/private', '/private/deeper?x=1']) {
    const asked = await visit(new Jar(), `${url}${route}`);
    assert.equal(asked.status, 302, `${route} asks for sign-in first`);
    assert.match(asked.location, /\/login\?return_to=/);
  }
  const login = (await visit(jar, `${url}/hello`)).location;
  const authorize = (await visit(jar, login)).location;
  const callback = (await visit(jar, authorize, { form: { email: EMAIL } })).location;
  const back = await visit(jar, callback);
  assert.equal(back.location, `${url}/hello`, back.text);
  const hello = await visit(jar, back.location);
  assert.equal(hello.status, 200);
  assert.ok(hello.text.includes(EMAIL), hello.text);
  // Nothing of the host's answers there: signed in, the guard lets pass, and nobody is home.
  assert.equal((await visit(jar, `${url}/private`)).status, 404);
  assert.equal((await visit(new Jar(), `${url}/hello`)).status, 302, 'another browser is not signed in');

  host.child.stdin.end();
  await waitFor('the host to end', () => host.ended);
  assert.deepEqual(host.ended, { code: 0, signal: null }, host.describe());
  host.forget();
});

test('consumer.c: is handed each new person once, also after a kill', async () => {
  const own = newStore();
  const sync = () => succeed(['sync', 'run', '--once', '--store', own], { env: env() });
  const consume = () => start([own], { program: path.join(scratch, 'consumer') });
  const kill = async (program) => {
    program.child.kill('SIGKILL');
    await program.closed;
    program.forget();
    return program.stdout.split('\n').filter(Boolean);
  };
  await sync();
  const people = jsonLines(await succeed(['events', 'list', '--json', '--store', own])).filter(({ event }) => event === 'dsync.user.created');
  const first = consume();
  await waitFor('everybody', () => first.stdout.split('\n').length > people.length);
  const lines = await kill(first);
  assert.deepEqual(lines.map((line) => line.split(' ')[0]).sort(), people.map(({ id }) => id).sort());
  const second = consume();
  const [{ id }] = jsonLines(await succeed(['directory', 'list', '--json', '--store', own]));
  await control(emulator, 'POST', `/directories/${id}/users`, { first_name: 'Nova', last_name: 'Stern' });
  await sync();
  await waitFor('the new one', () => second.stdout.includes('Nova'));
  const [line, ...others] = await kill(second);
  assert.match(line, /^event_\w+ Nova Stern$/, 'once, and no replay');
  assert.deepEqual(others, []);
});

// Each line of README's shell blocks, and what shows that it works. Ports and stores are of this test's own.
const env = () => apiEnvironment(emulator.url);
const store = newStore();
const commands = {
  // sign-in.mjs and demo.mjs go through the whole of it.
  './app/demo': async () => assert.equal((await run(['--help'], { program: path.join(SOURCE_ROOT, 'app/demo') })).code, 0),
  './tests/run': async () => assert.equal((await run(['--help'], { program: path.join(SOURCE_ROOT, 'tests/run') })).code, 0),
  'latchkey serve --listen 127.0.0.1:3000': async () => {
    const server = await serve(emulator.url);
    assert.match((await visit(new Jar(), `${server.url}/`)).text, /Sign in/);
    await server.stop();
  },
  'latchkey emulate --port 4100': async () => {
    const port = await freePort();
    const self = start(['emulate', '--port', String(port)]);
    await waitFor('the emulator', () => isUp(`http://127.0.0.1:${port}/health`));
    await self.stop();
  },
  // login.mjs goes through the whole of both.
  'latchkey login': async () => {
    const program = start(['login', '--no-browser'], { env: env() });
    const [, page, code] = await waitFor('the code', () => program.stderr.match(/^Open {2}(\S+)\nenter (\S+)\n[^]*Waiting/));
    await visit(new Jar(), `${page}?user_code=${code}`, { form: { email: EMAIL } });
    await program.closed;
    program.forget();
    assert.equal(program.ended.code, 0, program.describe());
  },
  'latchkey whoami --json': async () => assert.equal(JSON.parse(await succeed(['whoami', '--json'])).email, EMAIL),
  'latchkey sync run --once': () => succeed(['sync', 'run', '--once', '--store', store], { env: env() }),
  'latchkey sync reconcile --dry-run': async () =>
    assert.match(await succeed(['sync', 'reconcile', '--dry-run', '--store', store], { env: env() }), /changed nothing/),
  'latchkey events follow --sync': async () => {
    const program = start(['events', 'follow', '--sync', '--json', '--store', newStore()], { env: env() });
    await waitFor('the seeded company to arrive', () => program.stdout.includes('dsync.user.created'));
    await program.stop('SIGINT');
  },
  // listen.mjs knows what servers do to them.
  'latchkey listen --sync --forward http://localhost:8080/webhooks': async () => {
    const program = start(['listen', '--sync', '--forward', `http://localhost:${await freePort()}/webhooks`, '--from', 'beginning', '--json', '--store', newStore()], { env: env() });
    await waitFor('an attempt', () => program.stdout.includes('"delivered":false'));
    await program.stop('SIGINT');
  },
  'latchkey events resend ID': async () => {
    const [{ id }] = jsonLines(await succeed(['events', 'list', '--json', '--limit', '1', '--store', store]));
    const { code, stdout } = await run(['events', 'resend', id, '--json', '--store', store, '--forward', `http://localhost:${await freePort()}/`]);
    assert.equal(code, 4);
    assert.equal(JSON.parse(stdout).id, id);
  },
  'latchkey events list --json': async () => {
    const events = jsonLines(await succeed(['events', 'list', '--json', '--store', store]));
    assert.ok(events.length > 0);
    assert.deepEqual(events.map(({ created_at }) => created_at), events.map(({ created_at }) => created_at).sort());
  },
  'latchkey directory users --json': async () => {
    const users = jsonLines(await succeed(['directory', 'users', '--json', '--store', store]));
    assert.ok(users.some(({ email }) => email === EMAIL));
  },
  'latchkey directory show ID': async () => {
    const [{ id }] = jsonLines(await succeed(['directory', 'users', '--json', '--store', store]));
    assert.match(await succeed(['directory', 'show', id, '--store', store]), new RegExp(id));
  },
  'latchkey directory diff --from 2h': async () => {
    await succeed(['directory', 'diff', '--from', '2h', '--store', store]);
  },
  // doctor.mjs knows the illnesses.
  'latchkey doctor': async () => assert.match(await succeed(['doctor'], { env: env() }), /^good +reach/m),
  'latchkey session open --password-file FILE': async () => {
    const file = scratchFile('password', PASSWORD);
    const seal = await succeed(['session', 'seal', '--password-file', file], { input: '{"a":1}' });
    assert.equal((await succeed(['session', 'open', '--password-file', file], { input: seal })).trim(), '{"a":1}');
  },
  'latchkey session size --password-file FILE': async () => {
    const file = scratchFile('password', PASSWORD);
    const seal = await succeed(['session', 'seal', '--password-file', file], { input: '{"a":1}' });
    assert.match(await succeed(['session', 'size', '--password-file', file], { input: seal }), /1 cookie/);
  },
};

test('README.md shows commands, and leads to files that are there', () => {
  assert.ok(readmeLines.length > 0);
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, to]) => to).filter((to) => !to.startsWith('https:'));
  for (const guide of ['developing', 'administering', 'embedding']) assert.ok(links.includes(`app/man/${guide}.md`), guide);
  for (const to of links) assert.ok(fs.existsSync(path.join(SOURCE_ROOT, to)), to);
});
for (const line of readmeLines) {
  test(`README.md: ${line}`, async () => {
    assert.ok(commands[line], 'README.md shows a command that no test knows: add it to tests/examples/readme.mjs');
    await commands[line]();
  });
}
