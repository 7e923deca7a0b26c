// A sign-in that lacks a step, over HTTP: the page names it, and its link leads on to the session. Also for a sign-in
// that begins at the identity provider.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Jar, control, emulate, me, serve, visit } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';
const SECRET = 'pending_secret_of_this_test';
let emulator, server, juniper, organizations, connection;

before(async () => {
  emulator = await emulate(['--control']);
  server = await serve(emulator.url);
  const state = await control(emulator, 'GET', '/state');
  organizations = state.organizations.map(({ id, name }) => ({ id, name }));
  juniper = organizations.find(({ name }) => name === 'Juniper Works');
  connection = state.connections.find(({ organization_id }) => organization_id === juniper.id);
});

// The next code is not exchanged, for this reason.
const refuse = (status, json) =>
  control(emulator, 'POST', '/faults', { path: '/user_management/authenticate', contains: 'authorization_code', count: 1, status, json });

const unescape = (text) => text.replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&#39;', "'").replaceAll('&quot;', '"');

// The address behind the link with this text.
function linkTo(reply, text) {
  const links = [...reply.text.matchAll(/<a [^>]*?href="([^"]*)">([^<]*)<\/a>/g)].map(([, href, name]) => [unescape(name), unescape(href)]);
  const found = links.filter(([name]) => name === text);
  assert.equal(found.length, 1, `one link "${text}" among ${JSON.stringify(links)}`);
  return new URL(found[0][1], server.url).href;
}

// From an address of the server to the answer of its callback: login, one click on a person, back.
async function signInFrom(jar, url, choice = {}) {
  const login = await visit(jar, url);
  assert.equal(login.status, 302, login.text);
  const click = await visit(jar, login.location, { form: { email: EMAIL, ...choice } });
  return visit(jar, click.location);
}

async function assertSignedIn(jar, reply, path) {
  assert.equal(reply.status, 302, reply.text);
  assert.equal(reply.location, `${server.url}${path}`);
  const { status, body } = await me(server, jar);
  assert.equal(status, 200);
  assert.equal(body.user.email, EMAIL);
  return body;
}

function assertNothingKept(jar, reply) {
  assert.equal(reply.status, 403, reply.text);
  assert.ok(!reply.text.includes(SECRET) && !jar.header(server.url).includes(SECRET), 'the token stays on the server');
  assert.equal(jar.get('wos-session'), undefined);
}

test('two organizations: the choice on the page ends in the chosen one', async () => {
  const jar = new Jar();
  await refuse(403, { code: 'organization_selection_required', message: 'Choose.', pending_authentication_token: SECRET, organizations });
  const page = await signInFrom(jar, `${server.url}/login?return_to=/%3Fdone`);
  assertNothingKept(jar, page);
  assert.match(page.text, /<h1>Which organization\?<\/h1>/);
  assert.equal(page.text.match(/<li>/g).length, organizations.length);
  const body = await assertSignedIn(jar, await signInFrom(jar, linkTo(page, juniper.name)), '/?done');
  assert.equal(body.organization_id, juniper.id);
});

test('an organization that wants single sign-on: one link begins it', async () => {
  const jar = new Jar();
  await refuse(400, { error: 'sso_required', error_description: 'Use SSO.', pending_authentication_token: SECRET, connection_ids: [connection.id] });
  const page = await signInFrom(jar, `${server.url}/login`);
  assertNothingKept(jar, page);
  const login = linkTo(page, 'Single sign-on');
  assert.equal(new URL(login).searchParams.get('connection'), connection.id);
  await assertSignedIn(jar, await signInFrom(jar, login), '/');
});

test('a second factor: the sign-in starts again and ends where it was to end', async () => {
  const jar = new Jar();
  await refuse(403, { code: 'mfa_challenge', message: 'MFA.', pending_authentication_token: SECRET, authentication_factors: [{ id: 'f', type: 'totp' }] });
  const page = await signInFrom(jar, `${server.url}/login?return_to=/%3Fdone`);
  assertNothingKept(jar, page);
  await assertSignedIn(jar, await signInFrom(jar, linkTo(page, 'Start again')), '/?done');
});

test('a tile at the identity provider: one link begins the sign-in here', async () => {
  const jar = new Jar();
  const page = await visit(jar, `${server.url}/callback?error=idp_initiated_sso_disabled&organization_id=${juniper.id}`);
  assert.equal(page.status, 403);
  const body = await assertSignedIn(jar, await signInFrom(jar, linkTo(page, 'Sign in')), '/');
  assert.equal(body.organization_id, juniper.id);
});

test('a code without a state signs in only where the server was told to take it', async () => {
  const open = await serve(emulator.url, { args: ['--allow-idp-initiated'] });
  for (const [self, taken] of [[server, false], [open, true]]) {
    const jar = new Jar();
    const query = new URLSearchParams({ response_type: 'code', client_id: 'client_emulated', redirect_uri: `${self.url}/callback`, provider: 'authkit' });
    const click = await visit(jar, `${emulator.url}/user_management/authorize?${query}`, { form: { email: EMAIL } });
    assert.ok(click.location.startsWith(`${self.url}/callback?code=`), click.location);
    const reply = await visit(jar, click.location);
    assert.equal(reply.status, taken ? 302 : 400, reply.text);
    assert.equal((await me(self, jar)).status, taken ? 200 : 401);
  }
});
