// What the benchmarks share: programs, medians, and lines that say a goal, what was measured, and whether it is met.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export { freePort } from '../support/free-port.mjs';

const BUILD = path.resolve(process.env.BENCH_BUILD ?? process.env.BUILD_ROOT ?? 'build-bench');
export const program = (name) => path.join(BUILD, name);
export const tiny = process.argv.includes('--tiny');
const json = process.argv.includes('--json');

export const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-bench-'));
fs.chmodSync(scratch, 0o755); // Apache reads its file as another user
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGTERM'); // Apache's own children end with it only then
  fs.rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

export function median(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The median of a[i] / b[i]: what was measured in one round is compared within it.
export const ratio = (a, b) => median(a.map((figure, i) => figure / b[i]));

export function has(command) {
  return (process.env.PATH ?? '').split(':').concat('/usr/sbin').some((directory) => fs.existsSync(path.join(directory, command)));
}

export function run(command, args, options = {}) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26, ...options });
}

// Starts a program and resolves once it has printed a line that holds `ready`, or, for one that prints nothing, once until() says
// so. { child, line }
export async function start(command, args, { ready = '', until, env } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  children.add(child);
  child.once('exit', () => children.delete(child));
  let out = '';
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text));
  child.stdout.setEncoding('utf8');
  const line = await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      out += text;
      const found = out.split('\n').slice(0, -1).find((candidate) => candidate.includes(ready));
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${err}`)));
    child.once('error', reject);
    if (until) untilTrue(until).then(resolve, reject);
  });
  return { child, line };
}

async function untilTrue(question) {
  for (const end = Date.now() + 20_000; !(await question()); await pause(20))
    if (Date.now() > end) throw new Error('waited 20 s in vain');
}

export async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await once(child, 'exit');
  clearTimeout(late);
}

const HZ = Number(run('getconf', ['CLK_TCK']));

// Seconds of CPU of a process and of those that it has started.
export function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  const own = (Number(fields[11]) + Number(fields[12])) / HZ;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
}

function childrenOf(pid) {
  const tasks = fs.readdirSync(`/proc/${pid}/task`);
  return tasks.flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean));
}

export function residentMegabytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

// A line per figure: "G1  what: 1.52 (goal: at most 1.55) met". Without a goal it is a figure to read beside the others.
export function tell(goal, what, figure, { atMost, atLeast, unit = '', detail = '' } = {}) {
  const bound = atMost ?? atLeast;
  const met = bound === undefined ? undefined : atMost !== undefined ? figure <= atMost : figure >= atLeast;
  if (json) {
    console.log(JSON.stringify({ goal, what, figure, unit, atMost, atLeast, met, detail }));
    return;
  }
  const aim = bound === undefined ? '' : ` (goal: ${atMost !== undefined ? 'at most' : 'at least'} ${bound}${unit}) ${met ? 'met' : 'NOT MET'}`;
  console.log(`${goal.padEnd(4)}${what}: ${shown(figure)}${unit}${aim}${detail && `   [${detail}]`}`);
}

function shown(figure) {
  return Math.abs(figure) >= 100 ? figure.toFixed(0) : Math.abs(figure) >= 10 ? figure.toFixed(1) : figure.toFixed(2);
}

export function note(text) {
  if (!json) console.log(`    ${text}`);
}
