// The peers in Node: an http server whose /bare answers 100 bytes at once and whose /guarded asks @workos-inc/node first; and, for
// Apache, the smallest OpenID provider that signs somebody in without asking. Prints {"port":N}.
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { CLIENT_ID, PASSWORD, require } from './fixture.mjs';

const { WorkOS } = await import(require.resolve('@workos-inc/node'));
const directory = process.argv[2];
const jwks = fs.readFileSync(path.join(directory, 'jwks.json'));
const body = '.'.repeat(99) + '\n';
let workos;

async function guarded(request, response) {
  const cookie = /(?:^|; )wos-session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  const session = workos.userManagement.loadSealedSession({ sessionData: decodeURIComponent(cookie), cookiePassword: PASSWORD });
  const result = await session.authenticate();
  response.writeHead(result.authenticated ? 200 : 401, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
}

function bare(request, response) {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
}

function sendJson(request, response, value) {
  const text = Buffer.isBuffer(value) ? value : JSON.stringify(value);
  response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

// ---- The OpenID provider: metadata, authorize, token, keys ----

const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const nonces = new Map();
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function authorize(request, response) {
  const query = new URL(request.url, 'http://127.0.0.1').searchParams;
  const code = crypto.randomUUID();
  nonces.set(code, { nonce: query.get('nonce'), client: query.get('client_id') });
  response.writeHead(302, { location: `${query.get('redirect_uri')}?code=${code}&state=${encodeURIComponent(query.get('state'))}` }).end();
}

async function token(request, response) {
  let text = '';
  for await (const chunk of request) text += chunk;
  const { nonce, client } = nonces.get(new URLSearchParams(text).get('code'));
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer(), sub: 'user_01BENCH', aud: client, nonce, iat: now, exp: now + 3600, email: 'mira.holt@nordwind.example' };
  const signed = `${encode({ alg: 'RS256', kid: 'op' })}.${encode(claims)}`;
  const signature = crypto.sign('sha256', Buffer.from(signed), pair.privateKey).toString('base64url');
  sendJson(request, response, { access_token: 'opaque', token_type: 'Bearer', expires_in: 3600, id_token: `${signed}.${signature}` });
}

const issuer = () => `http://127.0.0.1:${server.address().port}/op`;
const metadata = () => ({
  issuer: issuer(),
  authorization_endpoint: `${issuer()}/authorize`,
  token_endpoint: `${issuer()}/token`,
  jwks_uri: `${issuer()}/jwks`,
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  response_types_supported: ['code'],
  id_token_signing_alg_values_supported: ['RS256'],
});
const routes = {
  '/bare': bare,
  '/guarded': guarded,
  '/op/.well-known/openid-configuration': (request, response) => sendJson(request, response, metadata()),
  '/op/authorize': authorize,
  '/op/token': token,
  '/op/jwks': (request, response) =>
    sendJson(request, response, { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'op', alg: 'RS256', use: 'sig' }] }),
  [`/sso/jwks/${CLIENT_ID}`]: (request, response) => sendJson(request, response, jwks),
};

const server = http.createServer((request, response) => {
  const route = routes[request.url.split('?')[0]];
  if (!route) return response.writeHead(404).end();
  Promise.resolve(route(request, response)).catch((error) => response.writeHead(500).end(String(error)));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address();
workos = new WorkOS('sk_test_bench', { clientId: CLIENT_ID, apiHostname: '127.0.0.1', port, https: false });
console.log(JSON.stringify({ port }));
