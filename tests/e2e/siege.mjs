// 200 slow visitors, more than there are threads for requests, and many who are signed in: sign-in still answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { besiege, judge } from '../bench/siege.mjs';
import { ask, emulate, serve, signIn, succeed, waitFor } from './support.mjs';

// With the default number of watchers there are threads for all of the slow ones; with one watcher there are 129.
for (const args of [[], ['--max-watchers', '1']]) {
  test(`a siege of five seconds (${args.join(' ') || 'as it comes'})`, async () => {
    const result = await besiege({ seconds: 5, nSlow: 200, perSecond: 100, args });
    const said = JSON.stringify(result);
    assert.deepEqual(result.failures, [], said);
    assert.equal(result.press_failed, 0, said);
    assert.ok(result.ms.login.n >= 3, said);
    // Without the one who keeps the door whoever comes new waits for the five seconds that a request may take.
    for (const { max } of Object.values(result.ms)) assert.ok(max < 4000, said);
    if (args.length) assert.ok(result.dropped > 50, said);
    else assert.equal(result.dropped, 0, said);
  });
}

// Ten minutes, a sample each second, and 300 KB of noise.
const grown = (kbAt) => judge(Array.from({ length: 600 }, (_, i) => 50_000 + (i % 4) * 100 + kbAt(i)), 1000);

test('memory that fills is told from memory that grows', () => {
  for (const [what, kbAt] of Object.entries({
    'as it was': () => 0,
    'full within a third': (i) => Math.min(i, 200) * 50,
    'less at the end': (i) => -i * 5,
    'up and down': (i) => 2000 * Math.sin(i / 5),
  })) assert.ok(grown(kbAt).is_flat, `${what}: ${JSON.stringify(grown(kbAt))}`);
  for (const [what, kbAt] of Object.entries({
    'a KB for each of four sign-ins a second': (i) => i * 4,
    'a step in the last half': (i) => (i > 450 ? 2000 : 0),
  })) assert.ok(!grown(kbAt).is_flat, `${what}: ${JSON.stringify(grown(kbAt))}`);
  const { kb_per_minute: rate, last_half_kb: growth, rss_kb: tenths } = grown((i) => i * 10);
  assert.ok(Math.abs(rate - 600) < 3 && Math.abs(growth - 2990) < 15, `${rate} ${growth}`);
  assert.equal(tenths.length, 10);
});

test('watchers beyond --max-watchers are shed politely, and leave room when they go', async () => {
  const emulator = await emulate();
  const server = await serve(emulator.url, { args: ['--max-watchers', '3'] });
  const { jar } = await signIn(server, 'mira.holt@juniper.example');
  const cookie = jar.header(server.url);
  const watch = async () => {
    const ended = new AbortController();
    const { status, headers, body } = await fetch(`${server.url}/api/events/stream`, { headers: { cookie }, signal: ended.signal });
    return { status, retry: headers.get('retry-after'), text: status === 200 ? '' : await new Response(body).text(), leave: () => ended.abort() };
  };
  const watchers = [];
  for (let i = 0; i < 3; i++) watchers.push(await watch());
  assert.deepEqual(watchers.map(({ status }) => status), [200, 200, 200]);
  const fourth = await watch();
  assert.equal(fourth.status, 503);
  assert.equal(fourth.retry, '30');
  assert.match(JSON.parse(fourth.text).message, /3 streams are open.*try again in 30 s/);
  const metrics = (await ask(`${server.url}/metrics`)).text;
  assert.match(metrics, /^latchkey_streams 3$/m);
  assert.match(metrics, /^latchkey_streams_refused_total 1$/m);
  for (const { leave } of watchers) leave();
  await waitFor('room for another', async () => {
    const next = await watch();
    next.leave?.();
    return next.status === 200;
  });
  await server.stop();
  await emulator.stop();
});

test('--help says how many may watch', async () => {
  assert.match(await succeed(['serve', '--help']), /--max-watchers N +How many event streams may be open, beside the\s+128/);
});
