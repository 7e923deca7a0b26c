// The programs of lib/examples against the emulator that WorkOS ships in its command line (npm: workos).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEmulator } from 'workos/emulate';
import { Jar, PASSWORD, apiEnvironment, ask, freePort, newStore, start, visit, waitFor } from '../e2e/support.mjs';

const { CIVETWEB, OWN_LOOP } = process.env;
const seed = {
  users: [
    { email: 'lin@example.com', first_name: 'Lin', last_name: 'Óg', email_verified: true },
    { email: 'ada@example.com', first_name: 'Ada', email_verified: true },
  ],
  organizations: [
    {
      name: 'Example',
      domains: [{ domain: 'example.com', state: 'verified' }],
      memberships: [{ email: 'ada@example.com', role: 'admin', status: 'active' }],
    },
  ],
};
let emulator;

before(async () => {
  emulator = await createEmulator({ port: await freePort(), seed });
});
after(() => emulator.close());

async function host(program) {
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = apiEnvironment(emulator.url, { WORKOS_REDIRECT_URI: `${url}/callback`, WORKOS_COOKIE_PASSWORD: PASSWORD, LATCHKEY_STORE: newStore() });
  const self = start([String(port)], { program, env });
  await waitFor('the program to listen', () => {
    assert.equal(self.ended, null, self.describe());
    return self.stdout.includes('Listening');
  });
  return Object.assign(self, { url });
}

// This emulator shows no page: authorize sends the browser straight back.
async function signIn(self, email, page) {
  const jar = new Jar();
  const authorize = (await visit(jar, `${self.url}/login?login_hint=${encodeURIComponent(email)}&return_to=${page}`)).location;
  assert.ok(authorize.startsWith(emulator.url), authorize);
  const callback = (await visit(jar, authorize)).location;
  const back = await visit(jar, callback);
  assert.equal(back.location, `${self.url}${page}`, back.text.slice(0, 2000));
  return { jar, reply: await visit(jar, back.location) };
}

test('civetweb: a person of its seed signs in, the guard and the API know who it is', async () => {
  const self = await host(CIVETWEB);
  assert.equal((await visit(new Jar(), `${self.url}/account`)).status, 302);
  const { jar, reply } = await signIn(self, 'lin@example.com', '/account');
  assert.match(reply.text, /You are lin@example\.com/);
  const api = await ask(`${self.url}/api/me`, { headers: { cookie: jar.header(self.url) } });
  assert.match(JSON.parse(api.text).id, /^user_/);
  assert.equal((await visit(jar, `${self.url}/admin`)).status, 403, 'no administrator');
  await self.stop();
});

test('own-loop: a person of its seed signs in and out', async () => {
  const self = await host(OWN_LOOP);
  assert.equal((await visit(new Jar(), `${self.url}/private`)).status, 302);
  const { jar, reply } = await signIn(self, 'ada@example.com', '/private');
  assert.equal(reply.text, 'Hello ada@example.com\n');
  const out = await visit(jar, `${self.url}/logout`, { form: {}, headers: { origin: self.url } });
  assert.ok(out.location.startsWith(`${emulator.url}/user_management/sessions/logout?`), out.location);
  assert.equal((await visit(jar, `${self.url}/private`)).status, 302);
  await self.stop();
});
