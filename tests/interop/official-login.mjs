// latchkey login, whoami and logout against the emulator that WorkOS ships in its command line (npm: workos).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { createEmulator } from 'workos/emulate';
import { CLIENT_ID, Jar, freePort, run, scratchFile, start, visit, waitFor } from '../e2e/support.mjs';
import { api } from './grants-side.mjs';

const EMAIL = 'lin@example.com';
const opened = scratchFile('opened', '');
const browser = scratchFile('browser', `#!/bin/sh\nprintf '%s\\n' "$1" >>${opened}\n`);
let emulator, env;

before(async () => {
  fs.chmodSync(browser, 0o755);
  emulator = await createEmulator({ port: await freePort(), seed: { users: [{ email: 'first@example.com' }, { email: EMAIL, email_verified: true }] } });
  env = { XDG_STATE_HOME: scratchFile('state'), WORKOS_CLIENT_ID: CLIENT_ID, WORKOS_API_BASE_URL: emulator.url, BROWSER: browser };
});
after(() => emulator.close());

const address = (text) => waitFor('an address', () => fs.readFileSync(opened, 'utf8').split('\n').find((line) => line.includes(text)));

test('login in the browser, whoami, logout, which ends the session there', async () => {
  const program = start(['login', '--login-hint', EMAIL], { env });
  const jar = new Jar();
  // No page: authorize sends straight back to the program.
  const { location } = await visit(jar, await address('/user_management/authorize'));
  assert.match(location, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
  assert.equal((await visit(jar, location)).status, 200);
  await program.closed;
  program.forget();
  assert.equal(program.ended.code, 0, program.describe());
  const who = await run(['whoami', '--json'], { env });
  assert.equal(JSON.parse(who.stdout).email, EMAIL, who.stderr);

  const { user_id, session_id } = JSON.parse(who.stdout);
  const sessions = async () => (await api(emulator.url, 'GET', `/user_management/users/${user_id}/sessions`)).data.map(({ id }) => id);
  assert.ok((await sessions()).includes(session_id));
  const left = await run(['logout'], { env });
  assert.equal(left.code, 0, left.stderr);
  await fetch(await address('/sessions/logout'));
  assert.ok(!(await sessions()).includes(session_id));
  assert.equal((await run(['whoami'], { env })).code, 3);
});

test('a person it does not know: told, and nobody is signed in', async () => {
  fs.truncateSync(opened);
  const program = start(['login', '--login-hint', 'nobody@example.com'], { env });
  const { location } = await visit(new Jar(), await address('/user_management/authorize'));
  await visit(new Jar(), location);
  await program.closed;
  program.forget();
  assert.notEqual(program.ended.code, 0);
  assert.match(program.stderr, /user_not_found/);
  assert.equal((await run(['whoami'], { env })).code, 3);
});

test('a code for another device: it wants a key for that, and is not asked again and again', async () => {
  const { code, stderr } = await run(['login', '--no-browser'], { env });
  assert.notEqual(code, 0);
  assert.match(stderr, /401/);
});
