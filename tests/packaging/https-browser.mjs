// HTTPS as a browser sees it: Chromium with an authority of this test in its own certificate database, no check switched
// off. Sign-in, the cookies it keeps, what it is told about HTTPS, and certificates that it must refuse.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { keep, launch, visitor } from '../e2e/browser.mjs';
import { emulate, scratch, serve } from '../e2e/support.mjs';
import { buildWithCivetweb } from './civetweb-build.mjs';

const HOST = 'app.example';
const file = (name) => path.join(scratch, name);
const call = (program, ...args) => {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}\n${stderr}${error ?? ''}`);
};
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
const made = (name, ...args) => call('openssl', 'req', '-x509', ...EC, '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`), ...args);
const authority = (name) => made(name, '-subj', `/CN=${name}`);
const certify = (name, by, ...hosts) =>
  made(name, '-CA', file(`${by}.crt`), '-CAkey', file(`${by}.key`), '-subj', `/CN=${hosts[0]}`, '-extensions', 'usr_cert', '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}`);

// Where Chromium looks for what its owner trusts.
function trust(name) {
  const database = path.join(scratch, 'chromium/.pki/nssdb');
  fs.mkdirSync(database, { recursive: true });
  call('certutil', '-N', '-d', `sql:${database}`, '--empty-password');
  call('certutil', '-A', '-d', `sql:${database}`, '-t', 'C,,', '-n', name, '-i', file(`${name}.crt`));
}

// Nothing of this without both.
function skip(reason) {
  console.log(reason);
  process.exit(77);
}
if (spawnSync('certutil', ['-H']).error) skip('certutil is missing');
const program = buildWithCivetweb() ?? skip("there is no source of CivetWeb's here");

let emulator;
before(async () => {
  emulator = await emulate();
  authority('trusted');
  authority('unknown');
  certify('good', 'trusted', HOST, 'localhost');
  certify('strange', 'unknown', HOST);
  certify('misnamed', 'trusted', 'other.example');
  trust('trusted');
  await launch([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`]);
});

const serveAs = async (certificate, host = HOST) => {
  const flags = ['--tls-certificate', file(`${certificate}.crt`), '--tls-key', file(`${certificate}.key`)];
  const server = await serve(emulator.url, { program, origin: 'https://localhost', seenAs: `https://${host}`, args: flags });
  return { server, site: `${host}:${server.port}` };
};
const visit = (site) => visitor({ hosts: [site, new URL(emulator.url).host] });

test('a person signs in; the browser believes the certificate, and keeps its cookies for HTTPS', async () => {
  const { server, site } = await serveAs('good', 'localhost'); // where the emulator lets people go back to
  const { page, context, finish } = await visit(site);
  const answer = await page.goto(`https://${site}/`);
  const { protocol, issuer, subjectName } = await answer.securityDetails();
  assert.deepEqual({ protocol, issuer, subjectName }, { protocol: 'TLS 1.2', issuer: 'trusted', subjectName: HOST });
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'mira.holt@juniper.example' }).click();
  await page.getByRole('heading', { name: 'Mira Holt' }).waitFor();
  assert.equal(page.url(), `https://${site}/`);
  assert.equal(await page.evaluate(() => window.isSecureContext), true);
  // Events over a stream that stays open, through TLS.
  await page.locator('#events li').first().waitFor();
  await keep(page, 'https-signed-in');

  const cookies = await context.cookies();
  const session = cookies.find(({ name }) => name === 'wos-session');
  assert.ok(session, JSON.stringify(cookies));
  for (const cookie of cookies.filter(({ name }) => name.startsWith('wos')))
    assert.deepEqual([cookie.domain, cookie.secure, cookie.httpOnly, cookie.sameSite], ['localhost', true, true, 'Lax'], cookie.name);
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads them');

  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor();
  assert.equal((await context.cookies()).some(({ name }) => name === 'wos-session'), false);
  await finish();
  await server.stop();
  assert.doesNotMatch(server.stderr, /SSL|TLS/, 'a browser that comes and goes is nothing to tell');
});

test('who was here once goes by HTTPS ever after (HSTS)', async () => {
  const { server, site } = await serveAs('good');
  const { page, finish } = await visit(site);
  await assert.rejects(page.goto(`http://${site}/`), /ERR_/, 'a stranger to the site asks in plain text, and gets nothing');
  await page.waitForURL('chrome-error://**');
  await page.goto(`https://${site}/`);
  const answer = await page.goto(`http://${site}/`);
  assert.equal(answer.url(), `https://${site}/`);
  assert.equal(answer.status(), 200);
  assert.equal(answer.request().redirectedFrom().url(), `http://${site}/`, 'by the browser itself');
  await finish();
  await server.stop();
});

for (const [certificate, what, complaint] of [
  ['strange', 'of an authority that nobody trusts', /ERR_CERT_AUTHORITY_INVALID/],
  ['misnamed', 'for another name', /ERR_CERT_COMMON_NAME_INVALID/],
]) {
  test(`a certificate ${what} is refused by this browser`, async () => {
    const { server, site } = await serveAs(certificate);
    const { page, finish } = await visit(site);
    await assert.rejects(page.goto(`https://${site}/`), complaint);
    await finish();
    await server.stop();
  });
}
