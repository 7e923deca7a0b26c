// What `meson install` puts where: nothing more, nothing less, and nothing that points back into the build.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { scratch } from '../e2e/support.mjs';

const { SOURCE_ROOT, BUILD_ROOT } = process.env;
const root = path.join(scratch, 'root');
const has = (program) => process.env.PATH.split(':').some((folder) => fs.existsSync(path.join(folder, program)));

function call(program, ...args) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

const below = (folder) =>
  fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));

let options, prefix, files, libdir;
before(() => {
  options = Object.fromEntries(JSON.parse(call('meson', 'introspect', '--buildoptions', BUILD_ROOT)).map(({ name, value }) => [name, value]));
  call('meson', 'install', '-C', BUILD_ROOT, '--no-rebuild', '--quiet', '--destdir', root);
  prefix = path.join(root, options.prefix);
  libdir = path.join(prefix, options.libdir);
  files = below(prefix);
  assert.deepEqual(below(root).length, files.length, 'everything is below the prefix');
});

const source = (name) => fs.readFileSync(path.join(SOURCE_ROOT, name), 'utf8');

test('the files are those that are listed here', () => {
  const commands = [...source('app/meson.build').match(/documented_commands = \[([^\]]*)\]/)[1].matchAll(/'([^']+)'/g)].map(([, name]) => name.replaceAll(' ', '-'));
  const version = source('meson.build').match(/version: '([\d.]+)'/)[1];
  const lib = (name) => ['', '.0', `.${version}`].map((end) => `${options.libdir}/${name}.so${end}`);
  const desktop = 'io.github.latchkey.Latchkey';
  const expected = [
    'bin/latchkey',
    ...below(path.join(SOURCE_ROOT, 'lib/include')).map((name) => `include/${name}`),
    'lib/systemd/system/latchkey.service',
    'lib/sysusers.d/latchkey.conf',
    'lib/tmpfiles.d/latchkey.conf',
    ...lib('liblatchkey'),
    ...lib('liblatchkey-civetweb'),
    `${options.libdir}/pkgconfig/latchkey-civetweb.pc`,
    `${options.libdir}/pkgconfig/latchkey.pc`,
    'share/bash-completion/completions/latchkey.bash',
    'share/fish/vendor_completions.d/latchkey.fish',
    'share/zsh/site-functions/_latchkey',
    'share/doc/latchkey/examples/latchkey.env',
    'share/man/man5/latchkey.env.5',
    ...['ENDPOINTS', 'administering', 'developing', 'embedding'].map((name) => `share/doc/latchkey/${name}.md`),
    ...['latchkey', 'latchkey-administering', 'latchkey-developing', 'latchkey-embedding'].map((name) => `share/man/man7/${name}.7`),
    'share/man/man3/latchkey.3',
    ...below(path.join(SOURCE_ROOT, 'lib/include/latchkey')).map((name) => `share/man/man3/latchkey-${path.basename(name, '.h')}.3`),
    ...['latchkey', ...commands.map((name) => `latchkey-${name}`)].map((name) => `share/man/man1/${name}.1`),
    ...(files.includes('bin/latchkey-desktop')
      ? ['bin/latchkey-desktop', `share/dbus-1/services/${desktop}.service`, `share/applications/${desktop}.desktop`, `share/glib-2.0/schemas/${desktop}.gschema.xml`,
          `share/icons/hicolor/scalable/apps/${desktop}.svg`, `share/icons/hicolor/symbolic/apps/${desktop}-symbolic.svg`,
          ...source('gui/po/LINGUAS').split(/\s+/).filter(Boolean).map((language) => `share/locale/${language}/LC_MESSAGES/latchkey.mo`),
          `share/metainfo/${desktop}.metainfo.xml`, 'share/man/man1/latchkey-desktop.1']
      : []),
  ];
  assert.deepEqual(files.sort(), expected.sort());
});

test('the libraries have a soname, versioned symbols, and need no folder of the build', () => {
  for (const name of ['liblatchkey', 'liblatchkey-civetweb']) {
    const dynamic = call('readelf', '-d', path.join(libdir, `${name}.so`));
    assert.match(dynamic, new RegExp(`SONAME.*\\[${name}\\.so\\.0\\]`));
    assert.doesNotMatch(dynamic, /RUNPATH|RPATH/);
    const symbols = call('nm', '-D', '--defined-only', '--with-symbol-versions', path.join(libdir, `${name}.so`)).trim().split('\n').map((line) => line.split(' ').at(-1));
    const version = name === 'liblatchkey' ? 'LATCHKEY_0' : 'LATCHKEY_CIVETWEB_0';
    assert.ok(symbols.length > 8);
    for (const symbol of symbols.filter((text) => text !== version && text !== `${version}@@${version}`)) assert.match(symbol, new RegExp(`^lk_[a-z0-9_]+@@${version}$`));
  }
  assert.doesNotMatch(call('readelf', '-d', path.join(prefix, 'bin/latchkey')), /RUNPATH|RPATH/);
});

test('pkg-config tells where things are, from the files alone', () => {
  const env = { ...process.env, PKG_CONFIG_LIBDIR: `${path.join(libdir, 'pkgconfig')}:/usr/lib/${process.arch === 'x64' ? 'x86_64-linux-gnu/' : ''}pkgconfig` };
  const ask = (...args) => spawnSync('pkg-config', args, { env, encoding: 'utf8' });
  for (const name of ['latchkey', 'latchkey-civetweb']) {
    const valid = ask('--validate', name);
    assert.equal(valid.status, 0, valid.stderr);
    const text = fs.readFileSync(path.join(libdir, 'pkgconfig', `${name}.pc`), 'utf8');
    assert.doesNotMatch(text, new RegExp(`${BUILD_ROOT}|${SOURCE_ROOT}`));
  }
  assert.match(ask('--libs', 'latchkey-civetweb').stdout, /-llatchkey-civetweb -lcivetweb.*-llatchkey\b/);
  assert.doesNotMatch(ask('--libs', 'latchkey').stdout, /civetweb/, 'who has another server links no CivetWeb');
});

const unit = () => path.join(prefix, 'lib/systemd/system/latchkey.service');
const noSystemd = !has('systemd-analyze') && 'no systemd-analyze here';

test('the unit is one that systemd takes, and its sandbox is as tight as promised', { skip: noSystemd }, () => {
  const text = fs.readFileSync(unit(), 'utf8');
  assert.match(text, new RegExp(`^ExecStart=${path.join(options.prefix, options.bindir)}/latchkey serve$`, 'm'));
  // Where the program lies in this test, so that systemd finds it; the manual is not installed here.
  const here = path.join(scratch, 'latchkey.service');
  fs.writeFileSync(here, text.replace(/^ExecStart=\S+/m, `ExecStart=${prefix}/bin/latchkey`));
  const verified = spawnSync('systemd-analyze', ['verify', '--man=no', here], { encoding: 'utf8' });
  assert.equal(verified.status, 0, verified.stderr);
  const complaints = verified.stderr.split('\n').filter((line) => line.includes('latchkey'));
  assert.deepEqual(complaints, []);
  // 0 is none, 10 all; systemd's own services have 1.5 to 9.6.
  const report = call('systemd-analyze', 'security', '--offline=true', '--threshold=12', '--no-pager', here);
  console.log(report.trim().split('\n').at(-1));
  const loose = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=5', '--no-pager', here]);
  assert.notEqual(loose.status, 0, 'the threshold is one that can be missed');
});

test('systemd would make the user and the folder', { skip: noSystemd }, () => {
  const made = spawnSync('systemd-sysusers', ['--dry-run', path.join(prefix, 'lib/sysusers.d/latchkey.conf')], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout + made.stderr, /latchkey/);
  assert.match(fs.readFileSync(path.join(prefix, 'lib/tmpfiles.d/latchkey.conf'), 'utf8'), /^d \/etc\/latchkey 0750 root latchkey -$/m);
});
