// What every benchmark works on: a signing key, access tokens of about 1,050 bytes, and sealed cookies of about 2,350, as
// @workos-inc/node would set them. The same files serve the programs in C and the peers in Node.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

// The packages stand in tests/interop.
export const require = createRequire(new URL('../interop/package.json', import.meta.url));
const { sealData } = await import(require.resolve('iron-session'));

export const CLIENT_ID = 'client_01BENCH';
export const PASSWORD = 'a-cookie-password-for-benchmarks-1';
const LIFETIME_S = 6 * 3600; // outlives every run
const KID = 'sso_oidc_key_pair_01BENCH';

const base64url = (value) => Buffer.from(value).toString('base64url');

function claims(i) {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'https://api.workos.com',
    sub: `user_01BENCH${String(i).padStart(16, '0')}`,
    sid: `session_01BENCH${String(i).padStart(16, '0')}`,
    jti: `01BENCH${String(i).padStart(19, '0')}`,
    org_id: 'org_01BENCH0000000000000000',
    role: 'admin',
    roles: ['admin'],
    permissions: ['directory:read', 'directory:write', 'invoices:read', 'invoices:write', 'members:manage'],
    entitlements: ['audit-logs', 'sso'],
    feature_flags: ['new-reports', 'dark-mode'],
    iat: now,
    exp: now + LIFETIME_S,
  };
}

function sign(key, payload) {
  const text = `${base64url(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: KID }))}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${crypto.sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function session(i, accessToken) {
  return {
    organizationId: 'org_01BENCH0000000000000000',
    user: {
      object: 'user',
      id: claims(i).sub,
      email: `mira.holt.${i}@nordwind.example`,
      emailVerified: true,
      firstName: 'Mira',
      profilePictureUrl: 'https://workoscdn.com/images/v1/3q8yZx0k4mV9dQJ6n7b2sT1wLr5uHc8e',
      lastName: 'Holt',
      lastSignInAt: '2026-03-02T11:59:58.000Z',
      locale: 'de-DE',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-02-01T00:00:00.000Z',
      externalId: null,
      metadata: { team: 'operations' },
    },
    accessToken,
    refreshToken: 'vYcrTnJ0pLw8xQ2mZ5sK7hD4gF',
    authenticationMethod: 'SSO',
  };
}

// Writes password, jwks.json, public.pem, token, cookie and cookies (n_cookies lines) into a directory.
export async function writeFixture(directory, nCookies) {
  const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const write = (name, text) => fs.writeFileSync(path.join(directory, name), text);
  const cookies = [];
  for (let i = 0; i < nCookies; i++) {
    const token = sign(pair.privateKey, claims(i));
    if (i === 0) write('token', token);
    cookies.push(await sealData(session(i, token), { password: PASSWORD, ttl: 0 }));
  }
  write('password', PASSWORD);
  write('jwks.json', JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: KID }] }));
  write('public.pem', pair.publicKey.export({ type: 'spki', format: 'pem' }));
  write('cookie', cookies[0]);
  write('cookies', cookies.join('\n') + '\n');
  return { token: fs.readFileSync(path.join(directory, 'token'), 'utf8'), cookies };
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { token, cookies } = await writeFixture(process.argv[2], Number(process.argv[3] ?? 1000));
  console.log(`token ${token.length} bytes, cookie ${cookies[0].length} bytes`);
}
