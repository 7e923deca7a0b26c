// A PostgreSQL server of the measurement's own: a cluster in the scratch folder, on a Unix socket, with its writes made durable.
import fs from 'node:fs';
import path from 'node:path';
import { run, scratch, start, stop } from './bench.mjs';

const VERSIONS = '/usr/lib/postgresql';

// undefined where PostgreSQL is not installed. { url(database), make(database), stop() }
export async function startPostgres() {
  const versions = fs.existsSync(VERSIONS) ? fs.readdirSync(VERSIONS).filter((version) => fs.existsSync(`${VERSIONS}/${version}/bin/initdb`)) : [];
  if (versions.length === 0) return undefined;
  const bin = path.join(VERSIONS, versions.sort((a, b) => a - b).at(-1), 'bin');
  const folder = path.join(scratch, 'postgres');
  fs.mkdirSync(folder);
  // It refuses to run as root.
  const isRoot = process.getuid() === 0;
  if (isRoot) run('chown', ['postgres', folder]);
  const command = (name, args) => (isRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', path.join(bin, name), ...args]] : [path.join(bin, name), args]);
  const data = path.join(folder, 'data');
  run(...command('initdb', ['-D', data, '-U', 'latchkey', '-A', 'trust', '-E', 'UTF8', '--no-locale']), { cwd: '/' });
  const url = (database) => `postgresql://latchkey@/${database}?host=${folder}`;
  const psql = (sql) => run(path.join(bin, 'psql'), ['-q', '-d', url('postgres'), '-c', sql]);
  const isUp = () => {
    try {
      psql('SELECT 1');
      return true;
    } catch {
      return false;
    }
  };
  const server = await start(...command('postgres', ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'max_wal_size=4GB', '-c', 'shared_buffers=256MB']), { until: isUp });
  const make = (database) => psql(`CREATE DATABASE ${database}`);
  return { url, make, stop: () => stop(server) };
}
