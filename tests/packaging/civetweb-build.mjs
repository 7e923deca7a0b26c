// The program built with CivetWeb from source, kept from run to run beside the build that is tested.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const { SOURCE_ROOT, BUILD_ROOT, CC } = process.env;

// The source tree, as far as it is built, at a place where subprojects may be unpacked.
export function copySource(to) {
  for (const name of ['meson.build', 'meson_options.txt', 'lib', 'app', 'gui', 'subprojects'])
    fs.cpSync(path.join(SOURCE_ROOT, name), path.join(to, name), {
      recursive: true, preserveTimestamps: true, filter: (from) => !/subprojects\/(packagecache|civetweb-)/.test(from),
    });
}

// Path of the program; null where Debian's source package of CivetWeb cannot be had.
export function buildWithCivetweb() {
  const home = path.join(BUILD_ROOT, 'with-civetweb');
  const cache = path.join(home, 'source/subprojects/packagecache');
  const fetched = spawnSync(path.join(SOURCE_ROOT, 'tests/packaging/civetweb-source.sh'), [cache], { encoding: 'utf8' });
  if (fetched.status === 77) {
    console.log(fetched.stdout);
    return null;
  }
  assert.equal(fetched.status, 0, fetched.stdout + fetched.stderr);
  fs.rmSync(path.join(home, 'source/subprojects/civetweb-1.15'), { recursive: true, force: true });
  copySource(path.join(home, 'source'));
  const build = path.join(home, 'build');
  const options = ['-Dcivetweb=source', '-Dgui=disabled', '-Dtests=false', '-Dwerror=true', '--wrap-mode=nodownload'];
  const steps = [
    fs.existsSync(path.join(build, 'build.ninja')) ? ['meson', 'setup', '--reconfigure', build, path.join(home, 'source')] : ['meson', 'setup', ...options, build, path.join(home, 'source')],
    ['ninja', '-C', build, 'app/latchkey'],
  ];
  for (const [command, ...args] of steps) {
    const done = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, CC } });
    assert.equal(done.status, 0, `${command} ${args.join(' ')}\n${done.stdout?.slice(-4000)}${done.stderr}`);
  }
  return path.join(build, 'app/latchkey');
}
