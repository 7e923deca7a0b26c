// The server while its store, or WorkOS, is away: it says so, people go on as far as they can, nothing ends, and it mends
// itself when all is back.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { before, describe, it } from 'node:test';
import { Jar, ask, control, emulate, jsonLines, me, scratchFile, serve, signIn, start, succeed, visit, waitFor } from './support.mjs';
import { hasPostgres, postgresServer } from './postgres.mjs';

const EMAIL = 'mira.holt@juniper.example';
let emulator, directory;
before(async () => {
  emulator = await emulate(['--control']);
  [directory] = (await control(emulator, 'GET', '/state')).directories;
});

const ready = async (server) => {
  const { status, text } = await ask(`${server.url}/readyz`);
  return { status, ...JSON.parse(text) };
};
const becomesReady = (server) => waitFor('readiness', async () => (await ready(server)).status === 200);
const isUp = async (server) => /^latchkey_store_up 1$/m.test((await ask(`${server.url}/metrics`)).text);
const people = async (store) => jsonLines(await succeed(['directory', 'users', '--store', store, '--json'])).map(({ email }) => email);
const hire = (email) => control(emulator, 'POST', `/directories/${directory.id}/users`, { email, first_name: 'New', last_name: 'Comer' });

// A server that follows the feed each second, and somebody who is signed in.
async function serving(options = {}) {
  const server = await serve(emulator.url, { ...options, args: ['--poll-interval', '1', ...(options.args ?? [])] });
  const { jar } = await signIn(server, EMAIL);
  await becomesReady(server);
  return { server, jar };
}

// Who is in stays so, and others come in: neither needs the store.
async function assertPeopleGoOn(server, jar) {
  assert.equal((await me(server, jar)).status, 200);
  const newcomer = await signIn(server, EMAIL);
  assert.equal((await me(server, newcomer.jar)).status, 200);
}

async function assertMended(server, email, store = server.store) {
  await becomesReady(server);
  await waitFor('what happened meanwhile', async () => (await people(store)).includes(email));
  assert.equal(await isUp(server), true);
  assert.equal(server.ended, null, server.describe());
  await server.stop();
}

// Side by side: they wait more than they work.
describe('away and back', { concurrency: true }, () => {
  it('the file is renamed: told, people go on, and all is well when it is back', async () => {
    const { server, jar } = await serving();
    const file = server.store.slice('sqlite:'.length);
    fs.renameSync(file, `${file}.away`);
    const told = await waitFor('the news', async () => ((told) => told.status === 503 && told)(await ready(server)));
    assert.equal(told.store, 'failing');
    assert.match(told.reasons[0], /^the store cannot be read/);
    await waitFor('the cause in the log', () => /store .*mirror\.db was removed or replaced while it was open/.test(server.stderr));
    await waitFor('what to do', () => /store .*mirror\.db is gone, but its log \(-wal\) is not: put the store back/.test(server.stderr));
    await assertPeopleGoOn(server, jar);
    assert.equal(await isUp(server), false);
    assert.equal((await visit(jar, `${server.url}/api/events`)).status, 503);
    assert.equal(fs.existsSync(file), false, 'none is made beside the log of another');
    await hire('renamed@juniper.example');
    fs.renameSync(`${file}.away`, file);
    await assertMended(server, 'renamed@juniper.example');
  });

  it('the file is removed, log and all: a new one is filled from WorkOS', async () => {
    const { server, jar } = await serving();
    const before = await people(server.store);
    const file = server.store.slice('sqlite:'.length);
    for (const end of ['', '-wal', '-shm']) fs.unlinkSync(file + end);
    await waitFor('the cause in the log', () => /was removed or replaced while it was open/.test(server.stderr));
    await assertPeopleGoOn(server, jar);
    await hire('removed@juniper.example');
    await waitFor('everybody', async () => ((now) => before.every((email) => now.includes(email)))(await people(server.store)));
    await assertMended(server, 'removed@juniper.example');
  });

  it('no file may grow, as on a full disk: told, people go on, and all is well once there is room', async () => {
    const program = scratchFile('latchkey', `#!/bin/bash\ntrap '' XFSZ\nexec "${process.env.LATCHKEY}" "$@"\n`);
    fs.chmodSync(program, 0o755);
    const { server, jar } = await serving({ program });
    const limit = (to) => assert.equal(spawnSync('prlimit', ['--pid', server.child.pid, `--fsize=${to}:unlimited`]).status, 0);
    limit(0);
    await hire('full@juniper.example');
    const told = await waitFor('the news', async () => ((told) => told.feed === 'failing' && told)(await ready(server)));
    assert.match(told.message, /^store .*mirror\.db: (reading or writing failed|no space is left)/);
    await assertPeopleGoOn(server, jar);
    assert.equal((await visit(jar, `${server.url}/api/events`)).status, 200, 'what is there can be read');
    limit('unlimited');
    await assertMended(server, 'full@juniper.example');
    assert.match(server.stderr, /the feed works again/);
  });

  it('PostgreSQL is stopped: told, people go on, and all is well when it is back', { skip: !hasPostgres && 'no PostgreSQL here' }, async () => {
    const database = await postgresServer();
    const { server, jar } = await serving({ store: database.url });
    await database.stop();
    const told = await waitFor('the news', async () => ((told) => told.status === 503 && told)(await ready(server)));
    assert.equal(told.store, 'failing');
    await waitFor('the cause in the log', () => /the feed: store .*PostgreSQL|the feed: .*mirror/i.test(server.stderr));
    await assertPeopleGoOn(server, jar);
    assert.equal(await isUp(server), false);
    await hire('stopped@juniper.example');
    await database.start();
    await assertMended(server, 'stopped@juniper.example');
  });

  it('WorkOS is away: told, who is in stays, the way to sign-in is shown, and the feed goes on when it is back', async () => {
    const own = await emulate();
    const server = await serve(own.url, { args: ['--poll-interval', '1'] });
    const { jar } = await signIn(server, EMAIL);
    await becomesReady(server);
    await own.stop();
    const told = await waitFor('the news', async () => ((told) => told.feed === 'failing' && told)(await ready(server)));
    assert.equal(told.status, 200, 'a minute is no reason to send people elsewhere: the mirror is there');
    assert.equal(told.store, 'ok');
    assert.match(told.message, /127\.0\.0\.1/);
    assert.equal((await me(server, jar)).status, 200);
    assert.equal((await visit(new Jar(), `${server.url}/login`)).status, 302);
    const back = start(['emulate', '--port', String(own.port), '--simulate', '0']);
    await waitFor('the feed', async () => (await ready(server)).feed === 'ok');
    assert.equal(server.ended, null, server.describe());
    await server.stop();
    await back.stop();
  });
});
