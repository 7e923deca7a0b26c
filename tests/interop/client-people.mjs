// Part of node-client.mjs: users, organizations, memberships, invitations, passwords, second factors as an administrator.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MIRA, PASSWORD, clientId, world } from './client-world.mjs';

test('users and organizations are found', async () => {
  const { userManagement, organizations } = world.workos;
  const [mira] = (await userManagement.listUsers({ email: MIRA })).data;
  assert.deepEqual(await userManagement.getUser(mira.id), mira);
  await assert.rejects(userManagement.getUser('user_none'), { status: 404 });
  const [membership] = (await userManagement.listOrganizationMemberships({ userId: mira.id })).data;
  assert.equal(membership.role.slug, 'admin');
  const organization = await organizations.getOrganization(membership.organizationId);
  assert.equal(organization.name, 'Juniper Works');
  const inside = (await userManagement.listUsers({ organizationId: organization.id })).data;
  assert.ok(inside.length >= 4 && inside.some(({ id }) => id === mira.id));
});

test('a user is made, found, changed, signs in, and is deleted', async () => {
  const users = world.workos.userManagement;
  const made = await users.createUser({ email: 'ada@made.example', password: PASSWORD, firstName: 'Ada', lastName: 'L', emailVerified: true, externalId: 'ext-ada', metadata: { desk: '4' } });
  assert.deepEqual([made.email, made.firstName, made.externalId, made.metadata], ['ada@made.example', 'Ada', 'ext-ada', { desk: '4' }]);
  assert.equal((await users.getUserByExternalId('ext-ada')).id, made.id);
  const changed = await users.updateUser({ userId: made.id, firstName: 'Augusta', metadata: { desk: '5' } });
  assert.deepEqual([changed.firstName, changed.lastName, changed.metadata], ['Augusta', 'L', { desk: '5' }]);
  const signedIn = await users.authenticateWithPassword({ clientId, email: 'ada@made.example', password: PASSWORD });
  assert.equal(signedIn.user.firstName, 'Augusta');
  await assert.rejects(users.createUser({ email: 'ada@made.example' }));
  await assert.rejects(users.createUser({ email: 'no address' }));
  await users.deleteUser(made.id);
  await assert.rejects(users.getUser(made.id), { status: 404 });
  await assert.rejects(users.authenticateWithRefreshToken({ refreshToken: signedIn.refreshToken, clientId }), { error: 'invalid_grant' });
});

test('an organization and its memberships: made, changed, asleep, awake, gone', async () => {
  const { userManagement, organizations } = world.workos;
  const organization = await organizations.createOrganization({ name: 'Made', externalId: 'ext-made', domainData: [{ domain: 'made.example', state: 'verified' }] });
  assert.equal((await organizations.getOrganizationByExternalId('ext-made')).id, organization.id);
  assert.equal((await organizations.updateOrganization({ organization: organization.id, name: 'Remade' })).name, 'Remade');
  assert.ok((await organizations.listOrganizations({ limit: 100 })).data.some(({ name }) => name === 'Remade'));
  const user = await userManagement.createUser({ email: 'eve@made.example', password: PASSWORD, emailVerified: true });
  const signIn = async () => (await userManagement.authenticateWithPassword({ clientId, email: user.email, password: PASSWORD })).organizationId;
  const membership = await userManagement.createOrganizationMembership({ userId: user.id, organizationId: organization.id, roleSlug: 'member' });
  assert.deepEqual(await userManagement.getOrganizationMembership(membership.id), membership);
  assert.equal(await signIn(), organization.id);
  assert.equal((await userManagement.updateOrganizationMembership(membership.id, { roleSlug: 'admin' })).role.slug, 'admin');
  assert.equal((await userManagement.deactivateOrganizationMembership(membership.id)).status, 'inactive');
  assert.equal(await signIn(), undefined, 'a membership that sleeps takes nobody in');
  assert.equal((await userManagement.reactivateOrganizationMembership(membership.id)).status, 'active');
  assert.equal(await signIn(), organization.id);
  await userManagement.deleteOrganizationMembership(membership.id);
  await assert.rejects(userManagement.getOrganizationMembership(membership.id), { status: 404 });
  await organizations.deleteOrganization(organization.id);
  await assert.rejects(organizations.getOrganization(organization.id), { status: 404 });
  await userManagement.deleteUser(user.id);
});

test('invitations: sent, found, sent again, accepted, revoked', async () => {
  const { userManagement, organizations } = world.workos;
  const [organization] = (await organizations.listOrganizations()).data;
  const sent = await userManagement.sendInvitation({ email: 'guest@made.example', organizationId: organization.id, roleSlug: 'member' });
  assert.equal(sent.state, 'pending');
  assert.equal((await userManagement.getInvitation(sent.id)).email, 'guest@made.example');
  assert.equal((await userManagement.findInvitationByToken(sent.token)).id, sent.id);
  assert.ok((await userManagement.listInvitations({ email: 'guest@made.example' })).data.some(({ id }) => id === sent.id));
  assert.equal((await userManagement.resendInvitation(sent.id)).id, sent.id);
  assert.equal((await userManagement.revokeInvitation(sent.id)).state, 'revoked');
  await assert.rejects(userManagement.revokeInvitation(sent.id), { status: 400 });
  const user = await userManagement.createUser({ email: 'taken@made.example', emailVerified: true });
  const other = await userManagement.sendInvitation({ email: 'taken@made.example', organizationId: organization.id });
  const accepted = await userManagement.acceptInvitation(other.id);
  assert.deepEqual([accepted.state, accepted.acceptedUserId], ['accepted', user.id]);
  assert.equal((await userManagement.listOrganizationMemberships({ userId: user.id })).data[0].organizationId, organization.id);
});

test('a password is reset, once', async () => {
  const users = world.workos.userManagement;
  const user = await users.createUser({ email: 'forgetful@made.example', password: PASSWORD });
  const reset = await users.createPasswordReset({ email: user.email });
  assert.equal((await users.getPasswordReset(reset.id)).userId, user.id);
  const newPassword = 'another-Passw0rd';
  assert.equal((await users.resetPassword({ token: reset.passwordResetToken, newPassword })).user.id, user.id);
  await assert.rejects(users.resetPassword({ token: reset.passwordResetToken, newPassword }));
  assert.equal((await users.authenticateWithPassword({ clientId, email: user.email, password: newPassword })).user.id, user.id);
  await assert.rejects(users.authenticateWithPassword({ clientId, email: user.email, password: PASSWORD }), { status: 400 });
});

test('an address is verified amid a sign-in', async () => {
  const users = world.workos.userManagement;
  const user = await users.createUser({ email: 'unverified@made.example', password: PASSWORD });
  const refused = await users.authenticateWithPassword({ clientId, email: user.email, password: PASSWORD }).catch((error) => error.rawData);
  assert.equal(refused.code, 'email_verification_required');
  const { code } = await users.getEmailVerification(refused.email_verification_id);
  const pendingAuthenticationToken = refused.pending_authentication_token;
  assert.equal((await users.authenticateWithEmailVerification({ clientId, code, pendingAuthenticationToken })).user.emailVerified, true);
});

test('an address is verified by an administrator', async () => {
  const { userManagement, events } = world.workos;
  const user = await userManagement.createUser({ email: 'fresh@made.example' });
  await userManagement.sendVerificationEmail({ userId: user.id });
  const sent = (await events.listEvents({ events: ['email_verification.created'], limit: 100 })).data.filter(({ data }) => data.userId === user.id);
  const { code } = await userManagement.getEmailVerification(sent.at(-1).data.id);
  await assert.rejects(userManagement.verifyEmail({ userId: user.id, code: code === '000000' ? '000001' : '000000' }));
  assert.equal((await userManagement.verifyEmail({ userId: user.id, code })).user.emailVerified, true);
});

test('who they are elsewhere', async () => {
  const users = world.workos.userManagement;
  const [robin] = (await users.listUsers({ email: 'robin.castell@harborpine.example' })).data;
  const [identity] = await users.getUserIdentities(robin.id);
  assert.deepEqual([identity.type, identity.provider], ['OAuth', 'GoogleOAuth']);
  await assert.rejects(users.getUserIdentities('user_none'), { status: 404 });
});
