// An API that answers badly, and a store that cannot be used: a sentence that says so, and the exit code for it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { before, beforeEach, test } from 'node:test';
import { API_KEY, apiEnvironment, control, emulate, freePort, newStore, run, scratchFile } from './support.mjs';
import { assertMirrors, listEvents, syncOnce } from './mirror.mjs';

let emulator;

before(async () => {
  emulator = await emulate(['--control']);
});
beforeEach(() => control(emulator, 'DELETE', '/faults', {}));

// One line, that begins with the program's name and holds no secret.
function assertSentence(stderr, ...patterns) {
  assert.match(stderr, /^latchkey: .+\n$/, 'one line on stderr');
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  for (const pattern of patterns) assert.match(stderr, pattern);
  assert.ok(!stderr.includes(API_KEY), 'the key stays a secret');
}

// What the API does; the exit codes that may follow: 1 failed, 3 refused, 4 out of reach; what the sentence must tell.
const faults = [
  { name: 'answers 500', fault: { status: 500 }, code: 1, says: [/500/] },
  { name: 'answers 500 with HTML', fault: { status: 500, body: 'html' }, code: 1, says: [/500/] },
  { name: 'answers 502 with nothing', fault: { status: 502, body: 'empty' }, code: 1, says: [/502/] },
  { name: 'answers 200 with HTML', fault: { status: 200, body: 'html' }, code: 1, says: [/JSON|read/i] },
  { name: 'answers 200 with garbage', fault: { status: 200, body: 'garbage' }, code: 1, says: [/JSON|read/i] },
  { name: 'answers 200 with an empty body', fault: { status: 200, body: 'empty' }, code: 1, says: [/JSON|empty|read/i] },
  { name: 'stops in the middle of the body', fault: { status: 200, body: 'half' }, code: 4, says: [/ended|closed|partial|incomplete|bytes|transfer/i] },
  { name: 'closes without an answer', fault: { body: 'none' }, code: 4, says: [/WorkOS|127\.0\.0\.1|answer|reach/i] },
  { name: 'refuses the key', fault: { status: 401 }, code: 3, says: [/401|key/i] },
];

for (const { name, fault, code, says } of faults) {
  test(`the API ${name}: told, and the mirror stays as it was`, async () => {
    const store = newStore();
    await control(emulator, 'POST', '/faults', { path: '/events', count: 0, ...fault });
    const result = await syncOnce(emulator, store);
    assert.equal(result.code, code, `${result.stderr}${result.stdout}`);
    assertSentence(result.stderr, ...says);
    assert.deepEqual(await listEvents(store), []);

    // Once the API is well again, so is the mirror.
    await control(emulator, 'DELETE', '/faults', {});
    assert.equal((await syncOnce(emulator, store)).code, 0);
    await assertMirrors(emulator, store);
  });
}

test('one bad answer is asked again and costs nothing', async () => {
  const store = newStore();
  await control(emulator, 'POST', '/faults', { path: '/events', count: 1, status: 503 });
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
  await assertMirrors(emulator, store);
});

test('a rate limit is respected', async () => {
  const store = newStore();
  await control(emulator, 'POST', '/faults', { path: '/events', count: 1, status: 429, retry_after: 1 });
  const began = Date.now();
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(Date.now() - began >= 1000, 'waited as long as it was told to');
  await assertMirrors(emulator, store);
});

test('nothing listens there: exit code 4', async () => {
  const result = await run(['sync', 'run', '--store', newStore(), '--once'], {
    env: apiEnvironment(`http://127.0.0.1:${await freePort()}`),
  });
  assert.equal(result.code, 4, result.stderr);
  assertSentence(result.stderr, /127\.0\.0\.1|WorkOS/);
});

test('without a key: wrong usage that names what is missing', async () => {
  const env = apiEnvironment(emulator.url);
  delete env.WORKOS_API_KEY;
  const result = await run(['sync', 'run', '--store', newStore(), '--once'], { env });
  assert.equal(result.code, 2, result.stderr);
  assert.match(result.stderr, /WORKOS_API_KEY/);
});

const directory = scratchFile('a-folder');
fs.mkdirSync(directory);
const text = scratchFile('notes.txt', 'These are notes, and no database at all.\n'.repeat(40));
const stores = [
  { name: 'below something that is no folder', path: `${text}/mirror.db`, says: /not a directory|unable to open/i },
  { name: 'that is a folder', path: directory, says: /directory|folder|unable to open|not a/i },
  { name: 'that is another kind of file', path: text, says: /not a database/i },
  { name: 'where nothing can be created', path: '/proc/latchkey-mirror.db', says: /unable to open|no such file|permission|cannot/i },
];

for (const { name, path, says } of stores) {
  test(`a store ${name}: file and cause are named`, async () => {
    const content = fs.existsSync(path) && fs.statSync(path).isFile() && fs.readFileSync(path);
    for (const command of [['sync', 'run', '--once'], ['events', 'list'], ['directory', 'users']]) {
      const result = await run([...command, '--store', `sqlite:${path}`], { env: apiEnvironment(emulator.url) });
      assert.equal(result.code, 1, `${command}: ${result.stdout}${result.stderr}`);
      assertSentence(result.stderr, says);
      // The file itself, or the folder that stands in the way.
      assert.ok(result.stderr.includes(path) || result.stderr.includes(`${dirname(path)}:`), result.stderr);
    }
    if (content) assert.deepEqual(fs.readFileSync(path), content, 'somebody else’s file is left alone');
  });
}

test('a store that cannot be written any more: file and cause are named, nothing is half done', async () => {
  const store = newStore();
  const path = store.slice('sqlite:'.length);
  assert.equal((await syncOnce(emulator, store)).code, 0);
  const before = await listEvents(store);
  await control(emulator, 'POST', '/simulate', { count: 100 });
  // No file may grow: what a full disk does. SIGXFSZ ignored, the program sees the failed write.
  const script = `trap '' XFSZ; ulimit -f 0; exec "$0" "$@"`;
  const result = await run(['-c', script, process.env.LATCHKEY, 'sync', 'run', '--store', store, '--once'], {
    program: '/bin/bash',
    env: apiEnvironment(emulator.url),
  });
  assert.equal(result.code, 1, `${result.stdout}${result.stderr}`);
  assertSentence(result.stderr, /I\/O|full|write|large/i);
  assert.ok(result.stderr.includes(path), result.stderr);
  assert.deepEqual(await listEvents(store), before);
  assert.equal((await syncOnce(emulator, store)).code, 0);
  await assertMirrors(emulator, store);
});
