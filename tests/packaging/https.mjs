// HTTPS by `serve` itself: refused with the reason where CivetWeb is the system's; and all of it in a build with
// CivetWeb from source, which this makes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import { before, test } from 'node:test';
import tls from 'node:tls';
import { ask, emulate, freePort, me, newStore, run, scratch, serve, signIn, waitFor } from '../e2e/support.mjs';
import { buildWithCivetweb } from './civetweb-build.mjs';

const PERSON = 'mira.holt@juniper.example';
const file = (name) => path.join(scratch, name);
let emulator, program;

// A certificate for localhost and app.example, and its key.
function certify(name, key) {
  const args = ['req', '-x509', '-newkey', ...key, '-nodes', '-keyout', file(`${name}.key`), '-out', file(`${name}.crt`), '-days', '30',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:app.example,IP:127.0.0.1'];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return [file(`${name}.crt`), file(`${name}.key`)];
}
const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const pairs = {};

before(async () => {
  emulator = await emulate();
  for (const [name, key] of [['ec', EC], ['other', EC], ['rsa', ['rsa:2048']], ['short', ['rsa:1024']]]) pairs[name] = certify(name, key);
  program = buildWithCivetweb();
});

const flags = ([certificate, key]) => ['--tls-certificate', certificate, '--tls-key', key];
const refuse = (args, options) => run(['serve', '--listen', '127.0.0.1:0', '--client-id', 'client_x', '--store', newStore(), ...args], options);

test("with the system's CivetWeb, which crashes at the first handshake, HTTPS is refused: why, and what to do", async () => {
  const { code, stdout, stderr } = await refuse(flags(pairs.ec));
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /this build serves no TLS: .*crashes at the first handshake; .*TLS proxy, or build with -Dcivetweb=source\n$/);
});

test('no port is passed on to CivetWeb as one for TLS', async () => {
  for (const listen of ['127.0.0.1:3000s', '3000s', '127.0.0.1:3000r', 'https://127.0.0.1:3000']) {
    const { code, stderr } = await run(['serve', '--listen', listen, '--client-id', 'client_x', '--store', newStore()]);
    assert.equal(code, 2, `${listen}: ${stderr}`);
    assert.match(stderr, /HTTPS is asked for with --tls-certificate and --tls-key/);
  }
});

// ---- The build with CivetWeb from source ----

const source = (name, body) => test(name, async (t) => (program === null ? t.skip("no source of CivetWeb's here") : body(t)));

const serveTls = (pair, { env } = {}) => serve(emulator.url, { program, origin: 'https://localhost', args: flags(pair), env });

source('a person signs in over HTTPS; the cookies are Secure, and curl believes the certificate', async () => {
  const server = await serveTls(pairs.ec);
  const { jar, arrival } = await signIn(server, PERSON);
  assert.equal(arrival, `${server.url}/`);
  const { status, body } = await me(server, jar);
  assert.equal(status, 200);
  assert.equal(body.user.email, PERSON);
  for (const { name, attributes } of jar.cookies.values()) if (/wos/.test(name)) assert.ok(attributes.includes('Secure'), name);
  const curl = ['-sS', '--fail', '--cacert', pairs.ec[0], '-w', '%{http_version} %{ssl_verify_result}', `${server.url}/healthz`];
  const { code, stdout, stderr } = await run(curl, { program: 'curl' });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /"ok".*\n?1\.1 0$/);
  // Plain HTTP on that port gets nothing.
  await assert.rejects(ask(`http://localhost:${server.port}/healthz`));
  await server.stop();
  assert.doesNotMatch(server.stderr, /SSL|TLS/, 'a connection that ends is nothing to tell');
});

source('without a redirect URI people are sent back to https; one with http is refused', async () => {
  const server = await serveTls(pairs.ec, { env: { WORKOS_REDIRECT_URI: '' } });
  const login = await ask(`${server.url}/login`);
  assert.match(login.headers.location, new RegExp(`redirect_uri=https%3A%2F%2Flocalhost%3A${server.port}%2Fcallback`));
  await server.stop();
  const { code, stderr } = await refuse([...flags(pairs.ec), '--redirect-uri', 'http://app.example/callback'], { program });
  assert.equal(code, 2);
  assert.match(stderr, /leads back to http:\/\/app\.example\/callback, but this server speaks HTTPS/);
});

source('browsers are held to HTTPS (HSTS), but on localhost, where other servers are', async () => {
  const local = await serveTls(pairs.ec);
  assert.equal((await ask(`${local.url}/`)).headers['strict-transport-security'], undefined);
  await local.stop();
  const server = await serveTls(pairs.ec, { env: { WORKOS_REDIRECT_URI: 'https://app.example/callback' } });
  for (const route of ['/', '/healthz', '/api/me', '/nothing', '/login'])
    assert.equal((await ask(`${server.url}${route}`)).headers['strict-transport-security'], 'max-age=63072000', route);
  await server.stop();
});

// What openssl's client agrees on with the server: "PROTOCOL SUITE", or null.
async function agree(server, args) {
  const { stdout } = await run(['s_client', '-connect', `127.0.0.1:${server.port}`, ...args], { program: 'openssl', input: '' });
  const [, protocol, suite] = stdout.match(/^New, (\S+), Cipher is (\S+)$/m) ?? [];
  return suite && suite !== '(NONE)' ? `${protocol} ${suite}` : null;
}
const weakest = (suites) => ['-cipher', `${suites}:@SECLEVEL=0`];

source('TLS 1.2 with ECDHE and authenticated encryption, and nothing that is older or weaker', async () => {
  for (const [kind, pair] of [['ECDSA', pairs.ec], ['RSA', pairs.rsa]]) {
    const server = await serveTls(pair);
    for (const suite of ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'])
      assert.equal(await agree(server, ['-tls1_2', ...weakest(`ECDHE-${kind}-${suite}`)]), `TLSv1.2 ECDHE-${kind}-${suite}`);
    for (const version of ['-tls1', '-tls1_1']) assert.equal(await agree(server, [version, ...weakest('ALL')]), null, version);
    const good = /^ECDHE-(ECDSA|RSA)-(AES128-GCM-SHA256|AES256-GCM-SHA384|CHACHA20-POLY1305)$/;
    const { stdout } = await run(['ciphers', '-tls1_2', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0'], { program: 'openssl' });
    const weak = stdout.trim().split(':').filter((suite) => !good.test(suite) && !suite.startsWith('TLS_'));
    assert.ok(weak.length > 50, stdout);
    assert.equal(await agree(server, ['-tls1_2', ...weakest(weak.join(':'))]), null, 'none of all the others');
    assert.equal(await agree(server, ['-tls1_2', '-groups', 'secp521r1']), null, 'a curve that is not offered');
    assert.match((await run(['s_client', '-connect', `127.0.0.1:${server.port}`, '-alpn', 'h2,http/1.1'], { program: 'openssl', input: '' })).stdout, /ALPN protocol: http\/1\.1/);
    await server.stop();
  }
});

const renegotiate = (server) =>
  new Promise((resolve) => {
    const socket = tls.connect({ port: server.port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' }, () => {
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error ? 'refused' : 'done'));
    });
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('refused'));
    socket.setTimeout(8_000, () => resolve('refused'));
  });

source('renegotiation is refused', async () => {
  const server = await serveTls(pairs.ec);
  assert.equal(await renegotiate(server), 'refused');
  await server.stop();
});

const serialOf = (certificate) => spawnSync('openssl', ['x509', '-noout', '-serial', '-in', certificate], { encoding: 'utf8' }).stdout.trim().split('=')[1];
const served = (server) =>
  new Promise((resolve, reject) => {
    const socket = tls.connect({ port: server.port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.end();
    });
    socket.on('error', reject);
  });

source('a renewed certificate is served without a restart; one that cannot be used changes nothing', async () => {
  const pair = [file('live.crt'), file('live.key')];
  const put = ([certificate, key]) => {
    for (const [from, to] of [[certificate, pair[0]], [key, pair[1]]]) {
      fs.copyFileSync(from, `${to}.new`);
      fs.renameSync(`${to}.new`, to);
    }
  };
  put(pairs.ec);
  const server = await serveTls(pair);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  const steady = () => ask(`${server.url}/healthz`, { agent });
  await steady();
  assert.equal(await served(server), serialOf(pairs.ec[0]));

  // By itself, a moment after the files have changed.
  put(pairs.rsa);
  await waitFor('the new certificate', async () => (await served(server)) === serialOf(pairs.rsa[0]));
  // At once, when asked to; half of a renewal is no pair.
  fs.copyFileSync(pairs.other[0], pair[0]);
  server.child.kill('SIGHUP');
  await waitFor('the complaint', () => /is not that of the first certificate.*stays in force/.test(server.stderr));
  assert.equal(await served(server), serialOf(pairs.rsa[0]));
  fs.copyFileSync(pairs.other[1], pair[1]);
  server.child.kill('SIGHUP');
  await waitFor('the other half', async () => (await served(server)) === serialOf(pairs.other[0]));
  assert.equal((await steady()).status, 200);
  agent.destroy();
  await server.stop();
});

const cpuMs = (pid) => {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

source('200 who never finish their handshake hold nobody up for long, and cost no time', async () => {
  const server = await serveTls(pairs.ec);
  const sockets = Array.from({ length: 200 }, (_, n) => {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    if (n % 2) socket.write(Buffer.from('16030100c0010000', 'hex')); // a client hello that does not go on
    return socket;
  });
  const spent = cpuMs(server.child.pid);
  const began = Date.now();
  assert.equal((await ask(`${server.url}/healthz`)).status, 200);
  assert.ok(Date.now() - began < 15_000, `answered after ${Date.now() - began} ms`);
  assert.ok(cpuMs(server.child.pid) - spent < 2_000, 'they are waited for, not asked again and again');
  for (const socket of sockets) socket.destroy();
  // Those who never began are not missed: connections are still kept open for those who ask for it.
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  await waitFor('a connection that is kept', async () => (await ask(`${server.url}/healthz`, { agent })).headers.connection !== 'close');
  agent.destroy();
  await server.stop();
});

source('many at once, while the certificate changes', async () => {
  const server = await serveTls(pairs.ec);
  const replies = [];
  for (let round = 0; round < 6; round++) {
    server.child.kill('SIGHUP');
    replies.push(...(await Promise.all(Array.from({ length: 40 }, () => ask(`${server.url}/healthz`)))));
  }
  assert.ok(replies.every(({ status }) => status === 200));
  await server.stop();
});

source('what is no certificate, no key or no pair is named, and nothing listens', async () => {
  const nonsense = file('nonsense');
  fs.writeFileSync(nonsense, 'not PEM\n');
  const encrypted = file('encrypted.key');
  spawnSync('openssl', ['pkey', '-in', pairs.ec[1], '-aes128', '-passout', 'pass:x', '-out', encrypted]);
  const cases = [
    [['--tls-certificate', pairs.ec[0]], /--tls-certificate and --tls-key go together/],
    [['--tls-key', pairs.ec[1]], /--tls-certificate and --tls-key go together/],
    [flags(['/nonexistent', pairs.ec[1]]), /cannot open \/nonexistent: No such file or directory/],
    [flags([pairs.ec[0], '/nonexistent']), /cannot open \/nonexistent: No such file/],
    [flags([nonsense, pairs.ec[1]]), /cannot read the certificates in .*nonsense/],
    [flags([pairs.ec[0], nonsense]), /cannot read the key in .*nonsense/],
    [flags([pairs.ec[0], encrypted]), /cannot read the key in .*encrypted/],
    [flags([pairs.ec[0], pairs.other[1]]), /is not that of the first certificate/],
    [flags([pairs.ec[0], pairs.rsa[1]]), /is not that of the first certificate/],
    [flags(pairs.short), /has 1024 bits: an RSA key needs at least 2048/],
    [flags(['', pairs.ec[1]]), /tls-certificate/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await refuse(args, { program });
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, '');
    assert.doesNotMatch(stderr, /BEGIN|MII/);
  }
});
