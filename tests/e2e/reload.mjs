// Secrets exchanged while the server runs (SIGHUP), and what the service manager is told of it.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { API_KEY, PASSWORD, ask, emulate, me, scratch, scratchFile, serve, signIn, start, waitFor } from './support.mjs';

let emulator;
before(async () => {
  emulator = await emulate(['--control']);
});

const SECRET = 'whsec_the-first-one-0123456789';
const EMAIL = 'mira.holt@juniper.example';

// A server whose secrets are files. { server, files, change(name, text), reload(pattern) }
async function serveFromFiles(env = {}, args = []) {
  const files = { password: scratchFile('password', PASSWORD), key: scratchFile('key', API_KEY), webhook: scratchFile('webhook', SECRET) };
  const server = await serve(emulator.url, {
    args,
    env: { WORKOS_COOKIE_PASSWORD: '', WORKOS_API_KEY: '', WORKOS_COOKIE_PASSWORD_FILE: files.password, WORKOS_API_KEY_FILE: files.key, WORKOS_WEBHOOK_SECRET_FILE: files.webhook, ...env },
  });
  const change = (name, text) => {
    fs.writeFileSync(`${files[name]}.new`, text);
    fs.renameSync(`${files[name]}.new`, files[name]);
  };
  const reload = async (pattern = /the secrets were read anew/) => {
    const from = server.stderr.length;
    server.child.kill('SIGHUP');
    await waitFor(`${pattern} on stderr`, () => server.stderr.slice(from).match(pattern));
  };
  return { server, files, change, reload };
}

function deliver(server, secret) {
  const body = JSON.stringify({ object: 'event', id: 'event_01RELOAD', event: 'dsync.user.created', data: { id: 'directory_user_01' }, created_at: new Date().toISOString() });
  const t = Date.now();
  const signature = `t=${t}, v1=${crypto.createHmac('sha256', secret).update(`${t}.${body}`).digest('hex')}`;
  return ask(`${server.url}/webhooks/workos`, { method: 'POST', headers: { 'workos-signature': signature }, body }).then(({ status }) => status);
}

test('a new cookie password: nobody is signed out, new sessions have the new one, the one before that is gone', async () => {
  const { server, change, reload } = await serveFromFiles();
  const mira = await signIn(server, EMAIL);
  change('password', 'the-second-cookie-password-0123456789');
  assert.equal((await me(server, mira.jar)).status, 200, 'not before it is asked to');
  await reload();
  assert.equal((await me(server, mira.jar)).status, 200);
  const later = await signIn(server, EMAIL);
  await reload();
  assert.equal((await me(server, mira.jar)).status, 200, 'a reload without a change takes nothing away');

  change('password', 'the-third-cookie-password-0123456789-');
  await reload();
  assert.equal((await me(server, later.jar)).status, 200);
  assert.equal((await me(server, mira.jar)).status, 401, 'two changes ago');
  for (const secret of [PASSWORD, 'second-cookie', 'third-cookie']) assert.ok(!server.stderr.includes(secret));
  await server.stop();
});

test('a new API key and a new webhook secret count at once, the old ones no longer', async () => {
  const { server, change, reload } = await serveFromFiles();
  assert.equal(await deliver(server, SECRET), 200);
  change('webhook', 'whsec_the-second-one-0123456789');
  change('key', 'sk_wrong_key');
  await reload();
  assert.equal(await deliver(server, SECRET), 400);
  assert.equal(await deliver(server, 'whsec_the-second-one-0123456789'), 200);
  await waitFor('the feed to be refused', async () => /failing/.test((await ask(`${server.url}/readyz`)).text));
  change('key', API_KEY);
  await reload();
  await waitFor('the feed to be well', async () => /"feed":"ok"/.test((await ask(`${server.url}/readyz`)).text));
  assert.ok(!server.stderr.includes('sk_wrong_key'));
  await server.stop();
});

for (const [what, name, text, reason] of [
  ['a short cookie password', 'password', 'short', /password/],
  ['an empty file', 'password', '', /is empty/],
  ['a webhook secret with a NUL byte', 'webhook', 'whsec_\0', /NUL byte/],
  ['an API key that is a client id', 'key', 'client_01', /api_key/],
  ['a key of two lines', 'key', 'sk_a\nsk_b', /api_key/],
]) {
  test(`${what}: all secrets stay as they were, and the log says why`, async () => {
    const { server, change, reload } = await serveFromFiles();
    const { jar } = await signIn(server, EMAIL);
    for (const [other, good] of [['password', 'the-second-cookie-password-0123456789'], ['webhook', 'whsec_other']]) if (other !== name) change(other, good);
    change(name, text);
    await reload(/the secrets stay as they were: .*/);
    assert.match(server.stderr, reason);
    assert.equal((await me(server, jar)).status, 200);
    assert.equal(await deliver(server, SECRET), 200, 'the good one beside it is not taken either');
    await server.stop();
  });
}

test('a secret file that is gone changes nothing', async () => {
  const { server, files, reload } = await serveFromFiles();
  fs.unlinkSync(files.webhook);
  await reload(/stay as they were: .*cannot open/);
  assert.equal(await deliver(server, SECRET), 200);
  await server.stop();
});

// systemd's side: what comes to $NOTIFY_SOCKET, a line for each datagram.
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace('@', '\\0') if sys.argv[1][0] == '@' else sys.argv[1])
print('listening', flush=True)
while True:
    print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
`;

async function listen(address) {
  const self = start(['-c', LISTENER, address], { program: 'python3' });
  await waitFor('the listener', () => self.ended || self.stdout.includes('listening'));
  assert.equal(self.ended, null, self.describe());
  return { end: () => { self.forget(); self.child.kill('SIGKILL'); }, has: (text) => waitFor(text, () => self.stdout.includes(text)), said: () => self.stdout.trim().split('\n').slice(1) };
}

for (const [kind, address] of [['a path', path.join(scratch, 'notify.sock')], ['an abstract socket', `@latchkey-test-${process.pid}`]]) {
  test(`the service manager hears of start, reload, life and end (${kind})`, async () => {
    const manager = await listen(address);
    const { server, reload } = await serveFromFiles({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '200000' });
    await manager.has('READY=1');
    await manager.has('WATCHDOG=1');
    await reload();
    await manager.has('RELOADING=1 MONOTONIC_USEC=');
    await server.stop();
    await manager.has('STOPPING=1');
    const lines = manager.said().filter((line) => line !== 'WATCHDOG=1');
    assert.deepEqual(lines.map((line) => line.replace(/USEC=\d+/, 'USEC=N')), ['READY=1', 'RELOADING=1 MONOTONIC_USEC=N', 'READY=1', 'STOPPING=1']);
    manager.end();
  });
}

test("another process's watchdog is none of ours, and a manager that is gone stops nobody", async () => {
  const address = path.join(scratch, 'other.sock');
  const manager = await listen(address);
  const { server, reload } = await serveFromFiles({ NOTIFY_SOCKET: address, WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' });
  await manager.has('READY=1');
  await reload();
  assert.ok(!manager.said().includes('WATCHDOG=1'));
  manager.end();
  fs.unlinkSync(address);
  await reload();
  await server.stop();
});
