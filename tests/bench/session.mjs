// G1 and G2: what a session check costs, without and with the cache, beside one RS256 verification by mbedTLS and beside
// @workos-inc/node.
import { once } from 'node:events';
import { writeFixture } from './fixture.mjs';
import { has, median, note, program, ratio, run, scratch, start, stop, tell, tiny } from './bench.mjs';

const ROUNDS = tiny ? 2 : 11;
const N = tiny ? 20 : 500;
const BENCH = program('tests/bench/bench-session');

async function time() {
  const peer = await start(process.execPath, [new URL('session-peer.mjs', import.meta.url).pathname, scratch], { ready: 'ready' });
  const figures = { node: [], node_eight: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const ours = JSON.parse(run(BENCH, [scratch, 'time', '1', String(N)]));
    for (const [name, [figure]] of Object.entries(ours)) (figures[name] ??= []).push(figure);
    peer.child.stdin.write(`${N}\n`);
    const [one, eight] = JSON.parse(String((await once(peer.child.stdout, 'data'))[0]));
    figures.node.push(one);
    figures.node_eight.push(eight);
  }
  await stop(peer);
  return figures;
}

// Instructions of one operation: more operations, less the same program with fewer.
function instructions(name, few, many) {
  const count = (n) => {
    const { stderr } = runWithErrors('valgrind', [
      ...['--tool=callgrind', '--callgrind-out-file=/dev/null', BENCH, scratch, 'count', name, String(n)],
    ]);
    return Number(/Collected : (\d+)/.exec(stderr)[1]);
  };
  return (count(many) - count(few)) / (many - few);
}

function runWithErrors(command, args) {
  return { stderr: run('sh', ['-c', '"$0" "$@" 2>&1', command, ...args]) };
}

const { token, cookies } = await writeFixture(scratch, tiny ? 20 : 1000);
note(`access token ${token.length} bytes, cookie ${cookies[0].length} bytes, ${cookies.length} sessions, ${ROUNDS} rounds of ${N}`);

const f = await time();
const us = (figures) => `${median(figures).toFixed(median(figures) < 10 ? 2 : 1)} us`;
tell('G1', 'session check, nothing cached: CPU of one RS256 verification', ratio(f.open, f.verify), {
  atMost: 1.55,
  unit: 'x',
  detail: `${us(f.open)} / ${us(f.verify)}`,
});
tell('G1', '@workos-inc/node authenticate(), one at a time: CPU of ours', ratio(f.node, f.open), {
  atLeast: 6,
  unit: 'x',
  detail: `${us(f.node)}; eight at once ${ratio(f.node_eight, f.open).toFixed(1)}x, ${us(f.node_eight)}`,
});
tell('G1', 'two threads at once: rate of one thread', median(f.two_threads), { unit: 'x' });
tell('G2', 'session check from memory, the same session', median(f.find_hot), { atMost: 1, unit: ' us' });
tell('G2', `session check from memory, ${cookies.length} sessions in turn`, median(f.find_many), { atMost: 3, unit: ' us' });
tell('G2', 'lk_web_answer() of a request, from memory', median(f.answer_cached), {
  unit: ' us',
  detail: `not from memory: ${us(f.answer_uncached)}`,
});

if (has('valgrind')) {
  const [few, many] = tiny ? [2, 4] : [20, 120];
  const verify = instructions('verify', few, many);
  const open = instructions('open', few, many);
  tell('G1', 'session check, nothing cached: instructions of one RS256 verification', open / verify, {
    atMost: 1.65,
    unit: 'x',
    detail: `${(open / 1000).toFixed(0)} k / ${(verify / 1000).toFixed(0)} k`,
  });
  tell('G2', 'session check from memory: instructions', instructions('find_hot', few, many) / 1000, { atMost: 15, unit: ' k' });
} else {
  note('instructions are not counted: valgrind is missing');
}
