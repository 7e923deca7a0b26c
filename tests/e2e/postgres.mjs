// A PostgreSQL server of the test's own: a cluster in a temporary folder, on a Unix socket only, gone with the test.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { after } from 'node:test';
import { waitFor } from './support.mjs';

// Debian keeps each version's programs in a folder of its own; the last one is the newest.
const ROOT = '/usr/lib/postgresql';
const bin = fs.existsSync(ROOT) && fs.readdirSync(ROOT).sort((a, b) => Number(a) - Number(b)).map((version) => `${ROOT}/${version}/bin`).at(-1);

export const hasPostgres = Boolean(bin) && fs.existsSync(`${bin}/initdb`);

// PostgreSQL refuses to run as root.
export function unprivileged() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

// An empty database. stop() lets go of all who are connected, and leaves what was committed. { url, stop(), start() }
export async function postgresServer() {
  const as = unprivileged();
  const folder = fs.mkdtempSync('/tmp/lk-postgres-'); // the path of a socket has 107 characters at most: no TMPDIR here
  if (as.uid) fs.chownSync(folder, as.uid, as.gid);
  const quiet = { ...as, stdio: 'ignore', cwd: '/' };
  execFileSync(`${bin}/initdb`, ['-D', `${folder}/data`, '-U', 'latchkey', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8'], quiet);
  const options = ['listen_addresses=', 'fsync=off', 'max_connections=60'].flatMap((option) => ['-c', option]);
  const tool = (name, ...args) => execFileSync(`${bin}/${name}`, ['-h', folder, '-U', 'latchkey', ...args], quiet);
  let server, ended;
  const start = async () => {
    server = spawn(`${bin}/postgres`, ['-D', `${folder}/data`, '-k', folder, ...options], quiet);
    ended = new Promise((resolve) => server.once('close', resolve));
    await waitFor('PostgreSQL to start', () => {
      try {
        tool('pg_isready', '-q');
        return true;
      } catch {
        return false;
      }
    });
  };
  const stop = async (signal = 'SIGINT') => {
    server.kill(signal);
    await ended;
  };
  process.on('exit', () => server?.kill('SIGQUIT'));
  after(async () => {
    await stop('SIGQUIT');
    fs.rmSync(folder, { recursive: true, force: true });
  });
  await start();
  tool('createdb', 'mirror');
  return { url: `postgresql://latchkey@/mirror?host=${folder}`, stop, start };
}

export const postgres = async () => (await postgresServer()).url;

// One statement, on the tables of the mirror.
export function query(url, sql) {
  execFileSync(`${bin}/psql`, [url, '-q', '-v', 'ON_ERROR_STOP=1', '-c', 'SET search_path = latchkey', '-c', sql], { ...unprivileged(), stdio: 'ignore', cwd: '/' });
}
