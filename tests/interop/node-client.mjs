// WorkOS' own library as a client of latchkey emulate: every call of it that Latchkey's users need succeeds, and what it
// is answered is as specified.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WorkOS } from '@workos-inc/node';
import './client-sign-in.mjs';
import './client-grants.mjs';
import './client-directories.mjs';
import './client-people.mjs';
import { areas, succeeded, world } from './client-world.mjs';

// What is not served, and why nobody misses it in development.
const missing = {
  'parts of other calls': [
    ...['resolveClientId', 'isValidJwt', 'prepareAuthenticationResponse', 'sealSessionDataFromAuthenticationResponse'].map((name) => `userManagement.${name}`),
    ...['webhooks.signatureProvider', 'webhooks.parseVerifiedPayload'],
  ],
  'WorkOS judges how people behave; nobody is judged here': [
    ...['sendRadarSmsChallenge', 'authenticateWithRadarSmsChallenge', 'authenticateWithRadarEmailChallenge'].map((name) => `userManagement.${name}`),
  ],
  'not in the specification': [
    ...['listWaitlists', 'getWaitlist', 'listWaitlistEntries', 'createWaitlistEntry', 'approveWaitlistEntry', 'denyWaitlistEntry', 'deleteWaitlistEntry'].map(
      (name) => `userManagement.${name}`,
    ),
    ...['listItContacts', 'createItContact', 'deleteItContact', 'inviteItContact', 'revokeItContact'].map((name) => `organizations.${name}`),
  ],
  "customers make their keys in WorkOS' widgets; here the seed has them": [
    ...['deleteApiKey', 'listOrganizationApiKeys', 'createOrganizationApiKey'].map((name) => `apiKeys.${name}`),
    ...['userManagement.listUserApiKeys', 'userManagement.createUserApiKey'],
  ],
  'groups of AuthKit, which no token names': ['userManagement.listGroupsForOrganizationMembership'],
  'factors of people who are no users': ['multiFactorAuth.enrollFactor'],
};

test('every call of these parts of the library has succeeded, but those that are listed', () => {
  const workos = new WorkOS('sk_x');
  const calls = areas.flatMap((area) =>
    Object.getOwnPropertyNames(Object.getPrototypeOf(workos[area]))
      .filter((name) => name !== 'constructor')
      .map((name) => `${area}.${name}`),
  );
  const listed = new Set(Object.values(missing).flat());
  assert.deepEqual(calls.filter((call) => !succeeded.has(call) && !listed.has(call)), [], 'neither called nor listed');
  assert.deepEqual([...listed].filter((call) => succeeded.has(call) || !calls.includes(call)), [], 'listed for nothing');
});

test('what the library was answered is as specified', () => {
  assert.deepEqual([...new Set(world.judge.found)], []);
});
