// The mirror against the emulator where events do not tell: directories that are older than all of them, changes
// that were lost, walks that are killed. LATCHKEY_PEOPLE=100000 makes the interrupted ones long (some minutes).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_KEY, apiEnvironment, ask, control, emulate, newStore, run, scratchFile, start, succeed, waitFor, LATCHKEY } from './support.mjs';
import { listEvents, listGroups, listUsers, syncOnce } from './mirror.mjs';
import { hasPostgres, postgres } from './postgres.mjs';

const PEOPLE = Number(process.env.LATCHKEY_PEOPLE ?? 3000);
const byId = (a, b) => (a < b ? -1 : 1);

async function forgetEvents(emulator) {
  await control(emulator, 'POST', '/events/forget', { count: 1_000_000 });
}

async function company(args) {
  const emulator = await emulate(['--control', ...args]);
  await forgetEvents(emulator);
  return emulator;
}

// Not through the control API's /state: that lists a crowd of any size in one answer.
async function everybody(emulator) {
  const ids = [];
  const get = async (path) => JSON.parse((await ask(`${emulator.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } })).text);
  for (const { id } of (await get('/directories?limit=100')).data)
    for (let after = ''; after !== null; ) {
      const page = await get(`/directory_users?directory=${id}&limit=100&order=asc${after && `&after=${after}`}`);
      ids.push(...page.data.map((user) => user.id));
      after = page.list_metadata.after;
    }
  return ids.sort(byId);
}

const command = (emulator, store, ...args) =>
  run(['sync', ...args, '--store', store], { env: apiEnvironment(emulator.url), timeoutMs: 900_000 });

test('what is older than all events is there after the first sync', async () => {
  const emulator = await company(['--people', '120']);
  const store = newStore();
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(await listEvents(store), []);
  assert.deepEqual((await listUsers(store)).map(({ id }) => id), await everybody(emulator));
  const truth = await control(emulator, 'GET', '/state');
  const groups = await listGroups(store);
  assert.ok(groups.some(({ members }) => members.length > 0));
  assert.deepEqual(
    groups.map(({ id, members }) => [id, members]),
    truth.directory_groups.map(({ id, members }) => [id, [...members].sort(byId)]).sort((a, b) => byId(a[0], b[0])),
  );
});

// script(1) gives it a terminal. stop: Ctrl-C once so many users and groups are there.
async function backfillOnTerminal(store, env, stop = Infinity) {
  const command = ['exec', LATCHKEY, 'sync', 'backfill', '--store', `'${store}'`].join(' ');
  const self = start(['-q', '-e', '-c', command, scratchFile('typescript')], { program: 'script', env, hasInput: true });
  const steps = () => [...self.stdout.matchAll(/(\d+) of (\d+) users and groups/g)].map(([, n, of]) => [Number(n), Number(of)]);
  if (stop < Infinity) {
    await waitFor('the backfill to be under way', () => self.ended || steps().some(([n]) => n >= stop), 900_000);
    self.child.stdin.write('\x03');
  }
  await self.closed;
  self.forget();
  return { code: self.ended.code, text: self.stdout, steps: steps() };
}

const isGrowing = (steps) => steps.every(([n, of], i) => n <= of && (i === 0 || n >= steps[i - 1][0]));

// WorkOS allows 4 requests a second for each directory, of 100 users each; all but a few are in one.
function assertPlausible(text) {
  const rates = [...text.matchAll(/users and groups, (\d+) a second(?:, (\d+) s left)?/g)].map(([, rate, left]) => [Number(rate), Number(left ?? 0)]);
  assert.ok(rates.length > 2, text);
  for (const [rate] of rates) assert.ok(rate > 0 && rate <= 500, `${rate} a second`);
  assert.ok(rates.at(-1)[1] <= rates[0][1], 'the time that is left shrinks');
}

async function interruptTwice(t, store) {
  const emulator = await company(['--people', String(PEOPLE)]);
  const env = apiEnvironment(emulator.url);
  const stopped = await backfillOnTerminal(store, env, PEOPLE / 6);
  const n = stopped.steps.at(-1)[0];
  assert.equal(stopped.code, 1, stopped.text);
  assert.match(stopped.text, /latchkey: stopped after \d+ of \d+ users and groups: within a day the next one goes on from here\r\n/);
  assert.equal((await listUsers(store)).length > n / 2, true, 'what was seen is kept');
  const { signal } = await run(['sync', 'backfill', '--store', store], { env, killAfterMs: 1500 });
  assert.equal(signal, 'SIGKILL', 'it was over before it was killed');
  const last = await backfillOnTerminal(store, env);
  assert.equal(last.code, 0, last.text);
  assert.ok(last.steps.length > 2 && last.steps[0][0] > n, 'it began anew');
  assert.ok(isGrowing(stopped.steps) && isGrowing(last.steps), JSON.stringify(last.steps));
  assertPlausible(last.text);
  const users = await everybody(emulator);
  const groups = await listGroups(store);
  assert.deepEqual((await listUsers(store)).map(({ id }) => id), users);
  // Each was counted once, the interrupted pages included.
  const told = Number(last.text.match(/Reconciled: (\d+) users and groups/)[1]);
  assert.equal(told, users.length + groups.length);
  const again = await command(emulator, store, 'backfill');
  assert.match(again.stdout, /was filled/);
  assert.equal(again.stderr, '', 'quiet in a pipe');
  t.diagnostic(`${told} users and groups: stopped by Ctrl-C after ${n}, killed, gone on with at ${last.steps[0][0]}`);
}

test('a backfill that is interrupted twice goes on, and shows how far it is', (t) => interruptTwice(t, newStore()));

test('and the same on PostgreSQL', { skip: !hasPostgres }, async (t) => interruptTwice(t, await postgres()));

test('lost changes are found, shown per organization, and repaired', async () => {
  const emulator = await company(['--people', '60']);
  const store = newStore();
  await syncOnce(emulator, store);
  const [leaver, renamed] = await listUsers(store);
  await control(emulator, 'DELETE', `/directory_users/${leaver.id}`, {});
  await control(emulator, 'PATCH', `/directory_users/${renamed.id}`, { first_name: 'Lost' });
  await forgetEvents(emulator);
  await syncOnce(emulator, store);
  assert.ok((await listUsers(store)).some(({ id }) => id === leaver.id), 'no event told');

  const dry = JSON.parse((await command(emulator, store, 'reconcile', '--dry-run', '--json')).stdout);
  assert.equal(dry.dry_run, true);
  assert.equal(dry.to_delete, 1);
  assert.ok((await listUsers(store)).some(({ id }) => id === leaver.id), 'a dry run');
  const { stdout: told } = await command(emulator, store, 'reconcile', '--dry-run');
  assert.match(told, new RegExp(`^${leaver.organization_id}: 1 user different, 1 user gone from WorkOS(, .*)?\nCompared, and changed nothing: \\d+ users and groups in `), 'nothing that was done');
  const real = JSON.parse((await command(emulator, store, 'reconcile', '--json')).stdout);
  assert.deepEqual({ ...real, walk: 0, dry_run: true }, { ...dry, walk: 0 });
  const [{ organization_id, users_changed, users_deleted }] = real.organizations;
  assert.deepEqual([organization_id, users_changed, users_deleted], [leaver.organization_id, 1, 1]);
  const users = await listUsers(store);
  assert.ok(!users.some(({ id }) => id === leaver.id));
  assert.equal(users.find(({ id }) => id === renamed.id).first_name, 'Lost');
  const people = await succeed(['sync', 'reconcile', '--store', store], { env: apiEnvironment(emulator.url) });
  assert.match(people, /No difference/);
});

test('many deletions are held until they are forced', async () => {
  const emulator = await company(['--people', '60']);
  const store = newStore();
  await syncOnce(emulator, store);
  const users = await listUsers(store);
  for (const { id } of users.slice(0, 20)) await control(emulator, 'DELETE', `/directory_users/${id}`, {});
  await forgetEvents(emulator);
  const held = await command(emulator, store, 'reconcile');
  assert.equal(held.code, 1);
  assert.match(held.stderr, /^latchkey: nothing was deleted: 20 users and groups are gone.*--force\n$/);
  assert.equal((await listUsers(store)).length, users.length);
  const status = JSON.parse(await succeed(['sync', 'status', '--json', '--store', store]));
  assert.equal(status.reconciliation_held, true);
  assert.ok(Date.now() - Date.parse(status.reconciled_at) < 60_000 && Date.parse(status.settled_at) > 0);
  assert.match(await succeed(['sync', 'status', '--store', store]), /too many/);
  assert.equal((await command(emulator, store, 'reconcile', '--max-delete', '10%')).code, 1);
  assert.equal((await command(emulator, store, 'reconcile', '--max-delete', '20')).code, 0);
  assert.equal((await listUsers(store)).length, users.length - 20);
  for (const wrong of ['0', '-1', '101%', '5 %', 'all', ''])
    assert.equal((await command(emulator, store, 'reconcile', '--max-delete', wrong)).code, 2, wrong);
});
