// For spec.mjs: users, organizations, memberships, invitations, second factors and password resets, each made, changed
// and removed, with what WorkOS refuses about each. call: of a Judge.
import crypto from 'node:crypto';

const USERS = '/user_management/users';
const MEMBERSHIPS = '/user_management/organization_memberships';
const INVITATIONS = '/user_management/invitations';

async function users(call) {
  const { body: user } = await call('POST', USERS, 201, { json: { email: 'made@a.example', password: 'latchkey-demo', external_id: 'made', metadata: { a: 'b' } } });
  await call('POST', USERS, 400, { json: { email: 'made@a.example' } });
  await call('POST', USERS, 400, { json: { email: 'short@a.example', password: 'short' } });
  await call('POST', USERS, 400, { json: { email: 'other@a.example', external_id: 'made' } });
  await call('POST', USERS, 422, { json: {} });
  await call('GET', `${USERS}/external_id/made`, 200);
  await call('GET', `${USERS}/external_id/none`, 404);
  await call('PUT', `${USERS}/${user.id}`, 200, { json: { first_name: 'Made', locale: 'de' } });
  await call('PUT', `${USERS}/${user.id}`, 422, { json: { email: 7 } });
  await call('PUT', `${USERS}/${user.id}`, 400, { json: { external_id: 'ext_ana' } });
  await call('POST', `${USERS}/${user.id}/email_verification/send`, 200);
  await call('POST', `${USERS}/${user.id}/email_verification/confirm`, 400, { json: { code: 'x' } });
  await call('POST', `${USERS}/${user.id}/email_verification/confirm`, 422, { json: {} });
  await call('POST', `${USERS}/none/email_verification/send`, 404);
  const { body: mail } = await call('GET', '/events?events=email_verification.created&order=desc&limit=1', 200);
  const { body: sent } = await call('GET', `/user_management/email_verification/${mail.data[0].data.id}`, 200);
  await call('POST', `${USERS}/${user.id}/email_verification/confirm`, 200, { json: { code: sent.code } });
  await call('GET', `${USERS}/${user.id}/identities`, 200);
  const [sam] = (await call('GET', `${USERS}?email=sam%40a.example`, 200)).body.data;
  await call('GET', `${USERS}/${sam.id}/identities`, 200);
  await call('GET', `${USERS}/none/identities`, 404);
  return user;
}

async function passwords(call, user) {
  const { body: reset } = await call('POST', '/user_management/password_reset', 201, { json: { email: user.email } });
  await call('POST', '/user_management/password_reset', 404, { json: { email: 'nobody@a.example' } });
  await call('POST', '/user_management/password_reset', 422, { json: {} });
  await call('GET', `/user_management/password_reset/${reset.id}`, 200);
  await call('GET', '/user_management/password_reset/none', 404);
  const confirm = (status, new_password) =>
    call('POST', '/user_management/password_reset/confirm', status, { json: { token: reset.password_reset_token, new_password } });
  await confirm(400, 'short');
  const { body } = await confirm(200, 'long enough for it');
  await confirm(404, 'long enough for it');
  await call('POST', `${USERS}/${body.user.id}/email_verification/send`, 400);
  await call('POST', '/user_management/password_reset/confirm', 422, { json: {} });
}

async function organizations(call) {
  const { body: organization } = await call('POST', '/organizations', 201, { json: { name: 'Made', domains: ['made.example'], external_id: 'made' } });
  await call('POST', '/organizations', 422, { json: {} });
  await call('POST', '/organizations', 400, { json: { name: 'Again', external_id: 'made' } });
  await call('GET', '/organizations/external_id/made', 200);
  await call('GET', '/organizations/external_id/none', 404);
  await call('PUT', `/organizations/${organization.id}`, 200, {
    json: { name: 'Made anew', domain_data: [{ domain: 'made.example', state: 'pending' }], metadata: { tier: 'iron' } },
  });
  await call('PUT', `/organizations/${organization.id}`, 422, { json: { domain_data: [{ domain: 'x.example', state: 'guessed' }] } });
  await call('PUT', '/organizations/none', 404, { json: {} });
  return organization;
}

async function memberships(call, user, organization) {
  const json = { user_id: user.id, organization_id: organization.id, role_slug: 'member' };
  const { body: membership } = await call('POST', MEMBERSHIPS, 201, { json });
  await call('POST', MEMBERSHIPS, 422, { json });
  await call('POST', MEMBERSHIPS, 422, { json: { ...json, role_slug: 'emperor' } });
  await call('POST', MEMBERSHIPS, 404, { json: { ...json, user_id: 'user_none' } });
  const route = `${MEMBERSHIPS}/${membership.id}`;
  await call('GET', route, 200);
  await call('GET', `${MEMBERSHIPS}/none`, 404);
  await call('GET', MEMBERSHIPS, 400);
  await call('PUT', route, 200, { json: { role_slug: 'member' } });
  await call('PUT', route, 422, { json: { role_slugs: ['member', 'emperor'] } });
  for (const change of ['deactivate', 'reactivate']) {
    await call('PUT', `${route}/${change}`, 200);
    await call('PUT', `${MEMBERSHIPS}/none/${change}`, 404);
  }
  await call('GET', `${MEMBERSHIPS}?user_id=${user.id}&statuses=active,inactive`, 200);
  await call('DELETE', route, 200);
  await call('DELETE', route, 404);
}

async function invitations(call, organization) {
  const json = { email: 'invited@a.example', organization_id: organization.id, role_slug: 'member' };
  const { body: first } = await call('POST', INVITATIONS, 201, { json });
  await call('POST', INVITATIONS, 400, { json });
  await call('POST', INVITATIONS, 400, { json: { email: 'far@a.example', expires_in_days: 31 } });
  await call('POST', INVITATIONS, 404, { json: { ...json, organization_id: 'org_none' } });
  await call('POST', INVITATIONS, 422, { json: {} });
  await call('GET', `${INVITATIONS}?organization_id=${organization.id}`, 200);
  await call('GET', `${INVITATIONS}?limit=0`, 422);
  await call('GET', `${INVITATIONS}/${first.id}`, 200);
  await call('GET', `${INVITATIONS}/none`, 404);
  await call('GET', `${INVITATIONS}/by_token/${first.token}`, 200);
  await call('GET', `${INVITATIONS}/by_token/none`, 404);
  await call('POST', `${INVITATIONS}/${first.id}/resend`, 200);
  await call('POST', `${INVITATIONS}/${first.id}/accept`, 400);
  await call('POST', `${INVITATIONS}/${first.id}/revoke`, 200);
  await call('POST', `${INVITATIONS}/${first.id}/revoke`, 400);
  await call('POST', `${INVITATIONS}/${first.id}/resend`, 400);
  const { body: second } = await call('POST', INVITATIONS, 201, { json: { ...json, email: 'two@a.example' } });
  await call('POST', `${INVITATIONS}/${second.id}/accept`, 200);
}

// RFC 6238 for now, of the secret that the enrolment tells.
function totp(secret) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = crypto.createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function factors(call, user) {
  const { body } = await call('POST', `${USERS}/${user.id}/auth_factors`, 201, { json: { type: 'totp' } });
  const { authentication_factor: factor, authentication_challenge: challenge } = body;
  await call('GET', `/auth/factors/${factor.id}`, 200);
  await call('GET', '/auth/factors/none', 404);
  const verify = `/auth/challenges/${challenge.id}/verify`;
  await call('POST', verify, 422, { json: {} });
  for (let n = 0; n < 4; n++) await call('POST', verify, 201, { json: { code: 'wrong' } });
  await call('POST', verify, 201, { json: { code: totp(factor.totp.secret) } });
  await call('POST', '/auth/challenges/none/verify', 404, { json: { code: '000000' } });
  await call('DELETE', `/auth/factors/${factor.id}`, 204);
  await call('DELETE', `/auth/factors/${factor.id}`, 404);
}

export async function askAboutPeople(call) {
  const user = await users(call);
  const organization = await organizations(call);
  await passwords(call, user);
  await memberships(call, user, organization);
  await invitations(call, organization);
  await factors(call, user);
  await call('DELETE', `${USERS}/${user.id}`, 200);
  await call('DELETE', `${USERS}/${user.id}`, 404);
  await call('DELETE', '/connections/conn_saml', 204);
  await call('DELETE', '/connections/conn_saml', 404);
  await call('DELETE', `/organizations/${organization.id}`, 202);
}
