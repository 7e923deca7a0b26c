// WorkOS' own library as a client of latchkey emulate: the grants without a browser, the step-up
// errors, sessions, keys and webhooks.
import assert from 'node:assert/strict';
import http from 'node:http';
import { before, test } from 'node:test';
import { WorkOS } from '@workos-inc/node';
import { API_KEY, CLIENT_ID, control, emulate } from '../e2e/support.mjs';

const PASSWORD = 'latchkey-demo';
const clientId = CLIENT_ID;
let emulator, workos, users;

before(async () => {
  emulator = await emulate(['--control']);
  const options = { clientId, apiHostname: new URL(emulator.url).hostname, port: emulator.port, https: false };
  workos = new WorkOS(API_KEY, options);
  users = workos.userManagement;
});

const password = (email) => users.authenticateWithPassword({ clientId, email, password: PASSWORD });

async function stepUp(email) {
  try {
    await password(email);
  } catch (error) {
    return error.rawData;
  }
  assert.fail(`${email} needed no further step`);
}

test('password, and a wrong one', async () => {
  const result = await password('mira.holt@juniper.example');
  assert.equal(result.authenticationMethod, 'Password');
  await assert.rejects(users.authenticateWithPassword({ clientId, email: 'mira.holt@juniper.example', password: 'x' }), { status: 400 });
});

test('magic auth', async () => {
  const sent = await users.createMagicAuth({ email: 'new@somewhere.example' });
  const result = await users.authenticateWithMagicAuth({ clientId, email: sent.email, code: sent.code });
  assert.equal(result.authenticationMethod, 'MagicAuth');
  assert.equal(result.user.emailVerified, true);
});

test('organization selection', async () => {
  const asked = await stepUp('samuel.adeyemi@juniper.example');
  assert.equal(asked.code, 'organization_selection_required');
  const organizationId = asked.organizations[1].id;
  const result = await users.authenticateWithOrganizationSelection({
    clientId, pendingAuthenticationToken: asked.pending_authentication_token, organizationId,
  });
  assert.equal(result.organizationId, organizationId);
});

test('a second factor', async () => {
  const asked = await stepUp('aya.nakamura@juniper.example');
  assert.equal(asked.code, 'mfa_challenge');
  const factor = asked.authentication_factors[0].id;
  const reply = await fetch(`${emulator.url}/auth/factors/${factor}/challenge`, {
    method: 'POST', headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }, body: '{}',
  });
  assert.equal(reply.status, 201);
  const page = await (await fetch(emulator.url)).text();
  const result = await users.authenticateWithTotp({
    clientId,
    code: page.match(/Code now <code>(\d{6})/)[1],
    authenticationChallengeId: (await reply.json()).id,
    pendingAuthenticationToken: asked.pending_authentication_token,
  });
  assert.equal(result.user.email, 'aya.nakamura@juniper.example');
});

test('sessions are listed and revoked', async () => {
  const { user } = await password('tomas.berg@juniper.example');
  const { data } = await users.listSessions(user.id);
  assert.equal(data.length, 1);
  assert.equal(data[0].status, 'active');
  await users.revokeSession({ sessionId: data[0].id });
  assert.equal((await users.listSessions(user.id)).data[0].status, 'revoked');
});

test('a webhook is signed as the library verifies it', async () => {
  const bodies = [];
  const server = http.createServer((request, reply) => {
    let body = '';
    request.on('data', (piece) => (body += piece));
    request.on('end', () => {
      bodies.push({ body, signature: request.headers['workos-signature'] });
      reply.end();
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const reply = await fetch(`${emulator.url}/webhook_endpoints`, {
      method: 'POST',
      headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ endpoint_url: `http://127.0.0.1:${server.address().port}/hook`, events: ['dsync.user.created'] }),
    });
    assert.equal(reply.status, 201);
    const { secret } = await reply.json();
    const { directories } = await control(emulator, 'GET', '/state');
    await control(emulator, 'POST', `/directories/${directories[0].id}/users`, { first_name: 'Zoë' });
    for (let i = 0; i < 500 && bodies.length === 0; i++) await new Promise((later) => setTimeout(later, 10));
    assert.equal(bodies.length, 1);
    const [{ body, signature }] = bodies;
    const event = await workos.webhooks.constructEvent({ payload: body, sigHeader: signature, secret });
    assert.equal(event.event, 'dsync.user.created');
    assert.equal(event.data.firstName, 'Zoë');
    await assert.rejects(workos.webhooks.constructEvent({ payload: body.replace('Zo', 'Za'), sigHeader: signature, secret }));
  } finally {
    server.close();
  }
});
