// A device that restarts while WorkOS is out of reach: who is signed in stays so, with keys that were kept on disk.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CLIENT_ID, emulate, me, scratchFile, serve, signIn } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';

// Somebody signs in, then WorkOS goes away and the server starts anew. { jar, server }
async function restartWithoutWorkos(settings, later = () => settings) {
  const emulator = await emulate();
  const first = await serve(emulator.url, settings);
  const { jar } = await signIn(first, EMAIL);
  assert.equal((await me(first, jar)).status, 200);
  await first.stop();
  await emulator.stop();
  const server = await serve(emulator.url, { ...later(emulator), store: first.store });
  return { jar, server };
}

test('keys kept below the cache directory verify without WorkOS', async () => {
  const cache = scratchFile('cache');
  const { jar, server } = await restartWithoutWorkos({ env: { XDG_CACHE_HOME: cache } });
  const reply = await me(server, jar);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  assert.equal(reply.body.user.email, EMAIL);
  const file = path.join(cache, 'latchkey', `keys-${CLIENT_ID}.json`);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /^latchkey_signing_keys_age_seconds \d+$/m);
});

// Not 401: nobody can say that the session is bad.
async function assertUnknown(jar, server) {
  const reply = await me(server, jar);
  assert.equal(reply.status, 503, JSON.stringify(reply.body));
  assert.equal(reply.headers['set-cookie'], undefined, 'the session stays');
}

test('without a cache nobody can be verified, and nobody is signed out', async () => {
  const { jar, server } = await restartWithoutWorkos({ args: ['--key-cache', 'none'] });
  await assertUnknown(jar, server);
});

test('keys of another place are not believed', async () => {
  const file = scratchFile('keys.json');
  const { jar, server } = await restartWithoutWorkos({ env: { LATCHKEY_KEY_CACHE: file } }, (emulator) => ({
    env: { LATCHKEY_KEY_CACHE: file, WORKOS_API_BASE_URL: 'http://127.0.0.1:1', WORKOS_ISSUER: `${emulator.url}/user_management/${CLIENT_ID}` },
  }));
  await assertUnknown(jar, server);
});

test('keys that others could have written are not believed', async () => {
  const file = scratchFile('keys.json');
  const emulator = await emulate();
  const first = await serve(emulator.url, { env: { LATCHKEY_KEY_CACHE: file } });
  const { jar } = await signIn(first, EMAIL);
  await first.stop();
  await emulator.stop();
  fs.chmodSync(file, 0o666);
  await assertUnknown(jar, await serve(emulator.url, { env: { LATCHKEY_KEY_CACHE: file } }));
});
