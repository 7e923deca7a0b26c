// The program built with CivetWeb from source, kept from run to run beside the build that is tested. With sanitizers: what
// is compiled here alone (tls.c, CivetWeb's own mbedTLS part and our patch of it) is C that no other build looks into.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const { SOURCE_ROOT, BUILD_ROOT, CC } = process.env;
const HOME = path.join(BUILD_ROOT, 'with-civetweb');
const SELF = fileURLToPath(import.meta.url);

// The source tree, as far as it is built, at a place where subprojects may be unpacked.
export function copySource(to) {
  for (const name of ['meson.build', 'meson_options.txt', 'lib', 'app', 'gui', 'subprojects'])
    fs.cpSync(path.join(SOURCE_ROOT, name), path.join(to, name), {
      recursive: true, preserveTimestamps: true, filter: (from) => !/subprojects\/(packagecache|civetweb-)/.test(from),
    });
}

function call(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, CC } });
  assert.equal(done.status, 0, `${command} ${args.join(' ')}\n${done.stdout?.slice(-4000)}${done.stderr}${done.error ?? ''}`);
}

function build() {
  const source = path.join(HOME, 'source');
  const to = path.join(HOME, 'sanitized');
  const options = ['-Dcivetweb=source', '-Dgui=disabled', '-Dtests=false', '-Dwerror=true', '--wrap-mode=nodownload', '-Doptimization=1', '-Db_sanitize=address,undefined', '-Db_lundef=false'];
  fs.rmSync(path.join(source, 'subprojects/civetweb-1.15'), { recursive: true, force: true });
  copySource(source);
  call('meson', 'setup', ...(fs.existsSync(path.join(to, 'build.ninja')) ? ['--reconfigure'] : options), to, source);
  call('ninja', '-C', to, 'app/latchkey');
}

// Path of the program; null where Debian's source package of CivetWeb cannot be had. Of several tests that want it at
// once one builds.
export function buildWithCivetweb() {
  const cache = path.join(HOME, 'source/subprojects/packagecache');
  fs.mkdirSync(HOME, { recursive: true });
  const locked = (...command) => spawnSync('flock', [path.join(HOME, 'lock'), ...command], { encoding: 'utf8' });
  const fetched = locked(path.join(SOURCE_ROOT, 'tests/packaging/civetweb-source.sh'), cache);
  if (fetched.status === 77) {
    console.log(fetched.stdout);
    return null;
  }
  assert.equal(fetched.status, 0, fetched.stdout + fetched.stderr);
  const built = locked(process.execPath, SELF);
  assert.equal(built.status, 0, built.stdout + built.stderr);
  return path.join(HOME, 'sanitized/app/latchkey');
}

if (process.argv[1] === SELF) build();
