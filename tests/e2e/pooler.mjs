// A store behind PgBouncer: sessions may be pooled; where transactions are, a sentence says what to change.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { after, test } from 'node:test';
import { control, emulate, run, start, apiEnvironment, freePort, waitFor } from './support.mjs';
import { assertMirrors, syncOnce } from './mirror.mjs';
import { hasPostgres, postgres, unprivileged } from './postgres.mjs';

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => fs.existsSync(file));
const skip = !(hasPostgres && PROGRAM) && 'no PostgreSQL, or no PgBouncer, here';

// The address of the database behind a pooler of this kind, which has few connections to share.
async function pooled(url, mode) {
  const as = unprivileged();
  const folder = fs.mkdtempSync('/tmp/lk-pooler-');
  if (as.uid) fs.chownSync(folder, as.uid, as.gid);
  fs.writeFileSync(
    `${folder}/pgbouncer.ini`,
    `[databases]
mirror = host=${new URL(url.replace('latchkey@/', 'latchkey@x/')).searchParams.get('host')} dbname=mirror user=latchkey pool_size=4
[pgbouncer]
listen_port = 6432
unix_socket_dir = ${folder}
auth_type = any
pool_mode = ${mode}
`,
  );
  const pooler = spawn(PROGRAM, [`${folder}/pgbouncer.ini`], { ...as, stdio: 'ignore', cwd: '/' });
  const ended = new Promise((resolve) => pooler.once('close', resolve));
  process.on('exit', () => pooler.kill('SIGKILL'));
  after(async () => {
    pooler.kill('SIGKILL');
    await ended;
    fs.rmSync(folder, { recursive: true, force: true });
  });
  await waitFor('PgBouncer to start', () => fs.existsSync(`${folder}/.s.PGSQL.6432`));
  return `postgresql://latchkey@/mirror?host=${folder}&port=6432`;
}

test('pool_mode = session: everything works, news included', { skip }, async () => {
  const emulator = await emulate(['--control']);
  const store = await pooled(await postgres(), 'session');
  assert.equal((await syncOnce(emulator, store)).code, 0);
  const port = await freePort(); // nobody listens there: that it is tried is enough
  const program = start(['listen', '--store', store, '--forward', `http://127.0.0.1:${port}/`, '--json'], { env: apiEnvironment(emulator.url) });
  await waitFor('it to listen', () => program.stdout.includes('"ready":true'));
  await control(emulator, 'POST', '/simulate', { count: 5 });
  assert.equal((await syncOnce(emulator, store)).code, 0);
  await waitFor('the news', () => program.stdout.includes('"attempt":1'));
  await program.stop();
  await assertMirrors(emulator, store);
});

test('pool_mode = transaction: refused, with what to change', { skip }, async () => {
  const emulator = await emulate();
  const store = await pooled(await postgres(), 'transaction');
  const results = [];
  for (let i = 0; i < 3; i++) results.push(await syncOnce(emulator, store));
  results.push(await run(['sync', 'status', '--store', store]));
  const refused = results.find(({ code }) => code === 1);
  assert.ok(refused, JSON.stringify(results));
  assert.match(refused.stderr, /pool_mode = session/);
});
