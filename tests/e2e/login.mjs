// latchkey login, whoami and logout, as a person types them. The browser is a script that notes the address it gets.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, beforeEach, test } from 'node:test';
import { CLIENT_ID, Jar, control, emulate, run, scratchFile, start, visit, waitFor } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';
const opened = scratchFile('opened', '');
const browser = scratchFile('browser', `#!/bin/sh\nprintf '%s\\n' "$1" >>${opened}\n`);
let emulator, home, kept;

before(async () => {
  fs.chmodSync(browser, 0o755);
  emulator = await emulate(['--control']);
});
beforeEach(() => {
  home = scratchFile('state');
  kept = path.join(home, 'latchkey', 'sign-in');
  fs.truncateSync(opened);
});

const environment = (extra = {}) => ({ XDG_STATE_HOME: home, WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_BASE_URL: emulator.url, ...extra });
const latchkey = (args, extra) => run(args, { env: environment(extra) });
const address = (text) => waitFor('an address', () => fs.readFileSync(opened, 'utf8').split('\n').find((line) => line.includes(text)));

async function choose(url, form) {
  const jar = new Jar();
  assert.equal((await visit(jar, url)).status, 200);
  const { location } = await visit(jar, url, { form });
  return visit(jar, location);
}

async function logIn(args = []) {
  const program = start(['login', ...args], { env: environment({ BROWSER: browser }) });
  const page = await choose(await address('/authorize'), { email: EMAIL });
  await program.closed;
  program.forget();
  assert.equal(program.ended.code, 0, program.describe());
  return { ...program, page };
}

test('login opens the browser, keeps the tokens for their owner alone, and whoami needs nothing else', async () => {
  const { stdout, stderr, page } = await logIn();
  assert.equal(page.status, 200);
  assert.match(page.text, /signed in/i);
  assert.match(stdout, new RegExp(`^E-mail +${EMAIL}$`, 'm'));
  assert.match(stderr, /readable by you alone/);
  assert.doesNotMatch(stdout + stderr, /eyJ/, 'no token is shown');
  assert.equal(fs.statSync(kept).mode & 0o777, 0o600);

  const told = await run(['whoami', '--json'], { env: { XDG_STATE_HOME: home } });
  assert.equal(told.code, 0, told.stderr);
  const me = JSON.parse(told.stdout);
  assert.equal(me.email, EMAIL);
  assert.match(me.user_id, /^user_/);
  assert.match(me.session_id, /^session_/);
});

// What the file holds, as if the access token had been given out an hour ago.
async function age() {
  const lines = fs.readFileSync(kept, 'utf8');
  const refresh_token = lines.match(/^refresh_token=(.*)$/m)[1];
  const set = (ms) => control(emulator, 'POST', '/clock', { set: new Date(ms).toISOString() });
  await set(Date.now() - 3_600_000);
  const reply = await visit(new Jar(), `${emulator.url}/user_management/authenticate`, {
    form: { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token },
  });
  await set(Date.now());
  const old = JSON.parse(reply.text);
  fs.writeFileSync(kept, lines.replace(/^access_token=.*$/m, `access_token=${old.access_token}`).replace(refresh_token, old.refresh_token));
  return old.refresh_token;
}

test('where the browser cannot come back, its last address is pasted', async () => {
  const program = start(['login'], { env: environment({ BROWSER: browser }), hasInput: true });
  const jar = new Jar();
  const url = await address('/authorize');
  await visit(jar, url);
  const { location } = await visit(jar, url, { form: { email: EMAIL } });
  program.child.stdin.write(`${location.replace(/state=[^&]*/, 'state=other')}\n`);
  await waitFor('a word about it', () => /another sign-in/.test(program.stderr));
  program.child.stdin.write('what is meant?\n');
  program.child.stdin.write(`${location}\n`);
  await waitFor('the end', () => program.ended);
  program.forget();
  assert.equal(program.ended.code, 0, program.describe());
  assert.match(program.stdout, new RegExp(EMAIL));
});

test('a stale session is renewed once, however many ask at the same time', async () => {
  await logIn();
  const spent = await age();
  const answers = await Promise.all(Array.from({ length: 6 }, () => latchkey(['whoami', '--json'])));
  for (const { code, stderr } of answers) assert.equal(code, 0, stderr);
  assert.equal(new Set(answers.map(({ stdout }) => stdout)).size, 1, 'one renewal, one end');
  assert.notEqual(fs.readFileSync(kept, 'utf8').match(/^refresh_token=(.*)$/m)[1], spent);
});

test('a session that WorkOS has ended is forgotten, and exit code 3 says so', async () => {
  await logIn();
  await age();
  fs.writeFileSync(kept, fs.readFileSync(kept, 'utf8').replace(/^refresh_token=.*$/m, 'refresh_token=nonsense'));
  const told = await latchkey(['whoami']);
  assert.equal(told.code, 3, told.stderr);
  assert.match(told.stderr, /invalid_grant.*latchkey login/);
  assert.equal(fs.existsSync(kept), false);
  assert.match((await latchkey(['whoami'])).stderr, /nobody is signed in/);
});

test('an outage keeps the session: exit code 4', async () => {
  await logIn();
  await age();
  const before = fs.readFileSync(kept, 'utf8');
  await control(emulator, 'POST', '/faults', { path: '/user_management/authenticate', body: 'none', count: 20 });
  const told = await latchkey(['whoami']);
  await control(emulator, 'DELETE', '/faults', {});
  assert.equal(told.code, 4, told.stderr);
  assert.equal(fs.readFileSync(kept, 'utf8'), before);
});

test('where there is no display, login shows a code', async () => {
  const program = start(['login'], { env: environment() });
  const [, page, code] = await waitFor('the code', () => program.stderr.match(/^Open {2}(\S+)\nenter (\S+)\n[^]*Waiting/));
  assert.equal((await visit(new Jar(), `${page}?user_code=${code}`, { form: { email: EMAIL } })).status, 200);
  await program.closed;
  program.forget();
  assert.equal(program.ended.code, 0, program.describe());
  assert.match(program.stdout, new RegExp(EMAIL));
});

test('somebody who refuses is not signed in: exit code 3', async () => {
  const program = start(['login', '--no-browser'], { env: environment({ BROWSER: browser }) });
  const [, page, code] = await waitFor('the code', () => program.stderr.match(/^Open {2}(\S+)\nenter (\S+)\n[^]*Waiting/));
  await visit(new Jar(), `${page}?user_code=${code}`, { form: { cancel: '1' } });
  await program.closed;
  program.forget();
  assert.equal(program.ended.code, 3, program.describe());
  assert.equal(fs.existsSync(kept), false);
});

test('logout removes the tokens and ends the session at WorkOS in the browser', async () => {
  await logIn();
  const { code, stderr } = await latchkey(['logout'], { BROWSER: browser });
  assert.equal(code, 0, stderr);
  assert.equal(fs.existsSync(kept), false);
  const url = await address('/sessions/logout?session_id=session_');
  assert.ok(url.startsWith(emulator.url));
  assert.match((await latchkey(['logout'])).stderr, /Nobody was signed in/);
});

for (const [what, spoil, expected] of [
  ['readable by others', () => fs.chmodSync(kept, 0o644), /others can read .*chmod 600/],
  ['cut in the middle', () => fs.writeFileSync(kept, fs.readFileSync(kept, 'utf8').slice(0, 40)), /has no .*latchkey login/],
  ['a link to elsewhere', () => (fs.renameSync(kept, `${kept}.away`), fs.symlinkSync(`${kept}.away`, kept)), /not a file of yours/],
  ['of another client', () => fs.writeFileSync(kept, fs.readFileSync(kept, 'utf8').replace(/^client_id=.*/m, 'client_id=client_other')), /with client_other, not with/],
]) {
  test(`a file that is ${what} signs nobody in`, async () => {
    await logIn();
    spoil();
    const told = await latchkey(['whoami']);
    assert.ok(told.code === 1 || told.code === 3, told.stderr);
    assert.match(told.stderr, expected);
    assert.equal(told.stdout, '');
    assert.equal((await latchkey(['logout', '--no-browser'])).code, 0, 'it can still be forgotten');
    assert.equal(fs.existsSync(kept), false);
  });
}
