// One refresh token, many requests, several servers on one store: nobody is signed out, and WorkOS sees one refresh;
// whatever happens to WorkOS, to its keys, and to the server that was renewing the session.
import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CLIENT_ID, PASSWORD, ask, control, emulate, isUp, newStore, run, scratchFile, serve, waitFor } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';
const N_SERVERS = 4;
const N_THREADS = 64;

// Between the servers and the emulator: sees each refresh, may hold or fail it.
async function startWatcher(emulator) {
  const self = { refreshes: [], hold: null, isDown: false };
  const pass = async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const isRefresh = body.includes('"grant_type":"refresh_token"');
    const seen = isRefresh && { token: JSON.parse(body).refresh_token, status: null };
    if (seen) self.refreshes.push(seen);
    if (self.isDown) return response.destroy();
    const reply = await ask(`${emulator.url}${request.url}`, { method: request.method, headers: request.headers, body });
    if (seen) seen.status = reply.status;
    if (seen && self.hold) await self.hold(seen);
    delete reply.headers['transfer-encoding'];
    response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.text) });
    response.end(reply.text);
  };
  // Either side may have ended, as at the end of a test.
  const server = http.createServer((request, response) => pass(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  self.url = `http://127.0.0.1:${server.address().port}`;
  self.done = () => self.refreshes.filter(({ status }) => status === 200);
  server.unref();
  return self;
}

async function authenticate(emulator, grant) {
  const reply = await ask(`${emulator.url}/user_management/authenticate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: CLIENT_ID, ...grant }),
  });
  assert.equal(reply.status, 200, reply.text);
  return JSON.parse(reply.text);
}

// The cookie of somebody who signed in so long ago: after minutes the access token is over, the refresh token is not.
async function cookieFrom(emulator, agoMs) {
  const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const query = new URLSearchParams({
    response_type: 'code', client_id: CLIENT_ID, redirect_uri: 'http://127.0.0.1:9/callback', state: 's', provider: 'authkit',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256',
  });
  await control(emulator, 'POST', '/clock', { set: new Date(Date.now() - agoMs).toISOString() });
  const chosen = await ask(`${emulator.url}/user_management/authorize?${query}`, {
    method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `email=${EMAIL}`,
  });
  const code = new URL(chosen.headers.location).searchParams.get('code');
  const answer = await authenticate(emulator, { grant_type: 'authorization_code', code, code_verifier: verifier });
  await control(emulator, 'POST', '/clock', { set: new Date().toISOString() });
  const session = {
    organizationId: answer.organization_id,
    user: { object: 'user', id: answer.user.id, email: answer.user.email },
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
  };
  const sealed = await run(['session', 'seal', '--password-file', scratchFile('password', PASSWORD)], { input: JSON.stringify(session) });
  assert.equal(sealed.code, 0, sealed.stderr);
  return `wos-session=${sealed.stdout.trim()}`;
}

// The servers have read the feed, and leave it alone then: one that is frozen amid a write to the store would keep all
// others from writing, and each would renew for itself.
async function startWorld(nServers = N_SERVERS) {
  const emulator = await emulate(['--control']);
  const watcher = await startWatcher(emulator);
  const store = newStore();
  const env = { WORKOS_ISSUER: emulator.ready.issuer };
  const servers = [];
  for (let i = 0; i < nServers; i++) servers.push(await serve(watcher.url, { store, env, args: ['--poll-interval', '3600'] }));
  for (const server of servers) await waitFor('the feed to be read', () => isUp(`${server.url}/readyz`));
  return { emulator, watcher, servers, cookie: await cookieFrom(emulator, 3_600_000) };
}

// { status, cookie: what is set, isCleared }
async function me(server, cookie) {
  const reply = await ask(`${server.url}/api/me`, { headers: { accept: 'application/json', cookie } });
  const set = reply.setCookie.filter((line) => line.startsWith('wos-session'));
  return {
    status: reply.status,
    text: reply.text,
    cookie: set.find((line) => /^wos-session=Fe26/.test(line))?.split(';')[0],
    isCleared: set.some((line) => /max-age=0/i.test(line)),
  };
}

const crowd = (servers, cookie) =>
  Promise.all(servers.flatMap((server) => Array.from({ length: N_THREADS }, () => me(server, cookie))));

function assertSignedIn(replies) {
  for (const reply of replies) {
    assert.equal(reply.status, 200, reply.text);
    assert.equal(JSON.parse(reply.text).user.email, EMAIL);
    assert.ok(reply.cookie && !reply.isCleared);
  }
  assert.equal(new Set(replies.map(({ cookie }) => cookie)).size, 1, 'all have the same new session');
}

const stopAll = (world) => Promise.all([...world.servers, world.emulator].map((program) => program.stop()));

describe('one refresh token', { concurrency: true }, () => {
  test('64 threads of 4 servers spend it: all stay signed in, WorkOS sees one refresh', async () => {
    const world = await startWorld();
    // Long enough for all of them to arrive.
    world.watcher.hold = () => pause(1000);
    const replies = await crowd(world.servers, world.cookie);
    assert.equal(replies.length, N_SERVERS * N_THREADS);
    assertSignedIn(replies);
    assert.equal(world.watcher.refreshes.length, 1);
    // And what they got is good.
    assertSignedInWithoutRenewal(await crowd(world.servers, replies[0].cookie));
    assert.equal(world.watcher.refreshes.length, 1);
    await stopAll(world);
  });

  test('is spent once over an outage that outlasts leases and a new signing key, and nobody is signed out', async () => {
    const world = await startWorld();
    // The old signing key is known to all.
    const fresh = await cookieFrom(world.emulator, 0);
    assertSignedInWithoutRenewal(await Promise.all(world.servers.map((server) => me(server, fresh))));
    const end = Date.now() + 35_000; // a lease ends after 20 s, and who waits for one gives up after 30
    world.watcher.isDown = true;
    let isRotated = false;
    let nRefused = 0;
    while (Date.now() < end) {
      for (const reply of await Promise.all(world.servers.map((server) => me(server, world.cookie)))) {
        assert.equal(reply.status, 503, reply.text);
        assert.ok(!reply.isCleared && !reply.cookie);
        nRefused++;
      }
      if (!isRotated) await control(world.emulator, 'POST', '/keys/rotate', { drop_old: true });
      isRotated = true;
      await pause(1000);
    }
    assert.ok(nRefused >= 2 * N_SERVERS);
    world.watcher.isDown = false;
    world.watcher.hold = () => pause(1000);
    assertSignedIn(await crowd(world.servers, world.cookie));
    assert.equal(world.watcher.done().length, 1);
    await stopAll(world);
  });

  test('of a server that is killed while it renews is taken over by another', async () => {
    const world = await startWorld(2);
    const [dying, other] = world.servers;
    const spent = new Promise((resolve) => {
      // WorkOS has changed the token, and the answer gets lost: it repeats it for 30 s.
      world.watcher.hold = async () => {
        resolve();
        world.watcher.hold = null;
        await pause(60_000, undefined, { ref: false });
      };
    });
    const lost = me(dying, world.cookie).then(() => assert.fail('it was killed'), () => {});
    await spent;
    dying.child.kill('SIGKILL');
    await lost;
    dying.forget();
    const began = Date.now();
    assertSignedIn(await crowd([other], world.cookie));
    assert.ok(Date.now() - began < 30_000);
    assert.deepEqual(world.watcher.refreshes.map(({ status }) => status), [200, 200]);
    assert.equal(world.watcher.refreshes[0].token, world.watcher.refreshes[1].token);
    world.servers.shift();
    await stopAll(world);
  });

  test('of a server that is frozen while it renews is taken over, and the late one signs nobody out', async () => {
    const world = await startWorld(2);
    const [frozen, other] = world.servers;
    let release;
    const spent = new Promise((resolve) => {
      world.watcher.hold = async () => {
        resolve();
        world.watcher.hold = null;
        await new Promise((wake) => (release = wake));
      };
    });
    const late = me(frozen, world.cookie);
    await spent;
    frozen.child.kill('SIGSTOP');
    const replies = await crowd([other], world.cookie);
    assertSignedIn(replies);
    // What WorkOS says to the token from now on is "invalid_grant".
    await control(world.emulator, 'POST', '/clock', { advance_s: 31 });
    release();
    frozen.child.kill('SIGCONT');
    assertSignedIn([await late, ...replies]);
    await waitFor('both servers to answer', async () => (await me(frozen, replies[0].cookie)).status === 200);
    assert.equal(world.watcher.done().length, 2);
    await stopAll(world);
  });
});

function assertSignedInWithoutRenewal(replies) {
  for (const { status, text, cookie, isCleared } of replies) {
    assert.equal(status, 200, text);
    assert.ok(!cookie && !isCleared);
  }
}
