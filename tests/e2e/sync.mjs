// The mirror against the emulator: complete, repeatable, and right after any number of kill -9.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { control, emulate, newStore, run, start, waitFor, apiEnvironment } from './support.mjs';
import { allEvents, assertMirrors, listEvents, listUsers, syncOnce } from './mirror.mjs';

let emulator;

before(async () => {
  emulator = await emulate(['--control', '--people', '400']);
});

async function sync(store) {
  const result = await syncOnce(emulator, store);
  assert.equal(result.code, 0, result.stderr);
  return result;
}

test('sync run --once twice leaves the same mirror', async () => {
  const store = newStore();
  await sync(store);
  const first = await assertMirrors(emulator, store);
  assert.ok(first.users.length >= 400);
  await sync(store);
  assert.deepEqual(await assertMirrors(emulator, store), first);
});

test('what happens later is added, what leaves is gone', async () => {
  const store = newStore();
  await sync(store);
  await control(emulator, 'POST', '/simulate', { count: 200 });
  const [directory] = (await control(emulator, 'GET', '/state')).directories;
  const user = await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'brief.stay@juniper.example', first_name: 'Brief' });
  await sync(store);
  assert.ok((await assertMirrors(emulator, store)).users.some(({ id }) => id === user.id));
  await control(emulator, 'DELETE', `/directory_users/${user.id}`, {});
  await sync(store);
  assert.ok(!(await assertMirrors(emulator, store)).users.some(({ id }) => id === user.id));
});

test('a directory that is removed takes its people and groups along', async () => {
  const store = newStore();
  const { organizations } = await control(emulator, 'GET', '/state');
  const directory = await control(emulator, 'POST', '/directories', { name: 'Short', organization_id: organizations[0].id });
  const user = await control(emulator, 'POST', `/directories/${directory.id}/users`, { email: 'short@juniper.example' });
  const group = await control(emulator, 'POST', `/directories/${directory.id}/groups`, { name: 'Short' });
  await control(emulator, 'POST', `/directory_groups/${group.id}/users`, { user_id: user.id });
  await sync(store);
  assert.ok((await assertMirrors(emulator, store)).groups.some(({ members }) => members.includes(user.id)));
  await control(emulator, 'DELETE', `/directories/${directory.id}`, {});
  await sync(store);
  const { users, groups } = await assertMirrors(emulator, store);
  assert.ok(!users.some(({ id }) => id === user.id) && !groups.some(({ id }) => id === group.id));
});

test('kill -9 at any moment loses nothing and doubles nothing', async (t) => {
  const began = Date.now();
  await sync(newStore());
  let whole = Date.now() - began;
  const wanted = 4;
  let halfway = 0;
  // A kill counts when it fell into the middle of the work: the store holds something, and not all events.
  for (let attempt = 1; halfway < wanted; attempt++) {
    assert.ok(attempt <= 40, `only ${halfway} of ${attempt} kills fell into the middle of the work`);
    const store = newStore();
    const delays = [];
    for (let again = 0; again < 2; again++) {
      const delay = Math.ceil(Math.random() * whole);
      delays.push(delay);
      const started = Date.now();
      const result = await syncOnce(emulator, store, { killAfterMs: delay });
      if (result.signal === 'SIGKILL') continue;
      // The first measure may have fallen into a slow moment of the machine.
      whole = Math.min(whole, Date.now() - started);
      break;
    }
    const truth = await allEvents(emulator);
    const kept = (await listEvents(store)).map(({ id }) => id);
    assert.deepEqual(kept, truth.slice(0, kept.length).map(({ id }) => id), `killed after ${delays} ms`);
    const hasBegun = kept.length > 0 || (await listUsers(store)).length > 0;
    if (hasBegun && kept.length < truth.length) halfway++;
    if (!hasBegun) whole *= 1.3; // or into a quick one
    await control(emulator, 'POST', '/simulate', { count: 5 });
    await sync(store);
    await assertMirrors(emulator, store);
    t.diagnostic(`killed after ${delays} of ${whole} ms: ${kept.length} of ${truth.length} events were kept`);
  }
});

test('kill -9 while it follows, then once more: nothing is lost', async () => {
  const store = newStore();
  const follower = start(['sync', 'run', '--store', store], { env: apiEnvironment(emulator.url) });
  await waitFor('the follower to catch up', async () => {
    assert.equal(follower.ended, null, follower.describe());
    return (await listEvents(store).catch(() => [])).length === (await allEvents(emulator)).length;
  });
  await control(emulator, 'POST', '/simulate', { count: 50 });
  follower.child.kill('SIGKILL');
  await follower.closed;
  assert.equal(follower.ended.signal, 'SIGKILL');
  follower.forget();
  await sync(store);
  await assertMirrors(emulator, store);
});

test('events that become visible late are not passed over', async () => {
  const store = newStore();
  await sync(store);
  await control(emulator, 'POST', '/events/hold', {});
  await control(emulator, 'POST', '/simulate', { count: 20 });
  const before = (await allEvents(emulator)).length;
  await sync(store);
  assert.equal((await listEvents(store)).length, before);
  await control(emulator, 'POST', '/events/release', {});
  await sync(store);
  await assertMirrors(emulator, store);
});

test('what no event can be read from is told of, and is in nobody\'s way', async () => {
  const store = newStore();
  await sync(store);
  const json = { data: [{ id: 'event_without_a_time', event: 'dsync.user.created' }, 'no event'], list_metadata: { after: null } };
  for (const args of [[], ['--json']]) {
    await control(emulator, 'POST', '/faults', { path: '/events', status: 200, json });
    const { stdout, code } = await run(['sync', 'run', '--once', '--store', store, ...args], { env: apiEnvironment(emulator.url) });
    assert.equal(code, 0);
    if (args.length) assert.equal(JSON.parse(stdout).skipped, 2);
    else assert.match(stdout, /^Skipped +2 entries that no event can be read from: sync reconcile finds what they told$/m);
  }
  assert.doesNotMatch((await sync(store)).stdout, /Skipped/);
  await assertMirrors(emulator, store);
});

// Between the program and the emulator: what was asked of /events, and how many of it at once.
async function listenIn() {
  const asked = [];
  let underWay = 0;
  const server = http.createServer((request, response) => {
    const entry = request.url.startsWith('/events?') && { ranged: request.url.includes('range_end='), atOnce: ++underWay };
    if (entry) asked.push(entry);
    const onward = http.request(emulator.url + request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on('end', () => entry && underWay--).pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, asked };
}

test('a long catch-up is side by side, and serial with a server that ignores ranges', async () => {
  // Hours of it, and answers that take their time: worth it.
  const forgotten = (await allEvents(emulator)).length;
  for (let i = 0; i < 30; i++) {
    await control(emulator, 'POST', '/simulate', { count: 100 });
    await control(emulator, 'POST', '/clock', { advance_s: 300 });
  }
  await control(emulator, 'POST', '/events/forget', { count: forgotten });
  const pages = Math.ceil((await allEvents(emulator)).length / 100);
  assert.ok(pages > 22, `${pages} pages`);
  for (const ignores of ['organization_id', 'range_start,range_end']) {
    const wire = await listenIn();
    const store = newStore();
    await control(emulator, 'POST', '/faults', { path: '/events', count: 0, delay_ms: 25, ignores });
    const result = await syncOnce(wire, store);
    await control(emulator, 'DELETE', '/faults', {});
    assert.equal(result.code, 0, result.stderr);
    await assertMirrors(emulator, store);
    const ranged = wire.asked.filter((entry) => entry.ranged).length;
    if (ignores.includes('range_start')) {
      assert.ok(ranged > 0 && ranged <= 10, `${ranged} requests said range_end: one round tells`);
      const behind = wire.asked.slice(wire.asked.findLastIndex((entry) => entry.ranged) + 1);
      assert.ok(behind.length > pages - 10, `${behind.length} requests came behind that round`);
      assert.ok(behind.every(({ atOnce }) => atOnce === 1), 'one after the other');
      assert.ok(wire.asked.length < 2 * pages + 15, `${wire.asked.length} requests for ${pages} pages`);
    } else assert.ok(ranged > 10, `${ranged} requests said range_end`);
  }
});
