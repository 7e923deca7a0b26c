// Signatures of webhooks: Latchkey's commands and server against both of WorkOS' libraries and its own emulator.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { createEmulator } from 'workos/emulate';
import { apiEnvironment, ask, emulate, freePort, isUp, jsonLines, newStore, run, scratchFile, serve, start, succeed, waitFor } from '../e2e/support.mjs';
import { api } from './grants-side.mjs';
import { sdk, sdks } from './node-side.mjs';

const secret = 'whsec_latchkey-interop';
const secretFile = scratchFile('webhook-secret', secret);
const data = { object: 'user', id: 'user_1', email: 'zoë@a.example', first_name: 'Zoë ✓ "q" \\' };
const compact = JSON.stringify({ object: 'event', id: 'event_01JQ0000000000000000000001', event: 'user.created', data, created_at: '2026-03-02T08:00:00.000Z' });
// The same event as nobody would write it: a signature is over bytes.
const spaced = `  ${compact.replaceAll(',', ' ,\n\t')}\n`;

const signWithUs = async (body) => (await succeed(['webhook', 'sign', '--secret-file', secretFile], { input: body })).trimEnd();
const verifyWithUs = (body, header) => run(['webhook', 'verify', '--secret-file', secretFile, '--header', header], { input: body });

async function signWithNode(body, at = Date.now()) {
  return `t=${at}, v1=${await sdk('http://127.0.0.1:9').webhooks.computeSignature(at, body, secret)}`;
}

for (const [name, body] of [['compact', compact], ['spaced', spaced]]) {
  test(`@workos-inc/node verifies what latchkey has signed: ${name}`, async () => {
    const { webhooks } = sdk('http://127.0.0.1:9');
    const sigHeader = await signWithUs(body);
    assert.equal((await webhooks.constructEvent({ payload: body, sigHeader, secret })).data.firstName, data.first_name);
    await assert.rejects(webhooks.constructEvent({ payload: `${body} `, sigHeader, secret }));
    await assert.rejects(webhooks.constructEvent({ payload: body, sigHeader, secret: `${secret}x` }));
  });

  test(`latchkey verifies what @workos-inc/node has signed: ${name}`, async () => {
    const right = await verifyWithUs(body, await signWithNode(body));
    assert.equal(right.code, 0, right.stderr);
    assert.equal((await verifyWithUs(`${body} `, await signWithNode(body))).code, 3);
    const stale = await verifyWithUs(body, await signWithNode(body, Date.now() - 200_000));
    assert.equal(stale.code, 3);
    assert.match(stale.stderr, /180|200/);
  });
}

test('@workos-inc/node 8.x verifies it, too: it signs what it has parsed, so only of a compact body', async () => {
  const { webhooks } = sdk('http://127.0.0.1:9', sdks['@workos-inc/node 8.x']);
  const event = await webhooks.constructEvent({ payload: JSON.parse(compact), sigHeader: await signWithUs(compact), secret });
  assert.equal(event.data.firstName, data.first_name);
  await assert.rejects(webhooks.constructEvent({ payload: JSON.parse(spaced), sigHeader: await signWithUs(spaced), secret }));
  const at = Date.now();
  const header = `t=${at}, v1=${await webhooks.computeSignature(at, JSON.parse(compact), secret)}`;
  assert.equal((await verifyWithUs(compact, header)).code, 0);
});

const deliver = (server, body, signature) =>
  ask(`${server.url}/webhooks/workos`, { method: 'POST', headers: { 'content-type': 'application/json', 'workos-signature': signature }, body });

test('latchkey serve takes a webhook that @workos-inc/node has signed, and no other', async () => {
  const emulator = await emulate();
  const server = await serve(emulator.url, { env: { WORKOS_WEBHOOK_SECRET: secret } });
  assert.equal((await deliver(server, spaced, await signWithNode(spaced))).status, 200);
  assert.equal((await deliver(server, spaced, await signWithNode(spaced))).status, 200, 'once more, as WorkOS does');
  assert.equal((await deliver(server, spaced, await signWithNode(compact))).status, 400);
  assert.equal((await deliver(server, compact, await signWithNode(compact, Date.now() - 400_000))).status, 400);
});

// WorkOS' own emulator stamps in seconds, without the blank, and sends no "object".
let official;
before(async () => {
  official = await createEmulator({ port: await freePort(), seed: { users: [{ email: 'a@example.com' }] } });
});
after(() => official.close());

async function receiver() {
  const got = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      got.push({ body, signature: request.headers['workos-signature'] });
      response.end();
    });
  });
  const port = await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server.address().port)));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}/`, first: () => waitFor('a webhook of the official emulator', () => got[0]) };
}

test("latchkey serve takes the webhooks of WorkOS' own emulator, and they wake its poll", async () => {
  const { url, first } = await receiver();
  const endpoint = await api(official.url, 'POST', '/webhook_endpoints', { endpoint_url: url, events: ['organization.created'] });
  const store = newStore();
  // After the poll at its start the next is an hour away.
  const server = await serve(official.url, { store, args: ['--poll-interval', '3600'], env: { WORKOS_WEBHOOK_SECRET: endpoint.secret } });
  await waitFor('the first poll', () => isUp(`${server.url}/readyz`));
  await api(official.url, 'POST', '/organizations', { name: 'Told' });
  const { body, signature } = await first();
  assert.match(signature, /^t=\d{10},v1=/);
  const has = async () =>
    jsonLines(await succeed(['events', 'list', '--store', store, '--json', '--limit', '100'])).some((event) => event.id === JSON.parse(body).id);
  assert.equal((await deliver(server, body, signature.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status, 400);
  assert.equal(await has(), false, 'a forged one brings nothing');
  assert.equal((await deliver(server, body, signature)).status, 200);
  await waitFor('the event in the mirror', has);
});

test('what latchkey listen forwards, @workos-inc/node takes for a webhook of WorkOS', async () => {
  const emulator = await emulate();
  const store = newStore();
  const { url, first } = await receiver();
  const program = start(['listen', '--sync', '--from', 'beginning', '--events', 'dsync.user.created', '--forward', url, '--store', store], {
    env: apiEnvironment(emulator.url, { WORKOS_WEBHOOK_SECRET: secret }),
  });
  const { body, signature } = await first();
  const { webhooks } = sdk('http://127.0.0.1:9');
  const event = await webhooks.constructEvent({ payload: body, sigHeader: signature, secret });
  assert.equal(event.event, 'dsync.user.created');
  assert.equal(event.data.id, JSON.parse(body).data.id);
  await assert.rejects(webhooks.constructEvent({ payload: body.replace('dsync', 'dsinc'), sigHeader: signature, secret }));
  await program.stop();
});
