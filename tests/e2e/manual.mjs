// Manual pages and completions agree with what the program takes, and the shells and groff can read them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { LATCHKEY, run, scratchFile, succeed } from './support.mjs';

const { SOURCE_ROOT, BUILD_ROOT } = process.env;
let commands;

before(async () => {
  const help = await succeed(['--help']);
  commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)?) {2,}\S/gm)].map(([, name]) => name);
  assert.ok(commands.length > 10, help);
});

// What --help says of a command's options.
async function optionsOf(command) {
  const help = await succeed([...command.split(' '), '--help']);
  return [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
}

const plain = (page) => page.replace(/\\f[BIR]/g, '').replaceAll('\\-', '-').replaceAll('\\&', '').replaceAll('\\e', '\\');

async function readable(page) {
  const { code, stderr } = await run(['-Kutf8', '-man', '-ww', '-z', '-Tutf8', scratchFile('page.1', page)], { program: 'groff' });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
}

test('each command has a page with all its options, which groff reads without a warning', async () => {
  for (const command of commands) {
    const page = await succeed(['manual', '--command', command]);
    await readable(page);
    for (const option of await optionsOf(command)) assert.match(plain(page), new RegExp(`^--${option}\\b`, 'm'), `${command} --${option}`);
    assert.match(plain(page), new RegExp(`^latchkey-${command.replace(' ', '-')} - `, 'm'));
  }
});

test('the overview names every command', async () => {
  const page = await succeed(['manual']);
  await readable(page);
  for (const command of commands) assert.match(plain(page), new RegExp(`^${command}$`, 'm'));
});

test('what is installed has a page for every command', () => {
  const [, list] = fs.readFileSync(path.join(SOURCE_ROOT, 'app/meson.build'), 'utf8').match(/documented_commands = \[([^\]]*)\]/);
  assert.deepEqual([...list.matchAll(/'([^']+)'/g)].map(([, name]) => name).sort(), [...commands].sort());
});

// ---- The other sections ----

const page = (name) => fs.readFileSync(path.join(BUILD_ROOT, name), 'utf8');
const sourceFiles = (folder, end) => fs.readdirSync(path.join(SOURCE_ROOT, folder)).filter((name) => name.endsWith(end)).map((name) => path.join(SOURCE_ROOT, folder, name));

test('section 3: each public header has a page, with every function and what its comment says', async () => {
  const headers = sourceFiles('lib/include/latchkey', '.h');
  const [, list] = fs.readFileSync(path.join(SOURCE_ROOT, 'lib/meson.build'), 'utf8').match(/foreach name : \[([^\]]*)\]/);
  assert.deepEqual([...list.matchAll(/'([^']+)'/g)].map(([, name]) => name), headers.map((file) => path.basename(file, '.h')).sort());
  await readable(page('lib/latchkey.3'));
  let n = 0;
  for (const header of headers) {
    const text = page(`lib/latchkey-${path.basename(header, '.h')}.3`);
    await readable(text);
    const source = fs.readFileSync(header, 'utf8');
    const [, named] = plain(text).match(/^\.SH NAME\n(.*) - /m);
    for (const [, name] of source.matchAll(/^LK_API [^;(]*?\b(lk_\w+)\(/gm)) {
      n++;
      assert.ok(named.split(', ').includes(name), `${name} is found by its name`);
      assert.match(plain(text), new RegExp(`^[^\\n]*\\b${name}\\(`, 'm'), `${name} is shown`);
    }
    // Each line of each comment that stands in the first column, but for headlines.
    for (const [, comment] of source.matchAll(/^\/\*(.*?)\*\//gms))
      for (const line of comment.split('\n').map((row) => row.replace(/^ \* ?/, '').trim()).filter((row) => row && !/^----.*----$/.test(row)))
        assert.ok(plain(text).includes(line.replace(/\.$/, '')), `${header}: ${line}`);
  }
  assert.ok(n > 150, `${n} functions`);
});

test('section 5: every variable that the programs read, and each flag that stands for one', async () => {
  const text = await succeed(['manual', '--settings']);
  await readable(text);
  const unsaid = new Set(['DISPLAY', 'WAYLAND_DISPLAY', 'LATCHKEY_LOCALEDIR', 'NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']);
  const read = new Set();
  for (const file of [...sourceFiles('app', '.c'), ...sourceFiles('app', '.h'), ...sourceFiles('gui', '.c')])
    for (const [, name] of fs.readFileSync(file, 'utf8').matchAll(/"((?:WORKOS|LATCHKEY|XDG|CREDENTIALS|SSL|NOTIFY|WATCHDOG)_[A-Z_]+|BROWSER|DISPLAY|WAYLAND_DISPLAY)"/g)) read.add(name);
  assert.ok(read.size > 20, [...read].join());
  for (const name of read) if (!unsaid.has(name)) assert.match(plain(text), new RegExp(`\\b${name.replace(/^(WORKOS_.*)_FILE$/, '$1')}\\b`), name);
  for (const [, name] of plain(text).matchAll(/^((?:WORKOS|LATCHKEY)_[A-Z_]+)$/gm)) assert.ok(read.has(name), `${name} is read somewhere`);
  const flags = [...plain(text).matchAll(/^Flag: --([a-z-]+)/gm)].map(([, name]) => name);
  const known = new Set((await Promise.all(commands.map(optionsOf))).flat());
  assert.ok(flags.length > 8);
  for (const flag of flags) assert.ok(known.has(flag), flag);
});

test('section 7 and the desktop: commands, flags, variables and pages that exist', async () => {
  const known = new Set((await Promise.all(commands.map(optionsOf))).flat());
  const settings = plain(await succeed(['manual', '--settings']));
  const pages = ['latchkey.7', 'latchkey-developing.7', 'latchkey-administering.7', 'latchkey-embedding.7'].map((name) => path.join(BUILD_ROOT, 'app', name));
  for (const name of [...pages, path.join(SOURCE_ROOT, 'gui/data/latchkey-desktop.1')]) {
    const source = fs.readFileSync(name, 'utf8');
    await readable(source);
    const text = plain(source.replace(/^\.nf\n.*?^\.fi$/gms, '')); // what guides type is typed by guides.mjs
    for (const [, flag] of text.matchAll(/--([a-z-]+)/g)) assert.ok(known.has(flag), `${name}: --${flag}`);
    for (const [, command] of text.matchAll(/^\.BR? latchkey ([a-z]+(?: [a-z]+)?)/gm)) assert.ok(commands.includes(command), `${name}: latchkey ${command}`);
    for (const [, variable] of text.matchAll(/\b((?:WORKOS|LATCHKEY)_[A-Z_]+)\b/g)) assert.match(settings, new RegExp(`\\b${variable.replace(/_FILE$/, '')}\\b`), `${name}: ${variable}`);
  }
});

// Completes the last word as bash would.
async function complete(...words) {
  const script = `. <("$0" manual --completion bash)
COMP_WORDS=(latchkey "$@"); COMP_CWORD=$#; _latchkey; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { code, stdout, stderr } = await run(['-c', script, LATCHKEY, ...words], { program: 'bash' });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return [...new Set(stdout.split('\n').filter(Boolean))].sort();
}

test('bash completes first words, second words and options', async () => {
  const first = [...new Set(commands.map((name) => name.split(' ')[0]))].sort();
  assert.deepEqual(await complete(''), first);
  assert.deepEqual(await complete('sync', ''), commands.filter((name) => name.startsWith('sync ')).map((name) => name.slice(5)).sort());
  for (const command of commands) {
    const offered = await complete(...command.split(' '), '--');
    assert.deepEqual(offered, [...(await optionsOf(command))].map((name) => `--${name}`).sort(), command);
  }
  assert.deepEqual(await complete('sync', 'run', '--store', ''), [], 'files are offered for a value');
  assert.deepEqual(await complete('nonsense', ''), []);
});

for (const [shell, check] of [['zsh', ['-n']], ['fish', ['--no-execute']]]) {
  const missing = !process.env.PATH.split(':').some((folder) => fs.existsSync(path.join(folder, shell)));
  test(`${shell} can read its completions, and they name every option`, { skip: missing && `no ${shell} here` }, async () => {
    const text = await succeed(['manual', '--completion', shell]);
    const { code, stderr } = await run([...check, scratchFile(`completion.${shell}`, text)], { program: shell });
    assert.equal(code, 0, stderr);
    for (const command of commands) for (const option of (await optionsOf(command)).filter((name) => name !== 'help')) assert.ok(text.includes(option), `${command} --${option}`);
  });
}

test('fish offers what comes next', { skip: !fs.existsSync('/usr/bin/fish') && 'no fish here' }, async () => {
  const text = await succeed(['manual', '--completion', 'fish']);
  const offered = async (line) => {
    const { stdout } = await run(['-c', `source ${scratchFile('completion.fish', text)}; complete -C '${line}'`], { program: 'fish' });
    return stdout.split('\n').map((row) => row.split('\t')[0]);
  };
  assert.ok((await offered('latchkey ')).includes('whoami'));
  assert.deepEqual((await offered('latchkey sync ')).filter((word) => /^(run|status|whoami)$/.test(word)).sort(), ['run', 'status']);
  assert.ok((await offered('latchkey sync run --')).includes('--once'));
  assert.ok(!(await offered('latchkey whoami --')).includes('--once'));
});

for (const args of [['--command', 'nonsense'], ['--completion', 'tcsh'], ['--command', 'serve', '--completion', 'bash'], ['--settings', '--command', 'serve']])
  test(`wrong usage: latchkey manual ${args.join(' ')}`, async () => {
    const { code, stdout, stderr } = await run(['manual', ...args]);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
  });
