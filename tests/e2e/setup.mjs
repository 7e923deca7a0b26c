// app/setup's build_into, which ./app/demo builds with: a build that is there already is taken further by other options.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run, scratchFile } from './support.mjs';

const PROJECT = `project('p', 'c')
executable('plain', 'main.c')
if get_option('gui').enabled()
  executable('window', 'main.c')
endif
`;

// A project like ours, in which the window is built only when it is asked for.
function project() {
  const folder = scratchFile('project');
  fs.mkdirSync(folder);
  for (const [name, text] of Object.entries({ 'meson.build': PROJECT, 'meson_options.txt': "option('gui', type: 'feature', value: 'disabled')\n", 'main.c': 'int main(void) { return 0; }\n' }))
    fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

const build = (cwd, script) => run(['-c', `. "${process.env.SOURCE_ROOT}/app/setup"; ${script}`], { program: '/bin/bash', cwd });

test('what was built without the window is built with it afterwards, and the other way round', async () => {
  const folder = project();
  const isThere = (name) => fs.existsSync(path.join(folder, 'build', name));
  const first = await build(folder, 'build_into build plain:executable');
  assert.equal(first.code, 0, first.stderr);
  assert.equal(isThere('plain') && !isThere('window'), true);
  for (let i = 0; i < 2; i++) {
    const second = await build(folder, 'MESON_OPTIONS=(-Dgui=enabled); build_into build plain:executable window:executable');
    assert.equal(second.code, 0, second.stdout + second.stderr);
    assert.equal(isThere('window'), true);
  }
  assert.equal((await build(folder, 'build_into build plain:executable')).code, 0);
});

test('a build that fails says so, and where all of it can be read', async () => {
  const folder = project();
  fs.writeFileSync(path.join(folder, 'main.c'), 'int main(void) { return no_such_name; }\n');
  const { code, stderr } = await build(folder, 'build_into build plain:executable');
  assert.equal(code, 1);
  assert.match(stderr, /no_such_name/);
  const log = stderr.match(/^The build failed; all it said is in (\S+)$/m)[1];
  assert.match(fs.readFileSync(log, 'utf8'), /no_such_name/);
  fs.unlinkSync(log);
});

test('the demo of the window says at once that there is no display', async () => {
  const { code, stderr } = await run(['--desktop'], { program: path.join(process.env.SOURCE_ROOT, 'app/demo') });
  assert.equal(code, 1);
  assert.match(stderr, /^app\/demo: there is no display .*xvfb-run\n$/);
});
