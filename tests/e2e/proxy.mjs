// The server behind a proxy: whose word on who asks is taken, what is refused, and where people are sent.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { before, test } from 'node:test';
import { PASSWORD, apiEnvironment, ask, emulate, me, run, serve, signIn, visit, waitFor } from './support.mjs';

let emulator;
before(async () => {
  emulator = await emulate();
});

const PUBLIC = { WORKOS_REDIRECT_URI: 'https://app.example/callback' };
const said = (server, text) => waitFor(`"${text}" on stderr`, () => server.stderr.includes(text));

test('off by default: forwarded headers are what a visitor wrote', async () => {
  const server = await serve(emulator.url, { args: ['--log-requests'], env: PUBLIC });
  const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'for=203.0.113.8' };
  const login = await ask(`${server.url}/login`, { headers });
  assert.match(login.headers.location, /redirect_uri=https%3A%2F%2Fapp\.example%2Fcallback/);
  assert.match(login.setCookie[0], /; Secure/, 'the redirect URI decides, not the header');
  await said(server, 'GET /login 302 127.0.0.1 ');
  assert.doesNotMatch(server.stderr, /203\.0\.113|evil/);
  await server.stop();
});

test('the trusted proxy tells who asks, and a wrong public address is told once', async () => {
  const server = await serve(emulator.url, { args: ['--log-requests', '--trusted-proxy', '127.0.0.1', '--trusted-proxy', '10.0.0.0/8'], env: PUBLIC });
  const from = (address, more = {}) => ask(`${server.url}/login`, { headers: { 'x-forwarded-for': address, 'x-forwarded-proto': 'https', ...more } });
  await from('198.51.100.66, 203.0.113.9, 10.0.0.2', { 'x-forwarded-host': 'app.example' });
  await said(server, 'GET /login 302 203.0.113.9 ');
  assert.doesNotMatch(server.stderr, /198\.51|leads back/);
  const login = await from('203.0.113.10', { 'x-forwarded-host': 'other.example' });
  assert.match(login.headers.location, /redirect_uri=https%3A%2F%2Fapp\.example%2Fcallback/, 'and changes nothing by it');
  await from('203.0.113.11', { 'x-forwarded-host': 'other.example' });
  await said(server, 'GET /login 302 203.0.113.11 ');
  assert.equal(server.stderr.match(/serves https:\/\/other\.example, but sign-in leads back to https:\/\/app\.example: set WORKOS_REDIRECT_URI/g)?.length, 1, server.stderr);
  await server.stop();
});

test('the Forwarded header counts where it is chosen, and X-Forwarded-For then does not', async () => {
  const server = await serve(emulator.url, { args: ['--log-requests', '--trusted-proxy', '127.0.0.0/8', '--proxy-header', 'forwarded'], env: PUBLIC });
  await ask(`${server.url}/login`, { headers: { forwarded: 'for="[2001:db8:9::1]:4711";proto=https', 'x-forwarded-for': '203.0.113.66' } });
  await said(server, 'GET /login 302 2001:db8:9::1 ');
  assert.doesNotMatch(server.stderr, /203\.0\.113/);
  await server.stop();
});

test('headers in disguise are refused, honest ones with an underscore are not', async () => {
  const server = await serve(emulator.url);
  for (const name of ['X_Forwarded_For', 'x-forwarded_host', 'Content_Length', 'Sec_Fetch_Site', 'X_Original_URL']) {
    const reply = await ask(`${server.url}/healthz`, { headers: { [name]: '1' } });
    assert.equal(reply.status, 400, name);
    assert.match(reply.text, /would take for another/);
  }
  assert.equal((await ask(`${server.url}/healthz`, { headers: { X_Trace_Id: '1' } })).status, 200);
  await server.stop();
});

test('more cookies than the server reads: our own 431 page for browsers, JSON for others', async () => {
  const server = await serve(emulator.url);
  const cookie = (size) => `a=${'x'.repeat(size)}`;
  for (const size of [33_000, 100_000]) {
    const page = await ask(`${server.url}/`, { headers: { accept: 'text/html', cookie: cookie(size) } });
    assert.equal(page.status, 431, `${size}`);
    assert.match(page.headers['content-type'], /text\/html/);
    assert.match(page.text, /Too many cookies/);
    assert.match(page.text, /Delete the cookies of this site/);
    assert.match(page.headers['cache-control'], /no-store/);
    const json = await ask(`${server.url}/api/me`, { headers: { cookie: cookie(size) } });
    assert.equal(json.status, 431);
    assert.match(JSON.parse(json.text).message, /headers are too large: \d+ bytes/);
  }
  // Beyond what CivetWeb reads at all it cannot tell the one from the other, so neither can we.
  const beyond = await ask(`${server.url}/`, { headers: { cookie: cookie(140_000) } });
  assert.equal(beyond.status, 400);
  assert.match(JSON.parse(beyond.text).message, /or its headers are larger than 131072 bytes/);
  assert.equal((await ask(`${server.url}/`, { headers: { accept: 'text/html', cookie: cookie(30_000) } })).status, 200, 'a near miss');
  await server.stop();
});

// What nginx would do: TLS, a connection of its own to the server, and the three headers. Its target is set once that is known.
async function tlsProxy() {
  const data = (name) => fs.readFileSync(path.join(process.env.SOURCE_ROOT, 'tests/data', name));
  const self = https.createServer({ key: data('tls-key.pem'), cert: data('tls-cert.pem') }, (from, to) => {
    const forwardedFor = [from.headers['x-forwarded-for'], from.socket.remoteAddress].filter(Boolean).join(', ');
    const headers = { ...from.headers, 'x-forwarded-for': forwardedFor, 'x-forwarded-proto': 'https', 'x-forwarded-host': from.headers.host };
    const asked = http.request(`${self.target}${from.url}`, { method: from.method, headers }, (reply) => {
      to.writeHead(reply.statusCode, reply.rawHeaders);
      reply.pipe(to);
    });
    asked.on('error', (error) => (to.headersSent ? to.destroy(error) : to.writeHead(502).end(`no answer from the server: ${error}`)));
    from.pipe(asked);
  });
  await new Promise((resolve) => self.listen(0, '127.0.0.1', resolve));
  return Object.assign(self, { url: `https://localhost:${self.address().port}` });
}

test('behind a TLS proxy: a whole sign-in, Secure cookies, sign-out, and the log names the visitor', async () => {
  const proxy = await tlsProxy();
  const args = ['--log-requests', '--trusted-proxy', '127.0.0.0/8'];
  const server = await serve(emulator.url, { args, env: { WORKOS_REDIRECT_URI: `${proxy.url}/callback` } });
  proxy.target = server.url;
  const { jar } = await signIn(proxy, 'mira.holt@juniper.example');
  assert.ok(jar.get('wos-session').attributes.includes('Secure'));
  assert.equal((await me(proxy, jar)).body.user.email, 'mira.holt@juniper.example');
  const foreign = await visit(jar, `${proxy.url}/logout`, { form: {}, headers: { origin: server.url } });
  assert.equal(foreign.status, 403, 'the public address is the origin, not the one behind the proxy');
  const out = await visit(jar, `${proxy.url}/logout`, { form: {}, headers: { origin: proxy.url } });
  assert.equal(out.status, 303);
  assert.equal((await me(proxy, jar)).status, 401);
  await ask(`${proxy.url}/icon.svg`, { headers: { 'x-forwarded-for': '203.0.113.66, 203.0.113.9' } });
  await said(server, 'GET /icon.svg 200 203.0.113.9 ');
  assert.doesNotMatch(server.stderr, /203\.0\.113\.66|leads back/);
  proxy.close();
  proxy.closeAllConnections();
  await server.stop();
});

const ROUTES = ['/', '/login', '/callback', '/logout', '/api/me', '/api/events', '/api/directories', '/api/directory-users/x', '/nothing'];
test('a cache in front keeps no answer that read a session: Vary: Cookie and no-store on each', async () => {
  const server = await serve(emulator.url);
  const { jar } = await signIn(server, 'mira.holt@juniper.example');
  const check = ({ status, headers }, what) => {
    assert.match(headers.vary ?? '', /\bCookie\b/, `${what}: ${status}`);
    assert.match(headers['cache-control'] ?? '', /no-store/, `${what}: ${status}`);
  };
  for (const [who, cookie] of [['nobody', {}], ['Mira', { cookie: jar.header(server.url) }], ['a forger', { cookie: 'wos-session=Fe26.2*x' }]])
    for (const accept of ['text/html', 'application/json'])
      for (const route of ROUTES) check(await ask(`${server.url}${route}`, { headers: { accept, ...cookie } }), `${who} at ${route}`);
  const stream = await fetch(`${server.url}/api/events/stream`, { headers: { cookie: jar.header(server.url) } });
  check({ status: stream.status, headers: Object.fromEntries(stream.headers) }, 'the stream');
  await stream.body.cancel();
  await server.stop();
});

test('listening beyond this machine needs the public address', async () => {
  const env = apiEnvironment(emulator.url, { WORKOS_COOKIE_PASSWORD: PASSWORD });
  const result = await run(['serve', '--listen', '0.0.0.0:0'], { env });
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, /needs to know its public address: set WORKOS_REDIRECT_URI or --redirect-uri/);
});

const refusals = {
  'trusts everybody': [['--trusted-proxy', '0.0.0.0/0'], /everybody/],
  'is no range': [['--trusted-proxy', 'proxy.example'], /no address range: give one like/],
  'is ambiguous': [['--trusted-proxy', '10.1.2.3/8'], /bits set behind its first 8/],
  'knows no such header': [['--trusted-proxy', '10.0.0.1', '--proxy-header', 'x-real-ip'], /takes x-forwarded or forwarded/],
  'trusts nobody with it': [['--proxy-header', 'forwarded'], /needs --trusted-proxy/],
  'allows nobody': [['--allow', 'role='], /--allow: "role=" in a rule names nobody/],
  'allows by a list': [['--allow', 'role=a,b'], /no quotes, lists or patterns/],
};
for (const [what, [args, message]] of Object.entries(refusals))
  test(`an option that ${what} is refused with the reason`, async () => {
    const result = await run(['serve', ...args], { env: apiEnvironment(emulator.url) });
    assert.equal(result.code, 2, result.stderr);
    assert.match(result.stderr, message);
  });
