// W1 to W5, the desktop companion: from the start to the first frame beside an empty window of libadwaita, and what a million events
// cost it. It runs on a display of its own.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { median, note, program, ratio, run, scratch, tell, tiny } from './bench.mjs';

const EVENTS = tiny ? 20_000 : 1_000_000;
const ROUNDS = tiny ? 2 : 15;
const STARTS = '--starts'; // the part that runs on the display
const headless = new URL('../gui/headless.sh', import.meta.url).pathname;

// A companion that is set up, with a WorkOS that it cannot reach.
const env = {
  ...process.env,
  WORKOS_CLIENT_ID: 'client_01',
  WORKOS_API_KEY: 'sk_test_01',
  WORKOS_API_BASE_URL: 'http://127.0.0.1:9',
  LATCHKEY_STORE: `sqlite:${path.join(scratch, 'mirror.db')}`,
  GSETTINGS_SCHEMA_DIR: program('gui/data'),
};

if (!fs.existsSync(program('tests/gui/bench-start'))) {
  console.log('built without the window');
  process.exit(77);
}

function onDisplay(...command) {
  const { status, stdout, stderr } = spawnSync(headless, command, { env, encoding: 'utf8', timeout: 1_800_000 });
  if (status === 77) {
    console.log(stderr.trim() || 'no display');
    process.exit(77);
  }
  if (status !== 0) throw new Error(`${command.join(' ')}: ended with ${status}: ${stderr}`);
  return stdout.trim();
}

// [[ms of the empty window, its CPU], [ms of the companion, its CPU]] of each round, in turn within one session: what else the machine
// does slows both.
function startInTurn() {
  const once = (name) => run(program(`tests/gui/${name}`), [String(process.hrtime.bigint() / 1000n)], { env }).trim().split(' ').map(Number);
  return Array.from({ length: ROUNDS }, () => [once('bench-empty'), once('bench-start')]);
}

if (process.argv.includes(STARTS)) {
  console.log(JSON.stringify(startInTurn()));
  process.exit(0);
}
const starts = JSON.parse(onDisplay(process.execPath, new URL(import.meta.url).pathname, STARTS, ...process.argv.slice(2)).split('\n').at(-1));
const of = (which, figure) => starts.map((round) => round[which][figure]);
tell('W1', 'from the start to the first frame, of an empty window', ratio(of(1, 0), of(0, 0)), {
  atMost: 1.5,
  unit: 'x',
  detail: `${median(of(1, 0)).toFixed(0)} and ${median(of(0, 0)).toFixed(0)} ms`,
});
tell('W1', 'its CPU, of all threads', ratio(of(1, 1), of(0, 1)), {
  unit: 'x',
  detail: `${median(of(1, 1)).toFixed(0)} and ${median(of(0, 1)).toFixed(0)} ms`,
});

const found = JSON.parse(onDisplay(program('tests/gui/bench-events'), String(EVENTS)).split('\n').find((line) => line.startsWith('{')));
note(`${EVENTS} events`);
tell('W2', 'from opening to the first rows', found.first_rows_ms, { atMost: 300, unit: ' ms' });
tell('W3', 'resident after scrolling from end to end', found.resident_after_mb, { atMost: 80, unit: ' MB', detail: `before ${found.resident_mb} MB` });
tell('W4', 'filter by type, to its first rows', found.filter_type_ms, { atMost: 100, unit: ' ms' });
tell('W4', 'filter by text that is nowhere, to its answer', found.filter_text_ms, { atMost: 100, unit: ' ms' });
for (const [when, ms] of Object.entries({ opening: found.longest_open_ms, scrolling: found.longest_scroll_ms, filtering: found.longest_filter_ms }))
  tell('W5', `longest turn of the main loop while ${when}`, ms, { atMost: 50, unit: ' ms' });
