// What the guides of the manual (app/man/*.md) show, and terminals to type it into.
//
//   ```console …       commands behind "$ ", and below each what it says; "…" stands for what differs from run to run, on a line
//                      of its own for any lines. Behind "# ": for root on a machine with systemd, see packaging/package.mjs. A
//                      command that ends in "\" goes on.
//     terminal=NAME    typed into another terminal than the first
//     stays            the last command goes on running, until something else is typed into its terminal (Ctrl-C comes first)
//     more             no command: what the one that runs in this terminal says next
//     exit=N           the exit code of the last command; else all are 0
//     needs=PROGRAM    skipped where it is missing
//   ```LANG file=NAME  the reader saves this under that name, which the text above it tells
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { waitFor } from './support.mjs';

export const GUIDES = path.join(process.env.SOURCE_ROOT, 'app/man');
export const readGuide = (name) => fs.readFileSync(path.join(GUIDES, `${name}.md`), 'utf8');

function readCommands(text) {
  const commands = [];
  let isWhole = true;
  for (const line of text.split('\n').slice(0, -1)) {
    if (!isWhole) commands.at(-1).text += `\n${line}`;
    else if (/^[$#] /.test(line)) commands.push({ text: line.slice(2), isRoot: line[0] === '#', output: '' });
    else if (commands.length > 0) commands.at(-1).output += `${line}\n`;
    else return null;
    isWhole = !/^[$#] /.test(line) && isWhole ? true : !line.endsWith('\\');
  }
  return commands;
}

// The blocks of a guide, in its order.
export function readBlocks(guide) {
  return [...guide.matchAll(/^```(\w+)([^\n]*)\n(.*?)^```$/gms)].map(({ index, 1: kind, 2: words, 3: text }) => {
    const before = guide.slice(0, index);
    const block = { kind, text, line: before.split('\n').length, above: before.trimEnd().split('\n\n').at(-1), terminal: 'first' };
    block.heading = before.match(/^## .*$/gm)?.at(-1).slice(3);
    for (const [, name, value] of words.matchAll(/([a-z]+)(?:=(\S+))?/g)) block[name] = value ?? true;
    if (kind === 'console') block.commands = block.more ? [] : readCommands(text);
    return block;
  });
}

// Under each heading what root types, as it stands there.
export function rootCommands(guide) {
  const typed = {};
  for (const { heading, commands } of readBlocks(guide))
    for (const { text, isRoot } of commands ?? []) if (isRoot) (typed[heading] ??= []).push(text);
  return typed;
}

export const isInstalled = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const narrow = (text) => text.replace(/ {2,}/g, ' ').replace(/ +$/gm, '');

// Columns are as wide as what is in them, which differs: of several spaces one counts.
export function looksLike(shown, said) {
  const pattern = narrow(shown).split(/(?<=\n)/).map((line) => {
    if (line === '…\n') return '(?:[^\\n]*\\n)*?';
    return line.split('…').map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]*');
  });
  return new RegExp(`^${pattern.join('')}$`).test(narrow(said.replace(/[^\n]$/, '$&\n')));
}

const MARK = /\x1e(\d+)\x1e\n/;

// A shell that reads what is typed, and one program in it that may stay.
export class Terminal {
  constructor(cwd, env) {
    this.shell = spawn('bash', ['--norc', '-c', 'exec 2>&1; exec bash --norc'], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
    this.said = '';
    this.shell.stdout.setEncoding('utf8').on('data', (text) => (this.said += text));
    this.ended = new Promise((resolve) => this.shell.once('close', resolve));
    process.on('exit', () => this.kill());
    // Job control, or what runs in the background is deaf to Ctrl-C. There is no terminal to control, which bash deplores.
    this.shell.stdin.write('set -m 2>/dev/null\n');
  }

  kill() {
    if (this.staying) try { process.kill(this.staying.pid, 'SIGKILL'); } catch { /* it has ended by itself */ }
    this.shell.kill('SIGKILL');
  }

  // Types a line of the shell; resolves to the number that it ends with, and to what was said before.
  async type(line) {
    this.said = '';
    this.shell.stdin.write(`${line}; printf '\\036%s\\036\\n' "$?"\n`);
    await waitFor(`"${line}" to end; it said ${this.said}`, () => MARK.test(this.said));
    const [mark, code] = this.said.match(MARK);
    const said = this.said.slice(0, this.said.indexOf(mark));
    this.said = this.said.slice(this.said.indexOf(mark) + mark.length);
    return { code: Number(code), said };
  }

  // Runs a command to its end.
  async run(command) {
    await this.interrupt();
    return this.type(`{ ${command}\n} </dev/null`);
  }

  // Starts one that stays; says() looks at what it prints.
  async stay(command) {
    await this.interrupt();
    const { said } = await this.type(`(exec ${command}) </dev/null & echo "pid $!"; true`);
    this.staying = { pid: Number(said.match(/pid (\d+)\n/)[1]), command };
    this.said = said.replace(/pid \d+\n/, '') + this.said;
  }

  // Waits until what has been said since the last time is as shown.
  async says(shown) {
    try {
      await waitFor('the output', () => looksLike(shown, this.said), 30_000);
    } catch {
      assert.equal(this.said, shown);
    }
    this.said = '';
  }

  // Ctrl-C to the program that stays.
  async interrupt() {
    if (!this.staying) return;
    const { pid, command } = this.staying;
    this.staying = null;
    try { process.kill(pid, 'SIGINT'); } catch { /* it has ended by itself */ }
    const { code } = await this.type(`wait ${pid}`);
    if (/^latchkey /.test(command)) assert.equal(code, 0, `${command}: ended by Ctrl-C with ${code}`);
  }

  async close() {
    await this.interrupt();
    this.shell.stdin.end('exit\n');
    await this.ended;
  }
}
