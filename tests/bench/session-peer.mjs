// The peer: @workos-inc/node checks the same cookie. Reads a number per line, checks as often, prints microseconds of CPU per check:
// one at a time, then eight at once.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import readline from 'node:readline';
import { CLIENT_ID, PASSWORD, require } from './fixture.mjs';

const { WorkOS } = await import(require.resolve('@workos-inc/node'));
const directory = process.argv[2];
const cookie = fs.readFileSync(path.join(directory, 'cookie'), 'utf8');
const jwks = fs.readFileSync(path.join(directory, 'jwks.json'));

const keys = http.createServer((request, response) => response.setHeader('content-type', 'application/json').end(jwks));
await new Promise((resolve) => keys.listen(0, '127.0.0.1', resolve));
const workos = new WorkOS('sk_test_bench', { clientId: CLIENT_ID, apiHostname: '127.0.0.1', port: keys.address().port, https: false });

async function check() {
  const result = await workos.userManagement.loadSealedSession({ sessionData: cookie, cookiePassword: PASSWORD }).authenticate();
  if (!result.authenticated) throw new Error(JSON.stringify(result));
}

async function measure(n, atOnce) {
  const before = process.cpuUsage();
  for (let i = 0; i < n; i += atOnce) await Promise.all(Array.from({ length: atOnce }, check));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / Math.ceil(n / atOnce) / atOnce;
}

await check();
console.log('ready');
for await (const line of readline.createInterface({ input: process.stdin })) {
  const n = Number(line);
  console.log(JSON.stringify([await measure(n, 1), await measure(n, 8)]));
}
keys.close();
