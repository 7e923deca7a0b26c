// The server's routes over HTTP: who is let in, what bad input gets, and how live events arrive.
import assert from 'node:assert/strict';
import { before, beforeEach, test } from 'node:test';
import { Jar, control, emulate, me, serve, signIn, visit, waitFor } from './support.mjs';

const ADMIN = 'mira.holt@juniper.example';
let emulator, server;

before(async () => {
  emulator = await emulate(['--control']);
  server = await serve(emulator.url, { args: ['--poll-interval', '1'] });
});
beforeEach(() => control(emulator, 'DELETE', '/faults', {}));

const api = async (jar, route, headers = {}) => {
  const reply = await visit(jar, `${server.url}${route}`, { headers: { accept: 'application/json', ...headers } });
  return { ...reply, body: reply.text && JSON.parse(reply.text) };
};

test('signed out: 401 JSON on guarded routes, a page on /', async () => {
  for (const route of ['/api/me', '/api/events', '/api/events/stream', '/api/directories', '/api/directories/x/users', '/api/directories/x/groups', '/api/directory-users/x']) {
    const reply = await api(new Jar(), route);
    assert.equal(reply.status, 401, route);
    assert.match(reply.headers['content-type'], /application\/json/, route);
    assert.equal(reply.headers['www-authenticate'], 'Bearer', route);
    // Typed into the address bar it is the same, not a way to the sign-in page.
    assert.equal((await visit(new Jar(), `${server.url}${route}`)).status, 401, route);
  }
  const page = await visit(new Jar(), `${server.url}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'], /text\/html/);
});

test('login: 302 with PKCE S256 and a state bound to this browser', async () => {
  const jar = new Jar();
  const reply = await visit(jar, `${server.url}/login?organization_id=org_1&login_hint=a%40b&screen_hint=sign-up`);
  assert.equal(reply.status, 302);
  const query = new URL(reply.location).searchParams;
  assert.equal(query.get('response_type'), 'code');
  assert.equal(query.get('code_challenge_method'), 'S256');
  assert.match(query.get('code_challenge'), /^[\w-]{43}$/);
  assert.equal(query.get('redirect_uri'), `${server.url}/callback`);
  assert.equal(query.get('organization_id'), 'org_1');
  assert.equal(query.get('login_hint'), 'a@b');
  assert.equal(query.get('screen_hint'), 'sign-up');
  assert.ok(query.get('state').length >= 32);
  const [cookie] = [...jar.cookies.values()];
  assert.ok(cookie.attributes.some((text) => /^httponly$/i.test(text)), cookie.attributes.join());
  assert.ok(cookie.attributes.some((text) => /^samesite=lax$/i.test(text)), cookie.attributes.join());
});

test('sign-in: profile, session cookie, return_to; the code is spent', async () => {
  const { jar, before, callback, arrival } = await signIn(server, ADMIN, { query: '?return_to=%2F%3Ftab%3D1' });
  assert.equal(arrival, `${server.url}/?tab=1`);
  const cookie = jar.get('wos-session');
  assert.match(cookie.value, /^Fe26\.2\*1\*/);
  assert.ok(cookie.attributes.some((text) => /^httponly$/i.test(text)));
  const { status, body, headers } = await me(server, jar);
  assert.equal(status, 200);
  assert.equal(body.user.email, ADMIN);
  assert.equal(body.role, 'admin');
  assert.ok(body.permissions.includes('directory:read'));
  assert.ok(Date.parse(body.expires_at) > Date.now());
  assert.match(headers['cache-control'], /no-store/);

  // The same address once more, in the browser as it was: the code is good once.
  const again = await visit(before, callback);
  assert.equal(again.status, 400, again.text);
  assert.equal(before.get('wos-session'), undefined);
  // "Back" after the sign-in: nothing to complain about, and the session is the same.
  assert.equal((await visit(jar, callback)).location, `${server.url}/`);
  assert.equal(jar.get('wos-session').value, cookie.value);
});

test('return_to leads nowhere else', async () => {
  for (const target of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '\\\\evil.example', 'javascript:alert(1)', '/%0d%0aSet-Cookie:%20a=b', 'http:evil.example', '/\t/evil.example']) {
    const query = `?return_to=${encodeURIComponent(target)}`;
    if ((await visit(new Jar(), `${server.url}/login${query}`)).status === 400) continue;
    const { arrival } = await signIn(server, ADMIN, { query });
    assert.equal(new URL(arrival).origin, server.url, target);
  }
});

// What may come to /callback in a browser that has asked for a sign-in, and must not let anybody in.
const callbacks = [
  ['nothing', () => ''],
  ['no state', () => '?code=code_1'],
  ['an empty state', () => '?code=code_1&state='],
  ['another state', () => '?code=code_1&state=xyz'],
  ['the state, one character changed', (state) => `?code=code_1&state=${encodeURIComponent(state.replace(/.(?=~2$)|.$/, (c) => (c === 'A' ? 'B' : 'A')))}`],
  ['two states', (state) => `?code=code_1&state=${encodeURIComponent(state)}&state=x`],
  ['no code', (state) => `?state=${encodeURIComponent(state)}`],
  ['a made-up code', (state) => `?code=code_made_up&state=${encodeURIComponent(state)}`],
  ['an error from WorkOS', (state) => `?error=server_error&error_description=Oh%20%3Cb%3Edear&state=${encodeURIComponent(state)}`],
  ['a refusal', (state) => `?error=access_denied&state=${encodeURIComponent(state)}`],
  ['an error without a state', () => '?error=access_denied'],
  ['a state of 60 KB', () => `?code=code_1&state=${'x'.repeat(12_000)}`],
];
for (const [name, query] of callbacks) {
  test(`callback with ${name}: a page that says so, no session`, async () => {
    const jar = new Jar();
    const login = await visit(jar, `${server.url}/login`);
    const reply = await visit(jar, `${server.url}/callback${query(new URL(login.location).searchParams.get('state'))}`);
    assert.ok((reply.status >= 400 && reply.status < 500) || reply.status === 502, `${reply.status}`);
    assert.equal(jar.get('wos-session'), undefined);
    assert.ok(!reply.text.includes('<b>dear'), 'text from outside is escaped');
    if (reply.headers['content-type']?.includes('text/html')) assert.match(reply.text, /\/login/, 'a way to start again');
    assert.equal((await me(server, jar)).status, 401);
  });
}

test('a callback in another browser lets nobody in', async () => {
  const victim = new Jar();
  const authorize = (await visit(new Jar(), `${server.url}/login`)).location;
  const callback = (await visit(new Jar(), authorize, { form: { email: ADMIN } })).location;
  const reply = await visit(victim, callback);
  assert.ok(reply.status >= 400 && reply.status < 500, `${reply.status}`);
  assert.equal(victim.get('wos-session'), undefined);
});

test('WorkOS out of order during the callback: told, no session', async () => {
  for (const fault of [{ status: 500 }, { status: 200, body: 'html' }, { status: 200, body: 'half' }, { body: 'none' }]) {
    const jar = new Jar();
    const authorize = (await visit(jar, `${server.url}/login`)).location;
    const callback = (await visit(jar, authorize, { form: { email: ADMIN } })).location;
    await control(emulator, 'POST', '/faults', { path: '/user_management/authenticate', count: 5, ...fault });
    const reply = await visit(jar, callback);
    assert.ok(reply.status >= 400, `${JSON.stringify(fault)}: ${reply.status}`);
    assert.equal(jar.get('wos-session'), undefined);
    await control(emulator, 'DELETE', '/faults', {});
  }
});

test('a cookie changed in any byte is no session', async () => {
  const { jar } = await signIn(server, ADMIN);
  const { value } = jar.get('wos-session');
  const last = value.length - 2; // what follows "~" is not signed
  const places = new Set(Array.from({ length: 40 }, (_, i) => Math.floor((i * last) / 40)).concat(last - 1));
  for (const at of places) {
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'E' : 'A') + value.slice(at + 1);
    const reply = await me(server, new Jar(), { cookie: `wos-session=${changed}` });
    assert.equal(reply.status, 401, `byte ${at}`);
  }
  for (const text of ['', 'x', 'Fe26.2', '*'.repeat(7), 'x'.repeat(6000)]) {
    assert.equal((await me(server, new Jar(), { cookie: `wos-session=${text}` })).status, 401);
  }
});

const encode = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
test('tokens that WorkOS did not sign open nothing', async () => {
  const claims = { sub: 'user_x', sid: 'session_x', iat: 1, exp: Math.floor(Date.now() / 1000) + 600 };
  const tokens = {
    'alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'alg HS256': `${encode({ alg: 'HS256', kid: 'x' })}.${encode(claims)}.${'A'.repeat(43)}`,
    'an unknown key': `${encode({ alg: 'RS256', kid: 'nobody' })}.${encode(claims)}.${'A'.repeat(342)}`,
    'no dots': 'token',
    nothing: '',
    'too long': 'x'.repeat(9000),
  };
  for (const [name, token] of Object.entries(tokens))
    assert.equal((await me(server, new Jar(), { authorization: `Bearer ${token}` })).status, 401, name);
});

test('logout: only by POST of the same origin; afterwards nobody is signed in', async () => {
  const { jar } = await signIn(server, ADMIN);
  assert.equal((await visit(jar, `${server.url}/logout`)).status, 200, 'GET shows a button');
  assert.equal((await me(server, jar)).status, 200, 'and does nothing');
  const foreign = await visit(jar, `${server.url}/logout`, { form: {}, headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } });
  assert.ok(foreign.status >= 400, `${foreign.status}`);
  assert.equal((await me(server, jar)).status, 200, 'another site cannot sign anybody out');

  const reply = await visit(jar, `${server.url}/logout`, { form: {}, headers: { origin: server.url, 'sec-fetch-site': 'same-origin' } });
  assert.ok(reply.status === 302 || reply.status === 303, `${reply.status}`);
  assert.ok(reply.location.startsWith(`${emulator.url}/user_management/sessions/logout?`), reply.location);
  assert.equal(jar.get('wos-session'), undefined);
  assert.equal((await visit(jar, reply.location)).location, `${server.url}/`);
  assert.equal((await me(server, jar)).status, 401);
});

test('the feed: newest first, by cursor, only of the own organization', async () => {
  const { jar } = await signIn(server, ADMIN);
  const own = (await me(server, jar)).body.organization_id;
  const page = await waitFor('the mirror to fill', async () => {
    const reply = await api(jar, '/api/events?limit=100');
    assert.equal(reply.status, 200, reply.text);
    return reply.body.data.length > 5 && reply.body;
  });
  const foreign = page.data.filter(({ event, data }) => (event.startsWith('organization.') ? data.id : data.organization_id ?? data.user?.organization_id) !== own);
  assert.deepEqual(foreign, []);
  const times = page.data.map(({ created_at }) => created_at);
  assert.deepEqual(times, [...times].sort().reverse());
  const other = (await control(emulator, 'GET', '/state')).organizations.find(({ id }) => id !== own).id;
  assert.equal((await api(jar, `/api/events?organization_id=${other}`)).status, 403);
  for (const query of ['limit=0', 'limit=x', 'limit=-1', 'limit=99999999999999999999'])
    assert.equal((await api(jar, `/api/events?${query}`)).status, 400, query);
});

async function openStream(jar, headers = {}) {
  const stop = new AbortController();
  const url = `${server.url}/api/events/stream`;
  const response = await fetch(url, { signal: stop.signal, headers: { cookie: jar.header(url), accept: 'text/event-stream', ...headers } });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type'), /text\/event-stream/);
  const stream = { text: '', stop: () => stop.abort() };
  stream.done = (async () => {
    for await (const chunk of response.body) stream.text += Buffer.from(chunk).toString();
  })().catch(() => {});
  return stream;
}

test('a directory event arrives on the stream, and Last-Event-ID resumes behind it', async () => {
  const { jar } = await signIn(server, ADMIN);
  const own = (await me(server, jar)).body.organization_id;
  const { directories } = await control(emulator, 'GET', '/state');
  const directory = directories.find(({ organization_id }) => organization_id === own);
  const stream = await openStream(jar);
  const add = (email) => control(emulator, 'POST', `/directories/${directory.id}/users`, { email, first_name: 'Stream' });
  await add('first.stream@juniper.example');
  await waitFor('the first event', () => stream.text.includes('first.stream@juniper.example'));
  const id = stream.text.match(/^id: ?(event_\w+)\s*$/gm).at(-1).replace(/^id: ?/, '').trim();
  stream.stop();
  await stream.done;
  await add('second.stream@juniper.example');
  const resumed = await openStream(jar, { 'last-event-id': id });
  await waitFor('the second event', () => resumed.text.includes('second.stream@juniper.example'));
  assert.ok(!resumed.text.includes('first.stream@juniper.example'), 'not again what was seen');
  resumed.stop();
  await resumed.done;
});

test('healthz, readyz and metrics', async () => {
  assert.equal((await visit(new Jar(), `${server.url}/healthz`)).status, 200);
  await waitFor('readiness', async () => (await visit(new Jar(), `${server.url}/readyz`)).status === 200);
  const metrics = await visit(new Jar(), `${server.url}/metrics`);
  assert.equal(metrics.status, 200);
  assert.match(metrics.text, /^# TYPE latchkey_\w+ (counter|gauge|histogram)$/m);
});

test('what is not there is 404, what is not allowed 405', async () => {
  assert.equal((await api(new Jar(), '/nothing')).status, 404);
  assert.equal((await visit(new Jar(), `${server.url}/api/me`, { method: 'DELETE' })).status, 405);
});
