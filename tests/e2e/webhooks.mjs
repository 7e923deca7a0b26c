// Webhooks into the mirror: who may tell it something, what is durable when, and that everybody hears of it at once.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { after, before, test } from 'node:test';
import { apiEnvironment, ask, control, emulate, isUp, newStore, run, serve, signIn, succeed, waitFor } from './support.mjs';
import { assertMirrors, listEvents, syncOnce } from './mirror.mjs';
import { hasPostgres, postgres } from './postgres.mjs';
import { toldServer } from './told.mjs';

const SECRET = 'whsec_the-one-in-use';
const OLD = 'whsec_the-one-before';
const HOUR = ['--poll-interval', '3600'];
let emulator, directory;

before(async () => {
  emulator = await emulate(['--control']);
  directory = (await control(emulator, 'GET', '/state')).directories[0];
});

let n = 0;
function makeEvent() {
  const id = `directory_group_made_${++n}`;
  const data = { object: 'directory_group', id, idp_id: id, directory_id: directory.id, organization_id: directory.organization_id, name: id };
  return { id: `event_made_${n}`, event: 'dsync.group.created', data, created_at: new Date().toISOString() };
}

const sign = (t, body, secret = SECRET) => crypto.createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
const header = (t, body, secret) => `t=${t}, v1=${sign(t, body, secret)}`;

function deliver(server, body, { signature = header(Date.now(), body), headers = {} } = {}) {
  return ask(`${server.url}/webhooks/workos`, { method: 'POST', headers: { ...(signature && { 'workos-signature': signature }), ...headers }, body });
}

const knows = async (store, id) => (await listEvents(store)).some((event) => event.id === id);

// Each with its near miss: what is signed is the body byte for byte, close to now, with a secret that counts.
const seconds = () => Math.floor(Date.now() / 1000);
const signatures = [
  ['milliseconds', 200, (body) => header(Date.now(), body)],
  ['seconds', 200, (body) => header(seconds(), body)],
  ['no space behind the comma', 200, (body) => header(Date.now(), body).replace(', ', ',')],
  ['the other way round', 200, (body) => header(Date.now(), body).split(', ').reverse().join(', ')],
  ['two signatures, one of them right', 200, (body) => `${header(Date.now(), body)}, v1=${'0'.repeat(64)}`],
  ['170 s ago', 200, (body) => header(Date.now() - 170_000, body)],
  ['190 s ago', 400, (body) => header(Date.now() - 190_000, body)],
  ['170 s ahead', 200, (body) => header(Date.now() + 170_000, body)],
  ['190 s ahead', 400, (body) => header(Date.now() + 190_000, body)],
  ['190 s ago, in seconds', 400, (body) => header(seconds() - 190, body)],
  ['of another body', 400, (body) => header(Date.now(), `${body} `)],
  ['of the same JSON, written otherwise', 400, (body) => header(Date.now(), JSON.stringify(JSON.parse(body), null, 1))],
  ['with another secret', 400, (body) => header(Date.now(), body, `${SECRET}x`)],
  ['with the empty secret', 400, (body) => header(Date.now(), body, '')],
  ['one digit changed', 400, (body) => header(Date.now(), body).replace(/.$/, (digit) => (digit === '0' ? '1' : '0'))],
  ['one digit missing', 400, (body) => header(Date.now(), body).slice(0, -1)],
  ['of another version', 400, (body) => header(Date.now(), body).replace('v1=', 'v0=')],
  ['another time than the one that was signed', 400, (body) => header(Date.now(), body).replace(/\d+/, (t) => Number(t) + 1)],
  ['no time', 400, (body) => header(Date.now(), body).replace(/t=\d+, /, '')],
  ['a time that is no number', 400, (body) => header('now', body)],
  ['none at all', 400, () => ''],
];

test('a webhook counts when it is signed with the secret, close to now, byte for byte', async () => {
  const server = await serve(emulator.url, { env: { WORKOS_WEBHOOK_SECRET: SECRET }, args: HOUR });
  for (const [name, status, signature] of signatures) {
    const event = makeEvent();
    const body = JSON.stringify(event);
    const reply = await deliver(server, body, { signature: signature(body) });
    assert.equal(reply.status, status, `${name}: ${reply.text}`);
    assert.equal(await knows(server.store, event.id), status === 200, name);
  }
  await server.stop();
});

test('two secrets count while they are exchanged, and no third', async () => {
  const server = await serve(emulator.url, { env: { WORKOS_WEBHOOK_SECRET: SECRET, WORKOS_WEBHOOK_SECRET_PREVIOUS: OLD }, args: HOUR });
  const body = () => JSON.stringify(makeEvent());
  for (const [secret, ago, status] of [[SECRET, 0, 200], [OLD, 0, 200], [OLD, 190_000, 400], [SECRET, 190_000, 400], [`${OLD}x`, 0, 400]]) {
    const text = body();
    assert.equal((await deliver(server, text, { signature: header(Date.now() - ago, text, secret) })).status, status, `${secret} ${ago}`);
  }
  await server.stop();
  const single = await serve(emulator.url, { env: { WORKOS_WEBHOOK_SECRET: SECRET }, args: HOUR });
  const text = body();
  assert.equal((await deliver(single, text, { signature: header(Date.now(), text, OLD) })).status, 400);
  await single.stop();
  const lone = await run(['serve', '--listen', '127.0.0.1:0', '--store', newStore()], { env: apiEnvironment(emulator.url, { WORKOS_WEBHOOK_SECRET_PREVIOUS: OLD }) });
  assert.equal(lone.code, 2, lone.stderr);
  assert.match(lone.stderr, /WORKOS_WEBHOOK_SECRET/);
});

// The test comes from 127.0.0.1; a proxy that is trusted says otherwise.
const PROXY = ['--trusted-proxy', '127.0.0.1/32'];
const sources = [
  { from: ['127.0.0.0/8'], status: 200 },
  { from: ['10.0.0.0/8'], status: 403 },
  { from: ['10.0.0.0/8', '127.0.0.1'], status: 200 },
  { from: ['workos'], status: 403 },
  { from: ['10.0.0.0/8'], forwarded: '10.1.2.3', status: 403 }, // who says so is nobody's proxy
  { from: ['127.0.0.0/8'], forwarded: '10.1.2.3', status: 200 },
  { from: ['10.0.0.0/8'], args: PROXY, forwarded: '10.1.2.3', status: 200 },
  { from: ['127.0.0.0/8'], args: PROXY, forwarded: '10.1.2.3', status: 403 },
  { from: ['10.0.0.0/8'], args: PROXY, forwarded: '10.1.2.3, 192.0.2.1', status: 403 }, // the visitor wrote the first
  { from: ['workos'], args: PROXY, forwarded: '3.217.146.166', status: 200 },
  { from: ['workos'], args: PROXY, forwarded: '3.217.146.167', status: 403 },
];

test('--webhook-from: from elsewhere not even a right signature counts', async () => {
  for (const { from, args = [], forwarded, status } of sources) {
    const server = await serve(emulator.url, {
      env: { WORKOS_WEBHOOK_SECRET: SECRET },
      args: [...HOUR, ...args, ...from.flatMap((range) => ['--webhook-from', range])],
    });
    const event = makeEvent();
    const reply = await deliver(server, JSON.stringify(event), { headers: forwarded ? { 'x-forwarded-for': forwarded } : {} });
    const name = `${from} ${forwarded ?? ''}`;
    assert.equal(reply.status, status, `${name}: ${reply.text}`);
    assert.equal(await knows(server.store, event.id), status === 200, name);
    if (status === 403) assert.match((await ask(`${server.url}/metrics`)).text, /webhooks_refused_total 1\n/);
    await server.stop();
  }
  const wrong = await run(['serve', '--listen', '127.0.0.1:0', '--store', newStore(), '--webhook-from', 'everywhere'], { env: apiEnvironment(emulator.url) });
  assert.equal(wrong.code, 2, wrong.stderr);
  assert.match(wrong.stderr, /--webhook-from: .*everywhere/);
});

test('what was answered with 200 survives a kill at that moment', async () => {
  const store = newStore();
  const ids = [];
  for (let round = 0; round < 5; round++) {
    const server = await serve(emulator.url, { store, env: { WORKOS_WEBHOOK_SECRET: SECRET }, args: HOUR });
    const event = makeEvent();
    assert.equal((await deliver(server, JSON.stringify(event))).status, 200);
    server.child.kill('SIGKILL');
    await server.closed;
    server.forget();
    ids.push(event.id);
  }
  for (const id of ids) assert.ok(await knows(store, id), id);
});

test('a webhook wakes the poller, which fetches what no webhook told', async () => {
  const world = await emulate(['--control']);
  const server = await toldServer(world, { events: ['dsync.user.created'], args: HOUR }); // and of nothing else
  await waitFor('the first poll', () => isUp(`${server.url}/readyz`));
  const home = (await control(world, 'GET', '/state')).directories[0].id;
  await control(world, 'POST', `/directories/${home}/groups`, { name: 'Untold' });
  assert.ok(!(await listEvents(server.store)).some(({ data }) => data.name === 'Untold'), 'the next poll is an hour away');
  const began = Date.now();
  await control(world, 'POST', `/directories/${home}/users`, { first_name: 'Told' });
  await waitFor('both', async () => (await listEvents(server.store)).filter(({ data }) => ['Untold', 'Told'].includes(data.name ?? data.first_name)).length === 2);
  assert.ok(Date.now() - began < 20_000);
  await assertMirrors(world, server.store); // each event once, whether by webhook or feed or both
  await server.stop();
});

// Reads the stream until it holds the text; how long that took from now on, in ms.
async function streaming(server, jar) {
  const reply = await fetch(`${server.url}/api/events/stream`, { headers: { cookie: jar.header(server.url) } });
  assert.equal(reply.status, 200);
  const self = { text: '' };
  const reader = reply.body.getReader();
  (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      self.text += Buffer.from(value).toString();
    }
  })().catch(() => {});
  after(() => reader.cancel().catch(() => {}));
  self.has = async (what, since) => {
    await waitFor(what, () => self.text.includes(what), 30_000);
    return Date.now() - since;
  };
  await waitFor('the stream to begin', () => self.text.includes('event: feed'));
  return self;
}

test('two servers on one PostgreSQL: what one is told, the other streams at once', { skip: !hasPostgres && 'no PostgreSQL here' }, async (t) => {
  const store = await postgres();
  const options = { store, env: { WORKOS_WEBHOOK_SECRET: SECRET }, args: [...HOUR, '--allow', `organization=${directory.organization_id}`] };
  const told = await serve(emulator.url, options);
  const other = await serve(emulator.url, options);
  await waitFor('the first poll', () => isUp(`${told.url}/readyz`));
  const { jar } = await signIn(other, 'mira.holt@juniper.example');
  const stream = await streaming(other, jar);

  const event = makeEvent();
  let since = Date.now();
  assert.equal((await deliver(told, JSON.stringify(event))).status, 200);
  const byWebhook = await stream.has(event.id, since);

  await control(emulator, 'POST', `/directories/${directory.id}/users`, { first_name: 'Elsewhere' });
  since = Date.now();
  assert.equal((await syncOnce(emulator, store)).code, 0); // a third process
  const byProcess = (await stream.has('Elsewhere', since));
  t.diagnostic(`by webhook after ${byWebhook} ms, by another process after ${byProcess} ms`);
  // Sanitised programs on a busy machine are slow; the next poll is an hour away, the heartbeat 5 s.
  assert.ok(byWebhook < 4000 && byProcess < 20_000, `${byWebhook} ms, ${byProcess} ms`);
  await told.stop();
  await other.stop();
});
