// The QR code of a second factor, read from the screen as a telephone reads it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import { API_KEY, ask, emulate, scratchFile } from './support.mjs';
import { visitor } from './browser.mjs';

const isMissing = spawnSync('zbarimg', ['--version']).error && 'zbarimg (zbar-tools) is not installed';
const skip = (process.env.HAS_QR !== '1' && 'built without libqrencode') || isMissing || false;
let emulator;

before(async () => {
  emulator = await emulate();
});

async function read(picture) {
  const { page, finish } = await visitor({ hosts: [] });
  await page.setContent(`<html lang="en"><title>code</title><img alt="" src="${picture}"></html>`);
  const file = scratchFile('code.png');
  await page.locator('img').screenshot({ path: file });
  await finish();
  return spawnSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file], { encoding: 'utf8' }).stdout.trim();
}

async function enrol(members) {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  const [user] = JSON.parse((await ask(`${emulator.url}/user_management/users`, { headers })).text).data;
  const body = JSON.stringify({ type: 'totp', ...members });
  const reply = await ask(`${emulator.url}/user_management/users/${user.id}/auth_factors`, { method: 'POST', headers, body });
  assert.equal(reply.status, 201, reply.text);
  return JSON.parse(reply.text).authentication_factor.totp;
}

for (const issuer of ['Acme', 'Müller & Söhne, "Zürich" <1>', 'x'.repeat(300)]) {
  test(`what an authenticator would read for the issuer ${issuer.slice(0, 30)}`, { skip }, async () => {
    const { uri, secret, qr_code } = await enrol({ totp_issuer: issuer });
    assert.match(qr_code, /^data:image\/svg\+xml,/);
    assert.equal(await read(qr_code), uri);
    const address = new URL(uri);
    assert.equal(address.searchParams.get('secret'), secret);
    assert.equal(address.searchParams.get('issuer'), issuer);
  });
}

test('what is too long for a code leaves the picture empty', { skip }, async () => {
  const { qr_code } = await enrol({ totp_issuer: 'x'.repeat(3000) });
  assert.ok(qr_code.length < 200);
});
