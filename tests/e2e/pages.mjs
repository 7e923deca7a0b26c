// The server's own pages in Chromium: light, dark, narrow, judged by axe; each of them also without scripts. The page of choices after a
// refused callback is one of them. SHOTS=DIRECTORY keeps pictures.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { judgeLooks, visitor } from './browser.mjs';
import { control, emulate, serve, waitFor } from './support.mjs';

const EMAIL = 'mira.holt@juniper.example';
let emulator, server, organizations, hosts;

before(async () => {
  emulator = await emulate(['--control']);
  server = await serve(emulator.url);
  const state = await control(emulator, 'GET', '/state');
  organizations = state.organizations.map(({ id, name }) => ({ id, name }));
  hosts = [new URL(emulator.url).host, new URL(server.url).host];
});

const refuse = (status, json) => control(emulator, 'POST', '/faults', { path: '/user_management/authenticate', contains: 'authorization_code', count: 1, status, json });
const chooseMira = async (page) => {
  await page.goto(`${server.url}/login`);
  await page.getByRole('button', { name: EMAIL }).click();
};

// How one comes to each page, and what stands on it.
const PAGES = {
  'signed-out': [(page) => page.goto(`${server.url}/`), (page) => page.getByRole('link', { name: 'Sign in' })],
  nothing: [(page) => page.goto(`${server.url}/nowhere`), (page) => page.getByRole('heading', { name: 'Nothing here' })],
  'wrong-state': [(page) => page.goto(`${server.url}/callback?code=x&state=y`), (page) => page.getByRole('heading', { level: 1 })],
  'choice-of-organizations': [
    async (page) => {
      await refuse(403, { code: 'organization_selection_required', message: 'Choose.', pending_authentication_token: 'pending', organizations });
      await chooseMira(page);
    },
    (page) => page.getByRole('link', { name: 'Juniper Works' }),
  ],
  'sso-required': [
    async (page) => {
      await refuse(400, { error: 'sso_required', error_description: 'Use SSO.', pending_authentication_token: 'pending', connection_ids: ['conn_01'] });
      await chooseMira(page);
    },
    (page) => page.getByRole('heading', { level: 1 }),
  ],
  'signed-in': [chooseMira, (page) => page.getByRole('heading', { name: 'Mira Holt' })],
  'filtered-to-nothing': [(page) => page.goto(`${server.url}/?q=nobody-is-called-so`), (page) => page.getByText('Nothing here matches')],
  'signing-out': [(page) => page.goto(`${server.url}/logout`), (page) => page.getByRole('button', { name: 'Sign out' })],
};

test('every page, light and dark, wide and narrow', async () => {
  const { page, finish } = await visitor({ hosts, expected: [400, 403, 404], bypassCSP: true });
  for (const [name, [lead, mark]] of Object.entries(PAGES)) {
    await lead(page);
    await mark(page).first().waitFor();
    await judgeLooks(page, name, [1200, 390, 320]);
  }
  await finish();
});

test('every page without scripts', async () => {
  const { page, finish } = await visitor({ hosts, expected: [400, 403, 404], javaScriptEnabled: false });
  for (const [lead, mark] of Object.values(PAGES)) {
    await lead(page);
    await mark(page).first().waitFor();
  }
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await page.getByRole('link', { name: 'Sign in' }).waitFor();
  await finish();
});

test('a choice of organizations ends in the chosen one, by keyboard alone', async () => {
  const { page, finish } = await visitor({ hosts, expected: [403] });
  await PAGES['choice-of-organizations'][0](page);
  const link = page.getByRole('link', { name: 'Juniper Works' });
  await link.waitFor();
  await link.focus();
  assert.notEqual(await link.evaluate((element) => getComputedStyle(element).outlineStyle), 'none', 'what has the focus is seen');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: EMAIL }).click();
  await page.getByRole('heading', { name: 'Mira Holt' }).waitFor();
  const { id } = organizations.find(({ name }) => name === 'Juniper Works');
  await waitFor('the organization on the page', async () => (await page.getByText(id).count()) > 0);
  await finish();
});
