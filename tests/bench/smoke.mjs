// The benchmarks run to their end and say every figure: they are not part of a test run otherwise, and would rot. No figure is judged.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

const wanted = {
  session: { G1: 3, G2: 3 }, // one more each where valgrind is installed
  http: { G3: 3, G4: 3 }, // one more each where Apache is installed
  server: { G5: 3, G9: 4 },
  emulator: { E1: 1, E2: 1, E3: 3 },
  feed: { G6: 4, G8: 1, G8b: 2, ...(existsSync('/usr/lib/postgresql') && { G7: 3 }) }, // two more of G6 where better-sqlite3 is built
  window: { W1: 2, W2: 1, W3: 1, W4: 2, W5: 3 },
};

for (const [name, counts] of Object.entries(wanted)) {
  test(`tests/bench/${name}.mjs tells its figures`, (t) => {
    const file = new URL(`${name}.mjs`, import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--tiny', '--json'], { encoding: 'utf8', timeout: 300_000 });
    if (status === 77) return t.skip(stdout.trim());
    assert.equal(status, 0, stderr);
    const figures = stdout.trim().split('\n').map((line) => JSON.parse(line));
    for (const { goal, what, figure } of figures) assert.ok(Number.isFinite(figure), `${goal} ${what}: ${figure}`);
    for (const [goal, count] of Object.entries(counts)) {
      const found = figures.filter((figure) => figure.goal === goal);
      assert.ok(found.length >= count, `${goal}: ${found.length} figures instead of ${count}\n${stdout}`);
      assert.ok(found.some(({ met }) => typeof met === 'boolean'), `${goal} has no goal`);
    }
  });
}
