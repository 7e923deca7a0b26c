// Part of node-client.mjs: the grants without a browser, the steps between, second factors, customers' keys.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from 'node:test';
import { MIRA, PASSWORD, clientId, world } from './client-world.mjs';

const password = (email) => world.workos.userManagement.authenticateWithPassword({ clientId, email, password: PASSWORD });

async function stepUp(email) {
  try {
    await password(email);
  } catch (error) {
    return error.rawData;
  }
  assert.fail(`${email} needed no further step`);
}

test('password, and a wrong one', async () => {
  const users = world.workos.userManagement;
  assert.equal((await password(MIRA)).authenticationMethod, 'Password');
  await assert.rejects(users.authenticateWithPassword({ clientId, email: MIRA, password: 'x' }), { status: 400 });
});

test('magic auth', async () => {
  const users = world.workos.userManagement;
  const sent = await users.createMagicAuth({ email: 'new@somewhere.example' });
  assert.equal((await users.getMagicAuth(sent.id)).code, sent.code);
  const result = await users.authenticateWithMagicAuth({ clientId, email: sent.email, code: sent.code });
  assert.equal(result.authenticationMethod, 'MagicAuth');
  assert.equal(result.user.emailVerified, true);
  await assert.rejects(users.authenticateWithMagicAuth({ clientId, email: sent.email, code: sent.code }), { status: 400 });
});

test('organization selection', async () => {
  const users = world.workos.userManagement;
  const asked = await stepUp('samuel.adeyemi@juniper.example');
  assert.equal(asked.code, 'organization_selection_required');
  const organizationId = asked.organizations[1].id;
  const pendingAuthenticationToken = asked.pending_authentication_token;
  const result = await users.authenticateWithOrganizationSelection({ clientId, pendingAuthenticationToken, organizationId });
  assert.equal(result.organizationId, organizationId);
});

test('a second factor', async () => {
  const { userManagement, multiFactorAuth } = world.workos;
  const asked = await stepUp('aya.nakamura@juniper.example');
  assert.equal(asked.code, 'mfa_challenge');
  const challenge = await multiFactorAuth.challengeFactor({ authenticationFactorId: asked.authentication_factors[0].id });
  const page = await (await fetch(world.emulator.url)).text();
  const result = await userManagement.authenticateWithTotp({
    clientId,
    code: page.match(/Code now <code>(\d{6})/)[1],
    authenticationChallengeId: challenge.id,
    pendingAuthenticationToken: asked.pending_authentication_token,
  });
  assert.equal(result.user.email, 'aya.nakamura@juniper.example');
});

test('a second factor is enrolled, listed, verified, removed', async () => {
  const { multiFactorAuth } = world.workos;
  const { user } = await password('tomas.berg@juniper.example');
  const enrolled = await multiFactorAuth.createUserAuthFactor({ userId: user.id, type: 'totp', totpIssuer: 'Boats', totpUser: 'tomas' });
  const { id, totp } = enrolled.authenticationFactor;
  assert.match(totp.uri, /^otpauth:\/\/totp\/Boats:tomas\?secret=/);
  assert.deepEqual((await multiFactorAuth.listUserAuthFactors({ userId: user.id })).data.map((factor) => factor.id), [id]);
  assert.equal((await multiFactorAuth.getFactor(id)).totp.issuer, 'Boats');
  const authenticationChallengeId = enrolled.authenticationChallenge.id;
  const right = totpOf(totp.secret);
  const wrong = await multiFactorAuth.verifyChallenge({ authenticationChallengeId, code: right === '000000' ? '000001' : '000000' });
  assert.equal(wrong.valid, false);
  assert.equal((await multiFactorAuth.verifyChallenge({ authenticationChallengeId, code: right })).valid, true);
  await multiFactorAuth.deleteFactor(id);
  await assert.rejects(multiFactorAuth.getFactor(id), { status: 404 });
});

// RFC 6238, from the secret alone.
function totpOf(secret) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = crypto.createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a value that is no key of a customer', async () => {
  assert.deepEqual(await world.workos.apiKeys.createValidation({ value: 'sk_none' }), { apiKey: null });
});
