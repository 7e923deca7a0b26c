// Every page of latchkey emulate in Chromium: no accessibility error, nothing that sticks out, in light and in dark, on a
// wide screen and on a narrow one. With SHOTS=DIRECTORY each is also kept as a picture.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { API_KEY, CLIENT_ID, ask, control, emulate } from './support.mjs';
import { judge, judgeLooks, visitor } from './browser.mjs';

const EMAIL = 'mira.holt@juniper.example';
let emulator, addresses;

const query = (members) => new URLSearchParams({ response_type: 'code', client_id: CLIENT_ID, redirect_uri: 'http://127.0.0.1:9/callback', state: 's', ...members });
const api = async (route, body) => {
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
  return JSON.parse((await ask(emulator.url + route, { method: 'POST', headers, body: JSON.stringify(body) })).text);
};

before(async () => {
  emulator = await emulate(['--control']);
  const state = await control(emulator, 'GET', '/state');
  const invitation = await api('/user_management/invitations', { email: 'guest@x.example', organization_id: state.organizations[0].id });
  const reset = await api('/user_management/password_reset', { email: EMAIL });
  const device = await api('/user_management/authorize/device', { client_id: CLIENT_ID });
  await api('/user_management/magic_auth', { email: EMAIL });
  const authorize = (members) => `/user_management/authorize?${query({ provider: 'authkit', ...members })}`;
  const local = (url) => url.slice(emulator.url.length);
  addresses = {
    'sign-in': authorize({}),
    'sign-in-hinted': authorize({ login_hint: EMAIL }),
    'sign-in-unknown': authorize({ login_hint: 'nobody@x.example' }),
    'sign-up': authorize({ screen_hint: 'sign-up' }),
    sso: `/sso/authorize?${query({ connection: state.connections[0].id })}`,
    'wrong-client': authorize({ client_id: 'client_other' }),
    device: '/device',
    'device-people': local(device.verification_uri_complete),
    'device-wrong': '/device?user_code=BBBB-BBBB',
    invitation: local(invitation.accept_invitation_url),
    'invitation-over': '/invitation?invitation_token=none',
    'reset-password': local(reset.password_reset_url),
    'reset-over': '/reset-password?token=none',
    console: '/',
    'console-done': '/?done=wrong',
    directory: `/console/directories/${state.directories[0].id}`,
    'directory-search': `/console/directories/${state.directories[0].id}?q=nobody`,
    person: `/console/people/${state.directory_users[0].id}`,
    'person-missing': '/console/people/none',
  };
});

// Pages that only a click leads to.
const clicks = {
  organizations: async (page) => {
    await page.goto(emulator.url + addresses['sign-in']);
    await page.getByRole('button', { name: 'samuel.adeyemi@juniper.example' }).click();
    await page.getByRole('heading', { name: 'Choose an organization' }).waitFor();
  },
  'wrong-password': async (page) => {
    await page.goto(emulator.url + addresses['sign-in']);
    await page.getByText('Sign in with a password').click();
    await page.getByLabel('E-mail', { exact: true }).fill(EMAIL);
    await page.getByLabel('Password').fill('wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
  },
  factor: async (page) => {
    await page.goto(emulator.url + addresses['sign-in']);
    await page.getByText('Sign in with a password').click();
    await page.getByLabel('E-mail', { exact: true }).fill('aya.nakamura@juniper.example');
    await page.getByLabel('Password').fill('latchkey-demo');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'One more step' }).waitFor();
  },
  verification: async (page) => {
    await page.goto(emulator.url + addresses['sign-up']);
    await page.getByLabel('E-mail').fill(`new-${Math.random()}@x.example`);
    await page.getByLabel('Password').fill('latchkey-demo');
    await page.getByRole('button', { name: 'Create the account' }).click();
    await page.getByRole('heading', { name: 'Verify your e-mail address' }).waitFor();
  },
};

async function judgeAll(page, name) {
  assert.equal(await page.locator('script').count(), 0, `${name}: needs no script`);
  await judgeLooks(page, name, [1200, 390]);
}

test('every page, light and dark, wide and narrow', async () => {
  // The pages forbid scripts; axe is one, so the policy is set aside here.
  const { page, finish } = await visitor({ hosts: [new URL(emulator.url).host], expected: [400, 404], bypassCSP: true });
  for (const [name, address] of Object.entries(addresses)) {
    await page.goto(emulator.url + address);
    await judgeAll(page, name);
  }
  for (const [name, lead] of Object.entries(clicks)) {
    await lead(page);
    await judgeAll(page, name);
  }
  await finish();
});

test('the judge sees a page that is wrong', async () => {
  const { page, finish } = await visitor({ hosts: [], bypassCSP: true });
  await page.setContent('<html lang="en"><title>x</title><main><h1>x</h1><input><p style="width:3000px">x</p></main></html>');
  await assert.rejects(judge(page, 'wide'), /px too wide/);
  await page.setContent('<html lang="en"><title>x</title><main><h1>x</h1><input></main></html>');
  await assert.rejects(judge(page, 'unlabelled'), /label/);
  await finish();
});
