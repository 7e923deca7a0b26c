// latchkey listen and events resend: events of the mirror reach a local server as webhooks, whatever it does to them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { apiEnvironment, control, emulate, jsonLines, newStore, run, scratch, scratchFile, start, succeed, waitFor } from './support.mjs';
import { listEvents, syncOnce } from './mirror.mjs';

const SECRET = 'whsec_listen_test';
let emulator, directory;

before(async () => {
  emulator = await emulate(['--control']);
  directory = (await control(emulator, 'GET', '/state')).directories[0].id;
});

// Takes webhooks; how(n, request) says what becomes of the nth: a status, 'hang', 'close' or 'reset'.
async function receiver(how = () => 200) {
  const self = { got: [], how };
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      const event = JSON.parse(body);
      const verdict = self.how(self.got.length, event);
      self.got.push({ id: event.id, name: event.data.first_name, body, verdict, url: request.url, headers: request.headers });
      if (verdict === 'hang') return;
      if (verdict === 'close') return void request.socket.destroy();
      if (verdict === 'reset') return void request.socket.resetAndDestroy();
      // A connection that is kept and then lost is made anew by libcurl, without our hearing of it.
      response.writeHead(verdict, { connection: 'close', ...(verdict === 302 && { location: '/elsewhere' }) }).end('thanks');
    });
  });
  const port = await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server.address().port)));
  self.close = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  after(self.close);
  self.url = `http://127.0.0.1:${port}/hook`;
  self.taken = () => self.got.filter(({ verdict }) => verdict === 200).map(({ name }) => name);
  return self;
}

async function listening(store, url, ...args) {
  const program = start(['listen', '--store', store, '--forward', url, '--json', ...args], {
    env: apiEnvironment(emulator.url, { WORKOS_WEBHOOK_SECRET: SECRET }),
  });
  await waitFor('it to listen', () => {
    assert.equal(program.ended, null, program.describe());
    return program.stdout.includes('"ready":true');
  });
  program.deliveries = () => jsonLines(program.stdout).slice(1);
  return program;
}

async function filledStore() {
  const store = newStore();
  assert.equal((await syncOnce(emulator, store)).code, 0);
  return store;
}

async function hire(store, ...names) {
  for (const first_name of names) await control(emulator, 'POST', `/directories/${directory}/users`, { first_name });
  assert.equal((await syncOnce(emulator, store)).code, 0);
}

const expectTaken = (server, ...names) =>
  waitFor(names.join(), () => server.taken().length >= names.length).then(() => assert.deepEqual(server.taken(), names));

test('what is new is forwarded, in order, byte for byte and signed', async () => {
  const store = await filledStore();
  const server = await receiver();
  const program = await listening(store, server.url);
  await hire(store, 'Ada', 'Bo', 'Cy');
  await expectTaken(server, 'Ada', 'Bo', 'Cy');
  const events = await listEvents(store);
  for (const { id, body, headers } of server.got) {
    assert.deepEqual(JSON.parse(body), events.find((event) => event.id === id));
    assert.equal(headers['content-type'], 'application/json');
    const verify = ['webhook', 'verify', '--secret-file', scratchFile('secret', SECRET), '--header', headers['workos-signature']];
    await succeed(verify, { input: body });
    assert.equal((await run(verify, { input: `${body} ` })).code, 3);
  }
  await program.stop('SIGINT');
  assert.deepEqual(program.deliveries().map(({ id, status, attempt, delivered, replay }) => ({ id, status, attempt, delivered, replay })),
    server.got.map(({ id }) => ({ id, status: 200, attempt: 1, delivered: true, replay: false })));
});

test('refusals, silence and broken connections are tried again, and order is kept', async () => {
  const store = await filledStore();
  const verdicts = [500, 'close', 200, 302, 200, 'reset', 'hang', 200];
  const server = await receiver((n) => verdicts[n]);
  const program = await listening(store, server.url);
  await hire(store, 'Dee', 'Eve', 'Fox');
  await expectTaken(server, 'Dee', 'Eve', 'Fox');
  await waitFor('the last to be told', () => program.deliveries().length === verdicts.length);
  await program.stop();
  assert.deepEqual(server.got.map(({ name }) => name), ['Dee', 'Dee', 'Dee', 'Eve', 'Eve', 'Fox', 'Fox', 'Fox']);
  assert.deepEqual(program.deliveries().map(({ status }) => status), [500, null, 200, 302, 200, null, null, 200]);
  assert.deepEqual(program.deliveries().map(({ attempt }) => attempt), [1, 2, 3, 1, 2, 1, 2, 3]);
  assert.match(program.deliveries()[3].error, /302, a redirect/);
  assert.ok(server.got.every(({ url }) => url === '/hook'), 'no redirect was followed');
});

test('a server that is away is waited for; a stop and a start lose and double nothing', async () => {
  const store = await filledStore();
  const server = await receiver();
  await server.close();
  const port = new URL(server.url).port;
  const program = await listening(store, server.url, '--attempts', '1');
  await hire(store, 'Gil', 'Hal');
  await waitFor('two attempts', () => program.deliveries().length >= 2);
  assert.ok(program.deliveries().every(({ id, status }) => status === null && id === program.deliveries()[0].id), program.stdout);
  await program.stop();
  await hire(store, 'Ivy');
  const back = http.createServer((request, response) => request.resume().on('end', () => response.end()));
  const seen = [];
  back.on('request', (request) => request.on('data', (data) => seen.push(JSON.parse(data).data.first_name)));
  await new Promise((up) => back.listen(port, '127.0.0.1', up));
  const again = await listening(store, server.url);
  await waitFor('all three', () => again.deliveries().length >= 3);
  await again.stop();
  assert.deepEqual(seen, ['Gil', 'Hal', 'Ivy']);
  await new Promise((closed) => back.close(closed));
});

test('kill -9 in the middle loses nothing', async () => {
  const store = await filledStore();
  const before = (await listEvents(store)).length;
  const server = await receiver();
  await hire(store, ...Array.from({ length: 30 }, (_, n) => `N${n}`));
  const first = await listening(store, server.url, '--from', 'beginning', '--consumer', 'killed');
  await waitFor('some to arrive', () => server.got.length >= before / 2);
  first.child.kill('SIGKILL');
  await first.closed;
  first.forget();
  const n = server.got.length;
  const second = await listening(store, server.url, '--consumer', 'killed');
  const all = (await listEvents(store)).map(({ id }) => id);
  await waitFor('the rest', () => new Set(server.got.map(({ id }) => id)).size === all.length);
  await second.stop();
  assert.deepEqual([...new Set(server.got.map(({ id }) => id))].sort(), [...all].sort());
  assert.ok(n < all.length, 'it was killed in the middle');
  assert.ok(server.got.length <= all.length + 1, 'one was under way when it was killed, no more come twice');
});

test('an event that is refused again and again holds up the others for a while only; resend sends it', async () => {
  const store = await filledStore();
  const server = await receiver((n, event) => (event.data.first_name === 'Poison' ? 500 : 200));
  const program = await listening(store, server.url, '--attempts', '3');
  await hire(store, 'Poison', 'Well');
  const consumer = await waitFor('the first refusal to be noted', async () =>
    JSON.parse(await succeed(['sync', 'status', '--store', store, '--json'])).consumers.find(({ failures }) => failures > 0));
  assert.deepEqual([consumer.name, consumer.behind, consumer.failed_event], [`listen ${server.url}`, 2, server.got[0].id]);
  assert.match(await succeed(['sync', 'status', '--store', store]), /^Consumer +listen http\S+: 2 events behind, failed (once|2 times) at event_\w+: .*answered 500$/m);
  await expectTaken(server, 'Well');
  await program.stop();
  assert.deepEqual(server.got.map(({ name }) => name), ['Poison', 'Poison', 'Poison', 'Well']);
  const [{ id }] = server.got;
  const env = { WORKOS_WEBHOOK_SECRET: SECRET };
  const refused = await run(['events', 'resend', id, '--store', store], { env });
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /answered 500/);
  server.how = () => 204;
  const [sent] = jsonLines(await succeed(['events', 'resend', id, '--store', store, '--json'], { env }));
  assert.deepEqual([sent.id, sent.status, sent.delivered], [id, 204, true]);
  assert.equal(server.got.at(-1).body, server.got[0].body);
  await server.close();
  assert.equal((await run(['events', 'resend', id, '--store', store], { env })).code, 4);
  assert.equal((await run(['events', 'resend', 'event_none', '--store', store], { env })).code, 1);
  const other = await run(['events', 'resend', id, '--store', newStore(), '--forward', server.url], { env });
  assert.equal(other.code, 1, 'that store does not know it');
});

test('--from and --events: where to begin, and what', async () => {
  const store = await filledStore();
  const server = await receiver();
  const events = await listEvents(store);
  const expect = async (ids, ...args) => {
    server.got.length = 0;
    const program = await listening(store, server.url, ...args);
    await waitFor(args.join(' '), () => server.got.length >= ids.length);
    await program.stop();
    assert.deepEqual(server.got.map(({ id }) => id), ids, args.join(' '));
  };
  const ids = events.map(({ id }) => id);
  await expect(ids, '--from', 'beginning');
  await expect(ids.slice(3), '--from', ids[3]);
  await expect(ids, '--from', '1000d');
  const at = events[5].created_at;
  await expect(ids.slice(events.findIndex(({ created_at }) => created_at >= at)), '--from', at);
  const groups = events.filter(({ event }) => event.startsWith('dsync.group.') || event === 'dsync.activated');
  await expect(groups.map(({ id }) => id), '--from', 'beginning', '--events', 'dsync.group.*,dsync.activated');
  await expect([], '--from', 'now');
  const last = await listening(store, server.url, '--from', ids.at(-1));
  await waitFor('the last one', () => last.deliveries().length > 0);
  assert.equal(last.deliveries()[0].replay, true, 'it had it before');
  await last.stop();
});

test('--sync: one program is enough; a table for people', async () => {
  const server = await receiver();
  const program = start(['listen', '--sync', '--forward', server.url, '--store', newStore()], {
    env: apiEnvironment(emulator.url, { WORKOS_WEBHOOK_SECRET: SECRET }),
  });
  await waitFor('it to listen', () => program.stderr.includes('Forwarding to'));
  await waitFor('somebody who is hired to arrive', async () => {
    await control(emulator, 'POST', `/directories/${directory}/users`, { first_name: 'Synced' });
    return server.taken().includes('Synced');
  });
  await program.stop('SIGINT');
  assert.match(program.stdout, /^WHEN +STATUS +TIME +TYPE +WHAT +ID/);
  assert.match(program.stdout, /^2\S+Z +200 +\d+ ms +dsync\.user\.created +Synced +event_\w+/m);
});

test('the secret is made once, kept for its owner, and printed once', async () => {
  const env = { XDG_STATE_HOME: path.join(scratch, 'own-state') };
  const server = await receiver();
  const store = await filledStore();
  const program = start(['listen', '--forward', server.url, '--store', store], { env });
  const [, secret] = await waitFor('the secret', () => program.stderr.match(/secret is (whsec_[0-9a-f]{64})\n/));
  await hire(store, 'Signed');
  await expectTaken(server, 'Signed');
  await program.stop();
  assert.equal(fs.statSync(path.join(env.XDG_STATE_HOME, 'latchkey/webhook-secret')).mode & 0o777, 0o600);
  const { body, headers } = server.got[0];
  await succeed(['webhook', 'verify', '--secret-file', scratchFile('made', secret), '--header', headers['workos-signature']], { input: body });
  assert.equal((await succeed(['listen', '--print-secret'], { env })).trim(), secret);
  assert.equal((await succeed(['listen', '--print-secret'], { env: { ...env, WORKOS_WEBHOOK_SECRET: SECRET } })).trim(), SECRET);
  const again = start(['listen', '--forward', server.url, '--store', store], { env });
  await waitFor('it to listen', () => again.stderr.includes('Forwarding'));
  await again.stop();
  assert.ok(!again.stderr.includes('whsec_'), again.stderr);
});

test('a store that nobody fills is told of', async () => {
  const server = await receiver();
  const program = await listening(newStore(), server.url);
  assert.match(program.stderr, /never: add --sync/);
  await program.stop();
});

test('wrong usage is refused with what to do', async () => {
  const store = await filledStore();
  const cases = [
    [[], /--forward URL is missing/],
    [['--forward', 'https://example.com/hook'], /not on this machine.*--allow-remote/],
    [['--forward', 'https://127.example.com/hook'], /not on this machine/],
    [['--forward', 'http://example.com/hook', '--allow-remote'], /https/],
    [['--forward', 'http://localhost.example.com/hook', '--allow-remote'], /https/],
    [['--forward', 'localhost:3000'], /must begin with https/],
    [['--forward', 'http://localhost:1/', '--from', 'yesterday'], /--from takes a time/],
    [['--forward', 'http://localhost:1/', '--events', 'a,,b'], /--events takes/],
    [['--forward', 'http://localhost:1/', '--consumer', ''], /name has 1 to 200 bytes/],
    [['--forward', 'http://localhost:1/', '--attempts', '0'], /from 1 to/],
  ];
  for (const [args, says] of cases) {
    const { code, stderr } = await run(['listen', '--store', store, ...args], { env: { WORKOS_WEBHOOK_SECRET: SECRET } });
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, says);
  }
  const nowhere = await run(['events', 'resend', (await listEvents(store))[0].id, '--store', store], { env: { WORKOS_WEBHOOK_SECRET: SECRET } });
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /0 places.*--forward URL/);
});
