// Latchkey against the emulator that WorkOS ships in its command line (npm: workos).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEmulator } from 'workos/emulate';
import { API_KEY, Jar, apiEnvironment, freePort, jsonLines, me, newStore, run, serve, succeed, visit } from '../e2e/support.mjs';

const seed = {
  users: [
    { email: 'lin@example.com', first_name: 'Lin', last_name: 'Óg', email_verified: true },
    { email: 'second@example.com', first_name: 'Second' },
    { email: 'third@example.com', impersonator: { email: 'ops@example.com', reason: 'ticket 7' } },
  ],
  organizations: [{ name: 'Example', domains: [{ domain: 'example.com', state: 'verified' }] }],
  connections: [
    {
      name: 'Example SSO',
      organization: 'Example',
      connection_type: 'GenericSAML',
      domains: ['example.com'],
      profiles: [{ email: 'lin@example.com', first_name: 'Lin', last_name: 'Óg', idp_id: 'idp-lin', groups: ['Night'] }],
    },
  ],
};
let emulator;

before(async () => {
  emulator = await createEmulator({ port: await freePort(), seed });
});
after(() => emulator.close());

async function api(route) {
  const response = await fetch(`${emulator.url}${route}`, { headers: { authorization: `Bearer ${API_KEY}` } });
  assert.equal(response.status, 200, route);
  return response.json();
}

// This emulator shows no page: authorize sends the browser straight back.
async function signIn(server, query) {
  const jar = new Jar();
  const authorize = (await visit(jar, `${server.url}/login?${query}`)).location;
  assert.ok(authorize.startsWith(emulator.url), authorize);
  const callback = (await visit(jar, authorize)).location;
  assert.ok(callback.startsWith(`${server.url}/callback?`), callback);
  const before = jar.copy();
  const reply = await visit(jar, callback);
  assert.equal(reply.status, 302, reply.text.slice(0, 2000));
  return { jar, before, callback };
}

test('AuthKit: its seeded user signs in', async () => {
  const server = await serve(emulator.url);
  const { jar, before, callback } = await signIn(server, 'login_hint=lin%40example.com');
  const reply = await me(server, jar);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.email, 'lin@example.com');
  assert.equal(reply.body.user.last_name, 'Óg');
  // The code is spent.
  assert.equal((await visit(before, callback)).status >= 400, true);
  assert.equal(before.get('wos-session'), undefined);
  assert.equal((await me(server, new Jar())).status, 401);
  await server.stop();
});

test('AuthKit: who is impersonated is told by whom', async () => {
  const server = await serve(emulator.url);
  const { jar } = await signIn(server, 'login_hint=third%40example.com');
  assert.equal((await me(server, jar)).body.impersonator, 'ops@example.com');
  const other = await signIn(server, 'login_hint=lin%40example.com');
  assert.equal((await me(server, other.jar)).body.impersonator ?? null, null);
  await server.stop();
});

test('AuthKit: a person it does not know is told, and not signed in', async () => {
  const server = await serve(emulator.url);
  const jar = new Jar();
  const authorize = (await visit(jar, `${server.url}/login?login_hint=nobody%40example.com`)).location;
  const reply = await visit(jar, (await visit(jar, authorize)).location);
  assert.ok(reply.status >= 400 && reply.status < 500, reply.text.slice(0, 500));
  assert.match(reply.text, /user_not_found/);
  assert.equal((await me(server, jar)).status, 401);
  await server.stop();
});

test('AuthKit: signing out ends the session there, too', async () => {
  const server = await serve(emulator.url);
  const { jar } = await signIn(server, 'login_hint=lin%40example.com');
  const { user } = (await me(server, jar)).body;
  const sessions = async () => (await api(`/user_management/users/${user.id}/sessions`)).data.length;
  const before = await sessions();
  const leaving = await visit(jar, `${server.url}/logout`, { method: 'POST', headers: { origin: server.url } });
  assert.equal(leaving.status, 303, leaving.text.slice(0, 500));
  assert.equal(await sessions(), before, 'the browser has not been there yet');
  const back = await visit(jar, leaving.location);
  assert.equal(back.location, `${server.url}/`);
  assert.equal(await sessions(), before - 1);
  assert.equal((await me(server, jar)).status, 401);
  await server.stop();
});

test('SSO: the profile of its connection signs in', async () => {
  const [connection] = (await api('/connections')).data;
  const server = await serve(emulator.url, { args: ['--mode', 'sso'] });
  const { jar } = await signIn(server, `connection=${connection.id}&login_hint=lin%40example.com`);
  const reply = await me(server, jar);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.email, 'lin@example.com');
  assert.equal(reply.body.organization_id, connection.organization_id);
  await server.stop();
});

test('sync run --once reads all its events, and the second time none again', async () => {
  const truth = [];
  for (let after = ''; ; ) {
    const page = await api(`/events?order=asc&limit=100${after && `&after=${after}`}`);
    truth.push(...page.data);
    after = page.list_metadata.after;
    if (!after) break;
  }
  assert.ok(truth.length >= 4, 'the seed and the sign-ins made events');
  const store = newStore();
  const env = apiEnvironment(emulator.url);
  for (let round = 1; round <= 2; round++) {
    await succeed(['sync', 'run', '--store', store, '--once'], { env });
    const events = jsonLines(await succeed(['events', 'list', '--store', store, '--json', '--limit', '100'], { env }));
    assert.deepEqual(
      events.map((event) => event.id),
      truth.map((event) => event.id),
      `round ${round}`,
    );
  }
});

test('a wrong key is told as such', async () => {
  const result = await run(['sync', 'run', '--store', newStore(), '--once'], {
    env: apiEnvironment(emulator.url, { WORKOS_API_KEY: 'sk_wrong' }),
  });
  assert.equal(result.code, 3, result.stderr);
  assert.match(result.stderr, /401|key/i);
  assert.ok(!result.stderr.includes('sk_wrong'), 'the key stays a secret');
});
