// /metrics as Prometheus reads it, strictly; what is counted; and /readyz with its reasons.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Jar, ask, control, emulate, freePort, me, serve, signIn, visit, waitFor } from './support.mjs';

let emulator;
before(async () => {
  emulator = await emulate(['--control']);
});

// The text format, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/. Throws at whatever a reader might stumble over.
export function parse(text) {
  const families = new Map();
  const seen = new Set();
  let current = null;
  assert.ok(text.endsWith('\n'), 'the last line ends');
  for (const line of text.slice(0, -1).split('\n')) {
    const head = line.match(/^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/);
    if (head) {
      const [, kind, name, rest] = head;
      if (kind === 'HELP') {
        assert.ok(!families.has(name), `${name} comes twice`);
        families.set(name, (current = { name, help: rest, type: null, samples: [] }));
      } else {
        assert.equal(current?.name, name, `TYPE follows HELP: ${line}`);
        assert.equal(current.type, null);
        assert.match(rest, /^(counter|gauge|histogram)$/);
        current.type = rest;
      }
      continue;
    }
    const sample = line.match(/^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?\d+(?:\.\d+)?)$/);
    assert.ok(sample, `no sample: ${line}`);
    const [, name, labels = '', value] = sample;
    const base = current.type === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    assert.equal(base, current?.name, `${name} stands under its own head`);
    assert.ok(!seen.has(`${name}{${labels}}`), `${line} comes twice`);
    seen.add(`${name}{${labels}}`);
    current.samples.push({ name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, text]) => [key, text])), value: Number(value) });
  }
  for (const family of families.values()) {
    assert.ok(family.type, `${family.name} has a type`);
    assert.match(family.name, /^latchkey_[a-z_]+$/);
    if (family.type === 'counter') {
      assert.match(family.name, /_total$/);
      assert.ok(family.samples.every(({ value }) => value >= 0 && Number.isInteger(value)), family.name);
    }
    if (family.type === 'histogram') checkHistogram(family);
  }
  return families;
}

function checkHistogram({ name, samples }) {
  const routes = new Set(samples.map(({ labels }) => labels.route));
  for (const route of routes) {
    const mine = samples.filter(({ labels }) => labels.route === route);
    const buckets = mine.filter((sample) => sample.name.endsWith('_bucket'));
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Infinity : Number(labels.le)));
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b), `${name} ${route}`);
    assert.equal(bounds.at(-1), Infinity);
    const values = buckets.map(({ value }) => value);
    assert.deepEqual(values, [...values].sort((a, b) => a - b), `${name} ${route} counts up`);
    assert.equal(mine.find((sample) => sample.name.endsWith('_count')).value, values.at(-1));
    assert.ok(mine.find((sample) => sample.name.endsWith('_sum')).value >= 0);
  }
}

const scrape = async (server) => {
  const { status, headers, text } = await ask(`${server.url}/metrics`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  return parse(text);
};
const valueOf = (families, name, labels = {}) =>
  families.get(name)?.samples.filter((sample) => Object.entries(labels).every(([key, text]) => sample.labels[key] === text)).reduce((sum, { value }) => sum + value, 0);

test('the strict parser refuses what Prometheus refuses', () => {
  const good = '# HELP latchkey_a_total A\n# TYPE latchkey_a_total counter\nlatchkey_a_total{x="1"} 2\n';
  parse(good);
  for (const bad of [good.trimEnd(), good + good, good.replace('TYPE', 'TYPo'), good.replace('{x="1"}', '{x=1}'), good.replace(' 2\n', '\n'), good.replace(' 2\n', ' 2\nlatchkey_a_total{x="1"} 3\n'), good.replace(' 2', ' -2'), good.replace('x="1"', 'x="1"extra'), good.replace('# HELP latchkey_a_total A\n', '')])
    assert.throws(() => parse(bad), undefined, bad);
});

test('requests by route and class, sign-ins by outcome, refreshes, revocations, keys', async () => {
  const server = await serve(emulator.url);
  const before = await scrape(server);
  for (const name of ['latchkey_sign_ins_total', 'latchkey_workos_calls_total', 'latchkey_key_fetches_total', 'latchkey_refreshes_total', 'latchkey_revoked_total', 'latchkey_workers', 'latchkey_workers_busy', 'latchkey_connections_dropped_total', 'latchkey_streams', 'latchkey_streams_refused_total', 'latchkey_feed_up', 'latchkey_mirror_events', 'latchkey_store_up', 'latchkey_webhooks_taken_total'])
    assert.ok(before.has(name), name);
  const mira = await signIn(server, 'mira.holt@juniper.example');
  assert.equal((await me(server, mira.jar)).status, 200);
  assert.equal((await ask(`${server.url}/api/me`)).status, 401);
  assert.equal((await ask(`${server.url}/callback?code=x&state=y`)).status, 400);
  assert.equal((await ask(`${server.url}/nowhere"}`)).status, 404);
  await ask(`${server.url}/api/directories/directory_secret/users`);
  const now = await scrape(server);
  assert.equal(valueOf(now, 'latchkey_http_responses_total', { route: '/login', code: '3xx' }), 1);
  assert.equal(valueOf(now, 'latchkey_http_responses_total', { route: '/callback', code: '3xx' }), 1);
  assert.equal(valueOf(now, 'latchkey_http_responses_total', { route: '/api/me', code: '2xx' }), 1);
  assert.equal(valueOf(now, 'latchkey_http_responses_total', { route: '/api/me', code: '4xx' }), 1);
  // A slow start lets probes of it give up: those came before.
  const others = (families) => valueOf(families, 'latchkey_http_responses_total', { route: 'other', code: '4xx' }) ?? 0;
  assert.equal(others(now) - others(before), 1);
  assert.equal(valueOf(now, 'latchkey_sign_ins_total', { outcome: 'done' }), 1);
  assert.equal(valueOf(now, 'latchkey_sign_ins_total', { outcome: 'refused' }), 1);
  assert.ok(valueOf(now, 'latchkey_key_fetches_total', { outcome: 'done' }) >= 1);
  assert.ok(valueOf(now, 'latchkey_workos_calls_total', { outcome: 'done' }) >= 2);
  assert.ok(valueOf(now, 'latchkey_http_request_duration_seconds') > 0);
  const text = (await ask(`${server.url}/metrics`)).text;
  assert.doesNotMatch(text, /directory_secret|nowhere|mira|org_|user_0/, 'no names and no ids of customers');
  await server.stop();
});

test('a renewal is counted', async () => {
  const short = await emulate(['--control', '--token-lifetime', '1']);
  const server = await serve(short.url, { args: ['--poll-interval', '1'] });
  const { jar } = await signIn(server, 'mira.holt@juniper.example');
  await waitFor('a renewal', async () => {
    await visit(jar, `${server.url}/api/me`);
    return valueOf(await scrape(server), 'latchkey_refreshes_total', { outcome: 'done' }) >= 1;
  });
  await server.stop();
  await short.stop();
});

test('who comes with a session that was revoked is counted, each time; who has none, or another, is not', async () => {
  const server = await serve(emulator.url, { args: ['--poll-interval', '1'] });
  const revoked = async () => valueOf(await scrape(server), 'latchkey_revoked_total');
  const mira = await signIn(server, 'mira.holt@juniper.example');
  const other = await signIn(server, 'mira.holt@juniper.example');
  await waitFor('the feed to be followed', async () => (await ask(`${server.url}/readyz`)).status === 200);
  const { session_id: session } = (await me(server, mira.jar)).body;
  await control(emulator, 'POST', '/events', { event: 'session.revoked', data: { object: 'session', id: session } });
  await waitFor('the session to end', async () => (await me(server, mira.jar.copy())).status === 401);
  const from = await revoked();
  assert.ok(from >= 1);
  for (let i = 0; i < 3; i++) assert.equal((await me(server, mira.jar.copy())).status, 401);
  assert.equal(await revoked(), from + 3);
  assert.equal((await me(server, other.jar)).status, 200);
  assert.equal((await me(server, new Jar())).status, 401);
  assert.equal(await revoked(), from + 3);
  await server.stop();
});

test('WorkOS out of reach: the sign-in is counted as failed, the feed is down, /readyz says why', async () => {
  const other = await emulate();
  const server = await serve(other.url);
  const jar = new Jar();
  const { location } = await visit(jar, `${server.url}/login`);
  const chosen = await visit(jar, location, { form: { email: 'mira.holt@juniper.example' } });
  await other.stop();
  const refused = await visit(jar, chosen.location);
  assert.equal(refused.status >= 500, true, `${refused.status}`);
  await waitFor('the feed to be down', async () => valueOf(await scrape(server), 'latchkey_feed_up') === 0);
  const now = await scrape(server);
  assert.equal(valueOf(now, 'latchkey_sign_ins_total', { outcome: 'failed' }), 1);
  assert.ok(valueOf(now, 'latchkey_feed_failures_total') >= 1);
  await server.stop();
});

test('/readyz names each thing that is missing', async () => {
  const server = await serve(`http://127.0.0.1:${await freePort()}`);
  const { status, text } = await ask(`${server.url}/readyz`);
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(text).reasons, ['the feed has not caught up yet']);
  await server.stop();

  const well = await serve(emulator.url);
  await waitFor('readiness', async () => (await ask(`${well.url}/readyz`)).status === 200);
  assert.deepEqual(JSON.parse((await ask(`${well.url}/readyz`)).text).reasons, []);
  await well.stop();
});
